/* frame_pipe.h by POSIX calls. The pipe is non-blocking, or, as standard output is shared with other programs, gets at most PIPE_BUF
 * bytes when poll() says that there is room for them. */
#define _POSIX_C_SOURCE 200809L
#include "frame_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/program/error.h"

enum { AT_ONCE = 1 << 20 };

gb_status frame_pipe_check(const char *to, gb_error *err) {
    struct stat about;
    if (!strcmp(to, "-")) {
        if (fstat(FRAME_PIPE_STDOUT, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode))) return GB_OK;
        return state(err, GB_BAD_ARGUMENT, "--frames-to -: standard output is not a pipe; let a program read it, as in "
                     "ganbend studio --frames-to - | ffmpeg -f nut -i - …");
    }
    if (stat(to, &about) == 0 && S_ISFIFO(about.st_mode)) return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "--frames-to %s: there is no such pipe; make one: mkfifo %s", to, to);
}

int frame_pipe_open(const char *to) {
    return open(to, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

long frame_pipe_write(int pipe, const void *bytes, size_t size, int ms) {
    const size_t most = pipe == FRAME_PIPE_STDOUT ? PIPE_BUF : AT_ONCE;
    struct pollfd room = {.fd = pipe, .events = POLLOUT};
    if (poll(&room, 1, ms) <= 0 || !(room.revents & (POLLOUT | POLLERR | POLLHUP))) return 0;
    ssize_t done = write(pipe, bytes, size < most ? size : most);
    if (done < 0 && errno != EAGAIN && errno != EINTR) return -1;
    return done > 0 ? (long)done : 0;
}

void frame_pipe_close(int pipe) {
    if (pipe != FRAME_PIPE_STDOUT) close(pipe);
}
