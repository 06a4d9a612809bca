/* Writing zip archives: stored entries, then the directory, with ZIP64's fields if a number needs them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "zip_write.h"

typedef struct entry {
    char *name;
    uint32_t crc;
    uint64_t size, at;
} entry;

struct gb_zip_writer {
    gb_byte_sink sink;
    void *arg;
    uint64_t at;            /* bytes written */
    entry *entries;
    size_t count, room;
};

/* A header being filled: little-endian fields one after the other. */
typedef struct record {
    uint8_t bytes[128];
    size_t size;
} record;

static void put(record *r, int width, uint64_t v) {
    for (int i = 0; i < width; i++, v >>= 8)
        r->bytes[r->size++] = (uint8_t)v;
}

static uint64_t below32(uint64_t v) {
    return v < UINT32_MAX ? v : UINT32_MAX;
}

static bool emit(gb_zip_writer *n, const void *bytes, size_t size) {
    n->at += size;
    return size == 0 || n->sink(n->arg, bytes, size);
}

static bool pass_on(void *arg, const void *bytes, size_t size) {
    return emit(arg, bytes, size);
}

static bool sum_up(void *arg, const void *bytes, size_t size) {
    entry *e = arg;
    e->crc = (uint32_t)crc32_z(e->crc, bytes, size);
    e->size += size;
    return true;
}

gb_zip_writer *gb_zip_writer_new(gb_byte_sink sink, void *arg) {
    gb_zip_writer *n = calloc(1, sizeof *n);
    if (n) {
        n->sink = sink;
        n->arg = arg;
    }
    return n;
}

void gb_zip_writer_free(gb_zip_writer *n) {
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++)
        free(n->entries[i].name);
    free(n->entries);
    free(n);
}

/* The fields that the local header and the directory have in common, from flags to the length of the name. The time is
 * the earliest possible one, so that equal arrays give equal files. */
static void put_common(record *r, const entry *e) {
    put(r, 2, 0x800);       /* the name is UTF-8 */
    put(r, 2, 0);           /* stored */
    put(r, 2, 0);
    put(r, 2, 1 << 5 | 1);  /* 1980-01-01 */
    put(r, 4, e->crc);
    put(r, 4, below32(e->size));
    put(r, 4, below32(e->size));
    put(r, 2, strlen(e->name));
}

static bool write_local(gb_zip_writer *n, const entry *e) {
    bool large = e->size >= UINT32_MAX;
    record r = {.size = 0};
    put(&r, 4, 0x04034b50);
    put(&r, 2, large ? 45 : 20);
    put_common(&r, e);
    put(&r, 2, large ? 20 : 0);
    record extra = {.size = 0};
    if (large) {
        put(&extra, 2, 1);
        put(&extra, 2, 16);
        put(&extra, 8, e->size);
        put(&extra, 8, e->size);
    }
    return emit(n, r.bytes, r.size) && emit(n, e->name, strlen(e->name)) && emit(n, extra.bytes, extra.size);
}

static bool write_central(gb_zip_writer *n, const entry *e) {
    bool large = e->size >= UINT32_MAX, far = e->at >= UINT32_MAX;
    record r = {.size = 0}, extra = {.size = 0};
    if (large || far) {
        put(&extra, 2, 1);
        put(&extra, 2, (large ? 16u : 0u) + (far ? 8u : 0u));
        if (large) {
            put(&extra, 8, e->size);
            put(&extra, 8, e->size);
        }
        if (far)
            put(&extra, 8, e->at);
    }
    put(&r, 4, 0x02014b50);
    put(&r, 2, 45);
    put(&r, 2, large || far ? 45 : 20);
    put_common(&r, e);
    put(&r, 2, extra.size);
    put(&r, 2, 0);          /* comment */
    put(&r, 2, 0);          /* disk */
    put(&r, 2, 0);          /* attributes, inner and outer */
    put(&r, 4, 0);
    put(&r, 4, below32(e->at));
    return emit(n, r.bytes, r.size) && emit(n, e->name, strlen(e->name)) && emit(n, extra.bytes, extra.size);
}

bool gb_zip_writer_add(gb_zip_writer *n, const char *name, gb_zip_content *content, const void *what, gb_reason *why) {
    size_t length = strlen(name);
    if (length == 0 || length > 60000)
        return gb_because(why, "an entry's name of %zu characters", length);
    if (n->count == n->room) {
        size_t room = n->room ? 2 * n->room : 16;
        entry *more = realloc(n->entries, room * sizeof *more);
        if (!more)
            return gb_because_no_memory(why);
        n->entries = more;
        n->room = room;
    }
    entry *e = &n->entries[n->count];
    *e = (entry){.name = malloc(length + 1), .at = n->at};
    if (!e->name)
        return gb_because_no_memory(why);
    n->count++;
    memcpy(e->name, name, length + 1);
    if (!content(what, sum_up, e, why))
        return gb_because_in(why, "%s", name);
    if (!write_local(n, e))
        return gb_because(why, "%s: it could not be written", name);
    return content(what, pass_on, n, why) || gb_because_in(why, "%s", name);
}

bool gb_zip_writer_finish(gb_zip_writer *n, gb_reason *why) {
    uint64_t directory = n->at;
    bool good = true;
    for (size_t i = 0; good && i < n->count; i++)
        good = write_central(n, &n->entries[i]);
    uint64_t end = n->at, size = end - directory;
    record r = {.size = 0};
    if (n->count >= UINT16_MAX || directory >= UINT32_MAX || size >= UINT32_MAX) {
        put(&r, 4, 0x06064b50);
        put(&r, 8, 44);         /* bytes that follow in this record */
        put(&r, 2, 45);
        put(&r, 2, 45);
        put(&r, 4, 0);
        put(&r, 4, 0);
        put(&r, 8, n->count);
        put(&r, 8, n->count);
        put(&r, 8, size);
        put(&r, 8, directory);
        put(&r, 4, 0x07064b50); /* and its position */
        put(&r, 4, 0);
        put(&r, 8, end);
        put(&r, 4, 1);
    }
    uint64_t count = n->count < UINT16_MAX ? n->count : UINT16_MAX;
    put(&r, 4, 0x06054b50);
    put(&r, 2, 0);
    put(&r, 2, 0);
    put(&r, 2, count);
    put(&r, 2, count);
    put(&r, 4, below32(size));
    put(&r, 4, below32(directory));
    put(&r, 2, 0);
    return (good && emit(n, r.bytes, r.size)) || gb_because(why, "the directory could not be written");
}
