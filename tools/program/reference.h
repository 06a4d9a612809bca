/* Man pages and shell completions, printed from the tables that --help prints. */
#ifndef GANBEND_TOOLS_REFERENCE_H
#define GANBEND_TOOLS_REFERENCE_H

#include "arguments.h"

typedef struct program_info {
    const char *about;                      /* one sentence */
    const char *example;                    /* lines */
    const command *const *commands;         /* up to NULL */
} program_info;

/* Writes DIR/ganbend.1 and DIR/ganbend-SUBCOMMAND.1, for an existing folder. A subcommand's own subcommands are sections of
 * its page. */
gb_status write_man_pages(const program_info *program, const char *folder, gb_error *err);

/* The completion script of "bash", "zsh" or "fish", on standard output; false for another shell. */
bool print_completions(const program_info *program, const char *shell);

#endif
