/* Watching jansson's allocations, reading, and printing. */
#include "json_output.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool allocation_failed, reading;

/* While a text is read, no allocation succeeds after one has failed: jansson leaves out of a string what it has no memory for,
 * and goes on. An escape sequence without its second half would then end the program. */
static void *watched_malloc(size_t size) {
    void *block = reading && allocation_failed ? NULL : malloc(size);
    if (!block) allocation_failed = true;
    return block;
}

void json_watch(void) {
    json_set_alloc_funcs(watched_malloc, free);
}

bool json_out_of_memory(void) {
    return allocation_failed;
}

void json_forget(void) {
    allocation_failed = false;
}

json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *why) {
    allocation_failed = false;
    reading = true;
    json_t *value = json_loadb(text, size, flags, why);
    reading = false;
    if (!allocation_failed) return value;
    json_decref(value);
    return NULL;
}

char *json_write(const json_t *value, size_t flags) {
    bool before = allocation_failed;
    allocation_failed = false;
    char *text = json_dumps(value, flags);
    if (allocation_failed) {        /* jansson leaves out a key that it has no memory for, and goes on */
        free(text);
        text = NULL;
    }
    allocation_failed |= before;
    return text;
}

json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_text(const char *text) {
    json_t *value = json_string(text);
    char *wide, *to;
    if (value || !(wide = malloc(2 * strlen(text) + 1))) return value;
    to = wide;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p >= 0x80) *to++ = (char)(0xc0 | *p >> 6);
        *to++ = (char)(*p < 0x80 ? *p : 0x80 | (*p & 0x3f));
    }
    *to = '\0';
    value = json_string(wide);
    free(wide);
    return value;
}

/* Writes the value and frees it. */
static gb_status write_value(json_t *value, size_t flags, gb_error *err) {
    bool written = value && !allocation_failed && json_dumpf(value, stdout, flags) == 0;
    if (!value || allocation_failed) state(err, GB_NO_MEMORY, "out of memory for the JSON");
    else if (!written) state(err, GB_IO, "standard output: %s", ferror(stdout) ? strerror(errno) : "cannot write the JSON");
    json_decref(value);
    return err->status;
}

gb_status write_json(json_t *root, int digits, gb_error *err) {
    if (!write_value(root, JSON_INDENT(2) | JSON_REAL_PRECISION((size_t)digits), err))
        putchar('\n');         /* main() reports a failure */
    return err->status;
}

gb_status write_json_row(json_t *row, gb_error *err) {
    return write_value(row, 0, err);
}
