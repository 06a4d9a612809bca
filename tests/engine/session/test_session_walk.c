/* A long random walk through all settings of a session, on small networks: after every few steps the interactive
 * session must render the same bits as a new session with the same settings. */
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

enum { STEPS = 120, MAX_BENDS = 6, MAX_FEEDS = 3, RESOLUTION = 16, MAX_VALUES = 2 * 3 * RESOLUTION * RESOLUTION };

/* xorshift, so that a failing walk can be repeated. */
static uint64_t state;

static int pick(int low, int high) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return low + (int)(state % (uint64_t)(high - low + 1));
}

static float number(void) {
    return (float)pick(-1000, 1000) / 500;
}

/* The settings of both sessions. */
typedef struct wish {
    uint64_t seed, noise_seed;
    float psi;
    int cutoff, label;
    gb_noise noise;
    struct { gb_bend_options options; float params[4]; int list[3]; float values[2048]; gb_bend id; } bend[MAX_BENDS];
    int bends;
    struct { gb_node node; float *values; } feed[MAX_FEEDS];
    int feeds;
} wish;

typedef struct walk {
    gb_model *model;
    int batch, classes;
    bool has_w;
    wish want;
    gb_session *live;
} walk;

static const char *random_node(const walk *w, gb_node_info *info) {
    gb_model_node(w->model, pick(0, (int)gb_model_node_count(w->model) - 1), info);
    return info->name;
}

static void random_bend(walk *w) {
    gb_node_info info;
    gb_table_row row;
    size_t rows = 0;
    if (w->want.bends == MAX_BENDS)
        return;
    int i = w->want.bends;
    gb_bend_options *o = &w->want.bend[i].options;
    *o = (gb_bend_options){.kind = (gb_bend_kind)pick(GB_BEND_FILTER, GB_BEND_STYLE), .at = random_node(w, &info),
                           .factor = number(), .psi = number(), .reseed = pick(0, 1), .seed = (uint64_t)pick(0, 9),
                           .drop_bias = pick(0, 1), .set_gain = pick(0, 1), .gain = number(), .grid = pick(0, 3),
                           .vector_count = 1, .samples = 1, .add = pick(0, 1), .keep = (float)pick(0, 2) / 2,
                           .set_psi = pick(0, 1), .set_label = w->classes && pick(0, 1),
                           .label = w->classes ? pick(0, w->classes - 1) : 0};
    int64_t floats = info.shape[0] * (info.ndim > 1 ? info.shape[1] : 1) * (info.ndim > 2 ? info.shape[2] : 1);
    if (o->kind == GB_BEND_SET && floats > 2048)
        return;
    for (int k = 0; k < 2048; k++)
        w->want.bend[i].values[k] = number();
    o->vectors = o->values = w->want.bend[i].values;
    bool (*row_at)(size_t, gb_table_row *) = o->kind == GB_BEND_FILTER ? gb_filter_row : gb_activation_row;
    while (row_at(rows, &row))
        rows++;
    row_at((size_t)pick(0, (int)rows - 1), &row);
    o->name = row.name;
    if (pick(0, 1)) {
        for (int k = 0; k < 3; k++)
            w->want.bend[i].list[k] = pick(0, (int)info.shape[0] - 1);
        o->features = (gb_features){GB_FEATURES_LIST, w->want.bend[i].list, 3, 0, 0};
    } else if (pick(0, 1)) {
        o->features = (gb_features){GB_FEATURES_RANDOM, NULL, 0, 0.4, (uint64_t)pick(0, 9)};
    }
    gb_status status = gb_session_bend(w->live, o, &w->want.bend[i].id, &err);
    assert_true(status == GB_OK || status == GB_BAD_ARGUMENT);     /* not every kind can act everywhere */
    w->want.bends += status == GB_OK;
}

static void move_bend(walk *w) {
    if (!w->want.bends)
        return;
    int i = pick(0, w->want.bends - 1);
    gb_bend_options *o = &w->want.bend[i].options;
    if (o->kind != GB_BEND_FILTER && o->kind != GB_BEND_ACTIVATION)
        return;
    float x = (float)pick(0, 1);
    if (gb_session_set_bend_params(w->live, w->want.bend[i].id, &x, 1, &err))
        return; /* the first parameter may not take it, or not exist */
    w->want.bend[i].params[0] = x;
    o->params = w->want.bend[i].params;
    o->param_count = 1;
}

static void remove_bend(walk *w) {
    if (!w->want.bends)
        return;
    int i = pick(0, w->want.bends - 1);
    OK(gb_session_unbend(w->live, w->want.bend[i].id, &err));
    w->want.bends--;
    for (int k = i; k < w->want.bends; k++) {       /* options point into their own entry */
        w->want.bend[k] = w->want.bend[k + 1];
        gb_bend_options *o = &w->want.bend[k].options;
        o->vectors = o->values = w->want.bend[k].values;
        o->params = o->params ? w->want.bend[k].params : NULL;
        if (o->features.choice == GB_FEATURES_LIST)
            o->features.list = w->want.bend[k].list;
    }
}

/* Removes all bends and adds them again, as a program does that keeps them as a recipe. */
static void bend_anew(walk *w) {
    bool whole = pick(0, 1);
    if (whole)
        OK(gb_session_begin(w->live, &err));
    OK(gb_session_unbend(w->live, 0, &err));
    for (int i = 0; i < w->want.bends; i++)
        OK(gb_session_bend(w->live, &w->want.bend[i].options, &w->want.bend[i].id, &err));
    if (whole)
        OK(gb_session_commit(w->live, &err));
}

static void feed(walk *w) {
    gb_node_info info;
    const char *name = random_node(w, &info);
    if (!strcmp(info.op, "input"))
        return;
    for (int i = 0; i < w->want.feeds; i++) {
        if (w->want.feed[i].node != gb_model_find(w->model, name))
            continue;
        OK(gb_session_feed(w->live, name, NULL, &err));
        free(w->want.feed[i].values);
        w->want.feed[i] = w->want.feed[--w->want.feeds];
        return;
    }
    if (w->want.feeds == MAX_FEEDS)
        return;
    size_t floats = (size_t)w->batch * (size_t)info.shape[0];
    for (int k = 1; k < info.ndim; k++)
        floats *= (size_t)info.shape[k];
    float *values = malloc(floats * sizeof *values);
    for (size_t k = 0; k < floats; k++)
        values[k] = number();
    OK(gb_session_feed(w->live, name, values, &err));
    w->want.feed[w->want.feeds].node = gb_model_find(w->model, name);
    w->want.feed[w->want.feeds++].values = values;
}

static void set_inputs(const walk *w, gb_session *session) {
    const wish *want = &w->want;
    OK(gb_session_seed(session, want->seed, &err));
    OK(gb_session_truncate(session, want->psi, want->cutoff, &err));
    OK(gb_session_noise(session, want->noise, want->noise_seed, &err));
    if (w->classes)
        OK(gb_session_set_class(session, want->label, &err));
}

static void change_inputs(walk *w) {
    wish *want = &w->want;
    switch (pick(0, 3)) {
    case 0: want->seed = (uint64_t)pick(0, 3); break;
    case 1:
        want->psi = w->has_w ? number() : (float)pick(1, 50) / 50;
        want->cutoff = w->has_w ? pick(-1, 5) : -1;
        break;
    case 2: want->noise = (gb_noise)pick(0, 2); want->noise_seed = (uint64_t)pick(0, 2); break;
    default: want->label = w->classes ? pick(0, w->classes - 1) : 0; break;
    }
    set_inputs(w, w->live);
    /* Setting z removes the feed of the w's, so they are fed again. */
    for (int i = 0; i < want->feeds; i++) {
        gb_node_info info;
        gb_model_node(w->model, want->feed[i].node, &info);
        OK(gb_session_feed(w->live, info.name, want->feed[i].values, &err));
    }
}

static void disturb(walk *w) {
    gb_node_info info;
    float image[MAX_VALUES];
    switch (pick(0, 3)) {
    case 0:
        OK(gb_session_tap(w->live, random_node(w, &info), &err));
        break;
    case 1:
        OK(gb_session_untap(w->live, "*", &err));
        break;
    case 2:
        OK(gb_session_begin(w->live, &err));
        OK(gb_session_seed(w->live, 77, &err));
        OK(gb_session_unbend(w->live, 0, &err));
        if (pick(0, 1))
            OK(gb_session_render(w->live, image, &err));
        gb_session_rollback(w->live);
        break;
    default:
        gb_session_cancel(w->live);
        assert_int_equal(gb_session_render(w->live, image, &err), GB_CANCELLED);
        break;
    }
}

static void compare(walk *w, int step) {
    static float live[MAX_VALUES], fresh[MAX_VALUES];
    gb_session *session;
    OK(gb_session_new(w->model, &(gb_session_options){.batch = w->batch}, &session, &err));
    set_inputs(w, session);
    for (int i = 0; i < w->want.bends; i++)
        OK(gb_session_bend(session, &w->want.bend[i].options, NULL, &err));
    for (int i = 0; i < w->want.feeds; i++) {
        gb_node_info info;
        gb_model_node(w->model, w->want.feed[i].node, &info);
        OK(gb_session_feed(session, info.name, w->want.feed[i].values, &err));
    }
    OK(gb_session_render(session, fresh, &err));
    OK(gb_session_render(w->live, live, &err));
    if (memcmp(live, fresh, (size_t)w->batch * 3 * RESOLUTION * RESOLUTION * sizeof *live))
        fail_msg("step %d: the interactive session shows something else than a fresh one", step);
    gb_session_free(session);
}

static void walk_over(gb_context *context, const char *path, int batch, int classes, uint64_t seed) {
    static walk w;
    w = (walk){.batch = batch, .classes = classes, .want = {.psi = 1, .cutoff = -1}};
    state = seed;
    OK(gb_model_open(context, path, &w.model, &err));
    w.has_w = gb_model_find(w.model, "mapping") != GB_NO_NODE;
    const gb_session_options options = {
        .purpose = GB_INTERACTIVE, .batch = batch, .keep_bytes = pick(0, 1) ? 60000 : 0};
    OK(gb_session_new(w.model, &options, &w.live, &err));
    set_inputs(&w, w.live);
    for (int step = 0; step < STEPS; step++) {
        switch (pick(0, 8)) {
        case 0: case 1: random_bend(&w); break;
        case 2: case 3: move_bend(&w); break;
        case 4: remove_bend(&w); break;
        case 5: feed(&w); break;
        case 6: change_inputs(&w); break;
        case 7: bend_anew(&w); break;
        default: disturb(&w); break;
        }
        if (pick(0, 2) == 0)
            compare(&w, step);
    }
    for (int i = 0; i < w.want.feeds; i++)
        free(w.want.feed[i].values);
    gb_session_free(w.live);
    gb_model_close(w.model);
}

static void walks_over(const char *block, int classes) {
    gb_context *context;
    char path[64];
    snprintf(path, sizeof path, "test_session_walk.%d.gbw", (int)getpid());
    OK(gb_context_new(&(gb_context_options){.threads = 2}, &context, &err));
    gb_stylegan2 shape = {.resolution = RESOLUTION, .channel_base = 12 * RESOLUTION, .channel_max = 17, .z_dim = 9,
                          .w_dim = 11, .mapping_layers = 2, .classes = classes, .block = block, .seed = 1};
    OK(gb_init_stylegan2(context, path, &shape, false, &err));
    for (uint64_t seed = 1; seed <= 4; seed++)
        walk_over(context, path, seed % 2 ? 1 : 2, classes, seed * 7919);
    unlink(path);
    gb_context_free(context);
}

static void any_walk_over_a_skip_network_ends_where_a_fresh_session_starts(void **s) {
    (void)s;
    walks_over("skip", 0);
}

static void any_walk_over_a_conditional_residual_network_does_too(void **s) {
    (void)s;
    walks_over("resnet", 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_walk_over_a_skip_network_ends_where_a_fresh_session_starts),
        cmocka_unit_test(any_walk_over_a_conditional_residual_network_does_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
