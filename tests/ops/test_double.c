/* The plain rows in double: activations and a dense layer have the precision of double, not of float. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/ops.h"

static void assert_near(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-14 * (1.0 + fabs(expected))))
        fail_msg("%.17g; expected %.17g", got, expected);
}

static void activations_have_the_precision_of_double(void **state) {
    (void)state;
    for (double x = -6.0; x < 6.0; x += 0.37) {
        double sigmoid = 1.0 / (1.0 + exp(-x));
        assert_near(gb_activate(GB_ACT_TANH, NULL, 0, x), tanh(x));
        assert_near(gb_activate(GB_ACT_SWISH, NULL, 0, x), x * sigmoid);
        assert_near(gb_activate(GB_ACT_SINLU, NULL, 0, x), (x + sin(x)) * sigmoid);
        assert_near(gb_activate(GB_ACT_COSLU, NULL, 0, x), (x + cos(x)) * sigmoid);
        assert_near(gb_activate(GB_ACT_GELU, NULL, 0, x), 0.5 * x * (1.0 + erf(x / sqrt(2.0))));
        assert_near(gb_activate(GB_ACT_SOFTPLUS, NULL, 0, x), log1p(exp(x)));
        assert_near(gb_activate(GB_ACT_ELU, NULL, 0, x), x < 0.0 ? expm1(x) : x);
    }
}

static void a_dense_layer_has_the_precision_of_double(void **state) {
    double x[3] = {1.0 / 3.0, -2.0 / 7.0, 1e-9}, w[6] = {1.0 / 9.0, 3.0, 5.0, 1.0 / 11.0, -2.0 / 3.0, 1e9}, y[2];
    double packed[6];
    const double *weights[GB_MAX_WEIGHTS] = {w};
    const gb_cpu cpu = {.isa = "plain", .vector = 1, .workers = 1};
    gb_desc d = {.op = GB_OP_LINEAR, .inputs = 1, .in = {{1, 3, 1, 1, 1}}, .linear = {.cout = 2, .gain = 0.5f}};
    char why[100];
    (void)state;
    assert_true(gb_op_shape(&cpu, &d, why, sizeof why));
    const gb_op_row *row = &gb_ops[GB_OP_LINEAR]->plain;
    assert_int_equal(row->packed_size(&cpu, &d), sizeof packed);
    row->pack(&cpu, &d, weights, packed);
    gb_tensor in = {d.in[0], x}, out = {d.out, y};
    row->run(&cpu, &d, &(gb_args){.in = {&in}, .out = &out, .packed = packed});
    for (int o = 0; o < 2; o++)
        assert_near(y[o], 0.5 * (w[3 * o] * x[0] + w[3 * o + 1] * x[1] + w[3 * o + 2] * x[2]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_have_the_precision_of_double),
        cmocka_unit_test(a_dense_layer_has_the_precision_of_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
