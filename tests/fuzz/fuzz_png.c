/* PNGs, as strangers send them: decoded, and as the mask of a painting bend, which is rendered. */
#include <string.h>

#include "engine/picture/png_read.h"
#include "small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char before[] = "vectors: {a: [1, 2, 3, 4, 5, 6, 7, 8], b: [8, 7, 6, 5, 4, 3, 2, 1]}\n"
                             "bends:\n"
                             "- at: synthesis.b8.conv1\n"
                             "  paint:\n"
                             "    colours: {red: a, white: b, other: keep}\n"
                             "    mask: data:image/png;base64,";

static char *recipe_with(const uint8_t *data, size_t size, size_t *length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(sizeof before + (size + 2) / 3 * 4), *to = text + sizeof before - 1;
    if (!text)
        abort();
    memcpy(text, before, sizeof before);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)data[i] << 16 | (i + 1 < size ? (uint32_t)data[i + 1] << 8 : 0) | (i + 2 < size ? data[i + 2] : 0);
        for (int k = 0; k < 4; k++)
            *to++ = k > (int)(size - i < 3 ? size - i : 3) ? '=' : digits[three >> (18 - 6 * k) & 63];
    }
    *length = (size_t)(to - text);
    return text;
}

static void paint(const uint8_t *data, size_t size) {
    float picture[SMALL_FLOATS];
    gb_recipe *recipe = NULL;
    gb_session *session = NULL;
    gb_error err = {0};
    size_t length;
    char *text = recipe_with(data, size, &length);
    if (gb_recipe_parse(text, length, "recipe.yaml", &recipe, &err)) {
        check_refusal(&err);
    } else if (gb_session_new(small_model(), NULL, &session, &err) || gb_session_seed(session, 1, &err)) {
        abort();
    } else if (gb_recipe_apply(recipe, session, &err) || gb_session_render(session, picture, &err)) {
        check_refusal(&err);
    }
    gb_session_free(session);
    gb_recipe_free(recipe);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_error err = {0};
    uint8_t *rgba, sum = 0;
    int width, height;
    if (gb_png_decode("picture.png", data, size, &width, &height, &rgba, &err)) {
        check_refusal(&err);
        return 0;
    }
    if (width < 1 || height < 1 || width > GB_PNG_MAX_SIDE || height > GB_PNG_MAX_SIDE)
        abort();
    for (size_t i = 0; i < (size_t)width * (size_t)height * 4; i += 251)
        sum ^= rgba[i];
    free(rgba);
    if (width * height <= 1 << 14 && sum < 255)
        paint(data, size);
    return 0;
}
