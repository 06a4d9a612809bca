/* The passes of a render on a device. */
#include "device.h"

#include <stdio.h>

#include "engine/base/error.h"
#include "engine/base/mix.h"
#include "followers.h"
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

typedef enum visit { FIRST_PASS, SECOND_PASS, READ_TIMES } visit;

/* Runs a launch under the name of its first step, for profilers: in the second pass, which launches. */
static void run_named(gb_session *session, gb_launch_runner run, int count, bool prepares, visit why) {
    const gb_plan *plan = session->plan;
    const gb_device *device = session->cpu.device;
    const gb_step *first = plan->marked[0];
    char name[256];
    if (why == SECOND_PASS) {
        const char *node = session->bent->graph.nodes[first->chain[first->nodes - 1]].name;
        int length = snprintf(name, sizeof name, "%.200s%s", node, prepares ? ": factors" : "");
        if (count > 1)
            snprintf(name + length, sizeof name - (size_t)length, " and %d others", count - 1);
        device->name_range(session->cpu.stream, name);
    }
    run(session, plan->marked, count, prepares);
    if (why == SECOND_PASS)
        device->name_range(session->cpu.stream, NULL);
}

/* Visits the marked steps of each launch, in order. If steps are timed, each has a launch of its own, between two marks;
 * what is prepared for a step counts as part of it. */
static void each_launch(gb_session *session, gb_launch_runner run, visit why) {
    const gb_plan *plan = session->plan;
    const gb_device *device = session->cpu.device;
    bool timed = session->options.time_steps;
    int index = 0;
    for (int l = 0; l < plan->launches.count; l++) {
        const gb_launch *launch = &plan->launches.list[l];
        int count = 0;
        for (int i = 0; i < launch->count; i++) {
            gb_step *step = &plan->steps[plan->launches.members[launch->first + i]];
            if (!step->run || (why == FIRST_PASS && is_host_step(session, step)))
                continue;
            if (!launch->prepares && step > plan->steps && gb_step_follower(step - 1))
                continue;                   /* it has run */
            if (why == READ_TIMES) {
                step->seconds += device->seconds(session->cpu.stream, index++);
                continue;
            }
            plan->marked[count++] = step;
            if (!timed)
                continue;
            if (why == SECOND_PASS)
                device->mark(session->cpu.stream, index++);
            run_named(session, run, count, launch->prepares, why);
            count = 0;
        }
        if (count)
            run_named(session, run, count, launch->prepares, why);
    }
    if (timed && why == SECOND_PASS)
        device->mark(session->cpu.stream, index);
}

gb_status gb_device_steps(gb_session *session, gb_launch_runner run, gb_error *err) {
    const gb_device *device = session->cpu.device;
    gb_stream *stream = session->cpu.stream;
    bool timed = session->options.time_steps;
    gb_pass pass;
    do {
        device->begin(stream);
        each_launch(session, run, FIRST_PASS);
    } while ((pass = device->launch(stream, key_of(session))) == GB_PASS_AGAIN);
    if (pass != GB_PASS_LAUNCH)
        return GB_OK;
    each_launch(session, run, SECOND_PASS);
    device->end(stream);
    gb_status status = timed ? gb_device_wait(session, err) : GB_OK;
    if (timed && !status)
        each_launch(session, NULL, READ_TIMES);
    return status;
}

gb_status gb_device_wait(gb_session *session, gb_error *err) {
    char why[256];
    if (!session->cpu.device || session->cpu.device->wait(session->cpu.stream, why, sizeof why))
        return GB_OK;
    return gb_fail(err, GB_DEVICE, "%s", why);
}
