/* Painting activation vectors into maps:  y[c,p] = vectors[index[p]][c] where index[p] ≥ 0, else x[c,p].
 * Bytes, in half: 4 a value, and 2 a pixel for its index; no FLOP. At 1024×1024 and 32 channels 134 MB: the floor of an H100
 * is 40 µs, by memory. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS)
paint(gb_view in, const gb_paint_live *live, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        int index = live->index[at.p];
        float v = at.c >= out.c ? 0.0f
                  : index < 0   ? gb_load(in, at.n, at.c, at.p)
                                : live->vectors[(long long)index * out.c + at.c];
        gb_store(out, at.n, at.c, at.p, v);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_paint_live live = *(const gb_paint_live *)args->live;
    long long count = gb_item_count(args->out);
    size_t vectors = sizeof(float) * (size_t)live.count * d->out.c, indices = sizeof(int16_t) * d->out.h * d->out.w;
    if (live.count > 0)
        live.vectors = (const float *)cpu->device->mirror(cpu->stream, live.vectors, vectors, args->version);
    live.index = (const int16_t *)cpu->device->mirror(cpu->stream, live.index, indices, args->version);
    gb_launch(cpu, paint, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              gb_live(cpu->stream, live), gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_paint_cuda = {
    .op = GB_OP_PAINT, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
