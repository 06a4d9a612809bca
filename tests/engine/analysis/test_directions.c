/* Directions found in fixture networks against those that scikit-learn, GANSpace's and SeFa's formulas give, and their
 * files. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/analysis/pca.h"
#include "engine/analysis/samples.h"
#include "engine/ganbend_analysis.h"
#include "tests/engine/arrays.h"

enum { FOUND = 5, WIDTH = 64, SAMPLES = 500, LAYER_SAMPLES = 300 };

static gb_context *context;
static gb_file *reference;
static char folder[] = "/tmp/ganbend-test-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static gb_model *convert(const char *checkpoint) {
    char in[128], out[64];
    gb_model *model;
    snprintf(in, sizeof in, "tests/fixtures/%s", checkpoint);
    snprintf(out, sizeof out, "%s/model.gbw", folder);
    OK(gb_convert(context, in, out, NULL, &err));
    OK(gb_model_read(context, out, &model, &err));
    unlink(out);
    return model;
}

/* |cosine| of each direction with the reference's row of the same number. */
static void assert_same_directions(const gb_directions *found, const char *name, double least) {
    float *rows = array_of(reference, name, FOUND * WIDTH);
    assert_true(gb_directions_count(found) >= FOUND);
    for (size_t i = 0; i < FOUND; i++) {
        gb_direction d;
        double product = 0, a = 0, b = 0;
        gb_directions_at(found, i, &d);
        assert_int_equal(d.width, WIDTH);
        for (size_t k = 0; k < WIDTH; k++) {
            double x = (double)d.vector[k], y = (double)rows[i * WIDTH + k];
            product += x * y;
            a += x * x;
            b += y * y;
        }
        if (!(fabs(product) >= least * sqrt(a * b)))
            fail_msg("%s %zu: |cosine| %.7f", name, i, fabs(product) / sqrt(a * b));
        assert_true(fabs(a - 1) < 1e-5);
    }
    free(rows);
}

static void components_of_w(void **state) {
    (void)state;
    gb_model *model = convert("nvlabs-skip-64.pkl");
    float *z = array_of(reference, "w/z", SAMPLES * WIDTH), *deviations = array_of(reference, "w/stdev_ddof1", FOUND);
    gb_directions *found;
    OK(gb_find_directions(model, &(gb_direction_options){.count = FOUND, .samples = SAMPLES, .z = z}, &found, &err));
    assert_same_directions(found, "w/components", 0.9999);
    for (size_t i = 0; i < FOUND; i++) {
        gb_direction d;
        gb_directions_at(found, i, &d);
        assert_int_equal(d.space, GB_LATENT_W);
        assert_true(fabs((double)(d.deviation / deviations[i]) - 1) < 1e-4);
    }
    gb_directions_free(found);
    free(deviations);
    free(z);
    gb_model_close(model);
}

/* Incremental, in two halves, as the reference was made. */
static void incremental_components_of_w(void **state) {
    (void)state;
    gb_model *model = convert("nvlabs-skip-64.pkl");
    float *z = array_of(reference, "w/z", SAMPLES * WIDTH), *w = malloc(SAMPLES * WIDTH * sizeof *w);
    float *deviations = array_of(reference, "w/ipca_stdev", FOUND), *mean = array_of(reference, "w/ipca_mean", WIDTH);
    float *components = array_of(reference, "w/ipca_components", FOUND * WIDTH);
    gb_samples samples;
    gb_pca pca;
    size_t n, done = 0;
    assert_non_null(w);
    OK(gb_samples_new(&samples, model, gb_latent_node(model), SAMPLES, 100, 0, z, &err));
    do {
        OK(gb_samples_next(&samples, w + done * WIDTH, NULL, &n, &err));
        done += n;
    } while (n);
    assert_int_equal(done, SAMPLES);
    assert_true(gb_pca_new(&pca, WIDTH, FOUND, false));
    assert_int_equal(gb_pca_add(&pca, w, SAMPLES / 2), GB_OK);
    assert_int_equal(gb_pca_add(&pca, w + SAMPLES / 2 * WIDTH, SAMPLES / 2), GB_OK);
    assert_int_equal(gb_pca_finish(&pca), GB_OK);
    for (size_t c = 0; c < FOUND; c++) {
        double product = 0;
        for (size_t i = 0; i < WIDTH; i++)
            product += (double)pca.components[c * WIDTH + i] * (double)components[c * WIDTH + i];
        assert_true(fabs(product) > 0.9999);
        assert_true(fabs(gb_pca_deviation(&pca, c) / (double)deviations[c] - 1) < 1e-3);
    }
    for (size_t i = 0; i < WIDTH; i++)
        assert_true(fabs(pca.mean[i] - (double)mean[i]) < 1e-4);
    gb_pca_free(&pca);
    gb_samples_free(&samples);
    free(w);
    free(z);
    free(deviations);
    free(mean);
    free(components);
    gb_model_close(model);
}

static void latents_of_a_layers_components(void **state) {
    (void)state;
    gb_model *model = convert("nvlabs-skip-64.pkl");
    float *z = array_of(reference, "w/z", SAMPLES * WIDTH);
    gb_directions *found;
    OK(gb_find_directions(model, &(gb_direction_options){.count = FOUND, .samples = LAYER_SAMPLES, .z = z,
                                                         .at = "synthesis.b8.conv1"}, &found, &err));
    assert_same_directions(found, "act/latent_directions", 0.999);
    gb_directions_free(found);
    free(z);
    gb_model_close(model);
}

static void closed_form_factorisation(void **state) {
    (void)state;
    gb_model *model = convert("nvlabs-skip-64.pkl");
    gb_directions *found;
    gb_direction d;
    OK(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_SEFA, .count = FOUND}, &found, &err));
    assert_same_directions(found, "sefa/all/directions", 0.9999);
    gb_directions_at(found, 0, &d);
    assert_int_equal(d.last_layer, -1);
    gb_directions_free(found);
    OK(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_SEFA, .count = FOUND, .first_layer = 1,
                                                         .layer_count = 4}, &found, &err));
    assert_same_directions(found, "sefa/layers1-4/directions", 0.9999);
    gb_directions_at(found, 0, &d);
    assert_int_equal(d.first_layer, 1);
    assert_int_equal(d.last_layer, 4);
    gb_directions_free(found);
    OK(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_SEFA, .count = 1, .layer_count = 1}, &found, &err));
    gb_directions_at(found, 0, &d);
    assert_true(d.first_layer == 0 && d.last_layer == 0);       /* the first layer alone */
    gb_directions_free(found);
    gb_model_close(model);
    model = convert("rosinality-64.pt");
    OK(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_FACTOR, .count = FOUND}, &found, &err));
    assert_same_directions(found, "factor/eigvec_first5", 0.9999);
    gb_directions_free(found);
    gb_model_close(model);
}

/* Moves the first sample along the second component at layers 2 to 5, by a recipe. */
static void a_recipe_moves_along_a_direction(void **state) {
    (void)state;
    enum { PICTURE = 3 * 64 * 64 };
    static const char text[] = "directions: moved.npz\n"
                               "parameters: {amount: 0}\n"
                               "bends:\n"
                               "  - direction: {name: pc1, amount: $amount, layers: 2-5}\n";
    gb_model *model = convert("nvlabs-skip-64.pkl");
    float *z = array_of(reference, "w/z", SAMPLES * WIDTH), *deviations = array_of(reference, "w/stdev_ddof0", FOUND);
    float *components = array_of(reference, "w/components", FOUND * WIDTH);
    float *expected = array_of(reference, "edit/image", PICTURE), *image = malloc(PICTURE * sizeof *image);
    float low = expected[0], high = expected[0], most = 0;
    char path[128];
    gb_directions *made;
    gb_recipe *recipe;
    gb_session *session;
    assert_non_null(image);
    strcpy(path, in_folder("moved.npz"));
    OK(gb_directions_new(&made, &err));
    OK(gb_directions_add(made, &(gb_direction){"pc1", GB_LATENT_W, WIDTH, components + WIDTH, deviations[1], 0, -1}, &err));
    OK(gb_directions_save(made, path, &err));
    OK(gb_recipe_parse(text, sizeof text - 1, in_folder("moved.yaml"), &recipe, &err));
    OK(gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, &err));
    OK(gb_session_set_z(session, z, &err));
    OK(gb_recipe_apply(recipe, session, &err));
    unlink(path);               /* read once */
    OK(gb_session_render(session, image, &err));
    OK(gb_recipe_set(recipe, "amount", 2, &err));
    OK(gb_recipe_update(recipe, session, &err));
    OK(gb_session_render(session, image, &err));
    for (int i = 0; i < PICTURE; i++) {
        low = fminf(low, expected[i]);
        high = fmaxf(high, expected[i]);
        most = fmaxf(most, fabsf(image[i] - expected[i]));
    }
    assert_true(most <= 2e-4f * (high - low));
    gb_session_free(session);
    gb_recipe_free(recipe);
    gb_directions_free(made);
    free(z);
    free(deviations);
    free(components);
    free(expected);
    free(image);
    gb_model_close(model);
}

static void wrong_directions_in_recipes(void **state) {
    (void)state;
    static const float vector[3] = {1, 2, 3};
    static const struct { const char *step, *message; } cases[] = {
        {"direction: smiel", "nearest is 'smile'"},
        {"direction: {name: smile, file: nothing.npz}", "nothing.npz"},
        {"direction: smile", "has 3 values"},
        {"direction: {name: noise, layers: 3}", "direction of z"},
        {"direction: {name: noise}", "has 3 values"},
        {"direction: {amount: 3}", "name is missing"},
        {"direction: {name: smile, layers: 60}", "60"},
        {"{at: z, direction: smile}", "at"},
    };
    gb_model *model = convert("nvlabs-skip-64.pkl");
    gb_directions *made;
    gb_session *session;
    OK(gb_directions_new(&made, &err));
    OK(gb_directions_add(made, &(gb_direction){"smile", GB_LATENT_W, 3, vector, 1, 0, -1}, &err));
    OK(gb_directions_add(made, &(gb_direction){"noise", GB_LATENT_Z, 3, vector, 1, 0, -1}, &err));
    OK(gb_directions_save(made, in_folder("wrong.npz"), &err));
    OK(gb_session_new(model, NULL, &session, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        gb_recipe *recipe = NULL;
        gb_error why = {0};
        int size = snprintf(text, sizeof text, "directions: wrong.npz\nbends:\n  - %s\n", cases[i].step);
        if (!gb_recipe_parse(text, (size_t)size, in_folder("wrong.yaml"), &recipe, &why))
            gb_recipe_apply(recipe, session, &why);
        if (!why.status || !strstr(why.message, cases[i].message))
            fail_msg("%s: '%s'", cases[i].step, why.message);
        gb_recipe_free(recipe);
    }
    unlink(in_folder("wrong.npz"));
    gb_session_free(session);
    gb_directions_free(made);
    gb_model_close(model);
}

static bool stop(void *arg, double share) {
    int *calls = arg;
    assert_true(share >= 0 && share <= 1);
    return ++*calls < 3;
}

static void refusals_and_cancelling(void **state) {
    (void)state;
    gb_model *model = convert("nvlabs-skip-64.pkl");
    gb_directions *found;
    int calls = 0;
    assert_int_equal(gb_find_directions(model, &(gb_direction_options){.at = "nothing"}, &found, &err), GB_BAD_ARGUMENT);
    assert_null(found);
    assert_int_equal(gb_find_directions(model, &(gb_direction_options){.at = "z"}, &found, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_SEFA, .layer_count = 99}, &found,
                                        &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_find_directions(model, &(gb_direction_options){.progress = stop, .progress_arg = &calls}, &found,
                                        &err), GB_CANCELLED);
    assert_int_equal(calls, 3);
    gb_model_close(model);
}

/* A network without w's: directions of z. */
static void directions_of_z(void **state) {
    (void)state;
    gb_model *model;
    gb_directions *found;
    gb_direction d;
    OK(gb_model_read(context, "weights/demo/things-64.gbw", &model, &err));
    assert_int_equal(gb_find_directions(model, NULL, &found, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_find_directions(model, &(gb_direction_options){.method = GB_DIRECTIONS_SEFA}, &found, &err),
                     GB_BAD_ARGUMENT);
    OK(gb_find_directions(model, &(gb_direction_options){.at = "blocks.0.0", .count = 2, .samples = 40}, &found, &err));
    gb_directions_at(found, 1, &d);
    assert_int_equal(d.space, GB_LATENT_Z);
    assert_true((double)d.deviation > 0.3 && (double)d.deviation < 3);      /* z has deviation 1 in every direction */
    gb_directions_free(found);
    gb_model_close(model);
}

/* ------------------------------------------------------------------------------------------------ files */

static void a_saved_file_is_read_again(void **state) {
    (void)state;
    static const float vectors[2][3] = {{1, 2, 3}, {-0.5f, 0, 1e-20f}};
    gb_directions *made, *read;
    gb_direction d;
    size_t index;
    OK(gb_directions_new(&made, &err));
    OK(gb_directions_add(made, &(gb_direction){"smile", GB_LATENT_W, 3, vectors[0], 2.5f, 1, 4}, &err));
    OK(gb_directions_add(made, &(gb_direction){"age-2", GB_LATENT_Z, 3, vectors[1], 1, 0, -1}, &err));
    assert_int_equal(gb_directions_add(made, &(gb_direction){"smile", GB_LATENT_W, 3, vectors[0], 1, 0, -1}, &err),
                     GB_BAD_ARGUMENT);
    assert_int_equal(gb_directions_add(made, &(gb_direction){"a/b", GB_LATENT_W, 3, vectors[0], 1, 0, -1}, &err),
                     GB_BAD_ARGUMENT);
    OK(gb_directions_save(made, in_folder("own.npz"), &err));
    OK(gb_directions_open(in_folder("own.npz"), &read, &err));
    unlink(in_folder("own.npz"));
    assert_int_equal(gb_directions_count(read), 2);
    assert_true(gb_directions_find(read, "age-2", &index) && index == 1);
    assert_true(gb_directions_find(read, "0", &index) && index == 0);
    assert_false(gb_directions_find(read, "2", &index));
    assert_false(gb_directions_find(read, "0x", &index));
    gb_directions_at(read, 0, &d);
    assert_string_equal(d.name, "smile");
    assert_true(d.space == GB_LATENT_W && d.width == 3 && d.first_layer == 1 && d.last_layer == 4);
    assert_memory_equal(d.vector, vectors[0], sizeof vectors[0]);
    assert_memory_equal(&d.deviation, &(float){2.5f}, sizeof d.deviation);
    gb_directions_at(read, 1, &d);
    assert_true(d.space == GB_LATENT_Z && d.last_layer == -1);
    gb_directions_at(read, 2, &d);
    assert_string_equal(d.name, "");
    gb_directions_free(made);
    gb_directions_free(read);
}

/* The arrays that GANSpace writes into its .npz, of which lat_comp and lat_stdev are used. */
static void ganspace_files(void **state) {
    (void)state;
    static const float vectors[2][4] = {{1, 0, 0, 0}, {0, 0.6f, 0.8f, 0}}, deviations[2] = {3, 2}, other[8] = {0};
    gb_directions *read;
    gb_direction d;
    gb_npz *npz;
    OK(gb_npz_new(in_folder("ganspace.npz"), &npz, &err));
    OK(gb_npz_add(npz, "act_comp", 3, (const int64_t[]){2, 1, 4}, other, &err));
    OK(gb_npz_add(npz, "lat_comp", 3, (const int64_t[]){2, 1, 4}, vectors[0], &err));
    OK(gb_npz_add(npz, "lat_mean", 2, (const int64_t[]){1, 4}, other, &err));
    OK(gb_npz_add(npz, "lat_stdev", 1, (const int64_t[]){2}, deviations, &err));
    OK(gb_npz_finish(npz, &err));
    gb_npz_free(npz);
    OK(gb_directions_open(in_folder("ganspace.npz"), &read, &err));
    unlink(in_folder("ganspace.npz"));
    assert_int_equal(gb_directions_count(read), 2);
    gb_directions_at(read, 1, &d);
    assert_string_equal(d.name, "pc1");
    assert_memory_equal(d.vector, vectors[1], sizeof vectors[1]);
    assert_memory_equal(&d.deviation, &deviations[1], sizeof d.deviation);
    gb_directions_free(read);
}

/* Files as the tools write them: tests/reference/make_tool_files.py. Their arrays hold -3, -2.5, -2, … */
static void files_of_other_tools(void **state) {
    (void)state;
    static const struct { const char *file, *name; size_t count, row; int width; float deviation; bool column; } cases[] = {
        {"ganspace-w.npz", "pc2", 3, 2, 16, 3, false}, {"ganspace-z.npz", "pc1", 3, 1, 20, 2, false},
        {"factor.pt", "factor5", 16, 5, 16, 1, true}, {"faces_xcomp.npy", "1", 3, 1, 16, 1, false},
        {"faces_zcomp.npy", "2", 3, 2, 16, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        gb_directions *read;
        gb_direction d;
        snprintf(path, sizeof path, "tests/fixtures/other-tools/%s", cases[i].file);
        OK(gb_directions_open(path, &read, &err));
        assert_int_equal(gb_directions_count(read), cases[i].count);
        gb_directions_at(read, cases[i].row, &d);
        assert_string_equal(d.name, cases[i].name);
        assert_true(d.space == GB_LATENT_W && d.last_layer < 0 && d.width == cases[i].width);
        assert_memory_equal(&d.deviation, &cases[i].deviation, sizeof d.deviation);
        for (int k = 0; k < cases[i].width; k++) {
            int at = cases[i].column ? k * cases[i].width + (int)cases[i].row : (int)cases[i].row * cases[i].width + k;
            assert_true(d.vector[k] == 0.5f * (float)at - 3);
        }
        gb_directions_free(read);
    }
}

/* GANSpace's file does not say that its directions are of z; a network without w's cannot be moved otherwise. */
static void ganspaces_directions_move_a_biggan(void **state) {
    (void)state;
    enum { PICTURE = 3 * 64 * 64, Z = 20 };
    static const char text[] = "directions: ganspace-z.npz\nbends: [direction: {name: pc1, amount: 0.25}]\n";
    float z[Z], *moved = malloc(PICTURE * sizeof *moved), *expected = malloc(PICTURE * sizeof *expected);
    gb_model *model;
    gb_recipe *recipe;
    gb_session *session;
    OK(gb_model_read(context, "weights/demo/things-64.gbw", &model, &err));
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_set_class(session, 2, &err));
    gb_randn(GB_RNG_NUMPY, 7, Z, z);
    OK(gb_session_set_z(session, z, &err));
    OK(gb_recipe_parse(text, sizeof text - 1, "tests/fixtures/other-tools/moved.yaml", &recipe, &err));
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, moved, &err));
    OK(gb_session_unbend(session, 0, &err));
    for (int k = 0; k < Z; k++)
        z[k] += 0.25f * (2 * (0.5f * (float)(Z + k) - 3));
    OK(gb_session_set_z(session, z, &err));
    OK(gb_session_render(session, expected, &err));
    assert_memory_equal(moved, expected, PICTURE * sizeof *moved);
    gb_recipe_free(recipe);
    gb_session_free(session);
    gb_model_close(model);
    free(moved);
    free(expected);
}

static void plain_arrays(void **state) {
    (void)state;
    static const float values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const struct { int ndim; int64_t shape[3], width; size_t count; } cases[] = {
        {1, {12}, 12, 1}, {2, {3, 4}, 4, 3}, {2, {1, 12}, 12, 1}, {3, {3, 1, 4}, 4, 3},
    };
    gb_directions *read;
    gb_direction d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OK(gb_npy_save(in_folder("plain.npy"), cases[i].ndim, cases[i].shape, values, &err));
        OK(gb_directions_open(in_folder("plain.npy"), &read, &err));
        assert_int_equal(gb_directions_count(read), cases[i].count);
        gb_directions_at(read, cases[i].count - 1, &d);
        assert_int_equal(d.width, cases[i].width);
        assert_memory_equal(d.vector, values + 12 - d.width, (size_t)d.width * sizeof *values);
        gb_directions_free(read);
    }
    OK(gb_npy_save(in_folder("plain.npy"), 3, (const int64_t[]){3, 2, 2}, values, &err));
    assert_int_equal(gb_directions_open(in_folder("plain.npy"), &read, &err), GB_BAD_FILE);
    unlink(in_folder("plain.npy"));
    assert_null(read);
    assert_int_equal(gb_directions_open("tests/fixtures/rosinality-64.pt", &read, &err), GB_BAD_FILE);
}

static int open_reference(void **state) {
    (void)state;
    return !mkdtemp(folder) || gb_context_new(&(gb_context_options){.threads = 2}, &context, &err) ||
           gb_file_open("tests/fixtures/understanding/directions.npz", &reference, &err);
}

static int close_reference(void **state) {
    (void)state;
    gb_file_close(reference);
    gb_context_free(context);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_of_w),
        cmocka_unit_test(incremental_components_of_w),
        cmocka_unit_test(latents_of_a_layers_components),
        cmocka_unit_test(closed_form_factorisation),
        cmocka_unit_test(a_recipe_moves_along_a_direction),
        cmocka_unit_test(wrong_directions_in_recipes),
        cmocka_unit_test(refusals_and_cancelling),
        cmocka_unit_test(directions_of_z),
        cmocka_unit_test(a_saved_file_is_read_again),
        cmocka_unit_test(ganspace_files),
        cmocka_unit_test(files_of_other_tools),
        cmocka_unit_test(ganspaces_directions_move_a_biggan),
        cmocka_unit_test(plain_arrays),
    };
    return cmocka_run_group_tests(tests, open_reference, close_reference);
}
