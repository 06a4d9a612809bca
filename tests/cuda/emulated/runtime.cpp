/* The emulated runtime. A stream is a queue of operations that runs when somebody waits for it, graphs are lists of
 * launches. One lock serves all calls. */
#include "cuda.h"
#include "emulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "counts.h"

emulated_counts emulated_counters;
emulated_faults emulated_failing;
int emulated_skipping;
int emulated_cache = 256 << 10;
void (*emulated_named)(const char *name);

typedef std::function<void()> operation;

struct emulated_graph { std::vector<operation> launches; };

struct emulated_stream {
    std::deque<operation> queue;
    emulated_graph *capture = NULL;
    bool capture_is_invalid = false;
    cudaError_t fault = cudaSuccess;
};

struct time_stamp { double ms = 0; int pending = 0; };

struct emulated_event {
    std::shared_ptr<time_stamp> stamp = std::make_shared<time_stamp>();
    emulated_stream *on = NULL;
};

namespace {

std::recursive_mutex lock;
std::set<emulated_stream *> streams;
emulated_stream null_stream;
thread_local emulated_stream *captured;         /* by this thread */

/* Kernels that may use more shared memory than the default limit of a launch, and how much. */
std::map<const void *, size_t> shared_limits;

std::map<const char *, size_t> pinned;          /* host memory that copies access when the stream runs */

/* Begins each call: takes the lock, and fails if a test wants this call to. */
#define BEGIN_CALL()                                                                                                   \
    std::lock_guard<std::recursive_mutex> held(lock);                                                                  \
    if (emulated_failing.call && --emulated_failing.call == 0)                                                         \
    return cudaErrorUnknown

emulated_stream *stream_of(cudaStream_t stream) {
    return stream ? stream : &null_stream;
}

void run_next(emulated_stream *s) {
    operation next = std::move(s->queue.front());
    s->queue.pop_front();
    next();
}

void run_all(emulated_stream *s) {
    while (!s->queue.empty())
        run_next(s);
}

void run_all_streams(void) {
    run_all(&null_stream);
    for (emulated_stream *s : streams)
        run_all(s);
}

/* Whether this thread captures: calls that a capture forbids end it. */
bool refused(void) {
    if (captured)
        captured->capture_is_invalid = true;
    return captured != NULL;
}

bool is_pinned(const void *p) {
    auto after = pinned.upper_bound((const char *)p);
    if (after == pinned.begin())
        return false;
    --after;
    return (const char *)p < after->first + after->second;
}

int capability(void) {
    const char *chosen = getenv("EMULATED_CAPABILITY");
    return chosen ? atoi(chosen) : 80;
}

/* Shared memory that a block may have if its kernel asks for it. */
size_t most_shared(void) {
    static const struct { int capability; size_t kilobytes; } limits[] = {
        {75, 64}, {80, 163}, {86, 99}, {89, 99}, {90, 227}, {100, 227}, {120, 99},
    };
    for (const auto &limit : limits)
        if (limit.capability == capability())
            return limit.kilobytes << 10;
    fprintf(stderr, "emulated GPU: EMULATED_CAPABILITY must be 75, 80, 86, 89, 90, 100 or 120\n");
    abort();
}

double clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ launches */

cudaError_t emulated_allow_shared(const void *kernel, size_t bytes) {
    BEGIN_CALL();
    if (bytes > most_shared())
        return cudaErrorInvalidValue;
    shared_limits[kernel] = bytes;
    return cudaSuccess;
}

cudaError_t emulated_launch(const void *which, operation kernel, size_t parameters, dim3 grid, dim3 block,
                            size_t shared, cudaStream_t stream) {
    BEGIN_CALL();
    emulated_stream *s = stream_of(stream);
    if (s->fault)
        return s->fault;
    if (parameters > EMULATED_MAX_PARAMETERS || (shared > EMULATED_DEFAULT_SHARED && shared > shared_limits[which]))
        return cudaErrorInvalidValue;
    unsigned threads = block.x * block.y * block.z;
    if (block.x > 1024 || block.y > 1024 || block.z > 64 || threads < 1 || threads > 1024 || grid.x < 1 || grid.y < 1 ||
        grid.z < 1 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535)
        return cudaErrorInvalidConfiguration;
    bool fails = !s->capture && emulated_failing.launch && --emulated_failing.launch == 0, skips = emulated_skipping;
    operation launch = [=] {
        if (fails)
            s->fault = cudaErrorLaunchFailure;
        if (!s->fault && !skips)
            emulated_run(kernel, grid, block, shared);
    };
    emulated_counters.launches += s->capture ? 0 : 1;
    if (s->capture)
        s->capture->launches.push_back(launch);
    else
        s->queue.push_back(launch);
    return cudaSuccess;
}

void emulated_stream_bytes(size_t bytes) {
    emulated_counters.streamed += bytes;
}

/* ------------------------------------------------------------------------------------------------ the device */

const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaSuccess                         ? "no error"
           : error == cudaErrorMemoryAllocation         ? "out of memory"
           : error == cudaErrorLaunchFailure            ? "unspecified launch failure"
           : error == cudaErrorInvalidConfiguration     ? "invalid configuration argument"
           : error == cudaErrorStreamCaptureUnsupported ? "operation not permitted when stream is capturing"
           : error == cudaErrorStreamCaptureInvalidated ? "operation failed due to a previous error during capture"
                                                        : "an error";
}

cudaError_t cudaGetLastError(void) { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int *count) {
    BEGIN_CALL();
    *count = getenv("EMULATED_NO_GPU") || getenv("EMULATED_DRIVER") ? 0 : 1;
    return *count ? cudaSuccess : getenv("EMULATED_DRIVER") ? cudaErrorInsufficientDriver : cudaErrorNoDevice;
}

cudaError_t cudaDriverGetVersion(int *version) {
    BEGIN_CALL();
    const char *driver = getenv("EMULATED_DRIVER");
    *version = driver ? atoi(driver) : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *prop, int) {
    BEGIN_CALL();
    *prop = {};
    snprintf(prop->name, sizeof prop->name, "emulated GPU");
    prop->totalGlobalMem = (size_t)8 << 30;
    prop->sharedMemPerBlockOptin = most_shared();
    prop->sharedMemPerMultiprocessor = most_shared() + 1024;
    prop->l2CacheSize = emulated_cache;
    prop->major = capability() / 10;
    prop->minor = capability() % 10;
    prop->multiProcessorCount = 4;
    return cudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **function, unsigned version, unsigned long long,
                                             cudaDriverEntryPointQueryResult *found) {
    BEGIN_CALL();
    bool known = !strcmp(name, "cuTensorMapEncodeTiled") && version >= 12000 && !getenv("EMULATED_NO_TMA");
    *function = known ? (void *)emulated_encode_tiled : NULL;
    *found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    BEGIN_CALL();
    *free = *total = (size_t)8 << 30;
    return cudaSuccess;
}

/* ------------------------------------------------------------------------------------------------ memory */

cudaError_t cudaMalloc(void **p, size_t bytes) {
    BEGIN_CALL();
    *p = NULL;
    if (refused())
        return cudaErrorStreamCaptureUnsupported;
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

/* Waits for the whole device, as the hardware's does. */
cudaError_t cudaFree(void *p) {
    std::lock_guard<std::recursive_mutex> held(lock);
    if (!p)
        return cudaSuccess;
    if (refused())
        return cudaErrorStreamCaptureUnsupported;
    run_all_streams();
    free(p);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **p, size_t bytes) {
    std::lock_guard<std::recursive_mutex> held(lock);
    cudaError_t error = cudaMalloc(p, bytes);
    if (!error)
        pinned[(const char *)*p] = bytes;
    return error;
}

cudaError_t cudaFreeHost(void *p) {
    std::lock_guard<std::recursive_mutex> held(lock);
    cudaError_t error = cudaFree(p);
    if (!error)
        pinned.erase((const char *)p);
    return error;
}

/* Does not tell the device's memory from the host's. */
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *p) {
    BEGIN_CALL();
    attributes->type = is_pinned(p) ? cudaMemoryTypeHost : cudaMemoryTypeUnregistered;
    return cudaSuccess;
}

/* Pinned memory is read and written when the stream runs. Other host memory is read at once, and has the values on
 * return if it is written. */
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    BEGIN_CALL();
    emulated_stream *s = stream_of(stream);
    if (s->fault)
        return s->fault;
    if (s->capture) {
        s->capture_is_invalid = true;
        return cudaErrorStreamCaptureUnsupported;
    }
    if (!bytes)
        return cudaSuccess;
    if (kind == cudaMemcpyHostToDevice)
        emulated_counters.uploaded += bytes;
    if (kind == cudaMemcpyHostToDevice && !is_pinned(from)) {
        auto values = std::make_shared<std::vector<char>>((const char *)from, (const char *)from + bytes);
        s->queue.push_back([=] {
            if (!s->fault)
                memcpy(to, values->data(), values->size());
        });
    } else {
        s->queue.push_back([=] {
            if (!s->fault)
                memcpy(to, from, bytes);
        });
    }
    if (kind == cudaMemcpyDeviceToHost && !is_pinned(to))
        run_all(s);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream) {
    BEGIN_CALL();
    emulated_stream *s = stream_of(stream);
    if (s->capture) {
        s->capture_is_invalid = true;
        return cudaErrorStreamCaptureUnsupported;
    }
    s->queue.push_back([=] { memset(to, value, bytes); });
    return s->fault;
}

/* ------------------------------------------------------------------------------------------------ streams, events */

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    BEGIN_CALL();
    *stream = new emulated_stream;
    streams.insert(*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(lock);
    run_all(stream);
    streams.erase(stream);
    if (captured == stream)
        captured = NULL;
    delete stream->capture;
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    BEGIN_CALL();
    emulated_stream *s = stream_of(stream);
    if (s->capture) {
        s->capture_is_invalid = true;
        return cudaErrorStreamCaptureUnsupported;
    }
    run_all(s);
    return s->fault;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    BEGIN_CALL();
    *event = new emulated_event;
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) { return cudaEventCreate(event); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(lock);
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    BEGIN_CALL();
    std::shared_ptr<time_stamp> stamp = event->stamp;
    event->on = stream_of(stream);
    stamp->pending++;
    event->on->queue.push_back([stamp] {
        stamp->ms = clock_ms();
        stamp->pending--;
    });
    return event->on->fault;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    BEGIN_CALL();
    if (refused())
        return cudaErrorStreamCaptureUnsupported;
    while (event->stamp->pending)
        run_next(event->on);
    return event->on ? event->on->fault : cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to) {
    BEGIN_CALL();
    if (from->stamp->pending || to->stamp->pending)
        return cudaErrorInvalidValue;
    *ms = (float)(to->stamp->ms - from->stamp->ms);
    return cudaSuccess;
}

/* ------------------------------------------------------------------------------------------------ graphs */

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    BEGIN_CALL();
    stream->capture = new emulated_graph;
    stream->capture_is_invalid = false;
    captured = stream;
    return cudaSuccess;
}

/* Ends the capture also if it fails. */
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    std::unique_ptr<emulated_graph> ended(stream->capture);
    *graph = NULL;
    stream->capture = NULL;
    captured = NULL;
    BEGIN_CALL();
    if (stream->capture_is_invalid)
        return cudaErrorStreamCaptureInvalidated;
    *graph = ended.release();
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    BEGIN_CALL();
    *exec = new emulated_graph(*graph);
    emulated_counters.captures++;
    emulated_counters.graphs++;
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    BEGIN_CALL();
    emulated_counters.replays++;
    stream->queue.insert(stream->queue.end(), exec->launches.begin(), exec->launches.end());
    return stream->fault;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    std::lock_guard<std::recursive_mutex> held(lock);
    emulated_counters.graphs--;
    delete exec;
    return cudaSuccess;
}
