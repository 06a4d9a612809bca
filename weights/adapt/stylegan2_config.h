/* The settings of a StyleGAN2 that tensors do not show: from the file's own attributes, from --config, or default. */
#ifndef GB_WEIGHTS_ADAPT_STYLEGAN2_CONFIG_H
#define GB_WEIGHTS_ADAPT_STYLEGAN2_CONFIG_H

#include "stylegan2_slots.h"

/* Compares an integer that was inferred with what the file or --config (`who`) says; `what` names it. */
bool sg2_agree(int64_t inferred, int64_t said, const char *who, const char *what, gb_reason *why);

/* The same for the picture's size: its height, its width, or the size that a 4×4 start would give. */
bool sg2_check_resolution(const sg2_generator *g, int64_t said, const char *who, const char *what, gb_reason *why);

/* Settings from the file's attributes or --config (`who`): the first one counts, a later one must agree, NULL is
 * ignored. */
bool sg2_set_clamp(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who, gb_reason *why);
bool sg2_set_activation(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                        gb_reason *why);
bool sg2_set_mapping_activation(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_set_mapping_lr(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_check_block(const sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_check_noise(const sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                     gb_reason *why);
bool sg2_set_filter(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
/* The filter of resample_kernel=None: [1, 1]. */
void sg2_set_box_filter(sg2_generator *g);

/* Reads --config (NVIDIA's or rosinality's constructor arguments), then fills in StyleGAN2's defaults for the rest; with
 * `note`, a note lists them. */
bool sg2_configure(sg2_generator *g, const gb_value *config, bool note, gb_network *n, gb_reason *why);

#endif
