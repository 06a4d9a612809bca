/* A device: where tensors lie and rows run when that is not the host. The engine plans and renders through this table
 * alone; cuda/ fills it. On a device feature maps are channels last, [N][H][W][C rounded up to 8], in elements of
 * map_bytes; vectors, lists, matrices and maps of fewer than 8 channels are planar float32, as on the host.
 *
 * A queue is one session's work in order. A render goes over its steps twice. In the first pass each row's run() puts
 * what a person can move (strengths, parameters, pointers) into the queue's live block and launches nothing; the block
 * travels in one copy; in the second pass run() launches kernels that read it. The second pass is recorded, and where the
 * same steps run again with other numbers, only the block travels and the recording is replayed. */
#ifndef GB_DEVICE_H
#define GB_DEVICE_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gb_queue gb_queue;
typedef struct gb_device gb_device;

typedef enum gb_pass {
    GB_PASS_NONE,           /* a recording was replayed: all is done */
    GB_PASS_LAUNCH,         /* run the steps once more */
    GB_PASS_AGAIN           /* the live block was too small and has grown: repeat the first pass */
} gb_pass;

struct gb_device {
    char name[128];                     /* "NVIDIA H200" */
    const char *precision;              /* "half", "tf32", "fp32" */
    size_t map_bytes;                   /* of an element of a feature map: 2 or 4 */
    const gb_op_row *const *rows;       /* ended by NULL */
    void (*close)(gb_device *device);

    /* Memory of the device. NULL when there is none left. */
    void *(*alloc)(const gb_device *device, size_t bytes);
    void (*free)(const gb_device *device, void *memory);
    bool (*upload)(const gb_device *device, void *to, const void *from, size_t bytes);      /* done when it returns */

    gb_queue *(*queue_new)(const gb_device *device);        /* NULL when memory is out */
    void (*queue_free)(gb_queue *queue);
    /* Begins a render's first pass. */
    void (*begin)(gb_queue *queue);
    /* Ends it. `key` names what is going to run: the same steps of the same plan have the same key, 0 is not recorded. */
    gb_pass (*launch)(gb_queue *queue, uint64_t key);
    /* Ends the second pass. */
    void (*end)(gb_queue *queue);
    /* Where the device has `bytes` of host memory. `version` tells apart what lay at the same place at other times; the
     * copy is made once and stays while each render asks for it. NULL when memory is out. For first passes. */
    const void *(*mirror)(gb_queue *queue, const void *host, size_t bytes, uint64_t version);
    /* Waits for everything begun. False, with one line, where the device failed. */
    bool (*wait)(gb_queue *queue, char *why, size_t why_size);
    /* Notes the time before step `index` (0 first), for a pass that is not recorded; after wait(), the seconds from
     * one mark to the next. */
    void (*mark)(gb_queue *queue, int index);
    double (*seconds)(gb_queue *queue, int index);

    /* Between a tensor of the device and plain NCHW float32 of the host; the first returns when it is there. */
    void (*to_nchw)(gb_queue *queue, const gb_tensor *t, float *nchw);
    void (*from_nchw)(gb_queue *queue, const gb_tensor *t, const float *nchw);
    /* A planar [N,3,H,W] as 8-bit [N,H,W,3]; returns when it is there. */
    void (*to_rgb)(gb_queue *queue, const gb_tensor *t, uint8_t *rgb);
};

#ifdef __cplusplus
}
#endif
#endif
