/* Clusters of the maps of one picture, found by the library. */
#include "clusters.h"

#include "engine/ganbend_analysis.h"
#include "tools/program/error.h"

typedef struct stop_flag {
    const atomic_bool *stop;
} stop_flag;

static bool is_wanted(void *arg, double share) {
    const stop_flag *flag = arg;
    (void)share;
    return !atomic_load(flag->stop);
}

gb_status cluster_maps(const float *maps, size_t channels, size_t h, size_t w, int count, int *cluster,
                       const atomic_bool *stop, gb_error *err) {
    stop_flag flag = {stop};
    if (atomic_load(stop)) return state(err, GB_CANCELLED, "the page was closed");
    return gb_cluster_maps(maps, (int)channels, (int)h, (int)w, count, is_wanted, &flag, cluster, err);
}
