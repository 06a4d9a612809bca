/* Activations: the published parametric ones compared with reference values in float64, the others with their formulas;
 * limits, parameters, and the same bits with every instruction set. */
#include <float.h>
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
#include "weights/read/checkpoint.h"

static void assert_near(const char *what, double x, float got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%s(%.9g) is %.9g, expected %.9g", what, x, got, expected);
}

/* ------------------------------------------------------------------------------------------------ values */

static double element(const gb_array *a, int64_t i) {
    double value;
    memcpy(&value, (const char *)a->data + i * a->stride[0] * 8, 8);
    return value;
}

/* `name` is an activation and its parameters: "sinlu/0.5,3". */
static void compare_published(const gb_array *inputs, const char *name, const gb_array *values) {
    char kind[20];
    float params[GB_MAX_ACT_PARAMS];
    int count = 0, used = 0;
    double most = 0.0;
    assert_int_equal(sscanf(name, "%19[a-z]/%n", kind, &used), 1);
    int act = gb_act_find(kind);
    assert_true(act >= 0);
    for (const char *at = name + used; *at; at += *at == ',') {
        char *end;
        assert_true(count < gb_acts[act].max_params);
        params[count++] = strtof(at, &end);
        assert_ptr_not_equal(end, at);
        at = end;
    }
    for (int64_t i = 0; i < values->shape[0]; i++)
        most = fmax(most, fabs(element(values, i)));
    for (int64_t i = 0; i < values->shape[0]; i++) {
        double x = element(inputs, i);
        float y = gb_activate((gb_act_kind)act, params, count, (float)x);
        assert_near(name, x, y, element(values, i), 1e-6 * fmax(most, 1.0));
    }
}

static void published_activations_equal_their_reference_values(void **state) {
    static uint8_t bytes[1 << 19];
    size_t count, compared = 0;
    gb_reason why = {0};
    (void)state;
    FILE *file = fopen("tests/fixtures/activations.npz", "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, "activations.npz", &why);
    if (!c)
        fail_msg("%s", why.text);
    const gb_named_array *all = gb_checkpoint_arrays(c, &count), *inputs = NULL;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].name, "x"))
            inputs = &all[i];
    assert_non_null(inputs);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(gb_dtype_name(all[i].array.dtype), "float64");
        assert_int_equal(all[i].array.shape[0], inputs->array.shape[0]);
        if (strchr(all[i].name, '/')) {
            compare_published(&inputs->array, all[i].name, &all[i].array);
            compared++;
        }
    }
    assert_int_equal(compared, 24);
    gb_checkpoint_close(c);
}

static double of_linear(const float *p, double x) { return (void)p, x; }
static double of_relu(const float *p, double x) { return (void)p, fmax(0.0, x); }
static double of_lrelu(const float *p, double x) { return x < 0.0 ? p[0] * x : x; }
static double of_tanh(const float *p, double x) { return (void)p, tanh(x); }
static double of_sigmoid(const float *p, double x) { return (void)p, 1.0 / (1.0 + exp(-x)); }
static double of_elu(const float *p, double x) { return x < 0.0 ? p[0] * expm1(x) : x; }
static double of_selu(const float *p, double x) {
    return (void)p, 1.0507009873554805 * (x < 0.0 ? 1.6732632423543772 * expm1(x) : x);
}
static double of_softplus(const float *p, double x) {
    return (fmax(p[0] * x, 0.0) + log1p(exp(-fabs(p[0] * x)))) / p[0];
}
static double of_swish(const float *p, double x) { return (void)p, x / (1.0 + exp(-x)); }
static double of_gelu(const float *p, double x) { return (void)p, 0.5 * x * erfc(-x * 0.70710678118654752); }
static double of_sine(const float *p, double x) { return p[1] * sin((float)(p[0] * x)); }
static double of_step(const float *p, double x) { return x > p[0] ? 1.0 : 0.0; }

static void other_activations_equal_their_formulas(void **state) {
    static const struct {
        const char *name;
        double (*formula)(const float *p, double x);
        float params[2];
        int count;
    } uses[] = {
        {"linear", of_linear, {0.0f}, 0}, {"relu", of_relu, {0.0f}, 0}, {"lrelu", of_lrelu, {0.2f}, 1},
        {"leaky_relu", of_lrelu, {-3.0f}, 1}, {"tanh", of_tanh, {0.0f}, 0}, {"sigmoid", of_sigmoid, {0.0f}, 0},
        {"elu", of_elu, {1.0f}, 1}, {"elu", of_elu, {2.5f}, 1}, {"selu", of_selu, {0.0f}, 0},
        {"softplus", of_softplus, {1.0f}, 1}, {"softplus", of_softplus, {8.0f}, 1},
        {"softplus", of_softplus, {0.01f}, 1}, {"swish", of_swish, {0.0f}, 0}, {"silu", of_swish, {0.0f}, 0},
        {"gelu", of_gelu, {0.0f}, 0}, {"sine", of_sine, {1.0f, 1.0f}, 2}, {"sine", of_sine, {-30.0f, 0.5f}, 2},
        {"sine", of_sine, {2500.0f, 1.0f}, 2}, {"step", of_step, {0.0f}, 1}, {"step", of_step, {-1.5f}, 1},
    };
    (void)state;
    for (size_t u = 0; u < sizeof uses / sizeof *uses; u++) {
        int act = gb_act_find(uses[u].name);
        assert_true(act >= 0);
        for (int i = -40000; i <= 40000; i++) {
            float x = (float)i / 1000.0f, small = x * 1e-6f;
            double at_x = uses[u].formula(uses[u].params, x), near_0 = uses[u].formula(uses[u].params, small);
            assert_near(uses[u].name, x, gb_activate((gb_act_kind)act, uses[u].params, uses[u].count, x), at_x,
                        2.5e-7 * fmax(1.0, fabs(at_x)));
            assert_near(uses[u].name, small, gb_activate((gb_act_kind)act, uses[u].params, uses[u].count, small),
                        near_0, 5e-7 * fabs(near_0));
        }
    }
}

/* Errors of the argument reduction are largest next to multiples of π/2. */
static void sine_is_accurate_next_to_its_zeros(void **state) {
    (void)state;
    for (int k = -60000; k <= 60000; k++) {
        float x = (float)(k * 1.5707963267948966);
        assert_near("sine", x, gb_activate(GB_ACT_SINE, NULL, 0, x), sin(x), 2.5e-7 * fabs(sin(x)));
    }
}

/* ------------------------------------------------------------------------------------------------ limits */

static float at(const char *name, float x) {
    return gb_activate((gb_act_kind)gb_act_find(name), NULL, 0, x);
}

static void infinities_give_the_limits(void **state) {
    static const struct { const char *name; float below, above; } limits[] = {
        {"linear", -INFINITY, INFINITY}, {"relu", 0.0f, INFINITY}, {"lrelu", -INFINITY, INFINITY},
        {"tanh", -1.0f, 1.0f}, {"sigmoid", 0.0f, 1.0f}, {"elu", -1.0f, INFINITY}, {"selu", -1.7580993f, INFINITY},
        {"softplus", 0.0f, INFINITY}, {"relun", 0.0f, 1.0f}, {"shilu", 0.0f, INFINITY}, {"poly", 0.5f, 1.5f},
        {"step", 0.0f, 1.0f},
    };
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_true(at(limits[i].name, -INFINITY) == limits[i].below);
        assert_true(at(limits[i].name, INFINITY) == limits[i].above);
    }
    /* As in PyTorch: −∞ · 0, and infinite angles. */
    assert_true(isnan(at("swish", -INFINITY)) && at("swish", INFINITY) == INFINITY);
    assert_true(isnan(at("gelu", -INFINITY)) && at("gelu", INFINITY) == INFINITY);
    assert_true(isnan(at("sine", -INFINITY)) && isnan(at("sine", INFINITY)));
    assert_true(isnan(at("sinlu", INFINITY)) && isnan(at("coslu", INFINITY)));
}

static void nan_gives_nan(void **state) {
    (void)state;
    for (int act = 0; act < GB_ACTS; act++)
        assert_true(isnan(gb_activate((gb_act_kind)act, NULL, 0, NAN)));
}

static void large_values_give_the_asymptotes(void **state) {
    static const char *const rising[] = {"linear", "relu", "lrelu", "elu", "softplus", "swish", "gelu", "shilu"};
    (void)state;
    for (float x = 100.0f; x < 1e38f; x *= 7.0f) {
        for (size_t i = 0; i < sizeof rising / sizeof *rising; i++)
            assert_true(at(rising[i], x) == x);
        assert_true(fabsf(at("sine", x)) <= 1.0f && fabsf(at("sine", -x)) <= 1.0f);
        assert_true(fabsf(at("sinlu", x) - x) <= 1.0f + x * FLT_EPSILON);
        assert_true(fabsf(at("coslu", x) - x) <= 1.0f + x * FLT_EPSILON);
        assert_true(at("swish", -x) <= 0.0f && at("swish", -x) >= -1e-30f);
        assert_true(at("gelu", -x) <= 0.0f && at("gelu", -x) >= -1e-30f);
        assert_true(at("tanh", -x) == -1.0f && at("elu", -x) == -1.0f && at("poly", -x) == 0.5f);
    }
}

/* ------------------------------------------------------------------------------------------------ parameters */

static void every_row_is_complete(void **state) {
    (void)state;
    for (int act = 0; act < GB_ACTS; act++) {
        const gb_act_row *row = &gb_acts[act];
        assert_int_equal(gb_act_find(row->name), act);
        if (row->alias)
            assert_int_equal(gb_act_find(row->alias), act);
        assert_true(row->summary[0] && row->gain >= 1.0f);
        assert_true(row->params <= row->max_params && row->max_params <= GB_MAX_ACT_PARAMS);
        assert_true(row->max_params == 0 || row->param);
        for (int i = 0; i < row->max_params; i++) {
            const gb_param *p = &row->param[i];
            assert_true(p->name[0] && p->summary[0] && p->low <= p->default_value && p->default_value <= p->high);
            assert_true(!p->choices && !p->integer);
            for (int j = 0; j < i; j++)
                assert_string_not_equal(row->param[j].name, p->name);
        }
    }
    assert_int_equal(gb_act_find("relux"), -1);
    assert_int_equal(gb_act_find(""), -1);
}

static void missing_parameters_have_their_default_values(void **state) {
    (void)state;
    for (int act = 0; act < GB_ACTS; act++) {
        float params[GB_MAX_ACT_PARAMS];
        int params_of = gb_acts[act].params;
        for (int i = 0; i < params_of; i++)
            params[i] = gb_acts[act].param[i].default_value;
        for (int given = gb_acts[act].max_params > params_of ? params_of : 0; given <= params_of; given++)
            for (float x = -3.0f; x < 3.0f; x += 0.37f)
                assert_true(gb_activate((gb_act_kind)act, params, given, x) ==
                            gb_activate((gb_act_kind)act, NULL, 0, x));
    }
}

static void every_parameter_has_an_effect(void **state) {
    (void)state;
    for (int act = 0; act < GB_ACTS; act++)
        for (int i = 0; i < gb_acts[act].max_params; i++) {
            float params[GB_MAX_ACT_PARAMS];
            int differ = 0;
            for (int j = 0; j < gb_acts[act].max_params; j++)
                params[j] = gb_acts[act].param[j].default_value;
            for (float x = -3.0f; x < 3.0f; x += 0.37f) {
                float before = gb_activate((gb_act_kind)act, params, gb_acts[act].max_params, x);
                params[i] += 0.5f;
                differ += before != gb_activate((gb_act_kind)act, params, gb_acts[act].max_params, x);
                params[i] -= 0.5f;
            }
            assert_true(differ > 0);
        }
}

static void the_number_of_weights_is_the_degree_of_the_polynomial(void **state) {
    float ones[GB_MAX_ACT_PARAMS];
    (void)state;
    for (int i = 0; i < GB_MAX_ACT_PARAMS; i++)
        ones[i] = 1.0f;
    for (int count = 1; count <= GB_MAX_ACT_PARAMS; count++) {
        double expected = 0.0, sigmoid = 1.0 / (1.0 + exp(-0.7));
        for (int i = 0; i < count; i++)
            expected += pow(sigmoid, i);
        expected /= pow(sqrt(2.0), count - 1);
        assert_near("poly", 0.7, gb_activate(GB_ACT_POLY, ones, count, 0.7f), expected, 1e-6);
    }
}

/* ------------------------------------------------------------------------------------------------ instruction sets */

enum { WIDTH = 61, HEIGHT = 59, CHANNELS = 21, VALUES = WIDTH * HEIGHT };

/* Runs bias_act of `isa` on `channels` maps that are all x; NCHW. False if this processor does not support it. */
static bool run_on(const char *isa, int channels, const gb_epilogue *e, const float *x, float *y) {
    static float in[CHANNELS * VALUES];
    gb_cpu cpu = {.workers = 1}, one = {.isa = "plain", .vector = 1, .workers = 1};
    gb_desc d = {.op = GB_OP_BIAS_ACT, .inputs = 1, .in = {{1, channels, HEIGHT, WIDTH, 1}}};
    char why[200];
    if (!gb_cpu_detect(&cpu, isa, NULL, 0))
        return false;
    d.in[0].block = gb_block(&cpu, channels, HEIGHT, WIDTH);
    assert_true(gb_op_shape(&cpu, &d, why, sizeof why));
    for (int c = 0; c < channels; c++)
        memcpy(in + c * VALUES, x, sizeof(float) * VALUES);
    const gb_op_row *row = gb_op_find(&cpu, &d);
    assert_string_equal(row->isa, isa);
    gb_tensor from = {d.in[0], aligned_alloc(64, sizeof(float) * gb_shape_floats(&d.in[0]) / 64 * 64 + 64)};
    gb_tensor to = {d.out, aligned_alloc(64, sizeof(float) * gb_shape_floats(&d.out) / 64 * 64 + 64)};
    assert_true(from.data && to.data);
    memset(from.data, 0, sizeof(float) * gb_shape_floats(&d.in[0]));
    gb_tensor_from_nchw(&one, &from, in);
    row->run(&cpu, &d, &(gb_args){.in = {&from}, .out = &to, .epilogue = e});
    gb_tensor_to_nchw(&one, &to, y);
    free(from.data);
    free(to.data);
    return true;
}

/* All NaNs count as equal. */
static void assert_same_bits(const char *what, const float *x, const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s(%.9g) is %.9g and %.9g", what, x[i % VALUES], a[i], b[i]);
}

/* Random bit patterns; every third value is of a magnitude that networks have. */
static void any_floats(uint32_t seed, float *x) {
    for (int i = 0; i < VALUES; i++) {
        seed = seed * 1664525u + 1013904223u;
        if (i % 3 == 0)
            x[i] = (float)((double)seed / 4294967296.0 * 40.0 - 20.0);
        else
            memcpy(&x[i], &seed, sizeof *x);
    }
    memcpy(x, (const float[]){0.0f, -0.0f, INFINITY, -INFINITY, NAN, FLT_MAX, -FLT_MAX}, sizeof(float) * 7);
}

static void all_instruction_sets_give_the_same_bits(void **state) {
    static const char *const isas[] = {"plain", "avx2", "avx512", "neon", "wasm"};
    static float x[VALUES], scalar[VALUES], y[CHANNELS * VALUES];
    (void)state;
    for (int act = 0; act < GB_ACTS; act++)
        for (int round = 0; round < 8; round++) {
            float params[GB_MAX_ACT_PARAMS];
            int count = round == 0 ? 0 : gb_acts[act].max_params - round % 2 * (gb_acts[act].max_params > 0);
            any_floats((uint32_t)(act * 8 + round), x);
            for (int i = 0; i < count; i++)
                params[i] = fmaxf(gb_acts[act].param[i].low, x[3 * (i + 4)] / 4.0f);
            for (int i = 0; i < VALUES; i++)
                scalar[i] = gb_activate((gb_act_kind)act, params, count, x[i]);
            gb_epilogue e = {.bias_act = true, .act = (gb_act_kind)act, .act_params = params, .act_param_count = count,
                             .gain = 1.0f, .clamp = -1.0f};
            for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
                for (int channels = 1; channels <= CHANNELS; channels += CHANNELS - 1)     /* planar, then blocked */
                    if (run_on(isas[i], channels, &e, x, y))
                        for (int c = 0; c < channels; c++)
                            assert_same_bits(gb_acts[act].name, x, y + c * VALUES, scalar, VALUES);
        }
}

static void some_channels_can_have_another_activation(void **state) {
    static const char *const isas[] = {"plain", "avx2", "avx512", "neon", "wasm"};
    static float x[VALUES], y[CHANNELS * VALUES], chosen[VALUES], others[VALUES];
    const float wave[] = {0.8f, 5.0f};
    uint8_t channels[CHANNELS];
    (void)state;
    for (int i = 0; i < VALUES; i++) {
        x[i] = (float)(i % 97) / 12.0f - 4.0f;
        chosen[i] = gb_activate(GB_ACT_SINLU, wave, 2, x[i]) * 2.0f;
        others[i] = gb_activate(GB_ACT_LRELU, NULL, 0, x[i]) * 2.0f;
    }
    for (int c = 0; c < CHANNELS; c++)
        channels[c] = c * c % 7 == 2;
    gb_epilogue e = {.bias_act = true, .act = GB_ACT_SINLU, .act_params = wave, .act_param_count = 2,
                     .act_channels = channels, .base_act = GB_ACT_LRELU, .gain = 2.0f, .clamp = -1.0f};
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        for (int count = 5; count <= CHANNELS; count += CHANNELS - 5)       /* planar, then blocked */
            if (run_on(isas[i], count, &e, x, y))
                for (int c = 0; c < count; c++)
                    assert_same_bits("sinlu", x, y + c * VALUES, channels[c] ? chosen : others, VALUES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_activations_equal_their_reference_values),
        cmocka_unit_test(other_activations_equal_their_formulas),
        cmocka_unit_test(sine_is_accurate_next_to_its_zeros),
        cmocka_unit_test(infinities_give_the_limits),
        cmocka_unit_test(nan_gives_nan),
        cmocka_unit_test(large_values_give_the_asymptotes),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(missing_parameters_have_their_default_values),
        cmocka_unit_test(every_parameter_has_an_effect),
        cmocka_unit_test(the_number_of_weights_is_the_degree_of_the_polynomial),
        cmocka_unit_test(all_instruction_sets_give_the_same_bits),
        cmocka_unit_test(some_channels_can_have_another_activation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
