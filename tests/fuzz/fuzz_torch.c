/* Torch's containers. The input is the pickle of a zip around it whose storages are there, or a legacy file: so that
 * the fuzzer need not find checksums to get at tensors. */
#include "fuzz.h"
#include "weights/read/listing.h"
#include "weights/read/torch.h"

enum { STORAGE = 64 };

static void put(uint8_t *to, size_t *at, int width, uint64_t v) {
    for (int i = 0; i < width; i++, v >>= 8)
        to[(*at)++] = (uint8_t)v;
}

/* Two stored entries, "a/data.pkl" and "a/data/0". */
static uint8_t *archive(const uint8_t *pickle, size_t size, size_t *whole) {
    static const uint8_t storage[STORAGE];
    const struct { const char *name; const uint8_t *data; size_t size; } entries[2] = {
        {"a/data.pkl", pickle, size}, {"a/data/0", storage, STORAGE},
    };
    uint8_t *to = malloc(size + STORAGE + 400);
    size_t at = 0, starts[2];
    for (int central = 0; central < 2; central++) {
        size_t directory = at;
        for (int i = 0; i < 2; i++) {
            if (!central)
                starts[i] = at;
            put(to, &at, 4, central ? 0x02014b50 : 0x04034b50);
            put(to, &at, central ? 4 : 2, 20);
            put(to, &at, 8, 0);
            put(to, &at, 4, 0);     /* no checksum */
            put(to, &at, 4, entries[i].size);
            put(to, &at, 4, entries[i].size);
            put(to, &at, 2, strlen(entries[i].name));
            put(to, &at, central ? 12 : 2, 0);
            if (central)
                put(to, &at, 4, starts[i]);
            memcpy(to + at, entries[i].name, strlen(entries[i].name));
            at += strlen(entries[i].name);
            if (!central && entries[i].size) {
                memcpy(to + at, entries[i].data, entries[i].size);
                at += entries[i].size;
            }
        }
        if (central) {
            size_t end = at;
            put(to, &at, 4, 0x06054b50);
            put(to, &at, 4, 0);
            put(to, &at, 2, 2);
            put(to, &at, 2, 2);
            put(to, &at, 4, end - directory);
            put(to, &at, 4, directory);
            put(to, &at, 2, 0);
        }
    }
    *whole = at;
    return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    size_t whole = 0, inner_left = 2 * size;
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    uint8_t *file = NULL;
    gb_zip *z = NULL;
    gb_value *root;
    gb_listing list;
    if (gb_torch_legacy_is(data, size)) {
        gb_bytes from = {data, size, 0};
        root = gb_torch_legacy_read(&from, arena, &inner_left, 0, &why);
    } else {
        file = archive(data, size, &whole);
        z = gb_zip_open(file, whole, arena, &why);
        if (!z)
            abort();    /* this target's own zip is a good one */
        root = gb_torch_zip_read(z, arena, &inner_left, &why);
    }
    if (!root || !gb_list_arrays(root, size + 65536, arena, &list, &why))
        check_reason(&why);
    else
        for (size_t i = 0; i < list.count; i++)
            read_array(&list.arrays[i].array);
    gb_zip_close(z);
    gb_arena_free(arena);
    free(file);
    return 0;
}
