/* Random numbers equal those that numpy, torch and scipy drew, in tests/fixtures/random.npz. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/ganbend.h"

enum { ROOM = 2048 };

static gb_file *fixture;

static int open_fixture(void **state) {
    (void)state;
    gb_error err = {0};
    if (gb_file_open("tests/fixtures/random.npz", &fixture, &err))
        fprintf(stderr, "%s\n", err.message);
    return (int)err.status;
}

static int close_fixture(void **state) {
    (void)state;
    gb_file_close(fixture);
    return 0;
}

/* Calls check(seed, parameter, numbers) for every array "family/seed" or "family/seed/parameter"; fails if there is
 * none. */
static void for_each(const char *family, void (*check)(uint64_t seed, double parameter, size_t n, const double *x)) {
    int found = 0;
    for (size_t i = 0; i < gb_file_array_count(fixture); i++) {
        gb_array_info info;
        gb_file_array(fixture, i, &info);
        size_t length = strlen(family);
        if (strncmp(info.name, family, length) != 0 || info.name[length] != '/')
            continue;
        char *end;
        uint64_t seed = strtoull(info.name + length + 1, &end, 10);
        double x[ROOM];
        assert_in_range(info.count, 1, ROOM);
        assert_int_equal(gb_file_read_double(fixture, i, x, NULL), GB_OK);
        check(seed, *end == '/' ? strtod(end + 1, NULL) : 0, (size_t)info.count, x);
        found++;
    }
    assert_true(found > 0);
}

static void check_torch_calls(uint64_t seed, const size_t *calls, size_t count, const double *x) {
    gb_random r;
    gb_random_seed(&r, seed);
    for (size_t k = 0; k < count; x += calls[k++]) {
        float mine[ROOM];
        gb_random_torch(&r, calls[k], mine);
        for (size_t i = 0; i < calls[k]; i++)
            assert_true(fabs(mine[i] - x[i]) <= 1e-6);
    }
}

static void check_numpy(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    double mine[ROOM];
    gb_random r;
    gb_random_seed(&r, seed);
    gb_random_numpy(&r, n, mine);
    assert_memory_equal(mine, x, n * sizeof *x);
}

static void numpy_randn_is_equal_to_the_bit(void **state) {
    (void)state;
    for_each("numpy", check_numpy);
}

static void check_numpy_calls(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    double mine[ROOM];
    gb_random r;
    gb_random_seed(&r, seed);
    gb_random_numpy(&r, 3, mine);
    gb_random_numpy(&r, 1, mine + 3);
    gb_random_numpy(&r, n - 4, mine + 4);
    assert_memory_equal(mine, x, n * sizeof *x);
}

static void numpy_keeps_the_second_of_a_pair_for_the_next_call(void **state) {
    (void)state;
    for_each("numpy-calls", check_numpy_calls);
}

static void check_torch(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    check_torch_calls(seed, &n, 1, x);
}

static void torch_randn_is_equal_short_and_long(void **state) {
    (void)state;
    for_each("torch", check_torch);
    for_each("torch-noise", check_torch);
}

static void check_torch_second(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    assert_int_equal(n, 1024);
    check_torch_calls(seed, (const size_t[]){512, 512}, 2, x);
}

static void torch_continues_where_the_last_call_ended(void **state) {
    (void)state;
    for_each("torch-second", check_torch_second);
}

/* A call for 3 keeps one number, 40 does not use it, 4 uses it and keeps another, 16 does not use it, 1 uses it. */
static void check_torch_mixed(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    assert_int_equal(n, 64);
    check_torch_calls(seed, (const size_t[]){3, 40, 4, 16, 1}, 5, x);
}

static void torch_keeps_the_second_of_a_pair_across_long_calls(void **state) {
    (void)state;
    for_each("torch-calls", check_torch_mixed);
}

static void check_truncnorm(uint64_t seed, double truncation, size_t n, const double *x) {
    double mine[ROOM];
    gb_random r;
    gb_random_seed(&r, seed);
    gb_random_truncnorm(&r, n, mine);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs((float)truncation * (float)mine[i] - x[i]) <= 1e-6);
}

static void truncated_normal_is_equal_to_scipys(void **state) {
    (void)state;
    for_each("truncnorm", check_truncnorm);
}

static void seeding_discards_the_kept_number(void **state) {
    (void)state;
    gb_random r;
    float first[3], again[3];
    gb_random_seed(&r, 3);
    gb_random_torch(&r, 3, first);
    gb_random_seed(&r, 3);
    gb_random_torch(&r, 3, again);
    assert_memory_equal(first, again, sizeof first);
}

static void check_randn(uint64_t seed, double parameter, size_t n, const double *x) {
    (void)parameter;
    float mine[ROOM];
    gb_randn(GB_RNG_NUMPY, seed, n, mine);
    for (size_t i = 0; i < n; i++)
        assert_true(mine[i] == (float)x[i]);
}

static void the_public_call_rounds_numpys_numbers_to_float(void **state) {
    (void)state;
    for_each("numpy", check_randn);
}

static void seeds_are_taken_modulo_two_to_the_32(void **state) {
    (void)state;
    float a[20], b[20];
    for (int rng = GB_RNG_NUMPY; rng <= GB_RNG_TORCH; rng++) {
        gb_randn((gb_rng)rng, 85, 20, a);
        gb_randn((gb_rng)rng, 85 + (UINT64_C(7) << 32), 20, b);
        assert_memory_equal(a, b, sizeof a);
        gb_randn((gb_rng)rng, 86, 20, b);
        assert_memory_not_equal(a, b, sizeof a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_randn_is_equal_to_the_bit),
        cmocka_unit_test(numpy_keeps_the_second_of_a_pair_for_the_next_call),
        cmocka_unit_test(torch_randn_is_equal_short_and_long),
        cmocka_unit_test(torch_continues_where_the_last_call_ended),
        cmocka_unit_test(torch_keeps_the_second_of_a_pair_across_long_calls),
        cmocka_unit_test(truncated_normal_is_equal_to_scipys),
        cmocka_unit_test(seeding_discards_the_kept_number),
        cmocka_unit_test(the_public_call_rounds_numpys_numbers_to_float),
        cmocka_unit_test(seeds_are_taken_modulo_two_to_the_32),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
