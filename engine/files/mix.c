/* gb_model_mix() of ganbend.h: a network whose tensors come from two networks of one architecture. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/graph/model.h"
#include "save.h"

/* ------------------------------------------------------------------------------------------------ layers of tensors */

enum { NO_LAYER = -1 };

typedef struct layers {
    const gb_graph *graph;
    const gb_named_array *tensors;
    size_t count;
    int *of_tensor;             /* [count] the layer that a tensor belongs to, or NO_LAYER */
    int *of_node;               /* [nodes] */
    gb_node *stack;             /* [nodes] */
} layers;

static void give(layers *l, const char *tensor, int layer) {
    const gb_array *array = tensor ? gb_network_array(l->graph->network, tensor) : NULL;
    if (!array)
        return;
    /* It is the array of an entry of the list. */
    const gb_named_array *t = (const gb_named_array *)((const char *)array - offsetof(gb_named_array, array));
    int *of = &l->of_tensor[t - l->tensors];
    *of = *of == NO_LAYER ? layer : *of;
}

/* Gives the layer every node that only it and later ones depend on: all inputs back to its w and to earlier layers. */
static void collect(layers *l, gb_node from, int layer) {
    size_t held = 0;
    l->stack[held++] = from;
    l->of_node[from] = layer;
    while (held) {
        const gb_graph_node *n = &l->graph->nodes[l->stack[--held]];
        for (int i = 0; i < GB_MAX_WEIGHTS; i++)
            give(l, n->weight[i], layer);
        give(l, n->bias, layer);
        give(l, n->strength, layer);
        give(l, n->scale, layer);
        give(l, n->value, layer);
        for (int i = 0; i < n->inputs; i++) {
            gb_node in = n->input[i];
            if (l->of_node[in] != NO_LAYER || gb_graph_role_of(l->graph, in, GB_ROLE_W))
                continue;
            l->of_node[in] = layer;
            l->stack[held++] = in;
        }
    }
}

/* A ToRGB belongs to the layer that it shows. */
static void collect_torgb(layers *l, gb_node torgb) {
    gb_node node = torgb;
    while (l->of_node[node] == NO_LAYER && l->graph->nodes[node].inputs)
        node = gb_main_input(&l->graph->nodes[node]);
    if (l->of_node[node] != NO_LAYER)
        collect(l, torgb, l->of_node[node]);
}

static bool find_layers(layers *l, const gb_graph *graph) {
    size_t nodes = (size_t)graph->count;
    *l = (layers){.graph = graph};
    l->count = gb_network_arrays(graph->network, &l->tensors);
    l->of_tensor = malloc((l->count + 1) * sizeof *l->of_tensor);
    l->of_node = malloc((nodes + 1) * sizeof *l->of_node);
    l->stack = malloc((nodes + 1) * sizeof *l->stack);
    if (!l->of_tensor || !l->of_node || !l->stack)
        return false;
    for (size_t i = 0; i < l->count; i++)
        l->of_tensor[i] = NO_LAYER;
    for (size_t i = 0; i < nodes; i++)
        l->of_node[i] = NO_LAYER;
    for (int layer = 0; gb_graph_find_role(graph, GB_ROLE_LAYER, layer) != GB_NO_NODE; layer++)
        collect(l, gb_graph_find_role(graph, GB_ROLE_LAYER, layer), layer);
    for (int i = 0; gb_graph_find_role(graph, GB_ROLE_TORGB, i) != GB_NO_NODE; i++)
        collect_torgb(l, gb_graph_find_role(graph, GB_ROLE_TORGB, i));
    return true;
}

static void free_layers(layers *l) {
    free(l->of_tensor);
    free(l->of_node);
    free(l->stack);
}

/* ------------------------------------------------------------------------------------------------ mixing */

static bool copy_meta(gb_network *to, const gb_meta *m) {
    switch (m->type) {
    case GB_META_INT: return gb_network_set_int(to, m->key, m->ints[0]);
    case GB_META_FLOAT: return gb_network_set_float(to, m->key, m->floats[0]);
    case GB_META_BOOL: return gb_network_set_bool(to, m->key, m->ints[0] != 0);
    case GB_META_STR: return gb_network_set_str(to, m->key, m->strs[0]);
    case GB_META_INTS: return gb_network_set_ints(to, m->key, m->ints, m->count);
    case GB_META_FLOATS: return gb_network_set_floats(to, m->key, m->floats, m->count);
    case GB_META_STRS: return gb_network_set_strs(to, m->key, m->strs, m->count);
    }
    return false;
}

static bool same_shape(const gb_array *a, const gb_array *b) {
    return a->ndim == b->ndim && !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape);
}

/* The second network's share of a tensor: the last rule that applies decides. */
static double share_of(const gb_mix_rule *rules, size_t count, const char *tensor, int layer, bool *used) {
    double share = 0;
    for (size_t i = 0; i < count; i++) {
        const gb_mix_rule *r = &rules[i];
        bool applies = r->tensors ? gb_glob_matches(r->tensors, tensor)
                                  : layer != NO_LAYER && layer >= r->first_layer && layer <= r->last_layer;
        if (applies)
            share = r->share;
        used[i] |= applies;
    }
    return share;
}

static gb_status mix_tensor(gb_model *a, gb_model *b, const gb_named_array *t, double share, float *out, gb_error *err) {
    const gb_array *other = gb_network_array(b->graph->network, t->name);
    if (!other || !same_shape(&t->array, other))
        return gb_fail(err, GB_BAD_ARGUMENT, "the networks do not have one architecture: tensor '%s' is %s the second", t->name,
                       other ? "of another shape in" : "missing from");
    size_t count = (size_t)gb_array_count(&t->array);
    if (share >= 1)
        return gb_model_read_tensor(b, t->name, out, err);
    gb_status status = gb_model_read_tensor(a, t->name, out, err);
    if (status || !(share > 0))
        return status;
    float *from = malloc(count * sizeof *from + 1);
    if (!from)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    status = gb_model_read_tensor(b, t->name, from, err);
    for (size_t i = 0; i < count && !status; i++)
        out[i] = (float)((double)out[i] + share * ((double)from[i] - (double)out[i]));
    free(from);
    return status;
}

/* True if both networks have float16 tensors, so that the mixture is stored so too. */
static bool both_half(const gb_network *a, const gb_network *b) {
    const gb_network *all[] = {a, b};
    for (int i = 0; i < 2; i++) {
        const gb_named_array *list;
        size_t count = gb_network_arrays(all[i], &list), k = 0;
        while (k < count && list[k].array.dtype != GB_F16)
            k++;
        if (k == count)
            return false;
    }
    return true;
}

static gb_status copy_rest(gb_network *to, const gb_network *from, gb_error *err) {
    const gb_meta *metas;
    const gb_alias *aliases;
    size_t count = gb_network_metas(from, &metas);
    bool good = true;
    for (size_t i = 0; i < count && good; i++)
        good = copy_meta(to, &metas[i]);
    count = gb_network_aliases(from, &aliases);
    for (size_t i = 0; i < count && good; i++)
        good = gb_network_add_alias(to, aliases[i].alias, aliases[i].canonical);
    return good ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

static gb_status check_rules(const gb_mix_rule *rules, size_t count, const bool *used, gb_error *err) {
    for (size_t i = 0; i < count; i++) {
        if (!(rules[i].share >= 0 && rules[i].share <= 1))
            return gb_fail(err, GB_BAD_ARGUMENT, "a share of %g; expected 0 to 1", rules[i].share);
        if (!used || used[i])
            continue;
        return rules[i].tensors ? gb_fail(err, GB_BAD_ARGUMENT, "no tensor matches '%.200s'", rules[i].tensors)
                                : gb_fail(err, GB_BAD_ARGUMENT, "this network has no layers %d to %d", rules[i].first_layer,
                                          rules[i].last_layer);
    }
    return GB_OK;
}

gb_status gb_model_mix(gb_model *a, gb_model *b, const gb_mix_rule *rules, size_t count, const char *out, gb_error *err) {
    layers l = {0};
    bool *used = calloc(count + 1, sizeof *used);
    gb_network *network = gb_network_new();
    gb_status status = used && network && find_layers(&l, a->graph) ? check_rules(rules, count, NULL, err)
                                                                    : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = copy_rest(network, a->graph->network, err);
    for (size_t i = 0; i < l.count && !status; i++) {
        const gb_named_array *t = &l.tensors[i];
        double share = share_of(rules, count, t->name, l.of_tensor[i], used);
        float *values = gb_network_add_f32(network, t->name, t->array.ndim, t->array.shape);
        status = values ? mix_tensor(a, b, t, share, values, err) : gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    const gb_named_array *others;
    if (!status && gb_network_arrays(b->graph->network, &others) != l.count)
        status = gb_fail(err, GB_BAD_ARGUMENT, "the networks do not have one architecture: the second has other tensors");
    if (!status)
        status = check_rules(rules, count, used, err);
    if (!status)
        status = gb_network_save(network, both_half(a->graph->network, b->graph->network), out, err);
    gb_network_free(network);
    free_layers(&l);
    free(used);
    return status;
}
