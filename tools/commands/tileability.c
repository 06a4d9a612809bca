/* ganbend tileability: ranks activation vectors by how well the texture that each paints survives in small blocks, and writes
 * them as a library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine/ganbend_analysis.h"
#include "tools/bending/vector_library.h"
#include "tools/inputs/features.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/state_file.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    device_options on;
    feature_options look;
    const char *at, *out, *sheet, *name;
    int64_t count, first_sample, grid, erosion, top, label;
    double trunc;
    bool csv;
    const char *kept;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_TEXT, AT(at), "LAYER", "The layer, by name or alias; the vectors are pixels of it.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "LIBRARY.npz", "Write the vectors, the most tileable first, for 'vector show' and for recipes.", 0,
     0},
    {"--sheet", OPTION_TEXT, AT(sheet), "FILE", "Draw the vectors of lowest and highest rank, on grids of 1 to 5 pixels and "
     "everywhere: a .png, .jpg or .webp file.", 0, 0},
    {"--top", OPTION_INTEGER, AT(top), "N", "Rows of the table, and of either end on the sheet (default: 8).", 1, 100},
    {"--count", OPTION_INTEGER, AT(count), "N", "Vectors to rank, one of each image (default: 512).", 1, 1000000},
    {"--first-sample", OPTION_INTEGER, AT(first_sample), "S", "Take them from the images of seeds S, S + 1, … (default: 0).", 0,
     4294967295.0},
    {"--trunc", OPTION_NUMBER, AT(trunc), "PSI", "Truncation of these images (default: 1, none).", 1e-6, 1e6},
    {"--class", OPTION_INTEGER, AT(label), "N", "Class of these images (default: each in turn).", 0, 100000},
    {"--grid", OPTION_INTEGER, AT(grid), "K", "Side of the blocks, in pixels of the layer (default: 2).", 1, 4096},
    {"--erosion", OPTION_INTEGER, AT(erosion), "N", "Side of the square that erodes the mask of the blocks, an odd number; 1 is no "
     "erosion (default: 3, or 1 where the features have no more pixels than the layer).", 1, 99},
    {"--name", OPTION_TEXT, AT(name), "PREFIX", "The vectors' names in the library begin with it (default: tile).", 0, 0},
    {"--csv", OPTION_FLAG, AT(csv), NULL, "Print all vectors as comma-separated values.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    STATE_OPTION(settings, kept),
    {0}
};

enum { GRIDS = 5, COLUMNS = GRIDS + 2, THUMBNAILS = 64, THUMB_SIDE = 32 };

typedef struct work {
    const loaded_model *o;
    gb_node_info layer;
    size_t count;
    gb_tileable *tileable;      /* [count], in the order in which they were drawn */
    float *vectors;             /* [count, C] */
    size_t *order;              /* [count], the most tileable first */
    gb_session *session;
    uint8_t *rgb;
} work;

/* ------------------------------------------------------------------------------------------------ measuring */

static gb_status measure(const settings *set, work *w, gb_model *features, gb_error *err) {
    progress p = progress_start("ranking", 1);
    const gb_tileability_options how = {
        .at = set->at, .features = features, .features_at = set->look.at, .features_size = (int)set->look.size,
        .grid = (int)set->grid, .erosion = (int)set->erosion, .count = w->count, .seed = (uint64_t)set->first_sample,
        .label = (int)set->label, .psi = (float)set->trunc, .progress = work_goes_on, .progress_arg = &p,
        .state = set->kept};
    begin_work(set->kept);
    gb_measure_tileability(w->o->model, &how, w->tileable, w->vectors, err);
    progress_end(&p);
    end_work(set->kept, err);
    for (size_t i = 0; i < w->count && !err->status; i++) w->order[w->count - 1 - (size_t)w->tileable[i].rank] = i;
    return err->status;
}

static gb_status find_layer(const settings *set, work *w, gb_error *err) {
    if (find_map_layer(w->o->model, set->at, NULL, &w->layer, err)) return err->status;
    w->tileable = calloc(w->count, sizeof *w->tileable);
    w->vectors = calloc(w->count * (size_t)w->layer.shape[0], sizeof *w->vectors);
    w->order = calloc(w->count, sizeof *w->order);
    w->rgb = malloc((size_t)(w->o->width * w->o->height) * 3);
    return w->tileable && w->vectors && w->order && w->rgb ? GB_OK : state(err, GB_NO_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------------------------------------ tables */

static void print_table(const settings *set, const work *w) {
    size_t top = (size_t)set->top;
    printf("%6s %12s %9s %12s %12s\n", "rank", "tileability", "seed", "pixel", "control");
    for (size_t i = 0; i < w->count; i++) {
        const gb_tileable *t = &w->tileable[w->order[i]];
        char pixel[32];
        if (i >= top && i + top < w->count) {
            if (i == top) puts("     …");
            continue;
        }
        snprintf(pixel, sizeof pixel, "%d,%d", t->y, t->x);
        printf("%6zu %12.6f %9lld %12s %12.6f\n", i, (double)t->blocks.cosine,
               (long long)(set->first_sample + (int64_t)w->order[i]), pixel, (double)t->rolled.cosine);
    }
}

static void print_csv(const settings *set, const work *w) {
    puts("rank,seed,row,column,tileability,l1,both masked,control,picture and everywhere,picture and blocks");
    for (size_t i = 0; i < w->count; i++) {
        const gb_tileable *t = &w->tileable[w->order[i]];
        printf("%zu,%lld,%d,%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", i, (long long)(set->first_sample + (int64_t)w->order[i]), t->y,
               t->x, (double)t->blocks.cosine, (double)t->blocks.l1, (double)t->masked.cosine, (double)t->rolled.cosine,
               (double)t->full_source.cosine, (double)t->block_source.cosine);
    }
}

/* ------------------------------------------------------------------------------------------------ pictures */

/* Sets the session to the image that the vector was taken from. */
static gb_status set_source(const settings *set, const work *w, size_t vector, gb_error *err) {
    size_t classes = gb_model_class_count(w->o->model);
    if (gb_session_seed(w->session, (uint64_t)set->first_sample + vector, err)) return err->status;
    if (classes && gb_session_set_class(w->session, set->label >= 0 ? (int)set->label : (int)(vector % classes), err))
        return err->status;
    return set->trunc > 0 ? gb_session_truncate(w->session, (float)set->trunc, -1, err) : GB_OK;
}

/* Renders the source painted with the vector on a grid, or everywhere if `grid` is 0. */
static gb_status draw_painted(const work *w, size_t vector, int grid, gb_error *err) {
    size_t channels = (size_t)w->layer.shape[0];
    gb_bend bend;
    const gb_bend_options paint = {.kind = GB_BEND_PAINT, .at = w->layer.name, .vectors = w->vectors + vector * channels,
                                   .vector_count = 1, .grid = grid};
    if (gb_session_bend(w->session, &paint, &bend, err)) return err->status;
    gb_session_render_rgb(w->session, w->rgb, err);
    return err->status ? err->status : gb_session_unbend(w->session, bend, err);
}

static gb_status draw_row(const settings *set, const work *w, contact *sheet, int row, size_t place, gb_error *err) {
    size_t vector = w->order[place];
    char title[64];
    snprintf(title, sizeof title, "%zu: %.4f", place, (double)w->tileable[vector].blocks.cosine);
    contact_row_title(sheet, row, title);
    if (set_source(set, w, vector, err) || gb_session_render_rgb(w->session, w->rgb, err)) return err->status;
    contact_picture(sheet, 0, row, w->rgb, NULL, NULL);
    for (int i = 1; i < COLUMNS && !err->status; i++)
        if (!draw_painted(w, vector, i <= GRIDS ? i : 0, err)) contact_picture(sheet, i, row, w->rgb, NULL, NULL);
    return err->status;
}

static gb_status draw_sheet(const settings *set, const work *w, const picture_texts *texts, gb_error *err) {
    static const char *const titles[COLUMNS] = {"picture", "grid 1", "grid 2", "grid 3", "grid 4", "grid 5", "everywhere"};
    size_t top = (size_t)set->top, rows = 2 * top < w->count ? 2 * top : w->count;
    const contact_options layout = {.columns = COLUMNS, .rows = (int)rows, .width = (int)w->o->width, .height = (int)w->o->height,
                                    .row_titles = true, .column_titles = true, .title = w->layer.name,
                                    .widest_row_title = "999999: 0.9999"};
    contact sheet = {0};
    output_file out = {0};
    progress p = progress_start("drawing", rows);
    if (!contact_new(&sheet, &layout, err)) {
        for (int i = 0; i < COLUMNS; i++) contact_column_title(&sheet, i, titles[i]);
        for (size_t i = 0; i < rows && !err->status; i++, progress_next(&p))
            draw_row(set, w, &sheet, (int)i, i < rows - rows / 2 ? i : w->count - rows + i, err);
        if (!err->status && !output_begin(&out, set->sheet, err) &&
            !contact_write(&sheet, out.path, texts->texts, texts->count, err))
            output_finish(&out, err);
        output_drop(&out);
    }
    progress_end(&p);
    contact_free(&sheet);
    if (!err->status) report("%s: %zu vectors", set->sheet, rows);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the library */

/* The texture that the vector paints, reduced by averaging blocks of pixels. */
static gb_status make_thumbnail(const settings *set, const work *w, size_t vector, activation_vector *v, gb_error *err) {
    int width = (int)w->o->width, height = (int)w->o->height, larger = width > height ? width : height;
    int block = (larger + THUMB_SIDE - 1) / THUMB_SIDE;
    v->thumb_w = width / block > 0 ? width / block : 1;
    v->thumb_h = height / block > 0 ? height / block : 1;
    v->thumbnail = calloc((size_t)(v->thumb_w * v->thumb_h) * 3, sizeof *v->thumbnail);
    if (!v->thumbnail) return state(err, GB_NO_MEMORY, "out of memory");
    if (set_source(set, w, vector, err) || draw_painted(w, vector, 0, err)) return err->status;
    for (int y = 0; y < v->thumb_h * block && y < height; y++)
        for (int x = 0; x < v->thumb_w * block && x < width; x++)
            for (int c = 0; c < 3; c++)
                v->thumbnail[((y / block) * v->thumb_w + x / block) * 3 + c] +=
                    (float)w->rgb[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] / (float)(block * block);
    return GB_OK;
}

static gb_status write_library(const settings *set, const work *w, gb_error *err) {
    size_t channels = (size_t)w->layer.shape[0];
    library l = {.vectors = calloc(w->count, sizeof *l.vectors), .count = w->count};
    if (!l.vectors) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < w->count && !err->status; i++) {
        const gb_tileable *t = &w->tileable[w->order[i]];
        activation_vector *v = &l.vectors[i];
        snprintf(v->name, sizeof v->name, "%s%04zu", set->name, i);
        snprintf(v->layer, sizeof v->layer, "%s", w->layer.name);
        v->channels = (int)channels;
        v->has_checksum = v->has_seed = v->has_pixel = v->has_tileability = true;
        v->checksum = gb_model_checksum(w->o->model);
        v->seed = (uint32_t)((uint64_t)set->first_sample + w->order[i]);
        v->y = t->y;
        v->x = t->x;
        v->tileability = t->blocks.cosine;
        v->values = malloc(channels * sizeof *v->values);
        if (!v->values) state(err, GB_NO_MEMORY, "out of memory");
        else memcpy(v->values, w->vectors + w->order[i] * channels, channels * sizeof *v->values);
        if (!err->status && i < THUMBNAILS) make_thumbnail(set, w, w->order[i], v, err);
    }
    if (!err->status && !save_library(set->out, &l, err)) report("%s: %zu vectors of %s", set->out, l.count, w->layer.name);
    free_library(&l);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status work_on(const settings *set, work *w, gb_error *err) {
    gb_model *features = NULL;
    picture_texts texts;
    if (find_layer(set, w, err) || open_features(&set->look, w->o->context, &features, err)) return err->status;
    measure(set, w, features, err);
    gb_model_close(features);
    if (!err->status) gb_session_new(w->o->model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &w->session, err);
    fill_picture_texts(&texts, w->o, "", NULL, NULL);
    if (!err->status && set->out) write_library(set, w, err);
    if (!err->status && set->sheet) draw_sheet(set, w, &texts, err);
    if (!err->status && set->csv) print_csv(set, w);
    else if (!err->status && !set->out && !set->sheet) print_table(set, w);
    gb_session_free(w->session);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.name = "tile", .top = 8, .count = 512, .label = -1};
    loaded_model o = {0};
    work w = {.o = &o};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&tileability_command, argc, argv, operands, &set, &status)) return status;
    w.count = (size_t)set.count;
    if (!set.at) state(&err, GB_BAD_ARGUMENT, "--at is missing: --at LAYER");
    else if (strlen(set.name) > VECTOR_NAME_ROOM - 10 || !good_vector_name(set.name))
        state(&err, GB_BAD_ARGUMENT, "--name takes a few letters, digits, '-', '_' and '.', not '%.80s'", set.name);
    else if (!open_model(operands[0], &set.on, &o, &err) && !check_picture(&o, operands[0], &err))
        work_on(&set, &w, &err);
    free(w.tileable);
    free(w.vectors);
    free(w.order);
    free(w.rgb);
    close_model(&o);
    return err.status ? failed(&tileability_command, &err) : EXIT_DONE;
}

const command tileability_command = {
    .name = "tileability",
    .summary = "rank activation vectors by the textures that they paint",
    .operands = "MODEL",
    .usage = "--at LAYER [-o LIBRARY.npz] [--sheet FILE] [options]",
    .about = "Takes a vector from a random pixel of the layer in each of many images, paints it on a grid of small blocks and "
             "everywhere, and lets a network look at both pictures: the cosine of its features in the blocks with those of the whole "
             "texture is the vector's tileability. Vectors of high tileability paint the same texture in any shape. Without -o and "
             "--sheet it prints both ends of the ranking.",
    .example = "ganbend tileability faces.gbw --at synthesis.b16.conv1 -o tiles.npz --sheet tiles.png\n"
               "ganbend tileability faces.gbw --at synthesis.b16.conv1 --features resnet50.gbw --features-at layer2 --csv",
    .writes = WRITES_ARRAYS,
    .options = options,
    .shared = {{feature_table, offsetof(settings, look), "features of pictures"}},
    .run = run,
};
