/* Projection: the latent whose picture is nearest to a photo, found in the background. The page sends the photo as pixels, which
 * its browser has decoded, so nothing of a stranger's file is decoded here. */
#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_analysis.h"
#include "base64.h"
#include "handlers.h"
#include "tools/program/arguments.h"
#include "tools/program/host.h"

enum { SKETCH_QUALITY = 85, MOST_CLASSES = 256 };

static const double between_sketches = 0.1, least_share = 1e-4;       /* seconds; of a class */

typedef struct projecting {
    gb_model *model;
    gb_projection_options how;
    float *target;              /* [3, height, width] */
    analysis *a;
    encoder encoder;
    int64_t id;
    double last;                /* when the last sketch was made */
} projecting;

static void free_projecting(void *of) {
    projecting *k = of;
    encoder_free(&k->encoder);
    free(k->target);
    free(k);
}

/* ------------------------------------------------------------------------------------------------ sketches */

/* clamp(127.5 x + 128), as for pictures; NaN becomes 0. */
static uint8_t level(float x) {
    float v = x * 127.5f + 128;
    return v >= 255 ? 255 : v > 0 ? (uint8_t)v : 0;
}

/* The picture so far. If there is no memory for it, there is none. */
static void send_sketch(projecting *k, const gb_projection_state *state) {
    size_t plane = (size_t)state->height * (size_t)state->width, channels = (size_t)state->channels;
    uint8_t *pixels = malloc(plane * channels), *rgb = malloc(plane * 3);
    gb_error err = {0};
    outgoing p = {0};
    for (size_t i = 0; pixels && i < plane; i++)
        for (size_t c = 0; c < channels; c++) pixels[channels * i + c] = level(state->picture[c * plane + i]);
    if (pixels && rgb) {
        gb_pixels_to_rgb(pixels, state->channels, state->height, state->width, rgb);
        json_t *header = json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:o, s:i, s:i}", "kind", "sketch", "format", encoder_format, "request",
                                   (json_int_t)k->id, "share", number_json(state->share), "step", (json_int_t)state->step, "steps",
                                   (json_int_t)state->steps, "loss", number_json(state->loss), "width", state->width, "height",
                                   state->height);
        if (encode_picture(&k->encoder, rgb, state->width, state->height, false, SKETCH_QUALITY, &err)) json_decref(header);
        else if (!pack_binary(header, k->encoder.bytes, k->encoder.size, &p, &err)) analysis_show(k->a, p);
    }
    free(pixels);
    free(rgb);
}

static bool go_on(void *arg, const gb_projection_state *state) {
    projecting *k = arg;
    double now = host_seconds();
    if (state->picture && now - k->last >= between_sketches && analysis_wants_picture(k->a)) {
        send_sketch(k, state);
        k->last = now;
    }
    return analysis_goes_on(k->a, state->share);
}

/* ------------------------------------------------------------------------------------------------ the result */

static json_t *latents_json(const gb_projection *projection, const gb_projection_state *state) {
    size_t width = (size_t)state->latent_dim;
    float *values = malloc((size_t)state->rows * width * sizeof *values);
    json_t *rows = json_array();
    if (!values) {
        json_decref(rows);
        return NULL;
    }
    gb_projection_latents(projection, values);
    for (size_t r = 0; r < (size_t)state->rows; r++) {
        json_t *row = json_array();
        for (size_t i = 0; i < width; i++) add_json(&row, float_json(values[r * width + i]));
        add_json(&rows, row);
    }
    free(values);
    return rows;
}

typedef struct class_share {
    size_t index;
    float share;
} class_share;

static int by_share(const void *a, const void *b) {
    const class_share *x = a, *y = b;
    return (x->share < y->share) - (x->share > y->share);
}

/* [[class, share], …], the largest first; null if the latents need no class. */
static json_t *classes_json(const gb_projection *projection, const projecting *k) {
    size_t count = k->how.space == GB_PROJECT_Z ? gb_model_class_count(k->model) : 0;
    float *label = malloc(count * sizeof *label + 1);
    class_share *shares = malloc(count * sizeof *shares + 1);
    json_t *list = label && shares ? count ? json_array() : json_null() : NULL;
    gb_error err = {0};
    if (list && count && gb_projection_label(projection, label, &err)) {
        json_decref(list);
        list = json_null();
        count = 0;
    }
    for (size_t i = 0; list && i < count; i++) shares[i] = (class_share){i, label[i]};
    if (list && count) qsort(shares, count, sizeof *shares, by_share);
    for (size_t i = 0; list && i < count && i < MOST_CLASSES && (double)shares[i].share >= least_share; i++)
        add_json(&list, json_pack("[I, o]", (json_int_t)shares[i].index, float_json(shares[i].share)));
    free(label);
    free(shares);
    return list;
}

static gb_status project(void *of, analysis *a, json_t **fields, gb_error *err) {
    static const char *const spaces[] = {[GB_PROJECT_W] = "w", [GB_PROJECT_W_PLUS] = "w+", [GB_PROJECT_Z] = "z"};
    projecting *k = of;
    gb_projection *projection = NULL;
    gb_projection_state state = {0};
    k->a = a;
    k->how.progress = go_on;
    k->how.progress_arg = k;
    if (gb_projection_new(k->model, &k->how, &projection, err)) return err->status;
    gb_projection_run(projection, err);
    gb_projection_state_of(projection, &state);
    if (err->status == GB_CANCELLED && analysis_keeps(a) && state.step) *err = (gb_error){0};
    if (!err->status)
        *fields = json_pack("{s:s, s:o, s:o, s:I, s:o}", "space", spaces[k->how.space], "latents",
                            latents_json(projection, &state), "classes", classes_json(projection, k), "step",
                            (json_int_t)state.step, "loss", number_json(state.loss));
    gb_projection_free(projection);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the request */

static gb_status read_photo(const message *m, projecting *k, gb_error *err) {
    size_t plane = (size_t)m->width * (size_t)m->height;
    uint8_t *rgb = malloc(plane * 3);
    k->target = malloc(plane * 3 * sizeof *k->target);
    if (!rgb || !k->target) {
        state(err, GB_NO_MEMORY, "out of memory for the photo");
    } else if (!base64_read(m->pixels, rgb, plane * 3)) {
        state(err, GB_BAD_ARGUMENT, "the photo's pixels are not the base64 of %zu bytes", plane * 3);
    } else {
        for (size_t i = 0; i < plane * 3; i++) k->target[i % 3 * plane + i / 3] = (float)rgb[i] / 127.5f - 1;
    }
    free(rgb);
    return err->status;
}

gb_status handle_project(live *s, const message *m, outgoing *p, gb_error *err) {
    projecting *k = calloc(1, sizeof *k);
    (void)p;            /* the answer comes from analysis_poll() */
    if (!k) return state(err, GB_NO_MEMORY, "out of memory");
    k->model = s->o.model;
    k->id = m->id;
    k->how = (gb_projection_options){
        .schedule = GB_PROJECT_FAST,
        .space = !strcmp(m->space, "z") ? GB_PROJECT_Z : !strcmp(m->space, "w") ? GB_PROJECT_W : GB_PROJECT_W_PLUS,
        .target_height = (int)m->height, .target_width = (int)m->width, .label = -1,
    };
    if (!read_photo(m, k, err)) {
        k->how.target = k->target;
        return analysis_start(&s->analysis, m->id, (analysis_task){.run = project, .free = free_projecting, .of = k}, err);
    }
    free_projecting(k);
    return err->status;
}
