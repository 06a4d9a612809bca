/* The rows of the GPU, each defined in the file of its operation: the one list of them. */
#ifndef GB_CUDA_ROWS_H
#define GB_CUDA_ROWS_H

#include "ops/ops.h"

/* Ranks: any shape; the shapes that networks have; of these, large maps of few channels; many channels on compute capability
 * 9.0; cuBLAS. */
enum { GB_CUDA_PLAIN = 1, GB_CUDA_FAST, GB_CUDA_FEW_CHANNELS, GB_CUDA_WGMMA, GB_CUDA_LIBRARY };

#define GB_CUDA_ROWS(row)                                                                                              \
    row(constant) row(pixel_norm) row(linear) row(concat) row(truncate) row(select) row(conv2d) row(conv2d_tiled)      \
    row(conv2d_patch) row(conv2d_wgmma) row(conv2d_rgb) row(upfirdn2d) row(noise) row(bias_act) row(add)               \
    row(batch_norm) row(slice) row(reshape) row(upsample_nearest) row(max_pool) row(scores) row(softmax) row(mix)      \
    row(attention) row(filter) row(pass) row(paint) row(set) row(scores_cublas) row(mix_cublas) row(attention_cublas)  \
    row(conv2d_cublas)

#define GB_DECLARE_ROW(name) extern const gb_op_row gb_##name##_cuda;
GB_CUDA_ROWS(GB_DECLARE_ROW)

extern const gb_op_row *const gb_cuda_rows[];       /* ended by NULL */

#endif
