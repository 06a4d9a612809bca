/* frame_pipe.h for Windows: standard output alone. A pipe that does not wait takes as much as it has room for. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "frame_pipe.h"

#include <io.h>
#include <string.h>

#include "tools/program/error.h"

enum { AT_ONCE = 4096, LOOK_MS = 2 };

static HANDLE standard_output(void) {
    return (HANDLE)_get_osfhandle(FRAME_PIPE_STDOUT);
}

gb_status frame_pipe_check(const char *to, gb_error *err) {
    DWORD how = PIPE_READMODE_BYTE | PIPE_NOWAIT;
    if (strcmp(to, "-") != 0)
        return state(err, GB_BAD_ARGUMENT, "--frames-to %s: Windows has no such pipes; use --frames-to - | PROGRAM, or capture the "
                     "output window", to);
    if (GetFileType(standard_output()) == FILE_TYPE_PIPE && SetNamedPipeHandleState(standard_output(), &how, NULL, NULL)) return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "--frames-to -: standard output is not a pipe; let a program read it, as in "
                 "ganbend studio --frames-to - | ffmpeg -f nut -i - …");
}

int frame_pipe_open(const char *to) {
    (void)to;
    return -1;
}

long frame_pipe_write(int pipe, const void *bytes, size_t size, int ms) {
    (void)pipe;
    for (int waited = 0; waited <= ms; waited += LOOK_MS) {
        DWORD done = 0;
        if (!WriteFile(standard_output(), bytes, size < AT_ONCE ? (DWORD)size : AT_ONCE, &done, NULL)) return -1;
        if (done) return (long)done;
        Sleep(LOOK_MS);
    }
    return 0;
}

void frame_pipe_close(int pipe) {
    (void)pipe;
}
