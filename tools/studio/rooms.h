/* The rooms that answer messages. Each does what one message asks on the stage and packs the answer; what it refuses
 * the desk answers with the reason. */
#ifndef GANBEND_STUDIO_ROOMS_H
#define GANBEND_STUDIO_ROOMS_H

#include "desk.h"
#include "messages.h"
#include "stage.h"

typedef gb_status answer_room(stage *s, const message *m, parcel *p, gb_error *err);

/* network.c */
answer_room answer_hello, answer_network, answer_model;
/* look.c */
answer_room answer_look;

#endif
