/* StyleGAN2 of the TensorFlow era (the original code, and ADA's): (G, D, Gs) as dnnlib.tflib networks, of which Gs is
 * the moving average. Kernels are height, width, in, out, dense weights in, out; the style bias is stored without its
 * 1; the kernels of Conv0_up and Skip are mirrored in both axes. Arguments that are not in `static_kwargs` have the
 * code's defaults, which are the canonical network's. Conditional networks of the original code (LabelConcat) normalise
 * z and the label's embedding together; ADA's (LabelEmbed) each by itself. */
#include "families.h"
#include "stylegan2.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "8x8/Conv0_up" */
static char *scope(const sg2_generator *g, sg2_module module, int block, char path[48]) {
    static const char *const layers[] = {"Conv0_up", "Conv1", "ToRGB", "Skip"};
    if (module == SG2_TORGB && g->lods)
        snprintf(path, 48, "ToRGB_lod%d", g->blocks - 1 - block);
    else
        snprintf(path, 48, "%dx%d/%s", (int)(g->named[0] << block), (int)(g->named[1] << block),
                 !block && module == SG2_CONV1 ? "Conv" : layers[module]);
    return path;
}

static bool origin(const sg2_generator *g, const sg2_slot *s, sg2_origin *o) {
    static const char *const leaves[] = {
        [SG2_WEIGHT] = "weight", [SG2_BIAS] = "bias", [SG2_AFFINE_WEIGHT] = "mod_weight",
        [SG2_AFFINE_BIAS] = "mod_bias", [SG2_NOISE_STRENGTH] = "noise_strength",
    };
    char path[48];
    if (s->leaf == SG2_FILTER || (g->joint_norm && s->module == SG2_EMBED && s->leaf == SG2_BIAS))
        return false;
    if (s->leaf == SG2_W_AVG) {
        snprintf(o->name, sizeof o->name, "dlatent_avg");
    } else if (s->leaf == SG2_CONST) {
        snprintf(o->name, sizeof o->name, "synthesis.%dx%d/Const/const", (int)g->named[0], (int)g->named[1]);
        o->layout = "1OHW";
    } else if (s->leaf == SG2_NOISE_CONST) {
        snprintf(o->name, sizeof o->name, "synthesis.noise%d", sg2_noise_number(s->module, s->at));
        o->layout = "11HW";
    } else if (s->module == SG2_FC) {
        snprintf(o->name, sizeof o->name, "mapping.Dense%d/%s", s->at, leaves[s->leaf]);
    } else if (s->module == SG2_EMBED) {
        snprintf(o->name, sizeof o->name, "mapping.%s/%s", g->joint_norm ? "LabelConcat" : "LabelEmbed",
                 leaves[s->leaf]);
        if (g->joint_norm && s->leaf == SG2_WEIGHT)     /* it acts as it is, the canonical one times 1/√c_dim */
            o->scale = (float)sqrt((double)(s->shape[1] ? s->shape[1] : 1));
    } else {
        snprintf(o->name, sizeof o->name, "synthesis.%s/%s", scope(g, s->module, s->at, path), leaves[s->leaf]);
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

/* The pickled network behind the wrapper's name: an item of a tuple of networks that carry their names. */
static const gb_value *network_of(const gb_source *source) {
    const gb_value *root = gb_checkpoint_root(source->checkpoint), *named = gb_source_object(source);
    size_t size = strlen(source->prefix);
    for (size_t i = 0; i < gb_value_count(root) && !named; i++) {
        char name[64];
        if (gb_list_network_name(root, i, name) && size && strlen(name) == size - 1 &&
            !strncmp(name, source->prefix, size - 1))
            named = gb_value_item(root, i);
    }
    return named;
}

/* The constant's scope has the starting size in its name. Configurations b to d grew progressively: their ToRGB layers
 * are numbered by level of detail, and in the finished network only the last one acts, unless the file asks for the
 * sum of all (architecture skip). */
static void begin(sg2_generator *g) {
    size_t count, skip = strlen(g->source.prefix);
    const gb_named_array *all = gb_checkpoint_arrays(g->source.checkpoint, &count);
    for (size_t i = 0; i < count; i++) {
        int height, width, end = 0;
        if (!strncmp(all[i].name, g->source.prefix, skip) &&
            sscanf(all[i].name + skip, "synthesis.%4dx%4d/Const/const%n", &height, &width, &end) == 2 && end &&
            !all[i].name[skip + (size_t)end] && height > 0 && width > 0) {
            g->named[0] = height;
            g->named[1] = width;
        }
    }
    g->lods = gb_source_take(&g->source, "synthesis.ToRGB_lod0/weight") != NULL;
    const gb_value *kwargs = gb_value_get(network_of(&g->source), "static_kwargs");
    g->grown = g->lods && strcmp(gb_value_str(gb_value_get(kwargs, "architecture"), ""), "skip");
    g->joint_norm = gb_source_take(&g->source, "mapping.LabelConcat/weight") != NULL;
}

/* Training raises the resolution by lowering `lod` to 0. */
static bool has_grown(sg2_generator *g, gb_reason *why) {
    const gb_array *lod = g->lods ? gb_source_take(&g->source, "lod") : NULL;
    double level = 0;
    return !lod || gb_array_count(lod) != 1 || !gb_array_to_f64(lod, &level, NULL) || level == 0 ||
        gb_because(why, "a progressively growing network that was saved before it had its full resolution (lod %g); use "
                   "a later snapshot", level);
}

/* Noise maps that no layer uses, and the ToRGB layers of a progressive network's lower resolutions. */
static bool ignored(const char *name) {
    return !strncmp(name, "synthesis.noise", 15) || !strncmp(name, "synthesis.ToRGB_lod", 19);
}

static const char *const within[] = {"mapping.", "synthesis.", NULL};

static const sg2_naming naming = {
    .family = "stylegan2-tensorflow", .code = "NVIDIA's TensorFlow code", .rng = "numpy", .within = within,
    .ignored = ignored, .begin = begin, .origin = origin,
};

static bool read_kwargs(sg2_generator *g, const gb_value *kwargs, gb_reason *why) {
    static const char who[] = "static_kwargs";
    const struct { const char *key; int64_t inferred; } whole[] = {
        {"latent_size", g->z_dim}, {"label_size", g->c_dim}, {"dlatent_size", g->w_dim},
        {"num_channels", g->img_channels}, {"mapping_layers", g->mapping_layers}, {"resolution_h", g->height},
        {"resolution_w", g->width}, {"min_h", g->start[0]}, {"min_w", g->start[1]},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        int64_t said = gb_value_int(gb_value_get(kwargs, whole[i].key), whole[i].inferred);
        if (!sg2_agree(whole[i].inferred, said, who, whole[i].key, why))
            return false;
    }
    if (!sg2_check_resolution(g, gb_value_int(gb_value_get(kwargs, "resolution"), g->height), who, "resolution", why))
        return false;
    if (!gb_value_bool(gb_value_get(kwargs, "normalize_latents"), true))
        return gb_because(why, "static_kwargs: normalize_latents is off; ganbend's mapping network always normalises z");
    const gb_value *act = gb_value_get(kwargs, "nonlinearity"), *clamp = gb_value_get(kwargs, "conv_clamp");
    for (int b = 0; b < g->blocks; b++)
        for (sg2_module layer = SG2_CONV0; layer <= SG2_TORGB; layer++)
            if (sg2_has_layer(g, b, layer) &&
                (!sg2_set_clamp(g, b, layer, clamp, who, why) || !sg2_set_activation(g, b, layer, act, who, why)))
                return false;
    const gb_value *kernel = gb_value_get(kwargs, "resample_kernel");
    if (kernel && kernel->kind == GB_VALUE_NONE)
        sg2_set_box_filter(g);
    return (g->grown || sg2_check_block(g, gb_value_get(kwargs, "architecture"), who, why)) &&
        sg2_set_mapping_activation(g, gb_value_get(kwargs, "mapping_nonlinearity"), who, why) &&
        sg2_set_mapping_lr(g, gb_value_get(kwargs, "mapping_lrmul"), who, why) &&
        sg2_set_filter(g, kernel, who, why);
}

/* Scope names. ToRGB's scope returns the running picture. */
static bool add_aliases(const sg2_generator *g, gb_network *n) {
    char ours[64], path[48], theirs[96];
    bool good = gb_network_add_alias(n, "G_mapping", "mapping");
    for (int i = 0; i < g->mapping_layers && good; i++) {
        snprintf(theirs, sizeof theirs, "G_mapping/Dense%d", i);
        good = gb_network_add_alias(n, theirs, sg2_module_path(g, SG2_FC, i, path)) &&
            gb_network_add_alias(n, theirs + strlen("G_mapping/"), path);
    }
    for (int b = 0; b < g->blocks && good; b++)
        for (sg2_module layer = SG2_CONV0; layer <= SG2_SKIP && good; layer++) {
            if (!sg2_has_layer(g, b, layer))
                continue;
            snprintf(ours, sizeof ours, "%s",
                     sg2_module_path(g, layer == SG2_TORGB ? SG2_BLOCK : layer, b, path));
            if (layer == SG2_TORGB)
                strcat(ours, ".img");
            snprintf(theirs, sizeof theirs, "G_synthesis/%s", scope(g, layer, b, path));
            good = gb_network_add_alias(n, theirs, ours) &&
                gb_network_add_alias(n, theirs + strlen("G_synthesis/"), ours);
        }
    snprintf(ours, sizeof ours, "%s.const", sg2_module_path(g, SG2_BLOCK, 0, path));
    snprintf(theirs, sizeof theirs, "G_synthesis/%dx%d/Const", (int)g->named[0], (int)g->named[1]);
    return good && gb_network_add_alias(n, theirs, ours) &&
        gb_network_add_alias(n, theirs + strlen("G_synthesis/"), ours);
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    sg2_generator g;
    bool good = sg2_open(&g, &naming, c, prefix, n, why);
    good = good && has_grown(&g, why) &&
        read_kwargs(&g, gb_value_get(network_of(&g.source), "static_kwargs"), why) &&
        sg2_configure(&g, config, false, n, why) && sg2_fill(&g, n, why) &&
        (add_aliases(&g, n) || gb_because_no_memory(why));
    gb_source_close(&g.source);
    return good;
}

const gb_family gb_stylegan2_tensorflow = {
    .name = "stylegan2-tensorflow",
    .summary = "StyleGAN2 of NVIDIA's TensorFlow code: the original .pkl files (configurations b to f) and ADA's",
    .source = "stylegan2, stylegan2-ada, skyflynil's and eps696's forks (min_h, min_w)",
    .landmarks = {"synthesis.#x#/Const/const", "mapping.Dense0/weight"},
    .adapt = adapt,
};
