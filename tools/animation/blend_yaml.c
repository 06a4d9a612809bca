/* Blends two YAML texts word by word. Words are separated by spaces, brackets, braces and commas; comments and spaces come
 * from the first text. */
#include "blend_yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ROOM = 40 };

/* Skips space and comments; counts lines. */
static const char *skip_space(const char *at, int *line) {
    for (;; at++) {
        if (*at == '#') at += strcspn(at, "\n");
        if (*at == '\n') ++*line;
        if (!*at || !strchr(" \t\r\n", *at)) return at;
    }
}

/* Brackets, braces and commas are single words. */
static size_t word_length(const char *at) {
    return *at && strchr("[]{},", *at) ? 1 : strcspn(at, " \t\r\n[]{},");
}

static bool is_number(const char *word, size_t length, double *value, bool *whole) {
    char text[NUMBER_ROOM], *end;
    if (length == 0 || length >= sizeof text) return false;
    memcpy(text, word, length);
    text[length] = '\0';
    if (strspn(text, "+-.0123456789eE") != length) return false;
    *value = strtod(text, &end);
    *whole = strspn(text, "+-0123456789") == length;
    return end != text && !*end && isfinite(*value);
}

/* A growing text. */
typedef struct growing {
    char *text;
    size_t used, room;
    bool failed;
} growing;

static void append(growing *g, const char *text, size_t length) {
    if (g->used + length + 1 > g->room) {
        size_t room = 2 * (g->used + length) + 256;
        char *grown = realloc(g->text, room);
        if (!grown) {
            g->failed = true;
            return;
        }
        g->text = grown;
        g->room = room;
    }
    memcpy(g->text + g->used, text, length);
    g->used += length;
    g->text[g->used] = '\0';
}

gb_status blend_texts(const char *a, const char *b, double t, char **out, gb_error *err) {
    growing g = {0};
    int line = 1, other = 1;
    *out = NULL;
    for (;;) {
        const char *from = a;
        size_t m, n;
        double x, y;
        bool whole_x, whole_y;
        a = skip_space(a, &line);
        b = skip_space(b, &other);
        append(&g, from, (size_t)(a - from));
        if (!*a || !*b) break;
        m = word_length(a);
        n = word_length(b);
        if (m == n && !memcmp(a, b, m)) {
            append(&g, a, m);
        } else if (is_number(a, m, &x, &whole_x) && is_number(b, n, &y, &whole_y)) {
            char text[NUMBER_ROOM];
            double value = t >= 1 ? y : x + t * (y - x);
            int length = snprintf(text, sizeof text, "%.9g", whole_x && whole_y ? floor(value + 0.5) : value);
            append(&g, text, (size_t)length);
        } else {
            free(g.text);
            return state(err, GB_BAD_FILE, "the two recipes differ in more than numbers: line %d of the first has '%.*s', "
                         "line %d of the second '%.*s'", line, (int)(m < 60 ? m : 60), a, other, (int)(n < 60 ? n : 60),
                         b);
        }
        a += m;
        b += n;
    }
    if (*a || *b) {
        free(g.text);
        return state(err, GB_BAD_FILE, "the two recipes differ in more than numbers: one continues at line %d, the other "
                     "ends", *a ? line : other);
    }
    if (g.failed) {
        free(g.text);
        return state(err, GB_NO_MEMORY, "out of memory");
    }
    *out = g.text;
    return GB_OK;
}
