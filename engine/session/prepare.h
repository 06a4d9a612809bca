/* From a session's settings to a plan that is ready to run. */
#ifndef GB_ENGINE_SESSION_PREPARE_H
#define GB_ENGINE_SESSION_PREPARE_H

#include "session.h"

/* Brings the bent graph, the signatures, the plan and its sources up to date with the settings, for a render of the
 * boundaries cut for one of `targets` (GB_CUT_*). Counts its cost in session->work. */
gb_status gb_session_prepare(gb_session *session, unsigned targets, gb_error *err);

/* The value that was set or fed at this node of the bent graph, or that its bend adds, or NULL. */
gb_shared_value *gb_session_value_at(const gb_session *session, gb_node node);

#endif
