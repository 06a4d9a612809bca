/* A learned constant, the same for every sample:  y[n,c,p] = weights[0][c,p]. 4 bytes are read and, in half, 2 written a value,
 * without a FLOP: 50 KB at 4×4 and 512 channels; the launch takes longer. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS)
constant(const float *weights, gb_view out, const gb_cuda_epilogue *e, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        gb_write(out, e, at.c < out.c ? weights[at.c * out.pixels + at.p] : 0.0f, at.n, at.c, at.p);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, constant, gb_blocks((size_t)count, THREADS), THREADS, 0, (const float *)args->packed,
              gb_view_of(cpu, args->out), gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

const gb_op_row gb_constant_cuda = {
    .op = GB_OP_CONSTANT, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run,
};
