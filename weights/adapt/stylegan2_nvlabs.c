/* StyleGAN2 as NVIDIA's PyTorch code saves it: the ADA repository's .pkl, StyleGAN2 trained in the StyleGAN3
 * repository, and bare state dicts under the same names. These names are the canonical ones. A pickled module's
 * attributes tell how it was made and take precedence over any default: the two repositories' defaults differ and do
 * not appear among the keywords. */
#include "families.h"
#include "stylegan2.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The names are the canonical ones. */
static bool origin(const sg2_generator *g, const sg2_slot *slot, sg2_origin *o) {
    (void)g, (void)slot, (void)o;
    return true;
}

/* The first block is b4 whatever the size of its constant, except in code that begins at a higher resolution. */
static void begin(sg2_generator *g) {
    char name[48];
    for (int64_t first = 1; first <= SG2_LARGEST && !g->first; first++) {
        snprintf(name, sizeof name, "synthesis.b%d.const", (int)first);
        if (gb_source_take(&g->source, name))
            g->first = first;
    }
}

/* Every convolution has a filter buffer, also where nothing is resampled. */
static bool ignored(const char *name) {
    size_t size = strlen(name), tail = sizeof ".resample_filter" - 1;
    return size >= tail && !strcmp(name + size - tail, ".resample_filter");
}

static const char *const within[] = {"mapping.", "synthesis.", NULL};

static const sg2_naming naming = {
    .family = "stylegan2-nvlabs", .code = "NVIDIA's PyTorch code", .rng = "numpy", .within = within, .ignored = ignored,
    .begin = begin, .origin = origin,
};

/* ---- attributes of the pickled modules ---- */

/* An attribute that must have StyleGAN2's value if the file has it. */
static bool number_is(const gb_value *module, const char *path, const char *key, double expected, gb_reason *why) {
    double said = gb_value_float(gb_value_get(module, key), expected);
    return fabs(said - expected) <= 1e-6 * fabs(expected) ||
        gb_because(why, "%s.%s is %g, StyleGAN2 has %g there", path, key, said, expected);
}

/* bias_act's gain for each activation. */
static double gain_of(const char *activation) {
    bool wide = !strcmp(activation, "lrelu") || !strcmp(activation, "relu") || !strcmp(activation, "swish");
    return wide ? sqrt(2) : 1;
}

static bool read_affine(const gb_value *layer, const char *path, double w_dim, gb_reason *why) {
    const gb_value *affine = gb_submodule(layer, "affine");
    const char *activation = gb_value_str(gb_value_get(affine, "activation"), "linear");
    if (strcmp(activation, "linear"))
        return gb_because(why, "%s.affine.activation is '%s', StyleGAN2 has 'linear' there", path, activation);
    return number_is(affine, path, "weight_gain", 1 / sqrt(w_dim), why) &&
        number_is(affine, path, "bias_gain", 1, why);
}

static bool read_layer(sg2_generator *g, const gb_value *module, int block, sg2_module layer, gb_reason *why) {
    char path[48];
    sg2_module_path(g, layer, block, path);
    double cin = (double)g->channels[layer == SG2_CONV0 || layer == SG2_SKIP ? block - 1 : block];
    const gb_value *activation = gb_value_get(module, "activation");
    if (!sg2_set_clamp(g, block, layer, gb_value_get(module, "conv_clamp"), path, why))
        return false;
    switch (layer) {
    case SG2_TORGB:
        return number_is(module, path, "weight_gain", 1 / sqrt(cin), why) &&
            read_affine(module, path, (double)g->w_dim, why);
    case SG2_SKIP:
        return number_is(module, path, "weight_gain", 1 / sqrt(cin), why) && number_is(module, path, "up", 2, why) &&
            number_is(module, path, "act_gain", 1, why);
    default:
        return sg2_set_activation(g, block, layer, activation, path, why) &&
            sg2_check_noise(g, block, layer, gb_value_get(module, "use_noise"), path, why) &&
            number_is(module, path, "up", layer == SG2_CONV0 ? 2 : 1, why) &&
            number_is(module, path, "padding", 1, why) &&
            number_is(module, path, "act_gain", gain_of(gb_value_str(activation, "lrelu")), why) &&
            read_affine(module, path, (double)g->w_dim, why);
    }
}

/* weight_gain is lr/√fan_in, bias_gain is lr. */
static bool read_dense(const gb_value *fc, const char *path, double fan_in, double lr, gb_reason *why) {
    return number_is(fc, path, "weight_gain", lr / sqrt(fan_in), why) && number_is(fc, path, "bias_gain", lr, why);
}

static bool read_mapping(sg2_generator *g, const gb_value *mapping, gb_reason *why) {
    char path[48];
    const gb_value *lr = gb_value_get(gb_submodule(mapping, "fc0"), "bias_gain");
    if (!sg2_set_mapping_lr(g, lr, "mapping.fc0", why))
        return false;
    for (int i = 0; i < g->mapping_layers; i++) {
        const gb_value *fc = gb_submodule(mapping, sg2_module_path(g, SG2_FC, i, path) + strlen("mapping."));
        double fan_in = (double)(i ? g->fc_width[i - 1] : g->z_dim + g->embed_dim);
        if (!sg2_set_mapping_activation(g, gb_value_get(fc, "activation"), path, why) ||
            !read_dense(fc, path, fan_in, gb_value_float(lr, 0.01), why))
            return false;
    }
    return !g->c_dim || read_dense(gb_submodule(mapping, "embed"), "mapping.embed", (double)g->c_dim, 1, why);
}

static bool read_modules(sg2_generator *g, const gb_value *generator, gb_reason *why) {
    const struct { const char *key; int64_t inferred; } whole[] = {
        {"z_dim", g->z_dim}, {"c_dim", g->c_dim}, {"w_dim", g->w_dim}, {"img_channels", g->img_channels},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        int64_t said = gb_value_int(gb_value_get(generator, whole[i].key), whole[i].inferred);
        if (!sg2_agree(whole[i].inferred, said, "the generator", whole[i].key, why))
            return false;
    }
    if (!sg2_check_resolution(g, gb_value_int(gb_value_get(generator, "img_resolution"), g->height), "the generator",
                              "img_resolution", why))
        return false;
    for (int b = 0; b < g->blocks; b++) {
        char path[48];
        const gb_value *block = gb_submodule(generator, sg2_module_path(g, SG2_BLOCK, b, path));
        if (!sg2_check_block(g, gb_value_get(block, "architecture"), path, why))
            return false;
        for (int layer = 0; layer < SG2_LAYERS; layer++) {
            const gb_value *module = gb_submodule(generator, sg2_module_path(g, (sg2_module)layer, b, path));
            if (sg2_has_layer(g, b, (sg2_module)layer) && !read_layer(g, module, b, (sg2_module)layer, why))
                return false;
        }
    }
    return read_mapping(g, gb_submodule(generator, "mapping"), why);
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    sg2_generator g;
    bool good = sg2_open(&g, &naming, c, prefix, n, why);
    const gb_value *generator = good ? gb_source_object(&g.source) : NULL;
    bool pickled = gb_value_is_record(generator, NULL) && gb_value_get(generator, "_modules");
    good = good && (!pickled || read_modules(&g, generator, why)) && sg2_configure(&g, config, !pickled, n, why) &&
        sg2_fill(&g, n, why);
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_stylegan2_nvlabs = {
    .name = "stylegan2-nvlabs",
    .summary = "StyleGAN2 of NVIDIA's PyTorch code: ADA and StyleGAN3 repositories' .pkl, bare state dicts",
    .source = "stylegan2-ada-pytorch, stylegan3 (its StyleGAN2), StyleGAN-Human, eps696's stylegan2ada, Autolume, PTI, "
              "StudioGAN's StyleGAN2",
    .landmarks = {"synthesis.b#.const", "mapping.fc0.weight"},
    .adapt = adapt,
};
