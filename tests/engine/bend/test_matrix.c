/* Every filter and every activation on every layer of every architecture: each is added, renders without an error and
 * without NaN, and is removed, which gives the original picture again. The networks are as small as possible. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend.h"

enum { PATH_ROOM = 64, IMAGE_ROOM = 3 * 32 * 32 };

typedef struct network {
    gb_context *context;
    gb_model *model;
    gb_session *session;
    char path[PATH_ROOM];
} network;

static void open_network(network *n, const char *name, const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    gb_error err = {0};
    *n = (network){0};
    snprintf(n->path, sizeof n->path, "test_matrix.%d.%s.gbw", (int)getpid(), name);
    assert_int_equal(gb_context_new(&(gb_context_options){.threads = 1}, &n->context, &err), GB_OK);
    if (stylegan2) gb_init_stylegan2(n->context, n->path, stylegan2, false, &err);
    else gb_init_biggan(n->context, n->path, biggan, false, &err);
    if (!err.status) gb_model_open(n->context, n->path, &n->model, &err);
    if (!err.status) gb_session_new(n->model, &how, &n->session, &err);
    if (!err.status) gb_session_seed(n->session, 1, &err);
    if (!err.status && gb_model_class_count(n->model)) gb_session_set_class(n->session, 0, &err);
    if (err.status) fail_msg("%s: %s", name, err.message);
}

static void close_network(network *n) {
    gb_session_free(n->session);
    gb_model_close(n->model);
    gb_context_free(n->context);
    remove(n->path);
}

/* Renders with the bend. False if it cannot act there, which must be reported as GB_BAD_ARGUMENT. */
static bool render_bent(const network *n, const gb_bend_options *bend, float *image) {
    gb_error err = {0};
    gb_bend handle;
    if (gb_session_bend(n->session, bend, &handle, &err)) {
        if (err.status != GB_BAD_ARGUMENT) fail_msg("%s at %s: %s", bend->name, bend->at, err.message);
        return false;
    }
    if (gb_session_render(n->session, image, &err) || gb_session_unbend(n->session, handle, &err))
        fail_msg("%s at %s: %s", bend->name, bend->at, err.message);
    for (int i = 0; i < IMAGE_ROOM; i++)
        if (!isfinite(image[i])) fail_msg("%s at %s: NaN or infinity in the picture", bend->name, bend->at);
    return true;
}

/* Both tables on every node. Filters can act on all nodes; activations on those that have one. */
static void bend_everywhere(const network *n) {
    static float before[IMAGE_ROOM], bent[IMAGE_ROOM], after[IMAGE_ROOM];
    gb_error err = {0};
    gb_table_row row;
    size_t active = 0;
    assert_int_equal(gb_session_render(n->session, before, &err), GB_OK);
    for (gb_node node = 0; node < (gb_node)gb_model_node_count(n->model); node++) {
        gb_node_info info;
        gb_bend_options bend = {.kind = GB_BEND_FILTER};
        gb_model_node(n->model, node, &info);
        bend.at = info.name;
        for (size_t i = 0; gb_filter_row(i, &row); i++) {
            bend.name = row.name;
            if (!render_bent(n, &bend, bent)) fail_msg("the filter %s does not sit on %s", row.name, info.name);
        }
        bend.kind = GB_BEND_ACTIVATION;
        for (size_t i = 0; gb_activation_row(i, &row); i++) {
            bend.name = row.name;
            active += render_bent(n, &bend, bent);
        }
    }
    assert_true(active > 0);
    assert_int_equal(gb_session_render(n->session, after, &err), GB_OK);
    assert_memory_equal(before, after, sizeof before);
}

static void on_stylegan2(const char *block, int classes) {
    const gb_stylegan2 shape = {.resolution = 32, .channel_base = 64, .channel_max = 5, .z_dim = 6, .w_dim = 7,
                                .mapping_layers = 2, .classes = classes, .block = block, .seed = 3};
    network n;
    open_network(&n, block, &shape, NULL);
    bend_everywhere(&n);
    close_network(&n);
}

static void on_biggan(const char *name, const gb_biggan *shape) {
    network n;
    open_network(&n, name, NULL, shape);
    bend_everywhere(&n);
    close_network(&n);
}

static void every_layer_of_a_skip_network_bends(void **state) {
    (void)state;
    on_stylegan2("skip", 3);
}

static void every_layer_of_a_resnet_bends(void **state) {
    (void)state;
    on_stylegan2("resnet", 0);
}

static void every_layer_of_an_orig_network_bends(void **state) {
    (void)state;
    on_stylegan2("orig", 0);
}

static void every_layer_of_a_biggan_bends(void **state) {
    (void)state;
    on_biggan("biggan", &(gb_biggan){.resolution = 32, .channel_width = 8, .classes = 3, .attention = "16", .seed = 3});
}

static void every_layer_of_a_deep_biggan_bends(void **state) {
    (void)state;
    on_biggan("deep", &(gb_biggan){.deep = true, .resolution = 32, .channel_width = 8, .classes = 3, .z_dim = 8,
                                   .attention = "16", .seed = 3});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_of_a_skip_network_bends),
        cmocka_unit_test(every_layer_of_a_resnet_bends),
        cmocka_unit_test(every_layer_of_an_orig_network_bends),
        cmocka_unit_test(every_layer_of_a_biggan_bends),
        cmocka_unit_test(every_layer_of_a_deep_biggan_bends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
