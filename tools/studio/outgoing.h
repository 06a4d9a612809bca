/* What goes to the page, packed: text messages from JSON, binary ones from a header and a payload. No value that JSON
 * cannot hold gets into it: what is not finite becomes null, text that is not UTF-8 loses what is not ASCII. */
#ifndef GANBEND_STUDIO_OUTGOING_H
#define GANBEND_STUDIO_OUTGOING_H

#include <jansson.h>

#include "client.h"

json_t *number_json(double number);
json_t *text_json(const char *text);

/* Digits that numbers of a message are written with: those of a float, or of whatever a page said itself. */
enum { FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

/* `object` may be NULL, as jansson hands it on when memory is out; it is taken in any case. */
gb_status pack_text(json_t *object, int digits, outgoing *p, gb_error *err);
/* {"type": "answer", "id": id, …fields} */
gb_status pack_answer(int64_t id, json_t *fields, outgoing *p, gb_error *err);
/* Length of the header, header, payload. */
gb_status pack_binary(json_t *header, const unsigned char *payload, size_t size, outgoing *p, gb_error *err);

#endif
