/* The feature maps that a classifier is trained with: 8-bit numbers in a file, as network-bending stores them as PNGs. */
#ifndef GB_ENGINE_CLASSIFIER_MAPS_H
#define GB_ENGINE_CLASSIFIER_MAPS_H

#include "clustering.h"
#include "engine/base/platform.h"

/* Clipped to −1 … 1: ⌊(v + 1)/2 · 255 + ½⌋. */
void gb_maps_quantise(const float *values, size_t count, uint8_t *bytes);
/* (byte/255 − ½) · 2. */
void gb_maps_restore(const uint8_t *bytes, size_t count, float *values);
/* The row of the classifier's last layer for each map: its position among the numbers of maps sorted as text (0, 1, 10, 100, …), as
 * network-bending's classes are names of folders. */
void gb_maps_rank(size_t maps, int *rank);

typedef struct gb_maps_file {
    gb_in_file file;
    const char *path;           /* the caller's */
    uint8_t *bytes;             /* [pixels] of the map that was read last */
    size_t images, maps, pixels;
} gb_maps_file;

/* Renders images as `how` says and writes the maps of the only layer of `c`. `signature` stands for all that they depend on.
 * Progress goes from 0 to 1. */
gb_status gb_maps_write(const char *path, uint32_t signature, size_t images, const gb_clustering *c, gb_model *generator,
                        const gb_cluster_options *how, gb_error *err);
/* Opens such a file; GB_BAD_FILE if it is another one or not complete. gb_maps_close() follows, also after a failure. */
gb_status gb_maps_open(const char *path, uint32_t signature, size_t images, const gb_clustered_layer *l, gb_maps_file *file,
                       gb_error *err);
/* Reads map number image · maps + map, as gb_maps_restore() gives it, into `values` [pixels]. */
gb_status gb_maps_read(const gb_maps_file *file, size_t number, float *values, gb_error *err);
void gb_maps_close(gb_maps_file *file);

#endif
