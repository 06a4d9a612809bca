/* What a page needs to know first: the program, its tables and models, the kept project; and the current network, node by
 * node. */
#include <stdlib.h>

#include "outgoing.h"
#include "folder.h"
#include "handlers.h"
#include "projects.h"

/* ------------------------------------------------------------------------------------------------ tables */

/* Limits that only keep the arithmetic finite are not shown to users. */
static json_t *limit_json(float limit) {
    return limit > -1e5f && limit < 1e5f ? float_json(limit) : json_null();
}

static json_t *param_json(const gb_param_info *p, bool has_default) {
    json_t *choices = p->choices ? json_array() : json_null();
    for (const char *const *c = p->choices; c && *c; c++) add_json(&choices, json_string(*c));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:o}", "name", p->name, "summary", p->summary, "default_value",
                     has_default ? float_json(p->default_value) : json_null(), "low", limit_json(p->low), "high",
                     limit_json(p->high), "integer", p->integer, "choices", choices);
}

static json_t *table_json(bool (*row_at)(size_t index, gb_table_row *row)) {
    json_t *rows = json_array();
    gb_table_row row;
    for (size_t i = 0; row_at(i, &row); i++) {
        json_t *params = json_array();
        for (int k = 0; k < row.max_params; k++) add_json(&params, param_json(&row.param[k], k < row.param_count));
        add_json(&rows, json_pack("{s:s, s:s?, s:s, s:i, s:i, s:i, s:o}", "name", row.name, "alias",
                                              row.alias, "summary", row.summary, "count", row.param_count, "max_params",
                                              row.max_params, "positional", row.positional, "params", params));
    }
    return rows;
}

json_t *models_json(const shared *of) {
    json_t *list = json_array();
    for (size_t i = 0; i < of->model_count; i++) {
        const shared_model *m = &of->models[i];
        int64_t shape[3];
        gb_model_output_shape(m->model, shape);
        add_json(&list, json_pack("{s:o, s:o, s:I, s:I, s:I}", "name", text_json(m->name), "architecture",
                                              text_json(gb_model_meta_str(m->model, "architecture", "")), "height",
                                              (json_int_t)shape[1], "width", (json_int_t)shape[2], "classes",
                                              (json_int_t)gb_model_class_count(m->model)));
    }
    return list;
}

/* ------------------------------------------------------------------------------------------------ hello */

/* Reads a document; GB_BAD_FILE if the file holds something else. */
static gb_status read_document(const char *path, json_t **document, gb_error *err) {
    char reason[CLOSE_REASON], *bytes = NULL;
    size_t size;
    int code = 0;
    if (folder_read(path, MESSAGE_BYTES, &bytes, &size, err)) return err->status;
    *document = read_json(bytes, size, &code, reason);
    free(bytes);
    if (json_is_object(*document)) return GB_OK;
    json_decref(*document);
    *document = NULL;
    return state(err, code == CLOSE_ERROR ? GB_NO_MEMORY : GB_BAD_FILE, "%s: %s", path, code ? reason : "not an object");
}

/* Gives a damaged document another name, "studio/PROJECT.json.damaged-1" and so on, which it writes. No project's file has such
 * a name. */
static gb_status put_aside(const live *s, const char *path, char name[PATH_ROOM], gb_error *err) {
    char to[PATH_ROOM];
    bool exists = true;
    for (int k = 1; exists; k++) {
        gb_error why = {0};
        int length = snprintf(name, PATH_ROOM, "studio/%s.json.damaged-%d", s->project, k);
        if (snprintf(to, sizeof to, "%s/%.*s", s->shared->out, length, name) >= PATH_ROOM)
            return state(err, GB_IO, "%s: this path is too long", s->shared->out);
        if (folder_move_new(path, to, &exists, &why) && !exists) return state(err, why.status, "%s", why.message);
    }
    return GB_OK;
}

/* The kept document of the project, or null. The page replaces it, so a file that holds something else is put aside, and the
 * project does not begin if the file could not be read. */
static gb_status kept_document(const live *s, json_t **document, char aside[PATH_ROOM], gb_error *err) {
    char path[PATH_ROOM];
    gb_error why = {0};
    *document = NULL;
    *aside = '\0';
    if (folder_path(path, s->shared->out, "studio", s->project, ".json", err)) return err->status;
    if (folder_has(path)) {
        if (!folder_check(path, &why)) read_document(path, document, &why);
        if (why.status && why.status != GB_BAD_FILE) return state(err, why.status, "%s", why.message);
        if (!*document && put_aside(s, path, aside, err)) return err->status;
    }
    if (!*document) *document = json_null();
    return GB_OK;
}

gb_status handle_hello(live *s, const message *m, outgoing *p, gb_error *err) {
    const shared *of = s->shared;
    json_t *welcome, *document;
    char aside[PATH_ROOM];
    project_claim(&s->shared->clients, s->slot, m->project, m->tab ? m->tab : "", s->project);
    outputs_open(&s->shared->outputs, client_slot_index(&s->shared->clients, s->slot), s->project);
    if (kept_document(s, &document, aside, err)) return err->status;
    welcome = json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:b, s:i, s:s, s:s, s:s?, s:s?}", "type", "welcome", "version",
                        gb_version(), "project", s->project, "document", document, "models", models_json(of),
                        "model", (json_int_t)s->at, "filters", table_json(gb_filter_row), "activations",
                        table_json(gb_activation_row), "ffmpeg", of->ffmpeg, "threads",
                        gb_context_threads(of->context), "isa", gb_context_isa(of->context), "device",
                        of->device, "aside", *aside ? aside : NULL, "osc_to",
                        of->osc_out.open ? of->osc_out.to : NULL);
    return pack_text(welcome, DOUBLE_DIGITS, p, err);
}

/* ------------------------------------------------------------------------------------------------ network */

static json_t *takes_json(const gb_model *model, gb_node node) {
    static const struct { gb_bend_kind kind; const char *name; } kinds[] = {
        {GB_BEND_FILTER, "filter"}, {GB_BEND_ACTIVATION, "activation"}, {GB_BEND_PAINT, "paint"},
        {GB_BEND_DISABLE, "disable"}, {GB_BEND_NOISE, "noise"}, {GB_BEND_SET, "set"},
        {GB_BEND_TRUNCATE, "truncate"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (gb_model_can_bend(model, node, kinds[i].kind)) add_json(&list, json_string(kinds[i].name));
    return list;
}

/* The role that the page needs of a node: the number of the layer whose w it is, that of a layer itself, or null. */
static json_t *role_json(const gb_node_info *node) {
    return node->role == GB_ROLE_W       ? json_pack("{s:i}", "w", node->role_index)
           : node->role == GB_ROLE_LAYER ? json_pack("{s:i}", "layer", node->role_index)
                                         : json_null();
}

static json_t *node_json(const gb_model *model, gb_node index) {
    gb_node_info node, input;
    json_t *shape = json_array(), *from = json_array(), *act = json_null();
    gb_model_node(model, index, &node);
    for (int i = 0; i < node.ndim; i++) add_json(&shape, json_integer(node.shape[i]));
    for (int i = 0; i < node.inputs; i++) {
        if (node.input[i] == GB_NO_NODE) continue;
        gb_model_node(model, node.input[i], &input);
        add_json(&from, text_json(input.name));
    }
    if (node.act)
        act = json_pack("{s:s, s:o, s:o}", "name", node.act, "gain", float_json(node.gain), "clamp",
                        float_json(node.clamp));
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "name", text_json(node.name), "alias",
                     node.alias ? text_json(node.alias) : json_null(), "op", node.op, "role", role_json(&node), "shape",
                     shape, "inputs", from, "parameters", (json_int_t)node.parameters, "macs", (json_int_t)node.macs,
                     "act", act, "takes", takes_json(model, index));
}

static json_t *class_names(const gb_model *model) {
    json_t *list;
    if (!gb_model_class_count(model) || !gb_model_class_name(model, 0)) return json_null();
    list = json_array();
    for (size_t i = 0; i < gb_model_class_count(model); i++) {
        const char *name = gb_model_class_name(model, i);
        add_json(&list, text_json(name ? name : ""));
    }
    return list;
}

/* The range of a slider for truncation; other values are allowed. */
static json_t *truncation_json(const gb_model *model) {
    bool has_ws = gb_model_find_role(model, GB_ROLE_WS, 0) != GB_NO_NODE;
    if (!has_ws && gb_model_find_role(model, GB_ROLE_Z, 0) == GB_NO_NODE) return json_null();
    return json_pack("{s:f, s:f}", "low", has_ws ? -1 : 0.02, "high", has_ws ? 2.0 : 1.0);
}

gb_status pack_network(live *s, outgoing *p, gb_error *err) {
    const gb_model *model = s->o.model;
    json_t *nodes = json_array(), *previews = json_array(), *network;
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info info = {0};
    if (ws != GB_NO_NODE) gb_model_node(model, ws, &info);
    for (size_t i = 0; i < gb_model_node_count(model); i++) add_json(&nodes, node_json(model, (gb_node)i));
    for (int i = 0; i < s->preview_count; i++) add_json(&previews, json_integer(s->previews[i].side));
    network = json_pack("{s:s, s:I, s:o, s:o, s:[III], s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "type", "network",
                        "index", (json_int_t)s->at, "name", text_json(s->shared->models[s->at].name), "architecture",
                        text_json(gb_model_meta_str(model, "architecture", "")), "image", (json_int_t)s->o.channels,
                        (json_int_t)s->o.height, (json_int_t)s->o.width, "z_dim",
                        (json_int_t)gb_model_meta_int(model, "config.z_dim", 0), "w_dim",
                        (json_int_t)(info.ndim == 2 ? info.shape[1] : 0), "num_ws",
                        (json_int_t)(info.ndim == 2 ? info.shape[0] : 0), "classes",
                        (json_int_t)gb_model_class_count(model), "class_names", class_names(model), "truncation",
                        truncation_json(model), "previews", previews, "nodes", nodes);
    return pack_text(network, FLOAT_DIGITS, p, err);
}

gb_status handle_model(live *s, const message *m, outgoing *p, gb_error *err) {
    if ((size_t)m->index >= s->shared->model_count)
        return state(err, GB_BAD_ARGUMENT, "no model %lld", (long long)m->index);
    if (live_choose(s, (size_t)m->index, err)) return err->status;
    return pack_network(s, p, err);
}
