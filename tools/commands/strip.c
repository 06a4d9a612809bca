/* ganbend strip: applies one bend at each layer in turn and renders a labelled picture for each, like the figures of the
 * network-bending paper. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/sheets/sheet.h"
#include "tools/program/host.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/progress.h"
#include "tools/bending/single_bend.h"

typedef struct settings {
    input_options in;
    single_options single;
    text_list at;
    const char *out;
    int64_t columns;
    bool resume;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_LIST, AT(at), "GLOB", "Layers to bend, by name, alias or pattern (default: every layer with feature "
     "maps). May be given several times.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE|DIR", "A .png, .jpg or .webp file, or -, for the strip, or a folder. A folder gets one "
     "labelled picture per layer.", 0, 0},
    {"--columns", OPTION_INTEGER, AT(columns), "N", "Pictures per row of FILE (default: all, at most 10).", 1, 1000},
    {"--resume", OPTION_FLAG, AT(resume), NULL, "Skip pictures in DIR that already exist and are complete.", 0, 0},
    {0}
};

typedef struct layer_list {
    char (*names)[128];
    size_t count;
} layer_list;

/* True for a node that has parts: "synthesis.b8.conv1" has "synthesis.b8.conv1.conv". Blocks are not nodes. */
static bool is_layer(const gb_model *model, const gb_node_info *info) {
    size_t length = strlen(info->name);
    if (info->ndim != 3) return false;
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info other;
        gb_model_node(model, (gb_node)i, &other);
        if (!strncmp(other.name, info->name, length) && other.name[length] == '.') return true;
    }
    return false;
}

/* True if the node can be bent so: tries it on the session. */
static bool can_bend(const single *s, gb_session *session, const char *name) {
    gb_bend bend;
    bool can = !apply_single(s, name, session, &bend, NULL);
    if (can) gb_session_unbend(session, bend, NULL);
    return can;
}

static gb_status find_layers(const settings *set, const single *s, const loaded_model *o, gb_session *session,
                             layer_list *layers, gb_error *err) {
    size_t nodes = gb_model_node_count(o->model);
    gb_node *matches = malloc((nodes + 1) * sizeof *matches);
    bool *wanted = calloc(nodes + 1, sizeof *wanted);
    layers->names = malloc((nodes + 1) * sizeof *layers->names);
    if (!matches || !wanted || !layers->names) state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; !err->status && i < set->at.count; i++) {
        size_t count = gb_model_match(o->model, set->at.texts[i], matches, nodes);
        if (!count)
            state(err, GB_BAD_ARGUMENT, "--at %s: no node matches; 'ganbend info' lists the names", set->at.texts[i]);
        for (size_t k = 0; k < count; k++) wanted[matches[k]] = true;
    }
    for (size_t i = 0; !err->status && i < nodes; i++) {
        gb_node_info info;
        gb_model_node(o->model, (gb_node)i, &info);
        if (set->at.count ? !wanted[i] : !is_layer(o->model, &info)) continue;
        if (strlen(info.name) < sizeof *layers->names && can_bend(s, session, info.name))
            strcpy(layers->names[layers->count++], info.name);
    }
    /* If no layer can be bent, report the reason for the first that was given. */
    if (!err->status && !layers->count) {
        gb_bend bend;
        if (!apply_single(s, set->at.count ? set->at.texts[0] : "*", session, &bend, err))
            state(err, GB_BAD_ARGUMENT, "this bend is not possible at any layer");
    }
    free(matches);
    free(wanted);
    return err->status;
}

/* The length of what all names have in common, up to a dot: "synthesis." */
static size_t common_part(const layer_list *layers) {
    size_t common = 0;
    if (layers->count < 2) return 0;
    for (size_t i = 0; layers->names[0][i]; i++) {
        for (size_t k = 1; k < layers->count; k++)
            if (layers->names[k][i] != layers->names[0][i]) return common;
        if (layers->names[0][i] == '.') common = i + 1;
    }
    return common;
}

/* The state of the run. */
typedef struct work {
    const settings *set;
    const loaded_model *o;
    const single *s;
    gb_session *session;
    uint8_t *rgb, *unbent;          /* [height, width, 3] */
    size_t unchanged;               /* layers where the bend changes no pixel */
    char made_with[SETTINGS_ROOM];
} work;

/* The longest label. */
static const char *longest_name(const layer_list *layers, size_t common) {
    const char *longest = "no change";
    for (size_t i = 0; i < layers->count; i++)
        if (strlen(layers->names[i] + common) > strlen(longest)) longest = layers->names[i] + common;
    return longest;
}

static gb_status render_bent(work *w, const char *at, gb_error *err) {
    gb_bend bend = 0;
    if (at && apply_single(w->s, at, w->session, &bend, err)) return err->status;
    if (gb_session_render_rgb(w->session, w->rgb, err)) return err->status;
    return at ? gb_session_unbend(w->session, bend, err) : GB_OK;
}

/* The remark under a picture that equals the unbent one. */
static const char *remark_on(work *w) {
    if (memcmp(w->rgb, w->unbent, (size_t)(w->o->width * w->o->height) * 3) != 0) return NULL;
    w->unchanged++;
    return "no change";
}

static gb_status write_labelled(work *w, const char *path, const char *line, const char *remark, const char *made_with,
                                gb_error *err) {
    const contact_options how = {.columns = 1, .rows = 1, .width = (int)w->o->width, .height = (int)w->o->height,
                                 .lines = true, .remarks = true, .widest = line};
    contact one;
    picture_texts texts;
    if (contact_new(&one, &how, err)) return err->status;
    contact_picture(&one, 0, 0, w->rgb, line, remark);
    fill_picture_texts(&texts, w->o, made_with, NULL, NULL);
    contact_write(&one, path, texts.texts, texts.count, err);
    contact_free(&one);
    return err->status;
}

/* Renders the unbent picture, then one for each layer. */
static gb_status render_strip(work *w, const layer_list *layers, gb_error *err) {
    bool to_file = output_is_file(w->set->out);
    output_file out = {0};
    char unchanged[64] = "";
    size_t pictures = layers->count + 1;
    int columns = w->set->columns ? (int)w->set->columns : pictures < 10 ? (int)pictures : 10;
    char title[SINGLE_TEXT_ROOM + 256];
    size_t common = to_file ? common_part(layers) : 0;
    const contact_options how = {.columns = columns, .rows = ((int)pictures + columns - 1) / columns,
                                 .width = (int)w->o->width, .height = (int)w->o->height, .lines = true, .remarks = true,
                                 .title = title, .widest = longest_name(layers, common)};
    contact sheet = {0};
    snprintf(title, sizeof title, "%s, at one layer%s%.*s at a time", w->s->text, common ? " of " : "",
             common ? (int)common - 1 : 0, layers->names[0]);
    progress p = progress_start("rendering", pictures);
    if (to_file && !output_begin(&out, w->set->out, err)) contact_new(&sheet, &how, err);
    if (!to_file) host_make_folder(w->set->out, err);
    if (!err->status) gb_session_set_progress(w->session, progress_share, &p);
    for (size_t i = 0; !err->status && i < pictures; i++, progress_next(&p)) {
        char path[PATH_ROOM], name[160], line[512], made_with[SETTINGS_ROOM + 160];
        const char *at = i ? layers->names[i - 1] : NULL;
        snprintf(line, sizeof line, "%s%s%s", at ? at + common : "unbent", !to_file && at ? ": " : "",
                 !to_file && at ? w->s->text : "");
        if (!to_file) {
            snprintf(name, sizeof name, "%03zu-%s", i, at ? at : "unbent");
            if (join_path(path, w->set->out, name, err)) break;
            if (i && w->set->resume && gb_png_is_complete(path)) continue;
        }
        if (render_bent(w, at, err)) break;
        if (!at) memcpy(w->unbent, w->rgb, (size_t)(w->o->width * w->o->height) * 3);
        const char *remark = at ? remark_on(w) : NULL;
        if (to_file) {
            contact_picture(&sheet, (int)i % columns, (int)i / columns, w->rgb, line, remark);
            continue;
        }
        if (w->set->resume && gb_png_is_complete(path)) continue;
        snprintf(made_with, sizeof made_with, "%s%s%s", w->made_with, at ? " --at " : "", at ? at : "");
        write_labelled(w, path, line, remark, made_with, err);
    }
    if (!err->status && to_file) {
        picture_texts texts;
        fill_picture_texts(&texts, w->o, w->made_with, NULL, NULL);
        texts.texts[texts.count++] = (gb_text){"Title", title};
        if (!contact_write(&sheet, out.path, texts.texts, texts.count, err)) output_finish(&out, err);
    }
    progress_end(&p);
    output_drop(&out);
    if (w->unchanged)
        snprintf(unchanged, sizeof unchanged, "; the bend changes nothing at %zu of them", w->unchanged);
    if (!err->status) report("%s: the unbent picture and %zu layers%s", w->set->out, layers->count, unchanged);
    contact_free(&sheet);
    return err->status;
}

static gb_status strip(const settings *set, inputs *in, const single *s, const loaded_model *o, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};     /* keeps the boundaries before the bent layer */
    work *w = calloc(1, sizeof *w);
    layer_list layers = {0};
    if (!w) return state(err, GB_NO_MEMORY, "out of memory");
    *w = (work){.set = set, .o = o, .s = s, .rgb = malloc((size_t)(o->width * o->height) * 3),
                .unbent = malloc((size_t)(o->width * o->height) * 3)};
    if (in->count != 1)
        state(err, GB_BAD_ARGUMENT, "a strip shows one image, not %zu; give one seed", in->count);
    else if (!w->rgb || !w->unbent)
        state(err, GB_NO_MEMORY, "out of memory");
    else if (!check_picture(o, "this model", err) && !gb_session_new(o->model, &how, &w->session, err) &&
             !prepare_inputs(in, w->session, o->model, err) && !apply_inputs(in, 0, w->session, err) &&
             !find_layers(set, s, o, w->session, &layers, err)) {
        char bend[SINGLE_TEXT_ROOM];
        describe_inputs(in, 0, w->made_with);
        describe_single(&set->single, bend);
        strncat(w->made_with, bend, sizeof w->made_with - strlen(w->made_with) - 1);
        render_strip(w, &layers, err);
    }
    gb_session_free(w->session);
    free(layers.names);
    free(w->rgb);
    free(w->unbent);
    free(w);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    inputs in = {0};
    single *s = malloc(sizeof *s);
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!s) state(&err, GB_NO_MEMORY, "out of memory");
    else if (!parse_arguments(&strip_command, argc, argv, operands, &set, &status)) return free(s), status;
    if (!err.status && !set.out) state(&err, GB_BAD_ARGUMENT, "-o is missing: -o FILE.png or -o DIR");
    if (!err.status && !read_single(&set.single, s, &err) && !s->given)
        state(&err, GB_BAD_ARGUMENT, "the bend is missing: --filter NAME, --activation NAME or --disable");
    if (!err.status && !check_inputs(&set.in, &in, &err) && !open_model(operands[0], &set.in.on, &o, &err) &&
        !load_inputs(&set.in, o.model, &in, &err))
        strip(&set, &in, s, &o, &err);
    free_inputs(&in);
    close_model(&o);
    free(s);
    return err.status ? failed(&strip_command, &err) : EXIT_DONE;
}

const command strip_command = {
    .name = "strip",
    .summary = "render one bend at each layer, side by side",
    .operands = "MODEL",
    .usage = "--filter FILTER[,p…] -o FILE|DIR [options]",
    .about = "Renders one image unbent and then once for each layer with the bend at that layer only. The name of the layer "
             "is printed under each picture. Layers where the bend is not possible are left out.",
    .example = "ganbend strip faces.gbw --filter rotate,45 --seeds 7 --trunc 0.7 -o rotated.png\n"
               "ganbend strip faces.gbw --activation sinlu,1,3 --at 'mapping.fc*' -o layers",
    .writes = WRITES_PICTURE | WRITES_FOLDER | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}, {single_table, offsetof(settings, single), "the bend"}},
    .run = run,
};
