/* Statistics of a layer: what it hands on, and what its activation sees. */
#include <math.h>
#include <stdlib.h>

#include "answers.h"
#include "rooms.h"

enum { MOST_BINS = 256 };

typedef struct extent {
    float low, high;            /* of finite values; low > high where there is none */
    size_t finite, nan, zeros;  /* nan: infinities too */
    double sum, squares;
} extent;

static extent measure(const float *values, size_t count) {
    extent e = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        float x = values[i];
        if (!isfinite(x)) {
            e.nan++;
            continue;
        }
        if (x < e.low) e.low = x;
        if (x > e.high) e.high = x;
        e.zeros += x == 0;
        e.sum += (double)x;
        e.squares += (double)x * (double)x;
    }
    e.finite = count - e.nan;
    return e;
}

/* {low, high, counts}: of the finite values, the greatest in the last bin. */
static json_t *histogram(const float *values, size_t count, const extent *e, int bins) {
    size_t counts[MOST_BINS] = {0};
    double low = e->finite ? (double)e->low : 0, width = e->finite ? (double)e->high - low : 0;
    double scale = width > 0 ? bins / width : 0;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        int bin = (int)(((double)values[i] - low) * scale);
        counts[bin < bins ? bin : bins - 1]++;
    }
    for (int i = 0; i < bins; i++) json_array_append_new(list, json_integer((json_int_t)counts[i]));
    return json_pack("{s:o, s:o, s:o}", "low", number_json(low), "high", number_json(low + width), "counts", list);
}

/* x + bias, what the node's activation is given; null where it has none. */
static gb_status look_before(stage *s, const gb_node_info *node, int bins, json_t **before, gb_error *err) {
    gb_node_info input;
    float *values = NULL, *bias = NULL;
    size_t channels = (size_t)node->shape[0], plane, count;
    extent e;
    *before = json_null();
    if (!node->act || node->inputs < 1) return GB_OK;
    gb_model_node(s->o.model, node->input[0], &input);
    count = node_elements(&input);
    plane = count / channels;
    if (stage_read(s, node->input[0], &values, err)) return err->status;
    if (node->bias) {
        bias = malloc(channels * sizeof *bias);
        if (!bias) state(err, GB_NO_MEMORY, "out of memory");
        else if (!gb_model_read(s->o.model, node->bias, bias, err))
            for (size_t i = 0; i < count; i++) values[i] += bias[i / plane] * node->bias_gain;
    }
    if (!err->status) {
        e = measure(values, count);
        *before = histogram(values, count, &e, bins);
    }
    free(values);
    free(bias);
    return err->status;
}

gb_status answer_look(stage *s, const message *m, parcel *p, gb_error *err) {
    gb_node node;
    gb_node_info info;
    float *values;
    size_t count;
    json_t *before, *fields, *shape = json_array();
    if (stage_set(s, m->recipe, false, err) || stage_find(s, m->node, &node, &info, err) ||
        look_before(s, &info, (int)m->bins, &before, err) || stage_read(s, node, &values, err)) {
        json_decref(shape);
        return err->status;
    }
    count = node_elements(&info);
    extent e = measure(values, count);
    double n = e.finite ? (double)e.finite : 1, mean = e.sum / n, variance = e.squares / n - mean * mean;
    for (int i = 0; i < info.ndim; i++) json_array_append_new(shape, json_integer(info.shape[i]));
    fields = json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "shape", shape, "count",
                       (json_int_t)count, "min", number_json((double)e.low), "max", number_json((double)e.high),
                       "mean", number_json(mean), "deviation", number_json(variance > 0 ? sqrt(variance) : 0),
                       "zeros", number_json((double)e.zeros / (double)count), "nan", (json_int_t)e.nan, "histogram",
                       histogram(values, count, &e, (int)m->bins), "before", before);
    free(values);
    return make_answer(m->id, fields, p, err);
}
