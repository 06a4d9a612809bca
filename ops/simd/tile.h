/* The register tile every matrix-like kernel stands on:  acc[j][r] += Σ_k x[j][k] · w[k][r]  for a few neighbouring
 * pixels j and one to TILE_VECTORS vectors r of outputs, in one chain of sums per output, in the order of k. Neither the
 * tile's width nor who runs it changes a bit.
 *
 * k runs over blocks of VL channels, over taps (offsets into x, for convolutions) and over the channels of a block, PAIR
 * at a time: x and w are factors (factors_float.h, factors_bf16.h), sums float32. */

static inline int vectors_of(int channels_count) {
    return (channels_count + VL - 1) / VL;
}

/* Pixels a tile of `vectors` outputs takes: what the registers hold beside weights and a broadcast. */
static inline int tile_pixels(int vectors) {
    return vectors == TILE_VECTORS ? 6 : 12;
}

/* The widest tile that fills a layer of `vectors` output vectors without a remainder. */
static inline int tile_width(int vectors) {
    return vectors % TILE_VECTORS == 0 ? TILE_VECTORS : vectors % 2 == 0 && TILE_VECTORS > 2 ? 2 : 1;
}

typedef struct tile_job {
    const factor *x;        /* pixel j, channel i of block b, tap k: x[b · x_block + taps[k] + j · VL + i] */
    size_t x_block;
    const ptrdiff_t *taps;
    int ntaps, blocks;
    const factor *w;        /* [blocks][ntaps][VL / PAIR][vectors · VL][PAIR], w_block factors from block to block */
    size_t w_block;
    bool more;              /* add to acc rather than start from zero */
} tile_job;

/* acc is [pixels][vectors · VL]. Forced inline so that both counts are constants and the accumulators registers. */
static inline __attribute__((always_inline)) void multiply_tile(const tile_job *job, float *acc, const int pixels,
                                                                const int vectors) {
    vec a[12][TILE_VECTORS];
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            a[j][r] = job->more ? vload(acc + (j * vectors + r) * VL) : vset1(0.0f);
    const factor *x_block = job->x, *w_block = job->w;
    for (int b = 0; b < job->blocks; b++, x_block += job->x_block, w_block += job->w_block) {
        const factor *w = w_block;
        for (int k = 0; k < job->ntaps; k++) {
            const factor *x = x_block + job->taps[k];
            for (int i = 0; i < VL; i += PAIR, x += PAIR, w += vectors * VL * PAIR) {
                factors u[TILE_VECTORS];
                for (int r = 0; r < vectors; r += 16 / VL)      /* weights stream from the second-level cache */
                    vprefetch(w + (8 * vectors + r) * VL * PAIR);
                for (int r = 0; r < vectors; r++)
                    u[r] = load_factors(w + r * VL * PAIR);
                for (int j = 0; j < pixels; j++) {
                    factors s = spread_factors(x + j * VL);
                    for (int r = 0; r < vectors; r++)
                        a[j][r] = multiply_factors(s, u[r], a[j][r]);
                }
            }
        }
    }
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            vstore(acc + (j * vectors + r) * VL, a[j][r]);
}

/* Computes `count` pixels. Unless it is one alone they are rounded up to whole tiles: x and acc have room for those. */
static void multiply(tile_job job, float *acc, int vectors, int count) {
    int step = count == 1 ? 1 : tile_pixels(vectors);
    for (int j = 0; j < count; j += step, job.x += step * VL, acc += step * vectors * VL) {
        if (vectors == TILE_VECTORS && step == 1)
            multiply_tile(&job, acc, 1, TILE_VECTORS);
        else if (vectors == TILE_VECTORS)
            multiply_tile(&job, acc, 6, TILE_VECTORS);
#if TILE_VECTORS > 2
        else if (vectors == 2 && step == 1)
            multiply_tile(&job, acc, 1, 2);
        else if (vectors == 2)
            multiply_tile(&job, acc, 12, 2);
#endif
        else if (step == 1)
            multiply_tile(&job, acc, 1, 1);
        else
            multiply_tile(&job, acc, 12, 1);
    }
}

/* ------------------------------------------------------------------------------------------------ weights */

/* Where channel i of a block is for output o of a register tile's `lanes`. */
static inline size_t weight_at(int i, int o, int lanes) {
    return ((size_t)i / PAIR * lanes + o) * PAIR + i % PAIR;
}

typedef struct matrix_packing { const float *w; int cin, cout; factor *to; } matrix_packing;

static void pack_matrix_block(void *arg, int task, int worker) {
    const matrix_packing *job = arg;
    int blocks = vectors_of(job->cin), lanes = tile_width(vectors_of(job->cout)) * VL;
    int first = task % blocks * VL, first_out = task / blocks * lanes;
    factor *to = job->to + (size_t)task * VL * lanes;
    (void)worker;
    for (int o = 0; o < lanes; o++)
        for (int i = 0; i < VL; i++)
            to[weight_at(i, o, lanes)] = factor_of(first + i < job->cin && first_out + o < job->cout
                                                     ? job->w[(size_t)(first_out + o) * job->cin + first + i] : 0.0f);
}

/* w [cout][cin] as [passes][cin / PAIR][width · VL][PAIR], both rounded up with zeros. */
static void pack_matrix(const gb_cpu *cpu, const float *w, int cin, int cout, factor *to) {
    matrix_packing job = {w, cin, cout, to};
    gb_parallel(cpu, vectors_of(cout) / tile_width(vectors_of(cout)) * vectors_of(cin), pack_matrix_block, &job);
}
