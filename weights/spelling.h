/* The known name that an unknown one is most likely a misspelling of. */
#ifndef GB_WEIGHTS_SPELLING_H
#define GB_WEIGHTS_SPELLING_H

typedef struct gb_spelling {
    const char *wanted, *nearest;       /* nearest: NULL if no candidate was near enough */
    int distance;
} gb_spelling;

gb_spelling gb_spelling_of(const char *wanted);
void gb_spelling_consider(gb_spelling *spelling, const char *candidate);

#endif
