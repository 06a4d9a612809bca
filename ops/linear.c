/* Dense layer:  y[n,o] = gain · Σ_i x[n,i] W[o,i].  The bias is a stage of the epilogue. x is the input, or one row of a
 * list of vectors. */
#include <stdio.h>
#include <string.h>

#include "ops/epilogue.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (in->h != 1 || (in->w != 1 && !d->linear.selects)) {
        snprintf(why, size, "linear: the input is %d×%d×%d; expected a vector", in->c, in->h, in->w);
        return false;
    }
    if (d->linear.selects && (d->linear.row < 0 || d->linear.row >= in->c)) {
        snprintf(why, size, "linear: row %d of a list of %d vectors", d->linear.row, in->c);
        return false;
    }
    d->out = (gb_shape){in->n, d->linear.cout, 1, 1, 1};
    return true;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->linear.cout * gb_linear_inputs(d);
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

static uint64_t macs(const gb_desc *d) {
    return (uint64_t)d->in[0].n * gb_linear_inputs(d) * d->linear.cout;
}

static void one_output(void *arg, int o, int worker) {
    const gb_job *job = arg;
    int cin = gb_linear_inputs(job->d);
    bool selects = job->d->linear.selects;
    const gb_tensor *in = job->args->in[0];
    const gb_real *w = (const gb_real *)job->args->packed + (size_t)o * cin;
    (void)worker;
    for (int n = 0; n < job->d->out.n; n++) {
        double sum = 0.0;
        for (int i = 0; i < cin; i++)
            sum += (double)(selects ? gb_plane(in, n, job->d->linear.row)[i] : gb_plane(in, n, i)[0]) * w[i];
        gb_store(job->args->out, job->args->epilogue, (gb_real)(sum * job->d->linear.gain), n, o, 0);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.c, one_output, &job);
}

const gb_op gb_op_linear = {
    .name = "linear", .summary = "matrix product with the weights, times a gain",
    .inputs_min = 1, .inputs_max = 1, .shape = shape, .macs = macs,
    .plain = {.op = GB_OP_LINEAR, .isa = "plain", .fuses = true, .packed_size = packed_size, .pack = pack,
              .as_stored = true, .run = run},
};
