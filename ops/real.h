/* The number type of tensors, packed weights and plain rows. It is float. The plain rows are compiled a second time with
 * GB_DOUBLE defined, to tell rounding errors (engine/analysis/float64.c) and to hold gradients against finite differences
 * (check_adjoint): a plain row therefore writes gb_real wherever it reads or writes tensors, weights or workspace, and takes
 * functions of the C library from <tgmath.h>. Attributes (gb_desc), parameters of activations and live values are float in
 * both. */
#ifndef GB_OPS_REAL_H
#define GB_OPS_REAL_H

#ifdef GB_DOUBLE
#include "ops/double_names.h"
typedef double gb_real;
#else
typedef float gb_real;
#endif

#endif
