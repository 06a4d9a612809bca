/* Pictures as BMP, which the page of a program in the browser gets, taken apart again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/studio/encoder.h"

static unsigned long number_at(const unsigned char *bytes, int count) {
    unsigned long number = 0;
    while (count-- > 0) number = number << 8 | bytes[count];
    return number;
}

/* Of a picture of 3 × 2 pixels, whose rows are padded. */
static const unsigned char *check_headers(const encoder *e, unsigned long bits, unsigned long shades) {
    const unsigned char *b = e->bytes;
    unsigned long start = 54 + 4 * shades;
    assert_memory_equal(b, "BM", 2);
    assert_int_equal(number_at(b + 2, 4), e->size);
    assert_int_equal(number_at(b + 10, 4), start);
    assert_int_equal(number_at(b + 14, 4), 40);
    assert_int_equal(number_at(b + 18, 4), 3);
    assert_int_equal(number_at(b + 22, 4), 2);
    assert_int_equal(number_at(b + 28, 2), bits);
    assert_int_equal(number_at(b + 46, 4), shades);
    for (unsigned long i = 0; i < shades; i++) assert_int_equal(number_at(b + 54 + 4 * i, 4), i * 0x10101);
    return b + start;
}

static void colours_are_rows_from_the_bottom_of_blue_green_red(void **state) {
    static const uint8_t rgb[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    static const uint8_t rows[] = {13, 12, 11, 16, 15, 14, 19, 18, 17, 0, 0, 0, 3, 2, 1, 6, 5, 4, 9, 8, 7, 0, 0, 0};
    encoder e = {0};
    gb_error err = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(encode_picture(&e, rgb, 3, 2, false, 90, &err), GB_OK);
        assert_int_equal(e.size, 54 + sizeof rows);
        assert_memory_equal(check_headers(&e, 24, 0), rows, sizeof rows);
    }
    encoder_free(&e);
    assert_null(e.bytes);
}

static void grey_has_a_palette(void **state) {
    static const uint8_t grey[] = {1, 2, 255, 4, 5, 6}, rows[] = {4, 5, 6, 0, 1, 2, 255, 0};
    encoder e = {0};
    gb_error err = {0};
    (void)state;
    assert_int_equal(encode_picture(&e, grey, 3, 2, true, 90, &err), GB_OK);
    assert_int_equal(e.size, 54 + 1024 + sizeof rows);
    assert_memory_equal(check_headers(&e, 8, 256), rows, sizeof rows);
    assert_int_equal(encode_picture(&e, grey, 32768, 1, true, 90, &err), GB_BAD_ARGUMENT);
    encoder_free(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_rows_from_the_bottom_of_blue_green_red),
        cmocka_unit_test(grey_has_a_palette),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
