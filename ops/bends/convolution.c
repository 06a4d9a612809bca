/* Small separable correlations, with a border:
 *
 *     blur     g ⋆ x,  g a Gaussian over ±⌊4σ + ½⌋ pixels with sum 1 (scipy's gaussian_filter)
 *     sharpen  x + amount · (x − g ⋆ x), the unsharp mask
 *     sobel    [−1 0 1] along an axis and [1 2 1] across it; the magnitude is √(gx² + gy²) */
#include <tgmath.h>

#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"

enum { MAX_SIGMA = 64 };
_Static_assert((int)GB_MAX_REACH == 4 * (int)MAX_SIGMA, "the widest Gaussian fits");

/* Floats: a row with its borders, and a map of sums along rows. */
static size_t scratch(int h, int w) {
    return (size_t)w + 2 * GB_MAX_REACH + (size_t)h * w;
}

/* y[r, c] = Σ_j down[j] Σ_i along[i] x[r − n + j, c − n + i],  2n + 1 weights each. */
static void correlate(const gb_filter_map *m, gb_border border, int n, const float *down, const float *along,
                      gb_real *y) {
    gb_real *row = m->scratch, *sums = m->scratch + m->w + 2 * GB_MAX_REACH;
    size_t w = m->w;
    for (int r = 0; r < m->h; r++) {
        const gb_real *x = m->in + r * w;
        gb_real *to = sums + r * w;
        for (int c = -n; c < m->w + n; c++) {
            int p = gb_border_pixel(border, c, m->w);
            row[c + n] = p < 0 ? 0.0f : x[p];
        }
        for (size_t c = 0; c < w; c++)
            to[c] = 0.0f;
        for (int i = 0; i <= 2 * n; i++)
            for (size_t c = 0; c < w; c++)
                to[c] += along[i] * row[c + i];
    }
    for (int r = 0; r < m->h; r++) {
        gb_real *to = y + r * w;
        for (size_t c = 0; c < w; c++)
            to[c] = 0.0f;
        for (int j = 0; j <= 2 * n; j++) {
            int p = gb_border_pixel(border, r - n + j, m->h);
            if (p >= 0)
                for (size_t c = 0; c < w; c++)
                    to[c] += down[j] * sums[p * w + c];
        }
    }
}

/* The adjoint of correlate(), added to y:  y[p] += Σ down[j] along[i] g[r, c] for every pixel p that (r, c) reads. */
static void correlate_grad(const gb_filter_map *m, gb_border border, int n, const float *down, const float *along,
                           const gb_real *g, gb_real *y) {
    gb_real *sums = m->scratch + m->w + 2 * GB_MAX_REACH;
    size_t w = m->w;
    for (size_t i = 0; i < (size_t)m->h * w; i++)
        sums[i] = 0.0f;
    for (int r = 0; r < m->h; r++)
        for (int j = 0; j <= 2 * n; j++) {
            int p = gb_border_pixel(border, r - n + j, m->h);
            for (size_t c = 0; p >= 0 && c < w; c++)
                sums[p * w + c] += down[j] * g[r * w + c];
        }
    for (int c = 0; c < m->w; c++)
        for (int i = 0; i <= 2 * n; i++) {
            int p = gb_border_pixel(border, c - n + i, m->w);
            for (int r = 0; p >= 0 && r < m->h; r++)
                y[r * w + p] += along[i] * sums[r * w + c];
        }
}

static void clear(const gb_filter_map *m) {
    for (size_t i = 0; i < (size_t)m->h * m->w; i++)
        m->out[i] = 0.0f;
}

/* ------------------------------------------------------------------------------------------------ blur, sharpen */

static void prepare_gaussian(gb_gaussian *g, double sigma) {
    double sum = 0.0;
    g->reach = (int)(4.0 * sigma + 0.5);
    for (int pass = 0; pass < 2; pass++)
        for (int i = -g->reach; i <= g->reach; i++) {
            double v = g->reach ? exp(-0.5 * i * i / (sigma * sigma)) : 1.0;
            if (pass)
                g->weight[i + g->reach] = (float)(v / sum);
            else
                sum += v;
        }
}

static void prepare_blur(const float *p, int h, int w, void *prepared) {
    (void)h, (void)w;
    prepare_gaussian(prepared, p[0]);
}

static void prepare_sharpen(const float *p, int h, int w, void *prepared) {
    (void)h, (void)w;
    prepare_gaussian(prepared, p[1]);
}

static void blur(const gb_filter_map *m) {
    const gb_gaussian *g = m->prepared;
    correlate(m, (gb_border)m->params[1], g->reach, g->weight, g->weight, m->out);
}

static void sharpen(const gb_filter_map *m) {
    const gb_gaussian *g = m->prepared;
    correlate(m, (gb_border)m->params[2], g->reach, g->weight, g->weight, m->out);
    for (size_t i = 0; i < (size_t)m->h * m->w; i++)
        m->out[i] = m->in[i] + m->params[0] * (m->in[i] - m->out[i]);
}

static void blur_grad(const gb_filter_map *m, const gb_real *g) {
    const gb_gaussian *gauss = m->prepared;
    clear(m);
    correlate_grad(m, (gb_border)m->params[1], gauss->reach, gauss->weight, gauss->weight, g, m->out);
}

static void sharpen_grad(const gb_filter_map *m, const gb_real *g) {
    const gb_gaussian *gauss = m->prepared;
    clear(m);
    correlate_grad(m, (gb_border)m->params[2], gauss->reach, gauss->weight, gauss->weight, g, m->out);
    for (size_t i = 0; i < (size_t)m->h * m->w; i++)
        m->out[i] = g[i] + m->params[0] * (g[i] - m->out[i]);
}

/* ------------------------------------------------------------------------------------------------ sobel */

static const char *const gradients[] = {"magnitude", "x", "y", NULL};

static size_t sobel_scratch(int h, int w) {
    return scratch(h, w) + (size_t)h * w;
}

static void sobel(const gb_filter_map *m) {
    static const float difference[3] = {-1, 0, 1}, smooth[3] = {1, 2, 1};
    gb_border border = (gb_border)m->params[1];
    gb_gradient gradient = (gb_gradient)m->params[0];
    if (gradient == GB_GRADIENT_Y) {
        correlate(m, border, 1, difference, smooth, m->out);
        return;
    }
    correlate(m, border, 1, smooth, difference, m->out);
    if (gradient == GB_GRADIENT_X)
        return;
    gb_real *down = m->scratch + scratch(m->h, m->w);
    correlate(m, border, 1, difference, smooth, down);
    for (size_t i = 0; i < (size_t)m->h * m->w; i++)
        m->out[i] = sqrt(m->out[i] * m->out[i] + down[i] * down[i]);
}

static size_t sobel_grad_scratch(int h, int w) {
    return scratch(h, w) + 2 * (size_t)h * w;
}

/* Of the magnitude √(gx² + gy²): the gradients of both components, 0 where it is 0. */
static void sobel_grad(const gb_filter_map *m, const gb_real *g) {
    static const float difference[3] = {-1, 0, 1}, smooth[3] = {1, 2, 1};
    gb_border border = (gb_border)m->params[1];
    gb_gradient gradient = (gb_gradient)m->params[0];
    size_t pixels = (size_t)m->h * m->w;
    gb_real *right = m->scratch + scratch(m->h, m->w), *down = right + pixels;
    if (gradient == GB_GRADIENT_MAGNITUDE) {
        correlate(m, border, 1, smooth, difference, right);
        correlate(m, border, 1, difference, smooth, down);
        for (size_t i = 0; i < pixels; i++) {
            gb_real length = sqrt(right[i] * right[i] + down[i] * down[i]), share = length > 0 ? g[i] / length : 0;
            right[i] *= share;
            down[i] *= share;
        }
    }
    clear(m);
    if (gradient != GB_GRADIENT_Y)
        correlate_grad(m, border, 1, smooth, difference, gradient == GB_GRADIENT_X ? g : right, m->out);
    if (gradient != GB_GRADIENT_X)
        correlate_grad(m, border, 1, difference, smooth, gradient == GB_GRADIENT_Y ? g : down, m->out);
}

/* ------------------------------------------------------------------------------------------------ rows */

#define SIGMA {"sigma", "standard deviation of the Gaussian, in pixels", 1.0f, 0.0f, (float)MAX_SIGMA, false, NULL}

const gb_filter gb_filter_blur = {
    .name = "blur", .summary = "Gaussian blur", .params = 3, .positional = 1,
    .param = {SIGMA, GB_BORDER(GB_BORDER_REFLECT), GB_MIX},
    .map = blur, .prepared_size = sizeof(gb_gaussian), .prepare = prepare_blur, .scratch = scratch,
    .map_grad = blur_grad, .grad_scratch = scratch,
};
const gb_filter gb_filter_sharpen = {
    .name = "sharpen", .summary = "unsharp mask: adds the difference from a Gaussian blur", .params = 4,
    .positional = 2,
    .param = {{"amount", "factor of the difference", 1.0f, -1e6f, 1e6f, false, NULL}, SIGMA,
              GB_BORDER(GB_BORDER_REFLECT), GB_MIX},
    .map = sharpen, .prepared_size = sizeof(gb_gaussian), .prepare = prepare_sharpen, .scratch = scratch,
    .map_grad = sharpen_grad, .grad_scratch = scratch,
};
const gb_filter gb_filter_sobel = {
    .name = "sobel", .summary = "edges: the gradient after Sobel", .params = 3, .positional = 1,
    .param = {{"gradient", "its magnitude, or its component to the right or down", GB_GRADIENT_MAGNITUDE,
               GB_GRADIENT_MAGNITUDE, GB_GRADIENT_Y, true, gradients},
              GB_BORDER(GB_BORDER_REFLECT), GB_MIX},
    .map = sobel, .scratch = sobel_scratch, .map_grad = sobel_grad, .grad_scratch = sobel_grad_scratch,
};
