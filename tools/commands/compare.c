/* ganbend compare: runs a model on the inputs in a reference file and prints the difference for every layer in the file:
 * the largest absolute difference, and the same divided by the reference's largest magnitude. With --local also the part of
 * it that arises between the layer and those before it in the file; with --float64 also the rounding errors of both. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "compare_float64.h"
#include "compare_gradients.h"
#include "compare_pictures.h"
#include "comparison.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/reference.h"
#include "tools/inputs/open_model.h"
#include "tools/program/progress.h"

typedef struct settings {
    bending_options bending;
    double relative, absolute;
    const char *image, *noise, *prefix, *norm;
    bool incremental, local, float64, json, gradients;
    device_options on;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--tol", OPTION_NUMBER, AT(relative), "T", "Largest relative difference allowed (default: 2e-4).", 0, 1e30},
    {"--abs", OPTION_NUMBER, AT(absolute), "A", "Absolute difference that is always allowed, for arrays that are zero but for "
     "rounding errors, such as the gradient of a bias before a batch norm (default: 0).", 0, 1e30},
    {"--image", OPTION_TEXT, AT(image), "KEY", "Compare the image with the array image/KEY instead of image.", 0, 0},
    {"--noise", OPTION_CHOICE, AT(noise), "const|none", "Noise of the reference: the stored maps (default) or no noise.", 0,
     0},
    {"--incremental", OPTION_FLAG, AT(incremental), NULL, "Use an interactive session that has rendered other inputs, "
     "truncations and noise before.", 0, 0},
    {"--gradients", OPTION_FLAG, AT(gradients), NULL, "Compare the arrays grad/NAME with the gradients of the loss sum(image · R), "
     "where R is in the file; for a network that looks at pictures, of its output's mean cross-entropy with the labels in the "
     "file, or of the losses that docs/feature-networks.md lists.", 0, 0},
    {"--prefix", OPTION_TEXT, AT(prefix), "KEY", "With --gradients: compare KEY/image and KEY/grad/NAME, and prefer inputs under "
     "KEY. For a network that looks at pictures: use the arrays KEY/NAME.", 0, 0},
    {"--norm", OPTION_CHOICE, AT(norm), "stored|batch|each", "For a network that looks at pictures: batch norms with the "
     "stored statistics (default), those of all pictures in the file together, or those of each picture.", 0, 0},
    {"--local", OPTION_FLAG, AT(local), NULL, "Also compute every array from the reference's own values of the arrays before "
     "it, and show that difference as its own.", 0, 0},
#if GANBEND_ANALYSIS
    {"--float64", OPTION_FLAG, AT(float64), NULL, "Also compute the network in float64, and show how far the reference and "
     "this run are from that, relative to its largest magnitude. Slow: on the CPU, in plain C.", 0, 0},
#endif
    {"--json", OPTION_FLAG, AT(json), NULL, "Print a JSON object.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    {0}
};

static gb_noise noise_of(const settings *set) {
    return set->noise && !strcmp(set->noise, "none") ? GB_NOISE_NONE : GB_NOISE_CONST;
}

static gb_status check_options(const settings *set, bool looks, gb_error *err) {
    const char *of_generators = set->image         ? "--image"
                                : set->noise       ? "--noise"
                                : set->incremental ? "--incremental"
                                : set->local       ? "--local"
                                                   : NULL;
    if (looks && of_generators)
        return state(err, GB_BAD_ARGUMENT, "%s is for generators; this network looks at pictures", of_generators);
    if (!looks && set->norm)
        return state(err, GB_BAD_ARGUMENT, "--norm is for networks that look at pictures; this is a generator");
    if (!looks && set->prefix && !set->gradients)
        return state(err, GB_BAD_ARGUMENT, "--prefix is for --gradients and for networks that look at pictures");
    if (set->gradients && (set->incremental || set->image || set->local || set->float64))
        return state(err, GB_BAD_ARGUMENT, "--gradients does not go with --incremental, --local, --float64 and --image");
    return GB_OK;
}

/* Renders with other inputs, truncation and noise, as a user of sliders would, then restores the sample's. */
static gb_status render_others(const reference *r, size_t sample, const gb_model *model, gb_session *session, gb_noise noise,
                        float *image, gb_error *err) {
    gb_noise other = noise == GB_NOISE_NONE ? GB_NOISE_CONST : GB_NOISE_NONE;
    if (apply_reference(r, (sample + 1) % r->samples, model, session, err) || gb_session_render(session, image, err))
        return err->status;
    bool has_w = gb_model_find_role(model, GB_ROLE_WS, 0) != GB_NO_NODE;
    float psi = has_w ? (float)r->psi * 0.5f - 0.25f : (float)r->psi * 0.5f;
    if (r->z && (gb_session_truncate(session, psi, has_w ? 1 : -1, err) || gb_session_render(session, image, err)))
        return err->status;
    if (gb_session_noise(session, other, 0, err) || gb_session_render(session, image, err)) return err->status;
    if (apply_reference(r, sample, model, session, err) || gb_session_render(session, image, err)) return err->status;
    return gb_session_noise(session, noise, 0, err);
}

/* Adds the bends, renders, removes them, renders, and adds them again: no earlier state may remain. */
static gb_status bend_again(bending *b, gb_session *session, float *image, gb_error *err) {
    if (!b->count) return GB_OK;
    if (gb_session_unbend(session, 0, err) || apply_bending(b, session, err) ||
        gb_session_render(session, image, err) || gb_session_unbend(session, 0, err) ||
        gb_session_render(session, image, err))
        return err->status;
    return apply_bending(b, session, err);
}

/* Renders every sample twice: with all taps, which prevent fusing, and without taps, as pictures are rendered. Both images
 * are compared. */
static gb_status compare(reference *r, const settings *set, bending *b, const loaded_model *o, gb_error *err) {
    const gb_session_options how = {.purpose = set->incremental ? GB_INTERACTIVE : GB_ONCE};
    gb_noise noise = noise_of(set);
    size_t largest = (size_t)(o->channels * o->height * o->width);
    progress p = progress_start("comparing", r->samples);
    gb_session *tapped = NULL, *plain = NULL;
    float *ours = NULL;
    gb_status status;
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    ours = malloc(largest * sizeof *ours);
    status = ours ? gb_session_new(o->model, &how, &tapped, err) : state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    if (!status) status = gb_session_new(o->model, &how, &plain, err);
    if (!status && !set->incremental) status = apply_bending(b, tapped, err);
    if (!status && !set->incremental) status = apply_bending(b, plain, err);
    for (size_t i = 0; !status && i < r->count; i++) {
        gb_node_info node;
        if (r->arrays[i].node == GB_NO_NODE) continue;
        gb_model_node(o->model, r->arrays[i].node, &node);
        status = gb_session_tap(tapped, node.name, err);
    }
    if (!status) gb_session_set_progress(tapped, progress_share, &p);
    for (size_t sample = 0; !status && sample < r->samples; sample++, progress_next(&p)) {
        gb_session *const sessions[] = {tapped, plain};
        for (int k = 0; !status && k < 2; k++) {
            gb_session *session = sessions[k];
            status = set->incremental ? render_others(r, sample, o->model, session, noise, ours, err)
                                      : gb_session_noise(session, noise, 0, err);
            if (!status) status = apply_reference(r, sample, o->model, session, err);
            if (!status && set->incremental) status = bend_again(b, session, ours, err);
            if (!status) status = gb_session_render(session, ours, err);
            for (size_t i = 0; !status && i < r->count; i++)
                if (r->arrays[i].node == GB_NO_NODE) measure_reference(&r->arrays[i], &r->arrays[i].all, ours, sample);
        }
        for (size_t i = 0; !status && i < r->count; i++) {
            reference_array *s = &r->arrays[i];
            if (s->node == GB_NO_NODE) continue;
            status = gb_session_read(tapped, s->node, ours, err);
            if (!status) measure_reference(s, &s->all, ours, sample);
        }
    }
    progress_end(&p);
    free(ours);
    gb_session_free(plain);
    gb_session_free(tapped);
    return status;
}

/* ------------------------------------------------------------------------------------------------ each array alone */

/* The node whose value the array has: the output for the image, which is the last node in execution order. */
static gb_node node_of(const reference_array *s, const gb_model *model) {
    return s->node != GB_NO_NODE ? s->node : (gb_node)gb_model_node_count(model) - 1;
}

/* Feeds a node with the reference's value, or with its own again if `value` is NULL. Inputs are set already. */
static gb_status feed_node(const loaded_model *o, gb_node node, gb_session *session, const float *value, gb_error *err) {
    gb_node_info info;
    gb_model_node(o->model, node, &info);
    return info.inputs ? gb_session_feed(session, info.name, value, err) : GB_OK;
}

/* Feeds or frees every array of the reference that stands for a node; those of `except` are freed. */
static gb_status feed_all(const reference *r, size_t sample, gb_node except, const loaded_model *o, gb_session *session,
                          gb_error *err) {
    for (size_t i = 0; i < r->count && !err->status; i++) {
        const reference_array *s = &r->arrays[i];
        if (s->node == GB_NO_NODE) continue;
        feed_node(o, s->node, session, s->node == except ? NULL : s->reference + sample * s->elements, err);
    }
    return err->status;
}

/* Computes each array with all others fed by the reference: only the operations after the nearest of them run. */
static gb_status compare_local(reference *r, const settings *set, bending *b, const loaded_model *o, gb_error *err) {
    gb_noise noise = noise_of(set);
    gb_session *session = NULL;
    progress p = progress_start("comparing alone", r->samples * r->count);
    size_t largest = (size_t)(o->channels * o->height * o->width);
    float *ours = NULL;
    for (size_t i = 0; i < r->count; i++)
        if (r->arrays[i].elements > largest) largest = r->arrays[i].elements;
    ours = malloc(largest * sizeof *ours);
    if (!ours) state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
    else if (!gb_session_new(o->model, NULL, &session, err)) apply_bending(b, session, err);
    for (size_t sample = 0; sample < r->samples && !err->status; sample++) {
        if (gb_session_noise(session, noise, 0, err) || apply_reference(r, sample, o->model, session, err)) break;
        for (size_t i = 0; i < r->count && !err->status; i++, progress_next(&p)) {
            reference_array *s = &r->arrays[i];
            gb_node_info node;
            bool image = s->node == GB_NO_NODE;
            gb_model_node(o->model, node_of(s, o->model), &node);
            if (feed_all(r, sample, node_of(s, o->model), o, session, err)) break;
            if (!image && gb_session_tap(session, node.name, err)) break;
            if (gb_session_render(session, image ? ours : NULL, err)) break;
            if (!image && (gb_session_read(session, s->node, ours, err) || gb_session_untap(session, node.name, err))) break;
            measure_reference(s, &s->own, ours, sample);
        }
    }
    progress_end(&p);
    free(ours);
    gb_session_free(session);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ against float64 */

#if GANBEND_ANALYSIS
typedef struct samples {
    const reference *r;
    const gb_model *model;
    gb_noise noise;
    const picture_inputs *pictures;     /* of a network that looks at pictures */
} samples;

static gb_status set_latents(void *arg, size_t sample, gb_session *session, gb_error *err) {
    const samples *s = arg;
    return gb_session_noise(session, s->noise, 0, err) ? err->status : apply_reference(s->r, sample, s->model, session, err);
}

static gb_status set_pictures(void *arg, size_t sample, gb_session *session, gb_error *err) {
    const samples *s = arg;
    return feed_pictures(s->pictures, sample, s->model, session, err);
}
#endif

/* Compares the reference and our values with float64, if that is wanted. `pictures` is NULL for a generator. */
static gb_status compare_rounding(reference *r, const settings *set, const picture_inputs *pictures, bending *b,
                                  const loaded_model *o, gb_error *err) {
#if GANBEND_ANALYSIS
    samples from = {r, o->model, noise_of(set), pictures};
    sample_source source = {.set = pictures ? set_pictures : set_latents, .arg = &from};
    if (pictures) source.how = picture_session_options(set->norm, r->samples);
    if (set->float64 && !err->status) compare_float64(r, &source, b, o, err);
#else
    (void)r, (void)set, (void)pictures, (void)b, (void)o;
#endif
    return err->status;
}

static gb_status compare_generator(const settings *set, const char *path, bending *b, loaded_model *o, reference *r,
                                   gb_error *err) {
    const reference_choice choice = {set->image, set->prefix, set->gradients};
    if (open_reference(path, o->model, &choice, r, err)) return err->status;
    if (set->gradients) return compare_gradients(r, noise_of(set), b, o, err);
    if (!compare(r, set, b, o, err) && set->local) compare_local(r, set, b, o, err);
    return compare_rounding(r, set, NULL, b, o, err);
}

static gb_status open_and_compare(const settings *set, const char *path, bending *b, loaded_model *o, reference *r,
                                  gb_error *err) {
    picture_inputs pictures = {0};
    bool looks = picture_input_count(o->model) > 0;
    if (check_options(set, looks, err)) return err->status;
    if (!looks) return compare_generator(set, path, b, o, r, err);
    if (!open_picture_reference(path, set->prefix, set->gradients, o, r, &pictures, err)) {
        if (set->gradients) compare_picture_gradients(r, &pictures, set->norm, b, o, err);
        else if (!compare_pictures(r, &pictures, set->norm, b, o, err)) compare_rounding(r, set, &pictures, b, o, err);
    }
    free_pictures(&pictures);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.relative = 2e-4};
    reference r = {0};
    bending b = {0};
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    comparison_columns with;
    if (!parse_arguments(&compare_command, argc, argv, operands, &set, &status)) return status;
    const tolerance allowed = {set.relative, set.absolute};
    with = (comparison_columns){.local = set.local, .float64 = set.float64};
    if (!open_bending(&set.bending, NULL, &b, &err) && !open_model(operands[0], &set.on, &o, &err) &&
        !open_and_compare(&set, operands[1], &b, &o, &r, &err) &&
        (!set.json || !print_comparison_json(&r, operands[0], allowed, with, &err))) {
        if (!set.json) print_comparison(&r, allowed, with);
        status = within_tolerance(&r, allowed) ? EXIT_DONE : EXIT_FAILED;
    } else {
        status = failed(&compare_command, &err);
    }
    free_reference(&r);
    free_bending(&b);
    close_model(&o);
    return status;
}

const command compare_command = {
    .name = "compare",
    .summary = "compare every layer with a reference",
    .operands = "MODEL REF.npz",
    .usage = "[options]",
    .about = "Runs the model on the inputs in REF.npz (z or ws; psi or truncation, cutoff, label or class, latent_avg) "
             "and compares the image and the arrays tap/NAME, where NAME is a node or an alias, with its own values; if there is "
             "no tap/, arrays with the name of a node, as ganbend dump writes them. The "
             "exit status is 1 if a difference exceeds the tolerance, and 2 if a name is not a node. With --gradients it "
             "compares the arrays grad/NAME: NAME is a node, an alias, w (one w for all layers), a weight, or a parameter of "
             "an activation that a bend has set. docs/verifying.md shows how to write such files with PyTorch.",
    .example = "ganbend compare faces.gbw reference.npz --tol 1e-5\n"
               "ganbend compare faces.gbw reference.npz --local --json\n"
               "ganbend compare faces.gbw reference.npz --float64",
    .options = options,
    .shared = {{bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
