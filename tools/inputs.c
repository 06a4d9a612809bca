/* From options to a session's inputs. Random noise takes seed + index of the image, so that every image of a run
 * differs and each can be made again alone. */
#include "inputs.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(input_options, member)

const option input_table[] = {
    {"--seeds", OPTION_TEXT, AT(seeds), "LIST", "One image from each seed: 7, 0-15 or 0-15,40. Without a source: "
     "seed 0.", 0, 0},
    {"--rng", OPTION_CHOICE, AT(rng), "numpy|torch", "How a seed becomes z: numpy's RandomState(seed).randn, the "
     "default for NVIDIA's models, or torch.manual_seed(seed); torch.randn on the CPU, the default for rosinality's.", 0,
     0},
    {"--z", OPTION_TEXT, AT(z), "FILE", "z's from a .npy, .npz or .pt: [z_dim] or [n, z_dim].", 0, 0},
    {"--w", OPTION_TEXT, AT(w), "FILE", "w's from a .npy, .npz or .pt, used as they are: [w_dim], [n, w_dim] or "
     "[n, num_ws, w_dim]; NVIDIA's projected_w.npz, or network-bending's {latent, noises} with its noise maps.", 0, 0},
    {"--class", OPTION_INTEGER, AT(label), "N", "Class of a conditional model.", 0, 1e9},
    {"--trunc", OPTION_NUMBER, AT(trunc), "PSI", "Truncation: w_avg + PSI (w - w_avg), any finite number; 1 is none.",
     0, 0},
    {"--cutoff", OPTION_INTEGER, AT(cutoff), "K", "Truncate the first K w's only.", 0, 1000},
    {"--noise", OPTION_TEXT, AT(noise), "MODE", "const (the stored maps, default), none, or random[:SEED], drawn anew "
     "for each image from SEED + its index.", 0, 0},
    {"--threads", OPTION_INTEGER, AT(threads), "N", "Threads to use; without it, one for each core.", 1, 1024},
    {0}
};

input_options input_defaults(void) {
    return (input_options){.label = -1, .cutoff = -1, .trunc = NAN};
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
    *in = (inputs){.label = options->label, .cutoff = options->cutoff, .psi = options->trunc};
    if (!!options->seeds + !!options->z + !!options->w > 1)
        return state(err, GB_BAD_ARGUMENT, "--seeds, --z and --w are three sources; one can be used");
    in->source = options->z ? FROM_Z : options->w ? FROM_W : FROM_SEEDS;
    in->seeds_text = options->seeds ? options->seeds : "0";
    if (in->source == FROM_SEEDS && !parse_seeds(in->seeds_text, &in->seeds))
        return state(err, GB_BAD_ARGUMENT, "--seeds takes numbers and ranges from 0 to 4294967295, as in 0-15,40, "
                     "not '%.100s'", in->seeds_text);
    if (options->rng && in->source != FROM_SEEDS)
        return state(err, GB_BAD_ARGUMENT, "--rng goes with --seeds: it says how a seed becomes z");
    if (in->source == FROM_W && (!isnan(in->psi) || in->cutoff >= 0))
        return state(err, GB_BAD_ARGUMENT, "%s does not apply to --w: given w's are used as they are",
                     isnan(in->psi) ? "--cutoff" : "--trunc");
    if (in->source == FROM_W && in->label >= 0)
        return state(err, GB_BAD_ARGUMENT, "--class does not apply to --w: the class has its say before w");
    if (in->cutoff >= 0 && isnan(in->psi)) return state(err, GB_BAD_ARGUMENT, "--cutoff needs --trunc");
    if (isnan(in->psi)) in->psi = 1;
    return parse_noise(options->noise, in, err);
}

gb_status load_inputs(const input_options *options, const gb_model *model, inputs *in, gb_error *err) {
    int64_t classes = gb_model_int(model, "config.c_dim", 0);
    const char *rng = options->rng ? options->rng : gb_model_str(model, "origin.rng", "numpy");
    in->rng = strcmp(rng, "torch") ? GB_RNG_NUMPY : GB_RNG_TORCH;
    if (in->source != FROM_W && classes > 0 && in->label < 0)
        return state(err, GB_BAD_ARGUMENT, "this model has %" PRId64 " classes: choose one with --class 0 to %" PRId64,
                     classes, classes - 1);
    if (in->label >= classes && in->label >= 0)
        return classes ? state(err, GB_BAD_ARGUMENT, "--class %" PRId64 ": this model has classes 0 to %" PRId64,
                               in->label, classes - 1)
                       : state(err, GB_BAD_ARGUMENT, "--class %" PRId64 ": this model has no classes", in->label);
    if (in->source == FROM_Z && load_z(options->z, model, &in->latents, err)) return err->status;
    if (in->source == FROM_W && load_w(options->w, model, &in->latents, err)) return err->status;
    if (in->source == FROM_SEEDS) {
        int64_t z_dim = gb_model_int(model, "config.z_dim", 0);
        if (z_dim < 1) return state(err, GB_BAD_ARGUMENT, "this model takes no z; give its w's with --w");
        in->latents.values = malloc((size_t)z_dim * sizeof(float));     /* where apply_inputs() draws each z */
        if (!in->latents.values) return state(err, GB_NO_MEMORY, "out of memory");
        in->latents.width = (size_t)z_dim;
    }
    in->count = in->source == FROM_SEEDS ? (size_t)in->seeds.count : in->latents.count;
    return GB_OK;
}

void free_inputs(inputs *in) {
    free_latents(&in->latents);
}

static gb_status apply_noise(const inputs *in, size_t index, gb_session *session, gb_error *err) {
    if (gb_session_noise(session, in->noise, in->noise_seed + index, err)) return err->status;
    for (size_t i = 0; in->noise == GB_NOISE_CONST && i < in->latents.noise_count; i++) {
        const struct noise_map *map = &in->latents.noises[i];
        const float *values = map->values + (map->samples > 1 ? index * map->count : 0);
        if (gb_session_set_noise_map(session, map->layer, values, 1, err)) return err->status;
    }
    return GB_OK;
}

gb_status apply_inputs(const inputs *in, size_t index, gb_session *session, gb_error *err) {
    const latents *l = &in->latents;
    switch (in->source) {
    case FROM_SEEDS:
        gb_randn(in->rng, seed_at(&in->seeds, index), l->width, l->values);
        if (gb_session_set_z(session, l->values, err)) return err->status;
        break;
    case FROM_Z:
        if (gb_session_set_z(session, l->values + index * l->width, err)) return err->status;
        break;
    case FROM_W:
        if (gb_session_set_ws(session, l->values + index * (size_t)l->rows * l->width, l->rows, err))
            return err->status;
        break;
    }
    if (in->label >= 0 && gb_session_set_class(session, (int)in->label, err)) return err->status;
    if (in->source != FROM_W && gb_session_truncate(session, (float)in->psi, (int)in->cutoff, err)) return err->status;
    return apply_noise(in, index, session, err);
}

void name_image(const inputs *in, size_t index, char name[IMAGE_NAME_ROOM]) {
    if (in->source == FROM_SEEDS)
        snprintf(name, IMAGE_NAME_ROOM, "seed%04" PRIu32, seed_at(&in->seeds, index));
    else
        snprintf(name, IMAGE_NAME_ROOM, "%c%04zu", in->source == FROM_Z ? 'z' : 'w', index);
}

/* Appends to a text of SETTINGS_ROOM; what does not fit is cut. */
static void PRINTF_LIKE(2, 3) append(char *text, const char *format, ...) {
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, SETTINGS_ROOM - used, format, args);
    va_end(args);
}

/* The fewest digits that read back as the same float. */
static void append_float(char *text, float value) {
    char digits[32];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value) break;
    }
    append(text, "%s", digits);
}

void describe_inputs(const inputs *in, size_t index, char text[SETTINGS_ROOM]) {
    const latents *l = &in->latents;
    bool all = index == ALL_IMAGES;
    size_t row = (size_t)l->rows * l->width;
    text[0] = '\0';
    if (in->source == FROM_SEEDS && all) append(text, "--seeds %s", in->seeds_text);
    if (in->source == FROM_SEEDS && !all) append(text, "--seeds %" PRIu32, seed_at(&in->seeds, index));
    if (in->source == FROM_SEEDS) append(text, " --rng %s", in->rng == GB_RNG_TORCH ? "torch" : "numpy");
    if (in->source != FROM_SEEDS)
        append(text, "--%c crc32:%08" PRIx32, in->source == FROM_Z ? 'z' : 'w',
               crc32_of(l->values + (all ? 0 : index * row), (all ? l->count : 1) * row));
    if (in->label >= 0) append(text, " --class %" PRId64, in->label);
    if (in->source != FROM_W) {
        append(text, " --trunc ");
        append_float(text, (float)in->psi);
    }
    if (in->cutoff >= 0) append(text, " --cutoff %" PRId64, in->cutoff);
    switch (in->noise) {
    case GB_NOISE_NONE: append(text, " --noise none"); break;
    case GB_NOISE_RANDOM: append(text, " --noise random:%" PRIu64, in->noise_seed + (all ? 0 : index)); break;
    case GB_NOISE_CONST: {
        uint32_t crc = 0;
        for (size_t i = 0; i < l->noise_count; i++) {
            const struct noise_map *map = &l->noises[i];
            size_t start = all || map->samples == 1 ? 0 : index * map->count;
            crc = (crc << 1 | crc >> 31) ^ crc32_of(map->values + start, map->count * (all ? map->samples : 1));
        }
        if (l->noise_count) append(text, " --noise const (maps crc32:%08" PRIx32 ")", crc);
        else append(text, " --noise const");
        break;
    }
    }
}
