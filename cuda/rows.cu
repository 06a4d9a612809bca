/* The table of rows; of those that take a shape the one of the highest rank runs. */
#include "cuda/rows.h"

const gb_op_row *const gb_cuda_rows[] = {
    &gb_constant_cuda, &gb_pixel_norm_cuda, &gb_linear_cuda, &gb_concat_cuda, &gb_truncate_cuda, &gb_select_cuda,
    &gb_conv2d_cuda, &gb_conv2d_tiled_cuda, &gb_upfirdn2d_cuda, &gb_noise_cuda, &gb_bias_act_cuda, &gb_add_cuda,
    &gb_batch_norm_cuda, &gb_slice_cuda, &gb_reshape_cuda, &gb_upsample_nearest_cuda, &gb_max_pool_cuda, &gb_scores_cuda,
    &gb_softmax_cuda, &gb_mix_cuda, &gb_attention_cuda, &gb_filter_cuda, &gb_pass_cuda, &gb_paint_cuda, &gb_set_cuda,
};
const size_t gb_cuda_row_count = sizeof gb_cuda_rows / sizeof *gb_cuda_rows;
