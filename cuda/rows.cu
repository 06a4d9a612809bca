/* The table of rows. Of the rows that support a use, the one of the highest rank runs it. */
#include "cuda/rows.h"

#define GB_LIST_ROW(name) &gb_##name##_cuda,
const gb_op_row *const gb_cuda_rows[] = {GB_CUDA_ROWS(GB_LIST_ROW) NULL};
