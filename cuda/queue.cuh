/* A session's work on the GPU, as the rows see it: how they launch, and how what a person can move gets to the kernels. */
#ifndef GB_CUDA_QUEUE_CUH
#define GB_CUDA_QUEUE_CUH

#include <cuda_runtime.h>

#include "ops/device.h"

enum gb_precision { GB_HALF, GB_TF32, GB_FP32 };

struct gb_cuda {
    gb_device table;            /* first: a gb_device * is a gb_cuda * */
    gb_precision precision;
    int processors;             /* multiprocessors */
};

static inline const gb_cuda *gb_cuda_of(const gb_cpu *cpu) {
    return (const gb_cuda *)cpu->device;
}

/* The stream that launches go to; NULL in a render's first pass, when nothing is launched. */
cudaStream_t gb_launching(gb_queue *queue);
/* The stream outside of passes: conversions. */
cudaStream_t gb_stream(gb_queue *queue);
/* Keeps the first failure, for wait(). */
void gb_note(gb_queue *queue, cudaError_t error, const char *what);

/* Where the kernels find a copy of `bytes` of `value` as it is in this render; 16-byte aligned. In the second pass it
 * returns the same address, so a row's run() must ask for the same things in the same order both times. */
const void *gb_live_bytes(gb_queue *queue, const void *value, size_t bytes);
/* The same for what is not there yet: `*to` is where to write it, NULL where nothing is to be written now. */
const void *gb_live_room(gb_queue *queue, size_t bytes, void **to);

template <class T> const T *gb_live(gb_queue *queue, const T &value) {
    return (const T *)gb_live_bytes(queue, &value, sizeof value);
}

/* kernel<<<grid, block, shared>>>(args…) on a stream. */
template <class... P, class... A>
void gb_launch_on(gb_queue *queue, cudaStream_t stream, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared,
                  A... args) {
    auto call = [&](P... exact) {
        void *pointers[] = {(void *)&exact...};
        gb_note(queue, cudaLaunchKernel(kernel, grid, block, pointers, shared, stream), "a kernel could not be launched");
    };
    call(args...);
}

/* The same for rows: in the second pass only. */
template <class... P, class... A>
void gb_launch(const gb_cpu *cpu, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared, A... args) {
    if (cudaStream_t stream = gb_launching(cpu->queue))
        gb_launch_on(cpu->queue, stream, kernel, grid, block, shared, args...);
}

/* Blocks of `size` threads for `count` items, as many as a grid takes; kernels stride over the rest. */
static inline dim3 gb_blocks(size_t count, int size) {
    size_t blocks = (count + (size_t)size - 1) / (size_t)size;
    return dim3((unsigned)(blocks < 1 ? 1 : blocks > 1u << 20 ? 1u << 20 : blocks));
}

#endif
