/* A model: a graph, its weights, and their packed forms for the kernels in use. */
#ifndef GB_ENGINE_MODEL_H
#define GB_ENGINE_MODEL_H

#include <stdatomic.h>

#include "context.h"
#include "engine/base/platform.h"
#include "graph.h"

typedef struct gb_packed {          /* of one node */
    const gb_op_row *row;
    const gb_cpu *cpu;              /* the processor whose memory holds the bytes */
    void *bytes;
} gb_packed;

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
    gb_packed *packed;              /* per node */
    gb_floats **floats;             /* per tensor: a list, or NULL */
    int64_t *parameters;            /* per node: elements of the weights that no earlier node uses */
    uint64_t serial;
    atomic_int sessions;            /* that have not been freed */
};

/* Makes a model of a finished graph, which it takes over, also on failure. `name` is the file name for messages; NULL
 * for a graph built by the caller. */
gb_status gb_model_new(gb_context *context, gb_graph *graph, const char *name, gb_model **model, gb_error *err);

/* The node's weights packed for the row: checked against their CRC and packed by the first call, shared by all
 * sessions. `packed` is NULL for operations without weights. Thread-safe. */
gb_status gb_model_pack(gb_model *model, gb_node node, const gb_cpu *cpu, const gb_op_row *row, const gb_desc *desc,
                        const void **packed, gb_error *err);

/* A small weight (bias, strength, mean w, noise map) as float32 × gain. Thread-safe; lives as long as the model. */
gb_status gb_model_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err);
/* The same in the memory of the context's processor. */
gb_status gb_model_device_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err);

/* A serial number for a plan, unique in the model. Thread-safe. */
uint64_t gb_model_serial(gb_model *model);

#endif
