/* Writing files of any kind, lies included: bytes, pickles, zips. */
#ifndef TESTS_HOSTILE_FILES_H
#define TESTS_HOSTILE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

typedef struct bytes {
    uint8_t *data;
    size_t size, room;
} bytes;

static void put(bytes *b, const void *data, size_t size) {
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size) + 64;
        b->data = realloc(b->data, b->room);
    }
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void put_number(bytes *b, int width, uint64_t v) {
    for (int i = 0; i < width; i++, v >>= 8)
        put(b, &(uint8_t){(uint8_t)v}, 1);
}

static void put_text(bytes *b, const char *text) {
    put(b, text, strlen(text));
}

/* String literals with zeros inside. */
#define PUT(b, literal) put(b, literal, sizeof(literal) - 1)

static void drop(bytes *b) {
    free(b->data);
    *b = (bytes){0};
}

/* One stored or deflated zip entry and what its headers say of it. */
typedef struct entry {
    const char *name;
    const void *data;
    size_t size;
    uint16_t method, flags;
    size_t claimed;         /* unpacked size, 0: the true one */
    bool wrong_crc;
    size_t at;              /* where the headers say that it begins, 0: where it does */
} entry;

static void put_zip(bytes *b, const entry *entries, size_t count) {
    bytes directory = {0};
    for (size_t i = 0; i < count; i++) {
        const entry *e = &entries[i];
        bytes body = {0};
        if (e->method == 8) {
            uLongf room = compressBound(e->size) + 16;
            body.data = malloc(room);
            z_stream z = {0};
            deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
            z.next_in = (Bytef *)(uintptr_t)e->data;
            z.avail_in = (uInt)e->size;
            z.next_out = body.data;
            z.avail_out = (uInt)room;
            deflate(&z, Z_FINISH);
            body.size = z.total_out;
            deflateEnd(&z);
        } else {
            put(&body, e->data, e->size);
        }
        uint32_t crc = (uint32_t)crc32(0, e->data, (uInt)e->size) ^ (e->wrong_crc ? 1u : 0u);
        size_t size = e->claimed ? e->claimed : e->size, at = e->at ? e->at : b->size;
        for (int central = 0; central < 2; central++) {
            bytes *to = central ? &directory : b;
            put_number(to, 4, central ? 0x02014b50 : 0x04034b50);
            if (central)
                put_number(to, 2, 45);
            put_number(to, 2, 20);
            put_number(to, 2, e->flags);
            put_number(to, 2, e->method);
            put_number(to, 4, 0);
            put_number(to, 4, crc);
            put_number(to, 4, body.size);
            put_number(to, 4, size);
            put_number(to, 2, strlen(e->name));
            put_number(to, 2, 0);
            if (central) {
                put_number(to, 6, 0);
                put_number(to, 4, 0);
                put_number(to, 4, at);
            }
            put_text(to, e->name);
        }
        put(b, body.data, body.size);
        drop(&body);
    }
    size_t at = b->size;
    put(b, directory.data, directory.size);
    put_number(b, 4, 0x06054b50);
    put_number(b, 4, 0);
    put_number(b, 2, count);
    put_number(b, 2, count);
    put_number(b, 4, directory.size);
    put_number(b, 4, at);
    put_number(b, 2, 0);
    drop(&directory);
}

#endif
