/* Eigenvalues and eigenvectors of symmetric matrices. */
#include "eigen.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double dot(size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void add_scaled(size_t n, double *y, double factor, const double *x) {
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

/* ------------------------------------------------------------------------------------------------ tridiagonal form */

/* Reflects the first i components, which hold row i of the matrix left of the diagonal, onto the last of them. Replaces
 * them by the reflector v; returns the new component, and v·v / 2 in *half (0: nothing to reflect). */
static double reflector(size_t i, double *v, double *half) {
    double length = sqrt(dot(i, v, v)), last = v[i - 1];
    *half = 0;
    if (!(sqrt(dot(i - 1, v, v)) > 0))
        return last;
    double reflected = last > 0 ? -length : length;
    v[i - 1] = last - reflected;
    *half = dot(i, v, v) / 2;
    return reflected;
}

/* Applies I − v vᵀ / half from both sides to the leading i×i block, lower triangle only. `p` is workspace [i]. */
static void reflect_block(size_t n, double *a, size_t i, const double *v, double half, double *p) {
    for (size_t r = 0; r < i; r++)
        p[r] = 0;
    for (size_t r = 0; r < i; r++) {            /* p = A v, with A's upper triangle mirrored */
        const double *row = a + r * n;
        p[r] += dot(r + 1, row, v);
        add_scaled(r, p, v[r], row);
    }
    for (size_t r = 0; r < i; r++)
        p[r] /= half;
    add_scaled(i, p, -dot(i, v, p) / (2 * half), v);
    for (size_t r = 0; r < i; r++) {
        add_scaled(r + 1, a + r * n, -v[r], p);
        add_scaled(r + 1, a + r * n, -p[r], v);
    }
}

/* Reduces `a` to a tridiagonal matrix with diagonal d[n] and subdiagonal e[n − 1]. Afterwards a = Vᵀ T V for the returned
 * rows of `v` [n, n]. */
static void tridiagonalise(size_t n, double *a, double *d, double *e, double *v, double *work) {
    double *half = work, *p = work + n;
    for (size_t i = n - 1; i > 0; i--) {
        double *row = a + i * n;
        d[i] = row[i];
        e[i - 1] = reflector(i, row, &half[i]);
        if (half[i] > 0)
            reflect_block(n, a, i, row, half[i], p);
    }
    d[0] = a[0];
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (size_t i = 1; i < n; i++)              /* the reflectors so far act on the first i − 1 rows and columns only */
        for (size_t r = 0; half[i] > 0 && r < i; r++)
            add_scaled(i, v + r * n, -dot(i, v + r * n, a + i * n) / half[i], a + i * n);
}

/* ------------------------------------------------------------------------------------------------ QL iterations */

/* Rotates rows i and i + 1. */
static void rotate_rows(size_t n, double *v, size_t i, double c, double s) {
    double *x = v + i * n, *y = x + n;
    for (size_t k = 0; k < n; k++) {
        double upper = x[k], lower = y[k];
        x[k] = c * upper - s * lower;
        y[k] = s * upper + c * lower;
    }
}

/* One implicit QL step on rows first to last of the tridiagonal matrix, with Wilkinson's shift. */
static void ql_step(size_t n, double *d, double *e, double *v, size_t first, size_t last) {
    double g = (d[first + 1] - d[first]) / (2 * e[first]), r = hypot(g, 1);
    double s = 1, c = 1, taken = 0;
    g = d[last] - d[first] + e[first] / (g + copysign(r, g));
    for (size_t i = last; i-- > first;) {
        double f = s * e[i], b = c * e[i];
        r = hypot(f, g);
        e[i + 1] = r;
        if (!(r > 0)) {                         /* the matrix falls apart here */
            d[i + 1] -= taken;
            e[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - taken;
        r = (d[i] - g) * s + 2 * c * b;
        taken = s * r;
        d[i + 1] = g + taken;
        g = c * r - b;
        rotate_rows(n, v, i, c, s);
    }
    d[first] -= taken;
    e[first] = g;
    e[last] = 0;
}

/* Diagonalises the tridiagonal matrix. e has room for n values. */
static bool diagonalise(size_t n, double *d, double *e, double *v) {
    enum { MAX_STEPS = 60 };                    /* 2 or 3 are usual */
    e[n - 1] = 0;
    for (size_t first = 0; first < n; first++)
        for (int steps = 0;; steps++) {
            size_t last = first;
            while (last + 1 < n && fabs(e[last]) > DBL_EPSILON * (fabs(d[last]) + fabs(d[last + 1])))
                last++;
            if (last == first)
                break;
            if (steps == MAX_STEPS)
                return false;
            ql_step(n, d, e, v, first, last);
        }
    return true;
}

/* ------------------------------------------------------------------------------------------------ order and sign */

typedef struct pair {
    double value;
    size_t row;
} pair;

static int largest_first(const void *a, const void *b) {
    double x = ((const pair *)a)->value, y = ((const pair *)b)->value;
    return (x < y) - (x > y);
}

static void copy_with_sign(size_t n, double *to, const double *from) {
    size_t largest = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(from[i]) > fabs(from[largest]))
            largest = i;
    for (size_t i = 0; i < n; i++)
        to[i] = from[largest] < 0 ? -from[i] : from[i];
}

gb_status gb_eigen_symmetric(size_t n, double *a, double *values) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++)
            if (!isfinite(a[i * n + k]))
                return GB_BAD_ARGUMENT;
    if (!n)
        return GB_OK;
    double *v = malloc(n * n * sizeof *v), *work = malloc(3 * n * sizeof *work);
    pair *order = malloc(n * sizeof *order);
    bool room = v && work && order, good = room;
    if (good) {
        double *e = work + 2 * n;
        tridiagonalise(n, a, values, e, v, work);
        good = diagonalise(n, values, e, v);
    }
    for (size_t i = 0; good && i < n; i++)
        order[i] = (pair){values[i], i};
    if (good)
        qsort(order, n, sizeof *order, largest_first);
    for (size_t i = 0; good && i < n; i++) {
        values[i] = order[i].value;
        copy_with_sign(n, a + i * n, v + order[i].row * n);
    }
    free(v);
    free(work);
    free(order);
    return good ? GB_OK : room ? GB_BAD_ARGUMENT : GB_NO_MEMORY;
}
