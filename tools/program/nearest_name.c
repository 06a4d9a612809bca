/* Finds the name that a misspelt word was meant to be. */
#include <string.h>

#include "arguments.h"

enum { NAME_MAX_LENGTH = 31 };

/* Levenshtein distance; a transposition counts as two edits. */
static size_t edit_distance(const char *a, const char *b) {
    size_t row[NAME_MAX_LENGTH + 1], length = strlen(b);
    if (length > NAME_MAX_LENGTH) return SIZE_MAX;
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            if (row[j + 1] + 1 < best) best = row[j + 1] + 1;
            if (row[j] + 1 < best) best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[length];
}

const char *nearest_name(const char *word, const void *names, size_t count, size_t stride) {
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2;        /* a larger distance is not a misspelling */
    for (size_t i = 0; i < count; i++) {
        const char *name = *(const char *const *)((const char *)names + i * stride);
        size_t distance = edit_distance(word, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}
