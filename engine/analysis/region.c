/* The objective of gb_find_region_units() and gb_find_region_direction(). */
#include "region.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/work_count.h"
#include "engine/ganbend_gradient.h"
#include "engine/graph/model.h"

enum { SAMPLES = 4, MOST_SAMPLES = 1024 };
static const double visible = 0.01;     /* changes far below this count as none */

static gb_status measure_mask(gb_region *r, gb_error *err) {
    const float *mask = r->options->mask;
    double channels = (double)(r->floats / r->pixels);
    if (!mask)
        return gb_fail(err, GB_BAD_ARGUMENT, "a mask is needed");
    for (size_t i = 0; i < r->pixels; i++) {
        r->inside += (double)mask[i] * channels;
        r->outside += (1 - (double)mask[i]) * channels;
    }
    if (!(r->inside > 0))
        return gb_fail(err, GB_BAD_ARGUMENT, "the mask is empty");
    return r->outside > 0 ? GB_OK : gb_fail(err, GB_BAD_ARGUMENT, "the mask covers the whole picture: there is no rest");
}

static gb_status open_sessions(gb_region *r, gb_error *err) {
    const gb_session_options how = {.batch = (int)r->batch}, gradient = {.batch = (int)r->batch, .purpose = GB_GRADIENT};
    gb_status status = gb_session_new(r->model, &how, &r->base, err);
    if (!status)
        status = gb_session_tap(r->base, r->name, err);
    if (!status)
        status = gb_session_new(r->model, &gradient, &r->session, err);
    return status ? status : gb_session_want(r->session, r->name, err);
}

gb_status gb_region_new(gb_region *r, gb_model *model, gb_node node, const gb_region_options *o, size_t measurements,
                        gb_error *err) {
    gb_node_info info;
    int64_t shape[3];
    *r = (gb_region){.model = model, .options = o, .node = node, .batch = o->samples ? o->samples : SAMPLES, .width = 1,
                     .all = measurements ? measurements : 1};
    if (gb_model_find_role(model, GB_ROLE_Z, 0) == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no z to draw");
    if (r->batch > MOST_SAMPLES || o->steps < 0 || o->count < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "%zu samples, %d steps, %d units: expected at most %d samples, and no negative number",
                       r->batch, o->steps, o->count, (int)MOST_SAMPLES);
    gb_model_node(model, node, &info);
    gb_model_output_shape(model, shape);
    r->name = info.name;
    for (int i = 0; i < info.ndim; i++)
        r->width *= (size_t)info.shape[i];
    r->pixels = (size_t)(shape[1] * shape[2]);
    r->floats = (size_t)shape[0] * r->pixels;
    gb_status status = measure_mask(r, err);
    if (status)
        return status;
    r->values = malloc(r->batch * r->width * sizeof *r->values);
    r->changed = malloc(r->batch * r->width * sizeof *r->changed);
    r->gradient = malloc(r->batch * r->width * sizeof *r->gradient);
    r->before = malloc(r->batch * r->floats * sizeof *r->before);
    r->after = malloc(r->batch * r->floats * sizeof *r->after);
    if (!r->values || !r->changed || !r->gradient || !r->before || !r->after)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    return open_sessions(r, err);
}

void gb_region_free(gb_region *r) {
    gb_session_free(r->base);
    gb_session_free(r->session);
    free(r->values);
    free(r->changed);
    free(r->gradient);
    free(r->before);
    free(r->after);
    *r = (gb_region){0};
}

static gb_status set_classes(const gb_region *r, gb_session *session, size_t first, gb_error *err) {
    size_t classes = gb_model_class_count(r->model);
    if (!classes)
        return GB_OK;
    if (r->options->label >= 0)
        return gb_session_set_class(session, r->options->label, err);
    float *labels = calloc(r->batch * classes, sizeof *labels);
    if (!labels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < r->batch; i++)
        labels[i * classes + (first + i) % classes] = 1;
    gb_status status = gb_session_set_label(session, labels, err);
    free(labels);
    return status;
}

static gb_status set_images(const gb_region *r, gb_session *session, size_t first, gb_error *err) {
    const gb_region_options *o = r->options;
    gb_node_info z;
    gb_model_node(r->model, gb_model_find_role(r->model, GB_ROLE_Z, 0), &z);
    gb_status status = o->z ? gb_session_set_z(session, o->z + first * (size_t)z.shape[0], err)
                            : gb_session_seed(session, o->seed + first, err);
    if (!status)
        status = set_classes(r, session, first, err);
    return !status && o->psi > 0 ? gb_session_truncate(session, o->psi, -1, err) : status;
}

gb_status gb_region_load(gb_region *r, size_t first, gb_error *err) {
    gb_status status = set_images(r, r->base, first, err);
    if (!status)
        status = set_images(r, r->session, first, err);
    if (!status)
        status = gb_session_render(r->base, r->before, err);
    return status ? status : gb_session_read(r->base, r->node, r->values, err);
}

gb_status gb_region_measure(gb_region *r, double *objective, gb_error *err) {
    const gb_region_options *o = r->options;
    double inside = 0, outside = 0, count = (double)r->batch;
    gb_status status = gb_session_feed(r->session, r->name, r->changed, err);
    if (!status)
        status = gb_session_render(r->session, r->after, err);
    if (status)
        return status;
    for (size_t i = 0; i < r->batch * r->floats; i++) {
        double by = fabs((double)r->after[i] - (double)r->before[i]), share = (double)o->mask[i % r->pixels];
        inside += by * share;
        outside += by * (1 - share);
    }
    r->mean_inside = inside / (r->inside * count);
    r->mean_outside = outside / (r->outside * count);
    *objective = log((r->mean_inside + visible) / (r->mean_outside + visible));
    r->done++;
    double share = (double)r->done / (double)r->all;
    return !o->progress || o->progress(o->progress_arg, share < 1 ? share : 1) ? GB_OK : gb_fail_cancelled(err);
}

gb_status gb_region_differentiate(gb_region *r, gb_error *err) {
    double count = (double)r->batch;
    double inside = 1 / ((r->mean_inside + visible) * r->inside * count);
    double outside = 1 / ((r->mean_outside + visible) * r->outside * count);
    for (size_t i = 0; i < r->batch * r->floats; i++) {
        double share = (double)r->options->mask[i % r->pixels];
        float by = r->after[i] - r->before[i];
        r->after[i] = (float)((by > 0 ? -1 : by < 0 ? 1 : 0) * (share * inside - (1 - share) * outside));
    }
    gb_status status = gb_session_backward(r->session, gb_model_output(r->model), r->after, err);
    return status ? status : gb_session_gradient(r->session, r->node, r->gradient, err);
}
