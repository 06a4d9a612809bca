/* The thread pool of a context: runs the tasks of one kernel at a time. */
#ifndef GB_ENGINE_POOL_H
#define GB_ENGINE_POOL_H

typedef struct gb_pool gb_pool;

/* `workers` includes the calling thread, so workers - 1 threads are started, or fewer if the system refuses more. NULL
 * if out of memory. */
gb_pool *gb_pool_new(int workers);
void gb_pool_free(gb_pool *pool);       /* no call may be running */
int gb_pool_workers(const gb_pool *pool);

/* gb_cpu.parallel: runs task(arg, i, worker) for i in [0, tasks) and returns when all are done; the caller is worker 0.
 * Calls from several threads run one after the other, in order of arrival; a nested call from inside a task runs in its
 * own thread, as worker 0. Tasks run with denormals flushed; the caller's floating-point state is restored. */
void gb_pool_parallel(void *pool, int tasks, void (*task)(void *arg, int i, int worker), void *arg);

#endif
