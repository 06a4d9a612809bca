/* The part of adapting a BigGAN that does not depend on who saved it: widths, shapes, spectral norm, metadata and
 * messages. */
#include "biggan.h"
#include "imagenet_classes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const bg_stages bg_published[] = {
    {32, 3, {4, 4, 4, 4}},
    {64, 4, {16, 16, 8, 4, 2}},
    {128, 5, {16, 16, 8, 4, 2, 1}},
    {256, 6, {16, 16, 8, 8, 4, 2, 1}},
    {512, 7, {16, 16, 8, 8, 4, 2, 1, 1}},
    {0, 0, {0}},
};

bool bg_no_memory(bg_generator *g) {
    return gb_because_no_memory(g->why);
}

bool bg_open(bg_generator *g, const gb_checkpoint *c, const char *prefix, gb_network *n, gb_reason *why) {
    g->network = n;
    g->why = why;
    return gb_source_open(&g->source, c, prefix, why);
}

/* ---- finding and measuring ---- */

static const char *join(const char *path, const char *leaf, char name[BG_PATH]) {
    snprintf(name, BG_PATH, "%s%s", path, leaf);
    return name;
}

/* What the file calls the canonical `path``leaf`. */
static const char *in_file(const bg_generator *g, const char *path, const char *leaf, char name[BG_PATH]) {
    char canonical[BG_PATH];
    if (!g->rename)
        return join(path, leaf, name);
    g->rename(g, join(path, leaf, canonical), name);
    return name;
}

const gb_array *bg_find(bg_generator *g, const char *path, const char *leaf) {
    char name[BG_PATH];
    return gb_source_take(&g->source, in_file(g, path, leaf, name));
}

const gb_array *bg_find_weight(bg_generator *g, const char *path) {
    const gb_array *a = bg_find(g, path, ".weight_orig");
    return a ? a : bg_find(g, path, ".weight");
}

static bool extent(bg_generator *g, const gb_array *a, const char *path, const char *leaf, int ndim, int d,
                   int64_t *out) {
    char shape[128], name[BG_PATH];
    in_file(g, path, leaf, name);
    if (!a)
        return gb_source_lacks(&g->source, name, g->why);
    if (a->ndim != ndim || a->shape[d] < 1 || a->shape[d] > BG_WIDEST)
        return gb_because(g->why, "tensor '%s%s' has shape %s, which no BigGAN has", g->source.prefix, name,
                          gb_shape_text(a, shape, sizeof shape));
    *out = a->shape[d];
    return true;
}

bool bg_extent(bg_generator *g, const char *path, const char *leaf, int ndim, int d, int64_t *out) {
    return extent(g, bg_find(g, path, leaf), path, leaf, ndim, d, out);
}

bool bg_weight_extent(bg_generator *g, const char *path, int ndim, int d, int64_t *out) {
    return extent(g, bg_find_weight(g, path), path, ".weight", ndim, d, out);
}

bool bg_set_resolution(bg_generator *g) {
    g->resolution = g->bottom_width;
    for (int i = 0; i < g->blocks; i++) {
        g->resolution *= g->up[i] ? 2 : 1;
        if (g->resolution > BG_LARGEST)
            return gb_because(g->why, "its blocks enlarge %" PRId64 "×%" PRId64 " beyond %d×%d", g->bottom_width,
                              g->bottom_width, BG_LARGEST, BG_LARGEST);
    }
    return true;
}

/* ---- --config ---- */

static const gb_value *said(const gb_value *config, const char *key) {
    const gb_value *v = gb_value_get(config, key);
    return v && v->kind != GB_VALUE_NONE ? v : NULL;
}

bool bg_agree(bg_generator *g, const gb_value *config, const char *key, int64_t inferred) {
    const gb_value *v = said(config, key);
    int64_t value = gb_value_int(v, INT64_MIN);
    if (!v || value == inferred)
        return true;
    if (value == INT64_MIN)
        return gb_because(g->why, "--config: '%s' is %s, expected an integer", key, gb_value_kind_name(v));
    return gb_because(g->why, "--config: %s is %" PRId64 ", but the tensors have %" PRId64, key, value, inferred);
}

bool bg_agree_bool(bg_generator *g, const gb_value *config, const char *key, bool inferred) {
    const gb_value *v = said(config, key);
    if (!v || (v->kind == GB_VALUE_BOOL && v->boolean == inferred))
        return true;
    if (v->kind != GB_VALUE_BOOL)
        return gb_because(g->why, "--config: '%s' is %s, expected true or false", key, gb_value_kind_name(v));
    return gb_because(g->why, "--config: %s is %s, but the tensors are those of %s", key, inferred ? "false" : "true",
                      inferred ? "true" : "false");
}

bool bg_read_eps(bg_generator *g, const gb_value *config, const char *key, double *out) {
    const gb_value *v = said(config, key);
    double eps = gb_value_float(v, NAN);
    if (!v)
        return true;
    if (!(eps > 0 && eps < 1))
        return gb_because(g->why, "--config: '%s' is expected to be a number between 0 and 1, as 1e-5", key);
    *out = eps;
    return true;
}

bool bg_check_config(bg_generator *g, const gb_value *config, const char *const *known) {
    size_t strange = 0;
    const char *first = NULL;
    if (!config)
        return true;
    if (config->kind != GB_VALUE_DICT)
        return gb_because(g->why, "--config: %s where constructor arguments by name are expected",
                          gb_value_kind_name(config));
    for (size_t i = 0; i < config->dict.count; i++) {
        const char *key = gb_value_str(config->dict.keys[i], "");
        const char *const *k = known;
        while (*k && strcmp(*k, key))
            k++;
        if (!*k && !strange++)
            first = key;
    }
    return !strange || gb_network_note(g->network, "--config: %zu keys that do not describe a generator were "
                                       "ignored; the first is '%s'", strange, first) || bg_no_memory(g);
}

/* ---- spectral norm ---- */

static void normalise(double *v, size_t count, double eps) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += v[i] * v[i];
    double norm = fmax(sqrt(sum), eps);
    for (size_t i = 0; i < count; i++)
        v[i] /= norm;
}

/* σ of W [rows, columns]. `v` was stored, or is made from u as one power iteration does. */
static double singular_value(const double *w, double *u, double *v, bool v_stored, double *wv, size_t rows,
                             size_t columns, double eps) {
    if (!v_stored) {
        for (size_t j = 0; j < columns; j++)
            v[j] = 0;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++)
                v[j] += u[i] * w[i * columns + j];
        normalise(v, columns, eps);
    }
    for (size_t i = 0; i < rows; i++) {
        wv[i] = 0;
        for (size_t j = 0; j < columns; j++)
            wv[i] += w[i * columns + j] * v[j];
    }
    if (!v_stored) {
        memcpy(u, wv, rows * sizeof *u);
        normalise(u, rows, eps);
    }
    double sigma = 0;
    for (size_t i = 0; i < rows; i++)
        sigma += u[i] * wv[i];
    return sigma;
}

static bool read_vector(bg_generator *g, const gb_array *a, const char *path, const char *leaf, size_t count,
                        double *out) {
    char shape[128], name[BG_PATH];
    in_file(g, path, leaf, name);
    if (!a)
        return gb_because(g->why, "no tensor '%s%s', which spectral normalisation needs", g->source.prefix, name);
    if (gb_array_count(a) != (int64_t)count)
        return gb_because(g->why, "tensor '%s%s' has shape %s, expected %zu values", g->source.prefix, name,
                          gb_shape_text(a, shape, sizeof shape), count);
    return gb_array_to_f64(a, out, g->why) || gb_because_in(g->why, "tensor '%s%s'", g->source.prefix, name);
}

/* The divisor of the weight; 1 if it is not normalised. */
static bool read_sigma(bg_generator *g, const char *path, const gb_array *weight, double *sigma) {
    const gb_array *u0 = bg_find(g, path, ".u0"), *u = bg_find(g, path, ".weight_u");
    const gb_array *v = bg_find(g, path, ".weight_v");
    bool original = bg_find(g, path, ".weight_orig") != NULL;
    *sigma = 1;
    if (!original && !u0)
        return true;
    size_t count = (size_t)gb_array_count(weight), rows = (size_t)weight->shape[0], columns = count / rows;
    double *w = malloc((count + 2 * rows + columns) * sizeof *w);
    if (!w)
        return bg_no_memory(g);
    double *left = w + count, *product = left + rows, *right = product + rows;
    bool good = read_vector(g, weight, path, ".weight", count, w) &&
        read_vector(g, original ? u : u0, path, original ? ".weight_u" : ".u0", rows, left) &&
        (!original || read_vector(g, v, path, ".weight_v", columns, right));
    if (good)
        *sigma = singular_value(w, left, right, original, product, rows, columns, g->sn_eps);
    free(w);
    return good;
}

/* ---- bringing over ---- */

/* `a` as the canonical network lays it out, once it has the shape that it should. */
static bool arrange(bg_generator *g, const gb_array *a, const char *file_name, bg_layout layout, const bg_shape *shape,
                    gb_array *view) {
    gb_array expected = {.ndim = layout == BG_ONE_ROW ? 1 : shape->ndim};
    char is[128], should[128];
    for (int d = 0; d < expected.ndim; d++)
        expected.shape[d] = shape->dim[layout == BG_AS_IS ? d : 1 - d];
    *view = *a;
    if (!shape->ndim && gb_array_count(a) == 1) {   /* a number is a number, as [] or [1] */
        view->ndim = 0;
        return true;
    }
    if (a->ndim != expected.ndim || memcmp(a->shape, expected.shape, (size_t)a->ndim * sizeof *a->shape))
        return gb_because(g->why, "tensor '%s%s' has shape %s, expected %s for %" PRId64 "×%" PRId64,
                          g->source.prefix, file_name, gb_shape_text(a, is, sizeof is),
                          gb_shape_text(&expected, should, sizeof should), g->resolution, g->resolution);
    if (gb_array_count(a) == 0)
        return gb_because(g->why, "tensor '%s%s' of shape %s is empty", g->source.prefix, file_name,
                          gb_shape_text(a, is, sizeof is));
    if (gb_array_repeats(a))
        return gb_because(g->why, "tensor '%s%s' of shape %s repeats the same few values", g->source.prefix, file_name,
                          gb_shape_text(a, is, sizeof is));
    view->ndim = shape->ndim;
    for (int d = 0; d < view->ndim; d++) {
        view->shape[d] = shape->dim[d];
        view->stride[d] = a->stride[layout == BG_ONE_ROW ? 0 : layout == BG_TRANSPOSED ? 1 - d : d];
    }
    return true;
}

/* Divides in double and rounds once; what is not divided stays a view of the file. */
static bool put(bg_generator *g, const char *name, const char *file_name, const gb_array *view, double sigma) {
    size_t count = (size_t)gb_array_count(view), odd = 0;
    double *values = malloc(count * sizeof *values);
    float *out = values && sigma != 1 ? gb_network_add_f32(g->network, name, view->ndim, view->shape) : NULL;
    bool room = values && (out || (sigma == 1 && gb_network_add_array(g->network, name, view)));
    bool good = room && gb_array_to_f64(view, values, g->why);
    for (size_t i = 0; i < count && good; i++) {
        float v = (float)(values[i] / sigma);
        odd += !isfinite(v);
        if (out)
            out[i] = v;
    }
    free(values);
    if (!room)
        return bg_no_memory(g);
    if (!good)
        return gb_because_in(g->why, "tensor '%s%s'", g->source.prefix, file_name);
    return !odd || g->odd_tensors++ ||
        gb_network_note(g->network, "tensor '%s%s' holds %zu values that are not finite", g->source.prefix, file_name,
                        odd) || bg_no_memory(g);
}

bool bg_bring(bg_generator *g, const char *path, const char *leaf, const char *as, bg_layout layout, bg_shape shape) {
    char file_name[BG_PATH], name[BG_PATH];
    const gb_array *a = gb_source_take(&g->source, in_file(g, path, leaf, file_name));
    gb_array view;
    if (!a)
        return gb_source_lacks(&g->source, file_name, g->why);
    return arrange(g, a, file_name, layout, &shape, &view) && put(g, join(path, as, name), file_name, &view, 1);
}

bool bg_bring_weight(bg_generator *g, const char *path, bg_layout layout, bg_shape shape) {
    char file_name[BG_PATH], name[BG_PATH];
    const gb_array *a = bg_find_weight(g, path);
    gb_array view;
    double sigma;
    in_file(g, path, bg_find(g, path, ".weight_orig") ? ".weight_orig" : ".weight", file_name);
    if (!a)
        return gb_source_lacks(&g->source, file_name, g->why);
    return arrange(g, a, file_name, layout, &shape, &view) && read_sigma(g, path, a, &sigma) &&
        put(g, join(path, ".weight", name), file_name, &view, sigma);
}

bool bg_bring_conv(bg_generator *g, const char *path, int64_t cout, int64_t cin, int64_t kernel) {
    return bg_bring_weight(g, path, BG_AS_IS, (bg_shape){4, {cout, cin, kernel, kernel}}) &&
        bg_bring(g, path, ".bias", ".bias", BG_AS_IS, (bg_shape){1, {cout}});
}

bool bg_bring_attention(bg_generator *g, const char *path, const char *const names[4], int64_t channels) {
    const int64_t keys = channels / 8, values = channels / 2;
    if (keys < 1)
        return gb_because(g->why, "'%s%s' attends over %" PRId64 " feature maps; attention needs at least 8",
                          g->source.prefix, path, channels);
    const int64_t out[4] = {keys, keys, values, channels}, in[4] = {channels, channels, channels, values};
    char conv[BG_PATH];
    for (int i = 0; i < 4; i++)
        if (!bg_bring_weight(g, join(path, names[i], conv), BG_AS_IS, (bg_shape){4, {out[i], in[i], 1, 1}}))
            return false;
    return bg_bring(g, path, ".gamma", ".gamma", BG_AS_IS, (bg_shape){0, {0}});
}

/* ---- notes and metadata ---- */

bool bg_note_found(bg_generator *g) {
    const char *p = g->source.prefix;
    int wrapper = (int)strlen(p);
    return gb_network_note(g->network, "found a BigGAN%s generator as %s saves it%s%.*s%s: %" PRId64 "×%" PRId64
                           ", %" PRId64 " classes, z of %" PRId64 "%s%s", g->deep ? "-deep" : "", g->code,
                           wrapper ? ", in '" : "", wrapper ? wrapper - 1 : 0, p, wrapper ? "'" : "", g->resolution,
                           g->resolution, g->c_dim, g->z_dim, g->z_chunk ? " in chunks" : "",
                           g->attentions ? ", attention" : "") || bg_no_memory(g);
}

bool bg_put_metadata(bg_generator *g) {
    gb_network *n = g->network;
    char network[sizeof g->source.prefix];
    size_t wrapper = strlen(g->source.prefix), blocks = (size_t)g->blocks;
    snprintf(network, sizeof network, "%.*s", (int)(wrapper ? wrapper - 1 : 0), g->source.prefix);
    return (gb_network_set_str(n, "architecture", "biggan") &&
            gb_network_set_str(n, "config.naming", g->naming) &&
            gb_network_set_str(n, "config.variant", g->deep ? "deep" : "standard") &&
            gb_network_set_int(n, "config.resolution", g->resolution) &&
            gb_network_set_int(n, "config.z_dim", g->z_dim) &&
            gb_network_set_int(n, "config.c_dim", g->c_dim) &&
            gb_network_set_int(n, "config.shared_dim", g->shared_dim) &&
            gb_network_set_int(n, "config.z_chunk", g->z_chunk) &&
            gb_network_set_int(n, "config.img_channels", 3) &&
            gb_network_set_int(n, "config.bottom_width", g->bottom_width) &&
            gb_network_set_float(n, "config.norm_eps", g->norm_eps) &&
            gb_network_set_float(n, "config.output_norm_eps", g->output_norm_eps) &&
            gb_network_set_int(n, "config.n_stats", g->n_stats) &&
            gb_network_set_ints(n, "config.layers.in", g->in, blocks) &&
            gb_network_set_ints(n, "config.layers.out", g->out, blocks) &&
            gb_network_set_ints(n, "config.layers.up", g->up, blocks) &&
            gb_network_set_ints(n, "config.attention_after", g->attention_after, (size_t)g->attentions) &&
            gb_network_set_str(n, "origin.family", g->family) &&
            gb_network_set_str(n, "origin.format", gb_checkpoint_format(g->source.checkpoint)) &&
            (!*network || gb_network_set_str(n, "origin.network", network)) &&
            gb_network_set_str(n, "origin.rng", g->rng) &&
            (g->c_dim != GB_IMAGENET_CLASSES ||
             gb_network_set_strs(n, "origin.class_names", gb_imagenet_classes, GB_IMAGENET_CLASSES))) ||
        bg_no_memory(g);
}

bool bg_finish(bg_generator *g, const char *const *within, bool (*ignored)(const char *name)) {
    if (g->odd_tensors > 1 && !gb_network_note(g->network, "so do %d other tensors", g->odd_tensors - 1))
        return bg_no_memory(g);
    const char *left = gb_source_left(&g->source, within, ignored);
    return !left || gb_because(g->why, "tensor '%s%s' has no place in a BigGAN%s generator of %" PRId64 "×%" PRId64,
                               g->source.prefix, left, g->deep ? "-deep" : "", g->resolution, g->resolution);
}
