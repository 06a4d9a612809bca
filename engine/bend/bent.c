/* Building the bent graph: a walk over the model's nodes that copies each, changes what bends change in it, and appends
 * what bends put behind it. */
#include "bent.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"

static const gb_cpu planar = {.isa = "plain", .vector = 1, .workers = 1};

/* A bend at one node. */
typedef struct bend_at {
    int bend;                   /* its position in the list */
    const gb_bend_site *site;
} bend_at;

typedef struct weaver {
    const gb_graph *base;
    const gb_bend_list *bends;
    gb_node *sum;               /* ToRGB → the node that adds it to the enlarged picture; GB_NO_NODE of all others */
    bend_at *at;                /* those of node i from first[i] to before first[i + 1], in the order of the list */
    int *first;
    gb_bent *bent;
    int *style_owner;           /* per bend: the STYLE bend whose copies of the mapping network it shares */
    gb_node **style_copy;       /* per bend: node of the model → its copy + 1, 0 where there is none; NULL until used */
    bool *needed;               /* per node of the model; scratch */
    gb_work *work;
    gb_error *err;
    gb_status status;
} weaver;

/* ------------------------------------------------------------------------------------------------ nodes */

/* The node that comes next. begin() made room for all but the copies that STYLE bends need. */
static gb_graph_node *append(weaver *w) {
    gb_graph *g = &w->bent->graph;
    if (w->status)
        return NULL;
    if (g->count == g->room) {
        int room = g->room < GB_MAX_BENT_NODES / 2 ? 2 * g->room : GB_MAX_BENT_NODES;
        gb_graph_node *grown = room > g->room ? realloc(g->nodes, (size_t)room * sizeof *grown) : NULL;
        if (!grown) {
            w->status = room > g->room ? gb_fail(w->err, GB_NO_MEMORY, "out of memory")
                                       : gb_fail(w->err, GB_BAD_ARGUMENT,
                                                 "with its bends the network has more than %d nodes: remove some; each "
                                                 "style of another seed adds a mapping network", GB_MAX_BENT_NODES);
            return NULL;
        }
        g->nodes = grown;
        g->room = room;
    }
    if (!gb_work_on(w->work, 1)) {
        w->status = gb_work_cancelled(w->err);
        return NULL;
    }
    g->nodes[g->count] = (gb_graph_node){.clamp = -1, .weight_gain = 1, .noise_factor = 1, .base = GB_NO_NODE};
    return &g->nodes[g->count];
}

static uint64_t id_of(const gb_bend_mark *mark, int part, gb_node base) {
    return ((uint64_t)mark->key << 32 | (uint64_t)part << 24 | (uint64_t)base) | UINT64_C(1) << 63;
}

/* A node that a bend puts behind `input`: `part` tells apart the nodes of one bend at one place. */
static gb_node add(weaver *w, gb_node base, const gb_bend_mark *mark, int part, gb_node input, const void *live,
                   gb_desc desc) {
    char why[256];
    gb_graph_node *node = append(w);
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

/* ------------------------------------------------------------------------------------------------ switching off */

/* The node where the module `node` begins: backwards while names stay inside it. */
static gb_node module_head(const gb_graph *base, gb_node node) {
    const char *name = base->nodes[node].name;
    size_t length = strlen(name);
    for (;;) {
        const gb_graph_node *n = &base->nodes[node];
        gb_node before = n->inputs ? gb_main_input(n) : GB_NO_NODE;
        if (before == GB_NO_NODE || base->nodes[before].is_input || strncmp(base->nodes[before].name, name, length) ||
            base->nodes[before].name[length] != '.')
            return node;
        node = before;
    }
}

/* The node whose value a disabled one hands on, and how many times its pixels must be repeated in both directions to
 * fill the node's shape. False where they cannot. Channels always can: missing ones are zero, others are dropped. */
static bool find_substitute(const gb_graph *base, gb_node node, gb_node *substitute, int *up) {
    const gb_graph_node *n = &base->nodes[node];
    if (n->desc.op == GB_OP_ADD) {
        /* A sum keeps its shortcut; one that adds a ToRGB keeps the picture, enlarged by nearest neighbour. */
        *substitute = n->input[gb_main_input(n) == n->input[0] ? 1 : 0];
        if (base->nodes[*substitute].desc.op == GB_OP_UPFIRDN2D)
            *substitute = base->nodes[*substitute].input[0];
    } else {
        const gb_graph_node *head = &base->nodes[module_head(base, node)];
        if (!head->inputs)
            return false;
        *substitute = gb_main_input(head);
    }
    gb_shape in = gb_node_shape(&base->nodes[*substitute]), out = gb_node_shape(n);
    *up = out.h / in.h;
    return *up > 0 && in.h * *up == out.h && in.w * *up == out.w;
}

bool gb_can_disable(const gb_graph *base, gb_node node) {
    const gb_graph_node *n = &base->nodes[node];
    gb_node substitute;
    int up;
    if (n->is_input)
        return false;
    switch (n->desc.op) {
    case GB_OP_BIAS_ACT:
    case GB_OP_LINEAR:
    case GB_OP_MODULATED_CONV2D:
    case GB_OP_UPFIRDN2D:
    case GB_OP_UPSAMPLE_NEAREST:
    case GB_OP_NOISE:
    case GB_OP_BATCH_NORM:
    case GB_OP_ADD:
        return find_substitute(base, node, &substitute, &up);
    default:
        return false;
    }
}

/* Puts in place of the node's output the value that stands in for it, brought to its shape. */
static gb_node disable(weaver *w, gb_node node, const gb_bend_mark *mark) {
    const gb_graph *base = w->base;
    bool keep = base->nodes[node].desc.op == GB_OP_ADD || !gb_graph_role_of(base, node, GB_ROLE_TORGB);
    gb_desc desc = {.op = GB_OP_PASS};
    gb_node substitute;
    find_substitute(base, node, &substitute, &desc.pass.up);
    gb_shape in = gb_node_shape(&base->nodes[substitute]), out = gb_node_shape(&base->nodes[node]);
    desc.pass.c = out.c;
    desc.pass.kept = !keep ? 0 : in.c < out.c ? in.c : out.c;
    return add(w, node, mark, keep, w->bent->value[substitute], NULL, desc);
}

/* ------------------------------------------------------------------------------------------------ styles */

enum { SET_PART, SELECT_PART, COPY_PART };      /* the nodes of one STYLE bend */

/* Bends of one recipe step follow each other; those with the same w's compute them once. */
static void group_styles(weaver *w) {
    for (int i = 0; i < w->bends->count; i++) {
        const gb_bend_options *o = &w->bends->entries[i]->options;
        const gb_bend_options *before = i ? &w->bends->entries[i - 1]->options : NULL;
        bool shares = before && o->kind == GB_BEND_STYLE && before->kind == o->kind && gb_same_style(before, o);
        w->style_owner[i] = shares ? w->style_owner[i - 1] : i;
    }
}

/* Sets `needed` of `last` and of everything that it is computed from. */
static void find_needed(weaver *w, gb_node last) {
    memset(w->needed, 0, (size_t)w->base->count * sizeof *w->needed);
    w->needed[last] = true;
    for (gb_node i = last; i >= 0; i--)
        for (int k = 0; w->needed[i] && k < w->base->nodes[i].inputs; k++)
            w->needed[w->base->nodes[i].input[k]] = true;
}

static gb_node copy_node(weaver *w, gb_node index, const gb_bend_entry *entry, const gb_bend_mark *mark,
                         const gb_node *copy) {
    const gb_bend_style *style = &entry->style;
    const gb_graph_node *base = &w->base->nodes[index];
    gb_given *own = index == style->z ? style->z_value : index == style->label ? style->label_value : NULL;
    if (base->is_input && !own)
        return w->bent->self[index];            /* the image's class */
    gb_graph_node *node = append(w);
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

/* The way from z to `ws` once more, unbent, for the z of the style and the class and truncation that it asks for. What
 * it depends on is read when it runs, as the image's own w's do. */
static gb_node style_ws(weaver *w, gb_node ws, const gb_bend_mark *mark) {
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

static gb_node mix_style(weaver *w, gb_node node, gb_node value, const gb_bend_mark *mark, const gb_bend_site *site) {
    const gb_graph_node *own = &w->base->nodes[node];
    gb_node ws = style_ws(w, own->input[0], mark), other = GB_NO_NODE, set = GB_NO_NODE;
    if (!w->status)
        other = add(w, node, mark, SELECT_PART, ws, NULL, own->desc);
    if (!w->status)
        set = add(w, node, mark, SET_PART, value, &site->live, (gb_desc){.op = GB_OP_SET});
    if (w->status)
        return GB_NO_NODE;
    gb_graph_node *nodes = w->bent->graph.nodes;
    nodes[other].ndim = 1;
    nodes[other].version = 0;           /* what it does is in the network */
    nodes[set].inputs = nodes[set].desc.inputs = 2;
    nodes[set].input[1] = other;
    nodes[set].desc.in[1] = gb_node_shape(&nodes[other]);
    return set;
}

/* ------------------------------------------------------------------------------------------------ weaving */

/* Bends that change a node without putting one behind it. */
static void change(gb_graph_node *node, const gb_bend_entry *entry, const gb_bend_mark *mark,
                   const gb_bend_site *site) {
    const gb_bend_options *o = &entry->options;
    node->version = gb_mix(node->version, mark->version);
    if (o->kind == GB_BEND_NOISE) {
        node->noise_factor *= o->factor;
        if (site->noise_map)
            node->noise_map = site->noise_map;
        return;
    }
    node->base_act = node->act;
    node->act = (gb_act_kind)entry->activation;
    node->act_params = entry->params;
    node->act_param_count = entry->param_count;
    node->act_channels = site->channels;
    if (o->drop_bias)
        node->bias = NULL;
    if (o->set_gain)
        node->gain = o->gain;
}

/* Bends that put a node behind `value`; returns the new one. */
static gb_node append_bend(weaver *w, gb_node node, gb_node value, const gb_bend_entry *entry,
                           const gb_bend_mark *mark, const gb_bend_site *site) {
    gb_desc desc = {.op = GB_OP_FILTER};
    switch (entry->options.kind) {
    case GB_BEND_FILTER:
        desc.filter.row = entry->filter;
        return add(w, node, mark, 0, value, &site->live, desc);
    case GB_BEND_PAINT:
        desc.op = GB_OP_PAINT;
        return add(w, node, mark, 0, value, &site->live, desc);
    case GB_BEND_SET:
        desc.op = GB_OP_SET;
        return add(w, node, mark, 0, value, &site->live, desc);
    case GB_BEND_CALLBACK:
        desc.op = GB_OP_CALLBACK;
        return add(w, node, mark, 0, value, &site->live, desc);
    case GB_BEND_DISABLE:
        return disable(w, node, mark);
    case GB_BEND_STYLE:
        return mix_style(w, node, value, mark, site);
    case GB_BEND_TRUNCATE: {
        /* From the w that the network's own truncation starts from, for this layer alone; where w's were given, nobody
         * knows that one: from the layer's own. */
        gb_node ws = w->base->nodes[node].input[0], raw = w->base->nodes[ws].input[0];
        bool given = w->bent->ws_given[ws];
        desc.op = GB_OP_TRUNCATE;
        desc.truncate.num_ws = 1;
        gb_node row = add(w, node, mark, given ? 2 : 0, given ? w->bent->self[node] : w->bent->value[raw], &site->live,
                          desc);
        if (w->status)
            return GB_NO_NODE;
        gb_graph_node *truncate = &w->bent->graph.nodes[row];
        truncate->ndim = 2;
        truncate->shape[1] = truncate->desc.out.w;
        truncate->weight[0] = w->base->nodes[ws].weight[0];
        truncate->base = ws;
        desc.op = GB_OP_SELECT;
        desc.select.row = 0;
        gb_node select = add(w, node, mark, 1, row, NULL, desc);
        if (!w->status)
            w->bent->graph.nodes[select].ndim = 1;
        return select;
    }
    default:
        return value;
    }
}

static void weave_node(weaver *w, gb_node index) {
    gb_graph_node *node = append(w);
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
            change(node, entry, &bent->marks[w->at[i].bend], w->at[i].site);
    }
    gb_node value = bent->graph.count++;
    bent->self[index] = bent->value[index] = value;
    for (int i = w->first[index]; i < w->first[index + 1] && !w->status; i++) {
        int bend = w->at[i].bend;
        if (i > w->first[index] && bend == w->at[i - 1].bend)
            continue;           /* it came here twice: by a ToRGB and by its sum */
        bent->value[index] = value =
            append_bend(w, index, value, w->bends->entries[bend], &bent->marks[bend], w->at[i].site);
    }
    w->work->done += (uint64_t)(w->first[index + 1] - w->first[index]);
}

/* Finds, for every node, the sum that adds it to an enlarged picture: the first sum that reads it, where that is one. */
static void find_sums(const weaver *w) {
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

/* The node that a bend at this site acts on. A disabled ToRGB adds nothing: its sum keeps the picture and carries the
 * bend. */
static gb_node carrier(const weaver *w, const gb_bend_entry *entry, const gb_bend_site *site) {
    bool moves = entry->options.kind == GB_BEND_DISABLE && w->sum[site->node] != GB_NO_NODE &&
                 gb_graph_role_of(w->base, site->node, GB_ROLE_TORGB);
    return moves ? w->sum[site->node] : site->node;
}

/* Sorts the sites of all bends by node, those at one node in the order of the list. */
static void sort_sites(weaver *w) {
    const gb_bend_list *bends = w->bends;
    for (int i = 0; i < bends->count; i++)
        for (int k = 0; k < bends->entries[i]->site_count; k++)
            w->first[carrier(w, bends->entries[i], &bends->entries[i]->sites[k]) + 2]++;
    for (gb_node n = 2; n < w->base->count + 2; n++)
        w->first[n] += w->first[n - 1];
    for (int i = 0; i < bends->count; i++)
        for (int k = 0; k < bends->entries[i]->site_count; k++) {
            const gb_bend_site *site = &bends->entries[i]->sites[k];
            w->at[w->first[carrier(w, bends->entries[i], site) + 1]++] = (bend_at){i, site};
        }
}

/* How many nodes a bend of this kind puts behind each node that it sits on. */
static int nodes_added(gb_bend_kind kind) {
    bool two = kind == GB_BEND_TRUNCATE || kind == GB_BEND_STYLE;
    return kind == GB_BEND_ACTIVATION || kind == GB_BEND_NOISE ? 0 : two ? 2 : 1;
}

/* Makes room and sorts the bends by node. False when out of memory. */
static bool begin(weaver *w, gb_given *const *given, const gb_bent *before) {
    gb_bent *bent = w->bent;
    const gb_bend_list *bends = w->bends;
    size_t count = (size_t)w->base->count, room = count, bend_count = (size_t)bends->count;
    for (int i = 0; i < bends->count; i++)
        room += (size_t)nodes_added(bends->entries[i]->options.kind) * (size_t)bends->entries[i]->site_count;
    bent->graph.network = w->base->network;
    bent->graph.nodes = malloc(room * sizeof *bent->graph.nodes);
    bent->graph.room = (int)room;
    bent->self = malloc(count * sizeof *bent->self);
    bent->value = malloc(count * sizeof *bent->value);
    bent->ws_given = malloc(count * sizeof *bent->ws_given);
    w->sum = malloc(count * sizeof *w->sum);
    w->first = calloc(count + 2, sizeof *w->first);
    w->at = malloc(((size_t)bends->places + 1) * sizeof *w->at);
    w->style_owner = malloc((bend_count + 1) * sizeof *w->style_owner);
    w->style_copy = calloc(bend_count + 1, sizeof *w->style_copy);
    w->needed = malloc(count * sizeof *w->needed);
    if (!bent->graph.nodes || !bent->self || !bent->value || !bent->ws_given || !w->sum || !w->first || !w->at ||
        !w->style_owner || !w->style_copy || !w->needed || !gb_bend_list_copy(&bent->bends, bends) ||
        !gb_bent_mark(bent, w->base, before, w->work))
        return false;
    for (gb_node i = 0; i < w->base->count; i++)
        bent->ws_given[i] = given[i] && !w->base->nodes[i].is_input && w->base->nodes[i].desc.op == GB_OP_TRUNCATE;
    find_sums(w);
    sort_sites(w);
    group_styles(w);
    return true;
}

static void free_weaver(weaver *w) {
    for (int i = 0; w->style_copy && i < w->bends->count; i++)
        free(w->style_copy[i]);
    free(w->style_copy);
    free(w->style_owner);
    free(w->needed);
    free(w->sum);
    free(w->first);
    free(w->at);
}

gb_status gb_bent_new(const gb_graph *base, const gb_bend_list *bends, gb_given *const *given, const gb_bent *before,
                      gb_work *work, gb_bent **out, gb_error *err) {
    gb_bent *bent = calloc(1, sizeof *bent);
    weaver w = {.base = base, .bends = bends, .bent = bent, .work = work, .err = err};
    if (!bent || !begin(&w, given, before))
        w.status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    else if (gb_work_stopped(work))
        w.status = gb_work_cancelled(err);
    for (gb_node i = 0; i < base->count && !w.status; i++)
        weave_node(&w, i);
    free_weaver(&w);
    if (w.status) {
        gb_bent_free(bent);
        return w.status;
    }
    bent->graph.output = bent->value[base->output];
    gb_graph_find_maps(&bent->graph);       /* a bent noise map is of each sample's own */
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
    free(bent->ws_given);
    free(bent);
}

bool gb_bent_is_current(const gb_bent *bent, const gb_graph *base, const gb_bend_list *bends, gb_given *const *given) {
    if (!gb_bend_list_same(&bent->bends, bends))
        return false;
    for (int i = 0; i < bends->count; i++) {
        const gb_bend_entry *entry = bends->entries[i];
        for (int k = 0; entry->options.kind == GB_BEND_TRUNCATE && k < entry->site_count; k++) {
            gb_node ws = base->nodes[entry->sites[k].node].input[0];
            if (bent->ws_given[ws] != (given[ws] != NULL))
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
