/* One use of an operation: its inputs, weights and epilogue in plain NCHW, the result of a row for it on the host or on a
 * device, and how far two results differ. */
#ifndef GB_TESTS_USES_H
#define GB_TESTS_USES_H

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

/* Host memory for a row to write to, between two zones that it must leave as they are. The checks of sanitizers miss stores
 * by some instructions. */
enum { GUARD = 4096 };

static void *guarded(size_t bytes) {
    return (char *)allocate(bytes + 2 * GUARD) + GUARD;
}

static void free_guarded(const gb_op_row *row, const char *what, void *memory, size_t bytes) {
    const unsigned char *start = (unsigned char *)memory - GUARD;
    for (size_t i = 0; i < 2 * GUARD; i++)
        if (start[i < GUARD ? i : bytes + i] != 0xff) {
            fprintf(stderr, "checks: %s %s %s: writes outside its %s\n", row->isa, gb_ops[row->op]->name,
                    row->form ? row->form : "", what);
            exit(2);
        }
    free((char *)memory - GUARD);
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

/* A use in the memory of a processor or device. Its parts point to each other and to the use. */
typedef struct placed_use {
    gb_desc d;
    gb_tensor in[GB_MAX_INPUTS], out, add, last_add;
    gb_args args;
    gb_epilogue e, second, sum;
    float *noise, *bias;
    void *packed, *workspace;
    size_t out_bytes, workspace_bytes;
} placed_use;

static void place_use(const gb_cpu *cpu, const gb_op_row *row, const use *u, placed_use *p) {
    memset(p, 0, sizeof *p);
    gb_desc *d = &p->d;
    gb_epilogue *e = &p->e;
    *d = desc_for(cpu, u);
    *e = u->epilogue;
    p->args.live = &u->live;
    size_t pixels_of_noise = u->layer ? (size_t)d->in[0].h * d->in[0].w : (size_t)d->out.h * d->out.w;
    p->noise = floats_on(cpu, u->noise, pixels_of_noise * (e->noise_step ? d->in[0].n : 1));
    p->bias = floats_on(cpu, u->bias, u->layer ? d->in[0].c : d->out.c);
    for (int i = 0; i < d->inputs; i++) {
        p->in[i] = block_tensor(cpu, d->in[i], u->in[i]);
        p->args.in[i] = &p->in[i];
    }
    p->out_bytes = gb_tensor_bytes(cpu, &d->out);
    p->out.shape = d->out;
    p->out.data = cpu->device ? memory_on(cpu, p->out_bytes) : guarded(p->out_bytes);
    p->args.out = &p->out;
    if (u->has_epilogue) {
        e->noise = p->noise;
        e->bias = p->bias;
        e->act_params = u->act_params;
        e->act_channels = u->act_channels;
        if (u->add) {
            p->add = block_tensor(cpu, d->out, u->add);
            e->add = &p->add;
        }
        if (d->op == GB_OP_ADD)
            e->add = &p->in[1];
        e->norm = u->norm;
        e->norm_channels = d->out.c;
        if (u->then) {
            p->second = second_round(cpu, u->then, d, &p->last_add);
            e->then = &p->second;
        }
        p->args.epilogue = e;
    }
    p->sum = (gb_epilogue){.gain = 1.0f, .clamp = -1.0f, .add = e->add};
    if (u->layer) {
        e->add = NULL;
        p->args.live = e;
        p->args.epilogue = p->sum.add ? &p->sum : NULL;
    }
    p->args.packed = p->packed = packed_on(cpu, row, d, u);
    p->workspace_bytes = row->workspace ? row->workspace(cpu, d) : 0;
    p->args.workspace = p->workspace = cpu->device ? memory_on(cpu, p->workspace_bytes) : guarded(p->workspace_bytes);
}

/* Frees it and returns the result as NCHW, which the caller frees. */
static float *take_result(const gb_cpu *cpu, const gb_op_row *row, placed_use *p) {
    float *nchw = allocate(sizeof(float) * count_of(&p->d.out));
    gb_tensor_to_nchw(cpu, &p->out, nchw);
    if (cpu->device) {
        free_on(cpu, p->out.data);
        free_on(cpu, p->workspace);
    } else {
        free_guarded(row, "output", p->out.data, p->out_bytes);
        free_guarded(row, "workspace", p->workspace, p->workspace_bytes);
    }
    for (int i = 0; i < p->d.inputs; i++)
        free_on(cpu, p->in[i].data);
    free_on(cpu, p->add.data);
    free_on(cpu, p->last_add.data);
    free_on(cpu, p->noise);
    free_on(cpu, p->bias);
    free_on(cpu, p->packed);
    return nchw;
}

/* The result of a row as NCHW; the caller frees it. */
static float *run(const gb_cpu *cpu, const gb_op_row *row, const use *u) {
    placed_use p;
    place_use(cpu, row, u, &p);
    run_on(cpu, row, &p.d, &p.args, 0);
    return take_result(cpu, row, &p);
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
