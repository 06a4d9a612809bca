/* Self-attention over pixels (ops/attention.c has the formulas): scores, softmax and mix as separate operations, or one
 * after the other with the matrix in the workspace, with the same kernels and therefore the same bits. Scores and mix
 * are the matrix product C[i,j] = Σ_k A[i,k] B[j,k] in float32. A block computes 64×64 values of C in steps of depth
 * 16, a thread 4×4 of them.
 *
 * For Q queries and K keys of C channels and values of V: 2·Q·K·(C + V) FLOP, and the matrix of 4·Q·K bytes written by the
 * scores, read and written by the softmax and read by the mix. At 64×64 pixels of BigGAN-deep (Q 4096, K 1024, C 64, V 256):
 * 2.7 GFLOP, 67 MB; the floor of an H100 is 40 µs, by float32 arithmetic. */
#include <math.h>

#include "cuda/attention.cuh"
#include "cuda/rows.h"
#include "cuda/warp.cuh"

enum { THREADS = 256, WARPS = 4, TILE = 64, DEPTH = 16 };

/* A tensor as a matrix for each sample. */
struct matrix {
    gb_view of;
    int rows, columns;
    bool rows_are_pixels;       /* and columns are channels; else the reverse */
};

/* The four values that a thread loads in each step, out of 64 rows from `row` on and 16 columns. Neighbouring threads
 * load neighbouring values. */
struct loader {
    int row, row_step, column, column_step;
    long long from, k_step, step;       /* offset of the first value; to the next column; to the next of the four */
};

__device__ static loader loader_of(const matrix &m, int n, int row) {
    int t = (int)threadIdx.x;
    long long row_step = m.rows_are_pixels ? m.of.p_step : m.of.c_step;
    long long k_step = m.rows_are_pixels ? m.of.c_step : m.of.p_step;
    bool along = k_step == 1;
    loader f = {row + (along ? t / DEPTH : t % TILE), along ? THREADS / DEPTH : 0, along ? t % DEPTH : t / TILE,
                 along ? 0 : THREADS / TILE, 0, k_step, 0};
    f.from = n * m.of.n_step + f.row * row_step + f.column * k_step;
    f.step = f.row_step * row_step + f.column_step * k_step;
    return f;
}

__device__ static void load(const matrix &m, const loader &f, int k, float (&v)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        long long at = f.from + k * f.k_step + i * f.step;
        bool inside = f.row + i * f.row_step < m.rows && f.column + i * f.column_step + k < m.columns;
        v[i] = inside ? gb_load_value(m.of.half, m.of.data, at) : 0.0f;
    }
}

__device__ static void store(const loader &f, int first_row, const float (&v)[4], float (*to)[TILE + 4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
        to[f.column + i * f.column_step][f.row - first_row + i * f.row_step] = v[i];
}

/* Computes the tiles of all samples, one after another: `across` tiles in a row of tiles, `tiles` in a sample. The
 * values of the next step are loaded while this one is multiplied. */
__global__ static void __launch_bounds__(THREADS, 2) product(matrix a, matrix b, matrix out, int across, int tiles) {
    __align__(16) __shared__ float rows[DEPTH][TILE + 4], columns[DEPTH][TILE + 4];
    int n = (int)(blockIdx.x / tiles), tile = (int)(blockIdx.x % tiles);
    int row = tile / across * TILE, column = tile % across * TILE;
    int y = (int)threadIdx.x / 16 * 4, x = (int)threadIdx.x % 16 * 4;
    float sum[4][4] = {{0.0f}}, of_a[4], of_b[4];
    loader from_a = loader_of(a, n, row), from_b = loader_of(b, n, column);
    load(a, from_a, 0, of_a);
    load(b, from_b, 0, of_b);
    for (int k = 0; k < a.columns; k += DEPTH) {
        __syncthreads();
        store(from_a, row, of_a, rows);
        store(from_b, column, of_b, columns);
        __syncthreads();
        if (k + DEPTH < a.columns) {
            load(a, from_a, k + DEPTH, of_a);
            load(b, from_b, k + DEPTH, of_b);
        }
#pragma unroll
        for (int j = 0; j < DEPTH; j++) {
            float4 p = *(const float4 *)&rows[j][y], q = *(const float4 *)&columns[j][x];
            float left[4] = {p.x, p.y, p.z, p.w}, right[4] = {q.x, q.y, q.z, q.w};
#pragma unroll
            for (int r = 0; r < 4; r++)
#pragma unroll
                for (int c = 0; c < 4; c++)
                    sum[r][c] = fmaf(left[r], right[c], sum[r][c]);
        }
    }
    int stored = out.rows_are_pixels ? out.of.c_padded : out.columns;
#pragma unroll
    for (int r = 0; r < 4; r++)
#pragma unroll
        for (int c = 0; c < 4; c++) {
            int i = row + y + r, j = column + x + c;
            float v = j < out.columns ? sum[r][c] : 0.0f;
            if (i < out.rows && j < stored)
                out.rows_are_pixels ? gb_store(out.of, n, j, i, v) : gb_store(out.of, n, i, j, v);
        }
}

/* A warp computes a row. x and y may be the same: every lane reads a value before it writes it. */
__global__ static void __launch_bounds__(32 * WARPS) softmax(const float *x, float *y, long long rows, int count) {
    int lane = threadIdx.x % 32;
    for (long long row = (long long)blockIdx.x * WARPS + threadIdx.x / 32; row < rows;
         row += (long long)gridDim.x * WARPS) {
        const float *from = x + row * count;
        float *to = y + row * count, largest = -INFINITY, sum = 0.0f;
        for (int k = lane; k < count; k += 32)
            largest = fmaxf(largest, from[k]);
        largest = gb_warp_max(largest);
        for (int k = lane; k < count; k += 32) {
            float e = expf(from[k] - largest);
            to[k] = e;
            sum += e;
        }
        sum = gb_warp_sum(sum);
        for (int k = lane; k < count; k += 32)
            to[k] /= sum;
    }
}

/* ------------------------------------------------------------------------------------------------ operations */

static matrix pixels_by_channels(const gb_cpu *cpu, const gb_tensor *t) {
    gb_view v = gb_view_of(cpu, t);
    return {v, v.pixels, v.c, true};
}

static matrix channels_by_pixels(const gb_cpu *cpu, const gb_tensor *t) {
    gb_view v = gb_view_of(cpu, t);
    return {v, v.c, v.pixels, false};
}

static void launch_product(const gb_cpu *cpu, const matrix &a, const matrix &b, const matrix &out, int samples) {
    int columns = out.rows_are_pixels ? out.of.c_padded : out.columns, across = (columns + TILE - 1) / TILE;
    int tiles = across * ((out.rows + TILE - 1) / TILE);
    gb_launch(cpu, product, dim3((unsigned)tiles * (unsigned)samples), THREADS, 0, a, b, out, across, tiles);
}

static void scores(const gb_cpu *cpu, const gb_tensor *theta, const gb_tensor *phi, const gb_tensor *out) {
    launch_product(cpu, pixels_by_channels(cpu, theta), pixels_by_channels(cpu, phi), channels_by_pixels(cpu, out),
                   out->shape.n);
}

void gb_softmax_rows(const gb_cpu *cpu, const gb_tensor *in, const gb_tensor *out) {
    const gb_shape *s = &out->shape;
    size_t rows = (size_t)s->n * s->c;
    gb_launch(cpu, softmax, gb_blocks(rows, WARPS), 32 * WARPS, 0, (const float *)in->data, out->data, (long long)rows,
              s->w);
}

static void mix(const gb_cpu *cpu, const gb_tensor *g, const gb_tensor *weights, const gb_tensor *out) {
    launch_product(cpu, channels_by_pixels(cpu, weights), channels_by_pixels(cpu, g), pixels_by_channels(cpu, out),
                   out->shape.n);
}

static void run_scores(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    scores(cpu, args->in[0], args->in[1], args->out);
}

static void run_softmax(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    gb_softmax_rows(cpu, args->in[0], args->out);
}

static void run_mix(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    mix(cpu, args->in[0], args->in[1], args->out);
}

gb_shape gb_attention_shape(const gb_desc *d) {
    return {d->in[0].n, d->in[0].h * d->in[0].w, 1, d->in[1].h * d->in[1].w, 1};
}

static size_t attention_workspace(const gb_cpu *, const gb_desc *d) {
    gb_shape s = gb_attention_shape(d);
    return sizeof(float) * s.n * s.c * s.w;
}

static void run_attention(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_tensor weights = {gb_attention_shape(d), (float *)args->workspace};
    scores(cpu, args->in[0], args->in[1], &weights);
    gb_softmax_rows(cpu, &weights, &weights);
    mix(cpu, args->in[2], &weights, args->out);
}

const gb_op_row gb_scores_cuda = {
    .op = GB_OP_SCORES, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run_scores,
};
const gb_op_row gb_softmax_cuda = {
    .op = GB_OP_SOFTMAX, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run_softmax,
};
const gb_op_row gb_mix_cuda = {
    .op = GB_OP_MIX, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run_mix,
};
const gb_op_row gb_attention_cuda = {
    .op = GB_OP_ATTENTION, .isa = "cuda", .rank = GB_CUDA_PLAIN, .workspace = attention_workspace, .run = run_attention,
};
