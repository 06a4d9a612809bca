/* The .npy reader, and the writer on what it read. */
#include "fuzz.h"
#include "weights/read/npy.h"

static bool count_bytes(void *arg, const void *bytes, size_t size) {
    volatile uint8_t last = ((const uint8_t *)bytes)[size - 1];     /* volatile: the read is the point */
    (void)last;
    *(size_t *)arg += size;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    gb_value *v = gb_npy_read(data, size, arena, &why);
    size_t written = 0;
    if (!v)
        check_reason(&why);
    if (gb_value_array(v)) {
        read_array(v->array);
        gb_npy_write(v->array, count_bytes, &written, &why);
    }
    gb_arena_free(arena);
    return 0;
}
