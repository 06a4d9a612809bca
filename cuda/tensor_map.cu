/* Tensor maps, see tensor_map.h. */
#include "cuda/tensor_map.h"

#include <stdio.h>

#if defined(__CUDACC__) && !defined(GB_CUDA_90A)
static constexpr bool HAS_KERNELS = false;
#else
static constexpr bool HAS_KERNELS = true;
#endif

static constexpr int MAX_RANK = 4;

typedef CUresult (*encode_tiled)(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
                                 const cuuint64_t *sizes, const cuuint64_t *strides, const cuuint32_t *box,
                                 const cuuint32_t *steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                                 CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill);

void *gb_tensor_map_encoder(char *why, size_t why_size) {
    static const char name[] = "cuTensorMapEncodeTiled";
    void *function = NULL;
    cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
    if (!HAS_KERNELS) {
        snprintf(why, why_size, "this build has no code for compute capability 9.0a");
        return NULL;
    }
#if CUDART_VERSION >= 12050
    cudaError_t error = cudaGetDriverEntryPointByVersion(name, &function, 12000, cudaEnableDefault, &found);
#else
    cudaError_t error = cudaGetDriverEntryPoint(name, &function, cudaEnableDefault, &found);
#endif
    if (!error && found == cudaDriverEntryPointSuccess && function)
        return function;
    snprintf(why, why_size, "the NVIDIA driver has no function %s (%s)", name,
             error ? cudaGetErrorString(error) : "not found");
    cudaGetLastError();
    return NULL;
}

cudaError_t gb_tensor_map(const gb_cuda *cuda, const gb_half_tensor &tensor, CUtensorMap *map) {
    cuuint64_t sizes[MAX_RANK], strides[MAX_RANK], bytes = 2;
    cuuint32_t box[MAX_RANK], steps[MAX_RANK];
    for (int i = 0; i < tensor.rank; i++) {
        sizes[i] = (cuuint64_t)tensor.size[i];
        bytes *= sizes[i];
        strides[i] = bytes;             /* of dimension i + 1 */
        box[i] = (cuuint32_t)tensor.box[i];
        steps[i] = 1;
    }
    CUresult result = ((encode_tiled)cuda->encode_tensor_map)(
        map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, (cuuint32_t)tensor.rank, (void *)tensor.data, sizes, strides, box, steps,
        CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}
