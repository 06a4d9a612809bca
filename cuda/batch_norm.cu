/* Batch norm with stored statistics (ops/batch_norm.c):
 *     y[n,c] = (x[n,c] − mean[c]) · gain[n,c] / √(var[c] + eps) + bias[n,c]
 * One kernel computes mean, scale and bias of the channels of every sample in float32, for any number of layers whose
 * gains are known; a second one applies those of a layer.
 *
 * Applying: 4·N·H·W·C bytes in half, read and written, 2 FLOP a value. At 256×256 and 128 channels 34 MB: the floor of an H100 is
 * 10 µs, by memory. The factors take 20·N·C bytes. */
#include <math.h>

#include "cuda/epilogue.cuh"
#include "cuda/rows.h"
#include "cuda/uses.cuh"
#include "ops/batch_norm.h"

enum { THREADS = 256, BLOCKS = 4 };         /* for which there have to be registers, so that none is spilled for more */

__device__ static float statistic(const float *table, const gb_stat_row &at, int channels, int c) {
    const float *row = table + (long long)at.row * channels;
    if (at.fraction == 0.0)
        return row[c];
    return row[c] * (float)at.fraction + row[channels + c] * (float)(1.0 - at.fraction);
}

struct norm_use {
    const float *packed, *gain, *bias;      /* gain and bias: [N][C] if they are inputs, else [C] */
    int channels, rows, step;               /* step: of gain and bias, from one sample to the next */
    int samples, first_block;
    double eps, base;                       /* base: 1 if the gain is relative to 1, else 0 */
    const gb_stat_row *at;                  /* a live value */
    float *to;                              /* [N][3][C] */
};

__global__ static void __launch_bounds__(THREADS) prepare_norms(gb_uses<norm_use> uses) {
    int block;
    norm_use u = gb_use_of_block(uses, &block);
    int i = block * THREADS + threadIdx.x, n = i / u.channels, c = i % u.channels;
    if (n >= u.samples)
        return;
    gb_stat_row at = *u.at;
    float *factors = u.to + (long long)n * 3 * u.channels + c;
    float var = statistic(u.packed + (long long)u.rows * u.channels, at, u.channels, c);
    factors[0] = statistic(u.packed, at, u.channels, c);
    factors[u.channels] = (float)((u.base + u.gain[(long long)n * u.step + c]) / sqrt(var + u.eps));
    factors[2 * u.channels] = u.bias[(long long)n * u.step + c];
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

__global__ static void __launch_bounds__(THREADS, BLOCKS)
norm_each8(gb_view in, const float *factors, gb_view out, const gb_cuda_epilogue *e, long long groups) {
    GB_EACH_ITEM(i, groups) {
        gb_item at = gb_group_at(out, out, i);
        const float *f = factors + (long long)at.n * 3 * out.c + at.c;
        float v[8];
        gb_load8(in, at.n, at.c, at.p, v, true);
#pragma unroll
        for (int k = 0; k < 8; k++)
            if (at.c + k < out.c)
                v[k] = (v[k] - f[k]) * f[out.c + k] + f[2 * out.c + k];
        gb_write8(out, e, v, at.n, at.c, at.p);
    }
}

static norm_use use_of(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, void *to) {
    const gb_batch_norm_live *live = (const gb_batch_norm_live *)args->live;
    const float *packed = (const float *)args->packed, *weights = packed + 2 * (size_t)d->batch_norm.rows * d->out.c;
    bool given = d->inputs > 1;
    norm_use u;
    memset(&u, 0, sizeof u);
    u.packed = packed;
    u.gain = given ? (const float *)args->in[1]->data : weights;
    u.bias = given ? (const float *)args->in[2]->data : weights + d->out.c;
    u.channels = d->out.c;
    u.rows = d->batch_norm.rows;
    u.step = given ? d->out.c : 0;
    u.samples = d->out.n;
    u.eps = d->batch_norm.eps;
    u.base = d->batch_norm.gain_from_one ? 1.0 : 0.0;
    u.at = gb_live(cpu->stream, gb_stat_row_of(d->batch_norm.rows, live->truncation));
    u.to = (float *)to;
    return u;
}

template <class F> static void launch_prepare(const gb_cpu *cpu, int count, F use) {
    int blocks;
    auto entry = [&](int i, int *own) {
        norm_use u = use(i);
        *own = (int)(((long long)u.samples * u.channels + THREADS - 1) / THREADS);
        return u;
    };
    gb_uses<norm_use> uses = gb_live_uses<norm_use>(cpu, count, entry, &blocks);
    gb_launch(cpu, prepare_norms, dim3((unsigned)blocks), THREADS, 0, uses);
}

static void prepare(const gb_cpu *cpu, const gb_use *uses, int count) {
    launch_prepare(cpu, count, [&](int i) { return use_of(cpu, uses[i].desc, uses[i].args, (void *)uses[i].args->prepared); });
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const float *factors = (const float *)(args->prepared ? args->prepared : args->workspace);
    bool last = args->out->shape.block > 1;
    long long count = gb_item_count(args->out) / (last ? 8 : 1);
    if (!args->prepared)
        launch_prepare(cpu, 1, [&](int) { return use_of(cpu, d, args, args->workspace); });
    gb_launch(cpu, last ? norm_each8 : norm_each, gb_blocks((size_t)count, THREADS), THREADS, 0,
              gb_view_of(cpu, args->in[0]), factors, gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

/* With the batch's own statistics it runs on the host. */
static bool supports(const gb_cpu *, const gb_desc *d) {
    return !d->batch_norm.own;
}

const gb_op_row gb_batch_norm_cuda = {
    .op = GB_OP_BATCH_NORM, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .supports = supports,
    .packed_size = gb_plain_packed_size, .pack = gb_plain_pack, .workspace = gb_batch_norm_workspace, .run = run,
    .prepare = prepare, .prepared_size = gb_batch_norm_workspace,
};
