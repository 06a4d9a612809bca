/* Groups steps into launches, see launches.h. */
#include "launches.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"

typedef void run_many(const gb_cpu *cpu, const gb_use *uses, int count);

enum { MAX_KINDS = 16 };            /* functions that steps are grouped by: more than rows that have one */

/* The last launch of the rows with this function. */
typedef struct kind {
    run_many *function;
    int launch;
} kind;

typedef struct order {
    int step;
    bool early;                     /* a vector that needs no map */
    int depth;                      /* of early steps: the longest chain of steps before it */
} order;

typedef struct grouping {
    const gb_graph *graph;
    gb_step *steps;
    int count;
    const int *step_of;
    const gb_tensor *tensor;
    const gb_cpu *cpu;
    bool in_order;                  /* every step has a launch of its own, in their order */
    order *order;                   /* in the order of the steps, then sorted */
    kind kinds[MAX_KINDS];
    int kind_count;
    int leader;                     /* the step whose followers are being placed */
    gb_launches *launches;
} grouping;

/* ------------------------------------------------------------------------------------------------ order */

/* Calls visit() for each step that computes an input of step s. */
static void each_source(grouping *g, int s, void (*visit)(grouping *g, int s, int from)) {
    const gb_step *step = &g->steps[s];
    for (int i = 0; i < step->nodes; i++) {
        const gb_graph_node *node = &g->graph->nodes[step->chain[i]];
        for (int k = 0; k < node->inputs; k++)
            if (g->step_of[node->input[k]] >= 0)
                visit(g, s, g->step_of[node->input[k]]);
    }
}

static void follow(grouping *g, int s, int from) {
    order *at = &g->order[s];
    at->early &= g->order[from].early;
    if (at->depth <= g->order[from].depth)
        at->depth = g->order[from].depth + 1;
}

static int by_order(const void *a, const void *b) {
    const order *x = a, *y = b;
    if (x->early != y->early)
        return y->early - x->early;
    if (x->early && x->depth != y->depth)
        return x->depth - y->depth;
    return x->step - y->step;
}

static void sort_steps(grouping *g) {
    for (int s = 0; s < g->count; s++) {
        const gb_step *step = &g->steps[s];
        bool vector = g->tensor[step->chain[step->nodes - 1]].shape.h == 1;
        bool moves = step->cpu == g->cpu && !step->followed && step->desc.op != GB_OP_CALLBACK && !g->in_order;
        g->order[s] = (order){s, vector && moves, 0};
        each_source(g, s, follow);
    }
    qsort(g->order, (size_t)g->count, sizeof *g->order, by_order);
}

/* ------------------------------------------------------------------------------------------------ grouping */

static void wait_for(grouping *g, int s, int from) {
    if (g->steps[s].at < g->steps[from].at)
        g->steps[s].at = g->steps[from].at;
}

/* The launch for a step that needs the results of launch `after`: the last one of its kind, or a new one. */
static int launch_after(grouping *g, run_many *function, bool prepares, int after) {
    kind *of = NULL;
    for (int k = 0; function && k < g->kind_count; k++)
        if (g->kinds[k].function == function)
            of = &g->kinds[k];
    if (of && of->launch > after) {
        g->launches->list[of->launch].count++;
        return of->launch;
    }
    if (!of && function && g->kind_count < MAX_KINDS)
        of = &g->kinds[g->kind_count++];
    int launch = g->launches->count++;
    g->launches->list[launch] = (gb_launch){.count = 1, .prepares = prepares};
    if (of)
        *of = (kind){function, launch};
    return launch;
}

/* Whether the step has a launch of its own: in order, and the host's steps in a plan for a device. */
static bool is_alone(const grouping *g, const gb_step *step) {
    return g->in_order || step->cpu != g->cpu;
}

/* Places what is prepared for a step. */
static void place_prepared(grouping *g, int s) {
    gb_step *step = &g->steps[s];
    step->prepared_at = -1;
    if (step->row->prepare && !is_alone(g, step) && step->row->prepared_size(step->cpu, &step->desc)) {
        int after = -1;
        for (int k = 1; k < step->desc.inputs; k++) {
            int from = g->step_of[step->in[k]];
            if (from >= 0 && g->steps[from].at > after)
                after = g->steps[from].at;
        }
        step->prepared_at = launch_after(g, step->row->prepare, true, after);
    }
    step->at = step->prepared_at;
}

/* The leader, which may run s as well, needs its other inputs. */
static void wait_before(grouping *g, int s, int from) {
    (void)s;
    if (from < g->leader)
        wait_for(g, g->leader, from);
}

static void place_step(grouping *g, int s) {
    gb_step *step = &g->steps[s];
    if (s == 0 || !step[-1].followed)           /* else it was placed with the step before */
        place_prepared(g, s);
    each_source(g, s, wait_for);
    g->leader = s;
    for (int k = s + 1; (s == 0 || !step[-1].followed) && g->steps[k - 1].followed; k++) {
        place_prepared(g, k);
        wait_for(g, s, k);
        each_source(g, k, wait_before);
    }
    step->at = launch_after(g, is_alone(g, step) ? NULL : step->row->run_all, false, step->at);
}

/* Lists the members of all launches, in the sorted order. */
static void list_members(grouping *g) {
    gb_launches *launches = g->launches;
    int next = 0;
    for (int l = 0; l < launches->count; l++) {
        gb_launch *launch = &launches->list[l];
        launches->most = launch->count > launches->most ? launch->count : launches->most;
        launch->first = next;
        next += launch->count;
        launch->count = 0;
    }
    for (int i = 0; i < g->count; i++) {
        const gb_step *step = &g->steps[g->order[i].step];
        const int at[] = {step->prepared_at, step->at};
        for (int k = 0; k < 2; k++)
            if (at[k] >= 0) {
                gb_launch *launch = &launches->list[at[k]];
                launches->members[launch->first + launch->count++] = g->order[i].step;
            }
    }
}

gb_status gb_launches_find(const gb_graph *graph, gb_step *steps, int count, const int *step_of, const gb_tensor *tensor,
                           const gb_cpu *cpu, bool in_order, gb_work_count *work, gb_launches *launches, gb_error *err) {
    grouping g = {.graph = graph, .steps = steps, .count = count, .step_of = step_of, .tensor = tensor, .cpu = cpu,
                  .in_order = in_order, .launches = launches};
    gb_status status = GB_OK;
    *launches = (gb_launches){0};
    launches->list = calloc(2 * (size_t)count + 1, sizeof *launches->list);
    launches->members = malloc((2 * (size_t)count + 1) * sizeof *launches->members);
    g.order = malloc(((size_t)count + 1) * sizeof *g.order);
    if (!launches->list || !launches->members || !g.order)
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    else
        sort_steps(&g);
    for (int i = 0; i < count && !status; i++) {
        place_step(&g, g.order[i].step);
        if (!gb_count_work(work, 1))
            status = gb_fail_cancelled(err);
    }
    if (!status)
        list_members(&g);
    free(g.order);
    return status;
}

void gb_launches_free(gb_launches *launches) {
    free(launches->list);
    free(launches->members);
}
