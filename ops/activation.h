/* Activations as scalar functions: the one place that says what each computes, used by the plain epilogue and lane by
 * lane wherever a fast epilogue has no vector form of its own. */
#ifndef GB_OPS_ACTIVATION_H
#define GB_OPS_ACTIVATION_H

#include "ops/ops.h"

float gb_activate(gb_act_kind act, float x);

#endif
