/* Networks that look at pictures through the public header: sizes, roles, and the statistics of batch norms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/ok.h"

typedef struct opened { gb_context *context; gb_model *model; } opened;

static opened open_checkpoint(const char *checkpoint) {
    static int number;
    char path[64];
    opened o;
    snprintf(path, sizeof path, "vision.%d.%d.gbw", (int)getpid(), number++);
    OK(gb_context_new(&(gb_context_options){.threads = 2}, &o.context, &err));
    OK(gb_convert(o.context, checkpoint, path, NULL, &err));
    OK(gb_model_read(o.context, path, &o.model, &err));
    unlink(path);
    return o;
}

static void close_opened(opened *o) {
    gb_model_close(o->model);
    gb_context_free(o->context);
}

static void assert_shape(const gb_model *model, const char *name, int64_t c, int64_t h, int64_t w) {
    gb_node_info info;
    gb_model_node(model, gb_model_find(model, name), &info);
    if (info.shape[0] != c || info.shape[1] != h || info.shape[2] != w)
        fail_msg("%s is [%lld,%lld,%lld]", name, (long long)info.shape[0], (long long)info.shape[1], (long long)info.shape[2]);
}

static float *noise(uint64_t seed, size_t count) {
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    gb_randn(GB_RNG_TORCH, seed, count, values);
    return values;
}

static void a_resnet_takes_pictures_of_any_size(void **state) {
    opened o = open_checkpoint("tests/fixtures/understanding/monai-resnet18-narrow.pt");
    gb_session *session = NULL;
    float *picture = noise(1, 3 * 256 * 320), logits[2 * 4];
    (void)state;
    assert_shape(o.model, "features.7", 32, 7, 7);
    OK(gb_model_set_picture_size(o.model, 256, 320, &err));
    assert_shape(o.model, "image", 3, 256, 320);
    assert_shape(o.model, "features.7", 32, 8, 10);
    assert_shape(o.model, "logits", 1, 2, 4);
    assert_int_equal(gb_model_find_role(o.model, GB_ROLE_PICTURE, 0), gb_model_find(o.model, "image"));
    OK(gb_session_new(o.model, NULL, &session, &err));
    assert_int_equal(gb_model_set_picture_size(o.model, 224, 224, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "has sessions"));
    OK(gb_session_feed(session, "image", picture, &err));
    OK(gb_session_render(session, logits, &err));
    for (int i = 0; i < 8; i++) assert_true(isfinite(logits[i]));
    gb_session_free(session);
    OK(gb_model_set_picture_size(o.model, 224, 224, &err));
    assert_shape(o.model, "logits", 1, 1, 1);
    OK(gb_model_verify(o.model, &err));
    assert_int_equal(gb_model_set_picture_size(o.model, 3, 1 << 20, &err), GB_BAD_ARGUMENT);
    assert_shape(o.model, "logits", 1, 1, 1);       /* as before */
    free(picture);
    close_opened(&o);
}

/* The steps of the last render, and the logits. */
static int steps_of(gb_model *model, bool bent, const char *tap, const float *picture, float *logits) {
    const gb_bend_options sinlu = {.kind = GB_BEND_ACTIVATION, .at = "features.[45].?", .name = "sinlu",
                                   .params = (const float[]){0.5f, 2.0f}, .param_count = 2,
                                   .features = {GB_FEATURES_LIST, (const int[]){0, 3}, 2, 0, 0}};
    gb_session *session = NULL;
    gb_render_stats stats;
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_feed(session, "image", picture, &err));
    if (bent)
        OK(gb_session_bend(session, &sinlu, NULL, &err));
    if (tap)
        OK(gb_session_tap(session, tap, &err));
    OK(gb_session_render(session, logits, &err));
    gb_session_stats(session, &stats);
    gb_session_free(session);
    return stats.steps;
}

/* Normalisation, the first convolution and the pool, two convolutions in each of 8 blocks, 3 shortcuts, and the head's
 * two: batch norms, activations and sums are fused into them. */
static void a_residual_block_takes_a_step_for_each_convolution(void **state) {
    opened o = open_checkpoint("tests/fixtures/understanding/monai-resnet18-narrow.pt");
    float *picture = noise(3, 3 * 224 * 224), fused, split;
    int nodes = (int)gb_model_node_count(o.model);
    (void)state;
    for (int bent = 0; bent < 2; bent++) {
        assert_int_equal(steps_of(o.model, bent, NULL, picture, &fused), 3 + 8 * 2 + 3 + 2);
        assert_int_equal(steps_of(o.model, bent, "features.5.0.sum", picture, &split), 3 + 8 * 2 + 3 + 2 + 1);
        assert_memory_equal(&split, &fused, sizeof fused);
        assert_int_equal(steps_of(o.model, bent, "*", picture, &split), nodes - 1);
        assert_memory_equal(&split, &fused, sizeof fused);
    }
    free(picture);
    close_opened(&o);
}

static void other_networks_have_one_size(void **state) {
    opened o = open_checkpoint("tests/fixtures/understanding/classifier-layer3-init.pt");
    (void)state;
    assert_int_equal(gb_model_set_picture_size(o.model, 32, 32, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "this network looks at pictures of 16x16 pixels only");
    OK(gb_model_set_picture_size(o.model, 16, 16, &err));
    close_opened(&o);
    o = open_checkpoint("tests/fixtures/nvlabs-orig-16.pkl");
    assert_int_equal(gb_model_set_picture_size(o.model, 16, 16, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "this network does not look at pictures");
    close_opened(&o);
}

/* The embeddings of two maps, in one batch or alone. */
static void embed(gb_model *model, bool statistics, int batch, const float *maps, float *embeddings) {
    const gb_session_options how = {.size = sizeof how, .batch = batch, .batch_statistics = statistics};
    gb_session *session = NULL;
    gb_node node = gb_model_find(model, "bottleneck");
    OK(gb_session_new(model, &how, &session, &err));
    OK(gb_session_tap(session, "bottleneck", &err));
    for (int i = 0; i < 2; i += batch) {
        OK(gb_session_feed(session, "map", maps + 256 * i, &err));
        OK(gb_session_render(session, NULL, &err));
        OK(gb_session_read(session, node, embeddings + 10 * i, &err));
    }
    gb_session_free(session);
}

static void samples_share_statistics_only_if_asked(void **state) {
    opened o = open_checkpoint("tests/fixtures/understanding/classifier-layer3-init.pt");
    float *maps = noise(2, 2 * 256), alone[20], together[20];
    (void)state;
    embed(o.model, false, 1, maps, alone);
    embed(o.model, false, 2, maps, together);
    assert_memory_equal(alone, together, sizeof alone);
    embed(o.model, true, 1, maps, alone);
    embed(o.model, true, 2, maps, together);
    assert_memory_not_equal(alone, together, sizeof alone);
    memcpy(maps + 256, maps, 256 * sizeof *maps);           /* a batch of equal maps has the statistics of one */
    embed(o.model, true, 1, maps, alone);
    embed(o.model, true, 2, maps, together);
    for (int i = 0; i < 20; i++) assert_true(fabsf(alone[i] - together[i]) < 1e-5f);
    free(maps);
    close_opened(&o);
}

static void take_size(void *arg, int width, int height, const uint8_t *rgba) {
    int *size = arg;
    size[0] = width;
    size[1] = height;
    size[2] = rgba[4 * (width * height - 1)];
}

static void the_pixels_of_a_png_are_read(void **state) {
    static const uint8_t rgb[2 * 3 * 3] = {[15] = 77};
    char path[64];
    int size[3] = {0};
    (void)state;
    snprintf(path, sizeof path, "vision.%d.png", (int)getpid());
    OK(gb_png_write(path, 3, 2, rgb, NULL, 0, &err));
    OK(gb_png_pixels(path, take_size, size, &err));
    assert_true(size[0] == 3 && size[1] == 2 && size[2] == 77);
    unlink(path);
    assert_int_equal(gb_png_pixels(path, take_size, size, &err), GB_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resnet_takes_pictures_of_any_size),
        cmocka_unit_test(a_residual_block_takes_a_step_for_each_convolution),
        cmocka_unit_test(other_networks_have_one_size),
        cmocka_unit_test(samples_share_statistics_only_if_asked),
        cmocka_unit_test(the_pixels_of_a_png_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
