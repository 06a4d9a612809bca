/* ganbend: the table of subcommands, --version and help. Each subcommand is in the file with its name in
 * tools/commands/. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checkpoint_tables.h"
#include "host.h"
#include "json_output.h"
#include "reference.h"
#include "temporary.h"
#include "tools/commands/commands.h"

static const command *const commands[] = {
    &convert_command, &cache_command, &info_command, &init_command, &mix_command, &render_command, &grid_command,
    &strip_command, &sweep_command, &animate_command, &gather_command, &studio_command, &recipe_command, &filters_command,
    &activations_command, &vector_command, &apply_command,
#if GANBEND_ANALYSIS
    &directions_command, &find_command, &cluster_command, &units_command, &tileability_command, &invert_command, &project_command,
#endif
    &dump_command, &trace_command, &compare_command, &bench_command, &moves_command, NULL,
};
enum { COMMANDS = sizeof commands / sizeof *commands - 1 };

/* The groups of the overview: a title and the first subcommand under it. */
static const struct { const char *title; const command *first; } groups[] = {
    {"models", &convert_command}, {"pictures", &render_command}, {"bends", &recipe_command},
#if GANBEND_ANALYSIS
    {"what layers do", &directions_command},
#endif
    {"layers and speed", &dump_command},
};

static const program_info info = {
    .about = "Renders StyleGAN2 and BigGAN generators without Python and lets you change the network at every layer.",
    .example = "ganbend render faces.pkl -o out --seeds 0-15\nganbend studio faces.pkl",
    .commands = commands,
};

static const command *command_named(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i]->name, name)) return commands[i];
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[COMMANDS], *near;
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
    near = nearest_name(name, names, COMMANDS, sizeof *names);
    fprintf(stderr, "ganbend: unknown subcommand '%s'", name);
    if (near) fprintf(stderr, "; did you mean '%s'?", near);
    fprintf(stderr, " (see 'ganbend --help')\n");
    return EXIT_USAGE;
}

static void print_overview(FILE *to) {
    fprintf(to, "usage: ganbend SUBCOMMAND …\n%s\n\n", info.about);
    for (int i = 0; i < COMMANDS; i++) {
        for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
            if (groups[k].first == commands[i]) fprintf(to, "%s:\n", groups[k].title);
        fprintf(to, "  %-13s%s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(to, "'ganbend SUBCOMMAND --help' prints the options of a subcommand and an example, 'ganbend --help-all' those of all.\n"
                "Exit status: 0 success, 1 failure, 2 wrong usage. Example: %.*s\n",
            (int)strcspn(info.example, "\n"), info.example);
}

/* The overview, and the help of every subcommand in full. */
static void print_everything(void) {
    print_overview(stdout);
    for (int i = 0; i < COMMANDS; i++) {
        printf("\n----\n\n");
        print_help_all(commands[i]);
        for (size_t k = 0; commands[i]->verbs && commands[i]->verbs[k]; k++) {
            putchar('\n');
            print_help_all(commands[i]->verbs[k]);
        }
    }
}

/* Options that only the build uses and --help does not list: --completions SHELL, --man-pages DIR, and --checkpoint-tables
 * for docs/checkpoints.md. */
static int print_reference(const char *word, const char *value) {
    gb_error err = {0};
    if (!strcmp(word, "--completions")) {
        if (print_completions(&info, value)) return EXIT_DONE;
        fprintf(stderr, "ganbend: --completions takes bash, zsh or fish, not '%s'\n", value);
        return EXIT_USAGE;
    }
    if (!write_man_pages(&info, value, &err)) return EXIT_DONE;
    fprintf(stderr, "ganbend: %s\n", err.message);
    return EXIT_FAILED;
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
    if (!strcmp(word, "--help-all")) {
        print_everything();
        return EXIT_DONE;
    }
    if (argc == 2 && !strcmp(word, "--checkpoint-tables")) {
        print_checkpoint_tables(stdout);
        return EXIT_DONE;
    }
    if (argc == 3 && (!strcmp(word, "--completions") || !strcmp(word, "--man-pages")))
        return print_reference(word, argv[2]);
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || (!strcmp(word, "help") && argc == 2)) {
        print_overview(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(word, "help")) {
        c = command_named(argv[2]);
        if (!c) return unknown_command(argv[2]);
        print_help(c);
        return EXIT_DONE;
    }
    c = command_named(word);
    return c ? c->run(argc - 1, argv + 1) : unknown_command(word);
}

int main(int argc, char **argv) {
    host_begin(&argc, &argv);
    json_watch();
    int status = dispatch(argc, argv);
    end_cleaning_up();
    /* Output that could not be written is a failure, even if the subcommand succeeded. One that failed has said why. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE) {
        fprintf(stderr, "ganbend: standard output: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}
