/* gb_cuda_open() of builds without CUDA. */
#include <stdio.h>

#include "cuda/cuda.h"

gb_device *gb_cuda_open(const char *precision, char *why, size_t why_size) {
    (void)precision;
    snprintf(why, why_size, "this build has no CUDA; configure it with nvcc and -DGANBEND_CUDA=ON");
    return NULL;
}
