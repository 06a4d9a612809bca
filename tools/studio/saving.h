/* Pictures as the command line writes them. */
#ifndef GANBEND_STUDIO_SAVING_H
#define GANBEND_STUDIO_SAVING_H

#include "stage.h"

/* The picture of the recipe that the stage is set to as a PNG, byte for byte what `ganbend render` makes of it. */
gb_status write_picture(stage *s, const char *path, gb_error *err);

#endif
