/* What the adjoint of an activation needs, for plain rows and for the rules that choose it. */
#ifndef GB_OPS_GRADIENT_H
#define GB_OPS_GRADIENT_H

#include "ops/ops.h"

/* act'(x + bias) · gain for channel c, 0 where the clamp holds; v is x, or the layer's output if `from_output`. */
gb_real gb_act_slope(const gb_epilogue *e, bool from_output, gb_real v, int c);
/* The value before noise, bias, activation and gain, from the layer's output v. */
gb_real gb_before_act(const gb_epilogue *e, gb_real v, int n, int c, size_t p);

#endif
