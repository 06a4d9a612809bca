/* Values that a recipe sets at a boundary or adds to it: single values by index, a file, or an image. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "recipe.h"

enum { MAX_INDEX = UINT16_MAX };

/* ------------------------------------------------------------------------------------------------ reading */

static gb_status read_indexed(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    size_t count = (size_t)map->count;
    int *index;
    float *value;
    gb_status status = count ? GB_OK : gb_recipe_fail(recipe, map, err, "no values");
    if (!status)
        status = gb_recipe_alloc(recipe, count * sizeof *index, (void **)&index, err);
    if (!status)
        status = gb_recipe_alloc(recipe, count * sizeof *value, (void **)&value, err);
    for (const gb_yaml *key = map->first; key && !status; key = key->next) {
        int64_t at = 0;
        double number = 0;
        status = gb_recipe_integer(recipe, key, "the index", 0, MAX_INDEX, &at, err);
        if (!status)
            status = gb_recipe_number(recipe, key->value, "the value", -1e30, 1e30, &number, err);
        for (int i = 0; i < step->values && !status; i++)
            if (index[i] == at)         /* "3" and "03" are different keys */
                status = gb_recipe_fail(recipe, key, err, "duplicate index %lld", (long long)at);
        if (status)
            break;
        index[step->values] = (int)at;
        value[step->values++] = (float)number;
        step->index = index;
        step->value = value;
    }
    return status;
}

static gb_status read_image(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err) {
    static const char *const keys[] = {"image", "low", "high", NULL};
    const gb_yaml *low = gb_yaml_get(map, "low"), *high = gb_yaml_get(map, "high");
    gb_status status = gb_recipe_keys(recipe, map, keys, err);
    if (!status && (!low || !high))
        status = gb_recipe_fail(recipe, map, err, "an image needs low and high, the values of black and white; %s is "
                                                  "missing", low ? "high" : "low");
    if (!status)
        status = gb_recipe_read_picture(recipe, gb_yaml_get(map, "image"), "image", &step->image, err);
    if (!status)
        status = gb_recipe_number(recipe, low, "low", -1e30, 1e30, &step->low, err);
    return status ? status : gb_recipe_number(recipe, high, "high", -1e30, 1e30, &step->high, err);
}

gb_status gb_recipe_read_values(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err) {
    if (node->kind == GB_YAML_MAP && gb_yaml_get(node, "image"))
        return read_image(recipe, node, step, err);
    if (node->kind == GB_YAML_MAP)
        return read_indexed(recipe, node, step, err);
    if (node->kind == GB_YAML_SCALAR && *node->text)
        return gb_recipe_text(recipe, node, "the file of values", &step->file, err);
    return gb_recipe_fail(recipe, node, err, "expected values: {index: value, …}, the name of a .npy file, or {image: "
                                             "FILE.png, low: …, high: …}");
}

/* ------------------------------------------------------------------------------------------------ applying */

static gb_status indexed_values(const gb_recipe_step *step, const gb_graph_node *node, float times, float *values,
                                gb_error *err) {
    if (node->ndim != 1)
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "'%s' is not a vector: single values can be set in vectors, such as z, w's and styles; for maps "
                       "use the filters add and multiply",
                       node->name);
    for (int i = 0; i < step->values; i++) {
        if (step->index[i] >= node->shape[0])
            return gb_fail(err, GB_BAD_ARGUMENT, "index is %d, but '%s' has 0 to %lld", step->index[i], node->name,
                           (long long)node->shape[0] - 1);
        values[step->index[i]] = step->value[i] * times;
    }
    return GB_OK;
}

/* Reads the file's only array: the node's values, or a list of w's, of which the row of this w is used. */
static gb_status read_values(const gb_file *file, const char *path, const gb_graph_node *node, int row, int rows,
                             float *values, gb_error *err) {
    gb_array_info info;
    size_t floats = gb_node_floats(node);
    if (gb_file_array_count(file) != 1)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: the file has %zu arrays; expected one", path,
                       gb_file_array_count(file));
    gb_file_array(file, 0, &info);
    bool list = row >= 0 && (size_t)info.count == floats * (size_t)rows;
    if ((size_t)info.count != floats && !list)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: the array has %lld values, but '%s' has %zu", path,
                       (long long)info.count, node->name, floats);
    float *all = malloc((size_t)info.count * sizeof *all + 1);
    if (!all)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = gb_file_read(file, 0, all, err);
    if (!status)
        memcpy(values, all + (list ? floats * (size_t)row : 0), floats * sizeof *values);
    free(all);
    return status;
}

/* The row of a node that is a w, and the number of rows; -1 for other nodes. */
static int w_row(const gb_graph *graph, gb_node node, int *rows) {
    const gb_node_role *w = gb_graph_role_of(graph, node, GB_ROLE_W);
    gb_node ws = gb_graph_find_role(graph, GB_ROLE_WS, 0);
    *rows = w && ws != GB_NO_NODE ? (int)graph->nodes[ws].shape[0] : 0;
    return w ? w->index : -1;
}

static gb_status file_values(const gb_recipe *recipe, const gb_recipe_step *step, const gb_graph *graph, gb_node node,
                             float times, float *values, gb_error *err) {
    char *path;
    gb_file *file = NULL;
    int rows, row = w_row(graph, node, &rows);
    gb_status status = gb_recipe_path(recipe, step->file, &path, err);
    if (status)
        return status;
    status = gb_file_open(path, &file, err);
    if (!status)
        status = read_values(file, path, &graph->nodes[node], row, rows, values, err);
    for (size_t i = 0; !status && times != 1 && i < gb_node_floats(&graph->nodes[node]); i++)
        values[i] *= times;
    gb_file_close(file);
    free(path);
    return status;
}

static gb_status direction_values(const gb_recipe_direction *d, const gb_graph_node *node, float amount, float *values,
                                  gb_error *err) {
    if (node->ndim != 1 || node->shape[0] != d->width)
        return gb_fail(err, GB_BAD_ARGUMENT, "the direction '%s' has %lld values, but '%s' has %zu", d->name,
                       (long long)d->width, node->name, gb_node_floats(node));
    for (int64_t i = 0; i < d->width; i++)
        values[i] = amount * d->vector[i];
    return GB_OK;
}

gb_status gb_recipe_values(const gb_recipe *recipe, const gb_recipe_step *step, const gb_graph *graph, gb_node node,
                           float **values, gb_error *err) {
    *values = calloc(gb_node_floats(&graph->nodes[node]), sizeof **values);
    if (!*values)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    float times = (float)gb_recipe_value_of(recipe, &step->param_value[0]);
    gb_status status = step->direction ? direction_values(step->direction, &graph->nodes[node], times, *values, err)
                       : step->file    ? file_values(recipe, step, graph, node, times, *values, err)
                                       : indexed_values(step, &graph->nodes[node], times, *values, err);
    if (status) {
        free(*values);
        *values = NULL;
    }
    return status;
}
