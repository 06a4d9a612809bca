/* Bending filters: the published ones compared with OpenCV, the others with their definitions in double precision; and
 * properties of all filters: independence of layout, workers and batch, and all parameters in their ranges. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/bends/filters.h"
#include "weights/read/checkpoint.h"

/* ------------------------------------------------------------------------------------------------ running a filter */

enum { WORKERS = 3 };

typedef struct share {
    pthread_t thread;
    int tasks, worker;
    void (*task)(void *arg, int i, int worker);
    void *arg;
} share;

static void *every_third(void *arg) {
    const share *s = arg;
    for (int i = s->tasks - 1 - s->worker; i >= 0; i -= WORKERS)
        s->task(s->arg, i, s->worker);
    return NULL;
}

/* Three threads divide the tasks, the last ones first. */
static void parallel(void *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    share shares[WORKERS];
    (void)pool;
    for (int i = 0; i < WORKERS; i++) {
        shares[i] = (share){.tasks = tasks, .worker = i, .task = task, .arg = arg};
        assert_int_equal(pthread_create(&shares[i].thread, NULL, every_third, &shares[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(shares[i].thread, NULL), 0);
}

static float param_value(const gb_filter *f, int at, const char *text) {
    const char *const *choices = f->param[at].choices;
    for (int i = 0; choices && choices[i]; i++)
        if (strcmp(choices[i], text) == 0)
            return (float)i;
    return strtof(text, NULL);
}

/* Finds the filter of a text like "rotate angle=30 border=edge" and sets `params`; the others get their default
 * values. */
static const gb_filter *filter_of(const char *text, float *params) {
    char words[200], *word, *rest;
    snprintf(words, sizeof words, "%s", text);
    const gb_filter *f = gb_filter_find(strtok_r(words, " ", &rest));
    assert_non_null(f);
    for (int i = 0; i < f->params; i++)
        params[i] = f->param[i].default_value;
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *equals = strchr(word, '=');
        int i = 0;
        assert_non_null(equals);
        *equals = '\0';
        while (i < f->params && strcmp(f->param[i].name, word) != 0)
            i++;
        if (i == f->params)
            fail_msg("%s has no parameter '%s'", f->name, word);
        params[i] = param_value(f, i, equals + 1);
        assert_true(params[i] >= f->param[i].low && params[i] <= f->param[i].high);
    }
    return f;
}

static void *allocate(size_t bytes) {
    size_t whole = (bytes + 63) / 64 * 64;
    void *p = aligned_alloc(64, whole ? whole : 64);
    assert_non_null(p);
    memset(p, 0xff, whole);                         /* as floats, NaN: in padding, scratch memory and results */
    return p;
}

typedef struct where {
    gb_shape shape;             /* block included */
    int workers;                /* 1 or WORKERS */
    const int *feature;
    int count;
} where;

static void run(const gb_filter *f, const float *params, where at, const float *x, float *y) {
    gb_cpu cpu = {.workers = 1};
    assert_true(gb_cpu_detect(&cpu, "plain", NULL, 0));
    cpu.workers = at.workers;
    cpu.parallel = parallel;
    size_t bytes = sizeof(float) * gb_shape_floats(&at.shape);
    gb_tensor in = {at.shape, allocate(bytes)}, out = {at.shape, allocate(bytes)};
    void *workspace = allocate(gb_filter_workspace(&cpu, f, &at.shape));
    gb_tensor_from_nchw(&cpu, &in, x);
    gb_filter_run(&cpu, f, params, at.feature, at.count, &in, &out, workspace);
    gb_tensor_to_nchw(&cpu, &out, y);
    free(workspace);
    free(in.data);
    free(out.data);
}

/* One planar map of h × w. */
static void apply(const char *text, int h, int w, const float *x, float *y) {
    float params[GB_MAX_FILTER_PARAMS];
    const gb_filter *f = filter_of(text, params);
    run(f, params, (where){.shape = {1, 1, h, w, 1}, .workers = 1}, x, y);
}

/* In about [−2, 2], the same on every run. */
static float *random_floats(size_t count, uint32_t seed) {
    float *x = allocate(sizeof(float) * count);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 4194304.0f - 2.0f;
    }
    return x;
}

static void assert_close(const char *what, const float *got, const float *expected, size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - expected[i]) <= tolerance) && !(isnan(got[i]) && isnan(expected[i])))
            fail_msg("%s: value %zu is %.9g, expected %.9g", what, i, got[i], expected[i]);
}

#define FLOATS(...) (const float[]){__VA_ARGS__}

static void assert_gives(const char *text, int h, int w, const float *x, const float *expected) {
    float y[64];
    assert_true((size_t)h * w <= 64);
    apply(text, h, w, x, y);
    assert_close(text, y, expected, (size_t)h * w, 1e-6);
}

/* ------------------------------------------------------------------------------------------------ published filters */

static const gb_named_array *array_named(const gb_named_array *all, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    fail_msg("the fixture has no '%s'", name);
    return NULL;
}

static float *floats_of(const gb_named_array *a, int *h, int *w) {
    gb_reason why = {0};
    assert_int_equal(a->array.ndim, 2);
    *h = (int)a->array.shape[0];
    *w = (int)a->array.shape[1];
    float *x = allocate(sizeof(float) * *h * *w);
    assert_true(gb_array_to_f32(&a->array, x, &why));
    return x;
}

/* "16x16/translate/-0.5,0.2" */
static void compare_published(const gb_named_array *all, size_t count, const gb_named_array *a) {
    char size[16], name[32], input[32], values[32] = "", *rest;
    int h, w, at = 0;
    float params[GB_MAX_FILTER_PARAMS];
    assert_true(sscanf(a->name, "%15[^/]/%31[^/]/%31s", size, name, values) >= 2);
    snprintf(input, sizeof input, "%s/input", size);
    float *x = floats_of(array_named(all, count, input), &h, &w), *expected = floats_of(a, &h, &w);
    float *y = allocate(sizeof(float) * h * w);
    const gb_filter *f = filter_of(name, params);
    for (char *v = strtok_r(values, ",", &rest); v; v = strtok_r(NULL, ",", &rest)) {
        assert_true(at < f->positional);
        params[at++] = strtof(v, NULL);
    }
    bool sampled = false;
    for (int i = 0; i < f->params; i++)
        if (strcmp(f->param[i].name, "sampling") == 0) {
            params[i] = param_value(f, i, "opencv");
            sampled = true;
        }
    run(f, params, (where){.shape = {1, 1, h, w, 1}, .workers = 1}, x, y);
    assert_close(a->name, y, expected, (size_t)h * w, sampled ? 3e-7 : 0.0);
    free(x);
    free(y);
    free(expected);
}

/* Dilating a single 1 gives the element. */
static void compare_element(const gb_named_array *a) {
    char text[40];
    int h, w;
    float *expected = floats_of(a, &h, &w), *y = allocate(sizeof(float) * h * w), *x = allocate(sizeof(float) * h * w);
    for (int i = 0; i < h * w; i++)
        x[i] = i == h * w / 2 ? 1.0f : 0.0f;
    snprintf(text, sizeof text, "dilate radius=%d", h / 2);
    apply(text, h, w, x, y);
    assert_close(a->name, y, expected, (size_t)h * w, 0.0);
    free(x);
    free(y);
    free(expected);
}

static void published_filters_equal_the_results_of_opencv(void **state) {
    static uint8_t bytes[1 << 20];
    size_t count, elements = 0, filtered = 0;
    gb_reason why = {0};
    (void)state;
    FILE *file = fopen("tests/fixtures/bending-opencv.npz", "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, "bending-opencv.npz", &why);
    if (!c)
        fail_msg("%s", why.text);
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, "element/", 8) == 0) {
            compare_element(&all[i]);
            elements++;
        } else if (!strstr(all[i].name, "/input")) {
            compare_published(all, count, &all[i]);
            filtered++;
        }
    }
    assert_int_equal(elements, 4);
    assert_int_equal(filtered, 124);
    gb_checkpoint_close(c);
}

static void filters_are_found_by_our_name_and_the_published_one(void **state) {
    static const char *const published[] = {"ablate", "invert", "scalar-multiply", "translate", "rotate", "scale",
                                            "erode", "dilate", "binary-thresh", "flip-h", "flip-v"};
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        assert_non_null(gb_filter_find(published[i]));
    assert_ptr_equal(gb_filter_find("binary-thresh"), gb_filter_find("threshold"));
    assert_null(gb_filter_find("thresh"));
    assert_null(gb_filter_find(""));
}

static void every_row_is_complete(void **state) {
    (void)state;
    for (const gb_filter *const *row = gb_filters; *row; row++) {
        const gb_filter *f = *row;
        assert_ptr_equal(gb_filter_find(f->name), f);
        assert_int_equal(!!f->each + !!f->map + !!f->order, 1);
        assert_true(f->summary[0] && f->params >= 1 && f->params <= GB_MAX_FILTER_PARAMS && f->positional < f->params);
        assert_string_equal(f->param[f->params - 1].name, "mix");
        for (int i = 0; i < f->params; i++) {
            const char *const *choices = f->param[i].choices;
            float low = f->param[i].low, high = f->param[i].high, value = f->param[i].default_value;
            int names = 0;
            assert_true(f->param[i].name[0] && f->param[i].summary[0] && low <= value && value <= high);
            assert_true(!f->param[i].integer || value == rintf(value));
            while (choices && choices[names])
                names++;
            if (choices)
                assert_true(f->param[i].integer && low == 0.0f && high == (float)(names - 1));
            for (int j = 0; j < i; j++)
                assert_string_not_equal(f->param[j].name, f->param[i].name);
        }
    }
}

static void every_filter_has_a_visible_and_finite_effect_by_default(void **state) {
    enum { C = 5, H = 8, W = 8, COUNT = C * H * W };
    float params[GB_MAX_FILTER_PARAMS], y[COUNT];
    float *x = random_floats(COUNT, 1);
    (void)state;
    for (const gb_filter *const *f = gb_filters; *f; f++) {
        int changed = 0;
        filter_of((*f)->name, params);
        run(*f, params, (where){.shape = {1, C, H, W, 1}, .workers = 1}, x, y);
        for (int i = 0; i < COUNT; i++) {
            assert_true(isfinite(y[i]));
            changed += fabsf(y[i] - x[i]) > 0.01f;
        }
        if (changed < COUNT / 4)
            fail_msg("%s changes %d of %d values", (*f)->name, changed, COUNT);
    }
    free(x);
}

/* ------------------------------------------------------------------------------------------------ single values */

static void filters_of_single_values_follow_their_formulas(void **state) {
    const float *x = FLOATS(-1.5f, -0.5f, 0.0f, 0.5f, 0.75f, 3.0f, INFINITY, NAN);
    (void)state;
    assert_gives("ablate", 1, 8, x, FLOATS(0, 0, 0, 0, 0, 0, 0, 0));
    assert_gives("invert", 2, 3, x, FLOATS(2.5f, 1.5f, 1.0f, 0.5f, 0.25f, -2.0f));
    assert_gives("multiply factor=-2", 2, 3, x, FLOATS(3.0f, 1.0f, 0.0f, -1.0f, -1.5f, -6.0f));
    assert_gives("add amount=1", 2, 3, x, FLOATS(-0.5f, 0.5f, 1.0f, 1.5f, 1.75f, 4.0f));
    assert_gives("threshold threshold=0.5", 2, 3, x, FLOATS(0, 0, 0, 0, 1, 1));
    assert_gives("threshold threshold=0.5 compare=at-least", 2, 3, x, FLOATS(0, 0, 0, 1, 1, 1));
    assert_gives("clamp low=-1 high=0.6", 2, 3, x, FLOATS(-1.0f, -0.5f, 0.0f, 0.5f, 0.6f, 0.6f));
    assert_gives("clamp low=2 high=1", 2, 3, x, FLOATS(1, 1, 1, 1, 1, 1));
    assert_gives("quantise step=1", 2, 3, x, FLOATS(-2, 0, 0, 0, 1, 3));
}

static void clamp_preserves_nan_and_threshold_gives_0(void **state) {
    float y[2];
    (void)state;
    apply("clamp", 1, 2, FLOATS(NAN, INFINITY), y);
    assert_true(isnan(y[0]) && y[1] == 1.0f);
    apply("threshold", 1, 2, FLOATS(NAN, INFINITY), y);
    assert_true(y[0] == 0.0f && y[1] == 1.0f);
    apply("ablate", 1, 2, FLOATS(NAN, INFINITY), y);
    assert_true(y[0] == 0.0f && y[1] == 0.0f);
}

static void mix_interpolates_between_original_and_result(void **state) {
    const float *x = FLOATS(1, 2, 3, 4);
    (void)state;
    assert_gives("invert mix=0", 2, 2, x, x);
    assert_gives("invert mix=0.25", 2, 2, x, FLOATS(0.75f, 1.25f, 1.75f, 2.25f));
    assert_gives("reflect-h mix=0.5", 2, 2, x, FLOATS(1.5f, 1.5f, 3.5f, 3.5f));
    float y[2], params[GB_MAX_FILTER_PARAMS];
    const gb_filter *roll = filter_of("roll mix=0.75", params);
    run(roll, params, (where){.shape = {1, 2, 1, 1, 1}, .workers = 1}, FLOATS(0, 4), y);
    assert_close("roll", y, FLOATS(3, 1), 2, 0.0);
}

/* ------------------------------------------------------------------------------------------------ affine */

static void borders_have_the_values_of_their_names(void **state) {
    const float *x = FLOATS(1, 2, 3, 4);
    (void)state;
    assert_gives("translate x=0.75 border=zeros", 1, 4, x, FLOATS(0, 0, 0, 1));
    assert_gives("translate x=0.75 border=edge", 1, 4, x, FLOATS(1, 1, 1, 1));
    assert_gives("translate x=0.75 border=reflect", 1, 4, x, FLOATS(3, 2, 1, 1));
    assert_gives("translate x=0.75 border=wrap", 1, 4, x, FLOATS(2, 3, 4, 1));
    assert_gives("translate x=0 y=-0.5 border=reflect", 4, 1, x, FLOATS(3, 4, 4, 3));
    assert_gives("translate x=5.25 border=wrap", 1, 4, x, FLOATS(4, 1, 2, 3));
    assert_gives("translate x=-5.25 border=reflect", 1, 4, x, FLOATS(3, 2, 1, 1));
    assert_gives("translate x=2.5 border=wrap sampling=opencv", 4, 1, x, x);       /* 10 widths of 1 pixel */
}

static void interpolation_between_pixels_is_exact(void **state) {
    const float *x = FLOATS(0, 0, 1, 0, 0, 0, 0, 0);
    (void)state;
    assert_gives("translate x=0.0625 sampling=bilinear", 1, 8, x, FLOATS(0, 0, 0.5f, 0.5f, 0, 0, 0, 0));
    assert_gives("translate x=0.1125 sampling=bilinear", 1, 8, x, FLOATS(0, 0, 0.1f, 0.9f, 0, 0, 0, 0));
    assert_gives("translate x=0.1125 sampling=nearest", 1, 8, x, FLOATS(0, 0, 0, 1, 0, 0, 0, 0));
    assert_gives("translate x=0.0625 sampling=bicubic", 1, 8, x,
                 FLOATS(0, -0.09375f, 0.59375f, 0.59375f, -0.09375f, 0, 0, 0));
}

static void rotations_by_90_degrees_about_the_centre_are_exact(void **state) {
    const float *x = FLOATS(1, 2, 3, 4, 5, 6, 7, 8, 9);
    (void)state;
    assert_gives("rotate angle=90", 3, 3, x, FLOATS(3, 6, 9, 2, 5, 8, 1, 4, 7));
    assert_gives("rotate angle=-90 sampling=nearest", 3, 3, x, FLOATS(7, 4, 1, 8, 5, 2, 9, 6, 3));
    assert_gives("rotate angle=180 sampling=bicubic", 3, 3, x, FLOATS(9, 8, 7, 6, 5, 4, 3, 2, 1));
    assert_gives("rotate angle=90", 2, 2, FLOATS(1, 2, 3, 4), FLOATS(2, 4, 1, 3));
    assert_gives("scale factor=-1", 2, 3, x, FLOATS(6, 5, 4, 3, 2, 1));
    assert_gives("scale factor=1 x=-1", 2, 3, x, FLOATS(3, 2, 1, 6, 5, 4));
    assert_gives("shear x=1", 3, 3, x, FLOATS(2, 3, 0, 4, 5, 6, 0, 7, 8));
    assert_gives("shear x=0 y=1", 3, 3, x, FLOATS(4, 2, 0, 7, 5, 3, 0, 8, 6));
    assert_gives("affine xx=0 xy=1 yx=1 yy=0", 3, 3, x, FLOATS(1, 4, 7, 2, 5, 8, 3, 6, 9));
    assert_gives("affine xx=1 xy=0 x=1 y=-1", 3, 3, x, FLOATS(0, 4, 5, 0, 7, 8, 0, 0, 0));
}

static void resize_crop_enlarges_a_window(void **state) {
    const float *x = FLOATS(0, 1, 2, 3);
    (void)state;
    assert_gives("resize-crop zoom=2", 1, 4, x, FLOATS(0.75f, 1.25f, 1.75f, 2.25f));
    assert_gives("resize-crop zoom=2 x=0 border=edge", 1, 4, x, FLOATS(0, 0.25f, 0.75f, 1.25f));
    assert_gives("resize-crop zoom=2 x=1 border=edge sampling=nearest", 1, 4, x, FLOATS(2, 2, 3, 3));
    assert_gives("resize-crop zoom=1", 1, 4, x, x);
}

static void singular_matrices_give_zeros(void **state) {
    const float *x = FLOATS(1, 2, 3, 4);
    (void)state;
    assert_gives("scale factor=0 border=edge", 2, 2, x, FLOATS(0, 0, 0, 0));
    assert_gives("shear x=2 y=0.5 border=wrap", 2, 2, x, FLOATS(0, 0, 0, 0));
    assert_gives("affine xx=0 xy=0 yx=0 yy=0", 2, 2, x, FLOATS(0, 0, 0, 0));
    assert_gives("scale factor=0 sampling=opencv", 2, 2, x, FLOATS(1, 1, 1, 1));
}

/* The pixel of a row of n that replaces pixel i, found step by step; false if it is zero. */
static bool walk_in(const char *border, int *i, int n) {
    while (*i < 0 || *i >= n) {
        if (strcmp(border, "zeros") == 0)
            return false;
        if (strcmp(border, "edge") == 0)
            *i += *i < 0 ? 1 : -1;
        if (strcmp(border, "wrap") == 0)
            *i += *i < 0 ? n : -n;
        if (strcmp(border, "reflect") == 0)
            *i = *i < 0 ? -1 - *i : 2 * n - 1 - *i;
    }
    return true;
}

static double kernel(const char *sampling, double d) {
    d = fabs(d);
    if (strcmp(sampling, "bilinear") == 0)
        return fmax(0.0, 1.0 - d);
    if (d <= 1.0)
        return 1.25 * d * d * d - 2.25 * d * d + 1.0;
    return d < 2.0 ? -0.75 * (d * d * d - 5.0 * d * d + 8.0 * d - 4.0) : 0.0;
}

/* The map at (x, y): the sum of the surrounding pixels, each weighted with the kernel at its distance. */
static double read_at(const float *map, int h, int w, double y, double x, const char *border, const char *sampling) {
    double sum = 0.0;
    for (int r = (int)floor(y) - 2; r <= (int)floor(y) + 3; r++)
        for (int c = (int)floor(x) - 2; c <= (int)floor(x) + 3; c++) {
            int row = r, column = c;
            if (walk_in(border, &row, h) && walk_in(border, &column, w))
                sum += kernel(sampling, y - r) * kernel(sampling, x - c) * map[row * w + column];
        }
    return sum;
}

static void affine_filters_equal_their_definition_in_double_precision(void **state) {
    enum { H = 9, W = 14 };
    static const char *const borders[] = {"zeros", "edge", "reflect", "wrap"};
    static const char *const samplings[] = {"bilinear", "bicubic"};
    float *x = random_floats(H * W, 2), y[H * W], expected[H * W];
    (void)state;
    for (int b = 0; b < 4; b++)
        for (int s = 0; s < 2; s++)
            for (int k = 0; k < 3; k++) {
                char text[120], tail[60];
                double a = 35.0 * 3.14159265358979323846 / 180.0, my = (H - 1) / 2.0, mx = (W - 1) / 2.0;
                snprintf(tail, sizeof tail, "border=%s sampling=%s", borders[b], samplings[s]);
                snprintf(text, sizeof text, k == 0 ? "rotate angle=35 %s" : k == 1 ? "scale factor=0.4 y=2 %s"
                         : "affine xx=0.5 xy=0.25 x=1.5 yx=-0.5 yy=1 y=-2 %s", tail);
                apply(text, H, W, x, y);
                for (int r = 0; r < H; r++)
                    for (int c = 0; c < W; c++) {
                        double sx, sy;
                        if (k == 0) {               /* counter-clockwise: y points down */
                            sx = mx + cos(a) * (c - mx) - sin(a) * (r - my);
                            sy = my + sin(a) * (c - mx) + cos(a) * (r - my);
                        } else if (k == 1) {
                            sx = mx + (c - mx) / 0.4;
                            sy = my + (r - my) / 0.8;
                        } else {                    /* Cramer's rule; the determinant is 0.625 */
                            sx = (1.0 * (c - 1.5) - 0.25 * (r + 2.0)) / 0.625;
                            sy = (0.5 * (c - 1.5) + 0.5 * (r + 2.0)) / 0.625;
                        }
                        expected[r * W + c] = (float)read_at(x, H, W, sy, sx, borders[b], samplings[s]);
                    }
                assert_close(text, y, expected, H * W, 3e-6);
            }
    free(x);
}

/* ------------------------------------------------------------------------------------------------ morphology */

static void erosion_and_dilation_equal_a_search_in_the_element(void **state) {
    static const int sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {5, 5}, {13, 8}, {8, 21}};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int radius = 0; radius < 12; radius++) {
            int h = sizes[s][0], w = sizes[s][1];
            float *x = random_floats((size_t)h * w, 3), low[8 * 21], high[8 * 21], y[8 * 21];
            char text[40];
            for (int r = 0; r < h; r++)
                for (int c = 0; c < w; c++) {
                    float least = INFINITY, most = -INFINITY;
                    for (int dy = -radius; dy <= radius; dy++) {
                        int reach = (int)rint(sqrt((double)(radius * radius - dy * dy)));
                        for (int dx = -reach; dx <= reach; dx++)
                            if (r + dy >= 0 && r + dy < h && c + dx >= 0 && c + dx < w) {
                                least = fminf(least, x[(r + dy) * w + c + dx]);
                                most = fmaxf(most, x[(r + dy) * w + c + dx]);
                            }
                    }
                    low[r * w + c] = least;
                    high[r * w + c] = most;
                }
            snprintf(text, sizeof text, "erode radius=%d", radius);
            apply(text, h, w, x, y);
            assert_close(text, y, low, (size_t)h * w, 0.0);
            snprintf(text, sizeof text, "dilate radius=%d", radius);
            apply(text, h, w, x, y);
            assert_close(text, y, high, (size_t)h * w, 0.0);
            free(x);
        }
}

static void opening_is_erosion_then_dilation_and_closing_the_reverse(void **state) {
    enum { H = 17, W = 12, COUNT = H * W };
    float *x = random_floats(COUNT, 4), once[COUNT], twice[COUNT], y[COUNT];
    (void)state;
    apply("erode radius=2", H, W, x, once);
    apply("dilate radius=2", H, W, once, twice);
    apply("opening radius=2", H, W, x, y);
    assert_memory_equal(y, twice, sizeof y);
    apply("dilate radius=2", H, W, x, once);
    apply("erode radius=2", H, W, once, twice);
    apply("closing radius=2", H, W, x, y);
    assert_memory_equal(y, twice, sizeof y);
    apply("closing radius=2", H, W, y, twice);
    assert_memory_equal(y, twice, sizeof y);
    free(x);
}

static void nan_wins_every_minimum_and_maximum(void **state) {
    const float *x = FLOATS(1, 2, 3, NAN, 5, 6, INFINITY);
    (void)state;
    assert_gives("erode radius=1", 1, 6, x, FLOATS(1, 1, NAN, NAN, NAN, 5));
    assert_gives("dilate radius=1", 1, 6, x, FLOATS(2, 3, NAN, NAN, NAN, 6));
    assert_gives("dilate radius=1", 6, 1, x, FLOATS(2, 3, NAN, NAN, NAN, 6));
}

/* ------------------------------------------------------------------------------------------------ convolutions */

static void blur_equals_the_sum_with_gaussian_weights(void **state) {
    enum { H = 6, W = 11 };
    static const char *const borders[] = {"zeros", "edge", "reflect", "wrap"};
    static const double sigmas[] = {0.0, 0.64, 3.0};
    float *x = random_floats(H * W, 5), y[H * W], expected[H * W];
    (void)state;
    for (int b = 0; b < 4; b++)
        for (int s = 0; s < 3; s++) {
            char text[60];
            int n = (int)(4.0 * sigmas[s] + 0.5);
            double norm = 0.0;
            for (int i = -n; i <= n; i++)
                norm += n ? exp(-i * i / (2.0 * sigmas[s] * sigmas[s])) : 1.0;
            for (int r = 0; r < H; r++)
                for (int c = 0; c < W; c++) {
                    double sum = 0.0;
                    for (int j = -n; j <= n; j++)
                        for (int i = -n; i <= n; i++) {
                            int row = r + j, column = c + i;
                            double g = n ? exp(-(i * i + j * j) / (2.0 * sigmas[s] * sigmas[s])) / (norm * norm) : 1.0;
                            if (walk_in(borders[b], &row, H) && walk_in(borders[b], &column, W))
                                sum += g * x[row * W + column];
                        }
                    expected[r * W + c] = (float)sum;
                }
            snprintf(text, sizeof text, "blur sigma=%g border=%s", sigmas[s], borders[b]);
            apply(text, H, W, x, y);
            assert_close(text, y, expected, H * W, 2e-6);
            snprintf(text, sizeof text, "sharpen amount=1.5 sigma=%g border=%s", sigmas[s], borders[b]);
            for (int i = 0; i < H * W; i++)
                expected[i] = x[i] + 1.5f * (x[i] - expected[i]);
            apply(text, H, W, x, y);
            assert_close(text, y, expected, H * W, 6e-6);
        }
    free(x);
}

static void sobel_computes_gradients(void **state) {
    const float *x = FLOATS(0, 1, 2, 4, 5, 6, 8, 9, 10);            /* c + 4r */
    float y[9];
    (void)state;
    apply("sobel gradient=x", 3, 3, x, y);
    assert_close("x", y, FLOATS(4, 8, 4, 4, 8, 4, 4, 8, 4), 9, 0.0);
    apply("sobel gradient=y border=edge", 3, 3, x, y);
    assert_close("y", y, FLOATS(16, 16, 16, 32, 32, 32, 16, 16, 16), 9, 0.0);
    apply("sobel", 3, 3, x, y);
    assert_close("magnitude", y + 4, FLOATS(32.984845f), 1, 1e-5);
    apply("sobel gradient=x border=zeros", 3, 3, x, y);
    assert_close("zeros", y, FLOATS(7, 6, -7), 3, 0.0);
}

static void normalise_gives_mean_and_deviation(void **state) {
    (void)state;
    assert_gives("normalise", 1, 4, FLOATS(1, 1, 3, 3), FLOATS(-1, -1, 1, 1));
    assert_gives("normalise mean=5 deviation=2", 2, 2, FLOATS(10, 10, 30, 30), FLOATS(3, 3, 7, 7));
    assert_gives("normalise mean=5", 1, 3, FLOATS(7, 7, 7), FLOATS(5, 5, 5));
    assert_gives("normalise", 1, 1, FLOATS(1e30f), FLOATS(0));
}

/* ------------------------------------------------------------------------------------------------ randomness, order */

static void noise_is_normal_and_depends_on_seed_and_channel(void **state) {
    enum { N = 2, C = 2, H = 64, W = 65, PIXELS = H * W, COUNT = N * C * PIXELS };
    size_t bytes = sizeof(float) * COUNT;
    float *x = allocate(bytes), *y = allocate(bytes), *z = allocate(bytes);
    float params[GB_MAX_FILTER_PARAMS];
    where at = {.shape = {N, C, H, W, 1}, .workers = 1};
    (void)state;
    for (int i = 0; i < COUNT; i++)
        x[i] = 1.0f;
    const gb_filter *f = filter_of("noise strength=0.5 seed=7", params);
    run(f, params, at, x, y);
    double sum = 0.0, squares = 0.0, fourth = 0.0, product = 0.0;
    for (int i = 0; i < C * PIXELS; i++) {
        double v = (y[i] - 1.0) / 0.5;
        sum += v, squares += v * v, fourth += v * v * v * v;
        product += v * (y[(i + PIXELS) % (C * PIXELS)] - 1.0) / 0.5;
    }
    assert_true(fabs(sum / (C * PIXELS)) < 0.05 && fabs(squares / (C * PIXELS) - 1.0) < 0.05);
    assert_true(fabs(fourth / (C * PIXELS) - 3.0) < 0.3 && fabs(product / (C * PIXELS)) < 0.05);
    assert_memory_equal(y, y + C * PIXELS, sizeof(float) * C * PIXELS);
    params[1] = 8.0f;
    run(f, params, at, x, z);
    assert_memory_not_equal(y, z, sizeof(float) * PIXELS);
    filter_of("noise strength=0.5 seed=7 samples=own", params);
    run(f, params, at, x, z);
    assert_memory_not_equal(z, z + C * PIXELS, sizeof(float) * C * PIXELS);
    free(x);
    free(y);
    free(z);
}

static void shuffle_and_roll_permute_the_chosen_channels(void **state) {
    float params[GB_MAX_FILTER_PARAMS], y[8];
    const float *x = FLOATS(0, 1, 2, 3, 4, 5, 6, 7);
    const gb_filter *roll = filter_of("roll by=1", params);
    (void)state;
    run(roll, params, (where){.shape = {1, 8, 1, 1, 1}, .workers = 1}, x, y);
    assert_close("roll", y, FLOATS(7, 0, 1, 2, 3, 4, 5, 6), 8, 0.0);
    params[0] = -17.0f;
    run(roll, params, (where){.shape = {1, 8, 1, 1, 1}, .workers = 1}, x, y);
    assert_close("roll back", y, FLOATS(1, 2, 3, 4, 5, 6, 7, 0), 8, 0.0);
    params[0] = 1.0f;
    run(roll, params, (where){{1, 8, 1, 1, 1}, 1, (const int[]){1, 4, 6}, 3}, x, y);
    assert_close("roll three", y, FLOATS(0, 6, 2, 3, 1, 5, 4, 7), 8, 0.0);

    int seen[8] = {0}, moved[3] = {0};
    for (int seed = 0; seed < 3; seed++) {
        const gb_filter *shuffle = filter_of("shuffle", params);
        params[0] = (float)seed;
        run(shuffle, params, (where){.shape = {1, 8, 1, 1, 1}, .workers = 1}, x, y);
        for (int i = 0; i < 8; i++) {
            seen[(int)y[i]]++;
            moved[seed] = moved[seed] * 8 + (int)y[i];
        }
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(seen[i], 3);
    assert_true(moved[0] != moved[1] && moved[1] != moved[2]);
}

/* ------------------------------------------------------------------------------------------------ properties of all
 * filters */

/* 70 × 67 pixels are more than one band of gb_filter_run() and not a multiple of its runs. */
static void layout_workers_and_batch_do_not_change_any_bits(void **state) {
    enum { N = 2, C = 21, H = 70, W = 67, MAP = H * W, SAMPLE = C * MAP };
    static const int some[] = {0, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20};
    enum { SOME = sizeof some / sizeof *some };
    float params[GB_MAX_FILTER_PARAMS], *x = random_floats(N * SAMPLE, 6);
    float *y = allocate(sizeof(float) * N * SAMPLE), *z = allocate(sizeof(float) * N * SAMPLE);
    (void)state;
    x[5] = NAN;
    x[MAP + 9] = INFINITY;
    for (const gb_filter *const *row = gb_filters; *row; row++) {
        const gb_filter *f = *row;
        filter_of(f->name, params);
        for (int m = 0; m < 2; m++) {
            params[f->params - 1] = m ? 0.3f : 1.0f;
            for (int subset = 0; subset < 2; subset++) {
                where at = {{N, C, H, W, 1}, 1, subset ? some : NULL, subset ? SOME : 0};
                run(f, params, at, x, y);
                for (int c = 0, next = 0; subset && c < C; c++) {
                    if (next < SOME && some[next] == c)
                        next++;
                    else
                        assert_memory_equal(y + c * MAP, x + c * MAP, sizeof(float) * MAP);
                }
                for (int block = 1; block <= 16; block *= block == 1 ? 8 : 2) {
                    at.shape.block = block;
                    at.workers = WORKERS;
                    run(f, params, at, x, z);
                    if (memcmp(y, z, sizeof(float) * N * SAMPLE) != 0)
                        fail_msg("%s differs with block %d and three workers", f->name, block);
                }
                at.shape.n = 1;
                run(f, params, at, x + SAMPLE, z);
                if (memcmp(y + SAMPLE, z, sizeof(float) * SAMPLE) != 0)
                    fail_msg("%s: sample 1 of a batch is not that sample alone", f->name);
            }
        }
        run(f, params, (where){{N, C, H, W, 8}, 1, some, 0}, x, z);
        assert_memory_equal(z, x, sizeof(float) * N * SAMPLE);          /* no feature chosen */
    }
    free(x);
    free(y);
    free(z);
}

/* Every parameter at both limits of its range, the others at their default values; sanitizers find other errors. With
 * finite parameters every value must be written: results begin as NaN, and the input has no NaN. */
static void the_limits_of_every_range_work_on_maps_of_any_size(void **state) {
    static const int sizes[][2] = {{1, 1}, {1, 5}, {5, 1}, {3, 2}, {17, 16}};
    (void)state;
    for (const gb_filter *const *row = gb_filters; *row; row++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int i = 0; i < (*row)->params; i++)
                for (int end = 0; end < 2; end++) {
                    int h = sizes[s][0], w = sizes[s][1];
                    float params[GB_MAX_FILTER_PARAMS], y[3 * 17 * 16], *x = random_floats((size_t)3 * h * w, 7);
                    filter_of((*row)->name, params);
                    params[i] = end ? (*row)->param[i].high : (*row)->param[i].low;
                    run(*row, params, (where){.shape = {1, 3, h, w, 1}, .workers = 1}, x, y);
                    for (int p = 0; isfinite(params[i]) && p < 3 * h * w; p++)
                        if (isnan(y[p]))
                            fail_msg("%s %s=%g on %dx%d: NaN", (*row)->name, (*row)->param[i].name, params[i], h, w);
                    free(x);
                }
}

static void extreme_transforms_stay_inside_the_map(void **state) {
    static const char *const texts[] = {
        "rotate angle=1e9", "rotate angle=-1e9", "translate x=1e6 y=-1e6", "scale factor=1e-30 x=1e-30",
        "scale factor=1e6", "shear x=1e6 y=1e6", "affine xx=1e-30 xy=0 x=1e9 yx=0 yy=1e-30 y=-1e9",
        "affine xx=1e9 xy=1e9 x=1e9 yx=-1e9 yy=1e9", "resize-crop zoom=0.001 x=1 y=0",
    };
    static const char *const borders[] = {"zeros", "edge", "reflect", "wrap"};
    static const char *const samplings[] = {"opencv", "nearest", "bilinear", "bicubic"};
    float *x = random_floats(7 * 5, 8), y[7 * 5];
    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        for (int b = 0; b < 4; b++)
            for (int s = 0; s < 4; s++) {
                char text[160];
                snprintf(text, sizeof text, "%s border=%s sampling=%s", texts[t], borders[b], samplings[s]);
                apply(text, 7, 5, x, y);
                for (int i = 0; i < 7 * 5; i++)
                    if (!(fabsf(y[i]) <= 4.0f))
                        fail_msg("%s: value %d is %g", text, i, y[i]);
            }
    apply("translate x=3 y=0", 7, 5, x, y);
    for (int i = 0; i < 7 * 5; i++)
        assert_true(y[i] == 0.0f);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_filters_equal_the_results_of_opencv),
        cmocka_unit_test(filters_are_found_by_our_name_and_the_published_one),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_filter_has_a_visible_and_finite_effect_by_default),
        cmocka_unit_test(filters_of_single_values_follow_their_formulas),
        cmocka_unit_test(clamp_preserves_nan_and_threshold_gives_0),
        cmocka_unit_test(mix_interpolates_between_original_and_result),
        cmocka_unit_test(borders_have_the_values_of_their_names),
        cmocka_unit_test(interpolation_between_pixels_is_exact),
        cmocka_unit_test(rotations_by_90_degrees_about_the_centre_are_exact),
        cmocka_unit_test(resize_crop_enlarges_a_window),
        cmocka_unit_test(singular_matrices_give_zeros),
        cmocka_unit_test(affine_filters_equal_their_definition_in_double_precision),
        cmocka_unit_test(erosion_and_dilation_equal_a_search_in_the_element),
        cmocka_unit_test(opening_is_erosion_then_dilation_and_closing_the_reverse),
        cmocka_unit_test(nan_wins_every_minimum_and_maximum),
        cmocka_unit_test(blur_equals_the_sum_with_gaussian_weights),
        cmocka_unit_test(sobel_computes_gradients),
        cmocka_unit_test(normalise_gives_mean_and_deviation),
        cmocka_unit_test(noise_is_normal_and_depends_on_seed_and_channel),
        cmocka_unit_test(shuffle_and_roll_permute_the_chosen_channels),
        cmocka_unit_test(layout_workers_and_batch_do_not_change_any_bits),
        cmocka_unit_test(the_limits_of_every_range_work_on_maps_of_any_size),
        cmocka_unit_test(extreme_transforms_stay_inside_the_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
