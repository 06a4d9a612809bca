/* The pickle machine, by itself: no container, no storages. */
#include "fuzz.h"
#include "weights/read/listing.h"
#include "weights/read/pickle.h"

static void ignore(void *arg, const char *path, const char *text) {
    *(size_t *)arg += strlen(path) + strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    size_t inner_left = 2 * size, length = 0;
    gb_pickle p = {.arena = arena, .why = &why, .inner_left = &inner_left};
    gb_bytes from = {data, size, 0};
    gb_value *root = gb_pickle_read(&p, &from);
    gb_listing list;
    if (!root || !gb_list_arrays(root, size + 65536, arena, &list, &why)) {
        check_reason(&why);
    } else {
        for (size_t i = 0; i < list.count; i++)
            read_array(&list.arrays[i].array);
        gb_list_facts(root, size + 65536, 1000, ignore, &length);
    }
    gb_arena_free(arena);
    return 0;
}
