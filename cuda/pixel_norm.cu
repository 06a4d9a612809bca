/* Pixel norm:  y[c] = x[c] / √(mean_c x[c]² + eps), for every sample and pixel. A warp computes a pixel.
 * 12 bytes and 3 FLOP a value of a vector; the launch takes longer. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"
#include "cuda/warp.cuh"

enum { WARPS = 4 };

__global__ static void __launch_bounds__(32 * WARPS) pixel_norm(gb_view in, float eps, gb_view out, int samples) {
    int lane = threadIdx.x % 32;
    for (long long i = (long long)blockIdx.x * WARPS + threadIdx.x / 32; i < (long long)samples * in.pixels;
         i += (long long)gridDim.x * WARPS) {
        int n = (int)(i / in.pixels), p = (int)(i % in.pixels);
        float squares = 0.0f;
        for (int c = lane; c < in.c; c += 32) {
            float v = gb_load(in, n, c, p);
            squares = fmaf(v, v, squares);
        }
        float scale = 1.0f / sqrtf(gb_warp_sum(squares) / (float)in.c + eps);
        for (int c = lane; c < out.c_padded; c += 32)
            gb_store(out, n, c, p, c < in.c ? gb_load(in, n, c, p) * scale : 0.0f);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_launch(cpu, pixel_norm, gb_blocks((size_t)d->out.n * d->out.h * d->out.w, WARPS), 32 * WARPS, 0,
              gb_view_of(cpu, args->in[0]), d->pixel_norm.eps, gb_view_of(cpu, args->out), d->out.n);
}

const gb_op_row gb_pixel_norm_cuda = {
    .op = GB_OP_PIXEL_NORM, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
