/* Option tables: looking options up, and what their placeholders stand for. */
#include <string.h>

#include "arguments.h"
#include "output_names.h"

size_t option_count(const option *table) {
    size_t n = 0;
    while (table && table[n].name) n++;
    return n;
}

const option *find_row_named(const option *table, const char *name, size_t length) {
    for (; table && table->name; table++)
        if (strlen(table->name) == length && !memcmp(table->name, name, length)) return table;
    return NULL;
}

option_kind kind_of(const option *o) {
    return (option_kind)(o->kind & ~OPTION_RARE);
}

bool is_rare(const option *o) {
    return (o->kind & OPTION_RARE) != 0;
}

/* General options, and the outputs that a subcommand must have for them; 0: every subcommand has the option. */
static const struct { int writes; option row; } general[] = {
    {~0, {"--force", OPTION_FLAG, 0, NULL, "Replace the output even if it is an input of this command or a file of another "
          "kind.", 0, 0}},
    {~0, {"--quiet", OPTION_FLAG, 0, NULL, "Or -q: do not print what was written.", 0, 0}},
    {~0, {"--verbose", OPTION_FLAG, 0, NULL, "Or -v: also print the model, the processor, and times.", 0, 0}},
    {WRITES_PICTURE | WRITES_ANIMATION, {"--yes", OPTION_FLAG, 0, NULL, "Make 10,000 pictures or more without asking.",
                                         0, 0}},
    {0, {"--help", OPTION_FLAG, 0, NULL, "Print this help.", 0, 0}},
    {0, {"--help-all", OPTION_FLAG, 0, NULL, "Print all options in full.", 0, 0}},
};

const option *general_option(const command *c, size_t i) {
    for (size_t k = 0; k < sizeof general / sizeof *general; k++)
        if ((!general[k].writes || (c->writes & general[k].writes)) && i-- == 0) return &general[k].row;
    return NULL;
}

const option *option_at(const command *c, size_t i) {
    size_t rows = option_count(c->options);
    if (i < rows) return &c->options[i];
    i -= rows;
    for (int k = 0; k < SHARED_TABLES; k++) {
        rows = option_count(c->shared[k].table);
        if (i < rows) return &c->shared[k].table[i];
        i -= rows;
    }
    return general_option(c, i);
}

placeholder_kind kind_of_placeholder(const char *placeholder) {
    static const struct { const char *part; placeholder_kind kind; } known[] = {
        {"FILTER", PLACEHOLDER_FILTER}, {"ACTIVATION", PLACEHOLDER_ACTIVATION}, {"FILE", PLACEHOLDER_FILE},
        {"DIR", PLACEHOLDER_FILE}, {"MODEL", PLACEHOLDER_FILE}, {"LIBRARY", PLACEHOLDER_FILE}, {"IN", PLACEHOLDER_FILE},
        {"OUT", PLACEHOLDER_FILE}, {"REF", PLACEHOLDER_FILE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(placeholder, known[i].part)) return known[i].kind;
    return PLACEHOLDER_OTHER;
}
