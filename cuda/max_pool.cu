/* Max pooling of 2×2 pixels:  y[y,x] = max x[2y..2y+1, 2x..2x+1].  An odd last row or column is dropped; NaN wins.
 *
 * 2·N·H·W·C bytes in half from memory and a quarter of that to it, 3 comparisons a result. At 64×64 and 256 channels 3 MB: the
 * floor of an H100 is 1 µs, by memory. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS) max_pool(gb_view in, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        int p = at.p / out.w * 2 * in.w + at.p % out.w * 2;
        float v = 0.0f;
        if (at.c < out.c)
            v = gb_larger(gb_larger(gb_load(in, at.n, at.c, p), gb_load(in, at.n, at.c, p + 1)),
                          gb_larger(gb_load(in, at.n, at.c, p + in.w), gb_load(in, at.n, at.c, p + in.w + 1)));
        gb_store(out, at.n, at.c, at.p, v);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, max_pool, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              gb_view_of(cpu, args->out), count);
}

/* Other windows run on the host. */
static bool supports(const gb_cpu *, const gb_desc *d) {
    return d->pool.size == 2 && d->pool.stride == 2 && d->pool.padding == 0;
}

const gb_op_row gb_max_pool_cuda = {
    .op = GB_OP_MAX_POOL, .isa = "cuda", .rank = GB_CUDA_PLAIN, .supports = supports, .run = run,
};
