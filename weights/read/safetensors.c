/* Reading safetensors. As strict as the format: every tensor lies inside the data, takes exactly the bytes that its shape
 * needs, and shares them with no other; every byte of the data belongs to a tensor. */
#include "safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "json.h"

static const struct { const char *name; gb_dtype dtype; size_t size; } types[] = {
    {"F32", GB_F32, 4}, {"F16", GB_F16, 2}, {"BF16", GB_BF16, 2}, {"F64", GB_F64, 8}, {"I8", GB_I8, 1},
    {"U8", GB_U8, 1},   {"I16", GB_I16, 2}, {"U16", GB_U16, 2},   {"I32", GB_I32, 4}, {"U32", GB_U32, 4},
    {"I64", GB_I64, 8}, {"U64", GB_U64, 8}, {"BOOL", GB_BOOL, 1}, {"C64", GB_OPAQUE, 8},
    {"F8_E4M3", GB_OPAQUE, 1}, {"F8_E5M2", GB_OPAQUE, 1}, {"F8_E8M0", GB_OPAQUE, 1},
};

/* The length may look like the start of a pickle or a zip; the brace and the character after it cannot. */
bool gb_safetensors_is(const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    return size >= 10 && p[8] == '{' && memchr("\"} \t\r\n", p[9], 6);
}

/* Each value takes about a hundred bytes; the punctuation gives the number of values, before any is read. */
static bool modest(const char *text, size_t size, size_t limit) {
    size_t values = 0;
    for (size_t i = 0; i < size; i++)
        values += text[i] == ',' || text[i] == ':' || text[i] == '[' || text[i] == '{';
    return values <= limit / 128;
}

/* Where a tensor's data lies. */
typedef struct extent {
    uint64_t begin, end;
    const char *name;
} extent;

static int compare_extents(const void *a, const void *b) {
    uint64_t x = ((const extent *)a)->begin, y = ((const extent *)b)->begin;
    return (x > y) - (x < y);
}

/* No two tensors may share bytes, and no byte may be in none of them. */
static bool check_extents(extent *list, size_t count, uint64_t size, gb_reason *why) {
    uint64_t end = 0;
    if (count)
        qsort(list, count, sizeof *list, compare_extents);
    for (size_t i = 1; i < count; i++)
        if (list[i].begin < list[i - 1].end)
            return gb_because(why, "tensors '%s' and '%s' share their data", list[i - 1].name, list[i].name);
    for (size_t i = 0; i <= count; i++) {
        uint64_t next = i < count ? list[i].begin : size;
        if (next > end)
            return gb_because(why, "bytes %" PRIu64 " to %" PRIu64 " of the data belong to no tensor", end, next);
        end = i < count ? list[i].end : size;
    }
    return true;
}

static bool read_tensor(const gb_value *said, gb_bytes data, extent *at, gb_array *a, gb_reason *why) {
    const char *type = gb_value_str(gb_value_get(said, "dtype"), "");
    const gb_value *shape = gb_value_get(said, "shape"), *offsets = gb_value_get(said, "data_offsets");
    size_t element = 0;
    *a = (gb_array){0};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type) == 0) {
            a->dtype = types[i].dtype;
            element = types[i].size;
        }
    if (!element)
        return gb_because(why, "its dtype is '%s'", type);
    if (!shape || shape->kind != GB_VALUE_LIST || shape->seq.count > GB_MAX_DIMS)
        return gb_because(why, "its shape is not a list of at most %d sizes", GB_MAX_DIMS);
    a->ndim = (int)shape->seq.count;
    for (int i = 0; i < a->ndim; i++)
        a->shape[i] = shape->seq.items[i]->kind == GB_VALUE_INT ? shape->seq.items[i]->integer : -1;
    int64_t begin = gb_value_int(gb_value_item(offsets, 0), -1), end = gb_value_int(gb_value_item(offsets, 1), -1);
    if (gb_value_count(offsets) != 2 || begin < 0 || end < begin || (uint64_t)end > data.size)
        return gb_because(why, "its data_offsets %" PRId64 " to %" PRId64 " are not inside the %zu bytes of data",
                          begin, end, data.size);
    int64_t count = gb_array_count(a);
    uint64_t bytes = (uint64_t)(end - begin);
    char text[128];
    if (count < 0 || bytes % element || (uint64_t)count != bytes / element)
        return gb_because(why, "shape %s of %s in %" PRIu64 " bytes", gb_shape_text(a, text, sizeof text), type, bytes);
    at->begin = (uint64_t)begin;
    at->end = (uint64_t)end;
    a->data = data.data + begin;
    a->swapped = element > 1 && !gb_little_endian();
    gb_array_pack_strides(a);
    return true;
}

static gb_value *read_header(gb_value *header, gb_bytes data, gb_arena *arena, gb_reason *why) {
    gb_value *root = gb_value_new(arena, GB_VALUE_DICT);
    extent *extents = gb_arena_take(arena, header->dict.count * sizeof *extents);
    size_t tensors = 0;
    if (!extents)
        root = NULL;
    for (size_t i = 0; root && i < header->dict.count; i++) {
        gb_value *key = header->dict.keys[i], *value = header->dict.values[i];
        if (strcmp(key->str.text, "__metadata__") != 0) {
            gb_array a;
            if (!read_tensor(value, data, &extents[tensors], &a, why)) {
                gb_because_in(why, "tensor '%s'", key->str.text);
                return NULL;
            }
            extents[tensors].name = key->str.text;
            tensors += extents[tensors].end > extents[tensors].begin;   /* an empty one shares nothing */
            value = gb_value_new_array(arena, &a);
        }
        if (!value || !gb_value_set(arena, root, key, value))
            root = NULL;
    }
    if (!root) {
        gb_arena_full(arena, why);
        return NULL;
    }
    return check_extents(extents, tensors, data.size, why) ? root : NULL;
}

gb_value *gb_safetensors_read(const void *bytes, size_t size, gb_arena *arena, gb_reason *why) {
    gb_bytes from = {bytes, size, 0};
    const uint8_t *head = gb_bytes_take(&from, 8);
    uint64_t length = head ? gb_le64(head) : 0;
    const char *text = head ? (const char *)gb_bytes_take(&from, length) : NULL;
    if (!text) {
        gb_because(why, "a safetensors header of %" PRIu64 " bytes in a file of %zu", length, size);
        return NULL;
    }
    if (!modest(text, (size_t)length, gb_arena_limit_for(size))) {
        gb_because(why, "the safetensors header lists more than a file of this size may");
        return NULL;
    }
    gb_value *header = gb_json_parse(arena, text, (size_t)length, "safetensors header", why);
    if (!header)
        return NULL;
    if (header->kind != GB_VALUE_DICT) {
        gb_because(why, "the safetensors header is not a JSON object");
        return NULL;
    }
    gb_bytes data = {from.data + from.at, gb_bytes_left(&from), 0};
    return read_header(header, data, arena, why);
}
