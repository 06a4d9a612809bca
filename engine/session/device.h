/* Rendering on a device (ops/device.h): its two passes, and waiting for it. */
#ifndef GB_ENGINE_SESSION_DEVICE_H
#define GB_ENGINE_SESSION_DEVICE_H

#include "session.h"

/* Runs, or in a first pass only prepares, one step that is marked to run. */
typedef void (*gb_step_runner)(gb_session *session, gb_step *step);

/* All steps that are marked to run. What was begun is not interrupted: a cancel that comes later is too late. */
gb_status gb_device_steps(gb_session *session, gb_step_runner run, gb_error *err);

/* Waits for what was begun; a failure of the device becomes the render's. GB_OK without a device. */
gb_status gb_device_wait(gb_session *session, gb_error *err);

#endif
