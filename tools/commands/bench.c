/* ganbend bench: measures the time of an image and compares it with the peak of the processor. Multiply-adds are those
 * of the convolutions (transposed ones counted at input resolution, without FIR filters) and of attention; each counts as
 * two FLOP. The limit of a step is the larger of two times: its multiply-adds at the peak rate, and its memory traffic at
 * the memory bandwidth. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_gradient.h"
#include "tools/bending/recipes.h"
#include "commands.h"
#include "tools/program/host.h"
#include "tools/inputs/open_model.h"
#include "tools/inputs/picture_inputs.h"
#include "tools/program/json_output.h"

typedef struct settings {
    bending_options bending;
    int64_t batch, runs;
    device_options on;
    double seconds;
    const char *picture_size;
    bool layers, json, gradients;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--batch", OPTION_INTEGER, AT(batch), "N", "Images per render (default: 1).", 1, 4096},
    DEVICE_OPTIONS(settings, on),
    {"--runs", OPTION_INTEGER, AT(runs), "N", "Minimum number of renders (default: 5).", 1, 100000},
    {"--seconds", OPTION_NUMBER, AT(seconds), "S", "Minimum time in seconds (default: 2).", 0, 86400},
    {"--size", OPTION_TEXT, AT(picture_size), "N|HxW", "Size of the pictures that a network looks at (default: the "
     "model's own).", 0, 0},
    {"--layers", OPTION_FLAG, AT(layers), NULL, "Print the time of each step, and how close it is to its limit.", 0, 0},
    {"--gradients", OPTION_FLAG, AT(gradients), NULL, "Time a render and a backward pass with the gradients of all w's and noise maps, of "
     "z, or of the pictures, on the CPU. Multiply-adds and their rate are those of the render alone.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON object.", 0, 0},
    {0}
};

typedef struct series {
    double *seconds;            /* [runs][1 + steps]: the whole render, then its steps */
    size_t runs, room, steps;
} series;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted times of one column; column 0 is the whole render. NULL if out of memory. */
static double *sorted_column(const series *s, size_t column) {
    double *times = malloc(s->runs * sizeof *times);
    for (size_t i = 0; times && i < s->runs; i++) times[i] = s->seconds[i * (1 + s->steps) + column];
    if (times) qsort(times, s->runs, sizeof *times, by_size);
    return times;
}

static double median(const double *sorted, size_t count) {
    return 0.5 * (sorted[count / 2] + sorted[(count - 1) / 2]);
}

static gb_status add_run(series *s, double seconds, const gb_session *session, gb_error *err) {
    double *row;
    if (s->runs == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        double *grown = realloc(s->seconds, room * (1 + s->steps) * sizeof *grown);
        if (!grown) return state(err, GB_NO_MEMORY, "out of memory");
        s->seconds = grown;
        s->room = room;
    }
    row = s->seconds + s->runs++ * (1 + s->steps);
    row[0] = seconds;
    for (size_t i = 0; i < s->steps; i++) {
        gb_step_info step;
        gb_session_step(session, (int)i, &step);
        row[1 + i] = step.seconds;
    }
    return GB_OK;
}

static gb_status allocate_images(const settings *set, const loaded_model *o, float **images, gb_error *err) {
    void *buffer;
    size_t floats = (size_t)set->batch * (size_t)(o->channels * o->height * o->width);
    if (gb_buffer_new(o->context, floats * sizeof **images, &buffer, err)) return err->status;
    *images = buffer;
    return GB_OK;
}

static bool on_gpu(const loaded_model *o) {
    return gb_context_device(o->context) != NULL;
}

/* Wants the gradients of ws and of all noise maps, of z, or of the pictures. */
static gb_status want_gradients(const loaded_model *o, gb_session *session, gb_error *err) {
    gb_node node = gb_model_find_role(o->model, GB_ROLE_WS, 0);
    gb_node_info info;
    if (node == GB_NO_NODE) node = gb_model_find_role(o->model, GB_ROLE_Z, 0);
    for (int k = 0; k < picture_input_count(o->model) && !err->status; k++) {
        picture_input_at(o->model, k, &info);
        gb_session_want(session, info.name, err);
    }
    for (int i = 0; node != GB_NO_NODE && !err->status; i++) {
        gb_model_node(o->model, node, &info);
        gb_session_want(session, info.name, err);
        node = gb_model_find_role(o->model, GB_ROLE_NOISE, i);
    }
    return err->status;
}

/* Noise as the pictures of a network that looks at pictures; other noise in each run. */
static gb_status feed_noise(const settings *set, const gb_model *model, gb_session *session, uint64_t run, gb_error *err) {
    for (int k = 0; k < picture_input_count(model); k++) {
        gb_node_info node;
        picture_input_at(model, k, &node);
        size_t values = (size_t)set->batch * node_elements(&node);
        float *noise = malloc(values * sizeof *noise);
        if (!noise) return state(err, GB_NO_MEMORY, "out of memory for %" PRId64 " pictures", set->batch);
        gb_randn(GB_RNG_TORCH, run * MOST_PICTURES + (uint64_t)k, values, noise);
        gb_session_feed(session, node.name, noise, err);
        free(noise);
        if (err->status) return err->status;
    }
    return GB_OK;
}

/* Renders once to warm up, then until both minimums are reached. Each render has its own seed, so that nothing of the one
 * before can be reused. On a GPU, images are copied to the host as 8 bits. */
static gb_status time_renders(const settings *set, const loaded_model *o, gb_session *session, float *images, series *s,
                              gb_error *err) {
    const gb_model *model = o->model;
    double begin = 0;
    if (gb_model_class_count(model) && gb_session_set_class(session, 0, err)) return err->status;
    for (int64_t i = 0;; i++) {
        double start, end;
        if (picture_input_count(model) ? feed_noise(set, model, session, (uint64_t)i, err)
                                       : gb_session_seed(session, (uint64_t)(i * set->batch), err))
            return err->status;
        start = host_seconds();
        if (on_gpu(o) && !picture_input_count(model) ? gb_session_render_rgb(session, (uint8_t *)images, err)
                                                     : gb_session_render(session, images, err))
            return err->status;
        /* The gradient of half the sum of the squares of the picture. */
        if (set->gradients && gb_session_backward(session, gb_model_output(model), images, err)) return err->status;
        end = host_seconds();
        if (i == 0) {
            gb_render_stats stats;
            gb_session_stats(session, &stats);
            s->steps = (size_t)stats.steps;
            begin = end;
            continue;
        }
        if (add_run(s, end - start, session, err)) return err->status;
        if (i >= set->runs && end - begin >= set->seconds) return GB_OK;
    }
}

enum { PEAKS = 5 };             /* measurements of the peak; the best counts, since other processes may be running */

typedef struct result {
    double median, fastest, gflops, peak_gflops, peak_share, memory_gbs;
    uint64_t macs;              /* of one image */
    int64_t peak_rss;
    double *steps;              /* medians */
    double *products;           /* seconds of cuBLAS products of the sizes of convolutions; 0 = not measured */
    gb_error no_products;       /* why no products were measured */
} result;

/* Measures cuBLAS beside the convolutions, as long as it works. */
static void measure_products(gb_session *session, const series *s, result *r) {
    for (size_t i = 0; i < s->steps && !r->no_products.status; i++)
        gb_session_step_product(session, (int)i, &r->products[i], &r->no_products);
}

static gb_status evaluate(const settings *set, const loaded_model *o, gb_session *session, const series *s, result *r,
                          gb_error *err) {
    double *times = sorted_column(s, 0);
    r->steps = calloc(s->steps + 1, sizeof *r->steps);
    r->products = calloc(s->steps + 1, sizeof *r->products);
    if (!times || !r->steps || !r->products) {
        free(times);
        return state(err, GB_NO_MEMORY, "out of memory");
    }
    r->median = median(times, s->runs);
    r->fastest = times[0];
    free(times);
    for (size_t i = 0; i < s->steps; i++) {
        times = sorted_column(s, 1 + i);
        if (!times) return state(err, GB_NO_MEMORY, "out of memory");
        r->steps[i] = median(times, s->runs);
        free(times);
    }
    r->macs = image_macs(o->model);
    r->gflops = 2e-9 * (double)r->macs * (double)set->batch / r->median;
    r->peak_rss = host_peak_rss_bytes();        /* before measuring the peak, which allocates memory too */
    if (on_gpu(o)) {                            /* the CPU's limits do not apply */
        if (set->layers) measure_products(session, s, r);
        return GB_OK;
    }
    for (int i = 0; i < PEAKS; i++) r->peak_gflops = fmax(r->peak_gflops, gb_context_peak_gflops(o->context));
    r->peak_share = r->peak_gflops > 0 ? r->gflops / r->peak_gflops : 0;
    if (set->layers) r->memory_gbs = gb_context_memory_bandwidth(o->context);
    return GB_OK;
}

/* The name of the boundary that the step writes. */
static const char *step_name(const gb_model *model, const gb_step_info *step, gb_node_info *last) {
    gb_model_node(model, step->last, last);
    return last->name;
}

/* The lower bound of a step's time in seconds, and whether arithmetic or memory sets it. */
static double min_seconds(const gb_step_info *step, const result *r, const char **binds) {
    double arithmetic = r->peak_gflops > 0 ? 2e-9 * (double)step->macs / r->peak_gflops : 0;
    double memory = r->memory_gbs > 0 ? 1e-9 * (double)step->bytes / r->memory_gbs : 0;
    *binds = arithmetic > memory ? "arithmetic" : "memory";
    return fmax(arithmetic, memory);
}

/* Prints the steps on a GPU. They are timed one by one, which takes longer than a render without timing. */
static void print_gpu_steps(const settings *set, const loaded_model *o, const gb_session *session, const series *s,
                            const result *r) {
    if (!set->layers) return;
    if (r->no_products.status) printf("NO CUBLAS: products of the convolutions' sizes are not measured: %s\n", r->no_products.message);
    printf("\n%-32s %-20s %5s %10s %9s %9s %10s\n", "step, by its output", "operation", "nodes", "median ms", "GFLOP/s",
           "GB/s", "cuBLAS ms");
    for (size_t i = 0; i < s->steps; i++) {
        gb_step_info step;
        gb_node_info last;
        double seconds = r->steps[i] > 0 ? r->steps[i] : 1e-12;
        gb_session_step(session, (int)i, &step);
        printf("%-32s %-20s %5d %10.4f %9.1f %9.1f", step_name(o->model, &step, &last), step.op, step.nodes,
               1e3 * r->steps[i], 2e-9 * (double)step.macs / seconds, 1e-9 * (double)step.bytes / seconds);
        if (r->products[i] > 0) printf(" %10.4f", 1e3 * r->products[i]);
        printf("%s%s\n", strcmp(step.kernel, "cuda") ? "  host fallback, " : "", strcmp(step.kernel, "cuda") ? step.kernel : "");
    }
}

static void print_table(const settings *set, const loaded_model *o, const gb_session *session, const series *s,
                        const result *r) {
    printf("median   %.4f s for %" PRId64 " image%s, %zu runs\n", r->median, set->batch, set->batch == 1 ? "" : "s",
           s->runs);
    printf("fastest  %.4f s\n", r->fastest);
    printf("memory   %.0f MB at the peak of this process, mapped pages included\n", (double)r->peak_rss / 1e6);
    printf("work     %.2f G multiply-adds per image\n", 1e-9 * (double)r->macs);
    if (on_gpu(o)) {
        printf("speed    %.0f GFLOP/s (%s, %s)\n", r->gflops, gb_context_device(o->context),
               gb_context_precision(o->context));
        print_gpu_steps(set, o, session, s, r);
        return;
    }
    printf("speed    %.0f GFLOP/s, %.0f %% of the measured peak of %.0f (%s, %d threads)\n", r->gflops,
           100 * r->peak_share, r->peak_gflops, gb_context_isa(o->context), gb_context_threads(o->context));
    if (!set->layers) return;
    printf("limits   %.0f GFLOP/s, %.1f GB/s of memory; caches and fast convolution algorithms can exceed them\n",
           r->peak_gflops, r->memory_gbs);
    printf("\n%-32s %-20s %5s %10s %6s %9s %9s  %s\n", "step, by its output", "operation", "nodes", "median ms",
           "share", "GFLOP/s", "GB/s", "of its limit");
    for (size_t i = 0; i < s->steps; i++) {
        gb_step_info step;
        gb_node_info last;
        const char *binds;
        double seconds = r->steps[i] > 0 ? r->steps[i] : 1e-12, limit;
        gb_session_step(session, (int)i, &step);
        limit = min_seconds(&step, r, &binds);
        if (step.ran && r->steps[i] <= 0) {
            printf("%-32s %-20s %5d  in one pass with the step before\n", step_name(o->model, &step, &last), step.op, step.nodes);
            continue;
        }
        printf("%-32s %-20s %5d %10.4f %5.1f%% %9.1f %9.1f  %.0f %% %s\n", step_name(o->model, &step, &last), step.op,
               step.nodes, 1e3 * r->steps[i], 100 * r->steps[i] / r->median, 2e-9 * (double)step.macs / seconds,
               1e-9 * (double)step.bytes / seconds, 100 * limit / seconds, binds);
    }
}

static gb_status report_json(const settings *set, const loaded_model *o, const gb_session *session, const series *s,
                            const result *r, gb_error *err) {
    json_t *root = json_pack("{s:f, s:f, s:I, s:i, s:I, s:s, s:I, s:I, s:f, s:f, s:f}", "median_s", r->median,
                             "fastest_s", r->fastest, "runs", (json_int_t)s->runs, "threads",
                             gb_context_threads(o->context), "batch", (json_int_t)set->batch, "isa",
                             gb_context_isa(o->context), "peak_rss_bytes", (json_int_t)r->peak_rss, "macs",
                             (json_int_t)r->macs, "gflops", r->gflops, "peak_gflops", r->peak_gflops, "peak_share",
                             r->peak_share);
    json_t *nodes = set->layers ? json_array() : NULL;
    for (size_t i = 0; nodes && i < s->steps; i++) {
        gb_step_info step;
        gb_node_info first, last;
        const char *binds;
        double limit;
        gb_session_step(session, (int)i, &step);
        limit = min_seconds(&step, r, &binds);
        gb_model_node(o->model, step.first, &first);
        json_array_append_new(nodes, json_pack("{s:o, s:o, s:s, s:i, s:s, s:f, s:I, s:I, s:s, s:f}", "name",
                                               json_text(step_name(o->model, &step, &last)), "first", json_text(first.name), "op", step.op,
                                               "nodes", step.nodes, "kernel", step.kernel ? step.kernel : "", "seconds",
                                               r->steps[i], "macs", (json_int_t)step.macs, "bytes",
                                               (json_int_t)step.bytes, "limit", binds, "limit_share",
                                               r->steps[i] > 0 ? limit / r->steps[i] : 0));
        if (r->products[i] > 0)
            json_object_set_new(json_array_get(nodes, i), "cublas_seconds", json_real(r->products[i]));
    }
    if (root && on_gpu(o)) {
        json_object_set_new(root, "device", json_string(gb_context_device(o->context)));
        json_object_set_new(root, "precision", json_string(gb_context_precision(o->context)));
    }
    if (nodes) {
        json_object_set_new(root, "memory_gbs", json_real(r->memory_gbs));
        json_object_set_new(root, "nodes", nodes);
    }
    return write_json(root, 9, err);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.batch = 1, .runs = 5, .seconds = 2};
    int height = 0, width = 0;
    gb_session *session = NULL;
    gb_session_options how = {.purpose = GB_ONCE};
    float *images = NULL;
    series s = {0};
    result r = {0};
    bending b = {0};
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&bench_command, argc, argv, operands, &set, &status)) return status;
    if (set.picture_size && !parse_size(set.picture_size, &height, &width))
        return wrong_usage(&bench_command, "--size takes a number of pixels, 256, or height and width, 224x320");
    how.batch = (int)set.batch;
    how.time_steps = set.layers;
    if (set.gradients) how.purpose = GB_GRADIENT;
    if (!open_bending(&set.bending, NULL, &b, &err) && !open_model(operands[0], &set.on, &o, &err) &&
        !set_picture_size(&o, height, width, &err) && !allocate_images(&set, &o, &images, &err) &&
        !gb_session_new(o.model, &how, &session, &err) &&
        !apply_bending(&b, session, &err) && !(set.gradients && want_gradients(&o, session, &err)) &&
        !time_renders(&set, &o, session, images, &s, &err) &&
        !evaluate(&set, &o, session, &s, &r, &err)) {
        if (set.json && r.no_products.status) fprintf(stderr, "ganbend bench: NO CUBLAS: %s\n", r.no_products.message);
        if (set.json) report_json(&set, &o, session, &s, &r, &err);
        else print_table(&set, &o, session, &s, &r);
    }
    free(r.steps);
    free(r.products);
    free(s.seconds);
    gb_buffer_free(o.context, images);
    gb_session_free(session);
    free_bending(&b);
    close_model(&o);
    return err.status ? failed(&bench_command, &err) : EXIT_DONE;
}

const command bench_command = {
    .name = "bench",
    .summary = "measure time, memory and share of the processor's peak",
    .operands = "MODEL",
    .usage = "[options]",
    .about = "Renders repeatedly and prints the median and fastest time, the memory used, the multiply-adds, and their rate "
             "as a share of the peak measured on this machine.",
    .example = "ganbend bench big.gbw --layers\nganbend bench resnet50.gbw --size 256",
    .options = options,
    .shared = {{bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
