/* A function of the caller. It gets the values as plain NCHW and may change them; it runs in the rendering thread, with
 * the caller's floating-point state. */
#include <string.h>

#include "ops/kernel.h"
#include "ops/float_state.h"

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *s = &d->in[0];
    (void)cpu;
    return sizeof(gb_real) * s->n * s->c * s->h * s->w;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_callback_live *live = args->live;
    (void)d;
    gb_tensor_to_nchw(cpu, args->in[0], args->workspace);
    gb_float_state_leave(live->float_state);
    live->call(live->arg, args->workspace);
    gb_float_state_enter();
    gb_tensor_from_nchw(cpu, args->out, args->workspace);
}

const gb_op gb_op_callback = {
    .name = "callback", .summary = "a function of the caller that may change the values",
    .inputs_min = 1, .inputs_max = 1, .shape = gb_shape_of_input,
    .plain = {.op = GB_OP_CALLBACK, .isa = "plain", .workspace = workspace, .run = run},
};
