/* Unit norm and the distances between two inputs, of blocked maps. Sums over many values are taken in runs of RUN_PIXELS
 * pixels in float and added in double, in an order that depends only on the shape. */

enum { RUN_PIXELS = 256 };

/* ------------------------------------------------------------------------------------------------ unit norm */

static void unit_norm_band(void *arg, int i, int worker) {
    enum { PIXELS = 64 };
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->h;
    size_t first = (size_t)(i % s->h) * s->w, end = first + s->w;
    (void)worker;
    for (size_t p = first; p < end; p += PIXELS) {
        int count = end - p < PIXELS ? (int)(end - p) : PIXELS;
        vec squares[PIXELS];
        float length[PIXELS + 3];
        for (int k = 0; k < count; k++)
            squares[k] = vset1(0.0f);
        for (int k = count; k < (count + 3) / 4 * 4; k++)
            squares[k] = vset1(0.0f);
        for (int c = 0; c < s->c; c += VL) {
            const float *x = gb_plane(job->args->in[0], n, c) + p * VL;
            int valid = s->c - c < VL ? s->c - c : VL;
            for (int k = 0; k < count; k++) {
                vec v = vkeep_first(vload(x + k * VL), valid);
                squares[k] = vmadd(v, v, squares[k]);
            }
        }
        for (int k = 0; k < count; k += 4)
            vsum4(squares[k], squares[k + 1], squares[k + 2], squares[k + 3], length + k);
        for (int c = 0; c < s->c; c += VL) {
            const float *x = gb_plane(job->args->in[0], n, c) + p * VL;
            float *y = gb_plane(job->args->out, n, c) + p * VL;
            for (int k = 0; k < count; k++)
                vstore(y + k * VL, vdiv(vload(x + k * VL), vadd(vsqrt(vset1(length[k])), vset1(job->d->unit_norm.eps))));
        }
    }
}

static void unit_norm_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * d->out.h, unit_norm_band, &job);
}

static const gb_op_row row_unit_norm = {
    .op = GB_OP_UNIT_NORM, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = unit_norm_run,
};

/* ------------------------------------------------------------------------------------------------ distances */

enum { DISTANCE_SUMS = 3 };     /* of a cosine: Σ a b, Σ a², Σ b² */

/* Doubles [N][blocks][DISTANCE_SUMS] */
static size_t distance_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(double) * d->out.n * vectors_of(d->in[0].c) * DISTANCE_SUMS;
}

static inline void add_distance(gb_op_id op, vec a, vec b, vec sums[DISTANCE_SUMS]) {
    if (op == GB_OP_COSINE) {
        sums[0] = vmadd(a, b, sums[0]);
        sums[1] = vmadd(a, a, sums[1]);
        sums[2] = vmadd(b, b, sums[2]);
        return;
    }
    vec difference = vsub(a, b);
    if (op == GB_OP_L1)
        sums[0] = vadd(sums[0], vof(vbits(difference) & 0x7fffffff));
    else
        sums[0] = vmadd(difference, difference, sums[0]);
}

static void distance_block(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *in = &job->d->in[0];
    gb_op_id op = job->d->op;
    int n = i / vectors_of(in->c), c = i % vectors_of(in->c) * VL, valid = in->c - c < VL ? in->c - c : VL;
    const float *a = gb_plane(job->args->in[0], n, c), *b = gb_plane(job->args->in[1], n, c);
    size_t size = (size_t)in->h * in->w;
    double total[DISTANCE_SUMS] = {0.0, 0.0, 0.0};
    vec weights = op == GB_OP_WEIGHTED_L2 ? vload_first((const float *)job->args->packed + c, valid) : vset1(1.0f);
    (void)worker;
    for (size_t first = 0; first < size; first += RUN_PIXELS) {
        size_t last = size - first < RUN_PIXELS ? size : first + RUN_PIXELS;
        vec sums[DISTANCE_SUMS] = {vset1(0.0f), vset1(0.0f), vset1(0.0f)};
        for (size_t p = first; p < last; p++)
            add_distance(op, vload(a + p * VL), vload(b + p * VL), sums);
        for (int k = 0; k < (op == GB_OP_COSINE ? DISTANCE_SUMS : 1); k++) {
            float lanes[VL];
            vstore(lanes, vmul(sums[k], weights));
            for (int l = 0; l < valid; l++)
                total[k] += lanes[l];
        }
    }
    memcpy((double *)job->args->workspace + (size_t)i * DISTANCE_SUMS, total, sizeof total);
}

static void distance_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    int blocks = vectors_of(d->in[0].c);
    double pixels = (double)d->in[0].h * d->in[0].w;
    const double *part = args->workspace;
    gb_parallel(cpu, d->out.n * blocks, distance_block, &job);
    for (int n = 0; n < d->out.n; n++) {
        double sums[DISTANCE_SUMS] = {0.0, 0.0, 0.0};
        for (int b = 0; b < blocks; b++)
            for (int k = 0; k < DISTANCE_SUMS; k++)
                sums[k] += *part++;
        double y = d->op == GB_OP_COSINE        ? sums[0] / sqrt(fmax(sums[1] * sums[2], 1e-16))
                   : d->op == GB_OP_WEIGHTED_L2 ? sums[0] / pixels
                                                : sums[0] / (pixels * d->in[0].c);
        gb_plane(args->out, n, 0)[0] = (float)y;
    }
}

static bool distance_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && d->in[1].block == VL;
}

#define DISTANCE_ROW(id)                                                                                               \
    {                                                                                                                  \
        .op = id, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .supports = distance_supports,                \
        .workspace = distance_workspace, .run = distance_run,                                                          \
    }
static const gb_op_row row_l1 = DISTANCE_ROW(GB_OP_L1);
static const gb_op_row row_l2 = DISTANCE_ROW(GB_OP_L2);
static const gb_op_row row_cosine = DISTANCE_ROW(GB_OP_COSINE);
static const gb_op_row row_weighted_l2 = {
    .op = GB_OP_WEIGHTED_L2, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .supports = distance_supports,
    .packed_size = gb_plain_packed_size, .pack = gb_plain_pack, .workspace = distance_workspace, .run = distance_run,
};
