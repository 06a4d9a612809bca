/* The weights of convolutions as the kernels with tensor cores read them: [tap][cout, padded][cin, padded] W α_o in the
 * type of the products, then the factors of modulated_conv2d.cuh, then α. */
#ifndef GB_CUDA_CONV_WEIGHTS_CUH
#define GB_CUDA_CONV_WEIGHTS_CUH

#include "cuda/modulated_conv2d.cuh"
#include "cuda/ptx.cuh"

enum { PACKED_ROWS = 64 };      /* output channels are packed to a multiple of this */

static inline gb_precision precision_of(const gb_cpu *cpu) {
    return gb_cuda_of(cpu)->precision;
}

static inline int up_to(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/* 32-bit words of an input pixel and of a row of packed weights; of all weights. */
int gb_conv_words(const gb_cpu *cpu, const gb_desc *d);
size_t gb_conv_weight_words(const gb_cpu *cpu, const gb_desc *d);

/* For rows: packed_size() and pack(). The factors begin behind the weights. */
size_t gb_conv_packed_size(const gb_cpu *cpu, const gb_desc *d);
void gb_conv_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed);

/* A word of pixels or weights times that of the styles, rounded for the tensor cores. */
template <gb_precision P> __device__ __forceinline__ uint32_t styled(uint32_t x, uint32_t style) {
    if (P == GB_HALF)
        return mul_half2(x, style);
    return to_tf32(__uint_as_float(x) * __uint_as_float(style));
}

template <int M, int N> __device__ __forceinline__ void clear(float (&sum)[M][N][4]) {
#pragma unroll
    for (int i = 0; i < M * N * 4; i++)
        sum[i / 4 / N][i / 4 % N][i % 4] = 0.0f;
}

/* The number of output channels that are read. */
static inline int gb_conv_columns(const gb_desc *d) {
    return d->conv.wanted ? d->conv.wanted : d->conv.cout;
}

#endif
