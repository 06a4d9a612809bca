/* The requests for analyses in builds without them. */
#include "handlers.h"
#include "tools/program/error.h"

gb_status handle_directions(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return state(err, GB_BAD_ARGUMENT, "this ganbend finds no directions: it was built with -DGANBEND_ANALYSIS=OFF");
}
