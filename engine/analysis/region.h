/* How much a change of a boundary changes a region of the picture and the rest, and the gradient of that. */
#ifndef GB_ENGINE_REGION_H
#define GB_ENGINE_REGION_H

#include "engine/ganbend_analysis.h"
#include "kept.h"

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
    size_t done, all;           /* measurements: so far, and at most */
    /* What has been measured, so that a search that goes on takes the same way without rendering: */
    uint64_t measured, differentiated;  /* how many are known */
    double *means;              /* [all, 2] inside and outside */
    float *slopes;              /* [steps, slope_count], as the search computes them from the gradients */
    size_t steps, slope_count, slopes_taken;
    bool is_known;              /* the last measurement was not rendered now */
    gb_kept kept;
} gb_region;

/* There are at most so many `measurements` and `steps`, each step with `slope_count` slopes. Reads options->state. Call
 * gb_region_free() also if it fails. */
gb_status gb_region_new(gb_region *region, gb_model *model, gb_node node, const gb_region_options *options, size_t measurements,
                        size_t steps, size_t slope_count, gb_error *err);
void gb_region_free(gb_region *region);
/* When the search has ended with `status`, which it returns: keeps or removes options->state. */
gb_status gb_region_end(gb_region *region, gb_status status);
/* Takes the images from number `first` on. */
gb_status gb_region_load(gb_region *region, size_t first, gb_error *err);
/* Renders with `changed` in place of `values`, and computes the means and the objective. Reports progress. */
gb_status gb_region_measure(gb_region *region, double *objective, gb_error *err);
/* Writes the slopes of a step, [slope_count]: those that are known, or what `compute` makes of the gradient of minus the last
 * objective with respect to `changed`. */
gb_status gb_region_slopes(gb_region *region, void (*compute)(void *arg), void *arg, float *slopes, gb_error *err);

#endif
