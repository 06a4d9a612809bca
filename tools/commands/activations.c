/* ganbend activations: prints the table of activation functions and plots their curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/sheets/axes.h"
#include "tools/bending/table_rows.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"

typedef struct settings {
    const char *plot, *out, *original;
    double from, to;
    bool markdown, json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--plot", OPTION_TEXT, AT(plot), "ACTIVATION", "Plot the curve of this activation with the parameters that follow.",
     0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output of the plot: a .png, .jpg or .webp file, or -.", 0, 0},
    {"--original", OPTION_TEXT, AT(original), "ACTIVATION", "Activation that is drawn dashed for comparison, or none (default: "
     "lrelu, which StyleGAN2 has).", 0, 0},
    {"--from", OPTION_NUMBER, AT(from), "X", "Left end of the plot (default: -5).", 0, 0},
    {"--to", OPTION_NUMBER, AT(to), "X", "Right end of the plot (default: 5).", 0, 0},
    {"--markdown", OPTION_FLAG, AT(markdown), NULL, "Print sections of a Markdown document.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON array.", 0, 0},
    {0}
};

/* A curve: many points in each column of pixels, in ascending order. Equal distances could meet a wave always at the same
 * phase, so they are moved by a sequence that repeats nowhere. */
enum { COLUMNS = PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT + 1, IN_COLUMN = 32, POINTS = COLUMNS * IN_COLUMN };

typedef struct curve {
    const char *label;
    float x[POINTS], y[POINTS];
} curve;

static gb_status take_curve(const gb_table_row *row, const float *params, int count, const axes *a, curve *c, gb_error *err) {
    const double golden = 0.6180339887498949;
    for (int i = 0; i < POINTS; i++) {
        double moved = i && i < POINTS - 1 ? fmod(i * golden, 1) - 0.5 : 0;
        c->x[i] = (float)(a->x0 + (a->x1 - a->x0) * (i + moved) / (POINTS - 1));
    }
    return gb_activation_apply(row->name, params, count, POINTS, c->x, c->y, err);
}

/* True if the curve turns more than once in each of several columns next to each other, so that no wave can be seen. */
static bool is_too_fine(const curve *c) {
    enum { TOGETHER = 8 };
    for (int column = 0; column + TOGETHER <= COLUMNS; column++) {
        const float *y = c->y + (size_t)column * IN_COLUMN;
        int turns = 0, last = 0;
        for (int i = 1; i < TOGETHER * IN_COLUMN; i++) {
            int way = (y[i] > y[i - 1]) - (y[i] < y[i - 1]);
            turns += way && last && way != last;
            if (way) last = way;
        }
        if (turns > TOGETHER) return true;
    }
    return false;
}

/* Makes room for the curve's finite values; false if there are none. */
static bool fit_curve(const curve *c, axes *a) {
    for (int i = 0; i < POINTS; i++) {
        if (!isfinite(c->y[i])) continue;
        a->y0 = fmin(a->y0, (double)c->y[i]);
        a->y1 = fmax(a->y1, (double)c->y[i]);
    }
    return a->y0 <= a->y1;
}

/* Values that are not finite leave gaps. */
static void draw_curve(canvas *to, const curve *c, const axes *a, bool original, double *points) {
    size_t run = 0;
    for (int i = 0; i <= POINTS; i++) {
        if (i < POINTS && isfinite(c->y[i])) {
            points[2 * run] = to_pixel_x(a, (double)c->x[i]);
            points[2 * run + 1] = to_pixel_y(a, (double)c->y[i]);
            run++;
            continue;
        }
        if (run > 1 && original) canvas_dashed_line(to, points, run, 1.5, INK_NOTE);
        if (run > 1 && !original) canvas_line(to, points, run, 2, INK_CURVE);
        run = 0;
    }
}

/* The name of the dashed curve, with a piece of it. */
static void draw_legend(canvas *to, const char *original) {
    const double line[] = {PLOT_LEFT + 12, PLOT_TOP + 16, PLOT_LEFT + 44, PLOT_TOP + 16};
    canvas_dashed_line(to, line, 2, 1.5, INK_NOTE);
    canvas_text(to, PLOT_LEFT + 50, PLOT_TOP + 20, 12, ALIGN_LEFT, INK_NOTE, original);
}

typedef struct curves {
    curve curve, original;
    double points[2 * POINTS];
} curves;

static gb_status draw_plot(const settings *set, const char *title, const curves *all, double *points, axes *a, gb_error *err) {
    const gb_text texts[] = {{"Title", title}};
    canvas *c = NULL;
    output_file out = {0};
    bool has_original = all->original.label != NULL;
    *a = (axes){a->x0, a->x1, INFINITY, -INFINITY};
    if (!fit_curve(&all->curve, a)) return state(err, GB_BAD_ARGUMENT, "no value of this curve is finite");
    if (has_original) fit_curve(&all->original, a);
    if (a->y1 - a->y0 < 1e-6) a->y0 -= 1, a->y1 += 1;
    a->y0 -= 0.05 * (a->y1 - a->y0);
    a->y1 += 0.05 * (a->y1 - a->y0);
    if (canvas_new(PLOT_WIDTH, PLOT_HEIGHT, &c, err)) return err->status;
    canvas_text(c, PLOT_WIDTH / 2.0, 24, 16, ALIGN_CENTRE, INK_TEXT, title);
    draw_axes(c, a);
    if (has_original) draw_curve(c, &all->original, a, true, points);
    draw_curve(c, &all->curve, a, false, points);
    if (has_original) draw_legend(c, all->original.label);
    if (!output_begin(&out, set->out, err) && !canvas_write(c, out.path, texts, 1, err)) output_finish(&out, err);
    output_drop(&out);
    canvas_free(c);
    return err->status;
}

static gb_status plot(const settings *set, const char *const *words, gb_error *err) {
    gb_table_row row, original;
    float params[ROW_PARAMS], defaults[ROW_PARAMS];
    int next = 0, count = 0;
    char title[200];
    axes a = {set->from, set->to, 0, 0};
    const char *name = set->original ? set->original : "lrelu";
    curves *all;
    if (!(set->to > set->from)) return state(err, GB_BAD_ARGUMENT, "--to must be greater than --from");
    if (find_row(&activation_rows, set->plot, &row, err)) return err->status;
    if (strcmp(name, "none") != 0 && find_row(&activation_rows, name, &original, err)) return err->status;
    for (int i = 0; i < row.max_params; i++) params[i] = row.param[i].default_value;
    for (int i = 0; i < OPERANDS && words[i]; i++)
        if (read_param(&row, words[i], params, &next, &count, err)) return err->status;
    label_row(&row, params, count > row.param_count ? count : row.param_count, title, sizeof title);
    all = calloc(1, sizeof *all);
    if (!all) return state(err, GB_NO_MEMORY, "out of memory");
    if (strcmp(name, "none") != 0) {
        for (int i = 0; i < original.max_params; i++) defaults[i] = original.param[i].default_value;
        all->original.label = name;
        take_curve(&original, defaults, 0, &a, &all->original, err);
    }
    if (!err->status && !take_curve(&row, params, count, &a, &all->curve, err) &&
        !draw_plot(set, title, all, all->points, &a, err)) {
        report("%s: %s", set->out, title);
        if (is_too_fine(&all->curve))
            fprintf(stderr, "ganbend activations: %s: the curve turns more often than its %d pixels can show; give a shorter "
                    "range with --from and --to\n", set->out, (int)COLUMNS);
    }
    free(all);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.from = -5, .to = 5};
    gb_table_row row;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&activations_command, argc, argv, operands, &set, &status)) return status;
    if (set.plot && !set.out) return wrong_usage(&activations_command, "-o is missing: --plot NAME … -o FILE.png");
    if (!set.plot && operands[1])
        return wrong_usage(&activations_command, "unexpected argument '%s'; parameters need --plot", operands[1]);
    if (!set.plot && operands[0] && find_row(&activation_rows, operands[0], &row, &err))
        return failed(&activations_command, &err);
    if (set.plot) plot(&set, operands, &err);
    else if (set.json) print_rows_json(&activation_rows, operands[0], &err);
    else if (set.markdown) print_rows_markdown(&activation_rows, operands[0]);
    else if (operands[0]) print_row(&row);
    else print_rows(&activation_rows);
    return err.status ? failed(&activations_command, &err) : EXIT_DONE;
}

const command activations_command = {
    .name = "activations",
    .summary = "list the activation functions, plot one",
    .operands = "[ACTIVATION] [a=1 …]",
    .usage = "[options]",
    .about = "Lists the activation functions that can replace a layer's own, or shows one with its parameters; --plot draws "
             "its curve.",
    .example = "ganbend activations --plot sinlu a=1 b=3 -o curve.png",
    .writes = WRITES_PICTURE | WRITES_STREAM,
    .options = options,
    .run = run,
};
