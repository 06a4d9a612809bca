/* Gathering the shards of a run: reads their manifests, compares every file with its line, and finds missing, damaged and
 * doubled outputs. */
#ifndef GANBEND_TOOLS_GATHERING_H
#define GANBEND_TOOLS_GATHERING_H

#include "manifest.h"

typedef enum fault_kind { FAULT_MISSING, FAULT_DAMAGED, FAULT_DOUBLED, FAULT_KINDS } fault_kind;

typedef struct fault {
    fault_kind kind;
    size_t item;
    int shard;                  /* that can make it */
    char *name;                 /* of the file, or of an item of which nothing is known */
} fault;

typedef struct output {
    const manifest_line *line;
    int shard;
    size_t order;               /* in which it was noted */
} output;

typedef struct gathering {
    char *run, *command;        /* the first line of run.jsonl, and a member of it */
    size_t items;
    int shards;
    char **names;               /* [items] as JSON, in the text of run.jsonl */
    manifest *parts;            /* [2 shards]: manifest and journal of each */
    output *outputs;            /* whole ones, by item */
    size_t output_count;
    fault *faults;              /* by item */
    size_t fault_count, of_kind[FAULT_KINDS];
} gathering;

/* `folder` is that of the outputs. `sizes_only`: trust files of the right size. Call free_gathering() also if it fails. */
gb_status gather_folder(const char *folder, bool sizes_only, gathering *g, gb_error *err);
void free_gathering(gathering *g);
/* "2,5-7": the shards with missing or damaged outputs, in the form of sbatch --array. The caller frees it; NULL if out of
 * memory. */
char *shards_to_run(const gathering *g);
/* Writes DIR/manifest.jsonl: the line of the run, and those of all outputs in order. */
gb_status write_gathered(const gathering *g, const char *folder, gb_error *err);

#endif
