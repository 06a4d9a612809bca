/* Convolutions with the tile products of AMX-BF16, used only on request. One instruction multiplies 16 pixels × 32 input
 * channels by 32 channels × 16 outputs in bfloat16 and adds in float32, 16 times the products of a core's AVX-512 units in the
 * same time. Transforms would take longer than the products that they save, so every convolution is a direct one, with the
 * error of rounding inputs and weights to bfloat16 alone.
 *
 * A task takes a strip of rows of a sample. It copies the modulated input to bfloat16, [cin / 32][pixel][32], with a border
 * of zeros, which stays in the second-level cache while the weights pass by. All pixels of the copy form one long row, in
 * which a tap is a constant offset; the results at the border are not stored. If there are few strips and many weights, all
 * workers share one copy of the whole sample and divide the outputs.
 *
 * Upsampling computes the transposed convolution t by its four parts (even or odd rows and columns of t: 4, 2, 2 and 1 taps),
 * which are stored at every second pixel of every second row, and then applies the FIR to t. Maps that are wide keep three
 * positions of t in a ring buffer; narrow ones compute t of the whole strip.
 *
 * A ToRGB that follows is computed strip by strip. If nothing else reads the map, its worker keeps only the strip. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ops/kernel.h"
#include "ops/simd/simd.h"
#include "ops/simd/vec_avx512.h"

#include "ops/simd/epilogue.h"

typedef uint16_t operand;

enum {
    STEP = 32,                  /* input channels of a tile product */
    SIDE = 16,                  /* its pixels, and its outputs */
    TILE_OPERANDS = SIDE * STEP,
    PAIR_OF_TILES = 2 * SIDE,   /* pixels that pass by the weights together */
    TILE_ROW = 64,              /* bytes */
    RING = 3,                   /* positions of t that the FIR reads */
    WIDE = 96,                  /* maps of at least this width have a ring buffer */
    MOST_TAPS = 9
};

static inline int vectors_of(int channels_count) {
    return (channels_count + VL - 1) / VL;
}

#include "ops/simd/modulation.h"
#include "ops/simd/torgb_pixels.h"

/* ------------------------------------------------------------------------------------------------ products */

/* All eight tiles have 16 rows of 64 bytes: 0 to 3 sums, 4 and 5 pixels, 6 and 7 weights. */
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} tile_config __attribute__((aligned(64))) = {
    .palette = 1, .bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

typedef struct product {
    const operand *x;           /* pixel j of chunk b at tap k: x[b · x_chunk + taps[k] + j · STEP] */
    size_t x_chunk;
    const ptrdiff_t *taps;
    int ntaps, chunks;
    const operand *w;           /* [chunks][ntaps][width][STEP / 2][SIDE][2], w_chunk operands from chunk to chunk */
    size_t w_chunk;
} product;

/* Sums of 16 or 32 pixels and 16 or 32 outputs. Pixel j of vector r goes to y[r · y_vector + j · y_pixel]. Each output is one
 * chain of sums in the order of chunks and taps, whichever tile it is in. Forced inline so that the conditions are constants. */
static inline __attribute__((always_inline)) void multiply_tiles(const product *p, float *y, size_t y_vector, size_t y_pixel,
                                                                 const bool two_pixels, const bool two_outputs) {
    const operand *x_chunk = p->x, *w_chunk = p->w;
    _tile_zero(0);
    if (two_outputs)
        _tile_zero(1);
    if (two_pixels)
        _tile_zero(2);
    if (two_pixels && two_outputs)
        _tile_zero(3);
    for (int b = 0; b < p->chunks; b++, x_chunk += p->x_chunk, w_chunk += p->w_chunk) {
        const operand *w = w_chunk;
        for (int k = 0; k < p->ntaps; k++) {
            const operand *x = x_chunk + p->taps[k];
            _tile_loadd(4, x, TILE_ROW);
            _tile_loadd(6, w, TILE_ROW);
            _tile_dpbf16ps(0, 4, 6);
            if (two_pixels) {
                _tile_loadd(5, x + TILE_OPERANDS, TILE_ROW);
                _tile_dpbf16ps(2, 5, 6);
            }
            w += TILE_OPERANDS;
            if (two_outputs) {
                _tile_loadd(7, w, TILE_ROW);
                _tile_dpbf16ps(1, 4, 7);
                w += TILE_OPERANDS;
            }
            if (two_pixels && two_outputs)
                _tile_dpbf16ps(3, 5, 7);
        }
    }
    size_t step = y_pixel * sizeof *y;
    _tile_stored(0, y, step);
    if (two_outputs)
        _tile_stored(1, y + y_vector, step);
    if (two_pixels)
        _tile_stored(2, y + SIDE * y_pixel, step);
    if (two_pixels && two_outputs)
        _tile_stored(3, y + y_vector + SIDE * y_pixel, step);
}

static void multiply(const product *p, float *y, size_t y_vector, size_t y_pixel, bool two_pixels, bool two_outputs) {
    if (two_pixels && two_outputs)
        multiply_tiles(p, y, y_vector, y_pixel, true, true);
    else if (two_pixels)
        multiply_tiles(p, y, y_vector, y_pixel, true, false);
    else if (two_outputs)
        multiply_tiles(p, y, y_vector, y_pixel, false, true);
    else
        multiply_tiles(p, y, y_vector, y_pixel, false, false);
}

/* ------------------------------------------------------------------------------------------------ plan */

/* In each direction, t[2a] = W[0] x[a] + W[2] x[a−1] and t[2a+1] = W[1] x[a]. Part 2 · (odd row) + (odd column); taps as
 * ky · 3 + kx. */
typedef struct amx_part { int ntaps, taps[4]; } amx_part;
static const amx_part amx_parts[4] = {{4, {0, 2, 6, 8}}, {2, {1, 7}}, {2, {3, 5}}, {1, {4}}};

typedef struct amx_plan {
    int chunks, taps, width, passes;    /* chunks of input channels; vectors of a pass over all outputs */
    int wanted;                         /* passes with outputs that are read */
    int pad, row;                       /* border; pixels of a row of the copy */
    int above, below;                   /* rows of the copy before and after those of the strip */
    bool shared;                        /* workers share the copy of a sample and divide the outputs */
    int strip, strips;                  /* rows in a strip, and strips of a sample */
    bool ring;
    int t_rows;                         /* positions of t that are kept */
    size_t x_chunk;                     /* operands of a chunk of the copy */
    size_t t_row, t_parity, t_vector;   /* floats of t from one position, parity of rows and vector of outputs to the next */
    size_t x_floats, y_floats;          /* of the copy, and of sums or t */
    size_t band_pixels;                 /* of a strip of the output, in each vector; 0 if the map is stored */
    size_t worker_floats;
} amx_plan;

/* The places of the copy and of t for a strip of `strip` rows. */
static void lay_out(amx_plan *p, const gb_desc *d, int strip) {
    int w = d->in[0].w;
    p->strip = strip;
    p->x_chunk = ((size_t)(strip + p->above + p->below) * p->row + PAIR_OF_TILES) * STEP;
    p->x_floats = p->chunks * p->x_chunk / 2;
    p->y_floats = (size_t)p->width * PAIR_OF_TILES * VL;
    if (d->conv.up == 2) {
        p->ring = w >= WIDE;
        p->t_rows = p->ring ? RING : strip + 2;
        p->t_row = (size_t)(p->ring ? 2 * (w + 1 + SIDE) : 2 * p->row) * VL;
        p->t_parity = p->t_rows * p->t_row + (2 * PAIR_OF_TILES + 5) * VL;
        p->t_vector = 2 * p->t_parity;
        p->y_floats = p->width * p->t_vector + VL;
    }
}

static amx_plan plan_amx(const gb_cpu *cpu, const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    int vectors = vectors_of(d->conv.cout), kernel = d->conv.kernel, limit = in->h;
    bool up = d->conv.up == 2;
    amx_plan p = {.chunks = (in->c + STEP - 1) / STEP, .taps = kernel * kernel, .width = vectors % 2 == 0 ? 2 : 1,
                  .pad = (kernel - 1) / 2};
    p.passes = vectors / p.width;
    p.wanted = d->conv.wanted ? (d->conv.wanted - 1) / (p.width * VL) + 1 : p.passes;
    p.row = in->w + 2 * p.pad;
    p.above = up ? 2 : p.pad;
    p.below = p.pad;

    /* The copy and t take two thirds of the second-level cache, so that the weights of a pass fit beside them. */
    size_t most = cpu->l2 / 3 * 2 / sizeof(float);
    for (lay_out(&p, d, limit); limit > 4 && p.x_floats + p.y_floats > most; lay_out(&p, d, limit))
        limit = limit * 3 / 4;
    p.strips = (in->h - 1) / limit + 1;
    int rounds = (p.strips - 1) / cpu->workers + 1;         /* of all workers, which end together */
    if (in->h >= 8 * rounds * cpu->workers)
        p.strips = rounds * cpu->workers;
    lay_out(&p, d, (in->h - 1) / p.strips + 1);
    p.strips = (in->h - 1) / p.strip + 1;
    p.shared = in->n * p.strips < 2 * cpu->workers;
    if (p.shared) {
        p.strips = 1;
        lay_out(&p, d, in->h);
    }
    p.band_pixels = d->unstored ? (size_t)p.strip * in->w : 0;
    p.worker_floats = p.y_floats + (p.shared ? 0 : p.x_floats) + p.band_pixels * vectors * VL;
    return p;
}

static size_t amx_workspace(const gb_cpu *cpu, const gb_desc *d) {
    amx_plan p = plan_amx(cpu, d);
    return sizeof(float) * (modulation_floats(d) + (p.shared ? p.x_floats : 0) + p.worker_floats * cpu->workers);
}

/* ------------------------------------------------------------------------------------------------ weights */

static size_t amx_weight_floats(const gb_desc *d) {
    size_t chunks = (d->in[0].c + STEP - 1) / STEP;
    return chunks * STEP / 2 * d->conv.kernel * d->conv.kernel * vectors_of(d->conv.cout) * VL;
}

/* The FIR × 4; as a product of a column and a row if it is one, which those of all published networks are. */
typedef struct amx_fir {
    float all[16];              /* [ky][kx] */
    float down[4], across[4];   /* all[ky][kx] = down[ky] · across[kx] */
    float separable, unused[7]; /* 1 or 0 */
} amx_fir;

static size_t amx_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(float) * (amx_weight_floats(d) + sizeof(amx_fir) / sizeof(float) + squares_floats(d));
}

static void factor_fir(amx_fir *fir) {
    const float *all = fir->all;
    int largest = 0;
    for (int k = 1; k < 16; k++)
        largest = fabsf(all[k]) > fabsf(all[largest]) ? k : largest;
    for (int k = 0; k < 4; k++) {
        fir->down[k] = all[4 * k + largest % 4] / all[largest];
        fir->across[k] = all[largest / 4 * 4 + k];
    }
    fir->separable = 1.0f;
    for (int k = 0; k < 16; k++)
        if (!(fabsf(fir->down[k / 4] * fir->across[k % 4] - all[k]) <= 1e-6f * fabsf(all[largest])))
            fir->separable = 0.0f;
}

/* Tap number k in packed order; for upsampling, part by part. */
static int amx_tap(const gb_desc *d, int k) {
    int part = 0;
    if (d->conv.up == 1)
        return k;
    for (; k >= amx_parts[part].ntaps; part++)
        k -= amx_parts[part].ntaps;
    return amx_parts[part].taps[k];
}

typedef struct amx_packing { const gb_desc *d; const float *w; operand *to; int chunks, width, taps; } amx_packing;

/* One chunk of one pass of [passes][chunks][taps][width][STEP / 2][SIDE][2]. */
static void amx_pack_chunk(void *arg, int task, int worker) {
    const amx_packing *job = arg;
    int cin = job->d->in[0].c, cout = job->d->conv.cout;
    int pass = task / job->chunks, first = task % job->chunks * STEP;
    operand *to = job->to + (size_t)task * job->taps * job->width * TILE_OPERANDS;
    (void)worker;
    for (int k = 0; k < job->taps; k++)
        for (int r = 0; r < job->width; r++)
            for (int pair = 0; pair < STEP / 2; pair++, to += 2 * SIDE) {
                float values[2 * SIDE];
                for (int i = 0; i < 2 * SIDE; i++) {
                    int o = (pass * job->width + r) * VL + i / 2, c = first + 2 * pair + i % 2;
                    values[i] = o < cout && c < cin ? job->w[((size_t)o * cin + c) * job->taps + amx_tap(job->d, k)] : 0.0f;
                }
                __m512bh rounded = _mm512_cvtne2ps_pbh(vload(values + VL), vload(values));
                memcpy(to, &rounded, sizeof rounded);
            }
}

static void amx_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed) {
    amx_plan p = plan_amx(cpu, d);
    amx_packing job = {d, weights[0], packed, p.chunks, p.width, p.taps};
    amx_fir *fir = (amx_fir *)(void *)((float *)packed + amx_weight_floats(d));
    gb_parallel(cpu, p.passes * p.chunks, amx_pack_chunk, &job);
    *fir = (amx_fir){.separable = 0.0f};
    for (int k = 0; k < 16 && d->conv.up == 2; k++)
        fir->all[k] = 4.0f * weights[1][k];
    if (d->conv.up == 2)
        factor_fir(fir);
    pack_squares(cpu, d, weights[0], (float *)(fir + 1));
}

/* ------------------------------------------------------------------------------------------------ the copy */

typedef struct amx_job {
    const gb_desc *d;
    const gb_args *args;
    amx_plan p;
    modulation m;
    const amx_fir *fir;
    operand *shared_x;
    float *scratch;             /* worker_floats for every worker */
    int sample;                 /* the current one, if workers share its copy */
    bool stream;                /* the output is larger than the caches: stores bypass them */
} amx_job;

/* Rounds one row of a chunk: `high` is NULL if the chunk has one block of channels only. */
static inline void copy_row(const float *low, const float *high, int pixels, int valid, int valid_high, vec s, vec s_high,
                            operand *to) {
    for (int x = 0; x < pixels; x++, to += STEP) {
        vec a = vmul(vkeep_first(vload(low + (size_t)x * VL), valid), s);
        vec b = high ? vmul(vkeep_first(vload(high + (size_t)x * VL), valid_high), s_high) : vset1(0.0f);
        __m512bh rounded = _mm512_cvtne2ps_pbh(b, a);
        memcpy(to, &rounded, sizeof rounded);
    }
}

/* Copies the rows of a strip and those around it, one chunk of input channels. */
static void copy_chunk(const amx_job *job, int n, int first, int rows, int chunk, operand *x) {
    const amx_plan *p = &job->p;
    const gb_shape *in = &job->d->in[0];
    int c = chunk * STEP, left = in->c - c, valid = left < VL ? left : VL, valid_high = left - VL < VL ? left - VL : VL;
    size_t plane_row = (size_t)in->w * VL, border = (size_t)p->pad * STEP;
    const float *low = gb_plane(job->args->in[0], n, c), *high = left > VL ? gb_plane(job->args->in[0], n, c + VL) : NULL;
    const float *s = job->m.s + (size_t)n * VL * vectors_of(in->c) + c;
    vec s_low = vload(s), s_high = high ? vload(s + VL) : vset1(0.0f);
    operand *to = x + chunk * p->x_chunk;
    for (int y = first - p->above; y < first + rows + p->below; y++, to += (size_t)p->row * STEP) {
        if (y < 0 || y >= in->h) {
            memset(to, 0, sizeof(operand) * p->row * STEP);
            continue;
        }
        memset(to, 0, sizeof(operand) * border);
        copy_row(low + y * plane_row, high ? high + y * plane_row : NULL, in->w, valid, valid_high, s_low, s_high, to + border);
        memset(to + border + (size_t)in->w * STEP, 0, sizeof(operand) * border);
    }
}

/* ------------------------------------------------------------------------------------------------ outputs */

/* The rows of a strip that one pass computes. */
typedef struct amx_area { int n, first, rows, pass; const operand *x; float *y; } amx_area;

static product product_of(const amx_job *job, const amx_area *area, const ptrdiff_t *taps, int first_tap, int ntaps) {
    const amx_plan *p = &job->p;
    size_t tap = (size_t)p->width * TILE_OPERANDS, chunk = p->taps * tap;
    return (product){.x = area->x, .x_chunk = p->x_chunk, .taps = taps, .ntaps = ntaps, .chunks = p->chunks,
                     .w = (const operand *)job->args->packed + area->pass * p->chunks * chunk + first_tap * tap,
                     .w_chunk = chunk};
}

/* A worker's strip of the output, [vectors][band_pixels][VL], if the map is not stored. */
static inline float *band_of(const amx_job *job, const amx_area *area) {
    return area->y + job->p.y_floats + job->p.x_floats;
}

static channel_writer writer_of(const amx_job *job, const amx_area *area, int r, vec *demodulate) {
    int vector = area->pass * job->p.width + r;
    channel_writer to;
    if (job->d->unstored) {
        to = channel_writer_to(band_of(job, area) + vector * job->p.band_pixels * VL, &job->d->out, job->args->epilogue, area->n,
                               vector * VL);
        to.shift = -(ptrdiff_t)area->first * job->d->out.w;
    } else {
        to = channel_writer_at(job->args->out, job->args->epilogue, area->n, vector * VL);
    }
    *demodulate = vload(job->m.d + ((size_t)area->n * vectors_of(job->d->conv.cout) + vector) * VL);
    to.stream = job->stream;
    return to;
}

/* Stores `count` neighbouring pixels from `pixel` on. */
static inline void store_run(const channel_writer *to, size_t pixel, const float *y, int count, vec demodulate) {
    int j = 0;
    for (; j + MAX_PIXELS <= count; j += MAX_PIXELS) {
        vec v[MAX_PIXELS];
        for (int k = 0; k < MAX_PIXELS; k++)
            v[k] = vmul(vload(y + (j + k) * VL), demodulate);
        store_channels(to, pixel + j, v, MAX_PIXELS);
    }
    for (; j < count; j++)
        store_channel(to, pixel + j, vmul(vload(y + j * VL), demodulate));
}

/* Convolution without upsampling: every tile goes from the sums to the output. */
static void plain_pass(const amx_job *job, const amx_area *area) {
    const amx_plan *p = &job->p;
    int w = job->d->out.w, kernel = job->d->conv.kernel, count = area->rows * p->row - 2 * p->pad;
    ptrdiff_t taps[MOST_TAPS];
    for (int k = 0; k < p->taps; k++)
        taps[k] = ((ptrdiff_t)(k / kernel) * p->row + k % kernel) * STEP;
    product tiles = product_of(job, area, taps, 0, p->taps);
    vec demodulate[2];
    channel_writer to[2];
    for (int r = 0; r < p->width; r++)
        to[r] = writer_of(job, area, r, &demodulate[r]);
    for (int at = 0; at < count; at += PAIR_OF_TILES, tiles.x += PAIR_OF_TILES * STEP) {
        int here = count - at < PAIR_OF_TILES ? count - at : PAIR_OF_TILES;
        multiply(&tiles, area->y, PAIR_OF_TILES * VL, VL, here > SIDE, p->width == 2);
        for (int j = 0; j < here;) {
            int row = (at + j) / p->row, x = (at + j) % p->row, run = w - x < here - j ? w - x : here - j;
            for (int r = 0; r < p->width && run > 0; r++)
                store_run(&to[r], (size_t)(area->first + row) * w + x, area->y + (r * PAIR_OF_TILES + j) * VL, run,
                          demodulate[r]);
            j += run > 0 ? run : p->row - x;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ upsampling */

/* Row ty of t, counted from that at position first − 1 of the strip, for one vector of outputs, from column 0 on. Column −1
 * is before it. */
static inline float *row_of_t(const amx_plan *p, const amx_area *area, int r, int ty) {
    return area->y + VL + r * p->t_vector + ty % 2 * p->t_parity + (size_t)(ty / 2 % p->t_rows) * p->t_row;
}

/* The four parts of t for `count` pixels of the long row, from position `position` of the strip on. */
static void multiply_parts(const amx_job *job, const amx_area *area, int position, int count) {
    const amx_plan *p = &job->p;
    for (int part = 0, first_tap = 0; part < 4; first_tap += amx_parts[part++].ntaps) {
        ptrdiff_t taps[4];
        for (int k = 0; k < amx_parts[part].ntaps; k++) {      /* taps 0 and 1 apply to x[a], tap 2 to x[a−1] */
            int tap = amx_parts[part].taps[k];
            taps[k] = ((tap / 3 < 2 ? p->row : 0) + (tap % 3 < 2 ? 1 : 0)) * (ptrdiff_t)STEP;
        }
        product tiles = product_of(job, area, taps, first_tap, amx_parts[part].ntaps);
        float *t = row_of_t(p, area, 0, 2 * position + part / 2) + part % 2 * VL;
        tiles.x += (size_t)position * p->row * STEP;
        for (int at = 0; at < count; at += PAIR_OF_TILES) {
            multiply(&tiles, t, p->t_vector, 2 * VL, count - at > SIDE, p->width == 2);
            tiles.x += PAIR_OF_TILES * STEP;
            t += 2 * PAIR_OF_TILES * VL;
        }
    }
}

/* y[j] = Σ f[ky,kx] · t[ky][j + 3 − kx]. Forced inline so that the count is a constant. */
static inline __attribute__((always_inline)) void smooth(const float *fir, const float *const t[4], const int n, vec *y) {
    for (int j = 0; j < n; j++)
        y[j] = vset1(0.0f);
    for (int ky = 0; ky < 4; ky++) {
        vec in[MAX_PIXELS + 3];
        for (int j = 0; j < n + 3; j++)
            in[j] = vload(t[ky] + j * VL);
        for (int kx = 0; kx < 4; kx++)
            for (int j = 0; j < n; j++)
                y[j] = vfma(vset1(fir[4 * ky + kx]), in[j + 3 - kx], y[j]);
    }
}

/* y[oy,ox] = d · Σ f[ky,kx] · t[oy + 2 − ky, ox + 2 − kx] for the two output rows of a position of the strip. */
static void smooth_rows(const amx_job *job, const amx_area *area, int r, int position, const channel_writer *to, vec demodulate) {
    const amx_plan *p = &job->p;
    int w = job->d->out.w;
    for (int phase = 0; phase < 2; phase++) {
        const float *t[4];
        size_t out = (size_t)(2 * (area->first + position - 1) + phase) * w;
        for (int ky = 0; ky < 4; ky++)
            t[ky] = row_of_t(p, area, r, 2 * position + phase + 2 - ky) - VL;
        for (int x = 0; x < w; x += MAX_PIXELS) {
            vec y[MAX_PIXELS];
            int n = w - x < MAX_PIXELS ? 2 : MAX_PIXELS;        /* w is even */
            if (n == MAX_PIXELS)
                smooth(job->fir->all, t, MAX_PIXELS, y);
            else
                smooth(job->fir->all, t, 2, y);
            for (int j = 0; j < n; j++)
                y[j] = vmul(y[j], demodulate);
            if (n == MAX_PIXELS)
                store_channels(to, out + x, y, MAX_PIXELS);
            else
                store_channels(to, out + x, y, 2);
            for (int ky = 0; ky < 4; ky++)
                t[ky] += n * VL;
        }
    }
}

/* Columns of five rows of t, from the top one on, summed down to both output rows. */
static inline __attribute__((always_inline)) void sum_down(const float *down, const float *const t[5], const int n, vec *y0, vec *y1) {
    for (int j = 0; j < n; j++) {
        vec in[5];
        for (int i = 0; i < 5; i++)
            in[i] = vload(t[i] + j * VL);
        y0[j] = vmul(vset1(down[3]), in[0]);
        y1[j] = vmul(vset1(down[3]), in[1]);
        for (int ky = 2; ky >= 0; ky--) {
            y0[j] = vfma(vset1(down[ky]), in[3 - ky], y0[j]);
            y1[j] = vfma(vset1(down[ky]), in[4 - ky], y1[j]);
        }
    }
}

/* n pixels of both output rows from the sums of n + 3 columns, of which the last three become the first ones of the next. */
static inline __attribute__((always_inline)) void sum_across(const vec across[4], vec sums[2][MAX_PIXELS + 3], const channel_writer *to,
                                                             size_t out, int w, const int n) {
    for (int phase = 0; phase < 2; phase++) {
        vec y[MAX_PIXELS];
        for (int j = 0; j < n; j++) {
            y[j] = vmul(across[3], sums[phase][j]);
            for (int kx = 2; kx >= 0; kx--)
                y[j] = vfma(across[kx], sums[phase][j + 3 - kx], y[j]);
        }
        store_channels(to, out + (size_t)phase * w, y, n);
        for (int j = 0; j < 3; j++)
            sums[phase][j] = sums[phase][j + n];
    }
}

/* smooth_rows() with a separable FIR: half of the products and a third of the loads. */
static void smooth_rows_apart(const amx_job *job, const amx_area *area, int r, int position, const channel_writer *to,
                              vec demodulate) {
    const amx_plan *p = &job->p;
    const float *down = job->fir->down, *t[5];
    int w = job->d->out.w;
    size_t out = (size_t)(2 * (area->first + position - 1)) * w;
    vec across[4], sums[2][MAX_PIXELS + 3];
    for (int kx = 0; kx < 4; kx++)
        across[kx] = vmul(vset1(job->fir->across[kx]), demodulate);
    for (int i = 0; i < 5; i++)
        t[i] = row_of_t(p, area, r, 2 * position - 1 + i) - VL;
    sum_down(down, t, 3, sums[0], sums[1]);
    for (int i = 0; i < 5; i++)
        t[i] += 3 * VL;
    for (int x = 0; x < w; x += MAX_PIXELS) {
        bool whole = w - x >= MAX_PIXELS;           /* w is even */
        if (whole) {
            sum_down(down, t, MAX_PIXELS, sums[0] + 3, sums[1] + 3);
            sum_across(across, sums, to, out + x, w, MAX_PIXELS);
        } else {
            sum_down(down, t, 2, sums[0] + 3, sums[1] + 3);
            sum_across(across, sums, to, out + x, w, 2);
        }
        for (int i = 0; i < 5; i++)
            t[i] += MAX_PIXELS * VL;
    }
}

/* Positions of the strip are counted from first − 1: those of the output are 1 to `rows`, and the FIR of one reads the
 * position before and the one after it. */
static void up_pass(const amx_job *job, const amx_area *area) {
    const amx_plan *p = &job->p;
    vec demodulate[2];
    channel_writer to[2];
    for (int r = 0; r < p->width; r++) {
        to[r] = writer_of(job, area, r, &demodulate[r]);
        for (int ty = 0; ty < 2 * (p->ring ? RING : 1); ty++)       /* column −1 */
            vstore(row_of_t(p, area, r, ty) - VL, vset1(0.0f));
    }
    if (!p->ring)
        multiply_parts(job, area, 0, (area->rows + 2) * p->row - 1);
    for (int position = 0; position < area->rows + 2; position++) {
        if (p->ring)
            multiply_parts(job, area, position, job->d->in[0].w + 1);
        for (int r = 0; r < p->width && position >= 2; r++)
            if (job->fir->separable == 1.0f)
                smooth_rows_apart(job, area, r, position - 1, &to[r], demodulate[r]);
            else
                smooth_rows(job, area, r, position - 1, &to[r], demodulate[r]);
    }
}

/* ------------------------------------------------------------------------------------------------ running */

static void run_pass(const amx_job *job, const amx_area *area) {
    if (job->d->conv.up == 2)
        up_pass(job, area);
    else
        plain_pass(job, area);
}

/* Runs the follower on a strip. */
static void follow_strip(const amx_job *job, const amx_area *area) {
    const gb_shape *out = &job->d->out;
    size_t first = (size_t)area->first * out->w;
    const float *x = job->d->unstored ? band_of(job, area) : gb_plane(job->args->out, area->n, 0) + first * VL;
    follow_pixels(job->args->follower, area->n, x, job->d->unstored ? job->p.band_pixels : (size_t)out->h * out->w, first,
                  area->rows * out->w);
}

/* Tiles are registers of the thread. Between these calls loads into tiles see what was stored before. */
static void begin_tiles(void) {
    _tile_loadconfig(&tile_config);
    __asm__ volatile("" ::: "memory");
}

static void end_tiles(const amx_job *job) {
    _tile_release();
    if (job->stream)
        vstream_end();
}

static void run_strip(void *arg, int task, int worker) {
    const amx_job *job = arg;
    const amx_plan *p = &job->p;
    int height = job->d->in[0].h, first = task % p->strips * p->strip;
    float *y = job->scratch + p->worker_floats * worker;
    operand *x = (operand *)(y + p->y_floats);
    amx_area area = {task / p->strips, first, height - first < p->strip ? height - first : p->strip, 0, x, y};
    for (int chunk = 0; chunk < p->chunks; chunk++)
        copy_chunk(job, area.n, first, area.rows, chunk, x);
    begin_tiles();
    for (; area.pass < p->wanted; area.pass++)
        run_pass(job, &area);
    end_tiles(job);
    if (job->args->follower)
        follow_strip(job, &area);
}

static void copy_shared(void *arg, int chunk, int worker) {
    const amx_job *job = arg;
    (void)worker;
    copy_chunk(job, job->sample, 0, job->d->in[0].h, chunk, job->shared_x);
}

static void multiply_shared(void *arg, int pass, int worker) {
    const amx_job *job = arg;
    amx_area area = {job->sample, 0, job->d->in[0].h, pass, job->shared_x, job->scratch + job->p.worker_floats * worker};
    begin_tiles();
    run_pass(job, &area);
    end_tiles(job);
}

static void amx_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    amx_job job = {.d = d, .args = args, .p = plan_amx(cpu, d), .fir = (const void *)((const float *)args->packed + amx_weight_floats(d))};
    job.stream = !args->follower && gb_shape_floats(&d->out) * sizeof(float) > 2 * cpu->l3;
    if (args->follower)
        torgb_style(args->follower->desc, args->follower->args);
    job.m = modulate(cpu, d, args, (const float *)(job.fir + 1), args->workspace);
    float *at = (float *)args->workspace + modulation_floats(d);
    if (!job.p.shared) {
        job.scratch = at;
        gb_parallel(cpu, d->in[0].n * job.p.strips, run_strip, &job);
        return;
    }
    job.shared_x = (operand *)at;
    job.scratch = at + job.p.x_floats;
    for (; job.sample < d->in[0].n; job.sample++) {
        gb_parallel(cpu, job.p.chunks, copy_shared, &job);
        gb_parallel(cpu, job.p.wanted, multiply_shared, &job);
    }
}

static bool amx_supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return blocked_maps(d);
}

/* Of workers that share a sample, none has all outputs of a pixel. */
static bool amx_follows(const gb_cpu *cpu, const gb_desc *d, const gb_op_row *row, const gb_desc *follower) {
    return is_torgb(row, follower) && d->conv.up == 1 && !d->conv.wanted && !plan_amx(cpu, d).shared;
}

static const gb_op_row row_amx = {
    .op = GB_OP_MODULATED_CONV2D, .form = "direct", .isa = "amxbf16", .rank = GB_RANK_AMXBF16, .fuses = true,
    .supports = amx_supports, .packed_size = amx_packed_size, .pack = amx_pack, .workspace = amx_workspace, .run = amx_run,
    .follows = amx_follows,
};

const gb_op_row *const gb_amxbf16_rows[] = {&row_amx, NULL};

/* A tile product has 8192 multiply-adds. */
float gb_amxbf16_burst(int rounds) {
    float sums[4][SIDE * VL];
    _tile_loadconfig(&tile_config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(6);
    for (int i = 0; i < rounds / 512 * 3; i++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 6);
        _tile_dpbf16ps(2, 4, 6);
        _tile_dpbf16ps(3, 4, 6);
    }
    _tile_stored(0, sums[0], TILE_ROW);
    _tile_stored(1, sums[1], TILE_ROW);
    _tile_stored(2, sums[2], TILE_ROW);
    _tile_stored(3, sums[3], TILE_ROW);
    _tile_release();
    return sums[0][0] + sums[1][0] + sums[2][0] + sums[3][0];
}
