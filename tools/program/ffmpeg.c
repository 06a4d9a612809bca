/* Starting and ending the process. Its messages go to a file without a name, so that it never waits for a reader. */
#define _POSIX_C_SOURCE 200809L
#include "ffmpeg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "temporary.h"

extern char **environ;

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

static int spawn(ffmpeg *f, const char *const *arguments, int in) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    int code;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    if (in >= 0) posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    else posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, fileno(f->said), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(f->said), STDERR_FILENO);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    code = posix_spawnp(&f->process, "ffmpeg", &files, &how, (char *const *)arguments, environ);  /* does not modify them */
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    if (code) f->process = 0;
    end_when_interrupted(f->process);
    return code;
}

gb_status ffmpeg_start(ffmpeg *f, const char *const *input, const char *const *output, const char *path, bool piped,
                       gb_error *err) {
    const char *arguments[ARGUMENTS];
    char to[PATH_ROOM + 8];
    int ends[2] = {-1, -1}, code;
    *f = (ffmpeg){.said = tmpfile()};
    snprintf(to, sizeof to, "file:%s", path);
    list_arguments(input, output, to, arguments);
    if (!f->said || (piped && pipe(ends) != 0)) {
        code = errno;
    } else {
        fcntl(fileno(f->said), F_SETFD, FD_CLOEXEC);
        for (int i = 0; piped && i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        code = spawn(f, arguments, ends[0]);
        if (ends[0] >= 0) close(ends[0]);
        if (!code && piped && !(f->frames = fdopen(ends[1], "wb"))) code = errno;
        if (code && ends[1] >= 0) close(ends[1]);
        if (!code && piped) signal(SIGPIPE, SIG_IGN);      /* the failed write is reported with ffmpeg's message */
    }
    if (code) ffmpeg_stop(f);
    return code ? state(err, GB_IO, "ffmpeg: %s", strerror(code)) : GB_OK;
}

/* Closes everything, and waits. Returns ffmpeg's exit status; -1 if a signal ended it. */
static int close_all(ffmpeg *f) {
    int status = -1;
    if (f->frames) fclose(f->frames);
    f->frames = NULL;
    while (f->process && waitpid(f->process, &status, 0) < 0 && errno == EINTR) {}
    f->process = 0;
    end_when_interrupted(0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

gb_status ffmpeg_finish(ffmpeg *f, const char *name, gb_error *err) {
    char line[200] = "";
    int status = close_all(f);
    if (status) {
        rewind(f->said);
        if (!fgets(line, sizeof line, f->said)) *line = '\0';
        line[strcspn(line, "\n")] = '\0';
        state(err, GB_IO, "%s: ffmpeg failed: %s", name, *line ? line : "without a message");
    }
    fclose(f->said);
    f->said = NULL;
    return status ? GB_IO : GB_OK;
}

void ffmpeg_stop(ffmpeg *f) {
    if (f->process) kill(f->process, SIGKILL);
    close_all(f);
    if (f->said) fclose(f->said);
    *f = (ffmpeg){0};
}
