/* What Adam keeps between steps, for those who store it. */
#ifndef GB_ENGINE_ADAM_H
#define GB_ENGINE_ADAM_H

#include "engine/ganbend_gradient.h"

/* The moments: 2 · count floats, m and then v. */
float *gb_adam_moments(gb_adam *adam);
uint64_t gb_adam_steps(const gb_adam *adam);
void gb_adam_set_steps(gb_adam *adam, uint64_t steps);

#endif
