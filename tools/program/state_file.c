/* Work that goes on after an interruption. */
#include "state_file.h"

#include "interrupt.h"
#include "progress.h"

void begin_work(const char *file) {
    if (file) note_interrupts();
}

bool work_goes_on(void *arg, double share) {
    progress_share(arg, share);
    return !was_interrupted();
}

gb_status end_work(const char *file, gb_error *err) {
    if (file && err->status == GB_CANCELLED)
        state(err, GB_CANCELLED, "interrupted; the same command continues from %s", file);
    return err->status;
}
