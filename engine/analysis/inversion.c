/* gb_invert_features() of ganbend_analysis.h: Algorithm 1 of the painting paper. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/bend/bends.h"
#include "engine/ganbend_analysis.h"
#include "engine/ganbend_gradient.h"
#include "engine/graph/model.h"
#include "look.h"
#include "samples.h"

enum { STEPS = 512, MOST_STEPS = 1000000, MOST_GRID = 4096, FEATURES_SIZE = 256 };
static const double default_rate = 0.05;

typedef struct work {
    gb_model *model;
    const gb_inversion_options *o;
    gb_node node;
    const char *at;
    size_t channels, h, w;      /* of the layer */
    gb_session *session;
    gb_look look;
    float *maps;                /* [channels, h, w]: the layer's values, then their gradient */
    float *picture;             /* the picture, then its gradient */
    float *features;            /* [look.channels, look.rows, look.columns], then their gradient */
    float *mean, *target;       /* [look.channels] */
    float *gradient;            /* [2, channels] */
    bool *first;                /* [h, w]: the pixels of the first vector */
    gb_error *err;
} work;

static size_t feature_plane(const work *k) {
    return k->look.rows * k->look.columns;
}

/* ------------------------------------------------------------------------------------------------ what is drawn */

/* Draws an image with another session, so that this one's inputs stay; reads the layer, the picture and the w's, each of which
 * may be NULL. */
static gb_status draw(const work *k, uint64_t seed, float *maps, float *picture, float *ws) {
    gb_session *session = NULL;
    gb_node rows = gb_model_find_role(k->model, GB_ROLE_WS, 0);
    gb_node_info info = {0};
    gb_status status = gb_session_new(k->model, NULL, &session, k->err);
    if (ws)
        gb_model_node(k->model, rows, &info);
    if (!status && maps)
        status = gb_session_tap(session, k->at, k->err);
    if (!status && ws)
        status = gb_session_tap(session, info.name, k->err);
    if (!status)
        status = gb_set_sample(k->model, session, seed, NULL, 0, k->o->label, k->o->psi, k->err);
    if (!status)
        status = gb_session_render(session, picture, k->err);
    if (!status && maps)
        status = gb_session_read(session, k->node, maps, k->err);
    if (!status && ws)
        status = gb_session_read(session, rows, ws, k->err);
    gb_session_free(session);
    return status;
}

static size_t random_below(uint64_t seed, uint64_t purpose, size_t count) {
    return (size_t)(gb_mix(gb_mix(0, seed), purpose) % count);
}

static gb_status take_target(work *k) {
    const gb_inversion_options *o = k->o;
    size_t plane = feature_plane(k), pixel = random_below(o->target_seed, 1, plane);
    if (o->target) {
        if (o->target_count != k->look.channels)
            return gb_fail(k->err, GB_BAD_ARGUMENT, "%zu features are wanted, but '%s' has %zu", o->target_count, k->look.at,
                           k->look.channels);
        memcpy(k->target, o->target, k->look.channels * sizeof *k->target);
        return GB_OK;
    }
    gb_status status = draw(k, o->target_seed, NULL, k->picture, NULL);
    if (!status)
        status = gb_look_at(&k->look, k->picture, k->features, k->err);
    for (size_t c = 0; c < k->look.channels && !status; c++)
        k->target[c] = k->features[c * plane + pixel];
    return status;
}

static gb_status take_start(work *k, float *vectors) {
    size_t plane = k->h * k->w;
    gb_status status = GB_OK;
    if (k->o->start)
        memcpy(vectors, k->o->start, 2 * k->channels * sizeof *vectors);
    for (size_t i = 0; i < 2 && !k->o->start && !status; i++) {
        uint64_t seed = k->o->start_seed + i;
        size_t pixel = random_below(seed, 2, plane);
        status = draw(k, seed, k->maps, NULL, NULL);
        for (size_t c = 0; c < k->channels && !status; c++)
            vectors[i * k->channels + c] = k->maps[c * plane + pixel];
    }
    return status;
}

/* The inputs of the layers after the vectors. */
static gb_status set_inputs(work *k) {
    gb_node node = gb_model_find_role(k->model, GB_ROLE_WS, 0);
    gb_node_info info;
    if (node == GB_NO_NODE) {
        if (k->o->ws)
            return gb_fail(k->err, GB_BAD_ARGUMENT, "this network has no w's");
        return gb_set_sample(k->model, k->session, k->o->start_seed + 2, NULL, 0, k->o->label, k->o->psi, k->err);
    }
    gb_model_node(k->model, node, &info);
    if (k->o->ws)
        return gb_session_set_ws(k->session, k->o->ws, (int)info.shape[0], k->err);
    float *ws = malloc((size_t)(info.shape[0] * info.shape[1]) * sizeof *ws);
    gb_status status = ws ? draw(k, k->o->start_seed + 2, NULL, NULL, ws) : gb_fail(k->err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = gb_session_set_ws(k->session, ws, (int)info.shape[0], k->err);
    free(ws);
    return status;
}

/* ------------------------------------------------------------------------------------------------ one step */

/* Renders the vectors and looks at the picture. */
static gb_status look(work *k, const float *vectors, float *loss, float *cosine) {
    size_t plane = k->h * k->w, seen = feature_plane(k), count = k->look.channels;
    double sum = 0;
    for (size_t i = 0; i < k->channels * plane; i++)
        k->maps[i] = vectors[(k->first[i % plane] ? 0 : k->channels) + i / plane];
    gb_status status = gb_session_feed(k->session, k->at, k->maps, k->err);
    if (!status)
        status = gb_session_render(k->session, k->picture, k->err);
    if (!status)
        status = gb_look_at(&k->look, k->picture, k->features, k->err);
    if (status)
        return status;
    for (size_t c = 0; c < count; c++) {
        double mean = 0;
        for (size_t i = 0; i < seen; i++)
            mean += (double)k->features[c * seen + i];
        k->mean[c] = (float)(mean / (double)seen);
        sum += fabs((double)k->mean[c] - (double)k->target[c]);
    }
    *loss = (float)(sum / (double)count);
    *cosine = (float)gb_cosine(k->mean, k->target, count);
    return GB_OK;
}

/* The gradient of the loss: ∂loss/∂feature = sign(mean − target) / (features · pixels). */
static gb_status differentiate(work *k) {
    size_t plane = k->h * k->w, seen = feature_plane(k), count = k->look.channels;
    for (size_t c = 0; c < count; c++) {
        float by = k->mean[c] - k->target[c];
        float slope = (float)((by > 0 ? 1 : by < 0 ? -1 : 0) / (double)(count * seen));
        for (size_t i = 0; i < seen; i++)
            k->features[c * seen + i] = slope;
    }
    gb_status status = gb_look_back(&k->look, k->features, k->picture, k->err);
    if (!status)
        status = gb_session_backward(k->session, gb_model_output(k->model), k->picture, k->err);
    if (!status)
        status = gb_session_gradient(k->session, k->node, k->maps, k->err);
    for (size_t c = 0; c < k->channels && !status; c++) {
        double sums[2] = {0, 0};
        for (size_t i = 0; i < plane; i++)
            sums[k->first[i] ? 0 : 1] += (double)k->maps[c * plane + i];
        k->gradient[c] = (float)sums[0];
        k->gradient[k->channels + c] = (float)sums[1];
    }
    return status;
}

static gb_status take_steps(work *k, float *vectors) {
    const gb_inversion_options *o = k->o;
    int steps = o->steps ? o->steps : STEPS;
    double rate = o->rate > 0 ? o->rate : default_rate;
    gb_adam *adam = NULL;
    gb_status status = gb_adam_new(2 * k->channels, NULL, &adam, k->err);
    for (int i = 0; i < steps && !status; i++) {
        gb_inversion_step step = {.number = i, .gradient = k->gradient, .vectors = vectors};
        status = look(k, vectors, &step.loss, &step.cosine);
        if (!status)
            status = differentiate(k);
        if (status)
            break;
        gb_adam_step(adam, rate, k->gradient, vectors);
        if (o->step && !o->step(o->step_arg, &step))
            status = gb_fail_cancelled(k->err);
    }
    gb_adam_free(adam);
    return status;
}

/* ------------------------------------------------------------------------------------------------ the whole */

static gb_status prepare(work *k) {
    const gb_inversion_options *o = k->o;
    gb_node_info info;
    gb_status status = gb_find_map_layer(k->model, o->at, &k->node, &info, k->err);
    if (status)
        return status;
    if (o->grid < 0 || o->grid > MOST_GRID || o->steps < 0 || o->steps > MOST_STEPS || !(o->rate >= 0))
        return gb_fail(k->err, GB_BAD_ARGUMENT, "a grid of %d, %d steps, a rate of %g: expected a grid of 0 to %d, up to %d steps, and "
                       "a positive rate", o->grid, o->steps, o->rate, (int)MOST_GRID, (int)MOST_STEPS);
    k->at = info.name;
    k->channels = (size_t)info.shape[0];
    k->h = (size_t)info.shape[1];
    k->w = (size_t)info.shape[2];
    status = gb_look_new(&k->look, k->model, o->features, o->features_at, o->features_size ? o->features_size : FEATURES_SIZE,
                                   1, true, k->err);
    if (status)
        return status;
    k->maps = malloc(k->channels * k->h * k->w * sizeof *k->maps);
    k->picture = malloc(k->look.from[0] * k->look.from[1] * k->look.from[2] * sizeof *k->picture);
    k->features = malloc(k->look.channels * feature_plane(k) * sizeof *k->features);
    k->mean = malloc(2 * k->look.channels * sizeof *k->mean);
    k->gradient = malloc(2 * k->channels * sizeof *k->gradient);
    k->first = malloc(k->h * k->w * sizeof *k->first);
    if (!k->maps || !k->picture || !k->features || !k->mean || !k->gradient || !k->first)
        return gb_fail(k->err, GB_NO_MEMORY, "out of memory");
    k->target = k->mean + k->look.channels;
    for (size_t i = 0; i < k->h * k->w; i++)
        k->first[i] = !o->grid || (gb_on_grid((int)(i / k->w), (int)k->h, o->grid) && gb_on_grid((int)(i % k->w), (int)k->w, o->grid));
    status = gb_session_new(k->model, &(gb_session_options){.purpose = GB_GRADIENT}, &k->session, k->err);
    return status ? status : gb_session_want(k->session, k->at, k->err);
}

gb_status gb_invert_features(gb_model *model, const gb_inversion_options *given, float *vectors, float *loss, float *cosine,
                             float *target, gb_error *err) {
    gb_inversion_options options;
    work k = {.model = model, .o = &options, .err = err};
    if (GB_TAKE_OPTIONS(gb_inversion_options, step_arg, &options, given, err))
        return GB_BAD_ARGUMENT;
    gb_status status = prepare(&k);
    if (!status)
        status = take_target(&k);
    if (!status)
        status = take_start(&k, vectors);
    if (!status)
        status = set_inputs(&k);
    if (!status)
        status = take_steps(&k, vectors);
    if (!status)
        status = look(&k, vectors, loss, cosine);
    if (!status && target)
        memcpy(target, k.target, k.look.channels * sizeof *target);
    gb_session_free(k.session);
    gb_look_free(&k.look);
    free(k.maps);
    free(k.picture);
    free(k.features);
    free(k.mean);
    free(k.gradient);
    free(k.first);
    return status;
}

gb_status gb_feature_shape(gb_model *model, gb_model *features, const char *features_at, int features_size, int64_t shape[3],
                           gb_error *err) {
    gb_look look;
    gb_status status = gb_look_new(&look, model, features, features_at, features_size ? features_size : FEATURES_SIZE, 1, false, err);
    shape[0] = (int64_t)look.channels;
    shape[1] = (int64_t)look.rows;
    shape[2] = (int64_t)look.columns;
    gb_look_free(&look);
    return status;
}
