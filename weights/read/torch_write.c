/* Writing what torch.save() writes. The pickle (protocol 2) rebuilds each tensor from a storage that it names by a persistent
 * id, ("storage", torch.FloatStorage, NUMBER, "cpu", count); the entry data/NUMBER holds the storage's bytes. */
#include "torch_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bytes {
    const unsigned char *data;
    size_t size;
} bytes;

struct gb_torch_writer {
    unsigned char *pickle;
    size_t used, room;
    bytes *storages;
    size_t storage_count, storage_room;
    bool failed;                /* out of memory */
};

gb_torch_writer *gb_torch_writer_new(void) {
    gb_torch_writer *t = calloc(1, sizeof *t);
    return t;
}

void gb_torch_writer_free(gb_torch_writer *t) {
    if (!t)
        return;
    free(t->pickle);
    free(t->storages);
    free(t);
}

/* ------------------------------------------------------------------------------------------------ the pickle */

static void put(gb_torch_writer *t, const void *from, size_t size) {
    if (t->used + size > t->room && !t->failed) {
        size_t room = 2 * (t->used + size) + 256;
        unsigned char *grown = realloc(t->pickle, room);
        t->failed = !grown;
        if (grown) {
            t->pickle = grown;
            t->room = room;
        }
    }
    if (t->failed)
        return;
    memcpy(t->pickle + t->used, from, size);
    t->used += size;
}

static void put_code(gb_torch_writer *t, char code) {
    put(t, &code, 1);
}

static void put_u32(gb_torch_writer *t, uint32_t v) {
    const unsigned char little[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16), (unsigned char)(v >> 24)};
    put(t, little, sizeof little);
}

static void put_integer(gb_torch_writer *t, int64_t v) {
    put_code(t, 'J');
    put_u32(t, (uint32_t)v);
}

static void put_global(gb_torch_writer *t, const char *text) {     /* "module\nname\n" */
    put_code(t, 'c');
    put(t, text, strlen(text));
}

void gb_torch_key(gb_torch_writer *t, const char *text) {
    put_code(t, 'X');
    put_u32(t, (uint32_t)strlen(text));
    put(t, text, strlen(text));
}

void gb_torch_begin_dict(gb_torch_writer *t) {
    put(t, "}(", 2);
}

void gb_torch_end_dict(gb_torch_writer *t) {
    put_code(t, 'u');
}

void gb_torch_begin_list(gb_torch_writer *t) {
    put(t, "](", 2);
}

void gb_torch_end_list(gb_torch_writer *t) {
    put_code(t, 'e');
}

/* Returns the storage's number. */
static size_t add_storage(gb_torch_writer *t, const float *values, size_t count) {
    if (t->storage_count == t->storage_room) {
        size_t room = t->storage_room ? 2 * t->storage_room : 32;
        bytes *grown = realloc(t->storages, room * sizeof *grown);
        if (!grown) {
            t->failed = true;
            return 0;
        }
        t->storages = grown;
        t->storage_room = room;
    }
    t->storages[t->storage_count] = (bytes){(const unsigned char *)values, count * sizeof *values};
    return t->storage_count++;
}

/* A tuple of the shape, or of the steps from element to element. */
static void put_dims(gb_torch_writer *t, int ndim, const int64_t *shape, bool strides) {
    put_code(t, '(');
    for (int d = 0; d < ndim; d++) {
        int64_t v = strides ? 1 : shape[d];
        for (int k = d + 1; k < ndim && strides; k++)
            v *= shape[k];
        put_integer(t, v);
    }
    put_code(t, 't');
}

void gb_torch_tensor(gb_torch_writer *t, int ndim, const int64_t *shape, const float *values) {
    int64_t count = 1;
    char number[24];
    for (int d = 0; d < ndim; d++)
        count *= shape[d];
    snprintf(number, sizeof number, "%zu", add_storage(t, values, (size_t)count));
    put_global(t, "torch._utils\n_rebuild_tensor_v2\n");
    put(t, "((", 2);
    gb_torch_key(t, "storage");
    put_global(t, "torch\nFloatStorage\n");
    gb_torch_key(t, number);
    gb_torch_key(t, "cpu");
    put_integer(t, count);
    put(t, "tQ", 2);
    put_integer(t, 0);          /* offset */
    put_dims(t, ndim, shape, false);
    put_dims(t, ndim, shape, true);
    put_code(t, '\x89');        /* it needs no gradient, and has no hooks: */
    put_global(t, "collections\nOrderedDict\n");
    put(t, ")RtR", 4);
}

/* ------------------------------------------------------------------------------------------------ the archive */

static bool write_bytes(const void *what, gb_byte_sink sink, void *arg, gb_reason *why) {
    const bytes *b = what;
    (void)why;
    return sink(arg, b->data, b->size);
}

/* Tensors are stored with the lowest byte first. */
static bool write_floats(const void *what, gb_byte_sink sink, void *arg, gb_reason *why) {
    const uint16_t one = 1;
    const bytes *b = what;
    unsigned char little[4];
    if (*(const unsigned char *)&one)
        return write_bytes(what, sink, arg, why);
    for (size_t i = 0; i < b->size; i += 4) {
        for (size_t k = 0; k < 4; k++)
            little[k] = b->data[i + 3 - k];
        if (!sink(arg, little, 4))
            return false;
    }
    return true;
}

bool gb_torch_writer_finish(gb_torch_writer *t, gb_byte_sink sink, void *arg, gb_reason *why) {
    const bytes version = {(const unsigned char *)"3\n", 2};
    put_code(t, '.');
    if (t->failed)
        return gb_because_no_memory(why);
    unsigned char *whole = malloc(t->used + 2);
    gb_zip_writer *zip = gb_zip_writer_new(sink, arg);
    bool good = whole && zip;
    if (good) {
        memcpy(whole, "\x80\x02", 2);
        memcpy(whole + 2, t->pickle, t->used);
        good = gb_zip_writer_add(zip, "archive/data.pkl", write_bytes, &(bytes){whole, t->used + 2}, why);
    } else {
        gb_because_no_memory(why);
    }
    for (size_t i = 0; good && i < t->storage_count; i++) {
        char name[48];
        snprintf(name, sizeof name, "archive/data/%zu", i);
        good = gb_zip_writer_add(zip, name, write_floats, &t->storages[i], why);
    }
    good = good && gb_zip_writer_add(zip, "archive/version", write_bytes, &version, why) && gb_zip_writer_finish(zip, why);
    gb_zip_writer_free(zip);
    free(whole);
    return good;
}
