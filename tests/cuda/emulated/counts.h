/* Counters of the emulated GPU, and faults that tests can make it have. */
#ifndef EMULATED_COUNTS_H
#define EMULATED_COUNTS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct emulated_counts {
    unsigned captures, replays;
    int graphs;                 /* instantiated and not destroyed yet */
    unsigned launches;          /* not captured */
    unsigned long long uploaded;        /* bytes */
    unsigned long long streamed;        /* bytes that kernels accessed with the hint that caches need not keep them */
} emulated_counts;

extern emulated_counts emulated_counters;

/* The n-th of these from now on fails; 0 = none. */
typedef struct emulated_faults {
    unsigned call;              /* of the runtime, except those that free; it returns an error and does nothing */
    unsigned allocation;        /* with an error */
    unsigned launch;            /* while its kernel runs: all later synchronisations of the stream return the error */
} emulated_faults;

extern emulated_faults emulated_failing;

/* Called for the names of ranges, and with NULL at the end of each; may be NULL. */
extern void (*emulated_named)(const char *name);

/* Bytes of the second-level cache: few, so that the maps of small networks do not fit either. */
extern int emulated_cache;

/* While it is 1, kernels are counted but not run: memory keeps what it has. */
extern int emulated_skipping;

#ifdef __cplusplus
}
#endif
#endif
