/* What rendering on a device (ops/device.h) adds to rendering: memory that is the device's, its two passes, and steps that
 * the device has no row for, which run on the host. */
#ifndef GB_ENGINE_DEVICE_RENDER_H
#define GB_ENGINE_DEVICE_RENDER_H

#include "session.h"

/* Runs, or in a first pass only prepares, one step that is marked to run. */
typedef void (*gb_step_runner)(gb_session *session, gb_step *step);

/* All steps that are marked to run. What was begun is not interrupted: a cancel that comes later is too late. */
gb_status gb_device_steps(gb_session *session, gb_step_runner run, gb_error *err);

/* Waits for what was begun; a failure of the device becomes the render's. GB_OK without a device. */
gb_status gb_device_wait(gb_session *session, gb_error *err);

/* A step of the host in a plan of the device: its inputs come over, its output goes back. `scratch` is the host's, of
 * gb_host_step_bytes(). */
size_t gb_host_step_bytes(const gb_step *step);
void gb_host_step_run(const gb_cpu *device, const gb_step *step, const gb_args *args, void *scratch);

#endif
