/* Numbers and text as the pickle protocols write them: binary since protocol 1, lines of text in protocol 0. */
#include "literal.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../number_text.h"

/* ---- arguments of operations ----------------------------------------------------------------------------------- */

static bool truncated(gb_pickle *p) {
    p->cut = true;
    return gb_because(p->why, "the file ends in the middle of it");
}

bool gb_literal_number(gb_pickle *p, gb_bytes *from, int width, uint64_t *n) {
    const uint8_t *bytes = gb_bytes_take(from, (uint64_t)width);
    *n = 0;
    if (!bytes)
        return truncated(p);
    for (int i = width - 1; i >= 0; i--)
        *n = *n << 8 | bytes[i];
    return true;
}

bool gb_literal_line(gb_pickle *p, gb_bytes *from, const char **line, size_t *size) {
    return gb_bytes_line(from, line, size) || truncated(p);
}

/* A length of `width` bytes, and as many bytes after it. */
static bool take_counted(gb_pickle *p, gb_bytes *from, int width, const uint8_t **data, size_t *size) {
    uint64_t n;
    *data = NULL;
    *size = 0;
    if (!gb_literal_number(p, from, width, &n))
        return false;
    if (n > gb_bytes_left(from)) {
        p->cut = true;
        return gb_because(p->why, "%" PRIu64 " bytes claimed, %zu are left in the file", n, gb_bytes_left(from));
    }
    *data = gb_bytes_take(from, n);
    *size = (size_t)n;
    return true;
}

/* A decimal number that takes the whole line; false if it is malformed or too large. */
static bool decimal(const char *line, size_t size, int64_t *n) {
    bool negative = size > 0 && line[0] == '-';
    size_t i = negative || (size > 0 && line[0] == '+');
    if (i == size)
        return false;
    uint64_t x = 0, limit = (uint64_t)INT64_MAX + negative;
    for (; i < size; i++) {
        unsigned digit = (unsigned)(line[i] - '0');
        if (digit > 9 || x > (limit - digit) / 10)
            return false;
        x = x * 10 + digit;
    }
    *n = negative ? (int64_t)(0 - x) : (int64_t)x;
    return true;
}

bool gb_literal_slot(gb_pickle *p, gb_bytes *from, uint64_t *slot) {
    const char *line;
    size_t size;
    int64_t n;
    if (!gb_literal_line(p, from, &line, &size))
        return false;
    if (!decimal(line, size, &n) || n < 0)
        return gb_because(p->why, "the memo slot is not a number");
    *slot = (uint64_t)n;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static gb_value *made(gb_pickle *p, gb_value *v) {
    return v ? v : gb_pickle_full(p);
}

gb_value *gb_literal_unsigned(gb_pickle *p, gb_bytes *from, int width) {
    uint64_t n;
    return gb_literal_number(p, from, width, &n) ? made(p, gb_value_new_int(p->arena, (int64_t)n)) : NULL;
}

gb_value *gb_literal_int32(gb_pickle *p, gb_bytes *from) {
    uint64_t n;
    return gb_literal_number(p, from, 4, &n) ? made(p, gb_value_new_int(p->arena, (int32_t)(uint32_t)n)) : NULL;
}

gb_value *gb_literal_long(gb_pickle *p, gb_bytes *from, int width) {
    const uint8_t *data;
    size_t size;
    if (!take_counted(p, from, width, &data, &size))
        return NULL;
    if (size > 8)
        return made(p, gb_value_new_bytes(p->arena, data, size));
    uint64_t n = size > 0 && data[size - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = size; i-- > 0;)
        n = n << 8 | data[i];
    return made(p, gb_value_new_int(p->arena, (int64_t)n));
}

static gb_value *integer(gb_pickle *p, const char *line, size_t size) {
    int64_t n;
    if (decimal(line, size, &n))
        return made(p, gb_value_new_int(p->arena, n));
    for (size_t i = 0; i < size; i++)
        if ((line[i] < '0' || line[i] > '9') && !(i == 0 && line[i] == '-')) {
            gb_because(p->why, "'%.*s' is not an integer", size > 40 ? 40 : (int)size, line);
            return NULL;
        }
    return made(p, gb_value_new_bytes(p->arena, line, size));
}

gb_value *gb_literal_int_line(gb_pickle *p, gb_bytes *from) {
    const char *line;
    size_t size;
    if (!gb_literal_line(p, from, &line, &size))
        return NULL;
    if (size == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
        return made(p, gb_value_new_bool(p->arena, line[1] == '1'));
    return integer(p, line, size);
}

gb_value *gb_literal_long_line(gb_pickle *p, gb_bytes *from) {
    const char *line;
    size_t size;
    if (!gb_literal_line(p, from, &line, &size))
        return NULL;
    return integer(p, line, size > 0 && line[size - 1] == 'L' ? size - 1 : size);
}

gb_value *gb_literal_double(gb_pickle *p, gb_bytes *from) {
    const uint8_t *bytes = gb_bytes_take(from, 8);
    uint64_t bits = 0;
    double x;
    if (!bytes) {
        truncated(p);
        return NULL;
    }
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    memcpy(&x, &bits, sizeof x);
    return made(p, gb_value_new_float(p->arena, x));
}

gb_value *gb_literal_float_line(gb_pickle *p, gb_bytes *from) {
    const char *line;
    size_t size;
    char text[64], *end;
    if (!gb_literal_line(p, from, &line, &size))
        return NULL;
    if (size == 0 || size >= sizeof text) {
        gb_because(p->why, "a number of %zu characters", size);
        return NULL;
    }
    memcpy(text, line, size);
    text[size] = 0;
    char *point = strchr(text, '.');
    if (point)
        *point = localeconv()->decimal_point[0];    /* strtod depends on the locale, pickles do not */
    double x = strtod(text, &end);
    if (end != text + size) {
        gb_because(p->why, "'%s' is not a number", text);
        return NULL;
    }
    return made(p, gb_value_new_float(p->arena, x));
}

/* ---- text and bytes -------------------------------------------------------------------------------------------- */

gb_value *gb_literal_str(gb_pickle *p, gb_bytes *from, int width) {
    const uint8_t *data;
    size_t size;
    if (!take_counted(p, from, width, &data, &size))
        return NULL;
    return made(p, gb_value_new_str(p->arena, (const char *)data, size));
}

gb_value *gb_literal_bytes(gb_pickle *p, gb_bytes *from, int width) {
    const uint8_t *data;
    size_t size;
    return take_counted(p, from, width, &data, &size) ? made(p, gb_value_new_bytes(p->arena, data, size)) : NULL;
}

/* `n` hexadecimal digits at `*at`, moving past them; false if there are fewer. */
static bool take_hex(const char *line, size_t size, size_t *at, size_t n, uint32_t *x) {
    *x = 0;
    if (size - *at < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int digit = gb_hex_digit(line[(*at)++]);
        if (digit < 0)
            return false;
        *x = *x << 4 | (uint32_t)digit;
    }
    return true;
}

/* The character at `*at`, moving past it; an unknown escape stays as it is. False for an incomplete \x. */
static bool take_quoted(const char *line, size_t end, size_t *at, char *c) {
    static const char escapes[] = "abfnrtv\\'\"", meanings[] = "\a\b\f\n\r\t\v\\'\"";
    *c = line[(*at)++];
    if (*c != '\\' || *at == end)
        return true;
    const char *known = memchr(escapes, line[*at], sizeof escapes - 1);
    uint32_t x = 0;
    if (known) {
        *c = meanings[known - escapes];
        (*at)++;
    } else if (line[*at] == 'x') {
        (*at)++;
        if (!take_hex(line, end, at, 2, &x))
            return false;
        *c = (char)x;
    } else if (line[*at] >= '0' && line[*at] <= '7') {
        for (int digits = 0; digits < 3 && *at < end && line[*at] >= '0' && line[*at] <= '7'; digits++)
            x = x * 8 + (uint32_t)(line[(*at)++] - '0');
        *c = (char)x;
    }
    return true;
}

/* A string of size 0 with room for `size` bytes of text. */
static gb_value *new_text(gb_pickle *p, size_t size, char **text) {
    gb_value *v = gb_value_new(p->arena, GB_VALUE_STR);
    *text = v ? gb_arena_take(p->arena, size) : NULL;
    if (!*text)
        return gb_pickle_full(p);
    v->str.text = *text;
    return v;
}

gb_value *gb_literal_quoted_line(gb_pickle *p, gb_bytes *from) {
    const char *line;
    char *text;
    size_t size;
    if (!gb_literal_line(p, from, &line, &size))
        return NULL;
    if (size < 2 || (line[0] != '\'' && line[0] != '"') || line[size - 1] != line[0]) {
        gb_because(p->why, "the string is not quoted");
        return NULL;
    }
    gb_value *v = new_text(p, size, &text);     /* no escape is shorter than its character */
    for (size_t at = 1; v && at < size - 1;)
        if (!take_quoted(line, size - 1, &at, &text[v->str.size++])) {
            gb_because(p->why, "a \\x without two hexadecimal digits");
            return NULL;
        }
    return v;
}

gb_value *gb_literal_unicode_line(gb_pickle *p, gb_bytes *from) {
    const char *line;
    char *text;
    size_t size;
    if (!gb_literal_line(p, from, &line, &size))
        return NULL;
    if (size >= SIZE_MAX / 2)
        return gb_pickle_full(p);
    gb_value *v = new_text(p, 2 * size + 1, &text);     /* one byte becomes two at most */
    for (size_t at = 0; v && at < size;) {
        uint32_t c = (uint8_t)line[at++];
        if (c == '\\' && at < size && (line[at] == 'u' || line[at] == 'U')) {
            size_t digits = line[at++] == 'u' ? 4 : 8;
            if (!take_hex(line, size, &at, digits, &c) || c > 0x10FFFF) {
                gb_because(p->why, "a \\u that is not a character");
                return NULL;
            }
        }
        v->str.size += gb_utf8(text + v->str.size, c);
    }
    return v;
}
