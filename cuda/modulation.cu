/* Styles and demodulation: the factors of modulated_conv2d.cuh for every sample and output channel. A block computes a
 * few output channels of one sample, one per warp; the first block of a sample also writes its styles. */
#include <math.h>
#include <string.h>

#include "cuda/modulated_conv2d.cuh"
#include "cuda/warp.cuh"

enum { WARPS = 8, THREADS = 32 * WARPS };

static int padded_inputs(const gb_desc *d) {
    return (d->in[0].c + 7) / 8 * 8;
}

/* With the sums a of the rows and b of the columns, f is a[y] b[x] for every filter of weights that are products and
 * sum to 1, such as the published (1, 3, 3, 1)² / 64, whose values are exact. */
static void pack_fir(const float *f, float *to) {
    float *is_product = to + GB_FIR_TAPS * GB_FIR_TAPS, *a = is_product + 1, *b = a + GB_FIR_TAPS;
    memcpy(to, f, sizeof(float) * GB_FIR_TAPS * GB_FIR_TAPS);
    memset(a, 0, sizeof(float) * 2 * GB_FIR_TAPS);
    for (int i = 0; i < GB_FIR_TAPS * GB_FIR_TAPS; i++) {
        a[i / GB_FIR_TAPS] += f[i];
        b[i % GB_FIR_TAPS] += f[i];
    }
    *is_product = 1.0f;
    for (int i = 0; i < GB_FIR_TAPS * GB_FIR_TAPS; i++)
        if (!(a[i / GB_FIR_TAPS] * b[i % GB_FIR_TAPS] == f[i]))
            *is_product = 0.0f;
}

void gb_factors_pack(const gb_desc *d, const float *const *weights, const float *alpha, float *to) {
    int taps = d->conv.kernel * d->conv.kernel;
    size_t pairs = (size_t)d->conv.cout * d->in[0].c;
    for (size_t i = 0; d->conv.demodulate && i < pairs; i++) {
        double squares = 0.0;
        for (int k = 0; k < taps; k++)
            squares += (double)weights[0][i * taps + k] * weights[0][i * taps + k];
        *to++ = (float)squares;
    }
    for (int o = 0; o < d->conv.cout; o++)
        *to++ = alpha ? 1.0f / alpha[o] : 1.0f;
    if (d->conv.up == 2)
        pack_fir(weights[1], to);
}

static size_t scale_bytes(const gb_desc *d) {
    return (sizeof(float) * d->in[0].n * d->conv.cout + 255) / 256 * 256;
}

size_t gb_modulation_bytes(const gb_desc *d, bool half) {
    size_t styles = (size_t)d->in[0].n * padded_inputs(d) * (half ? 2 : 4);
    return scale_bytes(d) + (d->conv.modulated ? (styles + 255) / 256 * 256 : 0);
}

__global__ static void __launch_bounds__(THREADS)
modulate(const float *styles, float gain, const float *squares, const float *unscale, int cin, int cout,
         gb_modulation to) {
    __shared__ float largest[WARPS];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, o = blockIdx.x * WARPS + warp, n = blockIdx.y;
    const float *s = styles + (long long)n * cin;
    float m = 1.0f;
    if (to.half && to.styles) {
        float maximum = 0.0f;
        for (int i = threadIdx.x; i < cin; i += THREADS)
            maximum = fmaxf(maximum, fabsf(s[i] * gain));
        maximum = gb_warp_max(maximum);
        if (lane == 0)
            largest[warp] = maximum;
        __syncthreads();
        m = largest[0];
        for (int i = 1; i < WARPS; i++)
            m = fmaxf(m, largest[i]);
        m = m > 0.0f && m < INFINITY ? m : 1.0f;
    }
    if (blockIdx.x == 0 && to.styles)
        for (int i = threadIdx.x; i < to.cin_padded; i += THREADS) {
            float v = i < cin ? s[i] * gain / m : 0.0f;
            if (to.half)
                ((__half *)to.styles)[(long long)n * to.cin_padded + i] = __float2half_rn(v);
            else
                ((float *)to.styles)[(long long)n * to.cin_padded + i] = v;
        }
    if (o >= cout)
        return;
    float d = 1.0f;
    if (squares) {
        float sum = 0.0f;
        for (int i = lane; i < cin; i += 32) {
            float style = to.styles ? s[i] * gain : 1.0f;
            sum = fmaf(squares[(long long)o * cin + i], style * style, sum);
        }
        d = 1.0f / sqrtf(gb_warp_sum(sum) + 1e-8f);
    }
    if (lane == 0)
        to.scale[n * (long long)cout + o] = d * m * unscale[o];
}

gb_modulation gb_modulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, const float *factors, bool half) {
    const gb_conv *conv = &d->conv;
    const float *squares = conv->demodulate ? factors : NULL;
    const float *unscale = factors + gb_factors_unscale(d);
    gb_modulation m = {(float *)args->workspace, conv->cout, NULL, half, padded_inputs(d)};
    if (conv->modulated)
        m.styles = (char *)args->workspace + scale_bytes(d);
    if (!conv->modulated)
        m.scale_step = 0;
    dim3 grid((unsigned)(conv->cout + WARPS - 1) / WARPS, conv->modulated ? (unsigned)d->in[0].n : 1);
    gb_launch(cpu, modulate, grid, THREADS, 0, conv->modulated ? (const float *)args->in[1]->data : NULL,
              conv->style_gain, squares, unscale, d->in[0].c, conv->cout, m);
    return m;
}
