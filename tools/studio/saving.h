/* Pictures, written as the command line writes them. */
#ifndef GANBEND_STUDIO_SAVING_H
#define GANBEND_STUDIO_SAVING_H

#include "live.h"

/* Renders the recipe that the session is set to and writes it as a PNG with exactly the bytes that `ganbend render` would
 * write. */
gb_status write_picture(live *s, const char *path, gb_error *err);

#endif
