/* Pictures as the command line writes them. */
#ifndef GANBEND_STUDIO_SAVING_H
#define GANBEND_STUDIO_SAVING_H

#include "live.h"

/* The picture of the recipe that the live is set to as a PNG, byte for byte what `ganbend render` makes of it. */
gb_status write_picture(live *s, const char *path, gb_error *err);

#endif
