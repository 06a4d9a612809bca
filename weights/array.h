/* An n-dimensional array as a file holds it: a type, a shape, strides and a view of bytes that it does not own.
 * The code that makes one has checked that all its elements lie inside those bytes. */
#ifndef GB_WEIGHTS_ARRAY_H
#define GB_WEIGHTS_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reason.h"

enum { GB_MAX_DIMS = 8 };

typedef enum gb_dtype {
    GB_F32, GB_F16, GB_BF16, GB_F64,
    GB_I8, GB_U8, GB_I16, GB_U16, GB_I32, GB_U32, GB_I64, GB_U64, GB_BOOL,
    GB_OPAQUE,   /* a type we can list but not read as numbers (complex, float8, quantised) */
    GB_DTYPES
} gb_dtype;

typedef struct gb_array {
    gb_dtype dtype;
    bool swapped;                   /* the bytes are not in this machine's order */
    int ndim;
    int64_t shape[GB_MAX_DIMS];
    int64_t stride[GB_MAX_DIMS];    /* in elements; may be 0 (expanded) */
    const void *data;               /* first element; not necessarily aligned */
} gb_array;

typedef struct gb_named_array {
    const char *name;               /* owned by the list's owner */
    gb_array array;
} gb_named_array;

size_t gb_dtype_size(gb_dtype t);           /* bytes; 1 for GB_OPAQUE */
const char *gb_dtype_name(gb_dtype t);      /* "float32", "float16", "bfloat16", "float64", "int64", … */

/* Number of elements, or -1 if the product of the shape does not fit in 63 bits. */
int64_t gb_array_count(const gb_array *a);

/* Row-major strides for the shape in `a`. */
void gb_array_pack_strides(gb_array *a);

/* Whether all elements of `a` (shape and strides), from `offset` on, lie within a storage of `elements` elements.
 * Refuses negative dimensions and strides, and views that repeat their storage (stride 0) to more than
 * 64 × elements + 4096 elements, so that a few bytes cannot claim terabytes. */
bool gb_array_fits(const gb_array *a, int64_t offset, int64_t elements, gb_reason *why);

/* Row-major and without gaps: the elements are gb_array_count(a) × size bytes from `data` on. */
bool gb_array_is_packed(const gb_array *a);

/* Whether the view has more elements than there are places from its first to its last, so that some are repeated: a few
 * bytes that claim to be a large tensor. No trained weight is stored so. */
bool gb_array_repeats(const gb_array *a);

bool gb_little_endian(void);    /* this machine's order */

/* Copies all elements in row-major order as float32 (converted from any readable type; float64 and integers rounded to
 * nearest). `out` has room for gb_array_count(a). False for GB_OPAQUE. */
bool gb_array_to_f32(const gb_array *a, float *out, gb_reason *why);
/* The same as float64. */
bool gb_array_to_f64(const gb_array *a, double *out, gb_reason *why);

/* IEEE 754 binary16, round to nearest even. */
float gb_half_to_float(uint16_t h);
uint16_t gb_float_to_half(float f);

/* "[512,512,3,3]" into `text`; returns `text`. */
char *gb_shape_text(const gb_array *a, char *text, size_t size);

#endif
