/* How fast this processor multiplies and adds when it does nothing else: the yardstick for every kernel. */
#ifndef GB_OPS_PEAK_H
#define GB_OPS_PEAK_H

/* Runs `iterations` rounds of independent multiply-adds on the widest units there are, whatever rows are in use, and
 * returns the number of floating-point operations done (a multiply-add counts two). */
double gb_fma_burst(int iterations);

#endif
