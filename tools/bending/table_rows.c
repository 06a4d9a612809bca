/* Parses and prints the rows of the tables of filters and activations. */
#include "table_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/json_output.h"

const row_family filter_rows = {"filter", "filters", gb_filter_row};
const row_family activation_rows = {"activation", "activations", gb_activation_row};

enum { WORD_ROOM = 96, MAX_ROWS = 256 };

static bool is_named(const gb_table_row *row, const char *name) {
    return !strcmp(row->name, name) || (row->alias && !strcmp(row->alias, name));
}

gb_status find_row(const row_family *family, const char *name, gb_table_row *row, gb_error *err) {
    const char *names[2 * MAX_ROWS], *near;
    size_t count = 0;
    for (size_t i = 0; i < MAX_ROWS && family->at(i, row); i++) {
        if (is_named(row, name)) return GB_OK;
        names[count++] = row->name;
        if (row->alias) names[count++] = row->alias;
    }
    near = nearest_name(name, names, count, sizeof *names);
    return near ? state(err, GB_BAD_ARGUMENT, "unknown %s '%s'; did you mean '%s'? ('ganbend %s' lists them)", family->one,
                        name, near, family->many)
                : state(err, GB_BAD_ARGUMENT, "unknown %s '%s'; 'ganbend %s' lists them", family->one, name,
                        family->many);
}

/* ------------------------------------------------------------------------------------------------ parameters */

int find_param(const gb_table_row *row, const char *name) {
    for (int i = 0; i < row->max_params; i++)
        if (!strcmp(row->param[i].name, name)) return i;
    return -1;
}

static gb_status no_param(const gb_table_row *row, const char *name, gb_error *err) {
    char list[400] = "";
    for (int i = 0; i < row->max_params; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", row->param[i].name);
    }
    return *list ? state(err, GB_BAD_ARGUMENT, "%s has no parameter '%s'; it has %s", row->name, name, list)
                 : state(err, GB_BAD_ARGUMENT, "%s has no parameter '%s'; it has no parameters", row->name, name);
}

/* A number in the parameter's range, or the name of one of its choices. */
static gb_status read_value(const gb_table_row *row, const gb_param_info *p, const char *text, float *value,
                            gb_error *err) {
    char *end;
    double x;
    for (int i = 0; p->choices && p->choices[i]; i++)
        if (!strcmp(p->choices[i], text)) {
            *value = (float)i;
            return GB_OK;
        }
    x = strtod(text, &end);
    if (p->choices) {
        char list[200] = "";
        for (int i = 0; p->choices[i]; i++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", p->choices[i]);
        }
        return state(err, GB_BAD_ARGUMENT, "%s: %s takes one of %s, not '%s'", row->name, p->name, list, text);
    }
    if (end == text || *end || !(x >= (double)p->low && x <= (double)p->high))
        return state(err, GB_BAD_ARGUMENT, "%s: %s takes a number from %g to %g, not '%s'", row->name, p->name,
                     (double)p->low, (double)p->high, text);
    if (p->integer && x != floor(x))
        return state(err, GB_BAD_ARGUMENT, "%s: %s takes a whole number, not '%s'", row->name, p->name, text);
    *value = (float)x;
    return GB_OK;
}

gb_status read_param(const gb_table_row *row, const char *word, float params[ROW_PARAMS], int *next, int *count,
                     gb_error *err) {
    const char *equals = strchr(word, '=');
    int at = *next;
    if (equals) {
        char name[WORD_ROOM];
        snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
        at = find_param(row, name);
        if (at < 0) return no_param(row, name, err);
    } else if (at >= row->positional) {
        return state(err, GB_BAD_ARGUMENT, "%s takes %d value%s without a name; give '%s' as NAME=%s", row->name,
                     row->positional, row->positional == 1 ? "" : "s", word, word);
    }
    if (read_value(row, &row->param[at], equals ? equals + 1 : word, &params[at], err)) return err->status;
    *next = at + 1;
    if (*next > *count) *count = *next;
    return GB_OK;
}

gb_status read_row(const row_family *family, const char *text, gb_table_row *row, float params[ROW_PARAMS], int *count,
                   gb_error *err) {
    char word[WORD_ROOM];
    int next = 0;
    *count = 0;
    for (const char *start = text; start; ) {
        size_t length = strcspn(start, ",");
        if (length >= sizeof word) return state(err, GB_BAD_ARGUMENT, "'%.40s…' is longer than %d bytes", start,
                                                   (int)sizeof word - 1);
        memcpy(word, start, length);
        word[length] = '\0';
        if (start == text) {
            if (find_row(family, word, row, err)) return err->status;
            for (int i = 0; i < row->max_params; i++) params[i] = row->param[i].default_value;
        } else if (read_param(row, word, params, &next, count, err)) {
            return err->status;
        }
        start = start[length] ? start + length + 1 : NULL;
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ printing */

/* A parameter's value as a number or the name of a choice. */
static const char *value_text(const gb_param_info *p, float value, char text[WORD_ROOM]) {
    int choice = (int)fminf(fmaxf(value, 0), 100), count = 0;
    while (p->choices && p->choices[count]) count++;
    if (choice < count) snprintf(text, WORD_ROOM, "%s", p->choices[choice]);
    else snprintf(text, WORD_ROOM, "%g", (double)value);
    return text;
}

void label_row(const gb_table_row *row, const float *params, int count, char *text, size_t size) {
    char value[WORD_ROOM];
    snprintf(text, size, "%s", row->name);
    for (int i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, " %s=%s", row->param[i].name, value_text(&row->param[i], params[i], value));
    }
}

/* "-1 to 1, integer", "zeros, edge, reflect or wrap", "any number". */
static void range_text(const gb_param_info *p, char *text, size_t size) {
    /* Larger limits only keep the arithmetic finite. */
    bool low = p->low > -1e5f, high = p->high < 1e5f;
    *text = '\0';
    if (p->choices) {
        for (int i = 0; p->choices[i]; i++) {
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s", !i ? "" : p->choices[i + 1] ? ", " : " or ", p->choices[i]);
        }
        return;
    }
    if (low && high) snprintf(text, size, "%g to %g", (double)p->low, (double)p->high);
    else if (low) snprintf(text, size, "%g and up", (double)p->low);
    else if (high) snprintf(text, size, "up to %g", (double)p->high);
    else snprintf(text, size, "any %s", p->integer ? "integer" : "number");
    if (p->integer && (low || high)) snprintf(text + strlen(text), size - strlen(text), ", integer");
}

void print_row(const gb_table_row *row) {
    printf("%s: %s\n", row->name, row->summary);
    if (row->alias) printf("also called %s\n", row->alias);
    if (row->max_params) printf("\n  %-12s %-10s %-32s %s\n", "parameter", "default", "range", "meaning");
    for (int i = 0; i < row->max_params; i++) {
        const gb_param_info *p = &row->param[i];
        char value[WORD_ROOM], range[200];
        range_text(p, range, sizeof range);
        printf("  %-12s %-10s %-32s %s\n", p->name, i < row->param_count ? value_text(p, p->default_value, value) : "none",
               range, p->summary);
    }
    if (row->positional) {
        printf("\nThe first %d can be given without names: %s", row->positional, row->name);
        for (int i = 0; i < row->positional && i < row->param_count; i++) {
            char value[WORD_ROOM];
            printf(",%s", value_text(&row->param[i], row->param[i].default_value, value));
        }
        printf("\n");
    }
}

void print_rows(const row_family *family) {
    gb_table_row row;
    for (size_t i = 0; family->at(i, &row); i++) {
        char names[200] = "";
        for (int k = 0; k < row.param_count; k++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", row.param[k].name);
        }
        printf("%-12s %s%s%s%s\n", row.name, row.summary, *names ? "  [" : "", names, *names ? "]" : "");
    }
    printf("\n'ganbend %s NAME' shows the parameters of NAME.\n", family->many);
}

void print_rows_markdown(const row_family *family, const char *name) {
    gb_table_row row;
    bool first = true;
    for (size_t i = 0; family->at(i, &row); i++) {
        if (name && !is_named(&row, name)) continue;
        if (!first) printf("\n");
        first = false;
        printf("#### %s\n\n%s.", row.name, row.summary);
        if (row.alias) printf(" Also called `%s`.", row.alias);
        printf("\n");
        if (row.max_params) printf("\n| parameter | default | range | meaning |\n| --- | --- | --- | --- |\n");
        for (int k = 0; k < row.max_params; k++) {
            const gb_param_info *p = &row.param[k];
            char value[WORD_ROOM], range[200];
            range_text(p, range, sizeof range);
            printf("| `%s` | %s | %s | %s |\n", p->name, k < row.param_count ? value_text(p, p->default_value, value) : "none",
                   range, p->summary);
        }
    }
}

/* Keys are those of gb_param_info. A parameter past param_count has no default value. */
static json_t *param_json(const gb_param_info *p, bool has_default) {
    json_t *choices = p->choices ? json_array() : json_null();
    for (int i = 0; p->choices && p->choices[i]; i++) json_array_append_new(choices, json_string(p->choices[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:o}", "name", p->name, "summary", p->summary, "default_value",
                     has_default ? json_number((double)p->default_value) : json_null(), "low", json_number((double)p->low), "high",
                     json_number((double)p->high), "integer", (int)p->integer, "choices", choices);
}

/* Keys are those of gb_table_row. */
static json_t *row_json(const gb_table_row *row) {
    json_t *params = json_array();
    for (int i = 0; params && i < row->max_params; i++)
        json_array_append_new(params, param_json(&row->param[i], i < row->param_count));
    return json_pack("{s:s, s:s?, s:s, s:i, s:i, s:i, s:o}", "name", row->name, "alias", row->alias, "summary",
                     row->summary, "param_count", row->param_count, "max_params", row->max_params, "positional",
                     row->positional, "params", params);
}

gb_status print_rows_json(const row_family *family, const char *name, gb_error *err) {
    json_t *list = json_array();
    gb_table_row row;
    for (size_t i = 0; list && family->at(i, &row); i++)
        if (!name || is_named(&row, name)) json_array_append_new(list, row_json(&row));
    return write_json(list, 7, err);
}
