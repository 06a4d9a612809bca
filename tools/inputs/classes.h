/* Lists of classes: numbers, ranges, words of class names if the model has names, and mixtures with weights. */
#ifndef GANBEND_TOOLS_CLASSES_H
#define GANBEND_TOOLS_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct class_item {
    size_t first, last;
    float weight;           /* in a mixture */
} class_item;

enum { CLASS_ITEMS = 256 };

typedef struct class_list {
    class_item items[CLASS_ITEMS];
    size_t item_count;
    bool is_mixture;        /* "207:0.7,88:0.3": all items together are one label */
    size_t count;           /* number of labels: 1 for a mixture, otherwise the number of classes; 0 without a list */
} class_list;

/* Parses "207", "3-5,207", "golden retriever,88" or "207:0.7,88:0.3". `text` may be NULL. */
gb_status parse_classes(const char *text, const gb_model *model, class_list *list, gb_error *err);
/* Class `index` of a list that is not a mixture. */
size_t class_at(const class_list *list, size_t index);
/* Writes label `index`, [classes]: a one-hot vector, or the weights of the mixture. */
void fill_label(const class_list *list, size_t index, size_t classes, float *label);

#endif
