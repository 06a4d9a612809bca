/* Rendering on a device (ops/device.h): running the steps in two passes, and waiting for the result. */
#ifndef GB_ENGINE_SESSION_DEVICE_H
#define GB_ENGINE_SESSION_DEVICE_H

#include "session.h"

/* Runs steps that share a launch; with `prepares`, their rows' prepare() instead. In the first pass only their live values
 * are copied. */
typedef void (*gb_launch_runner)(gb_session *session, gb_step *const *steps, int count, bool prepares);

/* Runs all steps that are marked to run. They are not interrupted: a later cancel has no effect on them. */
gb_status gb_device_steps(gb_session *session, gb_launch_runner run, gb_error *err);

/* Waits until the device has finished and returns its error, if any. GB_OK without a device. */
gb_status gb_device_wait(gb_session *session, gb_error *err);

#endif
