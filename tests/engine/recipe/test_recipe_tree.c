/* Other uses of recipes: reading the inputs of the image, conversion to JSON and back, and confining files to the
 * recipe's folder. */
#define _POSIX_C_SOURCE 200809L      /* symlink */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/ok.h"

int run_modulator_tests(void);     /* test_modulators.c */

static gb_recipe *parse_as(const char *text, const char *name) {
    gb_recipe *recipe = NULL;
    if (gb_recipe_parse(text, strlen(text), name, &recipe, &err))
        fail_msg("%s in\n%s", err.message, text);
    return recipe;
}

static gb_recipe *parse(const char *text) {
    return parse_as(text, "r");
}

/* ------------------------------------------------------------------------------------------------ inputs */

static void inputs_are_returned_as_written(void **state) {
    static const char *const wanted[][2] = {{"seeds", "0-15,40"}, {"rng", "numpy"},  {"class", "207:0.7,88:0.3"},
                                            {"trunc", "0.70"},    {"cutoff", "8"},   {"noise", "random:5"}};
    const char *name, *text;
    gb_recipe *recipe = parse("inputs: {noise: 'random:5', seeds: '0-15,40', rng: numpy, class: \"207:0.7,88:0.3\", "
                              "trunc: 0.70, cutoff: 8}\nbends: []");
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        assert_true(gb_recipe_input_at(recipe, i, &name, &text));
        assert_string_equal(name, wanted[i][0]);
        assert_string_equal(text, wanted[i][1]);
    }
    assert_false(gb_recipe_input_at(recipe, 6, &name, &text));
    gb_recipe_free(recipe);
    recipe = parse("inputs:\n  image: 2\n  w:\n  - [1, -2.50]\n  - [3e-2, 4]\nbends: []");
    assert_true(gb_recipe_input_at(recipe, 0, &name, &text));
    assert_string_equal(name, "w");
    assert_string_equal(text, "[[1, -2.50], [3e-2, 4]]");
    gb_recipe_free(recipe);
    recipe = parse("bends: []");
    assert_false(gb_recipe_input_at(recipe, 0, &name, &text));
    gb_recipe_free(recipe);
    gb_recipe_free(parse("inputs: {seeds: 7}"));        /* inputs without bends */
}

static const struct { const char *text, *says; } refused[] = {
    {"inputs: {seed: 7}", "r:1:10: unknown key 'seed'; the nearest is 'seeds'"},
    {"inputs: 7", "r:1:9: expected lines of 'key: value' instead of '7'"},
    {"inputs: {seeds: [1, 2]}", "r:1:17: seeds is a list; expected text"},
    {"inputs: {seeds: }", "r:1:17: seeds is nothing; expected text"},
    {"inputs:\n  trunc: much", "r:2:10: trunc is 'much'; expected a number"},
    {"inputs: {trunc: .inf}", "r:1:17: trunc is .inf; expected -1e+30 to 1e+30"},
    {"inputs: {cutoff: -1}", "r:1:18: cutoff is '-1'; expected an integer from 0 to 1000"},
    {"inputs: {rng: nunpy}", "r:1:15: rng is 'nunpy'; expected numpy, torch or truncnorm; the nearest is 'numpy'"},
    {"inputs: {film: 5}", "r:1:10: unknown key 'film'; expected seeds, rng, z, w, class, steps, space, image, trunc, "
                          "cutoff, noise, redraw"},
    {"inputs: {z: file.npy}", "r:1:13: z: expected a list of numbers, or of lists of them"},
    {"inputs: {z: []}", "r:1:13: z: the list is empty"},
    {"inputs: {w: [[1, 2], [3, x]]}", "r:1:26: w is 'x'; expected a number"},
    {"inputs: {w: [[[[1]]]]}", "r:1:16: w: expected a list of numbers, or of lists of them"},
    {"inputs: {image: 0}", "r:1:17: image is '0'; expected an integer from 1 to 2147483647"},
    {"inputs: {steps: 1}", "r:1:17: steps is '1'; expected an integer from 2 to 100000"},
    {"inputs: {space: y}", "r:1:17: space is 'y'; expected z or w"},
    {"inputs: {redraw: yes}", "r:1:18: redraw is 'yes'; expected an integer from 0 to 4294967295"},
    {"input: {seeds: 1}\nbends: []", "r:1:1: unknown key 'input'; the nearest is 'inputs'"},
};

static void invalid_inputs_are_refused_with_line_and_column(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        gb_recipe *recipe = NULL;
        assert_int_equal(gb_recipe_parse(refused[i].text, strlen(refused[i].text), "r", &recipe, &err), GB_BAD_FILE);
        assert_string_equal(err.message, refused[i].says);
    }
}

/* ------------------------------------------------------------------------------------------------ JSON */

static void assert_json(const char *yaml, const char *wanted) {
    const char *json, *again;
    gb_recipe *recipe = parse(yaml), *back;
    OK(gb_recipe_json(recipe, &json, &err));
    assert_string_equal(json, wanted);
    back = parse(json);
    OK(gb_recipe_json(back, &again, &err));
    assert_string_equal(again, json);
    gb_recipe_free(back);
    gb_recipe_free(recipe);
}

static void maps_keep_their_order_and_aliases_are_expanded(void **state) {
    (void)state;
    assert_json("summary: two\n"
                "parameters: {turn: {value: 10, low: -90, high: 90}}\n"
                "bends:\n"
                "  - {at: [a, 3], filter: rotate, angle: $turn, features: &some {random: 0.5, seed: 7}}\n"
                "  - at: b\n"
                "    filter: invert\n"
                "    features: *some\n",
                "{\"summary\": \"two\", \"parameters\": {\"turn\": {\"value\": 10, \"low\": -90, \"high\": 90}}, "
                "\"bends\": [{\"at\": [\"a\", 3], \"filter\": \"rotate\", \"angle\": \"$turn\", \"features\": "
                "{\"random\": 0.5, \"seed\": 7}}, {\"at\": \"b\", \"filter\": \"invert\", \"features\": "
                "{\"random\": 0.5, \"seed\": 7}}]}");
    assert_json("bends: []", "{\"bends\": []}");
}

static void numbers_keep_their_digits_in_json_syntax(void **state) {
    (void)state;
    assert_json("bends: [{at: a, activation: poly, params: [1, -2.50, 1e-3, 2E+4, 0.1, 12345678901234567890]}]",
                "{\"bends\": [{\"at\": \"a\", \"activation\": \"poly\", \"params\": "
                "[1, -2.50, 1e-3, 2E+4, 0.1, 12345678901234567890]}]}");
    assert_json("bends: [{at: a, activation: poly, params: [+1, .5, -.5, 5., 007, -0, 00.5, 1.e2, +00]}]",
                "{\"bends\": [{\"at\": \"a\", \"activation\": \"poly\", \"params\": "
                "[1, 0.5, -0.5, 5, 7, -0, 0.5, 1e2, 0]}]}");
    /* Beyond the range of a double, or not a number: strings, which have the same meaning when they are read again. */
    assert_json(
        "parameters: {m: {value: 1, low: -.inf, high: .inf}}\nsummary: .nan\nbends: [{at: 1e999, filter: invert}]",
        "{\"parameters\": {\"m\": {\"value\": 1, \"low\": \"-.inf\", \"high\": \".inf\"}}, \"summary\": \".nan\", "
        "\"bends\": [{\"at\": \"1e999\", \"filter\": \"invert\"}]}");
    assert_json("bends: [{at: '30', filter: invert, features: 0-5}]",
                "{\"bends\": [{\"at\": \"30\", \"filter\": \"invert\", \"features\": \"0-5\"}]}");
}

static void yaml_booleans_other_than_true_and_false_stay_strings(void **state) {
    (void)state;
    assert_json("bends: [{at: a, noise: off}, {at: a, noise: false}, {at: b, disable: true}, {at: b, disable: yes}]",
                "{\"bends\": [{\"at\": \"a\", \"noise\": \"off\"}, {\"at\": \"a\", \"noise\": false}, "
                "{\"at\": \"b\", \"disable\": true}, {\"at\": \"b\", \"disable\": \"yes\"}]}");
    assert_json("bends: [{at: on, filter: invert}, {at: no, paint: 'true'}]",
                "{\"bends\": [{\"at\": \"on\", \"filter\": \"invert\"}, {\"at\": \"no\", \"paint\": \"true\"}]}");
    assert_json("transforms: [{layer: 1, transform: invert, params: ~, features: all, feature-param: null}]",
                "{\"transforms\": [{\"layer\": 1, \"transform\": \"invert\", \"params\": null, \"features\": \"all\", "
                "\"feature-param\": null}]}");
}

static void every_character_is_preserved(void **state) {
    static const char text[] =
        "summary: \"quote \\\" slash \\\\ / tab \\t line \\n bell \\x07 del \\x7f c1 \\x85\\x9f nbsp \\xa0 "
        "\\u2028\\u2029 bom \\ufeff none \\ufffe ä € 𝄞 \\U0001F600\"\nbends: []";
    (void)state;
    assert_json(text, "{\"summary\": \"quote \\\" slash \\\\ / tab \\u0009 line \\u000a bell \\u0007 del \\u007f c1 "
                      "\\u0085\\u009f nbsp \xC2\xA0 \\u2028\\u2029 bom \\ufeff none \\ufffe ä € 𝄞 😀\", \"bends\": []}");
    assert_json("summary: |\n  two\n  lines\nbends: []", "{\"summary\": \"two\\u000alines\\u000a\", \"bends\": []}");
    assert_json("bends: [{at: a, paint: {mask: m, colours: {'#ff0000': \"a\\nb\", other: keep}}}]",
                "{\"bends\": [{\"at\": \"a\", \"paint\": {\"mask\": \"m\", \"colours\": {\"#ff0000\": \"a\\u000ab\", "
                "\"other\": \"keep\"}}}]}");
}

static void json_expanded_beyond_the_size_limit_is_refused(void **state) {
    enum { LONG = 2 << 20 };
    char *text = malloc(LONG + 256);
    const char *json;
    (void)state;
    strcpy(text, "bends:\n- {at: &a \"");
    size_t used = strlen(text);
    memset(text + used, 'x', LONG);
    strcpy(text + used + LONG, "\", filter: invert}\n- {at: *a, filter: invert}\n- {at: *a, filter: invert}\n");
    gb_recipe *recipe = parse(text);
    assert_int_equal(gb_recipe_json(recipe, &json, &err), GB_BAD_FILE);
    assert_string_equal(err.message, "r: as JSON the recipe has more than 4194304 bytes");
    gb_recipe_free(recipe);
    free(text);
}

/* ------------------------------------------------------------------------------------------------ own folder */

typedef struct fixture {
    gb_context *context;
    gb_model *model;
    char path[64], folder[64];
} fixture;

enum { Z = 8 };

/* A folder with z.npy, sub/z.npy and links; out.npy beside it. */
static int setup(void **state) {
    static const float z[Z] = {1};
    fixture *f = calloc(1, sizeof *f);
    char path[256];
    snprintf(f->path, sizeof f->path, "test_recipe_tree.%d.gbw", (int)getpid());
    snprintf(f->folder, sizeof f->folder, "test_recipe_tree.%d", (int)getpid());
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &f->context, &err));
    OK(gb_init_stylegan2(f->context, f->path,
                         &(gb_stylegan2){.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = Z, .w_dim = Z,
                                         .mapping_layers = 2}, false, &err));
    OK(gb_model_open(f->context, f->path, &f->model, &err));
    assert_int_equal(mkdir(f->folder, 0777), 0);
    snprintf(path, sizeof path, "%s/sub", f->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    static const char *const files[] = {"/z.npy", "/sub/z.npy", ".out.npy"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->folder, files[i]);
        OK(gb_npy_save(path, 1, (const int64_t[]){Z}, z, &err));
    }
    *state = f;
    return 0;
}

static void link_in(const fixture *f, const char *to, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    assert_int_equal(symlink(to, path), 0);
}

static int teardown(void **state) {
    fixture *f = *state;
    static const char *const left[] = {"z.npy", "sub/z.npy", "in.npy", "out.npy", "outdoors", "sub", ""};
    char path[256];
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, left[i]);
        remove(path);
    }
    snprintf(path, sizeof path, "%s.out.npy", f->folder);
    remove(path);
    remove(f->path);
    gb_model_close(f->model);
    gb_context_free(f->context);
    free(f);
    return 0;
}

/* The message of applying a recipe that sets z from `file`; "" on success. */
static const char *said(const fixture *f, const char *file, bool confined) {
    char text[256], name[128];
    snprintf(text, sizeof text, "bends:\n  - {at: z, set: %s}\n", file);
    snprintf(name, sizeof name, "%s/r.yaml", f->folder);
    gb_recipe *recipe = parse_as(text, name);
    gb_session *session = NULL;
    OK(gb_session_new(f->model, NULL, &session, &err));
    if (confined)
        gb_recipe_confine(recipe);
    err.message[0] = '\0';
    gb_recipe_apply(recipe, session, &err);
    gb_session_free(session);
    gb_recipe_free(recipe);
    return err.message;
}

static void assert_message(const fixture *f, const char *file, const char *part) {
    const char *what = said(f, file, true);
    if (!strstr(what, "/r.yaml:2:10: ") || !strstr(what, part))
        fail_msg("'%s' does not say '%s' with its line", what, part);
}

static void a_confined_recipe_reads_only_files_in_its_folder(void **state) {
    fixture *f = *state;
    char out[128], absolute[4096 + 128], here[4096];
    link_in(f, "sub/z.npy", "in.npy");
    snprintf(out, sizeof out, "../%s.out.npy", f->folder);
    link_in(f, out, "out.npy");
    link_in(f, "..", "outdoors");
    assert_non_null(getcwd(here, sizeof here));
    snprintf(absolute, sizeof absolute, "%s/%s/z.npy", here, f->folder);

    assert_string_equal(said(f, "z.npy", true), "");
    assert_string_equal(said(f, "./sub//z.npy", true), "");
    assert_string_equal(said(f, "in.npy", true), "");
    assert_string_equal(said(f, out, false), "");
    assert_string_equal(said(f, "out.npy", false), "");

    assert_message(f, out, "is outside the recipe's folder");
    assert_message(f, "sub/../z.npy", "is outside the recipe's folder");
    assert_message(f, "..", "is outside the recipe's folder");
    assert_message(f, absolute, "is outside the recipe's folder");
    assert_message(f, "out.npy", "is a symbolic link to a file outside the recipe's folder");
    assert_message(f, "outdoors", "is a symbolic link to a file outside the recipe's folder");
    snprintf(out, sizeof out, "outdoors/%s.out.npy", f->folder);
    assert_message(f, out, "is a symbolic link to a file outside the recipe's folder");
    assert_message(f, "missing.npy", "no such file");
    assert_message(f, "..z.npy", "no such file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_returned_as_written),
        cmocka_unit_test(invalid_inputs_are_refused_with_line_and_column),
        cmocka_unit_test(maps_keep_their_order_and_aliases_are_expanded),
        cmocka_unit_test(numbers_keep_their_digits_in_json_syntax),
        cmocka_unit_test(yaml_booleans_other_than_true_and_false_stay_strings),
        cmocka_unit_test(every_character_is_preserved),
        cmocka_unit_test(json_expanded_beyond_the_size_limit_is_refused),
        cmocka_unit_test_setup_teardown(a_confined_recipe_reads_only_files_in_its_folder, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + run_modulator_tests();
}
