/* Styles and demodulation: the factors of modulated_conv2d.cuh for every sample and output channel. A block computes a
 * few output channels of one sample, one per warp; the first block of a sample also writes its styles. One launch computes
 * the factors of any number of layers whose styles are known.
 *
 * 4·cin·cout bytes of sums of squares and 3·N·cin·cout FLOP for each layer; those of a 1024×1024 StyleGAN2 10 MB: the floor of
 * an H100 is 3 µs, by memory. */
#include <math.h>
#include <string.h>

#include "cuda/conv_weights.cuh"
#include "cuda/modulated_conv2d.cuh"
#include "cuda/uses.cuh"
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
    return gb_part_bytes(sizeof(float) * d->in[0].n * d->conv.cout);
}

size_t gb_modulation_bytes(const gb_desc *d, bool half) {
    size_t styles = (size_t)d->in[0].n * padded_inputs(d) * (half ? 2 : 4);
    return scale_bytes(d) + (d->conv.modulated ? gb_part_bytes(styles) : 0);
}

struct modulation_use {
    const float *given;         /* [N][cin]; NULL = all are 1 */
    float gain;
    const float *squares;       /* NULL = no demodulation */
    const float *unscale;
    int cin, cin_padded, cout, samples, first_block;
    bool half;
    float *scale;
    void *styles;               /* NULL if `given` is */
};

__global__ static void __launch_bounds__(THREADS) modulate(gb_uses<modulation_use> uses) {
    __shared__ float largest[WARPS];
    int block;
    modulation_use u = gb_use_of_block(uses, &block);
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, o = block * WARPS + warp, n = blockIdx.y;
    const float *s = u.given + (u.given ? (long long)n * u.cin : 0);
    float m = 1.0f;
    if (n >= u.samples)
        return;
    if (u.half && u.given) {
        float maximum = 0.0f;
        for (int i = threadIdx.x; i < u.cin; i += THREADS)
            maximum = fmaxf(maximum, fabsf(s[i] * u.gain));
        maximum = gb_warp_max(maximum);
        if (lane == 0)
            largest[warp] = maximum;
        __syncthreads();
        m = largest[0];
        for (int i = 1; i < WARPS; i++)
            m = fmaxf(m, largest[i]);
        m = m > 0.0f && m < INFINITY ? m : 1.0f;
    }
    if (block == 0 && u.given)
        for (int i = threadIdx.x; i < u.cin_padded; i += THREADS) {
            float v = i < u.cin ? s[i] * u.gain / m : 0.0f;
            if (u.half)
                ((__half *)u.styles)[(long long)n * u.cin_padded + i] = __float2half_rn(v);
            else
                ((float *)u.styles)[(long long)n * u.cin_padded + i] = v;
        }
    if (o >= u.cout)
        return;
    float d = 1.0f;
    if (u.squares) {
        float sum = 0.0f;
        for (int i = lane; i < u.cin; i += 32) {
            float style = u.given ? s[i] * u.gain : 1.0f;
            sum = fmaf(u.squares[(long long)o * u.cin + i], style * style, sum);
        }
        d = 1.0f / sqrtf(gb_warp_sum(sum) + 1e-8f);
    }
    if (lane == 0)
        u.scale[n * (long long)u.cout + o] = d * m * u.unscale[o];
}

static modulation_use use_of(const gb_desc *d, const gb_args *args, const float *factors, bool half, void *to) {
    const gb_conv *conv = &d->conv;
    modulation_use u;
    memset(&u, 0, sizeof u);
    u.given = conv->modulated ? (const float *)args->in[1]->data : NULL;
    u.gain = conv->style_gain;
    u.squares = conv->demodulate ? factors : NULL;
    u.unscale = factors + gb_factors_unscale(d);
    u.cin = d->in[0].c;
    u.cin_padded = padded_inputs(d);
    u.cout = conv->cout;
    u.samples = conv->modulated ? d->in[0].n : 1;
    u.half = half;
    u.scale = (float *)to;
    u.styles = conv->modulated ? (char *)to + scale_bytes(d) : NULL;
    return u;
}

template <class F> static void launch(const gb_cpu *cpu, int count, F use) {
    int blocks, samples = 1;
    auto entry = [&](int i, int *own) {
        modulation_use u = use(i);
        samples = max(samples, u.samples);
        *own = (u.cout + WARPS - 1) / WARPS;
        return u;
    };
    gb_uses<modulation_use> uses = gb_live_uses<modulation_use>(cpu, count, entry, &blocks);
    gb_launch(cpu, modulate, dim3((unsigned)blocks, (unsigned)samples), THREADS, 0, uses);
}

/* Without styles and demodulation, the scale is 1/α_o as it was packed. */
static bool is_computed(const gb_desc *d) {
    return d->conv.modulated || d->conv.demodulate;
}

/* factors_at(d): the factors' place in the packed weights. */
template <class F> static void prepare(const gb_cpu *cpu, const gb_use *uses, int count, bool half, F factors_at) {
    launch(cpu, count, [&](int i) {
        const gb_args *args = uses[i].args;
        const float *factors = (const float *)args->packed + factors_at(uses[i].desc);
        return use_of(uses[i].desc, args, factors, half, (void *)args->prepared);
    });
}

void gb_modulation_prepare(const gb_cpu *cpu, const gb_use *uses, int count) {
    prepare(cpu, uses, count, gb_is_half(cpu), [&](const gb_desc *d) { return gb_conv_weight_words(cpu, d); });
}

size_t gb_modulation_prepared_size(const gb_cpu *cpu, const gb_desc *d) {
    return is_computed(d) ? gb_modulation_bytes(d, gb_is_half(cpu)) : 0;
}

void gb_modulation_prepare_floats(const gb_cpu *cpu, const gb_use *uses, int count) {
    prepare(cpu, uses, count, false, [](const gb_desc *d) {
        return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
    });
}

size_t gb_modulation_prepared_floats_size(const gb_cpu *, const gb_desc *d) {
    return is_computed(d) ? gb_modulation_bytes(d, false) : 0;
}

gb_modulation gb_modulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, const float *factors, bool half) {
    void *to = args->prepared ? (void *)args->prepared : args->workspace;
    modulation_use u = use_of(d, args, factors, half, to);
    if (!args->prepared && is_computed(d))
        launch(cpu, 1, [&](int) { return u; });
    gb_modulation m = {is_computed(d) ? u.scale : u.unscale, d->conv.modulated ? u.cout : 0, u.styles, half,
                       u.cin_padded};
    return m;
}
