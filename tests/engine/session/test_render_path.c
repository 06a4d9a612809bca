/* A render does not allocate, lock or compare names: all of that happens when the plan is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/counted_calls.h"
#include "tests/engine/ok.h"

enum { R = 32, IMAGE = 3 * R * R };

static void scale(void *arg, const gb_callback_values *v) {
    size_t floats = (size_t)v->n * (size_t)v->c * (size_t)v->h * (size_t)v->w;
    (void)arg;
    for (size_t i = 0; i < floats; i++)
        v->values[i] *= 0.5f;
}

static void add_bends_of_every_kind(gb_session *session) {
    static const float vector[64] = {1}, values[64] = {2};
    const gb_bend_options bends[] = {
        {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b16.conv0", .name = "sinlu"},
        {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b8.conv0", .name = "relu", .drop_bias = true},
        {.kind = GB_BEND_PAINT, .at = "synthesis.b8.conv1", .vectors = vector, .vector_count = 1, .grid = 2},
        {.kind = GB_BEND_DISABLE, .at = "synthesis.b16.conv1"},
        {.kind = GB_BEND_NOISE, .at = "synthesis.b32.conv1", .factor = 2, .reseed = true, .seed = 4},
        {.kind = GB_BEND_SET, .at = "synthesis.w2", .values = values, .samples = 1, .add = true},
        {.kind = GB_BEND_TRUNCATE, .at = "synthesis.w3", .psi = 0.5f},
        {.kind = GB_BEND_CALLBACK, .at = "synthesis.b4.conv1", .callback = scale},
    };
    for (size_t i = 0; i < sizeof bends / sizeof *bends; i++)
        OK(gb_session_bend(session, &bends[i], NULL, &err));
    gb_table_row row;
    for (size_t i = 0; gb_filter_row(i, &row); i++)
        OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv0",
                                                       .name = row.name}, NULL, &err));
}

/* Renders until the plan is made, then counts the calls of a render with another z. */
static void count_a_render(gb_model *model, gb_purpose purpose, int batch, bool bent) {
    static float image[2 * IMAGE];
    static uint8_t rgb[2 * IMAGE];
    gb_session *session;
    OK(gb_session_new(model, &(gb_session_options){.purpose = purpose, .batch = batch}, &session, &err));
    OK(gb_session_truncate(session, 0.7f, -1, &err));
    if (bent)
        add_bends_of_every_kind(session);
    for (int seed = 1; seed < 4; seed++) {
        OK(gb_session_seed(session, (uint64_t)seed, &err));
        if (seed == 3)
            count_from_zero();
        OK(gb_session_render(session, image, &err));
    }
    OK(gb_session_render_rgb(session, rgb, &err));
    assert_int_equal(calls.comparisons, 0);
    assert_int_equal(calls.allocations, 0);
    assert_int_equal(calls.locks, 0);
    gb_session_free(session);
}

static gb_model *open_and_unlink(gb_context *context, const char *path) {
    gb_model *model;
    OK(gb_model_open(context, path, &model, &err));
    unlink(path);
    return model;
}

/* With one thread, so that the pool has no worker to wake. */
static void a_stylegan2_render_neither_allocates_nor_locks_nor_compares_names(void **state) {
    (void)state;
    gb_context *context;
    char path[64];
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    snprintf(path, sizeof path, "test_render_path.%d.gbw", (int)getpid());
    gb_stylegan2 shape = {.resolution = R, .channel_base = 8 * R, .channel_max = 16, .z_dim = 16, .w_dim = 16,
                          .mapping_layers = 2, .seed = 5};
    OK(gb_init_stylegan2(context, path, &shape, true, &err));
    gb_model *model = open_and_unlink(context, path);
    for (int bent = 0; bent < 2; bent++)
        for (int batch = 1; batch <= 2; batch++) {
            count_a_render(model, GB_ONCE, batch, bent);
            count_a_render(model, GB_INTERACTIVE, batch, bent);
        }
    gb_model_close(model);
    gb_context_free(context);
}

static void a_biggan_render_neither_allocates_nor_locks_nor_compares_names(void **state) {
    (void)state;
    gb_context *context;
    char path[64];
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    snprintf(path, sizeof path, "test_render_path.%d.gbw", (int)getpid());
    for (int deep = 0; deep < 2; deep++) {
        gb_biggan shape = {.deep = deep, .resolution = deep ? 128 : R, .channel_width = 8, .classes = 3,
                           .seed = 5};
        OK(gb_init_biggan(context, path, &shape, true, &err));
        gb_model *model = open_and_unlink(context, path);
        gb_session *session;
        int64_t image[3];
        gb_model_output_shape(model, image);
        float *pixels = malloc((size_t)(image[0] * image[1] * image[2]) * sizeof *pixels);
        OK(gb_session_new(model, NULL, &session, &err));
        OK(gb_session_set_class(session, 1, &err));
        OK(gb_session_truncate(session, 0.5f, -1, &err));
        OK(gb_session_seed(session, 1, &err));
        OK(gb_session_render(session, pixels, &err));
        OK(gb_session_truncate(session, 0.4f, -1, &err));
        count_from_zero();
        OK(gb_session_render(session, pixels, &err));
        assert_int_equal(calls.comparisons, 0);
        assert_int_equal(calls.allocations, 0);
        assert_int_equal(calls.locks, 0);
        gb_session_free(session);
        free(pixels);
        gb_model_close(model);
    }
    gb_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stylegan2_render_neither_allocates_nor_locks_nor_compares_names),
        cmocka_unit_test(a_biggan_render_neither_allocates_nor_locks_nor_compares_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
