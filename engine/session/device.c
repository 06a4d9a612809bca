/* The passes of a render on a device, and the way over the host for what the device has no row for. */
#include "device.h"

#include <string.h>

#include "ops/device.h"
#include "engine/base/error.h"
#include "engine/base/mix.h"

enum { ALIGNMENT = 64 };

/* ------------------------------------------------------------------------------------------------ passes */

static bool is_host_step(const gb_session *session, const gb_step *step) {
    return step->cpu->device != session->cpu.device;
}

/* What names the steps that are marked: the same ones of the same plan can be replayed. Those of the host cannot be
 * recorded, nor can times be taken in a recording: 0. */
static uint64_t key_of(const gb_session *session) {
    const gb_plan *plan = session->plan;
    uint64_t key = plan->serial;
    if (session->options.time_steps)
        return 0;
    for (int s = 0; s < plan->count; s++) {
        if (plan->steps[s].run && is_host_step(session, &plan->steps[s]))
            return 0;
        key = gb_mix(key, plan->steps[s].run);
    }
    return key | 1;
}

static void each_step(gb_session *session, gb_step_runner run, bool first_pass, bool timed) {
    gb_plan *plan = session->plan;
    int index = 0;
    for (int s = 0; s < plan->count; s++) {
        gb_step *step = &plan->steps[s];
        if (!step->run || (first_pass && is_host_step(session, step)))
            continue;
        if (timed)
            session->cpu.device->mark(session->cpu.queue, index++);
        run(session, step);
    }
    if (timed)
        session->cpu.device->mark(session->cpu.queue, index);
}

static void read_times(gb_session *session) {
    gb_plan *plan = session->plan;
    int index = 0;
    for (int s = 0; s < plan->count; s++)
        if (plan->steps[s].run)
            plan->steps[s].seconds = session->cpu.device->seconds(session->cpu.queue, index++);
}

gb_status gb_device_steps(gb_session *session, gb_step_runner run, gb_error *err) {
    const gb_device *device = session->cpu.device;
    gb_queue *queue = session->cpu.queue;
    bool timed = session->options.time_steps;
    gb_pass pass;
    do {
        device->begin(queue);
        each_step(session, run, true, false);
    } while ((pass = device->launch(queue, key_of(session))) == GB_PASS_AGAIN);
    if (pass != GB_PASS_LAUNCH)
        return GB_OK;
    each_step(session, run, false, timed);
    device->end(queue);
    gb_status status = timed ? gb_device_wait(session, err) : GB_OK;
    if (timed && !status)
        read_times(session);
    return status;
}

gb_status gb_device_wait(gb_session *session, gb_error *err) {
    char why[256];
    if (!session->cpu.device || session->cpu.device->wait(session->cpu.queue, why, sizeof why))
        return GB_OK;
    return gb_fail(err, GB_DEVICE, "%s", why);
}

/* ------------------------------------------------------------------------------------------------ over the host */

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t floats_of(const gb_shape *s) {
    return (size_t)s->n * (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

/* The largest of its tensors as plain NCHW. */
static size_t between_bytes(const gb_step *step) {
    size_t most = floats_of(&step->desc.out);
    for (int k = 0; k < step->desc.inputs; k++)
        most = most < floats_of(&step->desc.in[k]) ? floats_of(&step->desc.in[k]) : most;
    return aligned(most * sizeof(float));
}

size_t gb_host_step_bytes(const gb_step *step) {
    const gb_desc *d = &step->desc;
    size_t bytes = between_bytes(step) + aligned(gb_tensor_bytes(step->cpu, &d->out));
    for (int k = 0; k < d->inputs; k++)
        bytes += aligned(gb_tensor_bytes(step->cpu, &d->in[k]));
    return bytes + (step->row->workspace ? step->row->workspace(step->cpu, d) : 0);
}

void gb_host_step_run(const gb_cpu *device, const gb_step *step, const gb_args *args, void *scratch) {
    const gb_cpu *host = step->cpu;
    gb_tensor in[GB_MAX_INPUTS], out = {.shape = step->desc.out};
    gb_args here = *args;
    float *between = scratch;
    char *at = (char *)scratch + between_bytes(step);
    for (int k = 0; k < step->desc.inputs; k++) {
        in[k] = (gb_tensor){step->desc.in[k], (float *)(void *)at};
        at += aligned(gb_tensor_bytes(host, &in[k].shape));
        gb_tensor_to_nchw(device, args->in[k], between);
        gb_tensor_from_nchw(host, &in[k], between);
        here.in[k] = &in[k];
    }
    out.data = (float *)(void *)at;
    here.out = &out;
    here.workspace = at + aligned(gb_tensor_bytes(host, &out.shape));
    step->row->run(host, &step->desc, &here);
    gb_tensor_to_nchw(host, &out, between);
    gb_tensor_from_nchw(device, args->out, between);
}
