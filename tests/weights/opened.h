/* Checkpoints opened the whole way for a test: file or bytes, reader, adapter; what came out compared, and sent through
 * a .gbw; and safetensors files made in memory. */
#ifndef GB_TESTS_OPENED_H
#define GB_TESTS_OPENED_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weights/adapt/adapt.h"
#include "weights/gbw.h"
#include "weights/read/json.h"

typedef struct opened {
    void *bytes;
    gb_checkpoint *checkpoint;
    gb_network *network;        /* NULL where the adapter refused */
    gb_reason why;
} opened;

static inline void *read_whole(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("no file %s", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *size = (size_t)ftell(f);
    rewind(f);
    void *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

/* Takes `bytes` over; `config` is a JSON text or NULL. */
static inline opened open_bytes(void *bytes, size_t size, const char *name, const char *config) {
    opened o = {.bytes = bytes};
    gb_arena *arena = gb_arena_new(1 << 20);
    gb_value *json = NULL;
    o.checkpoint = gb_checkpoint_open(bytes, size, name, &o.why);
    if (!o.checkpoint)
        fail_msg("%s", o.why.text);
    if (config && !(json = gb_json_parse(arena, config, strlen(config), "config.json", &o.why)))
        fail_msg("%s", o.why.text);
    o.network = gb_adapt(o.checkpoint, &(gb_adapt_options){.config = json}, &o.why);
    gb_arena_free(arena);
    return o;
}

static inline opened open_file(const char *path, const char *config) {
    size_t size;
    void *bytes = read_whole(path, &size);
    return open_bytes(bytes, size, path, config);
}

static inline opened taken(opened o) {
    if (!o.network)
        fail_msg("%s", o.why.text);
    return o;
}

/* The file, which the adapter takes. */
static inline opened open_network(const char *path, const char *config) {
    opened o = open_file(path, config);
    if (!o.network)
        fail_msg("%s: %s", path, o.why.text);
    return o;
}

static inline void close_opened(opened *o) {
    gb_network_free(o->network);
    gb_checkpoint_close(o->checkpoint);
    free(o->bytes);
}

static inline void refused(opened o, const char *says) {
    if (o.network)
        fail_msg("adapted, but should say '%s'", says);
    if (!strstr(o.why.text, says))
        fail_msg("'%s' does not say '%s'", o.why.text, says);
    close_opened(&o);
}

static inline bool noted(const gb_network *n, const char *text) {
    const char *const *notes;
    size_t count = gb_network_notes(n, &notes);
    for (size_t i = 0; i < count; i++)
        if (strstr(notes[i], text))
            return true;
    return false;
}

static inline float *values_of(const gb_array *a) {
    gb_reason why = {0};
    assert_non_null(a);
    float *v = malloc((size_t)gb_array_count(a) * sizeof *v);
    assert_true(gb_array_to_f32(a, v, &why));
    return v;
}

/* Values differ by `tolerance` of their magnitude at most, of `least` where that is smaller. */
static inline void same_tensor(const char *name, const gb_array *is, const gb_array *should, double tolerance,
                               double least) {
    if (!is || !should || is->ndim != should->ndim ||
        memcmp(is->shape, should->shape, (size_t)is->ndim * sizeof *is->shape))
        fail_msg("%s: there in one only, or of another shape", name);
    float *left = values_of(is), *right = values_of(should);
    for (int64_t i = 0; i < gb_array_count(is); i++)
        if (fabs((double)left[i] - right[i]) > tolerance * fmax(least, fabs((double)right[i])))
            fail_msg("%s: value %d is %g, expected %g", name, (int)i, left[i], right[i]);
    free(left);
    free(right);
}

typedef struct growing {
    uint8_t *bytes;
    size_t size, room;
} growing;

static inline bool grow(void *arg, const void *bytes, size_t size) {
    growing *f = arg;
    if (f->size + size >= f->room) {
        f->room = 2 * (f->size + size) + 64;
        f->bytes = realloc(f->bytes, f->room);
    }
    memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
    return true;
}

/* The network written as a .gbw and opened again. It points into the file's bytes, which the caller frees after it. */
static inline gb_network *through_gbw(const gb_network *n, bool half, void **file) {
    growing f = {0};
    gb_reason why = {0};
    if (!gbw_write(n, half, grow, &f, &why))
        fail_msg("%s", why.text);
    gb_network *again = gbw_open(f.bytes, f.size, "toy.gbw", &why);
    if (!again)
        fail_msg("%s", why.text);
    *file = f.bytes;
    return again;
}

/* A safetensors file that grows tensor by tensor, the data float32. */
typedef struct saving {
    char *header;
    float *data;
    size_t header_size, count;
} saving;

static inline void save(saving *s, const char *name, const gb_array *a, const float *values) {
    char shape[128], row[512];
    size_t more = (size_t)gb_array_count(a);
    size_t size = (size_t)snprintf(row, sizeof row, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":"
                                   "[%zu,%zu]}", s->count ? "," : "", name, gb_shape_text(a, shape, sizeof shape),
                                   4 * s->count, 4 * (s->count + more));
    s->header = realloc(s->header, s->header_size + size);
    s->data = realloc(s->data, (s->count + more) * sizeof *values);
    memcpy(s->header + s->header_size, row, size);
    memcpy(s->data + s->count, values, more * sizeof *values);
    s->header_size += size;
    s->count += more;
}

/* Ends the saving; what is saved after it begins another. */
static inline opened open_saved(saving *s, const char *config) {
    size_t header = s->header_size + 2, size = 8 + header + 4 * s->count;
    uint8_t *bytes = malloc(size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)header >> 8 * i);
    bytes[8] = '{';
    if (s->header_size)
        memcpy(bytes + 9, s->header, s->header_size);
    bytes[8 + header - 1] = '}';
    if (s->count)
        memcpy(bytes + 8 + header, s->data, 4 * s->count);
    free(s->header);
    free(s->data);
    *s = (saving){0};
    return open_bytes(bytes, size, "toy.safetensors", config);
}

#endif
