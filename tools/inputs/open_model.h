/* Opens a model together with its context. */
#ifndef GANBEND_TOOLS_OPEN_MODEL_H
#define GANBEND_TOOLS_OPEN_MODEL_H

#include <ganbend.h>

typedef struct loaded_model {
    gb_context *context;
    gb_model *model;
    int64_t channels, height, width;    /* of an image */
} loaded_model;

/* The device that a model runs on. All zero: the CPU, one thread per core. */
typedef struct device_options {
    int64_t threads;
    const char *device, *precision;
} device_options;

/* Rows of an option table for the device options that are `member` of the subcommand's settings. */
#define DEVICE_OPTIONS(settings_type, member) \
    {"--threads", RARE(OPTION_INTEGER), offsetof(settings_type, member.threads), "N", \
     "Number of threads (default: one per core).", 1, 1024}, \
    {"--device", OPTION_CHOICE, offsetof(settings_type, member.device), "cpu|cuda|auto", \
     "Run on the CPU (default), an NVIDIA GPU, or a GPU if one can be used.", 0, 0}, \
    {"--precision", RARE(OPTION_CHOICE), offsetof(settings_type, member.precision), "half|tf32|fp32|bf16", \
     "On a GPU: half (default), tf32 or fp32. On the CPU: fp32 (default), or bf16 for previews, which multiplies in " \
     "bfloat16 and needs AVX512-BF16.", 0, 0}

/* Opens a .gbw, or a checkpoint of any family. */
gb_status open_any_model(gb_context *context, const char *path, gb_model **model, gb_error *err);
/* The same with a new context. Opens nothing if it fails. Prints a line on standard error if "auto" fell back to the CPU. */
gb_status open_model(const char *path, const device_options *on, loaded_model *o, gb_error *err);
void close_model(loaded_model *o);

/* Sets the size of the pictures that a network looks at; 0 leaves it. */
gb_status set_picture_size(loaded_model *o, int height, int width, gb_error *err);

/* Checks that the model is a generator whose output is a picture of 1 (grey), 3 (RGB) or 4 (RGBA) channels; `name` is used in the message. */
gb_status check_picture(const loaded_model *o, const char *name, gb_error *err);

/* The number of elements of one sample of the node's output. */
size_t node_elements(const gb_node_info *node);

/* The node named by --at, which must have feature maps [C, H, W], and what is known of it; `node` may be NULL. */
gb_status find_map_layer(const gb_model *model, const char *at, gb_node *node, gb_node_info *info, gb_error *err);

/* The last dimension of the node with that role: the length of z, a w or a label; 0 if there is no such node. */
int64_t role_width(const gb_model *model, gb_role role);

/* Multiply-adds of one image as papers count them: convolutions and attention only. Mapping network, styles and the
 * conditioning of norms are small beside them. */
uint64_t image_macs(const gb_model *model);

#endif
