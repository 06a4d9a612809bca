/* The plain operations compared with values computed by hand, and the shapes that they reject. */
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

static gb_cpu plain_cpu(void) {
    gb_cpu cpu = {.workers = 1};
    assert_true(gb_cpu_detect(&cpu, "plain", NULL, 0));
    return cpu;
}

/* Runs the plain row of d on NCHW inputs. `out` has space for the result. */
static void run(gb_desc d, const float *const *in, const float *const *weights, const gb_epilogue *e, const void *live,
                float *out) {
    gb_cpu cpu = plain_cpu();
    gb_tensor inputs[GB_MAX_INPUTS], result;
    gb_args args = {.epilogue = e, .live = live};
    char why[200] = "";
    if (!gb_op_shape(&cpu, &d, why, sizeof why))
        fail_msg("%s", why);
    for (int i = 0; i < d.inputs; i++) {
        inputs[i] = (gb_tensor){d.in[i], (float *)in[i]};
        args.in[i] = &inputs[i];
    }
    result = (gb_tensor){d.out, out};
    args.out = &result;
    const gb_op_row *row = gb_op_find(&cpu, &d);
    assert_non_null(row);
    void *packed = malloc(row->packed_size ? row->packed_size(&cpu, &d) : 1);
    void *workspace = malloc(row->workspace ? row->workspace(&cpu, &d) + 1 : 1);
    assert_non_null(packed);
    assert_non_null(workspace);
    if (row->pack)
        row->pack(&cpu, &d, weights, packed);
    args.packed = packed;
    args.workspace = workspace;
    row->run(&cpu, &d, &args);
    free(packed);
    free(workspace);
}

static void assert_floats(const float *got, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(got[i] - expected[i]) <= 1e-6f * fmaxf(1.0f, fabsf(expected[i]))))
            fail_msg("value %zu is %.9g, expected %.9g", i, got[i], expected[i]);
}

static const char *rejection(gb_desc d) {
    static char why[200];
    gb_cpu cpu = plain_cpu();
    why[0] = '\0';
    assert_false(gb_op_shape(&cpu, &d, why, sizeof why));
    return why;
}

#define FLOATS(...) (const float[]){__VA_ARGS__}

static void an_unknown_instruction_set_is_rejected_and_the_known_ones_are_listed(void **state) {
    gb_cpu cpu = {.workers = 1};
    char names[100];
    (void)state;
    assert_false(gb_cpu_detect(&cpu, "mmx", names, sizeof names));
    assert_ptr_equal(strstr(names, "plain"), names);
    assert_true(gb_cpu_detect(&cpu, NULL, NULL, 0));
    assert_true(cpu.l1 >= 4096 && cpu.l2 >= cpu.l1);
}

static void a_convolution_correlates_and_pads_with_zeros(void **state) {
    gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 1, 2, 2, 1}},
                 .conv = {.cout = 1, .kernel = 3, .up = 1}};
    const float *in[] = {FLOATS(1, 10, 100, 1000)}, *weights[] = {FLOATS(1, 2, 3, 4, 5, 6, 7, 8, 9)};
    float y[4];
    (void)state;
    run(d, in, weights, NULL, NULL, y);
    assert_floats(y, FLOATS(9865, 8754, 6532, 5421), 4);
}

static void styles_scale_inputs_and_demodulation_normalises_weights(void **state) {
    gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 2, .in = {{1, 2, 1, 1, 1}, {1, 2, 1, 1, 1}},
                 .conv = {.cout = 1, .kernel = 1, .up = 1, .modulated = true, .style_gain = 0.5f}};
    const float *in[] = {FLOATS(5, 7), FLOATS(6, 8)}, *weights[] = {FLOATS(1, 1)};
    float y;
    (void)state;
    run(d, in, weights, NULL, NULL, &y);
    assert_floats(&y, FLOATS(5 * 3 + 7 * 4), 1);
    d.conv.demodulate = true;
    run(d, in, weights, NULL, NULL, &y);
    assert_floats(&y, FLOATS((5 * 3 + 7 * 4) / 5.0f), 1);
}

static void upsampling_is_a_transposed_convolution_followed_by_the_fir(void **state) {
    gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, 1, 1, 1, 1}},
                 .conv = {.cout = 1, .kernel = 3, .up = 2}};
    const float *in[] = {FLOATS(1)}, *weights[2] = {FLOATS(1, 2, 3, 4, 5, 6, 7, 8, 9)};
    float fir[16] = {0}, y[4];
    (void)state;
    fir[2 * 4 + 2] = 0.25f;         /* y[oy,ox] = t[oy + 2 − 2, ox + 2 − 2] */
    weights[1] = fir;
    run(d, in, weights, NULL, NULL, y);
    assert_floats(y, FLOATS(1, 2, 4, 5), 4);
    memset(fir, 0, sizeof fir);
    fir[0] = 0.25f;                 /* y[oy,ox] = t[oy + 2, ox + 2], zero outside t */
    run(d, in, weights, NULL, NULL, y);
    assert_floats(y, FLOATS(9, 0, 0, 0), 4);
}

static void upfirdn2d_inserts_zeros_and_is_a_true_convolution(void **state) {
    gb_desc d = {.op = GB_OP_UPFIRDN2D, .inputs = 1, .in = {{1, 1, 1, 1, 1}}, .fir = {2, 4, 2, 1, 4.0f}};
    float fir[16], y[4];
    (void)state;
    for (int i = 0; i < 16; i++)
        fir[i] = (float)i;
    run(d, &(const float *){FLOATS(1)}, &(const float *){fir}, NULL, NULL, y);
    assert_floats(y, FLOATS(4 * 5, 4 * 6, 4 * 9, 4 * 10), 4);
}

static void upsampling_a_constant_map_gives_a_constant_interior(void **state) {
    gb_desc d = {.op = GB_OP_UPFIRDN2D, .inputs = 1, .in = {{1, 1, 4, 4, 1}}, .fir = {2, 4, 2, 1, 4.0f}};
    const float row[] = {1, 3, 3, 1};
    float x[16], fir[16], y[64];
    (void)state;
    for (int i = 0; i < 16; i++) {
        x[i] = 2.0f;
        fir[i] = row[i / 4] * row[i % 4] / 64.0f;
    }
    run(d, &(const float *){x}, &(const float *){fir}, NULL, NULL, y);
    for (int i = 1; i < 7; i++)
        assert_floats(&y[i * 8 + 1], FLOATS(2, 2, 2, 2, 2, 2), 6);
    assert_floats(y, FLOATS(2 * 0.75f * 0.75f), 1);
}

static void truncation_changes_rows_before_the_cutoff_and_copies_w_if_psi_is_1(void **state) {
    gb_desc d = {.op = GB_OP_TRUNCATE, .inputs = 1, .in = {{1, 2, 1, 1, 1}}, .truncate = {.num_ws = 3}};
    const float *in[] = {FLOATS(0.1f, 3)}, *w_avg[] = {FLOATS(1, 1)};
    float y[6];
    (void)state;
    run(d, in, w_avg, NULL, &(gb_truncate_live){0.5f, 2}, y);
    assert_floats(y, FLOATS(0.55f, 2, 0.55f, 2, 0.1f, 3), 6);
    run(d, in, w_avg, NULL, &(gb_truncate_live){0.0f, -1}, y);
    assert_floats(y, FLOATS(1, 1, 1, 1, 1, 1), 6);
    run(d, in, w_avg, NULL, &(gb_truncate_live){1.0f, -1}, y);
    assert_memory_equal(y, in[0], sizeof(float) * 2);
}

static void select_returns_the_row_of_each_sample(void **state) {
    gb_desc d = {.op = GB_OP_SELECT, .inputs = 1, .in = {{2, 2, 1, 2, 1}}, .select = {.row = 1}};
    float y[4];
    (void)state;
    run(d, &(const float *){FLOATS(1, 2, 3, 4, 5, 6, 7, 8)}, NULL, NULL, NULL, y);
    assert_floats(y, FLOATS(3, 4, 7, 8), 4);
}

static void pixel_norm_divides_by_the_root_mean_square(void **state) {
    gb_desc d = {.op = GB_OP_PIXEL_NORM, .inputs = 1, .in = {{1, 2, 1, 1, 1}}, .pixel_norm = {.eps = 0.0f}};
    float y[2];
    (void)state;
    run(d, &(const float *){FLOATS(3, 4)}, NULL, NULL, NULL, y);
    assert_floats(y, FLOATS(3 / sqrtf(12.5f), 4 / sqrtf(12.5f)), 2);
}

static void a_dense_layer_applies_its_gain_and_concat_keeps_the_order(void **state) {
    gb_desc d = {.op = GB_OP_LINEAR, .inputs = 1, .in = {{2, 2, 1, 1, 1}}, .linear = {.cout = 1, .gain = 0.5f}};
    const float *pair[] = {FLOATS(1, 2), FLOATS(3)};
    float y[3];
    (void)state;
    run(d, &(const float *){FLOATS(1, 2, 3, 4)}, &(const float *){FLOATS(10, 100)}, NULL, NULL, y);
    assert_floats(y, FLOATS(105, 215), 2);
    d = (gb_desc){.op = GB_OP_CONCAT, .inputs = 2, .in = {{1, 2, 1, 1, 1}, {1, 1, 1, 1, 1}}};
    run(d, pair, NULL, NULL, NULL, y);
    assert_floats(y, FLOATS(1, 2, 3), 3);
}

static void the_constant_is_repeated_for_every_sample(void **state) {
    gb_desc d = {.op = GB_OP_CONSTANT, .out = {.n = 2}, .constant = {1, 1, 2}};
    float y[4];
    (void)state;
    run(d, NULL, &(const float *){FLOATS(1, 2)}, NULL, NULL, y);
    assert_floats(y, FLOATS(1, 2, 1, 2), 4);
}

static void the_epilogue_adds_noise_bias_activation_gain_clamp_and_sum_in_that_order(void **state) {
    gb_desc d = {.op = GB_OP_NOISE, .inputs = 1, .in = {{1, 1, 1, 3, 1}}};
    float sum[] = {10, 20, 30}, y[3];
    gb_tensor add = {{1, 1, 1, 3, 1}, sum};
    gb_epilogue e = {.noise = FLOATS(1, 2, 3), .noise_strength = 2, .bias_act = true, .bias = FLOATS(-5),
                     .act = GB_ACT_LRELU, .gain = 2, .clamp = 3, .add = &add};
    (void)state;
    run(d, &(const float *){FLOATS(1, 2, 3)}, NULL, &e, NULL, y);
    assert_floats(y, FLOATS(10 - 0.8f, 20 + 2, 30 + 3), 3);
}

static void clamp_and_activations_preserve_nan(void **state) {
    gb_desc d = {.op = GB_OP_BIAS_ACT, .inputs = 1, .in = {{1, 1, 1, 1, 1}}};
    (void)state;
    for (int act = 0; act < GB_ACTS; act++) {
        gb_epilogue e = {.bias_act = true, .act = (gb_act_kind)act, .gain = gb_acts[act].gain, .clamp = 1.0f};
        float y = 0.0f;
        run(d, &(const float *){FLOATS(NAN)}, NULL, &e, NULL, &y);
        assert_true(isnan(y));
        run(d, &(const float *){FLOATS(1000.597f)}, NULL, &e, NULL, &y);     /* the sine of this is 1 */
        assert_true(y > 0.99f && y <= 1.0f);
    }
}

static void conversion_to_blocked_layout_and_back_preserves_a_tensor(void **state) {
    gb_cpu cpu = plain_cpu();
    gb_shape s = {2, 5, 2, 3, 4};
    float x[60], y[60];
    (void)state;
    assert_int_equal(gb_shape_floats(&s), 2 * 8 * 6);
    gb_tensor t = {s, calloc(gb_shape_floats(&s), sizeof(float))};
    assert_non_null(t.data);
    for (int i = 0; i < 60; i++)
        x[i] = (float)i;
    gb_tensor_from_nchw(&cpu, &t, x);
    assert_true(t.data[1] == 6.0f);         /* channel 1 beside channel 0 */
    gb_tensor_to_nchw(&cpu, &t, y);
    assert_memory_equal(x, y, sizeof x);
    free(t.data);
}

static void maps_are_blocked_and_vectors_and_pictures_are_planar(void **state) {
    gb_cpu cpu = {.vector = 16};
    (void)state;
    assert_int_equal(gb_block(&cpu, 512, 4, 4), 16);
    assert_int_equal(gb_block(&cpu, 3, 1024, 1024), 1);
    assert_int_equal(gb_block(&cpu, 512, 1, 1), 1);
    assert_int_equal(gb_block(&cpu, 18, 1, 512), 1);
}

static void wrong_shapes_are_rejected_with_a_reason(void **state) {
    gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 2, .in = {{1, 8, 4, 4, 1}, {1, 7, 1, 1, 1}},
                 .conv = {.cout = 8, .kernel = 3, .up = 1, .modulated = true}};
    (void)state;
    assert_string_equal(rejection(d), "modulated_conv2d: styles are [1,7,1,1]; expected [1,8]");
    d.conv.kernel = 5;
    assert_string_equal(rejection(d), "modulated_conv2d: 5×5 kernel with up 1; expected 1×1, 3×3, or 3×3 with up 2");
    d = (gb_desc){.op = GB_OP_ADD, .inputs = 2, .in = {{1, 8, 4, 4, 1}, {1, 8, 4, 5, 1}}};
    assert_non_null(strstr(rejection(d), "[1,8,4,5]"));
    d = (gb_desc){.op = GB_OP_SELECT, .inputs = 1, .in = {{1, 4, 1, 8, 1}}, .select = {.row = 4}};
    assert_non_null(strstr(rejection(d), "row 4"));
    d = (gb_desc){.op = GB_OP_ADD, .inputs = 1, .in = {{1, 8, 4, 4, 1}}};
    assert_string_equal(rejection(d), "add: 1 input; expected 2 to 2");
}

static void sizes_that_would_overflow_are_rejected(void **state) {
    gb_desc d = {.op = GB_OP_NOISE, .inputs = 1, .in = {{1, 1 << 19, 1 << 14, 1 << 14, 1}}};
    (void)state;
    rejection(d);
    d.in[0] = (gb_shape){1, 0, 4, 4, 1};
    rejection(d);
    d = (gb_desc){.op = GB_OP_LINEAR, .inputs = 1, .in = {{1, 8, 1, 1, 1}}, .linear = {.cout = -3}};
    rejection(d);
    d = (gb_desc){.op = GB_OP_CONSTANT, .out = {.n = 1}, .constant = {1 << 20, 1 << 20, 1 << 20}};
    rejection(d);
    d = (gb_desc){.op = GB_OP_UPFIRDN2D, .inputs = 1, .in = {{1, 1, 1, 1, 1}}, .fir = {2, 4, INT32_MAX, 1, 1.0f}};
    rejection(d);
}

static void *aligned(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(p);
    return p;
}

enum { MAP = 24, TILE = 4, DEPTH = 16 };

/* The pixels of a 3×3 convolution that are NaN with an instruction set if one input pixel is NaN. */
static void spread_of_nan(const char *isa, bool nan[MAP][MAP]) {
    gb_cpu cpu = {.workers = 1};
    gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .inputs = 1, .in = {{1, DEPTH, MAP, MAP, 1}},
                 .conv = {DEPTH, 3, 1, false, false, 1}};
    char why[200] = "";
    size_t floats = (size_t)DEPTH * MAP * MAP;
    assert_true(gb_cpu_detect(&cpu, isa, NULL, 0));
    d.in[0].block = gb_block(&cpu, DEPTH, MAP, MAP);
    assert_true(gb_op_shape(&cpu, &d, why, sizeof why));
    const gb_op_row *row = gb_op_find(&cpu, &d);
    float *nchw = aligned(sizeof(float) * floats), *w = aligned(sizeof(float) * DEPTH * DEPTH * 9);
    void *packed = aligned(row->packed_size(&cpu, &d)), *workspace = aligned(row->workspace(&cpu, &d));
    gb_tensor x = {d.in[0], aligned(sizeof(float) * floats)}, y = {d.out, aligned(sizeof(float) * floats)};
    for (size_t i = 0; i < floats; i++)
        nchw[i] = 1.0f;
    for (int i = 0; i < DEPTH * DEPTH * 9; i++)
        w[i] = 0.5f;
    nchw[(3 * MAP + 9) * MAP + 11] = NAN;
    gb_tensor_from_nchw(&cpu, &x, nchw);
    row->pack(&cpu, &d, (const float *const[]){w, NULL}, packed);
    row->run(&cpu, &d, &(gb_args){.in = {&x}, .out = &y, .packed = packed, .workspace = workspace});
    gb_tensor_to_nchw(&cpu, &y, nchw);
    for (int i = 0; i < MAP * MAP; i++)
        nan[i / MAP][i % MAP] = isnan(nchw[i]);
    free(nchw), free(w), free(packed), free(workspace), free(x.data), free(y.data);
}

static void nan_reaches_its_neighbours_and_at_most_the_rest_of_their_tiles(void **state) {
    static const char *const isas[] = {"avx2", "avx512"};
    bool exact[MAP][MAP], fast[MAP][MAP], tile[MAP / TILE][MAP / TILE] = {{false}};
    gb_cpu cpu;
    (void)state;
    spread_of_nan("plain", exact);
    for (int y = 0; y < MAP; y++)
        for (int x = 0; x < MAP; x++) {
            assert_int_equal(exact[y][x], y >= 8 && y <= 10 && x >= 10 && x <= 12);
            tile[y / TILE][x / TILE] |= exact[y][x];
        }
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        if (!gb_cpu_detect(&cpu, isas[i], NULL, 0))
            continue;
        spread_of_nan(isas[i], fast);
        for (int y = 0; y < MAP; y++)
            for (int x = 0; x < MAP; x++) {
                assert_true(fast[y][x] || !exact[y][x]);
                assert_true(tile[y / TILE][x / TILE] || !fast[y][x]);
            }
    }
}

static void published_networks_have_45_and_74_billion_multiply_adds(void **state) {
    (void)state;
    for (int resolution = 256; resolution <= 1024; resolution *= 4) {
        uint64_t macs = 0;
        for (int size = 4; size <= resolution; size *= 2) {
            int c = 32768 / size < 512 ? 32768 / size : 512, before = 65536 / size < 512 ? 65536 / size : 512;
            gb_desc d = {.op = GB_OP_MODULATED_CONV2D, .in = {{1, c, size, size, 1}}, .conv = {c, 3, 1, true, true, 1}};
            macs += gb_op_macs(&d);
            d.conv.cout = 3, d.conv.kernel = 1;
            macs += gb_op_macs(&d);
            if (size > 4) {
                d.in[0] = (gb_shape){1, before, size / 2, size / 2, 1};
                d.conv = (gb_conv){c, 3, 2, true, true, 1, 0};
                macs += gb_op_macs(&d);
            }
        }
        assert_int_equal((macs + 5000000) / 10000000, resolution == 256 ? 4512 : 7426);
    }
}

static void every_operation_has_a_unique_name_a_summary_and_a_plain_row(void **state) {
    (void)state;
    for (int op = 0; op < GB_OPS; op++) {
        assert_non_null(gb_ops[op]);
        assert_true(strlen(gb_ops[op]->name) > 0 && strlen(gb_ops[op]->summary) > 0);
        assert_non_null(gb_ops[op]->shape);
        assert_non_null(gb_ops[op]->plain.run);
        assert_int_equal(gb_ops[op]->plain.op, op);
        for (int other = 0; other < op; other++)
            assert_string_not_equal(gb_ops[op]->name, gb_ops[other]->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_instruction_set_is_rejected_and_the_known_ones_are_listed),
        cmocka_unit_test(a_convolution_correlates_and_pads_with_zeros),
        cmocka_unit_test(styles_scale_inputs_and_demodulation_normalises_weights),
        cmocka_unit_test(upsampling_is_a_transposed_convolution_followed_by_the_fir),
        cmocka_unit_test(upfirdn2d_inserts_zeros_and_is_a_true_convolution),
        cmocka_unit_test(upsampling_a_constant_map_gives_a_constant_interior),
        cmocka_unit_test(truncation_changes_rows_before_the_cutoff_and_copies_w_if_psi_is_1),
        cmocka_unit_test(select_returns_the_row_of_each_sample),
        cmocka_unit_test(every_operation_has_a_unique_name_a_summary_and_a_plain_row),
        cmocka_unit_test(pixel_norm_divides_by_the_root_mean_square),
        cmocka_unit_test(a_dense_layer_applies_its_gain_and_concat_keeps_the_order),
        cmocka_unit_test(the_constant_is_repeated_for_every_sample),
        cmocka_unit_test(the_epilogue_adds_noise_bias_activation_gain_clamp_and_sum_in_that_order),
        cmocka_unit_test(clamp_and_activations_preserve_nan),
        cmocka_unit_test(conversion_to_blocked_layout_and_back_preserves_a_tensor),
        cmocka_unit_test(maps_are_blocked_and_vectors_and_pictures_are_planar),
        cmocka_unit_test(wrong_shapes_are_rejected_with_a_reason),
        cmocka_unit_test(sizes_that_would_overflow_are_rejected),
        cmocka_unit_test(nan_reaches_its_neighbours_and_at_most_the_rest_of_their_tiles),
        cmocka_unit_test(published_networks_have_45_and_74_billion_multiply_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
