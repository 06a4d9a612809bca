/* The convolution of maps of few channels on the host: which layers have it, and how many blocks share their tiles. */
#include <string.h>

#include "cuda/conv_patch.cuh"
#include "cuda/rows.h"

enum {
    MIN_PIXELS = 4096,          /* of the input: smaller layers have too few tiles to fill a GPU */
    MAX_WORDS = 64,             /* of a pixel */
    BLOCK_OVERHEAD = 1024       /* bytes of shared memory that the system takes for each block */
};

/* What the host has to know of a kernel. */
struct patch_kernel {
    void (*launch)(const gb_cpu *cpu, const conv_patch &t, dim3 grid, size_t shared);
    size_t bytes[2];            /* of shared memory, with one buffer for pixels and with two */
    int out_h, out_w;           /* of a tile */
    int resident;               /* blocks for whose registers a multiprocessor has room */
};

template <gb_precision P, bool UP, int WORDS>
static void launch_patches(const gb_cpu *cpu, const conv_patch &t, dim3 grid, size_t shared) {
    gb_check(cpu->stream,
             cudaFuncSetAttribute(convolve_patches<P, UP, WORDS>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  (int)shared),
             "reserving shared memory for a convolution");
    gb_launch(cpu, convolve_patches<P, UP, WORDS>, grid, patch_shape<P, UP, WORDS>::THREADS, shared, t);
}

template <gb_precision P, bool UP, int WORDS> static patch_kernel kernel(void) {
    typedef patch_shape<P, UP, WORDS> S;
    return {launch_patches<P, UP, WORDS>, {S::bytes(1), S::bytes(2)}, S::OUT_H, S::OUT_W, S::RESIDENT};
}

template <gb_precision P, bool UP> static patch_kernel kernel_of_words(int words) {
    return words <= 16 ? kernel<P, UP, 16>() : words <= 32 ? kernel<P, UP, 32>() : kernel<P, UP, MAX_WORDS>();
}

static patch_kernel kernel_of(const gb_cpu *cpu, const gb_desc *d) {
    int words = gb_conv_words(cpu, d);
    if (gb_is_half(cpu))
        return d->conv.up == 2 ? kernel_of_words<GB_HALF, true>(words) : kernel_of_words<GB_HALF, false>(words);
    return d->conv.up == 2 ? kernel_of_words<GB_TF32, true>(words) : kernel_of_words<GB_TF32, false>(words);
}

static bool supports(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    int words = gb_conv_words(cpu, d);
    return precision_of(cpu) != GB_FP32 && d->conv.kernel == 3 && in->block > 1 && d->out.block > 1 &&
           words <= MAX_WORDS && in->h * in->w >= MIN_PIXELS && (long long)in->h * in->w * words < 1ll << 31 &&
           kernel_of(cpu, d).bytes[0] <= gb_cuda_of(cpu)->shared_per_block;
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    return gb_modulation_bytes(d, gb_is_half(cpu));
}

/* Blocks of the GPU's multiprocessors share the tiles of all samples and channels. If only one fits into a
 * multiprocessor, it loads a tile while it computes another, provided there is memory for that. None of this changes
 * bits. */
static dim3 divide_tiles(const gb_cuda *gpu, const gb_desc *d, const patch_kernel &k, conv_patch *t) {
    int down = (d->out.h - 1) / k.out_h + 1, groups = (gb_conv_columns(d) - 1) / PATCH_COLUMNS + 1;
    int resident = min(k.resident, max(1, (int)(gpu->shared_per_processor / (k.bytes[0] + BLOCK_OVERHEAD))));
    t->across = (d->out.w - 1) / k.out_w + 1;
    t->tiles = t->across * down;
    t->buffers = resident == 1 && k.bytes[1] <= gpu->shared_per_block ? 2 : 1;
    int blocks = (gpu->processors * resident - 1) / (groups * d->out.n) + 1;
    return dim3((unsigned)min(blocks, t->tiles), (unsigned)groups, (unsigned)d->out.n);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    patch_kernel k = kernel_of(cpu, d);
    const float *factors = (const float *)args->packed + gb_conv_weight_words(cpu, d);
    conv_patch t;
    memset(&t, 0, sizeof t);
    t.epilogue = gb_live_epilogue(cpu, args->out, args->epilogue);
    t.x = (const uint32_t *)args->in[0]->data;
    t.words = gb_conv_words(cpu, d);
    t.h = d->in[0].h;
    t.w = d->in[0].w;
    t.weights = (const uint32_t *)args->packed;
    t.rows = up_to(d->conv.cout, PACKED_ROWS);
    t.fir = d->conv.up == 2 ? factors + gb_factors_fir(d) : NULL;
    t.m = gb_modulate(cpu, d, args, factors, gb_is_half(cpu));
    t.out = gb_view_of(cpu, args->out);
    dim3 grid = divide_tiles(gb_cuda_of(cpu), d, k, &t);
    k.launch(cpu, t, grid, k.bytes[t.buffers - 1]);
}

const gb_op_row gb_conv2d_patch_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "patch", .isa = "cuda", .rank = GB_CUDA_FEW_CHANNELS, .fuses = true,
    .supports = supports, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = workspace, .run = run,
    .prepare = gb_modulation_prepare, .prepared_size = gb_modulation_prepared_size,
};
