/* ganbend animate: interpolates parameters, latents or recipes, frame by frame. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/animation/blend_yaml.h"
#include "commands.h"
#include "tools/farm/shard.h"
#include "tools/program/host.h"
#include "tools/bending/parameters.h"
#include "tools/animation/latent_keys.h"
#include "tools/animation/moving_recipe.h"
#include "tools/animation/noise_loop.h"
#include "tools/animation/older_frames.h"
#include "tools/animation/video.h"
#include "tools/program/confirm.h"
#include "tools/program/output_names.h"
#include "tools/program/report.h"
#include "tools/program/text.h"
#include "tools/pictures/pictures.h"
#include "tools/pictures/plain_sheet.h"
#include "tools/pictures/scaling.h"
#include "tools/program/progress.h"

typedef struct settings {
    input_options in;
    bending_options bending;
    shard_options shard;
    text_list move;
    const char *to, *out, *ease, *loop, *through, *grid, *size;
    int64_t frames, noise_loop;
    double fps;
    bool resume, clean;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--move", OPTION_LIST, AT(move), "NAME=A:B[:C…]", "Move a named parameter, or trunc, from A to B, C and so on. May be given several times.", 0, 0},
    {"--to", OPTION_TEXT, AT(to), "FILE", "Move from the recipe given by --bend to this one. They may differ only in "
     "numbers. Integers stay integers; write 0.0 for numbers that may take fractions.", 0, 0},
    {"--through", OPTION_CHOICE, AT(through), "z|w", "Interpolate on arcs between z's (default), or lines between w's. On "
     "lines between w's, bends of the mapping network have no effect.", 0, 0},
    {"--frames", OPTION_INTEGER, AT(frames), "N", "Number of frames (default: 60).", 1, 1000000},
    {"--ease", OPTION_CHOICE, AT(ease), "linear|smooth|in|out", "Speed between states (default: linear). "
     "smooth is slow at both ends, in at the start, out at the end.", 0, 0},
    {"--loop", OPTION_CHOICE, AT(loop), "none|around|back", "Stop at the end (default), go on to the first state, or return. The "
     "last frame of a loop leads into the first.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE|DIR|-", "A .mp4, .webm, .gif, .apng or .webp file, a folder, or -. Files are encoded by "
     "ffmpeg. A folder gets frame00000.png and so on. - writes raw 8-bit RGB video to standard output.", 0, 0},
    {"--grid", OPTION_TEXT, AT(grid), "CxR", "Show C columns and R rows of pictures at once. The seeds are divided among them in "
     "order: 8 seeds on a grid of 2x2 are two for each.", 0, 0},
    {"--noise-loop", OPTION_INTEGER, AT(noise_loop), "SEED", "Noise that moves and returns at the end. It goes along a circle between "
     "two maps drawn from SEED for each layer.", 0, UINT32_MAX},
    {"--size", RARE(OPTION_TEXT), AT(size), "WxH", "Scale every picture to W×H pixels, or to the width W.", 0, 0},
    {"--fps", OPTION_NUMBER, AT(fps), "R", "Frames per second of FILE, and for the times of modulators (default: 30).", 0.1, 1000},
    {"--resume", RARE(OPTION_FLAG), AT(resume), NULL, "Skip frames that already exist and are complete.", 0, 0},
    {"--clean", RARE(OPTION_FLAG), AT(clean), NULL, "Remove the frames of an older, longer animation from DIR.", 0, 0},
    SHARD_OPTION(settings, shard),
    {0}
};

enum { MOVES = 64 };

typedef struct work {
    const settings *set;
    const inputs *in;
    input_options given;        /* without those of the recipes */
    inputs moved;               /* of the current frame, if modulators move inputs */
    moving_recipe moving[BENDING_RECIPES];
    bool has_moving, moves_inputs;
    const loaded_model *o;
    gb_session *session;
    parameters parameters;
    parameter_keys moves[MOVES];
    size_t move_count;
    latent_keys latents;
    char *from_text, *to_text;  /* the first and last recipe; NULL without --to */
    easing ease;
    looping loop;
    noise_loop noise;           /* no layers without --noise-loop */
    scaling scaling;
    plain_sheet sheet;          /* one picture without --grid */
    shard *shard;               /* NULL: all frames */
    bool video;                 /* the output is one stream */
    uint8_t *bytes;             /* the current picture: pixels for a PNG, RGB for video */
    char made_with[SETTINGS_ROOM + BENDING_TEXT_ROOM];
} work;

static int choice_index(const char *choices, const char *word) {
    int index = 0;
    size_t length = word ? strlen(word) : 0;
    for (const char *at = choices; word && at; index++) {
        if (!strncmp(at, word, length) && (at[length] == '|' || !at[length])) return index;
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    return 0;
}

/* The inputs of both recipes must be equal: only bends are interpolated. */
static gb_status check_to(const work *w, gb_error *err) {
    const char *name[2], *text[2];
    gb_recipe *to = NULL;
    if (gb_recipe_parse(w->to_text, strlen(w->to_text), w->set->to, &to, err)) return err->status;
    for (size_t i = 0; !err->status; i++) {
        bool here = gb_recipe_input_at(w->parameters.bending->recipes[0], i, &name[0], &text[0]);
        bool there = gb_recipe_input_at(to, i, &name[1], &text[1]);
        if (!here && !there) break;
        if (!here || !there || strcmp(name[0], name[1]) != 0 || strcmp(text[0], text[1]) != 0)
            state(err, GB_BAD_ARGUMENT, "--to %s: its inputs differ from those of --bend; use --seeds or --move trunc=A:B "
                  "to move through inputs", w->set->to);
    }
    gb_recipe_free(to);
    return err->status;
}

static gb_status check(work *w, input_options *in, gb_error *err) {
    const settings *set = w->set;
    size_t size;
    if (!set->out) return state(err, GB_BAD_ARGUMENT, "-o is missing: -o FILE.mp4, -o DIR, or -o - for raw video");
    w->video = output_is_file(set->out);
    if (w->video && (set->resume || set->clean))
        return state(err, GB_BAD_ARGUMENT, "%s needs -o DIR; a video is written as a whole",
                     set->resume ? "--resume" : "--clean");
    if (shard_check(&set->shard, set->out, err)) return err->status;
    w->sheet.columns = w->sheet.rows = 1;
    if (set->grid && !parse_pair(set->grid, 'x', 1, 1000, &w->sheet.columns, &w->sheet.rows))
        return state(err, GB_BAD_ARGUMENT, "--grid takes COLUMNSxROWS, as in 4x2, not '%s'", set->grid);
    if (set->noise_loop >= 0 && in->noise)
        return state(err, GB_BAD_ARGUMENT, "--noise and --noise-loop exclude each other; give one of them");
    w->given = *in;
    if (open_bending(&set->bending, in, w->parameters.bending, err)) return err->status;
    for (size_t i = 0; i < w->parameters.bending->count; i++) {
        if (moving_recipe_of(w->parameters.bending->recipes[i], &w->moving[i], err)) return err->status;
        w->has_moving |= w->moving[i].moves;
        w->moves_inputs |= w->moving[i].moves_inputs;
    }
    if (!strcmp(set->out, "-") && set->fps > 0 && !w->has_moving)
        return state(err, GB_BAD_ARGUMENT, "--fps needs -o FILE, or modulators; raw video has no rate");
    w->parameters.cutoff = (int)in->cutoff;
    for (size_t i = 0; i < set->move.count; i++) {
        if (!parse_keys(set->move.texts[i], 2, &w->moves[i]))
            return state(err, GB_BAD_ARGUMENT, "--move takes NAME=A:B with numbers A and B, as in angle=0:90, not '%s'",
                         set->move.texts[i]);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(w->moves[k].name, w->moves[i].name))
                return state(err, GB_BAD_ARGUMENT, "two --move of '%s'; several values go into one: --move %s=A:B:C", w->moves[i].name,
                             w->moves[i].name);
        if (find_parameter(&w->parameters, w->moves[i].name, err)) return err->status;
        for (int k = 0; k < w->moves[i].count; k++)     /* reports values out of range before the first frame */
            if (set_parameter(&w->parameters, w->moves[i].name, w->moves[i].values[k], err)) return err->status;
        w->move_count++;
    }
    if (!set->to) return GB_OK;
    if (w->parameters.bending->count != 1)
        return state(err, GB_BAD_ARGUMENT, "--to needs exactly one --bend, not %zu", w->parameters.bending->count);
    if (read_text(set->to, &w->to_text, &size, err)) return err->status;
    w->from_text = malloc(strlen(w->parameters.bending->texts[0]) + 1);
    if (!w->from_text) return state(err, GB_NO_MEMORY, "out of memory");
    strcpy(w->from_text, w->parameters.bending->texts[0]);
    return check_to(w, err);
}

static bool moves_trunc(const work *w) {
    for (size_t i = 0; i < w->move_count; i++)
        if (!strcmp(w->moves[i].name, "trunc")) return true;
    return false;
}

static gb_status prepare(work *w, inputs *in, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};     /* a frame reruns only what changed */
    const loaded_model *o = w->o;
    bool in_w = in->source == FROM_W || (w->set->through && !strcmp(w->set->through, "w"));
    if (check_picture(o, "this model", err)) return err->status;
    size_t cells = (size_t)w->sheet.columns * (size_t)w->sheet.rows;
    if (in->count / cells < 2 && !w->move_count && !w->to_text && w->set->noise_loop < 0 && !w->has_moving)
        return state(err, GB_BAD_ARGUMENT, "nothing moves: give several seeds%s, --move NAME=A:B, --noise-loop SEED, --bend and "
                     "--to, or a recipe with modulators", cells > 1 ? " for each picture of the grid" : "");
    if (in->count % cells)
        return state(err, GB_BAD_ARGUMENT, "--grid %s: %zu latents cannot be divided among %zu pictures", w->set->grid, in->count,
                     cells);
    if (w->moves_inputs && in->count > 1)
        return state(err, GB_BAD_ARGUMENT, "a modulator moves an input (seed, trunc or cutoff), which needs a single seed, not %zu "
                     "latents", in->count);
    if (in->count > 10000) return state(err, GB_BAD_ARGUMENT, "%zu latents; the limit is 10000", in->count);
    if (moves_trunc(w) && in->count > 1 && (in_w || gb_model_find_role(o->model, GB_ROLE_WS, 0) == GB_NO_NODE))
        return state(err, GB_BAD_ARGUMENT, "--move trunc=… does not apply to latents that are already truncated; use one "
                     "seed");
    void *bytes;
    if (gb_buffer_new(o->context, (size_t)(o->width * o->height) * (o->channels > 3 ? 4 : 3), &bytes, err)) return err->status;
    w->bytes = bytes;
    w->sheet.channels = w->video ? 3 : (int)o->channels;
    if (scaling_new(&w->scaling, w->set->size, (int)o->width, (int)o->height, w->sheet.channels, err)) return err->status;
    w->sheet.width = w->scaling.width;
    w->sheet.height = w->scaling.height;
    if (plain_sheet_new(&w->sheet, "--grid", err)) return err->status;
    if (w->set->noise_loop >= 0 && noise_loop_new(&w->noise, o->model, (uint64_t)w->set->noise_loop, err)) return err->status;
    if (gb_session_new(o->model, &how, &w->session, err) || prepare_inputs(in, w->session, o->model, err))
        return err->status;
    if (in->count > 1 ? read_latent_keys(&w->latents, in, in_w, o->model, w->session, err)
                      : apply_inputs(in, 0, w->session, err))
        return err->status;
    return apply_bending(w->parameters.bending, w->session, err);
}

/* Replaces recipe `i`, which the session does not have, by the one in `text`, of which it takes ownership: each frame carries its
 * own recipe. */
static gb_status replace_recipe(work *w, size_t i, char *text, gb_error *err) {
    bending *b = w->parameters.bending;
    gb_recipe *recipe = NULL;
    if (!gb_recipe_parse(text, strlen(text), w->set->bending.bend.texts[i], &recipe, err) && w->set->bending.clusters)
        gb_recipe_set_clusters(recipe, w->set->bending.clusters, err);
    if (err->status) {
        gb_recipe_free(recipe);
        free(text);
        return err->status;
    }
    gb_recipe_free(b->recipes[i]);
    free(b->texts[i]);
    b->recipes[i] = recipe;
    b->texts[i] = text;
    return GB_OK;
}

/* Sets the inputs to those of the recipes, whose modulators have moved them. */
static gb_status move_inputs(work *w, gb_error *err) {
    input_options all = w->given;
    const bending *b = w->parameters.bending;
    for (size_t i = b->count; i-- > 0;) take_recipe_inputs(b->recipes[i], &all);
    free_inputs(&w->moved);
    w->moved = (inputs){0};
    if (check_inputs(&all, &w->moved, err) || load_inputs(&all, w->o->model, &w->moved, err) ||
        prepare_inputs(&w->moved, w->session, w->o->model, err))
        return err->status;
    w->in = &w->moved;
    return apply_inputs(w->in, 0, w->session, err);
}

/* Replaces the session's bends by those of the frame: `share` of the way from the first recipe to that of --to, and at the frame's
 * time, if there are modulators. */
static gb_status bend_frame(work *w, double share, double seconds, gb_error *err) {
    bending *b = w->parameters.bending;
    char *text;
    if (gb_session_unbend(w->session, 0, err)) return err->status;
    if (w->to_text && (blend_texts(w->from_text, w->to_text, share, &text, err) || replace_recipe(w, 0, text, err)))
        return err->status;
    for (size_t i = 0; i < b->count; i++)
        if (w->moving[i].moves &&
            (moving_recipe_at(&w->moving[i], b->recipes[i], seconds, &text, err) || replace_recipe(w, i, text, err)))
            return err->status;
    for (size_t i = 0; i < w->set->bending.set.count; i++) {
        char name[PARAM_NAME_ROOM];
        double value;
        if (split_setting(w->set->bending.set.texts[i], name, &value) && set_bending_param(b, name, value, err)) return err->status;
    }
    if (w->moves_inputs && move_inputs(w, err)) return err->status;
    return apply_bending(b, w->session, err);
}

/* Frames per second. */
static double rate(const work *w) {
    return w->set->fps > 0 ? w->set->fps : 30;
}

/* Sets the latents of picture `cell` of the grid. The keys are divided among the pictures in order. */
static gb_status apply_cell(work *w, long frame, size_t cell, gb_error *err) {
    int keys = w->latents.count / (w->sheet.columns * w->sheet.rows);
    between at = place_frame(frame, (long)w->set->frames, keys, w->ease, w->loop);
    if (!w->latents.count) return GB_OK;
    at.from += (int)cell * keys;
    at.to += (int)cell * keys;
    return apply_latent_keys(&w->latents, at, w->session, err);
}

static gb_status render_frame(work *w, long frame, gb_error *err) {
    long frames = (long)w->set->frames;
    if (w->to_text || w->has_moving) {
        between at = place_frame(frame, frames, 2, w->ease, w->loop);
        if (bend_frame(w, mix(at.from, at.to, at.share), (double)frame / rate(w), err)) return err->status;
    }
    for (size_t i = 0; i < w->move_count; i++) {
        const parameter_keys *k = &w->moves[i];
        between at = place_frame(frame, frames, k->count, w->ease, w->loop);
        if (set_parameter(&w->parameters, k->name, mix(k->values[at.from], k->values[at.to], at.share), err)) return err->status;
    }
    if (w->noise.layer_count && noise_loop_apply(&w->noise, (double)frame / (double)frames, w->session, err)) return err->status;
    for (size_t cell = 0; cell < (size_t)w->sheet.columns * (size_t)w->sheet.rows; cell++) {
        if (apply_cell(w, frame, cell, err) || apply_parameters(&w->parameters, w->session, err) ||
            (w->video ? gb_session_render_rgb(w->session, w->bytes, err)
                      : gb_session_render_pixels(w->session, w->bytes, err)))
            return err->status;
        plain_sheet_put(&w->sheet, cell, scaled(&w->scaling, w->bytes));
    }
    return GB_OK;
}

/* The inputs that render the current frame as a single image, or as a grid of images whose latents do not move. */
static inputs frame_inputs(const work *w) {
    const latent_keys *k = &w->latents;
    inputs in = *w->in;
    if (w->parameters.psi_set) in.psi = w->parameters.psi;
    if (!k->count || w->set->grid) return in;
    in.source = k->in_w ? FROM_W : FROM_Z;
    in.latents.values = k->value;
    in.latents.count = 1;
    in.latents.rows = k->in_w ? k->rows : 1;
    in.latents.width = k->floats / (size_t)in.latents.rows;
    in.steps = in.only = 0;
    if (k->in_w) in.cutoff = -1;
    in.classes = (class_list){.is_mixture = true};
    for (size_t i = 0; i < k->c_dim && in.classes.item_count < CLASS_ITEMS; i++)
        if (k->label[i] != 0) in.classes.items[in.classes.item_count++] = (class_item){i, i, k->label[i]};
    in.classes.count = in.classes.item_count > 0;
    return in;
}

/* Writes the options with which `ganbend render` makes the frame, and in parentheses those of the animation. */
static void describe_frame(const work *w, const inputs *in, long frame, char *text, size_t size) {
    char recipes[BENDING_TEXT_ROOM];
    gb_recipe_param param;
    *text = '\0';              /* render could not make a frame of several pictures whose latents move */
    describe_bending(w->parameters.bending, recipes);
    if (!w->set->grid) describe_inputs(in, 0, text);
    else if (in->count == (size_t)w->sheet.columns * (size_t)w->sheet.rows) describe_inputs(in, ALL_IMAGES, text);
    strncat(text, recipes, size - strlen(text) - 1);
    for (size_t i = 0; i < w->move_count; i++) {
        size_t used = strlen(text);
        if (find_bending_param(w->parameters.bending, w->moves[i].name, &param))
            snprintf(text + used, size - used, " --set %s=%.17g", param.name, param.value);
    }
    if (w->set->grid) append(text, size, " --grid %s", w->set->grid);
    snprintf(text + strlen(text), size - strlen(text), " (frame %ld of animate %s)", frame, w->made_with);
}

static gb_status write_frame(work *w, long frame, const char *path, const char *name, gb_error *err) {
    const inputs in = frame_inputs(w);
    picture_texts t;
    char text[2 * sizeof w->made_with], file[FRAME_NAME_ROOM + 8], *latent = w->set->grid ? NULL : latent_numbers(&in, 0);
    snprintf(file, sizeof file, "%s.png", name);
    describe_frame(w, &in, frame, text, sizeof text);
    fill_picture_texts(&t, w->o, text, latent, w->parameters.bending);
    if (!gb_png_write_pixels(path, w->sheet.columns * w->sheet.width, w->sheet.rows * w->sheet.height, w->sheet.channels,
                             w->sheet.pixels, t.texts, t.count, err))
        shard_done(w->shard, (size_t)frame, text, (const char *const[]){file}, 1, err);
    free(latent);
    return err->status;
}

/* Renders the frame and writes it as a picture, unless it is there already. */
static gb_status make_picture(work *w, long frame, size_t *written, gb_error *err) {
    char path[PATH_ROOM], name[FRAME_NAME_ROOM];
    name_frame(frame, name);
    if (join_path(path, w->set->out, name, err)) return err->status;
    if (w->set->resume && !w->shard && gb_png_is_complete(path)) return GB_OK;
    if (!render_frame(w, frame, err) && !write_frame(w, frame, path, name, err)) ++*written;
    return err->status;
}

/* Removes the frames that an older, longer animation left behind this one's, or warns about them. */
static gb_status look_for_older(const settings *set, gb_error *err) {
    size_t older;
    if (older_frames(set->out, (long)set->frames, set->clean, &older, err) || !older) return err->status;
    if (set->clean) report_more("%s: %zu older frame%s removed", set->out, older, older == 1 ? "" : "s");
    else fprintf(stderr, "ganbend animate: %s: holds %zu older frame%s after the last of this animation; --clean removes "
                 "%s\n", set->out, older, older == 1 ? "" : "s", older == 1 ? "it" : "them");
    return GB_OK;
}

static void name_item(void *arg, size_t item, char name[SHARD_NAME_ROOM]) {
    char frame[FRAME_NAME_ROOM];
    (void)arg;
    name_frame((long)item, frame);
    snprintf(name, SHARD_NAME_ROOM, "%s", frame);
}

static gb_status render_pictures(work *w, progress *p, gb_error *err) {
    const shard_run run = {.command = "animate", .folder = w->set->out, .settings = w->made_with, .o = w->o,
                           .items = (size_t)w->set->frames, .name = name_item};
    size_t written = 0, frames = shard_share(&w->set->shard, run.items);
    char kept[48] = "";
    if (!host_make_folder(w->set->out, err)) shard_begin(&w->set->shard, &run, &w->shard, err);
    if (!err->status) *p = progress_start("animating", shard_left(w->shard, run.items));
    for (long i = 0; i < w->set->frames && !err->status; i++)
        if (shard_wants(w->shard, (size_t)i) && !make_picture(w, i, &written, err)) progress_next(p);
    if (!err->status) shard_end(w->shard, err);
    progress_end(p);
    if (err->status || look_for_older(w->set, err)) return err->status;
    if (written < frames) snprintf(kept, sizeof kept, ", %zu kept", frames - written);
    report("%s: %zu frames of %dx%d%s", w->set->out, written, w->sheet.columns * w->sheet.width, w->sheet.rows * w->sheet.height,
           kept);
    return GB_OK;
}

static gb_status render_video(work *w, progress *p, gb_error *err) {
    double fps = rate(w);
    video v = {0};
    int width = w->sheet.columns * w->sheet.width, height = w->sheet.rows * w->sheet.height;
    video_begin(&v, w->set->out, width, height, fps, err);
    for (long i = 0; i < w->set->frames && !err->status && !ferror(stdout); i++, progress_next(p))
        if (!render_frame(w, i, err)) video_frame(&v, w->sheet.pixels, err);
    progress_end(p);
    if (!err->status && !video_finish(&v, err))
        report("%s: %" PRId64 " frames of %dx%d, %.4g s", w->set->out, w->set->frames, width, height,
               (double)w->set->frames / fps);
    video_drop(&v);
    return err->status;
}

static gb_status render_frames(work *w, gb_error *err) {
    progress p = progress_start("animating", (size_t)w->set->frames);
    gb_session_set_progress(w->session, progress_share, &p);
    return w->video ? render_video(w, &p, err) : render_pictures(w, &p, err);
}

static void describe(work *w, const inputs *in) {
    const settings *set = w->set;
    char recipes[BENDING_TEXT_ROOM];
    size_t used;
    describe_inputs(in, in->count > 1 ? ALL_IMAGES : 0, w->made_with);
    describe_bending(w->parameters.bending, recipes);
    used = strlen(w->made_with);
    snprintf(w->made_with + used, sizeof w->made_with - used, "%s", recipes);
    for (size_t i = 0; i < set->move.count; i++) {
        used = strlen(w->made_with);
        snprintf(w->made_with + used, sizeof w->made_with - used, " --move %s", set->move.texts[i]);
    }
    used = strlen(w->made_with);
    if (w->to_text)
        snprintf(w->made_with + used, sizeof w->made_with - used, " --to crc32:%08" PRIx32,
                 crc32_of_bytes(w->to_text, strlen(w->to_text)));
    used = strlen(w->made_with);
    snprintf(w->made_with + used, sizeof w->made_with - used, "%s%s --frames %" PRId64 " --ease %s --loop %s",
             set->through ? " --through " : "", set->through ? set->through : "",
             set->frames, set->ease ? set->ease : "linear", set->loop ? set->loop : "none");
    if (set->grid) append(w->made_with, sizeof w->made_with, " --grid %s", set->grid);
    if (set->noise_loop >= 0) append(w->made_with, sizeof w->made_with, " --noise-loop %" PRId64, set->noise_loop);
    if (set->size) append(w->made_with, sizeof w->made_with, " --size %s", set->size);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults(), .frames = 60, .noise_loop = -1};
    inputs in = {0};
    bending b = {0};
    work *w = calloc(1, sizeof *w);
    loaded_model o = {0};
    gb_error err = {0};
    int status = EXIT_DONE;
    if (!w) {
        state(&err, GB_NO_MEMORY, "out of memory");
    } else if (parse_arguments(&animate_command, argc, argv, operands, &set, &status)) {
        *w = (work){.set = &set, .in = &in, .o = &o, .parameters = {.bending = &b}};
        w->ease = (easing)choice_index("linear|smooth|in|out", set.ease);
        w->loop = (looping)choice_index("none|around|back", set.loop);
        if (!check(w, &set.in, &err) && !check_inputs(&set.in, &in, &err) &&
            !open_model(operands[0], &set.in.on, &o, &err) && !load_inputs(&set.in, o.model, &in, &err) &&
            !prepare(w, &in, &err)) {
            describe(w, &in);
            if (!confirm_pictures(shard_share(&set.shard, (size_t)set.frames) * (size_t)w->sheet.columns * (size_t)w->sheet.rows, &err)) render_frames(w, &err);
        }
        shard_free(w->shard);
        free_latent_keys(&w->latents);
        noise_loop_free(&w->noise);
        free_inputs(&w->moved);
        scaling_free(&w->scaling);
        plain_sheet_free(&w->sheet);
        gb_session_free(w->session);
        free(w->from_text);
        free(w->to_text);
        gb_buffer_free(o.context, w->bytes);
    }
    free_bending(&b);
    free_inputs(&in);
    close_model(&o);
    free(w);
    return err.status ? failed(&animate_command, &err) : status;
}

const command animate_command = {
    .name = "animate",
    .summary = "interpolate seeds, parameters and recipes over frames",
    .operands = "MODEL",
    .usage = "-o FILE|DIR|- [options]",
    .about = "Renders an animation through several seeds or latents, values of parameters, from one recipe to another, or along "
             "the modulators of a recipe, as a video, an animated picture, or single PNGs.",
    .example = "ganbend animate faces.gbw --seeds 3,9,27 --frames 240 --ease smooth --loop around -o walk.mp4\n"
               "ganbend animate faces.gbw --bend bend.yaml --move angle=0:360 --loop around -o turn.mp4\n"
               "ganbend animate faces.gbw --seeds 0-31 --grid 4x2 --loop around --through w -o many.mp4\n"
               "ganbend animate faces.gbw --bend pulse.yaml --frames 300 -o pulse.mp4          # with modulators in the recipe\n"
               "ganbend animate faces.gbw --seed 7 --noise-loop 1 -o shimmer.webm\n"
               "ganbend animate faces.gbw --bend bend.yaml --move angle=0:360 --loop around -o - |\n"
               "    ffmpeg -f rawvideo -pix_fmt rgb24 -s 1024x1024 -r 30 -i - turn.mp4",
    .writes = WRITES_ANIMATION | WRITES_FOLDER | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}, {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
