/* The answer given by --yes belongs to the process, like its terminal. */
#include "confirm.h"

#include <stdio.h>

#include "host.h"

static bool yes;

void answer_yes(void) {
    yes = true;
}

gb_status confirm_pictures(size_t count, gb_error *err) {
    char answer[16] = "";
    if (count < MANY_PICTURES || yes) return GB_OK;
    if (!host_stdin_is_terminal() || !host_stderr_is_terminal())
        return state(err, GB_BAD_ARGUMENT, "%zu pictures: add --yes to make them all", count);
    fprintf(stderr, "%zu pictures. Continue? [y/N] ", count);
    if (fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y')) return GB_OK;
    return state(err, GB_CANCELLED, "nothing was made");
}
