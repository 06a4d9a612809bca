/* Where a writer's bytes go: a file that appears complete or not at all, or a caller's gb_writer. */
#ifndef GB_ENGINE_OUTPUT_H
#define GB_ENGINE_OUTPUT_H

#include "platform.h"
#include "weights/reason.h"

typedef struct gb_output {
    const char *name;           /* for messages */
    gb_out_file *file;          /* or NULL: */
    gb_writer *writer;
    size_t room;                /* of writer->bytes */
    gb_status failed;
} gb_output;

/* Checks a caller's writer and empties it: the first step of every function that takes one. */
gb_status gb_writer_begin(gb_writer *writer, gb_error *err);
/* Each is followed by gb_output_close(), but not if it fails. */
gb_status gb_output_open(const char *path, gb_output_kind kind, gb_output *output, gb_error *err);
gb_status gb_output_open_writer(gb_writer *writer, gb_output *output, gb_error *err);
/* Takes a gb_output as void * so that it is a sink for the writers of weights/. False after the first failure. */
bool gb_output_write(void *output, const void *bytes, size_t size);
/* The first failure of a write so far, or GB_OK: distinguishes a full disk from an error of the writer itself. */
gb_status gb_output_check(const gb_output *output, gb_error *err);
/* Why writing a file failed: the file's own failure if it has one, otherwise what the writer of weights/ says in `why`. */
gb_status gb_out_file_failed(const gb_out_file *file, const char *path, gb_reason *why, gb_error *err);
/* Finishes the output if `status` is 0, otherwise discards it; returns the status, or why it could not be finished. */
gb_status gb_output_close(gb_output *output, gb_status status, gb_error *err);

#endif
