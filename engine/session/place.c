/* Places buffers by lifetime, see place.h. Two trees keep it near-linear:
 *
 *     reach     its leaves are the spans in order of their first step; each node has the largest last step of the placed
 *               spans below it. The spans needed at some time from a to b are those that begin by b and reach a.
 *     skyline   its leaves are the steps, with the highest end of the spans needed at each. Built once
 *               GB_MAX_PLACE_PAIRS pairs have been compared. */
#include "place.h"

#include <stdlib.h>

typedef struct placer {
    gb_span *spans;             /* largest first */
    int count, steps;
    int *before;                /* step → the number of spans that begin before it */
    int *leaf, *span_at;        /* span → leaf of `reach`, and back */
    int *reach;                 /* 1 is the root, 2i and 2i + 1 the children of i; -1: nothing placed */
    int leaves;
    const gb_span **overlapping;        /* those needed at the same time as the current span */
    int overlap_count;
    size_t *top, *cover;        /* skyline, as `reach`: the highest end below a node; that of spans covering the node */
    int columns;
} placer;

static int by_size(const void *a, const void *b) {
    const gb_span *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->from != y->from ? x->from - y->from : x->owner - y->owner;
}

static int by_offset(const void *a, const void *b) {
    const gb_span *x = *(const gb_span *const *)a, *y = *(const gb_span *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int power_of_two(int least) {
    int n = 1;
    while (n < least)
        n *= 2;
    return n;
}

static size_t end_of(const gb_span *span) {
    return span->offset + span->bytes;
}

/* ------------------------------------------------------------------------------------------------ the lowest gap */

static void order_by_start(placer *p) {
    for (int i = 0; i < p->count; i++)
        p->before[p->spans[i].from]++;
    for (int s = 1; s <= p->steps; s++)
        p->before[s] += p->before[s - 1];
    for (int i = p->count - 1; i >= 0; i--) {
        p->leaf[i] = --p->before[p->spans[i].from];
        p->span_at[p->leaf[i]] = i;
    }
    for (int i = 0; i < 2 * p->leaves; i++)
        p->reach[i] = -1;
}

static void add_to_reach(placer *p, int span) {
    for (int i = p->leaves + p->leaf[span]; i && p->reach[i] < p->spans[span].to; i /= 2)
        p->reach[i] = p->spans[span].to;
}

/* Collects the placed spans at leaves below `node` and before `end` that reach step `from`. `node` covers the leaves
 * `low` to `high` - 1. */
static void find_overlapping(placer *p, int node, int low, int high, int end, int from) {
    if (low >= end || p->reach[node] < from)
        return;
    if (high - low == 1) {
        p->overlapping[p->overlap_count++] = &p->spans[p->span_at[low]];
        return;
    }
    int middle = low + (high - low) / 2;
    find_overlapping(p, 2 * node, low, middle, end, from);
    find_overlapping(p, 2 * node + 1, middle, high, end, from);
}

static size_t lowest_gap(placer *p, const gb_span *span) {
    size_t at = 0;
    p->overlap_count = 0;
    find_overlapping(p, 1, 0, p->leaves, p->before[span->to + 1], span->from);
    qsort(p->overlapping, (size_t)p->overlap_count, sizeof *p->overlapping, by_offset);
    for (int k = 0; k < p->overlap_count && at + span->bytes > p->overlapping[k]->offset; k++)
        if (end_of(p->overlapping[k]) > at)
            at = end_of(p->overlapping[k]);
    return at;
}

/* ------------------------------------------------------------------------------------------------ on top */

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void raise_skyline(placer *p, int node, int low, int high, const gb_span *span) {
    if (low > span->to || high <= span->from)
        return;
    p->top[node] = larger(p->top[node], end_of(span));
    if (low >= span->from && high - 1 <= span->to) {
        p->cover[node] = larger(p->cover[node], end_of(span));
        return;
    }
    int middle = low + (high - low) / 2;
    raise_skyline(p, 2 * node, low, middle, span);
    raise_skyline(p, 2 * node + 1, middle, high, span);
}

static size_t skyline_max(const placer *p, int node, int low, int high, const gb_span *span) {
    if (low > span->to || high <= span->from)
        return 0;
    if (low >= span->from && high - 1 <= span->to)
        return p->top[node];
    int middle = low + (high - low) / 2;
    size_t below = larger(skyline_max(p, 2 * node, low, middle, span),
                          skyline_max(p, 2 * node + 1, middle, high, span));
    return larger(p->cover[node], below);
}

static bool build_skyline(placer *p, int placed) {
    p->columns = power_of_two(p->steps);
    p->top = calloc(2 * (size_t)p->columns, sizeof *p->top);
    p->cover = calloc(2 * (size_t)p->columns, sizeof *p->cover);
    for (int i = 0; p->top && p->cover && i < placed; i++)
        raise_skyline(p, 1, 0, p->columns, &p->spans[i]);
    return p->top && p->cover;
}

/* ------------------------------------------------------------------------------------------------ placing */

static gb_status place_all(placer *p, gb_work_count *work, size_t *bytes, gb_error *err) {
    uint64_t pairs = 0;
    order_by_start(p);
    for (int i = 0; i < p->count; i++) {
        gb_span *span = &p->spans[i];
        if (pairs > GB_MAX_PLACE_PAIRS && !p->top && !build_skyline(p, i))
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        p->overlap_count = 0;
        if (p->top) {
            span->offset = skyline_max(p, 1, 0, p->columns, span);
            raise_skyline(p, 1, 0, p->columns, span);
        } else {
            span->offset = lowest_gap(p, span);
            add_to_reach(p, i);
        }
        pairs += (uint64_t)p->overlap_count;
        *bytes = larger(*bytes, end_of(span));
        if (!gb_count_work(work, 1 + (uint64_t)p->overlap_count))
            return gb_fail_cancelled(err);
    }
    return GB_OK;
}

gb_status gb_place(gb_span *spans, int count, gb_work_count *work, size_t *bytes, gb_error *err) {
    placer p = {.spans = spans, .count = count, .leaves = power_of_two(count)};
    gb_status status = GB_OK;
    *bytes = 0;
    for (int i = 0; i < count; i++)
        p.steps = spans[i].to >= p.steps ? spans[i].to + 1 : p.steps;
    qsort(spans, (size_t)count, sizeof *spans, by_size);
    p.before = calloc((size_t)p.steps + 1, sizeof *p.before);
    p.leaf = malloc(((size_t)count + 1) * sizeof *p.leaf);
    p.span_at = malloc(((size_t)count + 1) * sizeof *p.span_at);
    p.reach = malloc(2 * (size_t)p.leaves * sizeof *p.reach);
    p.overlapping = malloc(((size_t)count + 1) * sizeof *p.overlapping);
    if (!p.before || !p.leaf || !p.span_at || !p.reach || !p.overlapping)
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = place_all(&p, work, bytes, err);
    free(p.before);
    free(p.leaf);
    free(p.span_at);
    free(p.reach);
    free(p.overlapping);
    free(p.top);
    free(p.cover);
    return status;
}
