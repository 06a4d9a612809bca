/* The recipe functions of ganbend.h: opening and checking, named parameters, applying to a session and updating. */
#include "recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "weights/number_text.h"
#include "weights/spelling.h"

/* ------------------------------------------------------------------------------------------------ parameters */

static bool is_valid_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length <= 64 && !(name[0] >= '0' && name[0] <= '9') &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == length;
}

/* Reads a number, or {value, low, high, summary}. Without low and high, the range follows from the parameter's uses. */
static gb_status read_parameter(gb_recipe *recipe, const gb_yaml *key, gb_recipe_named *p, gb_error *err) {
    static const char *const keys[] = {"value", "low", "high", "summary", NULL};
    const gb_yaml *value = key->value, *low = NULL, *high = NULL, *summary = NULL;
    gb_status status = GB_OK;
    *p = (gb_recipe_named){.name = key->text, .summary = "", .low = -INFINITY, .high = INFINITY};
    if (!is_valid_name(key->text))
        return gb_recipe_fail(
            recipe, key, err,
            "'%.64s' is not a valid parameter name; expected letters, digits, _ and -, not beginning with a digit",
            key->text);
    if (value->kind == GB_YAML_MAP) {
        status = gb_recipe_keys(recipe, value, keys, err);
        low = gb_yaml_get(value, "low");
        high = gb_yaml_get(value, "high");
        summary = gb_yaml_get(value, "summary");
        if (!status && !low != !high)
            status = gb_recipe_fail(recipe, value, err, "low needs high and high needs low: one of them is missing");
        if (!status && !gb_yaml_get(value, "value"))
            status = gb_recipe_fail(recipe, value, err, "the parameter has no value");
        value = gb_yaml_get(value, "value");
    }
    p->ranged = low && high;
    p->moved = value && value->written;
    if (!status && p->ranged)
        status = gb_recipe_number(recipe, low, "low", -INFINITY, INFINITY, &p->low, err);
    if (!status && p->ranged)
        status = gb_recipe_number(recipe, high, "high", p->low, INFINITY, &p->high, err);
    if (!status && summary)
        status = gb_recipe_text(recipe, summary, "summary", &p->summary, err);
    return status ? status : gb_recipe_number(recipe, value, "value", p->low, p->high, &p->value, err);
}

static gb_status read_parameters(gb_recipe *recipe, const gb_yaml *map, gb_error *err) {
    if (map->kind != GB_YAML_MAP)
        return gb_recipe_fail(recipe, map, err, "parameters: expected lines of 'name: value'");
    gb_status status = gb_recipe_alloc(recipe, (size_t)map->count * sizeof *recipe->params, (void **)&recipe->params,
                                       err);
    for (const gb_yaml *key = map->first; key && !status; key = key->next, recipe->param_count++)
        status = read_parameter(recipe, key, &recipe->params[recipe->param_count], err);
    return status;
}

bool gb_recipe_param_at(const gb_recipe *recipe, size_t index, gb_recipe_param *param) {
    if (index >= (size_t)recipe->param_count)
        return false;
    const gb_recipe_named *p = &recipe->params[index];
    *param = (gb_recipe_param){p->name, p->summary, p->value, p->low, p->high};
    return true;
}

gb_status gb_recipe_set(gb_recipe *recipe, const char *name, double value, gb_error *err) {
    gb_spelling spelling = gb_spelling_of(name);
    for (int i = 0; i < recipe->param_count; i++) {
        gb_recipe_named *p = &recipe->params[i];
        gb_spelling_consider(&spelling, p->name);
        if (strcmp(p->name, name))
            continue;
        if (!(value >= p->low && value <= p->high))
            return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s is %g; expected %g to %g", recipe->name, name, value, p->low,
                           p->high);
        p->value = value;
        return GB_OK;
    }
    if (spelling.nearest)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: there is no parameter '%s'; the nearest is '%s'", recipe->name, name,
                       spelling.nearest);
    return gb_fail(err, GB_BAD_ARGUMENT, "%s: there is no parameter '%s'", recipe->name, name);
}

/* ------------------------------------------------------------------------------------------------ reading */

static gb_status read_recipe(gb_recipe *recipe, gb_yaml *root, gb_error *err) {
    static const char *const keys[] = {"bends", "transforms", "parameters", "inputs", "clusters", "vectors", "directions",
                                       "summary", "modulators", "tempo", "time", "beat", NULL};
    gb_status status = gb_recipe_keys(recipe, root, keys, err);
    if (!status)
        status = gb_recipe_modulate(recipe, root, err);
    if (status)
        return status;
    const gb_yaml *bends = gb_yaml_get(root, "bends"), *transforms = gb_yaml_get(root, "transforms");
    const gb_yaml *parameters = gb_yaml_get(root, "parameters"), *clusters = gb_yaml_get(root, "clusters");
    const gb_yaml *vectors = gb_yaml_get(root, "vectors"), *summary = gb_yaml_get(root, "summary");
    const gb_yaml *inputs = gb_yaml_get(root, "inputs"), *directions = gb_yaml_get(root, "directions");
    const char *text;
    if (bends ? transforms != NULL : !transforms && !inputs)
        return gb_recipe_fail(recipe, root, err,
                              bends ? "both 'bends' and network-bending's 'transforms'; remove one of them"
                                    : "a recipe needs 'bends', 'inputs' or network-bending's 'transforms'");
    if (summary)
        status = gb_recipe_text(recipe, summary, "summary", &text, err);
    if (!status && inputs)
        status = gb_recipe_read_inputs(recipe, inputs, err);
    if (!status && clusters)
        status = gb_recipe_read_clusters(recipe, clusters, err);
    if (!status && vectors)
        status = gb_recipe_read_vectors(recipe, vectors, err);
    if (!status && directions)
        status = gb_recipe_read_directions(recipe, directions, err);
    if (!status && parameters)
        status = read_parameters(recipe, parameters, err);
    if (!status && bends)
        status = gb_recipe_read_steps(recipe, bends, err);
    if (!status && transforms)
        status = gb_recipe_read_transforms(recipe, transforms, err);
    return status;
}

/* File names in the recipe are relative to the folder of `name`. */
gb_status gb_recipe_parse(const char *text, size_t size, const char *name, gb_recipe **out, gb_error *err) {
    *out = NULL;
    gb_recipe *recipe = calloc(1, sizeof *recipe);
    if (recipe && (recipe->arena = gb_arena_new(gb_arena_limit_for(size)))) {
        recipe->name = gb_arena_text(recipe->arena, name, strlen(name));
        recipe->folder = gb_arena_text(recipe->arena, name, (size_t)(gb_base_name(name) - name));
    }
    if (!recipe || !recipe->name || !recipe->folder) {
        gb_recipe_free(recipe);
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", name);
    }
    gb_error why = {0};
    gb_yaml *root = gb_yaml_parse(recipe->arena, text, size, name, &why);
    recipe->tree = root;
    if (root)
        read_recipe(recipe, root, &why);
    if (why.status) {
        gb_recipe_free(recipe);
        return gb_fail(err, why.status, "%s", why.message);
    }
    *out = recipe;
    return GB_OK;
}

gb_status gb_recipe_open(const char *path, gb_recipe **recipe, gb_error *err) {
    gb_map map;
    *recipe = NULL;
    gb_status status = gb_map_read(path, SIZE_MAX, &map, err);
    if (status)
        return status;
    status = gb_recipe_parse(map.bytes, map.size, path, recipe, err);
    gb_map_close(&map);
    return status;
}

void gb_recipe_confine(gb_recipe *recipe) {
    recipe->confined = true;
}

void gb_recipe_free(gb_recipe *recipe) {
    if (!recipe)
        return;
    gb_clusters_close(&recipe->set_clusters);
    for (int i = 0; i < recipe->step_count; i++)
        if (recipe->steps[i].direction)
            free(recipe->steps[i].direction->vector);
    gb_directions_free(recipe->own_directions);
    gb_arena_free(recipe->arena);
    free(recipe->applied.bends);
    free(recipe->json);
    free(recipe->embedded);
    free(recipe);
}

/* ------------------------------------------------------------------------------------------------ applying */

static gb_status add_steps(const gb_recipe *recipe, gb_session *session, gb_applied_list *list, gb_error *err) {
    gb_clusters clusters = {0};
    gb_status status = gb_work_cancelled(&session->work) ? gb_fail_cancelled(err) : GB_OK;
    for (int i = 0; i < recipe->step_count && !status; i++)
        status = gb_recipe_bend_step(recipe, i, session, &clusters, list, err);
    gb_clusters_close(&clusters);
    return status;
}

static gb_status update_step(const gb_recipe *recipe, int index, const float *numbers, gb_session *session,
                             gb_error *err) {
    const gb_applied_list *list = &recipe->applied;
    gb_status status = gb_work_cancelled(&session->work) ? gb_fail_cancelled(err) : GB_OK;
    for (int k = gb_applied_first(list, index); k < list->count && list->bends[k].step == index && !status; k++)
        status = gb_session_set_bend_params(session, list->bends[k].id, numbers, recipe->steps[index].param_count, err);
    return status;
}

/* Updates the bends of the steps whose parameters have changed; values of SET steps are read again. */
static gb_status update_steps(gb_recipe *recipe, gb_session *session, gb_error *err) {
    float numbers[GB_RECIPE_MAX_PARAMS];
    bool rolled_back = recipe->rollbacks != session->rollbacks;
    gb_clusters clusters = {0};
    gb_status status = gb_work_cancelled(&session->work) ? gb_fail_cancelled(err) : GB_OK;
    for (int i = 0; i < recipe->step_count && !status; i++) {
        const gb_recipe_step *step = &recipe->steps[i];
        gb_recipe_numbers(recipe, step, numbers);
        bool same_style = gb_recipe_style_seed(recipe, step) == step->applied_style;
        if (step->muted || !step->param_count ||
            (!rolled_back && same_style && !memcmp(numbers, step->applied, sizeof numbers)))
            continue;
        status = step->kind == GB_STEP_SET || !same_style
                     ? gb_recipe_bend_step(recipe, i, session, &clusters, &recipe->applied, err)
                     : update_step(recipe, i, numbers, session, err);
    }
    gb_clusters_close(&clusters);
    return status;
}

/* Keeps the changes to the session's bends if `status` is 0, otherwise restores the bends `before`. */
static gb_status finish_changes(gb_recipe *recipe, gb_session *session, gb_bend_list *before, gb_status status) {
    if (status) {
        gb_bend_list changed = session->now.bends;
        session->now.bends = *before;
        *before = changed;
    }
    gb_bend_list_clear(before);
    if (gb_session_end_call(session, status))
        return status;
    recipe->rollbacks = session->rollbacks;
    for (int i = 0; i < recipe->step_count; i++) {
        gb_recipe_numbers(recipe, &recipe->steps[i], recipe->steps[i].applied);
        recipe->steps[i].applied_style = gb_recipe_style_seed(recipe, &recipe->steps[i]);
    }
    return GB_OK;
}

/* The parameters as options, " --set angle=30", for free(). NULL if out of memory. */
static char *parameters_text(const gb_recipe *recipe) {
    size_t size = 1, used = 0;
    for (int i = 0; i < recipe->param_count; i++)
        size += strlen(recipe->params[i].name) + 48;
    char *text = malloc(size);
    if (!text)
        return NULL;
    *text = '\0';
    for (int i = 0; i < recipe->param_count; i++)
        used += (size_t)snprintf(text + used, size - used, " --set %s=%s", recipe->params[i].name,
                                 gb_double_text(recipe->params[i].value).text);
    return text;
}

/* Tells the session what its new bends are, for the texts of its pictures. Nothing is told without memory for it. */
static void tell(gb_recipe *recipe, gb_session *session, bool was_complete, bool again) {
    const char *json = NULL;
    char *set = parameters_text(recipe);
    bool can = set && !recipe->set_clusters.tree && (again || !gb_recipe_embed(recipe, &json, NULL));
    if (!again)
        recipe->told = ++session->last_id;
    if (again)
        gb_told_update(&session->now.told, &session->now.bends, was_complete && can, recipe->told, can ? set : "");
    else
        gb_told_add(&session->now.told, &session->now.bends, was_complete && can, recipe->told, can ? json : "", can ? set : "");
    free(set);
}

gb_status gb_recipe_apply(gb_recipe *recipe, gb_session *session, gb_error *err) {
    gb_applied_list list = {0};
    gb_bend_list before = {0};
    bool told = gb_told_begin(&session->now.told, &session->now.bends);
    if (!gb_bend_list_copy(&before, &session->now.bends))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = finish_changes(recipe, session, &before, add_steps(recipe, session, &list, err));
    if (status) {
        free(list.bends);
        return status;
    }
    free(recipe->applied.bends);
    recipe->applied = list;
    recipe->session = session;
    recipe->session_number = session->number;
    tell(recipe, session, told, false);
    return GB_OK;
}

gb_status gb_recipe_update(gb_recipe *recipe, gb_session *session, gb_error *err) {
    gb_bend_list before = {0};
    bool told = gb_told_begin(&session->now.told, &session->now.bends);
    if (recipe->session != session || recipe->session_number != session->number)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: this recipe has not been applied to this session", recipe->name);
    if (!gb_bend_list_copy(&before, &session->now.bends))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = finish_changes(recipe, session, &before, update_steps(recipe, session, err));
    if (!status)
        tell(recipe, session, told, true);
    return status;
}
