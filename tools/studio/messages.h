/* What a page may say: text messages, JSON objects with a `type`, each with the fields of its row and no others, every
 * one checked for its kind and range before anything is done with it. docs/studio.md lists them. */
#ifndef GANBEND_STUDIO_MESSAGES_H
#define GANBEND_STUDIO_MESSAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

typedef enum message_kind {
    MESSAGE_HELLO, MESSAGE_MODEL, MESSAGE_RENDER, MESSAGE_SHOWN, MESSAGE_STATISTICS, MESSAGE_MAPS, MESSAGE_CLUSTER,
    MESSAGE_PICK, MESSAGE_Z, MESSAGE_PARSE, MESSAGE_SAVE, MESSAGE_FILES, MESSAGE_OPEN, MESSAGE_KEEP, MESSAGE_FILM,
    MESSAGE_FRAME, MESSAGE_FINISH, MESSAGE_KINDS
} message_kind;

/* One message; which members mean something, its row says. Texts are UTF-8 and live as long as the message; those that
 * were not given are NULL, numbers 0. */
typedef struct message {
    message_kind kind;
    int64_t id, serial, index, quality, bins, side, first, count, clusters, x, y, seed, fps, frames;
    bool times, png, replace, keep;
    const char *project, *tab, *recipe, *node, *order, *name, *text, *format;
    char *document;             /* JSON as it came */
    json_t *tree;               /* holds the texts */
    const char *bytes;          /* while it is read */
    size_t size;
} message;

/* WebSocket close codes. */
enum { CLOSE_UNSUPPORTED = 1003, CLOSE_BAD_DATA = 1007, CLOSE_POLICY = 1008, CLOSE_TOO_BIG = 1009, CLOSE_ERROR = 1011,
       CLOSE_TRY_LATER = 1013 };

/* 0 and a message to be freed, or a close code with its reason. */
int read_message(const char *bytes, size_t size, message **m, char reason[CLOSE_REASON]);
void free_message(message *m);

/* JSON of strangers: nested at most 64 deep, at most a million values, no key twice. NULL, with the close code and why
 * not, where it is none. */
json_t *read_json(const char *bytes, size_t size, int *code, char reason[CLOSE_REASON]);

#endif
