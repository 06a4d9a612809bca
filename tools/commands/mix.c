/* ganbend mix: a model whose layers come from two models of one architecture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/inputs/open_model.h"
#include "tools/program/output_names.h"
#include "tools/program/report.h"

typedef struct settings {
    text_list layers, tensors;
    double share;
    const char *out;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--layers", OPTION_LIST, AT(layers), "A-B[:SHARE]", "Layers to take from the second model, counted from 0, their ToRGB "
     "included; with SHARE, from 0 to 1, blended. May be given several times.", 0, 0},
    {"--tensors", OPTION_LIST, AT(tensors), "GLOB[:SHARE]", "Tensors to take from the second model, by name: 'mapping.*', "
     "'blocks.3.*'. Names begin with that of the node that uses the tensor. May be given several times.", 0, 0},
    {"--share", OPTION_NUMBER, AT(share), "SHARE", "Share of the second model in everything else (default: 0).", 0, 1},
    {"-o", OPTION_TEXT, AT(out), "OUT.gbw", "Model to write.", 0, 0},
    {0}
};

enum { RULES = 2 * LIST_ROOM + 1 };

typedef struct rule_list {
    gb_mix_rule rules[RULES];
    char names[LIST_ROOM][256];
    size_t count;
} rule_list;

/* Splits "TEXT:SHARE"; the share is 1 without a colon. */
static gb_status split(const char *option_name, const char *text, char *name, size_t size, double *share, gb_error *err) {
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    char *end = NULL;
    *share = colon ? strtod(colon + 1, &end) : 1;
    if (!length || length >= size || (colon && (end == colon + 1 || *end)) || !(*share >= 0 && *share <= 1))
        return state(err, GB_BAD_ARGUMENT, "%s %s: expected a name, and after a colon a share from 0 to 1", option_name, text);
    memcpy(name, text, length);
    name[length] = '\0';
    return GB_OK;
}

static gb_status add_layers(rule_list *l, const char *text, gb_error *err) {
    gb_mix_rule *rule = &l->rules[l->count++];
    char range[32], *end;
    if (split("--layers", text, range, sizeof range, &rule->share, err)) return err->status;
    long first = strtol(range, &end, 10), last = first;
    bool good = end != range;
    if (good && *end == '-') last = strtol(end + 1, &end, 10);
    if (!good || *end || first < 0 || last < first || last > 1000)
        return state(err, GB_BAD_ARGUMENT, "--layers takes numbers of layers and a share, as in 4-9 or 4-9:0.5, not '%s'", text);
    rule->first_layer = (int)first;
    rule->last_layer = (int)last;
    return GB_OK;
}

/* All rules: everything else first, so that the others take precedence. */
static gb_status make_rules(const settings *set, rule_list *l, gb_error *err) {
    if (set->share > 0) l->rules[l->count++] = (gb_mix_rule){.tensors = "*", .share = set->share};
    for (size_t i = 0; i < set->layers.count && !err->status; i++) add_layers(l, set->layers.texts[i], err);
    for (size_t i = 0; i < set->tensors.count && !err->status; i++) {
        gb_mix_rule *rule = &l->rules[l->count++];
        rule->tensors = l->names[i];
        split("--tensors", set->tensors.texts[i], l->names[i], sizeof l->names[i], &rule->share, err);
    }
    if (!err->status && !l->count)
        state(err, GB_BAD_ARGUMENT, "nothing is taken from the second model: give --layers, --tensors or --share");
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    loaded_model a = {0}, b = {0};
    rule_list *l = calloc(1, sizeof *l);
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!l) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&mix_command, argc, argv, operands, &set, &status)) {
        const device_options on = {.device = "cpu"};
        if (!set.out) state(&err, GB_BAD_ARGUMENT, "-o is missing: -o OUT.gbw");
        else if (!make_rules(&set, l, &err) && !open_model(operands[0], &on, &a, &err) && !open_model(operands[1], &on, &b, &err))
            gb_model_mix(a.model, b.model, l->rules, l->count, set.out, &err);
        if (!err.status) report("%s: a .gbw model", set.out);
    }
    close_model(&a);
    close_model(&b);
    free(l);
    return err.status ? failed(&mix_command, &err) : status;
}

const command mix_command = {
    .name = "mix",
    .summary = "mix the layers of two models",
    .operands = "A B",
    .usage = "-o OUT.gbw --layers A-B[:SHARE] [options]",
    .about = "Writes a model with the layers of A, except those that are taken from B or blended with B's: layer swapping, as in "
             "notebooks that blend StyleGAN2 models, and Autolume's mixing. Both models must have one architecture: the same "
             "tensors of the same shapes, usually because one was trained from the other.",
    .writes = WRITES_MODEL,
    .example = "ganbend mix faces.gbw cartoons.gbw --layers 0-5 -o mixed.gbw\n"
               "ganbend mix faces.gbw cartoons.gbw --layers 6-7:0.5 --layers 8-17 --tensors 'mapping.*:0.5' -o mixed.gbw",
    .options = options,
    .run = run,
};
