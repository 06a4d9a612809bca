/* Called for misaligned accesses in code compiled with -fsanitize=alignment and linked without the sanitizer's library:
 * vector accesses of kernels that the hardware would refuse. */
#include "emulated.h"

extern "C" __attribute__((visibility("default"))) void __ubsan_handle_type_mismatch_v1_abort(void *, void *) {
    emulated_fail("an access is not aligned to its type");
}
