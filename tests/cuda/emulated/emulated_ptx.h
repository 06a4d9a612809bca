/* The functions of cuda/ptx.cuh without a GPU. The tile product of a warp uses PTX's layout of fragments: for
 * mma.m16n8k16 (half) and mma.m16n8k8 (tf32), lane 4g + t holds, in 32-bit words, rows g and g + 8 of A at words t and
 * t + 4, column g of B at words t and t + 4, and rows g and g + 8 of the sums at columns 2t and 2t + 1. */
#ifndef EMULATED_PTX_H
#define EMULATED_PTX_H

#include "cuda_fp16.h"
#include "cuda_runtime.h"

#define GB_SHARED(name) uint32_t *name = (uint32_t *)emulated_shared()

void copy_async16(void *to, const void *from, int bytes);
void copy_commit(void);
void emulated_copy_wait(int groups_left);

template <int LEFT> static inline void copy_wait(void) { emulated_copy_wait(LEFT); }

static inline uint32_t mul_half2(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (int i = 0; i < 32; i += 16)
        product |= (uint32_t)__half_as_ushort(__float2half_rn(
                       __half2float(__ushort_as_half((unsigned short)(a >> i))) *
                       __half2float(__ushort_as_half((unsigned short)(b >> i))))) << i;
    return product;
}

/* Rounds to 10 bits of mantissa, to nearest, ties away from zero. */
static inline uint32_t to_tf32(float f) {
    uint32_t u = __float_as_uint(f);
    return (u & 0x7f800000) == 0x7f800000 ? u : (u + 0x1000) & 0xffffe000;
}

template <int STRIDE> static inline void load_tile(const uint32_t *tile, uint32_t (&to)[4]) {
    int lane = emulated_lane();
    for (int i = 0; i < 4; i++)
        to[i] = tile[(lane / 4 + i % 2 * 8) * STRIDE + lane % 4 + i / 2 * 4];
}

static inline void load_swizzled_tile(const uint32_t *tile, int quarter, uint32_t (&to)[4]) {
    int lane = emulated_lane();
    for (int i = 0; i < 4; i++) {
        int row = lane / 4 + i % 2 * 8;
        to[i] = tile[row * 32 + ((quarter + i / 2) ^ row % 8) * 4 + lane % 4];
    }
}

typedef float emulated_four __attribute__((vector_size(16)));

struct emulated_fragments { float *sum; const uint32_t *a, *b; };

/* The numbers in a word: two halves, the second `stride` after the first, or a tf32, of which the hardware ignores the lower
 * bits. */
template <bool HALF>
__attribute__((no_sanitize("thread"))) static inline void emulated_numbers(uint32_t word, float *to, int stride) {
    if (HALF) {
        to[0] = __half2float(__ushort_as_half((unsigned short)word));
        to[stride] = __half2float(__ushort_as_half((unsigned short)(word >> 16)));
    } else {
        to[0] = __uint_as_float(word & 0xffffe000);
    }
}

template <bool HALF, int M, int N>
__attribute__((no_sanitize("thread"))) static void emulated_mma(void *const *lanes, void *) {
    constexpr int IN_WORD = HALF ? 2 : 1, DEPTH = 8 * IN_WORD, ROWS = M * 16;
    float a[ROWS][DEPTH];
    emulated_four b[DEPTH][2 * N];
    for (int lane = 0; lane < 32; lane++) {
        const emulated_fragments *of = (const emulated_fragments *)lanes[lane];
        int g = lane / 4, q = lane % 4 * IN_WORD;
        for (int i = 0; i < M * 4; i++)
            emulated_numbers<HALF>(of->a[i], &a[i / 4 * 16 + g + i % 2 * 8][q + i % 4 / 2 * 4 * IN_WORD], 1);
        for (int i = 0; i < N * 2; i++)
            emulated_numbers<HALF>(of->b[i], (float *)b[q + i % 2 * 4 * IN_WORD] + i / 2 * 8 + g, N * 8);
    }
    for (int row = 0; row < ROWS; row++) {
        emulated_four sums[2 * N] = {};
        for (int k = 0; k < DEPTH; k++)
#pragma GCC unroll 8
            for (int i = 0; i < 2 * N; i++)
                sums[i] += a[row][k] * b[k][i];
        for (int column = 0; column < N * 8; column++) {
            emulated_fragments *to = (emulated_fragments *)lanes[row % 8 * 4 + column % 8 / 2];
            to->sum[(row / 16 * N + column / 8) * 4 + row % 16 / 8 * 2 + column % 2] += sums[column / 4][column % 4];
        }
    }
}

template <bool HALF, int M, int N>
static inline void mma_tile(float (&sum)[M][N][4], const uint32_t (&a)[M][4], const uint32_t (&b)[N][2]) {
    emulated_fragments mine = {&sum[0][0][0], &a[0][0], &b[0][0]};
    emulated_warp(&mine, emulated_mma<HALF, M, N>, NULL);
}

#endif
