/* A thread pool for kernels that follow each other within microseconds: see pool.h.
 *
 * Each call is a round. The caller stores the round's task, opens the gate and takes tasks itself; a worker that finds
 * the gate open enters, takes task numbers from a counter until none are left, and leaves. The caller then closes the
 * gate and waits for the workers inside, so a worker that wakes too late delays nothing. The gate is one 64-bit word:
 * round number, open flag, number of workers inside. Waiting threads spin for a moment before they sleep, because the
 * next round usually starts at once. */
#include "pool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "ops/float_state.h"
#include "platform.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { PAUSES_PER_CHECK = 32 };
static const double spin_seconds = 50e-6;

static const uint64_t gate_open = UINT64_C(1) << 31;
static const uint64_t gate_inside = (UINT64_C(1) << 31) - 1;
static const int gate_round = 32;       /* shift */

/* Hints to the processor that this thread is spinning. */
static inline void pause_processor(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

typedef struct pool_thread {
    gb_pool *pool;
    gb_thread *thread;
    _Atomic(uintptr_t) self;    /* its gb_thread_self(), set before its first round */
    int worker;
} pool_thread;

struct gb_pool {
    int workers;
    bool spins;                 /* false if there are more threads than cores: spinning would steal time from workers */
    pool_thread *threads;       /* of workers 1 and up */
    gb_mutex *turns;            /* callers wait here for their turn */
    uint64_t next_turn, turn;
    gb_mutex *idle;             /* workers sleep here between rounds */
    gb_mutex *done;             /* the caller sleeps here for the last worker */
    _Atomic(uintptr_t) owner;   /* thread whose round is running, or 0 */
    /* The round: written by the caller while no worker is inside. */
    int tasks;
    void (*task)(void *arg, int i, int worker);
    void *arg;
    /* Each on its own cache line, because all threads access them. */
    _Alignas(64) _Atomic(int64_t) next;
    _Alignas(64) _Atomic(uint64_t) gate;
    _Alignas(64) atomic_int sleepers;
    atomic_bool closing;
};

/* Spins until ready(), for at most about the time that going to sleep would cost; returns whether it became true. */
static bool spin_until(gb_pool *pool, bool (*ready)(gb_pool *pool, uint64_t round), uint64_t round) {
    if (ready(pool, round))
        return true;
    if (!pool->spins)
        return false;
    for (double end = gb_clock() + spin_seconds; gb_clock() < end;)
        for (int i = 0; i < PAUSES_PER_CHECK; i++) {
            if (ready(pool, round))
                return true;
            pause_processor();
        }
    return false;
}

static void take_tasks(gb_pool *pool, int worker) {
    int64_t tasks = pool->tasks;
    for (int64_t i; (i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < tasks;)
        pool->task(pool->arg, (int)i, worker);
}

/* True if there is work for a worker whose last round was `last`. */
static bool has_work(gb_pool *pool, uint64_t last) {
    uint64_t gate = atomic_load(&pool->gate);
    return ((gate & gate_open) && gate >> gate_round != last) || atomic_load(&pool->closing);
}

static void sleep_until_work(gb_pool *pool, uint64_t last) {
    gb_mutex_lock(pool->idle);
    /* This thread counts itself before it reads the gate; the caller opens the gate before it reads the count. So
     * either this thread sees the open gate, or the caller sees a sleeper and wakes it. */
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_work(pool, last))
        gb_mutex_wait(pool->idle);
    atomic_fetch_sub(&pool->sleepers, 1);
    gb_mutex_unlock(pool->idle);
}

static void worker_main(void *arg) {
    pool_thread *s = arg;
    gb_pool *pool = s->pool;
    atomic_store(&s->self, gb_thread_self());
    gb_mutex_lock(pool->done);
    gb_mutex_wake(pool->done);
    gb_mutex_unlock(pool->done);
    gb_float_state_enter();
    uint64_t last = 0;
    while (!atomic_load(&pool->closing)) {
        if (!spin_until(pool, has_work, last))
            sleep_until_work(pool, last);
        uint64_t gate = atomic_load(&pool->gate);
        if (!(gate & gate_open) || gate >> gate_round == last)
            continue;
        if (!atomic_compare_exchange_strong(&pool->gate, &gate, gate + 1))
            continue;
        last = gate >> gate_round;
        take_tasks(pool, s->worker);
        gate = atomic_fetch_sub(&pool->gate, 1) - 1;
        if (!(gate & (gate_open | gate_inside))) {
            gb_mutex_lock(pool->done);
            gb_mutex_wake(pool->done);
            gb_mutex_unlock(pool->done);
        }
    }
}

static bool all_left(gb_pool *pool, uint64_t round) {
    (void)round;
    return !(atomic_load(&pool->gate) & gate_inside);
}

static void run_round(gb_pool *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    pool->tasks = tasks;
    pool->task = task;
    pool->arg = arg;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    /* The round number may wrap from 2³² - 1 to 0: it only has to differ from the previous one. */
    uint64_t round = ((atomic_load(&pool->gate) >> gate_round) + 1) & UINT32_MAX;
    atomic_store(&pool->gate, round << gate_round | gate_open);
    if (atomic_load(&pool->sleepers) > 0) {
        gb_mutex_lock(pool->idle);
        gb_mutex_wake(pool->idle);
        gb_mutex_unlock(pool->idle);
    }
    take_tasks(pool, 0);
    atomic_fetch_and(&pool->gate, ~gate_open);
    if (spin_until(pool, all_left, round))
        return;
    gb_mutex_lock(pool->done);
    while (!all_left(pool, round))
        gb_mutex_wait(pool->done);
    gb_mutex_unlock(pool->done);
}

/* True if this thread is running a task of the pool. */
static bool is_inside(gb_pool *pool) {
    uintptr_t owner = atomic_load(&pool->owner), self = gb_thread_self();
    if (!owner)
        return false;
    bool inside = owner == self;
    for (int i = 0; i < pool->workers - 1 && !inside; i++)
        inside = atomic_load(&pool->threads[i].self) == self;
    return inside;
}

static void take_turn(gb_pool *pool) {
    gb_mutex_lock(pool->turns);
    uint64_t mine = pool->next_turn++;
    while (pool->turn != mine)
        gb_mutex_wait(pool->turns);
    gb_mutex_unlock(pool->turns);
    atomic_store(&pool->owner, gb_thread_self());
}

static void end_turn(gb_pool *pool) {
    atomic_store(&pool->owner, 0);
    gb_mutex_lock(pool->turns);
    pool->turn++;
    gb_mutex_wake(pool->turns);
    gb_mutex_unlock(pool->turns);
}

void gb_pool_parallel(void *arg_pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    gb_pool *pool = arg_pool;
    uint64_t before = gb_float_state_enter();
    if (tasks < 2 || pool->workers < 2 || is_inside(pool)) {
        for (int i = 0; i < tasks; i++)
            task(arg, i, 0);
    } else {
        take_turn(pool);
        run_round(pool, tasks, task, arg);
        end_turn(pool);
    }
    gb_float_state_leave(before);
}

gb_pool *gb_pool_new(int workers) {
    gb_pool *pool = gb_aligned_alloc(sizeof *pool);
    if (!pool)
        return NULL;
    *pool = (gb_pool){.workers = 1, .spins = workers <= gb_usable_cores()};
    pool->turns = gb_mutex_new();
    pool->idle = gb_mutex_new();
    pool->done = gb_mutex_new();
    pool->threads = calloc(workers > 1 ? (size_t)workers - 1 : 1, sizeof *pool->threads);
    if (!pool->turns || !pool->idle || !pool->done || !pool->threads) {
        gb_pool_free(pool);
        return NULL;
    }
    while (pool->workers < workers) {
        pool_thread *s = &pool->threads[pool->workers - 1];
        s->pool = pool;
        s->worker = pool->workers;
        s->thread = gb_thread_start(worker_main, s);
        if (!s->thread)
            break;
        pool->workers++;
    }
    /* A program may fork next (ganbend converts in a child): no worker is then still allocating what it starts with. */
    gb_mutex_lock(pool->done);
    for (int i = 0; i < pool->workers - 1; i++)
        while (!atomic_load(&pool->threads[i].self))
            gb_mutex_wait(pool->done);
    gb_mutex_unlock(pool->done);
    return pool;
}

void gb_pool_free(gb_pool *pool) {
    if (!pool)
        return;
    atomic_store(&pool->closing, true);
    if (pool->idle) {
        gb_mutex_lock(pool->idle);
        gb_mutex_wake(pool->idle);
        gb_mutex_unlock(pool->idle);
    }
    for (int i = 0; i < pool->workers - 1; i++)
        gb_thread_join(pool->threads[i].thread);
    free(pool->threads);
    gb_mutex_free(pool->turns);
    gb_mutex_free(pool->idle);
    gb_mutex_free(pool->done);
    gb_aligned_free(pool);
}

int gb_pool_workers(const gb_pool *pool) {
    return pool->workers;
}
