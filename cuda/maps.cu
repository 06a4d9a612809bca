/* Conversions between tensors of the GPU and arrays of the host: plain NCHW float32, and pictures as 8-bit RGB. */
#include <string.h>

#include "cuda/stream.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256, MIN_CHUNK = 256 << 10 };

/* ------------------------------------------------------------------------------------------------ kernels
 * Values are read once and written once, and nothing on the GPU reads them again. A 1024×1024 picture to 8 bits: 12.6 MB and
 * 3.1 MB; the floor of an H100 is 5 µs, by memory; 2 FLOP a value. As floats it needs no kernel. */

__global__ static void __launch_bounds__(THREADS) nchw_from_map(gb_view in, float *out, long long count) {
    GB_EACH_ITEM(i, count) {
        int p = (int)(i % in.pixels), c = (int)(i / in.pixels % in.c), n = (int)(i / in.pixels / in.c);
        __stcs(out + i, gb_load(in, n, c, p));
    }
}

__global__ static void __launch_bounds__(THREADS) map_from_nchw(const float *in, gb_view out, long long count) {
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        long long from = ((long long)at.n * out.c + at.c) * out.pixels + at.p;
        gb_store(out, at.n, at.c, at.p, at.c < out.c ? __ldcs(in + from) : 0.0f);
    }
}

/* clamp(127.5 x + 128), truncated; NaN becomes 0. The same two roundings as in engine/picture/image.c. */
__device__ static inline unsigned level(float x) {
    float v = x * 127.5f + 128.0f;
    v = v > 0.0f ? v : 0.0f;
    return (unsigned)(v < 255.0f ? v : 255.0f);
}

__global__ static void __launch_bounds__(THREADS) rgb_from_map(gb_view in, uint8_t *out, long long count) {
    GB_EACH_ITEM(i, count) {
        int c = (int)(i % 3), p = (int)(i / 3 % in.pixels), n = (int)(i / 3 / in.pixels);
        out[i] = (uint8_t)level(gb_load(in, n, c, p));
    }
}

/* The same for planar pictures of a multiple of four pixels: a thread converts four, with three loads and stores. */
__global__ static void __launch_bounds__(THREADS)
rgb_from_map4(const float *in, unsigned *out, gb_divisor quarters, long long count) {
    GB_EACH_ITEM(i, count) {
        int q;
        long long n = gb_divide(i, quarters, &q);
        const float4 *from = (const float4 *)in + n * 3 * quarters.by + q;
        float4 r = __ldcs(from), g = __ldcs(from + quarters.by), b = __ldcs(from + 2 * quarters.by);
        unsigned *to = out + 3 * i;
        __stcs(to, level(r.x) | level(g.x) << 8 | level(b.x) << 16 | level(r.y) << 24);
        __stcs(to + 1, level(g.y) | level(b.y) << 8 | level(r.z) << 16 | level(g.z) << 24);
        __stcs(to + 2, level(b.z) | level(r.w) << 8 | level(g.w) << 16 | level(b.w) << 24);
    }
}

/* ------------------------------------------------------------------------------------------------ transfers */

static void *reserve(gb_stream *s, void **memory, size_t *capacity, size_t bytes, bool on_host) {
    if (*capacity < bytes) {
        gb_check(s, cudaStreamSynchronize(s->handle), "rendering");
        on_host ? cudaFreeHost(*memory) : cudaFree(*memory);
        *memory = NULL;
        *capacity = 0;
        gb_check(s, on_host ? cudaMallocHost(memory, bytes) : cudaMalloc(memory, bytes), "allocating a buffer");
        if (*memory)
            *capacity = bytes;
    }
    return *memory;
}

static size_t values(const gb_tensor *t) {
    const gb_shape *s = &t->shape;
    return (size_t)s->n * s->c * s->h * s->w;
}

static bool is_page_locked(gb_stream *s, const void *p) {
    cudaPointerAttributes a = {};
    gb_check(s, cudaPointerGetAttributes(&a, p), "looking up the memory for a result");
    return a.type == cudaMemoryTypeHost;
}

/* Downloads to the caller's memory and waits for it. If that is not page-locked, the values come through memory that is, in
 * chunks: one is copied while the next ones arrive. Nothing is written if a kernel has failed. */
static void download(gb_stream *s, const void *from, void *to, size_t bytes) {
    if (s->error)
        return;
    bool direct = is_page_locked(s, to) && is_page_locked(s, (const char *)to + bytes - 1);
    if (s->error)
        return;
    if (direct) {
        gb_check(s, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, s->handle), "downloading a result");
        gb_check(s, cudaStreamSynchronize(s->handle), "rendering");
        return;
    }
    size_t most = (bytes / GB_MAX_CHUNKS + MIN_CHUNK) / MIN_CHUNK * MIN_CHUNK;
    char *pinned = (char *)reserve(s, &s->pinned, &s->pinned_capacity, bytes, true);
    if (s->error)
        return;
    for (size_t at = 0; at < bytes; at += most) {
        size_t chunk = bytes - at < most ? bytes - at : most;
        gb_check(s, cudaMemcpyAsync(pinned + at, (const char *)from + at, chunk, cudaMemcpyDeviceToHost, s->handle),
                 "downloading a result");
        gb_check(s, cudaEventRecord(s->arrived[at / most], s->handle), "downloading a result");
    }
    for (size_t at = 0; at < bytes && !s->error; at += most) {
        gb_check(s, cudaEventSynchronize(s->arrived[at / most]), "rendering");
        if (!s->error)
            memcpy((char *)to + at, pinned + at, bytes - at < most ? bytes - at : most);
    }
}

static gb_cpu cpu_of(gb_stream *s) {
    gb_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    cpu.device = &s->device->table;
    cpu.stream = s;
    return cpu;
}

void gb_maps_to_nchw(gb_stream *s, const gb_tensor *t, float *nchw) {
    size_t count = values(t), bytes = sizeof(float) * count;
    const void *from = t->data;
    if (t->shape.block > 1) {
        gb_cpu cpu = cpu_of(s);
        from = reserve(s, &s->staging, &s->staging_capacity, bytes, false);
        if (s->error)
            return;
        gb_launch_on(s, s->handle, nchw_from_map, gb_blocks(count, THREADS), THREADS, 0, gb_view_of(&cpu, t),
                     (float *)s->staging, (long long)count);
    }
    download(s, from, nchw, bytes);
}

void gb_maps_from_nchw(gb_stream *s, const gb_tensor *t, const float *nchw) {
    size_t bytes = sizeof(float) * values(t);
    gb_cpu cpu = cpu_of(s);
    void *to = t->shape.block > 1 ? reserve(s, &s->staging, &s->staging_capacity, bytes, false) : t->data;
    if (s->error)
        return;
    gb_check(s, cudaMemcpyAsync(to, nchw, bytes, cudaMemcpyHostToDevice, s->handle), "uploading values");
    if (t->shape.block > 1)
        gb_launch_on(s, s->handle, map_from_nchw, gb_blocks((size_t)gb_item_count(t), THREADS), THREADS, 0,
                     (const float *)to, gb_view_of(&cpu, t), gb_item_count(t));
}

void gb_maps_to_rgb(gb_stream *s, const gb_tensor *t, uint8_t *rgb) {
    size_t bytes = values(t);
    gb_cpu cpu = cpu_of(s);
    uint8_t *to = (uint8_t *)reserve(s, &s->staging, &s->staging_capacity, bytes, false);
    if (s->error)
        return;
    gb_view picture = gb_view_of(&cpu, t);
    if (picture.pixels % 4 == 0)
        gb_launch_on(s, s->handle, rgb_from_map4, gb_blocks(bytes / 12, THREADS), THREADS, 0, (const float *)t->data,
                     (unsigned *)to, gb_divisor_of(picture.pixels / 4), (long long)(bytes / 12));
    else
        gb_launch_on(s, s->handle, rgb_from_map, gb_blocks(bytes, THREADS), THREADS, 0, picture, to, (long long)bytes);
    download(s, to, rgb, bytes);
}
