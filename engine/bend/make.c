/* Makes bends: looks up names, checks parameters against their ranges, draws features, and resizes masks to each layer.
 * Nothing in the session changes but its counter of ids. */
#include "make.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disable.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/graph/model.h"
#include "engine/graph/tables.h"

static void *copy_of(const void *bytes, size_t size, bool *failed) {
    void *copy = bytes ? malloc(size ? size : 1) : NULL;
    if (copy)
        memcpy(copy, bytes, size);
    *failed |= bytes && !copy;
    return copy;
}

/* ------------------------------------------------------------------------------------------------ parameters */

/* Sets the filter or activation of an entry and its parameters. */
static gb_status choose_row(gb_bend_entry *entry, const float *params, int count, gb_error *err) {
    gb_bend_options *o = &entry->options;
    bool filter = o->kind == GB_BEND_FILTER;
    gb_chosen_row row;
    gb_status status = (filter ? gb_choose_filter : gb_choose_activation)(o->name, params, count, &row, err);
    if (status)
        return status;
    if (filter)
        entry->filter = gb_filters[row.index];
    else
        entry->activation = (int)row.index;
    o->name = filter ? entry->filter->name : gb_acts[row.index].name;
    memcpy(entry->params, row.params, sizeof entry->params);
    entry->param_count = row.count;
    return GB_OK;
}

static gb_status set_params(gb_bend_entry *entry, const float *params, int count, gb_error *err) {
    switch (entry->options.kind) {
    case GB_BEND_FILTER:
    case GB_BEND_ACTIVATION:
        return choose_row(entry, params, count, err);
    case GB_BEND_NOISE:
        if (count > 0)
            entry->options.factor = params[0];
        return isfinite(entry->options.factor) ? GB_OK : gb_fail(err, GB_BAD_ARGUMENT, "noise factor is not finite");
    case GB_BEND_TRUNCATE:
        if (count > 0)
            entry->options.psi = params[0];
        return isfinite(entry->options.psi) ? GB_OK : gb_fail(err, GB_BAD_ARGUMENT, "truncation psi is not finite");
    case GB_BEND_SET:
    case GB_BEND_STYLE:
        if (count > 0)
            entry->options.keep = params[0];
        return entry->options.keep >= 0 && entry->options.keep <= 1
                   ? GB_OK
                   : gb_fail(err, GB_BAD_ARGUMENT, "the share to keep is %g; expected 0 to 1",
                             (double)entry->options.keep);
    default:
        return count ? gb_fail(err, GB_BAD_ARGUMENT, "this bend has no parameters to change") : GB_OK;
    }
}

/* ------------------------------------------------------------------------------------------------ features */

static int by_value(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* The seed of what is drawn for one image of a series. */
static uint64_t drawn_for(uint64_t seed, uint64_t image) {
    return seed + image * UINT64_C(2654435761);
}

/* The first `count` elements of a Fisher-Yates shuffle of 0 … channels − 1, with MT19937. */
static void draw_features(uint64_t seed, int channels, int *order, int count) {
    gb_random random;
    gb_random_seed(&random, seed);
    for (int i = 0; i < channels; i++)
        order[i] = i;
    for (int i = 0; i < count; i++) {
        int k = i + (int)(gb_random_word(&random) % (uint32_t)(channels - i)), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
}

static gb_status choose_features(const gb_bend_entry *entry, gb_bend_place *place, const gb_graph *graph,
                                 uint64_t image, gb_error *err) {
    const gb_features *f = &entry->options.features;
    const gb_graph_node *node = &graph->nodes[place->node];
    int channels = (int)node->shape[0];
    if (f->choice == GB_FEATURES_ALL)
        return GB_OK;
    if (f->choice == GB_FEATURES_RANDOM && !(f->share >= 0 && f->share <= 1))
        return gb_fail(err, GB_BAD_ARGUMENT, "the share of the features is %g; expected 0 to 1", f->share);
    place->feature = malloc((size_t)(channels > f->count ? channels : f->count) * sizeof *place->feature + 1);
    place->channels = calloc((size_t)channels, 1);
    if (!place->feature || !place->channels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (f->choice == GB_FEATURES_RANDOM) {
        place->features = (int)(f->share * channels);
        draw_features(drawn_for(f->seed, image), channels, place->feature, place->features);
    } else {
        place->features = f->count;
        for (int i = 0; i < f->count; i++) {
            if (f->list[i] < 0 || f->list[i] >= channels)
                return gb_fail(err, GB_BAD_ARGUMENT, "'%s' has no feature %d; it has 0 to %d", node->name, f->list[i],
                               channels - 1);
            place->feature[i] = f->list[i];
        }
    }
    qsort(place->feature, (size_t)place->features, sizeof *place->feature, by_value);
    int unique = 0;
    for (int i = 0; i < place->features; i++) {
        place->channels[place->feature[i]] = 1;
        if (!unique || place->feature[unique - 1] != place->feature[i])
            place->feature[unique++] = place->feature[i];
    }
    place->features = unique;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ painting */

/* One of `count` numbers from 0 on; of different counts about the same share, so that layers of different sizes agree. */
static int draw_below(gb_random *random, int count) {
    return (int)((uint64_t)gb_random_word(random) * (uint64_t)count >> 32);
}

/* Moves what is painted, as a whole, to one of the places where it fits. */
static gb_status move_anywhere(int16_t *index, const gb_shape *s, uint64_t seed, gb_error *err) {
    size_t pixels = (size_t)s->h * (size_t)s->w;
    int top = s->h, left = s->w, bottom = -1, right = -1;
    gb_random random;
    for (int y = 0; y < s->h; y++)
        for (int x = 0; x < s->w; x++)
            if (index[(size_t)y * (size_t)s->w + (size_t)x] >= 0) {
                top = y < top ? y : top;
                bottom = y;
                left = x < left ? x : left;
                right = x > right ? x : right;
            }
    if (bottom < 0)
        return GB_OK;
    int16_t *before = malloc(pixels * sizeof *before);
    if (!before)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    memcpy(before, index, pixels * sizeof *before);
    for (size_t i = 0; i < pixels; i++)
        index[i] = -1;
    gb_random_seed(&random, seed);
    int y0 = draw_below(&random, s->h - (bottom - top)), x0 = draw_below(&random, s->w - (right - left));
    for (int y = top; y <= bottom; y++)
        memcpy(index + (size_t)(y - top + y0) * (size_t)s->w + (size_t)x0, before + (size_t)y * (size_t)s->w + (size_t)left,
               (size_t)(right - left + 1) * sizeof *index);
    free(before);
    return GB_OK;
}

static gb_status choose_pixels(const gb_bend_entry *entry, gb_bend_place *place, const gb_graph *graph, uint64_t image,
                               gb_error *err) {
    const gb_bend_options *o = &entry->options;
    gb_shape s = gb_node_shape(&graph->nodes[place->node]);
    place->index = malloc((size_t)s.h * (size_t)s.w * sizeof *place->index);
    if (!place->index)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int y = 0; y < s.h; y++) {
        for (int x = 0; x < s.w; x++) {
            int16_t index = 0;
            if (o->mask)
                index = gb_mask_pixel(o->mask, o->mask_h, o->mask_w, &s, y, x);
            else if (o->grid > 0)
                index = gb_on_grid(y, s.h, o->grid) && gb_on_grid(x, s.w, o->grid) ? 0 : -1;
            if (index >= o->vector_count)
                return gb_fail(err, GB_BAD_ARGUMENT, "the mask names vector %d; there are %d", index, o->vector_count);
            place->index[(size_t)y * (size_t)s.w + (size_t)x] = index;
        }
    }
    place->live.paint = (gb_paint_live){o->vectors, o->vector_count, place->index};
    return o->mask && o->anywhere ? move_anywhere(place->index, &s, drawn_for(o->seed, image), err) : GB_OK;
}

/* ------------------------------------------------------------------------------------------------ places */

static const char *const kind_names[] = {"a filter", "an activation", "paint", "disabling", "noise", "values",
                                         "truncation", "a style", "a callback"};

/* True if the node is the w of one layer. */
static bool is_w(const gb_graph *graph, gb_node node) {
    return gb_graph_role_of(graph, node, GB_ROLE_W) != NULL;
}

/* Whether a bend of this kind can act on the node. An activation matched by a glob (not `exact`) needs a
 * nonlinearity. */
static bool can_bend(const gb_graph *graph, gb_node index, gb_bend_kind kind, bool exact) {
    const gb_graph_node *node = &graph->nodes[index];
    switch (kind) {
    case GB_BEND_ACTIVATION:
        return !node->is_input && node->desc.op == GB_OP_BIAS_ACT && (exact || node->act != GB_ACT_LINEAR);
    case GB_BEND_NOISE:
        return !node->is_input && node->desc.op == GB_OP_NOISE;
    case GB_BEND_DISABLE:
        return gb_can_disable(graph, index);
    case GB_BEND_TRUNCATE:
        return is_w(graph, index);
    case GB_BEND_STYLE:
        return is_w(graph, index) && gb_graph_find_role(graph, GB_ROLE_Z, 0) != GB_NO_NODE;
    case GB_BEND_PAINT:
        return node->ndim == 3;
    default:
        return exact || !node->is_map;      /* globs do not match noise maps */
    }
}

/* The noise node of the layer whose last node is `index`; otherwise `index`. */
static gb_node noise_of(const gb_graph *graph, gb_node index) {
    const gb_graph_node *node = &graph->nodes[index];
    if (node->is_input || node->desc.op != GB_OP_BIAS_ACT)
        return index;
    const gb_graph_node *before = &graph->nodes[node->input[0]];
    return !before->is_input && before->desc.op == GB_OP_NOISE ? node->input[0] : index;
}

bool gb_model_can_bend(const gb_model *model, gb_node node, gb_bend_kind kind) {
    if (node < 0 || node >= model->graph->count)
        return false;
    return can_bend(model->graph, kind == GB_BEND_NOISE ? noise_of(model->graph, node) : node, kind, true);
}

static gb_status cannot_bend(const gb_graph *graph, const gb_bend_options *o, bool found, gb_error *err) {
    if (!found) {
        const char *nearest = gb_graph_nearest(graph, o->at);
        return nearest ? gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'; the nearest is '%s'", o->at, nearest)
                       : gb_fail(err, GB_BAD_ARGUMENT, "there is no node '%s'", o->at);
    }
    char list[400] = "";
    for (gb_node i = 0; i < graph->count && strlen(list) < sizeof list - 120; i++)
        if (can_bend(graph, i, o->kind, false)) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", graph->nodes[i].name);
        }
    return gb_fail(err, GB_BAD_ARGUMENT, "%s cannot act on '%s'; it can act on %s, …", kind_names[o->kind], o->at,
                   list);
}

static void call_back(void *arg, float *nchw) {
    const gb_bend_place *place = arg;
    gb_callback_values values = place->values;
    values.values = nchw;
    place->options->callback(place->options->callback_arg, &values);
}

static gb_status add_place(const gb_bend_scope *scope, gb_bend_entry *entry, gb_node node, uint64_t image,
                           gb_error *err) {
    const gb_graph *graph = scope->graph;
    const gb_bend_options *o = &entry->options;
    gb_bend_place *place = &entry->places[entry->place_count++];
    *place = (gb_bend_place){.node = node};
    gb_status status = choose_features(entry, place, graph, image, err);
    if (status)
        return status;
    const gb_graph_node *n = &graph->nodes[node];
    gb_shape s = gb_node_shape(n);
    switch (o->kind) {
    case GB_BEND_FILTER:
        place->live.filter = (gb_filter_live){entry->params, place->feature, place->features};
        break;
    case GB_BEND_PAINT:
        status = choose_pixels(entry, place, graph, image, err);
        break;
    case GB_BEND_SET:
        place->live.set = (gb_set_live){o->values, o->samples, o->add, o->keep, place->channels};
        break;
    case GB_BEND_STYLE:
        place->live.set = (gb_set_live){.samples = 1, .keep = o->keep, .channels = place->channels};
        break;
    case GB_BEND_TRUNCATE:
        place->live.truncate = (gb_truncate_live){o->psi, -1};
        break;
    case GB_BEND_CALLBACK:
        place->options = o;
        place->values = (gb_callback_values){node, scope->batch, s.c, s.h, s.w, NULL};
        break;
    case GB_BEND_NOISE:
        if (o->reseed) {
            place->noise_map = gb_shared_value_new(scope->allocator, ++*scope->last_id, scope->batch,
                                                   (size_t)s.h * (size_t)s.w * (size_t)scope->batch);
            if (!place->noise_map)
                return gb_fail(err, GB_NO_MEMORY, "out of memory");
            for (int i = 0; i < scope->batch; i++)
                gb_randn(GB_RNG_TORCH, o->seed + (uint64_t)i, (size_t)s.h * (size_t)s.w,
                         place->noise_map->data + (size_t)i * (size_t)s.h * (size_t)s.w);
        }
        break;
    default:
        break;
    }
    return status;
}

/* Marks the nodes on which the bend acts and returns their number. `found`: whether any node matches the name. */
static int choose_nodes(const gb_graph *graph, const gb_bend_options *o, bool *chosen, bool *found) {
    gb_node exact = gb_graph_find(graph, o->at), last = exact != GB_NO_NODE ? exact : graph->count - 1;
    int count = 0;
    *found = exact != GB_NO_NODE;
    for (gb_node i = exact != GB_NO_NODE ? exact : 0; i <= last; i++) {
        if (i != exact && !gb_graph_matches(graph, i, o->at))
            continue;
        gb_node node = o->kind == GB_BEND_NOISE ? noise_of(graph, i) : i;
        bool bendable = !chosen[node] && can_bend(graph, node, o->kind, exact != GB_NO_NODE);
        *found = true;
        chosen[node] |= bendable;
        count += bendable;
    }
    return count;
}

/* `others`: the number of places of the session's other bends. */
static gb_status find_places(const gb_bend_scope *scope, gb_bend_entry *entry, int others, uint64_t image,
                             gb_error *err) {
    const gb_graph *graph = scope->graph;
    const gb_bend_options *o = &entry->options;
    bool *chosen = calloc((size_t)graph->count, sizeof *chosen), found;
    int count = chosen ? choose_nodes(graph, o, chosen, &found) : 0;
    gb_status status = GB_OK;
    if (!chosen)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!count)
        status = cannot_bend(graph, o, found, err);
    else if (count > GB_MAX_BEND_PLACES - others)
        status = gb_fail(err, GB_BAD_ARGUMENT,
                         "'%s' matches %d nodes and the session's other bends act on %d; all bends "
                         "together can act on %d: remove some, or match fewer nodes",
                         o->at, count, others, GB_MAX_BEND_PLACES);
    else if (!(entry->places = malloc((size_t)count * sizeof *entry->places)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (gb_node i = 0; i < graph->count && !status; i++)
        if (chosen[i])
            status = add_place(scope, entry, i, image, err);
    for (int i = 0; o->kind == GB_BEND_CALLBACK && i < entry->place_count; i++)
        entry->places[i].live.callback = (gb_callback_live){call_back, &entry->places[i], 0};
    free(chosen);
    return status;
}

/* ------------------------------------------------------------------------------------------------ styles */

/* The same values for every sample of the batch. `id` depends only on the values, so that a bend that is added again
 * with the same seed reuses the results computed from them. */
static gb_shared_value *for_all_samples(const gb_bend_scope *scope, uint64_t id, const float *numbers, size_t count) {
    size_t batch = (size_t)scope->batch;
    gb_shared_value *value = gb_shared_value_new(scope->allocator, id, scope->batch, batch * count);
    for (size_t i = 0; value && i < batch; i++)
        memcpy(value->data + i * count, numbers, count * sizeof *numbers);
    return value;
}

static gb_status draw_style(const gb_bend_scope *scope, gb_bend_entry *entry, gb_error *err) {
    const uint64_t seed_ids = UINT64_C(1) << 63, label_ids = UINT64_C(1) << 62;     /* above a session's own ids */
    const gb_graph *graph = scope->graph;
    const gb_bend_options *o = &entry->options;
    gb_bend_style *style = &entry->style;
    *style = (gb_bend_style){.z = gb_graph_find_role(graph, GB_ROLE_Z, 0), .label = GB_NO_NODE, .truncate = {o->psi, -1}};
    if (o->set_psi && !isfinite(o->psi))
        return gb_fail(err, GB_BAD_ARGUMENT, "truncation psi is not finite");
    size_t floats = gb_node_floats(&graph->nodes[style->z]), classes = 0;
    if (o->set_label) {
        style->label = gb_graph_find_role(graph, GB_ROLE_LABEL, 0);
        if (style->label == GB_NO_NODE)
            return gb_fail(err, GB_BAD_ARGUMENT, "this network is not conditional: it has no classes");
        classes = (size_t)graph->nodes[style->label].shape[0];
        if (o->label < 0 || (size_t)o->label >= classes)
            return gb_fail(err, GB_BAD_ARGUMENT, "class %d: this network has classes 0 to %zu", o->label, classes - 1);
    }
    float *z = malloc(floats * sizeof *z), *one_hot = calloc(classes + 1, sizeof *one_hot);
    if (z && one_hot) {
        gb_randn(gb_origin_rng(graph), o->seed, floats, z);
        style->z_value = for_all_samples(scope, seed_ids | (o->seed & UINT32_MAX), z, floats);
        one_hot[o->set_label ? o->label : 0] = 1;
        if (o->set_label)
            style->label_value = for_all_samples(scope, label_ids | (uint64_t)o->label, one_hot, classes);
    }
    free(z);
    free(one_hot);
    return style->z_value && !o->set_label == !style->label_value ? GB_OK
                                                                  : gb_fail(err, GB_NO_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------------------------------------ adding */

static gb_status check_options(const gb_bend_options *o, gb_error *err) {
    enum { MAX_GRID = 1 << 20 };       /* the largest map */
    if ((int)o->kind < 0 || o->kind > GB_BEND_CALLBACK)
        return gb_fail(err, GB_BAD_ARGUMENT, "unknown kind of bend %d", (int)o->kind);
    if (!o->at || !*o->at)
        return gb_fail(err, GB_BAD_ARGUMENT, "a bend needs a place: set `at` to a node's name or a glob");
    if (strlen(o->at) > GB_MAX_NAME)
        return gb_fail(err, GB_BAD_ARGUMENT, "the place '%.40s…' has %zu bytes; expected at most %d", o->at,
                       strlen(o->at), GB_MAX_NAME);
    if (o->param_count < 0 || (o->param_count && !o->params))
        return gb_fail(err, GB_BAD_ARGUMENT, "%d parameters without values", o->param_count);
    if ((int)o->features.choice < 0 || o->features.choice > GB_FEATURES_RANDOM)
        return gb_fail(err, GB_BAD_ARGUMENT, "unknown choice of features %d", (int)o->features.choice);
    if (o->features.choice == GB_FEATURES_LIST && (o->features.count < 0 || (o->features.count && !o->features.list)))
        return gb_fail(err, GB_BAD_ARGUMENT, "the list of %d features is missing or has a negative length",
                       o->features.count);
    if (o->kind == GB_BEND_PAINT &&
        (!o->vectors || o->vector_count < 1 || o->vector_count > INT16_MAX || o->grid < 0 || o->grid > MAX_GRID ||
         (o->mask && (o->mask_h < 1 || o->mask_w < 1 || o->mask_h > 1 << 15 || o->mask_w > 1 << 15))))
        return gb_fail(err, GB_BAD_ARGUMENT, "paint needs vectors, and a grid of 0 to %d or a mask of at least 1x1",
                       MAX_GRID);
    if (o->kind == GB_BEND_ACTIVATION && o->features.choice != GB_FEATURES_ALL && (o->drop_bias || o->set_gain))
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "bias and gain are those of the whole layer: drop or set them with all features");
    if (o->kind == GB_BEND_CALLBACK && !o->callback)
        return gb_fail(err, GB_BAD_ARGUMENT, "a callback bend needs a callback");
    if (o->kind == GB_BEND_SET && !o->values)
        return gb_fail(err, GB_BAD_ARGUMENT, "a bend that sets values needs values");
    return GB_OK;
}

static bool same_shape(const gb_graph_node *a, const gb_graph_node *b) {
    return a->ndim == b->ndim && !memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape);
}

/* Copies everything that the options point to. Sizes follow from the shape of the first place; all places must
 * agree. */
static gb_status copy_options(const gb_bend_scope *scope, gb_bend_entry *entry, const gb_bend_options *o,
                              gb_error *err) {
    bool failed = false;
    gb_bend_options *own = &entry->options;
    *own = *o;
    own->features.list = NULL;
    own->vectors = own->values = NULL;
    own->mask = NULL;
    own->at = copy_of(o->at, strlen(o->at) + 1, &failed);
    if (o->features.choice == GB_FEATURES_LIST)
        own->features.list = copy_of(o->features.list, (size_t)o->features.count * sizeof(int), &failed);
    if (o->kind == GB_BEND_PAINT && o->mask)
        own->mask = copy_of(o->mask, (size_t)o->mask_h * (size_t)o->mask_w * sizeof(int16_t), &failed);
    if (failed)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (o->kind != GB_BEND_PAINT && o->kind != GB_BEND_SET)
        return GB_OK;

    /* PAINT vectors have as many values as the boundary has channels; SET values have the boundary's shape. */
    const gb_graph *graph = scope->graph;
    const gb_graph_node *first = NULL;
    gb_node exact = gb_graph_find(graph, o->at), last = exact != GB_NO_NODE ? exact : graph->count - 1;
    for (gb_node i = exact != GB_NO_NODE ? exact : 0; i <= last; i++) {
        const gb_graph_node *node = &graph->nodes[i];
        bool here = i == exact || gb_graph_matches(graph, i, o->at);
        if (!here || !can_bend(graph, i, o->kind, exact != GB_NO_NODE))
            continue;
        bool paint = o->kind == GB_BEND_PAINT;
        if (first && (first->shape[0] != node->shape[0] || (!paint && !same_shape(first, node))))
            return gb_fail(err, GB_BAD_ARGUMENT, "'%s' and '%s' have different sizes; the values fit only one of them",
                           first->name, node->name);
        first = node;
    }
    if (!first)
        return GB_OK;           /* find_places() reports it */
    size_t floats = (size_t)first->shape[0];
    for (int i = 1; o->kind == GB_BEND_SET && i < first->ndim; i++)
        floats *= (size_t)first->shape[i];
    if (o->kind == GB_BEND_PAINT)
        own->vectors = copy_of(o->vectors, (size_t)o->vector_count * floats * sizeof(float), &failed);
    else if (own->samples != 1 && own->samples != scope->batch && own->samples != 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "%d samples of values; expected 1 or %d", own->samples,
                       scope->batch);
    else
        own->values = copy_of(o->values, floats * (size_t)(own->samples ? own->samples : 1) * sizeof(float), &failed);
    return failed ? gb_fail(err, GB_NO_MEMORY, "out of memory") : GB_OK;
}

gb_status gb_bend_make(const gb_bend_scope *scope, const gb_bend_options *o, gb_bend id, int others, uint64_t image,
                       gb_bend_entry **out, gb_error *err) {
    gb_status status = check_options(o, err);
    if (status)
        return status;
    gb_bend_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    entry->references = 1;
    entry->id = id;
    entry->version = ++*scope->last_id;
    status = copy_options(scope, entry, o, err);
    if (!status)
        status = set_params(entry, o->params, o->param_count, err);
    entry->options.params = NULL;
    if (!status)
        status = find_places(scope, entry, others, image, err);
    if (!status && o->kind == GB_BEND_STYLE)
        status = draw_style(scope, entry, err);
    if (status) {
        gb_bend_release(entry);
        return status;
    }
    gb_bend_hash(entry, scope->graph);
    *out = entry;
    return GB_OK;
}
