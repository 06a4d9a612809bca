/* A device: a processor other than the host, with memory and rows of its own. The engine plans and renders through this
 * table only; cuda/ fills it in. On a device, feature maps are channels last, [N][H][W][C rounded up to a multiple of
 * 8], in elements of map_bytes; vectors, lists, matrices and maps of fewer than 8 channels are planar float32, as on
 * the host.
 *
 * A stream holds one session's work in order. A render runs its steps twice. In the first pass, run() of each row
 * copies its live values into the stream's parameter block and launches nothing. The block is then uploaded in one
 * copy. In the second pass, run() launches kernels that read it. The launches of the second pass are captured, and a
 * render of the same steps with other live values uploads the block and replays them. */
#ifndef GB_DEVICE_H
#define GB_DEVICE_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gb_stream gb_stream;
typedef struct gb_device gb_device;

typedef enum gb_pass {
    GB_PASS_NONE,           /* nothing left to do: captured launches were replayed, or an error occurred */
    GB_PASS_LAUNCH,         /* run the second pass */
    GB_PASS_AGAIN           /* the parameter block was too small and has grown: repeat the first pass */
} gb_pass;

struct gb_device {
    char name[128];                     /* "NVIDIA H200" */
    const char *precision;              /* "half", "tf32", "fp32" */
    size_t map_bytes;                   /* of an element of a feature map: 2 or 4 */
    const gb_op_row *const *rows;       /* ended by NULL */
    void (*close)(gb_device *device);

    /* Device memory. NULL if out of memory. */
    void *(*alloc)(const gb_device *device, size_t bytes);
    void (*free)(const gb_device *device, void *memory);
    bool (*upload)(const gb_device *device, void *to, const void *from, size_t bytes);      /* complete on return */
    /* Host memory that results are written to without a copy. NULL if out of memory. */
    void *(*host_alloc)(const gb_device *device, size_t bytes);
    void (*host_free)(const gb_device *device, void *memory);

    gb_stream *(*stream_new)(const gb_device *device);      /* NULL if out of memory */
    void (*stream_free)(gb_stream *stream);
    /* Begins the first pass of a render. */
    void (*begin)(gb_stream *stream);
    /* Ends it. `key` identifies the launches: equal keys mean the same steps of the same plan; 0 = do not capture. */
    gb_pass (*launch)(gb_stream *stream, uint64_t key);
    /* Ends the second pass. */
    void (*end)(gb_stream *stream);
    /* The device's copy of `bytes` of host memory. `version` distinguishes contents that have been at the same address
     * at different times. A copy is made once and kept as long as every render asks for it. NULL if out of memory. To
     * be called in first passes only. */
    const void *(*mirror)(gb_stream *stream, const void *host, size_t bytes, uint64_t version);
    /* Waits until all work is done. False, with one line in `why`, if any of it failed. */
    bool (*wait)(gb_stream *stream, char *why, size_t why_size);
    /* Names what is launched from now on, for profilers; NULL ends it. Names do not nest. */
    void (*name_range)(gb_stream *stream, const char *name);
    /* Records a time stamp before step `index` (from 0), in passes that are not captured. After wait(), seconds() is
     * the time from one stamp to the next. */
    void (*mark)(gb_stream *stream, int index);
    double (*seconds)(gb_stream *stream, int index);

    /* Convert between a device tensor and plain NCHW float32 of the host. to_nchw() returns when the values are
     * there. */
    void (*to_nchw)(gb_stream *stream, const gb_tensor *t, gb_real *nchw);
    void (*from_nchw)(gb_stream *stream, const gb_tensor *t, const gb_real *nchw);
    /* Measures how long the vendor's library takes for C[i,j] = Σ_k A[i,k] B[j,k] in the device's precision. 0, with one line
     * in `why`, if the library is missing or fails. For one thread at a time. */
    double (*product_seconds)(gb_device *device, int rows, int columns, int depth, char *why, size_t why_size);
    /* Converts a planar [N,3,H,W] to 8-bit [N,H,W,3]; returns when the values are there. */
    void (*to_rgb)(gb_stream *stream, const gb_tensor *t, uint8_t *rgb);
};

#ifdef __cplusplus
}
#endif
#endif
