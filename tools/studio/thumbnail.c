/* The picture of a recipe, small. */
#include <stdlib.h>

#include "handlers.h"
#include "outgoing.h"

enum { QUALITY = 85 };

/* The mean of the pixels of `from` [height, width, 3] that pixel (y, x) of a picture [rows, columns] covers. */
static void average(const uint8_t *from, size_t height, size_t width, size_t rows, size_t columns, size_t y, size_t x, uint8_t to[3]) {
    size_t y0 = y * height / rows, y1 = (y + 1) * height / rows, x0 = x * width / columns, x1 = (x + 1) * width / columns;
    size_t sum[3] = {0}, count;
    if (y1 <= y0) y1 = y0 + 1;
    if (x1 <= x0) x1 = x0 + 1;
    count = (y1 - y0) * (x1 - x0);
    for (size_t i = y0; i < y1; i++)
        for (size_t k = x0; k < x1; k++)
            for (size_t c = 0; c < 3; c++) sum[c] += from[(i * width + k) * 3 + c];
    for (size_t c = 0; c < 3; c++) to[c] = (uint8_t)((sum[c] + count / 2) / count);
}

/* The larger side of the answer has `side` pixels, or that of the network's picture if it is smaller. */
gb_status handle_thumbnail(live *s, const message *m, outgoing *p, gb_error *err) {
    size_t height = (size_t)s->o.height, width = (size_t)s->o.width, larger = height > width ? height : width;
    size_t side = (size_t)m->side < larger ? (size_t)m->side : larger, rows = height * side / larger, columns = width * side / larger;
    uint8_t *rgb;
    if (live_set(s, m->recipe, err) || live_render(s, err)) return err->status;
    if (!rows) rows = 1;
    if (!columns) columns = 1;
    rgb = malloc(rows * columns * 3);
    if (!rgb) return state(err, GB_NO_MEMORY, "out of memory for a small picture");
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < columns; x++) average(s->rgb, height, width, rows, columns, y, x, rgb + (y * columns + x) * 3);
    if (!encode_picture(&s->encoder, rgb, (int)columns, (int)rows, false, QUALITY, err))
        pack_binary(json_pack("{s:s, s:s, s:I, s:I, s:I}", "kind", "thumbnail", "format", encoder_format, "id", (json_int_t)m->id,
                              "width", (json_int_t)columns, "height", (json_int_t)rows), s->encoder.bytes, s->encoder.size, p, err);
    free(rgb);
    return err->status;
}
