/* WebAssembly has no processes, and emscripten's C library lacks this function, which ffmpeg.c calls. */
#include <errno.h>
#include <spawn.h>

int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const arguments[], char *const environment[]) {
    (void)process, (void)file, (void)actions, (void)attributes, (void)arguments, (void)environment;
    return ENOSYS;
}
