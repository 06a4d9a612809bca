/* Starting xdg-open. */
#define _POSIX_C_SOURCE 200809L
#include "programs.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

bool has_screen(void) {
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

void open_browser(const char *path) {
    char program[] = "xdg-open", *copy = strdup(path);
    char *arguments[] = {program, copy, NULL};
    posix_spawn_file_actions_t quiet;
    posix_spawnattr_t fresh;
    sigset_t pipes;
    pid_t child;
    if (!copy) return;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&fresh);
    posix_spawnattr_setsigdefault(&fresh, &pipes);          /* libwebsockets ignores it */
    posix_spawnattr_setflags(&fresh, POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnp(&child, program, &quiet, &fresh, arguments, environ);
    posix_spawnattr_destroy(&fresh);
    posix_spawn_file_actions_destroy(&quiet);
    free(copy);
}
