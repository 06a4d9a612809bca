/* Options that people know from the published scripts (generate.py, projector.py, sample.py) under other names. */
#ifndef GANBEND_TOOLS_SYNONYMS_H
#define GANBEND_TOOLS_SYNONYMS_H

#include <stddef.h>

typedef struct synonym {
    const char *word;           /* "--truncation-psi"; '_' counts as '-' */
    const char *option;         /* what it is called here, if it takes the same value; or NULL */
    const char *advice;         /* what to do where `option` is NULL or the subcommand has no such option; or NULL */
} synonym;

/* The row of `length` characters of `word`, or NULL. */
const synonym *find_synonym(const char *word, size_t length);

/* Row `index`, NULL past the last. */
const synonym *synonym_at(size_t index);

#endif
