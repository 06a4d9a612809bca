/* Tensors as TMA of compute capability 9.0 reads them. The driver's function that encodes them is found at run time: nothing
 * is linked. */
#ifndef GB_CUDA_TENSOR_MAP_H
#define GB_CUDA_TENSOR_MAP_H

#include <cuda.h>

#include "cuda/stream.cuh"

enum { GB_BOX_HALVES = 64 };    /* of the innermost dimension: rows of 128 bytes */

/* float16 values without gaps, the innermost dimension first. They are loaded in boxes; a box is GB_BOX_HALVES wide and
 * arrives with the 128-byte swizzle. The address and the bytes of the innermost dimension are multiples of 16. */
struct gb_half_tensor {
    const void *data;
    int rank;                   /* 3 or 4, see load_box() */
    int size[4];
    int box[4];                 /* at most 256 */
};

/* The driver's function, for gb_cuda. NULL with one line in `why` if the driver has none or this build no kernels that
 * would use it. */
void *gb_tensor_map_encoder(char *why, size_t why_size);

/* cudaErrorInvalidValue if the driver refuses the tensor. */
cudaError_t gb_tensor_map(const gb_cuda *cuda, const gb_half_tensor &tensor, CUtensorMap *map);

#endif
