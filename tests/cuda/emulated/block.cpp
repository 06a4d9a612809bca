/* The threads of a block. They are fibers, which run in a changing order; blocks run one after another, also in a
 * changing order. Shared memory, static and dynamic, begins as NaN in every block, and dynamic shared memory ends or
 * begins at a page that no thread may access. */
#include "emulated.h"
#include "emulated_hopper.h"
#include "emulated_ptx.h"

#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <memory>
#include <numeric>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define ADDRESS_SANITIZER 1
#else
#define ADDRESS_SANITIZER 0
#endif

thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

/* The section of static shared memory; absent if no kernel has any. */
extern "C" unsigned char __start_emulated_shared[] __attribute__((weak));
extern "C" unsigned char __stop_emulated_shared[] __attribute__((weak));

namespace {

enum { WARP = 32, WARPGROUP = 128, MAX_THREADS = 1024, STACK = ADDRESS_SANITIZER ? 512 << 10 : 128 << 10 };
enum state { READY, AT_BARRIER, AT_WARP, AT_WARPGROUP, AT_CONDITION, DONE };

const uint32_t SHARED_WINDOW = 1024;        /* the address of the first byte of shared memory that a block may have */

struct copy { void *to; const void *from; size_t bytes, filled; bool last_of_group, landed; };

/* A saved position for the compiler's built-in jumps, which do not save signal masks and may switch stacks. */
struct position { void *words[5]; };

struct fiber {
    ucontext_t context;
    position here;
    std::unique_ptr<char[]> stack;
    bool begun = false;
    state is = DONE;
    dim3 index;
    void *mine = NULL;
    bool (*holds)(void *of) = NULL;     /* what a thread at a condition waits for */
    void *of = NULL;
    std::vector<copy> copies;
};

struct machine {
    std::vector<std::unique_ptr<fiber>> fibers;
    int count = 0, current = -1, alive = 0, at_barrier = 0;
    unsigned block_epoch = 0, warp_epoch[MAX_THREADS / WARP] = {0};
    position scheduler;
    const void *scheduler_stack = NULL;
    size_t scheduler_size = 0;
    const std::function<void()> *kernel = NULL;
    unsigned order = 1;
    unsigned char *shared = NULL;
    size_t shared_bytes = 0;
};

thread_local std::unique_ptr<machine> device;

/* Dynamic shared memory between two pages without access. */
struct guarded {
    unsigned char *first, *end;
    guarded() {
        size_t page = (size_t)sysconf(_SC_PAGESIZE), size = EMULATED_MAX_SHARED;
        first = (unsigned char *)mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (first == MAP_FAILED || mprotect(first + page, size, PROT_READ | PROT_WRITE)) {
            fprintf(stderr, "emulated GPU: out of memory\n");
            abort();
        }
        first += page;
        end = first + size;
    }
};

const guarded &memory_of_blocks(void) {
    static const guarded memory;
    return memory;
}

struct sigaction other_handler;

void on_invalid_access(int, siginfo_t *info, void *) {
    const guarded &memory = memory_of_blocks();
    const unsigned char *at = (const unsigned char *)info->si_addr;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (at >= memory.first - page && at < memory.end + page)
        emulated_fail("access beyond the block's dynamic shared memory");
    sigaction(SIGSEGV, &other_handler, NULL);       /* the access is repeated, and the former handler called */
}

machine *this_machine(void) {
    static const bool handles = [] {
        struct sigaction action = {};
        action.sa_sigaction = on_invalid_access;
        action.sa_flags = SA_SIGINFO;
        return sigaction(SIGSEGV, &action, &other_handler) == 0;
    }();
    (void)handles;
    if (!device)
        device = std::make_unique<machine>();
    return device.get();
}

#if ADDRESS_SANITIZER
#define NOT_INSTRUMENTED __attribute__((noinline, no_sanitize("address")))
#else
#define NOT_INSTRUMENTED __attribute__((noinline))
#endif

NOT_INSTRUMENTED void jump_to(position *there) {
    __builtin_longjmp(there->words, 1);
}

NOT_INSTRUMENTED void begin_fiber(fiber *f);

NOT_INSTRUMENTED void switch_to(position *from, position *there) {
    if (!__builtin_setjmp(from->words))
        jump_to(there);
}

NOT_INSTRUMENTED void switch_to_new(position *from, fiber *f) {
    if (!__builtin_setjmp(from->words))
        begin_fiber(f);
}

void to_scheduler(fiber *self) {
#if ADDRESS_SANITIZER
    void *fake;
    __sanitizer_start_switch_fiber(&fake, device->scheduler_stack, device->scheduler_size);
#endif
    switch_to(&self->here, &device->scheduler);
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake, &device->scheduler_stack, &device->scheduler_size);
#endif
}

void fiber_main(void) {
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(NULL, &device->scheduler_stack, &device->scheduler_size);
#endif
    for (;;) {
        fiber *self = device->fibers[device->current].get();
        (*device->kernel)();
        if (!self->copies.empty())
            emulated_fail("a thread ended without waiting for its asynchronous copies");
        emulated_async_thread_end();
        self->is = DONE;
        device->alive--;
        to_scheduler(self);
    }
}

void begin_fiber(fiber *f) {
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack.get();
    f->context.uc_stack.ss_size = STACK;
    f->context.uc_link = NULL;
    makecontext(&f->context, fiber_main, 0);
    setcontext(&f->context);
}

void to_fiber(fiber *f) {
    bool begun = f->begun;
    threadIdx = f->index;
    f->begun = true;
#if ADDRESS_SANITIZER
    void *fake;
    __sanitizer_start_switch_fiber(&fake, f->stack.get(), STACK);
#endif
    if (begun)
        switch_to(&device->scheduler, &f->here);
    else
        switch_to_new(&device->scheduler, f);
#if ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

/* The sequence of pseudorandom numbers that decides what runs and arrives first. */
unsigned draw(machine *m) {
    m->order = m->order * 1664525u + 1013904223u;
    return m->order >> 8;
}

/* Runs the threads that are ready, each time beginning with another one, forwards or backwards. */
void run_block(machine *m) {
    m->alive = m->count;
    m->at_barrier = 0;
    m->block_epoch++;
    for (int i = 0; i < m->count; i++) {
        m->fibers[i]->is = READY;
        m->fibers[i]->index = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y));
    }
    while (m->alive) {
        bool moved = false;
        int order = (int)draw(m), start = order % m->count, step = order >> 20 & 1 ? 1 : m->count - 1;
        for (int i = 0, k = start; i < m->count; i++, k = (k + step) % m->count) {
            if (m->fibers[k]->is != READY)
                continue;
            m->current = k;
            to_fiber(m->fibers[k].get());
            moved = true;
        }
        if (m->at_barrier && m->at_barrier == m->alive) {
            for (int i = 0; i < m->count; i++)
                if (m->fibers[i]->is == AT_BARRIER)
                    m->fibers[i]->is = READY;
            m->at_barrier = 0;
            m->block_epoch++;
            moved = true;
        }
        moved = emulated_async_step(!moved) || moved;
        for (int i = 0; i < m->count; i++) {
            fiber *f = m->fibers[i].get();
            if (f->is == AT_CONDITION && f->holds(f->of)) {
                f->is = READY;
                moved = true;
            }
        }
        if (!moved)
            emulated_fail("deadlock: some threads wait for others that do not arrive");
    }
    emulated_async_block_end();
}

/* Gives the next block its memory, filled with NaN: dynamic shared memory at the beginning or at the end of the guarded
 * region, so that accesses before it or after it are caught in some of the blocks. */
void place_shared(machine *m, size_t bytes) {
    const guarded &memory = memory_of_blocks();
    size_t rounded = (bytes + 15) / 16 * 16;
    m->shared = draw(m) & 1 ? memory.first : memory.end - rounded;
    m->shared_bytes = rounded;
    memset(m->shared, 0xff, rounded);
    if (__start_emulated_shared)
        memset(__start_emulated_shared, 0xff, (size_t)(__stop_emulated_shared - __start_emulated_shared));
}

/* Copies that have not been waited for may be complete at any moment. */
void land(copy *c) {
    if (c->bytes)
        memcpy(c->to, c->from, c->bytes);
    if (c->filled)
        memset((char *)c->to + c->bytes, 0, c->filled - c->bytes);
    c->landed = true;
}

void land_some(fiber *self) {
    if (self->copies.empty())
        return;
    unsigned which = draw(device.get());
    for (copy &c : self->copies) {
        if (!c.landed && which & 1)
            land(&c);
        which = which >> 1 | which << 23;
    }
}

}  // namespace

void emulated_fail(const char *what) {
    fprintf(stderr, "emulated GPU: %s (block %u,%u,%u, thread %u,%u,%u)\n", what, blockIdx.x, blockIdx.y, blockIdx.z,
            threadIdx.x, threadIdx.y, threadIdx.z);
    abort();
}

void emulated_run(const std::function<void()> &kernel, dim3 grid, dim3 block, size_t shared) {
    machine *m = this_machine();
    fenv_t of_the_host;             /* a GPU rounds to nearest and keeps denormals, whatever the thread does that waits */
    fegetenv(&of_the_host);
    fesetenv(FE_DFL_ENV);
    m->kernel = &kernel;
    m->count = (int)(block.x * block.y * block.z);
    while ((int)m->fibers.size() < m->count) {
        m->fibers.push_back(std::make_unique<fiber>());
        m->fibers.back()->stack.reset(new char[STACK]);
    }
    gridDim = grid;
    blockDim = block;
    /* Every block once: from a random one in random steps that have no factor in common with their number. */
    uint64_t blocks = (uint64_t)grid.x * grid.y * grid.z;
    uint64_t at = draw(m) % blocks, step = draw(m) % blocks;
    while (std::gcd(step, blocks) != 1)
        step++;
    for (uint64_t i = 0; i < blocks; i++, at = (at + step) % blocks) {
        blockIdx = dim3((unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y),
                        (unsigned)(at / grid.x / grid.y));
        place_shared(m, shared);
        run_block(m);
    }
    fesetenv(&of_the_host);
}

emulated_place emulated_where(void) {
    const machine *m = device.get();
    return {(unsigned)m->current, m->block_epoch, m->warp_epoch[m->current / WARP]};
}

int emulated_shared_word(const void *byte) {
    const unsigned char *at = (const unsigned char *)byte;
    const machine *m = device.get();
    if (!m)
        return -1;
    if (at >= m->shared && at < m->shared + m->shared_bytes)
        return (int)(at - m->shared) / 4;
    if (at >= __start_emulated_shared && at < __stop_emulated_shared)
        return EMULATED_MAX_SHARED / 4 + (int)(at - __start_emulated_shared) / 4;
    return -1;
}

/* ------------------------------------------------------------------------------------------------ in a kernel */

void __syncthreads(void) {
    fiber *self = device->fibers[device->current].get();
    land_some(self);
    self->is = AT_BARRIER;
    device->at_barrier++;
    to_scheduler(self);
}

unsigned char *emulated_shared(void) {
    return device->shared;
}

unsigned emulated_draw(void) {
    return draw(device.get());
}

uint32_t shared_address(const void *p) {
    const machine *m = device.get();
    const unsigned char *at = (const unsigned char *)p;
    if (at < m->shared || at > m->shared + m->shared_bytes)
        emulated_fail("an address that is not in the block's dynamic shared memory");
    return (uint32_t)(at - memory_of_blocks().first) + SHARED_WINDOW;
}

unsigned char *emulated_shared_at(uint32_t address, size_t bytes) {
    const machine *m = device.get();
    unsigned char *at = memory_of_blocks().first + (ptrdiff_t)address - SHARED_WINDOW;
    if (at < m->shared || at + bytes > m->shared + m->shared_bytes)
        emulated_fail("an address that is not in the block's dynamic shared memory");
    return at;
}

void emulated_wait_until(bool (*holds)(void *of), void *of) {
    fiber *self = device->fibers[device->current].get();
    if (holds(of))
        return;
    self->holds = holds;
    self->of = of;
    self->is = AT_CONDITION;
    to_scheduler(self);
}

/* Threads that act together: the `size` threads around the running one. */
static void act_together(int size, state waiting, void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    machine *m = device.get();
    int first = m->current / size * size, last = first + size < m->count ? first + size : m->count;
    fiber *self = m->fibers[m->current].get();
    void *lanes[WARPGROUP] = {NULL};
    bool all = true;
    self->mine = mine;
    for (int i = first; i < last; i++) {
        fiber *f = m->fibers[i].get();
        if (f != self && f->is != DONE)
            all = all && f->is == waiting;
        lanes[i - first] = f->is == DONE ? NULL : f->mine;
    }
    if (!all) {
        self->is = waiting;
        to_scheduler(self);
        return;
    }
    act(lanes, how);
    for (int i = first; i < last; i++)
        if (m->fibers[i]->is == waiting)
            m->fibers[i]->is = READY;
}

void emulated_warp(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    act_together(WARP, AT_WARP, mine, act, how);
}

void emulated_warpgroup(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    act_together(WARPGROUP, AT_WARPGROUP, mine, act, how);
}

void __syncwarp(unsigned) {
    emulated_warp(NULL, [](void *const *, void *) { device->warp_epoch[device->current / WARP]++; }, NULL);
}

void copy_async16(void *to, const void *from, int bytes) {
    fiber *self = device->fibers[device->current].get();
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16)
        emulated_fail("an asynchronous copy of 16 bytes is not aligned to 16 bytes");
    if (emulated_watching)
        emulated_copy_issued(to, 16);
    self->copies.push_back({to, from, (size_t)bytes, 16, false, false});
    if (draw(device.get()) & 1)
        land(&self->copies.back());
}

void copy_commit(void) {
    device->fibers[device->current]->copies.push_back({NULL, NULL, 0, 0, true, true});
}

void emulated_copy_wait(int groups_left) {
    std::vector<copy> &copies = device->fibers[device->current]->copies;
    int groups = 0;
    size_t done = 0;
    for (const copy &c : copies)
        groups += c.last_of_group;
    for (; groups > groups_left; done++) {
        copy &c = copies[done];
        groups -= c.last_of_group;
        if (!c.landed)
            land(&c);
        if (emulated_watching && c.filled)
            emulated_copy_complete(c.to, c.filled);
    }
    copies.erase(copies.begin(), copies.begin() + (ptrdiff_t)done);
}
