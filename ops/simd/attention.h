/* Attention by tiles of queries (ops/attention.c has the formulas): the scores of a tile against all keys, the softmax
 * of its rows, and the weighted sums of the values. Each step is a function; `attention` calls all three, and each has
 * a row. A tile of the matrix is stored as [key block][query][VL], the layout of the register tile's left operand. Keys
 * and values are rearranged once into the layout of its right operand. Tensors may have any block. */

enum { QUERIES = 48 };      /* of a tile: a multiple of the pixels of every register tile */

typedef struct attention_plan {
    int channels, keys, values;                 /* in vectors: of θ and φ, of keys, of g */
    int key_width, value_width;                 /* register tiles */
    int queries, tiles;                         /* of a sample */
    size_t key_floats, value_floats;            /* rearranged keys and values of a sample */
    size_t matrix, other;                       /* floats of a worker's tile of the matrix; of its θ and products */
} attention_plan;

static size_t larger_size(size_t a, size_t b) {
    return a > b ? a : b;
}

/* θ and φ have `c` channels, g has `values`; 0 for inputs that an operation does not have. */
static attention_plan plan_attention(int c, int queries, int keys, int values) {
    attention_plan p = {.channels = vectors_of(c), .keys = vectors_of(keys), .values = vectors_of(values),
                        .queries = queries, .tiles = (queries - 1) / QUERIES + 1};
    p.key_width = tile_width(p.keys);
    p.value_width = tile_width(p.values);
    p.key_floats = c ? (size_t)p.channels * VL * p.keys * VL : 0;
    p.value_floats = values ? (size_t)p.keys * VL * p.values * VL : 0;
    p.matrix = (size_t)p.keys * QUERIES * VL;
    p.other = (size_t)QUERIES * VL * larger_size(p.channels + p.key_width, p.value_width);
    return p;
}

static size_t attention_floats(const gb_cpu *cpu, const gb_shape *s, attention_plan p) {
    return s->n * (p.key_floats + p.value_floats) + cpu->workers * (p.matrix + p.other);
}

static attention_plan plan_scores(const gb_desc *d) {
    return plan_attention(d->in[0].c, d->out.c, d->out.w, 0);
}

static attention_plan plan_mix(const gb_desc *d) {
    return plan_attention(0, d->in[1].c, d->in[1].w, d->in[0].c);
}

static attention_plan plan_whole(const gb_desc *d) {
    return plan_attention(d->in[0].c, d->in[0].h * d->in[0].w, d->in[1].h * d->in[1].w, d->in[2].c);
}

typedef struct attention_job {
    const gb_desc *d;
    const gb_args *args;
    attention_plan p;
    const gb_tensor *theta, *phi, *g;
    float *keys, *values, *scratch;
} attention_job;

/* ------------------------------------------------------------------------------------------------ operands */

/* Channels c, c + 1, … of pixel p; zeros past the last. */
static inline vec pixel_channels(const gb_tensor *t, int n, int c, size_t p) {
    int valid = t->shape.c - c < VL ? t->shape.c - c : VL;
    const float *from = gb_plane(t, n, c);
    if (t->shape.block == VL)
        return vkeep_first(vload(from + p * VL), valid);
    float v[VL] = {0.0f};
    for (int i = 0; i < valid; i++)
        v[i] = gb_plane(t, n, c + i)[p * t->shape.block];
    return vload(v);
}

/* φ of a sample as [key pass][c][key_width · VL], with zeros past the last key and channel. A task does one pass. */
static void lay_out_keys(void *arg, int task, int worker) {
    const attention_job *job = arg;
    const attention_plan *p = &job->p;
    int passes = p->keys / p->key_width, n = task / passes, pass = task % passes, columns = p->key_width * VL;
    int keys = job->phi->shape.h * job->phi->shape.w;
    float *to = job->keys + n * p->key_floats + (size_t)pass * p->channels * VL * columns;
    (void)worker;
    for (int b = 0; b < p->channels; b++, to += VL * columns)
        for (int j = 0; j < columns; j++) {
            int key = pass * columns + j;
            float v[VL];
            vstore(v, key < keys ? pixel_channels(job->phi, n, b * VL, key) : vset1(0.0f));
            for (int i = 0; i < VL; i++)
                to[i * columns + j] = v[i];
        }
}

/* g as [value pass][key][value_width · VL]. */
static void lay_out_values(void *arg, int task, int worker) {
    const attention_job *job = arg;
    const attention_plan *p = &job->p;
    int n = task / p->values, block = task % p->values, pass = block / p->value_width, r = block % p->value_width;
    int keys = job->g->shape.h * job->g->shape.w, columns = p->value_width * VL;
    float *to = job->values + n * p->value_floats + (size_t)pass * p->keys * VL * columns + r * VL;
    (void)worker;
    for (int key = 0; key < p->keys * VL; key++, to += columns)
        vstore(to, key < keys ? pixel_channels(job->g, n, block * VL, key) : vset1(0.0f));
}

/* ------------------------------------------------------------------------------------------------ the three steps */

typedef struct query_tile { int n, first, count; } query_tile;

static query_tile tile_of(const attention_plan *p, int task) {
    int first = task % p->tiles * QUERIES;
    return (query_tile){task / p->tiles, first, p->queries - first < QUERIES ? p->queries - first : QUERIES};
}

static void score_tile(const attention_job *job, query_tile t, float *matrix, float *other) {
    const attention_plan *p = &job->p;
    const ptrdiff_t no_offset = 0;
    size_t x_block = QUERIES * VL, w_block = (size_t)VL * p->key_width * VL;
    float *x = other, *acc = other + p->channels * x_block;
    for (int b = 0; b < p->channels; b++)
        for (int j = 0; j < QUERIES; j++)
            vstore(x + b * x_block + j * VL,
                   j < t.count ? pixel_channels(job->theta, t.n, b * VL, t.first + j) : vset1(0.0f));
    for (int pass = 0; pass < p->keys / p->key_width; pass++) {
        tile_job tile = {.x = x, .x_block = x_block, .taps = &no_offset, .ntaps = 1, .passes = 1, .blocks = p->channels,
                         .w = job->keys + t.n * p->key_floats + pass * p->channels * w_block, .w_block = w_block,
                         .acc = acc, .count = t.count};
        multiply(&tile, 1, p->key_width);
        for (int r = 0; r < p->key_width; r++)
            for (int j = 0; j < t.count; j++)
                vstore(matrix + ((size_t)(pass * p->key_width + r) * QUERIES + j) * VL,
                       vload(acc + (j * p->key_width + r) * VL));
    }
}

/* The maximum of all lanes. */
static float largest_lane(vec v) {
    float lane[VL], largest;
    vstore(lane, v);
    largest = lane[0];
    for (int i = 1; i < VL; i++)
        largest = lane[i] > largest ? lane[i] : largest;
    return largest;
}

/* eˣ / Σ eˣ of `count` values, stored as vectors `step` floats apart, with zeros past the last. A NaN makes all NaN. */
static void softmax_row(float *x, size_t step, int count) {
    int whole = count / VL, rest = count % VL;
    vec largest = vset1(-INFINITY), sum = vset1(0.0f);
    float past[VL], sums[4];
    for (int i = 0; i < VL; i++)
        past[i] = i < rest ? 0.0f : -INFINITY;
    for (int b = 0; b < whole; b++)
        largest = vselect_lt(largest, vload(x + b * step), vload(x + b * step), largest);
    if (rest) {
        vec last = vadd(vkeep_first(vload(x + whole * step), rest), vload(past));
        vstore(x + whole * step, last);         /* −∞ past the last value: its exponential is 0 */
        largest = vselect_lt(largest, last, last, largest);
    }
    largest = vset1(largest_lane(largest));
    for (int b = 0; b < whole + (rest > 0); b++) {
        vec e = vexp(vsub(vload(x + b * step), largest));
        vstore(x + b * step, e);
        sum = vadd(sum, e);
    }
    vsum4(sum, sum, sum, sum, sums);
    for (int b = 0; b < whole + (rest > 0); b++)
        vstore(x + b * step, vdiv(vload(x + b * step), vset1(sums[0])));
    if (rest)
        vstore(x + whole * step, vkeep_first(vload(x + whole * step), rest));
}

static void mix_tile(const attention_job *job, query_tile t, const float *matrix, float *acc) {
    const attention_plan *p = &job->p;
    const gb_tensor *out = job->args->out;
    const ptrdiff_t no_offset = 0;
    size_t w_block = (size_t)VL * p->value_width * VL;
    for (int pass = 0; pass < p->values / p->value_width; pass++) {
        tile_job tile = {.x = matrix, .x_block = QUERIES * VL, .taps = &no_offset, .ntaps = 1, .passes = 1,
                         .blocks = p->keys, .w = job->values + t.n * p->value_floats + pass * p->keys * w_block,
                         .w_block = w_block, .acc = acc, .count = t.count};
        multiply(&tile, 1, p->value_width);
        for (int r = 0; r < p->value_width; r++) {
            int c = (pass * p->value_width + r) * VL, block = out->shape.block;
            for (int j = 0; j < t.count; j++) {
                const float *y = acc + (j * p->value_width + r) * VL;
                if (block == VL)
                    vstore(gb_plane(out, t.n, c) + (size_t)(t.first + j) * VL, vload(y));
                else
                    for (int i = 0; i < VL && c + i < out->shape.c; i++)
                        gb_plane(out, t.n, c + i)[(size_t)(t.first + j) * block] = y[i];
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------ running */

/* Copy between rows of the matrix and a tile. */
static void read_rows(const gb_tensor *matrix, query_tile t, float *tile) {
    int keys = matrix->shape.w;
    for (int j = 0; j < t.count; j++) {
        const float *row = matrix->data + ((size_t)t.n * matrix->shape.c + t.first + j) * keys;
        for (int k = 0; k < keys; k += VL, row += VL)
            vstore(tile + ((size_t)k * QUERIES + j * VL), vload_first(row, keys - k < VL ? keys - k : VL));
    }
}

static void write_rows(const gb_tensor *matrix, query_tile t, const float *tile) {
    int keys = matrix->shape.w;
    for (int j = 0; j < t.count; j++) {
        float *row = matrix->data + ((size_t)t.n * matrix->shape.c + t.first + j) * keys;
        for (int k = 0; k < keys; k += VL, row += VL)
            vstore_first(row, keys - k < VL ? keys - k : VL, vload(tile + ((size_t)k * QUERIES + j * VL)));
    }
}

static float *workers_matrix(const attention_job *job, int worker) {
    return job->scratch + (job->p.matrix + job->p.other) * worker;
}

static void scores_task(void *arg, int task, int worker) {
    const attention_job *job = arg;
    float *matrix = workers_matrix(job, worker);
    query_tile t = tile_of(&job->p, task);
    score_tile(job, t, matrix, matrix + job->p.matrix);
    write_rows(job->args->out, t, matrix);
}

static void softmax_task(void *arg, int task, int worker) {
    const attention_job *job = arg;
    float *matrix = workers_matrix(job, worker);
    query_tile t = tile_of(&job->p, task);
    read_rows(job->args->in[0], t, matrix);
    for (int j = 0; j < t.count; j++)
        softmax_row(matrix + j * VL, QUERIES * VL, job->d->out.w);
    write_rows(job->args->out, t, matrix);
}

static void mix_task(void *arg, int task, int worker) {
    const attention_job *job = arg;
    float *matrix = workers_matrix(job, worker);
    query_tile t = tile_of(&job->p, task);
    read_rows(job->args->in[1], t, matrix);
    mix_tile(job, t, matrix, matrix + job->p.matrix);
}

static void attention_task(void *arg, int task, int worker) {
    const attention_job *job = arg;
    float *matrix = workers_matrix(job, worker), *other = matrix + job->p.matrix;
    query_tile t = tile_of(&job->p, task);
    int keys = job->phi->shape.h * job->phi->shape.w;
    score_tile(job, t, matrix, other);
    for (int j = 0; j < t.count; j++)
        softmax_row(matrix + j * VL, QUERIES * VL, keys);
    mix_tile(job, t, matrix, other);
}

static void run_attention_job(const gb_cpu *cpu, attention_job *job, void (*task)(void *arg, int i, int worker)) {
    int n = job->d->in[0].n;
    job->keys = job->args->workspace;
    job->values = job->keys + n * job->p.key_floats;
    job->scratch = job->values + n * job->p.value_floats;
    if (job->phi)
        gb_parallel(cpu, n * (job->p.keys / job->p.key_width), lay_out_keys, job);
    if (job->g)
        gb_parallel(cpu, n * job->p.values, lay_out_values, job);
    gb_parallel(cpu, n * job->p.tiles, task, job);
}

static size_t scores_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(float) * attention_floats(cpu, &d->out, plan_scores(d));
}

static void scores_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    attention_job job = {.d = d, .args = args, .p = plan_scores(d), .theta = args->in[0], .phi = args->in[1]};
    run_attention_job(cpu, &job, scores_task);
}

static size_t softmax_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(float) * attention_floats(cpu, &d->out, plan_attention(0, d->out.c, d->out.w, 0));
}

static void softmax_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    attention_job job = {.d = d, .args = args, .p = plan_attention(0, d->out.c, d->out.w, 0)};
    run_attention_job(cpu, &job, softmax_task);
}

static size_t mix_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(float) * attention_floats(cpu, &d->out, plan_mix(d));
}

static void mix_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    attention_job job = {.d = d, .args = args, .p = plan_mix(d), .g = args->in[0]};
    run_attention_job(cpu, &job, mix_task);
}

static size_t attention_workspace(const gb_cpu *cpu, const gb_desc *d) {
    return sizeof(float) * attention_floats(cpu, &d->out, plan_whole(d));
}

static void attention_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    attention_job job = {.d = d, .args = args, .p = plan_whole(d), .theta = args->in[0], .phi = args->in[1],
                         .g = args->in[2]};
    run_attention_job(cpu, &job, attention_task);
}

static const gb_op_row row_scores = {
    .op = GB_OP_SCORES, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .workspace = scores_workspace, .run = scores_run,
};
static const gb_op_row row_softmax = {
    .op = GB_OP_SOFTMAX, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .workspace = softmax_workspace, .run = softmax_run,
};
static const gb_op_row row_mix = {
    .op = GB_OP_MIX, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .workspace = mix_workspace, .run = mix_run,
};
static const gb_op_row row_attention = {
    .op = GB_OP_ATTENTION, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .workspace = attention_workspace, .run = attention_run,
};
