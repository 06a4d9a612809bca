/* The handlers that answer messages. Each does what one message asks on the live and packs the answer; what it refuses
 * the client answers with the reason. */
#ifndef GANBEND_STUDIO_HANDLERS_H
#define GANBEND_STUDIO_HANDLERS_H

#include "client.h"
#include "messages.h"
#include "live.h"

typedef gb_status message_handler(live *s, const message *m, outgoing *p, gb_error *err);

/* network.c */
message_handler handle_hello, network_message, handle_model;
/* statistics.c */
message_handler handle_look;
/* maps.c */
message_handler handle_maps, handle_cluster;
/* pick.c */
message_handler handle_pick, handle_z;
/* saving.c */
message_handler handle_parse, handle_save, handle_files, handle_open, handle_keep;
/* film.c; the answer to a cut comes from film_poll() where ffmpeg has to work first, and the outgoing stays empty */
message_handler handle_film, handle_frame, handle_finish;

#endif
