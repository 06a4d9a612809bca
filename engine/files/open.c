/* Opens .gbw files as models: the network's architecture builds the graph, of which a model is made. */
#include "open.h"

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "engine/base/reader.h"
#include "engine/models/models.h"
#include "weights/gbw.h"

gb_status gb_model_from_network(gb_context *context, gb_network *network, const char *name, gb_model **model,
                                gb_error *err) {
    gb_graph *graph = gb_graph_from_network(network);
    if (!graph)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    const gb_architecture *architecture = gb_architecture_of(network);
    if (architecture)
        architecture->build(graph);
    else
        gb_graph_fail(graph, "unknown architecture '%s'; a newer version of ganbend may support it",
                      gb_network_str(network, "architecture", ""));
    return gb_model_new(context, graph, name, model, err);
}

static gb_status refuse(const char *name, gb_error *err) {
    return gb_fail(err, GB_BAD_FILE, "%s: not a .gbw model; 'ganbend convert' makes one from a checkpoint", name);
}

gb_status gb_model_open_memory(gb_context *context, const void *bytes, size_t size, const char *name, gb_model **model,
                               gb_error *err) {
    gb_reason why = {0};
    *model = NULL;
    if (!gbw_is(bytes, size))
        return refuse(name, err);
    gb_network *network = gbw_open(bytes, size, name, &why);
    if (!network)
        return gb_fail_because(err, GB_BAD_FILE, &why);
    uint32_t checksum = gbw_checksum(network);
    gb_status status = gb_model_from_network(context, network, name, model, err);
    if (!status) {
        (*model)->weights.checksum = checksum;
        gb_log(context, GB_LOG_INFO, "%s: opened, %s, %d nodes, %zu MB", name,
               gb_model_meta_str(*model, "architecture", ""), (*model)->graph->count, size >> 20);
    }
    return status;
}

static gb_status open_map(gb_context *context, gb_map map, const char *name, gb_model **model, gb_error *err) {
    gb_status status = gb_model_open_memory(context, map.bytes, map.size, name, model, err);
    if (status)
        gb_map_close(&map);
    else
        (*model)->weights.map = map;
    return status;
}

gb_status gb_model_open(gb_context *context, const char *path, gb_model **model, gb_error *err) {
    gb_map map;
    *model = NULL;
    gb_status status = gb_map_open(path, &map, err);
    return status ? status : open_map(context, map, gb_base_name(path), model, err);
}

gb_status gb_model_read(gb_context *context, const char *path, gb_model **model, gb_error *err) {
    gb_map map;
    bool is;
    *model = NULL;
    gb_status status = gb_is_gbw(path, &is, err);       /* before all of a large file is read */
    if (!status && !is)
        status = refuse(gb_base_name(path), err);
    if (!status)
        status = gb_map_read_again(context->cpu.allocator, path, &map, err);
    return status ? status : open_map(context, map, gb_base_name(path), model, err);
}

gb_status gb_model_open_from(gb_context *context, const gb_reader *reader, gb_model **model, gb_error *err) {
    gb_map map;
    const char *name;
    *model = NULL;
    gb_status status = gb_reader_read(reader, false, context->cpu.allocator, &map, &name, err);
    return status ? status : open_map(context, map, name, model, err);
}

gb_status gb_is_gbw(const char *path, bool *is, gb_error *err) {
    unsigned char bytes[64];
    size_t size;
    gb_status status = gb_read_start(path, bytes, sizeof bytes, &size, err);
    *is = !status && gbw_is(bytes, size);
    return status;
}

/* ------------------------------------------------------------------------------------------------ picture sizes */

static const char *const size_keys[2] = {"config.height", "config.width"};

static bool set_size(gb_network *network, const int64_t size[2]) {
    return gb_network_set_int(network, size_keys[0], size[0]) && gb_network_set_int(network, size_keys[1], size[1]);
}

gb_status gb_model_set_picture_size(gb_model *model, int height, int width, gb_error *err) {
    gb_network *network = model->graph->network;
    const gb_architecture *architecture = gb_architecture_of(network);
    const int64_t before[2] = {gb_network_int(network, size_keys[0], 0), gb_network_int(network, size_keys[1], 0)};
    const int64_t now[2] = {height, width};
    gb_model *sized = NULL;
    if (gb_graph_find_role(model->graph, GB_ROLE_PICTURE, 0) == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network does not look at pictures");
    if (before[0] == now[0] && before[1] == now[1])
        return GB_OK;
    if (atomic_load(&model->sessions))
        return gb_fail(err, GB_BAD_ARGUMENT, "the model has sessions; set the size of its pictures before");
    if (!architecture || !architecture->any_size)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network looks at pictures of %lldx%lld pixels only",
                       (long long)before[0], (long long)before[1]);
    gb_network_retain(network);         /* both models have it until one of them is closed */
    gb_status status = set_size(network, now) ? gb_model_from_network(model->context, network, NULL, &sized, err)
                                              : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (status) {
        set_size(network, before);
        return status;
    }
    gb_model old = *model;
    *model = *sized;
    gb_held_bytes *held = model->weights.held;
    model->weights.held = old.weights.held;         /* the state of the map, and so of both models' tensors */
    old.weights.held = held;
    model->weights.map = old.weights.map;
    model->weights.checksum = old.weights.checksum;
    *sized = old;
    sized->weights.map = (gb_map){0};
    gb_model_close(sized);
    return GB_OK;
}
