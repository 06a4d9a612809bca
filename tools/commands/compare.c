/* ganbend compare: runs a model on the inputs in a reference file and prints the difference for every layer in the file:
 * the largest absolute difference, and the same divided by the reference's largest magnitude. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bending/recipes.h"
#include "commands.h"
#include "tools/inputs/latents.h"
#include "tools/inputs/open_model.h"
#include "tools/program/progress.h"

typedef struct settings {
    bending_options bending;
    double tolerance;
    const char *image, *noise;
    bool incremental;
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
    DEVICE_OPTIONS(settings, on),
    {0}
};

/* One array of the reference, and its differences. */
typedef struct subject {
    char *name;                 /* node name without "tap/", "image", "ws" */
    gb_node node;               /* GB_NO_NODE: the image */
    int ndim;
    int64_t shape[GB_DIMS];
    size_t elements;            /* of one sample */
    float *reference;           /* [samples, elements] */
    double difference, magnitude, squares;
} subject;

typedef struct reference {
    const char *path;
    gb_file *file;
    size_t samples;
    float *z, *ws, *label, *w_avg;      /* NULL if the file has none */
    double *classes;                    /* one, or one for each sample */
    size_t class_count;
    int rows;                           /* of ws */
    double psi;
    int cutoff;
    subject *subjects;
    size_t count;
} reference;

static gb_status out_of_memory(const reference *r, gb_error *err) {
    return state(err, GB_NO_MEMORY, "%s: out of memory", r->path);
}

static bool has(const reference *r, const char *name) {
    size_t index;
    return gb_file_find(r->file, name, &index);
}

/* Reads an input [samples, width], or [width] for one sample; *values stays NULL if the file has none of that name. */
static gb_status read_input(reference *r, const char *name, int64_t width, float **values, gb_error *err) {
    gb_array_info info;
    size_t index;
    char text[SHAPE_ROOM];
    if (!gb_file_find(r->file, name, &index)) return GB_OK;
    if (read_array(r->file, r->path, index, &info, values, err)) return err->status;
    if (info.ndim < 1 || info.ndim > 2 || width < 1 || info.count < 1 || info.shape[info.ndim - 1] != width)
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [n,%" PRId64 "] for this model", r->path, name,
                     shape_text(info.ndim, info.shape, text), width);
    if (!r->samples) r->samples = (size_t)(info.count / width);
    if ((size_t)(info.count / width) != r->samples)
        return state(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " samples, but other inputs have %zu", r->path, name,
                     info.count / width, r->samples);
    return GB_OK;
}

/* Reads one number or `many` numbers; *count is 0 if the file has none of that name. */
static gb_status read_numbers(const reference *r, const char *name, size_t many, double **values, size_t *count,
                              gb_error *err) {
    gb_array_info info;
    size_t index;
    *count = 0;
    if (!gb_file_find(r->file, name, &index)) return GB_OK;
    gb_file_array(r->file, index, &info);
    if (info.count != 1 && (info.count < 1 || (uint64_t)info.count != many))
        return state(err, GB_BAD_FILE, "%s: '%s' has %" PRId64 " values; expected one", r->path, name, info.count);
    *count = (size_t)info.count;
    *values = malloc(*count * sizeof **values);
    return *values ? gb_file_read_double(r->file, index, *values, err) : out_of_memory(r, err);
}

static gb_status read_number(const reference *r, const char *name, double *value, gb_error *err) {
    double *values = NULL;
    size_t count;
    gb_status status = read_numbers(r, name, 1, &values, &count, err);
    if (!status && count) *value = values[0];
    if (!status && !isfinite(*value)) status = state(err, GB_BAD_FILE, "%s: '%s' is not finite", r->path, name);
    free(values);
    return status;
}

/* Reads w's, [samples, rows, w_dim], as the input if there is no z. */
static gb_status read_ws(reference *r, const gb_model *model, gb_error *err) {
    gb_node ws = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info node;
    gb_array_info info;
    size_t index;
    char text[SHAPE_ROOM];
    if (r->z || !gb_file_find(r->file, "ws", &index)) return GB_OK;
    if (ws == GB_NO_NODE) return state(err, GB_BAD_FILE, "%s: contains ws, but this model has no w's", r->path);
    gb_model_node(model, ws, &node);
    if (read_array(r->file, r->path, index, &info, &r->ws, err)) return err->status;
    if (info.ndim != 3 || info.count < 1 || info.shape[2] != node.shape[1] ||
        (info.shape[1] != 1 && info.shape[1] != node.shape[0]))
        return state(err, GB_BAD_FILE, "%s: 'ws' has shape %s; expected [n,%" PRId64 ",%" PRId64 "] for this model",
                     r->path, shape_text(info.ndim, info.shape, text), node.shape[0], node.shape[1]);
    r->rows = (int)info.shape[1];
    r->samples = (size_t)info.shape[0];
    return GB_OK;
}

static gb_status read_inputs(reference *r, const gb_model *model, gb_error *err) {
    double cutoff = -1;
    int64_t classes = role_width(model, GB_ROLE_LABEL), w_dim = role_width(model, GB_ROLE_WS);
    size_t index;
    r->psi = 1;
    if (read_input(r, "z", role_width(model, GB_ROLE_Z), &r->z, err) || read_ws(r, model, err)) return err->status;
    if (!r->z && !r->ws) return state(err, GB_BAD_FILE, "%s: contains neither z nor ws", r->path);
    if (read_input(r, "label", classes, &r->label, err) ||
        read_numbers(r, "class", r->samples, &r->classes, &r->class_count, err) ||
        read_number(r, "truncation", &r->psi, err) || read_number(r, "psi", &r->psi, err) ||
        read_number(r, "cutoff", &cutoff, err))
        return err->status;
    r->cutoff = cutoff < 0 || cutoff > 1000 ? -1 : (int)cutoff;
    if (r->z && classes > 0 && !r->label && !r->class_count)
        return state(err, GB_BAD_FILE, "%s: the model has classes, but the file contains neither label nor class", r->path);
    if (gb_file_find(r->file, "latent_avg", &index)) {
        gb_array_info info;
        if (read_array(r->file, r->path, index, &info, &r->w_avg, err)) return err->status;
        if (info.count != w_dim)
            return state(err, GB_BAD_FILE, "%s: 'latent_avg' has %" PRId64 " values; expected %" PRId64 " for this model",
                         r->path, info.count, w_dim);
    }
    return GB_OK;
}

/* Adds the comparison of array `key` with the output of `node`, or with the image. */
static gb_status add_subject(reference *r, const gb_model *model, const char *key, const char *name, gb_node node,
                             gb_error *err) {
    subject *s = &r->subjects[r->count++];
    int64_t image[3], *expected = image;
    char found[SHAPE_ROOM], wanted[SHAPE_ROOM];
    int ndim = 3;
    bool fits;
    gb_array_info info;
    gb_node_info of;
    size_t index;
    s->node = node;
    s->name = malloc(strlen(name) + 1);
    if (!s->name) return out_of_memory(r, err);
    strcpy(s->name, name);
    gb_file_find(r->file, key, &index);
    gb_file_array(r->file, index, &info);
    gb_model_output_shape(model, image);
    if (node != GB_NO_NODE) {
        gb_model_node(model, node, &of);
        ndim = of.ndim;
        expected = of.shape;
    }
    if (!strcmp(info.type, "uint8") || !strcmp(info.type, "int8"))
        return state(err, GB_BAD_FILE, "%s: '%s' holds 8-bit values; a reference needs the network's own float32 output, "
                     "nominally from -1 to 1 (docs/verifying.md)", r->path, key);
    fits = info.ndim == ndim + 1 && info.shape[0] == (int64_t)r->samples;
    s->elements = 1;
    for (int d = 0; d < ndim; d++) {
        fits = fits && info.shape[d + 1] == expected[d];
        s->elements *= (size_t)expected[d];
    }
    if (!fits) {
        shape_text(ndim, expected, wanted);
        return state(err, GB_BAD_FILE, "%s: '%s' has shape %s; expected [%zu,%s", r->path, key,
                     shape_text(info.ndim, info.shape, found), r->samples, wanted + 1);
    }
    s->ndim = info.ndim;
    memcpy(s->shape, info.shape, sizeof s->shape);
    return read_array(r->file, r->path, index, &info, &s->reference, err);
}

static gb_status add_subjects(reference *r, const gb_model *model, const char *image, gb_error *err) {
    size_t arrays = gb_file_array_count(r->file);
    const char *key = "image";
    char image_key[256];
    r->subjects = calloc(arrays + 2, sizeof *r->subjects);
    if (!r->subjects) return out_of_memory(r, err);
    for (size_t i = 0; i < arrays; i++) {
        gb_array_info info;
        gb_node node;
        gb_file_array(r->file, i, &info);
        if (strncmp(info.name, "tap/", 4) != 0) continue;
        node = gb_model_find(model, info.name + 4);
        if (node == GB_NO_NODE)
            return state(err, GB_BAD_ARGUMENT, "%s: '%s' is not a node of this model; 'ganbend info' lists its nodes",
                         r->path, info.name);
        if (add_subject(r, model, info.name, info.name + 4, node, err)) return err->status;
    }
    if (r->z && has(r, "ws") && gb_model_find_role(model, GB_ROLE_WS, 0) != GB_NO_NODE &&
        add_subject(r, model, "ws", "ws", gb_model_find_role(model, GB_ROLE_WS, 0), err))
        return err->status;
    if (image) {
        snprintf(image_key, sizeof image_key, "image/%s", image);
        key = image_key;
        if (!has(r, key)) return state(err, GB_BAD_ARGUMENT, "%s: contains no '%s'", r->path, key);
    }
    if (has(r, key)) return add_subject(r, model, key, key, GB_NO_NODE, err);
    return r->count ? GB_OK : state(err, GB_BAD_FILE, "%s: contains no tap/…, ws or image to compare", r->path);
}

static void free_reference(reference *r) {
    for (size_t i = 0; i < r->count; i++) {
        free(r->subjects[i].name);
        free(r->subjects[i].reference);
    }
    free(r->subjects);
    free(r->z);
    free(r->ws);
    free(r->label);
    free(r->w_avg);
    free(r->classes);
    gb_file_close(r->file);
}

static gb_status apply(const reference *r, size_t sample, const gb_model *model, gb_session *session, gb_error *err) {
    size_t z_dim = (size_t)role_width(model, GB_ROLE_Z), w_dim = (size_t)role_width(model, GB_ROLE_WS);
    size_t c_dim = (size_t)role_width(model, GB_ROLE_LABEL);
    if (!r->z) return gb_session_set_ws(session, r->ws + sample * (size_t)r->rows * w_dim, r->rows, err);
    if (gb_session_set_z(session, r->z + sample * z_dim, err)) return err->status;
    if (r->label && gb_session_set_label(session, r->label + sample * c_dim, err)) return err->status;
    if (!r->label && r->class_count &&
        gb_session_set_class(session, (int)fmin(fmax(r->classes[r->class_count > 1 ? sample : 0], -1), 1e9), err))
        return err->status;
    if (r->w_avg && gb_session_set_w_avg(session, r->w_avg, err)) return err->status;
    return gb_session_truncate(session, (float)r->psi, r->cutoff, err);
}

/* The difference is infinite if one value is NaN, or if one is infinite and the other is not equal. */
static void measure(subject *s, const float *ours, size_t sample) {
    const float *theirs = s->reference + sample * s->elements;
    for (size_t i = 0; i < s->elements; i++) {
        double a = ours[i], b = theirs[i], d = a == b ? 0 : fabs(a - b);
        if (!(d <= s->difference)) s->difference = isnan(d) ? INFINITY : d;
        if (fabs(b) > s->magnitude) s->magnitude = fabs(b);
        s->squares += d * d;
    }
}

static double relative(const subject *s) {
    if (s->difference == 0) return 0;
    return isinf(s->difference) || s->magnitude == 0 ? INFINITY : s->difference / s->magnitude;
}

/* Renders with other inputs, truncation and noise, as a user of sliders would, then restores the sample's. */
static gb_status render_others(const reference *r, size_t sample, const gb_model *model, gb_session *session, gb_noise noise,
                        float *image, gb_error *err) {
    gb_noise other = noise == GB_NOISE_NONE ? GB_NOISE_CONST : GB_NOISE_NONE;
    if (apply(r, (sample + 1) % r->samples, model, session, err) || gb_session_render(session, image, err))
        return err->status;
    bool has_w = gb_model_find_role(model, GB_ROLE_WS, 0) != GB_NO_NODE;
    float psi = has_w ? (float)r->psi * 0.5f - 0.25f : (float)r->psi * 0.5f;
    if (r->z && (gb_session_truncate(session, psi, has_w ? 1 : -1, err) || gb_session_render(session, image, err)))
        return err->status;
    if (gb_session_noise(session, other, 0, err) || gb_session_render(session, image, err)) return err->status;
    if (apply(r, sample, model, session, err) || gb_session_render(session, image, err)) return err->status;
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
    gb_noise noise = set->noise && !strcmp(set->noise, "none") ? GB_NOISE_NONE : GB_NOISE_CONST;
    size_t largest = (size_t)(o->channels * o->height * o->width);
    progress p = progress_start("comparing", r->samples);
    gb_session *tapped = NULL, *plain = NULL;
    float *ours = NULL;
    gb_status status;
    for (size_t i = 0; i < r->count; i++)
        if (r->subjects[i].elements > largest) largest = r->subjects[i].elements;
    ours = malloc(largest * sizeof *ours);
    status = ours ? gb_session_new(o->model, &how, &tapped, err) : out_of_memory(r, err);
    if (!status) status = gb_session_new(o->model, &how, &plain, err);
    if (!status && !set->incremental) status = apply_bending(b, tapped, err);
    if (!status && !set->incremental) status = apply_bending(b, plain, err);
    for (size_t i = 0; !status && i < r->count; i++) {
        gb_node_info node;
        if (r->subjects[i].node == GB_NO_NODE) continue;
        gb_model_node(o->model, r->subjects[i].node, &node);
        status = gb_session_tap(tapped, node.name, err);
    }
    if (!status) gb_session_set_progress(tapped, progress_share, &p);
    for (size_t sample = 0; !status && sample < r->samples; sample++, progress_next(&p)) {
        gb_session *const sessions[] = {tapped, plain};
        for (int k = 0; !status && k < 2; k++) {
            gb_session *session = sessions[k];
            status = set->incremental ? render_others(r, sample, o->model, session, noise, ours, err)
                                      : gb_session_noise(session, noise, 0, err);
            if (!status) status = apply(r, sample, o->model, session, err);
            if (!status && set->incremental) status = bend_again(b, session, ours, err);
            if (!status) status = gb_session_render(session, ours, err);
            for (size_t i = 0; !status && i < r->count; i++)
                if (r->subjects[i].node == GB_NO_NODE) measure(&r->subjects[i], ours, sample);
        }
        for (size_t i = 0; !status && i < r->count; i++) {
            subject *s = &r->subjects[i];
            if (s->node == GB_NO_NODE) continue;
            status = gb_session_read(tapped, s->node, ours, err);
            if (!status) measure(s, ours, sample);
        }
    }
    progress_end(&p);
    free(ours);
    gb_session_free(plain);
    gb_session_free(tapped);
    return status;
}

/* Prints the table and its last line. True if everything is within the tolerance. */
static bool print_subjects(const reference *r, double tolerance) {
    const subject *worst = &r->subjects[0];
    bool within = true;
    int column = 4;
    for (size_t i = 0; i < r->count; i++)
        if ((int)strlen(r->subjects[i].name) > column) column = (int)strlen(r->subjects[i].name);
    printf("%-*s  %-18s %12s %12s\n", column, "name", "shape", "difference", "relative");
    for (size_t i = 0; i < r->count; i++) {
        const subject *s = &r->subjects[i];
        char shape[SHAPE_ROOM];
        bool over = !(relative(s) <= tolerance);
        printf("%-*s  %-18s %12.3g %12.3g", column, s->name, shape_text(s->ndim, s->shape, shape), s->difference,
               relative(s));
        if (s->node == GB_NO_NODE) {
            /* for a signal from -1 to 1; each sample was rendered twice */
            double mean = s->squares / (2.0 * (double)r->samples * (double)s->elements);
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
    r.path = operands[1];
    if (!open_bending(&set.bending, NULL, &b, &err) && !open_model(operands[0], &set.on, &o, &err) &&
        !gb_file_open(r.path, &r.file, &err) && !read_inputs(&r, o.model, &err) &&
        !add_subjects(&r, o.model, set.image, &err) && !compare(&r, &set, &b, &o, &err))
        status = print_subjects(&r, set.tolerance) ? EXIT_DONE : EXIT_FAILED;
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
             "exit status is 1 if a difference exceeds the tolerance, and 2 if a name is not a node. docs/verifying.md "
             "shows how to write such a file with PyTorch.",
    .example = "ganbend compare faces.gbw reference.npz --tol 1e-5",
    .options = options,
    .shared = {{bending_table, offsetof(settings, bending)}},
    .run = run,
};
