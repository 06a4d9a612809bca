/* Gradients of the weights of convolutions and dense layers:
 *   y[o,i,ky,kx] = gain · Σ_{n,v,u} g[n,o,v,u] · x[n,i, v·stride + ky − padding, u·stride + kx − padding]
 * is a matrix product of g's channels and columns (i,ky,kx) of x, summed over the pixels. A register tile has a few vectors of
 * g's channels and a few columns: per pixel it loads the vectors and broadcasts one number of x for each column.
 *   blocked    one group; where g is a picture of few channels and the kernel 1×1, g and x change places
 *   depthwise  each channel by itself: a column is a vector, too
 * A dense layer is a map of one line, whose pixels are the samples. x is read from a copy with a border of zeros, made for a
 * few samples at a time.
 *
 * Sums are float32 within a band of at most 128 pixels, and double from band to band. Bands, and the parts of the pixels that
 * are summed apart for several workers, depend on the shapes alone: so do the bits. */

enum { WGRAD_BAND = 128, WGRAD_TILES = 8, WGRAD_COLUMNS = 8, WGRAD_TASKS = 32, WGRAD_COPY = 1 << 20 };

typedef struct wgrad_plan {
    bool dense, depthwise, exchanged;
    int kernel, taps;
    int rows, columns;              /* channels in vectors; columns */
    int width, passes;              /* vectors of a tile; tiles that cover the rows */
    int tile, tiles;                /* columns of a tile; tiles that cover the columns */
    int groups;                     /* of WGRAD_TILES tiles */
    int samples, lines, line;       /* pixels of g: samples, lines of a sample, pixels of a line */
    int chunk, splits;              /* samples copied at a time; parts of their pixels that are summed apart */
    conv_plan copy;
    size_t g_vector, g_sample;      /* floats from one vector of g's channels, and from one sample, to the next */
    size_t x_step, x_line, x_sample;        /* of the copy: from one pixel of g to the next, … */
    size_t sums;                    /* doubles of a task */
} wgrad_plan;

static bool wgrad_is_dense(const gb_desc *d) {
    return d->weight_grad.kernel == 1 && d->in[0].h == 1 && d->in[0].w == 1 && d->in[1].h == 1 && d->in[1].w == 1 &&
           d->in[0].block == 1 && d->in[1].block == 1;
}

static conv_plan plan_wgrad_copy(const gb_desc *d, const gb_shape *x, const gb_shape *g) {
    const gb_weight_grad *w = &d->weight_grad;
    bool planar = x->block == 1;
    conv_plan p = {.kernel = w->kernel, .stride = w->stride, .pad = w->padding, .skip = 1,
                   .blocks = planar ? x->c : vectors_of(x->c), .inner = planar ? 1 : VL, .groups = 1};
    if (w->kernel < w->stride)
        p.skip = w->stride, p.stride = 1;
    p.rows = (g->h - 1) * p.stride + p.kernel;
    p.row = (g->w - 1) * p.stride + p.kernel;
    p.x_block = (size_t)p.rows * p.row * p.inner;
    p.x_sample = p.x_block * p.blocks;
    return p;
}

/* Bands of a number of samples. */
static int wgrad_bands(const wgrad_plan *p, int samples) {
    int lines = samples * p->lines, each = WGRAD_BAND / p->line;
    return each ? (lines - 1) / each + 1 : lines * ((p->line - 1) / WGRAD_BAND + 1);
}

static wgrad_plan plan_wgrad(const gb_desc *d) {
    const gb_weight_grad *w = &d->weight_grad;
    wgrad_plan p = {.dense = wgrad_is_dense(d), .depthwise = w->groups > 1, .kernel = w->kernel,
                    .taps = w->kernel * w->kernel};
    p.exchanged = !p.dense && d->in[1].block == 1;
    const gb_shape *x = &d->in[p.exchanged], *g = &d->in[!p.exchanged];
    int vectors = vectors_of(g->c);
    p.rows = g->c;
    p.columns = p.depthwise ? p.taps : x->c * p.taps;
    p.width = p.depthwise ? 1 : even_width(vectors);
    p.passes = vectors / p.width;
    p.tile = p.depthwise ? w->kernel : p.width == TILE_VECTORS ? 6 : WGRAD_COLUMNS;
    p.tiles = (p.columns - 1) / p.tile + 1;
    p.groups = (p.tiles - 1) / WGRAD_TILES + 1;
    p.sums = (size_t)WGRAD_TILES * p.tile * p.width * VL;
    p.samples = p.dense ? 1 : g->n;
    p.lines = g->h;
    p.line = p.dense ? g->n : g->w;
    p.g_vector = (size_t)p.lines * p.line * VL;
    p.g_sample = p.g_vector * vectors;
    if (p.dense) {
        p.x_step = x->c;
        p.chunk = 1;
    } else {
        p.copy = plan_wgrad_copy(d, x, g);
        p.x_step = (size_t)p.copy.stride * p.copy.inner;
        p.x_line = (size_t)p.copy.stride * p.copy.row * p.copy.inner;
        p.x_sample = p.copy.x_sample;
        size_t most = WGRAD_COPY / p.x_sample;
        p.chunk = most < 1 ? 1 : most < (size_t)p.samples ? (int)most : p.samples;
    }
    int bands = wgrad_bands(&p, p.chunk), splits = WGRAD_TASKS / (p.passes * p.groups);
    p.splits = splits < 1 ? 1 : splits < bands ? splits : bands;
    return p;
}

static size_t wgrad_sums(const wgrad_plan *p) {
    return p->sums * p->passes * p->groups * p->splits;
}

/* The sums, then the copy of x, or of g for a dense layer. */
static size_t wgrad_workspace(const gb_cpu *cpu, const gb_desc *d) {
    wgrad_plan p = plan_wgrad(d);
    (void)cpu;
    return sizeof(double) * wgrad_sums(&p) + sizeof(float) * (p.dense ? p.g_sample : p.x_sample * p.chunk);
}

typedef struct wgrad_job {
    const gb_desc *d;
    const gb_args *args;
    wgrad_plan p;
    double *sums;                   /* [passes][groups][splits][tile of the group][column][width · VL] */
    const float *x, *g;             /* of the current samples */
    float *copy;
    int samples;                    /* of the current chunk */
} wgrad_job;

/* ------------------------------------------------------------------------------------------------ the tile */

typedef struct wgrad_band {
    int first, lines;               /* of all samples */
    int from, count;                /* pixels of each line */
} wgrad_band;

static wgrad_band wgrad_band_at(const wgrad_job *job, int samples, int band) {
    const wgrad_plan *p = &job->p;
    int lines = samples * p->lines, each = WGRAD_BAND / p->line;
    if (each) {
        int first = band * each;
        return (wgrad_band){first, lines - first < each ? lines - first : each, 0, p->line};
    }
    int parts = (p->line - 1) / WGRAD_BAND + 1, from = band % parts * WGRAD_BAND;
    return (wgrad_band){band / parts, 1, from, p->line - from < WGRAD_BAND ? p->line - from : WGRAD_BAND};
}

/* sums[j][r] = Σ x[column j] · g[vector r] over the pixels of a band. Forced inline so that the counts are constants and the
 * sums registers. */
static inline __attribute__((always_inline)) void wgrad_tile(const wgrad_job *job, const wgrad_band *b, const float *x0,
                                                             const ptrdiff_t *column, const float *g0, float *sums,
                                                             const int columns, const int vectors) {
    const wgrad_plan *p = &job->p;
    vec a[WGRAD_COLUMNS][TILE_VECTORS];
    for (int j = 0; j < columns; j++)
        for (int r = 0; r < vectors; r++)
            a[j][r] = vset1(0.0f);
    for (int l = b->first; l < b->first + b->lines; l++) {
        int n = l / p->lines, v = l % p->lines;
        const float *x = x0 + n * p->x_sample + v * p->x_line + b->from * p->x_step;
        const float *g = g0 + n * p->g_sample + ((size_t)v * p->line + b->from) * VL;
        for (int u = 0; u < b->count; u++, x += p->x_step, g += VL) {
            vec y[TILE_VECTORS];
            for (int r = 0; r < vectors; r++)
                y[r] = vload(g + r * p->g_vector);
            for (int j = 0; j < columns; j++) {
                factor_vec s = vfactor(x + column[j]);
                for (int r = 0; r < vectors; r++)
                    a[j][r] = vmadd_factor(s, y[r], a[j][r]);
            }
        }
    }
    for (int j = 0; j < columns; j++)
        for (int r = 0; r < vectors; r++)
            vstore(sums + (j * vectors + r) * VL, a[j][r]);
}

/* The same for the taps of a row of a depthwise kernel: x is read by vectors. */
static inline __attribute__((always_inline)) void wgrad_taps(const wgrad_job *job, const wgrad_band *b, const float *x0,
                                                             const float *g0, float *sums, const int columns) {
    const wgrad_plan *p = &job->p;
    vec a[WGRAD_COLUMNS];
    for (int j = 0; j < columns; j++)
        a[j] = vset1(0.0f);
    for (int l = b->first; l < b->first + b->lines; l++) {
        int n = l / p->lines, v = l % p->lines;
        const float *x = x0 + n * p->x_sample + v * p->x_line + b->from * p->x_step;
        const float *g = g0 + n * p->g_sample + ((size_t)v * p->line + b->from) * VL;
        for (int u = 0; u < b->count; u++, x += p->x_step, g += VL)
            for (int j = 0; j < columns; j++)
                a[j] = vmadd(vload(x + j * VL), vload(g), a[j]);
    }
    for (int j = 0; j < columns; j++)
        vstore(sums + j * VL, a[j]);
}

static void wgrad_any_taps(const wgrad_job *job, const wgrad_band *b, int pass, int ky, const float *g, float *sums) {
    const conv_plan *copy = &job->p.copy;
    const float *x = job->x + pass * copy->x_block + (size_t)ky * copy->row * VL;
    switch (job->p.kernel) {
    case 1:
        wgrad_taps(job, b, x, g, sums, 1);
        break;
    case 3:
        wgrad_taps(job, b, x, g, sums, 3);
        break;
    case 5:
        wgrad_taps(job, b, x, g, sums, 5);
        break;
    default:
        wgrad_taps(job, b, x, g, sums, 7);
        break;
    }
}

/* Where in the copy the first pixel of a column is. */
static ptrdiff_t wgrad_column(const wgrad_plan *p, int column) {
    const conv_plan *copy = &p->copy;
    int i = column / p->taps, k = column % p->taps;
    if (p->dense)
        return column;
    return (ptrdiff_t)(i / copy->inner * copy->x_block +
                       ((size_t)(k / p->kernel) * copy->row + k % p->kernel) * copy->inner + i % copy->inner);
}

static void wgrad_any_tile(const wgrad_job *job, const wgrad_band *b, int tile, const float *g, float *sums) {
    const wgrad_plan *p = &job->p;
    ptrdiff_t column[WGRAD_COLUMNS];
    for (int j = 0; j < p->tile; j++) {         /* the rest of the last tile repeats the last column */
        int at = tile * p->tile + j;
        column[j] = wgrad_column(p, at < p->columns ? at : p->columns - 1);
    }
    if (p->width == TILE_VECTORS)
        wgrad_tile(job, b, job->x, column, g, sums, 6, TILE_VECTORS);
#if TILE_VECTORS > 2
    else if (p->width == 2)
        wgrad_tile(job, b, job->x, column, g, sums, WGRAD_COLUMNS, 2);
#endif
    else
        wgrad_tile(job, b, job->x, column, g, sums, WGRAD_COLUMNS, 1);
}

/* ------------------------------------------------------------------------------------------------ running */

/* Adds one part of the current samples' pixels to the sums of a group of tiles. */
static void wgrad_part(void *arg, int task, int worker) {
    const wgrad_job *job = arg;
    const wgrad_plan *p = &job->p;
    int split = task % p->splits, group = task / p->splits % p->groups, pass = task / p->splits / p->groups;
    int last = p->tiles - group * WGRAD_TILES, tiles = last < WGRAD_TILES ? last : WGRAD_TILES;
    int floats = p->tile * p->width * VL, samples = p->dense ? 1 : job->samples;
    const float *g = job->g + (size_t)pass * p->width * p->g_vector;
    double *sums = job->sums + task * p->sums;
    float part[WGRAD_COLUMNS * TILE_VECTORS * VL] = {0.0f};
    (void)worker;
    int bands = wgrad_bands(p, samples), end = (int)((int64_t)bands * (split + 1) / p->splits);
    for (int band = (int)((int64_t)bands * split / p->splits); band < end; band++) {
        wgrad_band b = wgrad_band_at(job, samples, band);
        for (int t = 0; t < tiles; t++) {
            if (p->depthwise)
                wgrad_any_taps(job, &b, pass, t, g, part);
            else
                wgrad_any_tile(job, &b, group * WGRAD_TILES + t, g, part);
            for (int i = 0; i < floats; i++)
                sums[t * floats + i] += part[i];
        }
    }
}

/* Writes a tile of the result: the sum of the splits. */
static void wgrad_store(void *arg, int task, int worker) {
    const wgrad_job *job = arg;
    const wgrad_plan *p = &job->p;
    const gb_weight_grad *w = &job->d->weight_grad;
    int inputs = job->d->in[0].c / w->groups, outputs = job->d->in[1].c, tile = task % p->tiles, pass = task / p->tiles;
    int floats = p->tile * p->width * VL, group = tile / WGRAD_TILES;
    const double *sums = job->sums + (size_t)(pass * p->groups + group) * p->splits * p->sums +
                         (size_t)(tile % WGRAD_TILES) * floats;
    (void)worker;
    for (int at = 0; at < floats; at++) {
        int row = pass * p->width * VL + at % (p->width * VL), column = tile * p->tile + at / (p->width * VL);
        double sum = 0.0;
        if (row >= p->rows || column >= p->columns)
            continue;
        for (int s = 0; s < p->splits; s++)
            sum += sums[s * p->sums + at];
        int o = p->exchanged ? column : row, k = p->exchanged ? 0 : column % p->taps;
        int i = p->exchanged ? row : p->depthwise ? 0 : column / p->taps;
        size_t to = w->swapped ? (size_t)i * outputs + o : (size_t)o * inputs + i;
        job->args->out->data[to * p->taps + k] = (float)(sum * w->gain);
    }
}

/* The vectors g [N][C] of a dense layer as [block][N][VL]. */
static void wgrad_copy_vector(void *arg, int block, int worker) {
    const wgrad_job *job = arg;
    const gb_tensor *g = job->args->in[1];
    int c = block * VL, valid = g->shape.c - c < VL ? g->shape.c - c : VL;
    (void)worker;
    for (int n = 0; n < g->shape.n; n++)
        vstore(job->copy + ((size_t)block * g->shape.n + n) * VL, vload_first(gb_plane(g, n, c), valid));
}

static void wgrad_run_dense(const gb_cpu *cpu, wgrad_job *job) {
    const wgrad_plan *p = &job->p;
    gb_parallel(cpu, vectors_of(p->rows), wgrad_copy_vector, job);
    job->x = job->args->in[0]->data;
    job->g = job->copy;
    gb_parallel(cpu, p->passes * p->groups * p->splits, wgrad_part, job);
}

static void wgrad_run_maps(const gb_cpu *cpu, wgrad_job *job) {
    const wgrad_plan *p = &job->p;
    const gb_tensor *x = job->args->in[p->exchanged], *g = job->args->in[!p->exchanged];
    job->x = job->copy;
    for (int first = 0; first < p->samples; first += p->chunk) {
        gb_tensor some = {x->shape, gb_plane(x, first, 0)};
        gb_desc d = {.in = {x->shape}};
        gb_args args = {.in = {&some}};
        conv_job copy = {.d = &d, .args = &args, .p = p->copy, .x = job->copy};
        job->samples = p->samples - first < p->chunk ? p->samples - first : p->chunk;
        gb_parallel(cpu, job->samples * p->copy.blocks, conv_copy_block, &copy);
        job->g = gb_plane(g, first, 0);
        gb_parallel(cpu, p->passes * p->groups * p->splits, wgrad_part, job);
    }
}

static void wgrad_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    wgrad_job job = {.d = d, .args = args, .p = plan_wgrad(d), .sums = args->workspace};
    job.copy = (float *)(job.sums + wgrad_sums(&job.p));
    memset(job.sums, 0, sizeof(double) * wgrad_sums(&job.p));
    if (job.p.dense)
        wgrad_run_dense(cpu, &job);
    else
        wgrad_run_maps(cpu, &job);
    gb_parallel(cpu, job.p.passes * job.p.tiles, wgrad_store, &job);
}

static bool wgrad_supports(const gb_cpu *cpu, const gb_desc *d) {
    const gb_weight_grad *w = &d->weight_grad;
    const gb_shape *x = &d->in[0], *g = &d->in[1];
    (void)cpu;
    if (w->groups > 1)
        return x->c == g->c && w->groups == x->c && x->block == VL && g->block == VL && w->kernel % 2 && w->kernel <= 7;
    if (wgrad_is_dense(d))
        return true;
    bool planar = x->block == 1 && x->c < 8;
    if (g->block == VL)
        return x->block == VL || planar;
    return x->block == VL && g->c < 8 && w->kernel == 1 && w->stride == 1 && w->padding == 0;
}

static const gb_op_row row_weight_grad = {
    .op = GB_OP_WEIGHT_GRAD, .form = "blocked", .isa = GB_ISA, .rank = GB_ISA_RANK, .supports = wgrad_supports,
    .workspace = wgrad_workspace, .run = wgrad_run,
};
