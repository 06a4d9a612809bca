/* The requests for analyses in builds without them. */
#include "clusters.h"
#include "handlers.h"
#include "tools/program/error.h"

static gb_status refuse(gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "this ganbend has no analysis: it was built with -DGANBEND_ANALYSIS=OFF");
}

gb_status handle_directions(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return refuse(err);
}

gb_status handle_units(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return refuse(err);
}

gb_status handle_project(live *s, const message *m, outgoing *p, gb_error *err) {
    (void)s, (void)m, (void)p;
    return refuse(err);
}

gb_status cluster_samples(live *s, const message *m, gb_error *err) {
    (void)s, (void)m;
    return refuse(err);
}

gb_status cluster_maps(const float *maps, size_t channels, size_t h, size_t w, int count, int *cluster,
                       const atomic_bool *stop, gb_error *err) {
    (void)maps, (void)channels, (void)h, (void)w, (void)count, (void)cluster, (void)stop;
    return state(err, GB_BAD_ARGUMENT, "this ganbend cannot cluster maps: it was built with -DGANBEND_ANALYSIS=OFF");
}
