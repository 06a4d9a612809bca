/* Looking at pictures with another network. */
#include "look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "built_in_features.h"
#include "engine/base/error.h"
#include "engine/ganbend_gradient.h"
#include "engine/graph/model.h"

enum { LEAST_SIDE = 16, MOST_SIDE = 4096 };

/* The height and width of the pictures that are looked at: the larger side becomes `size`. */
static void choose_size(gb_look *look, int size) {
    size_t h = look->from[1], w = look->from[2], longer = h > w ? h : w, side = (size_t)size;
    look->height = (h * side + longer / 2) / longer;
    look->width = (w * side + longer / 2) / longer;
    if (look->height < LEAST_SIDE)
        look->height = LEAST_SIDE;
    if (look->width < LEAST_SIDE)
        look->width = LEAST_SIDE;
}

static gb_status find_layer(gb_look *look, const char *at, gb_error *err) {
    static const char *const usual[] = {"features", "layer2", "features.5", NULL};
    gb_node_info info;
    look->node = at ? gb_model_find(look->features, at) : GB_NO_NODE;
    for (int i = look->built_in ? 0 : 1; !at && look->node == GB_NO_NODE && usual[i]; i++)
        look->node = gb_model_find(look->features, usual[i]);
    if (look->node == GB_NO_NODE)
        return at ? gb_fail(err, GB_BAD_ARGUMENT, "the network that looks at pictures has no node '%s'", at)
                  : gb_fail(err, GB_BAD_ARGUMENT, "which layer of the network that looks at pictures is meant? It has no 'layer2'");
    gb_model_node(look->features, look->node, &info);
    if (info.ndim != 3 || look->node == look->input)
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' has no feature maps", info.name);
    look->at = info.name;
    look->channels = (size_t)info.shape[0];
    look->rows = (size_t)info.shape[1];
    look->columns = (size_t)info.shape[2];
    return GB_OK;
}

static gb_status open_features(gb_look *look, gb_model *generator, gb_model *features, gb_error *err) {
    gb_node_info info = {0};
    if (!features) {
        look->built_in = true;
        return gb_built_in_features(generator->context, (int)look->height, (int)look->width, &look->features, err);
    }
    look->features = features;
    gb_node input = gb_model_find_role(features, GB_ROLE_PICTURE, 0);
    if (input != GB_NO_NODE)
        gb_model_node(features, input, &info);
    if (input == GB_NO_NODE || gb_model_find_role(features, GB_ROLE_PICTURE, 1) != GB_NO_NODE || info.shape[0] != 3)
        return gb_fail(err, GB_BAD_ARGUMENT, "features need a network that looks at one picture in colour, such as ResNet or VGG-16");
    return gb_model_set_picture_size(features, (int)look->height, (int)look->width, err);
}

gb_status gb_look_new(gb_look *look, gb_model *generator, gb_model *features, const char *at, int size, size_t batch,
                      bool gradients, gb_error *err) {
    int64_t shape[3];
    gb_node_info info;
    *look = (gb_look){.batch = batch, .node = GB_NO_NODE};
    gb_model_output_shape(generator, shape);
    for (int i = 0; i < 3; i++)
        look->from[i] = (size_t)shape[i];
    if (look->from[0] != 1 && look->from[0] != 3 && look->from[0] != 4)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network does not make pictures");
    if (size < LEAST_SIDE || size > MOST_SIDE)
        return gb_fail(err, GB_BAD_ARGUMENT, "pictures of %d pixels to look at; expected %d to %d", size, (int)LEAST_SIDE,
                       (int)MOST_SIDE);
    choose_size(look, size);
    gb_status status = open_features(look, generator, features, err);
    if (status)
        return status;
    look->input = gb_model_find_role(look->features, GB_ROLE_PICTURE, 0);
    status = find_layer(look, at, err);
    if (status)
        return status;
    look->pixels = malloc(batch * 3 * look->height * look->width * sizeof *look->pixels);
    if (!look->pixels)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    status = gb_session_new(look->features, &(gb_session_options){.purpose = gradients ? GB_GRADIENT : GB_ONCE, .batch = (int)batch},
                            &look->session, err);
    if (!status)
        status = gb_session_tap(look->session, look->at, err);
    gb_model_node(look->features, look->input, &info);
    return status || !gradients ? status : gb_session_want(look->session, info.name, err);
}

void gb_look_free(gb_look *look) {
    gb_session_free(look->session);
    if (look->built_in)
        gb_model_close(look->features);
    free(look->pixels);
    *look = (gb_look){0};
}

/* The channel of the generator's picture that is seen as red, green or blue: its only one, or that one of RGB or RGBA. */
static size_t seen_channel(const gb_look *look, size_t colour) {
    return look->from[0] == 1 ? 0 : colour;
}

gb_status gb_look_at(gb_look *look, const float *pictures, float *features, gb_error *err) {
    size_t h = look->from[1], w = look->from[2];
    float *to = look->pixels;
    gb_node_info info;
    for (size_t plane = 0; plane < look->batch * 3; plane++) {
        const float *from = pictures + (plane / 3 * look->from[0] + seen_channel(look, plane % 3)) * h * w;
        for (size_t y = 0; y < look->height; y++)
            for (size_t x = 0; x < look->width; x++)
                *to++ = from[y * h / look->height * w + x * w / look->width] * 0.5f + 0.5f;
    }
    gb_model_node(look->features, look->input, &info);
    gb_status status = gb_session_feed(look->session, info.name, look->pixels, err);
    if (!status)
        status = gb_session_render(look->session, NULL, err);
    return status ? status : gb_session_read(look->session, look->node, features, err);
}

gb_status gb_look_back(gb_look *look, const float *cotangent, float *gradient, gb_error *err) {
    size_t h = look->from[1], w = look->from[2];
    const float *from = look->pixels;
    gb_status status = gb_session_backward(look->session, look->node, cotangent, err);
    if (!status)
        status = gb_session_gradient(look->session, look->input, look->pixels, err);
    if (status)
        return status;
    memset(gradient, 0, look->batch * look->from[0] * h * w * sizeof *gradient);
    for (size_t plane = 0; plane < look->batch * 3; plane++) {
        float *to = gradient + (plane / 3 * look->from[0] + seen_channel(look, plane % 3)) * h * w;
        for (size_t y = 0; y < look->height; y++)
            for (size_t x = 0; x < look->width; x++)
                to[y * h / look->height * w + x * w / look->width] += 0.5f * *from++;
    }
    return GB_OK;
}

double gb_cosine(const float *a, const float *b, size_t count) {
    double product = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < count; i++) {
        product += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return aa > 0 && bb > 0 ? product / sqrt(aa * bb) : 0;
}
