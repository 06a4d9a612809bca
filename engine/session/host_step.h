/* Host fallback: a step for which the device has no row runs on the host. Its inputs are copied to the host and its
 * output back. */
#ifndef GB_ENGINE_HOST_STEP_H
#define GB_ENGINE_HOST_STEP_H

#include "step.h"

/* Bytes of host memory that the step needs. */
size_t gb_host_step_bytes(const gb_step *step);
/* Runs the step; `scratch` has gb_host_step_bytes() bytes. */
void gb_host_step_run(const gb_cpu *device, const gb_step *step, const gb_args *args, void *scratch);

#endif
