/* What compute capability 9.0 does by itself while the threads of a block run: loads of boxes of a tensor, and the products of
 * warpgroups. Each happens at a random moment between its issue and the moment when somebody waits for it. Memory that a box
 * will be written to has NaN until it arrives; a product reads its registers and its shared memory when it happens, so that
 * changing or overwriting them too early gives wrong sums.
 *
 * In shared memory, quarter k, 16 bytes, of a row of 128 bytes is at quarter k ^ r, where r is that row's number modulo 8, which
 * is bits 7 to 9 of the address. Boxes arrive so, and the descriptors of products say so. */
#include "emulated_hopper.h"
#include "cuda_fp16.h"
#include "emulated.h"

#include <deque>
#include <vector>

namespace {

enum { WARPGROUP = 128, MAX_GROUPS = 1024 / WARPGROUP, MAX_RANK = 5, ROW = 128, EIGHT_ROWS = 8 * ROW, DEPTH = 16 };
const uint32_t MAGIC = 0x7e50a9ab;

/* What a CUtensorMap of the emulated driver contains. */
struct tensor {
    uint32_t magic, rank;
    const unsigned char *data;
    uint64_t stride[MAX_RANK];          /* bytes */
    uint32_t size[MAX_RANK], box[MAX_RANK];
};
static_assert(sizeof(tensor) <= sizeof(CUtensorMap), "a tensor fits the map");

struct box_load {
    tensor of;
    int at[MAX_RANK];
    uint32_t to, bytes;
    uint64_t *barrier;
};

struct product {
    int columns;                        /* 0: the end of a group */
    uint64_t b;
    float *sum[WARPGROUP];
    const uint32_t *a[WARPGROUP];
};

struct warpgroup {
    std::deque<product> products;
    bool fenced = false;
};

struct block_state {
    std::vector<box_load> loads;
    warpgroup groups[MAX_GROUPS];
    std::vector<uint64_t *> unfenced;   /* barriers that TMA does not know yet */
    bool used = false;
};

block_state &block(void) {
    static thread_local block_state state;
    return state;
}

uint32_t swizzled(uint32_t address) {
    return address ^ (address >> 7 & 7) << 4;
}

/* ------------------------------------------------------------------------------------------------ barriers */

struct barrier_state { uint16_t arrivals, pending; int32_t bytes : 31; uint32_t phase : 1; };
static_assert(sizeof(barrier_state) == sizeof(uint64_t), "a barrier has 64 bits");

barrier_state state_of(uint64_t *barrier) {
    barrier_state s;
    if (emulated_shared_word(barrier) < 0 || (uintptr_t)barrier % 8)
        emulated_fail("a barrier is not in shared memory, or not aligned to 8 bytes");
    if (emulated_watching)
        emulated_access(barrier, sizeof *barrier, false);
    memcpy(&s, barrier, sizeof s);
    if (!s.arrivals || s.pending > s.arrivals || s.arrivals > 1024)
        emulated_fail("a barrier is used that has not been initialised");
    return s;
}

void change(uint64_t *barrier, int arrivals, int bytes) {
    barrier_state s = state_of(barrier);
    if (s.pending < arrivals)
        emulated_fail("more threads arrive at a barrier than it was initialised for");
    s.pending = (uint16_t)(s.pending - arrivals);
    s.bytes += bytes;
    if (s.bytes >= 1 << 20 || s.bytes <= -(1 << 20))
        emulated_fail("a barrier expects more bytes than it can count");
    if (!s.pending && !s.bytes) {
        s.phase ^= 1;
        s.pending = s.arrivals;
    }
    memcpy(barrier, &s, sizeof s);
}

struct phase_wait { uint64_t *barrier; uint32_t parity; };

bool has_ended(void *wait) {
    const phase_wait *w = (const phase_wait *)wait;
    barrier_state s;
    memcpy(&s, w->barrier, sizeof s);
    return s.phase != (w->parity & 1);
}

void require_fenced(const uint64_t *barrier) {
    for (const uint64_t *b : block().unfenced)
        if (b == barrier)
            emulated_fail("a barrier is given to TMA without a fence after its initialisation");
}

/* ------------------------------------------------------------------------------------------------ loads */

const tensor &tensor_of(const CUtensorMap *map) {
    const tensor *t = (const tensor *)map;
    if ((uintptr_t)map % 64)
        emulated_fail("a tensor map is not aligned to 64 bytes");
    if (t->magic != MAGIC)
        emulated_fail("a tensor map that was not encoded");
    return *t;
}

void arrive(const box_load &load) {
    const tensor &t = load.of;
    uint32_t rows = load.bytes / ROW;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t left = row;
        int64_t from = 0, first = load.at[0];
        bool inside = true;
        for (uint32_t i = 1; i < t.rank; i++) {
            int64_t at = load.at[i] + (int64_t)(left % t.box[i]);
            left /= t.box[i];
            inside = inside && at >= 0 && at < (int64_t)t.size[i];
            from += at * (int64_t)t.stride[i];
        }
        for (uint32_t i = 0; i < ROW; i += 2) {
            int64_t at = first + i / 2;
            uint16_t value = 0;
            if (inside && at >= 0 && at < (int64_t)t.size[0])
                memcpy(&value, t.data + from + 2 * at, sizeof value);
            memcpy(emulated_shared_at(swizzled(load.to + row * ROW + i), sizeof value), &value, sizeof value);
        }
    }
    if (emulated_watching)
        emulated_copy_awaited(emulated_shared_at(load.to, load.bytes), load.bytes, false);
    change(load.barrier, 0, -(int)load.bytes);
}

bool overlap(uint32_t a, uint32_t a_bytes, uint32_t b, uint32_t b_bytes) {
    return a < b + b_bytes && b < a + a_bytes;
}

/* ------------------------------------------------------------------------------------------------ products */

/* The bits of a descriptor: addresses and steps are in units of 16 bytes. */
uint32_t descriptor_address(uint64_t b) { return (uint32_t)(b & 0x3fff) << 4; }
uint32_t descriptor_step(uint64_t b) { return (uint32_t)(b >> 32 & 0x3fff) << 4; }

/* The bytes from the address on that a product reads parts of. */
uint32_t bytes_read(const product &p) {
    return (uint32_t)(p.columns / 8 - 1) * descriptor_step(p.b) + EIGHT_ROWS - descriptor_address(p.b) % ROW;
}

void check_descriptor(uint64_t b) {
    if (b >> 62 != 1)
        emulated_fail("the descriptor of a product has another swizzle than that of 128 bytes, which is not emulated");
    if (b >> 49 & 7)
        emulated_fail("the descriptor of a product has a base offset, which tiles at multiples of 1024 bytes do not have");
    if (b & (UINT64_C(3) << 14 | UINT64_C(3) << 30 | UINT64_C(7) << 46 | UINT64_C(0x3ff) << 52))
        emulated_fail("the descriptor of a product has bits that must be 0");
    if (descriptor_address(b) % EIGHT_ROWS > ROW - 2 * DEPTH)
        emulated_fail("the descriptor of a product does not begin in the first row of a tile at a multiple of 1024 bytes");
}

void require_arrived(const product &p) {
    for (const box_load &load : block().loads)
        if (overlap(descriptor_address(p.b), bytes_read(p), load.to, load.bytes))
            emulated_fail("a product reads shared memory where a box may be arriving");
}

/* [DEPTH][columns]: row n of the tile, of which bits 7 to 9 of the address and the descriptor's step say where it is, is
 * column n. */
void read_columns(const product &p, float *to) {
    for (int n = 0; n < p.columns; n++)
        for (int k = 0; k < DEPTH; k++) {
            uint32_t at = descriptor_address(p.b) + (uint32_t)n / 8 * descriptor_step(p.b) + (uint32_t)n % 8 * ROW +
                          (uint32_t)k * 2;
            unsigned short bits;
            memcpy(&bits, emulated_shared_at(swizzled(at), sizeof bits), sizeof bits);
            to[k * p.columns + n] = __half2float(__ushort_as_half(bits));
        }
}

template <int COLUMNS> __attribute__((no_sanitize("address", "undefined"), noinline))
void multiply_row(const float *row, const float *columns, float *to) {
    float sums[COLUMNS];
    for (int n = 0; n < COLUMNS; n++)
        sums[n] = row[0] * columns[n];
    for (int k = 1; k < DEPTH; k++)
        for (int n = 0; n < COLUMNS; n++)
            sums[n] += row[k] * columns[k * COLUMNS + n];
    memcpy(to, sums, sizeof sums);
}

template <int COLUMNS> void multiply(const product &p) {
    static thread_local float a[WARPGROUP / 2][DEPTH], b[DEPTH * COLUMNS], sums[COLUMNS];
    read_columns(p, b);
    for (int i = 0; i < WARPGROUP; i++)
        for (int r = 0; r < 4; r++)
            for (int half = 0; half < 2; half++) {
                int row = i / 32 * 16 + i % 32 / 4 + r % 2 * 8, k = r / 2 * 8 + i % 4 * 2 + half;
                a[row][k] = __half2float(__ushort_as_half((unsigned short)(p.a[i][r] >> 16 * half)));
            }
    for (int row = 0; row < WARPGROUP / 2; row++) {
        multiply_row<COLUMNS>(a[row], b, sums);
        for (int n = 0; n < COLUMNS; n++) {
            int lane = row / 16 * 32 + row % 8 * 4 + n % 8 / 2;
            p.sum[lane][n / 8 * 4 + row % 16 / 8 * 2 + n % 2] += sums[n];
        }
    }
}

void compute_next(warpgroup *g) {
    const product &p = g->products.front();
    if (p.columns) {
        require_arrived(p);
        multiply<128>(p);
    }
    g->products.pop_front();
}

warpgroup *group_of_thread(void) {
    return &block().groups[emulated_where().thread / WARPGROUP];
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ by itself */

bool emulated_async_step(bool at_least_one) {
    std::vector<box_load> &loads = block().loads;
    bool arrived = false;
    for (size_t i = 0; i < loads.size();) {
        if (!(emulated_draw() & 1) && !(at_least_one && !arrived && i + 1 == loads.size())) {
            i++;
            continue;
        }
        box_load load = loads[i];
        loads.erase(loads.begin() + (ptrdiff_t)i);
        arrive(load);
        arrived = true;
    }
    for (warpgroup &g : block().groups)
        if (!g.products.empty() && emulated_draw() % 8 == 0)
            compute_next(&g);
    return arrived;
}

bool emulated_async_used(void) {
    return block().used;
}

void emulated_async_thread_end(void) {
    if (!group_of_thread()->products.empty())
        emulated_fail("a thread ended without waiting for the products of its warpgroup");
}

void emulated_async_block_end(void) {
    block_state &state = block();
    if (!state.loads.empty())
        emulated_fail("a block ended while boxes of a tensor were being loaded");
    for (warpgroup &g : state.groups)
        g.fenced = false;
    state.unfenced.clear();
    state.used = false;
}

/* ------------------------------------------------------------------------------------------------ in a kernel */

void barrier_init(uint64_t *barrier, int arrivals) {
    barrier_state s = {(uint16_t)arrivals, (uint16_t)arrivals, 0, 0};
    if (emulated_watching)
        emulated_access(barrier, sizeof *barrier, true);
    memcpy(barrier, &s, sizeof s);
    state_of(barrier);
    block().unfenced.push_back(barrier);
    block().used = true;
}

void barrier_init_fence(void) {
    block().unfenced.clear();
}

void barrier_arrive(uint64_t *barrier) {
    change(barrier, 1, 0);
    emulated_pause();
}

void barrier_arrive_expecting(uint64_t *barrier, int bytes) {
    barrier_state s = state_of(barrier);
    s.bytes += bytes;           /* first, so that the phase does not end */
    memcpy(barrier, &s, sizeof s);
    change(barrier, 1, 0);
}

void barrier_wait(uint64_t *barrier, uint32_t parity) {
    phase_wait wait = {barrier, parity};
    state_of(barrier);
    emulated_wait_until(has_ended, &wait);
}

void emulated_load_box(void *to, const CUtensorMap *map, uint64_t *barrier, unsigned rank, const int *at) {
    box_load load = {tensor_of(map), {}, shared_address(to), 2, barrier};
    state_of(barrier);
    require_fenced(barrier);
    if (load.of.rank != rank)
        emulated_fail("a box has another number of coordinates than its tensor");
    for (unsigned i = 0; i < rank; i++) {
        load.at[i] = at[i];
        load.bytes *= load.of.box[i];
    }
    if (load.to % EIGHT_ROWS)
        emulated_fail("a box with the 128-byte swizzle does not begin at a multiple of 1024 bytes");
    for (const box_load &other : block().loads)
        if (overlap(load.to, load.bytes, other.to, other.bytes))
            emulated_fail("two boxes arrive at the same place");
    for (const warpgroup &g : block().groups)
        for (const product &p : g.products)
            if (p.columns && overlap(load.to, load.bytes, descriptor_address(p.b), bytes_read(p)))
                emulated_fail("a box is loaded to where a product still reads");
    unsigned char *there = emulated_shared_at(load.to, load.bytes);
    if (emulated_watching)
        emulated_copy_awaited(there, load.bytes, true);
    memset(there, 0xff, load.bytes);
    block().loads.push_back(load);
}

void wgmma_fence(void) {
    emulated_warpgroup(NULL, [](void *const *, void *) { group_of_thread()->fenced = true; }, NULL);
}

struct emulated_operands { float *sum; const uint32_t *a; uint64_t b; };

void emulated_wgmma(int columns, float *sum, const uint32_t *a, uint64_t b) {
    emulated_operands mine = {sum, a, b};
    emulated_warpgroup(&mine, [](void *const *lanes, void *how) {
        warpgroup *g = group_of_thread();
        product p = {*(const int *)how, ((const emulated_operands *)lanes[0])->b, {}, {}};
        if (!g->fenced)
            emulated_fail("a product follows other accesses to its registers without a fence");
        for (int i = 0; i < WARPGROUP; i++) {
            const emulated_operands *of = (const emulated_operands *)lanes[i];
            if (!of || of->b != p.b)
                emulated_fail("the threads of a warpgroup multiply with different descriptors");
            p.sum[i] = of->sum;
            p.a[i] = of->a;
        }
        check_descriptor(p.b);
        emulated_shared_at(descriptor_address(p.b), bytes_read(p));
        require_arrived(p);
        g->products.push_back(p);
    }, &columns);
}

void wgmma_commit(void) {
    emulated_warpgroup(NULL, [](void *const *, void *) {
        group_of_thread()->products.push_back({0, 0, {}, {}});
    }, NULL);
}

/* Reading sums or changing factors is allowed from here on, and needs a fence before the next product. */
void emulated_wgmma_wait(int groups_left) {
    emulated_warpgroup(NULL, [](void *const *, void *how) {
        warpgroup *g = group_of_thread();
        int groups = 0;
        for (const product &p : g->products)
            groups += !p.columns;
        while (groups > *(const int *)how) {
            groups -= !g->products.front().columns;
            compute_next(g);
        }
        g->fenced = false;
    }, &groups_left);
}

/* ------------------------------------------------------------------------------------------------ the driver */

CUresult emulated_encode_tiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
                               const cuuint64_t *sizes, const cuuint64_t *strides, const cuuint32_t *box,
                               const cuuint32_t *steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                               CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
    tensor t = {MAGIC, rank, (const unsigned char *)address, {}, {}, {}};
    if ((uintptr_t)map % 64 || (uintptr_t)address % 16 || type != CU_TENSOR_MAP_DATA_TYPE_FLOAT16 || rank < 1 ||
        rank > MAX_RANK || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE)
        return CUDA_ERROR_INVALID_VALUE;
    if (swizzle != CU_TENSOR_MAP_SWIZZLE_128B || 2 * box[0] != ROW)     /* narrower boxes are not emulated */
        return CUDA_ERROR_INVALID_VALUE;
    for (cuuint32_t i = 0; i < rank; i++) {
        if (sizes[i] < 1 || sizes[i] > UINT32_MAX || box[i] < 1 || box[i] > 256 || steps[i] != 1)
            return CUDA_ERROR_INVALID_VALUE;
        if (i + 1 < rank && (strides[i] % 16 || strides[i] >= UINT64_C(1) << 40))
            return CUDA_ERROR_INVALID_VALUE;
        t.size[i] = (uint32_t)sizes[i];
        t.box[i] = box[i];
        t.stride[i] = i ? strides[i - 1] : 2;
    }
    memset((void *)map, 0, sizeof *map);
    memcpy((void *)map, &t, sizeof t);
    return CUDA_SUCCESS;
}
