/* `ganbend apply` as an auditor uses it: writes the arrays of a reference file one by one, runs each filter and activation
 * on them, and compares the results with those of OpenCV and float64.
 * usage: test_apply GANBEND, from the repository root. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend.h"

static const char *ganbend;
static char in[64], out[64];
static gb_error err;

#define OK(call) do { if (call) fail_msg("%s: %s", #call, err.message); } while (0)

static float *read_index(const gb_file *file, size_t index, gb_array_info *info) {
    float *values;
    gb_file_array(file, index, info);
    values = malloc((size_t)info->count * sizeof *values);
    assert_non_null(values);
    OK(gb_file_read(file, index, values, &err));
    return values;
}

static float *read_named(const gb_file *file, const char *name, gb_array_info *info) {
    size_t index;
    if (!gb_file_find(file, name, &index)) fail_msg("the reference lacks '%s'", name);
    return read_index(file, index, info);
}

/* Largest difference from the reference, relative to its largest magnitude. */
static double run_against(const char *operation, const gb_array_info *shape, const float *reference) {
    char command[256];
    gb_file *file;
    gb_array_info info;
    double difference = 0, magnitude = 0;
    snprintf(command, sizeof command, "%s apply %s %s %s", ganbend, operation, in, out);
    if (system(command) != 0) fail_msg("failed: %s", command);
    OK(gb_file_open(out, &file, &err));
    float *ours = read_index(file, 0, &info);
    assert_int_equal(info.ndim, shape->ndim);
    assert_int_equal(info.count, shape->count);
    for (int64_t i = 0; i < info.count; i++) {
        double d = fabs((double)ours[i] - (double)reference[i]);
        difference = d > difference || isnan(d) ? d : difference;
        magnitude = fmax(magnitude, fabs((double)reference[i]));
    }
    free(ours);
    gb_file_close(file);
    return magnitude > 0 ? difference / magnitude : difference;
}

static void every_filter_equals_opencv(void **state) {
    static const char *const sampled[] = {"rotate", "scale", "translate"};
    gb_file *file;
    int compared = 0;
    (void)state;
    OK(gb_file_open("tests/fixtures/bending-opencv.npz", &file, &err));
    for (size_t i = 0; i < gb_file_array_count(file); i++) {
        char size[32], operation[128], input[64], *slash;
        gb_array_info info, input_info;
        bool opencv = false;
        gb_file_array(file, i, &info);
        if (!strchr(info.name, 'x') || strstr(info.name, "/input")) continue;
        /* "33x47/rotate/137.5" is rotate,137.5 of "33x47/input". */
        snprintf(size, sizeof size, "%.*s", (int)strcspn(info.name, "/"), info.name);
        snprintf(operation, sizeof operation, "%s", info.name + strlen(size) + 1);
        if ((slash = strchr(operation, '/'))) *slash = ',';
        for (size_t k = 0; k < sizeof sampled / sizeof *sampled; k++)
            opencv = opencv || !strncmp(operation, sampled[k], strlen(sampled[k]));
        if (opencv) strcat(operation, ",sampling=opencv");
        snprintf(input, sizeof input, "%s/input", size);
        float *values = read_named(file, input, &input_info), *reference = read_index(file, i, &info);
        OK(gb_npy_save(in, input_info.ndim, input_info.shape, values, &err));
        double relative = run_against(operation, &input_info, reference);
        if (!(relative <= 1e-6)) fail_msg("%s: %s differs by %g", size, operation, relative);
        free(values);
        free(reference);
        compared++;
    }
    gb_file_close(file);
    assert_true(compared >= 100);
}

static void every_activation_equals_its_formula(void **state) {
    gb_file *file;
    gb_array_info shape, info;
    int compared = 0;
    (void)state;
    OK(gb_file_open("tests/fixtures/activations.npz", &file, &err));
    float *x = read_named(file, "x", &shape);
    OK(gb_npy_save(in, shape.ndim, shape.shape, x, &err));
    for (size_t i = 0; i < gb_file_array_count(file); i++) {
        char operation[128], *slash;
        gb_file_array(file, i, &info);
        if (!(slash = strchr(info.name, '/'))) continue;
        snprintf(operation, sizeof operation, "%s", info.name);
        operation[slash - info.name] = ',';
        float *reference = read_index(file, i, &info);
        double relative = run_against(operation, &shape, reference);
        if (!(relative <= 1e-6)) fail_msg("%s differs by %g", operation, relative);
        free(reference);
        compared++;
    }
    free(x);
    gb_file_close(file);
    assert_true(compared >= 20);
}

static void each_channel_of_each_sample_is_filtered_alone(void **state) {
    const int64_t shape[] = {2, 3, 4, 5};
    float values[2 * 3 * 4 * 5], expected[2 * 3 * 4 * 5];
    const gb_array_info info = {.ndim = 4, .count = 120};
    (void)state;
    for (int i = 0; i < 120; i++) values[i] = (float)((i * 37) % 101);
    for (int i = 0; i < 120; i++) expected[i] = values[i / 5 * 5 + 4 - i % 5];
    OK(gb_npy_save(in, 4, shape, values, &err));
    assert_true(run_against("reflect-h", &info, expected) == 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_filter_equals_opencv),
        cmocka_unit_test(every_activation_equals_its_formula),
        cmocka_unit_test(each_channel_of_each_sample_is_filtered_alone),
    };
    int failures;
    if (argc != 2) return 2;
    ganbend = argv[1];
    snprintf(in, sizeof in, "test_apply.%d.in.npy", (int)getpid());
    snprintf(out, sizeof out, "test_apply.%d.out.npy", (int)getpid());
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    remove(in);
    remove(out);
    return failures;
}
