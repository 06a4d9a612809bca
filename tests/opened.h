/* Checkpoints opened the whole way for a test: file or bytes, reader, adapter; and safetensors files made in memory. */
#ifndef GB_TESTS_OPENED_H
#define GB_TESTS_OPENED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weights/adapt/adapt.h"
#include "weights/json.h"

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
    o.network = gb_adapt(o.checkpoint, json, &o.why);
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
    gb_reason why;
    assert_non_null(a);
    float *v = malloc((size_t)gb_array_count(a) * sizeof *v);
    assert_true(gb_array_to_f32(a, v, &why));
    return v;
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

/* Ends the saving. */
static inline opened open_saved(saving *s, const char *config) {
    size_t header = s->header_size + 2, size = 8 + header + 4 * s->count;
    uint8_t *bytes = malloc(size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)header >> 8 * i);
    bytes[8] = '{';
    memcpy(bytes + 9, s->header, s->header_size);
    bytes[8 + header - 1] = '}';
    memcpy(bytes + 8 + header, s->data, 4 * s->count);
    free(s->header);
    free(s->data);
    return open_bytes(bytes, size, "toy.safetensors", config);
}

#endif
