/* ToRGB: the 1×1 convolution of maps of few channels to at most three planar ones (conv_rgb.cuh). Four lanes share a pixel, a
 * warp takes 32 pixels at a time, of which every thread loads a quarter of the channels of four, and writes one of these.
 *
 * For H×W pixels and C channels: 6·H·W·C FLOP, from memory 2·H·W·C bytes in half and 12·H·W of the picture that is added, and to
 * it 12·H·W. At 1024×1024 and 32 channels 92 MB: the floor of an H100 is 28 µs, by memory. */
#include "cuda/conv_rgb.cuh"
#include "cuda/rows.h"

enum { WARPS = 4, PIXELS = 4, RUNS = 4, PIXELS_OF_BLOCK = RUNS * WARPS * 32 };

/* The sums of a warp's pixels, g + 8i from `first` on, where g is the lane's quad. */
__device__ static void sum_pixels(const gb_view &in, const rgb_weights &w, int n, int first,
                                  float (&sum)[PIXELS][RGB_OUTPUTS]) {
    int lane = (int)threadIdx.x % 32, q = lane % 4, g = lane / 4;
    for (int group = 0; group < in.c_padded; group += RGB_GROUP) {
        float part[PIXELS][RGB_OUTPUTS] = {{0.0f}};
        int c = group + 8 * q;
        if (c < in.c_padded) {
            float x[PIXELS][8];
#pragma unroll
            for (int i = 0; i < PIXELS; i++)
                gb_load8(in, n, c, min(first + g + 8 * i, in.pixels - 1), x[i], true);
            add_rgb_products(w, c, x, part);
        }
#pragma unroll
        for (int i = 0; i < PIXELS; i++)
#pragma unroll
            for (int o = 0; o < RGB_OUTPUTS; o++)
                sum[i][o] += quad_sum(part[i][o]);
    }
}

__global__ static void __launch_bounds__(32 * WARPS) conv_rgb(gb_view in, rgb_layer l) {
    __align__(16) __shared__ rgb_weights w;
    int lane = (int)threadIdx.x % 32, q = lane % 4, g = lane / 4, n = (int)blockIdx.y;
    int first = (int)blockIdx.x * PIXELS_OF_BLOCK + (int)threadIdx.x / 32 * 32;
    load_rgb_weights(l, n, w);
    __syncthreads();
#pragma unroll 1
    for (int run = 0; run < RUNS; run++, first += WARPS * 32) {
        float sum[PIXELS][RGB_OUTPUTS] = {{0.0f}};
        sum_pixels(in, w, n, first, sum);
        int p = first + g + 8 * q;
#pragma unroll
        for (int o = 0; o < RGB_OUTPUTS; o++) {
            float v = q == 0 ? sum[0][o] : q == 1 ? sum[1][o] : q == 2 ? sum[2][o] : sum[3][o];
            if (o < l.out.c && p < l.out.pixels)
                write_rgb(l, v, n, o, p);
        }
    }
}

static bool supports(const gb_cpu *, const gb_desc *d) {
    const gb_conv *conv = &d->conv;
    return conv->kernel == 1 && conv->up == 1 && conv->cout <= RGB_OUTPUTS && d->in[0].block > 1 &&
           d->in[0].block <= RGB_MAX_INPUTS && d->out.block == 1 && d->in[0].n < 65536;
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    return gb_modulation_bytes(d, gb_is_half(cpu));
}

rgb_layer gb_rgb_layer_of(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const float *factors = (const float *)args->packed + gb_conv_weight_words(cpu, d);
    rgb_layer l = {args->packed, gb_modulate(cpu, d, args, factors, gb_is_half(cpu)), gb_view_of(cpu, args->out),
                   gb_live_epilogue(cpu, args->out, args->epilogue)};
    return l;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    unsigned blocks = (unsigned)(d->out.h * d->out.w - 1) / PIXELS_OF_BLOCK + 1;
    gb_launch(cpu, conv_rgb, dim3(blocks, (unsigned)d->out.n), 32 * WARPS, 0, gb_view_of(cpu, args->in[0]),
              gb_rgb_layer_of(cpu, d, args));
}

const gb_op_row gb_conv2d_rgb_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "rgb", .isa = "cuda", .rank = GB_CUDA_FEW_CHANNELS, .fuses = true,
    .supports = supports, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = workspace, .run = run,
    .prepare = gb_modulation_prepare, .prepared_size = gb_modulation_prepared_size,
};
