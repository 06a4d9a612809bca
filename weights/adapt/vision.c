/* Taking over the tensors of networks that look at pictures. */
#include "vision.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WIDEST = 1 << 16, NAME = 160 };

/* Of pictures in [0, 1], over the ImageNet training set, as torchvision's transforms have them. */
const double gb_imagenet_mean[3] = {0.485, 0.456, 0.406}, gb_imagenet_deviation[3] = {0.229, 0.224, 0.225};

bool gb_vision_open(gb_vision *v, const gb_checkpoint *c, const char *prefix, gb_network *n, gb_reason *why) {
    *v = (gb_vision){.network = n, .why = why};
    return gb_source_open(&v->source, c, prefix, why);
}

void gb_vision_close(gb_vision *v) {
    gb_source_close(&v->source);
}

bool gb_vision_no_memory(const gb_vision *v) {
    return gb_because_no_memory(v->why);
}

const gb_array *gb_vision_find(gb_vision *v, const char *format, ...) {
    char name[NAME], path[2 * NAME];
    size_t count;
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%s%s", v->source.prefix, name);
    const gb_named_array *all = gb_checkpoint_arrays(v->source.checkpoint, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].name, path))
            return &all[i].array;
    return NULL;
}

bool gb_vision_bring(gb_vision *v, const char *name, int ndim, int64_t *shape) {
    const gb_array *a = gb_source_take(&v->source, name);
    char got[128], wanted[128] = "[";
    if (!a)
        return gb_source_lacks(&v->source, name, v->why);
    bool fits = a->ndim == ndim;
    for (int i = 0; i < ndim; i++) {
        size_t used = strlen(wanted);
        if (shape[i] < 0)
            snprintf(wanted + used, sizeof wanted - used, "%sn", i ? "," : "");
        else
            snprintf(wanted + used, sizeof wanted - used, "%s%" PRId64, i ? "," : "", shape[i]);
        fits = fits && a->shape[i] >= 1 && a->shape[i] <= WIDEST && (shape[i] < 0 || a->shape[i] == shape[i]);
    }
    if (!fits || a->dtype == GB_OPAQUE || gb_array_repeats(a))
        return gb_because(v->why, "tensor '%s%s' is %s %s; expected %s]", v->source.prefix, name,
                          gb_dtype_name(a->dtype), gb_shape_text(a, got, sizeof got), wanted);
    for (int i = 0; i < ndim; i++)
        shape[i] = a->shape[i];
    return gb_network_add_array(v->network, name, a) || gb_vision_no_memory(v);
}

static bool bring_part(gb_vision *v, const char *name, const char *leaf, int ndim, int64_t *shape) {
    char path[NAME];
    snprintf(path, sizeof path, "%s.%s", name, leaf);
    return gb_vision_bring(v, path, ndim, shape);
}

bool gb_vision_bring_conv(gb_vision *v, const char *name, int64_t shape[4]) {
    if (!bring_part(v, name, "weight", 4, shape))
        return false;
    return shape[2] == shape[3] || gb_because(v->why, "tensor '%s%s.weight' has a kernel of %" PRId64 "x%" PRId64
                                              "; expected a square", v->source.prefix, name, shape[2], shape[3]);
}

bool gb_vision_bring_bias(gb_vision *v, const char *name, int64_t c) {
    return bring_part(v, name, "bias", 1, &c);
}

bool gb_vision_bring_norm(gb_vision *v, const char *name, int64_t c) {
    return bring_part(v, name, "weight", 1, &c) && bring_part(v, name, "bias", 1, &c) &&
           bring_part(v, name, "running_mean", 1, &c) && bring_part(v, name, "running_var", 1, &c);
}

bool gb_vision_bring_dense(gb_vision *v, const char *name, int64_t in, int64_t *out) {
    int64_t shape[2] = {-1, in};
    if (!bring_part(v, name, "weight", 2, shape) || !bring_part(v, name, "bias", 1, shape))
        return false;
    *out = shape[0];
    return true;
}

bool gb_vision_add_normalisation(gb_vision *v, const double mean[3], const double deviation[3]) {
    const int64_t channels = 3;
    float *scale = gb_network_add_f32(v->network, "normalise.scale", 1, &channels);
    for (int c = 0; scale && c < channels; c++)
        scale[c] = (float)(1.0 / deviation[c]);
    float *offset = gb_network_add_f32(v->network, "normalise.offset", 1, &channels);
    for (int c = 0; offset && c < channels; c++)
        offset[c] = (float)(-mean[c] / deviation[c]);
    return (scale && offset) || gb_vision_no_memory(v);
}

bool gb_vision_describe(gb_vision *v, const char *architecture, const char *family, int64_t channels, int64_t size,
                        double low, double high) {
    const double range[2] = {low, high};
    gb_network *n = v->network;
    return (gb_network_set_str(n, "architecture", architecture) && gb_network_set_str(n, "origin.family", family) &&
            gb_network_set_int(n, "config.channels", channels) && gb_network_set_int(n, "config.height", size) &&
            gb_network_set_int(n, "config.width", size) && gb_network_set_floats(n, "config.range", range, 2)) ||
           gb_vision_no_memory(v);
}

/* A counter of training steps, which evaluation does not use. */
static bool ignored(const char *name) {
    static const char tail[] = "num_batches_tracked";
    size_t size = strlen(name);
    return size >= sizeof tail - 1 && !strcmp(name + size - (sizeof tail - 1), tail);
}

bool gb_vision_finish(gb_vision *v, const char *what, const char *const *within) {
    const char *left = gb_source_left(&v->source, within, ignored);
    return !left || gb_because(v->why, "tensor '%s%s' has no place in %s", v->source.prefix, left, what);
}
