/* Traces NaN and infinity to the first boundary, in execution order, that contains such a value. Boundaries are tapped in
 * groups, so that those of a large network need not be in memory all at once. */
#include "nonfinite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/program/arguments.h"
#include "tools/inputs/open_model.h"

/* The last node with the picture's shape. */
static gb_node find_image(const gb_model *model) {
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    for (gb_node i = (gb_node)gb_model_node_count(model) - 1; i >= 0; i--) {
        gb_node_info info;
        gb_model_node(model, i, &info);
        if (info.ndim == 3 && info.shape[0] == shape[0] && info.shape[1] == shape[1] && info.shape[2] == shape[2])
            return i;
    }
    return GB_NO_NODE;
}

gb_status watch_new(watch *w, const gb_model *model, gb_session *session, gb_error *err) {
    gb_node_info info;
    *w = (watch){.model = model, .image = find_image(model)};
    if (w->image == GB_NO_NODE) return GB_OK;
    gb_model_node(model, w->image, &info);
    w->count = node_elements(&info);
    w->values = malloc(w->count * sizeof *w->values);
    return w->values ? gb_session_tap(session, info.name, err) : state(err, GB_NO_MEMORY, "out of memory");
}

void watch_free(watch *w) {
    free(w->values);
    *w = (watch){0};
}

static size_t count_nonfinite(const float *values, size_t count, bool *nan) {
    size_t n = 0;
    *nan = false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i])) {
            n++;
            *nan = *nan || isnan(values[i]);
        }
    return n;
}

gb_status watch_look(const watch *w, gb_session *session, bool *nonfinite, gb_error *err) {
    bool nan;
    *nonfinite = false;
    if (!w->values) return GB_OK;
    if (gb_session_read(session, w->image, w->values, err)) return err->status;
    *nonfinite = count_nonfinite(w->values, w->count, &nan) > 0;
    return GB_OK;
}

enum { GROUP_FLOATS = 64 << 20 };

gb_status trace_nonfinite(const gb_model *model, gb_session *session, char text[NONFINITE_ROOM], gb_error *err) {
    gb_node nodes = (gb_node)gb_model_node_count(model), end;
    float *values = NULL;
    size_t room = 0;
    gb_status status = GB_OK;
    snprintf(text, NONFINITE_ROOM, "the picture contains NaN or infinity, but no layer does");
    for (gb_node begin = 0; begin < nodes && !status; begin = end) {
        gb_node_info info;
        size_t floats = 0;
        for (end = begin; end < nodes && !status && (end == begin || floats < GROUP_FLOATS); end++) {
            gb_model_node(model, end, &info);
            floats += node_elements(&info);
            if (node_elements(&info) > room) room = node_elements(&info);
            status = gb_session_tap(session, info.name, err);
        }
        if (!status) status = gb_session_render(session, NULL, err);
        free(values);
        values = malloc(room * sizeof *values);
        if (!status && !values) status = state(err, GB_NO_MEMORY, "out of memory");
        for (gb_node i = begin; i < end && !status; i++) {
            bool nan;
            size_t bad;
            gb_model_node(model, i, &info);
            status = gb_session_read(session, i, values, err);
            bad = status ? 0 : count_nonfinite(values, node_elements(&info), &nan);
            if (bad) {
                snprintf(text, NONFINITE_ROOM, "%s first appears at %s, in %zu of %zu values", nan ? "NaN" : "infinity",
                         info.name, bad, node_elements(&info));
                free(values);
                return GB_OK;
            }
            if (!status) status = gb_session_untap(session, info.name, err);
        }
    }
    free(values);
    return status;
}
