/* Masks of painted pictures. */
#include "masks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REGIONS = 255, LINE_ROOM = 300 };

/* One painted layer: the regions of its pixels. */
typedef struct mask_layer {
    gb_node node;
    const char *name;
    int width, height;
    uint8_t *region;            /* [height, width] */
} mask_layer;

void masks_free(masks *m) {
    for (size_t i = 0; i < m->count; i++) free(m->layer[i].region);
    free(m->layer);
    free(m->pixels);
    free(m->regions);
    *m = (masks){0};
}

/* ------------------------------------------------------------------------------------------------ regions and layers */

/* The number of a step's first region: vectors are counted through the PAINT bends of all recipes. */
static int first_region(const masks *m, size_t recipe, int step) {
    int first = 1, counted = -1;
    for (size_t r = 0; r <= recipe; r++, counted = -1) {
        gb_painted p;
        for (size_t i = 0; gb_recipe_painted(m->bending->recipes[r], m->session, i, &p); i++) {
            if (r == recipe && p.step >= step) return first;
            if (p.step != counted) first += p.vector_count;
            counted = p.step;
        }
    }
    return first;
}

static gb_status add_layer(masks *m, const gb_painted *p, gb_error *err) {
    mask_layer *grown = realloc(m->layer, (m->count + 1) * sizeof *grown);
    size_t at = m->count;
    if (!grown) return state(err, GB_NO_MEMORY, "out of memory");
    m->layer = grown;
    while (at > 0 && grown[at - 1].node > p->node) at--;
    memmove(&grown[at + 1], &grown[at], (m->count++ - at) * sizeof *grown);
    grown[at] = (mask_layer){.node = p->node, .name = p->name, .width = p->width, .height = p->height,
                             .region = calloc((size_t)p->width * (size_t)p->height, 1)};
    return grown[at].region ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

static mask_layer *layer_of(const masks *m, gb_node node) {
    for (size_t i = 0; i < m->count; i++)
        if (m->layer[i].node == node) return &m->layer[i];
    return NULL;
}

/* Appends the names of a step's vectors to m->regions. */
static gb_status name_regions(masks *m, size_t recipe, const gb_painted *p, gb_error *err) {
    size_t used = m->regions ? strlen(m->regions) : 0;
    char *grown = realloc(m->regions, used + (size_t)p->vector_count * LINE_ROOM + 1);
    int first = first_region(m, recipe, p->step);
    if (!grown) return state(err, GB_NO_MEMORY, "out of memory");
    m->regions = grown;
    grown[used] = '\0';
    for (int v = 0; v < p->vector_count; v++) {
        const char *name = gb_recipe_vector_name(m->bending->recipes[recipe], p->step, v);
        used += (size_t)snprintf(grown + used, LINE_ROOM, "%s%d: %.250s", used ? "\n" : "", first + v, name ? name : "");
    }
    if (first + p->vector_count - 1 > MOST_REGIONS)
        return state(err, GB_BAD_ARGUMENT, "masks have numbers for %d vectors; the recipes paint with more", MOST_REGIONS);
    return GB_OK;
}

gb_status masks_new(masks *m, gb_error *err) {
    gb_painted p;
    m->pixels = malloc((size_t)m->width * (size_t)m->height);
    if (!m->pixels) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t r = 0; r < m->bending->count; r++) {
        int named = -1;
        for (size_t i = 0; gb_recipe_painted(m->bending->recipes[r], m->session, i, &p); i++) {
            if (!layer_of(m, p.node) && add_layer(m, &p, err)) return err->status;
            if (p.step != named && name_regions(m, r, &p, err)) return err->status;
            named = p.step;
        }
    }
    return m->count ? GB_OK : state(err, GB_BAD_ARGUMENT, "masks show what a recipe paints, but no recipe paints");
}

/* ------------------------------------------------------------------------------------------------ writing */

/* Sets the regions of all layers; of several bends that paint a pixel of a layer the last counts. */
static void read_regions(const masks *m) {
    gb_painted p;
    for (size_t i = 0; i < m->count; i++)
        memset(m->layer[i].region, 0, (size_t)m->layer[i].width * (size_t)m->layer[i].height);
    for (size_t r = 0; r < m->bending->count; r++)
        for (size_t i = 0; gb_recipe_painted(m->bending->recipes[r], m->session, i, &p); i++) {
            mask_layer *layer = layer_of(m, p.node);
            int first = first_region(m, r, p.step);
            for (size_t k = 0; layer && k < (size_t)p.width * (size_t)p.height; k++)
                if (p.vector[k] >= 0) layer->region[k] = (uint8_t)(first + p.vector[k]);
        }
}

/* The regions of all layers at the picture's size, by nearest neighbour. */
static void draw_picture(const masks *m) {
    memset(m->pixels, 0, (size_t)m->width * (size_t)m->height);
    for (size_t i = 0; i < m->count; i++) {
        const mask_layer *l = &m->layer[i];
        for (int y = 0; y < m->height; y++)
            for (int x = 0; x < m->width; x++) {
                int64_t row = (int64_t)y * l->height / m->height, column = (int64_t)x * l->width / m->width;
                uint8_t region = l->region[row * l->width + column];
                if (region) m->pixels[(size_t)y * (size_t)m->width + (size_t)x] = region;
            }
    }
}

static gb_status write_mask(const masks *m, const char *folder, const char *layer, const char *name, bool resume, int width,
                            int height, const uint8_t *pixels, const picture_texts *texts, gb_error *err) {
    char within[PATH_ROOM], path[PATH_ROOM];
    gb_text all[sizeof texts->texts / sizeof *texts->texts + 1];
    int length = snprintf(within, sizeof within, "%s%smasks%s%s", folder, ends_with(folder, "/") ? "" : "/", layer ? "-" : "",
                          layer ? layer : "");
    if (length >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: the path is longer than %d bytes", folder, (int)PATH_ROOM - 1);
    if (join_path(path, within, name, err) || (resume && gb_png_is_complete(path)) || host_make_folder(within, err))
        return err->status;
    memcpy(all, texts->texts, texts->count * sizeof *all);
    all[texts->count] = (gb_text){"Regions", m->regions};
    return gb_png_write_pixels(path, width, height, 1, pixels, all, texts->count + 1, err);
}

gb_status masks_write(const masks *m, const char *folder, const char *name, bool resume, const picture_texts *texts,
                      gb_error *err) {
    read_regions(m);
    if (m->picture) {
        draw_picture(m);
        if (write_mask(m, folder, NULL, name, resume, m->width, m->height, m->pixels, texts, err)) return err->status;
    }
    for (size_t i = 0; i < m->count && m->layers; i++) {
        const mask_layer *l = &m->layer[i];
        if (write_mask(m, folder, l->name, name, resume, l->width, l->height, l->region, texts, err)) return err->status;
    }
    return GB_OK;
}

bool masks_file_at(const masks *m, size_t index, const char *name, char file[PATH_ROOM]) {
    if (!m->count) return false;
    if (m->picture && index-- == 0) return snprintf(file, PATH_ROOM, "masks/%s.png", name) < PATH_ROOM;
    if (!m->layers || index >= m->count) return false;
    return snprintf(file, PATH_ROOM, "masks-%s/%s.png", m->layer[index].name, name) < PATH_ROOM;
}
