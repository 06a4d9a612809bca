/* The network that looks at pictures, for commands that compare features of pictures. */
#ifndef GANBEND_TOOLS_FEATURES_H
#define GANBEND_TOOLS_FEATURES_H

#include "tools/program/arguments.h"

typedef struct feature_options {
    const char *network, *at;
    int64_t size;
} feature_options;

extern const option feature_table[];

/* Opens the network; *features is NULL for the built-in features. */
gb_status open_features(const feature_options *options, gb_context *context, gb_model **features, gb_error *err);

#endif
