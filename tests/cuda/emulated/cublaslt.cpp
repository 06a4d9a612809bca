/* cublasLt for the emulated GPU: the functions that cuda/cublaslt.cu calls, as a library that is opened at run time.
 * A product runs when its stream does. It refuses layouts that do not fit, pointers that are not aligned, and an
 * algorithm that was not chosen for one sample. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_fp16.h"
#include "emulated.h"

enum { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15, FLOAT = 0, HALF = 2, ALGORITHM = 42 };

struct layout { int type; int64_t rows, columns, stride, samples, step; };
struct desc { int compute, transposed; };

static float at(const void *matrix, const layout &l, int64_t sample, int64_t row, int64_t column) {
    int64_t i = sample * l.step + column * l.stride + row;
    return l.type == HALF ? __half2float(((const __half *)matrix)[i]) : ((const float *)matrix)[i];
}

static void multiply(const layout &a, bool transposed, const layout &b, const layout &c, const void *x, const void *y,
                     void *z) {
    for (int64_t n = 0; n < c.samples; n++)
        for (int64_t i = 0; i < c.rows * c.columns; i++) {
            float sum = 0.0f;
            for (int64_t k = 0; k < b.rows; k++)
                sum = fmaf(transposed ? at(x, a, n, k, i % c.rows) : at(x, a, n, i % c.rows, k), at(y, b, n, k, i / c.rows),
                           sum);
            int64_t to = n * c.step + i / c.rows * c.stride + i % c.rows;
            if (c.type == HALF)
                ((__half *)z)[to] = __float2half_rn(sum);
            else
                ((float *)z)[to] = sum;
        }
}

extern "C" {

int cublasLtCreate(void **handle) {
    *handle = malloc(1);
    return SUCCESS;
}

int cublasLtDestroy(void *handle) {
    free(handle);
    return SUCCESS;
}

int cublasLtMatmulDescCreate(void **to, int compute, int scale) {
    *to = new desc{compute, 0};
    return (compute == 68 || compute == 77) && scale == FLOAT ? SUCCESS : INVALID_VALUE;
}

int cublasLtMatmulDescDestroy(void *d) {
    delete (desc *)d;
    return SUCCESS;
}

int cublasLtMatmulDescSetAttribute(void *d, int attribute, const void *value, size_t size) {
    if (attribute != 3 || size != sizeof(int32_t))
        return INVALID_VALUE;
    ((desc *)d)->transposed = *(const int32_t *)value;
    return SUCCESS;
}

int cublasLtMatrixLayoutCreate(void **to, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    *to = new layout{type, (int64_t)rows, (int64_t)columns, stride, 1, 0};
    return stride >= (int64_t)rows ? SUCCESS : INVALID_VALUE;
}

int cublasLtMatrixLayoutDestroy(void *l) {
    delete (layout *)l;
    return SUCCESS;
}

int cublasLtMatrixLayoutSetAttribute(void *l, int attribute, const void *value, size_t size) {
    if (attribute == 5 && size == sizeof(int32_t))
        ((layout *)l)->samples = *(const int32_t *)value;
    else if (attribute == 6 && size == sizeof(int64_t))
        ((layout *)l)->step = *(const int64_t *)value;
    else
        return INVALID_VALUE;
    return SUCCESS;
}

int cublasLtMatmulPreferenceCreate(void **to) {
    *to = malloc(1);
    return SUCCESS;
}

int cublasLtMatmulPreferenceDestroy(void *preference) {
    free(preference);
    return SUCCESS;
}

int cublasLtMatmulPreferenceSetAttribute(void *, int attribute, const void *, size_t size) {
    return (attribute == 1 && size == sizeof(uint64_t)) || (attribute >= 5 && attribute <= 8 && size == sizeof(uint32_t))
               ? SUCCESS
               : INVALID_VALUE;
}

/* The algorithm remembers for how many samples it was chosen. */
int cublasLtMatmulAlgoGetHeuristic(void *, void *, void *, void *, void *c, void *, void *, int most, void *choices,
                                   int *count) {
    struct { uint64_t data[8]; size_t workspace; int status; float waves; int reserved[4]; } choice = {};
    choice.data[0] = ALGORITHM;
    choice.data[1] = (uint64_t)((layout *)c)->samples;
    memcpy(choices, &choice, sizeof choice);
    *count = most < 1 ? 0 : 1;
    return SUCCESS;
}

int cublasLtMatmul(void *, void *d, const void *alpha, const void *a, void *la, const void *b, void *lb,
                   const void *beta, const void *c, void *lc, void *to, void *lto, const void *algorithm,
                   void *workspace, size_t, cudaStream_t stream) {
    const layout x = *(layout *)la, y = *(layout *)lb, z = *(layout *)lc;
    const uint64_t *how = (const uint64_t *)algorithm;
    bool transposed = ((desc *)d)->transposed != 0;
    if (*(const float *)alpha != 1.0f || *(const float *)beta != 0.0f || c != to ||
        lc != lto || !workspace || how[0] != ALGORITHM || how[1] != 1)
        return NOT_SUPPORTED;
    if ((transposed ? x.rows : x.columns) != y.rows || (transposed ? x.columns : x.rows) != z.rows || y.columns != z.columns || x.samples != z.samples ||
        y.samples != z.samples)
        return INVALID_VALUE;
    for (const void *matrix : {a, b, (const void *)to})
        if ((uintptr_t)matrix % 16)
            return NOT_SUPPORTED;
    return emulated_launch((const void *)multiply, [=] { multiply(x, transposed, y, z, a, b, to); }, 0, 1, 1, 0, stream);
}

}
