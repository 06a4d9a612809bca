/* A library of activation vectors, an .npz: "vector/NAME" [C] is what a recipe paints with; beside it under "NAME/…"
 * where it comes from, text as the numbers of its bytes and 32-bit numbers as two halves, for arrays here are float32:
 *     NAME/layer [n]   NAME/checksum [2]   NAME/seed [2]   NAME/pixel [2] y, x   NAME/thumbnail [h,w,3] 0 to 255 */
#ifndef GANBEND_TOOLS_LIBRARY_H
#define GANBEND_TOOLS_LIBRARY_H

#include <ganbend.h>

enum { VECTOR_NAME_ROOM = 64, VECTOR_LAYER_ROOM = 128, THUMBNAIL_SIDE = 64 };

typedef struct activation_vector {
    char name[VECTOR_NAME_ROOM];
    float *values;              /* [channels] */
    int channels;
    char layer[VECTOR_LAYER_ROOM];      /* "" = unknown, as is what follows where the file does not say */
    bool has_checksum, has_seed, has_pixel;
    uint32_t checksum, seed;
    int y, x;
    float *thumbnail;           /* [thumb_h, thumb_w, 3], or NULL */
    int thumb_h, thumb_w;
} activation_vector;

typedef struct library {
    activation_vector *vectors;
    size_t count;
} library;

/* Letters, digits, '-', '_' and '.'; what can stand in an .npz and in a recipe. */
bool good_vector_name(const char *name);
/* A library, or any file of one bare vector [C] or [1,C] (the painting paper's .pt), whose name is the file's. */
gb_status open_library(const char *path, library *l, gb_error *err);
void free_library(library *l);
/* NULL where there is none of that name; any name fits a library of one where `name` is NULL. */
const activation_vector *find_vector(const library *l, const char *name);
/* The library at `path` with the vector added, or in place of one of its name. */
gb_status add_to_library(const char *path, const activation_vector *v, bool replace, gb_error *err);

#endif
