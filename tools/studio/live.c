/* The session and recipe of a client. */
#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/arguments.h"

/* A preview is shown if the rest of the network takes longer than `slow` seconds: the largest one that takes less than
 * `quick`. It is computed in bfloat16 if that reaches a larger one. The full picture then takes longer, because it cannot continue
 * from the preview. The time of nodes that have not run yet is estimated from their multiply-adds, per core and second. */
static const double slow = 0.080, quick = 0.070, likely_rate = 40e9;

enum { MIN_PREVIEW = 32 };

/* ------------------------------------------------------------------------------------------------ models */

/* Finds the running pictures that can be previews, and estimates the time of every node. */
static void find_previews(live *s) {
    s->preview_count = 0;
    for (size_t i = 0; i < gb_model_node_count(s->o.model); i++) {
        gb_node_info node;
        gb_model_node(s->o.model, (gb_node)i, &node);
        s->seconds[i] = (double)node.macs / (likely_rate * gb_context_threads(s->o.context));
    }
    gb_node image;
    for (int i = 0; (image = gb_model_find_role(s->o.model, GB_ROLE_IMAGE, i)) != GB_NO_NODE; i++) {
        gb_node_info node;
        gb_model_node(s->o.model, image, &node);
        if (s->preview_count == LIVE_PREVIEWS || node.ndim != 3 || node.shape[0] != s->o.channels ||
            node.shape[1] < MIN_PREVIEW || node.shape[1] >= s->o.height)
            continue;
        s->previews[s->preview_count].side = (int)node.shape[1];
        s->previews[s->preview_count].height = (int)node.shape[1];
        s->previews[s->preview_count].width = (int)node.shape[2];
        s->previews[s->preview_count++].node = image;
    }
}

static void drop_recipe(live *s) {
    free_inputs(&s->in);
    free_bending(&s->bent);
    s->in = (inputs){0};
}

static void free_session(live *s) {
    gb_session_free(s->session);
    drop_recipe(s);
    if (s->rgb != s->pixels) free(s->rgb);
    if (s->preview != s->preview_pixels) free(s->preview);
    gb_buffer_free(s->o.context, s->pixels);
    free(s->preview_pixels);
    free(s->planes);
    free(s->seconds);
    free(s->bf16_seconds);
    s->session = NULL;
    s->rgb = s->preview = s->pixels = s->preview_pixels = NULL;
    s->planes = NULL;
    s->seconds = s->bf16_seconds = NULL;
}

gb_status live_choose(live *s, size_t index, gb_error *err) {
    const shared_model *chosen = &s->shared->models[index];
    const gb_session_options how = {.purpose = GB_INTERACTIVE, .keep_bytes = s->shared->keep_bytes};
    live next = {.o = {.context = s->shared->context, .model = chosen->model}};
    int64_t shape[3];
    size_t pixels, largest = 0;
    void *buffer = NULL;
    gb_model_output_shape(chosen->model, shape);
    next.o.channels = shape[0];
    next.o.height = shape[1];
    next.o.width = shape[2];
    if (check_picture(&next.o, chosen->name, err)) return err->status;
    pixels = (size_t)(shape[1] * shape[2]);
    next.seconds = malloc(gb_model_node_count(chosen->model) * sizeof *next.seconds);
    next.bf16_seconds = calloc(gb_model_node_count(chosen->model), sizeof *next.bf16_seconds);
    next.bf16_untried = s->shared->bf16_previews && !strcmp(gb_context_precision(next.o.context), "fp32");
    if (next.seconds) find_previews(&next);
    for (int i = 0; i < next.preview_count; i++) {
        size_t plane = (size_t)next.previews[i].height * (size_t)next.previews[i].width;
        if (largest < plane) largest = plane;
    }
    gb_buffer_new(next.o.context, pixels * (size_t)shape[0], &buffer, err);
    next.pixels = buffer;
    next.rgb = shape[0] == 3 ? next.pixels : malloc(pixels * 3);
    next.planes = malloc(largest * (size_t)shape[0] * sizeof *next.planes + 1);
    if (next.bf16_untried) largest = pixels;
    next.preview_pixels = malloc(largest * (size_t)shape[0] + 1);
    next.preview = shape[0] == 3 ? next.preview_pixels : malloc(largest * 3 + 1);
    if (!next.pixels || !next.rgb || !next.planes || !next.preview_pixels || !next.preview || !next.seconds || !next.bf16_seconds)
        state(err, GB_NO_MEMORY, "out of memory for %s", chosen->name);
    if (err->status || gb_session_new(chosen->model, &how, &next.session, err)) {
        free_session(&next);
        return err->status;
    }
    free_session(s);
    s->at = index;
    s->o = next.o;
    s->session = next.session;
    s->pixels = next.pixels;
    s->rgb = next.rgb;
    s->planes = next.planes;
    s->preview_pixels = next.preview_pixels;
    s->preview = next.preview;
    s->seconds = next.seconds;
    s->bf16_seconds = next.bf16_seconds;
    s->bf16 = false;
    s->bf16_untried = next.bf16_untried;
    memcpy(s->previews, next.previews, sizeof s->previews);
    s->preview_count = next.preview_count;
    return GB_OK;
}

gb_status live_open(live *s, shared *of, client_slot *slot, const atomic_bool *closing, void (*wake)(void *arg), void *wake_arg,
                    gb_error *err) {
    size_t size = strlen(of->out) + sizeof "/recipe";
    *s = (live){.shared = of, .slot = slot, .closing = closing};
    analysis_init(&s->analysis, &of->clients, wake, wake_arg);
    s->recipe_name = malloc(size);
    if (!s->recipe_name) return state(err, GB_NO_MEMORY, "out of memory");
    snprintf(s->recipe_name, size, "%s/recipe", of->out);
    return live_choose(s, 0, err);
}

void live_close(live *s) {
    analysis_end(&s->analysis);
    film_free(&s->film);
    upload_end(&s->upload);
    free_session(s);
    encoder_free(&s->encoder);
    free(s->recipe_name);
}

/* A cancel that arrives at the very end of one render does not reach the next one, so each render checks this first. */
static gb_status goes_on(const live *s, gb_error *err) {
    return atomic_load(s->closing) ? state(err, GB_CANCELLED, "the page was closed") : GB_OK;
}

/* ------------------------------------------------------------------------------------------------ recipes */

/* Parses the text into what the command line makes of a recipe given to --bend, and reads its inputs. */
static gb_status read_recipe(const live *s, const char *text, bending *b, inputs *in, gb_error *err) {
    input_options options = input_defaults();
    size_t size = strlen(text);
    b->count = 1;
    b->texts[0] = malloc(size + 1);
    if (!b->texts[0]) return state(err, GB_NO_MEMORY, "out of memory");
    memcpy(b->texts[0], text, size + 1);
    if (gb_recipe_parse(text, size, s->recipe_name, &b->recipes[0], err)) return err->status;
    gb_recipe_confine(b->recipes[0]);
    take_recipe_inputs(b->recipes[0], &options);
    take_redraw(b->recipes[0], b);
    if (check_inputs(&options, in, err) || load_inputs(&options, s->o.model, in, err)) return err->status;
    if (in->count != 1)
        return state(err, GB_BAD_ARGUMENT, "the studio shows one picture, but these inputs make %zu; give one seed and one "
                     "class, or one mixture of classes", in->count);
    return GB_OK;
}

/* The same steps as `ganbend render`, for the same picture. */
static gb_status put_on(live *s, bending *b, inputs *in, gb_error *err) {
    if (gb_session_unbend(s->session, 0, err) || prepare_inputs(in, s->session, s->o.model, err) ||
        apply_bending(b, s->session, err))
        return err->status;
    return apply_inputs(in, 0, s->session, err);
}

gb_status live_set(live *s, const char *recipe, gb_error *err) {
    bending b = {0};
    inputs in = {0};
    if (s->bent.count && !strcmp(recipe, s->bent.texts[0])) return GB_OK;
    if (goes_on(s, err)) return err->status;
    if (!read_recipe(s, recipe, &b, &in, err) && !gb_session_begin(s->session, err)) {
        if (put_on(s, &b, &in, err)) gb_session_rollback(s->session);
        else gb_session_commit(s->session, err);
    }
    if (err->status) {
        free_inputs(&in);
        free_bending(&b);
        return err->status;
    }
    drop_recipe(s);
    s->bent = b;
    s->in = in;
    return GB_OK;
}

const char *live_error_text(const live *s, const gb_error *err, int *line, int *column) {
    const char *text = err->message;
    size_t length = strlen(s->recipe_name);
    int used = 0;
    *line = *column = 0;
    if (strncmp(text, s->recipe_name, length) || text[length] != ':') return text;
    text += length;
    if (sscanf(text, ":%9d:%9d: %n", line, column, &used) == 2 && used) return text + used;
    *line = *column = 0;
    return text[1] == ' ' ? text + 2 : text + 1;
}

/* ------------------------------------------------------------------------------------------------ rendering */

/* A step counts for the node whose boundary it writes. Several steps at one node are the node and its bends. */
static void note_times(const gb_session *session, double *seconds) {
    gb_render_stats stats;
    gb_step_info step;
    gb_session_stats(session, &stats);
    for (int i = 0; i < stats.steps; i++) {
        gb_session_step(session, i, &step);
        for (gb_node k = step.first; step.ran && k <= step.last; k++) seconds[k] = 0;
    }
    for (int i = 0; i < stats.steps; i++) {
        gb_session_step(session, i, &step);
        if (step.ran) seconds[step.last] += step.seconds;
    }
}

gb_status live_render(live *s, gb_error *err) {
    if (goes_on(s, err) || gb_session_render_pixels(s->session, s->pixels, err)) return err->status;
    if (s->rgb != s->pixels)
        gb_pixels_to_rgb(s->pixels, (int)s->o.channels, (int)s->o.height, (int)s->o.width, s->rgb);
    note_times(s->session, s->seconds);
    return GB_OK;
}

void live_preview_size(const live *s, int side, int *height, int *width) {
    *height = (int)s->o.height;
    *width = (int)s->o.width;
    for (int i = 0; i < s->preview_count; i++)
        if (s->previews[i].side == side) {
            *height = s->previews[i].height;
            *width = s->previews[i].width;
        }
}

/* Of the nodes after `from` up to and including `to`. */
static double seconds_between(const double *seconds, gb_node from, gb_node to) {
    double sum = 0;
    for (gb_node i = from + 1; i <= to; i++) sum += seconds[i];
    return sum;
}

static gb_node last_node(const live *s) {
    return (gb_node)gb_model_node_count(s->o.model) - 1;
}

preview live_choose_preview(const live *s, int after) {
    int first = 0, whole = (int)s->o.height;
    preview best = {0, false};
    gb_node from = GB_NO_NODE;
    for (; first < s->preview_count && s->previews[first].side <= after; first++) from = s->previews[first].node;
    if (after == whole || seconds_between(s->seconds, from, last_node(s)) < slow) return best;
    for (int i = first; i < s->preview_count; i++)
        if (!best.side || seconds_between(s->seconds, from, s->previews[i].node) < quick) best.side = s->previews[i].side;
    for (int i = first; s->bf16 && i <= s->preview_count; i++) {
        int side = i < s->preview_count ? s->previews[i].side : whole;
        gb_node node = i < s->preview_count ? s->previews[i].node : last_node(s);
        if (side > best.side && seconds_between(s->bf16_seconds, from, node) < quick) best = (preview){side, true};
    }
    return best;
}

/* clamp(127.5 x + 128), as for the full picture; NaN becomes 0. */
static uint8_t level(float x) {
    float v = x * 127.5f + 128;
    return v >= 255 ? 255 : v > 0 ? (uint8_t)v : 0;
}

/* Renders the running picture, or the whole one, into s->preview_pixels. */
static gb_status render_preview(live *s, int side, size_t plane, bool *changed, gb_error *err) {
    size_t channels = (size_t)s->o.channels;
    bool whole = side == (int)s->o.height;
    gb_render_stats stats;
    gb_status status = whole ? gb_session_render_pixels(s->session, s->preview_pixels, err)
                             : gb_session_preview(s->session, side, s->planes, err);
    gb_session_stats(s->session, &stats);
    *changed = !status && stats.steps_run > 0;
    for (size_t i = 0; *changed && !whole && i < plane; i++)
        for (size_t c = 0; c < channels; c++) s->preview_pixels[channels * i + c] = level(s->planes[c * plane + i]);
    return status;
}

gb_status live_preview(live *s, preview which, bool *changed, gb_error *err) {
    int height, width;
    live_preview_size(s, which.side, &height, &width);
    if (goes_on(s, err) || gb_session_set_precision(s->session, which.bf16 ? "bf16" : NULL, err)) return err->status;
    gb_status status = render_preview(s, which.side, (size_t)height * (size_t)width, changed, err);
    if (!status) note_times(s->session, which.bf16 ? s->bf16_seconds : s->seconds);
    gb_session_set_precision(s->session, NULL, NULL);       /* of everything else */
    if (*changed && s->preview != s->preview_pixels)
        gb_pixels_to_rgb(s->preview_pixels, (int)s->o.channels, height, width, s->preview);
    return status;
}

bool live_should_try_bf16(const live *s) {
    return s->bf16_untried && seconds_between(s->seconds, GB_NO_NODE, last_node(s)) >= slow;
}

gb_status live_new_trial(live *s, gb_session **trial, gb_error *err) {
    gb_status status = gb_session_new(s->o.model, NULL, trial, err);
    if (!status) status = gb_session_set_precision(*trial, "bf16", err);
    s->bf16_untried = !status;
    return status;
}

gb_status live_try_bf16(live *s, gb_session *trial, gb_error *err) {
    gb_status status = gb_model_class_count(s->o.model) ? gb_session_set_class(trial, 0, err) : GB_OK;
    for (int i = 0; i < 2 && !status; i++) {                /* the first one packs the weights */
        status = gb_session_seed(trial, (uint64_t)i, err);
        if (!status) status = gb_session_render_pixels(trial, s->preview_pixels, err);
    }
    if (!status) note_times(trial, s->bf16_seconds);
    s->bf16 = !status;
    s->bf16_untried = status == GB_CANCELLED;
    return status;
}

gb_status live_find(const live *s, const char *name, gb_node *node, gb_node_info *info, gb_error *err) {
    *node = gb_model_find(s->o.model, name);
    if (*node == GB_NO_NODE) return state(err, GB_BAD_ARGUMENT, "no node is called '%.100s'", name);
    gb_model_node(s->o.model, *node, info);
    return GB_OK;
}

static gb_status tap(live *s, gb_node node, float **values, gb_error *err) {
    gb_node_info info;
    gb_model_node(s->o.model, node, &info);
    *values = malloc(node_elements(&info) * sizeof **values);
    if (!*values) return state(err, GB_NO_MEMORY, "out of memory for the values of '%s'", info.name);
    return gb_session_tap(s->session, info.name, err);
}

gb_status live_read(live *s, const gb_node *nodes, size_t count, float **values, gb_error *err) {
    gb_status status = goes_on(s, err);
    for (size_t i = 0; i < count; i++) values[i] = NULL;
    for (size_t i = 0; i < count && !status; i++) status = tap(s, nodes[i], &values[i], err);
    if (!status) status = gb_session_render(s->session, NULL, err);
    for (size_t i = 0; i < count && !status; i++) status = gb_session_read(s->session, nodes[i], values[i], err);
    for (size_t i = 0; i < count; i++) {
        gb_node_info info;
        gb_model_node(s->o.model, nodes[i], &info);
        gb_session_untap(s->session, info.name, NULL);
        if (!status) continue;
        free(values[i]);
        values[i] = NULL;
    }
    return status;
}
