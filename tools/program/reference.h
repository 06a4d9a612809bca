/* Man pages and shell completions, generated from the tables that --help prints. */
#ifndef GANBEND_TOOLS_REFERENCE_H
#define GANBEND_TOOLS_REFERENCE_H

#include "arguments.h"

typedef struct program_info {
    const char *about;                      /* one sentence */
    const char *example;                    /* lines */
    const command *const *commands;         /* NULL-terminated */
} program_info;

/* Writes ganbend.1 and ganbend-SUBCOMMAND.1 into an existing folder. A subcommand's own subcommands are sections of its
 * page. */
gb_status write_man_pages(const program_info *program, const char *folder, gb_error *err);

/* Prints the completion script for "bash", "zsh" or "fish"; false for any other shell. */
bool print_completions(const program_info *program, const char *shell);

#endif
