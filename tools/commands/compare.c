/* ganbend compare: runs a model on the inputs in a reference file and prints the difference for every layer in the file:
 * the largest absolute difference, and the same divided by the reference's largest magnitude. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "compare_gradients.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/reference.h"
#include "tools/inputs/open_model.h"
#include "tools/program/progress.h"

typedef struct settings {
    bending_options bending;
    double tolerance;
    const char *image, *noise, *prefix;
    bool incremental, gradients;
    device_options on;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--tol", OPTION_NUMBER, AT(tolerance), "T", "Largest relative difference allowed (default: 2e-4).", 0, 1e30},
    {"--image", OPTION_TEXT, AT(image), "KEY", "Compare the image with the array image/KEY instead of image.", 0, 0},
    {"--noise", OPTION_CHOICE, AT(noise), "const|none", "Noise of the reference: the stored maps (default) or no noise.", 0,
     0},
    {"--incremental", OPTION_FLAG, AT(incremental), NULL, "Use an interactive session that has rendered other inputs, "
     "truncations and noise before.", 0, 0},
    {"--gradients", OPTION_FLAG, AT(gradients), NULL, "Compare the arrays grad/NAME with the gradients of the loss sum(image · R), "
     "where R is in the file.", 0, 0},
    {"--prefix", OPTION_TEXT, AT(prefix), "KEY", "With --gradients: compare KEY/image and KEY/grad/NAME, and prefer inputs under "
     "KEY.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    {0}
};

static double relative(const reference_array *s) {
    if (s->difference == 0) return 0;
    return isinf(s->difference) || s->magnitude == 0 ? INFINITY : s->difference / s->magnitude;
}

static gb_noise noise_of(const settings *set) {
    return set->noise && !strcmp(set->noise, "none") ? GB_NOISE_NONE : GB_NOISE_CONST;
}

static gb_status check_options(const settings *set, gb_error *err) {
    if (set->prefix && !set->gradients)
        return state(err, GB_BAD_ARGUMENT, "--prefix is for --gradients");
    if (set->gradients && (set->incremental || set->image))
        return state(err, GB_BAD_ARGUMENT, "--gradients does not go with --incremental and --image");
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
                if (r->arrays[i].node == GB_NO_NODE) measure_reference(&r->arrays[i], ours, sample);
        }
        for (size_t i = 0; !status && i < r->count; i++) {
            reference_array *s = &r->arrays[i];
            if (s->node == GB_NO_NODE) continue;
            status = gb_session_read(tapped, s->node, ours, err);
            if (!status) measure_reference(s, ours, sample);
        }
    }
    progress_end(&p);
    free(ours);
    gb_session_free(plain);
    gb_session_free(tapped);
    return status;
}

/* Prints the table and its last line. True if everything is within the tolerance. */
static bool print_arrays(const reference *r, double tolerance) {
    const reference_array *worst = &r->arrays[0];
    bool within = true;
    int column = 4;
    for (size_t i = 0; i < r->count; i++)
        if ((int)strlen(r->arrays[i].name) > column) column = (int)strlen(r->arrays[i].name);
    printf("%-*s  %-18s %12s %12s\n", column, "name", "shape", "difference", "relative");
    for (size_t i = 0; i < r->count; i++) {
        const reference_array *s = &r->arrays[i];
        char shape[SHAPE_ROOM];
        bool over = !(relative(s) <= tolerance);
        printf("%-*s  %-18s %12.3g %12.3g", column, s->name, shape_text(s->ndim, s->shape, shape), s->difference,
               relative(s));
        if (s->kind == REFERENCE_IMAGE) {
            /* for a signal from -1 to 1; each sample was rendered twice */
            double mean = s->squares / ((r->gradients ? 1.0 : 2.0) * (double)r->samples * (double)s->elements);
            printf("  PSNR %.1f dB", mean > 0 ? 10 * log10(4 / mean) : INFINITY);
        }
        printf("%s\n", over ? "  exceeds the tolerance" : "");
        if (over) within = false;
        if (relative(s) > relative(worst)) worst = s;
    }
    printf("%zu compared, worst %s %.3g\n", r->count, worst->name, relative(worst));
    return within;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.tolerance = 2e-4};
    reference r = {0};
    bending b = {0};
    loaded_model o = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&compare_command, argc, argv, operands, &set, &status)) return status;
    const reference_choice choice = {set.image, set.prefix, set.gradients};
    if (!check_options(&set, &err) && !open_bending(&set.bending, NULL, &b, &err) &&
        !open_model(operands[0], &set.on, &o, &err) && !open_reference(operands[1], o.model, &choice, &r, &err) &&
        !(set.gradients ? compare_gradients(&r, noise_of(&set), &b, &o, &err) : compare(&r, &set, &b, &o, &err)))
        status = print_arrays(&r, set.tolerance) ? EXIT_DONE : EXIT_FAILED;
    else
        status = failed(&compare_command, &err);
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
             "and compares the image and the arrays tap/NAME, where NAME is a node or an alias, with its own values. The "
             "exit status is 1 if a difference exceeds the tolerance, and 2 if a name is not a node. With --gradients it "
             "compares the arrays grad/NAME: NAME is a node, an alias, w (one w for all layers), or a parameter of an "
             "activation that a bend has set. docs/verifying.md shows how to write such files with PyTorch.",
    .example = "ganbend compare faces.gbw reference.npz --tol 1e-5",
    .options = options,
    .shared = {{bending_table, offsetof(settings, bending), "recipes"}},
    .run = run,
};
