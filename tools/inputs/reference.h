/* Reference files of `ganbend compare`: the inputs that a reference was computed from (z or ws; psi or truncation, cutoff,
 * label or class, latent_avg), and its arrays tap/NAME, ws and image. */
#ifndef GANBEND_TOOLS_INPUTS_REFERENCE_H
#define GANBEND_TOOLS_INPUTS_REFERENCE_H

#include <ganbend.h>

/* How far values are from the reference's. */
typedef struct deviation {
    double largest;             /* absolute; infinite if one value is infinite and the other is not equal */
    double squares;             /* sum of the squares */
    size_t nan;                 /* values of which one or both are NaN: these are in no other number */
} deviation;

/* One array of the reference, and its differences. */
typedef struct reference_array {
    char *name;                 /* node name without "tap/", "image", "ws" */
    gb_node node;               /* GB_NO_NODE: the image */
    int ndim;
    int64_t shape[GB_DIMS];
    size_t elements;            /* of one sample */
    float *reference;           /* [samples, elements] */
    double magnitude;           /* the largest of the reference */
    deviation all, own;         /* of our values; of those computed from the reference's own inputs (--local) */
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
