/* gb_find_region_direction() of ganbend_analysis.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/ganbend_gradient.h"
#include "region.h"
#include "samples.h"

enum { STEPS = 60, COMPONENTS = 64, COMPONENT_SAMPLES = 4000, TRIED = 12 };
static const double rate = 0.05;
static const float amount = 2;

typedef struct work {
    gb_region region;
    const gb_region_options *o;
    gb_directions *components;
    size_t count;               /* components */
    size_t rows, width;         /* of the w's */
    size_t first, last;         /* rows that are moved */
    float amount;
    float *vector;              /* [width] the step of one deviation */
    float *along, *slope;       /* [count] of the components, of length 1; gradient */
    gb_error *err;
} work;

static void make_vector(work *k) {
    memset(k->vector, 0, k->width * sizeof *k->vector);
    for (size_t c = 0; c < k->count; c++) {
        gb_direction d;
        gb_directions_at(k->components, c, &d);
        for (size_t i = 0; i < k->width; i++)
            k->vector[i] += k->along[c] * d.deviation * d.vector[i];
    }
}

/* Half of the images move forwards, half backwards. */
static float sign_of(size_t image) {
    return image % 2 ? -1 : 1;
}

static gb_status measure(work *k, double *objective) {
    make_vector(k);
    memcpy(k->region.changed, k->region.values, k->region.batch * k->region.width * sizeof *k->region.changed);
    for (size_t n = 0; n < k->region.batch; n++)
        for (size_t r = k->first; r <= k->last; r++)
            for (size_t i = 0; i < k->width; i++)
                k->region.changed[(n * k->rows + r) * k->width + i] += sign_of(n) * k->amount * k->vector[i];
    return gb_region_measure(&k->region, objective, k->err);
}

static void add_slopes(void *arg) {
    work *k = arg;
    for (size_t c = 0; c < k->count; c++) {
        gb_direction d;
        double sum = 0;
        gb_directions_at(k->components, c, &d);
        for (size_t n = 0; n < k->region.batch; n++)
            for (size_t r = k->first; r <= k->last; r++)
                for (size_t i = 0; i < k->width; i++)
                    sum += (double)(sign_of(n) * k->region.gradient[(n * k->rows + r) * k->width + i]) * (double)d.vector[i];
        k->slope[c] = (float)(sum * (double)(k->amount * d.deviation));
    }
}

static void set_length_1(work *k) {
    double sum = 0;
    for (size_t c = 0; c < k->count; c++)
        sum += (double)k->along[c] * (double)k->along[c];
    for (size_t c = 0; c < k->count && sum > 0; c++)
        k->along[c] = (float)((double)k->along[c] / sqrt(sum));
}

/* Starts from the component with the best objective. */
static gb_status choose_start(work *k) {
    double best = -INFINITY, objective;
    size_t chosen = 0;
    gb_status status = GB_OK;
    for (size_t c = 0; c < k->count && c < TRIED && !status; c++) {
        memset(k->along, 0, k->count * sizeof *k->along);
        k->along[c] = 1;
        status = measure(k, &objective);
        if (!status && objective > best) {
            best = objective;
            chosen = c;
        }
    }
    memset(k->along, 0, k->count * sizeof *k->along);
    k->along[chosen] = 1;
    return status;
}

/* The best direction of all steps is kept. */
static gb_status search(work *k) {
    int steps = k->o->steps ? k->o->steps : STEPS;
    double best = -INFINITY, objective;
    gb_adam *adam = NULL;
    float *kept = calloc(k->count, sizeof *kept);
    gb_status status = kept ? gb_adam_new(k->count, NULL, &adam, k->err) : gb_fail(k->err, GB_NO_MEMORY, "out of memory");
    for (int s = 0; s < steps && !status; s++) {
        status = measure(k, &objective);
        if (!status && objective > best) {
            best = objective;
            memcpy(kept, k->along, k->count * sizeof *kept);
        }
        if (!status)
            status = gb_region_slopes(&k->region, add_slopes, k, k->slope, k->err);
        if (status)
            break;
        gb_adam_step(adam, rate, k->slope, k->along);
        set_length_1(k);
    }
    if (!status)
        memcpy(k->along, kept, k->count * sizeof *kept);
    gb_adam_free(adam);
    free(kept);
    return status;
}

static gb_status measure_effect(work *k, gb_region_effect *effect) {
    double objective;
    gb_status status = measure(k, &objective);
    effect->inside = (float)k->region.mean_inside;
    effect->outside = (float)k->region.mean_outside;
    if (!status)
        status = gb_region_load(&k->region, k->region.batch, k->err);
    if (!status)
        status = measure(k, &objective);
    effect->other_inside = (float)k->region.mean_inside;
    effect->other_outside = (float)k->region.mean_outside;
    return status;
}

static gb_status add_direction(work *k, const char *name, gb_directions *directions) {
    bool all = !k->first && k->last + 1 == k->rows;
    double length = 0;
    for (size_t i = 0; i < k->width; i++)
        length += (double)k->vector[i] * (double)k->vector[i];
    length = sqrt(length);
    for (size_t i = 0; i < k->width && length > 0; i++)
        k->vector[i] = (float)((double)k->vector[i] / length);
    return gb_directions_add(directions, &(gb_direction){name, GB_LATENT_W, (int64_t)k->width, k->vector, (float)length,
                                                         all ? 0 : (int)k->first, all ? -1 : (int)k->last}, k->err);
}

static gb_status prepare(work *k, gb_model *model) {
    const gb_region_options *o = k->o;
    gb_node node = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info info;
    int last;
    if (node == GB_NO_NODE)
        return gb_fail(k->err, GB_BAD_ARGUMENT, "this network has no w's; find units of a layer instead");
    gb_model_node(model, node, &info);
    k->rows = (size_t)info.shape[0];
    k->width = (size_t)info.shape[1];
    if (gb_last_layer(o->first_layer, o->layer_count, (int)k->rows, &last, k->err))
        return k->err->status;
    k->first = (size_t)o->first_layer;
    k->last = (size_t)last;
    k->amount = o->amount > 0 ? o->amount : amount;
    size_t steps = (size_t)(o->steps > 0 ? o->steps : STEPS);
    gb_status status = gb_find_directions(model, &(gb_direction_options){.count = COMPONENTS, .samples = COMPONENT_SAMPLES,
                                                                         .seed = o->seed}, &k->components, k->err);
    if (status)
        return status;
    k->count = gb_directions_count(k->components);
    status = gb_region_new(&k->region, model, node, o, steps + TRIED + 2, steps, k->count, k->err);
    if (status)
        return status;
    k->vector = calloc(k->width, sizeof *k->vector);
    k->along = calloc(k->count, sizeof *k->along);
    k->slope = calloc(k->count, sizeof *k->slope);
    return k->vector && k->along && k->slope ? gb_region_load(&k->region, 0, k->err) : gb_fail(k->err, GB_NO_MEMORY, "out of memory");
}

gb_status gb_find_region_direction(gb_model *model, const gb_region_options *given, const char *name, gb_directions *directions,
                                   gb_region_effect *effect, gb_error *err) {
    gb_region_options options;
    work k = {.o = &options, .err = err};
    if (GB_TAKE_OPTIONS(gb_region_options, state, &options, given, err))
        return GB_BAD_ARGUMENT;
    gb_status status = prepare(&k, model);
    if (!status)
        status = choose_start(&k);
    if (!status)
        status = search(&k);
    if (!status)
        status = measure_effect(&k, effect);
    if (!status)
        status = add_direction(&k, name, directions);
    status = gb_region_end(&k.region, status);
    gb_region_free(&k.region);
    gb_directions_free(k.components);
    free(k.vector);
    free(k.along);
    free(k.slope);
    return status;
}
