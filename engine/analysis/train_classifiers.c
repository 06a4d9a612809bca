/* gb_train_classifiers() of ganbend_analysis.h: for each layer a classifier that tells its feature maps apart (Broad et al. 2021,
 * network-bending).
 * A layer's maps are collected in a file; batches are drawn from it in an order that depends on the seed and the epoch only, so that
 * a run that was interrupted goes on with the same numbers. A last batch that is not full is left out. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classifier_maps.h"
#include "classifier_trainer.h"
#include "clustering.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/platform.h"
#include "engine/base/random.h"
#include "engine/base/work_count.h"
#include "engine/files/init_classifier.h"
#include "engine/files/open.h"
#include "engine/graph/model.h"

enum { IMAGES = 1000, TEST_IMAGES = 100, EPOCHS = 50, PAPER_EPOCHS = 100, BATCH = 100, TRIED_STEPS = 5, SAVE_EVERY = 200,
       PATH_ROOM = 4096 };

typedef struct layer_plan {
    const gb_clustered_layer *layer;
    char model[PATH_ROOM], maps[PATH_ROOM], state[PATH_ROOM];
    int batch;
    uint64_t steps, looks;      /* batches of one epoch to learn from and to look at */
    uint32_t signature;
    double seconds;             /* estimated, for the training alone */
    bool done;
} layer_plan;

typedef struct training {
    gb_model *generator;
    const gb_classifier_options *o;
    gb_clustering *layers;
    layer_plan *plans;
    size_t images, test_images;
    uint64_t epochs;
    double all_seconds, past_seconds;
    gb_error *err;
} training;

static void note(const training *t, uint64_t epoch, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void note(const training *t, uint64_t epoch, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (t->o->note)
        t->o->note(t->o->note_arg, (int)epoch, line);
}

/* ------------------------------------------------------------------------------------------------ plans */

/* The paper's batches by layer; the script's is 100. */
static int batch_of(const gb_classifier_options *o, int layer) {
    static const int paper[] = {500, 500, 500, 200, 80, 50, 20, 10};
    int pair = (layer - 1) / 2;
    return o->batch ? o->batch : !o->paper ? BATCH : paper[pair < 7 ? pair : 7];
}

static uint32_t mix(uint32_t hash, uint64_t value) {
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (uint32_t)(value >> 8 * i & 0xff)) * UINT32_C(16777619);     /* FNV-1a */
    return hash;
}

/* True if the folder has a classifier for layer k where network-bending keeps it, or under its name. */
static bool is_published(const char *folder, int k) {
    char path[PATH_ROOM];
    for (int form = 0; form < 3; form++) {
        const char *end = form == 1 ? "gbw" : "pt";
        int n = form < 2 ? snprintf(path, sizeof path, "%s/%d/classifier%d_final.%s", folder, k, k, end)
                         : snprintf(path, sizeof path, "%s/classifier%d_final.%s", folder, k, end);
        if (n < PATH_ROOM && gb_file_exists(path))
            return true;
    }
    return false;
}

static gb_status name_files(training *t, layer_plan *p) {
    int k = p->layer->number;
    int n = snprintf(p->model, PATH_ROOM, "%s/classifier%d_final.gbw", t->o->folder, k);
    if (n >= PATH_ROOM - 8)
        return gb_fail(t->err, GB_BAD_ARGUMENT, "the folder's path is too long");
    snprintf(p->maps, PATH_ROOM, "%s/classifier%d_maps", t->o->folder, k);
    snprintf(p->state, PATH_ROOM, "%s/classifier%d_state.npz", t->o->folder, k);
    p->done = gb_file_exists(p->model) || is_published(t->o->folder, k);
    return GB_OK;
}

static gb_status plan_layer(training *t, size_t i) {
    const gb_clustered_layer *l = &t->layers->layers[i];
    layer_plan *p = &t->plans[i];
    *p = (layer_plan){.layer = l, .batch = batch_of(t->o, l->number)};
    if (l->number < 1 || l->h != l->w)
        return gb_fail(t->err, GB_BAD_ARGUMENT, "'%s' has no classifier: it needs network-bending's number and square maps", l->name);
    gb_status status = name_files(t, p);
    if (status)
        return status;
    uint64_t maps = (uint64_t)(t->images + t->test_images) * l->channels;
    uint64_t looked_at = t->test_images ? (uint64_t)t->test_images * l->channels : maps / 10;
    p->looks = looked_at / (uint64_t)p->batch;
    p->steps = (maps - looked_at) / (uint64_t)p->batch;
    if (!p->steps)
        return gb_fail(t->err, GB_BAD_ARGUMENT, "'%s' has %" PRIu64 " maps to learn from, fewer than a batch of %d", l->name,
                       maps - looked_at, p->batch);
    const uint64_t facts[] = {gb_model_checksum(t->generator), (uint64_t)l->number, l->channels, l->w, t->images, t->test_images,
                              (uint64_t)p->batch, t->epochs, t->o->seed, (uint64_t)llrint(1e6 * (double)t->o->psi),
                              t->o->stored_noise};
    p->signature = UINT32_C(2166136261);
    for (size_t k = 0; k < sizeof facts / sizeof *facts; k++)
        p->signature = mix(p->signature, facts[k]);
    return GB_OK;
}

static gb_status new_classifier(const training *t, const layer_plan *p, gb_model **model) {
    gb_network *network;
    gb_status status = gb_classifier_network_new((int64_t)p->layer->channels, (int64_t)p->layer->w, t->o->seed, &network, t->err);
    return status ? status : gb_model_from_network(t->generator->context, network, "the classifier", model, t->err);
}

static int by_value(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Measures some steps on maps of noise: the median, since other programs may run. */
static gb_status estimate(const training *t, layer_plan *p) {
    gb_model *model = NULL;
    gb_classifier_trainer trainer = {0};
    size_t floats = (size_t)p->batch * p->layer->w * p->layer->w;
    float *maps = malloc(floats * sizeof *maps);
    int *labels = calloc((size_t)p->batch, sizeof *labels);
    double loss, seconds[TRIED_STEPS + 1];
    gb_status status = maps && labels ? new_classifier(t, p, &model) : gb_fail(t->err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = gb_trainer_new(&trainer, model, p->batch, 1e-4, t->err);
    if (!status)
        gb_randn(GB_RNG_NUMPY, 0, floats, maps);
    for (int i = 0; i <= TRIED_STEPS && !status; i++) {         /* the first step plans */
        double start = gb_clock();
        status = gb_trainer_step(&trainer, maps, labels, &loss, t->err);
        seconds[i] = gb_clock() - start;
    }
    if (!status)
        qsort(seconds + 1, TRIED_STEPS, sizeof *seconds, by_value);
    p->seconds = status ? 0 : seconds[1 + TRIED_STEPS / 2] * (double)(t->epochs * (p->steps + p->looks / 3));
    gb_trainer_free(&trainer);
    gb_model_close(model);
    free(maps);
    free(labels);
    return status;
}

static const char *duration(double seconds, char text[32]) {
    if (seconds < 90) snprintf(text, 32, "%.0f s", seconds);
    else if (seconds < 5400) snprintf(text, 32, "%.0f min", seconds / 60);
    else snprintf(text, 32, "%.1f h", seconds / 3600);
    return text;
}

static gb_status plan(training *t) {
    gb_status status = GB_OK;
    char text[32];
    size_t left = 0;
    t->plans = calloc(t->layers->count, sizeof *t->plans);
    if (!t->plans)
        return gb_fail(t->err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < t->layers->count && !status; i++)
        status = plan_layer(t, i);
    for (size_t i = 0; i < t->layers->count && !status; i++) {
        layer_plan *p = &t->plans[i];
        if (p->done)
            continue;
        status = estimate(t, p);
        if (status)
            break;
        left++;
        t->all_seconds += p->seconds;
        note(t, 0, "layer %d: %" PRIu64 " steps of %d maps of %zux%zu, about %s; %.0f MB of maps in the folder until it is trained",
             p->layer->number, t->epochs * p->steps, p->batch, p->layer->w, p->layer->w, duration(p->seconds, text),
             (double)(t->images + t->test_images) * (double)(p->layer->channels * p->layer->w * p->layer->w) / 1e6);
    }
    if (!status && left)
        note(t, 0, "%zu classifier%s to train, about %s in all", left, left == 1 ? "" : "s", duration(t->all_seconds, text));
    return status;
}

/* ------------------------------------------------------------------------------------------------ one layer */

static gb_status tell(const training *t, const layer_plan *p, double share) {
    double seconds = t->past_seconds + share * p->seconds;
    bool go_on = !t->o->progress || t->o->progress(t->o->progress_arg, t->all_seconds > 0 ? seconds / t->all_seconds : 1);
    return go_on ? GB_OK : gb_fail_cancelled(t->err);
}

static bool tell_collecting(void *arg, double share) {
    (void)share;
    const training *t = arg;
    return !t->o->progress || t->o->progress(t->o->progress_arg, t->all_seconds > 0 ? t->past_seconds / t->all_seconds : 0);
}

/* Opens the file of maps, which it writes first if it is not there. */
static gb_status open_maps(training *t, const layer_plan *p, gb_maps_file *maps) {
    size_t images = t->images + t->test_images;
    const gb_clustering one = {(gb_clustered_layer *)p->layer, 1};
    const gb_cluster_options how = {.method = GB_CLUSTERS_PUBLISHED, .seed = t->o->seed, .psi = t->o->psi,
                                    .stored_noise = t->o->stored_noise, .progress = tell_collecting, .progress_arg = t};
    gb_status status = gb_file_exists(p->maps) ? GB_OK : gb_maps_write(p->maps, p->signature, images, &one, t->generator, &how, t->err);
    return status ? status : gb_maps_open(p->maps, p->signature, images, p->layer, maps, t->err);
}

/* One layer being trained. */
typedef struct layer_training {
    training *t;
    const layer_plan *plan;
    gb_maps_file maps;
    gb_classifier_trainer trainer;
    uint32_t *order;            /* numbers of maps: those to learn from, then those to look at */
    size_t count, learned;
    int *rank, *labels;
    float *batch;
    uint64_t step;              /* done */
} layer_training;

static void shuffle(uint32_t *list, size_t count, uint64_t seed) {
    gb_random random;
    gb_random_seed(&random, seed);
    for (size_t i = count; i > 1; i--) {
        size_t k = gb_random_word(&random) % i;
        uint32_t swap = list[i - 1];
        list[i - 1] = list[k];
        list[k] = swap;
    }
}

/* The maps of the last images are looked at, or a tenth of all, drawn at random. */
static void split(layer_training *l) {
    const training *t = l->t;
    for (size_t i = 0; i < l->count; i++)
        l->order[i] = (uint32_t)i;
    l->learned = t->test_images ? t->images * l->maps.maps : l->count - l->count / 10;
    if (!t->test_images)
        shuffle(l->order, l->count, t->o->seed);
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The order of an epoch depends on nothing that came before. */
static void begin_epoch(layer_training *l, uint64_t epoch) {
    qsort(l->order, l->learned, sizeof *l->order, compare_numbers);
    shuffle(l->order, l->learned, l->t->o->seed + (epoch + 1) * UINT64_C(2654435761));
}

static gb_status load_batch(layer_training *l, size_t first) {
    gb_status status = GB_OK;
    for (int i = 0; i < l->plan->batch && !status; i++) {
        size_t number = l->order[first + (size_t)i];
        status = gb_maps_read(&l->maps, number, l->batch + (size_t)i * l->maps.pixels, l->t->err);
        l->labels[i] = l->rank[number % l->maps.maps];
    }
    return status;
}

static gb_status look(layer_training *l, uint64_t epoch, double loss) {
    size_t right = 0, seen = 0;
    gb_status status = GB_OK;
    for (uint64_t i = 0; i < l->plan->looks && !status; i++, seen += (size_t)l->plan->batch) {
        status = load_batch(l, l->learned + (size_t)i * (size_t)l->plan->batch);
        if (!status)
            status = gb_trainer_look(&l->trainer, l->batch, l->labels, &right, l->t->err);
    }
    if (status)
        return status;
    char recognised[64] = "";
    if (seen)
        snprintf(recognised, sizeof recognised, ", %.1f %% of the maps set aside are recognised", 100.0 * (double)right / (double)seen);
    note(l->t, epoch + 1, "layer %d, epoch %" PRIu64 " of %" PRIu64 ": loss %.4f%s", l->plan->layer->number, epoch + 1, l->t->epochs,
         loss, recognised);
    return status;
}

static gb_status train_epochs(layer_training *l) {
    const layer_plan *p = l->plan;
    uint64_t all = l->t->epochs * p->steps;
    gb_status status = GB_OK;
    double loss = 0, sum = 0;
    if (l->step % p->steps)
        begin_epoch(l, l->step / p->steps);
    while (l->step < all && !status) {
        uint64_t epoch = l->step / p->steps, at = l->step % p->steps;
        if (!at) {
            begin_epoch(l, epoch);
            sum = 0;
        }
        status = load_batch(l, (size_t)at * (size_t)p->batch);
        if (!status)
            status = gb_trainer_step(&l->trainer, l->batch, l->labels, &loss, l->t->err);
        sum += loss;
        l->step++;
        if (!status && at + 1 == p->steps)
            status = look(l, epoch, sum / (double)p->steps);
        if (!status && (at + 1 == p->steps || l->step % SAVE_EVERY == 0))
            status = gb_trainer_save(&l->trainer, p->state, p->signature, l->step, l->t->err);
        if (!status)
            status = tell(l->t, p, (double)l->step / (double)all);
    }
    return status;
}

static gb_status start(layer_training *l, gb_model **model) {
    gb_error *err = l->t->err;
    size_t batch = (size_t)l->plan->batch;
    gb_status status = open_maps(l->t, l->plan, &l->maps);
    if (status)
        return status;
    l->count = l->maps.images * l->maps.maps;
    l->order = malloc(l->count * sizeof *l->order);
    l->rank = malloc(l->maps.maps * sizeof *l->rank);
    l->labels = malloc(batch * sizeof *l->labels);
    l->batch = malloc(batch * l->maps.pixels * sizeof *l->batch);
    if (!l->order || !l->rank || !l->labels || !l->batch)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_maps_rank(l->maps.maps, l->rank);
    split(l);
    status = new_classifier(l->t, l->plan, model);
    if (!status)
        status = gb_trainer_new(&l->trainer, *model, l->plan->batch, 1e-4, err);
    return status || !gb_file_exists(l->plan->state)
               ? status
               : gb_trainer_restore(&l->trainer, l->plan->state, l->plan->signature, &l->step, err);
}

static gb_status train_layer(training *t, const layer_plan *p) {
    layer_training l = {.t = t, .plan = p};
    gb_model *model = NULL;
    gb_status status = start(&l, &model);
    if (!status)
        status = train_epochs(&l);
    if (!status)
        status = gb_trainer_save_model(&l.trainer, p->model, t->err);
    gb_trainer_free(&l.trainer);
    gb_model_close(model);
    gb_maps_close(&l.maps);
    free(l.order);
    free(l.rank);
    free(l.labels);
    free(l.batch);
    if (!status) {
        gb_file_remove(p->maps);
        gb_file_remove(p->state);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ all layers */

static gb_status train(training *t) {
    gb_status status = gb_clustering_choose(t->layers, t->generator, t->o->at, 0, t->err);
    if (!status && !t->o->at && t->layers->count > GB_PUBLISHED_LAYERS)
        gb_clustering_keep(t->layers, GB_PUBLISHED_LAYERS);
    if (!status)
        status = plan(t);
    for (size_t i = 0; i < t->layers->count && !status; i++) {
        if (t->plans[i].done)
            continue;
        status = train_layer(t, &t->plans[i]);
        t->past_seconds += t->plans[i].seconds;
    }
    return status;
}

gb_status gb_train_classifiers(gb_model *model, const gb_classifier_options *given, gb_error *err) {
    gb_classifier_options options;
    gb_clustering *layers = calloc(1, sizeof *layers);
    gb_status status = layers ? GB_TAKE_OPTIONS(gb_classifier_options, progress_arg, &options, given, err)
                              : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status && (!options.folder || options.epochs < 0 || options.batch < 0 || !isfinite(options.psi)))
        status = gb_fail(err, GB_BAD_ARGUMENT, "classifiers need a folder, and epochs and batches of at least 1");
    if (!status) {
        training t = {.generator = model, .o = &options, .layers = layers, .err = err,
                      .images = options.images ? options.images : IMAGES, .test_images = options.paper ? TEST_IMAGES : 0,
                      .epochs = options.epochs ? (uint64_t)options.epochs : options.paper ? PAPER_EPOCHS : EPOCHS};
        status = train(&t);
        free(t.plans);
    }
    gb_clustering_free(layers);
    return status;
}
