/* The tiled convolution on the host: choosing tiles, launching; and the kernels that add the sums if the depth is
 * split: 4 bytes read and 1 FLOP for each value and split, and 2 bytes written in half. At 16×16, 512 channels and 8 splits
 * 4.5 MB, which the second-level cache keeps: the floor of an H100 is 1 µs, by that cache, and the launch takes longer. */
#include <string.h>

#include "cuda/conv_tiles.cuh"
#include "cuda/rows.h"

enum {
    THREADS = 256,
    MIN_BLOCKS = 264,           /* two for each multiprocessor of a large GPU */
    MIN_WIDE_BLOCKS = 132,      /* of 128×128, of which a multiprocessor has one */
    MIN_DEPTH = 128,            /* of a split, in words */
    MAX_SPLITS = 8,
    STAGES = 3, TILE_K = 16,
    WIDE = 128, WIDE_STAGES = 4, WIDE_TILE_K = 32,
    MIN_WIDE_PIXELS = 4096
};

static bool supports(const gb_cpu *, const gb_desc *d) {
    return d->in[0].block > 1;
}

/* ------------------------------------------------------------------------------------------------ tiles */

/* The map that the product computes: the output, or the 2H+1 wide map before the FIR. */
static gb_shape product_shape(const gb_desc *d) {
    gb_shape s = d->out;
    if (d->conv.up == 2) {
        s.h = 2 * d->in[0].h + 1;
        s.w = 2 * d->in[0].w + 1;
        s.block = up_to(d->out.c, 8);
    }
    return s;
}

/* Tap k of the kernel, which multiplies the pixels at (dy, dx) from that of the result. */
static void add_tap(const gb_desc *d, const conv_tiles *t, conv_part *part, int dy, int dx, int k) {
    part->tap[part->taps++] = conv_tap{(signed char)dy, (signed char)dx, (dy * d->in[0].w + dx) * t->words,
                                       k * up_to(d->conv.cout, PACKED_ROWS) * t->words};
}

static void plain_part(const gb_desc *d, conv_tiles *t) {
    int kernel = d->conv.kernel, pad = (kernel - 1) / 2;
    t->parts = t->step = 1;
    t->part[0].h = d->out.h;
    t->part[0].w = d->out.w;
    for (int k = 0; k < kernel * kernel; k++)
        add_tap(d, t, &t->part[0], k / kernel - pad, k % kernel - pad, k);
}

/* t[2i + k] += W[k] x[i]: even positions 2i get tap 0 of x[i] and tap 2 of x[i−1], odd ones tap 1 of x[i]. */
static void transposed_parts(const gb_desc *d, conv_tiles *t) {
    t->parts = 4;
    t->step = 2;
    for (int i = 0; i < 4; i++) {
        conv_part *part = &t->part[i];
        part->y0 = i / 2;
        part->x0 = i % 2;
        part->h = d->in[0].h + 1 - part->y0;
        part->w = d->in[0].w + 1 - part->x0;
        for (int k = 0; k < 9; k++)
            if (k / 3 % 2 == part->y0 && k % 3 % 2 == part->x0)
                add_tap(d, t, part, -(k / 3) / 2, -(k % 3) / 2, k);
    }
}

struct tile_size { int mt, nt, warps; };

typedef tile_shape<GB_HALF, 4, 4, 8, WIDE_TILE_K, WIDE_STAGES> wide_tile;

static size_t shared_bytes(size_t tiles, int words, int tile_k) {
    return 4 * (tiles + (size_t)up_to(words, tile_k));
}

/* Whether the layer has tiles of 128×128, whatever channels are read: they have other steps, whose splits other sums. */
static bool is_wide(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    return precision_of(cpu) != GB_FP32 && in->c >= WIDE && d->conv.cout % WIDE == 0 &&
           in->h * in->w >= MIN_WIDE_PIXELS &&
           shared_bytes((size_t)WIDE_STAGES * wide_tile::STAGE, gb_conv_words(cpu, d), WIDE_TILE_K) <=
               gb_cuda_of(cpu)->shared_per_block;
}

static tile_size tile_of(const gb_cpu *cpu, const gb_desc *d, int columns) {
    int pixels = d->in[0].h * d->in[0].w;
    if (is_wide(cpu, d))
        return tile_size{4, 4, 8};
    if (columns <= 16)
        return tile_size{4, 1, 4};
    if (columns <= 32)
        return tile_size{4, 2, 4};
    return tile_size{pixels >= 8192 ? 4 : 2, 4, 4};
}

static dim3 grid_of(const gb_desc *d, const conv_tiles *t, tile_size size, int columns) {
    int pixels = t->part[0].h * t->part[0].w, width = size.warps / 2 * 8 * size.nt;
    return dim3((unsigned)((pixels - 1) / (32 * size.mt) + 1), (unsigned)((columns - 1) / width + 1),
                (unsigned)(t->parts * t->splits * d->in[0].n));
}

void gb_tiles_divide(const gb_cpu *cpu, const gb_desc *d, conv_tiles *t) {
    memset(t, 0, sizeof *t);
    t->words = gb_conv_words(cpu, d);
    if (d->conv.up == 2)
        transposed_parts(d, t);
    else
        plain_part(d, t);
    t->splits = 1;
}

int gb_tiles_splits(const conv_tiles *t, int blocks, int enough, int tile_k, int min_depth) {
    int wanted = enough / min(blocks, enough), worth = t->part[0].taps * up_to(t->words, tile_k) / min_depth;
    return min(min(wanted, MAX_SPLITS), worth < 1 ? 1 : worth);
}

/* Divides the layer into parts and splits. Depends only on the shape: the bits of a channel must not depend on whether
 * the others are read. */
static void plan_tiles(const gb_cpu *cpu, const gb_desc *d, conv_tiles *t) {
    gb_tiles_divide(cpu, d, t);
    tile_size size = tile_of(cpu, d, d->conv.cout);
    dim3 grid = grid_of(d, t, size, d->conv.cout);
    int blocks = (int)(grid.x * grid.y) * t->parts, enough = size.warps == 8 ? MIN_WIDE_BLOCKS : MIN_BLOCKS;
    t->splits = gb_tiles_splits(t, blocks, enough, size.warps == 8 ? WIDE_TILE_K : TILE_K, MIN_DEPTH);
}

static size_t partial_bytes(const gb_desc *d, const conv_tiles *t) {
    gb_shape s = product_shape(d);
    int c_padded = s.block > 1 ? s.block : s.c;
    return t->splits > 1 ? gb_part_bytes(sizeof(float) * s.n * t->splits * s.h * s.w * c_padded) : 0;
}

static size_t product_bytes(const gb_cpu *cpu, const gb_desc *d) {
    gb_shape s = product_shape(d);
    return d->conv.up == 2 ? gb_part_bytes(gb_shape_floats(&s) * cpu->device->map_bytes) : 0;
}

size_t gb_tiles_workspace(const gb_cpu *cpu, const gb_desc *d, const conv_tiles *t) {
    return gb_modulation_bytes(d, gb_is_half(cpu)) + partial_bytes(d, t) + product_bytes(cpu, d);
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    conv_tiles t;
    plan_tiles(cpu, d, &t);
    return gb_tiles_workspace(cpu, d, &t);
}

/* ------------------------------------------------------------------------------------------------ after the product */

__global__ static void __launch_bounds__(THREADS) add_splits8(conv_tiles t, long long groups) {
    GB_EACH_ITEM(i, groups) {
        gb_item at = gb_group_at(t.out, t.out, i);
        float v[8] = {0.0f};
        for (int s = 0; s < t.splits; s++) {
            const float4 *from = (const float4 *)partial_at(t, at.n, s, at.c, at.p);
            float4 a = from[0], b = from[1];
            v[0] += a.x, v[1] += a.y, v[2] += a.z, v[3] += a.w, v[4] += b.x, v[5] += b.y, v[6] += b.z, v[7] += b.w;
        }
        scale_and_write8(t, v, at.n, at.c, at.p);
    }
}

__global__ static void __launch_bounds__(THREADS) add_splits(conv_tiles t, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(t.out, i);
        float sum = 0.0f;
        for (int s = 0; s < t.splits; s++)
            sum += *partial_at(t, at.n, s, at.c, at.p);
        sum = at.c < t.out.c ? sum * t.m.scale[at.n * t.m.scale_step + at.c] : 0.0f;
        if (t.epilogue)
            gb_write(t.out, t.epilogue, sum, at.n, at.c, at.p);
        else
            gb_store(t.out, at.n, at.c, at.p, sum);
    }
}

void gb_add_splits(const gb_cpu *cpu, const conv_tiles &t, int samples) {
    long long items = t.out.n_step * samples, groups = items / 8;
    if (t.out.c_step == 1)
        gb_launch(cpu, add_splits8, gb_blocks((size_t)groups, THREADS), THREADS, 0, t, groups);
    else
        gb_launch(cpu, add_splits, gb_blocks((size_t)items, THREADS), THREADS, 0, t, items);
}

/* ------------------------------------------------------------------------------------------------ launching */

template <gb_precision P, int MT, int NT, int WARPS = 4, int K = TILE_K, int AHEAD = STAGES>
static void launch_tiles(const gb_cpu *cpu, const conv_tiles &t, dim3 grid) {
    typedef tile_shape<P, MT, NT, WARPS, K, AHEAD> S;
    constexpr size_t DEFAULT_LIMIT = 48 << 10;
    size_t shared = shared_bytes((size_t)AHEAD * S::STAGE, t.words, K);
    if (shared > DEFAULT_LIMIT)
        gb_check(cpu->stream,
                 cudaFuncSetAttribute(convolve_tiles<P, MT, NT, WARPS, K, AHEAD>,
                                      cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared),
                 "reserving shared memory for a convolution");
    gb_launch(cpu, convolve_tiles<P, MT, NT, WARPS, K, AHEAD>, grid, S::THREADS, shared, t);
}

template <gb_precision P>
static void launch_sized(const gb_cpu *cpu, const conv_tiles &t, tile_size size, dim3 grid) {
    if constexpr (P != GB_FP32)
        if (size.warps == 8) {
            launch_tiles<P, 4, 4, 8, WIDE_TILE_K, WIDE_STAGES>(cpu, t, grid);
            return;
        }
    if (size.nt == 1)
        launch_tiles<P, 4, 1>(cpu, t, grid);
    else if (size.nt == 2)
        launch_tiles<P, 4, 2>(cpu, t, grid);
    else if (size.mt == 2)
        launch_tiles<P, 2, 4>(cpu, t, grid);
    else
        launch_tiles<P, 4, 4>(cpu, t, grid);
}

static void launch(const gb_cpu *cpu, const gb_desc *d, const conv_tiles &t) {
    tile_size size = tile_of(cpu, d, gb_conv_columns(d));
    dim3 grid = grid_of(d, &t, size, gb_conv_columns(d));
    if (gb_is_half(cpu))
        launch_sized<GB_HALF>(cpu, t, size, grid);
    else if (precision_of(cpu) == GB_TF32)
        launch_sized<GB_TF32>(cpu, t, size, grid);
    else
        launch_sized<GB_FP32>(cpu, t, size, grid);
}

void gb_tiles_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, conv_tiles *t,
                  void (*product)(const gb_cpu *cpu, const gb_desc *d, const conv_tiles &t)) {
    size_t words = gb_conv_weight_words(cpu, d);
    const float *factors = (const float *)args->packed + words;
    char *workspace = (char *)args->workspace + gb_modulation_bytes(d, gb_is_half(cpu));
    const gb_cuda_epilogue *epilogue = gb_live_epilogue(cpu, args->out, args->epilogue);
    gb_tensor before_fir = {product_shape(d), (float *)(workspace + partial_bytes(d, t))};
    gb_view out = gb_view_of(cpu, args->out);

    t->x = (const uint32_t *)args->in[0]->data;
    t->h = d->in[0].h;
    t->w = d->in[0].w;
    t->weights = (const uint32_t *)args->packed;
    t->rows = up_to(d->conv.cout, PACKED_ROWS);
    t->m = gb_modulate(cpu, d, args, factors, gb_is_half(cpu));
    t->partial = t->splits > 1 ? (float *)workspace : NULL;
    t->out = d->conv.up == 2 ? gb_view_of(cpu, &before_fir) : out;
    t->epilogue = d->conv.up == 2 ? NULL : epilogue;
    product(cpu, d, *t);
    if (t->splits > 1)
        gb_add_splits(cpu, *t, d->in[0].n);
    if (d->conv.up == 2)
        gb_smooth(cpu, t->out, factors + gb_factors_fir(d), out, epilogue, d->out.n);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    conv_tiles t;
    plan_tiles(cpu, d, &t);
    gb_tiles_run(cpu, d, args, &t, launch);
}

const gb_op_row gb_conv2d_tiled_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "tiles", .isa = "cuda", .rank = GB_CUDA_FAST, .fuses = true,
    .supports = supports, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = workspace, .run = run,
    .prepare = gb_modulation_prepare, .prepared_size = gb_modulation_prepared_size,
};
