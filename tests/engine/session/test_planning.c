/* Thousands of bends: planning takes near-linear, bounded work and can be cancelled. Work is counted, not timed. And steps that
 * run in one pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "engine/graph/context.h"
#include "engine/session/session.h"
#include "tests/counted_calls.h"
#include "tests/engine/fixture.h"

enum { R = 32, IMAGE = 3 * R * R };

static int setup(void **state) {
    fixture *f = keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = 8 * R, .channel_max = 16,
                                                     .z_dim = 16, .w_dim = 16, .mapping_layers = 2, .seed = 5});
    f->session = interactive_session(f->model);
    return 0;
}

static void invert(gb_session *session, const char *at, int times) {
    for (int i = 0; i < times; i++)
        OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "invert"}, NULL,
                           &err));
}

static int plan_steps(const gb_session *session) {
    gb_render_stats stats;
    gb_session_stats(session, &stats);
    return stats.steps;
}

/* ------------------------------------------------------------------------------------------------ near-linear */

/* The work before the first step of a new session with `times` bends on every node. */
static uint64_t work_of(fixture *f, gb_purpose purpose, int times, int *steps) {
    gb_session *session;
    OK(gb_session_new(f->model, &(gb_session_options){.purpose = purpose}, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    invert(session, "*", times);
    OK(gb_session_render(session, NULL, &err));
    float image[IMAGE];
    OK(gb_session_render(session, image, &err));
    *steps = plan_steps(session);
    uint64_t work = session->work.done;
    gb_session_free(session);
    return work;
}

static void planning_takes_linear_work_in_nodes(void **state) {
    fixture *f = *state;
    for (int purpose = GB_ONCE; purpose <= GB_INTERACTIVE; purpose++) {
        int few, many;
        uint64_t least = work_of(f, (gb_purpose)purpose, 20, &few), most = work_of(f, (gb_purpose)purpose, 160, &many);
        assert_in_range(many, 7 * few, 8 * few);
        assert_in_range(most, 7 * least, 8 * least + least / 2);
    }
}

/* Also if the list is shifted by one, so that all bends but one are the same as before. */
static void comparing_a_changed_list_of_bends_takes_linear_work(void **state) {
    fixture *f = *state;
    uint64_t work[2];
    float image[IMAGE];
    for (int k = 0; k < 2; k++) {
        int times = k ? 4000 : 500;
        OK(gb_session_unbend(f->session, 0, &err));
        invert(f->session, "synthesis.b32.conv1", times);
        OK(gb_session_render(f->session, image, &err));
        OK(gb_session_unbend(f->session, 0, &err));
        invert(f->session, "synthesis.b32.conv0", 1);
        invert(f->session, "synthesis.b32.conv1", times - 1);
        OK(gb_session_render(f->session, image, &err));
        work[k] = f->session->work.done;
    }
    assert_in_range(work[1], 6 * work[0], 9 * work[0]);
}

static void adding_and_removing_bends_compares_a_linear_number_of_names(void **state) {
    fixture *f = *state;
    long comparisons[2];
    gb_bend ids[4000];
    for (int k = 0; k < 2; k++) {
        int times = k ? 4000 : 500;
        count_from_zero();
        for (int i = 0; i < times; i++)
            OK(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b32.conv1",
                                                              .name = "invert"}, &ids[i], &err));
        for (int i = 0; i < times; i++)
            OK(gb_session_set_bend_params(f->session, ids[i], NULL, 0, &err));
        for (int i = 0; i < times; i++)
            OK(gb_session_unbend(f->session, ids[(i * 7919) % times], &err));
        comparisons[k] = calls.comparisons;
    }
    assert_in_range(comparisons[0], 500, 500 * 200);
    assert_in_range(comparisons[1], comparisons[0], 9 * comparisons[0]);
}

static void ten_thousand_bent_nodes_render_the_same_bits_for_every_purpose(void **state) {
    fixture *f = *state;
    static float once[IMAGE], interactive[IMAGE];
    gb_session *session;
    int nodes = (int)gb_model_node_count(f->model), times = 10000 / (nodes - 16) + 1;
    OK(gb_session_new(f->model, NULL, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    invert(session, "*", times);
    invert(f->session, "*", times);
    OK(gb_session_render(session, once, &err));
    OK(gb_session_render(f->session, interactive, &err));
    assert_true(plan_steps(session) > 9000);
    assert_memory_equal(once, interactive, sizeof once);
    gb_session_free(session);
}

/* The styles depend on w alone, so that one call divides all of them among the threads. In a session for gradients, steps run in
 * the order of the nodes. */
static void the_styles_of_all_layers_are_computed_together_unless_for_gradients(void **state) {
    fixture *f = *state;
    gb_session *gradient;
    static float image[IMAGE], again[IMAGE];
    int first = -1, styles = 0;
    OK(gb_session_new(f->model, &(gb_session_options){.purpose = GB_GRADIENT}, &gradient, &err));
    OK(gb_session_seed(f->session, 3, &err));
    OK(gb_session_seed(gradient, 3, &err));
    OK(gb_session_render(f->session, image, &err));
    OK(gb_session_render(gradient, again, &err));
    assert_memory_equal(image, again, sizeof image);
    const gb_plan *plan = f->session->plan;
    for (int s = 0; s < plan->count; s++) {
        const gb_step *step = &plan->steps[s];
        if (step->row->run_all && strstr(f->session->bent->graph.nodes[step->chain[0]].name, ".affine")) {
            first = styles++ ? first : step->at;
            assert_int_equal(step->at, first);
            assert_true(step->run && step->seconds > 0);
        }
    }
    assert_int_equal(styles, f->session->cpu.vector > 1 ? 11 : 0);       /* 7 convolutions and 4 ToRGB */
    for (int s = 0; s < gradient->plan->count; s++)
        assert_int_equal(gradient->plan->steps[s].at, s);
    gb_session_free(gradient);
}

/* Finding nodes by name takes as many comparisons for one bend as for a hundred. */
static void a_file_of_clusters_is_read_once_for_all_bends_of_a_recipe(void **state) {
    fixture *f = *state;
    enum { LAYERS = 200 };
    long comparisons[2];
    char path[64], text[80 * 100 + 128];
    snprintf(path, sizeof path, "test_planning.%d.yaml", (int)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < LAYERS; i++)
        fprintf(file, "%d: [{feature_index: 0, cluster_index: 0}, {feature_index: 1, cluster_index: 1}]\n", i);
    fclose(file);
    for (int k = 0; k < 2; k++) {
        size_t used = (size_t)sprintf(text, "clusters: %s\nbends:\n", path);
        for (int i = 0; i < (k ? 100 : 1); i++)
            used += (size_t)sprintf(text + used,
                                    "- {at: synthesis.b8.conv1, filter: invert, features: {cluster: 1}}\n");
        gb_recipe *recipe;
        OK(gb_recipe_parse(text, used, "r", &recipe, &err));
        count_from_zero();
        OK(gb_recipe_apply(recipe, f->session, &err));
        comparisons[k] = calls.comparisons;
        OK(gb_session_unbend(f->session, 0, &err));
        gb_recipe_free(recipe);
    }
    unlink(path);
    assert_in_range(comparisons[0], LAYERS, 1000 * LAYERS);
    assert_in_range(comparisons[1], comparisons[0], 4 * comparisons[0]);
}

/* ------------------------------------------------------------------------------------------------ bounded */

static void the_number_of_places_of_bends_is_limited(void **state) {
    fixture *f = *state;
    gb_bend_options all = {.kind = GB_BEND_FILTER, .at = "*", .name = "multiply"};
    gb_bend last = 0, id;
    float two = 2;
    gb_status status;
    while (!(status = gb_session_bend(f->session, &all, &id, &err)))
        last = id;
    assert_int_equal(status, GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "'*' matches "));
    assert_non_null(strstr(err.message, "together can act on 65536: remove some, or match fewer nodes"));
    int places = f->session->now.bends.place_count, each = f->session->now.bends.entries[0]->place_count;
    assert_in_range(places, GB_MAX_BEND_PLACES - each + 1, GB_MAX_BEND_PLACES);
    assert_int_equal(places, each * f->session->now.bends.count);
    /* An existing bend can still be changed, and removing one makes room. */
    OK(gb_session_set_bend_params(f->session, last, &two, 1, &err));
    assert_int_equal(gb_session_bend(f->session, &all, NULL, &err), GB_BAD_ARGUMENT);
    OK(gb_session_unbend(f->session, last, &err));
    OK(gb_session_bend(f->session, &all, NULL, &err));
    OK(gb_session_begin(f->session, &err));
    OK(gb_session_unbend(f->session, 0, &err));
    assert_int_equal(f->session->now.bends.place_count, 0);
    gb_session_rollback(f->session);
    assert_int_equal(f->session->now.bends.place_count, places);
}

static void the_number_of_bends_is_limited(void **state) {
    fixture *f = *state;
    invert(f->session, "z", GB_MAX_BENDS);
    assert_int_equal(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "z",
                                                                    .name = "invert"}, NULL, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "this session has 4096 bends, the maximum: remove some, or let one bend act on "
                                     "several nodes with a glob");
}

/* Each style adds a copy of the mapping network. */
static void the_number_of_nodes_with_styles_is_limited(void **state) {
    gb_context *context = ((fixture *)*state)->context;
    gb_model *model;
    gb_session *session;
    gb_graph *graph = gb_graph_new();
    static const float mean[4];
    float image[4];
    const int64_t four = 4;
    gb_graph_weight(graph, "mean", 1, &four, mean);
    gb_node node = gb_graph_input(graph, "z", 1, &four, NULL);
    gb_graph_role(graph, node, GB_ROLE_Z, 0);
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "mapping.%d", i);
        node = gb_graph_pixel_norm(graph, name, node, 1e-8f);
    }
    node = gb_graph_truncate(graph, "mapping", node, "mean", 2);
    gb_graph_output(graph, gb_graph_select(graph, "synthesis.w0", node, 0));
    OK(gb_model_build(context, graph, &model, &err));
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_seed(session, 1, &err));
    for (int i = 0; i < GB_MAX_BENDS; i++) {
        OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_STYLE, .at = "synthesis.w0", .keep = 0.5f,
                                                       .seed = (uint64_t)i}, NULL, &err));
        if (i == 1000)
            OK(gb_session_render(session, image, &err));
    }
    assert_int_equal(gb_session_render(session, image, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message,
                        "with its bends the network has more than 262144 nodes: remove some bends; each style of "
                        "another seed adds a mapping network");
    OK(gb_session_unbend(session, 0, &err));
    OK(gb_session_render(session, image, &err));
    gb_session_free(session);
    gb_model_close(model);
}

static void the_length_of_a_name_or_glob_is_limited(void **state) {
    fixture *f = *state;
    char at[GB_MAX_NAME + 2];
    memset(at, '*', sizeof at);
    at[GB_MAX_NAME] = 0;
    invert(f->session, at, 1);
    at[GB_MAX_NAME] = '*';
    at[GB_MAX_NAME + 1] = 0;
    assert_int_equal(gb_session_bend(f->session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "invert"},
                                     NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "has 1024 bytes; expected at most 1023"));
}

/* ------------------------------------------------------------------------------------------------ cancelled */

static void a_cancel_ends_planning_before_a_plan_is_made(void **state) {
    fixture *f = *state;
    float image[IMAGE], again[IMAGE];
    invert(f->session, "*", 3);
    gb_session_cancel(f->session);
    assert_int_equal(gb_session_render(f->session, image, &err), GB_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    assert_int_equal(plan_steps(f->session), 0);
    OK(gb_session_render(f->session, image, &err));
    OK(gb_session_unbend(f->session, 0, &err));
    gb_session_cancel(f->session);
    assert_int_equal(gb_session_render(f->session, again, &err), GB_CANCELLED);
    invert(f->session, "*", 3);
    OK(gb_session_render(f->session, again, &err));
    assert_memory_equal(image, again, sizeof image);
}

static void each_part_of_planning_can_be_cancelled(void **state) {
    fixture *f = *state;
    atomic_bool cancel = false;
    gb_work_count work = {.cancel = &cancel};
    gb_bent *bent, *other;
    invert(f->session, "*", 40);
    OK(gb_bent_new(f->session->graph, &f->session->now.bends, f->session->now.value, NULL, &work, &bent, &err));
    size_t nodes = (size_t)bent->graph.count;
    assert_in_range(work.done, nodes, 4 * nodes);
    unsigned char *cut = calloc(nodes, 1);
    gb_kept *kept = calloc(nodes, sizeof *kept);
    gb_plan_request request = {f->model, &f->session->weights, f->context->processor, &bent->graph, 1, GB_ONCE, 0, cut, &work,
                               NULL, 0};
    gb_plan *plan;
    cut[bent->graph.output] = GB_CUT_IMAGE;
    cancel = true;
    assert_int_equal(gb_bent_new(f->session->graph, &f->session->now.bends, f->session->now.value, bent, &work, &other,
                                 &err), GB_CANCELLED);
    assert_int_equal(gb_plan_new(&request, kept, &plan, &err), GB_CANCELLED);
    /* A later cancel is noticed after at most 1024 units. */
    work.done = 1023;
    assert_int_equal(gb_plan_new(&request, kept, &plan, &err), GB_CANCELLED);
    cancel = false;
    OK(gb_plan_new(&request, kept, &plan, &err));
    gb_plan_free(plan);
    gb_bent_free(bent);
    free(cut);
    free(kept);
}

static void a_cancelled_recipe_adds_nothing(void **state) {
    fixture *f = *state;
    static const char text[] = "parameters: {p: 1}\n"
                               "bends:\n"
                               "- {at: '*', filter: invert}\n"
                               "- {at: synthesis.w3, set: {0: 2}, times: $p}\n";
    gb_recipe *recipe;
    OK(gb_recipe_parse(text, sizeof text - 1, "r", &recipe, &err));
    invert(f->session, "z", 1);
    gb_session_cancel(f->session);
    assert_int_equal(gb_recipe_apply(recipe, f->session, &err), GB_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    assert_int_equal(f->session->now.bends.count, 1);
    OK(gb_recipe_apply(recipe, f->session, &err));
    assert_int_equal(f->session->now.bends.count, 3);
    OK(gb_recipe_set(recipe, "p", 3, &err));
    gb_session_cancel(f->session);
    assert_int_equal(gb_recipe_update(recipe, f->session, &err), GB_CANCELLED);
    assert_int_equal(f->session->now.bends.count, 3);
    assert_true(f->session->now.bends.entries[2]->options.values[0] == 2);
    OK(gb_recipe_update(recipe, f->session, &err));
    assert_int_equal(f->session->now.bends.count, 3);
    assert_true(f->session->now.bends.entries[2]->options.values[0] == 6);
    gb_recipe_free(recipe);
}

/* Updating a parameter of values replaces their bends: the old and new ones together may exceed the limit. */
static void a_recipe_near_the_limit_can_be_updated(void **state) {
    fixture *f = *state;
    enum { STEPS = GB_MAX_BENDS };
    char *text = malloc(64 * (STEPS + 2));
    size_t used = (size_t)sprintf(text, "parameters: {p: 1}\nbends:\n");
    for (int i = 0; i < STEPS; i++)
        used += (size_t)sprintf(text + used, "- {at: synthesis.w3, add: {0: 1}, times: $p}\n");
    gb_recipe *recipe;
    OK(gb_recipe_parse(text, used, "r", &recipe, &err));
    OK(gb_recipe_apply(recipe, f->session, &err));
    OK(gb_recipe_set(recipe, "p", 2, &err));
    OK(gb_recipe_update(recipe, f->session, &err));
    assert_int_equal(f->session->now.bends.count, STEPS);
    for (int i = 0; i < STEPS; i++)
        assert_true(f->session->now.bends.entries[i]->options.values[0] == 2);
    gb_recipe_free(recipe);
    free(text);
}

/* ------------------------------------------------------------------------------------------------ steps in one pass */

enum { WIDE = 128, WIDE_IMAGE = 3 * WIDE * WIDE };

/* A network whose last layer has more tiles than its workers share. */
static int set_up_wide(void **state) {
    keep_fixture(state, &(gb_stylegan2){.resolution = WIDE, .channel_base = 20 * WIDE, .channel_max = 20, .z_dim = 16, .w_dim = 16,
                                        .mapping_layers = 2, .seed = 5});
    return 0;
}

static const gb_step *step_writing(const gb_session *session, const char *name) {
    for (int s = 0; s < session->plan->count; s++) {
        const gb_step *step = &session->plan->steps[s];
        if (!strcmp(session->bent->graph.nodes[step->chain[step->nodes - 1]].name, name))
            return step;
    }
    return NULL;
}

/* What is done to a session before its picture is rendered. */
typedef struct setting { const char *tap, *bend; bool other_noise; } setting;

static void apply(gb_session *session, const setting *set, uint64_t seed) {
    static float map[WIDE * WIDE];
    map[WIDE + 1] = 50;
    OK(gb_session_seed(session, seed, &err));
    if (set->tap)
        OK(gb_session_tap(session, set->tap, &err));
    if (set->bend)
        invert(session, set->bend, 1);
    if (set->other_noise)
        OK(gb_session_set_noise_map(session, "synthesis.b128.conv1", map, 1, &err));
}

/* The picture of a session of its own, whose plan and use of memory go to *followed, *unstored and *arena. */
static void render_wide(gb_context *context, const fixture *f, const setting *set, gb_session_options options, uint64_t seed,
                        float *image, bool *followed, bool *unstored, size_t *arena) {
    gb_session *session;
    gb_model *model;
    gb_render_stats stats;
    OK(gb_model_open(context, f->path, &model, &err));
    OK(gb_session_new(model, &options, &session, &err));
    apply(session, set, seed);
    OK(gb_session_render(session, image, &err));
    const gb_step *step = step_writing(session, "synthesis.b128.conv1");
    *followed = step && step->followed;
    *unstored = step && step->desc.unstored;
    gb_session_stats(session, &stats);
    *arena = stats.arena_bytes;
    gb_session_free(session);
    gb_model_close(model);
}

static bool has_followers(const fixture *f) {
    return strcmp(gb_context_isa(f->context), "plain") != 0;
}

static void torgb_runs_with_the_convolution_before_it_whose_map_is_not_stored(void **state) {
    fixture *f = *state;
    static float image[WIDE_IMAGE], other[WIDE_IMAGE];
    const setting none = {0}, tapped = {.tap = "synthesis.b128.conv1"}, bent = {.bend = "synthesis.b128.conv1"};
    bool followed, unstored;
    size_t arena, larger;
    render_wide(f->context, f, &none, (gb_session_options){0}, 3, image, &followed, &unstored, &arena);
    assert_int_equal(followed, has_followers(f));
    assert_int_equal(unstored, has_followers(f));
    render_wide(f->context, f, &tapped, (gb_session_options){0}, 3, other, &followed, &unstored, &larger);
    assert_int_equal(followed, has_followers(f));
    assert_false(unstored);
    assert_memory_equal(image, other, sizeof image);
    if (has_followers(f))
        assert_true(larger > arena);
    render_wide(f->context, f, &bent, (gb_session_options){0}, 3, other, &followed, &unstored, &larger);
    assert_false(followed || unstored);
}

static void steps_in_one_pass_have_the_bits_of_steps_one_by_one(void **state) {
    fixture *f = *state;
    static float expected[WIDE_IMAGE], image[3 * WIDE_IMAGE];
    static const setting settings[] = {{0}, {.bend = "synthesis.b128.torgb"}, {.bend = "synthesis.b128.conv1"}, {.other_noise = true}};
    bool followed, unstored;
    size_t arena;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        setting apart = settings[i];
        apart.tap = "*";                        /* every operation is a step of its own */
        render_wide(f->context, f, &apart, (gb_session_options){0}, 4, expected, &followed, &unstored, &arena);
        for (int purpose = GB_ONCE; purpose <= GB_GRADIENT; purpose++) {
            render_wide(f->context, f, &settings[i], (gb_session_options){.purpose = (gb_purpose)purpose}, 4, image, &followed,
                        &unstored, &arena);
            assert_memory_equal(image, expected, sizeof expected);
        }
        render_wide(f->context, f, &settings[i], (gb_session_options){.batch = 3}, 3, image, &followed, &unstored, &arena);
        assert_memory_equal(image + WIDE_IMAGE, expected, sizeof expected);
    }
    for (int threads = 1; threads <= 3; threads += 2) {
        gb_context *context;
        OK(gb_context_new(&(gb_context_options){.threads = threads}, &context, &err));
        render_wide(context, f, &settings[0], (gb_session_options){0}, 4, image, &followed, &unstored, &arena);
        render_wide(f->context, f, &settings[0], (gb_session_options){0}, 4, expected, &followed, &unstored, &arena);
        assert_memory_equal(image, expected, sizeof expected);
        gb_context_free(context);
    }
}

/* If maps are much larger than the caches, an upsampling convolution runs in turns with the convolution behind it. */
static void the_map_between_two_convolutions_is_not_stored_if_it_is_large(void **state) {
    fixture *f = *state;
    static float image[WIDE_IMAGE];
    size_t l3 = f->context->cpu.l3;
    gb_session *session;
    f->context->cpu.l3 = 0;
    OK(gb_session_new(f->model, NULL, &session, &err));
    OK(gb_session_seed(session, 4, &err));
    OK(gb_session_render(session, image, &err));
    const gb_step *step = step_writing(session, "synthesis.b128.conv0");
    assert_int_equal(step->followed, has_followers(f));
    assert_int_equal(step->desc.unstored, has_followers(f));
    assert_int_equal(step[1].followed, has_followers(f));
    gb_session_free(session);
    steps_in_one_pass_have_the_bits_of_steps_one_by_one(state);
    f->context->cpu.l3 = l3;
}

/* If one of two steps in one pass need not run, the other one runs alone. */
static void either_of_two_steps_runs_alone_if_the_other_is_valid(void **state) {
    fixture *f = *state;
    static float image[WIDE_IMAGE], fresh[WIDE_IMAGE], layer[20 * WIDE * WIDE], before[20 * WIDE * WIDE];
    static const setting changes[] = {{.bend = "synthesis.b128.torgb"}, {.other_noise = true}, {.bend = "synthesis.b64.img"}};
    gb_session *session = interactive_session(f->model);
    OK(gb_session_tap(session, "synthesis.b128.conv1", &err));
    OK(gb_session_render(session, image, &err));
    const gb_node conv = gb_model_find(f->model, "synthesis.b128.conv1");
    OK(gb_session_read(session, conv, before, &err));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        gb_session *once;
        apply(session, &changes[i], 3);
        OK(gb_session_render(session, image, &err));
        assert_int_equal(step_writing(session, "synthesis.b128.conv1")->run, changes[i].other_noise);
        OK(gb_session_new(f->model, NULL, &once, &err));
        for (size_t k = 0; k <= i; k++)
            apply(once, &changes[k], 3);
        OK(gb_session_render(once, fresh, &err));
        gb_session_free(once);
        assert_memory_equal(image, fresh, sizeof image);
        OK(gb_session_read(session, conv, layer, &err));
        assert_int_equal(memcmp(layer, before, sizeof layer) != 0, i >= 1);
    }
    gb_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(planning_takes_linear_work_in_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(comparing_a_changed_list_of_bends_takes_linear_work, setup, teardown),
        cmocka_unit_test_setup_teardown(adding_and_removing_bends_compares_a_linear_number_of_names, setup, teardown),
        cmocka_unit_test_setup_teardown(ten_thousand_bent_nodes_render_the_same_bits_for_every_purpose, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_styles_of_all_layers_are_computed_together_unless_for_gradients, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_clusters_is_read_once_for_all_bends_of_a_recipe, setup, teardown),
        cmocka_unit_test_setup_teardown(the_number_of_places_of_bends_is_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(the_number_of_bends_is_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(the_number_of_nodes_with_styles_is_limited, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_length_of_a_name_or_glob_is_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_ends_planning_before_a_plan_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(each_part_of_planning_can_be_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_recipe_adds_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recipe_near_the_limit_can_be_updated, setup, teardown),
        cmocka_unit_test_setup_teardown(torgb_runs_with_the_convolution_before_it_whose_map_is_not_stored, set_up_wide, teardown),
        cmocka_unit_test_setup_teardown(the_map_between_two_convolutions_is_not_stored_if_it_is_large, set_up_wide, teardown),
        cmocka_unit_test_setup_teardown(steps_in_one_pass_have_the_bits_of_steps_one_by_one, set_up_wide, teardown),
        cmocka_unit_test_setup_teardown(either_of_two_steps_runs_alone_if_the_other_is_valid, set_up_wide, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
