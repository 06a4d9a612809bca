/* Builds the bent graph: copies each node of the model's graph, applies the bends that change the node itself, and
 * appends the nodes that bends add behind it. */
#include "bent.h"

#include <stdlib.h>
#include <string.h>

#include "disable.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"

static const gb_cpu planar = {.isa = "plain", .vector = 1, .workers = 1};

/* A bend at one node. */
typedef struct bend_at {
    int bend;                   /* its position in the list */
    const gb_bend_place *place;
} bend_at;

typedef struct bent_builder {
    const gb_graph *base;
    const gb_bend_list *bends;
    gb_node *sum;               /* ToRGB → the node that adds it to the enlarged picture; otherwise GB_NO_NODE */
    bend_at *at;                /* those of node i are first[i] to first[i + 1] - 1, in the order of the list */
    int *first;
    gb_bent *bent;
    int *style_owner;           /* per bend: the STYLE bend whose copies of the mapping network it shares */
    gb_node **style_copy;       /* per bend: node of the model → its copy + 1, or 0 if there is none; NULL until used */
    bool *needed;               /* per node of the model: see find_needed() */
    gb_work_count *work;
    gb_error *err;
    gb_status status;
} bent_builder;

/* ------------------------------------------------------------------------------------------------ nodes */

/* Appends a node. prepare() has made room for all nodes but the copies that STYLE bends need. */
static gb_graph_node *append_node(bent_builder *w) {
    gb_graph *g = &w->bent->graph;
    if (w->status)
        return NULL;
    if (g->count == g->room) {
        int room = g->room < GB_MAX_BENT_NODES / 2 ? 2 * g->room : GB_MAX_BENT_NODES;
        gb_graph_node *grown = room > g->room ? realloc(g->nodes, (size_t)room * sizeof *grown) : NULL;
        if (!grown) {
            w->status = room > g->room
                            ? gb_fail(w->err, GB_NO_MEMORY, "out of memory")
                            : gb_fail(w->err, GB_BAD_ARGUMENT,
                                      "with its bends the network has more than %d nodes: remove some bends; "
                                      "each style of another seed adds a mapping network",
                                      GB_MAX_BENT_NODES);
            return NULL;
        }
        g->nodes = grown;
        g->room = room;
    }
    if (!gb_count_work(w->work, 1)) {
        w->status = gb_fail_cancelled(w->err);
        return NULL;
    }
    g->nodes[g->count] = (gb_graph_node){.clamp = -1, .weight_gain = 1, .noise_factor = 1, .base = GB_NO_NODE};
    return &g->nodes[g->count];
}

static uint64_t id_of(const gb_bend_mark *mark, int part, gb_node base) {
    return ((uint64_t)mark->key << 32 | (uint64_t)part << 24 | (uint64_t)base) | UINT64_C(1) << 63;
}

/* Adds a node of a bend behind `input`; `part` distinguishes the nodes of one bend at one place. */
static gb_node add_node(bent_builder *w, gb_node base, const gb_bend_mark *mark, int part, gb_node input,
                        const void *live, gb_desc desc) {
    char why[256];
    gb_graph_node *node = append_node(w);
    if (!node)
        return GB_NO_NODE;
    gb_graph *g = &w->bent->graph;
    node->name = w->base->nodes[base].name;
    node->base = base;
    node->id = id_of(mark, part, base);
    node->version = mark->version;
    node->live = live;
    node->inputs = 1;
    node->input[0] = input;
    node->desc = desc;
    node->desc.inputs = 1;
    node->desc.in[0] = gb_node_shape(&g->nodes[input]);
    node->desc.out.n = 1;
    if (!gb_op_shape(&planar, &node->desc, why, sizeof why)) {
        w->status = gb_fail(w->err, GB_BAD_ARGUMENT, "%s: %s", node->name, why);
        return GB_NO_NODE;
    }
    const gb_shape *out = &node->desc.out;
    node->ndim = desc.op == GB_OP_PASS && out->h > 1 ? 3 : g->nodes[input].ndim;
    node->shape[0] = out->c;
    node->shape[1] = node->ndim == 2 ? out->w : out->h;
    node->shape[2] = out->w;
    return g->count++;
}

/* ------------------------------------------------------------------------------------------------ disabling */

/* Replaces the node's output by its substitute, brought to its shape. A disabled ToRGB gives zeros. */
static gb_node disable(bent_builder *w, gb_node node, const gb_bend_mark *mark) {
    const gb_graph *base = w->base;
    bool keep = base->nodes[node].desc.op == GB_OP_ADD || !gb_graph_role_of(base, node, GB_ROLE_TORGB);
    gb_desc desc = {.op = GB_OP_PASS};
    gb_node substitute;
    gb_find_substitute(base, node, &substitute, &desc.pass.up);
    gb_shape in = gb_node_shape(&base->nodes[substitute]), out = gb_node_shape(&base->nodes[node]);
    desc.pass.c = out.c;
    desc.pass.kept = !keep ? 0 : in.c < out.c ? in.c : out.c;
    return add_node(w, node, mark, keep, w->bent->value[substitute], NULL, desc);
}

/* ------------------------------------------------------------------------------------------------ styles */

enum { SET_PART, SELECT_PART, COPY_PART };      /* the nodes of one STYLE bend */

/* Adjacent STYLE bends with the same w's, such as those of one recipe step, share one copy of the mapping network. */
static void group_styles(bent_builder *w) {
    for (int i = 0; i < w->bends->count; i++) {
        const gb_bend_options *o = &w->bends->entries[i]->options;
        const gb_bend_options *before = i ? &w->bends->entries[i - 1]->options : NULL;
        bool shares = before && o->kind == GB_BEND_STYLE && before->kind == o->kind && gb_same_style(before, o);
        w->style_owner[i] = shares ? w->style_owner[i - 1] : i;
    }
}

/* Sets `needed` for `last` and all nodes from which it is computed. */
static void find_needed(bent_builder *w, gb_node last) {
    memset(w->needed, 0, (size_t)w->base->count * sizeof *w->needed);
    w->needed[last] = true;
    for (gb_node i = last; i >= 0; i--)
        for (int k = 0; w->needed[i] && k < w->base->nodes[i].inputs; k++)
            w->needed[w->base->nodes[i].input[k]] = true;
}

static gb_node copy_node(bent_builder *w, gb_node index, const gb_bend_entry *entry, const gb_bend_mark *mark,
                         const gb_node *copy) {
    const gb_bend_style *style = &entry->style;
    const gb_graph_node *base = &w->base->nodes[index];
    gb_shared_value *own = index == style->z ? style->z_value : index == style->label ? style->label_value : NULL;
    if (base->is_input && !own)
        return w->bent->self[index];            /* the image's label */
    gb_graph_node *node = append_node(w);
    if (!node)
        return GB_NO_NODE;
    *node = *base;
    node->base = index;
    node->id = id_of(mark, COPY_PART, index);
    node->noise_factor = 1;
    node->own_value = own;
    for (int k = 0; k < node->inputs; k++)
        node->input[k] = copy[node->input[k]] - 1;
    if (!node->is_input && node->desc.op == GB_OP_TRUNCATE && entry->options.set_psi) {
        uint32_t bits;
        memcpy(&bits, &entry->options.psi, sizeof bits);
        node->live = &style->truncate;
        node->version = UINT64_C(1) << 32 | bits;
    }
    return w->bent->graph.count++;
}

/* A copy of the unbent mapping network up to `ws`, with the z, class and truncation of the style. Other settings are
 * those of the session when it renders, as for the image's own w's. */
static gb_node style_ws(bent_builder *w, gb_node ws, const gb_bend_mark *mark) {
    int owner = w->style_owner[mark - w->bent->marks];
    gb_node *copy = w->style_copy[owner];
    if (!copy)
        copy = w->style_copy[owner] = calloc((size_t)w->base->count, sizeof *copy);
    if (!copy) {
        w->status = gb_fail(w->err, GB_NO_MEMORY, "out of memory");
        return GB_NO_NODE;
    }
    if (copy[ws])
        return copy[ws] - 1;
    find_needed(w, ws);
    w->work->done += (uint64_t)ws;
    for (gb_node i = 0; i <= ws && !w->status; i++)
        if (w->needed[i] && !copy[i])
            copy[i] = copy_node(w, i, w->bends->entries[owner], &w->bent->marks[owner], copy) + 1;
    return w->status ? GB_NO_NODE : copy[ws] - 1;
}

static gb_node mix_style(bent_builder *w, gb_node node, gb_node value, const gb_bend_mark *mark,
                         const gb_bend_place *place) {
    const gb_graph_node *own = &w->base->nodes[node];
    gb_node ws = style_ws(w, own->input[0], mark), other = GB_NO_NODE, set = GB_NO_NODE;
    if (!w->status)
        other = add_node(w, node, mark, SELECT_PART, ws, NULL, own->desc);
    if (!w->status)
        set = add_node(w, node, mark, SET_PART, value, &place->live, (gb_desc){.op = GB_OP_SET});
    if (w->status)
        return GB_NO_NODE;
    gb_graph_node *nodes = w->bent->graph.nodes;
    nodes[other].ndim = 1;
    nodes[other].version = 0;           /* it has no settings of its own */
    nodes[set].inputs = nodes[set].desc.inputs = 2;
    nodes[set].input[1] = other;
    nodes[set].desc.in[1] = gb_node_shape(&nodes[other]);
    return set;
}

/* ------------------------------------------------------------------------------------------------ building */

/* Applies a bend that changes a node without adding one behind it. */
static void change(gb_graph_node *node, const gb_bend_entry *entry, const gb_bend_mark *mark,
                   const gb_bend_place *place) {
    const gb_bend_options *o = &entry->options;
    node->version = gb_mix(node->version, mark->version);
    if (o->kind == GB_BEND_NOISE) {
        node->noise_factor *= o->factor;
        if (place->noise_map)
            node->noise_map = place->noise_map;
        return;
    }
    node->base_act = node->act;
    node->act = (gb_act_kind)entry->activation;
    node->act_params = entry->params;
    node->act_param_count = entry->param_count;
    node->act_channels = place->channels;
    if (o->drop_bias)
        node->bias = NULL;
    if (o->set_gain)
        node->gain = o->gain;
}

/* Applies a bend that adds nodes behind `value`; returns the last of them. */
static gb_node append_bend(bent_builder *w, gb_node node, gb_node value, const gb_bend_entry *entry,
                           const gb_bend_mark *mark, const gb_bend_place *place) {
    gb_desc desc = {.op = GB_OP_FILTER};
    switch (entry->options.kind) {
    case GB_BEND_FILTER:
        desc.filter.row = entry->filter;
        return add_node(w, node, mark, 0, value, &place->live, desc);
    case GB_BEND_PAINT:
        desc.op = GB_OP_PAINT;
        return add_node(w, node, mark, 0, value, &place->live, desc);
    case GB_BEND_SET:
        desc.op = GB_OP_SET;
        return add_node(w, node, mark, 0, value, &place->live, desc);
    case GB_BEND_CALLBACK:
        desc.op = GB_OP_CALLBACK;
        return add_node(w, node, mark, 0, value, &place->live, desc);
    case GB_BEND_DISABLE:
        return disable(w, node, mark);
    case GB_BEND_STYLE:
        return mix_style(w, node, value, mark, place);
    case GB_BEND_TRUNCATE: {
        /* Truncates, for this layer only, the w from which the network's own truncation starts; if w's are set, that w
         * is unknown, and the layer's own is truncated. */
        gb_node ws = w->base->nodes[node].input[0], raw = w->base->nodes[ws].input[0];
        bool ws_set = w->bent->ws_set[ws];
        desc.op = GB_OP_TRUNCATE;
        desc.truncate.num_ws = 1;
        gb_node row = add_node(w, node, mark, ws_set ? 2 : 0, ws_set ? w->bent->self[node] : w->bent->value[raw],
                               &place->live, desc);
        if (w->status)
            return GB_NO_NODE;
        gb_graph_node *truncate = &w->bent->graph.nodes[row];
        truncate->ndim = 2;
        truncate->shape[1] = truncate->desc.out.w;
        truncate->weight[0] = w->base->nodes[ws].weight[0];
        truncate->base = ws;
        desc.op = GB_OP_SELECT;
        desc.select.row = 0;
        gb_node select = add_node(w, node, mark, 1, row, NULL, desc);
        if (!w->status)
            w->bent->graph.nodes[select].ndim = 1;
        return select;
    }
    default:
        return value;
    }
}

static void build_node(bent_builder *w, gb_node index) {
    gb_graph_node *node = append_node(w);
    if (!node)
        return;
    gb_bent *bent = w->bent;
    *node = w->base->nodes[index];
    node->base = index;
    node->id = (uint64_t)index;
    node->noise_factor = 1;
    for (int i = 0; i < node->inputs; i++)
        node->input[i] = bent->value[node->input[i]];
    for (int i = w->first[index]; i < w->first[index + 1]; i++) {
        const gb_bend_entry *entry = w->bends->entries[w->at[i].bend];
        if (entry->options.kind == GB_BEND_ACTIVATION || entry->options.kind == GB_BEND_NOISE)
            change(node, entry, &bent->marks[w->at[i].bend], w->at[i].place);
    }
    gb_node value = bent->graph.count++;
    bent->self[index] = bent->value[index] = value;
    for (int i = w->first[index]; i < w->first[index + 1] && !w->status; i++) {
        int bend = w->at[i].bend;
        if (i > w->first[index] && bend == w->at[i - 1].bend)
            continue;           /* a bend can act on a ToRGB and on its sum */
        bent->value[index] = value =
            append_bend(w, index, value, w->bends->entries[bend], &bent->marks[bend], w->at[i].place);
    }
    w->work->done += (uint64_t)(w->first[index + 1] - w->first[index]);
}

/* Finds for every node the sum that adds it to an enlarged picture: the first sum that reads it, if it is of that
 * kind. */
static void find_sums(const bent_builder *w) {
    const gb_graph *base = w->base;
    for (gb_node i = 0; i < base->count; i++)
        w->sum[i] = GB_NO_NODE;
    for (gb_node i = base->count - 1; i >= 0; i--) {
        const gb_graph_node *n = &base->nodes[i];
        for (int k = 0; k < n->inputs && n->desc.op == GB_OP_ADD; k++) {
            gb_node other = n->input[n->input[0] == n->input[k] ? 1 : 0];
            w->sum[n->input[k]] = base->nodes[other].desc.op == GB_OP_UPFIRDN2D ? i : GB_NO_NODE;
        }
    }
}

/* The node on which a bend at this place acts. Disabling a ToRGB disables the sum that adds it, which keeps the
 * picture. */
static gb_node carrying_node(const bent_builder *w, const gb_bend_entry *entry, const gb_bend_place *place) {
    bool is_summand = entry->options.kind == GB_BEND_DISABLE && w->sum[place->node] != GB_NO_NODE &&
                      gb_graph_role_of(w->base, place->node, GB_ROLE_TORGB);
    return is_summand ? w->sum[place->node] : place->node;
}

/* Sorts the places of all bends by node, and for each node in the order of the list. */
static void sort_places(bent_builder *w) {
    const gb_bend_list *bends = w->bends;
    for (int i = 0; i < bends->count; i++)
        for (int k = 0; k < bends->entries[i]->place_count; k++)
            w->first[carrying_node(w, bends->entries[i], &bends->entries[i]->places[k]) + 2]++;
    for (gb_node n = 2; n < w->base->count + 2; n++)
        w->first[n] += w->first[n - 1];
    for (int i = 0; i < bends->count; i++)
        for (int k = 0; k < bends->entries[i]->place_count; k++) {
            const gb_bend_place *place = &bends->entries[i]->places[k];
            w->at[w->first[carrying_node(w, bends->entries[i], place) + 1]++] = (bend_at){i, place};
        }
}

/* The number of nodes that a bend of this kind adds at each place. */
static int nodes_added(gb_bend_kind kind) {
    bool two = kind == GB_BEND_TRUNCATE || kind == GB_BEND_STYLE;
    return kind == GB_BEND_ACTIVATION || kind == GB_BEND_NOISE ? 0 : two ? 2 : 1;
}

/* Allocates memory and sorts the bends by node. False if out of memory. */
static bool prepare(bent_builder *w, gb_shared_value *const *values, const gb_bent *before) {
    gb_bent *bent = w->bent;
    const gb_bend_list *bends = w->bends;
    size_t count = (size_t)w->base->count, room = count, bend_count = (size_t)bends->count;
    for (int i = 0; i < bends->count; i++)
        room += (size_t)nodes_added(bends->entries[i]->options.kind) * (size_t)bends->entries[i]->place_count;
    bent->graph.network = w->base->network;
    bent->graph.nodes = malloc(room * sizeof *bent->graph.nodes);
    bent->graph.room = (int)room;
    bent->self = malloc(count * sizeof *bent->self);
    bent->value = malloc(count * sizeof *bent->value);
    bent->ws_set = malloc(count * sizeof *bent->ws_set);
    w->sum = malloc(count * sizeof *w->sum);
    w->first = calloc(count + 2, sizeof *w->first);
    w->at = malloc(((size_t)bends->place_count + 1) * sizeof *w->at);
    w->style_owner = malloc((bend_count + 1) * sizeof *w->style_owner);
    w->style_copy = calloc(bend_count + 1, sizeof *w->style_copy);
    w->needed = malloc(count * sizeof *w->needed);
    if (!bent->graph.nodes || !bent->self || !bent->value || !bent->ws_set || !w->sum || !w->first || !w->at ||
        !w->style_owner || !w->style_copy || !w->needed || !gb_bend_list_copy(&bent->bends, bends) ||
        !gb_bent_mark(bent, w->base, before, w->work))
        return false;
    for (gb_node i = 0; i < w->base->count; i++)
        bent->ws_set[i] = values[i] && !w->base->nodes[i].is_input && w->base->nodes[i].desc.op == GB_OP_TRUNCATE;
    find_sums(w);
    sort_places(w);
    group_styles(w);
    return true;
}

static void free_builder(bent_builder *w) {
    for (int i = 0; w->style_copy && i < w->bends->count; i++)
        free(w->style_copy[i]);
    free(w->style_copy);
    free(w->style_owner);
    free(w->needed);
    free(w->sum);
    free(w->first);
    free(w->at);
}

gb_status gb_bent_new(const gb_graph *base, const gb_bend_list *bends, gb_shared_value *const *values,
                      const gb_bent *before, gb_work_count *work, gb_bent **out, gb_error *err) {
    gb_bent *bent = calloc(1, sizeof *bent);
    bent_builder w = {.base = base, .bends = bends, .bent = bent, .work = work, .err = err};
    if (!bent || !prepare(&w, values, before))
        w.status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    else if (gb_work_cancelled(work))
        w.status = gb_fail_cancelled(err);
    for (gb_node i = 0; i < base->count && !w.status; i++)
        build_node(&w, i);
    free_builder(&w);
    if (w.status) {
        gb_bent_free(bent);
        return w.status;
    }
    bent->graph.output = bent->value[base->output];
    gb_graph_find_maps(&bent->graph);       /* a bent noise map has a value per sample */
    *out = bent;
    return GB_OK;
}

void gb_bent_free(gb_bent *bent) {
    if (!bent)
        return;
    free(bent->graph.nodes);
    gb_bend_list_clear(&bent->bends);
    free(bent->marks);
    free(bent->self);
    free(bent->value);
    free(bent->ws_set);
    free(bent);
}

bool gb_bent_is_current(const gb_bent *bent, const gb_graph *base, const gb_bend_list *bends,
                        gb_shared_value *const *values) {
    if (!gb_bend_list_same(&bent->bends, bends))
        return false;
    for (int i = 0; i < bends->count; i++) {
        const gb_bend_entry *entry = bends->entries[i];
        for (int k = 0; entry->options.kind == GB_BEND_TRUNCATE && k < entry->place_count; k++) {
            gb_node ws = base->nodes[entry->places[k].node].input[0];
            if (bent->ws_set[ws] != (values[ws] != NULL))
                return false;
        }
    }
    return true;
}

bool gb_bent_same(const gb_bent *a, const gb_bent *b) {
    bool same = a->graph.count == b->graph.count;
    for (gb_node i = 0; same && i < a->graph.count; i++)
        same = a->graph.nodes[i].id == b->graph.nodes[i].id;
    return same;
}
