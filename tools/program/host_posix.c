/* Of host.h: programs, folders of the user and memory, by POSIX calls. */
#define _XOPEN_SOURCE 700
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void host_begin(int *argc, char ***argv) {
    (void)argc;                         /* they are as the programs want them */
    (void)argv;
}

bool host_has_program(const char *name) {
    const char *path = getenv("PATH");
    char file[PATH_ROOM];
    while (path && *path) {
        int length = (int)strcspn(path, ":");
        int written = snprintf(file, sizeof file, "%.*s/%s", length, path, name);
        if (written > 0 && (size_t)written < sizeof file && access(file, X_OK) == 0) return true;
        path += length;
        path += *path == ':';
    }
    return false;
}

void host_temporary_folder(char folder[PATH_ROOM]) {
    const char *root = getenv("TMPDIR");
    snprintf(folder, PATH_ROOM, "%s", root && *root ? root : "/tmp");
}

bool host_cache_folder(char folder[PATH_ROOM]) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (cache && *cache == '/') length = snprintf(folder, PATH_ROOM, "%s", cache);
    else if (home && *home == '/') length = snprintf(folder, PATH_ROOM, "%s/.cache", home);
    else return false;
    return length > 0 && length < PATH_ROOM;
}

int64_t host_peak_rss_bytes(void) {
    /* getrusage() is only the fallback: its maximum survives exec, so it may be the memory of a large parent process. */
    FILE *file = fopen("/proc/self/status", "r");
    long long kilobytes = -1;
    struct rusage usage;
    if (file) {
        char line[256];
        while (kilobytes < 0 && fgets(line, sizeof line, file))
            if (sscanf(line, "VmHWM: %lld kB", &kilobytes) != 1) kilobytes = -1;
        fclose(file);
    }
    if (kilobytes < 0) kilobytes = getrusage(RUSAGE_SELF, &usage) == 0 ? (long long)usage.ru_maxrss : 0;
    return (int64_t)kilobytes * 1024;
}
