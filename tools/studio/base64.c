#include "base64.h"

#include <stdlib.h>
#include <string.h>

/* The value of a base64 digit; 64 for other characters. */
static unsigned digit(char c) {
    return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 26
         : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52 : c == '+' ? 62 : c == '/' ? 63 : 64;
}

size_t base64_size(const char *text) {
    size_t length = strlen(text), padding = 0;
    if (!length || length % 4) return 0;
    while (padding < 2 && text[length - 1 - padding] == '=') padding++;
    return length / 4 * 3 - padding;
}

bool base64_read(const char *text, unsigned char *bytes, size_t count) {
    size_t length = strlen(text), digits = (count * 8 + 5) / 6;
    unsigned word = 0;
    int bits = 0;
    if (length != (count + 2) / 3 * 4 || strspn(text + digits, "=") != length - digits) return false;
    for (size_t i = 0, at = 0; i < digits; i++) {
        unsigned value = digit(text[i]);
        if (value > 63) return false;
        word = word << 6 | value;
        bits += 6;
        if (bits < 8 || at == count) continue;
        bits -= 8;
        bytes[at++] = (unsigned char)(word >> bits & 0xff);
    }
    return true;
}

char *base64_text(const char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;
    if (!text) return NULL;
    for (size_t i = 0; i < size; i += 3, to += 4) {
        unsigned word = 0;
        for (size_t k = 0; k < 3; k++) word = word << 8 | (i + k < size ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++) to[k] = i + k > size ? '=' : digits[word >> (18 - 6 * k) & 63];
    }
    *to = '\0';
    return text;
}
