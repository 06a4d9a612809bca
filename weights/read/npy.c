/* .npy: "\x93NUMPY", version, header length, a Python dict literal
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 * padded with spaces to a multiple of 64, then the data. And .npz for reading: such files as entries of a zip. */
#include "npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "numpy_types.h"
#include "pickle.h"

static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

bool gb_npy_is(const void *bytes, size_t size) {
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* ---- the header's literal -------------------------------------------------------------------------------------- */

typedef struct literal {
    const char *text;
    size_t size, at;
} literal;

static bool accept(literal *l, char c) {
    while (l->at < l->size && memchr(" \t\r\n", l->text[l->at], 4))
        l->at++;
    if (l->at == l->size || l->text[l->at] != c)
        return false;
    l->at++;
    return true;
}

static bool accept_word(literal *l, const char *word) {
    size_t n = strlen(word);
    accept(l, ' ');     /* moves past white space */
    if (l->size - l->at < n || memcmp(l->text + l->at, word, n) != 0)
        return false;
    l->at += n;
    return true;
}

static bool quoted(literal *l, const char **text, size_t *size) {
    char quote = '\'';
    if (!accept(l, quote)) {
        quote = '"';
        if (!accept(l, quote))
            return false;
    }
    const char *start = l->text + l->at, *end = memchr(start, quote, l->size - l->at);
    if (!end)
        return false;
    *text = start;
    *size = (size_t)(end - start);
    l->at += *size + 1;
    return true;
}

static bool number(literal *l, int64_t *n) {
    accept(l, ' ');
    size_t first = l->at;
    for (*n = 0; l->at < l->size && l->text[l->at] >= '0' && l->text[l->at] <= '9'; l->at++) {
        if (*n > (INT64_MAX - 9) / 10)
            return false;
        *n = *n * 10 + (l->text[l->at] - '0');
    }
    bool some = l->at > first;
    accept(l, 'L');     /* Python 2's long */
    return some;
}

static bool tuple(literal *l, gb_array *a) {
    if (!accept(l, '('))
        return false;
    while (!accept(l, ')')) {
        if (a->ndim == GB_MAX_DIMS || !number(l, &a->shape[a->ndim++]))
            return false;
        if (!accept(l, ','))
            return accept(l, ')');
    }
    return true;
}

/* Skips a bracketed value (a structured type). */
static bool skip_list(literal *l) {
    int depth = 0;
    for (; l->at < l->size; l->at++) {
        char c = l->text[l->at];
        depth += (c == '[' || c == '(') - (c == ']' || c == ')');
        if (depth == 0) {
            l->at++;
            return true;
        }
    }
    return false;
}

typedef struct header {
    gb_numpy_type type;
    bool plain, fortran;    /* plain: a type of one element, not of fields */
    gb_array array;         /* shape only */
} header;

static bool read_literal(literal *l, header *h) {
    unsigned seen = 0;
    if (!accept(l, '{'))
        return false;
    while (!accept(l, '}')) {
        const char *key, *text;
        size_t size, n;
        if (!quoted(l, &key, &size) || !accept(l, ':'))
            return false;
        if (size == 5 && memcmp(key, "descr", 5) == 0) {
            h->plain = quoted(l, &text, &n);
            if (h->plain ? !gb_numpy_type_read(text, n, 0, &h->type) : !skip_list(l))
                return false;
            seen |= 1;
        } else if (size == 13 && memcmp(key, "fortran_order", 13) == 0) {
            h->fortran = accept_word(l, "True");
            if (!h->fortran && !accept_word(l, "False"))
                return false;
            seen |= 2;
        } else if (size == 5 && memcmp(key, "shape", 5) == 0 && !(seen & 4)) {
            if (!tuple(l, &h->array))
                return false;
            seen |= 4;
        } else {
            return false;
        }
        if (!accept(l, ',')) {
            if (!accept(l, '}'))
                return false;
            break;
        }
    }
    return seen == 7;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* dtype S (bytes) or U (UTF-32) as text; both are padded with zeros. */
static gb_value *read_string(const gb_numpy_type *type, const uint8_t *data, gb_arena *arena) {
    size_t n = 0;
    if (type->kind == 'S') {
        while (n < type->size && data[n])
            n++;
        return gb_value_new_str(arena, (const char *)data, n);
    }
    char *text = gb_arena_take(arena, type->size + 1);      /* UTF-8 is never longer */
    gb_value *v = gb_value_new(arena, GB_VALUE_STR);
    if (!text || !v)
        return NULL;
    for (size_t i = 0; i + 4 <= type->size; i += 4) {
        const uint8_t *p = data + i;
        bool big = type->swapped == gb_little_endian();
        uint32_t c = big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : gb_le32(p);
        if (c == 0 || c > 0x10FFFF)
            break;
        n += gb_utf8(text + n, c);
    }
    v->str.text = text;
    v->str.size = n;
    return v;
}

/* An array of Python objects is a pickle of it behind the header. */
static gb_value *read_objects(gb_bytes *from, gb_arena *arena, gb_reason *why) {
    size_t left = gb_bytes_left(from), inner_left = left > SIZE_MAX / 2 ? SIZE_MAX : 2 * left;
    gb_pickle p = {.arena = arena, .why = why, .inner_left = &inner_left};
    gb_value *v = gb_pickle_read(&p, from);
    if (!v)
        gb_because_in(why, "a pickled numpy object");
    return v;
}

gb_value *gb_npy_read(const void *bytes, size_t size, gb_arena *arena, gb_reason *why) {
    gb_bytes from = {bytes, size, 0};
    const uint8_t *version = gb_bytes_take(&from, sizeof magic + 2);
    int width = version && version[6] > 1 ? 4 : 2;
    if (!version || version[6] < 1 || version[6] > 3) {
        gb_because(why, "no .npy header of version 1 to 3");
        return NULL;
    }
    const uint8_t *length = gb_bytes_take(&from, (uint64_t)width);
    uint32_t n = !length ? 0 : width == 2 ? gb_le16(length) : gb_le32(length);
    const uint8_t *text = length ? gb_bytes_take(&from, n) : NULL;
    if (!text) {
        gb_because(why, "an .npy header of %" PRIu32 " bytes in a file of %zu", n, size);
        return NULL;
    }
    literal l = {(const char *)text, n, 0};
    header h = {0};
    if (!read_literal(&l, &h)) {
        gb_because(why, "the .npy header cannot be read at byte %zu", (size_t)(text - from.data) + l.at);
        return NULL;
    }
    gb_value *v;
    const uint8_t *data = from.data + from.at;
    if (h.plain && h.type.kind == 'O') {
        return read_objects(&from, arena, why);
    } else if (!h.plain) {
        v = gb_value_new_record(arena, "numpy", "ndarray");
    } else if (!gb_numpy_place(&h.array, &h.type, h.fortran, data, gb_bytes_left(&from), why)) {
        return NULL;
    } else if (h.array.ndim == 0 && (h.type.kind == 'S' || h.type.kind == 'U')) {
        v = read_string(&h.type, data, arena);
    } else {
        v = gb_value_new_array(arena, &h.array);
    }
    if (!v)
        gb_arena_full(arena, why);
    return v;
}

static bool is_npy_name(const char *name) {
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".npy") == 0;
}

bool gb_npz_is(const gb_zip *z) {
    gb_zip_entry *list;
    for (size_t i = gb_zip_entries(z, &list); i-- > 0;)
        if (is_npy_name(list[i].name))
            return true;
    return false;
}

gb_value *gb_npz_read(gb_zip *z, gb_arena *arena, gb_reason *why) {
    gb_zip_entry *list;
    size_t count = gb_zip_entries(z, &list);
    gb_value *root = gb_value_new(arena, GB_VALUE_DICT);
    for (size_t i = 0; root && i < count; i++) {
        gb_zip_entry *e = &list[i];
        if (!is_npy_name(e->name))
            continue;
        if (!gb_zip_read(z, e, why))
            return NULL;
        gb_value *v = gb_npy_is(e->bytes, (size_t)e->size) ? gb_npy_read(e->bytes, (size_t)e->size, arena, why) : NULL;
        if (!v) {
            if (!gb_npy_is(e->bytes, (size_t)e->size))
                gb_because(why, "it is not an .npy file");
            gb_because_in(why, "%s", e->name);
            return NULL;
        }
        gb_value *key = gb_value_new_str(arena, e->name, strlen(e->name) - 4);
        if (!key || !gb_value_set(arena, root, key, v))
            root = NULL;
    }
    if (!root)
        gb_arena_full(arena, why);
    return root;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static bool write_elements(const gb_array *a, size_t size, gb_byte_sink sink, void *arg) {
    int64_t count = gb_array_count(a), index[GB_MAX_DIMS] = {0};
    if (gb_array_is_packed(a))
        return count == 0 || sink(arg, a->data, (size_t)count * size);
    uint8_t buffer[4096];
    size_t n = 0;
    const uint8_t *p = a->data;
    for (int64_t i = 0; i < count; i++) {
        memcpy(buffer + n, p, size);
        n += size;
        if (n + size > sizeof buffer || i + 1 == count) {
            if (!sink(arg, buffer, n))
                return false;
            n = 0;
        }
        for (int d = a->ndim - 1; d >= 0; d--) {
            p += a->stride[d] * (int64_t)size;
            if (++index[d] < a->shape[d])
                break;
            p -= a->stride[d] * a->shape[d] * (int64_t)size;
            index[d] = 0;
        }
    }
    return true;
}

static bool write_header(const char *type, int ndim, const int64_t *shape, gb_byte_sink sink, void *arg) {
    char text[512];     /* 10 bytes, then the literal; always a multiple of 64 */
    int n = 10 + snprintf(text + 10, sizeof text - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < ndim; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, i ? " %" PRId64 "," : "%" PRId64 ",", shape[i]);
    if (ndim > 1)
        n--;            /* (3, 4) but (3,) */
    n += snprintf(text + n, sizeof text - (size_t)n, "), }");
    size_t whole = ((size_t)n + 1 + 63) / 64 * 64;
    memset(text + n, ' ', whole - (size_t)n);
    text[whole - 1] = '\n';
    memcpy(text, magic, sizeof magic);
    text[6] = 1;
    text[7] = 0;
    text[8] = (char)((whole - 10) & 0xFF);
    text[9] = (char)((whole - 10) >> 8);
    return sink(arg, text, whole);
}

bool gb_npy_write(const gb_array *a, gb_byte_sink sink, void *arg, gb_reason *why) {
    const char *type = gb_numpy_type_name(a->dtype, a->swapped);
    if (!type)
        return gb_because(why, "numpy has no %s", gb_dtype_name(a->dtype));
    if (!write_header(type, a->ndim, a->shape, sink, arg) ||
        !write_elements(a, gb_dtype_size(a->dtype), sink, arg))
        return gb_because(why, "it could not be written");
    return true;
}
