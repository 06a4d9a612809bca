/* A session's stream: the parameter block that kernels read, the captured launches that are replayed while only live
 * values change, errors, and times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/stream.h"

/* Header-only: it finds the profiler at run time, if there is one. */
#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define GB_HAS_NVTX 1
#endif

enum { LIVE_ALIGNMENT = 16, LIVE_CAPACITY = 256 << 10 };

static void grow_live(gb_stream *s, size_t room) {
    cudaFreeHost(s->live_host);
    cudaFree(s->live_device);
    s->live_host = s->live_device = NULL;
    gb_check(s, cudaMallocHost((void **)&s->live_host, room), "allocating the parameter block");
    gb_check(s, cudaMalloc((void **)&s->live_device, room), "allocating the parameter block");
    s->live_capacity = s->live_host && s->live_device ? room : 0;
}

static void drop_captured(gb_stream *s) {
    for (gb_captured &c : s->captured)
        if (c.graph)
            cudaGraphExecDestroy(c.graph);
    memset(s->captured, 0, sizeof s->captured);
    memset(s->seen, 0, sizeof s->seen);
}

static gb_captured *find_captured(gb_stream *s, uint64_t key) {
    for (gb_captured &c : s->captured)
        if (c.graph && c.key == key)
            return &c;
    return NULL;
}

/* A free place, or that of the least recently used launches, which have finished. */
static gb_captured *room_for_captured(gb_stream *s) {
    gb_captured *oldest = &s->captured[0];
    for (gb_captured &c : s->captured)
        if (oldest->graph && (!c.graph || c.used < oldest->used))
            oldest = &c;
    if (oldest->graph) {
        gb_check(s, cudaStreamSynchronize(s->handle), "rendering");
        cudaGraphExecDestroy(oldest->graph);
        oldest->graph = NULL;
    }
    return oldest;
}

static bool was_seen(const gb_stream *s, uint64_t key) {
    for (uint64_t seen : s->seen)
        if (seen == key)
            return true;
    return false;
}

static void replay(gb_stream *s, gb_captured *c) {
    c->used = ++s->replays;
    gb_check(s, cudaGraphLaunch(c->graph, s->handle), "replaying captured launches");
}

gb_stream *gb_stream_new(const gb_device *device) {
    gb_stream *s = (gb_stream *)calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->device = (const gb_cuda *)device;
    const char *synchronous = getenv("GANBEND_CUDA_SYNC");
    s->synchronous = synchronous && !strcmp(synchronous, "1");
    gb_check(s, cudaStreamCreateWithFlags(&s->handle, cudaStreamNonBlocking), "creating a stream");
    gb_check(s, cudaEventCreateWithFlags(&s->uploaded, cudaEventDisableTiming), "creating an event");
    for (cudaEvent_t &arrived : s->arrived)
        gb_check(s, cudaEventCreateWithFlags(&arrived, cudaEventDisableTiming), "creating an event");
    grow_live(s, LIVE_CAPACITY);
    if (s->error) {
        gb_stream_free(s);
        return NULL;
    }
    return s;
}

void gb_stream_free(gb_stream *s) {
    if (!s)
        return;
    if (s->handle)
        cudaStreamSynchronize(s->handle);
    drop_captured(s);
    for (size_t i = 0; i < s->mirror_count; i++)
        cudaFree(s->mirrors[i].device);
    for (int i = 0; i < s->mark_capacity; i++)
        cudaEventDestroy(s->marks[i]);
    free(s->mirrors);
    free(s->mirror_table);
    free(s->marks);
    cudaFree(s->staging);
    cudaFreeHost(s->pinned);
    cudaFreeHost(s->live_host);
    cudaFree(s->live_device);
    for (cudaEvent_t arrived : s->arrived)
        if (arrived)
            cudaEventDestroy(arrived);
    if (s->uploaded)
        cudaEventDestroy(s->uploaded);
    if (s->handle)
        cudaStreamDestroy(s->handle);
    free(s);
}

void gb_check(gb_stream *s, cudaError_t error, const char *what) {
    if (error == cudaSuccess || s->error != cudaSuccess)
        return;
    s->error = error;
    snprintf(s->failed, sizeof s->failed, "%s", what);
}

void gb_check_kernel(gb_stream *s, cudaError_t error, const char *kernel) {
    char what[sizeof s->failed];
    if (error == cudaSuccess && !s->synchronous)
        return;
    snprintf(what, sizeof what, "%s kernel %.*s", error ? "launching" : "running", (int)strcspn(kernel, "<,"), kernel);
    gb_check(s, error ? error : cudaStreamSynchronize(s->handle), what);
}

cudaStream_t gb_launch_stream(gb_stream *s) {
    return s->first_pass || s->error ? NULL : s->handle;
}

/* ------------------------------------------------------------------------------------------------ passes */

void gb_stream_begin(gb_stream *s) {
    gb_check(s, cudaEventSynchronize(s->uploaded), "rendering");     /* the last block has left the host */
    s->first_pass = true;
    s->live_used = 0;
    s->live_layout = 0;
    gb_drop_mirrors(s);
}

gb_pass gb_stream_launch(gb_stream *s, uint64_t key) {
    if (s->live_used > s->live_capacity && !s->error) {
        drop_captured(s);
        grow_live(s, 2 * s->live_used);
        if (!s->error)
            return GB_PASS_AGAIN;
    }
    s->first_pass = false;
    if (s->error)
        return GB_PASS_NONE;
    if (s->synchronous)
        key = 0;                /* a stream that is being captured cannot be waited for */
    if (key)
        key = (key ^ s->live_layout) | 1;
    gb_check(s, cudaMemcpyAsync(s->live_device, s->live_host, s->live_used, cudaMemcpyHostToDevice, s->handle),
            "uploading the parameter block");
    gb_check(s, cudaEventRecord(s->uploaded, s->handle), "uploading the parameter block");
    s->live_used = 0;
    if (s->error)
        return GB_PASS_NONE;    /* kernels would read a parameter block that has not arrived */
    if (gb_captured *known = key ? find_captured(s, key) : NULL) {
        replay(s, known);
        return GB_PASS_NONE;
    }
    /* Capturing costs more than it saves unless the same launches come again. */
    if (key && !was_seen(s, key)) {
        s->seen[s->next_seen++ % GB_MAX_SEEN] = key;
    } else if (key) {
        s->capturing_key = key;
        gb_check(s, cudaStreamBeginCapture(s->handle, cudaStreamCaptureModeThreadLocal), "beginning a capture");
        s->capturing = !s->error;
    }
    return GB_PASS_LAUNCH;
}

void gb_stream_end(gb_stream *s) {
    if (!s->capturing)
        return;
    cudaGraph_t graph = NULL;
    s->capturing = false;
    gb_check(s, cudaStreamEndCapture(s->handle, &graph), "ending a capture");
    gb_captured *to = room_for_captured(s);
    if (!s->error)
        gb_check(s, cudaGraphInstantiate(&to->graph, graph, 0), "instantiating captured launches");
    if (graph)
        cudaGraphDestroy(graph);
    if (s->error)
        return;
    to->key = s->capturing_key;
    replay(s, to);
}

bool gb_stream_wait(gb_stream *s, char *why, size_t why_size) {
    gb_check(s, cudaStreamSynchronize(s->handle), "rendering");
    if (s->error == cudaSuccess)
        return true;
    snprintf(why, why_size, "%s: %s while %s", s->device->table.name, cudaGetErrorString(s->error), s->failed);
    /* The next render starts without the error: it may succeed, for example with less memory. An error that has broken
     * the GPU's context is returned again by the next call. */
    s->error = cudaSuccess;
    cudaGetLastError();
    drop_captured(s);
    return false;
}

/* ------------------------------------------------------------------------------------------------ live values */

const void *gb_live_space(gb_stream *s, size_t bytes, void **to) {
    size_t at = s->live_used;
    s->live_used += (bytes + LIVE_ALIGNMENT - 1) / LIVE_ALIGNMENT * LIVE_ALIGNMENT;
    if (s->first_pass)
        s->live_layout = (s->live_layout ^ bytes) * UINT64_C(0x100000001b3);
    bool fits = s->live_used <= s->live_capacity;   /* if not, the first pass is repeated with a larger block */
    *to = fits && s->first_pass ? s->live_host + at : NULL;
    return fits ? s->live_device + at : s->live_device;
}

const void *gb_live_bytes(gb_stream *s, const void *value, size_t bytes) {
    void *to;
    const void *there = gb_live_space(s, bytes, &to);
    if (to)
        memcpy(to, value, bytes);
    return there;
}

/* ------------------------------------------------------------------------------------------------ names and times */

void gb_stream_name_range(gb_stream *, const char *name) {
#if GB_HAS_NVTX
    if (name)
        nvtxRangePushA(name);
    else
        nvtxRangePop();
#else
    (void)name;
#endif
}

void gb_stream_mark(gb_stream *s, int index) {
    if (index >= s->mark_capacity) {
        int room = index + 64;
        cudaEvent_t *grown = (cudaEvent_t *)realloc(s->marks, (size_t)room * sizeof *grown);
        if (!grown) {
            gb_check(s, cudaErrorMemoryAllocation, "allocating time stamps");
            return;
        }
        s->marks = grown;
        for (; s->mark_capacity < room; s->mark_capacity++) {
            gb_check(s, cudaEventCreate(&s->marks[s->mark_capacity]), "creating an event");
            if (s->error)
                return;
        }
    }
    gb_check(s, cudaEventRecord(s->marks[index], s->handle), "recording a time stamp");
}

double gb_stream_seconds(gb_stream *s, int index) {
    float ms = 0.0f;
    if (index + 1 < s->mark_capacity)
        cudaEventElapsedTime(&ms, s->marks[index], s->marks[index + 1]);
    return 1e-3 * ms;
}
