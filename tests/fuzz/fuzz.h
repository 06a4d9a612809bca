/* What every fuzz target does with what it read: looks at every element that an array can name, so that a size that got
 * past the checks is an access that the sanitizers see. */
#ifndef GB_TESTS_FUZZ_H
#define GB_TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weights/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void read_array(const gb_array *a) {
    int64_t count = gb_array_count(a);
    if (count < 0)
        abort();
    if (count > 1 << 16)
        return;
    double *values = malloc((size_t)count * sizeof *values + 1);
    gb_array_to_f64(a, values, NULL);
    free(values);
}

/* A refusal is one line of text. */
static inline void check_reason(const gb_reason *why) {
    if (!why->text[0] || strchr(why->text, '\n'))
        abort();
}

#endif
