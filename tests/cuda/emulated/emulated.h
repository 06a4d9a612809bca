/* What the parts of the emulated GPU share: runtime.cpp has streams, memory and graphs, block.cpp runs the threads of a
 * block, hopper.cpp does what compute capability 9.0 does beside them, races.cpp watches their accesses to shared memory. */
#ifndef EMULATED_H
#define EMULATED_H

#include "cuda_runtime.h"

enum {
    EMULATED_MAX_SHARED = 228 << 10,
    EMULATED_DEFAULT_SHARED = 48 << 10,     /* of a kernel that does not ask for more */
    EMULATED_MAX_PARAMETERS = 4 << 10       /* bytes of a kernel's parameters */
};

/* Ends the program with a message that names the running thread. */
[[noreturn]] void emulated_fail(const char *what);

/* Runs all blocks of a launch, in changing order. The runtime holds its lock meanwhile: there is one processor, and
 * static shared memory belongs to the block that runs. */
void emulated_run(const std::function<void()> &kernel, dim3 grid, dim3 block, size_t shared);

/* A place among the threads of the device. Epochs grow at every barrier, so two accesses of the same block epoch have no
 * barrier between them; within a warp, its own barriers count as well. */
struct emulated_place { unsigned thread, block_epoch, warp_epoch; };
emulated_place emulated_where(void);

/* The running block's shared memory, static and dynamic, that races.cpp watches: the index of the 32-bit word that holds
 * the byte, or -1 for other memory. */
int emulated_shared_word(const void *byte);

/* The memory at an address of the window of shared memory; fails if not all bytes are the running block's dynamic memory.
 * (shared_address() is the inverse.) */
unsigned char *emulated_shared_at(uint32_t address, size_t bytes);

/* The next of the pseudorandom numbers that decide what happens first. */
unsigned emulated_draw(void);

/* May let the other threads run first. */
void emulated_pause(void);

/* Suspends the running thread until holds(of). Conditions are asked whenever the other threads have had their turn. */
void emulated_wait_until(bool (*holds)(void *of), void *of);

/* As emulated_warp(), for the 128 threads of a warpgroup. */
void emulated_warpgroup(void *mine, void (*act)(void *const *lanes, void *how), void *how);

/* ------------------------------------------------------------------------------------------------ hopper.cpp */

/* Some of what is under way happens; at least one load arrives if there is one and that is wanted. Returns whether one
 * did. */
bool emulated_async_step(bool at_least_one);
/* Whether the block has barriers of the kind that such loads need. */
bool emulated_async_used(void);
/* The running thread, or the block, has ended: nothing may be under way that it began. */
void emulated_async_thread_end(void);
void emulated_async_block_end(void);

/* ------------------------------------------------------------------------------------------------ races.cpp */

extern bool emulated_watching;      /* the kernels are instrumented */
void emulated_access(const void *at, size_t bytes, bool write);
/* An asynchronous copy to shared memory: from its issue until its thread waits for it, nobody may access the bytes. */
void emulated_copy_issued(const void *to, size_t bytes);
void emulated_copy_complete(const void *to, size_t bytes);
/* The same for copies that other threads wait for by a barrier: nobody may access the bytes while they are awaited. */
void emulated_copy_awaited(const void *to, size_t bytes, bool awaited);

#endif
