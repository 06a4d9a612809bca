/* ganbend sweep: renders the values of one or two parameters on a labelled sheet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/sheets/sheet.h"
#include "tools/inputs/inputs.h"
#include "tools/bending/parameters.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "tools/program/confirm.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"
#include "tools/program/progress.h"

typedef struct settings {
    input_options in;
    single_options single;
    bending_options bending;
    const char *x, *y, *at, *out;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--x", OPTION_TEXT, AT(x), "NAME=FROM:TO:N", "Columns: N values of a parameter, both ends included. NAME is a named "
     "parameter of a recipe, a parameter of the single bend (angle), or trunc.", 0, 0},
    {"--y", OPTION_TEXT, AT(y), "NAME=FROM:TO:N", "Rows, given like --x (default: one row per seed).", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "GLOB", "Nodes to bend with --filter, --activation or --disable.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output: a .png, .jpg or .webp file, or -.", 0, 0},
    {0}
};

typedef struct range {
    bool given;
    char name[PARAM_NAME_ROOM];
    double from, to;
    int steps;
} range;

enum { MAX_STEPS = 200 };

static gb_status parse_range(const char *option_name, const char *text, range *r, gb_error *err) {
    parameter_keys keys;
    if (!text) return GB_OK;
    if (!parse_keys(text, 3, &keys) || keys.count != 3 || keys.values[2] < 2 || keys.values[2] > MAX_STEPS ||
        keys.values[2] != (int)keys.values[2])
        return state(err, GB_BAD_ARGUMENT, "%s takes NAME=FROM:TO:N with N from 2 to %d, as in angle=-90:90:7, not "
                     "'%s'", option_name, (int)MAX_STEPS, text);
    *r = (range){.given = true, .from = keys.values[0], .to = keys.values[1], .steps = (int)keys.values[2]};
    strcpy(r->name, keys.name);
    return GB_OK;
}

static double range_value(const range *r, int step) {
    double t = (double)step / (r->steps - 1);
    return step == r->steps - 1 ? r->to : r->from + t * (r->to - r->from);
}

/* "30", with enough digits to tell neighbouring values apart. */
static void title(const range *r, int step, char *text, size_t size) {
    snprintf(text, size, "%.4g", range_value(r, step));
}

typedef struct work {
    const loaded_model *o;
    gb_session *session;
    parameters parameters;
    range x, y;
    uint8_t *rgb;
    char made_with[SETTINGS_ROOM];
} work;

static void row_title(const work *w, const inputs *in, int row, char text[IMAGE_NAME_ROOM]) {
    if (w->y.given) title(&w->y, row, text, IMAGE_NAME_ROOM);
    else name_image(in, (size_t)row, text);
}

/* The longest title of the rows. */
static void longest_title(const work *w, const inputs *in, int rows, char longest[IMAGE_NAME_ROOM]) {
    char text[IMAGE_NAME_ROOM];
    *longest = '\0';
    for (int row = 0; row < rows; row++) {
        row_title(w, in, row, text);
        if (strlen(text) > strlen(longest)) strcpy(longest, text);
    }
}

static gb_status render_rows(work *w, const inputs *in, contact *sheet, gb_error *err) {
    char text[IMAGE_NAME_ROOM];
    progress p = progress_start("rendering", (size_t)sheet->columns * (size_t)sheet->rows);
    gb_session_set_progress(w->session, progress_share, &p);
    for (int column = 0; column < sheet->columns; column++) {
        title(&w->x, column, text, sizeof text);
        contact_column_title(sheet, column, text);
    }
    for (int row = 0; row < sheet->rows && !err->status; row++) {
        size_t image = w->y.given ? 0 : (size_t)row;
        row_title(w, in, row, text);
        contact_row_title(sheet, row, text);
        if (apply_inputs(in, image, w->session, err) ||
            (w->y.given && set_parameter(&w->parameters, w->y.name, range_value(&w->y, row), err)))
            break;
        for (int column = 0; column < sheet->columns && !err->status; column++, progress_next(&p))
            if (!set_parameter(&w->parameters, w->x.name, range_value(&w->x, column), err) &&
                !apply_parameters(&w->parameters, w->session, err) && !gb_session_render_rgb(w->session, w->rgb, err))
                contact_picture(sheet, column, row, w->rgb, NULL, NULL);
    }
    progress_end(&p);
    return err->status;
}

static gb_status sweep(const settings *set, inputs *in, work *w, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    const loaded_model *o = w->o;
    contact sheet = {0};
    output_file out = {0};
    contact_options layout = {.columns = w->x.steps, .width = (int)o->width, .height = (int)o->height,
                              .row_titles = true, .column_titles = true, .column_axis = w->x.name,
                              .row_axis = w->y.given ? w->y.name : NULL};
    char longest[IMAGE_NAME_ROOM];
    if (check_picture(o, "this model", err)) return err->status;
    if (w->y.given && in->count != 1)
        return state(err, GB_BAD_ARGUMENT, "with --y a sweep shows one image, not %zu; give one seed", in->count);
    if (in->count > MAX_STEPS)
        return state(err, GB_BAD_ARGUMENT, "%zu images; a sheet has at most %d rows", in->count, (int)MAX_STEPS);
    layout.rows = w->y.given ? w->y.steps : (int)in->count;
    longest_title(w, in, layout.rows, longest);
    layout.widest_row_title = longest;
    if (confirm_pictures((size_t)layout.columns * (size_t)layout.rows, err)) return err->status;
    w->rgb = malloc((size_t)(o->width * o->height) * 3);
    if (!w->rgb) return state(err, GB_NO_MEMORY, "out of memory");
    if (!contact_new(&sheet, &layout, err) && !gb_session_new(o->model, &how, &w->session, err) &&
        !prepare_inputs(in, w->session, o->model, err) && !apply_bending(w->parameters.bending, w->session, err) &&
        (!w->parameters.single->given || !apply_single(w->parameters.single, set->at, w->session, &w->parameters.bend, err)) &&
        !render_rows(w, in, &sheet, err)) {
        picture_texts texts;
        fill_picture_texts(&texts, o, w->made_with, NULL, w->parameters.bending);
        if (!output_begin(&out, set->out, err) && !contact_write(&sheet, out.path, texts.texts, texts.count, err))
            output_finish(&out, err);
        output_drop(&out);
    }
    if (!err->status) report("%s: %d columns, %d rows", set->out, layout.columns, layout.rows);
    contact_free(&sheet);
    gb_session_free(w->session);
    free(w->rgb);
    return err->status;
}

static void describe(const settings *set, const inputs *in, work *w) {
    char bend[SINGLE_TEXT_ROOM], recipes[BENDING_TEXT_ROOM];
    size_t used;
    describe_inputs(in, ALL_IMAGES, w->made_with);
    describe_single(&set->single, bend);
    describe_bending(w->parameters.bending, recipes);
    used = strlen(w->made_with);
    snprintf(w->made_with + used, sizeof w->made_with - used, "%s%s%s%s --x %s%s%s", bend, set->at ? " --at " : "",
             set->at ? set->at : "", recipes, set->x, set->y ? " --y " : "", set->y ? set->y : "");
}

static gb_status check(settings *set, work *w, gb_error *err) {
    if (!set->x) return state(err, GB_BAD_ARGUMENT, "--x is missing: --x NAME=FROM:TO:N");
    if (!set->out) return state(err, GB_BAD_ARGUMENT, "-o is missing: -o FILE.png");
    if (parse_range("--x", set->x, &w->x, err) || parse_range("--y", set->y, &w->y, err)) return err->status;
    if (read_single(&set->single, w->parameters.single, err)) return err->status;
    if (w->parameters.single->given != !!set->at)
        return state(err, GB_BAD_ARGUMENT, "%s", set->at ? "--at needs --filter, --activation or --disable"
                                                         : "--at is missing: --at GLOB selects the nodes to bend");
    if (open_bending(&set->bending, &set->in, w->parameters.bending, err) || find_parameter(&w->parameters, w->x.name, err))
        return err->status;
    w->parameters.cutoff = (int)set->in.cutoff;
    return w->y.given ? find_parameter(&w->parameters, w->y.name, err) : GB_OK;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    inputs in = {0};
    bending b = {0};
    single *s = malloc(sizeof *s);
    work *w = calloc(1, sizeof *w);
    loaded_model o = {0};
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!s || !w) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&sweep_command, argc, argv, operands, &set, &status)) {
        *w = (work){.o = &o, .parameters = {.bending = &b, .single = s}};
        if (!check(&set, w, &err) && !check_inputs(&set.in, &in, &err) &&
            !open_model(operands[0], &set.in.on, &o, &err) && !load_inputs(&set.in, o.model, &in, &err)) {
            describe(&set, &in, w);
            sweep(&set, &in, w, &err);
        }
    }
    free_bending(&b);
    free_inputs(&in);
    close_model(&o);
    free(w);
    free(s);
    return err.status ? failed(&sweep_command, &err) : status;
}

const command sweep_command = {
    .name = "sweep",
    .summary = "render one or two parameters over ranges, on one sheet",
    .operands = "MODEL",
    .usage = "--x NAME=FROM:TO:N -o FILE [options]",
    .about = "Renders every combination of the values of one or two parameters on a sheet labelled with the values. The "
             "parameters are named parameters of recipes, those of a single bend given by options, or trunc.",
    .example = "ganbend sweep faces.gbw --filter rotate --at synthesis.b16.conv1 --x angle=-90:90:7 -o sweep.png\n"
               "ganbend sweep faces.gbw --bend bend.yaml --x angle=0:90:5 --y trunc=0.2:1:5 -o sweep.png",
    .writes = WRITES_PICTURE | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"},
               {single_table, offsetof(settings, single), "the bend"},
               {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
