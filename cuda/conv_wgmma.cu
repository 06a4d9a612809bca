/* The convolution as a tiled matrix product on compute capability 9.0a, in half precision and for 128 channels and more. Rows
 * are 16 × 8 output pixels of one sample, columns are 128 output channels; the depth is input channels, 64 at a time, × taps.
 * One thread loads boxes (TMA): for 64 channels the pixels of all taps at once, a patch with the border that they need, zeros
 * where that is outside the map; and for each tap the weights. Two groups of four warps multiply 64 rows each (wgmma), with
 * pixels from registers and weights from shared memory. Patches and weights have rings of buffers, each buffer with a barrier
 * that tells that its bytes have arrived, and one that tells that all warps have read them.
 *
 * Pixels in registers serve two ends. The rows of a tap are any rows of the patch, which a descriptor could not tell. And
 * styles multiply them there, on their way from shared memory, and round as in conv_tiles.cuh: so the weights stay as they were
 * packed, once for all samples. Styled weights would be written and read again for each sample, 4.7 MB for 512 to 512 channels,
 * and a batch would need room for all.
 *
 * For H×W pixels, C to K channels: 2·9·H·W·C·K FLOP, from memory 2·H·W·C bytes, to memory 2·H·W·K, and through the
 * second-level cache 2·9·H·W·C·K·(1/128 + 180/128/9/128) bytes. At 128×128, 256 to 256 channels: 19 GFLOP, 17 MB and 174 MB;
 * the floor of an H100 is 0.02 ms, by its tensor cores at 989 TFLOP/s, and 0.03 ms by the cache at 5.5 TB/s.
 *
 * Parts of a transposed convolution, splits and what follows the product are those of conv_tiles.cuh. */
#include "cuda/conv_tiles.cuh"
#include "cuda/hopper_ptx.cuh"
#include "cuda/rows.h"
#include "cuda/tensor_map.h"

enum {
    LEAST_CHANNELS = 128,
    MIN_PIXELS = 1024,          /* smaller maps have too few tiles */
    MIN_BLOCKS = 132,           /* one for each multiprocessor of a large GPU */
    MIN_DEPTH = 9 * 32          /* of a split, in words: the taps of 64 channels */
};

namespace {

/* Sizes in words are those of a word of two halves, as in conv_tiles.cuh. */
constexpr int TILE_W = 16, TILE_H = 8, COLUMNS = 128, TILE_K = GB_BOX_HALVES / 2;
constexpr int ALIGNMENT = 256;          /* of buffers, for the swizzle */
constexpr int MAX_BORDER = 2;           /* pixels by which a patch is wider than a tile, and higher */
constexpr int PATCH = ((TILE_W + MAX_BORDER) * (TILE_H + MAX_BORDER) * TILE_K + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
constexpr int WEIGHTS = COLUMNS * TILE_K;
constexpr int PATCHES = 3, STAGES = 4;  /* buffers of each */
constexpr int BUFFERS = PATCHES * PATCH + STAGES * WEIGHTS, BARRIERS = 2 * (PATCHES + STAGES);
constexpr int CONSUMER_WARPS = TILE_H, CONSUMERS = 32 * CONSUMER_WARPS;         /* a warp has a row of the tile */
constexpr int THREADS = CONSUMERS + 32;                         /* and a warp of which one thread loads */

struct wgmma_layer {
    CUtensorMap pixels, weights;        /* [n][h][w][channel], [tap][output channel][channel] */
    conv_tiles t;
    int before;                         /* the border of a patch above and left of the tile */
    int patch_w, patch_bytes;
};

/* The place of the next buffer in a ring of SIZE. */
template <int SIZE> struct ring {
    uint32_t *buffers;
    uint64_t *full, *empty;             /* barriers */
    int at;
    uint32_t parity;                    /* of the phase of `full` in which this turn's bytes arrive */
    __device__ __forceinline__ void next(void) {
        at++;
        if (at == SIZE) {
            at = 0;
            parity ^= 1;
        }
    }
};

#if GB_HAS_WGMMA

/* What a block multiplies: chunks of 64 channels, of which each has all taps of the part. */
struct block_steps { int chunk, end_chunk; };

__device__ __forceinline__ void load_steps(const wgmma_layer &layer, const conv_part &part, block_steps steps,
                                           ring<PATCHES> patches, ring<STAGES> weights, int x, int y, int n,
                                           int first_channel) {
    int words_of_tap = layer.t.rows * layer.t.words;
    for (int chunk = steps.chunk; chunk < steps.end_chunk; chunk++, patches.next()) {
        uint64_t *full = patches.full + patches.at;
        barrier_wait(patches.empty + patches.at, patches.parity ^ 1);
        barrier_arrive_expecting(full, layer.patch_bytes);
        load_box(patches.buffers + patches.at * PATCH, &layer.pixels, full, chunk * GB_BOX_HALVES, x - layer.before,
                 y - layer.before, n);
        for (int tap = 0; tap < part.taps; tap++, weights.next()) {
            full = weights.full + weights.at;
            barrier_wait(weights.empty + weights.at, weights.parity ^ 1);
            barrier_arrive_expecting(full, 4 * WEIGHTS);
            load_box(weights.buffers + weights.at * WEIGHTS, &layer.weights, full, chunk * GB_BOX_HALVES, first_channel,
                     part.tap[tap].weights / words_of_tap);
        }
    }
}

/* The pixels of a warp's row of the tile for one tap and 64 channels, and their styles: four parts of 16 channels, laid out
 * as for mma_tile(). */
struct step_pixels { uint32_t word[4][4]; uint2 style[4]; };

__device__ __forceinline__ void read_pixels(const uint32_t *patch, int row, const uint32_t *styles, step_pixels *to) {
    int q = threadIdx.x % 4;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        load_swizzled_rows(patch, row, 2 * k, to->word[k]);
        to->style[k] = *(const uint2 *)(styles + k / 2 * 16 + 4 * q + k % 2 * 2);
    }
}

/* sum += the products of all steps, for this warp's row of the tile. While the products of a step are computed, the pixels of
 * the next one are read. Its products begin when the others are complete, so that registers are free again; the other group
 * fills the gap. */
__device__ __forceinline__ void multiply_steps(const wgmma_layer &layer, const conv_part &part, block_steps steps,
                                               ring<PATCHES> patches, ring<STAGES> weights, const uint32_t *styles,
                                               float (&sum)[COLUMNS / 8][4]) {
    int warp = threadIdx.x / 32, chunk = steps.chunk, tap = 0;
    step_pixels pixels;
    auto read_step = [&] {
        const conv_tap &moved = part.tap[tap];
        int row = (warp + moved.dy + layer.before) * layer.patch_w + moved.dx + layer.before;
        read_pixels(patches.buffers + patches.at * PATCH, row, styles + chunk * TILE_K, &pixels);
    };
    if (chunk < steps.end_chunk) {
        barrier_wait(patches.full + patches.at, patches.parity);
        read_step();
    }
#pragma unroll 1
    while (chunk < steps.end_chunk) {
        uint32_t a[4][4];
        uint64_t b = tile_descriptor(weights.buffers + weights.at * WEIGHTS);
        uint64_t *patch_read = patches.empty + patches.at;
#pragma unroll
        for (int k = 0; k < 4; k++)
#pragma unroll
            for (int r = 0; r < 4; r++)
                a[k][r] = styled<GB_HALF>(pixels.word[k][r], r / 2 ? pixels.style[k].y : pixels.style[k].x);
        barrier_wait(weights.full + weights.at, weights.parity);
        wgmma_fence();
#pragma unroll
        for (int k = 0; k < 4; k++)
            wgmma_tile(sum, a[k], b + k * NEXT_16_HALVES);
        wgmma_commit();
        bool last_tap = ++tap == part.taps;
        if (last_tap) {
            tap = 0;
            chunk++;
            patches.next();
            if (chunk < steps.end_chunk)
                barrier_wait(patches.full + patches.at, patches.parity);
        }
        if (chunk < steps.end_chunk)
            read_step();
        wgmma_wait<0>();
        if (threadIdx.x % 32 == 0) {
            barrier_arrive(weights.empty + weights.at);
            if (last_tap)
                barrier_arrive(patch_read);
        }
        weights.next();
    }
    pin_sums(sum);
}

/* The sums go through shared memory, so that neighbouring threads write neighbouring channels. */
constexpr int ROWS = TILE_W * TILE_H, SUMS = COLUMNS + 4;       /* the stride of rows */
static_assert(ROWS * SUMS <= BUFFERS, "the sums of a tile fit where its pixels and weights were");

__device__ __forceinline__ void write_tile(const conv_tiles &t, const conv_part &part, const float *sums, int n, int split,
                                           int x, int y, int first_channel) {
    int width = t.step == 1 ? part.w : t.out.w;
    int runs = min(COLUMNS, t.out.c_padded - first_channel) / 8;
#pragma unroll 1
    for (int i = threadIdx.x; i < ROWS * runs; i += THREADS) {
        int m = i / runs, o = i % runs * 8, my = y + m / TILE_W, mx = x + m % TILE_W;
        if (my < part.h && mx < part.w)
            write_result8(t, sums + m * SUMS + o, n, split, first_channel + o,
                          (my * t.step + part.y0) * width + mx * t.step + part.x0);
    }
}

#endif

__global__ void __launch_bounds__(THREADS, 1) convolve_wgmma(const __grid_constant__ wgmma_layer layer) {
#if GB_HAS_WGMMA
    GB_SHARED(memory);
    const conv_tiles &t = layer.t;
    int z = (int)blockIdx.z, split = z % t.splits, n = z / t.splits / t.parts, first_channel = (int)blockIdx.y * COLUMNS;
    const conv_part &part = t.part[z / t.splits % t.parts];
    int across = (part.w + TILE_W - 1) / TILE_W;
    int x = (int)blockIdx.x % across * TILE_W, y = (int)blockIdx.x / across * TILE_H;
    if (y >= part.h)
        return;
    int chunks = (t.words + TILE_K - 1) / TILE_K, share = (chunks + t.splits - 1) / t.splits;
    block_steps steps = {split * share, min(split * share + share, chunks)};
    uint32_t *buffers = memory + (0u - shared_address(memory)) % (4 * ALIGNMENT) / 4, *styles = buffers + BUFFERS;
    uint64_t *barriers = (uint64_t *)(styles + chunks * TILE_K);
    ring<PATCHES> patches = {buffers, barriers, barriers + PATCHES, 0, 0};
    barriers += 2 * PATCHES;
    ring<STAGES> weights = {buffers + PATCHES * PATCH, barriers, barriers + STAGES, 0, 0};
    if (threadIdx.x == CONSUMERS) {
        prefetch_tensor_map(&layer.pixels);
        prefetch_tensor_map(&layer.weights);
        for (int i = 0; i < PATCHES; i++) {
            barrier_init(patches.full + i, 1);
            barrier_init(patches.empty + i, CONSUMER_WARPS);
        }
        for (int i = 0; i < STAGES; i++) {
            barrier_init(weights.full + i, 1);
            barrier_init(weights.empty + i, CONSUMER_WARPS);
        }
        barrier_init_fence();
    }
    constexpr uint32_t ONE = 0x3c003c00;        /* as two halves */
    const uint32_t *given = t.m.styles ? (const uint32_t *)t.m.styles + (long long)n * t.words : NULL;
    for (int i = threadIdx.x; i < chunks * TILE_K; i += THREADS)
        styles[place_of_style<GB_HALF>(i)] = !given ? ONE : i < t.words ? given[i] : 0;
    __syncthreads();

    float sum[COLUMNS / 8][4];
#pragma unroll
    for (int i = 0; i < COLUMNS / 2; i++)
        sum[i / 4][i % 4] = 0.0f;
    if (threadIdx.x < CONSUMERS)
        multiply_steps(layer, part, steps, patches, weights, styles, sum);
    else if (threadIdx.x == CONSUMERS)
        load_steps(layer, part, steps, patches, weights, x, y, n, first_channel);
    __syncwarp();
    __syncthreads();            /* all buffers have been read */
    float *sums = (float *)buffers;
    if (threadIdx.x < CONSUMERS) {
        int lane = threadIdx.x % 32, row = threadIdx.x / 32 * TILE_W + lane / 4;
#pragma unroll
        for (int j = 0; j < COLUMNS / 8; j++)
#pragma unroll
            for (int r = 0; r < 4; r++)
                sums[(row + r / 2 * 8) * SUMS + j * 8 + lane % 4 * 2 + r % 2] = sum[j][r];
    }
    __syncthreads();
    write_tile(t, part, sums, n, split, x, y, first_channel);
#else
    __trap();                   /* the row is not offered on other GPUs */
#endif
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ the row */

static int tiles_in(const conv_part &part) {
    return ((part.w - 1) / TILE_W + 1) * ((part.h - 1) / TILE_H + 1);
}

/* Divides the layer into parts and splits. Depends only on the shape, as plan_tiles() does. */
static void plan(const gb_cpu *cpu, const gb_desc *d, conv_tiles *t) {
    gb_tiles_divide(cpu, d, t);
    int blocks = tiles_in(t->part[0]) * ((d->conv.cout - 1) / COLUMNS + 1) * t->parts;
    t->splits = gb_tiles_splits(t, blocks, MIN_BLOCKS, TILE_K, MIN_DEPTH);
}

static size_t shared_bytes(const gb_cpu *cpu, const gb_desc *d) {
    return 4 * (ALIGNMENT + (size_t)BUFFERS + (size_t)up_to(gb_conv_words(cpu, d), TILE_K)) + BARRIERS * sizeof(uint64_t);
}

static bool supports(const gb_cpu *cpu, const gb_desc *d) {
    const gb_cuda *gpu = gb_cuda_of(cpu);
    return gpu->encode_tensor_map && gpu->precision == GB_HALF && d->in[0].block > 1 && d->in[0].c >= LEAST_CHANNELS &&
           d->conv.cout >= LEAST_CHANNELS && shared_bytes(cpu, d) <= gpu->shared_per_block;
}

static bool pays(const gb_desc *d) {
    return d->in[0].h * d->in[0].w >= MIN_PIXELS;
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    conv_tiles t;
    plan(cpu, d, &t);
    return gb_tiles_workspace(cpu, d, &t);
}

static void launch(const gb_cpu *cpu, const gb_desc *d, const conv_tiles &t) {
    const gb_shape *in = &d->in[0];
    int channels = 2 * t.words, taps = d->conv.kernel * d->conv.kernel;
    int before = d->conv.kernel / 2, after = d->conv.up == 2 ? 0 : before;
    int patch_w = TILE_W + before + after, patch_h = TILE_H + before + after;
    gb_half_tensor pixels = {t.x, 4, {channels, in->w, in->h, in->n}, {GB_BOX_HALVES, patch_w, patch_h, 1}};
    gb_half_tensor weights = {t.weights, 3, {channels, t.rows, taps}, {GB_BOX_HALVES, COLUMNS, 1}};
    wgmma_layer layer;
    if (!gb_launch_stream(cpu->stream))
        return;
    gb_check(cpu->stream, gb_tensor_map(gb_cuda_of(cpu), pixels, &layer.pixels), "describing a map to the GPU");
    gb_check(cpu->stream, gb_tensor_map(gb_cuda_of(cpu), weights, &layer.weights), "describing weights to the GPU");
    layer.t = t;
    layer.before = before;
    layer.patch_w = patch_w;
    layer.patch_bytes = 4 * patch_w * patch_h * TILE_K;
    size_t shared = shared_bytes(cpu, d);
    gb_check(cpu->stream,
             cudaFuncSetAttribute(convolve_wgmma, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared),
             "reserving shared memory for a convolution");
    dim3 grid((unsigned)tiles_in(t.part[0]), (unsigned)((gb_conv_columns(d) - 1) / COLUMNS + 1),
              (unsigned)(t.parts * t.splits * in->n));
    gb_launch(cpu, convolve_wgmma, grid, THREADS, shared, layer);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    conv_tiles t;
    plan(cpu, d, &t);
    gb_tiles_run(cpu, d, args, &t, launch);
}

const gb_op_row gb_conv2d_wgmma_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "wgmma", .isa = "cuda", .rank = GB_CUDA_WGMMA, .fuses = true,
    .supports = supports, .pays = pays, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = workspace,
    .run = run, .prepare = gb_modulation_prepare, .prepared_size = gb_modulation_prepared_size,
};
