/* Pooling and resizing of blocked maps, a vector of channels per pixel. */

/* a > b || isnan(a) ? a : b */
static inline vec larger(vec a, vec b) {
    bits first = (bits)(a > b) | (bits)(a != a);
    return vof((vbits(a) & first) | (vbits(b) & ~first));
}

/* A 2×2 window with stride 2 and no padding, which most networks have. */
static void max_pool2_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out;
    map_band b = band_at(out, i);
    size_t row = (size_t)job->d->in[0].w * VL;
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    float *y = gb_plane(job->args->out, b.n, b.c) + (size_t)b.first * out->w * VL;
    (void)worker;
    for (int v = b.first; v < b.last; v++)
        for (int u = 0; u < out->w; u++, y += VL) {
            const float *p = x + 2 * v * row + 2 * u * VL;
            vstore(y, larger(larger(vload(p), vload(p + VL)), larger(vload(p + row), vload(p + row + VL))));
        }
}

static void pool_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out, *in = &job->d->in[0];
    const gb_pool *pool = &job->d->pool;
    bool mean = job->d->op == GB_OP_AVG_POOL;
    map_band b = band_at(out, i);
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    float *to = gb_plane(job->args->out, b.n, b.c) + (size_t)b.first * out->w * VL;
    vec count = vset1((float)pool->size * (float)pool->size);
    (void)worker;
    for (int v = b.first; v < b.last; v++)
        for (int u = 0; u < out->w; u++, to += VL) {
            int top = v * pool->stride - pool->padding, left = u * pool->stride - pool->padding;
            int bottom = top + pool->size < in->h ? top + pool->size : in->h;
            int right = left + pool->size < in->w ? left + pool->size : in->w;
            vec value = vset1(mean ? 0.0f : -INFINITY);
            for (int y = top < 0 ? 0 : top; y < bottom; y++)
                for (int k = left < 0 ? 0 : left; k < right; k++) {
                    vec pixel = vload(x + ((size_t)y * in->w + k) * VL);
                    value = mean ? vadd(value, pixel) : larger(pixel, value);
                }
            vstore(to, mean ? vdiv(value, count) : value);
        }
}

static void pool_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    bool small = d->op == GB_OP_MAX_POOL && d->pool.size == 2 && d->pool.stride == 2 && d->pool.padding == 0;
    each_band(cpu, &d->out, small ? max_pool2_band : pool_band, &job);
}

static const gb_op_row row_max_pool = {
    .op = GB_OP_MAX_POOL, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = pool_run,
};
static const gb_op_row row_avg_pool = {
    .op = GB_OP_AVG_POOL, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = pool_run,
};

/* ------------------------------------------------------------------------------------------------ global mean */

/* Four sums of rows of 256 pixels each at a time, so that rounding errors do not grow with the map. */
static void global_mean_block(void *arg, int i, int worker) {
    enum { RUN = 1024 };
    const gb_job *job = arg;
    const gb_shape *in = &job->d->in[0];
    int n = i / vectors_of(in->c), c = i % vectors_of(in->c) * VL, valid = in->c - c < VL ? in->c - c : VL;
    size_t size = (size_t)in->h * in->w;
    const float *x = gb_plane(job->args->in[0], n, c);
    vec sum = vset1(0.0f);
    (void)worker;
    for (size_t first = 0; first < size; first += RUN) {
        size_t last = size - first < RUN ? size : first + RUN, p = first;
        vec part[4] = {vset1(0.0f), vset1(0.0f), vset1(0.0f), vset1(0.0f)};
        for (; p + 4 <= last; p += 4)
            for (int k = 0; k < 4; k++)
                part[k] = vadd(part[k], vload(x + (p + k) * VL));
        for (; p < last; p++)
            part[0] = vadd(part[0], vload(x + p * VL));
        sum = vadd(sum, vadd(vadd(part[0], part[1]), vadd(part[2], part[3])));
    }
    vstore_first(gb_plane(job->args->out, n, c), valid, vdiv(sum, vset1((float)size)));
}

static void global_mean_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    gb_parallel(cpu, d->in[0].n * vectors_of(d->in[0].c), global_mean_block, &job);
}

static bool global_mean_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == VL && d->out.block == 1;
}

static const gb_op_row row_global_mean = {
    .op = GB_OP_GLOBAL_MEAN, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = global_mean_supports, .run = global_mean_run,
};

/* ------------------------------------------------------------------------------------------------ resize */

static inline vec resize_along(const float *x, gb_resize_span span, bool area) {
    vec sum = vload(x);
    if (!area && span.count == 2)
        return vadd(vmul(sum, vset1((float)(1.0 - span.fraction))), vmul(vload(x + VL), vset1((float)span.fraction)));
    for (int i = 1; i < span.count; i++)
        sum = vadd(sum, vload(x + i * VL));
    return sum;
}

static void resize_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    const gb_shape *out = &job->d->out, *in = &job->d->in[0];
    gb_resize_mode mode = job->d->resize.mode;
    bool area = mode == GB_RESIZE_AREA;
    map_band b = band_at(out, i);
    const float *x = gb_plane(job->args->in[0], b.n, b.c);
    float *to = gb_plane(job->args->out, b.n, b.c) + (size_t)b.first * out->w * VL;
    size_t row = (size_t)in->w * VL;
    (void)worker;
    for (int v = b.first; v < b.last; v++) {
        gb_resize_span rows = gb_resize_span_at(mode, in->h, out->h, v);
        for (int u = 0; u < out->w; u++, to += VL) {
            gb_resize_span columns = gb_resize_span_at(mode, in->w, out->w, u);
            const float *from = x + rows.first * row + (size_t)columns.first * VL;
            vec sum = resize_along(from, columns, area);
            if (!area && rows.count == 2)
                sum = vadd(vmul(sum, vset1((float)(1.0 - rows.fraction))),
                           vmul(resize_along(from + row, columns, false), vset1((float)rows.fraction)));
            for (int k = 1; area && k < rows.count; k++)
                sum = vadd(sum, resize_along(from + k * row, columns, true));
            vstore(to, area ? vdiv(sum, vset1((float)rows.count * (float)columns.count)) : sum);
        }
    }
}

static void resize_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, resize_band, &job);
}

static const gb_op_row row_resize = {
    .op = GB_OP_RESIZE, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = resize_run,
};
