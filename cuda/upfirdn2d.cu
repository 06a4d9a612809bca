/* Upsampling with a FIR filter (ops/upfirdn2d.c): zeros after every sample, padding, true convolution, gain.
 *
 * For any filter: about 2·(taps/up)² FLOP a value, 4 bytes written and 4/up² from memory.
 * A picture, for H×W pixels: 12·H·W bytes from memory, 48·H·W of what is added, 48·H·W written; 9 FLOP a value. To 1024×1024:
 * 28 MB; the floor of an H100 is 8 µs, by memory. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"

enum { THREADS = 256, BLOCKS = 4 };         /* for which there have to be registers, so that none is spilled for more */

/* Visits only the taps that meet a sample of x, which is every up-th. */
__global__ static void __launch_bounds__(THREADS, BLOCKS)
upfirdn2d(gb_view in, const float *f, gb_fir fir, gb_view out, const gb_cuda_epilogue *e, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        int uy = at.p / out.w + fir.taps - 1 - fir.pad_before, ux = at.p % out.w + fir.taps - 1 - fir.pad_before;
        float sum = 0.0f;
        for (int ky = 0; ky < fir.taps && at.c < out.c; ky++) {
            int y = uy - ky;
            if (y < 0 || y % fir.up || y / fir.up >= in.h)
                continue;
            for (int kx = 0; kx < fir.taps; kx++) {
                int x = ux - kx;
                if (x < 0 || x % fir.up || x / fir.up >= in.w)
                    continue;
                sum = fmaf(f[ky * fir.taps + kx], gb_load(in, at.n, at.c, y / fir.up * in.w + x / fir.up), sum);
            }
        }
        gb_write(out, e, sum * fir.gain, at.n, at.c, at.p);
    }
}

/* The picture of a skip network, planar and twice as large: a thread computes the 2×2 pixels that belong to one of x,
 *   y[2i + a, 2j + b] = gain · Σ f[1 − a + 2k, 1 − b + 2l] · x[i + a − k, j + b − l],   k, l = 0, 1,
 * with the taps in the order of the general kernel. */
__global__ static void __launch_bounds__(THREADS)
upsample_picture(gb_view in, const float *f, float gain, gb_view out, const gb_cuda_epilogue *e, int channels) {
    int j = (int)(blockIdx.x * THREADS + threadIdx.x), i = (int)blockIdx.y;
    int n = (int)blockIdx.z / channels, c = (int)blockIdx.z % channels;
    if (j >= in.w)
        return;
    float x[3][3], taps[16];
#pragma unroll
    for (int k = 0; k < 16; k++)
        taps[k] = f[k];
#pragma unroll
    for (int k = 0; k < 9; k++) {
        int row = i + k / 3 - 1, column = j + k % 3 - 1;
        bool inside = row >= 0 && row < in.h && column >= 0 && column < in.w;
        x[k / 3][k % 3] = inside ? gb_load(in, n, c, row * in.w + column) : 0.0f;
    }
#pragma unroll
    for (int a = 0; a < 2; a++)
#pragma unroll
        for (int b = 0; b < 2; b++) {
            float sum = 0.0f;
#pragma unroll
            for (int k = 0; k < 2; k++)
#pragma unroll
                for (int l = 0; l < 2; l++)
                    sum = fmaf(taps[(1 - a + 2 * k) * 4 + 1 - b + 2 * l], x[1 + a - k][1 + b - l], sum);
            gb_write(out, e, sum * gain, n, c, (2 * i + a) * out.w + 2 * j + b);
        }
}

static bool is_picture(const gb_desc *d, const gb_args *args) {
    const gb_fir *fir = &d->fir;
    return fir->up == 2 && fir->taps == 4 && fir->pad_before == 2 && fir->pad_after == 1 &&
           args->out->shape.block == 1 && d->in[0].h < 65536 && d->in[0].n * d->in[0].c < 65536;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    long long count = gb_item_count(args->out);
    if (is_picture(d, args)) {
        const gb_shape *s = &d->in[0];
        dim3 grid((unsigned)(s->w + THREADS - 1) / THREADS, (unsigned)s->h, (unsigned)(s->n * s->c));
        gb_launch(cpu, upsample_picture, grid, THREADS, 0, gb_view_of(cpu, args->in[0]), (const float *)args->packed,
                  d->fir.gain, gb_view_of(cpu, args->out), gb_live_epilogue(cpu, args->out, args->epilogue), s->c);
        return;
    }
    gb_launch(cpu, upfirdn2d, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              (const float *)args->packed, d->fir, gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

const gb_op_row gb_upfirdn2d_cuda = {
    .op = GB_OP_UPFIRDN2D, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run,
};
