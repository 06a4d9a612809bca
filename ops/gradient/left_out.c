/* The operations of this folder in builds with GANBEND_GRADIENTS=OFF: their names in the table, with a shape rule that
 * nothing passes. */
#include <stdio.h>

#include "ops/ops.h"

static bool no_shape(gb_desc *d, char *why, size_t size) {
    snprintf(why, size, "%s: this build of ganbend has no gradients", gb_ops[d->op]->name);
    return false;
}

#define LEFT_OUT(op) const gb_op gb_op_##op = {.name = #op, .summary = "left out of this build", .shape = no_shape};
LEFT_OUT(bias_act_grad) LEFT_OUT(act_param_grad) LEFT_OUT(channel_dot) LEFT_OUT(pixel_sum) LEFT_OUT(channel_scale)
LEFT_OUT(conv_down) LEFT_OUT(demodulate) LEFT_OUT(style_grad) LEFT_OUT(pixel_norm_grad) LEFT_OUT(truncate_grad)
LEFT_OUT(select_grad) LEFT_OUT(slice_grad) LEFT_OUT(reshape_grad) LEFT_OUT(pass_grad) LEFT_OUT(fir_grad)
LEFT_OUT(max_pool_grad) LEFT_OUT(avg_pool_grad) LEFT_OUT(mean_grad) LEFT_OUT(resize_grad) LEFT_OUT(spread)
LEFT_OUT(affine_grad) LEFT_OUT(unit_norm_grad) LEFT_OUT(distance_grad) LEFT_OUT(cross_entropy_grad)
LEFT_OUT(batch_norm_own_grad) LEFT_OUT(transpose) LEFT_OUT(softmax_grad) LEFT_OUT(batch_norm_grad)
LEFT_OUT(batch_norm_dot) LEFT_OUT(filter_grad) LEFT_OUT(paint_grad) LEFT_OUT(set_grad)
LEFT_OUT(batch_sum) LEFT_OUT(weight_grad) LEFT_OUT(norm_gain_grad) LEFT_OUT(batch_moments) LEFT_OUT(strength_grad)
LEFT_OUT(demodulate_grad)
