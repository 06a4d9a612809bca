/* Filters that permute the maps of the chosen channels:  y[i] = x[from[i]]. */
#include "ops/bends/filter_rows.h"
#include "ops/splitmix.h"

/* The shuffle of Fisher and Yates, with random numbers from seed and counter. */
static void shuffle(const float *p, int count, int *from) {
    for (int i = 0; i < count; i++) {
        uint64_t seed = gb_splitmix64((uint64_t)p[0]);
        int j = (int)(gb_splitmix64(seed ^ (uint64_t)i) % ((uint64_t)i + 1));
        from[i] = from[j];
        from[j] = i;
    }
}

static void roll(const float *p, int count, int *from) {
    int by = (int)p[0] % count;
    for (int i = 0; i < count; i++)
        from[i] = (i - by + count) % count;
}

const gb_filter gb_filter_shuffle = {
    .name = "shuffle", .summary = "puts feature maps in a random order", .params = 2, .positional = 1,
    .param = {GB_SEED, GB_MIX}, .order = shuffle,
};
const gb_filter gb_filter_roll = {
    .name = "roll", .summary = "moves every feature map up by some channels; the last ones become the first",
    .params = 2, .positional = 1,
    .param = {{"by", "channels to move by; negative moves down", 1.0f, -16777216.0f, 16777216.0f, true, NULL}, GB_MIX},
    .order = roll,
};
