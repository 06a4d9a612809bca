/* --help of a subcommand, from its option tables: all options in full if that fits on a screen, otherwise the usual ones with
 * their first sentences, in groups, and the names of the others. --help-all prints all in full. */
#include <stdio.h>
#include <string.h>

#include "engine/platform/files.h"

#include "arguments.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 100, SHORT_LINES = 39 };

/* Prints `text` in lines of HELP_WIDTH columns: the first starts at `column`, the others at `indent`. */
static void print_wrapped(FILE *to, const char *text, size_t size, int column, int indent) {
    const char *end = text + size;
    while (text < end) {
        const char *word = text + strspn(text, " ");
        int length = (int)strcspn(word, " \n");
        if (length > end - word) length = (int)(end - word);
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", length, word);
        column += length;
        text = word + length;
        if (text < end && *text == '\n') {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
            text++;
        }
    }
    putc('\n', to);
}

/* The width of UTF-8 text in columns, one for each character. */
static int columns_of(const char *text) {
    int columns = 0;
    for (; *text; text++) columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* The length of the first sentence, without its period. */
static size_t first_sentence(const char *help) {
    const char *end = help;
    while (*end && *end != ';' && *end != '\n' && !(*end == '.' && (end[1] == ' ' || !end[1]))) end++;
    return (size_t)(end - help);
}

/* Prints an option. In short form, a name too long for its column is not followed by a new line. */
static void print_option(FILE *to, const option *o, bool full) {
    int column = 2 + columns_of(o->name) + (o->value ? 1 + columns_of(o->value) : 0);
    fprintf(to, "  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    if (column >= HELP_COLUMN && full) {
        putc('\n', to);
        column = 0;
    }
    if (column >= HELP_COLUMN) fprintf(to, "  ");
    else fprintf(to, "%*s", HELP_COLUMN - column, "");
    print_wrapped(to, o->help, full ? strlen(o->help) : first_sentence(o->help), column < HELP_COLUMN ? HELP_COLUMN : column + 2,
                  HELP_COLUMN);
}

static void print_group(FILE *to, const char *title, const option *table, bool full) {
    bool rare = false;
    if (!option_count(table)) return;
    fprintf(to, "%s%s:\n", full ? "\n" : "", title);
    for (const option *o = table; o->name; o++) {
        if (full || !is_rare(o)) print_option(to, o, full);
        rare |= is_rare(o);
    }
    if (full || !rare) return;
    fprintf(to, "  and");
    for (const option *o = table; o->name; o++)
        if (is_rare(o)) fprintf(to, " %s", o->name);
    putc('\n', to);
}

static void print_general(FILE *to, const command *c, bool full) {
    fprintf(to, "%sgeneral:%s", full ? "\n" : "", full ? "\n" : "");
    for (size_t i = 0; general_option(c, i); i++) {
        if (full) print_option(to, general_option(c, i), true);
        else fprintf(to, " %s", general_option(c, i)->name);
    }
    if (!full) fprintf(to, "\nin full: ganbend %s --help-all\n", c->name);
}

static void print_example(FILE *to, const char *text, int lines) {
    fprintf(to, "\nexample:\n  ");
    for (const char *p = text; *p; p++) {
        if (*p == '\n' && p[-1] != '|' && --lines == 0) break;
        putc(*p, to);
        if (*p == '\n') fprintf(to, "  ");
    }
    putc('\n', to);
}

static void print_all(FILE *to, const command *c, bool full) {
    fprintf(to, "usage: ganbend %s%s%s%s%s\n\n", c->name, *c->operands ? " " : "", c->operands, *c->usage ? " " : "",
            c->usage);
    print_wrapped(to, c->about, full ? strlen(c->about) : first_sentence(c->about), 0, 0);
    if (c->list) c->list(to);
    if (!full) putc('\n', to);
    print_group(to, "options", c->options, full);
    for (int i = 0; i < SHARED_TABLES; i++) print_group(to, c->shared[i].title, c->shared[i].table, full);
    print_general(to, c, full);
    print_example(to, c->example, full ? 0 : 2);
}

void print_help_all(const command *c) {
    print_all(stdout, c, true);
}

void print_help(const command *c) {
    FILE *full = tmpfile();
    int lines = 0;
    if (full) {
        print_all(full, c, true);
        rewind(full);
        for (int character; (character = getc(full)) != EOF;) lines += character == '\n';
        fclose(full);
    }
    print_all(stdout, c, lines <= SHORT_LINES);
}
