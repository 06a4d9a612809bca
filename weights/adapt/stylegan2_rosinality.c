/* StyleGAN2 as rosinality's PyTorch code names it (convs.{k}, to_rgbs.{k}, style.{i}), in files of that code and of the
 * many projects that include it: whole training checkpoints (g_ema beside g, d, optimisers), or the state dict alone.
 * mmgeneration has the same network under other names. Convolution weights are multiplied by 1/√(cin·9) there.
 * Demodulation would cancel that but for its 1e-8, so it is applied here; ToRGB's 1/√cin is the canonical network's own.
 * Stored kernels include the ×4 of upsampling. */
#include "families.h"
#include "stylegan2.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What differs between rosinality's names and those of mmgeneration, which has renamed the modules. */
typedef struct dialect {
    const char *affine;             /* of a convolution's style: "modulation.weight" */
    const char *affine_bias, *noise_strength;
    const char *input, *noise;      /* the constant; noise maps, to be numbered */
    const char *fc_weight, *fc_bias;
} dialect;

static const dialect rosinality = {
    "conv.modulation.weight", "conv.modulation.bias", "noise.weight", "input.input", "noises.noise_%d",
    "style.%d.weight", "style.%d.bias",
}, mmgeneration = {
    "conv.style_modulation.linear.weight_orig", "conv.style_modulation.bias", "noise_injector.weight",
    "constant_input.input", "injected_noise_%d", "style_mapping.%d.linear.weight_orig", "style_mapping.%d.bias",
};

static char *layer_path(sg2_module module, int block, char path[48]) {
    if (!block)
        snprintf(path, 48, "%s", module == SG2_TORGB ? "to_rgb1" : "conv1");
    else if (module == SG2_TORGB)
        snprintf(path, 48, "to_rgbs.%d", block - 1);
    else
        snprintf(path, 48, "convs.%d", 2 * (block - 1) + (module == SG2_CONV1));
    return path;
}

/* `format` has one %d. */
static void numbered(sg2_origin *o, const char *format, int number) {
    const char *at = strstr(format, "%d");
    snprintf(o->name, sizeof o->name, "%.*s%d%s", (int)(at - format), format, number, at + 2);
}

static bool layer_origin(const dialect *d, const sg2_slot *s, sg2_origin *o) {
    char layer[48];
    const char *leaf = "";
    bool convolves = s->module != SG2_TORGB;
    layer_path(s->module, s->at, layer);
    switch (s->leaf) {
    case SG2_WEIGHT:
        leaf = "conv.weight";
        o->layout = "1OIHW";
        if (convolves)
            o->scale = (float)(1 / sqrt((double)(s->shape[1] ? s->shape[1] : 1) * 9));
        break;
    case SG2_BIAS:
        leaf = convolves ? "activate.bias" : "bias";
        o->layout = convolves ? "O" : "1O11";
        break;
    case SG2_AFFINE_WEIGHT:
        leaf = d->affine;
        break;
    case SG2_AFFINE_BIAS:
        leaf = d->affine_bias;
        break;
    case SG2_NOISE_STRENGTH:
        leaf = d->noise_strength;
        o->layout = "1";
        break;
    case SG2_FILTER:
        leaf = "conv.blur.kernel";
        o->scale = 0.25f;
        break;
    case SG2_NOISE_CONST:
        numbered(o, d->noise, sg2_noise_number(s->module, s->at));
        o->layout = "11HW";
        return true;
    default:
        return false;
    }
    snprintf(o->name, sizeof o->name, "%s.%s", layer, leaf);
    return true;
}

static bool any_origin(const dialect *d, const sg2_slot *s, sg2_origin *o) {
    switch (s->module) {
    case SG2_CONV0:
    case SG2_CONV1:
    case SG2_TORGB:
        return layer_origin(d, s, o);
    case SG2_BLOCK:
        if (s->leaf == SG2_CONST) {
            snprintf(o->name, sizeof o->name, "%s", d->input);
            o->layout = "1OHW";
        } else {
            snprintf(o->name, sizeof o->name, "to_rgbs.%d.upsample.kernel", s->at - 1);
            o->scale = 0.25f;
        }
        return true;
    case SG2_FC:
        numbered(o, s->leaf == SG2_WEIGHT ? d->fc_weight : d->fc_bias, s->at + 1);
        return true;
    case SG2_MAPPING:
        snprintf(o->name, sizeof o->name, "latent_avg");
        o->outside = true;
        return true;
    default:        /* no labels, no shortcuts */
        return false;
    }
}

static bool origin(const sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    (void)g;
    return any_origin(&rosinality, s, o);
}

static bool mmgeneration_origin(const sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    (void)g;
    return any_origin(&mmgeneration, s, o);
}

static bool ignored(const char *name) {
    (void)name;
    return false;
}

static const char *const within[] = {
    "style.", "input.", "conv1.", "convs.", "to_rgb1.", "to_rgbs.", "noises.", NULL,
}, *const mmgeneration_within[] = {
    "style_mapping.", "constant_input.", "conv1.", "convs.", "to_rgb1.", "to_rgbs.", "injected_noise_", NULL,
};

static const sg2_naming naming = {
    .family = "stylegan2-rosinality", .code = "rosinality's PyTorch code", .rng = "torch", .within = within,
    .ignored = ignored, .origin = origin,
}, mmgeneration_naming = {
    .family = "stylegan2-mmgeneration", .code = "mmgeneration", .rng = "torch", .within = mmgeneration_within,
    .ignored = ignored, .origin = mmgeneration_origin,
};

static bool alias(gb_network *n, const char *name, const char *suffix, const char *canonical,
                  const char *canonical_suffix) {
    char from[96], to[96];
    snprintf(from, sizeof from, "%s%s", name, suffix);
    snprintf(to, sizeof to, "%s%s", canonical, canonical_suffix);
    return gb_network_add_alias(n, from, to);
}

/* Module paths, so that hooks written for that code find their layer. to_rgbs.{k} returns the running picture. */
static bool add_aliases(const sg2_generator *g, const dialect *d, gb_network *n) {
    char ours[48], theirs[48];
    sg2_origin noise;
    sg2_module_path(g, SG2_BLOCK, 0, ours);
    bool good = gb_network_add_alias(n, "style.0", "mapping.normalize") && alias(n, "input", "", ours, ".const") &&
        gb_network_add_alias(n, "style", sg2_module_path(g, SG2_FC, (int)g->mapping_layers - 1, ours));
    for (int i = 0; i < g->mapping_layers && good; i++) {
        snprintf(theirs, sizeof theirs, "style.%d", i + 1);
        good = gb_network_add_alias(n, theirs, sg2_module_path(g, SG2_FC, i, ours));
    }
    for (int b = 0; b < g->blocks && good; b++) {
        for (sg2_module layer = b ? SG2_CONV0 : SG2_CONV1; layer <= SG2_TORGB && good; layer++) {
            sg2_module_path(g, layer, b, ours);
            layer_path(layer, b, theirs);
            good = alias(n, theirs, ".conv", ours, ".conv") && alias(n, theirs, ".conv.modulation", ours, ".affine") &&
                (layer == SG2_TORGB || (alias(n, theirs, "", ours, "") && alias(n, theirs, ".noise", ours, ".noise")));
            if (layer != SG2_TORGB && good) {
                numbered(&noise, d->noise, sg2_noise_number(layer, b));
                good = alias(n, noise.name, "", ours, ".noise_const");
            }
        }
        sg2_module_path(g, SG2_BLOCK, b, ours);
        good = good && alias(n, theirs, "", ours, ".img") && (!b || alias(n, theirs, ".upsample", ours, ".upsample"));
    }
    return good;
}

static bool adapt_with(const sg2_naming *names, const gb_checkpoint *c, const char *prefix, const gb_value *config,
                       gb_network *n, gb_reason *why) {
    sg2_generator g;
    bool good = sg2_open(&g, names, c, prefix, n, why) && sg2_configure(&g, config, false, n, why) &&
        sg2_fill(&g, n, why) &&
        (add_aliases(&g, names == &naming ? &rosinality : &mmgeneration, n) || gb_because_no_memory(why));
    gb_source_close(&g.source);
    return good;
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    return adapt_with(&naming, c, prefix, config, n, why);
}

static bool adapt_mmgeneration(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n,
                               gb_reason *why) {
    return adapt_with(&mmgeneration_naming, c, prefix, config, n, why);
}

const gb_family gb_stylegan2_rosinality = {
    .name = "stylegan2-rosinality",
    .summary = "StyleGAN2 of rosinality's code: training checkpoints, converted .pt, bare state dicts",
    .source = "stylegan2-pytorch, pSp, e4e, ReStyle, StyleCLIP, network-bending, StyleGAN-NADA",
    .landmarks = {"to_rgb1.conv.modulation.weight", "style.1.weight"},
    .adapt = adapt,
};

const gb_family gb_stylegan2_mmgeneration = {
    .name = "stylegan2-mmgeneration",
    .summary = "StyleGAN2 of mmgeneration and mmediting (MMagic)",
    .source = "mmgeneration, mmediting 1.x (MMagic)",
    .landmarks = {"to_rgb1.conv.style_modulation.linear.weight_orig", "style_mapping.1.bias"},
    .adapt = adapt_mmgeneration,
};
