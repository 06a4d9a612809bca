/* Gradients of a session: the same bits however they are computed, what is refused, and what is zero. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_gradient.h"
#include "engine/ganbend_graph.h"
#include "tests/engine/fixture.h"
#include "training.h"

static const gb_stylegan2 small_stylegan2 = {.resolution = 64, .channel_base = 1024, .channel_max = 48, .z_dim = 32,
                                             .w_dim = 32, .mapping_layers = 2};
static const gb_biggan small_biggan = {.resolution = 64, .channel_width = 8, .classes = 5, .z_dim = 8,
                                       .shared_dim = 8, .attention = "32"};

enum { BATCH = 2 };


static size_t output_size(const gb_model *model) {
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    return (size_t)(shape[0] * shape[1] * shape[2]);
}

static size_t node_size(const gb_model *model, gb_node node) {
    gb_node_info info;
    gb_model_node(model, node, &info);
    size_t size = 1;
    for (int d = 0; d < info.ndim; d++)
        size *= (size_t)info.shape[d];
    return size;
}

static float *loss_weights(size_t count) {
    float *r = malloc(count * sizeof *r);
    assert_non_null(r);
    gb_randn(GB_RNG_NUMPY, 11, count, r);
    return r;
}

static gb_session *gradient_session(gb_model *model, int batch, bool straight_through) {
    gb_session *session = NULL;
    gb_session_options how = {.purpose = GB_GRADIENT, .batch = batch, .straight_through = straight_through};
    OK(gb_session_new(model, &how, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    if (gb_model_class_count(model))
        OK(gb_session_set_class(session, 2, &err));
    return session;
}

/* Renders, goes back from the picture, and returns the gradient of z. */
static float *gradient_of_z(gb_session *session, const gb_model *model, int batch, float *image) {
    gb_node z = gb_model_find(model, "z");
    size_t pixels = output_size(model);
    float *r = loss_weights(pixels * (size_t)batch), *gradient = malloc(node_size(model, z) * (size_t)batch * sizeof *r);
    OK(gb_session_want(session, "z", &err));
    OK(gb_session_render(session, image, &err));
    OK(gb_session_backward(session, gb_model_output(model), r, &err));
    OK(gb_session_gradient(session, z, gradient, &err));
    free(r);
    return gradient;
}

static void assert_same_bits(const float *a, const float *b, size_t count) {
    if (memcmp(a, b, count * sizeof *a))
        fail_msg("the bits differ");
}

static void assert_nonzero(const float *a, size_t count) {
    float most = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(isfinite(a[i]));
        most = fmaxf(most, fabsf(a[i]));
    }
    assert_true(most > 0);
}

/* ------------------------------------------------------------------------------------------------ bits */

static void pictures_of_all_purposes_have_the_same_bits_in(const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    fixture f = open_fixture(NULL, stylegan2, biggan);
    size_t pixels = output_size(f.model);
    float *image[3];
    for (int purpose = GB_ONCE; purpose <= GB_GRADIENT; purpose++) {
        gb_session *session = NULL;
        image[purpose] = malloc(pixels * sizeof(float));
        OK(gb_session_new(f.model, &(gb_session_options){.purpose = (gb_purpose)purpose}, &session, &err));
        OK(gb_session_seed(session, 3, &err));
        if (biggan)
            OK(gb_session_set_class(session, 2, &err));
        if (purpose == GB_GRADIENT)
            OK(gb_session_want(session, "*", &err));
        OK(gb_session_render(session, image[purpose], &err));
        assert_same_bits(image[0], image[purpose], pixels);
        gb_session_free(session);
    }
    for (int i = 0; i < 3; i++)
        free(image[i]);
    close_fixture(&f);
}

static void pictures_of_all_purposes_have_the_same_bits(void **state) {
    (void)state;
    pictures_of_all_purposes_have_the_same_bits_in(&small_stylegan2, NULL);
    pictures_of_all_purposes_have_the_same_bits_in(NULL, &small_biggan);
}

/* With any number of threads, with taps that prevent fusing, in a batch or alone, again and again. */
static void gradients_have_the_same_bits_in(const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    gb_context *context = NULL;
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    fixture one = open_fixture(context, stylegan2, biggan);
    OK(gb_context_new(&(gb_context_options){.threads = 3}, &context, &err));
    fixture three = open_fixture(context, stylegan2, biggan);
    gb_session *first = gradient_session(one.model, BATCH, false), *second = gradient_session(three.model, BATCH, false);
    gb_session *tapped = gradient_session(three.model, BATCH, false), *alone = gradient_session(three.model, 1, false);
    OK(gb_session_tap(tapped, "*", &err));
    OK(gb_session_seed(alone, 3, &err));
    size_t z = node_size(one.model, gb_model_find(one.model, "z"));
    float *a = gradient_of_z(first, one.model, BATCH, NULL), *b = gradient_of_z(second, three.model, BATCH, NULL);
    float *c = gradient_of_z(tapped, three.model, BATCH, NULL), *d = gradient_of_z(alone, three.model, 1, NULL);
    assert_nonzero(a, BATCH * z);
    assert_same_bits(a, b, BATCH * z);
    assert_same_bits(a, c, BATCH * z);
    assert_same_bits(a, d, z);
    float *again = gradient_of_z(second, three.model, BATCH, NULL);
    assert_same_bits(a, again, BATCH * z);
    free(a);
    free(b);
    free(c);
    free(d);
    free(again);
    gb_session_free(first);
    gb_session_free(second);
    gb_session_free(tapped);
    gb_session_free(alone);
    close_fixture(&one);
    close_fixture(&three);
}

static void gradients_have_the_same_bits(void **state) {
    (void)state;
    gradients_have_the_same_bits_in(&small_stylegan2, NULL);
    gradients_have_the_same_bits_in(NULL, &small_biggan);
}

static void a_second_backward_pass_repeats_the_forward_pass(void **state) {
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *session = gradient_session(f.model, 1, false);
    size_t pixels = output_size(f.model), count = node_size(f.model, gb_model_find(f.model, "z"));
    float *first = gradient_of_z(session, f.model, 1, NULL), *r = loss_weights(pixels), *z = malloc(count * sizeof *z);
    for (size_t i = 0; i < pixels; i++)
        r[i] *= 2;
    OK(gb_session_backward(session, gb_model_output(f.model), r, &err));
    OK(gb_session_gradient(session, gb_model_find(f.model, "z"), z, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(z[i] == 2 * first[i]);
    free(first);
    free(r);
    free(z);
    gb_session_free(session);
    close_fixture(&f);
}

/* Values that are computed again have the bits of those that are kept, and take less memory. */
static void a_small_budget_changes_no_bit_and_saves_memory(void **state) {
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    size_t z = node_size(f.model, gb_model_find(f.model, "z"));
    float *gradient[2];
    gb_render_stats stats[2];
    for (int small = 0; small < 2; small++) {
        gb_session *session = NULL;
        OK(gb_session_new(f.model, &(gb_session_options){.purpose = GB_GRADIENT, .batch = 4, .keep_bytes = small}, &session,
                          &err));
        OK(gb_session_seed(session, 3, &err));
        gradient[small] = gradient_of_z(session, f.model, 4, NULL);
        gb_session_stats(session, &stats[small]);
        gb_session_free(session);
    }
    assert_same_bits(gradient[0], gradient[1], 4 * z);
    assert_true(stats[1].steps > stats[0].steps);
    assert_true(stats[1].arena_bytes < stats[0].arena_bytes * 9 / 10);
    free(gradient[0]);
    free(gradient[1]);
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ meaning */

/* From an inner boundary instead of the picture: with the gradient of the picture at that boundary as cotangent, the
 * gradient of z is the same as from the picture. */
static void a_backward_pass_can_start_at_any_boundary(void **state) {
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *session = gradient_session(f.model, 1, false);
    gb_node z = gb_model_find(f.model, "z"), ws = gb_model_find(f.model, "mapping");
    size_t z_count = node_size(f.model, z), ws_count = node_size(f.model, ws);
    float *at_ws = malloc(ws_count * sizeof *at_ws), *through = malloc(z_count * sizeof *through);
    OK(gb_session_want(session, "mapping", &err));
    float *direct = gradient_of_z(session, f.model, 1, NULL);
    OK(gb_session_gradient(session, ws, at_ws, &err));
    OK(gb_session_backward(session, ws, at_ws, &err));
    OK(gb_session_gradient(session, z, through, &err));
    assert_same_bits(direct, through, z_count);
    free(at_ws);
    free(through);
    free(direct);
    gb_session_free(session);
    close_fixture(&f);
}

/* A network that looks at two pictures: convolution, ReLU, pooling, unit norm, and their weighted distance. */
static gb_model *distance_model(gb_context *context, int64_t size, float *weights) {
    gb_graph *graph = gb_graph_new();
    gb_model *model = NULL;
    gb_node features[2];
    const char *const names[][5] = {{"a", "a.conv", "a.relu", "a.pool", "a.norm"}, {"b", "b.conv", "b.relu", "b.pool", "b.norm"}};
    gb_randn(GB_RNG_NUMPY, 5, 8 * 3 * 9 + 16, weights);
    for (int i = 0; i < 8; i++)
        weights[8 * 3 * 9 + 8 + i] = fabsf(weights[8 * 3 * 9 + 8 + i]);
    gb_graph_weight(graph, "w", 4, (const int64_t[]){8, 3, 3, 3}, weights);
    gb_graph_weight(graph, "bias", 1, (const int64_t[]){8}, weights + 8 * 3 * 9);
    gb_graph_weight(graph, "lin", 1, (const int64_t[]){8}, weights + 8 * 3 * 9 + 8);
    for (int i = 0; i < 2; i++) {
        gb_node x = gb_graph_input(graph, names[i][0], 3, (const int64_t[]){3, size, size}, NULL);
        x = gb_graph_conv2d(graph, names[i][1], x, GB_NO_NODE, "w", &(gb_conv2d_options){.stride = 2, .padding = 1});
        x = gb_graph_bias_act(graph, names[i][2], x, &(gb_bias_act_options){.bias = "bias", .act = "relu"});
        x = gb_graph_max_pool(graph, names[i][3], x, &(gb_pool_options){.window = 3, .stride = 2, .padding = 1});
        features[i] = gb_graph_unit_norm(graph, names[i][4], x, 1e-10f);
    }
    gb_graph_output(graph, gb_graph_distance(graph, "distance", "weighted_l2", features[0], features[1], "lin"));
    OK(gb_model_build(context, graph, &model, &err));
    return model;
}

/* The distance of the drawn picture from a target. */
static float distance_at(gb_session *drawing, gb_session *looking, const float *ws, float *image) {
    float distance;
    OK(gb_session_set_ws(drawing, ws, 1, &err));
    OK(gb_session_render(drawing, image, &err));
    OK(gb_session_feed(looking, "a", image, &err));
    OK(gb_session_render(looking, &distance, &err));
    return distance;
}

/* The gradient of the picture from a session that looks at it is the cotangent of the session that drew it: together they
 * give the slope of the distance along any direction of w. */
static void sessions_chain(void **state) {
    enum { WIDTH = 32 };
    float weights[8 * 3 * 9 + 16], ws[WIDTH], moved[WIDTH], direction[WIDTH], one = 1;
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_model *model = distance_model(f.context, 64, weights);
    gb_session *drawing = gradient_session(f.model, 1, false), *looking = NULL;
    gb_node map = gb_model_find(f.model, "mapping"), a = gb_model_find(model, "a");
    size_t pixels = output_size(f.model), rows = node_size(f.model, map) / WIDTH;
    float *image = malloc(pixels * sizeof *image), *target = malloc(pixels * sizeof *target);
    float *of_image = malloc(pixels * sizeof *of_image), *of_ws = malloc(rows * WIDTH * sizeof *of_ws);
    OK(gb_session_new(model, &(gb_session_options){.purpose = GB_GRADIENT}, &looking, &err));
    OK(gb_session_want(looking, "a", &err));
    OK(gb_session_want(drawing, "mapping", &err));
    gb_randn(GB_RNG_NUMPY, 1, WIDTH, ws);
    gb_randn(GB_RNG_NUMPY, 2, WIDTH, direction);
    OK(gb_session_render(drawing, target, &err));
    OK(gb_session_feed(looking, "b", target, &err));
    float at = distance_at(drawing, looking, ws, image);
    assert_true(at > 0);
    OK(gb_session_backward(looking, gb_model_output(model), &one, &err));
    OK(gb_session_gradient(looking, a, of_image, &err));
    OK(gb_session_backward(drawing, gb_model_output(f.model), of_image, &err));
    OK(gb_session_gradient(drawing, map, of_ws, &err));
    double slope = 0, numeric = 0, h = 2e-3;
    for (size_t i = 0; i < rows * WIDTH; i++)
        slope += of_ws[i] * direction[i % WIDTH];
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int i = 0; i < WIDTH; i++)
            moved[i] = ws[i] + (float)(sign * h) * direction[i];
        numeric += sign * distance_at(drawing, looking, moved, image) / (2 * h);
    }
    assert_true(fabs(slope) > 1e-4);
    assert_true(fabs(slope - numeric) <= 0.03 * fabs(slope));
    free(image);
    free(target);
    free(of_image);
    free(of_ws);
    gb_session_free(drawing);
    gb_session_free(looking);
    gb_model_close(model);
    close_fixture(&f);
}

static void nothing_passes_a_feed(void **state) {
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *session = gradient_session(f.model, 1, false);
    gb_node fed = gb_model_find(f.model, "synthesis.b16.conv1"), before = gb_model_find(f.model, "synthesis.b16.conv0");
    size_t count = node_size(f.model, fed);
    float *value = loss_weights(count), *gradient = malloc(count * sizeof *gradient);
    OK(gb_session_feed(session, "synthesis.b16.conv1", value, &err));
    OK(gb_session_want(session, "synthesis.b16.conv*", &err));
    free(gradient_of_z(session, f.model, 1, NULL));
    OK(gb_session_gradient(session, fed, gradient, &err));
    assert_nonzero(gradient, count);
    OK(gb_session_gradient(session, before, gradient, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(gradient[i] == 0);
    free(value);
    free(gradient);
    gb_session_free(session);
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ refusals */

static void pass_through(void *arg, const gb_callback_values *values) {
    (void)arg, (void)values;
}

static void flat_bends_are_refused_unless_straight_through(void **state) {
    (void)state;
    const gb_bend_options bends[] = {
        {.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "threshold"},
        {.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "quantise"},
        {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b16.conv1", .name = "step"},
        {.kind = GB_BEND_CALLBACK, .at = "synthesis.b16.conv1", .callback = pass_through},
    };
    const char *const says[] = {"threshold has no gradient", "quantise has no gradient", "step has no gradient",
                                "a callback has no gradient"};
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
        gb_session *strict = gradient_session(f.model, 1, false), *through = gradient_session(f.model, 1, true);
        OK(gb_session_bend(strict, &bends[i], NULL, &err));
        OK(gb_session_bend(through, &bends[i], NULL, &err));
        OK(gb_session_want(strict, "z", &err));
        assert_int_equal(gb_session_render(strict, NULL, &err), GB_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, says[i]));
        assert_non_null(strstr(err.message, "synthesis.b16.conv1"));
        float *z = gradient_of_z(through, f.model, 1, NULL);
        assert_nonzero(z, node_size(f.model, gb_model_find(f.model, "z")));
        free(z);
        gb_session_free(strict);
        gb_session_free(through);
    }
    close_fixture(&f);
}

static void misuse_is_refused(void **state) {
    (void)state;
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_node output = gb_model_output(f.model), z = gb_model_find(f.model, "z");
    float *r = loss_weights(output_size(f.model));
    gb_session *session = gradient_session(f.model, 1, false), *other = interactive_session(f.model);
    assert_int_equal(gb_session_want(other, "z", &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_session_backward(other, output, r, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_session_want(session, "mappin", &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "'mapping'"));
    assert_int_equal(gb_session_backward(session, output, r, &err), GB_BAD_ARGUMENT);      /* nothing is wanted */
    OK(gb_session_want(session, "z", &err));
    assert_int_equal(gb_session_backward(session, output, r, &err), GB_BAD_ARGUMENT);      /* nothing is rendered */
    OK(gb_session_render(session, NULL, &err));
    assert_int_equal(gb_session_gradient(session, z, r, &err), GB_BAD_ARGUMENT);           /* before backward */
    assert_int_equal(gb_session_backward(session, -1, r, &err), GB_BAD_ARGUMENT);
    OK(gb_session_seed(session, 4, &err));
    assert_int_equal(gb_session_backward(session, output, r, &err), GB_BAD_ARGUMENT);      /* the z is another */
    assert_non_null(strstr(err.message, "render again"));
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_backward(session, output, r, &err));
    OK(gb_session_gradient(session, z, r, &err));
    assert_int_equal(gb_session_gradient(session, output, r, &err), GB_BAD_ARGUMENT);      /* not wanted */
    OK(gb_session_want(session, "mapping:params", &err));
    assert_int_equal(gb_session_render(session, NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no parameters"));
    free(r);
    gb_session_free(session);
    gb_session_free(other);
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_all_purposes_have_the_same_bits),
        cmocka_unit_test(gradients_have_the_same_bits),
        cmocka_unit_test(a_small_budget_changes_no_bit_and_saves_memory),
        cmocka_unit_test(a_second_backward_pass_repeats_the_forward_pass),
        cmocka_unit_test(a_backward_pass_can_start_at_any_boundary),
        cmocka_unit_test(sessions_chain),
        cmocka_unit_test(nothing_passes_a_feed),
        cmocka_unit_test(flat_bends_are_refused_unless_straight_through),
        cmocka_unit_test(misuse_is_refused),
    };
    int failures = cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
    return failures + test_training();
}
