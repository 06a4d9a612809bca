/* Inferring the architecture from the tensors, and bringing the tensors over. */
#include "stylegan2.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the family's tensor for a slot ---- */

static bool origin_of(const sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    *o = (sg2_origin){.layout = s->layout, .scale = 1};
    snprintf(o->name, sizeof o->name, "%s", s->name);
    return g->naming->origin(g, s, o);
}

static const gb_array *look(sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    if (!origin_of(g, s, o))
        return NULL;
    return o->outside ? gb_source_take_above(&g->source, o->name) : gb_source_take(&g->source, o->name);
}

/* The array with its dimensions in the slot's order; `expected` is the shape it should have, in the file's order. */
static bool arrange(const sg2_slot *s, const sg2_origin *o, const gb_array *a, gb_array *out, gb_array *expected) {
    size_t ndim = strlen(s->layout);
    *out = (gb_array){.dtype = a->dtype, .swapped = a->swapped, .ndim = (int)ndim, .data = a->data};
    *expected = (gb_array){.ndim = (int)strlen(o->layout)};
    for (int d = 0; d < expected->ndim; d++) {
        const char *at = strchr(s->layout, o->layout[d]);
        expected->shape[d] = at ? s->shape[at - s->layout] : 1;
    }
    if (!ndim)              /* a number is a number, as [] or [1] */
        return gb_array_count(a) == 1;
    gb_array row = *a;
    if (s->leaf == SG2_W_AVG && a->ndim == 2 && a->shape[0] > 0) {      /* some projects repeat it for every layer */
        row = (gb_array){.dtype = a->dtype, .ndim = 1, .shape = {a->shape[1]}, .stride = {a->stride[1]}};
        a = &row;
    }
    if (a->ndim != expected->ndim || memcmp(a->shape, expected->shape, (size_t)a->ndim * sizeof a->shape[0]))
        return false;
    for (size_t d = 0; d < ndim; d++) {
        ptrdiff_t at = strchr(o->layout, s->layout[d]) - o->layout;
        out->shape[d] = a->shape[at];
        out->stride[d] = a->stride[at];
    }
    return true;
}

/* ---- inferring ---- */

static bool no_memory(gb_reason *why) {
    return gb_because_no_memory(why);
}

/* The size of the slot's dimension `letter`; 0 if there is no such tensor or it lacks that dimension. */
static int64_t extent(sg2_generator *g, sg2_module module, int at, sg2_leaf leaf, char letter) {
    sg2_slot s = sg2_slot_of(g, module, at, leaf);
    sg2_origin o;
    const gb_array *a = look(g, &s, &o);
    const char *where = a ? strchr(o.layout, letter) : NULL;
    return where && a->ndim == (int)strlen(o.layout) ? a->shape[where - o.layout] : 0;
}

static bool have(sg2_generator *g, sg2_module module, int at, sg2_leaf leaf) {
    sg2_slot s = sg2_slot_of(g, module, at, leaf);
    sg2_origin o;
    return look(g, &s, &o) != NULL;
}

static bool need(sg2_generator *g, sg2_module module, int at, sg2_leaf leaf, char letter, int64_t *out,
                 gb_reason *why) {
    sg2_slot s = sg2_slot_of(g, module, at, leaf);
    sg2_origin o;
    const gb_array *a = look(g, &s, &o);
    char shape[128];
    if (!a)
        return gb_source_lacks(&g->source, o.name, why);
    *out = extent(g, module, at, leaf, letter);
    return (*out >= 1 && *out <= SG2_WIDEST) ||
        gb_because(why, "tensor '%s%s' has shape %s, which no StyleGAN2 has", g->source.prefix, o.name,
                   gb_shape_text(a, shape, sizeof shape));
}

static bool infer_mapping(sg2_generator *g, gb_reason *why) {
    if (have(g, SG2_EMBED, 0, SG2_WEIGHT) && (!need(g, SG2_EMBED, 0, SG2_WEIGHT, 'I', &g->c_dim, why) ||
                                              !need(g, SG2_EMBED, 0, SG2_WEIGHT, 'O', &g->embed_dim, why)))
        return false;
    int64_t width;
    if (!need(g, SG2_FC, 0, SG2_WEIGHT, 'I', &width, why))
        return false;
    g->z_dim = width - g->embed_dim;
    while (g->mapping_layers < SG2_FCS && have(g, SG2_FC, (int)g->mapping_layers, SG2_BIAS)) {
        if (!need(g, SG2_FC, (int)g->mapping_layers, SG2_BIAS, 'O', &g->fc_width[g->mapping_layers], why))
            return false;
        g->mapping_layers++;
    }
    if (!g->mapping_layers || g->z_dim < 0)
        return gb_because(why, "the mapping network's first layer does not fit: it takes %" PRId64
                          " values, of which the label gives %" PRId64, width, g->embed_dim);
    return sg2_agree(g->w_dim, g->fc_width[g->mapping_layers - 1], "the mapping network", "w_dim", why);
}

static bool infer_start(sg2_generator *g, gb_reason *why) {
    if (!need(g, SG2_BLOCK, 0, SG2_CONST, 'H', &g->start[0], why) ||
        !need(g, SG2_BLOCK, 0, SG2_CONST, 'W', &g->start[1], why))
        return false;
    return (g->start[0] <= SG2_LARGEST && g->start[1] <= SG2_LARGEST) ||
        gb_because(why, "the constant is %" PRId64 "×%" PRId64 ", larger than any picture", g->start[0], g->start[1]);
}

static bool infer(sg2_generator *g, gb_reason *why) {
    if (!infer_start(g, why))
        return false;
    if (!g->first)
        g->first = g->start[0];
    if (!need(g, SG2_CONV1, 0, SG2_AFFINE_WEIGHT, 'I', &g->w_dim, why))
        return false;
    while (g->blocks < SG2_BLOCKS && (!g->blocks || have(g, SG2_CONV1, g->blocks, SG2_BIAS))) {
        if (!need(g, SG2_CONV1, g->blocks, SG2_BIAS, 'O', &g->channels[g->blocks], why))
            return false;
        for (int layer = SG2_CONV0; layer <= SG2_CONV1; layer++)
            g->layers[g->blocks][layer].no_noise = !have(g, (sg2_module)layer, g->blocks, SG2_NOISE_STRENGTH);
        g->blocks++;
    }
    int last = g->blocks - 1;
    g->height = sg2_height(g, last);
    g->width = sg2_width(g, last);
    if (g->height > SG2_LARGEST || g->width > SG2_LARGEST)
        return gb_because(why, "its %d blocks enlarge %" PRId64 "×%" PRId64 " beyond %d×%d", g->blocks, g->start[0],
                          g->start[1], SG2_LARGEST, SG2_LARGEST);
    bool skip = have(g, SG2_TORGB, 0, SG2_BIAS), resnet = have(g, SG2_SKIP, last, SG2_WEIGHT);
    g->block = resnet ? "resnet" : skip && !g->grown ? "skip" : "orig";
    return need(g, SG2_TORGB, last, SG2_BIAS, 'O', &g->img_channels, why) && infer_mapping(g, why);
}

static bool note_found(const sg2_generator *g, gb_network *n) {
    const char *p = g->source.prefix;
    size_t size = strlen(p);
    return gb_network_note(n, "found a StyleGAN2 generator as %s saves it%s%.*s%s: %" PRId64 "×%" PRId64
                           ", %s blocks%s", g->naming->code, size ? ", in '" : "", (int)(size ? size - 1 : 0), p,
                           size ? "'" : "", g->height, g->width, g->block, g->c_dim ? ", conditional" : "");
}

bool sg2_open(sg2_generator *g, const sg2_naming *naming, const gb_checkpoint *c, const char *prefix, gb_network *n,
              gb_reason *why) {
    *g = (sg2_generator){.naming = naming, .mapping_lr = NAN};
    if (!gb_source_open(&g->source, c, prefix, why))
        return false;
    if (naming->begin)
        naming->begin(g);
    return infer(g, why) && (note_found(g, n) || no_memory(why));
}

/* ---- bringing tensors over ---- */

static void flip_kernels(float *v, const sg2_slot *s) {
    int64_t taps = s->shape[2] * s->shape[3];
    for (int64_t k = 0, kernels = s->shape[0] * s->shape[1]; k < kernels; k++, v += taps)
        for (int64_t i = 0, j = taps - 1; i < j; i++, j--) {
            float swap = v[i];
            v[i] = v[j];
            v[j] = swap;
        }
}

/* The 1-d filter times itself; [1, 3, 3, 1] / 8 if no other was given. */
static float filter_tap(const sg2_generator *g, int i) {
    static const double usual[4] = {0.125, 0.375, 0.375, 0.125};
    const double *f = g->filter_given ? g->filter : usual;
    return (float)(f[i / 4] * f[i % 4]);
}

static bool make_filter(const sg2_generator *g, const sg2_slot *s, gb_network *n, gb_reason *why) {
    float *out = gb_network_add_f32(n, s->name, 2, s->shape);
    for (int i = 0; i < 16 && out; i++)
        out[i] = filter_tap(g, i);
    return out || no_memory(why);
}

static bool same_filter(const sg2_generator *g, const float *stored) {
    float worst = 0;
    for (int i = 0; i < 16; i++)
        worst = fmaxf(worst, fabsf(stored[i] - filter_tap(g, i)));
    return worst < 1e-5f;
}

/* A file may lack noise maps and the mean w; the caller synthesises them. */
static bool missing(sg2_generator *g, const sg2_slot *s, const sg2_origin *o, gb_network *n, gb_reason *why) {
    if (s->leaf == SG2_FILTER)
        return make_filter(g, s, n, why);
    if (s->leaf == SG2_W_AVG)
        return gb_network_note(n, "no mean w in the file") || no_memory(why);
    if (s->leaf == SG2_BIAS && s->module == SG2_EMBED && g->joint_norm)     /* zero; the embedding has no bias */
        return gb_network_add_f32(n, s->name, 1, s->shape) || no_memory(why);
    if (s->leaf == SG2_NOISE_CONST)
        return ++g->missing_noises > 0;
    return gb_source_lacks(&g->source, o->name, why);
}

static bool bring(sg2_generator *g, const sg2_slot *s, gb_network *n, gb_reason *why) {
    sg2_origin o;
    const gb_array *a = look(g, s, &o);
    gb_array view, expected;
    char is[128], should[128];
    if (!a)
        return missing(g, s, &o, n, why);
    if (!arrange(s, &o, a, &view, &expected))
        return gb_because(why, "tensor '%s%s' has shape %s, expected %s for %" PRId64 "×%" PRId64, g->source.prefix,
                          o.name, gb_shape_text(a, is, sizeof is), gb_shape_text(&expected, should, sizeof should),
                          g->height, g->width);
    if (gb_array_repeats(&view))
        return gb_because(why, "tensor '%s%s' of shape %s repeats the same few values", g->source.prefix, o.name,
                          gb_shape_text(a, is, sizeof is));
    size_t count = (size_t)gb_array_count(&view), odd = 0;
    bool changed = o.scale != 1 || o.shift != 0 || o.flip;
    float *scratch = changed ? NULL : malloc(count * sizeof *scratch);
    float *values = changed ? gb_network_add_f32(n, s->name, view.ndim, view.shape) : scratch;
    if (!values || (!changed && !gb_network_add_array(n, s->name, &view))) {
        free(scratch);
        return no_memory(why);
    }
    bool good = gb_array_to_f32(&view, values, why);
    for (size_t i = 0; i < count && good; i++) {
        odd += !isfinite(values[i]);
        if (changed)
            values[i] = values[i] * o.scale + o.shift;
    }
    if (good && o.flip)
        flip_kernels(values, s);
    if (good && s->leaf == SG2_FILTER && g->filter_given && !same_filter(g, values))
        good = gb_because(why, "is not the resampling filter that was given");
    free(scratch);
    if (!good)
        return gb_because_in(why, "tensor '%s%s'", g->source.prefix, o.name);
    return !odd || g->odd_tensors++ ||
        gb_network_note(n, "tensor '%s%s' holds %zu values that are not finite", g->source.prefix, o.name, odd) ||
        no_memory(why);
}

/* ---- metadata ---- */

static bool put_layer(const sg2_generator *g, int block, sg2_module layer, double clamp, const char *activation,
                      gb_network *n) {
    const sg2_layer *l = &g->layers[block][layer];
    char path[48], key[96];
    bool good = true, convolves = layer <= SG2_CONV1;
    sg2_module_path(g, layer, block, path);
    if (l->conv_clamp != clamp && (l->conv_clamp >= 0 || clamp >= 0)) {
        snprintf(key, sizeof key, "config.layer.%s.conv_clamp", path);
        good = gb_network_set_float(n, key, l->conv_clamp >= 0 ? l->conv_clamp : -1);
    }
    if (good && convolves && strcmp(l->activation, activation)) {
        snprintf(key, sizeof key, "config.layer.%s.activation", path);
        good = gb_network_set_str(n, key, l->activation);
    }
    if (good && convolves && l->no_noise) {
        snprintf(key, sizeof key, "config.layer.%s.use_noise", path);
        good = gb_network_set_bool(n, key, false);
    }
    return good;
}

static bool put_metadata(const sg2_generator *g, gb_network *n) {
    const sg2_layer *last = &g->layers[g->blocks - 1][SG2_CONV1];
    size_t wrapper = strlen(g->source.prefix);
    char network[sizeof g->source.prefix];
    snprintf(network, sizeof network, "%.*s", (int)(wrapper ? wrapper - 1 : 0), g->source.prefix);
    bool good = gb_network_set_str(n, "architecture", "stylegan2") &&
        gb_network_set_int(n, "config.resolution", g->height) &&
        ((g->start[0] == 4 && g->start[1] == 4) || gb_network_set_ints(n, "config.start", g->start, 2)) &&
        (g->first == g->start[0] || gb_network_set_int(n, "config.first_block", g->first)) &&
        (!g->joint_norm || gb_network_set_bool(n, "config.joint_norm", true)) &&
        gb_network_set_int(n, "config.img_channels", g->img_channels) &&
        gb_network_set_int(n, "config.z_dim", g->z_dim) &&
        gb_network_set_int(n, "config.c_dim", g->c_dim) &&
        gb_network_set_int(n, "config.w_dim", g->w_dim) &&
        gb_network_set_int(n, "config.mapping_layers", g->mapping_layers) &&
        gb_network_set_float(n, "config.mapping_lr", g->mapping_lr) &&
        gb_network_set_str(n, "config.mapping_activation", g->mapping_activation) &&
        gb_network_set_str(n, "config.activation", last->activation) &&
        gb_network_set_str(n, "config.block", g->block) &&
        gb_network_set_ints(n, "config.channels", g->channels, (size_t)g->blocks) &&
        (last->conv_clamp < 0 || gb_network_set_float(n, "config.conv_clamp", last->conv_clamp));
    for (int b = 0; b < g->blocks; b++)
        for (int layer = 0; layer < SG2_LAYERS && good; layer++)
            if (sg2_has_layer(g, b, (sg2_module)layer))
                good = put_layer(g, b, (sg2_module)layer, last->conv_clamp, last->activation, n);
    return good && gb_network_set_str(n, "origin.family", g->naming->family) &&
        gb_network_set_str(n, "origin.format", gb_checkpoint_format(g->source.checkpoint)) &&
        (!*network || gb_network_set_str(n, "origin.network", network)) &&
        gb_network_set_str(n, "origin.rng", g->naming->rng);
}

bool sg2_fill(sg2_generator *g, gb_network *n, gb_reason *why) {
    if (!put_metadata(g, n))
        return no_memory(why);
    if (!sg2_each_slot(g, n, bring, why))
        return false;
    if ((g->missing_noises && !gb_network_note(n, "no stored noise maps for %d layers", g->missing_noises)) ||
        (g->odd_tensors > 1 && !gb_network_note(n, "so do %d other tensors", g->odd_tensors - 1)))
        return no_memory(why);
    const char *left = gb_source_left(&g->source, g->naming->within, g->naming->ignored);
    return !left || gb_because(why, "tensor '%s%s' has no place in a StyleGAN2 generator of %" PRId64 "×%" PRId64
                               " with %s blocks", g->source.prefix, left, g->height, g->width, g->block);
}
