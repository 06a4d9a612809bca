/* Architectures: each row turns a canonical network into a graph. One file per architecture. */
#ifndef GB_ENGINE_MODELS_H
#define GB_ENGINE_MODELS_H

#include "engine/graph/graph.h"

typedef struct gb_architecture {
    const char *name;                       /* metadata "architecture" */
    const char *title;                      /* as papers write it */
    void (*build)(gb_graph *graph);         /* adds the nodes over graph->network; mistakes stay in the graph */
    /* Adds tensors that checkpoints may lack and build() needs; may be NULL. *mean_w is set to the values of a mean w
     * that it added, zero until the caller has computed them. */
    gb_status (*complete)(gb_network *network, float **mean_w, gb_error *err);
} gb_architecture;

extern const gb_architecture *const gb_architectures[];     /* NULL-terminated */

/* The row for this network, or NULL. */
const gb_architecture *gb_architecture_of(const gb_network *network);

extern const gb_architecture gb_stylegan2_architecture, gb_biggan_architecture;

/* What the builders share. A name put together; gb_name("%s.weight", layer).text lives to the end of the statement. */
typedef struct gb_name_text {
    char text[128];
} gb_name_text;
gb_name_text gb_name(const char *format, ...);

/* config.`key`, or a mistake where it is missing or out of range (then `low`). */
int gb_config_int(gb_graph *graph, const char *key, int low, int high);

#endif
