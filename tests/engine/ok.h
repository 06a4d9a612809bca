/* Calls that must succeed: a test that makes one fails with the call and its message. To be included after cmocka.h. */
#ifndef GB_TESTS_ENGINE_OK_H
#define GB_TESTS_ENGINE_OK_H

#include "engine/ganbend.h"

static gb_error err;

#define OK(call) do { if (call) fail_msg("%s: %s", #call, err.message); } while (0)

#endif
