/* What the PAINT steps of an applied recipe paint: the vector of each pixel of each layer, and the vectors' names. */
#include <string.h>

#include "recipe.h"

/* The entry of the k-th bend that the recipe added to the session, or NULL if it was removed. */
static const gb_bend_entry *entry_of(const gb_recipe *recipe, const gb_session *session, int k) {
    int at = gb_bend_list_find(&session->now.bends, recipe->applied.bends[k].id);
    return at < 0 ? NULL : session->now.bends.entries[at];
}

bool gb_recipe_painted(const gb_recipe *recipe, const gb_session *session, size_t index, gb_painted *painted) {
    *painted = (gb_painted){.node = GB_NO_NODE, .name = ""};
    if (recipe->session != session || recipe->session_number != session->number)
        return false;
    for (int k = 0; k < recipe->applied.count; k++) {
        int step = recipe->applied.bends[k].step;
        const gb_bend_entry *entry = recipe->steps[step].kind == GB_STEP_PAINT ? entry_of(recipe, session, k) : NULL;
        for (int i = 0; entry && i < entry->place_count; i++) {
            const gb_bend_place *place = &entry->places[i];
            const gb_graph_node *node = &session->graph->nodes[place->node];
            if (index--)
                continue;
            *painted = (gb_painted){place->node, node->name, (int)node->shape[1], (int)node->shape[2], step,
                                    entry->options.vector_count, place->index};
            return true;
        }
    }
    return false;
}

/* Counts the vectors as gb_recipe_paint_read() numbers them: each name once, in the order of the colours, `other` last. */
const char *gb_recipe_vector_name(const gb_recipe *recipe, int step, int vector) {
    if (step < 0 || step >= recipe->step_count || recipe->steps[step].kind != GB_STEP_PAINT)
        return NULL;
    const gb_recipe_step *s = &recipe->steps[step];
    int number = 0;
    if (!s->mask)
        return vector ? NULL : s->vector;
    for (int i = 0; i <= s->colour_count; i++) {
        const char *name = i < s->colour_count ? s->colours[i].vector : s->has_other ? s->other : NULL;
        bool again = false;
        for (int j = 0; j < i && name && !again; j++)
            again = s->colours[j].vector && !strcmp(s->colours[j].vector, name);
        if (name && !again && number++ == vector)
            return name;
    }
    return NULL;
}
