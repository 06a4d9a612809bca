/* ganbend dump: writes node outputs as float32 arrays [images, shape…] to an .npz, under the nodes' names, or that of one
 * node to an .npy. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "tools/inputs/inputs.h"
#include "tools/inputs/open_model.h"
#include "tools/inputs/picture_inputs.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"

typedef struct settings {
    input_options in;
    bending_options bending;
    text_list at, pictures;
    const char *out;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_LIST, AT(at), "GLOB", "Nodes to write, by name, alias or pattern: mapping, 'synthesis.b8.*'. May be "
     "given several times; 'ganbend info' lists the names.", 0, 0},
    {"--picture", OPTION_LIST, AT(pictures), "FILE", "For a network that looks at pictures: a PNG, or an .npy [n,C,H,W] of "
     "values as the network takes them. May be given several times, for LPIPS in pairs; the files' size becomes the "
     "network's.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output: an .npz file, an .npy for the array of one node, or - for an .npz on standard output.", 0, 0},
    {0}
};

typedef struct boundary {
    bool wanted;
    gb_node_info node;
    size_t elements;            /* of one image */
    float *values;              /* [images, elements] */
} boundary;

static gb_status tap_all(const text_list *at, const gb_model *model, gb_session *session, boundary *all,
                         gb_error *err) {
    size_t count = gb_model_node_count(model);
    gb_node *nodes = malloc((count + 1) * sizeof *nodes);
    if (!nodes) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < at->count && !err->status; i++) {
        size_t matches = gb_model_match(model, at->texts[i], nodes, count);
        if (!matches)
            state(err, GB_BAD_ARGUMENT, "--at %s: no node matches; 'ganbend info' lists the names", at->texts[i]);
        else
            gb_session_tap(session, at->texts[i], err);
        for (size_t j = 0; j < matches; j++) all[nodes[j]].wanted = true;
    }
    free(nodes);
    return err->status;
}

static gb_status allocate_all(const gb_model *model, size_t images, boundary *all, gb_error *err) {
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        boundary *b = &all[i];
        if (!b->wanted) continue;
        gb_model_node(model, (gb_node)i, &b->node);
        b->elements = node_elements(&b->node);
        if (b->elements <= SIZE_MAX / sizeof(float) / images) b->values = malloc(b->elements * images * sizeof(float));
        if (!b->values) return state(err, GB_NO_MEMORY, "out of memory for %zu images of %s", images, b->node.name);
    }
    return GB_OK;
}

static int array_shape(const boundary *b, size_t images, int64_t shape[4]) {
    shape[0] = (int64_t)images;
    for (int d = 0; d < b->node.ndim; d++) shape[d + 1] = b->node.shape[d];
    return b->node.ndim + 1;
}

/* An .npy has one array. */
static bool is_npy(const char *name) {
    const output_format *format = output_format_of(name);
    return format && format->kinds == WRITES_ARRAY;
}

/* Checked before anything is rendered. */
static gb_status check_output(const settings *set, const gb_model *model, const boundary *all, gb_error *err) {
    size_t arrays = 0;
    for (size_t i = 0; i < gb_model_node_count(model); i++) arrays += all[i].wanted;
    return is_npy(set->out) && arrays != 1
        ? state(err, GB_BAD_ARGUMENT, "%s: an .npy holds one array, and --at names %zu nodes; write an .npz", set->out, arrays)
        : GB_OK;
}

static gb_status write_one(const char *path, const gb_model *model, size_t images, const boundary *all, gb_error *err) {
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        int64_t shape[4];
        if (!all[i].wanted) continue;
        int ndim = array_shape(&all[i], images, shape);
        return gb_npy_save(path, ndim, shape, all[i].values, err);
    }
    return GB_OK;
}

static gb_status write_all(const char *path, const gb_model *model, size_t images, const boundary *all, gb_error *err) {
    gb_npz *npz = NULL;
    gb_status status = gb_npz_new(path, &npz, err);
    for (size_t i = 0; !status && i < gb_model_node_count(model); i++) {
        const boundary *b = &all[i];
        int64_t shape[4];
        if (!b->wanted) continue;
        int ndim = array_shape(b, images, shape);
        status = gb_npz_add(npz, b->node.name, ndim, shape, b->values, err);
    }
    if (!status) status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return status;
}

static void report_dump(const char *path, size_t images, size_t nodes, const boundary *all) {
    size_t arrays = 0, bytes = 0;
    for (size_t i = 0; i < nodes; i++) {
        arrays += all[i].wanted;
        bytes += all[i].elements * images * sizeof(float);
    }
    report("%s: %zu array%s of %zu image%s, %.1f MB", path, arrays, arrays == 1 ? "" : "s", images, images == 1 ? "" : "s",
           1e-6 * (double)bytes);
}

/* Either the inputs of a generator, or pictures to look at. */
static gb_status dump(const settings *set, inputs *in, const picture_inputs *pictures, bending *b, const loaded_model *o,
                      gb_error *err) {
    size_t nodes = gb_model_node_count(o->model), images = pictures->count ? pictures->samples : in->count;
    boundary *all = calloc(nodes + 1, sizeof *all);
    gb_session *session = NULL;
    output_file out = {0};
    progress p = progress_start("rendering", images);
    gb_status status = all ? gb_session_new(o->model, NULL, &session, err) : state(err, GB_NO_MEMORY, "out of memory");
    if (!status && !pictures->count) status = prepare_inputs(in, session, o->model, err);
    if (!status) status = apply_bending(b, session, err);
    if (!status) gb_session_set_progress(session, progress_share, &p);
    if (!status) status = tap_all(&set->at, o->model, session, all, err);
    if (!status) status = check_output(set, o->model, all, err);
    if (!status) status = allocate_all(o->model, images, all, err);
    for (size_t i = 0; !status && i < images; i++, progress_next(&p)) {
        status = pictures->count ? feed_pictures(pictures, i, o->model, session, err) : apply_inputs(in, i, session, err);
        if (!status) status = gb_session_render(session, NULL, err);
        for (size_t j = 0; !status && j < nodes; j++)
            if (all[j].wanted) status = gb_session_read(session, (gb_node)j, all[j].values + i * all[j].elements, err);
    }
    progress_end(&p);
    if (!status) status = output_begin(&out, set->out, err);
    if (!status)
        status = is_npy(set->out) ? write_one(out.path, o->model, images, all, err)
                                  : write_all(out.path, o->model, images, all, err);
    if (!status) status = output_finish(&out, err);
    if (!status) report_dump(set->out, images, nodes, all);
    output_drop(&out);
    for (size_t i = 0; all && i < nodes; i++) free(all[i].values);
    free(all);
    gb_session_free(session);
    return status;
}

/* Reads the inputs of the model's kind. */
static gb_status load(const settings *set, loaded_model *o, inputs *in, picture_inputs *pictures, gb_error *err) {
    if (set->pictures.count && !picture_input_count(o->model))
        return state(err, GB_BAD_ARGUMENT, "--picture: this model makes pictures, it does not look at them");
    if (!set->pictures.count) return load_inputs(&set->in, o->model, in, err);
    if (read_pictures(&set->pictures, o->model, pictures, err)) return err->status;
    return set_picture_size(o, (int)pictures->height, (int)pictures->width, err);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    picture_inputs pictures = {0};
    inputs in = {0};
    bending b = {0};
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&dump_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out) return wrong_usage(&dump_command, "-o is missing: -o FILE.npz or FILE.npy");
    if (!set.at.count) return wrong_usage(&dump_command, "--at is missing: --at GLOB selects the nodes to write");
    if (!open_bending(&set.bending, &set.in, &b, &err) && !check_inputs(&set.in, &in, &err) &&
        !open_model(operands[0], &set.in.on, &o, &err) && !load(&set, &o, &in, &pictures, &err))
        dump(&set, &in, &pictures, &b, &o, &err);
    free_pictures(&pictures);
    free_bending(&b);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&dump_command, &err) : EXIT_DONE;
}

const command dump_command = {
    .name = "dump",
    .summary = "write the output of any layer as arrays",
    .operands = "MODEL",
    .usage = "--at GLOB -o FILE [options]",
    .about = "Renders images as 'render' does and writes the outputs of the nodes given by --at as float32 arrays "
             "[images, shape…] under the nodes' names, or the output of one node as an .npy. A network that looks at "
             "pictures gets them from --picture.",
    .example = "ganbend dump faces.gbw --seeds 0-3 --at mapping --at 'synthesis.b*.img' -o layers.npz\n"
               "ganbend dump biggan.gbw --class 207 --at '*.attention' -o attention.npz\n"
               "ganbend dump resnet50.gbw --picture photo.png --at layer2 -o layer2.npy\n"
               "ganbend dump lpips.gbw --picture a.png --picture b.png --at distance -o distance.npy",
    .writes = WRITES_ARRAYS | WRITES_ARRAY | WRITES_STREAM,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}, {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
