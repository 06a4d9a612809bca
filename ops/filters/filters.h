/* Bending filters: what can be done to feature maps between two operations. Each is a row of one table and the function
 * of one file; the command line, recipes and documentation all read the row. The published ones follow network-bending
 * (Broad, Leymarie, Grierson 2020) to the pixel where `sampling` is opencv. */
#ifndef GB_FILTERS_H
#define GB_FILTERS_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GB_MAX_FILTER_PARAMS = 8 };

typedef struct gb_filter_param {
    const char *name;               /* "angle" */
    const char *summary;            /* with its unit: "degrees, counter-clockwise" */
    float otherwise, low, high;     /* default, and what is allowed (infinite ends are possible) */
    bool whole;                     /* takes whole numbers only */
    const char *const *choices;     /* names of the values 0, 1, … ("zeros", "edge", …, NULL), or NULL: a number */
} gb_filter_param;

/* One feature map where it lies: pixel (y, x) is data[(y * w + x) * step]. */
typedef struct gb_map2d {
    float *data;
    int h, w;
    size_t step;
} gb_map2d;

/* Where a filter stands: what a filter with random numbers needs to give every map its own, the same on each run. */
typedef struct gb_filter_place {
    int sample, channel;
} gb_filter_place;

typedef struct gb_filter gb_filter;
struct gb_filter {
    const char *name;               /* "rotate" */
    const char *published;          /* network-bending's name where it differs ("binary-thresh"), else NULL */
    const char *summary;
    int params;                     /* of them the first `positional` may be given without names, in this order */
    int positional;
    gb_filter_param param[GB_MAX_FILTER_PARAMS];
    size_t (*plan_size)(const gb_filter *f);                                        /* NULL = nothing to prepare */
    /* Once per run, before the maps: matrices, kernels, structuring elements for maps of h × w. */
    void (*plan)(const gb_filter *f, const float *params, int h, int w, void *plan);
    size_t (*scratch)(const gb_filter *f, const float *params, int h, int w);       /* bytes per worker; NULL = none */
    /* One map; `out` never overlaps `in`. NULL where `all` is given. */
    void (*map)(const void *plan, const float *params, gb_filter_place at, const gb_map2d *in, const gb_map2d *out,
                void *scratch);
    /* Filters that move values between maps (shuffle, roll): `feature` lists the `count` channels taking part. */
    void (*all)(const gb_cpu *cpu, const float *params, const gb_tensor *in, const gb_tensor *out, const int *feature,
                int count);
};

extern const gb_filter *const gb_filters[];     /* NULL-terminated */
const gb_filter *gb_filter_find(const char *name);      /* by either name; NULL */

/* Bytes of workspace that gb_filter_run() needs. */
size_t gb_filter_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape, const float *params);

/* out = filter(in) on the `count` channels in `feature` (ascending; NULL = all), a copy elsewhere. Any block; `in` and
 * `out` have the same shape and do not overlap. `params` holds f->params values in range. Parallel over maps; the same
 * bits for any number of workers and for any batch. */
void gb_filter_run(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                   const gb_tensor *in, const gb_tensor *out, void *workspace);

#ifdef __cplusplus
}
#endif
#endif
