/* The convolution for any shape, with a thread per output value; maps of few channels or of one row use it.
 * ops/modulated_conv2d.c has the formula. 2·k²·cin·cout FLOP a pixel in float32, 16 times as many with upsampling, where the
 * transposed convolution is computed again for every tap of the FIR: for small maps only. Neighbouring threads compute
 * neighbouring pixels of a channel, so that weights and pixels come from the caches: from memory 4·k²·cin·cout bytes and the
 * map. At 4×4 pixels, 8 to 8 channels: 18 kFLOP, 3 KB; the launch takes longer. */
#include <string.h>

#include "cuda/modulated_conv2d.cuh"
#include "cuda/rows.h"

enum { THREADS = 128 };

static size_t weight_floats(const gb_desc *d) {
    return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
}

static size_t packed_size(const gb_cpu *, const gb_desc *d) {
    return sizeof(float) * (weight_floats(d) + gb_factors_floats(d));
}

/* [cout][cin][k][k], then the factors. */
static void pack(const gb_cpu *, const gb_desc *d, const float *const *weights, void *packed) {
    memcpy(packed, weights[0], sizeof(float) * weight_floats(d));
    gb_factors_pack(d, weights, NULL, (float *)packed + weight_floats(d));
}

static size_t workspace(const gb_cpu *, const gb_desc *d) {
    return gb_modulation_bytes(d, false);
}

/* Σ_i W[i] ⋆ (s[i] x[i]) at (ty, tx), or the 2H+1 wide transposed convolution there. */
__device__ static float convolved(const gb_view &in, const float *w, const float *styles, const gb_conv &conv, int n,
                                  int ty, int tx) {
    float sum = 0.0f;
    for (int ky = 0; ky < conv.kernel; ky++)
        for (int kx = 0; kx < conv.kernel; kx++) {
            int y = ty + ky - (conv.kernel - 1) / 2, x = tx + kx - (conv.kernel - 1) / 2;
            if (conv.up == 2) {
                if (ty < ky || tx < kx || (ty - ky) % 2 || (tx - kx) % 2)
                    continue;
                y = (ty - ky) / 2;
                x = (tx - kx) / 2;
            }
            if (y < 0 || y >= in.h || x < 0 || x >= in.w)
                continue;
            for (int i = 0; i < in.c; i++) {
                float v = gb_load(in, n, i, y * in.w + x);
                sum = fmaf(w[(i * conv.kernel + ky) * conv.kernel + kx], styles ? v * styles[i] : v, sum);
            }
        }
    return sum;
}

__global__ static void __launch_bounds__(THREADS)
conv2d(gb_view in, const float *weights, const float *fir, gb_conv conv, gb_modulation m, gb_view out,
       const gb_cuda_epilogue *e, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        int oy = at.p / out.w, ox = at.p % out.w;
        float sum = 0.0f;
        if (at.c < out.c) {
            const float *w = weights + (long long)at.c * in.c * conv.kernel * conv.kernel;
            const float *styles = m.styles ? (const float *)m.styles + (long long)at.n * m.cin_padded : NULL;
            if (conv.up == 1)
                sum = convolved(in, w, styles, conv, at.n, oy, ox);
            for (int ky = 0; conv.up == 2 && ky < GB_FIR_TAPS; ky++)
                for (int kx = 0; kx < GB_FIR_TAPS; kx++) {
                    int y = oy + GB_FIR_TAPS - 2 - ky, x = ox + GB_FIR_TAPS - 2 - kx;
                    if (y >= 0 && y <= 2 * in.h && x >= 0 && x <= 2 * in.w)
                        sum = fmaf(4.0f * fir[ky * GB_FIR_TAPS + kx], convolved(in, w, styles, conv, at.n, y, x), sum);
                }
            sum *= m.scale[at.n * m.scale_step + at.c];
        }
        gb_write(out, e, sum, at.n, at.c, at.p);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const float *weights = (const float *)args->packed, *factors = weights + weight_floats(d);
    gb_modulation m = gb_modulate(cpu, d, args, factors, false);
    long long count = gb_item_count(args->out);
    gb_launch(cpu, conv2d, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]), weights,
              factors + gb_factors_fir(d), d->conv, m, gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

const gb_op_row gb_conv2d_cuda = {
    .op = GB_OP_MODULATED_CONV2D, .form = "direct", .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true,
    .packed_size = packed_size, .pack = pack, .workspace = workspace, .run = run,
    .prepare = gb_modulation_prepare_floats, .prepared_size = gb_modulation_prepared_floats_size,
};
