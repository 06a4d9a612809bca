/* Completion scripts for bash, zsh and fish. They complete subcommands, options, choices, names of filters and
 * activations, and files. */
#include "reference.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------ words */

/* "skip|resnet" is a list of words; "FILE.png|DIR" and "LIST|random:SHARE" are not. */
static bool is_list_of_words(const char *text, size_t length) {
    bool bar = false;
    for (size_t i = 0; i < length; i++) {
        bool word = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '-';
        bar |= text[i] == '|';
        if (!word && text[i] != '|') return false;
    }
    return bar;
}

static void print_choices(const char *choices, size_t length) {
    for (size_t i = 0; i < length; i++) putchar(choices[i] == '|' ? ' ' : choices[i]);
}

static void print_names(bool (*row_at)(size_t, gb_table_row *)) {
    gb_table_row row;
    for (size_t i = 0; row_at(i, &row); i++) printf("%s%s", i ? " " : "", row.name);
}

/* Prints the words that can replace the placeholder, separated by spaces; false if there are none. */
static bool print_words(const char *placeholder, size_t length) {
    char text[64];
    placeholder_kind kind;
    if (is_list_of_words(placeholder, length)) {
        print_choices(placeholder, length);
        return true;
    }
    snprintf(text, sizeof text, "%.*s", (int)length, placeholder);
    kind = kind_of_placeholder(text);
    if (kind == PLACEHOLDER_FILTER) print_names(gb_filter_row);
    if (kind == PLACEHOLDER_ACTIVATION) print_names(gb_activation_row);
    return kind == PLACEHOLDER_FILTER || kind == PLACEHOLDER_ACTIVATION;
}

static bool has_words(const option *o) {
    placeholder_kind kind = o->value ? kind_of_placeholder(o->value) : PLACEHOLDER_OTHER;
    return o->value && (is_list_of_words(o->value, strlen(o->value)) || kind == PLACEHOLDER_FILTER ||
                        kind == PLACEHOLDER_ACTIVATION);
}

static bool takes_file(const option *o) {
    return o->value && kind_of_placeholder(o->value) == PLACEHOLDER_FILE;
}

/* Prints the words of all operands: "stylegan2|biggan OUT.gbw", "[FILTER]". */
static void print_operand_words(const command *c) {
    for (const char *p = c->operands; *p; p += strcspn(p, " "), p += *p == ' ') {
        size_t length = strcspn(p, " ");
        if (print_words(p, length)) putchar(' ');
    }
}

/* Prints the first sentence of a help text for use in single quotes, with a backslash before the characters in
 * `escaped`. */
static void print_sentence(const char *help, const char *escaped) {
    for (const char *c = help; *c && *c != '\n' && !(*c == '.' && (c[1] == ' ' || !c[1])) && *c != ';'; c++) {
        if (strchr(escaped, *c)) putchar('\\');
        if (*c == '\'') fputs("’", stdout);
        else putchar(*c);
    }
}

/* Calls `print` for every subcommand; for one that has subcommands of its own, for each of those instead. */
static void for_each_command(const program_info *program, void (*print)(const command *c)) {
    for (size_t i = 0; program->commands[i]; i++) {
        const command *c = program->commands[i];
        if (!c->verbs) print(c);
        for (size_t k = 0; c->verbs && c->verbs[k]; k++) print(c->verbs[k]);
    }
}

static const char *verb_name(const command *verb) {
    return strchr(verb->name, ' ') + 1;
}

/* ------------------------------------------------------------------------------------------------ bash */

static void print_bash_options(const command *c) {
    const option *o;
    printf("    '%s') options='", c->name);
    for (size_t i = 0; (o = option_at(c, i)); i++) printf("%s%s", i ? " " : "", o->name);
    printf("'; words='");
    print_operand_words(c);
    printf("' ;;\n");
}

static void print_bash_values(const command *c) {
    const option *o;
    for (size_t i = 0; (o = option_at(c, i)); i++) {
        if (!o->value) continue;
        printf("    '%s %s') value='", c->name, o->name);
        if (takes_file(o)) printf("file");
        else if (has_words(o)) printf("words");
        else printf("none");
        printf("'; words='");
        if (has_words(o)) print_words(o->value, strlen(o->value));
        printf("' ;;\n");
    }
}

static void print_bash(const program_info *program) {
    puts("# bash completion of ganbend\n"
         "_ganbend() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local name=${COMP_WORDS[1]} options= words= value=\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then");
    printf("    COMPREPLY=($(compgen -W '");
    for (size_t i = 0; program->commands[i]; i++) printf("%s ", program->commands[i]->name);
    puts("help --help --version' -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case $name in");
    for (size_t i = 0; program->commands[i]; i++) {
        const command *c = program->commands[i];
        if (!c->verbs) continue;
        printf("    %s)\n      if [ \"$COMP_CWORD\" -eq 2 ]; then\n        COMPREPLY=($(compgen -W '", c->name);
        for (size_t k = 0; c->verbs[k]; k++) printf("%s ", verb_name(c->verbs[k]));
        puts("--help' -- \"$current\"))\n        return\n      fi\n      name=\"$name ${COMP_WORDS[2]}\" ;;");
    }
    puts("  esac\n"
         "  # --option=value is three words to bash.\n"
         "  if [ \"$current\" = '=' ]; then current=\n"
         "  elif [ \"$previous\" = '=' ]; then previous=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  case \"$name $previous\" in");
    for_each_command(program, print_bash_values);
    puts("  esac\n"
         "  case $value in\n"
         "    words) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); return ;;\n"
         "    none) compopt +o default 2>/dev/null; return ;;\n"
         "    file) return ;;\n"
         "  esac\n"
         "  case $name in");
    for_each_command(program, print_bash_options);
    puts("  esac\n"
         "  case $current in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o default -F _ganbend ganbend");
}

/* ------------------------------------------------------------------------------------------------ zsh */

static void print_zsh_command(const command *c) {
    const option *o;
    printf("    '%s')\n      _arguments -s -S", c->name);
    for (size_t i = 0; (o = option_at(c, i)); i++) {
        printf(" \\\n        '%s%s%s[", kind_of(o) == OPTION_LIST ? "*" : "", o->name,
               o->value && o->name[1] == '-' ? "=" : "");
        print_sentence(o->help, "[]:\\");
        putchar(']');
        if (o->value) {
            printf(":value:");
            if (takes_file(o)) printf("_files");
            if (has_words(o)) {
                putchar('(');
                print_words(o->value, strlen(o->value));
                putchar(')');
            }
        }
        putchar('\'');
    }
    printf(" \\\n        '*:operand:{_alternative \"words:word:(");
    print_operand_words(c);
    puts(")\" \"files:file:_files\"}' ;;");
}

static void print_zsh(const program_info *program) {
    puts("#compdef ganbend\n"
         "_ganbend() {\n"
         "  local name\n"
         "  if (( CURRENT == 2 )); then\n"
         "    local -a commands=(");
    for (size_t i = 0; program->commands[i]; i++) {
        printf("      '%s:", program->commands[i]->name);
        print_sentence(program->commands[i]->summary, ":\\");
        puts("'");
    }
    puts("    )\n"
         "    _describe subcommand commands\n"
         "    return\n"
         "  fi\n"
         "  name=${words[2]}\n"
         "  case $name in");
    for (size_t i = 0; program->commands[i]; i++) {
        const command *c = program->commands[i];
        if (!c->verbs) continue;
        printf("    %s)\n      if (( CURRENT == 3 )); then compadd", c->name);
        for (size_t k = 0; c->verbs[k]; k++) printf(" %s", verb_name(c->verbs[k]));
        puts("; return; fi\n      name=\"$name ${words[3]}\"; shift words; (( CURRENT-- )) ;;");
    }
    puts("  esac\n"
         "  shift words; (( CURRENT-- ))\n"
         "  case $name in");
    for_each_command(program, print_zsh_command);
    puts("  esac\n"
         "}\n"
         "_ganbend \"$@\"");
}

/* ------------------------------------------------------------------------------------------------ fish */

static void print_fish_condition(const command *c) {
    const char *space = strchr(c->name, ' ');
    if (space)
        printf("complete -c ganbend -n '__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s'",
               (int)(space - c->name), c->name, space + 1);
    else
        printf("complete -c ganbend -n '__fish_seen_subcommand_from %s'", c->name);
}

static void print_fish_command(const command *c) {
    const option *o;
    for (size_t i = 0; (o = option_at(c, i)); i++) {
        print_fish_condition(c);
        printf(" %s %s", o->name[1] == '-' ? "-l" : "-s", o->name + (o->name[1] == '-' ? 2 : 1));
        if (o->value) printf(takes_file(o) ? " -r -F" : " -x");
        if (has_words(o)) {
            printf(" -a '");
            print_words(o->value, strlen(o->value));
            putchar('\'');
        }
        printf(" -d '");
        print_sentence(o->help, "\\");
        puts("'");
    }
    print_fish_condition(c);
    printf(" -F -a '");
    print_operand_words(c);
    puts("'");
}

static void print_fish(const program_info *program) {
    puts("# fish completion of ganbend\ncomplete -c ganbend -f");
    for (size_t i = 0; program->commands[i]; i++) {
        const command *c = program->commands[i];
        printf("complete -c ganbend -n __fish_use_subcommand -a %s -d '", c->name);
        print_sentence(c->summary, "\\");
        puts("'");
        if (!c->verbs) continue;
        printf("complete -c ganbend -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from", c->name);
        for (size_t k = 0; c->verbs[k]; k++) printf(" %s", verb_name(c->verbs[k]));
        printf("' -a '");
        for (size_t k = 0; c->verbs[k]; k++) printf("%s%s", k ? " " : "", verb_name(c->verbs[k]));
        puts("'");
    }
    for_each_command(program, print_fish_command);
}

bool print_completions(const program_info *program, const char *shell) {
    static const struct { const char *shell; void (*print)(const program_info *program); } shells[] = {
        {"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish},
    };
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (!strcmp(shells[i].shell, shell)) {
            shells[i].print(program);
            return true;
        }
    return false;
}
