/* Which values of the forward pass are kept until their adjoint reads them, and which are computed again. A copy is a node like its original: the
 * plan fuses it in the same way and runs the same kernel, so that it has the same bits. */
#include "builder.h"

#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"

/* Values that are always kept: those of inputs and feeds, vectors, which are small, and those that a callback may have
 * changed, which is not called twice. */
static bool is_pinned(const gb_adjoint_builder *b, gb_node i) {
    const gb_graph_node *node = gb_forward(b, i);
    bool fed = b->fed[node->base] && b->bent->self[node->base] == i;
    return node->is_input || fed || node->ndim == 1 || node->desc.op == GB_OP_CALLBACK || !node->inputs;
}

typedef struct candidate {
    gb_node node;
    size_t bytes;
    double cost;                /* multiply-adds per byte */
} candidate;

static int by_cost(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    return x->cost != y->cost ? (x->cost > y->cost) - (x->cost < y->cost) : x->node - y->node;
}

/* Per node: the multiply-adds from the nearest values that are kept in any case to its own; a value on several ways counts
 * several times. */
static void count_macs(const gb_adjoint_builder *b, double *macs) {
    for (gb_node i = 0; i < b->first; i++) {
        const gb_graph_node *node = gb_forward(b, i);
        macs[i] = node->is_input ? 0 : (double)gb_op_macs(&node->desc);
        for (int k = 0; k < node->inputs; k++)
            if (!b->read[node->input[k]] && !is_pinned(b, node->input[k]))
                macs[i] += macs[node->input[k]];
    }
}

/* Values that are computed again one from the other exist at the same time. They form a run, whose bytes are counted at its
 * root (a union-find structure). */
typedef struct runs {
    gb_node *root, *before;     /* per node: in its run; the nearest value that an adjoint reads before it, or GB_NO_NODE */
    gb_node *child, *sibling;   /* per node: the last of the nodes it is `before` of, and the next of them */
    size_t *bytes;              /* per root */
} runs;

static gb_node root_of(runs *r, gb_node i) {
    while (r->root[i] != i)
        i = r->root[i] = r->root[r->root[i]];
    return i;
}

static void find_runs(const gb_adjoint_builder *b, runs *r) {
    for (gb_node i = 0; i < b->first; i++)
        r->child[i] = GB_NO_NODE;
    for (gb_node i = 0; i < b->first; i++) {
        const gb_graph_node *node = gb_forward(b, i);
        r->root[i] = i;
        r->before[i] = r->sibling[i] = GB_NO_NODE;
        r->bytes[i] = 0;
        for (int k = 0; k < node->inputs; k++) {
            gb_node x = node->input[k], near = b->read[x] && !is_pinned(b, x) ? x : r->before[x];
            r->before[i] = near > r->before[i] ? near : r->before[i];
        }
        if (b->read[i] && r->before[i] != GB_NO_NODE) {
            r->sibling[i] = r->child[r->before[i]];
            r->child[r->before[i]] = i;
        }
    }
}

/* Drops node i if the run that it joins then has at most `budget` bytes, or is i alone. */
static bool drop(gb_adjoint_builder *b, runs *r, gb_node i, size_t bytes, size_t budget) {
    gb_node before = r->before[i] != GB_NO_NODE && b->dropped[r->before[i]] ? r->before[i] : GB_NO_NODE;
    size_t run = bytes;
    bool alone = before == GB_NO_NODE;
    if (!alone)
        run += r->bytes[root_of(r, before)];
    for (gb_node k = r->child[i]; k != GB_NO_NODE; k = r->sibling[k])
        if (b->dropped[k]) {
            run += r->bytes[root_of(r, k)];
            alone = false;
        }
    if (!alone && run > budget)
        return false;
    if (before != GB_NO_NODE)
        r->root[root_of(r, before)] = i;
    for (gb_node k = r->child[i]; k != GB_NO_NODE; k = r->sibling[k])
        if (b->dropped[k])
            r->root[root_of(r, k)] = i;
    r->bytes[i] = run;
    return b->dropped[i] = true;
}

bool gb_choose_dropped(gb_adjoint_builder *b, int batch, size_t budget) {
    const gb_graph *g = &b->bent->graph;
    size_t nodes = (size_t)b->first + 1, total = 0, count = 0;
    candidate *list = malloc(nodes * sizeof *list);
    double *macs = malloc(nodes * sizeof *macs);
    runs r = {malloc(nodes * sizeof *r.root), malloc(nodes * sizeof *r.before), malloc(nodes * sizeof *r.child),
              malloc(nodes * sizeof *r.sibling), malloc(nodes * sizeof *r.bytes)};
    bool any = false;
    if (!list || !macs || !r.root || !r.before || !r.child || !r.sibling || !r.bytes) {
        b->status = gb_fail(b->err, GB_NO_MEMORY, "out of memory");
        goto out;
    }
    for (gb_node i = b->first; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].inputs; k++)
            if (g->nodes[i].input[k] < b->first)
                b->read[g->nodes[i].input[k]] = true;
    for (gb_node i = 0; i < b->first; i++)
        total += b->read[i] && !is_pinned(b, i) ? gb_node_floats(&g->nodes[i]) * sizeof(float) * (size_t)batch : 0;
    if (total <= budget)
        goto out;
    count_macs(b, macs);
    find_runs(b, &r);
    for (gb_node i = 0; i < b->first; i++) {
        size_t bytes = gb_node_floats(&g->nodes[i]) * sizeof(float) * (size_t)batch;
        if (b->read[i] && !is_pinned(b, i))
            list[count++] = (candidate){i, bytes, macs[i] / (double)bytes};
    }
    qsort(list, count, sizeof *list, by_cost);
    for (size_t k = 0; k < count && total > budget; k++)
        if (drop(b, &r, list[k].node, list[k].bytes, budget)) {
            total -= list[k].bytes;
            any = true;
        }
out:
    free(list);
    free(macs);
    free(r.root);
    free(r.before);
    free(r.child);
    free(r.sibling);
    free(r.bytes);
    return any;
}

static bool needs_copy(const gb_adjoint_builder *b, gb_node i) {
    return i < b->first && !is_pinned(b, i) && !(b->read[i] && !b->dropped[i]);
}

static void append_copy(gb_adjoint_builder *b, gb_node i) {
    gb_graph_node copy = *gb_forward(b, i), *node;
    copy.id = gb_mix(copy.id, 1) >> 2 | UINT64_C(1) << 62;
    for (int k = 0; k < copy.inputs; k++)
        copy.input[k] = needs_copy(b, copy.input[k]) ? b->copy[copy.input[k]] : copy.input[k];
    if ((node = gb_adjoint_new(b))) {
        *node = copy;
        b->copy[i] = b->bent->graph.count++;
    }
}

gb_node gb_value_of(gb_adjoint_builder *b, gb_node i) {
    int depth = 0;
    if (!needs_copy(b, i))
        return i;
    if (b->copy[i] == GB_NO_NODE)
        b->stack[depth++] = i;
    while (depth && !b->status) {           /* inputs before the nodes that read them */
        gb_node at = b->stack[depth - 1], missing = GB_NO_NODE;
        const gb_graph_node *node = gb_forward(b, at);
        for (int k = 0; k < node->inputs; k++)
            if (needs_copy(b, node->input[k]) && b->copy[node->input[k]] == GB_NO_NODE)
                missing = node->input[k];
        if (missing != GB_NO_NODE) {
            b->stack[depth++] = missing;
            continue;
        }
        append_copy(b, at);
        depth--;
    }
    return b->copy[i];
}
