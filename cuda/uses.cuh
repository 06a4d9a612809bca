/* Several steps in one launch: their kernel finds in a table in the parameter block what each of them reads. The blocks of
 * a step are next to each other along the grid's x. A launch for one step has its entry as a parameter. */
#ifndef GB_CUDA_USES_CUH
#define GB_CUDA_USES_CUH

#include <string.h>

#include "cuda/stream.cuh"

template <class T> struct gb_uses {
    T only;                     /* if count is 1 */
    const T *all;               /* entries have a member first_block and are in its order */
    int count;
};

/* The entry of this block's step; *block is the number of the block in the step. */
template <class T> __device__ static inline T gb_use_of_block(const gb_uses<T> &uses, int *block) {
    int low = 0, high = uses.count - 1;
    *block = (int)blockIdx.x;
    if (high == 0)
        return uses.only;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (uses.all[middle].first_block <= (int)blockIdx.x)
            low = middle;
        else
            high = middle - 1;
    }
    *block -= uses.all[low].first_block;
    return uses.all[low];
}

/* The table of `count` steps: entry(i, &blocks) returns the entry of step i and sets the number of its blocks. *blocks
 * becomes their sum. */
template <class T, class F> gb_uses<T> gb_live_uses(const gb_cpu *cpu, int count, F entry, int *blocks) {
    gb_uses<T> uses;
    void *to = NULL;
    memset((void *)&uses, 0, sizeof uses);
    uses.count = count;
    if (count > 1)
        uses.all = (const T *)gb_live_space(cpu->stream, sizeof(T) * (size_t)count, &to);
    *blocks = 0;
    for (int i = 0; i < count; i++) {
        int own = 0;
        T use = entry(i, &own);
        use.first_block = *blocks;
        *blocks += own;
        if (count == 1)
            uses.only = use;
        else if (to)
            memcpy((char *)to + sizeof(T) * (size_t)i, &use, sizeof use);
    }
    return uses;
}

#endif
