/* Starting xdg-open, or macOS's open. */
#define _POSIX_C_SOURCE 200809L
#include "programs.h"

#include <stdlib.h>

#include "tools/program/process.h"

#if defined(__APPLE__)

static const char opener[] = "open";

bool has_screen(void) {
    return true;
}

#else

static const char opener[] = "xdg-open";

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

bool has_screen(void) {
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

#endif

void open_browser(const char *path) {
    const char *const arguments[] = {opener, path, NULL};
    process child;
    (void)process_start(&child, arguments, -1, -1);     /* nobody waits for it */
}
