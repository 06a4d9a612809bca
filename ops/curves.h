/* The arithmetic of the activations, written once for the vectors of all ops/simd/vec_*.h: the including source chooses
 * the vector, and nothing here depends on its width. Every step rounds once, in a fixed order, so the bits do not
 * depend on the instruction set.
 *
 * Polynomials are our own minimax approximations. Including all roundings, exp, expm1, log1p, sin and cos (angles up to
 * 10⁵) are within 2 units in the last place, tanh, sigmoid and softplus within 3, gelu within 2·10⁻⁷. NaN stays NaN. */

#include <math.h>

#ifndef CURVE                       /* cuda/curves.cuh defines its own */
#define CURVE static inline
#define ACT_DEFAULT(act, i) gb_acts[act].param[i].default_value
#define ACT_PARAMS(act) gb_acts[act].params
#endif

#ifdef GB_DOUBLE
#include "ops/curves_double.h"
#else

/* 1.5 · 2²³: adding it rounds a float to an integer, which is then in the low bits of the sum. */
#define ROUNDER 12582912.0f

CURVE vec vpoly(vec x, const float *c, int n) {         /* c[0] + c[1] x + … + c[n-1] xⁿ⁻¹ */
    vec sum = vset1(c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        sum = vfma(sum, x, vset1(c[i]));
    return sum;
}

CURVE vec vabs(vec x) {
    return vof(vbits(x) & 0x7fffffff);
}

/* x = n ln 2 + r with |r| ≤ ln 2 / 2: returns eʳ − 1 = r + r² P(r), and n as the low bits of a float near ROUNDER. */
CURVE vec expm1_reduced(vec x, vec *n) {
    static const float p[] = {0.49999997f, 0.166665465f, 0.0416674353f, 0.00836627185f, 0.00138706958f};
    *n = vfma(x, vset1(1.44269504f), vset1(ROUNDER));
    vec whole = vsub(*n, vset1(ROUNDER));
    vec r = vfnma(whole, vset1(-1.90465421e-9f), vfnma(whole, vset1(0.693147182f), x));
    return vfma(vmul(r, r), vpoly(r, p, 5), r);
}

/* eˣ = 2ⁿ eʳ. The factor 2ⁿ is applied in two halves, whose exponents are always in range. */
CURVE vec vexp(vec x) {
    vec n;
    x = vselect_lt(x, vset1(-104.0f), vset1(-104.0f), x);       /* e⁻¹⁰⁴ rounds to 0, e⁸⁹ to infinity */
    x = vselect_lt(vset1(89.0f), x, vset1(89.0f), x);
    vec e = vadd(expm1_reduced(x, &n), vset1(1.0f));
    bits above = vbits(n) - (0x4b400000u - 256), half = above >> 1;      /* n + 256 */
    return vmul(vmul(e, vof((half - 1) << 23)), vof((above - half - 1) << 23));
}

/* eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1) for x ≤ 80. */
CURVE vec vexpm1(vec x) {
    vec n;
    x = vselect_lt(x, vset1(-80.0f), vset1(-80.0f), x);         /* the result is −1 there */
    vec e = expm1_reduced(x, &n), power = vof((vbits(n) + 127) << 23);
    return vfma(power, e, vsub(power, vset1(1.0f)));
}

/* tanh |x| = (e²ˣ − 1) / (e²ˣ + 1) */
CURVE vec vtanh(vec x) {
    vec twice = vadd(vabs(x), vabs(x));
    vec e = vexpm1(vselect_lt(vset1(40.0f), twice, vset1(40.0f), twice));
    return vof(vbits(vdiv(e, vadd(e, vset1(2.0f)))) | (vbits(x) & 0x80000000u));
}

/* x σ(x) = x / (1 + e⁻ˣ) for a given numerator */
CURVE vec times_sigmoid(vec numerator, vec x) {
    return vdiv(numerator, vadd(vset1(1.0f), vexp(vsub(vset1(0.0f), x))));
}

/* log(1 + u) = 2 artanh(s) = 2 s + s³ P(s²), s = u / (2 + u), for 0 ≤ u ≤ 1. */
CURVE vec vlog1p(vec u) {
    static const float p[] = {0.666664183f, 0.400214374f, 0.28003028f, 0.280067533f};
    vec s = vdiv(u, vadd(u, vset1(2.0f))), square = vmul(s, s);
    return vfma(vmul(s, square), vpoly(square, p, 4), vadd(s, s));
}

/* log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|) */
CURVE vec vsoftplus(vec x) {
    vec above = vselect_lt(x, vset1(0.0f), vset1(0.0f), x);
    return vadd(above, vlog1p(vexp(vsub(vset1(0.0f), vabs(x)))));
}

/* sin(x + quarters · π/2). x = n π/2 + r with |r| ≤ π/4 and π/2 in three floats (Cody and Waite 1980); the result is ±
 * sin r or ± cos r, depending on n. Beyond 6·10⁶, where neighbouring floats are half a radian apart, the angle counts
 * as 0; infinite angles give NaN. */
CURVE vec vsin_quarters(vec x, uint32_t quarters) {
    static const float sine[] = {-0.166666552f, 0.00833218731f, -0.000195179033f};
    static const float cosine[] = {0.0416666456f, -0.00138873013f, 2.44306684e-05f};
    x = vselect_lt(vset1(6.0e6f), vabs(x), vmul(x, vset1(0.0f)), x);
    vec n = vfma(x, vset1(0.636619747f), vset1(ROUNDER)), whole = vsub(n, vset1(ROUNDER));
    vec r = vfnma(whole, vset1(1.57079637f), x);
    r = vfnma(whole, vset1(-4.37113883e-8f), r);
    r = vfnma(whole, vset1(-1.71512451e-15f), r);
    vec square = vmul(r, r);
    vec s = vfma(vmul(r, square), vpoly(square, sine, 3), r);
    vec c = vfma(vmul(square, square), vpoly(square, cosine, 3), vfma(square, vset1(-0.5f), vset1(1.0f)));
    bits quarter = vbits(n) + quarters, odd = 0 - (quarter & 1);
    return vof(((vbits(c) & odd) | (vbits(s) & ~odd)) ^ ((quarter & 2) << 30));
}

CURVE vec vsin(vec x) {
    return vsin_quarters(x, 0);
}

CURVE vec vcos(vec x) {
    return vsin_quarters(x, 1);
}

/* Φ(x) = (1 + erf(x/√2)) / 2. With t = 1 / (1 + 0.21 |x|), Φ(−|x|) = t P(t) e^(−x²/2) with a relative error of
 * 2·10⁻⁸ (the form of Hastings 1955 with more terms). */
CURVE vec vnormal(vec x) {
    static const float p[] = {0.0837151557f, 0.0850123614f, 0.0695703104f, 0.123469889f, -0.090767324f, 0.344978929f,
                              -0.326486468f, 0.281801313f, -0.0712941587f};
    vec t = vdiv(vset1(1.0f), vfma(vset1(0.21f), vabs(x), vset1(1.0f)));
    vec below = vmul(vmul(t, vpoly(t, p, 9)), vexp(vmul(vmul(x, x), vset1(-0.5f))));
    return vselect_lt(x, vset1(0.0f), below, vsub(vset1(1.0f), below));
}

#endif

CURVE vec vgelu(vec x) {                /* x Φ(x) */
    return vmul(x, vnormal(x));
}

/* Σ wᵢ σ(x)ⁱ / √2ⁿ, i = 0…n */
CURVE vec vsigmoid_poly(vec x, const float *weights, int n) {
    vec s = times_sigmoid(vset1(1.0f), x), sum = vset1(weights[n]);
    for (int i = n - 1; i >= 0; i--)
        sum = vfma(sum, s, vset1(weights[i]));
    return vmul(sum, vset1((n % 2 ? 0.707106781f : 1.0f) / (float)(1 << n / 2)));
}

/* ------------------------------------------------------------------------------------------------ activations */

CURVE vec vrelu(vec x) {
    return vselect_lt(x, vset1(0.0f), vset1(0.0f), x);
}

CURVE vec param(gb_act_kind act, const float *params, int count, int i) {
    return vset1(i < count ? params[i] : ACT_DEFAULT(act, i));
}

/* Activations whose arithmetic justifies a function call. */
OUT_OF_LINE vec curve(gb_act_kind act, const float *params, int count, vec x) {
#define P(i) param(act, params, count, i)
    const vec zero = vset1(0.0f), one = vset1(1.0f);
    switch (act) {
    case GB_ACT_TANH:
        return vtanh(x);
    case GB_ACT_SIGMOID:
        return times_sigmoid(one, x);
    case GB_ACT_ELU:
        return vselect_lt(x, zero, vmul(P(0), vexpm1(vselect_lt(x, zero, x, zero))), x);
    case GB_ACT_SELU: {
        vec below = vmul(vset1(1.67326324f), vexpm1(vselect_lt(x, zero, x, zero)));
        return vmul(vset1(1.05070098f), vselect_lt(x, zero, below, x));
    }
    case GB_ACT_SOFTPLUS:
        return vdiv(vsoftplus(vmul(x, P(0))), P(0));
    case GB_ACT_SWISH:
        return times_sigmoid(x, x);
    case GB_ACT_SINLU:
        return times_sigmoid(vadd(x, vmul(P(0), vsin(vmul(P(1), x)))), x);
    case GB_ACT_COSLU:
        return times_sigmoid(vadd(x, vmul(P(0), vcos(vmul(P(1), x)))), x);
    case GB_ACT_RELUN: {
        vec above = vrelu(x);
        return vselect_lt(P(0), above, P(0), above);
    }
    case GB_ACT_SHILU:
        return vadd(vmul(P(0), vrelu(x)), P(1));
    case GB_ACT_POLY: {
        float weights[GB_MAX_ACT_PARAMS];
        int n = count < 1 ? ACT_PARAMS(act) : count < GB_MAX_ACT_PARAMS ? count : GB_MAX_ACT_PARAMS;
        for (int i = 0; i < n; i++)
            weights[i] = i < count ? params[i] : ACT_DEFAULT(act, i);
        return vsigmoid_poly(x, weights, n - 1);
    }
    case GB_ACT_GELU:
        return vgelu(x);
    case GB_ACT_SINE:
        return vmul(P(1), vsin(vmul(P(0), x)));
    case GB_ACT_STEP:
        return vselect_lt(P(0), x, one, vselect_lt(x, vset1(INFINITY), zero, x));
    default:
        return x;
    }
#undef P
}

CURVE vec activate(gb_act_kind act, const float *params, int count, vec x) {
    switch (act) {
    case GB_ACT_LINEAR:
        return x;
    case GB_ACT_RELU:
        return vrelu(x);
    case GB_ACT_LRELU:
        return vselect_lt(x, vset1(0.0f), vmul(x, param(act, params, count, 0)), x);
    default:
        return curve(act, params, count, x);
    }
}
