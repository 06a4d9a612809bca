/* Sessions on a GPU where they differ from those on the host: captured launches, copies, host fallback, 8-bit
 * pictures. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cuda/cuda.h"
#include "engine/ganbend_gradient.h"
#include "tests/cuda/emulated/counts.h"

enum { SIZE = 64, IMAGE = 3 * SIZE * SIZE };

static gb_error err;

static void ok(gb_status status) {
    if (status)
        fail_msg("%s", err.message);
}

typedef struct fixture {
    gb_context *context;
    gb_model *model;
} fixture;

static int open_all(void **state) {
    fixture *f = calloc(1, sizeof *f);
    ok(gb_context_new(&(gb_context_options){.threads = 1, .device = "cuda", .precision = "half"}, &f->context, &err));
    ok(gb_model_open(f->context, "tests/fixtures/toy-faces-64.gbw", &f->model, &err));
    *state = f;
    return 0;
}

static int close_all(void **state) {
    fixture *f = *state;
    gb_model_close(f->model);
    gb_context_free(f->context);
    free(f);
    return 0;
}

static gb_session *session_of(const fixture *f, gb_purpose purpose, int batch) {
    gb_session *session;
    ok(gb_session_new(f->model, &(gb_session_options){.purpose = purpose, .batch = batch}, &session, &err));
    ok(gb_session_seed(session, 3, &err));
    return session;
}

/* The largest difference of two pictures. */
static float largest_difference(const float *a, const float *b) {
    float largest = 0;
    for (int i = 0; i < IMAGE; i++) {
        float by = a[i] < b[i] ? b[i] - a[i] : a[i] - b[i];
        largest = by > largest ? by : largest;
    }
    return largest;
}

static void the_device_and_its_precision_are_reported(void **state) {
    fixture *f = *state;
    assert_string_equal(gb_context_device(f->context), "emulated GPU");
    assert_string_equal(gb_context_precision(f->context), "half");
    assert_null(gb_context_fallback_reason(f->context));
}

static void the_second_render_is_captured_and_later_ones_replay_it(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1);
    float image[IMAGE];
    ok(gb_session_render(session, image, &err));
    emulated_counts before = emulated_counters;
    for (uint64_t seed = 0; seed < 4; seed++) {
        ok(gb_session_seed(session, seed, &err));
        ok(gb_session_truncate(session, 0.5f + 0.1f * (float)seed, -1, &err));
        ok(gb_session_render(session, image, &err));
    }
    assert_int_equal(emulated_counters.captures - before.captures, 1);
    assert_int_equal(emulated_counters.replays - before.replays, 4);
    assert_true(emulated_counters.launches - before.launches <= 4);     /* only the conversions of the results */
    gb_session_free(session);
}

static void a_replay_uses_values_set_after_the_capture(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1), *fresh = session_of(*state, GB_ONCE, 1);
    float image[IMAGE], expected[IMAGE], with_noise[IMAGE];
    for (int i = 0; i < 3; i++)
        ok(gb_session_render(session, with_noise, &err));
    ok(gb_session_noise(session, GB_NOISE_NONE, 0, &err));
    ok(gb_session_noise(fresh, GB_NOISE_NONE, 0, &err));
    ok(gb_session_truncate(session, 0.25f, 4, &err));
    ok(gb_session_truncate(fresh, 0.25f, 4, &err));
    unsigned captures = emulated_counters.captures;
    ok(gb_session_render(session, image, &err));
    ok(gb_session_render(fresh, expected, &err));
    assert_int_equal(emulated_counters.captures, captures);
    assert_memory_equal(image, expected, sizeof image);
    assert_true(largest_difference(image, with_noise) > 0.01f);
    gb_session_free(session);
    gb_session_free(fresh);
}

static void a_replay_uses_a_mean_w_at_another_address(void **state) {
    fixture *f = *state;
    gb_session *session = session_of(f, GB_ONCE, 1), *fresh = session_of(f, GB_ONCE, 1);
    float image[IMAGE], expected[IMAGE], w_avg[1024] = {0};
    assert_in_range(gb_model_meta_int(f->model, "config.w_dim", 0), 1, 1024);
    ok(gb_session_truncate(session, 0.25f, -1, &err));
    ok(gb_session_truncate(fresh, 0.25f, -1, &err));
    for (int i = 0; i < 5; i++) {
        w_avg[0] = 0.5f * (float)i;
        ok(gb_session_set_w_avg(session, w_avg, &err));
        ok(gb_session_render(session, image, &err));
    }
    ok(gb_session_set_w_avg(fresh, w_avg, &err));
    ok(gb_session_render(fresh, expected, &err));
    assert_memory_equal(image, expected, sizeof image);
    gb_session_free(session);
    gb_session_free(fresh);
}

static void a_moved_parameter_replays_only_the_steps_that_depend_on_it(void **state) {
    gb_session *session = session_of(*state, GB_INTERACTIVE, 1), *fresh = session_of(*state, GB_ONCE, 1);
    float image[IMAGE], expected[IMAGE], slope = 0.3f;
    gb_bend_options bend = {.kind = GB_BEND_ACTIVATION, .at = "synthesis.b64.conv1", .name = "lrelu", .params = &slope,
                            .param_count = 1};
    gb_render_stats stats;
    gb_bend id;
    ok(gb_session_bend(session, &bend, &id, &err));
    for (int i = 0; i < 6; i++) {
        slope += 0.1f;
        ok(gb_session_set_bend_params(session, id, &slope, 1, &err));
        emulated_counts before = emulated_counters;
        ok(gb_session_render(session, image, &err));
        gb_session_stats(session, &stats);
        if (i < 4)
            continue;
        assert_in_range(stats.nodes_run, 1, 8);
        assert_int_equal(emulated_counters.replays - before.replays, 1);
        assert_int_equal(emulated_counters.captures, before.captures);
    }
    ok(gb_session_bend(fresh, &bend, &id, &err));
    ok(gb_session_render(fresh, expected, &err));
    assert_memory_equal(image, expected, sizeof image);
    gb_session_free(session);
    gb_session_free(fresh);
}

static void sessions_share_the_weights_of_a_model(void **state) {
    gb_session *first = session_of(*state, GB_ONCE, 1), *second = session_of(*state, GB_ONCE, 1);
    float image[IMAGE];
    ok(gb_session_render(first, image, &err));
    unsigned long long before = emulated_counters.uploaded;
    ok(gb_session_render(second, image, &err));
    assert_true(emulated_counters.uploaded - before < 200000);      /* without the 1.3 M weights */
    gb_session_free(first);
    gb_session_free(second);
}

static void a_sample_of_a_batch_equals_that_sample_alone(void **state) {
    gb_session *three = session_of(*state, GB_ONCE, 3), *one = session_of(*state, GB_ONCE, 1);
    float *images = malloc(3 * IMAGE * sizeof *images), alone[IMAGE];
    ok(gb_session_render(three, images, &err));
    for (int i = 0; i < 3; i++) {
        ok(gb_session_seed(one, 3 + (uint64_t)i, &err));
        ok(gb_session_render(one, alone, &err));
        assert_memory_equal(images + i * IMAGE, alone, sizeof alone);
    }
    free(images);
    gb_session_free(three);
    gb_session_free(one);
}

static void taps_between_fused_steps_change_no_bit(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1), *tapped = session_of(*state, GB_ONCE, 1);
    float image[IMAGE], expected[IMAGE];
    ok(gb_session_render(session, expected, &err));
    ok(gb_session_tap(tapped, "*", &err));
    ok(gb_session_render(tapped, image, &err));
    assert_memory_equal(image, expected, sizeof image);
    gb_session_free(session);
    gb_session_free(tapped);
}

/* The launches of the first render of a session, which is not captured, for a model of this size; the file is removed. */
static unsigned launches_for(const fixture *f, const char *path, int size, const float *label) {
    float *image = malloc(3 * (size_t)size * (size_t)size * sizeof *image);
    gb_model *model;
    gb_session *session;
    ok(gb_model_open(f->context, path, &model, &err));
    ok(gb_session_new(model, NULL, &session, &err));
    ok(gb_session_seed(session, 3, &err));
    if (label)
        ok(gb_session_set_label(session, label, &err));
    emulated_counts before = emulated_counters;
    emulated_skipping = 1;
    ok(gb_session_render(session, image, &err));
    emulated_skipping = 0;
    unsigned launches = emulated_counters.launches - before.launches;
    gb_session_free(session);
    gb_model_close(model);
    free(image);
    unlink(path);
    return launches;
}

/* Narrow networks with the layers of the full ones. The styles of all layers are one launch and their modulation another;
 * so are the gains and biases of BigGAN's norms, and their factors. */
static void the_number_of_launches_for_a_picture_is_bounded(void **state) {
    const fixture *f = *state;
    char path[64];
    snprintf(path, sizeof path, "launches.%d.gbw", (int)getpid());
    ok(gb_init_stylegan2(f->context, path, &(gb_stylegan2){.size = sizeof(gb_stylegan2), .resolution = 1024,
                                                           .z_dim = 16, .w_dim = 16, .channel_max = 8}, false, &err));
    unsigned stylegan2 = launches_for(f, path, 1024, NULL);
    ok(gb_init_biggan(f->context, path, &(gb_biggan){.size = sizeof(gb_biggan), .deep = true, .channel_width = 8,
                                                     .z_dim = 8, .shared_dim = 8, .classes = 4}, false, &err));
    unsigned deep = launches_for(f, path, 256, (const float[4]){1});
    print_message("launches: StyleGAN2 1024 %u, BigGAN-deep 256 %u\n", stylegan2, deep);
    assert_true(stylegan2 <= 51);
    assert_true(deep <= 130);
}

enum { SMALL = 16, SMALL_IMAGE = 3 * SMALL * SMALL };

/* A network that renders in no time, from a file that is removed. */
static gb_model *small_model(const fixture *f) {
    const gb_stylegan2 shape = {.size = sizeof shape, .resolution = SMALL, .z_dim = 8, .w_dim = 12, .mapping_layers = 1,
                                .channel_base = 128, .channel_max = 16};
    char path[64];
    gb_model *model;
    snprintf(path, sizeof path, "small.%d.gbw", (int)getpid());
    ok(gb_init_stylegan2(f->context, path, &shape, false, &err));
    ok(gb_model_read(f->context, path, &model, &err));
    unlink(path);
    return model;
}

/* A map larger than the cache passes it by, with the same values. */
static void maps_larger_than_the_cache_are_streamed(void **state) {
    float images[2][SMALL_IMAGE];
    unsigned long long streamed[2];
    int bytes = emulated_cache;
    (void)state;
    for (int i = 0; i < 2; i++) {
        const gb_context_options options = {.threads = 1, .device = "cuda", .precision = "half"};
        fixture f;
        gb_session *session;
        emulated_cache = i ? 1 << 10 : bytes;
        ok(gb_context_new(&options, &f.context, &err));
        f.model = small_model(&f);
        session = session_of(&f, GB_ONCE, 1);
        emulated_counts before = emulated_counters;
        ok(gb_session_render(session, images[i], &err));
        streamed[i] = emulated_counters.streamed - before.streamed;
        gb_session_free(session);
        gb_model_close(f.model);
        gb_context_free(f.context);
    }
    emulated_cache = bytes;
    assert_int_equal(streamed[0], 0);
    assert_true(streamed[1] >= 2 * SMALL * SMALL * 8);      /* the last map: at least 8 channels in half precision */
    assert_memory_equal(images[0], images[1], sizeof *images);
}

static gb_bend multiply(gb_session *session, const char *at, float by) {
    gb_bend id;
    ok(gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = at, .name = "multiply", .params = &by,
                                                   .param_count = 1}, &id, &err));
    return id;
}

/* A bend on a small boundary makes launches of its own of what depends on it, and changes no other bit. */
static void bends_on_the_boundaries_of_shared_launches_split_them(void **state) {
    static const char *const at[] = {"mapping", "synthesis.w3", "synthesis.b16.conv0.affine.linear",
                                     "synthesis.b16.conv0.affine", "synthesis.b8.torgb.affine"};
    float image[2 * SMALL_IMAGE], expected[2 * SMALL_IMAGE];
    gb_model *model = small_model(*state);
    gb_session *session;
    ok(gb_session_new(model, &(gb_session_options){.batch = 2}, &session, &err));
    ok(gb_session_seed(session, 3, &err));
    emulated_counts before = emulated_counters;
    ok(gb_session_render(session, expected, &err));
    unsigned shared = emulated_counters.launches - before.launches;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        gb_bend id = multiply(session, at[i], 1);
        before = emulated_counters;
        ok(gb_session_render(session, image, &err));
        assert_true(emulated_counters.launches - before.launches > shared);
        assert_memory_equal(image, expected, sizeof image);
        ok(gb_session_unbend(session, id, &err));
    }
    gb_session_free(session);
    gb_model_close(model);
}

/* Two sets of bends in turn, three pictures each. */
static void alternate(gb_session *session, float images[2][SMALL_IMAGE]) {
    gb_bend id = 0;
    for (int set = 0; set < 2; set++) {
        if (set)
            id = multiply(session, "synthesis.b8.conv1", 0.5f);
        for (uint64_t seed = 0; seed < 3; seed++) {
            ok(gb_session_seed(session, seed, &err));
            ok(gb_session_render(session, images[set], &err));
        }
    }
    ok(gb_session_unbend(session, id, &err));
}

static void alternating_between_two_sets_of_bends_instantiates_nothing_again(void **state) {
    gb_model *model = small_model(*state);
    float expected[2][SMALL_IMAGE], images[2][SMALL_IMAGE];
    for (int purpose = GB_ONCE; purpose <= GB_INTERACTIVE; purpose++) {
        gb_session *session;
        ok(gb_session_new(model, &(gb_session_options){.purpose = (gb_purpose)purpose}, &session, &err));
        alternate(session, expected);
        alternate(session, images);     /* after the larger of the two the arena has its size */
        emulated_counts before = emulated_counters;
        for (int i = 0; i < 3; i++) {
            alternate(session, images);
            assert_memory_equal(images, expected, sizeof images);
        }
        assert_int_equal(emulated_counters.captures, before.captures);
        assert_int_equal(emulated_counters.replays - before.replays, 3 * 2 * 3);
        gb_session_free(session);
    }
    gb_model_close(model);
}

static void captured_launches_are_bounded_and_end_with_the_session(void **state) {
    static const char *const at[] = {"synthesis.b4.conv1", "synthesis.b8.conv0", "synthesis.b8.conv1", "synthesis.b16.conv0"};
    gb_model *model = small_model(*state);
    gb_session *session;
    float image[SMALL_IMAGE];
    int before = emulated_counters.graphs;
    unsigned captures = emulated_counters.captures;
    ok(gb_session_new(model, NULL, &session, &err));
    ok(gb_session_seed(session, 3, &err));
    for (int set = 0; set < 1 << 4; set++) {
        gb_bend id[4] = {0};
        for (int k = 0; k < 4; k++)
            if (set >> k & 1)
                id[k] = multiply(session, at[k], 1.5f);
        for (int i = 0; i < 2; i++)
            ok(gb_session_render(session, image, &err));
        assert_in_range(emulated_counters.graphs - before, 1, 8);
        for (int k = 0; k < 4; k++)
            if (id[k])
                ok(gb_session_unbend(session, id[k], &err));
    }
    assert_int_equal(emulated_counters.captures - captures, 1 << 4);
    gb_session_free(session);
    assert_int_equal(emulated_counters.graphs, before);
    gb_model_close(model);
}

static void the_8_bit_picture_equals_the_float_picture(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1);
    float image[IMAGE];
    uint8_t rgb[IMAGE];
    ok(gb_session_render(session, image, &err));
    ok(gb_session_render_rgb(session, rgb, &err));
    for (int p = 0; p < SIZE * SIZE; p++)
        for (int c = 0; c < 3; c++) {
            float v = image[c * SIZE * SIZE + p] * 127.5f;
            v += 128.0f;
            assert_int_equal(rgb[3 * p + c], v > 0 ? v < 255 ? (uint8_t)v : 255 : 0);
        }
    gb_session_free(session);
}

static char ranges[4096];

static void note(const char *name) {
    strncat(ranges, name ? name : "\n", sizeof ranges - strlen(ranges) - 1);
}

/* Ranges have the names of steps, one after the other, in the render whose kernels are launched and not in a replay. */
static void launches_are_named_for_profilers(void **state) {
    gb_model *model = small_model(*state);
    gb_session *session;
    float image[SMALL_IMAGE];
    ok(gb_session_new(model, NULL, &session, &err));
    ok(gb_session_seed(session, 3, &err));
    ranges[0] = '\0';
    emulated_named = note;
    ok(gb_session_render(session, image, &err));
    emulated_named = NULL;
    assert_non_null(strstr(ranges, "mapping.fc0\n"));
    assert_non_null(strstr(ranges, "\nsynthesis.b4.conv1.affine and 7 others\n"));
    assert_non_null(strstr(ranges, ": factors and 7 others\n"));
    assert_non_null(strstr(ranges, "\nsynthesis.b16.conv0\nsynthesis.b16.conv1\n"));
    ok(gb_session_render(session, image, &err));
    ranges[0] = '\0';
    emulated_named = note;
    ok(gb_session_render(session, image, &err));
    emulated_named = NULL;
    assert_string_equal(ranges, "");
    gb_session_free(session);
    gb_model_close(model);
}

/* Results go to page-locked memory directly, and to other memory in chunks. A stream of the emulated GPU runs when somebody
 * waits for it, and the values are there when the call returns. */
static void results_are_complete_in_any_memory_on_return(void **state) {
    enum { COUNT = 3 * 300 * 301 };
    char why[200];
    (void)state;
    gb_device *device = gb_cuda_open("half", why, sizeof why);
    assert_non_null(device);
    gb_stream *stream = device->stream_new(device);
    gb_tensor t = {.shape = {1, 3, 300, 301, 1}, .data = device->alloc(device, COUNT * sizeof(float))};
    float *values = malloc(COUNT * sizeof *values), *plain = malloc(COUNT * sizeof *plain);
    float *locked = device->host_alloc(device, COUNT * sizeof *locked);
    gb_randn(GB_RNG_TORCH, 1, COUNT, values);
    assert_true(device->upload(device, t.data, values, COUNT * sizeof *values));
    device->to_nchw(stream, &t, plain);
    device->to_nchw(stream, &t, locked);
    assert_memory_equal(plain, values, COUNT * sizeof *values);
    assert_memory_equal(locked, values, COUNT * sizeof *values);
    device->free(device, t.data);
    device->host_free(device, locked);
    device->stream_free(stream);
    device->close(device);
    free(values);
    free(plain);
}

static void a_failed_kernel_leaves_the_memory_of_the_caller_unchanged(void **state) {
    const fixture *f = *state;
    gb_model *model = small_model(f);
    unsigned char unchanged[SMALL_IMAGE], plain[SMALL_IMAGE];
    void *locked;
    ok(gb_buffer_new(f->context, SMALL_IMAGE, &locked, &err));
    memset(unchanged, 7, sizeof unchanged);
    for (int i = 0; i < 2; i++) {
        unsigned char *to = i ? locked : plain;
        gb_session *session;
        ok(gb_session_new(model, NULL, &session, &err));
        ok(gb_session_seed(session, 3, &err));
        memset(to, 7, SMALL_IMAGE);
        emulated_failing.launch = 1;
        assert_int_equal(gb_session_render_rgb(session, to, &err), GB_DEVICE);
        emulated_failing.launch = 0;
        assert_memory_equal(to, unchanged, SMALL_IMAGE);
        gb_session_free(session);
        ok(gb_session_new(model, NULL, &session, &err));
        ok(gb_session_seed(session, 3, &err));
        ok(gb_session_render_rgb(session, to, &err));
        assert_memory_not_equal(to, unchanged, SMALL_IMAGE);
        gb_session_free(session);
    }
    gb_buffer_free(f->context, locked);
    gb_model_close(model);
}

static void darken(void *arg, const gb_callback_values *values) {
    *(int *)arg += 1;
    for (int i = 0; i < values->n * values->c * values->h * values->w; i++)
        values->values[i] *= 0.5f;
}

static void a_callback_runs_on_the_host_and_the_gpu_continues_with_its_values(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1), *filtered = session_of(*state, GB_ONCE, 1);
    float image[IMAGE], expected[IMAGE], factor = 0.5f;
    int calls = 0, host_steps = 0;
    gb_bend_options callback = {.kind = GB_BEND_CALLBACK, .at = "synthesis.b16.conv1", .callback = darken,
                                .callback_arg = &calls};
    gb_bend_options filter = {.kind = GB_BEND_FILTER, .at = "synthesis.b16.conv1", .name = "multiply",
                              .params = &factor, .param_count = 1};
    gb_render_stats stats;
    gb_bend id;
    ok(gb_session_bend(session, &callback, &id, &err));
    ok(gb_session_bend(filtered, &filter, &id, &err));
    for (int i = 0; i < 3; i++)
        ok(gb_session_render(session, image, &err));
    ok(gb_session_render(filtered, expected, &err));
    assert_int_equal(calls, 3);
    assert_memory_equal(image, expected, sizeof image);             /* half of a half is exact */
    gb_session_stats(session, &stats);
    for (int i = 0; i < stats.steps; i++) {
        gb_step_info step;
        gb_session_step(session, i, &step);
        host_steps += strcmp(step.kernel, "cuda") != 0;
    }
    assert_int_equal(host_steps, 1);
    gb_session_free(session);
    gb_session_free(filtered);
}

static void a_render_that_is_cancelled_before_it_begins_leaves_the_buffer_unchanged(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1);
    float image[IMAGE] = {7};
    gb_session_cancel(session);
    assert_int_equal(gb_session_render(session, image, &err), GB_CANCELLED);
    assert_true(image[0] == 7);
    ok(gb_session_render(session, image, &err));
    assert_true(image[0] != 7);
    gb_session_free(session);
}

static void steps_are_timed_on_request(void **state) {
    fixture *f = *state;
    gb_session *session;
    gb_render_stats stats;
    float image[IMAGE];
    double sum = 0;
    ok(gb_session_new(f->model, &(gb_session_options){.time_steps = true}, &session, &err));
    ok(gb_session_seed(session, 1, &err));
    for (int i = 0; i < 3; i++)
        ok(gb_session_render(session, image, &err));
    gb_session_stats(session, &stats);
    for (int i = 0; i < stats.steps; i++) {
        gb_step_info step;
        gb_session_step(session, i, &step);
        assert_true(step.seconds >= 0);
        sum += step.seconds;
    }
    assert_true(sum > 0);
    gb_session_free(session);
}

static void products_of_the_sizes_of_convolutions_are_timed_with_cublas(void **state) {
    fixture *f = *state;
    gb_context *cpu;
    gb_model *model;
    gb_session *session = session_of(f, GB_ONCE, 1);
    float image[IMAGE];
    double seconds;
    gb_step_info step = {.op = ""};
    ok(gb_session_render(session, image, &err));
    int other = 0, convolution = 0;
    while (gb_session_step(session, other, &step), !strcmp(step.op, "modulated_conv2d"))
        other++;
    while (gb_session_step(session, convolution, &step), strcmp(step.op, "modulated_conv2d"))
        convolution++;
    ok(gb_session_step_product(session, convolution, &seconds, &err));
    assert_true(seconds > 0);
    ok(gb_session_step_product(session, other, &seconds, &err));
    assert_true(seconds == 0);
    gb_session_free(session);

    ok(gb_context_new(&(gb_context_options){.threads = 1, .device = "cpu", .precision = "fp32"}, &cpu, &err));
    ok(gb_model_open(cpu, "tests/fixtures/toy-faces-64.gbw", &model, &err));
    ok(gb_session_new(model, NULL, &session, &err));
    assert_int_equal(gb_session_step_product(session, 0, &seconds, &err), GB_DEVICE);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(cpu);
}

static void a_failed_allocation_leaves_a_working_session(void **state) {
    fixture *f = *state;
    gb_session *session = session_of(f, GB_ONCE, 1);
    static const float w[1024];
    float image[IMAGE], expected[IMAGE];
    gb_bend_options bend = {.kind = GB_BEND_SET, .at = "synthesis.w5", .values = w, .samples = 1};
    gb_bend id;
    unsigned failures = 0;
    ok(gb_session_render(session, expected, &err));
    for (gb_status status = GB_NO_MEMORY; status; failures += status != GB_OK) {
        ok(gb_session_bend(session, &bend, &id, &err));
        emulated_failing.allocation = failures + 1;
        status = gb_session_render(session, image, &err);
        emulated_failing.allocation = 0;
        if (status)
            assert_non_null(strstr(err.message, "out of memory"));
        ok(gb_session_unbend(session, id, &err));
        ok(gb_session_render(session, image, &err));
        assert_memory_equal(image, expected, sizeof image);
    }
    assert_true(failures > 0);
    gb_session_free(session);
}

/* Every call of the runtime in a render fails once: in the first render of a session, which makes its buffers, in the
 * second, which is captured, and in a replay. The render fails, and the next one has the right picture. */
static void a_failed_call_of_the_runtime_leaves_a_working_session(void **state) {
    const fixture *f = *state;
    enum { SIDE = 8, VALUES = 3 * SIDE * SIDE };
    const gb_stylegan2 tiny = {.size = sizeof tiny, .resolution = SIDE, .z_dim = 8, .w_dim = 8, .mapping_layers = 1,
                               .channel_base = 64, .channel_max = 16};
    static const float w[8] = {0.5f};
    float image[VALUES], expected[VALUES];
    char path[64];
    gb_model *model;
    gb_session *session;
    gb_bend_options set = {.kind = GB_BEND_SET, .at = "synthesis.w1", .values = w, .samples = 1};
    gb_bend id;
    snprintf(path, sizeof path, "tiny.%d.gbw", (int)getpid());
    ok(gb_init_stylegan2(f->context, path, &tiny, false, &err));
    for (int renders = 0; renders < 3; renders++) {
        bool all = false;
        for (unsigned n = 1; !all; n++) {
            ok(gb_model_read(f->context, path, &model, &err));
            ok(gb_session_new(model, NULL, &session, &err));
            ok(gb_session_seed(session, 3, &err));
            ok(gb_session_bend(session, &set, &id, &err));
            for (int i = 0; i < renders; i++)
                ok(gb_session_render(session, expected, &err));
            emulated_failing.call = n;
            gb_status status = gb_session_render(session, image, &err);
            all = emulated_failing.call > 0;
            emulated_failing.call = 0;
            assert_true(all == (status == GB_OK));
            ok(gb_session_render(session, image, &err));
            ok(gb_session_render(session, expected, &err));
            assert_memory_equal(image, expected, sizeof image);
            gb_session_free(session);
            gb_model_close(model);
        }
    }
    unlink(path);
}

static void synchronous_launches_name_the_kernel_that_failed(void **state) {
    float image[IMAGE];
    setenv("GANBEND_CUDA_SYNC", "1", 1);
    gb_session *session = session_of(*state, GB_ONCE, 1);
    unsetenv("GANBEND_CUDA_SYNC");
    ok(gb_session_render(session, image, &err));
    emulated_failing.launch = 1;
    assert_int_not_equal(gb_session_render(session, image, &err), GB_OK);
    emulated_failing.launch = 0;
    assert_non_null(strstr(err.message, "unspecified launch failure while running kernel "));
    gb_session_free(session);
}

/* ------------------------------------------------------------------------------------------------ training */

static void gradients_are_computed_on_the_cpu(void **state) {
    const fixture *f = *state;
    gb_session *session;
    const gb_session_options how = {.size = sizeof how, .purpose = GB_GRADIENT};
    assert_int_equal(gb_session_new(f->model, &how, &session, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "gradients are computed on the CPU: make a context for the device cpu");
    assert_null(session);
}

/* A factor of 0 restores the model's. */
static void scale_weights(const fixture *f, gb_session *session, float by) {
    static const char *const names[] = {"synthesis.b16.conv0.weight", "synthesis.b32.conv1.bias",
                                        "synthesis.b32.conv0.noise_strength"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        gb_array_info info;
        size_t i = 0;
        do
            gb_model_tensor(f->model, i++, &info);
        while (strcmp(info.name, names[k]));
        float *values = malloc((size_t)info.count * sizeof *values);
        ok(gb_session_weight(session, names[k], values, &err));
        for (int64_t v = 0; v < info.count; v++)
            values[v] *= by;
        ok(gb_session_set_weight(session, names[k], by == 0 ? NULL : values, &err));
        free(values);
    }
}

/* New values take the place of those in the device's memory, which recorded launches read. */
static void a_replay_uses_new_weights(void **state) {
    gb_session *session = session_of(*state, GB_ONCE, 1), *fresh = session_of(*state, GB_ONCE, 1);
    float model[IMAGE], changed[IMAGE], again[IMAGE];
    ok(gb_session_render(session, model, &err));
    scale_weights(*state, session, 1.5f);
    for (int i = 0; i < 3; i++)
        ok(gb_session_render(session, changed, &err));
    assert_memory_not_equal(model, changed, sizeof model);
    emulated_counts before = emulated_counters;
    scale_weights(*state, session, 1.5f);
    ok(gb_session_render(session, changed, &err));
    assert_int_equal(emulated_counters.replays - before.replays, 1);
    scale_weights(*state, fresh, 1.5f);
    scale_weights(*state, fresh, 1.5f);
    ok(gb_session_render(fresh, again, &err));
    assert_memory_equal(changed, again, sizeof changed);
    scale_weights(*state, session, 0);
    ok(gb_session_render(session, again, &err));
    assert_memory_equal(model, again, sizeof model);
    gb_session_free(session);
    gb_session_free(fresh);
}

/* The running mean of the classifier's first batch norm after a render in training mode. */
static void running_mean(gb_context *context, const char *path, float mean[50]) {
    enum { BATCH = 2, PIXELS = 16 * 16 };
    const gb_session_options how = {.size = sizeof how, .batch = BATCH, .batch_statistics = true,
                                    .statistics_momentum = 0.5f};
    gb_model *model;
    gb_session *session;
    float maps[BATCH * PIXELS], logits[BATCH * 8];
    gb_randn(GB_RNG_TORCH, 4, BATCH * PIXELS, maps);
    ok(gb_model_read(context, path, &model, &err));
    ok(gb_session_new(model, &how, &session, &err));
    ok(gb_session_feed(session, "map", maps, &err));
    ok(gb_session_render(session, logits, &err));
    ok(gb_session_weight(session, "first_conv.1.running_mean", mean, &err));
    gb_session_free(session);
    gb_model_close(model);
}

static void running_statistics_move_on_a_gpu(void **state) {
    const fixture *f = *state;
    gb_context *host;
    char path[64];
    float here[50], there[50], most = 0;
    snprintf(path, sizeof path, "classifier.%d.gbw", (int)getpid());
    ok(gb_context_new(&(gb_context_options){.threads = 1, .device = "cpu", .precision = "fp32"}, &host, &err));
    ok(gb_convert(host, "tests/fixtures/understanding/classifier-layer3-init.pt", path, NULL, &err));
    running_mean(host, path, here);
    running_mean(f->context, path, there);
    unlink(path);
    for (int i = 0; i < 50; i++)
        most = fmaxf(most, fabsf(here[i]));
    assert_true(most > 0.001f);
    for (int i = 0; i < 50; i++)
        assert_true(fabsf(here[i] - there[i]) <= 2e-2f * most);
    gb_context_free(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_and_its_precision_are_reported),
        cmocka_unit_test(the_second_render_is_captured_and_later_ones_replay_it),
        cmocka_unit_test(a_replay_uses_values_set_after_the_capture),
        cmocka_unit_test(a_replay_uses_a_mean_w_at_another_address),
        cmocka_unit_test(a_moved_parameter_replays_only_the_steps_that_depend_on_it),
        cmocka_unit_test(sessions_share_the_weights_of_a_model),
        cmocka_unit_test(a_sample_of_a_batch_equals_that_sample_alone),
        cmocka_unit_test(taps_between_fused_steps_change_no_bit),
        cmocka_unit_test(the_number_of_launches_for_a_picture_is_bounded),
        cmocka_unit_test(maps_larger_than_the_cache_are_streamed),
        cmocka_unit_test(bends_on_the_boundaries_of_shared_launches_split_them),
        cmocka_unit_test(alternating_between_two_sets_of_bends_instantiates_nothing_again),
        cmocka_unit_test(captured_launches_are_bounded_and_end_with_the_session),
        cmocka_unit_test(the_8_bit_picture_equals_the_float_picture),
        cmocka_unit_test(launches_are_named_for_profilers),
        cmocka_unit_test(results_are_complete_in_any_memory_on_return),
        cmocka_unit_test(a_failed_kernel_leaves_the_memory_of_the_caller_unchanged),
        cmocka_unit_test(a_callback_runs_on_the_host_and_the_gpu_continues_with_its_values),
        cmocka_unit_test(a_render_that_is_cancelled_before_it_begins_leaves_the_buffer_unchanged),
        cmocka_unit_test(steps_are_timed_on_request),
        cmocka_unit_test(products_of_the_sizes_of_convolutions_are_timed_with_cublas),
        cmocka_unit_test(a_failed_allocation_leaves_a_working_session),
        cmocka_unit_test(a_failed_call_of_the_runtime_leaves_a_working_session),
        cmocka_unit_test(synchronous_launches_name_the_kernel_that_failed),
        cmocka_unit_test(gradients_are_computed_on_the_cpu),
        cmocka_unit_test(a_replay_uses_new_weights),
        cmocka_unit_test(running_statistics_move_on_a_gpu),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
