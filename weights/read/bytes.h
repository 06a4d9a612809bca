/* A bounded cursor over bytes from a file: every read checks that the bytes are there. */
#ifndef GB_WEIGHTS_READ_BYTES_H
#define GB_WEIGHTS_READ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gb_bytes {
    const uint8_t *data;
    size_t size, at;
} gb_bytes;

static inline size_t gb_bytes_left(const gb_bytes *b) {
    return b->size - b->at;
}

/* Moves past `n` bytes and returns where they begin, or NULL (without moving) if fewer are left. */
static inline const uint8_t *gb_bytes_take(gb_bytes *b, uint64_t n) {
    if (n > gb_bytes_left(b))
        return NULL;
    const uint8_t *p = b->data + b->at;
    b->at += (size_t)n;
    return p;
}

/* Moves past a line and its newline; the line excludes it. False if there is no newline. */
bool gb_bytes_line(gb_bytes *b, const char **line, size_t *size);

/* Little-endian numbers at `p`, which need not be aligned. */
uint16_t gb_le16(const uint8_t *p);
uint32_t gb_le32(const uint8_t *p);
uint64_t gb_le64(const uint8_t *p);

/* Writes character `c` (up to 0x10FFFF) as UTF-8, at most 4 bytes; returns their number. */
size_t gb_utf8(char *to, uint32_t c);

#endif
