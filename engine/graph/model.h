/* A model: a graph, its weights, and their packed forms for the kernels in use. */
#ifndef GB_ENGINE_MODEL_H
#define GB_ENGINE_MODEL_H

#include <stdatomic.h>

#include "context.h"
#include "engine/base/platform.h"
#include "graph.h"

typedef struct gb_packed gb_packed;
struct gb_packed {                  /* a weight as one kernel reads it */
    gb_packed *next;                /* the same weight for another kernel, or rearranged in another way */
    const gb_op_row *row;
    const gb_cpu *cpu;              /* the processor whose memory holds the bytes */
    gb_transform transform;
    float gain;
    const char *others[GB_MAX_WEIGHTS - 1];     /* names of the weights that are packed with it, or NULL */
    gb_desc desc;
    size_t size;
    void *bytes;
};

typedef struct gb_floats gb_floats;
struct gb_floats {                  /* a weight as float32, times a gain */
    gb_floats *next;                /* the same weight with another gain */
    float gain;
    const float *data;
    float *owned;                   /* equal to `data` if it had to be converted, otherwise NULL */
    size_t count;
    float *on_device;               /* a copy for kernels of the context's device, or NULL */
};

struct gb_model {
    gb_context *context;
    gb_graph *graph;
    gb_map map;                     /* of a model opened from a file; otherwise bytes = NULL */
    uint32_t checksum;              /* 0 for a graph built by the caller */
    bool *checked;                  /* per tensor of a .gbw: the CRC has been compared */
    gb_mutex *lock;                 /* protects checked, packed and floats */
    gb_packed **packed;             /* per tensor that is the first weight of a node: a list, or NULL */
    gb_floats **floats;             /* per tensor: a list, or NULL */
    int64_t *parameters;            /* per node: elements of the weights that no earlier node uses */
    uint64_t serial;
    atomic_int sessions;            /* that have not been freed */
};

/* Makes a model of a finished graph, which it takes over, also on failure. `name` is the file name for messages; NULL
 * for a graph built by the caller. */
gb_status gb_model_new(gb_context *context, gb_graph *graph, const char *name, gb_model **model, gb_error *err);

/* The node's weights packed for the row: checked against their CRC and packed by the first call, shared by all
 * sessions and by all nodes that read the same weights in the same way. `packed` is NULL for operations without weights.
 * Thread-safe. */
gb_status gb_model_pack(gb_model *model, const gb_graph_node *node, const gb_cpu *cpu, const gb_op_row *row, const gb_desc *desc,
                        const void **packed, gb_error *err);

/* A small weight (bias, strength, mean w, noise map) as float32 × gain. Thread-safe; lives as long as the model. */
gb_status gb_model_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err);
/* The same in the memory of the context's processor. */
gb_status gb_model_device_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err);

/* A serial number for a plan, unique in the model. Thread-safe. */
uint64_t gb_model_serial(gb_model *model);

#endif
