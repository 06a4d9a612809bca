/* Bending filters on the GPU. Files and definitions are those of ops/bends/. filter.cu puts parameters and features
 * into the parameter block and launches the kernels of the other files. */
#ifndef GB_CUDA_FILTERS_CUH
#define GB_CUDA_FILTERS_CUH

#include "cuda/tensor.cuh"
#include "ops/bends/prepared.h"

/* One use of a filter. The pointers point into the parameter block, which kernels read when they run. */
struct gb_filter_use {
    gb_view in, out;
    long long count, groups;    /* items of `out`; its groups of eight channels if it is channels last, else 0 */
    const float *params, *share;
    const int *from;            /* [C]: the channel that each map is made of; negative = not a chosen channel */
    const void *prepared;       /* written by the filter's prepare() */
    void *workspace;
};

/* The kernels of a filter: `which` selects it among those that share launch(). */
struct gb_filter_form {
    const char *name;
    void (*launch)(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which);
    int which;
    size_t (*workspace)(const gb_cpu *cpu, const gb_desc *d, int which);     /* bytes; NULL = none */
};

enum { GB_ABLATE, GB_INVERT, GB_MULTIPLY, GB_ADD, GB_THRESHOLD, GB_CLAMP, GB_QUANTISE };
enum { GB_REFLECT_H, GB_REFLECT_V };
enum { GB_ERODE, GB_DILATE, GB_OPENING, GB_CLOSING };
enum { GB_BLUR, GB_SHARPEN };

void gb_launch_pointwise(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which);
void gb_launch_affine(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int);
void gb_launch_reflect(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which);
void gb_launch_morphology(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which);
void gb_launch_gaussian(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int which);
void gb_launch_sobel(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int);
void gb_launch_noise(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int);
void gb_launch_normalise(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int);
void gb_launch_channels(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int);

size_t gb_morphology_workspace(const gb_cpu *cpu, const gb_desc *d, int which);
size_t gb_gaussian_workspace(const gb_cpu *cpu, const gb_desc *d, int);
size_t gb_normalise_workspace(const gb_cpu *cpu, const gb_desc *d, int);

/* Kernels that need many registers are told for how many blocks there have to be registers: left alone, the compiler spills some
 * to make room for more. */
enum { GB_FILTER_THREADS = 256, GB_FILTER_BLOCKS = 4 };

/* gb_launch_threads(cpu, threads, kernel, use, args…) launches kernel(use, args…), which loops over `threads` items. */
#define gb_launch_threads(cpu, threads, kernel, ...)                                                                   \
    gb_launch(cpu, kernel, gb_blocks((size_t)(threads), GB_FILTER_THREADS), GB_FILTER_THREADS, 0, __VA_ARGS__)

/* For a kernel that loops over all items of the output. */
#define gb_launch_items(cpu, kernel, use, ...)                                                                         \
    gb_launch_threads(cpu, (use).count, kernel, use __VA_OPT__(, ) __VA_ARGS__)

/* For one that calls gb_each_filtered(). */
#define gb_launch_filtered(cpu, kernel, use, ...)                                                                      \
    gb_launch_threads(cpu, (use).groups ? (use).groups : (use).count, kernel, use __VA_OPT__(, ) __VA_ARGS__)

/* (1 − share) · x + share · y; with share = 1 y itself. */
__device__ static inline float gb_mixed(float share, float x, float y) {
    return share == 1.0f ? y : (1.0f - share) * x + share * y;
}

/* Writes every value of the output. at_pixel(n, p) computes what all channels of a pixel have in common and returns the
 * function (c, x) → y. Chosen channels get y mixed with x, others x. */
template <class F> __device__ static inline void gb_each_filtered(const gb_filter_use &b, F at_pixel) {
    float share = *b.share;
    if (!b.groups) {
        GB_EACH_ITEM(i, b.count) {
            gb_item at = gb_item_at(b.out, i);
            float v = gb_load(b.in, at.n, at.c, at.p);
            if (b.from[at.c] >= 0)
                v = gb_mixed(share, v, at_pixel(at.n, at.p)(at.c, v));
            gb_store(b.out, at.n, at.c, at.p, v);
        }
        return;
    }
    GB_EACH_ITEM(i, b.groups) {
        gb_item at = gb_group_at(b.out, b.out, i);
        auto result = at_pixel(at.n, at.p);
        float v[8];
        gb_load8(b.in, at.n, at.c, at.p, v);
#pragma unroll
        for (int k = 0; k < 8; k++)
            if (at.c + k >= b.out.c)
                v[k] = 0.0f;
            else if (b.from[at.c + k] >= 0)
                v[k] = gb_mixed(share, v[k], result(at.c + k, v[k]));
        gb_store8(b.out, at.n, at.c, at.p, v);
    }
}

/* As gb_border_pixel() of ops/bends/border.h. */
__device__ static inline int gb_pixel_inside(gb_border border, int i, int size) {
    if (i >= 0 && i < size)
        return i;
    if (border == GB_BORDER_ZEROS)
        return -1;
    if (border == GB_BORDER_EDGE)
        return i < 0 ? 0 : size - 1;
    int period = border == GB_BORDER_REFLECT ? 2 * size : size, j = i % period;
    j += j < 0 ? period : 0;
    return j < size ? j : period - 1 - j;
}

#endif
