/* The feature maps that matter in a region of the picture, measured in the background. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ganbend_analysis.h"
#include "handlers.h"
#include "tools/program/arguments.h"

enum { MAX_SENT_UNITS = 512, MAX_UNITS = 1 << 14, SAMPLES_WITHOUT_Z = 4 };

typedef struct measuring {
    gb_model *model;
    gb_unit_options how;
    char at[256];
    float *z, *mask;            /* of the picture; mask [height, width] */
    double inside;              /* share of the picture that is in the region */
    size_t channels;
    gb_unit *units;             /* [channels] */
} measuring;

static void free_measuring(void *of) {
    measuring *k = of;
    free(k->z);
    free(k->mask);
    free(k->units);
    free(k);
}

/* ------------------------------------------------------------------------------------------------ the thread */

typedef struct ranked {
    int channel;
    double here, elsewhere;     /* change of the picture without the map, mean of |difference| */
} ranked;

static int by_change_here(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return x->here != y->here ? (x->here < y->here) - (x->here > y->here) : x->channel - y->channel;
}

static gb_status rank(const measuring *k, json_t **fields, gb_error *err) {
    ranked *list = malloc(k->channels * sizeof *list);
    json_t *units = json_array();
    if (!list) {
        json_decref(units);
        return state(err, GB_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < k->channels; i++) {
        double here = (double)k->units[i].effect_in_mask[0], all = (double)k->units[i].effect[0];
        double rest = k->inside < 1 ? (all - k->inside * here) / (1 - k->inside) : 0;
        list[i] = (ranked){(int)i, here, rest > 0 ? rest : 0};
    }
    qsort(list, k->channels, sizeof *list, by_change_here);
    for (size_t i = 0; i < k->channels && i < MAX_SENT_UNITS; i++)
        add_json(&units, json_pack("{s:i, s:o, s:o}", "channel", list[i].channel, "here", number_json(list[i].here),
                                   "elsewhere", number_json(list[i].elsewhere)));
    free(list);
    *fields = json_pack("{s:o, s:o, s:I}", "node", text_json(k->at), "units", units, "of", (json_int_t)k->channels);
    return GB_OK;
}

static gb_status measure(void *of, analysis *a, json_t **fields, gb_error *err) {
    measuring *k = of;
    k->how.progress = analysis_goes_on;
    k->how.progress_arg = a;
    return gb_measure_units(k->model, &k->how, k->units, err) ? err->status : rank(k, fields, err);
}

/* ------------------------------------------------------------------------------------------------ the request */

/* Enlarges the page's region, a digit for each cell, to the picture. */
static gb_status read_region(const live *s, const message *m, measuring *k, gb_error *err) {
    size_t height = (size_t)s->o.height, width = (size_t)s->o.width, columns = (size_t)m->columns, rows = (size_t)m->rows, on = 0;
    if (strlen(m->mask) != rows * columns || strspn(m->mask, "01") != rows * columns)
        return state(err, GB_BAD_ARGUMENT, "the region has a digit, 0 or 1, for each of its %zu cells", rows * columns);
    k->mask = malloc(height * width * sizeof *k->mask);
    if (!k->mask) return state(err, GB_NO_MEMORY, "out of memory for the region");
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            bool in = m->mask[y * rows / height * columns + x * columns / width] == '1';
            k->mask[y * width + x] = in;
            on += in;
        }
    k->inside = (double)on / (double)(height * width);
    return on ? GB_OK : state(err, GB_BAD_ARGUMENT, "the region is empty");
}

/* Measured on the picture's own z, class and truncation, without its bends; pictures from w's have no z, and then on a few
 * others. */
static gb_status read_sample(live *s, measuring *k, gb_error *err) {
    gb_node z = gb_model_find_role(s->o.model, GB_ROLE_Z, 0);
    k->how.label = -1;
    for (size_t i = 0; s->in.label && i < s->in.c_dim; i++)
        if (k->how.label < 0 || s->in.label[i] > s->in.label[k->how.label]) k->how.label = (int)i;
    k->how.psi = (float)s->in.psi;
    k->how.samples = SAMPLES_WITHOUT_Z;
    if (s->in.source == FROM_W || z == GB_NO_NODE) return GB_OK;
    k->how.samples = 1;
    if (live_read(s, &z, 1, &k->z, err)) return err->status;
    k->how.z = k->z;
    return GB_OK;
}

static gb_status prepare(live *s, const message *m, measuring *k, gb_error *err) {
    static const gb_unit_bend without = {"ablate", NULL, 0};
    gb_node node;
    gb_node_info info;
    if (live_set(s, m->recipe, err) || live_find(s, m->node, &node, &info, err)) return err->status;
    if (info.ndim != 3 || info.shape[0] > MAX_UNITS) return state(err, GB_BAD_ARGUMENT, "'%s' has no feature maps", info.name);
    k->model = s->o.model;
    k->channels = (size_t)info.shape[0];
    snprintf(k->at, sizeof k->at, "%s", info.name);
    k->units = malloc(k->channels * sizeof *k->units);
    if (!k->units) return state(err, GB_NO_MEMORY, "out of memory");
    if (read_region(s, m, k, err) || read_sample(s, k, err)) return err->status;
    k->how.at = k->at;
    k->how.mask = k->mask;
    k->how.bends = &without;
    k->how.bend_count = 1;
    return GB_OK;
}

gb_status handle_units(live *s, const message *m, outgoing *p, gb_error *err) {
    measuring *k = calloc(1, sizeof *k);
    (void)p;            /* the answer comes from analysis_poll() */
    if (!k) return state(err, GB_NO_MEMORY, "out of memory");
    if (!prepare(s, m, k, err)) return analysis_start(&s->analysis, m->id, (analysis_task){.run = measure, .free = free_measuring, .of = k}, err);
    free_measuring(k);
    return err->status;
}
