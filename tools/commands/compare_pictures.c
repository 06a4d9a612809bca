/* Comparing what a network says of pictures: once with all boundaries tapped, which prevents fusing, and once with only the
 * compared boundary of each array tapped. */
#include "compare_pictures.h"

#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_gradient.h"
#include "tools/program/progress.h"

/* Renders all samples, `batch` at a time, and measures the arrays from `first` on, `count` of them. */
static gb_status compare_arrays(reference *r, size_t first, size_t count, const picture_inputs *p, size_t batch,
                                const gb_session_options *how, bending *b, const loaded_model *o, float *ours,
                                gb_error *err) {
    gb_session *session = NULL;
    gb_session_new(o->model, how, &session, err);
    if (!err->status) apply_bending(b, session, err);
    for (size_t i = first; i < first + count && !err->status; i++) {
        gb_node_info node;
        gb_model_node(o->model, r->arrays[i].node, &node);
        gb_session_tap(session, node.name, err);
    }
    for (size_t sample = 0; sample < r->samples && !err->status; sample += batch) {
        feed_pictures(p, sample, o->model, session, err);
        if (!err->status) gb_session_render(session, NULL, err);
        for (size_t i = first; i < first + count && !err->status; i++) {
            reference_array *s = &r->arrays[i];
            if (gb_session_read(session, s->node, ours, err)) break;
            for (size_t k = 0; k < batch; k++) measure_reference(s, &s->all, ours + k * s->elements, sample + k);
        }
    }
    gb_session_free(session);
    return err->status;
}

gb_session_options picture_session_options(const char *norm, size_t samples) {
    bool own = norm && strcmp(norm, "stored") != 0;
    size_t batch = norm && !strcmp(norm, "batch") ? samples : 1;
    return (gb_session_options){.size = sizeof(gb_session_options), .batch = (int)batch, .batch_statistics = own};
}

gb_status compare_pictures(reference *r, const picture_inputs *p, const char *norm, bending *b, const loaded_model *o,
                           gb_error *err) {
    const gb_session_options how = picture_session_options(norm, r->samples);
    size_t batch = (size_t)how.batch, largest = 0;
    progress bar = progress_start("comparing", r->count + 1);
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    float *ours = malloc(largest * batch * sizeof *ours);
    if (!ours) state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    if (!err->status) compare_arrays(r, 0, r->count, p, batch, &how, b, o, ours, err);
    progress_next(&bar);
    for (size_t i = 0; i < r->count && !err->status; i++, progress_next(&bar))
        compare_arrays(r, i, 1, p, batch, &how, b, o, ours, err);
    progress_end(&bar);
    free(ours);
    return err->status;
}

gb_status compare_picture_gradients(reference *r, const picture_inputs *p, bending *b, const loaded_model *o, gb_error *err) {
    const gb_session_options how = {.size = sizeof how, .purpose = GB_GRADIENT};
    gb_session *session = NULL;
    gb_node_info loss, node;
    size_t largest = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    float *ours = malloc(largest * sizeof *ours);
    gb_model_node(o->model, r->loss_node, &loss);
    size_t weights = node_elements(&loss);
    if (!ours) state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    else if (!gb_session_new(o->model, &how, &session, err)) apply_bending(b, session, err);
    for (size_t i = 0; i < r->count && !err->status; i++) {
        gb_model_node(o->model, r->arrays[i].node, &node);
        gb_session_want(session, node.name, err);
    }
    for (size_t sample = 0; sample < r->samples && !err->status; sample++) {
        if (feed_pictures(p, sample, o->model, session, err) || gb_session_render(session, NULL, err)) break;
        gb_session_backward(session, r->loss_node, r->loss_weights + sample * weights, err);
        for (size_t i = 0; i < r->count && !err->status; i++)
            if (!gb_session_gradient(session, r->arrays[i].node, ours, err))
                measure_reference(&r->arrays[i], &r->arrays[i].all, ours, sample);
    }
    gb_session_free(session);
    free(ours);
    return err->status;
}
