/* The results of many inversions, in a file that an interrupted command goes on from. */
#ifndef GANBEND_TOOLS_INVERSION_RESULTS_H
#define GANBEND_TOOLS_INVERSION_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

typedef struct inversion_results {
    size_t runs, targets, grids, channels;
    float *cosine, *loss;       /* [runs, targets, grids]; NaN: not done yet */
    float *vectors;             /* [runs, targets, grids, 2, channels] */
    double saved;               /* when, in seconds */
} inversion_results;

gb_status results_new(inversion_results *r, size_t runs, size_t targets, size_t grids, size_t channels, gb_error *err);
void results_free(inversion_results *r);
/* Reads what is done from a file that was written with the same settings, if there is one. With other settings it fails. */
gb_status results_resume(inversion_results *r, const char *path, const char *settings, gb_error *err);
gb_status results_save(inversion_results *r, const char *path, const char *settings, gb_error *err);
/* The place of one inversion in the arrays. */
size_t results_at(const inversion_results *r, size_t run, size_t target, size_t grid);
/* The run of highest cosine. */
size_t results_best(const inversion_results *r, size_t target, size_t grid);
/* Mean and standard deviation of the cosines of a grid size, over all targets and runs. */
void results_mean(const inversion_results *r, size_t grid, double *mean, double *deviation);

#endif
