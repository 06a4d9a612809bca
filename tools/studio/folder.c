/* The studio's folder, by the calls of engine/platform/files.h. */
#define _GNU_SOURCE     /* renameat2; everything else is POSIX.1-2008 */
#include "folder.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outgoing.h"
#include "projects.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"

enum { MAX_COMPARED = 64 << 20, MAX_NUMBER = 999 };

static bool is_link(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static gb_status join(char path[PATH_ROOM], const char *out, const char *sub, gb_error *err) {
    int length = snprintf(path, PATH_ROOM, "%s/%s", out, sub ? sub : "");
    if (length >= PATH_ROOM) return state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
    return sub && is_link(path) ? state(err, GB_IO, "%s: is a symbolic link, which the studio does not follow", path) : GB_OK;
}

gb_status folder_path(char path[PATH_ROOM], const char *out, const char *sub, const char *name, const char *ext,
                      gb_error *err) {
    int length;
    if (!is_valid_name(name))
        return state(err, GB_BAD_ARGUMENT, "a name has 1 to 64 letters, digits, spaces, '_', '-' and '.', and does not "
                     "start with '.'");
    if (join(path, out, sub, err)) return err->status;
    length = snprintf(path, PATH_ROOM, "%s/%s%s%s%s", out, sub ? sub : "", sub ? "/" : "", name, ext);
    return length < PATH_ROOM ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
}

gb_status folder_prepare(const char *out, const char *sub, gb_error *err) {
    char path[PATH_ROOM];
    if (host_make_folder(out, err) || join(path, out, sub, err) || !sub) return err->status;
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return GB_OK;
    return state(err, GB_IO, "%s: cannot create this folder: %s", path, strerror(errno));
}

gb_status folder_prepare_unfinished(const char *out, gb_error *err) {
    return folder_prepare(out, "studio", err) || folder_prepare(out, FOLDER_UNFINISHED, err) ? err->status : GB_OK;
}

gb_status unfinished_path(char path[PATH_ROOM], const char *out, gb_error *err) {
    static atomic_ulong count;
    int length;
    if (folder_prepare_unfinished(out, err)) return err->status;
    length = snprintf(path, PATH_ROOM, "%s/" FOLDER_UNFINISHED "/%ld-%lu", out, (long)getpid(), atomic_fetch_add(&count, 1));
    return length < PATH_ROOM - 40 ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
}

bool folder_has(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

gb_status folder_check(const char *path, gb_error *err) {
    struct stat info;
    if (lstat(path, &info) != 0) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    return S_ISREG(info.st_mode) ? GB_OK : state(err, GB_BAD_FILE, "%s: is not a regular file", path);
}

gb_status folder_read(const char *path, size_t most, char **bytes, size_t *size, gb_error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    *bytes = NULL;
    *size = 0;
    if (file < 0)
        return errno == ELOOP ? state(err, GB_BAD_FILE, "%s: is a symbolic link, which the studio does not follow", path)
                              : state(err, GB_IO, "%s: %s", path, strerror(errno));
    if (fstat(file, &info) != 0) state(err, GB_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode)) state(err, GB_BAD_FILE, "%s: is not a regular file", path);
    else if (info.st_size < 0 || (uintmax_t)info.st_size > most)
        state(err, GB_BAD_FILE, "%s: larger than %zu MiB", path, most >> 20);
    else if (!(*bytes = malloc((size_t)info.st_size + 1)))
        state(err, GB_NO_MEMORY, "%s: out of memory", path);
    while (!err->status && *size < (size_t)info.st_size) {
        ssize_t n = read(file, *bytes + *size, (size_t)info.st_size - *size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) state(err, GB_IO, "%s: %s", path, strerror(errno));
        if (n <= 0) break;
        *size += (size_t)n;
    }
    close(file);
    if (!err->status) {
        (*bytes)[*size] = '\0';
        return GB_OK;
    }
    free(*bytes);
    *bytes = NULL;
    return err->status;
}

/* A file that replaces another has its permissions and its group; without the group, not the group's permissions. Never
 * opens the contents to more users, so failures do not matter. */
static void take_permissions(const char *path, const char *replaced) {
    struct stat info, old;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode) || lstat(replaced, &old) != 0 || !S_ISREG(old.st_mode)) return;
    mode_t mode = old.st_mode & 0777;
    if (chown(path, (uid_t)-1, old.st_gid) != 0) mode &= ~(mode_t)070;
    (void)chmod(path, mode);
}

/* So that a new name survives a power failure. The file is complete already: failures do not matter. */
static void sync_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char name[PATH_ROOM + 2];
    snprintf(name, sizeof name, "%.*s.", slash ? (int)(slash - path) + 1 : 0, path);
    int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    (void)fsync(folder);
    close(folder);
}

static gb_status write_all(int file, const char *path, const char *bytes, size_t size, gb_error *err) {
    for (size_t done = 0; done < size && !err->status;) {
        ssize_t n = write(file, bytes + done, size - done);
        if (n > 0) done += (size_t)n;
        else if (n == 0 || errno != EINTR) state(err, GB_IO, "%s: %s", path, strerror(n ? errno : ENOSPC));
    }
    if (!err->status && fsync(file) != 0 && errno != EINVAL) state(err, GB_IO, "%s: %s", path, strerror(errno));
    return err->status;
}

gb_status folder_write(const char *out, const char *path, const void *bytes, size_t size, char beside[PATH_ROOM],
                       gb_error *err) {
    int file;
    if (unfinished_path(beside, out, err)) return err->status;
    file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, folder_has(path) ? 0600 : 0666);
    if (file < 0) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    write_all(file, path, bytes, size, err);
    if (close(file) != 0 && !err->status) state(err, GB_IO, "%s: %s", path, strerror(errno));
    if (err->status) unlink(beside);
    return err->status;
}

gb_status folder_replace(const char *out, const char *path, const void *bytes, size_t size, gb_error *err) {
    char beside[PATH_ROOM];
    if (folder_write(out, path, bytes, size, beside, err)) return err->status;
    if (folder_move(beside, path, err)) unlink(beside);
    return err->status;
}

gb_status folder_move(const char *from, const char *to, gb_error *err) {
    take_permissions(from, to);
    if (rename(from, to) != 0) return state(err, GB_IO, "%s: %s", to, strerror(errno));
    sync_folder_of(to);
    return GB_OK;
}

static bool is_folder(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Where a file system has neither RENAME_NOREPLACE nor links, creating an empty file of that name comes closest. A folder
 * that is not empty, and a file, is not replaced by a folder. */
static int rename_to_free_name(const char *from, const char *to) {
    int file;
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
#endif
    if (is_folder(from)) return folder_has(to) ? (errno = EEXIST, -1) : rename(from, to);
    if (link(from, to) == 0) return unlink(from);
    if (errno != EPERM && errno != ENOTSUP && errno != EMLINK) return -1;
    file = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    close(file);
    return rename(from, to);
}

gb_status folder_move_new(const char *from, const char *to, bool *exists, gb_error *err) {
    *exists = false;
    if (rename_to_free_name(from, to) == 0) {
        sync_folder_of(to);
        return GB_OK;
    }
    *exists = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
    return *exists ? state(err, GB_BAD_ARGUMENT, "%s: already exists", to) : state(err, GB_IO, "%s: %s", to, strerror(errno));
}

/* Whether both are files with the same contents. Fails if that cannot be found out. */
static gb_status are_same(const char *a, const char *b, bool *same, gb_error *err) {
    char *bytes[2] = {NULL, NULL};
    size_t size[2];
    gb_error why = {0};
    *same = !folder_read(a, MAX_COMPARED, &bytes[0], &size[0], &why) && !folder_read(b, MAX_COMPARED, &bytes[1], &size[1], &why) &&
            size[0] == size[1] && !memcmp(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    return why.status && why.status != GB_BAD_FILE ? state(err, why.status, "%s", why.message) : GB_OK;
}

gb_status folder_move_numbered(const char *out, const char *unfinished, const char *stem, const char *ext,
                               char file[FOLDER_FILE], gb_error *err) {
    char name[PROJECT_NAME], path[PATH_ROOM];
    for (int i = 1; i <= MAX_NUMBER; i++) {
        bool exists, same = false;
        if (i == 1) snprintf(name, sizeof name, "%s", stem);
        else snprintf(name, sizeof name, "%.50s-%d", stem, i);
        snprintf(file, FOLDER_FILE, "%s%s", name, ext);
        if (folder_path(path, out, NULL, name, ext, err)) return err->status;
        if (!folder_move_new(unfinished, path, &exists, err) || !exists) return err->status;
        *err = (gb_error){0};
        if (are_same(unfinished, path, &same, err)) return err->status;
        if (same) {
            folder_remove(unfinished);
            return GB_OK;
        }
    }
    return state(err, GB_BAD_ARGUMENT, "%s%s to %s-%d%s all exist", stem, ext, stem, (int)MAX_NUMBER, ext);
}

gb_status folder_sync_file(const char *path, gb_error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 || (fsync(file) != 0 && errno != EINVAL)) state(err, GB_IO, "%s: %s", path, strerror(errno));
    if (file >= 0) close(file);
    return err->status;
}

void folder_remove(const char *path) {
    DIR *folder = unlink(path) == 0 || rmdir(path) == 0 ? NULL : opendir(path);
    struct dirent *entry;
    if (!folder) return;
    while ((entry = readdir(folder)))
        unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

void hide_folder(char *message, const char *folder) {
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    for (char *at = message; (at = strstr(at, folder));) {
        bool starts = at == message || strchr(" '\"(", at[-1]);
        if (starts && length && at[length] == '/') memmove(at, at + length + 1, strlen(at + length + 1) + 1);
        else at++;
    }
}

/* ------------------------------------------------------------------------------------------------ listing */

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether it is a file that a page may open. */
static bool is_listed(DIR *folder, const char *ext, const char *name) {
    size_t length = strlen(name), end = strlen(ext);
    char stem[PROJECT_NAME];
    struct stat info;
    if (length <= end || length - end >= sizeof stem || strcmp(name + length - end, ext) != 0) return false;
    memcpy(stem, name, length - end);
    stem[length - end] = '\0';
    return is_valid_name(stem) && fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
}

gb_status folder_open(const char *path, DIR **folder, gb_error *err) {
    *folder = opendir(path);
    if (*folder || errno == ENOENT || errno == ENOTDIR || errno == EACCES) return GB_OK;
    return state(err, errno == ENOMEM ? GB_NO_MEMORY : GB_IO, "%s: %s", path,
                 errno == ENOMEM ? "out of memory" : strerror(errno));
}

gb_status folder_list(const char *out, const char *ext, size_t most, json_t **names, gb_error *err) {
    DIR *folder;
    char **found = calloc(most + 1, sizeof *found);
    size_t count = 0;
    struct dirent *entry;
    *names = json_array();
    folder_open(out, &folder, err);
    if (!found || !*names) state(err, GB_NO_MEMORY, "out of memory");
    while (folder && !err->status && count < most && (entry = readdir(folder)))
        if (is_listed(folder, ext, entry->d_name)) {
            found[count] = strdup(entry->d_name);
            if (found[count]) count++;
            else state(err, GB_NO_MEMORY, "out of memory");
        }
    if (folder) closedir(folder);
    if (count) qsort(found, count, sizeof *found, by_name);
    for (size_t i = 0; i < count; i++) {
        add_json(names, json_string(found[i]));
        free(found[i]);
    }
    free(found);
    if (!*names) state(err, GB_NO_MEMORY, "out of memory");
    if (err->status) {
        json_decref(*names);
        *names = NULL;
    }
    return err->status;
}
