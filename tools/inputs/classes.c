/* Parses --class. An item that is not a number is looked up among the model's class names, ignoring case: a whole name is
 * preferred to words of a name, and words to any other part. If several names match equally well, the error lists them. */
#include "classes.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/arguments.h"

enum { ITEM_ROOM = 128, CANDIDATES = 8 };

/* ---- names ---- */

enum { FIT_PART, FIT_WORDS, FIT_WHOLE };

static bool same_letters(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i])) return false;
    return true;
}

/* How well `text` matches `name`; -1 if it does not. */
static int fit_of(const char *text, const char *name) {
    size_t length = strlen(text), room = strlen(name);
    int best = -1;
    for (size_t at = 0; at + length <= room; at++) {
        bool begins, ends;
        if (!same_letters(text, name + at, length)) continue;
        begins = at == 0 || !isalnum((unsigned char)name[at - 1]);
        ends = at + length == room || !isalnum((unsigned char)name[at + length]);
        if (length == room) return FIT_WHOLE;
        if (begins && ends) return FIT_WORDS;
        best = FIT_PART;
    }
    return best;
}

/* Appends a class name. It comes from a file, so control characters are replaced. */
static void append_name(char *text, size_t room, const gb_model *model, size_t index) {
    const char *name = gb_model_class_name(model, index);
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s%zu ", used ? ", " : "", index);
    for (used = strlen(text); *name && used + 1 < room; name++)
        text[used++] = (unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name;
    text[used] = '\0';
}

static gb_status no_such_name(const char *text, const gb_model *model, gb_error *err) {
    size_t classes = gb_model_class_count(model);
    const char **names = malloc(classes * sizeof *names), *near = NULL;
    char nearest[160] = "";
    for (size_t i = 0; names && i < classes; i++) names[i] = gb_model_class_name(model, i);
    if (names) near = nearest_name(text, names, classes, sizeof *names);
    for (size_t i = 0; near && i < classes && !*nearest; i++)
        if (names[i] == near) append_name(nearest, sizeof nearest, model, i);
    free(names);
    return near ? state(err, GB_BAD_ARGUMENT, "--class: no class is called '%s'; did you mean %s?", text, nearest)
                : state(err, GB_BAD_ARGUMENT, "--class: no class is called '%s'; 'ganbend info --classes' lists all "
                        "classes", text);
}

/* Finds the class that matches best; if several do, the error lists them. */
static gb_status find_name(const char *text, const gb_model *model, size_t *found, gb_error *err) {
    size_t classes = gb_model_class_count(model), fitting = 0, listed = 0;
    char candidates[400] = "";
    int best = -1;
    if (!gb_model_class_name(model, 0))
        return state(err, GB_BAD_ARGUMENT, "--class %s: this model has no class names; use the numbers 0 to %zu", text,
                     classes - 1);
    for (size_t i = 0; i < classes; i++) {
        int how = fit_of(text, gb_model_class_name(model, i));
        if (how > best) {
            best = how;
            fitting = 0;
        }
        if (how >= 0 && how == best && !fitting++) *found = i;
    }
    if (fitting == 1) return GB_OK;
    if (!fitting) return no_such_name(text, model, err);
    for (size_t i = 0; i < classes && listed < CANDIDATES; i++) {
        if (fit_of(text, gb_model_class_name(model, i)) != best) continue;
        append_name(candidates, sizeof candidates, model, i);
        listed++;
    }
    if (fitting > listed)
        return state(err, GB_BAD_ARGUMENT, "--class: '%s' is ambiguous: %s and %zu more", text, candidates,
                     fitting - listed);
    return state(err, GB_BAD_ARGUMENT, "--class: '%s' is ambiguous: %s", text, candidates);
}

/* ---- items ---- */

/* Parses "207" or "3-5". Numbers that are too large become the largest one, which no model has. */
static bool parse_range(const char *text, class_item *item) {
    char *end;
    if (!isdigit((unsigned char)*text)) return false;
    item->first = item->last = strtoul(text, &end, 10);
    if (*end == '-' && isdigit((unsigned char)end[1])) item->last = strtoul(end + 1, &end, 10);
    return !*end;
}

/* Parses the weight of "207:0.7" and cuts `text` at the colon. */
static gb_status parse_weight(char *text, class_item *item, bool *weighted, gb_error *err) {
    char *colon = strrchr(text, ':'), *end;
    *weighted = colon != NULL;
    if (!colon) return GB_OK;
    item->weight = strtof(colon + 1, &end);
    if (end == colon + 1 || *end || !isfinite(item->weight))
        return state(err, GB_BAD_ARGUMENT, "--class: '%s' is not a weight; 207:0.7,88:0.3 mixes two classes", colon + 1);
    *colon = '\0';
    return GB_OK;
}

static gb_status parse_item(char *text, const gb_model *model, class_item *item, bool *weighted, gb_error *err) {
    size_t classes = gb_model_class_count(model), found = 0;
    if (parse_weight(text, item, weighted, err)) return err->status;
    if (!*text) return state(err, GB_BAD_ARGUMENT, "--class: an item is empty; expected numbers, ranges or names");
    if (!parse_range(text, item)) {
        if (find_name(text, model, &found, err)) return err->status;
        item->first = item->last = found;
    }
    if (item->first > item->last)
        return state(err, GB_BAD_ARGUMENT, "--class %s: the first number of a range must not be larger than the last",
                     text);
    if (item->last >= classes)
        return state(err, GB_BAD_ARGUMENT, "--class %s: this model has classes 0 to %zu", text, classes - 1);
    if (*weighted && item->first != item->last)
        return state(err, GB_BAD_ARGUMENT, "--class %s: a range cannot have a weight; give each class its own", text);
    return GB_OK;
}

/* Copies the next item, up to a comma, without the spaces around it; false if it is too long. */
static bool cut_item(const char **text, char item[ITEM_ROOM]) {
    size_t length = strcspn(*text, ",");
    const char *start = *text;
    *text += length;
    for (; length && isspace((unsigned char)*start); start++) length--;
    while (length && isspace((unsigned char)start[length - 1])) length--;
    if (length >= ITEM_ROOM) return false;
    memcpy(item, start, length);
    item[length] = '\0';
    return true;
}

gb_status parse_classes(const char *text, const gb_model *model, class_list *list, gb_error *err) {
    size_t classes = gb_model_class_count(model);
    *list = (class_list){.item_count = 0};
    if (!text) return GB_OK;
    if (!classes) return state(err, GB_BAD_ARGUMENT, "--class %.100s: this model has no classes", text);
    for (;; text++) {
        char item[ITEM_ROOM];
        class_item *next = &list->items[list->item_count];
        bool weighted;
        if (list->item_count == CLASS_ITEMS)
            return state(err, GB_BAD_ARGUMENT, "--class takes at most %d items", (int)CLASS_ITEMS);
        if (!cut_item(&text, item))
            return state(err, GB_BAD_ARGUMENT, "--class: a name has at most %d characters", (int)ITEM_ROOM - 1);
        if (parse_item(item, model, next, &weighted, err)) return err->status;
        if (list->item_count++ && weighted != list->is_mixture)
            return state(err, GB_BAD_ARGUMENT, "--class: every class of a mixture needs a weight, as in 207:0.7,88:0.3");
        list->is_mixture = weighted;
        list->count += next->last - next->first + 1;
        if (!*text) break;
    }
    if (list->is_mixture) list->count = 1;
    return GB_OK;
}

size_t class_at(const class_list *list, size_t index) {
    const class_item *item = list->items;
    for (; index > item->last - item->first; item++) index -= item->last - item->first + 1;
    return item->first + index;
}

void fill_label(const class_list *list, size_t index, size_t classes, float *label) {
    memset(label, 0, classes * sizeof *label);
    if (!list->is_mixture) {
        label[class_at(list, index)] = 1;
        return;
    }
    for (size_t i = 0; i < list->item_count; i++) label[list->items[i].first] += list->items[i].weight;
}
