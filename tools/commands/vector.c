/* ganbend vector: copies activation vectors from a pixel of a layer to a library, lists them, and renders layers painted
 * with them, everywhere and on grids, like the figures of the painting paper. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/sheets/sheet.h"
#include "tools/inputs/inputs.h"
#include "tools/bending/vector_library.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"

typedef struct settings {
    input_options in;
    const char *at, *pixel, *name, *out;
    bool replace;
} settings;

#define AT(member) offsetof(settings, member)

static const command take_command, list_command, show_command;

/* A session that renders the image. */
typedef struct subject {
    inputs in;
    loaded_model o;
    gb_session *session;
    uint8_t *rgb;
} subject;

static gb_status open_subject(const settings *set, const char *model, subject *s, gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    if (check_inputs(&set->in, &s->in, err) || open_model(model, &set->in.on, &s->o, err) ||
        load_inputs(&set->in, s->o.model, &s->in, err))
        return err->status;
    if (s->in.count != 1)
        return state(err, GB_BAD_ARGUMENT, "one image is needed, not %zu; give one seed", s->in.count);
    if (check_picture(&s->o, model, err)) return err->status;
    s->rgb = malloc((size_t)(s->o.width * s->o.height) * 3);
    if (!s->rgb) return state(err, GB_NO_MEMORY, "out of memory");
    if (gb_session_new(s->o.model, &how, &s->session, err) || prepare_inputs(&s->in, s->session, s->o.model, err))
        return err->status;
    return apply_inputs(&s->in, 0, s->session, err);
}

static void close_subject(subject *s) {
    gb_session_free(s->session);
    free_inputs(&s->in);
    close_model(&s->o);
    free(s->rgb);
}

/* ------------------------------------------------------------------------------------------------ take */

static const option take_options[] = {
    {"--at", OPTION_TEXT, AT(at), "LAYER", "The layer, by name or alias.", 0, 0},
    {"--pixel", OPTION_TEXT, AT(pixel), "Y,X", "Pixel of the layer's feature maps, counted from 0 at the upper left.", 0,
     0},
    {"--name", OPTION_TEXT, AT(name), "NAME", "Name of the vector.", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "LIBRARY.npz", "Library to create, or to add the vector to.", 0, 0},
    {"--replace", OPTION_FLAG, AT(replace), NULL, "Replace a vector of the same name.", 0, 0},
    {0}
};

/* Reduces the picture to at most THUMBNAIL_SIDE by averaging blocks of pixels. */
static gb_status make_thumbnail(const subject *s, activation_vector *v, gb_error *err) {
    int width = (int)s->o.width, height = (int)s->o.height, larger = width > height ? width : height;
    int block = (larger + THUMBNAIL_SIDE - 1) / THUMBNAIL_SIDE;
    v->thumb_w = width / block > 0 ? width / block : 1;
    v->thumb_h = height / block > 0 ? height / block : 1;
    v->thumbnail = calloc((size_t)(v->thumb_w * v->thumb_h) * 3, sizeof *v->thumbnail);
    if (!v->thumbnail) return state(err, GB_NO_MEMORY, "out of memory");
    for (int y = 0; y < v->thumb_h * block && y < height; y++)
        for (int x = 0; x < v->thumb_w * block && x < width; x++)
            for (int c = 0; c < 3; c++)
                v->thumbnail[((y / block) * v->thumb_w + x / block) * 3 + c] +=
                    (float)s->rgb[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] / (float)(block * block);
    return GB_OK;
}

static gb_status take(const settings *set, subject *s, activation_vector *v, gb_error *err) {
    gb_node node;
    gb_node_info info;
    float *maps;
    size_t plane;
    if (find_map_layer(s->o.model, set->at, &node, &info, err)) return err->status;
    if (v->y >= info.shape[1] || v->x >= info.shape[2])
        return state(err, GB_BAD_ARGUMENT, "--pixel %s: %s has only %" PRId64 " rows and %" PRId64 " columns",
                     set->pixel, info.name, info.shape[1], info.shape[2]);
    if (strlen(info.name) >= sizeof v->layer)
        return state(err, GB_BAD_ARGUMENT, "--at: the layer's name is longer than %zu bytes: %.100s…", sizeof v->layer - 1,
                     info.name);
    strcpy(v->layer, info.name);
    strcpy(v->name, set->name);
    v->has_checksum = v->has_pixel = true;
    v->checksum = gb_model_checksum(s->o.model);
    v->has_seed = s->in.source == FROM_SEEDS;
    v->seed = v->has_seed ? seed_at(&s->in.seeds, 0) : 0;
    v->channels = (int)info.shape[0];
    plane = (size_t)(info.shape[1] * info.shape[2]);
    maps = malloc(plane * (size_t)v->channels * sizeof *maps);
    v->values = malloc((size_t)v->channels * sizeof *v->values);
    if (!maps || !v->values) state(err, GB_NO_MEMORY, "out of memory");
    else if (!gb_session_tap(s->session, info.name, err) && !gb_session_render_rgb(s->session, s->rgb, err) &&
             !gb_session_read(s->session, node, maps, err) && !make_thumbnail(s, v, err))
        for (int c = 0; c < v->channels; c++)
            v->values[c] = maps[(size_t)c * plane + (size_t)v->y * (size_t)info.shape[2] + (size_t)v->x];
    free(maps);
    return err->status;
}

static int run_take(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    subject s = {0};
    activation_vector v = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&take_command, argc, argv, operands, &set, &status)) return status;
    if (!set.at || !set.pixel || !set.name || !set.out)
        return wrong_usage(&take_command, "%s is missing",
                           !set.at ? "--at" : !set.pixel ? "--pixel" : !set.name ? "--name" : "-o");
    if (!parse_pair(set.pixel, ',', 0, 65535, &v.y, &v.x))
        return wrong_usage(&take_command, "--pixel takes ROW,COLUMN, as in 5,9, not '%s'", set.pixel);
    if (!good_vector_name(set.name))
        return wrong_usage(&take_command, "--name takes at most %d letters, digits, '-', '_' and '.', not '%s'",
                           (int)VECTOR_NAME_ROOM - 1, set.name);
    if (!open_subject(&set, operands[0], &s, &err) && !take(&set, &s, &v, &err) &&
        !add_to_library(set.out, &v, set.replace, &err))
        report("%s: vector %s, %d channels of %s", set.out, v.name, v.channels, v.layer);
    free(v.values);
    free(v.thumbnail);
    close_subject(&s);
    return err.status ? failed(&take_command, &err) : EXIT_DONE;
}

static const command take_command = {
    .name = "vector take",
    .operands = "MODEL",
    .usage = "--at LAYER --pixel Y,X --name NAME -o LIBRARY.npz [options]",
    .about = "Renders an image and stores all channels of one pixel of a layer in a library as an activation vector, with "
             "its origin and a thumbnail of the picture. Recipes paint with vectors by name.",
    .example = "ganbend vector take faces.gbw --seed 7 --at synthesis.b16.conv1 --pixel 5,9 --name nose -o library.npz",
    .writes = WRITES_ARRAYS,
    .options = take_options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run_take,
};

/* ------------------------------------------------------------------------------------------------ list */

static const option list_options[] = {{0}};

static int run_list(int argc, char **argv) {
    const char *operands[OPERANDS];
    char nothing;
    library l = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&list_command, argc, argv, operands, &nothing, &status)) return status;
    if (open_library(operands[0], &l, &err)) return failed(&list_command, &err);
    printf("%-20s %8s  %-28s %8s %10s %-9s %-9s %s\n", "name", "channels", "layer", "model", "seed", "pixel", "thumbnail",
           "tileability");
    for (size_t i = 0; i < l.count; i++) {
        const activation_vector *v = &l.vectors[i];
        char checksum[16] = "-", seed[16] = "-", pixel[32] = "-", thumbnail[32] = "-", tileability[32] = "-";
        if (v->has_checksum) snprintf(checksum, sizeof checksum, "%08" PRIx32, v->checksum);
        if (v->has_seed) snprintf(seed, sizeof seed, "%" PRIu32, v->seed);
        if (v->has_pixel) snprintf(pixel, sizeof pixel, "%d,%d", v->y, v->x);
        if (v->thumbnail) snprintf(thumbnail, sizeof thumbnail, "%dx%d", v->thumb_w, v->thumb_h);
        if (v->has_tileability) snprintf(tileability, sizeof tileability, "%.4f", (double)v->tileability);
        printf("%-20s %8d  %-28s %8s %10s %-9s %-9s %s\n", v->name, v->channels, *v->layer ? v->layer : "-", checksum, seed,
               pixel, thumbnail, tileability);
    }
    free_library(&l);
    return EXIT_DONE;
}

static const command list_command = {
    .name = "vector list",
    .operands = "LIBRARY.npz",
    .usage = "",
    .about = "Lists the vectors of a library and their origins; the model is identified by its checksum.",
    .example = "ganbend vector list library.npz",
    .options = list_options,
    .run = run_list,
};

/* ------------------------------------------------------------------------------------------------ show */

static const option show_options[] = {
    {"--name", OPTION_TEXT, AT(name), "NAME", "Name of the vector; may be omitted if the library has only one.", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "LAYER", "Layer to paint (default: the vector's own).", 0, 0},
    {"-o", OPTION_TEXT, AT(out), "FILE", "Output: a .png, .jpg or .webp file, or -.", 0, 0},
    {0}
};

enum { GRIDS = 5 };

/* Renders the picture unpainted, painted everywhere, and painted on grids of blocks of 1 to GRIDS pixels. */
static gb_status show(const settings *set, subject *s, const activation_vector *v, gb_error *err) {
    const contact_options layout = {.columns = 2 + GRIDS, .rows = 1, .width = (int)s->o.width,
                                    .height = (int)s->o.height, .lines = true};
    const char *at = set->at ? set->at : v->layer;
    gb_node node;
    gb_node_info info;
    contact sheet;
    output_file out = {0};
    char text[SETTINGS_ROOM + 256];
    if (!*at)
        return state(err, GB_BAD_ARGUMENT, "the library has no layer for vector '%s'; give one with --at", v->name);
    if (find_map_layer(s->o.model, at, &node, &info, err) || contact_new(&sheet, &layout, err)) return err->status;
    for (int i = 0; i < layout.columns && !err->status; i++) {
        gb_bend_options paint = {.kind = GB_BEND_PAINT, .at = info.name, .vectors = v->values, .vector_count = 1,
                                 .grid = i - 1};
        gb_bend bend = 0;
        if (info.shape[0] != v->channels) {
            state(err, GB_BAD_ARGUMENT, "'%s' has %d channels, but %s has %" PRId64, v->name, v->channels, info.name,
                  info.shape[0]);
            break;
        }
        if ((i && gb_session_bend(s->session, &paint, &bend, err)) || gb_session_render_rgb(s->session, s->rgb, err) ||
            (i && gb_session_unbend(s->session, bend, err)))
            break;
        snprintf(text, sizeof text, "grid %d", i - 1);
        contact_picture(&sheet, i, 0, s->rgb, !i ? "unpainted" : i == 1 ? "everywhere" : text, NULL);
    }
    if (!err->status) {
        picture_texts texts;
        size_t used;
        describe_inputs(&s->in, 0, text);
        used = strlen(text);
        snprintf(text + used, sizeof text - used, " --name %s --at %s", v->name, info.name);
        fill_picture_texts(&texts, &s->o, text, NULL, NULL);
        if (!output_begin(&out, set->out, err) && !contact_write(&sheet, out.path, texts.texts, texts.count, err))
            output_finish(&out, err);
        output_drop(&out);
        if (!err->status) report("%s: %s painted with %s", set->out, info.name, v->name);
    }
    contact_free(&sheet);
    return err->status;
}

static int run_show(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    subject s = {0};
    library l = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&show_command, argc, argv, operands, &set, &status)) return status;
    if (!set.out) return wrong_usage(&show_command, "-o is missing: -o FILE.png");
    if (!open_library(operands[1], &l, &err)) {
        const activation_vector *v = find_vector(&l, set.name);
        if (!v && set.name)
            state(&err, GB_BAD_ARGUMENT, "%s: contains no vector '%s'; 'ganbend vector list' lists them", operands[1],
                  set.name);
        else if (!v)
            state(&err, GB_BAD_ARGUMENT, "%s: contains %zu vectors; choose one with --name", operands[1], l.count);
        else if (!open_subject(&set, operands[0], &s, &err))
            show(&set, &s, v, &err);
    }
    close_subject(&s);
    free_library(&l);
    return err.status ? failed(&show_command, &err) : EXIT_DONE;
}

static const command show_command = {
    .name = "vector show",
    .operands = "MODEL LIBRARY.npz",
    .usage = "-o FILE [options]",
    .about = "Renders an image unpainted, with the vector at every pixel of the layer, and with it on grids of blocks of 1 "
             "to 5 pixels, side by side. A .pt file of one vector, as saved by the painting paper's code, is accepted as a "
             "library.",
    .example = "ganbend vector show faces.gbw library.npz --name nose --seed 3 -o nose.png",
    .writes = WRITES_PICTURE | WRITES_STREAM,
    .options = show_options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run_show,
};

/* ------------------------------------------------------------------------------------------------ vector */

static const command *const verbs[] = {&take_command, &list_command, &show_command, NULL};

static int run(int argc, char **argv) {
    return run_verb(&vector_command, argc, argv);
}

const command vector_command = {
    .name = "vector",
    .summary = "take, list and show activation vectors for painting",
    .operands = "take|list|show",
    .usage = "…",
    .about = "'vector take' stores the activations of a layer at one pixel in a library, 'vector list' lists a library, and "
             "'vector show' renders a layer painted with a vector. Each has its own --help.",
    .example = "ganbend vector take faces.gbw --seed 7 --at synthesis.b16.conv1 --pixel 5,9 --name nose -o lib.npz\n"
               "ganbend vector show faces.gbw library.npz --name nose --seed 3 -o nose.png",
    .options = list_options,
    .verbs = verbs,
    .run = run,
};
