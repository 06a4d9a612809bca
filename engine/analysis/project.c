/* Projection: finds the latent whose picture is nearest to a given one, see ganbend_analysis.h. One step of the published
 * schedules, with t = step / steps:
 *
 *     w' = w + σ · 0.05 · max(0, 1 − t/0.75)² · N(0, 1)
 *     loss = distance(picture(w', noise), target) + 1e5 · Σ R(noise maps)
 *     Adam with the rate 0.1 · (½ − ½ cos(π · min(1, (1 − t)/0.25))) · min(1, t/0.05) moves w and the noise maps,
 *     which are normalised
 *
 * (Karras et al. 2020, appendix D; the first step has the rate 0, but counts in Adam's moments). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/work_count.h"
#include "engine/gradient/adam.h"
#include "engine/graph/model.h"
#include "noise_regularisation.h"
#include "projection.h"

enum { PUBLISHED_STEPS = 1000, FAST_STEPS = 200, PUBLISHED_SIDE = 256, LEAST_STAGE = 32, PATIENCE = 40 };

#define NOISE_WEIGHT 1e5
/* Shares of the work: preparing, then stepping. */
#define START_SHARE 0.05

/* Of FAST: the first rate of the starts and of the last stage, in standard deviations of a latent's values, and the decrease of
 * the loss that counts. */
static const double start_rate = 0.1, last_rate = 0.1, fast_gain = 0.998;

static const double pi = 3.14159265358979323846;

double gb_projection_rate(double t) {
    double down = (1 - t) / 0.25, up = t / 0.05;
    return 0.1 * (0.5 - 0.5 * cos(pi * (down < 1 ? down : 1))) * (up < 1 ? up : 1);
}

double gb_projection_noise_strength(double t) {
    double ramp = 1 - t / 0.75;
    return ramp > 0 ? 0.05 * ramp * ramp : 0;
}

static gb_status no_memory(gb_error *err) {
    return gb_fail(err, GB_NO_MEMORY, "out of memory for a projection");
}

/* ------------------------------------------------------------------------------------------------ options */

/* *copy is NULL without values. */
static gb_status copy_array(const float *values, size_t count, float **copy, gb_error *err) {
    *copy = values ? malloc(count * sizeof **copy + 1) : NULL;
    if (*copy)
        memcpy(*copy, values, count * sizeof **copy);
    return *copy || !values ? GB_OK : no_memory(err);
}

static bool is_empty(const gb_projection_options *o) {
    bool empty = o->mask != NULL;
    for (size_t i = 0; empty && i < (size_t)o->target_height * (size_t)o->target_width; i++)
        empty = !(o->mask[i] > 0);
    return empty;
}

static gb_status check_options(const gb_projection *p, gb_error *err) {
    const gb_projection_options *o = &p->o;
    gb_node ws = gb_model_find_role(p->model, GB_ROLE_WS, 0);
    int64_t shape[3];
    gb_model_output_shape(p->model, shape);
    if (o->space != GB_PROJECT_Z && ws == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no w's: project to z");
    if (gb_model_find_role(p->model, GB_ROLE_Z, 0) == GB_NO_NODE)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no z: it is not a generator");
    if (o->space == GB_PROJECT_W_PLUS && o->schedule == GB_PROJECT_NVIDIA)
        return gb_fail(err, GB_BAD_ARGUMENT, "NVIDIA's schedule has one w for all layers; a w for each needs rosinality's or the "
                       "fast one");
    if (!o->target || o->target_height < 1 || o->target_width < 1)
        return gb_fail(err, GB_BAD_ARGUMENT, "a projection needs a target picture");
    if (o->target_height > shape[1] || o->target_width > shape[2])
        return gb_fail(err, GB_BAD_ARGUMENT, "the target picture is %dx%d, larger than the network's %dx%d", o->target_height,
                       o->target_width, (int)shape[1], (int)shape[2]);
    if (is_empty(o))
        return gb_fail(err, GB_BAD_ARGUMENT, "the mask is empty: nothing of the picture counts");
    if (o->w_avg && !(o->w_std > 0))
        return gb_fail(err, GB_BAD_ARGUMENT, "a given mean w needs the samples' standard deviation");
    if (o->label >= 0 && gb_model_class_count(p->model) && (size_t)o->label >= gb_model_class_count(p->model))
        return gb_fail(err, GB_BAD_ARGUMENT, "class %d: this network has classes 0 to %zu", o->label,
                       gb_model_class_count(p->model) - 1);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ buffers */

static gb_status find_latents(gb_projection *p, gb_error *err) {
    bool z = p->o.space == GB_PROJECT_Z;
    gb_node_info info;
    p->latent_node = gb_model_find_role(p->model, z ? GB_ROLE_Z : GB_ROLE_WS, 0);
    gb_model_node(p->model, p->latent_node, &info);
    p->latent_name = info.name;
    p->num_ws = z ? 1 : (int)info.shape[0];
    p->width = (size_t)info.shape[info.ndim - 1];
    p->rows = p->o.space == GB_PROJECT_W_PLUS ? p->num_ws : 1;
    p->count = (size_t)p->rows * p->width;
    p->state.rows = p->rows;
    p->state.latent_dim = (int64_t)p->width;
    p->latents = calloc(p->count, sizeof *p->latents);
    p->gradient = calloc(p->count, sizeof *p->gradient);
    p->moved = calloc(p->count, sizeof *p->moved);
    p->best.latents = calloc(p->count, sizeof *p->best.latents);
    p->node_gradient = calloc((size_t)p->num_ws * p->width, sizeof *p->node_gradient);
    return p->latents && p->gradient && p->moved && p->best.latents && p->node_gradient
               ? gb_adam_new(p->count, NULL, &p->adam, err)
               : no_memory(err);
}

/* The mixture of classes is sought only with z, because w's have their class in them, and only if no class is given. */
static gb_status find_classes(gb_projection *p, gb_error *err) {
    gb_node_info info;
    p->label_node = gb_model_find_role(p->model, GB_ROLE_LABEL, 0);
    if (p->o.space != GB_PROJECT_Z || p->label_node == GB_NO_NODE || p->o.label >= 0)
        return GB_OK;
    gb_model_node(p->model, p->label_node, &info);
    p->label_name = info.name;
    p->classes = (size_t)info.shape[0];
    p->logits = calloc(p->classes, sizeof *p->logits);
    p->label = calloc(p->classes, sizeof *p->label);
    p->label_gradient = calloc(p->classes, sizeof *p->label_gradient);
    p->best.logits = calloc(p->classes, sizeof *p->best.logits);
    return p->logits && p->label && p->label_gradient && p->best.logits ? gb_adam_new(p->classes, NULL, &p->label_adam, err)
                                                                        : no_memory(err);
}

static gb_status find_noise(gb_projection *p, gb_error *err) {
    size_t work = 0;
    while (gb_model_find_role(p->model, GB_ROLE_NOISE, (int)p->map_count) != GB_NO_NODE)
        p->map_count++;
    p->maps = calloc(p->map_count + 1, sizeof *p->maps);
    for (size_t i = 0; p->maps && i < p->map_count; i++) {
        gb_projection_map *m = &p->maps[i];
        gb_node_info info;
        m->input = gb_model_find_role(p->model, GB_ROLE_NOISE, (int)i);
        gb_model_node(p->model, m->input, &info);
        m->name = info.name;
        m->height = (int)info.shape[1];
        m->width = (int)info.shape[2];
        m->at = p->noise_count;
        p->noise_count += (size_t)m->height * (size_t)m->width;
        size_t needed = gb_noise_work_floats(m->height, m->width);
        work = needed > work ? needed : work;
    }
    p->noise = calloc(p->noise_count + 1, sizeof *p->noise);
    p->noise_gradient = calloc(p->noise_count + 1, sizeof *p->noise_gradient);
    p->noise_work = malloc((work + 1) * sizeof *p->noise_work);
    if (!p->maps || !p->noise || !p->noise_gradient || !p->noise_work)
        return no_memory(err);
    return p->o.schedule == GB_PROJECT_FAST ? GB_OK : gb_adam_new(p->noise_count, NULL, &p->noise_adam, err);
}

/* ------------------------------------------------------------------------------------------------ what is compared */

/* A stage compares the pictures of `node`, by LPIPS only if it is the last. */
static gb_status add_stage(gb_projection *p, gb_node node, bool last, gb_error *err) {
    const gb_projection_options *o = &p->o;
    gb_projection_stage *s = &p->stages[p->stage_count++];
    gb_node_info info;
    gb_model_node(p->model, node, &info);
    *s = (gb_projection_stage){.node = node, .name = info.name, .colours = gb_same_colours, .channels = (int)info.shape[0], .height = (int)info.shape[1],
                               .width = (int)info.shape[2]};
    int limit = o->compared_side > 0 ? o->compared_side : o->lpips ? PUBLISHED_SIDE : s->height;
    int h = s->height, w = s->width, factor = h > limit ? h / limit : 1;
    h = h / factor < o->target_height ? h / factor : o->target_height;
    w = w / factor < o->target_width ? w / factor : o->target_width;
    float *target = malloc(3 * (size_t)h * (size_t)w * sizeof *target), *mask = malloc((size_t)h * (size_t)w * sizeof *mask);
    gb_status status = target && mask ? GB_OK : no_memory(err);
    if (!status) {
        gb_picture_loss_options how = {.target = target, .height = h, .width = w, .mask = o->mask ? mask : NULL,
                                       .features = last ? o->lpips : NULL, .mse = o->mse,
                                       .scales = last && o->lpips ? 0 : 1};
        gb_reduce_picture(o->target, 3, o->target_height, o->target_width, h, w, target);
        if (o->mask)
            gb_reduce_picture(o->mask, 1, o->target_height, o->target_width, h, w, mask);
        status = gb_picture_loss_new(&how, &s->loss, err);
    }
    free(target);
    free(mask);
    return status;
}

/* FAST begins with a small running picture, or the whole picture in a network without them, and goes on with pictures four
 * times as large. */
static gb_status add_stages(gb_projection *p, gb_error *err) {
    gb_node output = gb_model_output(p->model), node = output;
    int64_t shape[3];
    gb_status status = GB_OK;
    gb_model_output_shape(p->model, shape);
    for (int side = LEAST_STAGE; p->o.schedule == GB_PROJECT_FAST && side <= shape[1] / 4 && !status &&
                                 p->stage_count + 1 < GB_PROJECTION_STAGES; side *= 4) {
        node = gb_projection_picture_node(p->model, side);
        if (node != output)
            status = add_stage(p, node, false, err);
    }
    if (!status && p->o.schedule == GB_PROJECT_FAST && !p->stage_count)
        status = add_stage(p, output, false, err);
    if (!status)
        status = add_stage(p, output, true, err);
    size_t floats = (size_t)(shape[0] * shape[1] * shape[2]);
    p->picture = malloc(floats * sizeof *p->picture);
    p->cotangent = malloc(floats * sizeof *p->cotangent);
    return status || (p->picture && p->cotangent) ? status : no_memory(err);
}

static void forget_moments(gb_adam *adam, size_t count) {
    if (!adam)
        return;
    memset(gb_adam_moments(adam), 0, 2 * count * sizeof(float));
    gb_adam_set_steps(adam, 0);
}

/* Begins to move from start `index`. */
static void take_start(gb_projection *p, int index) {
    p->start = index;
    p->best.steps = p->best.since = 0;
    forget_moments(p->adam, p->count);
    forget_moments(p->label_adam, p->classes);
    memcpy(p->latents, p->starts + (size_t)index * p->count, p->count * sizeof *p->latents);
    if (p->classes)
        memcpy(p->logits, p->start_logits + (size_t)index * p->classes, p->classes * sizeof *p->logits);
}

/* The boundary that the stage compares is the only one that is tapped. */
gb_status gb_projection_enter(gb_projection *p, int stage, gb_error *err) {
    gb_status status = gb_session_untap(p->session, p->stages[p->stage].name, err);
    p->stage = stage;
    p->best.loss = (float)INFINITY;
    p->best.since = p->best.steps = 0;
    if (p->starts) {
        forget_moments(p->adam, p->count);
        forget_moments(p->label_adam, p->classes);
    }
    return status ? status : gb_session_tap(p->session, p->stages[stage].name, err);
}

/* ------------------------------------------------------------------------------------------------ making */

static gb_status copy_arrays(gb_projection *p, gb_error *err) {
    const gb_projection_options *o = &p->o;
    size_t pixels = (size_t)o->target_height * (size_t)o->target_width;
    gb_status status = copy_array(o->target, 3 * pixels, &p->target, err);
    if (!status)
        status = copy_array(o->mask, pixels, &p->mask, err);
    if (!status && p->noise_adam)
        status = copy_array(o->latent_noise, o->steps * p->count, &p->latent_noise, err);
    return status;
}

/* The maps to start from: given, drawn, or with FAST the stored ones. */
static gb_status start_noise(gb_projection *p, gb_error *err) {
    for (size_t i = 0; i < p->map_count; i++) {
        const gb_projection_map *m = &p->maps[i];
        const char *stored = p->model->graph->nodes[m->input].value;
        size_t plane = (size_t)m->height * (size_t)m->width;
        const float *values = p->o.noise ? p->o.noise + m->at : NULL;
        gb_status status = p->noise_adam || !stored ? GB_OK : gb_model_floats(p->model, stored, 1, &values, err);
        if (status)
            return status;
        if (p->noise_adam && !values)
            gb_random_torch(&p->random, plane, p->noise + m->at);
        else if (values)
            memcpy(p->noise + m->at, values, plane * sizeof *p->noise);
    }
    return GB_OK;
}

static gb_status want_gradients(gb_projection *p, gb_error *err) {
    gb_status status = gb_session_new(p->model, &(gb_session_options){.purpose = GB_GRADIENT}, &p->session, err);
    if (!status)
        status = gb_session_want(p->session, p->latent_name, err);
    if (!status && p->classes)
        status = gb_session_want(p->session, p->label_name, err);
    else if (!status && p->label_node != GB_NO_NODE)
        status = gb_session_set_class(p->session, p->o.label >= 0 ? p->o.label : 0, err);
    for (size_t i = 0; i < p->map_count && p->noise_adam && !status; i++)
        status = gb_session_want(p->session, p->maps[i].name, err);
    return status;
}

static gb_status prepare(gb_projection *p, gb_error *err) {
    gb_status status = check_options(p, err);
    if (!status)
        status = find_latents(p, err);
    if (!status)
        status = find_classes(p, err);
    if (!status)
        status = find_noise(p, err);
    if (!status)
        status = copy_arrays(p, err);
    if (!status)
        status = add_stages(p, err);
    if (!status)
        status = gb_projection_start(p, err);
    if (!status)
        status = start_noise(p, err);
    if (!status)
        status = want_gradients(p, err);
    if (!status)
        status = gb_projection_enter(p, 0, err);
    if (!status && p->starts)
        take_start(p, 0);
    return status;
}

gb_status gb_projection_new(gb_model *model, const gb_projection_options *options, gb_projection **out, gb_error *err) {
    *out = NULL;
    gb_projection *p = calloc(1, sizeof *p);
    if (!p)
        return no_memory(err);
    p->model = model;
    gb_status status = GB_TAKE_OPTIONS(gb_projection_options, progress_arg, &p->o, options, err);
    if (!p->o.steps)
        p->o.steps = p->o.schedule == GB_PROJECT_FAST ? FAST_STEPS : PUBLISHED_STEPS;
    p->state.steps = p->o.steps;
    gb_random_seed(&p->random, p->o.seed);
    if (!status)
        status = prepare(p, err);
    if (status) {
        gb_projection_free(p);
        return status;
    }
    gb_projection_sign(p);
    p->o.target = p->o.mask = p->o.z = p->o.w_avg = p->o.start = p->o.noise = p->o.latent_noise = NULL;
    *out = p;
    return GB_OK;
}

void gb_projection_free(gb_projection *p) {
    if (!p)
        return;
    for (int i = 0; i < p->stage_count; i++)
        gb_picture_loss_free(p->stages[i].loss);
    gb_session_free(p->session);
    gb_adam_free(p->adam);
    gb_adam_free(p->label_adam);
    gb_adam_free(p->noise_adam);
    float *const owned[] = {p->target, p->mask, p->latents, p->gradient, p->moved, p->node_gradient, p->logits, p->label,
                            p->label_gradient, p->noise, p->noise_gradient, p->noise_work, p->latent_noise, p->best.latents,
                            p->best.logits, p->picture, p->cotangent, p->starts, p->start_logits};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    free(p->maps);
    free(p);
}

/* ------------------------------------------------------------------------------------------------ a step */

/* label = softmax(logits) */
static void mix_classes(const gb_projection *p, const float *logits, float *label) {
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < p->classes; k++)
        if ((double)logits[k] > most)       /* GCC 12 for AArch64 crashes over fmax() of floats in a loop */
            most = (double)logits[k];
    for (size_t k = 0; k < p->classes; k++)
        sum += exp((double)logits[k] - most);
    for (size_t k = 0; k < p->classes; k++)
        label[k] = (float)(exp((double)logits[k] - most) / sum);
}

static gb_status set_latents(gb_projection *p, gb_session *session, const float *latents, const float *logits, gb_error *err) {
    gb_status status = p->o.space == GB_PROJECT_Z ? gb_session_set_z(session, latents, err)
                                                  : gb_session_set_ws(session, latents, p->rows, err);
    if (status || !p->classes)
        return status;
    mix_classes(p, logits, p->label);
    return gb_session_set_label(session, p->label, err);
}

static gb_status set_noise(const gb_projection *p, gb_session *session, gb_error *err) {
    gb_status status = GB_OK;
    for (size_t i = 0; i < p->map_count && p->noise_adam && !status; i++)
        status = gb_session_feed(session, p->maps[i].name, p->noise + p->maps[i].at, err);
    return status;
}

const float *gb_projection_draw(gb_projection *p) {
    gb_random_torch(&p->random, p->count, p->node_gradient);        /* has room, and is written later */
    return p->node_gradient;
}

/* The latents with this step's noise, drawn even where its strength is 0, as the published tools do. */
static void move_latents(gb_projection *p, double t) {
    memcpy(p->moved, p->latents, p->count * sizeof *p->moved);
    if (!p->noise_adam)
        return;
    const float strength = (float)(p->deviation * gb_projection_noise_strength(t));
    const float *noise = p->latent_noise ? p->latent_noise + p->state.step * p->count : NULL;
    if (!noise)
        noise = gb_projection_draw(p);
    for (size_t i = 0; i < p->count; i++)
        p->moved[i] += noise[i] * strength;
}

/* Renders the stage's picture and compares it; leaves the gradient with respect to it in `cotangent`. */
static gb_status compare(gb_projection *p, gb_picture_difference *d, gb_error *err) {
    const gb_projection_stage *s = &p->stages[p->stage];
    gb_status status = gb_session_render(p->session, NULL, err);
    if (!status)
        status = gb_session_read(p->session, s->node, p->picture, err);
    if (status)
        return status;
    size_t plane = (size_t)s->height * (size_t)s->width;
    gb_map_colours(&s->colours, p->picture, plane);
    status = gb_picture_loss_of(s->loss, p->picture, s->channels, s->height, s->width, d, p->cotangent, err);
    gb_map_gradient(&s->colours, p->cotangent, plane);
    return status;
}

/* The gradient of one w for all layers is the sum of theirs. */
static void sum_rows(gb_projection *p) {
    for (size_t k = 0; k < p->count; k++) {
        double sum = (double)p->node_gradient[k];
        for (int row = 1; row < p->num_ws && p->rows == 1; row++)
            sum += (double)p->node_gradient[(size_t)row * p->width + k];
        p->gradient[k] = (float)sum;
    }
}

/* ∂loss/∂logit_k = label_k · (g_k − Σ label · g) */
static void through_softmax(gb_projection *p) {
    double sum = 0;
    for (size_t k = 0; k < p->classes; k++)
        sum += (double)p->label[k] * (double)p->label_gradient[k];
    for (size_t k = 0; k < p->classes; k++)
        p->label_gradient[k] = (float)((double)p->label[k] * ((double)p->label_gradient[k] - sum));
}

static gb_status backward(gb_projection *p, gb_error *err) {
    gb_status status = gb_session_backward(p->session, p->stages[p->stage].node, p->cotangent, err);
    if (!status)
        status = gb_session_gradient(p->session, p->latent_node, p->node_gradient, err);
    if (!status && p->classes)
        status = gb_session_gradient(p->session, p->label_node, p->label_gradient, err);
    for (size_t i = 0; i < p->map_count && p->noise_adam && !status; i++)
        status = gb_session_gradient(p->session, p->maps[i].input, p->noise_gradient + p->maps[i].at, err);
    if (status)
        return status;
    sum_rows(p);
    through_softmax(p);
    return GB_OK;
}

static double regularise_noise(gb_projection *p) {
    double loss = 0;
    for (size_t i = 0; i < p->map_count && p->noise_adam; i++) {
        const gb_projection_map *m = &p->maps[i];
        loss += gb_noise_regularise(p->noise + m->at, m->height, m->width, NOISE_WEIGHT, p->noise_gradient + m->at, p->noise_work);
    }
    return loss;
}

static void normalise_noise(gb_projection *p) {
    gb_noise_scaling how = p->o.schedule == GB_PROJECT_NVIDIA ? GB_NOISE_BY_SQUARES : GB_NOISE_BY_DEVIATION;
    for (size_t i = 0; i < p->map_count && p->noise_adam; i++)
        gb_noise_normalise(p->noise + p->maps[i].at, (size_t)p->maps[i].height * (size_t)p->maps[i].width, how);
}

/* ------------------------------------------------------------------------------------------------ the fast schedule */

/* Keeps the latents if they are the best of the stage. */
static void judge(gb_projection *p, double loss) {
    gb_projection_best *b = &p->best;
    b->steps++;
    b->since++;
    if (!(loss < (double)b->loss))
        return;
    if (loss < fast_gain * (double)b->loss)
        b->since = 0;
    b->loss = (float)loss;
    memcpy(b->latents, p->latents, p->count * sizeof *b->latents);
    if (p->classes)
        memcpy(b->logits, p->logits, p->classes * sizeof *b->logits);
}

static void take_best(gb_projection *p) {
    memcpy(p->latents, p->best.latents, p->count * sizeof *p->latents);
    if (p->classes)
        memcpy(p->logits, p->best.logits, p->classes * sizeof *p->logits);
}

/* The steps of a start, of a stage between, or of the last stage: the rest. */
static size_t fast_steps(const gb_projection *p) {
    size_t start = p->o.steps * 3 / 40 + 1, between = p->o.steps / 8 + 1;
    size_t before = (size_t)p->start_count * start + (size_t)(p->stage_count - 2) * between;
    if (p->stage + 1 < p->stage_count)
        return p->stage ? between : start;
    return p->o.steps > before ? p->o.steps - before : 1;
}

static double fast_rate(const gb_projection *p) {
    double t = (double)p->best.steps / (double)fast_steps(p), scale = p->deviation / sqrt((double)p->width);
    if (p->stage + 1 < p->stage_count)
        return start_rate * scale;
    return last_rate * scale * (0.5 + 0.5 * cos(pi * t));
}

/* The next start, stage, or the end. If the last stage no longer improves, it goes over to its last quarter, where the rate is
 * small, and then ends. */
static gb_status end_fast_step(gb_projection *p, gb_error *err) {
    gb_projection_best *b = &p->best;
    size_t steps = fast_steps(p);
    bool over = b->steps >= steps, last = p->stage + 1 == p->stage_count, stuck = last && b->since >= PATIENCE;
    if (!over && !stuck)
        return GB_OK;
    if (!over && b->steps < steps * 3 / 4) {
        take_best(p);
        b->steps = steps * 3 / 4;
        b->since = 0;
        return GB_OK;
    }
    if (!p->stage && p->start + 1 < p->start_count)
        return take_start(p, p->start + 1), GB_OK;
    take_best(p);
    if (!last)
        return gb_projection_enter(p, p->stage + 1, err);
    p->state.done = true;
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ stepping */

static double rate_of(const gb_projection *p, double t) {
    return p->noise_adam ? gb_projection_rate(t) : fast_rate(p);
}

static void fill_state(gb_projection *p, const gb_picture_difference *d, double noise, double rate) {
    const gb_projection_stage *s = &p->stages[p->stage];
    gb_projection_state *state = &p->state;
    state->loss = d->loss + NOISE_WEIGHT * noise;
    state->features = d->features;
    state->mse = d->mse;
    state->scales = d->scales;
    state->noise = noise;
    state->rate = rate;
    state->picture = p->picture;
    state->channels = s->channels;
    state->height = s->height;
    state->width = s->width;
    state->gradient = p->gradient;
}

gb_status gb_projection_tell(gb_projection *p, double share, gb_error *err) {
    p->state.share = START_SHARE * share;
    return !p->o.progress || p->o.progress(p->o.progress_arg, &p->state) ? GB_OK : gb_fail_cancelled(err);
}

void gb_projection_share(gb_projection *p) {
    p->state.share = p->state.done ? 1 : START_SHARE + (1 - START_SHARE) * (double)p->state.step / (double)p->o.steps;
}

gb_status gb_projection_step(gb_projection *p, gb_error *err) {
    double t = (double)p->state.step / (double)p->o.steps, rate = rate_of(p, t);
    gb_picture_difference d;
    if (p->state.done)
        return GB_OK;
    gb_random before = p->random;
    move_latents(p, t);
    gb_status status = set_latents(p, p->session, p->moved, p->logits, err);
    if (!status)
        status = set_noise(p, p->session, err);
    if (!status)
        status = compare(p, &d, err);
    if (!status)
        status = backward(p, err);
    if (status) {
        p->random = before;         /* the step can be repeated */
        return status;
    }
    fill_state(p, &d, regularise_noise(p), rate);
    if (!p->noise_adam)
        judge(p, d.loss);
    gb_adam_step(p->adam, rate, p->gradient, p->latents);
    if (p->classes)
        gb_adam_step(p->label_adam, rate, p->label_gradient, p->logits);
    if (p->noise_adam)
        gb_adam_step(p->noise_adam, rate, p->noise_gradient, p->noise);
    normalise_noise(p);
    p->state.step++;
    p->state.done = p->state.step == p->o.steps;
    if (!p->noise_adam)
        status = p->state.done ? (take_best(p), GB_OK) : end_fast_step(p, err);
    gb_projection_share(p);
    return status;
}

gb_status gb_projection_run(gb_projection *p, gb_error *err) {
    gb_status status = GB_OK;
    while (!p->state.done && !status) {
        status = gb_projection_step(p, err);
        if (!status && p->o.progress && !p->o.progress(p->o.progress_arg, &p->state))
            status = gb_fail_cancelled(err);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ results */

void gb_projection_state_of(const gb_projection *p, gb_projection_state *state) {
    *state = p->state;
}

/* With FAST the best of the stage, once there is one. */
static const float *result_latents(const gb_projection *p) {
    return !p->noise_adam && !p->state.done && isfinite(p->best.loss) ? p->best.latents : p->latents;
}

static const float *result_logits(const gb_projection *p) {
    return result_latents(p) == p->latents ? p->logits : p->best.logits;
}

void gb_projection_latents(const gb_projection *p, float *latents) {
    memcpy(latents, result_latents(p), p->count * sizeof *latents);
}

gb_status gb_projection_label(const gb_projection *p, float *label, gb_error *err) {
    size_t classes = gb_model_class_count(p->model);
    if (!classes)
        return gb_fail(err, GB_BAD_ARGUMENT, "this network has no classes");
    for (size_t k = 0; k < classes; k++)
        label[k] = (int)k == (p->o.label >= 0 ? p->o.label : 0);
    if (p->classes)
        mix_classes(p, result_logits(p), label);
    return GB_OK;
}

bool gb_projection_noise(const gb_projection *p, size_t index, gb_node *input, const float **map) {
    bool has = index < p->map_count;
    *input = has ? p->maps[index].input : GB_NO_NODE;
    *map = has ? p->noise + p->maps[index].at : NULL;
    return has;
}

gb_status gb_projection_render(gb_projection *p, bool own_noise, float *picture, gb_error *err) {
    gb_session *session = NULL;
    gb_status status = gb_session_new(p->model, NULL, &session, err);
    if (!status && !p->classes && p->label_node != GB_NO_NODE)
        status = gb_session_set_class(session, p->o.label >= 0 ? p->o.label : 0, err);
    if (!status)
        status = set_latents(p, session, result_latents(p), result_logits(p), err);
    if (!status && own_noise)
        status = set_noise(p, session, err);
    if (!status)
        status = gb_session_render(session, picture, err);
    gb_session_free(session);
    return status;
}
