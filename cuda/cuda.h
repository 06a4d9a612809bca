/* The engine on an NVIDIA GPU: a device (ops/device.h) whose rows are hand-written kernels under the names of the plain
 * C operations. What there is no row for, the engine runs on the host.
 *
 * Precision. `half`: feature maps are float16, products run on the tensor cores with float32 sums; each stage of an
 * epilogue rounds to float16 as if it stood alone, so that fused and split agree to the bit. `tf32`: float32 maps, the
 * products' factors rounded to 10 bits of mantissa. `fp32`: float32 throughout. Mapping, styles, noise, norms' factors and
 * pictures are float32 in all three.
 *
 * Where things are. device.cu opens the GPU, queue.cu holds a session's stream, live block and recordings, maps.cu
 * converts; tensor.cuh says how a kernel reads and writes maps, epilogue.cuh what follows a kernel's sum, ptx.cuh the few
 * instructions written in assembly. The other files are named as those of ops/. No cuBLAS: the one matrix product that
 * is large is the convolution's own. tests/cuda/ runs the same sources without a GPU. */
#ifndef GB_CUDA_H
#define GB_CUDA_H

#include "ops/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the first GPU. NULL with one line in `why` where this build has no CUDA, or no driver, no GPU, or one that is
 * too old is found. `precision` is "half", "tf32" or "fp32"; NULL is half. */
gb_device *gb_cuda_open(const char *precision, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif
#endif
