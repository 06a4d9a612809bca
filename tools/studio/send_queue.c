/* Frames go first, then refusals and progress, then answers in their order, then controls. */
#include "send_queue.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool send_queue_reserve(send_queue *q, size_t answers) {
    if (answers > SEND_ANSWERS - q->count - q->reserved) return false;
    q->reserved += answers;
    return true;
}

void send_queue_unreserve(send_queue *q, size_t answers) {
    q->reserved -= answers;
}

void send_queue_answer(send_queue *q, outgoing answer) {
    q->reserved--;
    q->answers[(q->first + q->count++) % SEND_ANSWERS] = answer;
    q->bytes += answer.size;
}

outgoing send_queue_replace(send_queue *q, send_slot slot, outgoing message, int64_t serial) {
    outgoing old = q->newest[slot];
    q->newest[slot] = message;
    if (slot == SEND_FRAME) q->frame_serial = serial;
    return old;
}

void send_queue_shown(send_queue *q, int64_t serial) {
    int left = 0;
    bool own = false;               /* a preview and its full picture share a serial, and each is shown */
    for (int i = 0; i < q->in_flight_count; i++) {
        bool shown = q->in_flight[i] < serial || (q->in_flight[i] == serial && !own);
        own |= q->in_flight[i] == serial;
        if (!shown) q->in_flight[left++] = q->in_flight[i];
    }
    q->in_flight_count = left;
}

bool send_queue_has_frame(const send_queue *q) {
    return q->newest[SEND_FRAME].bytes != NULL;
}

/* ------------------------------------------------------------------------------------------------ controls */

static bool is_pressed(double value) {
    return value > 0.5;
}

bool send_queue_control(send_queue *q, const char *address, double value) {
    send_control *newest = NULL;
    if (!*address || strlen(address) >= CONTROL_ADDRESS || !isfinite(value)) return false;
    for (size_t i = q->control_count; i-- > 0 && !newest;) {
        send_control *c = &q->controls[(q->first_control + i) % SEND_CONTROLS];
        if (!strcmp(c->address, address)) newest = c;
    }
    if (!newest || is_pressed(newest->value) != is_pressed(value)) {
        if (q->control_count == SEND_CONTROLS && !newest) return false;
        if (q->control_count < SEND_CONTROLS) newest = &q->controls[(q->first_control + q->control_count++) % SEND_CONTROLS];
        snprintf(newest->address, CONTROL_ADDRESS, "%s", address);
    }
    newest->value = value;
    return true;
}

/* If memory runs out it stays first, and is tried again when something is sent next. */
static bool next_control(send_queue *q, outgoing *message) {
    const send_control *c = &q->controls[q->first_control];
    gb_error err = {0};
    if (!q->control_count || pack_text(json_pack("{s:s, s:o, s:o}", "type", "control", "address", text_json(c->address), "value",
                                                 number_json(c->value)), FLOAT_DIGITS, message, &err))
        return false;
    q->first_control = (q->first_control + 1) % SEND_CONTROLS;
    q->control_count--;
    return true;
}

/* ------------------------------------------------------------------------------------------------ sending */

bool send_queue_next(send_queue *q, outgoing *message) {
    for (int slot = 0; slot < SEND_SLOTS; slot++) {
        if (!q->newest[slot].bytes || (slot == SEND_FRAME && q->in_flight_count == SEND_FRAMES)) continue;
        if (slot == SEND_FRAME) q->in_flight[q->in_flight_count++] = q->frame_serial;
        *message = q->newest[slot];
        q->newest[slot] = (outgoing){0};
        return true;
    }
    if (!q->count) return next_control(q, message);
    *message = q->answers[q->first];
    q->first = (q->first + 1) % SEND_ANSWERS;
    q->count--;
    q->bytes -= message->size;
    return true;
}

void send_queue_free(send_queue *q) {
    for (size_t i = 0; i < q->count; i++) free_outgoing(&q->answers[(q->first + i) % SEND_ANSWERS]);
    for (int slot = 0; slot < SEND_SLOTS; slot++) free_outgoing(&q->newest[slot]);
}
