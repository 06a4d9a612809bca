/* Convolutions from blocked maps to fewer than 8 planar channels (ToRGB, the last one of BigGAN):
 *   y[o] = Σ_i (W[o,i] s[i]) ⋆ x[i]
 * Vectors hold input channels; the sums over their lanes are computed for four pixels at once. A task processes a line:
 * a row of the map, or for a 1×1 kernel, for which rows do not matter, a run of pixels. */

enum { RGB_LINE = 4096, RGB_OUTS = 3 };     /* pixels in a run; outputs of a register tile */

typedef struct line_plan { int width, lines; size_t pixels; } line_plan;    /* pixels of a line; both of a map */

static line_plan plan_lines(const gb_desc *d) {
    line_plan p = {.pixels = (size_t)d->out.h * d->out.w, .width = d->out.w, .lines = d->out.h};
    if (d->conv.kernel == 1) {
        p.width = p.pixels < RGB_LINE ? (int)p.pixels : RGB_LINE;
        p.lines = (int)((p.pixels - 1) / p.width) + 1;
    }
    return p;
}

static size_t torgb_floats(const gb_desc *d) {
    return (size_t)d->conv.cout * d->conv.kernel * d->conv.kernel * vectors_of(d->in[0].c) * VL;
}

static size_t torgb_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * torgb_floats(d);
}

/* [cout][ky][cin blocks][kx][VL] */
static void torgb_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    int cin = d->in[0].c, blocks = vectors_of(cin), kernel = d->conv.kernel;
    float *to = packed;
    (void)cpu;
    for (int o = 0; o < d->conv.cout; o++)
        for (int ky = 0; ky < kernel; ky++)
            for (int b = 0; b < blocks; b++)
                for (int kx = 0; kx < kernel; kx++)
                    for (int i = b * VL; i < (b + 1) * VL; i++)
                        *to++ = i < cin ? weights[0][(((size_t)o * cin + i) * kernel + ky) * kernel + kx] : 0.0f;
}

static size_t torgb_workspace(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * d->out.n * torgb_floats(d);
}

typedef struct line_job {
    const float *x, *w;             /* the sample, and its styled weights of the tile's first output */
    int blocks, kernel, rest;       /* rest: channels of the last block, 0 = VL */
    size_t w_output;                /* floats of an output's weights */
    line_plan p;
} line_job;

/* sums[o][0…3] of the pixels x, x + 1, … of a line; pixels past `last` repeat it. `inside` says that no tap is outside
 * the map. */
static inline __attribute__((always_inline)) void sum_pixels(const line_job *job, int line, int x, int last,
                                                             const int outs, const bool inside,
                                                             float sums[RGB_OUTS][4]) {
    int pad = (job->kernel - 1) / 2;
    vec a[RGB_OUTS][4];
    for (int o = 0; o < outs; o++)
        for (int k = 0; k < 4; k++)
            a[o][k] = vset1(0.0f);
    for (int ky = 0; ky < job->kernel; ky++) {
        int y = line + ky - pad;
        if (y < 0 || y >= job->p.lines)
            continue;
        const float *w = job->w + (size_t)ky * job->blocks * job->kernel * VL;
        const float *row = job->x + (size_t)y * job->p.width * VL;
        for (int b = 0; b < job->blocks; b++, row += job->p.pixels * VL) {
            bool partial = job->rest && b == job->blocks - 1;
            for (int kx = 0; kx < job->kernel; kx++, w += VL)
                for (int k = 0; k < 4; k++) {
                    int at = (inside || x + k < last ? x + k : last) + kx - pad;
                    if (!inside && (at < 0 || (job->kernel > 1 && at >= job->p.width)))
                        continue;
                    vec v = vload(row + (ptrdiff_t)at * VL);
                    if (!inside && partial)
                        v = vkeep_first(v, job->rest);
                    for (int o = 0; o < outs; o++)
                        a[o][k] = vmadd(v, vload(w + o * job->w_output), a[o][k]);
                }
        }
    }
    for (int o = 0; o < outs; o++)
        vsum4(a[o][0], a[o][1], a[o][2], a[o][3], sums[o]);
}

static void sum_tile(const line_job *job, int line, int x, int last, int outs, bool inside, float sums[RGB_OUTS][4]) {
    if (outs == 3 && inside)
        sum_pixels(job, line, x, last, 3, true, sums);
    else if (outs == 3)
        sum_pixels(job, line, x, last, 3, false, sums);
    else if (outs == 2)
        sum_pixels(job, line, x, last, 2, false, sums);
    else
        sum_pixels(job, line, x, last, 1, false, sums);
}

static void torgb_line(void *arg, int task, int worker) {
    const gb_job *job = arg;
    const gb_desc *d = job->d;
    line_plan p = plan_lines(d);
    int n = task / p.lines, line = task % p.lines, cout = d->conv.cout, pad = (d->conv.kernel - 1) / 2;
    size_t first = (size_t)line * p.width;
    int count = p.pixels - first < (size_t)p.width ? (int)(p.pixels - first) : p.width;
    const float *w = (const float *)job->args->workspace + n * torgb_floats(d);
    line_job tile = {.x = gb_plane(job->args->in[0], n, 0), .blocks = vectors_of(d->in[0].c),
                     .kernel = d->conv.kernel, .rest = d->in[0].c % VL, .w_output = torgb_floats(d) / cout, .p = p};
    (void)worker;
    for (int o = 0; o < cout; o += RGB_OUTS) {
        int outs = cout - o < RGB_OUTS ? cout - o : RGB_OUTS;
        tile.w = w + o * tile.w_output;
        pixel_writer to[RGB_OUTS];
        for (int i = 0; i < outs; i++)
            to[i] = pixel_writer_at(job->args->out, job->args->epilogue, n, o + i);
        for (int x = 0; x < count; x += VL) {
            float sums[RGB_OUTS][VL], four[RGB_OUTS][4];
            int here = count - x < VL ? count - x : VL;
            memset(sums, 0, sizeof sums);
            for (int j = 0; j < here; j += 4) {
                bool inside = !tile.rest && x + j >= pad && x + j + 4 + pad <= count;
                sum_tile(&tile, line, x + j, count - 1, outs, inside, four);
                for (int i = 0; i < outs; i++)
                    memcpy(sums[i] + j, four[i], 4 * sizeof(float));
            }
            for (int i = 0; i < outs; i++)
                store_pixels(&to[i], first + x, here, vload(sums[i]));
        }
    }
}

static void torgb_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    int cin = d->in[0].c, blocks = vectors_of(cin), kernel = d->conv.kernel;
    float *styled = args->workspace;
    for (int n = 0; n < d->out.n; n++) {
        const float *w = args->packed;
        for (int row = 0; row < d->conv.cout * kernel; row++)
            for (int b = 0; b < blocks; b++)
                for (int kx = 0; kx < kernel; kx++)
                    for (int i = b * VL; i < (b + 1) * VL; i++)
                        *styled++ = *w++ * (i < cin && d->conv.modulated
                                                ? gb_plane(args->in[1], n, i)[0] * d->conv.style_gain : 1.0f);
    }
    gb_parallel(cpu, d->out.n * plan_lines(d).lines, torgb_line, &job);
}

static bool torgb_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && d->out.block == 1 && d->conv.up == 1 && !d->conv.demodulate;
}

static const gb_op_row row_torgb = {
    .op = GB_OP_MODULATED_CONV2D, .form = "torgb", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = torgb_supports, .packed_size = torgb_packed_size, .pack = torgb_pack, .workspace = torgb_workspace,
    .run = torgb_run,
};
