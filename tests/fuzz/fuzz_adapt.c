/* Any bytes as a checkpoint, the whole way: opened, adapted, written. */
#include "weights/adapt/adapt.h"
#include "weights/gbw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool into_nothing(void *arg, const void *bytes, size_t size) {
    (void)arg, (void)bytes, (void)size;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_checkpoint *c = gb_checkpoint_open(data, size, "fuzz", &why);
    gb_network *n = c ? gb_adapt(c, NULL, &why) : NULL;
    if (n)
        gbw_write(n, true, into_nothing, NULL, &why);
    gb_network_free(n);
    gb_checkpoint_close(c);
    return 0;
}
