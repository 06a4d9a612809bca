/* A model opened for work: its context and itself, with one place to open and one to close both. */
#ifndef GANBEND_TOOLS_OPENED_H
#define GANBEND_TOOLS_OPENED_H

#include <ganbend.h>

typedef struct opened {
    gb_context *context;
    gb_model *model;
    int64_t channels, height, width;    /* of one image */
} opened;

/* threads = 0: one for each core. What was opened until a failure is closed again. */
gb_status open_model(const char *path, int64_t threads, opened *o, gb_error *err);
void close_model(opened *o);

/* Elements of one sample of the node's output. */
size_t node_elements(const gb_node_info *node);

/* Multiply-adds of one image as papers and tables count them: of its convolutions and of attention. Mapping, styles and
 * what norms are conditioned on are left out; they are few. */
uint64_t image_macs(const gb_model *model);

#endif
