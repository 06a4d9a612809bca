/* The studio with networks whose pictures are not square, are grey, or have alpha: frames show them, previews and maps have
 * their shape, and saved pictures keep their channels. The choice of previews in bfloat16. */
#define _POSIX_C_SOURCE 200809L     /* mkdtemp */
#include "tests/tools/studio/client_page.h"
#include "tools/studio/clusters.h"
#include "tools/studio/live.h"

#include <turbojpeg.h>

enum { HEIGHT = 128, WIDTH = 64, MOST = HEIGHT * WIDTH };

/* Replaces the studio's model by a network that starts from 4×2. */
static void open_shaped(studio *w, int channels) {
    const gb_stylegan2 shape = {.resolution = 128, .start_height = 4, .start_width = 2, .img_channels = channels,
                                .channel_base = 256, .channel_max = 8, .z_dim = 8, .w_dim = 8, .mapping_layers = 2};
    gb_error err = {0};
    char path[96];
    open_studio(w);
    gb_model_close(w->model.model);
    snprintf(path, sizeof path, "%s/shaped.gbw", w->out);
    if (gb_init_stylegan2(w->shared.context, path, &shape, false, &err) ||
        gb_model_open(w->shared.context, path, &w->model.model, &err))
        fail_msg("%s", err.message);
}

static json_t *render_message(int serial) {
    return json_pack("{s:s, s:i, s:s, s:i}", "type", "render", "serial", serial, "recipe", "inputs: {seeds: 7}\nbends: []\n",
                     "quality", 95);
}

static void frames_show_every_shape_and_saved_pictures_keep_their_channels(void **state) {
    static const int counts[] = {1, 4};
    (void)state;
    for (int k = 0; k < 2; k++) {
        static uint8_t seen[3 * MOST], rendered[3 * MOST];
        studio w;
        page p;
        gb_session *session;
        open_shaped(&w, counts[k]);
        open_page(&p, &w);
        send_message(&p, json_pack("{s:s, s:s, s:s}", "type", "hello", "project", "", "tab", "t"));
        send_message(&p, render_message(1));
        received a = await_frame(&p, 1);
        assert_int_equal(number_of(a.json, "width"), WIDTH);
        assert_int_equal(number_of(a.json, "height"), HEIGHT);
        tjhandle jpeg = tjInitDecompress();
        assert_int_equal(tjDecompress2(jpeg, a.payload, (unsigned long)a.size, seen, WIDTH, 0, HEIGHT, TJPF_RGB, 0), 0);
        tjDestroy(jpeg);
        free_received(&a);
        assert_int_equal(gb_session_new(w.model.model, NULL, &session, NULL), 0);
        assert_int_equal(gb_session_seed(session, 7, NULL), 0);
        assert_int_equal(gb_session_render_rgb(session, rendered, NULL), 0);
        gb_session_free(session);
        double sum = 0;
        for (int i = 0; i < 3 * MOST; i++) sum += abs(seen[i] - rendered[i]);
        assert_true(sum / (3 * MOST) < 12);     /* noise in a JPEG */

        a = ask(&p, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "type", "maps", "recipe", "inputs: {seeds: 7}\nbends: []\n",
                              "node", "synthesis.b16.conv1", "order", "index", "side", 32, "first", 0, "count", 8));
        int sheet_width, sheet_height, subsampling, colours;
        jpeg = tjInitDecompress();
        assert_int_equal(tjDecompressHeader3(jpeg, a.payload, (unsigned long)a.size, &sheet_width, &sheet_height,
                                             &subsampling, &colours), 0);
        assert_int_equal(sheet_width, 96);
        assert_int_equal(sheet_height, 96);
        static uint8_t sheet[96 * 96];
        assert_int_equal(tjDecompress2(jpeg, a.payload, (unsigned long)a.size, sheet, 96, 0, 96, TJPF_GRAY, 0), 0);
        tjDestroy(jpeg);
        free_received(&a);
        for (int y = 0; y < 32; y++)            /* 16×8 in the middle of its square */
            assert_true(sheet[y * 96 + 1] < 40 && sheet[y * 96 + 30] < 40);

        a = ask(&p, json_pack("{s:s, s:s, s:s, s:b, s:b}", "type", "save", "name", "s", "text",
                              "inputs: {seeds: 7}\nbends: []\n", "png", 1, "replace", 0));
        free_received(&a);
        char path[96];
        unsigned char header[26];
        snprintf(path, sizeof path, "%s/s.png", w.out);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        assert_int_equal(fread(header, 1, sizeof header, f), sizeof header);
        fclose(f);
        assert_int_equal(header[19], WIDTH);
        assert_int_equal(header[23], HEIGHT);
        assert_int_equal(header[25], counts[k] == 1 ? 0 : 6);
        close_page(&p);
        close_studio(&w);
    }
}

static void set_seconds(const live *s, double *seconds, double each) {
    for (size_t i = 0; i < gb_model_node_count(s->o.model); i++) seconds[i] = each;
}

static void expect_preview(const live *s, int after, int side, bool bf16) {
    preview which = live_choose_preview(s, after);
    assert_int_equal(which.side, side);
    assert_int_equal(which.bf16, bf16);
}

/* On a processor without bfloat16 there are only smaller previews. */
static void a_preview_in_bfloat16_is_chosen_where_it_shows_more_and_an_exact_picture_follows(void **state) {
    static uint8_t exact[3 * MOST];
    atomic_bool closing;
    gb_error err = {0};
    gb_session *trial = NULL, *session;
    bool changed;
    studio w;
    live s;
    (void)state;
    atomic_init(&closing, false);
    open_shaped(&w, 3);
    w.shared.bf16_previews = true;
    if (live_open(&s, &w.shared, &w.shared.clients.slots[0], &closing, NULL, NULL, &err) ||
        live_set(&s, "inputs: {seeds: 7}\nbends: []\n", &err))
        fail_msg("%s", err.message);
    assert_false(live_should_try_bf16(&s));             /* the network is fast enough without */
    set_seconds(&s, s.seconds, 1);
    assert_true(live_should_try_bf16(&s));
    expect_preview(&s, 0, 32, false);
    bool has_bf16 = !live_new_trial(&s, &trial, &err);
    if (has_bf16) {
        assert_int_equal(live_try_bf16(&s, trial, &err), GB_OK);
        assert_true(s.bf16);
        set_seconds(&s, s.bf16_seconds, 1);
        expect_preview(&s, 0, 32, false);
        set_seconds(&s, s.bf16_seconds, 1e-6);
        expect_preview(&s, 0, HEIGHT, true);
        expect_preview(&s, HEIGHT, 0, false);
        assert_int_equal(live_preview(&s, (preview){HEIGHT, true}, &changed, &err), GB_OK);
        assert_true(changed);
    }
    gb_session_free(trial);
    assert_false(live_should_try_bf16(&s));
    assert_int_equal(live_render(&s, &err), GB_OK);
    assert_int_equal(gb_session_new(w.model.model, NULL, &session, NULL), 0);
    assert_int_equal(gb_session_seed(session, 7, NULL), 0);
    assert_int_equal(gb_session_render_rgb(session, exact, NULL), 0);
    gb_session_free(session);
    assert_memory_equal(exact, s.rgb, sizeof exact);
    for (int i = 0; has_bf16 && i < 3 * MOST; i++) assert_in_range(exact[i] + 256 - s.preview[i], 256 - 40, 256 + 40);
    live_close(&s);
    close_studio(&w);
}

/* The page is closed before the first map has been assigned to a cluster. */
static void clustering_that_is_stopped_at_once_touches_nothing(void **state) {
    enum { MAPS = 40, SIDE = 4 };
    static float maps[MAPS * SIDE * SIDE];
    int clusters[MAPS];
    atomic_bool stop;
    gb_error err = {0};
    (void)state;
    atomic_init(&stop, true);
    for (int i = 0; i < MAPS * SIDE * SIDE; i++) maps[i] = (float)(i * 7 % 23);
    assert_int_equal(cluster_maps(maps, MAPS, SIDE, SIDE, 3, clusters, &stop, &err), GB_CANCELLED);
    err = (gb_error){0};
    atomic_store(&stop, false);
    assert_int_equal(cluster_maps(maps, MAPS, SIDE, SIDE, 3, clusters, &stop, &err), GB_OK);
    for (int i = 0; i < MAPS; i++) assert_in_range(clusters[i], 0, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clustering_that_is_stopped_at_once_touches_nothing),
        cmocka_unit_test(a_preview_in_bfloat16_is_chosen_where_it_shows_more_and_an_exact_picture_follows),
        cmocka_unit_test(frames_show_every_shape_and_saved_pictures_keep_their_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
