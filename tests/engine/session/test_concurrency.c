/* The concurrency that ganbend.h documents: sessions of one model in several threads, models opened and closed meanwhile,
 * cancels from other threads, and recipes. The thread sanitizer runs it too. Assertions in other threads are counts, because
 * cmocka's leave the test's own thread only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/platform.h"
#include "engine/ganbend_gradient.h"
#include "tests/engine/fixture.h"

enum { R = 16, IMAGE = 3 * R * R, THREADS = 3, ROUNDS = 6, CANCELS = 200, PATIENCE = 1000000 };

static int setup(void **state) {
    fixture *f = keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = 8 * R, .channel_max = 16, .z_dim = 8,
                                                     .w_dim = 8, .mapping_layers = 2, .seed = 5});
    f->session = interactive_session(f->model);
    return 0;
}

/* One thread of a test: its number, what it shares, and how many of its checks failed. */
typedef struct worker {
    fixture *f;
    int number, failed;
    const float (*expected)[IMAGE];     /* per number */
} worker;

static void check(worker *w, bool holds) {
    w->failed += !holds;
}

/* Runs `run` in THREADS threads at the same time; all their checks must hold. */
static void in_threads(fixture *f, void (*run)(void *worker), const float (*expected)[IMAGE]) {
    worker workers[THREADS];
    gb_thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.f = f, .number = i, .expected = expected};
        threads[i] = gb_thread_start(run, &workers[i]);
        if (!threads[i])
            run(&workers[i]);           /* a build without threads */
    }
    for (int i = 0; i < THREADS; i++)
        if (threads[i])
            gb_thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].failed, 0);
}

static const char recipe_text[] = "parameters: {turn: 10}\n"
                                  "inputs: {seeds: 3}\n"
                                  "bends:\n"
                                  "- {at: '*conv1', filter: rotate, angle: $turn}\n"
                                  "- {at: synthesis.b8.conv0, activation: sinlu, features: {random: 0.5, seed: 2}}\n";

static gb_status open_recipe(gb_recipe **recipe) {
    return gb_recipe_parse(recipe_text, sizeof recipe_text - 1, "r", recipe, NULL);
}

/* Renders a seed, then the same with the recipe. */
static bool render_bent(gb_model *model, int seed, float image[2][IMAGE]) {
    gb_session *session = NULL;
    gb_recipe *recipe = NULL;
    bool done = !gb_session_new(model, NULL, &session, NULL) && !gb_session_seed(session, (uint64_t)seed, NULL) &&
                !gb_session_render(session, image[0], NULL) && !open_recipe(&recipe) &&
                !gb_recipe_apply(recipe, session, NULL) && !gb_recipe_set(recipe, "turn", 10 + seed, NULL) &&
                !gb_recipe_update(recipe, session, NULL) && !gb_session_render(session, image[1], NULL);
    gb_recipe_free(recipe);
    gb_session_free(session);
    return done;
}

/* ------------------------------------------------------------------------------------------------ sessions and models */

static void render_own_session(void *arg) {
    worker *w = arg;
    float image[2][IMAGE];
    for (int i = 0; i < ROUNDS; i++) {
        check(w, render_bent(w->f->model, w->number, image));
        check(w, !memcmp(image[0], w->expected[2 * w->number], sizeof image));
    }
}

static void sessions_of_one_model_render_at_the_same_time(void **state) {
    static float expected[2 * THREADS][IMAGE];
    for (int i = 0; i < THREADS; i++)
        assert_true(render_bent(((fixture *)*state)->model, i, &expected[2 * i]));
    in_threads(*state, render_own_session, expected);
}

static void open_and_close(void *arg) {
    worker *w = arg;
    float image[2][IMAGE];
    for (int i = 0; i < ROUNDS; i++) {
        gb_context *own = NULL, *context = w->f->context;
        gb_model *model = NULL;
        if (w->number == 1) {
            check(w, !gb_context_new(&(gb_context_options){.threads = 2}, &own, NULL));
            context = own;
        }
        check(w, !(w->number ? gb_model_open : gb_model_read)(context, w->f->path, &model, NULL));
        if (model) {
            check(w, !gb_model_verify(model, NULL));
            check(w, render_bent(model, 1, image) && !memcmp(image, w->expected[0], sizeof image));
        }
        gb_model_close(model);
        gb_context_free(own);
    }
}

static void models_and_contexts_open_and_close_while_others_render(void **state) {
    static float expected[2][IMAGE];
    assert_true(render_bent(((fixture *)*state)->model, 1, expected));
    in_threads(*state, open_and_close, expected);
}

/* Whether the tensor has the same values in both models. */
static bool same_tensor(gb_model *a, gb_model *b, size_t tensor) {
    gb_array_info info;
    gb_model_tensor(a, tensor, &info);
    size_t bytes = (size_t)info.count * sizeof(float);
    float *values = malloc(2 * bytes);
    bool same = values && !gb_model_read_tensor(a, info.name, values, NULL) &&
                !gb_model_read_tensor(b, info.name, values + info.count, NULL) && !memcmp(values, values + info.count, bytes);
    free(values);
    return same;
}

static gb_model *copied;

static void read_weights_and_render(void *arg) {
    worker *w = arg;
    float image[2][IMAGE];
    for (int i = 0; i < 3 * ROUNDS; i++) {
        for (size_t k = gb_model_tensor_count(copied); k-- > 0;)
            check(w, same_tensor(copied, w->f->model, k));
        if (i % 3 == 0)
            check(w, render_bent(copied, w->number, image) && !memcmp(image, w->expected[2 * w->number], sizeof image));
    }
}

/* The memory of what is packed is given back while others read it again. */
static void packed_weights_are_read_again_by_several_threads(void **state) {
    fixture *f = *state;
    static float expected[2 * THREADS][IMAGE];
    for (int i = 0; i < THREADS; i++)
        assert_true(render_bent(f->model, i, &expected[2 * i]));
    OK(gb_model_read(f->context, f->path, &copied, &err));
    in_threads(f, read_weights_and_render, expected);
    gb_model_close(copied);
}

/* ------------------------------------------------------------------------------------------------ cancels */

static void cancel_at_the_end(void *session, double share) {
    if (share == 1)
        gb_session_cancel(session);
}

static void a_cancel_during_the_last_step_ends_the_next_call(void **state) {
    gb_session *session = ((fixture *)*state)->session;
    float image[IMAGE];
    gb_recipe *recipe;
    OK(open_recipe(&recipe));
    gb_session_set_progress(session, cancel_at_the_end, session);
    OK(gb_session_render(session, image, &err));
    gb_session_set_progress(session, NULL, NULL);
    assert_int_equal(gb_session_render(session, image, &err), GB_CANCELLED);
    OK(gb_session_render(session, image, &err));
    gb_session_cancel(session);
    assert_int_equal(gb_session_render(session, image, &err), GB_CANCELLED);    /* although nothing is left to do */
    gb_session_cancel(session);
    assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_CANCELLED);
    OK(gb_recipe_apply(recipe, session, &err));
    gb_session_cancel(session);
    assert_int_equal(gb_recipe_update(recipe, session, &err), GB_CANCELLED);    /* although nothing has changed */
    OK(gb_recipe_update(recipe, session, &err));
    gb_recipe_free(recipe);
}

static void a_cancel_can_be_taken_back(void **state) {
    gb_session *session = ((fixture *)*state)->session;
    float image[IMAGE];
    gb_session_cancel(session);
    gb_session_clear_cancel(session);
    OK(gb_session_render(session, image, &err));
}

typedef struct cancelling {
    gb_session *session;
    atomic_int cancelled;               /* calls that returned GB_CANCELLED */
    atomic_bool stop;
} cancelling;

/* Cancels again as soon as a cancel has ended a call. */
static void cancel_many_times(void *arg) {
    cancelling *c = arg;
    for (int i = 0; i < CANCELS && !atomic_load(&c->stop); i++) {
        gb_session_cancel(c->session);
        while (atomic_load(&c->cancelled) == i && !atomic_load(&c->stop))
            ;
    }
}

/* Repeats `call` until CANCELS of the calls were cancelled. If a cancel were lost, none would follow, and the patience would
 * end. */
static void cancel_from_another_thread(fixture *f, gb_status (*call)(gb_session *session, gb_recipe *recipe, int i)) {
    cancelling c = {.session = f->session};
    gb_recipe *recipe;
    int failed = 0;
    OK(open_recipe(&recipe));
    OK(gb_recipe_apply(recipe, f->session, &err));
    gb_thread *thread = gb_thread_start(cancel_many_times, &c);
    for (int i = 0; thread && i < PATIENCE && atomic_load(&c.cancelled) < CANCELS; i++) {
        gb_status status = call(f->session, recipe, i);
        if (status == GB_CANCELLED)
            atomic_fetch_add(&c.cancelled, 1);
        else if (status)
            failed++;
    }
    atomic_store(&c.stop, true);
    if (thread) {
        gb_thread_join(thread);
        assert_int_equal(atomic_load(&c.cancelled), CANCELS);
    }
    assert_int_equal(failed, 0);
    OK(call(f->session, recipe, 0));                /* and no cancel is left */
    gb_recipe_free(recipe);
}

/* Every seventh has something to do; the others end in their first lines. */
static gb_status seed_and_render(gb_session *session, gb_recipe *recipe, int i) {
    float image[IMAGE];
    (void)recipe;
    if (i % 7 == 0 && gb_session_seed(session, (uint64_t)i, NULL))
        return GB_NO_MEMORY;
    return gb_session_render(session, image, NULL);
}

static gb_status update(gb_session *session, gb_recipe *recipe, int i) {
    gb_status status = gb_recipe_set(recipe, "turn", i % 90, NULL);
    return status ? status : gb_recipe_update(recipe, session, NULL);
}

static void every_cancel_of_another_thread_ends_one_render(void **state) {
    cancel_from_another_thread(*state, seed_and_render);
}

static void every_cancel_of_another_thread_ends_one_update_of_a_recipe(void **state) {
    cancel_from_another_thread(*state, update);
}

/* ------------------------------------------------------------------------------------------------ packing */

/* An allocator that stops one thread at one of its allocations, until it is let go. */
typedef struct gate {
    gb_mutex *lock;
    gb_model *model;
    uintptr_t thread;
    int left;                       /* allocations before the one that stops */
    bool stopped, open, ended, failed;
} gate;

static void *allocate(void *arg, size_t size, size_t alignment) {
    gate *g = arg;
    gb_mutex_lock(g->lock);
    if (g->thread == gb_thread_self() && g->left-- == 0) {
        g->stopped = true;
        gb_mutex_wake(g->lock);
        while (!g->open)
            gb_mutex_wait(g->lock);
    }
    gb_mutex_unlock(g->lock);
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void deallocate(void *arg, void *memory, size_t size) {
    (void)arg, (void)size;
    free(memory);
}

/* Needs all weights in the forms for gradients. */
static void find_gradient(void *arg) {
    gate *g = arg;
    static float image[IMAGE];
    gb_session *session = NULL;
    gb_mutex_lock(g->lock);
    g->thread = gb_thread_self();
    gb_mutex_unlock(g->lock);
    bool done = !gb_session_new(g->model, &(gb_session_options){.purpose = GB_GRADIENT}, &session, NULL) &&
                !gb_session_seed(session, 1, NULL) && !gb_session_want(session, "z", NULL) &&
                !gb_session_render(session, image, NULL) &&
                !gb_session_backward(session, gb_model_output(g->model), image, NULL);
    gb_session_free(session);
    gb_mutex_lock(g->lock);
    g->thread = 0;
    g->failed = !done;
    g->ended = true;
    gb_mutex_wake(g->lock);
    gb_mutex_unlock(g->lock);
}

/* Whether the other thread was stopped before it ended. Meanwhile a session plans and renders what it never did before. */
static bool plan_while_the_other_is_stopped(gate *g, gb_session *session) {
    const gb_bend_options turn = {.kind = GB_BEND_FILTER, .at = "*conv1", .name = "rotate"};
    float image[IMAGE];
    gb_bend bend;
    gb_mutex_lock(g->lock);
    while (!g->stopped && !g->ended)
        gb_mutex_wait(g->lock);
    gb_mutex_unlock(g->lock);
    OK(gb_session_bend(session, &turn, &bend, &err));
    OK(gb_session_render(session, image, &err));
    bool stopped = g->stopped;
    gb_mutex_lock(g->lock);
    g->open = true;
    gb_mutex_wake(g->lock);
    gb_mutex_unlock(g->lock);
    return stopped;
}

/* The other thread is stopped at each of its allocations in turn; in those for weights, too. */
static void sessions_plan_while_another_packs_weights(void **state) {
    fixture *f = *state;
    gate g = {.lock = gb_mutex_new()};
    const gb_allocator own = {allocate, deallocate, &g};
    gb_context *context;
    bool stopped = true;
    int times = 0;
    alarm(120);                     /* ends the test if one waits for the other */
    OK(gb_context_new(&(gb_context_options){.threads = 2, .allocator = &own}, &context, &err));
    for (; stopped; times++) {
        float image[IMAGE];
        g = (gate){.lock = g.lock, .left = times};
        OK(gb_model_open(context, f->path, &g.model, &err));
        gb_session *session = interactive_session(g.model);
        OK(gb_session_render(session, image, &err));
        gb_thread *thread = gb_thread_start(find_gradient, &g);
        if (!thread)
            skip();                 /* a build without threads */
        stopped = plan_while_the_other_is_stopped(&g, session);
        gb_thread_join(thread);
        assert_false(g.failed);
        gb_session_free(session);
        gb_model_close(g.model);
    }
    assert_true(times > 10);
    gb_context_free(context);
    gb_mutex_free(g.lock);
    alarm(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sessions_of_one_model_render_at_the_same_time, setup, teardown),
        cmocka_unit_test_setup_teardown(models_and_contexts_open_and_close_while_others_render, setup, teardown),
        cmocka_unit_test_setup_teardown(packed_weights_are_read_again_by_several_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_during_the_last_step_ends_the_next_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_can_be_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(every_cancel_of_another_thread_ends_one_render, setup, teardown),
        cmocka_unit_test_setup_teardown(every_cancel_of_another_thread_ends_one_update_of_a_recipe, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions_plan_while_another_packs_weights, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
