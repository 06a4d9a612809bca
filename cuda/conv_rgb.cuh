/* The sums of a 1×1 convolution to few planar channels:  Σ_g (Σ_{c in group g} W[o,c] s[c] x[c]),  groups of 32 channels in
 * their order. Four neighbouring lanes have eight channels of a pixel each: they add the products in float32, and then
 * their four sums in pairs. The kernel of conv_rgb.cu does so with maps from memory. */
#ifndef GB_CUDA_CONV_RGB_CUH
#define GB_CUDA_CONV_RGB_CUH

#include "cuda/conv_weights.cuh"

enum { RGB_OUTPUTS = 3, RGB_GROUP = 32, RGB_MAX_INPUTS = 128 };

/* All that the layer reads and writes, except its map. */
struct rgb_layer {
    const void *weights;        /* [outputs][m.cin_padded], as the styles in half or float32 */
    gb_modulation m;
    gb_view out;
    const gb_cuda_epilogue *epilogue;
};

/* On the host. May launch the kernel of the modulation. */
rgb_layer gb_rgb_layer_of(const gb_cpu *cpu, const gb_desc *d, const gb_args *args);

/* Weights times styles, with zeros beyond the channels. */
typedef float rgb_weights[RGB_OUTPUTS][RGB_MAX_INPUTS];

/* The block's threads fill w for sample n; a barrier has to follow. */
__device__ __forceinline__ void load_rgb_weights(const rgb_layer &l, int n, rgb_weights &w) {
    int channels = l.m.cin_padded;
    for (int i = (int)threadIdx.x; i < RGB_OUTPUTS * channels; i += (int)blockDim.x) {
        int o = i / channels, c = i - o * channels;
        float v = o < l.out.c ? gb_load_value(l.m.half, l.weights, i) : 0.0f;
        if (l.m.styles)
            v *= gb_load_value(l.m.half, l.m.styles, (long long)n * channels + c);
        w[o][c] = v;
    }
}

/* The sum of four neighbouring lanes, in each of them. */
__device__ __forceinline__ float quad_sum(float v) {
    v += __shfl_xor_sync(0xffffffffu, v, 1);
    return v + __shfl_xor_sync(0xffffffffu, v, 2);
}

/* sum += the products of eight channels of PIXELS pixels with the weights of these channels. */
template <int PIXELS>
__device__ __forceinline__ void add_rgb_products(const rgb_weights &w, int c, const float (&x)[PIXELS][8],
                                                 float (&sum)[PIXELS][RGB_OUTPUTS]) {
#pragma unroll
    for (int o = 0; o < RGB_OUTPUTS; o++) {
        float of_lane[8];
        gb_load_eight(false, &w[o][c], of_lane);
#pragma unroll
        for (int i = 0; i < PIXELS; i++)
#pragma unroll
            for (int k = 0; k < 8; k++)
                sum[i][o] = fmaf(of_lane[k], x[i][k], sum[i][o]);
    }
}

/* Scales the sum of output o at pixel p and writes it. */
__device__ __forceinline__ void write_rgb(const rgb_layer &l, float sum, int n, int o, int p) {
    gb_write(l.out, l.epilogue, sum * l.m.scale[n * l.m.scale_step + o], n, o, p);
}

#endif
