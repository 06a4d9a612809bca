/* Affine transforms of a map: pixel (x, y) of the result is the original at m⁻¹(x, y), with x to the right and y down.
 *
 * nearest, bilinear and bicubic (a = −3/4, as PyTorch and OpenCV have it) are exact, and turn and scale about the
 * middle of the map, ((W−1)/2, (H−1)/2). opencv is what network-bending computes: positions in 1/32 of a pixel, found
 * from numbers rounded to 1/1024 as OpenCV's warpAffine does, about the point (x = H/2, y = W/2), translations in
 * (H, W). NaN and infinity reach every pixel that has them among its neighbours, be their weight zero.
 *
 * A matrix that cannot be inverted (scale 0, shear with x·y = 1) gives zeros; with opencv, as there, the pixel (0, 0)
 * everywhere. Every other matrix within the ranges works, wherever it leads. */
#include <stdint.h>
#include <string.h>

#include "ops/bends/prepared.h"
#include "ops/bends/filter_rows.h"

static const char *const samplings[] = {"opencv", "nearest", "bilinear", "bicubic", NULL};

#define SAMPLING \
    {"sampling", "how values between pixels are read; opencv also turns and scales about network-bending's point", \
     GB_BILINEAR, GB_OPENCV, GB_BICUBIC, true, samplings}

/* ------------------------------------------------------------------------------------------------ matrices */

/* `m` forward; the last parameters but `mix` are border and sampling. */
static void prepare(gb_affine_plan *plan, gb_matrix m, const float *border_and_sampling) {
    double det = m.xx * m.yy - m.xy * m.yx, scale = det != 0.0 ? 1.0 / det : 0.0;
    gb_matrix *i = &plan->inverse;
    *i = (gb_matrix){.xx = m.yy * scale, .xy = -m.xy * scale, .yx = -m.yx * scale, .yy = m.xx * scale};
    i->x1 = -i->xx * m.x1 - i->xy * m.y1;
    i->y1 = -i->yx * m.x1 - i->yy * m.y1;
    plan->border = (gb_border)border_and_sampling[0];
    plan->sampling = (gb_sampling)border_and_sampling[1];
    plan->singular = det == 0.0 && plan->sampling != GB_OPENCV;
}

/* The same matrix with (x, y) where it was. */
static gb_matrix about(gb_matrix m, double x, double y) {
    m.x1 = (1.0 - m.xx) * x - m.xy * y;
    m.y1 = -m.yx * x + (1.0 - m.yy) * y;
    return m;
}

static gb_matrix about_middle(gb_matrix m, int h, int w) {
    return about(m, (w - 1) / 2.0, (h - 1) / 2.0);
}

static void plan_translate(const float *p, int h, int w, void *plan) {
    bool published = p[3] == GB_OPENCV;
    prepare(plan, (gb_matrix){1, 0, (double)p[0] * (published ? h : w), 0, 1, (double)p[1] * (published ? w : h)}, p + 2);
}

static void plan_scale(const float *p, int h, int w, void *plan) {
    gb_matrix m = {.xx = (double)p[0] * p[1], .yy = (double)p[0] * p[2]};
    prepare(plan, p[4] == GB_OPENCV ? about(m, h / 2.0, w / 2.0) : about_middle(m, h, w), p + 3);
}

static void plan_rotate(const float *p, int h, int w, void *plan) {
    double angle = p[0] * 3.14159265358979323846 / 180.0;
    gb_matrix m = {.xx = cos(angle), .xy = sin(angle), .yx = -sin(angle), .yy = cos(angle)};
    prepare(plan, p[2] == GB_OPENCV ? about(m, h / 2.0, w / 2.0) : about_middle(m, h, w), p + 1);
}

static void plan_shear(const float *p, int h, int w, void *plan) {
    prepare(plan, about_middle((gb_matrix){.xx = 1, .xy = p[0], .yx = p[1], .yy = 1}, h, w), p + 2);
}

static void plan_affine(const float *p, int h, int w, void *plan) {
    (void)h, (void)w;
    prepare(plan, (gb_matrix){p[0], p[1], p[2], p[3], p[4], p[5]}, p + 6);
}

/* A window of 1/zoom of the map, its corner at the share x (y) of the way it can go, fills the map; pixels are squares,
 * so s + ½ = (d + ½) / zoom + corner. */
static void plan_resize_crop(const float *p, int h, int w, void *plan) {
    double zoom = p[0], left = p[1] * (w - w / zoom), top = p[2] * (h - h / zoom);
    prepare(plan, (gb_matrix){zoom, 0, zoom * (0.5 - left) - 0.5, 0, zoom, zoom * (0.5 - top) - 0.5}, p + 3);
}

/* ------------------------------------------------------------------------------------------------ sampling */

/* Where in the original a pixel comes from: between pixels x, x+1 and y, y+1. */
typedef struct position { int x, y; float fx, fy; } position;

enum { FAR = 1 << 29 };     /* pixels; beyond that only the border is left, and one place there is as good as another */

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

static float pixel(const gb_filter_map *m, gb_border border, int y, int x) {
    y = gb_border_pixel(border, y, m->h);
    x = gb_border_pixel(border, x, m->w);
    return x < 0 || y < 0 ? 0.0f : m->in[(size_t)y * m->w + x];
}

static float bilinear(const gb_filter_map *m, gb_border border, position p) {
    float wx = 1.0f - p.fx, wy = 1.0f - p.fy, v[2][2];
    if (p.x >= 0 && p.y >= 0 && p.x + 1 < m->w && p.y + 1 < m->h) {
        const float *at = m->in + (size_t)p.y * m->w + p.x;
        v[0][0] = at[0], v[0][1] = at[1];
        v[1][0] = at[m->w], v[1][1] = at[m->w + 1];
    } else {
        v[0][0] = pixel(m, border, p.y, p.x), v[0][1] = pixel(m, border, p.y, p.x + 1);
        v[1][0] = pixel(m, border, p.y + 1, p.x), v[1][1] = pixel(m, border, p.y + 1, p.x + 1);
    }
    return v[0][0] * (wy * wx) + v[0][1] * (wy * p.fx) + v[1][0] * (p.fy * wx) + v[1][1] * (p.fy * p.fx);
}

/* Keys' kernel: the weights of the pixels at −1, 0, 1, 2 for a place t in [0, 1] after 0. */
static void cubic(float t, float weight[4]) {
    const float a = -0.75f;
    const float far[2] = {1.0f + t, 2.0f - t}, near[2] = {t, 1.0f - t};
    for (int i = 0; i < 2; i++) {
        weight[3 * i] = ((a * far[i] - 5.0f * a) * far[i] + 8.0f * a) * far[i] - 4.0f * a;
        weight[1 + i] = ((a + 2.0f) * near[i] - (a + 3.0f)) * near[i] * near[i] + 1.0f;
    }
}

static float bicubic(const gb_filter_map *m, gb_border border, position p) {
    float wx[4], wy[4], sum = 0.0f;
    int column[4];
    cubic(p.fx, wx);
    cubic(p.fy, wy);
    for (int i = 0; i < 4; i++)
        column[i] = gb_border_pixel(border, p.x - 1 + i, m->w);
    for (int j = 0; j < 4; j++) {
        int row = gb_border_pixel(border, p.y - 1 + j, m->h);
        float along = 0.0f;
        for (int i = 0; row >= 0 && i < 4; i++)
            along += column[i] < 0 ? 0.0f : wx[i] * m->in[(size_t)row * m->w + column[i]];
        sum += wy[j] * along;
    }
    return sum;
}

static void warp(const gb_filter_map *m) {
    const gb_affine_plan *plan = m->plan;
    const gb_matrix *i = &plan->inverse;
    gb_border border = plan->border;
    if (plan->singular) {
        memset(m->out, 0, sizeof(float) * m->h * m->w);
        return;
    }
    for (int y = 0; y < m->h; y++) {
        float *out = m->out + (size_t)y * m->w;
        double row_x = i->xy * y + i->x1, row_y = i->yy * y + i->y1;
        position p;
        switch (plan->sampling) {
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
                out[x] = plan->sampling == GB_BILINEAR ? bilinear(m, border, p) : bicubic(m, border, p);
            }
            break;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ rows */

#define WARP .map = warp, .plan_size = sizeof(gb_affine_plan)

const gb_filter gb_filter_translate = {
    .name = "translate", .summary = "maps moved", .params = 5, .positional = 2,
    .param = {{"x", "to the right, in widths of the map", 0.25f, -1e6f, 1e6f, false, NULL},
              {"y", "down, in heights of the map", 0.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_translate,
};
const gb_filter gb_filter_scale = {
    .name = "scale", .summary = "maps enlarged or shrunk about their middle", .params = 6, .positional = 3,
    .param = {{"factor", "for both axes; above 1 enlarges", 1.5f, -1e6f, 1e6f, false, NULL},
              {"x", "a further factor for the horizontal axis", 1.0f, -1e6f, 1e6f, false, NULL},
              {"y", "a further factor for the vertical axis", 1.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_scale,
};
const gb_filter gb_filter_rotate = {
    .name = "rotate", .summary = "maps turned about their middle", .params = 4, .positional = 1,
    .param = {{"angle", "degrees, counter-clockwise", 45.0f, -1e9f, 1e9f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_rotate,
};
const gb_filter gb_filter_shear = {
    .name = "shear", .summary = "maps slanted about their middle", .params = 5, .positional = 2,
    .param = {{"x", "pixels to the right for every pixel down", 0.5f, -1e6f, 1e6f, false, NULL},
              {"y", "pixels down for every pixel to the right", 0.0f, -1e6f, 1e6f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_shear,
};
const gb_filter gb_filter_affine = {
    .name = "affine", .summary = "any 2×3 matrix in pixels from the top left one's middle, as cv2.warpAffine takes it",
    .params = 9, .positional = 6,
    .param = {{"xx", "new x for each pixel to the right", 1.0f, -1e9f, 1e9f, false, NULL},
              {"xy", "new x for each pixel down", 0.5f, -1e9f, 1e9f, false, NULL},
              {"x", "pixels to the right", 0.0f, -1e9f, 1e9f, false, NULL},
              {"yx", "new y for each pixel to the right", 0.0f, -1e9f, 1e9f, false, NULL},
              {"yy", "new y for each pixel down", 1.0f, -1e9f, 1e9f, false, NULL},
              {"y", "pixels down", 0.0f, -1e9f, 1e9f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_affine,
};
const gb_filter gb_filter_resize_crop = {
    .name = "resize-crop", .summary = "maps resized and cut back to their size", .params = 6, .positional = 3,
    .param = {{"zoom", "1/zoom of the map is seen in each direction", 2.0f, 1.0f / 1024, 1024.0f, false, NULL},
              {"x", "where the window lies, 0 = left, 1 = right", 0.5f, 0.0f, 1.0f, false, NULL},
              {"y", "where the window lies, 0 = top, 1 = bottom", 0.5f, 0.0f, 1.0f, false, NULL},
              GB_BORDER(GB_BORDER_ZEROS), SAMPLING, GB_MIX},
    WARP, .plan = plan_resize_crop,
};
