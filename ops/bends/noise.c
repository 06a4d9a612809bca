/* Normal noise from counters: the value at a pixel depends only on seed, channel and pixel (Box and Muller's method on
 * hashed counters), so the order of work cannot change it. All samples of a batch get the same noise, so that a sample
 * does not depend on its place in the batch, unless `samples` is own. */
#include <string.h>

#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"
#include "ops/splitmix.h"

static const char *const sharing[] = {"alike", "own", NULL};

static void noise(const gb_filter_map *m) {
    const float two_pi = 6.28318531f, unit = 1.0f / 16777216.0f, strength = m->params[0];
    size_t pixels = (size_t)m->h * m->w;
    uint64_t key = gb_splitmix64((uint64_t)m->params[1]);
    key = gb_splitmix64(key ^ (uint64_t)m->channel);
    if (m->params[2] == GB_SAMPLES_OWN)
        key = gb_splitmix64(key ^ (uint64_t)m->sample);
    for (size_t i = 0; i < pixels; i += 2) {
        uint64_t bits = gb_splitmix64(key + i);
        float u = (float)(bits >> 40) * unit, angle = (float)(bits >> 16 & 0xffffff) * unit * two_pi;
        float radius = strength * sqrtf(-2.0f * logf(1.0f - u));
        m->out[i] = m->in[i] + radius * cosf(angle);
        if (i + 1 < pixels)
            m->out[i + 1] = m->in[i + 1] + radius * sinf(angle);
    }
}

static void noise_grad(const gb_filter_map *m, const gb_real *g) {
    memcpy(m->out, g, sizeof(gb_real) * m->h * m->w);
}

const gb_filter gb_filter_noise = {
    .name = "noise", .summary = "adds normal noise", .params = 4, .positional = 2,
    .param = {{"strength", "standard deviation of the noise", 0.5f, -1e6f, 1e6f, false, NULL},
              GB_SEED,
              {"samples", "alike = the same noise for every sample of a batch; own = different noise for each",
               GB_SAMPLES_ALIKE, GB_SAMPLES_ALIKE, GB_SAMPLES_OWN, true, sharing},
              GB_MIX},
    .map = noise, .map_grad = noise_grad,
};
