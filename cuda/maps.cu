/* Between tensors of the GPU and arrays of the host: plain NCHW float32, and pictures as 8-bit RGB. */
#include <string.h>

#include "cuda/queue.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

/* ------------------------------------------------------------------------------------------------ kernels */

__global__ static void nchw_from_map(gb_view in, float *out, long long count) {
    GB_EACH_ITEM(i, count) {
        int p = (int)(i % in.pixels), c = (int)(i / in.pixels % in.c), n = (int)(i / in.pixels / in.c);
        out[i] = gb_load(in, n, c, p);
    }
}

__global__ static void map_from_nchw(const float *in, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_place at = gb_place_of(out, i);
        long long from = ((long long)at.n * out.c + at.c) * out.pixels + at.p;
        gb_store(out, at.n, at.c, at.p, at.c < out.c ? in[from] : 0.0f);
    }
}

/* clamp(127.5 x + 128), truncated; NaN is 0. As engine/picture/image.c, in the same two roundings. */
__global__ static void rgb_from_map(gb_view in, uint8_t *out, long long count) {
    GB_EACH_ITEM(i, count) {
        int c = (int)(i % 3), p = (int)(i / 3 % in.pixels), n = (int)(i / 3 / in.pixels);
        float v = gb_load(in, n, c, p) * 127.5f + 128.0f;
        v = v > 0.0f ? v : 0.0f;
        out[i] = (uint8_t)(v < 255.0f ? v : 255.0f);
    }
}

/* ------------------------------------------------------------------------------------------------ the way */

static void *room(gb_queue *q, void **memory, size_t *has, size_t bytes, bool on_host) {
    if (*has < bytes) {
        gb_note(q, cudaStreamSynchronize(q->stream), "a render failed");
        on_host ? cudaFreeHost(*memory) : cudaFree(*memory);
        *memory = NULL;
        *has = 0;
        gb_note(q, on_host ? cudaMallocHost(memory, bytes) : cudaMalloc(memory, bytes), "no memory for a copy");
        if (*memory)
            *has = bytes;
    }
    return *memory;
}

static size_t values(const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    return (size_t)s->n * s->c * s->h * s->w;
}

/* From the GPU through pinned memory into the caller's, once it is there. */
static void hand_over(gb_queue *q, const void *from, void *to, size_t bytes) {
    void *pinned = room(q, &q->pinned, &q->pinned_room, bytes, true);
    if (q->error)
        return;
    gb_note(q, cudaMemcpyAsync(pinned, from, bytes, cudaMemcpyDeviceToHost, q->stream), "a result did not arrive");
    gb_note(q, cudaStreamSynchronize(q->stream), "a render failed");
    if (!q->error)
        memcpy(to, pinned, bytes);
}

static gb_cpu on(gb_queue *q) {
    gb_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    cpu.device = &q->device->table;
    cpu.queue = q;
    return cpu;
}

void gb_maps_to_nchw(gb_queue *q, const gb_tensor *t, float *nchw) {
    size_t count = values(t), bytes = sizeof(float) * count;
    const void *from = t->data;
    if (t->shape.block > 1) {
        gb_cpu cpu = on(q);
        from = room(q, &q->staging, &q->staging_room, bytes, false);
        if (q->error)
            return;
        gb_launch_on(q, q->stream, nchw_from_map, gb_blocks(count, THREADS), THREADS, 0, gb_view_of(&cpu, t),
                     (float *)q->staging, (long long)count);
    }
    hand_over(q, from, nchw, bytes);
}

void gb_maps_from_nchw(gb_queue *q, const gb_tensor *t, const float *nchw) {
    size_t bytes = sizeof(float) * values(t);
    gb_cpu cpu = on(q);
    void *to = t->shape.block > 1 ? room(q, &q->staging, &q->staging_room, bytes, false) : t->data;
    if (q->error)
        return;
    gb_note(q, cudaMemcpyAsync(to, nchw, bytes, cudaMemcpyHostToDevice, q->stream), "values did not reach the GPU");
    if (t->shape.block > 1)
        gb_launch_on(q, q->stream, map_from_nchw, gb_blocks((size_t)gb_items(t), THREADS), THREADS, 0,
                     (const float *)to, gb_view_of(&cpu, t), gb_items(t));
}

void gb_maps_to_rgb(gb_queue *q, const gb_tensor *t, uint8_t *rgb) {
    size_t bytes = values(t);
    gb_cpu cpu = on(q);
    uint8_t *to = (uint8_t *)room(q, &q->staging, &q->staging_room, bytes, false);
    if (q->error)
        return;
    gb_launch_on(q, q->stream, rgb_from_map, gb_blocks(bytes, THREADS), THREADS, 0, gb_view_of(&cpu, t), to,
                 (long long)bytes);
    hand_over(q, to, rgb, bytes);
}
