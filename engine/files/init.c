/* What making up a network takes: tensors of random numbers, ranges, and a file that is known to open. */
#include "init.h"

#include <stdio.h>

#include "engine/base/error.h"
#include "engine/graph/model.h"
#include "open.h"
#include "save.h"

gb_status gb_maker_new(gb_maker *m, uint64_t seed, gb_error *err) {
    *m = (gb_maker){.network = gb_network_new()};
    gb_random_seed(&m->random, seed);
    return m->network ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

float *gb_make(gb_maker *m, const char *prefix, const char *name, int ndim, const int64_t *shape, float mean,
               float deviation) {
    char full[96];
    size_t count = 1;
    for (int i = 0; i < ndim; i++)
        count *= (size_t)shape[i];
    snprintf(full, sizeof full, "%s%s%s", prefix ? prefix : "", prefix ? "." : "", name);
    float *data = m->failed ? NULL : gb_network_add_f32(m->network, full, ndim, shape);
    if (!data) {
        m->failed = true;
        return NULL;
    }
    gb_random_torch(&m->random, count, data);
    for (size_t i = 0; i < count; i++)
        data[i] = mean + deviation * data[i];
    return data;
}

gb_status gb_maker_save(gb_maker *m, gb_context *context, const char *out, bool half, gb_error *err) {
    gb_network *network = m->network;
    gb_model *model = NULL;
    m->network = NULL;
    if (m->failed) {
        gb_network_free(network);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    /* Building it proves that what is written can be opened. */
    gb_status status = gb_model_from_network(context, network, "the new network", &model, err);
    if (!status)
        status = gb_network_save(network, half, out, err);
    gb_model_close(model);
    return status;
}

gb_status gb_check_extents(const gb_extent *extents, size_t count, gb_error *err) {
    for (size_t i = 0; i < count; i++)
        if (extents[i].value < extents[i].low || extents[i].value > extents[i].high)
            return gb_fail(err, GB_BAD_ARGUMENT, "%s is %d; %d to %d are possible", extents[i].name, extents[i].value,
                           extents[i].low, extents[i].high);
    return GB_OK;
}
