/* A series equals its pictures rendered one by one: a session that goes from image to image renders the same bits as a
 * new session with the settings of one image, for all kinds of bends and in any order of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/ok.h"

enum { R = 16, C = 20, Z = 24, CLASSES = 3, WS = 6, IMAGES = 16, MAX_FLOATS = 3 * 32 * 32 };

typedef struct network {
    gb_context *context;
    gb_model *model;
    char path[64];
    size_t floats;              /* of an image */
    bool has_w;
} network;

static void close_network(network *n) {
    gb_model_close(n->model);
    gb_context_free(n->context);
    unlink(n->path);
}

static network open_network(const char *name, const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    network n = {.has_w = stylegan2 != NULL};
    int64_t shape[3];
    OK(gb_context_new(&(gb_context_options){.threads = 2}, &n.context, &err));
    snprintf(n.path, sizeof n.path, "test_series.%s.%d.gbw", name, (int)getpid());
    OK(stylegan2 ? gb_init_stylegan2(n.context, n.path, stylegan2, false, &err)
                 : gb_init_biggan(n.context, n.path, biggan, false, &err));
    OK(gb_model_open(n.context, n.path, &n.model, &err));
    gb_model_output_shape(n.model, shape);
    n.floats = (size_t)(shape[0] * shape[1] * shape[2]);
    assert_in_range(n.floats, 1, MAX_FLOATS);
    return n;
}

/* ------------------------------------------------------------------------------------------------ images */

/* Image i of the series: all settings differ from one image to the next. */
static void set_up(const network *n, gb_session *session, int i) {
    static float numbers[WS * Z > 512 ? WS * Z : 512];
    float label[CLASSES] = {0};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        numbers[k] = (float)((k * 7 + (size_t)i * 5) % 19) / 8 - 1;
    OK(gb_session_truncate(session, i % 3 ? 0.5f + 0.1f * (float)(i % 3) : 1, n->has_w && i % 4 == 1 ? 2 : -1, &err));
    if (i % 5 < 4) {
        OK(gb_session_set_class(session, i % CLASSES, &err));
    } else {                                                    /* between two classes, as steps go */
        label[i % CLASSES] = 0.25f;
        label[(i + 1) % CLASSES] = 0.75f;
        OK(gb_session_set_label(session, label, &err));
    }
    if (n->has_w && i % 4 == 3)
        OK(gb_session_set_ws(session, numbers, i % 8 == 3 ? 1 : WS, &err));
    else if (i % 4 == 2)
        OK(gb_session_set_z(session, numbers, &err));
    else
        OK(gb_session_seed_with(session, i % 8 < 4 ? GB_RNG_NUMPY : GB_RNG_TORCH, (uint64_t)i / 2, &err));
    if (n->has_w)
        OK(gb_session_set_w_avg(session, i % 7 == 6 ? numbers : NULL, &err));
    if (n->has_w)
        OK(gb_session_noise(session, (gb_noise)(i % 3), (uint64_t)i, &err));
    OK(gb_session_redraw(session, (uint64_t)i, &err));
}

static gb_recipe *apply(gb_session *session, const char *text) {
    gb_recipe *recipe = NULL;
    OK(gb_recipe_parse(text, strlen(text), "series", &recipe, &err));
    OK(gb_recipe_apply(recipe, session, &err));
    return recipe;
}

static gb_session *new_session(const network *n, gb_purpose purpose) {
    gb_session *session = NULL;
    OK(gb_session_new(n->model, &(gb_session_options){.purpose = purpose}, &session, &err));
    return session;
}

static void render_singly(const network *n, const char *text, int i, float *image) {
    gb_session *session = new_session(n, GB_ONCE);
    gb_recipe *recipe;
    if (i % 2)
        set_up(n, session, i);
    recipe = apply(session, text);
    set_up(n, session, i);
    OK(gb_session_render(session, image, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
}

/* Returns the number of images that differ from the unbent ones, so that a bend without effect is noticed. */
static int hold_against_single_ones(const network *n, const char *text, gb_purpose purpose) {
    static float shown[MAX_FLOATS], single[MAX_FLOATS];
    int bent = 0;
    gb_session *session = new_session(n, purpose);
    set_up(n, session, 0);
    gb_recipe *recipe = apply(session, text);
    for (int i = 0; i < IMAGES; i++) {
        set_up(n, session, i);
        OK(gb_session_render(session, shown, &err));
        render_singly(n, text, i, single);
        if (memcmp(shown, single, n->floats * sizeof *shown) != 0)
            fail_msg("image %d of the series is not the one rendered singly: %s", i, text);
        render_singly(n, "bends: []", i, single);
        bent += memcmp(shown, single, n->floats * sizeof *shown) != 0;
    }
    gb_recipe_free(recipe);
    gb_session_free(session);
    return bent;
}

static void hold_all(const network *n, const char *const *recipes) {
    for (; *recipes; recipes++) {
        if (hold_against_single_ones(n, *recipes, GB_ONCE) < IMAGES / 2)
            fail_msg("this bends too few images: %s", *recipes);
        hold_against_single_ones(n, *recipes, GB_INTERACTIVE);
    }
}

/* ------------------------------------------------------------------------------------------------ bends */

static void every_kind_of_bend_of_a_stylegan2(void **state) {
    static const char *const recipes[] = {
        "bends: [{w: 2-5, style: 12}]",
        "bends: [{w: 1-2, style: {seed: 12, share: 0.25}}, {w: 3, style: {seed: 12, truncation: 0.3}}, "
        "{w: 4-5, style: {seed: 3, class: 1}}, {w: 0, style: {seed: 3, class: 2, truncation: -1}}]",
        "bends: [{w: 3-5, truncation: 0.2}]",
        "bends: [{at: mapping.fc1, activation: sinlu}, {w: 0-1, truncation: 0.2}, {w: 1-5, style: 9}]",
        "bends: [{at: 'synthesis.*', noise: {factor: 2, seed: 4}}]",
        "bends: [{at: synthesis.b8.conv1, noise: off}, {at: synthesis.b16.conv0, disable: true}]",
        "bends: [{at: synthesis.b8.conv1, filter: rotate, angle: 20, features: {random: 0.5}}]",
        "bends: [{at: synthesis.b16.conv0, activation: sinlu, features: {random: 0.4, seed: 6}}]",
        "bends: [{at: z, add: {3: 0.5, 10: -1}}, {w: 1-4, add: {2: 4}}, {at: synthesis.b8.conv0.affine, set: {4: 4.0}}]",
        "vectors: {nose: [4, 0, -4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1]}\n"
        "bends: [{at: synthesis.b16.conv0, paint: {vector: nose, grid: 3}}]",
        "bends: [{at: mapping.fc1, activation: sinlu}, {w: 0-2, style: 5}, {at: 'synthesis.b*.conv1', filter: rotate,"
        " angle: 30}, {at: synthesis.b16.conv1, noise: {factor: 3, seed: 1}}]",
        NULL};
    (void)state;
    network n = open_network("stylegan2", &(gb_stylegan2){.resolution = R, .channel_base = C * R, .channel_max = 40,
                                                         .z_dim = Z, .w_dim = Z, .mapping_layers = 2,
                                                         .classes = CLASSES, .seed = 5}, NULL);
    hold_all(&n, recipes);
    close_network(&n);
}

static void every_kind_of_bend_of_a_biggan(void **state) {
    static const char *const recipes[] = {
        "bends: [{at: z, add: {3: 0.5, 10: -1}}]",
        "bends: [{at: '*', filter: multiply, factor: 1.5, features: {random: 0.3}}]",
        "bends: [{at: '*', activation: sinlu, features: {random: 0.5}}]",
        NULL
    };
    (void)state;
    network n = open_network("biggan", NULL, &(gb_biggan){.resolution = 32, .channel_width = 8, .classes = CLASSES,
                                                          .attention = "0", .seed = 5});
    hold_all(&n, recipes);
    close_network(&n);
}

/* Sample i of a batch is the image with seed + i, and the style has the class of each sample. */
static void a_style_in_a_batch_has_the_class_of_each_sample(void **state) {
    static const char text[] = "bends: [{w: 2-5, style: 12}]";
    static float images[CLASSES * MAX_FLOATS], single[MAX_FLOATS];
    float labels[CLASSES * CLASSES] = {0};
    gb_session *session = NULL;
    (void)state;
    network n = open_network("batch", &(gb_stylegan2){.resolution = R, .channel_base = C * R, .channel_max = 40,
                                                     .z_dim = Z, .w_dim = Z, .mapping_layers = 2, .classes = CLASSES,
                                                     .seed = 5}, NULL);
    OK(gb_session_new(n.model, &(gb_session_options){.batch = CLASSES}, &session, &err));
    gb_recipe *recipe = apply(session, text);
    for (int i = 0; i < CLASSES; i++)
        labels[i * CLASSES + i] = 1;
    OK(gb_session_set_label(session, labels, &err));
    OK(gb_session_seed(session, 4, &err));
    OK(gb_session_render(session, images, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
    for (int i = 0; i < CLASSES; i++) {
        session = new_session(&n, GB_ONCE);
        recipe = apply(session, text);
        OK(gb_session_set_class(session, i, &err));
        OK(gb_session_seed(session, 4 + (uint64_t)i, &err));
        OK(gb_session_render(session, single, &err));
        assert_memory_equal(single, images + (size_t)i * n.floats, n.floats * sizeof *single);
        gb_recipe_free(recipe);
        gb_session_free(session);
    }
    close_network(&n);
}

static void truncation_does_not_draw_a_fed_z_again(void **state) {
    enum { Z_DIM = 128 };
    static float z[Z_DIM], shown[Z_DIM];
    (void)state;
    network n = open_network("fed", NULL, &(gb_biggan){.resolution = 32, .channel_width = 8, .classes = CLASSES,
                                                       .attention = "0", .flat = true, .z_dim = Z_DIM, .seed = 5});
    gb_session *session = new_session(&n, GB_ONCE);
    for (int i = 0; i < Z_DIM; i++)
        z[i] = (float)i / Z_DIM;
    OK(gb_session_set_class(session, 1, &err));
    OK(gb_session_seed(session, 3, &err));
    OK(gb_session_feed(session, "z", z, &err));
    OK(gb_session_truncate(session, 0.5f, -1, &err));
    OK(gb_session_tap(session, "z", &err));
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_read(session, gb_model_find(n.model, "z"), shown, &err));
    assert_memory_equal(shown, z, sizeof z);
    gb_session_free(session);
    close_network(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_bend_of_a_stylegan2),
        cmocka_unit_test(every_kind_of_bend_of_a_biggan),
        cmocka_unit_test(truncation_does_not_draw_a_fed_z_again),
        cmocka_unit_test(a_style_in_a_batch_has_the_class_of_each_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
