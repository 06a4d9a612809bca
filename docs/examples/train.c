/* Training a network of your own: a small classifier learns to tell discs from rings in noisy pictures of 16×16 pixels.
 *
 *     cc train.c -o train $(pkg-config --cflags --libs ganbend) -lm
 *     ./train 200
 *
 * One session trains, with batch norm by the statistics of each batch; another one, with the running statistics, tests. The
 * model's own weights never change. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ganbend_graph.h>
#include <ganbend_gradient.h>

enum { SIZE = 16, PIXELS = SIZE * SIZE, BATCH = 32, CLASSES = 2, MOST_VALUES = 2048, MOST_WEIGHTS = 16 };

static float storage[MOST_WEIGHTS][MOST_VALUES];        /* in use until the model is closed */
static int stored;
static uint64_t seed;

static void add_weight(gb_graph *g, const char *name, int ndim, const int64_t *shape, float constant, float deviation) {
    size_t count = 1;
    for (int i = 0; i < ndim; i++) count *= (size_t)shape[i];
    float *values = storage[stored++];
    gb_randn(GB_RNG_TORCH, seed++, count, values);
    for (size_t i = 0; i < count; i++) values[i] = constant + deviation * values[i];
    gb_graph_weight(g, name, ndim, shape, values);
}

/* Convolution with stride 2, batch norm, ReLU. */
static gb_node layer(gb_graph *g, const char *name, gb_node x, int cin, int cout) {
    static const char *const parts[] = {"weight", "mean", "var", "gain", "bias", "conv", "norm"};
    char names[7][40];
    const int64_t c = cout;
    for (int i = 0; i < 7; i++) snprintf(names[i], sizeof names[i], "%s.%s", name, parts[i]);
    add_weight(g, names[0], 4, (int64_t[]){cout, cin, 3, 3}, 0, sqrtf(2.0f / (float)(9 * cin)));
    for (int i = 1; i < 5; i++) add_weight(g, names[i], 1, &c, i == 2 || i == 3, 0);
    x = gb_graph_conv2d(g, names[5], x, GB_NO_NODE, names[0], &(gb_conv2d_options){.stride = 2});
    x = gb_graph_batch_norm(g, names[6], x, &(gb_batch_norm_options){.mean = names[1], .var = names[2], .eps = 1e-5f,
        .gain = GB_NO_NODE, .bias = GB_NO_NODE, .gain_weight = names[3], .bias_weight = names[4]});
    return gb_graph_bias_act(g, name, x, &(gb_bias_act_options){.act = "relu"});
}

static gb_graph *build(void) {
    gb_graph *g = gb_graph_new();
    gb_node x = gb_graph_input(g, "picture", 3, (int64_t[]){1, SIZE, SIZE}, NULL);
    x = layer(g, "first", x, 1, 8);
    x = layer(g, "second", x, 8, 16);
    add_weight(g, "classes.weight", 2, (int64_t[]){CLASSES, 16}, 0, 0.25f);
    add_weight(g, "classes.bias", 1, (int64_t[]){CLASSES}, 0, 0);
    x = gb_graph_linear(g, "classes.linear", gb_graph_global_mean(g, "mean", x), "classes.weight", 1);
    gb_graph_output(g, gb_graph_bias_act(g, "logits", x, &(gb_bias_act_options){.bias = "classes.bias"}));
    return g;
}

/* Noisy pictures of discs (class 0) and rings (class 1) of random sizes and places. */
static void draw(float *pictures, int *classes) {
    float random[3];
    gb_randn(GB_RNG_TORCH, seed++, BATCH * PIXELS, pictures);
    for (int n = 0; n < BATCH; n++) {
        gb_randn(GB_RNG_TORCH, seed++, 3, random);
        float radius = 4 + 0.5f * random[0], x = 7.5f + random[1], y = 7.5f + random[2];
        classes[n] = n % CLASSES;
        for (int p = 0; p < PIXELS; p++) {
            float far = hypotf((float)(p % SIZE) - x, (float)(p / SIZE) - y);
            pictures[n * PIXELS + p] = 0.5f * pictures[n * PIXELS + p] + (far < radius && (!classes[n] || far > radius - 1.5f));
        }
    }
}

/* The mean cross-entropy and its gradient; counts the right answers. */
static float judge(const float *logits, const int *classes, float *gradient, int *right) {
    float loss = 0;
    for (int n = 0; n < BATCH; n++) {
        const float *x = logits + n * CLASSES;
        float share = 1 / (1 + expf(x[0] - x[1]));      /* of class 1 */
        loss -= logf(classes[n] ? share : 1 - share) / BATCH;
        gradient[n * CLASSES + 1] = (share - (float)classes[n]) / BATCH;
        gradient[n * CLASSES] = -gradient[n * CLASSES + 1];
        *right += (share > 0.5f) == classes[n];
    }
    return loss;
}

static gb_status step_weights(gb_session *session, gb_adam **adam, gb_error *err) {
    static float values[MOST_VALUES], gradient[MOST_VALUES];
    const char *name;
    size_t count;
    gb_status status = GB_OK;
    for (size_t i = 0; !status && (count = gb_session_trained(session, i, &name)); i++) {
        if ((!adam[i] && (status = gb_adam_new(count, NULL, &adam[i], err))) ||
            (status = gb_session_weight(session, name, values, err)) ||
            (status = gb_session_weight_gradient(session, name, gradient, err)))
            break;
        gb_adam_step(adam[i], 0.01, gradient, values);
        status = gb_session_set_weight(session, name, values, err);
    }
    return status;
}

static gb_status train(gb_model *model, int steps, gb_session **training, gb_session **testing, gb_error *err) {
    static float pictures[BATCH * PIXELS], logits[BATCH * CLASSES], gradient[BATCH * CLASSES];
    const gb_session_options training_mode = {.size = sizeof training_mode, .purpose = GB_GRADIENT, .batch = BATCH,
                                              .batch_statistics = true, .statistics_momentum = 0.1f};
    const gb_session_options stored_statistics = {.size = sizeof stored_statistics, .batch = BATCH};
    gb_adam *adam[MOST_WEIGHTS] = {NULL};
    int classes[BATCH], right = 0;
    gb_status status = gb_session_new(model, &training_mode, training, err);
    if (!status) status = gb_session_train(*training, "*", err);
    for (int step = 0; step < steps && !status; step++) {
        draw(pictures, classes);
        if ((status = gb_session_feed(*training, "picture", pictures, err)) ||
            (status = gb_session_render(*training, logits, err)))
            break;
        float loss = judge(logits, classes, gradient, &right);
        status = gb_session_backward(*training, gb_model_output(model), gradient, err);
        if (!status) status = step_weights(*training, adam, err);
        if (step % 20 == 0) printf("step %3d: loss %.3f\n", step, loss);
    }
    for (int i = 0; i < MOST_WEIGHTS; i++) gb_adam_free(adam[i]);
    if (!status) status = gb_session_new(model, &stored_statistics, testing, err);
    if (!status) status = gb_session_copy_weights(*testing, *training, err);
    right = 0;
    draw(pictures, classes);
    if (!status) status = gb_session_feed(*testing, "picture", pictures, err);
    if (!status) status = gb_session_render(*testing, logits, err);
    if (!status) judge(logits, classes, gradient, &right);
    if (!status) printf("%d of %d new pictures are named rightly\n", right, BATCH);
    return status;
}

int main(int argc, char **argv) {
    gb_error err = GB_ERROR_INIT;
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *training = NULL, *testing = NULL;
    int steps = argc > 1 ? atoi(argv[1]) : 200;
    gb_status status = gb_context_new(NULL, &context, &err);
    if (!status) status = gb_model_build(context, build(), &model, &err);
    if (!status) status = train(model, steps, &training, &testing, &err);
    if (status) fprintf(stderr, "%s\n", err.message);
    gb_session_free(training);
    gb_session_free(testing);
    gb_model_close(model);
    gb_context_free(context);
    return status ? 1 : 0;
}
