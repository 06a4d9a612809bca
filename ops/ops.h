/* Operations, the building blocks of a network. Each has a file with its plain C form, which follows the formula and is
 * the specification; ops/simd/ has faster rows, and check_ops compares them with the plain ones.
 *
 * Logical shapes are N, C, H, W; a vector is C maps of 1×1. In memory a tensor is [N][C/b][H][W][b], where b is the
 * channel block of its shape; b = 1 is NCHW. If b does not divide C, the last block is padded: its extra channels may
 * hold any value and are never read. Running an operation never allocates, locks or fails: shapes and sizes are checked
 * before. */
#ifndef GB_OPS_H
#define GB_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ops/real.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GB_MAX_INPUTS = 4, GB_MAX_WEIGHTS = 4, GB_MAX_FIR = 8 };

typedef struct gb_shape {
    int n, c, h, w;
    int block;              /* channels stored next to each other: the channel block; 1 = planar */
} gb_shape;

typedef struct gb_tensor {
    gb_shape shape;
    gb_real *data;          /* 64-byte aligned */
} gb_tensor;

/* The processor that kernels run on. Filled once per context by gb_cpu_detect(), then constant. */
typedef struct gb_cpu {
    const char *isa;        /* "plain", "avx2", "avx512", "neon", "wasm": its rows are used where they support a use */
    int rank;               /* 0 for plain, higher for faster instruction sets */
    int vector;             /* floats of a register: the channel block of feature maps (1 for plain) */
    bool bf16;              /* convolutions multiply in bfloat16 */
    bool amx;               /* the system has given this process the tiles of AMX */
    size_t l1, l2, l3;      /* data caches in bytes: per core, per core, of all cores together */
    int workers;            /* threads that parallel() uses, at least 1; results never depend on it */
    /* Runs task(arg, i, worker) for i in [0, tasks), worker in [0, workers), and returns when all are done. */
    void (*parallel)(void *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg);
    void *pool;
    const struct gb_allocator *allocator;   /* of the host's tensors and weights; NULL = the C library */
    /* The device that holds the tensors and runs the rows (ops/device.h); NULL = the host. With a device, tensor data,
     * packed weights and workspace are in its memory; `live` and everything it points to stay in the host's. */
    const struct gb_device *device;
    struct gb_stream *stream;       /* the running session's */
} gb_cpu;

/* Fills isa, rank, vector, bf16 and cache sizes. `wanted` names an instruction set; NULL chooses the best of full precision,
 * "bf16" the best that multiplies in bfloat16. Returns false if this processor or build does not have it; `names` (may be NULL)
 * lists those it has. */
bool gb_cpu_detect(gb_cpu *cpu, const char *wanted, char *names, size_t names_size);

/* Runs a loop of nothing but multiply-adds on every worker and returns their number; timing it gives the peak rate. */
uint64_t gb_cpu_burst(const gb_cpu *cpu, int rounds);

/* A parameter of an activation or a filter. */
typedef struct gb_param {
    const char *name;               /* "angle" */
    const char *summary;            /* with its unit: "degrees, counter-clockwise" */
    float default_value, low, high; /* low and high are allowed themselves and may be infinite */
    bool integer;
    const char *const *choices;     /* names of the values 0, 1, … ("zeros", "edge", …, NULL); NULL for a number */
} gb_param;

/* ------------------------------------------------------------------------------------------------ descriptors */

typedef enum gb_op_id {
#define GB_OP(ID, name) GB_OP_##ID,
#include "ops/list.h"
    GB_OPS
} gb_op_id;

/* y[n,o] = d[n,o] · Σ_i W[o,i] ⋆ (s[n,i] x[n,i]),  s = styles · style_gain,  d = 1/√(Σ_{i,k} (W[o,i,k] s[n,i])² + 1e-8)
 * Without modulation s = 1; without demodulation d = 1. up = 1: correlation with padding (kernel−1)/2, same size. up =
 * 2: transposed convolution with stride 2 and no padding (2H+1, kernel not flipped), then the 4×4 FIR weights[1] × 4
 * with padding 1 → 2H. Weights: [cout,cin,kernel,kernel]. */
typedef struct gb_conv {
    int cout, kernel, up;
    bool modulated, demodulate;
    float style_gain;
    int wanted;             /* only the first `wanted` output channels are read; a row may skip the others. 0 = all */
} gb_conv;

/* y[o,y,x] = Σ_{i,ky,kx} W[o,i,ky,kx] · x[g·cin/groups + i, y·stride + ky − padding, x·stride + kx − padding], where g is
 * the group of o, and x is zero outside the map. kernel 1 to 7, stride 1 or 2; groups divides cin and cout. */
typedef struct gb_conv2d { int cout, kernel, stride, padding, groups; } gb_conv2d;

/* The gradient of the weights of such a convolution. `swapped`: as [cin,cout,kernel,kernel]. */
typedef struct gb_weight_grad {
    int kernel, stride, padding, groups;
    bool swapped;
    float gain;
} gb_weight_grad;

/* A window of size × size pixels from (y·stride − padding, x·stride − padding) on; padding is at most size / 2. */
typedef struct gb_pool { int size, stride, padding; } gb_pool;

/* With pixel centres at half coordinates. Nearest: pixel ⌊y · H/h⌋. Bilinear: at (y + ½) · H/h − ½, the edge repeated.
 * Area: the mean of the pixels ⌊y · H/h⌋ to ⌈(y + 1) · H/h⌉ − 1, as in adaptive average pooling. */
typedef enum gb_resize_mode { GB_RESIZE_NEAREST, GB_RESIZE_BILINEAR, GB_RESIZE_AREA, GB_RESIZE_MODES } gb_resize_mode;
typedef struct gb_resize { int h, w; gb_resize_mode mode; } gb_resize;

/* Zero insertion by `up`, padding, then a true convolution (the filter is flipped) with weights[0] [taps,taps], ×
 * gain. */
typedef struct gb_fir {
    int up, taps;
    int pad_before, pad_after;
    float gain;
} gb_fir;

/* One use of an operation: everything that is fixed when a plan is made. */
typedef struct gb_desc {
    gb_op_id op;
    int inputs;
    gb_shape in[GB_MAX_INPUTS];
    gb_shape out;           /* filled by gb_op_shape(), block included; for GB_OP_CONSTANT, n is set before */
    bool unstored;          /* only the follower (gb_args) reads the output, which has no memory; needs a row with follows() */
    union {
        gb_conv conv;
        gb_fir fir;
        /* With `selects`, in[0] is a list of vectors [N,rows,1,C], of which this row is x: a select before it is part of
         * the step on devices. */
        struct { int cout; float gain; bool selects; int row; } linear;
        struct { float eps; } pixel_norm;
        struct { int num_ws; } truncate;
        struct { int row; } select;
        struct { int c, h, w; } constant;
        /* own: mean and biased variance are those of the input, over all pixels of all samples. */
        struct { int rows; float eps; bool gain_from_one, own; } batch_norm;
        gb_conv2d conv2d;
        gb_pool pool;
        gb_resize resize;
        struct { int groups; } shuffle;
        struct { float eps; } unit_norm;
        struct { int from, count; } slice;
        struct { int c, up, kept; } pass;
        struct { const struct gb_filter *row; } filter;
        struct { int c, h, w; bool channels_last; } reshape;
        struct { bool from_output; } act_grad;          /* in[1] is the layer's output instead of its input */
        struct { int params; } act_param_grad;
        struct { float gain; bool before_act; } channel_dot;
        struct { float gain; } channel_scale;
        struct { int row, rows; } select_grad;
        struct { int from, c; } slice_grad;
        struct { bool values; } set_grad;
        struct { int stride, h, w; } spread;
        struct { gb_op_id of; } distance_grad;
        struct { bool pixels; float gain; } batch_sum;
        gb_weight_grad weight_grad;
        struct { float gain; } strength_grad;
    };
} gb_desc;

/* ------------------------------------------------------------------------------------------------ epilogues */

/* Activations: first those that checkpoints contain, under NVIDIA's names, then those that bends can put in their
 * place. Values have the same bits under every instruction set, given the same treatment of denormals. */
typedef enum gb_act_kind {
    GB_ACT_LINEAR, GB_ACT_RELU, GB_ACT_LRELU, GB_ACT_TANH, GB_ACT_SIGMOID, GB_ACT_ELU, GB_ACT_SELU, GB_ACT_SOFTPLUS,
    GB_ACT_SWISH,
    GB_ACT_SINLU, GB_ACT_COSLU, GB_ACT_RELUN, GB_ACT_SHILU, GB_ACT_POLY, GB_ACT_GELU, GB_ACT_SINE, GB_ACT_STEP,
    GB_ACTS
} gb_act_kind;

enum { GB_MAX_ACT_PARAMS = 17 };

typedef struct gb_act_row {
    const char *name;       /* "lrelu" */
    const char *alias;      /* another common name ("leaky_relu"), or NULL */
    const char *summary;    /* its formula */
    float gain;             /* its gain in NVIDIA's networks: √2 for relu, lrelu, swish; else 1 */
    int params;             /* number of parameters by default */
    int max_params;         /* if more than `params`: any number from 1 to this may be given (a polynomial's weights) */
    const gb_param *param;  /* [max_params] */
} gb_act_row;

extern const gb_act_row gb_acts[GB_ACTS];
int gb_act_find(const char *name);      /* gb_act_kind of a name or alias; -1 if unknown */

/* The value of an activation at x. Parameters beyond the `count` given ones have their default values; for an
 * activation with a variable number of parameters, count > 0 is their number. */
gb_real gb_activate(gb_act_kind act, const float *params, int count, gb_real x);

/* The number of parameters of an activation that was given `given` of them. */
int gb_act_param_count(gb_act_kind act, int given);

/* Whether act'(x) follows from act(x) · gain, so that x need not be stored; whether x does too wherever act'(x) is not
 * 0; and whether act'(x) is 0 everywhere, so that no gradient passes. */
bool gb_act_from_output(gb_act_kind act, const float *params, int count, float gain);
bool gb_act_invertible(gb_act_kind act, const float *params, int count, float gain);
bool gb_act_is_flat(gb_act_kind act);

/* The stages that may follow an operation in the same pass over memory, in this order; NULL or false leaves a stage
 * out.
 *   v = (v − mean) · scale + offset;   v += noise · strength;   v = act(v + bias) · gain, clamped to ±clamp;   v += add
 * and then those of `then`, if there is a second round: the activation of a residual block comes after its sum.
 * Each stage rounds as if it were an operation of its own. All values are read at run time: changing one needs no new
 * plan. Devices have no `norm` and no `then`. */
enum { GB_ROUNDS = 2 };

typedef struct gb_epilogue {
    const gb_real *norm;    /* [N][3][norm_channels]: mean, scale and offset of a batch norm (ops/batch_norm.h) */
    int norm_channels;
    const gb_real *noise;   /* [N or 1][H][W] */
    size_t noise_step;      /* floats from one sample's map to the next; 0 = one map for all samples */
    float noise_strength;
    bool bias_act;
    const gb_real *bias;    /* [C] or NULL */
    gb_act_kind act;
    const float *act_params;        /* [act_param_count] of `act`; the others have their default values */
    int act_param_count;
    const uint8_t *act_channels;    /* [C]: 0 selects `base_act` with its default parameters; NULL = `act` everywhere */
    gb_act_kind base_act;
    float gain;             /* 1 = none */
    float clamp;            /* negative = none; NaN stays NaN */
    const gb_tensor *add;   /* same shape and block as the output */
    const struct gb_epilogue *then;         /* the second round, whose own `then` is NULL; or NULL */
} gb_epilogue;

/* ------------------------------------------------------------------------------------------------ running */

/* Live values: parameters that an operation reads at run time, so that changing them needs no new plan. */

typedef struct gb_truncate_live { float psi; int cutoff; } gb_truncate_live;    /* cutoff < 0 = all rows */
typedef struct gb_batch_norm_live { double truncation; } gb_batch_norm_live;    /* 0 to 1: selects the statistics */

typedef struct gb_filter_live {
    const float *params;
    const int *feature;         /* ascending channels; NULL = all */
    int count;
} gb_filter_live;

typedef struct gb_paint_live {
    const float *vectors;       /* [count, C] */
    int count;
    const int16_t *index;       /* [H, W]: the vector at each pixel; negative = none, the pixel keeps its values */
} gb_paint_live;

typedef struct gb_set_live {
    const float *values;        /* [1 or N, C, H, W]; not used where in[1] has them */
    int samples;
    bool add;
    float keep;                 /* 0 to 1: the share of x that is kept when values replace it */
    const uint8_t *channels;    /* [C], 0 = leave unchanged; NULL = all change */
} gb_set_live;

typedef struct gb_callback_live {
    void (*call)(void *arg, gb_real *nchw);
    void *arg;
    uint64_t float_state;       /* the caller's (ops/float_state.h) */
} gb_callback_live;

typedef struct gb_args {
    const gb_tensor *in[GB_MAX_INPUTS];
    const gb_tensor *out;               /* never overlaps an input */
    const void *packed;                 /* written by pack(); NULL for operations without weights */
    const gb_epilogue *epilogue;        /* NULL = none; NOISE, BIAS_ACT and ADD are themselves stages of it */
    const void *live;                   /* gb_truncate_live, …; of adjoints of a layer its gb_epilogue */
    uint64_t version;                   /* of the live values: equal versions mean equal values */
    void *workspace;                    /* 64-byte aligned */
    const void *prepared;               /* what the row's prepare() wrote; NULL if run() has to compute it itself */
    /* A use that reads this one's output and that run() runs too, on pixels that are still in the cache; NULL = none. Its
     * arguments are complete, but the memory of its in[0], which is `out`, may be missing (gb_desc.unstored). */
    const struct gb_use *follower;
} gb_args;

typedef struct gb_op_row gb_op_row;

/* One of several steps that run in one call, or the follower of a step. */
typedef struct gb_use {
    const gb_op_row *row;
    const gb_desc *desc;
    const gb_args *args;
} gb_use;

/* One implementation of an operation. */
struct gb_op_row {
    gb_op_id op;
    const char *form;                   /* the algorithm: "winograd"; NULL for the plain one */
    const char *isa;                    /* "plain", "avx2", …, "cuda" */
    int rank;                           /* of the instruction set: of the rows that support a use and pay, the highest runs it */
    bool fuses;                         /* run() applies args->epilogue as it writes */
    /* NULL: supports everything that passes the shape check. May depend on shapes, blocks and cpu->isa, never on batch
     * size, workers or fused stages. */
    bool (*supports)(const gb_cpu *cpu, const gb_desc *d);
    bool (*pays)(const gb_desc *d);     /* false: rows of lower rank are faster. NULL: never. Depends on a sample's shape */
    size_t (*packed_size)(const gb_cpu *cpu, const gb_desc *d);         /* bytes; NULL = no weights */
    bool as_stored;                     /* packed are weights[0] as they are, so that they need not be copied */
    /* weights: row-major, as in the checkpoint. Depends only on what packed_size() depends on. */
    void (*pack)(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed);
    size_t (*workspace)(const gb_cpu *cpu, const gb_desc *d);           /* bytes; NULL = none */
    void (*run)(const gb_cpu *cpu, const gb_desc *d, const gb_args *args);
    /* Whether run() can run this use of another row as its follower, with the bits of the two one after the other. May
     * depend on batch size and workers. NULL: never. */
    bool (*follows)(const gb_cpu *cpu, const gb_desc *d, const gb_op_row *row, const gb_desc *follower);
    /* Of rows whose steps may be small, so that a launch on a device, or waking the threads of the host, takes longer than the
     * arithmetic; NULL = none. Several steps whose rows have the same function, and which do not read each other's outputs,
     * share a call; the bits are those of the steps one by one. */
    void (*run_all)(const gb_cpu *cpu, const gb_use *uses, int count);     /* runs them */
    /* Of devices: computes what depends only on the inputs from the second on (styles, gains), in advance: to args->prepared, of
     * prepared_size() bytes; 0 bytes if there is nothing to prepare. */
    void (*prepare)(const gb_cpu *cpu, const gb_use *uses, int count);
    size_t (*prepared_size)(const gb_cpu *cpu, const gb_desc *d);
};

/* An operation: what all its rows have in common, and the plain C row that specifies the result. Its file in ops/
 * defines it; ops/list.h lists all. */
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

/* The number of inputs of a LINEAR. */
static inline int gb_linear_inputs(const gb_desc *d) {
    return d->linear.selects ? d->in[0].w : d->in[0].c;
}

/* Multiply-adds of one run: transposed convolutions at input resolution, FIRs and element-wise work left out. */
uint64_t gb_op_macs(const gb_desc *d);

/* The best row for this use. The host has at least the plain one; NULL if a device has none. */
const gb_op_row *gb_op_find(const gb_cpu *cpu, const gb_desc *d);
/* Whether the row multiplies in bfloat16. */
bool gb_op_row_is_bf16(const gb_op_row *row);
/* The host's rows one by one, the plain ones first; NULL past the last. */
const gb_op_row *gb_op_row_at(size_t i);

/* Weights packed as for the plain row: for rows that read them in the same layout. */
size_t gb_plain_packed_size(const gb_cpu *cpu, const gb_desc *d);
void gb_plain_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed);

/* The channel block of a tensor of this shape: 1 for vectors, lists of vectors and matrices (h = 1) and for fewer than
 * 8 channels; else cpu->vector, and on a device all channels, rounded up to a multiple of 8. */
int gb_block(const gb_cpu *cpu, int c, int h, int w);
/* Values that a tensor of this shape stores, padding channels included. */
size_t gb_shape_floats(const gb_shape *s);
/* The bytes they take on this processor or device. */
size_t gb_tensor_bytes(const gb_cpu *cpu, const gb_shape *s);
/* Limits far beyond any generator, so that no later product overflows int or size_t: a dimension up to 2^20, a map up
 * to 2^28 pixels, N·C up to 2^28, a tensor up to 2^36 floats. */
bool gb_shape_possible(const gb_shape *s);
bool gb_shape_same(const gb_shape *a, const gb_shape *b);

/* Convert between a tensor and plain NCHW float32. */
void gb_tensor_to_nchw(const gb_cpu *cpu, const gb_tensor *t, gb_real *nchw);
void gb_tensor_from_nchw(const gb_cpu *cpu, const gb_tensor *t, const gb_real *nchw);

#ifdef __cplusplus
}
#endif
#endif
