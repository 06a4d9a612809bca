/* A question before very many pictures are made. */
#ifndef GANBEND_TOOLS_CONFIRM_H
#define GANBEND_TOOLS_CONFIRM_H

#include <stddef.h>

#include "error.h"

enum { MANY_PICTURES = 10000 };

/* --yes was given. */
void answer_yes(void);
/* GB_OK for fewer than MANY_PICTURES, with --yes, or if the user agrees on the terminal. */
gb_status confirm_pictures(size_t count, gb_error *err);

#endif
