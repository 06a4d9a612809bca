/* ganbend: the table of subcommands, --version and help. What a subcommand does is in the file of its name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands/commands.h"

static const command *const commands[] = {
    &convert_command, &info_command,   &init_command,    &render_command,      &strip_command,  &sweep_command,
    &animate_command, &vector_command, &filters_command, &activations_command, &recipe_command, &apply_command,
    &dump_command,    &compare_command, &bench_command,  &moves_command,       &studio_command,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const command *find_command(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i]->name, name)) return commands[i];
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[COMMANDS], *near;
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
    near = nearest_name(name, names, COMMANDS, sizeof *names);
    fprintf(stderr, "ganbend: no subcommand '%s'", name);
    if (near) fprintf(stderr, "; did you mean '%s'?", near);
    fprintf(stderr, " (see 'ganbend --help')\n");
    return EXIT_USAGE;
}

static void print_overview(FILE *to) {
    fprintf(to, "usage: ganbend SUBCOMMAND …\n\n"
                "Runs StyleGAN2 and BigGAN generators without Python, open at every layer.\n\n");
    for (int i = 0; i < COMMANDS; i++) fprintf(to, "  %-13s%s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "\n'ganbend SUBCOMMAND --help' shows its options and an example; 'ganbend --version' the version.\n"
                "Exit status: 0 done, 1 a stated failure, 2 wrong usage.\n\n"
                "example:\n  ganbend convert faces.pkl faces.gbw && ganbend render faces.gbw -o out --seeds 0-15\n");
}

static int dispatch(int argc, char **argv) {
    const command *c;
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(word, "--version")) {
        printf("ganbend %s\n", gb_version());
        return EXIT_DONE;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || (!strcmp(word, "help") && argc == 2)) {
        print_overview(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(word, "help")) {
        c = find_command(argv[2]);
        if (!c) return unknown_command(argv[2]);
        print_help(c);
        return EXIT_DONE;
    }
    c = find_command(word);
    return c ? c->run(argc - 1, argv + 1) : unknown_command(word);
}

int main(int argc, char **argv) {
    int status = dispatch(argc, argv);
    /* What could not be written is a failure, however well the work went. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "ganbend: standard output: %s\n", strerror(errno));
        return status == EXIT_DONE ? EXIT_FAILED : status;
    }
    return status;
}
