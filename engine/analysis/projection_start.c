/* Where a projection starts: the mean w or z of samples, or the nearest of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "projection.h"
#include "samples.h"

enum { MAPPING_BATCH = 100, SEARCH_BATCH = 4, SEARCH_SIDE = 32, MEAN_SAMPLES = 10000, SEARCH_SAMPLES = 256, COLOUR_SAMPLES = 8 };

static gb_status no_memory(gb_error *err) {
    return gb_fail(err, GB_NO_MEMORY, "out of memory");
}

static size_t z_width(const gb_projection *p) {
    gb_node_info z;
    gb_model_node(p->model, gb_model_find_role(p->model, GB_ROLE_Z, 0), &z);
    return (size_t)z.shape[z.ndim - 1];
}

/* The z's of all samples: the caller's, or as the published tools draw them. The caller frees *owned. */
static gb_status draw_z(gb_projection *p, size_t samples, const float **z, float **owned, gb_error *err) {
    size_t count = samples * z_width(p);
    *owned = NULL;
    *z = p->o.z;
    if (*z)
        return GB_OK;
    *owned = malloc(count * sizeof **owned);
    if (!*owned)
        return no_memory(err);
    if (p->o.schedule == GB_PROJECT_NVIDIA)
        gb_randn(GB_RNG_NUMPY, 123, count, *owned);
    else
        gb_random_torch(&p->random, count, *owned);
    *z = *owned;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ the mean w */

/* The mean of w [samples, width], and √(Σ ‖w − mean‖² / samples). */
static double mean_and_deviation(const float *w, size_t samples, size_t width, float *mean) {
    double squares = 0;
    for (size_t k = 0; k < width; k++) {
        double sum = 0;
        for (size_t i = 0; i < samples; i++)
            sum += (double)w[i * width + k];
        mean[k] = (float)(sum / (double)samples);
        for (size_t i = 0; i < samples; i++)
            squares += ((double)w[i * width + k] - (double)mean[k]) * ((double)w[i * width + k] - (double)mean[k]);
    }
    return sqrt(squares / (double)samples);
}

/* The w's of all samples [samples, width]. */
static gb_status map_samples(gb_projection *p, const float *z, size_t samples, float *w, gb_error *err) {
    gb_samples from = {0};
    size_t n = 1;
    int batch = samples < MAPPING_BATCH ? (int)samples : MAPPING_BATCH;
    gb_status status = gb_samples_new(&from, p->model, gb_latent_node(p->model), samples, batch, 0, z, err);
    from.label = p->o.label;
    while (!status && n) {
        status = gb_samples_next(&from, NULL, w + from.done * p->width, &n, err);
        if (!status)
            status = gb_projection_tell(p, (double)from.done / (double)samples, err);
    }
    gb_samples_free(&from);
    return status;
}

static gb_status start_from_mean(gb_projection *p, gb_error *err) {
    size_t samples = p->o.samples ? p->o.samples : MEAN_SAMPLES;
    const float *z;
    float *owned = NULL, *w = NULL, *mean = malloc(p->width * sizeof *mean);
    gb_status status = mean ? GB_OK : no_memory(err);
    if (!status && p->o.w_avg) {
        memcpy(mean, p->o.w_avg, p->width * sizeof *mean);
        p->deviation = p->o.w_std;
    } else if (!status && !(status = draw_z(p, samples, &z, &owned, err))) {
        if (p->o.space != GB_PROJECT_Z) {
            w = malloc(samples * p->width * sizeof *w);
            status = w ? map_samples(p, z, samples, w, err) : no_memory(err);
        }
        if (!status)
            p->deviation = mean_and_deviation(w ? w : z, samples, p->width, mean);
    }
    for (int row = 0; row < p->rows && !status; row++)
        memcpy(p->latents + (size_t)row * p->width, mean, p->width * sizeof *mean);
    free(owned);
    free(mean);
    free(w);
    return status;
}

/* ------------------------------------------------------------------------------------------------ the nearest sample */

gb_node gb_projection_picture_node(const gb_model *model, int height) {
    for (int i = 0; ; i++) {
        gb_node node = gb_model_find_role(model, GB_ROLE_IMAGE, i);
        gb_node_info info;
        if (node == GB_NO_NODE)
            return gb_model_output(model);
        gb_model_node(model, node, &info);
        if (info.shape[1] >= height)
            return node;
    }
}

/* A loss at the size of `node`'s picture, or at SEARCH_SIDE if it is larger. */
static gb_status small_loss(const gb_projection *p, gb_node_info *node, gb_picture_loss **loss, gb_error *err) {
    const gb_projection_options *o = &p->o;
    int h = (int)node->shape[1], w = (int)node->shape[2];
    while (h >= 2 * SEARCH_SIDE && w >= 2 * SEARCH_SIDE) {
        h /= 2;
        w /= 2;
    }
    h = h < o->target_height ? h : o->target_height;
    w = w < o->target_width ? w : o->target_width;
    float *target = malloc(3 * (size_t)h * (size_t)w * sizeof *target), *mask = malloc((size_t)h * (size_t)w * sizeof *mask);
    gb_status status = target && mask ? GB_OK : no_memory(err);
    if (!status) {
        gb_reduce_picture(o->target, 3, o->target_height, o->target_width, h, w, target);
        if (o->mask)
            gb_reduce_picture(o->mask, 1, o->target_height, o->target_width, h, w, mask);
        status = gb_picture_loss_new(&(gb_picture_loss_options){.target = target, .height = h, .width = w,
                                                                .mask = o->mask ? mask : NULL, .scales = 1}, loss, err);
    }
    free(target);
    free(mask);
    return status;
}

typedef struct search {
    gb_samples from;
    gb_picture_loss *loss;
    gb_node node;               /* whose pictures are compared */
    gb_node_info picture;
    gb_colour_map colours;
    size_t samples;
    float *pictures, *latents;  /* of a batch */
    int found;                  /* the nearest ones, nearest first */
    double nearest[GB_PROJECTION_STARTS];
    size_t nearest_at[GB_PROJECTION_STARTS];
    float *all;                 /* [samples, width] latents */
    const float *z;             /* [samples, width] if these are the latents, otherwise NULL */
} search;

static void insert(search *s, double loss, size_t sample) {
    int at = s->found < GB_PROJECTION_STARTS ? s->found++ : GB_PROJECTION_STARTS - 1;
    if (at == GB_PROJECTION_STARTS - 1 && s->nearest[at] > 0 && loss >= s->nearest[at])
        return;
    for (; at > 0 && loss < s->nearest[at - 1]; at--) {
        s->nearest[at] = s->nearest[at - 1];
        s->nearest_at[at] = s->nearest_at[at - 1];
    }
    s->nearest[at] = loss;
    s->nearest_at[at] = sample;
}

static gb_status compare_batch(gb_projection *p, search *s, size_t first, size_t n, gb_error *err) {
    size_t floats = (size_t)(s->picture.shape[0] * s->picture.shape[1] * s->picture.shape[2]);
    gb_status status = GB_OK;
    memcpy(s->all + first * p->width, s->z ? s->z + first * p->width : s->latents, n * p->width * sizeof *s->all);
    for (size_t i = 0; i < n && !status; i++) {
        gb_picture_difference d;
        gb_map_colours(&s->colours, s->pictures + i * floats, (size_t)(s->picture.shape[1] * s->picture.shape[2]));
        status = gb_picture_loss_of(s->loss, s->pictures + i * floats, (int)s->picture.shape[0], (int)s->picture.shape[1],
                                    (int)s->picture.shape[2], &d, NULL, err);
        if (!status)
            insert(s, d.loss, first + i);
    }
    return status ? status : gb_projection_tell(p, (double)(first + n) / (double)s->samples, err);
}

static gb_status search_all(gb_projection *p, search *s, gb_error *err) {
    size_t n = 1, first = 0;
    gb_status status = GB_OK;
    while (!status && n) {
        status = gb_samples_next(&s->from, s->pictures, s->z ? NULL : s->latents, &n, err);
        if (!status && n)
            status = compare_batch(p, s, first, n, err);
        first += n;
    }
    return status;
}

/* The starts are the nearest samples. A sample's class gets three quarters of the mixture, the others share the rest. */
static gb_status take_nearest(gb_projection *p, const search *s, float *mean, gb_error *err) {
    p->start_count = s->found;
    p->starts = malloc((size_t)s->found * p->count * sizeof *p->starts);
    p->start_logits = calloc((size_t)s->found * p->classes + 1, sizeof *p->start_logits);
    if (!p->starts || !p->start_logits)
        return no_memory(err);
    for (int i = 0; i < s->found; i++) {
        for (int row = 0; row < p->rows; row++)
            memcpy(p->starts + (size_t)i * p->count + (size_t)row * p->width, s->all + s->nearest_at[i] * p->width,
                   p->width * sizeof *p->starts);
        if (p->classes > 1)
            p->start_logits[(size_t)i * p->classes + s->nearest_at[i] % p->classes] = (float)log(3.0 * (double)(p->classes - 1));
    }
    p->deviation = mean_and_deviation(s->all, s->samples, p->width, mean);
    return GB_OK;
}

/* The colours of the running pictures that the search and the stages compare. */
static gb_status fit_all_colours(gb_projection *p, search *s, const float *z, gb_error *err) {
    size_t count = s->samples < COLOUR_SAMPLES ? s->samples : COLOUR_SAMPLES;
    gb_status status = gb_fit_colours(p->model, s->node, z, count, p->o.label, &s->colours, err);
    for (int i = 0; i < p->stage_count && !status; i++) {
        gb_projection_stage *stage = &p->stages[i];
        if (stage->node == s->node)
            stage->colours = s->colours;
        else
            status = gb_fit_colours(p->model, stage->node, z, count, p->o.label, &stage->colours, err);
    }
    return status;
}

static gb_status start_from_nearest(gb_projection *p, gb_error *err) {
    search s = {.samples = p->o.samples ? p->o.samples : SEARCH_SAMPLES,
                .node = gb_projection_picture_node(p->model, SEARCH_SIDE)};
    const float *z = NULL;
    float *owned = NULL, *mean = malloc(p->width * sizeof *mean);
    gb_model_node(p->model, s.node, &s.picture);
    size_t floats = (size_t)(s.picture.shape[0] * s.picture.shape[1] * s.picture.shape[2]);
    s.pictures = malloc(SEARCH_BATCH * floats * sizeof *s.pictures);
    s.latents = malloc(SEARCH_BATCH * p->width * sizeof *s.latents);
    s.all = malloc(s.samples * p->width * sizeof *s.all);
    gb_status status = mean && s.pictures && s.latents && s.all ? GB_OK : no_memory(err);
    if (!status)
        status = draw_z(p, s.samples, &z, &owned, err);
    s.z = !status && p->o.space == GB_PROJECT_Z ? z : NULL;
    if (!status)
        status = fit_all_colours(p, &s, z, err);
    if (!status)
        status = small_loss(p, &s.picture, &s.loss, err);
    if (!status)
        status = gb_samples_new(&s.from, p->model, s.node, s.samples, SEARCH_BATCH, 0, z, err);
    s.from.label = p->o.label;
    if (!status)
        status = search_all(p, &s, err);
    if (!status)
        status = take_nearest(p, &s, mean, err);
    gb_samples_free(&s.from);
    gb_picture_loss_free(s.loss);
    free(s.pictures);
    free(s.latents);
    free(s.all);
    free(owned);
    free(mean);
    return status;
}

gb_status gb_projection_start(gb_projection *p, gb_error *err) {
    gb_status status = p->o.schedule == GB_PROJECT_FAST ? start_from_nearest(p, err) : start_from_mean(p, err);
    if (status || !p->o.start)
        return status;
    memcpy(p->starts ? p->starts : p->latents, p->o.start, p->count * sizeof *p->latents);
    p->start_count = p->starts ? 1 : 0;
    return GB_OK;
}
