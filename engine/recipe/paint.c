/* Painting in a recipe: activation vectors and masks. A vector is named in a library (.npz with arrays "vector/NAME")
 * or in the recipe's `vectors`, or it is a file, such as the paper's .pt. A mask is a picture whose colours select
 * vectors or keep the values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/number_text.h"
#include "weights/spelling.h"

/* ------------------------------------------------------------------------------------------------ colours */

static const struct { const char *name; uint32_t rgb; } colour_names[] = {
    {"black", 0x000000}, {"white", 0xFFFFFF}, {"grey", 0x808080}, {"gray", 0x808080}, {"red", 0xFF0000},
    {"green", 0x00FF00}, {"blue", 0x0000FF}, {"yellow", 0xFFFF00}, {"cyan", 0x00FFFF}, {"magenta", 0xFF00FF},
    {"orange", 0xFF8000}, {"purple", 0x8000FF},
};

enum { COLOUR_NAMES = sizeof colour_names / sizeof *colour_names };

static bool hex_colour(const char *text, uint32_t *rgb) {
    if (text[0] != '#' || strlen(text) != 7)
        return false;
    *rgb = 0;
    for (int i = 1; i < 7; i++) {
        int digit = gb_hex_digit(text[i]);
        if (digit < 0)
            return false;
        *rgb = *rgb << 4 | (uint32_t)digit;
    }
    return true;
}

static gb_status read_colour(const gb_recipe *recipe, const gb_yaml *key, uint32_t *rgb, gb_error *err) {
    gb_spelling spelling = gb_spelling_of(key->text);
    if (hex_colour(key->text, rgb))
        return GB_OK;
    for (int i = 0; i < COLOUR_NAMES; i++) {
        *rgb = colour_names[i].rgb;
        if (!strcmp(colour_names[i].name, key->text))
            return GB_OK;
    }
    for (int i = 0; i < COLOUR_NAMES; i++)
        gb_spelling_consider(&spelling, colour_names[i].name);
    gb_spelling_consider(&spelling, "other");
    return gb_recipe_fail(recipe, key, err, "'%.64s' is not a colour; expected a name, or '#ff8000' in quotes%s%s%s",
                          key->text, spelling.nearest ? "; the nearest name is '" : "",
                          spelling.nearest ? spelling.nearest : "", spelling.nearest ? "'" : "");
}

/* Reads the name of a vector; NULL for `keep`. */
static gb_status read_use(const gb_recipe *recipe, const gb_yaml *node, const char **vector, gb_error *err) {
    gb_status status = gb_recipe_text(recipe, node, "the vector", vector, err);
    if (!status && !strcmp(*vector, "keep"))
        *vector = NULL;
    return status;
}

static gb_status read_colours(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    gb_mask_colour *colours = NULL;
    if (map->kind != GB_YAML_MAP || map->count == 0 || map->count > GB_RECIPE_MAX_COLOURS)
        return gb_recipe_fail(recipe, map, err, "colours: expected 1 to %d lines of 'colour: vector' or 'colour: keep'",
                              GB_RECIPE_MAX_COLOURS);
    gb_status status = gb_recipe_alloc(recipe, (size_t)map->count * sizeof *colours, (void **)&colours, err);
    for (const gb_yaml *key = map->first; key && !status; key = key->next) {
        gb_mask_colour *colour = &colours[step->colour_count];
        if (!strcmp(key->text, "other")) {
            step->has_other = true;
            status = read_use(recipe, key->value, &step->other, err);
            continue;
        }
        status = read_colour(recipe, key, &colour->rgb, err);
        for (int i = 0; i < step->colour_count && !status; i++)
            if (colours[i].rgb == colour->rgb)
                status = gb_recipe_fail(recipe, key, err, "duplicate colour #%06x", (unsigned)colour->rgb);
        if (!status)
            status = read_use(recipe, key->value, &colour->vector, err);
        step->colour_count++;
    }
    step->colours = colours;
    return status;
}

/* ------------------------------------------------------------------------------------------------ reading */

/* The seed is that of random features: different for each bend of a recipe. */
static gb_status read_place(const gb_recipe *recipe, const gb_yaml *place, const gb_yaml *mask, gb_recipe_step *step,
                            gb_error *err) {
    const char *text;
    gb_status status = gb_recipe_text(recipe, place, "place", &text, err);
    if (!status && strcmp(text, "random"))
        status = gb_recipe_fail(recipe, place, err, "place is '%.64s'; expected random", text);
    if (!status && !mask)
        status = gb_recipe_fail(recipe, place, err, "only what a mask paints can be moved to a random place");
    step->anywhere = true;
    step->seed = (uint64_t)(step - recipe->steps);
    return status;
}

gb_status gb_recipe_read_paint(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"vector", "library", "grid", "mask", "colours", "place", "seed", NULL};
    enum { MAX_GRID = 4096 };
    if (node->kind == GB_YAML_SCALAR)
        return gb_recipe_text(recipe, node, "paint", &step->vector, err);
    gb_status status = gb_recipe_keys(recipe, node, keys, err);
    if (status)
        return status;
    const gb_yaml *vector = gb_yaml_get(node, "vector"), *library = gb_yaml_get(node, "library");
    const gb_yaml *grid = gb_yaml_get(node, "grid"), *mask = gb_yaml_get(node, "mask");
    const gb_yaml *colours = gb_yaml_get(node, "colours"), *place = gb_yaml_get(node, "place");
    const gb_yaml *seed = gb_yaml_get(node, "seed");
    int64_t k = 0;
    if (mask && (vector || grid))
        return gb_recipe_fail(recipe, mask, err, "a mask cannot be used with vector or grid");
    if (!mask && !vector)
        return gb_recipe_fail(recipe, node, err, "paint needs a vector, or a mask with colours");
    if (!mask != !colours)
        return gb_recipe_fail(recipe, node, err,
                              "a mask needs colours and colours need a mask: one of them is missing");
    if (seed && !place)
        return gb_recipe_fail(recipe, seed, err, "a seed needs 'place: random'");
    if (place)
        status = read_place(recipe, place, mask, step, err);
    if (!status && seed)
        status = gb_recipe_seed(recipe, seed, &step->seed, err);
    if (!status && vector)
        status = gb_recipe_text(recipe, vector, "vector", &step->vector, err);
    if (!status && library)
        status = gb_recipe_text(recipe, library, "library", &step->file, err);
    if (!status && grid)
        status = gb_recipe_integer(recipe, grid, "grid", 0, MAX_GRID, &k, err);
    if (!status && mask)
        status = gb_recipe_read_picture(recipe, mask, "mask", &step->mask, err);
    step->grid = (int)k;
    return status || !colours ? status : read_colours(recipe, colours, step, err);
}

/* ------------------------------------------------------------------------------------------------ vectors */

enum { MAX_CHANNELS = 1 << 16 };

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), size = strlen(end);
    return length > size && !strcmp(text + length - size, end);
}

static bool is_file_name(const char *vector) {
    return ends_in(vector, ".pt") || ends_in(vector, ".pth") || ends_in(vector, ".npy") || ends_in(vector, ".npz");
}

static gb_status read_vector(gb_recipe *recipe, const gb_yaml *key, gb_recipe_vector *vector, gb_error *err) {
    const gb_yaml *list = key->value;
    float *values = NULL;
    double number = 0;
    if (!*key->text || !strcmp(key->text, "keep") || is_file_name(key->text))
        return gb_recipe_fail(recipe, key, err,
                              "'%.64s' cannot be the name of a vector: it is a keyword or a file name", key->text);
    if (list->kind != GB_YAML_LIST || list->count < 1 || list->count > MAX_CHANNELS)
        return gb_recipe_fail(recipe, list, err, "vector '%.64s': expected a list of 1 to %d numbers, one per channel",
                              key->text, MAX_CHANNELS);
    gb_status status = gb_recipe_alloc(recipe, (size_t)list->count * sizeof *values, (void **)&values, err);
    *vector = (gb_recipe_vector){key->text, values, list->count};
    for (const gb_yaml *item = list->first; item && !status; item = item->next) {
        status = gb_recipe_number(recipe, item, "the value", -1e30, 1e30, &number, err);
        *values++ = (float)number;
    }
    return status;
}

gb_status gb_recipe_read_vectors(gb_recipe *recipe, const gb_yaml *node, gb_error *err) {
    gb_recipe_vector *vectors = NULL;
    if (node->kind != GB_YAML_MAP)
        return gb_recipe_text(recipe, node, "vectors", &recipe->vectors, err);
    gb_status status = gb_recipe_alloc(recipe, (size_t)node->count * sizeof *vectors, (void **)&vectors, err);
    recipe->own_vectors = vectors;
    for (const gb_yaml *key = node->first; key && !status; key = key->next)
        status = read_vector(recipe, key, &vectors[recipe->own_vector_count++], err);
    return status;
}

/* Finds the array `vector`: "vector/NAME" or NAME in a library; if `vector` is NULL, the only vector of the file. */
static gb_status find_vector(const gb_file *file, const char *path, const char *vector, size_t *index, gb_error *err) {
    char name[256];
    gb_array_info info;
    size_t vectors = 0;
    if (vector) {
        snprintf(name, sizeof name, "vector/%s", vector);
        if (gb_file_find(file, name, index) || gb_file_find(file, vector, index))
            return GB_OK;
    }
    gb_spelling spelling = gb_spelling_of(vector ? vector : "");
    for (size_t i = 0; i < gb_file_array_count(file); i++) {
        gb_file_array(file, i, &info);
        bool named = !strncmp(info.name, "vector/", 7);
        if (named)
            gb_spelling_consider(&spelling, info.name + 7);
        if (named || gb_file_array_count(file) == 1) {
            vectors++;
            *index = i;
        }
    }
    if (vector && spelling.nearest)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: there is no vector '%s'; the nearest is '%s'", path, vector,
                       spelling.nearest);
    if (vector)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: there is no vector '%s'", path, vector);
    return vectors == 1 ? GB_OK
                        : gb_fail(err, GB_BAD_ARGUMENT,
                                  "%s: the file has %zu vectors; select one with 'library: %s' and 'vector: NAME'",
                                  path, vectors, path);
}

static gb_status load_vector(const char *path, const char *vector, float **values, int *c, gb_error *err) {
    gb_file *file = NULL;
    gb_array_info info;
    size_t index = 0;
    gb_status status = gb_file_open(path, &file, err);
    if (!status)
        status = find_vector(file, path, vector, &index, err);
    if (!status) {
        gb_file_array(file, index, &info);
        int64_t longest = info.ndim > 0 ? info.shape[info.ndim - 1] : 0;
        if (longest != info.count || info.count < 1 || info.count > MAX_CHANNELS)
            status = gb_fail(err, GB_BAD_FILE,
                             "%s: array '%s' of %lld values is not a vector; expected shape [C] or [1,C]", path,
                             info.name, (long long)info.count);
    }
    if (!status) {
        *c = (int)info.count;
        *values = malloc((size_t)*c * sizeof **values);
        status = *values ? gb_file_read(file, index, *values, err) : gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    gb_file_close(file);
    return status;
}

/* The same from the recipe's own vectors. */
static gb_status copy_vector(const gb_recipe *recipe, const char *vector, float **values, int *c, gb_error *err) {
    gb_spelling spelling = gb_spelling_of(vector);
    for (int i = 0; i < recipe->own_vector_count; i++) {
        const gb_recipe_vector *own = &recipe->own_vectors[i];
        if (strcmp(own->name, vector))
            continue;
        *c = own->count;
        *values = malloc((size_t)*c * sizeof **values);
        if (!*values)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        memcpy(*values, own->values, (size_t)*c * sizeof **values);
        return GB_OK;
    }
    for (int i = 0; i < recipe->own_vector_count; i++)
        gb_spelling_consider(&spelling, recipe->own_vectors[i].name);
    return spelling.nearest
               ? gb_fail(err, GB_BAD_ARGUMENT, "there is no vector '%s' under 'vectors'; the nearest is '%s'", vector,
                         spelling.nearest)
               : gb_fail(err, GB_BAD_ARGUMENT, "there is no vector '%s' under 'vectors'", vector);
}

const char *gb_recipe_vector_file(const gb_recipe *recipe, const gb_recipe_step *step, const char *vector) {
    return step->file ? step->file : is_file_name(vector) ? vector : recipe->vectors;
}

gb_status gb_recipe_vector_read(const gb_recipe *recipe, const gb_recipe_step *step, const char *vector, float **values, int *c,
                                gb_error *err) {
    const char *file = gb_recipe_vector_file(recipe, step, vector);
    char *path = NULL;
    *values = NULL;
    if (!file && !recipe->own_vectors)
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "the vector '%s' is not defined: add 'vectors' at the top of the recipe with a FILE.npz or with "
                       "names and numbers, or use 'library'",
                       vector);
    if (!file)
        return copy_vector(recipe, vector, values, c, err);
    gb_status status = gb_recipe_path(recipe, file, &path, err);
    if (!status)
        status = load_vector(path, file == vector ? NULL : vector, values, c, err);
    free(path);
    if (status) {
        free(*values);
        *values = NULL;
    }
    return status;
}

/* Appends the vector to those of the painting. */
static gb_status add_vector(const gb_recipe *recipe, const gb_recipe_step *step, const char *vector,
                            gb_recipe_paint *paint, gb_error *err) {
    float *values = NULL, *grown = NULL;
    int c = 0;
    gb_status status = gb_recipe_vector_read(recipe, step, vector, &values, &c, err);
    if (!status && paint->count && c != paint->c)
        status = gb_fail(err, GB_BAD_ARGUMENT, "vector '%s' has %d values, but the one before it has %d", vector, c,
                         paint->c);
    if (!status && !(grown = realloc(paint->vectors, (size_t)(paint->count + 1) * (size_t)c * sizeof *grown)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status) {
        memcpy(grown + (size_t)paint->count++ * (size_t)c, values, (size_t)c * sizeof *grown);
        paint->vectors = grown;
        paint->c = c;
    }
    free(values);
    return status;
}

/* ------------------------------------------------------------------------------------------------ masks */

/* Finds the vector for each pixel of the mask; -1 = keep, also for pixels that are mostly transparent. */
static gb_status make_mask(const gb_recipe *recipe, const gb_recipe_step *step, const int16_t *vector_of,
                           int16_t other, gb_recipe_paint *paint, gb_error *err) {
    uint8_t *rgba;
    int width, height;
    gb_status status = gb_recipe_pixels(recipe, step->mask, &width, &height, &rgba, err);
    if (status)
        return status;
    size_t pixels = (size_t)width * (size_t)height;
    paint->mask = malloc(pixels * sizeof *paint->mask);
    paint->mask_w = width;
    paint->mask_h = height;
    if (!paint->mask)
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < pixels && !status; i++) {
        const uint8_t *p = rgba + 4 * i;
        uint32_t rgb = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        int colour = 0;
        while (colour < step->colour_count && step->colours[colour].rgb != rgb)
            colour++;
        if (p[3] < 128)
            paint->mask[i] = -1;
        else if (colour < step->colour_count)
            paint->mask[i] = vector_of[colour];
        else if (step->has_other)
            paint->mask[i] = other;
        else
            status = gb_fail(err, GB_BAD_ARGUMENT,
                             "%s: the pixel at row %zu, column %zu is #%06x, which is not in 'colours'; 'other: keep' "
                             "leaves such pixels unchanged",
                             gb_recipe_picture_name(step->mask), i / (size_t)width, i % (size_t)width, (unsigned)rgb);
    }
    free(rgba);
    return status;
}

/* Sets the vector's number for a colour; a vector that several colours use is loaded once. */
static gb_status number_vector(const gb_recipe *recipe, const gb_recipe_step *step, int colour, const char *vector,
                               int16_t *vector_of, gb_recipe_paint *paint, gb_error *err) {
    if (!vector) {
        vector_of[colour] = -1;
        return GB_OK;
    }
    for (int i = 0; i < colour; i++)
        if (step->colours[i].vector && !strcmp(step->colours[i].vector, vector)) {
            vector_of[colour] = vector_of[i];
            return GB_OK;
        }
    vector_of[colour] = (int16_t)paint->count;
    return add_vector(recipe, step, vector, paint, err);
}

gb_status gb_recipe_paint_read(const gb_recipe *recipe, const gb_recipe_step *step, gb_recipe_paint *paint,
                               gb_error *err) {
    int16_t vector_of[GB_RECIPE_MAX_COLOURS + 1];
    gb_status status = GB_OK;
    *paint = (gb_recipe_paint){0};
    if (!step->mask)
        status = add_vector(recipe, step, step->vector, paint, err);
    for (int i = 0; i < step->colour_count && !status; i++)
        status = number_vector(recipe, step, i, step->colours[i].vector, vector_of, paint, err);
    if (!status && step->mask)
        status = number_vector(recipe, step, step->colour_count, step->has_other ? step->other : NULL, vector_of, paint,
                               err);
    if (!status && !paint->count)
        status = gb_fail(err, GB_BAD_ARGUMENT, "all colours are 'keep': nothing would be painted");
    if (!status && step->mask)
        status = make_mask(recipe, step, vector_of, vector_of[step->colour_count], paint, err);
    if (status)
        gb_recipe_paint_free(paint);
    return status;
}

gb_status gb_recipe_mask_at(const gb_recipe_paint *paint, const gb_shape *s, int16_t **mask, gb_error *err) {
    int16_t *pixel = *mask = malloc((size_t)s->h * (size_t)s->w * sizeof **mask);
    if (!pixel)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int y = 0; y < s->h; y++)
        for (int x = 0; x < s->w; x++)
            *pixel++ = gb_mask_pixel(paint->mask, paint->mask_h, paint->mask_w, s, y, x);
    return GB_OK;
}

void gb_recipe_paint_free(gb_recipe_paint *paint) {
    free(paint->vectors);
    free(paint->mask);
    *paint = (gb_recipe_paint){0};
}

/* ------------------------------------------------------------------------------------------------ greyscale images */

enum { GREYS = 256 };

/* Each grey value is a vector of one value, and the image is the mask that selects them. */
gb_status gb_recipe_image_read(const gb_recipe *recipe, const gb_recipe_step *step, gb_recipe_paint *paint,
                               gb_error *err) {
    uint8_t *rgba;
    int width, height;
    gb_status status = gb_recipe_pixels(recipe, step->image, &width, &height, &rgba, err);
    *paint = (gb_recipe_paint){0};
    if (status)
        return status;
    size_t pixels = (size_t)width * (size_t)height;
    *paint = (gb_recipe_paint){.vectors = malloc(GREYS * sizeof *paint->vectors), .count = GREYS, .c = 1,
                               .mask = malloc(pixels * sizeof *paint->mask), .mask_h = height, .mask_w = width};
    if (!paint->vectors || !paint->mask) {
        free(rgba);
        gb_recipe_paint_free(paint);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    float times = (float)gb_recipe_value_of(recipe, &step->param_value[0]);
    for (int i = 0; i < GREYS; i++)
        paint->vectors[i] = (float)((step->low * (GREYS - 1 - i) + step->high * i) / (GREYS - 1)) * times;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *p = rgba + 4 * i;        /* luma of ITU-R BT.601, which leaves greys as they are */
        paint->mask[i] = p[3] < 128 ? -1 : (int16_t)((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
    }
    free(rgba);
    return GB_OK;
}
