/* The weights of convolutions as the kernels with tensor cores read them. */
#include <math.h>
#include <string.h>

#include "cuda/conv_weights.cuh"

int gb_conv_words(const gb_cpu *cpu, const gb_desc *d) {
    return up_to(d->in[0].c, 8) / (gb_is_half(cpu) ? 2 : 1);
}

size_t gb_conv_weight_words(const gb_cpu *cpu, const gb_desc *d) {
    return (size_t)d->conv.kernel * d->conv.kernel * up_to(d->conv.cout, PACKED_ROWS) * gb_conv_words(cpu, d);
}

size_t gb_conv_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    return 4 * (gb_conv_weight_words(cpu, d) + gb_factors_floats(d) + d->conv.cout);
}

/* The largest magnitude, or 1 if it is 0 or not finite. */
static float largest_magnitude(const float *w, size_t count) {
    float largest = 0.0f;
    for (size_t i = 0; i < count; i++)
        largest = fabsf(w[i]) > largest ? fabsf(w[i]) : largest;
    return largest > 0.0f && largest < INFINITY ? largest : 1.0f;
}

/* To the nearest number with 10 bits of mantissa, ties away from zero. The tensor cores would truncate, which makes
 * every product smaller: by 3.5e-4 on average. */
static float round_to_tf32(float v) {
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    if ((u & 0x7f800000) != 0x7f800000)
        u = (u + 0x1000) & 0xffffe000;
    memcpy(&v, &u, sizeof v);
    return v;
}

void gb_conv_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    gb_precision precision = precision_of(cpu);
    int cin = d->in[0].c, taps = d->conv.kernel * d->conv.kernel, rows = up_to(d->conv.cout, PACKED_ROWS);
    size_t cin_padded = (size_t)up_to(cin, 8), words = gb_conv_weight_words(cpu, d);
    uint16_t *halves = (uint16_t *)packed;
    float *floats = (float *)packed, *factors = floats + words, *alpha = factors + gb_factors_floats(d);
    memset(packed, 0, 4 * words);
    for (int o = 0; o < d->conv.cout; o++) {
        const float *w = weights[0] + (size_t)o * cin * taps;
        alpha[o] = precision == GB_HALF ? 1.0f / largest_magnitude(w, (size_t)cin * taps) : 1.0f;
        for (int i = 0; i < cin; i++)
            for (int k = 0; k < taps; k++) {
                size_t at = ((size_t)k * rows + o) * cin_padded + i;
                float v = w[i * taps + k] * alpha[o];
                if (precision == GB_HALF)
                    halves[at] = __half_as_ushort(__float2half_rn(v));
                else
                    floats[at] = precision == GB_TF32 ? round_to_tf32(v) : v;
            }
    }
    gb_factors_pack(d, weights, precision == GB_HALF ? alpha : NULL, factors);
}
