/* Matrix products of NVIDIA's cublasLt, which is opened when somebody wants it: libcublasLt.so.13, else .12. Nothing is
 * linked, and the toolkit's headers are not needed. With them, nvcc checks the numbers below. */
#ifndef GB_CUDA_CUBLASLT_H
#define GB_CUDA_CUBLASLT_H

#include "cuda/stream.cuh"

struct gb_cublaslt;
struct gb_lt_plan;

/* C[i,j] = Σ_k A[i,k] B[j,k] for `samples` triples of row-major matrices, which begin at multiples of 16 bytes. */
struct gb_lt_product {
    int rows, columns, depth;
    int samples;
    bool half_factors, half_result;     /* float16, else float32 */
    bool tf32;                  /* float32 factors may be rounded to tf32 */
    bool b_by_depth;            /* B is stored as B[k,j] */
    bool b_shared;              /* by all samples */
};

enum { GB_LT_WORKSPACE = 8 << 20 };         /* bytes of device memory that a product may use */

/* NULL with one line in `why` if there is no library, or if it does not work with this GPU. */
gb_cublaslt *gb_cublaslt_open(char *why, size_t why_size);
void gb_cublaslt_close(gb_cublaslt *lt);        /* NULL is allowed */

/* A product with its algorithm: the one that the library prefers for one sample, whatever `samples` is, so that a batch has
 * the bits of its samples. NULL with the library's status in *status. */
gb_lt_plan *gb_cublaslt_plan(const gb_cublaslt *lt, const gb_lt_product &p, int *status);
void gb_cublaslt_unplan(const gb_cublaslt *lt, gb_lt_plan *plan);

/* Enqueues the product. Returns 0 or the library's status. Allocates nothing, so that it can be captured. */
int gb_cublaslt_multiply(const gb_cublaslt *lt, const gb_lt_plan *plan, const void *a, const void *b, void *c,
                         void *workspace, cudaStream_t stream);

/* The median time of a product in this precision, of matrices in new memory. 0 with one line in `why` if it fails. */
double gb_cublaslt_seconds(const gb_cublaslt *lt, gb_precision precision, int rows, int columns, int depth, char *why,
                           size_t why_size);

#endif
