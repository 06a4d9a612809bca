/* ganbend invert: finds pairs of activation vectors whose pictures have wanted features, for one or several grid sizes, and
 * writes them with their pictures and, for several sizes, the plot of figure 9 of the painting paper. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/ganbend_analysis.h"
#include "inversion_results.h"
#include "tools/bending/vector_library.h"
#include "tools/inputs/features.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "tools/program/host.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/text.h"
#include "tools/sheets/axes.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    device_options on;
    feature_options look;
    const char *at, *out, *grid_sizes;
    int64_t targets, runs, steps, first_sample, label;
    double rate, trunc;
    bool csv;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_TEXT, AT(at), "LAYER", "The layer, by name or alias; the vectors are painted over it.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "DIR", "Write vectors.npz, a picture for each pair of vectors, a sheet of them, results.npz, and "
     "for several grid sizes figure.png.", 0, 0},
    {"--grid-sizes", OPTION_TEXT, AT(grid_sizes), "A-B", "Side of the blocks, in pixels of the layer, or a range of sizes; 0 is one "
     "vector everywhere (default: 2).", 0, 0},
    {"--targets", OPTION_INTEGER, AT(targets), "N", "Number of wanted features: the first N of the file, or without a file those at a "
     "random pixel of each of N images (default: all of the file, or 1).", 1, 100000},
    {"--runs", OPTION_INTEGER, AT(runs), "N", "Inversions of each, starting from different vectors and w's (default: 1).", 1, 1000},
    {"--steps", OPTION_INTEGER, AT(steps), "N", "Steps of Adam (default: 512).", 1, 1000000},
    {"--rate", OPTION_NUMBER, AT(rate), "R", "Their learning rate (default: 0.05).", 1e-9, 1000},
    {"--first-sample", OPTION_INTEGER, AT(first_sample), "S", "Draw the wanted features from the images of seeds S, S + 1, … "
     "(default: 0).", 0, 1e9},
    {"--trunc", OPTION_NUMBER, AT(trunc), "PSI", "Truncation of all images that are drawn (default: 1, none).", 1e-6, 1e6},
    {"--class", OPTION_INTEGER, AT(label), "N", "Their class (default: 0).", 0, 100000},
    {"--csv", OPTION_FLAG, AT(csv), NULL, "Print every inversion as comma-separated values.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    {0}
};

enum { MOST_GRIDS = 64, DRAWN_TARGETS = 8, SAVE_SECONDS = 20, SEEDS_OF_A_RUN = 1000000 };

typedef struct work {
    const settings *set;
    const loaded_model *o;
    gb_model *features;
    gb_node_info layer;
    size_t feature_count, given;        /* given: wanted features from a file, 0 if they are drawn */
    float *wanted;                      /* [given, feature_count] */
    int first_grid;
    inversion_results results;
    char described[1024], path[PATH_ROOM];      /* the settings as text; results.npz */
    size_t done, all;                   /* inversions */
    progress progress;
    gb_session *session;
    uint8_t *rgb;
} work;

/* ------------------------------------------------------------------------------------------------ wanted features */

/* [C], [n, C], or maps [C, h, w] or [n, C, h, w], which are averaged. */
static gb_status take_wanted(work *w, const char *path, const gb_array_info *info, const float *values, gb_error *err) {
    int channels = info->ndim == 1 || info->ndim == 3 ? 0 : 1;
    size_t c = w->feature_count, pixels = 1;
    char shape[SHAPE_ROOM];
    for (int i = channels + 1; i < info->ndim; i++) pixels *= (size_t)info->shape[i];
    if (info->ndim < 1 || info->ndim > 4 || info->shape[channels] != (int64_t)c || !pixels)
        return state(err, GB_BAD_ARGUMENT, "%s: an array %s has no features of that layer; expected [%zu], [n,%zu] or maps", path,
                     shape_text(info->ndim, info->shape, shape), c, c);
    w->given = channels ? (size_t)info->shape[0] : 1;
    w->wanted = calloc(w->given * c + 1, sizeof *w->wanted);
    if (!w->wanted) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < w->given * c; i++) {
        double sum = 0;
        for (size_t k = 0; k < pixels; k++) sum += (double)values[i * pixels + k];
        w->wanted[i] = (float)(sum / (double)pixels);
    }
    return w->given ? GB_OK : state(err, GB_BAD_ARGUMENT, "%s: the array is empty", path);
}

static gb_status read_wanted(work *w, const char *path, gb_error *err) {
    gb_file *file = NULL;
    gb_array_info info;
    size_t index = 0;
    float *values = NULL;
    if (gb_file_open(path, &file, err)) return err->status;
    if (!(w->set->look.at && gb_file_find(file, w->set->look.at, &index)) && gb_file_array_count(file) != 1)
        state(err, GB_BAD_ARGUMENT, "%s: %zu arrays; one is needed, or one with the name of --features-at", path,
              gb_file_array_count(file));
    else if (!read_array(file, path, index, &info, &values, err))
        take_wanted(w, path, &info, values, err);
    free(values);
    gb_file_close(file);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ inverting */

/* The seed of a run's first vector; of the second it is one more, of the w's two more. */
static uint64_t start_seed(const work *w, size_t run, size_t target) {
    return (uint64_t)w->set->first_sample + (uint64_t)(run + 1) * SEEDS_OF_A_RUN + 3 * (uint64_t)target;
}

static bool show_step(void *arg, const gb_inversion_step *step) {
    work *w = arg;
    double steps = (double)w->set->steps;
    progress_share(&w->progress, ((double)w->done + (step->number + 1) / steps) / (double)w->all);
    return true;
}

static gb_status invert(work *w, size_t run, size_t target, size_t grid, gb_error *err) {
    const settings *set = w->set;
    size_t at = results_at(&w->results, run, target, grid);
    const gb_inversion_options how = {
        .at = set->at, .features = w->features, .features_at = set->look.at, .features_size = (int)set->look.size,
        .grid = w->first_grid + (int)grid, .steps = (int)set->steps, .rate = set->rate,
        .target = w->wanted ? w->wanted + target * w->feature_count : NULL, .target_count = w->feature_count,
        .target_seed = (uint64_t)set->first_sample + target, .start_seed = start_seed(w, run, target), .label = (int)set->label,
        .psi = (float)set->trunc, .step = show_step, .step_arg = w};
    return gb_invert_features(w->o->model, &how, w->results.vectors + at * 2 * w->results.channels, &w->results.loss[at],
                              &w->results.cosine[at], NULL, err);
}

static gb_status invert_all(work *w, gb_error *err) {
    inversion_results *r = &w->results;
    w->all = r->runs * r->targets * r->grids;
    w->progress = progress_start("inverting", 1);
    for (size_t i = 0; i < w->all && !err->status; i++, w->done++) {
        size_t run = i / (r->targets * r->grids), target = i / r->grids % r->targets, grid = i % r->grids;
        if (!isnan(r->cosine[i])) continue;
        invert(w, run, target, grid, err);
        if (!err->status && w->set->out && host_seconds() - r->saved > SAVE_SECONDS) results_save(r, w->path, w->described, err);
    }
    progress_end(&w->progress);
    if (!err->status && w->set->out) results_save(r, w->path, w->described, err);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ tables */

static void print_table(const work *w) {
    printf("%9s %12s %12s\n", "grid size", "cosine", "deviation");
    for (size_t g = 0; g < w->results.grids; g++) {
        double mean, deviation;
        results_mean(&w->results, g, &mean, &deviation);
        printf("%9d %12.4f %12.4f\n", w->first_grid + (int)g, mean, deviation);
    }
}

static void print_csv(const work *w) {
    const inversion_results *r = &w->results;
    puts("run,target,grid size,cosine,loss,seed of w");
    for (size_t i = 0; i < w->all; i++) {
        size_t run = i / (r->targets * r->grids), target = i / r->grids % r->targets;
        printf("%zu,%zu,%d,%.9g,%.9g,%llu\n", run, target, w->first_grid + (int)(i % r->grids), (double)r->cosine[i],
               (double)r->loss[i], (unsigned long long)start_seed(w, run, target) + 2);
    }
}

/* ------------------------------------------------------------------------------------------------ the figure */

static void draw_bar(canvas *c, const axes *a, double x, double mean, double deviation) {
    double at = to_pixel_x(a, x), low = to_pixel_y(a, mean - deviation), high = to_pixel_y(a, mean + deviation);
    const double stem[] = {at, low, at, high}, foot[] = {at - 6, low, at + 6, low}, top[] = {at - 6, high, at + 6, high};
    canvas_line(c, stem, 2, 1.5, INK_CURVE);
    canvas_line(c, foot, 2, 1.5, INK_CURVE);
    canvas_line(c, top, 2, 1.5, INK_CURVE);
}

/* Mean and standard deviation of the cosines over the grid size, with a line through the means. */
static gb_status draw_figure(const work *w, const picture_texts *texts, gb_error *err) {
    size_t grids = w->results.grids;
    double mean[MOST_GRIDS], deviation[MOST_GRIDS], line[2 * MOST_GRIDS];
    axes a = {w->first_grid - 0.5, w->first_grid + (double)grids - 0.5, INFINITY, -INFINITY};
    char path[PATH_ROOM];
    canvas *c = NULL;
    for (size_t g = 0; g < grids; g++) {
        results_mean(&w->results, g, &mean[g], &deviation[g]);
        a.y0 = fmin(a.y0, mean[g] - deviation[g]);
        a.y1 = fmax(a.y1, mean[g] + deviation[g]);
    }
    double margin = fmax(0.05 * (a.y1 - a.y0), 1e-4);
    a.y0 -= margin;
    a.y1 += margin;
    if (join_path(path, w->set->out, "figure", err) || canvas_new(PLOT_WIDTH, PLOT_HEIGHT, &c, err)) return err->status;
    canvas_text(c, PLOT_WIDTH / 2.0, 24, 16, ALIGN_CENTRE, INK_TEXT, w->layer.name);
    draw_axes(c, &a);
    for (size_t g = 0; g < grids; g++) {
        double x = w->first_grid + (double)g;
        draw_bar(c, &a, x, mean[g], deviation[g]);
        line[2 * g] = to_pixel_x(&a, x);
        line[2 * g + 1] = to_pixel_y(&a, mean[g]);
    }
    canvas_line(c, line, grids, 2, INK_CURVE);
    canvas_text(c, PLOT_WIDTH / 2.0, PLOT_HEIGHT - 6, 12, ALIGN_CENTRE, INK_NOTE, "grid size");
    canvas_text_up(c, 14, PLOT_HEIGHT / 2.0, 12, INK_NOTE, "cosine with the wanted features");
    canvas_write(c, path, texts->texts, texts->count, err);
    canvas_free(c);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ pictures */

static void put_vector(text_buffer *b, const char *name, const float *values, size_t count) {
    put_text(b, name);
    for (size_t i = 0; i < count; i++) {
        char number[40] = "";
        if (i) put_text(b, ", ");
        append_float(number, sizeof number, values[i]);
        put_text(b, number);
    }
    put_text(b, "]\n");
}

/* The recipe of one picture, with its vectors. */
static gb_status write_recipe(const work *w, const float *vectors, int grid, text_buffer *b, gb_error *err) {
    char line[320];
    put_text(b, "summary: two vectors that ganbend invert found\nvectors:\n");
    put_vector(b, "  blocks: [", vectors, w->results.channels);
    put_vector(b, "  rest: [", vectors + w->results.channels, w->results.channels);
    put_text(b, "bends:\n");
    if (grid) {
        snprintf(line, sizeof line, "- {at: \"%s\", paint: rest}\n", w->layer.name);
        put_text(b, line);
    }
    snprintf(line, sizeof line, "- {at: \"%s\", paint: {vector: blocks, grid: %d}}\n", w->layer.name, grid);
    put_text(b, line);
    return b->failed ? state(err, GB_NO_MEMORY, "out of memory") : GB_OK;
}

static gb_status set_inputs(const work *w, uint64_t seed, gb_error *err) {
    if (gb_session_seed(w->session, seed, err)) return err->status;
    if (gb_model_class_count(w->o->model) && gb_session_set_class(w->session, (int)w->set->label, err)) return err->status;
    return w->set->trunc > 0 ? gb_session_truncate(w->session, (float)w->set->trunc, -1, err) : GB_OK;
}

/* Writes the best picture of a target and grid size to a file and to the sheet. */
static gb_status draw_best(const work *w, size_t target, size_t grid, contact *sheet, gb_error *err) {
    const inversion_results *r = &w->results;
    size_t run = results_best(r, target, grid), at = results_at(r, run, target, grid);
    int size = w->first_grid + (int)grid;
    text_buffer text = {0};
    gb_recipe *recipe = NULL;
    char name[64], path[PATH_ROOM];
    snprintf(name, sizeof name, "target%zu-grid%d", target, size);
    if (!write_recipe(w, r->vectors + at * 2 * r->channels, size, &text, err) &&
        !gb_recipe_parse(text.text, text.used, "inversion", &recipe, err) && !set_inputs(w, start_seed(w, run, target) + 2, err) &&
        !gb_recipe_apply(recipe, w->session, err) && !join_path(path, w->set->out, name, err) &&
        !gb_session_render_png(w->session, path, err) && !gb_session_render_rgb(w->session, w->rgb, err)) {
        snprintf(name, sizeof name, "%.4f", (double)r->cosine[at]);
        contact_picture(sheet, 1 + (int)grid, (int)target, w->rgb, name, NULL);
    }
    gb_recipe_free(recipe);
    if (!err->status) gb_session_unbend(w->session, 0, err);
    free(text.text);
    return err->status;
}

static gb_status draw_pictures(const work *w, const picture_texts *texts, gb_error *err) {
    const inversion_results *r = &w->results;
    size_t targets = r->targets < DRAWN_TARGETS ? r->targets : DRAWN_TARGETS;
    const contact_options layout = {.columns = 1 + (int)r->grids, .rows = (int)targets, .width = (int)w->o->width,
                                    .height = (int)w->o->height, .column_titles = true, .lines = true, .title = w->layer.name,
                                    .widest = "features of"};
    contact sheet = {0};
    char title[32], path[PATH_ROOM];
    if (contact_new(&sheet, &layout, err)) return err->status;
    contact_column_title(&sheet, 0, w->given ? "(from a file)" : "features of");
    for (size_t g = 0; g < r->grids; g++) {
        snprintf(title, sizeof title, "grid %d", w->first_grid + (int)g);
        contact_column_title(&sheet, 1 + (int)g, title);
    }
    for (size_t t = 0; t < targets && !err->status; t++) {
        if (!w->given && !set_inputs(w, (uint64_t)w->set->first_sample + t, err) && !gb_session_render_rgb(w->session, w->rgb, err))
            contact_picture(&sheet, 0, (int)t, w->rgb, NULL, NULL);
        for (size_t g = 0; g < r->grids && !err->status; g++) draw_best(w, t, g, &sheet, err);
    }
    if (!err->status && !join_path(path, w->set->out, "pictures", err))
        contact_write(&sheet, path, texts->texts, texts->count, err);
    contact_free(&sheet);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the library */

static gb_status fill_vector(const work *w, size_t target, size_t grid, int which, activation_vector *v, gb_error *err) {
    const inversion_results *r = &w->results;
    size_t at = results_at(r, results_best(r, target, grid), target, grid);
    snprintf(v->name, sizeof v->name, "target%zu-grid%d-%s", target, w->first_grid + (int)grid, which ? "rest" : "blocks");
    snprintf(v->layer, sizeof v->layer, "%s", w->layer.name);
    v->has_checksum = true;
    v->checksum = gb_model_checksum(w->o->model);
    v->channels = (int)r->channels;
    v->values = malloc(r->channels * sizeof *v->values);
    if (!v->values) return state(err, GB_NO_MEMORY, "out of memory");
    memcpy(v->values, r->vectors + (at * 2 + (size_t)which) * r->channels, r->channels * sizeof *v->values);
    return GB_OK;
}

/* Writes the best vectors of the targets that are drawn. */
static gb_status write_library(const work *w, gb_error *err) {
    const inversion_results *r = &w->results;
    size_t targets = r->targets < DRAWN_TARGETS ? r->targets : DRAWN_TARGETS;
    library l = {.vectors = calloc(targets * r->grids * 2, sizeof *l.vectors), .count = targets * r->grids * 2};
    char path[PATH_ROOM];
    if (!l.vectors) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < l.count && !err->status; i++)
        fill_vector(w, i / 2 / r->grids, i / 2 % r->grids, (int)(i % 2), &l.vectors[i], err);
    if (!err->status && snprintf(path, sizeof path, "%s/vectors.npz", w->set->out) >= (int)sizeof path)
        state(err, GB_BAD_ARGUMENT, "%.100s…: the path is too long", w->set->out);
    if (!err->status) save_library(path, &l, err);
    free_library(&l);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

/* "2", "0-5" or "0..5". */
static gb_status read_grids(const settings *set, int *first, int *last, gb_error *err) {
    char text[64], *end, *dots;
    long one = strtol(set->grid_sizes, &end, 10);
    snprintf(text, sizeof text, "%s", set->grid_sizes);
    if ((dots = strstr(text, ".."))) {
        *dots = '-';
        memmove(dots + 1, dots + 2, strlen(dots + 2) + 1);
    }
    if (!*end && end != set->grid_sizes && one >= 0 && one <= 4096) *first = *last = (int)one;
    else if (!parse_pair(text, '-', 0, 4096, first, last) || *last < *first || *last - *first >= MOST_GRIDS)
        state(err, GB_BAD_ARGUMENT, "--grid-sizes takes a size, or the first and the last of at most %d, as in 0-5, not '%.60s'",
              (int)MOST_GRIDS, set->grid_sizes);
    return err->status;
}

static gb_status find_layer(work *w, gb_error *err) {
    if (find_map_layer(w->o->model, w->set->at, NULL, &w->layer, err)) return err->status;
    w->rgb = malloc((size_t)(w->o->width * w->o->height) * 3);
    return w->rgb ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

/* Everything that the results depend on. */
static void describe(work *w) {
    const settings *set = w->set;
    w->described[0] = '\0';
    append(w->described, sizeof w->described, "model %08x at %s features %08x at %s size %d grids %d+%zu targets %zu of %zu (%08x) "
           "runs %zu steps %d rate %.9g first %lld trunc %.9g class %d", (unsigned)gb_model_checksum(w->o->model), w->layer.name,
           w->features ? (unsigned)gb_model_checksum(w->features) : 0U, set->look.at ? set->look.at : "-", (int)set->look.size,
           w->first_grid, w->results.grids, w->results.targets, w->given,
           w->wanted ? (unsigned)crc32_of(w->wanted, w->given * w->feature_count) : 0U, w->results.runs, (int)set->steps, set->rate,
           (long long)set->first_sample, set->trunc, (int)set->label);
}

static gb_status prepare(work *w, const char *wanted, gb_error *err) {
    const settings *set = w->set;
    int last = 0;
    int64_t shape[3];
    if (read_grids(set, &w->first_grid, &last, err) || find_layer(w, err) ||
        open_features(&set->look, w->o->context, &w->features, err) ||
        gb_feature_shape(w->o->model, w->features, set->look.at, (int)set->look.size, shape, err))
        return err->status;
    w->feature_count = (size_t)shape[0];
    if (wanted && read_wanted(w, wanted, err)) return err->status;
    size_t targets = set->targets ? (size_t)set->targets : w->given ? w->given : 1;
    if (w->given && targets > w->given)
        return state(err, GB_BAD_ARGUMENT, "--targets %zu: %s has only %zu", targets, wanted, w->given);
    if (results_new(&w->results, (size_t)set->runs, targets, (size_t)(last - w->first_grid + 1), (size_t)w->layer.shape[0], err))
        return err->status;
    describe(w);
    if (!set->out) return GB_OK;
    if (host_make_folder(set->out, err)) return err->status;
    if (snprintf(w->path, sizeof w->path, "%s/results.npz", set->out) >= (int)sizeof w->path)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: the path is too long", set->out);
    return results_resume(&w->results, w->path, w->described, err);
}

static gb_status write_all(work *w, gb_error *err) {
    picture_texts texts;
    fill_picture_texts(&texts, w->o, w->described, NULL, NULL);
    if (!gb_session_new(w->o->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &w->session, err) &&
        !write_library(w, err) && !draw_pictures(w, &texts, err) && w->results.grids > 1)
        draw_figure(w, &texts, err);
    gb_session_free(w->session);
    if (!err->status) report("%s: %zu inversions", w->set->out, w->all);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.grid_sizes = "2", .runs = 1, .steps = 512, .rate = 0.05};
    loaded_model o = {0};
    work *w = calloc(1, sizeof *w);
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!w) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&invert_command, argc, argv, operands, &set, &status)) {
        w->set = &set;
        w->o = &o;
        if (!set.at) state(&err, GB_BAD_ARGUMENT, "--at is missing: --at LAYER");
        else if (!open_model(operands[0], &set.on, &o, &err) && !check_picture(&o, operands[0], &err) &&
                 !prepare(w, operands[1], &err) && !invert_all(w, &err)) {
            if (set.out) write_all(w, &err);
            if (!err.status && set.csv) print_csv(w);
            else if (!err.status) print_table(w);
        }
    }
    if (w) {
        gb_model_close(w->features);
        results_free(&w->results);
        free(w->wanted);
        free(w->rgb);
    }
    free(w);
    close_model(&o);
    return err.status ? failed(&invert_command, &err) : status;
}

const command invert_command = {
    .name = "invert",
    .summary = "find vectors whose picture has wanted features",
    .operands = "MODEL [FEATURES]",
    .usage = "--at LAYER [-o DIR] [options]",
    .about = "Finds two activation vectors that, painted over the layer, one in small blocks and the other between them, give a "
             "picture whose average features are the wanted ones. FEATURES is an array [C] or [n, C] of them, or maps that "
             "'ganbend dump --picture' wrote; without it they are drawn from images of the model. Several grid sizes and runs repeat "
             "the painting paper's experiment. After an interruption the command continues from the results in its folder.",
    .example = "ganbend invert faces.gbw --at synthesis.b16.conv1 -o inverted\n"
               "ganbend invert faces.gbw wanted.npz --at synthesis.b16.conv1 --features resnet50.gbw --features-at layer3 -o out\n"
               "ganbend invert faces.gbw --at synthesis.b16.conv1 --grid-sizes 0-5 --runs 3 --targets 16 -o figure9",
    .writes = WRITES_FOLDER,
    .options = options,
    .shared = {{feature_table, offsetof(settings, look), "features of pictures"}},
    .run = run,
};
