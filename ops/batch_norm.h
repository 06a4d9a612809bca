/* Batch norm, for all of its rows: statistics by truncation, and the factors of (x − mean) · scale + bias. */
#ifndef GB_OPS_BATCH_NORM_H
#define GB_OPS_BATCH_NORM_H

#include "ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rows of statistics of a truncation: `row` alone if `fraction` is 0, else interpolated with the next one. */
typedef struct gb_stat_row {
    int row;
    double fraction;
} gb_stat_row;

/* `truncation` is 0 to 1. */
gb_stat_row gb_stat_row_of(int rows, double truncation);

/* The statistic of channel c from a table [rows][channels]. */
gb_real gb_statistic(const gb_real *table, gb_stat_row at, int channels, int c);
/* Mean and biased variance over all pixels of all samples, of each channel of block b. */
void gb_batch_moments(const gb_tensor *x, int b, double *mean, double *var);
/* Bytes of the factors: [N][3][C] mean, scale and bias. */
size_t gb_batch_norm_workspace(const gb_cpu *cpu, const gb_desc *d);
/* Computes them on the host, into the workspace. */
void gb_batch_norm_prepare(const gb_cpu *cpu, const gb_desc *d, const gb_args *args);

#ifdef __cplusplus
}
#endif
#endif
