/* Reads reference files: inputs first, then the arrays to compare, whose shapes are checked against the model. */
#include "reference.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latents.h"
#include "open_model.h"
#include "tools/program/arguments.h"

static gb_status out_of_memory(const reference *r, gb_error *err) {
    return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
}

/* Finds an array, PREFIX/name before name. */
static bool find(const reference *r, const char *name, size_t *index) {
    char key[512];
    if (r->prefix) {
        snprintf(key, sizeof key, "%s/%s", r->prefix, name);
        if (gb_file_find(r->file, key, index)) return true;
    }
    return gb_file_find(r->file, name, index);
}

static bool has(const reference *r, const char *name) {
    size_t index;
    return gb_file_find(r->file, name, &index);
}

/* Reads an input [samples, width], or [width] for one sample; *values stays NULL if the file has none of that name. */
static gb_status read_input(reference *r, const char *name, int64_t width, float **values, gb_error *err) {
    gb_array_info info;
    size_t index;
    char text[SHAPE_ROOM];
    if (!find(r, name, &index)) return GB_OK;
    if (read_array(r->file, r->path, index, &info, values, err)) return err->status;
    if (info.ndim < 1 || info.ndim > 2 || width < 1 || info.count < 1 || info.shape[info.ndim - 1] != width)
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [n,%" PRId64 "] for this model", r->path, name,
                     shape_text(info.ndim, info.shape, text), width);
    if (!r->samples) r->samples = (size_t)(info.count / width);
    if ((size_t)(info.count / width) != r->samples)
        return state(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " samples, but other inputs have %zu", r->path, name,
                     info.count / width, r->samples);
    return GB_OK;
}

/* Reads one number or `many` numbers; *count is 0 if the file has none of that name. */
static gb_status read_numbers(const reference *r, const char *name, size_t many, double **values, size_t *count,
                              gb_error *err) {
    gb_array_info info;
    size_t index;
    *count = 0;
    if (!find(r, name, &index)) return GB_OK;
    gb_file_array(r->file, index, &info);
    if (info.count != 1 && (info.count < 1 || (uint64_t)info.count != many))
        return state(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " values; expected one", r->path, name, info.count);
    *count = (size_t)info.count;
    *values = malloc(*count * sizeof **values);
    return *values ? gb_file_read_double(r->file, index, *values, err) : out_of_memory(r, err);
}

static gb_status read_number(const reference *r, const char *name, double *value, gb_error *err) {
    double *values = NULL;
    size_t count;
    gb_status status = read_numbers(r, name, 1, &values, &count, err);
    if (!status && count) *value = values[0];
    if (!status && !isfinite(*value)) status = state(err, GB_BAD_FILE, "%s: '%s' is not finite", r->path, name);
    free(values);
    return status;
}

/* Reads w's, [samples, rows, w_dim], as the input if there is no z. */
static gb_status read_ws(reference *r, const gb_model *model, gb_error *err) {
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info node;
    gb_array_info info;
    size_t index;
    char text[SHAPE_ROOM];
    if (r->z || !find(r, "ws", &index)) return GB_OK;
    if (ws == GB_NO_NODE) return state(err, GB_BAD_FILE, "%s: contains ws, but this model has no w's", r->path);
    gb_model_node(model, ws, &node);
    if (read_array(r->file, r->path, index, &info, &r->ws, err)) return err->status;
    if (info.ndim != 3 || info.count < 1 || info.shape[2] != node.shape[1] ||
        (info.shape[1] != 1 && info.shape[1] != node.shape[0]))
        return state(err, GB_BAD_FILE, "%s: 'ws' has shape %s; expected [n,%" PRId64 ",%" PRId64 "] for this model",
                     r->path, shape_text(info.ndim, info.shape, text), node.shape[0], node.shape[1]);
    r->rows = (int)info.shape[1];
    r->samples = (size_t)info.shape[0];
    return GB_OK;
}

static gb_status read_inputs(reference *r, const gb_model *model, gb_error *err) {
    double cutoff = -1;
    int64_t classes = role_width(model, GB_ROLE_LABEL), w_dim = role_width(model, GB_ROLE_WS);
    size_t index;
    r->psi = 1;
    if (read_input(r, "z", role_width(model, GB_ROLE_Z), &r->z, err) || read_ws(r, model, err)) return err->status;
    if (!r->z && !r->ws) return state(err, GB_BAD_FILE, "%s: contains neither z nor ws", r->path);
    /* A label of one number for many classes is the number of a class. */
    bool number = find(r, "label", &index);
    if (number) {
        gb_array_info info;
        gb_file_array(r->file, index, &info);
        number = info.count == 1 && classes > 1;
    }
    if ((!number && read_input(r, "label", classes, &r->label, err)) ||
        read_numbers(r, number ? "label" : "class", r->samples, &r->classes, &r->class_count, err) ||
        read_number(r, "truncation", &r->psi, err) || read_number(r, "psi", &r->psi, err) ||
        read_number(r, "cutoff", &cutoff, err))
        return err->status;
    r->cutoff = cutoff < 0 || cutoff > 1000 ? -1 : (int)cutoff;
    if (r->z && classes > 0 && !r->label && !r->class_count)
        return state(err, GB_BAD_FILE, "%s: the model has classes, but the file contains neither label nor class", r->path);
    if (find(r, "latent_avg", &index)) {
        gb_array_info info;
        if (read_array(r->file, r->path, index, &info, &r->w_avg, err)) return err->status;
        if (info.count != w_dim)
            return state(err, GB_BAD_FILE, "%s: 'latent_avg' has %" PRId64 " values; expected %" PRId64 " for this model",
                         r->path, info.count, w_dim);
    }
    return GB_OK;
}

/* Adds the comparison of array `key` with the output of `node`, or with the image. */
static gb_status add_array(reference *r, const gb_model *model, const char *key, const char *name, gb_node node,
                             gb_error *err) {
    reference_array *s = &r->arrays[r->count++];
    int64_t image[3], *expected = image;
    char found[SHAPE_ROOM], wanted[SHAPE_ROOM];
    int ndim = 3;
    bool fits;
    gb_array_info info;
    gb_node_info of;
    size_t index;
    s->node = node;
    s->kind = node == GB_NO_NODE ? REFERENCE_IMAGE : REFERENCE_TAP;
    s->name = malloc(strlen(name) + 1);
    if (!s->name) return out_of_memory(r, err);
    strcpy(s->name, name);
    gb_file_find(r->file, key, &index);
    gb_file_array(r->file, index, &info);
    gb_model_output_shape(model, image);
    if (node != GB_NO_NODE) {
        gb_model_node(model, node, &of);
        ndim = of.ndim;
        expected = of.shape;
    }
    if (!strcmp(info.type, "uint8") || !strcmp(info.type, "int8"))
        return state(err, GB_BAD_FILE, "%s: '%s' holds 8-bit values; a reference needs the network's own float32 output, "
                     "nominally from -1 to 1 (docs/verifying.md)", r->path, key);
    fits = info.ndim == ndim + 1 && info.shape[0] == (int64_t)r->samples;
    s->elements = 1;
    for (int d = 0; d < ndim; d++) {
        fits = fits && info.shape[d + 1] == expected[d];
        s->elements *= (size_t)expected[d];
    }
    if (!fits) {
        shape_text(ndim, expected, wanted);
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [%zu,%s", r->path, key,
                     shape_text(info.ndim, info.shape, found), r->samples, wanted + 1);
    }
    s->ndim = info.ndim;
    memcpy(s->shape, info.shape, sizeof s->shape);
    return read_array(r->file, r->path, index, &info, &s->reference, err);
}

bool find_weight(const gb_model *model, const char *name, gb_array_info *weight) {
    for (size_t i = 0; i < gb_model_tensor_count(model); i++) {
        gb_model_tensor(model, i, weight);
        if (!strcmp(weight->name, name)) return true;
    }
    return false;
}

bool same_but_ones(int ndim_a, const int64_t *a, int ndim_b, const int64_t *b) {
    int i = 0, k = 0;
    for (;;) {
        while (i < ndim_a && a[i] == 1) i++;
        while (k < ndim_b && b[k] == 1) k++;
        if (i == ndim_a || k == ndim_b) return i == ndim_a && k == ndim_b;
        if (a[i++] != b[k++]) return false;
    }
}

gb_status add_weight_gradient(reference *r, const gb_array_info *weight, size_t index, gb_error *err) {
    reference_array *s = &r->arrays[r->count++];
    gb_array_info info;
    char found[SHAPE_ROOM], wanted[SHAPE_ROOM];
    gb_file_array(r->file, index, &info);
    s->kind = REFERENCE_GRADIENT_WEIGHT;
    s->node = GB_NO_NODE;
    s->elements = (size_t)weight->count;
    s->ndim = info.ndim;
    memcpy(s->shape, info.shape, sizeof s->shape);
    s->name = malloc(strlen(weight->name) + 1);
    s->sum = calloc(s->elements + 1, sizeof *s->sum);
    if (!s->name || !s->sum) return out_of_memory(r, err);
    strcpy(s->name, weight->name);
    if (!same_but_ones(info.ndim, info.shape, weight->ndim, weight->shape))
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected %s", r->path, info.name,
                     shape_text(info.ndim, info.shape, found), shape_text(weight->ndim, weight->shape, wanted));
    return read_array(r->file, r->path, index, &info, &s->reference, err);
}

/* Whether the array has as many values as the gradients of this node have. */
static bool fits_node(const reference *r, const gb_model *model, const char *name, int64_t count) {
    gb_node node = gb_model_find(model, name);
    gb_node_info of;
    if (node == GB_NO_NODE) return false;
    gb_model_node(model, node, &of);
    return (uint64_t)count == node_elements(&of) * r->samples;
}

/* Adds the comparison of array `key` with a gradient. Only the number of its values has to be that of the node: files
 * store noise maps as [H, W] and as [1, 1, H, W]. */
static gb_status add_gradient(reference *r, const gb_model *model, size_t index, const char *name, gb_error *err) {
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_array_info info, weight;
    gb_node_info of;
    char text[SHAPE_ROOM];
    gb_file_array(r->file, index, &info);
    /* The constant is a node, with a gradient for each sample, and a weight, with the sum of them. */
    if (!fits_node(r, model, name, info.count) && find_weight(model, name, &weight))
        return add_weight_gradient(r, &weight, index, err);
    reference_array *s = &r->arrays[r->count++];
    s->name = malloc(strlen(name) + 1);
    if (!s->name) return out_of_memory(r, err);
    strcpy(s->name, name);
    s->kind = REFERENCE_GRADIENT;
    s->node = !strcmp(name, "z") ? gb_model_find_role(model, GB_ROLE_Z, 0) : !strcmp(name, "ws") ? ws : GB_NO_NODE;
    if (s->node == GB_NO_NODE) s->node = gb_model_find(model, name);
    if (s->node == GB_NO_NODE && !strcmp(name, "w") && ws != GB_NO_NODE) {
        s->kind = REFERENCE_GRADIENT_W;
        s->node = ws;
    }
    s->elements = 1;
    if (s->node == GB_NO_NODE && info.count != (int64_t)r->samples)
        return state(err, GB_BAD_ARGUMENT, "%s: '%s' is not a node of this model, and no weight; 'ganbend info' lists its "
                     "nodes", r->path, info.name);
    if (s->node == GB_NO_NODE) {
        s->kind = REFERENCE_GRADIENT_PARAM;
    } else {
        gb_model_node(model, s->node, &of);
        for (int d = s->kind == REFERENCE_GRADIENT_W ? 1 : 0; d < of.ndim; d++) s->elements *= (size_t)of.shape[d];
    }
    if ((uint64_t)info.count != s->elements * r->samples)
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected %zu values", r->path, info.name,
                     shape_text(info.ndim, info.shape, text), s->elements * r->samples);
    s->ndim = info.ndim;
    memcpy(s->shape, info.shape, sizeof s->shape);
    return read_array(r->file, r->path, index, &info, &s->reference, err);
}

static gb_status add_gradients(reference *r, const gb_model *model, gb_error *err) {
    char begin[512], image[512];
    int64_t shape[3];
    size_t index, arrays = gb_file_array_count(r->file);
    gb_array_info info;
    snprintf(begin, sizeof begin, "%s%sgrad/", r->prefix ? r->prefix : "", r->prefix ? "/" : "");
    snprintf(image, sizeof image, "%s%simage", r->prefix ? r->prefix : "", r->prefix ? "/" : "");
    if (!find(r, "R", &index))
        return state(err, GB_BAD_FILE, "%s: contains no R, the weights of the loss sum(image · R)", r->path);
    if (read_array(r->file, r->path, index, &info, &r->loss_weights, err)) return err->status;
    gb_model_output_shape(model, shape);
    if (info.count != (int64_t)r->samples * shape[0] * shape[1] * shape[2])
        return state(err, GB_BAD_FILE, "%s: 'R' has %" PRId64 " values; expected the shape of the images", r->path,
                     info.count);
    r->arrays = calloc(arrays + 1, sizeof *r->arrays);
    if (!r->arrays) return out_of_memory(r, err);
    for (size_t i = 0; i < arrays; i++) {
        gb_file_array(r->file, i, &info);
        if (!strncmp(info.name, begin, strlen(begin)) &&
            add_gradient(r, model, i, info.name + strlen(begin), err))
            return err->status;
    }
    if (!r->count) return state(err, GB_BAD_FILE, "%s: contains no array %sNAME to compare", r->path, begin);
    return has(r, image) ? add_array(r, model, image, image, GB_NO_NODE, err) : GB_OK;
}

/* The node of an array named tap/NAME, or NAME in a file without any tap/, as `ganbend dump` writes it; NULL if the array
 * is neither, for example an input. */
static const char *node_of_array(const char *array, bool any_tap) {
    static const char *const inputs[] = {"z", "ws", "w", "label"};
    if (!strncmp(array, "tap/", 4)) return array + 4;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        if (!strcmp(array, inputs[i])) return NULL;
    return any_tap ? NULL : array;
}

static gb_status add_arrays(reference *r, const gb_model *model, const char *image, gb_error *err) {
    size_t arrays = gb_file_array_count(r->file);
    bool any_tap = false;
    const char *key = "image";
    char image_key[256];
    r->arrays = calloc(arrays + 2, sizeof *r->arrays);
    if (!r->arrays) return out_of_memory(r, err);
    for (size_t i = 0; i < arrays; i++) {
        gb_array_info info;
        gb_file_array(r->file, i, &info);
        any_tap = any_tap || !strncmp(info.name, "tap/", 4);
    }
    for (size_t i = 0; i < arrays; i++) {
        gb_array_info info;
        gb_file_array(r->file, i, &info);
        const char *name = node_of_array(info.name, any_tap);
        gb_node node = name ? gb_model_find(model, name) : GB_NO_NODE;
        if (!name || (node == GB_NO_NODE && !any_tap)) continue;
        if (node == GB_NO_NODE)
            return state(err, GB_BAD_ARGUMENT, "%s: '%s' is not a node of this model; 'ganbend info' lists its nodes",
                         r->path, info.name);
        if (add_array(r, model, info.name, name, node, err)) return err->status;
    }
    if (r->z && has(r, "ws") && gb_model_find_role(model, GB_ROLE_WS, 0) != GB_NO_NODE &&
        add_array(r, model, "ws", "ws", gb_model_find_role(model, GB_ROLE_WS, 0), err))
        return err->status;
    if (image) {
        snprintf(image_key, sizeof image_key, "image/%s", image);
        key = image_key;
        if (!has(r, key)) return state(err, GB_BAD_ARGUMENT, "%s: contains no '%s'", r->path, key);
    }
    if (has(r, key)) return add_array(r, model, key, key, GB_NO_NODE, err);
    return r->count ? GB_OK : state(err, GB_BAD_FILE, "%s: contains no tap/…, node, ws or image to compare", r->path);
}

void free_reference(reference *r) {
    for (size_t i = 0; i < r->count; i++) {
        free(r->arrays[i].name);
        free(r->arrays[i].reference);
        free(r->arrays[i].sum);
    }
    free(r->arrays);
    free(r->z);
    free(r->ws);
    free(r->label);
    free(r->w_avg);
    free(r->classes);
    free(r->loss_weights);
    gb_file_close(r->file);
}

gb_status open_reference(const char *path, const gb_model *model, const reference_choice *choice, reference *r,
                         gb_error *err) {
    *r = (reference){.path = path, .prefix = choice->prefix, .gradients = choice->gradients};
    if (gb_file_open(path, &r->file, err) || read_inputs(r, model, err)) return err->status;
    return r->gradients ? add_gradients(r, model, err) : add_arrays(r, model, choice->image, err);
}

gb_status apply_reference(const reference *r, size_t sample, const gb_model *model, gb_session *session, gb_error *err) {
    size_t z_dim = (size_t)role_width(model, GB_ROLE_Z), w_dim = (size_t)role_width(model, GB_ROLE_WS);
    size_t c_dim = (size_t)role_width(model, GB_ROLE_LABEL);
    if (!r->z) return gb_session_set_ws(session, r->ws + sample * (size_t)r->rows * w_dim, r->rows, err);
    if (gb_session_set_z(session, r->z + sample * z_dim, err)) return err->status;
    if (r->label && gb_session_set_label(session, r->label + sample * c_dim, err)) return err->status;
    if (!r->label && r->class_count &&
        gb_session_set_class(session, (int)fmin(fmax(r->classes[r->class_count > 1 ? sample : 0], -1), 1e9), err))
        return err->status;
    if (r->w_avg && gb_session_set_w_avg(session, r->w_avg, err)) return err->status;
    return gb_session_truncate(session, (float)r->psi, r->cutoff, err);
}

static void add_difference(deviation *to, double a, double b) {
    double d = a == b ? 0 : fabs(a - b);
    if (isnan(a) || isnan(b)) {
        to->nan++;
        return;
    }
    if (d > to->largest) to->largest = d;
    to->squares += d * d;
}

void measure_reference(reference_array *s, deviation *to, const float *ours, size_t sample) {
    const float *theirs = s->reference + sample * s->elements;
    for (size_t i = 0; i < s->elements; i++) {
        if (fabs((double)theirs[i]) > s->magnitude) s->magnitude = fabs((double)theirs[i]);
        add_difference(to, (double)ours[i], (double)theirs[i]);
    }
}

void measure_rounding(reference_array *s, const float *ours, const double *exact, size_t sample) {
    const float *theirs = s->reference + sample * s->elements;
    for (size_t i = 0; i < s->elements; i++) {
        if (fabs(exact[i]) > s->exact_magnitude) s->exact_magnitude = fabs(exact[i]);
        add_difference(&s->rounding, (double)theirs[i], exact[i]);
        add_difference(&s->our_rounding, (double)ours[i], exact[i]);
    }
}
