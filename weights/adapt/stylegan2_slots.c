/* The canonical StyleGAN2 network: its layers, their paths, and its tensors in order. */
#include "stylegan2_slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int sg2_noise_number(sg2_module module, int block) {
    return block ? 2 * block - (module == SG2_CONV0) : 0;
}

bool sg2_has_layer(const sg2_generator *g, int block, sg2_module layer) {
    switch (layer) {
    case SG2_CONV0: return block > 0;
    case SG2_CONV1: return true;
    case SG2_TORGB: return block == g->blocks - 1 || !strcmp(g->block, "skip");
    default: return block > 0 && !strcmp(g->block, "resnet");
    }
}

/* ---- slots ---- */

char *sg2_module_path(const sg2_generator *g, sg2_module module, int at, char path[48]) {
    static const char *const layers[] = {"conv0", "conv1", "torgb", "skip"};
    if (module < SG2_BLOCK)
        snprintf(path, 48, "synthesis.b%" PRId64 ".%s", g->first << at, layers[module]);
    else if (module == SG2_BLOCK)
        snprintf(path, 48, "synthesis.b%" PRId64, g->first << at);
    else if (module == SG2_FC)
        snprintf(path, 48, "mapping.fc%d", at);
    else
        snprintf(path, 48, "%s", module == SG2_EMBED ? "mapping.embed" : "mapping");
    return path;
}

sg2_slot sg2_slot_of(const sg2_generator *g, sg2_module module, int at, sg2_leaf leaf) {
    static const struct { const char *name, *layout; } leaves[] = {
        [SG2_WEIGHT] = {"weight", "OIHW"}, [SG2_BIAS] = {"bias", "O"},
        [SG2_AFFINE_WEIGHT] = {"affine.weight", "OI"}, [SG2_AFFINE_BIAS] = {"affine.bias", "O"},
        [SG2_NOISE_CONST] = {"noise_const", "HW"}, [SG2_NOISE_STRENGTH] = {"noise_strength", ""},
        [SG2_FILTER] = {"resample_filter", "HW"}, [SG2_CONST] = {"const", "OHW"}, [SG2_W_AVG] = {"w_avg", "O"},
    };
    sg2_slot s = {.module = module, .leaf = leaf, .at = at, .layout = leaves[leaf].layout};
    char path[48];
    snprintf(s.name, sizeof s.name, "%s.%s", sg2_module_path(g, module, at, path), leaves[leaf].name);
    if (leaf == SG2_WEIGHT && (module == SG2_EMBED || module == SG2_FC))
        s.layout = "OI";
    return s;
}

typedef struct walker {
    sg2_generator *g;
    gb_network *n;
    gb_reason *why;
    sg2_slot_visit visit;
    bool good;
} walker;

static void visit(walker *w, sg2_module module, int at, sg2_leaf leaf, int64_t d0, int64_t d1, int64_t d2,
                  int64_t d3) {
    if (!w->good)
        return;
    sg2_slot s = sg2_slot_of(w->g, module, at, leaf);
    const int64_t dims[4] = {d0, d1, d2, d3};
    memcpy(s.shape, dims, sizeof dims);
    w->good = w->visit(w->g, &s, w->n, w->why);
}

/* A modulated convolution with its style affine and bias: conv0, conv1, torgb. */
static void visit_layer(walker *w, sg2_module module, int block, int64_t cin, int64_t cout, int64_t kernel) {
    visit(w, module, block, SG2_AFFINE_WEIGHT, cin, w->g->w_dim, 0, 0);
    visit(w, module, block, SG2_AFFINE_BIAS, cin, 0, 0, 0);
    visit(w, module, block, SG2_WEIGHT, cout, cin, kernel, kernel);
    visit(w, module, block, SG2_BIAS, cout, 0, 0, 0);
    if (module != SG2_TORGB && !w->g->layers[block][module].no_noise) {
        visit(w, module, block, SG2_NOISE_CONST, sg2_height(w->g, block), sg2_width(w->g, block), 0, 0);
        visit(w, module, block, SG2_NOISE_STRENGTH, 0, 0, 0, 0);
    }
    if (module == SG2_CONV0)
        visit(w, module, block, SG2_FILTER, 4, 4, 0, 0);
}

bool sg2_each_slot(sg2_generator *g, gb_network *n, sg2_slot_visit what, gb_reason *why) {
    walker w = {.g = g, .n = n, .why = why, .visit = what, .good = true};
    if (g->c_dim) {
        visit(&w, SG2_EMBED, 0, SG2_WEIGHT, g->embed_dim, g->c_dim, 0, 0);
        visit(&w, SG2_EMBED, 0, SG2_BIAS, g->embed_dim, 0, 0, 0);
    }
    for (int i = 0; i < g->mapping_layers; i++) {
        visit(&w, SG2_FC, i, SG2_WEIGHT, g->fc_width[i], i ? g->fc_width[i - 1] : g->z_dim + g->embed_dim, 0, 0);
        visit(&w, SG2_FC, i, SG2_BIAS, g->fc_width[i], 0, 0, 0);
    }
    visit(&w, SG2_MAPPING, 0, SG2_W_AVG, g->w_dim, 0, 0, 0);
    visit(&w, SG2_BLOCK, 0, SG2_CONST, g->channels[0], g->start[0], g->start[1], 0);
    for (int b = 0; b < g->blocks; b++) {
        int64_t cin = g->channels[b ? b - 1 : 0], cout = g->channels[b];
        if (b)
            visit_layer(&w, SG2_CONV0, b, cin, cout, 3);
        visit_layer(&w, SG2_CONV1, b, cout, cout, 3);
        if (sg2_has_layer(g, b, SG2_SKIP)) {
            visit(&w, SG2_SKIP, b, SG2_WEIGHT, cout, cin, 1, 1);
            visit(&w, SG2_SKIP, b, SG2_FILTER, 4, 4, 0, 0);
        }
        if (sg2_has_layer(g, b, SG2_TORGB))
            visit_layer(&w, SG2_TORGB, b, cout, g->img_channels, 1);
        if (b && !strcmp(g->block, "skip"))
            visit(&w, SG2_BLOCK, b, SG2_FILTER, 4, 4, 0, 0);
    }
    return w.good;
}
