/* --features and what belongs to it. */
#include "features.h"

#include "open_model.h"

#define AT(member) offsetof(feature_options, member)

const option feature_table[] = {
    {"--features", OPTION_TEXT, AT(network), "NETWORK", "A ResNet or VGG-16 that looks at the pictures (default: built-in edges, "
     "bars and colours).", 0, 0},
    {"--features-at", OPTION_TEXT, AT(at), "LAYER", "Its layer (default: layer2).", 0, 0},
    {"--features-size", OPTION_INTEGER, AT(size), "N", "Larger side of the pictures that it looks at (default: 256).", 16, 4096},
    {0}
};

gb_status open_features(const feature_options *options, gb_context *context, gb_model **features, gb_error *err) {
    *features = NULL;
    return options->network ? open_any_model(context, options->network, features, err) : GB_OK;
}
