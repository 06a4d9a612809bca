/* Filters that move whole maps between the channels taking part and leave every value as it is. */
#include "ops/bends/filter_rows.h"

/* Fisher and Yates' shuffle, drawn by counter from the seed. */
static void shuffle(const float *p, int count, int *from) {
    for (int i = 0; i < count; i++) {
        uint64_t seed = gb_scramble((uint64_t)p[0]);
        int j = (int)(gb_scramble(seed ^ (uint64_t)i) % ((uint64_t)i + 1));
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
    .name = "shuffle", .summary = "feature maps in a random order", .params = 2, .positional = 1,
    .param = {GB_SEED, GB_MIX}, .order = shuffle,
};
const gb_filter gb_filter_roll = {
    .name = "roll", .summary = "every feature map moved on by some channels, the last ones to the front", .params = 2,
    .positional = 1,
    .param = {{"by", "channels to move on by, negative = back", 1.0f, -16777216.0f, 16777216.0f, true, NULL}, GB_MIX},
    .order = roll,
};
