/* The values under the cursor: all channels of one pixel of a layer, with a thumbnail of the picture around it; and the z of
 * a seed. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "outgoing.h"
#include "handlers.h"

enum { THUMBNAIL_MIN = 32, THUMBNAIL_MAX = 128, THUMBNAIL_QUALITY = 90 };

/* ------------------------------------------------------------------------------------------------ thumbnails */

/* The start of a window of `size` around `at` that stays within 0 to `most`. */
static size_t window(size_t at, size_t size, size_t most) {
    size_t start = at > size / 2 ? at - size / 2 : 0;
    return start + size > most ? most - size : start;
}

/* A quarter of the picture around the centre of pixel (y, x) of a layer of [h, w]. */
static gb_status make_thumbnail(live *s, size_t y, size_t x, size_t h, size_t w, json_t **thumbnail, gb_error *err) {
    size_t height = (size_t)s->o.height, width = (size_t)s->o.width, shorter = height < width ? height : width;
    size_t side = shorter / 4 < THUMBNAIL_MIN ? THUMBNAIL_MIN : shorter / 4 > THUMBNAIL_MAX ? THUMBNAIL_MAX
                                                                                                 : shorter / 4;
    size_t top, left;
    uint8_t rgb[THUMBNAIL_MAX * THUMBNAIL_MAX * 3];
    char *text;
    if (side > shorter) side = shorter;
    top = window((2 * y + 1) * height / (2 * h), side, height);
    left = window((2 * x + 1) * width / (2 * w), side, width);
    for (size_t i = 0; i < side; i++) memcpy(rgb + i * side * 3, s->rgb + ((top + i) * width + left) * 3, side * 3);
    if (encode_picture(&s->encoder, rgb, (int)side, (int)side, false, THUMBNAIL_QUALITY, err)) return err->status;
    text = base64_text((const char *)s->encoder.bytes, s->encoder.size);
    *thumbnail = text ? json_pack("s+++", "data:", encoder_format, ";base64,", text) : NULL;
    free(text);
    if (!*thumbnail) return state(err, GB_NO_MEMORY, "out of memory");
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ answers */

gb_status handle_pick(live *s, const message *m, outgoing *p, gb_error *err) {
    gb_node node;
    gb_node_info info;
    float *maps = NULL;
    size_t plane, at;
    json_t *values, *thumbnail;
    if (live_set(s, m->recipe, err) || live_find(s, m->node, &node, &info, err)) return err->status;
    if (info.ndim != 3) return state(err, GB_BAD_ARGUMENT, "'%s' is a vector and has no pixels", info.name);
    if (m->y >= info.shape[1] || m->x >= info.shape[2])
        return state(err, GB_BAD_ARGUMENT, "'%s' has %lld rows and %lld columns of pixels, numbered from 0", info.name,
                     (long long)info.shape[1], (long long)info.shape[2]);
    if (live_read(s, &node, 1, &maps, err)) return err->status;
    plane = (size_t)(info.shape[1] * info.shape[2]);
    at = (size_t)(m->y * info.shape[2] + m->x);
    if (!live_render(s, err) && !make_thumbnail(s, (size_t)m->y, (size_t)m->x, (size_t)info.shape[1],
                                                 (size_t)info.shape[2], &thumbnail, err)) {
        values = json_array();
        for (size_t c = 0; c < (size_t)info.shape[0]; c++)
            add_json(&values, float_json(maps[c * plane + at]));
        pack_answer(m->id, json_pack("{s:o, s:o}", "values", values, "thumbnail", thumbnail), p, err);
    }
    free(maps);
    return err->status;
}

gb_status handle_z(live *s, const message *m, outgoing *p, gb_error *err) {
    const char *origin = gb_model_meta_str(s->o.model, "origin.rng", "numpy");
    gb_rng rng = !strcmp(origin, "torch") ? GB_RNG_TORCH : !strcmp(origin, "truncnorm") ? GB_RNG_TRUNCNORM
                                                                                          : GB_RNG_NUMPY;
    gb_node node;
    gb_node_info info;
    size_t count;
    float *z;
    json_t *list;
    node = gb_model_find_role(s->o.model, GB_ROLE_Z, 0);
    if (node == GB_NO_NODE) return state(err, GB_BAD_ARGUMENT, "this model has no z");
    gb_model_node(s->o.model, node, &info);
    count = node_elements(&info);
    z = malloc(count * sizeof *z);
    if (!z) return state(err, GB_NO_MEMORY, "out of memory");
    gb_randn(rng, (uint64_t)m->seed, count, z);
    list = json_array();
    for (size_t i = 0; i < count; i++) add_json(&list, float_json(z[i]));
    free(z);
    return pack_answer(m->id, json_pack("{s:o}", "z", list), p, err);
}
