/* check_cuda: compares every row of cuda/ with the plain C one, for random shapes, including unusual ones, on the GPU
 * or, as check_cuda_emulated, without one.
 *
 *   check_cuda [--precision half|tf32|fp32] [--op NAME] [--seed N] [--rounds N]
 *
 * Tolerances are relative to the largest magnitude of the reference: fp32 1e-5, tf32 3e-3, half 5e-3. Equality of bits:
 * fused = split, a sample of a batch = that sample alone, the same in a second run. Buffers begin as NaN. */
#include "cuda/cuda.h"
#include "tests/ops/random_uses.h"

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

int main(int argc, char **argv) {
    const char *precision = "half", *op = NULL;
    int rounds = 8;
    uint64_t seed = 1;
    char why[200];
    for (int i = 1; i < argc; i += 2) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(arg, "--precision"))
            precision = next;
        else if (!strcmp(arg, "--op"))
            op = next;
        else if (!strcmp(arg, "--rounds"))
            rounds = atoi(next);
        else if (!strcmp(arg, "--seed"))
            seed = strtoull(next, NULL, 10);
        else {
            fprintf(stderr, "usage: check_cuda [--precision half|tf32|fp32] [--op NAME] [--seed N] [--rounds N]\n");
            return 2;
        }
    }
    gb_device *device = gb_cuda_open(precision, why, sizeof why);
    if (!device) {
        printf("check_cuda: %s\n", why);
        return 77;              /* tells ctest that the test was skipped */
    }
    gb_cpu cpu = {.isa = "cuda", .rank = 1 << 20, .workers = 1, .device = device, .stream = device->stream_new(device)};
    if (!cpu.stream) {
        fprintf(stderr, "check_cuda: out of memory on %s\n", device->name);
        return 2;
    }
    double allowed = !strcmp(precision, "fp32") ? 1e-5 : !strcmp(precision, "tf32") ? 3e-3 : 5e-3;
    printf("%s\n", device->name);
    for (const gb_op_row *const *row = device->rows; *row; row++)
        if ((*row)->op < GB_OP_FILTER && (!op || !strcmp(op, gb_ops[(*row)->op]->name)))     /* check_bends has bends */
            check_row(&cpu, *row, allowed, seed, rounds);
    device->stream_free(cpu.stream);
    device->close(device);
    printf(failures ? "%d failures\n" : "all equal\n", failures);
    return failures ? 1 : 0;
}
