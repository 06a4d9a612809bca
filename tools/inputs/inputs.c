/* From options to a session's inputs. Random noise is drawn from seed + index of the image, so that images differ and each
 * can be rendered again alone; along --steps it stays the same. */
#include "inputs.h"
#include "tools/program/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(input_options, member)

const option input_table[] = {
    {"--seeds", OPTION_TEXT, AT(seeds), "LIST", "One image per seed: 7, 0-15 or 0-15,40 (default: 0).", 0, 0},
    {"--rng", RARE(OPTION_CHOICE), AT(rng), "numpy|torch|truncnorm", "Random numbers used for z: numpy's "
     "RandomState(seed).randn, the default for NVIDIA's models; torch.manual_seed(seed) and torch.randn on the CPU, the "
     "default for rosinality's and BigGAN-PyTorch's; or scipy's truncnorm from -2 to 2, the default for the Hugging Face "
     "port's.", 0, 0},
    {"--z", OPTION_TEXT, AT(z), "FILE", "z's from an .npy, .npz or .pt file, [z_dim] or [n, z_dim]. Or the numbers "
     "themselves, as in '[0.5, -1.25]'.", 0, 0},
    {"--w", OPTION_TEXT, AT(w), "FILE", "w's from an .npy, .npz, .pt or pickle file, used without truncation. Shapes: [w_dim], "
     "[n, w_dim], [num_ws, w_dim] or [n, num_ws, w_dim]. Noise maps in the file are used too (docs/checkpoints.md lists the "
     "formats). Or the numbers themselves.", 0, 0},
    {"--w-as", RARE(OPTION_CHOICE), AT(w_as), "rows|layers", "Read an array [n, w_dim] given by --w as n w's, or as one w for "
     "each layer (default: layers if n is the number of layers).", 0, 0},
    {"--class", OPTION_TEXT, AT(classes), "LIST", "Classes of a conditional model: 207, 3-5, or names: 'golden retriever'. "
     "Each is rendered with every seed. With weights, 207:0.7,88:0.3, they are mixed.",
     0, 0},
    {"--steps", OPTION_INTEGER, AT(steps), "N", "Interpolate N images between two seeds, z's, w's or classes. Both "
     "ends are included.", 2, 100000},
    {"--space", OPTION_CHOICE, AT(space), "z|w", "Interpolate z and class (default), or StyleGAN2's w.", 0, 0},
    {"--image", RARE(OPTION_INTEGER), AT(image), "N", "Render only image N of the series, counted from 1.", 1, INT32_MAX},
    {"--trunc", OPTION_NUMBER, AT(trunc), "PSI", "Truncation (default: 1, none). StyleGAN2: w_avg + PSI (w - w_avg), any "
     "finite number. BigGAN: above 0 and at most 1; multiplies z's drawn from seeds, but not those given by --z.", 0, 0},
    {"--cutoff", RARE(OPTION_INTEGER), AT(cutoff), "K", "Truncate only the first K w's.", 0, 1000},
    {"--noise", OPTION_TEXT, AT(noise), "MODE", "const (stored maps, default), none, or random[:SEED]. Random noise is "
     "drawn for each image from SEED + its index, except along --steps, where it stays the same.", 0, 0},
    DEVICE_OPTIONS(input_options, on),
    {0}
};

input_options input_defaults(void) {
    return (input_options){.steps = -1, .image = -1, .cutoff = -1, .trunc = NAN};
}

static const option *input_option(const char *name) {
    for (const option *o = input_table; o->name; o++)
        if (!strcmp(o->name + strlen("--"), name)) return o;
    return NULL;
}

/* A source on the command line replaces the recipe's source and its steps; w's also replace everything that w is computed
 * from; steps also replace the recipe's choice of an image. */
static bool is_displaced(const input_options *options, const char *name) {
    static const char *const sources[] = {"seeds", "rng", "z", "w", "steps", "space", "image"};
    bool given = options->seeds || options->z || options->w;
    if (options->steps >= 0 && !strcmp(name, "image")) return true;
    for (size_t i = 0; given && i < sizeof sources / sizeof *sources; i++)
        if (!strcmp(name, sources[i])) return strcmp(name, "rng") != 0 || !options->seeds;
    return options->w && strcmp(name, "noise") != 0;
}

void take_recipe_inputs(const gb_recipe *recipe, input_options *options) {
    const input_options given = *options;
    const char *name, *text;
    for (size_t i = 0; gb_recipe_input_at(recipe, i, &name, &text); i++) {
        const option *o = input_option(name);
        void *member = o ? (char *)options + o->offset : NULL;
        if (!o || is_displaced(&given, name)) continue;
        if (kind_of(o) == OPTION_NUMBER) {
            if (isnan(*(double *)member)) *(double *)member = strtod(text, NULL);
        } else if (kind_of(o) == OPTION_INTEGER) {
            if (*(int64_t *)member < 0) *(int64_t *)member = strtoll(text, NULL, 10);
        } else if (!*(const char **)member) {
            *(const char **)member = text;
        }
    }
}

static gb_status parse_noise(const char *text, inputs *in, gb_error *err) {
    seed_list seed;
    in->noise = GB_NOISE_CONST;
    if (!text || !strcmp(text, "const")) return GB_OK;
    in->noise = !strcmp(text, "none") ? GB_NOISE_NONE : GB_NOISE_RANDOM;
    if (in->noise == GB_NOISE_NONE || !strcmp(text, "random")) return GB_OK;
    if (strncmp(text, "random:", 7) || !parse_seeds(text + 7, &seed) || seed.count != 1)
        return state(err, GB_BAD_ARGUMENT, "--noise takes const, none, random or random:SEED, not '%s'", text);
    in->noise_seed = seed_at(&seed, 0);
    return GB_OK;
}

gb_status check_inputs(const input_options *options, inputs *in, gb_error *err) {
    *in = (inputs){.cutoff = options->cutoff, .psi = options->trunc};
    if (options->steps > 0) in->steps = (size_t)options->steps;
    if (options->image > 0) in->only = (size_t)options->image;
    if (!!options->seeds + !!options->z + !!options->w > 1)
        return state(err, GB_BAD_ARGUMENT, "--seeds, --z and --w exclude each other; give one of them");
    in->source = options->z ? FROM_Z : options->w ? FROM_W : FROM_SEEDS;
    in->seeds_text = options->seeds ? options->seeds : "0";
    if (in->source == FROM_SEEDS && !parse_seeds(in->seeds_text, &in->seeds))
        return state(err, GB_BAD_ARGUMENT, "--seeds takes numbers and ranges from 0 to 4294967295, as in 0-15,40, "
                     "not '%.100s'", in->seeds_text);
    if (options->rng && in->source != FROM_SEEDS)
        return state(err, GB_BAD_ARGUMENT, "--rng needs --seeds: it selects the random numbers that a seed draws");
    if (in->source == FROM_W && (!isnan(in->psi) || in->cutoff >= 0))
        return state(err, GB_BAD_ARGUMENT, "%s does not apply to --w: w's are used without truncation",
                     isnan(in->psi) ? "--cutoff" : "--trunc");
    if (in->source == FROM_W && options->classes)
        return state(err, GB_BAD_ARGUMENT, "--class does not apply to --w: w already depends on the class");
    if (options->w_as && in->source != FROM_W) return state(err, GB_BAD_ARGUMENT, "--w-as needs --w");
    if (in->cutoff >= 0 && isnan(in->psi)) return state(err, GB_BAD_ARGUMENT, "--cutoff needs --trunc");
    if (options->space && !in->steps) return state(err, GB_BAD_ARGUMENT, "--space needs --steps");
    in->in_w = in->source == FROM_W || (options->space && !strcmp(options->space, "w"));
    if (in->source == FROM_W && options->space && *options->space == 'z')
        return state(err, GB_BAD_ARGUMENT, "--space z does not apply to --w: a z cannot be computed from a w");
    if (isnan(in->psi)) in->psi = 1;
    return parse_noise(options->noise, in, err);
}

static const char *const rng_names[] = {"numpy", "torch", "truncnorm"};       /* in the order of gb_rng */

static gb_rng rng_named(const char *name) {
    gb_rng rng = GB_RNG_NUMPY;
    for (int i = 0; i < 3; i++)
        if (!strcmp(name, rng_names[i])) rng = (gb_rng)i;
    return rng;
}

/* Sources times labels; every source once if no class was given. */
static size_t count_points(const inputs *in, size_t sources) {
    return sources * (in->classes.count ? in->classes.count : 1);
}

static size_t count_sources(const inputs *in) {
    return in->source == FROM_SEEDS ? (size_t)in->seeds.count : in->latents.count;
}

static gb_status load_classes(const input_options *options, const gb_model *model, inputs *in, gb_error *err) {
    in->c_dim = gb_model_class_count(model);
    if (parse_classes(options->classes, model, &in->classes, err)) return err->status;
    if (in->source != FROM_W && in->c_dim && !in->classes.count)
        return state(err, GB_BAD_ARGUMENT, "this model has %zu classes: choose one with --class, 0 to %zu%s", in->c_dim,
                     in->c_dim - 1, gb_model_class_name(model, 0) ? " or by name" : "");
    if (in->classes.count && !(in->label = malloc(in->c_dim * sizeof *in->label)))
        return state(err, GB_NO_MEMORY, "out of memory");
    return GB_OK;
}

static latent_reading reading_of(const char *w_as) {
    return !w_as ? LATENT_BY_SHAPE : *w_as == 'r' ? LATENT_EACH_ROW : LATENT_LAYERS;
}

gb_status load_inputs(const input_options *options, const gb_model *model, inputs *in, gb_error *err) {
    size_t points;
    in->model = model;
    in->rng = rng_named(options->rng ? options->rng : gb_model_meta_str(model, "origin.rng", "numpy"));
    in->has_noise = gb_model_find_role(model, GB_ROLE_NOISE, 0) != GB_NO_NODE;
    if (options->noise && !in->has_noise)
        return state(err, GB_BAD_ARGUMENT, "--noise %s: this model has no noise", options->noise);
    if (in->in_w && gb_model_find_role(model, GB_ROLE_WS, 0) == GB_NO_NODE)
        return state(err, GB_BAD_ARGUMENT, "%s: this model has no w's", in->source == FROM_W ? "--w" : "--space w");
    if (load_classes(options, model, in, err)) return err->status;
    if (in->source == FROM_Z && load_z(options->z, model, &in->latents, err)) return err->status;
    if (in->source == FROM_W && load_w(options->w, model, reading_of(options->w_as), &in->latents, err)) return err->status;
    if (gb_model_find_role(model, GB_ROLE_PICTURE, 0) != GB_NO_NODE)
        return state(err, GB_BAD_ARGUMENT, "this network looks at pictures and does not make any; 'ganbend dump --picture "
                     "FILE.png' writes the outputs of its layers, 'ganbend compare' compares them");
    if (in->source == FROM_SEEDS && gb_model_find_role(model, GB_ROLE_Z, 0) == GB_NO_NODE)
        return state(err, GB_BAD_ARGUMENT, "this model has no z; give its w's with --w");
    points = count_points(in, count_sources(in));
    if (in->steps && points != 2)
        return state(err, GB_BAD_ARGUMENT, "--steps interpolates between two points, not %zu; give two seeds and one "
                     "class, or one seed and two classes", points);
    in->count = in->steps ? in->steps : points;
    if (in->only > in->count)
        return state(err, GB_BAD_ARGUMENT, "--image %zu: the series has %zu image%s", in->only, in->count,
                     in->count == 1 ? "" : "s");
    if (in->only) in->count = 1;
    return GB_OK;
}

void free_inputs(inputs *in) {
    free_latents(&in->latents);
    free(in->label);
    free(in->ends[0]);
    free(in->ends[1]);
    free(in->between);
}

/* The place in the whole series of rendered image `index`. */
static size_t among_all(const inputs *in, size_t index) {
    return in->only ? in->only - 1 : index;
}

/* All steps have the noise of the first point. */
static gb_status apply_noise(const inputs *in, size_t index, gb_session *session, gb_error *err) {
    size_t image = in->steps ? 0 : index;
    if (gb_session_noise(session, in->noise, in->noise_seed + image, err)) return err->status;
    for (size_t i = 0; in->noise == GB_NOISE_CONST && i < in->latents.noise_count; i++) {
        const struct noise_map *map = &in->latents.noises[i];
        const float *values = map->values + (map->samples > 1 ? image * map->count : 0);
        if (gb_session_set_noise_map(session, map->layer, values, 1, err)) return err->status;
    }
    return GB_OK;
}

/* Removes a label that was set earlier: w's do not need one. */
static gb_status clear_label(gb_session *session, const gb_model *model, gb_error *err) {
    gb_node label = gb_model_find_role(model, GB_ROLE_LABEL, 0);
    gb_node_info info;
    if (label == GB_NO_NODE) return GB_OK;
    gb_model_node(model, label, &info);
    return gb_session_feed(session, info.name, NULL, err);
}

/* Sets point `point` without its noise. */
static gb_status apply_point(const inputs *in, size_t point, gb_session *session, gb_error *err) {
    const latents *l = &in->latents;
    size_t sources = count_sources(in), source = point % sources;
    if (gb_session_truncate(session, (float)in->psi, (int)in->cutoff, err)) return err->status;
    if (in->source == FROM_W && clear_label(session, in->model, err)) return err->status;
    if (in->label) {
        fill_label(&in->classes, point / sources, in->c_dim, in->label);
        if (gb_session_set_label(session, in->label, err)) return err->status;
    }
    switch (in->source) {
    case FROM_SEEDS: return gb_session_seed_with(session, in->rng, seed_at(&in->seeds, source), err);
    case FROM_Z: return gb_session_set_z(session, l->values + source * l->width, err);
    case FROM_W: break;
    }
    return gb_session_set_ws(session, l->values + source * (size_t)l->rows * l->width, l->rows, err);
}

/* Reads both ends from the session's nodes: z as drawn and scaled, or w as truncated. */
static gb_status read_ends(inputs *in, gb_session *session, const gb_model *model, gb_error *err) {
    gb_node node = gb_model_find_role(model, in->in_w ? GB_ROLE_WS : GB_ROLE_Z, 0);
    gb_node_info info;
    gb_model_node(model, node, &info);
    in->end_rows = (int)info.shape[0];
    in->end_floats = 1;
    for (int d = 0; d < info.ndim; d++) in->end_floats *= (size_t)info.shape[d];
    in->between = malloc(in->end_floats * sizeof *in->between);
    if (!in->between) return state(err, GB_NO_MEMORY, "out of memory");
    if (gb_session_tap(session, info.name, err)) return err->status;
    for (size_t k = 0; k < 2; k++) {
        if (!(in->ends[k] = malloc(in->end_floats * sizeof *in->ends[k])))
            return state(err, GB_NO_MEMORY, "out of memory");
        if (apply_point(in, k, session, err) || gb_session_render(session, NULL, err) ||
            gb_session_read(session, node, in->ends[k], err))
            return err->status;
    }
    return gb_session_untap(session, info.name, err);
}

gb_status prepare_inputs(inputs *in, gb_session *session, const gb_model *model, gb_error *err) {
    return in->steps ? read_ends(in, session, model, err) : apply_point(in, 0, session, err);
}

/* a + t (b - a), exactly a and b at both ends. */
static void mix(const float *a, const float *b, float t, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = t == 1 ? b[i] : a[i] + t * (b[i] - a[i]);
}

static gb_status apply_step(const inputs *in, size_t step, gb_session *session, gb_error *err) {
    float t = (float)((double)step / (double)(in->steps - 1));
    mix(in->ends[0], in->ends[1], t, in->end_floats, in->between);
    if (in->classes.count == 2) {
        size_t from = class_at(&in->classes, 0), to = class_at(&in->classes, 1);
        memset(in->label, 0, in->c_dim * sizeof *in->label);
        in->label[from] += 1 - t;
        in->label[to] += t;
        if (gb_session_set_label(session, in->label, err)) return err->status;
    }
    if (in->in_w) return gb_session_set_ws(session, in->between, in->end_rows, err);
    return gb_session_set_z(session, in->between, err);
}

gb_status apply_inputs(const inputs *in, size_t index, gb_session *session, gb_error *err) {
    index = among_all(in, index);
    gb_status status = in->steps ? apply_step(in, index, session, err) : apply_point(in, index, session, err);
    return status ? status : apply_noise(in, index, session, err);
}

uint64_t image_number(const inputs *in, size_t index) {
    size_t all = among_all(in, index), source = all % count_sources(in);
    if (in->steps) return all;
    return in->source == FROM_SEEDS ? seed_at(&in->seeds, source) : source;
}

void name_image(const inputs *in, size_t index, char name[IMAGE_NAME_ROOM]) {
    index = among_all(in, index);
    size_t sources = count_sources(in), source = index % sources;
    int used = 0;
    if (in->steps) {
        snprintf(name, IMAGE_NAME_ROOM, "step%04zu", index);
        return;
    }
    if (in->classes.count > 1)
        used = snprintf(name, IMAGE_NAME_ROOM, "class%04zu-", class_at(&in->classes, index / sources));
    if (in->source == FROM_SEEDS)
        snprintf(name + used, IMAGE_NAME_ROOM - (size_t)used, "seed%04" PRIu32, seed_at(&in->seeds, source));
    else
        snprintf(name + used, IMAGE_NAME_ROOM - (size_t)used, "%c%04zu", in->source == FROM_Z ? 'z' : 'w', source);
}

/* Writes numbers, not names, so that models without class names accept the settings. */
static void append_classes(char *text, const inputs *in, size_t label, bool all) {
    const class_list *list = &in->classes;
    append(text, SETTINGS_ROOM, " --class ");
    if (!all && !list->is_mixture) {
        append(text, SETTINGS_ROOM, "%zu", class_at(list, label));
        return;
    }
    for (size_t i = 0; i < list->item_count; i++) {
        const class_item *item = &list->items[i];
        append(text, SETTINGS_ROOM, item->first == item->last ? "%s%zu" : "%s%zu-%zu", i ? "," : "", item->first, item->last);
        if (!list->is_mixture) continue;
        append(text, SETTINGS_ROOM, ":");
        append_float(text, SETTINGS_ROOM, item->weight);
    }
}

static void append_noise(char *text, const inputs *in, size_t index, bool all) {
    const latents *l = &in->latents;
    uint32_t crc = 0;
    switch (in->noise) {
    case GB_NOISE_NONE: append(text, SETTINGS_ROOM, " --noise none"); return;
    case GB_NOISE_RANDOM: append(text, SETTINGS_ROOM, " --noise random:%" PRIu64, in->noise_seed + (all ? 0 : index)); return;
    case GB_NOISE_CONST: break;
    }
    for (size_t i = 0; i < l->noise_count; i++) {
        const struct noise_map *map = &l->noises[i];
        size_t start = all || map->samples == 1 ? 0 : index * map->count;
        crc = (crc << 1 | crc >> 31) ^ crc32_of(map->values + start, map->count * (all ? map->samples : 1));
    }
    append(text, SETTINGS_ROOM, " --noise const");
    if (l->noise_count) append(text, SETTINGS_ROOM, " (maps crc32:%08" PRIx32 ")", crc);
}

char *latent_numbers(const inputs *in, size_t index) {
    const latents *l = &in->latents;
    size_t row = (size_t)l->rows * l->width, source = in->steps ? 0 : among_all(in, index) % count_sources(in);
    if (in->source == FROM_SEEDS) return NULL;
    return numbers_text(l->values + source * row, in->steps ? l->count : 1, (size_t)l->rows, l->width);
}

void describe_inputs(const inputs *in, size_t index, char text[SETTINGS_ROOM]) {
    const latents *l = &in->latents;
    bool sheet = index == ALL_IMAGES, all = sheet || in->steps;
    if (!sheet) index = among_all(in, index);
    size_t sources = count_sources(in), source = all ? 0 : index % sources, row = (size_t)l->rows * l->width;
    text[0] = '\0';
    if (in->source == FROM_SEEDS && all) append(text, SETTINGS_ROOM, "--seeds %s", in->seeds_text);
    if (in->source == FROM_SEEDS && !all) append(text, SETTINGS_ROOM, "--seeds %" PRIu32, seed_at(&in->seeds, source));
    if (in->source == FROM_SEEDS) append(text, SETTINGS_ROOM, " --rng %s", rng_names[in->rng]);
    if (in->source != FROM_SEEDS)
        append(text, SETTINGS_ROOM, "--%c crc32:%08" PRIx32, in->source == FROM_Z ? 'z' : 'w',
               crc32_of(l->values + source * row, (all ? l->count : 1) * row));
    if (in->classes.count) append_classes(text, in, all ? 0 : index / sources, all);
    if (in->steps) append(text, SETTINGS_ROOM, " --steps %zu --space %c", in->steps, in->in_w ? 'w' : 'z');
    if (sheet ? in->only > 0 : in->steps > 0) append(text, SETTINGS_ROOM, " --image %zu", sheet ? in->only : index + 1);
    if (in->source != FROM_W) {
        append(text, SETTINGS_ROOM, " --trunc ");
        append_float(text, SETTINGS_ROOM, (float)in->psi);
    }
    if (in->cutoff >= 0) append(text, SETTINGS_ROOM, " --cutoff %" PRId64, in->cutoff);
    if (in->has_noise) append_noise(text, in, index, all);
}
