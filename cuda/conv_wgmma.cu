/* The convolution as a tiled matrix product on compute capability 9.0a, in half precision and for 128 channels and more. Rows
 * are output pixels of one sample, 16 × 8 or a rectangle that fits the map better; columns are 128 output channels; the depth is
 * input channels, 64 at a time, × taps. One thread loads boxes (TMA): for 64 channels the pixels of all taps at once, a patch with
 * the border that they need, zeros where that is outside the map; and for each tap the weights. Two groups of four warps multiply
 * 64 rows each (wgmma), with pixels from registers and weights from shared memory. Patches and weights have rings of buffers, each
 * buffer with a barrier that tells that its bytes have arrived, and one that tells that all warps have read them.
 *
 * Pixels in registers serve two ends. The rows of a tap are any rows of the patch, which a descriptor could not tell. And
 * styles multiply them there, on their way from shared memory, and round as in conv_tiles.cuh: so the weights stay as they were
 * packed, once for all samples. Styled weights would be written and read again for each sample, 4.7 MB for 512 to 512 channels,
 * and a batch would need room for all.
 *
 * Two blocks share a multiprocessor: while one begins or writes its tile, the other multiplies. With 16 warps that leaves 128
 * registers a thread. So the thread that loads is one of those that multiply; with a warp of its own for each block there would
 * be 96, and sums would be spilled.
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
constexpr int ROWS = 128, COLUMNS = 128, TILE_K = GB_BOX_HALVES / 2, WEIGHTS = COLUMNS * TILE_K;
constexpr int ALIGNMENT = 256;          /* of buffers, for the swizzle */
constexpr int STAGES = 3;               /* buffers for weights: loads are STAGES − 1 taps ahead */
constexpr int MAX_PATCHES = STAGES;     /* buffers for patches, if some part has only one tap; else 2 */
constexpr int BARRIERS = 2 * (MAX_PATCHES + STAGES);
constexpr int WARPS = ROWS / 16, THREADS = 32 * WARPS;

struct wgmma_layer {
    CUtensorMap pixels, weights;        /* [n][h][w][channel], [tap][output channel][channel] */
    conv_tiles t;
    int tile_w, tile_h;                 /* pixels of a tile: at most ROWS */
    int before;                         /* the border of a patch above and left of the tile */
    int patch_w, patch_bytes;
    int patches, patch_step;            /* the number of buffers, and words from one to the next */
};

#if GB_HAS_WGMMA

/* A place in a ring of buffers. */
struct ring {
    uint32_t *buffers;
    uint64_t *full, *empty;             /* barriers */
    int step, size;                     /* words of a buffer, number of buffers */
    int at;
    uint32_t parity;                    /* of the phase of `full` in which this turn's bytes arrive */
    __device__ __forceinline__ void next(void) {
        at++;
        if (at == size) {
            at = 0;
            parity ^= 1;
        }
    }
    __device__ __forceinline__ uint32_t *buffer(void) const { return buffers + at * step; }
    __device__ __forceinline__ void wait_for_bytes(void) const { barrier_wait(full + at, parity); }
    /* Of a warp that has read the buffer. */
    __device__ __forceinline__ void release(void) const {
        if (threadIdx.x % 32 == 0)
            barrier_arrive(empty + at);
        __syncwarp();           /* what follows is for whole warps */
    }
    /* Waits until the buffer may be filled, and announces what will arrive. Returns the barrier that counts it. */
    __device__ __forceinline__ uint64_t *claim(int bytes) const {
        barrier_wait(empty + at, parity ^ 1);
        barrier_arrive_expecting(full + at, bytes);
        return full + at;
    }
};

/* What the thread that loads does next: chunks of 64 channels, of which each has all taps of the part. */
struct loader {
    int chunk, tap;
    ring patches, weights;
};

__device__ __forceinline__ void load_step(const wgmma_layer &layer, const conv_part &part, loader &next, int end_chunk, int x,
                                          int y, int n, int first_channel) {
    int channel = next.chunk * GB_BOX_HALVES;
    if (next.chunk >= end_chunk)
        return;
    if (next.tap == 0) {
        uint64_t *full = next.patches.claim(layer.patch_bytes);
        load_box(next.patches.buffer(), &layer.pixels, full, channel, x - layer.before, y - layer.before, n);
        next.patches.next();
    }
    uint64_t *full = next.weights.claim(4 * WEIGHTS);
    load_box(next.weights.buffer(), &layer.weights, full, channel, first_channel,
             part.tap[next.tap].weights / (layer.t.rows * layer.t.words));
    next.weights.next();
    next.tap++;
    if (next.tap == part.taps) {
        next.tap = 0;
        next.chunk++;
    }
}

/* The pixels of 16 rows of a patch, as for load_swizzled_rows(), times their styles: four parts of 16 channels. */
__device__ __forceinline__ void read_pixels(const uint32_t *patch, int row, const uint32_t *styles, uint32_t (&to)[4][4]) {
    int q = threadIdx.x % 4;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        const uint2 style = *(const uint2 *)(styles + k / 2 * 16 + 4 * q + k % 2 * 2);
        load_swizzled_rows(patch, row, 2 * k, to[k]);
#pragma unroll
        for (int r = 0; r < 4; r++)
            to[k][r] = styled<GB_HALF>(to[k][r], r / 2 ? style.y : style.x);
    }
}

/* The sums of a tile go through shared memory, so that neighbouring threads write neighbouring channels. */
constexpr int SUMS = COLUMNS + 4;       /* the stride of rows */
static_assert(ROWS * SUMS <= 2 * ROWS * TILE_K + STAGES * WEIGHTS, "sums fit where pixels and weights were");

__device__ __forceinline__ void write_tile(const wgmma_layer &layer, const conv_part &part, const float *sums, int n,
                                           int split, int x, int y, int first_channel) {
    const conv_tiles &t = layer.t;
    int width = t.step == 1 ? part.w : t.out.w;
    int runs = min(COLUMNS, t.out.c_padded - first_channel) / 8;
#pragma unroll 1
    for (int i = threadIdx.x; i < layer.tile_w * layer.tile_h * runs; i += THREADS) {
        int m = i / runs, o = i % runs * 8, my = y + m / layer.tile_w, mx = x + m % layer.tile_w;
        if (my < part.h && mx < part.w)
            write_result8(t, sums + m * SUMS + o, n, split, first_channel + o,
                          (my * t.step + part.y0) * width + mx * t.step + part.x0);
    }
}

#endif

__global__ void __launch_bounds__(THREADS, 2) convolve_wgmma(const __grid_constant__ wgmma_layer layer) {
#if GB_HAS_WGMMA
    GB_SHARED(memory);
    const conv_tiles &t = layer.t;
    int z = (int)blockIdx.z, split = z % t.splits, n = z / t.splits / t.parts, first_channel = (int)blockIdx.y * COLUMNS;
    const conv_part &part = t.part[z / t.splits % t.parts];
    int across = (part.w + layer.tile_w - 1) / layer.tile_w;
    int x = (int)blockIdx.x % across * layer.tile_w, y = (int)blockIdx.x / across * layer.tile_h;
    if (y >= part.h)
        return;
    int chunks = (t.words + TILE_K - 1) / TILE_K, share = (chunks + t.splits - 1) / t.splits;
    int first_chunk = split * share, end_chunk = min(first_chunk + share, chunks);
    uint32_t *buffers = memory + (0u - shared_address(memory)) % (4 * ALIGNMENT) / 4;
    uint32_t *of_weights = buffers + layer.patches * layer.patch_step, *styles = of_weights + STAGES * WEIGHTS;
    uint64_t *barriers = (uint64_t *)(styles + chunks * TILE_K);
    ring patches = {buffers, barriers, barriers + MAX_PATCHES, layer.patch_step, layer.patches, 0, 0};
    barriers += 2 * MAX_PATCHES;
    ring weights = {of_weights, barriers, barriers + STAGES, WEIGHTS, STAGES, 0, 0};
    loader next = {first_chunk, 0, patches, weights};
    if (threadIdx.x == 0) {
        for (int i = 0; i < MAX_PATCHES; i++) {
            barrier_init(patches.full + i, 1);
            barrier_init(patches.empty + i, WARPS);
        }
        for (int i = 0; i < STAGES; i++) {
            barrier_init(weights.full + i, 1);
            barrier_init(weights.empty + i, WARPS);
        }
        barrier_init_fence();
        for (int i = 0; i < STAGES - 1; i++)
            load_step(layer, part, next, end_chunk, x, y, n, first_channel);
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
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, m = warp * 16 + lane % 16;
    if (m >= layer.tile_w * layer.tile_h)
        m = 0;                  /* these sums are not written */
    int pixel = (m / layer.tile_w + layer.before) * layer.patch_w + m % layer.tile_w + layer.before;
    for (int chunk = first_chunk; chunk < end_chunk; chunk++, patches.next()) {
        patches.wait_for_bytes();
#pragma unroll 1
        for (int tap = 0; tap < part.taps; tap++, weights.next()) {
            const conv_tap &moved = part.tap[tap];
            int row = pixel + moved.dy * layer.patch_w + moved.dx;
            uint64_t b = tile_descriptor(weights.buffer());
            uint32_t a[4][4];
            read_pixels(patches.buffer(), row, styles + chunk * TILE_K, a);
            weights.wait_for_bytes();
            wgmma_fence();
#pragma unroll
            for (int k = 0; k < 4; k++)
                wgmma_tile(sum, a[k], b + k * NEXT_16_HALVES);
            wgmma_commit();
            /* To where the last tap's weights were. The warps that still read them do not wait for this one. */
            if (threadIdx.x == 0)
                load_step(layer, part, next, end_chunk, x, y, n, first_channel);
            __syncwarp();
            wgmma_wait<0>();
            weights.release();
        }
        patches.release();
    }
    pin_sums(sum);
    __syncthreads();            /* all buffers have been read */
    float *sums = (float *)buffers;
    int row = warp * 16 + lane / 4;
#pragma unroll
    for (int j = 0; j < COLUMNS / 8; j++)
#pragma unroll
        for (int r = 0; r < 4; r++)
            sums[(row + r / 2 * 8) * SUMS + j * 8 + lane % 4 * 2 + r % 2] = sum[j][r];
    __syncthreads();
    write_tile(layer, part, sums, n, split, x, y, first_channel);
#else
    __trap();                   /* the row is not offered on other GPUs */
#endif
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ the row */

static int tiles_in(const conv_part &part, int w, int h) {
    return ((part.w - 1) / w + 1) * ((part.h - 1) / h + 1);
}

/* The steps of all tiles of this size, for the same number of channels. */
static int cost_of(const conv_tiles &t, int w, int h) {
    int cost = 0;
    for (int i = 0; i < t.parts; i++)
        cost += tiles_in(t.part[i], w, h) * t.part[i].taps;
    return cost;
}

/* The tiles and patches of a layer: 16×8 pixels, or a size that needs fewer steps, because parts of a transposed convolution have
 * one row and one column more than the map. Two blocks have room for patches of MAX_PATCH pixels, or MAX_SMALL_PATCH if there are
 * MAX_PATCHES of them. */
static void size_tiles(const gb_desc *d, wgmma_layer *layer, int *patch_h) {
    constexpr int W = 16, H = 8, MIN_W = 8, MAX_W = 24, MAX_PATCH = 180, MAX_SMALL_PATCH = 160;
    int before = d->conv.kernel / 2, border = d->conv.up == 2 ? before : 2 * before;
    layer->before = before;
    layer->patches = d->conv.kernel == 1 || d->conv.up == 2 ? MAX_PATCHES : 2;
    layer->tile_w = W;
    layer->tile_h = H;
    for (int w = MIN_W; w <= MAX_W; w++) {
        int h = ROWS / w;
        if ((w + border) * (h + border) <= (layer->patches > 2 ? MAX_SMALL_PATCH : MAX_PATCH) &&
            cost_of(layer->t, w, h) < cost_of(layer->t, layer->tile_w, layer->tile_h)) {
            layer->tile_w = w;
            layer->tile_h = h;
        }
    }
    layer->patch_w = layer->tile_w + border;
    *patch_h = layer->tile_h + border;
    layer->patch_bytes = 4 * layer->patch_w * *patch_h * TILE_K;
    layer->patch_step = up_to(layer->patch_bytes / 4, ALIGNMENT);
}

static size_t shared_bytes(const wgmma_layer &layer, int words) {
    return 4 * (size_t)(ALIGNMENT + layer.patches * layer.patch_step + STAGES * WEIGHTS + up_to(words, TILE_K)) +
           BARRIERS * sizeof(uint64_t);
}

/* Divides the layer into parts and splits. Depends only on the shape, as plan_tiles() does. */
static void plan(const gb_cpu *cpu, const gb_desc *d, wgmma_layer *layer, int *patch_h) {
    gb_tiles_divide(cpu, d, &layer->t);
    size_tiles(d, layer, patch_h);
    int tiles = tiles_in(layer->t.part[0], layer->tile_w, layer->tile_h);
    int blocks = tiles * ((d->conv.cout - 1) / COLUMNS + 1) * layer->t.parts;
    layer->t.splits = gb_tiles_splits(&layer->t, blocks, MIN_BLOCKS, TILE_K, MIN_DEPTH);
}

static bool supports(const gb_cpu *cpu, const gb_desc *d) {
    const gb_cuda *gpu = gb_cuda_of(cpu);
    wgmma_layer layer;
    int patch_h;
    if (!gpu->encode_tensor_map || gpu->precision != GB_HALF || d->in[0].block <= 1 || d->in[0].c < LEAST_CHANNELS ||
        d->conv.cout < LEAST_CHANNELS)
        return false;
    plan(cpu, d, &layer, &patch_h);
    return shared_bytes(layer, layer.t.words) <= gpu->shared_per_block;
}

static bool pays(const gb_desc *d) {
    return d->in[0].h * d->in[0].w >= MIN_PIXELS;
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    wgmma_layer layer;
    int patch_h;
    plan(cpu, d, &layer, &patch_h);
    return gb_tiles_workspace(cpu, d, &layer.t);
}

static void launch(const gb_cpu *cpu, const gb_desc *d, const conv_tiles &t) {
    const gb_shape *in = &d->in[0];
    int channels = 2 * t.words, taps = d->conv.kernel * d->conv.kernel, patch_h;
    wgmma_layer layer;
    if (!gb_launch_stream(cpu->stream))
        return;
    layer.t = t;
    size_tiles(d, &layer, &patch_h);
    gb_half_tensor pixels = {t.x, 4, {channels, in->w, in->h, in->n}, {GB_BOX_HALVES, layer.patch_w, patch_h, 1}};
    gb_half_tensor weights = {t.weights, 3, {channels, t.rows, taps}, {GB_BOX_HALVES, COLUMNS, 1}};
    gb_check(cpu->stream, gb_tensor_map(gb_cuda_of(cpu), pixels, &layer.pixels), "describing a map to the GPU");
    gb_check(cpu->stream, gb_tensor_map(gb_cuda_of(cpu), weights, &layer.weights), "describing weights to the GPU");
    size_t shared = shared_bytes(layer, t.words);
    gb_check(cpu->stream,
             cudaFuncSetAttribute(convolve_wgmma, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared),
             "reserving shared memory for a convolution");
    dim3 grid((unsigned)tiles_in(t.part[0], layer.tile_w, layer.tile_h),
              (unsigned)((gb_conv_columns(d) - 1) / COLUMNS + 1), (unsigned)(t.parts * t.splits * in->n));
    gb_launch(cpu, convolve_wgmma, grid, THREADS, shared, layer);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    wgmma_layer layer;
    int patch_h;
    plan(cpu, d, &layer, &patch_h);
    gb_tiles_run(cpu, d, args, &layer.t, launch);
}

const gb_op_row gb_conv2d_wgmma_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "wgmma", .isa = "cuda", .rank = GB_CUDA_WGMMA, .fuses = true,
    .supports = supports, .pays = pays, .packed_size = gb_conv_packed_size, .pack = gb_conv_pack, .workspace = workspace,
    .run = run, .prepare = gb_modulation_prepare, .prepared_size = gb_modulation_prepared_size,
};
