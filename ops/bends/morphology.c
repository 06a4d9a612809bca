/* Erosion and dilation, openings and closings with OpenCV's elliptic element:
 *
 *     dilate: y[r, c] = max of x[r + dy, c + dx] over |dy| ≤ radius, |dx| ≤ reach(dy) = rint(√(radius² − dy²))
 *
 * and erode is the minimum, −dilate(−x). Pixels outside the map are ignored; NaN always wins.
 *
 * For each row of the original, the maxima over ±k are computed from those over ±(k−1); the maxima over ±reach(dy) go
 * to the rows at distance dy above and below. That takes about 4 · radius maxima per pixel, all along rows. */
#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"

static void prepare(const float *p, int h, int w, void *prepared) {
    gb_element *e = prepared;
    (void)h, (void)w;
    e->radius = (int)p[0];
    for (int dy = 0; dy <= e->radius; dy++)
        e->reach[dy] = (int)rint(sqrt((double)e->radius * e->radius - (double)dy * dy));
}

static gb_real larger(gb_real a, gb_real b) {
    return ((a > b) | (a != a)) ? a : b;
}

static void raise_to(gb_real *y, const gb_real *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = larger(y[i], x[i]);
}

/* y = sign · dilate(sign · x). y must not be x. `scratch` has two rows. */
static void dilate_signed(const gb_element *e, gb_real sign, const gb_real *x, gb_real *y, int h, int w, gb_real *scratch) {
    gb_real *row = scratch, *grown = scratch + w;
    for (size_t i = 0; i < (size_t)h * w; i++)
        y[i] = -INFINITY;
    for (int r = 0; r < h; r++) {
        for (int c = 0; c < w; c++)
            row[c] = grown[c] = sign * x[(size_t)r * w + c];
        for (int k = 0, dy = e->radius; dy >= 0; dy--) {
            if (dy > r && dy > h - 1 - r)
                continue;
            for (; k < e->reach[dy] && k < w; k++) {
                int d = k + 1;                              /* from ±k to ±d */
                if (d < w) {
                    raise_to(grown, row + d, w - d);
                    raise_to(grown + d, row, w - d);
                }
            }
            if (dy <= r)
                raise_to(y + (size_t)(r - dy) * w, grown, w);
            if (dy && dy <= h - 1 - r)
                raise_to(y + (size_t)(r + dy) * w, grown, w);
        }
    }
    if (sign < 0.0f)
        for (size_t i = 0; i < (size_t)h * w; i++)
            y[i] = -y[i];
}

static size_t two_rows(int h, int w) {
    (void)h;
    return 2 * (size_t)w;
}

static size_t map_and_two_rows(int h, int w) {
    return (size_t)h * w + two_rows(h, w);
}

static void erode(const gb_filter_map *m) {
    dilate_signed(m->prepared, -1.0f, m->in, m->out, m->h, m->w, m->scratch);
}

static void dilate(const gb_filter_map *m) {
    dilate_signed(m->prepared, 1.0f, m->in, m->out, m->h, m->w, m->scratch);
}

static void twice(const gb_filter_map *m, gb_real sign) {
    gb_real *between = m->scratch + two_rows(m->h, m->w);
    dilate_signed(m->prepared, sign, m->in, between, m->h, m->w, m->scratch);
    dilate_signed(m->prepared, -sign, between, m->out, m->h, m->w, m->scratch);
}

static void opening(const gb_filter_map *m) {
    twice(m, -1.0f);
}

static void closing(const gb_filter_map *m) {
    twice(m, 1.0f);
}

/* ------------------------------------------------------------------------------------------------ adjoints */

/* The gradient of every pixel of the result goes to the pixel that it came from, of equal ones the first. Added to y. */
static void dilate_grad_signed(const gb_element *e, float sign, const gb_real *x, const gb_real *g, gb_real *y, int h,
                               int w) {
    for (int r = 0; r < h; r++)
        for (int c = 0; c < w; c++) {
            size_t best = (size_t)r * w + c;
            bool found = false;
            for (int dy = -e->radius; dy <= e->radius; dy++) {
                int reach = e->reach[dy < 0 ? -dy : dy], first = c - reach < 0 ? 0 : c - reach;
                if (r + dy < 0 || r + dy >= h)
                    continue;
                for (int u = first; u < w && u <= c + reach; u++) {
                    size_t at = (size_t)(r + dy) * w + u;
                    if (!found || sign * x[at] > sign * x[best])
                        best = at;
                    found = true;
                }
            }
            y[best] += g[(size_t)r * w + c];
        }
}

static void clear(gb_real *y, const gb_filter_map *m) {
    for (size_t i = 0; i < (size_t)m->h * m->w; i++)
        y[i] = 0.0f;
}

static void erode_grad(const gb_filter_map *m, const gb_real *g) {
    clear(m->out, m);
    dilate_grad_signed(m->prepared, -1.0f, m->in, g, m->out, m->h, m->w);
}

static void dilate_grad(const gb_filter_map *m, const gb_real *g) {
    clear(m->out, m);
    dilate_grad_signed(m->prepared, 1.0f, m->in, g, m->out, m->h, m->w);
}

static size_t two_maps_and_rows(int h, int w) {
    return 2 * (size_t)h * w + two_rows(h, w);
}

static void twice_grad(const gb_filter_map *m, float sign, const gb_real *g) {
    gb_real *between = m->scratch + two_rows(m->h, m->w), *of_between = between + (size_t)m->h * m->w;
    dilate_signed(m->prepared, sign, m->in, between, m->h, m->w, m->scratch);
    clear(of_between, m);
    dilate_grad_signed(m->prepared, -sign, between, g, of_between, m->h, m->w);
    clear(m->out, m);
    dilate_grad_signed(m->prepared, sign, m->in, of_between, m->out, m->h, m->w);
}

static void opening_grad(const gb_filter_map *m, const gb_real *g) {
    twice_grad(m, -1.0f, g);
}

static void closing_grad(const gb_filter_map *m, const gb_real *g) {
    twice_grad(m, 1.0f, g);
}

/* ------------------------------------------------------------------------------------------------ rows */

#define ELEMENT \
    .params = 2, .positional = 1, \
    .param = {{"radius", "radius of the elliptic element, in pixels", 1.0f, 0.0f, GB_MAX_RADIUS, true, NULL}, GB_MIX}, \
    .prepared_size = sizeof(gb_element), .prepare = prepare

const gb_filter gb_filter_erode = {
    .name = "erode", .summary = "minimum within a radius", ELEMENT, .map = erode, .scratch = two_rows,
    .map_grad = erode_grad,
};
const gb_filter gb_filter_dilate = {
    .name = "dilate", .summary = "maximum within a radius", ELEMENT, .map = dilate, .scratch = two_rows,
    .map_grad = dilate_grad,
};
const gb_filter gb_filter_opening = {
    .name = "opening", .summary = "erosion, then dilation: removes small bright spots", ELEMENT, .map = opening,
    .scratch = map_and_two_rows, .map_grad = opening_grad, .grad_scratch = two_maps_and_rows,
};
const gb_filter gb_filter_closing = {
    .name = "closing", .summary = "dilation, then erosion: removes small dark spots", ELEMENT, .map = closing,
    .scratch = map_and_two_rows, .map_grad = closing_grad, .grad_scratch = two_maps_and_rows,
};
