/* Shared by the kernels: how a tensor's planes are found and how work is divided among threads. Private to ops/. */
#ifndef GB_OPS_KERNEL_H
#define GB_OPS_KERNEL_H

#include "ops/ops.h"

/* The shape rule of operations whose output is like their first input. */
bool gb_shape_of_input(gb_desc *d, char *why, size_t why_size);

/* Channel (n, c) as a plane: pixel p of it is plane[p · block]. */
static inline gb_real *gb_plane(const gb_tensor *t, int n, int c) {
    const gb_shape *s = &t->shape;
    size_t blocks = ((size_t)s->c + s->block - 1) / s->block, pixels = (size_t)s->h * s->w;
    return t->data + (n * blocks + c / s->block) * pixels * s->block + c % s->block;
}

/* The blocks of channels of a tensor, and the channels of block b. Kernels that sum over pixels take a block at a time,
 * whose channels are neighbours in memory. */
enum { GB_MOST_BLOCK = 16 };            /* of the host */

static inline int gb_blocks(const gb_shape *s) {
    return (s->c + s->block - 1) / s->block;
}

static inline int gb_block_channels(const gb_shape *s, int b) {
    return s->c - b * s->block < s->block ? s->c - b * s->block : s->block;
}

/* Runs the tasks on the context's threads, or on this one if there is only one task or worker. */
static inline void gb_parallel(const gb_cpu *cpu, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    if (cpu->workers > 1 && tasks > 1) {
        cpu->parallel(cpu->pool, tasks, task, arg);
        return;
    }
    for (int i = 0; i < tasks; i++)
        task(arg, i, 0);
}

enum { GB_LITTLE_WORK = 1 << 15 };      /* multiply-adds that one thread does in less time than it takes to hand tasks to others */

/* The same on this thread alone if all tasks together have no more multiply-adds than that. */
static inline void gb_parallel_work(const gb_cpu *cpu, size_t macs, int tasks, void (*task)(void *arg, int i, int worker),
                                    void *arg) {
    if (macs > GB_LITTLE_WORK)
        gb_parallel(cpu, tasks, task, arg);
    else
        for (int i = 0; i < tasks; i++)
            task(arg, i, 0);
}

/* The argument of a plain kernel's tasks. */
typedef struct gb_job {
    const gb_cpu *cpu;
    const gb_desc *d;
    const gb_args *args;
} gb_job;

typedef struct gb_planes {
    gb_job job;
    void (*task)(void *arg, int i, int worker);
    int count, share;                   /* planes of all tasks and of one */
} gb_planes;

static inline void gb_planes_of_task(void *arg, int task, int worker) {
    gb_planes *planes = (gb_planes *)arg;
    int first = task * planes->share, last = planes->count - first < planes->share ? planes->count : first + planes->share;
    for (int i = first; i < last; i++)
        planes->task(&planes->job, i, worker);
}

/* Runs task(job, i, worker) for every plane i = n · C + c of the output. Planes of a few pixels share a task, because handing
 * out a task takes longer than most of them. */
static inline void gb_each_plane(const gb_cpu *cpu, const gb_desc *d, const gb_args *args,
                                 void (*task)(void *arg, int i, int worker)) {
    enum { PIXELS = 4096 };             /* of a task */
    gb_planes planes = {{cpu, d, args}, task, d->out.n * d->out.c, 1};
    int few = (int)(PIXELS / ((size_t)d->out.h * d->out.w)), most = planes.count / (4 * cpu->workers);
    planes.share = few < most ? few : most;
    planes.share = planes.share > 1 ? planes.share : 1;
    gb_parallel(cpu, (planes.count - 1) / planes.share + 1, gb_planes_of_task, &planes);
}

#endif
