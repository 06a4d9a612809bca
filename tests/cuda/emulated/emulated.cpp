/* The emulated runtime: fibers for a block's threads, streams that run what they are given at once, graphs as lists. */
#include "cuda_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include <memory>
#include <vector>

#include "counts.h"
#include "emulated_ptx.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define ANNOTATED 1
#else
#define ANNOTATED 0
#endif

thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;
emulated_counts emulated_done;

namespace {

enum { WARP = 32, STACK = ANNOTATED ? 512 << 10 : 128 << 10, MOST_SHARED = 228 << 10 };
enum state { READY, AT_BARRIER, AT_WARP, DONE };

struct copy { void *to; const void *from; size_t bytes, filled; bool last_of_group; };

/* Where to go on: the compiler's own jumps, which neither save signal masks nor mind that the stack is another one. */
struct place { void *words[5]; };

struct fiber {
    ucontext_t context;
    place here;
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
    place scheduler;
    const void *scheduler_stack = NULL;
    size_t scheduler_size = 0;
    const std::function<void()> *kernel = NULL;
    unsigned order = 1;
    alignas(128) unsigned char shared[MOST_SHARED];
};

thread_local std::unique_ptr<machine> the;

[[noreturn]] void give_up(const char *what) {
    fprintf(stderr, "emulated GPU: %s (block %u,%u,%u, thread %u,%u,%u)\n", what, blockIdx.x, blockIdx.y, blockIdx.z,
            threadIdx.x, threadIdx.y, threadIdx.z);
    abort();
}

#if ANNOTATED
#define UNCHECKED __attribute__((noinline, no_sanitize("address")))
#else
#define UNCHECKED __attribute__((noinline))
#endif

UNCHECKED void jump_to(place *there) {
    __builtin_longjmp(there->words, 1);
}

UNCHECKED void begin_fiber(fiber *f);

UNCHECKED void switch_to(place *from, place *there) {
    if (!__builtin_setjmp(from->words))
        jump_to(there);
}

UNCHECKED void switch_to_new(place *from, fiber *f) {
    if (!__builtin_setjmp(from->words))
        begin_fiber(f);
}

void to_scheduler(fiber *self) {
#if ANNOTATED
    void *fake;
    __sanitizer_start_switch_fiber(&fake, the->scheduler_stack, the->scheduler_size);
#endif
    switch_to(&self->here, &the->scheduler);
#if ANNOTATED
    __sanitizer_finish_switch_fiber(fake, &the->scheduler_stack, &the->scheduler_size);
#endif
}

void fiber_main(void) {
#if ANNOTATED
    __sanitizer_finish_switch_fiber(NULL, &the->scheduler_stack, &the->scheduler_size);
#endif
    for (;;) {
        fiber *self = the->fibers[the->current].get();
        (*the->kernel)();
        if (!self->copies.empty())
            give_up("a thread ended with copies that nobody waited for");
        self->is = DONE;
        the->alive--;
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
#if ANNOTATED
    void *fake;
    __sanitizer_start_switch_fiber(&fake, f->stack.get(), STACK);
#endif
    if (begun)
        switch_to(&the->scheduler, &f->here);
    else
        switch_to_new(&the->scheduler, f);
#if ANNOTATED
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

/* The threads that can run, from another one on each time, forwards or backwards. */
void run_block(void) {
    machine *m = the.get();
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
            give_up("some threads wait for others that never come");
    }
}

void run_grid(const std::function<void()> &kernel, dim3 grid, dim3 block, size_t shared) {
    if (!the)
        the = std::make_unique<machine>();
    machine *m = the.get();
    if (shared > MOST_SHARED)
        give_up("more shared memory than a block can have");
    m->kernel = &kernel;
    m->count = (int)(block.x * block.y * block.z);
    if (m->count < 1 || m->count > 1024)
        give_up("a block of more than 1024 threads, or of none");
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
    fiber *self = the->fibers[the->current].get();
    self->is = AT_BARRIER;
    the->at_barrier++;
    to_scheduler(self);
}

unsigned char *emulated_shared(void) {
    return the->shared;
}

void emulated_together(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    machine *m = the.get();
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
        give_up("an asynchronous copy of 16 bytes is not aligned to 16");
    the->fibers[the->current]->copies.push_back({to, from, (size_t)bytes, 16, false});
}

void copy_commit(void) {
    std::vector<copy> &copies = the->fibers[the->current]->copies;
    copies.push_back({NULL, NULL, 0, 0, true});
}

void emulated_copy_wait(int groups_left) {
    std::vector<copy> &copies = the->fibers[the->current]->copies;
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
struct emulated_stream { emulated_graph *recording = NULL; };
struct emulated_event { double ms = 0; };

cudaError_t emulated_launch(std::function<void()> kernel, dim3 grid, dim3 block, size_t shared, cudaStream_t stream) {
    auto launch = [=] { run_grid(kernel, grid, block, shared); };
    if (stream->recording)
        stream->recording->launches.push_back(launch);
    else {
        emulated_done.launches++;
        launch();
    }
    return cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaSuccess ? "no error" : error == cudaErrorMemoryAllocation ? "out of memory" : "an error";
}

cudaError_t cudaGetLastError(void) { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int *count) {
    *count = getenv("EMULATED_NO_GPU") ? 0 : 1;
    return *count ? cudaSuccess : cudaErrorNoDevice;
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
    *p = limit && bytes > strtoull(limit, NULL, 10) ? NULL : aligned_alloc(256, rounded ? rounded : 256);
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
    if (stream && stream->recording)
        give_up("a copy in a recording");
    if (kind == cudaMemcpyHostToDevice)
        emulated_done.copied += bytes;
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
    if (stream && stream->recording)
        give_up("waiting for a stream that records");
    return cudaSuccess;
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
    stream->recording = new emulated_graph;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    *graph = stream->recording;
    stream->recording = NULL;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    *exec = new emulated_graph(*graph);
    emulated_done.recordings++;
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t) {
    emulated_done.replays++;
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
