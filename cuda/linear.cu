/* Dense layer:  y[n,o] = gain · Σ_i x[n,i] W[o,i].  A warp computes one output of a few samples, which share each row
 * of weights that it reads; reading the weights takes nearly all of the time. One launch computes any number of layers
 * that do not read each other: the styles of a whole network, which read the rows of ws where they are, or the gains and
 * biases of all conditional norms. Each reads its own weights, so that a layer in a launch of its own has the same bits.
 *
 * 4·cin·cout bytes of weights and 2·N·cin·cout FLOP for each layer. All styles of a 1024×1024 StyleGAN2: 19 MB; the floor of
 * an H100 is 6 µs, by memory. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"
#include "cuda/uses.cuh"
#include "cuda/warp.cuh"

enum { WARPS = 4, SAMPLES = 4 };

struct linear_use {
    const float *x, *weights;
    long long x_step;           /* from one sample to the next */
    float gain;
    int cin, samples, first_block;
    gb_view out;
    const gb_cuda_epilogue *e;
};

__global__ static void __launch_bounds__(32 * WARPS) linear(gb_uses<linear_use> uses) {
    int block;
    linear_use u = gb_use_of_block(uses, &block);
    int lane = threadIdx.x % 32, o = block * WARPS + threadIdx.x / 32, first = blockIdx.y * SAMPLES;
    if (o >= u.out.c)
        return;
    const float *w = u.weights + (long long)o * u.cin, *x = u.x + first * u.x_step;
    int count = min(SAMPLES, u.samples - first);
    float sum[SAMPLES] = {0.0f};
    if (u.cin % 4 == 0) {       /* all rows begin at multiples of 16 bytes */
        for (int i = 4 * lane; i < u.cin; i += 128) {
            float4 weight = *(const float4 *)(w + i);
#pragma unroll
            for (int k = 0; k < SAMPLES; k++)
                if (k < count) {
                    float4 v = *(const float4 *)(x + k * u.x_step + i);
                    sum[k] = fmaf(weight.x, v.x, sum[k]);
                    sum[k] = fmaf(weight.y, v.y, sum[k]);
                    sum[k] = fmaf(weight.z, v.z, sum[k]);
                    sum[k] = fmaf(weight.w, v.w, sum[k]);
                }
        }
    } else {
        for (int i = lane; i < u.cin; i += 32) {
            float weight = w[i];
#pragma unroll
            for (int k = 0; k < SAMPLES; k++)
                if (k < count)
                    sum[k] = fmaf(weight, x[k * u.x_step + i], sum[k]);
        }
    }
#pragma unroll
    for (int k = 0; k < SAMPLES; k++) {
        float total = gb_warp_sum(sum[k]);
        if (lane == 0 && k < count)
            gb_write(u.out, u.e, total * u.gain, first + k, o, 0);
    }
}

static linear_use use_of(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    linear_use u;
    memset((void *)&u, 0, sizeof u);
    u.cin = gb_linear_inputs(d);
    u.x = (const float *)args->in[0]->data;
    u.x_step = u.cin;
    u.samples = d->out.n;
    if (d->linear.selects) {
        u.x += (long long)d->linear.row * u.cin;
        u.x_step *= d->in[0].c;
    }
    u.weights = (const float *)args->packed;
    u.gain = d->linear.gain;
    u.out = gb_view_of(cpu, args->out);
    u.e = gb_live_epilogue(cpu, args->out, args->epilogue);
    return u;
}

static void run_all(const gb_cpu *cpu, const gb_use *all, int count) {
    int blocks, samples = 1;
    auto entry = [&](int i, int *own) {
        samples = max(samples, all[i].desc->out.n);
        *own = (all[i].desc->out.c + WARPS - 1) / WARPS;
        return use_of(cpu, all[i].desc, all[i].args);
    };
    gb_uses<linear_use> uses = gb_live_uses<linear_use>(cpu, count, entry, &blocks);
    gb_launch(cpu, linear, dim3((unsigned)blocks, (unsigned)(samples + SAMPLES - 1) / SAMPLES), 32 * WARPS, 0, uses);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_use one = {&gb_linear_cuda, d, args};
    run_all(cpu, &one, 1);
}

const gb_op_row gb_linear_cuda = {
    .op = GB_OP_LINEAR, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run, .run_all = run_all,
};
