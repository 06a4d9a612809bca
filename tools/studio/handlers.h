/* The handlers of the messages that have an answer. Each does what its message asks and packs the answer. If it returns an
 * error, the worker answers with err->message. */
#ifndef GANBEND_STUDIO_HANDLERS_H
#define GANBEND_STUDIO_HANDLERS_H

#include "messages.h"
#include "live.h"

typedef gb_status message_handler(live *s, const message *m, outgoing *p, gb_error *err);

/* network.c */
message_handler handle_hello, handle_model;
/* The models as `welcome` lists them. */
json_t *models_json(const shared *of);
/* The message that follows the answer to `hello`. */
gb_status pack_network(live *s, outgoing *p, gb_error *err);
/* statistics.c */
message_handler handle_statistics;
/* maps.c */
message_handler handle_maps, handle_cluster;
/* values.c */
message_handler handle_values, handle_export;
/* pick.c */
message_handler handle_pick, handle_z;
/* saving.c */
message_handler handle_parse, handle_save, handle_files, handle_open, handle_keep;
/* film_handlers.c. If ffmpeg has to encode the film first, handle_finish() leaves *p empty and the answer comes from film_poll(). */
message_handler handle_film, handle_frame, handle_finish;
/* find_directions.c, measure_units.c, project_photo.c. Their answers come from analysis_poll(). */
message_handler handle_directions, handle_units, handle_project;
/* cluster_samples.c. `cluster` over several pictures; the answer comes from analysis_poll(). */
gb_status cluster_samples(live *s, const message *m, gb_error *err);
/* download.c */
message_handler handle_download;
/* thumbnail.c */
message_handler handle_thumbnail;
/* works.c */
message_handler handle_works;
/* checkpoints.c */
message_handler handle_folder;
/* opening.c. The answer comes from analysis_poll(). */
message_handler handle_load;
/* upload_handlers.c */
message_handler handle_upload, handle_piece;
/* stop.c */
message_handler handle_stop;
/* directions.c */
message_handler handle_bank;
/* The files that may hold directions: names in the output folder, and in that of the model. */
gb_status list_banks(const live *s, json_t **in_folder, json_t **beside, gb_error *err);

#endif
