/* Starting the browser. */
#ifndef GANBEND_STUDIO_PROGRAMS_H
#define GANBEND_STUDIO_PROGRAMS_H

#include <stdbool.h>

/* Whether there is a display to open a browser on. */
bool has_screen(void);
/* Opens a file in the user's default browser; does nothing if that fails. */
void open_browser(const char *path);

#endif
