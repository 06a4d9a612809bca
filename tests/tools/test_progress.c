/* The progress line says how far, how fast, and how long still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/program/progress.h"

static void a_series_shows_rate_and_remaining_time(void **state) {
    const progress p = {.doing = "rendering", .done = 2, .total = 8, .start = 100};
    char text[PROGRESS_ROOM];
    (void)state;
    progress_line(&p, 104, 0, text);
    assert_string_equal(text, "rendering 3 of 8, 25 %, 0.5/s, 12 s left");
    progress_line(&p, 105, 0.5, text);
    assert_string_equal(text, "rendering 3 of 8, 31 %, 0.5/s, 11 s left");
}

static void long_times_are_in_minutes_and_hours(void **state) {
    const progress minutes = {.doing = "rendering", .done = 100, .total = 1000}, hours = {.doing = "rendering", .done = 10,
                                                                                         .total = 10000};
    char text[PROGRESS_ROOM];
    (void)state;
    progress_line(&minutes, 20, 0, text);
    assert_string_equal(text, "rendering 101 of 1000, 10 %, 5/s, 3 min 00 s left");
    progress_line(&hours, 10, 0, text);
    assert_string_equal(text, "rendering 11 of 10000, 0 %, 1/s, 2 h 46 min left");
}

static void a_single_task_shows_no_rate(void **state) {
    const progress p = {.doing = "converting", .total = 1};
    char text[PROGRESS_ROOM];
    (void)state;
    progress_line(&p, 3, 0.25, text);
    assert_string_equal(text, "converting, 25 %, 9 s left");
}

static void nothing_is_promised_before_anything_is_done(void **state) {
    const progress p = {.doing = "rendering", .total = 8};
    char text[PROGRESS_ROOM];
    (void)state;
    progress_line(&p, 5, 0, text);
    assert_string_equal(text, "rendering 1 of 8, 0 %");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_shows_rate_and_remaining_time),
        cmocka_unit_test(long_times_are_in_minutes_and_hours),
        cmocka_unit_test(a_single_task_shows_no_rate),
        cmocka_unit_test(nothing_is_promised_before_anything_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
