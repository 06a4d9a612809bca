/* The distance of pictures to a fixed one as a network sees it. */
#include "feature_distance.h"

#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/ganbend_gradient.h"
#include "engine/graph/model.h"

struct gb_feature_distance {
    gb_session *session;
    gb_node output, picture;
    const char *name;           /* of the input that the picture is fed to */
};

/* Marks the nodes that depend on `from`. */
static void mark_dependent(const gb_model *model, gb_node from, bool *dependent) {
    dependent[from] = true;
    for (gb_node i = from + 1; i < (gb_node)gb_model_node_count(model); i++) {
        gb_node_info node;
        gb_model_node(model, i, &node);
        for (int k = 0; k < node.inputs; k++)
            dependent[i] = dependent[i] || dependent[node.input[k]];
    }
}

static gb_status feed_value_of(gb_session *session, const gb_model *model, gb_node node, gb_error *err) {
    gb_node_info info;
    size_t count = 1;
    gb_model_node(model, node, &info);
    for (int d = 0; d < info.ndim; d++)
        count *= (size_t)info.shape[d];
    float *value = malloc(count * sizeof *value);
    if (!value)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = gb_session_read(session, node, value, err);
    if (!status)
        status = gb_session_feed(session, info.name, value, err);
    if (!status)
        status = gb_session_untap(session, info.name, err);
    free(value);
    return status;
}

/* Calls `visit` for the last nodes that depend on the target alone: those that a node reads which depends on both pictures. */
static gb_status each_target_feature(gb_session *session, const gb_model *model, const bool *of_picture, const bool *of_target,
                                     gb_status (*visit)(gb_session *, const gb_model *, gb_node, gb_error *), gb_error *err) {
    gb_status status = GB_OK;
    for (gb_node i = 0; i < (gb_node)gb_model_node_count(model) && !status; i++) {
        gb_node_info node;
        gb_model_node(model, i, &node);
        for (int k = 0; of_picture[i] && of_target[i] && k < node.inputs && !status; k++)
            if (!of_picture[node.input[k]])
                status = visit(session, model, node.input[k], err);
    }
    return status;
}

static gb_status tap_node(gb_session *session, const gb_model *model, gb_node node, gb_error *err) {
    gb_node_info info;
    gb_model_node(model, node, &info);
    return gb_session_tap(session, info.name, err);
}

/* Renders once with the target as both pictures, and feeds the features of the target from then on: half of the network need
 * not run again. */
static gb_status keep_target(gb_feature_distance *d, const gb_model *model, gb_node second, const float *target, gb_error *err) {
    size_t nodes = gb_model_node_count(model);
    bool *of_picture = calloc(nodes, sizeof *of_picture), *of_target = calloc(nodes, sizeof *of_target);
    gb_node_info other;
    gb_status status = of_picture && of_target ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_model_node(model, second, &other);
    if (!status) {
        mark_dependent(model, d->picture, of_picture);
        mark_dependent(model, second, of_target);
        status = each_target_feature(d->session, model, of_picture, of_target, tap_node, err);
    }
    if (!status)
        status = gb_session_feed(d->session, d->name, target, err);
    if (!status)
        status = gb_session_feed(d->session, other.name, target, err);
    if (!status)
        status = gb_session_render(d->session, NULL, err);
    if (!status)
        status = each_target_feature(d->session, model, of_picture, of_target, feed_value_of, err);
    free(of_picture);
    free(of_target);
    return status;
}

static gb_status check_network(const gb_model *model, gb_node first, gb_node second, gb_error *err) {
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    return first != GB_NO_NODE && second != GB_NO_NODE && shape[0] * shape[1] * shape[2] == 1
               ? GB_OK
               : gb_fail(err, GB_BAD_ARGUMENT, "this network is not a distance of two pictures: convert VGG-16 and LPIPS's weights "
                         "with 'ganbend convert vgg16.pth --lpips vgg.pth lpips.gbw'");
}

gb_status gb_feature_distance_new(gb_model *network, const float *target, int height, int width, gb_feature_distance **out,
                                  gb_error *err) {
    gb_node first = gb_model_find_role(network, GB_ROLE_PICTURE, 0), second = gb_model_find_role(network, GB_ROLE_PICTURE, 1);
    gb_node_info info;
    *out = NULL;
    gb_status status = check_network(network, first, second, err);
    if (status)
        return status;
    gb_model_node(network, first, &info);
    if (info.shape[1] != height || info.shape[2] != width)
        status = gb_model_set_picture_size(network, height, width, err);
    if (status)
        return status;
    gb_model_node(network, first, &info);       /* names may have moved */
    gb_feature_distance *d = calloc(1, sizeof *d);
    if (!d)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    *d = (gb_feature_distance){.output = gb_model_output(network), .picture = first, .name = info.name};
    status = gb_session_new(network, &(gb_session_options){.purpose = GB_GRADIENT}, &d->session, err);
    if (!status)
        status = keep_target(d, network, second, target, err);
    if (!status)
        status = gb_session_want(d->session, d->name, err);
    if (status)
        gb_feature_distance_free(d);
    else
        *out = d;
    return status;
}

void gb_feature_distance_free(gb_feature_distance *d) {
    if (!d)
        return;
    gb_session_free(d->session);
    free(d);
}

gb_status gb_feature_distance_of(gb_feature_distance *d, const float *image, double *value, float *gradient, gb_error *err) {
    const float one = 1;
    float distance;
    gb_status status = gb_session_feed(d->session, d->name, image, err);
    if (!status)
        status = gb_session_render(d->session, &distance, err);
    if (!status && gradient)
        status = gb_session_backward(d->session, d->output, &one, err);
    if (!status && gradient)
        status = gb_session_gradient(d->session, d->picture, gradient, err);
    if (!status)
        *value = (double)distance;
    return status;
}
