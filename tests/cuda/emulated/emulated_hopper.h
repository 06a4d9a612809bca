/* The functions of cuda/hopper_ptx.cuh without a GPU; hopper.cpp has what they do. */
#ifndef EMULATED_HOPPER_H
#define EMULATED_HOPPER_H

#include "cuda.h"
#include "cuda_runtime.h"

uint32_t shared_address(const void *p);

void barrier_init(uint64_t *barrier, int arrivals);
void barrier_init_fence(void);
void barrier_arrive(uint64_t *barrier);
void barrier_arrive_expecting(uint64_t *barrier, int bytes);
void barrier_wait(uint64_t *barrier, uint32_t parity);

void emulated_load_box(void *to, const CUtensorMap *map, uint64_t *barrier, unsigned rank, const int *at);

static inline void load_box(void *to, const CUtensorMap *map, uint64_t *barrier, int i, int j, int k) {
    const int at[] = {i, j, k};
    emulated_load_box(to, map, barrier, 3, at);
}

static inline void load_box(void *to, const CUtensorMap *map, uint64_t *barrier, int i, int j, int k, int l) {
    const int at[] = {i, j, k, l};
    emulated_load_box(to, map, barrier, 4, at);
}

struct emulated_tile_row { uint32_t word[4]; uint32_t *to; };

/* ldmatrix: lane l gets word l % 4 of each row l / 4 of four tiles of 8 rows, whose addresses are those of lanes 0 to 7, 8 to 15,
 * and so on. */
static inline void load_tile_at(const uint32_t *row, uint32_t (&to)[4]) {
    emulated_tile_row mine = {{row[0], row[1], row[2], row[3]}, to};
    emulated_warp(&mine, [](void *const *lanes, void *) {
        for (int lane = 0; lane < 32; lane++)
            for (int tile = 0; tile < 4; tile++)
                ((const emulated_tile_row *)lanes[lane])->to[tile] =
                    ((const emulated_tile_row *)lanes[8 * tile + lane / 4])->word[lane % 4];
    }, NULL);
}

void wgmma_fence(void);
void wgmma_commit(void);
void emulated_wgmma_wait(int groups_left);
void emulated_wgmma(int columns, float *sum, const uint32_t *a, uint64_t b);

template <int LEFT> static inline void wgmma_wait(void) { emulated_wgmma_wait(LEFT); }

template <int N> static inline void pin_sums(float (&)[N][4]) {}

static inline void wgmma_tile(float (&sum)[16][4], const uint32_t (&a)[4], uint64_t b) {
    emulated_wgmma(128, &sum[0][0], a, b);
}

#endif
