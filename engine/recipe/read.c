/* Reads one bend in ganbend's own format: its places (`at`, `w`), features and action. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

/* ------------------------------------------------------------------------------------------------ places */

static gb_status read_place(gb_recipe *recipe, const gb_yaml *node, gb_recipe_place *place, gb_error *err) {
    int64_t number;
    *place = (gb_recipe_place){.kind = GB_AT_NAME, .line = node->line, .column = node->column};
    if (gb_yaml_integer(node, 0, INT32_MAX, &number)) {
        place->kind = GB_AT_NUMBER;
        place->number = (int)number;
        return GB_OK;
    }
    return gb_recipe_text(recipe, node, "at", &place->name, err);
}

static gb_status read_at(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    bool list = node->kind == GB_YAML_LIST;
    int count = list ? node->count : 1, i = 0;
    gb_recipe_place *places = NULL;
    if (count == 0)
        return gb_recipe_fail(recipe, node, err, "at: the list is empty");
    gb_status status = gb_recipe_alloc(recipe, (size_t)count * sizeof *places, (void **)&places, err);
    for (const gb_yaml *item = list ? node->first : node; item && !status; item = list ? item->next : NULL)
        status = read_place(recipe, item, &places[i++], err);
    step->places = places;
    step->place_count = count;
    return status;
}

static gb_status read_w(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    enum { MAX_W = 63 };
    const int *list = NULL;
    gb_recipe_place *places = NULL;
    bool every = node->kind == GB_YAML_SCALAR && !strcmp(node->text, "all");
    gb_status status = every ? GB_OK : gb_recipe_ranges(recipe, node, "w", MAX_W, &list, &step->place_count, err);
    if (every)
        step->place_count = 1;
    if (!status)
        status = gb_recipe_alloc(recipe, (size_t)step->place_count * sizeof *places, (void **)&places, err);
    for (int i = 0; i < step->place_count && !status; i++)
        places[i] = (gb_recipe_place){.kind = every ? GB_AT_EVERY_W : GB_AT_W, .number = every ? 0 : list[i],
                               .line = node->line, .column = node->column};
    step->places = places;
    return status;
}

static gb_status read_where(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    const gb_yaml *at = gb_yaml_get(map, "at"), *w = gb_yaml_get(map, "w");
    if (at && w)
        return gb_recipe_fail(recipe, w, err, "both 'at' and 'w'; remove one of them");
    if (at)
        return read_at(recipe, at, step, err);
    if (w)
        return read_w(recipe, w, step, err);
    return gb_recipe_fail(recipe, map, err, "the bend has no place: add 'at' with nodes, or 'w' with layers");
}

/* ------------------------------------------------------------------------------------------------ actions */

static const char *const row_keys[] = {"at", "w", "features", "muted", NULL};
static const gb_param factor_param = {"factor", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param psi_param = {"truncation", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param times_param = {"times", "", 1, -INFINITY, INFINITY, false, NULL};
static const gb_param seed_param = {"seed", "", 0, 0, 4294967296.0f, true, NULL};
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
               : gb_recipe_fail(recipe, node, err, "expected 'disable: true'");
}

/* Reads off, a factor, or {factor, seed}. */
static gb_status read_noise(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "noise", "muted", NULL}, *const inner[] = {"factor", "seed", NULL};
    const gb_yaml *node = gb_yaml_get(map, "noise"), *factor = node, *seed = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->param_count = 1;
    step->param_value[0] = (gb_param_value){1, -1};
    if (!status && is_text(node, "off", "false")) {
        step->param_value[0].value = 0;
        return GB_OK;
    }
    if (!status && node->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, node, inner, err);
        factor = gb_yaml_get(node, "factor");
        seed = gb_yaml_get(node, "seed");
    }
    if (!status && factor)
        status = gb_recipe_read_param_value(recipe, factor, &factor_param, &step->param_value[0], err);
    step->reseed = seed != NULL;
    return status || !seed ? status : gb_recipe_seed(recipe, seed, &step->seed, err);
}

static gb_status read_truncation(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "truncation", "muted", NULL};
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->param_count = 1;
    return status ? status
                  : gb_recipe_read_param_value(recipe, gb_yaml_get(map, "truncation"), &psi_param,
                                               &step->param_value[0], err);
}

/* Reads a seed, or a named parameter, whose range is limited to seeds: 2³² − 1 is not a float. */
static gb_status read_style_seed(gb_recipe *recipe, const gb_yaml *node, gb_param_value *seed, gb_error *err) {
    uint64_t number = 0;
    gb_status status;
    *seed = (gb_param_value){0, -1};
    if (node->kind != GB_YAML_SCALAR || node->text[0] != '$') {
        status = gb_recipe_seed(recipe, node, &number, err);
        seed->value = (double)number;
        return status;
    }
    status = gb_recipe_read_param_value(recipe, node, &seed_param, seed, err);
    if (!status && recipe->params[seed->param].high > UINT32_MAX)
        recipe->params[seed->param].high = UINT32_MAX;
    return status;
}

/* Reads the seed of other w's, or {seed, share, truncation, class}. */
static gb_status read_style(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "style", "muted", NULL};
    static const char *const inner[] = {"seed", "share", "truncation", "class", NULL};
    const gb_yaml *node = gb_yaml_get(map, "style"), *seed = node, *share = NULL, *psi = NULL, *label = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    step->label = -1;
    step->param_count = 1;
    step->param_value[0] = (gb_param_value){1, -1};
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
        status = read_style_seed(recipe, seed, &step->style, err);
    if (!status && share)
        status = gb_recipe_read_param_value(recipe, share, &share_param, &step->param_value[0], err);
    step->own_psi = psi != NULL;
    if (!status && psi)
        status = gb_recipe_number(recipe, psi, "truncation", -1e6, 1e6, &step->psi, err);
    int64_t number = -1;
    if (!status && label)
        status = gb_recipe_integer(recipe, label, "class", 0, 1 << 16, &number, err);
    step->label = (int)number;
    return status;
}

static gb_status read_set(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"at", "w", "set", "times", "muted", NULL};
    static const char *const add_keys[] = {"at", "w", "add", "times", "muted", NULL};
    const gb_yaml *node = gb_yaml_get(map, "set"), *times = gb_yaml_get(map, "times");
    step->add = !node;
    gb_status status = gb_recipe_keys(recipe, map, step->add ? add_keys : keys, err);
    step->param_count = 1;
    step->param_value[0] = (gb_param_value){1, -1};
    if (!status && times)
        status = gb_recipe_read_param_value(recipe, times, &times_param, &step->param_value[0], err);
    return status ? status : gb_recipe_read_values(recipe, step->add ? gb_yaml_get(map, "add") : node, step, err);
}

static gb_status read_direction(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"direction", "muted", NULL};
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    return status ? status : gb_recipe_read_direction(recipe, gb_yaml_get(map, "direction"), step, err);
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
    {"direction", GB_STEP_SET, read_direction},
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static gb_status find_action(const gb_recipe *recipe, const gb_yaml *map, const struct action **found, gb_error *err) {
    static const char *const keys[] = {"at", "w", "filter", "activation", "paint", "disable", "noise", "truncation",
                                       "style", "add", "set", "direction", "features", "params", "times", "muted", NULL};
    *found = NULL;
    for (int i = 0; i < ACTIONS; i++) {
        const gb_yaml *node = gb_yaml_get(map, actions[i].key);
        if (node && *found)
            return gb_recipe_fail(recipe, node, err, "both '%s' and '%s'; a bend has one action: use two bends",
                                  (*found)->key, actions[i].key);
        if (node)
            *found = &actions[i];
    }
    if (*found)
        return GB_OK;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    return status ? status
                  : gb_recipe_fail(recipe, map, err,
                                   "the bend has no action: add filter, activation, paint, disable, noise, truncation, "
                                   "style, add, set or direction");
}

static gb_status read_muted(const gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    char found[80];
    step->muted = is_text(node, "true", "yes");
    return step->muted || is_text(node, "false", "no")
               ? GB_OK
               : gb_recipe_fail(recipe, node, err, "muted is %s; expected true or false",
                                gb_yaml_describe(node, found, sizeof found));
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
    if (!status && !step->place_count)
        status = read_where(recipe, map, step, err);
    const gb_yaml *features = gb_yaml_get(map, "features"), *muted = gb_yaml_get(map, "muted");
    if (!status && muted)
        status = read_muted(recipe, muted, step, err);
    if (!status && features)
        status = gb_recipe_read_features(recipe, features, place, &step->features, err);
    return status;
}

gb_status gb_recipe_read_steps(gb_recipe *recipe, const gb_yaml *list, gb_error *err) {
    char what[80];
    if (list->kind != GB_YAML_LIST || list->count > GB_RECIPE_MAX_STEPS)
        return gb_recipe_fail(recipe, list, err, "bends is %s; expected a list of at most %d, each beginning with '-'",
                              list->kind == GB_YAML_LIST ? "too long" : gb_yaml_describe(list, what, sizeof what),
                              GB_RECIPE_MAX_STEPS);
    gb_status status = gb_recipe_alloc(recipe, (size_t)list->count * sizeof *recipe->steps, (void **)&recipe->steps,
                                       err);
    for (const gb_yaml *item = list->first; item && !status; item = item->next, recipe->step_count++)
        status = read_step(recipe, item, recipe->step_count, &recipe->steps[recipe->step_count], err);
    return status;
}
