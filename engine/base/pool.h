/* The threads of a context: they share out the tasks of one kernel at a time. */
#ifndef GB_ENGINE_POOL_H
#define GB_ENGINE_POOL_H

typedef struct gb_pool gb_pool;

/* `workers` counts the calling thread, so workers - 1 are started, or fewer where the system has no more to give. NULL
 * when memory is out. */
gb_pool *gb_pool_new(int workers);
void gb_pool_free(gb_pool *pool);       /* when no call is running */
int gb_pool_workers(const gb_pool *pool);

/* gb_cpu.parallel: runs task(arg, i, worker) for i in [0, tasks) and returns when all are done; the caller is worker 0.
 * Calls from several threads take turns, in the order they came; a call from inside a task runs where it is, as worker
 * 0 of its own. Tasks run with denormals flushed; the caller gets its floating-point state back. */
void gb_pool_parallel(void *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg);

#endif
