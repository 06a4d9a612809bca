/* The rows of gb_families[], one per file. */
#ifndef GB_WEIGHTS_ADAPT_FAMILIES_H
#define GB_WEIGHTS_ADAPT_FAMILIES_H

#include "adapt.h"

extern const gb_family gb_stylegan2_nvlabs, gb_stylegan2_tensorflow, gb_stylegan2_rosinality;
extern const gb_family gb_biggan_pytorch, gb_biggan_huggingface;

#endif
