/* libyaml reads the JSON, which is YAML, as a document and writes that document with other styles: the top level, its
 * lists and the parameters in lines, all else within a line. */
#include "recipe_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* True for strings that need no quotes and that nobody takes for anything but a string. */
static bool is_plain(const char *text) {
    static const char *const others[] = {"true", "false", "null"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool plain = *text && (strchr(letters, *text) || (*text == '$' && text[1]));
    for (const char *c = text + plain; plain && *c; c++) plain = strchr(letters, *c) || strchr("0123456789_.*/-", *c);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) plain = plain && strcmp(text, others[i]) != 0;
    return plain;
}

static const char *scalar(yaml_document_t *d, int index) {
    const yaml_node_t *node = yaml_document_get_node(d, index);
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

/* Every string with as few quotes and every map and list within a line. */
static void set_styles(yaml_document_t *d) {
    for (yaml_node_t *node = d->nodes.start; node < d->nodes.top; node++) {
        if (node->type == YAML_SEQUENCE_NODE) node->data.sequence.style = YAML_FLOW_SEQUENCE_STYLE;
        if (node->type == YAML_MAPPING_NODE) node->data.mapping.style = YAML_FLOW_MAPPING_STYLE;
        if (node->type == YAML_SCALAR_NODE && is_plain((const char *)node->data.scalar.value))
            node->data.scalar.style = YAML_PLAIN_SCALAR_STYLE;
    }
}

/* The value that belongs to the key, or 0. */
static int value_of(yaml_document_t *d, int map, const char *key) {
    const yaml_node_t *node = yaml_document_get_node(d, map);
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++)
        if (!strcmp(scalar(d, p->key), key)) return p->value;
    return 0;
}

static void drop_repeated_keys(yaml_document_t *d, yaml_node_t *root) {
    yaml_node_pair_t *kept = root->data.mapping.pairs.start;
    for (yaml_node_pair_t *p = kept; p < root->data.mapping.pairs.top; p++)
        if (value_of(d, 1, scalar(d, p->key)) == p->value) *kept++ = *p;
    root->data.mapping.pairs.top = kept;
}

/* The top level, its lists and the parameters in lines. */
static void set_lines(yaml_document_t *d, yaml_node_t *root) {
    root->data.mapping.style = YAML_BLOCK_MAPPING_STYLE;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
        yaml_node_t *value = yaml_document_get_node(d, p->value);
        if (value->type == YAML_SEQUENCE_NODE) value->data.sequence.style = YAML_BLOCK_SEQUENCE_STYLE;
        if (value->type == YAML_MAPPING_NODE && !strcmp(scalar(d, p->key), "parameters"))
            value->data.mapping.style = YAML_BLOCK_MAPPING_STYLE;
    }
}

/* Puts a number in place of the value of a parameter, which is a number itself or a map with one. */
static bool set_parameter(yaml_document_t *d, const param_setting *set) {
    int parameters = value_of(d, 1, "parameters"), number;
    char name[64];
    yaml_node_t *map = parameters ? yaml_document_get_node(d, parameters) : NULL;
    if (!map || map->type != YAML_MAPPING_NODE || set->name_length >= sizeof name) return true;
    memcpy(name, set->name, set->name_length);
    name[set->name_length] = '\0';
    if (!value_of(d, parameters, name)) return true;
    number = yaml_document_add_scalar(d, NULL, (const yaml_char_t *)set->value, (int)set->value_length,
                                      YAML_PLAIN_SCALAR_STYLE);
    if (!number) return false;
    map = yaml_document_get_node(d, value_of(d, parameters, name));     /* adding moves nodes */
    if (map->type != YAML_MAPPING_NODE) map = yaml_document_get_node(d, parameters);
    else strcpy(name, "value");
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++)
        if (!strcmp(scalar(d, p->key), name)) p->value = number;
    return true;
}

static int write_part(void *arg, unsigned char *bytes, size_t size) {
    text_buffer *to = arg;
    put_bytes(to, (const char *)bytes, size);
    return !to->failed;
}

/* Takes the document over. */
static bool emit(yaml_document_t *d, text_buffer *to) {
    yaml_emitter_t emitter;
    bool good = yaml_emitter_initialize(&emitter);
    if (good) {
        yaml_emitter_set_output(&emitter, write_part, to);
        yaml_emitter_set_unicode(&emitter, 1);
        yaml_emitter_set_width(&emitter, -1);
        good = yaml_emitter_dump(&emitter, d) && yaml_emitter_close(&emitter);
        yaml_emitter_delete(&emitter);
    } else {
        yaml_document_delete(d);
    }
    return good;
}

gb_status put_recipe_yaml(text_buffer *to, const char *json, size_t size, const param_setting *set, size_t set_count,
                          gb_error *err) {
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_node_t *root = NULL;
    bool good = yaml_parser_initialize(&parser);
    if (!good) return state(err, GB_NO_MEMORY, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)json, size);
    good = yaml_parser_load(&parser, &document);
    if (good) root = yaml_document_get_root_node(&document);
    if (root && root->type == YAML_MAPPING_NODE) {
        set_styles(&document);
        drop_repeated_keys(&document, root);
        set_lines(&document, root);
        for (size_t i = 0; i < set_count && good; i++) good = set_parameter(&document, &set[i]);
    }
    if (good) good = emit(&document, to);
    else if (root) yaml_document_delete(&document);
    if (!good) state(err, parser.error == YAML_NO_ERROR || parser.error == YAML_MEMORY_ERROR ? GB_NO_MEMORY : GB_BAD_FILE,
                     "%s", parser.problem ? parser.problem : "out of memory");
    yaml_parser_delete(&parser);
    return err->status;
}
