/* Frames. */
#include "frame.h"

#include <math.h>
#include <string.h>

#include "outgoing.h"
#include "tools/program/host.h"

static json_t *milliseconds(double seconds) {
    return number_json(round(seconds * 1e6) / 1e3);
}

/* [[node, ms], …] of the steps that ran; each step is named by the boundary that it writes. */
static json_t *step_times(live *s, int steps) {
    json_t *list = json_array();
    for (int i = 0; list && i < steps; i++) {
        gb_step_info step;
        gb_node_info node;
        gb_session_step(s->session, i, &step);
        if (!step.ran) continue;
        gb_model_node(s->o.model, step.last, &node);
        add_json(&list, json_pack("[s, o]", node.name, milliseconds(step.seconds)));
    }
    return list;
}

gb_status make_frame(live *s, const message *m, int side, double wait, double render, outgoing *p, gb_error *err) {
    int width = (int)s->o.width, height = (int)s->o.height;
    int quality = m->quality ? (int)m->quality : s->shared->quality;
    double start = host_seconds();
    gb_render_stats stats;
    json_t *header;
    if (side) live_preview_size(s, side, &height, &width);
    if (encode_picture(&s->encoder, side ? s->preview : s->rgb, width, height, false, quality, err)) return err->status;
    gb_session_stats(s->session, &stats);
    header = json_pack("{s:s, s:s, s:I, s:i, s:i, s:b, s:{s:o, s:o, s:o}, s:i, s:i}", "kind", "frame", "format", encoder_format, "serial",
                       (json_int_t)m->serial, "width", width, "height", height, "full", !side, "ms", "render",
                       milliseconds(render), "encode", milliseconds(host_seconds() - start), "wait",
                       milliseconds(wait), "ran", stats.steps_run, "steps", stats.steps);
    if (m->times) set_json(&header, "times", step_times(s, stats.steps));
    return pack_binary(header, s->encoder.bytes, s->encoder.size, p, err);
}
