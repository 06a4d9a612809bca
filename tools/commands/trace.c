/* ganbend trace: statistics of every boundary of every image, as CSV (RFC 4180) or JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "tools/inputs/inputs.h"
#include "tools/inputs/open_model.h"
#include "tools/program/json_output.h"
#include "tools/program/progress.h"

typedef struct settings {
    input_options in;
    bending_options bending;
    text_list at;
    bool json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--at", OPTION_LIST, AT(at), "GLOB", "Nodes to trace, by name, alias or pattern (default: all). May be given several "
     "times.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON array instead of CSV.", 0, 0},
    {0}
};

/* Of the finite values, which `count` - nan - infinite are; mean and deviation are NaN if there are none. */
typedef struct statistics {
    size_t count, nan, infinite, zeros;
    double least, largest, mean, deviation;
} statistics;

static statistics statistics_of(const float *values, size_t count) {
    statistics s = {.count = count, .least = INFINITY, .largest = -INFINITY};
    double sum = 0, squares = 0;
    size_t finite;
    for (size_t i = 0; i < count; i++) {
        s.nan += isnan(values[i]);
        s.infinite += isinf(values[i]);
        if (!isfinite(values[i])) continue;
        s.zeros += values[i] == 0;
        s.least = fmin(s.least, (double)values[i]);
        s.largest = fmax(s.largest, (double)values[i]);
        sum += (double)values[i];
    }
    finite = count - s.nan - s.infinite;
    s.mean = sum / (double)finite;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) squares += ((double)values[i] - s.mean) * ((double)values[i] - s.mean);
    s.deviation = sqrt(squares / (double)finite);
    if (!finite) s.least = s.largest = NAN;
    return s;
}

/* Nothing for a number that does not exist, as programs that read CSV expect. */
static void print_number(double number) {
    if (isfinite(number)) printf(",%.9g", number);
    else putchar(',');
}

/* No name of a node has a comma or a quotation mark: see ganbend_graph.h and the adapters. */
static void print_csv(const char *image, const gb_node_info *node, const statistics *s) {
    char shape[SHAPE_ROOM];
    printf("%s,%s,%s,\"%s\",%zu", image, node->name, node->op, shape_text(node->ndim, node->shape, shape), s->count);
    print_number(s->least);
    print_number(s->largest);
    print_number(s->mean);
    print_number(s->deviation);
    printf(",%zu,%zu,%zu\n", s->zeros, s->nan, s->infinite);
}

static gb_status write_row(const char *image, const gb_node_info *node, const statistics *s, bool first,
                           gb_error *err) {
    json_t *row = json_object(), *shape = json_array();
    for (int i = 0; i < node->ndim; i++) json_array_append_new(shape, json_integer((json_int_t)node->shape[i]));
    json_object_set_new(row, "image", json_text(image));
    json_object_set_new(row, "name", json_text(node->name));
    json_object_set_new(row, "op", json_text(node->op));
    json_object_set_new(row, "shape", shape);
    json_object_set_new(row, "count", json_integer((json_int_t)s->count));
    json_object_set_new(row, "min", json_number(s->least));
    json_object_set_new(row, "max", json_number(s->largest));
    json_object_set_new(row, "mean", json_number(s->mean));
    json_object_set_new(row, "std", json_number(s->deviation));
    json_object_set_new(row, "zeros", json_integer((json_int_t)s->zeros));
    json_object_set_new(row, "nan", json_integer((json_int_t)s->nan));
    json_object_set_new(row, "infinite", json_integer((json_int_t)s->infinite));
    fputs(first ? "\n" : ",\n", stdout);
    return write_json_row(row, err);
}

typedef struct work {
    const settings *set;
    const loaded_model *o;
    gb_session *session;
    bool *wanted;           /* per node */
    float *values;          /* room for the largest node */
    bool begun;             /* something has been printed */
} work;

static gb_status choose_nodes(work *w, size_t *largest, gb_error *err) {
    size_t nodes = gb_model_node_count(w->o->model), patterns = w->set->at.count ? w->set->at.count : 1;
    gb_node *matches = malloc((nodes + 1) * sizeof *matches);
    if (!matches) state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < patterns && !err->status; i++) {
        const char *pattern = w->set->at.count ? w->set->at.texts[i] : "*";
        size_t count = gb_model_match(w->o->model, pattern, matches, nodes);
        if (!count) state(err, GB_BAD_ARGUMENT, "--at %s: no node matches; 'ganbend info' lists the names", pattern);
        for (size_t k = 0; k < count; k++) {
            gb_node_info info;
            gb_model_node(w->o->model, matches[k], &info);
            w->wanted[matches[k]] = true;
            if (node_elements(&info) > *largest) *largest = node_elements(&info);
        }
    }
    free(matches);
    return err->status;
}

/* The nodes from `from` on that are tapped together: some, as tapped boundaries are kept until the end of the render. */
static gb_node end_of_group(const work *w, gb_node from) {
    enum { TOGETHER = 256 << 20 };
    gb_node nodes = (gb_node)gb_model_node_count(w->o->model), end = from;
    for (size_t bytes = 0; end < nodes; end++) {
        gb_node_info info;
        gb_model_node(w->o->model, end, &info);
        bytes += w->wanted[end] ? node_elements(&info) * sizeof(float) : 0;
        if (bytes > TOGETHER && end > from) break;
    }
    return end;
}

static gb_status trace_group(work *w, const char *image, gb_node from, gb_node to, gb_error *err) {
    gb_node_info info;
    for (gb_node i = from; i < to; i++) {
        gb_model_node(w->o->model, i, &info);
        if (w->wanted[i] && gb_session_tap(w->session, info.name, err)) return err->status;
    }
    if (gb_session_render(w->session, NULL, err)) return err->status;
    for (gb_node i = from; i < to && !err->status; i++) {
        if (!w->wanted[i]) continue;
        gb_model_node(w->o->model, i, &info);
        if (gb_session_read(w->session, i, w->values, err) || gb_session_untap(w->session, info.name, err)) return err->status;
        statistics s = statistics_of(w->values, node_elements(&info));
        if (w->set->json) write_row(image, &info, &s, !w->begun, err);
        else print_csv(image, &info, &s);
        w->begun = true;
    }
    return err->status;
}

static gb_status trace(work *w, inputs *in, bending *b, gb_error *err) {
    gb_node nodes = (gb_node)gb_model_node_count(w->o->model);
    progress p = progress_start("tracing", in->count);
    size_t largest = 1;
    w->wanted = calloc((size_t)nodes + 1, sizeof *w->wanted);
    if (!w->wanted) return state(err, GB_NO_MEMORY, "out of memory");
    if (choose_nodes(w, &largest, err)) return err->status;
    w->values = malloc(largest * sizeof *w->values);
    if (!w->values) return state(err, GB_NO_MEMORY, "out of memory");
    if (gb_session_new(w->o->model, NULL, &w->session, err) || prepare_inputs(in, w->session, w->o->model, err) ||
        apply_bending(b, w->session, err))
        return err->status;
    fputs(w->set->json ? "[" : "image,name,op,shape,count,min,max,mean,std,zeros,nan,infinite\n", stdout);
    for (size_t i = 0; i < in->count && !err->status; i++, progress_next(&p)) {
        char image[IMAGE_NAME_ROOM];
        name_image(in, i, image);
        if (apply_inputs(in, i, w->session, err)) break;
        for (gb_node from = 0, to; from < nodes && !err->status; from = to)
            trace_group(w, image, from, to = end_of_group(w, from), err);
    }
    progress_end(&p);
    if (w->set->json && !err->status) fputs("\n]\n", stdout);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    inputs in = {0};
    bending b = {0};
    loaded_model o = {0};
    work w = {.set = &set, .o = &o};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&trace_command, argc, argv, operands, &set, &status)) return status;
    if (!open_bending(&set.bending, &set.in, &b, &err) && !check_inputs(&set.in, &in, &err) &&
        !open_model(operands[0], &set.in.on, &o, &err) && !load_inputs(&set.in, o.model, &in, &err))
        trace(&w, &in, &b, &err);
    free(w.wanted);
    free(w.values);
    gb_session_free(w.session);
    free_bending(&b);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&trace_command, &err) : EXIT_DONE;
}

const command trace_command = {
    .name = "trace",
    .summary = "print statistics of every layer, as CSV or JSON",
    .operands = "MODEL",
    .usage = "[--at GLOB] [options]",
    .about = "Renders images as 'render' does and prints, for every node of each, its name, operation and shape, and the "
             "number, smallest, largest and mean value and standard deviation of its output, and how many values are zero, "
             "NaN and infinite. The numbers are of the finite values.",
    .example = "ganbend trace faces.gbw --seeds 7 > before.csv\n"
               "ganbend trace faces.gbw --seeds 7 --bend bend.yaml --at 'synthesis.*' --json",
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}, {bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
