/* What both forms of attention share. */
#ifndef GB_CUDA_ATTENTION_CUH
#define GB_CUDA_ATTENTION_CUH

#include "cuda/tensor.cuh"

/* The matrix of weights of an attention: [N][pixels of the queries][pixels of the keys]. */
gb_shape gb_attention_shape(const gb_desc *d);
/* in and out may be the same. */
void gb_softmax_rows(const gb_cpu *cpu, const gb_tensor *in, const gb_tensor *out);

#endif
