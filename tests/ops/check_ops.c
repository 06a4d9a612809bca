/* check_ops: compares every fast row with the plain one, for random shapes, including unusual ones.
 *
 *   check_ops [--isa NAME] [--seed N] [--rounds N]    differences, and equality of bits:
 *       fused = split, a sample of a batch = that sample alone, any number of workers, padding is never read, a row with
 *       a follower = the two one after the other, uses together = one by one
 *   check_ops --bench [--isa NAME] [--threads N]      speed of the layers of StyleGAN2 1024
 *
 * Tolerances are relative to the largest magnitude of the reference: 1e-5, Winograd 5e-5; bfloat16 products 1e-2,
 * Winograd with bfloat16 4e-2. A row writes nothing before or after its output and its workspace. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/ops.h"
#include "tests/ops/random_uses.h"
#include "tests/ops/small_pool.h"

#if GB_WITH_OPENBLAS
#include <cblas.h>
#endif

/* ------------------------------------------------------------------------------------------------ checks */

/* Attention as the three operations that it combines. */
static float *three_steps(const gb_cpu *cpu, const use *u) {
    use steps[] = {{.d = {.op = GB_OP_SCORES, .inputs = 2}}, {.d = {.op = GB_OP_SOFTMAX, .inputs = 1}},
                   {.d = {.op = GB_OP_MIX, .inputs = 3}}};
    const gb_shape *queries = &u->d.in[0], *keys = &u->d.in[1];
    gb_shape matrix = {queries->n, queries->h * queries->w, 1, keys->h * keys->w, 1};
    float *y[3];
    for (int i = 0; i < 2; i++)
        steps[0].d.in[i] = u->d.in[i], steps[0].in[i] = u->in[i];
    steps[1].d.in[0] = steps[2].d.in[1] = matrix;
    steps[2].d.in[0] = u->d.in[2], steps[2].in[0] = u->in[2];
    steps[2].d.in[2] = u->d.in[0], steps[2].in[2] = u->in[0];
    for (int i = 0; i < 3; i++) {
        gb_desc d = desc_for(cpu, &steps[i]);
        if (i > 0)
            steps[i].in[i - 1] = y[i - 1];
        y[i] = run(cpu, gb_op_find(cpu, &d), &steps[i]);
    }
    free(y[0]);
    free(y[1]);
    return y[2];
}

static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};

static bool is_own_stage(gb_op_id op) {
    return op == GB_OP_NOISE || op == GB_OP_BIAS_ACT || op == GB_OP_ADD;
}

/* The use without its epilogue, unless that is the operation. */
static use without_epilogue(const use *u) {
    use bare = *u;
    bare.has_epilogue = is_own_stage(u->d.op) || u->layer;
    bare.add = u->layer ? NULL : u->add;
    return bare;
}

/* The result of plain C without epilogue, which the caller frees. */
static float *reference_of(const use *u) {
    use bare = without_epilogue(u);
    return run(&one, &gb_ops[u->d.op]->plain, &bare);
}

/* Results of plain C, kept because every row of an operation is checked with the same uses. */
typedef struct references {
    struct { gb_op_id op; uint64_t of; float *values; } *kept;
    size_t count, room;
} references;

/* reference_of() the use that the number `of` stands for, until free_references(). */
static const float *kept_reference(references *all, uint64_t of, const use *u) {
    for (size_t i = 0; i < all->count; i++)
        if (all->kept[i].op == u->d.op && all->kept[i].of == of)
            return all->kept[i].values;
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 64;
        all->kept = realloc(all->kept, all->room * sizeof *all->kept);
        if (!all->kept)
            exit(2);
    }
    all->kept[all->count].op = u->d.op;
    all->kept[all->count].of = of;
    return all->kept[all->count++].values = reference_of(u);
}

static void free_references(references *all) {
    for (size_t i = 0; i < all->count; i++)
        free(all->kept[i].values);
    free(all->kept);
}

/* Checks a use against reference_of() it and returns the largest difference without epilogue. The epilogue must have the bits
 * of plain C after any row. Also checks everything that must not change a bit. */
static double check_use(const gb_cpu *cpu, const gb_cpu *many, const gb_op_row *row, const float *reference, use *u) {
    bool winograd = row->form && !strcmp(row->form, "winograd");
    size_t count = count_of(&u->d.out), of_a_sample = count / u->d.out.n;
    bool own_stage = is_own_stage(u->d.op);
    use bare = without_epilogue(u);
    float *fused = run(cpu, row, u), *open = run(cpu, row, &bare);
    double by = difference(open, reference, count);
    double allowed = winograd ? 5e-5 : 1e-5;
    if (gb_op_row_is_bf16(row))
        allowed = winograd ? 4e-2 : 1e-2;
    if (!(by <= allowed))
        fail(row, u, "differs from plain", by);
    if (own_stage && !same_bits(open, reference, count))
        fail(row, u, "differs from plain in bits", by);
    if ((u->layer ? u->add != NULL : u->has_epilogue) && !own_stage) {
        float *apart = split(cpu, u, open), *plainly = split(&one, u, open);
        if (!same_bits(apart, fused, count))
            fail(row, u, "changes when split", difference(apart, fused, count));
        if (!same_bits(plainly, fused, count))
            fail(row, u, "its epilogue differs from plain in bits", difference(plainly, fused, count));
        free(apart);
        free(plainly);
    }
    free(open);

    if (u->d.op == GB_OP_ATTENTION) {
        float *apart = three_steps(cpu, u);
        if (!same_bits(apart, fused, count))
            fail(row, u, "changes when split", difference(apart, fused, count));
        free(apart);
    }
    float *threaded = run(many, row, u);
    if (!same_bits(threaded, fused, count))
        fail(row, u, "changes with workers and caches", difference(threaded, fused, count));
    free(threaded);

    bool together = (u->d.op == GB_OP_BATCH_NORM || u->d.op == GB_OP_BATCH_NORM_OWN_GRAD) && u->d.batch_norm.own;     /* samples share their statistics */
    for (int n = 0; !together && u->d.out.n > 1 && n < u->d.out.n; n++) {
        use alone = sample(u, n), second;
        if (u->then) {
            second = sample(u->then, n);
            alone.then = &second;
        }
        float *y = run(cpu, row, &alone);
        if (!same_bits(y, fused + n * of_a_sample, of_a_sample))
            fail(row, u, "changes with the batch", difference(y, fused + n * of_a_sample, of_a_sample));
        free(y);
    }
    free(fused);
    return by;
}

/* A random convolution of the output of `u`, which it needs as NCHW: with a 1×1 kernel to a few planar channels, or with a 3×3
 * kernel to blocks of channels. */
static use random_follower(rng *r, const use *u, float *output, int kernel) {
    use next = {.d = {.op = GB_OP_MODULATED_CONV2D, .inputs = pick(r, 1, 2)}};
    gb_conv *conv = &next.d.conv;
    const gb_shape *s = &u->d.out;
    *conv = (gb_conv){.cout = kernel == 1 ? pick(r, 1, 7) : pick(r, 8, 48), .kernel = kernel, .up = 1, .modulated = next.d.inputs == 2, .style_gain = 0.125f};
    next.d.in[0] = *s;
    next.d.in[0].block = 1;
    next.d.in[1] = (gb_shape){s->n, s->c, 1, 1, 1};
    next.d.out = (gb_shape){s->n, conv->cout, s->h, s->w, 1};
    next.in[0] = output;
    next.in[1] = random_floats(r, (size_t)s->n * s->c, 1.0f);
    next.weights[0] = random_floats(r, (size_t)conv->cout * s->c * kernel * kernel, 1.0f);
    if (pick(r, 0, 3))
        random_epilogue(r, &next), random_rounds(r, &next);
    return next;
}

/* Runs `u` with its follower in one pass, with its output stored or not, and compares the outputs. */
static void run_with_follower(const gb_cpu *cpu, const gb_op_row *row, const use *u, const gb_op_row *follower, const use *next,
                              bool stored, const float *expected) {
    use first = *u;
    placed_use a, b;
    first.d.unstored = !stored;
    place_use(cpu, row, &first, &a);
    place_use(cpu, follower, next, &b);
    gb_use with = {follower, &b.d, &b.args};
    float *output = a.out.data, *expected_first = next->in[0];
    if (!stored)
        a.out.data = NULL;
    free(b.in[0].data);
    b.in[0].data = NULL;
    b.args.in[0] = &a.out;
    a.args.follower = &with;
    row->run(cpu, &a.d, &a.args);
    a.out.data = output;
    float *got = take_result(cpu, follower, &b), *got_first = take_result(cpu, row, &a);
    if (!same_bits(got, expected, count_of(&next->d.out)))
        fail(follower, next, stored ? "changes as a follower" : "changes as a follower of what is not stored",
             difference(got, expected, count_of(&next->d.out)));
    if (stored && !same_bits(got_first, expected_first, count_of(&u->d.out)))
        fail(row, u, "changes with a follower", difference(got_first, expected_first, count_of(&u->d.out)));
    free(got);
    free(got_first);
}

/* Whether the row ran a follower of this use. */
static bool check_follower(const gb_cpu *cpu, const gb_op_row *row, const use *u, rng *r) {
    use next = random_follower(r, u, run(cpu, row, u), u->d.conv.up == 2 ? 3 : 1);
    gb_desc d = desc_for(cpu, u), d_next = desc_for(cpu, &next);
    const gb_op_row *follower = gb_op_find(cpu, &d_next);
    bool follows = row->follows(cpu, &d, follower, &d_next);
    if (follows) {
        float *expected = run(cpu, follower, &next);
        run_with_follower(cpu, row, u, follower, &next, true, expected);
        run_with_follower(cpu, row, u, follower, &next, false, expected);
        free(expected);
    }
    free_use(&next);
    return follows;
}

/* Runs the uses in one call, which must not change a bit. */
static void check_together(const gb_cpu *cpu, const gb_op_row *row, const use *first, const use *second) {
    const use *const uses[] = {first, second, first};
    placed_use placed[3];
    gb_use all[3];
    for (int i = 0; i < 3; i++) {
        place_use(cpu, row, uses[i], &placed[i]);
        all[i] = (gb_use){row, &placed[i].d, &placed[i].args};
    }
    row->run_all(cpu, all, 3);
    for (int i = 0; i < 3; i++) {
        size_t count = count_of(&placed[i].d.out);
        float *together = take_result(cpu, row, &placed[i]), *alone = run(cpu, row, uses[i]);
        if (!same_bits(together, alone, count))
            fail(row, uses[i], "changes when others run with it", difference(together, alone, count));
        free(together);
        free(alone);
    }
}

static void check_row(const gb_cpu *cpu, const gb_cpu *many, const gb_op_row *row, uint64_t seed, int rounds, references *all) {
    rng r = {seed + (uint64_t)row->op * 977};
    gb_cpu small = *many;
    small.workers = 1;
    double worst = 0.0;
    use last = {.noise = NULL};
    int done = 0, followed = 0;
    for (int tries = 0; done < rounds && tries < 50 * rounds; tries++) {
        uint64_t begin = r.state;
        use u = random_use(&r, row->op);
        if (u.layer && row->fuses && pick(&r, 0, 1))
            u.add = random_floats(&r, count_of(&u.d.out), 1.0f);
        else if (!u.layer && (is_own_stage(row->op) || (row->fuses && pick(&r, 0, 3))))
            random_epilogue(&r, &u), random_rounds(&r, &u);
        gb_desc d = desc_for(cpu, &u);
        if (!row->supports || row->supports(cpu, &d)) {
            bool depends_on_epilogue = without_epilogue(&u).has_epilogue;
            float *own = depends_on_epilogue ? reference_of(&u) : NULL;
            worst = fmax(worst, check_use(cpu, many, row, own ? own : kept_reference(all, begin, &u), &u));
            free(own);
            if (row->run_all && done)
                check_together(many, row, &last, &u);
            done++;
            if (row->follows)
                followed += check_follower(&small, row, &u, &r) + check_follower(many, row, &u, &r);
            use swapped = last;
            last = u, u = swapped;
        }
        free_use(&u);
    }
    free_use(&last);
    if (row->follows && !followed) {
        failures++;
        printf("FAILED %s %s %s: no random use had a follower\n", gb_ops[row->op]->name, row->form, row->isa);
    }
    report(row, done, worst);
}

/* Layers of ResNet, VGG, LPIPS and the classifier of network bending, by the row that such a network gets. */
static const struct { const char *name; gb_desc d; } layers[] = {
    {"7x7/2 of a picture", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 3, 112, 112, 1}},
                            .conv2d = {64, 7, 2, 3, 1}}},
    {"3x3 of a picture", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 3, 96, 96, 1}},
                          .conv = {.cout = 64, .kernel = 3, .up = 1, .style_gain = 1.0f}}},
    {"3x3/2", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 128, 28, 28, 1}}, .conv2d = {128, 3, 2, 1, 1}}},
    {"3x3/2 to 7x7", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 512, 14, 14, 1}}, .conv2d = {512, 3, 2, 1, 1}}},
    {"1x1/2", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 256, 56, 56, 1}}, .conv2d = {512, 1, 2, 0, 1}}},
    {"5x5 valid", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 64, 31, 31, 1}}, .conv2d = {96, 5, 1, 0, 1}}},
    {"groups", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 256, 14, 14, 1}}, .conv2d = {256, 3, 1, 1, 4}}},
    {"depthwise", {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 50, 64, 64, 1}}, .conv2d = {50, 3, 1, 1, 50}}},
    {"max 3x3/2", {.op = GB_OP_MAX_POOL, .inputs = 1, .in = {{1, 64, 112, 112, 1}}, .pool = {3, 2, 1}}},
    {"mean 7x7/1", {.op = GB_OP_AVG_POOL, .inputs = 1, .in = {{1, 512, 12, 12, 1}}, .pool = {7, 1, 0}}},
    {"global mean", {.op = GB_OP_GLOBAL_MEAN, .inputs = 1, .in = {{1, 2048, 7, 7, 1}}}},
    {"normalisation", {.op = GB_OP_CHANNEL_AFFINE, .inputs = 1, .in = {{1, 3, 224, 224, 1}}}},
    {"bilinear to 224", {.op = GB_OP_RESIZE, .inputs = 1, .in = {{1, 32, 112, 112, 1}},
                         .resize = {224, 224, GB_RESIZE_BILINEAR}}},
    {"area to 7x7", {.op = GB_OP_RESIZE, .inputs = 1, .in = {{1, 512, 16, 16, 1}}, .resize = {7, 7, GB_RESIZE_AREA}}},
    {"LPIPS directions", {.op = GB_OP_UNIT_NORM, .inputs = 1, .in = {{1, 128, 64, 64, 1}},
                          .unit_norm = {.eps = 1e-10f}}},
    {"LPIPS layer", {.op = GB_OP_WEIGHTED_L2, .inputs = 2, .in = {{1, 64, 128, 128, 1}, {1, 64, 128, 128, 1}}}},
    {"3x3 at 16x16", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 512, 16, 16, 1}},
                      .conv = {.cout = 96, .kernel = 3, .up = 1, .style_gain = 1.0f}}},
    {"3x3 at 32x32", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 128, 32, 32, 1}},
                      .conv = {.cout = 128, .kernel = 3, .up = 1, .style_gain = 1.0f}}},
    {"3x3 at 8x8", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 512, 8, 8, 1}},
                    .conv = {.cout = 256, .kernel = 3, .up = 1, .style_gain = 1.0f}}},
    {"3x3 up from 32x32", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 512, 32, 32, 1}},
                           .conv = {.cout = 128, .kernel = 3, .up = 2, .style_gain = 1.0f}}},
    {"1x1 at 16x16", {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 512, 16, 16, 1}},
                      .conv = {.cout = 512, .kernel = 1, .up = 1, .style_gain = 1.0f}}},
    {"skip", {.op = GB_OP_CONCAT, .inputs = 2, .in = {{1, 256, 48, 48, 1}, {1, 256, 48, 48, 1}}}},
};
enum { LAYERS = sizeof layers / sizeof *layers };

static void check_networks(const gb_cpu *cpu, const gb_cpu *many, uint64_t seed, references *all) {
    for (int i = 0; i < LAYERS; i++) {
        rng r = {seed + (uint64_t)i};
        char why[200];
        use u = {.d = layers[i].d};
        if (!gb_op_shape(&one, &u.d, why, sizeof why)) {
            fprintf(stderr, "%s: %s\n", layers[i].name, why);
            exit(2);
        }
        for (int k = 0; k < u.d.inputs; k++)
            u.in[k] = random_floats(&r, count_of(&u.d.in[k]), 1.0f);
        u.weights[0] = random_floats(&r, weights_of(&u.d), 1.0f);
        u.weights[1] = random_floats(&r, (size_t)u.d.in[0].c, 1.0f);
        gb_desc d = desc_for(cpu, &u);
        const gb_op_row *row = gb_op_find(cpu, &d);
        if (strcmp(row->isa, cpu->isa) && strcmp(cpu->isa, "amx")) {     /* that has only some convolutions */
            failures++;
            printf("FAILED %s: %s has no row for it\n", layers[i].name, cpu->isa);
        }
        if (row->fuses)
            random_epilogue(&r, &u), random_rounds(&r, &u);
        double worst = check_use(cpu, many, row, kept_reference(all, UINT64_MAX - (uint64_t)i, &u), &u);
        printf("%-9s %-18s %-9s %-18s worst %.2e\n", row->isa, gb_ops[row->op]->name, row->form, layers[i].name, worst);
        free_use(&u);
    }
}

static void check_isa(const char *isa, uint64_t seed, int rounds, references *all) {
    gb_cpu cpu = {.workers = 1}, many;
    pool p = {.workers = 0};
    if (!gb_cpu_detect(&cpu, isa, NULL, 0))
        return;
    pool_start(&p, 3);
    many = cpu;
    many.workers = 3, many.parallel = pool_parallel, many.pool = &p;
    many.l2 = 32 << 10, many.l3 = 0;        /* the division of work for small caches must not change a bit */
    const gb_op_row *row;
    for (size_t i = 0; (row = gb_op_row_at(i)); i++)
        if (!strcmp(row->isa, isa) && row->op < GB_OP_FILTER)     /* bends have tests of their own */
            check_row(&cpu, &many, row, seed, rounds, all);
    if (cpu.vector > 1 && !cpu.bf16)        /* bfloat16 has no rows of its own for them */
        check_networks(&cpu, &many, seed, all);
    pool_stop(&p);
}

/* ------------------------------------------------------------------------------------------------ speed */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct timing { double seconds, pack; size_t packed, workspace; uint64_t macs; } timing;

/* The fastest of a few runs with the epilogue of the layer. `form` gets the form of the row. */
static timing time_use(const gb_cpu *cpu, use *u, const char **form) {
    gb_desc d = desc_for(cpu, u);
    const gb_op_row *row = gb_op_find(cpu, &d);
    gb_tensor in[GB_MAX_INPUTS] = {{.data = NULL}}, out = block_tensor(cpu, d.out, NULL), add = {.data = NULL};
    gb_args args = {.out = &out};
    gb_epilogue e = u->epilogue;
    timing t = {.seconds = 1e9, .macs = gb_op_macs(&d)};
    *form = row->form ? row->form : "plain";
    for (int i = 0; i < d.inputs; i++) {
        in[i] = block_tensor(cpu, d.in[i], u->in[i]);
        args.in[i] = &in[i];
    }
    if (u->has_epilogue) {
        e.noise = u->noise, e.bias = u->bias;
        if (u->add) {
            add = block_tensor(cpu, d.out, u->add);
            e.add = &add;
        }
        args.epilogue = &e;
    }
    t.packed = row->packed_size ? row->packed_size(cpu, &d) : 0;
    t.workspace = row->workspace ? row->workspace(cpu, &d) : 0;
    void *packed = allocate(t.packed), *workspace = allocate(t.workspace);
    double start = now();
    if (row->pack)
        row->pack(cpu, &d, (const float *const *)u->weights, packed);
    t.pack = now() - start;
    args.packed = packed, args.workspace = workspace;
    for (int i = 0; i < 7; i++) {
        start = now();
        row->run(cpu, &d, &args);
        t.seconds = fmin(t.seconds, now() - start);
    }
    for (int i = 0; i < d.inputs; i++)
        free(in[i].data);
    free(out.data);
    free(add.data);
    free(packed);
    free(workspace);
    return t;
}

static use synthesis_layer(rng *r, int cin, int cout, int size, int kernel, int up) {
    use u = {.d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 2}, .has_epilogue = true};
    int out = size * up;
    u.d.conv = (gb_conv){.cout = cout, .kernel = kernel, .up = up, .modulated = true, .demodulate = kernel == 3,
                         .style_gain = 1.0f};
    u.d.in[0] = (gb_shape){1, cin, size, size, 1};
    u.d.in[1] = (gb_shape){1, cin, 1, 1, 1};
    u.in[0] = random_floats(r, count_of(&u.d.in[0]), 1.0f);
    u.in[1] = random_floats(r, cin, 1.0f);
    u.weights[0] = random_floats(r, (size_t)cout * cin * kernel * kernel, 1.0f);
    u.weights[1] = random_floats(r, 16, 0.25f);
    u.bias = random_floats(r, cout, 1.0f);
    u.epilogue = (gb_epilogue){.bias_act = true, .act = GB_ACT_LINEAR, .gain = 1.0f, .clamp = -1.0f};
    if (kernel == 3) {
        u.noise = random_floats(r, (size_t)out * out, 1.0f);
        u.epilogue.noise_strength = 0.1f;
        u.epilogue.act = GB_ACT_LRELU;
        u.epilogue.gain = gb_acts[GB_ACT_LRELU].gain;
    } else if (size > 4) {
        u.add = random_floats(r, (size_t)cout * size * size, 1.0f);
    }
    return u;
}

static timing bench_use(const gb_cpu *cpu, const char *name, use *u, double peak, timing *total) {
    const char *form;
    timing t = time_use(cpu, u, &form);
    double rate = 2e-9 * (double)t.macs / t.seconds;
    printf("%-16s %-9s %8.3f ms %7.1f GFLOP/s %5.0f %% of peak  weights %6.1f MiB  workspace %5.1f MiB\n", name, form,
           1e3 * t.seconds, rate, 100.0 * rate / peak, (double)t.packed / 1048576.0, (double)t.workspace / 1048576.0);
    total->seconds += t.seconds;
    total->pack += t.pack;
    total->packed += t.packed;
    total->macs += t.macs;
    free_use(u);
    return t;
}

/* Our matrix product and that of OpenBLAS, both on one thread: 768 samples through a dense layer of 512. */
static void bench_product(const gb_cpu *cpu, rng *r) {
    enum { M = 768, K = 512, N = 512 };
    const char *form;
    gb_cpu alone = *cpu;
    alone.workers = 1;
    use u = {.d = {.op = GB_OP_LINEAR, .inputs = 1}};
    u.d.in[0] = (gb_shape){M, K, 1, 1, 1};
    u.d.linear.cout = N, u.d.linear.gain = 1.0f;
    u.in[0] = random_floats(r, M * K, 1.0f);
    u.weights[0] = random_floats(r, N * K, 1.0f);
    timing t = time_use(&alone, &u, &form);
    printf("%d×%d×%d on one thread: linear (%s) %.1f GFLOP/s", M, N, K, form, 2e-9 * (double)t.macs / t.seconds);
#if GB_WITH_OPENBLAS
    float *y = allocate(sizeof(float) * M * N);
    double best = 1e9;
    openblas_set_num_threads(1);
    for (int i = 0; i < 7; i++) {
        double start = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K, 1.0f, u.in[0], K, u.weights[0], K, 0.0f, y, N);
        best = fmin(best, now() - start);
    }
    printf(", OpenBLAS sgemm %.1f", 2e-9 * (double)t.macs / best);
    free(y);
#endif
    printf("\n");
    free_use(&u);
}

static void bench(const gb_cpu *cpu, int resolution) {
    rng r = {1};
    timing total = {0};
    double best = 1e9;
    uint64_t macs = 0;
    char name[40];
    for (int i = 0; i < 5; i++) {
        double start = now();
        macs = gb_cpu_burst(cpu, 2000000);
        best = fmin(best, now() - start);
    }
    double peak = 2e-9 * (double)macs / best;
    printf("%s, %d threads, multiply-add peak %.1f GFLOP/s\n", cpu->isa, cpu->workers, peak);
    bench_product(cpu, &r);
    use dense = {.d = {.op = GB_OP_LINEAR, .inputs = 1}};
    dense.d.in[0] = (gb_shape){1, 512, 1, 1, 1};
    dense.d.linear.cout = 512, dense.d.linear.gain = 1.0f;
    dense.in[0] = random_floats(&r, 512, 1.0f);
    dense.weights[0] = random_floats(&r, 512 * 512, 1.0f);
    bench_use(cpu, "linear 512", &dense, peak, &total);
    for (int size = 4; size <= resolution; size *= 2) {
        int channels = 32768 / size < 512 ? 32768 / size : 512, before = 65536 / size < 512 ? 65536 / size : 512;
        if (size > 4) {
            snprintf(name, sizeof name, "b%d.conv0", size);
            use u = synthesis_layer(&r, before, channels, size / 2, 3, 2);
            bench_use(cpu, name, &u, peak, &total);
        }
        snprintf(name, sizeof name, "b%d.conv1", size);
        use u = synthesis_layer(&r, channels, channels, size, 3, 1);
        bench_use(cpu, name, &u, peak, &total);
        snprintf(name, sizeof name, "b%d.torgb", size);
        u = synthesis_layer(&r, channels, 3, size, 1, 1);
        bench_use(cpu, name, &u, peak, &total);
        if (size < resolution) {
            snprintf(name, sizeof name, "b%d.img", size * 2);
            use fir = {.d = {.op = GB_OP_UPFIRDN2D, .inputs = 1, .fir = {2, 4, 2, 1, 4.0f}}};
            fir.d.in[0] = (gb_shape){1, 3, size, size, 1};
            fir.in[0] = random_floats(&r, (size_t)3 * size * size, 1.0f);
            fir.weights[0] = random_floats(&r, 16, 0.25f);
            bench_use(cpu, name, &fir, peak, &total);
        }
    }
    printf("together %.1f ms, %.2f G multiply-adds, %.0f MiB of packed weights, packed in %.2f s\n",
           1e3 * total.seconds,
           1e-9 * (double)total.macs, (double)total.packed / 1048576.0, total.pack);
}

int main(int argc, char **argv) {
    const char *isa = NULL;
    bool speed = false;
    int threads = 2, rounds = 40, resolution = 1024;
    uint64_t seed = 1;
    char names[100];
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(arg, "--bench")) {
            speed = true;
            continue;
        }
        if (!strcmp(arg, "--isa"))
            isa = next;
        else if (!strcmp(arg, "--threads"))
            threads = atoi(next);
        else if (!strcmp(arg, "--resolution"))
            resolution = atoi(next);
        else if (!strcmp(arg, "--rounds"))
            rounds = atoi(next);
        else if (!strcmp(arg, "--seed"))
            seed = strtoull(next, NULL, 10);
        else {
            fprintf(stderr, "usage: check_ops [--isa NAME] [--seed N] [--rounds N] "
                            "[--bench [--threads N] [--resolution R]]\n");
            return 2;
        }
        i++;
    }
    gb_cpu cpu = {.workers = threads < 1 ? 1 : threads > MAX_WORKERS ? MAX_WORKERS : threads};
    if (!gb_cpu_detect(&cpu, isa, names, sizeof names)) {
        fprintf(stderr, "check_ops: unknown instruction set '%s'; this processor has %s\n", isa, names);
        return 2;
    }
    if (speed) {
        pool p = {.workers = 0};
        pool_start(&p, cpu.workers);
        cpu.parallel = pool_parallel, cpu.pool = &p;
        bench(&cpu, resolution);
        pool_stop(&p);
        return 0;
    }
    references all = {.count = 0};
    char *rest = names;
    for (char *name = rest; name; name = rest) {
        char *comma = strstr(name, ", ");
        rest = comma ? comma + 2 : NULL;
        if (comma)
            *comma = '\0';
        if (!isa || !strcmp(isa, name))
            check_isa(name, seed, rounds, &all);
    }
    free_references(&all);
    printf(failures ? "%d failures\n" : "all equal\n", failures);
    return failures ? 1 : 0;
}
