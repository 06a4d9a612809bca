/* A model: a graph, its weights, and what has been made of them for the kernels in use. */
#ifndef GB_ENGINE_MODEL_H
#define GB_ENGINE_MODEL_H

#include "context.h"
#include "graph.h"
#include "engine/base/platform.h"

typedef struct gb_packed {          /* of one node */
    const gb_op_row *row;
    const gb_cpu *cpu;              /* where the bytes are */
    void *bytes;
} gb_packed;

typedef struct gb_floats gb_floats;
struct gb_floats {                  /* a weight as float32, times a gain */
    gb_floats *next;                /* the same weight times another gain */
    float gain;
    const float *data;
    float *owned;                   /* data where it had to be converted, else NULL */
    size_t count;
    float *on_device;               /* a copy for kernels of the context's device, or NULL */
};

struct gb_model {
    gb_context *context;
    gb_graph *graph;
    gb_map map;                     /* of a model opened from a file; bytes NULL otherwise */
    uint32_t checksum;              /* 0 for a network that was built */
    bool *checked;                  /* per tensor of a .gbw: the CRC has been compared */
    gb_mutex *lock;                 /* over checked, packed and floats */
    gb_packed *packed;              /* per node */
    gb_floats **floats;             /* per tensor: a list, or NULL */
    int64_t *parameters;            /* per node: elements of the weights that it is the first to use */
    uint64_t serial;
};

/* A model over a finished graph, which it takes over, also on failure. `name` is the file that messages blame; NULL for a
 * graph built by the caller. */
gb_status gb_model_new(gb_context *context, gb_graph *graph, const char *name, gb_model **model, gb_error *err);

/* The node's weights in the row's form: made at the first call, the same for all sessions, checked against their CRC.
 * `packed` is NULL for operations without weights. Thread-safe. */
gb_status gb_model_pack(gb_model *model, gb_node node, const gb_cpu *cpu, const gb_op_row *row, const gb_desc *desc,
                        const void **packed, gb_error *err);

/* A small weight (bias, strength, mean w, noise map) as float32 × gain. Thread-safe; lives as long as the model. */
gb_status gb_model_floats(gb_model *model, const char *name, float gain, const float **data, gb_error *err);
/* The same where kernels of the context's processor read it. */
gb_status gb_model_floats_there(gb_model *model, const char *name, float gain, const float **data, gb_error *err);

/* A number that no other plan of the model has. Thread-safe. */
uint64_t gb_model_serial(gb_model *model);

#endif
