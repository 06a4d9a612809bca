/* ganbend cache: the converted checkpoints that are kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#include "commands.h"
#include "tools/inputs/model_cache.h"
#include "tools/program/json_output.h"
#include "tools/program/report.h"

typedef struct settings {
    bool json;
} settings;

static const command list_command, clear_command, limit_command;

static const option no_options[] = {{0}};

/* ------------------------------------------------------------------------------------------------ list */

static const option list_options[] = {
    {"--json", OPTION_FLAG, offsetof(settings, json), NULL, "Print a JSON object.", 0, 0},
    {0}
};

static void when(int64_t seconds, char text[32]) {
    time_t at = (time_t)seconds;
    struct tm *local = localtime(&at);
    if (!local || !strftime(text, 32, "%Y-%m-%d %H:%M", local)) strcpy(text, "?");
}

static void print_list(const char *folder, const cache_entry *entries, size_t count) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        char used[32];
        when(entries[i].used, used);
        printf("%10.1f MB  %s  %s\n", 1e-6 * (double)entries[i].bytes, used, entries[i].name);
        sum += entries[i].bytes;
    }
    printf("%s: %zu model%s, %.1f MB of at most %.1f MB\n", folder, count, count == 1 ? "" : "s", 1e-6 * (double)sum, 1e-6 * (double)cache_limit());
}

static gb_status list_json(const char *folder, const cache_entry *entries, size_t count, gb_error *err) {
    json_t *list = json_array(), *root;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o, s:I, s:I}", "name", json_text(entries[i].name), "bytes",
                                              (json_int_t)entries[i].bytes, "used", (json_int_t)entries[i].used));
    root = json_pack("{s:o, s:I, s:o}", "folder", json_text(folder), "limit", (json_int_t)cache_limit(), "models", list);
    return write_json(root, 0, err);
}

static int run_list(int argc, char **argv) {
    const char *operands[OPERANDS];
    char folder[PATH_ROOM] = "";
    settings set = {0};
    cache_entry *entries;
    size_t count;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&list_command, argc, argv, operands, &set, &status)) return status;
    cache_folder(folder);
    if (!cache_list(&entries, &count, &err)) {
        if (set.json) list_json(folder, entries, count, &err);
        else print_list(*folder ? folder : "no folder", entries, count);
    }
    free(entries);
    return err.status ? failed(&list_command, &err) : EXIT_DONE;
}

static const command list_command = {
    .name = "cache list",
    .operands = "",
    .usage = "[options]",
    .about = "Lists the converted models, the most recently used first, with their sizes and times of use.",
    .example = "ganbend cache list --json",
    .options = list_options,
    .run = run_list,
};

/* ------------------------------------------------------------------------------------------------ clear */

static int run_clear(int argc, char **argv) {
    const char *operands[OPERANDS];
    char nothing;
    size_t removed;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&clear_command, argc, argv, operands, &nothing, &status)) return status;
    if (!cache_trim(0, &removed, &err)) report("%zu model%s removed", removed, removed == 1 ? "" : "s");
    return err.status ? failed(&clear_command, &err) : EXIT_DONE;
}

static const command clear_command = {
    .name = "cache clear",
    .operands = "",
    .usage = "",
    .about = "Removes all converted models. Checkpoints are converted again when they are next used.",
    .example = "ganbend cache clear",
    .options = no_options,
    .run = run_clear,
};

/* ------------------------------------------------------------------------------------------------ limit */

/* Parses "500M" or "1.5G", in powers of 1000; false if it is malformed. */
static bool parse_size(const char *text, int64_t *bytes) {
    static const char units[] = "kMGT";
    char *end;
    double size = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (end == text || !(size >= 0) || (*end && (!unit || (end[1] && strcmp(end + 1, "B"))))) return false;
    for (const char *u = units; unit && u <= unit; u++) size *= 1000;
    *bytes = size < 9e18 ? (int64_t)size : INT64_MAX;
    return true;
}

static int run_limit(int argc, char **argv) {
    const char *operands[OPERANDS];
    char nothing;
    int64_t bytes;
    size_t removed;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&limit_command, argc, argv, operands, &nothing, &status)) return status;
    if (operands[0] && !parse_size(operands[0], &bytes))
        return wrong_usage(&limit_command, "expected a size such as 500M or 20G, not '%s'", operands[0]);
    if (operands[0] && !cache_set_limit(bytes, &err)) cache_trim(bytes, &removed, &err);
    if (!err.status) report("the cache takes at most %.1f MB", 1e-6 * (double)cache_limit());
    return err.status ? failed(&limit_command, &err) : EXIT_DONE;
}

static const command limit_command = {
    .name = "cache limit",
    .operands = "[SIZE]",
    .usage = "",
    .about = "Sets how much the cache may take (10G by default), and removes the least recently used models beyond it. "
             "Without SIZE it prints the limit.",
    .example = "ganbend cache limit 20G",
    .options = no_options,
    .run = run_limit,
};

/* ------------------------------------------------------------------------------------------------ cache */

static const command *const verbs[] = {&list_command, &clear_command, &limit_command, NULL};

static int run(int argc, char **argv) {
    return argc < 2 || !strcmp(argv[1], "--json") ? run_list(argc, argv) : run_verb(&cache_command, argc, argv);
}

const command cache_command = {
    .name = "cache",
    .summary = "list or clear the converted checkpoints that are kept",
    .operands = "[list|clear|limit]",
    .usage = "…",
    .about = "Every subcommand takes checkpoints as they are. They are converted once and kept in $XDG_CACHE_HOME/ganbend "
             "(~/.cache/ganbend), where they are found by their contents, whatever their names. 'cache list' lists them, "
             "'cache clear' removes them, 'cache limit' sets how much they may take.",
    .example = "ganbend cache\nganbend cache limit 20G",
    .options = no_options,
    .verbs = verbs,
    .run = run,
};
