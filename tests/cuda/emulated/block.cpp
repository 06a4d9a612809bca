/* The threads of a block. They run in a changing order, each on a fiber from its beginning to its end, and a fiber that a
 * thread has left takes the next one; blocks run one after another, also in a changing order. Shared memory, static and
 * dynamic, begins as NaN in every block, and dynamic shared memory ends or begins at a page that no thread may access. */
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

constinit thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

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
    std::unique_ptr<char[]> stack{new char[STACK]};
    bool begun = false;
    bool (*holds)(void *of) = NULL;     /* what its thread waits for at a condition */
    void *of = NULL;
    std::vector<copy> copies;           /* of its thread */
};

struct machine {
    std::vector<std::unique_ptr<fiber>> fibers;
    std::vector<fiber *> idle;
    /* Of each thread. Those that have not begun and those that have ended have no fiber. */
    state is[MAX_THREADS];
    fiber *on[MAX_THREADS];
    dim3 index[MAX_THREADS];
    void *mine[MAX_THREADS];            /* the argument of its warp's operation */
    int count = 0, current = -1, alive = 0, at_barrier = 0;
    int alive_of_warp[MAX_THREADS / WARP], at_warp[MAX_THREADS / WARP], at_warpgroup[MAX_THREADS / WARPGROUP];
    unsigned block_epoch = 0, warp_epoch[MAX_THREADS / WARP] = {0};
    /* A round: the thread to look at next, in which direction, and how many are left. */
    int next = 0, step = 1, left = 0;
    bool moved = false;                 /* a thread has run in this round */
    position scheduler;
    bool from_scheduler = false;        /* the last switch was from it */
    const void *scheduler_stack = NULL;
    size_t scheduler_size = 0;
    const std::function<void()> *kernel = NULL;
    unsigned order = 1;
    int held = -1, turns = 0;           /* this warpgroup does not run for so many rounds */
    unsigned char *shared = NULL;
    size_t shared_bytes = 0;
};

/* A plain pointer, because every use of one that has a destructor calls a function first. */
thread_local machine *device;

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
    static thread_local std::unique_ptr<machine> of_this_thread = std::make_unique<machine>();
    return device = of_this_thread.get();
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

/* To be called first on the stack to which a switch leads; `fake` is what the sanitizer gave when that stack was left. */
void arrive(void *fake) {
#if ADDRESS_SANITIZER
    const void *left;
    size_t size;
    __sanitizer_finish_switch_fiber(fake, &left, &size);
    if (device->from_scheduler) {
        device->scheduler_stack = left;
        device->scheduler_size = size;
    }
#endif
    (void)fake;
    device->from_scheduler = false;
}

/* Leaves this stack for a fiber's, or the scheduler's if that is NULL. Returns when something leads back to `here`. */
void leave(position *here, fiber *to) {
    void *fake = NULL;
    device->from_scheduler = here == &device->scheduler;
#if ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(&fake, to ? to->stack.get() : device->scheduler_stack,
                                   to ? (size_t)STACK : device->scheduler_size);
#endif
    if (!to) {
        switch_to(here, &device->scheduler);
    } else if (to->begun) {
        switch_to(here, &to->here);
    } else {
        to->begun = true;
        switch_to_new(here, to);
    }
    arrive(fake);
}

/* Makes the next thread of the round that is ready the current one; false if no thread is ready. */
bool choose_thread(machine *m) {
    while (m->left > 0) {
        int k = m->next;
        m->left--;
        m->next += m->step;
        if (m->next < 0 || m->next == m->count)
            m->next = m->step > 0 ? 0 : m->count - 1;
        if (m->is[k] == READY && k / WARPGROUP != m->held) {
            m->current = k;
            m->moved = true;
            threadIdx = m->index[k];
            return true;
        }
    }
    return false;
}

/* The fiber of the current thread. */
fiber *fiber_of_current(machine *m) {
    fiber *&f = m->on[m->current];
    if (!f && m->idle.empty()) {
        m->fibers.push_back(std::make_unique<fiber>());
        f = m->fibers.back().get();
    } else if (!f) {
        f = m->idle.back();
        m->idle.pop_back();
    }
    return f;
}

/* Lets other threads run until the current one is ready again. */
void wait_in(machine *m, state why) {
    fiber *self = m->on[m->current];
    m->is[m->current] = why;
    leave(&self->here, choose_thread(m) ? fiber_of_current(m) : NULL);
}

/* Runs the current thread, then others that have not begun, as long as they are next. */
void fiber_main(void) {
    arrive(NULL);
    for (machine *m = device;;) {
        fiber *self = m->on[m->current];
        (*m->kernel)();
        if (!self->copies.empty())
            emulated_fail("a thread ended without waiting for its asynchronous copies");
        emulated_async_thread_end();
        m->is[m->current] = DONE;
        m->on[m->current] = NULL;
        m->alive_of_warp[m->current / WARP]--;
        m->alive--;
        bool found = choose_thread(m);
        if (found && !m->on[m->current]) {
            m->on[m->current] = self;
        } else {
            m->idle.push_back(self);
            leave(&self->here, found ? m->on[m->current] : NULL);
        }
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

/* The sequence of pseudorandom numbers that decides what runs and arrives first. */
unsigned draw(machine *m) {
    m->order = m->order * 1664525u + 1013904223u;
    return m->order >> 8;
}

/* Warpgroups that meet only at barriers of their own may be far apart: one of them, or none, does not run for some rounds. */
void hold_back(machine *m) {
    int choice = (int)draw(m);
    m->held = choice % (m->count / WARPGROUP + 1);
    m->turns = 1 + choice / 64 % 64;
}

/* Runs the threads that are ready, each time beginning with another one, forwards or backwards. */
void run_block(machine *m) {
    m->alive = m->count;
    m->at_barrier = 0;
    m->block_epoch++;
    m->held = -1;
    m->turns = 0;
    for (int i = 0; i < m->count; i++) {
        m->is[i] = READY;
        m->at_warp[i / WARP] = m->at_warpgroup[i / WARPGROUP] = 0;
        m->alive_of_warp[i / WARP] = i % WARP + 1;
    }
    while (m->alive) {
        if (m->turns > 0 && m->turns-- == 1)
            m->held = -1;
        else if (m->turns == 0 && emulated_async_used())
            hold_back(m);
        int order = (int)draw(m);
        m->next = order % m->count;
        m->step = order >> 20 & 1 ? 1 : -1;
        m->left = m->count;
        m->moved = false;
        if (choose_thread(m))
            leave(&m->scheduler, fiber_of_current(m));
        if (m->at_barrier && m->at_barrier == m->alive) {
            for (int i = 0; i < m->count; i++)
                if (m->is[i] == AT_BARRIER)
                    m->is[i] = READY;
            m->at_barrier = 0;
            m->block_epoch++;
            m->moved = true;
        }
        m->moved = emulated_async_step(!m->moved) || m->moved;
        for (int i = 0; i < m->count; i++)
            if (m->is[i] == AT_CONDITION && m->on[i]->holds(m->on[i]->of)) {
                m->is[i] = READY;
                m->moved = true;
            }
        if (!m->moved && m->turns)
            m->turns = 1;               /* everybody waits for those who are held back */
        else if (!m->moved)
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
    unsigned which = draw(device);
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
    gridDim = grid;
    blockDim = block;
    for (int i = 0; i < m->count; i++)
        m->index[i] = dim3(i % block.x, i / block.x % block.y, i / (block.x * block.y));
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
    const machine *m = device;
    return {(unsigned)m->current, m->block_epoch, m->warp_epoch[m->current / WARP]};
}

int emulated_shared_word(const void *byte) {
    const unsigned char *at = (const unsigned char *)byte;
    const machine *m = device;
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
    land_some(device->on[device->current]);
    device->at_barrier++;
    wait_in(device, AT_BARRIER);
}

unsigned char *emulated_shared(void) {
    return device->shared;
}

unsigned emulated_draw(void) {
    return draw(device);
}

uint32_t shared_address(const void *p) {
    const machine *m = device;
    const unsigned char *at = (const unsigned char *)p;
    if (at < m->shared || at > m->shared + m->shared_bytes)
        emulated_fail("an address that is not in the block's dynamic shared memory");
    return (uint32_t)(at - memory_of_blocks().first) + SHARED_WINDOW;
}

unsigned char *emulated_shared_at(uint32_t address, size_t bytes) {
    const machine *m = device;
    unsigned char *at = memory_of_blocks().first + (ptrdiff_t)address - SHARED_WINDOW;
    if (at < m->shared || at + bytes > m->shared + m->shared_bytes)
        emulated_fail("an address that is not in the block's dynamic shared memory");
    return at;
}

void emulated_pause(void) {
    if (draw(device) & 1)
        wait_in(device, READY);
}

void emulated_wait_until(bool (*holds)(void *of), void *of) {
    fiber *self = device->on[device->current];
    if (holds(of))
        return;
    self->holds = holds;
    self->of = of;
    wait_in(device, AT_CONDITION);
}

/* Threads that act together: the `size` threads around the running one. `arrived` counts those of each such group that wait. */
static void act_together(int size, state waiting, int *arrived, void *mine, void (*act)(void *const *lanes, void *how),
                         void *how) {
    machine *m = device;
    int first = m->current / size * size, last = first + size < m->count ? first + size : m->count, alive = 0;
    m->mine[m->current] = mine;
    for (int i = first; i < last; i += WARP)
        alive += m->alive_of_warp[i / WARP];
    if (++arrived[first / size] < alive) {
        wait_in(m, waiting);
        return;
    }
    arrived[first / size] = 0;
    void *lanes[WARPGROUP] = {NULL};
    for (int i = first; i < last; i++)
        lanes[i - first] = m->is[i] == DONE ? NULL : m->mine[i];
    act(lanes, how);
    for (int i = first; i < last; i++)
        if (m->is[i] == waiting)
            m->is[i] = READY;
}

void emulated_warp(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    act_together(WARP, AT_WARP, device->at_warp, mine, act, how);
}

void emulated_warpgroup(void *mine, void (*act)(void *const *lanes, void *how), void *how) {
    act_together(WARPGROUP, AT_WARPGROUP, device->at_warpgroup, mine, act, how);
}

void __syncwarp(unsigned) {
    emulated_warp(NULL, [](void *const *, void *) { device->warp_epoch[device->current / WARP]++; }, NULL);
}

void copy_async16(void *to, const void *from, int bytes) {
    fiber *self = device->on[device->current];
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16)
        emulated_fail("an asynchronous copy of 16 bytes is not aligned to 16 bytes");
    if (emulated_watching)
        emulated_copy_issued(to, 16);
    self->copies.push_back({to, from, (size_t)bytes, 16, false, false});
    if (draw(device) & 1)
        land(&self->copies.back());
}

void copy_commit(void) {
    device->on[device->current]->copies.push_back({NULL, NULL, 0, 0, true, true});
}

void emulated_copy_wait(int groups_left) {
    std::vector<copy> &copies = device->on[device->current]->copies;
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
