/* Replaces osc.c in builds without liblo. */
#include "osc.h"

bool osc_is_here(void) {
    return false;
}

void osc_receive(int fd, void (*control)(void *arg, const char *address, double value), void *arg) {
    (void)fd, (void)control, (void)arg;
}
