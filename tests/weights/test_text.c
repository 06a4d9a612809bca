/* Numbers and names as text: shortest decimals, hexadecimal digits, and what a misspelt name is nearest to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weights/number_text.h"
#include "weights/spelling.h"

static void a_double_is_as_short_as_reads_back(void **state) {
    static const struct { double x; const char *text; } cases[] = {
        {0.1, "0.1"}, {100000, "100000"}, {1e6, "1e+06"}, {-2.5, "-2.5"}, {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"}, {5e-324, "4.94066e-324"}, {INFINITY, "inf"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_number_text number = gb_double_text(cases[i].x);
        assert_string_equal(number.text, cases[i].text);
        assert_true(strtod(number.text, NULL) == cases[i].x);
    }
}

static void a_float_is_the_double_that_was_written(void **state) {
    (void)state;
    assert_true(gb_float_as_written(0.365f) == 0.365);
    assert_true(gb_float_as_written(0.1f) == 0.1);
    assert_true(gb_float_as_written(16777217.0f) == 16777216.0);
    for (uint32_t bits = 1; bits < 0x7f800000; bits += 0x123457) {
        float x;
        memcpy(&x, &bits, sizeof x);
        assert_true((float)gb_float_as_written(x) == x);
    }
}

static void hexadecimal_digits_have_either_case(void **state) {
    (void)state;
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    for (int i = 0; i < 32; i++)
        assert_int_equal(gb_hex_digit(digits[i]), i % 16);
    for (const char *c = "/:@Gg`\x10 \xff"; *c; c++)
        assert_int_equal(gb_hex_digit(*c), -1);
    assert_int_equal(gb_hex_digit('\0'), -1);
}

static const char *nearest(const char *wanted) {
    static const char *const known[] = {"rotate", "invert", "resize-crop"};
    gb_spelling spelling = gb_spelling_of(wanted);
    for (int i = 0; i < 3; i++)
        gb_spelling_consider(&spelling, known[i]);
    return spelling.nearest;
}

static void a_misspelt_name_has_a_nearest_one_unless_it_is_far_from_all(void **state) {
    char lengthy[500];
    (void)state;
    assert_string_equal(nearest("rotat"), "rotate");
    assert_string_equal(nearest("inverted"), "invert");
    assert_string_equal(nearest("resizecrop"), "resize-crop");
    assert_null(nearest("sharpening"));
    assert_null(nearest(""));
    memset(lengthy, 'r', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_null(nearest(lengthy));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_double_is_as_short_as_reads_back),
        cmocka_unit_test(a_float_is_the_double_that_was_written),
        cmocka_unit_test(hexadecimal_digits_have_either_case),
        cmocka_unit_test(a_misspelt_name_has_a_nearest_one_unless_it_is_far_from_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
