/* process.h by posix_spawn(). */
#define _POSIX_C_SOURCE 200809L
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int process_start(process *p, const char *const *arguments, int in, int out) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    pid_t child = 0;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    if (in >= 0) posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    else posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (int to = STDOUT_FILENO; to <= STDERR_FILENO; to++) {
        if (out >= 0) posix_spawn_file_actions_adddup2(&files, out, to);
        else posix_spawn_file_actions_addopen(&files, to, "/dev/null", O_WRONLY, 0);
    }
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawnp(&child, arguments[0], &files, &how, (char *const *)arguments, environ);    /* does not modify them */
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    *p = code ? 0 : (process)child;
    return code;
}

bool process_has_ended(process p) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)p, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

void process_kill(process p) {
    kill((pid_t)p, SIGKILL);
}

int process_wait(process *p) {
    int status = -1;
    while (*p && waitpid((pid_t)*p, &status, 0) < 0 && errno == EINTR) {}
    *p = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void file_is_for_this_process(int file) {
    (void)fcntl(file, F_SETFD, FD_CLOEXEC);
}

int pipe_make(int ends[2]) {
    if (pipe(ends) != 0) return errno;
    for (int i = 0; i < 2; i++) file_is_for_this_process(ends[i]);
    return 0;
}

void pipe_end_is_error(void) {
    signal(SIGPIPE, SIG_IGN);
}

size_t pipe_read_arrived(int end, void *bytes, size_t room) {
    struct pollfd arrived = {.fd = end, .events = POLLIN};
    if (poll(&arrived, 1, 0) <= 0) return 0;
    ssize_t n = read(end, bytes, room);
    return n > 0 ? (size_t)n : 0;
}
