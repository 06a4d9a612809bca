/* Opening the GPU: detection, requirements, and the device table that the engine uses. */
#include "cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/cublaslt.h"
#include "cuda/rows.h"
#include "cuda/stream.h"
#include "cuda/tensor_map.h"

enum { MIN_MAJOR = 7, MIN_MINOR = 5, MIN_MAJOR_TF32 = 8, WGMMA_MAJOR = 9, WGMMA_MINOR = 0 };

static void *device_alloc(const gb_device *, size_t bytes) {
    void *p = NULL;
    if (cudaMalloc(&p, bytes ? bytes : 1) == cudaSuccess)
        return p;
    cudaGetLastError();         /* clears the error, so that later calls do not report it again */
    return NULL;
}

static void device_free(const gb_device *, void *memory) {
    cudaFree(memory);
}

static void *host_alloc(const gb_device *, size_t bytes) {
    void *p = NULL;
    if (cudaMallocHost(&p, bytes ? bytes : 1) == cudaSuccess)
        return p;
    cudaGetLastError();
    return NULL;
}

static void host_free(const gb_device *, void *memory) {
    cudaFreeHost(memory);
}

static bool device_upload(const gb_device *, void *to, const void *from, size_t bytes) {
    return cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, 0) == cudaSuccess &&
           cudaStreamSynchronize(0) == cudaSuccess;
}

static double device_product_seconds(gb_device *device, int rows, int columns, int depth, char *why, size_t why_size) {
    gb_cuda *cuda = (gb_cuda *)device;
    if (!cuda->cublaslt)
        cuda->cublaslt = gb_cublaslt_open(why, why_size);
    return cuda->cublaslt ? gb_cublaslt_seconds(cuda->cublaslt, cuda->precision, rows, columns, depth, why, why_size)
                          : 0.0;
}

static void device_close(gb_device *device) {
    gb_cublaslt_close(((gb_cuda *)device)->cublaslt);
    free(device);
}

static const struct { const char *name; gb_precision is; size_t map_bytes; } precisions[] = {
    {"half", GB_HALF, 2}, {"tf32", GB_TF32, 4}, {"fp32", GB_FP32, 4},
};

static bool is_wanted(const char *variable) {
    const char *value = getenv(variable);
    return value && !strcmp(value, "1");
}

gb_device *gb_cuda_open(const char *precision, char *why, size_t why_size) {
    char reason[128];
    cudaDeviceProp prop;
    int count = 0, chosen = -1;
    for (int i = 0; i < 3; i++)
        if (!strcmp(precisions[i].name, precision ? precision : "half"))
            chosen = i;
    if (chosen < 0) {
        snprintf(why, why_size, "unknown precision '%s'; expected half, tf32 or fp32", precision);
        return NULL;
    }
    cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaErrorInsufficientDriver) {
        int driver = 0;
        cudaDriverGetVersion(&driver);
        if (driver)
            snprintf(why, why_size, "the NVIDIA driver supports CUDA %d.%d; this build needs one for CUDA %d.%d",
                     driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
        else
            snprintf(why, why_size, "no NVIDIA driver was found; this build needs one for CUDA %d.%d",
                     CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
        return NULL;
    }
    if (error != cudaSuccess || count < 1) {
        snprintf(why, why_size, "no NVIDIA GPU was found (%s)", cudaGetErrorString(error));
        return NULL;
    }
    if ((error = cudaGetDeviceProperties(&prop, 0)) != cudaSuccess) {
        snprintf(why, why_size, "the GPU does not respond: %s", cudaGetErrorString(error));
        return NULL;
    }
    if (prop.major * 10 + prop.minor < MIN_MAJOR * 10 + MIN_MINOR) {
        snprintf(why, why_size, "%s has compute capability %d.%d; at least %d.%d is needed", prop.name, prop.major,
                 prop.minor, MIN_MAJOR, MIN_MINOR);
        return NULL;
    }
    if (precisions[chosen].is == GB_TF32 && prop.major < MIN_MAJOR_TF32) {
        snprintf(why, why_size, "%s does not support tf32; use half or fp32", prop.name);
        return NULL;
    }
    void *encode_tensor_map = NULL;
    if (is_wanted("GANBEND_WGMMA")) {
        if (prop.major != WGMMA_MAJOR || prop.minor != WGMMA_MINOR)
            snprintf(reason, sizeof reason, "%.60s has compute capability %d.%d; 9.0 is needed", prop.name, prop.major,
                     prop.minor);
        else
            encode_tensor_map = gb_tensor_map_encoder(reason, sizeof reason);
        if (!encode_tensor_map) {
            snprintf(why, why_size, "GANBEND_WGMMA=1: %s", reason);
            return NULL;
        }
    }
    gb_cuda *cuda = (gb_cuda *)calloc(1, sizeof *cuda);
    if (!cuda) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    cuda->precision = precisions[chosen].is;
    cuda->encode_tensor_map = encode_tensor_map;
    if (is_wanted("GANBEND_CUBLAS") && !(cuda->cublaslt = gb_cublaslt_open(reason, sizeof reason))) {
        snprintf(why, why_size, "GANBEND_CUBLAS=1: %s", reason);
        free(cuda);
        return NULL;
    }
    cuda->use_cublas = cuda->cublaslt != NULL;
    cuda->processors = prop.multiProcessorCount;
    cuda->shared_per_block = prop.sharedMemPerBlockOptin;
    cuda->shared_per_processor = prop.sharedMemPerMultiprocessor;
    cuda->cache_bytes = (size_t)prop.l2CacheSize;
    gb_device *table = &cuda->table;
    snprintf(table->name, sizeof table->name, "%.127s", prop.name);
    table->precision = precisions[chosen].name;
    table->map_bytes = precisions[chosen].map_bytes;
    table->rows = gb_cuda_rows;
    table->close = device_close;
    table->alloc = device_alloc;
    table->free = device_free;
    table->upload = device_upload;
    table->host_alloc = host_alloc;
    table->host_free = host_free;
    table->stream_new = gb_stream_new;
    table->stream_free = gb_stream_free;
    table->begin = gb_stream_begin;
    table->launch = gb_stream_launch;
    table->end = gb_stream_end;
    table->mirror = gb_stream_mirror;
    table->wait = gb_stream_wait;
    table->name_range = gb_stream_name_range;
    table->mark = gb_stream_mark;
    table->seconds = gb_stream_seconds;
    table->to_nchw = gb_maps_to_nchw;
    table->from_nchw = gb_maps_from_nchw;
    table->to_rgb = gb_maps_to_rgb;
    table->product_seconds = device_product_seconds;
    return table;
}
