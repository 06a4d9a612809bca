/* cublasLt, see cublaslt.h. Its matrices are stored column by column, so that it takes each of ours for its transpose. In its
 * terms the product is Cᵀ = B Aᵀ, and B is what has to be transposed. */
#include "cuda/cublaslt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <dlfcn.h>
static void *open_library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
static void *find_function(void *library, const char *name) { return dlsym(library, name); }
static void close_library(void *library) { dlclose(library); }
#else
static void *open_library(const char *) { return NULL; }
static void *find_function(void *, const char *) { return NULL; }
static void close_library(void *) {}
#endif

/* The library's types and numbers, as of versions 12 and 13. */
static constexpr int LT_FLOAT = 0, LT_HALF = 2;                             /* cudaDataType */
static constexpr int LT_COMPUTE_FLOAT = 68, LT_COMPUTE_TF32 = 77;           /* cublasComputeType_t */
static constexpr int LT_KEEP = 0, LT_TRANSPOSE = 1;                         /* cublasOperation_t */
static constexpr int LT_DESC_TRANSA = 3;                                    /* cublasLtMatmulDescAttributes_t */
static constexpr int LT_LAYOUT_SAMPLES = 5, LT_LAYOUT_STEP = 6;             /* cublasLtMatrixLayoutAttribute_t */
static constexpr int LT_PREFER_WORKSPACE = 1, LT_PREFER_ALIGNMENT = 5;       /* cublasLtMatmulPreferenceAttributes_t; of A, B, C, D */

struct lt_algorithm { uint64_t data[8]; };
struct lt_choice {
    lt_algorithm algorithm;
    size_t workspace;
    int status;
    float waves;
    int reserved[4];
};

#if defined(__CUDACC__) && __has_include(<cublasLt.h>)
#include <cublasLt.h>
static_assert(LT_FLOAT == CUDA_R_32F && LT_HALF == CUDA_R_16F && LT_COMPUTE_FLOAT == CUBLAS_COMPUTE_32F &&
              LT_COMPUTE_TF32 == CUBLAS_COMPUTE_32F_FAST_TF32 && LT_KEEP == CUBLAS_OP_N &&
              LT_TRANSPOSE == CUBLAS_OP_T);
static_assert(LT_DESC_TRANSA == CUBLASLT_MATMUL_DESC_TRANSA && LT_LAYOUT_SAMPLES == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT &&
              LT_LAYOUT_STEP == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET &&
              LT_PREFER_WORKSPACE == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES &&
              LT_PREFER_ALIGNMENT == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES &&
              LT_PREFER_ALIGNMENT + 3 == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
static_assert(sizeof(lt_choice) == sizeof(cublasLtMatmulHeuristicResult_t));
#endif

struct gb_cublaslt {
    void *library, *handle;
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*desc_create)(void **desc, int compute, int scale);
    int (*desc_destroy)(void *desc);
    int (*desc_set)(void *desc, int attribute, const void *value, size_t size);
    int (*layout_create)(void **layout, int type, uint64_t rows, uint64_t columns, int64_t stride);
    int (*layout_destroy)(void *layout);
    int (*layout_set)(void *layout, int attribute, const void *value, size_t size);
    int (*preference_create)(void **preference);
    int (*preference_destroy)(void *preference);
    int (*preference_set)(void *preference, int attribute, const void *value, size_t size);
    int (*choose)(void *handle, void *desc, void *a, void *b, void *c, void *d, void *preference, int most,
                  lt_choice *choices, int *count);
    int (*multiply)(void *handle, void *desc, const void *alpha, const void *a, void *a_layout, const void *b,
                    void *b_layout, const void *beta, const void *c, void *c_layout, void *d, void *d_layout,
                    const lt_algorithm *algorithm, void *workspace, size_t workspace_size, cudaStream_t stream);
};

/* ------------------------------------------------------------------------------------------------ opening */

#ifdef __CUDACC__
static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12"};
#else       /* a real library would access memory of the emulated GPU as that of a real one */
static const char *const names[] = {"libcublasLt.emulated.so"};
#endif

static bool find_functions(gb_cublaslt *lt, const char **missing) {
    const struct { const char *name; void *to; } functions[] = {
        {"cublasLtCreate", &lt->create},
        {"cublasLtDestroy", &lt->destroy},
        {"cublasLtMatmulDescCreate", &lt->desc_create},
        {"cublasLtMatmulDescDestroy", &lt->desc_destroy},
        {"cublasLtMatmulDescSetAttribute", &lt->desc_set},
        {"cublasLtMatrixLayoutCreate", &lt->layout_create},
        {"cublasLtMatrixLayoutDestroy", &lt->layout_destroy},
        {"cublasLtMatrixLayoutSetAttribute", &lt->layout_set},
        {"cublasLtMatmulPreferenceCreate", &lt->preference_create},
        {"cublasLtMatmulPreferenceDestroy", &lt->preference_destroy},
        {"cublasLtMatmulPreferenceSetAttribute", &lt->preference_set},
        {"cublasLtMatmulAlgoGetHeuristic", &lt->choose},
        {"cublasLtMatmul", &lt->multiply},
    };
    for (const auto &f : functions) {
        void *function = find_function(lt->library, f.name);
        memcpy(f.to, &function, sizeof function);
        *missing = f.name;
        if (!function)
            return false;
    }
    return true;
}

gb_cublaslt *gb_cublaslt_open(char *why, size_t why_size) {
    gb_cublaslt *lt = (gb_cublaslt *)calloc(1, sizeof *lt);
    const char *missing;
    int status = 0;
    if (!lt) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    for (const char *name : names)
        if (!lt->library)
            lt->library = open_library(name);
    if (!lt->library)
        snprintf(why, why_size, "libcublasLt.so.13 and .12 were not found; they are part of the CUDA toolkit");
    else if (!find_functions(lt, &missing))
        snprintf(why, why_size, "libcublasLt.so has no function %s", missing);
    else if ((status = lt->create(&lt->handle)))
        snprintf(why, why_size, "cublasLtCreate failed with status %d", status);
    else
        return lt;
    lt->handle = NULL;
    gb_cublaslt_close(lt);
    return NULL;
}

void gb_cublaslt_close(gb_cublaslt *lt) {
    if (!lt)
        return;
    if (lt->handle)
        lt->destroy(lt->handle);
    if (lt->library)
        close_library(lt->library);
    free(lt);
}

/* ------------------------------------------------------------------------------------------------ products */

/* The library's descriptions of a product for a number of samples. */
struct description { void *desc, *a, *b, *c, *preference; };

struct gb_lt_plan {
    description of;
    lt_algorithm algorithm;
};

/* A row-major matrix as the library sees it. */
struct lt_matrix { int rows, columns; bool half, shared; };

static int make_layout(const gb_cublaslt *lt, void **layout, const lt_matrix &m, int samples) {
    int64_t step = m.shared ? 0 : (int64_t)m.rows * m.columns;
    int status = lt->layout_create(layout, m.half ? LT_HALF : LT_FLOAT, (uint64_t)m.columns, (uint64_t)m.rows, m.columns);
    if (!status)
        status = lt->layout_set(*layout, LT_LAYOUT_SAMPLES, &samples, sizeof(int32_t));
    return status ? status : lt->layout_set(*layout, LT_LAYOUT_STEP, &step, sizeof step);
}

/* The alignment of all samples of a matrix, whatever their number. */
static uint32_t alignment_of(const lt_matrix &m) {
    uint64_t bytes = (uint64_t)m.rows * m.columns * (m.half ? 2 : 4);
    return bytes % 16 == 0 || m.shared ? 16 : m.half ? 2 : 4;
}

static void destroy(const gb_cublaslt *lt, const description &d) {
    if (d.preference)
        lt->preference_destroy(d.preference);
    for (void *layout : {d.a, d.b, d.c})
        if (layout)
            lt->layout_destroy(layout);
    if (d.desc)
        lt->desc_destroy(d.desc);
}

static int prefer(const gb_cublaslt *lt, void *preference, const lt_matrix (&of)[4]) {
    const uint64_t workspace = GB_LT_WORKSPACE;
    int status = lt->preference_set(preference, LT_PREFER_WORKSPACE, &workspace, sizeof workspace);
    for (int i = 0; i < 4 && !status; i++) {
        uint32_t alignment = alignment_of(of[i]);
        status = lt->preference_set(preference, LT_PREFER_ALIGNMENT + i, &alignment, sizeof alignment);
    }
    return status;
}

static int create(const gb_cublaslt *lt, const gb_lt_product &p, int samples, description *d) {
    const lt_matrix a = {p.rows, p.depth, p.half_factors, false}, c = {p.rows, p.columns, p.half_result, false};
    const lt_matrix b = p.b_by_depth ? lt_matrix{p.depth, p.columns, p.half_factors, p.b_shared}
                                     : lt_matrix{p.columns, p.depth, p.half_factors, p.b_shared};
    const int32_t transpose = p.b_by_depth ? LT_KEEP : LT_TRANSPOSE;
    memset(d, 0, sizeof *d);
    int status = lt->desc_create(&d->desc, p.tf32 ? LT_COMPUTE_TF32 : LT_COMPUTE_FLOAT, LT_FLOAT);
    if (!status)
        status = lt->desc_set(d->desc, LT_DESC_TRANSA, &transpose, sizeof transpose);
    if (!status)
        status = make_layout(lt, &d->b, b, samples);
    if (!status)
        status = make_layout(lt, &d->a, a, samples);
    if (!status)
        status = make_layout(lt, &d->c, c, samples);
    if (!status)
        status = lt->preference_create(&d->preference);
    return status ? status : prefer(lt, d->preference, {b, a, c, c});
}

static int choose(const gb_cublaslt *lt, const gb_lt_product &p, lt_algorithm *algorithm) {
    description d;
    lt_choice choice;
    int count = 0;
    memset(&choice, 0, sizeof choice);
    int status = create(lt, p, 1, &d);
    if (!status)
        status = lt->choose(lt->handle, d.desc, d.b, d.a, d.c, d.c, d.preference, 1, &choice, &count);
    destroy(lt, d);
    *algorithm = choice.algorithm;
    return status ? status : count < 1 ? -1 : choice.status;
}

gb_lt_plan *gb_cublaslt_plan(const gb_cublaslt *lt, const gb_lt_product &p, int *status) {
    gb_lt_plan *plan = (gb_lt_plan *)calloc(1, sizeof *plan);
    *status = plan ? choose(lt, p, &plan->algorithm) : -1;
    if (!*status)
        *status = create(lt, p, p.samples, &plan->of);
    if (!*status)
        return plan;
    gb_cublaslt_unplan(lt, plan);
    return NULL;
}

void gb_cublaslt_unplan(const gb_cublaslt *lt, gb_lt_plan *plan) {
    if (plan)
        destroy(lt, plan->of);
    free(plan);
}

int gb_cublaslt_multiply(const gb_cublaslt *lt, const gb_lt_plan *plan, const void *a, const void *b, void *c,
                         void *workspace, cudaStream_t stream) {
    const float one = 1.0f, zero = 0.0f;
    const description &d = plan->of;
    return lt->multiply(lt->handle, d.desc, &one, b, d.b, a, d.a, &zero, c, d.c, c, d.c, &plan->algorithm, workspace,
                        GB_LT_WORKSPACE, stream);
}

/* ------------------------------------------------------------------------------------------------ times */

enum { RUNS = 9 };              /* after one that is not timed */

static int by_time(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* What the measurement needs: three matrices and workspace, and a time stamp before each run and after the last. */
struct measurement {
    void *memory[4];
    cudaStream_t stream;
    cudaEvent_t mark[RUNS + 2];
};

static cudaError_t begin(measurement *m, const size_t (&sizes)[4]) {
    memset(m, 0, sizeof *m);
    cudaError_t error = cudaStreamCreateWithFlags(&m->stream, cudaStreamNonBlocking);
    for (int i = 0; i < 4 && !error; i++)
        error = cudaMalloc(&m->memory[i], sizes[i]);
    for (int i = 0; i < RUNS + 2 && !error; i++)
        error = cudaEventCreate(&m->mark[i]);
    for (int i = 0; i < 2 && !error; i++)       /* not zeros, with which a GPU needs less power and runs faster */
        error = cudaMemsetAsync(m->memory[i], 0x35, sizes[i], m->stream);
    return error;
}

static void end(const measurement &m) {
    for (cudaEvent_t mark : m.mark)
        if (mark)
            cudaEventDestroy(mark);
    for (void *memory : m.memory)
        cudaFree(memory);
    if (m.stream)
        cudaStreamDestroy(m.stream);
}

double gb_cublaslt_seconds(const gb_cublaslt *lt, gb_precision precision, int rows, int columns, int depth, char *why,
                           size_t why_size) {
    bool half = precision == GB_HALF;
    size_t element = half ? 2 : 4, m_k = (size_t)rows * depth, n_k = (size_t)columns * depth, m_n = (size_t)rows * columns;
    gb_lt_product p = {rows, columns, depth, 1, half, half, precision == GB_TF32, false, false};
    measurement m;
    float ms[RUNS] = {0.0f};
    int status = 0;
    cudaError_t error = begin(&m, {element * m_k, element * n_k, element * m_n, GB_LT_WORKSPACE});
    gb_lt_plan *plan = gb_cublaslt_plan(lt, p, &status);
    for (int i = 0; i < RUNS + 1 && !error && !status; i++) {
        error = cudaEventRecord(m.mark[i], m.stream);
        if (!error)
            status = gb_cublaslt_multiply(lt, plan, m.memory[0], m.memory[1], m.memory[2], m.memory[3], m.stream);
    }
    if (!error && !status)
        error = cudaEventRecord(m.mark[RUNS + 1], m.stream);
    if (!error)
        error = cudaStreamSynchronize(m.stream);
    for (int i = 0; i < RUNS && !error && !status; i++)
        error = cudaEventElapsedTime(&ms[i], m.mark[i + 1], m.mark[i + 2]);
    gb_cublaslt_unplan(lt, plan);
    end(m);
    if (error || status) {
        snprintf(why, why_size, "a product of %dx%dx%d failed: %s", rows, columns, depth,
                 error ? cudaGetErrorString(error) : "cublasLt refuses it");
        cudaGetLastError();
        return 0.0;
    }
    qsort(ms, RUNS, sizeof *ms, by_time);
    return 1e-3 * ms[RUNS / 2];
}
