/* The table of filters, and gb_filter_run(), which applies one to a tensor. Filters transform plain maps or arrays of
 * values; layouts, feature lists and `mix` are handled here.
 *
 * A filter of single values works on bands of a channel block: on the whole band if all channels of the block are
 * chosen, else on a copy of each chosen channel. A filter of maps gets one map at a time. */
#include "ops/bends/filters.h"

#include <string.h>

#include "ops/bends/filter_rows.h"
#include "ops/kernel.h"

const gb_filter *const gb_filters[] = {
    &gb_filter_ablate, &gb_filter_invert, &gb_filter_multiply, &gb_filter_add, &gb_filter_threshold, &gb_filter_clamp,
    &gb_filter_quantise, &gb_filter_translate, &gb_filter_scale, &gb_filter_rotate, &gb_filter_reflect_h,
    &gb_filter_reflect_v, &gb_filter_shear, &gb_filter_affine, &gb_filter_resize_crop, &gb_filter_erode,
    &gb_filter_dilate, &gb_filter_opening, &gb_filter_closing, &gb_filter_blur, &gb_filter_sharpen, &gb_filter_sobel,
    &gb_filter_noise, &gb_filter_normalise, &gb_filter_shuffle, &gb_filter_roll, NULL,
};

const gb_filter *gb_filter_find(const char *name) {
    for (const gb_filter *const *f = gb_filters; *f; f++)
        if (strcmp((*f)->name, name) == 0 || ((*f)->alias && strcmp((*f)->alias, name) == 0))
            return *f;
    return NULL;
}

enum {
    BAND = 4096,            /* pixels of a channel block in one task */
    RUN = 512,              /* values filtered and mixed at a time, so that they stay in the first-level cache */
};

typedef struct job {
    const gb_filter *f;
    const float *params;
    const int *feature;     /* NULL = all */
    int count;
    const gb_tensor *in, *out;
    int bands;
    const void *prepared;
    const int *from;
    char *scratch;          /* of worker 0 */
    size_t scratch_size;    /* of each worker */
} job;

/* ------------------------------------------------------------------------------------------------ channels */

static int feature_at(const job *j, int i) {
    return j->feature ? j->feature[i] : i;
}

/* Index of the first chosen channel that is not below c. */
static int first_feature(const job *j, int c) {
    int low = 0, high = j->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (feature_at(j, middle) < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void gather(const gb_real *from, size_t step, gb_real *to, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = from[i * step];
}

static void scatter(const gb_real *from, gb_real *to, size_t step, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i * step] = from[i];
}

static void mix(float share, const gb_real *original, gb_real *result, size_t count) {
    if (share == 1.0f)
        return;
    for (size_t i = 0; i < count; i++)
        result[i] = (1.0f - share) * original[i] + share * result[i];
}

static float share_of(const job *j) {
    return j->params[j->f->params - 1];
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ------------------------------------------------------------------------------------------------ single values */

static void filter_run(const job *j, const gb_real *in, gb_real *out, size_t count) {
    for (size_t i = 0; i < count; i += RUN) {
        size_t n = smaller(RUN, count - i);
        j->f->each(j->params, in + i, out + i, n);
        mix(share_of(j), in + i, out + i, n);
    }
}

static void filter_band(void *arg, int task, int worker) {
    const job *j = arg;
    const gb_shape *s = &j->out->shape;
    int b = s->block, blocks = (s->c + b - 1) / b, c = task / j->bands % blocks * b, n = task / j->bands / blocks;
    size_t pixels = (size_t)s->h * s->w, start = (size_t)(task % j->bands) * BAND;
    size_t count = smaller(BAND, pixels - start);
    const gb_real *in = gb_plane(j->in, n, c) + start * b;
    gb_real *out = gb_plane(j->out, n, c) + start * b;
    int first = first_feature(j, c), end = first_feature(j, c + b);
    (void)worker;
    if (end - first == b) {
        filter_run(j, in, out, count * b);
        return;
    }
    memcpy(out, in, sizeof(gb_real) * count * b);
    for (int i = first; i < end; i++) {
        int offset = feature_at(j, i) - c;
        for (size_t p = 0; p < count; p += RUN) {
            gb_real x[RUN], y[RUN];
            size_t run = smaller(RUN, count - p);
            gather(in + p * b + offset, b, x, run);
            filter_run(j, x, y, run);
            scatter(y, out + p * b + offset, b, run);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ whole maps */

/* Copies a block unless all of its channels are chosen. */
static void copy_block(void *arg, int task, int worker) {
    const job *j = arg;
    const gb_shape *s = &j->out->shape;
    int b = s->block, blocks = (s->c + b - 1) / b, c = task % blocks * b, n = task / blocks;
    (void)worker;
    if (first_feature(j, c + b) - first_feature(j, c) < b)
        memcpy(gb_plane(j->out, n, c), gb_plane(j->in, n, c), sizeof(gb_real) * s->h * s->w * b);
}

static void filter_map(void *arg, int task, int worker) {
    const job *j = arg;
    const gb_shape *s = &j->out->shape;
    size_t pixels = (size_t)s->h * s->w, b = s->block;
    int n = task / j->count, i = task % j->count, c = feature_at(j, i);
    gb_real *scratch = (gb_real *)(j->scratch + worker * j->scratch_size);
    const gb_real *original = gb_plane(j->in, n, c);
    gb_real *result = gb_plane(j->out, n, c), *to = result;
    if (b > 1) {
        gather(original, b, scratch, pixels);
        original = scratch;
        to = scratch + pixels;
        scratch += 2 * pixels;
    }
    if (j->f->order) {
        gather(gb_plane(j->in, n, feature_at(j, j->from[i])), b, to, pixels);
    } else {
        gb_filter_map m = {j->params, j->prepared, original, to, s->h, s->w, n, c, scratch};
        j->f->map(&m);
    }
    mix(share_of(j), original, to, pixels);
    if (b > 1)
        scatter(to, result, b, pixels);
}

/* ------------------------------------------------------------------------------------------------ running */

static size_t rounded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

/* Bytes before the workers' scratch memory: the prepared table, or the order of the maps. */
static size_t prepared_size(const gb_filter *f, const gb_shape *s) {
    return rounded(f->order ? sizeof(int) * s->c : f->prepared_size);
}

static size_t scratch_size(const gb_filter *f, const gb_shape *s) {
    size_t floats = f->scratch ? f->scratch(s->h, s->w) : 0;
    if (s->block > 1 && !f->each)
        floats += 2 * (size_t)s->h * s->w;
    return rounded(sizeof(gb_real) * floats);
}

size_t gb_filter_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape) {
    return prepared_size(f, shape) + scratch_size(f, shape) * cpu->workers;
}

void gb_filter_run(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                   const gb_tensor *in, const gb_tensor *out, void *workspace) {
    const gb_shape *s = &out->shape;
    int blocks = (s->c + s->block - 1) / s->block;
    job j = {
        .f = f, .params = params, .feature = feature, .count = feature ? count : s->c, .in = in, .out = out,
        .bands = (int)(((size_t)s->h * s->w + BAND - 1) / BAND), .prepared = workspace, .from = workspace,
        .scratch_size = scratch_size(f, s),
    };
    if (f->each) {
        gb_parallel(cpu, s->n * blocks * j.bands, filter_band, &j);
        return;
    }
    gb_parallel(cpu, s->n * blocks, copy_block, &j);
    if (j.count == 0)
        return;
    j.scratch = (char *)workspace + prepared_size(f, s);
    if (f->order)
        f->order(params, j.count, workspace);
    else if (f->prepare)
        f->prepare(params, s->h, s->w, workspace);
    gb_parallel(cpu, s->n * j.count, filter_map, &j);
}

/* ------------------------------------------------------------------------------------------------ gradients */

bool gb_filter_has_gradient(const gb_filter *f) {
    return f->each_grad || f->map_grad || f->order;
}

/* Maps of x, of g and of the result, and the filter's own scratch, for every worker. */
static size_t grad_scratch_size(const gb_filter *f, const gb_shape *s) {
    size_t own = f->grad_scratch ? f->grad_scratch(s->h, s->w) : 0;
    return rounded(sizeof(gb_real) * (3 * (size_t)s->h * s->w + own));
}

size_t gb_filter_grad_workspace(const gb_cpu *cpu, const gb_filter *f, const gb_shape *shape) {
    return prepared_size(f, shape) + grad_scratch_size(f, shape) * cpu->workers;
}

typedef struct grad_job { job j; const gb_tensor *g; } grad_job;

/* The index of channel c among the chosen ones, or −1. */
static int feature_index(const job *j, int c) {
    int i = first_feature(j, c);
    return i < j->count && feature_at(j, i) == c ? i : -1;
}

static void grad_map(void *arg, int task, int worker) {
    const grad_job *grad = arg;
    const job *j = &grad->j;
    const gb_shape *s = &j->out->shape;
    size_t pixels = (size_t)s->h * s->w, b = s->block;
    int n = task / s->c, c = task % s->c, i = feature_index(j, c);
    gb_real *x = (gb_real *)(j->scratch + worker * j->scratch_size), *g = x + pixels, *y = g + pixels;
    gather(gb_plane(grad->g, n, c), b, g, pixels);
    if (i < 0 || !gb_filter_has_gradient(j->f)) {
        scatter(g, gb_plane(j->out, n, c), b, pixels);
        return;
    }
    gather(gb_plane(j->in, n, c), b, x, pixels);
    if (j->f->order) {
        int to = 0;             /* the result's map that this one became; shuffles have every index once */
        while (j->from[to] != i)
            to++;
        gather(gb_plane(grad->g, n, feature_at(j, to)), b, y, pixels);
    } else if (j->f->each_grad) {
        j->f->each_grad(j->params, x, g, y, pixels);
    } else {
        gb_filter_map m = {j->params, j->prepared, x, y, s->h, s->w, n, c, y + pixels};
        j->f->map_grad(&m, g);
    }
    mix(share_of(j), g, y, pixels);
    scatter(y, gb_plane(j->out, n, c), b, pixels);
}

void gb_filter_grad(const gb_cpu *cpu, const gb_filter *f, const float *params, const int *feature, int count,
                    const gb_tensor *in, const gb_tensor *g, const gb_tensor *out, void *workspace) {
    const gb_shape *s = &out->shape;
    grad_job grad = {{.f = f, .params = params, .feature = feature, .count = feature ? count : s->c, .in = in, .out = out,
                      .prepared = workspace, .from = workspace, .scratch = (char *)workspace + prepared_size(f, s),
                      .scratch_size = grad_scratch_size(f, s)}, g};
    if (f->order && grad.j.count)
        f->order(params, grad.j.count, workspace);
    else if (f->prepare)
        f->prepare(params, s->h, s->w, workspace);
    gb_parallel(cpu, s->n * s->c, grad_map, &grad);
}
