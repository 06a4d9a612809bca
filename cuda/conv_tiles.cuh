/* The convolution as a tiled matrix product. Rows are output pixels of one sample, columns are output channels, and the
 * depth is taps × input channels, processed in steps of 16 words (32 halves or 16 floats). A block of four warps
 * computes a tile of 32·MT × 16·NT. Asynchronous copies bring pixels and weights to shared memory two steps ahead;
 * pixels outside the map are zeros. Styles multiply the pixels in registers, so the weights are the same for all
 * samples.
 *
 * A transposed convolution is four ordinary ones, for the even and odd rows and columns of the result, with 4, 2, 2 and
 * 1 of the nine taps. If a layer has too few tiles to fill a GPU, the depth is split among blocks and their sums are
 * added in a fixed order. The tiling depends only on the shape of the layer. */
#ifndef GB_CUDA_CONV_TILES_CUH
#define GB_CUDA_CONV_TILES_CUH

#include "cuda/modulated_conv2d.cuh"
#include "cuda/ptx.cuh"

enum {
    TILE_THREADS = 128,
    TILE_WORDS = 16,            /* depth of a step */
    TILE_ROW = 20,              /* stride of a tile's rows in words: quarters of eight rows are in different banks */
    TILE_STAGES = 3,
    PACKED_ROWS = 64            /* output channels are packed to a multiple of this */
};

struct conv_tap { signed char dy, dx, weight; };

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

/* ------------------------------------------------------------------------------------------------ pieces */

/* Copies this thread's part of the weights of a step into shared memory, 16 bytes at a time. */
template <int ROWS> __device__ __forceinline__ void copy_weights(const conv_tiles &t, uint32_t *to, int tap, int word,
                                                                 int first_row) {
    for (int i = threadIdx.x; i < ROWS * 4; i += TILE_THREADS) {
        int row = i / 4, at = word + i % 4 * 4;
        bool inside = at < t.words;
        const uint32_t *from = t.weights + ((long long)tap * t.rows + first_row + row) * t.words;
        copy_async16(to + row * TILE_ROW + i % 4 * 4, from + (inside ? at : 0), inside ? 16 : 0);
    }
}

/* Positions in the map of the tile rows that this thread copies, without the offset of a tap. */
template <int M> struct tile_pixels { int y[M], x[M]; };

template <int M> __device__ __forceinline__ tile_pixels<M> pixels_of(const conv_part &part, int first) {
    tile_pixels<M> at;
#pragma unroll
    for (int i = 0; i < M; i++) {
        int pixel = first + (int)threadIdx.x / 4 + i * (TILE_THREADS / 4);
        at.y[i] = pixel < part.h * part.w ? pixel / part.w : -(1 << 20);
        at.x[i] = pixel % part.w;
    }
    return at;
}

template <int M>
__device__ __forceinline__ void copy_pixels(const conv_tiles &t, const uint32_t *x, const tile_pixels<M> &at,
                                            const conv_tap &tap, int word, uint32_t *to) {
    int quarter = threadIdx.x % 4, k = word + quarter * 4;
#pragma unroll
    for (int i = 0; i < M; i++) {
        int y = at.y[i] + tap.dy, px = at.x[i] + tap.dx;
        bool inside = y >= 0 && y < t.h && px >= 0 && px < t.w && k < t.words;
        const uint32_t *from = inside ? x + ((long long)y * t.w + px) * t.words + k : x;
        copy_async16(to + ((int)threadIdx.x / 4 + i * (TILE_THREADS / 4)) * TILE_ROW + quarter * 4, from,
                     inside ? 16 : 0);
    }
}

template <gb_precision P> __device__ __forceinline__ uint32_t styled(uint32_t x, const uint32_t *style) {
    if (P == GB_HALF)
        return style ? mul_half2(x, *style) : x;
    float v = __uint_as_float(x);
    return to_tf32(style ? v * __uint_as_float(*style) : v);
}

/* sum += pixels · weights for one step, in this warp's MT·16 × NT·8 part of the tile. Fragments are laid out as in PTX:
 * lane 4g + q has rows g and g + 8 at words q and q + 4. */
template <gb_precision P, int MT, int NT>
__device__ __forceinline__ void multiply(const uint32_t *pixels, const uint32_t *weights, const uint32_t *styles,
                                         float (&sum)[MT][NT][4]) {
    int lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
    if constexpr (P == GB_FP32) {
        for (int k = 0; k < TILE_WORDS; k++) {
            float a[MT][2], b[NT][2], s = styles ? __uint_as_float(styles[k]) : 1.0f;
#pragma unroll
            for (int i = 0; i < MT; i++)
#pragma unroll
                for (int r = 0; r < 2; r++)
                    a[i][r] = __uint_as_float(pixels[(i * 16 + g + 8 * r) * TILE_ROW + k]) * s;
#pragma unroll
            for (int j = 0; j < NT; j++)
#pragma unroll
                for (int r = 0; r < 2; r++)
                    b[j][r] = __uint_as_float(weights[(j * 8 + 2 * q + r) * TILE_ROW + k]);
#pragma unroll
            for (int i = 0; i < MT; i++)
#pragma unroll
                for (int j = 0; j < NT; j++)
#pragma unroll
                    for (int r = 0; r < 4; r++)
                        sum[i][j][r] = fmaf(a[i][r / 2], b[j][r % 2], sum[i][j][r]);
        }
    } else {
#pragma unroll
        for (int k = 0; k < TILE_WORDS; k += 8) {
            uint32_t a[MT][4], b[NT][2];
            const uint32_t *s0 = styles ? styles + k + q : NULL, *s1 = styles ? styles + k + q + 4 : NULL;
#pragma unroll
            for (int i = 0; i < MT; i++) {
                const uint32_t *from = pixels + (i * 16 + g) * TILE_ROW + k + q;
                a[i][0] = styled<P>(from[0], s0);
                a[i][1] = styled<P>(from[8 * TILE_ROW], s0);
                a[i][2] = styled<P>(from[4], s1);
                a[i][3] = styled<P>(from[8 * TILE_ROW + 4], s1);
            }
#pragma unroll
            for (int j = 0; j < NT; j++) {
                const uint32_t *from = weights + (j * 8 + g) * TILE_ROW + k + q;
                b[j][0] = from[0];
                b[j][1] = from[4];
            }
            mma_tile<P == GB_HALF, MT, NT>(sum, a, b);
        }
    }
}

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

/* ------------------------------------------------------------------------------------------------ the kernel */

template <gb_precision P, int MT, int NT>
__global__ void __launch_bounds__(TILE_THREADS) convolve_tiles(conv_tiles t) {
    constexpr int ROWS = 32 * MT, COLUMNS = 16 * NT, STAGE = (ROWS + COLUMNS) * TILE_ROW;
    GB_SHARED(memory);
    uint32_t *styles = memory + TILE_STAGES * STAGE;
    int z = (int)blockIdx.z, split = z % t.splits, n = z / t.splits / t.parts;
    const conv_part &part = t.part[z / t.splits % t.parts];
    int first_pixel = (int)blockIdx.x * ROWS, first_channel = (int)blockIdx.y * COLUMNS;
    if (first_pixel >= part.h * part.w)
        return;
    int chunks = (t.words + TILE_WORDS - 1) / TILE_WORDS, steps = part.taps * chunks;
    int share = (steps + t.splits - 1) / t.splits, begin = split * share, end = min(begin + share, steps);
    const uint32_t *x = t.x + (long long)n * t.h * t.w * t.words;
    if (t.m.styles) {
        const uint32_t *from = (const uint32_t *)t.m.styles + (long long)n * t.words;
        for (int i = threadIdx.x; i < chunks * TILE_WORDS; i += TILE_THREADS)
            styles[i] = i < t.words ? from[i] : 0;
    }
    tile_pixels<MT> at = pixels_of<MT>(part, first_pixel);
    auto copy_step = [&](int step) {
        if (step < end) {
            uint32_t *to = memory + step % TILE_STAGES * STAGE;
            const conv_tap &tap = part.tap[step / chunks];
            int word = step % chunks * TILE_WORDS;
            copy_pixels<MT>(t, x, at, tap, word, to);
            copy_weights<COLUMNS>(t, to + ROWS * TILE_ROW, tap.weight, word, first_channel);
        }
        copy_commit();
    };

    float sum[MT][NT][4];
#pragma unroll
    for (int i = 0; i < MT; i++)
#pragma unroll
        for (int j = 0; j < NT; j++)
#pragma unroll
            for (int r = 0; r < 4; r++)
                sum[i][j][r] = 0.0f;
    int warp = threadIdx.x / 32, row = warp / 2 * MT * 16, column = warp % 2 * NT * 8;
    for (int i = 0; i < TILE_STAGES - 1; i++)
        copy_step(begin + i);
    for (int step = begin; step < end; step++) {
        copy_wait<TILE_STAGES - 2>();
        __syncthreads();        /* this step has arrived, and no thread reads the one before it any more */
        copy_step(step + TILE_STAGES - 1);
        const uint32_t *stage = memory + step % TILE_STAGES * STAGE;
        multiply<P, MT, NT>(stage + row * TILE_ROW, stage + (ROWS + column) * TILE_ROW,
                            t.m.styles ? styles + step % chunks * TILE_WORDS : NULL, sum);
    }
    copy_wait<0>();
    __syncthreads();

    /* Sums go through shared memory, so that neighbouring threads write neighbouring channels. */
    constexpr int STRIDE = COLUMNS + 4;
    static_assert(ROWS * STRIDE <= TILE_STAGES * STAGE, "the sums of a tile fit where its pixels and weights were");
    float *sums = (float *)memory;
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < MT; i++)
#pragma unroll
        for (int j = 0; j < NT; j++)
#pragma unroll
            for (int r = 0; r < 4; r++)
                sums[(row + i * 16 + lane / 4 + r / 2 * 8) * STRIDE + column + j * 8 + lane % 4 * 2 + r % 2] =
                    sum[i][j][r];
    __syncthreads();
    int width = t.step == 1 ? part.w : t.out.w, run = t.out.c_step == 1 ? 8 : 1;
    int channels = min(COLUMNS, t.out.c_padded - first_channel), runs = channels / run;
#pragma unroll 1
    for (int i = threadIdx.x; i < ROWS * runs; i += TILE_THREADS) {
        int m = first_pixel + i / runs, o = i % runs * run;
        if (m >= part.h * part.w)
            break;
        int pixel = (m / part.w * t.step + part.y0) * width + m % part.w * t.step + part.x0;
        if (run == 8)
            write_result8(t, sums + i / runs * STRIDE + o, n, split, first_channel + o, pixel);
        else
            write_result(t, sums[i / runs * STRIDE + o], n, split, first_channel + o, pixel);
    }
}

#endif
