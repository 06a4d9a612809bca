/* The w of one layer:  y[n] = ws[n, row]. 8·N·C bytes, no FLOP; the launch takes longer. Dense layers do without it (linear.cu). */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS) select_row(gb_view ws, int row, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        gb_store(out, at.n, at.c, 0, gb_load(ws, at.n, row, at.c));
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, select_row, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              d->select.row, gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_select_cuda = {
    .op = GB_OP_SELECT, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
