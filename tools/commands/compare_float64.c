/* Comparing the reference, and this engine's values, with the same network in float64. */
#include "compare_float64.h"

#include <stdlib.h>

#include "engine/ganbend_analysis.h"
#include "tools/program/progress.h"

typedef struct rounding {
    reference *r;
    gb_session *ours, *exact;   /* both with all nodes of the reference tapped */
    gb_node output;
    size_t sample, batch;
    float *values;
    gb_error *err;
} rounding;

/* Measures the arrays of a node from its values in float64. Reading the values in float32 may fail. */
static void measure_node(void *arg, gb_node node, const double *exact) {
    rounding *w = arg;
    bool is_read = false;
    for (size_t i = 0; i < w->r->count && !w->err->status; i++) {
        reference_array *s = &w->r->arrays[i];
        if ((s->node == GB_NO_NODE ? w->output : s->node) != node) continue;
        if (!is_read && gb_session_read(w->ours, node, w->values, w->err)) return;
        is_read = true;
        for (size_t k = 0; k < w->batch; k++)
            measure_rounding(s, w->values + k * s->elements, exact + k * s->elements, w->sample + k);
    }
}

static gb_status open_session(const rounding *w, const sample_source *source, bending *b, const loaded_model *o,
                              gb_session **session, gb_error *err) {
    gb_node_info node;
    if (gb_session_new(o->model, &source->how, session, err) || apply_bending(b, *session, err)) return err->status;
    for (size_t i = 0; i < w->r->count; i++) {
        gb_model_node(o->model, w->r->arrays[i].node == GB_NO_NODE ? w->output : w->r->arrays[i].node, &node);
        if (gb_session_tap(*session, node.name, err)) return err->status;
    }
    return GB_OK;
}

gb_status compare_float64(reference *r, const sample_source *source, bending *b, const loaded_model *o, gb_error *err) {
    rounding w = {.r = r, .batch = source->how.batch ? (size_t)source->how.batch : 1, .err = err};
    size_t largest = 0;
    w.output = gb_model_output(o->model);
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    w.values = malloc(largest * w.batch * sizeof *w.values);
    progress p = progress_start("computing in float64", r->samples);
    if (!w.values) state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    else if (!open_session(&w, source, b, o, &w.ours, err) && !open_session(&w, source, b, o, &w.exact, err))
        gb_session_set_progress(w.exact, progress_share, &p);
    for (; w.sample < r->samples && !err->status; w.sample += w.batch, progress_next(&p))
        if (!source->set(source->arg, w.sample, w.ours, err) && !source->set(source->arg, w.sample, w.exact, err) &&
            !gb_session_render(w.ours, NULL, err))
            gb_session_float64(w.exact, measure_node, &w, err);
    progress_end(&p);
    gb_session_free(w.exact);
    gb_session_free(w.ours);
    free(w.values);
    return err->status;
}
