/* The convolution as a tiled matrix product of M × N × K: M output pixels of one sample, N output channels, and K, the depth,
 * taps × input channels, in steps of TILE_K words (a word is two halves or a float). The scheduler says which tile and which
 * steps a block computes; the copy iterator brings pixels and weights to shared memory STAGES − 1 steps ahead, with
 * asynchronous copies, and zeros for pixels outside the map; the main loop multiplies; the epilogue writes. Styles multiply
 * the pixels in registers, so the weights are the same for all samples. Four warps compute a tile of 32·MT × 16·NT with
 * TILE_K = 16, or eight warps 128 × 128 with TILE_K = 32.
 *
 * For H×W pixels, C to K channels, in half: 2·9·H·W·C·K FLOP, from memory 2·H·W·C bytes, to memory 2·H·W·K, and through the
 * second-level cache 2·9·H·W·C·K·(1/TILE_M + 1/TILE_N) bytes. At 128×128, 256 to 256 channels: 19 GFLOP, 17 MB,
 * and 302 MB with tiles of 128×128 (453 MB with 128×64); the floor of an H100 is 0.03 ms, by its tensor cores.
 *
 * A transposed convolution is four ordinary ones, for the even and odd rows and columns of the result, with 4, 2, 2 and
 * 1 of the nine taps. If a layer has too few tiles to fill a GPU, the depth is split among blocks and their sums are
 * added in a fixed order. The tiling depends only on the shape of the layer. */
#ifndef GB_CUDA_CONV_TILES_CUH
#define GB_CUDA_CONV_TILES_CUH

#include "cuda/conv_weights.cuh"
#include "cuda/ptx.cuh"

/* The shape of a block's tile. */
template <gb_precision P, int MT_, int NT_, int WARPS, int TILE_K_, int STAGES_> struct tile_shape {
    static constexpr int MT = MT_, NT = NT_, THREADS = 32 * WARPS, TILE_K = TILE_K_, STAGES = STAGES_;
    static constexpr int TILE_M = 32 * MT, TILE_N = WARPS / 2 * 8 * NT;
    /* The stride of rows in words. Quarters of 16 bytes that are read together, those of eight rows, are in different banks:
     * because of the stride, or because quarter k of row r is stored as quarter k ^ r % 8. */
    static constexpr bool SWIZZLED = TILE_K == 32;
    static constexpr int STRIDE = SWIZZLED ? TILE_K : TILE_K + 4, STAGE = (TILE_M + TILE_N) * STRIDE;
    static constexpr int COPY_ROWS = 4 * THREADS / TILE_K;      /* that all threads together copy at once */
    static_assert(COPY_ROWS == 32, "each thread copies a quarter of MT pixels in each step");
};

/* The offset of the pixels that a tap multiplies, and in words: that offset in the map, and the place of its weights. */
struct conv_tap { signed char dy, dx; int pixels, weights; };

/* One of the convolutions that make up the result: its pixels (step·y + y0, step·x + x0). */
struct conv_part {
    int h, w, y0, x0, taps;
    conv_tap tap[9];
};

struct conv_tiles {
    const uint32_t *x;          /* the map, as words */
    int words;                  /* of a pixel */
    int h, w;
    const uint32_t *weights;    /* [tap][rows][words] */
    int rows;
    conv_part part[4];
    int parts, step, splits;
    gb_modulation m;
    gb_view out;                /* the result of the parts: the output, or the map before the FIR */
    const gb_cuda_epilogue *epilogue;    /* NULL before the FIR */
    float *partial;             /* [n][split][pixel][c_padded] sums if the depth is split, else NULL */
};

/* ------------------------------------------------------------------------------------------------ the scheduler */

/* The work of a block: a tile of one part of one sample, and the steps k_begin to k_end − 1 of its depth. */
template <class S> struct scheduled_tile {
    const conv_part &part;
    int n, split;
    int first_pixel, first_channel;
    int k_steps;                /* of a tap */
    int k_begin, k_end;
};

/* The grid: tiles along the pixels, tiles along the channels, and samples × parts × splits. Parts have different numbers of
 * pixels, so a block may have none. */
template <class S> __device__ __forceinline__ scheduled_tile<S> schedule(const conv_tiles &t) {
    int z = (int)blockIdx.z, split = z % t.splits;
    const conv_part &part = t.part[z / t.splits % t.parts];
    int k_steps = (t.words + S::TILE_K - 1) / S::TILE_K, steps = part.taps * k_steps;
    int share = (steps + t.splits - 1) / t.splits, k_begin = split * share;
    return {part,    z / t.splits / t.parts, split, (int)blockIdx.x * S::TILE_M, (int)blockIdx.y * S::TILE_N,
            k_steps, k_begin,                min(k_begin + share, steps)};
}

/* ------------------------------------------------------------------------------------------------ the copy iterator */

/* Of a thread. Each step copies a quarter, 16 bytes, of rows COPY_ROWS apart: MT of pixels, and up to TILE_N / COPY_ROWS of
 * weights. */
template <class S> struct copy_iterator {
    const uint32_t *x;          /* the sample's map */
    int pixel[S::MT];           /* words from there, without the offset of a tap */
    unsigned inside[S::MT];     /* bit k: with tap k the pixel is inside the map */
    int weights;                /* words to the first row of tap 0 */
    int tap, word;              /* of the next step; word: within a pixel */
};

/* The iterator at the first step of the tile. */
template <class S>
__device__ __forceinline__ copy_iterator<S> copy_iterator_of(const conv_tiles &t, const scheduled_tile<S> &tile) {
    constexpr int QUARTERS = S::TILE_K / 4;
    const conv_part &part = tile.part;
    copy_iterator<S> at;
    int row = (int)threadIdx.x / QUARTERS, quarter = (int)threadIdx.x % QUARTERS * 4;
#pragma unroll
    for (int i = 0; i < S::MT; i++) {
        int pixel = tile.first_pixel + row + i * S::COPY_ROWS, y = pixel / part.w, x = pixel - y * part.w;
        at.inside[i] = 0;
        for (int k = 0; k < part.taps; k++) {
            int ty = y + part.tap[k].dy, tx = x + part.tap[k].dx;
            bool inside = ty >= 0 && ty < t.h && tx >= 0 && tx < t.w && y < part.h;
            at.inside[i] |= (unsigned)inside << k;
        }
        at.pixel[i] = (y * t.w + x) * t.words + quarter;
    }
    at.x = t.x + (long long)tile.n * t.h * t.w * t.words;
    at.weights = (tile.first_channel + row) * t.words + quarter;
    at.tap = tile.k_begin / tile.k_steps;
    at.word = tile.k_begin % tile.k_steps * S::TILE_K;
    return at;
}

/* Copies the pixels and weights of the next step, and moves on. */
template <class S>
__device__ __forceinline__ void copy_step(const conv_tiles &t, const conv_part &part, copy_iterator<S> &at,
                                          uint32_t *stage) {
    constexpr int QUARTERS = S::TILE_K / 4;
    const conv_tap &tap = part.tap[at.tap];
    int row = (int)threadIdx.x / QUARTERS, quarter = (int)threadIdx.x % QUARTERS;
    int bytes = at.word + quarter * 4 < t.words ? 16 : 0;
    uint32_t *to = stage + row * S::STRIDE + (S::SWIZZLED ? quarter ^ row % 8 : quarter) * 4;
#pragma unroll
    for (int i = 0; i < S::MT; i++)
        copy_async16(to + i * S::COPY_ROWS * S::STRIDE, at.x + (at.pixel[i] + tap.pixels + at.word),
                     at.inside[i] >> at.tap & 1 ? bytes : 0);
    to += S::TILE_M * S::STRIDE;
    int weights = at.weights + tap.weights + at.word;
    if (S::TILE_N >= S::COPY_ROWS || row < S::TILE_N)
#pragma unroll
        for (int i = 0; i < (S::TILE_N + S::COPY_ROWS - 1) / S::COPY_ROWS; i++)
            copy_async16(to + i * S::COPY_ROWS * S::STRIDE, t.weights + (weights + i * S::COPY_ROWS * t.words), bytes);
    at.word += S::TILE_K;
    if (at.word >= t.words) {
        at.word = 0;
        at.tap++;
    }
}

/* ------------------------------------------------------------------------------------------------ the main loop */

/* Styles are stored so that the four words of a lane, q, q + 4, q + 8 and q + 12 of 16, are side by side. */
template <gb_precision P> __device__ __forceinline__ int place_of_style(int word) {
    return P == GB_FP32 ? word : word / 16 * 16 + word % 4 * 4 + word % 16 / 4;
}

/* The styles of the sample, for all steps of a tap: 1 without styles, 0 for padding. */
template <gb_precision P, class S>
__device__ __forceinline__ void load_styles(const conv_tiles &t, const scheduled_tile<S> &tile, uint32_t *styles) {
    constexpr uint32_t ONE = P == GB_HALF ? 0x3c003c00 : 0x3f800000;    /* as two halves, or as a float */
    const uint32_t *given = t.m.styles ? (const uint32_t *)t.m.styles + (long long)tile.n * t.words : NULL;
    for (int i = threadIdx.x; i < tile.k_steps * S::TILE_K; i += S::THREADS)
        styles[place_of_style<P>(i)] = !given ? ONE : i < t.words ? given[i] : 0;
}

/* Eight words from word k on of 16 rows. */
template <class S> __device__ __forceinline__ void load_rows(const uint32_t *tile, int k, uint32_t (&to)[4]) {
    if constexpr (S::SWIZZLED)
        load_swizzled_tile(tile, k / 4, to);
    else
        load_tile<S::STRIDE>(tile + k, to);
}

/* sum += pixels · weights for one step, in this warp's MT·16 × NT·8 part of the tile. Fragments are laid out as in PTX:
 * lane 4g + q has rows g and g + 8 at words q and q + 4. */
template <gb_precision P, class S>
__device__ __forceinline__ void multiply(const uint32_t *pixels, const uint32_t *weights, const uint32_t *styles,
                                         float (&sum)[S::MT][S::NT][4]) {
    constexpr int MT = S::MT, NT = S::NT;
    int lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
#pragma unroll
    for (int k = 0; k < S::TILE_K; k += 8) {
        const uint2 style = *(const uint2 *)(styles + k / 16 * 16 + 4 * q + k % 16 / 4);
        const uint32_t of_lane[2] = {style.x, style.y};
        uint32_t a[MT][4], b[NT][2];
#pragma unroll
        for (int i = 0; i < MT; i++) {
            load_rows<S>(pixels + i * 16 * S::STRIDE, k, a[i]);
#pragma unroll
            for (int r = 0; r < 4; r++)
                a[i][r] = styled<P>(a[i][r], of_lane[r / 2]);
        }
        if constexpr (NT % 2 == 0) {
#pragma unroll
            for (int j = 0; j < NT; j += 2) {
                uint32_t two[4];
                load_rows<S>(weights + j * 8 * S::STRIDE, k, two);
                b[j][0] = two[0], b[j + 1][0] = two[1], b[j][1] = two[2], b[j + 1][1] = two[3];
            }
        } else {
            static_assert(NT == 1, "tiles have one or an even number of parts of 8 channels for each warp");
            b[0][0] = weights[g * S::STRIDE + k + q];
            b[0][1] = weights[g * S::STRIDE + k + q + 4];
        }
        mma_tile<P == GB_HALF, MT, NT>(sum, a, b);
    }
}

/* The same in float32, where lane 4g + q computes rows g and g + 8 and columns 2q and 2q + 1. */
template <class S>
__device__ __forceinline__ void multiply_floats(const uint32_t *pixels, const uint32_t *weights,
                                                const uint32_t *styles, float (&sum)[S::MT][S::NT][4]) {
    constexpr int MT = S::MT, NT = S::NT;
    int lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
#pragma unroll 1
    for (int k = 0; k < S::TILE_K; k += 4) {
        float s[4], b[NT][2][4];
        load_floats(styles + k, s);
#pragma unroll
        for (int j = 0; j < 2 * NT; j++)
            load_floats(weights + (j / 2 * 8 + 2 * q + j % 2) * S::STRIDE + k, b[j / 2][j % 2]);
#pragma unroll
        for (int i = 0; i < 2 * MT; i++) {
            float a[4];
            load_floats(pixels + (i / 2 * 16 + g + i % 2 * 8) * S::STRIDE + k, a);
#pragma unroll
            for (int w = 0; w < 4; w++)
#pragma unroll
                for (int j = 0; j < 2 * NT; j++) {
                    float *to = &sum[i / 2][j / 2][i % 2 * 2 + j % 2];
                    *to = fmaf(a[w] * s[w], b[j / 2][j % 2][w], *to);
                }
        }
    }
}

/* Where this warp's part of the tile begins. */
template <class S> __device__ __forceinline__ int row_of_warp(void) {
    return (int)threadIdx.x / 32 % 2 * S::MT * 16;
}

template <class S> __device__ __forceinline__ int column_of_warp(void) {
    return (int)threadIdx.x / 32 / 2 * S::NT * 8;
}

/* sum = pixels · weights over the steps of the tile. `memory` has room for STAGES stages, and then for the styles. No thread
 * reads it any more when this returns. */
template <gb_precision P, class S>
__device__ __forceinline__ void main_loop(const conv_tiles &t, const scheduled_tile<S> &tile, uint32_t *memory,
                                          float (&sum)[S::MT][S::NT][4]) {
    uint32_t *styles = memory + S::STAGES * S::STAGE, *last_stage = styles - S::STAGE;
    uint32_t *filled = memory, *stage = memory;         /* what the next step copies to, and what this one reads */
    copy_iterator<S> copies = copy_iterator_of<S>(t, tile);
    const uint32_t *step_styles = styles + copies.word, *last_styles = styles + (tile.k_steps - 1) * S::TILE_K;
    int row = row_of_warp<S>(), column = S::TILE_M + column_of_warp<S>();
    clear(sum);
    load_styles<P, S>(t, tile, styles);
    auto copy = [&](int step) {
        if (step < tile.k_end)
            copy_step<S>(t, tile.part, copies, filled);
        copy_commit();
        filled = filled == last_stage ? memory : filled + S::STAGE;
    };
#pragma unroll
    for (int i = 0; i < S::STAGES - 1; i++)
        copy(tile.k_begin + i);
#pragma unroll 1
    for (int step = tile.k_begin; step < tile.k_end; step++) {
        copy_wait<S::STAGES - 2>();
        __syncthreads();        /* this step has arrived, and no thread reads the one before it any more */
        copy(step + S::STAGES - 1);
        if constexpr (P == GB_FP32)
            multiply_floats<S>(stage + row * S::STRIDE, stage + column * S::STRIDE, step_styles, sum);
        else
            multiply<P, S>(stage + row * S::STRIDE, stage + column * S::STRIDE, step_styles, sum);
        stage = stage == last_stage ? memory : stage + S::STAGE;
        step_styles = step_styles == last_styles ? styles : step_styles + S::TILE_K;
    }
    copy_wait<0>();
    __syncthreads();
}

/* ------------------------------------------------------------------------------------------------ the epilogue */

/* Results are written one by one to planar outputs, and eight channels at a time to channels-last maps. */
__device__ __forceinline__ float *partial_at(const conv_tiles &t, int n, int split, int o, int pixel) {
    return t.partial + (((long long)n * t.splits + split) * t.out.pixels + pixel) * t.out.c_padded + o;
}

__device__ __forceinline__ void scale_and_write8(const conv_tiles &t, float (&v)[8], int n, int o, int pixel) {
    const float *scale = t.m.scale + n * t.m.scale_step + o;
#pragma unroll
    for (int k = 0; k < 8; k++)
        v[k] = o + k < t.out.c ? v[k] * scale[k] : 0.0f;
    if (t.epilogue)
        gb_write8(t.out, t.epilogue, v, n, o, pixel);
    else
        gb_store8(t.out, n, o, pixel, v);
}

__device__ __forceinline__ void write_result8(const conv_tiles &t, const float *sums, int n, int split, int o,
                                              int pixel) {
    float4 a = ((const float4 *)sums)[0], b = ((const float4 *)sums)[1];
    if (t.partial) {
        float4 *to = (float4 *)partial_at(t, n, split, o, pixel);
        to[0] = a;
        to[1] = b;
        return;
    }
    float v[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
    scale_and_write8(t, v, n, o, pixel);
}

__device__ __forceinline__ void write_result(const conv_tiles &t, float v, int n, int split, int o, int pixel) {
    if (t.partial) {
        *partial_at(t, n, split, o, pixel) = v;
        return;
    }
    v = o < t.out.c ? v * t.m.scale[n * t.m.scale_step + o] : 0.0f;
    if (t.epilogue)
        gb_write(t.out, t.epilogue, v, n, o, pixel);
    else
        gb_store(t.out, n, o, pixel, v);
}

/* The host's side of rows with tiles. First fills in the words of a pixel and the parts, with one split. Then the number of
 * splits with which about `enough` blocks have steps of tile_k words, min_depth words each at least. */
void gb_tiles_divide(const gb_cpu *cpu, const gb_desc *d, conv_tiles *t);
int gb_tiles_splits(const conv_tiles *t, int blocks, int enough, int tile_k, int min_depth);
/* Bytes for scales and styles, the sums of the splits, and the map before the FIR. */
size_t gb_tiles_workspace(const gb_cpu *cpu, const gb_desc *d, const conv_tiles *t);
/* Fills in the rest of a divided layer and computes it; product() launches the product. */
void gb_tiles_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, conv_tiles *t,
                  void (*product)(const gb_cpu *cpu, const gb_desc *d, const conv_tiles &t));
/* Launches what adds the sums of the splits and applies what follows. */
void gb_add_splits(const gb_cpu *cpu, const conv_tiles &t, int samples);

/* Scales and writes the sums of a tile, or adds them to the partial sums. They go through shared memory, so that neighbouring
 * threads write neighbouring channels. */
template <class S>
__device__ __forceinline__ void epilogue(const conv_tiles &t, const scheduled_tile<S> &tile,
                                         const float (&sum)[S::MT][S::NT][4], float *sums) {
    constexpr int STRIDE = S::TILE_N + 4;
    static_assert(S::TILE_M * STRIDE <= S::STAGES * S::STAGE, "the sums of a tile fit where its pixels and weights were");
    const conv_part &part = tile.part;
    int lane = (int)threadIdx.x % 32, row = row_of_warp<S>(), column = column_of_warp<S>();
#pragma unroll
    for (int i = 0; i < S::MT; i++)
#pragma unroll
        for (int j = 0; j < S::NT; j++)
#pragma unroll
            for (int r = 0; r < 4; r++)
                sums[(row + i * 16 + lane / 4 + r / 2 * 8) * STRIDE + column + j * 8 + lane % 4 * 2 + r % 2] =
                    sum[i][j][r];
    __syncthreads();
    int width = t.step == 1 ? part.w : t.out.w;
    auto pixel_at = [&](int m) { return (m / part.w * t.step + part.y0) * width + m % part.w * t.step + part.x0; };
    int channels = min(S::TILE_N, t.out.c_padded - tile.first_channel);
    int rows = min(S::TILE_M, part.h * part.w - tile.first_pixel);
    if (t.out.c_step == 1) {
        int runs = channels / 8;
#pragma unroll 1
        for (int i = threadIdx.x; i < rows * runs; i += S::THREADS) {
            int m = i / runs, o = i % runs * 8;
            write_result8(t, sums + m * STRIDE + o, tile.n, tile.split, tile.first_channel + o,
                          pixel_at(tile.first_pixel + m));
        }
    } else {
#pragma unroll 1
        for (int i = threadIdx.x; i < rows * channels; i += S::THREADS) {
            int m = i % rows, o = i / rows;         /* neighbouring threads write neighbouring pixels */
            write_result(t, sums[m * STRIDE + o], tile.n, tile.split, tile.first_channel + o,
                         pixel_at(tile.first_pixel + m));
        }
    }
}

/* ------------------------------------------------------------------------------------------------ the kernel */

/* The second number of the bounds is that of blocks for which there is shared memory anyway. Without it registers would be spilled,
 * to make room for more of them. */
template <gb_precision P, int MT, int NT, int WARPS, int TILE_K, int STAGES>
__global__ void __launch_bounds__(32 * WARPS, WARPS == 8 ? 1 : P == GB_FP32 ? 2 : MT * NT == 16 ? 4 : 5) convolve_tiles(conv_tiles t) {
    typedef tile_shape<P, MT, NT, WARPS, TILE_K, STAGES> S;
    GB_SHARED(memory);
    scheduled_tile<S> tile = schedule<S>(t);
    float sum[MT][NT][4];
    if (tile.first_pixel >= tile.part.h * tile.part.w)
        return;
    main_loop<P, S>(t, tile, memory, sum);
    epilogue<S>(t, tile, sum, (float *)memory);
}

#endif
