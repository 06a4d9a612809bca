/* ganbend project: finds the latent whose picture is nearest to a photo, for one photo or many. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "projection_output.h"
#include "tools/farm/manifest.h"
#include "tools/farm/shard.h"
#include "tools/inputs/classes.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/photo.h"
#include "tools/inputs/photo_list.h"
#include "tools/program/interrupt.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/text.h"

typedef struct settings {
    device_options on;
    shard_options shard;
    const char *schedule, *space, *lpips, *mask, *classes, *as, *out;
    int64_t steps, seed, samples;
    double mse;
    bool resume;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"-o", OPTION_TEXT, AT(out), "DIR", "Folder for projected_w.npz (NVIDIA's file; projected_z.npz for a z), proj.png, the cut "
     "photo target.png, stages.png, and recipe.yaml, with which 'render --bend' draws the picture again; for several photos "
     "DIR/NAME for each.", 0, 0},
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
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Continue where an interrupted run with the same options stopped.", 0, 0},
    {"--threads", RARE(OPTION_INTEGER), AT(on.threads), "N", "Number of threads (default: one per core).", 1, 1024},
    SHARD_OPTION(settings, shard),
    {0}
};

/* Seconds between two copies of the state on disk. */
static const double save_interval = 30;

typedef struct work {
    const settings *set;
    const loaded_model *o;
    gb_model *lpips;
    bool resume;
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
    if (!w->resume || state_path(&w->out, path, err) || !host_readable(path)) return err->status;
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

static gb_status make_folders(const char *folder, gb_error *err) {
    char stages[PATH_ROOM];
    if (host_make_folder(folder, err)) return err->status;
    if (snprintf(stages, sizeof stages, "%s/stages", folder) >= (int)sizeof stages)
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
    host_remove_file(path);               /* nothing is left to go on with */
    report("%s: %zu steps, loss %.4g, mean absolute difference %.2f %% of the range", w->out.folder, s.step, s.loss,
           100 * difference);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ many photos */

typedef struct series {
    const settings *set;
    const loaded_model *o;
    gb_model *lpips;
    photo_list photos;
    shard *shard;               /* NULL: all photos */
    char made_with[2048];
    size_t failed;
    gb_error first;             /* the first failure */
} series;

static void name_item(void *arg, size_t item, char name[SHARD_NAME_ROOM]) {
    const series *all = arg;
    snprintf(name, SHARD_NAME_ROOM, "%s", all->photos.names[item]);
}

static gb_status sum_file(const char *path, uint32_t *crc, gb_error *err) {
    char *bytes;
    size_t size;
    if (read_if_there(path, &bytes, &size, err)) return err->status;
    if (!bytes) return state(err, GB_IO, "%s: no such file", path);
    *crc = crc32_of_bytes(bytes, size);
    free(bytes);
    return GB_OK;
}

/* The options on which the result depends. */
static gb_status describe(series *all, gb_error *err) {
    const settings *set = all->set;
    uint32_t mask = 0;
    if (set->mask && sum_file(set->mask, &mask, err)) return err->status;
    char *text = all->made_with;
    enum { ROOM = sizeof all->made_with };
    append(text, ROOM, "--schedule %s --seed %" PRId64, set->schedule, set->seed);
    if (set->space) append(text, ROOM, " --space %s", set->space);
    if (set->steps) append(text, ROOM, " --steps %" PRId64, set->steps);
    if (set->samples) append(text, ROOM, " --samples %" PRId64, set->samples);
    if (set->mse > 0) append(text, ROOM, " --mse %.9g", set->mse);
    if (set->classes) append(text, ROOM, " --class %.200s", set->classes);
    if (set->as) append(text, ROOM, " --as %s", set->as);
    if (set->mask) append(text, ROOM, " --mask crc32:%08" PRIx32, mask);
    if (all->lpips) append(text, ROOM, " --lpips %08" PRIx32, gb_model_checksum(all->lpips));
    return GB_OK;
}

/* Notes the files of a finished projection. */
static gb_status note_done(const series *all, const work *w, size_t item, gb_error *err) {
    enum { FILES = 64 };        /* results, and pictures of steps 1, 2, 5, …, 1000000 */
    char (*files)[PATH_ROOM] = all->shard ? malloc(FILES * sizeof *files) : NULL, name[RESULT_NAME_ROOM], from[sizeof all->made_with + 400];
    const char *paths[FILES];
    const char *slash = strrchr(w->out.photo, '/');
    uint32_t crc = 0;
    size_t count = 0;
    if (!all->shard) return GB_OK;
    if (!files) return state(err, GB_NO_MEMORY, "out of memory");
    for (; count < FILES && result_file_at(&w->out, all->set->as, count, name); count++) {
        snprintf(files[count], sizeof files[count], "%s/%s", all->photos.names[item], name);
        paths[count] = files[count];
    }
    if (!sum_file(w->out.photo, &crc, err)) {
        snprintf(from, sizeof from, "%.255s crc32:%08" PRIx32 " %s", slash ? slash + 1 : w->out.photo, crc, all->made_with);
        shard_done(all->shard, item, from, paths, count, err);
    }
    free(files);
    return err->status;
}

static gb_status project_photo(series *all, size_t item, gb_error *err) {
    const settings *set = all->set;
    char folder[PATH_ROOM];
    work w = {.set = set, .o = all->o, .lpips = all->lpips, .resume = set->resume || all->shard};
    if (snprintf(folder, sizeof folder, "%s%s%s", set->out, all->photos.is_list ? "/" : "",
                 all->photos.is_list ? all->photos.names[item] : "") >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "-o: this path is too long");
    choose(&w);
    w.out.folder = folder;
    w.out.o = all->o;
    w.out.photo = all->photos.paths[item];
    if (!read_class(&w, err) && !read_target(&w, w.out.photo, err) && !make_folders(folder, err) && !project(&w, err))
        note_done(all, &w, item, err);
    gb_projection_free(w.out.projection);
    free(w.photo);
    free(w.target);
    free(w.mask);
    return err->status;
}

/* A photo that cannot be projected does not keep the others from it. */
static gb_status project_all(series *all, gb_error *err) {
    size_t count = all->photos.count;
    note_interrupts();
    for (size_t i = 0; i < count; i++) {
        gb_error why = {0};
        if (!shard_wants(all->shard, i) || !project_photo(all, i, &why)) continue;
        if (!all->failed++) all->first = why;
        if (why.status == GB_CANCELLED || why.status == GB_NO_MEMORY) {
            *err = why;
            return err->status;
        }
    }
    if (!all->failed) return shard_end(all->shard, err);
    if (count == 1) *err = all->first;
    else state(err, all->first.status, "%zu of %zu photos failed; the first: %.400s", all->failed, shard_share(&all->set->shard, count),
               all->first.message);
    return err->status;
}

static gb_status project_series(series *all, gb_error *err) {
    const settings *set = all->set;
    const shard_run run = {.command = "project", .folder = set->out, .settings = all->made_with, .o = all->o,
                           .items = all->photos.count, .name = name_item, .arg = all};
    if (set->shard.part && !all->photos.is_list)
        return state(err, GB_BAD_ARGUMENT, "--shard divides photos; give several, a folder, or a .txt file with their names");
    for (size_t i = 0; i < all->photos.count && set->shard.part; i++)
        if (!strcmp(all->photos.names[i], MANIFESTS))
            return state(err, GB_BAD_ARGUMENT, "%s: DIR/" MANIFESTS " is for the shards; rename the photo", all->photos.paths[i]);
    if (describe(all, err) || shard_begin(&set->shard, &run, &all->shard, err)) return err->status;
    return project_all(all, err);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.on = {.device = "cpu"}, .schedule = "fast", .seed = 303};
    loaded_model o = {0};
    series all = {.set = &set, .o = &o};
    size_t given = 0;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&project_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out || output_is_file(set.out)) return wrong_usage(&project_command, "-o is missing, or no folder: -o DIR");
    while (given + 1 < OPERANDS && operands[given + 1]) given++;
    if (!shard_check(&set.shard, set.out, &err) && !find_photos(operands + 1, given, &all.photos, &err) &&
        !open_model(operands[0], &set.on, &o, &err) && !check_picture(&o, operands[0], &err) &&
        (!set.lpips || !open_any_model(o.context, set.lpips, &all.lpips, &err)))
        project_series(&all, &err);
    shard_free(all.shard);
    free_photos(&all.photos);
    gb_model_close(all.lpips);
    close_model(&o);
    return err.status ? failed(&project_command, &err) : EXIT_DONE;
}

const command project_command = {
    .name = "project",
    .summary = "find the latent that makes a photo",
    .operands = "MODEL PHOTO [PHOTO…]",
    .usage = "-o DIR [options]",
    .about = "Finds the w, the w's of all layers or the z whose picture is nearest to a photo, and draws it. The photo is a PNG, or "
             "anything that ffmpeg reads; its centre is cut out and scaled. PHOTO may also be a folder of photos, or a .txt file with a path "
             "on each line. Intermediate pictures appear in DIR/stages. "
             "'ganbend render MODEL --w DIR/projected_w.npz' and NVIDIA's tools read the result.",
    .example = "ganbend project faces.gbw photo.png -o me\n"
               "ganbend render faces.gbw --w me/projected_w.npz -o me.png\n"
               "ganbend project faces.gbw photo.jpg -o me --schedule nvidia --lpips lpips.gbw --resume\n"
               "ganbend project faces.gbw photos -o found --shard 1/4",
    .writes = WRITES_FOLDER,
    .options = options,
    .run = run,
};
