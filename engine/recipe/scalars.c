/* Errors, keys, numbers, texts, ranges and parameters, which all readers of a recipe use. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

/* ------------------------------------------------------------------------------------------------ errors */

static gb_status fail_list(const gb_recipe *recipe, int line, int column, gb_status status, gb_error *err,
                           const char *format, va_list args) {
    char what[sizeof err->message];     /* gb_fail() truncates again, at the end of a character */
    vsnprintf(what, sizeof what, format, args);
    return gb_fail(err, status, "%s:%d:%d: %s", recipe->name, line, column, what);
}

gb_status gb_recipe_fail(const gb_recipe *recipe, const gb_yaml *at, gb_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    gb_status status = fail_list(recipe, at->line, at->column, GB_BAD_FILE, err, format, args);
    va_end(args);
    return status;
}

gb_status gb_recipe_fail_at(const gb_recipe *recipe, int line, int column, gb_status status, gb_error *err,
                            const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail_list(recipe, line, column, status, err, format, args);
    va_end(args);
    return status;
}

gb_status gb_recipe_alloc(gb_recipe *recipe, size_t size, void **memory, gb_error *err) {
    gb_reason why = {0};
    *memory = gb_arena_take(recipe->arena, size ? size : 1);
    if (*memory)
        return GB_OK;
    gb_arena_full(recipe->arena, &why);
    gb_because_in(&why, "%s", recipe->name);
    return gb_fail_because(err, GB_BAD_FILE, &why);
}

/* ------------------------------------------------------------------------------------------------ values */

gb_status gb_recipe_keys(const gb_recipe *recipe, const gb_yaml *map, const char *const *known, gb_error *err) {
    char what[80], list[320] = "";
    if (map->kind != GB_YAML_MAP)
        return gb_recipe_fail(recipe, map, err, "expected lines of 'key: value' instead of %s",
                              gb_yaml_describe(map, what, sizeof what));
    for (const gb_yaml *key = map->first; key; key = key->next) {
        gb_spelling spelling = gb_spelling_of(key->text);
        const char *const *k = known;
        while (*k && strcmp(*k, key->text))
            k++;
        if (*k)
            continue;
        for (k = known; *k; k++)
            gb_spelling_consider(&spelling, *k);
        if (spelling.nearest)
            return gb_recipe_fail(recipe, key, err, "unknown key '%.64s'; the nearest is '%s'", key->text,
                                  spelling.nearest);
        for (k = known; *k; k++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *k);
        }
        return gb_recipe_fail(recipe, key, err, "unknown key '%.64s'; expected %s", key->text, list);
    }
    return GB_OK;
}

gb_status gb_recipe_text(const gb_recipe *recipe, const gb_yaml *node, const char *what, const char **text,
                         gb_error *err) {
    char found[80];
    *text = node->text;
    if (node->kind == GB_YAML_SCALAR && *node->text)
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; expected text", what,
                          gb_yaml_describe(node, found, sizeof found));
}

gb_status gb_recipe_number(const gb_recipe *recipe, const gb_yaml *node, const char *what, double low, double high,
                           double *number, gb_error *err) {
    char found[80];
    if (!gb_yaml_number(node, number))
        return gb_recipe_fail(recipe, node, err, "%s is %s; expected a number", what,
                              gb_yaml_describe(node, found, sizeof found));
    if (*number >= low && *number <= high)
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; expected %g to %g", what, node->text, low, high);
}

gb_status gb_recipe_integer(const gb_recipe *recipe, const gb_yaml *node, const char *what, int64_t low, int64_t high,
                            int64_t *number, gb_error *err) {
    char found[80];
    if (gb_yaml_integer(node, low, high, number))
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; expected an integer from %lld to %lld", what,
                          gb_yaml_describe(node, found, sizeof found), (long long)low, (long long)high);
}

gb_status gb_recipe_seed(const gb_recipe *recipe, const gb_yaml *node, uint64_t *seed, gb_error *err) {
    int64_t number;
    gb_status status = gb_recipe_integer(recipe, node, "seed", 0, UINT32_MAX, &number, err);
    if (!status)
        *seed = (uint64_t)number;
    return status;
}

typedef struct interval {
    int from, to;
} interval;

/* "3" or "0-5". */
static bool range_of(const gb_yaml *node, int most, interval *r) {
    int64_t from = 0, to;
    const char *end = node->kind == GB_YAML_SCALAR ? gb_yaml_digits(node->text, &from) : NULL;
    to = from;
    if (end && *end == '-')
        end = gb_yaml_digits(end + 1, &to);
    bool fine = end && !*end && from <= to && to <= most;
    *r = fine ? (interval){(int)from, (int)to} : (interval){0, 0};
    return fine;
}

static int by_start(const void *a, const void *b) {
    const interval *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* Joins ranges that overlap or touch. Returns how many are left, in ascending order. */
static int join_ranges(interval *ranges, int count) {
    int joined = 0;
    qsort(ranges, (size_t)count, sizeof *ranges, by_start);
    for (int i = 1; i < count; i++)
        if (ranges[i].from > ranges[joined].to + 1)
            ranges[++joined] = ranges[i];
        else if (ranges[i].to > ranges[joined].to)
            ranges[joined].to = ranges[i].to;
    return joined + 1;
}

gb_status gb_recipe_ranges(gb_recipe *recipe, const gb_yaml *node, const char *what, int most, const int **list,
                           int *count, gb_error *err) {
    bool many = node->kind == GB_YAML_LIST;
    const gb_yaml *items = many ? node->first : node;
    char found[80];
    int *numbers = NULL, given = 0;
    interval *ranges = malloc(((size_t)(many ? node->count : 1) + 1) * sizeof *ranges);
    gb_status status = ranges ? GB_OK : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", recipe->name);
    *count = 0;
    for (const gb_yaml *item = items; item && !status; item = many ? item->next : NULL) {
        if (!range_of(item, most, &ranges[given++]))
            status = gb_recipe_fail(recipe, item, err, "%s: %s is not a number or range, such as 3 or 0-5, up to %d",
                                    what, gb_yaml_describe(item, found, sizeof found), most);
    }
    if (!status && !items)
        status = gb_recipe_fail(recipe, node, err, "%s: the list is empty", what);
    if (!status)
        given = join_ranges(ranges, given);
    for (int i = 0; !status && i < given; i++)
        *count += ranges[i].to - ranges[i].from + 1;
    if (!status)
        status = gb_recipe_alloc(recipe, (size_t)*count * sizeof *numbers, (void **)&numbers, err);
    for (int i = 0, k = 0; !status && i < given; i++)
        for (int n = ranges[i].from; n <= ranges[i].to; n++)
            numbers[k++] = n;
    free(ranges);
    *list = numbers;
    return status;
}

/* ------------------------------------------------------------------------------------------------ parameters */

const char *gb_recipe_range(const gb_param *param, char *buffer, size_t size) {
    const char *type = param->integer ? "an integer" : "a number";
    if (param->choices) {
        *buffer = '\0';
        for (int i = 0; param->choices[i]; i++) {
            size_t used = strlen(buffer);
            snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : param->choices[i + 1] ? ", " : " or ",
                     param->choices[i]);
        }
    } else if (isinf(param->low) && isinf(param->high)) {
        snprintf(buffer, size, "%s", type);
    } else if (isinf(param->high)) {
        snprintf(buffer, size, "%s from %g", type, (double)param->low);
    } else if (isinf(param->low)) {
        snprintf(buffer, size, "%s up to %g", type, (double)param->high);
    } else {
        snprintf(buffer, size, "%s from %g to %g", type, (double)param->low, (double)param->high);
    }
    return buffer;
}

/* Reads $name: the range of the named parameter must be within that of `param`, and is limited to it. */
static gb_status read_named(gb_recipe *recipe, const gb_yaml *node, const gb_param *param, gb_param_value *param_value,
                            gb_error *err) {
    char range[160];
    gb_spelling spelling = gb_spelling_of(node->text + 1);
    for (int i = 0; i < recipe->param_count; i++) {
        gb_recipe_named *named = &recipe->params[i];
        if (strcmp(named->name, node->text + 1))
            continue;
        param_value->param = i;
        if (named->ranged && (named->low < (double)param->low || named->high > (double)param->high))
            return gb_recipe_fail(recipe, node, err, "$%s is from %g to %g, but %s must be %s", named->name,
                                  named->low, named->high, param->name, gb_recipe_range(param, range, sizeof range));
        if (named->moved)
            named->value = fmin(fmax(named->value, (double)param->low), (double)param->high);
        if (!(named->value >= (double)param->low && named->value <= (double)param->high))
            return gb_recipe_fail(recipe, node, err, "$%s is %g, but %s must be %s", named->name, named->value,
                                  param->name, gb_recipe_range(param, range, sizeof range));
        named->low = fmax(named->low, (double)param->low);
        named->high = fmin(named->high, (double)param->high);
        return GB_OK;
    }
    for (int i = 0; i < recipe->param_count; i++)
        gb_spelling_consider(&spelling, recipe->params[i].name);
    if (spelling.nearest)
        return gb_recipe_fail(recipe, node, err, "there is no parameter '%.64s'; the nearest is '%s'", node->text + 1,
                              spelling.nearest);
    return gb_recipe_fail(recipe, node, err, "there is no parameter '%.64s' under 'parameters'", node->text + 1);
}

gb_status gb_recipe_read_param_value(gb_recipe *recipe, const gb_yaml *node, const gb_param *param,
                                     gb_param_value *param_value, gb_error *err) {
    char range[160], found[80];
    *param_value = (gb_param_value){0, -1};
    if (node->kind == GB_YAML_SCALAR && node->text[0] == '$')
        return read_named(recipe, node, param, param_value, err);
    gb_spelling spelling = gb_spelling_of(node->kind == GB_YAML_SCALAR ? node->text : "");
    for (int i = 0; param->choices && param->choices[i]; i++)
        if (!strcmp(spelling.wanted, param->choices[i])) {
            param_value->value = i;
            return GB_OK;
        }
    bool valid = !param->choices && gb_yaml_number(node, &param_value->value) &&
                 param_value->value >= (double)param->low && param_value->value <= (double)param->high &&
                 !isinf((float)param_value->value) == !isinf(param_value->value) &&
                 !(param->integer && param_value->value != floor(param_value->value));
    if (valid)
        return GB_OK;
    for (int i = 0; param->choices && param->choices[i]; i++)
        gb_spelling_consider(&spelling, param->choices[i]);
    gb_yaml_describe(node, found, sizeof found);
    gb_recipe_range(param, range, sizeof range);
    if (spelling.nearest)
        return gb_recipe_fail(recipe, node, err, "%s is %s; expected %s; the nearest is '%s'", param->name, found,
                              range, spelling.nearest);
    return gb_recipe_fail(recipe, node, err, "%s is %s; expected %s", param->name, found, range);
}

double gb_recipe_value_of(const gb_recipe *recipe, const gb_param_value *param_value) {
    return param_value->param < 0 ? param_value->value : recipe->params[param_value->param].value;
}
