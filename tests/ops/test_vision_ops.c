/* The plain operations of networks that look at pictures, compared with values computed by hand, and the shapes that they
 * refuse. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/ops.h"

#define FLOATS(...) ((const float[]){__VA_ARGS__})

static const gb_cpu cpu = {.isa = "plain", .vector = 1, .workers = 1};

/* Runs the plain row and compares its result with `count` expected values. */
static void expect(gb_desc d, const float *a, const float *b, const float *const *weights, const float *expected,
                   size_t count) {
    char why[200] = "";
    const gb_batch_norm_live norm = {1.0};
    if (!gb_op_shape(&cpu, &d, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal((size_t)d.out.n * d.out.c * d.out.h * d.out.w, count);
    const gb_op_row *row = gb_op_find(&cpu, &d);
    float *y = malloc(count * sizeof *y);
    void *packed = malloc(row->packed_size ? row->packed_size(&cpu, &d) : 1);
    void *workspace = malloc(row->workspace ? row->workspace(&cpu, &d) : 1);
    assert_true(y && packed && workspace);
    if (row->pack)
        row->pack(&cpu, &d, weights, packed);
    gb_tensor in[2] = {{d.in[0], (float *)a}, {d.in[1], (float *)b}}, out = {d.out, y};
    row->run(&cpu, &d, &(gb_args){.in = {&in[0], &in[1]}, .out = &out, .packed = packed, .workspace = workspace,
                                  .live = &norm});
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(y[i] - expected[i]) <= 1e-6f * fmaxf(1.0f, fabsf(expected[i]))) &&
            !(isnan(y[i]) && isnan(expected[i])))
            fail_msg("value %zu is %.9g, expected %.9g", i, y[i], expected[i]);
    free(y);
    free(packed);
    free(workspace);
}

static const char *refusal(gb_desc d) {
    static char why[200];
    why[0] = '\0';
    assert_false(gb_op_shape(&cpu, &d, why, sizeof why));
    return why;
}

static void a_convolution_has_strides_padding_and_groups(void **state) {
    gb_desc d = {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 1, 3, 3, 1}}, .conv2d = {1, 3, 2, 1, 1}};
    const float *x = FLOATS(1, 2, 3, 4, 5, 6, 7, 8, 9), *w[] = {FLOATS(1, 0, 0, 0, 10, 0, 0, 0, 100)};
    (void)state;
    expect(d, x, NULL, w, FLOATS(510, 30, 70 + 0, 90 + 5), 4);
    d.conv2d = (gb_conv2d){1, 2, 1, 0, 1};
    w[0] = FLOATS(1, 10, 100, 1000);
    expect(d, x, NULL, w, FLOATS(5421, 6532, 8754, 9865), 4);
    d = (gb_desc){.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 4, 1, 1, 1}}, .conv2d = {2, 1, 1, 0, 2}};
    expect(d, FLOATS(1, 2, 3, 4), NULL, (const float *[]){FLOATS(1, 10, 1, 10)}, FLOATS(21, 43), 2);
    d.conv2d = (gb_conv2d){4, 1, 1, 0, 4};
    expect(d, FLOATS(1, 2, 3, 4), NULL, (const float *[]){FLOATS(5, 6, 7, 8)}, FLOATS(5, 12, 21, 32), 4);
}

static void pooling_leaves_out_the_padding_or_counts_it_as_zeros(void **state) {
    gb_desc d = {.op = GB_OP_MAX_POOL, .inputs = 1, .in = {{1, 1, 3, 3, 1}}, .pool = {3, 2, 1}};
    const float *x = FLOATS(-9, -8, -7, -6, -5, -4, -3, -2, -1);
    (void)state;
    expect(d, x, NULL, NULL, FLOATS(-5, -4, -2, -1), 4);
    d.op = GB_OP_AVG_POOL;
    expect(d, x, NULL, NULL, FLOATS(-28 / 9.0f, -24 / 9.0f, -16 / 9.0f, -12 / 9.0f), 4);
    d.pool = (gb_pool){2, 1, 0};
    expect(d, x, NULL, NULL, FLOATS(-7, -6, -4, -3), 4);
    d = (gb_desc){.op = GB_OP_MAX_POOL, .inputs = 1, .in = {{1, 1, 2, 2, 1}}, .pool = {2, 2, 0}};
    expect(d, FLOATS(1, NAN, 3, 2), NULL, NULL, FLOATS(NAN), 1);
    d = (gb_desc){.op = GB_OP_GLOBAL_MEAN, .inputs = 1, .in = {{1, 2, 1, 2, 1}}};
    expect(d, FLOATS(1, 2, 30, 50), NULL, NULL, FLOATS(1.5f, 40), 2);
}

static void resizing_has_pixel_centres_at_half_coordinates(void **state) {
    gb_desc d = {.op = GB_OP_RESIZE, .inputs = 1, .in = {{1, 1, 1, 4, 1}}, .resize = {1, 2, GB_RESIZE_NEAREST}};
    const float *x = FLOATS(0, 10, 20, 40);
    (void)state;
    expect(d, x, NULL, NULL, FLOATS(0, 20), 2);
    d.resize.mode = GB_RESIZE_BILINEAR;
    expect(d, x, NULL, NULL, FLOATS(5, 30), 2);
    d.resize.w = 8;
    expect(d, x, NULL, NULL, FLOATS(0, 2.5f, 7.5f, 12.5f, 17.5f, 25, 35, 40), 8);
    d.resize = (gb_resize){1, 3, GB_RESIZE_AREA};                     /* pixels 0-1, 1-2, 2-3 */
    expect(d, x, NULL, NULL, FLOATS(5, 15, 30), 3);
    d.resize = (gb_resize){2, 2, GB_RESIZE_AREA};
    expect(d, x, NULL, NULL, FLOATS(5, 30, 5, 30), 4);
    d = (gb_desc){.op = GB_OP_RESIZE, .inputs = 1, .in = {{1, 2, 1, 1, 1}}, .resize = {1, 2, GB_RESIZE_NEAREST}};
    expect(d, FLOATS(1, 2), NULL, NULL, FLOATS(1, 1, 2, 2), 4);       /* a vector, repeated */
}

static void channels_are_shuffled_flattened_scaled_and_normalised(void **state) {
    gb_desc d = {.op = GB_OP_SHUFFLE, .inputs = 1, .in = {{1, 6, 1, 1, 1}}, .shuffle = {2}};
    (void)state;
    expect(d, FLOATS(0, 1, 2, 3, 4, 5), NULL, NULL, FLOATS(0, 3, 1, 4, 2, 5), 6);
    d.shuffle.groups = 3;
    expect(d, FLOATS(0, 1, 2, 3, 4, 5), NULL, NULL, FLOATS(0, 2, 4, 1, 3, 5), 6);
    d = (gb_desc){.op = GB_OP_FLATTEN, .inputs = 1, .in = {{1, 2, 2, 1, 1}}};
    expect(d, FLOATS(1, 2, 3, 4), NULL, NULL, FLOATS(1, 2, 3, 4), 4);
    d = (gb_desc){.op = GB_OP_CHANNEL_AFFINE, .inputs = 1, .in = {{1, 2, 1, 2, 1}}};
    expect(d, FLOATS(1, 2, 3, 4), NULL, (const float *[]){FLOATS(10, 100), FLOATS(0.5f, -1)},
           FLOATS(10.5f, 20.5f, 299, 399), 4);
    d = (gb_desc){.op = GB_OP_UNIT_NORM, .inputs = 1, .in = {{1, 2, 1, 2, 1}}, .unit_norm = {1e-10f}};
    expect(d, FLOATS(3, 0, 4, 0), NULL, NULL, FLOATS(0.6f, 0, 0.8f, 0), 4);
}

static void distances_are_one_number_for_each_sample(void **state) {
    gb_desc d = {.op = GB_OP_L1, .inputs = 2, .in = {{2, 2, 1, 1, 1}, {2, 2, 1, 1, 1}}};
    const float *a = FLOATS(1, 2, 3, 4), *b = FLOATS(2, 4, 3, 0);
    (void)state;
    expect(d, a, b, NULL, FLOATS(1.5f, 2), 2);
    d.op = GB_OP_L2;
    expect(d, a, b, NULL, FLOATS(2.5f, 8), 2);
    d.op = GB_OP_COSINE;
    expect(d, a, b, NULL, FLOATS(1, 0.6f), 2);
    d.op = GB_OP_WEIGHTED_L2;
    expect(d, a, b, (const float *[]){FLOATS(10, 1)}, FLOATS(14, 16), 2);
    d = (gb_desc){.op = GB_OP_WEIGHTED_L2, .inputs = 2, .in = {{1, 1, 1, 2, 1}, {1, 1, 1, 2, 1}}};
    expect(d, FLOATS(0, 0), FLOATS(1, 3), (const float *[]){FLOATS(2)}, FLOATS(10), 1);
    d = (gb_desc){.op = GB_OP_CROSS_ENTROPY, .inputs = 2, .in = {{1, 2, 1, 1, 1}, {1, 2, 1, 1, 1}}};
    expect(d, FLOATS(1000, 1000), FLOATS(0, 1), NULL, FLOATS(logf(2)), 1);
    expect(d, FLOATS(0, logf(3)), FLOATS(0.5f, 0.5f), NULL, FLOATS(-0.5f * logf(0.25f * 0.75f)), 1);
}

static void batch_norm_can_use_the_statistics_of_its_own_batch(void **state) {
    gb_desc d = {.op = GB_OP_BATCH_NORM, .inputs = 1, .in = {{2, 1, 1, 2, 1}},
                 .batch_norm = {.rows = 1, .eps = 0.0f, .own = true}};
    const float *weights[] = {FLOATS(100), FLOATS(100), FLOATS(2), FLOATS(1)};
    float r = 2 / sqrtf(1.25f);
    (void)state;
    expect(d, FLOATS(1, 2, 3, 4), NULL, weights, FLOATS(1 - 1.5f * r, 1 - 0.5f * r, 1 + 0.5f * r, 1 + 1.5f * r), 4);
    d.batch_norm.own = false;
    expect(d, FLOATS(100, 110, 90, 95), NULL, weights, FLOATS(1, 3, -1, 0), 4);
}

static void shapes_that_do_not_fit_are_refused(void **state) {
    gb_desc d = {.op = GB_OP_CONV2D, .inputs = 1, .in = {{1, 4, 3, 3, 1}}, .conv2d = {4, 9, 1, 0, 1}};
    (void)state;
    assert_string_equal(refusal(d), "conv2d: 9×9 kernel with stride 1; expected a kernel of 1 to 7 and stride 1 or 2");
    d.conv2d = (gb_conv2d){4, 3, 1, 0, 3};
    assert_string_equal(refusal(d), "conv2d: 3 groups of 4 input and 4 output channels; expected a common divisor");
    d.conv2d = (gb_conv2d){4, 5, 1, 0, 1};
    assert_string_equal(refusal(d), "conv2d: the input is 3x3 with padding 0, smaller than the 5×5 kernel");
    d.conv2d = (gb_conv2d){4, 5, 1, -1, 1};
    assert_string_equal(refusal(d), "conv2d: padding -1; expected 0 to 1024");
    d = (gb_desc){.op = GB_OP_MAX_POOL, .inputs = 1, .in = {{1, 4, 3, 3, 1}}, .pool = {4, 2, 0}};
    assert_string_equal(refusal(d), "max_pool: the input is 3x3; expected at least 4x4");
    d.pool = (gb_pool){2, 2, 2};
    assert_non_null(strstr(refusal(d), "max_pool: window 2, stride 2, padding 2"));
    d = (gb_desc){.op = GB_OP_RESIZE, .inputs = 1, .in = {{1, 4, 3, 3, 1}}, .resize = {0, 2, GB_RESIZE_AREA}};
    assert_non_null(strstr(refusal(d), "resize: to 0x2"));
    d = (gb_desc){.op = GB_OP_SHUFFLE, .inputs = 1, .in = {{1, 5, 1, 1, 1}}, .shuffle = {2}};
    assert_string_equal(refusal(d), "shuffle: 5 channels are not 2 equal groups");
    d = (gb_desc){.op = GB_OP_FLATTEN, .inputs = 1, .in = {{1, 512, 64, 64, 1}}};
    assert_string_equal(refusal(d), "flatten: 512x64x64 are more than 1048576 values");
    d = (gb_desc){.op = GB_OP_L2, .inputs = 2, .in = {{1, 5, 1, 1, 1}, {1, 4, 1, 1, 1}}};
    assert_string_equal(refusal(d), "l2: inputs are [1,5,1,1] and [1,4,1,1]; expected equal shapes");
    d = (gb_desc){.op = GB_OP_CROSS_ENTROPY, .inputs = 2, .in = {{1, 5, 2, 1, 1}, {1, 5, 2, 1, 1}}};
    assert_string_equal(refusal(d), "cross_entropy: the input is 5x2x1; expected a vector");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_has_strides_padding_and_groups),
        cmocka_unit_test(pooling_leaves_out_the_padding_or_counts_it_as_zeros),
        cmocka_unit_test(resizing_has_pixel_centres_at_half_coordinates),
        cmocka_unit_test(channels_are_shuffled_flattened_scaled_and_normalised),
        cmocka_unit_test(distances_are_one_number_for_each_sample),
        cmocka_unit_test(batch_norm_can_use_the_statistics_of_its_own_batch),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
