/* CRC-32 by folding (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009).
 * The bytes are a polynomial over GF(2); the sum is its remainder modulo P. Sixteen bytes A · x⁶⁴ + B that stand n bits before
 * others are replaced by A · (xⁿ⁺⁶⁴ mod P) + B · (xⁿ mod P), which has the same remainder and is added to those others. Sixteen
 * bytes are left in the end, whose sum zlib computes. All numbers are bit-reflected, as in zlib. */
#include "crc32.h"

#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

enum { FOLDED_FROM = 64 };      /* bytes below which folding is not possible */

static inline __m128i load(const uint8_t *bytes) {
    return _mm_loadu_si128((const void *)bytes);
}

__attribute__((target("pclmul"))) static inline __m128i fold(__m128i x, __m128i by, __m128i onto) {
    __m128i low = _mm_clmulepi64_si128(x, by, 0x00), high = _mm_clmulepi64_si128(x, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), onto);
}

/* The sum of the first bytes, as many as are a multiple of 16: *size of them or fewer, at least 64. */
__attribute__((target("pclmul"))) static uint32_t folded(uint32_t crc, const uint8_t *bytes, size_t *size) {
    const __m128i by_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);     /* 64 bytes: x⁵¹² ∓ ³² mod P */
    const __m128i by_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);     /* 16 bytes: x¹²⁸ ∓ ³² mod P */
    const uint8_t *end = bytes + *size / 16 * 16, *at = bytes + 64;
    uint8_t last[16];
    __m128i x[4];
    for (int i = 0; i < 4; i++)
        x[i] = load(bytes + 16 * i);
    x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
    for (; end - at >= 64; at += 64)
        for (int i = 0; i < 4; i++)
            x[i] = fold(x[i], by_64, load(at + 16 * i));
    for (int i = 1; i < 4; i++)
        x[0] = fold(x[0], by_16, x[i]);
    for (; at < end; at += 16)
        x[0] = fold(x[0], by_16, load(at));
    _mm_storeu_si128((void *)last, x[0]);
    *size = (size_t)(end - bytes);
    return (uint32_t)crc32_z(0xffffffff, last, sizeof last);        /* from a register of zeros */
}

static int can_fold(void) {
    return __builtin_cpu_supports("pclmul");
}
#else
enum { FOLDED_FROM = 1 };

static uint32_t folded(uint32_t crc, const uint8_t *bytes, size_t *size) {
    (void)bytes;
    *size = 0;
    return crc;
}

static int can_fold(void) {
    return 0;
}
#endif

uint32_t gb_crc32(uint32_t crc, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    size_t done = size;
    if (size < FOLDED_FROM || !can_fold())
        return (uint32_t)crc32_z(crc, at, size);
    crc = folded(crc, at, &done);
    return (uint32_t)crc32_z(crc, at + done, size - done);
}
