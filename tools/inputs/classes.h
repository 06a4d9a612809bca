/* Classes as people say them: numbers and ranges, a word of the name where a model knows names, mixtures with weights. */
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
    size_t count;           /* of labels: 1 for a mixture, else of classes; 0 where none were named */
} class_list;

/* "207", "3-5,207", "golden retriever,88", "207:0.7,88:0.3"; GB_BAD_ARGUMENT with what would be right. */
gb_status parse_classes(const char *text, const gb_model *model, class_list *list, gb_error *err);
/* Class `index` of a list that is no mixture. */
size_t class_at(const class_list *list, size_t index);
/* Label `index` as [classes] numbers: a one among zeros, or the weights of the mixture. */
void fill_label(const class_list *list, size_t index, size_t classes, float *label);

#endif
