/* ganbend find: finds feature maps of a layer, or a direction of w, that change a region of the picture most and the rest least;
 * prints a recipe that uses them, and draws a sheet. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/ganbend_analysis.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/host.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/state_file.h"
#include "tools/program/text.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    input_options in;
    const char *mask, *at, *layers, *name, *out, *sheet, *kept;
    int64_t count, steps, samples, first_sample;
    double factor, amount;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--mask", OPTION_TEXT, AT(mask), "FILE.png", "The region, white on black, scaled to the picture.", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "LAYER", "Find feature maps of this layer. Without it, a direction of w is found.", 0, 0},
    {"--count", OPTION_INTEGER, AT(count), "N", "With --at: at most N maps (default: 10).", 1, 1000},
    {"--factor", OPTION_NUMBER, AT(factor), "F", "With --at: what the maps are multiplied by (default: 0, without them).", -100, 100},
    {"--layers", OPTION_TEXT, AT(layers), "A-B", "Move only these w's, or one (default: all).", 0, 0},
    {"--amount", OPTION_NUMBER, AT(amount), "A", "How far the direction is followed, in deviations (default: 2).", 0.01, 100},
    {"--name", OPTION_TEXT, AT(name), "NAME", "Name of the direction (default: found).", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE.npz", "Write the direction to a file of directions, or add it to one.", 0, 0},
    {"--sheet", OPTION_TEXT, AT(sheet), "FILE", "Draw a sheet with a row for each seed: a .png, .jpg or .webp file.", 0, 0},
    {"--samples", OPTION_INTEGER, AT(samples), "N", "Images that are searched, and others that are measured (default: 4).", 1, 1024},
    {"--first-sample", OPTION_INTEGER, AT(first_sample), "S", "They are those of seeds S, S + 1, … (default: 0).", 0, 4294967295.0},
    {"--search-steps", OPTION_INTEGER, AT(steps), "N", "Steps of the search (default: 60).", 1, 100000},
    STATE_OPTION(settings, kept),
    {0}
};

enum { MAX_ROWS = 50, COLUMNS = 6 };

typedef struct work {
    const settings *set;
    const loaded_model *o;
    float *mask;
    int *units, found;
    gb_directions *directions;
    size_t direction;           /* its index */
    gb_region_effect effect;
    text_buffer recipe;
    gb_session *session;
    uint8_t *rgb, *unbent;
} work;

/* ------------------------------------------------------------------------------------------------ finding */

static gb_status find(work *w, const inputs *in, gb_error *err) {
    const settings *set = w->set;
    progress p = progress_start("searching", 1);
    gb_region_options how = {.mask = w->mask, .at = set->at, .factor = (float)set->factor, .count = (int)set->count,
                             .amount = (float)set->amount, .steps = (int)set->steps, .samples = (size_t)set->samples,
                             .seed = (uint64_t)set->first_sample, .label = -1, .psi = (float)in->psi, .progress = work_goes_on,
                             .progress_arg = &p, .state = set->kept};
    begin_work(set->kept);
    if (set->at) gb_find_region_units(w->o->model, &how, w->units, &w->found, &w->effect, err);
    else if (!parse_layers(set->layers, &how.first_layer, &how.layer_count, err))
        gb_find_region_direction(w->o->model, &how, set->name, w->directions, &w->effect, err);
    progress_end(&p);
    end_work(set->kept, err);
    if (!err->status && set->at && !w->found)
        state(err, GB_BAD_ARGUMENT, "no map of '%s' changes the region more than the rest; try another layer or --factor", set->at);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the recipe */

static void put_number(text_buffer *b, const char *before, float value) {
    char number[40] = "";
    append_float(number, sizeof number, value);
    put_text(b, before);
    put_text(b, number);
}

static void put_units(work *w, text_buffer *b) {
    char line[320];
    put_number(b, "parameters:\n  strength: {value: ", (float)w->set->factor);
    snprintf(line, sizeof line, ", low: -100, high: 100}\nbends:\n- {at: \"%s\", filter: multiply, factor: $strength, features: [",
             w->set->at);
    put_text(b, line);
    for (int i = 0; i < w->found; i++) {
        snprintf(line, sizeof line, "%s%d", i ? ", " : "", w->units[i]);
        put_text(b, line);
    }
    put_text(b, "]}\n");
}

static void put_direction(work *w, text_buffer *b) {
    gb_direction d;
    char line[160];
    gb_directions_at(w->directions, w->direction, &d);
    snprintf(line, sizeof line, "directions:\n  %s:\n", d.name);
    put_text(b, line);
    put_number(b, "    deviation: ", d.deviation);
    if (d.last_layer >= 0) {
        snprintf(line, sizeof line, "\n    layers: %d-%d", d.first_layer, d.last_layer);
        put_text(b, line);
    }
    for (int64_t i = 0; i < d.width; i++) put_number(b, i ? ", " : "\n    vector: [", d.vector[i]);
    put_number(b, "]\nparameters:\n  strength: {value: ", (float)w->set->amount);
    snprintf(line, sizeof line, ", low: -100, high: 100}\nbends:\n- direction: {name: %s, amount: $strength}\n", d.name);
    put_text(b, line);
}

static gb_status write_recipe(work *w, gb_error *err) {
    char line[160];
    const gb_region_effect *e = &w->effect;
    snprintf(line, sizeof line, "# mean difference in the region %.4f, in the rest %.4f: %.1f times; in images that were not "
             "searched %.1f times\n", (double)e->inside, (double)e->outside, (double)e->inside / (double)e->outside,
             (double)e->other_inside / (double)e->other_outside);
    put_text(&w->recipe, line);
    if (w->set->at) put_units(w, &w->recipe);
    else put_direction(w, &w->recipe);
    return w->recipe.failed ? state(err, GB_NO_MEMORY, "out of memory") : GB_OK;
}

/* ------------------------------------------------------------------------------------------------ the sheet */

/* The difference from the unbent picture, four times as strong, as grey. */
static void make_difference(const work *w) {
    for (size_t i = 0; i < (size_t)(w->o->width * w->o->height); i++) {
        int sum = 0;
        for (size_t c = 0; c < 3; c++) sum += abs(w->rgb[3 * i + c] - w->unbent[3 * i + c]);
        memset(w->rgb + 3 * i, 4 * sum / 3 < 255 ? 4 * sum / 3 : 255, 3);
    }
}

/* The strengths of the columns before the last, which shows the difference that the recipe's own strength makes. */
static int strengths(const settings *set, double *values) {
    int count = set->at ? 2 : 5;
    for (int i = 0; i < count; i++) values[i] = set->at ? (i ? set->factor : 1) : (i - 2) * set->amount;
    return count;
}

static gb_status draw_row(const work *w, gb_recipe *recipe, contact *sheet, int row, gb_error *err) {
    double values[COLUMNS];
    int count = strengths(w->set, values), own = w->set->at ? 1 : 3;
    for (int i = 0; i < count && !err->status; i++) {
        bool unbent = values[i] == (w->set->at ? 1 : 0);
        if (gb_recipe_set(recipe, "strength", values[i], err) || gb_recipe_update(recipe, w->session, err) ||
            gb_session_render_rgb(w->session, unbent ? w->unbent : w->rgb, err))
            return err->status;
        contact_picture(sheet, i, row, unbent ? w->unbent : w->rgb, NULL, NULL);
        if (i != own) continue;
        make_difference(w);
        contact_picture(sheet, count, row, w->rgb, NULL, NULL);
    }
    return err->status;
}

static gb_status draw_sheet(work *w, inputs *in, gb_error *err) {
    double values[COLUMNS];
    int count = strengths(w->set, values);
    contact_options layout = {.columns = count + 1, .rows = (int)in->count, .width = (int)w->o->width, .height = (int)w->o->height,
                              .row_titles = true, .column_titles = true, .widest = "difference × 4"};
    size_t size = (size_t)(w->o->width * w->o->height) * 3;
    contact sheet = {0};
    output_file out = {0};
    gb_recipe *recipe = NULL;
    picture_texts texts;
    char title[64], made_with[SETTINGS_ROOM];
    w->rgb = malloc(size);
    w->unbent = malloc(size);
    if (!w->rgb || !w->unbent) return state(err, GB_NO_MEMORY, "out of memory");
    if (in->count > MAX_ROWS) return state(err, GB_BAD_ARGUMENT, "%zu images; a sheet has at most %d rows", in->count, (int)MAX_ROWS);
    if (!gb_session_new(w->o->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &w->session, err) &&
        !prepare_inputs(in, w->session, w->o->model, err) && !gb_recipe_parse(w->recipe.text, w->recipe.used, "found", &recipe, err) &&
        !gb_recipe_apply(recipe, w->session, err) && !contact_new(&sheet, &layout, err)) {
        for (int i = 0; i < count; i++) {
            snprintf(title, sizeof title, values[i] == (w->set->at ? 1 : 0) ? "unbent" : w->set->at ? "times %g" : "%+g", values[i]);
            contact_column_title(&sheet, i, title);
        }
        contact_column_title(&sheet, count, "difference × 4");
        for (size_t row = 0; row < in->count && !err->status; row++) {
            char name[IMAGE_NAME_ROOM];
            name_image(in, row, name);
            contact_row_title(&sheet, (int)row, name);
            if (!apply_inputs(in, row, w->session, err)) draw_row(w, recipe, &sheet, (int)row, err);
        }
        describe_inputs(in, ALL_IMAGES, made_with);
        fill_picture_texts(&texts, w->o, made_with, NULL, NULL);
        if (!err->status && !output_begin(&out, w->set->sheet, err) &&
            !contact_write(&sheet, out.path, texts.texts, texts.count, err))
            output_finish(&out, err);
        output_drop(&out);
    }
    contact_free(&sheet);
    gb_recipe_free(recipe);
    gb_session_free(w->session);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status prepare(work *w, gb_error *err) {
    const settings *set = w->set;
    gb_directions *there = NULL;
    w->mask = malloc((size_t)(w->o->width * w->o->height) * sizeof *w->mask);
    w->units = calloc((size_t)(set->count ? set->count : 10), sizeof *w->units);
    if (!w->mask || !w->units) return state(err, GB_NO_MEMORY, "out of memory");
    if (gb_read_mask(set->mask, (int)w->o->height, (int)w->o->width, w->mask, err)) return err->status;
    if (set->out && host_readable(set->out) ? gb_directions_open(set->out, &there, err) : gb_directions_new(&there, err))
        return err->status;
    w->directions = there;
    w->direction = gb_directions_count(there);
    size_t index;
    return gb_directions_find(there, set->name, &index)
               ? state(err, GB_BAD_ARGUMENT, "%s: already contains a direction '%s'; choose another --name", set->out, set->name)
               : GB_OK;
}

static gb_status check(const settings *set, gb_error *err) {
    if (!set->mask) return state(err, GB_BAD_ARGUMENT, "--mask is missing: --mask FILE.png");
    if (set->at && (set->layers || set->out))
        return state(err, GB_BAD_ARGUMENT, "%s belongs to a direction; --at finds feature maps", set->layers ? "--layers" : "-o");
    if (!set->at && (set->count || set->factor != 0))
        return state(err, GB_BAD_ARGUMENT, "%s needs --at", set->count ? "--count" : "--factor");
    return GB_OK;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults(), .name = "found", .amount = 2};
    loaded_model o = {0};
    inputs in = {0};
    work w = {.set = &set, .o = &o};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&find_command, argc, argv, operands, &set, &status)) return status;
    if (!check(&set, &err) && !check_inputs(&set.in, &in, &err) && !open_model(operands[0], &set.in.on, &o, &err) &&
        !check_picture(&o, operands[0], &err) && (!set.sheet || !load_inputs(&set.in, o.model, &in, &err)) && !prepare(&w, &err) &&
        !find(&w, &in, &err) && !write_recipe(&w, &err)) {
        if (set.out) gb_directions_save(w.directions, set.out, &err);
        if (!err.status && set.sheet) draw_sheet(&w, &in, &err);
        if (!err.status) fputs(w.recipe.text, stdout);
    }
    free(w.mask);
    free(w.units);
    free(w.recipe.text);
    free(w.rgb);
    free(w.unbent);
    gb_directions_free(w.directions);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&find_command, &err) : EXIT_DONE;
}

const command find_command = {
    .name = "find",
    .summary = "find maps or a direction that change a region",
    .operands = "MODEL",
    .usage = "--mask FILE.png [--at LAYER] [options]",
    .about = "Searches by gradients, over some images, for the feature maps of a layer (--at), or for a direction of w, that change "
             "the region of the mask most and the rest of the picture least. It prints a recipe with a parameter 'strength', whose "
             "first line says how many times as much the region changes as the rest.",
    .example = "ganbend find faces.gbw --mask eyes.png --at synthesis.b32.conv1 --sheet eyes-units.png --seeds 1-3 > eyes.yaml\n"
               "ganbend find faces.gbw --mask hair.png --layers 0-5 --name hair -o directions.npz > hair.yaml",
    .writes = WRITES_ARRAYS,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run,
};
