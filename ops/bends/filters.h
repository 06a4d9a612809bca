/* Bending filters: transformations of feature maps between two operations. Each is a row of one table; the command
 * line, recipes and documentation use the row. The published ones reproduce network-bending (Broad, Leymarie, Grierson
 * 2020) to the pixel if `sampling` is opencv. */
#ifndef GB_FILTERS_H
#define GB_FILTERS_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GB_MAX_FILTER_PARAMS = 10 };

/* One feature map of one sample: pixel (y, x) at [y * w + x], for any layout of the tensor. */
typedef struct gb_filter_map {
    const float *params;
    const void *prepared;           /* written by the filter's prepare() */
    const gb_real *in;
    gb_real *out;                   /* never overlaps `in` */
    int h, w;
    int sample, channel;            /* for filters that draw different random numbers for every map */
    gb_real *scratch;
} gb_filter_map;

/* The last parameter of every filter is `mix`: (1 − mix) · original + mix · result; 1 gives the result itself.
 * gb_filter_run() applies it. A row has exactly one of `each`, `map` and `order`. */
typedef struct gb_filter {
    const char *name;               /* "threshold" */
    const char *alias;              /* network-bending's name where it differs ("binary-thresh"), else NULL */
    const char *summary;
    int params;                     /* the first `positional` of them may be given without names, in this order */
    int positional;
    gb_param param[GB_MAX_FILTER_PARAMS];
    /* Transforms single values. */
    void (*each)(const float *params, const gb_real *in, gb_real *out, size_t count);
    /* Transforms one map. m->prepared has the tables that `prepare` computes once per run, m->scratch `scratch`
     * floats. */
    void (*map)(const gb_filter_map *m);
    size_t prepared_size;                                           /* bytes */
    void (*prepare)(const float *params, int h, int w, void *prepared);     /* NULL = nothing to prepare */
    size_t (*scratch)(int h, int w);                                /* floats per worker; NULL = none */
    /* Permutes the maps of the `count` chosen channels: the i-th becomes what the from[i]-th was. */
    void (*order)(const float *params, int count, int *from);
    /* The adjoint, for gradients: y = fᵀ(x) g. Filters with neither, whose result does not change with small changes of x
     * or jumps, have no gradient; a permutation needs none of its own.
     * Of single values: */
    void (*each_grad)(const float *params, const gb_real *x, const gb_real *g, gb_real *y, size_t count);
    /* Of a map: m->in is x, m->out gets y, and m->scratch has grad_scratch() values. */
    void (*map_grad)(const gb_filter_map *m, const gb_real *g);
    size_t (*grad_scratch)(int h, int w);
} gb_filter;

extern const gb_filter *const gb_filters[];             /* NULL-terminated */
const gb_filter *gb_filter_find(const char *name);      /* by our name or the published one; NULL if unknown */

/* Bytes of workspace for gb_filter_run(). They do not depend on the parameters: changing one needs no new plan. */
size_t gb_filter_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape);

/* out = filter(in) on the `count` channels in `feature` (ascending; NULL = all channels); the others are copied. `in`
 * and `out` have the same shape, with any block, and do not overlap. `params` has f->params values within their ranges;
 * `workspace` is 64-byte aligned. Parallel over maps. The bits do not depend on layout, workers or batch, except for
 * `noise` with `samples` own. */
void gb_filter_run(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                   const gb_tensor *in, const gb_tensor *out, void *workspace);

/* Whether the filter has a gradient. */
bool gb_filter_has_gradient(const gb_filter *f);
/* out = the gradient of `in` from that of the filter's result, `g`: fᵀ(in) g on the chosen channels, g on the others. A
 * filter without a gradient passes g through, as if it returned its input. */
size_t gb_filter_grad_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape);
void gb_filter_grad(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                    const gb_tensor *in, const gb_tensor *g, const gb_tensor *out, void *workspace);

#ifdef __cplusplus
}
#endif
#endif
