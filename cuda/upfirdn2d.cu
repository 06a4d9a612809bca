/* Upsampling with a FIR filter (ops/upfirdn2d.c): zeros after every sample, padding, true convolution, gain. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"

enum { THREADS = 256 };

/* Visits only the taps that meet a sample of x, which is every up-th. */
__global__ static void upfirdn2d(gb_view in, const float *f, gb_fir fir, gb_view out, const gb_cuda_epilogue *e,
                                 long long count) {
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

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, upfirdn2d, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              (const float *)args->packed, d->fir, gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

const gb_op_row gb_upfirdn2d_cuda = {
    .op = GB_OP_UPFIRDN2D, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run,
};
