/* How much a change of a boundary changes a region of the picture and the rest, and the gradient of that. */
#ifndef GB_ENGINE_REGION_H
#define GB_ENGINE_REGION_H

#include "engine/ganbend_analysis.h"

typedef struct gb_region {
    gb_model *model;
    const gb_region_options *options;
    gb_node node;               /* the boundary that is changed */
    const char *name;
    size_t batch, width;        /* images, and values of the node of one image */
    size_t pixels, floats;      /* of a picture */
    double inside, outside;     /* weights of the region and of the rest, times the channels of a picture */
    gb_session *base, *session; /* without the change, and with it */
    float *values;              /* [batch, width] of the node, unchanged */
    float *changed;             /* [batch, width], for the caller to fill */
    float *gradient;            /* [batch, width] */
    float *before, *after;      /* [batch, floats] pictures; `after` is overwritten by gb_region_differentiate() */
    double mean_inside, mean_outside;   /* of the last measurement */
    size_t done, all;           /* measurements, for the progress */
} gb_region;

/* `measurements` is about how many there will be. Call gb_region_free() also if it fails. */
gb_status gb_region_new(gb_region *region, gb_model *model, gb_node node, const gb_region_options *options, size_t measurements,
                        gb_error *err);
void gb_region_free(gb_region *region);
/* Takes the images from number `first` on. */
gb_status gb_region_load(gb_region *region, size_t first, gb_error *err);
/* Renders with `changed` in place of `values`, and computes the means and the objective. Reports progress. */
gb_status gb_region_measure(gb_region *region, double *objective, gb_error *err);
/* Computes the gradient of minus the last objective with respect to `changed`. */
gb_status gb_region_differentiate(gb_region *region, gb_error *err);

#endif
