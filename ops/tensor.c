/* Memory layout: tensors are [N][C/b][H][W][b]; callers see N, C, H, W. */
#include "ops/device.h"
#include "ops/kernel.h"

int gb_block(const gb_cpu *cpu, int c, int h, int w) {
    (void)w;
    if (h == 1 || c < 8)
        return 1;
    return cpu->device ? (c + 7) / 8 * 8 : cpu->vector;
}

size_t gb_shape_floats(const gb_shape *s) {
    size_t blocks = ((size_t)s->c + s->block - 1) / s->block;
    return (size_t)s->n * blocks * s->block * s->h * s->w;
}

size_t gb_tensor_bytes(const gb_cpu *cpu, const gb_shape *s) {
    return gb_shape_floats(s) * (cpu->device && s->block > 1 ? cpu->device->map_bytes : sizeof(gb_real));
}

bool gb_shape_same(const gb_shape *a, const gb_shape *b) {
    return a->n == b->n && a->c == b->c && a->h == b->h && a->w == b->w && a->block == b->block;
}

typedef struct gb_copy {
    const gb_tensor *t;
    gb_real *to;              /* where the values go, or … */
    const gb_real *from;      /* … where they come from; the other is NULL */
} gb_copy;

static void copy_plane(void *arg, int i, int worker) {
    const gb_copy *copy = arg;
    const gb_shape *s = &copy->t->shape;
    size_t pixels = (size_t)s->h * s->w, b = s->block;
    gb_real *plane = gb_plane(copy->t, i / s->c, i % s->c);
    (void)worker;
    if (copy->to) {
        for (size_t p = 0; p < pixels; p++)
            copy->to[i * pixels + p] = plane[p * b];
    } else {
        for (size_t p = 0; p < pixels; p++)
            plane[p * b] = copy->from[i * pixels + p];
    }
}

void gb_tensor_to_nchw(const gb_cpu *cpu, const gb_tensor *t, gb_real *nchw) {
    if (cpu->device) {
        cpu->device->to_nchw(cpu->stream, t, nchw);
        return;
    }
    gb_copy copy = {.t = t, .to = nchw};
    gb_parallel(cpu, t->shape.n * t->shape.c, copy_plane, &copy);
}

void gb_tensor_from_nchw(const gb_cpu *cpu, const gb_tensor *t, const gb_real *nchw) {
    if (cpu->device) {
        cpu->device->from_nchw(cpu->stream, t, nchw);
        return;
    }
    gb_copy copy = {.t = t, .from = nchw};
    gb_parallel(cpu, t->shape.n * t->shape.c, copy_plane, &copy);
}
