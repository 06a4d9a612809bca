/* The passes of a render on a device. */
#include "device.h"

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "ops/device.h"

/* ------------------------------------------------------------------------------------------------ passes */

static bool is_host_step(const gb_session *session, const gb_step *step) {
    return step->cpu->device != session->cpu.device;
}

/* A key for the set of marked steps of the plan, so that a recording of them can be replayed. 0 if they cannot be
 * recorded: with host steps, or with times measured. */
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
            session->cpu.device->mark(session->cpu.stream, index++);
        run(session, step);
    }
    if (timed)
        session->cpu.device->mark(session->cpu.stream, index);
}

static void read_times(gb_session *session) {
    gb_plan *plan = session->plan;
    int index = 0;
    for (int s = 0; s < plan->count; s++)
        if (plan->steps[s].run)
            plan->steps[s].seconds = session->cpu.device->seconds(session->cpu.stream, index++);
}

gb_status gb_device_steps(gb_session *session, gb_step_runner run, gb_error *err) {
    const gb_device *device = session->cpu.device;
    gb_stream *stream = session->cpu.stream;
    bool timed = session->options.time_steps;
    gb_pass pass;
    do {
        device->begin(stream);
        each_step(session, run, true, false);
    } while ((pass = device->launch(stream, key_of(session))) == GB_PASS_AGAIN);
    if (pass != GB_PASS_LAUNCH)
        return GB_OK;
    each_step(session, run, false, timed);
    device->end(stream);
    gb_status status = timed ? gb_device_wait(session, err) : GB_OK;
    if (timed && !status)
        read_times(session);
    return status;
}

gb_status gb_device_wait(gb_session *session, gb_error *err) {
    char why[256];
    if (!session->cpu.device || session->cpu.device->wait(session->cpu.stream, why, sizeof why))
        return GB_OK;
    return gb_fail(err, GB_DEVICE, "%s", why);
}
