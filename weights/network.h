/* A network as a .gbw holds it: typed metadata, tensors under canonical names, aliases of the origin. Adapters make
 * one from a checkpoint, gbw_write() writes it, gbw_open() gives it back. The keys are listed in docs/format.md. */
#ifndef GB_WEIGHTS_NETWORK_H
#define GB_WEIGHTS_NETWORK_H

#include "array.h"

typedef enum gb_meta_type {
    GB_META_INT = 1, GB_META_FLOAT = 2, GB_META_BOOL = 3, GB_META_STR = 4,
    GB_META_INTS = 5, GB_META_FLOATS = 6, GB_META_STRS = 7,
} gb_meta_type;

typedef struct gb_meta {
    const char *key;
    gb_meta_type type;
    size_t count;               /* 1, or the length of a list */
    union {
        const int64_t *ints;    /* INT, INTS and BOOL (0 or 1) */
        const double *floats;
        const char *const *strs;
    };
} gb_meta;

typedef struct gb_alias { const char *alias, *canonical; } gb_alias;

typedef struct gb_network gb_network;

/* At most so many entries of each kind, so that no file can make lookups slow; names have at most so many bytes. */
enum { GB_NETWORK_ENTRIES = 16384, GB_NETWORK_NAME = 255 };

gb_network *gb_network_new(void);       /* NULL when memory is out, as all makers here */
void gb_network_free(gb_network *n);

/* Setters copy what they are given (arrays' data excepted: see below); setting a key or tensor again replaces it, in
 * its place. False (or NULL) when memory is out or a limit above is passed. What the getters point to stays until the
 * next entry of its kind is set. */
bool gb_network_set_int(gb_network *n, const char *key, int64_t v);
bool gb_network_set_float(gb_network *n, const char *key, double v);
bool gb_network_set_bool(gb_network *n, const char *key, bool v);
bool gb_network_set_str(gb_network *n, const char *key, const char *v);
bool gb_network_set_ints(gb_network *n, const char *key, const int64_t *v, size_t count);
bool gb_network_set_floats(gb_network *n, const char *key, const double *v, size_t count);
bool gb_network_set_strs(gb_network *n, const char *key, const char *const *v, size_t count);
bool gb_network_add_alias(gb_network *n, const char *alias, const char *canonical);
/* A tensor by view: a->data must outlive the network. */
bool gb_network_add_array(gb_network *n, const char *name, const gb_array *a);
/* A tensor by value: room for shape's product of float32, owned by the network, zeroed; NULL when memory is out. */
float *gb_network_add_f32(gb_network *n, const char *name, int ndim, const int64_t *shape);
/* What a person should know of the conversion: "found …", "made up …". */
bool gb_network_note(gb_network *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

const gb_meta *gb_network_meta(const gb_network *n, const char *key);       /* NULL where absent */
int64_t gb_network_int(const gb_network *n, const char *key, int64_t otherwise);
double gb_network_float(const gb_network *n, const char *key, double otherwise);
bool gb_network_bool(const gb_network *n, const char *key, bool otherwise);
const char *gb_network_str(const gb_network *n, const char *key, const char *otherwise);
const gb_array *gb_network_array(const gb_network *n, const char *name);    /* NULL where absent; lookup is fast */

size_t gb_network_metas(const gb_network *n, const gb_meta **list);
size_t gb_network_arrays(const gb_network *n, const gb_named_array **list);
size_t gb_network_aliases(const gb_network *n, const gb_alias **list);
size_t gb_network_notes(const gb_network *n, const char *const **list);

/* One zeroed block that lives and dies with the network, for whoever opened it (gbw.c keeps its checksums there); NULL
 * when memory is out, or where there is none. */
void *gb_network_set_attachment(gb_network *n, size_t size);
const void *gb_network_attachment(const gb_network *n);

#endif
