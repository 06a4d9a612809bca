/* A stream as the rows see it: how they launch kernels, and how kernels get live values. */
#ifndef GB_CUDA_STREAM_CUH
#define GB_CUDA_STREAM_CUH

#include <cuda_runtime.h>

#include "ops/device.h"

enum gb_precision { GB_HALF, GB_TF32, GB_FP32 };

struct gb_cuda {
    gb_device table;            /* first member: a gb_device * of ours points to a gb_cuda */
    gb_precision precision;
    int processors;             /* multiprocessors */
    size_t shared_per_block, shared_per_processor;      /* bytes of shared memory, at most */
    size_t cache_bytes;         /* of the second-level cache */
    struct gb_cublaslt *cublaslt;       /* NULL until it is needed */
    bool use_cublas;            /* GANBEND_CUBLAS=1: rows use it */
    void *encode_tensor_map;    /* GANBEND_WGMMA=1: the driver's function (tensor_map.h); else NULL */
};

static inline const gb_cuda *gb_cuda_of(const gb_cpu *cpu) {
    return (const gb_cuda *)cpu->device;
}

static inline bool gb_is_half(const gb_cpu *cpu) {
    return gb_cuda_of(cpu)->precision == GB_HALF;
}

/* Bytes that a part of a workspace takes: the next one begins at a multiple of 256. */
static inline size_t gb_part_bytes(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

/* The CUDA stream to launch on; NULL in the first pass of a render, in which nothing is launched, and after an error. */
cudaStream_t gb_launch_stream(gb_stream *stream);
/* Keeps the first error for wait(). `what` says what failed. */
void gb_check(gb_stream *stream, cudaError_t error, const char *what);

/* Copies `bytes` of `value` into the parameter block and returns the device address of the copy, 16-byte aligned. The
 * second pass returns the same addresses, so run() has to make the same calls in the same order in both passes. */
const void *gb_live_bytes(gb_stream *stream, const void *value, size_t bytes);
/* The same for a value that the caller writes itself: to *to, if that is not NULL. */
const void *gb_live_space(gb_stream *stream, size_t bytes, void **to);

template <class T> const T *gb_live(gb_stream *stream, const T &value) {
    return (const T *)gb_live_bytes(stream, &value, sizeof value);
}

/* Keeps an error of a launch. With GANBEND_CUDA_SYNC=1, waits for the kernel and keeps its error as well. */
void gb_check_kernel(gb_stream *stream, cudaError_t error, const char *kernel);

/* kernel<<<grid, block, shared, handle>>>(args…). `name` begins with the kernel's. */
template <class... P, class... A>
void gb_launch_named(gb_stream *stream, cudaStream_t handle, const char *name, void (*kernel)(P...), dim3 grid,
                     dim3 block, size_t shared, A... args) {
    auto call = [&](P... exact) {
        void *pointers[] = {(void *)&exact...};
        gb_check_kernel(stream, cudaLaunchKernel(kernel, grid, block, pointers, shared, handle), name);
    };
    if (handle)
        call(args...);
}

/* gb_launch_on(stream, handle, kernel, grid, block, shared, args…) */
#define gb_launch_on(stream, handle, ...) gb_launch_named(stream, handle, #__VA_ARGS__, __VA_ARGS__)

/* gb_launch(cpu, kernel, grid, block, shared, args…), for rows: does nothing in the first pass. */
#define gb_launch(cpu, ...) gb_launch_on((cpu)->stream, gb_launch_stream((cpu)->stream), __VA_ARGS__)

/* The number of blocks of `size` threads for `count` items, at most 2^20: kernels loop over the rest (GB_EACH_ITEM). */
static inline dim3 gb_blocks(size_t count, int size) {
    size_t blocks = (count + (size_t)size - 1) / (size_t)size;
    return dim3((unsigned)(blocks < 1 ? 1 : blocks > 1u << 20 ? 1u << 20 : blocks));
}

#endif
