/* gb_find_directions() of ganbend.h: principal components of w's and layers, and closed-form factorisation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eigen.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/ganbend_analysis.h"
#include "engine/graph/model.h"
#include "kept.h"
#include "pca.h"
#include "samples.h"

enum { DEFAULT_COUNT = 10, LATENT_SAMPLES = 10000, LAYER_SAMPLES = 500, LATENT_BATCH = 100, LAYER_BATCH = 4, PCA_ROWS = 100 };

typedef struct search {
    gb_model *model;
    const gb_direction_options *options;
    gb_directions *directions;
    size_t count;
    gb_latent_space space;
    size_t latent_width;
    double progress_from, progress_share;       /* of the pass that is running */
    uint64_t pass, at;          /* the pass that is running, and how many of its samples have been taken */
    gb_kept kept;
    gb_error *err;
} search;

static gb_status no_memory(const search *s) {
    return gb_fail(s->err, GB_NO_MEMORY, "out of memory");
}

/* Reports the status of a decomposition. */
static gb_status told(const search *s, gb_status status, const char *not_finite) {
    return status == GB_NO_MEMORY ? no_memory(s) : status ? gb_fail(s->err, status, "%s", not_finite) : GB_OK;
}

static gb_status report(const search *s, double share) {
    const gb_direction_options *o = s->options;
    return !o->progress || o->progress(o->progress_arg, s->progress_from + share * s->progress_share)
               ? GB_OK
               : gb_fail_cancelled(s->err);
}

static gb_status add(const search *s, const char *prefix, size_t number, const float *vector, double deviation, int first,
                     int last) {
    char name[32];
    snprintf(name, sizeof name, "%s%zu", prefix, number);
    return gb_directions_add(s->directions, &(gb_direction){name, s->space, (int64_t)s->latent_width, vector,
                                                            (float)deviation, first, last}, s->err);
}

/* ------------------------------------------------------------------------------------------------ samples */

/* A function that takes a batch of values and latents. */
typedef gb_status batch_function(void *arg, const float *values, const float *latents, size_t count);

/* Renders the samples from number s->at on and gives them to `take` in batches of up to `rows`. */
static gb_status each_batch(search *s, gb_node node, size_t samples, int batch, size_t rows, batch_function *take,
                            void *arg) {
    gb_samples from;
    float *values = NULL, *latents = NULL;
    size_t n = 1, held = 0;
    gb_status status = gb_samples_new(&from, s->model, node, samples, batch, s->options->seed, s->options->z, s->err);
    if (!status) {
        from.done = (size_t)s->at;
        values = calloc((rows + (size_t)batch) * from.width, sizeof *values);
        latents = calloc((rows + (size_t)batch) * from.latent_width, sizeof *latents);
        status = values && latents ? GB_OK : no_memory(s);
    }
    while (!status && n) {
        status = gb_samples_next(&from, values + held * from.width, latents + held * from.latent_width, &n, s->err);
        held += n;
        if (!status && held && (held >= rows || !n)) {
            status = take(arg, values, latents, held);
            held = 0;
            s->at = from.done;
            if (!status)
                status = gb_kept_write(&s->kept, s->err);
        }
        if (!status)
            status = report(s, (double)from.done / (double)samples);
    }
    free(values);
    free(latents);
    gb_samples_free(&from);
    return status;
}

/* ------------------------------------------------------------------------------------------------ principal components */

typedef struct fit {
    search *s;
    gb_pca pca;
    /* Of the second pass, for another node than the latent: */
    double *coordinates;        /* [kept] of one sample, in deviations */
    double *normal;             /* [kept, kept] Σ coordinate coordinateᵀ */
    double *right;              /* [kept, latent] Σ coordinate latentᵀ */
    float *vectors;             /* [kept, latent] the latent directions, of length 1 */
    double *sum, *squares;      /* [kept] of the latents along them, */
    double *first;              /* relative to the first sample's */
    size_t samples;
} fit;

static gb_status add_to_pca(void *arg, const float *values, const float *latents, size_t count) {
    fit *f = arg;
    (void)latents;
    return told(f->s, gb_pca_add(&f->pca, values, count), "principal components: the values are not finite");
}

/* Adds a batch to the normal equations of: latents = coordinates · directions. */
static gb_status add_to_equations(void *arg, const float *values, const float *latents, size_t count) {
    fit *f = arg;
    size_t kept = f->pca.kept, width = f->pca.width, latent = f->s->latent_width;
    for (size_t r = 0; r < count; r++) {
        for (size_t c = 0; c < kept; c++) {
            double sum = 0;
            for (size_t i = 0; i < width; i++)
                sum += ((double)values[r * width + i] - f->pca.mean[i]) * (double)f->pca.components[c * width + i];
            f->coordinates[c] = sum / gb_pca_deviation(&f->pca, c);
        }
        for (size_t c = 0; c < kept; c++) {
            for (size_t k = 0; k < kept; k++)
                f->normal[c * kept + k] += f->coordinates[c] * f->coordinates[k];
            for (size_t i = 0; i < latent; i++)
                f->right[c * latent + i] += f->coordinates[c] * (double)latents[r * latent + i];
        }
    }
    return GB_OK;
}

/* Solves the normal equations by their eigenvalues and scales each direction to length 1. */
static gb_status solve(fit *f) {
    size_t kept = f->pca.kept, latent = f->s->latent_width;
    double *values = malloc(kept * sizeof *values + 1), *row = malloc(latent * sizeof *row + 1);
    double *vectors = malloc(kept * kept * sizeof *vectors + 1);
    gb_status status = values && row && vectors ? GB_OK : no_memory(f->s);
    if (!status)
        memcpy(vectors, f->normal, kept * kept * sizeof *vectors);
    if (!status)
        status = told(f->s, gb_eigen_symmetric(kept, vectors, values),
                      "principal components: the layer's values do not determine latents");
    for (size_t c = 0; c < kept && !status; c++) {
        double length = 0;
        for (size_t i = 0; i < latent; i++)
            row[i] = 0;
        for (size_t e = 0; e < kept; e++) {
            const double *vector = vectors + e * kept;
            for (size_t k = 0; k < kept && values[e] > values[0] * 1e-12; k++)
                for (size_t i = 0; i < latent; i++)
                    row[i] += vector[c] * vector[k] / values[e] * f->right[k * latent + i];
        }
        for (size_t i = 0; i < latent; i++)
            length += row[i] * row[i];
        for (size_t i = 0; i < latent; i++)
            f->vectors[c * latent + i] = (float)(length > 0 ? row[i] / sqrt(length) : 0);
    }
    free(values);
    free(row);
    free(vectors);
    return status;
}

static gb_status add_to_deviations(void *arg, const float *values, const float *latents, size_t count) {
    fit *f = arg;
    size_t kept = f->pca.kept, latent = f->s->latent_width;
    (void)values;
    for (size_t r = 0; r < count; r++, f->samples++)
        for (size_t c = 0; c < kept; c++) {
            double along = 0;
            for (size_t i = 0; i < latent; i++)
                along += (double)latents[r * latent + i] * (double)f->vectors[c * latent + i];
            if (!f->samples)
                f->first[c] = along;
            f->sum[c] += along - f->first[c];
            f->squares[c] += (along - f->first[c]) * (along - f->first[c]);
        }
    return GB_OK;
}

static gb_status make_equations(fit *f) {
    size_t kept = f->pca.kept, latent = f->s->latent_width;
    f->coordinates = calloc(kept + 1, sizeof *f->coordinates);
    f->normal = calloc(kept * kept + 1, sizeof *f->normal);
    f->right = calloc(kept * latent + 1, sizeof *f->right);
    f->vectors = calloc(kept * latent + 1, sizeof *f->vectors);
    f->sum = calloc(3 * kept + 1, sizeof *f->sum);
    if (!f->coordinates || !f->normal || !f->right || !f->vectors || !f->sum)
        return no_memory(f->s);
    f->squares = f->sum + kept;
    f->first = f->squares + kept;
    return GB_OK;
}

/* PCA of a layer: finds the latents that move along each component. */
static gb_status add_latent_directions(search *s, fit *f, gb_node node, size_t samples) {
    size_t kept = f->pca.kept, latent = s->latent_width;
    s->progress_from = 0.5;
    s->progress_share = 0.45;
    gb_status status = s->pass < 2 ? each_batch(s, node, samples, LAYER_BATCH, PCA_ROWS, add_to_equations, f) : GB_OK;
    if (!status) {
        s->pass = 2;
        s->at = 0;
        status = solve(f);
    }
    s->progress_from = 0.95;
    s->progress_share = 0.05;
    if (!status)
        status = each_batch(s, gb_latent_node(s->model), samples, LATENT_BATCH, PCA_ROWS, add_to_deviations, f);
    for (size_t c = 0; c < kept && !status; c++) {
        double n = (double)f->samples, variance = (f->squares[c] - f->sum[c] * f->sum[c] / n) / (n > 1 ? n - 1 : 1);
        status = add(s, "pc", c, f->vectors + c * latent, sqrt(variance > 0 ? variance : 0), 0, -1);
    }
    return status;
}

/* Reads what a run that was interrupted has done. The last pass, of latents alone, begins again. */
static gb_status go_on(search *s, fit *f, gb_node node, size_t samples) {
    const gb_direction_options *o = s->options;
    const gb_pca *pca = &f->pca;
    size_t width = pca->width, kept = pca->kept;
    const uint64_t whole[] = {gb_model_checksum(s->model), (uint64_t)node, samples, s->count, o->seed};
    gb_node_info z = {0};
    gb_model_node(s->model, gb_model_find_role(s->model, GB_ROLE_Z, 0), &z);
    const struct { void *bytes; size_t size; } blocks[] = {
        {&s->pass, sizeof s->pass}, {&s->at, sizeof s->at}, {&f->pca.samples, sizeof f->pca.samples}, {&f->pca.kept, sizeof f->pca.kept},
        {pca->mean, width * sizeof(double)}, {pca->components, kept * width * sizeof(float)}, {pca->singular, kept * sizeof(double)},
        {pca->shift, width * sizeof(double)}, {pca->products, width * width * sizeof(double)}, {pca->sums, width * sizeof(double)},
        {f->normal, kept * kept * sizeof(double)}, {f->right, kept * s->latent_width * sizeof(double)},
    };
    gb_status status = GB_OK;
    s->kept = (gb_kept){.path = o->state, .signature = gb_signature(gb_signature(0, whole, sizeof whole), o->z,
                                                                    samples * (size_t)z.shape[0] * sizeof *o->z)};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks && !status; i++)
        if (blocks[i].bytes)
            status = gb_kept_add(&s->kept, blocks[i].bytes, blocks[i].size, s->err);
    if (!status)
        status = gb_kept_read(&s->kept, s->err);
    return status || (s->at <= samples && s->pass <= 2 && f->pca.kept <= kept)
               ? status
               : gb_fail(s->err, GB_BAD_FILE, "%s: is damaged", o->state);
}

static gb_status principal_components(search *s) {
    const gb_direction_options *o = s->options;
    gb_node latent = gb_latent_node(s->model), node = o->at ? gb_model_find(s->model, o->at) : latent;
    gb_node_info info;
    fit f = {.s = s};
    if (node == GB_NO_NODE)
        return o->at ? gb_fail(s->err, GB_BAD_ARGUMENT, "there is no node '%s'; `ganbend info` lists the nodes", o->at)
                     : gb_fail(s->err, GB_BAD_ARGUMENT, "this network has no w's; name a layer, whose values are analysed");
    gb_model_node(s->model, node, &info);
    if (!strcmp(info.op, "input"))
        return gb_fail(s->err, GB_BAD_ARGUMENT, "'%s' is an input: its values are drawn, so all directions are alike; name a "
                                                "layer, whose values are analysed", info.name);
    size_t width = 1, samples = o->samples ? o->samples : node == latent ? LATENT_SAMPLES : LAYER_SAMPLES;
    for (int i = 0; i < info.ndim; i++)
        width *= (size_t)info.shape[i];
    s->progress_share = node == latent ? 1 : 0.5;
    gb_status status = gb_pca_new(&f.pca, width, s->count, width <= GB_PCA_EXACT_WIDTH) ? GB_OK : no_memory(s);
    if (!status && node != latent)
        status = make_equations(&f);
    if (!status)
        status = go_on(s, &f, node, samples);
    if (!status && !s->pass) {
        status = each_batch(s, node, samples, node == latent ? LATENT_BATCH : LAYER_BATCH, PCA_ROWS, add_to_pca, &f);
        if (!status)
            status = told(s, gb_pca_finish(&f.pca), "principal components: the values are not finite");
        if (!status) {          /* otherwise it goes on in this pass */
            s->pass = 1;
            s->at = 0;
        }
    }
    if (!status && !f.pca.kept)
        status = gb_fail(s->err, GB_BAD_ARGUMENT, "'%s' has the same values in all %zu samples", info.name, samples);
    if (!status && node != latent)
        status = add_latent_directions(s, &f, node, samples);
    for (size_t i = 0; i < f.pca.kept && node == latent && !status; i++)
        status = add(s, "pc", i, f.pca.components + i * width, gb_pca_deviation(&f.pca, i), 0, -1);
    status = gb_kept_end(&s->kept, status);
    gb_pca_free(&f.pca);
    free(f.coordinates);
    free(f.normal);
    free(f.right);
    free(f.vectors);
    free(f.sum);
    return status;
}

/* ------------------------------------------------------------------------------------------------ factorisation */

/* The linear node that makes the styles of a layer from its w; NULL if there is none. */
static const gb_graph_node *affine_of(const gb_graph *graph, gb_node layer) {
    const gb_graph_node *n = &graph->nodes[layer];
    while (!n->is_input && n->desc.op != GB_OP_MODULATED_CONV2D) {
        if (!n->inputs)
            return NULL;
        n = &graph->nodes[gb_main_input(n)];
    }
    if (n->is_input || !n->desc.conv.modulated)
        return NULL;
    n = &graph->nodes[n->input[1]];
    while (!n->is_input && n->desc.op != GB_OP_LINEAR) {
        if (!n->inputs)
            return NULL;
        n = &graph->nodes[gb_main_input(n)];
    }
    return n->is_input ? NULL : n;
}

/* Adds WᵀW of a layer's style weights [out, width]; `unit` scales each row to length 1 before. */
static gb_status add_layer(const search *s, gb_node layer, bool unit, double *products) {
    size_t width = s->latent_width;
    const gb_graph_node *affine = affine_of(s->model->graph, layer);
    const float *weight;
    if (!affine || (size_t)affine->desc.in[0].c != width)
        return gb_fail(s->err, GB_BAD_ARGUMENT, "'%s' has no styles made from a w", s->model->graph->nodes[layer].name);
    gb_status status = gb_model_floats(s->model, affine->weight[0], 1, &weight, s->err);
    for (int r = 0; r < affine->desc.linear.cout && !status; r++) {
        const float *row = weight + (size_t)r * width;
        double length = 0, scale = 1;
        for (size_t i = 0; i < width; i++)
            length += (double)row[i] * (double)row[i];
        if (unit)
            scale = length > 0 ? 1 / length : 0;
        for (size_t i = 0; i < width; i++)
            for (size_t k = 0; k <= i; k++)
                products[i * width + k] += scale * (double)row[i] * (double)row[k];
    }
    return status;
}

static gb_status factorise(search *s) {
    const gb_direction_options *o = s->options;
    const gb_graph *graph = s->model->graph;
    bool sefa = o->method == GB_DIRECTIONS_SEFA;
    size_t width = s->latent_width;
    int layers = 0, last;
    if (s->space != GB_LATENT_W)
        return gb_fail(s->err, GB_BAD_ARGUMENT, "this network has no w's to factorise the weights of; use principal components "
                                                "of a layer");
    while (gb_graph_find_role(graph, GB_ROLE_LAYER, layers) != GB_NO_NODE)
        layers++;
    if (gb_last_layer(o->first_layer, o->layer_count, layers, &last, s->err))
        return s->err->status;
    double *products = calloc(width * width + 1, sizeof *products), *values = calloc(width + 1, sizeof *values);
    float *vector = calloc(width + 1, sizeof *vector);
    gb_status status = products && values && vector ? GB_OK : no_memory(s);
    for (int i = o->first_layer; i <= last && !status; i++)
        status = add_layer(s, gb_graph_find_role(graph, GB_ROLE_LAYER, i), sefa, products);
    gb_node torgb = gb_graph_find_role(graph, GB_ROLE_TORGB, 0);
    if (!status && !sefa && !o->first_layer && torgb != GB_NO_NODE)
        status = add_layer(s, torgb, false, products);
    if (!status)
        status = told(s, gb_eigen_symmetric(width, products, values), "the style weights are not finite");
    bool all = !o->first_layer && last == layers - 1;
    for (size_t i = 0; i < s->count && i < width && !status; i++) {
        for (size_t k = 0; k < width; k++)
            vector[k] = (float)products[i * width + k];
        status = add(s, sefa ? "sefa" : "factor", i, vector, 1, all ? 0 : o->first_layer, all ? -1 : last);
    }
    free(products);
    free(values);
    free(vector);
    return status;
}

gb_status gb_find_directions(gb_model *model, const gb_direction_options *given, gb_directions **directions, gb_error *err) {
    gb_direction_options options;
    search s = {.model = model, .options = &options, .err = err, .progress_share = 1};
    gb_node latent = gb_latent_node(model);
    gb_node_info info = {0};
    *directions = NULL;
    gb_status status = GB_TAKE_OPTIONS(gb_direction_options, state, &options, given, err);
    if (status)
        return status;
    if (s.options->count < 0 || latent == GB_NO_NODE)
        return latent == GB_NO_NODE ? gb_fail(err, GB_BAD_ARGUMENT, "this network has neither z nor w's")
                                    : gb_fail(err, GB_BAD_ARGUMENT, "the number of directions is %d", s.options->count);
    gb_model_node(model, latent, &info);
    s.space = gb_model_find_role(model, GB_ROLE_WS, 0) == GB_NO_NODE ? GB_LATENT_Z : GB_LATENT_W;
    s.latent_width = (size_t)info.shape[info.ndim - 1];
    s.count = (size_t)(s.options->count ? s.options->count : DEFAULT_COUNT);
    if (s.count > s.latent_width)
        s.count = s.latent_width;
    status = gb_directions_new(&s.directions, err);
    if (!status)
        status = s.options->method == GB_DIRECTIONS_PCA ? principal_components(&s) : factorise(&s);
    if (status)
        gb_directions_free(s.directions);
    else
        *directions = s.directions;
    return status;
}
