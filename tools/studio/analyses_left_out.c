/* The requests for analyses in builds without them. */
#include "handlers.h"
#include "tools/program/error.h"

static gb_status refuse(gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "this ganbend analyses nothing: it was built with -DGANBEND_ANALYSIS=OFF");
}

gb_status handle_directions(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return refuse(err);
}

gb_status handle_units(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return refuse(err);
}
