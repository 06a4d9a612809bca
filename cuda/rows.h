/* The rows that there are on the GPU. */
#ifndef GB_CUDA_ROWS_H
#define GB_CUDA_ROWS_H

#include "ops/ops.h"

enum { GB_CUDA_PLAIN = 1, GB_CUDA_FAST = 2 };       /* ranks: any shape; the shapes that networks have */

extern const gb_op_row gb_constant_cuda, gb_pixel_norm_cuda, gb_linear_cuda, gb_concat_cuda, gb_truncate_cuda,
    gb_select_cuda, gb_conv2d_cuda, gb_conv2d_tiled_cuda, gb_upfirdn2d_cuda, gb_noise_cuda,
    gb_bias_act_cuda, gb_add_cuda, gb_batch_norm_cuda, gb_slice_cuda, gb_reshape_cuda, gb_upsample_nearest_cuda,
    gb_max_pool_cuda, gb_scores_cuda, gb_softmax_cuda, gb_mix_cuda, gb_attention_cuda, gb_filter_cuda, gb_pass_cuda,
    gb_paint_cuda, gb_set_cuda;

extern const gb_op_row *const gb_cuda_rows[];
extern const size_t gb_cuda_row_count;

#endif
