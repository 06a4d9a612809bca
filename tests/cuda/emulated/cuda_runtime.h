/* CUDA without a GPU, for tests: the part of the runtime and of the language that cuda/ uses, so that a C++ compiler
 * can build the same kernels and host code. What a GPU punishes, now and then or silently, ends the program with a
 * message or returns the error that the hardware would:
 *
 *   threads of a block, and blocks of a launch, run in a changing order; a barrier that some threads do not reach
 *   shared memory, static and dynamic, and allocated memory begin as NaN; dynamic shared memory has guard pages
 *   asynchronous copies arrive at any moment from their issue until they are waited for; so do boxes of tensors (TMA) and
 *     the products of warpgroups (wgmma), whose descriptors are decoded
 *   limits: threads, grids, bytes of parameters, shared memory of the compute capability EMULATED_CAPABILITY (80)
 *   a stream runs when somebody waits for it, so pinned memory that changes too early has the wrong values
 *   calls that a capture forbids end it
 *   accesses that are not aligned to their type; races in shared memory, if the kernels are instrumented */
#ifndef EMULATED_CUDA_RUNTIME_H
#define EMULATED_CUDA_RUNTIME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <functional>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __shared__ static __attribute__((section("emulated_shared")))
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)

/* ------------------------------------------------------------------------------------------------ language */

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) float2 { float x, y; };

/* constinit: otherwise each use would first call a function that initialises them. */
extern constinit thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
template <class T> static inline T __ldg(const T *p) { return *p; }

/* Streaming accesses, which caches do not keep. */
void emulated_stream_bytes(size_t bytes);
template <class T> static inline T __ldcs(const T *p) {
    emulated_stream_bytes(sizeof *p);
    return *p;
}
template <class T> static inline void __stcs(T *p, T value) {
    emulated_stream_bytes(sizeof *p);
    *p = value;
}

static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

static inline float __uint_as_float(unsigned u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline unsigned __float_as_uint(float f) {
    unsigned u;
    memcpy(&u, &f, sizeof u);
    return u;
}

void __syncthreads(void);

/* Operations of a whole warp: every lane passes a pointer, and when all lanes have arrived, `act` gets all pointers. */
void emulated_warp(void *mine, void (*act)(void *const *lanes, void *how), void *how);
unsigned char *emulated_shared(void);       /* of the running block */

struct emulated_exchange { float value, result; int from; };

static inline float emulated_shuffle(float value, int from) {
    emulated_exchange swap = {value, 0.0f, from};
    emulated_warp(&swap, [](void *const *lanes, void *) {
        for (int i = 0; i < 32; i++)
            if (emulated_exchange *to = (emulated_exchange *)lanes[i]) {
                emulated_exchange *other = to->from >= 0 && to->from < 32 ? (emulated_exchange *)lanes[to->from] : NULL;
                to->result = other ? other->value : to->value;
            }
    }, NULL);
    return swap.result;
}

static inline int emulated_lane(void) {
    return (int)((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x) % 32;
}

static inline float __shfl_xor_sync(unsigned, float v, int mask) { return emulated_shuffle(v, emulated_lane() ^ mask); }
static inline float __shfl_sync(unsigned, float v, int from) { return emulated_shuffle(v, from); }
static inline float __shfl_down_sync(unsigned, float v, int by) { return emulated_shuffle(v, emulated_lane() + by); }

void __syncwarp(unsigned mask = 0xffffffffu);

/* ------------------------------------------------------------------------------------------------ runtime */

typedef enum cudaError_t {
    cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2, cudaErrorInvalidConfiguration = 9,
    cudaErrorInsufficientDriver = 35, cudaErrorNoDevice = 100, cudaErrorLaunchFailure = 719,
    cudaErrorStreamCaptureUnsupported = 900, cudaErrorStreamCaptureInvalidated = 901, cudaErrorUnknown = 999
} cudaError_t;
typedef struct emulated_stream *cudaStream_t;
typedef struct emulated_event *cudaEvent_t;
typedef struct emulated_graph *cudaGraph_t;
typedef struct emulated_graph *cudaGraphExec_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaDriverEntryPointQueryResult { cudaDriverEntryPointSuccess = 0, cudaDriverEntryPointSymbolNotFound = 1 };
#define CUDART_VERSION 12080
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2, cudaEnableDefault = 0 };

enum cudaMemoryType { cudaMemoryTypeUnregistered = 0, cudaMemoryTypeHost = 1, cudaMemoryTypeDevice = 2 };
struct cudaPointerAttributes { cudaMemoryType type; };

struct cudaDeviceProp {
    char name[256];
    size_t totalGlobalMem, sharedMemPerBlockOptin, sharedMemPerMultiprocessor;
    int major, minor, multiProcessorCount, l2CacheSize;
};

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError(void);
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *prop, int device);
cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **function, unsigned version, unsigned long long flags,
                                             cudaDriverEntryPointQueryResult *found);
cudaError_t cudaMemGetInfo(size_t *free, size_t *total);
cudaError_t cudaMalloc(void **p, size_t bytes);
cudaError_t cudaFree(void *p);
cudaError_t cudaMallocHost(void **p, size_t bytes);
cudaError_t cudaFreeHost(void *p);
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *p);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);

cudaError_t emulated_allow_shared(const void *kernel, size_t bytes);
cudaError_t emulated_launch(const void *which, std::function<void()> kernel, size_t parameters, dim3 grid, dim3 block,
                            size_t shared, cudaStream_t stream);

template <class T> cudaError_t cudaFuncSetAttribute(T *kernel, cudaFuncAttribute, int bytes) {
    return emulated_allow_shared((const void *)kernel, (size_t)bytes);
}

/* The bytes that the parameters of a kernel take, each aligned. */
template <class... P> constexpr size_t emulated_parameters(void) {
    size_t bytes = 0;
    ((bytes = (bytes + alignof(P) - 1) / alignof(P) * alignof(P) + sizeof(P)), ...);
    return bytes;
}

template <class... P, size_t... I>
static inline std::function<void()> emulated_call(void (*kernel)(P...), void **args, std::index_sequence<I...>) {
    return std::bind(kernel, *(P *)args[I]...);
}

template <class... P>
cudaError_t cudaLaunchKernel(void (*kernel)(P...), dim3 grid, dim3 block, void **args, size_t shared,
                             cudaStream_t stream) {
    static_assert((std::is_trivially_copyable_v<P> && ...), "parameters of a kernel are copied as bytes");
    return emulated_launch((const void *)kernel, emulated_call(kernel, args, std::index_sequence_for<P...>{}),
                           emulated_parameters<P...>(), grid, block, shared, stream);
}

#endif
