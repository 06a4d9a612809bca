/* A recipe in words. It is applied to a session of its own, so that what cannot be done is found as gb_recipe_apply()
 * finds it, and what is said is what the session then holds: the nodes a glob came to, how many features were drawn. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

typedef struct sentence {
    char text[900];
    size_t used;
} sentence;

static void say(sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(sentence *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(s->text + s->used, sizeof s->text - s->used, format, args);
    va_end(args);
    if (length > 0)
        s->used = s->used + (size_t)length < sizeof s->text ? s->used + (size_t)length : sizeof s->text - 1;
}

/* ------------------------------------------------------------------------------------------------ where */

/* The bends that a step has put into the session. */
typedef struct step_bends {
    const gb_session *session;
    const gb_applied *bends;
    int count;
} step_bends;

/* Those of `step` begin at `*k` in the list, which is in the order of steps; `*k` goes on to those of the next. */
static step_bends bends_of(const gb_session *session, const gb_applied_list *list, int step, int *k) {
    step_bends of = {session, list->bends ? list->bends + *k : NULL, 0};
    for (; *k < list->count && list->bends[*k].step == step; ++*k)
        of.count++;
    return of;
}

static const gb_bend_entry *entry_of(const step_bends *of, int i) {
    return of->session->now.bends.entries[gb_bend_list_find(&of->session->now.bends, of->bends[i].id)];
}

static const gb_bend_site *first_site(const step_bends *of) {
    return of->count ? &entry_of(of, 0)->sites[0] : NULL;
}

static int count_sites(const step_bends *of) {
    int count = 0;
    for (int i = 0; i < of->count; i++)
        count += entry_of(of, i)->site_count;
    return count;
}

static void say_places(sentence *s, const step_bends *of) {
    enum { NAMED = 4 };
    int said = 0;
    for (int i = 0; i < of->count && said < NAMED; i++) {
        const gb_bend_entry *entry = entry_of(of, i);
        for (int k = 0; k < entry->site_count && said < NAMED; k++)
            say(s, "%s%s", said++ ? ", " : "", of->session->graph->nodes[entry->sites[k].node].name);
    }
    if (count_sites(of) > NAMED)
        say(s, " and %d more", count_sites(of) - NAMED);
    say(s, ": ");
}

/* As they stand in the recipe: of a step that is on no node. */
static void say_written_places(sentence *s, const gb_recipe_step *step) {
    for (int i = 0; i < step->place_count; i++) {
        const gb_place *place = &step->places[i];
        say(s, "%s", i ? ", " : "");
        switch (place->kind) {
        case GB_PLACE_NAME:
            say(s, "%s", place->name);
            break;
        case GB_PLACE_NUMBER:
            say(s, "node %d", place->number);
            break;
        case GB_PLACE_W:
            say(s, "w %d", place->number);
            break;
        case GB_PLACE_EVERY_W:
            say(s, "every w");
            break;
        case GB_PLACE_LAYER:
            say(s, "layer %d", place->number);
            break;
        }
    }
    say(s, ": ");
}

static void say_features(sentence *s, const step_bends *of, const gb_pick *pick) {
    const gb_bend_site *site = first_site(of);
    if (pick->kind == GB_PICK_ALL || !site)
        return;
    say(s, ", on %d of %lld features", site->features, (long long)of->session->graph->nodes[site->node].shape[0]);
    if (count_sites(of) > 1)
        say(s, " there");
    if (pick->kind == GB_PICK_RANDOM)
        say(s, " drawn with seed %llu", (unsigned long long)pick->seed);
    for (int i = 0; pick->kind == GB_PICK_CLUSTER && i < pick->count; i++)
        say(s, "%s%d", i ? ", " : pick->count > 1 ? " in clusters " : " in cluster ", pick->list[i]);
}

/* ------------------------------------------------------------------------------------------------ what */

static void say_number(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step, int i) {
    const gb_dial *dial = &step->dial[i];
    const gb_param *param = gb_recipe_row_param(step, i);
    float numbers[GB_RECIPE_PARAMS];
    gb_recipe_numbers(recipe, step, numbers);
    if (param && param->choices)
        say(s, "%s", param->choices[(int)numbers[i]]);
    else
        say(s, "%g", param ? (double)numbers[i] : (double)(float)gb_recipe_dialled(recipe, dial));
    if (dial->param >= 0)
        say(s, " ($%s, %g to %g)", recipe->params[dial->param].name, recipe->params[dial->param].low,
            recipe->params[dial->param].high);
}

/* Those that have a place, and of the others what is not as usual. */
static void say_row(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step, const char *name,
                    int positional) {
    float numbers[GB_RECIPE_PARAMS];
    gb_recipe_numbers(recipe, step, numbers);
    say(s, "%s", name);
    for (int i = 0, said = 0; i < step->dials; i++) {
        const gb_param *param = gb_recipe_row_param(step, i);
        bool usual = i >= positional && step->dial[i].param < 0 && !(numbers[i] > param->default_value) &&
                     !(numbers[i] < param->default_value);
        if (usual)
            continue;
        say(s, "%s %s ", said++ ? "," : "", param->name);
        say_number(s, recipe, step, i);
    }
}

static void say_activation(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step, const gb_session *session,
                           const gb_bend_site *site) {
    const gb_act_row *row = &gb_acts[step->activation];
    say_row(s, recipe, step, row->name, row->max_params);
    if (site)
        say(s, " in place of %s", gb_acts[session->graph->nodes[site->node].act].name);
    if (step->drop_bias)
        say(s, ", bias dropped");
    if (step->set_gain)
        say(s, ", gain %g", step->gain);
}

static void say_paint(sentence *s, const gb_recipe_step *step) {
    if (!step->mask) {
        say(s, step->grid ? "painted with '%s' in blocks of %d×%d, one pixel between" : "painted with '%s' everywhere",
            step->vector, step->grid, step->grid);
        return;
    }
    say(s, "painted by the mask %s", step->mask->file ? step->mask->file : "in the recipe");
    for (int i = 0; i < step->colour_count; i++)
        say(s, ", #%06x %s%s%s", (unsigned)step->colours[i].rgb, step->colours[i].vector ? "'" : "",
            step->colours[i].vector ? step->colours[i].vector : "kept", step->colours[i].vector ? "'" : "");
    if (step->has_other)
        say(s, ", the rest %s%s%s", step->other ? "'" : "", step->other ? step->other : "kept", step->other ? "'" : "");
}

static void say_values(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step) {
    enum { NAMED = 6 };
    if (step->file)
        say(s, step->add ? "%s added" : "set to %s", step->file);
    if (step->image)
        say(s, step->add ? "%s added, black as %g and white as %g" : "set to %s, black as %g and white as %g",
            gb_recipe_picture_name(step->image), step->low, step->high);
    for (int i = 0; i < step->values && i < NAMED; i++)
        say(s, "%s%d %s %g", i ? ", " : "", step->index[i], step->add ? "raised by" : "set to", (double)step->value[i]);
    if (step->values > NAMED)
        say(s, " and %d more", step->values - NAMED);
    if (step->dial[0].param >= 0 || fabs(step->dial[0].value - 1) > 0) {
        say(s, ", times ");
        say_number(s, recipe, step, 0);
    }
}

static void say_noise(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step) {
    if (step->dial[0].param < 0 && !(fabs(step->dial[0].value) > 0)) {
        say(s, "noise off");
        return;
    }
    say(s, "noise times ");
    say_number(s, recipe, step, 0);
    if (step->reseed)
        say(s, ", maps drawn with seed %llu", (unsigned long long)step->seed);
}

static void say_what(sentence *s, const gb_recipe *recipe, const gb_recipe_step *step, const gb_session *session,
                     const gb_bend_site *site) {
    switch (step->kind) {
    case GB_STEP_FILTER:
        say_row(s, recipe, step, step->filter->name, step->filter->positional);
        break;
    case GB_STEP_ACTIVATION:
        say_activation(s, recipe, step, session, site);
        break;
    case GB_STEP_PAINT:
        say_paint(s, step);
        break;
    case GB_STEP_DISABLE:
        say(s, "switched off");
        break;
    case GB_STEP_NOISE:
        say_noise(s, recipe, step);
        break;
    case GB_STEP_TRUNCATE:
        say(s, "truncated by ");
        say_number(s, recipe, step, 0);
        break;
    case GB_STEP_SET:
        say_values(s, recipe, step);
        break;
    case GB_STEP_STYLE:
        if (step->dial[0].param >= 0 || step->dial[0].value < 1) {
            say(s, "a share of ");
            say_number(s, recipe, step, 0);
            say(s, " of ");
        }
        say(s, "the w of seed %llu", (unsigned long long)step->seed);
        if (step->label >= 0)
            say(s, " and class %d", step->label);
        if (step->own_psi)
            say(s, ", truncated by %g", step->psi);
        break;
    }
}

static void describe_step(const gb_recipe *recipe, int index, const step_bends *of, sentence *s) {
    const gb_recipe_step *step = &recipe->steps[index];
    const gb_bend_site *site = first_site(of);
    *s = (sentence){0};
    if (site) {
        say_places(s, of);
        say_what(s, recipe, step, of->session, site);
        say_features(s, of, &step->pick);
        return;
    }
    say_written_places(s, step);
    say(s, step->muted ? "muted; otherwise " : "nothing happens; network-bending's code never bends it either");
    if (step->muted)
        say_what(s, recipe, step, of->session, NULL);
}

gb_status gb_recipe_describe(const gb_recipe *recipe, gb_model *model, void (*line)(void *arg, const char *text),
                             void *arg, gb_error *err) {
    gb_session *session = NULL;
    gb_applied_list list = {0};
    gb_clusters clusters = {0};
    int k = 0;
    sentence s;
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
