/* Bends and lists of bends, see bends.h. */
#include "bends.h"

#include <stdlib.h>
#include <string.h>

void gb_bend_release(gb_bend_entry *entry) {
    if (!entry || --entry->references > 0)
        return;
    for (int i = 0; i < entry->place_count; i++) {
        free(entry->places[i].feature);
        free(entry->places[i].channels);
        free(entry->places[i].index);
        gb_shared_value_release(entry->places[i].noise_map);
    }
    free(entry->places);
    gb_shared_value_release(entry->style.z_value);
    gb_shared_value_release(entry->style.label_value);
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
        entries[i]->references++;
    }
    gb_bend_list_clear(to);
    *to = (gb_bend_list){entries, from->count, from->count + 1, from->place_count};
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
        list->place_count -= list->entries[i]->place_count;
        gb_bend_release(list->entries[i]);
    }
    memmove(list->entries + first, list->entries + end, (size_t)(list->count - end) * sizeof *list->entries);
    list->count -= end - first;
}

bool gb_bend_list_same(const gb_bend_list *a, const gb_bend_list *b) {
    return a->count == b->count &&
           (!a->count || !memcmp(a->entries, b->entries, (size_t)a->count * sizeof *a->entries));
}
