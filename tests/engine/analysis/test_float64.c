/* Networks in float64: known values to the last digits, and agreement with float32 up to its rounding errors for every
 * architecture, setting and bend. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_analysis.h"
#include "engine/ganbend_graph.h"
#include "tests/engine/fixture.h"

enum { BATCH = 2, MOST = BATCH * 128 * 32 * 32 };

#define SHAPE(...) (const int64_t[]){__VA_ARGS__}

static void copy(void *arg, gb_node node, const double *values) {
    (void)node;
    memcpy(arg, values, 2 * sizeof *values);
}

static void a_layer_has_the_digits_of_float64(void **state) {
    const float weight[4] = {1.0f / 3.0f, -0.7f, 1e-9f, 5.0f}, bias[2] = {0.1f, -0.2f}, x[2] = {0.3f, 1e-4f};
    double y[2];
    gb_context *context;
    gb_model *model;
    gb_session *session;
    gb_graph *g = gb_graph_new();
    (void)state;
    gb_graph_weight(g, "w", 2, SHAPE(2, 2), weight);
    gb_graph_weight(g, "b", 1, SHAPE(2), bias);
    gb_node linear = gb_graph_linear(g, "linear", gb_graph_input(g, "x", 1, SHAPE(2), NULL), "w", 0.5f);
    gb_graph_output(g, gb_graph_bias_act(g, "y", linear, &(gb_bias_act_options){.bias = "b", .act = "tanh", .gain = 1}));
    OK(gb_context_new(NULL, &context, &err));
    OK(gb_model_build(context, g, &model, &err));
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_tap(session, "y", &err));
    OK(gb_session_feed(session, "x", x, &err));
    OK(gb_session_float64(session, copy, y, &err));
    for (int o = 0; o < 2; o++) {
        double sum = 0.5 * ((double)weight[2 * o] * (double)x[0] + (double)weight[2 * o + 1] * (double)x[1]);
        double expected = tanh(sum + (double)bias[o]);
        if (!(fabs(y[o] - expected) <= 1e-15)) fail_msg("%.17g; expected %.17g", y[o], expected);
    }
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
}

/* ------------------------------------------------------------------------------------------------ whole networks */

typedef struct closeness {
    const gb_model *model;
    gb_session *float32;        /* rendered */
    double allowed;
    const char *what;
    int nodes, unequal;         /* nodes compared; those of which a value differs */
    float *values;
} closeness;

/* The values in float32 are near those in float64, relative to the largest of them. */
static void is_near(void *arg, gb_node node, const double *exact) {
    closeness *c = arg;
    gb_node_info info;
    double magnitude = 0, difference = 0;
    size_t count = BATCH;
    gb_model_node(c->model, node, &info);
    for (int i = 0; i < info.ndim; i++) count *= (size_t)info.shape[i];
    assert_true(count <= MOST);
    OK(gb_session_read(c->float32, node, c->values, &err));
    for (size_t i = 0; i < count; i++) {
        double apart = fabs((double)c->values[i] - exact[i]), size = fabs(exact[i]);
        if (isnan(apart)) fail_msg("%s: %s is not a number", c->what, info.name);
        if (apart > difference) difference = apart;
        if (size > magnitude) magnitude = size;
    }
    if (!(difference <= c->allowed * magnitude))
        fail_msg("%s: %s differs by %g of %g", c->what, info.name, difference, magnitude);
    c->nodes++;
    c->unequal += difference > 0;
}

/* Two sessions with the same settings and all nodes tapped. */
typedef struct pair {
    fixture f;
    gb_session *session[2];
    float *values;
} pair;

static pair open_pair(const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    pair p = {.f = open_fixture(NULL, stylegan2, biggan), .values = malloc(MOST * sizeof(float))};
    assert_non_null(p.values);
    for (int k = 0; k < 2; k++) {
        OK(gb_session_new(p.f.model, &(gb_session_options){.batch = BATCH}, &p.session[k], &err));
        OK(gb_session_seed(p.session[k], 5, &err));
        OK(gb_session_truncate(p.session[k], 0.5f, -1, &err));
        if (gb_model_class_count(p.f.model)) OK(gb_session_set_class(p.session[k], 1, &err));
        for (gb_node i = 0; i < (gb_node)gb_model_node_count(p.f.model); i++) {
            gb_node_info info;
            gb_model_node(p.f.model, i, &info);
            OK(gb_session_tap(p.session[k], info.name, &err));
        }
    }
    return p;
}

static void close_pair(pair *p) {
    gb_session_free(p->session[0]);
    gb_session_free(p->session[1]);
    free(p->values);
    close_fixture(&p->f);
}

static void compare(pair *p, const char *what, double allowed) {
    closeness c = {p->f.model, p->session[0], allowed, what, 0, 0, p->values};
    OK(gb_session_render(p->session[0], NULL, &err));
    OK(gb_session_float64(p->session[1], is_near, &c, &err));
    assert_int_equal(c.nodes, gb_model_node_count(p->f.model));
    assert_true(c.unequal > 5);
}

static const gb_stylegan2 skip = {.resolution = 16, .channel_base = 128, .channel_max = 9, .z_dim = 6, .w_dim = 7,
                                  .mapping_layers = 2, .classes = 3, .block = "skip", .seed = 3};

static void every_architecture_is_near_in_float32(void **state) {
    gb_stylegan2 shape = skip;
    static const char *const blocks[] = {"skip", "resnet", "orig"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        shape.block = blocks[i];
        pair p = open_pair(&shape, NULL);
        compare(&p, blocks[i], 1e-5);
        close_pair(&p);
    }
    pair p = open_pair(NULL, &(gb_biggan){.resolution = 32, .channel_width = 8, .classes = 3, .attention = "16", .seed = 3});
    compare(&p, "biggan", 1e-5);
    close_pair(&p);
    p = open_pair(NULL, &(gb_biggan){.deep = true, .resolution = 32, .channel_width = 8, .classes = 3, .z_dim = 8,
                                     .attention = "16", .seed = 3});
    compare(&p, "biggan-deep", 1e-5);
    close_pair(&p);
}

static void settings_count_as_in_float32(void **state) {
    float w_avg[7] = {1, -1, 0.5f, 0, 2, 0.25f, -3}, map[BATCH * 16 * 16], fed[BATCH * 9 * 8 * 8];
    pair p = open_pair(&skip, NULL);
    (void)state;
    gb_randn(GB_RNG_NUMPY, 1, sizeof map / sizeof *map, map);
    gb_randn(GB_RNG_NUMPY, 2, sizeof fed / sizeof *fed, fed);
    for (int k = 0; k < 2; k++) {
        OK(gb_session_set_w_avg(p.session[k], w_avg, &err));
        OK(gb_session_truncate(p.session[k], 0.3f, 2, &err));
        OK(gb_session_noise(p.session[k], GB_NOISE_RANDOM, 4, &err));
    }
    compare(&p, "another mean w, drawn noise", 1e-5);
    for (int k = 0; k < 2; k++) OK(gb_session_set_noise_map(p.session[k], "synthesis.b16.conv1", map, BATCH, &err));
    compare(&p, "given noise", 1e-5);
    for (int k = 0; k < 2; k++) OK(gb_session_noise(p.session[k], GB_NOISE_NONE, 0, &err));
    compare(&p, "no noise", 1e-5);
    for (int k = 0; k < 2; k++) OK(gb_session_feed(p.session[k], "synthesis.b8.conv1", fed, &err));
    compare(&p, "a fed layer", 1e-5);
    close_pair(&p);
}

/* ------------------------------------------------------------------------------------------------ bends */

static void bent_alike(pair *p, const gb_bend_options *bend, const char *what) {
    gb_bend handle[2];
    for (int k = 0; k < 2; k++) OK(gb_session_bend(p->session[k], bend, &handle[k], &err));
    compare(p, what, 2e-5);
    for (int k = 0; k < 2; k++) OK(gb_session_unbend(p->session[k], handle[k], &err));
}

/* A tiny difference may become a large one: these jump. */
static bool jumps(const char *name) {
    return !strcmp(name, "threshold") || !strcmp(name, "quantise") || !strcmp(name, "step");
}

static void bends_do_the_same_in_float64(void **state) {
    const float vectors[9] = {1, -2, 3, 0.5f, 0, 0, 1, 1, 7}, values[9 * 8 * 8] = {1, 2, 3};
    pair p = open_pair(&skip, NULL);
    gb_table_row row;
    (void)state;
    for (size_t i = 0; gb_filter_row(i, &row); i++)
        if (!jumps(row.name))
            bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b8.conv1", .name = row.name}, row.name);
    for (size_t i = 0; gb_activation_row(i, &row); i++)
        if (!jumps(row.name))
            bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_ACTIVATION, .at = "synthesis.b8.conv1", .name = row.name}, row.name);
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_PAINT, .at = "synthesis.b8.conv1", .vectors = vectors, .vector_count = 1,
                                      .grid = 2}, "paint");
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_SET, .at = "synthesis.b8.conv1", .values = values, .samples = 1,
                                      .add = true}, "set");
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b8.conv1", .factor = 3, .reseed = true,
                                      .seed = 8}, "noise");
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_DISABLE, .at = "synthesis.b8.conv1"}, "disable");
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_TRUNCATE, .at = "synthesis.w2", .psi = 0.2f}, "truncate");
    bent_alike(&p, &(gb_bend_options){.kind = GB_BEND_STYLE, .at = "synthesis.w2", .seed = 9}, "style");
    close_pair(&p);
}

/* ------------------------------------------------------------------------------------------------ refusals */

static void ignore(void *arg, gb_node node, const double *values) {
    (void)arg, (void)node, (void)values;
}

static void do_nothing(void *arg, const gb_callback_values *values) {
    (void)arg, (void)values;
}

static void cancel(void *arg, double share) {
    (void)share;
    gb_session_cancel(arg);
}

static void impossible_wishes_are_refused(void **state) {
    fixture f = open_fixture(NULL, &skip, NULL);
    gb_bend_options bend = {.kind = GB_BEND_CALLBACK, .at = "synthesis.b8.conv1", .callback = do_nothing};
    gb_bend handle;
    (void)state;
    OK(gb_session_new(f.model, NULL, &f.session, &err));
    assert_int_equal(gb_session_float64(f.session, ignore, NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no node is tapped"));
    OK(gb_session_tap(f.session, "synthesis.b16.conv1", &err));
    assert_int_equal(gb_session_float64(f.session, ignore, NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "has not been set"));
    OK(gb_session_seed(f.session, 3, &err));
    OK(gb_session_set_class(f.session, 0, &err));
    OK(gb_session_float64(f.session, ignore, NULL, &err));
    gb_session_set_progress(f.session, cancel, f.session);
    assert_int_equal(gb_session_float64(f.session, ignore, NULL, &err), GB_CANCELLED);
    gb_session_set_progress(f.session, NULL, NULL);
    OK(gb_session_bend(f.session, &bend, &handle, &err));
    assert_int_equal(gb_session_float64(f.session, ignore, NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "a callback works on float32"));
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_has_the_digits_of_float64),
        cmocka_unit_test(every_architecture_is_near_in_float32),
        cmocka_unit_test(settings_count_as_in_float32),
        cmocka_unit_test(bends_do_the_same_in_float64),
        cmocka_unit_test(impossible_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
