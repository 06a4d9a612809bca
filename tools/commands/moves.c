/* ganbend moves: measures the latency of a slider. In an interactive session, it bends one activation after the other and
 * changes a parameter of the bend repeatedly; only nodes after the bend run again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/bending/table_rows.h"
#include "tools/program/host.h"
#include "tools/program/json_output.h"
#include "tools/inputs/open_model.h"

typedef struct settings {
    text_list at;
    const char *model, *activation;
    int64_t moves;
    bool previews, json;
    device_options on;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_LIST, AT(at), "GLOB", "Layers to bend, by name, alias or pattern: 'synthesis.b*.conv?', 'blocks.*', "
     "'generator.*' (default: all activations). May be given several times.", 0, 0},
    {"--activation", OPTION_TEXT, AT(activation), "ACTIVATION", "Activation to bend with (default: sinlu); its last "
     "parameter is changed.", 0, 0},
    {"--moves", OPTION_INTEGER, AT(moves), "N", "Changes at each layer (default: 8). The median excludes the first.", 2,
     1000},
    {"--previews", OPTION_FLAG, AT(previews), NULL, "Render the moves in bfloat16, as the studio's previews, and the whole image "
     "in float32. On the CPU.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON object.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    {0}
};

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, size_t count) {
    qsort(times, count, sizeof *times, by_size);
    return 0.5 * (times[count / 2] + times[(count - 1) / 2]);
}

/* The rendered picture: float32, or 8 bits on a GPU. */
typedef struct canvas {
    float *image;
    bool eight_bits;
} canvas;

/* Renders and returns the seconds that it took; negative on failure. */
static double timed(gb_session *session, const canvas *to, gb_error *err) {
    double start = host_seconds();
    gb_status status = to->eight_bits ? gb_session_render_rgb(session, (uint8_t *)to->image, err)
                                      : gb_session_render(session, to->image, err);
    return status ? -1 : host_seconds() - start;
}

enum { WARM_UP = 3 };           /* images that pack weights, plan, and touch the buffers for the first time */

/* The median time of a whole image after the warm-up. Each has its own seed, so that every node runs. */
static double whole_image(gb_session *session, const canvas *to, size_t runs, double *times, gb_error *err) {
    for (size_t i = 0; i < WARM_UP + runs; i++) {
        double time = gb_session_seed(session, i + 1, err) ? -1 : timed(session, to, err);
        if (time < 0) return -1;
        if (i >= WARM_UP) times[i - WARM_UP] = time;
    }
    return median(times, runs);
}

/* Adds the bend at the layer, changes it and removes it. Returns the median time of all changes but the first, which is
 * stored in `first`. */
static double move_layer(const settings *set, const char *layer, const gb_table_row *row, gb_session *session,
                         const canvas *to, double *times, double *first, int *nodes, gb_error *err) {
    float params[GB_MAX_PARAMS];
    gb_bend_options bend = {.kind = GB_BEND_ACTIVATION, .at = layer, .name = row->name, .params = params,
                            .param_count = row->param_count};
    gb_render_stats stats;
    gb_bend id;
    for (int i = 0; i < row->param_count; i++) params[i] = row->param[i].default_value;
    if (gb_session_bend(session, &bend, &id, err) || timed(session, to, err) < 0) return -1;
    if (set->previews && gb_session_set_precision(session, "bf16", err)) return -1;
    for (int64_t i = 0; i < set->moves; i++) {
        if (row->param_count) params[row->param_count - 1] *= 1 + 0.01f * (float)(i + 1);
        if (gb_session_set_bend_params(session, id, params, row->param_count, err) || (times[i] = timed(session, to, err)) < 0)
            return -1;
    }
    gb_session_stats(session, &stats);
    *nodes = stats.nodes_run;
    *first = times[0];
    if (gb_session_set_precision(session, NULL, err) || gb_session_unbend(session, id, err) || timed(session, to, err) < 0)
        return -1;
    return median(times + 1, (size_t)set->moves - 1);
}

/* Marks the activations of feature maps that --at names, all if it names none. Each of its patterns must name one. */
static gb_status choose_layers(const settings *set, const gb_model *model, bool *wanted, gb_error *err) {
    size_t nodes = gb_model_node_count(model), patterns = set->at.count ? set->at.count : 1;
    gb_node *matches = malloc((nodes + 1) * sizeof *matches);
    if (!matches) state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < patterns && !err->status; i++) {
        const char *pattern = set->at.count ? set->at.texts[i] : "*";
        size_t count = gb_model_match(model, pattern, matches, nodes), found = 0;
        for (size_t k = 0; k < count; k++) {
            gb_node_info info;
            gb_model_node(model, matches[k], &info);
            if (strcmp(info.op, "bias_act") || info.ndim != 3) continue;
            wanted[matches[k]] = true;
            found++;
        }
        if (!count)
            state(err, GB_BAD_ARGUMENT, "--at %s: no node matches; 'ganbend info' lists the names", pattern);
        else if (!found)
            state(err, GB_BAD_ARGUMENT, "--at %s: none of these nodes is an activation of feature maps", pattern);
    }
    free(matches);
    return err->status;
}

/* What is measured: a whole image and the moves at one layer. */
typedef struct move_times {
    const char *layer;
    double first, further;      /* seconds */
    int nodes;
} move_times;

static void print_head(const settings *set, const loaded_model *o, double whole) {
    const char *gpu = gb_context_device(o->context);
    if (gpu)
        printf("whole image %.2f ms", 1e3 * whole);
    else
        printf("whole image %.1f ms", 1e3 * whole);
    printf(" (median of %" PRId64 " after %d to warm up; interactive session, ", set->moves, (int)WARM_UP);
    if (gpu) printf("%s, %s)\n\n", gpu, gb_context_precision(o->context));
    else printf("%s, %d threads)\n\n", gb_context_isa(o->context), gb_context_threads(o->context));
    printf("%-32s %10s %12s %14s %6s\n", "layer", "first ms", "median ms", "of whole image", "nodes");
}

static void print_move(const move_times *m, double whole) {
    printf("%-32s %10.2f %12.2f %13.3f %7d\n", m->layer, 1e3 * m->first, 1e3 * m->further, m->further / whole, m->nodes);
    fflush(stdout);
}

static json_t *json_head(const settings *set, const loaded_model *o, double whole) {
    const char *gpu = gb_context_device(o->context);
    return json_pack("{s:o, s:s, s:s, s:i, s:I, s:i, s:f, s:[]}", "model", json_text(set->model), "activation", set->activation,
                     gpu ? "device" : "isa", gpu ? gpu : gb_context_isa(o->context), "threads",
                     gb_context_threads(o->context), "moves", (json_int_t)set->moves, "warm_up", (int)WARM_UP,
                     "whole_image_s", whole, "layers");
}

static json_t *json_move(const move_times *m, double whole) {
    return json_pack("{s:o, s:f, s:f, s:f, s:i}", "name", json_text(m->layer), "first_s", m->first, "median_s", m->further,
                     "of_whole_image", m->further / whole, "nodes", m->nodes);
}

static gb_status measure(const settings *set, const gb_table_row *row, const loaded_model *o, const bool *wanted,
                         gb_session *session, const canvas *to, double *times, gb_error *err) {
    json_t *root = NULL;
    double whole;
    if (gb_model_class_count(o->model) && gb_session_set_class(session, 0, err)) return err->status;
    whole = whole_image(session, to, (size_t)set->moves, times, err);
    if (whole < 0) return err->status;
    if (set->json) root = json_head(set, o, whole);
    else print_head(set, o, whole);
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(o->model); i++) {
        gb_node_info info;
        gb_model_node(o->model, i, &info);
        if (!wanted[i]) continue;
        move_times m = {.layer = info.name};
        m.further = move_layer(set, info.name, row, session, to, times, &m.first, &m.nodes, err);
        if (m.further < 0) break;
        if (set->json) json_array_append_new(json_object_get(root, "layers"), json_move(&m, whole));
        else print_move(&m, whole);
    }
    if (set->json && !err->status) return write_json(root, 0, err);
    json_decref(root);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.activation = "sinlu", .moves = 8};
    gb_session_options how = {.purpose = GB_INTERACTIVE};
    gb_session *session = NULL;
    gb_table_row row;
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&moves_command, argc, argv, operands, &set, &status)) return status;
    set.model = operands[0];
    if (find_row(&activation_rows, set.activation, &row, &err)) return failed(&moves_command, &err);
    if (!open_model(operands[0], &set.on, &o, &err) && !gb_session_new(o.model, &how, &session, &err)) {
        canvas to = {malloc((size_t)(o.channels * o.height * o.width) * sizeof(float)), gb_context_device(o.context)};
        double *times = malloc((size_t)set.moves * sizeof *times);
        bool *wanted = calloc(gb_model_node_count(o.model) + 1, sizeof *wanted);
        if (!to.image || !times || !wanted) state(&err, GB_NO_MEMORY, "out of memory");
        else if (!choose_layers(&set, o.model, wanted, &err))
            measure(&set, &row, &o, wanted, session, &to, times, &err);
        free(wanted);
        free(to.image);
        free(times);
    }
    gb_session_free(session);
    close_model(&o);
    return err.status ? failed(&moves_command, &err) : EXIT_DONE;
}

const command moves_command = {
    .name = "moves",
    .summary = "measure how fast a slider responds at each layer",
    .operands = "MODEL",
    .usage = "[options]",
    .about = "Bends one activation after the other in an interactive session, changes a parameter of the bend, and prints "
             "the time until the picture is updated, compared with the time of a whole image. Only nodes after the layer "
             "run again.",
    .example = "ganbend moves faces.gbw\nganbend moves big.gbw --at 'synthesis.b*.conv1'",
    .options = options,
    .run = run,
};
