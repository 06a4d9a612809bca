/* The row of product.c for NVIDIA GPUs: y = epilogue(in[0] · in[1]). One thread per value. */
#include "cuda/epilogue.cuh"
#include "cuda/rows.h"

enum { THREADS = 256 };

__global__ static void product_each(gb_view a, gb_view b, gb_view out, const gb_cuda_epilogue *e, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        float v = at.c < out.c ? gb_load(a, at.n, at.c, at.p) * gb_load(b, at.n, at.c, at.p) : 0.0f;
        gb_write(out, e, v, at.n, at.c, at.p);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    long long count = gb_item_count(args->out);
    gb_launch(cpu, product_each, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              gb_view_of(cpu, args->in[1]), gb_view_of(cpu, args->out),
              gb_live_epilogue(cpu, args->out, args->epilogue), count);
}

extern const gb_op_row gb_product_cuda;         /* GB_CUDA_ROWS in cuda/rows.h declares it */
const gb_op_row gb_product_cuda = {
    .op = GB_OP_PRODUCT, .isa = "cuda", .rank = GB_CUDA_PLAIN, .fuses = true, .run = run,
};
