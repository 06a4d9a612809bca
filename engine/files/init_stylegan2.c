/* StyleGAN2 networks of a given shape with random weights, for benchmarks and tests. Weights are standard normal, as in
 * NVIDIA's untrained networks; biases and noise strengths are not zero, so that every operation has an effect. */
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "init.h"

typedef struct stylegan2_init {
    gb_random_network random;
    gb_stylegan2 shape;
} stylegan2_init;

static int channels(const stylegan2_init *m, int r) {
    int c = m->shape.channel_base / r;
    return c < 1 ? 1 : c < m->shape.channel_max ? c : m->shape.channel_max;
}

static void tensor(stylegan2_init *m, const char *prefix, const char *name, int ndim, const int64_t *shape, float mean,
                   float deviation) {
    gb_random_tensor(&m->random, prefix, name, ndim, shape, mean, deviation);
}

/* [1,3,3,1] ⊗ [1,3,3,1] / 64 */
static void filter(stylegan2_init *m, const char *prefix) {
    static const float taps[4] = {1, 3, 3, 1};
    char name[96];
    snprintf(name, sizeof name, "%s.resample_filter", prefix);
    float *data = m->random.failed ? NULL : gb_network_add_f32(m->random.network, name, 2, (const int64_t[]){4, 4});
    m->random.failed |= !data;
    for (int i = 0; data && i < 16; i++)
        data[i] = taps[i / 4] * taps[i % 4] / 64;
}

static void affine(stylegan2_init *m, const char *layer, int cin) {
    tensor(m, layer, "affine.weight", 2, (const int64_t[]){cin, m->shape.w_dim}, 0, 1);
    tensor(m, layer, "affine.bias", 1, (const int64_t[]){cin}, 1, 0.1f);
}

/* `r` is the block's number, from 4: its maps are r / 4 times as large as the constant. */
static void conv_layer(stylegan2_init *m, const char *layer, int cin, int cout, int r, bool up) {
    affine(m, layer, cin);
    tensor(m, layer, "weight", 4, (const int64_t[]){cout, cin, 3, 3}, 0, 1);
    tensor(m, layer, "bias", 1, (const int64_t[]){cout}, 0, 0.1f);
    tensor(m, layer, "noise_const", 2,
           (const int64_t[]){m->shape.start_height * (r / 4), m->shape.start_width * (r / 4)}, 0, 1);
    tensor(m, layer, "noise_strength", 0, NULL, 0.1f, 0.02f);
    if (up)
        filter(m, layer);
}

static void block(stylegan2_init *m, int r, int cin, int cout) {
    char name[64];
    bool resnet = !strcmp(m->shape.block, "resnet"), skip = !strcmp(m->shape.block, "skip");
    if (r > 4) {
        snprintf(name, sizeof name, "synthesis.b%d.conv0", r);
        conv_layer(m, name, cin, cout, r, true);
        if (resnet) {
            snprintf(name, sizeof name, "synthesis.b%d.skip", r);
            tensor(m, name, "weight", 4, (const int64_t[]){cout, cin, 1, 1}, 0, 1);
            filter(m, name);
        }
    }
    snprintf(name, sizeof name, "synthesis.b%d.conv1", r);
    conv_layer(m, name, cout, cout, r, false);
    if (skip && r > 4) {
        snprintf(name, sizeof name, "synthesis.b%d", r);
        filter(m, name);
    }
    if (skip || r == m->shape.resolution) {
        snprintf(name, sizeof name, "synthesis.b%d.torgb", r);
        affine(m, name, cout);
        tensor(m, name, "weight", 4, (const int64_t[]){m->shape.img_channels, cout, 1, 1}, 0, 1);
        tensor(m, name, "bias", 1, (const int64_t[]){m->shape.img_channels}, 0, 0.1f);
    }
}

static void mapping(stylegan2_init *m) {
    const float lr = 0.01f;
    int features = m->shape.z_dim, w_dim = m->shape.w_dim;
    if (m->shape.classes) {
        tensor(m, "mapping", "embed.weight", 2, (const int64_t[]){w_dim, m->shape.classes}, 0, 1);
        tensor(m, "mapping", "embed.bias", 1, (const int64_t[]){w_dim}, 0, 0.1f);
        features += w_dim;
    }
    for (int i = 0; i < m->shape.mapping_layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "mapping.fc%d", i);
        tensor(m, name, "weight", 2, (const int64_t[]){w_dim, features}, 0, 1 / lr);
        tensor(m, name, "bias", 1, (const int64_t[]){w_dim}, 0, 0.1f / lr);
        features = w_dim;
    }
    tensor(m, "mapping", "w_avg", 1, (const int64_t[]){w_dim}, 0, 0.1f);
}

static void describe(stylegan2_init *m) {
    gb_network *n = m->random.network;
    const int64_t start[2] = {m->shape.start_height, m->shape.start_width};
    bool square = start[0] == 4 && start[1] == 4;
    int64_t widths[16];
    size_t count = 0;
    for (int r = 4; r <= m->shape.resolution; r *= 2)
        widths[count++] = channels(m, r);
    m->random.failed |= !(gb_network_set_str(n, "architecture", "stylegan2") &&
                          gb_network_set_int(n, "config.z_dim", m->shape.z_dim) &&
                          gb_network_set_int(n, "config.c_dim", m->shape.classes) &&
                          gb_network_set_int(n, "config.w_dim", m->shape.w_dim) &&
                          gb_network_set_int(n, "config.resolution", start[0] * (m->shape.resolution / 4)) &&
                          (square || (gb_network_set_ints(n, "config.start", start, 2) &&
                                      gb_network_set_int(n, "config.first_block", 4))) &&
                          gb_network_set_int(n, "config.img_channels", m->shape.img_channels) &&
                          gb_network_set_int(n, "config.mapping_layers", m->shape.mapping_layers) &&
                          gb_network_set_float(n, "config.mapping_lr", 0.01) &&
                          gb_network_set_str(n, "config.mapping_activation", "lrelu") &&
                          gb_network_set_str(n, "config.activation", "lrelu") &&
                          gb_network_set_str(n, "config.block", m->shape.block) &&
                          gb_network_set_ints(n, "config.channels", widths, count) &&
                          gb_network_set_str(n, "origin.family", "random weights") &&
                          gb_network_set_str(n, "origin.rng", "numpy") &&
                          gb_network_set_int(n, "origin.seed", (int64_t)m->shape.seed));
}

static void set_default(int *value, int default_value) {
    if (!*value)
        *value = default_value;
}

static gb_status check(const gb_stylegan2 *s, gb_error *err) {
    const gb_range ranges[] = {
        {"resolution", s->resolution, 4, 4096},     {"channel base", s->channel_base, 1, 1 << 20},
        {"channel maximum", s->channel_max, 1, 8192}, {"z_dim", s->z_dim, 1, 8192},
        {"w_dim", s->w_dim, 1, 8192},               {"mapping layers", s->mapping_layers, 1, 64},
        {"classes", s->classes, 0, 65536},          {"starting height", s->start_height, 1, 4096},
        {"starting width", s->start_width, 1, 4096}, {"picture channels", s->img_channels, 1, 1024},
    };
    gb_status status = gb_check_ranges(ranges, sizeof ranges / sizeof *ranges, err);
    if (status)
        return status;
    if (s->resolution & (s->resolution - 1))
        return gb_fail(err, GB_BAD_ARGUMENT, "resolution is %d; expected a power of two from 4 to 4096",
                       s->resolution);
    if ((int64_t)s->start_height * (s->resolution / 4) > 4096 || (int64_t)s->start_width * (s->resolution / 4) > 4096)
        return gb_fail(err, GB_BAD_ARGUMENT, "a start of %dx%d makes the picture larger than 4096x4096",
                       s->start_height, s->start_width);
    if (strcmp(s->block, "skip") && strcmp(s->block, "resnet") && strcmp(s->block, "orig"))
        return gb_fail(err, GB_BAD_ARGUMENT, "block is '%s'; expected skip, resnet or orig", s->block);
    return GB_OK;
}

gb_status gb_init_stylegan2(gb_context *context, const char *out, const gb_stylegan2 *shape, bool half, gb_error *err) {
    stylegan2_init m = {0};
    gb_status status = GB_TAKE_OPTIONS(gb_stylegan2, seed, &m.shape, shape, err);
    if (status)
        return status;
    set_default(&m.shape.resolution, 256);
    set_default(&m.shape.start_height, 4);
    set_default(&m.shape.start_width, 4);
    set_default(&m.shape.img_channels, 3);
    set_default(&m.shape.channel_base, 32768);
    set_default(&m.shape.channel_max, 512);
    set_default(&m.shape.z_dim, 512);
    set_default(&m.shape.w_dim, 512);
    set_default(&m.shape.mapping_layers, 8);
    if (!m.shape.block)
        m.shape.block = "skip";
    if ((status = check(&m.shape, err)))
        return status;
    if ((status = gb_random_network_new(&m.random, m.shape.seed, err)))
        return status;
    describe(&m);
    mapping(&m);
    int width = channels(&m, 4);
    tensor(&m, "synthesis.b4", "const", 3, (const int64_t[]){width, m.shape.start_height, m.shape.start_width}, 0,
           1);
    for (int r = 4; r <= m.shape.resolution; r *= 2) {
        block(&m, r, width, channels(&m, r));
        width = channels(&m, r);
    }
    return gb_random_network_save(&m.random, context, out, half, err);
}
