/* Counters of the emulated GPU. */
#ifndef EMULATED_COUNTS_H
#define EMULATED_COUNTS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct emulated_counts {
    unsigned captures, replays;
    unsigned launches;          /* not captured */
    unsigned long long uploaded;        /* bytes */
} emulated_counts;

extern emulated_counts emulated_counters;

#ifdef __cplusplus
}
#endif
#endif
