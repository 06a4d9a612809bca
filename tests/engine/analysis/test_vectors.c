/* Activation vectors of a fixture network: tileability against the painting paper's code, inversion against PyTorch. What is found
 * for a region of the picture. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend_analysis.h"
#include "tests/engine/arrays.h"

enum { VECTORS = 6, Z = 64, CHANNELS = 48 };

static gb_context *context, *plain_context;
static gb_model *model, *resnet, *plain_model, *plain_resnet;
static const char layer[] = "synthesis.b16.conv1";

/* Holds `count` values, `stride` bytes apart, to an array. */
static void check(gb_file *file, const char *name, const float *values, size_t stride, size_t count, float tolerance) {
    float *expected = array_of(file, name, count);
    for (size_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, (const char *)values + i * stride, sizeof value);
        if (!(fabsf(value - expected[i]) <= tolerance * fmaxf(1, fabsf(expected[i]))))
            fail_msg("%s %zu: %.8g instead of %.8g", name, i, (double)value, (double)expected[i]);
    }
    free(expected);
}

static void tileability_as_the_published_code_measures_it(void **state) {
    (void)state;
    static const struct { const char *name; size_t member; } scores[] = {
        {"score/cossine_similarity", offsetof(gb_tileable, blocks.cosine)},
        {"score/cossine_similarity_rolled", offsetof(gb_tileable, rolled.cosine)},
        {"score/cossine_similarity_full_replace", offsetof(gb_tileable, full_source.cosine)},
        {"score/cossine_similarity_mask_replace", offsetof(gb_tileable, block_source.cosine)},
        {"score/L1_loss", offsetof(gb_tileable, blocks.l1)},
        {"score/L1_loss_rolled", offsetof(gb_tileable, rolled.l1)},
        {"score/L1_loss_full_replace", offsetof(gb_tileable, full_source.l1)},
        {"score/L1_loss_mask_replace", offsetof(gb_tileable, block_source.l1)},
        {"paper_text/cosine_eroded_mask", offsetof(gb_tileable, masked.cosine)},
    };
    gb_file *file;
    gb_tileable t[VECTORS];
    float vectors[VECTORS * CHANNELS];
    int pixels[2 * VECTORS];
    OK(gb_file_open("tests/fixtures/understanding/tileability.npz", &file, &err));
    float *z = array_of(file, "z", VECTORS * Z), *yx = array_of(file, "pixel_yx", 2 * VECTORS);
    for (int i = 0; i < 2 * VECTORS; i++)
        pixels[i] = (int)yx[i];
    gb_tileability_options options = {.at = layer, .features = resnet, .count = VECTORS, .z = z, .pixels = pixels};
    OK(gb_measure_tileability(model, &options, t, vectors, &err));
    check(file, "vectors", vectors, sizeof *vectors, VECTORS * CHANNELS, 1e-5f);
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        check(file, scores[i].name, (const float *)((const char *)t + scores[i].member), sizeof *t, VECTORS, 1e-5f);
    for (int i = 0; i < VECTORS; i++)
        for (int j = 0; j < VECTORS; j++)
            assert_int_equal(t[i].rank < t[j].rank, t[i].blocks.cosine < t[j].blocks.cosine);
    options.erosion = 1;
    OK(gb_measure_tileability(model, &options, t, vectors, &err));
    check(file, "paper_text/cosine_plain_mask", &t[0].masked.cosine, sizeof *t, VECTORS, 1e-5f);
    free(z);
    free(yx);
    gb_file_close(file);
}

static bool stop(void *arg, double share) {
    int *calls = arg;
    assert_true(share > 0 && share < 1);
    return ++*calls < 2;
}

static void tileability_by_built_in_features(void **state) {
    (void)state;
    gb_tileable t[4], again[4];
    float vectors[4 * CHANNELS];
    int calls = 0;
    gb_tileability_options options = {.at = layer, .count = 4, .seed = 7, .features_size = 128};
    OK(gb_measure_tileability(model, &options, t, vectors, &err));
    OK(gb_measure_tileability(model, &options, again, vectors, &err));
    assert_memory_equal(t, again, sizeof t);
    for (int i = 0; i < 4; i++)
        assert_true(t[i].blocks.cosine > 0.1f && t[i].blocks.cosine < 0.99999f && t[i].y < 15 && t[i].x < 15);
    assert_int_equal(gb_measure_tileability(model, &(gb_tileability_options){.at = "mapping"}, t, vectors, &err), GB_BAD_ARGUMENT);
    options.features_size = 64;             /* 8×8 tiles: a block of 2×2 pixels of the layer is one of them */
    options.erosion = 3;
    assert_int_equal(gb_measure_tileability(model, &options, t, vectors, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "erode less"));
    options.erosion = 0;
    options.features = model;
    assert_int_equal(gb_measure_tileability(model, &options, t, vectors, &err), GB_BAD_ARGUMENT);
    options.features = NULL;
    options.progress = stop;
    options.progress_arg = &calls;
    assert_int_equal(gb_measure_tileability(model, &options, t, vectors, &err), GB_CANCELLED);
    assert_int_equal(calls, 2);
}

/* ------------------------------------------------------------------------------------------------ inversion */

enum { STEPS = 20 };

typedef struct path {
    int count;
    float loss[STEPS], cosine[STEPS], gradient[STEPS][2 * CHANNELS];
} path;

static bool keep_step(void *arg, const gb_inversion_step *step) {
    path *p = arg;
    assert_int_equal(step->number, p->count);
    p->loss[p->count] = step->loss;
    p->cosine[p->count] = step->cosine;
    memcpy(p->gradient[p->count], step->gradient, sizeof p->gradient[p->count]);
    p->count++;
    return true;
}

/* The gradients at every `stride`th pair of stored vectors. */
static void check_gradients(gb_model *generator, const gb_inversion_options *options, const float *first[2],
                            const float *after[2], const float *gradient[2], int stride) {
    for (int s = 0; s < STEPS; s += stride) {
        float start[2 * CHANNELS], vectors[2 * CHANNELS], loss, cosine;
        path one = {0};
        gb_inversion_options o = *options;
        for (int v = 0; v < 2; v++)
            memcpy(start + v * CHANNELS, s ? after[v] + (s - 1) * CHANNELS : first[v], CHANNELS * sizeof *start);
        o.start = start;
        o.steps = 1;
        o.step_arg = &one;
        OK(gb_invert_features(generator, &o, vectors, &loss, &cosine, NULL, &err));
        for (int v = 0; v < 2; v++) {
            float largest = 0;
            for (int c = 0; c < CHANNELS; c++)
                largest = fmaxf(largest, fabsf(gradient[v][s * CHANNELS + c]));
            for (int c = 0; c < CHANNELS; c++)
                if (!(fabsf(one.gradient[0][v * CHANNELS + c] - gradient[v][s * CHANNELS + c]) <= 1e-3f * largest))
                    fail_msg("step %d, v%d[%d]: gradient %g instead of %g", s, v + 1, c, (double)one.gradient[0][v * CHANNELS + c],
                             (double)gradient[v][s * CHANNELS + c]);
        }
    }
}

typedef struct example {
    const char *file, *at;
    int grid, size, features;
    double rate;
} example;

static const example one_vector = {"tests/fixtures/understanding/inversion-grid0.npz", "layer3", 0, 64, 64, 0.05};
static const example grid_of_two = {"tests/fixtures/understanding/inversion-grid2.npz", "layer2", 2, 128, 32, 0.1};

/* Gradients at the stored vectors, and with `whole` also the path from the first ones. */
static void invert_as_pytorch(const example *e, gb_model *generator, gb_model *features, int stride, bool whole) {
    gb_file *file;
    float vectors[2 * CHANNELS], start[2 * CHANNELS], loss, cosine;
    path p = {0};
    OK(gb_file_open(e->file, &file, &err));
    float *ws = array_of(file, "ws", 10 * Z), *y = array_of(file, "y", (size_t)e->features);
    float *v1 = array_of(file, "v1_init", CHANNELS), *v2 = array_of(file, "v2_init", CHANNELS);
    float *after1 = array_of(file, "step/v1", STEPS * CHANNELS), *after2 = array_of(file, "step/v2", STEPS * CHANNELS);
    float *gradient1 = array_of(file, "step/grad_v1", STEPS * CHANNELS), *gradient2 = array_of(file, "step/grad_v2", STEPS * CHANNELS);
    memcpy(start, v1, CHANNELS * sizeof *v1);
    memcpy(start + CHANNELS, v2, CHANNELS * sizeof *v2);
    const gb_inversion_options options = {.at = layer, .features = features, .features_at = e->at, .features_size = e->size,
                                          .grid = e->grid, .steps = STEPS, .rate = e->rate, .target = y,
                                          .target_count = (size_t)e->features, .start = start, .ws = ws, .step = keep_step,
                                          .step_arg = &p};
    if (whole) {
        OK(gb_invert_features(generator, &options, vectors, &loss, &cosine, NULL, &err));
        assert_int_equal(p.count, STEPS);
        check(file, "step/loss", p.loss, sizeof *p.loss, STEPS, 1e-2f);
        check(file, "step/cosine", p.cosine, sizeof *p.cosine, STEPS, 1e-2f);
    }
    check_gradients(generator, &options, (const float *[]){v1, v2}, (const float *[]){after1, after2},
                    (const float *[]){gradient1, gradient2}, stride);
    free(ws), free(y), free(v1), free(v2), free(after1), free(after2), free(gradient1), free(gradient2);
    gb_file_close(file);
}

/* At some stored vectors a ReLU is so near to 0 that the roundings of fast kernels flip it, so one vector, and every step in
 * the long test, are held to the plain ones. */
static void inversion_with_one_vector(void **state) {
    (void)state;
    invert_as_pytorch(&one_vector, plain_model, plain_resnet, 7, false);
}

static void inversion_on_a_grid_of_two(void **state) {
    (void)state;
    invert_as_pytorch(&grid_of_two, model, resnet, 4, true);
}

static void inversion_at_every_step(void **state) {
    (void)state;
    invert_as_pytorch(&one_vector, plain_model, plain_resnet, 1, true);
    invert_as_pytorch(&grid_of_two, plain_model, plain_resnet, 1, true);
}

static bool stop_inverting(void *arg, const gb_inversion_step *step) {
    (void)arg;
    return step->number < 1;
}

static void inversion_with_own_draws(void **state) {
    (void)state;
    enum { FEATURES = 54 };
    float vectors[2 * CHANNELS], again[2 * CHANNELS], target[FEATURES], loss, cosine, before;
    path p = {0};
    int64_t shape[3];
    OK(gb_feature_shape(model, NULL, NULL, 64, shape, &err));
    assert_true(shape[0] == FEATURES && shape[1] == 8 && shape[2] == 8);
    gb_inversion_options o = {.at = layer, .features_size = 64, .grid = 2, .steps = STEPS, .target_seed = 5, .start_seed = 9,
                              .label = -1, .step = keep_step, .step_arg = &p};
    OK(gb_invert_features(model, &o, vectors, &loss, &cosine, target, &err));
    before = p.loss[0];
    assert_true(loss < before && cosine > p.cosine[0] && cosine <= 1);
    p = (path){0};
    o.target = target;
    o.target_count = FEATURES;
    OK(gb_invert_features(model, &o, again, &loss, &cosine, NULL, &err));
    assert_memory_equal(vectors, again, sizeof vectors);
    o.target_count = 3;
    assert_int_equal(gb_invert_features(model, &o, vectors, &loss, &cosine, NULL, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "3 features are wanted"));
    o.target = NULL;
    o.step = stop_inverting;
    assert_int_equal(gb_invert_features(model, &o, vectors, &loss, &cosine, NULL, &err), GB_CANCELLED);
    o.grid = -1;
    assert_int_equal(gb_invert_features(model, &o, vectors, &loss, &cosine, NULL, &err), GB_BAD_ARGUMENT);
}

/* ------------------------------------------------------------------------------------------------ regions */

enum { SIDE = 64, PIXELS = SIDE * SIDE };

static float *left_half(void) {
    float *mask = calloc(PIXELS, sizeof *mask);
    assert_non_null(mask);
    for (int i = 0; i < PIXELS; i++)
        mask[i] = i % SIDE < SIDE / 2;
    return mask;
}

/* The mean differences that a bend makes in image `seed`, added to `inside` and `outside`. */
static void add_differences(const gb_bend_options *bends, int count, uint64_t seed, double *inside, double *outside) {
    static float before[3 * PIXELS], after[3 * PIXELS];
    gb_session *session = NULL;
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_seed(session, seed, &err));
    OK(gb_session_render(session, before, &err));
    for (int i = 0; i < count; i++) {
        gb_bend id;
        OK(gb_session_bend(session, &bends[i], &id, &err));
    }
    OK(gb_session_render(session, after, &err));
    gb_session_free(session);
    for (int i = 0; i < 3 * PIXELS; i++)
        *(i % SIDE < SIDE / 2 ? inside : outside) += fabs((double)after[i] - (double)before[i]) / (3 * PIXELS / 2);
}

static void found_units_do_what_is_said(void **state) {
    (void)state;
    enum { MOST = 3 };
    float *mask = left_half();
    int units[MOST], found = 0;
    double inside = 0, outside = 0;
    gb_region_effect effect;
    const gb_region_options o = {.mask = mask, .at = "synthesis.b8.conv1", .factor = 3, .count = MOST, .steps = 4, .samples = 2,
                                 .seed = 20, .label = -1};
    OK(gb_find_region_units(model, &o, units, &found, &effect, &err));
    assert_in_range(found, 1, MOST);
    const gb_bend_options bend = {.kind = GB_BEND_FILTER, .at = o.at, .name = "multiply", .params = &o.factor, .param_count = 1,
                                  .features = {.choice = GB_FEATURES_LIST, .list = units, .count = found}};
    for (uint64_t i = 0; i < 2; i++)
        add_differences(&bend, 1, 22 + i, &inside, &outside);
    assert_true(effect.inside > effect.outside);
    assert_true(fabs(inside / 2 - (double)effect.other_inside) < 1e-5 && fabs(outside / 2 - (double)effect.other_outside) < 1e-5);
    free(mask);
}

static double objective_of(const gb_region_effect *e) {
    return log(((double)e->inside + 0.01) / ((double)e->outside + 0.01));
}

static void a_found_direction_does_what_is_said(void **state) {
    (void)state;
    float *mask = left_half(), step[Z];
    double inside = 0, outside = 0;
    gb_directions *directions = NULL;
    gb_direction d;
    gb_region_effect first, effect;
    gb_region_options o = {.mask = mask, .first_layer = 2, .layer_count = 3, .amount = 1.5f, .steps = 1, .samples = 2, .seed = 20,
                           .label = -1};
    OK(gb_directions_new(&directions, &err));
    OK(gb_find_region_direction(model, &o, "start", directions, &first, &err));
    o.steps = 12;
    OK(gb_find_region_direction(model, &o, "found", directions, &effect, &err));
    assert_true(objective_of(&effect) > objective_of(&first) + 0.01);
    gb_directions_at(directions, 1, &d);
    assert_true(d.space == GB_LATENT_W && d.width == Z && d.first_layer == 2 && d.last_layer == 4 && !strcmp(d.name, "found"));
    for (int image = 0; image < 2; image++) {
        gb_bend_options bends[3];
        char name[3][32];
        for (int i = 0; i < Z; i++)
            step[i] = (image ? -1.5f : 1.5f) * d.deviation * d.vector[i];
        for (int i = 0; i < 3; i++) {
            snprintf(name[i], sizeof name[i], "synthesis.w%d", i + 2);
            bends[i] = (gb_bend_options){.kind = GB_BEND_SET, .at = name[i], .values = step, .samples = 1, .add = true};
        }
        add_differences(bends, 3, 22 + (uint64_t)image, &inside, &outside);
    }
    assert_true(fabs(inside / 2 - (double)effect.other_inside) < 1e-4 && fabs(outside / 2 - (double)effect.other_outside) < 1e-4);
    o.first_layer = 0, o.layer_count = 1, o.steps = 1;
    OK(gb_find_region_direction(model, &o, "first", directions, &effect, &err));
    gb_directions_at(directions, 2, &d);
    assert_true(d.first_layer == 0 && d.last_layer == 0);       /* the first layer alone */
    gb_directions_free(directions);
    free(mask);
}

static void wrong_regions(void **state) {
    (void)state;
    float *mask = left_half();
    int units[10], found, calls = 0;
    gb_region_effect effect;
    gb_directions *directions = NULL;
    gb_region_options o = {.at = "synthesis.b8.conv1", .steps = 2, .samples = 1};
    OK(gb_directions_new(&directions, &err));
    assert_int_equal(gb_find_region_units(model, &o, units, &found, &effect, &err), GB_BAD_ARGUMENT);
    o.mask = mask;
    o.at = "mapping";
    assert_int_equal(gb_find_region_units(model, &o, units, &found, &effect, &err), GB_BAD_ARGUMENT);
    o.first_layer = 3, o.layer_count = 99;
    assert_int_equal(gb_find_region_direction(model, &o, "d", directions, &effect, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "layers 0 to 9"));
    o.first_layer = o.layer_count = 0;
    o.at = "synthesis.b8.conv1";
    o.progress = stop;
    o.progress_arg = &calls;
    assert_int_equal(gb_find_region_units(model, &o, units, &found, &effect, &err), GB_CANCELLED);
    calls = 0;
    assert_int_equal(gb_find_region_direction(model, &o, "d", directions, &effect, &err), GB_CANCELLED);
    for (int i = 0; i < PIXELS; i++)
        mask[i] = 1;
    assert_int_equal(gb_find_region_units(model, &o, units, &found, &effect, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "there is no rest"));
    gb_directions_free(directions);
    free(mask);
}

/* The demo model and a painted mask: in images that were not searched, the region changes at least five times as much. */
static void the_eyes_of_the_demo_model(void **state) {
    (void)state;
    enum { DEMO_SIDE = 128 };
    static float mask[DEMO_SIDE * DEMO_SIDE];
    int units[10], found;
    gb_model *portraits = NULL;
    gb_directions *directions = NULL;
    gb_region_effect effect;
    const gb_region_options o = {.mask = mask, .at = "synthesis.b32.conv1", .psi = 0.8f, .label = -1};
    OK(gb_model_read(context, "weights/demo/portraits-128.gbw", &portraits, &err));
    OK(gb_read_mask("docs/examples/eyes-mask.png", DEMO_SIDE, DEMO_SIDE, mask, &err));
    OK(gb_find_region_units(portraits, &o, units, &found, &effect, &err));
    printf("%d units: %.1f times\n", found, (double)(effect.other_inside / effect.other_outside));
    assert_true(effect.other_inside > 0.05f && effect.other_inside >= 5 * effect.other_outside);
    OK(gb_directions_new(&directions, &err));
    OK(gb_find_region_direction(portraits, &o, "eyes", directions, &effect, &err));
    printf("a direction: %.1f times\n", (double)(effect.other_inside / effect.other_outside));
    assert_true(effect.other_inside > 0.05f && effect.other_inside >= 5 * effect.other_outside);
    gb_directions_free(directions);
    gb_model_close(portraits);
}

static gb_model *converted(gb_context *in, const char *file) {
    gb_model *opened = NULL;
    OK(gb_convert(in, file, "vectors.test.gbw", NULL, &err));
    OK(gb_model_read(in, "vectors.test.gbw", &opened, &err));
    unlink("vectors.test.gbw");
    return opened;
}

static int open_models(void **state) {
    (void)state;
    if (gb_context_new(&(gb_context_options){.threads = 2}, &context, &err) ||
        gb_context_new(&(gb_context_options){.threads = 2, .isa = "plain"}, &plain_context, &err))
        return 1;
    model = converted(context, "tests/fixtures/nvlabs-skip-64.pkl");
    resnet = converted(context, "tests/fixtures/understanding/resnet50-narrow.pth");
    plain_model = converted(plain_context, "tests/fixtures/nvlabs-skip-64.pkl");
    plain_resnet = converted(plain_context, "tests/fixtures/understanding/resnet50-narrow.pth");
    return 0;
}

static int close_models(void **state) {
    (void)state;
    gb_model_close(model);
    gb_model_close(resnet);
    gb_model_close(plain_model);
    gb_model_close(plain_resnet);
    gb_context_free(context);
    gb_context_free(plain_context);
    return 0;
}

/* `test_vectors all` is the long test. */
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tileability_as_the_published_code_measures_it),
        cmocka_unit_test(tileability_by_built_in_features),
        cmocka_unit_test(inversion_with_one_vector),
        cmocka_unit_test(inversion_on_a_grid_of_two),
        cmocka_unit_test(inversion_with_own_draws),
        cmocka_unit_test(found_units_do_what_is_said),
        cmocka_unit_test(a_found_direction_does_what_is_said),
        cmocka_unit_test(wrong_regions),
    };
    const struct CMUnitTest all[] = {cmocka_unit_test(inversion_at_every_step), cmocka_unit_test(the_eyes_of_the_demo_model)};
    if (argc > 1 && !strcmp(argv[1], "all"))
        return cmocka_run_group_tests(all, open_models, close_models);
    return cmocka_run_group_tests(tests, open_models, close_models);
}
