/* The settings of a StyleGAN2 that tensors do not show: from the file's own attributes, from --config, or default. */
#ifndef GB_WEIGHTS_ADAPT_STYLEGAN2_CONFIG_H
#define GB_WEIGHTS_ADAPT_STYLEGAN2_CONFIG_H

#include "stylegan2_slots.h"

/* The file's own word on an integer that was inferred; `what` names it. */
bool sg2_agree(int64_t inferred, int64_t said, const char *who, const char *what, gb_reason *why);

/* Settings from the file's attributes or --config (`who`): the first word counts, a later one must agree, NULL says
 * nothing. */
bool sg2_set_clamp(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who, gb_reason *why);
bool sg2_set_activation(sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                        gb_reason *why);
bool sg2_set_mapping_activation(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_set_mapping_lr(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_check_block(const sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);
bool sg2_check_noise(const sg2_generator *g, int block, sg2_module layer, const gb_value *v, const char *who,
                     gb_reason *why);
bool sg2_set_filter(sg2_generator *g, const gb_value *v, const char *who, gb_reason *why);

/* Reads --config (NVIDIA's or rosinality's constructor arguments), then fills what is still open with StyleGAN2's
 * defaults; with `note`, says in a note which. */
bool sg2_configure(sg2_generator *g, const gb_value *config, bool note, gb_network *n, gb_reason *why);

#endif
