/* The feature maps that a classifier is trained with. The file begins with a line of text, padded with zeros to 128 bytes,
 *
 *     GANBEND MAPS 1 SIGNATURE IMAGES MAPS PIXELS\n
 *
 * and goes on with images × maps × pixels bytes. */
#include "classifier_maps.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"

enum { HEAD = 128 };

void gb_maps_quantise(const float *values, size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < count; i++) {
        float v = fminf(fmaxf(values[i], -1), 1);
        bytes[i] = (uint8_t)floorf((v + 1) / 2 * 255 + 0.5f);
    }
}

void gb_maps_restore(const uint8_t *bytes, size_t count, float *values) {
    for (size_t i = 0; i < count; i++)
        values[i] = ((float)bytes[i] / 255 - 0.5f) * 2;
}

void gb_maps_rank(size_t maps, int *rank) {
    for (size_t i = 0; i < maps; i++) {
        char own[24], other[24];
        snprintf(own, sizeof own, "%zu", i);
        rank[i] = 0;
        for (size_t k = 0; k < maps; k++) {
            snprintf(other, sizeof other, "%zu", k);
            rank[i] += strcmp(other, own) < 0;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ the file */

static void write_head(char head[HEAD], uint32_t signature, size_t images, const gb_clustered_layer *l) {
    memset(head, 0, HEAD);
    snprintf(head, HEAD, "GANBEND MAPS 1 %08" PRIx32 " %zu %zu %zu\n", signature, images, l->channels, l->h * l->w);
}

typedef struct sink {
    const gb_clustered_layer *layer;
    gb_out_file *file;
    uint8_t *bytes;             /* of one image */
} sink;

static gb_status add_maps(void *arg, size_t layer, const float *maps, gb_error *err) {
    sink *to = arg;
    size_t count = to->layer->channels * to->layer->h * to->layer->w;
    (void)layer;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(maps[i]))
            return gb_fail(err, GB_BAD_ARGUMENT, "the maps of '%s' are not finite", to->layer->name);
    gb_maps_quantise(maps, count, to->bytes);
    return gb_out_file_write(to->file, to->bytes, count) ? GB_OK : gb_out_file_check(to->file, err);
}

gb_status gb_maps_write(const char *path, uint32_t signature, size_t images, const gb_clustering *c, gb_model *generator,
                        const gb_cluster_options *how, gb_error *err) {
    const gb_clustered_layer *l = c->layers;
    char head[HEAD];
    sink to = {.layer = l, .bytes = malloc(l->channels * l->h * l->w)};
    gb_kept none = {0};         /* training has a state of its own */
    gb_status status = to.bytes ? gb_out_file_new(path, GB_OUTPUT_MAPS, &to.file, err) : gb_fail(err, GB_NO_MEMORY, "out of memory");
    write_head(head, signature, images, l);
    if (!status && !gb_out_file_write(to.file, head, HEAD))
        status = gb_out_file_check(to.file, err);
    if (!status)
        status = gb_clustering_sample(c, generator, how, images, 1, add_maps, &to, &none, err);
    if (!status)
        status = gb_out_file_finish(to.file, err);
    gb_out_file_free(to.file);
    free(to.bytes);
    return status;
}

gb_status gb_maps_open(const char *path, uint32_t signature, size_t images, const gb_clustered_layer *l, gb_maps_file *file,
                       gb_error *err) {
    char head[HEAD], found[HEAD];
    *file = (gb_maps_file){.path = path, .images = images, .maps = l->channels, .pixels = l->h * l->w};
    gb_status status = gb_in_file_open(path, &file->file, err);
    if (status)
        return status;
    write_head(head, signature, images, l);
    bool whole = file->file.size == HEAD + images * file->maps * file->pixels;
    if (whole)
        status = gb_in_file_read(&file->file, path, 0, found, HEAD, err);
    if (!status && (!whole || memcmp(found, head, HEAD)))
        status = gb_fail(err, GB_BAD_FILE, "%s: belongs to another model, layer or other options; remove it to begin again", path);
    if (!status && !(file->bytes = malloc(file->pixels)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    return status;
}

gb_status gb_maps_read(const gb_maps_file *file, size_t number, float *values, gb_error *err) {
    gb_status status = gb_in_file_read(&file->file, file->path, HEAD + number * file->pixels, file->bytes, file->pixels, err);
    if (!status)
        gb_maps_restore(file->bytes, file->pixels, values);
    return status;
}

void gb_maps_close(gb_maps_file *file) {
    free(file->bytes);
    if (file->path)
        gb_in_file_close(&file->file);
    *file = (gb_maps_file){0};
}
