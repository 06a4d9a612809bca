/* Numbers that move with time: `modulators` is a list of {move: address, wave, depth, period or beats, …}. At the recipe's `time`,
 * the number at the address becomes number + depth * wave(time / period + phase), held within its range and rounded if it must be
 * whole. Several modulators of one number add up. The numbers are changed in the tree, before the bends are read from it, so
 * everything that reads recipes computes the same values.
 *
 * Addresses are those of the studio:
 *     trunc, cutoff, seed                 inputs
 *     param/NAME                          a named parameter
 *     bend/AT/WHAT/NUMBER                 of the bend at that place with that filter or activation, or of that kind; the second
 *                                         one like it is AT/WHAT:2
 *     bend/INDEX/NUMBER                   of the bend at that index, from 0
 *     noise/LAYER/factor, direction/NAME, z/INDEX */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"
#include "waves.h"
#include "weights/number_text.h"
#include "weights/spelling.h"

enum { MAX_MODULATORS = 64, ADDRESS = 400 };

/* A number of the recipe that can move. */
typedef struct target {
    gb_yaml *node;              /* NULL: not in the recipe, and `holder` gets a key `name` with `missing` */
    gb_yaml *holder;            /* the map that has it, or is to have it */
    const char *name;
    double missing;
    double low, high;
    bool whole;
    double sum;                 /* the number with what was added so far */
} target;

typedef struct moving {
    gb_recipe *recipe;
    gb_yaml *root;
    double time, beat;
    target targets[MAX_MODULATORS];
    int count;
} moving;

/* ------------------------------------------------------------------------------------------------ the tree */

static gb_yaml *child(const gb_yaml *map, const char *key) {
    return map && map->kind == GB_YAML_MAP ? gb_yaml_get(map, key) : NULL;
}

static gb_status add_key(gb_recipe *recipe, gb_yaml *map, const char *name, gb_yaml **value, gb_error *err) {
    gb_yaml *nodes = NULL;
    gb_status status = gb_recipe_alloc(recipe, 2 * sizeof *nodes, (void **)&nodes, err);
    if (status)
        return status;
    nodes[0] = (gb_yaml){.kind = GB_YAML_SCALAR, .line = map->line, .column = map->column, .text = name, .next = map->first,
                         .value = &nodes[1], .added = true};
    nodes[1] = (gb_yaml){.kind = GB_YAML_SCALAR, .line = map->line, .column = map->column, .text = "", .plain = true};
    map->first = &nodes[0];
    map->count++;
    *value = &nodes[1];
    return GB_OK;
}

/* A bend that is not in the document: at this place, with this action, which is a map or to become a number. */
static gb_status add_bend(moving *m, const char *at, const char *action, bool map, gb_yaml **bend, gb_error *err) {
    gb_yaml *bends = gb_yaml_get(m->root, "bends"), *place = NULL, *value = NULL, **end;
    if (!bends || bends->kind != GB_YAML_LIST)
        return GB_OK;
    gb_status status = gb_recipe_alloc(m->recipe, sizeof **bend, (void **)bend, err);
    if (status)
        return status;
    **bend = (gb_yaml){.kind = GB_YAML_MAP, .line = bends->line, .column = bends->column, .added = true};
    status = add_key(m->recipe, *bend, action, &value, err);
    if (!status)
        status = add_key(m->recipe, *bend, "at", &place, err);
    if (status)
        return status;
    place->text = at;
    value->kind = map ? GB_YAML_MAP : GB_YAML_SCALAR;
    value->text = "1";
    for (end = &bends->first; *end; end = &(*end)->next) {}
    *end = *bend;
    bends->count++;
    return GB_OK;
}

/* Replaces the text of a scalar. */
static gb_status write_number(gb_recipe *recipe, gb_yaml *node, double number, gb_error *err) {
    const gb_number_text written = gb_double_text(number);
    char *text = NULL;
    gb_status status = gb_recipe_alloc(recipe, sizeof written.text, (void **)&text, err);
    if (status)
        return status;
    memcpy(text, written.text, sizeof written.text);
    node->written = node->text;
    node->text = text;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ bends */

static const char *const kinds[] = {"filter", "activation", "noise", "truncation", "style", "add", "set", "direction", "paint",
                                    "disable", NULL};

static const char *kind_of(const gb_yaml *bend) {
    for (const char *const *kind = kinds; *kind; kind++)
        if (child(bend, *kind))
            return *kind;
    return NULL;
}

static void append(char *to, size_t size, const char *text) {
    size_t used = strlen(to);
    snprintf(to + used, size - used, "%s", text);
}

/* "synthesis.b32.conv1/rotate": what an address calls the bend. */
static void name_bend(const gb_yaml *bend, char *to, size_t size) {
    const gb_yaml *at = child(bend, "at"), *direction = child(bend, "direction");
    const char *kind = kind_of(bend);
    const gb_yaml *value = kind ? child(bend, kind) : NULL;
    *to = '\0';
    if (child(bend, "w"))
        append(to, size, "w");
    else if (direction)
        append(to, size, "direction");
    else if (at && at->kind == GB_YAML_LIST)
        for (const gb_yaml *item = at->first; item; item = item->next) {
            append(to, size, item->kind == GB_YAML_SCALAR ? item->text : "");
            append(to, size, item->next ? "," : "");
        }
    else if (at && at->kind == GB_YAML_SCALAR)
        append(to, size, at->text);
    append(to, size, "/");
    if (direction && direction->kind == GB_YAML_MAP)
        value = child(direction, "name");
    bool named = kind && (!strcmp(kind, "filter") || !strcmp(kind, "activation") || direction);
    if (kind)
        append(to, size, named && value && value->kind == GB_YAML_SCALAR ? value->text : kind);
    for (char *c = to; *c; c++)
        if (*c == ' ')
            *c = '_';
}

/* The bend that "INDEX" or "AT/WHAT" names, or NULL. */
static gb_yaml *find_bend(const gb_yaml *root, const char *wanted) {
    const gb_yaml *bends = gb_yaml_get(root, "bends");
    char name[ADDRESS], plain[ADDRESS];
    int64_t index = -1, nth = 1;
    const char *end = gb_yaml_digits(wanted, &index), *colon = strrchr(wanted, ':');
    if (!bends || bends->kind != GB_YAML_LIST)
        return NULL;
    snprintf(plain, sizeof plain, "%s", wanted);
    if (colon && (end = gb_yaml_digits(colon + 1, &nth)) && !*end)
        plain[colon - wanted] = '\0';
    else
        nth = 1;
    bool by_index = strspn(wanted, "0123456789") == strlen(wanted);
    for (gb_yaml *bend = bends->first; bend; bend = bend->next) {
        if (by_index && index-- == 0)
            return bend;
        if (by_index || !kind_of(bend))
            continue;
        name_bend(bend, name, sizeof name);
        if (!strcmp(name, plain) && --nth == 0)
            return bend;
    }
    return NULL;
}

/* The parameter of a filter's or activation's row with this name; NULL for others. *place is its number, *positional how many may
 * be given without names. */
static const gb_param *row_param(const gb_yaml *bend, const char *name, int *place) {
    const gb_yaml *filter = child(bend, "filter"), *activation = child(bend, "activation");
    const gb_param *params = NULL;
    int count = 0;
    if (filter && filter->kind == GB_YAML_SCALAR) {
        const gb_filter *row = gb_filter_find(filter->text);
        params = row ? row->param : NULL;
        count = row ? row->params : 0;
    } else if (activation && activation->kind == GB_YAML_SCALAR) {
        int row = gb_act_find(activation->text);
        params = row < 0 ? NULL : gb_acts[row].param;
        count = row < 0 ? 0 : gb_acts[row].max_params;
    }
    for (*place = 0; *place < count; ++*place)
        if (!strcmp(params[*place].name, name))
            return params[*place].choices ? NULL : &params[*place];
    return NULL;
}

static gb_yaml *item_at(const gb_yaml *list, int place) {
    gb_yaml *item = list && list->kind == GB_YAML_LIST ? list->first : NULL;
    while (item && place-- > 0)
        item = item->next;
    return item;
}

/* `holder` may be NULL. */
static bool is_number_of(target *t, gb_yaml *holder, const char *name, double missing, double low, double high, bool whole) {
    *t = (target){.holder = holder, .name = name, .missing = missing, .low = low, .high = high, .whole = whole,
                  .node = child(holder, name)};
    return holder && holder->kind == GB_YAML_MAP;
}

/* A number that a bend has in the map under its kind, or instead of that map. */
static bool inner_number(target *t, gb_yaml *bend, const char *kind, const char *name, double missing, double low, double high) {
    gb_yaml *holder = child(bend, kind);
    return is_number_of(t, holder, name, missing, low, high, false);
}

static bool bend_number(gb_yaml *bend, const char *name, target *t) {
    int place;
    const gb_param *param = row_param(bend, name, &place);
    gb_yaml *features = child(bend, "features"), *noise = child(bend, "noise");
    if (param) {
        gb_yaml *item = item_at(child(bend, "params"), place);
        is_number_of(t, bend, param->name, (double)param->default_value, (double)param->low, (double)param->high, param->integer);
        if (item)
            t->node = item;
        return true;
    }
    if (noise && !strcmp(name, "factor")) {
        if (noise->kind == GB_YAML_MAP)
            return is_number_of(t, noise, "factor", 1, -INFINITY, INFINITY, false);
        return is_number_of(t, bend, "noise", 1, -INFINITY, INFINITY, false);
    }
    if (child(bend, "truncation") && !strcmp(name, "truncation"))
        return is_number_of(t, bend, "truncation", 1, -INFINITY, INFINITY, false);
    if ((child(bend, "add") || child(bend, "set")) && !strcmp(name, "times"))
        return is_number_of(t, bend, "times", 1, -INFINITY, INFINITY, false);
    if (!strcmp(name, "share") && inner_number(t, bend, "style", "share", 1, 0, 1))
        return true;
    if (!strcmp(name, "amount") && inner_number(t, bend, "direction", "amount", 1, -1e6, 1e6))
        return true;
    if (!child(features, "random"))
        return false;
    if (!strcmp(name, "share"))
        return is_number_of(t, features, "random", 0, 0, 1, false);
    return !strcmp(name, "draw") && is_number_of(t, features, "seed", 0, 0, UINT32_MAX, true);
}

/* The bend of a layer, or of z, with this action. */
static gb_yaml *bend_at(const gb_yaml *root, const char *at, const char *action) {
    const gb_yaml *bends = gb_yaml_get(root, "bends");
    for (gb_yaml *bend = bends && bends->kind == GB_YAML_LIST ? bends->first : NULL; bend; bend = bend->next) {
        const gb_yaml *place = child(bend, "at");
        if (place && place->kind == GB_YAML_SCALAR && !strcmp(place->text, at) && child(bend, action))
            return bend;
    }
    return NULL;
}

static gb_yaml *bend_along(const gb_yaml *root, const char *direction) {
    const gb_yaml *bends = gb_yaml_get(root, "bends");
    for (gb_yaml *bend = bends && bends->kind == GB_YAML_LIST ? bends->first : NULL; bend; bend = bend->next) {
        const gb_yaml *name = child(child(bend, "direction"), "name");
        if (name && name->kind == GB_YAML_SCALAR && !strcmp(name->text, direction))
            return bend;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ addresses */

static bool input_number(gb_yaml *inputs, const char *address, target *t) {
    if (!strcmp(address, "trunc"))
        return is_number_of(t, inputs, "trunc", 1, -1e30, 1e30, false);
    if (!strcmp(address, "cutoff"))
        return is_number_of(t, inputs, "cutoff", NAN, 0, 1000, true);
    return !strcmp(address, "seed") && is_number_of(t, inputs, "seeds", 0, 0, UINT32_MAX, true);
}

static bool parameter_number(const gb_yaml *root, const char *name, target *t) {
    gb_yaml *parameters = gb_yaml_get(root, "parameters"), *value = child(parameters, name);
    double low = -INFINITY, high = INFINITY;
    if (!value || value->kind != GB_YAML_MAP)
        return value && is_number_of(t, parameters, name, NAN, low, high, false);
    if (child(value, "low"))
        (void)gb_yaml_number(child(value, "low"), &low);
    if (child(value, "high"))
        (void)gb_yaml_number(child(value, "high"), &high);
    return is_number_of(t, value, "value", NAN, low, high, false);
}

/* The bend at a place with an action, which is added if the list has none; NULL if the recipe has no list of bends. */
static gb_status find_or_add(moving *m, const char *at, const char *action, bool map, gb_yaml **bend, gb_error *err) {
    *bend = bend_at(m->root, at, action);
    return *bend ? GB_OK : add_bend(m, at, action, map, bend, err);
}

/* *found is false if there is no such number. `address` is taken apart. */
static gb_status find_number(moving *m, char *address, target *t, bool *found, gb_error *err) {
    char *slash = strchr(address, '/'), *last = strrchr(address, '/');
    const char *kind = address, *rest = slash ? slash + 1 : "";
    const gb_yaml *root = m->root;
    gb_yaml *bend = NULL;
    gb_status status = GB_OK;
    int64_t index;
    *found = false;
    if (!slash) {
        gb_yaml *inputs = gb_yaml_get(root, "inputs");
        if (!inputs) {
            status = add_key(m->recipe, m->root, "inputs", &inputs, err);
            if (!status)
                inputs->kind = GB_YAML_MAP;
        }
        *found = !status && input_number(inputs, address, t);
        return status;
    }
    *slash = '\0';
    if (!strcmp(kind, "param")) {
        *found = parameter_number(root, rest, t);
    } else if (!strcmp(kind, "direction")) {
        bend = bend_along(root, rest);
        *found = bend && bend_number(bend, "amount", t);
    } else if (!strcmp(kind, "z")) {
        const char *end = gb_yaml_digits(rest, &index);
        if (!end || *end)
            return GB_OK;
        status = find_or_add(m, "z", "add", true, &bend, err);
        *found = bend && is_number_of(t, child(bend, "add"), rest, 0, -INFINITY, INFINITY, false);
    } else if (last != slash) {
        *last = '\0';
        if (!strcmp(kind, "noise"))
            status = find_or_add(m, rest, "noise", false, &bend, err);
        else if (!strcmp(kind, "bend"))
            bend = find_bend(root, rest);
        *found = bend && bend_number(bend, last + 1, t);
    }
    return status;
}

/* The target of an address; the same one for two modulators of one number. */
static gb_status take_target(moving *m, const gb_yaml *node, target **found, gb_error *err) {
    char *address = NULL;
    const char *text;
    bool there;
    target t = {0};
    gb_status status = gb_recipe_text(m->recipe, node, "move", &text, err);
    if (!status)
        status = gb_recipe_alloc(m->recipe, strlen(text) + 1, (void **)&address, err);
    if (status)
        return status;
    strcpy(address, text);
    status = find_number(m, address, &t, &there, err);
    if (!status && !there)
        return gb_recipe_fail(m->recipe, node, err, "there is no number '%.100s' in this recipe", text);
    if (!status && !t.node && isnan(t.missing))
        return gb_recipe_fail(m->recipe, node, err, "'%.64s' has no value in this recipe; write it", text);
    if (status)
        return status;
    t.sum = t.missing;
    if (t.node && t.node->kind == GB_YAML_SCALAR && t.node->text[0] == '$')
        return gb_recipe_fail(m->recipe, node, err, "'%.64s' is the parameter %.64s; move param/%.64s", text, t.node->text,
                              t.node->text + 1);
    if (t.node && !gb_yaml_number(t.node, &t.sum))
        return gb_recipe_fail(m->recipe, node, err, "'%.64s' is not a number in this recipe", text);
    for (int i = 0; i < m->count; i++)
        if (t.node ? m->targets[i].node == t.node : m->targets[i].holder == t.holder && !strcmp(m->targets[i].name, t.name)) {
            *found = &m->targets[i];
            return GB_OK;
        }
    m->targets[m->count] = t;
    *found = &m->targets[m->count++];
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ modulators */

/* The key's number, or `missing`. */
static gb_status option(const gb_recipe *recipe, const gb_yaml *map, const char *key, double low, double high, double missing,
                        double *number, gb_error *err) {
    const gb_yaml *node = gb_yaml_get(map, key);
    *number = missing;
    return node ? gb_recipe_number(recipe, node, key, low, high, number, err) : GB_OK;
}

static gb_status read_wave(const gb_recipe *recipe, const gb_yaml *map, gb_wave *wave, gb_error *err) {
    const gb_yaml *node = gb_yaml_get(map, "wave");
    char found[80];
    *wave = GB_WAVE_SINE;
    if (!node)
        return GB_OK;
    gb_spelling spelling = gb_spelling_of(node->kind == GB_YAML_SCALAR ? node->text : "");
    for (int i = 0; i < GB_WAVES; i++) {
        gb_spelling_consider(&spelling, gb_wave_names[i]);
        *wave = (gb_wave)i;
        if (!strcmp(spelling.wanted, gb_wave_names[i]))
            return GB_OK;
    }
    return gb_recipe_fail(recipe, node, err, "wave is %s; expected sine, triangle, saw, square, envelope, walk, hold or audio%s%s%s",
                          gb_yaml_describe(node, found, sizeof found), spelling.nearest ? "; the nearest is '" : "",
                          spelling.nearest ? spelling.nearest : "", spelling.nearest ? "'" : "");
}

static gb_status read_flag(const gb_recipe *recipe, const gb_yaml *map, const char *key, bool *flag, gb_error *err) {
    const gb_yaml *node = gb_yaml_get(map, key);
    char found[80];
    *flag = node && node->kind == GB_YAML_SCALAR && (!strcmp(node->text, "true") || !strcmp(node->text, "yes"));
    if (!node || *flag || (node->kind == GB_YAML_SCALAR && (!strcmp(node->text, "false") || !strcmp(node->text, "no"))))
        return GB_OK;
    return gb_recipe_fail(recipe, node, err, "%s is %s; expected true or false", key, gb_yaml_describe(node, found, sizeof found));
}

/* `band`, `gain`, `threshold` say how the studio measures audio; here they are only checked. */
static gb_status read_audio(const gb_recipe *recipe, const gb_yaml *map, gb_error *err) {
    const gb_yaml *band = gb_yaml_get(map, "band");
    const char *text;
    double number;
    gb_status status = band ? gb_recipe_text(recipe, band, "band", &text, err) : GB_OK;
    if (!status)
        status = option(recipe, map, "gain", 0, 1e6, 1, &number, err);
    return status ? status : option(recipe, map, "threshold", 0, 1, 0, &number, err);
}

static gb_status read_modulator(moving *m, const gb_yaml *map, bool moves, gb_error *err) {
    static const char *const keys[] = {"move", "wave", "depth", "period", "beats", "phase", "start", "once", "attack", "hold",
                                       "release", "seed", "value", "band", "gain", "threshold", "muted", NULL};
    gb_recipe *recipe = m->recipe;
    gb_wave wave = GB_WAVE_SINE;
    gb_wave_options o = {0};
    double depth, period, beats, phase, start;
    bool muted;
    target *to = NULL;
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    const gb_yaml *move = status ? NULL : gb_yaml_get(map, "move"), *seed = status ? NULL : gb_yaml_get(map, "seed");
    uint64_t number = 0;
    if (!status && !move)
        status = gb_recipe_fail(recipe, map, err, "the modulator moves nothing: add 'move' with an address, such as trunc");
    if (!status && gb_yaml_get(map, "period") && gb_yaml_get(map, "beats"))
        status = gb_recipe_fail(recipe, map, err, "both 'period' and 'beats'; remove one of them");
    if (status || read_wave(recipe, map, &wave, err) || option(recipe, map, "depth", -1e10, 1e10, 1, &depth, err) ||
        option(recipe, map, "period", 1e-3, 1e6, 1, &period, err) || option(recipe, map, "beats", 1e-3, 1e6, 0, &beats, err) ||
        option(recipe, map, "phase", -1e6, 1e6, 0, &phase, err) || option(recipe, map, "start", -1e9, 1e9, 0, &start, err) ||
        option(recipe, map, "attack", 0, 1e6, 0.1, &o.attack, err) || option(recipe, map, "hold", 0, 1e6, 0, &o.hold, err) ||
        option(recipe, map, "release", 0, 1e6, 0.9, &o.release, err) || option(recipe, map, "value", -1, 1, 0, &o.value, err) ||
        read_flag(recipe, map, "once", &o.once, err) || read_flag(recipe, map, "muted", &muted, err) ||
        read_audio(recipe, map, err) || (seed && gb_recipe_seed(recipe, seed, &number, err)))
        return err->status;
    if (!moves || muted)
        return GB_OK;
    if (take_target(m, move, &to, err))
        return err->status;
    o.seed = (uint32_t)number;
    to->sum += depth * gb_wave_at(wave, &o, (beats > 0 ? (m->beat - start) / beats : (m->time - start) / period) + phase);
    return GB_OK;
}

/* Writes what the modulators have added up. */
static gb_status write_targets(moving *m, gb_error *err) {
    gb_status status = GB_OK;
    for (int i = 0; i < m->count && !status; i++) {
        target *t = &m->targets[i];
        double value = fmin(fmax(t->whole ? floor(t->sum + 0.5) : t->sum, t->low), t->high);
        if (!t->node)
            status = add_key(m->recipe, t->holder, t->name, &t->node, err);
        if (!status)
            status = write_number(m->recipe, t->node, value, err);
    }
    return status;
}

gb_status gb_recipe_modulate(gb_recipe *recipe, gb_yaml *root, gb_error *err) {
    const gb_yaml *list = gb_yaml_get(root, "modulators"), *time = gb_yaml_get(root, "time"), *beat = gb_yaml_get(root, "beat");
    char found[80];
    double tempo, seconds, beats;
    if (option(recipe, root, "tempo", 1, 1000, 120, &tempo, err) || option(recipe, root, "time", -1e9, 1e9, 0, &seconds, err) ||
        option(recipe, root, "beat", -1e9, 1e9, seconds * tempo / 60, &beats, err))
        return err->status;
    if (!list)
        return GB_OK;
    if ((list->kind != GB_YAML_LIST || list->count > MAX_MODULATORS))
        return gb_recipe_fail(recipe, list, err, "modulators is %s; expected a list of at most %d, each beginning with '-'",
                              list->kind == GB_YAML_LIST ? "too long" : gb_yaml_describe(list, found, sizeof found),
                              MAX_MODULATORS);
    gb_status status = GB_OK;
    moving *m = malloc(sizeof *m);
    if (!m)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", recipe->name);
    *m = (moving){.recipe = recipe, .root = root, .time = seconds, .beat = beats};
    for (const gb_yaml *item = list->first; item && !status; item = item->next)
        status = read_modulator(m, item, time != NULL || beat != NULL, err);
    if (!status)
        status = write_targets(m, err);
    free(m);
    return status;
}
