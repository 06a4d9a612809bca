/* Upsampling by 2 with four taps, as for the running picture, on planes or on blocks of channels. Every other sample is
 * an inserted zero, so each output needs 2×2 taps. */

enum { FIR_ROWS = 16 };     /* input rows of a task */

/* The two taps of outputs 2a + phase, in the order of k: sample a + at[i] with tap k[i]. */
typedef struct fir_phase { int k[2], at[2]; } fir_phase;

/* u = 2a + phase + 3 − k − pad has to be even; it is sample u / 2. */
static fir_phase find_phase(int phase, int pad) {
    fir_phase f = {{0}, {0}};
    for (int k = (phase + 3 - pad) & 1, i = 0; k < 4; k += 2, i++) {
        f.k[i] = k;
        f.at[i] = (phase + 3 - k - pad + 8) / 2 - 4;
    }
    return f;
}

static size_t fir_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu, (void)d;
    return sizeof(float) * 16;
}

static void fir_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    (void)cpu, (void)d;
    memcpy(packed, weights[0], sizeof(float) * 16);
}

/* Floats of a row of a plane with zeros around it. */
static size_t fir_row(const gb_desc *d) {
    return (size_t)(d->in[0].w + 3 * VL) / VL * VL + VL;
}

static size_t fir_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return d->in[0].block == 1 ? sizeof(float) * 2 * fir_row(d) * cpu->workers : 0;
}

/* Computes output row oy of a plane from its two input rows (NULL = outside the map). `rows` has space for both. */
static void fir_plane_row(const gb_desc *d, const float *fir, const float *from[2], const int ky[2], float *rows,
                          int oy, const pixel_writer *to) {
    size_t step = fir_row(d);
    for (int i = 0; i < 2; i++) {
        memset(rows + i * step, 0, sizeof(float) * step);
        if (from[i])
            memcpy(rows + i * step + VL, from[i], sizeof(float) * d->in[0].w);
    }
    const vec gain = vset1(d->fir.gain);
    const fir_phase phases[2] = {find_phase(0, d->fir.pad_before), find_phase(1, d->fir.pad_before)};
    for (int a = 0; 2 * a < d->out.w; a += VL) {
        vec sums[2], mixed[2];
        for (int p = 0; p < 2; p++) {
            sums[p] = vset1(0.0f);
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 2; j++)
                    sums[p] = vmadd(vset1(fir[ky[i] * 4 + phases[p].k[j]]),
                                   vload(rows + i * step + VL + a + phases[p].at[j]), sums[p]);
            sums[p] = vmul(sums[p], gain);
        }
        vinterleave(sums[0], sums[1], &mixed[0], &mixed[1]);
        for (int i = 0; i < 2; i++) {
            int first = 2 * a + i * VL, count = d->out.w - first < VL ? d->out.w - first : VL;
            if (count > 0)
                store_pixels(to, (size_t)oy * d->out.w + first, count, mixed[i]);
        }
    }
}

/* One output pixel of a block of channels. */
static inline vec fir_block_pixel(const gb_desc *d, const float *fir, const float *from[2], const int ky[2], int ox) {
    fir_phase f = find_phase(ox % 2, d->fir.pad_before);
    vec sum = vset1(0.0f);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            int x = ox / 2 + f.at[j];
            if (from[i] && x >= 0 && x < d->in[0].w)
                sum = vmadd(vset1(fir[ky[i] * 4 + f.k[j]]), vload(from[i] + (size_t)x * VL), sum);
        }
    return vmul(sum, vset1(d->fir.gain));
}

static int fir_bands(const gb_desc *d) {
    return (d->out.h + 2 * FIR_ROWS - 1) / (2 * FIR_ROWS);
}

static void fir_band(void *arg, int task, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    const gb_tensor *in = job->args->in[0];
    int bands = fir_bands(d), block = d->out.block, blocks = (d->out.c + block - 1) / block;
    int n = task / bands / blocks, c = task / bands % blocks * block, first = task % bands * 2 * FIR_ROWS;
    const float *fir = job->args->packed, *x = gb_plane(in, n, c);
    pixel_writer plane = {0};
    channel_writer to = {0};
    if (block == 1)
        plane = pixel_writer_at(job->args->out, job->args->epilogue, n, c);
    else
        to = channel_writer_at(job->args->out, job->args->epilogue, n, c);
    for (int oy = first; oy < first + 2 * FIR_ROWS && oy < d->out.h; oy++) {
        fir_phase f = find_phase(oy % 2, d->fir.pad_before);
        const float *from[2];
        for (int i = 0; i < 2; i++) {
            int y = oy / 2 + f.at[i];
            from[i] = y >= 0 && y < d->in[0].h ? x + (size_t)y * d->in[0].w * block : NULL;
        }
        if (block == 1)
            fir_plane_row(d, fir, from, f.k, (float *)job->args->workspace + 2 * fir_row(d) * worker, oy, &plane);
        else
            for (int ox = 0; ox < d->out.w; ox++)
                store_channel(&to, (size_t)oy * d->out.w + ox, fir_block_pixel(d, fir, from, f.k, ox));
    }
}

static void fir_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->out.n * ((d->out.c + d->out.block - 1) / d->out.block) * fir_bands(d), fir_band, &job);
}

/* With this padding, all taps are at most one sample away from the output's own. */
static bool fir_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->fir.up == 2 && d->fir.taps == 4 && d->fir.pad_before >= 1 && d->fir.pad_before <= 2 &&
           d->fir.pad_after <= 2 && d->in[0].block == d->out.block && (d->out.block == VL || d->out.block == 1);
}

static const gb_op_row row_upfirdn2d = {
    .op = GB_OP_UPFIRDN2D, .form = "2x", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = fir_supports, .packed_size = fir_packed_size, .pack = fir_pack, .workspace = fir_workspace,
    .run = fir_run,
};
