/* Subcommands and their options as tables: the same row is used for parsing, checking, suggestions for misspelt names,
 * --help, the man page and the shell completions. Values are stored in the subcommand's settings struct at the row's
 * offset; options that are not given leave their members unchanged. */
#ifndef GANBEND_TOOLS_ARGUMENTS_H
#define GANBEND_TOOLS_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <ganbend.h>

#include "error.h"

/* Exit statuses of the program. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef enum option_kind {
    OPTION_FLAG,            /* bool */
    OPTION_TEXT,            /* const char * */
    OPTION_INTEGER,         /* int64_t, from `min` to `max` */
    OPTION_NUMBER,          /* double, from `min` to `max`; both 0: any finite number */
    OPTION_CHOICE,          /* const char *, one of the words in `value`, separated by '|' */
    OPTION_LIST,            /* text_list: may be given several times */
    OPTION_RARE = 16        /* added to one of them: a short --help only names the option */
} option_kind;
#define RARE(kind) ((option_kind)((kind) | OPTION_RARE))

typedef struct option {
    const char *name;       /* "--seeds", "-o" */
    option_kind kind;
    size_t offset;          /* of the settings member that it sets */
    const char *value;      /* placeholder of the value in --help; NULL for a flag. Completions offer files, filters or
                             * activations for the placeholders known to kind_of_placeholder() */
    const char *help;
    double min, max;
} option;

enum { LIST_ROOM = 64, OPERANDS = 24, SHARED_TABLES = 3 };

typedef struct text_list {
    const char *texts[LIST_ROOM];
    size_t count;
} text_list;

/* A table of options used by several subcommands. */
typedef struct shared_options {
    const option *table;
    size_t offset;          /* of its settings within the subcommand's settings */
    const char *title;      /* in --help */
} shared_options;

typedef struct command {
    const char *name;       /* "render"; "vector take" for a subcommand of a subcommand */
    const char *summary;    /* one line for the list of subcommands */
    const char *operands;   /* "IN OUT.gbw": one word for each operand; those in [ ] are optional, and a list of any
                             * length ends in "…]" */
    const char *usage;      /* the rest of the usage line */
    const char *about;      /* paragraphs for --help */
    void (*list)(FILE *to); /* prints one of the library's tables after them; or NULL */
    const char *example;    /* lines for --help */
    int writes;             /* WRITES_PICTURE and so on, of output_names.h, for -o or the operand OUT; 0 for none */
    bool own_signals;       /* handles signals itself, and does not read standard input */
    const struct command *const *verbs;     /* its own subcommands, NULL-terminated; or NULL */
    const option *options;  /* own options; the last row has no name */
    shared_options shared[SHARED_TABLES];
    int (*run)(int argc, char **argv);      /* argv[0] is the subcommand's name */
} command;

/* Fills `operands` (missing ones are NULL) and `settings`. If it returns false, the program must exit with *status: --help
 * was printed, an error was reported on standard error, or --only-parse was given, an option that --help does not list:
 * tests check the commands in the documentation with it. */
bool parse_arguments(const command *c, int argc, char **argv, const char *operands[OPERANDS], void *settings,
                     int *status);
/* Runs one of c->verbs, for example "take" of 'vector'. */
int run_verb(const command *c, int argc, char **argv);
/* Prints --help of a subcommand, which fits on a screen, and --help-all. */
void print_help(const command *c);
void print_help_all(const command *c);
/* The number of rows of a table. */
size_t option_count(const option *table);
/* The row with the name that the first `length` bytes of `name` are, or NULL. */
const option *find_row_named(const option *table, const char *name, size_t length);
/* Option `i` of a subcommand: its own, then the shared ones, then the general ones; NULL past the end. */
const option *option_at(const command *c, size_t i);
/* General option `i` of a subcommand: --force, --help and so on; NULL past the end. */
const option *general_option(const command *c, size_t i);
option_kind kind_of(const option *o);
bool is_rare(const option *o);

typedef enum placeholder_kind { PLACEHOLDER_OTHER, PLACEHOLDER_FILE, PLACEHOLDER_FILTER, PLACEHOLDER_ACTIVATION }
    placeholder_kind;
/* Classifies the placeholder of an operand or of an option's value: "FILE.png|DIR", "MODEL", "FILTER[,p…]". */
placeholder_kind kind_of_placeholder(const char *placeholder);

/* The name most similar to `word` among `count` names `stride` bytes apart, or NULL if none is similar. */
const char *nearest_name(const char *word, const void *names, size_t count, size_t stride);

/* Prints one line on standard error. Returns EXIT_USAGE. */
int wrong_usage(const command *c, const char *format, ...) PRINTF_LIKE(2, 3);
/* Prints the error's message on standard error. Returns EXIT_USAGE for GB_BAD_ARGUMENT, otherwise EXIT_FAILED. */
int failed(const command *c, const gb_error *err);

#endif
