/* Graphs built through the public header: for all shapes, options and inputs, a render stays within its buffers, and
 * impossible graphs are refused. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "tests/engine/ok.h"

#define SHAPE(...) (const int64_t[]){__VA_ARGS__}

typedef struct fixture {
    gb_context *context;
    gb_graph *graph;
    gb_model *model;
    gb_session *session;
} fixture;

static int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &f->context, &err));
    f->graph = gb_graph_new();
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    gb_session_free(f->session);
    gb_model_close(f->model);
    gb_context_free(f->context);
    free(f);
    return 0;
}

static void build(fixture *f, gb_node output, int batch) {
    gb_graph_output(f->graph, output);
    OK(gb_model_build(f->context, f->graph, &f->model, &err));
    OK(gb_session_new(f->model, &(gb_session_options){.batch = batch}, &f->session, &err));
}

static void refused(gb_status status, const char *why) {
    assert_int_equal(status, GB_BAD_ARGUMENT);
    if (!strstr(err.message, why))
        fail_msg("'%s' does not say '%s'", err.message, why);
}

static void fill(float *values, int count, float first) {
    for (int i = 0; i < count; i++)
        values[i] = first + (float)i;
}

/* ------------------------------------------------------------------------------------------------ truncation, means */

static void truncation_outside_the_rows_of_statistics_is_refused(void **state) {
    fixture *f = *state;
    const float avg[2] = {1, 2}, means[6] = {0, 0, 1, 1, 2, 2}, vars[6] = {1, 1, 1, 1, 1, 1}, gain[2] = {1, 1};
    float z[2] = {3, 4}, y[2];
    gb_graph *g = f->graph;
    gb_graph_weight(g, "avg", 1, SHAPE(2), avg);
    gb_graph_weight(g, "means", 2, SHAPE(3, 2), means);
    gb_graph_weight(g, "vars", 2, SHAPE(3, 2), vars);
    gb_graph_weight(g, "gain", 1, SHAPE(2), gain);
    gb_node z_node = gb_graph_input(g, "latent", 1, SHAPE(2), NULL);
    gb_graph_role(g, z_node, GB_ROLE_Z, 0);
    gb_node ws = gb_graph_truncate(g, "ws", z_node, "avg", 1);
    const gb_batch_norm_options options = {
        .mean = "means", .var = "vars", .gain_weight = "gain", .bias_weight = "gain"};
    build(f, gb_graph_batch_norm(g, "norm", gb_graph_select(g, "w", ws, 0), &options), 1);
    OK(gb_session_set_z(f->session, z, &err));
    refused(gb_session_truncate(f->session, 1.5f, -1, &err), "truncation is 1.5; the statistics of this network");
    refused(gb_session_truncate(f->session, -0.5f, -1, &err), "truncation is -0.5");
    const float psi[] = {0, 0.5f, 1};
    for (int i = 0; i < 3; i++) {
        OK(gb_session_truncate(f->session, psi[i], -1, &err));
        OK(gb_session_render(f->session, y, &err));
        for (int c = 0; c < 2; c++)
            assert_true(y[c] == avg[c] + psi[i] * (z[c] - avg[c]) - means[2 * i + c] + 1);
    }
}

static void one_mean_w_is_refused_for_truncations_of_different_sizes(void **state) {
    fixture *f = *state;
    const float avg[3] = {1, 2, 3};
    gb_graph *g = f->graph;
    gb_graph_weight(g, "avg2", 1, SHAPE(2), avg);
    gb_graph_weight(g, "avg3", 1, SHAPE(3), avg);
    gb_node a = gb_graph_truncate(g, "a", gb_graph_input(g, "z", 1, SHAPE(2), NULL), "avg2", 1);
    gb_node b = gb_graph_truncate(g, "b", gb_graph_input(g, "y", 1, SHAPE(3), NULL), "avg3", 1);
    build(f, gb_graph_concat(g, "both", gb_graph_select(g, "wa", a, 0), gb_graph_select(g, "wb", b, 0)), 1);
    refused(gb_session_set_w_avg(f->session, avg, &err), "'a' and 'b' truncate w's of different sizes");
    OK(gb_session_set_w_avg(f->session, NULL, &err));
}

/* ------------------------------------------------------------------------------------------------ inputs */

/* y = x + map · strength (+ map), of two samples. */
static void build_noise(fixture *f, bool read_twice) {
    static const float strength = 1;
    gb_graph *g = f->graph;
    gb_graph_weight(g, "strength", 0, NULL, &strength);
    gb_node x = gb_graph_input(g, "x", 3, SHAPE(1, 3, 3), NULL),
            map = gb_graph_input(g, "map", 3, SHAPE(1, 3, 3), NULL);
    gb_node y = gb_graph_noise(g, "noise", x, map, "strength");
    build(f, read_twice ? gb_graph_add(g, "sum", y, map) : y, 2);
}

static void a_shared_map_serves_every_sample_when_it_is_bent(void **state) {
    fixture *f = *state;
    float x[18], map[9], y[18];
    const float three = 3;
    fill(x, 18, 0);
    fill(map, 9, 100);
    build_noise(f, false);
    OK(gb_session_feed(f->session, "x", x, &err));
    OK(gb_session_set_noise_map(f->session, "noise", map, 1, &err));
    for (int bent = 0; bent < 2; bent++) {
        OK(gb_session_render(f->session, y, &err));
        for (int i = 0; i < 18; i++)
            assert_true(y[i] == x[i] + map[i % 9] * (bent ? 3 : 1));
        OK(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "map", .name = "multiply",
                                                          .params = &three, .param_count = 1}, NULL, &err));
    }
}

static void a_shared_map_serves_every_sample_of_its_other_readers(void **state) {
    fixture *f = *state;
    float x[18], map[18], y[18];
    fill(x, 18, 0);
    fill(map, 18, 100);
    build_noise(f, true);
    OK(gb_session_feed(f->session, "x", x, &err));
    for (int samples = 1; samples <= 2; samples++) {
        OK(gb_session_set_noise_map(f->session, "noise", map, samples, &err));
        OK(gb_session_render(f->session, y, &err));
        for (int i = 0; i < 18; i++)
            assert_true(y[i] == x[i] + 2 * map[i % (9 * samples)]);
    }
}

static void an_input_that_is_the_output_is_rendered_for_every_sample(void **state) {
    fixture *f = *state;
    float value[12], y[24] = {0};
    uint8_t rgb[24];
    fill(value, 12, 0);
    gb_graph_weight(f->graph, "value", 3, SHAPE(3, 2, 2), value);
    build(f, gb_graph_input(f->graph, "x", 3, SHAPE(3, 2, 2), "value"), 2);
    OK(gb_session_render(f->session, y, &err));
    for (int i = 0; i < 24; i++)
        assert_true(y[i] == value[i % 12]);
    OK(gb_session_render_rgb(f->session, rgb, &err));
    assert_memory_equal(rgb, rgb + 12, 12);
}

/* ------------------------------------------------------------------------------------------------ shapes */

static void the_image_of_a_vector_has_its_size(void **state) {
    fixture *f = *state;
    int64_t shape[3];
    float x[10], y[10];
    fill(x, 10, 1);
    build(f, gb_graph_input(f->graph, "x", 2, SHAPE(2, 5), NULL), 1);
    gb_model_output_shape(f->model, shape);
    assert_memory_equal(shape, SHAPE(2, 1, 5), sizeof shape);
    OK(gb_session_feed(f->session, "x", x, &err));
    OK(gb_session_render(f->session, y, &err));
    assert_memory_equal(x, y, sizeof x);
}

static void only_running_pictures_are_previewed(void **state) {
    fixture *f = *state;
    float image[3 * 4 * 4];
    build(f, gb_graph_input(f->graph, "synthesis.b4.img", 3, SHAPE(16, 8, 8), NULL), 1);
    refused(gb_session_preview(f->session, 4, image, &err), "no running picture of height 4");
}

static void a_weight_cannot_be_replaced_by_one_of_another_shape(void **state) {
    fixture *f = *state;
    const float w[6] = {0};
    gb_graph_weight(f->graph, "w", 2, SHAPE(2, 3), w);
    gb_node x = gb_graph_input(f->graph, "x", 1, SHAPE(3), NULL);
    gb_graph_output(f->graph, gb_graph_linear(f->graph, "linear", x, "w", 1));
    gb_graph_weight(f->graph, "w", 1, SHAPE(1), w);
    refused(gb_model_build(f->context, f->graph, &f->model, &err), "weight 'w' exists already");
}

static void a_layer_whose_input_does_not_fit_its_output_cannot_be_disabled(void **state) {
    fixture *f = *state;
    const float constant[32] = {0};
    gb_graph *g = f->graph;
    gb_graph_weight(g, "constant", 3, SHAPE(2, 4, 4), constant);
    gb_node x = gb_graph_input(g, "x", 3, SHAPE(2, 8, 8), NULL);
    gb_node pooled = gb_graph_max_pool(g, "pooled.pool", x, NULL);
    pooled = gb_graph_bias_act(g, "pooled", pooled, &(gb_bias_act_options){0});
    gb_node wide = gb_graph_reshape(g, "wide.reshape", gb_graph_input(g, "v", 1, SHAPE(64), NULL), 2, 4, 8, false);
    wide = gb_graph_bias_act(g, "wide", wide, &(gb_bias_act_options){0});
    gb_node first = gb_graph_constant(g, "first.constant", "constant");
    first = gb_graph_bias_act(g, "first", first, &(gb_bias_act_options){0});
    gb_node sum = gb_graph_add(g, "sum", pooled, first);
    build(f, gb_graph_concat(g, "all", sum, sum), 1);
    assert_false(gb_model_can_bend(f->model, pooled, GB_BEND_DISABLE));
    assert_false(gb_model_can_bend(f->model, wide, GB_BEND_DISABLE));
    assert_false(gb_model_can_bend(f->model, first, GB_BEND_DISABLE));
    assert_true(gb_model_can_bend(f->model, sum, GB_BEND_DISABLE));
}

static void attention_can_have_an_output_of_another_shape(void **state) {
    fixture *f = *state;
    float x[8 * 16], like[16] = {0}, split[8 * 16], fused[8 * 16];
    fill(x, 8 * 16, -2);
    gb_graph *g = f->graph;
    gb_node map = gb_graph_input(g, "x", 3, SHAPE(8, 4, 4), NULL),
            row = gb_graph_input(g, "like", 3, SHAPE(1, 1, 16), NULL);
    gb_node weights = gb_graph_softmax(g, "softmax", gb_graph_attention_scores(g, "scores", map, map));
    build(f, gb_graph_attention_output(g, "mix", map, weights, row), 1);
    OK(gb_session_feed(f->session, "x", x, &err));
    OK(gb_session_feed(f->session, "like", like, &err));
    OK(gb_session_render(f->session, fused, &err));
    OK(gb_session_tap(f->session, "*", &err));
    OK(gb_session_render(f->session, split, &err));
    assert_memory_equal(split, fused, sizeof fused);
}

/* ------------------------------------------------------------------------------------------------ roles */

static void roles_are_found_by_index_and_follow_from_operations(void **state) {
    fixture *f = *state;
    const float avg[2] = {1, 2}, strength[1] = {1};
    gb_graph *g = f->graph;
    gb_graph_weight(g, "avg", 1, SHAPE(2), avg);
    gb_graph_weight(g, "strength", 0, NULL, strength);
    gb_node z = gb_graph_input(g, "z", 1, SHAPE(2), NULL), ws = gb_graph_truncate(g, "ws", z, "avg", 2);
    gb_node second = gb_graph_select(g, "second", ws, 1), map = gb_graph_input(g, "map", 3, SHAPE(1, 1, 1), NULL);
    gb_node x = gb_graph_noise(g, "noise", gb_graph_reshape(g, "pixel", second, 2, 1, 1, false), map, "strength");
    gb_graph_role(g, x, GB_ROLE_LAYER, 3);
    gb_graph_role(g, x, GB_ROLE_IMAGE, 0);
    build(f, x, 1);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_Z, 0), GB_NO_NODE);    /* a name is not a role */
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_WS, 0), ws);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_W, 1), second);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_W, 0), GB_NO_NODE);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_NOISE, 0), map);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_LAYER, 3), x);
    assert_int_equal(gb_model_find_role(f->model, GB_ROLE_IMAGE, 0), x);
    gb_node_info info;
    gb_model_node(f->model, x, &info);
    assert_int_equal(info.role, GB_ROLE_LAYER);
    assert_int_equal(info.role_index, 3);
}

static void a_role_needs_a_suitable_node(void **state) {
    fixture *f = *state;
    static const struct { gb_role role; int ndim; const char *why; } cases[] = {
        {GB_ROLE_LABEL, 3, "'x' cannot have the role 2: a label is an input with one value per class"},
        {GB_ROLE_WS, 3, "w's are the rows"},
        {GB_ROLE_WS, 1, "w's are the rows"},
        {GB_ROLE_W, 1, "a w is selected from the rows of a truncation"},
        {GB_ROLE_NOISE, 3, "noise is an input [1, H, W]"},
        {GB_ROLE_IMAGE, 2, "a running picture has the shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_graph *g = gb_graph_new();
        gb_node x = gb_graph_input(g, "x", cases[i].ndim, SHAPE(2, 3, 4), NULL);
        gb_graph_output(g, x);
        gb_graph_role(g, x, cases[i].role, 0);
        refused(gb_model_build(f->context, g, &f->model, &err), cases[i].why);
    }
    gb_node x = gb_graph_input(f->graph, "x", 1, SHAPE(2), NULL);
    gb_graph_role(f->graph, gb_graph_add(f->graph, "sum", x, x), GB_ROLE_Z, 0);
    refused(gb_model_build(f->context, f->graph, &f->model, &err), "'sum' cannot have the role 1: z is an input");
}

static void a_role_and_index_belong_to_one_node(void **state) {
    fixture *f = *state;
    gb_node a = gb_graph_input(f->graph, "a", 1, SHAPE(2), NULL), b = gb_graph_input(f->graph, "b", 1, SHAPE(2), NULL);
    gb_graph_role(f->graph, a, GB_ROLE_Z, 0);
    gb_graph_role(f->graph, b, GB_ROLE_Z, 0);
    gb_graph_output(f->graph, b);
    refused(gb_model_build(f->context, f->graph, &f->model, &err), "another node has the role");
    f->graph = NULL;
}

static void a_mix_takes_rows_of_weights(void **state) {
    fixture *f = *state;
    gb_graph *g = f->graph;
    gb_node values = gb_graph_input(g, "values", 3, SHAPE(2, 2, 2), NULL);
    gb_node matrix = gb_graph_input(g, "matrix", 3, SHAPE(4, 2, 4), NULL);
    gb_graph_output(g, gb_graph_attention_output(g, "mix", values, matrix, values));
    refused(gb_model_build(f->context, g, &f->model, &err), "mix: the weights are 4x2x4, expected rows");
}

static void an_input_beyond_every_limit_is_refused(void **state) {
    fixture *f = *state;
    gb_graph_output(f->graph, gb_graph_input(f->graph, "x", 3, SHAPE(1 << 20, 1 << 10, 1 << 10), NULL));
    refused(gb_model_build(f->context, f->graph, &f->model, &err), "x: an input of 1048576x1024x1024 is too large");
    float x[4], y[4];
    refused(gb_filter_apply(f->context, "invert", NULL, 0, SHAPE(1, 1, 1 << 20, 1 << 12), x, y, &err),
            "an array of shape [1,1,1048576,4096]");
}

static void missing_options_are_zero(void **state) {
    fixture *f = *state;
    const float w[1] = {3};
    float x[4] = {1, 2, 3, 4}, y[4];
    gb_graph *g = f->graph;
    gb_graph_weight(g, "w", 4, SHAPE(1, 1, 1, 1), w);
    gb_node in = gb_graph_input(g, "x", 3, SHAPE(1, 2, 2), NULL);
    build(f, gb_graph_bias_act(g, "act", gb_graph_conv2d(g, "conv", in, GB_NO_NODE, "w", NULL), NULL), 1);
    OK(gb_session_feed(f->session, "x", x, &err));
    OK(gb_session_render(f->session, y, &err));
    for (int i = 0; i < 4; i++)
        assert_true(y[i] == 3 * x[i]);
}

/* ------------------------------------------------------------------------------------------------ arguments */

static void indices_past_the_end_give_empty_names(void **state) {
    fixture *f = *state;
    gb_node_info node;
    gb_array_info array;
    const gb_node bad[] = {GB_NO_NODE, 1, INT_MAX, INT_MIN};
    build(f, gb_graph_input(f->graph, "x", 1, SHAPE(2), NULL), 1);
    for (int i = 0; i < 4; i++) {
        gb_model_node(f->model, bad[i], &node);
        assert_string_equal(node.name, "");
        assert_int_equal(node.ndim, 0);
        gb_model_tensor(f->model, (size_t)bad[i], &array);
        assert_string_equal(array.name, "");
    }
}

static void bends_with_impossible_options_are_refused(void **state) {
    fixture *f = *state;
    float x[12] = {0}, y[12];
    build(f, gb_graph_input(f->graph, "x", 3, SHAPE(3, 2, 2), NULL), 1);
    const struct { gb_bend_options options; const char *why;
    } cases[] = {
        {{.kind = GB_BEND_FILTER, .name = "invert", .param_count = 1}, "1 parameters without values"},
        {{.kind = GB_BEND_FILTER, .name = "invert", .params = x, .param_count = -1}, "-1 parameters without values"},
        {{.kind = GB_BEND_FILTER, .name = "invert", .features = {(gb_feature_choice)7, NULL, 3, 0, 0}},
         "unknown choice of features 7"},
        {{.kind = GB_BEND_FILTER, .name = "invert", .features = {GB_FEATURES_LIST, NULL, 3, 0, 0}},
         "the list of 3 features is missing"},
        {{.kind = GB_BEND_PAINT, .vectors = x, .vector_count = 1, .grid = INT_MAX}, "a grid of 0 to 1048576"},
        {{.kind = (gb_bend_kind)99}, "unknown kind of bend 99"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_bend_options o = cases[i].options;
        o.at = "x";
        refused(gb_session_bend(f->session, &o, NULL, &err), cases[i].why);
    }
    refused(gb_filter_apply(f->context, "invert", NULL, 1, SHAPE(1, 3, 2, 2), x, y, &err),
            "1 parameters without values");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(truncation_outside_the_rows_of_statistics_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(one_mean_w_is_refused_for_truncations_of_different_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_shared_map_serves_every_sample_when_it_is_bent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_shared_map_serves_every_sample_of_its_other_readers, setup, teardown),
        cmocka_unit_test_setup_teardown(an_input_that_is_the_output_is_rendered_for_every_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(the_image_of_a_vector_has_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(only_running_pictures_are_previewed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_weight_cannot_be_replaced_by_one_of_another_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(a_layer_whose_input_does_not_fit_its_output_cannot_be_disabled, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(roles_are_found_by_index_and_follow_from_operations, setup, teardown),
        cmocka_unit_test_setup_teardown(a_role_needs_a_suitable_node, setup, teardown),
        cmocka_unit_test_setup_teardown(a_role_and_index_belong_to_one_node, setup, teardown),
        cmocka_unit_test_setup_teardown(attention_can_have_an_output_of_another_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mix_takes_rows_of_weights, setup, teardown),
        cmocka_unit_test_setup_teardown(an_input_beyond_every_limit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_options_are_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(indices_past_the_end_give_empty_names, setup, teardown),
        cmocka_unit_test_setup_teardown(bends_with_impossible_options_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
