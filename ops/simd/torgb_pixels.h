/* Sums of a convolution from blocked maps to a few planar channels, for a row of its own (torgb.h) and for a row that runs it as
 * its follower:
 *   y[o] = Σ_i (W[o,i] s[i]) ⋆ x[i]
 * Vectors hold input channels; the sums over their lanes are computed for four pixels at once. The bits of a pixel do not
 * depend on those beside it. */

enum { RGB_OUTS = 3 };          /* outputs of a register tile */

typedef struct line_plan { int width, lines; size_t pixels; } line_plan;    /* pixels of a line; both of a map */

static size_t torgb_floats(const gb_desc *d) {
    return (size_t)d->conv.cout * d->conv.kernel * d->conv.kernel * vectors_of(d->in[0].c) * VL;
}

/* Multiplies the packed weights by the styles of each sample, into the workspace. */
static void torgb_style(const gb_desc *d, const gb_args *args) {
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

/* Computes `count` pixels of a line of sample n, which are pixels first, first + 1, … of the output's map. x is the input's
 * first channel at the first pixel of line 0; its lines and the distance of its blocks are those of p. */
static void torgb_pixels(const gb_job *job, int n, const float *x, line_plan p, int line, size_t first, int count) {
    const gb_desc *d = job->d;
    int cout = d->conv.cout, pad = (d->conv.kernel - 1) / 2;
    const float *w = (const float *)job->args->workspace + n * torgb_floats(d);
    line_job tile = {.x = x, .blocks = vectors_of(d->in[0].c), .kernel = d->conv.kernel, .rest = d->in[0].c % VL,
                     .w_output = torgb_floats(d) / cout, .p = p};
    for (int o = 0; o < cout; o += RGB_OUTS) {
        int outs = cout - o < RGB_OUTS ? cout - o : RGB_OUTS;
        tile.w = w + o * tile.w_output;
        pixel_writer to[RGB_OUTS];
        for (int i = 0; i < outs; i++)
            to[i] = pixel_writer_at(job->args->out, job->args->epilogue, n, o + i);
        for (int at = 0; at < count; at += VL) {
            float sums[RGB_OUTS][VL], four[RGB_OUTS][4];
            int here = count - at < VL ? count - at : VL;
            memset(sums, 0, sizeof sums);
            for (int j = 0; j < here; j += 4) {
                bool inside = !tile.rest && at + j >= pad && at + j + 4 + pad <= count;
                sum_tile(&tile, line, at + j, count - 1, outs, inside, four);
                for (int i = 0; i < outs; i++)
                    memcpy(sums[i] + j, four[i], 4 * sizeof(float));
            }
            for (int i = 0; i < outs; i++)
                store_pixels(&to[i], first + at, here, vload(sums[i]));
        }
    }
}

/* Whether a row that has all outputs of a pixel at once can run this use as its follower. */
static bool is_torgb(const gb_op_row *row, const gb_desc *follower) {
    return row->form && !strcmp(row->form, "torgb") && follower->conv.kernel == 1;
}

/* Runs a follower on `count` pixels of sample n, from `first` on. x is their first channel; blocks are `step` pixels apart. */
static void follow_pixels(const gb_use *follower, int n, const float *x, size_t step, size_t first, int count) {
    const gb_job job = {.d = follower->desc, .args = follower->args};
    torgb_pixels(&job, n, x, (line_plan){.width = count, .lines = 1, .pixels = step}, 0, first, count);
}
