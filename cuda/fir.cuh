/* The 4×4 FIR after a transposed convolution, for the kernel that applies it to a map and the one that applies it to a
 * tile in shared memory. A thread computes eight channels of FIR_STRIP pixels of a column. Filters that are products of
 * two vectors, as the published one is, take 7 loads and 11 multiply-adds for a value instead of 16 and 16: each row is
 * filtered along x once, for all pixels of the column that it is part of. */
#ifndef GB_CUDA_FIR_CUH
#define GB_CUDA_FIR_CUH

#include "cuda/modulated_conv2d.cuh"

enum { FIR_STRIP = 4, FIR_ROWS = FIR_STRIP + GB_FIR_TAPS - 1 };

/* The filter, and 4 times its factors. */
struct fir_taps {
    const float *f;
    float a[GB_FIR_TAPS], b[GB_FIR_TAPS];
    bool is_product;
};

__device__ static inline fir_taps load_taps(const float *fir) {
    fir_taps t;
    t.f = fir;
    fir += GB_FIR_TAPS * GB_FIR_TAPS;
    t.is_product = fir[0] != 0.0f;
#pragma unroll
    for (int i = 0; i < GB_FIR_TAPS; i++) {
        t.a[i] = 4.0f * fir[1 + i];
        t.b[i] = fir[1 + GB_FIR_TAPS + i];
    }
    return t;
}

/* Adds weight(ky) · v to the sums of the pixels for which row `row` of FIR_ROWS is that of tap ky. */
template <class Weight>
__device__ __forceinline__ void add_to_strip(int row, Weight weight, const float (&v)[8], float (&sum)[FIR_STRIP][8]) {
#pragma unroll
    for (int j = 0; j < FIR_STRIP; j++) {
        int ky = j + GB_FIR_TAPS - 1 - row;
        if (ky >= 0 && ky < GB_FIR_TAPS)
#pragma unroll
            for (int k = 0; k < 8; k++)
                sum[j][k] = fmaf(weight(ky), v[k], sum[j][k]);
    }
}

/* Adds the taps of one row, `row` rows below the first of FIR_ROWS, to the sums. load(kx, v) loads the eight channels
 * that tap kx multiplies, or returns false if they are outside the map. */
template <class Load>
__device__ __forceinline__ void add_fir_row(const fir_taps &taps, int row, Load load, float (&sum)[FIR_STRIP][8]) {
    float along[8] = {0.0f};
#pragma unroll
    for (int kx = 0; kx < GB_FIR_TAPS; kx++) {
        float v[8];
        if (!load(kx, v))
            continue;
        if (taps.is_product) {
#pragma unroll
            for (int k = 0; k < 8; k++)
                along[k] = fmaf(taps.b[kx], v[k], along[k]);
        } else {
            add_to_strip(row, [&](int ky) { return 4.0f * taps.f[ky * GB_FIR_TAPS + kx]; }, v, sum);
        }
    }
    if (taps.is_product)
        add_to_strip(row, [&](int ky) { return taps.a[ky]; }, along, sum);
}

/* The sums of pixel j of the strip, for loops that are not unrolled. */
__device__ __forceinline__ void fir_sums_of(const float (&sum)[FIR_STRIP][8], int j, float (&v)[8]) {
#pragma unroll
    for (int k = 0; k < 8; k++)
        v[k] = j == 0 ? sum[0][k] : j == 1 ? sum[1][k] : j == 2 ? sum[2][k] : sum[3][k];
}

#endif
