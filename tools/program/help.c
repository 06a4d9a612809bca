/* Prints --help of a subcommand from its option tables. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 100 };

/* Prints `text` in lines of HELP_WIDTH columns: the first starts at `column`, the others at `indent`. */
static void print_wrapped(const char *text, int column, int indent) {
    while (*text) {
        const char *word = text + strspn(text, " ");
        int length = (int)strcspn(word, " \n");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, word);
        column += length;
        text = word + length;
        if (*text == '\n') {
            printf("\n%*s", indent, "");
            column = indent;
            text++;
        }
    }
    putchar('\n');
}

/* The width of UTF-8 text in columns, one for each character. */
static int columns_of(const char *text) {
    int columns = 0;
    for (; *text; text++) columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void print_option(const option *o) {
    int column = 2 + columns_of(o->name) + (o->value ? 1 + columns_of(o->value) : 0);
    printf("  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    if (column >= HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", HELP_COLUMN - column, "");
    print_wrapped(o->help, HELP_COLUMN, HELP_COLUMN);
}

void print_help(const command *c) {
    printf("usage: ganbend %s%s%s%s%s\n\n", c->name, *c->operands ? " " : "", c->operands, *c->usage ? " " : "",
           c->usage);
    print_wrapped(c->about, 0, 0);
    if (c->list) c->list(stdout);
    puts("\noptions:");
    for (size_t i = 0; option_at(c, i); i++) print_option(option_at(c, i));
    printf("\nexample:\n  ");
    for (const char *p = c->example; *p; p++) {
        putchar(*p);
        if (*p == '\n') printf("  ");
    }
    putchar('\n');
}
