/* ganbend activations: prints the table of activation functions and plots their curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "tools/sheets/drawing.h"
#include "tools/bending/table_rows.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"

typedef struct settings {
    const char *plot, *out;
    double from, to;
    bool markdown, json;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--plot", OPTION_TEXT, AT(plot), "ACTIVATION", "Plot the curve of this activation with the parameters that follow.",
     0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output of the plot: a .png, .jpg or .webp file, or -.", 0, 0},
    {"--from", OPTION_NUMBER, AT(from), "X", "Left end of the plot (default: -5).", 0, 0},
    {"--to", OPTION_NUMBER, AT(to), "X", "Right end of the plot (default: 5).", 0, 0},
    {"--markdown", OPTION_FLAG, AT(markdown), NULL, "Print sections of a Markdown document.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON array.", 0, 0},
    {0}
};

enum { WIDTH = 640, HEIGHT = 480, LEFT = 64, RIGHT = 20, TOP = 40, BOTTOM = 40 };

/* The distance between grid lines, 1, 2 or 5 times a power of ten, for about six lines. */
static double tick_step(double range) {
    double raw = range / 6, power = pow(10, floor(log10(raw)));
    return raw <= power ? power : raw <= 2 * power ? 2 * power : raw <= 5 * power ? 5 * power : 10 * power;
}

typedef struct axes { double x0, x1, y0, y1; } axes;

static double to_pixel_x(const axes *a, double x) {
    return LEFT + (x - a->x0) / (a->x1 - a->x0) * (WIDTH - LEFT - RIGHT);
}

static double to_pixel_y(const axes *a, double y) {
    return HEIGHT - BOTTOM - (y - a->y0) / (a->y1 - a->y0) * (HEIGHT - TOP - BOTTOM);
}

static void draw_line_at(canvas *c, double x0, double y0, double x1, double y1, bool axis) {
    const double line[] = {x0, y0, x1, y1};
    canvas_line(c, line, 2, 1, axis ? INK_TEXT : INK_FAINT);
}

static void draw_axes(canvas *c, const axes *a) {
    double step = tick_step(a->x1 - a->x0);
    char text[32];
    for (double x = ceil(a->x0 / step) * step; x <= a->x1 + step * 1e-6; x += step) {
        draw_line_at(c, to_pixel_x(a, x), TOP, to_pixel_x(a, x), HEIGHT - BOTTOM, fabs(x) < step * 1e-6);
        snprintf(text, sizeof text, "%g", fabs(x) < step * 1e-6 ? 0 : x);
        canvas_text(c, to_pixel_x(a, x), HEIGHT - BOTTOM + 18, 12, ALIGN_CENTRE, text);
    }
    step = tick_step(a->y1 - a->y0);
    for (double y = ceil(a->y0 / step) * step; y <= a->y1 + step * 1e-6; y += step) {
        draw_line_at(c, LEFT, to_pixel_y(a, y), WIDTH - RIGHT, to_pixel_y(a, y), fabs(y) < step * 1e-6);
        snprintf(text, sizeof text, "%g", fabs(y) < step * 1e-6 ? 0 : y);
        canvas_text(c, LEFT - 6, to_pixel_y(a, y) + 4, 12, ALIGN_RIGHT, text);
    }
}

/* Draws one point per column of pixels; values that are not finite leave gaps. */
static gb_status draw_curve(canvas *c, const float *x, const float *y, axes *a, gb_error *err) {
    enum { POINTS = WIDTH - LEFT - RIGHT + 1 };
    double points[2 * POINTS];
    size_t run = 0;
    a->y0 = INFINITY;
    a->y1 = -INFINITY;
    for (int i = 0; i < POINTS; i++) {
        if (!isfinite(y[i])) continue;
        a->y0 = fmin(a->y0, (double)y[i]);
        a->y1 = fmax(a->y1, (double)y[i]);
    }
    if (!(a->y0 <= a->y1)) return state(err, GB_BAD_ARGUMENT, "no value of this curve is finite");
    if (a->y1 - a->y0 < 1e-6) a->y0 -= 1, a->y1 += 1;
    a->y0 -= 0.05 * (a->y1 - a->y0);
    a->y1 += 0.05 * (a->y1 - a->y0);
    draw_axes(c, a);
    for (int i = 0; i <= POINTS; i++) {
        if (i < POINTS && isfinite(y[i])) {
            points[2 * run] = to_pixel_x(a, (double)x[i]);
            points[2 * run + 1] = to_pixel_y(a, (double)y[i]);
            run++;
        } else {
            if (run > 1) canvas_line(c, points, run, 2, INK_CURVE);
            run = 0;
        }
    }
    return GB_OK;
}

static gb_status plot(const settings *set, const char *const *words, gb_error *err) {
    enum { POINTS = WIDTH - LEFT - RIGHT + 1 };
    gb_table_row row;
    float params[ROW_PARAMS], x[POINTS], y[POINTS];
    int next = 0, count = 0;
    char title[200];
    axes a = {set->from, set->to, 0, 0};
    canvas *c = NULL;
    if (!(set->to > set->from)) return state(err, GB_BAD_ARGUMENT, "--to must be greater than --from");
    if (find_row(&activation_rows, set->plot, &row, err)) return err->status;
    for (int i = 0; i < row.max_params; i++) params[i] = row.param[i].default_value;
    for (int i = 0; i < OPERANDS && words[i]; i++)
        if (read_param(&row, words[i], params, &next, &count, err)) return err->status;
    for (int i = 0; i < POINTS; i++) x[i] = (float)(a.x0 + (a.x1 - a.x0) * i / (POINTS - 1));
    if (gb_activation_apply(row.name, params, count, POINTS, x, y, err) || canvas_new(WIDTH, HEIGHT, &c, err))
        return err->status;
    label_row(&row, params, count > row.param_count ? count : row.param_count, title, sizeof title);
    canvas_text(c, WIDTH / 2.0, 24, 16, ALIGN_CENTRE, title);
    if (!draw_curve(c, x, y, &a, err)) {
        const gb_text texts[] = {{"Title", title}};
        output_file out;
        if (!output_begin(&out, set->out, err) && !canvas_write(c, out.path, texts, 1, err)) output_finish(&out, err);
        output_drop(&out);
        if (!err->status) report("%s: %s", set->out, title);
    }
    canvas_free(c);
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
