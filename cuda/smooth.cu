/* The FIR after a transposed convolution. A thread computes eight channels of STRIP pixels of a column. Filters that are
 * products of two vectors, as the published one is, take 7 loads and 11 multiply-adds for a value instead of 16 and 16:
 * each row of the map is filtered along x once, for all pixels of the column that it is part of. */
#include "cuda/modulated_conv2d.cuh"

enum { THREADS = 256, STRIP = 4, ROWS = STRIP + GB_FIR_TAPS - 1 };

/* The filter, and 4 times its factors. */
struct fir_taps {
    const float *f;
    float a[GB_FIR_TAPS], b[GB_FIR_TAPS];
    bool is_product;
};

__device__ static fir_taps load_taps(const float *fir) {
    fir_taps t;
    t.f = fir;
    fir += GB_FIR_TAPS * GB_FIR_TAPS;
    t.is_product = fir[0] != 0.0f;
#pragma unroll
    for (int i = 0; i < GB_FIR_TAPS; i++) {
        t.a[i] = 4.0f * fir[1 + i];
        t.b[i] = fir[1 + GB_FIR_TAPS + i];
    }
    return t;
}

/* Adds the taps of one row of the map, ROW rows below the first, to the sums. */
template <bool HALF>
__device__ __forceinline__ void add_row(const gb_view &in, const fir_taps &taps, int n, int c, int y, int x, int row,
                                        float (&sum)[STRIP][8]) {
    float along[8] = {0.0f};
#pragma unroll
    for (int kx = 0; kx < GB_FIR_TAPS; kx++) {
        int at = x - kx;
        if (at < 0 || at >= in.w)
            continue;
        float v[8];
        gb_load8(in, n, c, y * in.w + at, v);
        if (taps.is_product) {
#pragma unroll
            for (int k = 0; k < 8; k++)
                along[k] = fmaf(taps.b[kx], v[k], along[k]);
        } else {
#pragma unroll
            for (int j = 0; j < STRIP; j++) {
                int ky = j + GB_FIR_TAPS - 1 - row;
                if (ky >= 0 && ky < GB_FIR_TAPS)
#pragma unroll
                    for (int k = 0; k < 8; k++)
                        sum[j][k] = fmaf(4.0f * taps.f[ky * GB_FIR_TAPS + kx], v[k], sum[j][k]);
            }
        }
    }
    if (taps.is_product)
#pragma unroll
        for (int j = 0; j < STRIP; j++) {
            int ky = j + GB_FIR_TAPS - 1 - row;
            if (ky >= 0 && ky < GB_FIR_TAPS)
#pragma unroll
                for (int k = 0; k < 8; k++)
                    sum[j][k] = fmaf(taps.a[ky], along[k], sum[j][k]);
        }
}

/* The grid: columns and groups of channels, strips of rows, samples. */
template <bool HALF>
__global__ static void __launch_bounds__(THREADS)
smooth(gb_view in, const float *fir, gb_view out, const gb_cuda_epilogue *e) {
    in.half = HALF;             /* known to the compiler, which drops the other case */
    if (out.c_step == 1)
        out.half = HALF;
    unsigned i = blockIdx.x * THREADS + threadIdx.x, groups = in.per_group.by, ox = i / groups;
    int c = (int)(i - ox * groups) * 8, oy = (int)blockIdx.y * STRIP, n = (int)blockIdx.z;
    if (ox >= (unsigned)out.w)
        return;
    fir_taps taps = load_taps(fir);
    float sum[STRIP][8] = {{0.0f}};
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
        int y = oy - 1 + row;
        if (y >= 0 && y < in.h)
            add_row<HALF>(in, taps, n, c, y, (int)ox + GB_FIR_TAPS - 2, row, sum);
    }
    int rows = min(STRIP, out.h - oy), channels = min(8, out.c - c);
    for (int j = 0; j < rows; j++) {
        int p = (oy + j) * out.w + (int)ox;
        float v[8];
#pragma unroll
        for (int k = 0; k < 8; k++)
            v[k] = j == 0 ? sum[0][k] : j == 1 ? sum[1][k] : j == 2 ? sum[2][k] : sum[3][k];
        if (out.c_step == 1)
            gb_write8(out, e, v, n, c, p);
        else
#pragma unroll
            for (int k = 0; k < 8; k++)
                if (k < channels)
                    gb_write(out, e, v[k], n, c + k, p);
    }
}

void gb_smooth(const gb_cpu *cpu, const gb_view &in, const float *fir, const gb_view &out, const gb_cuda_epilogue *e,
               int samples) {
    unsigned columns = (unsigned)out.w * in.per_group.by;
    dim3 grid((columns + THREADS - 1) / THREADS, (unsigned)(out.h + STRIP - 1) / STRIP, (unsigned)samples);
    if (in.half)
        gb_launch(cpu, smooth<true>, grid, THREADS, 0, in, fir, out, e);
    else
        gb_launch(cpu, smooth<false>, grid, THREADS, 0, in, fir, out, e);
}
