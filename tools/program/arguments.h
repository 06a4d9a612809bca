/* Subcommands and their options as tables: one row is parsed, checked, suggested when misspelt, and printed by --help, in
 * the man page and in the shells' completions.
 * Values land in a settings struct of the subcommand's own, at the row's offset; what is not given keeps its value. */
#ifndef GANBEND_TOOLS_ARGUMENTS_H
#define GANBEND_TOOLS_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <ganbend.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(format_at, values_at) __attribute__((format(printf, format_at, values_at)))
#else
#define PRINTF_LIKE(format_at, values_at)
#endif

/* Exit statuses of the program. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef enum option_kind {
    OPTION_FLAG,            /* bool */
    OPTION_TEXT,            /* const char * */
    OPTION_INTEGER,         /* int64_t, from `least` to `most` */
    OPTION_NUMBER,          /* double, from `least` to `most`; both 0: any finite number */
    OPTION_CHOICE,          /* const char *, one of the words in `value`, which '|' separates */
    OPTION_LIST             /* text_list: may be given several times */
} option_kind;

typedef struct option {
    const char *name;       /* "--seeds", "-o" */
    option_kind kind;
    size_t offset;          /* of the member it sets */
    const char *value;      /* placeholder of its value in --help; NULL for a flag. Completions offer
                             * files, filters or activations for those that kind_of_placeholder() knows */
    const char *help;
    double least, most;
} option;

enum { LIST_ROOM = 64, OPERANDS = 24, SHARED_TABLES = 3 };

typedef struct text_list {
    const char *texts[LIST_ROOM];
    size_t count;
} text_list;

/* A table of options that several subcommands have. */
typedef struct shared_options {
    const option *table;
    size_t offset;          /* where its settings lie in the subcommand's */
} shared_options;

typedef struct command {
    const char *name;       /* "render"; "vector take" where a subcommand has its own */
    const char *summary;    /* one line for the list of subcommands */
    const char *operands;   /* "IN OUT.gbw": every word is one that must be given, but for those in [ ]; "[a=1 …]" ends
                             * a list of any length */
    const char *usage;      /* what follows the operands in the usage line */
    const char *about;      /* paragraphs for --help */
    void (*list)(FILE *to); /* prints a table of the library's after them; or NULL */
    const char *example;    /* lines for --help */
    const struct command *const *verbs;     /* its own subcommands, up to NULL; or NULL */
    const option *options;  /* own options, up to a row without a name */
    shared_options shared[SHARED_TABLES];
    int (*run)(int argc, char **argv);      /* argv[0] is the subcommand's name */
} command;

/* Fills `operands` (NULL where none was given) and `settings`. True to go on; otherwise *status is what to exit with:
 * --help was printed, or the mistake was named on standard error. With --only-parse, which --help does not list, it ends here
 * as well: tests look at commands in the documentation with it. */
bool parse_arguments(const command *c, int argc, char **argv, const char *operands[OPERANDS], void *settings,
                     int *status);
/* Runs one of c->verbs, as "take" of 'vector'. */
int run_verb(const command *c, int argc, char **argv);
/* Prints --help of a subcommand. */
void print_help(const command *c);
/* Option i of a subcommand: its own, then shared ones, then --help; NULL behind the last. */
const option *option_at(const command *c, size_t i);

typedef enum placeholder_kind { PLACEHOLDER_OTHER, PLACEHOLDER_FILE, PLACEHOLDER_FILTER, PLACEHOLDER_ACTIVATION }
    placeholder_kind;
/* What the placeholder of an option's value or of an operand stands for: "FILE.png|DIR", "MODEL", "FILTER[,p…]". */
placeholder_kind kind_of_placeholder(const char *placeholder);

/* The word nearest to `word` among `count` names `stride` bytes apart, or NULL where none is near. */
const char *nearest_name(const char *word, const void *names, size_t count, size_t stride);

/* One line on standard error. Returns EXIT_USAGE. */
int wrong_usage(const command *c, const char *format, ...) PRINTF_LIKE(2, 3);
/* The error's line on standard error. Returns EXIT_USAGE for GB_BAD_ARGUMENT, else EXIT_FAILED. */
int failed(const command *c, const gb_error *err);
/* Fills `err` and returns `status`, for the program's own checks. */
gb_status state(gb_error *err, gb_status status, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
