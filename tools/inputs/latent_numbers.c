/* Arrays written as text instead of a file: "[0.5, -1.25]", or nested lists of equal length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latents.h"
#include "tools/program/arguments.h"

typedef struct number_list {
    const char *what;           /* "--z" */
    float *values;
    size_t count, room;
    int ndim;
    int64_t shape[GB_DIMS];     /* -1 until the first list of that depth has ended */
} number_list;

static gb_status add_number(number_list *l, float value, gb_error *err) {
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 1024;
        float *grown = realloc(l->values, room * sizeof *grown);
        if (!grown) return state(err, GB_NO_MEMORY, "%s: out of memory", l->what);
        l->values = grown;
        l->room = room;
    }
    l->values[l->count++] = value;
    return GB_OK;
}

static gb_status no_list(const char *what, gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "%s takes a FILE, a list of numbers such as [0.5, -1.25], or a list of lists of "
                 "equal length", what);
}

/* Parses nested lists; all lists of one depth have the same length. */
static gb_status parse_list(const char *text, number_list *l, gb_error *err) {
    enum { MAX_DEPTH = 3 };
    int64_t items[MAX_DEPTH] = {0};
    int depth = 0;
    for (const char *c = text; *c || depth > 0;) {
        char *end;
        float value;
        if (*c == ' ' || *c == ',') {
            c++;
        } else if (*c == '[') {
            if (depth == MAX_DEPTH || (depth == 0 && c != text)) return no_list(l->what, err);
            if (depth > 0) items[depth - 1]++;
            items[depth++] = 0;
            c++;
        } else if (*c == ']' && depth > 0) {
            depth--;
            if (l->shape[depth] >= 0 && l->shape[depth] != items[depth]) return no_list(l->what, err);
            l->shape[depth] = items[depth];
            c++;
        } else {
            value = strtof(c, &end);
            if (end == c || depth == 0 || (l->ndim && l->ndim != depth) || !isfinite(value)) return no_list(l->what, err);
            l->ndim = depth;
            items[depth - 1]++;
            if (add_number(l, value, err)) return err->status;
            c = end;
        }
    }
    int64_t product = l->ndim > 0;
    for (int d = 0; d < l->ndim; d++) product *= l->shape[d];
    return product == (int64_t)l->count && l->count ? GB_OK : no_list(l->what, err);
}

bool is_number_list(const char *text) {
    return *text == '[';
}

gb_status parse_numbers(const char *what, const char *text, gb_array_info *info, float **values, gb_error *err) {
    number_list l = {.what = what, .shape = {-1, -1, -1}};
    if (parse_list(text, &l, err)) {
        free(l.values);
        return err->status;
    }
    *values = l.values;
    *info = (gb_array_info){.name = what, .ndim = l.ndim, .count = (int64_t)l.count};
    memcpy(info->shape, l.shape, sizeof l.shape);
    return GB_OK;
}

/* True if the rows of each latent are equal, so that the first row is enough. */
static bool has_equal_rows(const float *values, size_t count, size_t rows, size_t width) {
    for (size_t i = 0; i < count * rows; i++)
        if (memcmp(values + i * width, values + i / rows * rows * width, width * sizeof *values) != 0) return false;
    return true;
}

char *numbers_text(const float *values, size_t count, size_t rows, size_t width) {
    enum { NUMBER_ROOM = 20 };              /* "-1.23456789e-38, " */
    size_t step = has_equal_rows(values, count, rows, width) ? rows : 1, written = rows / step;
    size_t room = (count * written * (width + 1) + count + 1) * NUMBER_ROOM, used = 0;
    char *text = malloc(room);
    for (size_t i = 0; text && i < count * written; i++) {
        bool nested = written > 1, first = i % written == 0, last = i % written == written - 1;
        used += (size_t)snprintf(text + used, room - used, "%s%s[", i ? ", " : "[", nested && first ? "[" : "");
        for (size_t k = 0; k < width; k++)
            used += (size_t)snprintf(text + used, room - used, k ? ", %.9g" : "%.9g",
                                     (double)values[i * step * width + k]);
        used += (size_t)snprintf(text + used, room - used, nested && last ? "]]" : "]");
    }
    if (text) snprintf(text + used, room - used, "]");
    return text;
}
