/* Any bytes as a .gbw: opened, every tensor verified and read, and written again. Size and checksum of the header are
 * made right first, since no mutation would ever guess them. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "weights/gbw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool into_nothing(void *arg, const void *bytes, size_t size) {
    (void)arg, (void)bytes, (void)size;
    return true;
}

static void poke(uint8_t *at, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    if (size >= 64) {
        uint64_t header = 0;
        for (int i = 0; i < 8; i++)
            header |= (uint64_t)copy[16 + i] << 8 * i;
        poke(copy + 24, size, 8);
        poke(copy + 44, 0, 4);
        if (header >= 64 && header <= size)
            poke(copy + 44, crc32(0, copy, (uInt)header), 4);
    }
    gb_reason why = {0};
    gb_network *n = gbw_open(copy, size, "fuzz.gbw", &why);
    const gb_named_array *list;
    size_t count = n ? gb_network_arrays(n, &list) : 0;
    for (size_t i = 0; i < count; i++)
        gbw_verify(n, list[i].name, &why);
    if (n) {
        gbw_write(n, false, into_nothing, NULL, &why);
        gbw_write(n, true, into_nothing, NULL, &why);
    }
    gb_network_free(n);
    free(copy);
    return 0;
}
