/* network-bending's classifiers of feature maps, one for each layer. */
#ifndef GANBEND_TOOLS_CLASSIFIERS_H
#define GANBEND_TOOLS_CLASSIFIERS_H

#include <stddef.h>

#include <ganbend.h>

enum { MOST_CLASSIFIERS = 64 };

typedef struct classifiers {
    const char *folder;         /* with K/classifierK_final.pt or .gbw for layer K, or these files without folders K */
    gb_context *context;
    gb_model *models[MOST_CLASSIFIERS];     /* open ones */
    size_t count;
} classifiers;

/* Opens the classifier of a layer; it stays open until close_classifiers(). As gb_cluster_options asks for it: `arg` is a
 * classifiers. */
gb_status open_classifier(void *arg, int layer, gb_model **model, gb_error *err);
void close_classifiers(classifiers *c);

#endif
