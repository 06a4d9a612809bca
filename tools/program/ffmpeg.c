/* Starting and ending the process. Its messages go to a file without a name, so that it never waits for a reader. */
#define _POSIX_C_SOURCE 200809L
#include "ffmpeg.h"

#include <errno.h>
#include <string.h>

#include "host.h"
#include "engine/platform/files.h"
#include "temporary.h"

enum { ARGUMENTS = 64 };

/* Fills the NULL-terminated list of arguments. */
static void list_arguments(const char *const *input, const char *const *output, const char *to,
                           const char *arguments[ARGUMENTS]) {
    static const char *const first[] = {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", NULL};
    const char *const *lists[] = {first, input, output};
    size_t count = 0;
    for (size_t k = 0; k < 3; k++)
        for (const char *const *word = lists[k]; *word && count < ARGUMENTS - 2; word++) arguments[count++] = *word;
    arguments[count++] = to;
    arguments[count] = NULL;
}

gb_status ffmpeg_start(ffmpeg *f, const char *const *input, const char *const *output, const char *path, bool piped,
                       gb_error *err) {
    const char *arguments[ARGUMENTS];
    char to[PATH_ROOM + 8];
    int ends[2] = {-1, -1}, code;
    *f = (ffmpeg){.said = tmpfile()};
    snprintf(to, sizeof to, "file:%s", path);
    list_arguments(input, output, to, arguments);
    code = f->said ? 0 : errno;
    if (!code && piped) code = pipe_make(ends);
    if (!code) {
        file_is_for_this_process(fileno(f->said));
        code = process_start(&f->process, arguments, ends[0], fileno(f->said));
        end_when_interrupted(f->process);
        if (ends[0] >= 0) close(ends[0]);
        if (!code && piped && !(f->frames = fdopen(ends[1], "wb"))) code = errno;
        if (code && ends[1] >= 0) close(ends[1]);
        if (!code && piped) pipe_end_is_error();        /* the failed write is reported with ffmpeg's message */
    }
    if (code) ffmpeg_stop(f);
    return code ? state(err, GB_IO, "ffmpeg: %s", strerror(code)) : GB_OK;
}

/* Closes everything, and waits. Returns ffmpeg's exit status; -1 if a signal ended it. */
static int close_all(ffmpeg *f) {
    if (f->frames) fclose(f->frames);
    f->frames = NULL;
    int status = process_wait(&f->process);
    end_when_interrupted(0);
    return status;
}

gb_status ffmpeg_finish(ffmpeg *f, const char *name, gb_error *err) {
    char line[200] = "";
    int status = close_all(f);
    if (status) {
        rewind(f->said);
        if (!fgets(line, sizeof line, f->said)) *line = '\0';
        line[strcspn(line, "\r\n")] = '\0';
        state(err, GB_IO, "%s: ffmpeg failed: %s", name, *line ? line : "without a message");
    }
    fclose(f->said);
    f->said = NULL;
    return status ? GB_IO : GB_OK;
}

void ffmpeg_stop(ffmpeg *f) {
    if (f->process) process_kill(f->process);
    close_all(f);
    if (f->said) fclose(f->said);
    *f = (ffmpeg){0};
}
