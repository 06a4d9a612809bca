/* What the adjoint of an activation needs, for plain rows and for the rules that choose it. */
#ifndef GB_OPS_GRADIENT_H
#define GB_OPS_GRADIENT_H

#include "ops/kernel.h"

/* act'(x + bias) · gain for channel c, 0 where the clamp holds; v is x, or the layer's output if `from_output`. */
gb_real gb_act_slope(const gb_epilogue *e, bool from_output, gb_real v, int c);
/* The value before noise, bias, activation and gain, from the layer's output v. */
gb_real gb_before_act(const gb_epilogue *e, gb_real v, int n, int c, size_t p);
/* Mean and 1/√(var + eps) of each channel of block b of in[0], its own or those stored in `packed` [2][rows][C]. */
void gb_norm_moments(const gb_job *job, int b, double *mean, double *inverse);

#endif
