/* A filter: values beyond ±limit are reflected back into the range, as often as needed.
 *   u = (x + limit) mod 4·limit;  y = u − limit if u < 2·limit, else 3·limit − u
 * NaN stays NaN, and infinity becomes NaN. */
#include "ops/bends/filter_rows.h"

static void fold(const float *params, const float *x, float *y, size_t count) {
    const float limit = params[0], period = 4.0f * limit;
    for (size_t i = 0; i < count; i++) {
        float u = fmodf(x[i] + limit, period);
        u = u < 0.0f ? u + period : u;
        y[i] = u < 2.0f * limit ? u - limit : 3.0f * limit - u;
    }
}

const gb_filter gb_filter_fold = {
    .name = "fold", .summary = "values beyond a limit reflected back", .params = 2, .positional = 1,
    .param = {{"limit", "largest magnitude of the result", 1.0f, 1e-3f, 1e6f, false, NULL}, GB_MIX},
    .each = fold,
};
