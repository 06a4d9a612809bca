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

enum { BAND_PIXELS = 1 << 16 };

typedef struct gb_copy {
    const gb_tensor *t;
    gb_real *to;              /* where the values go, or … */
    const gb_real *from;      /* … where they come from; the other is NULL */
} gb_copy;

/* A band of BAND_PIXELS pixels of a plane. */
static void copy_band(void *arg, int task, int worker) {
    const gb_copy *copy = arg;
    const gb_shape *s = &copy->t->shape;
    size_t pixels = (size_t)s->h * s->w, b = s->block, bands = (pixels - 1) / BAND_PIXELS + 1;
    size_t i = task / bands, first = task % bands * BAND_PIXELS, last = first + BAND_PIXELS;
    gb_real *plane = gb_plane(copy->t, (int)(i / s->c), (int)(i % s->c));
    (void)worker;
    last = last < pixels ? last : pixels;
    if (copy->to) {
        for (size_t p = first; p < last; p++)
            copy->to[i * pixels + p] = plane[p * b];
    } else {
        for (size_t p = first; p < last; p++)
            plane[p * b] = copy->from[i * pixels + p];
    }
}

static void copy_tensor(const gb_cpu *cpu, gb_copy *copy) {
    const gb_shape *s = &copy->t->shape;
    size_t bands = ((size_t)s->h * s->w - 1) / BAND_PIXELS + 1;
    gb_parallel(cpu, (int)(s->n * s->c * bands), copy_band, copy);
}

void gb_tensor_to_nchw(const gb_cpu *cpu, const gb_tensor *t, gb_real *nchw) {
    if (cpu->device) {
        cpu->device->to_nchw(cpu->stream, t, nchw);
        return;
    }
    gb_copy copy = {.t = t, .to = nchw};
    copy_tensor(cpu, &copy);
}

void gb_tensor_from_nchw(const gb_cpu *cpu, const gb_tensor *t, const gb_real *nchw) {
    if (cpu->device) {
        cpu->device->from_nchw(cpu->stream, t, nchw);
        return;
    }
    gb_copy copy = {.t = t, .from = nchw};
    copy_tensor(cpu, &copy);
}
