/* The settings of a StyleGAN2 that its tensors do not show: clamps, activations, learning-rate multipliers. They come
 * from the file's attributes or from --config, a JSON of the constructor arguments of NVIDIA's or rosinality's code. A
 * setting that is given twice, or that the tensors do show, must agree. */
#include "stylegan2_config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../spelling.h"

static const char *const activations[] = {"linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus",
                                          "swish"};

static bool says_nothing(const gb_value *v) {
    return !v || v->kind == GB_VALUE_NONE;
}

static bool number(const gb_value *v, double *out, const char *who, const char *what, gb_reason *why) {
    *out = gb_value_float(v, NAN);
    return isfinite(*out) || gb_because(why, "%s: '%s' is %s, expected a number", who, what, gb_value_kind_name(v));
}

bool sg2_agree(int64_t inferred, int64_t said, const char *who, const char *what, gb_reason *why) {
    return inferred == said || gb_because(why, "%s: %s is %" PRId64 ", but the tensors have %" PRId64, who, what, said,
                                          inferred);
}

bool sg2_check_resolution(const sg2_generator *g, int64_t said, const char *who, const char *what, gb_reason *why) {
    int64_t nominal = (int64_t)4 << (g->blocks - 1);    /* what code with other starts than 4×4 counts by */
    return said == g->width || said == nominal || sg2_agree(g->height, said, who, what, why);
}

bool sg2_set_clamp(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who, gb_reason *why) {
    sg2_layer *l = &g->layers[block][layer];
    double clamp = -1;
    if (!v)
        return true;
    if (v->kind != GB_VALUE_NONE && !number(v, &clamp, who, "conv_clamp", why))
        return false;
    if (v->kind != GB_VALUE_NONE && clamp < 0)
        return gb_because(why, "%s: conv_clamp is %g, expected null or a number of at least 0", who, clamp);
    if (l->clamp_known && l->conv_clamp != clamp)
        return gb_because(why, "%s: conv_clamp is %g, but the file says %g (-1 is none)", who, clamp, l->conv_clamp);
    l->clamp_known = true;
    l->conv_clamp = clamp;
    return true;
}

static bool set_name(const char **kept, const gb_value *v, const char *who, gb_reason *why) {
    if (says_nothing(v))
        return true;
    const char *name = gb_value_str(v, ""), *known = NULL;
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (!strcmp(name, activations[i]))
            known = activations[i];
    if (!known)
        return gb_because(why, "%s: activation '%s' is unknown; linear, relu, lrelu, tanh, sigmoid, elu, selu, "
                          "softplus and swish are possible", who, name);
    if (*kept && *kept != known)
        return gb_because(why, "%s: activation is %s, but the file says %s", who, known, *kept);
    *kept = known;
    return true;
}

bool sg2_set_activation(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                        gb_reason *why) {
    return set_name(&g->layers[block][layer].activation, v, who, why);
}

bool sg2_set_mapping_activation(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why) {
    return set_name(&g->mapping_activation, v, who, why);
}

bool sg2_set_mapping_lr(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why) {
    double lr;
    if (says_nothing(v))
        return true;
    if (!number(v, &lr, who, "lr_multiplier", why))
        return false;
    if (!isnan(g->mapping_lr) && g->mapping_lr != lr)
        return gb_because(why, "%s: the mapping's lr_multiplier is %g, but the file says %g", who, lr, g->mapping_lr);
    g->mapping_lr = lr;
    return true;
}

bool sg2_check_block(const sg2_generator *g, const gb_value *v, const char *who, gb_reason *why) {
    const char *name = gb_value_str(v, NULL);
    if (says_nothing(v) || (name && !strcmp(name, g->block)))
        return true;
    return g->blocks == 1 || gb_because(why, "%s: architecture is '%s', but the tensors are those of '%s'", who,
                                        name ? name : gb_value_kind_name(v), g->block);
}

bool sg2_check_noise(const sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                     gb_reason *why) {
    char path[48];
    bool uses = !g->layers[block][layer].no_noise;
    return says_nothing(v) || gb_value_bool(v, uses) == uses ||
        gb_because(why, "%s: use_noise is %s, but %s has %s noise_strength", who, uses ? "false" : "true",
                   sg2_module_path(g, layer, block, path), uses ? "a" : "no");
}

bool sg2_set_filter(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why) {
    double f[4] = {0}, sum = 0;
    if (says_nothing(v))
        return true;
    size_t taps = gb_value_count(v), first = taps == 2;     /* two taps are the middle ones of four */
    if (taps != 4 && taps != 2)
        return gb_because(why, "%s: the resampling filter must have two or four taps, as [1, 3, 3, 1]", who);
    for (size_t i = 0; i < taps; i++) {
        if (!number(gb_value_item(v, i), &f[first + i], who, "resampling filter", why))
            return false;
        sum += f[first + i];
    }
    if (sum == 0)
        return gb_because(why, "%s: the resampling filter sums to 0", who);
    for (size_t i = 0; i < 4; i++)
        g->filter[i] = f[i] / sum;
    g->filter_given = true;
    return true;
}

void sg2_set_box_filter(sg2_generator *g) {
    static const double box[4] = {0, 0.5, 0.5, 0};
    memcpy(g->filter, box, sizeof box);
    g->filter_given = true;
}

/* ---- --config ---- */

typedef enum claim {
    INTEGER, RESOLUTION, IGNORED, NESTED, CLAMP, ACTIVATION, MAPPING_ACTIVATION, MAPPING_LR, BLOCK, NOISE, FILTER,
    CHANNEL_BASE, CHANNEL_MAX, CHANNEL_MULTIPLIER,
} claim;

typedef enum scope { ANYWHERE, IN_MAPPING } scope;

/* The first match counts: `activation` has another meaning among the mapping's arguments. */
static const struct row {
    const char *key;
    claim what;
    scope where;
    size_t field;       /* of an INTEGER, in sg2_generator */
} rows[] = {
    /* NVIDIA's */
    {"z_dim", INTEGER, ANYWHERE, offsetof(sg2_generator, z_dim)},
    {"c_dim", INTEGER, ANYWHERE, offsetof(sg2_generator, c_dim)},
    {"w_dim", INTEGER, ANYWHERE, offsetof(sg2_generator, w_dim)},
    {"img_resolution", RESOLUTION, ANYWHERE, 0},
    {"img_channels", INTEGER, ANYWHERE, offsetof(sg2_generator, img_channels)},
    {"num_layers", INTEGER, ANYWHERE, offsetof(sg2_generator, mapping_layers)},
    {"mapping_kwargs", NESTED, ANYWHERE, 0},
    {"synthesis_kwargs", NESTED, ANYWHERE, 0},
    {"activation", MAPPING_ACTIVATION, IN_MAPPING, 0},
    {"activation", ACTIVATION, ANYWHERE, 0},
    {"lr_multiplier", MAPPING_LR, ANYWHERE, 0},
    {"architecture", BLOCK, ANYWHERE, 0},
    {"conv_clamp", CLAMP, ANYWHERE, 0},
    {"use_noise", NOISE, ANYWHERE, 0},
    {"resample_filter", FILTER, ANYWHERE, 0},
    {"channel_base", CHANNEL_BASE, ANYWHERE, 0},
    {"channel_max", CHANNEL_MAX, ANYWHERE, 0},
    {"embed_features", IGNORED, ANYWHERE, 0},
    {"layer_features", IGNORED, ANYWHERE, 0},
    {"w_avg_beta", IGNORED, ANYWHERE, 0},
    {"num_fp16_res", IGNORED, ANYWHERE, 0},
    {"fp16_channels_last", IGNORED, ANYWHERE, 0},
    {"fused_modconv_default", IGNORED, ANYWHERE, 0},
    {"class_name", IGNORED, ANYWHERE, 0},
    {"init_res", IGNORED, ANYWHERE, 0},         /* eps696's; the constant shows it */
    {"square", IGNORED, ANYWHERE, 0},           /* StyleGAN-Human's */
    /* rosinality's */
    {"size", RESOLUTION, ANYWHERE, 0},
    {"style_dim", INTEGER, ANYWHERE, offsetof(sg2_generator, w_dim)},
    {"latent", INTEGER, ANYWHERE, offsetof(sg2_generator, w_dim)},
    {"n_mlp", INTEGER, ANYWHERE, offsetof(sg2_generator, mapping_layers)},
    {"channel_multiplier", CHANNEL_MULTIPLIER, ANYWHERE, 0},
    {"lr_mlp", MAPPING_LR, ANYWHERE, 0},
    {"blur_kernel", FILTER, ANYWHERE, 0},
};

static const char who[] = "--config";

typedef struct channel_claims {
    double base, max, multiplier;   /* NAN: not given */
} channel_claims;

static bool unknown(const char *key, gb_reason *why) {
    gb_spelling spelling = gb_spelling_of(key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        gb_spelling_consider(&spelling, rows[i].key);
    return spelling.nearest
               ? gb_because(why, "--config: a StyleGAN2 generator has no argument '%s'; the nearest is '%s'", key,
                            spelling.nearest)
               : gb_because(why, "--config: a StyleGAN2 generator has no argument '%s'", key);
}

static bool read_keys(sg2_generator *g, const gb_value *config, scope in, int depth, channel_claims *channels,
                      gb_reason *why);

static bool apply(sg2_generator *g, const struct row *row, const gb_value *v, int depth, channel_claims *channels,
                  gb_reason *why) {
    bool good = true;
    double said;
    switch (row->what) {
    case IGNORED:
        return true;
    case NESTED:
        return says_nothing(v) ||
            read_keys(g, v, !strcmp(row->key, "mapping_kwargs") ? IN_MAPPING : ANYWHERE, depth + 1, channels, why);
    case MAPPING_ACTIVATION:
        return sg2_set_mapping_activation(g, v, who, why);
    case MAPPING_LR:
        return sg2_set_mapping_lr(g, v, who, why);
    case BLOCK:
        return sg2_check_block(g, v, who, why);
    case FILTER:
        return sg2_set_filter(g, v, who, why);
    case CLAMP:
    case ACTIVATION:
    case NOISE:
        for (int b = 0; b < g->blocks && good; b++)
            for (int l = 0; l < SG2_SKIP && good; l++) {
                sg2_module layer = (sg2_module)l;
                if (!sg2_has_layer(g, b, layer))
                    continue;
                if (row->what == CLAMP)
                    good = sg2_set_clamp(g, b, layer, v, who, why);
                else if (l != SG2_TORGB)
                    good = row->what == NOISE ? sg2_check_noise(g, b, layer, v, who, why)
                                              : sg2_set_activation(g, b, layer, v, who, why);
            }
        return good;
    case INTEGER:
        if (says_nothing(v))
            return true;
        if (gb_value_int(v, INT64_MIN) == INT64_MIN)
            return gb_because(why, "--config: '%s' is %s, expected an integer", row->key, gb_value_kind_name(v));
        return sg2_agree(*(const int64_t *)(const void *)((const char *)g + row->field), gb_value_int(v, 0), who,
                         row->key, why);
    case RESOLUTION:
        if (says_nothing(v))
            return true;
        if (gb_value_int(v, INT64_MIN) == INT64_MIN)
            return gb_because(why, "--config: '%s' is %s, expected an integer", row->key, gb_value_kind_name(v));
        return sg2_check_resolution(g, gb_value_int(v, 0), who, row->key, why);
    case CHANNEL_BASE:
    case CHANNEL_MAX:
    case CHANNEL_MULTIPLIER:
        if (says_nothing(v))
            return true;
        if (!number(v, &said, who, row->key, why))
            return false;
        *(row->what == CHANNEL_BASE ? &channels->base : row->what == CHANNEL_MAX ? &channels->max
                                                                                 : &channels->multiplier) = said;
    }
    return true;
}

static bool read_keys(sg2_generator *g, const gb_value *config, scope in, int depth, channel_claims *channels,
                      gb_reason *why) {
    if (config->kind != GB_VALUE_DICT || depth > 1)
        return gb_because(why, "--config: %s where constructor arguments by name are expected",
                          gb_value_kind_name(config));
    for (size_t k = 0; k < config->dict.count; k++) {
        const char *key = gb_value_str(config->dict.keys[k], "");
        const struct row *row = NULL;
        for (size_t i = 0; i < sizeof rows / sizeof *rows && !row; i++)
            if (!strcmp(key, rows[i].key) && (rows[i].where == ANYWHERE || rows[i].where == in))
                row = &rows[i];
        if (!row)
            return unknown(key, why);
        if (!apply(g, row, config->dict.values[k], depth, channels, why))
            return false;
    }
    return true;
}

/* NVIDIA's min(base / r, max), where either alone leaves the other at its default; rosinality's table: 512 up to 32×32,
 * then 16384 · multiplier / r. */
static bool check_channels(const sg2_generator *g, const channel_claims *said, gb_reason *why) {
    double base = isnan(said->base) ? 32768 : said->base, max = isnan(said->max) ? 512 : said->max;
    bool nvidia = !isnan(said->base) || !isnan(said->max), rosinality = !isnan(said->multiplier);
    for (int b = 0; b < g->blocks && (nvidia || rosinality); b++) {
        double res = (double)((int64_t)4 << b), has = (double)g->channels[b];
        double by_multiplier = res <= 32 ? 512 : 16384 * said->multiplier / res, by_base = fmin(floor(base / res), max);
        if ((nvidia && by_base != has) || (rosinality && by_multiplier != has))
            return gb_because(why, "--config: gives %.0f feature maps at %" PRId64 "×%" PRId64 ", but the tensors have "
                              "%.0f", nvidia ? by_base : by_multiplier, sg2_height(g, b), sg2_width(g, b), has);
    }
    return true;
}

bool sg2_configure(sg2_generator *g, const gb_value *config, bool note, gb_network *n, gb_reason *why) {
    channel_claims channels = {NAN, NAN, NAN};
    if (config && (!read_keys(g, config, ANYWHERE, 0, &channels, why) || !check_channels(g, &channels, why)))
        return false;
    bool clamp = false, activation = false, lr = isnan(g->mapping_lr);
    for (int b = 0; b < g->blocks; b++)
        for (int l = 0; l < SG2_LAYERS; l++) {
            sg2_layer *layer = &g->layers[b][l];
            bool there = sg2_has_layer(g, b, (sg2_module)l);
            if (!layer->clamp_known) {
                clamp = clamp || (there && l != SG2_SKIP);
                layer->conv_clamp = -1;
            }
            if (!layer->activation) {
                activation = activation || (there && l <= SG2_CONV1);
                layer->activation = "lrelu";
            }
        }
    if (!g->mapping_activation)
        g->mapping_activation = "lrelu";
    if (lr)
        g->mapping_lr = 0.01;
    if (!note || !(clamp || activation || lr))
        return true;
    return gb_network_note(n, "not in the file, so defaults were taken:%s%s%s; --config FILE.json can give others",
                           clamp ? " conv_clamp none," : "", activation ? " activation lrelu," : "",
                           lr ? " lr_multiplier 0.01" : "") ||
        gb_because_no_memory(why);
}
