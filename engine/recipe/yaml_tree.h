/* A YAML document as a checked tree: scalars, lists and maps with their places in the text. What YAML has beyond that
 * is left out where files of strangers are read: tags are refused, aliases are copies and count against the limits,
 * keys are scalars that occur once, and there is one document. */
#ifndef GB_ENGINE_YAML_TREE_H
#define GB_ENGINE_YAML_TREE_H

#include "weights/arena.h"
#include "engine/ganbend.h"

enum { GB_YAML_MOST_SIZE = 4 << 20 };   /* bytes; network-bending's clusters of large networks have half a million */

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
};

/* The tree lies in `arena`. NULL leaves "name:line:column: what is wrong" in err. */
gb_yaml *gb_yaml_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_error *err);

gb_yaml *gb_yaml_get(const gb_yaml *map, const char *key);      /* its value, or NULL */
/* "a list", "a map", "'text'": what was found where something else is wanted. */
const char *gb_yaml_what(const gb_yaml *node, char *buffer, size_t size);
bool gb_yaml_is_null(const gb_yaml *node);                      /* the scalar "", "~" or "null" */
/* The whole scalar as a number, with the point of every locale a '.'; infinity is ".inf". False for anything else. */
bool gb_yaml_number(const gb_yaml *node, double *number);
bool gb_yaml_whole(const gb_yaml *node, int64_t low, int64_t high, int64_t *number);

/* Reads a whole number from the beginning of `text`; returns what follows it, or NULL. */
const char *gb_yaml_digits(const char *text, int64_t *number);

#endif
