/* The register tile that all matrix products use:  acc[j][r] += Σ_k x[j][k] · w[k][r]  for a few neighbouring pixels j
 * and 1 to MOST_VECTORS vectors r of outputs. Each output is one chain of sums in the order of k, so its bits do not
 * depend on the width of the tile or on the worker.
 *
 * k runs over blocks of VL channels, over taps (offsets into x, for convolutions) and over the channels of a block,
 * PAIR at a time. x and w are operands (operands_float.h, operands_bf16.h), sums are float32. */

static inline int vectors_of(int channels_count) {
    return (channels_count + VL - 1) / VL;
}

/* Where there are 32 vector registers, layers of 3 or 5 vectors have tiles of that width: those of one vector load as many
 * operands as they multiply. */
#if TILE_VECTORS > 2 && !defined __AMX_BF16__
enum { MOST_VECTORS = 5 };
#else
enum { MOST_VECTORS = TILE_VECTORS };
#endif

/* The pixels of a tile of `vectors` vectors: as many as fit the registers beside the weights and a broadcast, and a divisor of
 * 12. */
static inline int tile_pixels(int vectors) {
#ifdef __AMX_BF16__
    (void)vectors;
    return 16;
#else
    return vectors > 4 ? 4 : vectors >= TILE_VECTORS || vectors == 3 ? 6 : 12;
#endif
}

/* The widest of TILE_VECTORS, 2 and 1 vectors that fills a layer of `vectors` output vectors without a remainder. */
static inline int even_width(int vectors) {
    return vectors % TILE_VECTORS == 0 ? TILE_VECTORS : vectors % 2 == 0 && TILE_VECTORS > 2 ? 2 : 1;
}

/* The same with tiles of 5 and 3 vectors, if there are any. */
static inline int tile_width(int vectors) {
    int even = even_width(vectors);
    return even > 1 || MOST_VECTORS < 5 ? even : vectors % 5 == 0 ? 5 : vectors % 3 == 0 ? 3 : 1;
}

/* Divides `size` pixels into as few bands of at most `limit` as possible, all of about the same size: a short last one
 * would read all weights for a few pixels. `limit` and *band are multiples of `step`. */
static inline void share_bands(int size, int limit, int step, int *band, int *bands) {
    int count = (size - 1) / limit + 1, share = (size - 1) / count + 1;
    *band = (share + step - 1) / step * step;
    *bands = (size - 1) / *band + 1;
}

/* Divides `size` pixels into groups of at most `limit`, a multiple of `step`, so that `workers` workers that take one group
 * after the other finish as early as possible. Large groups read the weights less often. */
static inline int group_size(int size, int limit, int step, int workers) {
    int most = (size - 1) / step * step + step, best;
    int64_t least = INT64_MAX;
    most = most < limit ? most : limit;
    best = most;
    for (int group = most; group >= step && 2 * group >= most; group -= step) {
        int64_t groups = (size - 1) / group + 1, time = ((groups - 1) / workers + 1) * group;
        if (time < least)
            least = time, best = group;
    }
    return best;
}

typedef struct tile_job {
    const operand *x;        /* pixel j, channel i of block b, tap k: x[b · x_block + taps[k] + j · VL + i] */
    size_t x_block;
    const ptrdiff_t *taps;
    int count;              /* pixels */
    int ntaps, blocks;
    const operand *w;       /* [blocks][ntaps][VL / PAIR][vectors · VL][PAIR], w_block operands from block to block */
    size_t w_block;
    float *acc;
    int passes;             /* sets of weights that the same pixels pass by, for acc, acc + acc_pass, … */
    size_t w_pass, acc_pass;
    bool more;              /* add to acc rather than start from zero */
    float *scratch;         /* MULTIPLY_FLOATS of this worker */
} tile_job;

#ifdef __AMX_BF16__
#include "ops/simd/tile_amx.h"
#else
/* What convolutions have to know of multiply(). */
enum {
    MULTIPLY_FLOATS = 0,        /* scratch memory of a worker */
    MULTIPLY_PASSES = 1,        /* passes that a convolution gives it at once, at most */
    MULTIPLY_PIXELS = 96,       /* of a group, at most */
    MULTIPLY_SPAN = INT_MAX,    /* pixels from the first tap to the last, at most */
};

/* acc is [pixels][vectors · VL]. Forced inline so that both counts are constants and the accumulators registers. */
static inline __attribute__((always_inline)) void multiply_tile(const tile_job *job, float *acc, const int pixels,
                                                                const int vectors) {
    vec a[12][MOST_VECTORS];
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            a[j][r] = job->more ? vload(acc + (j * vectors + r) * VL) : vset1(0.0f);
    const operand *x_block = job->x, *w_block = job->w;
    for (int b = 0; b < job->blocks; b++, x_block += job->x_block, w_block += job->w_block) {
        const operand *w = w_block;
        for (int k = 0; k < job->ntaps; k++) {
            const operand *x = x_block + job->taps[k];
            for (int i = 0; i < VL; i += PAIR, x += PAIR, w += vectors * VL * PAIR) {
                operands u[MOST_VECTORS];
                for (int r = 0; r < vectors; r += 16 / VL)      /* weights come from the second-level cache */
                    vprefetch(w + (8 * vectors + r) * VL * PAIR);
                for (int r = 0; r < vectors; r++)
                    u[r] = load_operands(w + r * VL * PAIR);
                for (int j = 0; j < pixels; j++) {
                    operand_factor s = load_factor(x + j * VL);
                    for (int r = 0; r < vectors; r++)
                        a[j][r] = multiply_operands(s, u[r], a[j][r]);
                }
            }
        }
    }
    for (int j = 0; j < pixels; j++)
        for (int r = 0; r < vectors; r++)
            vstore(acc + (j * vectors + r) * VL, a[j][r]);
}

static void multiply_blocks(tile_job job, float *acc, int vectors) {
    int step = job.count == 1 ? 1 : tile_pixels(vectors);
    for (int j = 0; j < job.count; j += step, job.x += step * VL, acc += step * vectors * VL) {
        switch (vectors) {
#define TILE(width)                                                                                                    \
        case width:                                                                                                    \
            if (step == 1)                                                                                             \
                multiply_tile(&job, acc, 1, width);                                                                    \
            else                                                                                                       \
                multiply_tile(&job, acc, tile_pixels(width), width);                                                   \
            break
        TILE(1);
        TILE(2);
#if TILE_VECTORS > 2
        TILE(3);
        TILE(4);
        TILE(5);
#endif
#undef TILE
        default:
            break;
        }
    }
}

/* All pixels pass by 16 KB of weights before the next 16 KB, so that only the first tile reads them from beyond the
 * first-level cache. Meanwhile sums are in memory, which does not change their bits. */
static void multiply_pass(tile_job job, float *acc, int vectors) {
    int blocks = job.blocks, slab = (16 << 10) / (int)(sizeof(operand) * job.ntaps * VL * vectors * VL);
    slab = job.count <= tile_pixels(vectors) ? blocks : slab < 1 ? 1 : slab;
    for (int block = 0; block < blocks; block += slab) {
        job.blocks = blocks - block < slab ? blocks - block : slab;
        multiply_blocks(job, acc, vectors);
        job.x += slab * job.x_block, job.w += slab * job.w_block, job.more = true;
    }
}

/* Computes products one after the other, all with `vectors` vectors of outputs. Pixels are rounded up to complete tiles,
 * unless there is only one: x and acc have space for those. */
static void multiply(const tile_job *jobs, int count, int vectors) {
    for (; count > 0; jobs++, count--) {
        tile_job one = *jobs;
        for (int pass = 0; pass < jobs->passes; pass++, one.w += jobs->w_pass)
            multiply_pass(one, jobs->acc + pass * jobs->acc_pass, vectors);
    }
}
#endif

/* ------------------------------------------------------------------------------------------------ weights */

/* Offset of channel i of a block for output o of a register tile with `outputs` outputs. */
static inline size_t weight_at(int i, int o, int outputs) {
    return ((size_t)i / PAIR * outputs + o) * PAIR + i % PAIR;
}

typedef struct matrix_packing { const float *w; int cin, cout; operand *to; } matrix_packing;

static void pack_matrix_block(void *arg, int task, int worker) {
    const matrix_packing *job = arg;
    int blocks = vectors_of(job->cin), outputs = tile_width(vectors_of(job->cout)) * VL;
    int first = task % blocks * VL, first_out = task / blocks * outputs;
    operand *to = job->to + (size_t)task * VL * outputs;
    (void)worker;
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < VL; i++)
            to[weight_at(i, o, outputs)] = to_operand(first + i < job->cin && first_out + o < job->cout
                                                     ? job->w[(size_t)(first_out + o) * job->cin + first + i] : 0.0f);
}

/* Packs w [cout][cin] as [passes][cin / PAIR][width · VL][PAIR], with cin and cout padded with zeros. */
static void pack_matrix(const gb_cpu *cpu, const float *w, int cin, int cout, operand *to) {
    matrix_packing job = {w, cin, cout, to};
    gb_parallel(cpu, vectors_of(cout) / tile_width(vectors_of(cout)) * vectors_of(cin), pack_matrix_block, &job);
}

/* Whether these products are faster than those of the next lower instruction set: AMX splits every operand, which pays with
 * this many channels in and out and maps of this size. */
static bool multiply_pays(const gb_desc *d, int cin, int cout, int size) {
    return MULTIPLY_PASSES == 1 ||
           (d->in[0].c >= cin && d->conv.cout >= cout && d->in[0].h >= size && d->in[0].w >= size);
}
