/* Reading, checking and writing manifests. */
#define _POSIX_C_SOURCE 200809L
#include "manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "engine/platform/files.h"
#include "tools/inputs/latents.h"
#include "tools/program/json_output.h"
#include "tools/program/temporary.h"

gb_status manifest_path(char path[PATH_ROOM], const char *folder, gb_error *err, const char *format, ...) {
    char name[64];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return snprintf(path, PATH_ROOM, "%s/" MANIFESTS "/%s", folder, name) < PATH_ROOM
               ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
}

void manifest_head(char head[HEAD_ROOM], int shard, int of, const char *run) {
    snprintf(head, HEAD_ROOM, "{\"shard\":%d,\"of\":%d,\"run\":\"%08" PRIx32 "\"}", shard, of, crc32_of_bytes(run, strlen(run)));
}

/* ------------------------------------------------------------------------------------------------ whole files */

static gb_status read_rest(FILE *file, const char *path, char **text, size_t *size, gb_error *err) {
    size_t room = 1 << 16, got;
    *size = 0;
    *text = malloc(room + 1);
    while (*text && (got = fread(*text + *size, 1, room - *size, file)) > 0) {
        *size += got;
        if (*size < room) continue;
        char *grown = realloc(*text, 2 * room + 1);
        if (!grown) free(*text);
        *text = grown;
        room *= 2;
    }
    if (!*text) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    (*text)[*size] = '\0';
    return ferror(file) ? state(err, GB_IO, "%s: %s", path, strerror(errno)) : GB_OK;
}

gb_status read_if_there(const char *path, char **text, size_t *size, gb_error *err) {
    FILE *file = fopen(path, "rb");
    *text = NULL;
    *size = 0;
    if (!file) return errno == ENOENT ? GB_OK : state(err, GB_IO, "%s: %s", path, strerror(errno));
    if (read_rest(file, path, text, size, err)) {
        free(*text);
        *text = NULL;
    }
    fclose(file);
    return err->status;
}

gb_status write_whole(const char *path, const text_buffer *text, gb_error *err) {
    char beside[PATH_ROOM];
    FILE *file;
    bool written;
    if (text->failed) return state(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (name_beside(path, beside, err)) return err->status;
    if ((file = fopen(beside, "wb"))) {
        written = !text->used || fwrite(text->text, 1, text->used, file) == text->used;
        if (fclose(file) == 0 && written) return keep_temporary(beside, path, err);
    }
    state(err, GB_IO, "%s: %s", path, strerror(errno));
    remove_temporary(beside);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ reading */

/* A path that stays in its folder. */
static bool is_inside(const char *file) {
    for (const char *part = file; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (!*part || *part == '/' || gb_leaves_folder(part) || !strncmp(part, "../", 3) || !strcmp(part, "..")) return false;
    return true;
}

static bool get_count(const json_t *of, const char *key, json_int_t least, json_int_t *value) {
    const json_t *number = json_object_get(of, key);
    *value = json_integer_value(number);
    return json_is_integer(number) && *value >= least;
}

/* GB_BAD_FILE if the text is not the line of an output, GB_NO_MEMORY if memory has run out. */
static gb_status parse_line(const char *text, size_t length, manifest_line *line) {
    json_t *all = json_read(text, length, 0, NULL);
    const char *file = json_string_value(json_object_get(all, "file"));
    const char *crc = json_string_value(json_object_get(all, "crc32"));
    json_int_t item, files, bytes;
    char *end = NULL;
    gb_status status = json_out_of_memory() ? GB_NO_MEMORY : GB_BAD_FILE;
    if (file && crc && is_inside(file) && strlen(crc) == 8 && get_count(all, "item", 0, &item) &&
        get_count(all, "files", 1, &files) && get_count(all, "bytes", 0, &bytes)) {
        *line = (manifest_line){.item = (size_t)item, .files = (size_t)files, .file = malloc(strlen(file) + 1),
                                .crc32 = (uint32_t)strtoul(crc, &end, 16), .bytes = bytes, .text = text, .length = length};
        if (line->file) strcpy(line->file, file);
        status = !line->file ? GB_NO_MEMORY : *end ? GB_BAD_FILE : GB_OK;
        if (status) free(line->file);
    }
    json_decref(all);
    return status;
}

static gb_status add_line(manifest *m, const manifest_line *line, size_t *room, gb_error *err) {
    if (m->count == *room) {
        manifest_line *grown = realloc(m->lines, (2 * *room + 64) * sizeof *grown);
        if (!grown) {
            free(line->file);
            return state(err, GB_NO_MEMORY, "out of memory");
        }
        m->lines = grown;
        *room = 2 * *room + 64;
    }
    m->lines[m->count++] = *line;
    return GB_OK;
}

gb_status manifest_parse(char *text, size_t size, const char *path, bool journal, manifest *m, gb_error *err) {
    size_t room = 0, number = 1;
    *m = (manifest){.text = text};
    for (char *at = text, *end; (end = memchr(at, '\n', size - m->whole)); at = end + 1, number++) {
        manifest_line line;
        m->whole = (size_t)(end + 1 - text);
        *end = '\0';
        if (number == 1) {
            m->head = at;
            continue;
        }
        gb_status status = parse_line(at, (size_t)(end - at), &line);
        if (!status) {
            if (add_line(m, &line, &room, err)) return err->status;
        } else if (status == GB_NO_MEMORY) {
            return state(err, GB_NO_MEMORY, "%s: out of memory", path);
        } else if (!journal) {
            return state(err, GB_BAD_FILE, "%s:%zu: not a line of a manifest; remove this file, and its shard can be run again",
                         path, number);
        }
    }
    return GB_OK;
}

gb_status manifest_read(const char *path, bool journal, manifest *m, gb_error *err) {
    char *text;
    size_t size;
    *m = (manifest){0};
    if (read_if_there(path, &text, &size, err) || !text) return err->status;
    return manifest_parse(text, size, path, journal, m, err);
}

/* Lines of an item stay in their order. */
static int compare_lines(const void *a, const void *b) {
    const manifest_line *x = a, *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

void manifest_sort(manifest *m) {
    if (m->count) qsort(m->lines, m->count, sizeof *m->lines, compare_lines);
}

void manifest_free(manifest *m) {
    for (size_t i = 0; i < m->count; i++) free(m->lines[i].file);
    free(m->lines);
    free(m->text);
    *m = (manifest){0};
}

/* ------------------------------------------------------------------------------------------------ files */

/* The checksum and size of a file; false if it cannot be read. */
static bool sum_file(FILE *file, uint32_t *crc, int64_t *bytes) {
    unsigned char part[1 << 16];
    size_t got;
    *crc = 0;
    *bytes = 0;
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        *crc = (uint32_t)crc32_z(*crc, part, got);
        *bytes += (int64_t)got;
    }
    return !ferror(file);
}

static FILE *open_within(const char *folder, const char *file) {
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s", folder, file) < PATH_ROOM) return fopen(path, "rb");
    errno = ENAMETOOLONG;
    return NULL;
}

file_found manifest_compare(const char *folder, const manifest_line *line, bool sizes_only) {
    FILE *file = open_within(folder, line->file);
    uint32_t crc = line->crc32;
    int64_t bytes = 0;
    bool read;
    int failure;
    if (!file) return errno == ENOENT || errno == ENOTDIR ? FILE_MISSING : FILE_UNREADABLE;
    if (sizes_only) read = fseek(file, 0, SEEK_END) == 0 && (bytes = ftell(file)) >= 0;
    else read = sum_file(file, &crc, &bytes);
    failure = errno;
    fclose(file);
    errno = failure;
    if (!read) return FILE_UNREADABLE;
    return bytes == line->bytes && crc == line->crc32 ? FILE_WHOLE : FILE_DAMAGED;
}

gb_status manifest_describe(const char *folder, const char *file, size_t item, size_t files, const char *from, const char *model,
                            double seconds, text_buffer *to, gb_error *err) {
    FILE *stream = open_within(folder, file);
    uint32_t crc = 0;
    int64_t bytes = 0;
    bool read = stream && sum_file(stream, &crc, &bytes);
    int failure = errno;
    char sum[16], now[32] = "";
    time_t seconds_now = time(NULL);
    struct tm parts;
    if (stream) fclose(stream);
    if (!read) return state(err, GB_IO, "%s/%s: %s", folder, file, strerror(failure));
    snprintf(sum, sizeof sum, "%08" PRIx32, crc);
    if (gmtime_r(&seconds_now, &parts)) strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &parts);
    json_t *line = json_pack("{s:I, s:I, s:o, s:o, s:s, s:s, s:I, s:f, s:s}", "item", (json_int_t)item, "files", (json_int_t)files,
                             "file", json_text(file), "from", json_text(from), "model", model, "crc32", sum, "bytes",
                             (json_int_t)bytes, "seconds", seconds, "time", now);
    char *text = line ? json_write(line, JSON_COMPACT | JSON_REAL_PRECISION(4)) : NULL;
    json_decref(line);
    if (text) {
        put_text(to, text);
        put_bytes(to, "\n", 1);
    }
    if (!text || to->failed || json_out_of_memory()) state(err, GB_NO_MEMORY, "%s/%s: out of memory", folder, file);
    free(text);
    return err->status;
}
