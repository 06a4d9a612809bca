/* Shortest decimals: as few digits as read back as the same number. */
#include "number_text.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With 6 digits at least: %g prints no zeros at the end anyway, and needs as many to write 100000 without exponent. */
static gb_number_text shortest(double x, bool as_float) {
    gb_number_text number;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(number.text, sizeof number.text, "%.*g", digits, x);
        if (as_float ? strtof(number.text, NULL) == (float)x : strtod(number.text, NULL) == x)
            break;
    }
    return number;
}

gb_number_text gb_double_text(double x) {
    gb_number_text number = shortest(x, false);
    char *point = strchr(number.text, localeconv()->decimal_point[0]);
    if (point)
        *point = '.';
    return number;
}

double gb_float_as_written(float x) {
    return strtod(shortest((double)x, true).text, NULL);
}

int gb_hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
