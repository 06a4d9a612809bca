/* The matrix products of tile.h with AMX, whose tiles multiply bfloat16 and add in float32, at the accuracy of float32.
 *
 * A float32 is the exact sum of three bfloat16, each the next 8 bits of its mantissa: x = x1 + x2 + x3. Of the nine products of
 * two such sums, the six down to x1·w3, x2·w2 and x3·w1 are added; the other three are below 2⁻²² of x·w together, about
 * as much as one rounding. Six products on AMX take about half of the time of one on AVX-512. (Henry, Tang and Heinecke 2019,
 * "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations".)
 *
 * Operands are in memory as for AVX-512 and are split here, a slab of channels at a time, into the forms that tiles load. One
 * instruction multiplies 16 pixels × 32 channels with 32 channels × 16 outputs; the channels are those of two blocks, in
 * pairs. Values below 2⁻¹²⁶ count as zero. */

enum {
    AMX_ROWS = 16,              /* pixels of a tile */
    AMX_PARTS = 3,
    AMX_TILE = 16 * 32,         /* bfloat16 of a tile */
    AMX_PIECE = 256,            /* pixels that are split at once */
    AMX_PAIRS = 4,              /* pairs of blocks that are split at once, if there is one tap */
    AMX_MOST_TAPS = 9,
};

/* Split pixels: bfloat16 from one part to the next. An odd number of 2 KB, so that parts use different lines of the
 * first-level cache. */
static inline size_t amx_part_step(int pixels) {
    return (size_t)(pixels + 63) / 64 * 64 * 2 * VL + 1024;
}

/* What convolutions have to know. The scratch memory of a worker holds split pixels, then split weights. */
enum {
    MULTIPLY_SPAN = 144,        /* pixels from the first tap to the last, at most */
    AMX_X_WORDS = AMX_PAIRS * AMX_PARTS * ((AMX_PIECE + MULTIPLY_SPAN + 63) / 64 * 64 * 2 * VL + 1024),
    AMX_W_WORDS = AMX_MOST_TAPS * AMX_PARTS * TILE_VECTORS * AMX_TILE,
    MULTIPLY_FLOATS = (AMX_X_WORDS + AMX_W_WORDS) / 2 + VL,
    MULTIPLY_PASSES = 8,        /* several, because pixels are split once for all of them */
    MULTIPLY_PIXELS = 256,      /* many, because weights are split for each group of pixels */
};

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

/* Splits `pixels` pixels of `blocks` blocks:  to [pairs of blocks][part][pixel][VL][2]. */
static void split_pixels(const tile_job *job, const float *x, int blocks, int pixels, uint16_t *to) {
    size_t step = amx_part_step(pixels);
    for (int b = 0; b < blocks; b += 2, x += 2 * job->x_block, to += AMX_PARTS * step)
        for (int j = 0; j < pixels; j++) {
            vec second = b + 1 < blocks ? vload(x + job->x_block + (size_t)j * VL) : vset1(0.0f);
            split_pair(vload(x + (size_t)j * VL), second, to + (size_t)j * 2 * VL, step);
        }
}

/* Splits the weights of `blocks` blocks:  to [pairs of blocks][taps][vectors][part][VL][VL outputs][2]. */
static void split_weights(const tile_job *job, const float *w, int blocks, int vectors, uint16_t *to) {
    for (int b = 0; b < blocks; b += 2, w += 2 * job->w_block)
        for (int k = 0; k < job->ntaps; k++, to += vectors * AMX_PARTS * AMX_TILE)
            for (int i = 0; i < VL; i++)
                for (int r = 0; r < vectors; r++) {
                    const float *from = w + ((size_t)(k * VL + i) * vectors + r) * VL;
                    vec second = b + 1 < blocks ? vload(from + job->w_block) : vset1(0.0f);
                    vprefetch(from + 2 * job->w_block);
                    vprefetch(from + 3 * job->w_block);
                    split_pair(vload(from), second, to + r * AMX_PARTS * AMX_TILE + i * 2 * VL, AMX_TILE);
                }
}

typedef struct amx_job {
    const uint16_t *x, *w;      /* split pixels from the tile's first one on, and weights from its first vector on */
    size_t x_part, x_chunk, w_step;     /* bfloat16 from part to part, pair to pair; and of all vectors of a tap */
    const ptrdiff_t *taps;
    int ntaps, chunks;
    size_t acc_step;            /* bytes from pixel to pixel of acc */
    bool more;
} amx_job;

/* acc += Σ over pairs of blocks and taps, for one or two tiles of pixels and of outputs: 24 products and 14 loads. Forced
 * inline so that both counts are constants. The smallest products come first. */
static inline __attribute__((always_inline)) void amx_multiply(const amx_job *job, float *acc, const bool two_rows,
                                                               const bool two_columns) {
    float *below = (float *)((char *)acc + AMX_ROWS * job->acc_step);
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
    const uint16_t *w = job->w;
    for (int chunk = 0; chunk < job->chunks; chunk++)
        for (int k = 0; k < job->ntaps; k++, w += job->w_step) {
            const uint16_t *x = job->x + chunk * job->x_chunk + 2 * job->taps[k];
#define LOAD_X(part)                                                                                                   \
    _tile_loadd(4, x + (part) * job->x_part, 64);                                                                      \
    if (two_rows)                                                                                                      \
        _tile_loadd(5, x + (part) * job->x_part + AMX_TILE, 64)
#define LOAD_W(part)                                                                                                   \
    _tile_loadd(6, w + (part) * AMX_TILE, 64);                                                                         \
    if (two_columns)                                                                                                   \
        _tile_loadd(7, w + (AMX_PARTS + (part)) * AMX_TILE, 64)
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
        }
    _tile_stored(0, acc, job->acc_step);
    if (two_columns)
        _tile_stored(1, acc + VL, job->acc_step);
    if (two_rows)
        _tile_stored(2, below, job->acc_step);
    if (two_rows && two_columns)
        _tile_stored(3, below + VL, job->acc_step);
}

/* One slab of one pass, for `count` pixels. */
static void amx_multiply_slab(amx_job job, float *acc, int vectors, int count) {
    const uint16_t *x = job.x;
    for (int r = 0; r < vectors; r += 2, job.w += 2 * AMX_PARTS * AMX_TILE) {
        bool two_columns = r + 1 < vectors;
        for (int j = 0; j < count; j += 2 * AMX_ROWS) {
            float *at = acc + ((size_t)j * vectors + r) * VL;
            job.x = x + (size_t)j * 2 * VL;
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

/* Computes `count` pixels, rounded up to complete tiles: x and acc have space for those. */
static void multiply(const tile_job *job, float *acc, int vectors, int count) {
    uint16_t *x = (uint16_t *)(((uintptr_t)job->scratch + 63) & ~(uintptr_t)63), *w = x + AMX_X_WORDS;
    int span = 0, slab = AMX_PAIRS / job->ntaps > 1 ? AMX_PAIRS / job->ntaps * 2 : 2;
    for (int k = 0; k < job->ntaps; k++)
        span = job->taps[k] / VL > span ? (int)(job->taps[k] / VL) : span;
    amx_configure();
    for (int first = 0; first < count; first += AMX_PIECE) {
        int piece = count - first < AMX_PIECE ? count - first : AMX_PIECE;
        int pixels = (piece - 1) / AMX_ROWS * AMX_ROWS + AMX_ROWS + span;
        for (int block = 0; block < job->blocks; block += slab) {
            int blocks = job->blocks - block < slab ? job->blocks - block : slab;
            split_pixels(job, job->x + block * job->x_block + (size_t)first * VL, blocks, pixels, x);
            for (int pass = 0; pass < job->passes; pass++) {
                split_weights(job, job->w + pass * job->w_pass + block * job->w_block, blocks, vectors, w);
                amx_job products = {.x = x, .w = w, .x_part = amx_part_step(pixels),
                                    .x_chunk = amx_part_step(pixels) * AMX_PARTS, .taps = job->taps,
                                    .ntaps = job->ntaps, .chunks = (blocks + 1) / 2,
                                    .w_step = (size_t)vectors * AMX_PARTS * AMX_TILE,
                                    .acc_step = sizeof(float) * vectors * VL, .more = job->more || block > 0};
                amx_multiply_slab(products, acc + pass * job->acc_pass + (size_t)first * vectors * VL, vectors, piece);
            }
        }
    }
    _tile_release();
}
