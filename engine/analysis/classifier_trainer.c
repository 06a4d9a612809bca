/* Training one classifier of feature maps. */
#include "classifier_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/files/init_classifier.h"
#include "engine/files/save.h"
#include "engine/gradient/adam.h"
#include "engine/graph/model.h"

static const float momentum = 0.1f;     /* of the running statistics: torch's default */

/* ------------------------------------------------------------------------------------------------ weights */

static bool is_statistic(const char *name) {
    return strstr(name, ".running_mean") || strstr(name, ".running_var");
}

static void add_weight(gb_classifier_trainer *t, const char *name, size_t count) {
    t->weights[t->count++] = (gb_trained_weight){name, count, t->all};
    t->all += count;
}

static gb_status list_weights(gb_classifier_trainer *t, gb_error *err) {
    const gb_named_array *arrays;
    const char *name;
    size_t trained = 0, count, n = gb_network_arrays(t->model->graph->network, &arrays);
    while (gb_session_trained(t->session, trained, &name))
        trained++;
    t->weights = calloc(trained + n, sizeof *t->weights);
    if (!t->weights)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; (count = gb_session_trained(t->session, i, &name)); i++)
        add_weight(t, name, count);
    t->trained = t->count;
    t->values = t->all;
    for (size_t i = 0; i < n; i++)
        if (is_statistic(arrays[i].name))
            add_weight(t, arrays[i].name, (size_t)gb_array_count(&arrays[i].array));
    return GB_OK;
}

gb_status gb_trainer_read(gb_classifier_trainer *t, gb_error *err) {
    gb_status status = GB_OK;
    for (size_t i = 0; i < t->count && !status; i++)
        status = gb_session_weight(t->session, t->weights[i].name, t->value + t->weights[i].at, err);
    return status;
}

static gb_status write_weights(gb_classifier_trainer *t, size_t count, gb_error *err) {
    gb_status status = GB_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = gb_session_set_weight(t->session, t->weights[i].name, t->value + t->weights[i].at, err);
    return status;
}

gb_status gb_trainer_write(gb_classifier_trainer *t, gb_error *err) {
    return write_weights(t, t->count, err);
}

gb_status gb_trainer_new(gb_classifier_trainer *t, gb_model *model, int batch, double rate, gb_error *err) {
    const gb_session_options how = {.purpose = GB_GRADIENT, .batch = batch, .batch_statistics = true,
                                    .statistics_momentum = momentum};
    gb_node map = gb_model_find(model, "map"), logits = gb_model_find(model, "logits");
    gb_node_info in = {0}, out = {0};
    *t = (gb_classifier_trainer){.model = model, .output = logits, .batch = batch, .rate = rate};
    if (map == GB_NO_NODE || logits == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network is not a classifier of feature maps");
    gb_model_node(model, map, &in);
    gb_model_node(model, logits, &out);
    t->pixels = (size_t)(in.shape[1] * in.shape[2]);
    t->classes = (size_t)out.shape[0];
    gb_status status = gb_session_new(model, &how, &t->session, err);
    if (!status)
        status = gb_session_tap(t->session, out.name, err);
    if (!status)
        status = gb_session_train(t->session, "*", err);
    if (!status)
        status = list_weights(t, err);
    if (status)
        return status;
    t->value = malloc(t->all * sizeof *t->value + 1);
    t->gradient = malloc(t->values * sizeof *t->gradient + 1);
    t->logits = malloc((size_t)batch * t->classes * sizeof *t->logits);
    t->cotangent = malloc((size_t)batch * t->classes * sizeof *t->cotangent);
    if (!t->value || !t->gradient || !t->logits || !t->cotangent)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    status = gb_adam_new(t->values, NULL, &t->adam, err);
    return status ? status : gb_trainer_read(t, err);
}

void gb_trainer_free(gb_classifier_trainer *t) {
    gb_session_free(t->session);
    gb_adam_free(t->adam);
    free(t->weights);
    free(t->value);
    free(t->gradient);
    free(t->logits);
    free(t->cotangent);
    *t = (gb_classifier_trainer){0};
}

/* ------------------------------------------------------------------------------------------------ steps */

static gb_status run(gb_classifier_trainer *t, const float *maps, gb_error *err) {
    gb_status status = gb_session_feed(t->session, "map", maps, err);
    if (!status)
        status = gb_session_render(t->session, NULL, err);
    return status ? status : gb_session_read(t->session, t->output, t->logits, err);
}

/* −log softmax(x)[label], the mean over the batch; its gradient is (softmax(x) − onehot) / batch. */
static double cross_entropy(const gb_classifier_trainer *t, const int *labels) {
    double loss = 0;
    for (int n = 0; n < t->batch; n++) {
        const float *x = t->logits + (size_t)n * t->classes;
        float *to = t->cotangent + (size_t)n * t->classes, largest = x[0];
        double sum = 0;
        for (size_t c = 1; c < t->classes; c++)
            largest = fmaxf(largest, x[c]);
        for (size_t c = 0; c < t->classes; c++)
            sum += exp((double)x[c] - (double)largest);
        for (size_t c = 0; c < t->classes; c++)
            to[c] = (float)((exp((double)x[c] - (double)largest) / sum - ((size_t)labels[n] == c)) / t->batch);
        loss += log(sum) + (double)largest - (double)x[labels[n]];
    }
    return loss / t->batch;
}

gb_status gb_trainer_step(gb_classifier_trainer *t, const float *maps, const int *labels, double *loss, gb_error *err) {
    gb_status status = run(t, maps, err);
    if (status)
        return status;
    *loss = cross_entropy(t, labels);
    if (!isfinite(*loss))
        return gb_fail(err, GB_BAD_ARGUMENT, "the loss is not finite");
    status = gb_session_backward(t->session, t->output, t->cotangent, err);
    for (size_t i = 0; i < t->trained && !status; i++)
        status = gb_session_weight_gradient(t->session, t->weights[i].name, t->gradient + t->weights[i].at, err);
    if (status)
        return status;
    gb_adam_step(t->adam, t->rate, t->gradient, t->value);
    return write_weights(t, t->trained, err);
}

gb_status gb_trainer_look(gb_classifier_trainer *t, const float *maps, const int *labels, size_t *right, gb_error *err) {
    gb_status status = run(t, maps, err);
    for (int n = 0; n < t->batch && !status; n++) {
        const float *x = t->logits + (size_t)n * t->classes;
        size_t best = 0;
        for (size_t c = 1; c < t->classes; c++)
            best = x[c] > x[best] ? c : best;
        *right += best == (size_t)labels[n];
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ files */

enum { SIGNATURE_LOW, SIGNATURE_HIGH, STEP_LOW, STEP_HIGH, ADAM_LOW, ADAM_HIGH, NUMBERS };

static void put(float *numbers, int low, uint64_t value) {
    numbers[low] = (float)(value & 0xffff);
    numbers[low + 1] = (float)(value >> 16 & 0xffffff);
}

static uint64_t get(const float *numbers, int low) {
    bool whole = numbers[low] >= 0 && numbers[low] <= 0xffff && numbers[low + 1] >= 0 && numbers[low + 1] <= 0xffffff;
    return whole ? (uint64_t)numbers[low] | (uint64_t)numbers[low + 1] << 16 : UINT64_MAX;
}

gb_status gb_trainer_save(gb_classifier_trainer *t, const char *path, uint32_t signature, uint64_t step, gb_error *err) {
    float numbers[NUMBERS];
    gb_npz *npz;
    gb_status status = gb_trainer_read(t, err);
    if (!status)
        status = gb_npz_new(path, &npz, err);
    if (status)
        return status;
    put(numbers, SIGNATURE_LOW, signature);
    put(numbers, STEP_LOW, step);
    put(numbers, ADAM_LOW, gb_adam_steps(t->adam));
    status = gb_npz_add(npz, "numbers", 1, (const int64_t[]){NUMBERS}, numbers, err);
    if (!status)
        status = gb_npz_add(npz, "values", 1, (const int64_t[]){(int64_t)t->all}, t->value, err);
    if (!status)
        status = gb_npz_add(npz, "moments", 1, (const int64_t[]){2 * (int64_t)t->values}, gb_adam_moments(t->adam), err);
    if (!status)
        status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return status;
}

static gb_status read_array(const gb_file *file, const char *path, const char *name, size_t count, float *out, gb_error *err) {
    size_t index;
    gb_array_info info = {0};
    if (gb_file_find(file, name, &index))
        gb_file_array(file, index, &info);
    return info.count == (int64_t)count ? gb_file_read(file, index, out, err)
                                        : gb_fail(err, GB_BAD_FILE, "%s: not the state of this training", path);
}

gb_status gb_trainer_restore(gb_classifier_trainer *t, const char *path, uint32_t signature, uint64_t *step, gb_error *err) {
    float numbers[NUMBERS];
    gb_file *file = NULL;
    gb_status status = gb_file_open(path, &file, err);
    if (!status)
        status = read_array(file, path, "numbers", NUMBERS, numbers, err);
    if (!status && get(numbers, SIGNATURE_LOW) != signature)
        status = gb_fail(err, GB_BAD_FILE, "%s: belongs to another model, layer or other options; remove it to begin again", path);
    if (!status && (get(numbers, STEP_LOW) == UINT64_MAX || get(numbers, ADAM_LOW) == UINT64_MAX))
        status = gb_fail(err, GB_BAD_FILE, "%s: the state is damaged", path);
    if (!status)
        status = read_array(file, path, "values", t->all, t->value, err);
    if (!status)
        status = read_array(file, path, "moments", 2 * t->values, gb_adam_moments(t->adam), err);
    gb_file_close(file);
    if (status)
        return status;
    *step = get(numbers, STEP_LOW);
    gb_adam_set_steps(t->adam, get(numbers, ADAM_LOW));
    return gb_trainer_write(t, err);
}

gb_status gb_trainer_save_model(gb_classifier_trainer *t, const char *path, gb_error *err) {
    gb_node_info in;
    gb_network *network = NULL;
    gb_model_node(t->model, gb_model_find(t->model, "map"), &in);
    gb_status status = gb_trainer_read(t, err);
    if (!status)
        status = gb_classifier_network_new((int64_t)t->classes, in.shape[1], 0, &network, err);
    for (size_t i = 0; i < t->count && !status; i++) {
        const gb_trained_weight *w = &t->weights[i];
        const gb_array *old = gb_network_array(network, w->name);
        const gb_array of = old ? *old : (gb_array){0};
        float *values = old ? gb_network_add_f32(network, w->name, of.ndim, of.shape) : NULL;
        if (values)
            memcpy(values, t->value + w->at, w->count * sizeof *values);
        else
            status = gb_fail(err, GB_NO_MEMORY, "out of memory");
    }
    if (!status)
        status = gb_network_save(network, false, path, err);
    gb_network_free(network);
    return status;
}
