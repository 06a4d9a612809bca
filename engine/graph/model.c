/* Models: a finished graph with its weights, and the queries of ganbend.h. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_memory.h"
#include "engine/base/error.h"
#include "weights/gbw.h"

/* ------------------------------------------------------------------------------------------------ creating */

/* Counts each weight's elements at the first node that uses it. FIR filters and the mean w do not count as
 * parameters. */
static bool count_parameters(gb_model *model) {
    const gb_graph *graph = model->graph;
    const gb_named_array *arrays;
    size_t tensors = gb_network_arrays(graph->network, &arrays);
    bool *counted = calloc(tensors + 1, sizeof *counted);
    for (gb_node i = 0; counted && i < graph->count; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        bool setting = node->desc.op == GB_OP_UPFIRDN2D || node->desc.op == GB_OP_TRUNCATE;
        const char *used[] = {node->weight[0], node->bias, node->strength};
        for (size_t k = 0; k < sizeof used / sizeof *used; k++) {
            size_t tensor = gb_weights_tensor(graph->network, used[k]);
            if (tensor == tensors || counted[tensor])
                continue;
            counted[tensor] = true;
            model->parameters[i] += k || !setting ? gb_array_count(&arrays[tensor].array) : 0;
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
    gb_model *model = calloc(1, sizeof *model);
    bool made = false;
    if (model) {
        model->context = context;
        atomic_fetch_add(&context->models, 1);
        model->graph = graph;
        model->parameters = calloc((size_t)graph->count, sizeof *model->parameters);
        made = gb_weights_init(&model->weights, context, graph->network);
    } else {
        gb_graph_free(graph);
    }
    if (!made || !model->parameters || !count_parameters(model)) {
        gb_model_close(model);
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    *out = model;
    return GB_OK;
}

gb_status gb_model_build(gb_context *context, gb_graph *graph, gb_model **model, gb_error *err) {
    return gb_model_new(context, graph, NULL, model, err);
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
    gb_map map = model->weights.map;
    gb_weights_free(&model->weights);
    free(model->parameters);
    gb_graph_free(model->graph);
    if (map.bytes)
        gb_map_close(&map);
    atomic_fetch_sub(&model->context->models, 1);
    free(model);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ tensors */

uint64_t gb_model_serial(gb_model *model) {
    return atomic_fetch_add(&model->serial, 1) + 1;
}

gb_status gb_model_read_tensor(gb_model *model, const char *tensor, float *out, gb_error *err) {
    if (!gb_network_array(model->graph->network, tensor))
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no tensor '%s'", tensor);
    return gb_weights_read(&model->weights, tensor, out, err);
}

gb_status gb_model_verify(gb_model *model, gb_error *err) {
    const gb_named_array *list;
    size_t count = gb_network_arrays(model->graph->network, &list);
    gb_status status = GB_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = gb_weights_check(&model->weights, list[i].name, err);
    return status;
}

uint32_t gb_model_checksum(const gb_model *model) {
    return model->weights.checksum;
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
