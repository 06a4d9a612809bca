/* Principal component analysis, exact or incremental. */
#include "pca.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "eigen.h"

static void *zeros(size_t a, size_t b, size_t element) {
    return !a || b <= SIZE_MAX / element / a ? calloc(a * b + 1, element) : NULL;
}

bool gb_pca_new(gb_pca *pca, size_t width, size_t kept, bool exact) {
    *pca = (gb_pca){.width = width, .kept = kept < width ? kept : width};
    pca->mean = zeros(width, 1, sizeof(double));
    pca->sums = zeros(width, 1, sizeof(double));
    pca->components = zeros(pca->kept, width, sizeof(float));
    pca->singular = zeros(pca->kept, 1, sizeof(double));
    if (exact) {
        pca->shift = zeros(width, 1, sizeof(double));
        pca->products = zeros(width, width, sizeof(double));
    }
    return pca->mean && pca->sums && pca->components && pca->singular && (!exact || (pca->shift && pca->products));
}

void gb_pca_free(gb_pca *pca) {
    free(pca->mean);
    free(pca->sums);
    free(pca->components);
    free(pca->singular);
    free(pca->shift);
    free(pca->products);
    *pca = (gb_pca){0};
}

static void mean_of(size_t width, const float *rows, size_t count, double *mean) {
    memset(mean, 0, width * sizeof *mean);
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < width; i++)
            mean[i] += (double)rows[r * width + i];
    for (size_t i = 0; i < width; i++)
        mean[i] /= (double)count;
}

/* ------------------------------------------------------------------------------------------------ exact */

static gb_status add_products(gb_pca *pca, const float *rows, size_t count) {
    size_t n = pca->width;
    double *x = malloc(n * sizeof *x + 1);
    if (!x)
        return GB_NO_MEMORY;
    if (!pca->samples)
        mean_of(n, rows, count, pca->shift);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)rows[r * n + i] - pca->shift[i];
            pca->mean[i] += x[i];
        }
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k <= i; k++)
                pca->products[i * n + k] += x[i] * x[k];
    }
    free(x);
    pca->samples += count;
    return GB_OK;
}

static gb_status decompose_products(gb_pca *pca) {
    size_t n = pca->width;
    double samples = (double)pca->samples, *values = malloc(n * sizeof *values + 1);
    for (size_t i = 0; values && i < n; i++) {
        for (size_t k = 0; k <= i; k++)
            pca->products[i * n + k] -= pca->mean[i] * pca->mean[k] / samples;
        pca->sums[i] = pca->products[i * n + i];
    }
    gb_status status = values ? gb_eigen_symmetric(n, pca->products, values) : GB_NO_MEMORY;
    if (status) {
        free(values);
        return status;
    }
    for (size_t i = 0; i < n; i++)
        pca->mean[i] = pca->shift[i] + pca->mean[i] / samples;
    for (size_t c = 0; c < pca->kept; c++) {
        pca->singular[c] = values[c] > 0 ? sqrt(values[c]) : 0;
        for (size_t i = 0; i < n; i++)
            pca->components[c * n + i] = (float)pca->products[c * n + i];
    }
    free(values);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ incremental */

static double dot(size_t n, const float *x, const float *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* The largest singular values of `m` [rows, width] and their right singular vectors, from the eigenvectors of m mᵀ. */
static gb_status decompose_rows(gb_pca *pca, const float *m, size_t rows) {
    size_t n = pca->width, found = rows < pca->kept ? rows : pca->kept;
    double *gram = zeros(rows, rows, sizeof *gram), *values = malloc(rows * sizeof *values);
    gb_status status = gram && values ? GB_OK : GB_NO_MEMORY;
    for (size_t i = 0; !status && i < rows; i++)
        for (size_t k = 0; k <= i; k++)
            gram[i * rows + k] = dot(n, m + i * n, m + k * n);
    if (!status)
        status = gb_eigen_symmetric(rows, gram, values);
    if (!status)
        memset(pca->components, 0, pca->kept * n * sizeof *pca->components);
    for (size_t c = 0; !status && c < pca->kept; c++) {
        bool there = c < found && values[c] > values[0] * 1e-12;
        float *component = pca->components + c * n;
        pca->singular[c] = there ? sqrt(values[c]) : 0;
        for (size_t r = 0; there && r < rows; r++) {
            float factor = (float)(gram[c * rows + r] / pca->singular[c]);
            for (size_t i = 0; i < n; i++)
                component[i] += factor * m[r * n + i];
        }
    }
    free(gram);
    free(values);
    return status;
}

/* The rows to decompose: what is known so far, the centred batch, and a row for the difference of the two means. */
static gb_status refine(gb_pca *pca, const float *rows, size_t count) {
    size_t n = pca->width, old = pca->samples ? pca->kept : 0, all = old + count + (old > 0);
    float *m = zeros(all, n, sizeof *m);
    double *mean = malloc(n * sizeof *mean + 1);
    bool good = m && mean;
    if (good)
        mean_of(n, rows, count, mean);
    double total = (double)(pca->samples + count), weight = (double)pca->samples * (double)count / total;
    for (size_t r = 0; good && r < old; r++)
        for (size_t i = 0; i < n; i++)
            m[r * n + i] = (float)pca->singular[r] * pca->components[r * n + i];
    for (size_t r = 0; good && r < count; r++)
        for (size_t i = 0; i < n; i++)
            m[(old + r) * n + i] = (float)((double)rows[r * n + i] - mean[i]);
    for (size_t i = 0; good && i < n; i++) {
        double between = pca->mean[i] - mean[i];
        for (size_t r = old; r < old + count; r++)
            pca->sums[i] += (double)m[r * n + i] * (double)m[r * n + i];
        if (old) {
            m[(all - 1) * n + i] = (float)(sqrt(weight) * between);
            pca->sums[i] += weight * between * between;
        }
        pca->mean[i] += (mean[i] - pca->mean[i]) * (double)count / total;
    }
    gb_status status = good ? decompose_rows(pca, m, all) : GB_NO_MEMORY;
    pca->samples += count;
    free(m);
    free(mean);
    return status;
}

/* ------------------------------------------------------------------------------------------------ both */

gb_status gb_pca_add(gb_pca *pca, const float *rows, size_t count) {
    for (size_t i = 0; i < count * pca->width; i++)
        if (!isfinite(rows[i]))
            return GB_BAD_ARGUMENT;
    if (!count)
        return GB_OK;
    return pca->products ? add_products(pca, rows, count) : refine(pca, rows, count);
}

gb_status gb_pca_finish(gb_pca *pca) {
    gb_status status = pca->products && pca->samples ? decompose_products(pca) : GB_OK;
    if (status)
        return status;
    size_t most = pca->samples > 1 ? pca->samples - 1 : 0;
    pca->kept = pca->kept < most ? pca->kept : most;
    while (pca->kept && !(pca->singular[pca->kept - 1] > 0))
        pca->kept--;
    return GB_OK;
}

double gb_pca_deviation(const gb_pca *pca, size_t i) {
    return pca->samples > 1 ? pca->singular[i] / sqrt((double)pca->samples - 1) : 0;
}

double gb_pca_share(const gb_pca *pca, size_t i) {
    double all = 0;
    for (size_t k = 0; k < pca->width; k++)
        all += pca->sums[k];
    return all > 0 ? pca->singular[i] * pca->singular[i] / all : 0;
}
