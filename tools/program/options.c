/* Option tables: looking options up, and what their placeholders stand for. */
#include <string.h>

#include "arguments.h"

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

const option *option_at(const command *c, size_t i) {
    static const option help = {"--help", OPTION_FLAG, 0, NULL, "Print this help.", 0, 0};
    static const option force = {"--force", OPTION_FLAG, 0, NULL, "Replace the output even if it is an input of this "
                                 "command or a file of another kind.", 0, 0};
    static const option quiet = {"--quiet", OPTION_FLAG, 0, NULL, "Or -q: do not print what was written.", 0, 0};
    static const option verbose = {"--verbose", OPTION_FLAG, 0, NULL, "Or -v: also print the model, the processor, and each "
                                   "step.", 0, 0};
    size_t rows = option_count(c->options);
    if (i < rows) return &c->options[i];
    i -= rows;
    for (int k = 0; k < SHARED_TABLES; k++) {
        rows = option_count(c->shared[k].table);
        if (i < rows) return &c->shared[k].table[i];
        i -= rows;
    }
    if (c->writes && i-- == 0) return &force;
    if (c->writes && i-- == 0) return &quiet;
    if (c->writes && i-- == 0) return &verbose;
    return i == 0 ? &help : NULL;
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
