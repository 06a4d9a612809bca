/* A library of activation vectors, an .npz. Recipes paint with "vector/NAME" [C]; the arrays "NAME/…" hold its origin. All
 * arrays are float32, so text is stored as the numbers of its bytes, and 32-bit numbers as two halves:
 *     NAME/layer [n]   NAME/checksum [2]   NAME/seed [2]   NAME/pixel [2] y, x   NAME/tileability [1]
 *     NAME/thumbnail [h,w,3] 0 to 255 */
#ifndef GANBEND_TOOLS_LIBRARY_H
#define GANBEND_TOOLS_LIBRARY_H

#include <ganbend.h>

enum { VECTOR_NAME_ROOM = 64, VECTOR_LAYER_ROOM = 128, THUMBNAIL_SIDE = 64 };

typedef struct activation_vector {
    char name[VECTOR_NAME_ROOM];
    float *values;              /* [channels] */
    int channels;
    char layer[VECTOR_LAYER_ROOM];      /* "" if unknown */
    bool has_checksum, has_seed, has_pixel, has_tileability;
    uint32_t checksum, seed;
    int y, x;
    float tileability;
    float *thumbnail;           /* [thumb_h, thumb_w, 3], or NULL */
    int thumb_h, thumb_w;
} activation_vector;

typedef struct library {
    activation_vector *vectors;
    size_t count;
} library;

/* True for letters, digits, '-', '_' and '.', which are valid in an .npz and in a recipe. */
bool good_vector_name(const char *name);
/* Opens a library, or a file of a single vector [C] or [1,C] (the painting paper's .pt), which gets the file's name. */
gb_status open_library(const char *path, library *l, gb_error *err);
void free_library(library *l);
/* The vector with that name, or, if `name` is NULL, the only vector of the library; NULL if there is none. */
const activation_vector *find_vector(const library *l, const char *name);
/* Writes a library. */
gb_status save_library(const char *path, const library *l, gb_error *err);
/* Adds the vector to the library at `path`, or replaces the one with its name. */
gb_status add_to_library(const char *path, const activation_vector *v, bool replace, gb_error *err);

#endif
