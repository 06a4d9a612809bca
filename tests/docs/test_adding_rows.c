/* The fast rows of the operation in docs/examples/adding compute what its plain row does, for random shapes. Built with
 * WITH_AVX2 or WITH_CUDA; the latter runs on the emulated GPU. The operation stands in for `add` here, whose uses have two
 * inputs as well. Exit status 77 if this processor has no AVX2. */
#include "cuda/cuda.h"
#include "tests/ops/random_uses.h"

extern const gb_op gb_op_product;
#if WITH_AVX2
#include "ops/simd/simd.h"
extern const gb_op_row *const gb_adding_product;
#else
extern const gb_op_row gb_product_cuda;
#endif

static double worst_difference(const gb_cpu *cpu, const gb_op_row *row) {
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    double worst = 0;
    int done = 0;
    rng r = {1};
    for (int i = 0; i < 200 && done < 40; i++) {
        use u = random_use(&r, GB_OP_ADD);
        gb_desc d = desc_for(cpu, &u);
        if (!row->supports || row->supports(cpu, &d)) {
            float *expected = run(&plain, &gb_op_product.plain, &u), *got = run(cpu, row, &u);
            worst = fmax(worst, difference(got, expected, count_of(&u.d.out)));
            free(expected);
            free(got);
            done++;
        }
        free_use(&u);
    }
    printf("%s: %d uses, largest relative difference %g\n", row->isa, done, worst);
    return done ? worst : INFINITY;
}

int main(void) {
    gb_cpu cpu = {.workers = 1};
    double allowed = 0;         /* on the host the same bits */
#if WITH_AVX2
    if (!gb_x86_has_avx2())
        return 77;
    if (!gb_cpu_detect(&cpu, "avx2", NULL, 0))
        return 2;
    return worst_difference(&cpu, gb_adding_product) <= allowed ? 0 : 1;
#else
    char why[200];
    gb_device *device = gb_cuda_open("half", why, sizeof why);
    if (!device) {
        fprintf(stderr, "%s\n", why);
        return 2;
    }
    cpu = (gb_cpu){.isa = "cuda", .rank = 1 << 20, .workers = 1, .device = device, .stream = device->stream_new(device)};
    allowed = 5e-3;             /* of the product of two float16 */
    double worst = worst_difference(&cpu, &gb_product_cuda);
    device->stream_free(cpu.stream);
    device->close(device);
    return worst <= allowed ? 0 : 1;
#endif
}
