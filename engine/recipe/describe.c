/* Describes a recipe in words. The recipe is applied to a temporary session, so that the same errors are found as by
 * gb_recipe_apply(), and the description has the actual nodes of a glob and the actual number of drawn features. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

typedef struct description {
    char text[900];
    size_t used;
} description;

static void append(description *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(description *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(s->text + s->used, sizeof s->text - s->used, format, args);
    va_end(args);
    if (length > 0)
        s->used = s->used + (size_t)length < sizeof s->text ? s->used + (size_t)length : sizeof s->text - 1;
}

/* ------------------------------------------------------------------------------------------------ where */

/* The bends that a step has added to the session. */
typedef struct step_bends {
    const gb_session *session;
    const gb_applied *bends;
    int count;
} step_bends;

/* The bends of `step`, which begin at `*k` in the list; advances `*k` to those of the next step. */
static step_bends bends_of(const gb_session *session, const gb_applied_list *list, int step, int *k) {
    step_bends of = {session, list->bends ? list->bends + *k : NULL, 0};
    for (; *k < list->count && list->bends[*k].step == step; ++*k)
        of.count++;
    return of;
}

static const gb_bend_entry *entry_of(const step_bends *of, int i) {
    return of->session->now.bends.entries[gb_bend_list_find(&of->session->now.bends, of->bends[i].id)];
}

static const gb_bend_place *first_place(const step_bends *of) {
    return of->count ? &entry_of(of, 0)->places[0] : NULL;
}

static int count_places(const step_bends *of) {
    int count = 0;
    for (int i = 0; i < of->count; i++)
        count += entry_of(of, i)->place_count;
    return count;
}

static void append_places(description *s, const step_bends *of) {
    enum { NAMED = 4 };
    int listed = 0;
    for (int i = 0; i < of->count && listed < NAMED; i++) {
        const gb_bend_entry *entry = entry_of(of, i);
        for (int k = 0; k < entry->place_count && listed < NAMED; k++)
            append(s, "%s%s", listed++ ? ", " : "", of->session->graph->nodes[entry->places[k].node].name);
    }
    if (count_places(of) > NAMED)
        append(s, " and %d more", count_places(of) - NAMED);
    append(s, ": ");
}

/* The places as written in the recipe, for a step without bends. */
static void append_written_places(description *s, const gb_recipe_step *step) {
    for (int i = 0; i < step->place_count; i++) {
        const gb_recipe_place *place = &step->places[i];
        append(s, "%s", i ? ", " : "");
        switch (place->kind) {
        case GB_AT_NAME:
            append(s, "%s", place->name);
            break;
        case GB_AT_NUMBER:
            append(s, "node %d", place->number);
            break;
        case GB_AT_W:
            append(s, "w %d", place->number);
            break;
        case GB_AT_EVERY_W:
            append(s, "every w");
            break;
        case GB_AT_LAYER:
            append(s, "layer %d", place->number);
            break;
        }
    }
    append(s, ": ");
}

static void append_features(description *s, const step_bends *of, const gb_recipe_features *features) {
    const gb_bend_place *place = first_place(of);
    if (features->kind == GB_CHOOSE_ALL || !place)
        return;
    append(s, ", on %d of %lld features", place->features, (long long)of->session->graph->nodes[place->node].shape[0]);
    if (count_places(of) > 1)
        append(s, " there");
    if (features->kind == GB_CHOOSE_RANDOM)
        append(s, " drawn with seed %llu", (unsigned long long)features->seed);
    for (int i = 0; features->kind == GB_CHOOSE_CLUSTER && i < features->count; i++)
        append(s, "%s%d", i ? ", " : features->count > 1 ? " in clusters " : " in cluster ", features->list[i]);
}

/* ------------------------------------------------------------------------------------------------ what */

static void append_value(description *s, const gb_recipe *recipe, const gb_recipe_step *step, int i) {
    const gb_param_value *param_value = &step->param_value[i];
    const gb_param *param = gb_recipe_row_param(step, i);
    float numbers[GB_RECIPE_MAX_PARAMS];
    gb_recipe_numbers(recipe, step, numbers);
    if (param && param->choices)
        append(s, "%s", param->choices[(int)numbers[i]]);
    else
        append(s, "%g", param ? (double)numbers[i] : (double)(float)gb_recipe_value_of(recipe, param_value));
    if (param_value->param >= 0)
        append(s, " ($%s, %g to %g)", recipe->params[param_value->param].name, recipe->params[param_value->param].low,
            recipe->params[param_value->param].high);
}

/* Positional parameters, and of the others those that differ from their default values. */
static void append_row(description *s, const gb_recipe *recipe, const gb_recipe_step *step, const char *name,
                       int positional) {
    float numbers[GB_RECIPE_MAX_PARAMS];
    gb_recipe_numbers(recipe, step, numbers);
    append(s, "%s", name);
    for (int i = 0, listed = 0; i < step->param_count; i++) {
        const gb_param *param = gb_recipe_row_param(step, i);
        bool is_default = i >= positional && step->param_value[i].param < 0 && !(numbers[i] > param->default_value) &&
                     !(numbers[i] < param->default_value);
        if (is_default)
            continue;
        append(s, "%s %s ", listed++ ? "," : "", param->name);
        append_value(s, recipe, step, i);
    }
}

static void append_activation(description *s, const gb_recipe *recipe, const gb_recipe_step *step,
                              const gb_session *session, const gb_bend_place *place) {
    const gb_act_row *row = &gb_acts[step->activation];
    append_row(s, recipe, step, row->name, row->max_params);
    if (place)
        append(s, " in place of %s", gb_acts[session->graph->nodes[place->node].act].name);
    if (step->drop_bias)
        append(s, ", bias dropped");
    if (step->set_gain)
        append(s, ", gain %g", step->gain);
}

static void append_paint(description *s, const gb_recipe_step *step) {
    if (!step->mask) {
        append(s,
               step->grid ? "painted with '%s' in blocks of %d×%d, one pixel between" : "painted with '%s' everywhere",
               step->vector, step->grid, step->grid);
        return;
    }
    append(s, "painted by the mask %s", step->mask->file ? step->mask->file : "in the recipe");
    for (int i = 0; i < step->colour_count; i++)
        append(s, ", #%06x %s%s%s", (unsigned)step->colours[i].rgb, step->colours[i].vector ? "'" : "",
            step->colours[i].vector ? step->colours[i].vector : "kept", step->colours[i].vector ? "'" : "");
    if (step->has_other)
        append(s, ", the rest %s%s%s", step->other ? "'" : "", step->other ? step->other : "kept",
               step->other ? "'" : "");
    if (step->anywhere)
        append(s, ", at a random place");
}

static void append_values(description *s, const gb_recipe *recipe, const gb_recipe_step *step) {
    enum { NAMED = 6 };
    if (step->direction) {
        append(s, "moved by ");
        append_value(s, recipe, step, 0);
        append(s, " along the direction '%s'", step->direction->name);
        return;
    }
    if (step->file)
        append(s, step->add ? "%s added" : "set to %s", step->file);
    if (step->image)
        append(s, step->add ? "%s added, black as %g and white as %g" : "set to %s, black as %g and white as %g",
            gb_recipe_picture_name(step->image), step->low, step->high);
    for (int i = 0; i < step->values && i < NAMED; i++)
        append(s, "%s%d %s %g", i ? ", " : "", step->index[i], step->add ? "raised by" : "set to",
               (double)step->value[i]);
    if (step->values > NAMED)
        append(s, " and %d more", step->values - NAMED);
    if (step->param_value[0].param >= 0 || fabs(step->param_value[0].value - 1) > 0) {
        append(s, ", times ");
        append_value(s, recipe, step, 0);
    }
}

static void append_noise(description *s, const gb_recipe *recipe, const gb_recipe_step *step) {
    if (step->param_value[0].param < 0 && !(fabs(step->param_value[0].value) > 0)) {
        append(s, "noise off");
        return;
    }
    append(s, "noise times ");
    append_value(s, recipe, step, 0);
    if (step->reseed)
        append(s, ", maps drawn with seed %llu", (unsigned long long)step->seed);
}

static void append_action(description *s, const gb_recipe *recipe, const gb_recipe_step *step,
                          const gb_session *session, const gb_bend_place *place) {
    switch (step->kind) {
    case GB_STEP_FILTER:
        append_row(s, recipe, step, step->filter->name, step->filter->positional);
        break;
    case GB_STEP_ACTIVATION:
        append_activation(s, recipe, step, session, place);
        break;
    case GB_STEP_PAINT:
        append_paint(s, step);
        break;
    case GB_STEP_DISABLE:
        append(s, "disabled");
        break;
    case GB_STEP_NOISE:
        append_noise(s, recipe, step);
        break;
    case GB_STEP_TRUNCATE:
        append(s, "truncated by ");
        append_value(s, recipe, step, 0);
        break;
    case GB_STEP_SET:
        append_values(s, recipe, step);
        break;
    case GB_STEP_STYLE:
        if (step->param_value[0].param >= 0 || step->param_value[0].value < 1) {
            append(s, "a share of ");
            append_value(s, recipe, step, 0);
            append(s, " of ");
        }
        append(s, "the w of seed %llu", (unsigned long long)gb_recipe_style_seed(recipe, step));
        if (step->label >= 0)
            append(s, " and class %d", step->label);
        if (step->own_psi)
            append(s, ", truncated by %g", step->psi);
        break;
    }
}

static void describe_step(const gb_recipe *recipe, int index, const step_bends *of, description *s) {
    const gb_recipe_step *step = &recipe->steps[index];
    const gb_bend_place *place = first_place(of);
    *s = (description){0};
    if (place) {
        append_places(s, of);
        append_action(s, recipe, step, of->session, place);
        append_features(s, of, &step->features);
        return;
    }
    append_written_places(s, step);
    append(s, step->muted ? "muted; otherwise " : "not bent, as in network-bending's code");
    if (step->muted)
        append_action(s, recipe, step, of->session, NULL);
}

gb_status gb_recipe_describe(const gb_recipe *recipe, gb_model *model, void (*line)(void *arg, const char *text),
                             void *arg, gb_error *err) {
    gb_session *session = NULL;
    gb_applied_list list = {0};
    gb_clusters clusters = {0};
    int k = 0;
    description s;
    gb_status status = gb_session_new(model, NULL, &session, err);
    for (int i = 0; i < recipe->step_count && !status; i++)
        status = gb_recipe_bend_step(recipe, i, session, &clusters, &list, err);
    for (int i = 0; i < recipe->step_count && !status; i++) {
        step_bends of = bends_of(session, &list, i, &k);
        describe_step(recipe, i, &of, &s);
        line(arg, s.text);
    }
    free(list.bends);
    gb_clusters_close(&clusters);
    gb_session_free(session);
    return status;
}
