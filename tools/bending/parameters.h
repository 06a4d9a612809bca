/* Parameters that sweep and animate change between renders, by name: named parameters of recipes, parameters of the single
 * bend given by options, and "trunc". */
#ifndef GANBEND_TOOLS_PARAMETERS_H
#define GANBEND_TOOLS_PARAMETERS_H

#include "recipes.h"
#include "single_bend.h"

typedef struct parameters {
    bending *bending;
    single *single;             /* NULL or not given: no single bend */
    gb_bend bend;               /* `single` in the session */
    int cutoff;                 /* of the truncation */
    double psi;
    bool psi_set;
} parameters;

/* GB_BAD_ARGUMENT if there is no parameter of that name; the message lists those that there are. */
gb_status find_parameter(const parameters *k, const char *name, gb_error *err);
/* Integer parameters are rounded. Takes effect at apply_parameters(), which is called after apply_inputs(). */
gb_status set_parameter(parameters *k, const char *name, double value, gb_error *err);
gb_status apply_parameters(parameters *k, gb_session *session, gb_error *err);

/* Parses "angle=0:90:45": a name and `min` to KEYS_ROOM numbers. */
enum { KEYS_ROOM = 64 };
typedef struct parameter_keys {
    char name[PARAM_NAME_ROOM];
    double values[KEYS_ROOM];
    int count;
} parameter_keys;
bool parse_keys(const char *text, int min, parameter_keys *keys);

#endif
