/* Reference files of `ganbend compare`: the inputs that a reference was computed from (z or ws; psi or truncation, cutoff,
 * label or class, latent_avg), and its arrays tap/NAME, ws and image. */
#ifndef GANBEND_TOOLS_INPUTS_REFERENCE_H
#define GANBEND_TOOLS_INPUTS_REFERENCE_H

#include <ganbend.h>

/* One array of the reference, and its differences. */
typedef struct reference_array {
    char *name;                 /* node name without "tap/", "image", "ws" */
    gb_node node;               /* GB_NO_NODE: the image */
    int ndim;
    int64_t shape[GB_DIMS];
    size_t elements;            /* of one sample */
    float *reference;           /* [samples, elements] */
    double difference, magnitude, squares;
} reference_array;

typedef struct reference {
    const char *path;
    gb_file *file;
    size_t samples;
    float *z, *ws, *label, *w_avg;      /* NULL if the file has none */
    double *classes;                    /* one, or one for each sample */
    size_t class_count;
    int rows;                           /* of ws */
    double psi;
    int cutoff;
    reference_array *arrays;
    size_t count;
} reference;

/* Reads the inputs and arrays that fit the model; `image` is KEY of the array image/KEY to compare, or NULL. Call
 * free_reference() also if it fails. */
gb_status open_reference(const char *path, const gb_model *model, const char *image, reference *r, gb_error *err);
void free_reference(reference *r);

#endif
