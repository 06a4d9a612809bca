/* An entry's name is NAME-KEY.gbw. The key is the CRC-32 and the Adler-32 of the checkpoint, and the CRC-32 of what else the
 * result depends on: the checkpoint's size, the version of ganbend, and the config.json beside a BigGAN of the Hugging Face
 * port. */
#define _POSIX_C_SOURCE 200809L
#include "model_cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "safe_convert.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/temporary.h"

enum { KEY = 24, NAME = 80, ENTRY_PATH = PATH_ROOM + 260 };
static const int64_t default_limit = 10000000000;
static const char ending[] = ".gbw";

/* ------------------------------------------------------------------------------------------------ the folder */

bool cache_folder(char folder[PATH_ROOM]) {
    char caches[PATH_ROOM];
    return host_cache_folder(caches) && snprintf(folder, PATH_ROOM, "%s/ganbend", caches) < PATH_ROOM;
}

/* True for NAME-KEY.gbw, and with that key if one is given. */
static bool is_entry(const char *name, const char *key) {
    size_t length = strlen(name), tail = KEY + strlen(ending);
    const char *own = name + length - tail;
    if (length < tail + 2 || length >= sizeof((cache_entry *)0)->name || own[-1] != '-') return false;
    if (strcmp(own + KEY, ending) || strspn(own, "0123456789abcdef") < KEY) return false;
    return !key || !strncmp(own, key, KEY);
}

static int by_use(const void *a, const void *b) {
    const cache_entry *x = a, *y = b;
    return x->used != y->used ? (x->used < y->used) - (x->used > y->used) : strcmp(x->name, y->name);
}

gb_status cache_list(cache_entry **entries, size_t *count, gb_error *err) {
    char folder[PATH_ROOM], path[ENTRY_PATH];
    struct dirent *next;
    struct stat info;
    size_t room = 0;
    DIR *list = cache_folder(folder) ? opendir(folder) : NULL;
    *entries = NULL;
    *count = 0;
    while (list && !err->status && (next = readdir(list))) {
        if (!is_entry(next->d_name, NULL)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, next->d_name);
        if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode)) continue;
        if (*count == room) {
            cache_entry *grown = realloc(*entries, (room = 2 * room + 16) * sizeof *grown);
            if (!grown) state(err, GB_NO_MEMORY, "out of memory");
            else *entries = grown;
        }
        if (err->status) break;
        cache_entry *e = &(*entries)[(*count)++];
        snprintf(e->name, sizeof e->name, "%.255s", next->d_name);
        e->bytes = (int64_t)info.st_size;
        e->used = (int64_t)info.st_mtime;
    }
    if (list) closedir(list);
    if (*count) qsort(*entries, *count, sizeof **entries, by_use);
    return err->status;
}

gb_status cache_trim(int64_t limit, size_t *removed, gb_error *err) {
    char folder[PATH_ROOM], path[ENTRY_PATH];
    cache_entry *entries;
    size_t count;
    int64_t sum = 0;
    *removed = 0;
    if (!cache_folder(folder) || cache_list(&entries, &count, err)) return err->status;
    for (size_t i = 0; i < count; i++) {
        sum += entries[i].bytes;
        if (sum <= limit) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i].name);
        if (unlink(path) == 0) ++*removed;
        else if (errno != ENOENT) state(err, GB_IO, "%s: %s", path, strerror(errno));     /* another program was faster */
        sum -= entries[i].bytes;
    }
    free(entries);
    return err->status;
}

static bool limit_path(char path[ENTRY_PATH]) {
    char folder[PATH_ROOM];
    if (!cache_folder(folder)) return false;
    snprintf(path, ENTRY_PATH, "%s/limit", folder);
    return true;
}

int64_t cache_limit(void) {
    char path[ENTRY_PATH], text[32] = "", *end;
    FILE *file = limit_path(path) ? fopen(path, "r") : NULL;
    long long bytes = -1;
    if (file && fgets(text, sizeof text, file)) bytes = strtoll(text, &end, 10);
    if (file) fclose(file);
    return bytes >= 0 ? bytes : default_limit;
}

gb_status cache_set_limit(int64_t bytes, gb_error *err) {
    char folder[PATH_ROOM], path[ENTRY_PATH], beside[PATH_ROOM];
    FILE *file;
    bool bad;
    if (!cache_folder(folder) || !limit_path(path))
        return state(err, GB_IO, "there is no place for a cache: neither XDG_CACHE_HOME nor HOME is set");
    if (host_make_folder(folder, err) || name_beside(path, beside, err)) return err->status;
    file = fopen(beside, "w");
    bad = !file || fprintf(file, "%" PRId64 "\n", bytes) < 0;
    if ((file && fclose(file) != 0) || bad) {
        remove_temporary(beside);
        return state(err, GB_IO, "%s: %s", path, strerror(errno));
    }
    return keep_temporary(beside, path, err);
}

/* ------------------------------------------------------------------------------------------------ keys */

static uLong add_file(const char *path, uLong crc, uLong *adler, int64_t *size, gb_error *err) {
    unsigned char bytes[1 << 16];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (!file) {
        state(err, GB_IO, "%s: %s", path, strerror(errno));
        return crc;
    }
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        crc = crc32(crc, bytes, (uInt)n);
        if (adler) *adler = adler32(*adler, bytes, (uInt)n);
        *size += (int64_t)n;
    }
    if (ferror(file)) state(err, GB_IO, "%s: %s", path, strerror(errno));
    fclose(file);
    return crc;
}

gb_status checkpoint_key(const char *path, char key[CHECKPOINT_KEY + 1], gb_error *err) {
    const char *slash = strrchr(path, '/');
    char config[PATH_ROOM], size_text[32];
    uLong adler = adler32(0, NULL, 0), crc, rest = crc32(0, NULL, 0);
    int64_t size = 0, more = 0;
    crc = add_file(path, crc32(0, NULL, 0), &adler, &size, err);
    if (err->status) return err->status;
    snprintf(size_text, sizeof size_text, "%" PRId64 " ", size);
    rest = crc32(rest, (const unsigned char *)size_text, (uInt)strlen(size_text));
    rest = crc32(rest, (const unsigned char *)gb_version(), (uInt)strlen(gb_version()));
    if (snprintf(config, sizeof config, "%.*sconfig.json", slash ? (int)(slash - path) + 1 : 0, path) < PATH_ROOM &&
        host_readable(config) && !host_is_device(config))
        rest = add_file(config, rest, NULL, &more, err);
    snprintf(key, CHECKPOINT_KEY + 1, "%08lx%08lx%08lx", crc & 0xffffffff, adler & 0xffffffff, rest & 0xffffffff);
    return err->status;
}

/* The checkpoint's name without folder and ending, of letters, digits, '-' and '_'. */
static void plain_name(const char *path, char name[NAME]) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t used = 0, length = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    for (size_t i = 0; i < length && used + 1 < NAME; i++) {
        char c = base[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        name[used++] = plain ? c : '_';
    }
    name[used] = '\0';
}

/* ------------------------------------------------------------------------------------------------ opening */

/* Opens the entry with that key; false if there is none, or if it cannot be read. A damaged entry is removed. */
static bool open_entry(gb_context *context, const char *folder, const char *key, gb_model **model) {
    struct dirent *next;
    char path[ENTRY_PATH];
    bool opened = false;
    DIR *list = opendir(folder);
    while (list && !opened && (next = readdir(list))) {
        if (!is_entry(next->d_name, key)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, next->d_name);
        opened = !gb_model_read(context, path, model, NULL) && !gb_model_verify(*model, NULL);
        if (opened) {
            (void)utimensat(AT_FDCWD, path, NULL, 0);       /* used now */
            continue;
        }
        gb_model_close(*model);
        *model = NULL;
        unlink(path);
    }
    if (list) closedir(list);
    return opened;
}

static void print_note(void *arg, const char *line) {
    (void)arg;
    report_more("%s", line);
}

static gb_status convert_to(gb_context *context, const char *path, const char *out, gb_model **model, gb_error *err) {
    progress p = progress_start("converting", 1);
    const gb_convert_options how = {.note = print_note, .progress = progress_share, .progress_arg = &p};
    convert_safely(path, out, &how, err);
    progress_end(&p);
    return err->status ? err->status : gb_model_read(context, out, model, err);
}

/* Converts to a temporary file, which is not needed once the model is in memory. */
static gb_status convert_without_cache(gb_context *context, const char *path, gb_model **model, gb_error *err) {
    char out[PATH_ROOM];
    if (name_temporary("model.gbw", out, err)) return err->status;
    convert_to(context, path, out, model, err);
    remove_temporary(out);
    return err->status;
}

gb_status open_checkpoint(gb_context *context, const char *path, gb_model **model, gb_error *err) {
    char folder[PATH_ROOM], key[KEY + 1], name[NAME], out[ENTRY_PATH];
    size_t removed;
    gb_error why = {0};
    if (checkpoint_key(path, key, err)) return err->status;
    if (!cache_folder(folder) || host_make_private_folder(folder, &why))
        return convert_without_cache(context, path, model, err);
    if (open_entry(context, folder, key, model)) {
        report_more("%s: converted earlier, from the cache", path);
        return GB_OK;
    }
    plain_name(path, name);
    snprintf(out, sizeof out, "%s/%s-%s%s", folder, name, key, ending);
    if (clean_up_when_interrupted(folder, err)) return err->status;
    /* A full disk, or another program that clears the cache just now, does not stop this one. */
    if (convert_to(context, path, out, model, &why) == GB_IO)
        return convert_without_cache(context, path, model, err);
    if (why.status) return state(err, why.status, "%s", why.message);
    report_more("%s: converted, and kept in %s", path, folder);
    return cache_trim(cache_limit(), &removed, err);
}
