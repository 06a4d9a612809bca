/* Starting the browser that Windows has for .html files. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "programs.h"

#include <shellapi.h>

#include "engine/platform/files.h"

enum { PATH_UNITS = 4096 };

bool has_screen(void) {
    return true;
}

void open_browser(const char *path) {
    wchar_t wide[PATH_UNITS];
    if (gb_wide(path, wide, PATH_UNITS) < 0) return;
    for (wchar_t *c = wide; *c; c++)
        if (*c == L'/') *c = L'\\';
    (void)ShellExecuteW(NULL, L"open", wide, NULL, NULL, SW_SHOWNORMAL);
}
