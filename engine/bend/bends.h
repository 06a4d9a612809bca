/* Bends as a session stores them: the options, the nodes on which a bend acts, and the parameters that its operations
 * read while they run. */
#ifndef GB_ENGINE_BENDS_H
#define GB_ENGINE_BENDS_H

#include "engine/graph/graph.h"
#include "ops/bends/filters.h"

/* One node of the model's graph on which a bend acts. */
typedef struct gb_bend_place {
    gb_node node;
    int *feature;               /* ascending channels, or NULL = all */
    int features;
    uint8_t *channels;          /* the same as flags [C], or NULL */
    int16_t *index;             /* PAINT: [H,W] */
    gb_shared_value *noise_map; /* NOISE with `reseed` */
    union {
        gb_filter_live filter;
        gb_paint_live paint;
        gb_set_live set;
        gb_truncate_live truncate;
        gb_callback_live callback;
    } live;
    gb_callback_values values;  /* CALLBACK: its argument */
    const gb_bend_options *options;
} gb_bend_place;

/* The inputs of the copy of the mapping network that a STYLE bend adds. */
typedef struct gb_bend_style {
    gb_node z, label;           /* of the model's graph; label = GB_NO_NODE: use the image's label */
    gb_shared_value *z_value, *label_value;
    gb_truncate_live truncate;  /* if the options have set_psi */
} gb_bend_style;

/* An immutable bend, shared between a session's settings and the copy that a transaction keeps. */
typedef struct gb_bend_entry {
    int references;
    gb_bend id;
    uint64_t version;
    uint64_t action_hash;       /* of its place and operation */
    uint64_t content_hash;      /* of its place, operation and parameters */
    gb_bend_options options;    /* with copies of everything that it points to */
    const gb_filter *filter;
    int activation;
    float params[GB_MAX_PARAMS];
    int param_count;
    gb_bend_style style;
    gb_bend_place *places;
    int place_count;
} gb_bend_entry;

typedef struct gb_bend_list {
    gb_bend_entry **entries;    /* by ascending id */
    int count, room;
    int place_count;            /* of all entries */
} gb_bend_list;

/* The pixel of a mask [mask_h, mask_w] that a layer of this shape has at (y, x): nearest neighbour. */
static inline int16_t gb_mask_pixel(const int16_t *mask, int mask_h, int mask_w, const gb_shape *s, int y, int x) {
    return mask[(size_t)((int64_t)y * mask_h / s->h) * (size_t)mask_w + (size_t)((int64_t)x * mask_w / s->w)];
}

/* k×k blocks with one pixel between them, starting at the corner; as in the published code, blocks that would touch or cross
 * the opposite edge are left out. */
static inline bool gb_on_grid(int at, int size, int k) {
    int start = at / (k + 1) * (k + 1);
    return at - start < k && start < size - k;
}

void gb_bend_release(gb_bend_entry *entry);
/* `to` is emptied first. */
bool gb_bend_list_copy(gb_bend_list *to, const gb_bend_list *from);
/* True if both lists hold the same entries. */
bool gb_bend_list_same(const gb_bend_list *a, const gb_bend_list *b);
void gb_bend_list_clear(gb_bend_list *list);
/* The position of a bend, or -1. */
int gb_bend_list_find(const gb_bend_list *list, gb_bend bend);
/* Removes the bends `first` to `end` - 1. */
void gb_bend_list_remove(gb_bend_list *list, int first, int end);

/* marks.c: sets the hashes of an entry whose places are complete. */
void gb_bend_hash(gb_bend_entry *entry, const gb_graph *base);

#endif
