/* Direct convolution, for small maps and for upsampling layers with many weights. It works on a modulated copy of the
 * input with a border of zeros. All pixels of the copy form one long row, in which a tap is a constant offset.
 *
 * Upsampling computes the four parts of the transposed convolution (even or odd rows and columns of t: 4, 2, 2 and 1
 * taps), then applies the FIR and the epilogue to them. In the long row, the pixels between rows and between samples
 * come out as the zeros that the FIR needs there. */

enum { MAX_TAPS = 9 };

typedef struct direct_part { int ntaps, taps[4]; } direct_part;     /* as ky · 3 + kx */

/* In each direction, t[2a] = W[0] x[a] + W[2] x[a−1] and t[2a+1] = W[1] x[a]. */
static const direct_part up_parts[4] = {{4, {0, 2, 6, 8}}, {2, {1, 7}}, {2, {3, 5}}, {1, {4}}};

typedef struct direct_plan {
    int blocks, taps, parts, width, passes;
    int pad, row;                   /* border; pixels of a row of the padded copy */
    int rows;                       /* of all samples, including the borders between them */
    int band, bands;                /* rows of a task; number of tasks */
    size_t lead, x_block;           /* zero pixels before the copy; operands from one block of channels to the next */
    size_t part_pixels;             /* of one part of a band in a worker's accumulators */
    size_t worker_floats;
} direct_plan;

/* The rows of a band with which the workers end earliest, if there are at least `least` bands. A task is one pass over a band, with
 * `more` rows beside it; reading the weights takes about as long as two rows. */
static int share_rows(int rows, int least, int passes, int more, int workers) {
    int best = (rows + least - 1) / least;
    int64_t time = INT64_MAX;
    for (int bands = least; bands <= rows && bands <= least + 4 * workers; bands++) {
        int band = (rows + bands - 1) / bands, count = (rows + band - 1) / band;
        int64_t rounds = ((int64_t)count * passes - 1) / workers + 1;
        if (rounds * (band + more + 2) < time)
            time = rounds * (band + more + 2), best = band;
    }
    return best;
}

static direct_plan plan_direct(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    bool up = d->conv.up == 2;
    int vectors = vectors_of(d->conv.cout);
    direct_plan p = {.blocks = vectors_of(in->c), .taps = d->conv.kernel * d->conv.kernel, .parts = up ? 4 : 1,
                     .width = tile_width(vectors), .pad = (d->conv.kernel - 1) / 2};
    p.passes = vectors / p.width;
    p.row = in->w + 2 * p.pad;
    p.rows = in->n * (in->h + 2 * p.pad) - 2 * p.pad;

    /* The accumulators of a band stay in the second-level cache. Those of upsampling may use a part of the third-level
     * cache, because every band computes two rows more than it outputs. */
    size_t row_bytes = sizeof(float) * p.parts * p.row * p.width * VL;
    size_t limit = (up && cpu->l3 / 8 > cpu->l2 / 4 ? cpu->l3 / 8 : cpu->l2 / 4) / row_bytes;
    p.bands = limit < 1 ? p.rows : (int)((p.rows + limit - 1) / limit);
    p.band = share_rows(p.rows, p.bands, p.passes, up ? 2 : 0, cpu->workers);
    p.bands = (p.rows + p.band - 1) / p.band;

    p.lead = (size_t)p.row + 1;
    size_t copy = (size_t)in->n * (in->h + 2 * p.pad) * p.row;
    p.x_block = (p.lead + copy + 3 * (size_t)p.row + 32) * VL;
    p.part_pixels = 1 + (size_t)(p.band + (up ? 2 : 0)) * p.row + tile_pixels(p.width);
    p.worker_floats = p.parts * p.part_pixels * p.width * VL + MULTIPLY_FLOATS;
    return p;
}

static size_t direct_workspace(const gb_cpu *cpu, const gb_desc *d) {
    direct_plan p = plan_direct(cpu, d);
    return sizeof(float) * (modulation_floats(d) + p.blocks * p.x_block / PAIR + p.worker_floats * cpu->workers);
}

/* ------------------------------------------------------------------------------------------------ weights */

static size_t direct_weight_floats(const gb_desc *d) {
    return (size_t)d->conv.kernel * d->conv.kernel * vectors_of(d->in[0].c) * VL * vectors_of(d->conv.cout) * VL / PAIR;
}

static size_t direct_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (direct_weight_floats(d) + 16 + squares_floats(d));
}

/* Tap number k in packed order; for upsampling, part by part. */
static int direct_tap(const gb_desc *d, int k) {
    if (d->conv.up == 1)
        return k;
    int part = 0;
    while (k >= up_parts[part].ntaps)
        k -= up_parts[part++].ntaps;
    return up_parts[part].taps[k];
}

typedef struct direct_packing { const gb_desc *d; direct_plan p; const float *w; operand *to; } direct_packing;

static void direct_pack_block(void *arg, int task, int worker) {
    const direct_packing *job = arg;
    const direct_plan *p = &job->p;
    int cin = job->d->in[0].c, cout = job->d->conv.cout, outputs = p->width * VL;
    int first = task % p->blocks * VL, first_out = task / p->blocks * outputs;
    operand *to = job->to + (size_t)task * p->taps * VL * outputs;
    (void)worker;
    for (int k = 0; k < p->taps; k++) {
        int tap = direct_tap(job->d, k);
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < VL; i++)
                to[k * VL * outputs + weight_at(i, o, outputs)] = to_operand(first + i < cin && first_out + o < cout
                    ? job->w[((size_t)(first_out + o) * cin + first + i) * p->taps + tap] : 0.0f);
    }
}

/* [passes][cin blocks][taps][VL / PAIR][width · VL][PAIR], then the FIR × 4, then the sums of squares. */
static void direct_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    direct_packing job = {d, plan_direct(cpu, d), weights[0], packed};
    float *to = (float *)packed + direct_weight_floats(d);
    gb_parallel(cpu, job.p.passes * job.p.blocks, direct_pack_block, &job);
    for (int k = 0; k < 16; k++)
        *to++ = d->conv.up == 2 ? 4.0f * weights[1][k] : 0.0f;
    pack_squares(cpu, d, weights[0], to);
}

/* ------------------------------------------------------------------------------------------------ running */

typedef struct direct_job {
    const gb_desc *d;
    const gb_args *args;
    direct_plan p;
    modulation m;
    operand *x;              /* the padded copy [cin blocks][lead + N · rows · row][VL] */
    float *scratch;             /* worker_floats per worker */
} direct_job;

static void copy_block(void *arg, int block, int worker) {
    const direct_job *job = arg;
    const direct_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int valid = in->c - block * VL < VL ? in->c - block * VL : VL;
    operand *x = job->x + block * p->x_block;
    (void)worker;
    memset(x, 0, sizeof(operand) * p->x_block);
    for (int n = 0; n < in->n; n++) {
        vec s = vload(job->m.s + ((size_t)n * p->blocks + block) * VL);
        const float *from = gb_plane(job->args->in[0], n, block * VL);
        for (int y = 0; y < in->h; y++) {
            operand *to = x + (p->lead + (size_t)(n * (in->h + 2 * p->pad) + y + p->pad) * p->row + p->pad) * VL;
            for (int i = 0; i < in->w; i++, from += VL, to += VL)
                store_operands(to, vmul(vkeep_first(vload(from), valid), s));
        }
    }
}

/* Computes acc[part][pixel][width · VL] for `count` pixels from pixel `start` of the long row on. Input channels are
 * processed in slabs, whose weights stay in the cache while the pixels pass; between slabs, accumulators are in
 * memory. */
static void multiply_band(const direct_job *job, int pass, ptrdiff_t start, int count, float *acc, float *scratch) {
    const direct_plan *p = &job->p;
    size_t outputs = (size_t)p->width * VL, w_block = p->taps * VL * outputs;
    const operand *w_pass = (const operand *)job->args->packed + (size_t)pass * p->blocks * w_block;
    int slab = (int)((256u << 10) / (w_block * sizeof(operand)));
    slab = slab < 2 ? 1 : slab / 2 * 2;
    for (int block = 0; block < p->blocks; block += slab) {
        const operand *w = w_pass + block * w_block;
        for (int part = 0; part < p->parts; part++) {
            ptrdiff_t taps[MAX_TAPS];
            int ntaps = p->parts == 1 ? p->taps : up_parts[part].ntaps;
            for (int k = 0; k < ntaps; k++) {
                int tap = p->parts == 1 ? k : up_parts[part].taps[k], kernel = job->d->conv.kernel;
                int ky = tap / kernel, kx = tap % kernel;
                if (p->parts == 4) {        /* taps 0 and 1 of the transposed kernel apply to x[a], tap 2 to x[a−1] */
                    ky = ky < 2 ? 1 : 0;
                    kx = kx < 2 ? 1 : 0;
                }
                taps[k] = ((ptrdiff_t)ky * p->row + kx) * VL;
            }
            tile_job tile = {.x = job->x + block * p->x_block + ((ptrdiff_t)p->lead + start) * VL,
                             .x_block = p->x_block, .taps = taps, .ntaps = ntaps, .passes = 1,
                             .blocks = p->blocks - block < slab ? p->blocks - block : slab,
                             .w = w, .w_block = w_block, .acc = acc + (part * p->part_pixels + 1) * outputs, .count = count,
                             .more = block > 0, .scratch = scratch};
            multiply(&tile, 1, p->width);
            w += ntaps * VL * outputs;
        }
    }
}

/* Where the values of t are that the FIR reads for the four outputs of an input pixel: offsets from that pixel in part 0. */
static void find_smoothed(const direct_plan *p, ptrdiff_t at[4][16]) {
    for (int phase = 0; phase < 4; phase++)
        for (int k = 0; k < 16; k++) {
            int ty = phase / 2 + 4 - k / 4, tx = phase % 2 + 4 - k % 4;     /* + 2, so that the division rounds down */
            int part = ty % 2 * 2 + tx % 2;
            at[phase][k] = ((ptrdiff_t)(part * p->part_pixels) + (ty / 2 - 1) * p->row + tx / 2 - 1) * p->width * VL;
        }
}

/* y = d · Σ f[ky,kx] · t[oy + 2 − ky, ox + 2 − kx] at the four outputs of an input pixel, which `t` is in part 0. `out` is the
 * first of them. */
static inline void smooth_pixel(const ptrdiff_t at[4][16], const float *fir, const float *t, vec demodulate, size_t out,
                                int out_width, const channel_writer *to) {
    for (int row = 0; row < 2; row++, out += out_width) {
        vec y[2] = {vset1(0.0f), vset1(0.0f)};
        for (int k = 0; k < 16; k++) {
            y[0] = vmadd(vset1(fir[k]), vload(t + at[2 * row][k]), y[0]);
            y[1] = vmadd(vset1(fir[k]), vload(t + at[2 * row + 1][k]), y[1]);
        }
        y[0] = vmul(y[0], demodulate);
        y[1] = vmul(y[1], demodulate);
        store_channels(to, out, y, 2);
    }
}

static void run_band(void *arg, int task, int worker) {
    const direct_job *job = arg;
    const direct_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    bool up = job->d->conv.up == 2;
    int pass = task % p->passes, first = task / p->passes * p->band, last = first + p->band;
    last = last < p->rows ? last : p->rows;
    size_t outputs = (size_t)p->width * VL;
    float *acc = job->scratch + p->worker_floats * worker;
    const float *fir = (const float *)job->args->packed + direct_weight_floats(job->d);
    ptrdiff_t smoothed[4][16];
    if (up) {           /* the FIR reads rows first − 1, which are zero where a sample begins, to last */
        int above = first % (in->h + 2 * p->pad) ? 1 : 0;
        find_smoothed(p, smoothed);
        for (int part = 0; part < 4; part++)
            memset(acc + part * p->part_pixels * outputs, 0, sizeof(float) * (1 + (size_t)p->row) * outputs);
        multiply_band(job, pass, ((ptrdiff_t)first - above) * p->row, (last - first + 1 + above) * p->row,
                      acc + (above ? 0 : p->row * outputs), acc + p->worker_floats - MULTIPLY_FLOATS);
    } else {
        multiply_band(job, pass, (ptrdiff_t)first * p->row, (last - first) * p->row - 2 * p->pad, acc,
                      acc + p->worker_floats - MULTIPLY_FLOATS);
    }
    for (int row = first; row < last; row++) {
        int n = row / (in->h + 2 * p->pad), y = row % (in->h + 2 * p->pad);
        if (y >= in->h)
            continue;
        const float *t = acc + (1 + (size_t)(row - first + (up ? 1 : 0)) * p->row) * outputs;
        for (int r = 0; r < p->width; r++) {
            int c = (pass * p->width + r) * VL;
            channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, c);
            vec demodulate = vload(job->m.d + (size_t)n * VL * vectors_of(job->d->conv.cout) + c);
            for (int x = 0; x < in->w; x++) {
                const float *pixel = t + x * outputs + r * VL;
                if (up)
                    smooth_pixel(smoothed, fir, pixel, demodulate, (size_t)2 * y * job->d->out.w + 2 * x, job->d->out.w, &to);
                else
                    store_channel(&to, (size_t)y * in->w + x, vmul(vload(pixel), demodulate));
            }
        }
    }
}

static void direct_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    direct_job job = {.d = d, .args = args, .p = plan_direct(cpu, d)};
    float *at = args->workspace;
    job.m = modulate(cpu, d, args, (const float *)args->packed + direct_weight_floats(d) + 16, at);
    at += modulation_floats(d);
    job.x = (operand *)at;
    job.scratch = at + job.p.blocks * job.p.x_block / PAIR;
    gb_parallel(cpu, job.p.blocks, copy_block, &job);
    gb_parallel(cpu, job.p.bands * job.p.passes, run_band, &job);
}

static bool direct_supports(const gb_cpu *cpu, const gb_desc *d) {
    return blocked_maps(d) && d->conv.kernel == 3 && !winograd_supports(cpu, d) && !polyphase_supports(cpu, d) &&
           d->in[0].w <= MULTIPLY_SPAN / 2 - 3;      /* a span of two padded rows and two pixels */
}

static bool direct_pays(const gb_desc *d) {
    return multiply_pays(d, 128, 128, 8);
}

static const gb_op_row row_direct = {
    .op = GB_OP_MODULATED_CONV2D, .form = "direct", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = direct_supports, .pays = direct_pays, .packed_size = direct_packed_size, .pack = direct_pack,
    .workspace = direct_workspace, .run = direct_run,
};
