/* The matrix products of tile.h with AMX, whose tiles multiply bfloat16 and add in float32, at the accuracy of float32.
 *
 * A float32 is the exact sum of three bfloat16, each the next 8 bits of its mantissa: x = x1 + x2 + x3. Of the nine products of
 * two such sums, the six down to x1·w3, x2·w2 and x3·w1 are added; the other three are below 2⁻²² of x·w together, about
 * as much as one rounding. Six products on AMX take about half of the time of one on AVX-512. (Henry, Tang and Heinecke 2019,
 * "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations".)
 *
 * Operands are in memory as for AVX-512 and are split here, a slab of channels at a time, into the forms that tiles load. One
 * instruction multiplies 16 pixels × 32 channels with 32 channels × 16 outputs; the channels are those of two blocks, in
 * pairs. Values below 2⁻¹²⁶ count as zero.
 *
 * Tiles and vectors have units of their own, so the operands of the next step are split while those of this one are
 * multiplied: a few vectors after every 24 products. */

enum {
    AMX_ROWS = 16,              /* pixels of a tile */
    AMX_PARTS = 3,
    AMX_TILE = 16 * 32,         /* bfloat16 of a tile */
    AMX_PIECE = 256,            /* pixels of a step */
    AMX_PAIRS = 4,              /* pairs of blocks of a step, if there is one tap */
    AMX_MOST_TAPS = 9,
};

/* bfloat16 from one part of split operands to the next, for pixels an odd number of 2 KB and for weights 128 bytes more than
 * a multiple of 4 KB, so that parts use different lines of the first-level cache. */
#define AMX_X_STEP(pixels) ((size_t)((pixels) + 63) / 64 * 64 * 2 * VL + 1024)
#define AMX_W_STEP(taps, vectors) ((size_t)(taps) * VL * (vectors) * 2 * VL + 64)

/* What convolutions have to know. The scratch memory of a worker holds split pixels and split weights, both twice. */
enum {
    MULTIPLY_SPAN = 144,        /* pixels from the first tap to the last, at most */
    AMX_X_WORDS = AMX_PAIRS * AMX_PARTS * AMX_X_STEP(AMX_PIECE + MULTIPLY_SPAN),
    AMX_W_WORDS = AMX_PARTS * AMX_W_STEP(AMX_MOST_TAPS, TILE_VECTORS),
    MULTIPLY_FLOATS = AMX_X_WORDS + AMX_W_WORDS + VL,
    MULTIPLY_PASSES = 4,        /* several, because pixels are split once for all of them */
    MULTIPLY_PIXELS = 128,      /* many, because weights are split for each group of pixels */
};
_Static_assert(AMX_PAIRS * AMX_W_STEP(1, TILE_VECTORS) <= AMX_W_STEP(AMX_MOST_TAPS, TILE_VECTORS), "space for split weights");

/* Writes the parts of a and b as pairs (a in the lower half), `step` bfloat16 apart. */
static inline void split_pair(vec a, vec b, uint16_t *to, size_t step) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000u);
    for (int part = 0; part < AMX_PARTS; part++) {
        __m512i ia = _mm512_castps_si512(a), ib = _mm512_castps_si512(b);
        _mm512_storeu_si512(to + part * step, _mm512_ternarylogic_epi32(_mm512_srli_epi32(ia, 16), ib, upper, 0xf8));
        a = vsub(a, _mm512_castsi512_ps(_mm512_and_si512(ia, upper)));
        b = vsub(b, _mm512_castsi512_ps(_mm512_and_si512(ib, upper)));
    }
}

/* Operands that remain to be split: some neighbouring vectors of two blocks, the second of which may be absent. */
typedef struct amx_stream {
    const float *from;
    ptrdiff_t second;           /* floats from the first block to the second */
    __mmask16 both;             /* 0 if there is no second block */
    uint16_t *to;
    size_t part;                /* bfloat16 from part to part */
    int left;                   /* vectors */
} amx_stream;

typedef struct amx_splitting {
    amx_stream streams[2 * AMX_PAIRS];
    int at, count;
} amx_splitting;

/* Splits the next `vectors` vectors. */
static inline __attribute__((always_inline)) void split_some(amx_splitting *all, int vectors) {
    while (vectors > 0 && all->at < all->count) {
        amx_stream *s = &all->streams[all->at];
        int here = vectors < s->left ? vectors : s->left;
        const float *from = s->from;
        uint16_t *to = s->to;
        for (int i = 0; i < here; i++, from += VL, to += 2 * VL) {
            vprefetch(from + 2 * s->second);
            split_pair(vload(from), _mm512_maskz_loadu_ps(s->both, from + s->second), to, s->part);
        }
        s->from = from, s->to = to;
        s->left -= here, vectors -= here;
        all->at += s->left == 0;
    }
}

/* One pass of a slab of channels of a piece of the pixels. */
typedef struct amx_step {
    const tile_job *job;
    int jobs;                   /* from this one on; 0 = no step */
    int first, piece;           /* pixels */
    int block, blocks, pass;
} amx_step;

static void amx_size_step(amx_step *s) {
    int slab = AMX_PAIRS / s->job->ntaps > 1 ? AMX_PAIRS / s->job->ntaps * 2 : 2;
    s->piece = s->job->count - s->first < AMX_PIECE ? s->job->count - s->first : AMX_PIECE;
    s->blocks = s->job->blocks - s->block < slab ? s->job->blocks - s->block : slab;
}

static amx_step amx_first_step(const tile_job *jobs, int count) {
    amx_step s = {.job = jobs, .jobs = count};
    amx_size_step(&s);
    return s;
}

static amx_step amx_step_after(amx_step s) {
    if (++s.pass == s.job->passes)
        s.pass = 0, s.block += s.blocks;
    if (s.block == s.job->blocks)
        s.block = 0, s.first += s.piece;
    if (s.first == s.job->count)
        s.first = 0, s.job++, s.jobs--;
    if (s.jobs > 0)
        amx_size_step(&s);
    return s;
}

/* Split operands: x [pairs of blocks][part][pixel][VL][2], w [pairs of blocks][part][taps][VL][vectors][VL outputs][2]. */
typedef struct amx_operands {
    uint16_t *x, *w;
    size_t x_part, w_part;
} amx_operands;

static int amx_pixels(const amx_step *s) {
    int span = 0;
    for (int k = 0; k < s->job->ntaps; k++)
        span = s->job->taps[k] / VL > span ? (int)(s->job->taps[k] / VL) : span;
    return (s->piece - 1) / AMX_ROWS * AMX_ROWS + AMX_ROWS + span;
}

static void add_stream(amx_splitting *all, const float *from, size_t second, bool both, uint16_t *to, size_t part,
                       int vectors) {
    all->streams[all->count++] = (amx_stream){from, both ? (ptrdiff_t)second : 0, both ? 0xffff : 0, to, part, vectors};
}

/* Begins to split what a step needs: its pixels, unless the step before it has the same, and its weights. Each goes to
 * the half of its scratch memory that `before`, the operands of that step, does not use. Returns the number of vectors. */
static int amx_split(const amx_step *s, int vectors, const amx_operands *before, amx_operands *to, amx_splitting *all) {
    const tile_job *job = s->job;
    uint16_t *x = (uint16_t *)(((uintptr_t)job->scratch + 63) & ~(uintptr_t)63), *w = x + 2 * AMX_X_WORDS;
    int pixels = amx_pixels(s), rows = job->ntaps * VL * vectors, pairs = (s->blocks + 1) / 2;
    const float *from = job->x + s->block * job->x_block + (size_t)s->first * VL;
    all->at = all->count = 0;
    *to = *before;
    if (s->pass == 0) {
        to->x = before->x == x ? x + AMX_X_WORDS : x;
        to->x_part = AMX_X_STEP(pixels);
        for (int pair = 0; pair < pairs; pair++)
            add_stream(all, from + 2 * pair * job->x_block, job->x_block, 2 * pair + 1 < s->blocks,
                       to->x + pair * AMX_PARTS * to->x_part, to->x_part, pixels);
    }
    from = job->w + s->pass * job->w_pass + s->block * job->w_block;
    to->w = before->w == w ? w + AMX_W_WORDS : w;
    to->w_part = AMX_W_STEP(job->ntaps, vectors);
    for (int pair = 0; pair < pairs; pair++)
        add_stream(all, from + 2 * pair * job->w_block, job->w_block, 2 * pair + 1 < s->blocks,
                   to->w + pair * AMX_PARTS * to->w_part, to->w_part, rows);
    return pairs * ((s->pass == 0 ? pixels : 0) + rows);
}

typedef struct amx_job {
    amx_operands of;            /* from the tile's first pixel and the first of its vectors on */
    const ptrdiff_t *taps;
    int ntaps, chunks, vectors;
    size_t acc_step;            /* bytes from pixel to pixel of acc */
    bool more;
    amx_splitting *next;        /* operands to split meanwhile, */
    int share;                  /* this number of vectors after every 24 products */
} amx_job;

/* acc += Σ over pairs of blocks and taps, for one or two tiles of pixels and of outputs: 24 products and 14 loads. Forced
 * inline so that both counts are constants. The smallest products come first. */
static inline __attribute__((always_inline)) void amx_multiply(const amx_job *job, float *acc, const bool two_rows,
                                                               const bool two_columns) {
    float *below = (float *)((char *)acc + AMX_ROWS * job->acc_step);
    const size_t row = (size_t)job->vectors * 2 * VL;       /* of the weights of two channels */
    if (job->more) {
        _tile_loadd(0, acc, job->acc_step);
        if (two_columns)
            _tile_loadd(1, acc + VL, job->acc_step);
        if (two_rows)
            _tile_loadd(2, below, job->acc_step);
        if (two_rows && two_columns)
            _tile_loadd(3, below + VL, job->acc_step);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int chunk = 0; chunk < job->chunks; chunk++)
        for (int k = 0; k < job->ntaps; k++) {
            const uint16_t *x = job->of.x + chunk * AMX_PARTS * job->of.x_part + 2 * job->taps[k];
            const uint16_t *w = job->of.w + chunk * AMX_PARTS * job->of.w_part + k * VL * row;
#define LOAD_X(part)                                                                                                   \
    _tile_loadd(4, x + (part) * job->of.x_part, 64);                                                                   \
    if (two_rows)                                                                                                      \
        _tile_loadd(5, x + (part) * job->of.x_part + AMX_TILE, 64)
#define LOAD_W(part)                                                                                                   \
    _tile_loadd(6, w + (part) * job->of.w_part, 2 * row);                                                              \
    if (two_columns)                                                                                                   \
        _tile_loadd(7, w + (part) * job->of.w_part + 2 * VL, 2 * row)
#define PRODUCTS                                                                                                       \
    _tile_dpbf16ps(0, 4, 6);                                                                                           \
    if (two_columns)                                                                                                   \
        _tile_dpbf16ps(1, 4, 7);                                                                                       \
    if (two_rows)                                                                                                      \
        _tile_dpbf16ps(2, 5, 6);                                                                                       \
    if (two_rows && two_columns)                                                                                       \
        _tile_dpbf16ps(3, 5, 7)
            LOAD_X(2);
            LOAD_W(0);
            PRODUCTS;
            LOAD_X(1);
            PRODUCTS;
            LOAD_W(1);
            PRODUCTS;
            LOAD_X(0);
            PRODUCTS;
            LOAD_W(2);
            PRODUCTS;
            LOAD_W(0);
            PRODUCTS;
#undef LOAD_X
#undef LOAD_W
#undef PRODUCTS
            split_some(job->next, job->share);
        }
    _tile_stored(0, acc, job->acc_step);
    if (two_columns)
        _tile_stored(1, acc + VL, job->acc_step);
    if (two_rows)
        _tile_stored(2, below, job->acc_step);
    if (two_rows && two_columns)
        _tile_stored(3, below + VL, job->acc_step);
}

/* One step. */
static void amx_multiply_step(amx_job job, float *acc, int count) {
    const amx_operands of = job.of;
    for (int r = 0; r < job.vectors; r += 2, job.of.w = of.w + r * 2 * VL) {
        bool two_columns = r + 1 < job.vectors;
        for (int j = 0; j < count; j += 2 * AMX_ROWS) {
            float *at = acc + ((size_t)j * job.vectors + r) * VL;
            job.of.x = of.x + (size_t)j * 2 * VL;
            if (j + AMX_ROWS < count) {
                if (two_columns)
                    amx_multiply(&job, at, true, true);
                else
                    amx_multiply(&job, at, true, false);
            } else if (two_columns)
                amx_multiply(&job, at, false, true);
            else
                amx_multiply(&job, at, false, false);
        }
    }
}

static void amx_configure(void) {
    struct { uint8_t palette, start, unused[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {.palette = 1};
    for (int i = 0; i < 8; i++)
        tiles.bytes[i] = 64, tiles.rows[i] = AMX_ROWS;
    _tile_loadconfig(&tiles);
}

static void multiply(const tile_job *jobs, int count, int vectors) {
    amx_splitting splitting;
    amx_operands none = {NULL}, now, then;
    amx_step step = amx_first_step(jobs, count);
    amx_configure();
    split_some(&splitting, amx_split(&step, vectors, &none, &now, &splitting));
    while (step.jobs > 0) {
        const tile_job *job = step.job;
        amx_step next = amx_step_after(step);
        int chunks = (step.blocks + 1) / 2, left = 0;
        int turns = chunks * job->ntaps * ((vectors + 1) / 2) * ((step.piece - 1) / (2 * AMX_ROWS) + 1);
        splitting.at = splitting.count = 0;
        if (next.jobs > 0)
            left = amx_split(&next, vectors, &now, &then, &splitting);
        amx_job products = {.of = now, .taps = job->taps, .ntaps = job->ntaps, .chunks = chunks, .vectors = vectors,
                            .acc_step = sizeof(float) * vectors * VL, .more = job->more || step.block > 0,
                            .next = &splitting, .share = (left + turns - 1) / turns};
        amx_multiply_step(products, job->acc + step.pass * job->acc_pass + (size_t)step.first * vectors * VL, step.piece);
        split_some(&splitting, left);
        step = next, now = then;
    }
    _tile_release();
}
