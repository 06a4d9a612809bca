/* Convolutions of any kernel, stride and padding up to 7×7 and stride 2, for the shapes that winograd.h, direct.h and
 * conv1x1.h do not have:
 *   blocked   blocked maps, in one group or in groups of whole blocks
 *   planar    a picture of fewer than 8 planar channels, to blocked maps: also 3×3 without styles
 * A task computes a band of output pixels for the outputs of one register tile, from a copy of the input with a border
 * of zeros. The pixels of a tile may be anywhere: each has its own address, to which a tap adds a constant, so strides
 * and the ends of rows cost nothing. */

enum { CONV_MOST_TAPS = 49, CONV_PIXELS = 8 };      /* taps of a kernel; most pixels of a tile */

typedef struct conv_plan {
    int kernel, stride, pad;        /* stride of the copy, from which a 1×1 kernel leaves out what it does not read */
    int skip;                       /* the copy has every skip-th row and column of the input */
    int blocks, inner;              /* of a group: blocks of channels, and channels of a block (1 if planar) */
    int taps, groups;
    int width, passes, pixels;      /* vectors of a tile; tiles of a group's outputs; pixels of a tile */
    int rows, row;                  /* size of the copy of a channel, in pixels */
    size_t x_block, x_sample;       /* floats of a block and of a sample in the copy */
    int band, bands;                /* output pixels of a task; bands of a sample */
    int slab;                       /* blocks whose weights stay in the cache while the pixels of a band pass */
    size_t w_block, w_pass;         /* floats of weights */
} conv_plan;

/* A planar convolution may also be one of GB_OP_MODULATED_CONV2D without styles. */
static gb_conv2d conv_of(const gb_desc *d) {
    if (d->op == GB_OP_CONV2D)
        return d->conv2d;
    return (gb_conv2d){d->conv.cout, d->conv.kernel, 1, (d->conv.kernel - 1) / 2, 1};
}

static conv_plan plan_conv(const gb_cpu *cpu, const gb_desc *d) {
    gb_conv2d conv = conv_of(d);
    bool planar = d->in[0].block == 1;
    int cin = d->in[0].c / conv.groups, vectors = vectors_of(conv.cout / conv.groups);
    conv_plan p = {.kernel = conv.kernel, .stride = conv.stride, .pad = conv.padding, .skip = 1,
                   .blocks = planar ? cin : vectors_of(cin), .inner = planar ? 1 : VL,
                   .taps = conv.kernel * conv.kernel, .groups = conv.groups, .width = even_width(vectors)};
    if (conv.kernel < conv.stride)
        p.skip = conv.stride, p.stride = 1;
    p.passes = vectors / p.width;
    p.pixels = p.width == TILE_VECTORS ? 6 : CONV_PIXELS;
    p.rows = (d->out.h - 1) * p.stride + p.kernel;
    p.row = (d->out.w - 1) * p.stride + p.kernel;
    p.x_block = (size_t)p.rows * p.row * p.inner;
    p.x_sample = p.x_block * p.blocks * p.groups;
    p.w_block = (size_t)p.taps * p.inner * p.width * VL;
    p.w_pass = p.w_block * p.blocks;
    p.slab = (int)((256u << 10) / (p.w_block * sizeof(float)));
    p.slab = p.slab < 1 ? 1 : p.slab < p.blocks ? p.slab : p.blocks;

    /* The sums of a band stay in the second-level cache. Every band reads all weights of its outputs, so a map is
     * divided further only if there are too few outputs for all workers. */
    int size = d->out.h * d->out.w, limit = (int)(cpu->l2 / 4 / (sizeof(float) * p.width * VL));
    int wanted = cpu->workers == 1 ? 1 : (4 * cpu->workers - 1) / (p.passes * p.groups) + 1, share = (size - 1) / wanted + 1;
    limit = limit < share ? limit : share;
    limit = limit < p.pixels ? p.pixels : limit / p.pixels * p.pixels;
    share_bands(size, limit, p.pixels, &p.band, &p.bands);
    return p;
}

static size_t conv_sums(const conv_plan *p) {
    return (size_t)p->band * p->width * VL;
}

static size_t conv_workspace(const gb_cpu *cpu, const gb_desc *d) {
    conv_plan p = plan_conv(cpu, d);
    return sizeof(float) * (((p.x_sample * d->out.n + 15) & ~(size_t)15) + conv_sums(&p) * cpu->workers);
}

/* ------------------------------------------------------------------------------------------------ weights */

static size_t conv_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    conv_plan p = plan_conv(cpu, d);
    return sizeof(float) * p.w_pass * p.passes * p.groups;
}

typedef struct conv_packing { const gb_desc *d; conv_plan p; const float *w; float *to; } conv_packing;

static void conv_pack_block(void *arg, int task, int worker) {
    const conv_packing *job = arg;
    const conv_plan *p = &job->p;
    gb_conv2d conv = conv_of(job->d);
    int cin = job->d->in[0].c / conv.groups, cout = conv.cout / conv.groups, outputs = p->width * VL;
    int block = task % p->blocks, pass = task / p->blocks % p->passes, group = task / p->blocks / p->passes;
    float *to = job->to + (size_t)task * p->w_block;
    (void)worker;
    for (int tap = 0; tap < p->taps; tap++)
        for (int j = 0; j < p->inner; j++)
            for (int k = 0; k < outputs; k++) {
                int i = block * p->inner + j, o = pass * outputs + k;
                *to++ = i < cin && o < cout ? job->w[((size_t)(group * cout + o) * cin + i) * p->taps + tap] : 0.0f;
            }
}

/* [groups][passes][blocks][taps][inner][width · VL] */
static void conv_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    conv_packing job = {d, plan_conv(cpu, d), weights[0], packed};
    gb_parallel(cpu, job.p.groups * job.p.passes * job.p.blocks, conv_pack_block, &job);
}

/* ------------------------------------------------------------------------------------------------ the copy */

typedef struct conv_job {
    const gb_desc *d;
    const gb_args *args;
    conv_plan p;
    float *x, *sums;
} conv_job;

/* One block of channels of one sample, with zeros around the map and in channels that the layer does not have. */
static void conv_copy_block(void *arg, int task, int worker) {
    const conv_job *job = arg;
    const conv_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int blocks = p->blocks * p->groups, n = task / blocks, first = task % blocks * p->inner;
    int valid = in->c - first < VL ? in->c - first : VL;
    const float *from = gb_plane(job->args->in[0], n, first);
    float *to = job->x + (size_t)task * p->x_block;
    (void)worker;
    for (int v = 0; v < p->rows; v++) {
        int y = v * p->skip - p->pad;
        if (y < 0 || y >= in->h) {
            memset(to, 0, sizeof(float) * p->row * p->inner);
            to += p->row * p->inner;
            continue;
        }
        const float *line = from + (size_t)y * in->w * p->inner;
        for (int u = 0; u < p->row; u++, to += p->inner) {
            int x = u * p->skip - p->pad;
            bool inside = x >= 0 && x < in->w;
            if (p->inner == 1)
                *to = inside ? line[x] : 0.0f;
            else
                vstore(to, inside ? vkeep_first(vload(line + (size_t)x * VL), valid) : vset1(0.0f));
        }
    }
}

/* ------------------------------------------------------------------------------------------------ the tile */

typedef struct conv_tile {
    const float *x[CONV_PIXELS];    /* the first tap of each pixel, in the first block */
    ptrdiff_t taps[CONV_MOST_TAPS];
    int ntaps, blocks;
    size_t x_block;
    const float *w;
    bool more;                      /* add to the sums rather than start from zero */
} conv_tile;

/* sums[j][r] += Σ x[j][k] · w[k][r], one chain of sums for each output, in the order of k. Forced inline so that the
 * counts are constants and the sums registers. */
static inline __attribute__((always_inline)) void conv_sum_tile(const conv_tile *tile, float *sums, const int pixels,
                                                           const int vectors, const int inner) {
    vec a[CONV_PIXELS][TILE_VECTORS];
    const float *w = tile->w;
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            a[j][r] = tile->more ? vload(sums + (j * vectors + r) * VL) : vset1(0.0f);
    for (int b = 0; b < tile->blocks; b++)
        for (int k = 0; k < tile->ntaps; k++) {
            ptrdiff_t at = (ptrdiff_t)(b * tile->x_block) + tile->taps[k];
            for (int i = 0; i < inner; i++, w += vectors * VL) {
                vec u[TILE_VECTORS];
                for (int r = 0; r < vectors; r += 16 / VL)
                    vprefetch(w + (8 * vectors + r) * VL);
                for (int r = 0; r < vectors; r++)
                    u[r] = vload(w + r * VL);
                for (int j = 0; j < pixels; j++) {
                    factor_vec s = vfactor(tile->x[j] + at + i);
                    for (int r = 0; r < vectors; r++)
                        a[j][r] = vmadd_factor(s, u[r], a[j][r]);
                }
            }
        }
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            vstore(sums + (j * vectors + r) * VL, a[j][r]);
}

static void conv_sum_any_tile(const conv_tile *tile, float *sums, int vectors, int inner) {
    if (inner == 1) {
        if (vectors == TILE_VECTORS)
            conv_sum_tile(tile, sums, 6, TILE_VECTORS, 1);
#if TILE_VECTORS > 2
        else if (vectors == 2)
            conv_sum_tile(tile, sums, CONV_PIXELS, 2, 1);
#endif
        else
            conv_sum_tile(tile, sums, CONV_PIXELS, 1, 1);
    } else if (vectors == TILE_VECTORS) {
        conv_sum_tile(tile, sums, 6, TILE_VECTORS, VL);
#if TILE_VECTORS > 2
    } else if (vectors == 2) {
        conv_sum_tile(tile, sums, CONV_PIXELS, 2, VL);
#endif
    } else {
        conv_sum_tile(tile, sums, CONV_PIXELS, 1, VL);
    }
}

/* ------------------------------------------------------------------------------------------------ running */

/* Computes the sums [pixel][width · VL] of the output pixels first … first + count − 1. */
static void conv_sum_band(const conv_job *job, int n, int group, int pass, int first, int count, float *sums) {
    const conv_plan *p = &job->p;
    const gb_shape *out = &job->d->out;
    size_t outputs = (size_t)p->width * VL;
    const float *x = job->x + n * p->x_sample + (size_t)group * p->blocks * p->x_block;
    conv_tile tile = {.ntaps = p->taps, .x_block = p->x_block};
    for (int k = 0; k < p->taps; k++)
        tile.taps[k] = ((ptrdiff_t)(k / p->kernel) * p->row + k % p->kernel) * p->inner;
    for (int block = 0; block < p->blocks; block += p->slab) {
        tile.blocks = p->blocks - block < p->slab ? p->blocks - block : p->slab;
        tile.w = (const float *)job->args->packed + ((size_t)group * p->passes + pass) * p->w_pass + block * p->w_block;
        tile.more = block > 0;
        for (int at = 0; at < count; at += p->pixels) {
            for (int j = 0; j < p->pixels; j++) {
                int pixel = first + (at + j < count ? at + j : count - 1);      /* the rest of a tile repeats the last */
                int y = pixel / out->w * p->stride, u = pixel % out->w * p->stride;
                tile.x[j] = x + block * p->x_block + ((size_t)y * p->row + u) * p->inner;
            }
            conv_sum_any_tile(&tile, sums + at * outputs, p->width, p->inner);
        }
    }
}

static void conv_band(void *arg, int task, int worker) {
    const conv_job *job = arg;
    const conv_plan *p = &job->p;
    const gb_desc *d = job->d;
    int passes = p->passes * p->groups, n = task / passes / p->bands, size = d->out.h * d->out.w;
    int pass = task % passes, first = task / passes % p->bands * p->band;
    int count = size - first < p->band ? size - first : p->band;
    float *sums = job->sums + conv_sums(p) * worker;
    conv_sum_band(job, n, pass / p->passes, pass % p->passes, first, count, sums);
    for (int r = 0; r < p->width; r++) {
        channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, n, (pass * p->width + r) * VL);
        const float *from = sums + r * VL;
        int j = 0;
        for (; j + 4 <= count; j += 4) {
            vec y[4];
            for (int k = 0; k < 4; k++)
                y[k] = vload(from + (size_t)(j + k) * p->width * VL);
            store_channels(&to, first + j, y, 4);
        }
        for (; j < count; j++)
            store_channel(&to, first + j, vload(from + (size_t)j * p->width * VL));
    }
}

static void conv_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    conv_job job = {.d = d, .args = args, .p = plan_conv(cpu, d), .x = args->workspace};
    job.sums = job.x + ((job.p.x_sample * d->out.n + 15) & ~(size_t)15);
    gb_parallel(cpu, d->out.n * job.p.blocks * job.p.groups, conv_copy_block, &job);
    gb_parallel(cpu, d->out.n * job.p.bands * job.p.passes * job.p.groups, conv_band, &job);
}

static bool conv_planar_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    bool plain = d->op == GB_OP_CONV2D ? d->conv2d.groups == 1
                                       : !d->conv.modulated && !d->conv.demodulate && d->conv.up == 1;
    return plain && d->in[0].block == 1 && d->in[0].c < 8 && d->out.block == VL;
}

static bool conv_blocked_supports(const gb_cpu *cpu, const gb_desc *d) {
    int groups = d->conv2d.groups;
    (void)cpu;
    return d->in[0].block == VL && d->out.block == VL &&
           (groups == 1 || (d->in[0].c / groups % VL == 0 && d->conv2d.cout / groups % VL == 0));
}

#define CONV_ROW(id, name, check)                                                                                      \
    {                                                                                                                  \
        .op = id, .form = name, .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true, .supports = check,                  \
        .packed_size = conv_packed_size, .pack = conv_pack, .workspace = conv_workspace, .run = conv_run,              \
    }
static const gb_op_row row_conv_blocked = CONV_ROW(GB_OP_CONV2D, "blocked", conv_blocked_supports);
static const gb_op_row row_conv_planar = CONV_ROW(GB_OP_CONV2D, "planar", conv_planar_supports);
static const gb_op_row row_conv3x3_planar = CONV_ROW(GB_OP_MODULATED_CONV2D, "planar", conv_planar_supports);
