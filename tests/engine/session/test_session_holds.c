/* A session shows the values that its last render used, even if settings, bends or a rollback change them
 * afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/engine/fixture.h"

enum { R = 16, C = 20, Z = 24, CLASSES = 3, BATCH = 2, WS = 6, IMAGE = 3 * R * R };

static int setup(void **state) {
    keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = C * R, .channel_max = 40, .z_dim = Z,
                                        .w_dim = Z, .mapping_layers = 2, .classes = CLASSES, .seed = 5});
    return 0;
}

/* ------------------------------------------------------------------------------------------------ reading */

static size_t floats_of(const gb_model *model, gb_node node, int batch) {
    gb_node_info info;
    gb_model_node(model, node, &info);
    size_t floats = (size_t)batch;
    for (int d = 0; d < info.ndim; d++)
        floats *= (size_t)info.shape[d];
    return floats;
}

/* Every boundary of the network, one behind the other; to be freed. */
static float *read_all(gb_session *session, const gb_model *model, int batch, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < gb_model_node_count(model); i++)
        *count += floats_of(model, (gb_node)i, batch);
    float *all = malloc(*count * sizeof *all), *at = all;
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        OK(gb_session_read(session, (gb_node)i, at, &err));
        at += floats_of(model, (gb_node)i, batch);
    }
    return all;
}

/* ------------------------------------------------------------------------------------------------ setters */

static float numbers[BATCH * WS * Z * R * R];       /* enough for every setting */

static void seed(gb_session *session) { OK(gb_session_seed(session, 2, &err)); }
static void set_z(gb_session *session) { OK(gb_session_set_z(session, numbers, &err)); }
static void set_ws(gb_session *session) { OK(gb_session_set_ws(session, numbers, WS, &err)); }
static void set_class(gb_session *session) { OK(gb_session_set_class(session, 2, &err)); }
static void truncate_all(gb_session *session) { OK(gb_session_truncate(session, 0.2f, 3, &err)); }
static void set_w_avg(gb_session *session) { OK(gb_session_set_w_avg(session, numbers, &err)); }
static void clear_w_avg(gb_session *session) { OK(gb_session_set_w_avg(session, NULL, &err)); }
static void random_noise(gb_session *session) { OK(gb_session_noise(session, GB_NOISE_RANDOM, 8, &err)); }
static void const_noise(gb_session *session) { OK(gb_session_noise(session, GB_NOISE_CONST, 0, &err)); }
static void noise_map(gb_session *session) {
    OK(gb_session_set_noise_map(session, "synthesis.b8.conv1", numbers, 1, &err));
}
static void feed_vector(gb_session *session) { OK(gb_session_feed(session, "mapping.fc0", numbers, &err)); }
static void feed_map(gb_session *session) { OK(gb_session_feed(session, "synthesis.b8.conv0", numbers, &err)); }
static void feed_nothing(gb_session *session) {
    OK(gb_session_feed(session, "mapping.fc0", NULL, &err));
    OK(gb_session_feed(session, "synthesis.b8.conv0", NULL, &err));
}
static void bend_more(gb_session *session) {
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b8.conv1", .factor = 2,
                                                   .reseed = true, .seed = 5}, NULL, &err));
}
static void redraw(gb_session *session) { OK(gb_session_redraw(session, 9, &err)); }
static void unbend(gb_session *session) { OK(gb_session_unbend(session, 0, &err)); }
static void roll_back(gb_session *session) { gb_session_rollback(session); }
static void untap(gb_session *session) { OK(gb_session_untap(session, "*", &err)); }

static void (*const setters[])(gb_session *) = {
    seed, set_z, set_ws, set_class, truncate_all, set_w_avg, clear_w_avg, random_noise, const_noise, noise_map,
    feed_vector, feed_map, feed_nothing, bend_more, redraw, unbend, roll_back, untap,
};

/* Everything that can be replaced has been set, inside a transaction that can be rolled back. */
static gb_session *rendered(fixture *f, gb_purpose purpose, int batch) {
    gb_session *session = NULL;
    OK(gb_session_new(f->model, &(gb_session_options){.purpose = purpose, .batch = batch}, &session, &err));
    OK(gb_session_begin(session, &err));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        numbers[i] = (float)(i % 17) / 8 - 1;
    set_class(session);
    OK(gb_session_seed(session, 1, &err));
    set_w_avg(session);
    random_noise(session);
    noise_map(session);
    feed_vector(session);
    feed_map(session);
    bend_more(session);
    OK(gb_session_bend(session,
                       &(gb_bend_options){.kind = GB_BEND_FILTER,
                                          .at = "synthesis.b16.conv0",
                                          .name = "ablate",
                                          .features = {GB_FEATURES_RANDOM, NULL, 0, 0.5, 1}},
                       NULL, &err));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)       /* other values next time */
        numbers[i] = (float)(i % 13) / 4 + 1;
    OK(gb_session_tap(session, "*", &err));
    OK(gb_session_render(session, NULL, &err));
    return session;
}

static void taps_keep_the_rendered_values_after_any_later_setting(void **state) {
    fixture *f = *state;
    for (int purpose = GB_ONCE; purpose <= GB_INTERACTIVE; purpose++)
        for (int batch = 1; batch <= BATCH; batch++) {
            gb_session *session = rendered(f, (gb_purpose)purpose, batch);
            size_t count;
            float *first = read_all(session, f->model, batch, &count);
            for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
                setters[i](session);
                float *later = read_all(session, f->model, batch, &count);
                assert_memory_equal(first, later, count * sizeof *first);
                free(later);
            }
            free(first);
            gb_session_free(session);
        }
}

static void rendered_ws_are_read_after_a_seed_has_replaced_them(void **state) {
    fixture *f = *state;
    gb_session *session = NULL;
    static float ws[WS * Z], shown[WS * Z];
    OK(gb_session_new(f->model, NULL, &session, &err));
    for (int i = 0; i < WS * Z; i++)
        ws[i] = (float)i / Z - 3;
    OK(gb_session_set_class(session, 0, &err));
    OK(gb_session_set_ws(session, ws, WS, &err));
    OK(gb_session_tap(session, "mapping", &err));
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_seed(session, 2, &err));
    OK(gb_session_read(session, gb_model_find(f->model, "mapping"), shown, &err));
    assert_memory_equal(shown, ws, sizeof ws);
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_read(session, gb_model_find(f->model, "mapping"), shown, &err));
    assert_memory_not_equal(shown, ws, sizeof ws);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ images of a series */

static gb_bend bend_at_random(gb_session *session, const char *at) {
    gb_bend id = 0;
    float factor = 3;
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "multiply",
                                                   .params = &factor, .param_count = 1,
                                                   .features = {GB_FEATURES_RANDOM, NULL, 0, 0.5, 7}}, &id, &err));
    return id;
}

static void render(gb_session *session, float *image) {
    OK(gb_session_set_class(session, 1, &err));
    OK(gb_session_seed(session, 1, &err));
    OK(gb_session_render(session, image, &err));
}

static gb_session *new_session(fixture *f) {
    gb_session *session = NULL;
    OK(gb_session_new(f->model, NULL, &session, &err));
    return session;
}

static void a_random_bend_added_after_a_redraw_is_drawn_for_the_same_image(void **state) {
    fixture *f = *state;
    static float late[IMAGE], moved[IMAGE], early[IMAGE];
    const float factor = 3;
    gb_session *a = new_session(f), *b = new_session(f);
    OK(gb_session_redraw(a, 5, &err));
    gb_bend id = bend_at_random(a, "synthesis.b16.conv0");
    render(a, late);
    OK(gb_session_set_bend_params(a, id, &factor, 1, &err));
    render(a, moved);
    assert_memory_equal(late, moved, sizeof late);
    bend_at_random(b, "synthesis.b16.conv0");
    render(b, early);
    assert_memory_not_equal(late, early, sizeof late);
    OK(gb_session_redraw(b, 5, &err));
    render(b, early);
    assert_memory_equal(late, early, sizeof late);
    gb_session_free(a);
    gb_session_free(b);
}

static void a_rollback_undoes_a_redraw(void **state) {
    fixture *f = *state;
    static float first[IMAGE], later[IMAGE];
    const float factor = 3;
    gb_session *session = new_session(f);
    gb_bend id = bend_at_random(session, "synthesis.b16.conv0");
    render(session, first);
    OK(gb_session_begin(session, &err));
    OK(gb_session_redraw(session, 5, &err));
    gb_session_rollback(session);
    OK(gb_session_set_bend_params(session, id, &factor, 1, &err));
    render(session, later);
    assert_memory_equal(first, later, sizeof first);
    gb_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(taps_keep_the_rendered_values_after_any_later_setting, setup, teardown),
        cmocka_unit_test_setup_teardown(rendered_ws_are_read_after_a_seed_has_replaced_them, setup, teardown),
        cmocka_unit_test_setup_teardown(a_random_bend_added_after_a_redraw_is_drawn_for_the_same_image, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_rollback_undoes_a_redraw, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
