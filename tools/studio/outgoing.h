/* One message for a page, packed: text from JSON, or binary from a JSON header and a payload. Only what JSON can represent
 * is written: a number that is not finite becomes null, and a text that is not UTF-8 loses its bytes outside ASCII. */
#ifndef GANBEND_STUDIO_OUTGOING_H
#define GANBEND_STUDIO_OUTGOING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

enum { OUTGOING_PRE = 32 };         /* bytes of headroom that libwebsockets needs before a message */

/* OUTGOING_PRE bytes before `bytes` may be written. */
typedef struct outgoing {
    unsigned char *bytes;
    size_t size;
    bool binary;
} outgoing;

void free_outgoing(outgoing *p);

/* These put a value, of which they take ownership, into a list or object. If there was no memory for either, the list or object
 * becomes NULL, and so does what it is put into, so that no message goes out with something missing. */
void add_json(json_t **list, json_t *value);
void set_json(json_t **object, const char *key, json_t *value);
json_t *number_json(double number);
json_t *float_json(float number);          /* with the fewest digits that read back as the same float */
double shortest_double(float number);      /* 0.33 for 0.33f, which is not 0.33 */
json_t *text_json(const char *text);

/* Digits that the numbers of a message are written with: those of a float, or those of a number that the page sent. */
enum { FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

/* These take ownership of their JSON, which may be NULL: jansson returns NULL when it is out of memory. */
gb_status pack_text(json_t *object, int digits, outgoing *p, gb_error *err);
/* {"type": "answer", "id": id, …fields} */
gb_status pack_answer(int64_t id, json_t *fields, outgoing *p, gb_error *err);
/* The length of the header in four bytes, least significant first; the header; the payload. */
gb_status pack_binary(json_t *header, const unsigned char *payload, size_t size, outgoing *p, gb_error *err);

#endif
