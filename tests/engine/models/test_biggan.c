/* BigGAN through the public header: every shape renders, attention's matrix of weights is stored only if it is
 * observed, truncation scales z and selects statistics, classes have names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/fixture.h"

enum { R = 32, IMAGE = 3 * R * R };
enum { WIDE = 64, WIDE_IMAGE = 3 * WIDE * WIDE, QUERIES = WIDE * WIDE, KEYS = QUERIES / 4 };     /* attention at 64 */

static fixture open_network(gb_biggan shape) {
    shape.channel_width = 8;
    return open_fixture(NULL, NULL, &shape);
}

static gb_session *new_session(gb_model *model, gb_purpose purpose, int batch) {
    gb_session *session = NULL;
    OK(gb_session_new(model, &(gb_session_options){.purpose = purpose, .batch = batch}, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    OK(gb_session_set_class(session, 1, &err));
    return session;
}

static void assert_same(const float *a, const float *b, size_t count) {
    assert_memory_equal(a, b, count * sizeof *a);
}

static void assert_different(const float *a, const float *b, size_t count) {
    assert_true(memcmp(a, b, count * sizeof *a) != 0);
}

/* ------------------------------------------------------------------------------------------------ shapes */

/* Split and fused, alone and in a batch, fresh and after a change. */
static void holds_together(gb_model *model) {
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    size_t count = (size_t)(shape[0] * shape[1] * shape[2]);
    float *one = malloc(count * sizeof *one), *other = malloc(2 * count * sizeof *other);
    gb_session *session = new_session(model, GB_ONCE, 1), *split = new_session(model, GB_ONCE, 1);
    gb_session *pair = new_session(model, GB_ONCE, 2), *live = new_session(model, GB_INTERACTIVE, 1);
    OK(gb_session_truncate(session, 0.43f, -1, &err));
    OK(gb_session_render(session, one, &err));
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(one[i] >= -1 && one[i] <= 1);
        sum += one[i] * one[i];
    }
    assert_true(sum / (double)count > 1e-4 && sum / (double)count < 0.98);     /* neither flat nor saturated */
    OK(gb_session_tap(split, "*", &err));
    OK(gb_session_truncate(split, 0.43f, -1, &err));
    OK(gb_session_render(split, other, &err));
    assert_same(one, other, count);
    OK(gb_session_truncate(pair, 0.43f, -1, &err));
    OK(gb_session_render(pair, other, &err));
    assert_same(one, other, count);
    OK(gb_session_render(live, other, &err));
    OK(gb_session_truncate(live, 0.43f, -1, &err));
    OK(gb_session_render(live, other, &err));
    assert_same(one, other, count);
    gb_session_free(session);
    gb_session_free(split);
    gb_session_free(pair);
    gb_session_free(live);
    free(one);
    free(other);
}

static void every_shape_renders_consistently(void **state) {
    (void)state;
    const gb_biggan shapes[] = {
        {.resolution = 32, .classes = 5},
        {.resolution = 32, .classes = 5, .flat = true, .z_dim = 17},
        {.resolution = 32, .classes = 5, .shared_dim = -1},
        {.resolution = 32, .classes = 5, .attention = "32"},
        {.resolution = 64, .classes = 5, .attention = "8_32"},
        {.resolution = 64, .classes = 5, .attention = "0", .shared_dim = 9, .z_dim = 23},
        {.resolution = 32, .classes = 5, .deep = true},
        {.resolution = 64, .classes = 5, .deep = true, .attention = "16_32", .z_dim = 12},
        {.resolution = 128, .classes = 1000, .deep = true},
        {.resolution = 128, .classes = 1000},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        fixture f = open_network(shapes[i]);
        holds_together(f.model);
        close_fixture(&f);
    }
}

static void assert_no_shape(gb_context *context, gb_biggan shape, const char *line) {
    assert_int_equal(gb_init_biggan(context, "test_biggan.none.gbw", &shape, false, &err), GB_BAD_ARGUMENT);
    if (!strstr(err.message, line))
        fail_msg("'%s' does not say '%s'", err.message, line);
    assert_int_not_equal(access("test_biggan.none.gbw", F_OK), 0);
}

static void impossible_shapes_of_networks_are_refused(void **state) {
    (void)state;
    gb_context *context = NULL;
    OK(gb_context_new(NULL, &context, &err));
    assert_no_shape(context, (gb_biggan){.resolution = 48}, "expected 32, 64, 128, 256 or 512");
    assert_no_shape(context, (gb_biggan){.resolution = 1024}, "expected 32, 64, 128, 256 or 512");
    assert_no_shape(context, (gb_biggan){.channel_width = 4}, "8 to 512");
    assert_no_shape(context, (gb_biggan){.classes = -1}, "classes is -1");
    assert_no_shape(context, (gb_biggan){.z_dim = 6}, "7 to 8192");
    assert_no_shape(context, (gb_biggan){.deep = true, .shared_dim = 64}, "shared_dim is 64; BigGAN-deep needs 128");
    const char *const attentions[] = {"", "_", "64_", "_64", "48", "4", "512", "64,32", "0_64", "all", "-64"};
    for (size_t i = 1; i < sizeof attentions / sizeof *attentions; i++)
        assert_no_shape(context, (gb_biggan){.attention = attentions[i]}, "attention is");
    gb_context_free(context);
}

/* z in chunks is rounded down to equal chunks, as in the published code. */
static void the_defaults_are_the_published_ones(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.z_dim = 130, .classes = 3});
    assert_int_equal(gb_model_meta_int(f.model, "config.resolution", 0), 256);
    assert_int_equal(gb_model_meta_int(f.model, "config.z_dim", 0), 126);
    assert_int_equal(gb_model_meta_int(f.model, "config.shared_dim", 0), 128);
    assert_int_not_equal(gb_model_find(f.model, "blocks.3.1.attention"), GB_NO_NODE);
    assert_string_equal(gb_model_meta_str(f.model, "origin.rng", ""), "torch");
    close_fixture(&f);
    f = open_network((gb_biggan){.deep = true, .classes = 3});
    assert_int_equal(gb_model_meta_int(f.model, "config.z_dim", 0), 128);
    assert_int_equal(gb_model_meta_int(f.model, "config.n_stats", 0), 51);
    assert_int_not_equal(gb_model_find(f.model, "generator.layers.8.attention"), GB_NO_NODE);
    assert_int_not_equal(gb_model_find(f.model, "generator.layers.12.conv_3"), GB_NO_NODE);
    assert_int_equal(gb_model_find(f.model, "generator.layers.13.conv_3"), GB_NO_NODE);
    assert_string_equal(gb_model_meta_str(f.model, "origin.rng", ""), "truncnorm");
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ attention */

/* The step that writes `node`; nodes = 0 if there is none. */
static gb_step_info step_writing(const gb_session *session, gb_node node) {
    gb_render_stats stats;
    gb_session_stats(session, &stats);
    for (int i = 0; i < stats.steps; i++) {
        gb_step_info step;
        gb_session_step(session, i, &step);
        if (step.last == node)
            return step;
    }
    return (gb_step_info){0};
}

static size_t arena(const gb_session *session) {
    gb_render_stats stats;
    gb_session_stats(session, &stats);
    return stats.arena_bytes;
}

static void the_matrix_of_weights_is_stored_only_if_it_is_observed(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.resolution = WIDE, .classes = 5});
    gb_node scores = gb_model_find(f.model, "blocks.3.1.scores");
    gb_node weights = gb_model_find(f.model, "blocks.3.1.attention");
    gb_node mix = gb_model_find(f.model, "blocks.3.1.mix");
    const size_t matrix = (size_t)QUERIES * KEYS * sizeof(float);
    const char *const looks[] = {"blocks.3.1.scores", "blocks.3.1.attention"};
    static float unseen[WIDE_IMAGE], seen[WIDE_IMAGE], values[QUERIES * KEYS];
    gb_session *session = new_session(f.model, GB_ONCE, 1);
    OK(gb_session_render(session, unseen, &err));
    size_t without = arena(session);
    assert_true(without < matrix / 2);
    assert_int_equal(step_writing(session, scores).nodes, 0);
    assert_int_equal(step_writing(session, weights).nodes, 0);
    assert_true(step_writing(session, mix).nodes >= 3);
    for (int i = 0; i < 2; i++) {
        OK(gb_session_tap(session, looks[i], &err));
        OK(gb_session_render(session, seen, &err));
        assert_same(unseen, seen, WIDE_IMAGE);
        assert_true(arena(session) > matrix);
        assert_true(step_writing(session, i ? weights : scores).nodes > 0);
        OK(gb_session_read(session, i ? weights : scores, values, &err));
        OK(gb_session_untap(session, looks[i], &err));
    }
    /* the weights of each pixel sum to 1 */
    for (int q = 0; q < QUERIES; q++) {
        double sum = 0;
        for (int k = 0; k < KEYS; k++)
            sum += values[q * KEYS + k];
        assert_true(sum > 1 - 1e-5 && sum < 1 + 1e-5);
    }
    OK(gb_session_render(session, seen, &err));
    assert_same(unseen, seen, WIDE_IMAGE);
    assert_int_equal(arena(session), without);
    gb_session_free(session);
    close_fixture(&f);
}

static void a_fed_matrix_of_weights_is_used(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.resolution = WIDE, .classes = 5});
    static float own[WIDE_IMAGE], fed[WIDE_IMAGE], values[QUERIES * KEYS];
    gb_session *session = new_session(f.model, GB_INTERACTIVE, 1);
    OK(gb_session_tap(session, "blocks.3.1.attention", &err));
    OK(gb_session_render(session, own, &err));
    OK(gb_session_read(session, gb_model_find(f.model, "blocks.3.1.attention"), values, &err));
    OK(gb_session_feed(session, "blocks.3.1.attention", values, &err));
    OK(gb_session_render(session, fed, &err));
    assert_same(own, fed, WIDE_IMAGE);
    for (int i = 0; i < QUERIES * KEYS; i++)
        values[i] = 1.0f / KEYS;
    OK(gb_session_feed(session, "blocks.3.1.attention", values, &err));
    OK(gb_session_render(session, fed, &err));
    assert_different(own, fed, WIDE_IMAGE);
    OK(gb_session_feed(session, "blocks.3.1.attention", NULL, &err));
    OK(gb_session_render(session, fed, &err));
    assert_same(own, fed, WIDE_IMAGE);
    gb_session_free(session);
    close_fixture(&f);
}

/* --------------------------------------------------------------------------------------------- truncation, classes */

static void truncation_scales_z_from_seeds_and_selects_statistics(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.resolution = R, .classes = 5, .deep = true});
    enum { Z = 128 };
    float z[Z], drawn[Z];
    static float a[IMAGE], b[IMAGE];
    gb_session *session = new_session(f.model, GB_ONCE, 1);
    OK(gb_session_tap(session, "z", &err));
    OK(gb_session_truncate(session, 0.5f, -1, &err));
    OK(gb_session_render(session, a, &err));
    OK(gb_session_read(session, gb_model_find(f.model, "z"), z, &err));
    gb_randn(GB_RNG_TRUNCNORM, 3, Z, drawn);
    for (int i = 0; i < Z; i++)
        assert_true(z[i] == 0.5f * drawn[i]);
    /* a z that was set is not scaled again; statistics are interpolated, so 0.51 differs from 0.5 */
    OK(gb_session_set_z(session, z, &err));
    OK(gb_session_render(session, b, &err));
    assert_same(a, b, IMAGE);
    OK(gb_session_truncate(session, 0.51f, -1, &err));
    OK(gb_session_render(session, b, &err));
    assert_different(a, b, IMAGE);
    const float wrong[] = {0, -0.5f, 1.0001f};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gb_session_truncate(session, wrong[i], -1, &err), GB_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, "more than 0 and at most 1"));
    }
    assert_int_equal(gb_session_truncate(session, 0.5f, 4, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
    close_fixture(&f);
}

static void a_class_is_a_label_and_labels_mix(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.resolution = R, .classes = 4});
    static float one[IMAGE], two[IMAGE], mixed[IMAGE];
    gb_session *session = new_session(f.model, GB_ONCE, 1);
    OK(gb_session_render(session, one, &err));
    OK(gb_session_set_label(session, (float[]){0, 1, 0, 0}, &err));
    OK(gb_session_render(session, two, &err));
    assert_same(one, two, IMAGE);
    OK(gb_session_set_class(session, 2, &err));
    OK(gb_session_render(session, two, &err));
    OK(gb_session_set_label(session, (float[]){0, 0.5f, 0.5f, 0}, &err));
    OK(gb_session_render(session, mixed, &err));
    assert_different(one, mixed, IMAGE);
    assert_different(two, mixed, IMAGE);
    assert_int_equal(gb_session_set_class(session, 4, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_session_set_class(session, -1, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_model_class_count(f.model), 4);
    assert_null(gb_model_class_name(f.model, 0));
    gb_session_free(session);
    close_fixture(&f);
}

static void a_thousand_classes_have_imagenets_names(void **state) {
    (void)state;
    fixture f = open_network((gb_biggan){.resolution = R});
    assert_int_equal(gb_model_class_count(f.model), 1000);
    assert_string_equal(gb_model_class_name(f.model, 207), "golden retriever");
    assert_string_equal(gb_model_class_name(f.model, 999), "toilet tissue");
    assert_null(gb_model_class_name(f.model, 1000));
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_renders_consistently),
        cmocka_unit_test(impossible_shapes_of_networks_are_refused),
        cmocka_unit_test(the_defaults_are_the_published_ones),
        cmocka_unit_test(the_matrix_of_weights_is_stored_only_if_it_is_observed),
        cmocka_unit_test(a_fed_matrix_of_weights_is_used),
        cmocka_unit_test(truncation_scales_z_from_seeds_and_selects_statistics),
        cmocka_unit_test(a_class_is_a_label_and_labels_mix),
        cmocka_unit_test(a_thousand_classes_have_imagenets_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
