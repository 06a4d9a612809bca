/* ganbend sweep: renders the values of one or two parameters, on a labelled sheet or as single pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/farm/shard.h"
#include "tools/sheets/sheet.h"
#include "tools/inputs/inputs.h"
#include "tools/bending/parameters.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "tools/program/confirm.h"
#include "tools/program/output_file.h"
#include "tools/program/text.h"
#include "tools/program/report.h"
#include "tools/program/progress.h"

typedef struct settings {
    input_options in;
    single_options single;
    bending_options bending;
    shard_options shard;
    const char *x, *y, *at, *out;
    bool resume;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--x", OPTION_TEXT, AT(x), "NAME=FROM:TO:N", "Columns: N values of a parameter, both ends included. NAME is a named "
     "parameter of a recipe, a parameter of the single bend (angle), or trunc.", 0, 0},
    {"--y", OPTION_TEXT, AT(y), "NAME=FROM:TO:N", "Rows, given like --x (default: one row per seed).", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "GLOB", "Nodes to bend with --filter, --activation or --disable.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE|DIR", "A .png, .jpg or .webp file, or -, for the sheet. A folder gets every picture as "
     "seed0000-x000.png, or y000-x000.png with --y, and sheet.png.", 0, 0},
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Keep the pictures in DIR that are complete.", 0, 0},
    SHARD_OPTION(settings, shard),
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
    const settings *set;
    const loaded_model *o;
    const inputs *in;
    gb_session *session;
    parameters parameters;
    range x, y;
    int columns, rows, row;     /* `row`: that the session is set to, or -1 */
    bool to_folder;
    contact *sheet;             /* NULL: none */
    shard *shard;               /* NULL: all pictures */
    size_t written;             /* single pictures */
    uint8_t *rgb;
    char made_with[SETTINGS_ROOM];
} work;

static void row_title(const work *w, int row, char text[IMAGE_NAME_ROOM]) {
    if (w->y.given) title(&w->y, row, text, IMAGE_NAME_ROOM);
    else name_image(w->in, (size_t)row, text);
}

/* The longest title of the rows. */
static void longest_title(const work *w, char longest[IMAGE_NAME_ROOM]) {
    char text[IMAGE_NAME_ROOM];
    *longest = '\0';
    for (int row = 0; row < w->rows; row++) {
        row_title(w, row, text);
        if (strlen(text) > strlen(longest)) strcpy(longest, text);
    }
}

/* ------------------------------------------------------------------------------------------------ single pictures */

/* "seed0007-x003", "y002-x003" */
static void name_item(void *arg, size_t item, char name[SHARD_NAME_ROOM]) {
    const work *w = arg;
    char row[IMAGE_NAME_ROOM];
    int number = (int)(item / (size_t)w->columns);
    if (w->y.given) snprintf(row, sizeof row, "y%03d", number);
    else name_image(w->in, (size_t)number, row);
    snprintf(name, SHARD_NAME_ROOM, "%s-x%03d", row, (int)(item % (size_t)w->columns));
}

/* The options with which `ganbend render` makes the current picture, as far as it can, and in parentheses those of the sweep. */
static void describe_picture(const work *w, int column, char *text, size_t size) {
    const settings *set = w->set;
    char bend[SINGLE_TEXT_ROOM], recipes[BENDING_TEXT_ROOM];
    inputs in = *w->in;
    gb_recipe_param param;
    const range *ranges[2] = {&w->x, w->y.given ? &w->y : NULL};
    const int steps[2] = {column, w->row};
    if (w->parameters.psi_set) in.psi = w->parameters.psi;
    describe_inputs(&in, w->y.given ? 0 : (size_t)w->row, text);
    describe_single(&set->single, bend);
    describe_bending(w->parameters.bending, recipes);
    append(text, size, "%s%s%s%s", bend, set->at ? " --at " : "", set->at ? set->at : "", recipes);
    for (int i = 0; i < 2 && ranges[i]; i++)
        if (find_bending_param(w->parameters.bending, ranges[i]->name, &param))
            append(text, size, " --set %s=%.17g", param.name, param.value);
    for (int i = 0; i < 2 && ranges[i]; i++)
        append(text, size, "%s%s=%.9g", i ? ", " : " (", ranges[i]->name, range_value(ranges[i], steps[i]));
    append(text, size, " of sweep %s)", w->made_with);
}

static gb_status write_picture(work *w, size_t item, const char *path, const char *name, gb_error *err) {
    enum { ROOM = 2 * SETTINGS_ROOM + BENDING_TEXT_ROOM + SINGLE_TEXT_ROOM };
    char *text = malloc(ROOM), file[SHARD_NAME_ROOM + 8];
    picture_texts t;
    if (!text) return state(err, GB_NO_MEMORY, "out of memory");
    describe_picture(w, (int)(item % (size_t)w->columns), text, ROOM);
    fill_picture_texts(&t, w->o, text, NULL, w->parameters.bending);
    snprintf(file, sizeof file, "%s.png", name);
    if (!gb_png_write(path, (int)w->o->width, (int)w->o->height, w->rgb, t.texts, t.count, err)) {
        w->written++;
        shard_done(w->shard, item, text, (const char *const[]){file}, 1, err);
    }
    free(text);
    return err->status;
}

static void take_pixels(void *arg, int width, int height, const uint8_t *rgba) {
    work *w = arg;
    if (width != w->o->width || height != w->o->height) return;
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) memcpy(w->rgb + 3 * i, rgba + 4 * i, 3);
}

/* ------------------------------------------------------------------------------------------------ rendering */

/* Sets the session to a row. */
static gb_status set_row(work *w, int row, gb_error *err) {
    if (row == w->row) return GB_OK;
    w->row = row;
    if (apply_inputs(w->in, w->y.given ? 0 : (size_t)row, w->session, err) || !w->y.given) return err->status;
    return set_parameter(&w->parameters, w->y.name, range_value(&w->y, row), err);
}

static gb_status render(work *w, int row, int column, gb_error *err) {
    if (set_row(w, row, err) || set_parameter(&w->parameters, w->x.name, range_value(&w->x, column), err) ||
        apply_parameters(&w->parameters, w->session, err))
        return err->status;
    return gb_session_render_rgb(w->session, w->rgb, err);
}

/* Renders a picture, or takes it from the folder, and puts it where it is wanted. */
static gb_status make_picture(work *w, size_t item, gb_error *err) {
    int row = (int)(item / (size_t)w->columns), column = (int)(item % (size_t)w->columns);
    char path[PATH_ROOM], name[SHARD_NAME_ROOM];
    name_item(w, item, name);
    if (w->to_folder && join_path(path, w->set->out, name, err)) return err->status;
    if (w->to_folder && w->set->resume && !w->shard && gb_png_is_complete(path)) {
        if (w->sheet) gb_png_pixels(path, take_pixels, w, err);
    } else if (!render(w, row, column, err) && w->to_folder) {
        write_picture(w, item, path, name, err);
    }
    if (!err->status && w->sheet) contact_picture(w->sheet, column, row, w->rgb, NULL, NULL);
    return err->status;
}

static gb_status render_all(work *w, gb_error *err) {
    size_t count = (size_t)w->columns * (size_t)w->rows;
    progress p = progress_start("rendering", shard_left(w->shard, count));
    gb_session_set_progress(w->session, progress_share, &p);
    for (size_t i = 0; i < count && !err->status; i++)
        if (shard_wants(w->shard, i) && !make_picture(w, i, err)) progress_next(&p);
    progress_end(&p);
    return err->status;
}

/* A sheet with its titles. */
static gb_status new_sheet(const work *w, contact *sheet, gb_error *err) {
    char longest[IMAGE_NAME_ROOM], text[IMAGE_NAME_ROOM];
    const contact_options layout = {.columns = w->columns, .rows = w->rows, .width = (int)w->o->width, .height = (int)w->o->height,
                                    .row_titles = true, .column_titles = true, .column_axis = w->x.name,
                                    .row_axis = w->y.given ? w->y.name : NULL, .widest_row_title = longest};
    longest_title(w, longest);
    if (contact_new(sheet, &layout, err)) return err->status;
    for (int column = 0; column < w->columns; column++) {
        title(&w->x, column, text, sizeof text);
        contact_column_title(sheet, column, text);
    }
    for (int row = 0; row < w->rows; row++) {
        row_title(w, row, text);
        contact_row_title(sheet, row, text);
    }
    return GB_OK;
}

static gb_status write_sheet(const work *w, gb_error *err) {
    char path[PATH_ROOM];
    output_file out = {0};
    picture_texts texts;
    fill_picture_texts(&texts, w->o, w->made_with, NULL, w->parameters.bending);
    if (w->to_folder) {
        if (!join_path(path, w->set->out, "sheet", err)) contact_write(w->sheet, path, texts.texts, texts.count, err);
        return err->status;
    }
    if (!output_begin(&out, w->set->out, err) && !contact_write(w->sheet, out.path, texts.texts, texts.count, err))
        output_finish(&out, err);
    output_drop(&out);
    return err->status;
}

/* "sweep: 12 pictures of 64x64, 3 kept, and sheet.png" */
static void report_output(const work *w) {
    size_t kept = shard_share(&w->set->shard, (size_t)w->columns * (size_t)w->rows) - w->written;
    char rest[48] = "";
    if (kept) snprintf(rest, sizeof rest, ", %zu kept", kept);
    if (w->to_folder)
        report("%s: %zu picture%s of %dx%d%s%s", w->set->out, w->written, w->written == 1 ? "" : "s", (int)w->o->width,
               (int)w->o->height, rest, w->sheet ? ", and sheet.png" : "");
    else
        report("%s: %d columns, %d rows", w->set->out, w->columns, w->rows);
}

static gb_status sweep(const settings *set, inputs *in, work *w, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    const loaded_model *o = w->o;
    contact sheet = {0};
    if (check_picture(o, "this model", err)) return err->status;
    if (w->y.given && in->count != 1)
        return state(err, GB_BAD_ARGUMENT, "with --y a sweep shows one image, not %zu; give one seed", in->count);
    if (in->count > MAX_STEPS)
        return state(err, GB_BAD_ARGUMENT, "%zu images; a sheet has at most %d rows", in->count, (int)MAX_STEPS);
    w->columns = w->x.steps;
    w->rows = w->y.given ? w->y.steps : (int)in->count;
    w->row = -1;
    const shard_run run = {.command = "sweep", .folder = set->out, .settings = w->made_with, .o = o,
                           .items = (size_t)w->columns * (size_t)w->rows, .name = name_item, .arg = w};
    if (confirm_pictures(shard_share(&set->shard, run.items), err)) return err->status;
    w->rgb = malloc((size_t)(o->width * o->height) * 3);
    if (!w->rgb) return state(err, GB_NO_MEMORY, "out of memory");
    if (!w->to_folder || (canvas_exists() && !set->shard.part)) w->sheet = &sheet;
    if ((!w->sheet || !new_sheet(w, &sheet, err)) && !gb_session_new(o->model, &how, &w->session, err) &&
        !prepare_inputs(in, w->session, o->model, err) && !apply_bending(w->parameters.bending, w->session, err) &&
        (!w->parameters.single->given || !apply_single(w->parameters.single, set->at, w->session, &w->parameters.bend, err)) &&
        (!w->to_folder || !host_make_folder(set->out, err)) && !shard_begin(&set->shard, &run, &w->shard, err) &&
        !render_all(w, err) && (!w->sheet || !write_sheet(w, err)) && !shard_end(w->shard, err))
        report_output(w);
    shard_free(w->shard);
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
    w->to_folder = !output_is_file(set->out);
    if (set->resume && !w->to_folder) return state(err, GB_BAD_ARGUMENT, "--resume needs -o DIR; a sheet is made as a whole");
    if (shard_check(&set->shard, set->out, err)) return err->status;
    if (parse_range("--x", set->x, &w->x, err) || parse_range("--y", set->y, &w->y, err)) return err->status;
    if (w->y.given && !strcmp(w->x.name, w->y.name))
        return state(err, GB_BAD_ARGUMENT, "--x and --y both change '%s'; give two parameters, or --x alone", w->x.name);
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
        *w = (work){.set = &set, .o = &o, .in = &in, .parameters = {.bending = &b, .single = s}};
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
    .usage = "--x NAME=FROM:TO:N -o FILE|DIR [options]",
    .about = "Renders every combination of the values of one or two parameters on a sheet labelled with the values, or as single "
             "pictures. The parameters are named parameters of recipes, those of a single bend given by options, or trunc.",
    .example = "ganbend sweep faces.gbw --filter rotate --at synthesis.b16.conv1 --x angle=-90:90:7 -o sweep.png\n"
               "ganbend sweep faces.gbw --bend bend.yaml --x angle=0:90:5 --y trunc=0.2:1:5 -o sweep.png",
    .writes = WRITES_PICTURE | WRITES_FOLDER | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"},
               {single_table, offsetof(settings, single), "the bend"},
               {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
