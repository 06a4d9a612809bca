/* The objective of gb_find_region_units() and gb_find_region_direction(). */
#include "region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Reads what a search that was interrupted has measured. */
static gb_status go_on(gb_region *r, gb_error *err) {
    const gb_region_options *o = r->options;
    const uint64_t whole[] = {gb_model_checksum(r->model), (uint64_t)r->node, r->batch, r->all, r->steps, r->slope_count, o->seed,
                              (uint64_t)o->label, (uint64_t)o->count, (uint64_t)o->first_layer, (uint64_t)o->layer_count};
    const float numbers[] = {o->psi, o->factor, o->amount};
    gb_node_info z = {0};
    gb_model_node(r->model, gb_model_find_role(r->model, GB_ROLE_Z, 0), &z);
    uint32_t signature = gb_signature(gb_signature(0, whole, sizeof whole), numbers, sizeof numbers);
    signature = gb_signature(signature, o->z, 2 * r->batch * (size_t)z.shape[0] * sizeof *o->z);
    r->kept = (gb_kept){.path = o->state, .signature = gb_signature(signature, o->mask, r->pixels * sizeof *o->mask)};
    gb_status status = gb_kept_add(&r->kept, &r->measured, sizeof r->measured, err);
    if (!status)
        status = gb_kept_add(&r->kept, &r->differentiated, sizeof r->differentiated, err);
    if (!status)
        status = gb_kept_add(&r->kept, r->means, 2 * r->all * sizeof *r->means, err);
    if (!status)
        status = gb_kept_add(&r->kept, r->slopes, r->steps * r->slope_count * sizeof *r->slopes, err);
    if (!status)
        status = gb_kept_read(&r->kept, err);
    return status || (r->measured <= r->all && r->differentiated <= r->steps)
               ? status
               : gb_fail(err, GB_BAD_FILE, "%s: is damaged", o->state);
}

gb_status gb_region_end(gb_region *r, gb_status status) {
    return gb_kept_end(&r->kept, status);
}

gb_status gb_region_new(gb_region *r, gb_model *model, gb_node node, const gb_region_options *o, size_t measurements,
                        size_t steps, size_t slope_count, gb_error *err) {
    gb_node_info info;
    int64_t shape[3];
    *r = (gb_region){.model = model, .options = o, .node = node, .batch = o->samples ? o->samples : SAMPLES, .width = 1,
                     .all = measurements, .steps = steps, .slope_count = slope_count};
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
    r->means = calloc(2 * r->all, sizeof *r->means);
    r->slopes = calloc(r->steps * r->slope_count, sizeof *r->slopes);
    if (!r->values || !r->changed || !r->gradient || !r->before || !r->after || !r->means || !r->slopes)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    status = open_sessions(r, err);
    return status ? status : go_on(r, err);
}

void gb_region_free(gb_region *r) {
    gb_session_free(r->base);
    gb_session_free(r->session);
    free(r->values);
    free(r->changed);
    free(r->gradient);
    free(r->before);
    free(r->after);
    free(r->means);
    free(r->slopes);
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

static gb_status compare(gb_region *r, gb_error *err) {
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
    return GB_OK;
}

gb_status gb_region_measure(gb_region *r, double *objective, gb_error *err) {
    const gb_region_options *o = r->options;
    double *means = r->means + 2 * (r->done < r->all ? r->done : r->all - 1);
    gb_status status = GB_OK;
    r->is_known = r->done < r->measured;
    if (r->is_known) {
        r->mean_inside = means[0];
        r->mean_outside = means[1];
    } else {
        status = compare(r, err);
        means[0] = r->mean_inside;
        means[1] = r->mean_outside;
        r->measured += !status && r->measured < r->all;
    }
    *objective = log((r->mean_inside + visible) / (r->mean_outside + visible));
    r->done++;
    if (!status)
        status = gb_kept_write(&r->kept, err);
    if (status)
        return status;
    double share = (double)r->done / (double)r->all;
    return !o->progress || o->progress(o->progress_arg, share < 1 ? share : 1) ? GB_OK : gb_fail_cancelled(err);
}

static gb_status differentiate(gb_region *r, gb_error *err) {
    if (r->is_known) {          /* the pictures are needed */
        gb_status status = compare(r, err);
        if (status)
            return status;
    }
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

gb_status gb_region_slopes(gb_region *r, void (*compute)(void *arg), void *arg, float *slopes, gb_error *err) {
    float *known = r->slopes + r->slopes_taken * r->slope_count;
    if (r->slopes_taken == r->differentiated) {
        gb_status status = differentiate(r, err);
        if (status)
            return status;
        compute(arg);
        memcpy(known, slopes, r->slope_count * sizeof *slopes);
        r->differentiated++;
    }
    memcpy(slopes, known, r->slope_count * sizeof *slopes);
    r->slopes_taken++;
    return GB_OK;
}
