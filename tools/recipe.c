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

/* The options that say the same. */
static void print_inputs(const gb_recipe *recipe) {
    const char *name, *text;
    bool first = true;
    for (size_t i = 0; gb_recipe_input_at(recipe, i, &name, &text); i++, first = false)
        printf("%s--%s %s", first ? "made from " : " ", name, text);
    if (!first) putchar('\n');
}

/* Whether the model takes what the recipe says that images are made from; what it leaves open may come later. */
static gb_status fit_inputs(const gb_recipe *recipe, const input_options *given, const gb_model *model, gb_error *err) {
    const char *name, *text;
    inputs in = {0};
    if (!gb_recipe_input_at(recipe, 0, &name, &text) || (gb_model_classes(model) && !given->classes)) return GB_OK;
    if (!check_inputs(given, &in, err)) load_inputs(given, model, &in, err);
    free_inputs(&in);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    input_options in = input_defaults();
    bending b = {0};
    opened o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&recipe_command, argc, argv, operands, &set, &status)) return status;
    if (strcmp(operands[0], "check") != 0)
        return wrong_usage(&recipe_command, "a recipe can be checked, not '%s'", operands[0]);
    set.bending.bend = (text_list){.texts = {operands[1]}, .count = 1};
    if (!open_bending(&set.bending, &in, &b, &err) && set.model && !open_model(set.model, 1, &o, &err) &&
        !fit_inputs(b.recipes[0], &in, o.model, &err))
        gb_recipe_describe(b.recipes[0], o.model, print_line, NULL, &err);
    if (!err.status) {
        print_inputs(b.recipes[0]);
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
