/* What a queue holds, and the functions of a device's table that concern one. For device.cu, queue.cu and maps.cu; rows
 * see queue.cuh alone. */
#ifndef GB_CUDA_QUEUE_H
#define GB_CUDA_QUEUE_H

#include "cuda/queue.cuh"

/* A copy on the GPU of memory that a live value points to. */
struct gb_mirror {
    const void *host;
    size_t bytes;
    uint64_t version;
    void *device;
    bool wanted;                /* by the render that is going on, or by the last one */
};

struct gb_queue {
    const gb_cuda *device;
    cudaStream_t stream;
    bool filling, capturing;
    char *live_host, *live_device;
    size_t live_room, live_used;
    uint64_t live_layout;       /* of what stands where in the block: a recording holds for one */
    cudaEvent_t travelled;      /* the live block is on the GPU */
    cudaGraphExec_t recording;
    uint64_t recorded_key, last_key;
    gb_mirror *mirrors;
    size_t mirror_count, mirror_room;
    uint32_t *mirror_spots;     /* a hash table of their numbers, plus one; 0 is free. Twice as large as their room */
    cudaEvent_t *marks;
    int mark_room;
    void *staging;              /* on the GPU: values on their way in or out */
    size_t staging_room;
    void *pinned;               /* on the host: results on their way out */
    size_t pinned_room;
    cudaError_t error;          /* the first failure; nothing is done after it */
    const char *where;
};

gb_queue *gb_queue_new(const gb_device *device);
void gb_queue_free(gb_queue *queue);
void gb_queue_begin(gb_queue *queue);
gb_pass gb_queue_launch(gb_queue *queue, uint64_t key);
void gb_queue_end(gb_queue *queue);
bool gb_queue_wait(gb_queue *queue, char *why, size_t why_size);
const void *gb_queue_mirror(gb_queue *queue, const void *host, size_t bytes, uint64_t version);
void gb_queue_mark(gb_queue *queue, int index);
double gb_queue_seconds(gb_queue *queue, int index);

void gb_maps_to_nchw(gb_queue *queue, const gb_tensor *t, float *nchw);
void gb_maps_from_nchw(gb_queue *queue, const gb_tensor *t, const float *nchw);
void gb_maps_to_rgb(gb_queue *queue, const gb_tensor *t, uint8_t *rgb);

#endif
