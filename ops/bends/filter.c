/* A bending filter as an operation:  y = filter(x) on the chosen channels. */
#include "ops/bends/filters.h"
#include "ops/kernel.h"

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    return gb_filter_workspace(cpu, d->filter.row, &d->in[0]);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_filter_live *live = args->live;
    gb_filter_run(cpu, d->filter.row, live->params, live->feature, live->count, args->in[0], args->out,
                  args->workspace);
}

const gb_op gb_op_filter = {
    .name = "filter", .summary = "a bending filter on the chosen channels",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_FILTER, .isa = "plain", .workspace = workspace, .run = run},
};
