/* The format: PKWARE's APPNOTE.TXT, 4.3. A header and the bytes of each file, then a directory, then its place. No dates: the same
 * files always make the same bytes. */
#define _POSIX_C_SOURCE 200809L
#include "zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/platform/files.h"
#include "tools/program/error.h"

enum { VERSION = 10, UTF8_NAME = 1 << 11, FIRST_DAY = 1 << 5 | 1 /* 1 January 1980 */, HEAD = 30, ENTRY = 46, END = 22 };

static unsigned char *put(unsigned char *to, int bytes, uint32_t number) {
    for (int i = 0; i < bytes; i++) *to++ = (unsigned char)(number >> 8 * i);
    return to;
}

/* What the header and the entry of the directory share. */
static unsigned char *put_facts(unsigned char *to, const zip_file *f) {
    to = put(to, 2, VERSION);
    to = put(to, 2, UTF8_NAME);
    to = put(to, 2, 0);                 /* stored */
    to = put(to, 2, 0);                 /* midnight */
    to = put(to, 2, FIRST_DAY);
    to = put(to, 4, f->sum);
    to = put(to, 4, f->size);
    to = put(to, 4, f->size);
    to = put(to, 2, (uint32_t)strlen(f->name));
    return put(to, 2, 0);               /* nothing extra */
}

static gb_status write_bytes(zip *z, const void *bytes, size_t size, gb_error *err) {
    if (size > UINT32_MAX - z->at) return state(err, GB_IO, "%s: a ZIP has at most 4 GiB", z->path);
    if (size && fwrite(bytes, 1, size, z->file) != size) return state(err, GB_IO, "%s: %s", z->path, strerror(errno));
    z->at += size;
    return GB_OK;
}

gb_status zip_begin(zip *z, const char *path, gb_error *err) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *z = (zip){.path = path};
    if (file < 0) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    z->file = fdopen(file, "wb");
    if (z->file) return GB_OK;
    close(file);
    return state(err, GB_NO_MEMORY, "%s: out of memory", path);
}

gb_status zip_add(zip *z, const char *name, const void *bytes, size_t size, gb_error *err) {
    zip_file *f;
    unsigned char head[HEAD], *to = put(head, 4, 0x04034b50);
    if (z->count == ZIP_FILES || strlen(name) >= ZIP_NAME || size > UINT32_MAX)
        return state(err, GB_IO, "%s: a ZIP has at most %d files and 4 GiB", z->path, (int)ZIP_FILES);
    if (z->count == z->room) {
        size_t room = z->room ? 2 * z->room : 64;
        zip_file *grown = realloc(z->files, room * sizeof *grown);
        if (!grown) return state(err, GB_NO_MEMORY, "%s: out of memory", z->path);
        z->files = grown;
        z->room = room;
    }
    f = &z->files[z->count++];
    *f = (zip_file){.sum = (uint32_t)crc32(0, bytes, (uInt)size), .size = (uint32_t)size, .at = (uint32_t)z->at};
    strcpy(f->name, name);
    put_facts(to, f);
    return write_bytes(z, head, sizeof head, err) || write_bytes(z, name, strlen(name), err) ? err->status
                                                                                              : write_bytes(z, bytes, size, err);
}

static gb_status write_directory(zip *z, gb_error *err) {
    uint32_t start = (uint32_t)z->at;
    unsigned char end[END], *to;
    for (size_t i = 0; i < z->count; i++) {
        const zip_file *f = &z->files[i];
        unsigned char entry[ENTRY] = {0};
        to = put(entry, 4, 0x02014b50);
        to = put(to, 2, VERSION);
        to = put_facts(to, f);
        put(to + 10, 4, f->at);         /* after the length of a comment, the disk, and the attributes: all 0 */
        if (write_bytes(z, entry, sizeof entry, err) || write_bytes(z, f->name, strlen(f->name), err)) return err->status;
    }
    to = put(end, 4, 0x06054b50);
    to = put(to, 4, 0);                 /* one disk */
    to = put(to, 2, (uint32_t)z->count);
    to = put(to, 2, (uint32_t)z->count);
    to = put(to, 4, (uint32_t)z->at - start);
    to = put(to, 4, start);
    put(to, 2, 0);                      /* no comment */
    return write_bytes(z, end, sizeof end, err);
}

gb_status zip_end(zip *z, gb_error *err) {
    if (!err->status) write_directory(z, err);
    if (z->file && fclose(z->file) != 0 && !err->status) state(err, GB_IO, "%s: %s", z->path, strerror(errno));
    free(z->files);
    *z = (zip){0};
    return err->status;
}
