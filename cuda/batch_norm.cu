/* Batch norm with stored statistics (ops/batch_norm.c):
 *     y[n,c] = (x[n,c] − mean[c]) · gain[n,c] / √(var[c] + eps) + bias[n,c]
 * One kernel computes mean, scale and bias of the channels of every sample in float32, a second one applies them. */
#include <math.h>

#include "cuda/epilogue.cuh"
#include "cuda/rows.h"
#include "ops/batch_norm.h"

enum { THREADS = 256 };

__device__ static float statistic(const float *table, const gb_stat_row *at, int channels, int c) {
    const float *row = table + (long long)at->row * channels;
    if (at->fraction == 0.0)
        return row[c];
    return row[c] * (float)at->fraction + row[channels + c] * (float)(1.0 - at->fraction);
}

struct norm_factors {
    const float *packed, *gain, *bias;      /* gain and bias: [N][C] if they are inputs, else [C] */
    int channels, rows, step;               /* step: of gain and bias, from one sample to the next */
    double eps, base;                       /* base: 1 if the gain is relative to 1, else 0 */
};

__global__ static void __launch_bounds__(THREADS)
prepare(norm_factors f, const gb_stat_row *at, float *to, int samples) {
    GB_EACH_ITEM(i, (long long)samples * f.channels) {
        int n = (int)(i / f.channels), c = (int)(i % f.channels);
        float *factors = to + (long long)n * 3 * f.channels + c;
        float var = statistic(f.packed + (long long)f.rows * f.channels, at, f.channels, c);
        factors[0] = statistic(f.packed, at, f.channels, c);
        factors[f.channels] = (float)((f.base + f.gain[(long long)n * f.step + c]) / sqrt(var + f.eps));
        factors[2 * f.channels] = f.bias[(long long)n * f.step + c];
    }
}

__global__ static void __launch_bounds__(THREADS)
norm_each(gb_view in, const float *factors, gb_view out, const gb_cuda_epilogue *e, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        float v = 0.0f;
        if (at.c < out.c) {
            const float *f = factors + (long long)at.n * 3 * out.c + at.c;
            v = (gb_load(in, at.n, at.c, at.p) - f[0]) * f[out.c] + f[2 * out.c];
        }
        gb_write(out, e, v, at.n, at.c, at.p);
    }
}

__global__ static void __launch_bounds__(THREADS)
norm_each8(gb_view in, const float *factors, gb_view out, const gb_cuda_epilogue *e, long long groups) {
    GB_EACH_ITEM(i, groups) {
        gb_item at = gb_group_at(out, out, i);
        const float *f = factors + (long long)at.n * 3 * out.c + at.c;
        float v[8];
        gb_load8(in, at.n, at.c, at.p, v);
#pragma unroll
        for (int k = 0; k < 8; k++)
            if (at.c + k < out.c)
                v[k] = (v[k] - f[k]) * f[out.c + k] + f[2 * out.c + k];
        gb_write8(out, e, v, at.n, at.c, at.p);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_batch_norm_live *live = (const gb_batch_norm_live *)args->live;
    const float *packed = (const float *)args->packed, *weights = packed + 2 * (size_t)d->batch_norm.rows * d->out.c;
    bool last = args->out->shape.block > 1;
    long long count = gb_item_count(args->out) / (last ? 8 : 1);
    norm_factors f = {packed, weights, weights + d->out.c, d->out.c, d->batch_norm.rows, 0, d->batch_norm.eps,
                      d->batch_norm.gain_from_one ? 1.0 : 0.0};
    if (d->inputs > 1) {
        f.gain = args->in[1]->data;
        f.bias = args->in[2]->data;
        f.step = d->out.c;
    }
    gb_launch(cpu, prepare, gb_blocks((size_t)d->out.n * d->out.c, THREADS), THREADS, 0, f,
              gb_live(cpu->stream, gb_stat_row_of(d->batch_norm.rows, live->truncation)), (float *)args->workspace,
              d->out.n);
    gb_launch(cpu, last ? norm_each8 : norm_each, gb_blocks((size_t)count, THREADS), THREADS, 0,
              gb_view_of(cpu, args->in[0]), (const float *)args->workspace, gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

/* With the batch's own statistics it runs on the host. */
static bool supports(const gb_cpu *, const gb_desc *d) {
    return !d->batch_norm.own;
}

const gb_op_row gb_batch_norm_cuda = {
    .op = GB_OP_BATCH_NORM, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .supports = supports,
    .packed_size = gb_plain_packed_size, .pack = gb_plain_pack, .workspace = gb_batch_norm_workspace, .run = run,
};
