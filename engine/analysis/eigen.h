/* Eigenvalues and eigenvectors of symmetric matrices, in double precision. */
#ifndef GB_ENGINE_EIGEN_H
#define GB_ENGINE_EIGEN_H

#include <stddef.h>

#include "engine/ganbend.h"

/* Decomposes the symmetric matrix `a` [n, n], of which only the lower triangle is read: writes the eigenvalues to `values`
 * [n], largest first, and replaces row i of `a` by the eigenvector of values[i], of length 1. Eigenvectors are unique up to
 * sign: the component of largest magnitude is made positive. GB_NO_MEMORY if out of memory, GB_BAD_ARGUMENT
 * if `a` is not finite.
 *
 * Householder reduction to tridiagonal form, then QL iterations with implicit shifts (Golub and Van Loan, Matrix
 * Computations, 8.3): about 4 n³ multiply-adds. */
gb_status gb_eigen_symmetric(size_t n, double *a, double *values);

#endif
