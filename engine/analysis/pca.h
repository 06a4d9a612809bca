/* Principal component analysis of samples that are added in batches. */
#ifndef GB_ENGINE_PCA_H
#define GB_ENGINE_PCA_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/ganbend.h"

enum { GB_PCA_EXACT_WIDTH = 1024 };     /* up to this width the covariance matrix is kept, so that the result is exact */

typedef struct gb_pca {
    size_t width, kept;         /* values of a sample; components to find */
    size_t samples;             /* added so far */
    double *mean;               /* [width] */
    float *components;          /* [kept, width], of length 1, largest deviation first */
    double *singular;           /* [kept] singular values of the centred samples: √(Σ coordinate²) */
    double *shift, *products;   /* exact: the first batch's mean, and Σ (x − shift)(x − shift)ᵀ [width, width] */
    double *sums;               /* [width] Σ (x − shift)² where the covariance is not kept */
} gb_pca;

/* `exact` keeps the covariance matrix: 8 width² bytes. Otherwise the components are refined with each batch, as
 * scikit-learn's IncrementalPCA does: 4 · (2 kept + batch) · width bytes, and small components differ slightly from those
 * of all samples together. False if out of memory; call gb_pca_free() also then. */
bool gb_pca_new(gb_pca *pca, size_t width, size_t kept, bool exact);
void gb_pca_free(gb_pca *pca);
/* Adds `count` samples [count, width]. GB_NO_MEMORY, or GB_BAD_ARGUMENT if they are not finite. */
gb_status gb_pca_add(gb_pca *pca, const float *rows, size_t count);
/* Call after the last batch: completes mean, components and singular values. `kept` may become smaller: there are at most
 * samples − 1 components, and at most `width`. Fails like gb_pca_add(). */
gb_status gb_pca_finish(gb_pca *pca);
/* The standard deviation along component i, dividing by samples − 1; and its share of the whole variance. */
double gb_pca_deviation(const gb_pca *pca, size_t i);
double gb_pca_share(const gb_pca *pca, size_t i);

#endif
