/* ganbend units: measures what each feature map of a layer does to the picture, as a ranked table and a sheet. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/ganbend_analysis.h"
#include "tools/bending/single_bend.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/json_output.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/state_file.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    input_options in;
    text_list with;
    const char *at, *mask, *sort, *out;
    int64_t samples, first_sample, top;
    bool json, csv;
    const char *kept;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_TEXT, AT(at), "LAYER", "The layer, by name or alias; each of its feature maps is a unit.", 0, 0},
    {"--with", OPTION_LIST, AT(with), "FILTER[,p…]", "Bend each unit with this filter (default: ablate, multiply by -1 and by 5, "
     "and dilate). May be given several times.", 0, 0},
    {"--mask", OPTION_TEXT, AT(mask), "FILE.png", "The region of interest, white on black, scaled to the picture: effects in it, "
     "attribution to it, and overlap with it.", 0, 0},
    {"--samples", OPTION_INTEGER, AT(samples), "N", "Images to measure (default: 4).", 1, 100000},
    {"--first-sample", OPTION_INTEGER, AT(first_sample), "S", "Measure the images of seeds S, S + 1, … (default: 0).", 0,
     4294967295.0},
    {"--sort", OPTION_CHOICE, AT(sort), "effect|mask|attribution|overlap|number", "Order: by the largest effect, the largest effect "
     "in the mask relative to that elsewhere, the size of the attribution, the overlap, or the unit's number (default: effect, "
     "with --mask mask).", 0, 0},
    {"--top", OPTION_INTEGER, AT(top), "N", "Rows of the table and of the sheet (default: 20, on a sheet 8).", 1, 65536},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print all units as JSON.", 0, 0},
    {"--csv", OPTION_FLAG, AT(csv), NULL, "Print all units as comma-separated values.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Draw a sheet of the first units, each bent by each filter: a .png, .jpg or .webp file.", 0,
     0},
    STATE_OPTION(settings, kept),
    {0}
};

enum { MOST_CELLS = 400 };

typedef struct row {
    int number;
    double key;
} row;

typedef struct work {
    const loaded_model *o;
    gb_node_info layer;
    gb_unit_bend bends[GB_UNIT_BENDS];
    float params[GB_UNIT_BENDS][ROW_PARAMS];
    char titles[GB_UNIT_BENDS][64];
    int bend_count;
    float *mask;
    double mask_share;          /* of the picture */
    gb_unit *units;
    row *order;                 /* all units, the first of the table first */
} work;

/* ------------------------------------------------------------------------------------------------ measuring */

static gb_status read_bends(const settings *set, work *w, gb_error *err) {
    if (set->with.count > GB_UNIT_BENDS)
        return state(err, GB_BAD_ARGUMENT, "--with: at most %d filters", (int)GB_UNIT_BENDS);
    for (size_t i = 0; i < set->with.count && !err->status; i++) {
        single_options one = {.filter = set->with.texts[i]};
        single *s = malloc(sizeof *s);
        if (!s) return state(err, GB_NO_MEMORY, "out of memory");
        if (!read_single(&one, s, err)) {
            memcpy(w->params[i], s->params, sizeof w->params[i]);
            w->bends[i] = (gb_unit_bend){s->row.name, w->params[i], s->count};
            snprintf(w->titles[i], sizeof w->titles[i], "%.60s", s->text);
        }
        free(s);
    }
    w->bend_count = (int)set->with.count;
    if (!err->status && !w->bend_count) {
        const gb_unit_bend *all = gb_unit_default_bends(&w->bend_count);
        memcpy(w->bends, all, (size_t)w->bend_count * sizeof *all);
        for (int i = 0; i < w->bend_count; i++)
            if (all[i].param_count) snprintf(w->titles[i], sizeof w->titles[i], "times %g", (double)all[i].params[0]);
            else snprintf(w->titles[i], sizeof w->titles[i], "%s", all[i].filter);
    }
    return err->status;
}

static gb_status read_mask(const settings *set, work *w, gb_error *err) {
    size_t pixels = (size_t)(w->o->width * w->o->height);
    double sum = 0;
    w->mask_share = 1;
    if (!set->mask) return GB_OK;
    w->mask = malloc(pixels * sizeof *w->mask);
    if (!w->mask) return state(err, GB_NO_MEMORY, "out of memory");
    if (gb_read_mask(set->mask, (int)w->o->height, (int)w->o->width, w->mask, err)) return err->status;
    for (size_t i = 0; i < pixels; i++) sum += (double)w->mask[i];
    w->mask_share = sum / (double)pixels;
    return GB_OK;
}

static gb_status measure(const settings *set, const inputs *in, work *w, gb_error *err) {
    progress p = progress_start("measuring", 1);
    const gb_unit_options how = {
        .at = set->at, .samples = (size_t)set->samples, .seed = (uint64_t)set->first_sample, .psi = (float)in->psi, .label = -1,
        .bends = w->bends, .bend_count = w->bend_count, .mask = w->mask, .progress = work_goes_on, .progress_arg = &p,
        .state = set->kept};
    w->units = calloc((size_t)w->layer.shape[0], sizeof *w->units);
    begin_work(set->kept);
    if (!w->units) state(err, GB_NO_MEMORY, "out of memory");
    else gb_measure_units(w->o->model, &how, w->units, err);
    progress_end(&p);
    return end_work(set->kept, err);
}

/* ------------------------------------------------------------------------------------------------ order */

static double largest_effect(const work *w, const gb_unit *u) {
    double most = 0;
    for (int b = 0; b < w->bend_count; b++)     /* GCC 12 for AArch64 crashes over fmax() of floats in a loop */
        if ((double)u->effect[b] > most) most = (double)u->effect[b];
    return most;
}

/* How much more a bend changes the mask than the rest: the largest ratio of the mean differences. */
static double selectivity(const work *w, const gb_unit *u, int bend) {
    double inside = (double)u->effect_in_mask[bend], share = w->mask_share;
    double outside = share < 1 ? ((double)u->effect[bend] - share * inside) / (1 - share) : 0;
    return outside > 0 ? inside / outside : 0;
}

static double key_of(const settings *set, const work *w, const gb_unit *u, int number) {
    double most = 0;
    if (!strcmp(set->sort, "number")) return -number;
    if (!strcmp(set->sort, "attribution")) return fabs((double)u->attribution);
    if (!strcmp(set->sort, "overlap")) return (double)u->overlap;
    if (!strcmp(set->sort, "effect")) return largest_effect(w, u);
    /* A unit that does nothing is not selective: its effect counts too. */
    for (int b = 0; b < w->bend_count; b++) {
        double key = selectivity(w, u, b) * sqrt((double)u->effect_in_mask[b]);
        if (key > most) most = key;
    }
    return most;
}

static int by_key(const void *a, const void *b) {
    const row *x = a, *y = b;
    return x->key < y->key ? 1 : x->key > y->key ? -1 : (x->number > y->number) - (x->number < y->number);
}

static gb_status sort_units(const settings *set, work *w, gb_error *err) {
    w->order = calloc((size_t)w->layer.shape[0], sizeof *w->order);
    if (!w->order) return state(err, GB_NO_MEMORY, "out of memory");
    for (int u = 0; u < (int)w->layer.shape[0]; u++) w->order[u] = (row){u, key_of(set, w, &w->units[u], u)};
    qsort(w->order, (size_t)w->layer.shape[0], sizeof *w->order, by_key);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ tables */

static void print_table(const settings *set, const work *w) {
    int64_t rows = set->top ? set->top : 20;
    if (rows > w->layer.shape[0]) rows = w->layer.shape[0];
    printf("%6s", "unit");
    for (int b = 0; b < w->bend_count; b++) printf(" %12.12s", w->titles[b]);
    for (int b = 0; b < w->bend_count && w->mask; b++) printf(" %12s", b ? "" : "in the mask:");
    printf(" %9s %12s", "to mean", "attribution");
    puts(w->mask ? "  overlap" : "");
    for (int64_t i = 0; i < rows; i++) {
        const gb_unit *u = &w->units[w->order[i].number];
        printf("%6d", w->order[i].number);
        for (int b = 0; b < w->bend_count; b++) printf(" %12.5f", (double)u->effect[b]);
        for (int b = 0; b < w->bend_count && w->mask; b++) printf(" %12.5f", (double)u->effect_in_mask[b]);
        printf(" %9.5f %12.3g", (double)u->replaced, (double)u->attribution);
        if (w->mask) printf(" %8.3f", (double)u->overlap);
        putchar('\n');
    }
}

static void print_csv(const work *w) {
    printf("unit");
    for (int b = 0; b < w->bend_count; b++) printf(",%s", w->titles[b]);
    for (int b = 0; b < w->bend_count; b++) printf(",%s in mask", w->titles[b]);
    puts(",mean,replaced by mean,replaced by mean in mask,attribution,threshold,overlap");
    for (int64_t i = 0; i < w->layer.shape[0]; i++) {
        const gb_unit *u = &w->units[w->order[i].number];
        printf("%d", w->order[i].number);
        for (int b = 0; b < w->bend_count; b++) printf(",%.9g", (double)u->effect[b]);
        for (int b = 0; b < w->bend_count; b++) printf(",%.9g", (double)u->effect_in_mask[b]);
        printf(",%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", (double)u->mean, (double)u->replaced, (double)u->replaced_in_mask,
               (double)u->attribution, (double)u->threshold, (double)u->overlap);
    }
}

static json_t *pair(double a, double b) {
    return json_pack("[o, o]", json_number(a), json_number(b));
}

static gb_status list_json(const work *w, gb_error *err) {
    json_t *all = json_array();
    for (int64_t i = 0; i < w->layer.shape[0]; i++) {
        const gb_unit *u = &w->units[w->order[i].number];
        json_t *effects = json_object();
        for (int b = 0; effects && b < w->bend_count; b++)
            json_object_set_new(effects, w->titles[b],
                                pair((double)u->effect[b], (double)u->effect_in_mask[b]));
        json_t *one = json_pack("{s:i, s:o, s:o, s:o}", "unit", w->order[i].number, "effects", effects, "mean",
                                json_number((double)u->mean), "replaced_by_mean",
                                pair((double)u->replaced, (double)u->replaced_in_mask));
        json_object_set_new(one, "attribution", json_number((double)u->attribution));
        json_object_set_new(one, "threshold", json_number((double)u->threshold));
        json_object_set_new(one, "overlap", json_number((double)u->overlap));
        json_array_append_new(all, one);
    }
    return write_json(all, 0, err);
}

/* ------------------------------------------------------------------------------------------------ the sheet */

static gb_status draw_unit(const work *w, gb_session *session, int unit, int line, uint8_t *rgb, contact *sheet, gb_error *err) {
    char title[32];
    snprintf(title, sizeof title, "unit %d", unit);
    contact_row_title(sheet, line, title);
    for (int b = 0; b < w->bend_count && !err->status; b++) {
        char effect[32];
        gb_bend bend;
        const gb_bend_options how = {.kind = GB_BEND_FILTER, .at = w->layer.name, .name = w->bends[b].filter,
                                     .params = w->bends[b].params, .param_count = w->bends[b].param_count,
                                     .features = {.choice = GB_FEATURES_LIST, .list = &unit, .count = 1}};
        snprintf(effect, sizeof effect, "%.4f", (double)w->units[unit].effect[b]);
        if (!gb_session_bend(session, &how, &bend, err) && !gb_session_render_rgb(session, rgb, err)) {
            contact_picture(sheet, 1 + b, line, rgb, effect, NULL);
            gb_session_unbend(session, bend, err);
        }
    }
    return err->status;
}

static gb_status draw_sheet(const settings *set, inputs *in, const work *w, gb_error *err) {
    int64_t rows = set->top ? set->top : 8;
    gb_session *session = NULL;
    uint8_t *rgb = malloc((size_t)(w->o->width * w->o->height) * 3);
    contact sheet = {0};
    output_file out = {0};
    picture_texts texts;
    char made_with[SETTINGS_ROOM];
    if (rows > w->layer.shape[0]) rows = w->layer.shape[0];
    contact_options layout = {.columns = 1 + w->bend_count, .rows = (int)rows, .width = (int)w->o->width,
                              .height = (int)w->o->height, .row_titles = true, .column_titles = true, .lines = true,
                              .title = w->layer.name, .widest_row_title = "unit 512"};
    if (!rgb) state(err, GB_NO_MEMORY, "out of memory");
    else if (in->count != 1) state(err, GB_BAD_ARGUMENT, "a sheet shows one image, not %zu; give one seed", in->count);
    else if (layout.columns * layout.rows > MOST_CELLS)
        state(err, GB_BAD_ARGUMENT, "a sheet of %d pictures; at most %d: lower --top", layout.columns * layout.rows,
              (int)MOST_CELLS);
    else if (!gb_session_new(w->o->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, err) &&
             !prepare_inputs(in, session, w->o->model, err) && !apply_inputs(in, 0, session, err) &&
             !contact_new(&sheet, &layout, err)) {
        contact_column_title(&sheet, 0, "unbent");
        for (int b = 0; b < w->bend_count; b++) contact_column_title(&sheet, 1 + b, w->titles[b]);
        for (int line = 0; line < rows && !err->status; line++) {
            if (!gb_session_render_rgb(session, rgb, err)) contact_picture(&sheet, 0, line, rgb, NULL, NULL);
            if (!err->status) draw_unit(w, session, w->order[line].number, line, rgb, &sheet, err);
        }
        describe_inputs(in, 0, made_with);
        fill_picture_texts(&texts, w->o, made_with, NULL, NULL);
        if (!err->status && !output_begin(&out, set->out, err) && !contact_write(&sheet, out.path, texts.texts, texts.count, err))
            output_finish(&out, err);
        output_drop(&out);
    }
    if (!err->status) report("%s: %d units, %d bends", set->out, layout.rows, w->bend_count);
    contact_free(&sheet);
    gb_session_free(session);
    free(rgb);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status work_on(settings *set, inputs *in, work *w, gb_error *err) {
    if (!set->sort) set->sort = set->mask ? "mask" : "effect";
    if (find_map_layer(w->o->model, set->at, NULL, &w->layer, err) || read_bends(set, w, err) || read_mask(set, w, err) || measure(set, in, w, err) ||
        sort_units(set, w, err))
        return err->status;
    if (set->json) list_json(w, err);
    else if (set->csv) print_csv(w);
    else if (!set->out) print_table(set, w);
    if (!err->status && set->out) draw_sheet(set, in, w, err);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    loaded_model o = {0};
    inputs in = {0};
    work *w = calloc(1, sizeof *w);
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!w) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&units_command, argc, argv, operands, &set, &status)) {
        w->o = &o;
        if (!set.at) state(&err, GB_BAD_ARGUMENT, "--at is missing: --at LAYER");
        else if ((!strcmp(set.sort ? set.sort : "", "mask") || !strcmp(set.sort ? set.sort : "", "overlap")) && !set.mask)
            state(&err, GB_BAD_ARGUMENT, "--sort %s needs --mask", set.sort);
        else if (!check_inputs(&set.in, &in, &err) && !open_model(operands[0], &set.in.on, &o, &err) &&
                 !check_picture(&o, operands[0], &err) && (!set.out || !load_inputs(&set.in, o.model, &in, &err)))
            work_on(&set, &in, w, &err);
    }
    free_inputs(&in);
    if (w) {
        free(w->mask);
        free(w->units);
        free(w->order);
    }
    free(w);
    close_model(&o);
    return err.status ? failed(&units_command, &err) : status;
}

const command units_command = {
    .name = "units",
    .summary = "measure what each feature map of a layer does",
    .operands = "MODEL",
    .usage = "--at LAYER [-o FILE] [options]",
    .about = "Bends each feature map of a layer alone and measures how much the picture changes, in units of the picture (-1 to 1), "
             "over some images. Also measured: replacing a map by its mean, the attribution (value times gradient of the picture's "
             "mean), and with --mask all of this in a region, and the overlap of the region with the pixels where the map is high.",
    .example = "ganbend units faces.gbw --at synthesis.b32.conv1\n"
               "ganbend units faces.gbw --at synthesis.b32.conv1 --mask eyes.png -o eyes-units.png --seeds 7\n"
               "ganbend units faces.gbw --at synthesis.b16.conv1 --with rotate,30 --csv",
    .writes = WRITES_PICTURE | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run,
};
