/* Architectures: each row builds the graph of a canonical network. One file per architecture. */
#ifndef GB_ENGINE_MODELS_H
#define GB_ENGINE_MODELS_H

#include "engine/graph/graph.h"

typedef struct gb_architecture {
    const char *name;                       /* metadata "architecture" */
    const char *title;                      /* as written in papers */
    void (*build)(gb_graph *graph);         /* adds the nodes for graph->network; errors are recorded in the graph */
    /* Adds the tensors that build() needs and checkpoints may lack; may be NULL. If it adds a mean w, sets *mean_w to
     * its values, which are zero until the caller computes them. */
    gb_status (*complete)(gb_network *network, float **mean_w, gb_error *err);
    bool any_size;                          /* its pictures may have any size: config.height and config.width */
} gb_architecture;

extern const gb_architecture *const gb_architectures[];     /* NULL-terminated */

/* The row for this network, or NULL. */
const gb_architecture *gb_architecture_of(const gb_network *network);

extern const gb_architecture gb_stylegan2_architecture, gb_biggan_architecture, gb_resnet_architecture;
extern const gb_architecture gb_vgg16_architecture, gb_lpips_architecture, gb_feature_classifier_architecture;

/* A formatted name; gb_name("%s.weight", layer).text is valid until the end of the full expression. */
typedef struct gb_name_text {
    char text[128];
} gb_name_text;
gb_name_text gb_name(const char *format, ...);

/* config.`key`; if it is missing or out of range, records an error and returns `low`. */
int gb_config_int(gb_graph *graph, const char *key, int low, int high);

#endif
