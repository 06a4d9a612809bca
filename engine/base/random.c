/* MT19937 (Matsumoto and Nishimura, 1998) and the methods by which numpy, torch and scipy derive normal numbers from
 * it. Words are drawn in exactly the same order; where torch computes in float32, so does this file. */
#include "random.h"

#include <math.h>

#include "engine/ganbend.h"

enum { WORDS = 624, MIDDLE = 397 };

static const double two_pi = 6.283185307179586;

void gb_random_seed(gb_random *r, uint64_t seed) {
    r->state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < WORDS; i++)
        r->state[i] = UINT32_C(1812433253) * (r->state[i - 1] ^ r->state[i - 1] >> 30) + i;
    r->next = WORDS;
    r->kept = false;
    r->spare = 0;
}

/* Generates the next 624 words. */
static void twist(gb_random *r) {
    uint32_t *s = r->state;
    for (int i = 0; i < WORDS; i++) {
        uint32_t y = (s[i] & UINT32_C(0x80000000)) | (s[(i + 1) % WORDS] & UINT32_C(0x7FFFFFFF));
        s[i] = s[(i + MIDDLE) % WORDS] ^ y >> 1 ^ (y & 1 ? UINT32_C(0x9908B0DF) : 0);
    }
    r->next = 0;
}

uint32_t gb_random_word(gb_random *r) {
    if (r->next == WORDS)
        twist(r);
    uint32_t y = r->state[r->next++];
    y ^= y >> 11;
    y ^= y << 7 & UINT32_C(0x9D2C5680);
    y ^= y << 15 & UINT32_C(0xEFC60000);
    return y ^ y >> 18;
}

/* [0, 1) with 53 bits, as numpy does: 27 bits of the first word, 26 of the second. */
static double uniform_numpy(gb_random *r) {
    uint32_t a = gb_random_word(r) >> 5, b = gb_random_word(r) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

/* ---------------------------------------------------------------------------------------------------- numpy */

/* Marsaglia's polar method; the second number of a pair is returned first. */
static double normal_numpy(gb_random *r) {
    if (r->kept) {
        r->kept = false;
        return r->spare;
    }
    double x1, x2, s;
    do {
        x1 = 2.0 * uniform_numpy(r) - 1.0;
        x2 = 2.0 * uniform_numpy(r) - 1.0;
        s = x1 * x1 + x2 * x2;
    } while (s >= 1.0 || s == 0.0);
    double f = sqrt(-2.0 * log(s) / s);
    r->spare = f * x1;
    r->kept = true;
    return f * x2;
}

void gb_random_numpy(gb_random *r, size_t count, double *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = normal_numpy(r);
}

/* ---------------------------------------------------------------------------------------------------- torch */

static double uniform_torch(gb_random *r) {
    uint64_t high = gb_random_word(r), low = gb_random_word(r);
    return (double)((high << 32 | low) & ((UINT64_C(1) << 53) - 1)) * 0x1p-53;
}

/* Box-Muller in double precision, one number at a time. */
static double normal_torch(gb_random *r) {
    if (r->kept) {
        r->kept = false;
        return r->spare;
    }
    double theta = two_pi * uniform_torch(r);
    double radius = sqrt(-2.0 * log1p(-uniform_torch(r)));
    r->spare = radius * sin(theta);
    r->kept = true;
    return radius * cos(theta);
}

enum { TORCH_BLOCK = 16 };

static void uniform_torch_float(gb_random *r, size_t count, float *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(gb_random_word(r) & 0xFFFFFF) * 0x1p-24f;
}

/* Box-Muller on a block of uniform numbers: the first eight give radii, the last eight angles. */
static void normal_torch_block(float *x) {
    for (int j = 0; j < TORCH_BLOCK / 2; j++) {
        float radius = sqrtf(-2.0f * logf(1.0f - x[j])), theta = (float)two_pi * x[j + TORCH_BLOCK / 2];
        x[j] = radius * cosf(theta);
        x[j + TORCH_BLOCK / 2] = radius * sinf(theta);
    }
}

void gb_random_torch(gb_random *r, size_t count, float *out) {
    if (count < TORCH_BLOCK) {
        for (size_t i = 0; i < count; i++)
            out[i] = (float)normal_torch(r);
        return;
    }
    uniform_torch_float(r, count, out);
    size_t i = 0;
    for (; i + TORCH_BLOCK <= count; i += TORCH_BLOCK)
        normal_torch_block(out + i);
    if (i < count) {        /* the last block overwrites part of the one before */
        uniform_torch_float(r, TORCH_BLOCK, out + count - TORCH_BLOCK);
        normal_torch_block(out + count - TORCH_BLOCK);
    }
}

/* ---------------------------------------------------------------------------------------------------- scipy */

static double normal_cdf(double x) {
    return 0.5 * erfc(-x * 0.7071067811865476);
}

/* The x with Φ(x) = p for |x| at most 2. Starts from the logistic approximation, whose error is below 0.25 there;
 * Halley's method triples the number of correct digits in each step. */
static double normal_quantile(double p) {
    double x = log(p / (1.0 - p)) / 1.702;
    for (int step = 0; step < 4; step++) {
        double off = (normal_cdf(x) - p) * sqrt(two_pi) * exp(0.5 * x * x);
        x -= off / (1.0 + 0.5 * x * off);
    }
    return x;
}

static double truncnorm(gb_random *r) {
    double low = normal_cdf(-2.0), high = normal_cdf(2.0);
    return normal_quantile(low + uniform_numpy(r) * (high - low));
}

void gb_random_truncnorm(gb_random *r, size_t count, double *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = truncnorm(r);
}

/* ---------------------------------------------------------------------------------------------------- public */

void gb_randn(gb_rng rng, uint64_t seed, size_t count, float *out) {
    gb_random r;
    gb_random_seed(&r, seed);
    if (rng == GB_RNG_TORCH)
        gb_random_torch(&r, count, out);
    else
        for (size_t i = 0; i < count; i++)
            out[i] = (float)(rng == GB_RNG_TRUNCNORM ? truncnorm(&r) : normal_numpy(&r));
}
