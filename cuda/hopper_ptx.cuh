/* Instructions of compute capability 9.0a that CUDA C++ does not provide, one function each: barriers in shared memory that
 * count bytes, loads of boxes of a tensor (TMA), and the asynchronous products of a warpgroup (wgmma).
 * tests/cuda/emulated/emulated_hopper.h has the same functions for machines without a GPU. */
#ifndef GB_CUDA_HOPPER_PTX_CUH
#define GB_CUDA_HOPPER_PTX_CUH

#include <cuda.h>

#include "cuda/ptx.cuh"

#ifdef __CUDACC__

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || !defined(__CUDA_ARCH__)
#define GB_HAS_WGMMA 1
#else
#define GB_HAS_WGMMA 0
#endif

/* The address in the window of shared memory, as instructions and descriptors have it. */
__device__ __forceinline__ uint32_t shared_address(const void *p) {
    return (uint32_t)__cvta_generic_to_shared(p);
}

/* ------------------------------------------------------------------------------------------------ barriers */

/* A phase of the barrier ends when `arrivals` threads have arrived and the bytes that were announced have. */
__device__ __forceinline__ void barrier_init(uint64_t *barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}

/* Makes the barriers that this thread has initialised known to TMA. */
__device__ __forceinline__ void barrier_init_fence(void) {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

__device__ __forceinline__ void barrier_arrive(uint64_t *barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}

/* Announces bytes that TMA will bring in this phase, and arrives. */
__device__ __forceinline__ void barrier_arrive_expecting(uint64_t *barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
                 : "memory");
}

/* Waits until the phase of this parity has ended. The first phase has parity 0; a wait for parity 1 before it has ended
 * returns at once. */
__device__ __forceinline__ void barrier_wait(uint64_t *barrier, uint32_t parity) {
    uint32_t ended;
    do
        asm volatile("{\n\t.reg .pred p;\n\t"
                     "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\t"
                     "selp.u32 %0, 1, 0, p;\n\t}"
                     : "=r"(ended)
                     : "r"(shared_address(barrier)), "r"(parity)
                     : "memory");
    while (!ended);
}

/* ------------------------------------------------------------------------------------------------ loads */

/* Loads the box of a tensor at these coordinates, the innermost first; values outside the tensor are zeros. The bytes of
 * the whole box count towards the barrier's phase. */
__device__ __forceinline__ void load_box(void *to, const CUtensorMap *map, uint64_t *barrier, int i, int j, int k) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], "
                 "[%1, {%3, %4, %5}], [%2];" ::"r"(shared_address(to)),
                 "l"((uint64_t)map), "r"(shared_address(barrier)), "r"(i), "r"(j), "r"(k)
                 : "memory");
}

__device__ __forceinline__ void load_box(void *to, const CUtensorMap *map, uint64_t *barrier, int i, int j, int k,
                                         int l) {
    asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], "
                 "[%1, {%3, %4, %5, %6}], [%2];" ::"r"(shared_address(to)),
                 "l"((uint64_t)map), "r"(shared_address(barrier)), "r"(i), "r"(j), "r"(k), "r"(l)
                 : "memory");
}

/* ------------------------------------------------------------------------------------------------ products */

/* Orders this warpgroup's accesses to registers before those of the products that follow. */
__device__ __forceinline__ void wgmma_fence(void) {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmma_commit(void) {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/* Waits until all but the last LEFT groups of products are complete. */
template <int LEFT> __device__ __forceinline__ void wgmma_wait(void) {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(LEFT) : "memory");
}

/* Keeps the compiler from moving accesses to sums from after this point to before it. */
template <int N> __device__ __forceinline__ void pin_sums(float (&sum)[N][4]) {
#pragma unroll
    for (int i = 0; i < 4 * N; i++)
        asm volatile("" : "+f"(sum[i / 4][i % 4])::"memory");
}

#define GB_SUM(i) "+f"(s[i][0]), "+f"(s[i][1]), "+f"(s[i][2]), "+f"(s[i][3])
#define GB_SUMS4(i) GB_SUM(i), GB_SUM(i + 1), GB_SUM(i + 2), GB_SUM(i + 3)

/* sum += A B, 64 × 128 with a depth of 16 halves. Warp w of the group has rows 16w to 16w + 15 of A and of the sums, as
 * mma_tile() has them; column n of B is row n of the tile that the descriptor tells. */
__device__ __forceinline__ void wgmma_tile(float (&s)[16][4], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
                 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
                 "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
                 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
                 "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, "
                 "{%64,%65,%66,%67}, %68, 1, 1, 1, 0;"
                 : GB_SUMS4(0), GB_SUMS4(4), GB_SUMS4(8), GB_SUMS4(12)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

#undef GB_SUMS4
#undef GB_SUM

#else
#define GB_HAS_WGMMA 1
#include "emulated_hopper.h"
#endif

/* As load_swizzled_tile(), for any 16 rows of a tile that begins at a multiple of 1024 bytes: lanes l and l + 16 pass the number
 * of row l. */
__device__ __forceinline__ void load_swizzled_rows(const uint32_t *tile, int row, int quarter, uint32_t (&to)[4]) {
    int upper = (int)threadIdx.x % 32 / 16;
    load_tile_at(tile + row * 32 + ((quarter + upper) ^ (row & 7)) * 4, to);
}

/* The descriptor of a tile in shared memory with rows of 128 bytes, of which quarter k, 16 bytes, of row r is stored as
 * quarter k ^ r % 8; it begins at a multiple of 1024 bytes. In units of 16 bytes: bits 0 to 13 its address, 16 to 29 the step
 * along the depth (1: rows of the swizzle's width have none), 32 to 45 the step to the next eight rows; 62 and 63 the swizzle,
 * 1 for 128 bytes. A part of the depth begins so many bytes later: 32 for 16 halves. */
__device__ __forceinline__ uint64_t tile_descriptor(const void *tile) {
    return (uint64_t)((shared_address(tile) & 0x3ffff) >> 4) | (uint64_t)1 << 16 | (uint64_t)(1024 >> 4) << 32 |
           (uint64_t)1 << 62;
}

static constexpr uint64_t NEXT_16_HALVES = 32 >> 4;    /* added to a descriptor */

#endif
