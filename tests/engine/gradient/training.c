/* Training of weights: network-bending's FeatureClassifier against PyTorch; which weights can be trained; the same bits
 * for any number of threads; packed weights that follow. */
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

#include "engine/ganbend_gradient.h"
#include "engine/session/session.h"
#include "tests/engine/fixture.h"
#include "training.h"

#define CLASSIFIER "tests/fixtures/understanding/classifier-layer3"

enum { MAPS = 24, CLASSES = 8, PIXELS = 16 * 16, STEPS = 3, MOST_WEIGHTS = 64, MOST_VALUES = 4096 };

static gb_model *open_checkpoint(gb_context *context, const char *checkpoint) {
    static int number;
    gb_model *model;
    char path[64];
    snprintf(path, sizeof path, "training.%d.%d.gbw", (int)getpid(), number++);
    OK(gb_convert(context, checkpoint, path, NULL, &err));
    OK(gb_model_read(context, path, &model, &err));
    unlink(path);
    return model;
}

static gb_context *context_with(int threads) {
    gb_context *context;
    OK(gb_context_new(&(gb_context_options){.threads = threads}, &context, &err));
    return context;
}

/* ------------------------------------------------------------------------------------------------ the classifier */

/* The array of that name and the number of its values, freed by the caller; NULL if the file does not have it. */
static float *array_of(gb_file *file, const char *prefix, const char *name, size_t *count) {
    char path[300];
    size_t index;
    gb_array_info info;
    snprintf(path, sizeof path, "%s%s", prefix, name);
    if (!gb_file_find(file, path, &index))
        return NULL;
    gb_file_array(file, index, &info);
    float *values = malloc(((size_t)info.count + 1) * sizeof *values);
    assert_non_null(values);
    OK(gb_file_read(file, index, values, &err));
    *count = (size_t)info.count;
    return values;
}

/* Compares with an array of the file: its values may differ by `relative` times the largest, and by `absolute`. */
static void assert_near(gb_file *file, const char *prefix, const char *name, const float *values, float relative,
                        float absolute) {
    size_t count;
    float *expected = array_of(file, prefix, name, &count), most = 0, by = 0;
    if (!expected)
        fail_msg("the file has no %s%s", prefix, name);
    for (size_t i = 0; i < count; i++) {
        most = fmaxf(most, fabsf(expected[i]));
        by = fmaxf(by, fabsf(values[i] - expected[i]));
    }
    if (!(by <= relative * most + absolute))
        fail_msg("%s%s differs by %g; its largest value is %g", prefix, name, (double)by, (double)most);
    free(expected);
}

/* Mean cross-entropy of the logits [MAPS, CLASSES] and its gradient. */
static double cross_entropy(const float *logits, const float *labels, float *gradient) {
    double loss = 0;
    for (int n = 0; n < MAPS; n++) {
        const float *x = logits + n * CLASSES;
        double most = x[0], sum = 0;
        for (int c = 0; c < CLASSES; c++)
            most = fmax(most, x[c]);
        for (int c = 0; c < CLASSES; c++)
            sum += exp(x[c] - most);
        for (int c = 0; c < CLASSES; c++)
            gradient[n * CLASSES + c] = (float)((exp(x[c] - most) / sum - (c == (int)labels[n])) / MAPS);
        loss += (log(sum) - (x[(int)labels[n]] - most)) / MAPS;
    }
    return loss;
}

static gb_session *training_session(gb_model *model) {
    const gb_session_options how = {.size = sizeof how, .purpose = GB_GRADIENT, .batch = MAPS, .batch_statistics = true,
                                    .statistics_momentum = 0.1f};
    gb_session *session;
    OK(gb_session_new(model, &how, &session, &err));
    OK(gb_session_train(session, "*", &err));
    return session;
}

/* One step of Adam with the learning rate 1e-4. */
static void step_weights(gb_session *session, gb_adam **adam) {
    const char *name;
    size_t count;
    float values[MOST_VALUES], gradient[MOST_VALUES];
    for (size_t i = 0; (count = gb_session_trained(session, i, &name)); i++) {
        assert_true(count <= MOST_VALUES && i < MOST_WEIGHTS);
        if (!adam[i])
            OK(gb_adam_new(count, NULL, &adam[i], &err));
        OK(gb_session_weight(session, name, values, &err));
        OK(gb_session_weight_gradient(session, name, gradient, &err));
        gb_adam_step(adam[i], 1e-4, gradient, values);
        OK(gb_session_set_weight(session, name, values, &err));
    }
}

/* The gradients of a bias and a gain before another batch norm vanish: the file's own are rounding errors, by which it
 * differs from the same in double. */
static void check_gradients(gb_session *session, gb_file *file) {
    const char *name;
    size_t trained = 0, count;
    float values[MOST_VALUES], *rounding = array_of(file, "", "float32_vs_float64_grad", &count);
    assert_non_null(rounding);
    for (; gb_session_trained(session, trained, &name); trained++) {
        OK(gb_session_weight_gradient(session, name, values, &err));
        assert_near(file, "grad/", name, values, 1e-4f, *rounding);
    }
    free(rounding);
    assert_int_equal(trained, 16);
}

/* Compares every weight that the file has under `prefix` and the session's network uses. Returns their number. */
static int check_weights(gb_session *session, const gb_model *model, gb_file *file, const char *prefix) {
    int compared = 0;
    float values[MOST_VALUES];
    for (size_t i = 0; i < gb_model_tensor_count(model); i++) {
        gb_array_info info;
        char path[300];
        size_t index;
        gb_model_tensor(model, i, &info);
        snprintf(path, sizeof path, "%s%s", prefix, info.name);
        if (!gb_file_find(file, path, &index))
            continue;
        OK(gb_session_weight(session, info.name, values, &err));
        assert_near(file, prefix, info.name, values, 0, 1e-4f);
        compared++;
    }
    return compared;
}

/* Forward pass, gradients, running statistics and three steps of Adam in training mode, then the stored statistics. */
static void the_classifier_trains_as_in_pytorch(void **state) {
    gb_context *context = context_with(2);
    gb_model *model = open_checkpoint(context, CLASSIFIER "-init.pt");
    gb_session *session = training_session(model), *stored;
    gb_adam *adam[MOST_WEIGHTS] = {NULL};
    gb_node logits_node = gb_model_find(model, "logits"), bottleneck = gb_model_find(model, "bottleneck");
    gb_file *file;
    size_t count;
    float logits[MAPS * CLASSES], gradient[MAPS * CLASSES], embedding[MAPS * 10];
    (void)state;
    OK(gb_file_open(CLASSIFIER ".npz", &file, &err));
    float *batches = array_of(file, "", "batches", &count), *labels = array_of(file, "", "labels", &count);
    OK(gb_session_tap(session, "bottleneck", &err));
    for (int s = 0; s < STEPS; s++) {
        char name[16];
        OK(gb_session_feed(session, "map", batches + s * MAPS * PIXELS, &err));
        OK(gb_session_render(session, logits, &err));
        float loss = (float)cross_entropy(logits, labels + s * MAPS, gradient);
        OK(gb_session_backward(session, logits_node, gradient, &err));
        if (s == 0) {
            OK(gb_session_read(session, bottleneck, embedding, &err));
            assert_near(file, "train/", "bottleneck", embedding, 1e-5f, 0);
            assert_near(file, "train/", "logits", logits, 1e-5f, 0);
            check_gradients(session, file);
            assert_int_equal(check_weights(session, model, file, "buffer_after_1/"), 10);
        }
        snprintf(name, sizeof name, "%d", s);
        assert_near(file, "loss/", name, &loss, 1e-5f, 0);
        step_weights(session, adam);
    }
    assert_int_equal(check_weights(session, model, file, "after/"), 29);

    const gb_session_options how = {.size = sizeof how, .batch = MAPS};
    OK(gb_session_new(model, &how, &stored, &err));
    OK(gb_session_copy_weights(stored, session, &err));
    OK(gb_session_tap(stored, "bottleneck", &err));
    OK(gb_session_feed(stored, "map", batches, &err));
    OK(gb_session_render(stored, logits, &err));
    OK(gb_session_read(stored, bottleneck, embedding, &err));
    assert_near(file, "eval/", "bottleneck", embedding, 0, 1e-4f);
    assert_near(file, "eval/", "logits", logits, 0, 1e-4f);

    for (int i = 0; i < MOST_WEIGHTS; i++)
        gb_adam_free(adam[i]);
    free(batches);
    free(labels);
    gb_file_close(file);
    gb_session_free(session);
    gb_session_free(stored);
    gb_model_close(model);
    gb_context_free(context);
}

/* ------------------------------------------------------------------------------------------------ bits */

static const gb_stylegan2 small_stylegan2 = {.resolution = 32, .channel_base = 512, .channel_max = 24, .z_dim = 16,
                                             .w_dim = 16, .mapping_layers = 2};
static const gb_biggan small_biggan = {.resolution = 32, .channel_width = 8, .classes = 5, .z_dim = 8, .shared_dim = 8};

enum { BATCH = 3 };

static size_t output_size(const gb_model *model) {
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    return (size_t)(shape[0] * shape[1] * shape[2]);
}

static gb_session *new_session(gb_model *model, gb_purpose purpose, int batch, size_t keep_bytes) {
    gb_session *session;
    const gb_session_options how = {.size = sizeof how, .purpose = purpose, .batch = batch, .keep_bytes = keep_bytes};
    OK(gb_session_new(model, &how, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    if (gb_model_class_count(model))
        OK(gb_session_set_class(session, 2, &err));
    return session;
}

/* Trains all weights: renders, goes back from the picture with a random cotangent, and returns all gradients one after the
 * other. */
static float *all_gradients(gb_session *session, const gb_model *model, int batch, uint64_t seed, size_t *total) {
    size_t pixels = output_size(model), count;
    const char *name;
    float *r = malloc(pixels * (size_t)batch * sizeof *r), *to = NULL;
    gb_randn(GB_RNG_NUMPY, seed, pixels * (size_t)batch, r);
    OK(gb_session_train(session, "*", &err));
    OK(gb_session_render(session, NULL, &err));
    OK(gb_session_backward(session, gb_model_output(model), r, &err));
    *total = 0;
    for (size_t i = 0; (count = gb_session_trained(session, i, &name)); i++) {
        to = realloc(to, (*total + count) * sizeof *to);
        assert_non_null(to);
        OK(gb_session_weight_gradient(session, name, to + *total, &err));
        *total += count;
    }
    free(r);
    return to;
}

static void gradients_of_weights_have_the_same_bits_in(const gb_stylegan2 *stylegan2, const gb_biggan *biggan) {
    fixture one = open_fixture(context_with(1), stylegan2, biggan), three = open_fixture(context_with(3), stylegan2, biggan);
    gb_session *sessions[] = {new_session(one.model, GB_GRADIENT, BATCH, 0), new_session(three.model, GB_GRADIENT, BATCH, 0),
                              new_session(three.model, GB_GRADIENT, BATCH, 1)};
    float *first = NULL;
    size_t count = 0, total;
    OK(gb_session_tap(sessions[1], "*", &err));
    OK(gb_session_want(sessions[1], "z", &err));
    for (int i = 0; i < 3; i++) {
        float *gradients = all_gradients(sessions[i], i ? three.model : one.model, BATCH, 11, &total);
        if (!i) {
            first = gradients;
            count = total;
            float most = 0;
            for (size_t k = 0; k < total; k++) {
                assert_true(isfinite(gradients[k]));
                most = fmaxf(most, fabsf(gradients[k]));
            }
            assert_true(most > 0);
            continue;
        }
        assert_int_equal(total, count);
        assert_memory_equal(gradients, first, count * sizeof *first);
        free(gradients);
    }
    free(first);
    for (int i = 0; i < 3; i++)
        gb_session_free(sessions[i]);
    close_fixture(&one);
    close_fixture(&three);
}

/* With any number of threads, with taps that prevent fusing, kept or recomputed. */
static void gradients_of_weights_have_the_same_bits(void **state) {
    (void)state;
    gradients_of_weights_have_the_same_bits_in(&small_stylegan2, NULL);
    gradients_of_weights_have_the_same_bits_in(NULL, &small_biggan);
}

static void the_gradient_of_a_batch_is_the_sum_over_its_samples(void **state) {
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *together = new_session(f.model, GB_GRADIENT, BATCH, 0), *alone = new_session(f.model, GB_GRADIENT, 1, 0);
    size_t pixels = output_size(f.model), total, count;
    float sum[64] = {0}, one[64], all[64], most = 0, *r = malloc(BATCH * pixels * sizeof *r);
    const char *name = "synthesis.b8.conv1.bias";
    (void)state;
    gb_randn(GB_RNG_NUMPY, 11, BATCH * pixels, r);
    free(all_gradients(together, f.model, BATCH, 11, &total));
    OK(gb_session_weight_gradient(together, name, all, &err));
    OK(gb_session_train(alone, name, &err));
    count = gb_session_trained(alone, 0, &name);
    assert_int_equal(count, 24);
    for (int n = 0; n < BATCH; n++) {
        OK(gb_session_seed(alone, 3 + (uint64_t)n, &err));
        OK(gb_session_render(alone, NULL, &err));
        OK(gb_session_backward(alone, gb_model_output(f.model), r + (size_t)n * pixels, &err));
        OK(gb_session_weight_gradient(alone, name, one, &err));
        for (size_t i = 0; i < count; i++)
            sum[i] += one[i];
    }
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(all[i]));
    for (size_t i = 0; i < count; i++)
        assert_true(fabsf(all[i] - sum[i]) <= 1e-5f * most);
    free(r);
    gb_session_free(together);
    gb_session_free(alone);
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ own values */

static size_t weight_size(const gb_model *model, const char *name) {
    gb_array_info info;
    for (size_t i = 0; gb_model_tensor(model, i, &info), info.count; i++)
        if (!strcmp(info.name, name))
            return (size_t)info.count;
    fail_msg("there is no tensor %s", name);
    return 0;
}

/* Every kind of weight: of a layer, dense, bias, strength, constant. */
static const char *const some[] = {"synthesis.b8.conv0.weight", "mapping.fc0.weight", "synthesis.b8.conv1.bias",
                                   "synthesis.b16.conv0.noise_strength", "synthesis.b4.const",
                                   "synthesis.b16.torgb.affine.weight"};
enum { SOME = sizeof some / sizeof *some };

static void add_to_weights(gb_session *session, const gb_model *model, float by) {
    for (int k = 0; k < SOME; k++) {
        size_t count = weight_size(model, some[k]);
        float *values = malloc(count * sizeof *values);
        assert_non_null(values);
        OK(gb_session_weight(session, some[k], values, &err));
        for (size_t i = 0; i < count; i++)
            values[i] += by * (float)(i % 5);
        OK(gb_session_set_weight(session, some[k], values, &err));
        free(values);
    }
}

/* Changed weights give the same picture in every session, whatever it rendered before; the model keeps its own. */
static void a_session_renders_with_its_own_weights(void **state) {
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    size_t bytes = output_size(f.model) * sizeof(float);
    gb_session *live = new_session(f.model, GB_INTERACTIVE, 1, 0), *once = new_session(f.model, GB_ONCE, 1, 0);
    gb_session *trained = new_session(f.model, GB_GRADIENT, 1, 0), *other = new_session(f.model, GB_ONCE, 1, 0);
    float *model = malloc(bytes), *changed = malloc(bytes), *again = malloc(bytes);
    (void)state;
    OK(gb_session_render(live, model, &err));
    OK(gb_session_render(once, again, &err));
    for (int k = 0; k < SOME; k++)
        OK(gb_session_train(trained, some[k], &err));
    OK(gb_session_render(trained, again, &err));
    assert_memory_equal(model, again, bytes);
    for (int round = 0; round < 2; round++) {           /* packed for the first time, then in the same place */
        float *before = round ? changed : model;
        float *picture = malloc(bytes);
        add_to_weights(live, f.model, 0.125f);
        OK(gb_session_render(live, picture, &err));
        assert_memory_not_equal(picture, before, bytes);
        add_to_weights(once, f.model, 0.125f);
        OK(gb_session_render(once, again, &err));
        assert_memory_equal(picture, again, bytes);
        OK(gb_session_copy_weights(trained, live, &err));
        OK(gb_session_render(trained, again, &err));
        assert_memory_equal(picture, again, bytes);
        memcpy(changed, picture, bytes);
        free(picture);
    }
    OK(gb_session_render(other, again, &err));
    assert_memory_equal(model, again, bytes);
    for (int k = 0; k < SOME; k++)
        OK(gb_session_set_weight(live, some[k], NULL, &err));
    OK(gb_session_render(live, again, &err));
    assert_memory_equal(model, again, bytes);
    free(model);
    free(changed);
    free(again);
    gb_session_free(live);
    gb_session_free(once);
    gb_session_free(trained);
    gb_session_free(other);
    close_fixture(&f);
}

static void only_changed_weights_are_packed_again(void **state) {
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *session = new_session(f.model, GB_GRADIENT, 1, 0);
    size_t total, changed = 0, kept = 0;
    (void)state;
    free(all_gradients(session, f.model, 1, 11, &total));
    uint64_t before = session->weights.version;
    float *values = malloc(weight_size(f.model, some[0]) * sizeof *values);
    OK(gb_session_weight(session, some[0], values, &err));
    OK(gb_session_set_weight(session, some[0], values, &err));      /* the same values are no change */
    assert_true(session->weights.version == before);
    values[0] += 1;
    OK(gb_session_set_weight(session, some[0], values, &err));
    OK(gb_session_render(session, NULL, &err));
    for (const gb_packed *form = session->weights.packed; form; form = form->next) {
        bool has = false;
        for (int i = 0; i < GB_MAX_WEIGHTS && form->from.weight[i]; i++)
            has |= !strcmp(form->from.weight[i], some[0]);
        assert_true(has == (form->version > before));
        changed += has;
        kept += !has;
    }
    assert_true(changed > 1 && kept > 10);              /* of the forward pass and of adjoints */
    free(values);
    gb_session_free(session);
    close_fixture(&f);
}

static void what_cannot_be_trained_is_refused_by_name(void **state) {
    static const struct { const char *name, *message; } refused[] = {
        {"mapping.w_avg", "mapping: truncate has no gradient of its weight 'mapping.w_avg'"},
        {"synthesis.b8.conv0.resample_filter", "no gradient of its weight 'synthesis.b8.conv0.resample_filter'"},
        {"synthesis.b8.conv0.noise_const", "no operation reads the weight 'synthesis.b8.conv0.noise_const'"},
        {"synthesis.b9.conv0.weight", "there is no weight 'synthesis.b9.conv0.weight'"},
        {"*.resample_filter", "no weight of '*.resample_filter' has a gradient"},
    };
    fixture f = open_fixture(NULL, &small_stylegan2, NULL);
    gb_session *once = new_session(f.model, GB_ONCE, 1, 0), *session = new_session(f.model, GB_GRADIENT, 1, 0), *bad;
    float value[4];
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(gb_session_train(session, refused[i].name, &err), GB_BAD_ARGUMENT);
        if (!strstr(err.message, refused[i].message))
            fail_msg("%s", err.message);
    }
    assert_int_equal(gb_session_train(once, "*", &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "GB_GRADIENT"));
    assert_int_equal(gb_session_set_weight(session, "synthesis.b8.conv0.noise_const", value, &err), GB_BAD_ARGUMENT);
    OK(gb_session_train(session, "synthesis.b8.conv0.noise_strength", &err));
    OK(gb_session_render(session, NULL, &err));
    assert_int_equal(gb_session_weight_gradient(session, "synthesis.b8.conv0.noise_strength", value, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "gb_session_backward"));
    assert_int_equal(gb_session_weight_gradient(session, "synthesis.b8.conv0.bias", value, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "is not trained"));

    /* Weights that have changed since the render are not those of its gradients. */
    float *r = calloc(output_size(f.model), sizeof *r);
    value[0] = 3;
    OK(gb_session_set_weight(session, "synthesis.b8.conv0.noise_strength", value, &err));
    assert_int_equal(gb_session_backward(session, gb_model_output(f.model), r, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "render again"));
    free(r);
    const gb_session_options stored = {.size = sizeof stored, .statistics_momentum = 0.1f};
    assert_int_equal(gb_session_new(f.model, &stored, &bad, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "statistics_momentum"));
    gb_session_free(once);
    gb_session_free(session);
    close_fixture(&f);
}

int test_training(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_classifier_trains_as_in_pytorch),
        cmocka_unit_test(gradients_of_weights_have_the_same_bits),
        cmocka_unit_test(the_gradient_of_a_batch_is_the_sum_over_its_samples),
        cmocka_unit_test(a_session_renders_with_its_own_weights),
        cmocka_unit_test(only_changed_weights_are_packed_again),
        cmocka_unit_test(what_cannot_be_trained_is_refused_by_name),
    };
    return cmocka_run_group_tests_name("training", tests, NULL, NULL);
}
