/* Matrix products by cuBLAS, for contexts with GANBEND_CUBLAS=1: scores and mix of attention (ops/attention.c has the
 * formulas), and convolutions of 1×1 pixels without styles. The factors have the type of maps, sums are float32. In half
 * precision the weights of the mix, which are float32, are rounded to float16. Which algorithm the library takes depends on
 * its version, and therefore so do the bits. */
#include <string.h>

#include "cuda/attention.cuh"
#include "cuda/conv_tiles.cuh"
#include "cuda/cublaslt.h"
#include "cuda/rows.h"

enum { THREADS = 256 };

static bool supports(const gb_cpu *cpu, const gb_desc *) {
    return gb_cuda_of(cpu)->use_cublas;
}

/* C = A Bᵀ, or A B, for all samples, with GB_LT_WORKSPACE bytes at `workspace`. */
static void multiply(const gb_cpu *cpu, gb_lt_product p, const void *a, const void *b, void *c, void *workspace) {
    const gb_cuda *gpu = gb_cuda_of(cpu);
    cudaStream_t stream = gb_launch_stream(cpu->stream);
    int status;
    if (!stream)
        return;
    p.tf32 = gpu->precision == GB_TF32;
    gb_lt_plan *plan = gb_cublaslt_plan(gpu->cublaslt, p, &status);
    if (plan)
        status = gb_cublaslt_multiply(gpu->cublaslt, plan, a, b, c, workspace, stream);
    gb_cublaslt_unplan(gpu->cublaslt, plan);
    gb_check(cpu->stream, status ? cudaErrorUnknown : cudaSuccess, "multiplying with cuBLAS");
}

/* ------------------------------------------------------------------------------------------------ attention */

/* 6 bytes a value. For 4096 queries and 1024 keys 25 MB: the floor of an H100 is 8 µs, by memory. */
__global__ static void __launch_bounds__(THREADS) round_to_half(const float *from, __half *to, long long count) {
    GB_EACH_ITEM(i, count)
        to[i] = __float2half_rn(from[i]);
}

static void scores(const gb_cpu *cpu, const gb_tensor *theta, const gb_tensor *phi, const gb_tensor *out,
                   void *workspace) {
    gb_view a = gb_view_of(cpu, theta), b = gb_view_of(cpu, phi);
    gb_lt_product p = {a.pixels, b.pixels, a.c_padded, out->shape.n, a.half, false};
    multiply(cpu, p, a.data, b.data, out->data, workspace);
}

/* Bytes for the weights as halves. */
static size_t halves_bytes(const gb_cpu *cpu, const gb_shape *weights) {
    return gb_is_half(cpu) ? gb_part_bytes(sizeof(__half) * weights->n * weights->c * weights->w) : 0;
}

/* workspace: the library's, then the weights as halves. */
static void mix(const gb_cpu *cpu, const gb_tensor *g, const gb_tensor *weights, const gb_tensor *out,
                void *workspace) {
    gb_view b = gb_view_of(cpu, g);
    const gb_shape *s = &weights->shape;
    const void *a = weights->data;
    if (b.half) {
        __half *halves = (__half *)((char *)workspace + GB_LT_WORKSPACE);
        long long count = (long long)s->n * s->c * s->w;
        gb_launch(cpu, round_to_half, gb_blocks((size_t)count, THREADS), THREADS, 0, (const float *)a, halves, count);
        a = halves;
    }
    gb_lt_product p = {s->c, b.c_padded, s->w, s->n, b.half, b.half, false, true};
    multiply(cpu, p, a, b.data, out->data, workspace);
}

static size_t scores_workspace(const gb_cpu *, const gb_desc *) {
    return GB_LT_WORKSPACE;
}

static bool supports_scores(const gb_cpu *cpu, const gb_desc *d) {
    return supports(cpu, d) && d->in[0].block > 1 && d->in[1].block > 1;
}

static void run_scores(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    scores(cpu, args->in[0], args->in[1], args->out, args->workspace);
}

static bool supports_mix(const gb_cpu *cpu, const gb_desc *d) {
    return supports(cpu, d) && d->in[0].block > 1 && d->out.block > 1;
}

static size_t mix_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return GB_LT_WORKSPACE + halves_bytes(cpu, &d->in[1]);
}

static void run_mix(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    mix(cpu, args->in[0], args->in[1], args->out, args->workspace);
}

static bool supports_attention(const gb_cpu *cpu, const gb_desc *d) {
    return supports_scores(cpu, d) && d->in[2].block > 1 && d->out.block > 1;
}

/* The library's workspace, the weights as halves, the weights. */
static size_t attention_workspace(const gb_cpu *cpu, const gb_desc *d) {
    gb_shape s = gb_attention_shape(d);
    return GB_LT_WORKSPACE + halves_bytes(cpu, &s) + sizeof(float) * s.n * s.c * s.w;
}

static void run_attention(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_shape s = gb_attention_shape(d);
    gb_tensor weights = {s, (float *)((char *)args->workspace + GB_LT_WORKSPACE + halves_bytes(cpu, &s))};
    scores(cpu, args->in[0], args->in[1], &weights, args->workspace);
    gb_softmax_rows(cpu, &weights, &weights);
    mix(cpu, args->in[2], &weights, args->out, args->workspace);
}

/* ------------------------------------------------------------------------------------------------ 1×1 convolutions */

static bool supports_conv(const gb_cpu *cpu, const gb_desc *d) {
    const gb_conv *conv = &d->conv;
    return supports(cpu, d) && conv->kernel == 1 && conv->up == 1 && !conv->modulated && d->in[0].block > 1 &&
           d->out.block > 1;
}

/* The scales, the library's workspace, and the sums, which an epilogue follows. */
static size_t conv_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return gb_modulation_bytes(d, gb_is_half(cpu)) + GB_LT_WORKSPACE + sizeof(float) * gb_shape_floats(&d->out);
}

static void run_conv(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    char *workspace = (char *)args->workspace + gb_modulation_bytes(d, gb_is_half(cpu));
    conv_tiles t;
    memset(&t, 0, sizeof t);
    t.epilogue = gb_live_epilogue(cpu, args->out, args->epilogue);
    t.m = gb_modulate(cpu, d, args, (const float *)args->packed + gb_conv_weight_words(cpu, d), gb_is_half(cpu));
    t.out = gb_view_of(cpu, args->out);
    t.splits = 1;
    t.partial = (float *)(workspace + GB_LT_WORKSPACE);
    gb_view in = gb_view_of(cpu, args->in[0]);
    gb_lt_product p = {t.out.pixels, t.out.c_padded, in.c_padded, d->in[0].n, in.half, false, false, false, true};
    multiply(cpu, p, in.data, args->packed, t.partial, workspace);
    gb_add_splits(cpu, t, d->in[0].n);
}

const gb_op_row gb_scores_cublas_cuda = {
    .op = GB_OP_SCORES, .form = "cublas", .isa = "cuda", .rank = GB_CUDA_LIBRARY, .supports = supports_scores,
    .workspace = scores_workspace, .run = run_scores,
};
const gb_op_row gb_mix_cublas_cuda = {
    .op = GB_OP_MIX, .form = "cublas", .isa = "cuda", .rank = GB_CUDA_LIBRARY, .supports = supports_mix,
    .workspace = mix_workspace, .run = run_mix,
};
const gb_op_row gb_attention_cublas_cuda = {
    .op = GB_OP_ATTENTION, .form = "cublas", .isa = "cuda", .rank = GB_CUDA_LIBRARY, .supports = supports_attention,
    .workspace = attention_workspace, .run = run_attention,
};
const gb_op_row gb_conv2d_cublas_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "cublas", .isa = "cuda", .rank = GB_CUDA_LIBRARY, .fuses = true,
    .supports = supports_conv, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = conv_workspace,
    .run = run_conv,
};
