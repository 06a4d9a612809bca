/* Host fallback, see host_step.h. */
#include "host_step.h"

enum { ALIGNMENT = 64 };

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t floats_of(const gb_shape *s) {
    return (size_t)s->n * (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

/* The size of its largest tensor as plain NCHW. */
static size_t staging_bytes(const gb_step *step) {
    size_t most = floats_of(&step->desc.out);
    for (int k = 0; k < step->desc.inputs; k++)
        most = most < floats_of(&step->desc.in[k]) ? floats_of(&step->desc.in[k]) : most;
    return aligned(most * sizeof(float));
}

size_t gb_host_step_bytes(const gb_step *step) {
    const gb_desc *d = &step->desc;
    size_t bytes = staging_bytes(step) + aligned(gb_tensor_bytes(step->cpu, &d->out));
    for (int k = 0; k < d->inputs; k++)
        bytes += aligned(gb_tensor_bytes(step->cpu, &d->in[k]));
    return bytes + (step->row->workspace ? step->row->workspace(step->cpu, d) : 0);
}

void gb_host_step_run(const gb_cpu *device, const gb_step *step, const gb_args *args, void *scratch) {
    const gb_cpu *host = step->cpu;
    gb_tensor in[GB_MAX_INPUTS], out = {.shape = step->desc.out};
    gb_args here = *args;
    float *staging = scratch;
    char *at = (char *)scratch + staging_bytes(step);
    for (int k = 0; k < step->desc.inputs; k++) {
        in[k] = (gb_tensor){step->desc.in[k], (float *)(void *)at};
        at += aligned(gb_tensor_bytes(host, &in[k].shape));
        gb_tensor_to_nchw(device, args->in[k], staging);
        gb_tensor_from_nchw(host, &in[k], staging);
        here.in[k] = &in[k];
    }
    out.data = (float *)(void *)at;
    here.out = &out;
    here.workspace = at + aligned(gb_tensor_bytes(host, &out.shape));
    step->row->run(host, &step->desc, &here);
    gb_tensor_to_nchw(host, &out, staging);
    gb_tensor_from_nchw(device, args->out, staging);
}
