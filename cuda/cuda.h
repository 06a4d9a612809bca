/* Rows for NVIDIA GPUs: a device (ops/device.h) whose rows are hand-written kernels named after the plain C operations.
 * Uses that no row supports run on the host.
 *
 * Precision. `half`: feature maps are float16; products run on the tensor cores with float32 sums, and each stage of an
 * epilogue rounds to float16 as if it were an operation of its own, so that fused and separate stages give the same
 * bits. `tf32`: float32 maps; the factors of products are rounded to 10 bits of mantissa. `fp32`: float32 throughout.
 * Mapping, styles, noise, the factors of norms and pictures are float32 in all three.
 *
 * Files. device.cu opens the GPU, stream.cu has a session's stream, parameter block and captured launches, maps.cu
 * converts; tensor.cuh reads and writes maps in kernels, epilogue.cuh applies epilogues, ptx.cuh has the few
 * instructions written in assembly, hopper_ptx.cuh those of compute capability 9.0a, and tensor_map.cu describes maps to them.
 * The other files are named after those of ops/. cublaslt.cu opens
 * cuBLAS if somebody wants it, cublas_rows.cu has its rows. tests/cuda/ compiles the same sources for machines without a GPU. */
#ifndef GB_CUDA_H
#define GB_CUDA_H

#include "ops/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the first GPU. `precision` is "half", "tf32" or "fp32"; NULL means half. NULL with one line in `why` if this
 * build has no CUDA, if no driver or GPU is found, or if the GPU does not support the precision. */
gb_device *gb_cuda_open(const char *precision, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif
#endif
