/* Projection: the paths of rosinality's and NVIDIA's projectors with their draws, resuming, and our own schedule. With
 * the argument "all" the 20 stored steps are followed, otherwise the first ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/analysis/picture_loss.h"
#include "engine/analysis/running_picture.h"
#include "engine/ganbend_analysis.h"
#include "tests/engine/arrays.h"

#define FIXTURES "tests/fixtures/understanding/"

enum { STEPS = 20, FIRST_STEPS = 4, SIDE = 64, PIXELS = 3 * SIDE * SIDE, W = 64, NUM_WS = 10, SAMPLES = 400, MAPS = 9 };

static gb_context *context;
static gb_model *rosinality, *nvidia, *lpips;
static bool all_steps;
static char state_file[64], model_file[64], result_file[64];         /* of this process: two may run at the same time */

/* ------------------------------------------------------------------------------------------------ arrays */

/* "w/step/loss" for the run "w/" */
static float *run_array(gb_file *file, const char *run, const char *name, size_t count) {
    char path[96];
    snprintf(path, sizeof path, "%s%s", run, name);
    return array_of(file, path, count);
}

static float largest_difference(const float *a, const float *b, size_t count) {
    float most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, isfinite(a[i]) ? fabsf(a[i] - b[i]) : INFINITY);
    return most;
}

static float largest(const float *a, size_t count) {
    float most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(a[i]));
    return most;
}

static void assert_near(const char *what, size_t step, const float *a, const float *b, size_t count, float tolerance) {
    float by = largest_difference(a, b, count);
    if (!(by <= tolerance))
        fail_msg("%s of step %zu is off by %g; allowed are %g", what, step, (double)by, (double)tolerance);
}

static void assert_relative(const char *what, size_t step, double value, float expected, double tolerance) {
    if (!(fabs(value - (double)expected) <= tolerance * fabs((double)expected)))
        fail_msg("%s of step %zu is %g instead of %g", what, step, value, (double)expected);
}

/* Bytes of a picture as -1 to 1, in the way of each code base. */
static float *target_of(gb_file *file, bool nvidia_way) {
    float *target = array_of(file, "target_u8", PIXELS);
    for (int i = 0; i < PIXELS; i++)
        target[i] = nvidia_way ? target[i] / 127.5f - 1 : target[i] / 255 * 2 - 1;
    return target;
}

/* ------------------------------------------------------------------------------------------------ the published paths */

typedef struct published_run {
    gb_file *file;
    const char *run;            /* prefix of its arrays */
    const char *w, *w_gradient, *distance, *noise_loss, *mse;       /* names of arrays; mse may be NULL */
    gb_model *model;
    gb_projection_options options;
    int rows;
    size_t steps_done;
    float *w_path, *gradients, *distances, *losses, *noise_losses, *mses, *rates;
    gb_projection *projection;
} published_run;

/* Compares a step with the stored one: losses, the rate and the gradient before the update, and w after it. */
static bool check_step(void *arg, const gb_projection_state *s) {
    published_run *r = arg;
    size_t count = (size_t)r->rows * W, i = s->step - 1;
    float w[NUM_WS * W];
    if (!s->step)
        return true;
    assert_int_equal(s->step, r->steps_done + 1);
    double tight = i < 2 ? 1e-5 : 1e-4;
    assert_relative("the distance", i, s->features, r->distances[i], tight);
    assert_relative("the noise's loss", i, s->noise, r->noise_losses[i], tight);
    assert_relative("the loss", i, s->loss, r->losses[i], tight);
    assert_relative("the rate", i, s->rate, r->rates[i], 1e-6);
    if (r->mses)
        assert_relative("mse", i, s->mse, r->mses[i], tight);
    gb_projection_latents(r->projection, w);
    assert_near("w", i, w, r->w_path + i * count, count, i < 2 ? 1e-5f : 2e-3f);
    if (i < 2)
        assert_near("the gradient of w", i, s->gradient, r->gradients + i * count, count,
                    1e-4f * largest(r->gradients + i * count, count));
    r->steps_done++;
    return true;
}

static void name_noise(const gb_projection *p, const published_run *r, size_t index, const char *what, char name[96]) {
    gb_node input;
    gb_node_info info;
    const float *map;
    assert_true(gb_projection_noise(p, index, &input, &map));
    gb_model_node(r->model, input, &info);
    if (r->model == nvidia)
        snprintf(name, 96, "%s/%s", what, info.name);
    else
        snprintf(name, 96, "%s/%zu", what, index);
}

/* Noise maps and the picture after the last step. */
static void check_end(published_run *r, bool own_noise, const char *picture_name) {
    float *picture = malloc(PIXELS * sizeof *picture), *expected = run_array(r->file, r->run, picture_name, PIXELS);
    char name[96];
    gb_node input;
    const float *map;
    for (size_t i = 0; gb_projection_noise(r->projection, i, &input, &map); i++) {
        gb_node_info info;
        gb_model_node(r->model, input, &info);
        name_noise(r->projection, r, i, "noise_final", name);
        float *final = run_array(r->file, r->run, name, (size_t)(info.shape[1] * info.shape[2]));
        assert_near(name, STEPS - 1, map, final, (size_t)(info.shape[1] * info.shape[2]), 1e-4f);
        free(final);
        assert_true(i < MAPS);
    }
    OK(gb_projection_render(r->projection, own_noise, picture, &err));
    assert_near("the picture", STEPS - 1, picture, expected, PIXELS, 2e-4f * largest(expected, PIXELS));
    free(picture);
    free(expected);
}

static float *all_noise(const published_run *r, size_t *count) {
    float *all = malloc(2 * PIXELS * sizeof *all);
    *count = 0;
    for (int i = 0; gb_model_find_role(r->model, GB_ROLE_NOISE, i) != GB_NO_NODE; i++) {
        char name[96];
        gb_node_info info;
        gb_model_node(r->model, gb_model_find_role(r->model, GB_ROLE_NOISE, i), &info);
        size_t plane = (size_t)(info.shape[1] * info.shape[2]);
        if (r->model == nvidia)
            snprintf(name, sizeof name, "noise_init/%s", info.name);
        else
            snprintf(name, sizeof name, "noise_init/%d", i);
        float *map = array_of(r->file, name, plane);
        memcpy(all + *count, map, plane * sizeof *all);
        *count += plane;
        free(map);
    }
    return all;
}

static void follow(published_run *r, bool own_noise, const char *picture_name) {
    size_t noise_count, count = (size_t)r->rows * W;
    float *noise = all_noise(r, &noise_count), *w_noise = run_array(r->file, r->run, "step/w_noise", STEPS * count);
    r->w_path = run_array(r->file, r->run, r->w, STEPS * count);
    r->gradients = run_array(r->file, r->run, r->w_gradient, STEPS * count);
    r->distances = run_array(r->file, r->run, r->distance, STEPS);
    r->noise_losses = run_array(r->file, r->run, r->noise_loss, STEPS);
    r->losses = run_array(r->file, r->run, "step/loss", STEPS);
    r->rates = run_array(r->file, r->run, "step/lr", STEPS);
    r->mses = r->mse ? run_array(r->file, r->run, r->mse, STEPS) : NULL;
    r->options.target_height = r->options.target_width = SIDE;
    r->options.lpips = lpips;
    r->options.steps = STEPS;
    r->options.samples = SAMPLES;
    r->options.noise = noise;
    r->options.latent_noise = w_noise;
    r->options.label = -1;
    r->options.progress = check_step;
    r->options.progress_arg = r;
    OK(gb_projection_new(r->model, &r->options, &r->projection, &err));
    free(noise);
    free(w_noise);
    if (all_steps) {
        OK(gb_projection_run(r->projection, &err));
        assert_int_equal(r->steps_done, STEPS);
        check_end(r, own_noise, picture_name);
    }
    for (int i = 0; i < FIRST_STEPS && !all_steps; i++) {
        gb_projection_state state;
        OK(gb_projection_step(r->projection, &err));
        gb_projection_state_of(r->projection, &state);
        check_step(r, &state);
    }
    assert_true(r->steps_done >= FIRST_STEPS);
    gb_projection_free(r->projection);
    free(r->w_path);
    free(r->gradients);
    free(r->distances);
    free(r->noise_losses);
    free(r->losses);
    free(r->rates);
    free(r->mses);
}

static void follow_rosinality(bool plus) {
    published_run r = {.run = plus ? "wplus/" : "w/", .w = "step/latent", .w_gradient = "step/grad_latent",
                       .distance = "step/p_loss", .noise_loss = "step/n_loss", .mse = plus ? "step/mse_loss" : NULL,
                       .model = rosinality, .rows = plus ? NUM_WS : 1};
    OK(gb_file_open(FIXTURES "project-rosinality-64.npz", &r.file, &err));
    float *target = target_of(r.file, false), *z = array_of(r.file, "z_samples", SAMPLES * W);
    r.options.schedule = GB_PROJECT_ROSINALITY;
    r.options.space = plus ? GB_PROJECT_W_PLUS : GB_PROJECT_W;
    r.options.target = target;
    r.options.z = z;
    r.options.mse = plus ? 0.1 : 0;
    follow(&r, true, "final_image");
    free(target);
    free(z);
    gb_file_close(r.file);
}

static void rosinalitys_path_in_w(void **state) {
    (void)state;
    follow_rosinality(false);
}

static void rosinalitys_path_in_w_plus(void **state) {
    (void)state;
    follow_rosinality(true);
}

/* The z's are those of RandomState(123), so that the mean w is tested as well. */
static void nvidias_path(void **state) {
    (void)state;
    published_run r = {.run = "", .w = "step/w", .w_gradient = "step/grad_w", .distance = "step/dist",
                       .noise_loss = "step/reg_loss", .model = nvidia, .rows = 1};
    OK(gb_file_open(FIXTURES "project-nvlabs-skip-64.npz", &r.file, &err));
    float *target = target_of(r.file, true);
    r.options.schedule = GB_PROJECT_NVIDIA;
    r.options.target = target;
    follow(&r, true, "final_image_same_noise");
    free(target);
    gb_file_close(r.file);
}

/* ------------------------------------------------------------------------------------------------ resuming */

static gb_projection *new_projection(gb_projection_schedule schedule, gb_projection_space space, const float *target,
                                     uint64_t seed) {
    gb_projection *p;
    gb_projection_options o = {.schedule = schedule, .space = space, .target = target, .target_height = SIDE, .target_width = SIDE, .steps = 6,
                               .samples = 8, .seed = seed, .label = -1};
    OK(gb_projection_new(nvidia, &o, &p, &err));
    return p;
}

static void an_interrupted_projection_goes_on_with_the_same_bits(void **state) {
    (void)state;
    static const struct { gb_projection_schedule schedule; gb_projection_space space; } cases[] = {
        {GB_PROJECT_FAST, GB_PROJECT_W}, {GB_PROJECT_ROSINALITY, GB_PROJECT_W}, {GB_PROJECT_NVIDIA, GB_PROJECT_W},
        {GB_PROJECT_NVIDIA, GB_PROJECT_Z},
    };
    float *target = malloc(PIXELS * sizeof *target), w[2][W];
    for (int i = 0; i < PIXELS; i++)
        target[i] = (float)(i % SIDE) / SIDE - 0.5f;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gb_projection_schedule schedule = cases[k].schedule;
        gb_projection_space space = cases[k].space;
        gb_projection *whole = new_projection(schedule, space, target, 1), *half = new_projection(schedule, space, target, 1);
        gb_projection *rest = new_projection(schedule, space, target, 1), *other = new_projection(schedule, space, target, 2);
        OK(gb_projection_run(whole, &err));
        for (int i = 0; i < 3; i++)
            OK(gb_projection_step(half, &err));
        OK(gb_projection_save(half, state_file, &err));
        OK(gb_projection_restore(rest, state_file, &err));
        OK(gb_projection_run(rest, &err));
        gb_projection_latents(whole, w[0]);
        gb_projection_latents(rest, w[1]);
        assert_memory_equal(w[0], w[1], sizeof w[0]);
        for (size_t i = 0; ; i++) {
            gb_node a, b;
            const float *first, *second;
            bool has = gb_projection_noise(whole, i, &a, &first);
            assert_int_equal(has, gb_projection_noise(rest, i, &b, &second));
            if (!has)
                break;
            assert_memory_equal(first, second, 16 * sizeof *first);
        }
        assert_int_equal(gb_projection_restore(other, state_file, &err), GB_BAD_FILE);
        assert_non_null(strstr(err.message, "belongs to another"));
        gb_projection_free(whole);
        gb_projection_free(half);
        gb_projection_free(rest);
        gb_projection_free(other);
    }
    assert_int_equal(unlink(state_file), 0);
    free(target);
}

/* ------------------------------------------------------------------------------------------------ files of other tools */

/* Draws the first latent of a projector's file, [w_dim] or [num_ws, w_dim], with its noise maps, and compares the picture with
 * the one in the file. */
static void check_result(const char *path, const char *latent, int rows, size_t latents, const char *noise, const char *img) {
    gb_file *file;
    gb_session *session;
    float *picture = malloc(PIXELS * sizeof *picture);
    OK(gb_file_open(path, &file, &err));
    OK(gb_session_new(rosinality, NULL, &session, &err));
    float *w = array_of(file, latent, latents * (size_t)rows * W), *expected = array_of(file, img, PIXELS);
    OK(gb_session_set_ws(session, w, rows, &err));
    for (int i = 0; i < MAPS; i++) {
        char name[96];
        gb_node_info info;
        gb_model_node(rosinality, gb_model_find_role(rosinality, GB_ROLE_NOISE, i), &info);
        snprintf(name, sizeof name, "%s.%d", noise, i);
        float *map = array_of(file, name, (size_t)(info.shape[1] * info.shape[2]));
        OK(gb_session_feed(session, info.name, map, &err));
        free(map);
    }
    OK(gb_session_render(session, picture, &err));
    assert_near(path, 0, picture, expected, PIXELS, 2e-4f * largest(expected, PIXELS));
    gb_session_free(session);
    gb_file_close(file);
    free(w);
    free(expected);
    free(picture);
}

static void results_of_the_projectors_give_their_pictures(void **state) {
    (void)state;
    check_result(FIXTURES "project-result-rosinality.pt", "face.png.latent", NUM_WS, 1, "face.png.noise", "face.png.img");
    check_result(FIXTURES "project-result-networkbending.pt", "latent", 1, 2, "noises", "photo.jpg.img");
}

static void results_are_written_as_the_projectors_write_them(void **state) {
    (void)state;
    float *target = calloc(PIXELS, sizeof *target);
    for (int plus = 0; plus < 2; plus++) {
        gb_projection *p;
        gb_projection_options o = {.schedule = GB_PROJECT_ROSINALITY, .space = plus ? GB_PROJECT_W_PLUS : GB_PROJECT_W,
                                   .target = target, .target_height = SIDE, .target_width = SIDE, .steps = 2, .samples = 8,
                                   .label = -1};
        OK(gb_projection_new(rosinality, &o, &p, &err));
        OK(gb_projection_run(p, &err));
        OK(gb_projection_export(p, result_file, GB_PROJECTION_ROSINALITY, "photo.png", &err));
        check_result(result_file, "photo.png.latent", plus ? NUM_WS : 1, 1, "photo.png.noise", "photo.png.img");
        OK(gb_projection_export(p, result_file, GB_PROJECTION_NETWORK_BENDING, "photo.png", &err));
        check_result(result_file, "latent", plus ? NUM_WS : 1, 2, "noises", "photo.png.img");
        gb_projection_free(p);
    }
    assert_int_equal(unlink(result_file), 0);
    free(target);
}

/* ------------------------------------------------------------------------------------------------ our own */

/* A picture of the network itself is found again: its w is near one of the samples. */
static void the_fast_schedule_comes_near_a_picture_of_the_network(void **state) {
    (void)state;
    float *target = malloc(PIXELS * sizeof *target), *found = malloc(PIXELS * sizeof *found);
    float *mask = calloc(SIDE * SIDE, sizeof *mask);
    gb_session *session;
    OK(gb_session_new(rosinality, NULL, &session, &err));
    OK(gb_session_seed(session, 5, &err));
    OK(gb_session_render(session, target, &err));
    gb_session_free(session);
    for (int i = 0; i < SIDE * SIDE / 2; i++)
        mask[i] = 1;
    double before[2], after[2];
    for (int masked = 0; masked < 2; masked++) {
        gb_projection *p;
        gb_projection_state s;
        gb_projection_options o = {.target = target, .target_height = SIDE, .target_width = SIDE, .steps = 25, .samples = 8,
                                   .mask = masked ? mask : NULL, .label = -1};
        OK(gb_projection_new(rosinality, &o, &p, &err));
        OK(gb_projection_step(p, &err));
        gb_projection_state_of(p, &s);
        before[masked] = s.loss;
        OK(gb_projection_run(p, &err));
        gb_projection_state_of(p, &s);
        assert_true(s.done && s.share == 1 && s.step <= 25);
        after[masked] = s.loss;
        OK(gb_projection_render(p, false, found, &err));
        assert_true(largest(found, PIXELS) > 0);
        gb_projection_free(p);
    }
    assert_true(after[0] < 0.7 * before[0]);
    assert_true(after[1] < 0.7 * before[1]);
    assert_true(before[1] < before[0]);         /* half of the picture does not count */
    free(target);
    free(found);
    free(mask);
}

/* The running picture of z, with its colours mapped or not, against the reduced picture: mean squared difference. */
static double preview_difference(const float *z, const gb_colour_map *map) {
    enum { SMALL = SIDE / 2, PLANE = SMALL * SMALL };
    float *small = malloc(3 * PLANE * sizeof *small), *picture = malloc(PIXELS * sizeof *picture);
    float *reduced = malloc(3 * PLANE * sizeof *reduced);
    gb_session *session;
    double sum = 0;
    OK(gb_session_new(nvidia, NULL, &session, &err));
    OK(gb_session_set_z(session, z, &err));
    OK(gb_session_preview(session, SMALL, small, &err));
    OK(gb_session_render(session, picture, &err));
    gb_reduce_picture(picture, 3, SIDE, SIDE, SMALL, SMALL, reduced);
    gb_map_colours(map, small, PLANE);
    for (int i = 0; i < 3 * PLANE; i++)
        sum += ((double)small[i] - (double)reduced[i]) * ((double)small[i] - (double)reduced[i]);
    gb_session_free(session);
    free(small);
    free(picture);
    free(reduced);
    return sum / (3 * PLANE);
}

static void colours_of_running_pictures_are_fitted_to_those_of_whole_ones(void **state) {
    (void)state;
    enum { COUNT = 8 };
    float z[COUNT * W], x[3 * 2] = {1, -2, 3, 0.5f, 0.25f, -1}, g[3 * 2] = {0.5f, 1, -1, 2, 3, -0.25f};
    float zero[3 * 2] = {0}, y[3 * 2], h[3 * 2];
    gb_colour_map map;
    double forward = 0, backward = 0, fitted = 0, unfitted = 0;
    gb_randn(GB_RNG_NUMPY, 4, COUNT * W, z);
    OK(gb_fit_colours(nvidia, gb_model_find(nvidia, "synthesis.b32.img"), z, COUNT, -1, &map, &err));
    assert_false(map.is_identity);
    for (int i = 0; i < COUNT; i++) {
        fitted += preview_difference(z + i * W, &map);
        unfitted += preview_difference(z + i * W, &gb_same_colours);
    }
    assert_true(fitted < 0.9 * unfitted);
    /* The gradient is the adjoint of the linear part: g · A x = Aᵀ g · x */
    memcpy(y, x, sizeof y);
    memcpy(h, g, sizeof h);
    gb_map_colours(&map, y, 2);
    gb_map_colours(&map, zero, 2);
    gb_map_gradient(&map, h, 2);
    for (int i = 0; i < 6; i++) {
        forward += (double)g[i] * (double)(y[i] - zero[i]);
        backward += (double)h[i] * (double)x[i];
    }
    assert_true(fabs(forward - backward) < 1e-4 * fabs(forward));
    OK(gb_fit_colours(nvidia, gb_model_output(nvidia), z, COUNT, -1, &map, &err));
    assert_true(map.is_identity);
}

/* The published schedules move a z from the mean of the samples, and the classes from an equal mixture. */
static void the_published_schedules_move_z_and_classes(void **state) {
    (void)state;
    enum { CLASSES = 8, Z_DIM = 20, Z_SAMPLES = 8 };
    gb_model *things;
    gb_session *session;
    gb_projection *p;
    gb_projection_state s;
    float *target = malloc(PIXELS * sizeof *target), label[CLASSES], z[Z_SAMPLES * Z_DIM], found[Z_DIM], sum = 0;
    OK(gb_model_read(context, "weights/demo/things-64.gbw", &things, &err));
    assert_int_equal(gb_model_class_count(things), CLASSES);
    OK(gb_session_new(things, NULL, &session, &err));
    OK(gb_session_seed(session, 5, &err));
    OK(gb_session_set_class(session, 3, &err));
    OK(gb_session_render(session, target, &err));
    gb_session_free(session);
    gb_randn(GB_RNG_NUMPY, 9, sizeof z / sizeof *z, z);
    for (gb_projection_schedule schedule = GB_PROJECT_ROSINALITY; schedule <= GB_PROJECT_NVIDIA; schedule++) {
        gb_projection_options o = {.schedule = schedule, .space = GB_PROJECT_Z, .target = target, .target_height = SIDE,
                                   .target_width = SIDE, .steps = 30, .samples = Z_SAMPLES, .z = z, .label = -1};
        OK(gb_projection_new(things, &o, &p, &err));
        gb_projection_state_of(p, &s);
        assert_true(s.rows == 1 && s.latent_dim == Z_DIM);
        gb_projection_latents(p, found);
        for (int k = 0; k < Z_DIM; k++) {
            float mean = 0;
            for (int i = 0; i < Z_SAMPLES; i++)
                mean += z[i * Z_DIM + k] / Z_SAMPLES;
            assert_true(fabsf(found[k] - mean) < 1e-6f);
        }
        OK(gb_projection_label(p, label, &err));
        assert_true(fabsf(label[0] - 1.0f / CLASSES) < 1e-6f && fabsf(label[3] - 1.0f / CLASSES) < 1e-6f);
        OK(gb_projection_step(p, &err));
        gb_projection_state_of(p, &s);
        double before = s.loss;
        OK(gb_projection_run(p, &err));
        gb_projection_state_of(p, &s);
        assert_true(s.loss < 0.9 * before);
        OK(gb_projection_label(p, label, &err));
        for (int k = 0; k < CLASSES; k++) {
            sum += label[k];
            assert_true(label[k] <= label[3]);
        }
        gb_projection_free(p);
    }
    assert_true(fabsf(sum - 2) < 1e-5f);
    free(target);
    gb_model_close(things);
}

static bool never(void *arg, const gb_projection_state *s) {
    (void)arg;
    return s->step == 0;
}

static void wrong_options_and_cancelling(void **state) {
    (void)state;
    float *target = calloc(4 * PIXELS, sizeof *target);
    gb_projection *p;
    const gb_projection_options good = {.target = target, .target_height = SIDE, .target_width = SIDE, .samples = 4, .steps = 4,
                                        .label = -1, .progress = never};
    gb_projection_options o = good;
    o.target = NULL;
    assert_int_equal(gb_projection_new(nvidia, &o, &p, &err), GB_BAD_ARGUMENT);
    assert_null(p);
    o = good;
    o.target_height = 2 * SIDE;
    assert_int_equal(gb_projection_new(nvidia, &o, &p, &err), GB_BAD_ARGUMENT);
    o = good;
    o.mask = target;
    assert_int_equal(gb_projection_new(nvidia, &o, &p, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "mask is empty"));
    o = good;
    o.schedule = GB_PROJECT_NVIDIA;
    o.space = GB_PROJECT_W_PLUS;
    assert_int_equal(gb_projection_new(nvidia, &o, &p, &err), GB_BAD_ARGUMENT);
    o = good;
    o.lpips = nvidia;
    assert_int_equal(gb_projection_new(nvidia, &o, &p, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "not a distance of two pictures"));
    OK(gb_projection_new(nvidia, &good, &p, &err));
    assert_int_equal(gb_projection_run(p, &err), GB_CANCELLED);
    gb_projection_state s;
    gb_projection_state_of(p, &s);
    assert_int_equal(s.step, 1);
    assert_int_equal(s.height, SIDE);
    gb_projection_free(p);
    free(target);
}

/* ------------------------------------------------------------------------------------------------ */

static int open_one(const char *checkpoint, const char *own, gb_model **model) {
    gb_convert_options how = {.lpips = own};
    if (gb_convert(context, checkpoint, model_file, &how, &err) ||
        gb_model_read(context, model_file, model, &err)) {
        print_error("%s\n", err.message);
        return 1;
    }
    return unlink(model_file);
}

static int open_models(void **state) {
    (void)state;
    snprintf(state_file, sizeof state_file, "project.%d.npz", (int)getpid());
    snprintf(model_file, sizeof model_file, "project.%d.gbw", (int)getpid());
    snprintf(result_file, sizeof result_file, "project.%d.pt", (int)getpid());
    return gb_context_new(&(gb_context_options){.threads = 2}, &context, &err) ||
           open_one("tests/fixtures/rosinality-64.pt", NULL, &rosinality) ||
           open_one("tests/fixtures/nvlabs-skip-64.pkl", NULL, &nvidia) ||
           open_one(FIXTURES "vgg16-narrow.pth", FIXTURES "lpips-vgg-narrow.pth", &lpips);
}

static int close_models(void **state) {
    (void)state;
    gb_model_close(lpips);
    gb_model_close(nvidia);
    gb_model_close(rosinality);
    gb_context_free(context);
    return 0;
}

int main(int argc, char **argv) {
    all_steps = argc > 1 && !strcmp(argv[1], "all");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rosinalitys_path_in_w),
        cmocka_unit_test(rosinalitys_path_in_w_plus),
        cmocka_unit_test(nvidias_path),
        cmocka_unit_test(results_of_the_projectors_give_their_pictures),
        cmocka_unit_test(results_are_written_as_the_projectors_write_them),
        cmocka_unit_test(an_interrupted_projection_goes_on_with_the_same_bits),
        cmocka_unit_test(colours_of_running_pictures_are_fitted_to_those_of_whole_ones),
        cmocka_unit_test(the_fast_schedule_comes_near_a_picture_of_the_network),
        cmocka_unit_test(the_published_schedules_move_z_and_classes),
        cmocka_unit_test(wrong_options_and_cancelling),
    };
    return cmocka_run_group_tests(tests, open_models, close_models);
}
