/* ganbend info: prints the contents of a file: metadata and nodes of a .gbw, arrays and plain values of any checkpoint,
 * even if its network is not supported. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#include "commands.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/open_model.h"
#include "tools/program/json_output.h"
#include "tools/program/sandbox.h"

typedef struct settings {
    bool json, verify, classes, model, dot, no_sandbox;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON object.", 0, 0},
    {"--verify", OPTION_FLAG, AT(verify), NULL, "Compare every tensor of a .gbw with its checksum.", 0, 0},
    {"--model", OPTION_FLAG, AT(model), NULL, "Of a checkpoint, print the nodes of the model that it is converted to.", 0, 0},
    {"--dot", OPTION_FLAG, AT(dot), NULL, "Print the network as a graph for Graphviz: dot -Tsvg.", 0, 0},
    {"--classes", OPTION_FLAG, AT(classes), NULL, "List the numbers and names of a model's classes.", 0, 0},
    {"--no-sandbox", OPTION_FLAG, AT(no_sandbox), NULL, "Read the file in this process instead of one that may do nothing "
     "else.", 0, 0},
    {0}
};

enum { FACTS = 1000, META_ROOM = 4096 };

/* Prints text from a file without control characters, which could control the terminal. */
static void print_text(const char *text) {
    for (; *text; text++) putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static json_t *json_shape(int ndim, const int64_t *shape) {
    json_t *list = json_array();
    for (int i = 0; i < ndim; i++) json_array_append_new(list, json_integer((json_int_t)shape[i]));
    return list;
}

static json_t *json_arrays_entry(const gb_array_info *info) {
    json_t *entry = json_object();
    json_object_set_new(entry, "name", json_text(info->name));
    json_object_set_new(entry, "type", json_string(info->type));
    json_object_set_new(entry, "shape", json_shape(info->ndim, info->shape));
    return entry;
}

static void print_array(const gb_array_info *info) {
    char shape[SHAPE_ROOM];
    printf("%-10s %-22s ", info->type, shape_text(info->ndim, info->shape, shape));
    print_text(*info->name ? info->name : "(the array)");
    putchar('\n');
}

/* ---- a .gbw */

static int64_t parameters(const gb_model *model) {
    int64_t sum = 0;
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        gb_model_node(model, (gb_node)i, &node);
        sum += node.parameters;
    }
    return sum;
}

/* The longest name, or alias, in the table of nodes. */
static int column_width(const gb_model *model, bool aliases) {
    size_t width = strlen("alias");
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        const char *text;
        gb_model_node(model, (gb_node)i, &node);
        text = aliases ? node.alias : node.name;
        if (text && strlen(text) > width) width = strlen(text);
    }
    return (int)width;
}

/* Prints one line of metadata; of class names, only the first and the last. */
static void print_meta(const gb_model *model, const char *key, const char *value) {
    size_t classes = gb_model_class_count(model);
    printf("%-28s ", key);
    if (!strcmp(key, "origin.class_names") && gb_model_class_name(model, 0)) {
        printf("%zu: ", classes);
        print_text(gb_model_class_name(model, 0));
        printf(classes > 1 ? " … " : "");
        if (classes > 1) print_text(gb_model_class_name(model, classes - 1));
        puts(" (--classes lists them)");
        return;
    }
    print_text(value);
    putchar('\n');
}

static void print_classes(const gb_model *model) {
    for (size_t i = 0; i < gb_model_class_count(model); i++) {
        const char *name = gb_model_class_name(model, i);
        printf("%5zu  ", i);
        print_text(name ? name : "(no name)");
        putchar('\n');
    }
}

static void print_model(const gb_model *model) {
    int names = column_width(model, false), aliases = column_width(model, true);
    int64_t image[3];
    gb_model_output_shape(model, image);
    printf("%s, %" PRId64 "x%" PRId64 "x%" PRId64 ", checksum %08" PRIx32 "\n\n",
           gb_model_meta_str(model, "architecture", "?"), image[0], image[1], image[2], gb_model_checksum(model));
    for (size_t i = 0; i < gb_model_meta_count(model); i++) {
        const char *key = "";
        char value[META_ROOM];
        if (gb_model_meta(model, i, &key, value, sizeof value)) continue;
        print_meta(model, key, value);
    }
    printf("\n%4s  %-*s  %-*s  %-16s  %-15s %11s %14s\n", "#", names, "node", aliases, "alias", "operation", "output",
           "parameters", "multiply-adds");
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        char shape[SHAPE_ROOM];
        gb_model_node(model, (gb_node)i, &node);
        printf("%4zu  %-*s  %-*s  %-16s  %-15s %11" PRId64 " %14" PRIu64 "\n", i, names, node.name, aliases,
               node.alias ? node.alias : "", node.op, shape_text(node.ndim, node.shape, shape), node.parameters,
               node.macs);
    }
    printf("%zu nodes, %zu tensors, %" PRId64 " parameters, %.2f G multiply-adds per image\n",
           gb_model_node_count(model), gb_model_tensor_count(model), parameters(model), 1e-9 * (double)image_macs(model));
}

/* The names of the nodes whose outputs the node reads. */
static json_t *json_inputs(const gb_model *model, const gb_node_info *node) {
    json_t *list = json_array();
    for (int i = 0; i < node->inputs; i++) {
        gb_node_info from;
        gb_model_node(model, node->input[i], &from);
        json_array_append_new(list, json_text(from.name));
    }
    return list;
}

/* Prints text in the quotes of the dot language. */
static void print_quoted(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    }
    putchar('"');
}

static void print_dot(const gb_model *model) {
    puts("digraph network {\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];");
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        char shape[SHAPE_ROOM], label[SHAPE_ROOM + 400];
        gb_model_node(model, (gb_node)i, &node);
        snprintf(label, sizeof label, "%.200s, %.100s, %s", node.name, node.op, shape_text(node.ndim, node.shape, shape));
        printf("  n%zu [label=", i);
        print_quoted(label);
        puts("];");
        for (int k = 0; k < node.inputs; k++) printf("  n%zu -> n%zu;\n", (size_t)node.input[k], i);
    }
    puts("}");
}

static json_t *model_json(const gb_model *model) {
    json_t *root = json_object(), *metas = json_object(), *nodes = json_array(), *tensors = json_array();
    json_t *classes = json_array();
    char checksum[16];
    snprintf(checksum, sizeof checksum, "%08" PRIx32, gb_model_checksum(model));
    for (size_t i = 0; i < gb_model_meta_count(model); i++) {
        const char *key = "";
        char value[META_ROOM];
        if (gb_model_meta(model, i, &key, value, sizeof value)) continue;
        if (!strcmp(key, "origin.class_names")) continue;       /* they are "classes" */
        json_object_set_new(metas, key, json_text(value));
    }
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        json_t *entry;
        gb_model_node(model, (gb_node)i, &node);
        entry = json_pack("{s:o, s:s, s:I, s:I}", "name", json_text(node.name), "op", node.op, "parameters",
                          (json_int_t)node.parameters, "macs", (json_int_t)node.macs);
        json_object_set_new(entry, "alias", node.alias ? json_text(node.alias) : json_null());
        json_object_set_new(entry, "shape", json_shape(node.ndim, node.shape));
        json_object_set_new(entry, "inputs", json_inputs(model, &node));
        json_array_append_new(nodes, entry);
    }
    for (size_t i = 0; i < gb_model_class_count(model); i++) {
        const char *name = gb_model_class_name(model, i);
        json_array_append_new(classes, name ? json_text(name) : json_null());
    }
    for (size_t i = 0; i < gb_model_tensor_count(model); i++) {
        gb_array_info info;
        gb_model_tensor(model, i, &info);
        json_array_append_new(tensors, json_arrays_entry(&info));
    }
    json_object_set_new(root, "format", json_string("gbw"));
    json_object_set_new(root, "architecture", json_text(gb_model_meta_str(model, "architecture", "")));
    json_object_set_new(root, "checksum", json_string(checksum));
    json_object_set_new(root, "parameters", json_integer((json_int_t)parameters(model)));
    json_object_set_new(root, "macs", json_integer((json_int_t)image_macs(model)));
    json_object_set_new(root, "metadata", metas);
    json_object_set_new(root, "classes", classes);
    json_object_set_new(root, "nodes", nodes);
    json_object_set_new(root, "tensors", tensors);
    return root;
}

static gb_status model_info(const char *path, const settings *set, gb_error *err) {
    loaded_model o;
    gb_status status = open_model(path, &(device_options){.device = "cpu"}, &o, err);
    if (!status && set->verify) status = gb_model_verify(o.model, err);
    if (!status && set->classes && !gb_model_class_count(o.model))
        status = state(err, GB_BAD_ARGUMENT, "%s: this model has no classes", path);
    if (!status && set->json) status = write_json(model_json(o.model), 0, err);
    else if (!status && set->dot) print_dot(o.model);
    else if (!status && set->classes) print_classes(o.model);
    else if (!status) print_model(o.model);
    if (!status && set->verify && !set->json && !set->dot)
        printf("verified: all %zu tensors match their checksums\n", gb_model_tensor_count(o.model));
    close_model(&o);
    return status;
}

/* ---- any other file */

static void print_fact(void *arg, const char *path, const char *text) {
    (void)arg;
    print_text(path);
    fputs(" = ", stdout);
    print_text(text);
    putchar('\n');
}

static void json_fact(void *arg, const char *path, const char *text) {
    json_t *key = json_text(path);
    if (key) json_object_set_new(arg, json_string_value(key), json_text(text));
    json_decref(key);
}

static gb_status file_info(const char *path, const settings *set, gb_error *err) {
    gb_file *file = NULL;
    int64_t values = 0;
    gb_status status = gb_file_open(path, &file, err);
    json_t *root = NULL, *facts = NULL, *arrays = NULL;
    if (status) return status;
    if (set->json) {
        facts = json_object();
        arrays = json_array();
    } else {
        printf("%s\n\n", gb_file_format(file));
    }
    gb_file_facts(file, FACTS, set->json ? json_fact : print_fact, facts);
    if (!set->json) putchar('\n');
    for (size_t i = 0; i < gb_file_array_count(file); i++) {
        gb_array_info info;
        gb_file_array(file, i, &info);
        if (set->json) json_array_append_new(arrays, json_arrays_entry(&info));
        else print_array(&info);
        values += info.count;
    }
    if (set->json) {
        root = json_object();
        json_object_set_new(root, "format", json_string(gb_file_format(file)));
        json_object_set_new(root, "facts", facts);
        json_object_set_new(root, "arrays", arrays);
        status = write_json(root, 0, err);
    } else {
        printf("%zu arrays, %" PRId64 " values\n", gb_file_array_count(file), values);
    }
    gb_file_close(file);
    return status;
}

typedef struct inspection {
    const char *path;
    const settings *set;
    bool model;
} inspection;

static gb_status inspect(void *arg, int out, gb_error *err) {
    const inspection *i = arg;
    (void)out;
    return i->model ? model_info(i->path, i->set, err) : file_info(i->path, i->set, err);
}

static gb_status inspect_safely(inspection *i, gb_error *err) {
    const sandbox box = {.readable = {i->path}, .memory = sandbox_memory_for(i->path)};
    sandbox_child child;
    if (sandbox_start(&box, inspect, i, &child, err)) return err->status;
    sandbox_finish(&child, err);
    sandbox_end_alike(&child);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    gb_error err = {0};
    int status;
    bool gbw;
    if (!parse_arguments(&info_command, argc, argv, operands, &set, &status)) return status;
    if (set.json && set.dot) return wrong_usage(&info_command, "--json and --dot exclude each other; give one of them");
    if (gb_is_gbw(operands[0], &gbw, &err)) return failed(&info_command, &err);
    inspection i = {operands[0], &set, gbw || set.classes || set.model || set.dot};
    if (!i.model && set.verify)
        state(&err, GB_BAD_ARGUMENT, "%s: --verify needs a .gbw model; this is not one", operands[0]);
    else if (set.no_sandbox || !SANDBOX_HAS_PROCESSES || (i.model && !gbw))       /* a checkpoint is converted in a sandbox of its own */
        inspect(&i, -1, &err);
    else
        inspect_safely(&i, &err);
    return err.status ? failed(&info_command, &err) : EXIT_DONE;
}

const command info_command = {
    .name = "info",
    .summary = "print the contents of a model or checkpoint",
    .operands = "FILE",
    .usage = "[options]",
    .about = "Prints the metadata and nodes of a .gbw (number, name, alias, operation, output shape, parameters, "
             "multiply-adds), or the arrays and plain values of any other checkpoint or array file (.pkl .pt .pth .bin "
             ".safetensors .npy .npz). Nothing in the file is executed: it is read by a process that has no network and can open no "
             "other file.",
    .example = "ganbend info faces.gbw\nganbend info biggan.gbw --classes\n"
               "ganbend info faces.gbw --dot | dot -Tsvg > faces.svg",
    .options = options,
    .run = run,
};
