/* All fast rows of one instruction set. A source like avx512.c includes its vector header, defines GB_ISA (a name),
 * GB_ISA_RANK and GB_ISA_NAME(x) (the exported name of x), and includes this header: every kernel is compiled once for
 * each instruction set. */
#include "ops/simd/operands_float.h"

#include <math.h>

#include "ops/batch_norm.h"
#include "ops/epilogue.h"
#include "ops/resize.h"
#include "ops/simd/convolutions.h"
#include "ops/simd/torgb.h"
#include "ops/simd/linear.h"
#include "ops/simd/conv2d.h"
#include "ops/simd/maps.h"
#include "ops/simd/depthwise.h"
#include "ops/simd/pool.h"
#include "ops/simd/distances.h"
#include "ops/simd/upfirdn2d.h"
#include "ops/simd/attention.h"
#include "ops/simd/fromrgb.h"
#ifndef GANBEND_WITHOUT_GRADIENTS
#include "ops/simd/gradient.h"
#include "ops/simd/conv_down.h"
#include "ops/simd/weight_grad.h"
#endif

const gb_op_row *const GB_ISA_NAME(rows)[] = {
    &row_winograd, &row_polyphase, &row_direct, &row_conv1x1, &row_torgb, &row_linear, &row_large_linear,
    &row_upfirdn2d,
    &row_conv_blocked, &row_conv_planar, &row_conv3x3_planar, &row_depthwise,
    &row_noise, &row_bias_act, &row_add, &row_batch_norm, &row_upsample_nearest, &row_max_pool, &row_slice,
    &row_concat, &row_channel_affine, &row_avg_pool, &row_global_mean, &row_resize, &row_unit_norm,
    &row_l1, &row_l2, &row_cosine, &row_weighted_l2,
    &row_scores, &row_softmax, &row_mix, &row_attention,
    &row_fromrgb,
#ifndef GANBEND_WITHOUT_GRADIENTS
    &row_bias_act_grad, &row_channel_scale, &row_batch_norm_grad, &row_channel_dot, &row_pixel_sum,
    &row_pass_grad, &row_conv_down, &row_weight_grad,
#endif
    NULL,
};

/* Twelve independent chains of multiply-adds, enough to keep the units of current processors busy. Values stay near 1. */
float GB_ISA_NAME(burst)(int rounds) {
    const vec a = vset1(0.999f), b = vset1(0.001f);
    vec chain[12], sum = vset1(0.0f);
    for (int j = 0; j < 12; j++)
        chain[j] = vset1((float)j / 12.0f);
    for (int i = 0; i < rounds; i++)
        for (int j = 0; j < 12; j++)
            chain[j] = vmadd(chain[j], a, b);
    float sums[4];
    for (int j = 0; j < 12; j++)
        sum = vadd(sum, chain[j]);
    vsum4(sum, sum, sum, sum, sums);
    return sums[0];
}
