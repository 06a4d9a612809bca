/* Making values for a pickle. */
#include "pickle_reader.h"

gb_value *gb_pickle_full(gb_pickle *p) {
    gb_arena_full(p->arena, p->why);
    return NULL;
}

gb_value *gb_pickle_new(gb_pickle *p, gb_value_kind kind) {
    gb_value *v = gb_value_new(p->arena, kind);
    return v ? v : gb_pickle_full(p);
}
