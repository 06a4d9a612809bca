/* The .gbw file as docs/format.md specifies it: a checked header with metadata, aliases and the tensor table, then the
 * tensors, each on a 64-byte boundary. Everything is little-endian and written byte by byte, so that the same network
 * gives the same file on every machine. */
#include "gbw.h"

#include "crc32.h"
#include "read/bytes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAJOR = 1, MINOR = 0,
    FIXED_SIZE = 64,            /* the fields before the tables */
    AT_MAJOR = 8, AT_MINOR = 10, AT_FLAGS = 12, AT_HEADER_SIZE = 16, AT_FILE_SIZE = 24,
    AT_METAS = 32, AT_ALIASES = 36, AT_TENSORS = 40, AT_CRC = 44,
    ALIGNMENT = 64,
    HEADER_LIMIT = 64 << 20,    /* bytes; StyleGAN2 at 1024 needs about 20,000 */
    REQUIRED_FLAGS = 0xffff,    /* flags that a reader must know; none is defined yet */
    DTYPE_F32 = 1, DTYPE_F16 = 2,
};

/* Like PNG's: the first byte is not text, and a transfer that changes line ends or stops at ^Z damages the rest. */
static const uint8_t magic[8] = {0x89, 'G', 'B', 'W', '\r', '\n', 0x1a, '\n'};

/* What gbw_verify() needs, kept with the network. */
typedef struct gbw_file {
    uint32_t checksum, count;
    const char *name;
    struct { const uint8_t *data; size_t size; uint32_t crc; } tensors[];
} gbw_file;

/* The header's CRC-32, with its own four bytes taken as zero. */
static uint32_t header_crc(const uint8_t *header, size_t size) {
    static const uint8_t zeros[4] = {0};
    uint32_t crc = gb_crc32(gb_crc32(0, header, AT_CRC), zeros, 4);
    return gb_crc32(crc, header + AT_CRC + 4, size - AT_CRC - 4);
}

static bool is_name(gb_meta_type type) {
    return type == GB_META_STR || type == GB_META_STRS;
}

static bool is_scalar(gb_meta_type type) {
    return type == GB_META_INT || type == GB_META_FLOAT || type == GB_META_BOOL || type == GB_META_STR;
}

/* UTF-8 without control characters (C0, DEL, C1), except line ends and tabs if `lines`: names and texts end up on
 * terminals and in file names. */
static bool text_is_clean(const char *text, size_t size, bool lines) {
    const uint8_t *s = (const uint8_t *)text, *end = s + size;
    while (s < end) {
        uint32_t c = *s++;
        if ((c >= 0x80 && c < 0xc2) || c >= 0xf5)
            return false;
        int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if (end - s < more)
            return false;
        uint32_t code = more ? c & (0x3fu >> more) : c;
        for (int i = 0; i < more; i++, s++) {
            if ((*s & 0xc0) != 0x80)
                return false;
            code = code << 6 | (*s & 0x3f);
        }
        bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
        bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
            (control && !(lines && (code == '\n' || code == '\t'))))
            return false;
    }
    return true;
}

static bool name_is_clean(const char *name, size_t size) {
    return size && size <= GB_NETWORK_NAME && text_is_clean(name, size, false);
}

/* ---- writing ---- */

typedef struct header {
    uint8_t *bytes;
    size_t size, room;
    bool no_memory, too_long;   /* what followed was not stored */
} header;

static bool is_full(const header *h) {
    return h->no_memory || h->too_long;
}

static void put_bytes(header *h, const void *bytes, size_t size) {
    if (h->no_memory || size > HEADER_LIMIT - h->size)
        h->too_long = !h->no_memory;
    if (is_full(h))
        return;
    if (h->size + size > h->room) {
        size_t room = 2 * (h->size + size) + 4096;
        uint8_t *grown = realloc(h->bytes, room);
        if (!grown) {
            h->no_memory = true;
            return;
        }
        h->bytes = grown;
        h->room = room;
    }
    if (size)
        memcpy(h->bytes + h->size, bytes, size);
    h->size += size;
}

static void store(uint8_t *at, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static void put(header *h, uint64_t v, size_t bytes) {
    uint8_t le[8];
    store(le, v, bytes);
    put_bytes(h, le, bytes);
}

static void put_text(header *h, const char *text) {
    size_t size = strlen(text);
    put(h, size, 4);
    put_bytes(h, text, size + 1);
}

static bool put_meta(header *h, const gb_meta *m, gb_reason *why) {
    if (!name_is_clean(m->key, strlen(m->key)))
        return gb_because(why, "metadata '%s': the key is not plain UTF-8 text", m->key);
    put_text(h, m->key);
    put(h, m->type, 4);
    put(h, m->count, 4);
    size_t size_at = h->size;
    put(h, 0, 4);
    for (size_t i = 0; i < m->count; i++) {
        if (is_name(m->type)) {
            if (!text_is_clean(m->strs[i], strlen(m->strs[i]), true))
                return gb_because(why, "metadata '%s': the value is not plain UTF-8 text", m->key);
            put_text(h, m->strs[i]);
        } else if (m->type == GB_META_BOOL) {
            put(h, m->ints[i] != 0, 1);
        } else {
            uint64_t bits;
            memcpy(&bits, m->type == GB_META_INT || m->type == GB_META_INTS ? (const void *)&m->ints[i]
                                                                            : (const void *)&m->floats[i], 8);
            put(h, bits, 8);
        }
    }
    if (!is_full(h))
        store(h->bytes + size_at, h->size - size_at - 4, 4);
    return true;
}

/* With half precision, small tensors that act on everything stay float32: vectors, filters, and the matrices that make w
 * and styles from z (so tests/fixtures/toy-faces-64.gbw differs by 8e-4 of its range from float32; with those as half it
 * would be 3e-3). Convolutions, constants and noise maps hold nearly all bytes. */
static bool stays_f32(const gb_named_array *t) {
    static const char map[] = ".noise_const";
    size_t length = strlen(t->name), end = sizeof map - 1;
    return t->array.ndim < 3 && !(length > end && !strcmp(t->name + length - end, map));
}

/* The tensor as the file holds it; the caller frees. */
static uint8_t *tensor_bytes(const gb_named_array *t, bool half, gb_reason *why) {
    size_t count = (size_t)gb_array_count(&t->array);
    float *values = malloc(count * sizeof *values);
    if (!values) {
        gb_because_no_memory(why);
        gb_because_in(why, "tensor '%s'", t->name);
        return NULL;
    }
    if (!gb_array_to_f32(&t->array, values, why)) {
        gb_because_in(why, "tensor '%s'", t->name);
        free(values);
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)values;     /* packed in place: each value is read before it is overwritten */
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        if (!half) {
            memcpy(&bits, values + i, 4);
            store(bytes + 4 * i, bits, 4);
            continue;
        }
        float v = values[i];
        uint16_t h = gb_float_to_half(v);
        if (isfinite(v) && (h & 0x7c00) == 0x7c00) {
            gb_because(why, "tensor '%s' holds %g, half precision ends at 65504; convert without --half", t->name, v);
            free(values);
            return NULL;
        }
        store(bytes + 2 * i, h, 2);
    }
    return bytes;
}

static uint64_t aligned(uint64_t offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool check_tensor(const gb_named_array *t, gb_reason *why) {
    char shape[128];
    if (!name_is_clean(t->name, strlen(t->name)))
        return gb_because(why, "tensor '%s': the name is not plain UTF-8 text", t->name);
    int64_t count = gb_array_count(&t->array);
    if (count < 1 || (uint64_t)count > SIZE_MAX / 2 / sizeof(float))
        return gb_because(why, "tensor '%s' of shape %s cannot be stored", t->name,
                          gb_shape_text(&t->array, shape, sizeof shape));
    return true;
}

/* The tables. The tensors' offsets depend on the header's size, so they are filled in afterwards. */
static bool put_tables(const gb_network *n, bool half, header *h, gb_reason *why) {
    const gb_meta *metas;
    const gb_alias *aliases;
    const gb_named_array *tensors;
    size_t meta_count = gb_network_metas(n, &metas), alias_count = gb_network_aliases(n, &aliases);
    size_t count = gb_network_arrays(n, &tensors);

    for (size_t i = 0; i < meta_count; i++)
        if (!put_meta(h, &metas[i], why))
            return false;
    for (size_t i = 0; i < alias_count; i++) {
        if (!name_is_clean(aliases[i].alias, strlen(aliases[i].alias)) ||
            !name_is_clean(aliases[i].canonical, strlen(aliases[i].canonical)))
            return gb_because(why, "alias '%s': not plain UTF-8 text", aliases[i].alias);
        put_text(h, aliases[i].alias);
        put_text(h, aliases[i].canonical);
    }

    uint64_t tables_end = h->size;
    for (size_t i = 0; i < count; i++) {
        if (!check_tensor(&tensors[i], why))
            return false;
        tables_end += 4 + strlen(tensors[i].name) + 1 + 4 + 8 * (uint64_t)tensors[i].array.ndim + 20;
    }
    uint64_t end = tables_end;
    for (size_t i = 0; i < count; i++) {
        const gb_array *a = &tensors[i].array;
        bool as_half = half && !stays_f32(&tensors[i]);
        uint64_t size = (uint64_t)gb_array_count(a) * (as_half ? 2 : 4);
        uint8_t *bytes = tensor_bytes(&tensors[i], as_half, why);
        if (!bytes)
            return false;
        put_text(h, tensors[i].name);
        put(h, as_half ? DTYPE_F16 : DTYPE_F32, 2);
        put(h, (uint64_t)a->ndim, 2);
        for (int d = 0; d < a->ndim; d++)
            put(h, (uint64_t)a->shape[d], 8);
        put(h, aligned(end), 8);
        put(h, size, 8);
        put(h, gb_crc32(0, bytes, (size_t)size), 4);
        end = aligned(end) + size;
        free(bytes);
    }
    if (h->no_memory)
        return gb_because_no_memory(why);
    if (h->too_long)
        return gb_because(why, "the header is beyond its limit of %d bytes", HEADER_LIMIT);

    memcpy(h->bytes, magic, sizeof magic);
    store(h->bytes + AT_MAJOR, MAJOR, 2);
    store(h->bytes + AT_MINOR, MINOR, 2);
    store(h->bytes + AT_HEADER_SIZE, h->size, 8);
    store(h->bytes + AT_FILE_SIZE, end, 8);
    store(h->bytes + AT_METAS, meta_count, 4);
    store(h->bytes + AT_ALIASES, alias_count, 4);
    store(h->bytes + AT_TENSORS, count, 4);
    store(h->bytes + AT_CRC, header_crc(h->bytes, h->size), 4);
    return true;
}

bool gbw_write(const gb_network *n, bool half, gbw_sink sink, void *arg, gb_reason *why) {
    static const uint8_t zeros[ALIGNMENT] = {0};
    header h = {0};
    put_bytes(&h, zeros, FIXED_SIZE);
    if (!put_tables(n, half, &h, why)) {
        free(h.bytes);
        return false;
    }
    uint64_t at = h.size;
    bool taken = sink(arg, h.bytes, h.size);
    free(h.bytes);

    const gb_named_array *tensors;
    size_t count = gb_network_arrays(n, &tensors);
    for (size_t i = 0; i < count && taken; i++) {
        bool as_half = half && !stays_f32(&tensors[i]);
        uint64_t size = (uint64_t)gb_array_count(&tensors[i].array) * (as_half ? 2 : 4);
        uint8_t *bytes = tensor_bytes(&tensors[i], as_half, why);
        if (!bytes)
            return false;
        taken = sink(arg, zeros, (size_t)(aligned(at) - at)) && sink(arg, bytes, (size_t)size);
        at = aligned(at) + size;
        free(bytes);
    }
    return taken || gb_because(why, "could not be written");
}

/* ---- reading ---- */

/* The position in the header; `lost` is set by the first read past its end, and all later reads give 0. */
typedef struct cursor {
    gb_bytes in;
    bool lost;
} cursor;

static uint64_t load(const uint8_t *at, size_t bytes) {
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)at[i] << 8 * i;
    return v;
}

static const uint8_t *take_bytes(cursor *c, size_t size) {
    const uint8_t *at = c->lost ? NULL : gb_bytes_take(&c->in, size);
    c->lost = !at;
    return at;
}

static uint64_t take(cursor *c, size_t bytes) {
    const uint8_t *at = take_bytes(c, bytes);
    return at ? load(at, bytes) : 0;
}

/* A length, that many bytes without a zero among them, and a zero. NULL if it is malformed. */
static const char *take_text(cursor *c, size_t *size) {
    *size = (size_t)take(c, 4);
    const char *text = *size < HEADER_LIMIT ? (const char *)take_bytes(c, *size + 1) : NULL;
    return text && !memchr(text, 0, *size) && !text[*size] ? text : NULL;
}

static const char *take_name(cursor *c) {
    size_t size;
    const char *name = take_text(c, &size);
    return name && name_is_clean(name, size) ? name : NULL;
}

static bool no_memory(gb_reason *why) {
    return gb_because_no_memory(why);
}

static bool take_values(cursor *c, gb_network *n, const char *key, gb_meta_type type, size_t count, gb_reason *why) {
    size_t smallest = is_name(type) ? 5 : type == GB_META_BOOL ? 1 : 8;
    if (count > gb_bytes_left(&c->in) / smallest || (is_scalar(type) && count != 1))
        return gb_because(why, "metadata '%s': it cannot have %zu values", key, count);
    void *values = malloc((count ? count : 1) * 8);
    if (!values)
        return no_memory(why);
    int64_t *ints = values;
    double *floats = values;
    const char **strs = values;
    bool good = true, set = false;
    for (size_t i = 0; i < count && good; i++) {
        if (is_name(type)) {
            size_t size;
            strs[i] = take_text(c, &size);
            good = strs[i] && text_is_clean(strs[i], size, true);
        } else if (type == GB_META_BOOL) {
            ints[i] = (int64_t)take(c, 1);
            good = ints[i] <= 1;
        } else {
            uint64_t bits = take(c, 8);
            memcpy((char *)values + 8 * i, &bits, 8);
        }
    }
    good = good && !c->lost && !gb_bytes_left(&c->in);
    if (good)
        switch (type) {
        case GB_META_INT: set = gb_network_set_int(n, key, ints[0]); break;
        case GB_META_FLOAT: set = gb_network_set_float(n, key, floats[0]); break;
        case GB_META_BOOL: set = gb_network_set_bool(n, key, ints[0] != 0); break;
        case GB_META_STR: set = gb_network_set_str(n, key, strs[0]); break;
        case GB_META_INTS: set = gb_network_set_ints(n, key, ints, count); break;
        case GB_META_FLOATS: set = gb_network_set_floats(n, key, floats, count); break;
        case GB_META_STRS: set = gb_network_set_strs(n, key, strs, count); break;
        }
    free(values);
    return !good ? gb_because(why, "metadata '%s': malformed value", key) : set || no_memory(why);
}

static bool take_meta(cursor *c, gb_network *n, int minor, gb_reason *why) {
    const char *key = take_name(c);
    uint32_t type = (uint32_t)take(c, 4), count = (uint32_t)take(c, 4), size = (uint32_t)take(c, 4);
    cursor value = {.in = {.data = take_bytes(c, size), .size = size}};
    if (!key || c->lost)
        return gb_because(why, "malformed key or size");
    if (gb_network_meta(n, key))
        return gb_because(why, "metadata '%s' appears twice", key);
    if (type >= GB_META_INT && type <= GB_META_STRS)
        return take_values(&value, n, key, (gb_meta_type)type, count, why);
    if (minor <= MINOR)
        return gb_because(why, "metadata '%s' is of unknown type %" PRIu32, key, type);
    return gb_network_note(n, "metadata '%s' has a type that this version of ganbend does not know; it was left out",
                           key) ||
        no_memory(why);
}

static bool take_alias(cursor *c, gb_network *n, gb_reason *why) {
    const char *alias = take_name(c), *canonical = take_name(c);
    if (!alias || !canonical)
        return gb_because(why, "malformed name");
    const gb_alias *all;
    size_t before = gb_network_aliases(n, &all);
    if (!gb_network_add_alias(n, alias, canonical))
        return no_memory(why);
    return gb_network_aliases(n, &all) > before || gb_because(why, "alias '%s' appears twice", alias);
}

/* A row of the tensor table. `end` is the end of the previous tensor and becomes that of this one: rows are in the order
 * of their data, so no two overlap. */
static bool take_tensor(cursor *c, const uint8_t *file, uint64_t file_size, uint64_t *end, gb_network *n,
                        gbw_file *made, gb_reason *why) {
    const char *name = take_name(c);
    if (!name)
        return gb_because(why, "malformed name");
    if (gb_network_array(n, name))
        return gb_because(why, "tensor '%s' appears twice", name);
    uint64_t dtype = take(c, 2), ndim = take(c, 2);
    if (dtype != DTYPE_F32 && dtype != DTYPE_F16)
        return gb_because(why, "tensor '%s' is of unknown type %" PRIu64, name, dtype);
    if (ndim > GB_MAX_DIMS)
        return gb_because(why, "tensor '%s' has %" PRIu64 " dimensions; at most %d are possible", name, ndim,
                          GB_MAX_DIMS);
    gb_array a = {.dtype = dtype == DTYPE_F16 ? GB_F16 : GB_F32, .ndim = (int)ndim,
                  .swapped = !gb_little_endian()};
    for (int d = 0; d < a.ndim; d++) {
        uint64_t dim = take(c, 8);
        if (!c->lost && (dim < 1 || dim > INT64_MAX))
            return gb_because(why, "tensor '%s' has a dimension of %" PRIu64, name, dim);
        a.shape[d] = (int64_t)dim;
    }
    uint64_t offset = take(c, 8), size = take(c, 8);
    uint32_t crc = (uint32_t)take(c, 4);
    if (c->lost)
        return gb_because(why, "tensor '%s': its row is cut off", name);

    char shape[128];
    int64_t count = gb_array_count(&a);
    uint64_t width = gb_dtype_size(a.dtype);
    if (count < 0 || (uint64_t)count > UINT64_MAX / width || (uint64_t)count * width != size)
        return gb_because(why, "tensor '%s': %s %s does not have %" PRIu64 " bytes", name, gb_dtype_name(a.dtype),
                          gb_shape_text(&a, shape, sizeof shape), size);
    if (offset % ALIGNMENT || offset < *end || offset > file_size || size > file_size - offset)
        return gb_because(why, "tensor '%s': bytes %" PRIu64 " to %" PRIu64 "+%" PRIu64 " are not free for it", name,
                          offset, offset, size);
    gb_array_pack_strides(&a);
    a.data = file + offset;
    *end = offset + size;
    if (!gb_network_add_array(n, name, &a))
        return no_memory(why);
    made->tensors[made->count].data = file + offset;
    made->tensors[made->count].size = (size_t)size;
    made->tensors[made->count++].crc = crc;
    return true;
}

/* The fields before the tables, by which the header is known to be complete and undamaged. */
static bool check_fixed(const uint8_t *b, size_t size, gb_reason *why) {
    if (!gbw_is(b, size))
        return gb_because(why, "not a .gbw file");
    if (size < FIXED_SIZE)
        return gb_because(why, "cut off within its first %d bytes", FIXED_SIZE);
    unsigned major = (unsigned)load(b + AT_MAJOR, 2), minor = (unsigned)load(b + AT_MINOR, 2);
    if (major != MAJOR)
        return gb_because(why, "format %u.%u; this version reads format %d", major, minor, MAJOR);
    uint64_t header_size = load(b + AT_HEADER_SIZE, 8), file_size = load(b + AT_FILE_SIZE, 8);
    if (file_size != size)
        return gb_because(why, "has %zu bytes, but %" PRIu64 " were written%s", size, file_size,
                          size < file_size ? "; was a copy interrupted? Copy it again" : "");
    if (header_size < FIXED_SIZE || header_size > size || header_size > HEADER_LIMIT)
        return gb_because(why, "a header of %" PRIu64 " bytes is not possible", header_size);
    uint32_t written = (uint32_t)load(b + AT_CRC, 4), found = header_crc(b, (size_t)header_size);
    if (written != found)
        return gb_because(why, "the header is damaged: CRC-32 %08" PRIx32 ", written %08" PRIx32 "; copy or convert "
                          "the model again", found, written);
    if (load(b + AT_FLAGS, 4) & REQUIRED_FLAGS)
        return gb_because(why, "uses features (flags %04" PRIx64 ") that this version of ganbend does not know; use a "
                          "newer one", load(b + AT_FLAGS, 4) & REQUIRED_FLAGS);
    for (size_t at = AT_METAS; at <= AT_TENSORS; at += 4)
        if (load(b + at, 4) > GB_NETWORK_ENTRIES)
            return gb_because(why, "a table of %" PRIu64 " entries; at most %d are possible", load(b + at, 4),
                              GB_NETWORK_ENTRIES);
    return true;
}

static bool read_file(const uint8_t *b, size_t size, const char *name, gb_network *n, gb_reason *why) {
    if (!check_fixed(b, size, why))
        return false;
    size_t metas = (size_t)load(b + AT_METAS, 4), aliases = (size_t)load(b + AT_ALIASES, 4);
    size_t tensors = (size_t)load(b + AT_TENSORS, 4), header_size = (size_t)load(b + AT_HEADER_SIZE, 8);
    int minor = (int)load(b + AT_MINOR, 2);
    gbw_file *made = gb_network_set_attachment(n, sizeof *made + tensors * sizeof made->tensors[0] + strlen(name) + 1);
    if (!made)
        return no_memory(why);
    made->checksum = (uint32_t)load(b + AT_CRC, 4);
    made->name = strcpy((char *)&made->tensors[tensors], name);

    cursor c = {.in = {.data = b, .size = header_size, .at = FIXED_SIZE}};
    for (size_t i = 0; i < metas; i++)
        if (!take_meta(&c, n, minor, why))
            return gb_because_in(why, "metadata entry %zu", i);
    for (size_t i = 0; i < aliases; i++)
        if (!take_alias(&c, n, why))
            return gb_because_in(why, "alias %zu", i);
    uint64_t end = header_size;
    for (size_t i = 0; i < tensors; i++)
        if (!take_tensor(&c, b, size, &end, n, made, why))
            return gb_because_in(why, "tensor table, row %zu", i);
    if (gb_bytes_left(&c.in) && minor <= MINOR)
        return gb_because(why, "%zu bytes after the tensor table", gb_bytes_left(&c.in));
    if (end != size)
        return gb_because(why, "%" PRIu64 " bytes after the last tensor", (uint64_t)size - end);
    return true;
}

bool gbw_is(const void *bytes, size_t size) {
    return size >= sizeof magic && !memcmp(bytes, magic, sizeof magic);
}

gb_network *gbw_open(const void *bytes, size_t size, const char *name, gb_reason *why) {
    gb_network *n = gb_network_new();
    if (!n) {
        gb_because_no_memory(why);
        gb_because_in(why, "%s", name);
        return NULL;
    }
    if (read_file(bytes, size, name, n, why))
        return n;
    gb_because_in(why, "%s", name);
    gb_network_free(n);
    return NULL;
}

bool gbw_verify(const gb_network *n, const char *tensor, gb_reason *why) {
    const gbw_file *made = gb_network_attachment(n);
    const gb_named_array *list;
    size_t count = gb_network_arrays(n, &list);
    const gb_array *a = gb_network_array(n, tensor);
    if (!a)
        return gb_because(why, "no tensor '%s'", tensor);
    size_t i = (size_t)((const char *)a - (const char *)list) / sizeof *list;
    if (!made || i >= count || i >= made->count || made->tensors[i].data != a->data)
        return true;    /* set after the file was read: it has no sum in the file */
    uint32_t found = gb_crc32(0, made->tensors[i].data, made->tensors[i].size);
    return found == made->tensors[i].crc ||
        gb_because(why, "%s: tensor '%s' is damaged: CRC-32 %08" PRIx32 ", written %08" PRIx32 "; copy or convert "
                   "the model again", made->name, tensor, found, made->tensors[i].crc);
}

uint32_t gbw_checksum(const gb_network *n) {
    const gbw_file *made = gb_network_attachment(n);
    return made ? made->checksum : 0;
}
