/* ganbend grid: style mixing. Each row is a seed, a z or a w, each column the seed of the styles; the pictures themselves stand
 * at the left and at the top. Every mixed picture is one of a recipe with a parameter, which it carries. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/bending/recipes.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/pictures/plain_sheet.h"
#include "tools/pictures/scaling.h"
#include "tools/program/confirm.h"
#include "tools/program/host.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/text.h"

typedef struct settings {
    input_options in;
    const char *rows, *columns, *styles, *size, *out;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--rows", OPTION_TEXT, AT(rows), "SEEDS", "Seeds of the rows: 85,100,75. Instead, --w or --z takes rows from a file: a "
     "projected picture, for example.", 0, 0},
    {"--cols", OPTION_TEXT, AT(columns), "SEEDS", "Seeds of the columns, whose styles are mixed in: 55,821.", 0, 0},
    {"--styles", OPTION_TEXT, AT(styles), "LIST", "The w's that come from the column: 0-6 or 4,8-13 (default: 0-6).", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE|DIR", "A .png, .jpg or .webp file or - for the grid, or a folder. A folder gets the grid "
     "as sheet.png and the pictures as seed0085.png and seed0085-style0055.png.", 0, 0},
    {"--size", OPTION_TEXT, AT(size), "WxH", "Scale every picture to W×H pixels, or to the width W.", 0, 0},
    {0}
};

typedef struct work {
    const settings *set;
    const loaded_model *o;
    inputs rows, columns;
    bending_options mixing_options;
    bending mixing;             /* the recipe */
    char recipe[256], style[PARAM_NAME_ROOM];
    gb_session *session;
    uint8_t *pixels;
    scaling scaling;
    plain_sheet sheet;
    bool to_file;
    char text[SETTINGS_ROOM + BENDING_TEXT_ROOM + 64];
} work;

/* Writes the recipe that mixes, with the column's seed as its parameter. A w has no truncation that its styles could have,
 * too. */
static gb_status make_recipe(work *w, uint32_t first, gb_error *err) {
    char style[64] = "$style";
    if (w->rows.source == FROM_W) {
        strcpy(style, "{seed: $style, truncation: ");
        append_float(style, sizeof style, (float)w->columns.psi);
        append(style, sizeof style, "}");
    }
    snprintf(w->recipe, sizeof w->recipe, "parameters:\n  style: %" PRIu32 "\nbends:\n  - {w: [%s], style: %s}\n", first,
             w->set->styles, style);
    w->mixing_options.set = (text_list){.texts = {w->style}, .count = 1};
    w->mixing.options = &w->mixing_options;
    w->mixing.count = 1;
    if (!(w->mixing.texts[0] = malloc(strlen(w->recipe) + 1))) return state(err, GB_NO_MEMORY, "out of memory");
    strcpy(w->mixing.texts[0], w->recipe);
    return gb_recipe_parse(w->recipe, strlen(w->recipe), "styles", &w->mixing.recipes[0], err);
}

/* Puts the option in place of the recipe's line and column, which the user does not see. */
static gb_status blame_styles(const work *w, gb_error *err) {
    gb_error why = *err;
    const char *rest = strncmp(why.message, "styles:", 7) ? NULL : strstr(why.message, ": ");
    return rest ? state(err, GB_BAD_ARGUMENT, "--styles %.100s: %.300s", w->set->styles, rest + 2) : err->status;
}

static gb_status write_picture(work *w, const char *path, int columns, int rows, const uint8_t *pixels, const char *latent,
                               const bending *b, gb_error *err) {
    picture_texts t;
    fill_picture_texts(&t, w->o, w->text, latent, b);
    return gb_png_write_pixels(path, columns * w->scaling.width, rows * w->scaling.height, (int)w->o->channels, pixels, t.texts,
                               t.count, err);
}

/* Renders a picture, puts it on the sheet, and writes it to the folder. `name` is its name there; `b` its recipe, or NULL. */
static gb_status make_picture(work *w, const inputs *in, size_t index, size_t place, const char *name, const bending *b,
                              gb_error *err) {
    char path[PATH_ROOM], bent[BENDING_TEXT_ROOM] = "", *latent;
    const uint8_t *pixels;
    if (gb_session_render_pixels(w->session, w->pixels, err)) return err->status;
    pixels = scaled(&w->scaling, w->pixels);
    plain_sheet_put(&w->sheet, place, pixels);
    if (w->to_file) return GB_OK;
    describe_inputs(in, index, w->text);
    if (b) describe_bending(b, bent);
    append(w->text, sizeof w->text, "%s", bent);
    if (w->scaling.given) append(w->text, sizeof w->text, " --size %dx%d", w->scaling.width, w->scaling.height);
    latent = latent_numbers(in, index);
    if (in->source != FROM_SEEDS && !latent) state(err, GB_NO_MEMORY, "out of memory");
    else if (!join_path(path, w->set->out, name, err)) write_picture(w, path, 1, 1, pixels, latent, b, err);
    free(latent);
    return err->status;
}

/* The unbent pictures of the rows or the columns. */
static gb_status make_originals(work *w, inputs *in, bool are_rows, progress *p, gb_error *err) {
    char name[IMAGE_NAME_ROOM];
    for (size_t i = 0; i < in->count && !err->status; i++, progress_next(p)) {
        name_image(in, i, name);
        if (!apply_inputs(in, i, w->session, err))
            make_picture(w, in, i, are_rows ? (i + 1) * (size_t)w->sheet.columns : i + 1, name, NULL, err);
    }
    return err->status;
}

static gb_status make_mixed(work *w, size_t row, size_t column, gb_error *err) {
    char name[2 * IMAGE_NAME_ROOM], of_row[IMAGE_NAME_ROOM];
    uint32_t style = seed_at(&w->columns.seeds, column);
    snprintf(w->style, sizeof w->style, "style=%" PRIu32, style);
    name_image(&w->rows, row, of_row);
    snprintf(name, sizeof name, "%s-style%04" PRIu32, of_row, style);
    if (set_bending_param(&w->mixing, "style", style, err) || update_bending(&w->mixing, w->session, err)) return err->status;
    return make_picture(w, &w->rows, row, (row + 1) * (size_t)w->sheet.columns + column + 1, name, &w->mixing, err);
}

static gb_status write_grid(work *w, const char *path, gb_error *err) {
    const settings *set = w->set;
    char rest[SETTINGS_ROOM], rows[SETTINGS_ROOM];
    describe_inputs(&w->columns, ALL_IMAGES, rest);
    describe_inputs(&w->rows, ALL_IMAGES, rows);
    if (set->rows) snprintf(rows, sizeof rows, "--rows %s", set->rows);
    else rows[strcspn(rows + strlen("--w "), " ") + strlen("--w ")] = '\0';      /* "--w crc32:…" */
    snprintf(w->text, sizeof w->text, "%.4096s --cols %s --styles %s %s", rows, set->columns, set->styles,
             rest + strlen("--seeds ") + strlen(set->columns) + 1);
    return write_picture(w, path, w->sheet.columns, w->sheet.rows, w->sheet.pixels, NULL, NULL, err);
}

static gb_status make_all(work *w, gb_error *err) {
    size_t rows = w->rows.count, columns = w->columns.count;
    progress p = progress_start("mixing", rows + columns + rows * columns);
    gb_session_set_progress(w->session, progress_share, &p);
    if (!make_originals(w, &w->columns, false, &p, err) && !make_originals(w, &w->rows, true, &p, err))
        apply_bending(&w->mixing, w->session, err);
    for (size_t row = 0; row < rows && !err->status; row++) {
        if (apply_inputs(&w->rows, row, w->session, err)) break;
        for (size_t column = 0; column < columns && !err->status; column++, progress_next(&p)) make_mixed(w, row, column, err);
    }
    progress_end(&p);
    return err->status;
}

static gb_status grid(work *w, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    const loaded_model *o = w->o;
    output_file out = {0};
    char path[PATH_ROOM];
    if (confirm_pictures((w->rows.count + 1) * (w->columns.count + 1), err) ||
        scaling_new(&w->scaling, w->set->size, (int)o->width, (int)o->height, (int)o->channels, err))
        return err->status;
    w->sheet = (plain_sheet){.columns = (int)w->columns.count + 1, .rows = (int)w->rows.count + 1, .width = w->scaling.width,
                             .height = w->scaling.height, .channels = (int)o->channels};
    w->pixels = malloc((size_t)(o->width * o->height * o->channels));
    if (!w->pixels) return state(err, GB_NO_MEMORY, "out of memory");
    if (plain_sheet_new(&w->sheet, "a grid of", err) || gb_session_new(o->model, &how, &w->session, err) ||
        prepare_inputs(&w->rows, w->session, o->model, err) ||
        prepare_inputs(&w->columns, w->session, o->model, err) || make_recipe(w, seed_at(&w->columns.seeds, 0), err))
        return blame_styles(w, err);
    /* Wrong --styles are reported before anything is written. */
    if (apply_bending(&w->mixing, w->session, err) || gb_session_unbend(w->session, 0, err)) return blame_styles(w, err);
    if (w->to_file ? output_begin(&out, w->set->out, err) : host_make_folder(w->set->out, err)) return err->status;
    if (!make_all(w, err) && !(w->to_file ? GB_OK : join_path(path, w->set->out, "sheet", err)) &&
        !write_grid(w, w->to_file ? out.path : path, err) && w->to_file)
        output_finish(&out, err);
    output_drop(&out);
    if (!err->status)
        report("%s: %zu rows, %zu columns, pictures of %dx%d", w->set->out, w->rows.count, w->columns.count, w->scaling.width,
               w->scaling.height);
    return err->status;
}

static gb_status read_inputs(const input_options *given, const char *name, const loaded_model *o, inputs *in, gb_error *err) {
    gb_error why = {0};
    if (check_inputs(given, in, &why) || load_inputs(given, o->model, in, &why))
        return state(err, why.status, "%s: %s", name, why.message);
    if (in->classes.count > 1) return state(err, GB_BAD_ARGUMENT, "a grid shows one class, not %zu", in->classes.count);
    return in->count <= 1000 ? GB_OK : state(err, GB_BAD_ARGUMENT, "%s: %zu pictures; the limit is 1000", name, in->count);
}

static gb_status read_rows(const settings *set, const loaded_model *o, inputs *in, gb_error *err) {
    input_options given = set->in;
    given.seeds = set->rows;
    if (given.w) {
        if (given.cutoff >= 0) return state(err, GB_BAD_ARGUMENT, "--cutoff does not apply to rows of w's");
        if (gb_model_class_count(o->model))
            return state(err, GB_BAD_ARGUMENT, "--w: w's have no class that the styles of the columns could have; give --z");
        given.trunc = NAN;      /* of the columns */
    }
    if (!set->rows) given.rng = NULL;
    return read_inputs(&given, set->rows ? "--rows" : given.w ? "--w" : "--z", o, in, err);
}

static gb_status read_columns(const settings *set, const loaded_model *o, inputs *in, gb_error *err) {
    input_options given = set->in;
    given.seeds = set->columns;
    given.z = given.w = given.w_as = NULL;
    return read_inputs(&given, "--cols", o, in, err);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults(), .styles = "0-6"};
    work *w = calloc(1, sizeof *w);
    loaded_model o = {0};
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!w) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&grid_command, argc, argv, operands, &set, &status)) {
        *w = (work){.set = &set, .o = &o};
        bool rows = set.rows || set.in.z || set.in.w;
        if (!rows || !set.columns || !set.out)
            state(&err, GB_BAD_ARGUMENT, "%s is missing: grid MODEL --rows 85,100 --cols 55,821 --styles 0-6 -o FILE.png",
                  !rows ? "--rows" : !set.columns ? "--cols" : "-o");
        else if (!!set.rows + !!set.in.z + !!set.in.w > 1)
            state(&err, GB_BAD_ARGUMENT, "--rows, --z and --w exclude each other; give one of them");
        else if (set.in.seeds || set.in.steps >= 0 || set.in.image >= 0)
            state(&err, GB_BAD_ARGUMENT, "a grid takes its seeds from --rows and --cols; --seeds, --steps and --image do not "
                  "apply");
        w->to_file = !err.status && output_is_file(set.out);
        if (!err.status && !open_model(operands[0], &set.in.on, &o, &err) && !check_picture(&o, operands[0], &err) &&
            !read_rows(&set, &o, &w->rows, &err) && !read_columns(&set, &o, &w->columns, &err))
            grid(w, &err);
        gb_session_free(w->session);
        free_bending(&w->mixing);
        free_inputs(&w->rows);
        free_inputs(&w->columns);
        scaling_free(&w->scaling);
        plain_sheet_free(&w->sheet);
        free(w->pixels);
    }
    free(w);
    close_model(&o);
    return err.status ? failed(&grid_command, &err) : status;
}

const command grid_command = {
    .name = "grid",
    .summary = "mix the styles of seeds in rows and columns",
    .operands = "MODEL",
    .usage = "--rows SEEDS|--w FILE|--z FILE --cols SEEDS [--styles LIST] -o FILE|DIR [options]",
    .about = "Style mixing: renders every row's seed with some of its w's taken from every column's seed, beside both by "
             "themselves. The pictures in a folder carry the recipe that mixes them.",
    .example = "ganbend grid faces.gbw --rows 85,100,75 --cols 55,821,1789 --styles 0-6 --trunc 0.7 -o mixed.png\n"
               "ganbend grid faces.gbw --w projected_w.npz --cols 55,821 --styles 8-17 -o mixed",
    .writes = WRITES_PICTURE | WRITES_FOLDER | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run,
};
