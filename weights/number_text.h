/* Numbers and their shortest decimals; hexadecimal digits. */
#ifndef GB_WEIGHTS_NUMBER_TEXT_H
#define GB_WEIGHTS_NUMBER_TEXT_H

typedef struct gb_number_text {
    char text[32];
} gb_number_text;

/* The shortest decimal that reads back as the same double, with a point whatever the locale. */
gb_number_text gb_double_text(double x);

/* The double that a person wrote who gave this float, the shortest decimal that reads back as it: 0.365, not
 * 0.3650000095. */
double gb_float_as_written(float x);

/* 0 to 15, or -1 for any other character. */
int gb_hex_digit(char c);

#endif
