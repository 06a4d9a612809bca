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
/* maps.c */
answer_room answer_maps, answer_cluster;
/* pick.c */
answer_room answer_pick, answer_z;
/* saving.c */
answer_room answer_parse, answer_save, answer_files, answer_open, answer_keep;
/* film.c; the answer to a cut comes from film_poll() where ffmpeg has to work first, and the parcel stays empty */
answer_room answer_film, answer_frame, answer_cut;

#endif
