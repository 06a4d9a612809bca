/* A model opened for work: its context and itself, with one place to open and one to close both. */
#ifndef GANBEND_TOOLS_OPENED_H
#define GANBEND_TOOLS_OPENED_H

#include <ganbend.h>

typedef struct opened {
    gb_context *context;
    gb_model *model;
    int64_t channels, height, width;    /* of one image */
} opened;

/* What a model runs on. Zeros: the processor, a thread for each core. */
typedef struct machine {
    int64_t threads;
    const char *device, *precision;
} machine;

/* The rows of an option table for the machine that is `member` of the subcommand's settings. */
#define MACHINE_OPTIONS(settings_type, member) \
    {"--threads", OPTION_INTEGER, offsetof(settings_type, member.threads), "N", \
     "Threads to use; without it, one for each core.", 1, 1024}, \
    {"--device", OPTION_CHOICE, offsetof(settings_type, member.device), "cpu|cuda|auto", \
     "Run on the processor (default), on an NVIDIA GPU, or on a GPU where one can be used.", 0, 0}, \
    {"--precision", OPTION_CHOICE, offsetof(settings_type, member.precision), "half|tf32|fp32|bf16", \
     "On a GPU half (default), tf32 or fp32; on the processor fp32 (default), or for previews bf16: convolutions " \
     "multiply in bfloat16, where the processor can.", 0, 0}

/* What was opened until a failure is closed again. Says so on stderr where `auto` took the processor. */
gb_status open_model(const char *path, const machine *on, opened *o, gb_error *err);
void close_model(opened *o);

/* Whether the model makes pictures, of 1 (grey), 3 (RGB) or 4 (RGBA) channels; `name` is for the message. */
gb_status check_picture(const opened *o, const char *name, gb_error *err);

/* Elements of one sample of the node's output. */
size_t node_elements(const gb_node_info *node);

/* Multiply-adds of one image as papers and tables count them: of its convolutions and of attention. Mapping, styles and
 * what norms are conditioned on are left out; they are few. */
uint64_t image_macs(const gb_model *model);

#endif
