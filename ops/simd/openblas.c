/* The dense layer with OpenBLAS, for GANBEND_ISA=openblas and for comparison. One sgemv per sample, so that a sample
 * has the same bits alone and in a batch; on one thread, so that the bits do not depend on the number of threads. */
#include <cblas.h>

#include "ops/epilogue.h"
#include "ops/simd/simd.h"

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    int cin = d->in[0].c, cout = d->out.c;
    (void)cpu;
    openblas_set_num_threads(1);
    for (int n = 0; n < d->out.n; n++) {
        float *y = gb_plane(args->out, n, 0);
        cblas_sgemv(CblasRowMajor, CblasNoTrans, cout, cin, d->linear.gain, args->packed, cin,
                    gb_plane(args->in[0], n, 0), 1, 0.0f, y, 1);
        for (int o = 0; o < cout; o++)
            gb_store(args->out, args->epilogue, y[o], n, o, 0);
    }
}

static bool supports(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return d->in[0].block == 1 && d->out.block == 1 && !d->linear.selects;
}

static const gb_op_row row_linear = {
    .op = GB_OP_LINEAR, .form = "sgemv", .isa = "openblas", .rank = GB_RANK_OPENBLAS, .fuses = true,
    .supports = supports, .packed_size = gb_plain_packed_size, .as_stored = true, .pack = gb_plain_pack,
    .run = run,
};

const gb_op_row *const gb_openblas_rows[] = {&row_linear, NULL};
