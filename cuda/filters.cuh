/* Bending filters on the GPU: what the files of their families share. The files, the filters and their definitions are
 * those of ops/filters/. filter.cu puts into the live block what a person can move; the kernels compute values. */
#ifndef GB_CUDA_FILTERS_CUH
#define GB_CUDA_FILTERS_CUH

#include "cuda/tensor.cuh"
#include "ops/filters/plans.h"

/* One use of a filter. What the pointers point to is in the live block: read when the kernels run. */
struct gb_filter_use {
    gb_view in, out;
    long long count;            /* items of `out` */
    const float *params, *share;
    const int *from;            /* [C]: the channel whose map this one is made of; negative = it takes no part */
    const void *plan;           /* what the filter's plan() made */
    void *workspace;
};

/* A filter of the table: one of its family's. */
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

enum { GB_FILTER_THREADS = 256 };

/* kernel(use, args…) with a thread for each item, or for some of them. */
template <class... P, class... A>
void gb_launch_each(const gb_cpu *cpu, void (*kernel)(gb_filter_use, P...), const gb_filter_use &use, A... args) {
    gb_launch(cpu, kernel, gb_blocks((size_t)use.count, GB_FILTER_THREADS), GB_FILTER_THREADS, 0, use, args...);
}

/* (1 − share) · x + share · y, which is y itself where the share is 1. */
__device__ static inline float gb_mixed(float share, float x, float y) {
    return share == 1.0f ? y : (1.0f - share) * x + share * y;
}

/* Writes every item of the output: result(place, x) mixed with x where the channel takes part, x elsewhere. */
template <class F> __device__ static inline void gb_each_filtered(const gb_filter_use &b, F result) {
    float share = *b.share;
    GB_EACH_ITEM(i, b.count) {
        gb_place at = gb_place_of(b.out, i);
        float v = at.c < b.out.c ? gb_load(b.in, at.n, at.c, at.p) : 0.0f;
        if (at.c < b.out.c && b.from[at.c] >= 0)
            v = gb_mixed(share, v, result(at, v));
        gb_store(b.out, at.n, at.c, at.p, v);
    }
}

/* As gb_border_pixel() of ops/filters/border.h. */
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
