/* Erosion and dilation, openings and closings with OpenCV's elliptic element:
 *
 *     dilate: y[r, c] = max of x[r + dy, c + dx] over |dy| ≤ radius, |dx| ≤ reach(dy) = rint(√(radius² − dy²))
 *
 * and erode the minimum, which is −dilate(−x). What is outside the map never wins; NaN always does.
 *
 * One row of the original at a time, its maxima over ±k are grown from those over ±(k−1), and wherever an offset dy has
 * the reach k they go to the rows dy above and below: about 4 · radius maxima for a pixel, all along rows. */
#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"

static void plan(const float *p, int h, int w, void *plan_) {
    gb_element *e = plan_;
    (void)h, (void)w;
    e->radius = (int)p[0];
    for (int dy = 0; dy <= e->radius; dy++)
        e->reach[dy] = (int)rint(sqrt((double)e->radius * e->radius - (double)dy * dy));
}

static float larger(float a, float b) {
    return ((a > b) | (a != a)) ? a : b;
}

static void raise_to(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = larger(y[i], x[i]);
}

/* y = sign · dilate(sign · x); y may not be x. `scratch` has two rows. */
static void dilate_signed(const gb_element *e, float sign, const float *x, float *y, int h, int w, float *scratch) {
    float *row = scratch, *grown = scratch + w;
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

static size_t a_map_and_two_rows(int h, int w) {
    return (size_t)h * w + two_rows(h, w);
}

static void erode(const gb_filter_map *m) {
    dilate_signed(m->plan, -1.0f, m->in, m->out, m->h, m->w, m->scratch);
}

static void dilate(const gb_filter_map *m) {
    dilate_signed(m->plan, 1.0f, m->in, m->out, m->h, m->w, m->scratch);
}

static void one_then_the_other(const gb_filter_map *m, float sign) {
    float *between = m->scratch + two_rows(m->h, m->w);
    dilate_signed(m->plan, sign, m->in, between, m->h, m->w, m->scratch);
    dilate_signed(m->plan, -sign, between, m->out, m->h, m->w, m->scratch);
}

static void opening(const gb_filter_map *m) {
    one_then_the_other(m, -1.0f);
}

static void closing(const gb_filter_map *m) {
    one_then_the_other(m, 1.0f);
}

#define ELEMENT \
    .params = 2, .positional = 1, \
    .param = {{"radius", "of the elliptic element, in pixels", 1.0f, 0.0f, GB_MAX_RADIUS, true, NULL}, GB_MIX}, \
    .plan_size = sizeof(gb_element), .plan = plan

const gb_filter gb_filter_erode = {
    .name = "erode", .summary = "the least value within a radius", ELEMENT, .map = erode, .scratch = two_rows,
};
const gb_filter gb_filter_dilate = {
    .name = "dilate", .summary = "the greatest value within a radius", ELEMENT, .map = dilate, .scratch = two_rows,
};
const gb_filter gb_filter_opening = {
    .name = "opening", .summary = "eroded, then dilated: small bright spots go", ELEMENT, .map = opening,
    .scratch = a_map_and_two_rows,
};
const gb_filter gb_filter_closing = {
    .name = "closing", .summary = "dilated, then eroded: small dark spots go", ELEMENT, .map = closing,
    .scratch = a_map_and_two_rows,
};
