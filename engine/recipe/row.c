/* Filters and activations in a recipe: the parameters of their tables' rows, by name or by position. */
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "weights/spelling.h"

enum { MAX_KEYS = 40 };

/* Checks that all keys are common ones, keys of the action, or names of the row's parameters. */
static gb_status check_keys(const gb_recipe *recipe, const gb_yaml *map, const char *const *common,
                            const char *const *own, const gb_param *param, int count, gb_error *err) {
    const char *keys[MAX_KEYS + 1];
    int n = 0;
    for (; *common && n < MAX_KEYS; common++)
        keys[n++] = *common;
    for (; *own && n < MAX_KEYS; own++)
        keys[n++] = *own;
    for (int i = 0; i < count && n < MAX_KEYS; i++)
        keys[n++] = param[i].name;
    keys[n] = NULL;
    return gb_recipe_keys(recipe, map, keys, err);
}

gb_status gb_recipe_read_params(gb_recipe *recipe, const gb_yaml *list, const char *what, const gb_param *param,
                                int most, gb_recipe_step *step, gb_error *err) {
    char found[80];
    int i = 0;
    if (list->kind != GB_YAML_LIST)
        return gb_recipe_fail(recipe, list, err, "params is %s; expected a list",
                              gb_yaml_describe(list, found, sizeof found));
    if (list->count > most)
        return gb_recipe_fail(recipe, list, err, "%d params, but %s takes %s%d", list->count, what,
                              most ? "at most " : "", most);
    for (const gb_yaml *item = list->first; item; item = item->next, i++) {
        gb_status status = gb_recipe_read_param_value(recipe, item, &param[i], &step->param_value[i], err);
        if (status)
            return status;
    }
    return GB_OK;
}

/* Reads all parameters of a row: from `params`, by name, or default values. `given`: the number up to the last
 * given. */
static gb_status read_numbers(gb_recipe *recipe, const gb_yaml *map, const char *what, const gb_param *param, int count,
                              int positional, gb_recipe_step *step, int *given, gb_error *err) {
    const gb_yaml *list = gb_yaml_get(map, "params");
    for (int i = 0; i < count; i++)
        step->param_value[i] = (gb_param_value){(double)param[i].default_value, -1};
    gb_status status = list ? gb_recipe_read_params(recipe, list, what, param, positional, step, err) : GB_OK;
    *given = list ? list->count : 0;
    for (int i = 0; i < count && !status; i++) {
        const gb_yaml *named = gb_yaml_get(map, param[i].name);
        if (!named)
            continue;
        if (list && i < list->count)
            return gb_recipe_fail(recipe, named, err, "%s is also number %d of params", param[i].name,
                                  i + 1);
        status = gb_recipe_read_param_value(recipe, named, &param[i], &step->param_value[i], err);
        *given = *given > i + 1 ? *given : i + 1;
    }
    return status;
}

static gb_status no_row(const gb_recipe *recipe, const gb_yaml *node, const char *kind, const char *name,
                        const gb_spelling *spelling, gb_error *err) {
    if (!strcmp(name, "resize"))
        return gb_recipe_fail(recipe, node, err,
                              "'resize' changes the size of the maps, which later layers cannot take; use resize-crop");
    if (spelling->nearest)
        return gb_recipe_fail(recipe, node, err, "there is no %s '%.64s'; the nearest is '%s'", kind, name,
                              spelling->nearest);
    return gb_recipe_fail(recipe, node, err, "there is no %s '%.64s'; `ganbend %s` lists them", kind, name,
                          strcmp(kind, "filter") ? "activations" : "filters");
}

gb_status gb_recipe_read_filter(gb_recipe *recipe, const gb_yaml *map, const char *const *common, gb_recipe_step *step,
                                gb_error *err) {
    static const char *const own[] = {"filter", "params", NULL};
    const gb_yaml *node = gb_yaml_get(map, "filter");
    const char *name;
    gb_status status = gb_recipe_text(recipe, node, "filter", &name, err);
    if (status)
        return status;
    const gb_filter *filter = gb_filter_find(name);
    if (!filter) {
        gb_spelling spelling = gb_spelling_of(name);
        for (const gb_filter *const *f = gb_filters; *f; f++) {
            gb_spelling_consider(&spelling, (*f)->name);
            if ((*f)->alias)
                gb_spelling_consider(&spelling, (*f)->alias);
        }
        return no_row(recipe, node, "filter", name, &spelling, err);
    }
    int given;
    step->filter = filter;
    step->param_count = filter->params;
    status = check_keys(recipe, map, common, own, filter->param, filter->params, err);
    return status ? status
                  : read_numbers(recipe, map, filter->name, filter->param, filter->params, filter->positional, step,
                                 &given, err);
}

/* bias: keep or drop; gain: keep or a number; like: paper sets both. */
static gb_status read_bias_and_gain(const gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    const gb_yaml *like = gb_yaml_get(map, "like"), *bias = gb_yaml_get(map, "bias"), *gain = gb_yaml_get(map, "gain");
    char found[80];
    if (like && (bias || gain))
        return gb_recipe_fail(recipe, like, err, "'like: paper' is 'bias: drop' and 'gain: 1'; leave those out");
    if (like && (like->kind != GB_YAML_SCALAR || strcmp(like->text, "paper")))
        return gb_recipe_fail(recipe, like, err, "like is %s; expected 'paper'",
                              gb_yaml_describe(like, found, sizeof found));
    if (like) {
        step->drop_bias = step->set_gain = true;
        step->gain = 1;
        return GB_OK;
    }
    if (bias && bias->kind == GB_YAML_SCALAR && !strcmp(bias->text, "drop"))
        step->drop_bias = true;
    else if (bias && (bias->kind != GB_YAML_SCALAR || strcmp(bias->text, "keep")))
        return gb_recipe_fail(recipe, bias, err, "bias is %s; expected keep or drop",
                              gb_yaml_describe(bias, found, sizeof found));
    if (!gain || (gain->kind == GB_YAML_SCALAR && !strcmp(gain->text, "keep")))
        return GB_OK;
    step->set_gain = true;
    return gb_recipe_number(recipe, gain, "gain", -1e6, 1e6, &step->gain, err);
}

gb_status gb_recipe_read_activation(gb_recipe *recipe, const gb_yaml *map, const char *const *common,
                                    gb_recipe_step *step, gb_error *err) {
    static const char *const own[] = {"activation", "params", "bias", "gain", "like", NULL};
    const gb_yaml *node = gb_yaml_get(map, "activation");
    const char *name;
    gb_status status = gb_recipe_text(recipe, node, "activation", &name, err);
    if (status)
        return status;
    step->activation = gb_act_find(name);
    if (step->activation < 0) {
        gb_spelling spelling = gb_spelling_of(name);
        for (int i = 0; i < GB_ACTS; i++) {
            gb_spelling_consider(&spelling, gb_acts[i].name);
            if (gb_acts[i].alias)
                gb_spelling_consider(&spelling, gb_acts[i].alias);
        }
        return no_row(recipe, node, "activation", name, &spelling, err);
    }
    const gb_act_row *row = &gb_acts[step->activation];
    int given = 0;
    status = check_keys(recipe, map, common, own, row->param, row->max_params, err);
    if (!status)
        status = read_numbers(recipe, map, row->name, row->param, row->max_params, row->max_params, step, &given, err);
    step->param_count = row->max_params > row->params && given ? given : row->params;
    return status ? status : read_bias_and_gain(recipe, map, step, err);
}
