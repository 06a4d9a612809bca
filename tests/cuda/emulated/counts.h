/* What the emulated GPU has done so far. */
#ifndef EMULATED_COUNTS_H
#define EMULATED_COUNTS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct emulated_counts {
    unsigned recordings, replays;
    unsigned launches;          /* outside of recordings */
    unsigned long long copied;  /* bytes from the host */
} emulated_counts;

extern emulated_counts emulated_done;

#ifdef __cplusplus
}
#endif
#endif
