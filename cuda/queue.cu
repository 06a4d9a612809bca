/* A session's stream, the live block its kernels read, the recording that is replayed while only numbers change, and the
 * copies of host memory that live values point to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/queue.h"
#include "cuda/epilogue.cuh"

enum { LIVE_ALIGNMENT = 16, LIVE_ROOM = 256 << 10 };

static void grow_live(gb_queue *q, size_t room) {
    cudaFreeHost(q->live_host);
    cudaFree(q->live_device);
    q->live_host = q->live_device = NULL;
    gb_note(q, cudaMallocHost((void **)&q->live_host, room), "no memory for the live block");
    gb_note(q, cudaMalloc((void **)&q->live_device, room), "no memory for the live block");
    q->live_room = q->live_host && q->live_device ? room : 0;
}

static void forget_recording(gb_queue *q) {
    if (q->recording)
        cudaGraphExecDestroy(q->recording);
    q->recording = NULL;
    q->recorded_key = q->last_key = 0;
}

gb_queue *gb_queue_new(const gb_device *device) {
    gb_queue *q = (gb_queue *)calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->device = (const gb_cuda *)device;
    gb_note(q, cudaStreamCreateWithFlags(&q->stream, cudaStreamNonBlocking), "no stream");
    gb_note(q, cudaEventCreateWithFlags(&q->travelled, cudaEventDisableTiming), "no event");
    grow_live(q, LIVE_ROOM);
    if (q->error) {
        gb_queue_free(q);
        return NULL;
    }
    return q;
}

void gb_queue_free(gb_queue *q) {
    if (!q)
        return;
    if (q->stream)
        cudaStreamSynchronize(q->stream);
    forget_recording(q);
    for (size_t i = 0; i < q->mirror_count; i++)
        cudaFree(q->mirrors[i].device);
    for (int i = 0; i < q->mark_room; i++)
        cudaEventDestroy(q->marks[i]);
    free(q->mirrors);
    free(q->mirror_spots);
    free(q->marks);
    cudaFree(q->staging);
    cudaFreeHost(q->pinned);
    cudaFreeHost(q->live_host);
    cudaFree(q->live_device);
    if (q->travelled)
        cudaEventDestroy(q->travelled);
    if (q->stream)
        cudaStreamDestroy(q->stream);
    free(q);
}

void gb_note(gb_queue *q, cudaError_t error, const char *what) {
    if (error == cudaSuccess || q->error != cudaSuccess)
        return;
    q->error = error;
    q->where = what;
}

cudaStream_t gb_launching(gb_queue *q) {
    return q->filling ? NULL : q->stream;
}

cudaStream_t gb_stream(gb_queue *q) {
    return q->stream;
}

/* ------------------------------------------------------------------------------------------------ mirrors */

/* Where the number of this mirror stands in the hash table, or the free spot where it would. */
static uint32_t *spot_of(const gb_queue *q, const void *host, size_t bytes, uint64_t version) {
    size_t mask = 2 * q->mirror_room - 1;
    uint64_t h = ((uint64_t)(uintptr_t)host ^ version * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
    for (size_t i = (size_t)(h >> 32) & mask;; i = (i + 1) & mask) {
        const gb_mirror *m = q->mirror_spots[i] ? &q->mirrors[q->mirror_spots[i] - 1] : NULL;
        if (!m || (m->host == host && m->bytes == bytes && m->version == version))
            return &q->mirror_spots[i];
    }
}

static void enter_mirrors(gb_queue *q) {
    for (size_t i = 0; i < q->mirror_count; i++)
        *spot_of(q, q->mirrors[i].host, q->mirrors[i].bytes, q->mirrors[i].version) = (uint32_t)i + 1;
}

/* Room for twice as many: a power of two. */
static bool grow_mirrors(gb_queue *q) {
    size_t room = q->mirror_room ? 2 * q->mirror_room : 16;
    uint32_t *spots = (uint32_t *)calloc(2 * room, sizeof *spots);
    gb_mirror *grown = spots ? (gb_mirror *)realloc(q->mirrors, room * sizeof *grown) : NULL;
    if (!grown) {
        free(spots);
        return false;
    }
    free(q->mirror_spots);
    q->mirror_spots = spots;
    q->mirrors = grown;
    q->mirror_room = room;
    enter_mirrors(q);
    return true;
}

/* Frees those that the last render did not ask for. */
static void drop_mirrors(gb_queue *q) {
    size_t kept = 0;
    for (size_t i = 0; i < q->mirror_count; i++) {
        gb_mirror m = q->mirrors[i];
        if (!m.wanted) {
            cudaFree(m.device);
            continue;
        }
        m.wanted = false;
        q->mirrors[kept++] = m;
    }
    if (kept == q->mirror_count)
        return;
    q->mirror_count = kept;
    memset(q->mirror_spots, 0, 2 * q->mirror_room * sizeof *q->mirror_spots);
    enter_mirrors(q);
}

/* ------------------------------------------------------------------------------------------------ passes */

void gb_queue_begin(gb_queue *q) {
    gb_note(q, cudaEventSynchronize(q->travelled), "the last render failed");  /* its block has left the host */
    q->filling = true;
    q->live_used = 0;
    q->live_layout = 0;
    drop_mirrors(q);
}

gb_pass gb_queue_launch(gb_queue *q, uint64_t key) {
    if (q->live_used > q->live_room && !q->error) {
        forget_recording(q);
        grow_live(q, 2 * q->live_used);
        if (!q->error)
            return GB_PASS_AGAIN;
    }
    q->filling = false;
    if (q->error)
        return GB_PASS_NONE;
    if (key)
        key = (key ^ q->live_layout) | 1;
    gb_note(q, cudaMemcpyAsync(q->live_device, q->live_host, q->live_used, cudaMemcpyHostToDevice, q->stream),
            "the live block did not reach the GPU");
    gb_note(q, cudaEventRecord(q->travelled, q->stream), "the live block did not reach the GPU");
    q->live_used = 0;
    if (key && key == q->recorded_key) {
        gb_note(q, cudaGraphLaunch(q->recording, q->stream), "a recording could not be replayed");
        return GB_PASS_NONE;
    }
    /* What runs once is not worth recording. */
    if (key && key == q->last_key) {
        forget_recording(q);
        gb_note(q, cudaStreamBeginCapture(q->stream, cudaStreamCaptureModeThreadLocal), "recording could not begin");
        q->capturing = !q->error;
    }
    q->last_key = key;
    return GB_PASS_LAUNCH;
}

void gb_queue_end(gb_queue *q) {
    if (!q->capturing)
        return;
    cudaGraph_t graph = NULL;
    q->capturing = false;
    gb_note(q, cudaStreamEndCapture(q->stream, &graph), "recording failed");
    if (!q->error)
        gb_note(q, cudaGraphInstantiate(&q->recording, graph, 0), "a recording could not be made to run");
    if (graph)
        cudaGraphDestroy(graph);
    if (q->error)
        return;
    q->recorded_key = q->last_key;
    gb_note(q, cudaGraphLaunch(q->recording, q->stream), "a recording could not be replayed");
}

bool gb_queue_wait(gb_queue *q, char *why, size_t why_size) {
    gb_note(q, cudaStreamSynchronize(q->stream), "a render failed");
    if (q->error == cudaSuccess)
        return true;
    snprintf(why, why_size, "%s: %s (%s)", q->device->table.name, cudaGetErrorString(q->error), q->where);
    return false;
}

/* ------------------------------------------------------------------------------------------------ live values */

const void *gb_live_room(gb_queue *q, size_t bytes, void **to) {
    size_t at = q->live_used;
    q->live_used += (bytes + LIVE_ALIGNMENT - 1) / LIVE_ALIGNMENT * LIVE_ALIGNMENT;
    if (q->filling)
        q->live_layout = (q->live_layout ^ bytes) * UINT64_C(0x100000001b3);
    bool fits = q->live_used <= q->live_room;       /* else this pass is repeated with more room */
    *to = fits && q->filling ? q->live_host + at : NULL;
    return fits ? q->live_device + at : q->live_device;
}

const void *gb_live_bytes(gb_queue *q, const void *value, size_t bytes) {
    void *to;
    const void *there = gb_live_room(q, bytes, &to);
    if (to)
        memcpy(to, value, bytes);
    return there;
}

static const void *add_mirror(gb_queue *q, const void *host, size_t bytes, uint64_t version) {
    if (q->mirror_count == q->mirror_room && !grow_mirrors(q)) {
        gb_note(q, cudaErrorMemoryAllocation, "no memory for a bend's values");
        return NULL;
    }
    gb_mirror m = {host, bytes, version, NULL, true};
    gb_note(q, cudaMalloc(&m.device, bytes), "no memory for a bend's values");
    if (!m.device)
        return NULL;
    gb_note(q, cudaMemcpyAsync(m.device, host, bytes, cudaMemcpyHostToDevice, q->stream),
            "a bend's values did not reach the GPU");
    q->mirrors[q->mirror_count++] = m;
    *spot_of(q, host, bytes, version) = (uint32_t)q->mirror_count;
    return m.device;
}

const void *gb_queue_mirror(gb_queue *q, const void *host, size_t bytes, uint64_t version) {
    uint32_t number = q->mirror_spots ? *spot_of(q, host, bytes, version) : 0;
    if (!number)
        return add_mirror(q, host, bytes, version);
    q->mirrors[number - 1].wanted = true;
    return q->mirrors[number - 1].device;
}

/* The row's defaults behind what is given, so that kernels need no table. Of a kind that takes any number, the number
 * that is given is all there is. */
static int fill_params(gb_act_kind act, const float *given, int count, float *params) {
    const gb_act_row *row = &gb_acts[act];
    int all = row->max_params > row->params && count > 0 ? count : row->params;
    for (int i = 0; i < all; i++)
        params[i] = i < count ? given[i] : row->param[i].default_value;
    return all;
}

const gb_finish *gb_live_finish(const gb_cpu *cpu, const gb_tensor *out, const gb_epilogue *e) {
    gb_finish f;
    memset(&f, 0, sizeof f);
    f.gain = 1.0f;
    f.clamp = -1.0f;
    if (e) {
        f.noise = e->noise;
        f.noise_step = (long long)e->noise_step;
        f.noise_strength = e->noise_strength;
        f.bias_act = e->bias_act;
        f.bias = e->bias;
        f.act = e->act;
        f.base_act = e->base_act;
        f.param_count = fill_params(e->act, e->act_params, e->act_param_count, f.params);
        f.base_count = fill_params(e->base_act, NULL, 0, f.base_params);
        f.gain = e->gain;
        f.clamp = e->clamp;
        f.has_add = e->add != NULL;
        if (e->add)
            f.add = gb_view_of(cpu, e->add);
        if (e->act_channels)
            f.channels = (const uint8_t *)gb_live_bytes(cpu->queue, e->act_channels, (size_t)out->shape.c);
    }
    return gb_live(cpu->queue, f);
}

/* ------------------------------------------------------------------------------------------------ times */

void gb_queue_mark(gb_queue *q, int index) {
    if (index >= q->mark_room) {
        int room = index + 64;
        cudaEvent_t *grown = (cudaEvent_t *)realloc(q->marks, (size_t)room * sizeof *grown);
        if (!grown) {
            gb_note(q, cudaErrorMemoryAllocation, "no memory for times");
            return;
        }
        q->marks = grown;
        for (; q->mark_room < room; q->mark_room++) {
            gb_note(q, cudaEventCreate(&q->marks[q->mark_room]), "no event");
            if (q->error)
                return;
        }
    }
    gb_note(q, cudaEventRecord(q->marks[index], q->stream), "a time could not be taken");
}

double gb_queue_seconds(gb_queue *q, int index) {
    float ms = 0.0f;
    if (index + 1 < q->mark_room)
        cudaEventElapsedTime(&ms, q->marks[index], q->marks[index + 1]);
    return 1e-3 * ms;
}
