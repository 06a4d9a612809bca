/* BigGAN-deep of the Hugging Face port (pytorch_model.bin): weights converted from TF-Hub's BigGAN-deep, each norm with
 * the statistics of 51 truncations. Its config.json comes by --config. Without it all is inferred: which layers enlarge
 * shows in no tensor, but in every published model (128, 256, 512) they alternate, beginning with one that does not;
 * eps is 1e-4 in all of them.
 *
 * A layer's number counts the attention among the blocks. conv_to_rgb gives channel_width maps, of which the picture is
 * the first three. */
#include "biggan.h"
#include "families.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BOTTOM = 4 };    /* gen_z gives 4×4 maps, of 16 · channel_width features */

static bool find_layers(bg_generator *g) {
    char layer[48], last[64];
    int64_t width;
    if (!bg_extent(g, "generator.gen_z", ".bias", 1, 0, &width))
        return false;
    width /= BOTTOM * BOTTOM;
    for (int j = 0;; j++) {
        snprintf(layer, sizeof layer, "generator.layers.%d", j);
        snprintf(last, sizeof last, "%s.conv_3", layer);
        if (bg_find(g, layer, ".gamma")) {
            if (!g->blocks || g->attentions == BG_BLOCKS)
                return gb_because(g->why, "'%s' is attention where a residual block is expected", layer);
            g->attention_after[g->attentions++] = g->blocks - 1;
            continue;
        }
        if (!bg_find_weight(g, last))
            break;
        if (g->blocks == BG_BLOCKS)
            return gb_because(g->why, "has more than %d residual blocks", BG_BLOCKS);
        int64_t *in = &g->in[g->blocks], *out = &g->out[g->blocks];
        *in = width;
        if (!bg_weight_extent(g, last, 4, 0, out))
            return false;
        if (*out != *in && *out * 2 != *in)
            return gb_because(g->why, "'%s' leads from %" PRId64 " to %" PRId64 " feature maps; the port's shortcut "
                              "keeps all or half", layer, *in, *out);
        width = *out;
        g->up[g->blocks] = g->blocks % 2;
        g->blocks++;
    }
    return g->blocks > 0 || gb_because(g->why, "no tensor '%sgenerator.layers.0.conv_3.weight'", g->source.prefix);
}

/* ---- config.json ---- */

/* "layers": [[enlarges, in, out], …], widths in units of channel_width. */
static bool agree_layers(bg_generator *g, const gb_value *config, int64_t channel_width) {
    const gb_value *layers = gb_value_get(config, "layers");
    size_t count = gb_value_count(layers);
    if (!layers)
        return true;
    if (count != (size_t)g->blocks)
        return gb_because(g->why, "--config: layers has %zu rows, but the tensors have %d residual blocks", count,
                          g->blocks);
    for (size_t i = 0; i < count; i++) {
        const gb_value *row = gb_value_item(layers, i), *up = gb_value_item(row, 0);
        int64_t in = gb_value_int(gb_value_item(row, 1), -1), out = gb_value_int(gb_value_item(row, 2), -1);
        if (gb_value_count(row) != 3 || !up || up->kind != GB_VALUE_BOOL || in < 0 || out < 0)
            return gb_because(g->why, "--config: row %zu of layers is expected to be [enlarges, in, out], as "
                              "[true, 16, 8]", i);
        if (in > BG_WIDEST || out > BG_WIDEST || in * channel_width != g->in[i] || out * channel_width != g->out[i])
            return gb_because(g->why, "--config: row %zu of layers is [%" PRId64 ", %" PRId64 "], but the tensors have "
                              "[%" PRId64 ", %" PRId64 "]", i, in, out, g->in[i] / channel_width,
                              g->out[i] / channel_width);
        g->up[i] = up->boolean;
    }
    return true;
}

/* The position is that of attention among all layers; one past the last means none. */
static bool agree_attention(bg_generator *g, const gb_value *config) {
    int64_t position = gb_value_int(gb_value_get(config, "attention_layer_position"), g->blocks);
    if (g->attentions)
        return bg_agree(g, config, "attention_layer_position", g->attention_after[0] + 1);
    return position >= g->blocks || gb_because(g->why, "--config: attention_layer_position is %" PRId64 ", but the "
                                               "tensors hold no attention", position);
}

static bool configure(bg_generator *g, const gb_value *config, int64_t channel_width) {
    static const char *const known[] = {
        "z_dim", "class_embed_dim", "channel_width", "num_classes", "layers", "attention_layer_position", "eps",
        "n_stats", "output_dim", NULL,
    };
    bool layers = gb_value_get(config, "layers") != NULL, eps = gb_value_get(config, "eps") != NULL;
    if (!bg_agree(g, config, "z_dim", g->z_dim) || !bg_agree(g, config, "class_embed_dim", g->shared_dim) ||
        !bg_agree(g, config, "channel_width", channel_width) || !bg_agree(g, config, "num_classes", g->c_dim) ||
        !bg_agree(g, config, "n_stats", g->n_stats) || !agree_layers(g, config, channel_width) ||
        !agree_attention(g, config) || !bg_read_eps(g, config, "eps", &g->norm_eps) ||
        !bg_check_config(g, config, known) || !bg_set_resolution(g) ||
        !bg_agree(g, config, "output_dim", g->resolution))
        return false;
    g->output_norm_eps = g->norm_eps;
    return (layers && eps) ||
        gb_network_note(g->network, "not in the file, so taken as in every published model:%s%s; --config with its "
                        "config.json can give other values", layers ? "" : " every second layer enlarges",
                        eps ? "" : layers ? " eps 1e-4" : ", eps 1e-4") || bg_no_memory(g);
}

static bool read_generator(bg_generator *g, const gb_value *config) {
    if (!bg_weight_extent(g, "embeddings", 2, 0, &g->z_dim) || !bg_weight_extent(g, "embeddings", 2, 1, &g->c_dim) ||
        !bg_extent(g, "generator.bn", ".running_means", 2, 0, &g->n_stats) || !find_layers(g))
        return false;
    int64_t channel_width = g->out[g->blocks - 1];
    g->shared_dim = g->z_dim;
    if (channel_width < 3 || g->in[0] != 16 * channel_width)
        return gb_because(g->why, "its blocks lead from %" PRId64 " to %" PRId64 " feature maps, expected from sixteen "
                          "times as many as they end with, and to at least three", g->in[0], channel_width);
    return configure(g, config, channel_width) && bg_note_found(g);
}

/* ---- bringing over ---- */

static bool bring_statistics(bg_generator *g, const char *path, int64_t channels) {
    bg_shape shape = {2, {g->n_stats, channels}};
    return bg_bring(g, path, ".running_means", ".mean", BG_AS_IS, shape) &&
        bg_bring(g, path, ".running_vars", ".var", BG_AS_IS, shape);
}

/* Norm before each of 1×1, 3×3, 3×3, 1×1, the middle at a quarter of the width. */
static bool bring_block(bg_generator *g, int layer, int64_t in, int64_t out) {
    char bn[48], scale[64], offset[64], conv[64];
    for (int k = 0; k < 4; k++) {
        int64_t from = k == 0 ? in : in / 4, to = k == 3 ? out : in / 4;
        bg_shape condition = {2, {from, 2 * g->z_dim}};
        snprintf(bn, sizeof bn, "generator.layers.%d.bn_%d", layer, k);
        snprintf(scale, sizeof scale, "%s.scale", bn);
        snprintf(offset, sizeof offset, "%s.offset", bn);
        snprintf(conv, sizeof conv, "generator.layers.%d.conv_%d", layer, k);
        if (!bg_bring_weight(g, scale, BG_AS_IS, condition) || !bg_bring_weight(g, offset, BG_AS_IS, condition) ||
            !bring_statistics(g, bn, from) || !bg_bring_conv(g, conv, to, from, k == 1 || k == 2 ? 3 : 1))
            return false;
    }
    return true;
}

static bool bring_all(bg_generator *g) {
    static const char *const attention_names[4] = {
        ".snconv1x1_theta", ".snconv1x1_phi", ".snconv1x1_g", ".snconv1x1_o_conv",
    };
    char attention[48];
    int64_t first = g->in[0] * BOTTOM * BOTTOM, last = g->out[g->blocks - 1];
    if (!bg_bring_weight(g, "embeddings", BG_AS_IS, (bg_shape){2, {g->z_dim, g->c_dim}}) ||
        !bg_bring_weight(g, "generator.gen_z", BG_AS_IS, (bg_shape){2, {first, 2 * g->z_dim}}) ||
        !bg_bring(g, "generator.gen_z", ".bias", ".bias", BG_AS_IS, (bg_shape){1, {first}}))
        return false;
    for (int i = 0, next = 0; i < g->blocks; i++) {
        if (!bring_block(g, i + next, g->in[i], g->out[i]))
            return false;
        for (; next < g->attentions && g->attention_after[next] == i; next++) {
            snprintf(attention, sizeof attention, "generator.layers.%d", i + 1 + next);
            if (!bg_bring_attention(g, attention, attention_names, g->out[i]))
                return false;
        }
    }
    return bg_bring(g, "generator.bn", ".weight", ".weight", BG_AS_IS, (bg_shape){1, {last}}) &&
        bg_bring(g, "generator.bn", ".bias", ".bias", BG_AS_IS, (bg_shape){1, {last}}) &&
        bring_statistics(g, "generator.bn", last) && bg_bring_conv(g, "generator.conv_to_rgb", last, last, 3);
}

static bool ignored(const char *name) {
    (void)name;
    return false;
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    static const char *const within[] = {"embeddings.", "generator.", NULL};
    bg_generator g = {
        .family = "biggan-huggingface", .code = "the Hugging Face port", .naming = "huggingface", .rng = "truncnorm",
        .deep = true, .bottom_width = BOTTOM, .norm_eps = 1e-4, .sn_eps = 1e-12,
    };
    bool good = bg_open(&g, c, prefix, n, why) && read_generator(&g, config) && bg_put_metadata(&g) &&
        bring_all(&g) && bg_finish(&g, within, ignored);
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_biggan_huggingface = {
    .name = "biggan-huggingface",
    .summary = "BigGAN-deep of the Hugging Face port: pytorch_model.bin, with its config.json",
    .source = "pytorch-pretrained-BigGAN",
    .landmarks = {"generator.gen_z.bias", "generator.bn.running_means"},
    .has_config_beside = true,
    .adapt = adapt,
};
