/* Reading reference files of networks that look at pictures. */
#include "picture_reference.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "latents.h"
#include "tools/program/arguments.h"

/* The array's name without the prefix; NULL if it has another. */
static const char *name_in(const char *name, const char *prefix) {
    size_t size = prefix ? strlen(prefix) : 0;
    if (!size) return name;
    return !strncmp(name, prefix, size) && name[size] == '/' ? name + size + 1 : NULL;
}

/* The number of the input that has this name or alias, with or without _u8; −1 if no input has it. */
static int input_named(const gb_model *model, const char *name, bool *bytes) {
    char text[256];
    size_t size = strlen(name);
    *bytes = size > 3 && !strcmp(name + size - 3, "_u8");
    if (*bytes) size -= 3;
    if (size >= sizeof text) return -1;
    memcpy(text, name, size);
    text[size] = '\0';
    gb_node node = gb_model_find(model, text);
    for (int k = 0; node != GB_NO_NODE && k < picture_input_count(model); k++)
        if (gb_model_find_role(model, GB_ROLE_PICTURE, k) == node) return k;
    return -1;
}

static gb_status take_picture(reference *r, const gb_array_info *info, size_t index, int input, bool bytes,
                              picture_inputs *p, gb_error *err) {
    gb_array_info read;
    char text[SHAPE_ROOM];
    bool first = !r->samples;
    if (p->values[input])
        return state(err, GB_BAD_FILE, "%s: '%s' is a second array for the same input", r->path, info->name);
    if (info->ndim != 4 || info->count < 1 || info->shape[1] != p->channels || info->shape[2] > 1 << 14 ||
        info->shape[3] > 1 << 14 ||
        (!first && (info->shape[0] != (int64_t)r->samples || info->shape[2] != p->height || info->shape[3] != p->width)))
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [n,%" PRId64 ",H,W], the same for all pictures",
                     r->path, info->name, shape_text(info->ndim, info->shape, text), p->channels);
    if (read_array(r->file, r->path, index, &read, &p->values[input], err)) return err->status;
    for (int64_t i = 0; bytes && i < read.count; i++) p->values[input][i] /= 255;
    r->samples = p->samples = (size_t)info->shape[0];
    p->height = info->shape[2];
    p->width = info->shape[3];
    return GB_OK;
}

static gb_status take_pictures(reference *r, const gb_model *model, picture_inputs *p, gb_error *err) {
    gb_node_info node;
    picture_input_at(model, 0, &node);
    *p = (picture_inputs){.count = picture_input_count(model), .channels = node.shape[0]};
    for (size_t i = 0; i < gb_file_array_count(r->file); i++) {
        gb_array_info info;
        bool bytes;
        gb_file_array(r->file, i, &info);
        const char *name = name_in(info.name, r->prefix);
        int input = name ? input_named(model, name, &bytes) : -1;
        if (input >= 0 && take_picture(r, &info, i, input, bytes, p, err)) return err->status;
    }
    for (int k = 0; k < p->count; k++) {
        picture_input_at(model, k, &node);
        if (!p->values[k])
            return state(err, GB_BAD_FILE, "%s: contains no array '%s%s%s', a picture that the network looks at", r->path,
                         r->prefix ? r->prefix : "", r->prefix ? "/" : "", node.name);
    }
    return GB_OK;
}

static gb_status take_array(reference *r, const gb_model *model, size_t index, const char *name, gb_node node,
                            gb_error *err) {
    reference_array *s = &r->arrays[r->count++];
    gb_array_info info;
    gb_node_info of;
    char found[SHAPE_ROOM], wanted[SHAPE_ROOM];
    gb_file_array(r->file, index, &info);
    gb_model_node(model, node, &of);
    s->node = node;
    s->elements = node_elements(&of);
    s->name = malloc(strlen(name) + 1);
    if (!s->name) return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    strcpy(s->name, name);
    const int64_t batched[] = {(int64_t)r->samples, of.shape[0], of.shape[1], of.shape[2]};
    if (!same_but_ones(info.ndim, info.shape, of.ndim + 1, batched)) {
        shape_text(of.ndim, of.shape, wanted);
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [%zu,%s", r->path, info.name,
                     shape_text(info.ndim, info.shape, found), r->samples, wanted + 1);
    }
    s->ndim = info.ndim;
    memcpy(s->shape, info.shape, sizeof s->shape);
    return read_array(r->file, r->path, index, &info, &s->reference, err);
}

static gb_status take_arrays(reference *r, const gb_model *model, gb_error *err) {
    size_t arrays = gb_file_array_count(r->file);
    r->arrays = calloc(arrays + 1, sizeof *r->arrays);
    if (!r->arrays) return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    for (size_t i = 0; i < arrays; i++) {
        gb_array_info info;
        bool bytes;
        gb_file_array(r->file, i, &info);
        const char *name = name_in(info.name, r->prefix);
        bool tap = name && !strncmp(name, "tap/", 4);
        gb_node node = name ? gb_model_find(model, tap ? name + 4 : name) : GB_NO_NODE;
        if (tap && node == GB_NO_NODE)
            return state(err, GB_BAD_ARGUMENT, "%s: '%s' is not a node of this model; 'ganbend info' lists its nodes",
                         r->path, info.name);
        if (node == GB_NO_NODE || input_named(model, name, &bytes) >= 0) continue;
        if (take_array(r, model, i, tap ? name + 4 : name, node, err)) return err->status;
    }
    return r->count ? GB_OK : state(err, GB_BAD_FILE, "%s: contains no tap/… and no array with the name of a node to compare",
                                    r->path);
}

/* ------------------------------------------------------------------------------------------------ gradients */

/* The node LAYER of an array grad/LAYER_mean with this name; GB_NO_NODE if it has another. */
static gb_node layer_of_mean(const gb_model *model, const char *name) {
    static const char end[] = "_mean";
    char layer[256];
    size_t size = name ? strlen(name) : 0;
    if (!name || strncmp(name, "grad/", 5) != 0 || size < 5 + sizeof end || size - 5 >= sizeof layer ||
        strcmp(name + size - (sizeof end - 1), end) != 0)
        return GB_NO_NODE;
    memcpy(layer, name + 5, size - 5);
    layer[size - 5 - (sizeof end - 1)] = '\0';
    return gb_model_find(model, layer);
}

/* The node LAYER of an array grad/LAYER_mean; GB_NO_NODE if there is none. */
static gb_node loss_layer(const reference *r, const gb_model *model) {
    gb_node node = GB_NO_NODE;
    for (size_t i = 0; i < gb_file_array_count(r->file) && node == GB_NO_NODE; i++) {
        gb_array_info info;
        gb_file_array(r->file, i, &info);
        node = layer_of_mean(model, name_in(info.name, r->prefix));
    }
    return node;
}

static bool find(const reference *r, const char *name, size_t *index) {
    for (size_t i = 0; i < gb_file_array_count(r->file); i++) {
        gb_array_info info;
        gb_file_array(r->file, i, &info);
        const char *own = name_in(info.name, r->prefix);
        if (own && !strcmp(own, name)) return *index = i, true;
    }
    return false;
}

/* Sets the classes that the output is compared with by cross-entropy. */
static gb_status take_labels(reference *r, const gb_model *model, size_t index, gb_error *err) {
    gb_array_info info;
    gb_node_info node;
    r->loss_node = gb_model_output(model);
    gb_model_node(model, r->loss_node, &node);
    gb_file_array(r->file, index, &info);
    if (node.ndim != 1)
        return state(err, GB_BAD_FILE, "%s: has labels, but the network's output is not one number for each class", r->path);
    if (info.count < 1 || (uint64_t)info.count != r->samples)
        return state(err, GB_BAD_FILE, "%s: 'labels' has %" PRId64 " values; expected %zu", r->path, info.count, r->samples);
    if (!(r->classes = malloc(r->samples * sizeof *r->classes))) return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    r->class_count = r->samples;
    if (gb_file_read_double(r->file, index, r->classes, err)) return err->status;
    for (size_t i = 0; i < r->samples; i++)
        if (!(r->classes[i] >= 0 && r->classes[i] < (double)node.shape[0]))
            return state(err, GB_BAD_FILE, "%s: a label is %g; expected 0 to %" PRId64, r->path, r->classes[i],
                         node.shape[0] - 1);
    return GB_OK;
}

/* Sets the cotangent of the loss and its node. */
static gb_status take_loss(reference *r, const gb_model *model, gb_error *err) {
    gb_array_info info = {0};
    gb_node_info node;
    float *weights = NULL;
    size_t index;
    if (find(r, "labels", &index)) return take_labels(r, model, index, err);
    bool weighted = find(r, "grad/R", &index);
    r->loss_node = weighted ? loss_layer(r, model) : gb_model_output(model);
    if (r->loss_node == GB_NO_NODE)
        return state(err, GB_BAD_FILE, "%s: has grad/R, but no grad/LAYER_mean that names the layer", r->path);
    gb_model_node(model, r->loss_node, &node);
    size_t elements = node_elements(&node), maps = (size_t)node.shape[0], pixels = elements / maps;
    if (weighted && read_array(r->file, r->path, index, &info, &weights, err)) return err->status;
    if (weighted && (uint64_t)info.count != r->samples * maps)
        state(err, GB_BAD_FILE, "%s: 'grad/R' has %" PRId64 " values; expected %zu", r->path, info.count, r->samples * maps);
    if (!err->status && !(r->loss_weights = malloc(r->samples * elements * sizeof *r->loss_weights)))
        state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    for (size_t i = 0; !err->status && i < r->samples * elements; i++)
        r->loss_weights[i] = weighted ? weights[i / pixels] / (float)pixels : 1;
    free(weights);
    return err->status;
}

static gb_status take_gradients(reference *r, const gb_model *model, gb_error *err) {
    size_t arrays = gb_file_array_count(r->file);
    r->gradients = true;
    r->arrays = calloc(arrays + 1, sizeof *r->arrays);
    if (!r->arrays) return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    if (take_loss(r, model, err)) return err->status;
    for (size_t i = 0; i < arrays; i++) {
        gb_array_info info, weight;
        gb_file_array(r->file, i, &info);
        const char *name = name_in(info.name, r->prefix);
        bool gradient = name && !strncmp(name, "grad", 4) && (name[4] == '/' || name[4] == '_');
        bool of_loss = name && (!strcmp(name, "grad/R") || layer_of_mean(model, name) != GB_NO_NODE);
        gb_node node = gradient ? gb_model_find(model, name + 5) : GB_NO_NODE;
        if (node != GB_NO_NODE) {
            if (take_array(r, model, i, name + 5, node, err)) return err->status;
            r->arrays[r->count - 1].kind = REFERENCE_GRADIENT;
        } else if (gradient && name[4] == '/' && !of_loss) {
            if (!find_weight(model, name + 5, &weight))
                return state(err, GB_BAD_ARGUMENT, "%s: '%s' is not a node of this model, and no weight; 'ganbend info' lists "
                             "its nodes", r->path, info.name);
            if (add_weight_gradient(r, &weight, i, err)) return err->status;
        }
    }
    return r->count ? GB_OK : state(err, GB_BAD_FILE, "%s: contains no grad/… of a node or a weight to compare", r->path);
}

gb_status open_picture_reference(const char *path, const char *prefix, bool gradients, loaded_model *o, reference *r,
                                 picture_inputs *p, gb_error *err) {
    *r = (reference){.path = path, .prefix = prefix};
    if (gb_file_open(path, &r->file, err) || take_pictures(r, o->model, p, err) ||
        set_picture_size(o, (int)p->height, (int)p->width, err))
        return err->status;
    return gradients ? take_gradients(r, o->model, err) : take_arrays(r, o->model, err);
}
