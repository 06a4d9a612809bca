/* Dense layer:  y[n,o] = gain · Σ_i x[n,i] W[o,i].  A warp computes one output of a few samples, which share each row
 * of weights that it reads; reading the weights takes nearly all of the time. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"
#include "cuda/warp.cuh"

enum { WARPS = 4, SAMPLES = 4 };

__global__ static void __launch_bounds__(32 * WARPS)
linear(const float *x, const float *weights, float gain, gb_view out, const gb_cuda_epilogue *e, int samples,
       int cin) {
    int lane = threadIdx.x % 32, o = blockIdx.x * WARPS + threadIdx.x / 32, first = blockIdx.y * SAMPLES;
    if (o >= out.c)
        return;
    const float *w = weights + (long long)o * cin;
    float sum[SAMPLES] = {0.0f};
    for (int i = lane; i < cin; i += 32) {
        float weight = w[i];
        for (int k = 0; k < SAMPLES; k++)
            if (first + k < samples)
                sum[k] = fmaf(weight, x[(long long)(first + k) * cin + i], sum[k]);
    }
    for (int k = 0; k < SAMPLES; k++) {
        float total = gb_warp_sum(sum[k]);
        if (lane == 0 && first + k < samples)
            gb_write(out, e, total * gain, first + k, o, 0);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    dim3 grid((unsigned)(d->out.c + WARPS - 1) / WARPS, (unsigned)(d->out.n + SAMPLES - 1) / SAMPLES);
    gb_launch(cpu, linear, grid, 32 * WARPS, 0, (const float *)args->in[0]->data, (const float *)args->packed,
              d->linear.gain, gb_view_of(cpu, args->out), gb_live_epilogue(cpu, args->out, args->epilogue), d->out.n,
              d->in[0].c);
}

const gb_op_row gb_linear_cuda = {
    .op = GB_OP_LINEAR, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run,
};
