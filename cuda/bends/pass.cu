/* What stands in for a layer that is switched off: its input, every pixel `up` times in both directions; the first
 * `kept` channels pass, the others are zero. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void pass(gb_view in, int up, int kept, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_place at = gb_place_of(out, i);
        int p = at.p / out.w / up * in.w + at.p % out.w / up;
        gb_store(out, at.n, at.c, at.p, at.c < kept ? gb_load(in, at.n, at.c, p) : 0.0f);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    long long count = gb_items(args->out);
    gb_launch(cpu, pass, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]), d->pass.up,
              d->pass.kept, gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_pass_cuda = {
    .op = GB_OP_PASS, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
