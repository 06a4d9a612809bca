/* Names of nodes and their aliases: adding, resolving, finding and matching globs. */
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "weights/spelling.h"

static const char *node_name(const void *list, size_t number) {
    return ((const gb_graph *)list)->nodes[number].name;
}

static const char *resolved_name(const void *list, size_t number) {
    return ((const gb_node_alias *)list)[number].alias;
}

static const char *builder_name(const void *list, size_t number) {
    return ((const gb_alias *)list)[number].alias;
}

gb_node gb_graph_find_node(const gb_graph *graph, const char *name) {
    return (gb_node)gb_name_find(&graph->by_name, name, node_name, graph);
}

bool gb_graph_index_name(gb_graph *graph, gb_node node) {
    if (gb_name_add(&graph->by_name, (size_t)node, node_name, graph))
        return true;
    gb_graph_fail_no_memory(graph);
    return false;
}

/* Indexes the builder's aliases. Of several with the same name, the first counts. */
static bool index_aliases(const gb_graph *graph, gb_name_index *index) {
    for (size_t i = 0; i < graph->alias_count; i++)
        if (gb_name_find(index, graph->aliases[i].alias, builder_name, graph->aliases) == GB_NO_NAME &&
            !gb_name_add(index, i, builder_name, graph->aliases))
            return false;
    return true;
}

/* The node of an alias. An alias of the origin may refer to one of the builder: rosinality's to_rgb1 to b4.img, which
 * is an alias of b4.torgb. */
static gb_node resolve_alias(const gb_graph *graph, const gb_name_index *builders, const char *canonical) {
    gb_node node = gb_graph_find_node(graph, canonical);
    int64_t other = node == GB_NO_NODE ? gb_name_find(builders, canonical, builder_name, graph->aliases) : GB_NO_NAME;
    return other == GB_NO_NAME ? node : gb_graph_find_node(graph, graph->aliases[other].canonical);
}

/* Sorts the resolved aliases by node; a stable sort. */
static void sort_aliases(gb_graph *graph) {
    for (size_t i = 0; i < graph->resolved_count; i++)
        graph->first_alias[graph->resolved[i].node + 2]++;
    for (int i = 2; i < graph->count + 2; i++)
        graph->first_alias[i] += graph->first_alias[i - 1];
    for (size_t i = 0; i < graph->resolved_count; i++)
        graph->alias_of[graph->first_alias[graph->resolved[i].node + 1]++] = graph->resolved[i].alias;
}

static bool resolve(gb_graph *graph, gb_name_index *builders) {
    const gb_alias *origin;
    size_t origins = gb_network_aliases(graph->network, &origin), max_aliases = origins + graph->alias_count;
    graph->resolved = calloc(max_aliases + 1, sizeof *graph->resolved);
    graph->alias_of = calloc(max_aliases + 1, sizeof *graph->alias_of);
    graph->first_alias = calloc((size_t)graph->count + 2, sizeof *graph->first_alias);
    if (!graph->resolved || !graph->alias_of || !graph->first_alias || !index_aliases(graph, builders))
        return false;
    for (size_t i = 0; i < max_aliases; i++) {
        const gb_alias *alias = i < origins ? &origin[i] : &graph->aliases[i - origins];
        gb_node node = resolve_alias(graph, builders, alias->canonical);
        if (node == GB_NO_NODE)
            continue;
        bool known = gb_name_find(&graph->by_alias, alias->alias, resolved_name, graph->resolved) != GB_NO_NAME;
        graph->resolved[graph->resolved_count] = (gb_node_alias){alias->alias, node};
        if (!known && !gb_name_add(&graph->by_alias, graph->resolved_count, resolved_name, graph->resolved))
            return false;
        graph->resolved_count++;
    }
    sort_aliases(graph);
    return true;
}

void gb_graph_resolve(gb_graph *graph) {
    gb_name_index builders = {0};
    gb_graph_find_maps(graph);
    if (!resolve(graph, &builders))
        gb_graph_fail_no_memory(graph);
    gb_name_index_free(&builders);
}

gb_node gb_graph_find(const gb_graph *graph, const char *name) {
    gb_node node = gb_graph_find_node(graph, name);
    int64_t alias = node == GB_NO_NODE ? gb_name_find(&graph->by_alias, name, resolved_name, graph->resolved)
                                       : GB_NO_NAME;
    return alias == GB_NO_NAME ? node : graph->resolved[alias].node;
}

const char *gb_graph_alias_of(const gb_graph *graph, gb_node node, size_t n) {
    size_t first = graph->first_alias[node];
    return n < graph->first_alias[node + 1] - first ? graph->alias_of[first + n] : NULL;
}

/* Matches one [set] of a glob; `*pattern` points behind the '[' and is moved behind the ']'. */
static bool match_set(const char **pattern, char c) {
    const char *p = *pattern;
    bool negate = *p == '!' || *p == '^', hit = false;
    if (negate)
        p++;
    for (bool first = true; *p && (first || *p != ']'); first = false) {
        char low = *p++, high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            high = p[1];
            p += 2;
        }
        hit |= c >= low && c <= high;
    }
    *pattern = *p ? p + 1 : p;
    return hit != negate;
}

/* Shell glob without special treatment of slashes. Backtracks only to the last '*', so the time is at most the product
 * of the lengths. */
bool gb_glob_matches(const char *pattern, const char *text) {
    const char *star = NULL, *resume = NULL;
    while (*text) {
        const char *next = pattern + 1;
        bool hit = false;
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
            continue;
        }
        if (*pattern == '[')
            hit = match_set(&next, *text);
        else if (*pattern)
            hit = *pattern == '?' || *pattern == *text;
        if (hit) {
            pattern = next;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool gb_graph_matches(const gb_graph *graph, gb_node node, const char *glob) {
    if (gb_glob_matches(glob, graph->nodes[node].name))
        return true;
    const char *alias;
    for (size_t n = 0; (alias = gb_graph_alias_of(graph, node, n)); n++)
        if (gb_glob_matches(glob, alias))
            return true;
    return false;
}

const char *gb_graph_nearest(const gb_graph *graph, const char *name) {
    gb_spelling spelling = gb_spelling_of(name);
    for (int i = 0; i < graph->count; i++)
        gb_spelling_consider(&spelling, graph->nodes[i].name);
    for (size_t i = 0; i < graph->resolved_count; i++)
        gb_spelling_consider(&spelling, graph->resolved[i].alias);
    return spelling.nearest;
}

void gb_graph_alias(gb_graph *graph, const char *alias, const char *name) {
    size_t room = graph->alias_room;
    if (graph->failed ||
        !gb_graph_reserve(graph, (void **)&graph->aliases, graph->alias_count, &room, sizeof(gb_alias)))
        return;
    graph->alias_room = room;
    gb_alias entry = {gb_graph_keep(graph, alias), gb_graph_keep(graph, name)};
    if (entry.alias && entry.canonical)
        graph->aliases[graph->alias_count++] = entry;
}
