/* Finds, sets and applies parameters by name. */
#include "parameters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int single_param(const parameters *k, const char *name) {
    bool has_params = k->single && k->single->given && k->single->bend.kind != GB_BEND_DISABLE;
    return has_params ? find_param(&k->single->row, name) : -1;
}

gb_status find_parameter(const parameters *k, const char *name, gb_error *err) {
    gb_recipe_param param;
    char list[300] = "trunc";
    if (find_bending_param(k->bending, name, &param) || single_param(k, name) >= 0 || !strcmp(name, "trunc"))
        return GB_OK;
    for (size_t i = 0; i < k->bending->count; i++)
        for (size_t j = 0; gb_recipe_param_at(k->bending->recipes[i], j, &param); j++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, ", %s", param.name);
        }
    for (int i = 0; k->single && k->single->given && i < k->single->row.max_params; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, ", %s", k->single->row.param[i].name);
    }
    return state(err, GB_BAD_ARGUMENT, "unknown parameter '%s'; expected one of %s", name, list);
}

gb_status set_parameter(parameters *k, const char *name, double value, gb_error *err) {
    gb_recipe_param param;
    int at;
    if (find_bending_param(k->bending, name, &param)) return set_bending_param(k->bending, name, value, err);
    at = single_param(k, name);
    if (at < 0) {
        k->psi = value;
        k->psi_set = true;
        return GB_OK;
    }
    if (k->single->row.param[at].integer || k->single->row.param[at].choices) value = floor(value + 0.5);
    k->single->params[at] = (float)value;
    if (at >= k->single->count) k->single->count = at + 1;
    return GB_OK;
}

gb_status apply_parameters(parameters *k, gb_session *session, gb_error *err) {
    if (update_bending(k->bending, session, err)) return err->status;
    if (k->bend && k->single->count &&
        gb_session_set_bend_params(session, k->bend, k->single->params, k->single->count, err))
        return err->status;
    return k->psi_set ? gb_session_truncate(session, (float)k->psi, k->cutoff, err) : GB_OK;
}

bool parse_keys(const char *text, int min, parameter_keys *keys) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals - text >= PARAM_NAME_ROOM) return false;
    memcpy(keys->name, text, (size_t)(equals - text));
    keys->name[equals - text] = '\0';
    keys->count = 0;
    for (const char *at = equals; at; ) {
        char *end;
        double value = strtod(at + 1, &end);
        if (end == at + 1 || (*end && *end != ':') || !isfinite(value) || keys->count == KEYS_ROOM) return false;
        keys->values[keys->count++] = value;
        at = *end ? end : NULL;
    }
    return keys->count >= min;
}
