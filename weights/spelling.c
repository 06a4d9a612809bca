/* Levenshtein distance: a candidate is near if at most half of the letters have to change. */
#include "spelling.h"

#include <string.h>

enum { COMPARED = 64 };     /* letters; the rest of longer names is ignored */

static int compared_length(const char *name) {
    size_t length = strlen(name);
    return length < COMPARED ? (int)length : COMPARED;
}

static int edit_distance(const char *a, const char *b) {
    int row[COMPARED + 1];
    int n = compared_length(b);
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 0; a[i] && i < COMPARED; i++) {
        int diagonal = row[0];
        row[0] = i + 1;
        for (int j = 0; j < n; j++) {
            int best = diagonal + (a[i] != b[j]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            diagonal = row[j + 1];
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[n];
}

gb_spelling gb_spelling_of(const char *wanted) {
    return (gb_spelling){wanted, NULL, compared_length(wanted) / 2 + 1};
}

void gb_spelling_consider(gb_spelling *spelling, const char *candidate) {
    int distance = edit_distance(spelling->wanted, candidate);
    if (distance < spelling->distance) {
        spelling->distance = distance;
        spelling->nearest = candidate;
    }
}
