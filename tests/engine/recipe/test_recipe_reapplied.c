/* A recipe that is removed and applied again for every change of a number, as a page with sliders does: only nodes
 * behind the changed bend run again. Also the information about layers that such a page needs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/session/session.h"
#include "tests/engine/fixture.h"

enum { R = 32, IMAGE = 3 * R * R, Z = 24, C = 20 };

static int setup(void **state) {
    fixture *f = keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = C * R, .channel_max = 40,
                                                     .z_dim = Z, .w_dim = Z, .mapping_layers = 2, .seed = 5});
    f->session = interactive_session(f->model);
    return 0;
}

static void apply_anew(gb_session *session, const char *text) {
    gb_recipe *recipe = NULL;
    OK(gb_session_begin(session, &err));
    OK(gb_session_unbend(session, 0, &err));
    OK(gb_recipe_parse(text, strlen(text), "page", &recipe, &err));
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_commit(session, &err));
    gb_recipe_free(recipe);
}

/* The number of nodes that ran for the picture with this recipe, which must equal that of a new session. */
static int ran_with(fixture *f, const char *text) {
    static float live[IMAGE], fresh[IMAGE];
    gb_render_stats stats;
    apply_anew(f->session, text);
    OK(gb_session_render(f->session, live, &err));
    gb_session_stats(f->session, &stats);
    gb_session *other = interactive_session(f->model);
    apply_anew(other, text);
    OK(gb_session_render(other, fresh, &err));
    gb_session_free(other);
    assert_memory_equal(live, fresh, sizeof live);
    return stats.nodes_run;
}

static const char head[] = "bends:\n"
                           "  - {at: mapping.fc1, activation: sinlu, a: 1, b: 2}\n"
                           "  - {at: 'synthesis.b8.*', noise: {factor: 2, seed: 4}}\n"
                           "  - {at: synthesis.b16.conv0, filter: rotate, angle: 20, features: {random: 0.5}}\n"
                           "  - {w: 3-5, style: 12}\n"
                           "  - {w: 1, add: {3: 0.5}}\n";

static const char *with(const char *tail) {
    static char text[2048];
    snprintf(text, sizeof text, "%s%s", head, tail);
    return text;
}

static void an_unchanged_recipe_applied_again_runs_nothing(void **state) {
    fixture *f = *state;
    assert_in_range(ran_with(f, with("")), 30, 1000);
    assert_int_equal(ran_with(f, with("")), 0);
}

static void only_nodes_behind_the_changed_bend_run_again(void **state) {
    fixture *f = *state;
    ran_with(f, with("  - {at: synthesis.b32.conv1, filter: multiply, factor: 1.0}\n"));
    ran_with(f, with("  - {at: synthesis.b32.conv1, filter: multiply, factor: 1.1}\n"));
    /* The filter, torgb's convolution and bias, and the sum. */
    for (int i = 2; i < 5; i++) {
        char tail[128];
        snprintf(tail, sizeof tail, "  - {at: synthesis.b32.conv1, filter: multiply, factor: 1.%d}\n", i);
        assert_int_equal(ran_with(f, with(tail)), 4);
    }
}

static void adding_and_removing_bends_does_not_affect_others(void **state) {
    fixture *f = *state;
    const char *last = "  - {at: synthesis.b32.conv1, filter: invert}\n";
    char both[256];
    snprintf(both, sizeof both, "  - {at: synthesis.b32.conv0, filter: reflect-h}\n%s", last);
    ran_with(f, with(last));
    int added = ran_with(f, with(both));
    assert_in_range(added, 1, 16);          /* from b32.conv0 on */
    assert_in_range(ran_with(f, with(last)), 1, 16);
    assert_in_range(ran_with(f, with("")), 1, 8);
}

static void two_equal_bends_at_one_place_both_act(void **state) {
    fixture *f = *state;
    ran_with(f, "bends: [{at: synthesis.b32.conv1, filter: add, amount: 1}, {at: synthesis.b32.conv1, filter: add, "
                "amount: 1}]");
    assert_in_range(ran_with(f, "bends: [{at: synthesis.b32.conv1, filter: add, amount: 1}, {at: synthesis.b32.conv1, "
                                "filter: add, amount: 2}]"), 1, 8);
    assert_in_range(ran_with(f, "bends: [{at: synthesis.b32.conv1, filter: add, amount: 2}, {at: synthesis.b32.conv1, "
                                "filter: add, amount: 1}]"), 1, 8);
    assert_in_range(ran_with(f, "bends: [{at: synthesis.b32.conv1, filter: add, amount: 1}]"), 1, 8);
}

static void count_calls(void *arg, const gb_callback_values *values) {
    (void)values;
    ++*(int *)arg;
}

static void a_callback_that_is_added_again_is_called_again(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    int calls = 0;
    for (int i = 1; i < 4; i++) {
        OK(gb_session_unbend(f->session, 0, &err));
        OK(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_CALLBACK, .at = "synthesis.b8.conv1",
                                                          .callback = count_calls, .callback_arg = &calls}, NULL,
                           &err));
        OK(gb_session_render(f->session, image, &err));
        assert_int_equal(calls, i);
    }
}

static void a_rolled_back_recipe_has_no_effect(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    ran_with(f, with(""));
    OK(gb_session_begin(f->session, &err));
    OK(gb_session_unbend(f->session, 0, &err));
    OK(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv0",
                                                      .name = "rotate"}, NULL, &err));
    OK(gb_session_render(f->session, image, &err));
    gb_session_rollback(f->session);
    ran_with(f, with(""));
    assert_int_equal(ran_with(f, with("")), 0);
}

/* ------------------------------------------------------------------------------------------------ layers */

static void a_layer_reports_the_inputs_of_its_activation(void **state) {
    fixture *f = *state;
    static float before[C * R * R], after[C * R * R], bias[C];
    gb_node_info info;
    gb_node layer = gb_model_find(f->model, "synthesis.b32.conv1");
    gb_model_node(f->model, layer, &info);
    assert_string_equal(info.act, "lrelu");
    assert_non_null(info.bias);
    assert_true(info.gain > 1.41f && info.gain < 1.42f && info.clamp >= 0);
    OK(gb_model_read_tensor(f->model, info.bias, bias, &err));
    gb_node input = info.input[0];
    float bias_gain = info.bias_gain, gain = info.gain, clamp = info.clamp;
    gb_model_node(f->model, input, &info);
    assert_null(info.act);
    assert_null(info.bias);
    OK(gb_session_tap(f->session, info.name, &err));
    OK(gb_session_tap(f->session, "synthesis.b32.conv1", &err));
    OK(gb_session_render(f->session, NULL, &err));
    OK(gb_session_read(f->session, input, before, &err));
    OK(gb_session_read(f->session, layer, after, &err));
    for (int i = 0; i < C * R * R; i++) {
        float x = before[i] + bias[i / (R * R)] * bias_gain, y = (x < 0 ? 0.2f * x : x) * gain;
        if (clamp > 0)
            y = fmaxf(-clamp, fminf(clamp, y));
        assert_true(fabsf(y - after[i]) <= 1e-5f * (1 + fabsf(y)));
    }
    assert_int_equal(gb_model_read_tensor(f->model, "no.such.tensor", bias, &err), GB_BAD_ARGUMENT);
    gb_model_node(f->model, gb_model_find(f->model, "synthesis.b32.torgb"), &info);
    assert_string_equal(info.act, "linear");
}

static gb_bend_options a_bend(gb_bend_kind kind) {
    static const float zeros[40 * R * R];
    return (gb_bend_options){.kind = kind, .name = kind == GB_BEND_FILTER ? "invert" : "relu", .vectors = zeros,
                             .vector_count = 1, .values = zeros, .samples = 1, .callback = count_calls};
}

static void update(fixture *f, gb_recipe *recipe, double angle, double times, float *image) {
    OK(gb_recipe_set(recipe, "angle", angle, &err));
    OK(gb_recipe_set(recipe, "times", times, &err));
    OK(gb_recipe_update(recipe, f->session, &err));
    OK(gb_session_render(f->session, image, &err));
}

static void an_update_after_a_rollback_restores_the_recipe(void **state) {
    static const char text[] = "parameters: {angle: 20, times: 1}\n"
                               "bends:\n"
                               "  - {at: synthesis.b16.conv0, filter: rotate, angle: $angle}\n"
                               "  - {w: 0-3, add: {3: 0.5}, times: $times}\n"
                               "  - {w: 2, style: {seed: 4, share: $times}}\n";
    static float first[IMAGE], moved[IMAGE], image[IMAGE];
    fixture *f = *state;
    gb_recipe *recipe = NULL;
    OK(gb_recipe_parse(text, strlen(text), "r", &recipe, &err));
    OK(gb_recipe_apply(recipe, f->session, &err));
    update(f, recipe, 20, 1, first);
    OK(gb_session_begin(f->session, &err));
    update(f, recipe, 70, 0.5, moved);
    assert_memory_not_equal(first, moved, sizeof first);
    gb_session_rollback(f->session);
    OK(gb_session_render(f->session, image, &err));
    assert_memory_equal(image, first, sizeof first);
    update(f, recipe, 70, 0.5, image);
    assert_memory_equal(image, moved, sizeof first);
    update(f, recipe, 20, 1, image);
    assert_memory_equal(image, first, sizeof first);
    gb_recipe_free(recipe);
}

/* The linker sends the library's calls here: while `reusing`, sessions are made at one address. */
static bool reusing;
static _Alignas(64) unsigned char place[sizeof(struct gb_session)];

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __real_free(void *memory);
void __wrap_free(void *memory);

void *__wrap_calloc(size_t count, size_t size) {
    return reusing && count * size == sizeof place ? memset(place, 0, sizeof place) : __real_calloc(count, size);
}

void __wrap_free(void *memory) {
    if (memory != place)
        __real_free(memory);
}

/* The second session is at the address of the first, and has a bend with the id of the recipe's. */
static void a_freed_session_is_not_taken_for_a_later_one(void **state) {
    static const char text[] = "parameters: {angle: 20}\nbends: [{at: synthesis.b16.conv0, filter: rotate, angle: $angle}]\n";
    const gb_bend_options other = {.kind = GB_BEND_FILTER, .at = "synthesis.b8.conv0", .name = "rotate"};
    fixture *f = *state;
    gb_recipe *recipe = NULL;
    gb_session *first = NULL, *second = NULL;
    gb_bend bend;
    reusing = true;
    OK(gb_recipe_parse(text, strlen(text), "r", &recipe, &err));
    OK(gb_session_new(f->model, NULL, &first, &err));
    OK(gb_recipe_apply(recipe, first, &err));
    assert_ptr_equal(first, place);
    gb_session_free(first);
    OK(gb_session_new(f->model, NULL, &second, &err));
    OK(gb_session_bend(second, &other, &bend, &err));
    assert_ptr_equal(second, place);
    OK(gb_recipe_set(recipe, "angle", 40, &err));
    assert_int_equal(gb_recipe_update(recipe, second, &err), GB_BAD_ARGUMENT);
    gb_session_free(second);
    gb_recipe_free(recipe);
    reusing = false;
}

/* gb_model_can_bend() agrees with gb_session_bend() for every node. */
static void a_model_reports_which_bends_can_act_on_a_node(void **state) {
    fixture *f = *state;
    int takes = 0;
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(f->model); i++)
        for (int kind = GB_BEND_FILTER; kind <= GB_BEND_CALLBACK; kind++) {
            gb_node_info info;
            gb_model_node(f->model, i, &info);
            gb_bend_options o = a_bend((gb_bend_kind)kind);
            o.at = info.name;
            bool can = !gb_session_bend(f->session, &o, NULL, &err);
            if (gb_model_can_bend(f->model, i, o.kind) != can)
                fail_msg("kind %d at %s", kind, info.name);
            takes += can;
        }
    assert_in_range(takes, 100, 10000);
    assert_true(gb_model_can_bend(f->model, gb_model_find(f->model, "synthesis.b8.conv1"), GB_BEND_NOISE));
    assert_true(gb_model_can_bend(f->model, gb_model_find(f->model, "mapping.fc0"), GB_BEND_DISABLE));
    assert_false(gb_model_can_bend(f->model, gb_model_find(f->model, "mapping.normalize"), GB_BEND_DISABLE));
    assert_false(gb_model_can_bend(f->model, GB_NO_NODE, GB_BEND_FILTER));
    assert_false(gb_model_can_bend(f->model, (gb_node)gb_model_node_count(f->model), GB_BEND_FILTER));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unchanged_recipe_applied_again_runs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(only_nodes_behind_the_changed_bend_run_again, setup, teardown),
        cmocka_unit_test_setup_teardown(adding_and_removing_bends_does_not_affect_others, setup, teardown),
        cmocka_unit_test_setup_teardown(two_equal_bends_at_one_place_both_act, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callback_that_is_added_again_is_called_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rolled_back_recipe_has_no_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(an_update_after_a_rollback_restores_the_recipe, setup, teardown),
        cmocka_unit_test_setup_teardown(a_freed_session_is_not_taken_for_a_later_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_layer_reports_the_inputs_of_its_activation, setup, teardown),
        cmocka_unit_test_setup_teardown(a_model_reports_which_bends_can_act_on_a_node, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
