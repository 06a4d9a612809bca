/* The messages of a page: JSON objects with a `type`. Each has the fields of its table row and no others, and every field
 * is checked for its type and range before the message is used. docs/studio.md lists them. */
#ifndef GANBEND_STUDIO_MESSAGES_H
#define GANBEND_STUDIO_MESSAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MESSAGE_BYTES = 8 << 20,            /* the longest message that is accepted from a page */
    PHOTO_SIDE = 1024,                  /* the largest photo that is accepted */
    CLOSE_REASON = 120                  /* room for the reason of a closed connection; a close frame has 123 bytes */
};

typedef enum message_kind {
    MESSAGE_HELLO, MESSAGE_MODEL, MESSAGE_RENDER, MESSAGE_SHOWN, MESSAGE_STATISTICS, MESSAGE_MAPS, MESSAGE_CLUSTER,
    MESSAGE_PICK, MESSAGE_Z, MESSAGE_PARSE, MESSAGE_SAVE, MESSAGE_FILES, MESSAGE_OPEN, MESSAGE_KEEP, MESSAGE_FILM,
    MESSAGE_FRAME, MESSAGE_FINISH, MESSAGE_DIRECTIONS, MESSAGE_BANK, MESSAGE_UNITS,
    MESSAGE_PROJECT, MESSAGE_STOP, MESSAGE_OUTPUT, MESSAGE_OSC, MESSAGE_DOWNLOAD, MESSAGE_THUMBNAIL, MESSAGE_WORKS,
    MESSAGE_FOLDER, MESSAGE_LOAD, MESSAGE_UPLOAD, MESSAGE_PIECE, MESSAGE_VALUES, MESSAGE_EXPORT, MESSAGE_KINDS
} message_kind;

/* One message. Its table row says which members it uses. Texts are UTF-8 and last as long as the message. Missing texts
 * are NULL, missing numbers 0. */
typedef struct message {
    message_kind kind;
    int64_t id, serial, index, quality, bins, side, first, count, clusters, x, y, seed, fps, frames, columns, rows, width, height, samples, black, from, channel;
    int64_t upload_size;
    double value, share;
    bool times, png, replace, keep, beside, aside, freeze, fill, each;
    const char *project, *tab, *recipe, *node, *order, *name, *text, *format, *method, *mask, *space, *pixels, *address, *inside, *show;
    char *document;             /* JSON as it was sent */
    char *portrait;             /* the picture that comes with it: base64, or NULL */
    const char *broken;         /* a text with a NUL in it, which is refused; or NULL */
    json_t *tree;               /* holds the texts */
    const char *bytes;          /* while it is parsed */
    size_t size;
} message;

/* WebSocket close codes. */
enum { CLOSE_UNSUPPORTED = 1003, CLOSE_BAD_DATA = 1007, CLOSE_POLICY = 1008, CLOSE_TOO_BIG = 1009, CLOSE_ERROR = 1011,
       CLOSE_TRY_LATER = 1013 };

/* Returns 0 and a message to be freed, or a close code and its reason. */
int read_message(const char *bytes, size_t size, message **m, char reason[CLOSE_REASON]);
void free_message(message *m);

/* A JSON string; NULL if the bytes are not UTF-8, or memory ran out. */
json_t *read_utf8(const char *bytes, size_t size, bool *out_of_memory);

/* Parses untrusted JSON: at most 64 levels deep, at most a million values, no duplicate keys. On failure returns NULL with a
 * close code and its reason. */
json_t *read_json(const char *bytes, size_t size, int *code, char reason[CLOSE_REASON]);

#endif
