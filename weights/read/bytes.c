/* The bounded cursor. */
#include "bytes.h"

#include <string.h>

bool gb_bytes_line(gb_bytes *b, const char **line, size_t *size) {
    const uint8_t *start = b->data + b->at;
    const uint8_t *end = gb_bytes_left(b) ? memchr(start, '\n', gb_bytes_left(b)) : NULL;
    if (!end)
        return false;
    *line = (const char *)start;
    *size = (size_t)(end - start);
    b->at += *size + 1;
    return true;
}

uint16_t gb_le16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t gb_le32(const uint8_t *p) {
    return (uint32_t)gb_le16(p) | (uint32_t)gb_le16(p + 2) << 16;
}

uint64_t gb_le64(const uint8_t *p) {
    return (uint64_t)gb_le32(p) | (uint64_t)gb_le32(p + 4) << 32;
}

size_t gb_utf8(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((0xF00 >> n) | c);
    return n;
}
