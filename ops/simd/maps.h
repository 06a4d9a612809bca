/* Operations on blocked maps with a vector of channels per pixel:
 *   noise, bias_act, add  y = epilogue(x)          batch_norm  y = epilogue((x − mean) · scale + bias)
 *   upsample_nearest, slice, concat, channel_affine
 * A task processes a band of rows of one block of channels of one sample. */

enum { BAND_PIXELS = 8192 };

typedef struct map_band { int n, c, first, last; } map_band;    /* rows first to last of channels c, c + 1, … */

static int rows_of_band(const gb_shape *s) {
    return s->w < BAND_PIXELS ? BAND_PIXELS / s->w : 1;
}

static int bands_of(const gb_shape *s) {
    return (s->h - 1) / rows_of_band(s) + 1;
}

static void each_band(const gb_cpu *cpu, const gb_shape *s, void (*task)(void *arg, int i, int worker), void *job) {
    gb_parallel(cpu, s->n * vectors_of(s->c) * bands_of(s), task, job);
}

static map_band band_at(const gb_shape *s, int task) {
    int bands = bands_of(s), rows = rows_of_band(s), block = task / bands, first = task % bands * rows;
    return (map_band){block / vectors_of(s->c), block % vectors_of(s->c) * VL, first,
                      s->h - first < rows ? s->h : first + rows};
}

static bool maps_support(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && d->out.block == VL;
}

/* ------------------------------------------------------------------------------------------------ noise, bias_act,
 * add */

static void pointwise_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    size_t size = (size_t)s->h * s->w;
    pixel_writer to = pixel_writer_at(job->args->out, job->args->epilogue, i / s->c, i % s->c);
    const float *x = gb_plane(job->args->in[0], i / s->c, i % s->c);
    (void)worker;
    for (size_t p = 0; p < size; p += VL) {
        int count = size - p < VL ? (int)(size - p) : VL;
        store_pixels(&to, p, count, vload_first(x + p, count));
    }
}

static void pointwise_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    map_band b = band_at(&job->d->out, i);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    size_t p = (size_t)b.first * job->d->out.w, last = (size_t)b.last * job->d->out.w;
    (void)worker;
    for (; p + 4 <= last; p += 4) {
        vec v[4];
        for (int j = 0; j < 4; j++)
            v[j] = vload(x + (p + j) * VL);
        store_channels(&to, p, v, 4);
    }
    for (; p < last; p++)
        store_channel(&to, p, vload(x + p * VL));
}

static void pointwise_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->out.block == 1)
        gb_parallel(cpu, d->out.n * d->out.c, pointwise_plane, &job);
    else
        each_band(cpu, &d->out, pointwise_band, &job);
}

static bool pointwise_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == d->out.block && (d->out.block == VL || (d->out.block == 1 && d->out.h > 1));
}

#define POINTWISE_ROW(id)                                                                                              \
    {                                                                                                                  \
        .op = id, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,                                \
        .supports = pointwise_supports, .run = pointwise_run,                                                          \
    }
static const gb_op_row row_noise = POINTWISE_ROW(GB_OP_NOISE);
static const gb_op_row row_bias_act = POINTWISE_ROW(GB_OP_BIAS_ACT);
static const gb_op_row row_add = POINTWISE_ROW(GB_OP_ADD);

/* ------------------------------------------------------------------------------------------------ batch norm */

static void batch_norm_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    const float *at = (const float *)job->args->workspace + (size_t)b.n * 3 * s->c + b.c;
    vec mean = vload_first(at, valid), scale = vload_first(at + s->c, valid), bias = vload_first(at + 2 * s->c, valid);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    size_t p = (size_t)b.first * s->w, last = (size_t)b.last * s->w;
    (void)worker;
    for (; p + 4 <= last; p += 4) {
        vec v[4];
        for (int j = 0; j < 4; j++)
            v[j] = vadd(vmul(vsub(vload(x + (p + j) * VL), mean), scale), bias);
        store_channels(&to, p, v, 4);
    }
    for (; p < last; p++)
        store_channel(&to, p, vadd(vmul(vsub(vload(x + p * VL), mean), scale), bias));
}

static void batch_norm_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_batch_norm_prepare(cpu, d, args);
    each_band(cpu, &d->out, batch_norm_band, &job);
}

static const gb_op_row row_batch_norm = {
    .op = GB_OP_BATCH_NORM, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .packed_size = gb_plain_packed_size, .pack = gb_plain_pack,
    .workspace = gb_batch_norm_workspace, .run = batch_norm_run,
};

/* ------------------------------------------------------------------------------------------------ resampling */

static void upsample_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *in = &job->d->in[0];
    map_band b = band_at(in, i);
    size_t row = (size_t)in->w * VL;
    const float *x = gb_plane(job->args->in[0], b.n, b.c) + b.first * row;
    float *y = gb_plane(job->args->out, b.n, b.c) + 4 * b.first * row;
    (void)worker;
    for (int v = b.first; v < b.last; v++, y += 2 * row)
        for (int u = 0; u < in->w; u++, x += VL, y += 2 * VL) {
            vec pixel = vload(x);
            vstore(y, pixel);
            vstore(y + VL, pixel);
            vstore(y + 2 * row, pixel);
            vstore(y + 2 * row + VL, pixel);
        }
}

static void upsample_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->in[0], upsample_band, &job);
}

static const gb_op_row row_upsample_nearest = {
    .op = GB_OP_UPSAMPLE_NEAREST, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = upsample_run,
};

/* ------------------------------------------------------------------------------------------------ slice */

static void slice_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out;
    map_band b = band_at(out, i);
    size_t first = (size_t)b.first * out->w * VL, last = (size_t)b.last * out->w * VL;
    (void)worker;
    memcpy(gb_plane(job->args->out, b.n, b.c) + first,
           gb_plane(job->args->in[0], b.n, job->d->slice.from + b.c) + first, sizeof(float) * (last - first));
}

/* Blocked channels to planes: all channels of a band of pixels, while it is in the cache. */
static void slice_planes(void *arg, int n, int worker) {
    enum { PIXELS = 128 };
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out;
    size_t size = (size_t)out->h * out->w;
    (void)worker;
    for (size_t p = 0; p < size; p += PIXELS)
        for (int c = 0; c < out->c; c++) {
            const float *from = gb_plane(job->args->in[0], n, job->d->slice.from + c);
            float *to = gb_plane(job->args->out, n, c);
            for (size_t q = p; q < p + PIXELS && q < size; q++)
                to[q] = from[q * VL];
        }
}

static void slice_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->out.block == 1)
        gb_parallel(cpu, d->out.n, slice_planes, &job);
    else
        each_band(cpu, &d->out, slice_band, &job);
}

static bool slice_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && (d->out.block == 1 || (d->out.block == VL && d->slice.from % VL == 0));
}

static const gb_op_row row_slice = {
    .op = GB_OP_SLICE, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = slice_supports, .run = slice_run,
};

/* ------------------------------------------------------------------------------------------------ concat */

static void concat_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out;
    map_band b = band_at(out, i);
    int from = job->d->in[0].c;
    const gb_tensor *x = job->args->in[b.c < from ? 0 : 1];
    size_t first = (size_t)b.first * out->w * VL, last = (size_t)b.last * out->w * VL;
    (void)worker;
    memcpy(gb_plane(job->args->out, b.n, b.c) + first, gb_plane(x, b.n, b.c < from ? b.c : b.c - from) + first,
           sizeof(float) * (last - first));
}

static void concat_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, concat_band, &job);
}

static bool concat_supports(const gb_cpu *cpu, const gb_desc *d) {
    return maps_support(cpu, d) && d->in[1].block == VL && d->in[0].c % VL == 0;
}

static const gb_op_row row_concat = {
    .op = GB_OP_CONCAT, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = concat_supports, .run = concat_run,
};

/* ------------------------------------------------------------------------------------------------ channel affine */

static void affine_plane(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    int n = i / s->c, c = i % s->c;
    size_t size = (size_t)s->h * s->w;
    pixel_writer to = pixel_writer_at(job->args->out, job->args->epilogue, n, c);
    const float *x = gb_plane(job->args->in[0], n, c), *weights = job->args->packed;
    vec scale = vset1(weights[c]), offset = vset1(weights[s->c + c]);
    (void)worker;
    for (size_t p = 0; p < size; p += VL) {
        int count = size - p < VL ? (int)(size - p) : VL;
        store_pixels(&to, p, count, vadd(vmul(vload_first(x + p, count), scale), offset));
    }
}

static void affine_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *s = &job->d->out;
    map_band b = band_at(s, i);
    int valid = s->c - b.c < VL ? s->c - b.c : VL;
    const float *weights = (const float *)job->args->packed + b.c, *x = gb_plane(job->args->in[0], b.n, b.c);
    vec scale = vload_first(weights, valid), offset = vload_first(weights + s->c, valid);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    (void)worker;
    for (size_t p = (size_t)b.first * s->w, last = (size_t)b.last * s->w; p < last; p++)
        store_channel(&to, p, vadd(vmul(vload(x + p * VL), scale), offset));
}

static void affine_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    if (d->out.block == 1)
        gb_parallel(cpu, d->out.n * d->out.c, affine_plane, &job);
    else
        each_band(cpu, &d->out, affine_band, &job);
}

static const gb_op_row row_channel_affine = {
    .op = GB_OP_CHANNEL_AFFINE, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = pointwise_supports, .packed_size = gb_plain_packed_size, .pack = gb_plain_pack, .run = affine_run,
};
