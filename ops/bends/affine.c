/* Affine transforms of a map: pixel (x, y) of the result is the original at m⁻¹(x, y), with x to the right and y down.
 *
 * nearest, bilinear and bicubic (a = −3/4, as in PyTorch and OpenCV) are exact; they rotate and scale about the centre
 * of the map, ((W−1)/2, (H−1)/2). opencv reproduces network-bending: positions in 1/32 of a pixel, computed from
 * numbers rounded to 1/1024 as in OpenCV's warpAffine, about the point (x = H/2, y = W/2), with translations in units
 * of (H, W). NaN and infinity reach every pixel that reads them, even with weight zero.
 *
 * A matrix that cannot be inverted (scale 0, shear with x·y = 1) gives zeros; with opencv, as in network-bending, the
 * pixel (0, 0) everywhere. Every other matrix within the ranges works, even if it maps pixels far outside the map. */
#include <stdint.h>
#include <string.h>

#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"

static const char *const samplings[] = {"opencv", "nearest", "bilinear", "bicubic", NULL};

#define SAMPLING \
    {"sampling", "interpolation between pixels; opencv also rotates and scales about network-bending's centre", \
     GB_BILINEAR, GB_OPENCV, GB_BICUBIC, true, samplings}

/* ------------------------------------------------------------------------------------------------ matrices */

/* m maps original to result. border_and_sampling: the parameters before `mix`. */
static void prepare_matrix(gb_affine *affine, gb_matrix m, const float *border_and_sampling) {
    double det = m.xx * m.yy - m.xy * m.yx, scale = det != 0.0 ? 1.0 / det : 0.0;
    gb_matrix *i = &affine->inverse;
    *i = (gb_matrix){.xx = m.yy * scale, .xy = -m.xy * scale, .yx = -m.yx * scale, .yy = m.xx * scale};
    i->x1 = -i->xx * m.x1 - i->xy * m.y1;
    i->y1 = -i->yx * m.x1 - i->yy * m.y1;
    affine->border = (gb_border)border_and_sampling[0];
    affine->sampling = (gb_sampling)border_and_sampling[1];
    affine->singular = det == 0.0 && affine->sampling != GB_OPENCV;
}

/* The same matrix, translated so that (x, y) stays fixed. */
static gb_matrix about(gb_matrix m, double x, double y) {
    m.x1 = (1.0 - m.xx) * x - m.xy * y;
    m.y1 = -m.yx * x + (1.0 - m.yy) * y;
    return m;
}

static gb_matrix about_centre(gb_matrix m, int h, int w) {
    return about(m, (w - 1) / 2.0, (h - 1) / 2.0);
}

static void prepare_translate(const float *p, int h, int w, void *prepared) {
    bool published = p[3] == GB_OPENCV;
    double x = (double)p[0] * (published ? h : w), y = (double)p[1] * (published ? w : h);
    prepare_matrix(prepared, (gb_matrix){1, 0, x, 0, 1, y}, p + 2);
}

static void prepare_scale(const float *p, int h, int w, void *prepared) {
    gb_matrix m = {.xx = (double)p[0] * p[1], .yy = (double)p[0] * p[2]};
    prepare_matrix(prepared, p[4] == GB_OPENCV ? about(m, h / 2.0, w / 2.0) : about_centre(m, h, w), p + 3);
}

static void prepare_rotate(const float *p, int h, int w, void *prepared) {
    double angle = p[0] * 3.14159265358979323846 / 180.0;
    gb_matrix m = {.xx = cos(angle), .xy = sin(angle), .yx = -sin(angle), .yy = cos(angle)};
    prepare_matrix(prepared, p[2] == GB_OPENCV ? about(m, h / 2.0, w / 2.0) : about_centre(m, h, w), p + 1);
}

static void prepare_shear(const float *p, int h, int w, void *prepared) {
    prepare_matrix(prepared, about_centre((gb_matrix){.xx = 1, .xy = p[0], .yx = p[1], .yy = 1}, h, w), p + 2);
}

static void prepare_affine(const float *p, int h, int w, void *prepared) {
    (void)h, (void)w;
    prepare_matrix(prepared, (gb_matrix){p[0], p[1], p[2], p[3], p[4], p[5]}, p + 6);
}

/* A window of size 1/zoom is enlarged to the whole map; x and y place it, 0 at the left or top and 1 at the right or
 * bottom. Pixels are squares: s + ½ = (d + ½) / zoom + corner. */
static void prepare_resize_crop(const float *p, int h, int w, void *prepared) {
    double zoom = p[0], left = p[1] * (w - w / zoom), top = p[2] * (h - h / zoom);
    prepare_matrix(prepared, (gb_matrix){zoom, 0, zoom * (0.5 - left) - 0.5, 0, zoom, zoom * (0.5 - top) - 0.5}, p + 3);
}

/* ------------------------------------------------------------------------------------------------ sampling */

/* A position in the original: between pixels x, x+1 and y, y+1. */
typedef struct position { int x, y; float fx, fy; } position;

enum { FAR = 1 << 29 };     /* pixels; positions beyond it are clamped, only the border is there */

static int whole_below(double v, float *fraction) {
    v = v < -FAR ? -FAR : v > FAR ? FAR : v;
    int i = (int)v;
    i -= v < i;
    *fraction = (float)(v - i);
    return i;
}

/* v in 1/1024 of a pixel, rounded to 1/32 of one. */
static int whole_below_opencv(double v, float *fraction) {
    const double limit = FAR * 1024.0;
    v = v < -limit ? -limit : v > limit ? limit : v;
    uint64_t in_32nds = (uint64_t)((int64_t)v + 16 + (INT64_C(1) << 40)) >> 5;     /* 2^40 keeps it positive */
    *fraction = (float)(in_32nds & 31) / 32.0f;
    return (int)((int64_t)(in_32nds >> 5) - (INT64_C(1) << 30));
}

static gb_real pixel(const gb_filter_map *m, gb_border border, int y, int x) {
    y = gb_border_pixel(border, y, m->h);
    x = gb_border_pixel(border, x, m->w);
    return x < 0 || y < 0 ? 0.0f : m->in[(size_t)y * m->w + x];
}

static gb_real bilinear(const gb_filter_map *m, gb_border border, position p) {
    float wx = 1.0f - p.fx, wy = 1.0f - p.fy;
    gb_real v[2][2];
    if (p.x >= 0 && p.y >= 0 && p.x + 1 < m->w && p.y + 1 < m->h) {
        const gb_real *at = m->in + (size_t)p.y * m->w + p.x;
        v[0][0] = at[0], v[0][1] = at[1];
        v[1][0] = at[m->w], v[1][1] = at[m->w + 1];
    } else {
        v[0][0] = pixel(m, border, p.y, p.x), v[0][1] = pixel(m, border, p.y, p.x + 1);
        v[1][0] = pixel(m, border, p.y + 1, p.x), v[1][1] = pixel(m, border, p.y + 1, p.x + 1);
    }
    return v[0][0] * (wy * wx) + v[0][1] * (wy * p.fx) + v[1][0] * (p.fy * wx) + v[1][1] * (p.fy * p.fx);
}

/* Keys' kernel: the weights of the pixels −1, 0, 1, 2 for a position t in [0, 1]. */
static void cubic(float t, float weight[4]) {
    const float a = -0.75f;
    const float far[2] = {1.0f + t, 2.0f - t}, near[2] = {t, 1.0f - t};
    for (int i = 0; i < 2; i++) {
        weight[3 * i] = ((a * far[i] - 5.0f * a) * far[i] + 8.0f * a) * far[i] - 4.0f * a;
        weight[1 + i] = ((a + 2.0f) * near[i] - (a + 3.0f)) * near[i] * near[i] + 1.0f;
    }
}

static gb_real bicubic(const gb_filter_map *m, gb_border border, position p) {
    float wx[4], wy[4];
    gb_real sum = 0.0f;
    int column[4];
    cubic(p.fx, wx);
    cubic(p.fy, wy);
    for (int i = 0; i < 4; i++)
        column[i] = gb_border_pixel(border, p.x - 1 + i, m->w);
    for (int j = 0; j < 4; j++) {
        int row = gb_border_pixel(border, p.y - 1 + j, m->h);
        gb_real along = 0.0f;
        for (int i = 0; row >= 0 && i < 4; i++)
            along += column[i] < 0 ? 0.0f : wx[i] * m->in[(size_t)row * m->w + column[i]];
        sum += wy[j] * along;
    }
    return sum;
}

static void warp(const gb_filter_map *m) {
    const gb_affine *affine = m->prepared;
    const gb_matrix *i = &affine->inverse;
    gb_border border = affine->border;
    if (affine->singular) {
        memset(m->out, 0, sizeof(gb_real) * m->h * m->w);
        return;
    }
    for (int y = 0; y < m->h; y++) {
        gb_real *out = m->out + (size_t)y * m->w;
        double row_x = i->xy * y + i->x1, row_y = i->yy * y + i->y1;
        position p;
        switch (affine->sampling) {
        case GB_OPENCV:
            row_x = rint(row_x * 1024.0);
            row_y = rint(row_y * 1024.0);
            for (int x = 0; x < m->w; x++) {
                p.x = whole_below_opencv(row_x + rint(i->xx * x * 1024.0), &p.fx);
                p.y = whole_below_opencv(row_y + rint(i->yx * x * 1024.0), &p.fy);
                out[x] = bilinear(m, border, p);
            }
            break;
        case GB_NEAREST:
            for (int x = 0; x < m->w; x++) {
                p.x = whole_below(i->xx * x + row_x + 0.5, &p.fx);
                p.y = whole_below(i->yx * x + row_y + 0.5, &p.fy);
                out[x] = pixel(m, border, p.y, p.x);
            }
            break;
        case GB_BILINEAR:
        case GB_BICUBIC:
            for (int x = 0; x < m->w; x++) {
                p.x = whole_below(i->xx * x + row_x, &p.fx);
                p.y = whole_below(i->yx * x + row_y, &p.fy);
                out[x] = affine->sampling == GB_BILINEAR ? bilinear(m, border, p) : bicubic(m, border, p);
            }
            break;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ adjoint */

/* The position from which warp() takes pixel (x, y). */
static position position_of(const gb_affine *affine, int x, int y) {
    const gb_matrix *i = &affine->inverse;
    double row_x = i->xy * y + i->x1, row_y = i->yy * y + i->y1, half = affine->sampling == GB_NEAREST ? 0.5 : 0.0;
    position p;
    if (affine->sampling == GB_OPENCV) {
        p.x = whole_below_opencv(rint(row_x * 1024.0) + rint(i->xx * x * 1024.0), &p.fx);
        p.y = whole_below_opencv(rint(row_y * 1024.0) + rint(i->yx * x * 1024.0), &p.fy);
    } else {
        p.x = whole_below(i->xx * x + row_x + half, &p.fx);
        p.y = whole_below(i->yx * x + row_y + half, &p.fy);
    }
    return p;
}

/* Every pixel of the result gives its gradient to those it was interpolated from, with the same weights. */
static void warp_grad(const gb_filter_map *m, const gb_real *g) {
    const gb_affine *affine = m->prepared;
    memset(m->out, 0, sizeof(gb_real) * m->h * m->w);
    for (int y = 0; y < m->h && !affine->singular; y++)
        for (int x = 0; x < m->w; x++) {
            position p = position_of(affine, x, y);
            float wx[4] = {0, 1, 0, 0}, wy[4] = {0, 1, 0, 0};       /* of the pixels −1, 0, 1, 2 */
            if (affine->sampling == GB_BICUBIC) {
                cubic(p.fx, wx);
                cubic(p.fy, wy);
            } else if (affine->sampling != GB_NEAREST) {
                wx[1] = 1.0f - p.fx, wx[2] = p.fx;
                wy[1] = 1.0f - p.fy, wy[2] = p.fy;
            }
            for (int j = 0; j < 4; j++) {
                int row = wy[j] != 0.0f ? gb_border_pixel(affine->border, p.y - 1 + j, m->h) : -1;
                for (int i = 0; row >= 0 && i < 4; i++) {
                    int column = wx[i] != 0.0f ? gb_border_pixel(affine->border, p.x - 1 + i, m->w) : -1;
                    if (column >= 0)
                        m->out[(size_t)row * m->w + column] += wy[j] * wx[i] * g[(size_t)y * m->w + x];
                }
            }
        }
}

/* ------------------------------------------------------------------------------------------------ rows */

#define WARP .map = warp, .map_grad = warp_grad, .prepared_size = sizeof(gb_affine)

const gb_filter gb_filter_translate = {
    .name = "translate", .summary = "moves every map", .params = 5, .positional = 2,
    .param = {{"x", "distance to the right, in widths of the map", 0.25f, -1e6f, 1e6f, false, NULL},
              {"y", "distance down, in heights of the map", 0.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_translate,
};
const gb_filter gb_filter_scale = {
    .name = "scale", .summary = "enlarges or shrinks every map about its centre", .params = 6, .positional = 3,
    .param = {{"factor", "for both axes; above 1 enlarges", 1.5f, -1e6f, 1e6f, false, NULL},
              {"x", "additional factor for the horizontal axis", 1.0f, -1e6f, 1e6f, false, NULL},
              {"y", "additional factor for the vertical axis", 1.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_scale,
};
const gb_filter gb_filter_rotate = {
    .name = "rotate", .summary = "rotates every map about its centre", .params = 4, .positional = 1,
    .param = {{"angle", "degrees, counter-clockwise", 45.0f, -1e9f, 1e9f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_rotate,
};
const gb_filter gb_filter_shear = {
    .name = "shear", .summary = "shears every map about its centre", .params = 5, .positional = 2,
    .param = {{"x", "pixels to the right for every pixel down", 0.5f, -1e6f, 1e6f, false, NULL},
              {"y", "pixels down for every pixel to the right", 0.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_shear,
};
const gb_filter gb_filter_affine = {
    .name = "affine", .summary = "any 2×3 matrix in pixels, as for cv2.warpAffine; the origin is the top left pixel",
    .params = 9, .positional = 6,
    .param = {{"xx", "change of x per pixel to the right", 1.0f, -1e9f, 1e9f, false, NULL},
              {"xy", "change of x per pixel down", 0.5f, -1e9f, 1e9f, false, NULL},
              {"x", "translation to the right, in pixels", 0.0f, -1e9f, 1e9f, false, NULL},
              {"yx", "change of y per pixel to the right", 0.0f, -1e9f, 1e9f, false, NULL},
              {"yy", "change of y per pixel down", 1.0f, -1e9f, 1e9f, false, NULL},
              {"y", "translation down, in pixels", 0.0f, -1e9f, 1e9f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_affine,
};
const gb_filter gb_filter_resize_crop = {
    .name = "resize-crop", .summary = "enlarges a window of every map to the size of the map", .params = 6,
    .positional = 3,
    .param = {{"zoom", "the window has 1/zoom of the map's width and height", 2.0f, 1.0f / 1024, 1024.0f, false, NULL},
              {"x", "position of the window, 0 = left, 1 = right", 0.5f, 0.0f, 1.0f, false, NULL},
              {"y", "position of the window, 0 = top, 1 = bottom", 0.5f, 0.0f, 1.0f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .prepare = prepare_resize_crop,
};
