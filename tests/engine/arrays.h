/* Arrays of fixtures. To be included after cmocka.h. */
#ifndef GB_TESTS_ENGINE_ARRAYS_H
#define GB_TESTS_ENGINE_ARRAYS_H

#include <stdlib.h>

#include "tests/engine/ok.h"

/* The index of an array of `count` values. */
static inline size_t index_of(gb_file *file, const char *name, size_t count) {
    size_t index;
    gb_array_info info;
    if (!gb_file_find(file, name, &index))
        fail_msg("there is no array %s", name);
    gb_file_array(file, index, &info);
    assert_int_equal(info.count, count);
    return index;
}

/* An array of `count` values, to be freed. */
static inline float *array_of(gb_file *file, const char *name, size_t count) {
    float *values = malloc(count * sizeof *values + 1);
    assert_non_null(values);
    OK(gb_file_read(file, index_of(file, name, count), values, &err));
    return values;
}

static inline double *doubles_of(gb_file *file, const char *name, size_t count) {
    double *values = malloc(count * sizeof *values + 1);
    assert_non_null(values);
    OK(gb_file_read_double(file, index_of(file, name, count), values, &err));
    return values;
}

#endif
