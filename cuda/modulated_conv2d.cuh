/* The factors before and after the sum of a convolution, for both of its forms. With W' = α_o W[o], α_o chosen when the
 * weights are packed, and s' = s / m, m the largest |s| of the sample (1 if maps are float32):
 *   y[n,o] = scale[n,o] · Σ W'[o] ⋆ (s'[n] x[n]),   scale = d[n,o] · m / α_o,   d = 1/√(Σ_{i,k} (W s)² + 1e-8)
 * As in NVIDIA's code this prevents overflow in float16: |s' x| ≤ |x|, |W'| ≤ 1, and the sum is float32. */
#ifndef GB_CUDA_MODULATED_CONV2D_CUH
#define GB_CUDA_MODULATED_CONV2D_CUH

#include "cuda/epilogue.cuh"

enum { GB_FIR_TAPS = 4, GB_FIR_FLOATS = GB_FIR_TAPS * GB_FIR_TAPS + 1 + 2 * GB_FIR_TAPS };

/* Factors packed with the weights: [cout][cin] Σ_k W² if the layer is demodulated; [cout] 1/α_o; the FIR if up = 2,
 * as [4][4] f, and then a number that is not 0 if f[y,x] = a[y] b[x], a and b. These are the offsets of the second and
 * the third. */
static inline size_t gb_factors_unscale(const gb_desc *d) {
    return d->conv.demodulate ? (size_t)d->conv.cout * d->in[0].c : 0;
}

static inline size_t gb_factors_fir(const gb_desc *d) {
    return gb_factors_unscale(d) + d->conv.cout;
}

static inline size_t gb_factors_floats(const gb_desc *d) {
    return gb_factors_fir(d) + (d->conv.up == 2 ? GB_FIR_FLOATS : 0);
}

/* alpha is [cout]; NULL means that all are 1. */
void gb_factors_pack(const gb_desc *d, const float *const *weights, const float *alpha, float *to);

/* [N][cout] scale, and [N][cin_padded] s' as float16 or float32. */
struct gb_modulation {
    const float *scale;
    long long scale_step;       /* from one sample to the next; 0 if it is the same for all samples */
    const void *styles;         /* NULL = none */
    bool half;
    int cin_padded;             /* cin rounded up to a multiple of 8, as in the map; zeros beyond cin */
};

/* Bytes of the two. */
size_t gb_modulation_bytes(const gb_desc *d, bool half);
/* What the row's gb_modulation_prepare() has computed into args->prepared; without that, launches the kernel that computes
 * it at the beginning of args->workspace. */
gb_modulation gb_modulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, const float *factors, bool half);

/* prepare() and prepared_size() of rows that call gb_modulate(): one launch for the layers of a network. First for rows with
 * the weights of conv_weights.cuh, whose styles are float16 in half precision; then for weights as they are and float32. */
void gb_modulation_prepare(const gb_cpu *cpu, const gb_use *uses, int count);
size_t gb_modulation_prepared_size(const gb_cpu *cpu, const gb_desc *d);
void gb_modulation_prepare_floats(const gb_cpu *cpu, const gb_use *uses, int count);
size_t gb_modulation_prepared_floats_size(const gb_cpu *cpu, const gb_desc *d);

/* y[oy,ox] = 4 Σ f[ky,kx] · t[oy + 2 − ky, ox + 2 − kx], zero outside t, of which `in` is a channels-last map; then the
 * epilogue. `fir` is as packed with the factors. */
void gb_smooth(const gb_cpu *cpu, const gb_view &in, const float *fir, const gb_view &out, const gb_cuda_epilogue *e,
               int samples);

#endif
