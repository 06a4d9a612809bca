/* Opens models for the subcommands that run one. */
#include "open_model.h"

#include <stdio.h>
#include <string.h>

#include "model_cache.h"
#include "tools/program/arguments.h"
#include "tools/program/report.h"

gb_status open_any_model(gb_context *context, const char *path, gb_model **model, gb_error *err) {
    bool is;
    if (gb_is_gbw(path, &is, err)) return err->status;
    return is ? gb_model_read(context, path, model, err) : open_checkpoint(context, path, model, err);
}

static void find_output_size(loaded_model *o) {
    int64_t shape[3];
    gb_model_output_shape(o->model, shape);
    o->channels = shape[0];
    o->height = shape[1];
    o->width = shape[2];
}

gb_status open_model(const char *path, const device_options *on, loaded_model *o, gb_error *err) {
    const gb_context_options options = {.threads = (int)on->threads, .device = on->device, .precision = on->precision};
    *o = (loaded_model){0};
    if (gb_context_new(&options, &o->context, err) || open_any_model(o->context, path, &o->model, err)) {
        close_model(o);
        return err->status;
    }
    if (gb_context_fallback_reason(o->context))
        fprintf(stderr, "running on the CPU: %s\n", gb_context_fallback_reason(o->context));
    find_output_size(o);
    report_more("%s: %s, %lldx%lld pixels, checksum %08lx", path, gb_model_meta_str(o->model, "architecture", "network"),
                (long long)o->width, (long long)o->height, (unsigned long)gb_model_checksum(o->model));
    if (gb_context_device(o->context))
        report_more("running on %s, %s", gb_context_device(o->context), gb_context_precision(o->context));
    else
        report_more("running on %d threads, %s", gb_context_threads(o->context), gb_context_isa(o->context));
    return GB_OK;
}

gb_status set_picture_size(loaded_model *o, int height, int width, gb_error *err) {
    if (!height || gb_model_set_picture_size(o->model, height, width, err)) return err->status;
    find_output_size(o);
    return GB_OK;
}

void close_model(loaded_model *o) {
    gb_model_close(o->model);
    gb_context_free(o->context);
    *o = (loaded_model){0};
}

gb_status check_picture(const loaded_model *o, const char *name, gb_error *err) {
    if (o->model && gb_model_find_role(o->model, GB_ROLE_PICTURE, 0) != GB_NO_NODE)
        return state(err, GB_BAD_ARGUMENT, "%s: this network looks at pictures and does not make any; 'ganbend dump --picture "
                     "FILE.png' writes the outputs of its layers", name);
    if (o->channels == 1 || o->channels == 3 || o->channels == 4) return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "%s: the output has %lld channels; a picture has 1 (grey), 3 (RGB) or 4 (RGBA). "
                 "'ganbend dump' writes the output as an array", name, (long long)o->channels);
}

size_t node_elements(const gb_node_info *node) {
    size_t n = 1;
    for (int i = 0; i < node->ndim; i++) n *= (size_t)node->shape[i];
    return n;
}

int64_t role_width(const gb_model *model, gb_role role) {
    gb_node node = gb_model_find_role(model, role, 0);
    gb_node_info info;
    if (node == GB_NO_NODE) return 0;
    gb_model_node(model, node, &info);
    return info.shape[info.ndim - 1];
}

uint64_t image_macs(const gb_model *model) {
    uint64_t macs = 0;
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        gb_model_node(model, (gb_node)i, &node);
        if (strstr(node.op, "conv2d") || !strcmp(node.op, "scores") || !strcmp(node.op, "mix")) macs += node.macs;
    }
    return macs;
}

gb_status find_map_layer(const gb_model *model, const char *at, gb_node *node, gb_node_info *info, gb_error *err) {
    gb_node found = gb_model_find(model, at);
    if (found == GB_NO_NODE)
        return state(err, GB_BAD_ARGUMENT, "--at %s: no node has this name; 'ganbend info' lists the names", at);
    gb_model_node(model, found, info);
    if (info->ndim != 3) return state(err, GB_BAD_ARGUMENT, "--at %s: this node has no feature maps", at);
    if (node) *node = found;
    return GB_OK;
}
