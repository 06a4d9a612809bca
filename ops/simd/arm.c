/* The caches of an ARM processor. Only the operating system can read the registers that describe them. Linux reports
 * level, type and size (such as 64K) in /sys/devices/system/cpu/cpu0/cache/index0, 1, … */
#include <stdio.h>

#include "ops/simd/simd.h"

/* Reads the first line of a file of cache `index`; false if there is none. */
static bool read_fact(int index, const char *name, char *fact, int size) {
    char path[80];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
    FILE *file = fopen(path, "r");
    bool read = file && fgets(fact, size, file);
    if (file)
        fclose(file);
    return read;
}

void gb_arm_caches(size_t *l1, size_t *l2, size_t *l3) {
    char type[24], fact[24];
    for (int i = 0; i < 8 && read_fact(i, "type", type, sizeof type); i++) {
        int level;
        unsigned kilobytes;
        if (type[0] == 'I' || !read_fact(i, "level", fact, sizeof fact) || sscanf(fact, "%d", &level) != 1 ||
            !read_fact(i, "size", fact, sizeof fact) || sscanf(fact, "%uK", &kilobytes) != 1)
            continue;
        if (level >= 1 && level <= 3 && kilobytes > 0 && kilobytes < 1u << 20)
            *(level == 1 ? l1 : level == 2 ? l2 : l3) = (size_t)kilobytes << 10;
    }
}
