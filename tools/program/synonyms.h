/* Names of options in the published scripts (generate.py, projector.py, sample.py), and their names here. */
#ifndef GANBEND_TOOLS_SYNONYMS_H
#define GANBEND_TOOLS_SYNONYMS_H

#include <stddef.h>

typedef struct synonym {
    const char *word;           /* "--truncation-psi"; '_' counts as '-' */
    const char *option;         /* the option here that takes the same value, or NULL */
    const char *advice;         /* for the error message if there is no such option, or NULL */
} synonym;

/* The row for the first `length` characters of `word`, or NULL. */
const synonym *find_synonym(const char *word, size_t length);

/* Row `index`; NULL past the end. */
const synonym *synonym_at(size_t index);

#endif
