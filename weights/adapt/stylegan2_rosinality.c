/* StyleGAN2 as rosinality's PyTorch code names it (convs.{k}, to_rgbs.{k}, style.{i}), in files of that code and of the
 * many projects that carry it: whole training checkpoints (g_ema beside g, d, optimisers), or the state dict alone.
 * Convolution weights act times 1/√(cin·9) there. Demodulation would cancel that but for its 1e-8, so it is
 * multiplied in; ToRGB's 1/√cin is the canonical network's own. Stored kernels include the ×4 of upsampling. */
#include "families.h"
#include "stylegan2.h"

#include <math.h>
#include <stdio.h>

static char *layer_path(sg2_module module, int64_t res, char path[48]) {
    int block = sg2_block_of(res);
    if (!block)
        snprintf(path, 48, "%s", module == SG2_TORGB ? "to_rgb1" : "conv1");
    else if (module == SG2_TORGB)
        snprintf(path, 48, "to_rgbs.%d", block - 1);
    else
        snprintf(path, 48, "convs.%d", 2 * (block - 1) + (module == SG2_CONV1));
    return path;
}

static bool layer_origin(const sg2_slot *s, sg2_origin *o) {
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
        leaf = "conv.modulation.weight";
        break;
    case SG2_AFFINE_BIAS:
        leaf = "conv.modulation.bias";
        break;
    case SG2_NOISE_STRENGTH:
        leaf = "noise.weight";
        o->layout = "1";
        break;
    case SG2_FILTER:
        leaf = "conv.blur.kernel";
        o->scale = 0.25f;
        break;
    case SG2_NOISE_CONST:
        snprintf(o->name, sizeof o->name, "noises.noise_%d", sg2_noise_number(s->module, s->at));
        o->layout = "11HW";
        return true;
    default:
        return false;
    }
    snprintf(o->name, sizeof o->name, "%s.%s", layer, leaf);
    return true;
}

static bool origin(const sg2_slot *s, sg2_origin *o) {
    switch (s->module) {
    case SG2_CONV0:
    case SG2_CONV1:
    case SG2_TORGB:
        return layer_origin(s, o);
    case SG2_BLOCK:
        if (s->leaf == SG2_CONST) {
            snprintf(o->name, sizeof o->name, "input.input");
            o->layout = "1OHW";
        } else {
            snprintf(o->name, sizeof o->name, "to_rgbs.%d.upsample.kernel", sg2_block_of(s->at) - 1);
            o->scale = 0.25f;
        }
        return true;
    case SG2_FC:
        snprintf(o->name, sizeof o->name, "style.%d.%s", s->at + 1, s->leaf == SG2_WEIGHT ? "weight" : "bias");
        return true;
    case SG2_MAPPING:
        snprintf(o->name, sizeof o->name, "latent_avg");
        o->outside = true;
        return true;
    default:        /* no labels, no shortcuts */
        return false;
    }
}

static bool ignored(const char *name) {
    (void)name;
    return false;
}

static const char *const within[] = {"style.", "input.", "conv1.", "convs.", "to_rgb1.", "to_rgbs.", "noises.", NULL};

static const sg2_naming naming = {
    .family = "stylegan2-rosinality", .code = "rosinality's PyTorch code", .landmark = "to_rgb1.conv.modulation.weight",
    .rng = "torch", .within = within, .ignored = ignored, .origin = origin,
};

static bool recognise(const gb_checkpoint *c) {
    return gb_source_has(c, naming.landmark);
}

static bool alias(gb_network *n, const char *name, const char *suffix, const char *canonical,
                  const char *canonical_suffix) {
    char from[96], to[96];
    snprintf(from, sizeof from, "%s%s", name, suffix);
    snprintf(to, sizeof to, "%s%s", canonical, canonical_suffix);
    return gb_network_add_alias(n, from, to);
}

/* Module paths, so that hooks written for that code find their layer. to_rgbs.{k} returns the running picture. */
static bool add_aliases(const sg2_generator *g, gb_network *n) {
    char ours[48], theirs[48];
    bool good = gb_network_add_alias(n, "style.0", "mapping.normalize") &&
        gb_network_add_alias(n, "style", sg2_module_path(SG2_FC, g->mapping_layers - 1, ours)) &&
        gb_network_add_alias(n, "input", "synthesis.b4.const");
    for (int i = 0; i < g->mapping_layers && good; i++) {
        snprintf(theirs, sizeof theirs, "style.%d", i + 1);
        good = gb_network_add_alias(n, theirs, sg2_module_path(SG2_FC, i, ours));
    }
    for (int b = 0; b < g->blocks && good; b++) {
        for (sg2_module layer = b ? SG2_CONV0 : SG2_CONV1; layer <= SG2_TORGB && good; layer++) {
            sg2_module_path(layer, sg2_res(b), ours);
            layer_path(layer, sg2_res(b), theirs);
            good = alias(n, theirs, ".conv", ours, ".conv") && alias(n, theirs, ".conv.modulation", ours, ".affine") &&
                (layer == SG2_TORGB || (alias(n, theirs, "", ours, "") && alias(n, theirs, ".noise", ours, ".noise")));
        }
        sg2_module_path(SG2_BLOCK, sg2_res(b), ours);
        good = good && alias(n, theirs, "", ours, ".img") && (!b || alias(n, theirs, ".upsample", ours, ".upsample"));
    }
    return good;
}

static bool adapt(const gb_checkpoint *c, const gb_value *config, gb_network *n, gb_reason *why) {
    sg2_generator g;
    bool good = sg2_open(&g, &naming, c, n, why) && sg2_configure(&g, config, false, n, why) && sg2_fill(&g, n, why) &&
        (add_aliases(&g, n) || gb_because(why, "memory is out"));
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_stylegan2_rosinality = {
    "stylegan2-rosinality", "StyleGAN2 of rosinality's code: training checkpoints, converted .pt, bare state dicts",
    recognise, adapt,
};
