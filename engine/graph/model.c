/* Models: a finished graph, its weights packed for the kernels in use, and the queries of ganbend.h. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_memory.h"
#include "engine/base/error.h"
#include "weights/gbw.h"

/* ------------------------------------------------------------------------------------------------ creating */

/* The index of an array in the network's list. */
static size_t index_of(const gb_network *network, const gb_array *array) {
    const gb_named_array *list;
    gb_network_arrays(network, &list);
    return (size_t)((const gb_named_array *)(const void *)((const char *)array - offsetof(gb_named_array, array)) -
                    list);
}

/* Counts each weight's elements at the first node that uses it. FIR filters and the mean w do not count as
 * parameters. */
static bool count_parameters(gb_model *model, size_t tensors) {
    const gb_graph *graph = model->graph;
    bool *counted = calloc(tensors + 1, sizeof *counted);
    for (gb_node i = 0; counted && i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        bool setting = node->desc.op == GB_OP_UPFIRDN2D || node->desc.op == GB_OP_TRUNCATE;
        const char *used[] = {node->weight[0], node->bias, node->strength};
        for (size_t k = 0; k < sizeof used / sizeof *used; k++) {
            const gb_array *array = used[k] ? gb_network_array(graph->network, used[k]) : NULL;
            size_t tensor = array ? index_of(graph->network, array) : tensors;
            if (!array || counted[tensor])
                continue;
            counted[tensor] = true;
            model->parameters[i] += k || !setting ? gb_array_count(array) : 0;
        }
    }
    bool done = counted != NULL;
    free(counted);
    return done;
}

gb_status gb_model_new(gb_context *context, gb_graph *graph, const char *name, gb_model **out, gb_error *err) {
    *out = NULL;
    gb_graph_resolve(graph);
    if (!graph->failed && graph->output == GB_NO_NODE)
        gb_graph_fail(graph, "the graph has no output");
    if (graph->failed) {
        gb_status status = graph->no_memory ? GB_NO_MEMORY : name ? GB_BAD_FILE : GB_BAD_ARGUMENT;
        status = name ? gb_fail(err, status, "%s: %s", name, graph->why) : gb_fail(err, status, "%s", graph->why);
        gb_graph_free(graph);
        return status;
    }
    const gb_named_array *arrays;
    size_t tensors = gb_network_arrays(graph->network, &arrays);
    gb_model *model = calloc(1, sizeof *model);
    if (model) {
        model->context = context;
        atomic_fetch_add(&context->models, 1);
        model->graph = graph;
        model->packed = calloc(tensors + 1, sizeof(gb_packed *));
        model->checked = calloc(tensors + 1, sizeof *model->checked);
        model->floats = calloc(tensors + 1, sizeof(gb_floats *));
        model->parameters = calloc((size_t)graph->count, sizeof *model->parameters);
        model->lock = gb_mutex_new();
    } else {
        gb_graph_free(graph);
    }
    if (!model || !model->packed || !model->checked || !model->floats || !model->parameters || !model->lock ||
        !count_parameters(model, tensors)) {
        gb_model_close(model);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    *out = model;
    return GB_OK;
}

gb_status gb_model_build(gb_context *context, gb_graph *graph, gb_model **model, gb_error *err) {
    return gb_model_new(context, graph, NULL, model, err);
}

static void free_floats(const gb_model *model, gb_floats *entry) {
    while (entry) {
        gb_floats *next = entry->next;
        gb_aligned_free(entry->owned);
        gb_memory_free(model->context->processor, entry->on_device);
        free(entry);
        entry = next;
    }
}

static void free_packed(gb_packed *entry) {
    while (entry) {
        gb_packed *next = entry->next;
        gb_memory_free(entry->cpu, entry->bytes);
        free(entry);
        entry = next;
    }
}

gb_status gb_model_close(gb_model *model) {
    if (!model)
        return GB_OK;
    int sessions = atomic_load(&model->sessions);
    if (sessions) {
        gb_log(model->context, GB_LOG_ERROR,
               "gb_model_close: the model stays open, for it has %d session%s; call gb_session_free() first", sessions,
               sessions == 1 ? "" : "s");
        return GB_BAD_ARGUMENT;
    }
    const gb_named_array *arrays;
    for (size_t i = gb_network_arrays(model->graph->network, &arrays); i-- > 0;) {
        if (model->floats)
            free_floats(model, model->floats[i]);
        if (model->packed)
            free_packed(model->packed[i]);
    }
    free(model->packed);
    free(model->floats);
    free(model->checked);
    free(model->parameters);
    gb_mutex_free(model->lock);
    gb_graph_free(model->graph);
    if (model->map.bytes)
        gb_map_close(&model->map);
    atomic_fetch_sub(&model->context->models, 1);
    free(model);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ weights */

/* Compares a tensor of a .gbw with its checksum when it is first used. Called with the lock held. */
static gb_status check_tensor(gb_model *model, const gb_array *array, const char *name, gb_error *err) {
    const gb_named_array *list;
    size_t count = gb_network_arrays(model->graph->network, &list), index = index_of(model->graph->network, array);
    if (!model->checksum || index >= count || model->checked[index])
        return GB_OK;
    gb_reason why = {0};
    if (!gbw_verify(model->graph->network, name, &why))
        return gb_fail_because(err, GB_BAD_FILE, &why);
    model->checked[index] = true;
    return GB_OK;
}

static bool is_plain_f32(const gb_array *a) {
    gb_array packed = *a;
    gb_array_pack_strides(&packed);
    return a->dtype == GB_F32 && !a->swapped && (uintptr_t)a->data % sizeof(float) == 0 &&
           !memcmp(packed.stride, a->stride, (size_t)a->ndim * sizeof *a->stride);
}

/* The weight as float32 × gain: a pointer into the file if possible, otherwise converted into *owned. Lock held. */
static gb_status as_floats(gb_model *model, const char *name, float gain, const float **data, float **owned,
                           gb_error *err) {
    const gb_array *array = gb_network_array(model->graph->network, name);
    *owned = NULL;
    if (!array)
        return gb_fail(err, GB_BAD_FILE, "there is no tensor '%s'", name);
    gb_status status = check_tensor(model, array, name, err);
    if (status)
        return status;
    if (is_plain_f32(array) && gain == 1) {
        *data = array->data;
        return GB_OK;
    }
    size_t count = (size_t)gb_array_count(array);
    gb_reason why = {0};
    *owned = gb_aligned_alloc_with(model->context->cpu.allocator, count * sizeof(float));
    if (!*owned)
        return gb_fail(err, GB_NO_MEMORY, "out of memory for tensor '%s'", name);
    if (!gb_array_to_f32(array, *owned, &why)) {
        gb_aligned_free(*owned);
        *owned = NULL;
        gb_because_in(&why, "tensor '%s'", name);
        return gb_fail_because(err, GB_BAD_FILE, &why);
    }
    for (size_t i = 0; gain != 1 && i < count; i++)
        (*owned)[i] *= gain;
    *data = *owned;
    return GB_OK;
}

/* Drops the file's pages of a tensor that has been packed. */
static void release_pages(const gb_model *model, const char *name) {
    const gb_array *array = gb_network_array(model->graph->network, name);
    if (model->map.bytes && array)
        gb_map_release(&model->map, array->data, (size_t)gb_array_count(array) * gb_dtype_size(array->dtype));
}

/* Copies host memory to the processor's device; NULL if out of memory there. */
static void *copy_to_device(const gb_cpu *cpu, const void *bytes, size_t size) {
    void *there = gb_memory_alloc(cpu, size);
    if (there && !cpu->device->upload(cpu->device, there, bytes, size)) {
        gb_memory_free(cpu, there);
        there = NULL;
    }
    return there;
}

/* A weight [out,in,…] whose outputs are in so many groups, rearranged: each group by itself. NULL if out of memory. */
static float *transposed(const gb_allocator *allocator, const gb_array *array, const float *w, size_t groups, bool flip) {
    size_t out = (size_t)array->shape[0], in = array->ndim > 1 ? (size_t)array->shape[1] : 1, taps = 1;
    for (int i = 2; i < array->ndim; i++)
        taps *= (size_t)array->shape[i];
    float *to = gb_aligned_alloc_with(allocator, out * in * taps * sizeof *to);
    size_t each = out / groups;
    for (size_t o = 0; to && o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t k = 0; k < taps; k++)
                to[((o / each * in + i) * each + o % each) * taps + k] = w[(o * in + i) * taps + (flip ? taps - 1 - k : k)];
    return to;
}

static gb_status pack_node(gb_model *model, const gb_graph_node *node, const gb_cpu *cpu, const gb_op_row *row,
                           const gb_desc *desc, void **packed, gb_error *err) {
    const float *weights[GB_MAX_WEIGHTS] = {NULL};
    float *owned[GB_MAX_WEIGHTS] = {NULL};
    gb_status status = GB_OK;
    for (int i = 0; i < GB_MAX_WEIGHTS && node->weight[i] && !status; i++)
        status = as_floats(model, node->weight[i], i ? 1 : node->weight_gain, &weights[i], &owned[i], err);
    if (!status && node->transform != GB_AS_STORED) {
        float *rearranged = transposed(model->context->cpu.allocator,
                                       gb_network_array(model->graph->network, node->weight[0]), weights[0],
                                       desc->op == GB_OP_CONV2D ? (size_t)desc->conv2d.groups : 1,
                                       node->transform == GB_TRANSPOSED_FLIPPED);
        gb_aligned_free(owned[0]);
        weights[0] = owned[0] = rearranged;
        if (!rearranged)
            status = gb_fail(err, GB_NO_MEMORY, "out of memory for the weights of '%s'", node->name);
    }
    if (!status && !(*packed = gb_aligned_alloc_with(cpu->allocator, row->packed_size(cpu, desc))))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory for the weights of '%s'", node->name);
    if (!status)
        row->pack(cpu, desc, weights, *packed);
    if (!status && cpu->device) {
        void *here = *packed;
        if (!(*packed = copy_to_device(cpu, here, row->packed_size(cpu, desc))))
            status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s for the weights of '%s'", cpu->device->name,
                             node->name);
        gb_aligned_free(here);
    }
    for (int i = 0; i < GB_MAX_WEIGHTS && node->weight[i]; i++) {
        gb_aligned_free(owned[i]);
        release_pages(model, node->weight[i]);
    }
    return status;
}

/* True if the packed form serves this node: everything that a row's pack() may depend on is equal. */
static bool serves(const gb_packed *entry, const gb_graph_node *node, const gb_cpu *cpu, const gb_op_row *row,
                   const gb_desc *desc) {
    bool same = entry->row == row && entry->cpu == cpu && entry->transform == node->transform &&
                entry->gain == node->weight_gain && entry->desc.inputs == desc->inputs &&
                entry->desc.in[0].c == desc->in[0].c && entry->desc.out.c == desc->out.c &&
                entry->size == row->packed_size(cpu, desc);
    for (int i = 0; same && i < GB_MAX_WEIGHTS - 1; i++)
        same = entry->others[i] == node->weight[i + 1] ||
               (entry->others[i] && node->weight[i + 1] && !strcmp(entry->others[i], node->weight[i + 1]));
    if (desc->op == GB_OP_CONV2D)
        return same && !memcmp(&entry->desc.conv2d, &desc->conv2d, sizeof desc->conv2d);
    if (desc->op == GB_OP_MODULATED_CONV2D || desc->op == GB_OP_CONV_DOWN)
        return same && entry->desc.conv.kernel == desc->conv.kernel && entry->desc.conv.up == desc->conv.up &&
               entry->desc.conv.demodulate == desc->conv.demodulate;
    return same;
}

gb_status gb_model_pack(gb_model *model, const gb_graph_node *node, const gb_cpu *cpu, const gb_op_row *row,
                        const gb_desc *desc, const void **packed, gb_error *err) {
    *packed = NULL;
    if (!row->packed_size || !node->weight[0])
        return GB_OK;
    const gb_array *array = gb_network_array(model->graph->network, node->weight[0]);
    if (!array)
        return gb_fail(err, GB_BAD_FILE, "there is no tensor '%s'", node->weight[0]);
    if (row->as_stored && node->transform == GB_AS_STORED && !cpu->device) {
        const float *floats;
        gb_status found = gb_model_floats(model, node->weight[0], node->weight_gain, &floats, err);
        *packed = found ? NULL : floats;
        return found;
    }
    gb_status status = GB_OK;
    gb_mutex_lock(model->lock);
    gb_packed **slot = &model->packed[index_of(model->graph->network, array)];
    while (*slot && !serves(*slot, node, cpu, row, desc))
        slot = &(*slot)->next;
    if (!*slot) {
        gb_packed *entry = calloc(1, sizeof *entry);
        status = entry ? pack_node(model, node, cpu, row, desc, &entry->bytes, err)
                       : gb_fail(err, GB_NO_MEMORY, "out of memory");
        if (!status) {
            *entry = (gb_packed){.row = row, .cpu = cpu, .transform = node->transform, .gain = node->weight_gain,
                                 .desc = *desc, .size = row->packed_size(cpu, desc), .bytes = entry->bytes};
            for (int i = 0; i < GB_MAX_WEIGHTS - 1; i++)
                entry->others[i] = node->weight[i + 1];
            *slot = entry;
        } else if (entry) {
            gb_aligned_free(entry->bytes);
            free(entry);
        }
    }
    if (!status)
        *packed = (*slot)->bytes;
    gb_mutex_unlock(model->lock);
    return status;
}

/* Finds or adds the entry of a weight with this gain: each tensor has a list of them, usually of length 1. Lock
 * held. */
static gb_status find_floats(gb_model *model, const char *name, float gain, gb_floats **found, gb_error *err) {
    const gb_array *array = gb_network_array(model->graph->network, name);
    if (!array)
        return gb_fail(err, GB_BAD_FILE, "there is no tensor '%s'", name);
    gb_floats **slot = &model->floats[index_of(model->graph->network, array)];
    while (*slot && (*slot)->gain != gain)
        slot = &(*slot)->next;
    *found = *slot;
    if (*slot)
        return GB_OK;
    gb_floats *entry = calloc(1, sizeof *entry);
    if (!entry)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = as_floats(model, name, gain, &entry->data, &entry->owned, err);
    if (status) {
        free(entry);
        return status;
    }
    entry->gain = gain;
    entry->count = (size_t)gb_array_count(array);
    *slot = *found = entry;
    return GB_OK;
}

gb_status gb_model_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err) {
    gb_floats *entry;
    gb_mutex_lock(model->lock);
    gb_status status = find_floats(model, name, gain, &entry, err);
    if (!status)
        *data = entry->data;
    gb_mutex_unlock(model->lock);
    return status;
}

gb_status gb_model_device_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err) {
    const gb_cpu *cpu = model->context->processor;
    gb_floats *entry;
    if (!cpu->device)
        return gb_model_floats(model, name, gain, data, err);
    gb_mutex_lock(model->lock);
    gb_status status = find_floats(model, name, gain, &entry, err);
    if (!status && !entry->on_device &&
        !(entry->on_device = copy_to_device(cpu, entry->data, entry->count * sizeof(float))))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s for tensor '%s'", cpu->device->name, name);
    if (!status)
        *data = entry->on_device;
    gb_mutex_unlock(model->lock);
    return status;
}

uint64_t gb_model_serial(gb_model *model) {
    gb_mutex_lock(model->lock);
    uint64_t serial = ++model->serial;
    gb_mutex_unlock(model->lock);
    return serial;
}

gb_status gb_model_read_tensor(gb_model *model, const char *tensor, float *out, gb_error *err) {
    const gb_array *array = gb_network_array(model->graph->network, tensor);
    gb_reason why = {0};
    if (!array)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no tensor '%s'", tensor);
    gb_mutex_lock(model->lock);
    gb_status status = check_tensor(model, array, tensor, err);
    gb_mutex_unlock(model->lock);
    if (!status && !gb_array_to_f32(array, out, &why)) {
        gb_because_in(&why, "tensor '%s'", tensor);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    return status;
}

gb_status gb_model_verify(gb_model *model, gb_error *err) {
    const gb_named_array *list;
    size_t count = gb_network_arrays(model->graph->network, &list);
    gb_status status = GB_OK;
    gb_mutex_lock(model->lock);
    for (size_t i = 0; i < count && !status; i++)
        status = check_tensor(model, &list[i].array, list[i].name, err);
    gb_mutex_unlock(model->lock);
    return status;
}

uint32_t gb_model_checksum(const gb_model *model) {
    return model->checksum;
}

/* ------------------------------------------------------------------------------------------------ queries */

size_t gb_model_meta_count(const gb_model *model) {
    const gb_meta *list;
    return gb_network_metas(model->graph->network, &list);
}

const char *gb_model_meta_str(const gb_model *model, const char *key, const char *default_value) {
    return gb_network_str(model->graph->network, key, default_value);
}

int64_t gb_model_meta_int(const gb_model *model, const char *key, int64_t default_value) {
    return gb_network_int(model->graph->network, key, default_value);
}

size_t gb_model_class_count(const gb_model *model) {
    gb_node label = gb_graph_find_role(model->graph, GB_ROLE_LABEL, 0);
    const gb_graph_node *node = label == GB_NO_NODE ? NULL : &model->graph->nodes[label];
    return node && node->ndim == 1 ? (size_t)node->shape[0] : 0;
}

const char *gb_model_class_name(const gb_model *model, size_t index) {
    const gb_meta *names = gb_network_meta(model->graph->network, "origin.class_names");
    bool known = names && names->type == GB_META_STRS && names->count == gb_model_class_count(model);
    return known && index < names->count ? names->strs[index] : NULL;
}

size_t gb_model_tensor_count(const gb_model *model) {
    const gb_named_array *list;
    return gb_network_arrays(model->graph->network, &list);
}

void gb_model_tensor(const gb_model *model, size_t index, gb_array_info *info) {
    const gb_named_array *list;
    *info = (gb_array_info){.name = "", .type = ""};
    if (index >= gb_network_arrays(model->graph->network, &list))
        return;
    const gb_array *a = &list[index].array;
    *info = (gb_array_info){.name = list[index].name,
                            .type = gb_dtype_name(a->dtype),
                            .ndim = a->ndim,
                            .count = gb_array_count(a)};
    memcpy(info->shape, a->shape, sizeof info->shape);
}

size_t gb_model_node_count(const gb_model *model) {
    return (size_t)model->graph->count;
}

void gb_model_node(const gb_model *model, gb_node index, gb_node_info *info) {
    const gb_graph *graph = model->graph;
    *info = (gb_node_info){.name = "", .op = ""};
    if (index < 0 || index >= graph->count)
        return;
    const gb_graph_node *node = &graph->nodes[index];
    *info = (gb_node_info){
        .name = node->name,
        .alias = gb_graph_alias_of(graph, index, 0),
        .op = node->is_input ? "input" : gb_ops[node->desc.op]->name,
        .ndim = node->ndim,
        .parameters = model->parameters[index],
        .macs = node->is_input ? 0 : gb_op_macs(&node->desc),
        .inputs = node->inputs,
    };
    const gb_node_role *role = gb_graph_role_of(graph, index, GB_ROLE_NONE);
    if (role) {
        info->role = role->role;
        info->role_index = role->index;
    }
    memcpy(info->shape, node->shape, sizeof info->shape);
    memcpy(info->input, node->input, sizeof node->input);
    if (node->is_input || node->desc.op != GB_OP_BIAS_ACT)
        return;
    info->act = gb_acts[node->act].name;
    info->bias = node->bias;
    info->bias_gain = node->bias_gain;
    info->gain = node->gain;
    info->clamp = node->clamp > 0 ? node->clamp : 0;
}

gb_node gb_model_find(const gb_model *model, const char *name) {
    return gb_graph_find(model->graph, name);
}

gb_node gb_model_find_role(const gb_model *model, gb_role role, int index) {
    return gb_graph_find_role(model->graph, role, index);
}

size_t gb_model_match(const gb_model *model, const char *glob, gb_node *nodes, size_t room) {
    size_t count = 0;
    for (gb_node i = 0; i < model->graph->count; i++) {
        if (gb_graph_matches(model->graph, i, glob)) {
            if (count < room)
                nodes[count] = i;
            count++;
        }
    }
    return count;
}

gb_node gb_model_output(const gb_model *model) {
    return model->graph->output;
}

void gb_model_output_shape(const gb_model *model, int64_t shape[3]) {
    gb_shape s = gb_node_shape(&model->graph->nodes[model->graph->output]);
    shape[0] = s.c;
    shape[1] = s.h;
    shape[2] = s.w;
}

/* Appends to `text`, truncating it to `size` bytes. */
static void append_text(char *text, size_t size, const char *piece) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", piece);
}

gb_status gb_model_meta(const gb_model *model, size_t index, const char **key, char *text, size_t size) {
    const gb_meta *list;
    if (index >= gb_network_metas(model->graph->network, &list))
        return GB_BAD_ARGUMENT;
    const gb_meta *meta = &list[index];
    *key = meta->key;
    if (!size)
        return GB_OK;
    *text = 0;
    for (size_t i = 0; i < meta->count; i++) {
        char number[40];
        if (i)
            append_text(text, size, ",");
        if (meta->type == GB_META_STR || meta->type == GB_META_STRS) {
            append_text(text, size, meta->strs[i]);
            continue;
        }
        if (meta->type == GB_META_BOOL)
            snprintf(number, sizeof number, "%s", meta->ints[i] ? "true" : "false");
        else if (meta->type == GB_META_FLOAT || meta->type == GB_META_FLOATS)
            snprintf(number, sizeof number, "%.9g", meta->floats[i]);
        else
            snprintf(number, sizeof number, "%lld", (long long)meta->ints[i]);
        append_text(text, size, number);
    }
    return GB_OK;
}
