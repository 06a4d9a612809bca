/* Bending filters: what can be done to feature maps between two operations. Each is a row of one table and the function
 * of one file; the command line, recipes and documentation all read the row. The published ones follow network-bending
 * (Broad, Leymarie, Grierson 2020) to the pixel where `sampling` is opencv. */
#ifndef GB_FILTERS_H
#define GB_FILTERS_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GB_MAX_FILTER_PARAMS = 10 };

/* One feature map of one sample as a filter sees it: pixel (y, x) at [y * w + x], whatever the tensor's layout. */
typedef struct gb_filter_map {
    const float *params;
    const void *plan;
    const float *in;
    float *out;                     /* never overlaps `in` */
    int h, w;
    int sample, channel;            /* what a filter with random numbers needs to give every map its own */
    float *scratch;
} gb_filter_map;

/* The last parameter of every filter is `mix`: (1 − mix) · original + mix · result; 1 gives the result itself. The
 * driver sees to it. Of `each`, `map` and `order` a row has exactly one. */
typedef struct gb_filter {
    const char *name;               /* "threshold" */
    const char *alias;              /* network-bending's name where it differs ("binary-thresh"), else NULL */
    const char *summary;
    int params;                     /* of them the first `positional` may be given without names, in this order */
    int positional;
    gb_param param[GB_MAX_FILTER_PARAMS];
    /* Values one by one, wherever they lie. */
    void (*each)(const float *params, const float *in, float *out, size_t count);
    /* One map. What `plan` makes once per run (matrices, kernels) is in m->plan, `scratch` floats are in m->scratch. */
    void (*map)(const gb_filter_map *m);
    size_t plan_size;                                               /* bytes */
    void (*plan)(const float *params, int h, int w, void *plan);    /* NULL = nothing to prepare */
    size_t (*scratch)(int h, int w);                                /* floats per worker; NULL = none */
    /* Moves whole maps between the `count` channels that take part: the i-th becomes the from[i]-th. */
    void (*order)(const float *params, int count, int *from);
} gb_filter;

extern const gb_filter *const gb_filters[];             /* NULL-terminated */
const gb_filter *gb_filter_find(const char *name);      /* by either name; NULL */

/* Bytes of workspace that gb_filter_run() needs. Independent of parameters: moving one needs no new plan. */
size_t gb_filter_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape);

/* out = filter(in) on the `count` channels in `feature` (ascending; NULL = all), a copy elsewhere. Any block; `in` and
 * `out` have the same shape and do not overlap. `params` holds f->params values in range; `workspace` is 64-byte
 * aligned. Parallel over maps; the same bits for any layout, any number of workers and any batch (but for `noise`
 * where it is asked to give each sample of a batch its own). */
void gb_filter_run(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                   const gb_tensor *in, const gb_tensor *out, void *workspace);

#ifdef __cplusplus
}
#endif
#endif
