/* check_bends: compares the bending operations on the GPU (or, as check_bends_emulated, without one) with the plain C
 * ones: every filter, paint, set, pass, and max pooling, for random shapes, features and parameters, some with NaN and
 * infinity.
 *
 *   check_bends [--precision half|tf32|fp32] [--filter NAME] [--seed N] [--rounds N]
 *
 * Tolerances are relative to the largest finite magnitude of the reference: 1e-5; for half 5e-4, the error of storing
 * the result, as the inputs are half-precision numbers. NaN and infinity must be at the same places. Equality of bits:
 * a sample of a batch = that sample alone; captured launches replayed with other live values = a new run with them. */
#include "ops/bends/filters.h"
#include "tests/cuda/check_device.h"

/* A use with its live values. */
typedef struct bend {
    use u;
    float params[GB_MAX_FILTER_PARAMS];
    int *feature;
    float *values;
    int16_t *index;
    uint8_t *channels;
    union { gb_filter_live filter; gb_paint_live paint; gb_set_live set; } live;
} bend;

static const char *name_of(const bend *b) {
    return b->u.d.op == GB_OP_FILTER ? b->u.d.filter.row->name : gb_ops[b->u.d.op]->name;
}

static void fail_bend(const bend *b, const char *what, double by) {
    const gb_shape *s = &b->u.d.in[0];
    failures++;
    printf("FAILED %s: %s (%.3g) for [%d,%d,%d,%d]", name_of(b), what, by, s->n, s->c, s->h, s->w);
    for (int i = 0; b->u.d.op == GB_OP_FILTER && i < b->u.d.filter.row->params; i++)
        printf(" %s=%g", b->u.d.filter.row->param[i].name, (double)b->params[i]);
    if (b->u.d.op == GB_OP_FILTER && b->feature)
        printf(", %d features", b->live.filter.count);
    printf("\n");
}

/* ------------------------------------------------------------------------------------------------ random bends */

/* Usual values, not the limits of the ranges, where results overflow. */
static float random_param(rng *r, const gb_param *p) {
    bool finite = isfinite(p->low) && isfinite(p->high) && p->high - p->low <= 100.0f;
    float v = finite ? p->low + (float)pick(r, 0, 1000) * 1e-3f * (p->high - p->low)
                     : p->default_value + 3.0f * value(r);
    if (pick(r, 0, 4) == 0)
        v = p->default_value;
    if (pick(r, 0, 9) == 0)
        v = finite ? (pick(r, 0, 1) ? p->low : p->high) : 0.0f;
    v = p->integer ? rintf(v) : v;
    return fmaxf(p->low, fminf(v, p->high));
}

/* Random live values. */
static void random_numbers(rng *r, bend *b) {
    const gb_shape *s = &b->u.d.out;
    size_t pixels = (size_t)s->h * s->w;
    if (b->u.d.op == GB_OP_FILTER) {
        const gb_filter *f = b->u.d.filter.row;
        int count = 0, share = pick(r, 0, 4);
        for (int i = 0; i < f->params; i++)
            b->params[i] = random_param(r, &f->param[i]);
        for (int i = 0; i < f->params; i++)             /* a small map must not consist of border only */
            if (!strcmp(f->param[i].name, "radius") || !strcmp(f->param[i].name, "sigma"))
                b->params[i] = pick(r, 0, 3) ? (float)pick(r, 0, 9) : b->params[i];
        b->feature = realloc(b->feature, sizeof(int) * s->c);
        for (int c = 0; c < s->c; c++)
            if (pick(r, 0, 3) < share)
                b->feature[count++] = c;
        b->live.filter = (gb_filter_live){b->params, share == 4 ? NULL : b->feature, share == 4 ? 0 : count};
    } else if (b->u.d.op == GB_OP_PAINT) {
        int vectors = pick(r, 0, 3);
        free(b->values);
        b->values = random_floats(r, (size_t)vectors * s->c + 1, 1.0f);
        b->index = realloc(b->index, sizeof(int16_t) * pixels);
        for (size_t p = 0; p < pixels; p++)
            b->index[p] = (int16_t)(pick(r, 0, vectors) - 1);
        b->live.paint = (gb_paint_live){b->values, vectors, b->index};
    } else if (b->u.d.op == GB_OP_SET) {
        int samples = pick(r, 0, 1) ? s->n : 1;
        free(b->values);
        b->values = random_floats(r, samples * pixels * s->c, 1.0f);
        b->channels = realloc(b->channels, (size_t)s->c);
        for (int c = 0; c < s->c; c++)
            b->channels[c] = (uint8_t)pick(r, 0, 1);
        b->live.set = (gb_set_live){b->u.d.inputs == 2 ? NULL : b->values, samples, pick(r, 0, 2) == 0,
                                    (float)pick(r, 0, 2) * 0.5f, pick(r, 0, 1) ? b->channels : NULL};
    }
}

/* Rounds to half precision; too small values become 0. */
static float as_half(float x) {
    if (!isfinite(x) || fabsf(x) < 6.104e-5f)
        return isfinite(x) ? 0.0f : x;
    float unit = ldexpf(1.0f, ilogbf(x) - 10);
    return rintf(x / unit) * unit;
}

static bend random_bend(rng *r, const gb_op_id op, const gb_filter *filter) {
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    bend b = {.u = {.d = {.op = op, .inputs = 1}}};
    gb_desc *d = &b.u.d;
    char why[200];
    d->in[0] = random_map(r);
    if (pick(r, 0, 5) == 0)
        d->in[0].h = d->in[0].w = 1;
    if (pick(r, 0, 9) == 0)
        d->in[0].h = pick(r, 60, 90), d->in[0].w = pick(r, 60, 90), d->in[0].c = pick(r, 1, 12);
    if (op == GB_OP_FILTER)
        d->filter.row = filter;
    if (op == GB_OP_MAX_POOL) {
        d->in[0].h++, d->in[0].w++;
        d->pool = (gb_pool){2, 2, 0};
    }
    if (op == GB_OP_PASS) {
        d->pass.c = pick(r, 1, 70);
        d->pass.up = pick(r, 1, 2);
        d->pass.kept = pick(r, 0, d->pass.c < d->in[0].c ? d->pass.c : d->in[0].c);
    }
    if (op == GB_OP_SET && pick(r, 0, 2) == 0) {
        d->inputs = 2;
        d->in[1] = d->in[0];
    }
    if (!gb_op_shape(&plain, d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    size_t count = count_of(&d->in[0]);
    for (int k = 0; k < d->inputs; k++) {
        b.u.in[k] = random_floats(r, count, 1.0f);
        for (size_t i = 0; i < count; i++)
            b.u.in[k][i] = as_half(b.u.in[k][i]);
    }
    for (int odd = pick(r, 0, 3) ? 0 : pick(r, 1, 5); odd; odd--)
        b.u.in[0][(size_t)draw(r) % count] = pick(r, 0, 2) ? NAN : pick(r, 0, 1) ? INFINITY : -INFINITY;
    random_numbers(r, &b);
    return b;
}

static void free_bend(bend *b) {
    free_use(&b->u);
    free(b->feature);
    free(b->values);
    free(b->index);
    free(b->channels);
}

/* ------------------------------------------------------------------------------------------------ running */

/* Sample n of a bend as a bend of its own. */
static bend alone(const bend *b, int n) {
    bend one = *b;
    size_t of_a_sample = count_of(&b->u.d.in[0]) / b->u.d.in[0].n;
    one.u.d.out.n = 1;
    for (int k = 0; k < b->u.d.inputs; k++) {
        one.u.d.in[k].n = 1;
        one.u.in[k] += n * of_a_sample;
    }
    if (b->u.d.op == GB_OP_SET && b->live.set.values && b->live.set.samples > 1) {
        one.live.set.values += n * count_of(&one.u.d.out);
        one.live.set.samples = 1;
    }
    return one;
}

/* The result of `row` as NCHW; the caller frees it. With moves > 0, the live values change that many times before the
 * last run, and all runs have the same key: on a device, the third and later ones replay captured launches. */
static float *run_bend(const gb_cpu *cpu, const gb_op_row *row, bend *b, int moves, rng *r) {
    static uint64_t version, key;
    gb_desc d = desc_for(cpu, &b->u);
    gb_tensor in[2], out = block_tensor(cpu, d.out, NULL);
    gb_args args = {.out = &out, .live = &b->live};
    for (int k = 0; k < d.inputs; k++) {
        in[k] = block_tensor(cpu, d.in[k], b->u.in[k]);
        args.in[k] = &in[k];
    }
    args.workspace = memory_on(cpu, row->workspace ? row->workspace(cpu, &d) : 0);
    key++;
    if (d.op == GB_OP_FILTER)
        b->live.filter.params = b->params;      /* the bend has been copied since */
    for (int i = 0; i <= moves; i++) {
        if (i)
            random_numbers(r, b);
        args.version = ++version;
        run_on(cpu, row, &d, &args, moves ? key : 0);
    }
    float *nchw = allocate(sizeof(float) * count_of(&d.out));
    gb_tensor_to_nchw(cpu, &out, nchw);
    for (int k = 0; k < d.inputs; k++)
        free_on(cpu, in[k].data);
    free_on(cpu, out.data);
    free_on(cpu, args.workspace);
    return nchw;
}

/* difference() of the finite values; infinite if the others are not equal. */
static double finite_difference(const float *a, const float *reference, size_t count) {
    double maximum = 0.0, largest = 1e-30;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(reference[i])) {
            if (!isfinite(a[i]))
                return INFINITY;
            maximum = fmax(maximum, fabs((double)a[i] - reference[i]));
            largest = fmax(largest, fabs(reference[i]));
        } else if (isnan(reference[i]) ? !isnan(a[i]) : a[i] != reference[i]) {
            return INFINITY;
        }
    }
    return maximum / largest;
}

/* The noise filter can give each sample of a batch its own noise. */
static bool depends_on_place(const bend *b) {
    return b->u.d.op == GB_OP_FILTER && !strcmp(b->u.d.filter.row->name, "noise") && b->params[2] != 0.0f;
}

static double check_bend(const gb_cpu *cpu, double allowed, bend *b, rng *r) {
    static const gb_cpu one = {.isa = "plain", .vector = 1, .workers = 1};
    gb_desc d = desc_for(cpu, &b->u);
    const gb_op_row *row = gb_op_find(cpu, &d);
    size_t count = count_of(&d.out), of_a_sample = count / d.out.n;
    if (!row) {
        fail_bend(b, "has no row", 0.0);
        return INFINITY;
    }
    float *replayed = run_bend(cpu, row, b, 3, r), *y = run_bend(cpu, row, b, 0, r);
    if (!same_bits(replayed, y, count))
        fail_bend(b, "changes when replayed", difference(replayed, y, count));
    free(replayed);
    float *reference = run_bend(&one, &gb_ops[d.op]->plain, b, 0, r);
    double by = finite_difference(y, reference, count);
    if (!(by <= allowed))
        fail_bend(b, "differs from plain", by);
    free(reference);
    for (int n = 0; d.out.n > 1 && n < d.out.n && !depends_on_place(b); n++) {
        bend single = alone(b, n);
        float *z = run_bend(cpu, row, &single, 0, r);
        if (!same_bits(z, y + n * of_a_sample, of_a_sample))
            fail_bend(b, "changes with the batch", difference(z, y + n * of_a_sample, of_a_sample));
        free(z);
    }
    free(y);
    return by;
}

static void check_all(const gb_cpu *cpu, double allowed, gb_op_id op, const gb_filter *f, uint64_t seed, int rounds) {
    rng r = {seed};
    double worst = 0.0;
    for (const char *c = f ? f->name : gb_ops[op]->name; *c; c++)
        r.state = r.state * 31 + (unsigned char)*c;
    for (int i = 0; i < rounds; i++) {
        bend b = random_bend(&r, op, f);
        worst = fmax(worst, check_bend(cpu, allowed, &b, &r));
        free_bend(&b);
    }
    printf("%-5s %-18s %4d uses, worst %.2e\n", cpu->device->precision, f ? f->name : gb_ops[op]->name, rounds,
           worst);
}

int main(int argc, char **argv) {
    static const gb_op_id others[] = {GB_OP_PASS, GB_OP_PAINT, GB_OP_SET, GB_OP_MAX_POOL};
    checks c;
    int status = begin_checks(argc, argv, "check_bends", "--filter", &c);
    if (status)
        return status;
    double allowed = !strcmp(c.precision, "half") ? 5e-4 : 1e-5;
    for (const gb_filter *const *f = gb_filters; *f; f++)
        if (!c.only || !strcmp((*f)->name, c.only))
            check_all(&c.cpu, allowed, GB_OP_FILTER, *f, c.seed, c.rounds);
    for (size_t i = 0; i < sizeof others / sizeof *others && !c.only; i++)
        check_all(&c.cpu, allowed, others[i], NULL, c.seed, c.rounds);
    return end_checks(&c);
}
