/* Orders the steps of a plan, see order.h. */
#include "order.h"

#include <stdlib.h>

enum { SMALL_STEP = 1 << 20 };          /* multiply-adds */

/* Where a step runs: behind step `anchor`, which is the step itself unless it is small. `depth` is 0, or 1 plus the small steps
 * between the anchor and this one. */
typedef struct place { int anchor, depth, step; } place;

static bool is_small(const gb_step *step) {
    bool small = step->desc.op == GB_OP_LINEAR || step->desc.op == GB_OP_SELECT;
    return small && step->macs <= SMALL_STEP;
}

static int by_place(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->anchor != y->anchor)
        return x->anchor < y->anchor ? -1 : 1;
    return x->depth != y->depth ? x->depth - y->depth : x->step - y->step;
}

/* Directly behind the last step that it reads from. */
static place place_small(const gb_step *step, const gb_graph *graph, int s, const int *step_of, const place *places) {
    place last = {-1, 0, s};
    for (int i = 0; i < step->nodes; i++) {
        const gb_graph_node *node = &graph->nodes[step->chain[i]];
        for (int k = 0; k < node->inputs; k++) {
            int from = step_of[node->input[k]];
            if (from < 0 || from == s)
                continue;
            const place *p = &places[from];
            if (p->anchor > last.anchor || (p->anchor == last.anchor && p->depth > last.depth))
                last.anchor = p->anchor, last.depth = p->depth;
        }
    }
    last.depth++;
    return last;
}

bool gb_order_steps(gb_step *steps, int count, int *step_of, const gb_graph *graph, bool moves) {
    place *places = malloc(((size_t)count + 1) * sizeof *places);
    gb_step *before = malloc(((size_t)count + 1) * sizeof *before);
    bool done = places && before;
    if (done) {
        for (int s = 0; s < count; s++) {
            before[s] = steps[s];
            places[s] = moves && is_small(&before[s]) ? place_small(&before[s], graph, s, step_of, places) : (place){s, 0, s};
        }
        qsort(places, (size_t)count, sizeof *places, by_place);
        for (int s = 0; s < count; s++) {
            bool beside = s > 0 && places[s].depth && places[s].depth == places[s - 1].depth &&
                          places[s].anchor == places[s - 1].anchor;
            gb_step *step = &steps[s];
            *step = before[places[s].step];
            step->side_from = beside ? steps[s - 1].side_from : s;
            step_of[step->chain[step->nodes - 1]] = s;
        }
        for (int s = count - 1; s >= 0; s--) {
            bool last = s + 1 == count || steps[s + 1].side_from != steps[s].side_from;
            steps[s].side_to = last ? s : steps[s + 1].side_to;
        }
    }
    free(places);
    free(before);
    return done;
}
