/* ganbend render: images from seeds, z's or w's as single PNGs, as a contact sheet, or both. Each PNG says in its text
 * chunks how to make it again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "host.h"
#include "inputs.h"
#include "opened.h"
#include "progress.h"

typedef struct settings {
    input_options in;
    const char *out, *grid;
    bool resume;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"-o", OPTION_TEXT, AT(out), "FILE.png|DIR", "Where to: one file for one image, a sheet or a strip of --steps; a "
     "folder gets seed0000.png, seed0001.png, … (z0000.png, w0000.png for latents from a file, class0207-seed0000.png "
     "for several classes, step0000.png for --steps).", 0, 0},
    {"--grid", OPTION_TEXT, AT(grid), "CxR", "A contact sheet of C columns and R rows, class by class: FILE.png, or "
     "sheet.png beside the single images in DIR.", 0, 0},
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Skip outputs that are already there and whole.", 0, 0},
    {0}
};

typedef struct sheet {
    int columns, rows;          /* 0: no sheet */
    uint8_t *rgb;               /* [rows × height, columns × width, 3], black where no image comes */
} sheet;

enum { PNG_SIDE = 65500, PATH_ROOM = 4096 };

static bool ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

/* "4x3", with nothing around it. */
static bool parse_grid(const char *text, sheet *s) {
    char *end;
    long columns, rows;
    if (*text < '1' || *text > '9') return false;
    columns = strtol(text, &end, 10);
    if (*end != 'x' || end[1] < '1' || end[1] > '9') return false;
    rows = strtol(end + 1, &end, 10);
    if (*end || columns > PNG_SIDE || rows > PNG_SIDE) return false;
    s->columns = (int)columns;
    s->rows = (int)rows;
    return true;
}

static gb_status new_sheet(sheet *s, const opened *o, size_t images, gb_error *err) {
    size_t bytes = (size_t)s->columns * (size_t)s->rows * (size_t)(o->width * o->height) * 3;
    if (images > (size_t)s->columns * (size_t)s->rows)
        return state(err, GB_BAD_ARGUMENT, "--grid %dx%d has %d places for %zu images", s->columns, s->rows,
                     s->columns * s->rows, images);
    if (s->columns * o->width > PNG_SIDE || s->rows * o->height > PNG_SIDE)
        return state(err, GB_BAD_ARGUMENT, "--grid %dx%d of %" PRId64 "x%" PRId64 " images is wider or higher than %d "
                     "pixels", s->columns, s->rows, o->width, o->height, (int)PNG_SIDE);
    s->rgb = calloc(bytes, 1);
    return s->rgb ? GB_OK : state(err, GB_NO_MEMORY, "out of memory for a sheet of %zu MB", bytes >> 20);
}

static void put_on_sheet(sheet *s, const opened *o, size_t index, const uint8_t *rgb) {
    size_t row = (size_t)o->width * 3, x = index % (size_t)s->columns, y = index / (size_t)s->columns;
    for (size_t i = 0; i < (size_t)o->height; i++)
        memcpy(s->rgb + ((y * (size_t)o->height + i) * (size_t)s->columns + x) * row, rgb + i * row, row);
}

/* A PNG with all that reproduces it and nothing of this machine but its instruction set, on which last bits hang. */
static gb_status write_image(const char *path, const opened *o, int columns, int rows, const uint8_t *rgb,
                             const char *made_with, gb_error *err) {
    char software[64], checksum[16];
    const gb_text texts[] = {{"Software", software},
                             {"Model checksum", checksum},
                             {"Settings", made_with},
                             {"Instruction set", gb_context_isa(o->context)}};
    snprintf(software, sizeof software, "ganbend %s", gb_version());
    snprintf(checksum, sizeof checksum, "%08" PRIx32, gb_model_checksum(o->model));
    return gb_png_write(path, columns * (int)o->width, rows * (int)o->height, rgb, texts, sizeof texts / sizeof *texts,
                        err);
}

static gb_status join_path(char path[PATH_ROOM], const char *folder, const char *name, gb_error *err) {
    int length = snprintf(path, PATH_ROOM, "%s%s%s.png", folder, ends_with(folder, "/") ? "" : "/", name);
    return length < PATH_ROOM ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
}

/* Every image in turn: rendered where its file or the sheet needs it. */
static gb_status render_all(const settings *set, inputs *in, const opened *o, sheet *s, gb_error *err) {
    bool to_file = ends_with(set->out, ".png"), sheet_wanted = s->columns > 0;
    char path[PATH_ROOM], sheet_path[PATH_ROOM], name[IMAGE_NAME_ROOM], text[SETTINGS_ROOM];
    uint8_t *rgb = malloc((size_t)(o->width * o->height) * 3);
    gb_session *session = NULL;
    progress p = progress_start("rendering", in->count);
    gb_status status = rgb ? gb_session_new(o->model, NULL, &session, err) : state(err, GB_NO_MEMORY, "out of memory");
    if (!status) status = prepare_inputs(in, session, o->model, err);
    if (!status) gb_session_on_progress(session, progress_share, &p);
    if (!status && !to_file) status = host_make_folder(set->out, err);
    if (!status && sheet_wanted) {
        if (to_file) snprintf(sheet_path, sizeof sheet_path, "%s", set->out);
        else status = join_path(sheet_path, set->out, "sheet", err);
        if (!status && set->resume && gb_png_whole(sheet_path)) sheet_wanted = false;
        if (!status && sheet_wanted) status = new_sheet(s, o, in->count, err);
    }
    for (size_t i = 0; !status && i < in->count; i++, progress_next(&p)) {
        bool single = !to_file || !s->columns;
        name_image(in, i, name);
        if (to_file) snprintf(path, sizeof path, "%s", set->out);
        else if ((status = join_path(path, set->out, name, err))) break;
        if (single && set->resume && gb_png_whole(path)) single = false;
        if (!single && !sheet_wanted) continue;
        status = apply_inputs(in, i, session, err);
        if (!status) status = gb_session_render_rgb(session, rgb, err);
        if (!status && sheet_wanted) put_on_sheet(s, o, i, rgb);
        if (!status && single) {
            describe_inputs(in, i, text);
            status = write_image(path, o, 1, 1, rgb, text, err);
        }
    }
    if (!status && sheet_wanted) {
        size_t used;
        describe_inputs(in, ALL_IMAGES, text);
        used = strlen(text);
        snprintf(text + used, sizeof text - used, " --grid %dx%d", s->columns, s->rows);
        status = write_image(sheet_path, o, s->columns, s->rows, s->rgb, text, err);
    }
    progress_end(&p);
    gb_session_free(session);
    free(rgb);
    return status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    inputs in = {0};
    opened o = {0};
    sheet s = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&render_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out) return wrong_usage(&render_command, "-o is missing: -o FILE.png or -o DIR");
    if (strlen(set.out) >= PATH_ROOM) return wrong_usage(&render_command, "-o: this path is too long");
    if (set.grid && !parse_grid(set.grid, &s))
        return wrong_usage(&render_command, "--grid takes columns x rows, as in 8x4, not '%s'", set.grid);
    if (check_inputs(&set.in, &in, &err)) return failed(&render_command, &err);
    if (!open_model(operands[0], set.in.threads, &o, &err) && !load_inputs(&set.in, o.model, &in, &err)) {
        if (in.steps && !set.grid && ends_with(set.out, ".png")) s.columns = (int)in.steps, s.rows = 1;
        if (o.channels != 3)
            state(&err, GB_BAD_ARGUMENT, "%s makes %" PRId64 " channels, which no PNG holds; see 'ganbend dump'",
                  operands[0], o.channels);
        else if (in.count != 1 && !s.columns && ends_with(set.out, ".png"))
            state(&err, GB_BAD_ARGUMENT, "-o %s is one file for %zu images; give a folder, or --grid", set.out,
                  in.count);
        else
            render_all(&set, &in, &o, &s, &err);
    }
    free(s.rgb);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&render_command, &err) : EXIT_DONE;
}

const command render_command = {
    .name = "render",
    .summary = "images from seeds or latents",
    .operands = "MODEL",
    .usage = "-o FILE.png|DIR [options]",
    .about = "Renders images of a .gbw model. Seeds give the pictures of the published code: of NVIDIA's generate.py "
             "with --noise-mode const for NVIDIA's models. With --steps the way from one to another. Every PNG carries the version, the model's checksum and the "
             "settings that make it again.",
    .example = "ganbend render faces.gbw -o out --seeds 0-15 --trunc 0.7 --grid 4x4\n"
               "ganbend render faces.gbw -o strip.png --seeds 3,9 --steps 8 --space w\n"
               "ganbend render biggan.gbw -o dogs --class 'golden retriever,88' --seeds 0-7 --trunc 0.4\n"
               "ganbend render biggan.gbw -o mixed.png --class 207:0.7,88:0.3\n"
               "ganbend render biggan.gbw -o strip.png --class 207,88 --steps 8",
    .options = options,
    .shared = {{input_table, offsetof(settings, in)}},
    .run = run,
};
