/* ganbend project: finds the latent whose picture is nearest to a photo. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "projection_output.h"
#include "tools/inputs/classes.h"
#include "tools/inputs/photo.h"
#include "tools/program/interrupt.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"

typedef struct settings {
    device_options on;
    const char *schedule, *space, *lpips, *mask, *classes, *as, *out;
    int64_t steps, seed, samples;
    double mse;
    bool resume;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"-o", OPTION_TEXT, AT(out), "DIR", "Folder for projected_w.npz (NVIDIA's file; projected_z.npz for a z), proj.png, the cut "
     "photo target.png, stages.png, and recipe.yaml, with which 'render --bend' draws the picture again.", 0, 0},
    {"--schedule", OPTION_CHOICE, AT(schedule), "fast|rosinality|nvidia", "How to search. fast: from the four nearest of 256 samples, "
     "small pictures first, until nothing improves. rosinality, nvidia: as their projectors do, with noise maps (default: "
     "fast).", 0, 0},
    {"--space", OPTION_CHOICE, AT(space), "w|w+|z", "What to find: one w for all layers, a w for each layer (not with nvidia), or a z, "
     "in conditional networks with a mixture of classes (default: w; z in networks without w's).", 0, 0},
    {"--lpips", OPTION_TEXT, AT(lpips), "FILE.gbw", "Compare pictures by LPIPS, as published: a network made by 'ganbend convert "
     "vgg16.pth --lpips vgg.pth' (default: by pixels and edges at several scales).", 0, 0},
    {"--mse", OPTION_NUMBER, AT(mse), "WEIGHT", "Add the mean squared error with this weight (default: 0).", 0, 1e9},
    {"--mask", OPTION_TEXT, AT(mask), "FILE.png", "Match only the white part of this picture, which is cut like the photo.", 0, 0},
    {"--steps", OPTION_INTEGER, AT(steps), "N", "Number of steps (default: 1000; fast: at most 200).", 1, 1000000},
    {"--seed", OPTION_INTEGER, AT(seed), "S", "Seed of all random numbers (default: 303, NVIDIA's).", 0, 4294967295.0},
    {"--class", OPTION_TEXT, AT(classes), "CLASS", "In conditional networks: keep to this class.", 0, 0},
    {"--samples", RARE(OPTION_INTEGER), AT(samples), "N", "Samples for the mean w, or with fast to start from (default: 10000 and "
     "256).", 2, 1000000},
    {"--as", OPTION_CHOICE, AT(as), "rosinality|networkbending", "Also write projected.pt as that projector does.", 0, 0},
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Go on where an interrupted run with the same options stopped.", 0, 0},
    {"--threads", RARE(OPTION_INTEGER), AT(on.threads), "N", "Number of threads (default: one per core).", 1, 1024},
    {0}
};

/* Seconds between two copies of the state on disk. */
static const double save_interval = 30;

typedef struct work {
    const settings *set;
    const loaded_model *o;
    gb_model *lpips;
    projection_output out;
    uint8_t *photo;             /* RGBA */
    float *target, *mask;
    progress p;
    char doing[96];
    double saved;
} work;

/* ------------------------------------------------------------------------------------------------ inputs */

/* The size and way of scaling of the published tools; fast: as NVIDIA's. */
static gb_status read_target(work *w, const char *path, gb_error *err) {
    bool rosinality = w->out.schedule == GB_PROJECT_ROSINALITY;
    int width = (int)w->o->width, height = (int)w->o->height, longest = width > height ? width : height;
    int factor = rosinality && longest > 256 ? longest / 256 : 1;
    photo_cut cut = rosinality ? PHOTO_SCALE_FIRST : PHOTO_CUT_FIRST;
    resampling how = rosinality ? RESAMPLING_BILINEAR : RESAMPLING_LANCZOS;
    uint8_t *mask = NULL;
    width /= factor;
    height /= factor;
    size_t pixels = (size_t)width * (size_t)height;
    w->out.target_width = width;
    w->out.target_height = height;
    if (read_photo(path, width, height, cut, how, &w->photo, err)) return err->status;
    w->out.target = w->photo;
    w->target = malloc(3 * pixels * sizeof *w->target);
    if (!w->target) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < pixels; i++) w->target[c * pixels + i] = (float)w->photo[4 * i + c] / 127.5f - 1;
    if (!w->set->mask || read_photo(w->set->mask, width, height, cut, how, &mask, err)) return err->status;
    w->mask = malloc(pixels * sizeof *w->mask);
    if (!w->mask) state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < pixels && w->mask; i++) {
        const uint8_t *p = mask + 4 * i;
        w->mask[i] = (float)((0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / 255 * p[3] / 255);
    }
    free(mask);
    return err->status;
}

static gb_status read_class(work *w, gb_error *err) {
    class_list list = {0};
    w->out.label = -1;
    if (!w->set->classes || parse_classes(w->set->classes, w->o->model, &list, err)) return err->status;
    if (list.is_mixture || list.count != 1)
        return state(err, GB_BAD_ARGUMENT, "--class: one class, not %s", w->set->classes);
    w->out.label = (int)class_at(&list, 0);
    return GB_OK;
}

static void choose(work *w) {
    const settings *set = w->set;
    bool has_ws = gb_model_find_role(w->o->model, GB_ROLE_WS, 0) != GB_NO_NODE;
    w->out.schedule = !strcmp(set->schedule, "rosinality") ? GB_PROJECT_ROSINALITY
                      : !strcmp(set->schedule, "nvidia")   ? GB_PROJECT_NVIDIA
                                                           : GB_PROJECT_FAST;
    w->out.space = !set->space ? (has_ws ? GB_PROJECT_W : GB_PROJECT_Z)
                   : !strcmp(set->space, "z")  ? GB_PROJECT_Z
                   : !strcmp(set->space, "w+") ? GB_PROJECT_W_PLUS
                                               : GB_PROJECT_W;
}

/* ------------------------------------------------------------------------------------------------ projecting */

static bool go_on(void *arg, const gb_projection_state *s) {
    work *w = arg;
    if (!s->step) progress_share(&w->p, s->share * 20);        /* the start is a twentieth of the work */
    return !was_interrupted();
}

static gb_status start(work *w, gb_error *err) {
    const settings *set = w->set;
    const gb_projection_options how = {
        .schedule = w->out.schedule, .space = w->out.space, .target = w->target, .target_height = w->out.target_height,
        .target_width = w->out.target_width, .mask = w->mask, .lpips = w->lpips, .mse = set->mse, .steps = (size_t)set->steps,
        .seed = (uint64_t)set->seed, .label = w->out.label, .samples = (size_t)set->samples, .progress = go_on,
        .progress_arg = w};
    w->p = progress_start("looking for a start", 1);
    gb_projection_new(w->o->model, &how, &w->out.projection, err);
    progress_end(&w->p);
    return err->status;
}

static gb_status save(work *w, gb_error *err) {
    char path[PATH_ROOM];
    w->saved = host_seconds();
    return state_path(&w->out, path, err) ? err->status : gb_projection_save(w->out.projection, path, err);
}

static gb_status restore(work *w, gb_error *err) {
    char path[PATH_ROOM];
    if (!w->set->resume || state_path(&w->out, path, err) || !host_readable(path)) return err->status;
    return gb_projection_restore(w->out.projection, path, err);
}

/* The state is kept, for --resume. */
static gb_status stop(work *w, size_t step, gb_error *err) {
    if (!save(w, err)) state(err, GB_CANCELLED, "interrupted after step %zu; --resume goes on", step);
    return err->status;
}

static gb_status step_on(work *w, gb_error *err) {
    gb_projection_state s;
    gb_projection_state_of(w->out.projection, &s);
    w->p = progress_start(w->doing, s.steps);
    w->p.done = s.step;
    w->saved = host_seconds();
    snprintf(w->doing, sizeof w->doing, "projecting: step");
    while (!s.done && !err->status) {
        if (gb_projection_step(w->out.projection, err)) break;
        gb_projection_state_of(w->out.projection, &s);
        snprintf(w->doing, sizeof w->doing, "loss %.4g, rate %.3g: step", s.loss, s.rate);
        progress_next(&w->p);
        if (write_stage(&w->out, &s, err)) break;
        if (was_interrupted()) stop(w, s.step, err);
        else if (host_seconds() - w->saved > save_interval) save(w, err);
    }
    progress_end(&w->p);
    return err->status;
}

static gb_status make_folders(const settings *set, gb_error *err) {
    char stages[PATH_ROOM];
    if (host_make_folder(set->out, err)) return err->status;
    if (snprintf(stages, sizeof stages, "%s/stages", set->out) >= (int)sizeof stages)
        return state(err, GB_BAD_ARGUMENT, "-o: this path is too long");
    return host_make_folder(stages, err);
}

static gb_status project(work *w, gb_error *err) {
    gb_projection_state s;
    double difference;
    char path[PATH_ROOM];
    if (start(w, err) || restore(w, err) || step_on(w, err)) return err->status;
    gb_projection_state_of(w->out.projection, &s);
    if (write_results(&w->out, w->set->as, &difference, err) || state_path(&w->out, path, err)) return err->status;
    unlink(path);               /* nothing is left to go on with */
    report("%s: %zu steps, loss %.4g, mean absolute difference %.2f %% of the range", w->set->out, s.step, s.loss,
           100 * difference);
    return GB_OK;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.on = {.device = "cpu"}, .schedule = "fast", .seed = 303};
    loaded_model o = {0};
    work w = {.set = &set, .o = &o};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&project_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out || output_is_file(set.out)) return wrong_usage(&project_command, "-o is missing, or no folder: -o DIR");
    if (!open_model(operands[0], &set.on, &o, &err) && !check_picture(&o, operands[0], &err)) {
        choose(&w);
        w.out.folder = set.out;
        w.out.o = &o;
        w.out.photo = operands[1];
        if (!read_class(&w, &err) && !read_target(&w, operands[1], &err) &&
            (!set.lpips || !open_any_model(o.context, set.lpips, &w.lpips, &err)) && !make_folders(&set, &err)) {
            note_interrupts();
            project(&w, &err);
        }
    }
    gb_projection_free(w.out.projection);
    gb_model_close(w.lpips);
    close_model(&o);
    free(w.photo);
    free(w.target);
    free(w.mask);
    return err.status ? failed(&project_command, &err) : EXIT_DONE;
}

const command project_command = {
    .name = "project",
    .summary = "find the latent that makes a photo",
    .operands = "MODEL PHOTO",
    .usage = "-o DIR [options]",
    .about = "Finds the w, the w's of all layers or the z whose picture is nearest to a photo, and draws it. The photo is a PNG, or "
             "anything that ffmpeg reads; its centre is cut out and scaled. Pictures of the way there appear in DIR/stages. "
             "'ganbend render MODEL --w DIR/projected_w.npz' and NVIDIA's tools read the result.",
    .example = "ganbend project faces.gbw photo.png -o me\n"
               "ganbend render faces.gbw --w me/projected_w.npz -o me.png\n"
               "ganbend project faces.gbw photo.jpg -o me --schedule nvidia --lpips lpips.gbw --resume",
    .writes = WRITES_FOLDER,
    .options = options,
    .run = run,
};
