/* Recipes without other files: vectors, clusters and pictures in the recipe, muted bends, and a share of another seed's
 * w. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
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

enum { R = 32, IMAGE = 3 * R * R, Z = 24, C = 40, SIDE = 16, TEXT = 8192 };

/* 4×4, left half red, right half green; and 2×2 grey 0, 255 / 128 and a transparent 77. */
#define HEAD "data:image/png;base64,"
#define MASK HEAD "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAE0lEQVR42mP4z8AARAz/kRAhDgCmmw/x7wgWPgAAAABJRU5Erk" \
             "Jggg=="
#define GREY HEAD "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAQAAADYv8WvAAAAEklEQVR42mNg+P//P0PDf18GABqMBMojlbe7AAAAAElFTkSuQmCC"

static int setup(void **state) {
    keep_fixture(state, &(gb_stylegan2){.resolution = R, .channel_base = 20 * R, .channel_max = C, .z_dim = Z,
                                        .w_dim = Z, .mapping_layers = 2, .seed = 5});
    return 0;
}

static gb_recipe *parse(const char *text) {
    gb_recipe *recipe = NULL;
    OK(gb_recipe_parse(text, strlen(text), "here.yaml", &recipe, &err));
    return recipe;
}

/* The value of a boundary with a recipe, which may be NULL; and the picture, unless `image` is NULL. */
static void read_boundary(fixture *f, const char *text, const char *at, float *values, float *image) {
    static float picture[IMAGE];
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = text ? parse(text) : NULL;
    if (recipe)
        OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_tap(session, at, &err));
    OK(gb_session_render(session, image ? image : picture, &err));
    OK(gb_session_read(session, gb_model_find(f->model, at), values, &err));
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void assert_same_pictures(fixture *f, const char *a, const char *b) {
    static float x[IMAGE], y[IMAGE];
    float z[Z];
    read_boundary(f, a, "z", z, x);
    read_boundary(f, b, "z", z, y);
    assert_memory_equal(x, y, sizeof x);
}

static void gather(void *arg, const char *line) {
    size_t used = strlen(arg);
    snprintf((char *)arg + used, TEXT - used, "%s\n", line);
}

static void assert_described(fixture *f, const char *recipe_text, const char *wanted) {
    char text[TEXT] = "";
    gb_recipe *recipe = parse(recipe_text);
    OK(gb_recipe_describe(recipe, f->model, gather, text, &err));
    assert_string_equal(text, wanted);
    gb_recipe_free(recipe);
}

/* A recipe that does not parse, or that does not fit the model. */
static void assert_refused(fixture *f, const char *text, const char *words) {
    gb_recipe *recipe = NULL;
    gb_session *session = interactive_session(f->model);
    memset(&err, 0, sizeof err);
    if (!gb_recipe_parse(text, strlen(text), "here.yaml", &recipe, &err))
        gb_recipe_apply(recipe, session, &err);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ muted */

static void a_muted_bend_has_no_effect_and_keeps_its_position(void **state) {
    fixture *f = *state;
    assert_same_pictures(f, "bends: [{at: synthesis.b16.conv1, filter: ablate, muted: true}]", NULL);
    assert_same_pictures(f, "bends:\n"
                            "  - {at: synthesis.b8.conv1, filter: ablate, muted: yes}\n"
                            "  - {at: synthesis.b16.conv1, filter: invert, features: {random: 0.5}, muted: false}\n",
                         "bends: [{at: synthesis.b16.conv1, filter: invert, features: {random: 0.5, seed: 1}}]");
    assert_same_pictures(f, "bends:\n"
                            "  - {at: z, set: missing.npy, muted: true}\n"
                            "  - {w: 2, truncation: 0, muted: true}\n"
                            "  - {w: all, style: 7, muted: true}\n"
                            "  - {at: synthesis.b8.conv1, noise: off, muted: true}\n"
                            "  - {at: synthesis.b8.conv1, disable: true, muted: true}\n"
                            "  - {at: synthesis.b8.conv1, activation: relu, muted: true}\n"
                            "  - {at: synthesis.b8.conv1, paint: {mask: no.png, colours: {red: nose}}, muted: true}\n"
                            "  - {at: synthesis.b8.conv1, filter: blur, features: {cluster: 1}, muted: true}\n", NULL);
}

static void muted_bends_are_described_and_checked(void **state) {
    fixture *f = *state;
    assert_described(f, "bends:\n"
                        "  - {at: [synthesis.b16.conv1, 7], filter: rotate, angle: 30, muted: true}\n"
                        "  - {w: 0-1, style: 9, muted: true}\n"
                        "  - {w: all, truncation: 0.5, muted: true}\n",
                     "synthesis.b16.conv1, node 7: muted; otherwise rotate angle 30\n"
                     "w 0, w 1: muted; otherwise the w of seed 9\n"
                     "every w: muted; otherwise truncated by 0.5\n");
    assert_refused(f, "bends: [{at: x, filter: rotat, muted: true}]", "the nearest is 'rotate'");
    assert_refused(f, "bends: [{at: x, filter: rotate, muted: perhaps}]",
                   "here.yaml:1:40: muted is 'perhaps'; expected true or false");
    assert_refused(f, "bends: [{muted: true}]", "the bend has no action");
}

static void a_parameter_of_a_muted_bend_has_no_effect(void **state) {
    fixture *f = *state;
    static float image[IMAGE];
    gb_render_stats stats;
    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse("parameters: {a: 1}\nbends:\n  - {at: z, add: {1: 2}, times: $a, muted: true}\n"
                              "  - {at: synthesis.b8.conv1, filter: multiply, factor: $a, muted: true}\n");
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, image, &err));
    OK(gb_recipe_set(recipe, "a", 5, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, image, &err));
    gb_session_stats(session, &stats);
    assert_int_equal(stats.nodes_run, 0);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ vectors */

static void vectors_in_a_recipe_paint_like_those_of_a_library(void **state) {
    fixture *f = *state;
    static float values[C], maps[C * SIDE * SIDE];
    char library[64], with_file[256], inside[2048] = "vectors:\n  ear: [1, 2]\n  nose: [";
    for (int i = 0; i < C; i++) {
        values[i] = (float)(i - 20) / 8;
        snprintf(inside + strlen(inside), sizeof inside - strlen(inside), "%s%g", i ? ", " : "", (double)values[i]);
    }
    snprintf(inside + strlen(inside), sizeof inside - strlen(inside),
             "]\nbends: [{at: synthesis.b16.conv1, paint: {vector: nose, grid: 2}}]");
    snprintf(library, sizeof library, "test_recipe_inline.%d.npz", (int)getpid());
    gb_npz *npz;
    OK(gb_npz_new(library, &npz, &err));
    OK(gb_npz_add(npz, "vector/nose", 1, (const int64_t[]){C}, values, &err));
    OK(gb_npz_finish(npz, &err));
    gb_npz_free(npz);
    snprintf(with_file, sizeof with_file,
             "vectors: %s\nbends: [{at: synthesis.b16.conv1, paint: {vector: nose, grid: 2}}]", library);
    assert_same_pictures(f, inside, with_file);
    read_boundary(f, inside, "synthesis.b16.conv1", maps, NULL);
    for (int c = 0; c < C; c++)
        assert_memory_equal(&maps[c * SIDE * SIDE], &values[c], sizeof *values);
    unlink(library);
}

static void vectors_in_a_recipe_are_checked(void **state) {
    fixture *f = *state;
    assert_refused(f, "vectors: {nose: [1, x]}\nbends: []", "here.yaml:1:21: the value is 'x'; expected a number");
    assert_refused(f, "vectors: {nose: []}\nbends: []",
                   "here.yaml:1:17: vector 'nose': expected a list of 1 to 65536 numbers");
    assert_refused(f, "vectors: {nose: 3}\nbends: []",
                   "here.yaml:1:17: vector 'nose': expected a list of 1 to 65536 numbers");
    assert_refused(f, "vectors: {nose: [1e39]}\nbends: []", "expected -1e+30 to 1e+30");
    assert_refused(f, "vectors: {keep: [1]}\nbends: []", "here.yaml:1:11: 'keep' cannot be the name of a vector");
    assert_refused(f, "vectors: {a.npy: [1]}\nbends: []", "'a.npy' cannot be the name of a vector");
    assert_refused(f, "vectors: [1, 2]\nbends: []", "vectors is a list; expected text");
    assert_refused(f, "vectors: {nose: [1, 2]}\nbends: [{at: synthesis.b16.conv1, paint: nosse}]",
                   "here.yaml:2:9: there is no vector 'nosse' under 'vectors'; the nearest is 'nose'");
    assert_refused(f, "vectors: {nose: [1, 2]}\nbends: [{at: synthesis.b16.conv1, paint: nose}]",
                   "the vector has 2 values, but 'synthesis.b16.conv1' has 40 channels");
    assert_refused(f, "vectors: {}\nbends: [{at: synthesis.b16.conv1, paint: nose}]",
                   "there is no vector 'nose' under 'vectors'");
}

/* ------------------------------------------------------------------------------------------------ clusters */

static void clusters_in_a_recipe_are_lists_or_in_the_format_of_files(void **state) {
    fixture *f = *state;
    assert_described(f, "clusters:\n"
                        "  synthesis.b16.conv1: [[9, 5, 5, 0], [], [1, 2]]\n"
                        "  3: [{feature_index: 4, cluster_index: 1}, {feature_index: 7, cluster_index: 0}, [6]]\n"
                        "bends:\n"
                        "  - {at: synthesis.b16.conv1, filter: invert, features: {cluster: 0}}\n"
                        "  - {at: synthesis.b16.conv1, filter: invert, features: {cluster: [0, 2]}}\n"
                        "  - {at: synthesis.b16.conv0, filter: invert, features: {cluster: 1-2}}\n",
                     "synthesis.b16.conv1: invert, on 3 of 40 features in cluster 0\n"
                     "synthesis.b16.conv1: invert, on 5 of 40 features in clusters 0, 2\n"
                     "synthesis.b16.conv0: invert, on 2 of 40 features in clusters 1, 2\n");
    assert_same_pictures(f, "clusters: {synthesis.b16.conv1: [[9, 5, 5, 0], [1]]}\n"
                            "bends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: 0}}]",
                         "bends: [{at: synthesis.b16.conv1, filter: invert, features: [0, 5, 9]}]");
}

static void clusters_of_the_command_line_and_of_a_bend_override_the_recipes(void **state) {
    fixture *f = *state;
    char text[TEXT] = "";
    gb_recipe *recipe = parse("clusters: {synthesis.b16.conv1: [[1, 2, 3]]}\n"
                              "bends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: 0}}]");
    OK(gb_recipe_set_clusters(recipe, "tests/fixtures/recipes/clusters.yaml", &err));
    OK(gb_recipe_describe(recipe, f->model, gather, text, &err));
    assert_string_equal(text, "synthesis.b16.conv1: invert, on 1 of 40 features in cluster 0\n");
    gb_recipe_free(recipe);
    assert_described(f, "clusters: {synthesis.b16.conv1: [[1, 2, 3]]}\n"
                        "bends: [{at: synthesis.b16.conv1, filter: invert, "
                        "features: {cluster: 0, file: tests/fixtures/recipes/clusters.yaml}}]",
                     "synthesis.b16.conv1: invert, on 1 of 40 features in cluster 0\n");
}

static void clusters_in_a_recipe_are_checked(void **state) {
    fixture *f = *state;
    assert_refused(f, "clusters: {synthesis.b16.conv1: [[0, x]]}\nbends: []",
                   "here.yaml:1:38: expected the number of a feature");
    assert_refused(f, "clusters: {synthesis.b16.conv1: [[0, [1]]]}\nbends: []",
                   "here.yaml:1:38: expected the number of a feature");
    assert_refused(f, "clusters: {synthesis.b16.conv1: [3]}\nbends: []",
                   "here.yaml:1:34: expected 'feature_index' and 'cluster_index' with integers");
    assert_refused(f, "clusters: {synthesis.b16.conv1: {0: 1}}\nbends: []",
                   "here.yaml:1:33: expected a list of features with their clusters");
    assert_refused(f, "clusters: [1]\nbends: []", "clusters is a list; expected text");
    assert_refused(f, "clusters: {synthesis.b16.conv1: [[0, 99]]}\n"
                      "bends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: 0}}]",
                   "here.yaml:1:38: feature 99, but 'synthesis.b16.conv1' has 0 to 39");
    assert_refused(f, "clusters: {synthesis.b16.conv1: [[0], [1]]}\n"
                      "bends: [{at: synthesis.b16.conv1, filter: invert, features: {cluster: 2}}]",
                   "no feature of 'synthesis.b16.conv1' is in that cluster; it has clusters 0 to 1");
}

/* ------------------------------------------------------------------------------------------------ pictures */

static void a_mask_in_a_recipe_paints_like_one_in_a_file(void **state) {
    fixture *f = *state;
    char path[64], vector[64], with_file[512], inside[512];
    uint8_t rgb[4 * 4 * 3] = {0};
    float values[C] = {3, -2};
    for (int i = 0; i < 16; i++)
        rgb[3 * i + (i % 4 < 2 ? 0 : 1)] = 255;
    snprintf(path, sizeof path, "test_recipe_inline.%d.png", (int)getpid());
    snprintf(vector, sizeof vector, "test_recipe_inline.%d.npy", (int)getpid());
    OK(gb_png_write(path, 4, 4, rgb, NULL, 0, &err));
    OK(gb_npy_save(vector, 1, (const int64_t[]){C}, values, &err));
    const char *const form = "bends: [{at: synthesis.b16.conv1, paint: {mask: '%s', colours: {red: %s, other: keep}}}]";
    snprintf(with_file, sizeof with_file, form, path, vector);
    snprintf(inside, sizeof inside, form, MASK, vector);
    assert_same_pictures(f, inside, with_file);
    snprintf(with_file, sizeof with_file, "synthesis.b16.conv1: painted by the mask in the recipe, #ff0000 '%s', the "
                                          "rest kept\n", vector);
    assert_described(f, inside, with_file);
    snprintf(inside, sizeof inside, "bends: [{at: synthesis.b16.conv1, paint: {mask: '%s', colours: {red: %s}}}]", MASK,
             vector);
    assert_refused(f, inside, "the picture in the recipe: the pixel at row 0, column 2 is #00ff00");
    unlink(path);
    unlink(vector);
}

static void a_recipe_tells_what_it_paints(void **state) {
    fixture *f = *state;
    char text[TEXT], list[TEXT] = "";
    gb_session *session = interactive_session(f->model), *other = interactive_session(f->model);
    gb_painted p;
    for (int i = 0; i < C; i++)
        strcat(list, i ? ", 1" : "1");
    snprintf(text, sizeof text, "vectors: {eye: [%s], nose: [%s]}\nbends:\n"
             "  - {at: synthesis.b8.conv1, filter: invert}\n"
             "  - {at: synthesis.b16.conv1, paint: {mask: '%s', colours: {red: nose, blue: nose, green: eye}}}\n"
             "  - {at: [synthesis.b8.conv1, synthesis.b4.conv1], paint: {vector: eye, grid: 2}}\n", list, list, MASK);
    gb_recipe *recipe = parse(text);
    assert_false(gb_recipe_painted(recipe, session, 0, &p));
    OK(gb_recipe_apply(recipe, session, &err));
    assert_true(gb_recipe_painted(recipe, session, 0, &p));
    assert_string_equal(p.name, "synthesis.b16.conv1");
    assert_int_equal(p.node, gb_model_find(f->model, p.name));
    assert_int_equal(p.step, 1);
    assert_int_equal(p.vector_count, 2);
    assert_true(p.height == SIDE && p.width == SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_int_equal(p.vector[i], i % SIDE < SIDE / 2 ? 0 : 1);
    assert_true(gb_recipe_painted(recipe, session, 2, &p));
    assert_string_equal(p.name, "synthesis.b4.conv1");
    for (int i = 0; i < 4 * 4; i++)         /* one block of 2×2, since a second would touch the edge */
        assert_int_equal(p.vector[i], i % 4 < 2 && i / 4 < 2 ? 0 : -1);
    assert_false(gb_recipe_painted(recipe, session, 3, &p));
    assert_false(gb_recipe_painted(recipe, other, 0, &p));
    assert_string_equal(gb_recipe_vector_name(recipe, 1, 0), "nose");
    assert_string_equal(gb_recipe_vector_name(recipe, 1, 1), "eye");
    assert_null(gb_recipe_vector_name(recipe, 1, 2));
    assert_string_equal(gb_recipe_vector_name(recipe, 2, 0), "eye");
    assert_null(gb_recipe_vector_name(recipe, 0, 0));
    assert_null(gb_recipe_vector_name(recipe, 3, 0));
    OK(gb_session_unbend(session, 0, &err));
    assert_false(gb_recipe_painted(recipe, session, 0, &p));
    gb_recipe_free(recipe);
    gb_session_free(session);
    gb_session_free(other);
}

/* Where the left half of the mask is painted in image `number`: its first column. The whole of it must be somewhere. */
static int place_of(const gb_recipe *recipe, gb_session *session, uint64_t number) {
    gb_painted p;
    int first = SIDE;
    OK(gb_session_redraw(session, number, &err));
    assert_true(gb_recipe_painted(recipe, session, 0, &p));
    for (int x = 0; x < SIDE && first == SIDE; x++)
        if (p.vector[x] >= 0)
            first = x;
    assert_true(first <= SIDE / 2);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_int_equal(p.vector[i], i % SIDE >= first && i % SIDE < first + SIDE / 2 ? 0 : -1);
    return first;
}

static void a_mask_is_moved_to_another_place_for_each_picture(void **state) {
    fixture *f = *state;
    enum { PICTURES = 8 };
    static float image[IMAGE], again[IMAGE];
    char text[TEXT], list[TEXT] = "";
    int place[PICTURES], places = 0;
    bool seen[SIDE] = {false};
    for (int i = 0; i < C; i++)
        strcat(list, i ? ", 9" : "9");
    snprintf(text, sizeof text, "vectors: {nose: [%s]}\nbends:\n"
             "  - {at: synthesis.b16.conv1, paint: {mask: '%s', colours: {red: nose, green: keep}, place: random, seed: 3}}\n", list,
             MASK);
    gb_recipe *recipe = parse(text);
    gb_session *session = interactive_session(f->model);
    OK(gb_recipe_apply(recipe, session, &err));
    for (int i = 0; i < PICTURES; i++) {
        place[i] = place_of(recipe, session, (uint64_t)i);
        places += !seen[place[i]];
        seen[place[i]] = true;
        OK(gb_session_render(session, image, &err));
        gb_session *fresh = interactive_session(f->model);
        gb_recipe *same = parse(text);
        OK(gb_session_redraw(fresh, (uint64_t)i, &err));
        OK(gb_recipe_apply(same, fresh, &err));
        OK(gb_session_render(fresh, again, &err));
        assert_memory_equal(image, again, sizeof image);
        gb_recipe_free(same);
        gb_session_free(fresh);
    }
    assert_true(places >= 3);
    assert_int_equal(place_of(recipe, session, 2), place[2]);
    gb_recipe_free(recipe);
    gb_session_free(session);
    assert_refused(f, "bends: [{at: synthesis.b8.conv1, paint: {vector: nose, place: random}}]", "only what a mask paints");
    assert_refused(f, "bends: [{at: synthesis.b8.conv1, paint: {mask: m.png, colours: {red: nose}, place: left}}]", "expected random");
    assert_refused(f, "bends: [{at: synthesis.b8.conv1, paint: {mask: m.png, colours: {red: nose}, seed: 3}}]", "place: random");
}

static void an_image_becomes_the_values_of_a_map(void **state) {
    fixture *f = *state;
    enum { MAP = R * R };
    static float before[MAP], set[MAP], added[MAP], image[IMAGE], plain[IMAGE];
    const char *const at = "synthesis.b32.conv1.noise_const";
    read_boundary(f, NULL, at, before, plain);
    read_boundary(f, "bends: [{at: synthesis.b32.conv1.noise_const, set: {image: '" GREY "', low: -4, high: 4}}]", at,
                  set, image);
    assert_memory_not_equal(image, plain, sizeof plain);
    read_boundary(f, "bends: [{at: synthesis.b32.conv1.noise_const, add: {image: '" GREY "', low: -4, high: 4}, "
                     "times: 0.5}]", at, added, NULL);
    for (int i = 0; i < MAP; i++) {
        bool right = i % R >= R / 2, low = i >= MAP / 2;
        float value = right ? 4 : low ? (float)(-4 + 8 * 128.0 / 255) : -4;
        float wanted_set = right && low ? before[i] : value, wanted_added = before[i] + (right && low ? 0 : value / 2);
        assert_memory_equal(&set[i], &wanted_set, sizeof *set);
        assert_memory_equal(&added[i], &wanted_added, sizeof *added);
    }
}

static void images_come_from_files_too_and_colours_become_grey(void **state) {
    fixture *f = *state;
    static float set[R * R];
    char path[64], text[256], words[256];
    const uint8_t rgb[] = {255, 0, 0, 10, 10, 10};
    snprintf(path, sizeof path, "test_recipe_inline.%d.png", (int)getpid());
    OK(gb_png_write(path, 2, 1, rgb, NULL, 0, &err));
    snprintf(text, sizeof text, "parameters: {much: 1}\nbends: [{at: synthesis.b32.conv1.noise_const, set: {image: %s, "
                                "low: 0, high: 255}, times: $much}]", path);
    read_boundary(f, text, "synthesis.b32.conv1.noise_const", set, NULL);
    assert_true(set[0] >= 76 && set[0] <= 76 && set[R - 1] >= 10 && set[R - 1] <= 10);
    snprintf(words, sizeof words, "synthesis.b32.conv1.noise_const: set to %s, black as 0 and white as 255, times 1 "
                                  "($much, -inf to inf)\n", path);
    assert_described(f, text, words);

    gb_session *session = interactive_session(f->model);
    gb_recipe *recipe = parse(text);
    static float image[IMAGE];
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_tap(session, "synthesis.b32.conv1.noise_const", &err));
    OK(gb_recipe_set(recipe, "much", -2, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, image, &err));
    OK(gb_session_read(session, gb_model_find(f->model, "synthesis.b32.conv1.noise_const"), set, &err));
    assert_true(set[0] >= -152 && set[0] <= -152);
    gb_recipe_free(recipe);
    gb_session_free(session);
    unlink(path);
}

static void invalid_pictures_are_refused(void **state) {
    fixture *f = *state;
    static const struct { const char *image, *words;
    } wrong[] = {
        {"data:image/jpeg;base64,AAAA",
         "here.yaml:1:26: image begins with 'data:image/jpeg;base64,AAAA'; expected 'data:image/png;base64,'"},
        {HEAD, "image: its base64 has 0 characters; expected a multiple of 4"},
        {HEAD "AAAAA", "image: its base64 has 5 characters; expected a multiple of 4"},
        {HEAD "AA A", "image: character 3 of its base64 is invalid"},
        {HEAD "AA-A", "image: character 3 of its base64 is invalid"},
        {HEAD "=AAA", "image: character 1 of its base64 is invalid"},
        {HEAD "A===", "image: character 2 of its base64 is invalid"},
        {HEAD "====", "image: character 1 of its base64 is invalid"},
        {HEAD "AA==AAAA", "image: character 3 of its base64 is invalid"},
        {HEAD "AB==", "image: character 2 of its base64 is invalid"}, /* unused bits are not zero */
        {HEAD "AAB=", "image: character 3 of its base64 is invalid"},
        {HEAD "AAAA", "the picture in the recipe: "}, /* base64, but no PNG */
        {"none.png", "none.png"},
        {"", "image is nothing; expected text"},
    };
    char text[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "bends: [{set: {image:    '%s', low: 0, high: 1}, at: synthesis.b8.conv1."
                                    "noise_const}]", wrong[i].image);
        assert_refused(f, text, wrong[i].words);
    }
    assert_refused(f, "bends: [{at: z, set: {image: a.png, low: 1}}]",
                   "here.yaml:1:22: an image needs low and high, the values of black and white; high is missing");
    assert_refused(f, "bends: [{at: z, set: {image: a.png, low: 1, high: 2, heigh: 1}}]", "the nearest is 'high'");
    assert_refused(f, "bends: [{at: synthesis.b8.conv1, set: {image: '" GREY "', low: 0, high: 1}}]",
                   "'synthesis.b8.conv1' has 40 channels: an image needs a boundary of one map");
    assert_refused(f, "bends: [{at: z, add: {image: '" GREY "', low: 0, high: 1}}]", "'z' has 24 channels");
}

static void encode(const uint8_t *bytes, size_t size, char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < size ? bytes[i + 2] : 0;
        for (int k = 0; k < 4; k++)
            *text++ = i + (size_t)k <= size ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    *text = '\0';
}

/* Headers of 4096×4096 pixels: five of them exceed the limit before any is decoded. */
static void the_pictures_of_a_recipe_share_a_limit(void **state) {
    fixture *f = *state;
    static const uint8_t header[24] = {137, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R',
                                       0, 0, 16, 0, 0, 0, 16, 0};
    char base64[40], text[1024] = "bends:";
    encode(header, sizeof header, base64);
    for (int i = 0; i < 5; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "\n- {at: synthesis.b8.conv1.noise_const, add: {image: '" HEAD
                                                  "%s', low: 0, high: 1}}", base64);
    }
    assert_refused(f, text, "here.yaml:6:53: image: with it the pictures in this recipe have more than 67 million "
                            "pixels");
}

/* Truncated at every length, and with every byte inverted: it is read or refused with a message. */
static void damaged_pictures_in_a_recipe_are_refused(void **state) {
    fixture *f = *state;
    uint8_t bytes[1024];
    const uint8_t rgb[] = {255, 0, 0, 10, 10, 10};
    char path[64], text[2048];
    gb_session *session = interactive_session(f->model);
    snprintf(path, sizeof path, "test_recipe_inline.%d.png", (int)getpid());
    OK(gb_png_write(path, 2, 1, rgb, NULL, 0, &err));
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    unlink(path);
    int done = 0;
    for (size_t i = 0; i <= 2 * size; i++) {
        size_t used = (size_t)snprintf(text, sizeof text, "bends: [{at: synthesis.b32.conv1.noise_const, add: {low: 0, "
                                                          "high: 1, image: '" HEAD);
        if (i > size)
            bytes[i - size - 1] ^= 0xFF;
        encode(bytes, i > size ? size : i, text + used);
        if (i > size)
            bytes[i - size - 1] ^= 0xFF;
        used = strlen(text);
        snprintf(text + used, sizeof text - used, "'}}]");
        gb_recipe *recipe = NULL;
        memset(&err, 0, sizeof err);
        if (!gb_recipe_parse(text, strlen(text), "here.yaml", &recipe, &err))
            done += !gb_recipe_apply(recipe, session, &err);
        if (i == size)
            OK(err.status);
        else if (i + 12 < size)             /* the last chunk, IEND, has no pixels */
            assert_int_equal(err.status, GB_BAD_FILE);
        gb_recipe_free(recipe);
        OK(gb_session_unbend(session, 0, &err));
    }
    assert_true(done >= 1);
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ styles */

static void a_share_of_another_w_lies_between_the_two(void **state) {
    fixture *f = *state;
    float own[Z], other[Z], mixed[Z];
    read_boundary(f, NULL, "synthesis.w3", own, NULL);
    read_boundary(f, "bends: [{w: 3, style: 9}]", "synthesis.w3", other, NULL);
    read_boundary(f, "bends: [{w: 3, style: {seed: 9, share: 0.25}}]", "synthesis.w3", mixed, NULL);
    for (int i = 0; i < Z; i++) {
        float wanted = 0.75f * own[i] + 0.25f * other[i];
        assert_memory_equal(&mixed[i], &wanted, sizeof wanted);
    }
    read_boundary(f, "bends: [{w: 3, style: {seed: 9, share: 0}}]", "synthesis.w3", mixed, NULL);
    assert_memory_equal(mixed, own, sizeof own);
    read_boundary(f, "bends: [{w: 3, style: {seed: 9, share: 1}}]", "synthesis.w3", mixed, NULL);
    assert_memory_equal(mixed, other, sizeof other);
}

static void the_share_of_a_style_can_be_a_parameter(void **state) {
    fixture *f = *state;
    static float moved[IMAGE], image[IMAGE];
    char text[TEXT] = "";
    gb_session *session = interactive_session(f->model);
    gb_recipe_param param;
    gb_recipe *recipe = parse("parameters: {t: 0.5}\nbends:\n  - {w: 4-7, style: {seed: 9, share: $t}}\n"
                              "  - {w: 4-7, filter: clamp, low: -0.5, high: 0.5}\n");
    assert_true(gb_recipe_param_at(recipe, 0, &param));
    assert_true(param.low >= 0 && param.low <= 0 && param.high >= 1 && param.high <= 1);
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    OK(gb_recipe_set(recipe, "t", 0.75, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    OK(gb_recipe_describe(recipe, f->model, gather, text, &err));
    assert_non_null(strstr(text, "synthesis.w4, synthesis.w5, synthesis.w6, synthesis.w7: a share of 0.75 ($t, 0 to 1) "
                                 "of the w of seed 9\n"));
    gb_recipe_free(recipe);
    gb_session_free(session);
    float z[Z];
    read_boundary(f, "bends:\n  - {w: 4-7, style: {seed: 9, share: 0.75}}\n"
                     "  - {w: 4-7, filter: clamp, low: -0.5, high: 0.5}\n", "z", z, image);
    assert_memory_equal(moved, image, sizeof image);
    assert_refused(f, "bends: [{w: 4, style: {seed: 9, share: 1.5}}]", "share is '1.5'; expected a number from 0 to 1");
}

/* ------------------------------------------------------------------------------------------------ all of it */

static void a_recipe_as_json_gives_the_same_picture(void **state) {
    fixture *f = *state;
    static float x[IMAGE], y[IMAGE], plain[IMAGE];
    const char *json;
    float z[Z];
    gb_recipe *recipe = NULL;
    gb_session *session = interactive_session(f->model);
    OK(gb_recipe_open("tests/fixtures/recipes/inline.yaml", &recipe, &err));
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, x, &err));
    OK(gb_recipe_json(recipe, &json, &err));
    read_boundary(f, json, "z", z, y);
    read_boundary(f, NULL, "z", z, plain);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, plain, sizeof x);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

/* A direction in the recipe does what the same numbers added to the w's do, in its own layers or those that are named. */
static void directions_in_the_recipe(void **state) {
    fixture *f = *state;
    char numbers[512] = "[", text[TEXT], add[TEXT];
    gb_recipe *recipe = NULL;
    static float before[IMAGE], after[IMAGE];
    float z[Z];
    for (int i = 0; i < Z; i++)
        snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%s%g", i ? ", " : "", (i - 7) * 0.25);
    snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "]");
    char list[1024] = "{";
    for (int i = 0; i < Z; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%d: %g", i ? ", " : "", i, (i - 7) * 0.25);
    snprintf(list + strlen(list), sizeof list - strlen(list), "}");
    snprintf(text, sizeof text, "directions: {up: {vector: %s, deviation: 0.5, layers: 1-3}}\nbends: [direction: {name: up, amount: 2}]",
             numbers);
    snprintf(add, sizeof add, "bends: [{w: 1-3, add: %s}]", list);
    assert_same_pictures(f, text, add);
    snprintf(text, sizeof text, "directions: {up: %s}\nbends: [direction: {name: up, layers: 1-3}]", numbers);
    assert_same_pictures(f, text, add);
    read_boundary(f, NULL, "z", z, before);
    read_boundary(f, text, "z", z, after);
    assert_memory_not_equal(before, after, sizeof before);
    static const char *const wrong[][2] = {
        {"directions: {up: [1, x]}\nbends: []", "the value"},
        {"directions: {up: {deviation: 1}}\nbends: []", "the vector is missing"},
        {"directions: {up: {vector: [1], layers: [0, 2]}}\nbends: []", "one range"},
        {"directions: {up: {vector: [1], space: s}}\nbends: []", "not w or z"},
        {"directions: {'a b': [1]}\nbends: []", "not a valid name"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_not_equal(gb_recipe_parse(wrong[i][0], strlen(wrong[i][0]), "here.yaml", &recipe, &err), GB_OK);
        if (!strstr(err.message, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], err.message);
    }
}

/* ------------------------------------------------------------------------------------------------ embedded files */

static char folder[] = "/tmp/ganbend-embed-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A file of directions with one, "up". */
static void write_direction(const char *name, float first) {
    float values[Z];
    gb_directions *directions;
    for (int i = 0; i < Z; i++)
        values[i] = first + 0.1f * (float)i;
    OK(gb_directions_new(&directions, &err));
    OK(gb_directions_add(directions, &(gb_direction){"up", GB_LATENT_W, Z, values, 0.7f, 0, -1}, &err));
    OK(gb_directions_save(directions, in_folder(name), &err));
    gb_directions_free(directions);
}

static void write_vectors(void) {
    float values[C];
    gb_npz *npz;
    for (int i = 0; i < C; i++)
        values[i] = (float)(i - 20) / 3;
    OK(gb_npz_new(in_folder("v.npz"), &npz, &err));
    OK(gb_npz_add(npz, "vector/nose", 1, &(int64_t){C}, values, &err));
    OK(gb_npz_finish(npz, &err));
    gb_npz_free(npz);
    values[0] = 9;
    OK(gb_npy_save(in_folder("own.npy"), 1, &(int64_t){C}, values, &err));
}

static void write_other_files(void) {
    uint8_t pixels[4 * 4 * 3] = {0};
    FILE *file;
    for (int i = 0; i < 16; i++)
        pixels[3 * i + (i % 4 < 2 ? 0 : 1)] = 255;
    OK(gb_png_write(in_folder("m.png"), 4, 4, pixels, NULL, 0, &err));
    file = fopen(in_folder("c.yaml"), "w");
    assert_non_null(file);
    fputs("2:\n- {cluster_index: 1, feature_index: 5}\n- {cluster_index: 0, feature_index: 3}\n- {cluster_index: 1, feature_index: 0}\n",
          file);
    fclose(file);
}

static gb_recipe *parse_in_folder(const char *text) {
    gb_recipe *recipe = NULL;
    OK(gb_recipe_parse(text, strlen(text), in_folder("recipe.yaml"), &recipe, &err));
    return recipe;
}

static void files_that_a_recipe_names_are_embedded(void **state) {
    fixture *f = *state;
    static const char text[] =
        "directions: a.npz\nvectors: v.npz\nclusters: c.yaml\nparameters: {far: 1.5}\nbends:\n"
        "  - direction: {name: up, amount: $far}\n"
        "  - direction: {name: up, file: b.npz, layers: 1-2}\n"
        "  - {at: synthesis.b16.conv1, paint: {mask: m.png, colours: {red: nose, green: own.npy}}}\n"
        "  - {at: synthesis.b8.conv1, filter: multiply, factor: 3, features: {cluster: 1}}\n"
        "  - {at: synthesis.b32.conv1.noise_const, set: {image: m.png, low: -1, high: 1}}\n";
    static const char *const names[] = {"a.npz", "b.npz", "v.npz", "own.npy", "m.png", "c.yaml"};
    static float x[IMAGE], y[IMAGE], plain[IMAGE];
    float z[Z];
    const char *embedded;
    assert_non_null(mkdtemp(folder));
    write_direction("a.npz", -1);
    write_direction("b.npz", 0.3f);
    write_vectors();
    write_other_files();
    gb_recipe *recipe = parse_in_folder(text);
    gb_session *session = interactive_session(f->model);
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, x, &err));
    OK(gb_recipe_embed(recipe, &embedded, &err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(strstr(embedded, names[i]));
        assert_int_equal(unlink(in_folder(names[i])), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    read_boundary(f, embedded, "z", z, y);
    read_boundary(f, NULL, "z", z, plain);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, plain, sizeof x);
    assert_non_null(strstr(embedded, "$far"));
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void what_cannot_be_embedded_keeps_its_name(void **state) {
    (void)state;
    static const char *const texts[] = {
        "directions: missing.npz\nbends: [direction: up]",
        "bends: [{at: x, paint: {mask: missing.png, colours: {red: nose}}}]\nvectors: {nose: [1]}",
        "bends: [{at: x, filter: invert, features: {cluster: 1, file: missing-1.yaml}}, {at: x, filter: invert, features: "
        "{cluster: 1, file: missing-2.yaml}}]",
        "bends: [{at: x, set: missing.npy}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *json, *embedded;
        gb_recipe *recipe = parse(texts[i]);
        OK(gb_recipe_json(recipe, &json, &err));
        OK(gb_recipe_embed(recipe, &embedded, &err));
        assert_string_equal(embedded, json);
        assert_non_null(strstr(embedded, "missing"));
        gb_recipe_free(recipe);
    }
}

int main(void) {
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH(a_muted_bend_has_no_effect_and_keeps_its_position),
        WITH(muted_bends_are_described_and_checked),
        WITH(a_parameter_of_a_muted_bend_has_no_effect),
        WITH(vectors_in_a_recipe_paint_like_those_of_a_library),
        WITH(vectors_in_a_recipe_are_checked),
        WITH(clusters_in_a_recipe_are_lists_or_in_the_format_of_files),
        WITH(clusters_of_the_command_line_and_of_a_bend_override_the_recipes),
        WITH(clusters_in_a_recipe_are_checked),
        WITH(a_mask_in_a_recipe_paints_like_one_in_a_file),
        WITH(a_recipe_tells_what_it_paints),
        WITH(a_mask_is_moved_to_another_place_for_each_picture),
        WITH(an_image_becomes_the_values_of_a_map),
        WITH(images_come_from_files_too_and_colours_become_grey),
        WITH(invalid_pictures_are_refused),
        WITH(damaged_pictures_in_a_recipe_are_refused),
        WITH(the_pictures_of_a_recipe_share_a_limit),
        WITH(a_share_of_another_w_lies_between_the_two),
        WITH(the_share_of_a_style_can_be_a_parameter),
        WITH(a_recipe_as_json_gives_the_same_picture),
        WITH(directions_in_the_recipe),
        WITH(files_that_a_recipe_names_are_embedded),
        WITH(what_cannot_be_embedded_keeps_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
