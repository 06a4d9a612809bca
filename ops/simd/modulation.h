/* Styles and demodulation of the fast convolutions:  s[n,i] = styles · style_gain, and
 * d[n,o] = 1/√(Σ_i Q[o,i] s[n,i]² + 1e-8)  with Q[o,i] = Σ_k W[o,i,k]², summed when the weights are packed. */

/* Floats of Q, laid out [cout/VL][cin][VL]. */
static size_t squares_floats(const gb_desc *d) {
    return d->conv.demodulate ? (size_t)vectors_of(d->conv.cout) * VL * d->in[0].c : 0;
}

typedef struct squares_packing { const gb_desc *d; const float *w; float *to; } squares_packing;

static void pack_squares_vector(void *arg, int block, int worker) {
    const squares_packing *job = arg;
    int cin = job->d->in[0].c, cout = job->d->conv.cout, taps = job->d->conv.kernel * job->d->conv.kernel;
    (void)worker;
    for (int o = 0; o < VL; o++) {
        const float *w = job->w + (size_t)(block * VL + o) * cin * taps;
        for (int i = 0; i < cin; i++) {
            double sum = 0.0;
            for (int k = 0; block * VL + o < cout && k < taps; k++)
                sum += (double)w[i * taps + k] * w[i * taps + k];
            job->to[((size_t)block * cin + i) * VL + o] = (float)sum;
        }
    }
}

static void pack_squares(const gb_cpu *cpu, const gb_desc *d, const float *w, float *squares) {
    squares_packing job = {d, w, squares};
    if (d->conv.demodulate)
        gb_parallel(cpu, vectors_of(d->conv.cout), pack_squares_vector, &job);
}

typedef struct modulation {
    float *s;               /* [N][cin rounded up to VL]; zero past cin */
    float *d;               /* [N][cout rounded up to VL] */
} modulation;

static size_t modulation_floats(const gb_desc *d) {
    return (size_t)d->out.n * VL * (vectors_of(d->in[0].c) + vectors_of(d->conv.cout));
}

typedef struct modulation_job {
    const gb_desc *d;
    const float *squares;
    modulation m;
} modulation_job;

enum { DEMODULATED = 4 };               /* vectors of outputs at a time: each sum is one chain */

static inline __attribute__((always_inline)) void demodulate_vectors(const float *q, const float *s, int cin, float *d,
                                                                     const int vectors) {
    vec sum[DEMODULATED];
    for (int r = 0; r < vectors; r++)
        sum[r] = vset1(1e-8f);
    for (int i = 0; i < cin; i++)
        for (int r = 0; r < vectors; r++)
            sum[r] = vmadd(vload(q + ((size_t)r * cin + i) * VL), vset1(s[i] * s[i]), sum[r]);
    for (int r = 0; r < vectors; r++)
        vstore(d + r * VL, vdiv(vset1(1.0f), vsqrt(sum[r])));
}

static void demodulate_block(void *arg, int task, int worker) {
    const modulation_job *job = arg;
    int cin = job->d->in[0].c, vectors = vectors_of(job->d->conv.cout), blocks = (vectors - 1) / DEMODULATED + 1;
    int n = task / blocks, first = task % blocks * DEMODULATED;
    const float *s = job->m.s + (size_t)n * VL * vectors_of(cin), *q = job->squares + (size_t)first * cin * VL;
    float *d = job->m.d + ((size_t)n * vectors + first) * VL;
    (void)worker;
    if (first + DEMODULATED <= vectors)
        demodulate_vectors(q, s, cin, d, DEMODULATED);
    else
        for (int r = 0; first + r < vectors; r++)
            demodulate_vectors(q + (size_t)r * cin * VL, s, cin, d + r * VL, 1);
}

/* Computes both from the styles of this run. `at` has modulation_floats() floats. */
static modulation modulate(const gb_cpu *cpu, const gb_desc *d, const gb_args *args, const float *squares, float *at) {
    int cin = d->in[0].c, cin_padded = VL * vectors_of(cin);
    modulation m = {.s = at, .d = at + (size_t)d->out.n * cin_padded};
    for (int n = 0; n < d->out.n; n++) {
        const float *styles = d->conv.modulated ? gb_plane(args->in[1], n, 0) : NULL;       /* vectors are planar */
        float *s = m.s + (size_t)n * cin_padded;
        for (int i = 0; i < cin; i++)
            s[i] = styles ? styles[i] * d->conv.style_gain : 1.0f;
        for (int i = cin; i < cin_padded; i++)
            s[i] = 0.0f;
    }
    if (d->conv.demodulate) {
        modulation_job job = {d, squares, m};
        int tasks = d->out.n * ((vectors_of(d->conv.cout) - 1) / DEMODULATED + 1);
        gb_parallel_work(cpu, (size_t)d->out.n * vectors_of(d->conv.cout) * VL * cin, tasks, demodulate_block, &job);
    } else {
        for (size_t i = 0; i < (size_t)d->out.n * VL * vectors_of(d->conv.cout); i++)
            m.d[i] = 1.0f;
    }
    return m;
}

/* Fast convolutions of maps read and write complete blocks. */
static bool blocked_maps(const gb_desc *d) {
    return d->in[0].block == VL && d->out.block == VL && (!d->conv.modulated || d->in[1].block == 1);
}
