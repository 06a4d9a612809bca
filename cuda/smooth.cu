/* The FIR after a transposed convolution, applied to a map: 7 or 16 loads of 16 bytes for 4 pixels × 8 channels, each row
 * of the map from memory about once; then the epilogue.
 *
 * 2·(2H+1)²·C bytes in half from memory and 8·H²·C to it, 22 FLOP a value. From 64×64 to 128×128 pixels, 256 channels: 17 MB; the
 * floor of an H100 is 5 µs, by memory. */
#include "cuda/fir.cuh"

enum { THREADS = 256 };

/* The grid: columns and groups of channels, strips of rows, samples. */
template <bool HALF>
__global__ static void __launch_bounds__(THREADS)
smooth(gb_view in, const float *fir, gb_view out, const gb_cuda_epilogue *e) {
    in.half = HALF;             /* known to the compiler, which drops the other case */
    if (out.c_step == 1)
        out.half = HALF;
    unsigned i = blockIdx.x * THREADS + threadIdx.x, groups = in.per_group.by, ox = i / groups;
    int c = (int)(i - ox * groups) * 8, oy = (int)blockIdx.y * FIR_STRIP, n = (int)blockIdx.z;
    if (ox >= (unsigned)out.w)
        return;
    fir_taps taps = load_taps(fir);
    float sum[FIR_STRIP][8] = {{0.0f}};
#pragma unroll
    for (int row = 0; row < FIR_ROWS; row++) {
        int y = oy - 1 + row;
        auto load = [&](int kx, float (&v)[8]) {
            int x = (int)ox + GB_FIR_TAPS - 2 - kx;
            if (x < 0 || x >= in.w)
                return false;
            gb_load8(in, n, c, y * in.w + x, v);
            return true;
        };
        if (y >= 0 && y < in.h)
            add_fir_row(taps, row, load, sum);
    }
    int rows = min(FIR_STRIP, out.h - oy), channels = min(8, out.c - c);
    for (int j = 0; j < rows; j++) {
        int p = (oy + j) * out.w + (int)ox;
        float v[8];
        fir_sums_of(sum, j, v);
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
    dim3 grid((columns + THREADS - 1) / THREADS, (unsigned)(out.h + FIR_STRIP - 1) / FIR_STRIP, (unsigned)samples);
    if (in.half)
        gb_launch(cpu, smooth<true>, grid, THREADS, 0, in, fir, out, e);
    else
        gb_launch(cpu, smooth<false>, grid, THREADS, 0, in, fir, out, e);
}
