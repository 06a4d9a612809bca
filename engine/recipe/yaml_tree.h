/* A YAML document as a checked tree: scalars, lists and maps with their positions in the text. Untrusted files are
 * read, so other features of YAML are restricted: tags are refused, aliases are copied and count against the limits,
 * keys are unique scalars, and there is only one document. */
#ifndef GB_ENGINE_YAML_TREE_H
#define GB_ENGINE_YAML_TREE_H

#include "engine/ganbend.h"
#include "weights/arena.h"

enum { GB_YAML_MAX_SIZE = 4 << 20 };    /* bytes; network-bending's cluster files of large networks have 500 kB */

typedef enum gb_yaml_kind { GB_YAML_SCALAR, GB_YAML_LIST, GB_YAML_MAP } gb_yaml_kind;

typedef struct gb_yaml gb_yaml;
struct gb_yaml {
    gb_yaml_kind kind;
    int line, column;           /* from 1 */
    const char *text;           /* of a scalar */
    bool plain;                 /* without quotes */
    int count;                  /* of items or keys */
    gb_yaml *first;             /* item, or key */
    gb_yaml *next;              /* the item or key after this one */
    gb_yaml *value;             /* of a key */
    const char *written;        /* the text in the document if a modulator has changed `text`, else NULL */
    bool added;                 /* a key that a modulator has added: not in the document */
};

/* The tree is allocated in `arena`. NULL on failure, with "name:line:column: message" in err. */
gb_yaml *gb_yaml_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_error *err);

gb_yaml *gb_yaml_get(const gb_yaml *map, const char *key);      /* its value, or NULL */
/* "a list", "a map", "'text'": describes a node for messages. */
const char *gb_yaml_describe(const gb_yaml *node, char *buffer, size_t size);
bool gb_yaml_is_null(const gb_yaml *node);                      /* the scalar "", "~" or "null" */
/* The scalar as a number, independent of the locale; infinity is ".inf". False for anything else. */
bool gb_yaml_number(const gb_yaml *node, double *number);
bool gb_yaml_integer(const gb_yaml *node, int64_t low, int64_t high, int64_t *number);

/* Reads a decimal integer at the start of `text`; returns a pointer behind it, or NULL. */
const char *gb_yaml_digits(const char *text, int64_t *number);

#endif
