/* JSON (RFC 8259) as plain values, read straight into the arena, so that its limit and its failures are the reader's own.
 * Only an object or an array can be the text's value. */
#include "json.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../number_text.h"
#include "bytes.h"

enum { DEEPEST = 64 };

typedef struct reader {
    gb_arena *arena;
    gb_reason *why;
    const char *text, *at, *end;
} reader;

/* ---- failures --------------------------------------------------------------------------------------------------- */

static gb_value *fail(reader *r, const char *what) {
    int line = 1;
    const char *start = r->text;
    for (const char *c = r->text; c < r->at; c++)
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    gb_because(r->why, "line %d, column %d: %s", line, (int)(r->at - start) + 1, what);
    return NULL;
}

static gb_value *made(reader *r, gb_value *v) {
    if (!v)
        gb_arena_full(r->arena, r->why);
    return v;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void skip_space(reader *r) {
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
        r->at++;
}

/* Moves past the character if it is the next one. */
static bool accept(reader *r, char c) {
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool accept_word(reader *r, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
        return false;
    r->at += size;
    return true;
}

/* ---- strings ---------------------------------------------------------------------------------------------------- */

/* The bytes of the UTF-8 character at `at`; 0 if it is not one, or not one that may stand in a string. */
static size_t character(const reader *r) {
    const unsigned char *s = (const unsigned char *)r->at;
    size_t left = (size_t)(r->end - r->at);
    size_t size = s[0] < 0x20 ? 0 : s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    if (size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    bool wrong = size >= 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] >= 0xA0) ||
                               (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] >= 0x90));
    return wrong ? 0 : size;
}

/* The four digits of a \u. */
static bool take_unit(reader *r, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = r->at < r->end ? gb_hex_digit(*r->at) : -1;
        if (digit < 0)
            return fail(r, "a \\u without four hexadecimal digits");
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* The character of an escape, behind its backslash. A character beyond U+FFFF is two \u, a high surrogate and a low one. */
static bool take_escape(reader *r, uint32_t *code) {
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *known = r->at < r->end && *r->at ? strchr(escapes, *r->at) : NULL;
    uint32_t low;
    if (known) {
        *code = (uint32_t)meanings[known - escapes];
        r->at++;
        return true;
    }
    if (!accept_word(r, "u"))
        return fail(r, "an escape that JSON does not have");
    if (!take_unit(r, code))
        return false;
    if (*code >= 0xD800 && *code < 0xDC00 && accept_word(r, "\\u")) {
        if (!take_unit(r, &low))
            return false;
        if (low < 0xDC00 || low >= 0xE000)
            return fail(r, "half of a surrogate pair");
        *code = 0x10000 + ((*code - 0xD800) << 10 | (low - 0xDC00));
    }
    if (*code >= 0xD800 && *code < 0xE000)
        return fail(r, "half of a surrogate pair");
    return *code || fail(r, "a null character");
}

/* Behind the opening quote. No escape is shorter than its character. */
static gb_value *read_string(reader *r) {
    const char *close = r->at;
    while (close < r->end && *close != '"')
        close += 1 + (*close == '\\');
    if (close >= r->end)
        return fail(r, "a string without an end");
    gb_value *v = made(r, gb_value_new(r->arena, GB_VALUE_STR));
    char *text = v ? gb_arena_take(r->arena, (size_t)(close - r->at) + 1) : NULL;
    if (!text)
        return made(r, NULL);
    size_t size = 0;
    while (r->at < close) {
        size_t plain = character(r);
        uint32_t code;
        if (!plain)
            return fail(r, "a string that is not UTF-8, or has a control character");
        if (*r->at != '\\') {
            memcpy(text + size, r->at, plain);
            size += plain;
            r->at += plain;
            continue;
        }
        r->at++;
        if (!take_escape(r, &code))
            return NULL;
        size += gb_utf8(text + size, code);
    }
    r->at++;
    v->str.text = text;
    v->str.size = size;
    return v;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static size_t digits(reader *r) {
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - first);
}

/* A number without a fraction and an exponent. */
static gb_value *integer(reader *r, const char *from) {
    bool negative = *from == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, n = 0;
    for (const char *c = from + negative; c < r->at; c++) {
        unsigned digit = (unsigned)(*c - '0');
        if (n > (limit - digit) / 10) {
            r->at = from;
            return fail(r, "an integer beyond 64 bits");
        }
        n = n * 10 + digit;
    }
    return made(r, gb_value_new_int(r->arena, negative ? (int64_t)(0 - n) : (int64_t)n));
}

static gb_value *real(reader *r, const char *from) {
    char text[64], *point, *end;
    size_t size = (size_t)(r->at - from);
    if (size >= sizeof text) {
        r->at = from;
        return fail(r, "a number of more than 63 characters");
    }
    memcpy(text, from, size);
    text[size] = 0;
    if ((point = strchr(text, '.')))
        *point = localeconv()->decimal_point[0];    /* strtod depends on the locale */
    double x = strtod(text, &end);
    if (isinf(x)) {
        r->at = from;
        return fail(r, "a number beyond those of double precision");
    }
    return made(r, gb_value_new_float(r->arena, x));
}

static gb_value *read_number(reader *r) {
    const char *from = r->at;
    bool whole = true;
    accept_word(r, "-");
    if (!accept_word(r, "0") && !digits(r))
        return fail(r, "not a value");
    if (accept_word(r, ".")) {
        whole = false;
        if (!digits(r))
            return fail(r, "a decimal point without a digit behind it");
    }
    if (accept_word(r, "e") || accept_word(r, "E")) {
        whole = false;
        if (!accept_word(r, "+"))
            accept_word(r, "-");
        if (!digits(r))
            return fail(r, "an exponent without a digit");
    }
    return whole ? integer(r, from) : real(r, from);
}

/* ---- containers ------------------------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b) {
    return strcmp((*(gb_value *const *)a)->str.text, (*(gb_value *const *)b)->str.text);
}

/* A key that appears twice is a mistake: which one counts is anyone's guess. */
static bool check_keys(reader *r, const gb_value *dict) {
    size_t count = dict->dict.count;
    gb_value **sorted = count > 1 ? gb_arena_take(r->arena, count * sizeof *sorted) : NULL;
    if (count < 2)
        return true;
    if (!sorted)
        return gb_arena_full(r->arena, r->why);
    memcpy(sorted, dict->dict.keys, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            return gb_because(r->why, "duplicate key '%s' in one object", sorted[i]->str.text);
    return true;
}

static gb_value *read_value(reader *r, int depth);

static gb_value *read_object(reader *r, int depth) {
    gb_value *dict = made(r, gb_value_new(r->arena, GB_VALUE_DICT));
    if (!dict || accept(r, '}'))
        return dict;
    do {
        if (!accept(r, '"'))
            return fail(r, "expected a key in quotes");
        gb_value *key = read_string(r);
        if (key && !accept(r, ':'))
            return fail(r, "expected ':' behind the key");
        gb_value *value = key ? read_value(r, depth + 1) : NULL;
        if (!value)
            return NULL;
        if (!gb_value_set(r->arena, dict, key, value))
            return made(r, NULL);
    } while (accept(r, ','));
    if (!accept(r, '}'))
        return fail(r, "expected ',' or '}'");
    return check_keys(r, dict) ? dict : NULL;
}

static gb_value *read_array(reader *r, int depth) {
    gb_value *list = made(r, gb_value_new(r->arena, GB_VALUE_LIST));
    if (!list || accept(r, ']'))
        return list;
    do {
        gb_value *item = read_value(r, depth + 1);
        if (!item)
            return NULL;
        if (!gb_value_append(r->arena, list, item))
            return made(r, NULL);
    } while (accept(r, ','));
    return accept(r, ']') ? list : fail(r, "expected ',' or ']'");
}

static gb_value *read_value(reader *r, int depth) {
    if (depth > DEEPEST)
        return fail(r, "nested more than 64 levels deep");
    if (accept(r, '{'))
        return read_object(r, depth);
    if (accept(r, '['))
        return read_array(r, depth);
    if (accept(r, '"'))
        return read_string(r);
    if (accept_word(r, "null"))
        return made(r, gb_value_new(r->arena, GB_VALUE_NONE));
    bool yes = accept_word(r, "true");
    if (yes || accept_word(r, "false"))
        return made(r, gb_value_new_bool(r->arena, yes));
    return read_number(r);
}

gb_value *gb_json_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_reason *why) {
    reader r = {arena, why, text, text, text + size};
    skip_space(&r);
    bool container = size && r.at < r.end && (*r.at == '{' || *r.at == '[');
    gb_value *v = container ? read_value(&r, 0) : fail(&r, "expected '{' or '['");
    skip_space(&r);
    if (v && r.at < r.end)
        v = fail(&r, "text behind the end");
    if (!v)
        gb_because_in(why, "%s", name);
    return v;
}
