/* The fixture of most tests of the engine: a small network with random weights in a temporary file, opened as a model.
 * To be included after cmocka.h. */
#ifndef GB_TESTS_ENGINE_FIXTURE_H
#define GB_TESTS_ENGINE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/engine/ok.h"

typedef struct fixture {
    gb_context *context;
    gb_model *model;
    gb_session *session;        /* of tests that need only one */
    char path[64];
} fixture;

/* Opens it in `context`, which the fixture takes over, or in a new context with two threads. */
static inline fixture open_fixture(gb_context *context, const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    static int number;
    fixture f = {.context = context};
    if (!context)
        OK(gb_context_new(&(gb_context_options){.threads = 2}, &f.context, &err));
    snprintf(f.path, sizeof f.path, "fixture.%d.%d.gbw", (int)getpid(), number++);
    OK(stylegan2 ? gb_init_stylegan2(f.context, f.path, stylegan2, false, &err)
                 : gb_init_biggan(f.context, f.path, biggan, false, &err));
    OK(gb_model_open(f.context, f.path, &f.model, &err));
    return f;
}

static inline void close_fixture(fixture *f) {
    gb_session_free(f->session);
    gb_model_close(f->model);
    gb_context_free(f->context);
    unlink(f->path);
}

static inline gb_session *interactive_session(gb_model *model) {
    gb_session *session = NULL;
    OK(gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    return session;
}

/* For cmocka's set-up: a fixture on the heap, closed and freed by teardown(). */
static inline fixture *keep_fixture(void **state, const gb_stylegan2 *shape) {
    fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    *f = open_fixture(NULL, shape, NULL);
    *state = f;
    return f;
}

static inline int teardown(void **state) {
    close_fixture(*state);
    free(*state);
    return 0;
}

#endif
