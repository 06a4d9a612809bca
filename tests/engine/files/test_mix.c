/* Mixing two networks: which tensors come from which, blends, and refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/engine/fixture.h"

static gb_stylegan2 shape(uint64_t seed) {
    return (gb_stylegan2){.resolution = 16, .channel_max = 8, .z_dim = 4, .w_dim = 4, .mapping_layers = 2, .seed = seed};
}

typedef struct pair {
    fixture a, b, mixed;
} pair;

static gb_status mix(pair *p, const gb_mix_rule *rules, size_t count) {
    snprintf(p->mixed.path, sizeof p->mixed.path, "mixed.%d.gbw", (int)getpid());
    p->mixed.context = p->a.context;
    gb_status status = gb_model_mix(p->a.model, p->b.model, rules, count, p->mixed.path, &err);
    if (!status)
        OK(gb_model_read(p->a.context, p->mixed.path, &p->mixed.model, &err));
    return status;
}

static int open_pair(void **state) {
    pair *p = calloc(1, sizeof *p);
    const gb_stylegan2 a = shape(1), b = shape(2);
    assert_non_null(p);
    p->a = open_fixture(NULL, &a, NULL);
    p->b = open_fixture(NULL, &b, NULL);
    *state = p;
    return 0;
}

static int close_pair(void **state) {
    pair *p = *state;
    p->mixed.context = NULL;
    close_fixture(&p->mixed);
    close_fixture(&p->a);
    close_fixture(&p->b);
    free(p);
    return 0;
}

static float *tensor(gb_model *model, const gb_array_info *info) {
    float *values = malloc((size_t)info->count * sizeof *values + 1);
    assert_non_null(values);
    OK(gb_model_read_tensor(model, info->name, values, &err));
    return values;
}

static bool begins(const char *name, const char *with) {
    return !strncmp(name, with, strlen(with));
}

/* Checks every tensor of the mixture: a + share · (b − a), with the share that `share_of` says. */
static void check_tensors(pair *p, double (*share_of)(const char *name)) {
    size_t taken = 0, count = gb_model_tensor_count(p->mixed.model);
    assert_int_equal(count, gb_model_tensor_count(p->a.model));
    for (size_t i = 0; i < count; i++) {
        gb_array_info info;
        gb_model_tensor(p->mixed.model, i, &info);
        float *a = tensor(p->a.model, &info), *b = tensor(p->b.model, &info), *m = tensor(p->mixed.model, &info);
        double share = share_of(info.name);
        for (int64_t k = 0; k < info.count; k++) {
            double expected = (double)a[k] + share * ((double)b[k] - (double)a[k]);
            if (fabs((double)m[k] - expected) > 1e-6 * fabs(expected))
                fail_msg("%s: %g instead of %g", info.name, (double)m[k], expected);
        }
        taken += share > 0;
        free(a);
        free(b);
        free(m);
    }
    assert_true(taken > 0);
}

/* Layers of a 16×16 network: b4.conv1, b8.conv0, b8.conv1, b16.conv0, b16.conv1. */
static double layers_1_and_2(const char *name) {
    return begins(name, "synthesis.b8.");
}

static void layers_come_with_their_styles_noise_and_torgb(void **state) {
    pair *p = *state;
    OK(mix(p, &(gb_mix_rule){.first_layer = 1, .last_layer = 2, .share = 1}, 1));
    check_tensors(p, layers_1_and_2);
}

static double first_layer(const char *name) {
    return begins(name, "synthesis.b4.");
}

static void the_first_layer_has_the_constant(void **state) {
    pair *p = *state;
    OK(mix(p, &(gb_mix_rule){.share = 1}, 1));
    check_tensors(p, first_layer);
}

static double by_name(const char *name) {
    return begins(name, "mapping.") ? 1 : begins(name, "synthesis.b16.conv1.") ? 0.25 : 0.5;
}

static void the_last_rule_that_applies_decides(void **state) {
    pair *p = *state;
    const gb_mix_rule rules[] = {{.tensors = "*", .share = 0.5}, {.tensors = "mapping.*", .share = 1},
                                 {.tensors = "synthesis.b16.conv1.*", .share = 0.25}};
    OK(mix(p, rules, 3));
    check_tensors(p, by_name);
}

static void wrong_rules_and_other_networks(void **state) {
    pair *p = *state;
    gb_stylegan2 wider = shape(3);
    wider.w_dim = 8;
    assert_int_equal(mix(p, &(gb_mix_rule){.first_layer = 7, .last_layer = 9, .share = 1}, 1), GB_BAD_ARGUMENT);
    assert_int_equal(mix(p, &(gb_mix_rule){.tensors = "nothing.*", .share = 1}, 1), GB_BAD_ARGUMENT);
    assert_int_equal(mix(p, &(gb_mix_rule){.tensors = "*", .share = 1.5}, 1), GB_BAD_ARGUMENT);
    assert_int_equal(mix(p, &(gb_mix_rule){.tensors = "*", .share = (double)NAN}, 1), GB_BAD_ARGUMENT);
    fixture other = open_fixture(NULL, &wider, NULL);
    assert_int_equal(gb_model_mix(p->a.model, other.model, &(gb_mix_rule){.tensors = "*", .share = 1}, 1, p->mixed.path, &err),
                     GB_BAD_ARGUMENT);
    close_fixture(&other);
    assert_int_not_equal(access(p->mixed.path, F_OK), 0);
}

/* A model mixed with itself is the same file, in half precision too. */
static void a_mixture_of_one_model_is_that_model(void **state) {
    pair *p = *state;
    for (int half = 0; half < 2; half++) {
        const gb_stylegan2 of = shape(4);
        gb_model *model;
        OK(gb_init_stylegan2(p->a.context, "one.gbw", &of, half, &err));
        OK(gb_model_read(p->a.context, "one.gbw", &model, &err));
        OK(gb_model_mix(model, model, &(gb_mix_rule){.tensors = "*", .share = 0.3}, 1, "two.gbw", &err));
        FILE *one = fopen("one.gbw", "rb"), *two = fopen("two.gbw", "rb");
        assert_true(one && two);
        for (int c = 0; c != EOF;) {
            c = getc(one);
            assert_int_equal(c, getc(two));
        }
        fclose(one);
        fclose(two);
        gb_model_close(model);
        unlink("one.gbw");
        unlink("two.gbw");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(layers_come_with_their_styles_noise_and_torgb, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(the_first_layer_has_the_constant, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(the_last_rule_that_applies_decides, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(wrong_rules_and_other_networks, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(a_mixture_of_one_model_is_that_model, open_pair, close_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
