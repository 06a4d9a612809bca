/* Bends in a session: results, costs and errors. */
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "tests/engine/fixture.h"

enum { R = 32, C = 20, IMAGE = 3 * R * R, Z = 24, MAP = C * R * R };

static float unbent[IMAGE];

static int setup(void **state) {
    fixture *f = keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = C * R, .channel_max = 40,
                                                     .z_dim = Z, .w_dim = Z, .mapping_layers = 2, .seed = 5});
    f->session = interactive_session(f->model);
    OK(gb_session_render(f->session, unbent, &err));
    return 0;
}

static gb_bend bend(fixture *f, gb_bend_options options) {
    gb_bend id = 0;
    OK(gb_session_bend(f->session, &options, &id, &err));
    return id;
}

static void render(fixture *f, float *image) {
    OK(gb_session_render(f->session, image, &err));
}

static int nodes_run(fixture *f) {
    gb_render_stats stats;
    gb_session_stats(f->session, &stats);
    return stats.nodes_run;
}

/* The value of a boundary in a new session with the bend `options`, or without bends if it is NULL. */
static void boundary(fixture *f, const char *name, const gb_bend_options *options, float *values, float *image) {
    gb_session *session;
    OK(gb_session_new(f->model, NULL, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    if (options)
        OK(gb_session_bend(session, options, NULL, &err));
    OK(gb_session_tap(session, name, &err));
    OK(gb_session_render(session, image, &err));
    OK(gb_session_read(session, gb_model_find(f->model, name), values, &err));
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ what they compute */

static void a_filter_changes_its_features_and_everything_behind_them(void **state) {
    fixture *f = *state;
    static float before[MAP], after[MAP], by_hand[MAP], image[IMAGE], fed[IMAGE];
    const int list[] = {7, 2, 7};
    const float half = 0.5f;
    gb_bend_options options = {.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv0", .name = "scalar-multiply",
                               .params = &half, .param_count = 1,
                               .features = {.choice = GB_FEATURES_LIST, .list = list, .count = 3}};
    boundary(f, "synthesis.b32.conv0", NULL, before, image);
    assert_memory_equal(image, unbent, sizeof image);
    boundary(f, "synthesis.b32.conv0", &options, after, image);
    memcpy(by_hand, before, sizeof before);
    for (int p = 0; p < R * R; p++)
        by_hand[2 * R * R + p] *= half, by_hand[7 * R * R + p] *= half;
    assert_memory_equal(after, by_hand, sizeof after);
    OK(gb_session_feed(f->session, "synthesis.b32.conv0", by_hand, &err));
    render(f, fed);
    assert_memory_equal(image, fed, sizeof image);
    assert_memory_not_equal(image, unbent, sizeof image);
}

static void bends_act_in_the_order_they_were_added(void **state) {
    fixture *f = *state;
    static float add_first[IMAGE], double_first[IMAGE];
    const float two = 2, one = 1;
    gb_bend_options twice = {.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "multiply", .params = &two,
                             .param_count = 1};
    gb_bend_options plus = {.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "add", .params = &one,
                            .param_count = 1};
    bend(f, twice);
    bend(f, plus);
    render(f, double_first);
    OK(gb_session_unbend(f->session, 0, &err));
    bend(f, plus);
    bend(f, twice);
    render(f, add_first);
    assert_memory_not_equal(add_first, double_first, sizeof add_first);
}

static void an_activation_keeps_bias_and_gain_by_default(void **state) {
    fixture *f = *state;
    static float conv[MAP], noise[MAP], after[MAP], image[IMAGE];
    gb_bend_options options = {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b32.conv1", .name = "relu",
                               .drop_bias = true, .set_gain = true, .gain = 3};
    boundary(f, "synthesis.b32.conv1.noise", NULL, noise, image);
    boundary(f, "synthesis.b32.conv1", &options, after, image);
    for (int i = 0; i < MAP; i++)
        assert_true(after[i] == (noise[i] < 0 ? 0 : noise[i]) * 3);
    options.drop_bias = options.set_gain = false;
    options.name = "lrelu";
    boundary(f, "synthesis.b32.conv1", &options, conv, image);
    assert_memory_equal(image, unbent, sizeof image);
}

static void an_activation_on_some_features_does_not_change_the_others(void **state) {
    fixture *f = *state;
    static float before[MAP], after[MAP], image[IMAGE];
    const int list[] = {4};
    gb_bend_options options = {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b32.conv1", .name = "sinlu",
                               .features = {.choice = GB_FEATURES_LIST, .list = list, .count = 1}};
    boundary(f, "synthesis.b32.conv1", NULL, before, image);
    boundary(f, "synthesis.b32.conv1", &options, after, image);
    for (int c = 0; c < C; c++) {
        int same = !memcmp(before + c * R * R, after + c * R * R, R * R * sizeof *before);
        assert_int_equal(same, c != 4);
    }
}

static void a_disabled_layer_passes_its_input_enlarged_and_padded(void **state) {
    fixture *f = *state;
    static float in[40 * 16 * 16], out[MAP], image[IMAGE];
    gb_bend_options options = {.kind = GB_BEND_DISABLE, .at = "synthesis.b32.conv0"};
    boundary(f, "synthesis.b16.conv1", NULL, in, image);
    boundary(f, "synthesis.b32.conv0", &options, out, image);
    for (int c = 0; c < C; c++)         /* 40 channels into 20: the first ones pass */
        for (int y = 0; y < R; y++)
            for (int x = 0; x < R; x++)
                assert_true(out[(c * R + y) * R + x] == in[(c * 16 + y / 2) * 16 + x / 2]);
}

static void additional_channels_of_a_disabled_layer_are_zero(void **state) {
    (void)state;
    gb_context *context;
    gb_model *model;
    gb_session *session;
    float w[2 * 9 * 5], x[2 * 9], y[5 * 9];
    for (int i = 0; i < 2 * 9 * 5; i++)
        w[i] = (float)i;
    for (int i = 0; i < 2 * 9; i++)
        x[i] = (float)(i + 1);
    OK(gb_context_new(NULL, &context, &err));
    gb_graph *graph = gb_graph_new();
    gb_graph_weight(graph, "w", 4, (const int64_t[]){5, 2, 3, 3}, w);
    gb_node in = gb_graph_input(graph, "x", 3, (const int64_t[]){2, 3, 3}, NULL);
    gb_graph_output(graph, gb_graph_conv2d(graph, "conv", in, GB_NO_NODE, "w", &(gb_conv2d_options){0}));
    OK(gb_model_build(context, graph, &model, &err));
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_feed(session, "x", x, &err));
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_DISABLE, .at = "conv"}, NULL, &err));
    OK(gb_session_render(session, y, &err));
    assert_memory_equal(y, x, sizeof x);
    for (int i = 2 * 9; i < 5 * 9; i++)
        assert_true(y[i] == 0);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
}

static void the_first_mapping_layer_can_be_disabled_like_any_other(void **state) {
    fixture *f = *state;
    static float z[Z], w[Z], image[IMAGE];
    const gb_bend_options options = {.kind = GB_BEND_DISABLE, .at = "mapping.fc0"};
    boundary(f, "mapping.normalize", NULL, z, image);
    boundary(f, "mapping.fc0", &options, w, image);
    assert_memory_equal(w, z, sizeof z);
    assert_memory_not_equal(image, unbent, sizeof image);
}

static void vectors_are_painted_on_grids_and_by_masks(void **state) {
    fixture *f = *state;
    static float before[MAP], after[MAP], image[IMAGE], vectors[2 * C];
    const int16_t mask[4] = {-1, 0, 1, -1};
    for (int i = 0; i < 2 * C; i++)
        vectors[i] = (float)i - 7;
    gb_bend_options options = {.kind = GB_BEND_PAINT, .at = "synthesis.b32.conv0", .vectors = vectors,
                               .vector_count = 2, .mask = mask, .mask_h = 2, .mask_w = 2};
    boundary(f, "synthesis.b32.conv0", NULL, before, image);
    boundary(f, "synthesis.b32.conv0", &options, after, image);
    for (int i = 0; i < MAP; i++) {
        int c = i / (R * R), y = i / R % R, x = i % R, index = mask[y / 16 * 2 + x / 16];
        assert_true(after[i] == (index < 0 ? before[i] : vectors[index * C + c]));
    }
    options.mask = NULL;
    options.grid = 3;
    boundary(f, "synthesis.b32.conv0", &options, after, image);
    for (int i = 0; i < MAP; i++) {     /* blocks start at 0, 4, … 28, the last before 32 − 3 */
        int c = i / (R * R), y = i / R % R, x = i % R;
        bool painted = y % 4 < 3 && x % 4 < 3;
        assert_true(after[i] == (painted ? vectors[c] : before[i]));
    }
}

static void random_features_are_a_share_drawn_from_a_seed_and_redrawn_for_an_image(void **state) {
    fixture *f = *state;
    static float first[IMAGE], again[IMAGE], other[IMAGE];
    gb_bend_options options = {.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv0", .name = "ablate",
                               .features = {.choice = GB_FEATURES_RANDOM, .share = 0.5, .seed = 9}};
    static float values[MAP];
    int zero = 0;
    boundary(f, "synthesis.b32.conv0", &options, values, first);
    for (int c = 0; c < C; c++) {
        int nonzero = 0;
        for (int p = 0; p < R * R; p++)
            nonzero |= values[c * R * R + p] != 0;
        zero += !nonzero;
    }
    assert_int_equal(zero, C / 2);
    bend(f, options);
    render(f, again);
    assert_memory_equal(first, again, sizeof first);
    OK(gb_session_redraw(f->session, 1, &err));
    render(f, other);
    assert_memory_not_equal(first, other, sizeof first);
    OK(gb_session_redraw(f->session, 0, &err));
    render(f, again);
    assert_memory_equal(first, again, sizeof first);
}

static void a_fed_w_mixes_styles_and_truncation_acts_on_one_layer(void **state) {
    fixture *f = *state;
    static float w[Z], zero_avg[Z], image[IMAGE], psi[Z];
    for (int i = 0; i < Z; i++)
        zero_avg[i] = 0;
    OK(gb_session_set_w_avg(f->session, zero_avg, &err));
    OK(gb_session_tap(f->session, "synthesis.w5", &err));
    render(f, image);
    gb_node node = gb_model_find(f->model, "synthesis.w5");
    OK(gb_session_read(f->session, node, w, &err));
    bend(f, (gb_bend_options){.kind = GB_BEND_TRUNCATE, .at = "synthesis.w5", .psi = 0.5f});
    render(f, image);
    OK(gb_session_read(f->session, node, psi, &err));
    for (int i = 0; i < Z; i++)
        assert_true(fabsf(psi[i] - w[i] / 2) <= 1e-6f * fabsf(w[i]));
    bend(f, (gb_bend_options){.kind = GB_BEND_SET, .at = "synthesis.w5", .values = w, .samples = 1, .add = true});
    render(f, image);
    float sum[Z];
    OK(gb_session_read(f->session, node, sum, &err));
    for (int i = 0; i < Z; i++)
        assert_true(sum[i] == psi[i] + w[i]);
}

static void a_share_of_the_original_values_can_be_kept(void **state) {
    fixture *f = *state;
    static float image[IMAGE], mine[Z], w[Z], mixed[Z];
    const float shares[] = {0, 1, 0.25f}, outside = 1.5f;
    for (int i = 0; i < Z; i++)
        mine[i] = (float)(i % 5) - 2;
    OK(gb_session_tap(f->session, "synthesis.w5", &err));
    render(f, image);
    gb_node node = gb_model_find(f->model, "synthesis.w5");
    OK(gb_session_read(f->session, node, w, &err));
    gb_bend set = bend(f, (gb_bend_options){.kind = GB_BEND_SET, .at = "synthesis.w5", .values = mine, .keep = 0.5f});
    for (int k = 0; k < 3; k++) {
        OK(gb_session_set_bend_params(f->session, set, &shares[k], 1, &err));
        render(f, image);
        OK(gb_session_read(f->session, node, mixed, &err));
        for (int i = 0; i < Z; i++)
            assert_true(mixed[i] == (1 - shares[k]) * mine[i] + shares[k] * w[i]);
    }
    assert_int_equal(gb_session_set_bend_params(f->session, set, &outside, 1, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "expected 0 to 1"));
}

static void noise_of_one_layer_takes_a_factor_and_another_seed(void **state) {
    fixture *f = *state;
    static float none[IMAGE], off[IMAGE], image[IMAGE], map[R * R];
    bend(f, (gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b32.conv1", .factor = 0});
    render(f, off);
    OK(gb_session_unbend(f->session, 0, &err));
    OK(gb_session_set_noise_map(f->session, "synthesis.b32.conv1", map, 1, &err));
    render(f, none);
    assert_memory_equal(off, none, sizeof off);
    OK(gb_session_set_noise_map(f->session, "synthesis.b32.conv1", NULL, 1, &err));
    bend(f,
         (gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b32.conv1", .factor = 1, .reseed = true, .seed = 4});
    render(f, image);
    gb_randn(GB_RNG_TORCH, 4, R * R, map);
    OK(gb_session_unbend(f->session, 0, &err));
    OK(gb_session_set_noise_map(f->session, "synthesis.b32.conv1", map, 1, &err));
    render(f, none);
    assert_memory_equal(image, none, sizeof image);
}

static void a_noise_map_can_be_set_and_bent_for_every_sample(void **state) {
    fixture *f = *state;
    static float given[2 * IMAGE], bent[2 * IMAGE], map[R * R];
    const float two = 2;
    gb_session *by_map, *by_bend;
    for (int i = 0; i < R * R; i++)
        map[i] = (float)(i % 11) - 5;
    OK(gb_session_new(f->model, &(gb_session_options){.batch = 2}, &by_map, &err));
    OK(gb_session_new(f->model, &(gb_session_options){.batch = 2}, &by_bend, &err));
    OK(gb_session_seed(by_map, 3, &err));
    OK(gb_session_seed(by_bend, 3, &err));
    const char *const at = "synthesis.b32.conv1.noise_const";
    OK(gb_session_bend(by_bend, &(gb_bend_options){.kind = GB_BEND_SET, .at = at, .values = map, .samples = 1}, NULL,
                       &err));
    OK(gb_session_bend(by_bend, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "multiply", .params = &two,
                                                   .param_count = 1}, NULL, &err));
    OK(gb_session_render(by_bend, bent, &err));
    for (int i = 0; i < R * R; i++)
        map[i] *= 2;
    OK(gb_session_set_noise_map(by_map, "synthesis.b32.conv1", map, 1, &err));
    OK(gb_session_render(by_map, given, &err));
    assert_memory_equal(given, bent, sizeof given);
    gb_session_free(by_map);
    gb_session_free(by_bend);
}

typedef struct seen { int calls, n, c, h, w, rounding; gb_node node; } seen;

static void halve(void *arg, const gb_callback_values *v) {
    seen *s = arg;
    *s = (seen){s->calls + 1, v->n, v->c, v->h, v->w, fegetround(), v->node};
    for (int i = 0; i < v->n * v->c * v->h * v->w; i++)
        v->values[i] *= 0.5f;
}

static void a_callback_gets_the_maps_and_its_own_floating_point_state(void **state) {
    fixture *f = *state;
    static float by_callback[IMAGE], by_filter[IMAGE];
    const float half = 0.5f;
    seen s = {0};
    int before = fegetround();
    fesetround(FE_UPWARD);
    bend(f, (gb_bend_options){
                .kind = GB_BEND_CALLBACK, .at = "synthesis.b32.conv0", .callback = halve, .callback_arg = &s});
    render(f, by_callback);
    fesetround(before);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.rounding, FE_UPWARD);
    assert_int_equal(s.node, gb_model_find(f->model, "synthesis.b32.conv0"));
    assert_true(s.n == 1 && s.c == C && s.h == R && s.w == R);
    OK(gb_session_unbend(f->session, 0, &err));
    bend(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv0", .name = "multiply", .params = &half,
                              .param_count = 1});
    render(f, by_filter);
    assert_memory_equal(by_callback, by_filter, sizeof by_filter);
}

/* ------------------------------------------------------------------------------------------------ what they cost */

static void a_bend_does_not_change_the_fusion_of_other_layers(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    gb_render_stats before, after;
    gb_session_stats(f->session, &before);
    bend(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "invert"});
    render(f, image);
    gb_session_stats(f->session, &after);
    assert_int_equal(after.steps, before.steps + 1);
    OK(gb_session_unbend(f->session, 0, &err));
    render(f, image);
    gb_session_stats(f->session, &after);
    assert_int_equal(after.steps, before.steps);
    assert_memory_equal(image, unbent, sizeof image);
    bend(f, (gb_bend_options){.kind = GB_BEND_ACTIVATION, .at = "synthesis.b16.conv1", .name = "coslu"});
    render(f, image);
    render(f, image);
    gb_session_stats(f->session, &after);
    assert_in_range(after.steps, before.steps, before.steps + 1);   /* its input is kept while it is edited */
}

static void changing_a_parameter_reruns_only_dependent_nodes(void **state) {
    fixture *f = *state;
    static float image[IMAGE], fresh[IMAGE], values[MAP];
    const char *const at = "synthesis.b32.conv1";
    float share = 1;
    int behind = (int)gb_model_node_count(f->model) - gb_model_find(f->model, at);
    gb_bend filter = bend(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "multiply", .params = &share,
                                               .param_count = 1});
    gb_bend act = bend(f, (gb_bend_options){.kind = GB_BEND_ACTIVATION, .at = at, .name = "sinlu"});
    render(f, image);
    for (int move = 0; move < 4; move++) {
        share = 0.5f + (float)move;
        OK(gb_session_set_bend_params(f->session, filter, &share, 1, &err));
        render(f, image);
        assert_in_range(nodes_run(f), 1, behind + 1);
    }
    for (int move = 0; move < 4; move++) {
        float params[2] = {1, (float)move};
        OK(gb_session_set_bend_params(f->session, act, params, 2, &err));
        render(f, image);
        if (move)       /* from the second change on, the convolution is not run again */
            assert_in_range(nodes_run(f), 1, behind + 2);
        gb_bend_options options = {
            .kind = GB_BEND_ACTIVATION, .at = at, .name = "sinlu", .params = params, .param_count = 2};
        boundary(f, at, &options, values, fresh);
    }
    OK(gb_session_set_bend_params(f->session, filter, (const float[]){1}, 1, &err));
    render(f, image);
    assert_memory_equal(image, fresh, sizeof image);
}

/* Two bends of a layer have the versions v and w, two others v + 1 and w - 31: a hash of 31 v + w is the same for both
 * pairs and gave the old picture. */
static void pairs_of_bends_on_one_layer_are_distinguished(void **state) {
    fixture *f = *state;
    static float first[IMAGE], second[IMAGE], expected[IMAGE];
    gb_bend_options noise = {.kind = GB_BEND_NOISE, .at = "synthesis.b32.conv1"};
    const float factors[] = {2, 3, 5, 7};
    gb_bend id[4];
    for (int i = 0; i < 4; i++) {
        for (int k = 0; i == 3 && k < 30; k++)
            OK(gb_session_unbend(f->session, bend(f, noise), &err));
        noise.factor = factors[i];
        id[i] = bend(f, noise);
    }
    OK(gb_session_begin(f->session, &err));
    OK(gb_session_unbend(f->session, id[1], &err));
    OK(gb_session_unbend(f->session, id[2], &err));
    render(f, first);
    gb_session_rollback(f->session);
    OK(gb_session_unbend(f->session, id[0], &err));
    OK(gb_session_unbend(f->session, id[3], &err));
    render(f, second);
    gb_session *fresh;
    OK(gb_session_new(f->model, NULL, &fresh, &err));
    OK(gb_session_seed(fresh, 3, &err));
    for (int i = 1; i < 3; i++) {
        noise.factor = factors[i];
        OK(gb_session_bend(fresh, &noise, NULL, &err));
    }
    OK(gb_session_render(fresh, expected, &err));
    gb_session_free(fresh);
    assert_memory_equal(second, expected, sizeof second);
    assert_memory_not_equal(second, first, sizeof second);
}

static void a_rolled_back_bend_has_no_effect(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    gb_bend kept = bend(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b8.conv1", .name = "invert"});
    static float bent[IMAGE];
    render(f, bent);
    OK(gb_session_begin(f->session, &err));
    bend(f, (gb_bend_options){.kind = GB_BEND_DISABLE, .at = "synthesis.b8.conv1"});
    OK(gb_session_unbend(f->session, kept, &err));
    gb_session_rollback(f->session);
    render(f, image);
    assert_memory_equal(image, bent, sizeof image);
    OK(gb_session_unbend(f->session, kept, &err));
    render(f, image);
    assert_memory_equal(image, unbent, sizeof image);
}

/* ------------------------------------------------------------------------------------------------ what they refuse */

static void refuses(fixture *f, gb_bend_options options, const char *line) {
    assert_int_equal(gb_session_bend(f->session, &options, NULL, &err), GB_BAD_ARGUMENT);
    if (strncmp(err.message, line, strlen(line)))
        fail_msg("said '%s', expected '%s'", err.message, line);
}

static void messages_list_what_is_possible(void **state) {
    fixture *f = *state;
    const float nine = 9, vector[C] = {0};
    const int list[] = {20};
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv9", .name = "invert"},
            "there is no node 'synthesis.b32.conv9'; the nearest is 'synthesis.b32.conv");
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv1", .name = "swirl"},
            "there is no filter 'swirl'");
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv1", .name = "rotate", .params = &nine,
                                 .param_count = 30}, "rotate takes at most ");
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv1", .name = "invert", .params = &nine,
                                 .param_count = 1}, "invert: mix is 9; expected 0 to 1");
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv1", .name = "invert",
                                 .features = {GB_FEATURES_LIST, list, 1, 0, 0}},
            "'synthesis.b32.conv1' has no feature 20; it has 0 to 19");
    refuses(f, (gb_bend_options){.kind = GB_BEND_ACTIVATION, .at = "synthesis.b32.conv1.conv", .name = "relu"},
            "an activation cannot act on 'synthesis.b32.conv1.conv'; it can act on mapping.fc0");
    refuses(f, (gb_bend_options){.kind = GB_BEND_DISABLE, .at = "synthesis.b4.const"},
            "disabling cannot act on 'synthesis.b4.const'; it can act on mapping.fc0");
    refuses(f,
            (gb_bend_options){.kind = GB_BEND_PAINT, .at = "synthesis.*.conv1", .vectors = vector, .vector_count = 1},
            "'synthesis.b");
    assert_int_equal(gb_session_set_bend_params(f->session, 77, &nine, 1, &err), GB_BAD_ARGUMENT);
    static float image[IMAGE];
    render(f, image);
    assert_memory_equal(image, unbent, sizeof image);
}

static void nan_is_propagated_without_a_crash(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    const float nan = NAN;
    OK(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_SET, .at = "synthesis.w0",
                                                      .values = (float[Z]){[3] = NAN}, .samples = 1}, NULL, &err));
    render(f, image);
    assert_true(isnan(image[0]));
    refuses(f, (gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b8.conv1", .name = "rotate", .params = &nan,
                                 .param_count = 1}, "rotate: angle is nan");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_filter_changes_its_features_and_everything_behind_them, setup, teardown),
        cmocka_unit_test_setup_teardown(bends_act_in_the_order_they_were_added, setup, teardown),
        cmocka_unit_test_setup_teardown(an_activation_keeps_bias_and_gain_by_default, setup, teardown),
        cmocka_unit_test_setup_teardown(an_activation_on_some_features_does_not_change_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disabled_layer_passes_its_input_enlarged_and_padded, setup, teardown),
        cmocka_unit_test(additional_channels_of_a_disabled_layer_are_zero),
        cmocka_unit_test_setup_teardown(the_first_mapping_layer_can_be_disabled_like_any_other, setup, teardown),
        cmocka_unit_test_setup_teardown(vectors_are_painted_on_grids_and_by_masks, setup, teardown),
        cmocka_unit_test_setup_teardown(random_features_are_a_share_drawn_from_a_seed_and_redrawn_for_an_image, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_fed_w_mixes_styles_and_truncation_acts_on_one_layer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_share_of_the_original_values_can_be_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(noise_of_one_layer_takes_a_factor_and_another_seed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_noise_map_can_be_set_and_bent_for_every_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callback_gets_the_maps_and_its_own_floating_point_state, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bend_does_not_change_the_fusion_of_other_layers, setup, teardown),
        cmocka_unit_test_setup_teardown(changing_a_parameter_reruns_only_dependent_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(pairs_of_bends_on_one_layer_are_distinguished, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rolled_back_bend_has_no_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_list_what_is_possible, setup, teardown),
        cmocka_unit_test_setup_teardown(nan_is_propagated_without_a_crash, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
