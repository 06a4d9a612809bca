/* BigGAN and BigGAN-deep of a given shape with random weights, for benchmarks and tests. Layers and names are those of
 * the published networks: BigGAN-PyTorch's for the standard one, the Hugging Face port's, with 51 rows of statistics,
 * for the deep one. Weights are normal with variance 1 / fan-in, so that values keep their magnitude; biases,
 * statistics and the attention's gamma are not trivial, so that every operation has an effect. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "init.h"
#include "weights/adapt/biggan.h"
#include "weights/adapt/imagenet_classes.h"

enum { MAX_BLOCKS = 14, BOTTOM = 4, CHUNK = 20, STATS = 51 };

typedef struct biggan_init {
    gb_random_network random;
    gb_biggan shape;
    int chunk, condition;           /* sizes of a chunk of z, and of the vector on which norms are conditioned */
    int stats;
    size_t blocks, attentions;
    int64_t in[MAX_BLOCKS], out[MAX_BLOCKS], up[MAX_BLOCKS], attention_after[MAX_BLOCKS];
} biggan_init;

/* ------------------------------------------------------------------------------------------------ shape */

/* True if `text`, for example "32_64", contains the resolution. */
static bool attends(const char *text, long resolution) {
    for (char *end; *text; text = *end == '_' ? end + 1 : end) {
        long r = strtol(text, &end, 10);
        if (end == text)
            return false;
        if (r == resolution)
            return true;
    }
    return false;
}

/* Resolutions given by the user must exist in the network; the default "64" is ignored in smaller networks, as in the
 * published code. */
static gb_status check_attention(const char *text, int resolution, gb_error *err) {
    for (const char *p = text; *p;) {
        char *end;
        long r = strtol(p, &end, 10);
        bool there = (r > BOTTOM && r <= resolution && !(r & (r - 1))) || (r == 0 && !strcmp(text, "0"));
        if (end == p || (*end && *end != '_') || (*end && !end[1]) || !there)
            return gb_fail(err, GB_BAD_ARGUMENT, "attention is '%s'; expected 0, or resolutions from 8 to %d as in 64 "
                           "or 32_64", text, resolution);
        p = *end ? end + 1 : end;
    }
    return GB_OK;
}

static void lay_out(biggan_init *m, const bg_stages *stages) {
    const char *attention = m->shape.attention ? m->shape.attention : "64";
    int64_t width = m->shape.channel_width;
    int r = BOTTOM;
    for (int s = 0; s < stages->count; s++) {
        int64_t from = width * stages->width[s], to = width * stages->width[s + 1];
        if (m->shape.deep) {        /* a stage has two blocks */
            m->in[m->blocks] = m->out[m->blocks] = from;
            m->blocks++;
        }
        m->in[m->blocks] = from;
        m->out[m->blocks] = to;
        m->up[m->blocks] = 1;
        r *= 2;
        if (attends(attention, r))
            m->attention_after[m->attentions++] = (int64_t)m->blocks;
        m->blocks++;
    }
}

static void set_default(int *value, int default_value) {
    if (!*value)
        *value = default_value;
}

static gb_status resolve_shape(biggan_init *m, gb_error *err) {
    gb_biggan *s = &m->shape;
    const bg_stages *stages = bg_published;
    set_default(&s->resolution, 256);
    set_default(&s->channel_width, s->deep ? 128 : 96);
    set_default(&s->classes, 1000);
    while (stages->resolution && stages->resolution != s->resolution)
        stages++;
    if (!stages->resolution)
        return gb_fail(err, GB_BAD_ARGUMENT, "resolution is %d; expected 32, 64, 128, 256 or 512", s->resolution);
    if (s->shared_dim < 0)
        s->flat = true;             /* chunks are concatenated to the embedding; there is none */
    bool chunks = !s->deep && !s->flat;
    int slots = stages->count + 1;
    set_default(&s->z_dim, chunks ? CHUNK * slots : 128);
    set_default(&s->shared_dim, s->deep ? s->z_dim : 128);
    const gb_range ranges[] = {
        {"channel width", s->channel_width, 8, 512},
        {"classes", s->classes, 1, 65536},
        {"z_dim", s->z_dim, chunks ? slots : 1, 8192},
        {"shared_dim", s->shared_dim, -1, 8192},
    };
    gb_status status = gb_check_ranges(ranges, sizeof ranges / sizeof *ranges, err);
    if (!status && s->deep && s->shared_dim != s->z_dim)
        status = gb_fail(err, GB_BAD_ARGUMENT, "shared_dim is %d; BigGAN-deep needs %d, the size of z", s->shared_dim,
                         s->z_dim);
    if (!status && s->attention)
        status = check_attention(s->attention, s->resolution, err);
    if (status)
        return status;
    if (chunks) {
        m->chunk = s->z_dim / slots;
        s->z_dim = m->chunk * slots;
    }
    m->condition = s->shared_dim < 0 ? s->classes : s->shared_dim + (s->deep ? s->z_dim : m->chunk);
    m->stats = s->deep ? STATS : 1;
    lay_out(m, stages);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ tensors */

/* A matrix or convolution kernel that keeps the magnitude of its input. */
static void weight(biggan_init *m, const char *module, int64_t out, int64_t in, int64_t kernel, float gain) {
    gb_random_tensor(&m->random, module, "weight", kernel ? 4 : 2, (const int64_t[]){out, in, kernel, kernel}, 0,
                     gain / sqrtf((float)(in * (kernel ? kernel * kernel : 1))));
}

static void conv(biggan_init *m, const char *block, const char *name, int64_t out, int64_t in, int64_t kernel) {
    char module[64];
    snprintf(module, sizeof module, "%s.%s", block, name);
    weight(m, module, out, in, kernel, 1);
    gb_random_tensor(&m->random, module, "bias", 1, &out, 0, 0.1f);
}

/* Variances are squares, so that none is negative. */
static void statistics(biggan_init *m, const char *norm, int64_t channels) {
    const int64_t shape[] = {m->stats, channels};
    gb_random_tensor(&m->random, norm, "mean", 2, shape, 0, 0.1f);
    float *var = gb_random_tensor(&m->random, norm, "var", 2, shape, 1, 0.1f);
    for (int64_t i = 0; var && i < m->stats * channels; i++)
        var[i] *= var[i];
}

static void conditional_norm(biggan_init *m, const char *block, const char *name, int64_t channels) {
    char norm[64], module[80];
    snprintf(norm, sizeof norm, "%s.%s", block, name);
    for (int i = 0; i < 2; i++) {
        const char *gain = m->shape.deep ? "scale" : "gain", *bias = m->shape.deep ? "offset" : "bias";
        snprintf(module, sizeof module, "%s.%s", norm, i ? bias : gain);
        weight(m, module, channels, m->condition, 0, 0.3f);
    }
    statistics(m, norm, channels);
}

static void standard_block(biggan_init *m, const char *block, int64_t in, int64_t out) {
    conditional_norm(m, block, "bn1", in);
    conv(m, block, "conv1", out, in, 3);
    conditional_norm(m, block, "bn2", out);
    conv(m, block, "conv2", out, out, 3);
    conv(m, block, "conv_sc", out, in, 1);
}

static void deep_block(biggan_init *m, const char *block, int64_t in, int64_t out) {
    char bn[24], name[24];
    for (int k = 0; k < 4; k++) {
        int64_t from = k == 0 ? in : in / 4, to = k == 3 ? out : in / 4;
        snprintf(bn, sizeof bn, "bn_%d", k);
        snprintf(name, sizeof name, "conv_%d", k);
        conditional_norm(m, block, bn, from);
        conv(m, block, name, to, from, k == 1 || k == 2 ? 3 : 1);
    }
}

static void attention(biggan_init *m, const char *module, int64_t channels) {
    const int64_t keys = channels / 8, values = channels / 2;
    const struct { const char *standard, *deep; int64_t out, in; } convs[] = {
        {"theta", "snconv1x1_theta", keys, channels},
        {"phi", "snconv1x1_phi", keys, channels},
        {"g", "snconv1x1_g", values, channels},
        {"o", "snconv1x1_o_conv", channels, values},
    };
    for (size_t i = 0; i < sizeof convs / sizeof *convs; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s.%s", module, m->shape.deep ? convs[i].deep : convs[i].standard);
        weight(m, name, convs[i].out, convs[i].in, 1, 1);
    }
    gb_random_tensor(&m->random, module, "gamma", 0, NULL, 0.5f, 0.1f);
}

static void tensors(biggan_init *m) {
    const gb_biggan *s = &m->shape;
    int64_t first = m->in[0] * BOTTOM * BOTTOM, last = m->out[m->blocks - 1], rgb = s->deep ? last : 3;
    if (s->shared_dim > 0)
        gb_random_tensor(&m->random, s->deep ? "embeddings" : "shared", "weight", 2,
                         (const int64_t[]){s->shared_dim, s->classes}, 0, 1);
    weight(m, s->deep ? "generator.gen_z" : "linear", first, s->deep ? m->condition : m->chunk ? m->chunk : s->z_dim, 0,
           1);
    gb_random_tensor(&m->random, s->deep ? "generator.gen_z" : "linear", "bias", 1, &first, 0, 0.1f);
    size_t passed = 0;              /* attention modules so far: the port counts them as layers */
    for (size_t i = 0; i < m->blocks; i++) {
        char module[48];
        snprintf(module, sizeof module, s->deep ? "generator.layers.%zu" : "blocks.%zu.0", i + (s->deep ? passed : 0));
        (s->deep ? deep_block : standard_block)(m, module, m->in[i], m->out[i]);
        if (passed == m->attentions || (size_t)m->attention_after[passed] != i)
            continue;
        passed++;
        snprintf(module, sizeof module, s->deep ? "generator.layers.%zu" : "blocks.%zu.1", i + (s->deep ? passed : 0));
        attention(m, module, m->out[i]);
    }
    const char *norm = s->deep ? "generator.bn" : "output_layer.0";
    gb_random_tensor(&m->random, norm, s->deep ? "weight" : "gain", 1, &last, 1, 0.1f);
    gb_random_tensor(&m->random, norm, "bias", 1, &last, 0, 0.1f);
    statistics(m, norm, last);
    conv(m, s->deep ? "generator" : "output_layer", s->deep ? "conv_to_rgb" : "2", rgb, last, 3);
}

static void describe(biggan_init *m) {
    const gb_biggan *s = &m->shape;
    gb_network *n = m->random.network;
    double eps = s->deep ? 1e-4 : 1e-5;
    m->random.failed |= !(gb_network_set_str(n, "architecture", "biggan") &&
                          gb_network_set_str(n, "config.naming", s->deep ? "huggingface" : "pytorch") &&
                          gb_network_set_str(n, "config.variant", s->deep ? "deep" : "standard") &&
                          gb_network_set_int(n, "config.resolution", s->resolution) &&
                          gb_network_set_int(n, "config.z_dim", s->z_dim) &&
                          gb_network_set_int(n, "config.c_dim", s->classes) &&
                          gb_network_set_int(n, "config.shared_dim", s->shared_dim < 0 ? 0 : s->shared_dim) &&
                          gb_network_set_int(n, "config.z_chunk", m->chunk) &&
                          gb_network_set_int(n, "config.img_channels", 3) &&
                          gb_network_set_int(n, "config.bottom_width", BOTTOM) &&
                          gb_network_set_float(n, "config.norm_eps", eps) &&
                          gb_network_set_float(n, "config.output_norm_eps", eps) &&
                          gb_network_set_int(n, "config.n_stats", m->stats) &&
                          gb_network_set_ints(n, "config.layers.in", m->in, m->blocks) &&
                          gb_network_set_ints(n, "config.layers.out", m->out, m->blocks) &&
                          gb_network_set_ints(n, "config.layers.up", m->up, m->blocks) &&
                          gb_network_set_ints(n, "config.attention_after", m->attention_after, m->attentions) &&
                          gb_network_set_str(n, "origin.family", "random weights") &&
                          gb_network_set_str(n, "origin.rng", s->deep ? "truncnorm" : "torch") &&
                          gb_network_set_int(n, "origin.seed", (int64_t)s->seed) &&
                          (s->classes != GB_IMAGENET_CLASSES ||
                           gb_network_set_strs(n, "origin.class_names", gb_imagenet_classes, GB_IMAGENET_CLASSES)));
}

gb_status gb_init_biggan(gb_context *context, const char *out, const gb_biggan *shape, bool half, gb_error *err) {
    biggan_init m = {0};
    gb_status status = GB_TAKE_OPTIONS(gb_biggan, seed, &m.shape, shape, err);
    if (status || (status = resolve_shape(&m, err)) || (status = gb_random_network_new(&m.random, m.shape.seed, err)))
        return status;
    describe(&m);
    tensors(&m);
    return gb_random_network_save(&m.random, context, out, half, err);
}
