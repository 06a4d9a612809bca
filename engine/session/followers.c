/* Finds steps that run in the same pass as the step before them, see followers.h. */
#include "followers.h"

#include <stdlib.h>

#include "engine/base/error.h"

typedef struct pairing {
    const gb_graph *graph;
    gb_step *steps;
    int count;
    int *writer;                    /* node → 1 + the step that writes it; 0 = none */
    int *first_reader;              /* node → 1 + the first step that reads it; 0 = none */
    int *leader;                    /* per step: 1 + the one that it follows; 0 = none */
} pairing;

static gb_node output_of(const gb_step *step) {
    return step->chain[step->nodes - 1];
}

static void note_writers_and_readers(pairing *p) {
    for (int s = 0; s < p->count; s++) {
        const gb_step *step = &p->steps[s];
        p->writer[output_of(step)] = 1 + s;
        for (int i = 0; i < step->nodes; i++) {
            const gb_graph_node *node = &p->graph->nodes[step->chain[i]];
            for (int k = 0; k < node->inputs; k++)
                if (!p->first_reader[node->input[k]])
                    p->first_reader[node->input[k]] = 1 + s;
        }
    }
}

/* Whether the step reads a boundary by more than its first input. */
static bool reads_elsewhere(const pairing *p, const gb_step *step, gb_node boundary) {
    int reads = 0;
    for (int i = 0; i < step->nodes; i++) {
        const gb_graph_node *node = &p->graph->nodes[step->chain[i]];
        for (int k = 0; k < node->inputs; k++)
            reads += node->input[k] == boundary;
    }
    return reads != 1;
}

/* The step that this one can follow, or NULL. */
static gb_step *find_leader(const pairing *p, const gb_cpu *cpu, int s) {
    const gb_step *step = &p->steps[s];
    gb_node first = step->desc.inputs ? step->in[0] : GB_NO_NODE;
    gb_step *leader = first != GB_NO_NODE && p->writer[first] ? &p->steps[p->writer[first] - 1] : NULL;
    int before = leader ? p->leader[leader - p->steps] : 0;
    if (!leader || (before && p->leader[before - 1]) || p->first_reader[first] != 1 + s || reads_elsewhere(p, step, first))
        return NULL;
    bool here = leader->cpu == cpu && step->cpu == cpu;         /* not by the host of a device */
    return here && leader->row->follows && leader->row->follows(cpu, &leader->desc, step->row, &step->desc) ? leader : NULL;
}

static int by_place(const void *a, const void *b) {
    const gb_step *x = a, *y = b;
    return x->at - y->at;
}

gb_status gb_followers_find(const gb_graph *graph, const gb_cpu *cpu, gb_step *steps, int count, gb_error *err) {
    size_t nodes = (size_t)graph->count;
    pairing p = {.graph = graph, .steps = steps, .count = count, .writer = calloc(nodes + 1, sizeof *p.writer),
                 .first_reader = calloc(nodes + 1, sizeof *p.first_reader), .leader = calloc((size_t)count + 1, sizeof *p.leader)};
    gb_status status = p.writer && p.first_reader && p.leader ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        note_writers_and_readers(&p);
    for (int s = 0; s < count; s++)
        steps[s].at = (GB_MOST_FOLLOWERS + 1) * s;
    for (int s = 0; s < count && !status; s++) {
        gb_step *leader = find_leader(&p, cpu, s);
        if (leader) {
            leader->followed = true;
            p.leader[s] = 1 + (int)(leader - steps);
            for (int l = p.leader[s], place = steps[s].at; l; l = p.leader[l - 1])
                steps[l - 1].at = --place;
        }
    }
    qsort(steps, (size_t)count, sizeof *steps, by_place);
    free(p.writer);
    free(p.first_reader);
    free(p.leader);
    return status;
}
