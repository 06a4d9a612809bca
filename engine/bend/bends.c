/* Bends and lists of them: entries are shared between a session's settings and the copy that a transaction keeps. */
#include "bends.h"

#include <stdlib.h>
#include <string.h>

void gb_bend_release(gb_bend_entry *entry) {
    if (!entry || --entry->users > 0)
        return;
    for (int i = 0; i < entry->site_count; i++) {
        free(entry->sites[i].feature);
        free(entry->sites[i].channels);
        free(entry->sites[i].index);
        gb_given_release(entry->sites[i].noise_map);
    }
    free(entry->sites);
    gb_given_release(entry->style.z_value);
    gb_given_release(entry->style.label_value);
    free((void *)entry->options.at);
    free((void *)entry->options.features.list);
    free((void *)entry->options.vectors);
    free((void *)entry->options.mask);
    free((void *)entry->options.values);
    free(entry);
}

void gb_bend_list_clear(gb_bend_list *list) {
    for (int i = 0; i < list->count; i++)
        gb_bend_release(list->entries[i]);
    free(list->entries);
    *list = (gb_bend_list){0};
}

bool gb_bend_list_copy(gb_bend_list *to, const gb_bend_list *from) {
    gb_bend_entry **entries = malloc(((size_t)from->count + 1) * sizeof *entries);
    if (!entries)
        return false;
    for (int i = 0; i < from->count; i++) {
        entries[i] = from->entries[i];
        entries[i]->users++;
    }
    gb_bend_list_clear(to);
    *to = (gb_bend_list){entries, from->count, from->count + 1, from->places};
    return true;
}

int gb_bend_list_find(const gb_bend_list *list, gb_bend bend) {
    int low = 0, high = list->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (list->entries[middle]->id < bend)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->entries[low]->id == bend ? low : -1;
}

void gb_bend_list_remove(gb_bend_list *list, int first, int end) {
    if (first == end)
        return;
    for (int i = first; i < end; i++) {
        list->places -= list->entries[i]->site_count;
        gb_bend_release(list->entries[i]);
    }
    memmove(list->entries + first, list->entries + end, (size_t)(list->count - end) * sizeof *list->entries);
    list->count -= end - first;
}

bool gb_bend_list_same(const gb_bend_list *a, const gb_bend_list *b) {
    return a->count == b->count && (!a->count || !memcmp(a->entries, b->entries, (size_t)a->count * sizeof *a->entries));
}
