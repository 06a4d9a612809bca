/* StyleGAN2 of the TensorFlow era (the original code, and ADA's): (G, D, Gs) as dnnlib.tflib networks, of which Gs is
 * the moving average. Kernels are height, width, in, out, dense weights in, out; the style bias is stored without its
 * 1; the kernels of Conv0_up and Skip are mirrored in both axes. Arguments that are not in `static_kwargs` have the
 * code's defaults, which are the canonical network's. */
#include "families.h"
#include "stylegan2.h"

#include <stdio.h>
#include <string.h>

/* "8x8/Conv0_up" */
static char *scope(sg2_module module, int64_t res, char path[48]) {
    static const char *const layers[] = {"Conv0_up", "Conv1", "ToRGB", "Skip"};
    snprintf(path, 48, "%dx%d/%s", (int)res, (int)res, res == 4 && module == SG2_CONV1 ? "Conv" : layers[module]);
    return path;
}

static bool origin(const sg2_slot *s, sg2_origin *o) {
    static const char *const leaves[] = {
        [SG2_WEIGHT] = "weight", [SG2_BIAS] = "bias", [SG2_AFFINE_WEIGHT] = "mod_weight",
        [SG2_AFFINE_BIAS] = "mod_bias", [SG2_NOISE_STRENGTH] = "noise_strength",
    };
    char path[48];
    if (s->leaf == SG2_FILTER)
        return false;
    if (s->leaf == SG2_W_AVG) {
        snprintf(o->name, sizeof o->name, "dlatent_avg");
    } else if (s->leaf == SG2_CONST) {
        snprintf(o->name, sizeof o->name, "synthesis.4x4/Const/const");
        o->layout = "1OHW";
    } else if (s->leaf == SG2_NOISE_CONST) {
        snprintf(o->name, sizeof o->name, "synthesis.noise%d", sg2_noise_number(s->module, s->at));
        o->layout = "11HW";
    } else if (s->module == SG2_FC) {
        snprintf(o->name, sizeof o->name, "mapping.Dense%d/%s", s->at, leaves[s->leaf]);
    } else if (s->module == SG2_EMBED) {
        snprintf(o->name, sizeof o->name, "mapping.LabelEmbed/%s", leaves[s->leaf]);
    } else {
        snprintf(o->name, sizeof o->name, "synthesis.%s/%s", scope(s->module, s->at, path), leaves[s->leaf]);
        o->flip = s->leaf == SG2_WEIGHT && (s->module == SG2_CONV0 || s->module == SG2_SKIP);
    }
    if (s->leaf == SG2_WEIGHT)
        o->layout = strlen(s->layout) == 2 ? "IO" : "HWIO";
    if (s->leaf == SG2_AFFINE_WEIGHT)
        o->layout = "IO";
    if (s->leaf == SG2_AFFINE_BIAS)
        o->shift = 1;
    return true;
}

/* The noise maps are made also where no layer uses them. */
static bool ignored(const char *name) {
    return !strncmp(name, "synthesis.noise", 15);
}

static const char *const within[] = {"mapping.", "synthesis.", NULL};

static const sg2_naming naming = {
    .family = "stylegan2-tensorflow", .code = "NVIDIA's TensorFlow code", .landmark = "synthesis.4x4/Const/const",
    .rng = "numpy", .within = within, .ignored = ignored, .origin = origin,
};

static bool recognise(const gb_checkpoint *c) {
    return gb_source_has(c, naming.landmark);
}

/* The pickled network behind the wrapper's name: networks stand in a tuple and know their names. */
static const gb_value *network_of(const gb_source *source) {
    const gb_value *root = gb_checkpoint_root(source->checkpoint), *named = gb_source_object(source);
    size_t size = strlen(source->prefix);
    for (size_t i = 0; i < gb_value_count(root) && !named; i++) {
        const gb_value *network = gb_value_item(root, i);
        const char *name = gb_value_str(gb_value_get(network, "name"), "");
        if (size && strlen(name) == size - 1 && !strncmp(name, source->prefix, size - 1))
            named = network;
    }
    return named;
}

static bool read_kwargs(sg2_generator *g, const gb_value *kwargs, gb_reason *why) {
    static const char who[] = "static_kwargs";
    const struct { const char *key; int64_t inferred; } whole[] = {
        {"latent_size", g->z_dim}, {"label_size", g->c_dim}, {"dlatent_size", g->w_dim},
        {"resolution", g->resolution}, {"num_channels", g->img_channels}, {"mapping_layers", g->mapping_layers},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        int64_t said = gb_value_int(gb_value_get(kwargs, whole[i].key), whole[i].inferred);
        if (!sg2_agree(whole[i].inferred, said, who, whole[i].key, why))
            return false;
    }
    if (!gb_value_bool(gb_value_get(kwargs, "normalize_latents"), true))
        return gb_because(why, "static_kwargs: normalize_latents is off, which ganbend's mapping network has not");
    const gb_value *act = gb_value_get(kwargs, "nonlinearity"), *clamp = gb_value_get(kwargs, "conv_clamp");
    for (int b = 0; b < g->blocks; b++)
        for (sg2_module layer = SG2_CONV0; layer <= SG2_TORGB; layer++)
            if (sg2_has_layer(g, b, layer) &&
                (!sg2_set_clamp(g, b, layer, clamp, who, why) || !sg2_set_activation(g, b, layer, act, who, why)))
                return false;
    return sg2_check_block(g, gb_value_get(kwargs, "architecture"), who, why) &&
        sg2_set_mapping_activation(g, gb_value_get(kwargs, "mapping_nonlinearity"), who, why) &&
        sg2_set_mapping_lr(g, gb_value_get(kwargs, "mapping_lrmul"), who, why) &&
        sg2_set_filter(g, gb_value_get(kwargs, "resample_kernel"), who, why);
}

/* Scope names. ToRGB's scope returns the running picture. */
static bool add_aliases(const sg2_generator *g, gb_network *n) {
    char ours[64], path[48], theirs[96];
    bool good = gb_network_add_alias(n, "G_mapping", "mapping");
    for (int i = 0; i < g->mapping_layers && good; i++) {
        snprintf(theirs, sizeof theirs, "G_mapping/Dense%d", i);
        good = gb_network_add_alias(n, theirs, sg2_module_path(SG2_FC, i, path)) &&
            gb_network_add_alias(n, theirs + strlen("G_mapping/"), path);
    }
    for (int b = 0; b < g->blocks && good; b++)
        for (sg2_module layer = SG2_CONV0; layer <= SG2_SKIP && good; layer++) {
            if (!sg2_has_layer(g, b, layer))
                continue;
            snprintf(ours, sizeof ours, "%s",
                     sg2_module_path(layer == SG2_TORGB ? SG2_BLOCK : layer, sg2_res(b), path));
            if (layer == SG2_TORGB)
                strcat(ours, ".img");
            snprintf(theirs, sizeof theirs, "G_synthesis/%s", scope(layer, sg2_res(b), path));
            good = gb_network_add_alias(n, theirs, ours) &&
                gb_network_add_alias(n, theirs + strlen("G_synthesis/"), ours);
        }
    return good && gb_network_add_alias(n, "G_synthesis/4x4/Const", "synthesis.b4.const") &&
        gb_network_add_alias(n, "4x4/Const", "synthesis.b4.const");
}

static bool adapt(const gb_checkpoint *c, const gb_value *config, gb_network *n, gb_reason *why) {
    if (gb_source_has(c, "mapping.LabelConcat/weight"))
        return gb_because(why, "a conditional StyleGAN2 of the original TensorFlow code, which normalises the label "
                          "together with z; ganbend runs conditional ones of the ADA code and later");
    sg2_generator g;
    bool good = sg2_open(&g, &naming, c, n, why);
    good = good && read_kwargs(&g, gb_value_get(network_of(&g.source), "static_kwargs"), why) &&
        sg2_configure(&g, config, false, n, why) && sg2_fill(&g, n, why) &&
        (add_aliases(&g, n) || gb_because(why, "memory is out"));
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_stylegan2_tensorflow = {
    "stylegan2-tensorflow", "StyleGAN2 of NVIDIA's TensorFlow code: the original .pkl files and ADA's",
    recognise, adapt,
};
