/* Packing messages. JSON is written straight into the buffer that is sent. */
#include "outgoing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/arguments.h"
#include "tools/program/text.h"

static void drop(json_t **json) {
    json_decref(*json);
    *json = NULL;
}

void add_json(json_t **list, json_t *value) {
    if (!*list) json_decref(value);
    else if (!value || json_array_append_new(*list, value) < 0) drop(list);
}

void set_json(json_t **object, const char *key, json_t *value) {
    if (!*object) json_decref(value);
    else if (!value || json_object_set_new(*object, key, value) < 0) drop(object);
}

json_t *number_json(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

double shortest_double(float number) {
    char text[32] = "";
    append_float(text, sizeof text, number);
    return strtod(text, NULL);
}

json_t *float_json(float number) {
    return number_json(isfinite(number) ? shortest_double(number) : (double)number);
}

json_t *text_json(const char *text) {
    json_t *json = json_string(text);
    char *copy = json ? NULL : malloc(strlen(text) + 1);
    if (!copy) return json;
    strcpy(copy, text);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c > 126) *c = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

void free_outgoing(outgoing *p) {
    if (p->bytes) free(p->bytes - OUTGOING_PRE);
    *p = (outgoing){0};
}

/* ------------------------------------------------------------------------------------------------ packing */

typedef struct packing {
    unsigned char *memory;      /* the headroom and the message */
    size_t used, capacity;
    bool failed;                /* jansson goes on after a key that could not be appended */
} packing;

static int put_packed(const char *bytes, size_t size, void *arg) {
    packing *p = arg;
    if (p->failed) return -1;
    if (size > p->capacity - p->used) {
        size_t capacity = 2 * p->capacity + size;
        unsigned char *grown = realloc(p->memory, capacity);
        p->failed = !grown;
        if (p->failed) return -1;
        p->memory = grown;
        p->capacity = capacity;
    }
    memcpy(p->memory + p->used, bytes, size);
    p->used += size;
    return 0;
}

/* Leaves `head` bytes free before the JSON and `tail` bytes behind it. */
static gb_status pack(json_t *object, int digits, size_t head, size_t tail, packing *p, gb_error *err) {
    size_t flags = JSON_COMPACT | JSON_REAL_PRECISION((size_t)digits);
    *p = (packing){.used = OUTGOING_PRE + head, .capacity = OUTGOING_PRE + head + 512};
    p->memory = malloc(p->capacity);
    bool done = object && p->memory && json_dump_callback(object, put_packed, p, flags) == 0 && !p->failed;
    json_decref(object);
    if (done && tail > p->capacity - p->used) {
        unsigned char *grown = realloc(p->memory, p->used + tail);
        done = grown != NULL;
        if (done) p->memory = grown;
    }
    if (done) return GB_OK;
    free(p->memory);
    return state(err, GB_NO_MEMORY, "out of memory for an answer");
}

gb_status pack_text(json_t *object, int digits, outgoing *out, gb_error *err) {
    packing p;
    if (pack(object, digits, 0, 0, &p, err)) return err->status;
    *out = (outgoing){p.memory + OUTGOING_PRE, p.used - OUTGOING_PRE, false};
    return GB_OK;
}

gb_status pack_answer(int64_t id, json_t *fields, outgoing *p, gb_error *err) {
    json_t *answer = fields ? json_pack("{s:s, s:I}", "type", "answer", "id", (json_int_t)id) : NULL;
    if (answer && json_object_update(answer, fields) < 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(fields);
    return pack_text(answer, FLOAT_DIGITS, p, err);
}

gb_status pack_binary(json_t *header, const unsigned char *payload, size_t size, outgoing *out, gb_error *err) {
    packing p;
    size_t length;
    if (pack(header, FLOAT_DIGITS, 4, size, &p, err)) return err->status;
    length = p.used - OUTGOING_PRE - 4;
    for (size_t i = 0; i < 4; i++) p.memory[OUTGOING_PRE + i] = (unsigned char)(length >> 8 * i);
    memcpy(p.memory + p.used, payload, size);
    *out = (outgoing){p.memory + OUTGOING_PRE, p.used + size - OUTGOING_PRE, true};
    return GB_OK;
}
