/* Placing buffers: the lowest gap, largest first, as a simple search finds it; in near-linear work even if all buffers
 * are needed at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/session/place.h"

static uint32_t drawn;

static int draw(int below) {
    drawn = drawn * 1664525u + 1013904223u;
    return (int)((drawn >> 8) % (uint32_t)below);
}

static bool live_together(const gb_span *a, const gb_span *b) {
    return a->from <= b->to && b->from <= a->to;
}

static bool meet(const gb_span *a, const gb_span *b) {
    return live_together(a, b) && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* The lowest offset among 0 and the ends of the spans before it. */
static size_t lowest(const gb_span *spans, int i) {
    size_t best = SIZE_MAX;
    for (int k = -1; k < i; k++) {
        gb_span tried = spans[i];
        bool free = true;
        tried.offset = k < 0 ? 0 : spans[k].offset + spans[k].bytes;
        for (int j = 0; j < i && free; j++)
            free = !meet(&tried, &spans[j]);
        if (free && tried.offset < best)
            best = tried.offset;
    }
    return best;
}

static void every_buffer_gets_the_lowest_gap_largest_first(void **state) {
    (void)state;
    for (int round = 0; round < 60; round++) {
        gb_span spans[80];
        gb_work_count work = {0};
        size_t bytes, end = 0;
        int count = 1 + draw(80), steps = 1 + draw(100);
        for (int i = 0; i < count; i++) {
            int from = draw(steps), length = draw(4) ? draw(4) : draw(steps);
            spans[i] = (gb_span){.bytes = 64 * (size_t)(1 + draw(12)), .from = from, .owner = i,
                                 .to = from + length < steps ? from + length : steps};
        }
        assert_int_equal(gb_place(spans, count, &work, &bytes, NULL), GB_OK);
        for (int i = 0; i < count; i++) {
            assert_true(i == 0 || spans[i].bytes <= spans[i - 1].bytes);
            assert_int_equal(spans[i].offset, lowest(spans, i));
            end = spans[i].offset + spans[i].bytes > end ? spans[i].offset + spans[i].bytes : end;
        }
        assert_int_equal(bytes, end);
    }
}

/* A chain of nodes, each read only by the next, and some values that are needed throughout. */
static void a_long_chain_takes_linear_work_and_the_memory_of_a_short_one(void **state) {
    (void)state;
    enum { SHORT = 1000, LONG = 40000, BESIDE = 10 };
    static gb_span spans[LONG + BESIDE];
    size_t bytes[2];
    uint64_t done[2];
    for (int k = 0; k < 2; k++) {
        int count = k ? LONG : SHORT;
        gb_work_count work = {0};
        for (int i = 0; i < count; i++)
            spans[i] = (gb_span){.bytes = 4096, .from = i, .to = i + 1, .owner = i};
        for (int i = 0; i < BESIDE; i++)
            spans[count + i] = (gb_span){.bytes = 256, .from = 0, .to = count, .owner = count + i};
        assert_int_equal(gb_place(spans, count + BESIDE, &work, &bytes[k], NULL), GB_OK);
        done[k] = work.done;
    }
    assert_int_equal(bytes[0], 2 * 4096 + BESIDE * 256);
    assert_int_equal(bytes[1], bytes[0]);
    assert_in_range(done[1], LONG, (LONG / SHORT) * done[0]);
}

/* Everything is tapped: no two buffers can overlap. */
static void the_work_is_bounded_if_all_buffers_live_at_the_same_time(void **state) {
    (void)state;
    enum { COUNT = 30000 };
    static gb_span spans[COUNT];
    gb_work_count work = {0};
    size_t bytes, sum = 0;
    for (int i = 0; i < COUNT; i++) {
        spans[i] = (gb_span){.bytes = 64 * (size_t)(1 + draw(50)), .from = i, .to = COUNT, .owner = i};
        sum += spans[i].bytes;
    }
    assert_int_equal(gb_place(spans, COUNT, &work, &bytes, NULL), GB_OK);
    assert_int_equal(bytes, sum);
    assert_in_range(work.done, COUNT, GB_MAX_PLACE_PAIRS + 3 * COUNT);
    for (size_t i = 1, end = spans[0].bytes; i < COUNT; end += spans[i++].bytes)
        assert_int_equal(spans[i].offset, end);
}

/* Long and short lifetimes, past the number of pairs that are compared: a span is placed above those alive. */
static void past_the_bound_buffers_are_placed_above_all_others_alive(void **state) {
    (void)state;
    enum { LONG = 2000, SHORT = 4000, COUNT = LONG + SHORT };
    static gb_span spans[COUNT];
    gb_work_count work = {0};
    size_t bytes, sum = 0;
    for (int i = 0; i < COUNT; i++) {
        bool is_long = i < LONG;
        int from = is_long ? draw(100) : draw(SHORT);
        spans[i] = (gb_span){.bytes = is_long ? 256 : 64, .from = from, .to = is_long ? SHORT : from + 1, .owner = i};
        sum += spans[i].bytes;
    }
    assert_int_equal(gb_place(spans, COUNT, &work, &bytes, NULL), GB_OK);
    assert_in_range(bytes, LONG * 256 + 64, sum - 64 * SHORT / 2);
    for (int i = 0; i < COUNT; i += 7)
        for (int k = 0; k < i; k++)
            assert_false(meet(&spans[i], &spans[k]));
}

static void a_cancel_ends_placing(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static gb_span spans[COUNT];
    atomic_bool cancel = true;
    gb_work_count work = {.cancel = &cancel};
    gb_error err = {0};
    size_t bytes;
    for (int i = 0; i < COUNT; i++)
        spans[i] = (gb_span){.bytes = 64, .from = i, .to = i + 1, .owner = i};
    assert_int_equal(gb_place(spans, COUNT, &work, &bytes, &err), GB_CANCELLED);
    assert_in_range(work.done, 1, COUNT / 2);
    assert_string_equal(err.message, "cancelled");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_buffer_gets_the_lowest_gap_largest_first),
        cmocka_unit_test(a_long_chain_takes_linear_work_and_the_memory_of_a_short_one),
        cmocka_unit_test(the_work_is_bounded_if_all_buffers_live_at_the_same_time),
        cmocka_unit_test(past_the_bound_buffers_are_placed_above_all_others_alive),
        cmocka_unit_test(a_cancel_ends_placing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
