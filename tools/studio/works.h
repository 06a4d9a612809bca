/* The small pictures of works. */
#ifndef GANBEND_STUDIO_WORKS_H
#define GANBEND_STUDIO_WORKS_H

#include "live.h"

enum { WORK_PICTURE = 48 << 10 };       /* bytes of one, as JPEG */

/* Keeps the picture of the client's project, base64 of a JPEG, beside its file. One that is wrong or cannot be written is left
 * out: it only makes the list of works nicer. */
void keep_work_picture(const live *s, const char *text);

#endif
