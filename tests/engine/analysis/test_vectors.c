/* Activation vectors of a fixture network: tileability against the painting paper's code. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend_analysis.h"
#include "tests/engine/ok.h"

enum { VECTORS = 6, Z = 64, CHANNELS = 48 };

static gb_context *context;
static gb_model *model, *resnet;
static const char layer[] = "synthesis.b16.conv1";

static float *array_of(gb_file *file, const char *name, size_t count) {
    size_t index;
    gb_array_info info;
    if (!gb_file_find(file, name, &index))
        fail_msg("no array %s", name);
    gb_file_array(file, index, &info);
    assert_int_equal(info.count, count);
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    OK(gb_file_read(file, index, values, &err));
    return values;
}

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

static gb_model *converted(const char *path) {
    gb_model *opened = NULL;
    OK(gb_convert(context, path, "vectors.test.gbw", NULL, &err));
    OK(gb_model_read(context, "vectors.test.gbw", &opened, &err));
    unlink("vectors.test.gbw");
    return opened;
}

static int open_models(void **state) {
    (void)state;
    if (gb_context_new(&(gb_context_options){.threads = 2}, &context, &err))
        return 1;
    model = converted("tests/fixtures/nvlabs-skip-64.pkl");
    resnet = converted("tests/fixtures/understanding/resnet50-narrow.pth");
    return 0;
}

static int close_models(void **state) {
    (void)state;
    gb_model_close(model);
    gb_model_close(resnet);
    gb_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tileability_as_the_published_code_measures_it),
        cmocka_unit_test(tileability_by_built_in_features),
    };
    return cmocka_run_group_tests(tests, open_models, close_models);
}
