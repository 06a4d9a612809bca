/* A network as a .gbw holds it: typed metadata, tensors under canonical names, and the names that the original code used,
 * as aliases. Adapters make one from a checkpoint, gbw_write() writes it, gbw_open() reads it. docs/format.md lists the
 * keys. */
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

/* Limits on the entries of each kind, so that no file can make lookups slow, and on the bytes of a name. */
enum { GB_NETWORK_ENTRIES = 16384, GB_NETWORK_NAME = 255 };

gb_network *gb_network_new(void);       /* NULL if out of memory, like everything here that allocates */
/* One more holder: gb_network_free() has to be called once more. Not while another thread uses the network. */
void gb_network_retain(gb_network *n);
void gb_network_free(gb_network *n);

/* Setters copy their arguments (except the data of arrays: see below); setting a key or tensor again replaces it and
 * keeps its position. False (or NULL) if out of memory or beyond a limit above. Pointers from getters are valid until the
 * next entry of that kind is set. */
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
/* A tensor that the network owns: float32 zeros for every element of the shape, to be filled in. NULL if out of memory. */
float *gb_network_add_f32(gb_network *n, const char *name, int ndim, const int64_t *shape);
/* Adds a line that `convert` prints: "found …", "no stored noise maps …". */
bool gb_network_note(gb_network *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

const gb_meta *gb_network_meta(const gb_network *n, const char *key);       /* NULL if absent */
int64_t gb_network_int(const gb_network *n, const char *key, int64_t default_value);
double gb_network_float(const gb_network *n, const char *key, double default_value);
bool gb_network_bool(const gb_network *n, const char *key, bool default_value);
const char *gb_network_str(const gb_network *n, const char *key, const char *default_value);
const gb_array *gb_network_array(const gb_network *n, const char *name);    /* NULL if absent; hashed */

size_t gb_network_metas(const gb_network *n, const gb_meta **list);
size_t gb_network_arrays(const gb_network *n, const gb_named_array **list);
size_t gb_network_aliases(const gb_network *n, const gb_alias **list);
size_t gb_network_notes(const gb_network *n, const char *const **list);

/* A zeroed block that is freed with the network, for the code that opened it (gbw.c keeps its checksums there). The first
 * returns NULL if out of memory, the second NULL if there is no block. */
void *gb_network_set_attachment(gb_network *n, size_t size);
const void *gb_network_attachment(const gb_network *n);

#endif
