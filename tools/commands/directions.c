/* ganbend directions: finds directions in a generator's latent space, or reads them from a file; lists them, writes them,
 * and draws a sheet for each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/ganbend_analysis.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/host.h"
#include "tools/program/json_output.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/state_file.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    input_options in;
    const char *method, *at, *layers, *from, *out, *sheets, *kept;
    int64_t count, samples, first_sample;
    double reach;
    bool json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--method", OPTION_CHOICE, AT(method), "pca|sefa|factor", "pca: principal components of w's, or of a layer with --at "
     "(GANSpace). sefa: closed-form factorisation of the style weights (SeFa). factor: the same as rosinality's script "
     "does it (default: pca).", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "LAYER", "With pca: analyse the values of this node. Needed for networks without w's.", 0,
     0},
    {"--layers", OPTION_TEXT, AT(layers), "A-B", "With sefa and factor: only these layers, or one, which are also those that the "
     "directions act on (default: all).", 0, 0},
    {"--count", OPTION_INTEGER, AT(count), "N", "Number of directions (default: 10).", 1, 512},
    {"--samples", OPTION_INTEGER, AT(samples), "N", "With pca: images to analyse (default: 10000, with --at 500).", 2, 10000000},
    {"--first-sample", OPTION_INTEGER, AT(first_sample), "S", "With pca: the images are those of seeds S, S + 1, … (default: "
     "0).", 0, 4294967295.0},
    {"--from", OPTION_TEXT, AT(from), "FILE", "Read directions instead of finding them: a file of this command, GANSpace's "
     ".npz, rosinality's factor.pt, or Autolume's .npy.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output: an .npz for recipes, or an .npy [n, width] of the directions times their "
     "deviations, as Autolume reads them.", 0, 0},
    {"--sheets", OPTION_TEXT, AT(sheets), "DIR", "Draw a sheet for each direction into a folder: a row for each seed, a column "
     "for each of seven amounts.", 0, 0},
    {"--reach", OPTION_NUMBER, AT(reach), "R", "The amounts on a sheet go from -R to R deviations (default: 3).", 0, 1e6},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print the list as JSON.", 0, 0},
    STATE_OPTION(settings, kept),
    {0}
};

enum { COLUMNS = 7, MAX_ROWS = 50 };

/* ------------------------------------------------------------------------------------------------ finding */

static gb_status find(const settings *set, const loaded_model *o, gb_directions **found, gb_error *err) {
    gb_direction_options how = {.at = set->at, .count = (int)set->count, .samples = (size_t)set->samples,
                                .seed = (uint64_t)set->first_sample, .progress = work_goes_on, .state = set->kept};
    progress p = progress_start("finding directions", 1);
    how.progress_arg = &p;
    begin_work(set->kept);
    if (!strcmp(set->method, "sefa")) how.method = GB_DIRECTIONS_SEFA;
    if (!strcmp(set->method, "factor")) how.method = GB_DIRECTIONS_FACTOR;
    if (!parse_layers(set->layers, &how.first_layer, &how.layer_count, err))
        gb_find_directions(o->model, &how, found, err);
    progress_end(&p);
    return end_work(set->kept, err);
}

/* ------------------------------------------------------------------------------------------------ listing */

static void layers_text(const gb_direction *d, gb_latent_space space, char text[32]) {
    if (space == GB_LATENT_Z) strcpy(text, "-");
    else if (d->last_layer < 0) strcpy(text, "all");
    else snprintf(text, 32, "%d-%d", d->first_layer, d->last_layer);
}

static void list(const gb_directions *directions, const gb_model *model) {
    printf("%-24s %-5s %8s %12s  %s\n", "name", "space", "values", "deviation", "layers");
    for (size_t i = 0; i < gb_directions_count(directions); i++) {
        gb_direction d;
        char layers[32];
        gb_directions_at(directions, i, &d);
        gb_latent_space space = direction_space(model, &d);
        layers_text(&d, space, layers);
        printf("%-24s %-5s %8" PRId64 " %12.4g  %s\n", d.name, space == GB_LATENT_Z ? "z" : "w", d.width,
               (double)d.deviation, layers);
    }
}

static gb_status list_json(const gb_directions *directions, const gb_model *model, gb_error *err) {
    json_t *all = json_array();
    for (size_t i = 0; i < gb_directions_count(directions); i++) {
        gb_direction d;
        gb_directions_at(directions, i, &d);
        gb_latent_space space = direction_space(model, &d);
        json_t *one = json_pack("{s:o, s:s, s:I, s:o}", "name", json_text(d.name), "space",
                                space == GB_LATENT_Z ? "z" : "w", "width", (json_int_t)d.width, "deviation",
                                json_number((double)d.deviation));
        if (one && space == GB_LATENT_W && d.last_layer >= 0)
            json_object_set_new(one, "layers", json_pack("[i, i]", d.first_layer, d.last_layer));
        json_array_append_new(all, one);
    }
    return write_json(all, 0, err);
}

/* ------------------------------------------------------------------------------------------------ writing */

/* Directions times their deviations, [n, width]. */
static gb_status save_array(const gb_directions *directions, const char *path, gb_error *err) {
    gb_direction first, d;
    size_t count = gb_directions_count(directions);
    gb_directions_at(directions, 0, &first);
    float *rows = calloc(count * (size_t)first.width + 1, sizeof *rows);
    if (!rows) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count && !err->status; i++) {
        gb_directions_at(directions, i, &d);
        if (d.width != first.width)
            state(err, GB_BAD_ARGUMENT, "'%s' has %" PRId64 " values, '%s' has %" PRId64 ": write an .npz", first.name,
                  first.width, d.name, d.width);
        for (int64_t k = 0; k < first.width && !err->status; k++)
            rows[(int64_t)i * first.width + k] = d.vector[k] * d.deviation;
    }
    if (!err->status) gb_npy_save(path, 2, (const int64_t[]){(int64_t)count, first.width}, rows, err);
    free(rows);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ sheets */

typedef struct work {
    const loaded_model *o;
    const inputs *in;
    gb_session *session;
    float *values;              /* of the direction, times the amount */
    uint8_t *rgb;
    double reach;
} work;

/* Adds `values` to z or to the w's of the direction's layers. */
static gb_status add_values(const work *w, const gb_direction *d, gb_error *err) {
    bool z = direction_space(w->o->model, d) == GB_LATENT_Z;
    for (int i = z ? 0 : d->first_layer; (z || d->last_layer < 0 || i <= d->last_layer) && !err->status; i++) {
        gb_node node = gb_model_find_role(w->o->model, z ? GB_ROLE_Z : GB_ROLE_W, i);
        gb_node_info info;
        gb_bend bend;
        if (node == GB_NO_NODE) break;
        gb_model_node(w->o->model, node, &info);
        if (info.shape[info.ndim - 1] != d->width)
            return state(err, GB_BAD_ARGUMENT, "the direction '%s' has %" PRId64 " values, but '%s' has %" PRId64, d->name,
                         d->width, info.name, info.shape[info.ndim - 1]);
        gb_session_bend(w->session, &(gb_bend_options){.kind = GB_BEND_SET, .at = info.name, .values = w->values,
                                                       .samples = 1, .add = true}, &bend, err);
        if (z) break;
    }
    return err->status;
}

static gb_status draw_sheet(const work *w, const gb_direction *d, contact *sheet, progress *p, gb_error *err) {
    for (int column = 0; column < COLUMNS && !err->status; column++) {
        double amount = w->reach * (column - COLUMNS / 2) / (COLUMNS / 2);
        char title[96];
        snprintf(title, sizeof title, amount == 0 ? "0" : "%+.3g", amount);
        contact_column_title(sheet, column, title);
        for (int64_t i = 0; i < d->width; i++) w->values[i] = (float)(amount * (double)d->deviation) * d->vector[i];
        if (add_values(w, d, err)) break;
        for (size_t row = 0; row < w->in->count && !err->status; row++, progress_next(p)) {
            char name[IMAGE_NAME_ROOM];
            name_image(w->in, row, name);
            if (!column) contact_row_title(sheet, (int)row, name);
            if (!apply_inputs(w->in, row, w->session, err) && !gb_session_render_rgb(w->session, w->rgb, err))
                contact_picture(sheet, column, (int)row, w->rgb, NULL, NULL);
        }
        if (!err->status) gb_session_unbend(w->session, 0, err);
    }
    return err->status;
}

static gb_status draw_sheets(const settings *set, work *w, const gb_directions *directions, gb_error *err) {
    size_t count = gb_directions_count(directions);
    contact_options layout = {.columns = COLUMNS, .rows = (int)w->in->count, .width = (int)w->o->width,
                              .height = (int)w->o->height, .row_titles = true, .column_titles = true};
    progress p = progress_start("drawing", count * COLUMNS * w->in->count);
    picture_texts texts;
    char made_with[SETTINGS_ROOM];
    describe_inputs(w->in, ALL_IMAGES, made_with);
    fill_picture_texts(&texts, w->o, made_with, NULL, NULL);
    for (size_t i = 0; i < count && !err->status; i++) {
        gb_direction d;
        contact sheet = {0};
        char path[PATH_ROOM];
        gb_directions_at(directions, i, &d);
        layout.column_axis = d.name;
        free(w->values);
        w->values = calloc((size_t)d.width, sizeof *w->values);
        if (!w->values) state(err, GB_NO_MEMORY, "out of memory");
        else if (!join_path(path, set->sheets, d.name, err) && !contact_new(&sheet, &layout, err) &&
                 !draw_sheet(w, &d, &sheet, &p, err))
            contact_write(&sheet, path, texts.texts, texts.count, err);
        contact_free(&sheet);
    }
    progress_end(&p);
    return err->status;
}

static gb_status make_sheets(const settings *set, const loaded_model *o, inputs *in, const gb_directions *directions,
                             gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    work w = {.o = o, .in = in, .reach = set->reach, .rgb = malloc((size_t)(o->width * o->height) * 3)};
    if (!w.rgb) state(err, GB_NO_MEMORY, "out of memory");
    else if (in->count > MAX_ROWS)
        state(err, GB_BAD_ARGUMENT, "%zu images; a sheet has at most %d rows", in->count, (int)MAX_ROWS);
    else if (!check_picture(o, "this model", err) && !gb_session_new(o->model, &how, &w.session, err) &&
             !prepare_inputs(in, w.session, o->model, err) && !host_make_folder(set->sheets, err))
        draw_sheets(set, &w, directions, err);
    if (!err->status) report("%s: %zu sheets", set->sheets, gb_directions_count(directions));
    gb_session_free(w.session);
    free(w.values);
    free(w.rgb);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status check(const settings *set, gb_error *err) {
    bool pca = !strcmp(set->method, "pca");
    if (set->from && (set->at || set->layers || set->samples || set->count))
        return state(err, GB_BAD_ARGUMENT, "--from reads directions: --at, --layers, --samples and --count find them");
    if (!pca && (set->at || set->samples || set->kept))
        return state(err, GB_BAD_ARGUMENT, "%s needs --method pca", set->at ? "--at" : set->samples ? "--samples" : "--state");
    if (pca && set->layers) return state(err, GB_BAD_ARGUMENT, "--layers needs --method sefa or factor");
    if (set->sheets && output_is_file(set->sheets))
        return state(err, GB_BAD_ARGUMENT, "--sheets takes a folder, not '%s'", set->sheets);
    return GB_OK;
}

static gb_status work_on(const settings *set, const loaded_model *o, inputs *in, gb_error *err) {
    gb_directions *directions = NULL;
    if (set->from ? gb_directions_open(set->from, &directions, err) : find(set, o, &directions, err)) return err->status;
    if (set->out && ends_with(set->out, ".npy")) save_array(directions, set->out, err);
    else if (set->out) gb_directions_save(directions, set->out, err);
    if (!err->status && set->out) report("%s: %zu directions", set->out, gb_directions_count(directions));
    if (!err->status && set->sheets) make_sheets(set, o, in, directions, err);
    if (!err->status && set->json) list_json(directions, o->model, err);
    else if (!err->status && !set->out && !set->sheets) list(directions, o->model);
    gb_directions_free(directions);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults(), .method = "pca", .reach = 3};
    loaded_model o = {0};
    inputs in = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&directions_command, argc, argv, operands, &set, &status)) return status;
    if (!check(&set, &err) && !check_inputs(&set.in, &in, &err) && !open_model(operands[0], &set.in.on, &o, &err) &&
        (!set.sheets || !load_inputs(&set.in, o.model, &in, &err)))
        work_on(&set, &o, &in, &err);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&directions_command, &err) : EXIT_DONE;
}

const command directions_command = {
    .name = "directions",
    .summary = "find directions in the latent space",
    .operands = "MODEL",
    .usage = "[-o FILE] [--sheets DIR] [options]",
    .about = "Finds directions in the space of w's along which pictures change most, or reads them from a file. Without -o and "
             "--sheets it lists them. A recipe moves along one with 'direction: {name: pc0, amount: 2, layers: 0-5}' and "
             "'directions: FILE' at its top; an amount of 1 is one standard deviation of the model's own pictures. In networks "
             "without w's, such as BigGAN, --at names the layer to analyse and the directions are of z.",
    .example = "ganbend directions faces.gbw -o directions.npz --sheets directions --seeds 1-3 --trunc 0.7\n"
               "ganbend directions faces.gbw --method sefa --layers 2-5\n"
               "ganbend directions faces.gbw --from ganspace.npz -o directions.npz",
    .writes = WRITES_ARRAYS | WRITES_ARRAY,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run,
};
