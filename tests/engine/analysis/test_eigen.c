/* Eigenvalues and eigenvectors of random symmetric matrices, of matrices with known ones, and of degenerate ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/analysis/eigen.h"
#include "engine/analysis/pca.h"
#include "engine/ganbend.h"

enum { MOST = 70 };

/* Checks a v = value v for every pair, that the vectors are orthonormal, the order, and the signs. */
static void check(size_t n, const double *a) {
    double v[MOST * MOST], values[MOST], scale = 1e-300;
    memcpy(v, a, n * n * sizeof *v);
    for (size_t i = 0; i < n * n; i++)
        scale = fmax(scale, fabs(a[i]));
    assert_int_equal(gb_eigen_symmetric(n, v, values), GB_OK);
    for (size_t i = 0; i < n; i++) {
        double largest = 0;
        assert_true(!i || values[i] <= values[i - 1]);
        for (size_t k = 0; k < n; k++) {
            double product = 0, overlap = 0;
            for (size_t j = 0; j < n; j++) {
                product += a[k * n + j] * v[i * n + j];
                overlap += v[k * n + j] * v[i * n + j];
            }
            assert_true(fabs(product - values[i] * v[i * n + k]) <= 1e-13 * scale * (double)n);
            assert_true(fabs(overlap - (i == k)) <= 1e-12);
            if (fabs(v[i * n + k]) > fabs(largest))
                largest = v[i * n + k];
        }
        assert_true(largest > 0);
    }
}

static void random_matrices(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 7, 16, 33, MOST};
    static const double scales[] = {1, 1e-150, 1e150};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        float numbers[MOST * MOST];
        double a[MOST * MOST];
        gb_randn(GB_RNG_NUMPY, s, n * n, numbers);
        for (int t = 0; t < 3; t++) {
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k <= i; k++)
                    a[i * n + k] = a[k * n + i] = (double)numbers[i * n + k] * scales[t];
            check(n, a);
        }
    }
}

static void degenerate_matrices(void **state) {
    (void)state;
    double a[25] = {0};
    check(5, a);
    for (int i = 0; i < 5; i++)
        a[6 * i] = 3;
    check(5, a);
    for (int i = 0; i < 25; i++)
        a[i] = 1;
    check(5, a);
    memset(a, 0, sizeof a);
    a[0 * 5 + 4] = a[4 * 5 + 0] = 1;        /* only a corner */
    check(5, a);
}

static void known_values(void **state) {
    (void)state;
    double a[9] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, values[3];
    assert_int_equal(gb_eigen_symmetric(3, a, values), GB_OK);
    assert_true(fabs(values[0] - (2 + sqrt(2))) < 1e-14 && fabs(values[1] - 2) < 1e-14 &&
                fabs(values[2] - (2 - sqrt(2))) < 1e-14);
    a[0] = NAN;
    assert_int_equal(gb_eigen_symmetric(3, a, values), GB_BAD_ARGUMENT);
    a[0] = INFINITY;
    assert_int_equal(gb_eigen_symmetric(3, a, values), GB_BAD_ARGUMENT);
}

/* Samples on three axes of known deviation, in batches of odd sizes: exact and incremental components agree with them. */
static void components_of_known_samples(void **state) {
    (void)state;
    enum { SAMPLES = 400, WIDTH = 12, KEPT = 3 };
    static const double deviations[KEPT] = {5, 3, 1};
    static float numbers[SAMPLES * KEPT], rows[SAMPLES * WIDTH];
    gb_randn(GB_RNG_NUMPY, 1, SAMPLES * KEPT, numbers);
    for (int r = 0; r < SAMPLES; r++)
        for (int i = 0; i < WIDTH; i++)
            rows[r * WIDTH + i] = 7 + (i % 4 < KEPT && i < 4 ? numbers[r * KEPT + i] * (float)deviations[i] : 0);
    for (int exact = 0; exact < 2; exact++) {
        gb_pca pca;
        assert_true(gb_pca_new(&pca, WIDTH, 5, exact));
        for (size_t done = 0, n = 37; done < SAMPLES; done += n) {
            n = done + n > SAMPLES ? SAMPLES - done : n;
            assert_int_equal(gb_pca_add(&pca, rows + done * WIDTH, n), GB_OK);
        }
        assert_int_equal(gb_pca_finish(&pca), GB_OK);
        assert_int_equal(pca.samples, SAMPLES);
        double share = 0;
        for (size_t c = 0; c < KEPT; c++) {
            assert_true(fabs(gb_pca_deviation(&pca, c) / deviations[c] - 1) < 0.1);
            assert_true(fabs((double)pca.components[c * WIDTH + c]) > 0.99);
            share += gb_pca_share(&pca, c);
        }
        assert_true(fabs(share - 1) < 1e-6);
        for (int i = 4; i < WIDTH; i++)
            assert_true(fabs(pca.mean[i] - 7) < 1e-12);
        gb_pca_free(&pca);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_matrices),
        cmocka_unit_test(degenerate_matrices),
        cmocka_unit_test(known_values),
        cmocka_unit_test(components_of_known_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
