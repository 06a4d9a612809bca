/* Plans for earlier sets of bends, see earlier.h. */
#include "earlier.h"

#include <stdlib.h>

#include "engine/graph/device_memory.h"

void gb_earlier_empty(gb_earlier_plan *of, const gb_cpu *cpu) {
    for (gb_node i = 0; of->kept && i < of->bent->graph.count; i++)
        gb_memory_free(cpu, of->kept[i].data);
    free(of->kept);
    gb_plan_free(of->plan);
    gb_bent_free(of->bent);
    *of = (gb_earlier_plan){.bent = NULL};
}

gb_earlier_plan *gb_earlier_room(gb_earlier *earlier, const gb_cpu *cpu) {
    gb_earlier_plan *oldest = &earlier->list[0];
    for (int i = 1; i < GB_MAX_EARLIER; i++)
        if (oldest->bent && (!earlier->list[i].bent || earlier->list[i].used < oldest->used))
            oldest = &earlier->list[i];
    if (oldest->bent)
        gb_earlier_empty(oldest, cpu);
    oldest->used = ++earlier->uses;
    return oldest;
}

gb_earlier_plan *gb_earlier_next(gb_earlier *earlier, const gb_bent *like, int *from) {
    while (*from < GB_MAX_EARLIER) {
        gb_earlier_plan *e = &earlier->list[(*from)++];
        if (e->bent && e->bent->graph.count == like->graph.count && e->bent->bends.count == like->bends.count)
            return e;
    }
    return NULL;
}

void gb_earlier_clear(gb_earlier *earlier, const gb_cpu *cpu) {
    for (int i = 0; i < GB_MAX_EARLIER; i++)
        if (earlier->list[i].bent)
            gb_earlier_empty(&earlier->list[i], cpu);
}

size_t gb_earlier_arena_bytes(const gb_earlier *earlier) {
    size_t most = 0;
    for (int i = 0; i < GB_MAX_EARLIER; i++)
        if (earlier->list[i].plan && earlier->list[i].plan->arena_bytes > most)
            most = earlier->list[i].plan->arena_bytes;
    return most;
}
