/* ganbend recipe check: whether a recipe is right and fits a model, and what it will do. */
#include <stdio.h>
#include <string.h>

#include "bending.h"
#include "commands.h"
#include "opened.h"

typedef struct settings {
    const char *model;
    bending_options bending;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--model", OPTION_TEXT, AT(model), "FILE.gbw", "The model it is for; without one, only the recipe itself is "
     "checked.", 0, 0},
    {"--clusters", OPTION_TEXT, AT(bending.clusters), "FILE", "The clusters of features that it names.", 0, 0},
    {"--set", OPTION_LIST, AT(bending.set), "NAME=VALUE", "A named parameter of it. May be given several times.", 0, 0},
    {0}
};

static void print_line(void *arg, const char *text) {
    (void)arg;
    puts(text);
}

static void print_params(const gb_recipe *recipe) {
    gb_recipe_param p;
    for (size_t i = 0; gb_recipe_param_at(recipe, i, &p); i++)
        printf("--set %s=%g  (%g to %g)%s%s\n", p.name, p.value, p.low, p.high, p.summary ? "  " : "",
               p.summary ? p.summary : "");
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    bending b = {0};
    opened o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&recipe_command, argc, argv, operands, &set, &status)) return status;
    if (strcmp(operands[0], "check") != 0)
        return wrong_usage(&recipe_command, "a recipe can be checked, not '%s'", operands[0]);
    set.bending.bend = (text_list){.texts = {operands[1]}, .count = 1};
    if (!open_bending(&set.bending, &b, &err) && set.model && !open_model(set.model, 1, &o, &err))
        gb_recipe_describe(b.recipes[0], o.model, print_line, NULL, &err);
    if (!err.status) {
        print_params(b.recipes[0]);
        if (!set.model) printf("%s: a valid recipe; --model says what it does to a model\n", operands[1]);
    }
    free_bending(&b);
    close_model(&o);
    /* A recipe that is wrong is what this command is to find, so it is no wrong usage. */
    if (err.status) failed(&recipe_command, &err);
    return err.status ? EXIT_FAILED : EXIT_DONE;
}

const command recipe_command = {
    .name = "recipe",
    .summary = "checks a recipe and says what it does",
    .operands = "check FILE",
    .usage = "[options]",
    .about = "Checks a recipe, names its parameters and says in words what it will do to the model. What is wrong is "
             "told with line and column.",
    .example = "ganbend recipe check bend.yaml --model faces.gbw",
    .options = options,
    .run = run,
};
