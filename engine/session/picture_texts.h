/* The texts of a picture that a session writes: those of `ganbend render`, so that `ganbend recipe from` reads them. */
#ifndef GB_ENGINE_PICTURE_TEXTS_H
#define GB_ENGINE_PICTURE_TEXTS_H

#include "session.h"

typedef struct gb_picture_texts {
    gb_text list[6 + GB_TOLD_RECIPES];
    size_t count;
    char software[32], checksum[16];
    char keys[GB_TOLD_RECIPES][16];
    char *settings, *latent;    /* owned */
} gb_picture_texts;

/* The texts for the first sample of the batch; they live as long as the session is not changed. GB_NO_MEMORY on failure. Call
 * gb_picture_texts_free() in either case. */
gb_status gb_picture_texts_of(const gb_session *session, gb_picture_texts *texts, gb_error *err);
void gb_picture_texts_free(gb_picture_texts *texts);

#endif
