/* gb_measure_units() of ganbend.h: what each feature map of a layer does to the picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/ganbend_analysis.h"
#include "engine/ganbend_gradient.h"
#include "engine/graph/model.h"
#include "engine/picture/png_read.h"
#include "kept.h"
#include "samples.h"

enum { SAMPLES = 4 };
#define MOST_BYTES ((size_t)1 << 30)        /* of the layer's values of all samples, which are kept for their quantiles */
#define QUANTILE 0.995

static const gb_unit_bend default_bends[] = {
    {"ablate", NULL, 0}, {"multiply", (const float[]){-1}, 1}, {"multiply", (const float[]){5}, 1}, {"dilate", NULL, 0},
};

typedef struct work {
    gb_model *model;
    const gb_unit_options *o;
    const gb_unit_bend *bends;
    int bend_count;
    gb_node node;
    const char *at;
    size_t samples, channels, h, w;         /* of the layer */
    size_t picture[3], pixels, floats;      /* of the output, [C, H, W] */
    const float *mask;                      /* [H, W], or NULL: everywhere */
    double mask_sum;
    float *maps;                            /* [samples, channels, h, w] */
    float *value;                           /* [channels, h, w]: one channel filled with its mean */
    float *before, *after;                  /* pictures */
    double *difference, *difference_in_mask;        /* [channels, bends + 1] sums over the samples; the last is the mean's */
    double *attribution;                    /* [channels] */
    gb_unit *units;
    size_t done, all;                       /* renders */
    uint64_t next;                          /* sample · channels + unit: the unit that is bent next */
    gb_kept kept;
    gb_error *err;
} work;

static gb_status no_memory(const work *k) {
    return gb_fail(k->err, GB_NO_MEMORY, "out of memory");
}

static gb_status report(work *k) {
    const gb_unit_options *o = k->o;
    k->done++;
    return !o->progress || o->progress(o->progress_arg, (double)k->done / (double)k->all) ? GB_OK : gb_fail_cancelled(k->err);
}

/* ------------------------------------------------------------------------------------------------ sessions */

static gb_status set_sample(const work *k, gb_session *session, size_t sample) {
    const gb_unit_options *o = k->o;
    return gb_set_sample(k->model, session, o->seed + sample, o->z, sample, o->label, o->psi, k->err);
}

/* Renders every sample once, keeps the layer's values, and adds up the attributions: Σ value · ∂f/∂value, f being the mean of
 * the picture over the mask. */
static gb_status attribute(work *k) {
    size_t layer = k->channels * k->h * k->w;
    float *cotangent = calloc(k->floats + 1, sizeof *cotangent), *gradient = malloc(layer * sizeof *gradient + 1);
    gb_session *session = NULL;
    gb_status status = cotangent && gradient ? GB_OK : no_memory(k);
    for (size_t i = 0; !status && i < k->floats; i++)
        cotangent[i] = (float)((k->mask ? (double)k->mask[i % k->pixels] : 1) / (k->mask_sum * (double)k->picture[0]));
    if (!status)
        status = gb_session_new(k->model, &(gb_session_options){.purpose = GB_GRADIENT}, &session, k->err);
    if (!status)
        status = gb_session_want(session, k->at, k->err);
    if (!status)
        status = gb_session_tap(session, k->at, k->err);
    for (size_t s = 0; s < k->samples && !status; s++) {
        float *maps = k->maps + s * layer;
        status = set_sample(k, session, s);
        if (!status)
            status = gb_session_render(session, k->before, k->err);
        if (!status)
            status = gb_session_read(session, k->node, maps, k->err);
        if (!status)
            status = gb_session_backward(session, k->model->graph->output, cotangent, k->err);
        if (!status)
            status = gb_session_gradient(session, k->node, gradient, k->err);
        for (size_t i = 0; i < layer && !status; i++)
            k->attribution[i / (k->h * k->w)] += (double)maps[i] * (double)gradient[i];
        if (!status)
            status = report(k);
    }
    gb_session_free(session);
    free(cotangent);
    free(gradient);
    return status;
}

/* The difference of the pictures: the mean over all pixels, and over the mask. */
static void measure_difference(const work *k, double *everywhere, double *in_mask) {
    double all = 0, inside = 0;
    for (size_t i = 0; i < k->floats; i++) {
        double by = fabs((double)k->after[i] - (double)k->before[i]);
        all += by;
        inside += by * (k->mask ? (double)k->mask[i % k->pixels] : 1);
    }
    *everywhere = all / (double)k->floats;
    *in_mask = inside / (k->mask_sum * (double)k->picture[0]);
}

static gb_status bend_once(work *k, gb_session *session, int unit, int bend, double *everywhere, double *in_mask) {
    gb_bend_options o = {.kind = GB_BEND_FILTER, .at = k->at, .features = {.choice = GB_FEATURES_LIST, .list = &unit, .count = 1}};
    size_t plane = k->h * k->w;
    gb_bend id;
    if (bend < k->bend_count) {
        o.name = k->bends[bend].filter;
        o.params = k->bends[bend].params;
        o.param_count = k->bends[bend].param_count;
    } else {
        for (size_t i = 0; i < plane; i++)
            k->value[(size_t)unit * plane + i] = k->units[unit].mean;
        o.kind = GB_BEND_SET;
        o.values = k->value;
        o.samples = 1;
    }
    gb_status status = gb_session_bend(session, &o, &id, k->err);
    if (!status)
        status = gb_session_render(session, k->after, k->err);
    if (status)
        return status;
    measure_difference(k, everywhere, in_mask);
    status = gb_session_unbend(session, id, k->err);
    return status ? status : report(k);
}

/* All bends of a unit, or none, are added to the sums, so that they can be kept. */
static gb_status bend_unit(work *k, gb_session *session, int unit) {
    double everywhere[GB_UNIT_BENDS + 1], in_mask[GB_UNIT_BENDS + 1];
    size_t at = (size_t)unit * (size_t)(k->bend_count + 1);
    gb_status status = GB_OK;
    for (int b = 0; b <= k->bend_count && !status; b++)
        status = bend_once(k, session, unit, b, &everywhere[b], &in_mask[b]);
    if (status)
        return status;
    for (int b = 0; b <= k->bend_count; b++) {
        k->difference[at + (size_t)b] += everywhere[b];
        k->difference_in_mask[at + (size_t)b] += in_mask[b];
    }
    k->next++;
    return gb_kept_write(&k->kept, k->err);
}

/* Bends each unit alone, in each sample. Only what follows the layer is rendered again. */
static gb_status bend_all(work *k) {
    gb_session *session = NULL;
    gb_status status = gb_session_new(k->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, k->err);
    while (k->next < k->samples * k->channels && !status) {
        status = set_sample(k, session, k->next / k->channels);
        if (!status)
            status = gb_session_render(session, k->before, k->err);
        for (size_t u = k->next % k->channels; u < k->channels && !status; u++)
            status = bend_unit(k, session, (int)u);
    }
    gb_session_free(session);
    return status;
}

/* Reads what a run that was interrupted has done. */
static gb_status go_on(work *k) {
    const gb_unit_options *o = k->o;
    size_t sums = k->channels * (size_t)(k->bend_count + 1) * sizeof *k->difference, z_dim = 0;
    const uint64_t whole[] = {gb_model_checksum(k->model), k->samples, o->seed, (uint64_t)o->label, (uint64_t)k->node,
                              (uint64_t)k->bend_count};
    gb_node_info z = {0};
    gb_model_node(k->model, gb_model_find_role(k->model, GB_ROLE_Z, 0), &z);
    z_dim = (size_t)z.shape[0];
    uint32_t signature = gb_signature(gb_signature(0, whole, sizeof whole), &o->psi, sizeof o->psi);
    signature = gb_signature(signature, o->z, k->samples * z_dim * sizeof *o->z);
    signature = gb_signature(signature, k->mask, k->pixels * sizeof *k->mask);
    for (int i = 0; i < k->bend_count; i++) {
        signature = gb_signature(signature, k->bends[i].filter, strlen(k->bends[i].filter));
        signature = gb_signature(signature, k->bends[i].params, (size_t)k->bends[i].param_count * sizeof *k->bends[i].params);
    }
    k->kept = (gb_kept){.path = o->state, .signature = signature};
    gb_status status = gb_kept_add(&k->kept, &k->next, sizeof k->next, k->err);
    if (!status)
        status = gb_kept_add(&k->kept, k->difference, sums, k->err);
    if (!status)
        status = gb_kept_add(&k->kept, k->difference_in_mask, sums, k->err);
    if (!status)
        status = gb_kept_read(&k->kept, k->err);
    k->done += (size_t)k->next * (size_t)(k->bend_count + 1);
    return status;
}

/* ------------------------------------------------------------------------------------------------ statistics */

static int by_value(const void *a, const void *b) {
    return (*(const float *)a > *(const float *)b) - (*(const float *)a < *(const float *)b);
}

/* The quantile of the unit's values in all samples, by linear interpolation. */
static float quantile(const work *k, size_t unit, double q, float *values) {
    size_t plane = k->h * k->w, n = k->samples * plane;
    for (size_t s = 0; s < k->samples; s++)
        memcpy(values + s * plane, k->maps + (s * k->channels + unit) * plane, plane * sizeof *values);
    qsort(values, n, sizeof *values, by_value);
    double at = q * (double)(n - 1), low = floor(at);
    size_t i = (size_t)low;
    double next = (double)values[i + 1 < n ? i + 1 : i];
    return (float)((double)values[i] + (at - low) * (next - (double)values[i]));
}

/* A map at a pixel of the picture, by bilinear interpolation between pixel centres. */
static double enlarged(const work *k, const float *map, size_t y, size_t x) {
    double v = ((double)y + 0.5) * (double)k->h / (double)k->picture[1] - 0.5;
    double u = ((double)x + 0.5) * (double)k->w / (double)k->picture[2] - 0.5;
    v = v < 0 ? 0 : v;
    u = u < 0 ? 0 : u;
    size_t y0 = (size_t)v, x0 = (size_t)u, y1 = y0 + 1 < k->h ? y0 + 1 : y0, x1 = x0 + 1 < k->w ? x0 + 1 : x0;
    double fy = v - (double)y0, fx = u - (double)x0;
    double upper = (double)map[y0 * k->w + x0] * (1 - fx) + (double)map[y0 * k->w + x1] * fx;
    double lower = (double)map[y1 * k->w + x0] * (1 - fx) + (double)map[y1 * k->w + x1] * fx;
    return upper * (1 - fy) + lower * fy;
}

/* Intersection over union of the mask and the pixels where the unit is above its threshold, in all samples together. */
static float overlap(const work *k, size_t unit, float threshold) {
    size_t both = 0, either = 0;
    for (size_t s = 0; s < k->samples; s++) {
        const float *map = k->maps + (s * k->channels + unit) * k->h * k->w;
        for (size_t y = 0; y < k->picture[1]; y++)
            for (size_t x = 0; x < k->picture[2]; x++) {
                bool on = enlarged(k, map, y, x) > (double)threshold;
                bool inside = k->mask && k->mask[y * k->picture[2] + x] > 0.5f;
                both += on && inside;
                either += on || inside;
            }
    }
    return either ? (float)((double)both / (double)either) : 0;
}

static gb_status measure_statistics(work *k) {
    size_t plane = k->h * k->w, n = k->samples * plane;
    double q = k->o->quantile > 0 ? k->o->quantile : QUANTILE;
    float *values = malloc(n * sizeof *values + 1);
    if (!values)
        return no_memory(k);
    for (size_t u = 0; u < k->channels; u++) {
        gb_unit *unit = &k->units[u];
        double sum = 0;
        for (size_t s = 0; s < k->samples; s++)
            for (size_t i = 0; i < plane; i++)
                sum += (double)k->maps[(s * k->channels + u) * plane + i];
        unit->mean = (float)(sum / (double)n);
        unit->attribution = (float)(k->attribution[u] / (double)k->samples);
        unit->threshold = quantile(k, u, q, values);
        unit->overlap = overlap(k, u, unit->threshold);
    }
    free(values);
    return GB_OK;
}

static void store_differences(const work *k) {
    for (size_t u = 0; u < k->channels; u++)
        for (int b = 0; b <= k->bend_count; b++) {
            size_t at = u * (size_t)(k->bend_count + 1) + (size_t)b;
            float all = (float)(k->difference[at] / (double)k->samples);
            float inside = (float)(k->difference_in_mask[at] / (double)k->samples);
            if (b < k->bend_count) {
                k->units[u].effect[b] = all;
                k->units[u].effect_in_mask[b] = inside;
            } else {
                k->units[u].replaced = all;
                k->units[u].replaced_in_mask = inside;
            }
        }
}

/* ------------------------------------------------------------------------------------------------ the whole */

static gb_status prepare(work *k) {
    const gb_unit_options *o = k->o;
    gb_node_info info;
    int64_t shape[3];
    gb_status status = gb_find_map_layer(k->model, o->at, &k->node, &info, k->err);
    if (status)
        return status;
    k->at = info.name;
    k->channels = (size_t)info.shape[0], k->h = (size_t)info.shape[1], k->w = (size_t)info.shape[2];
    gb_model_output_shape(k->model, shape);
    for (int i = 0; i < 3; i++)
        k->picture[i] = (size_t)shape[i];
    k->pixels = k->picture[1] * k->picture[2];
    k->floats = k->picture[0] * k->pixels;
    k->samples = o->samples ? o->samples : SAMPLES;
    k->mask_sum = (double)k->pixels;
    if (k->mask) {
        k->mask_sum = 0;
        for (size_t i = 0; i < k->pixels; i++)
            k->mask_sum += (double)k->mask[i];
        if (!(k->mask_sum > 0))
            return gb_fail(k->err, GB_BAD_ARGUMENT, "the mask is empty");
    }
    size_t layer = k->channels * k->h * k->w, sums = k->channels * (size_t)(k->bend_count + 1);
    if (layer > MOST_BYTES / sizeof(float) / k->samples)
        return gb_fail(k->err, GB_BAD_ARGUMENT, "'%s' has %zu values, too many for %zu samples: their values may take 1 GiB", k->at,
                       layer, k->samples);
    k->all = k->samples * (1 + sums);
    k->maps = malloc(k->samples * layer * sizeof *k->maps);
    k->value = calloc(layer, sizeof *k->value);
    k->before = malloc(k->floats * sizeof *k->before);
    k->after = malloc(k->floats * sizeof *k->after);
    k->difference = calloc(sums, sizeof *k->difference);
    k->difference_in_mask = calloc(sums, sizeof *k->difference_in_mask);
    k->attribution = calloc(k->channels, sizeof *k->attribution);
    return k->maps && k->value && k->before && k->after && k->difference && k->difference_in_mask && k->attribution
               ? GB_OK : no_memory(k);
}

gb_status gb_measure_units(gb_model *model, const gb_unit_options *given, gb_unit *units, gb_error *err) {
    gb_unit_options options;
    work k = {.model = model, .o = &options, .units = units, .err = err};
    if (GB_TAKE_OPTIONS(gb_unit_options, state, &options, given, err))
        return GB_BAD_ARGUMENT;
    k.bends = options.bends ? options.bends : default_bends;
    k.bend_count = options.bends ? options.bend_count : (int)(sizeof default_bends / sizeof *default_bends);
    k.mask = options.mask;
    if (k.bend_count < 0 || k.bend_count > GB_UNIT_BENDS || !(options.quantile >= 0 && options.quantile <= 1))
        return gb_fail(err, GB_BAD_ARGUMENT, "at most %d bends, and a quantile from 0 to 1", GB_UNIT_BENDS);
    gb_status status = prepare(&k);
    if (!status)
        status = go_on(&k);
    if (!status)
        status = attribute(&k);
    if (!status)
        memset(units, 0, k.channels * sizeof *units);
    if (!status)
        status = measure_statistics(&k);
    if (!status)
        status = bend_all(&k);
    if (!status)
        store_differences(&k);
    status = gb_kept_end(&k.kept, status);
    free(k.maps);
    free(k.value);
    free(k.before);
    free(k.after);
    free(k.difference);
    free(k.difference_in_mask);
    free(k.attribution);
    return status;
}

const gb_unit_bend *gb_unit_default_bends(int *count) {
    *count = (int)(sizeof default_bends / sizeof *default_bends);
    return default_bends;
}

gb_status gb_read_mask(const char *path, int height, int width, float *mask, gb_error *err) {
    int w, h;
    uint8_t *rgba;
    gb_status status = gb_png_read(path, &w, &h, &rgba, err);
    if (status)
        return status;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const uint8_t *p = rgba + 4 * ((size_t)((int64_t)y * h / height) * (size_t)w + (size_t)((int64_t)x * w / width));
            mask[(size_t)y * (size_t)width + (size_t)x] =
                (float)((0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / 255 * p[3] / 255);
        }
    free(rgba);
    return GB_OK;
}
