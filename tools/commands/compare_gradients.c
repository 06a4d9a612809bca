/* Gradients of a reference file: every sample is rendered, and the loss sum(image · R) gives the cotangent R. */
#include "compare_gradients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_gradient.h"
#include "tools/program/progress.h"

/* Finds the activation with a parameter of this name among those that bends have set. */
static bool find_param(const gb_model *model, const gb_session *session, reference_array *s) {
    gb_table_row row;
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(model); i++) {
        gb_node_info node;
        const char *act = gb_session_activation(session, i);
        gb_model_node(model, i, &node);
        if (!act || !node.act || !strcmp(act, node.act)) continue;
        for (size_t k = 0; gb_activation_row(k, &row); k++)
            for (int p = 0; !strcmp(row.name, act) && p < row.param_count; p++)
                if (!strcmp(row.param[p].name, s->name)) {
                    s->node = i;
                    s->param = p;
                    return true;
                }
    }
    return false;
}

static gb_status want(const reference *r, reference_array *s, const gb_model *model, gb_session *session, gb_error *err) {
    gb_node_info node;
    char name[GB_MAX_NAME + 8];
    if (s->kind == REFERENCE_IMAGE) return GB_OK;
    if (s->kind == REFERENCE_GRADIENT_WEIGHT) return gb_session_train(session, s->name, err);
    if (s->kind == REFERENCE_GRADIENT_PARAM && !find_param(model, session, s))
        return state(err, GB_BAD_ARGUMENT, "%s: 'grad/%s' is neither a node of this model nor a parameter of an activation "
                     "that a bend has set; 'ganbend info' lists its nodes", r->path, s->name);
    gb_model_node(model, s->node, &node);
    snprintf(name, sizeof name, "%s%s", node.name, s->kind == REFERENCE_GRADIENT_PARAM ? ":params" : "");
    return gb_session_want(session, name, err);
}

gb_status add_gradient_of_weight(reference_array *s, gb_session *session, float *room, gb_error *err) {
    gb_status status = gb_session_weight_gradient(session, s->name, room, err);
    for (size_t i = 0; !status && i < s->elements; i++) s->sum[i] += room[i];
    return status;
}

void measure_weights(reference *r) {
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].kind == REFERENCE_GRADIENT_WEIGHT)
            measure_reference(&r->arrays[i], &r->arrays[i].all, r->arrays[i].sum, 0);
}

/* Reads the gradient that `s` is compared with. */
static gb_status read_gradient(const reference_array *s, const gb_model *model, gb_session *session, float *ours,
                               gb_error *err) {
    gb_node_info node;
    gb_model_node(model, s->node, &node);
    if (s->kind == REFERENCE_GRADIENT_PARAM) {
        gb_status status = gb_session_param_gradient(session, s->node, ours, err);
        ours[0] = ours[s->param];
        return status;
    }
    gb_status status = gb_session_gradient(session, s->node, ours, err);
    for (size_t i = 0; s->kind == REFERENCE_GRADIENT_W && !status && i < s->elements; i++)
        for (int64_t row = 1; row < node.shape[0]; row++) ours[i] += ours[(size_t)row * s->elements + i];
    return status;
}

static gb_status run_sample(reference *r, size_t sample, const loaded_model *o, gb_session *session, float *ours,
                            gb_error *err) {
    size_t pixels = (size_t)(o->channels * o->height * o->width);
    gb_status status = apply_reference(r, sample, o->model, session, err);
    if (!status) status = gb_session_render(session, ours, err);
    for (size_t i = 0; !status && i < r->count; i++) {
        if (r->arrays[i].kind == REFERENCE_IMAGE) measure_reference(&r->arrays[i], &r->arrays[i].all, ours, sample);
        else if (sample == 0) status = want(r, &r->arrays[i], o->model, session, err);
    }
    if (!status && sample == 0) status = gb_session_render(session, ours, err);
    if (!status)
        status = gb_session_backward(session, gb_model_output(o->model), r->loss_weights + sample * pixels, err);
    for (size_t i = 0; !status && i < r->count; i++) {
        reference_array *s = &r->arrays[i];
        if (s->kind == REFERENCE_IMAGE) continue;
        if (s->kind == REFERENCE_GRADIENT_WEIGHT) {
            status = add_gradient_of_weight(s, session, ours, err);
            continue;
        }
        status = read_gradient(s, o->model, session, ours, err);
        if (!status) measure_reference(s, &s->all, ours, sample);
    }
    return status;
}

gb_status compare_gradients(reference *r, gb_noise noise, bending *b, const loaded_model *o, gb_error *err) {
    const gb_session_options how = {.purpose = GB_GRADIENT};
    size_t largest = (size_t)(o->channels * o->height * o->width);
    progress p = progress_start("comparing", r->samples);
    gb_session *session = NULL;
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(o->model); i++) {
        gb_node_info node;
        size_t elements = 1;
        gb_model_node(o->model, i, &node);
        for (int d = 0; d < node.ndim; d++) elements *= (size_t)node.shape[d];
        if (elements > largest) largest = elements;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    float *ours = malloc(largest * sizeof *ours);
    gb_status status = ours ? gb_session_new(o->model, &how, &session, err)
                            : state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    if (!status) status = apply_bending(b, session, err);
    if (!status) status = gb_session_noise(session, noise, 0, err);
    for (size_t sample = 0; !status && sample < r->samples; sample++, progress_next(&p))
        status = run_sample(r, sample, o, session, ours, err);
    if (!status) measure_weights(r);
    progress_end(&p);
    free(ours);
    gb_session_free(session);
    return status;
}
