/* StyleGAN2 as GenForce names it (layer{k}, output{b}, dense{i}), converted from NVIDIA's TensorFlow files: the kernels
 * of enlarging convolutions are mirrored in both axes against the PyTorch file, the style bias is stored without its 1,
 * stored filters include the ×4 of upsampling. Convolution weights are multiplied by 1/√(cin·9) there, which
 * demodulation cancels but for its 1e-8. A conditional network normalises z and the label's embedding together. */
#include "families.h"
#include "stylegan2.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static char *layer_path(sg2_module module, int block, char path[48]) {
    if (module == SG2_TORGB)
        snprintf(path, 48, "synthesis.output%d", block);
    else
        snprintf(path, 48, "synthesis.layer%d", sg2_noise_number(module, block));
    return path;
}

static bool layer_origin(const sg2_slot *s, sg2_origin *o) {
    char layer[48];
    const char *leaf = "";
    switch (s->leaf) {
    case SG2_WEIGHT:
        leaf = "weight";
        o->flip = s->module == SG2_CONV0;
        if (s->module != SG2_TORGB)
            o->scale = (float)(1 / sqrt((double)(s->shape[1] ? s->shape[1] : 1) * 9));
        break;
    case SG2_BIAS:
        leaf = "bias";
        break;
    case SG2_AFFINE_WEIGHT:
        leaf = "style.weight";
        break;
    case SG2_AFFINE_BIAS:
        leaf = "style.bias";
        o->shift = 1;
        break;
    case SG2_NOISE_CONST:
        leaf = "noise";
        o->layout = "11HW";
        break;
    case SG2_NOISE_STRENGTH:
        leaf = "noise_strength";
        break;
    case SG2_FILTER:
        leaf = "filter.kernel";
        o->layout = "11HW";
        o->scale = 0.25f;
        break;
    default:
        return false;
    }
    snprintf(o->name, sizeof o->name, "%s.%s", layer_path(s->module, s->at, layer), leaf);
    return true;
}

static bool origin(const sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    switch (s->module) {
    case SG2_CONV0:
    case SG2_CONV1:
    case SG2_TORGB:
        return layer_origin(s, o);
    case SG2_BLOCK:
        snprintf(o->name, sizeof o->name, s->leaf == SG2_CONST ? "synthesis.early_layer.const"
                                                               : "synthesis.upsample.kernel");
        o->layout = s->leaf == SG2_CONST ? "1OHW" : "11HW";
        o->scale = s->leaf == SG2_CONST ? 1 : 0.25f;
        return true;
    case SG2_FC:
        snprintf(o->name, sizeof o->name, "mapping.dense%d.%s", s->at, s->leaf == SG2_WEIGHT ? "weight" : "bias");
        return true;
    case SG2_EMBED:
        snprintf(o->name, sizeof o->name, "mapping.label_weight");
        o->layout = "IO";
        o->scale = (float)sqrt((double)(s->shape[1] ? s->shape[1] : 1));   /* the canonical one acts times 1/√c_dim */
        return g->joint_norm && s->leaf == SG2_WEIGHT;
    case SG2_MAPPING:
        snprintf(o->name, sizeof o->name, "truncation.w_avg");
        return true;
    default:
        return false;
    }
}

static void begin(sg2_generator *g) {
    g->joint_norm = gb_source_take(&g->source, "mapping.label_weight") != NULL;
}

static bool ignored(const char *name) {
    (void)name;
    return false;
}

static const char *const within[] = {"mapping.", "synthesis.", "truncation.", NULL};

static const sg2_naming naming = {
    .family = "stylegan2-genforce", .code = "GenForce", .rng = "torch", .within = within, .ignored = ignored,
    .begin = begin, .origin = origin,
};

/* Module paths: layer{k} and output{b}, which is ToRGB alone. */
static bool add_aliases(const sg2_generator *g, gb_network *n) {
    char ours[48], theirs[64];
    bool good = true;
    for (int i = 0; i < g->mapping_layers && good; i++) {
        snprintf(theirs, sizeof theirs, "mapping.dense%d", i);
        good = gb_network_add_alias(n, theirs, sg2_module_path(g, SG2_FC, i, ours));
    }
    for (int b = 0; b < g->blocks && good; b++)
        for (sg2_module layer = SG2_CONV0; layer <= SG2_TORGB && good; layer++)
            good = !sg2_has_layer(g, b, layer) ||
                gb_network_add_alias(n, layer_path(layer, b, theirs), sg2_module_path(g, layer, b, ours));
    return good;
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    sg2_generator g;
    bool good = sg2_open(&g, &naming, c, prefix, n, why) && sg2_configure(&g, config, false, n, why) &&
        sg2_fill(&g, n, why) && (add_aliases(&g, n) || gb_because_no_memory(why));
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_stylegan2_genforce = {
    .name = "stylegan2-genforce",
    .summary = "StyleGAN2 of GenForce and its model zoo",
    .source = "genforce, idinvert, sefa, InterFaceGAN's and HiGAN's model zoos",
    .landmarks = {"synthesis.early_layer.const", "mapping.dense0.weight"},
    .adapt = adapt,
};
