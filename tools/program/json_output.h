/* JSON that the program reads, makes and prints. jansson drops a value whose allocation fails, and takes a failed allocation for
 * an error in the text that it reads, or reads or writes a text with a hole. So its allocations are watched. */
#ifndef GANBEND_TOOLS_JSON_OUTPUT_H
#define GANBEND_TOOLS_JSON_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* From now on jansson's allocations are watched. For the beginning of a program, before it uses jansson. */
void json_watch(void);

/* Whether one of this thread's allocations has failed since json_forget(), or since the thread began. */
bool json_out_of_memory(void);
void json_forget(void);

/* Parses a text. NULL if it is not valid, which *why says, or if memory ran out, which json_out_of_memory() says. */
json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *why);

/* The value as a text, which the caller frees. NULL if it cannot be written, or if memory ran out, which json_out_of_memory()
 * says. */
char *json_write(const json_t *value, size_t flags);

/* A number; null for NaN and infinity, which JSON does not have. */
json_t *json_number(double value);

/* Text from a file: if it is not valid UTF-8, which JSON requires, it is read as Latin-1. */
json_t *json_text(const char *text);

/* Prints a value to standard output, indented, with a newline, and frees it. Numbers have `digits` significant digits; 0 = as
 * many as they need. GB_NO_MEMORY if `root` is NULL or an allocation has failed while it was made, GB_IO if it cannot be
 * written. */
gb_status write_json(json_t *root, int digits, gb_error *err);

/* The same on one line without a newline, for a part of an array. */
gb_status write_json_row(json_t *row, gb_error *err);

#endif
