/* Units of a fixture network against what PyTorch computed. */
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

enum { UNITS = 32, SAMPLES = 3, Z = 64, SIDE = 64 };

static gb_context *context;
static gb_model *model;

/* Compares one member of all units with an array: within `tolerance` of its largest value. */
static void check(gb_file *file, const char *name, const gb_unit *units, size_t member, float tolerance) {
    float *expected = array_of(file, name, UNITS), largest = 0;
    for (int u = 0; u < UNITS; u++)
        largest = fmaxf(largest, fabsf(expected[u]));
    for (int u = 0; u < UNITS; u++) {
        float value;
        memcpy(&value, (const char *)&units[u] + member, sizeof value);
        if (!(fabsf(value - expected[u]) <= tolerance * largest))
            fail_msg("%s of unit %d: %g instead of %g", name, u, (double)value, (double)expected[u]);
    }
    free(expected);
}

static void units_as_pytorch_measures_them(void **state) {
    (void)state;
    gb_file *file;
    gb_unit units[UNITS];
    const gb_unit_bend ablate = {"ablate", NULL, 0};
    OK(gb_file_open("tests/fixtures/understanding/units.npz", &file, &err));
    float *z = array_of(file, "z", SAMPLES * Z), *mask = array_of(file, "mask", SIDE * SIDE);
    OK(gb_measure_units(model, &(gb_unit_options){.at = "synthesis.b32.conv0", .samples = SAMPLES, .z = z, .bends = &ablate,
                                                  .bend_count = 1, .mask = mask, .label = -1}, units, &err));
    check(file, "mean_activation", units, offsetof(gb_unit, mean), 1e-4f);
    check(file, "ablation_mean_abs_difference", units, offsetof(gb_unit, effect), 1e-4f);
    check(file, "ablation_in_mask", units, offsetof(gb_unit, effect_in_mask), 1e-4f);
    check(file, "mean_replacement_mean_abs_difference", units, offsetof(gb_unit, replaced), 1e-4f);
    check(file, "attribution_sum_a_times_gradient", units, offsetof(gb_unit, attribution), 1e-4f);
    check(file, "threshold_0995", units, offsetof(gb_unit, threshold), 1e-4f);
    check(file, "iou_with_mask", units, offsetof(gb_unit, overlap), 1e-3f);
    free(z);
    free(mask);
    gb_file_close(file);
}

static bool stop(void *arg, double share) {
    int *calls = arg;
    assert_true(share > 0 && share <= 1);
    return ++*calls < 4;
}

static void wrong_options_and_cancelling(void **state) {
    (void)state;
    gb_unit units[64];
    float *empty = calloc(SIDE * SIDE, sizeof *empty);
    int calls = 0;
    const gb_unit_bend wrong = {"rotat", NULL, 0};
    assert_non_null(empty);
    assert_int_equal(gb_measure_units(model, NULL, units, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_measure_units(model, &(gb_unit_options){.at = "mapping"}, units, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_measure_units(model, &(gb_unit_options){.at = "synthesis.b4.conv1", .mask = empty}, units, &err),
                     GB_BAD_ARGUMENT);
    assert_int_equal(gb_measure_units(model, &(gb_unit_options){.at = "synthesis.b4.conv1", .bends = &wrong, .bend_count = 1},
                                      units, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no filter 'rotat'"));
    assert_int_equal(gb_measure_units(model, &(gb_unit_options){.at = "synthesis.b4.conv1", .progress = stop,
                                                                .progress_arg = &calls}, units, &err), GB_CANCELLED);
    assert_int_equal(calls, 4);
    free(empty);
}

static void a_png_becomes_a_mask(void **state) {
    (void)state;
    static const uint8_t rgba[2 * 2 * 4] = {255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 255, 0, 0, 255};
    static const float expected[4] = {1, 0, 0, 0.299f};
    float mask[16];
    OK(gb_png_write_pixels("mask.test.png", 2, 2, 4, rgba, NULL, 0, &err));
    OK(gb_read_mask("mask.test.png", 4, 4, mask, &err));
    unlink("mask.test.png");
    for (int i = 0; i < 16; i++)
        assert_true(fabsf(mask[i] - expected[i / 8 * 2 + i % 4 / 2]) < 1e-3f);
}

static int open_model(void **state) {
    (void)state;
    if (gb_context_new(&(gb_context_options){.threads = 2}, &context, &err) ||
        gb_convert(context, "tests/fixtures/nvlabs-skip-64.pkl", "units.test.gbw", NULL, &err) ||
        gb_model_read(context, "units.test.gbw", &model, &err))
        return 1;
    return unlink("units.test.gbw");
}

static int close_model(void **state) {
    (void)state;
    gb_model_close(model);
    gb_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_as_pytorch_measures_them),
        cmocka_unit_test(wrong_options_and_cancelling),
        cmocka_unit_test(a_png_becomes_a_mask),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
