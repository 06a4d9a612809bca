/* Statistics of a layer: its output, and the input of its activation. */
#include <math.h>
#include <stdlib.h>

#include "extent.h"
#include "handlers.h"
#include "outgoing.h"

enum { MAX_BINS = 256, MAX_COUNTED = 1 << 20 };

/* {low, high, counts} of the finite values, or of evenly spaced samples if there are very many. The largest value falls in
 * the last bin. */
static json_t *histogram(const float *values, size_t count, const extent *e, int bins) {
    size_t counts[MAX_BINS] = {0}, every = count / MAX_COUNTED | 1;       /* odd, so that not always the same column is sampled */
    double low = e->finite ? (double)e->low : 0, width = e->finite ? (double)e->high - low : 0;
    double scale = width > 0 ? bins / width : 0;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i += every) {
        if (!isfinite(values[i])) continue;
        int bin = (int)(((double)values[i] - low) * scale);
        counts[bin < bins ? bin : bins - 1]++;
    }
    for (int i = 0; i < bins; i++) add_json(&list, json_integer((json_int_t)counts[i]));
    return json_pack("{s:o, s:o, s:o}", "low", number_json(low), "high", number_json(low + width), "counts", list);
}

/* Adds the bias to the values of the node before, which gives the input of the node's activation. */
static gb_status add_bias(live *s, const gb_node_info *node, float *values, size_t count, gb_error *err) {
    size_t channels = (size_t)node->shape[0], plane = count / channels;
    float *bias = node->bias ? malloc(channels * sizeof *bias) : NULL;
    if (!node->bias) return GB_OK;
    if (!bias) return state(err, GB_NO_MEMORY, "out of memory");
    if (!gb_model_read_tensor(s->o.model, node->bias, bias, err))
        for (size_t i = 0; i < count; i++) values[i] += bias[i / plane] * node->bias_gain;
    free(bias);
    return err->status;
}

static json_t *look_json(const gb_node_info *node, const float *values, size_t count, int bins, json_t *before) {
    extent e = measure(values, count);
    json_t *shape = json_array();
    for (int i = 0; i < node->ndim; i++) add_json(&shape, json_integer(node->shape[i]));
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "shape", shape, "count",
                     (json_int_t)count, "min", float_json(e.low), "max", float_json(e.high), "mean",
                     number_json(extent_mean(&e)), "deviation", number_json(extent_deviation(&e)), "zeros",
                     number_json((double)e.zeros / (double)count), "nan", (json_int_t)e.nan, "histogram",
                     histogram(values, count, &e, bins), "before", before);
}

gb_status handle_statistics(live *s, const message *m, outgoing *p, gb_error *err) {
    gb_node nodes[2];
    gb_node_info info, input;
    float *values[2] = {NULL, NULL};
    bool acts;
    if (live_set(s, m->recipe, err) || live_find(s, m->node, &nodes[0], &info, err)) return err->status;
    acts = info.act && info.inputs > 0;
    if (acts) gb_model_node(s->o.model, nodes[1] = info.input[0], &input);
    if (!live_read(s, nodes, acts ? 2 : 1, values, err) &&
        (!acts || !add_bias(s, &info, values[1], node_elements(&input), err))) {
        json_t *before = json_null();
        if (acts) {
            extent e = measure(values[1], node_elements(&input));
            before = histogram(values[1], node_elements(&input), &e, (int)m->bins);
        }
        pack_answer(m->id, look_json(&info, values[0], node_elements(&info), (int)m->bins, before), p, err);
    }
    free(values[0]);
    free(values[1]);
    return err->status;
}
