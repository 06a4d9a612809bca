/* Convolutions from blocked maps to fewer than 8 planar channels (ToRGB, the last one of BigGAN), computed by the sums of
 * torgb_pixels.h. A task processes a line: a row of the map, or for a 1×1 kernel, for which rows do not matter, a run of
 * pixels. */

enum { RGB_LINE = 4096 };       /* pixels in a run */

static line_plan plan_lines(const gb_desc *d) {
    line_plan p = {.pixels = (size_t)d->out.h * d->out.w, .width = d->out.w, .lines = d->out.h};
    if (d->conv.kernel == 1) {
        p.width = p.pixels < RGB_LINE ? (int)p.pixels : RGB_LINE;
        p.lines = (int)((p.pixels - 1) / p.width) + 1;
    }
    return p;
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

static void torgb_line(void *arg, int task, int worker) {
    const gb_job *job = arg;
    line_plan p = plan_lines(job->d);
    int n = task / p.lines, line = task % p.lines;
    size_t first = (size_t)line * p.width;
    int count = p.pixels - first < (size_t)p.width ? (int)(p.pixels - first) : p.width;
    (void)worker;
    torgb_pixels(job, n, gb_plane(job->args->in[0], n, 0), p, line, first, count);
}

static void torgb_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    torgb_style(d, args);
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
