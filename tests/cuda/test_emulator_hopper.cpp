/* What the emulated GPU has of compute capability 9.0 is right, and what hardware punishes is caught: a warpgroup multiplies a
 * box of a tensor, correctly or with one fault. */
#include "cuda/hopper_ptx.cuh"
#include "cuda/tensor_map.h"
#include "tests/cuda/emulator_checks.h"

namespace {

enum fault {
    NO_FAULT, NO_FENCE_AFTER_INIT, NO_INIT, NO_WAIT_FOR_BOX, WRONG_PARITY, FEWER_BYTES, TWO_ARRIVALS, MOVED_BOX, NO_SWIZZLE,
    WRONG_STEP, MOVED_TILE, NO_FENCE, NO_WAIT_FOR_PRODUCTS, SUMS_TOO_EARLY, FACTORS_TOO_EARLY, NEXT_BOX_TOO_EARLY,
    READ_TOO_EARLY
};

enum { GROUP = 128, ROWS = 192, HALVES = 72, COLUMNS = 128, TILE = COLUMNS * 128, DEPTH = 64, BOX_ROW = 100, BOX_HALF = 16 };

/* out[block][64][COLUMNS] = A B: A[i][i] = i + 1, the others are 0; column n of B is row BOX_ROW + n of the map, from half
 * BOX_HALF on. */
void multiply(CUtensorMap map, float *out, fault f) {
    GB_SHARED(memory_of_block);
    uint32_t *tile = memory_of_block + (0u - shared_address(memory_of_block)) % 1024 / 4;
    uint64_t *arrived = (uint64_t *)(tile + 2 * TILE / 4);
    int thread = (int)threadIdx.x, row = thread / 32 * 16 + thread % 32 / 4;
    if (thread == 0 && f != NO_INIT) {
        barrier_init(arrived, 1);
        if (f != NO_FENCE_AFTER_INIT)
            barrier_init_fence();
    }
    __syncthreads();
    if (thread == 0) {
        barrier_arrive_expecting(arrived, f == FEWER_BYTES ? TILE / 2 : TILE);
        load_box(tile + (f == MOVED_BOX ? 32 : 0), &map, arrived, BOX_HALF, BOX_ROW, 0);
        if (f == TWO_ARRIVALS)
            barrier_arrive(arrived);
    }
    if (f != NO_WAIT_FOR_BOX && f != READ_TOO_EARLY)
        barrier_wait(arrived, f == WRONG_PARITY);
    if (f == READ_TOO_EARLY)
        out[thread] = __uint_as_float(tile[thread]);
    uint64_t b = tile_descriptor(tile);
    if (f == NO_SWIZZLE)
        b &= ~((uint64_t)3 << 62);
    if (f == WRONG_STEP)
        b ^= (uint64_t)(1024 ^ 512) >> 4 << 32;
    if (f == MOVED_TILE)
        b += 128 >> 4;
    float sum[COLUMNS / 8][4] = {};
    uint32_t a[DEPTH / 16][4];
    for (int i = 0; i < DEPTH / 16 * 4; i++) {
        int of = row + i % 2 * 8, k = i / 4 * 16 + i % 4 / 2 * 8 + thread % 4 * 2;
        a[i / 4][i % 4] = k <= of && of < k + 2 ? (uint32_t)__half_as_ushort(__float2half_rn((float)of + 1.0f)) << of % 2 * 16 : 0;
    }
    if (f != NO_FENCE)
        wgmma_fence();
    for (int i = 0; i < DEPTH / 16; i++)
        wgmma_tile(sum, a[i], b + i * NEXT_16_HALVES);
    wgmma_commit();
    if (f == FACTORS_TOO_EARLY)
        a[DEPTH / 16 - 1][0] = a[DEPTH / 16 - 1][1] = 0;
    if (f == NEXT_BOX_TOO_EARLY && thread == 0) {
        barrier_arrive_expecting(arrived, TILE);
        load_box(tile, &map, arrived, BOX_HALF, BOX_ROW, 0);
    }
    if (f == NO_WAIT_FOR_PRODUCTS)
        return;
    float early = sum[0][0] + sum[COLUMNS / 8 - 1][3];
    wgmma_wait<0>();
    if (f == NEXT_BOX_TOO_EARLY)
        barrier_wait(arrived, 1);
    for (int i = 0; i < COLUMNS / 2; i++)
        out[blockIdx.x * 64 * COLUMNS + (row + i % 4 / 2 * 8) * COLUMNS + i / 4 * 8 + thread % 4 * 2 + i % 2] =
            f == SUMS_TOO_EARLY ? early : sum[i / 4][i % 4];
}

float value_at(int row, int half) {
    return row < ROWS && half < HALVES ? (float)(row * 5 % 7 + half % 11 - 4) : 0.0f;
}

bool is_product(const float *out) {
    for (int i = 0; i < 64 * COLUMNS; i++)
        if (out[i] != ((float)(i / COLUMNS) + 1.0f) * value_at(BOX_ROW + i % COLUMNS, BOX_HALF + i / COLUMNS))
            return false;
    return true;
}

}  // namespace

void check_hopper(void) {
    static const struct { fault f; const char *caught; } faults[] = {
        {NO_FENCE_AFTER_INIT, "without a fence after its initialisation"},
        {NO_INIT, "that has not been initialised"},
        {NO_WAIT_FOR_BOX, "where a box may be arriving"},
        {WRONG_PARITY, "where a box may be arriving"},
        {FEWER_BYTES, "deadlock"},
        {TWO_ARRIVALS, "more threads arrive at a barrier"},
        {MOVED_BOX, "does not begin at a multiple of 1024 bytes"},
        {NO_SWIZZLE, "another swizzle"},
        {MOVED_TILE, "does not begin in the first row"},
        {NO_FENCE, "without a fence"},
        {NO_WAIT_FOR_PRODUCTS, "without waiting for the products"},
        {NEXT_BOX_TOO_EARLY, "where a product still reads"},
        {READ_TOO_EARLY, "where an asynchronous copy may be arriving"},
    };
    const size_t room = 2 * TILE + 1024 + sizeof(uint64_t);
    char why[200];
    gb_cuda cuda = {};
    CUtensorMap map;
    float *out;
    uint16_t *halves;
    cuda.encode_tensor_map = gb_tensor_map_encoder(why, sizeof why);
    cudaMalloc((void **)&halves, 2 * ROWS * HALVES);
    cudaMalloc((void **)&out, sizeof(float) * BLOCKS * 64 * COLUMNS);
    for (int i = 0; i < ROWS * HALVES; i++)
        halves[i] = __half_as_ushort(__float2half_rn(value_at(i / HALVES, i % HALVES)));
    gb_half_tensor tensor = {halves, 3, {HALVES, ROWS, 1}, {GB_BOX_HALVES, COLUMNS, 1}};
    expect(gb_tensor_map(&cuda, tensor, &map) == cudaSuccess, "a tensor has a map");
    tensor.data = halves + 1;
    expect(gb_tensor_map(&cuda, tensor, &map) == cudaErrorInvalidValue, "its address is a multiple of 16");
    tensor = {halves, 3, {HALVES - 1, ROWS, 1}, {GB_BOX_HALVES, COLUMNS, 1}};
    expect(gb_tensor_map(&cuda, tensor, &map) == cudaErrorInvalidValue, "and so are the bytes of a row");
    tensor = {halves, 3, {HALVES, ROWS, 1}, {GB_BOX_HALVES, 257, 1}};
    expect(gb_tensor_map(&cuda, tensor, &map) == cudaErrorInvalidValue, "a box has at most 256 rows");
    tensor = {halves, 3, {HALVES, ROWS, 1}, {GB_BOX_HALVES, COLUMNS, 1}};
    gb_tensor_map(&cuda, tensor, &map);

    cudaFuncSetAttribute(multiply, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)room);
    threads = GROUP;
    launch(multiply, BLOCKS, room, map, out, NO_FAULT);
    bool all = true;
    for (int i = 0; i < BLOCKS; i++)
        all = all && is_product(out + i * 64 * COLUMNS);
    expect(all, "a warpgroup multiplies a box, with zeros beyond the edge of the tensor");
    for (fault f : {WRONG_STEP, SUMS_TOO_EARLY, FACTORS_TOO_EARLY}) {
        launch(multiply, BLOCKS, room, map, out, f);
        all = true;
        for (int i = 0; i < BLOCKS; i++)
            all = all && is_product(out + i * 64 * COLUMNS);
        expect(!all, f == WRONG_STEP ? "the descriptor's step counts" : "products take time");
    }
    for (const auto &one : faults)
        expect_caught(one.caught, multiply, BLOCKS, room, map, out, one.f);
    threads = THREADS;
    cudaFree(out);
    cudaFree(halves);
}
