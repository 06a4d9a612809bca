/* One bend of our own form: where (`at`, `w`), which features, and one of the things that can be done there. Also the
 * small pieces that every reader of a recipe needs: keys, numbers, texts, ranges. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

/* ------------------------------------------------------------------------------------------------ saying no */

static gb_status fail_list(const gb_recipe *recipe, int line, int column, gb_status status, gb_error *err,
                           const char *format, va_list args) {
    char what[sizeof err->message];     /* what is cut here gb_fail() cuts once more, at a whole character */
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

gb_status gb_recipe_take(gb_recipe *recipe, size_t size, void **memory, gb_error *err) {
    gb_reason why;
    *memory = gb_arena_take(recipe->arena, size ? size : 1);
    if (*memory)
        return GB_OK;
    gb_arena_full(recipe->arena, &why);
    return gb_fail(err, GB_NO_MEMORY, "%s: %s", recipe->name, why.text);
}

/* ------------------------------------------------------------------------------------------------ pieces */

gb_status gb_recipe_keys(const gb_recipe *recipe, const gb_yaml *map, const char *const *known, gb_error *err) {
    char what[80], list[320] = "";
    if (map->kind != GB_YAML_MAP)
        return gb_recipe_fail(recipe, map, err, "%s stands where 'key: value' lines are wanted",
                              gb_yaml_what(map, what, sizeof what));
    for (const gb_yaml *key = map->first; key; key = key->next) {
        gb_spelling spelling = gb_spelling_of(key->text);
        bool found = false;
        for (const char *const *k = known; *k; k++) {
            found |= !strcmp(*k, key->text);
            gb_spelling_consider(&spelling, *k);
        }
        if (found)
            continue;
        if (spelling.nearest)
            return gb_recipe_fail(recipe, key, err, "there is no '%.64s' here; the nearest is '%s'", key->text,
                                  spelling.nearest);
        for (const char *const *k = known; *k; k++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *k);
        }
        return gb_recipe_fail(recipe, key, err, "there is no '%.64s' here; there are %s", key->text, list);
    }
    return GB_OK;
}

gb_status gb_recipe_text(const gb_recipe *recipe, const gb_yaml *node, const char *what, const char **text,
                         gb_error *err) {
    char found[80];
    *text = node->text;
    if (node->kind == GB_YAML_SCALAR && *node->text)
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; a text is wanted", what,
                          gb_yaml_what(node, found, sizeof found));
}

gb_status gb_recipe_number(const gb_recipe *recipe, const gb_yaml *node, const char *what, double low, double high,
                           double *number, gb_error *err) {
    char found[80];
    if (!gb_yaml_number(node, number))
        return gb_recipe_fail(recipe, node, err, "%s is %s; a number is wanted", what,
                              gb_yaml_what(node, found, sizeof found));
    if (*number >= low && *number <= high)
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; it takes %g to %g", what, node->text, low, high);
}

gb_status gb_recipe_whole(const gb_recipe *recipe, const gb_yaml *node, const char *what, int64_t low, int64_t high,
                          int64_t *number, gb_error *err) {
    char found[80];
    if (gb_yaml_whole(node, low, high, number))
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; it takes whole numbers from %lld to %lld", what,
                          gb_yaml_what(node, found, sizeof found), (long long)low, (long long)high);
}

gb_status gb_recipe_seed(const gb_recipe *recipe, const gb_yaml *node, uint64_t *seed, gb_error *err) {
    int64_t number;
    gb_status status = gb_recipe_whole(recipe, node, "seed", 0, UINT32_MAX, &number, err);
    if (!status)
        *seed = (uint64_t)number;
    return status;
}

/* "3" or "0-5". */
static bool range_of(const gb_yaml *node, int most, int64_t *from, int64_t *to) {
    const char *end = node->kind == GB_YAML_SCALAR ? gb_yaml_digits(node->text, from) : NULL;
    *to = *from;
    if (end && *end == '-')
        end = gb_yaml_digits(end + 1, to);
    return end && !*end && *from <= *to && *to <= most;
}

gb_status gb_recipe_ranges(gb_recipe *recipe, const gb_yaml *node, const char *what, int most, const int **list,
                           int *count, gb_error *err) {
    const gb_yaml *items = node->kind == GB_YAML_LIST ? node->first : node;
    char found[80];
    int64_t from = 0, to = 0;
    int *numbers = NULL;
    unsigned char *in = calloc((size_t)most + 1, 1);
    gb_status status = in ? GB_OK : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", recipe->name);
    *count = 0;
    for (const gb_yaml *item = items; item && !status; item = node->kind == GB_YAML_LIST ? item->next : NULL) {
        if (range_of(item, most, &from, &to))
            memset(in + from, 1, (size_t)(to - from) + 1);
        else
            status = gb_recipe_fail(recipe, item, err, "%s: %s is no number or range; 3 or 0-5 are, up to %d", what,
                                    gb_yaml_what(item, found, sizeof found), most);
    }
    if (!status && !items)
        status = gb_recipe_fail(recipe, node, err, "%s: an empty list", what);
    for (int i = 0; !status && i <= most; i++)
        *count += in[i];
    if (!status)
        status = gb_recipe_take(recipe, (size_t)*count * sizeof *numbers, (void **)&numbers, err);
    for (int i = 0, k = 0; !status && i <= most; i++)
        if (in[i])
            numbers[k++] = i;
    free(in);
    *list = numbers;
    return status;
}

/* ------------------------------------------------------------------------------------------------ dials */

const char *gb_recipe_range(const gb_param *param, char *buffer, size_t size) {
    const char *whole = param->integer ? "whole numbers" : "numbers";
    if (param->choices) {
        *buffer = '\0';
        for (int i = 0; param->choices[i]; i++) {
            size_t used = strlen(buffer);
            snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : param->choices[i + 1] ? ", " : " or ",
                     param->choices[i]);
        }
    } else if (isinf(param->low) && isinf(param->high)) {
        snprintf(buffer, size, "%s", whole);
    } else if (isinf(param->high)) {
        snprintf(buffer, size, "%s from %g", whole, (double)param->low);
    } else if (isinf(param->low)) {
        snprintf(buffer, size, "%s up to %g", whole, (double)param->high);
    } else {
        snprintf(buffer, size, "%s from %g to %g", whole, (double)param->low, (double)param->high);
    }
    return buffer;
}

/* $name: what the parameter may become must lie within the range of what it moves. */
static gb_status dial_named(gb_recipe *recipe, const gb_yaml *node, const gb_param *param, gb_dial *dial,
                            gb_error *err) {
    char range[160];
    gb_spelling spelling = gb_spelling_of(node->text + 1);
    for (int i = 0; i < recipe->param_count; i++) {
        gb_recipe_named *named = &recipe->params[i];
        gb_spelling_consider(&spelling, named->name);
        if (strcmp(named->name, node->text + 1))
            continue;
        dial->param = i;
        if (named->ranged && (named->low < (double)param->low || named->high > (double)param->high))
            return gb_recipe_fail(recipe, node, err, "$%s moves from %g to %g, but %s takes %s", named->name,
                                  named->low, named->high, param->name, gb_recipe_range(param, range, sizeof range));
        if (!(named->value >= (double)param->low && named->value <= (double)param->high))
            return gb_recipe_fail(recipe, node, err, "$%s is %g, but %s takes %s", named->name, named->value,
                                  param->name, gb_recipe_range(param, range, sizeof range));
        named->low = fmax(named->low, (double)param->low);
        named->high = fmin(named->high, (double)param->high);
        return GB_OK;
    }
    if (spelling.nearest)
        return gb_recipe_fail(recipe, node, err, "there is no parameter '%.64s'; the nearest is '%s'", node->text + 1,
                              spelling.nearest);
    return gb_recipe_fail(recipe, node, err, "there is no parameter '%.64s' under 'parameters'", node->text + 1);
}

gb_status gb_recipe_dial(gb_recipe *recipe, const gb_yaml *node, const gb_param *param, gb_dial *dial, gb_error *err) {
    char range[160], found[80];
    *dial = (gb_dial){0, -1};
    if (node->kind == GB_YAML_SCALAR && node->text[0] == '$')
        return dial_named(recipe, node, param, dial, err);
    gb_spelling spelling = gb_spelling_of(node->kind == GB_YAML_SCALAR ? node->text : "");
    for (int i = 0; param->choices && param->choices[i]; i++) {
        gb_spelling_consider(&spelling, param->choices[i]);
        if (!strcmp(spelling.wanted, param->choices[i])) {
            dial->value = i;
            return GB_OK;
        }
    }
    bool fits = !param->choices && gb_yaml_number(node, &dial->value) && dial->value >= (double)param->low &&
                dial->value <= (double)param->high && !isinf((float)dial->value) == !isinf(dial->value) &&
                !(param->integer && dial->value != floor(dial->value));
    if (fits)
        return GB_OK;
    gb_yaml_what(node, found, sizeof found);
    gb_recipe_range(param, range, sizeof range);
    if (spelling.nearest)
        return gb_recipe_fail(recipe, node, err, "%s is %s; the nearest is '%s' of %s", param->name, found,
                              spelling.nearest, range);
    return gb_recipe_fail(recipe, node, err, "%s is %s; it takes %s", param->name, found, range);
}

/* ------------------------------------------------------------------------------------------------ where */

static gb_status read_place(gb_recipe *recipe, const gb_yaml *node, gb_place *place, gb_error *err) {
    int64_t number;
    *place = (gb_place){.kind = GB_PLACE_NAME, .line = node->line, .column = node->column};
    if (gb_yaml_whole(node, 0, INT32_MAX, &number)) {
        place->kind = GB_PLACE_NUMBER;
        place->number = (int)number;
        return GB_OK;
    }
    return gb_recipe_text(recipe, node, "at", &place->name, err);
}

static gb_status read_at(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    bool list = node->kind == GB_YAML_LIST;
    int count = list ? node->count : 1, i = 0;
    gb_place *places = NULL;
    if (count == 0)
        return gb_recipe_fail(recipe, node, err, "at: an empty list");
    gb_status status = gb_recipe_take(recipe, (size_t)count * sizeof *places, (void **)&places, err);
    for (const gb_yaml *item = list ? node->first : node; item && !status; item = list ? item->next : NULL)
        status = read_place(recipe, item, &places[i++], err);
    step->places = places;
    step->place_count = count;
    return status;
}

static gb_status read_w(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    enum { MOST_W = 63 };
    const int *list = NULL;
    gb_place *places = NULL;
    bool every = node->kind == GB_YAML_SCALAR && !strcmp(node->text, "all");
    gb_status status = every ? GB_OK : gb_recipe_ranges(recipe, node, "w", MOST_W, &list, &step->place_count, err);
    if (every)
        step->place_count = 1;
    if (!status)
        status = gb_recipe_take(recipe, (size_t)step->place_count * sizeof *places, (void **)&places, err);
    for (int i = 0; i < step->place_count && !status; i++)
        places[i] = (gb_place){.kind = every ? GB_PLACE_EVERY_W : GB_PLACE_W, .number = every ? 0 : list[i],
                               .line = node->line, .column = node->column};
    step->places = places;
    return status;
}

static gb_status read_where(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    const gb_yaml *at = gb_yaml_get(map, "at"), *w = gb_yaml_get(map, "w");
    if (at && w)
        return gb_recipe_fail(recipe, w, err, "both 'at' and 'w'; a bend has one of them");
    if (at)
        return read_at(recipe, at, step, err);
    if (w)
        return read_w(recipe, w, step, err);
    return gb_recipe_fail(recipe, map, err, "nothing says where: 'at' names nodes, 'w' the w's of layers");
}

/* ------------------------------------------------------------------------------------------------ what */

static const char *const row_keys[] = {"at", "w", "features", "muted", NULL};
static const gb_param factor_param = {"factor", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param psi_param = {"truncation", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param times_param = {"times", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param share_param = {"share", "", 1, 0, 1, false, NULL};

static bool is_text(const gb_yaml *node, const char *a, const char *b) {
    return node->kind == GB_YAML_SCALAR && (!strcmp(node->text, a) || !strcmp(node->text, b));
}

static gb_status read_filter(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    return gb_recipe_read_filter(recipe, map, row_keys, step, err);
}

static gb_status read_activation(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    return gb_recipe_read_activation(recipe, map, row_keys, step, err);
}

static gb_status read_paint(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "paint", "muted", NULL};
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    return status ? status : gb_recipe_read_paint(recipe, gb_yaml_get(map, "paint"), step, err);
}

static gb_status read_disable(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "disable", "muted", NULL};
    const gb_yaml *node = gb_yaml_get(map, "disable");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    (void)step;
    return status || is_text(node, "true", "yes")
               ? status
               : gb_recipe_fail(recipe, node, err, "'disable: true' is all it takes");
}

/* off, a factor, or {factor, seed}. */
static gb_status read_noise(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "noise", "muted", NULL}, *const inner[] = {"factor", "seed", NULL};
    const gb_yaml *node = gb_yaml_get(map, "noise"), *factor = node, *seed = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->dials = 1;
    step->dial[0] = (gb_dial){1, -1};
    if (!status && is_text(node, "off", "false")) {
        step->dial[0].value = 0;
        return GB_OK;
    }
    if (!status && node->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, node, inner, err);
        factor = gb_yaml_get(node, "factor");
        seed = gb_yaml_get(node, "seed");
    }
    if (!status && factor)
        status = gb_recipe_dial(recipe, factor, &factor_param, &step->dial[0], err);
    step->reseed = seed != NULL;
    return status || !seed ? status : gb_recipe_seed(recipe, seed, &step->seed, err);
}

static gb_status read_truncation(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "truncation", "muted", NULL};
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->dials = 1;
    return status ? status : gb_recipe_dial(recipe, gb_yaml_get(map, "truncation"), &psi_param, &step->dial[0], err);
}

/* The w's of another seed: a seed, or {seed, share, truncation, class}. */
static gb_status read_style(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "style", "muted", NULL};
    static const char *const inner[] = {"seed", "share", "truncation", "class", NULL};
    const gb_yaml *node = gb_yaml_get(map, "style"), *seed = node, *share = NULL, *psi = NULL, *label = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->label = -1;
    step->dials = 1;
    step->dial[0] = (gb_dial){1, -1};
    if (!status && node->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, node, inner, err);
        seed = gb_yaml_get(node, "seed");
        share = gb_yaml_get(node, "share");
        psi = gb_yaml_get(node, "truncation");
        label = gb_yaml_get(node, "class");
    }
    if (!status && !seed)
        status = gb_recipe_fail(recipe, node, err, "style: the seed is missing");
    if (!status)
        status = gb_recipe_seed(recipe, seed, &step->seed, err);
    if (!status && share)
        status = gb_recipe_dial(recipe, share, &share_param, &step->dial[0], err);
    step->own_psi = psi != NULL;
    if (!status && psi)
        status = gb_recipe_number(recipe, psi, "truncation", -1e6, 1e6, &step->psi, err);
    int64_t number = -1;
    if (!status && label)
        status = gb_recipe_whole(recipe, label, "class", 0, 1 << 16, &number, err);
    step->label = (int)number;
    return status;
}

static gb_status read_set(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "set", "times", "muted", NULL};
    static const char *const add_keys[] = {"at", "w", "add", "times", "muted", NULL};
    const gb_yaml *node = gb_yaml_get(map, "set"), *times = gb_yaml_get(map, "times");
    step->add = !node;
    gb_status status = gb_recipe_keys(recipe, map, step->add ? add_keys : keys, err);
    step->dials = 1;
    step->dial[0] = (gb_dial){1, -1};
    if (!status && times)
        status = gb_recipe_dial(recipe, times, &times_param, &step->dial[0], err);
    return status ? status : gb_recipe_read_values(recipe, step->add ? gb_yaml_get(map, "add") : node, step, err);
}

static const struct action {
    const char *key;
    gb_recipe_step_kind kind;
    gb_status (*read)(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err);
} actions[] = {
    {"filter", GB_STEP_FILTER, read_filter},
    {"activation", GB_STEP_ACTIVATION, read_activation},
    {"paint", GB_STEP_PAINT, read_paint},
    {"disable", GB_STEP_DISABLE, read_disable},
    {"noise", GB_STEP_NOISE, read_noise},
    {"truncation", GB_STEP_TRUNCATE, read_truncation},
    {"style", GB_STEP_STYLE, read_style},
    {"add", GB_STEP_SET, read_set},
    {"set", GB_STEP_SET, read_set},
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static gb_status find_action(const gb_recipe *recipe, const gb_yaml *map, const struct action **found, gb_error *err) {
    static const char *const keys[] = {"at", "w", "filter", "activation", "paint", "disable", "noise", "truncation",
                                       "style", "add", "set", "features", "params", "times", "muted", NULL};
    *found = NULL;
    for (int i = 0; i < ACTIONS; i++) {
        const gb_yaml *node = gb_yaml_get(map, actions[i].key);
        if (node && *found)
            return gb_recipe_fail(recipe, node, err, "both '%s' and '%s'; a bend does one thing, the next one another",
                                  (*found)->key, actions[i].key);
        if (node)
            *found = &actions[i];
    }
    if (*found)
        return GB_OK;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    return status ? status
                  : gb_recipe_fail(recipe, map, err,
                                   "nothing says what to do: filter, activation, paint, disable, noise, "
                                   "truncation, style, add or set");
}

static gb_status read_muted(const gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    char found[80];
    step->muted = is_text(node, "true", "yes");
    return step->muted || is_text(node, "false", "no")
               ? GB_OK
               : gb_recipe_fail(recipe, node, err, "muted is %s; true or false are possible",
                                gb_yaml_what(node, found, sizeof found));
}

static gb_status read_step(gb_recipe *recipe, const gb_yaml *map, int place, gb_recipe_step *step, gb_error *err) {
    const struct action *action;
    gb_status status = find_action(recipe, map, &action, err);
    step->line = map->line;
    step->column = map->column;
    if (!status) {
        step->kind = action->kind;
        status = action->read(recipe, map, step, err);
    }
    if (!status)
        status = read_where(recipe, map, step, err);
    const gb_yaml *features = gb_yaml_get(map, "features"), *muted = gb_yaml_get(map, "muted");
    if (!status && muted)
        status = read_muted(recipe, muted, step, err);
    if (!status && features)
        status = gb_recipe_read_pick(recipe, features, place, &step->pick, err);
    return status;
}

gb_status gb_recipe_read_steps(gb_recipe *recipe, const gb_yaml *list, gb_error *err) {
    char what[80];
    if (list->kind != GB_YAML_LIST || list->count > GB_RECIPE_STEPS)
        return gb_recipe_fail(recipe, list, err, "bends is %s; a list of at most %d is wanted, each beginning with '-'",
                              list->kind == GB_YAML_LIST ? "too long" : gb_yaml_what(list, what, sizeof what),
                              GB_RECIPE_STEPS);
    gb_status status = gb_recipe_take(recipe, (size_t)list->count * sizeof *recipe->steps, (void **)&recipe->steps,
                                      err);
    for (const gb_yaml *item = list->first; item && !status; item = item->next, recipe->step_count++)
        status = read_step(recipe, item, recipe->step_count, &recipe->steps[recipe->step_count], err);
    return status;
}
