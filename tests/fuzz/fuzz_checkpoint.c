/* The front door: any bytes at all. */
#include "fuzz.h"
#include "weights/read/checkpoint.h"

static void ignore(void *arg, const char *path, const char *text) {
    *(size_t *)arg += strlen(path) + strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_checkpoint *c = gb_checkpoint_open(data, size, "fuzz.pt", &why);
    if (!c) {
        check_reason(&why);
        return 0;
    }
    size_t count, length = 0;
    const gb_named_array *list = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < count; i++)
        read_array(&list[i].array);
    gb_checkpoint_facts(c, 1000, ignore, &length);
    gb_checkpoint_close(c);
    return 0;
}
