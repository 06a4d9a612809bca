/* ganbend recipe: checks a recipe and describes what it does to a model; extracts the recipe that reproduces a picture
 * from that picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "tools/inputs/open_model.h"
#include "tools/bending/picture_recipe.h"
#include "tools/program/text.h"

typedef struct settings {
    const char *model;
    bending_options bending;
} settings;

#define AT(member) offsetof(settings, member)

static const command check_command, from_command;

static const option check_options[] = {
    {"--model", OPTION_TEXT, AT(model), "MODEL", "Check the recipe against this model and describe its bends.", 0, 0},
    {"--clusters", OPTION_TEXT, AT(bending.clusters), "FILE", "Clusters of features for bends that name a cluster.", 0, 0},
    {"--set", OPTION_LIST, AT(bending.set), "NAME=VALUE", "Set a named parameter. May be given several times.", 0, 0},
    {0}
};

/* Prints a text that is in a recipe, in parts that end with a character. */
static void print_text(const char *text) {
    char part[256];
    for (size_t size = 0; *text; text += size) {
        for (size = 0; size < sizeof part - 1 && text[size];) size++;
        while (text[size] && size > 1 && ((unsigned char)text[size] & 0xc0) == 0x80) size--;
        memcpy(part, text, size);
        part[size] = '\0';
        gb_make_printable(part);
        fputs(part, stdout);
    }
}

static void print_line(void *arg, const char *text) {
    (void)arg;
    print_text(text);
    putchar('\n');
}

static void print_params(const gb_recipe *recipe) {
    gb_recipe_param p;
    for (size_t i = 0; gb_recipe_param_at(recipe, i, &p); i++) {
        printf("--set ");
        print_text(p.name);
        printf("=%g  (%g to %g)%s", p.value, p.low, p.high, p.summary ? "  " : "");
        print_text(p.summary ? p.summary : "");
        putchar('\n');
    }
}

/* Prints the recipe's inputs as options of render. */
static void print_inputs(const gb_recipe *recipe) {
    const char *name, *text;
    bool first = true;
    for (size_t i = 0; gb_recipe_input_at(recipe, i, &name, &text); i++, first = false) {
        printf("%s--%s ", first ? "inputs: " : " ", name);
        print_text(text);
    }
    if (!first) putchar('\n');
}

/* Checks the recipe's inputs against the model; a class that is missing may be given when it renders. */
static gb_status fit_inputs(const gb_recipe *recipe, const input_options *given, const gb_model *model, gb_error *err) {
    const char *name, *text;
    inputs in = {0};
    if (!gb_recipe_input_at(recipe, 0, &name, &text) || (gb_model_class_count(model) && !given->classes)) return GB_OK;
    if (!check_inputs(given, &in, err)) load_inputs(given, model, &in, err);
    free_inputs(&in);
    return err->status;
}

static int run_check(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    input_options in = input_defaults();
    bending b = {0};
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&check_command, argc, argv, operands, &set, &status)) return status;
    set.bending.bend = (text_list){.texts = {operands[0]}, .count = 1};
    if (!open_bending(&set.bending, &in, &b, &err) && set.model &&
        !open_model(set.model, &(device_options){.threads = 1}, &o, &err) &&
        !fit_inputs(b.recipes[0], &in, o.model, &err))
        gb_recipe_describe(b.recipes[0], o.model, print_line, NULL, &err);
    if (!err.status) {
        print_inputs(b.recipes[0]);
        print_params(b.recipes[0]);
        if (!set.model) printf("%s: valid; --model MODEL describes what it does to a model\n", operands[0]);
    }
    free_bending(&b);
    close_model(&o);
    /* This command looks for wrong recipes, so finding one is not wrong usage. */
    if (err.status) failed(&check_command, &err);
    return err.status ? EXIT_FAILED : EXIT_DONE;
}

static const command check_command = {
    .name = "recipe check",
    .operands = "FILE",
    .usage = "[options]",
    .about = "Checks a recipe, lists its parameters and inputs, and describes what it does to a model. Errors are reported "
             "with line and column.",
    .example = "ganbend recipe check bend.yaml --model faces.gbw",
    .options = check_options,
    .run = run_check,
};

/* ---- recipe from */

typedef struct from_settings {
    const char *text;
} from_settings;

static const option from_options[] = {
    {"--text", OPTION_TEXT, offsetof(from_settings, text), "NAME", "Print one of the picture's text chunks instead: "
     "Settings, Recipe, 'Recipe 2', 'Recipe with files', Clusters.", 0, 0},
    {0}
};

static int run_from(int argc, char **argv) {
    const char *operands[OPERANDS];
    from_settings set = {0};
    char *text = NULL;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&from_command, argc, argv, operands, &set, &status)) return status;
    if (set.text ? !picture_text(operands[0], set.text, &text, &err) : !remake_recipe(operands[0], &text, &err))
        for (const char *c = text; *c; c++)     /* text from a file must not control the terminal */
            putchar(((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f ? '?' : *c);
    free(text);
    return err.status ? failed(&from_command, &err) : EXIT_DONE;
}

static const command from_command = {
    .name = "recipe from",
    .operands = "FILE.png",
    .usage = "[options]",
    .about = "Prints the recipe that reproduces a picture rendered by ganbend: its bends, parameters and inputs. Settings "
             "that a recipe cannot express (contact sheets, noise maps from a file) are listed in a comment at the top.",
    .example = "ganbend recipe from faces/seed0007.png > again.yaml\n"
               "ganbend render faces.gbw --bend again.yaml -o again.png",
    .options = from_options,
    .run = run_from,
};

/* ---- recipe */

static const command *const verbs[] = {&check_command, &from_command, NULL};

static int run(int argc, char **argv) {
    return run_verb(&recipe_command, argc, argv);
}

static const option no_options[] = {{0}};

const command recipe_command = {
    .name = "recipe",
    .summary = "check a recipe, or extract one from a picture",
    .operands = "check|from",
    .usage = "…",
    .about = "'recipe check' checks a recipe and describes what it does, 'recipe from' prints the recipe that reproduces a "
             "picture. Each has its own --help.",
    .example = "ganbend recipe check bend.yaml --model faces.gbw\n"
               "ganbend recipe from faces/seed0007.png > again.yaml",
    .options = no_options,
    .verbs = verbs,
    .run = run,
};
