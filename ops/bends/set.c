/* Given values v, or those of a second input, replace the input's or are added to them, on the chosen channels:
 *     y = (1 − keep) · v + keep · x,   or   y = x + v
 * With keep = 0 the result is v itself. */
#include <stdio.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *x = &d->in[0], *v = &d->in[1];
    if (d->inputs == 2 && !gb_shape_same(x, v)) {
        snprintf(why, size, "set: inputs are [%d,%d,%d,%d] and [%d,%d,%d,%d]; expected the same shape and layout",
                 x->n, x->c, x->h, x->w, v->n, v->c, v->h, v->w);
        return false;
    }
    d->out = d->in[0];
    return true;
}

static inline gb_real set_value(const gb_set_live *live, gb_real x, gb_real v) {
    return live->add ? x + v : live->keep > 0 ? (1 - live->keep) * v + live->keep * x : v;
}

static void one_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_set_live *live = job->args->live;
    const gb_tensor *x = job->args->in[0], *y = job->args->out;
    const gb_shape *s = &y->shape;
    bool second = job->d->inputs == 2;
    size_t pixels = (size_t)s->h * s->w;
    int n = i / s->c, c = i % s->c;
    bool chosen = !live->channels || live->channels[c];
    const gb_real *from = gb_plane(x, n, c);
    const gb_real *value = second ? gb_plane(job->args->in[1], n, c) : NULL;
    const float *given = second ? NULL : live->values + ((size_t)(live->samples > 1 ? n : 0) * s->c + c) * pixels;
    gb_real *to = gb_plane(y, n, c);
    (void)worker;
    for (size_t p = 0; p < pixels; p++) {
        gb_real before = from[p * x->shape.block];
        to[p * s->block] = chosen ? set_value(live, before, second ? value[p * s->block] : given[p]) : before;
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_each_plane(cpu, d, args, one_plane);
}

const gb_op gb_op_set = {
    .name = "set", .summary = "given values that replace the input or are added to it",
    .inputs_min = 1, .inputs_max = 2, .shape = shape,
    .plain = {.op = GB_OP_SET, .isa = "plain", .run = run},
};
