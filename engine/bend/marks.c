/* Matches the bends of a new bent graph with those of the previous one. A program that edits a recipe may remove all
 * bends and add them again for every change of a number; only bends whose content differs must run again. */
#include <stdlib.h>
#include <string.h>

#include "bent.h"
#include "engine/base/mix.h"

/* ------------------------------------------------------------------------------------------------ equality */

static bool same_bytes(const void *a, const void *b, size_t size) {
    return !a == !b && (!a || !size || !memcmp(a, b, size));
}

static bool same_floats(float a, float b) {
    return !memcmp(&a, &b, sizeof a);
}

/* True if both act on the same features at each place. */
static bool same_places(const gb_bend_entry *a, const gb_bend_entry *b) {
    if (a->place_count != b->place_count)
        return false;
    for (int i = 0; i < a->place_count; i++) {
        const gb_bend_place *x = &a->places[i], *y = &b->places[i];
        if (x->features != y->features || !same_bytes(x->feature, y->feature, (size_t)x->features * sizeof *x->feature))
            return false;
    }
    return true;
}

static bool same_paint(const gb_bend_options *x, const gb_bend_options *y, const gb_graph_node *node) {
    size_t floats = (size_t)x->vector_count * (size_t)node->shape[0];
    return x->vector_count == y->vector_count && x->grid == y->grid &&
           same_bytes(x->vectors, y->vectors, floats * sizeof *x->vectors) && x->mask_h == y->mask_h &&
           x->mask_w == y->mask_w &&
           same_bytes(x->mask, y->mask, (size_t)x->mask_h * (size_t)x->mask_w * sizeof *x->mask);
}

static size_t pixels_of(const gb_bend_place *place, const gb_graph *base) {
    const gb_graph_node *node = &base->nodes[place->node];
    return (size_t)node->shape[1] * (size_t)node->shape[2];
}

/* True if what both paint is at the same places: what is drawn differs by the image. */
static bool same_pixels(const gb_bend_entry *a, const gb_bend_entry *b, const gb_graph *base) {
    if (a->options.anywhere != b->options.anywhere)
        return false;
    for (int i = 0; i < a->place_count && a->options.anywhere; i++)
        if (memcmp(a->places[i].index, b->places[i].index, pixels_of(&a->places[i], base) * sizeof(int16_t)))
            return false;
    return true;
}

static bool same_values(const gb_bend_options *x, const gb_bend_options *y, const gb_graph_node *node) {
    size_t floats = (size_t)(x->samples ? x->samples : 1);
    for (int i = 0; i < node->ndim; i++)
        floats *= (size_t)node->shape[i];
    return x->samples == y->samples && x->add == y->add && same_floats(x->keep, y->keep) &&
           same_bytes(x->values, y->values, floats * sizeof *x->values);
}

bool gb_same_style(const gb_bend_options *x, const gb_bend_options *y) {
    return x->seed == y->seed && x->set_psi == y->set_psi && (!x->set_psi || same_floats(x->psi, y->psi)) &&
           x->set_label == y->set_label && (!x->set_label || x->label == y->label);
}

/* True if both are the same operation at the same place, so that their nodes can replace each other. */
static bool same_action(const gb_bend_entry *a, const gb_bend_entry *b) {
    return a->options.kind == b->options.kind && a->filter == b->filter && !strcmp(a->options.at, b->options.at);
}

/* True if both also have the same parameters. What a callback does is unknown, so two callbacks always differ. */
static bool same_bend(const gb_bend_entry *a, const gb_bend_entry *b, const gb_graph *base) {
    const gb_bend_options *x = &a->options, *y = &b->options;
    if (a == b)
        return true;
    if (!same_action(a, b) || !same_places(a, b))
        return false;
    const gb_graph_node *node = &base->nodes[a->places[0].node];
    switch (x->kind) {
    case GB_BEND_FILTER:
    case GB_BEND_ACTIVATION:
        return a->activation == b->activation && a->param_count == b->param_count &&
               same_bytes(a->params, b->params, (size_t)a->param_count * sizeof *a->params) &&
               x->drop_bias == y->drop_bias && x->set_gain == y->set_gain && same_floats(x->gain, y->gain);
    case GB_BEND_PAINT:
        return same_paint(x, y, node) && same_pixels(a, b, base);
    case GB_BEND_DISABLE:
        return true;
    case GB_BEND_NOISE:
        return same_floats(x->factor, y->factor) && x->reseed == y->reseed && (!x->reseed || x->seed == y->seed);
    case GB_BEND_SET:
        return same_values(x, y, node);
    case GB_BEND_TRUNCATE:
        return same_floats(x->psi, y->psi);
    case GB_BEND_STYLE:
        return gb_same_style(x, y) && same_floats(x->keep, y->keep);
    case GB_BEND_CALLBACK:
        break;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------ hashes */

static uint64_t hash_values(uint64_t h, const gb_bend_options *o, const gb_graph_node *node) {
    size_t floats = (size_t)(o->samples ? o->samples : 1);
    for (int i = 0; i < node->ndim; i++)
        floats *= (size_t)node->shape[i];
    h = gb_mix_float(gb_mix(gb_mix(h, (uint64_t)o->samples), o->add), o->keep);
    return gb_mix_bytes(h, o->values, floats * sizeof *o->values);
}

static uint64_t hash_paint(uint64_t h, const gb_bend_options *o, const gb_graph_node *node) {
    size_t pixels = (size_t)o->mask_h * (size_t)o->mask_w;
    h = gb_mix(gb_mix(h, (uint64_t)o->vector_count), (uint64_t)o->grid);
    h = gb_mix_bytes(h, o->vectors, (size_t)o->vector_count * (size_t)node->shape[0] * sizeof *o->vectors);
    h = gb_mix(gb_mix(h, (uint64_t)o->mask_h), (uint64_t)o->mask_w);
    return gb_mix_bytes(h, o->mask, pixels * sizeof *o->mask);
}

/* Entries for which same_action() is true have the same `action_hash`; for same_bend(), the same `content_hash`. */
void gb_bend_hash(gb_bend_entry *entry, const gb_graph *base) {
    const gb_bend_options *o = &entry->options;
    const gb_graph_node *node = &base->nodes[entry->places[0].node];
    uint64_t h = gb_mix(gb_mix(1, (uint64_t)o->kind), (uint64_t)(uintptr_t)entry->filter);
    h = entry->action_hash = gb_mix_bytes(h, o->at, strlen(o->at));
    for (int i = 0; i < entry->place_count; i++) {
        const gb_bend_place *place = &entry->places[i];
        h = gb_mix_bytes(h, place->feature, (size_t)place->features * sizeof *place->feature);
    }
    switch (o->kind) {
    case GB_BEND_FILTER:
    case GB_BEND_ACTIVATION:
        h = gb_mix(gb_mix(gb_mix(h, (uint64_t)entry->activation), o->drop_bias), o->set_gain);
        h = gb_mix_bytes(gb_mix_float(h, o->gain), entry->params, (size_t)entry->param_count * sizeof *entry->params);
        break;
    case GB_BEND_PAINT:
        h = gb_mix(hash_paint(h, o, node), o->anywhere);
        for (int i = 0; i < entry->place_count && o->anywhere; i++)
            h = gb_mix_bytes(h, entry->places[i].index, pixels_of(&entry->places[i], base) * sizeof(int16_t));
        break;
    case GB_BEND_DISABLE:
        break;
    case GB_BEND_NOISE:
        h = gb_mix(gb_mix(gb_mix_float(h, o->factor), o->reseed), o->reseed ? o->seed : 0);
        break;
    case GB_BEND_SET:
        h = hash_values(h, o, node);
        break;
    case GB_BEND_TRUNCATE:
        h = gb_mix_float(h, o->psi);
        break;
    case GB_BEND_STYLE:
        h = gb_mix_float(gb_mix(gb_mix(h, o->seed), o->set_psi), o->set_psi ? o->psi : 0);
        h = gb_mix_float(gb_mix(gb_mix(h, o->set_label), (uint64_t)(o->set_label ? o->label : 0)), o->keep);
        break;
    case GB_BEND_CALLBACK:
        h = gb_mix(h, entry->version);
        break;
    }
    entry->content_hash = h;
}

/* ------------------------------------------------------------------------------------------------ matching */

typedef struct candidate {      /* a bend of the previous bent graph */
    uint64_t hash;
    int index;
} candidate;

typedef struct matcher {
    const gb_bent *before;
    candidate *list;            /* those not taken at the start of a pass, sorted by hash, then by position */
    int *next;                  /* union-find links to the first position from here on that is not taken */
    bool *taken;                /* per bend of `before` */
    int count;
} matcher;

static int by_hash(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) : x->index - y->index;
}

static uint64_t hash_of(const gb_bend_entry *entry, bool exact) {
    return exact ? entry->content_hash : entry->action_hash;
}

static void begin_pass(matcher *m, bool exact) {
    m->count = 0;
    for (int j = 0; j < m->before->bends.count; j++)
        if (!m->taken[j])
            m->list[m->count++] = (candidate){hash_of(m->before->bends.entries[j], exact), j};
    qsort(m->list, (size_t)m->count, sizeof *m->list, by_hash);
    for (int i = 0; i <= m->count; i++)
        m->next[i] = i;
}

/* The first candidate with this hash, at position `index` or later, that is not taken; -1 if there is none. */
static int first_free(matcher *m, uint64_t hash, int index) {
    candidate wanted = {hash, index};
    int low = 0, high = m->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (by_hash(&m->list[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (m->next[low] != low)
        low = m->next[low] = m->next[m->next[low]];
    return low < m->count && m->list[low].hash == hash ? low : -1;
}

/* The bend of `before` that matches bend `i`, preferably at the same position or later; -1 if there is none. */
static int match_bend(matcher *m, const gb_bent *bent, int i, const gb_graph *base, bool exact) {
    const gb_bend_entry *entry = bent->bends.entries[i];
    int at = first_free(m, hash_of(entry, exact), i);
    if (at < 0)
        at = first_free(m, hash_of(entry, exact), 0);
    int j = at < 0 ? -1 : m->list[at].index;
    if (j < 0 || !(exact ? same_bend(entry, m->before->bends.entries[j], base)
                         : same_action(entry, m->before->bends.entries[j])))
        return -1;
    m->next[at] = at + 1;
    m->taken[j] = true;
    return j;
}

/* Matches unchanged bends first, so that changed ones do not take their marks. */
static void match(gb_bent *bent, const gb_graph *base, matcher *m, gb_work_count *work) {
    for (int exact = 1; exact >= 0; exact--) {
        begin_pass(m, exact);
        work->done += (uint64_t)m->count;
        for (int i = 0; i < bent->bends.count; i++) {
            int j = bent->marks[i].key ? -1 : match_bend(m, bent, i, base, exact);
            if (j < 0)
                continue;
            bent->marks[i] = m->before->marks[j];
            if (!exact)
                bent->marks[i].version = bent->bends.entries[i]->version;
        }
    }
}

bool gb_bent_mark(gb_bent *bent, const gb_graph *base, const gb_bent *before, gb_work_count *work) {
    int count = bent->bends.count, old = before ? before->bends.count : 0;
    matcher m = {.before = before};
    m.list = malloc(((size_t)old + 1) * sizeof *m.list);
    m.next = malloc(((size_t)old + 1) * sizeof *m.next);
    m.taken = calloc((size_t)old + 1, sizeof *m.taken);
    bent->marks = calloc((size_t)count + 1, sizeof *bent->marks);
    bool done = m.list && m.next && m.taken && bent->marks;
    bent->last_key = before ? before->last_key : 0;
    work->done += (uint64_t)count;
    if (done && old)
        match(bent, base, &m, work);
    for (int i = 0; done && i < count; i++)
        if (!bent->marks[i].key)
            bent->marks[i] = (gb_bend_mark){++bent->last_key, bent->bends.entries[i]->version};
    free(m.list);
    free(m.next);
    free(m.taken);
    return done;
}
