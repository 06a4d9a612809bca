/* Plans that a session on a device made for other sets of bends. If the bends become the same again, the plan is used
 * again, and with it the launches that were captured for it. */
#ifndef GB_ENGINE_EARLIER_H
#define GB_ENGINE_EARLIER_H

#include "engine/bend/bent.h"
#include "plan.h"

enum { GB_MAX_EARLIER = 3 };

typedef struct gb_earlier_plan {
    gb_bent *bent;              /* NULL = free */
    gb_plan *plan;
    gb_kept *kept;              /* per node: buffers of boundaries that the next set of bends did not have */
    uint64_t used;              /* when: the least recently used makes room for another */
} gb_earlier_plan;

typedef struct gb_earlier {
    gb_earlier_plan list[GB_MAX_EARLIER];
    uint64_t uses;
} gb_earlier;

/* The place for a plan that is no longer current: emptied. */
gb_earlier_plan *gb_earlier_room(gb_earlier *earlier, const gb_cpu *cpu);
/* The first plan from position *from on that was made for a graph with as many nodes and bends, or NULL; *from becomes the
 * position after it. */
gb_earlier_plan *gb_earlier_next(gb_earlier *earlier, const gb_bent *like, int *from);
/* Frees what `of` still has. */
void gb_earlier_empty(gb_earlier_plan *of, const gb_cpu *cpu);
void gb_earlier_clear(gb_earlier *earlier, const gb_cpu *cpu);
/* The most memory that one of the plans needs in the arena. */
size_t gb_earlier_arena_bytes(const gb_earlier *earlier);

#endif
