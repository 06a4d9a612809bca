/* --size: pictures are enlarged and reduced without changing their brightness, without shifting them, and without aliasing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/pictures/pictures.h"
#include "tools/pictures/scaling.h"

/* parse_pair() of pictures.c, which needs the rest of the program. */
bool parse_pair(const char *text, char separator, long min, long max, int *first, int *second) {
    char *end;
    long a = strtol(text, &end, 10), b = *end == separator ? strtol(end + 1, &end, 10) : 0;
    *first = (int)a;
    *second = (int)b;
    return !*end && a >= min && b >= min && a <= max && b <= max;
}

static void make(scaling *s, const char *size, int width, int height, int channels) {
    gb_error err = {0};
    assert_int_equal(scaling_new(s, size, width, height, channels, &err), GB_OK);
}

static void without_a_size_the_picture_itself_is_returned(void **state) {
    uint8_t pixels[12] = {0};
    scaling s;
    (void)state;
    make(&s, NULL, 2, 2, 3);
    assert_ptr_equal(scaled(&s, pixels), pixels);
    scaling_free(&s);
}

static void one_number_is_the_width_and_keeps_the_proportions(void **state) {
    scaling s;
    (void)state;
    make(&s, "30", 20, 10, 3);
    assert_int_equal(s.width, 30);
    assert_int_equal(s.height, 15);
    scaling_free(&s);
    make(&s, "7x5", 20, 10, 3);
    assert_int_equal(s.width, 7);
    assert_int_equal(s.height, 5);
    scaling_free(&s);
}

static void sizes_that_are_malformed_or_huge_are_refused(void **state) {
    static const char *const sizes[] = {"0", "-3", "1.5", "x", "10x", "70000", "60000x60000", ""};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        scaling s;
        gb_error err = {0};
        assert_int_equal(scaling_new(&s, sizes[i], 20, 10, 3, &err), GB_BAD_ARGUMENT);
        scaling_free(&s);
    }
}

static void one_colour_stays_that_colour(void **state) {
    static const char *const sizes[] = {"1x1", "3x50", "16x16", "40x7"};
    uint8_t pixels[16 * 16 * 4];
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i % 4 * 85);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        scaling s;
        make(&s, sizes[k], 16, 16, 4);
        const uint8_t *result = scaled(&s, pixels);
        for (int i = 0; i < s.width * s.height * 4; i++) assert_int_equal(result[i], i % 4 * 85);
        scaling_free(&s);
    }
}

static void the_same_size_gives_the_same_pixels(void **state) {
    uint8_t pixels[9 * 7];
    scaling s;
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 97);
    make(&s, "9x7", 9, 7, 1);
    assert_memory_equal(scaled(&s, pixels), pixels, sizeof pixels);
    scaling_free(&s);
}

static void a_symmetric_picture_stays_symmetric(void **state) {
    static const int widths[] = {5, 8, 21, 64};
    uint8_t pixels[16];
    (void)state;
    for (int i = 0; i < 16; i++) pixels[i] = (uint8_t)(i < 8 ? i * i * 5 : (15 - i) * (15 - i) * 5);
    for (size_t k = 0; k < 4; k++) {
        scaling s;
        char size[16];
        snprintf(size, sizeof size, "%dx1", widths[k]);
        make(&s, size, 16, 1, 1);
        const uint8_t *result = scaled(&s, pixels);
        for (int i = 0; i < s.width; i++) assert_in_range(abs(result[i] - result[s.width - 1 - i]), 0, 1);
        scaling_free(&s);
    }
}

static void fine_stripes_become_grey_when_reduced(void **state) {
    uint8_t pixels[128];
    scaling s;
    (void)state;
    for (int i = 0; i < 128; i++) pixels[i] = i % 2 ? 255 : 0;
    make(&s, "16x1", 128, 1, 1);
    const uint8_t *result = scaled(&s, pixels);
    for (int i = 2; i < 14; i++) assert_in_range(result[i], 120, 136);
    scaling_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_size_the_picture_itself_is_returned),
        cmocka_unit_test(one_number_is_the_width_and_keeps_the_proportions),
        cmocka_unit_test(sizes_that_are_malformed_or_huge_are_refused),
        cmocka_unit_test(one_colour_stays_that_colour),
        cmocka_unit_test(the_same_size_gives_the_same_pixels),
        cmocka_unit_test(a_symmetric_picture_stays_symmetric),
        cmocka_unit_test(fine_stripes_become_grey_when_reduced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
