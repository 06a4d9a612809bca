/* Random uses of operations, including unusual shapes, to compare rows with the plain ones: inputs, weights and
 * epilogues, and the result of a row on the host or on a device. */
#ifndef GB_TESTS_RANDOM_USES_H
#define GB_TESTS_RANDOM_USES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/device.h"
#include "ops/ops.h"

/* ------------------------------------------------------------------------------------------------ random, memory */

typedef struct rng { uint64_t state; } rng;

static uint32_t draw(rng *r) {
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = r->state;
    x ^= x >> 29;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(x >> 32);
}

/* In [low, high]. */
static int pick(rng *r, int low, int high) {
    return low + (int)(draw(r) % (uint32_t)(high - low + 1));
}

/* Roughly normal: the sum of four uniform values. */
static float value(rng *r) {
    double sum = 0.0;
    for (int i = 0; i < 4; i++)
        sum += draw(r) / 4294967296.0 - 0.5;
    return (float)(sum * 1.7320508);
}

static void *allocate(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    if (!p) {
        fprintf(stderr, "checks: out of memory for %zu bytes\n", bytes);
        exit(2);
    }
    memset(p, 0xff, (bytes + 63) / 64 * 64 + 64);       /* as floats, NaN */
    return p;
}

static float *random_floats(rng *r, size_t count, float scale) {
    float *p = allocate(sizeof(float) * count);
    for (size_t i = 0; i < count; i++)
        p[i] = value(r) * scale;
    return p;
}

static size_t count_of(const gb_shape *s) {
    return (size_t)s->n * s->c * s->h * s->w;
}

/* ------------------------------------------------------------------------------------------------ one use of a row */

/* A use of an operation in plain NCHW, as every row gets it. */
typedef struct use {
    gb_desc d;                              /* with the blocks of the plain rows */
    float *in[GB_MAX_INPUTS], *weights[GB_MAX_WEIGHTS];
    float *noise, *bias, *add;
    float act_params[GB_MAX_ACT_PARAMS];
    uint8_t *act_channels;
    gb_epilogue epilogue;                   /* pointers filled in by run() */
    float *norm;                            /* of the epilogue: [N][3][C] */
    struct use *then;                       /* its second round, as a BIAS_ACT of its own; or NULL */
    bool has_epilogue;
    bool layer;                             /* the epilogue is the live value of an adjoint; only `add` is fused */
    union { gb_truncate_live truncate; gb_batch_norm_live norm; } live;
} use;

/* Memory of the processor or device, filled with NaN. */
static void *memory_on(const gb_cpu *cpu, size_t bytes) {
    void *host = allocate(bytes);
    if (!cpu->device)
        return host;
    void *p = cpu->device->alloc(cpu->device, bytes + 64);
    if (!p || !cpu->device->upload(cpu->device, p, host, bytes)) {
        fprintf(stderr, "checks: out of memory for %zu bytes on %s\n", bytes, cpu->device->name);
        exit(2);
    }
    free(host);
    return p;
}

static void free_on(const gb_cpu *cpu, void *memory) {
    if (cpu->device && memory)
        cpu->device->free(cpu->device, memory);
    else
        free(memory);
}

/* A copy of the floats in that memory; NULL for NULL. */
static float *floats_on(const gb_cpu *cpu, const float *floats, size_t count) {
    if (!floats)
        return NULL;
    float *p = memory_on(cpu, sizeof *p * count);
    if (cpu->device)
        cpu->device->upload(cpu->device, p, floats, sizeof *p * count);
    else
        memcpy(p, floats, sizeof *p * count);
    return p;
}

static gb_tensor block_tensor(const gb_cpu *cpu, gb_shape s, const float *nchw) {
    gb_tensor t = {.shape = s};
    t.shape.block = gb_block(cpu, s.c, s.h, s.w);
    t.data = memory_on(cpu, gb_tensor_bytes(cpu, &t.shape));       /* padding is NaN */
    if (nchw)
        gb_tensor_from_nchw(cpu, &t, nchw);
    return t;
}

static gb_desc desc_for(const gb_cpu *cpu, const use *u) {
    gb_desc d = u->d;
    char why[200];
    for (int i = 0; i < d.inputs; i++)
        d.in[i].block = gb_block(cpu, d.in[i].c, d.in[i].h, d.in[i].w);
    if (!gb_op_shape(cpu, &d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    return d;
}

/* Weights packed for the row, in its memory; NULL if it has none. */
static void *packed_on(const gb_cpu *cpu, const gb_op_row *row, const gb_desc *d, const use *u) {
    if (!row->packed_size)
        return NULL;
    size_t bytes = row->packed_size(cpu, d);
    void *host = allocate(bytes);
    row->pack(cpu, d, (const float *const *)u->weights, host);
    if (!cpu->device)
        return host;
    void *packed = memory_on(cpu, bytes);
    cpu->device->upload(cpu->device, packed, host, bytes);
    free(host);
    return packed;
}

/* Runs the row; on a device with the two passes of a render. With a key other than 0, launches are captured the second
 * time and replayed after that. */
static void run_on(const gb_cpu *cpu, const gb_op_row *row, const gb_desc *d, const gb_args *args, uint64_t key) {
    const gb_device *device = cpu->device;
    if (!device) {
        row->run(cpu, d, args);
        return;
    }
    gb_pass pass;
    do {
        device->begin(cpu->stream);
        row->run(cpu, d, args);
    } while ((pass = device->launch(cpu->stream, key)) == GB_PASS_AGAIN);
    if (pass == GB_PASS_LAUNCH) {
        row->run(cpu, d, args);
        device->end(cpu->stream);
    }
    char why[200];
    if (!device->wait(cpu->stream, why, sizeof why)) {
        fprintf(stderr, "checks: %s: %s\n", gb_ops[row->op]->name, why);
        exit(2);
    }
}

/* The second round of the epilogue, on the host; it reads the memory of the use. */
static gb_epilogue second_round(const gb_cpu *cpu, const use *u, const gb_desc *d, gb_tensor *add) {
    gb_epilogue e = u->epilogue;
    e.bias = u->bias;
    e.act_params = u->act_params;
    e.act_channels = u->act_channels;
    if (u->add) {
        *add = block_tensor(cpu, d->out, u->add);
        e.add = add;
    }
    return e;
}

/* The result of a row as NCHW; the caller frees it. */
static float *run(const gb_cpu *cpu, const gb_op_row *row, const use *u) {
    gb_desc d = desc_for(cpu, u);
    gb_tensor in[GB_MAX_INPUTS] = {{.data = NULL}}, out, add = {.data = NULL}, last_add = {.data = NULL};
    gb_args args = {.live = &u->live};
    gb_epilogue e = u->epilogue, second;
    size_t pixels_of_noise = u->layer ? (size_t)d.in[0].h * d.in[0].w : (size_t)d.out.h * d.out.w;
    float *noise = floats_on(cpu, u->noise, pixels_of_noise * (e.noise_step ? d.in[0].n : 1));
    float *bias = floats_on(cpu, u->bias, u->layer ? d.in[0].c : d.out.c);
    for (int i = 0; i < d.inputs; i++) {
        in[i] = block_tensor(cpu, d.in[i], u->in[i]);
        args.in[i] = &in[i];
    }
    out = block_tensor(cpu, d.out, NULL);
    args.out = &out;
    if (u->has_epilogue) {
        e.noise = noise;
        e.bias = bias;
        e.act_params = u->act_params;
        e.act_channels = u->act_channels;
        if (u->add) {
            add = block_tensor(cpu, d.out, u->add);
            e.add = &add;
        }
        if (d.op == GB_OP_ADD)
            e.add = &in[1];
        e.norm = u->norm;
        e.norm_channels = d.out.c;
        if (u->then) {
            second = second_round(cpu, u->then, &d, &last_add);
            e.then = &second;
        }
        args.epilogue = &e;
    }
    gb_epilogue sum = {.gain = 1.0f, .clamp = -1.0f, .add = e.add};
    if (u->layer) {
        e.add = NULL;
        args.live = &e;
        args.epilogue = sum.add ? &sum : NULL;
    }
    void *packed = packed_on(cpu, row, &d, u);
    void *workspace = memory_on(cpu, row->workspace ? row->workspace(cpu, &d) : 0);
    args.packed = packed;
    args.workspace = workspace;
    run_on(cpu, row, &d, &args, 0);
    float *nchw = allocate(sizeof(float) * count_of(&d.out));
    gb_tensor_to_nchw(cpu, &out, nchw);
    free_on(cpu, out.data);
    for (int i = 0; i < d.inputs; i++)
        free_on(cpu, in[i].data);
    free_on(cpu, add.data);
    free_on(cpu, last_add.data);
    free_on(cpu, noise);
    free_on(cpu, bias);
    free_on(cpu, packed);
    free_on(cpu, workspace);
    return nchw;
}

static void free_use(use *u) {
    for (int i = 0; i < GB_MAX_INPUTS; i++)
        free(u->in[i]);
    for (int i = 0; i < GB_MAX_WEIGHTS; i++)
        free(u->weights[i]);
    free(u->noise);
    free(u->bias);
    free(u->add);
    free(u->norm);
    free(u->act_channels);
    if (u->then)
        free_use(u->then);
    free(u->then);
}

/* ------------------------------------------------------------------------------------------------ random uses */

static gb_shape random_map(rng *r) {
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 19, 24, 33, 35, 40};
    gb_shape s = {pick(r, 1, 3), pick(r, 0, 3) ? pick(r, 8, 70) : pick(r, 1, 7), 0, 0, 1};
    s.h = sizes[pick(r, 0, (int)(sizeof sizes / sizeof *sizes) - 1)];
    s.w = pick(r, 0, 1) ? s.h : sizes[pick(r, 0, (int)(sizeof sizes / sizeof *sizes) - 1)];
    if (pick(r, 0, 3) == 0)
        s.c = 16 * pick(r, 1, 8);
    return s;
}

/* Floats of weights[0] of an operation that has weights. */
static size_t weights_of(const gb_desc *d) {
    if (d->op == GB_OP_CONV2D)
        return (size_t)d->conv2d.cout * (d->in[0].c / d->conv2d.groups) * d->conv2d.kernel * d->conv2d.kernel;
    if (d->op == GB_OP_MODULATED_CONV2D)
        return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
    return d->in[0].c;
}

static void random_conv(rng *r, use *u) {
    gb_conv *conv = &u->d.conv;
    gb_shape s = random_map(r);
    *conv = (gb_conv){.cout = pick(r, 0, 3) ? pick(r, 8, 80) : pick(r, 1, 7), .kernel = pick(r, 0, 2) ? 3 : 1, .up = 1};
    if (pick(r, 0, 3) == 0)
        conv->cout = 32 * pick(r, 1, 4);
    conv->up = conv->kernel == 3 && pick(r, 0, 1) ? 2 : 1;
    conv->modulated = pick(r, 0, 3) != 0;
    conv->demodulate = pick(r, 0, 2) != 0;
    conv->style_gain = pick(r, 0, 1) ? 1.0f : 0.125f;
    u->d.in[0] = s;
    u->d.inputs = conv->modulated ? 2 : 1;
    u->d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
    u->weights[0] = random_floats(r, (size_t)conv->cout * s.c * conv->kernel * conv->kernel, 1.0f);
    u->weights[1] = random_floats(r, 16, 0.25f);
}

static void random_activation(rng *r, use *u);

/* An adjoint of a layer with a random activation; `from_output` if it has to allow that. */
static void random_layer(rng *r, use *u, bool from_output) {
    const gb_shape *s = &u->d.in[0];
    gb_epilogue *e = &u->epilogue;
    gb_shape out = u->d.out;
    u->layer = u->has_epilogue = true;
    *e = (gb_epilogue){.gain = 1.0f, .clamp = -1.0f, .bias_act = true};
    u->d.out.c = s->c;                  /* the layer's channels */
    do {
        free(u->act_channels);
        u->act_channels = NULL;
        random_activation(r, u);
        if (from_output && pick(r, 0, 1))
            e->act = pick(r, 0, 1) ? GB_ACT_LRELU : GB_ACT_RELU, e->act_param_count = 0;
    } while (from_output && (u->act_channels || !gb_act_invertible(e->act, u->act_params, e->act_param_count, e->gain)));
    u->d.out = out;
    if (pick(r, 0, 3))
        u->bias = random_floats(r, s->c, 0.5f);
    e->noise_strength = 0.3f;
    e->noise_step = pick(r, 0, 1) ? (size_t)s->h * s->w : 0;
    u->noise = random_floats(r, (size_t)s->n * s->h * s->w, 1.0f);
}

static void random_conv2d(rng *r, use *u) {
    gb_conv2d *conv = &u->d.conv2d;
    gb_shape s = random_map(r);
    *conv = (gb_conv2d){.cout = pick(r, 0, 4) ? pick(r, 8, 80) : pick(r, 1, 7), .kernel = pick(r, 1, 7),
                        .stride = pick(r, 1, 2), .groups = 1};
    if (pick(r, 0, 3) == 0)
        conv->cout = 32 * pick(r, 1, 4);
    conv->padding = pick(r, 0, 1) ? conv->kernel / 2 : pick(r, 0, conv->kernel + 1);
    switch (pick(r, 0, 5)) {
    case 0:                                             /* depthwise */
        conv->groups = conv->cout = s.c;
        break;
    case 1:                                             /* of groups that are blocks, and of others */
        conv->groups = pick(r, 2, 4);
        s.c = conv->groups * (pick(r, 0, 1) ? 16 * pick(r, 1, 3) : pick(r, 1, 20));
        conv->cout = conv->groups * (pick(r, 0, 1) ? 16 * pick(r, 1, 3) : pick(r, 1, 20));
        break;
    default:
        break;
    }
    int least = conv->kernel - 2 * conv->padding;
    s.h = s.h < least ? least : s.h;
    s.w = s.w < least ? least : s.w;
    u->d.in[0] = s;
    u->weights[0] = random_floats(r, weights_of(&u->d), 1.0f);
}

/* The gradient of a random convolution's weights, or of a dense layer's. */
static void random_weight_grad(rng *r, use *u) {
    gb_weight_grad *w = &u->d.weight_grad;
    gb_shape *x = &u->d.in[0], *g = &u->d.in[1];
    random_conv2d(r, u);
    free(u->weights[0]);
    u->weights[0] = NULL;
    const gb_conv2d conv = u->d.conv2d;
    *w = (gb_weight_grad){conv.kernel, conv.stride, conv.padding, conv.groups, conv.groups == 1 && pick(r, 0, 1), 0.7f};
    if (pick(r, 0, 4) == 0) {
        *w = (gb_weight_grad){1, 1, 0, 1, false, 0.7f};
        x->h = x->w = 1;
        x->n = pick(r, 1, 40);
    }
    *g = (gb_shape){x->n, conv.cout, (x->h + 2 * w->padding - w->kernel) / w->stride + 1,
                    (x->w + 2 * w->padding - w->kernel) / w->stride + 1, 1};
}

static use random_use(rng *r, gb_op_id op) {
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    use u = {.d = {.op = op, .inputs = gb_ops[op]->inputs_max}};
    gb_shape s = random_map(r), vector = {s.n, pick(r, 1, 150), 1, 1, 1};
    char why[200];
    for (int i = 0; i < GB_MAX_INPUTS; i++)
        u.d.in[i] = s;
    switch (op) {
    case GB_OP_CONSTANT:
        u.d.out.n = s.n;
        u.d.constant.c = s.c, u.d.constant.h = s.h, u.d.constant.w = s.w;
        u.weights[0] = random_floats(r, (size_t)s.c * s.h * s.w, 1.0f);
        break;
    case GB_OP_PIXEL_NORM:
        u.d.pixel_norm.eps = 1e-8f;
        break;
    case GB_OP_LINEAR:
        u.d.in[0] = vector;
        u.d.linear.cout = pick(r, 1, 150);
        if (pick(r, 0, 5) == 0)         /* large layers have rows of their own */
            u.d.in[0].c = pick(r, 1024, 1100), u.d.linear.cout = pick(r, 1024, 1060);
        u.d.linear.gain = 0.37f;
        u.weights[0] = random_floats(r, (size_t)u.d.linear.cout * u.d.in[0].c, 1.0f);
        break;
    case GB_OP_CONCAT:
        u.d.in[1].c = pick(r, 1, 40);
        break;
    case GB_OP_TRUNCATE:
        u.d.in[0] = vector;
        u.d.truncate.num_ws = pick(r, 1, 18);
        u.live.truncate = (gb_truncate_live){pick(r, 0, 2) ? 0.7f : 0.3f, pick(r, -1, 18)};
        u.weights[0] = random_floats(r, vector.c, 1.0f);
        break;
    case GB_OP_SELECT:
        u.d.in[0] = (gb_shape){s.n, pick(r, 1, 18), 1, vector.c, 1};
        u.d.select.row = pick(r, 0, u.d.in[0].c - 1);
        break;
    case GB_OP_MODULATED_CONV2D:
        random_conv(r, &u);
        break;
    case GB_OP_UPFIRDN2D:
        u.d.fir = (gb_fir){2, 4, 2, 1, 4.0f};
        if (pick(r, 0, 3) == 0)
            u.d.fir = (gb_fir){pick(r, 1, 3), pick(r, 1, 5), pick(r, 2, 4), pick(r, 2, 4), 1.5f};
        u.weights[0] = random_floats(r, (size_t)u.d.fir.taps * u.d.fir.taps, 0.25f);
        break;
    case GB_OP_BATCH_NORM:
        u.d.inputs = pick(r, 0, 1) ? 3 : 1;
        u.d.in[1] = u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.d.batch_norm.own = pick(r, 0, 3) == 0;
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 4; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    case GB_OP_SLICE:
        u.d.slice.from = pick(r, 0, 1) ? pick(r, 0, s.c - 1) : 16 * pick(r, 0, (s.c - 1) / 16);
        u.d.slice.count = pick(r, 1, s.c - u.d.slice.from);
        break;
    case GB_OP_RESHAPE:
        u.d.reshape.c = s.c, u.d.reshape.h = s.h, u.d.reshape.w = s.w;
        u.d.reshape.channels_last = pick(r, 0, 1);
        u.d.in[0] = (gb_shape){s.n, s.c * s.h * s.w, 1, 1, 1};
        break;
    case GB_OP_MAX_POOL:
    case GB_OP_AVG_POOL:
        u.d.pool = (gb_pool){pick(r, 1, 7), pick(r, 1, 4), 0};
        u.d.pool.padding = pick(r, 0, u.d.pool.size / 2);
        if (pick(r, 0, 2) == 0)
            u.d.pool = (gb_pool){2, 2, 0};
        u.d.in[0].h = s.h + u.d.pool.size - 1, u.d.in[0].w = s.w + u.d.pool.size - 1;
        break;
    case GB_OP_CONV2D:
        random_conv2d(r, &u);
        break;
    case GB_OP_RESIZE:
        u.d.resize = (gb_resize){pick(r, 1, 40), pick(r, 1, 40), (gb_resize_mode)pick(r, 0, GB_RESIZE_MODES - 1)};
        if (pick(r, 0, 3) == 0)
            u.d.resize.h = 2 * s.h, u.d.resize.w = 2 * s.w;
        break;
    case GB_OP_SHUFFLE:
        u.d.shuffle.groups = pick(r, 1, 4);
        u.d.in[0].c = (s.c - 1) / u.d.shuffle.groups * u.d.shuffle.groups + u.d.shuffle.groups;
        break;
    case GB_OP_CHANNEL_AFFINE:
        for (int i = 0; i < 2; i++)
            u.weights[i] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_UNIT_NORM:
        u.d.unit_norm.eps = 1e-10f;
        break;
    case GB_OP_WEIGHTED_L2:
        u.weights[0] = random_floats(r, s.c, 1.0f);
        for (int i = 0; i < s.c; i++)       /* as in LPIPS */
            u.weights[0][i] = fabsf(u.weights[0][i]);
        break;
    case GB_OP_CROSS_ENTROPY:
        u.d.in[0] = u.d.in[1] = vector;
        break;
    case GB_OP_SOFTMAX:
        u.d.in[0] = (gb_shape){s.n, s.c, 1, s.h * s.w, 1};
        break;
    case GB_OP_SCORES:
    case GB_OP_MIX:
    case GB_OP_ATTENTION: {
        gb_shape queries = {s.n, pick(r, 1, 40), pick(r, 1, 9), pick(r, 1, 9), 1};
        gb_shape keys = {s.n, queries.c, pick(r, 1, 9), pick(r, 1, 9), 1}, values = keys;
        values.c = pick(r, 1, 90);
        u.d.in[0] = op == GB_OP_MIX ? values : queries;
        u.d.in[1] = op == GB_OP_MIX ? (gb_shape){s.n, queries.h * queries.w, 1, keys.h * keys.w, 1} : keys;
        u.d.in[2] = op == GB_OP_MIX ? queries : values;
        break;
    }
    case GB_OP_BIAS_ACT_GRAD:
        u.d.inputs = pick(r, 2, 3);
        u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.act_grad.from_output = pick(r, 0, 1);
        random_layer(r, &u, u.d.act_grad.from_output);
        break;
    case GB_OP_ACT_PARAM_GRAD:
        random_layer(r, &u, false);
        u.d.act_param_grad.params = pick(r, 1, 3);
        break;
    case GB_OP_CHANNEL_DOT:
        u.d.inputs = pick(r, 1, 2);
        u.d.channel_dot.gain = 0.7f;
        u.d.channel_dot.before_act = u.d.inputs == 2 && pick(r, 0, 1);
        random_layer(r, &u, true);
        break;
    case GB_OP_PIXEL_SUM:
        random_layer(r, &u, false);
        break;
    case GB_OP_CHANNEL_SCALE:
        u.d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.channel_scale.gain = 0.7f;
        break;
    case GB_OP_CONV_DOWN:
        random_conv(r, &u);
        u.d.conv.kernel = 3, u.d.conv.up = 2;
        u.d.in[0].h *= 2, u.d.in[0].w *= 2;
        free(u.weights[0]);
        u.weights[0] = random_floats(r, (size_t)u.d.conv.cout * u.d.in[0].c * 9, 1.0f);
        break;
    case GB_OP_DEMODULATE:
    case GB_OP_STYLE_GRAD:
        random_conv(r, &u);
        u.d.inputs = gb_ops[op]->inputs_min;
        u.d.in[0] = u.d.in[1];
        u.d.in[2] = u.d.in[3] = (gb_shape){s.n, u.d.conv.cout, 1, 1, 1};
        u.d.in[2].n = u.d.in[3].n = u.d.in[0].n;
        break;
    case GB_OP_PIXEL_NORM_GRAD:
        u.d.pixel_norm.eps = 1e-8f;
        break;
    case GB_OP_TRUNCATE_GRAD:
        u.d.in[0] = (gb_shape){s.n, pick(r, 1, 18), 1, vector.c, 1};
        u.live.truncate = (gb_truncate_live){pick(r, 0, 2) ? 0.7f : 1.0f, pick(r, -1, 18)};
        break;
    case GB_OP_SELECT_GRAD:
        u.d.in[0] = vector;
        u.d.select_grad.rows = pick(r, 1, 18);
        u.d.select_grad.row = pick(r, 0, u.d.select_grad.rows - 1);
        break;
    case GB_OP_SLICE_GRAD:
        u.d.slice_grad.from = pick(r, 0, 40);
        u.d.slice_grad.c = s.c + u.d.slice_grad.from + pick(r, 0, 20);
        break;
    case GB_OP_RESHAPE_GRAD:
        u.d.reshape.channels_last = pick(r, 0, 1);
        break;
    case GB_OP_PASS_GRAD:
        u.d.pass.up = pick(r, 1, 3);
        u.d.in[0].h *= u.d.pass.up, u.d.in[0].w *= u.d.pass.up;
        u.d.pass.kept = pick(r, 0, s.c);
        u.d.pass.c = pick(r, 0, 1) ? s.c : u.d.pass.kept + pick(r, 0, 20) + !u.d.pass.kept;
        break;
    case GB_OP_FIR_GRAD:
        u.d.fir = (gb_fir){2, 4, 2, 1, 4.0f};
        if (pick(r, 0, 3) == 0)
            u.d.fir = (gb_fir){pick(r, 1, 3), pick(r, 1, 5), pick(r, 2, 4), pick(r, 2, 4), 1.5f};
        u.weights[0] = random_floats(r, (size_t)u.d.fir.taps * u.d.fir.taps, 0.25f);
        u.d.in[0].h = s.h * u.d.fir.up + u.d.fir.pad_before + u.d.fir.pad_after - u.d.fir.taps + 1;
        u.d.in[0].w = s.w * u.d.fir.up + u.d.fir.pad_before + u.d.fir.pad_after - u.d.fir.taps + 1;
        break;
    case GB_OP_MAX_POOL_GRAD:
    case GB_OP_AVG_POOL_GRAD:
        u.d.pool = (gb_pool){pick(r, 1, 3), pick(r, 1, 3), 0};
        u.d.pool.padding = pick(r, 0, u.d.pool.size / 2);
        u.d.in[0].h = s.h + 2, u.d.in[0].w = s.w + 2;
        u.d.in[1].h = (s.h + 2 + 2 * u.d.pool.padding - u.d.pool.size) / u.d.pool.stride + 1;
        u.d.in[1].w = (s.w + 2 + 2 * u.d.pool.padding - u.d.pool.size) / u.d.pool.stride + 1;
        break;
    case GB_OP_RESIZE_GRAD:
        u.d.resize = (gb_resize){pick(r, 1, 30), pick(r, 1, 30), (gb_resize_mode)pick(r, 0, GB_RESIZE_MODES - 1)};
        break;
    case GB_OP_SPREAD:
        u.d.spread.stride = pick(r, 1, 2);
        u.d.spread.h = (s.h - 1) * u.d.spread.stride + pick(r, 1, 3);
        u.d.spread.w = (s.w - 1) * u.d.spread.stride + pick(r, 1, 3);
        break;
    case GB_OP_AFFINE_GRAD:
        u.weights[0] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_UNIT_NORM_GRAD:
        u.d.unit_norm.eps = 1e-10f;
        break;
    case GB_OP_DISTANCE_GRAD: {
        static const gb_op_id of[] = {GB_OP_L1, GB_OP_L2, GB_OP_COSINE, GB_OP_WEIGHTED_L2};
        u.d.distance_grad.of = of[pick(r, 0, 3)];
        u.d.in[2] = (gb_shape){s.n, 1, 1, 1, 1};
        u.weights[0] = random_floats(r, s.c, 1.0f);
        break;
    }
    case GB_OP_CROSS_ENTROPY_GRAD:
        u.d.in[0] = u.d.in[1] = vector;
        u.d.in[2] = (gb_shape){s.n, 1, 1, 1, 1};
        break;
    case GB_OP_BATCH_NORM_OWN_GRAD:
        u.d.inputs = pick(r, 0, 1) ? 4 : 2;
        u.d.in[2] = u.d.in[3] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.d.batch_norm.own = true;
        u.weights[2] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_BATCH_SUM:
        u.d.batch_sum.pixels = pick(r, 0, 1);
        u.d.batch_sum.gain = 0.7f;
        break;
    case GB_OP_WEIGHT_GRAD:
        random_weight_grad(r, &u);
        break;
    case GB_OP_NORM_GAIN_GRAD:
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.own = pick(r, 0, 1);
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 2; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    case GB_OP_STRENGTH_GRAD:
        u.d.strength_grad.gain = 0.7f;
        random_layer(r, &u, false);
        break;
    case GB_OP_DEMODULATE_GRAD:
        random_conv(r, &u);
        u.d.inputs = 3;
        u.d.in[0] = u.d.in[1];
        u.d.in[1] = u.d.in[2] = (gb_shape){u.d.in[0].n, u.d.conv.cout, 1, 1, 1};
        break;
    case GB_OP_MEAN_GRAD:
        u.d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
        break;
    case GB_OP_TRANSPOSE:
    case GB_OP_SOFTMAX_GRAD:
        u.d.in[0] = u.d.in[1] = (gb_shape){s.n, s.c, 1, s.h * s.w, 1};
        break;
    case GB_OP_BATCH_NORM_GRAD:
    case GB_OP_BATCH_NORM_DOT:
        if (op == GB_OP_BATCH_NORM_GRAD) {
            u.d.inputs = pick(r, 0, 1) ? 3 : 1;
            u.d.in[1] = u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        }
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 4; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    default:
        break;
    }
    if (!gb_op_shape(&plain, &u.d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    for (int i = 0; i < u.d.inputs; i++)
        u.in[i] = random_floats(r, count_of(&u.d.in[i]), 1.0f);
    for (size_t i = 0; op == GB_OP_COSINE && i < count_of(&u.d.in[0]); i++)
        u.in[1][i] += u.in[0][i];           /* the cosine of unrelated inputs is nearly 0 */
    return u;
}

/* Any activation, with none, some or all of its parameters, on all or some channels. */
static void random_activation(rng *r, use *u) {
    gb_epilogue *e = &u->epilogue;
    e->act = pick(r, 0, 2) ? (gb_act_kind)pick(r, 0, GB_ACTS - 1) : GB_ACT_LRELU;
    const gb_act_row *row = &gb_acts[e->act];
    e->act_param_count = pick(r, 0, row->max_params);
    for (int i = 0; i < e->act_param_count; i++)
        u->act_params[i] = fmaxf(row->param[i].low, fminf(3.0f * value(r), row->param[i].high));
    e->gain = pick(r, 0, 1) ? row->gain : 1.0f;
    e->clamp = pick(r, 0, 1) ? -1.0f : 0.8f;
    if (pick(r, 0, 3) == 0) {
        e->base_act = (gb_act_kind)pick(r, 0, GB_ACTS - 1);
        u->act_channels = allocate(u->d.out.c);
        for (int c = 0; c < u->d.out.c; c++)
            u->act_channels[c] = (uint8_t)pick(r, 0, 1);
    }
}

/* Random stages for an operation that fuses; for NOISE, BIAS_ACT and ADD their own and some that follow. */
static void random_epilogue(rng *r, use *u) {
    const gb_shape *s = &u->d.out;
    gb_op_id op = u->d.op;
    gb_epilogue *e = &u->epilogue;
    u->has_epilogue = true;
    e->clamp = -1.0f;
    e->gain = 1.0f;
    if (op == GB_OP_NOISE || (op != GB_OP_BIAS_ACT && op != GB_OP_ADD && pick(r, 0, 1))) {
        bool shared = pick(r, 0, 1);
        e->noise_step = shared ? 0 : (size_t)s->h * s->w;
        e->noise_strength = 0.3f;
        u->noise = random_floats(r, (size_t)(shared ? 1 : s->n) * s->h * s->w, 1.0f);
    }
    if (op == GB_OP_BIAS_ACT || (op != GB_OP_ADD && pick(r, 0, 1))) {
        e->bias_act = true;
        random_activation(r, u);
        if (pick(r, 0, 3))
            u->bias = random_floats(r, s->c, 0.5f);
    }
    if (op != GB_OP_ADD && pick(r, 0, 1))
        u->add = random_floats(r, count_of(s), 1.0f);
}

/* A batch norm before the other stages, with the same means for all samples, and a second round after them. Only for the
 * host: devices have neither. */
static inline void random_rounds(rng *r, use *u) {
    const gb_shape *s = &u->d.out;
    if (u->d.op != GB_OP_NOISE && u->d.op != GB_OP_BIAS_ACT && u->d.op != GB_OP_ADD && pick(r, 0, 1)) {
        u->norm = random_floats(r, (size_t)s->n * 3 * s->c, 1.0f);
        for (int n = 1; n < s->n; n++)
            memcpy(u->norm + (size_t)n * 3 * s->c, u->norm, sizeof(float) * s->c);
    }
    if (pick(r, 0, 1)) {
        u->then = memset(allocate(sizeof(use)), 0, sizeof(use));
        u->then->d = (gb_desc){.op = GB_OP_BIAS_ACT, .inputs = 1, .in = {*s}, .out = *s};
        random_epilogue(r, u->then);
    }
}

/* ------------------------------------------------------------------------------------------------ comparing */

static double largest(const float *a, size_t count) {
    double maximum = 1e-30;
    for (size_t i = 0; i < count; i++)
        maximum = fabs(a[i]) > maximum ? fabs(a[i]) : maximum;       /* fmax() here breaks gcc 12 for ARM */
    return maximum;
}

/* The largest difference relative to the largest magnitude of the reference; infinite if only one of two values is
 * NaN. */
static double difference(const float *a, const float *reference, size_t count) {
    double maximum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) != isnan(reference[i]))
            return INFINITY;
        maximum = fmax(maximum, fabs((double)a[i] - reference[i]));
    }
    return maximum / largest(reference, count);
}

static bool same_bits(const float *a, const float *b, size_t count) {
    return memcmp(a, b, sizeof(float) * count) == 0;
}

/* The batch norm of the epilogue as an operation: its variances are 1. */
static float *split_norm(const gb_cpu *cpu, const use *u, float *x) {
    const gb_shape *s = &u->d.out, vector = {s->n, s->c, 1, 1, 1};
    use norm = {.d = {.op = GB_OP_BATCH_NORM, .inputs = 3, .in = {*s, vector, vector}, .batch_norm = {.rows = 1}}};
    float *ones = allocate(sizeof(float) * s->c);
    for (int k = 1; k < 3; k++)
        norm.in[k] = allocate(sizeof(float) * s->n * s->c);
    for (int c = 0; c < s->c; c++)
        ones[c] = 1.0f;
    for (int n = 0; n < s->n; n++)
        for (int k = 1; k < 3; k++)
            memcpy(norm.in[k] + (size_t)n * s->c, u->norm + ((size_t)n * 3 + k) * s->c, sizeof(float) * s->c);
    norm.in[0] = x;
    norm.weights[0] = u->norm;
    norm.weights[1] = ones;
    gb_desc d = desc_for(cpu, &norm);
    float *y = run(cpu, gb_op_find(cpu, &d), &norm);
    free(norm.in[1]);
    free(norm.in[2]);
    free(ones);
    return y;
}

/* Runs the stages of the epilogue as separate operations on `open` (NCHW). */
static float *split(const gb_cpu *cpu, const use *u, const float *open) {
    static const gb_op_id ops[] = {GB_OP_NOISE, GB_OP_BIAS_ACT, GB_OP_ADD};
    size_t bytes = sizeof(float) * count_of(&u->d.out);
    float *x = memcpy(allocate(bytes), open, bytes);
    if (u->norm) {
        float *y = split_norm(cpu, u, x);
        free(x);
        x = y;
    }
    for (int stage = 0; stage < 3; stage++) {
        use one = {.d = {.op = ops[stage], .inputs = gb_ops[ops[stage]]->inputs_max}, .has_epilogue = true};
        one.epilogue = (gb_epilogue){.gain = 1.0f, .clamp = -1.0f};
        one.d.in[0] = one.d.in[1] = u->d.out;
        if (stage == 0 && u->noise && !u->layer) {
            one.noise = u->noise;
            one.epilogue.noise_step = u->epilogue.noise_step;
            one.epilogue.noise_strength = u->epilogue.noise_strength;
        } else if (stage == 1 && u->epilogue.bias_act && !u->layer) {
            one.epilogue = u->epilogue;
            one.bias = u->bias;
            memcpy(one.act_params, u->act_params, sizeof one.act_params);
            one.act_channels = u->act_channels;
        } else if (stage == 2 && u->add) {
            one.in[1] = u->add;
        } else {
            continue;
        }
        one.in[0] = x;
        gb_desc d = desc_for(cpu, &one);
        const gb_op_row *row = gb_op_find(cpu, &d);
        float *y = run(cpu, row, &one);
        free(x);
        x = y;
    }
    if (!u->then)
        return x;
    float *y = split(cpu, u->then, x);
    free(x);
    return y;
}

/* Sample n of a use as a use of its own. */
static use sample(const use *u, int n) {
    use one = *u;
    for (int i = 0; i < u->d.inputs; i++) {
        one.d.in[i].n = 1;
        one.in[i] = u->in[i] + count_of(&u->d.in[i]) / u->d.in[i].n * n;
    }
    one.d.out.n = 1;
    if (u->noise)
        one.noise = u->noise + u->epilogue.noise_step * n;
    if (u->add)
        one.add = u->add + count_of(&u->d.out) / u->d.out.n * n;
    if (u->norm)
        one.norm = u->norm + (size_t)n * 3 * u->d.out.c;
    return one;
}

/* ------------------------------------------------------------------------------------------------ reporting */

static int failures;

static void fail(const gb_op_row *row, const use *u, const char *what, double by) {
    const gb_shape *i = &u->d.in[0], *o = &u->d.out;
    failures++;
    printf("FAILED %s %s %s: %s (%.3g) for [%d,%d,%d,%d] → [%d,%d,%d,%d]", gb_ops[row->op]->name,
           row->form ? row->form : "", row->isa, what, by, i->n, i->c, i->h, i->w, o->n, o->c, o->h, o->w);
    if (u->d.op == GB_OP_MODULATED_CONV2D)
        printf(", kernel %d, up %d%s%s", u->d.conv.kernel, u->d.conv.up, u->d.conv.modulated ? ", modulated" : "",
               u->d.conv.demodulate ? ", demodulated" : "");
    if (u->d.op == GB_OP_CONV2D)
        printf(", kernel %d, stride %d, padding %d, %d groups", u->d.conv2d.kernel, u->d.conv2d.stride,
               u->d.conv2d.padding, u->d.conv2d.groups);
    if (u->has_epilogue)
        printf(", epilogue%s%s%s%s%s %s%s", u->norm ? " norm" : "", u->then ? " twice" : "", u->noise ? " noise" : "", u->bias ? " bias" : "", u->add ? " add" : "",
               u->epilogue.bias_act ? gb_acts[u->epilogue.act].name : "", u->act_channels ? " in some channels" : "");
    printf("\n");
}

/* Prints one line for a row. It is a failure if no use was found for it. */
static void report(const gb_op_row *row, int uses, double worst) {
    const char *form = row->form ? row->form : "";
    if (!uses) {
        failures++;
        printf("FAILED %s %s %s: no random use reached it\n", gb_ops[row->op]->name, form, row->isa);
    }
    printf("%-9s %-18s %-9s %4d uses, worst %.2e\n", row->isa, gb_ops[row->op]->name, form, uses, worst);
}

#endif
