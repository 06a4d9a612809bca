/* The command line of check_cuda and check_bends, and the device that they check. */
#ifndef GB_TESTS_CHECK_DEVICE_H
#define GB_TESTS_CHECK_DEVICE_H

#include "cuda/cuda.h"
#include "tests/ops/random_uses.h"

typedef struct checks {
    const char *precision, *only;       /* only: the one operation or filter to check; NULL = all */
    const char *form;                   /* the only form of rows; NULL = all */
    int rounds, network;                /* network: the resolution of the layers to check; 0 = none */
    uint64_t seed;
    gb_device *device;
    gb_cpu cpu;                         /* the device, with a stream */
} checks;

/* PROGRAM [--precision half|tf32|fp32] [WHICH NAME] [--seed N] [--rounds N]. Returns 0 or the exit status: 77, which
 * tells ctest that the test was skipped, if there is no device. */
static int begin_checks(int argc, char **argv, const char *program, const char *which, checks *c) {
    char why[200];
    *c = (checks){.precision = "half", .rounds = 8, .seed = 1};
    for (int i = 1; i < argc; i += 2) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(arg, "--precision"))
            c->precision = next;
        else if (!strcmp(arg, which))
            c->only = next;
        else if (!strcmp(arg, "--rounds"))
            c->rounds = atoi(next);
        else if (!strcmp(arg, "--network") && !strcmp(program, "check_cuda"))
            c->network = atoi(next);
        else if (!strcmp(arg, "--form") && !strcmp(program, "check_cuda"))
            c->form = next;
        else if (!strcmp(arg, "--seed"))
            c->seed = strtoull(next, NULL, 10);
        else {
            fprintf(stderr, "usage: %s [--precision half|tf32|fp32] [%s NAME] [--seed N] [--rounds N]\n", program,
                    which);
            return 2;
        }
    }
    gb_device *device = c->device = gb_cuda_open(c->precision, why, sizeof why);
    if (!device) {
        printf("%s: %s\n", program, why);
        return 77;
    }
    c->cpu = (gb_cpu){.isa = "cuda", .rank = 1 << 20, .workers = 1, .device = device};
    c->cpu.stream = device->stream_new(device);
    if (!c->cpu.stream) {
        fprintf(stderr, "%s: out of memory on %s\n", program, device->name);
        return 2;
    }
    printf("%s\n", device->name);
    return 0;
}

/* Returns the exit status. */
static int end_checks(checks *c) {
    c->device->stream_free(c->cpu.stream);
    c->device->close(c->device);
    printf(failures ? "%d failures\n" : "all equal\n", failures);
    return failures ? 1 : 0;
}

#endif
