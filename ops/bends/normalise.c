/* Maps with a given mean and standard deviation:  y = mean + deviation · (x − μ) / √(σ² + 1e-8), with μ and σ² over the
 * pixels of the map. A constant map, and any map of one pixel, becomes the mean. One NaN or infinity makes all NaN. */
#include "ops/bends/filter_rows.h"

static void normalise(const gb_filter_map *m) {
    size_t pixels = (size_t)m->h * m->w;
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < pixels; i++)
        sum += m->in[i];
    double mu = sum / pixels;
    for (size_t i = 0; i < pixels; i++)
        squares += (m->in[i] - mu) * (m->in[i] - mu);
    double scale = m->params[1] / sqrt(squares / pixels + 1e-8);
    for (size_t i = 0; i < pixels; i++)
        m->out[i] = (gb_real)(m->params[0] + scale * (m->in[i] - mu));
}

/* With u = (x − μ)/√(σ² + 1e-8):  deviation/√(σ² + 1e-8) · (g − mean g − u · mean(g u)) */
static void normalise_grad(const gb_filter_map *m, const gb_real *g) {
    size_t pixels = (size_t)m->h * m->w;
    double sum = 0.0, squares = 0.0, of_g = 0.0, product = 0.0;
    for (size_t i = 0; i < pixels; i++)
        sum += m->in[i];
    double mu = sum / pixels;
    for (size_t i = 0; i < pixels; i++) {
        squares += (m->in[i] - mu) * (m->in[i] - mu);
        of_g += g[i];
        product += g[i] * (m->in[i] - mu);
    }
    double variance = squares / pixels + 1e-8, scale = m->params[1] / sqrt(variance);
    of_g /= pixels;
    product /= pixels * variance;
    for (size_t i = 0; i < pixels; i++)
        m->out[i] = (gb_real)(scale * (g[i] - of_g - (m->in[i] - mu) * product));
}

const gb_filter gb_filter_normalise = {
    .name = "normalise", .summary = "gives every map the same mean and standard deviation", .params = 3,
    .positional = 2,
    .param = {{"mean", "mean of the result", 0.0f, -1e6f, 1e6f, false, NULL},
              {"deviation", "standard deviation of the result", 1.0f, -1e6f, 1e6f, false, NULL}, GB_MIX},
    .map = normalise, .map_grad = normalise_grad,
};
