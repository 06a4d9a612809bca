/* Applies a step of a recipe to a session: finds its nodes, reads its files, and adds its bends. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

/* ------------------------------------------------------------------------------------------------ parameters */

const gb_param *gb_recipe_row_param(const gb_recipe_step *step, int i) {
    return step->kind == GB_STEP_FILTER       ? &step->filter->param[i]
           : step->kind == GB_STEP_ACTIVATION ? &gb_acts[step->activation].param[i]
                                              : NULL;
}

/* Named parameters may have any value, so integer parameters are rounded. */
void gb_recipe_numbers(const gb_recipe *recipe, const gb_recipe_step *step, float numbers[GB_RECIPE_MAX_PARAMS]) {
    for (int i = 0; i < GB_RECIPE_MAX_PARAMS; i++) {
        const gb_param *param = i < step->param_count ? gb_recipe_row_param(step, i) : NULL;
        double value = i < step->param_count ? gb_recipe_value_of(recipe, &step->param_value[i]) : 0;
        if (i == 0 && step->kind == GB_STEP_STYLE)
            value = 1 - value;          /* `keep` is the share of the original */
        numbers[i] = (float)(param && (param->integer || param->choices) ? rint(value) : value);
    }
}

uint64_t gb_recipe_style_seed(const gb_recipe *recipe, const gb_recipe_step *step) {
    return step->kind == GB_STEP_STYLE ? (uint64_t)rint(gb_recipe_value_of(recipe, &step->style)) : 0;
}

/* ------------------------------------------------------------------------------------------------ bends */

typedef struct step_context {
    const gb_recipe *recipe;
    const gb_recipe_step *step;
    int index;
    gb_session *session;
    gb_applied_list *list;
    int next;                   /* position in the list of the next bend to update; -1 = add bends */
    int bends;                  /* added or changed so far */
    float numbers[GB_RECIPE_MAX_PARAMS];
    gb_clusters *clusters;
    gb_recipe_paint paint;
    gb_error *err;
} step_context;

static gb_status add_bend(step_context *b, const gb_bend_options *options) {
    if (b->list->count == b->list->room) {
        int room = b->list->room ? 2 * b->list->room : 16;
        gb_applied *grown = realloc(b->list->bends, (size_t)room * sizeof *grown);
        if (!grown)
            return gb_fail(b->err, GB_NO_MEMORY, "out of memory");
        b->list->bends = grown;
        b->list->room = room;
    }
    gb_applied *applied = &b->list->bends[b->list->count];
    *applied = (gb_applied){0, b->index};
    gb_status status = gb_session_bend(b->session, options, &applied->id, b->err);
    b->list->count += !status;
    return status;
}

int gb_applied_first(const gb_applied_list *list, int step) {
    int low = 0, high = list->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (list->bends[middle].step < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A step's bends are adjacent in the list, in the order of its places. */
static gb_status change_bend(step_context *b, const gb_bend_options *options) {
    if (b->next >= b->list->count || b->list->bends[b->next].step != b->index)
        return gb_fail(b->err, GB_BAD_ARGUMENT, "the step acts at other places than when it was applied");
    return gb_session_bend_replace(b->session, b->list->bends[b->next++].id, options, b->err);
}

static gb_status bend(step_context *b, const char *at, const gb_bend_options *special) {
    static const gb_bend_kind kinds[] = {
        [GB_STEP_FILTER] = GB_BEND_FILTER, [GB_STEP_ACTIVATION] = GB_BEND_ACTIVATION, [GB_STEP_PAINT] = GB_BEND_PAINT,
        [GB_STEP_DISABLE] = GB_BEND_DISABLE, [GB_STEP_NOISE] = GB_BEND_NOISE, [GB_STEP_TRUNCATE] = GB_BEND_TRUNCATE,
        [GB_STEP_SET] = GB_BEND_SET, [GB_STEP_STYLE] = GB_BEND_STYLE,
    };
    const gb_recipe_step *s = b->step;
    bool row = s->kind == GB_STEP_FILTER || s->kind == GB_STEP_ACTIVATION;
    gb_bend_options o = *special;
    o.kind = o.vectors ? GB_BEND_PAINT : kinds[s->kind];        /* an image is set by painting */
    o.at = at;
    if (s->features.kind == GB_CHOOSE_RANDOM)
        o.features = (gb_features){GB_FEATURES_RANDOM, NULL, 0, s->features.share, s->features.seed};
    else if (s->features.kind == GB_CHOOSE_LIST)
        o.features = (gb_features){GB_FEATURES_LIST, s->features.list, s->features.count, 0, 0};
    o.name = s->kind == GB_STEP_FILTER ? s->filter->name : row ? gb_acts[s->activation].name : NULL;
    o.params = row ? b->numbers : NULL;
    o.param_count = row ? s->param_count : 0;
    o.drop_bias = s->drop_bias;
    o.set_gain = s->set_gain;
    o.gain = (float)s->gain;
    o.factor = b->numbers[0];
    o.psi = s->kind == GB_STEP_STYLE ? (float)s->psi : b->numbers[0];
    o.set_psi = s->own_psi;
    o.set_label = s->kind == GB_STEP_STYLE && s->label >= 0;
    o.label = s->label;
    o.reseed = s->reseed;
    o.seed = s->kind == GB_STEP_STYLE ? gb_recipe_style_seed(b->recipe, s) : s->seed;
    o.add = s->add;
    o.keep = s->kind == GB_STEP_STYLE ? b->numbers[0] : 0;
    if (gb_work_cancelled(&b->session->work))
        return gb_fail_cancelled(b->err);
    b->bends++;
    return b->next < 0 ? add_bend(b, &o) : change_bend(b, &o);
}

static gb_status bend_cluster(step_context *b, gb_node node, bool exact) {
    const gb_graph *graph = b->session->graph;
    gb_bend_options o = {0};
    int *list, count;
    gb_status status = gb_clusters_of(b->clusters, &b->step->features, graph, node, &list, &count, b->err);
    if (!status && !count)
        return exact ? gb_fail(b->err, GB_BAD_ARGUMENT, "%s: no clusters for '%s' (network-bending's layer %d)",
                               b->clusters->name, graph->nodes[node].name, gb_layer_number(graph, node))
                     : GB_OK;
    o.features = (gb_features){GB_FEATURES_LIST, list, count, 0, 0};
    if (!status)
        status = bend(b, graph->nodes[node].name, &o);
    free(list);
    return status;
}

/* Sets a boundary of one map to an image by painting, or adds the image; transparent pixels are kept. */
static gb_status bend_image(step_context *b, gb_node node) {
    const gb_graph_node *n = &b->session->graph->nodes[node];
    const gb_shape s = gb_node_shape(n);
    gb_bend_options o = {.vector_count = b->paint.count, .mask_h = s.h, .mask_w = s.w, .samples = 1};
    int16_t *mask = NULL;
    float *values = NULL;
    if (n->ndim != 3 || s.c != 1)
        return gb_fail(b->err, GB_BAD_ARGUMENT, "'%s' has %lld channels: an image needs a boundary of one map, such as "
                                                "the noise_const of a layer", n->name, (long long)n->shape[0]);
    gb_status status = gb_recipe_mask_at(&b->paint, &s, &mask, b->err);
    if (!status && b->step->add && !(values = malloc((size_t)s.h * (size_t)s.w * sizeof *values)))
        status = gb_fail(b->err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; values && i < (size_t)s.h * (size_t)s.w; i++)
        values[i] = mask[i] < 0 ? 0 : b->paint.vectors[mask[i]];
    o.values = values;
    o.vectors = values ? NULL : b->paint.vectors;
    o.mask = mask;
    if (!status)
        status = bend(b, n->name, &o);
    free(values);
    free(mask);
    return status;
}

static gb_status bend_values(step_context *b, gb_node node) {
    float *values;
    gb_bend_options o = {0};
    const gb_recipe_step *s = b->step;
    gb_status status = gb_recipe_values(b->recipe, s, b->session->graph, node, &values, b->err);
    if (status)
        return status;
    o.values = values;
    o.samples = 1;
    if (s->index)               /* all other values are kept */
        o.features = (gb_features){GB_FEATURES_LIST, s->index, s->values, 0, 0};
    status = bend(b, b->session->graph->nodes[node].name, &o);
    free(values);
    return status;
}

static gb_status bend_paint(step_context *b, gb_node node) {
    const gb_graph_node *n = &b->session->graph->nodes[node];
    const gb_recipe_paint *p = &b->paint;
    const gb_shape s = gb_node_shape(n);
    int16_t *mask = NULL;
    if (n->ndim == 3 && n->shape[0] != p->c)
        return gb_fail(b->err, GB_BAD_ARGUMENT, "the vector has %d values, but '%s' has %lld channels", p->c, n->name,
                       (long long)n->shape[0]);
    gb_status status = p->mask ? gb_recipe_mask_at(p, &s, &mask, b->err) : GB_OK;
    if (!status)
        status = bend(b, n->name, &(gb_bend_options){.vectors = p->vectors, .vector_count = p->count,
                                                     .grid = b->step->grid, .mask = mask, .mask_h = s.h,
                                                     .mask_w = s.w, .anywhere = b->step->anywhere});
    free(mask);
    return status;
}

/* False for nodes that a glob skips because the step makes no sense there. */
static bool is_wanted(const step_context *b, gb_node node) {
    const gb_graph_node *n = &b->session->graph->nodes[node];
    if (b->step->kind == GB_STEP_ACTIVATION)
        return !n->is_input && n->desc.op == GB_OP_BIAS_ACT && n->act != GB_ACT_LINEAR;
    if (b->step->kind == GB_STEP_PAINT)
        return n->ndim == 3;
    return !n->is_map;
}

static gb_status bend_node(step_context *b, gb_node node, bool exact) {
    if (!exact && !is_wanted(b, node))
        return GB_OK;
    if (b->step->kind == GB_STEP_PAINT)
        return bend_paint(b, node);
    if (b->step->kind == GB_STEP_SET)
        return b->step->image ? bend_image(b, node) : bend_values(b, node);
    return bend_cluster(b, node, exact);
}

/* Bends each matching node on its own if the options depend on the node; otherwise leaves the glob to the session. */
static gb_status bend_at(step_context *b, const char *at) {
    const gb_graph *graph = b->session->graph;
    gb_node node = gb_graph_find(graph, at);
    bool each = b->step->features.kind == GB_CHOOSE_CLUSTER || b->step->kind == GB_STEP_PAINT ||
                b->step->kind == GB_STEP_SET;
    int before = b->bends;
    if (b->step->kind == GB_STEP_STYLE && node != GB_NO_NODE &&
        !gb_model_can_bend(b->session->model, node, GB_BEND_STYLE))
        return gb_fail(b->err, GB_BAD_ARGUMENT, "'%s' is not a w: a style can only replace w's",
                       graph->nodes[node].name);
    if (!each)
        return bend(b, at, &(gb_bend_options){0});
    if (node != GB_NO_NODE)
        return bend_node(b, node, true);
    gb_status status = GB_OK;
    for (gb_node i = 0; i < graph->count && !status; i++)
        if (gb_graph_matches(graph, i, at))
            status = bend_node(b, i, false);
    if (!status && b->bends == before)
        status = gb_fail(b->err, GB_BAD_ARGUMENT, "it can act on none of the nodes '%s'", at);
    return status;
}

/* ------------------------------------------------------------------------------------------------ places */

static gb_status no_node(const step_context *b, const char *name) {
    const char *nearest = gb_graph_nearest(b->session->graph, name);
    return nearest
               ? gb_fail(b->err, GB_BAD_ARGUMENT, "there is no node '%s'; the nearest is '%s'", name, nearest)
               : gb_fail(b->err, GB_BAD_ARGUMENT, "there is no node '%s'; `ganbend info` lists the nodes", name);
}

static int role_count(const gb_graph *graph, gb_role role) {
    int count = 0;
    while (gb_graph_find_role(graph, role, count) != GB_NO_NODE)
        count++;
    return count;
}

static gb_status bend_w(step_context *b, int number) {
    const gb_graph *graph = b->session->graph;
    gb_node node = gb_graph_find_role(graph, GB_ROLE_W, number);
    int count = role_count(graph, GB_ROLE_W);
    if (node != GB_NO_NODE)
        return bend_at(b, graph->nodes[node].name);
    return count ? gb_fail(b->err, GB_BAD_ARGUMENT, "w %d: this network has 0 to %d", number, count - 1)
                 : gb_fail(b->err, GB_BAD_ARGUMENT, "this network has no w's");
}

static gb_status bend_every_w(step_context *b) {
    int count = role_count(b->session->graph, GB_ROLE_W);
    gb_status status = count ? GB_OK : bend_w(b, 0);
    for (int i = 0; i < count && !status; i++)
        status = bend_w(b, i);
    return status;
}

static gb_status bend_layer(step_context *b, int number) {
    const gb_graph *graph = b->session->graph;
    gb_node node = gb_graph_find_role(graph, GB_ROLE_LAYER, number);
    int count = role_count(graph, GB_ROLE_LAYER);
    if (!count)
        return gb_fail(b->err, GB_BAD_ARGUMENT, "this network has no layers with network-bending's numbers: name the "
                                                "node with 'at' under 'bends'");
    if (node == GB_NO_NODE)
        return gb_fail(b->err, GB_BAD_ARGUMENT, "layer %d: this network has the layers 0 to %d", number, count - 1);
    return number ? bend_at(b, graph->nodes[node].name) : GB_OK;
}

/* The layers that the recipe names, or those of the direction's file; directions of z act on z, and in a network without w's so do
 * those of w: files of other tools do not say which they are. */
static gb_status bend_along_direction(step_context *b, const gb_recipe_place *place) {
    const gb_recipe_direction *d = b->step->direction;
    const gb_graph *graph = b->session->graph;
    int count = role_count(graph, GB_ROLE_W), last = d->last_layer < 0 ? count - 1 : d->last_layer;
    if (d->space == GB_LATENT_Z || !count) {
        gb_node z = gb_graph_find_role(graph, GB_ROLE_Z, 0);
        if (d->own_layers || z == GB_NO_NODE)
            return gb_fail(b->err, GB_BAD_ARGUMENT, d->own_layers ? "'%s' is a direction of z, which all layers share: leave "
                                                                    "out 'layers'"
                                                                  : "'%s' is a direction of z, but this network has no z",
                           d->name);
        return bend_at(b, graph->nodes[z].name);
    }
    if (d->own_layers)
        return bend_w(b, place->number);
    gb_status status = GB_OK;
    for (int i = d->first_layer; i <= last && !status; i++)
        status = bend_w(b, i);
    return status;
}

static gb_status bend_place(step_context *b, const gb_recipe_place *place) {
    const gb_graph *graph = b->session->graph;
    if (b->step->direction)
        return bend_along_direction(b, place);
    gb_node found = 0;
    switch (place->kind) {
    case GB_AT_NUMBER:
        if (place->number >= graph->count)
            return gb_fail(b->err, GB_BAD_ARGUMENT, "node %d: this network has 0 to %d", place->number,
                           graph->count - 1);
        return bend_at(b, graph->nodes[place->number].name);
    case GB_AT_W:
        return bend_w(b, place->number);
    case GB_AT_EVERY_W:
        return bend_every_w(b);
    case GB_AT_LAYER:
        return bend_layer(b, place->number);
    case GB_AT_NAME:
        if (strlen(place->name) > GB_MAX_NAME)
            return gb_fail(b->err, GB_BAD_ARGUMENT, "the place '%.40s…' has %zu bytes; expected at most %d",
                           place->name, strlen(place->name), GB_MAX_NAME);
        if (gb_graph_find(graph, place->name) != GB_NO_NODE)
            return bend_at(b, place->name);
        while (found < graph->count && !gb_graph_matches(graph, found, place->name))
            found++;
        return found < graph->count ? bend_at(b, place->name) : no_node(b, place->name);
    }
    return GB_OK;
}

gb_status gb_recipe_bend_step(const gb_recipe *recipe, int index, gb_session *session, gb_clusters *clusters,
                              gb_applied_list *list, gb_error *err) {
    gb_error why = {0};
    const gb_recipe_step *step = &recipe->steps[index];
    step_context b = {.recipe = recipe, .step = step, .index = index, .session = session, .clusters = clusters,
                .list = list, .next = -1, .err = &why};
    int first = gb_applied_first(list, index);
    if (first < list->count && list->bends[first].step == index)
        b.next = first;
    gb_recipe_numbers(recipe, step, b.numbers);
    gb_status status = GB_OK;
    if (step->muted)
        return GB_OK;
    if (gb_work_cancelled(&session->work))          /* before reading files */
        return gb_fail_cancelled(err);
    if (step->features.kind == GB_CHOOSE_CLUSTER)
        status = gb_clusters_open(recipe, &step->features, clusters, &why);
    if (!status && step->kind == GB_STEP_PAINT)
        status = gb_recipe_paint_read(recipe, step, &b.paint, &why);
    if (!status && step->image)
        status = gb_recipe_image_read(recipe, step, &b.paint, &why);
    if (!status && step->direction)
        status = gb_recipe_direction_open(recipe, step->direction, &why);
    if (status)
        gb_recipe_fail_at(recipe, step->line, step->column, status, err, "%s", why.message);
    for (int i = 0; i < step->place_count && !status; i++) {
        const gb_recipe_place *place = &step->places[i];
        if ((status = bend_place(&b, place)) == GB_CANCELLED)
            gb_fail_cancelled(err);
        else if (status)
            gb_recipe_fail_at(recipe, place->line, place->column, status, err, "%s", why.message);
    }
    gb_recipe_paint_free(&b.paint);
    return status;
}
