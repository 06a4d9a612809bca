/* The weights of a model: checked against their checksums when they are first used, as floats, and packed for the kernels
 * in use. A session may have values of its own for some of them; what is packed from those belongs to it. */
#ifndef GB_ENGINE_WEIGHTS_H
#define GB_ENGINE_WEIGHTS_H

#include "context.h"
#include "engine/base/platform.h"
#include "graph.h"

/* What a packed form is made from. */
typedef struct gb_packing {
    const char *weight[GB_MAX_WEIGHTS]; /* names of the weights, or NULL */
    const char *node;                   /* for messages */
    const gb_op_row *row;
    const gb_cpu *cpu;                  /* the processor whose memory holds the bytes */
    gb_transform transform;
    float gain;
    gb_desc desc;
    size_t size;
} gb_packing;

typedef struct gb_packed gb_packed;
struct gb_packed {                  /* weights as one kernel reads them */
    gb_packed *next;                /* the same first weight for another kernel, or rearranged in another way */
    gb_packing from;
    uint64_t version;               /* of a session's weights when it was packed */
    void *bytes;
    bool ready;                     /* false while a thread packs it; others that need it wait */
};

typedef struct gb_floats gb_floats;
struct gb_floats {                  /* a weight as float32, times a gain */
    gb_floats *next;                /* the same weight with another gain */
    const char *name;
    float gain;
    const float *data;
    float *owned;                   /* equal to `data` if it had to be converted, otherwise NULL */
    size_t count;
    float *on_device;               /* a copy for kernels of the context's device, or NULL */
    uint64_t version;
    bool ready;                     /* false while a thread converts it; others that need it wait */
};

/* The bytes of a tensor in a model's copy of its file. They are given back after the tensor has been packed, while nobody reads
 * them, and read again if they are needed. */
typedef struct gb_held_bytes {
    int readers;
    bool packed;                    /* it has been: they are given back when the last reader lets go of them */
    bool discarded;
    bool loading;                   /* a thread reads them again; others wait */
} gb_held_bytes;

typedef struct gb_weights {         /* of a model */
    gb_context *context;
    const gb_network *network;
    gb_map map;                     /* of a model opened from a file; otherwise bytes = NULL */
    uint32_t checksum;              /* 0 for a graph built by the caller */
    bool *checked;                  /* per tensor of a .gbw: the CRC has been compared */
    gb_held_bytes *held;            /* per tensor; used if the map reloads */
    float *room;                    /* for weights that are packed, between one weight and the next; or NULL */
    size_t room_count;
    gb_mutex *lock;                 /* protects checked, held, room, packed and floats; not held while a weight is read or packed */
    gb_packed **packed;             /* per tensor that is the first weight of a node: a list, or NULL */
    gb_floats **floats;             /* per tensor: a list, or NULL */
} gb_weights;

/* A weight of which a session has its own values. */
typedef struct gb_own_weight {
    const char *name;               /* the network's */
    size_t tensor, count;
    float *values;
    uint64_t version;               /* of its last change */
    bool trained;                   /* its gradient is wanted */
} gb_own_weight;

typedef struct gb_own_weights {     /* of a session; the session is used by one thread at a time */
    gb_own_weight *list;
    int count, room, trained;       /* `trained`: how many are */
    int *at;                        /* per tensor: 1 + its position in the list, or 0; NULL while the list is empty */
    uint64_t version;               /* of the last change of any */
    gb_packed *packed;              /* forms that contain such a weight */
    gb_floats *floats;
} gb_own_weights;

/* False if out of memory. `map` and `checksum` are set by the caller. */
bool gb_weights_init(gb_weights *weights, gb_context *context, const gb_network *network);
void gb_weights_free(gb_weights *weights);

/* The position of a tensor in the network's list; the number of tensors if it is NULL or unknown. */
size_t gb_weights_tensor(const gb_network *network, const char *name);

/* Compares a tensor of a .gbw with its checksum when it is first used. Thread-safe. */
gb_status gb_weights_check(gb_weights *weights, const char *name, gb_error *err);
/* The tensor as float32, checked. GB_BAD_FILE also if it had to be read from the file again and has changed. Thread-safe. */
gb_status gb_weights_read(gb_weights *weights, const char *name, float *values, gb_error *err);

/* The node's weights packed for the row: packed by the first call, shared by all sessions and by all nodes that read the
 * same weights in the same way. `packed` is NULL for operations without weights. Thread-safe. If `own`, which may be NULL,
 * has one of the weights, the form belongs to it, and gb_own_weights_refresh() writes new values to the same place. */
gb_status gb_weights_pack(gb_weights *weights, gb_own_weights *own, const gb_graph_node *node, const gb_cpu *cpu,
                          const gb_op_row *row, const gb_desc *desc, const void **packed, gb_error *err);
/* Frees what gb_weights_pack() keeps for the next weight, after the last one. Thread-safe. */
void gb_weights_end_packing(gb_weights *weights);

/* A small weight (bias, strength, mean w, noise map) as float32 × gain. Thread-safe; lives as long as the model, or as
 * `own` if that has it. */
gb_status gb_weights_floats(gb_weights *weights, gb_own_weights *own, const char *name, float gain, const float **data,
                            gb_error *err);
/* The same in the memory of the context's processor. */
gb_status gb_weights_device_floats(gb_weights *weights, gb_own_weights *own, const char *name, float gain,
                                   const float **data, gb_error *err);

/* The session's own weight of that name, or NULL. */
gb_own_weight *gb_own_weights_find(const gb_own_weights *own, const gb_network *network, const char *name);
/* Adds it with the model's values if it is not there yet. */
gb_status gb_own_weights_add(gb_own_weights *own, gb_weights *weights, const char *name, gb_own_weight **added,
                             gb_error *err);
/* Marks it as changed. */
void gb_own_weight_changed(gb_own_weights *own, gb_own_weight *weight);
/* True if a form is older than one of its weights. */
bool gb_own_weights_are_stale(const gb_own_weights *own, const gb_network *network);
/* Packs those forms again. */
gb_status gb_own_weights_refresh(gb_own_weights *own, gb_weights *weights, gb_error *err);
void gb_own_weights_free(gb_own_weights *own, const gb_cpu *processor);

#endif
