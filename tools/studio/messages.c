/* Parses messages by a table of their fields. */
#define _POSIX_C_SOURCE 200809L
#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/arguments.h"
#include "tools/program/json_output.h"
#include "sizes.h"

enum { MAX_DEPTH = 64, MAX_VALUES = 1 << 20, FIELDS = 8, MASK_SIDE = 64 };

typedef enum field_kind {
    FIELD_END,
    FIELD_WHOLE,                /* int64_t, `low` to `high` */
    FIELD_NUMBER,               /* double, finite */
    FIELD_TEXT,                 /* const char *, `low` to `high` bytes */
    FIELD_CHOICE,               /* const char *, one of the words in `choices`, separated by '|' */
    FIELD_FLAG,                 /* bool */
    FIELD_OBJECT                /* const char *, the text of an object as it was sent */
} field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    bool required;
    size_t offset;
    int64_t low, high;
    const char *choices;
} field;

typedef struct message_row {
    const char *type;
    field fields[FIELDS];
} message_row;

#define AT(member) offsetof(message, member)
#define REQUIRED true
#define OPTIONAL false
#define ID {"id", FIELD_WHOLE, REQUIRED, AT(id), 1, INT32_MAX, NULL}
#define OPTIONAL_ID {"id", FIELD_WHOLE, OPTIONAL, AT(id), 1, INT32_MAX, NULL}
#define SERIAL {"serial", FIELD_WHOLE, REQUIRED, AT(serial), 0, INT64_C(1) << 53, NULL}
#define RECIPE {"recipe", FIELD_TEXT, REQUIRED, AT(recipe), 0, MESSAGE_BYTES, NULL}
#define TEXT {"text", FIELD_TEXT, REQUIRED, AT(text), 0, MESSAGE_BYTES, NULL}
#define NODE {"node", FIELD_TEXT, REQUIRED, AT(node), 1, 200, NULL}
#define CHANNEL {"channel", FIELD_WHOLE, REQUIRED, AT(channel), 0, INT32_MAX, NULL}
#define FOLDER {"folder", FIELD_WHOLE, REQUIRED, AT(index), 0, INT32_MAX, NULL}
#define INSIDE {"inside", FIELD_TEXT, REQUIRED, AT(inside), 0, 2000, NULL}
#define NAME {"name", FIELD_TEXT, REQUIRED, AT(name), 0, 400, NULL}

static const message_row rows[MESSAGE_KINDS] = {
    [MESSAGE_HELLO] = {"hello", {{"project", FIELD_TEXT, REQUIRED, AT(project), 0, 400, NULL},
                                 {"tab", FIELD_TEXT, OPTIONAL, AT(tab), 1, 64, NULL}, OPTIONAL_ID}},
    [MESSAGE_MODEL] = {"model", {{"index", FIELD_WHOLE, REQUIRED, AT(index), 0, INT32_MAX, NULL}, OPTIONAL_ID}},
    [MESSAGE_RENDER] = {"render", {SERIAL, RECIPE, {"quality", FIELD_WHOLE, OPTIONAL, AT(quality), 1, 100, NULL},
                                   {"times", FIELD_FLAG, OPTIONAL, AT(times), 0, 0, NULL},
                                   {"aside", FIELD_FLAG, OPTIONAL, AT(aside), 0, 0, NULL}, OPTIONAL_ID}},
    [MESSAGE_SHOWN] = {"shown", {SERIAL, OPTIONAL_ID}},
    [MESSAGE_STATISTICS] = {"statistics", {ID, RECIPE, NODE, {"bins", FIELD_WHOLE, REQUIRED, AT(bins), 16, 256, NULL}}},
    [MESSAGE_MAPS] = {"maps", {ID, RECIPE, NODE,
                               {"order", FIELD_CHOICE, REQUIRED, AT(order), 0, 0, "index|energy|cluster"},
                               {"side", FIELD_WHOLE, REQUIRED, AT(side), 16, 128, NULL},
                               {"first", FIELD_WHOLE, REQUIRED, AT(first), 0, INT32_MAX, NULL},
                               {"count", FIELD_WHOLE, REQUIRED, AT(count), 1, 512, NULL}}},
    [MESSAGE_CLUSTER] = {"cluster", {ID, RECIPE, NODE,
                                     {"clusters", FIELD_WHOLE, REQUIRED, AT(clusters), 2, 32, NULL},
                                     {"samples", FIELD_WHOLE, OPTIONAL, AT(samples), 2, 1000, NULL}}},
    [MESSAGE_PICK] = {"pick", {ID, RECIPE, NODE, {"x", FIELD_WHOLE, REQUIRED, AT(x), 0, INT32_MAX, NULL},
                               {"y", FIELD_WHOLE, REQUIRED, AT(y), 0, INT32_MAX, NULL}}},
    [MESSAGE_Z] = {"z", {ID, {"seed", FIELD_WHOLE, REQUIRED, AT(seed), 0, UINT32_MAX, NULL}}},
    [MESSAGE_PARSE] = {"parse", {ID, TEXT}},
    [MESSAGE_SAVE] = {"save", {ID, NAME, TEXT, {"png", FIELD_FLAG, REQUIRED, AT(png), 0, 0, NULL},
                               {"replace", FIELD_FLAG, REQUIRED, AT(replace), 0, 0, NULL}}},
    [MESSAGE_FILES] = {"files", {ID}},
    [MESSAGE_OPEN] = {"open", {ID, NAME}},
    [MESSAGE_KEEP] = {"keep", {ID, {"document", FIELD_OBJECT, REQUIRED, AT(document), 0, 0, NULL},
                               {"picture", FIELD_TEXT, OPTIONAL, AT(pixels), 4, 64 << 10, NULL}}},
    [MESSAGE_FILM] = {"film", {ID, NAME, {"format", FIELD_CHOICE, REQUIRED, AT(format), 0, 0, "png|zip|mp4|webm"},
                               {"fps", FIELD_WHOLE, REQUIRED, AT(fps), 1, 120, NULL},
                               {"frames", FIELD_WHOLE, REQUIRED, AT(frames), 1, 36000, NULL},
                               {"width", FIELD_WHOLE, OPTIONAL, AT(width), 2, 8192, NULL},
                               {"height", FIELD_WHOLE, OPTIONAL, AT(height), 2, 8192, NULL}}},
    [MESSAGE_FRAME] = {"frame", {ID, RECIPE}},
    [MESSAGE_FINISH] = {"finish", {ID, {"keep", FIELD_FLAG, REQUIRED, AT(keep), 0, 0, NULL}}},
    [MESSAGE_DIRECTIONS] = {"directions", {ID, {"method", FIELD_CHOICE, REQUIRED, AT(method), 0, 0, "pca|sefa|factor"},
                                           {"node", FIELD_TEXT, OPTIONAL, AT(node), 1, 200, NULL},
                                           {"count", FIELD_WHOLE, REQUIRED, AT(count), 1, 64, NULL}}},
    [MESSAGE_BANK] = {"bank", {ID, NAME, {"beside", FIELD_FLAG, REQUIRED, AT(beside), 0, 0, NULL}}},
    [MESSAGE_UNITS] = {"units", {ID, RECIPE, NODE, {"mask", FIELD_TEXT, REQUIRED, AT(mask), 1, MASK_SIDE * MASK_SIDE, NULL},
                                 {"columns", FIELD_WHOLE, REQUIRED, AT(columns), 1, MASK_SIDE, NULL},
                                 {"rows", FIELD_WHOLE, REQUIRED, AT(rows), 1, MASK_SIDE, NULL}}},
    [MESSAGE_PROJECT] = {"project", {ID, {"space", FIELD_CHOICE, REQUIRED, AT(space), 0, 0, "w|w+|z"},
                                     {"width", FIELD_WHOLE, REQUIRED, AT(width), 1, PHOTO_SIDE, NULL},
                                     {"height", FIELD_WHOLE, REQUIRED, AT(height), 1, PHOTO_SIDE, NULL},
                                     {"pixels", FIELD_TEXT, REQUIRED, AT(pixels), 4, 4 * PHOTO_SIDE * PHOTO_SIDE, NULL}}},
    [MESSAGE_STOP] = {"stop", {ID, {"keep", FIELD_FLAG, OPTIONAL, AT(keep), 0, 0, NULL}}},
    [MESSAGE_OUTPUT] = {"output", {{"black", FIELD_WHOLE, REQUIRED, AT(black), 0, 255, NULL},
                                   {"freeze", FIELD_FLAG, REQUIRED, AT(freeze), 0, 0, NULL},
                                   {"fill", FIELD_FLAG, REQUIRED, AT(fill), 0, 0, NULL}, OPTIONAL_ID}},
    [MESSAGE_DOWNLOAD] = {"download", {ID, NAME, {"from", FIELD_WHOLE, REQUIRED, AT(from), 0, INT64_C(1) << 53, NULL}}},
    [MESSAGE_OSC] = {"osc", {{"address", FIELD_TEXT, REQUIRED, AT(address), 1, 96, NULL},
                             {"value", FIELD_NUMBER, REQUIRED, AT(value), 0, 0, NULL},
                             {"share", FIELD_NUMBER, REQUIRED, AT(share), 0, 0, NULL}, OPTIONAL_ID}},
    [MESSAGE_THUMBNAIL] = {"thumbnail", {ID, RECIPE, {"side", FIELD_WHOLE, REQUIRED, AT(side), 16, 512, NULL}}},
    [MESSAGE_FOLDER] = {"folder", {ID, FOLDER, INSIDE}},
    [MESSAGE_LOAD] = {"load", {ID, FOLDER, INSIDE}},
    [MESSAGE_UPLOAD] = {"upload", {ID, NAME, {"size", FIELD_WHOLE, REQUIRED, AT(upload_size), 1, UPLOAD_BYTES, NULL}}},
    [MESSAGE_PIECE] = {"piece", {ID, {"bytes", FIELD_TEXT, REQUIRED, AT(pixels), 4, UPLOAD_PIECE / 3 * 4 + 8, NULL}}},
    [MESSAGE_VALUES] = {"values", {ID, RECIPE, NODE, CHANNEL,
                                   {"show", FIELD_CHOICE, REQUIRED, AT(show), 0, 0, "map|mean|energy|colour"},
                                   {"side", FIELD_WHOLE, REQUIRED, AT(side), 16, 1024, NULL},
                                   {"each", FIELD_FLAG, OPTIONAL, AT(each), 0, 0, NULL}}},
    [MESSAGE_EXPORT] = {"export", {ID, RECIPE, NODE, CHANNEL,
                                   {"show", FIELD_CHOICE, REQUIRED, AT(show), 0, 0, "map|mean|energy|all"}}},
    [MESSAGE_WORKS] = {"works", {ID, {"count", FIELD_WHOLE, REQUIRED, AT(count), 1, 64, NULL}}},
};

static int PRINTF_LIKE(3, 4) refuse(char reason[CLOSE_REASON], int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, CLOSE_REASON, format, args);
    va_end(args);
    return code;
}

/* ------------------------------------------------------------------------------------------------ JSON */

/* Checks depth and number of values before parsing, because a parsed value takes up to 50 times the memory of its text. */
static const char *count_values(const char *bytes, size_t size) {
    size_t depth = 0, values = 1;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        if (quoted) {
            if (c == '\\') i++;
            else quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        values += c == ',' || c == '[' || c == '{';
        depth += c == '[' || c == '{';
        if (depth > MAX_DEPTH) return "nested deeper than 64 levels";
        depth -= (c == ']' || c == '}') && depth > 0;
    }
    return values > MAX_VALUES ? "more than a million values" : NULL;
}

json_t *read_utf8(const char *bytes, size_t size, bool *out_of_memory) {
    json_forget();
    json_t *text = json_stringn(bytes, size);
    *out_of_memory = !text && json_out_of_memory();
    return text;
}

json_t *read_json(const char *bytes, size_t size, int *code, char reason[CLOSE_REASON]) {
    json_error_t why;
    json_t *tree;
    const char *much = count_values(bytes, size);
    if (much) {
        *code = refuse(reason, CLOSE_POLICY, "JSON %s", much);
        return NULL;
    }
    tree = json_read(bytes, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (tree) return tree;
    if (json_out_of_memory()) *code = refuse(reason, CLOSE_ERROR, "out of memory");
    else if (json_error_code(&why) == json_error_invalid_utf8) *code = refuse(reason, CLOSE_BAD_DATA, "not UTF-8");
    else *code = refuse(reason, CLOSE_BAD_DATA, "not JSON: line %d, column %d", why.line, why.column);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ fields */

/* A name to quote in a close reason: short and ASCII. */
static const char *quoted_name(const char *name, char text[32]) {
    size_t i = 0;
    for (; name[i] && i < 31; i++) text[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?';
    text[i] = '\0';
    return text;
}

static bool is_choice(const char *choices, const char *word) {
    size_t length = strlen(word);
    for (const char *at = choices; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == length && !memcmp(at, word, length)) return true;
    return false;
}

/* Copies the value of a key from the text of an object that is known to be valid, so that numbers keep their digits. *found
 * is false if the key is written with escapes; NULL otherwise means that memory ran out. */
static char *copy_value(const char *bytes, size_t size, const char *key, bool *found) {
    size_t length = strlen(key), depth = 0, from = 0;
    *found = false;
    for (size_t i = 0; i < size; i++) {
        size_t start = i;
        if (bytes[i] == '"') {
            while (bytes[++i] != '"') i += bytes[i] == '\\';
            if (depth != 1 || i - start != length + 1 || memcmp(bytes + start + 1, key, length) != 0) continue;
            from = i + 1 + strspn(bytes + i + 1, " \t\r\n");
            if (bytes[from] != ':') from = 0;
            else from += 1 + strspn(bytes + from + 1, " \t\r\n");
        } else if (bytes[i] == '{' || bytes[i] == '[') {
            depth++;
        } else if (bytes[i] == '}' || bytes[i] == ']') {
            depth--;
            if (!from || depth != 1) continue;
            *found = true;
            char *copy = malloc(i + 2 - from);
            if (!copy) return NULL;
            memcpy(copy, bytes + from, i + 1 - from);
            copy[i + 1 - from] = '\0';
            return copy;
        }
    }
    return NULL;
}

static int set_field(message *m, const message_row *row, const field *f, json_t *value, char reason[CLOSE_REASON]) {
    bool found;
    char *at = (char *)m + f->offset;
    switch (f->kind) {
    case FIELD_WHOLE:
        if (!json_is_integer(value) || json_integer_value(value) < f->low || json_integer_value(value) > f->high)
            return refuse(reason, CLOSE_POLICY, "%s: '%s' is a whole number from %lld to %lld", row->type, f->name,
                          (long long)f->low, (long long)f->high);
        *(int64_t *)at = json_integer_value(value);
        return 0;
    case FIELD_NUMBER:
        if (!json_is_number(value)) return refuse(reason, CLOSE_POLICY, "%s: '%s' must be a number", row->type, f->name);
        *(double *)at = json_number_value(value);
        return 0;
    case FIELD_TEXT:
        if (!json_is_string(value) || json_string_length(value) < (size_t)f->low ||
            json_string_length(value) > (size_t)f->high)
            return refuse(reason, CLOSE_POLICY, "%s: '%s' must be a string of %lld to %lld bytes", row->type, f->name,
                          (long long)f->low, (long long)f->high);
        *(const char **)at = json_string_value(value);
        if (strlen(*(const char **)at) != json_string_length(value)) m->broken = *(const char **)at;
        return 0;
    case FIELD_CHOICE:
        if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value) ||
            !is_choice(f->choices, json_string_value(value)))
            return refuse(reason, CLOSE_POLICY, "%s: '%s' must be one of %s", row->type, f->name, f->choices);
        *(const char **)at = json_string_value(value);
        return 0;
    case FIELD_FLAG:
        if (!json_is_boolean(value))
            return refuse(reason, CLOSE_POLICY, "%s: '%s' must be true or false", row->type, f->name);
        *(bool *)at = json_is_true(value);
        return 0;
    case FIELD_OBJECT:
        if (!json_is_object(value)) return refuse(reason, CLOSE_POLICY, "%s: '%s' must be an object", row->type, f->name);
        *(char **)at = copy_value(m->bytes, m->size, f->name, &found);
        if (found) return *(char **)at ? 0 : refuse(reason, CLOSE_ERROR, "out of memory");
        return refuse(reason, CLOSE_POLICY, "%s: the key '%s' must be written without escapes", row->type, f->name);
    case FIELD_END: break;
    }
    return refuse(reason, CLOSE_POLICY, "%s: '%s' cannot be set", row->type, f->name);
}

static int read_fields(message *m, const message_row *row, char reason[CLOSE_REASON]) {
    char text[32];
    size_t known = 1;           /* `type` */
    int code = 0;
    for (const field *f = row->fields; f < row->fields + FIELDS && f->kind != FIELD_END && !code; f++) {
        json_t *value = json_object_get(m->tree, f->name);
        if (value) code = set_field(m, row, f, value, reason);
        else if (f->required) code = refuse(reason, CLOSE_POLICY, "%s: '%s' is missing", row->type, f->name);
        known += value != NULL;
    }
    if (code || json_object_size(m->tree) == known) return code;
    for (void *at = json_object_iter(m->tree); at; at = json_object_iter_next(m->tree, at)) {
        const char *name = json_object_iter_key(at);
        bool is_known = !strcmp(name, "type");
        for (const field *f = row->fields; f < row->fields + FIELDS && f->kind != FIELD_END; f++)
            is_known |= !strcmp(name, f->name);
        if (!is_known)
            return refuse(reason, CLOSE_POLICY, "%s: unknown field '%s'", row->type, quoted_name(name, text));
    }
    return 0;
}

int read_message(const char *bytes, size_t size, message **out, char reason[CLOSE_REASON]) {
    char text[32];
    const char *type;
    int code = 0, kind = 0;
    message *m;
    if (size > MESSAGE_BYTES) return refuse(reason, CLOSE_TOO_BIG, "message larger than 8 MiB");
    m = calloc(1, sizeof *m);
    if (!m) return refuse(reason, CLOSE_ERROR, "out of memory");
    m->bytes = bytes;
    m->size = size;
    m->tree = read_json(bytes, size, &code, reason);
    type = json_string_value(json_object_get(m->tree, "type"));
    if (type && strlen(type) != json_string_length(json_object_get(m->tree, "type")))
        code = refuse(reason, CLOSE_BAD_DATA, "not JSON: a NUL in the type");
    else if (m->tree && !type) code = refuse(reason, CLOSE_POLICY, "a message is an object with a string 'type'");
    while (!code && kind < MESSAGE_KINDS && strcmp(rows[kind].type, type)) kind++;
    if (!code && kind == MESSAGE_KINDS)
        code = refuse(reason, CLOSE_POLICY, "unknown message type '%s'", quoted_name(type, text));
    if (!code) {
        m->kind = (message_kind)kind;
        code = read_fields(m, &rows[kind], reason);
    }
    m->bytes = NULL;
    if (code) {
        free_message(m);
        return code;
    }
    if (m->document) {
        m->portrait = m->pixels ? strdup(m->pixels) : NULL;     /* without memory there is none */
        m->pixels = NULL;
        json_decref(m->tree);   /* it may be large and is not needed any more */
        m->tree = NULL;
    }
    *out = m;
    return 0;
}

void free_message(message *m) {
    if (!m) return;
    json_decref(m->tree);
    free(m->document);
    free(m->portrait);
    free(m);
}
