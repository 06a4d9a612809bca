/* Recipes: their effect on a session, the meaning of network-bending's files, and error messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/fixture.h"

enum { R = 32, IMAGE = 3 * R * R, Z = 24, W = 24, TEXT = 8192 };

static int setup(void **state) {
    keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = 20 * R, .channel_max = 40, .z_dim = Z,
                                        .w_dim = W, .mapping_layers = 2, .seed = 5});
    return 0;
}

static gb_recipe *parse(const char *text) {
    gb_recipe *recipe = NULL;
    OK(gb_recipe_parse(text, strlen(text), "tests/fixtures/recipes/here.yaml", &recipe, &err));
    return recipe;
}

/* The picture with a recipe; NULL gives the plain one. */
static void picture(fixture *f, const char *text, float *image) {
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = text ? parse(text) : NULL;
    if (recipe)
        OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, image, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void assert_same_pictures(fixture *f, const char *a, const char *b) {
    static float x[IMAGE], y[IMAGE];
    picture(f, a, x);
    picture(f, b, y);
    assert_memory_equal(x, y, sizeof x);
}

static void assert_bent(fixture *f, const float *image) {
    static float plain[IMAGE];
    picture(f, NULL, plain);
    assert_memory_not_equal(image, plain, sizeof plain);
}

static void gather(void *arg, const char *line) {
    size_t used = strlen(arg);
    snprintf((char *)arg + used, TEXT - used, "%s\n", line);
}

static void describe(fixture *f, gb_recipe *recipe, char text[TEXT]) {
    *text = '\0';
    OK(gb_recipe_describe(recipe, f->model, gather, text, &err));
}

static void assert_described(fixture *f, const char *recipe_text, const char *wanted) {
    char text[TEXT];
    gb_recipe *recipe = parse(recipe_text);
    describe(f, recipe, text);
    assert_string_equal(text, wanted);
    gb_recipe_free(recipe);
}

static int nodes_run(gb_session *session) {
    gb_render_stats stats;
    gb_session_stats(session, &stats);
    return stats.nodes_run;
}

/* ------------------------------------------------------------------------------------------------ what it does */

static void a_recipe_bends_as_the_library_does(void **state) {
    fixture *f = *state;
    static float by_hand[IMAGE], image[IMAGE];
    const int list[] = {0, 1, 2, 9};
    const float angle = 30, factor[] = {2, 2};
    gb_session *session = interactive_session(f->model);
    OK(gb_session_bend(session,
                       &(gb_bend_options){.kind = GB_BEND_FILTER,
                                          .at = "synthesis.b16.conv1",
                                          .name = "rotate",
                                          .params = &angle,
                                          .param_count = 1,
                                          .features = {GB_FEATURES_LIST, list, 4, 0, 0}},
                       NULL, &err));
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_ACTIVATION, .at = "mapping.fc1", .name = "sinlu",
                                                   .params = factor, .param_count = 2, .drop_bias = true,
                                                   .set_gain = true, .gain = 1}, NULL, &err));
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b32.conv1", .factor = 3,
                                                   .reseed = true, .seed = 8}, NULL, &err));
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_DISABLE, .at = "synthesis.b8.conv0"}, NULL, &err));
    OK(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_TRUNCATE, .at = "synthesis.w2", .psi = 0.5f}, NULL,
                       &err));
    OK(gb_session_render(session, by_hand, &err));
    gb_session_free(session);
    picture(f, "bends:\n"
               "  - {at: synthesis.b16.conv1, filter: rotate, angle: 30, features: [0-2, 9]}\n"
               "  - {at: mapping.fc1, activation: sinlu, a: 2, b: 2, like: paper}\n"
               "  - {at: synthesis.b32.conv1, noise: {factor: 3, seed: 8}}\n"
               "  - {at: synthesis.b8.conv0, disable: true}\n"
               "  - {w: 2, truncation: 0.5}\n", image);
    assert_memory_equal(image, by_hand, sizeof image);
    assert_bent(f, image);
}

static void names_numbers_globs_and_lists_select_the_same_nodes(void **state) {
    fixture *f = *state;
    char text[256];
    snprintf(text, sizeof text, "bends: [{at: %d, filter: invert}]", gb_model_find(f->model, "synthesis.b16.conv1"));
    assert_same_pictures(f, text, "bends: [{at: synthesis.b16.conv1, filter: invert}]");
    assert_same_pictures(f, "bends: [{at: 'synthesis.b*.conv1', filter: invert}]",
                         "bends: [{at: [synthesis.b4.conv1, synthesis.b8.conv1, synthesis.b16.conv1, "
                         "synthesis.b32.conv1], filter: invert}]");
    assert_same_pictures(f, "bends: [{w: 2-4, filter: invert}]",
                         "bends: [{at: 'synthesis.w[234]', filter: invert}]");
    assert_same_pictures(f, "bends: [{w: all, filter: invert}]", "bends: [{w: [0-5, 6, 7], filter: invert}]");
}

static void parameters_can_be_given_by_name_or_in_a_list(void **state) {
    fixture *f = *state;
    assert_same_pictures(f, "bends: [{at: synthesis.b16.conv1, filter: translate, params: [0.1, 0.2], border: wrap}]",
                         "bends: [{at: synthesis.b16.conv1, filter: translate, y: 0.2, border: wrap, x: 0.1}]");
    assert_same_pictures(f, "bends: [{at: synthesis.b16.conv1, activation: poly, params: [1, 2, 0.5, 0.25]}]",
                         "bends: [{at: synthesis.b16.conv1, activation: polynomial, w0: 1, w1: 2, w2: 0.5, w3: 0.25}]");
}

/* ------------------------------------------------------------------------------------------------ network-bending */

static void network_bendings_files_have_the_same_meaning(void **state) {
    fixture *f = *state;
    char text[TEXT];
    gb_recipe *recipe = NULL;
    OK(gb_recipe_open("tests/fixtures/recipes/network-bending.yaml", &recipe, &err));
    OK(gb_recipe_set_clusters(recipe, "tests/fixtures/recipes/clusters.yaml", &err));
    describe(f, recipe, text);
    assert_string_equal(text,
                        "synthesis.b16.conv1: translate x 0.25, y 0, sampling opencv\n"
                        "synthesis.b16.conv0: multiply factor 5, on 2 of 40 features in cluster 1\n"
                        "synthesis.b32.conv0: rotate angle 5, sampling opencv, on 10 of 20 features drawn with seed 2\n"
                        "layer 0: not bent, as in network-bending's code\n");
    gb_recipe_free(recipe);
    assert_same_pictures(
        f, "transforms: [{layer: 0, transform: ablate, params: [], features: all, feature-param: null}]", NULL);
    assert_same_pictures(f, "transforms: [{layer: 2, transform: binary-thresh, params: [0.5], features: all}]",
                         "bends: [{at: synthesis.b8.conv1, filter: threshold, compare: above}]");
}

static void clusters_are_found_by_layer_number_and_by_name(void **state) {
    fixture *f = *state;
    assert_described(f, "clusters: clusters.yaml\nbends:\n"
                        "  - {at: synthesis.b16.conv0, filter: invert, features: {cluster: 1}}\n"
                        "  - {at: synthesis.b16.conv1, filter: invert, features: {cluster: [0, 1]}}\n"
                        "  - {at: 'synthesis.*', filter: invert, features: {cluster: 0, file: clusters.yaml}}\n",
                     "synthesis.b16.conv0: invert, on 2 of 40 features in cluster 1\n"
                     "synthesis.b16.conv1: invert, on 2 of 40 features in clusters 0, 1\n"
                     "synthesis.b16.conv0, synthesis.b16.conv1: invert, on 1 of 40 features there in cluster 0\n");
    assert_same_pictures(f, "clusters: clusters.yaml\n"
                            "bends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: [0, 1]}}]",
                         "bends: [{at: synthesis.b16.conv1, filter: invert, features: [4, 7]}]");
}

/* ------------------------------------------------------------------------------------------------ parameters */

static const char turning[] = "parameters: {turn: {value: 10, low: -90, high: 90, summary: degrees}, radius: 1}\n"
                              "bends:\n"
                              "  - {at: synthesis.b8.conv1, filter: dilate, radius: $radius}\n"
                              "  - {at: synthesis.b32.conv1, filter: rotate, angle: $turn}\n";

static void named_parameters_have_their_own_ranges_or_those_of_their_uses(void **state) {
    gb_recipe *recipe = parse(turning);
    gb_recipe_param param;
    (void)state;
    assert_true(gb_recipe_param_at(recipe, 0, &param));
    assert_string_equal(param.name, "turn");
    assert_string_equal(param.summary, "degrees");
    assert_true(param.low >= -90 && param.low <= -90 && param.high >= 90 && param.high <= 90);
    assert_true(gb_recipe_param_at(recipe, 1, &param));
    assert_true(param.low >= 0 && param.low <= 0 && param.high >= 1024 && param.high <= 1024);
    assert_false(gb_recipe_param_at(recipe, 2, &param));
    assert_int_equal(gb_recipe_set(recipe, "turn", 91, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "-90 to 90"));
    assert_int_equal(gb_recipe_set(recipe, "trun", 1, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "the nearest is 'turn'"));
    gb_recipe_free(recipe);
}

static void changing_a_named_parameter_runs_only_dependent_nodes(void **state) {
    fixture *f = *state;
    static float moved[IMAGE], image[IMAGE];
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse(turning);
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    int all = nodes_run(session);
    OK(gb_recipe_set(recipe, "turn", 45, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    assert_in_range(nodes_run(session), 1, all / 4);
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    assert_int_equal(nodes_run(session), 0);
    OK(gb_recipe_set(recipe, "radius", 2.4, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
    picture(f, "bends:\n  - {at: synthesis.b8.conv1, filter: dilate, radius: 2}\n"
               "  - {at: synthesis.b32.conv1, filter: rotate, angle: 45}\n", image);
    assert_memory_equal(moved, image, sizeof image);
}

static void updating_values_keeps_the_order_of_bends(void **state) {
    fixture *f = *state;
    static float moved[IMAGE], image[IMAGE];
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse("parameters: {push: 1}\nbends:\n  - {w: 0-3, add: {2: 0.5, 7: -1}, times: $push}\n"
                              "  - {w: 0-3, filter: clamp, low: -0.5, high: 0.5}\n");
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_recipe_set(recipe, "push", -2, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
    picture(f, "bends:\n  - {w: 0-3, add: {2: -1, 7: 2}}\n  - {w: 0-3, filter: clamp, low: -0.5, high: 0.5}\n", image);
    assert_memory_equal(moved, image, sizeof image);
    assert_bent(f, image);
}

static void a_recipe_updates_only_the_session_it_was_applied_to(void **state) {
    fixture *f = *state;
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse(turning);
    assert_int_equal(gb_recipe_update(recipe, session, &err), GB_BAD_ARGUMENT);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void a_recipe_is_applied_completely_or_not_at_all(void **state) {
    fixture *f = *state;
    static float before[IMAGE], after[IMAGE];
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse("bends:\n  - {at: synthesis.b8.conv1, filter: ablate}\n"
                              "  - {at: mapping.fc0, filter: invert}\n  - {at: synthesis.b8.convl, filter: ablate}\n");
    OK(gb_session_render(session, before, &err));
    assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message,
                        "tests/fixtures/recipes/here.yaml:4:10: there is no node 'synthesis.b8.convl'; the "
                        "nearest is 'synthesis.b8.conv0'");
    OK(gb_session_render(session, after, &err));
    assert_int_equal(nodes_run(session), 0);
    assert_memory_equal(before, after, sizeof before);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ values */

static void read_boundary(fixture *f, const char *recipe_text, uint64_t seed, float psi, const char *at,
                          float *values) {
    static float image[IMAGE];
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = recipe_text ? parse(recipe_text) : NULL;
    OK(gb_session_seed(session, seed, &err));
    OK(gb_session_truncate(session, psi, -1, &err));
    if (recipe)
        OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_tap(session, at, &err));
    OK(gb_session_render(session, image, &err));
    OK(gb_session_read(session, gb_model_find(f->model, at), values, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void a_style_is_the_w_of_its_seed(void **state) {
    fixture *f = *state;
    float mixed[W], own[W];
    const char *text = "bends: [{w: 4-5, style: 12}]",
               *other = "bends: [{w: 4-5, style: {seed: 12, truncation: 0.25}}]";
    read_boundary(f, text, 3, 0.5f, "synthesis.w4", mixed);
    read_boundary(f, NULL, 12, 0.5f, "synthesis.w4", own);
    assert_memory_equal(mixed, own, sizeof own);
    read_boundary(f, other, 3, 0.5f, "synthesis.w5", mixed);
    read_boundary(f, NULL, 12, 0.25f, "synthesis.w5", own);
    assert_memory_equal(mixed, own, sizeof own);
    read_boundary(f, text, 3, 0.5f, "synthesis.w6", mixed);
    read_boundary(f, NULL, 3, 0.5f, "synthesis.w6", own);
    assert_memory_equal(mixed, own, sizeof own);
}

static void the_seed_of_a_style_is_a_parameter(void **state) {
    fixture *f = *state;
    float moved[W], own[W];
    const char *text = "parameters: {who: 12}\nbends: [{w: 4-5, style: {seed: $who, share: 0.5}}, {w: 6, style: $who}]";
    const double seeds[] = {16777217, 4294967295.0, 12, 3};     /* beyond the whole numbers of a float */
    gb_recipe *recipe = NULL;
    gb_recipe_param param;
    gb_session *session = NULL;
    char plain[120];
    OK(gb_recipe_parse(text, strlen(text), "r", &recipe, &err));
    assert_true(gb_recipe_param_at(recipe, 0, &param));
    assert_true(param.low == 0 && param.high == 4294967295.0);
    OK(gb_session_new(f->model, NULL, &session, &err));
    OK(gb_session_seed(session, 5, &err));
    OK(gb_session_tap(session, "synthesis.w*", &err));
    OK(gb_recipe_apply(recipe, session, &err));
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        OK(gb_recipe_set(recipe, "who", seeds[i], &err));
        OK(gb_recipe_update(recipe, session, &err));
        OK(gb_session_render(session, NULL, &err));
        for (int layer = 4; layer <= 6; layer += 2) {
            char name[20];
            snprintf(name, sizeof name, "synthesis.w%d", layer);
            snprintf(plain, sizeof plain, "bends: [{w: %d, style: {seed: %.0f, share: %s}}]", layer, seeds[i],
                     layer == 4 ? "0.5" : "1");
            OK(gb_session_read(session, gb_model_find(f->model, name), moved, &err));
            read_boundary(f, plain, 5, 1, name, own);
            assert_memory_equal(moved, own, sizeof own);
        }
    }
    assert_int_equal(gb_recipe_set(recipe, "who", 4294967296.0, &err), GB_BAD_ARGUMENT);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void single_values_are_set_and_added_without_changing_others(void **state) {
    fixture *f = *state;
    float before[Z], after[Z];
    read_boundary(f, NULL, 3, 1, "z", before);
    read_boundary(f, "bends: [{at: z, add: {3: 0.5, 10: -1}, times: 2}, {at: z, set: {4: 9}}]", 3, 1, "z", after);
    for (int i = 0; i < Z; i++) {
        float wanted = i == 4 ? 9.0f : i == 3 ? before[i] + 1 : i == 10 ? before[i] - 2 : before[i];
        assert_memory_equal(&after[i], &wanted, sizeof wanted);
    }
}

static void a_file_of_ws_gives_each_layer_its_row(void **state) {
    fixture *f = *state;
    enum { NUM_WS = 8 };
    float ws[NUM_WS * W], read[W];
    char path[64], text[128];
    for (int i = 0; i < NUM_WS * W; i++)
        ws[i] = (float)i / 8;
    snprintf(path, sizeof path, "test_recipe.%d.npy", (int)getpid());
    OK(gb_npy_save(path, 3, (const int64_t[]){1, NUM_WS, W}, ws, &err));
    snprintf(text, sizeof text, "bends: [{w: all, set: ../../../%s}]", path);
    read_boundary(f, text, 3, 1, "synthesis.w5", read);
    assert_memory_equal(read, ws + 5 * W, sizeof read);
    unlink(path);
}

/* ------------------------------------------------------------------------------------------------ painting */

/* A 4×4 picture: left half red, right half green. */
static void write_mask(const char *path) {
    uint8_t rgb[4 * 4 * 3] = {0};
    for (int i = 0; i < 16; i++)
        rgb[3 * i + (i % 4 < 2 ? 0 : 1)] = 255;
    OK(gb_png_write(path, 4, 4, rgb, NULL, 0, &err));
}

static void masks_and_grids_place_vectors(void **state) {
    fixture *f = *state;
    enum { C = 40, SIDE = 16 };
    static float vector[C], before[C * SIDE * SIDE], after[C * SIDE * SIDE];
    char mask[64], library[64], text[512];
    int pid = (int)getpid();
    for (int i = 0; i < C; i++)
        vector[i] = (float)(i - 20);
    snprintf(mask, sizeof mask, "test_recipe.%d.png", pid);
    snprintf(library, sizeof library, "test_recipe.%d.npz", pid);
    write_mask(mask);
    gb_npz *npz;
    OK(gb_npz_new(library, &npz, &err));
    OK(gb_npz_add(npz, "vector/nose", 1, (const int64_t[]){C}, vector, &err));
    OK(gb_npz_add(npz, "nose/thumbnail", 1, (const int64_t[]){2}, vector, &err));
    OK(gb_npz_finish(npz, &err));
    gb_npz_free(npz);

    read_boundary(f, NULL, 3, 1, "synthesis.b16.conv1", before);
    snprintf(text, sizeof text, "vectors: ../../../%s\nbends: [{at: synthesis.b16.conv1, paint: {mask: ../../../%s, "
                                "colours: {red: nose, '#00ff00': keep}}}]", library, mask);
    read_boundary(f, text, 3, 1, "synthesis.b16.conv1", after);
    for (int i = 0; i < C * SIDE * SIDE; i++)
        assert_true(i % SIDE < SIDE / 2 ? after[i] >= vector[i / (SIDE * SIDE)] && after[i] <= vector[i / (SIDE * SIDE)]
                                        : !memcmp(&after[i], &before[i], sizeof *after));
    snprintf(text, sizeof text,
             "bends: [{at: synthesis.b16.conv1, paint: {vector: nose, library: ../../../%s, grid: 3}}]", library);
    read_boundary(f, text, 3, 1, "synthesis.b16.conv1", after);
    assert_memory_equal(&after[3], &before[3], sizeof *after);
    assert_true(after[SIDE * SIDE] >= -19 && after[SIDE * SIDE] <= -19);

    snprintf(text, sizeof text, "bends: [{at: synthesis.b16.conv1, paint: ../../../%s}]", library);
    read_boundary(f, text, 3, 1, "synthesis.b16.conv1", after);
    assert_true(after[0] >= -20 && after[0] <= -20);

    gb_recipe *recipe;
    gb_session *session = interactive_session(f->model);
    snprintf(text, sizeof text,
             "vectors: ../../../%s\nbends:\n  - at: synthesis.b16.conv1\n    paint: {mask: ../../../%s, "
             "colours: {red: nose}}\n",
             library, mask);
    recipe = parse(text);
    assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "here.yaml:3:5: "));
    assert_non_null(strstr(err.message, "row 0, column 2 is #00ff00"));
    gb_recipe_free(recipe);
    snprintf(text, sizeof text, "vectors: ../../../%s\nbends: [{at: synthesis.b32.conv1, paint: nose}]", library);
    recipe = parse(text);
    assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "the vector has 40 values, but 'synthesis.b32.conv1' has 20 channels"));
    gb_recipe_free(recipe);
    snprintf(text, sizeof text, "vectors: ../../../%s\nbends: [{at: synthesis.b16.conv1, paint: nosse}]", library);
    recipe = parse(text);
    assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "the nearest is 'nose'"));
    gb_recipe_free(recipe);
    gb_session_free(session);
    unlink(mask);
    unlink(library);
}

/* ------------------------------------------------------------------------------------------------ words */

static void a_recipe_is_described_in_words(void **state) {
    fixture *f = *state;
    char text[TEXT];
    gb_recipe *recipe = NULL;
    OK(gb_recipe_open("tests/fixtures/recipes/everything.yaml", &recipe, &err));
    describe(f, recipe, text);
    assert_string_equal(
        text,
        "synthesis.b32.conv1: rotate angle 30 ($angle, -180 to 180), border reflect, mix 0.5, on 10 of 20 features "
        "drawn with seed 7\n"
        "synthesis.b8.conv0, synthesis.b16.conv0, synthesis.b32.conv0, synthesis.b4.conv1: blur sigma 1.5, on 7 of 40 "
        "features there\n"
        "synthesis.b16.conv1: multiply factor 2, on 2 of 40 features in clusters 0, 2\n"
        "mapping.fc1: sinlu a 1, b 2 in place of lrelu, bias dropped, gain 1\n"
        "synthesis.b16.conv0: poly w0 1, w1 2, w2 3, w3 4 in place of lrelu, bias dropped, gain 0.5\n"
        "synthesis.b8.conv0: disabled\n"
        "synthesis.b32.conv1.noise: noise times 2, maps drawn with seed 5\n"
        "synthesis.b16.conv1.noise: noise off\n"
        "synthesis.w0, synthesis.w1, synthesis.w2, synthesis.w3 and 4 more: truncated by 0.7\n"
        "synthesis.w4, synthesis.w5, synthesis.w6: the w of seed 12, truncated by 0.5\n"
        "synthesis.w0, synthesis.w1, synthesis.w2: 3 raised by 0.5, 7 raised by -1, times 0.5 ($push, -inf to inf)\n"
        "z: 0 set to 1\n");
    gb_recipe_free(recipe);
}

/* Recipes that do not parse, with the end of the message. */
static const struct { const char *text, *says;
} refused[] = {
    {"", "r:1:1: the file is empty"},
    {"bends: [", "r:2:1: did not find expected node content while parsing a flow node"},
    {"\tbends: 1", "r:1:1: found character that cannot start any token while scanning for the next token"},
    {"- 1", "r:1:1: expected lines of 'key: value' instead of a list"},
    {"bend: []", "r:1:1: unknown key 'bend'; the nearest is 'bends'"},
    {"summary: x", "r:1:1: a recipe needs 'bends', 'inputs' or network-bending's 'transforms'"},
    {"bends: 3", "r:1:8: bends is '3'; expected a list of at most 4096, each beginning with '-'"},
    {"bends: []\nbends: []", "r:2:1: duplicate key 'bends', first in line 1"},
    {"bends: []\n---\nbends: []", "r:2:1: a second document begins here; expected one"},
    {"bends: !!python/object:os.system []",
     "r:1:8: the tag 'tag:yaml.org,2002:python/object:os.system' is not supported; expected a plain value"},
    {"bends: [{at: x, filter: rotat}]", "r:1:25: there is no filter 'rotat'; the nearest is 'rotate'"},
    {"bends: [{at: x, filter: resize}]",
     "r:1:25: 'resize' changes the size of the maps, which later layers cannot take; use resize-crop"},
    {"bends: [{at: x, activation: sinlu, c: 1}]",
     "r:1:36: unknown key 'c'; expected at, w, features, muted, activation, params, bias, gain, like, a, b"},
    {"bends:\n  - at: x\n    filter: rotate\n    angel: 3", "r:4:5: unknown key 'angel'; the nearest is 'angle'"},
    {"bends: [{at: x, filter: erode, radius: -1}]", "r:1:40: radius is '-1'; expected an integer from 0 to 1024"},
    {"bends: [{at: x, filter: erode, radius: 1.5}]", "r:1:40: radius is '1.5'; expected an integer from 0 to 1024"},
    {"bends: [{at: x, filter: rotate, params: [1, 2]}]", "r:1:41: 2 params, but rotate takes at most 1"},
    {"bends: [{at: x, filter: rotate, params: [1], angle: 2}]", "r:1:53: angle is also number 1 of params"},
    {"bends: [{at: x, filter: rotate, border: wrp}]",
     "r:1:41: border is 'wrp'; expected zeros, edge, reflect or wrap; the nearest is 'wrap'"},
    {"bends: [{at: x, filter: multiply, factor: .nan}]", "r:1:43: factor is '.nan'; expected a number"},
    {"bends: [{at: x, filter: multiply, factor: 1e99}]", "r:1:43: factor is '1e99'; expected a number"},
    {"bends: [{at: x, filter: invert, disable: true}]",
     "r:1:42: both 'filter' and 'disable'; a bend has one action: use two bends"},
    {"bends: [{at: x}]",
     "r:1:9: the bend has no action: add filter, activation, paint, disable, noise, truncation, style, "
     "add, set or direction"},
    {"bends: [{filter: invert}]", "r:1:9: the bend has no place: add 'at' with nodes, or 'w' with layers"},
    {"bends: [{at: x, w: 1, filter: invert}]", "r:1:20: both 'at' and 'w'; remove one of them"},
    {"bends: [{at: x, filter: invert, features: {random: 2}}]", "r:1:52: random is 2; expected 0 to 1"},
    {"bends: [{at: x, filter: invert, features: [5-2]}]",
     "r:1:44: features: '5-2' is not a number or range, such as 3 or 0-5, up to 65535"},
    {"bends: [{at: x, filter: invert, features: {share: 2}}]",
     "r:1:43: features: expected {random: share} or {cluster: number}"},
    {"bends: [{at: x, filter: invert, mix: $m}]", "r:1:38: there is no parameter 'm' under 'parameters'"},
    {"parameters: {m: {value: 1, low: 0, high: 2}}\nbends: [{at: x, filter: invert, mix: $m}]",
     "r:2:38: $m is from 0 to 2, but mix must be a number from 0 to 1"},
    {"parameters: {m: {value: 3, low: 0, high: 2}}\nbends: []", "r:1:25: value is 3; expected 0 to 2"},
    {"parameters: {m: {value: 3, low: 0}}\nbends: []",
     "r:1:17: low needs high and high needs low: one of them is missing"},
    {"bends: [{at: x, paint: {mask: m.png}}]",
     "r:1:24: a mask needs colours and colours need a mask: one of them is missing"},
    {"bends: [{at: x, paint: {mask: m.png, colours: {rd: a}}}]",
     "r:1:48: 'rd' is not a colour; expected a name, or '#ff8000' in quotes; the nearest name is 'red'"},
    {"bends: [{at: x, activation: relu, like: paper, gain: 2}]",
     "r:1:41: 'like: paper' is 'bias: drop' and 'gain: 1'; leave those out"},
    {"bends: [{at: z, add: {3: 1, 03: 1}}]", "r:1:29: duplicate index 3"},
    {"transforms: [{layer: 1, transform: rotate, params: []}]", "r:1:52: 0 params, but rotate takes 1"},
    {"transforms: [{layer: 1, transform: resize, params: [2]}]",
     "r:1:36: 'resize' changes the size of the maps, which later layers cannot take; use the filter resize-crop "
     "under 'bends'"},
    {"transforms: [{layer: 1, transform: flip-x, params: []}]",
     "r:1:36: there is no transform 'flip-x'; the nearest is 'flip-h'"},
    {"transforms: [{layer: 1, transform: invert, features: cluster}]",
     "r:1:54: 'cluster' needs a feature-param: the number of the cluster"},
    {"transforms: [{transform: invert}]", "r:1:14: 'layer' is missing"},
    {"bends: &a [*a]", "r:1:12: an alias inside the value of its own anchor"},
    {"bends: *a", "r:1:8: an alias without an earlier anchor"},
    {"bends: [{at: \"a\\0b\", filter: invert}]", "r:1:14: text with a null byte"},
};

static void errors_have_line_and_column(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        gb_recipe *recipe = NULL;
        assert_int_equal(gb_recipe_parse(refused[i].text, strlen(refused[i].text), "r", &recipe, &err), GB_BAD_FILE);
        assert_null(recipe);
        assert_string_equal(err.message, refused[i].says);
    }
}

/* Recipes that parse but do not fit the model. */
static const struct { const char *text, *says; } misfits[] = {
    {"bends: [{at: 9999, filter: invert}]", "here.yaml:1:14: node 9999: this network has 0 to "},
    {"bends: [{w: 40, filter: invert}]", "here.yaml:1:13: w 40: this network has 0 to 7"},
    {"bends: [{at: 'nothing*', filter: invert}]", "here.yaml:1:14: there is no node 'nothing*'"},
    {"bends: [{at: synthesis.b8.conv1, filter: invert, features: 99}]", "has no feature 99; it has 0 to 39"},
    {"bends: [{at: synthesis.b8.conv1, style: 5}]", "is not a w: a style can only replace w's"},
    {"bends: [{at: synthesis.b8.conv1, add: {1: 2}}]", "'synthesis.b8.conv1' is not a vector"},
    {"bends: [{at: z, add: {99: 2}}]", "index is 99, but 'z' has 0 to 23"},
    {"bends: [{at: z, add: no-such.npy}]", "no-such.npy: no such file"},
    {"bends: [{at: synthesis.b8.conv1, paint: nose}]", "the vector 'nose' is not defined"},
    {"bends: [{at: synthesis.b8.conv1, filter: invert, features: {cluster: 1}}]", "does not define them"},
    {"clusters: clusters.yaml\nbends: [{at: synthesis.b8.conv1, filter: invert, features: {cluster: 1}}]",
     "no clusters for 'synthesis.b8.conv1' (network-bending's layer 2)"},
    {"clusters: clusters.yaml\nbends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: 8}}]",
     "no feature of 'synthesis.b16.conv1' is in that cluster; it has clusters 0 to 2"},
    {"transforms: [{layer: 7, transform: invert}]", "layer 7: this network has the layers 0 to 6"},
};

static void describe_and_apply_report_the_same_errors(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        char said[sizeof err.message], text[TEXT] = "";
        gb_recipe *recipe = parse(misfits[i].text);
        gb_session *session = interactive_session(f->model);
        assert_int_not_equal(gb_recipe_describe(recipe, f->model, gather, text, &err), GB_OK);
        memcpy(said, err.message, sizeof said);
        if (!strstr(said, misfits[i].says))
            fail_msg("'%s' does not say '%s'", said, misfits[i].says);
        assert_int_not_equal(gb_recipe_apply(recipe, session, &err), GB_OK);
        assert_string_equal(err.message, said);
        gb_session_free(session);
        gb_recipe_free(recipe);
    }
}

static void layer_numbers_are_refused_without_numbered_layers(void **state) {
    fixture *f = *state;
    char path[64], text[TEXT] = "";
    gb_model *model = NULL;
    gb_recipe *recipe = parse("transforms: [{layer: 1, transform: invert}]"),
              *ws = parse("bends: [{w: all, truncation: 0}]");
    snprintf(path, sizeof path, "test_recipe.%d.biggan.gbw", (int)getpid());
    OK(gb_init_biggan(f->context, path, &(gb_biggan){.resolution = 32, .channel_width = 8, .classes = 3, .flat = true,
                                                     .z_dim = 8, .shared_dim = -1, .attention = "0"}, false, &err));
    OK(gb_model_open(f->context, path, &model, &err));
    assert_int_not_equal(gb_recipe_describe(recipe, model, gather, text, &err), GB_OK);
    assert_non_null(strstr(err.message, "no layers with network-bending's numbers"));
    assert_int_not_equal(gb_recipe_describe(ws, model, gather, text, &err), GB_OK);
    assert_non_null(strstr(err.message, "this network has no w's"));
    gb_model_close(model);
    gb_recipe_free(recipe);
    gb_recipe_free(ws);
    unlink(path);
}

/* ------------------------------------------------------------------------------------------------ hostile files */

static void assert_refused(const char *text, const char *says) {
    gb_recipe *recipe = NULL;
    assert_int_equal(gb_recipe_parse(text, strlen(text), "r", &recipe, &err), GB_BAD_FILE);
    if (!strstr(err.message, says))
        fail_msg("'%s' does not say '%s'", err.message, says);
}

static void aliases_that_expand_to_too_many_values_are_refused(void **state) {
    char text[2048] = "summary: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    (void)state;
    for (int i = 1; i < 9; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "k%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    assert_refused(text, "more than 262144 values");
}

static void depth_and_size_have_limits(void **state) {
    enum { LONG = 5 << 20 };
    char deep[256] = "bends: ", key[256] = "bends: [{at: z, set: {", *text = malloc(LONG);
    (void)state;
    memset(key + strlen(key), '0', 170);
    strcat(key, ": 1}}]");
    assert_refused(key, "a key of more than 160 bytes");
    memset(deep + 7, '[', 40);
    assert_refused(deep, "more than 24 deep");
    memset(text, '#', LONG - 1);
    text[LONG - 1] = '\0';
    assert_refused(text, "at most 4194304");
    strcpy(text, "bends: [");
    for (int i = 0; i < 5000; i++)
        strcat(text + 8 + 2 * i, "1,");
    strcat(text, "]");
    assert_refused(text, "bends is too long");
    free(text);
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* A mask truncated at every length, and with every byte inverted: it is read or refused with a message. */
static void damaged_masks_are_refused(void **state) {
    fixture *f = *state;
    static uint8_t bytes[4096];
    char mask[64], vector[64], text[512];
    float values[40] = {1};
    gb_session *session = interactive_session(f->model);
    snprintf(mask, sizeof mask, "test_recipe.%d.png", (int)getpid());
    snprintf(vector, sizeof vector, "test_recipe.%d.npy", (int)getpid());
    write_mask(mask);
    OK(gb_npy_save(vector, 2, (const int64_t[]){1, 40}, values, &err));
    FILE *file = fopen(mask, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    snprintf(text, sizeof text, "bends: [{at: synthesis.b16.conv1, paint: {mask: ../../../%s, colours: {red: "
                                "../../../%s, other: keep}}}]", mask, vector);
    gb_recipe *recipe = parse(text);
    OK(gb_recipe_apply(recipe, session, &err));
    for (size_t cut = 1; cut + 12 < size; cut++) {          /* the last chunk, IEND, has no pixels */
        write_file(mask, bytes, cut);
        assert_int_equal(gb_recipe_apply(recipe, session, &err), GB_BAD_FILE);
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0xFF;
        write_file(mask, bytes, size);
        memset(&err, 0, sizeof err);
        if (gb_recipe_apply(recipe, session, &err))
            assert_non_null(strstr(err.message, mask));
        bytes[i] ^= 0xFF;
    }
    gb_recipe_free(recipe);
    gb_session_free(session);
    unlink(mask);
    unlink(vector);
}

static const struct { const char *text, *says; } bad_clusters[] = {
    {"- 1", "not a cluster file"},
    {"3: 4", "expected a list of features with their clusters"},
    {"3: [5]", "expected 'feature_index' and 'cluster_index' with integers"},
    {"3: [{feature_index: -1, cluster_index: 1}]", "expected 'feature_index' and 'cluster_index' with integers"},
    {"3: [{feature_index: 40, cluster_index: 1}]", "feature 40, but 'synthesis.b16.conv0' has 0 to 39"},
    {"4: []", "no clusters for 'synthesis.b16.conv0'"},
    {"3: [", "did not find expected node content"},
};

static void damaged_clusters_are_refused(void **state) {
    fixture *f = *state;
    char path[64], text[TEXT] = "";
    snprintf(path, sizeof path, "test_recipe.%d.yaml", (int)getpid());
    for (size_t i = 0; i < sizeof bad_clusters / sizeof *bad_clusters; i++) {
        gb_recipe *recipe = parse("bends: [{at: synthesis.b16.conv0, filter: invert, features: {cluster: 1}}]");
        write_file(path, bad_clusters[i].text, strlen(bad_clusters[i].text));
        gb_status status = gb_recipe_set_clusters(recipe, path, &err);
        if (!status)
            status = gb_recipe_describe(recipe, f->model, gather, text, &err);
        assert_int_not_equal(status, GB_OK);
        if (!strstr(err.message, bad_clusters[i].says))
            fail_msg("'%s' does not say '%s'", err.message, bad_clusters[i].says);
        gb_recipe_free(recipe);
    }
    unlink(path);
}

/* ------------------------------------------------------------------------------------------------ documentation */

static char *read_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    assert_non_null(file);
    assert_in_range(fread(text, 1, (1 << 20) - 1, file), 1, (1 << 20) - 2);
    fclose(file);
    return text;
}

static void every_example_in_the_documentation_is_a_recipe(void **state) {
    char *text = read_whole("docs/recipes.md"), *at = text;
    int examples = 0;
    (void)state;
    while ((at = strstr(at, "```yaml\n"))) {
        char *begin = at + 8, *end = strstr(begin, "```");
        assert_non_null(end);
        *end = '\0';
        gb_recipe *recipe = NULL;
        if (gb_recipe_parse(begin, strlen(begin), "example", &recipe, &err))
            fail_msg("%s in\n%s", err.message, begin);
        gb_recipe_free(recipe);
        examples++;
        at = end + 3;
    }
    free(text);
    assert_in_range(examples, 8, 100);
}

/* A recipe's keys and a row's parameters are in the same map, so they must have different names. */
static void no_parameter_has_the_name_of_a_recipe_key(void **state) {
    static const char *const keys[] = {"at", "w", "features", "params", "filter", "activation", "bias", "gain", "like"};
    gb_table_row row;
    (void)state;
    for (size_t i = 0; gb_filter_row(i, &row) || gb_activation_row(i, &row); i++)
        for (int table = 0; table < 2; table++) {
            if (!(table ? gb_activation_row(i, &row) : gb_filter_row(i, &row)))
                continue;
            for (int p = 0; p < row.max_params; p++)
                for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
                    assert_string_not_equal(row.param[p].name, keys[k]);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_recipe_bends_as_the_library_does, setup, teardown),
        cmocka_unit_test_setup_teardown(names_numbers_globs_and_lists_select_the_same_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(parameters_can_be_given_by_name_or_in_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(network_bendings_files_have_the_same_meaning, setup, teardown),
        cmocka_unit_test_setup_teardown(clusters_are_found_by_layer_number_and_by_name, setup, teardown),
        cmocka_unit_test(named_parameters_have_their_own_ranges_or_those_of_their_uses),
        cmocka_unit_test_setup_teardown(changing_a_named_parameter_runs_only_dependent_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(updating_values_keeps_the_order_of_bends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recipe_updates_only_the_session_it_was_applied_to, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recipe_is_applied_completely_or_not_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_style_is_the_w_of_its_seed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_seed_of_a_style_is_a_parameter, setup, teardown),
        cmocka_unit_test_setup_teardown(single_values_are_set_and_added_without_changing_others, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_ws_gives_each_layer_its_row, setup, teardown),
        cmocka_unit_test_setup_teardown(masks_and_grids_place_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recipe_is_described_in_words, setup, teardown),
        cmocka_unit_test(errors_have_line_and_column),
        cmocka_unit_test_setup_teardown(describe_and_apply_report_the_same_errors, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(layer_numbers_are_refused_without_numbered_layers, setup, teardown),
        cmocka_unit_test(aliases_that_expand_to_too_many_values_are_refused),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test_setup_teardown(damaged_masks_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_clusters_are_refused, setup, teardown),
        cmocka_unit_test(every_example_in_the_documentation_is_a_recipe),
        cmocka_unit_test(no_parameter_has_the_name_of_a_recipe_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
