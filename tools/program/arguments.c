/* Parses command lines by the option tables of arguments.h. The value of an option is the next argument or follows '='; "--"
 * ends the options. For a misspelt name, the one at the smallest edit distance is suggested. */
#include "arguments.h"
#include "confirm.h"
#include "host.h"
#include "output_names.h"
#include "report.h"
#include "standard_input.h"
#include "synonyms.h"
#include "temporary.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int wrong_usage(const command *c, const char *format, ...) {
    va_list args;
    fprintf(stderr, "ganbend %s: ", c->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see 'ganbend %s --help')\n", c->name);
    return EXIT_USAGE;
}

int failed(const command *c, const gb_error *err) {
    char message[sizeof err->message];
    name_standard_input(err->message, message, sizeof message);
    fprintf(stderr, "ganbend %s: %s\n", c->name, message);
    return err->status == GB_BAD_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

/* True if `text` is one of the words in `choices`, "numpy|torch". */
static bool is_choice(const char *choices, const char *text) {
    size_t length = strlen(text);
    for (const char *word = choices; word; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
        if (length && !strncmp(word, text, length) && (word[length] == '|' || !word[length])) return true;
    return false;
}

static bool set_value(const command *c, const option *o, const char *text, void *settings, int *status) {
    char *member = (char *)settings + o->offset, *end = NULL;
    errno = 0;
    switch (kind_of(o)) {
    case OPTION_FLAG:
        *(bool *)(void *)member = true;
        return true;
    case OPTION_CHOICE:
        if (!is_choice(o->value, text)) {
            *status = wrong_usage(c, "%s takes %s, not '%s'", o->name, o->value, text);
            return false;
        }
        *(const char **)(void *)member = text;
        return true;
    case OPTION_TEXT:
        *(const char **)(void *)member = text;
        return true;
    case OPTION_INTEGER: {
        long long n = strtoll(text, &end, 10);
        if (end == text || *end || errno || (double)n < o->min || (double)n > o->max) {
            *status = wrong_usage(c, "%s takes a whole number from %.0f to %.0f, not '%s'", o->name, o->min, o->max,
                                  text);
            return false;
        }
        *(int64_t *)(void *)member = n;
        return true;
    }
    case OPTION_NUMBER: {
        double x = strtod(text, &end);
        bool ranged = o->min != 0 || o->max != 0;
        if (end == text || *end || !isfinite(x) || (ranged && (x < o->min || x > o->max))) {
            if (ranged)
                *status = wrong_usage(c, "%s takes a number from %g to %g, not '%s'", o->name, o->min, o->max, text);
            else
                *status = wrong_usage(c, "%s takes a finite number, not '%s'", o->name, text);
            return false;
        }
        *(double *)(void *)member = x;
        return true;
    }
    case OPTION_LIST: {
        text_list *list = (text_list *)(void *)member;
        if (list->count == LIST_ROOM) {
            *status = wrong_usage(c, "%s can be given at most %d times", o->name, (int)LIST_ROOM);
            return false;
        }
        list->texts[list->count++] = text;
        return true;
    }
    case OPTION_RARE: break;    /* not a kind */
    }
    return true;
}

/* Finds an option in the subcommand's own table or a shared one, and the settings that it sets; NULL if there is none. */
static const option *find_option(const command *c, const char *name, size_t length, void *settings, void **into) {
    const option *o = find_row_named(c->options, name, length);
    *into = settings;
    for (int i = 0; i < SHARED_TABLES && !o; i++) {
        o = find_row_named(c->shared[i].table, name, length);
        *into = (char *)settings + c->shared[i].offset;
    }
    return o;
}

/* ------------------------------------------------------------------------------------------------ output files */

/* The files that are only read: operands, and values of options that stand for files. */
static gb_status check_inputs_stay(const char *out, const text_list *inputs, gb_error *err) {
    for (size_t i = 0; i < inputs->count; i++)
        if (host_same_file(out, inputs->texts[i]))
            return state(err, GB_BAD_ARGUMENT, "%s: is read by this command, so it is not replaced; give another name, or "
                         "--force", out);
    return GB_OK;
}

/* No subcommand replaces its own input or a file of another kind than it writes: checked before anything is done, and by
 * the library again for files in folders. */
static gb_status check_output_path(const command *c, const char *out, const text_list *inputs, bool force, gb_error *err) {
    if (!force && check_inputs_stay(out, inputs, err)) return err->status;
    return check_output_name(out, c->writes, force, err);
}

static const char *nearest_option(const command *c, const char *word) {
    enum { NAMES = 128 };
    const char *names[NAMES];
    size_t count = 0;
    for (; count < NAMES && option_at(c, count); count++) names[count] = option_at(c, count)->name;
    return nearest_name(word, names, count, sizeof *names);
}

/* The files that the command line names. */
typedef struct files_given {
    const char *out;
    text_list inputs;
    int standard_inputs;        /* how many of them are "-" */
} files_given;

/* Notes an input file, and returns the path to read it from: for "-" a file to which standard input will be copied. */
static const char *add_input(const command *c, files_given *files, const char *path) {
    if (!strcmp(path, "-") && !c->own_signals) {
        files->standard_inputs++;
        return standard_input_path();
    }
    if (files->inputs.count < LIST_ROOM) files->inputs.texts[files->inputs.count++] = path;
    return path;
}

/* Prepares for temporary files, and copies standard input if it is used. */
static gb_status begin_files(const command *c, const files_given *files, gb_error *err) {
    char folder[PATH_ROOM] = "";
    if (c->own_signals) return GB_OK;
    if (files->out && strcmp(files->out, "-")) host_output_folder(files->out, output_is_file(files->out), folder);
    if ((c->writes || files->standard_inputs) && clean_up_when_interrupted(folder, err)) return err->status;
    return files->standard_inputs ? copy_standard_input(err) : GB_OK;
}

/* Parses the option at argv[*at] and its value. */
static bool parse_option(const command *c, int argc, char **argv, int *at, void *settings, files_given *files,
                         int *status) {
    const char *word = argv[*at], *equals = strchr(word, '='), *text = NULL;
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    void *into;
    const option *o = find_option(c, word, length, settings, &into);
    const synonym *other = o ? NULL : find_synonym(word, length);
    if (other && other->option) o = find_option(c, other->option, strlen(other->option), settings, &into);
    if (!o && other && other->advice) {
        *status = wrong_usage(c, "unknown option %.*s; %s", (int)length, word, other->advice);
        return false;
    }
    if (!o) {
        const char *near = nearest_option(c, word);
        *status = near ? wrong_usage(c, "unknown option %s; did you mean %s?", word, near)
                       : wrong_usage(c, "unknown option %s", word);
        return false;
    }
    if (kind_of(o) == OPTION_FLAG) {
        if (equals) {
            *status = wrong_usage(c, "%s takes no value", o->name);
            return false;
        }
    } else if (equals) {
        text = equals + 1;
    } else if (*at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0) {
        text = argv[++*at];
    }
    if (kind_of(o) != OPTION_FLAG && (!text || !*text)) {
        *status = wrong_usage(c, "%s needs a value: %s %s", o->name, o->name, o->value);
        return false;
    }
    if (!strcmp(o->name, "-o")) files->out = text;
    else if (text && o->value && kind_of_placeholder(o->value) == PLACEHOLDER_FILE) text = add_input(c, files, text);
    return set_value(c, o, text, into, status);
}

bool parse_arguments(const command *c, int argc, char **argv, const char *operands[OPERANDS], void *settings,
                     int *status) {
    int given = 0, min = -1, max = 0, out_operand = -1;
    bool options = true, force = false, only_parse = false;
    verbosity how = REPORT_LINE;
    files_given files = {0};
    gb_error err = {0};
    for (const char *p = c->operands; *p; p += strcspn(p, " "), p += *p == ' ', max++) {
        if (*p == '[' && min < 0) min = max;
        if (!strncmp(p, "OUT", 3)) out_operand = max;
    }
    if (min < 0) min = max;
    if (strstr(c->operands, "…]")) max = OPERANDS;
    for (int i = 0; i < OPERANDS; i++) operands[i] = NULL;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (options && (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "--help-all"))) {
            if (word[2] == 'h' && word[6]) print_help_all(c);
            else print_help(c);
            *status = EXIT_DONE;
            return false;
        }
        if (options && !strcmp(word, "--force") && c->writes) {
            force = true;
        } else if (options && (!strcmp(word, "-q") || !strcmp(word, "--quiet"))) {
            how = REPORT_NOTHING;
        } else if (options && (!strcmp(word, "-v") || !strcmp(word, "--verbose"))) {
            how = REPORT_ALL;
        } else if (options && !strcmp(word, "--yes")) {
            answer_yes();
        } else if (options && !strcmp(word, "--only-parse")) {
            only_parse = true;
        } else if (options && !strcmp(word, "--")) {
            options = false;
        } else if (options && word[0] == '-' && word[1] && word[1] != '.' && !isdigit((unsigned char)word[1])) {
            if (!parse_option(c, argc, argv, &i, settings, &files, status)) return false;
        } else if (given == max) {
            *status = max ? wrong_usage(c, "unexpected argument '%s'; expected %s", word, c->operands)
                          : wrong_usage(c, "unexpected argument '%s'; expected none", word);
            return false;
        } else if (!*word) {
            *status = wrong_usage(c, "an argument is empty; expected %s", c->operands);
            return false;
        } else {
            if (given == out_operand) files.out = word;
            else word = add_input(c, &files, word);
            operands[given++] = word;
        }
    }
    if (given < min) {
        *status = wrong_usage(c, "missing argument; expected %s", c->operands);
        return false;
    }
    if (files.standard_inputs > 1) {
        *status = wrong_usage(c, "standard input can be read only once; give a file in place of one -");
        return false;
    }
    *status = EXIT_DONE;
    if (only_parse) return false;
    set_verbosity(files.out && !strcmp(files.out, "-") ? REPORT_NOTHING : how);
    if (force) host_allow_overwriting();
    if ((files.out && check_output_path(c, files.out, &files.inputs, force, &err)) ||
        begin_files(c, &files, &err)) {
        *status = failed(c, &err);
        return false;
    }
    return true;
}

int run_verb(const command *c, int argc, char **argv) {
    const command *const *verbs = c->verbs;
    enum { MAX_VERBS = 8 };
    const char *names[MAX_VERBS], *near, *operands[OPERANDS];
    size_t count = 0;
    char nothing;
    int status;
    for (; verbs[count] && count < MAX_VERBS; count++) {
        names[count] = strchr(verbs[count]->name, ' ') + 1;
        if (argc > 1 && !strcmp(argv[1], names[count])) return verbs[count]->run(argc - 1, argv + 1);
    }
    if (argc < 2 || argv[1][0] == '-') {
        if (!parse_arguments(c, argc < 3 ? argc : 2, argv, operands, &nothing, &status)) return status;
        return EXIT_USAGE;
    }
    near = nearest_name(argv[1], names, count, sizeof *names);
    return near ? wrong_usage(c, "unknown subcommand '%s'; did you mean '%s'?", argv[1], near)
                : wrong_usage(c, "unknown subcommand '%s'; expected %s", argv[1], c->operands);
}
