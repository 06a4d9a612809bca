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

typedef enum reference_kind {
    REFERENCE_TAP,              /* the value of a node */
    REFERENCE_IMAGE,
    REFERENCE_GRADIENT,         /* the gradient of a node */
    REFERENCE_GRADIENT_W,       /* the gradient of one w for all layers: the rows of ws added */
    REFERENCE_GRADIENT_PARAM,   /* the gradient of a parameter of an activation that a bend has set */
    REFERENCE_GRADIENT_WEIGHT   /* the gradient of a tensor of the model: the sum over all samples */
} reference_kind;

/* One array of the reference, and its differences. */
typedef struct reference_array {
    char *name;                 /* node name without "tap/", "image", "ws" */
    reference_kind kind;
    gb_node node;               /* GB_NO_NODE: the image, or not known yet */
    int param;                  /* index of the activation's parameter */
    int ndim;
    int64_t shape[GB_DIMS];
    size_t elements;            /* of one sample */
    float *reference;           /* [samples, elements]; of a weight [elements] */
    float *sum;                 /* our gradient of a weight, added over samples */
    double magnitude;           /* the largest of the reference */
    deviation all, own;         /* of our values; of those computed from the reference's own inputs (--local) */
    double exact_magnitude;     /* the largest of the values in float64 (--float64) */
    deviation rounding, our_rounding;   /* of the reference's and of our values from those in float64 */
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
    const char *prefix;                 /* arrays are PREFIX/NAME, and inputs too if they are there; or NULL */
    bool gradients;
    float *loss_weights;                /* R of the loss sum(image · R), for gradients; NULL: mean cross-entropy with `classes` */
    gb_node loss_node;                  /* the node instead of the image, if the network looks at pictures */
    reference_array *arrays;
    size_t count;
} reference;

typedef struct reference_choice {
    const char *image;          /* KEY of the array image/KEY to compare, or NULL */
    const char *prefix;
    bool gradients;             /* the arrays grad/NAME instead of tap/NAME */
} reference_choice;

/* Reads the inputs and arrays that fit the model. Call free_reference() also if it fails. */
gb_status open_reference(const char *path, const gb_model *model, const reference_choice *choice, reference *r,
                         gb_error *err);
/* Sets a sample's inputs in a session of one. */
gb_status apply_reference(const reference *r, size_t sample, const gb_model *model, gb_session *session, gb_error *err);
/* Whether two shapes are equal but for dimensions of 1, of which code bases keep more or fewer. */
bool same_but_ones(int ndim_a, const int64_t *a, int ndim_b, const int64_t *b);
/* Whether the model has a tensor of this name. */
bool find_weight(const gb_model *model, const char *name, gb_array_info *weight);
/* Adds the comparison of array `index` of the file, grad/NAME, with the gradient of a weight. */
gb_status add_weight_gradient(reference *r, const gb_array_info *weight, size_t index, gb_error *err);
/* Adds the differences of a sample to one of the array's deviations. */
void measure_reference(reference_array *s, deviation *to, const float *ours, size_t sample);
/* Adds the differences of a sample of the reference, and of our values of it, from those in float64. */
void measure_rounding(reference_array *s, const float *ours, const double *exact, size_t sample);
void free_reference(reference *r);

#endif
