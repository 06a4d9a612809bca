/* check_cuda: compares every row of cuda/ with the plain C one, for random shapes, including unusual ones, on the GPU
 * or, as check_cuda_emulated, without one.
 *
 *   check_cuda [--precision half|tf32|fp32] [--op NAME] [--form NAME] [--seed N] [--rounds N] [--network RESOLUTION]
 *
 * With --network, only the convolutions of StyleGAN2 up to that resolution, in their full shapes. Plain C would take
 * minutes for them: it computes small parts of the output, at corners and in the middle.
 * Tolerances are relative to the largest magnitude of the reference: fp32 1e-5, tf32 3e-3, half 5e-3. Equality of bits:
 * fused = split, a sample of a batch = that sample alone, several uses in one launch = each alone, the same in a second run.
 * Buffers begin as NaN. */
#include "tests/cuda/check_device.h"

/* Rounding the input to half precision can move it across the threshold of a step. */
static bool has_step(const use *u) {
    return u->has_epilogue && u->epilogue.bias_act &&
           (u->epilogue.act == GB_ACT_STEP || (u->act_channels && u->epilogue.base_act == GB_ACT_STEP));
}

static double check_use(const gb_cpu *cpu, const gb_op_row *row, double allowed, use *u) {
    static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};
    size_t count = count_of(&u->d.out), of_a_sample = count / u->d.out.n;
    bool own_stage = u->d.op == GB_OP_NOISE || u->d.op == GB_OP_BIAS_ACT || u->d.op == GB_OP_ADD;
    use bare = *u;
    bare.has_epilogue = own_stage;
    float *reference = run(&one, &gb_ops[row->op]->plain, &bare), *open = run(cpu, row, &bare);
    double by = difference(open, reference, count);
    if (!(by <= allowed) && !(own_stage && has_step(u)))
        fail(row, u, "differs from plain", by);
    free(reference);
    free(open);

    float *fused = run(cpu, row, u), *again = run(cpu, row, u);
    if (!same_bits(fused, again, count))
        fail(row, u, "changes when run again", difference(again, fused, count));
    free(again);
    if (u->has_epilogue && !own_stage) {
        float *bared = run(cpu, row, &bare), *apart = split(cpu, u, bared);
        if (!same_bits(apart, fused, count))
            fail(row, u, "changes when split", difference(apart, fused, count));
        free(bared);
        free(apart);
    }
    for (int n = 0; u->d.out.n > 1 && n < u->d.out.n; n++) {
        use alone = sample(u, n);
        float *y = run(cpu, row, &alone);
        if (!same_bits(y, fused + n * of_a_sample, of_a_sample))
            fail(row, u, "changes with the batch", difference(y, fused + n * of_a_sample, of_a_sample));
        free(y);
    }
    free(fused);
    return by;
}

static void check_row(const gb_cpu *cpu, const gb_op_row *row, double allowed, uint64_t seed, int rounds) {
    rng r = {seed + (uint64_t)row->op * 977};
    double worst = 0.0;
    int done = 0;
    for (int tries = 0; done < rounds && tries < 50 * rounds; tries++) {
        use u = random_use(&r, row->op);
        bool own_stage = row->op == GB_OP_NOISE || row->op == GB_OP_BIAS_ACT || row->op == GB_OP_ADD;
        if (own_stage || (row->fuses && pick(&r, 0, 3)))
            random_epilogue(&r, &u);
        gb_desc d = desc_for(cpu, &u);
        if (!row->supports || row->supports(cpu, &d)) {
            double by = check_use(cpu, row, allowed, &u);
            if (!has_step(&u))
                worst = fmax(worst, by);
            done++;
        }
        free_use(&u);
    }
    report(row, done, worst);
}

/* ------------------------------------------------------------------------------------------------ shared launches */

enum { TOGETHER = 4 };

/* One pass over several uses of a row: what can be prepared for all in one launch, then those that can run in one. */
static void pass_over(const gb_cpu *cpu, const gb_op_row *row, const gb_use *uses, int count) {
    gb_use prepared[TOGETHER];
    int n = 0;
    for (int i = 0; row->prepare && i < count; i++)
        if (row->prepared_size(cpu, uses[i].desc))
            prepared[n++] = uses[i];
    if (n)
        row->prepare(cpu, prepared, n);
    if (row->run_all)
        row->run_all(cpu, uses, count);
    for (int i = 0; !row->run_all && i < count; i++)
        row->run(cpu, uses[i].desc, uses[i].args);
}

static void run_together(const gb_cpu *cpu, const gb_op_row *row, const use *u, int count, float **results) {
    placed_use placed[TOGETHER];
    gb_use uses[TOGETHER];
    void *prepared[TOGETHER] = {NULL};
    char why[200];
    for (int i = 0; i < count; i++) {
        placed_use *p = &placed[i];
        place_use(cpu, row, &u[i], p);
        size_t bytes = row->prepare ? row->prepared_size(cpu, &p->d) : 0;
        if (bytes)
            p->args.prepared = prepared[i] = memory_on(cpu, bytes);
        uses[i] = (gb_use){row, &p->d, &p->args};
    }
    gb_pass pass;
    do {
        cpu->device->begin(cpu->stream);
        pass_over(cpu, row, uses, count);
    } while ((pass = cpu->device->launch(cpu->stream, 0)) == GB_PASS_AGAIN);
    if (pass == GB_PASS_LAUNCH) {
        pass_over(cpu, row, uses, count);
        cpu->device->end(cpu->stream);
    }
    if (!cpu->device->wait(cpu->stream, why, sizeof why)) {
        fprintf(stderr, "checks: %s: %s\n", gb_ops[row->op]->name, why);
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        results[i] = take_result(cpu, row, &placed[i]);
        free_on(cpu, prepared[i]);
    }
}

/* Several uses share launches; each gives the bits that it gives alone. */
static void check_together(const gb_cpu *cpu, const gb_op_row *row, uint64_t seed) {
    rng r = {seed + (uint64_t)row->op * 31};
    use uses[TOGETHER];
    float *results[TOGETHER];
    int count = 0;
    for (int tries = 0; count < TOGETHER && tries < 50 * TOGETHER; tries++) {
        uses[count] = random_use(&r, row->op);
        if (row->fuses && pick(&r, 0, 1))
            random_epilogue(&r, &uses[count]);
        gb_desc d = desc_for(cpu, &uses[count]);
        if (!row->supports || row->supports(cpu, &d))
            count++;
        else
            free_use(&uses[count]);
    }
    if (count < TOGETHER) {
        fprintf(stderr, "checks: %s: no random uses to run together\n", gb_ops[row->op]->name);
        exit(2);
    }
    run_together(cpu, row, uses, count, results);
    for (int i = 0; i < count; i++) {
        size_t values = count_of(&uses[i].d.out);
        float *alone = run(cpu, row, &uses[i]);
        if (!same_bits(alone, results[i], values))
            fail(row, &uses[i], "changes in a shared launch", difference(results[i], alone, values));
        free(alone);
        free(results[i]);
        free_use(&uses[i]);
    }
}

/* ------------------------------------------------------------------------------------------------ convolutions */

/* A modulated and demodulated convolution. */
static use convolution(rng *r, int samples, int cin, int h, int w, int cout, int kernel, int up) {
    use u = {.d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 2}};
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    char why[200];
    u.d.conv = (gb_conv){cout, kernel, up, true, true, 1.0f, 0};
    u.d.in[0] = (gb_shape){samples, cin, h, w, 1};
    u.d.in[1] = (gb_shape){samples, cin, 1, 1, 1};
    u.in[0] = random_floats(r, count_of(&u.d.in[0]), 1.0f);
    u.in[1] = random_floats(r, count_of(&u.d.in[1]), 1.0f);
    u.weights[0] = random_floats(r, (size_t)cout * cin * kernel * kernel, 1.0f);
    u.weights[1] = random_floats(r, 16, 0.25f);
    for (int i = 0; i < 16; i++)            /* the published filter, a product; random uses have others */
        u.weights[1][i] = (float)((i / 4 % 3 ? 3 : 1) * (i % 4 % 3 ? 3 : 1)) / 64.0f;
    if (!gb_op_shape(&plain, &u.d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    return u;
}

static const gb_op_row *row_of(const gb_cpu *cpu, const use *u) {
    gb_desc d = desc_for(cpu, u);
    return gb_op_find(cpu, &d);
}

/* The rows that tensor cores or tiles make fast; NULL past the last. */
static const gb_op_row *fast_row(const gb_cpu *cpu, const use *u, int i) {
    gb_desc d = desc_for(cpu, u);
    for (const gb_op_row *const *row = cpu->device->rows; *row; row++)
        if ((*row)->op == u->d.op && (*row)->rank > 1 && (*row)->supports(cpu, &d) && i-- == 0)
            return *row;
    return NULL;
}

/* Shapes that random uses do not reach, or seldom: the tile of 128×64, which needs 8192 pixels, without and with upsampling;
 * deep layers with few pixels, whose depth is split; maps of at least 4096 pixels of at most 32, 64 and 128 channels (in tf32
 * 16, 32 and 64), the edges of whose tiles are not those of the map; two samples; at most three outputs. For wgmma: 2×2 tiles
 * of 10×12 pixels, of which the last are not full, and two of channels; first with the depth split in two shares; then five
 * chunks of 64 channels, more than there are buffers for pixels, of which the last is not full, and two samples; upsampling. */
static void check_shapes(const checks *c, double allowed) {
    static const struct { const char *form; int s[7]; } shapes[] = {
        {NULL, {1, 8, 128, 64, 40, 3, 1}}, {NULL, {1, 8, 64, 128, 40, 3, 2}}, {NULL, {1, 512, 4, 4, 48, 3, 1}},
        {NULL, {1, 512, 4, 4, 40, 3, 2}}, {NULL, {1, 904, 4, 4, 40, 3, 1}}, {NULL, {1, 904, 4, 8, 24, 1, 1}},
        {"patch", {2, 24, 65, 66, 24, 3, 1}}, {"patch", {1, 24, 66, 65, 8, 3, 2}}, {"patch", {1, 40, 67, 64, 16, 3, 1}},
        {"patch", {1, 40, 64, 67, 8, 3, 2}}, {"patch", {1, 72, 65, 64, 8, 3, 1}}, {"patch", {2, 72, 64, 65, 8, 3, 2}},
        {"rgb", {2, 40, 25, 23, 3, 1, 1}}, {"rgb", {1, 128, 8, 8, 2, 1, 1}},
        {"wgmma", {1, 128, 19, 19, 136, 3, 1}}, {"wgmma", {2, 264, 9, 17, 128, 1, 1}}, {"wgmma", {1, 128, 8, 16, 136, 3, 2}},
    };
    rng r = {c->seed};
    int checked = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i].s;
        const char *form = shapes[i].form;
        use u = convolution(&r, s[0], s[1], s[2], s[3], s[4], s[5], s[6]);
        const gb_op_row *row;
        random_epilogue(&r, &u);
        for (int k = 0; (row = fast_row(&c->cpu, &u, k)); k++) {
            if ((form && strcmp(row->form, form)) || (c->form && strcmp(row->form, c->form)))
                continue;
            checked++;
            double by = check_use(&c->cpu, row, allowed, &u);
            printf("%d of %d channels of %dx%d to %d, kernel %d, up %d, %s: difference %.2e\n", s[0], s[1], s[2], s[3],
                   s[4], s[5], s[6], row->form, by);
        }
        free_use(&u);
    }
    if (!checked) {
        fprintf(stderr, "checks: no row of form %s computes any of the shapes\n", c->form ? c->form : "any");
        exit(2);
    }
}

static void check_against_plain(const checks *c, double allowed, use u) {
    static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};
    size_t count = count_of(&u.d.out);
    float *reference = run(&one, &gb_ops[u.d.op]->plain, &u), *y = run(&c->cpu, row_of(&c->cpu, &u), &u);
    double by = difference(y, reference, count);
    if (!(by <= allowed))
        fail(row_of(&c->cpu, &u), &u, "differs from plain", by);
    free(reference);
    free(y);
    free_use(&u);
}

/* More styles than fit beside a tile in 48 KB of shared memory, the default limit of a launch: in half precision beside
 * the 64×64 tile, else beside that of 128×64. The tile of 128×128, which needs 128 channels on both sides and 4096
 * pixels. */
static void check_large_shared_memory(const checks *c, double allowed) {
    bool half = !strcmp(c->precision, "half");
    rng r = {c->seed};
    check_against_plain(c, allowed, half ? convolution(&r, 1, 9232, 4, 4, 33, 1, 1)
                                         : convolution(&r, 1, 776, 128, 64, 33, 1, 1));
    check_against_plain(c, allowed, convolution(&r, 1, 136, 65, 64, 128, 1, 1));
}

/* Operands are rounded to nearest: with positive inputs and weights, the mean relative error of the outputs is close to
 * 0. Truncated operands would make every output smaller, by 3.5e-4 in tf32. */
static void check_bias(const checks *c, int channels, int side) {
    static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};
    rng r = {c->seed};
    use u = convolution(&r, 1, channels, side, side, channels, 3, 1);
    u.d.conv.modulated = u.d.conv.demodulate = false;
    u.d.inputs = 1;
    for (size_t i = 0; i < count_of(&u.d.in[0]); i++)
        u.in[0][i] = 1.0f + 0.9f * (float)pick(&r, 0, 1000) / 1000.0f;
    for (int i = 0; i < channels * channels * 9; i++)
        u.weights[0][i] = 1.0f + 0.9f * (float)pick(&r, 0, 1000) / 1000.0f;
    size_t count = count_of(&u.d.out);
    float *reference = run(&one, &gb_ops[u.d.op]->plain, &u), *y = run(&c->cpu, row_of(&c->cpu, &u), &u);
    double bias = 0.0;
    for (size_t i = 0; i < count; i++)
        bias += ((double)y[i] - reference[i]) / reference[i] / (double)count;
    printf("mean relative error of positive sums: %.1e\n", bias);
    if (!(fabs(bias) <= 2e-5))
        fail(row_of(&c->cpu, &u), &u, "is biased", bias);
    free(reference);
    free(y);
    free_use(&u);
}

/* ------------------------------------------------------------------------------------------------ whole layers */

enum { CROP = 12, HALO = 3 };       /* pixels of the input; those near the edge of a crop are not compared */

/* The output of plain C for CROP×CROP pixels of the input from (y, x) on, compared with that part of `all`. */
static double crop_difference(const use *u, int y, int x, const float *all) {
    static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};
    const gb_shape *in = &u->d.in[0], *out = &u->d.out;
    int up = u->d.conv.up, side = in->h < CROP ? in->h : CROP;
    use crop = *u;
    double most = 0.0;
    char why[200];
    crop.d.in[0].h = crop.d.in[0].w = side;
    if (!gb_op_shape(&one, &crop.d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    crop.in[0] = allocate(sizeof(float) * count_of(&crop.d.in[0]));
    for (int i = 0; i < in->c * side; i++)
        memcpy(crop.in[0] + (size_t)i * side, u->in[0] + ((size_t)(i / side) * in->h + y + i % side) * in->w + x,
               sizeof(float) * (size_t)side);
    float *part = run(&one, &gb_ops[u->d.op]->plain, &crop);
    int y0 = y ? HALO * up : 0, y1 = y + side < in->h ? (side - HALO) * up : side * up;
    int x0 = x ? HALO * up : 0, x1 = x + side < in->w ? (side - HALO) * up : side * up;
    for (int c = 0; c < out->c; c++)
        for (int r = y0; r < y1; r++)
            for (int k = x0; k < x1; k++) {
                double by = part[((size_t)c * side * up + r) * side * up + k] -
                            (double)all[((size_t)c * out->h + y * up + r) * out->w + x * up + k];
                most = isnan(by) ? INFINITY : fmax(most, fabs(by));
            }
    free(crop.in[0]);
    free(part);
    return most;
}

static void check_layer(const checks *c, double allowed, rng *r, int cin, int size, int cout, int kernel, int up) {
    use u = convolution(r, 1, cin, size, size, cout, kernel, up);
    const gb_op_row *row = row_of(&c->cpu, &u);
    size_t count = count_of(&u.d.out);
    float *y = run(&c->cpu, row, &u), *again = run(&c->cpu, row, &u);
    int far = size < CROP ? 0 : size - CROP;
    double by = fmax(crop_difference(&u, 0, 0, y), crop_difference(&u, far, far, y));
    by = fmax(by, crop_difference(&u, far / 2, far / 2, y)) / largest(y, count);
    if (!(by <= allowed))
        fail(row, &u, "differs from plain", by);
    if (!same_bits(y, again, count))
        fail(row, &u, "changes when run again", difference(again, y, count));
    printf("%4d channels of %4dx%-4d to %3d, kernel %d, up %d: difference %.2e\n", cin, size, size, cout, kernel, up,
           by);
    fflush(stdout);
    free(y);
    free(again);
    free_use(&u);
}

static int channels_at(int resolution) {
    return resolution > 64 ? 32768 / resolution : 512;
}

static void check_network(const checks *c, double allowed) {
    rng r = {c->seed};
    for (int size = 4; size <= c->network; size *= 2) {
        int channels = channels_at(size);
        if (size > 4)
            check_layer(c, allowed, &r, channels_at(size / 2), size / 2, channels, 3, 2);
        check_layer(c, allowed, &r, channels, size, channels, 3, 1);
        check_layer(c, allowed, &r, channels, size, 3, 1, 1);
    }
}

/* Forms whose shapes random uses do not have: more pixels, more channels or few outputs. */
static bool needs_shapes(const char *form) {
    return !strcmp(form, "patch") || !strcmp(form, "wgmma") || !strcmp(form, "rgb");
}

/* Whether random uses check the row: not those of bends, and "cublas" only on demand, because it needs the library. */
static bool is_checked(const checks *c, const gb_op_row *row) {
    const char *form = row->form ? row->form : "";
    if (row->op >= GB_OP_FILTER || (c->only && strcmp(c->only, gb_ops[row->op]->name)) || needs_shapes(form))
        return false;
    return c->form ? !strcmp(c->form, form) : strcmp(form, "cublas") != 0;
}

int main(int argc, char **argv) {
    checks c;
    int status = begin_checks(argc, argv, "check_cuda", "--op", &c);
    if (status)
        return status;
    bool half = !strcmp(c.precision, "half");
    double allowed = half ? 5e-3 : !strcmp(c.precision, "tf32") ? 3e-3 : 1e-5;
    if (c.network) {
        check_network(&c, allowed);
        return end_checks(&c);
    }
    for (const gb_op_row *const *row = c.device->rows; *row; row++)
        if (c.rounds && is_checked(&c, *row))
            check_row(&c.cpu, *row, allowed, c.seed, c.rounds);
    for (const gb_op_row *const *row = c.device->rows; *row; row++)
        if (((*row)->run_all || (*row)->prepare) && is_checked(&c, *row))
            check_together(&c.cpu, *row, c.seed);
    bool convolutions = !c.only || !strcmp(c.only, "modulated_conv2d");
    if (convolutions && (!c.form || needs_shapes(c.form)))
        check_shapes(&c, allowed);
    if (convolutions && !c.form) {
        check_bias(&c, 64, 16);
        check_bias(&c, 8, 64);
        check_large_shared_memory(&c, allowed);
    }
    return end_checks(&c);
}
