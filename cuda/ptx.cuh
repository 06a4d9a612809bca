/* Instructions that CUDA C++ does not provide, one function each. tests/cuda/emulated/emulated_ptx.h has the same
 * functions for machines without a GPU. */
#ifndef GB_CUDA_PTX_CUH
#define GB_CUDA_PTX_CUH

#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <stdint.h>

#ifdef __CUDACC__

/* The block's dynamic shared memory as words. */
#define GB_SHARED(name) extern __shared__ __align__(16) uint32_t name[]

/* Copies 16 bytes from global to shared memory asynchronously: the first `bytes`, then zeros. Before sm_80 the copy
 * goes through registers and is complete on return. */
__device__ __forceinline__ void copy_async16(void *to, const void *from, int bytes) {
#if __CUDA_ARCH__ >= 800
    unsigned at = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes) : "memory");
#else
    uint4 value = {0, 0, 0, 0};
    if (bytes == 16)
        value = *(const uint4 *)from;
    *(uint4 *)to = value;
#endif
}

__device__ __forceinline__ void copy_commit(void) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/* Waits until all but the last LEFT groups of this thread have arrived. */
template <int LEFT> __device__ __forceinline__ void copy_wait(void) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
#endif
}

__device__ __forceinline__ uint32_t mul_half2(uint32_t a, uint32_t b) {
    uint32_t product;
    asm("mul.rn.f16x2 %0, %1, %2;" : "=r"(product) : "r"(a), "r"(b));
    return product;
}

/* Rounds to 10 bits of mantissa, to nearest. */
__device__ __forceinline__ uint32_t to_tf32(float f) {
#if __CUDA_ARCH__ >= 800
    uint32_t u;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(u) : "f"(f));
    return u;
#else
    return __float_as_uint(f);
#endif
}

__device__ __forceinline__ void load_tile_at(const uint32_t *row, uint32_t (&to)[4]) {
    unsigned at = (unsigned)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(at));
}

/* Loads 16 rows of 8 words, STRIDE words apart, from shared memory: lane 4g + q gets words q and q + 4 of rows g and
 * g + 8, as to = {(g, q), (g + 8, q), (g, q + 4), (g + 8, q + 4)}. Rows begin at multiples of 16 bytes. */
template <int STRIDE> __device__ __forceinline__ void load_tile(const uint32_t *tile, uint32_t (&to)[4]) {
    int lane = (int)threadIdx.x % 32;
    load_tile_at(tile + lane % 16 * STRIDE + lane / 16 * 4, to);
}

/* The same from rows of 32 words, of which quarter k, 4 words, of row r is stored as quarter k ^ r % 8: quarters `quarter`
 * and the next. */
__device__ __forceinline__ void load_swizzled_tile(const uint32_t *tile, int quarter, uint32_t (&to)[4]) {
    int lane = (int)threadIdx.x % 32;
    load_tile_at(tile + lane % 16 * 32 + ((quarter + lane / 16) ^ lane % 8) * 4, to);
}

/* sum += A B for M × N tiles of 16×8 with a depth of 8 words. Fragments are laid out as in PTX. */
template <bool HALF, int M, int N>
__device__ __forceinline__ void mma_tile(float (&sum)[M][N][4], const uint32_t (&a)[M][4], const uint32_t (&b)[N][2]) {
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
        for (int n = 0; n < N; n++) {
            float *c = sum[m][n];
            if (HALF) {
#if __CUDA_ARCH__ >= 800
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                             "{%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[m][0]), "r"(a[m][1]), "r"(a[m][2]), "r"(a[m][3]), "r"(b[n][0]), "r"(b[n][1]));
#else
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
                             "{%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[m][0]), "r"(a[m][1]), "r"(b[n][0]));
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
                             "{%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[m][2]), "r"(a[m][3]), "r"(b[n][1]));
#endif
            } else {
#if __CUDA_ARCH__ >= 800
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
                             "{%8,%9}, {%0,%1,%2,%3};"
                             : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                             : "r"(a[m][0]), "r"(a[m][1]), "r"(a[m][2]), "r"(a[m][3]), "r"(b[n][0]), "r"(b[n][1]));
#endif
            }
        }
}

#else
#include "emulated_ptx.h"
#endif

/* Four floats at a multiple of 16 bytes. */
__device__ __forceinline__ void load_floats(const uint32_t *from, float (&to)[4]) {
    float4 v = *(const float4 *)from;
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}

#endif
