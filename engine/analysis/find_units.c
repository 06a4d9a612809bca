/* gb_find_region_units() of ganbend_analysis.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/ganbend_gradient.h"
#include "region.h"
#include "samples.h"

enum { COUNT = 10, STEPS = 60, CANDIDATES = 3 };     /* candidates for each unit that is wanted */
static const double rate = 0.05;
static const float first_share = 0.1f;

typedef struct candidate {
    int unit;
    float share, slope;         /* after the search; the objective's at its beginning */
} candidate;

typedef struct work {
    gb_region region;
    const gb_region_options *o;
    size_t channels, plane;     /* of the layer */
    size_t count, candidates;
    float *share, *slope;       /* [channels] of the change; gradient with respect to them */
    candidate *candidate;       /* [channels] */
    gb_error *err;
} work;

/* Multiplies every map by 1 + share · (factor − 1). */
static void change(work *k) {
    for (size_t i = 0; i < k->region.batch * k->region.width; i++) {
        size_t unit = i / k->plane % k->channels;
        k->region.changed[i] = k->region.values[i] * (1 + k->share[unit] * (k->o->factor - 1));
    }
}

static void add_slopes(void *arg) {
    work *k = arg;
    for (size_t u = 0; u < k->channels; u++) {
        double sum = 0;
        for (size_t n = 0; n < k->region.batch; n++)
            for (size_t i = 0, at = (n * k->channels + u) * k->plane; i < k->plane; i++)
                sum += (double)k->region.gradient[at + i] * (double)k->region.values[at + i];
        k->slope[u] = (float)(sum * ((double)k->o->factor - 1));
    }
}

static gb_status search(work *k) {
    int steps = k->o->steps ? k->o->steps : STEPS;
    gb_adam *adam = NULL;
    double objective;
    gb_status status = gb_adam_new(k->channels, NULL, &adam, k->err);
    for (size_t u = 0; u < k->channels; u++)
        k->share[u] = first_share;
    for (int s = 0; s < steps && !status; s++) {
        change(k);
        status = gb_region_measure(&k->region, &objective, k->err);
        if (!status)
            status = gb_region_slopes(&k->region, add_slopes, k, k->slope, k->err);
        if (status)
            break;
        for (size_t u = 0; u < k->channels && !s; u++)
            k->candidate[u].slope = k->slope[u];
        gb_adam_step(adam, rate, k->slope, k->share);
        for (size_t u = 0; u < k->channels; u++)
            k->share[u] = k->share[u] < 0 ? 0 : k->share[u] > 1 ? 1 : k->share[u];
    }
    gb_adam_free(adam);
    return status;
}

static int by_share(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->share != y->share)
        return x->share < y->share ? 1 : -1;
    return x->slope != y->slope ? (x->slope > y->slope ? 1 : -1) : x->unit - y->unit;
}

static gb_status measure_set(work *k, const int *units, int found, int more, double *objective) {
    memset(k->share, 0, k->channels * sizeof *k->share);
    for (int i = 0; i < found; i++)
        k->share[units[i]] = 1;
    if (more >= 0)
        k->share[more] = 1;
    change(k);
    return gb_region_measure(&k->region, objective, k->err);
}

/* Adds the candidate that is best for the objective while there is one that improves it. */
static gb_status select_units(work *k, int *units, int *found) {
    double best = 0;
    gb_status status = GB_OK;
    *found = 0;
    for (bool better = true; better && *found < (int)k->count && !status;) {
        int taken = -1;
        for (size_t i = 0; i < k->candidates && !status; i++) {
            double objective;
            if (k->candidate[i].unit < 0)
                continue;
            status = measure_set(k, units, *found, k->candidate[i].unit, &objective);
            if (!status && objective > best) {
                best = objective;
                taken = (int)i;
            }
        }
        better = taken >= 0;
        if (better && !status) {
            units[(*found)++] = k->candidate[taken].unit;
            k->candidate[taken].unit = -1;
        }
    }
    return status;
}

static gb_status measure_effect(work *k, const int *units, int found, gb_region_effect *effect) {
    double objective;
    gb_status status = measure_set(k, units, found, -1, &objective);
    effect->inside = (float)k->region.mean_inside;
    effect->outside = (float)k->region.mean_outside;
    if (!status)
        status = gb_region_load(&k->region, k->region.batch, k->err);
    if (!status)
        status = measure_set(k, units, found, -1, &objective);
    effect->other_inside = (float)k->region.mean_inside;
    effect->other_outside = (float)k->region.mean_outside;
    return status;
}

static gb_status prepare(work *k, gb_model *model) {
    const gb_region_options *o = k->o;
    gb_node node;
    gb_node_info info;
    gb_status status = gb_find_map_layer(model, o->at, &node, &info, k->err);
    if (status)
        return status;
    k->channels = (size_t)info.shape[0];
    k->plane = (size_t)(info.shape[1] * info.shape[2]);
    k->count = o->count ? (size_t)o->count : COUNT;
    k->candidates = CANDIDATES * k->count < k->channels ? CANDIDATES * k->count : k->channels;
    size_t steps = (size_t)(o->steps > 0 ? o->steps : STEPS);
    status = gb_region_new(&k->region, model, node, o, steps + k->count * k->candidates + 2, steps, k->channels, k->err);
    if (status)
        return status;
    k->share = calloc(k->channels, sizeof *k->share);
    k->slope = calloc(k->channels, sizeof *k->slope);
    k->candidate = calloc(k->channels, sizeof *k->candidate);
    return k->share && k->slope && k->candidate ? gb_region_load(&k->region, 0, k->err)
                                                : gb_fail(k->err, GB_NO_MEMORY, "out of memory");
}

gb_status gb_find_region_units(gb_model *model, const gb_region_options *given, int *units, int *found, gb_region_effect *effect,
                               gb_error *err) {
    gb_region_options options;
    work k = {.o = &options, .err = err};
    if (GB_TAKE_OPTIONS(gb_region_options, state, &options, given, err))
        return GB_BAD_ARGUMENT;
    gb_status status = prepare(&k, model);
    if (!status)
        status = search(&k);
    if (!status) {
        for (size_t u = 0; u < k.channels; u++) {
            k.candidate[u].unit = (int)u;
            k.candidate[u].share = k.share[u];
        }
        qsort(k.candidate, k.channels, sizeof *k.candidate, by_share);
        status = select_units(&k, units, found);
    }
    if (!status)
        status = measure_effect(&k, units, *found, effect);
    status = gb_region_end(&k.region, status);
    gb_region_free(&k.region);
    free(k.share);
    free(k.slope);
    free(k.candidate);
    return status;
}
