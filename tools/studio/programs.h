/* Other programs of this machine: whether they are there, and the browser. */
#ifndef GANBEND_STUDIO_PROGRAMS_H
#define GANBEND_STUDIO_PROGRAMS_H

#include <stdbool.h>

/* True where the PATH has it. */
bool program_is_here(const char *name);
/* True where there is a screen to open a browser on. */
bool has_screen(void);
/* Opens the address in the browser of the user's choice; nothing happens where that does not work. */
void open_browser(const char *address);

#endif
