/* Sessions through the public header: bit-identical results, the nodes that run again, and error messages. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "tests/engine/fixture.h"

enum { R = 32, IMAGE = 3 * R * R, Z = 24 };

static gb_context *new_context(int threads) {
    gb_context *context = NULL;
    OK(gb_context_new(&(gb_context_options){.threads = threads}, &context, &err));
    return context;
}

static fixture open_network(const char *block, int classes) {
    return open_fixture(NULL, &(gb_stylegan2){.resolution = R, .channel_base = 20 * R, .channel_max = 40, .z_dim = Z,
                                              .w_dim = Z, .mapping_layers = 2, .classes = classes, .block = block,
                                              .seed = 5}, NULL);
}

static int setup(void **state) {
    fixture *f = malloc(sizeof *f);
    *f = open_network("skip", 0);
    *state = f;
    return 0;
}

static gb_session *new_session(gb_model *model, gb_purpose purpose, int batch) {
    gb_session *session = NULL;
    OK(gb_session_new(model, &(gb_session_options){.purpose = purpose, .batch = batch}, &session, &err));
    return session;
}

static void render(gb_session *session, float *image) {
    OK(gb_session_render(session, image, &err));
}

static void assert_same(const float *a, const float *b, size_t count) {
    assert_memory_equal(a, b, count * sizeof *a);
}

static int nodes_run(gb_session *session) {
    gb_render_stats stats;
    gb_session_stats(session, &stats);
    return stats.nodes_run;
}

/* ------------------------------------------------------------------------------------------------ equal bits */

static void a_split_render_equals_a_fused_one(void **state) {
    fixture *f = *state;
    float fused[IMAGE], split[IMAGE];
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    gb_render_stats stats;
    OK(gb_session_seed(session, 3, &err));
    render(session, fused);
    gb_session_stats(session, &stats);
    int fused_steps = stats.steps;
    OK(gb_session_tap(session, "*", &err));
    render(session, split);
    gb_session_stats(session, &stats);
    assert_true(stats.steps > fused_steps);
    assert_same(fused, split, IMAGE);
    gb_session_free(session);
}

static void residual_and_plain_blocks_render_the_same_split_or_fused(void **state) {
    (void)state;
    const char *const blocks[] = {"resnet", "orig"};
    for (int i = 0; i < 2; i++) {
        fixture f;
        float fused[IMAGE], split[IMAGE];
        f = open_network(blocks[i], 0);
        gb_session *session = new_session(f.model, GB_ONCE, 1);
        OK(gb_session_seed(session, 3, &err));
        render(session, fused);
        OK(gb_session_tap(session, "synthesis.*", &err));
        render(session, split);
        assert_same(fused, split, IMAGE);
        gb_session_free(session);
        close_fixture(&f);
    }
}

static void sample_i_of_a_batch_is_that_sample_alone(void **state) {
    fixture *f = *state;
    static float batch[3 * IMAGE], alone[IMAGE];
    gb_session *three = new_session(f->model, GB_ONCE, 3), *one = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(three, 10, &err));
    OK(gb_session_noise(three, GB_NOISE_RANDOM, 77, &err));
    render(three, batch);
    for (int i = 0; i < 3; i++) {
        OK(gb_session_seed(one, 10 + (uint64_t)i, &err));
        OK(gb_session_noise(one, GB_NOISE_RANDOM, 77 + (uint64_t)i, &err));
        render(one, alone);
        assert_same(batch + i * IMAGE, alone, IMAGE);
    }
    gb_session_free(three);
    gb_session_free(one);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    fixture *f = *state;
    float first[IMAGE], image[IMAGE];
    for (int threads = 1; threads <= 5; threads += 2) {
        gb_context *context = new_context(threads);
        gb_model *model = NULL;
        OK(gb_model_open(context, f->path, &model, &err));
        gb_session *session = new_session(model, GB_ONCE, 1);
        OK(gb_session_seed(session, 8, &err));
        render(session, threads == 1 ? first : image);
        if (threads > 1)
            assert_same(first, image, IMAGE);
        gb_session_free(session);
        gb_model_close(model);
        gb_context_free(context);
    }
}

static void an_interactive_session_equals_a_fresh_one_after_any_change(void **state) {
    fixture *f = *state;
    static float expected[IMAGE], image[IMAGE], map[R * R];
    gb_session *live = new_session(f->model, GB_INTERACTIVE, 1);
    for (int round = 0; round < 8; round++) {
        gb_session *fresh = new_session(f->model, GB_ONCE, 1);
        for (int i = 0; i < R * R; i++)
            map[i] = (float)((i * 7 + round / 3) % 13) - 6;
        gb_session *const both[] = {live, fresh};
        for (int k = 0; k < 2; k++) {
            OK(gb_session_seed(both[k], (uint64_t)round / 6, &err));
            OK(gb_session_truncate(both[k], round == 5 ? 0.5f : 1.25f, round == 5 ? 2 : -1, &err));
            OK(gb_session_set_noise_map(both[k], "synthesis.b32.conv1", map, 1, &err));
            OK(gb_session_set_noise_map(both[k], "synthesis.b16.conv0", round % 2 ? map : NULL, 1, &err));
        }
        render(live, image);
        render(fresh, expected);
        assert_same(expected, image, IMAGE);
        gb_session_free(fresh);
    }
    gb_session_free(live);
}

/* ------------------------------------------------------------------------------------------------ what runs again */

/* The largest difference relative to the largest value. */
static float difference(const float *a, const float *b) {
    float most = 0, by = 0;
    for (int i = 0; i < IMAGE; i++) {
        most = fmaxf(most, fabsf(b[i]));
        by = fmaxf(by, fabsf(a[i] - b[i]));
    }
    return by / most;
}

/* Without bfloat16 instructions there is an error; with them, the picture is almost the same. */
static void bfloat16_previews_are_close_and_report_their_precision(void **state) {
    fixture *f = *state, rough = {0};
    const gb_context_options options = {.threads = 2, .precision = "bf16"};
    static float image[IMAGE], preview[IMAGE];
    gb_session *session = NULL, *other = NULL;
    assert_string_equal(gb_context_precision(f->context), "fp32");
    if (gb_context_new(&options, &rough.context, &err)) {
        assert_int_equal(err.status, GB_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, "precision bf16: this processor and build do not support"));
        return;
    }
    assert_string_equal(gb_context_precision(rough.context), "bf16");
    OK(gb_model_open(rough.context, f->path, &rough.model, &err));
    OK(gb_session_new(f->model, NULL, &session, &err));
    OK(gb_session_new(rough.model, NULL, &other, &err));
    OK(gb_session_seed(session, 3, &err));
    OK(gb_session_seed(other, 3, &err));
    render(session, image);
    render(other, preview);
    float by = difference(preview, image);
    assert_true(by > 0 && by < 0.05f);
    gb_session_free(session);
    gb_session_free(other);
    gb_model_close(rough.model);
    gb_context_free(rough.context);
}

static void expect_fresh(gb_model *model, uint64_t seed, const float *map, const float *image) {
    static float expected[IMAGE];
    gb_session *fresh = new_session(model, GB_ONCE, 1);
    OK(gb_session_seed(fresh, seed, &err));
    OK(gb_session_set_noise_map(fresh, "synthesis.b32.conv1", map, 1, &err));
    render(fresh, expected);
    assert_same(expected, image, IMAGE);
    gb_session_free(fresh);
}

/* A preview continues from boundaries in full precision, and never the other way round. */
static void a_session_in_full_precision_makes_previews_in_bfloat16(void **state) {
    fixture *f = *state;
    static float image[IMAGE], preview[IMAGE], map[R * R];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    OK(gb_session_seed(session, 3, &err));
    render(session, image);
    int all = nodes_run(session);
    if (gb_session_set_precision(session, "bf16", &err)) {
        assert_int_equal(err.status, GB_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, "do not support precision bf16"));
        gb_session_free(session);
        return;
    }
    render(session, preview);
    assert_int_equal(nodes_run(session), 0);
    assert_same(image, preview, IMAGE);
    for (int move = 1; move <= 3; move++) {
        map[0] = (float)move;
        OK(gb_session_set_noise_map(session, "synthesis.b32.conv1", map, 1, &err));
        OK(gb_session_set_precision(session, "bf16", &err));
        render(session, preview);
        assert_true(nodes_run(session) < all / 4);
        OK(gb_session_set_precision(session, NULL, &err));
        render(session, image);
        assert_true(nodes_run(session) < all / 4);
        expect_fresh(f->model, 3, map, image);
    }
    OK(gb_session_seed(session, 4, &err));
    OK(gb_session_set_precision(session, "bf16", &err));
    render(session, preview);
    OK(gb_session_set_precision(session, "fp32", &err));
    render(session, image);
    assert_true(nodes_run(session) > all / 4);             /* the mapping network has no convolutions */
    expect_fresh(f->model, 4, map, image);
    float by = difference(preview, image);
    assert_true(by > 0 && by < 0.05f);
    OK(gb_session_set_precision(session, "bf16", &err));
    render(session, preview);
    assert_int_equal(nodes_run(session), 0);
    assert_same(image, preview, IMAGE);
    gb_session_free(session);
}

static void a_precision_that_a_session_cannot_have_is_refused(void **state) {
    fixture *f = *state;
    gb_context *narrow = NULL;
    gb_model *model = NULL;
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    assert_int_equal(gb_session_set_precision(session, "half", &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "a session on the CPU has fp32 and bf16"));
    OK(gb_session_set_precision(session, "fp32", &err));
    gb_session_free(session);
    session = new_session(f->model, GB_GRADIENT, 1);
    assert_int_equal(gb_session_set_precision(session, "bf16", &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "for gradients"));
    gb_session_free(session);
    OK(gb_context_new(&(gb_context_options){.threads = 1, .isa = "plain"}, &narrow, &err));
    OK(gb_model_open(narrow, f->path, &model, &err));
    session = new_session(model, GB_ONCE, 1);
    assert_int_equal(gb_session_set_precision(session, "bf16", &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(narrow);
}

static void an_unsupported_precision_is_refused(void **state) {
    gb_context *context = NULL;
    (void)state;
    assert_int_equal(gb_context_new(&(gb_context_options){.precision = "half"}, &context, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "the CPU has fp32 and bf16"));
    assert_int_equal(gb_context_new(&(gb_context_options){.precision = "bf16", .device = "cuda"}, &context, &err),
                     GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "a GPU has half, tf32 and fp32"));
    assert_int_equal(gb_context_new(&(gb_context_options){.precision = "fp8"}, &context, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "choose half, tf32, fp32 or bf16"));
}

static void a_new_noise_map_reruns_only_its_layer_and_later_ones(void **state) {
    fixture *f = *state;
    static float image[IMAGE], map[R * R];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    gb_step_info step;
    gb_render_stats stats;
    OK(gb_session_seed(session, 1, &err));
    render(session, image);
    int all = nodes_run(session);
    gb_node conv = gb_model_find(f->model, "synthesis.b32.conv1.conv");
    gb_node changed = gb_model_find(f->model, "synthesis.b32.conv1.noise");
    int after = (int)gb_model_node_count(f->model) - changed;
    for (int move = 1; move <= 3; move++) {
        map[0] = (float)move;
        OK(gb_session_set_noise_map(session, "synthesis.b32.conv1", map, 1, &err));
        render(session, image);
        /* The first change may rerun the convolution, whose output was fused into the layer's before. */
        assert_true(nodes_run(session) <= after + (move == 1 ? 1 : 0));
        assert_true(nodes_run(session) < all / 4);
        gb_session_stats(session, &stats);
        for (int s = 0; s < stats.steps; s++) {
            gb_session_step(session, s, &step);
            if (step.ran)
                assert_true(step.last >= changed || (move == 1 && step.last == conv));
        }
    }
    gb_session_free(session);
}

static void an_unchanged_session_runs_nothing(void **state) {
    fixture *f = *state;
    float first[IMAGE], second[IMAGE];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    OK(gb_session_seed(session, 1, &err));
    render(session, first);
    OK(gb_session_seed(session, 1, &err));
    OK(gb_session_truncate(session, 1, -1, &err));
    render(session, second);
    assert_int_equal(nodes_run(session), 0);
    assert_same(first, second, IMAGE);
    gb_session_free(session);
}

static void a_w_fed_to_one_layer_does_not_rerun_earlier_layers(void **state) {
    fixture *f = *state;
    static float image[IMAGE], w[Z];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    OK(gb_session_seed(session, 1, &err));
    render(session, image);
    int all = nodes_run(session);
    w[3] = 2;
    OK(gb_session_feed(session, "synthesis.w6", w, &err));
    render(session, image);
    assert_in_range(nodes_run(session), 1, all / 3);
    gb_session_free(session);
}

static void nodes_that_only_a_fed_boundary_needed_do_not_run(void **state) {
    fixture *f = *state;
    static float image[IMAGE], fed[IMAGE], value[40 * 16 * 16];
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(session, 1, &err));
    OK(gb_session_tap(session, "synthesis.b16.conv0", &err));
    render(session, image);
    int all = nodes_run(session);
    gb_node_info info;
    gb_node node = gb_model_find(f->model, "synthesis.b16.conv0");
    gb_model_node(f->model, node, &info);
    assert_int_equal(info.shape[0], 40);
    OK(gb_session_read(session, node, value, &err));
    OK(gb_session_untap(session, "synthesis.b16.conv0", &err));
    OK(gb_session_feed(session, "synthesis.b16.conv0", value, &err));
    render(session, fed);
    assert_same(image, fed, IMAGE);
    assert_true(nodes_run(session) < all);
    OK(gb_session_feed(session, "synthesis.b16.conv0", NULL, &err));
    render(session, fed);
    assert_same(image, fed, IMAGE);
    gb_session_free(session);
}

static void a_small_budget_keeps_less_and_changes_nothing_else(void **state) {
    fixture *f = *state;
    float expected[IMAGE], image[IMAGE];
    gb_session *session = NULL, *fresh = new_session(f->model, GB_ONCE, 1);
    gb_render_stats stats;
    OK(gb_session_new(f->model, &(gb_session_options){.purpose = GB_INTERACTIVE, .keep_bytes = 100000}, &session,
                      &err));
    for (uint64_t seed = 0; seed < 3; seed++) {
        OK(gb_session_seed(session, seed, &err));
        OK(gb_session_seed(fresh, seed, &err));
        render(session, image);
        render(fresh, expected);
        assert_same(expected, image, IMAGE);
        gb_session_stats(session, &stats);
        assert_in_range(stats.kept_bytes, 1, 100000);
    }
    gb_session_free(session);
    gb_session_free(fresh);
}

static void a_render_continues_from_the_preview_of_a_running_picture(void **state) {
    fixture *f = *state;
    static float small[3 * 8 * 8], tapped[3 * 8 * 8], image[IMAGE], expected[IMAGE];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1), *fresh = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(fresh, 1, &err));
    OK(gb_session_tap(fresh, "synthesis.b8.img", &err));
    render(fresh, expected);
    OK(gb_session_read(fresh, gb_model_find(f->model, "synthesis.b8.img"), tapped, &err));
    for (uint64_t seed = 0; seed < 2; seed++) {
        OK(gb_session_seed(session, seed, &err));
        OK(gb_session_preview(session, 8, small, &err));
        int before = nodes_run(session);
        render(session, image);
        assert_in_range(before + nodes_run(session), 1, nodes_run(fresh));      /* no node runs twice */
    }
    assert_same(small, tapped, 3 * 8 * 8);
    assert_same(image, expected, IMAGE);
    assert_int_equal(gb_session_preview(session, 48, small, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
    gb_session_free(fresh);
}

/* ------------------------------------------------------------------------------------------------ settings */

static void a_rolled_back_transaction_has_no_effect(void **state) {
    fixture *f = *state;
    static float before[IMAGE], after[IMAGE], map[R * R];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    map[5] = 9;
    OK(gb_session_seed(session, 1, &err));
    render(session, before);
    OK(gb_session_begin(session, &err));
    OK(gb_session_seed(session, 2, &err));
    OK(gb_session_truncate(session, 0.1f, -1, &err));
    OK(gb_session_set_noise_map(session, "synthesis.b8.conv1", map, 1, &err));
    assert_int_equal(gb_session_set_class(session, 1, &err), GB_BAD_ARGUMENT);
    gb_session_rollback(session);
    render(session, after);
    assert_same(before, after, IMAGE);
    assert_int_equal(nodes_run(session), 0);
    OK(gb_session_begin(session, &err));
    OK(gb_session_seed(session, 2, &err));
    OK(gb_session_commit(session, &err));
    render(session, after);
    assert_memory_not_equal(before, after, sizeof before);
    assert_int_equal(gb_session_commit(session, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
}

static void zero_truncation_is_the_mean_w_and_a_cutoff_excludes_later_layers(void **state) {
    fixture *f = *state;
    enum { NUM_WS = 8 };
    float ws[NUM_WS * Z], w_avg[Z] = {0.5f, -1, 2};
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(session, 1, &err));
    OK(gb_session_set_w_avg(session, w_avg, &err));
    OK(gb_session_truncate(session, 0, 3, &err));
    OK(gb_session_tap(session, "mapping", &err));
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_read(session, gb_model_find(f->model, "mapping"), ws, &err));
    for (int row = 0; row < 3; row++)
        assert_same(ws + row * Z, w_avg, Z);
    assert_memory_not_equal(ws + 3 * Z, w_avg, sizeof w_avg);
    assert_int_equal(gb_session_truncate(session, 0.0f / 0.0f, 3, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
}

static void ws_replace_z(void **state) {
    fixture *f = *state;
    enum { NUM_WS = 8 };
    static float image[IMAGE], from_ws[IMAGE], ws[NUM_WS * Z];
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(session, 4, &err));
    OK(gb_session_truncate(session, 0.6f, -1, &err));
    OK(gb_session_tap(session, "mapping", &err));
    render(session, image);
    OK(gb_session_read(session, gb_model_find(f->model, "mapping"), ws, &err));
    gb_session *other = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_set_ws(other, ws, NUM_WS, &err));
    render(other, from_ws);
    assert_same(image, from_ws, IMAGE);
    OK(gb_session_set_ws(other, ws, 1, &err));
    render(other, from_ws);
    assert_same(image, from_ws, IMAGE);
    assert_int_equal(gb_session_set_ws(other, ws, 5, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
    gb_session_free(other);
}

static void a_conditional_network_takes_classes_and_checks_them(void **state) {
    (void)state;
    fixture f;
    float zero[IMAGE], two[IMAGE];
    f = open_network("skip", 4);
    gb_session *session = new_session(f.model, GB_ONCE, 1);
    OK(gb_session_seed(session, 1, &err));
    assert_int_equal(gb_session_render(session, zero, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "input 'label' has not been set");
    OK(gb_session_set_class(session, 0, &err));
    render(session, zero);
    OK(gb_session_set_class(session, 2, &err));
    render(session, two);
    assert_memory_not_equal(zero, two, sizeof zero);
    assert_int_equal(gb_session_set_class(session, 4, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "class 4: this network has classes 0 to 3");
    gb_session_free(session);
    close_fixture(&f);
}

static void an_unknown_name_is_reported_with_the_nearest(void **state) {
    fixture *f = *state;
    gb_session *session = new_session(f->model, GB_ONCE, 1);
    assert_int_equal(gb_session_tap(session, "synthesis.b32.conv3", &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "'synthesis.b32.conv"));
    assert_int_equal(gb_session_set_noise_map(session, "synthesis.b32.torgb", NULL, 1, &err), GB_BAD_ARGUMENT);
    float x;
    assert_int_equal(gb_session_read(session, 0, &x, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ cancelling */

typedef struct watch {
    gb_session *session;
    int calls, cancel_at;
    double last;
} watch;

static void on_progress(void *arg, double share) {
    watch *w = arg;
    assert_true(share >= w->last && share <= 1);
    w->last = share;
    if (++w->calls == w->cancel_at)
        gb_session_cancel(w->session);
}

static void a_cancelled_render_leaves_the_buffer_and_keeps_what_was_computed(void **state) {
    fixture *f = *state;
    static float image[IMAGE], untouched[IMAGE], expected[IMAGE];
    gb_session *session = new_session(f->model, GB_INTERACTIVE, 1);
    watch w = {.session = session, .cancel_at = 10};
    for (int i = 0; i < IMAGE; i++)
        image[i] = untouched[i] = 42;
    OK(gb_session_seed(session, 1, &err));
    gb_session_set_progress(session, on_progress, &w);
    assert_int_equal(gb_session_render(session, image, &err), GB_CANCELLED);
    assert_same(untouched, image, IMAGE);
    int first = nodes_run(session);
    gb_session_set_progress(session, NULL, NULL);
    render(session, image);
    int second = nodes_run(session);
    gb_session *fresh = new_session(f->model, GB_ONCE, 1);
    OK(gb_session_seed(fresh, 1, &err));
    render(fresh, expected);
    assert_same(expected, image, IMAGE);
    assert_int_equal(first + second, nodes_run(fresh));
    gb_session_free(session);
    gb_session_free(fresh);
}

/* ------------------------------------------------------------------------------------------------ building graphs */

static void a_graph_built_by_the_caller_runs_and_can_be_tapped(void **state) {
    (void)state;
    gb_context *context = new_context(2);
    const float w[2 * 3] = {1, 2, 3, 4, 5, 6}, bias[2] = {10, -100}, x[2 * 3] = {1, 1, 1, 0, 1, 0};
    float y[4], sum[4];
    gb_graph *graph = gb_graph_new();
    gb_graph_weight(graph, "w", 2, (const int64_t[]){2, 3}, w);
    gb_graph_weight(graph, "bias", 1, (const int64_t[]){2}, bias);
    gb_node in = gb_graph_input(graph, "x", 1, (const int64_t[]){3}, NULL);
    gb_node product = gb_graph_linear(graph, "product", in, "w", 1);
    gb_node out = gb_graph_bias_act(graph, "y", product, &(gb_bias_act_options){.bias = "bias", .act = "relu"});
    gb_graph_alias(graph, "result", "y");
    gb_graph_output(graph, out);
    gb_model *model = NULL;
    OK(gb_model_build(context, graph, &model, &err));
    assert_int_equal(gb_model_find(model, "result"), out);
    gb_session *session = new_session(model, GB_ONCE, 2);
    OK(gb_session_feed(session, "x", x, &err));
    OK(gb_session_tap(session, "pro*", &err));
    render(session, y);
    OK(gb_session_read(session, product, sum, &err));
    assert_same(sum, (const float[]){6, 15, 2, 5}, 4);
    assert_same(y, (const float[]){16, 0, 12, 0}, 4);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
}

static void the_first_error_of_a_builder_is_reported(void **state) {
    (void)state;
    gb_context *context = new_context(1);
    const float w[6] = {0};
    gb_graph *graph = gb_graph_new();
    gb_graph_weight(graph, "w", 2, (const int64_t[]){2, 3}, w);
    gb_node in = gb_graph_input(graph, "x", 1, (const int64_t[]){4}, NULL);
    gb_node product = gb_graph_linear(graph, "product", in, "w", 1);
    assert_int_equal(product, GB_NO_NODE);
    gb_graph_output(graph, gb_graph_add(graph, "sum", product, in));
    gb_model *model = NULL;
    assert_int_equal(gb_model_build(context, graph, &model, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "product: weight 'w' has shape [2,3]; expected [n,4]");
    assert_null(model);
    gb_context_free(context);
}

/* ------------------------------------------------------------------------------------------------ arithmetic */

static uint64_t macs_of(int resolution) {
    gb_context *context = new_context(1);
    gb_model *model = NULL;
    char path[64];
    uint64_t macs = 0;
    snprintf(path, sizeof path, "test_engine.macs.%d.gbw", (int)getpid());
    OK(gb_init_stylegan2(context, path, &(gb_stylegan2){.resolution = resolution}, true, &err));
    OK(gb_model_open(context, path, &model, &err));
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(model); i++) {
        gb_node_info info;
        gb_model_node(model, i, &info);
        if (!strncmp(info.name, "synthesis.", 10) && !strcmp(info.op, "modulated_conv2d"))
            macs += info.macs;
    }
    gb_model_close(model);
    gb_context_free(context);
    unlink(path);
    return macs;
}

static void config_f_has_the_multiply_adds_of_the_paper(void **state) {
    (void)state;
    assert_int_equal((macs_of(256) + 5000000) / 10000000, 4512);        /* 45.12 G */
    assert_int_equal((macs_of(1024) + 5000000) / 10000000, 7426);       /* 74.26 G */
}

static void metadata_is_truncated_to_the_buffer(void **state) {
    fixture *f = *state;
    const char *key;
    char text[] = "untouched";
    OK(gb_model_meta(f->model, 0, &key, text, 0));
    assert_string_equal(key, "architecture");
    assert_string_equal(text, "untouched");
    OK(gb_model_meta(f->model, 0, &key, text, 5));
    assert_string_equal(text, "styl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_split_render_equals_a_fused_one, setup, teardown),
        cmocka_unit_test(residual_and_plain_blocks_render_the_same_split_or_fused),
        cmocka_unit_test_setup_teardown(sample_i_of_a_batch_is_that_sample_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(any_number_of_threads_gives_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(an_interactive_session_equals_a_fresh_one_after_any_change, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_new_noise_map_reruns_only_its_layer_and_later_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unchanged_session_runs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_w_fed_to_one_layer_does_not_rerun_earlier_layers, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_that_only_a_fed_boundary_needed_do_not_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_budget_keeps_less_and_changes_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(a_render_continues_from_the_preview_of_a_running_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rolled_back_transaction_has_no_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(zero_truncation_is_the_mean_w_and_a_cutoff_excludes_later_layers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ws_replace_z, setup, teardown),
        cmocka_unit_test(a_conditional_network_takes_classes_and_checks_them),
        cmocka_unit_test_setup_teardown(an_unknown_name_is_reported_with_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_render_leaves_the_buffer_and_keeps_what_was_computed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bfloat16_previews_are_close_and_report_their_precision, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_in_full_precision_makes_previews_in_bfloat16, setup, teardown),
        cmocka_unit_test_setup_teardown(a_precision_that_a_session_cannot_have_is_refused, setup, teardown),
        cmocka_unit_test(an_unsupported_precision_is_refused),
        cmocka_unit_test(a_graph_built_by_the_caller_runs_and_can_be_tapped),
        cmocka_unit_test(the_first_error_of_a_builder_is_reported),
        cmocka_unit_test(config_f_has_the_multiply_adds_of_the_paper),
        cmocka_unit_test_setup_teardown(metadata_is_truncated_to_the_buffer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
