/* Writing the files of a projection. */
#include "projection_output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/picture_recipe.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/text.h"
#include "tools/sheets/sheet.h"

enum { SHEET_STAGES = 8, CLASS_TEXT = 8192 };

static gb_status path_of(const projection_output *out, const char *name, char path[PATH_ROOM], gb_error *err) {
    return snprintf(path, PATH_ROOM, "%s/%s", out->folder, name) < PATH_ROOM
               ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", out->folder);
}

gb_status state_path(const projection_output *out, char path[PATH_ROOM], gb_error *err) {
    return path_of(out, "state.npz", path, err);
}

/* ------------------------------------------------------------------------------------------------ pictures */

/* A picture of the network as 8-bit RGB of the output's size, enlarged by nearest neighbour. */
static void to_rgb(const gb_projection_state *s, int width, int height, uint8_t *rgb) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++, rgb++) {
                int channel = s->channels < 3 ? 0 : c;
                size_t row = (size_t)(y * s->height / height), column = (size_t)(x * s->width / width);
                float v = s->picture[((size_t)channel * (size_t)s->height + row) * (size_t)s->width + column];
                *rgb = (uint8_t)fminf(fmaxf(127.5f * v + 128, 0), 255);
            }
}

static bool is_shown(size_t step) {
    while (step >= 10 && step % 10 == 0) step /= 10;
    return step == 1 || step == 2 || step == 5;
}

static void name_stage(size_t step, char name[RESULT_NAME_ROOM]) {
    snprintf(name, RESULT_NAME_ROOM, "stages/step%04zu.png", step);
}

gb_status write_stage(const projection_output *out, const gb_projection_state *s, gb_error *err) {
    char path[PATH_ROOM], name[RESULT_NAME_ROOM];
    int width = (int)out->o->width, height = (int)out->o->height;
    uint8_t *rgb;
    if (!is_shown(s->step)) return GB_OK;
    name_stage(s->step, name);
    if (!(rgb = malloc((size_t)width * (size_t)height * 3))) return state(err, GB_NO_MEMORY, "out of memory");
    to_rgb(s, width, height, rgb);
    if (!path_of(out, name, path, err)) gb_png_write(path, width, height, rgb, NULL, 0, err);
    free(rgb);
    return err->status;
}

static gb_status write_target(const projection_output *out, gb_error *err) {
    char path[PATH_ROOM];
    size_t pixels = (size_t)out->target_width * (size_t)out->target_height;
    uint8_t *rgb = malloc(pixels * 3);
    if (!rgb) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < pixels; i++) memcpy(rgb + 3 * i, out->target + 4 * i, 3);
    if (!path_of(out, "target.png", path, err))
        gb_png_write(path, out->target_width, out->target_height, rgb, NULL, 0, err);
    free(rgb);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ stages.png */

typedef struct shown {
    const projection_output *out;
    contact *sheet;
    int column;
    uint8_t *rgb;
} shown;

static void show_png(void *arg, int width, int height, const uint8_t *rgba) {
    shown *s = arg;
    int w = (int)s->out->o->width, h = (int)s->out->o->height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            memcpy(s->rgb + 3 * ((size_t)y * (size_t)w + (size_t)x),
                   rgba + 4 * ((size_t)(y * height / h) * (size_t)width + (size_t)(x * width / w)), 3);
    contact_picture(s->sheet, s->column, 0, s->rgb, NULL, NULL);
}

static gb_status show(shown *s, const char *name, const char *title, gb_error *err) {
    char path[PATH_ROOM];
    contact_column_title(s->sheet, s->column, title);
    if (!path_of(s->out, name, path, err)) gb_png_pixels(path, show_png, s, err);
    s->column++;
    return err->status;
}

/* The steps whose pictures are there, in order: at most SHEET_STAGES, the first ones left out. */
static int find_stages(const projection_output *out, size_t steps[SHEET_STAGES]) {
    char path[PATH_ROOM], name[RESULT_NAME_ROOM];
    gb_projection_state s;
    gb_error ignored = {0};
    int count = 0;
    gb_projection_state_of(out->projection, &s);
    for (size_t step = s.step; step > 0 && count < SHEET_STAGES; step--) {
        if (!is_shown(step)) continue;
        name_stage(step, name);
        if (!path_of(out, name, path, &ignored) && host_readable(path)) steps[count++] = step;
    }
    for (int i = 0; i < count / 2; i++) {
        size_t swapped = steps[i];
        steps[i] = steps[count - 1 - i];
        steps[count - 1 - i] = swapped;
    }
    return count;
}

static gb_status write_sheet(const projection_output *out, const picture_texts *texts, gb_error *err) {
    size_t steps[SHEET_STAGES];
    if (!canvas_exists()) return GB_OK;
    int count = find_stages(out, steps);
    contact sheet = {0};
    const contact_options how = {.columns = count + 2, .rows = 1, .width = (int)out->o->width, .height = (int)out->o->height,
                                 .column_titles = true, .widest = "step 1000"};
    shown s = {.out = out, .sheet = &sheet, .rgb = malloc((size_t)(out->o->width * out->o->height) * 3)};
    char path[PATH_ROOM], name[RESULT_NAME_ROOM], title[32];
    if (!s.rgb) return state(err, GB_NO_MEMORY, "out of memory");
    if (!contact_new(&sheet, &how, err)) show(&s, "target.png", "photo", err);
    for (int i = 0; i < count && !err->status; i++) {
        name_stage(steps[i], name);
        snprintf(title, sizeof title, "step %zu", steps[i]);
        show(&s, name, title, err);
    }
    if (!err->status && !show(&s, "proj.png", "result", err) && !path_of(out, "stages.png", path, err))
        contact_write(&sheet, path, texts->texts, texts->count, err);
    contact_free(&sheet);
    free(s.rgb);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ what was found */

/* rosinality's result is shown with its noise maps, so that they are in the file; NVIDIA's with the network's own. */
static gb_status add_noise(const projection_output *out, gb_npz *npz, gb_error *err) {
    gb_node input;
    const float *map;
    for (size_t i = 0; out->schedule == GB_PROJECT_ROSINALITY && gb_projection_noise(out->projection, i, &input, &map) &&
                       !err->status; i++) {
        gb_node_info info;
        char name[32];
        gb_model_node(out->o->model, input, &info);
        snprintf(name, sizeof name, "noises.%zu", i);
        gb_npz_add(npz, name, 4, (const int64_t[]){1, 1, info.shape[1], info.shape[2]}, map, err);
    }
    return err->status;
}

/* NVIDIA's key `w` [1, num_ws, w_dim]: one w for all layers is repeated. */
static gb_status write_latents(const projection_output *out, const char *path, gb_error *err) {
    gb_projection_state s;
    bool z = out->space == GB_PROJECT_Z;
    gb_projection_state_of(out->projection, &s);
    gb_node ws = gb_model_find_role(out->o->model, GB_ROLE_WS, 0);
    gb_node_info info = {0};
    if (!z) gb_model_node(out->o->model, ws, &info);
    size_t width = (size_t)s.latent_dim, rows = z ? 1 : (size_t)info.shape[0];
    float *values = malloc(rows * width * sizeof *values);
    gb_npz *npz = NULL;
    if (!values) return state(err, GB_NO_MEMORY, "out of memory");
    gb_projection_latents(out->projection, values);
    for (size_t row = 1; row < rows && s.rows == 1; row++) memcpy(values + row * width, values, width * sizeof *values);
    if (!gb_npz_new(path, &npz, err)) {
        const int64_t shape[3] = {1, (int64_t)rows, (int64_t)width};
        if (z ? !gb_npz_add(npz, "z", 2, (const int64_t[]){1, (int64_t)width}, values, err)
              : !gb_npz_add(npz, "w", 3, shape, values, err))
            add_noise(out, npz, err);
        if (!err->status) gb_npz_finish(npz, err);
    }
    gb_npz_free(npz);
    free(values);
    return err->status;
}

/* The mixture of classes as --class takes it, without shares below a thousandth; "" without classes. */
static gb_status write_classes(const projection_output *out, char text[CLASS_TEXT], gb_error *err) {
    size_t classes = gb_model_class_count(out->o->model);
    float *label = malloc((classes + 1) * sizeof *label), least = 1e-3f;
    *text = '\0';
    if (!label) return state(err, GB_NO_MEMORY, "out of memory");
    if (classes && out->space == GB_PROJECT_Z && !gb_projection_label(out->projection, label, err))
        for (size_t i = 0; i < classes; i++)
            if (label[i] >= least) {
                append(text, CLASS_TEXT, "%s%zu:", *text ? "," : "", i);
                append_float(text, CLASS_TEXT, label[i]);
            }
    free(label);
    return err->status;
}

/* Renders the result as `ganbend render --w FILE` does, so that the picture, its texts and the recipe are those of that
 * command. */
static gb_status render_result(const projection_output *out, const char *found, const char *classes, uint8_t *rgb,
                               char settings[SETTINGS_ROOM], char **numbers, gb_error *err) {
    bool z = out->space == GB_PROJECT_Z;
    input_options how = input_defaults();
    inputs in = {0};
    gb_session *session = NULL;
    if (z) how.z = found;
    else how.w = found;
    if (z && *classes) how.classes = classes;
    if (!check_inputs(&how, &in, err) && !load_inputs(&how, out->o->model, &in, err) &&
        !gb_session_new(out->o->model, NULL, &session, err) && !prepare_inputs(&in, session, out->o->model, err) &&
        !apply_inputs(&in, 0, session, err) && !gb_session_render_rgb(session, rgb, err)) {
        describe_inputs(&in, 0, settings);
        *numbers = latent_numbers(&in, 0);
    }
    gb_session_free(session);
    free_inputs(&in);
    return err->status;
}

static gb_status write_recipe(const projection_output *out, const char *picture, gb_error *err) {
    char path[PATH_ROOM], *text = NULL;
    text_buffer whole = {0};
    if (!remake_recipe(picture, &text, err) && !path_of(out, "recipe.yaml", path, err)) {
        put_text(&whole, "# Recipe of a projection\n");
        put_text(&whole, text);
        if (whole.failed) state(err, GB_NO_MEMORY, "out of memory");
        else gb_file_write(path, GB_OUTPUT_RECIPE, &(gb_reader){.bytes = whole.text, .count = whole.used}, err);
    }
    free(whole.text);
    free(text);
    return err->status;
}

/* Where the target is smaller than the picture, each of its pixels is compared with the first that it covers. */
static double difference_of(const projection_output *out, const uint8_t *rgb) {
    double sum = 0;
    for (int y = 0; y < out->target_height; y++)
        for (int x = 0; x < out->target_width; x++)
            for (int c = 0; c < 3; c++) {
                size_t row = (size_t)(y * (int)out->o->height / out->target_height);
                size_t column = (size_t)(x * (int)out->o->width / out->target_width);
                int a = rgb[3 * (row * (size_t)out->o->width + column) + (size_t)c];
                sum += abs(a - out->target[4 * ((size_t)y * (size_t)out->target_width + (size_t)x) + (size_t)c]);
            }
    return sum / 255 / ((double)out->target_width * out->target_height * 3);
}

static gb_status write_picture(const projection_output *out, const char *found, double *difference, gb_error *err) {
    char *numbers = NULL, *settings = malloc(SETTINGS_ROOM), *classes = malloc(CLASS_TEXT), path[PATH_ROOM];
    uint8_t *rgb = malloc((size_t)(out->o->width * out->o->height) * 3);
    picture_texts t;
    if (!settings || !classes || !rgb) {
        state(err, GB_NO_MEMORY, "out of memory");
    } else if (!write_classes(out, classes, err) && !render_result(out, found, classes, rgb, settings, &numbers, err) &&
               !path_of(out, "proj.png", path, err)) {
        fill_picture_texts(&t, out->o, settings, numbers, NULL);
        if (!gb_png_write(path, (int)out->o->width, (int)out->o->height, rgb, t.texts, t.count, err) &&
            !write_recipe(out, path, err))
            write_sheet(out, &t, err);
        *difference = difference_of(out, rgb);
    }
    free(numbers);
    free(settings);
    free(classes);
    free(rgb);
    return err->status;
}

gb_status write_results(const projection_output *out, const char *as, double *difference, gb_error *err) {
    char found[PATH_ROOM], torch[PATH_ROOM];
    const char *slash = strrchr(out->photo, '/');
    *difference = 0;
    if (path_of(out, out->space == GB_PROJECT_Z ? "projected_z.npz" : "projected_w.npz", found, err) ||
        write_latents(out, found, err) || write_target(out, err) || write_picture(out, found, difference, err))
        return err->status;
    if (as && !path_of(out, "projected.pt", torch, err))
        gb_projection_export(out->projection, torch,
                             !strcmp(as, "rosinality") ? GB_PROJECTION_ROSINALITY : GB_PROJECTION_NETWORK_BENDING,
                             slash ? slash + 1 : out->photo, err);
    return err->status;
}

bool result_file_at(const projection_output *out, const char *as, size_t index, char name[RESULT_NAME_ROOM]) {
    const char *const files[] = {out->space == GB_PROJECT_Z ? "projected_z.npz" : "projected_w.npz", "proj.png", "recipe.yaml",
                                 "target.png", canvas_exists() ? "stages.png" : NULL, as ? "projected.pt" : NULL};
    gb_projection_state s;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!files[i] || index-- > 0) continue;
        strcpy(name, files[i]);
        return true;
    }
    gb_projection_state_of(out->projection, &s);
    for (size_t step = 1; step <= s.step; step++) {
        if (!is_shown(step) || index-- > 0) continue;
        name_stage(step, name);
        return true;
    }
    return false;
}
