/* Comparing what a network says of pictures: once with all boundaries tapped, which prevents fusing, and once with only the
 * compared boundary of each array tapped. */
#include "compare_pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_gradients.h"
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

/* The gradient of the mean cross-entropy of the samples from `sample` on: (softmax(x) − onehot) / n. `x` [batch, classes] are
 * their outputs; writes over them. */
static void cross_entropy_gradient(const reference *r, size_t sample, size_t batch, size_t classes, float *x) {
    for (size_t k = 0; k < batch; k++, x += classes) {
        double largest = x[0], sum = 0;
        for (size_t c = 0; c < classes; c++)        /* GCC 12 for AArch64 crashes over fmax() of floats in a loop */
            if ((double)x[c] > largest) largest = (double)x[c];
        for (size_t c = 0; c < classes; c++) sum += exp((double)x[c] - largest);
        for (size_t c = 0; c < classes; c++) {
            double share = exp((double)x[c] - largest) / sum;
            x[c] = (float)((share - ((double)c == r->classes[sample + k])) / (double)r->samples);
        }
    }
}

/* Computes the gradients of the samples from `sample` on. `room` has space for any array of the batch. */
static gb_status run_backward(reference *r, size_t sample, size_t batch, gb_session *session, size_t loss_size, float *room,
                              gb_error *err) {
    const float *cotangent = r->loss_weights ? r->loss_weights + sample * loss_size : room;
    if (!r->loss_weights && !gb_session_read(session, r->loss_node, room, err))
        cross_entropy_gradient(r, sample, batch, loss_size, room);
    if (!err->status) gb_session_backward(session, r->loss_node, cotangent, err);
    for (size_t i = 0; i < r->count && !err->status; i++) {
        reference_array *s = &r->arrays[i];
        if (s->kind == REFERENCE_GRADIENT_WEIGHT) {
            add_gradient_of_weight(s, session, room, err);
        } else if (!gb_session_gradient(session, s->node, room, err)) {
            for (size_t k = 0; k < batch; k++) measure_reference(s, &s->all, room + k * s->elements, sample + k);
        }
    }
    return err->status;
}

gb_status compare_picture_gradients(reference *r, const picture_inputs *p, const char *norm, bending *b, const loaded_model *o,
                                    gb_error *err) {
    gb_session_options how = picture_session_options(norm, r->samples);
    gb_session *session = NULL;
    gb_node_info node;
    how.purpose = GB_GRADIENT;
    gb_model_node(o->model, r->loss_node, &node);
    size_t batch = (size_t)how.batch, loss_size = node_elements(&node), largest = loss_size;
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    float *room = malloc(largest * batch * sizeof *room);
    if (!room) state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    else if (!gb_session_new(o->model, &how, &session, err) && !apply_bending(b, session, err))
        gb_session_tap(session, node.name, err);
    for (size_t i = 0; i < r->count && !err->status; i++) {
        if (r->arrays[i].kind == REFERENCE_GRADIENT_WEIGHT) {
            gb_session_train(session, r->arrays[i].name, err);
            continue;
        }
        gb_model_node(o->model, r->arrays[i].node, &node);
        gb_session_want(session, node.name, err);
    }
    for (size_t sample = 0; sample < r->samples && !err->status; sample += batch)
        if (!feed_pictures(p, sample, o->model, session, err) && !gb_session_render(session, NULL, err))
            run_backward(r, sample, batch, session, loss_size, room, err);
    if (!err->status) measure_weights(r);
    gb_session_free(session);
    free(room);
    return err->status;
}
