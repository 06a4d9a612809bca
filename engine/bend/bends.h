/* Bends as a session keeps them: what was asked for, where it sits, and what the operations read while they run. */
#ifndef GB_ENGINE_BENDS_H
#define GB_ENGINE_BENDS_H

#include "ops/bends/filters.h"
#include "engine/graph/graph.h"

/* One node of the model's graph that a bend sits on. */
typedef struct gb_bend_site {
    gb_node node;
    int *feature;               /* ascending channels, or NULL = all */
    int features;
    uint8_t *channels;          /* the same as flags [C], or NULL */
    int16_t *index;             /* PAINT: [H,W] */
    gb_given *noise_map;        /* NOISE with another seed */
    union {
        gb_filter_live filter;
        gb_paint_live paint;
        gb_set_live set;
        gb_truncate_live truncate;
        gb_callback_live callback;
    } live;
    gb_callback_values values;      /* CALLBACK: what it is handed */
    const gb_bend_options *options;
} gb_bend_site;

/* What a STYLE bend draws: inputs of the network for the way from z to w that it gets of its own. */
typedef struct gb_bend_style {
    gb_node z, label;           /* of the model's graph; label = GB_NO_NODE where the image's is taken */
    gb_given *z_value, *label_value;
    gb_truncate_live truncate;  /* where the options say set_psi */
} gb_bend_style;

/* Shared between a session's settings and the copy a transaction keeps; changed by replacing it. */
typedef struct gb_bend_entry {
    int users;
    gb_bend id;
    uint64_t version;
    uint64_t place, content;    /* hashes of where it acts by which operation, and of everything that it does */
    gb_bend_options options;    /* pointers are this entry's own copies */
    const gb_filter *filter;
    int activation;
    float params[GB_MAX_PARAMS];
    int param_count;
    gb_bend_style style;
    gb_bend_site *sites;
    int site_count;
} gb_bend_entry;

typedef struct gb_bend_list {
    gb_bend_entry **entries;    /* by ascending id */
    int count, room;
    int places;                 /* sites of all entries */
} gb_bend_list;

/* The pixel of a mask [mask_h, mask_w] that a layer of this shape has at (y, x): nearest neighbour. */
static inline int16_t gb_mask_pixel(const int16_t *mask, int mask_h, int mask_w, const gb_shape *s, int y, int x) {
    return mask[(size_t)((int64_t)y * mask_h / s->h) * (size_t)mask_w + (size_t)((int64_t)x * mask_w / s->w)];
}

void gb_bend_release(gb_bend_entry *entry);
/* `to` is emptied first. */
bool gb_bend_list_copy(gb_bend_list *to, const gb_bend_list *from);
/* True where both hold the very same entries. */
bool gb_bend_list_same(const gb_bend_list *a, const gb_bend_list *b);
void gb_bend_list_clear(gb_bend_list *list);
/* The position of a bend, or -1. */
int gb_bend_list_find(const gb_bend_list *list, gb_bend bend);
/* Takes away the bends from `first` to before `end`. */
void gb_bend_list_remove(gb_bend_list *list, int first, int end);

/* marks.c: sets the hashes of an entry whose sites are complete. */
void gb_bend_hash(gb_bend_entry *entry, const gb_graph *base);

#endif
