/* Units of a fixture network against what PyTorch computed; and long work that is interrupted and goes on. */
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

/* ------------------------------------------------------------------------------------------------ going on */

static char kept[64];

/* Stops at call number `at`. */
typedef struct stopping {
    int at, calls;
} stopping;

static bool stop_at(void *arg, double share) {
    stopping *s = arg;
    (void)share;
    return ++s->calls != s->at;
}

enum { ROOM = 1 << 18 };

/* Work whose result is written to `result`, with this state, stopping and seed. */
typedef gb_status work(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]);

static gb_status measure_units(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    static const gb_unit_bend ablate = {"ablate", NULL, 0};
    return gb_measure_units(model, &(gb_unit_options){.at = "synthesis.b32.conv0", .samples = 2, .bends = &ablate, .bend_count = 1,
                                                      .seed = seed, .label = -1, .progress = stop_at, .progress_arg = stop,
                                                      .state = state_file}, (gb_unit *)(void *)result, &err);
}

static gb_status measure_tileability(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    return gb_measure_tileability(model, &(gb_tileability_options){.at = "synthesis.b16.conv1", .count = 6, .features_size = 128,
                                                                   .seed = seed, .progress = stop_at, .progress_arg = stop,
                                                                   .state = state_file},
                                  (gb_tileable *)(void *)result, (float *)(void *)(result + ROOM / 2), &err);
}

static gb_status find_clusters(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    gb_clustering *found;
    gb_layer_clusters l;
    gb_status status = gb_find_clusters(model, &(gb_cluster_options){.at = "synthesis.b16.conv?", .samples = 40, .seed = seed,
                                                                     .progress = stop_at, .progress_arg = stop,
                                                                     .state = state_file}, &found, &err);
    if (status)
        return status;
    for (size_t i = 0; i < gb_clustering_layers(found); i++) {
        gb_clustering_layer(found, i, &l);
        memcpy(result + i * ROOM / 4, l.cluster, (size_t)l.channels * sizeof *l.cluster);
        memcpy(result + i * ROOM / 4 + ROOM / 8, &l.between, sizeof l.between);
    }
    gb_clustering_free(found);
    return GB_OK;
}

static gb_status find_components(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    gb_directions *found;
    gb_status status = gb_find_directions(model, &(gb_direction_options){.at = "synthesis.b8.conv1", .count = 3, .samples = 250,
                                                                         .seed = seed, .progress = stop_at, .progress_arg = stop,
                                                                         .state = state_file}, &found, &err);
    for (size_t i = 0; i < 3 && !status; i++) {
        gb_direction d;
        gb_directions_at(found, i, &d);
        memcpy(result + i * ROOM / 4, d.vector, (size_t)d.width * sizeof *d.vector);
        memcpy(result + i * ROOM / 4 + ROOM / 8, &d.deviation, sizeof d.deviation);
    }
    if (!status)
        gb_directions_free(found);
    return status;
}

static gb_region_options region(const char *state_file, stopping *stop, uint64_t seed) {
    static float half[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE / 2; i++)
        half[i] = 1;
    return (gb_region_options){.mask = half, .steps = 5, .samples = 1, .seed = seed, .label = -1, .progress = stop_at,
                               .progress_arg = stop, .state = state_file};
}

static gb_status find_units(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    gb_region_options o = region(state_file, stop, seed);
    int units[10], found;
    gb_region_effect effect;
    o.at = "synthesis.b32.conv0";
    gb_status status = gb_find_region_units(model, &o, units, &found, &effect, &err);
    if (status)
        return status;
    memcpy(result, units, (size_t)found * sizeof *units);
    memcpy(result + ROOM / 2, &effect, sizeof effect);
    return GB_OK;
}

static gb_status find_direction(const char *state_file, stopping *stop, uint64_t seed, unsigned char result[ROOM]) {
    gb_region_options o = region(state_file, stop, seed);
    gb_directions *found;
    gb_direction d;
    gb_region_effect effect;
    OK(gb_directions_new(&found, &err));
    gb_status status = gb_find_region_direction(model, &o, "found", found, &effect, &err);
    if (!status) {
        gb_directions_at(found, 0, &d);
        memcpy(result, d.vector, (size_t)d.width * sizeof *d.vector);
        memcpy(result + ROOM / 2, &effect, sizeof effect);
    }
    gb_directions_free(found);
    return status;
}

static void goes_on(work *does, int at) {
    unsigned char *whole = calloc(1, ROOM), *part = calloc(1, ROOM);
    stopping never = {0}, stop = {.at = at}, rest = {0};
    assert_true(whole && part);
    OK(does(NULL, &never, 5, whole));
    assert_int_equal(does(kept, &stop, 5, part), GB_CANCELLED);
    assert_int_equal(access(kept, R_OK), 0);
    assert_int_equal(does(kept, &rest, 6, part), GB_BAD_FILE);
    assert_non_null(strstr(err.message, "other options"));
    memset(part, 0, ROOM);
    rest.calls = 0;
    OK(does(kept, &rest, 5, part));
    assert_true(rest.calls <= never.calls && rest.calls + stop.calls >= never.calls);
    assert_memory_equal(whole, part, ROOM);
    assert_int_not_equal(access(kept, R_OK), 0);
    free(whole);
    free(part);
}

static void interrupted_work_goes_on_with_the_same_bits(void **state) {
    (void)state;
    snprintf(kept, sizeof kept, "kept.%d.npz", (int)getpid());
    goes_on(measure_units, 75);
    goes_on(measure_tileability, 3);
    goes_on(find_clusters, 2);
    goes_on(find_components, 40);       /* in the first pass, */
    goes_on(find_components, 100);      /* in the second, */
    goes_on(find_components, 130);      /* and in the last */
    goes_on(find_units, 3);             /* at a step, */
    goes_on(find_units, 20);            /* and while the set grows */
    goes_on(find_direction, 14);
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
        cmocka_unit_test(interrupted_work_goes_on_with_the_same_bits),
        cmocka_unit_test(a_png_becomes_a_mask),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
