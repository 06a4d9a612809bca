/* Rendering: running a session's plan and reading its results. */
#ifndef GB_ENGINE_SESSION_RENDER_H
#define GB_ENGINE_SESSION_RENDER_H

#include "session.h"

/* Prepares and runs a render of the boundaries cut for one of `targets` (GB_CUT_*). */
gb_status gb_session_run(gb_session *session, unsigned targets, gb_error *err);
/* Forgets which values of the last render are still there: every step that is needed runs again. */
void gb_session_forget_steps(gb_session *session);
/* Runs the steps of the plan that are needed for `targets` and have not been done. */
gb_status gb_session_run_steps(gb_session *session, unsigned targets, gb_error *err);
/* Reads a node of the bent graph after that: [batch, shape…]. Waits for the device. */
gb_status gb_session_read_value(gb_session *session, gb_node node, float *out, gb_error *err);

#endif
