/* Adjoints of bends:
 *   filter_grad  x, g → the filter's adjoint on the chosen channels
 *   paint_grad   g → g, 0 at painted pixels
 *   set_grad     g → the share of g that in[0] gets, or with `values` that in[1] gets:  y = (1 − keep) v + keep x,  or x + v */
#include <stdio.h>

#include "ops/bends/filters.h"
#include "ops/epilogue.h"

static bool filter_shape(gb_desc *d, char *why, size_t size) {
    if (!gb_shape_same(&d->in[0], &d->in[1])) {
        snprintf(why, size, "filter_grad: the inputs have different shapes");
        return false;
    }
    d->out = d->in[0];
    return true;
}

static size_t filter_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return gb_filter_grad_workspace(cpu, d->filter.row, &d->in[0]);
}

static void run_filter(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_filter_live *live = args->live;
    gb_filter_grad(cpu, d->filter.row, live->params, live->feature, live->count, args->in[0], args->in[1], args->out,
                   args->workspace);
}

const gb_op gb_op_filter_grad = {
    .name = "filter_grad", .summary = "adjoint of a bending filter", .inputs_min = 2, .inputs_max = 2,
    .shape = filter_shape,
    .plain = {.op = GB_OP_FILTER_GRAD, .isa = "plain", .workspace = filter_workspace, .run = run_filter},
};

static void paint_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_paint_live *live = job->args->live;
    const gb_shape *s = &job->d->out;
    const gb_real *g = gb_plane(job->args->in[0], i / s->c, i % s->c);
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, live->index[p] < 0 ? g[p * s->block] : 0, i / s->c, i % s->c, p);
}

static void run_paint(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, paint_plane);
}

const gb_op gb_op_paint_grad = {
    .name = "paint_grad", .summary = "adjoint of paint", .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_PAINT_GRAD, .isa = "plain", .fuses = true, .run = run_paint},
};

static void set_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_set_live *live = job->args->live;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    const gb_real *g = gb_plane(job->args->in[0], n, c);
    bool chosen = !live->channels || live->channels[c];
    float of_input = !chosen || live->add ? 1 : live->keep, of_values = !chosen ? 0 : live->add ? 1 : 1 - live->keep;
    float share = job->d->set_grad.values ? of_values : of_input;
    (void)worker;
    for (size_t p = 0; p < (size_t)s->h * s->w; p++)
        gb_store(job->args->out, job->args->epilogue, g[p * s->block] * share, n, c, p);
}

static void run_set(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, set_plane);
}

const gb_op gb_op_set_grad = {
    .name = "set_grad", .summary = "adjoint of set", .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_SET_GRAD, .isa = "plain", .fuses = true, .run = run_set},
};
