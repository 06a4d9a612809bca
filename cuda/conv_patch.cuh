/* The 3×3 convolution of maps of few channels. A block keeps the weights of 32 output channels in shared memory, with the
 * sample's styles multiplied into them, and computes one tile after another: it loads the tile's pixels with their
 * border once, and all taps read them there. If the layer upsamples, a tile is one of cells of 2×2 pixels of the
 * transposed convolution, which stay in shared memory too, and the FIR is applied to them. Bias, noise, activation and
 * the running sum follow in registers.
 *
 * The tensor products are those of conv_tiles.cuh: rows are the 16 pixels of a tile's row, columns are output channels,
 * the depth is taps × input channels. Rows of weights are permuted so that a lane's sums are eight neighbouring channels
 * of a pixel.
 *
 * For H×W pixels, C to K channels, in half: 2·9·H·W·C·K FLOP (5 to 31 % more for upsampling, where tiles overlap);
 * from memory 2·H·W·C bytes, and to memory 2·H·W·K, four times as many with upsampling. At 1024×1024, 32 to 32 channels:
 * 19 GFLOP, 134 MB; the floor of an H100 is 0.04 ms, by memory. */
#ifndef GB_CUDA_CONV_PATCH_CUH
#define GB_CUDA_CONV_PATCH_CUH

#include "cuda/conv_weights.cuh"
#include "cuda/fir.cuh"

enum {
    PATCH_COLUMNS = 32,         /* output channels of a block */
    PATCH_TILE_WIDTH = 16,      /* results in a row of a tile: pixels, or cells */
    PATCH_TAPS = 9
};

/* The shape of a block's work: UP = with upsampling; WORDS = words of an input pixel, rounded up. */
template <gb_precision P, bool UP, int WORDS_> struct patch_shape {
    static constexpr int WORDS = WORDS_, WARPS = WORDS <= 32 ? (UP && P == GB_HALF ? 8 : 4) : UP ? 4 : 8;
    static constexpr int MT = !UP && WORDS <= 32 ? 4 : 2;       /* rows of a warp */
    static constexpr int THREADS = 32 * WARPS, ROWS = WARPS * MT;
    static constexpr int RESIDENT = MT == 4 ? 3 : 256 / THREADS;    /* blocks of a multiprocessor for which there are registers */
    static constexpr int STRIDE = WORDS + 4;    /* of pixels and weights: eight in a row are in different banks */
    static constexpr int BORDER = UP ? 1 : 2, WIDTH = PATCH_TILE_WIDTH + BORDER, HEIGHT = ROWS + BORDER;
    static constexpr int OUT_H = UP ? 2 * ROWS - 4 : ROWS, OUT_W = UP ? 2 * PATCH_TILE_WIDTH - 4 : PATCH_TILE_WIDTH;
    /* The map before the FIR, in the type of maps. */
    static constexpr int MAP_WIDTH = 2 * PATCH_TILE_WIDTH, MAP_STRIDE = PATCH_COLUMNS / (P == GB_HALF ? 2 : 1) + 4;
    static constexpr int WEIGHT_WORDS = PATCH_TAPS * PATCH_COLUMNS * STRIDE, PIXEL_WORDS = HEIGHT * WIDTH * STRIDE;
    static constexpr int MAP_WORDS = UP ? 2 * ROWS * MAP_WIDTH * MAP_STRIDE : 0;

    static constexpr size_t bytes(int buffers) {
        return 4 * ((size_t)WEIGHT_WORDS + (size_t)buffers * PIXEL_WORDS + MAP_WORDS);
    }
};

struct conv_patch {
    const uint32_t *x;          /* the map, as words */
    int words;                  /* of a pixel */
    int h, w;
    const uint32_t *weights;    /* [tap][rows][words] */
    int rows;
    const float *fir;           /* as packed; NULL without upsampling */
    gb_modulation m;
    gb_view out;
    const gb_cuda_epilogue *epilogue;
    int across, tiles;          /* tiles in a row of tiles, and in a sample */
    int buffers;                /* 2: a tile is loaded while the one before it is computed */
};

/* ------------------------------------------------------------------------------------------------ pieces */

/* The scheduler: a block computes tiles blockIdx.x, + gridDim.x, … of its sample and channels. */
template <class S> struct patch_tile { int oy, ox; };           /* the first output pixel */

template <class S> __device__ __forceinline__ patch_tile<S> patch_tile_at(const conv_patch &t, int tile) {
    int row = tile / t.across;
    return {row * S::OUT_H, (tile - row * t.across) * S::OUT_W};
}

/* The copy iterator: begins the copies of a tile's pixels; zeros outside the map and beyond its words. */
template <bool UP, class S>
__device__ __forceinline__ void copy_pixels(const conv_patch &t, const uint32_t *x, int tile, uint32_t *to) {
    constexpr int QUARTERS = S::WORDS / 4, STEP = S::THREADS / QUARTERS;
    patch_tile<S> at = patch_tile_at<S>(t, tile);
    int y0 = UP ? at.oy / 2 - 2 : at.oy - 1, x0 = UP ? at.ox / 2 - 2 : at.ox - 1;
    int quarter = (int)threadIdx.x % QUARTERS * 4, bytes = quarter < t.words ? 16 : 0;
#pragma unroll 4
    for (int i = (int)threadIdx.x / QUARTERS; i < S::HEIGHT * S::WIDTH; i += STEP) {
        int row = i / S::WIDTH, py = y0 + row, px = x0 + i - row * S::WIDTH;
        bool inside = py >= 0 && py < t.h && px >= 0 && px < t.w;
        copy_async16(to + i * S::STRIDE + quarter, x + (inside && bytes ? (py * t.w + px) * t.words + quarter : 0),
                     inside ? bytes : 0);
    }
}

/* The row of a block's channel among the weights of a tap: lane 4g + q has columns 2q and 2q + 1 of four products, which
 * become channels 8q to 8q + 7. */
__device__ __forceinline__ int patch_row_of(int channel) {
    return channel / 2 % 4 * 8 + channel / 8 * 2 + channel % 2;
}

/* Loads the weights of the block's channels and multiplies them with the styles. */
template <gb_precision P, class S>
__device__ __forceinline__ void load_weights(const conv_patch &t, int n, int first_channel, uint32_t *to) {
    constexpr int QUARTERS = S::WORDS / 4, STEP = S::THREADS / QUARTERS;
    int quarter = (int)threadIdx.x % QUARTERS * 4;
    bool inside = quarter < t.words, has_styles = inside && t.m.styles != NULL;
    uint4 style = {0, 0, 0, 0};
    if (has_styles)
        style = *(const uint4 *)((const uint32_t *)t.m.styles + (long long)n * t.words + quarter);
#pragma unroll 6
    for (int i = (int)threadIdx.x / QUARTERS; i < PATCH_TAPS * PATCH_COLUMNS; i += STEP) {
        int tap = i / PATCH_COLUMNS, channel = i % PATCH_COLUMNS;
        uint4 w = {0, 0, 0, 0};
        if (inside)
            w = *(const uint4 *)(t.weights + ((tap * t.rows + first_channel + channel) * t.words + quarter));
        if (has_styles)
            w = uint4{styled<P>(w.x, style.x), styled<P>(w.y, style.y), styled<P>(w.z, style.z),
                      styled<P>(w.w, style.w)};
        *(uint4 *)(to + (tap * PATCH_COLUMNS + patch_row_of(channel)) * S::STRIDE + quarter) = w;
    }
}

/* The main loop over the depth of a tap: sum += pixels · weights for MT rows of 16 pixels × 32 channels. */
template <gb_precision P, class S>
__device__ __forceinline__ void multiply_tap(const uint32_t *pixels, const uint32_t *weights,
                                             float (&sum)[S::MT][4][4]) {
#pragma unroll
    for (int k = 0; k < S::WORDS; k += 8) {
        uint32_t a[S::MT][4], b[4][2];
#pragma unroll
        for (int j = 0; j < 4; j += 2) {
            uint32_t two[4];
            load_tile<S::STRIDE>(weights + j * 8 * S::STRIDE + k, two);
            b[j][0] = two[0], b[j + 1][0] = two[1], b[j][1] = two[2], b[j + 1][1] = two[3];
        }
#pragma unroll
        for (int i = 0; i < S::MT; i++) {
            load_tile<S::STRIDE>(pixels + i * S::WIDTH * S::STRIDE + k, a[i]);
            if (P == GB_TF32)
#pragma unroll
                for (int r = 0; r < 4; r++)
                    a[i][r] = to_tf32(__uint_as_float(a[i][r]));
        }
        mma_tile<P == GB_HALF, S::MT, 4>(sum, a, b);
    }
}

/* The factors of this lane's eight channels. */
__device__ __forceinline__ void load_scale(const conv_patch &t, int n, int first_channel, float (&scale)[8]) {
    const float *from = t.m.scale + n * t.m.scale_step;
#pragma unroll
    for (int k = 0; k < 8; k++) {
        int c = first_channel + (int)threadIdx.x % 4 * 8 + k;
        scale[k] = c < t.out.c ? from[c] : 0.0f;
    }
}

/* The eight channels of this lane at pixel g + 8r of a row of the tile. r is not known to the compiler, so that there is
 * one copy of what follows for both. */
__device__ __forceinline__ void channels_of(const float (&sum)[4][4], int r, const float (&scale)[8], float (&v)[8]) {
#pragma unroll
    for (int k = 0; k < 8; k++)
        v[k] = (r ? sum[k / 2][2 + k % 2] : sum[k / 2][k % 2]) * scale[k];
}

/* The four parities of row and column of the transposed convolution, into the tile's map: t[2i + k] += W[k] x[i], so that
 * even rows have taps 0 and 2, of x[i] and x[i − 1], and odd ones tap 1. */
template <gb_precision P, class S>
__device__ __forceinline__ void transposed_convolution(const uint32_t *pixels, const uint32_t *weights,
                                                       const float (&scale)[8], uint32_t *map) {
    int lane = (int)threadIdx.x % 32, g = lane / 4, q = lane % 4, first_row = (int)threadIdx.x / 32 * S::MT;
#pragma unroll 1
    for (int parity = 0; parity < 4; parity++) {
        int py = parity / 2, px = parity % 2;
        float sum[S::MT][4][4];
        clear(sum);
#pragma unroll 1
        for (int ky = py; ky < 3; ky += 2)
#pragma unroll 1
            for (int kx = px; kx < 3; kx += 2)
                multiply_tap<P, S>(pixels + ((first_row + (ky < 2)) * S::WIDTH + (kx < 2)) * S::STRIDE,
                                   weights + (ky * 3 + kx) * PATCH_COLUMNS * S::STRIDE, sum);
#pragma unroll
        for (int i = 0; i < S::MT; i++)
#pragma unroll
            for (int r = 0; r < 2; r++) {
                float v[8];
                channels_of(sum[i], r, scale, v);
                int y = 2 * (first_row + i) + py, x = 2 * (g + 8 * r) + px;
                gb_store_eight(P == GB_HALF, map + (y * S::MAP_WIDTH + x) * S::MAP_STRIDE +
                               8 * q / (P == GB_HALF ? 2 : 1), v);
            }
    }
}

/* The FIR and the epilogue. Output row oy + r takes rows r + 1 to r + 4 of the map, and so do columns. */
template <gb_precision P, class S>
__device__ __forceinline__ void smooth_tile(const conv_patch &t, const uint32_t *map, const patch_tile<S> &at, int n,
                                            int first_channel) {
    constexpr int GROUPS = PATCH_COLUMNS / 8, PER_ROW = S::OUT_W * GROUPS;
    fir_taps taps = load_taps(t.fir);
#pragma unroll 1
    for (int i = (int)threadIdx.x; i < S::OUT_H / FIR_STRIP * PER_ROW; i += S::THREADS) {
        int strip = i / PER_ROW, x = i % PER_ROW / GROUPS, c = i % GROUPS * 8, y = strip * FIR_STRIP;
        if (at.ox + x >= t.out.w || at.oy + y >= t.out.h || first_channel + c >= t.out.c_padded)
            continue;
        float sum[FIR_STRIP][8] = {{0.0f}};
#pragma unroll
        for (int row = 0; row < FIR_ROWS; row++)
            add_fir_row(taps, row, [&](int kx, float (&v)[8]) {
                gb_load_eight(P == GB_HALF, map + ((y + 1 + row) * S::MAP_WIDTH + x + GB_FIR_TAPS - kx) * S::MAP_STRIDE +
                              c / (P == GB_HALF ? 2 : 1), v);
                return true;
            }, sum);
        int rows = min(FIR_STRIP, t.out.h - at.oy - y);
#pragma unroll 1
        for (int j = 0; j < rows; j++) {
            float v[8];
            fir_sums_of(sum, j, v);
            gb_write8(t.out, t.epilogue, v, n, first_channel + c, (at.oy + y + j) * t.out.w + at.ox + x);
        }
    }
}

/* The epilogue without upsampling. */
template <class S>
__device__ __forceinline__ void write_tile(const conv_patch &t, const float (&sum)[S::MT][4][4],
                                           const patch_tile<S> &at, int n, int first_channel) {
    int lane = (int)threadIdx.x % 32, g = lane / 4, c = first_channel + lane % 4 * 8;
    int y = at.oy + (int)threadIdx.x / 32 * S::MT;
    float scale[8];
    if (c >= t.out.c_padded)
        return;
    load_scale(t, n, first_channel, scale);
#pragma unroll
    for (int i = 0; i < S::MT; i++)
#pragma unroll 1
        for (int r = 0; r < 2; r++) {
            int x = at.ox + g + 8 * r;
            float v[8];
            channels_of(sum[i], r, scale, v);
            if (y + i < t.out.h && x < t.out.w)
                gb_write8(t.out, t.epilogue, v, n, c, (y + i) * t.out.w + x);
        }
}

/* ------------------------------------------------------------------------------------------------ the kernel */

/* Without the second number of the bounds, registers would be spilled to make room for more blocks. */
template <gb_precision P, bool UP, int WORDS>
__global__ void __launch_bounds__(patch_shape<P, UP, WORDS>::THREADS, patch_shape<P, UP, WORDS>::RESIDENT)
convolve_patches(conv_patch t) {
    typedef patch_shape<P, UP, WORDS> S;
    GB_SHARED(memory);
    uint32_t *weights = memory, *map = weights + S::WEIGHT_WORDS, *buffer = map + S::MAP_WORDS;
    int n = (int)blockIdx.z, first_channel = (int)blockIdx.y * PATCH_COLUMNS, next = (int)blockIdx.x, filled = 0;
    const uint32_t *x = t.x + (long long)n * t.h * t.w * t.words;
    t.out.half = P == GB_HALF;          /* known to the compiler, which drops the other case */
    t.out.c_step = 1;
    copy_pixels<UP, S>(t, x, next, buffer);
    copy_commit();
    load_weights<P, S>(t, n, first_channel, weights);
#pragma unroll 1
    while (next < t.tiles) {
        patch_tile<S> at = patch_tile_at<S>(t, next);
        const uint32_t *pixels = buffer + filled * S::PIXEL_WORDS;
        next += (int)gridDim.x;
        copy_wait<0>();
        __syncthreads();        /* the tile has arrived, and no thread reads the other buffer or the map any more */
        if (t.buffers == 2 && next < t.tiles) {
            filled ^= 1;
            copy_pixels<UP, S>(t, x, next, buffer + filled * S::PIXEL_WORDS);
            copy_commit();
        }
        float sum[S::MT][4][4];
        if constexpr (UP) {
            float scale[8];
            load_scale(t, n, first_channel, scale);
            transposed_convolution<P, S>(pixels, weights, scale, map);
        } else {
            const uint32_t *row = pixels + (int)threadIdx.x / 32 * S::MT * S::WIDTH * S::STRIDE, *tap = weights;
            clear(sum);
#pragma unroll 1
            for (int ky = 0; ky < 3; ky++, row += S::WIDTH * S::STRIDE)
#pragma unroll
                for (int kx = 0; kx < 3; kx++, tap += PATCH_COLUMNS * S::STRIDE)
                    multiply_tap<P, S>(row + kx * S::STRIDE, tap, sum);
        }
        if (UP || t.buffers == 1)
            __syncthreads();    /* the map is complete, and no thread reads the pixels any more */
        if (t.buffers == 1 && next < t.tiles) {
            copy_pixels<UP, S>(t, x, next, buffer);
            copy_commit();
        }
        if constexpr (UP)
            smooth_tile<P, S>(t, map, at, n, first_channel);
        else
            write_tile<S>(t, sum, at, n, first_channel);
    }
    copy_wait<0>();
}

#endif
