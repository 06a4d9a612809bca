/* ganbend gather: checks and merges the shards of a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/farm/gathering.h"
#include "tools/program/json_output.h"
#include "tools/program/report.h"
#include "tools/program/temporary.h"

typedef struct settings {
    bool sizes, json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--sizes", OPTION_FLAG, AT(sizes), NULL, "Compare the sizes of files only, not their checksums.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print the result as JSON.", 0, 0},
    {0}
};

/* ------------------------------------------------------------------------------------------------ merging results */

/* The clusters of all layers in one file, as a run without shards writes it: each layer's file begins with the same line. */
static gb_status merge_clusters(const gathering *g, const char *folder, gb_error *err) {
    char path[PATH_ROOM];
    text_buffer whole = {0};
    for (size_t i = 0; i < g->output_count && !err->status; i++) {
        char *text = NULL, *body;
        size_t size;
        if (snprintf(path, sizeof path, "%s/%s", folder, g->outputs[i].line->file) >= PATH_ROOM)
            state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
        else if (!read_if_there(path, &text, &size, err) && text && (body = strchr(text, '\n')))
            put_text(&whole, i ? body + 1 : text);
        free(text);
    }
    if (snprintf(path, sizeof path, "%s/clusters.yaml", folder) >= PATH_ROOM)
        state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
    if (whole.failed) state(err, GB_NO_MEMORY, "out of memory");
    if (!err->status && whole.used)
        gb_file_write(path, GB_OUTPUT_CLUSTERS, &(gb_reader){.bytes = whole.text, .count = whole.used}, err);
    free(whole.text);
    return err->status;
}

/* The words for a command's items, and how their results are merged; NULL: they stay as they are. */
static const struct { const char *command, *one, *many; gb_status (*merge)(const gathering *g, const char *folder, gb_error *err); }
kinds[] = {
    {"render", "picture", "pictures", NULL},
    {"sweep", "picture", "pictures", NULL},
    {"animate", "frame", "frames", NULL},
    {"cluster", "layer", "layers", merge_clusters},
    {"project", "photo", "photos", NULL},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of_run(const gathering *g) {
    size_t k = 0;
    while (k < KINDS && strcmp(kinds[k].command, g->command) != 0) k++;
    return k;
}

/* ------------------------------------------------------------------------------------------------ printing */

static const char *const fault_words[FAULT_KINDS] = {"missing", "damaged", "doubled"};

enum { FAULTS_SHOWN = 50 };

/* Lists the faults on standard output, and which shards to run again; the error says how many there are. */
static gb_status list_faults(const gathering *g, const char *folder, gb_error *err) {
    char *again = shards_to_run(g), counts[160] = "";
    size_t k = kind_of_run(g);
    if (!again) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < g->fault_count && i < FAULTS_SHOWN; i++)
        report("%s: %s (shard %d/%d)", fault_words[g->faults[i].kind], g->faults[i].name, g->faults[i].shard, g->shards);
    if (g->fault_count > FAULTS_SHOWN) report("and %zu more; --json lists all", g->fault_count - FAULTS_SHOWN);
    if (*again) report("shards to run again: %s", again);
    for (int i = 0; i < FAULT_KINDS; i++)
        if (g->of_kind[i]) append(counts, sizeof counts, "%s%zu %s", *counts ? ", " : "", g->of_kind[i], fault_words[i]);
    fflush(stdout);
    state(err, GB_BAD_FILE, "%s: %s; the run has %zu %s in %d shard%s", folder, counts, g->items, kinds[k].many, g->shards,
          g->shards == 1 ? "" : "s");
    free(again);
    return err->status;
}

static gb_status print_json(const gathering *g, gb_error *err) {
    json_t *lists[FAULT_KINDS], *again = json_array(), *all;
    for (int i = 0; i < FAULT_KINDS; i++) lists[i] = json_array();
    for (size_t i = 0; i < g->fault_count; i++) {
        const fault *f = &g->faults[i];
        json_array_append_new(lists[f->kind], json_pack("{s:I, s:o, s:i}", "item", (json_int_t)f->item, "name", json_text(f->name),
                                                        "shard", f->shard));
    }
    char *text = shards_to_run(g);
    for (char *at = text; at && *at;) {             /* "2,5-7" */
        long first = strtol(at, &at, 10), last = *at == '-' ? strtol(at + 1, &at, 10) : first;
        for (; first <= last; first++) json_array_append_new(again, json_integer(first));
        at += *at == ',';
    }
    all = text ? json_pack("{s:s, s:I, s:i, s:I, s:b, s:o, s:o, s:o, s:o}", "command", g->command, "items", (json_int_t)g->items,
                           "shards", g->shards, "files", (json_int_t)g->output_count, "complete", g->fault_count == 0, "missing",
                           lists[FAULT_MISSING], "damaged", lists[FAULT_DAMAGED], "doubled", lists[FAULT_DOUBLED], "again", again)
               : NULL;
    free(text);
    return write_json(all, 0, err);
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status gather(const settings *set, const char *folder, gathering *g, gb_error *err) {
    size_t k;
    if (gather_folder(folder, set->sizes, g, err)) return err->status;
    k = kind_of_run(g);
    if (k == KINDS) return state(err, GB_BAD_FILE, "%s/" MANIFESTS "/run.jsonl: '%.100s' makes no shards", folder, g->command);
    if (!g->fault_count && (clean_up_when_interrupted(folder, err) || write_gathered(g, folder, err) ||
                            (kinds[k].merge && kinds[k].merge(g, folder, err))))
        return err->status;
    if (set->json) return print_json(g, err);
    if (g->fault_count) return list_faults(g, folder, err);
    report("%s: %zu %s in %d shard%s, %zu file%s, all as they were made", folder, g->items,
           g->items == 1 ? kinds[k].one : kinds[k].many, g->shards, g->shards == 1 ? "" : "s", g->output_count,
           g->output_count == 1 ? "" : "s");
    return GB_OK;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    gathering g = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&gather_command, argc, argv, operands, &set, &status)) return status;
    gather(&set, operands[0], &g, &err);
    status = g.fault_count ? EXIT_FAILED : EXIT_DONE;
    free_gathering(&g);
    return err.status ? failed(&gather_command, &err) : status;
}

const command gather_command = {
    .name = "gather",
    .summary = "check and merge the parts made with --shard I/N",
    .operands = "DIR",
    .usage = "[options]",
    .about = "Compares every file of a run that was made in shards with the shards' manifests, and names those that are missing, damaged "
             "or doubled, and the shards to run again. If there are none, it writes DIR/manifest.jsonl, with a line for each file that "
             "has its settings, model, checksum and time; and for 'cluster' the clusters of all layers as "
             "DIR/clusters.yaml. The exit status is 1 if anything is missing, damaged or doubled.",
    .example = "for i in 1 2 3 4; do ganbend render faces.gbw -o out --seeds 0-9999 --shard $i/4 & done; wait; ganbend gather out\n"
               "ganbend gather out --json",
    .options = options,
    .run = run,
};
