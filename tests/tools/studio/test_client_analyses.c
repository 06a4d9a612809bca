/* What a client finds out in the background: directions, and the files that they are kept in. An analysis waits while another one
 * has its turn, so tests take the turn themselves where the order of things matters. */
#define _POSIX_C_SOURCE 200809L
#include "client_page.h"

#include <math.h>
#include <sys/stat.h>

#include "engine/ganbend_analysis.h"

int run_analysis_tests(void);

static studio all;
static shared_model models[2];      /* the toy faces, and a network of 8×8 pixels */
static page p;

static int set_up(void **state) {
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8,
                                .mapping_layers = 2};
    char path[100];
    gb_error err = {0};
    (void)state;
    open_studio(&all);
    snprintf(path, sizeof path, "%s/tiny", all.out);
    if (gb_init_stylegan2(all.shared.context, path, &shape, false, &err) ||
        gb_model_open(all.shared.context, path, &models[1].model, &err))
        fail_msg("%s", err.message);
    models[0] = all.model;
    strcpy(models[1].name, "tiny");
    all.shared.models = models;
    all.shared.model_count = 2;
    open_page(&p, &all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_page(&p);
    gb_model_close(models[1].model);
    close_studio(&all);
    return 0;
}

/* While `taken`, no analysis begins. */
static void take_turn(bool taken) {
    client_list *clients = &all.shared.clients;
    pthread_mutex_lock(&clients->lock);
    clients->analysing = taken;
    pthread_cond_broadcast(&clients->released);
    pthread_mutex_unlock(&clients->lock);
}

static json_t *find_message(const char *method) {
    return json_pack("{s:s, s:s, s:i}", "type", "directions", "method", method, "count", 4);
}

/* Sends a request with this id, without waiting for its answer. */
static void begin(page *q, json_t *object, int id) {
    json_object_set_new(object, "id", json_integer(id));
    send_message(q, object);
}

static received await_answer(page *q, int id) {
    for (;;) {
        received a = await_type(q, "answer");
        if (number_of(a.json, "id") == id) return a;
        free_received(&a);
    }
}

static json_t *simple(const char *type) {
    return json_pack("{s:s}", "type", type);
}

/* ------------------------------------------------------------------------------------------------ finding */

static void found_directions_are_a_file_that_recipes_name(void **state) {
    char recipe[200];
    (void)state;
    received a = ask(&p, find_message("sefa"));
    json_t *list = json_object_get(a.json, "directions");
    assert_string_equal(text_of(a.json, "file"), "toy-sefa.npz");
    assert_int_equal(json_array_size(list), 4);
    assert_string_equal(text_of(json_array_get(list, 1), "name"), "sefa1");
    assert_string_equal(text_of(json_array_get(list, 1), "space"), "w");
    assert_true(json_is_null(json_object_get(json_array_get(list, 1), "layers")));
    free_received(&a);
    assert_true(is_there(&all, "toy-sefa.npz"));

    received plain = render(&p, 1, "{inputs: {seeds: 7}, bends: []}");
    snprintf(recipe, sizeof recipe, "{inputs: {seeds: 7}, directions: toy-sefa.npz, bends: [{direction: {name: sefa1, amount: 9}}]}");
    received moved = render(&p, 2, recipe);
    assert_true(plain.size != moved.size || memcmp(plain.payload, moved.payload, plain.size) != 0);
    free_received(&plain), free_received(&moved);
}

static void a_picture_whose_directions_are_gone_opens_with_them_in_its_recipe(void **state) {
    static const char recipe[] = "{inputs: {seeds: 7}, directions: toy-sefa.npz, bends: [{direction: {name: sefa1, amount: 9}}]}";
    char there[400], gone[400];
    (void)state;
    snprintf(there, sizeof there, "%s/toy-sefa.npz", all.out);
    snprintf(gone, sizeof gone, "%s/gone", all.out);
    received a = ask(&p, json_pack("{s:s, s:s, s:s, s:b, s:b}", "type", "save", "name", "moved", "text", recipe, "png", 1, "replace", 0));
    free_received(&a);
    json_t *open = json_pack("{s:s, s:s}", "type", "open", "name", "moved.png");
    a = ask(&p, json_incref(open));
    assert_string_equal(text_of(a.json, "text"), recipe);
    free_received(&a);
    assert_int_equal(rename(there, gone), 0);
    a = ask(&p, open);
    assert_null(strstr(text_of(a.json, "text"), "toy-sefa.npz"));
    received again = render(&p, 3, text_of(a.json, "text"));
    assert_int_equal(rename(gone, there), 0);
    received moved = render(&p, 4, recipe);
    assert_true(again.size == moved.size && !memcmp(again.payload, moved.payload, moved.size));
    free_received(&again), free_received(&moved), free_received(&a);
}

static void the_same_directions_are_kept_once_and_others_beside_them(void **state) {
    (void)state;
    received a = ask(&p, find_message("factor"));
    assert_string_equal(text_of(a.json, "file"), "toy-factor.npz");
    free_received(&a);
    a = ask(&p, find_message("factor"));
    assert_string_equal(text_of(a.json, "file"), "toy-factor.npz");
    free_received(&a);
    a = ask(&p, json_pack("{s:s, s:s, s:i}", "type", "directions", "method", "factor", "count", 2));
    assert_string_equal(text_of(a.json, "file"), "toy-factor-2.npz");
    assert_int_equal(json_array_size(json_object_get(a.json, "directions")), 2);
    free_received(&a);
    a = ask(&p, simple("files"));
    assert_int_equal(json_array_size(json_object_get(a.json, "banks")), 3);
    assert_int_equal(json_array_size(json_object_get(a.json, "beside")), 0);
    free_received(&a);
}

static void pictures_come_while_directions_are_found(void **state) {
    (void)state;
    take_turn(true);
    begin(&p, find_message("pca"), 5001);
    received a = render(&p, 10, "{inputs: {seeds: 8}, bends: []}");
    free_received(&a);
    take_turn(false);
    a = await_answer(&p, 5001);
    assert_string_equal(text_of(a.json, "file"), "toy-pca.npz");
    assert_string_equal(text_of(json_array_get(json_object_get(a.json, "directions"), 0), "name"), "pc0");
    free_received(&a);
}

static void what_cannot_be_found_is_answered_with_the_reason(void **state) {
    (void)state;
    ask_refused(&p, json_pack("{s:s, s:s, s:i, s:s}", "type", "directions", "method", "pca", "count", 4, "node", "nowhere"), "nowhere");
    ask_refused(&p, json_pack("{s:s, s:s, s:i, s:s}", "type", "directions", "method", "pca", "count", 4, "node", "z"), "is an input");
    received a = ask(&p, find_message("sefa"));         /* and the next analysis works */
    free_received(&a);
}

/* ------------------------------------------------------------------------------------------------ turns */

static void a_page_has_one_analysis_which_it_can_stop(void **state) {
    (void)state;
    received a = ask(&p, simple("stop"));
    assert_true(json_is_false(json_object_get(a.json, "stopped")));
    free_received(&a);
    take_turn(true);
    begin(&p, find_message("pca"), 6001);
    ask_refused(&p, find_message("sefa"), "another search is running");
    begin(&p, simple("stop"), 6002);
    for (int answers = 0; answers < 2; answers++) {
        a = await_type(&p, "answer");
        if (number_of(a.json, "id") == 6001) assert_string_equal(text_of(a.json, "error"), "stopped");
        else assert_true(json_is_true(json_object_get(a.json, "stopped")));
        free_received(&a);
    }
    take_turn(false);
    a = ask(&p, find_message("sefa"));
    free_received(&a);
}

static void tabs_take_turns_and_a_closed_one_gives_its_turn_up(void **state) {
    page others[3];
    (void)state;
    take_turn(true);
    for (int i = 0; i < 3; i++) {
        open_page(&others[i], &all);
        begin(&others[i], find_message("sefa"), 1);
        received a = render(&others[i], 1, "{inputs: {seeds: 1}, bends: []}");      /* so the analysis has been started */
        free_received(&a);
    }
    client_close(others[1].client);
    take_turn(false);
    for (int i = 0; i < 3; i += 2) {
        received a = await_answer(&others[i], 1);
        assert_string_equal(text_of(a.json, "file"), "toy-sefa.npz");
        free_received(&a);
        client_close(others[i].client);
    }
    clients_wait_for_closing(&all.shared.clients);
    assert_false(all.shared.clients.analysing);
}

/* ------------------------------------------------------------------------------------------------ files */

/* An .npy of float32 [rows, width], as Autolume writes it. */
static void put_array(const char *name, int rows, int width) {
    char header[128] = "\x93NUMPY\x01\x00\x76\x00";
    FILE *file = fopen(in_folder(&all, name), "wb");
    assert_non_null(file);
    memset(header + 10, ' ', 118);
    int length = snprintf(header + 10, 118, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, width);
    header[10 + length] = ' ';
    header[127] = '\n';
    fwrite(header, 1, sizeof header, file);
    for (int i = 0; i < rows * width; i++) fwrite(&(float){(float)(i % 5)}, sizeof(float), 1, file);
    fclose(file);
}

static json_t *bank_message(const char *name, bool beside) {
    return json_pack("{s:s, s:s, s:b}", "type", "bank", "name", name, "beside", beside);
}

static int width_of_w(void) {
    gb_node_info info;
    gb_model_node(all.model.model, gb_model_find_role(all.model.model, GB_ROLE_WS, 0), &info);
    return (int)info.shape[1];
}

static void files_of_the_folder_and_beside_the_model_are_opened(void **state) {
    char path[400];
    (void)state;
    mkdir(in_folder(&all, "models"), 0777);
    put_array("models/autolume.npy", 3, width_of_w());
    put_array("mine.npy", 2, width_of_w());
    put_array("narrow.npy", 2, 3);
    ask_refused(&p, bank_message("autolume.npy", true), "part of the program");
    snprintf(path, sizeof path, "%s", in_folder(&all, "models/model.gbw"));
    models[0].path = path;
    received a = ask(&p, simple("files"));
    json_t *beside = json_object_get(a.json, "beside");
    assert_int_equal(json_array_size(beside), 1);
    assert_string_equal(json_string_value(json_array_get(beside, 0)), "autolume.npy");
    free_received(&a);
    a = ask(&p, bank_message("autolume.npy", true));
    assert_string_equal(text_of(a.json, "file"), "autolume.npz");
    assert_int_equal(json_array_size(json_object_get(a.json, "directions")), 3);
    free_received(&a);
    assert_true(is_there(&all, "autolume.npz"));
    a = ask(&p, bank_message("mine.npy", false));
    assert_string_equal(text_of(a.json, "file"), "mine.npy");
    free_received(&a);
    ask_refused(&p, bank_message("narrow.npy", false), "have 3 values");
    models[0].path = NULL;
}

static void only_files_of_these_folders_are_opened(void **state) {
    static const char *const names[] = {"", "x", "../x.npz", "a/b.npz", ".npz", "mine.yaml", "mine.npy/"};
    char target[400];
    (void)state;
    put_array("real.npy", 2, width_of_w());
    snprintf(target, sizeof target, "%s", in_folder(&all, "real.npy"));
    assert_int_equal(symlink(target, in_folder(&all, "link.npy")), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ask_refused(&p, bank_message(names[i], false), " ");
        ask_refused(&p, bank_message(names[i], true), " ");
    }
    ask_refused(&p, bank_message("link.npy", false), "not a regular file");
}

/* ------------------------------------------------------------------------------------------------ units */

#define SEED_7 "{inputs: {seeds: 7, trunc: 0.7}, bends: []}"

static json_t *units_message(const char *node, const char *mask, int columns, int rows) {
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "type", "units", "recipe", SEED_7, "node", node, "mask", mask, "columns",
                     columns, "rows", rows);
}

/* The library's own measure of map `channel`, in the left half of the picture. */
static void measure(int channel, double *here, double *elsewhere) {
    static const gb_unit_bend without = {"ablate", NULL, 0};
    float mask[64 * 64], z[512];
    gb_unit units[512];
    gb_node_info info;
    gb_error err = {0};
    for (int i = 0; i < 64 * 64; i++) mask[i] = i % 64 < 32;
    gb_model_node(all.model.model, gb_model_find_role(all.model.model, GB_ROLE_Z, 0), &info);
    gb_randn(GB_RNG_NUMPY, 7, (size_t)info.shape[0], z);
    const gb_unit_options how = {.at = "synthesis.b64.conv1", .samples = 1, .z = z, .label = -1, .psi = 0.7f, .bends = &without,
                                 .bend_count = 1, .mask = mask};
    if (gb_measure_units(all.model.model, &how, units, &err)) fail_msg("%s", err.message);
    *here = (double)units[channel].effect_in_mask[0];
    *elsewhere = 2 * (double)units[channel].effect[0] - *here;
}

static void maps_are_ranked_by_what_they_change_in_a_region(void **state) {
    double here, elsewhere, before = INFINITY;
    gb_node_info info;
    (void)state;
    received a = ask(&p, units_message("synthesis.b64.conv1", "1010", 2, 2));
    json_t *list = json_object_get(a.json, "units"), *first = json_array_get(list, 0);
    gb_model_node(all.model.model, gb_model_find(all.model.model, "synthesis.b64.conv1"), &info);
    assert_int_equal(json_array_size(list), info.shape[0]);
    for (size_t i = 0; i < json_array_size(list); i++) {
        double now = json_real_value(json_object_get(json_array_get(list, i), "here"));
        assert_true(now <= before);
        before = now;
    }
    measure((int)number_of(first, "channel"), &here, &elsewhere);
    assert_true(here > 0);
    assert_true(fabs(json_real_value(json_object_get(first, "here")) - here) < 1e-6);
    assert_true(fabs(json_real_value(json_object_get(first, "elsewhere")) - elsewhere) < 1e-6);
    free_received(&a);
}

static void a_wrong_region_or_layer_is_refused(void **state) {
    (void)state;
    ask_refused(&p, units_message("synthesis.b64.conv1", "101", 2, 2), "each of its 4 cells");
    ask_refused(&p, units_message("synthesis.b64.conv1", "1021", 2, 2), "each of its 4 cells");
    ask_refused(&p, units_message("synthesis.b64.conv1", "0000", 2, 2), "empty");
    ask_refused(&p, units_message("mapping.fc0", "1111", 2, 2), "no feature maps");
    ask_refused(&p, units_message("nowhere", "1111", 2, 2), "nowhere");
}

/* ------------------------------------------------------------------------------------------------ photos */

/* 8×8 grey pixels. */
static json_t *photo_message(const char *space, size_t digits) {
    char pixels[300];
    for (size_t i = 0; i < digits; i++) pixels[i] = "gICA"[i % 4];
    pixels[digits] = '\0';
    return json_pack("{s:s, s:s, s:i, s:i, s:s}", "type", "project", "space", space, "width", 8, "height", 8, "pixels", pixels);
}

static void choose_model(int index) {
    send_message(&p, json_pack("{s:s, s:i}", "type", "model", "index", index));
    received a = await_type(&p, "network");
    free_received(&a);
}

/* A recipe of the latents is accepted. */
static void expect_latents(const received *a, int rows) {
    const json_t *latents = json_object_get(a->json, "latents");
    assert_int_equal(json_array_size(latents), rows);
    assert_int_equal(json_array_size(json_array_get(latents, 0)), 8);
    char *text = json_dumps(rows == 1 ? json_array_get(latents, 0) : latents, 0), recipe[2000];
    assert_true(snprintf(recipe, sizeof recipe, "{inputs: {w: %s}, bends: []}", text) < (int)sizeof recipe);
    free(text);
    static json_int_t serial = 100;
    received b = render(&p, ++serial, recipe);
    free_received(&b);
}

static void a_photo_becomes_a_latent_with_sketches_on_the_way(void **state) {
    (void)state;
    choose_model(1);
    begin(&p, photo_message("w", 256), 7001);
    received a = await_type(&p, "sketch");
    assert_int_equal(number_of(a.json, "request"), 7001);
    assert_int_equal(number_of(a.json, "width"), 8);
    assert_true(a.size > 2 && a.payload[0] == 0xff && a.payload[1] == 0xd8);
    free_received(&a);
    a = await_answer(&p, 7001);
    assert_string_equal(text_of(a.json, "space"), "w");
    assert_true(json_is_null(json_object_get(a.json, "classes")));
    expect_latents(&a, 1);
    free_received(&a);
    choose_model(0);
}

static void stopping_can_keep_what_has_been_found(void **state) {
    (void)state;
    choose_model(1);
    begin(&p, photo_message("w+", 256), 7101);
    received a = await_type(&p, "sketch");
    free_received(&a);
    begin(&p, json_pack("{s:s, s:b}", "type", "stop", "keep", 1), 7102);
    a = await_answer(&p, 7101);         /* also if it had ended by then */
    assert_string_equal(text_of(a.json, "space"), "w+");
    expect_latents(&a, 4);
    free_received(&a);
    choose_model(0);
}

static void a_photo_that_is_not_all_there_is_refused(void **state) {
    (void)state;
    choose_model(1);
    ask_refused(&p, photo_message("w", 252), "base64 of 192 bytes");
    json_t *wrong = photo_message("w", 256);
    char *pixels = strdup(json_string_value(json_object_get(wrong, "pixels")));
    assert_non_null(pixels);
    pixels[255] = '=';
    json_object_set_new(wrong, "pixels", json_string(pixels));
    ask_refused(&p, wrong, "base64 of 192 bytes");
    wrong = photo_message("w", 256);
    pixels[255] = '-';
    json_object_set_new(wrong, "pixels", json_string(pixels));
    ask_refused(&p, wrong, "base64 of 192 bytes");
    free(pixels);
    wrong = photo_message("w", 256);
    json_object_set_new(wrong, "height", json_integer(16));
    json_object_set_new(wrong, "width", json_integer(4));
    ask_refused(&p, wrong, "larger than the network's 8x8");
    choose_model(0);
}

/* ------------------------------------------------------------------------------------------------ clusters */

static void clusters_over_several_pictures_are_the_librarys(void **state) {
    const gb_cluster_options how = {.at = "synthesis.b8.conv0", .clusters = 3, .samples = 5};
    gb_clustering *found;
    gb_layer_clusters layer;
    gb_error err = {0};
    int seen = 0;
    (void)state;
    choose_model(1);
    received a = ask(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "cluster", "recipe", SEED_7, "node", "synthesis.b8.conv0",
                                   "clusters", 3, "samples", 5));
    json_t *clusters = json_object_get(a.json, "clusters");
    if (gb_find_clusters(models[1].model, &how, &found, &err)) fail_msg("%s", err.message);
    gb_clustering_layer(found, 0, &layer);
    assert_int_equal(json_array_size(clusters), layer.clusters);
    for (int c = 0; c < layer.clusters; c++)
        for (size_t i = 0; i < json_array_size(json_array_get(clusters, (size_t)c)); i++, seen++)
            assert_int_equal(layer.cluster[json_integer_value(json_array_get(json_array_get(clusters, (size_t)c), i))], c);
    assert_int_equal(seen, layer.channels);
    gb_clustering_free(found);
    free_received(&a);
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "cluster", "recipe", SEED_7, "node", "mapping.fc0", "clusters", 3,
                              "samples", 5), "feature maps");
    choose_model(0);
}

int run_analysis_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_directions_are_a_file_that_recipes_name),
        cmocka_unit_test(a_picture_whose_directions_are_gone_opens_with_them_in_its_recipe),
        cmocka_unit_test(the_same_directions_are_kept_once_and_others_beside_them),
        cmocka_unit_test(pictures_come_while_directions_are_found),
        cmocka_unit_test(what_cannot_be_found_is_answered_with_the_reason),
        cmocka_unit_test(a_page_has_one_analysis_which_it_can_stop),
        cmocka_unit_test(tabs_take_turns_and_a_closed_one_gives_its_turn_up),
        cmocka_unit_test(files_of_the_folder_and_beside_the_model_are_opened),
        cmocka_unit_test(only_files_of_these_folders_are_opened),
        cmocka_unit_test(maps_are_ranked_by_what_they_change_in_a_region),
        cmocka_unit_test(a_wrong_region_or_layer_is_refused),
        cmocka_unit_test(a_photo_becomes_a_latent_with_sketches_on_the_way),
        cmocka_unit_test(stopping_can_keep_what_has_been_found),
        cmocka_unit_test(a_photo_that_is_not_all_there_is_refused),
        cmocka_unit_test(clusters_over_several_pictures_are_the_librarys),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
