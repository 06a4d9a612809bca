/* The input of a disabled layer in place of its output, enlarged `up` times with nearest neighbour:
 *   y[c,y,x] = x[c,⌊y/up⌋,⌊x/up⌋] for c < kept, else 0
 * Bytes, in half: 2 a value written, 2/up² read; no FLOP. To 1024×1024 and 32 channels from 512×512 84 MB: the floor of an
 * H100 is 25 µs, by memory. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS) pass(gb_view in, int up, int kept, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        int p = at.p / out.w / up * in.w + at.p % out.w / up;
        gb_store(out, at.n, at.c, at.p, at.c < kept ? gb_load(in, at.n, at.c, p) : 0.0f);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, pass, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]), d->pass.up,
              d->pass.kept, gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_pass_cuda = {
    .op = GB_OP_PASS, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
