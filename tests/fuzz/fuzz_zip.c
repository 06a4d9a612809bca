/* The zip reader: every entry of whatever opens. */
#include "fuzz.h"
#include "weights/read/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    gb_zip *z = gb_zip_open(data, size, arena, &why);
    if (!z) {
        check_reason(&why);
    } else {
        gb_zip_entry *list;
        size_t count = gb_zip_entries(z, &list);
        volatile unsigned sum = 0;      /* volatile: the reads are the point */
        for (size_t i = 0; i < count; i++) {
            if (gb_zip_find(z, list[i].name) != &list[i])
                abort();
            if (gb_zip_read(z, &list[i], &why))
                for (size_t k = 0; k < list[i].size; k++)
                    sum += list[i].bytes[k];
            else
                check_reason(&why);
        }
        gb_zip_close(z);
    }
    gb_arena_free(arena);
    return 0;
}
