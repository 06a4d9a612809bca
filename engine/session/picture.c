/* Rendering pictures: as floats, as 8-bit pixels, previews and PNG files; and reading taps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "engine/base/error.h"
#include "engine/picture/image.h"
#include "render.h"

gb_status gb_session_render(gb_session *session, float *image, gb_error *err) {
    gb_status status = gb_session_run(session, GB_CUT_TAP | (image ? GB_CUT_IMAGE : 0), err);
    if (status || !image)
        return status ? status : gb_device_wait(session, err);
    return gb_session_read_value(session, session->bent->graph.output, image, err);
}

/* The picture's channels: 1 (grey), 3 (RGB) or 4 (RGBA). */
static gb_status image_shape(const gb_session *session, int64_t shape[3], gb_error *err) {
    gb_model_output_shape(session->model, shape);
    if (session->graph->nodes[session->graph->output].ndim != 3 || (shape[0] != 1 && shape[0] != 3 && shape[0] != 4))
        return gb_fail(err, GB_BAD_ARGUMENT, "the output has %lld channels; expected 1 (grey), 3 (RGB) or 4 (RGBA)",
                       (long long)shape[0]);
    return GB_OK;
}

/* Renders 8-bit pixels with the network's channels, or as RGB if `shown`. */
static gb_status render_bytes(gb_session *session, bool shown, uint8_t *bytes, gb_error *err) {
    int64_t shape[3];
    gb_status status = image_shape(session, shape, err);
    if (!status)
        status = gb_session_run(session, GB_CUT_TAP | GB_CUT_IMAGE, err);
    if (status)
        return status;
    int channels = (int)shape[0];
    size_t plane = (size_t)shape[1] * (size_t)shape[2], samples = (size_t)session->options.batch;
    const gb_tensor *out = &session->plan->tensor[session->bent->graph.output];
    if (session->cpu.device && channels == 3) {
        session->cpu.device->to_rgb(session->cpu.stream, out, bytes);
        return gb_device_wait(session, err);
    }
    const float *image = out->data;     /* fewer than eight channels are always planar */
    float *fetched = NULL;
    if (session->cpu.device) {
        fetched = malloc(samples * (size_t)channels * plane * sizeof *fetched);
        if (!fetched)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        status = gb_session_read_value(session, session->bent->graph.output, fetched, err);
        image = fetched;
    }
    for (size_t i = 0; !status && i < samples; i++) {
        const float *sample = image + i * (size_t)channels * plane;
        if (channels == 3 || !shown)
            gb_image_to_pixels(sample, channels, plane, bytes + i * (size_t)channels * plane);
        else
            gb_image_to_shown(sample, channels, (int)shape[1], (int)shape[2], bytes + i * 3 * plane);
    }
    free(fetched);
    return status;
}

gb_status gb_session_render_rgb(gb_session *session, uint8_t *rgb, gb_error *err) {
    return render_bytes(session, true, rgb, err);
}

gb_status gb_session_render_pixels(gb_session *session, uint8_t *pixels, gb_error *err) {
    return render_bytes(session, false, pixels, err);
}

gb_status gb_session_preview(gb_session *session, int height, float *image, gb_error *err) {
    gb_node node;
    gb_shape shape = {0};
    for (int i = 0; (node = gb_graph_find_role(session->graph, GB_ROLE_IMAGE, i)) != GB_NO_NODE; i++) {
        shape = gb_node_shape(&session->graph->nodes[node]);
        if (shape.h == height)
            break;
    }
    bool picture = shape.c == 1 || shape.c == 3 || shape.c == 4;
    if (node == GB_NO_NODE || !picture || shape.c != gb_node_shape(&session->graph->nodes[session->graph->output]).c)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no running picture of height %d", height);
    session->preview = node;
    gb_status status = gb_session_run(session, GB_CUT_PREVIEW, err);
    return status ? status : gb_session_read_value(session, session->bent->value[node], image, err);
}

gb_status gb_session_render_png(gb_session *session, const char *path, gb_error *err) {
    int64_t shape[3];
    gb_model_output_shape(session->model, shape);
    uint8_t *pixels = malloc((size_t)session->options.batch * (size_t)(shape[0] * shape[1] * shape[2]));
    if (!pixels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    char checksum[16];
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)session->model->checksum);
    gb_text texts[] = {{"Software", "ganbend"}, {"ganbend.version", gb_version()}, {"ganbend.model", checksum}};
    gb_status status = gb_session_render_pixels(session, pixels, err);
    if (!status)
        status = gb_png_write_pixels(path, (int)shape[2], (int)shape[1], (int)shape[0], pixels, texts, 3, err);
    free(pixels);
    return status;
}

gb_status gb_session_read(gb_session *session, gb_node node, float *out, gb_error *err) {
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node %d in this network", node);
    const gb_graph_node *n = &session->graph->nodes[node];
    gb_node value = session->bent->value[node];
    if (!session->rendered || !(session->cut[value] & GB_CUT_TAP))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' was not tapped in the last render", n->name);
    return gb_session_read_value(session, value, out, err);
}
