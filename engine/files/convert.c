/* Converts any supported checkpoint to a .gbw: reads it safely, adapts it, synthesises missing values, writes the
 * file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/output.h"
#include "engine/base/reader.h"
#include "engine/graph/model.h"
#include "engine/models/models.h"
#include "open.h"
#include "save.h"
#include "weights/adapt/adapt.h"
#include "weights/adapt/families.h"
#include "weights/adapt/known.h"
#include "weights/adapt/vision.h"
#include "weights/arena.h"
#include "weights/gbw.h"
#include "weights/read/json.h"

/* If a checkpoint has no mean w, it is computed from 10000 z's, as many as NVIDIA's projector uses. */
enum { MEAN_W_BATCH = 100, MEAN_W_BATCHES = 100 };

bool gb_checkpoint_family(size_t index, const char **name, const char **summary) {
    for (size_t i = 0; i <= index; i++)
        if (!gb_families[i])
            return false;
    *name = gb_families[index]->name;
    *summary = gb_families[index]->summary;
    return true;
}

bool gb_checkpoint_table_row(gb_checkpoint_table table, size_t index, gb_checkpoint_row *row) {
    *row = (gb_checkpoint_row){"", "", ""};
    switch (table) {
    case GB_CHECKPOINT_FAMILIES:
        if (!gb_checkpoint_family(index, &row->name, &row->summary))
            return false;
        row->source = gb_families[index]->source;
        return true;
    case GB_CHECKPOINT_FORMATS: return gb_checkpoint_container(index, &row->name, &row->summary);
    case GB_CHECKPOINT_REFUSED: return (row->name = gb_known_network_name(index)) != NULL;
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------ synthesising */

/* Sets the labels of a batch: each class in turn. */
static gb_status set_labels(gb_session *session, int classes, int first, gb_error *err) {
    float *labels = calloc((size_t)MEAN_W_BATCH * (size_t)classes, sizeof *labels);
    if (!labels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < MEAN_W_BATCH; i++)
        labels[i * classes + (first + i) % classes] = 1;
    gb_status status = gb_session_set_label(session, labels, err);
    free(labels);
    return status;
}

/* Runs the mapping network on all batches and writes the mean w to `w_avg`. */
static gb_status mean_w(gb_model *model, float *w_avg, const gb_convert_options *options, gb_error *err) {
    gb_node node = gb_model_find_role(model, GB_ROLE_WS, 0);
    gb_node_info info;
    gb_model_node(model, node, &info);
    size_t num_ws = (size_t)info.shape[0], w_dim = (size_t)info.shape[1];
    int classes = (int)gb_model_class_count(model);
    bool has_z = gb_model_find_role(model, GB_ROLE_Z, 0) != GB_NO_NODE;
    double *sum = calloc(w_dim, sizeof *sum);
    float *ws = malloc(MEAN_W_BATCH * num_ws * w_dim * sizeof *ws);
    gb_session *session = NULL;
    gb_status status = sum && ws ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = gb_session_new(model, &(gb_session_options){.batch = MEAN_W_BATCH}, &session, err);
    if (!status)
        status = gb_session_tap(session, info.name, err);
    for (int batch = 0; batch < MEAN_W_BATCHES && !status; batch++) {
        if (has_z)
            status = gb_session_seed(session, (uint64_t)batch * MEAN_W_BATCH, err);
        if (!status && classes)
            status = set_labels(session, classes, batch * MEAN_W_BATCH, err);
        if (!status)
            status = gb_session_render(session, NULL, err);
        if (!status)
            status = gb_session_read(session, node, ws, err);
        for (size_t i = 0; i < MEAN_W_BATCH && !status; i++)
            for (size_t k = 0; k < w_dim; k++)
                sum[k] += ws[i * num_ws * w_dim + k];
        if (options->progress)
            options->progress(options->progress_arg, 0.9 * (batch + 1) / MEAN_W_BATCHES);
    }
    for (size_t k = 0; k < w_dim && !status; k++)
        w_avg[k] = (float)(sum[k] / (MEAN_W_BATCH * MEAN_W_BATCHES));
    gb_session_free(session);
    free(sum);
    free(ws);
    return status;
}

/* ------------------------------------------------------------------------------------------------ converting */

typedef struct destination {
    const char *path;               /* or NULL: */
    gb_writer *writer;
} destination;

/* Takes the network over. Building a model of it proves that the written file can be opened. */
static gb_status complete_and_save(gb_context *context, gb_network *network, const char *name, destination out,
                                   const gb_convert_options *options, gb_error *err) {
    gb_model *model = NULL;
    float *w_avg = NULL;
    const gb_architecture *architecture = gb_architecture_of(network);
    gb_status status = architecture && architecture->complete ? architecture->complete(network, &w_avg, err) : GB_OK;
    if (status) {
        gb_network_free(network);
        return status;
    }
    status = gb_model_from_network(context, network, name, &model, err);
    if (!status && w_avg) {
        status = mean_w(model, w_avg, options, err);
        if (!status && !gb_network_note(network, "synthesised: the mean w, from %d z's of seed 0 and up",
                                        MEAN_W_BATCH * MEAN_W_BATCHES))
            status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    const char *const *notes;
    size_t count = status ? 0 : gb_network_notes(network, &notes);
    for (size_t i = 0; i < count && options->note; i++)
        options->note(options->note_arg, notes[i]);
    if (!status)
        status = out.path ? gb_network_save(network, options->half, out.path, err)
                          : gb_network_save_to(network, options->half, out.writer, err);
    if (!status && options->progress)
        options->progress(options->progress_arg, 1);
    gb_model_close(model);
    return status;
}

/* A JSON text with constructor arguments: a file named by the caller, the caller's text, or the config.json beside the
 * checkpoint. */
typedef struct sidecar {
    gb_map map;
    const char *name;               /* for messages */
    char path[4096];                /* of a config.json beside the checkpoint; "" if there is none */
} sidecar;

/* The Hugging Face port has its constructor arguments in a config.json in the same folder. */
static gb_status find_config_beside(const char *checkpoint, sidecar *config, gb_error *err) {
    size_t folder = (size_t)(gb_base_name(checkpoint) - checkpoint);
    if (folder + sizeof "config.json" > sizeof config->path)
        return GB_OK;
    memcpy(config->path, checkpoint, folder);
    memcpy(config->path + folder, "config.json", sizeof "config.json");
    config->name = config->path;
    if (gb_file_exists(config->path))
        return gb_map_read(config->path, SIZE_MAX, &config->map, err);
    config->path[0] = '\0';
    return GB_OK;
}

/* Joins the VGG-16 in `network` with the weights of LPIPS in the file at `path`, of which nothing is kept. */
static gb_status join_lpips(gb_network *network, const char *path, gb_error *err) {
    gb_reason why = {0};
    gb_map map = {0};
    const char *name = gb_base_name(path);
    if (strstr(path, "v0.0/"))
        return gb_fail(err, GB_BAD_FILE, "%s: the weights of LPIPS v0.0, which belong to a VGG-16 without normalised "
                       "pictures; take weights/v0.1/vgg.pth", path);
    gb_status status = gb_map_read(path, SIZE_MAX, &map, err);
    if (status)
        return status;
    gb_checkpoint *checkpoint = gb_checkpoint_open(map.bytes, map.size, name, &why);
    if (checkpoint && !gb_adapt_lpips(network, checkpoint, &why)) {
        gb_because_in(&why, "%s", name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    } else if (!checkpoint) {
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    gb_checkpoint_close(checkpoint);
    gb_map_close(&map);
    return status;
}

/* `path` is NULL for a checkpoint that is no file. */
static gb_status adapt(gb_context *context, const gb_map *in, const char *path, const char *name, sidecar *config,
                       destination out, const gb_convert_options *options, gb_error *err) {
    gb_reason why = {0};
    gb_checkpoint *checkpoint = NULL;
    if (gbw_is(in->bytes, in->size))
        return gb_fail(err, GB_BAD_FILE, "%s: the file is a .gbw already", name);
    if (!(checkpoint = gb_checkpoint_open(in->bytes, in->size, name, &why)))
        return gb_fail_because(err, GB_BAD_FILE, &why);
    bool beside = false;
    gb_status status = GB_OK;
    if (path && !config->map.bytes && !gb_adapt_has_config_beside(checkpoint, options->network, &beside, &why)) {
        gb_because_in(&why, "%s", name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    if (!status && beside)
        status = find_config_beside(path, config, err);
    const gb_value *settings = NULL;
    gb_network *network = NULL;
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(config->map.size));
    if (!status && !arena)
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status && config->map.bytes &&
        !(settings = gb_json_parse(arena, config->map.bytes, config->map.size, config->name, &why)))
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    if (!status && !(network = gb_adapt(checkpoint, &(gb_adapt_options){settings, options->network}, &why))) {
        gb_because_in(&why, *config->path ? "%s with the config.json beside it" : "%s", name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    if (!status && *config->path && !gb_network_note(network, "used the config.json beside the file")) {
        gb_network_free(network);
        status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    if (!status && options->lpips && (status = join_lpips(network, options->lpips, err)))
        gb_network_free(network);
    if (!status)
        status = complete_and_save(context, network, name, out, options, err);
    gb_checkpoint_close(checkpoint);
    gb_arena_free(arena);
    return status;
}

static gb_status read_config(gb_context *context, const gb_convert_options *options, sidecar *config, gb_error *err) {
    if (options->config && options->config_json)
        return gb_fail(err, GB_BAD_ARGUMENT, "give either config or config_json");
    config->name = options->config_json ? "config_json" : options->config;
    if (options->config)
        return gb_map_read_with(context->cpu.allocator, options->config, SIZE_MAX, &config->map, err);
    if (options->config_json)
        config->map = (gb_map){.bytes = options->config_json, .size = strlen(options->config_json), .borrowed = true};
    return GB_OK;
}

/* Closes the map. */
static gb_status convert(gb_context *context, gb_map *in, const char *path, const char *name, destination out,
                         const gb_convert_options *options, gb_error *err) {
    sidecar config = {{0}, "", ""};
    gb_status status = read_config(context, options, &config, err);
    if (!status)
        status = adapt(context, in, path, name, &config, out, options, err);
    gb_map_close(&config.map);
    gb_map_close(in);
    return status;
}

gb_status gb_convert(gb_context *context, const char *in, const char *out, const gb_convert_options *given,
                     gb_error *err) {
    gb_convert_options options;
    gb_map map;
    gb_status status = GB_TAKE_OPTIONS(gb_convert_options, config_json, &options, given, err);
    if (!status)
        status = gb_map_read_with(context->cpu.allocator, in, SIZE_MAX, &map, err);
    return status ? status : convert(context, &map, in, gb_base_name(in), (destination){out, NULL}, &options, err);
}

gb_status gb_convert_to(gb_context *context, const gb_reader *in, gb_writer *out, const gb_convert_options *given,
                        gb_error *err) {
    gb_convert_options options;
    gb_map map;
    const char *name;
    gb_status status = gb_writer_begin(out, err);
    if (!status)
        status = GB_TAKE_OPTIONS(gb_convert_options, config_json, &options, given, err);
    if (!status)
        status = gb_reader_read(in, true, context->cpu.allocator, &map, &name, err);
    return status ? status : convert(context, &map, NULL, name, (destination){NULL, out}, &options, err);
}
