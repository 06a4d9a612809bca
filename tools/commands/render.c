/* ganbend render: renders images from seeds, z's or w's as single PNGs, as a contact sheet, or both. The text chunks of
 * each PNG hold the settings that reproduce it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/farm/shard.h"
#include "tools/program/confirm.h"
#include "tools/program/host.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/masks.h"
#include "tools/pictures/pictures.h"
#include "tools/pictures/plain_sheet.h"
#include "tools/pictures/scaling.h"
#include "tools/program/progress.h"
#include "tools/pictures/nonfinite.h"
#include "tools/program/text.h"

typedef struct settings {
    input_options in;
    bending_options bending;
    shard_options shard;
    const char *out, *grid, *size;
    int64_t redraw_as;
    bool resume, redraw, masks, layer_masks;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"-o", OPTION_TEXT, AT(out), "FILE|DIR", "A .png, .jpg or .webp file, - for standard output, or a folder. A file holds one "
     "image, a contact sheet or a strip of --steps. A folder gets seed0000.png and so on (z0000.png and w0000.png with --z and "
     "--w, class0207-seed0000.png with several classes, step0000.png with --steps).", 0, 0},
    {"--grid", OPTION_TEXT, AT(grid), "CxR", "Write a contact sheet of C columns and R rows. It is filled class by class, and "
     "is FILE, or sheet.png beside the single images in DIR.", 0, 0},
    {"--size", OPTION_TEXT, AT(size), "WxH", "Scale pictures to W×H pixels, or to the width W.", 0, 0},
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Skip outputs that already exist and are complete.", 0, 0},
    {"--masks", RARE(OPTION_FLAG), AT(masks), NULL, "For pictures that a recipe paints: also write DIR/masks/NAME.png beside each "
     "DIR/NAME.png, an 8-bit grey PNG of the picture's size. Its values are 0 where nothing is painted, otherwise the number of "
     "the vector, counted from 1 through all recipes.", 0, 0},
    {"--layer-masks", RARE(OPTION_FLAG), AT(layer_masks), NULL, "The same at the size of each painted layer, as "
     "DIR/masks-LAYER/NAME.png.", 0, 0},
    {"--redraw", RARE(OPTION_FLAG), AT(redraw), NULL, "Draw the random features of recipes again for each image, from its seed "
     "or, without seeds, from its number.", 0, 0},
    {"--redraw-as", RARE(OPTION_INTEGER), AT(redraw_as), "N", "Draw the random features of every image as --redraw does for "
     "seed or number N.", 0, UINT32_MAX},
    SHARD_OPTION(settings, shard),
    {0}
};

/* The state of the run. */
typedef struct work {
    const settings *set;
    inputs *in;
    bending *bending;
    const loaded_model *o;
    plain_sheet *sheet;
    scaling scaling;
    shard *shard;               /* NULL: all pictures */
    output_file out;            /* if the output is a file */
    size_t written;             /* single images */
    gb_session *session;
    watch watch;                /* for NaN in the picture, if the network is bent */
    masks masks;                /* of painted regions, if they are wanted */
    uint8_t *pixels;            /* the current image */
    char text[SETTINGS_ROOM + BENDING_TEXT_ROOM + 32];
} work;

static gb_status write_image(work *w, const char *path, int columns, int rows, const char *latent, const uint8_t *pixels,
                             gb_error *err) {
    picture_texts t;
    fill_picture_texts(&t, w->o, w->text, latent, w->bending);
    return gb_png_write_pixels(path, columns * w->scaling.width, rows * w->scaling.height, (int)w->o->channels, pixels,
                               t.texts, t.count, err);
}

/* Writes the settings of one image or ALL_IMAGES to w->text. */
static void describe(work *w, size_t index) {
    char bent[BENDING_TEXT_ROOM];
    size_t used;
    describe_inputs(w->in, index, w->text);
    if (w->set->redraw) w->bending->redraw = index == ALL_IMAGES ? 0 : image_number(w->in, index);
    describe_bending(w->bending, bent);
    used = strlen(w->text);
    snprintf(w->text + used, sizeof w->text - used, "%s%s", bent,
             w->set->redraw && index == ALL_IMAGES ? " --redraw" : "");
    if (w->scaling.given) append(w->text, sizeof w->text, " --size %dx%d", w->scaling.width, w->scaling.height);
}

static gb_status write_single(work *w, size_t index, const char *path, const uint8_t *pixels, gb_error *err) {
    char *latent = latent_numbers(w->in, index);
    describe(w, index);
    if (!write_image(w, path, 1, 1, latent, pixels, err)) w->written++;
    free(latent);
    return err->status;
}

/* Sets up a session of the model for image `index`. */
static gb_status set_up(const work *w, size_t index, gb_session *session, gb_error *err) {
    if (apply_inputs(w->in, index, session, err)) return err->status;
    return w->set->redraw ? gb_session_redraw(session, image_number(w->in, index), err) : GB_OK;
}

/* Masks are written before their picture, so that a complete picture has complete masks. */
static gb_status write_masks(work *w, size_t index, const char *name, gb_error *err) {
    picture_texts t;
    if (set_up(w, index, w->session, err)) return err->status;
    char *latent = latent_numbers(w->in, index);
    describe(w, index);
    fill_picture_texts(&t, w->o, w->text, latent, w->bending);
    masks_write(&w->masks, w->set->out, name, w->set->resume && !w->shard, &t, err);
    free(latent);
    return err->status;
}

/* Prints on standard error which node first produced NaN or infinity. The picture is written nevertheless. */
static gb_status report_nonfinite(const work *w, size_t index, const char *name, gb_error *err) {
    char text[NONFINITE_ROOM];
    gb_session *session = NULL;
    if (!gb_session_new(w->o->model, NULL, &session, err) && !apply_bending(w->bending, session, err) &&
        !set_up(w, index, session, err) && !trace_nonfinite(w->o->model, session, text, err))
        fprintf(stderr, "ganbend render: %s: %s\n", name, text);
    gb_session_free(session);
    return err->status;
}

static gb_status render_image(const work *w, size_t index, const char *name, gb_error *err) {
    bool nonfinite = false;
    if (set_up(w, index, w->session, err) || gb_session_render_pixels(w->session, w->pixels, err)) return err->status;
    if (w->bending->count && watch_look(&w->watch, w->session, &nonfinite, err)) return err->status;
    return nonfinite ? report_nonfinite(w, index, name, err) : GB_OK;
}

static void name_item(void *arg, size_t item, char name[SHARD_NAME_ROOM]) {
    const work *w = arg;
    char image[IMAGE_NAME_ROOM];
    name_image(w->in, item, image);
    snprintf(name, SHARD_NAME_ROOM, "%s", image);
}

static gb_status begin_shard(work *w, gb_error *err) {
    const settings *set = w->set;
    describe(w, ALL_IMAGES);
    append(w->text, sizeof w->text, "%s%s", set->masks ? " --masks" : "", set->layer_masks ? " --layer-masks" : "");
    const shard_run run = {.command = "render", .folder = set->out, .settings = w->text, .o = w->o, .items = w->in->count,
                           .name = name_item, .arg = w};
    return shard_begin(&set->shard, &run, &w->shard, err);
}

/* Notes a picture and its masks, after write_single() has described it. */
static gb_status note_done(work *w, size_t index, const char *name, gb_error *err) {
    size_t count = 1, room = w->masks.count + 3;
    char (*names)[PATH_ROOM] = w->shard ? malloc(room * sizeof *names) : NULL;
    const char **files = w->shard ? malloc(room * sizeof *files) : NULL;
    if (names && files) {
        snprintf(names[0], sizeof names[0], "%s.png", name);
        while (masks_file_at(&w->masks, count - 1, name, names[count])) count++;
        for (size_t i = 0; i < count; i++) files[i] = names[i];
        shard_done(w->shard, index, w->text, files, count, err);
    } else if (w->shard) {
        state(err, GB_NO_MEMORY, "out of memory");
    }
    free(names);
    free(files);
    return err->status;
}

/* "out: 32 pictures of 128x128, and sheet.png" */
static void report_output(const work *w, bool to_file, bool with_sheet) {
    const char *out = w->set->out;
    size_t skipped = shard_share(&w->set->shard, w->in->count) - w->written;
    char rest[64] = "";
    if (to_file && with_sheet)
        report("%s: %zu pictures, %dx%d pixels", out, w->in->count, w->sheet->columns * w->scaling.width,
               w->sheet->rows * w->scaling.height);
    else if (to_file)
        report("%s: %s%dx%d pixels", out, w->written || w->sheet->columns ? "" : "kept, ", w->scaling.width, w->scaling.height);
    if (to_file) return;
    if ((w->set->resume || w->shard) && skipped) snprintf(rest, sizeof rest, ", %zu kept", skipped);
    report("%s: %zu picture%s of %dx%d%s%s%s", out, w->written, w->written == 1 ? "" : "s", w->scaling.width,
           w->scaling.height, rest, w->masks.count ? ", with masks" : "", with_sheet ? ", and sheet.png" : "");
}

static gb_status new_sheet(plain_sheet *s, const work *w, gb_error *err) {
    if (w->in->count > (size_t)s->columns * (size_t)s->rows)
        return state(err, GB_BAD_ARGUMENT, "--grid %dx%d has room for %d images, not %zu", s->columns, s->rows,
                     s->columns * s->rows, w->in->count);
    s->width = w->scaling.width;
    s->height = w->scaling.height;
    s->channels = (int)w->o->channels;
    return plain_sheet_new(s, "--grid", err);
}

/* Renders an image if its file or the contact sheet needs it. */
static gb_status make_image(work *w, size_t index, bool to_file, bool sheet_wanted, gb_error *err) {
    const settings *set = w->set;
    bool single = !to_file || !w->sheet->columns;
    char path[PATH_ROOM], name[IMAGE_NAME_ROOM];
    name_image(w->in, index, name);
    if (to_file) snprintf(path, sizeof path, "%s", w->out.path);
    else if (join_path(path, set->out, name, err)) return err->status;
    if (w->masks.count && write_masks(w, index, name, err)) return err->status;
    if (single && set->resume && !w->shard && gb_png_is_complete(path)) single = false;
    if ((!single && !sheet_wanted) || render_image(w, index, name, err)) return err->status;
    const uint8_t *pixels = scaled(&w->scaling, w->pixels);
    if (sheet_wanted) plain_sheet_put(w->sheet, index, pixels);
    if (single && !write_single(w, index, path, pixels, err)) note_done(w, index, name, err);
    return err->status;
}

/* Renders every image that its file or the contact sheet needs. */
static gb_status render_all(work *w, gb_error *err) {
    const settings *set = w->set;
    plain_sheet *s = w->sheet;
    bool to_file = output_is_file(set->out), sheet_wanted = s->columns > 0;
    char sheet_path[PATH_ROOM];
    gb_status status = gb_session_new(w->o->model, NULL, &w->session, err);
    if (!status) status = prepare_inputs(w->in, w->session, w->o->model, err);
    if (!status) status = apply_bending(w->bending, w->session, err);
    if (!status && w->bending->count) status = watch_new(&w->watch, w->o->model, w->session, err);
    if (!status && (set->masks || set->layer_masks)) {
        w->masks = (masks){.picture = set->masks, .layers = set->layer_masks, .width = w->scaling.width,
                           .height = w->scaling.height, .bending = w->bending, .session = w->session};
        status = masks_new(&w->masks, err);
    }
    if (!status) status = to_file ? output_begin(&w->out, set->out, err) : host_make_folder(set->out, err);
    if (!status && sheet_wanted) {
        if (to_file) snprintf(sheet_path, sizeof sheet_path, "%s", w->out.path);
        else status = join_path(sheet_path, set->out, "sheet", err);
        if (!status && set->resume && gb_png_is_complete(sheet_path)) sheet_wanted = false;
        if (!status && sheet_wanted) status = new_sheet(s, w, err);
    }
    if (!status) status = begin_shard(w, err);
    if (status) return status;
    progress p = progress_start("rendering", shard_left(w->shard, w->in->count));
    gb_session_set_progress(w->session, progress_share, &p);
    for (size_t i = 0; !status && i < w->in->count; i++) {
        if (!shard_wants(w->shard, i)) continue;
        status = make_image(w, i, to_file, sheet_wanted, err);
        progress_next(&p);
    }
    if (!status && sheet_wanted) {
        size_t used;
        describe(w, ALL_IMAGES);
        used = strlen(w->text);
        snprintf(w->text + used, sizeof w->text - used, " --grid %dx%d", s->columns, s->rows);
        status = write_image(w, sheet_path, s->columns, s->rows, NULL, s->pixels, err);
    }
    if (!status && to_file) status = output_finish(&w->out, err);
    if (!status) status = shard_end(w->shard, err);
    progress_end(&p);
    if (!status) report_output(w, to_file, sheet_wanted);
    return status;
}

static gb_status render(const settings *set, inputs *in, bending *b, const loaded_model *o, plain_sheet *s, gb_error *err) {
    work *w = calloc(1, sizeof *w);
    uint8_t *pixels = malloc((size_t)(o->width * o->height * o->channels));
    if (w && pixels) {
        *w = (work){.set = set, .in = in, .bending = b, .o = o, .sheet = s, .pixels = pixels};
        if (!scaling_new(&w->scaling, set->size, (int)o->width, (int)o->height, (int)o->channels, err)) render_all(w, err);
        output_drop(&w->out);
        shard_free(w->shard);
        scaling_free(&w->scaling);
        masks_free(&w->masks);
        watch_free(&w->watch);
        gb_session_free(w->session);
    } else {
        state(err, GB_NO_MEMORY, "out of memory");
    }
    free(w);
    free(pixels);
    return err->status;
}

static bool can_resume(const char *out) {
    const output_format *format = output_format_of(out);
    return !output_is_file(out) || (format && format->own);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults(), .redraw_as = -1};
    inputs in = {0};
    bending b = {0};
    loaded_model o = {0};
    plain_sheet s = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&render_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out) return wrong_usage(&render_command, "-o is missing: -o FILE.png or -o DIR");
    if (strlen(set.out) >= PATH_ROOM) return wrong_usage(&render_command, "-o: this path is too long");
    if (set.resume && !can_resume(set.out))
        return wrong_usage(&render_command, "--resume needs -o FILE.png or -o DIR: only a PNG shows whether it is complete");
    if ((set.masks || set.layer_masks) && (output_is_file(set.out) || !set.bending.bend.count))
        return wrong_usage(&render_command, "--masks and --layer-masks need -o DIR and a --bend that paints");
    if (set.grid && set.shard.part) return wrong_usage(&render_command, "--grid makes one sheet of all pictures; leave out --shard");
    if (set.grid && !parse_pair(set.grid, 'x', 1, PNG_SIDE, &s.columns, &s.rows))
        return wrong_usage(&render_command, "--grid takes COLUMNSxROWS, as in 8x4, not '%s'", set.grid);
    if (!shard_check(&set.shard, set.out, &err) && !open_bending(&set.bending, &set.in, &b, &err) && !check_inputs(&set.in, &in, &err) &&
        (set.redraw || set.redraw_as >= 0) && !b.count)
        state(&err, GB_BAD_ARGUMENT, "--redraw needs --bend: it draws the random features of recipes");
    if (!err.status && set.redraw && set.redraw_as >= 0)
        state(&err, GB_BAD_ARGUMENT, "--redraw and --redraw-as exclude each other; give one of them");
    if (set.redraw_as >= 0) b.redraw = (uint64_t)set.redraw_as;
    if (!err.status && !open_model(operands[0], &set.in.on, &o, &err) &&
        !load_inputs(&set.in, o.model, &in, &err)) {
        if (in.steps && !in.only && !set.grid && output_is_file(set.out)) s.columns = (int)in.steps, s.rows = 1;
        if (check_picture(&o, operands[0], &err)) {
            /* err is set */
        } else if (in.count != 1 && !s.columns && output_is_file(set.out)) {
            state(&err, GB_BAD_ARGUMENT, "-o %s is one file, but there are %zu images; give a folder, or --grid", set.out,
                  in.count);
        } else if (!confirm_pictures(shard_share(&set.shard, in.count), &err)) {
            render(&set, &in, &b, &o, &s, &err);
        }
    }
    plain_sheet_free(&s);
    free_bending(&b);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&render_command, &err) : EXIT_DONE;
}

const command render_command = {
    .name = "render",
    .summary = "render images from seeds or latents",
    .operands = "MODEL",
    .usage = "-o FILE|DIR [options]",
    .about = "Renders images of a model: a .gbw, or a checkpoint. Seeds give the same pictures as the published code, for example NVIDIA's "
             "generate.py with --noise-mode const. --steps interpolates between two images. Every PNG contains the "
             "version, the model's checksum and the settings that reproduce it.",
    .example = "ganbend render faces.gbw -o out --seeds 0-15 --trunc 0.7 --grid 4x4\n"
               "ganbend render faces.gbw -o strip.png --seeds 3,9 --steps 8 --space w\n"
               "ganbend render biggan.gbw -o dogs --class 'golden retriever,88' --seeds 0-7 --trunc 0.4\n"
               "ganbend render biggan.gbw -o mixed.png --class 207:0.7,88:0.3\n"
               "ganbend render biggan.gbw -o strip.png --class 207,88 --steps 8\n"
               "ganbend render faces.gbw -o bent --seeds 0-15 --bend bend.yaml --set angle=30\n"
               "ganbend render faces.gbw -o pairs --seeds 0-4999 --bend painted.yaml --masks",
    .writes = WRITES_PICTURE | WRITES_FOLDER | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}, {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
