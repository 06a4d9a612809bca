/* The messages that send a file in pieces. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "checkpoints.h"
#include "handlers.h"

gb_status handle_upload(live *s, const message *m, outgoing *p, gb_error *err) {
    if (!is_checkpoint_name(m->name))
        return state(err, GB_BAD_ARGUMENT, "'%.80s' is not a .gbw, .pkl, .pt, .pth, .bin or .safetensors file", m->name);
    if (upload_begin(&s->upload, s->shared->out, m->name, m->upload_size, err)) return err->status;
    return pack_answer(m->id, json_object(), p, err);
}

/* A piece that is wrong ends the upload. */
gb_status handle_piece(live *s, const message *m, outgoing *p, gb_error *err) {
    upload *u = &s->upload;
    size_t size = base64_size(m->pixels);
    unsigned char *bytes;
    char file[sizeof u->name] = "";         /* once it is complete */
    if (!u->open) return state(err, GB_BAD_ARGUMENT, "no file is being uploaded");
    if (!size || size > UPLOAD_PIECE || (int64_t)size > u->size - u->done) {
        upload_end(u);
        return state(err, GB_BAD_ARGUMENT, "a piece has 1 to %d bytes, and no more than are left", (int)UPLOAD_PIECE);
    }
    bytes = malloc(size);
    if (!bytes) state(err, GB_NO_MEMORY, "out of memory");
    else if (!base64_read(m->pixels, bytes, size)) state(err, GB_BAD_ARGUMENT, "a piece is base64");
    else upload_append(u, bytes, size, err);
    free(bytes);
    if (!err->status && u->done == u->size && !upload_publish(u, s->shared->out, err)) {
        memcpy(file, u->name, sizeof file);
        *u = (upload){0};
    }
    if (err->status) upload_end(u);
    return err->status ? err->status : pack_answer(m->id, json_pack("{s:s?}", "file", *file ? file : NULL), p, err);
}
