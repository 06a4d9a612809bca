/* The contents of a stream, and the functions of the device table that work on one. For device.cu, stream.cu and
 * maps.cu; rows use stream.cuh only. */
#ifndef GB_CUDA_STREAM_H
#define GB_CUDA_STREAM_H

#include "cuda/stream.cuh"

/* The GPU's copy of host memory that a live value points to. */
struct gb_mirror {
    const void *host;
    size_t bytes;
    uint64_t version;
    void *device;
    bool in_use;                /* requested by the current render, or by the last one */
};

/* Launches that have been captured. A device that changes between a few sets of steps, as when sliders of two layers are
 * moved in turn, replays each. */
struct gb_captured {
    uint64_t key;
    cudaGraphExec_t graph;      /* NULL = free */
    uint64_t used;              /* when it was last replayed: the least recently used makes room for another */
};

enum { GB_MAX_CAPTURED = 8, GB_MAX_SEEN = 16, GB_MAX_CHUNKS = 8 };

struct gb_stream {
    const gb_cuda *device;
    cudaStream_t handle;
    bool first_pass, capturing;
    bool synchronous;           /* GANBEND_CUDA_SYNC=1: every kernel is waited for, so that errors name it */
    char *live_host, *live_device;
    size_t live_capacity, live_used;
    uint64_t live_layout;       /* hash of the sizes in the block: captured launches are valid for one layout */
    cudaEvent_t uploaded;       /* the parameter block has reached the GPU */
    gb_captured captured[GB_MAX_CAPTURED];
    uint64_t seen[GB_MAX_SEEN]; /* keys of recent launches that were not captured; a ring */
    unsigned next_seen;
    uint64_t capturing_key, replays;
    gb_mirror *mirrors;
    size_t mirror_count, mirror_capacity;
    uint32_t *mirror_table;     /* hash table of twice that capacity: index of a mirror plus 1; 0 = free */
    cudaEvent_t *marks;
    int mark_capacity;
    void *staging;              /* GPU memory for values that are being converted */
    size_t staging_capacity;
    void *pinned;               /* page-locked host memory for results */
    size_t pinned_capacity;
    cudaEvent_t arrived[GB_MAX_CHUNKS];         /* chunks of a result, in it */
    cudaError_t error;          /* the first error; nothing is launched after it */
    char failed[96];            /* what failed: "running kernel pixel_norm" */
};

gb_stream *gb_stream_new(const gb_device *device);
void gb_stream_free(gb_stream *stream);
void gb_stream_begin(gb_stream *stream);
gb_pass gb_stream_launch(gb_stream *stream, uint64_t key);
void gb_stream_end(gb_stream *stream);
bool gb_stream_wait(gb_stream *stream, char *why, size_t why_size);
/* Frees the mirrors that the last render did not request. */
void gb_drop_mirrors(gb_stream *stream);
const void *gb_stream_mirror(gb_stream *stream, const void *host, size_t bytes, uint64_t version);
void gb_stream_name_range(gb_stream *stream, const char *name);
void gb_stream_mark(gb_stream *stream, int index);
double gb_stream_seconds(gb_stream *stream, int index);

void gb_maps_to_nchw(gb_stream *stream, const gb_tensor *t, float *nchw);
void gb_maps_from_nchw(gb_stream *stream, const gb_tensor *t, const float *nchw);
void gb_maps_to_rgb(gb_stream *stream, const gb_tensor *t, uint8_t *rgb);

#endif
