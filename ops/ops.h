/* Operations: what a network is made of. One file per operation holds its plain C form, which reads like the formula
 * and is the specification; ops/simd/ holds rows that are faster and are held against it by check_ops.
 *
 * Logical shapes are N, C, H, W; a vector is C maps of 1×1. In memory a tensor is [N][C/b][H][W][b] with the channel
 * block b in its shape: 1 is NCHW. Where b does not divide C the last block is padded; padded lanes hold anything and
 * are never read. Nothing here allocates, locks or fails while running: shapes are checked and sizes known before. */
#ifndef GB_OPS_H
#define GB_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GB_MAX_INPUTS = 4, GB_MAX_WEIGHTS = 4, GB_MAX_FIR = 8 };

typedef struct gb_shape {
    int n, c, h, w;
    int block;              /* channels stored next to each other; 1 = planar */
} gb_shape;

typedef struct gb_tensor {
    gb_shape shape;
    float *data;            /* 64-byte aligned */
} gb_tensor;

/* The processor as kernels see it. Made once per context by gb_cpu_detect(); immutable afterwards. */
typedef struct gb_cpu {
    const char *isa;        /* "plain", "avx2", "avx512", "neon": the rows used, and those of lower rank behind them */
    int rank;               /* 0 plain, then rising */
    int vector;             /* floats in a vector: the channel block of feature maps (1 for plain) */
    size_t l1, l2, l3;      /* data cache bytes: of one core, one core, all cores together */
    int workers;            /* threads that parallel() uses, at least 1; results never depend on it */
    /* Runs task(arg, i, worker) for i in [0, tasks), worker in [0, workers), and returns when all are done. */
    void (*parallel)(void *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg);
    void *pool;
    /* Where another processor has the tensors and the rows (ops/device.h); NULL on the host. Then data, packed and
     * workspace are its memory, `live` and what it points to are still the host's. */
    const struct gb_device *device;
    struct gb_queue *queue;         /* of the session that runs */
} gb_cpu;

/* Fills isa, rank, vector and cache sizes. `wanted` (NULL = the best there is) forces a row of the table; false where
 * this processor or build has none of that name, and `names` (may be NULL) then lists what there is. */
bool gb_cpu_detect(gb_cpu *cpu, const char *wanted, char *names, size_t names_size);

/* Keeps every worker busy with multiply-adds alone and returns how many there were; time it to learn the peak. */
uint64_t gb_cpu_burst(const gb_cpu *cpu, int rounds);

/* A number that a person may set, of an activation or a filter. */
typedef struct gb_param {
    const char *name;               /* "angle" */
    const char *summary;            /* with its unit: "degrees, counter-clockwise" */
    float default_value, low, high; /* default, and what is allowed, ends included (they may be infinite) */
    bool integer;                   /* takes whole numbers only */
    const char *const *choices;     /* names of the values 0, 1, … ("zeros", "edge", …, NULL), or NULL: a number */
} gb_param;

/* ------------------------------------------------------------------------------------------------ descriptors */

typedef enum gb_op_id {
#define GB_OP(ID, name) GB_OP_##ID,
#include "ops/list.h"
    GB_OPS
} gb_op_id;

/* y[n,o] = d[n,o] · Σ_i W[o,i] ⋆ (s[n,i] x[n,i]),  s = styles · style_gain,
 * d = 1/√(Σ_{i,k} (W[o,i,k] s[n,i])² + 1e-8) where `demodulate`, else 1. Without in[1] (styles) s = 1.
 * up = 1: correlation, padding (kernel-1)/2, same size. up = 2: transposed convolution, stride 2, no padding (2H+1, the
 * kernel unflipped), then the 4×4 FIR weights[1] × 4 with padding 1 → 2H. Weights: [cout,cin,kernel,kernel]. */
typedef struct gb_conv {
    int cout, kernel, up;
    bool modulated, demodulate;
    float style_gain;
    int wanted;             /* channels that are read, the first ones; a row may leave out the others. 0 = all */
} gb_conv;

typedef struct gb_fir {     /* of GB_OP_UPFIRDN2D; weights[0] is the filter [taps,taps], applied × gain */
    int up, taps;
    int pad_before, pad_after;
    float gain;
} gb_fir;

/* Everything about one use of an operation that is fixed when a plan is made. */
typedef struct gb_desc {
    gb_op_id op;
    int inputs;
    gb_shape in[GB_MAX_INPUTS];
    gb_shape out;           /* filled by gb_op_shape(), block included; GB_OP_CONSTANT reads its n */
    union {
        gb_conv conv;
        gb_fir fir;
        struct { int cout; float gain; } linear;
        struct { float eps; } pixel_norm;
        struct { int num_ws; } truncate;
        struct { int row; } select;
        struct { int c, h, w; } constant;
        struct { int rows; float eps; bool gain_from_one; } batch_norm;
        struct { int from, count; } slice;
        struct { int c, up, kept; } pass;
        struct { const struct gb_filter *row; } filter;
        struct { int c, h, w; bool channels_last; } reshape;
    };
} gb_desc;

/* ------------------------------------------------------------------------------------------------ epilogues */

/* Activations: those a checkpoint may contain, under NVIDIA's names, and those a person may put in their place. Values
 * are the same bits under every instruction set, given the same treatment of denormals. */
typedef enum gb_act_kind {
    GB_ACT_LINEAR, GB_ACT_RELU, GB_ACT_LRELU, GB_ACT_TANH, GB_ACT_SIGMOID, GB_ACT_ELU, GB_ACT_SELU, GB_ACT_SOFTPLUS,
    GB_ACT_SWISH,
    GB_ACT_SINLU, GB_ACT_COSLU, GB_ACT_RELUN, GB_ACT_SHILU, GB_ACT_POLY, GB_ACT_GELU, GB_ACT_SINE, GB_ACT_STEP,
    GB_ACTS
} gb_act_kind;

enum { GB_MAX_ACT_PARAMS = 17 };

typedef struct gb_act_row {
    const char *name;       /* "lrelu" */
    const char *alias;      /* what others call it ("leaky_relu"), else NULL */
    const char *summary;    /* its formula */
    float gain;             /* the gain NVIDIA's networks give it: √2 for relu, lrelu, swish; else 1 */
    int params;             /* how many it has where none is given */
    int max_params;         /* the same, or more: then any number from 1 to this may be given (a polynomial's weights) */
    const gb_param *param;  /* [max_params] */
} gb_act_row;

extern const gb_act_row gb_acts[GB_ACTS];
int gb_act_find(const char *name);      /* the kind, by either name; -1 */

/* The value of an activation at x. Parameters past the `count` that are given have the row's defaults; of a kind that
 * takes any number, count > 0 says how many there are. */
float gb_activate(gb_act_kind act, const float *params, int count, float x);

/* What follows an operation in the same pass, in this order; a stage that is absent has a NULL / false. All of it is
 * read at run time, so a slider that moves a value needs no new plan. Each stage rounds as if it stood alone:
 *   v += noise · strength;   v = act(v + bias) · gain, clamped to ±clamp;   v += add */
typedef struct gb_epilogue {
    const float *noise;     /* [N or 1][H][W] */
    size_t noise_step;      /* floats from one sample's map to the next; 0 = shared */
    float noise_strength;
    bool bias_act;
    const float *bias;      /* [C] or NULL */
    gb_act_kind act;
    const float *act_params;        /* of `act`; act_param_count of them, the others as the row has them */
    int act_param_count;
    const uint8_t *act_channels;    /* [C]: channels where it is 0 have `base_act`, as its row has it; NULL = none */
    gb_act_kind base_act;
    float gain;             /* 1 = none (skipped) */
    float clamp;            /* negative = none; NaN passes */
    const gb_tensor *add;   /* same shape and block as the output */
} gb_epilogue;

/* ------------------------------------------------------------------------------------------------ running */

typedef struct gb_truncate_live { float psi; int cutoff; } gb_truncate_live;   /* cutoff < 0 = all rows */
typedef struct gb_batch_norm_live { double truncation; } gb_batch_norm_live;    /* 0 to 1: which row of statistics */

typedef struct gb_filter_live {
    const float *params;
    const int *feature;         /* ascending channels; NULL = all */
    int count;
} gb_filter_live;

typedef struct gb_paint_live {
    const float *vectors;       /* [count, C] */
    int count;
    const int16_t *index;       /* [H, W]; negative = keep */
} gb_paint_live;

typedef struct gb_set_live {
    const float *values;        /* [1 or N, C, H, W]; not used where in[1] has them */
    int samples;
    bool add;
    float keep;                 /* 0 to 1: share of x that stays where values replace it */
    const uint8_t *channels;    /* [C], 0 = leave alone; NULL = all */
} gb_set_live;

typedef struct gb_callback_live {
    void (*call)(void *arg, float *nchw);
    void *arg;
    uint64_t float_state;       /* the caller's, see ops/float_state.h */
} gb_callback_live;

typedef struct gb_args {
    const gb_tensor *in[GB_MAX_INPUTS];
    const gb_tensor *out;               /* never overlaps an input */
    const void *packed;                 /* what pack() made, or NULL for operations without weights */
    const gb_epilogue *epilogue;        /* NULL = none; for NOISE, BIAS_ACT and ADD it holds their own stage too */
    const void *live;                   /* gb_truncate_live, … */
    uint64_t version;                   /* of what `live` holds: the same number, the same values */
    void *workspace;                    /* 64-byte aligned */
} gb_args;

/* One implementation of an operation. */
typedef struct gb_op_row {
    gb_op_id op;
    const char *form;                   /* the algorithm: "winograd"; NULL for the plain one */
    const char *isa;                    /* "plain", "avx2", …, "cuda" */
    int rank;                           /* of the instruction set: the highest rank that supports a use runs it */
    bool fuses;                         /* run() applies args->epilogue as it writes */
    /* NULL: supports everything that passes the shape check. May depend on shapes, blocks and cpu->isa, never on batch
     * size, workers or fused stages. */
    bool (*supports)(const gb_cpu *cpu, const gb_desc *d);
    size_t (*packed_size)(const gb_cpu *cpu, const gb_desc *d);         /* bytes; NULL = no weights */
    /* weights: float32, row-major, as in the checkpoint. Depends only on what packed_size() depends on. */
    void (*pack)(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed);
    size_t (*workspace)(const gb_cpu *cpu, const gb_desc *d);           /* bytes; NULL = none */
    void (*run)(const gb_cpu *cpu, const gb_desc *d, const gb_args *args);
} gb_op_row;

/* An operation: what all its rows have in common, and the plain C row that specifies the result. Its file in ops/ defines
 * it; ops/list.h lists all. */
typedef struct gb_op {
    const char *name, *summary;         /* "linear"; one line for documentation */
    int inputs_min, inputs_max;
    /* Checks d->in and the attributes and fills d->out except its block. False leaves one line in `why`. The sizes of
     * the inputs have been checked to be reasonable. */
    bool (*shape)(gb_desc *d, char *why, size_t why_size);
    uint64_t (*macs)(const gb_desc *d); /* multiply-adds of one run; NULL = none worth counting */
    gb_op_row plain;
} gb_op;
extern const gb_op *const gb_ops[GB_OPS];

/* Checks inputs and attributes and fills d->out (block included). False leaves one line in `why`. */
bool gb_op_shape(const gb_cpu *cpu, gb_desc *d, char *why, size_t why_size);

/* Multiply-adds of one run: transposed convolutions at input resolution, FIRs and element-wise work left out. */
uint64_t gb_op_macs(const gb_desc *d);

/* The best row for this use. The host has at least the plain one; NULL if a device has none. */
const gb_op_row *gb_op_find(const gb_cpu *cpu, const gb_desc *d);
/* The host's rows one by one, the plain ones first; NULL past the last. */
const gb_op_row *gb_op_row_at(size_t i);

/* The channel block of a boundary: 1 for vectors and lists of them (h = 1) and for fewer than 8 channels, else
 * cpu->vector, and on a device all channels, rounded up to 8. */
int gb_block(const gb_cpu *cpu, int c, int h, int w);
/* Floats a tensor of this shape takes in memory, padded channels included. */
size_t gb_shape_floats(const gb_shape *s);
/* Bytes of the same where this processor keeps it. */
size_t gb_tensor_bytes(const gb_cpu *cpu, const gb_shape *s);
/* Limits far beyond any generator, so that no later product overflows int or size_t: a dimension up to 2^20, a map up
 * to 2^28 pixels, N·C up to 2^28, a tensor up to 2^36 floats. */
bool gb_shape_possible(const gb_shape *s);
bool gb_shape_same(const gb_shape *a, const gb_shape *b);

/* Between a tensor and plain NCHW float32. */
void gb_tensor_to_nchw(const gb_cpu *cpu, const gb_tensor *t, float *nchw);
void gb_tensor_from_nchw(const gb_cpu *cpu, const gb_tensor *t, const float *nchw);

#ifdef __cplusplus
}
#endif
#endif
