/* What waits to be sent to a page, bounded by construction. A page that reads slowly gets fewer frames, never old ones, and
 * its requests are not worked on while too many of their answers are unread. The caller locks. */
#ifndef GANBEND_STUDIO_SEND_QUEUE_H
#define GANBEND_STUDIO_SEND_QUEUE_H

#include "outgoing.h"

enum {
    SEND_ANSWERS = 128,                 /* unsent, or reserved by requests that are not answered yet */
    SEND_ANSWER_BYTES = 32 << 20,       /* no request is started while this much is unsent */
    SEND_FRAMES = 2,                    /* frames sent before the page has shown the first of them */
    SEND_CONTROLS = 128, CONTROL_ADDRESS = 96
};

typedef enum send_slot { SEND_FRAME, SEND_REFUSED, SEND_FILM_PROGRESS, SEND_ANALYSIS_PROGRESS, SEND_SKETCH, SEND_SLOTS } send_slot;

typedef struct send_control {
    char address[CONTROL_ADDRESS];
    double value;
} send_control;

typedef struct send_queue {
    outgoing answers[SEND_ANSWERS];     /* a ring */
    size_t first, count, bytes;         /* of unsent answers */
    size_t reserved;                    /* places for answers to come */
    outgoing newest[SEND_SLOTS];        /* one message of each kind; a newer one replaces an unsent one */
    int64_t frame_serial;               /* of the unsent frame */
    int64_t in_flight[SEND_FRAMES];     /* serials of the frames sent and not yet shown */
    int in_flight_count;
    send_control controls[SEND_CONTROLS];   /* values from OSC that are not sent yet: a ring */
    size_t first_control, control_count;
} send_queue;

/* Reserves places for answers; false if there are too few. Every answer needs one: send_queue_answer() uses it up, and
 * send_queue_unreserve() gives back what is not needed. */
bool send_queue_reserve(send_queue *q, size_t answers);
void send_queue_unreserve(send_queue *q, size_t answers);
void send_queue_answer(send_queue *q, outgoing answer);

/* Replaces the unsent message of this kind, which the caller has to free. `serial` matters for frames only. */
outgoing send_queue_replace(send_queue *q, send_slot slot, outgoing message, int64_t serial);
/* The page has shown a frame: frames before it, and one of its own serial, are no longer in flight. */
void send_queue_shown(send_queue *q, int64_t serial);
bool send_queue_has_frame(const send_queue *q);

/* Stores a control's value. It replaces an unsent value of the same address on the same side of one half. A value on the other
 * side is a press or a release, and is sent too, in the order of arrival. False if it is dropped: too many values are unsent, or
 * the address or value is invalid. */
bool send_queue_control(send_queue *q, const char *address, double value);

/* The next message to send, which the caller owns; false if nothing can be sent now. */
bool send_queue_next(send_queue *q, outgoing *message);
void send_queue_free(send_queue *q);

#endif
