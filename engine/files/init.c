/* Networks with random weights, see init.h. */
#include "init.h"

#include <stdio.h>

#include "engine/base/error.h"
#include "engine/graph/model.h"
#include "open.h"
#include "save.h"

gb_status gb_random_network_new(gb_random_network *init, uint64_t seed, gb_error *err) {
    *init = (gb_random_network){.network = gb_network_new()};
    gb_random_seed(&init->random, seed);
    return init->network ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

float *gb_random_tensor(gb_random_network *init, const char *prefix, const char *name, int ndim, const int64_t *shape,
                        float mean, float deviation) {
    char full[96];
    size_t count = 1;
    for (int i = 0; i < ndim; i++)
        count *= (size_t)shape[i];
    snprintf(full, sizeof full, "%s%s%s", prefix ? prefix : "", prefix ? "." : "", name);
    float *data = init->failed ? NULL : gb_network_add_f32(init->network, full, ndim, shape);
    if (!data) {
        init->failed = true;
        return NULL;
    }
    gb_random_torch(&init->random, count, data);
    for (size_t i = 0; i < count; i++)
        data[i] = mean + deviation * data[i];
    return data;
}

gb_status gb_random_network_save(gb_random_network *init, gb_context *context, const char *out, bool half,
                                 gb_error *err) {
    gb_network *network = init->network;
    gb_model *model = NULL;
    init->network = NULL;
    if (init->failed) {
        gb_network_free(network);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    /* Building a model proves that the written file can be opened. */
    gb_status status = gb_model_from_network(context, network, "the new network", &model, err);
    if (!status)
        status = gb_network_save(network, half, out, err);
    gb_model_close(model);
    return status;
}

gb_status gb_check_ranges(const gb_range *ranges, size_t count, gb_error *err) {
    for (size_t i = 0; i < count; i++)
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
            return gb_fail(err, GB_BAD_ARGUMENT, "%s is %d; expected %d to %d", ranges[i].name, ranges[i].value,
                           ranges[i].low, ranges[i].high);
    return GB_OK;
}
