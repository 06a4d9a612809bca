/* Of host.h: arguments, programs, folders of the user and memory, for Windows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "host.h"

#include <psapi.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "engine/platform/files.h"

/* ------------------------------------------------------------------------------------------------ the start */

static UINT console_before;             /* the console's encoding, which belongs to the process */

static void restore_console(void) {
    SetConsoleOutputCP(console_before);
}

/* Text is UTF-8, and bytes are written as they are. */
static void prepare_output(void) {
    for (int file = 0; file < 3; file++) _setmode(file, _O_BINARY);
    console_before = GetConsoleOutputCP();
    if (console_before && SetConsoleOutputCP(CP_UTF8)) atexit(restore_console);
}

/* An argument in UTF-8. Backslashes become slashes, with which Windows finds files too, so that all other code knows one
 * separator. NULL if out of memory, or if it is not UTF-16. */
static char *argument_text(const wchar_t *wide) {
    int room = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, NULL, 0, NULL, NULL);
    char *text = room > 0 ? malloc((size_t)room) : NULL;
    if (!text || gb_narrow(wide, text, room) < 0) {
        free(text);
        return NULL;
    }
    for (char *c = text; *c; c++)
        if (*c == '\\') *c = '/';
    return text;
}

/* They are not freed: the program uses them to its end. */
void host_begin(int *argc, char ***argv) {
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **texts = wide ? calloc((size_t)count + 1, sizeof *texts) : NULL;
    prepare_output();
    for (int i = 0; texts && i < count; i++) {
        texts[i] = argument_text(wide[i]);
        if (texts[i]) continue;
        fprintf(stderr, "ganbend: argument %d cannot be read as Unicode\n", i);
        exit(2);
    }
    if (!texts) return;
    LocalFree(wide);
    *argc = count;
    *argv = texts;
}

/* ------------------------------------------------------------------------------------------------ programs and folders */

bool host_has_program(const char *name) {
    wchar_t wide[PATH_ROOM], found[PATH_ROOM];
    return gb_wide(name, wide, PATH_ROOM) > 0 && SearchPathW(NULL, wide, L".exe", PATH_ROOM, found, NULL) != 0;
}

/* A path in UTF-8 with slashes and without one at its end; false if it does not fit. */
static bool take_path(const wchar_t *wide, char path[PATH_ROOM]) {
    if (gb_narrow(wide, path, PATH_ROOM) < 0) return false;
    for (char *c = path; *c; c++)
        if (*c == '\\') *c = '/';
    size_t length = strlen(path);
    if (length > 3 && path[length - 1] == '/') path[length - 1] = '\0';
    return true;
}

/* A variable of the environment that is an absolute path. */
static bool variable_path(const wchar_t *name, char path[PATH_ROOM]) {
    const wchar_t *value = _wgetenv(name);
    return value && *value && take_path(value, path) && gb_is_absolute(path);
}

/* TMPDIR as elsewhere, or else TMP, TEMP or the user's folder, as Windows chooses. */
void host_temporary_folder(char folder[PATH_ROOM]) {
    wchar_t wide[MAX_PATH + 2];
    DWORD length;
    if (variable_path(L"TMPDIR", folder)) return;
    length = GetTempPathW(MAX_PATH + 2, wide);
    if (!length || length > MAX_PATH + 1 || !take_path(wide, folder)) strcpy(folder, ".");
}

bool host_cache_folder(char folder[PATH_ROOM]) {
    return variable_path(L"XDG_CACHE_HOME", folder) || variable_path(L"LOCALAPPDATA", folder);
}

/* ------------------------------------------------------------------------------------------------ memory */

int64_t host_peak_rss_bytes(void) {
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? (int64_t)counters.PeakWorkingSetSize : 0;
}
