/* Adam takes the steps of torch.optim.Adam: from the gradients and learning rates that NVIDIA's projector used, it
 * computes the same w's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/ganbend_gradient.h"
#include "tests/engine/arrays.h"

static void the_steps_of_a_projection_are_those_of_torch(void **state) {
    enum { STEPS = 20, WIDTH = 64 };
    gb_file *file = NULL;
    gb_adam *adam = NULL;
    (void)state;
    OK(gb_file_open("tests/fixtures/understanding/project-nvlabs-skip-64.npz", &file, &err));
    float *w = array_of(file, "w_avg", WIDTH), *path = array_of(file, "step/w", STEPS * WIDTH);
    float *gradients = array_of(file, "step/grad_w", STEPS * WIDTH), *rates = array_of(file, "step/lr", STEPS);
    OK(gb_adam_new(WIDTH, NULL, &adam, &err));
    float moved = 0;
    for (int step = 0; step < STEPS; step++) {
        gb_adam_step(adam, rates[step], gradients + step * WIDTH, w);
        for (int i = 0; i < WIDTH; i++) {
            assert_true(fabsf(w[i] - path[step * WIDTH + i]) <= 1e-6f);
            moved = fmaxf(moved, fabsf(path[step * WIDTH + i] - path[i]));
        }
    }
    assert_true(moved > 0.01f);
    gb_adam_free(adam);
    gb_file_close(file);
    free(w);
    free(path);
    free(gradients);
    free(rates);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_steps_of_a_projection_are_those_of_torch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
