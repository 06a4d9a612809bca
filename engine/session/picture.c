/* Rendering pictures: as floats, as 8-bit pixels, previews and PNG files; and reading taps. */

#include "device.h"
#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/picture/image.h"
#include "picture_texts.h"
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

/* Renders the batch and calls convert(arg, i, image) for the picture [C, H, W] of each sample i. */
static gb_status render_each(gb_session *session, void (*convert)(void *arg, size_t i, const float *image), void *arg,
                             gb_error *err) {
    int64_t shape[3];
    gb_status status = image_shape(session, shape, err);
    if (!status)
        status = gb_session_run(session, GB_CUT_TAP | GB_CUT_IMAGE, err);
    if (status)
        return status;
    size_t floats = (size_t)(shape[0] * shape[1] * shape[2]), samples = (size_t)session->options.batch;
    /* Fewer than eight channels are always planar. */
    const float *image = session->plan->tensor[session->bent->graph.output].data;
    float *fetched = NULL;
    if (session->cpu.device) {
        fetched = gb_aligned_alloc_with(session->cpu.allocator, samples * floats * sizeof *fetched);
        if (!fetched)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        status = gb_session_read_value(session, session->bent->graph.output, fetched, err);
        image = fetched;
    }
    for (size_t i = 0; !status && i < samples; i++)
        convert(arg, i, image + i * floats);
    gb_aligned_free(fetched);
    return status;
}

/* 8-bit pixels with the network's channels, or RGB if `shown`. */
typedef struct bytes_wanted {
    int64_t shape[3];
    bool shown;
    uint8_t *bytes;
} bytes_wanted;

static void to_bytes(void *arg, size_t i, const float *image) {
    const bytes_wanted *b = arg;
    int channels = (int)b->shape[0];
    size_t plane = (size_t)b->shape[1] * (size_t)b->shape[2];
    if (channels == 3 || !b->shown)
        gb_image_to_pixels(image, channels, plane, b->bytes + i * (size_t)channels * plane);
    else
        gb_image_to_shown(image, channels, (int)b->shape[1], (int)b->shape[2], b->bytes + i * 3 * plane);
}

static gb_status render_bytes(gb_session *session, bool shown, uint8_t *bytes, gb_error *err) {
    bytes_wanted wanted = {.shown = shown, .bytes = bytes};
    gb_status status = image_shape(session, wanted.shape, err);
    if (status)
        return status;
    if (!session->cpu.device || wanted.shape[0] != 3)
        return render_each(session, to_bytes, &wanted, err);
    status = gb_session_run(session, GB_CUT_TAP | GB_CUT_IMAGE, err);
    if (status)
        return status;
    session->cpu.device->to_rgb(session->cpu.stream, &session->plan->tensor[session->bent->graph.output], bytes);
    return gb_device_wait(session, err);
}

typedef struct layout_wanted {
    int64_t shape[3];
    gb_pixel_layout layout;
    unsigned char *pixels;
} layout_wanted;

static void to_layout(void *arg, size_t i, const float *image) {
    const layout_wanted *l = arg;
    gb_image_to_layout(image, (int)l->shape[0], (int)l->shape[1], (int)l->shape[2], &l->layout,
                       l->pixels + i * l->layout.rows * l->layout.stride);
}

/* The layout, and the bytes of the whole batch. */
static gb_status layout_of(const gb_session *session, const gb_pixel_format *format, layout_wanted *wanted, size_t *bytes,
                           gb_error *err) {
    size_t batch = (size_t)session->options.batch;
    gb_status status = image_shape(session, wanted->shape, err);
    if (!status)
        status = gb_pixel_layout_of(format, (int)wanted->shape[1], (int)wanted->shape[2], &wanted->layout, err);
    if (!status && wanted->layout.stride > SIZE_MAX / wanted->layout.rows / batch)
        status = gb_fail(err, GB_BAD_ARGUMENT, "a stride of %zu bytes is too large", wanted->layout.stride);
    *bytes = status ? 0 : batch * wanted->layout.rows * wanted->layout.stride;
    return status;
}

size_t gb_session_pixels_size(const gb_session *session, const gb_pixel_format *format) {
    layout_wanted wanted;
    size_t bytes;
    layout_of(session, format, &wanted, &bytes, NULL);
    return bytes;
}

gb_status gb_session_render_as(gb_session *session, const gb_pixel_format *format, void *pixels, size_t room,
                               gb_error *err) {
    layout_wanted wanted = {.pixels = pixels};
    size_t bytes;
    gb_status status = layout_of(session, format, &wanted, &bytes, err);
    if (!status && room < bytes)
        status = gb_fail(err, GB_BAD_ARGUMENT, "there is room for %zu bytes; this format needs %zu", room, bytes);
    return status ? status : render_each(session, to_layout, &wanted, err);
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

/* Writes to `path`, or to `writer` if it is NULL. */
static gb_status render_png(gb_session *session, const char *path, gb_writer *writer, gb_error *err) {
    int64_t shape[3];
    gb_model_output_shape(session->model, shape);
    uint8_t *pixels = gb_aligned_alloc_with(session->cpu.allocator,
                                            (size_t)session->options.batch * (size_t)(shape[0] * shape[1] * shape[2]));
    if (!pixels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_picture_texts texts = {.count = 0};
    gb_status status = gb_session_render_pixels(session, pixels, err);
    if (!status)
        status = gb_picture_texts_of(session, &texts, err);
    int width = (int)shape[2], height = (int)shape[1], channels = (int)shape[0];
    if (!status)
        status = path ? gb_png_write_pixels(path, width, height, channels, pixels, texts.list, texts.count, err)
                      : gb_png_write_to(writer, width, height, channels, pixels, texts.list, texts.count, err);
    gb_picture_texts_free(&texts);
    gb_aligned_free(pixels);
    return status;
}

gb_status gb_session_render_png(gb_session *session, const char *path, gb_error *err) {
    return render_png(session, path, NULL, err);
}

gb_status gb_session_render_png_to(gb_session *session, gb_writer *writer, gb_error *err) {
    gb_status status = gb_writer_begin(writer, err);
    return status ? status : render_png(session, NULL, writer, err);
}

gb_status gb_session_read(gb_session *session, gb_node node, float *out, gb_error *err) {
    if (node < 0 || node >= session->graph->count)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node %d in this network", node);
    const gb_graph_node *n = &session->graph->nodes[node];
    gb_node value = session->bent->value[node];
    if (!session->rendered || !(session->plan->cut[value] & GB_CUT_TAP))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' was not tapped in the last render", n->name);
    return gb_session_read_value(session, value, out, err);
}
