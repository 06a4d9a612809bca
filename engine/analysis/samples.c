/* Samples of a generator. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"

gb_node gb_latent_node(const gb_model *model) {
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info info;
    if (ws == GB_NO_NODE)
        return gb_model_find_role(model, GB_ROLE_Z, 0);
    gb_model_node(model, ws, &info);
    return info.inputs ? info.input[0] : GB_NO_NODE;
}

gb_status gb_last_layer(int first, int count, int layers, int *last, gb_error *err) {
    if (first < 0 || first >= layers || count < 0 || count > layers - first)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d layers from layer %d on: this network has layers 0 to %d", count, first,
                       layers - 1);
    *last = count ? first + count - 1 : layers - 1;
    return GB_OK;
}

static size_t values_of(const gb_model *model, gb_node node) {
    gb_node_info info;
    size_t values = 1;
    gb_model_node(model, node, &info);
    for (int i = 0; i < info.ndim; i++)
        values *= (size_t)info.shape[i];
    return values;
}

static gb_status tap(gb_samples *s, gb_node node, gb_error *err) {
    gb_node_info info;
    gb_model_node(s->model, node, &info);
    return gb_session_tap(s->session, info.name, err);
}

gb_status gb_samples_new(gb_samples *s, gb_model *model, gb_node node, size_t count, int batch, uint64_t seed, const float *z,
                         gb_error *err) {
    gb_node input = gb_model_find_role(model, GB_ROLE_Z, 0);
    *s = (gb_samples){.model = model, .node = node, .latent = gb_latent_node(model), .count = count, .batch = batch,
                      .seed = seed, .z = z, .label = -1};
    if (input == GB_NO_NODE || s->latent == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no z to draw");
    s->width = values_of(model, node);
    s->latent_width = values_of(model, s->latent);
    s->z_dim = values_of(model, input);
    s->classes = (int)gb_model_class_count(model);
    s->labels = calloc((size_t)batch * (size_t)s->classes + 1, sizeof *s->labels);
    if (!s->labels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = gb_session_new(model, &(gb_session_options){.batch = batch}, &s->session, err);
    if (!status)
        status = tap(s, node, err);
    return status ? status : tap(s, s->latent, err);
}

void gb_samples_free(gb_samples *s) {
    gb_session_free(s->session);
    free(s->labels);
    *s = (gb_samples){0};
}

/* Sets z of the whole batch; a last batch that is not full repeats its first z. */
static gb_status set_z(gb_samples *s, size_t n, gb_error *err) {
    size_t batch = (size_t)s->batch;
    if (!s->z)
        return gb_session_seed(s->session, s->seed + s->done, err);
    float *z = malloc(batch * s->z_dim * sizeof *z + 1);
    if (!z)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < batch; i++)
        for (size_t k = 0; k < s->z_dim; k++)
            z[i * s->z_dim + k] = s->z[(s->done + (i < n ? i : 0)) * s->z_dim + k];
    gb_status status = gb_session_set_z(s->session, z, err);
    free(z);
    return status;
}

static gb_status set_classes(gb_samples *s, gb_error *err) {
    size_t classes = (size_t)s->classes;
    if (!classes)
        return GB_OK;
    for (size_t i = 0; i < (size_t)s->batch; i++)
        for (size_t k = 0; k < classes; k++)
            s->labels[i * classes + k] = (s->label >= 0 ? (size_t)s->label : (s->done + i) % classes) == k;
    return gb_session_set_label(s->session, s->labels, err);
}

/* Reads the first n samples of a node's batch. */
static gb_status read_values(gb_samples *s, gb_node node, size_t width, size_t n, float *out, gb_error *err) {
    if (n == (size_t)s->batch)
        return gb_session_read(s->session, node, out, err);
    float *all = malloc((size_t)s->batch * width * sizeof *all + 1);
    if (!all)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = gb_session_read(s->session, node, all, err);
    for (size_t i = 0; i < n * width && !status; i++)
        out[i] = all[i];
    free(all);
    return status;
}

gb_status gb_samples_next(gb_samples *s, float *values, float *latents, size_t *count, gb_error *err) {
    size_t left = s->count - s->done, n = left < (size_t)s->batch ? left : (size_t)s->batch;
    *count = 0;
    if (!n)
        return GB_OK;
    gb_status status = s->inputs ? s->inputs(s->inputs_arg, s->done, s->session, err) : set_z(s, n, err);
    if (!status && !s->inputs)
        status = set_classes(s, err);
    if (!status)
        status = gb_session_render(s->session, NULL, err);
    if (!status && values)
        status = read_values(s, s->node, s->width, n, values, err);
    if (!status && latents)
        status = read_values(s, s->latent, s->latent_width, n, latents, err);
    if (status)
        return status;
    s->done += n;
    *count = n;
    return GB_OK;
}

gb_status gb_set_sample(gb_model *model, gb_session *session, uint64_t seed, const float *z, size_t sample, int label, float psi,
                        gb_error *err) {
    size_t classes = gb_model_class_count(model);
    gb_node_info info = {0};
    gb_model_node(model, gb_model_find_role(model, GB_ROLE_Z, 0), &info);
    gb_status status = z ? gb_session_set_z(session, z + sample * (size_t)info.shape[0], err) : gb_session_seed(session, seed, err);
    if (!status && classes)
        status = gb_session_set_class(session, label >= 0 ? label : (int)(sample % classes), err);
    return !status && psi > 0 ? gb_session_truncate(session, psi, -1, err) : status;
}

gb_status gb_find_map_layer(const gb_model *model, const char *at, gb_node *node, gb_node_info *info, gb_error *err) {
    *node = at ? gb_model_find(model, at) : GB_NO_NODE;
    if (*node == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'; `ganbend info` lists the nodes", at ? at : "");
    if (gb_model_find_role(model, GB_ROLE_Z, 0) == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no z to draw");
    gb_model_node(model, *node, info);
    if (info->ndim != 3 || !strcmp(info->op, "input"))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' has no feature maps", info->name);
    return GB_OK;
}
