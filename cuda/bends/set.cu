/* Given values v, or those of a second input, replace the input's or are added to them, on the chosen channels:
 *     y = (1 − keep) · v + keep · x,   or   y = x + v
 * Bytes, in half: 4 a value, and 4 for a given one; at most 3 FLOP. At 1024×1024 and 32 channels, all given, 268 MB: the
 * floor of an H100 is 80 µs, by memory. */
#include <string.h>

#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

__global__ static void __launch_bounds__(THREADS)
set_values(gb_view in, gb_view second, const gb_set_live *live, gb_view out, long long count) {
    float keep = live->keep;
    bool add = live->add, own = live->samples > 1;
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        float x = at.c < out.c ? gb_load(in, at.n, at.c, at.p) : 0.0f;
        if (at.c < out.c && live->channels[at.c]) {
            float v = live->values ? live->values[((long long)(own ? at.n : 0) * out.c + at.c) * out.pixels + at.p]
                                   : gb_load(second, at.n, at.c, at.p);
            x = add ? x + v : keep > 0.0f ? (1.0f - keep) * v + keep * x : v;
        }
        gb_store(out, at.n, at.c, at.p, x);
    }
}

/* A byte per channel, even if all are chosen: the layout of the parameter block must not change between renders. */
static const uint8_t *live_channels(const gb_cpu *cpu, const uint8_t *chosen, size_t channels) {
    void *room;
    const void *there = gb_live_space(cpu->stream, channels, &room);
    if (room && chosen)
        memcpy(room, chosen, channels);
    else if (room)
        memset(room, 1, channels);
    return (const uint8_t *)there;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_set_live live = *(const gb_set_live *)args->live;
    long long count = gb_item_count(args->out);
    size_t values = (size_t)(live.samples > 1 ? live.samples : 1) * d->out.c * d->out.h * d->out.w;
    live.values = d->inputs == 2 ? NULL : (const float *)cpu->device->mirror(cpu->stream, live.values,
                                                                              sizeof(float) * values, args->version);
    live.channels = live_channels(cpu, live.channels, (size_t)d->out.c);
    gb_launch(cpu, set_values, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              gb_view_of(cpu, args->in[d->inputs - 1]),
              gb_live(cpu->stream, live), gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_set_cuda = {
    .op = GB_OP_SET, .isa = "cuda", .rank = GB_CUDA_PLAIN, .run = run,
};
