/* ganbend filters: prints the table of bending filters. */
#include "commands.h"
#include "tools/bending/table_rows.h"

typedef struct settings {
    bool markdown, json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--markdown", OPTION_FLAG, AT(markdown), NULL, "Print sections of a Markdown document.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON array.", 0, 0},
    {0}
};

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    gb_table_row row;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&filters_command, argc, argv, operands, &set, &status)) return status;
    if (operands[0] && find_row(&filter_rows, operands[0], &row, &err)) return failed(&filters_command, &err);
    if (set.json) print_rows_json(&filter_rows, operands[0], &err);
    else if (set.markdown) print_rows_markdown(&filter_rows, operands[0]);
    else if (operands[0]) print_row(&row);
    else print_rows(&filter_rows);
    return err.status ? failed(&filters_command, &err) : EXIT_DONE;
}

const command filters_command = {
    .name = "filters",
    .summary = "list the filters for feature maps",
    .operands = "[FILTER]",
    .usage = "[options]",
    .about = "Lists the bending filters, or shows one with the defaults and ranges of its parameters. Recipes, 'strip', "
             "'sweep' and 'apply' use these names.",
    .example = "ganbend filters rotate",
    .options = options,
    .run = run,
};
