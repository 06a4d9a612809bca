/* The thread pool: it runs each task once, for any number of callers. */
#define _POSIX_C_SOURCE 200809L    /* setenv */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/platform.h"
#include "engine/base/pool.h"
#include "engine/graph/context.h"
#include "ops/float_state.h"

enum { TASKS = 1000 };

int run_turn_tests(void);

typedef struct tally {
    gb_pool *pool;
    atomic_int done[TASKS];
    atomic_int bad_workers;
} tally;

static void count_task(void *arg, int i, int worker) {
    tally *t = arg;
    atomic_fetch_add(&t->done[i], 1);
    if (worker < 0 || worker >= gb_pool_workers(t->pool))
        atomic_fetch_add(&t->bad_workers, 1);
}

static void check_tally(const tally *t, int tasks, int times) {
    for (int i = 0; i < tasks; i++)
        assert_int_equal(atomic_load(&t->done[i]), times);
    assert_int_equal(atomic_load(&t->bad_workers), 0);
}

static void every_task_runs_exactly_once(void **state) {
    (void)state;
    for (int workers = 1; workers <= 5; workers++) {
        gb_pool *pool = gb_pool_new(workers);
        assert_non_null(pool);
        for (int tasks = 0; tasks <= TASKS; tasks = tasks * 2 + 1) {
            tally t = {.pool = pool};
            for (int round = 0; round < 20; round++)
                gb_pool_parallel(pool, tasks, count_task, &t);
            check_tally(&t, tasks, 20);
        }
        gb_pool_free(pool);
    }
}

static void a_pool_that_was_never_used_can_be_freed(void **state) {
    (void)state;
    gb_pool_free(gb_pool_new(8));
    gb_pool_free(NULL);
}

static void sleep_briefly(void) {
    for (double end = gb_clock() + 0.002; gb_clock() < end;)
        continue;
}

static void sleeping_workers_are_woken(void **state) {
    (void)state;
    gb_pool *pool = gb_pool_new(3);
    tally t = {.pool = pool};
    for (int round = 0; round < 50; round++) {
        gb_pool_parallel(pool, TASKS, count_task, &t);
        sleep_briefly();        /* longer than workers spin */
    }
    check_tally(&t, TASKS, 50);
    gb_pool_free(pool);
}

typedef struct caller {
    tally *shared;
    tally own;
} caller;

static void call_many_times(void *arg) {
    caller *c = arg;
    for (int round = 0; round < 200; round++) {
        gb_pool_parallel(c->own.pool, 50, count_task, &c->own);
        gb_pool_parallel(c->own.pool, 50, count_task, c->shared);
    }
}

static void callers_from_several_threads_take_turns(void **state) {
    (void)state;
    enum { CALLERS = 4 };
    gb_pool *pool = gb_pool_new(3);
    tally shared = {.pool = pool};
    caller *callers = calloc(CALLERS, sizeof *callers);
    assert_non_null(callers);
    gb_thread *threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i].shared = &shared;
        callers[i].own.pool = pool;
        threads[i] = gb_thread_start(call_many_times, &callers[i]);
        if (!threads[i])
            call_many_times(&callers[i]);       /* a build without threads */
    }
    for (int i = 0; i < CALLERS; i++)
        gb_thread_join(threads[i]);
    for (int i = 0; i < CALLERS; i++)
        check_tally(&callers[i].own, 50, 200);
    check_tally(&shared, 50, 200 * CALLERS);
    free(callers);
    gb_pool_free(pool);
}

static void nest(void *arg, int i, int worker) {
    (void)i, (void)worker;
    tally *t = arg;
    gb_pool_parallel(t->pool, 10, count_task, t);
}

static void a_nested_call_runs_in_its_own_thread(void **state) {
    (void)state;
    gb_pool *pool = gb_pool_new(4);
    tally t = {.pool = pool};
    gb_pool_parallel(pool, 100, nest, &t);
    check_tally(&t, 10, 100);
    gb_pool_free(pool);
}

static void halve(void *arg, int i, int worker) {
    (void)worker;
    volatile float *x = arg;
    x[i] = x[i] / 2.0f;
}

/* Not so on processors that float_state.h does not know, nor under valgrind. */
static bool denormals_can_be_flushed(void) {
    volatile float x = FLT_MIN;
    uint64_t before = gb_float_state_enter();
    x = x / 2.0f;
    gb_float_state_leave(before);
    return x == 0.0f;
}

static void tasks_flush_denormals_and_the_caller_does_not(void **state) {
    (void)state;
    if (!denormals_can_be_flushed())
        skip();
    gb_pool *pool = gb_pool_new(3);
    float x[64];
    for (int i = 0; i < 64; i++)
        x[i] = FLT_MIN;
    gb_pool_parallel(pool, 64, halve, x);
    for (int i = 0; i < 64; i++)
        assert_true(x[i] == 0.0f);
    x[0] = FLT_MIN;
    gb_pool_parallel(pool, 1, halve, x);
    assert_true(x[0] == 0.0f);
    volatile float mine = FLT_MIN;
    mine = mine / 2.0f;
    assert_true(mine > 0.0f);
    gb_pool_free(pool);
}

static void third(void *arg, int i, int worker) {
    (void)worker;
    volatile float one = 1.0f, *x = arg;
    x[i] = one / 3.0f;
}

static void tasks_round_to_nearest_in_any_rounding_mode_of_the_caller(void **state) {
    (void)state;
    gb_pool *pool = gb_pool_new(2);
    float x[16];
    assert_int_equal(fesetround(FE_UPWARD), 0);
    gb_pool_parallel(pool, 16, third, x);
    int rounding = fegetround();
    fesetround(FE_TONEAREST);
    assert_int_equal(rounding, FE_UPWARD);
    for (int i = 0; i < 16; i++)
        assert_true(x[i] == 1.0f / 3.0f);
    gb_pool_free(pool);
}

static void a_context_has_the_requested_number_of_threads(void **state) {
    (void)state;
    gb_context *context;
    gb_error err = {0};
    assert_int_equal(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err), GB_OK);
    assert_int_equal(gb_context_threads(context), 1);
    assert_true(gb_context_peak_gflops(context) > 0);
    gb_context_free(context);
    assert_int_equal(gb_context_new(NULL, &context, &err), GB_OK);
    assert_in_range(gb_context_threads(context), 1, gb_usable_cores());
    gb_context_free(context);
    gb_context_free(NULL);
}

static void a_context_runs_the_requested_rows(void **state) {
    (void)state;
    gb_context *context;
    gb_error err = {0};
    setenv("GANBEND_ISA", "plain", 1);
    assert_int_equal(gb_context_new(NULL, &context, &err), GB_OK);
    assert_string_equal(gb_context_isa(context), "plain");
    gb_context_free(context);
    setenv("GANBEND_ISA", "abacus", 1);
    assert_int_equal(gb_context_new(&(gb_context_options){.isa = "plain"}, &context, &err), GB_OK);
    gb_context_free(context);
    assert_int_equal(gb_context_new(NULL, &context, &err), GB_BAD_ARGUMENT);
    assert_null(context);
    assert_non_null(strstr(err.message, "GANBEND_ISA"));
    assert_non_null(strstr(err.message, "'abacus'"));
    assert_non_null(strstr(err.message, "plain"));
    unsetenv("GANBEND_ISA");
}

static void impossible_thread_counts_are_refused(void **state) {
    (void)state;
    gb_context *context;
    gb_error err = {0};
    assert_int_equal(gb_context_new(&(gb_context_options){.threads = -3}, &context, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "-3 threads"));
    assert_int_equal(gb_context_new(&(gb_context_options){.threads = 1 << 30}, &context, NULL), GB_BAD_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_exactly_once),
        cmocka_unit_test(a_pool_that_was_never_used_can_be_freed),
        cmocka_unit_test(sleeping_workers_are_woken),
        cmocka_unit_test(callers_from_several_threads_take_turns),
        cmocka_unit_test(a_nested_call_runs_in_its_own_thread),
        cmocka_unit_test(tasks_flush_denormals_and_the_caller_does_not),
        cmocka_unit_test(tasks_round_to_nearest_in_any_rounding_mode_of_the_caller),
        cmocka_unit_test(a_context_has_the_requested_number_of_threads),
        cmocka_unit_test(a_context_runs_the_requested_rows),
        cmocka_unit_test(impossible_thread_counts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + run_turn_tests();
}
