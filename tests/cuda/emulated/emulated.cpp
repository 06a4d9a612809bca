/* The emulated runtime: the threads of a block are fibers, streams run launches at once, graphs are lists of
 * launches. */
#include "cuda_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include <map>
#include <memory>
#include <vector>

#include "counts.h"
#include "emulated_ptx.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define ADDRESS_SANITIZER 1
#else
#define ADDRESS_SANITIZER 0
#endif

thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;
emulated_counts emulated_counters;
emulated_faults emulated_failing;

namespace {

enum { WARP = 32, STACK = ADDRESS_SANITIZER ? 512 << 10 : 128 << 10 };
enum { DEFAULT_SHARED = 48 << 10, MAX_SHARED = 228 << 10 };
enum state { READY, AT_BARRIER, AT_WARP, DONE };

struct copy { void *to; const void *from; size_t bytes, filled; bool last_of_group; };

/* A saved position for the compiler's built-in jumps, which do not save signal masks and may switch stacks. */
struct position { void *words[5]; };

struct fiber {
    ucontext_t context;
    position here;
    std::unique_ptr<char[]> stack;
    bool begun = false;
    state is = DONE;
    dim3 index;
    void *mine = NULL;
    std::vector<copy> copies;
};

struct machine {
    std::vector<std::unique_ptr<fiber>> fibers;
    int count = 0, current = -1, alive = 0, at_barrier = 0;
    position scheduler;
    const void *scheduler_stack = NULL;
    size_t scheduler_size = 0;
    const std::function<void()> *kernel = NULL;
    unsigned order = 1;
    alignas(128) unsigned char shared[MAX_SHARED];
};

thread_local std::unique_ptr<machine> device;

[[noreturn]] void fail(const char *what) {
    fprintf(stderr, "emulated GPU: %s (block %u,%u,%u, thread %u,%u,%u)\n", what, blockIdx.x, blockIdx.y, blockIdx.z,
            threadIdx.x, threadIdx.y, threadIdx.z);
    abort();
}

#if ADDRESS_SANITIZER
#define NOT_INSTRUMENTED __attribute__((noinline, no_sanitize("address")))
#else
#define NOT_INSTRUMENTED __attribute__((noinline))
#endif

NOT_INSTRUMENTED void jump_to(position *there) {
    __builtin_longjmp(there->words, 1);
}

NOT_INSTRUMENTED void begin_fiber(fiber *f);

NOT_INSTRUMENTED void switch_to(position *from, position *there) {
    if (!__builtin_setjmp(from->words))
        jump_to(there);
}

NOT_INSTRUMENTED void switch_to_new(position *from, fiber *f) {
    if (!__builtin_setjmp(from->words))
        begin_fiber(f);
}

void to_scheduler(fiber *self) {
#if ADDRESS_SANITIZER
    void *fake;
    __sanitizer_start_switch_fiber(&fake, device->scheduler_stack, device->scheduler_size);
#endif
    switch_to(&self->here, &device->scheduler);
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake, &device->scheduler_stack, &device->scheduler_size);
#endif
}

void fiber_main(void) {
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(NULL, &device->scheduler_stack, &device->scheduler_size);
#endif
    for (;;) {
        fiber *self = device->fibers[device->current].get();
        (*device->kernel)();
        if (!self->copies.empty())
            fail("a thread ended without waiting for its asynchronous copies");
        self->is = DONE;
        device->alive--;
        to_scheduler(self);
    }
}

void begin_fiber(fiber *f) {
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack.get();
    f->context.uc_stack.ss_size = STACK;
    f->context.uc_link = NULL;
    makecontext(&f->context, fiber_main, 0);
    setcontext(&f->context);
}

void to_fiber(fiber *f) {
    bool begun = f->begun;
    threadIdx = f->index;
    f->begun = true;
#if ADDRESS_SANITIZER
    void *fake;
    __sanitizer_start_switch_fiber(&fake, f->stack.get(), STACK);
#endif
    if (begun)
        switch_to(&device->scheduler, &f->here);
    else
        switch_to_new(&device->scheduler, f);
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

/* Runs the threads that are ready, each time beginning with another one, forwards or backwards. */
void run_block(void) {
    machine *m = device.get();
    m->alive = m->count;
    m->at_barrier = 0;
    for (int i = 0; i < m->count; i++) {
        m->fibers[i]->is = READY;
        m->fibers[i]->index = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y));
    }
    while (m->alive) {
        bool moved = false;
        m->order = m->order * 1664525u + 1013904223u;
        int start = (int)(m->order >> 8) % m->count, step = m->order >> 30 & 1 ? 1 : m->count - 1;
        for (int i = 0, k = start; i < m->count; i++, k = (k + step) % m->count) {
            if (m->fibers[k]->is != READY)
                continue;
            m->current = k;
            to_fiber(m->fibers[k].get());
            moved = true;
        }
        if (m->at_barrier && m->at_barrier == m->alive) {
            for (int i = 0; i < m->count; i++)
                if (m->fibers[i]->is == AT_BARRIER)
                    m->fibers[i]->is = READY;
            m->at_barrier = 0;
            moved = true;
        }
        if (!moved)
            fail("deadlock: some threads wait for others that do not arrive");
    }
}

void run_grid(const std::function<void()> &kernel, dim3 grid, dim3 block, size_t shared) {
    if (!device)
        device = std::make_unique<machine>();
    machine *m = device.get();
    if (shared > MAX_SHARED)
        fail("more shared memory than a block may have");
    m->kernel = &kernel;
    m->count = (int)(block.x * block.y * block.z);
    if (m->count < 1 || m->count > 1024)
        fail("a block must have 1 to 1024 threads");
    while ((int)m->fibers.size() < m->count) {
        m->fibers.push_back(std::make_unique<fiber>());
        m->fibers.back()->stack.reset(new char[STACK]);
    }
    gridDim = grid;
    blockDim = block;
    for (unsigned z = 0; z < grid.z; z++)
        for (unsigned y = 0; y < grid.y; y++)
            for (unsigned x = 0; x < grid.x; x++) {
                blockIdx = dim3(x, y, z);
                memset(m->shared, 0xff, shared);
                run_block();
            }
}

double clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ in a kernel */

void __syncthreads(void) {
    fiber *self = device->fibers[device->current].get();
    self->is = AT_BARRIER;
    device->at_barrier++;
    to_scheduler(self);
}

unsigned char *emulated_shared(void) {
    return device->shared;
}

void emulated_warp(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    machine *m = device.get();
    int first = m->current / WARP * WARP, last = first + WARP < m->count ? first + WARP : m->count;
    fiber *self = m->fibers[m->current].get();
    void *lanes[WARP] = {NULL};
    bool all = true;
    self->mine = mine;
    for (int i = first; i < last; i++) {
        fiber *f = m->fibers[i].get();
        if (f != self && f->is != DONE)
            all = all && f->is == AT_WARP;
        lanes[i - first] = f->is == DONE ? NULL : f->mine;
    }
    if (!all) {
        self->is = AT_WARP;
        to_scheduler(self);
        return;
    }
    act(lanes, how);
    for (int i = first; i < last; i++)
        if (m->fibers[i]->is == AT_WARP)
            m->fibers[i]->is = READY;
}

void copy_async16(void *to, const void *from, int bytes) {
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16)
        fail("an asynchronous copy of 16 bytes is not aligned to 16 bytes");
    device->fibers[device->current]->copies.push_back({to, from, (size_t)bytes, 16, false});
}

void copy_commit(void) {
    std::vector<copy> &copies = device->fibers[device->current]->copies;
    copies.push_back({NULL, NULL, 0, 0, true});
}

void emulated_copy_wait(int groups_left) {
    std::vector<copy> &copies = device->fibers[device->current]->copies;
    int groups = 0;
    size_t done = 0;
    for (const copy &c : copies)
        groups += c.last_of_group;
    for (; groups > groups_left; done++) {
        const copy &c = copies[done];
        groups -= c.last_of_group;
        if (c.bytes)
            memcpy(c.to, c.from, c.bytes);
        if (c.filled)
            memset((char *)c.to + c.bytes, 0, c.filled - c.bytes);
    }
    copies.erase(copies.begin(), copies.begin() + (ptrdiff_t)done);
}

/* ------------------------------------------------------------------------------------------------ runtime */

struct emulated_graph { std::vector<std::function<void()>> launches; };
struct emulated_stream { emulated_graph *capture = NULL; cudaError_t fault = cudaSuccess; };
struct emulated_event { double ms = 0; };

/* Kernels that may use more shared memory than the default limit of a launch, and how much. */
static std::map<const void *, size_t> shared_limits;

void emulated_allow_shared(const void *kernel, size_t bytes) {
    if (bytes > MAX_SHARED)
        fail("more shared memory than a block may have");
    shared_limits[kernel] = bytes;
}

cudaError_t emulated_launch(const void *which, std::function<void()> kernel, dim3 grid, dim3 block, size_t shared,
                            cudaStream_t stream) {
    if (shared > DEFAULT_SHARED && shared > shared_limits[which])
        return cudaErrorInvalidValue;
    auto launch = [=] { run_grid(kernel, grid, block, shared); };
    if (stream->capture) {
        stream->capture->launches.push_back(launch);
        return cudaSuccess;
    }
    emulated_counters.launches++;
    if (emulated_failing.launch && --emulated_failing.launch == 0)
        stream->fault = cudaErrorLaunchFailure;
    if (!stream->fault)
        launch();
    return cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaSuccess ? "no error" : error == cudaErrorMemoryAllocation ? "out of memory"
           : error == cudaErrorLaunchFailure  ? "unspecified launch failure"
                                              : "an error";
}

cudaError_t cudaGetLastError(void) { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int *count) {
    *count = getenv("EMULATED_NO_GPU") || getenv("EMULATED_DRIVER") ? 0 : 1;
    return *count ? cudaSuccess : getenv("EMULATED_DRIVER") ? cudaErrorInsufficientDriver : cudaErrorNoDevice;
}

cudaError_t cudaDriverGetVersion(int *version) {
    const char *driver = getenv("EMULATED_DRIVER");
    *version = driver ? atoi(driver) : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *prop, int) {
    *prop = {};
    snprintf(prop->name, sizeof prop->name, "emulated GPU");
    prop->totalGlobalMem = (size_t)8 << 30;
    prop->major = 8;
    prop->multiProcessorCount = 4;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    *free = *total = (size_t)8 << 30;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **p, size_t bytes) {
    size_t rounded = (bytes + 255) / 256 * 256;
    const char *limit = getenv("EMULATED_MEMORY");
    bool fails = emulated_failing.allocation && --emulated_failing.allocation == 0;
    fails = fails || (limit && bytes > strtoull(limit, NULL, 10));
    *p = fails ? NULL : aligned_alloc(256, rounded ? rounded : 256);
    if (!*p)
        return cudaErrorMemoryAllocation;
    memset(*p, 0xff, rounded);
    return cudaSuccess;
}

cudaError_t cudaFree(void *p) {
    free(p);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **p, size_t bytes) { return cudaMalloc(p, bytes); }
cudaError_t cudaFreeHost(void *p) { return cudaFree(p); }

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    if (stream && stream->capture)
        fail("a copy in a captured stream");
    if (kind == cudaMemcpyHostToDevice)
        emulated_counters.uploaded += bytes;
    if (bytes)
        memcpy(to, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    *stream = new emulated_stream;
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (stream && stream->capture)
        fail("waiting for a stream that is being captured");
    return stream ? stream->fault : cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    *event = new emulated_event;
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) { return cudaEventCreate(event); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    event->ms = clock_ms();
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to) {
    *ms = (float)(to->ms - from->ms);
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    stream->capture = new emulated_graph;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    *graph = stream->capture;
    stream->capture = NULL;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    *exec = new emulated_graph(*graph);
    emulated_counters.captures++;
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t) {
    emulated_counters.replays++;
    for (const auto &launch : exec->launches)
        launch();
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    delete exec;
    return cudaSuccess;
}
