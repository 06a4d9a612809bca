/* The functions of engine/gradient/ in builds with GANBEND_GRADIENTS=OFF: no session computes gradients. */
#include "adam.h"
#include "adjoint.h"
#include "available.h"
#include "engine/base/error.h"

gb_status gb_gradients_available(gb_error *err) {
    return gb_fail(err, GB_BAD_ARGUMENT, "this build of ganbend has no gradients; configure it with -DGANBEND_GRADIENTS=ON");
}

gb_status gb_adjoint_append(const gb_adjoint_request *request, const gb_graph *base, gb_bent *bent, gb_adjoint **adjoint,
                            gb_error *err) {
    (void)request;
    (void)base;
    (void)bent;
    *adjoint = NULL;
    return gb_gradients_available(err);
}

bool gb_adjoint_is_current(const gb_adjoint *adjoint, const gb_adjoint_request *request, const gb_graph *base) {
    (void)adjoint;
    (void)request;
    (void)base;
    return false;
}

void gb_adjoint_free(gb_adjoint *adjoint) {
    (void)adjoint;
}

gb_status gb_adam_new(size_t count, const gb_adam_options *options, gb_adam **adam, gb_error *err) {
    (void)count;
    (void)options;
    *adam = NULL;
    return gb_gradients_available(err);
}

void gb_adam_free(gb_adam *adam) {
    (void)adam;
}

void gb_adam_step(gb_adam *adam, double rate, const float *gradient, float *values) {
    (void)adam;
    (void)rate;
    (void)gradient;
    (void)values;
}

bool gb_slot_has_gradient(const gb_graph_node *node, int slot) {
    (void)node;
    (void)slot;
    return false;
}
