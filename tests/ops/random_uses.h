/* Random uses of operations, including unusual shapes, with which rows are compared with the plain ones. */
#ifndef GB_TESTS_RANDOM_USES_H
#define GB_TESTS_RANDOM_USES_H

#include "tests/ops/uses.h"

static gb_shape random_map(rng *r) {
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 19, 24, 33, 35, 40};
    gb_shape s = {pick(r, 1, 3), pick(r, 0, 3) ? pick(r, 8, 70) : pick(r, 1, 7), 0, 0, 1};
    s.h = sizes[pick(r, 0, (int)(sizeof sizes / sizeof *sizes) - 1)];
    s.w = pick(r, 0, 1) ? s.h : sizes[pick(r, 0, (int)(sizeof sizes / sizeof *sizes) - 1)];
    if (pick(r, 0, 3) == 0)
        s.c = 16 * pick(r, 1, 8);
    return s;
}

/* Floats of weights[0] of an operation that has weights. */
static size_t weights_of(const gb_desc *d) {
    if (d->op == GB_OP_CONV2D)
        return (size_t)d->conv2d.cout * (d->in[0].c / d->conv2d.groups) * d->conv2d.kernel * d->conv2d.kernel;
    if (d->op == GB_OP_MODULATED_CONV2D)
        return (size_t)d->conv.cout * d->in[0].c * d->conv.kernel * d->conv.kernel;
    return d->in[0].c;
}

static void random_conv(rng *r, use *u) {
    gb_conv *conv = &u->d.conv;
    gb_shape s = random_map(r);
    *conv = (gb_conv){.cout = pick(r, 0, 3) ? pick(r, 8, 80) : pick(r, 1, 7), .kernel = pick(r, 0, 2) ? 3 : 1, .up = 1};
    if (pick(r, 0, 3) == 0)
        conv->cout = 32 * pick(r, 1, 4);
    conv->up = conv->kernel == 3 && pick(r, 0, 1) ? 2 : 1;
    conv->modulated = pick(r, 0, 3) != 0;
    conv->demodulate = pick(r, 0, 2) != 0;
    conv->style_gain = pick(r, 0, 1) ? 1.0f : 0.125f;
    u->d.in[0] = s;
    u->d.inputs = conv->modulated ? 2 : 1;
    u->d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
    u->weights[0] = random_floats(r, (size_t)conv->cout * s.c * conv->kernel * conv->kernel, 1.0f);
    u->weights[1] = random_floats(r, 16, 0.25f);
    for (int k = 15, separable = pick(r, 0, 1); separable && k >= 0; k--)       /* a product of a column and a row */
        u->weights[1][k] = 4.0f * u->weights[1][k / 4 * 4] * u->weights[1][k % 4];
}

static void random_activation(rng *r, use *u);

/* An adjoint of a layer with a random activation; `from_output` if it has to allow that. */
static void random_layer(rng *r, use *u, bool from_output) {
    const gb_shape *s = &u->d.in[0];
    gb_epilogue *e = &u->epilogue;
    gb_shape out = u->d.out;
    u->layer = u->has_epilogue = true;
    *e = (gb_epilogue){.gain = 1.0f, .clamp = -1.0f, .bias_act = true};
    u->d.out.c = s->c;                  /* the layer's channels */
    do {
        free(u->act_channels);
        u->act_channels = NULL;
        random_activation(r, u);
        if (from_output && pick(r, 0, 1))
            e->act = pick(r, 0, 1) ? GB_ACT_LRELU : GB_ACT_RELU, e->act_param_count = 0;
    } while (from_output && (u->act_channels || !gb_act_invertible(e->act, u->act_params, e->act_param_count, e->gain)));
    u->d.out = out;
    if (pick(r, 0, 3))
        u->bias = random_floats(r, s->c, 0.5f);
    e->noise_strength = 0.3f;
    e->noise_step = pick(r, 0, 1) ? (size_t)s->h * s->w : 0;
    u->noise = random_floats(r, (size_t)s->n * s->h * s->w, 1.0f);
}

static void random_conv2d(rng *r, use *u) {
    gb_conv2d *conv = &u->d.conv2d;
    gb_shape s = random_map(r);
    *conv = (gb_conv2d){.cout = pick(r, 0, 4) ? pick(r, 8, 80) : pick(r, 1, 7), .kernel = pick(r, 1, 7),
                        .stride = pick(r, 1, 2), .groups = 1};
    if (pick(r, 0, 3) == 0)
        conv->cout = 32 * pick(r, 1, 4);
    conv->padding = pick(r, 0, 1) ? conv->kernel / 2 : pick(r, 0, conv->kernel + 1);
    switch (pick(r, 0, 5)) {
    case 0:                                             /* depthwise */
        conv->groups = conv->cout = s.c;
        break;
    case 1:                                             /* of groups that are blocks, and of others */
        conv->groups = pick(r, 2, 4);
        s.c = conv->groups * (pick(r, 0, 1) ? 16 * pick(r, 1, 3) : pick(r, 1, 20));
        conv->cout = conv->groups * (pick(r, 0, 1) ? 16 * pick(r, 1, 3) : pick(r, 1, 20));
        break;
    default:
        break;
    }
    int least = conv->kernel - 2 * conv->padding;
    s.h = s.h < least ? least : s.h;
    s.w = s.w < least ? least : s.w;
    u->d.in[0] = s;
    u->weights[0] = random_floats(r, weights_of(&u->d), 1.0f);
}

/* The gradient of a random convolution's weights, or of a dense layer's. */
static void random_weight_grad(rng *r, use *u) {
    gb_weight_grad *w = &u->d.weight_grad;
    gb_shape *x = &u->d.in[0], *g = &u->d.in[1];
    random_conv2d(r, u);
    free(u->weights[0]);
    u->weights[0] = NULL;
    const gb_conv2d conv = u->d.conv2d;
    *w = (gb_weight_grad){conv.kernel, conv.stride, conv.padding, conv.groups, conv.groups == 1 && pick(r, 0, 1), 0.7f};
    if (pick(r, 0, 4) == 0) {
        *w = (gb_weight_grad){1, 1, 0, 1, false, 0.7f};
        x->h = x->w = 1;
        x->n = pick(r, 1, 40);
    }
    *g = (gb_shape){x->n, conv.cout, (x->h + 2 * w->padding - w->kernel) / w->stride + 1,
                    (x->w + 2 * w->padding - w->kernel) / w->stride + 1, 1};
}

static use random_use(rng *r, gb_op_id op) {
    static const gb_cpu plain = {.isa = "plain", .vector = 1, .workers = 1};
    use u = {.d = {.op = op, .inputs = gb_ops[op]->inputs_max}};
    gb_shape s = random_map(r), vector = {s.n, pick(r, 1, 150), 1, 1, 1};
    char why[200];
    for (int i = 0; i < GB_MAX_INPUTS; i++)
        u.d.in[i] = s;
    switch (op) {
    case GB_OP_CONSTANT:
        u.d.out.n = s.n;
        u.d.constant.c = s.c, u.d.constant.h = s.h, u.d.constant.w = s.w;
        u.weights[0] = random_floats(r, (size_t)s.c * s.h * s.w, 1.0f);
        break;
    case GB_OP_PIXEL_NORM:
        u.d.pixel_norm.eps = 1e-8f;
        break;
    case GB_OP_LINEAR:
        u.d.in[0] = vector;
        u.d.linear.cout = pick(r, 1, 150);
        if (pick(r, 0, 5) == 0)         /* large layers have rows of their own */
            u.d.in[0].c = pick(r, 1024, 1100), u.d.linear.cout = pick(r, 1024, 1060);
        if (pick(r, 0, 3) == 0) {       /* a row of a list */
            u.d.linear.selects = true;
            u.d.in[0] = (gb_shape){s.n, pick(r, 1, 18), 1, u.d.in[0].c, 1};
            u.d.linear.row = pick(r, 0, u.d.in[0].c - 1);
        }
        u.d.linear.gain = 0.37f;
        u.weights[0] = random_floats(r, (size_t)u.d.linear.cout * gb_linear_inputs(&u.d), 1.0f);
        break;
    case GB_OP_CONCAT:
        u.d.in[1].c = pick(r, 1, 40);
        break;
    case GB_OP_TRUNCATE:
        u.d.in[0] = vector;
        u.d.truncate.num_ws = pick(r, 1, 18);
        u.live.truncate = (gb_truncate_live){pick(r, 0, 2) ? 0.7f : 0.3f, pick(r, -1, 18)};
        u.weights[0] = random_floats(r, vector.c, 1.0f);
        break;
    case GB_OP_SELECT:
        u.d.in[0] = (gb_shape){s.n, pick(r, 1, 18), 1, vector.c, 1};
        u.d.select.row = pick(r, 0, u.d.in[0].c - 1);
        break;
    case GB_OP_MODULATED_CONV2D:
        random_conv(r, &u);
        break;
    case GB_OP_UPFIRDN2D:
        u.d.fir = (gb_fir){2, 4, 2, 1, 4.0f};
        if (pick(r, 0, 3) == 0)
            u.d.fir = (gb_fir){pick(r, 1, 3), pick(r, 1, 5), pick(r, 2, 4), pick(r, 2, 4), 1.5f};
        u.weights[0] = random_floats(r, (size_t)u.d.fir.taps * u.d.fir.taps, 0.25f);
        break;
    case GB_OP_BATCH_NORM:
        u.d.inputs = pick(r, 0, 1) ? 3 : 1;
        u.d.in[1] = u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.d.batch_norm.own = pick(r, 0, 3) == 0;
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 4; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    case GB_OP_SLICE:
        u.d.slice.from = pick(r, 0, 1) ? pick(r, 0, s.c - 1) : 16 * pick(r, 0, (s.c - 1) / 16);
        u.d.slice.count = pick(r, 1, s.c - u.d.slice.from);
        break;
    case GB_OP_RESHAPE:
        u.d.reshape.c = s.c, u.d.reshape.h = s.h, u.d.reshape.w = s.w;
        u.d.reshape.channels_last = pick(r, 0, 1);
        u.d.in[0] = (gb_shape){s.n, s.c * s.h * s.w, 1, 1, 1};
        break;
    case GB_OP_MAX_POOL:
    case GB_OP_AVG_POOL:
        u.d.pool = (gb_pool){pick(r, 1, 7), pick(r, 1, 4), 0};
        u.d.pool.padding = pick(r, 0, u.d.pool.size / 2);
        if (pick(r, 0, 2) == 0)
            u.d.pool = (gb_pool){2, 2, 0};
        u.d.in[0].h = s.h + u.d.pool.size - 1, u.d.in[0].w = s.w + u.d.pool.size - 1;
        break;
    case GB_OP_CONV2D:
        random_conv2d(r, &u);
        break;
    case GB_OP_RESIZE:
        u.d.resize = (gb_resize){pick(r, 1, 40), pick(r, 1, 40), (gb_resize_mode)pick(r, 0, GB_RESIZE_MODES - 1)};
        if (pick(r, 0, 3) == 0)
            u.d.resize.h = 2 * s.h, u.d.resize.w = 2 * s.w;
        break;
    case GB_OP_SHUFFLE:
        u.d.shuffle.groups = pick(r, 1, 4);
        u.d.in[0].c = (s.c - 1) / u.d.shuffle.groups * u.d.shuffle.groups + u.d.shuffle.groups;
        break;
    case GB_OP_CHANNEL_AFFINE:
        for (int i = 0; i < 2; i++)
            u.weights[i] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_UNIT_NORM:
        u.d.unit_norm.eps = 1e-10f;
        break;
    case GB_OP_WEIGHTED_L2:
        u.weights[0] = random_floats(r, s.c, 1.0f);
        for (int i = 0; i < s.c; i++)       /* as in LPIPS */
            u.weights[0][i] = fabsf(u.weights[0][i]);
        break;
    case GB_OP_CROSS_ENTROPY:
        u.d.in[0] = u.d.in[1] = vector;
        break;
    case GB_OP_SOFTMAX:
        u.d.in[0] = (gb_shape){s.n, s.c, 1, s.h * s.w, 1};
        break;
    case GB_OP_SCORES:
    case GB_OP_MIX:
    case GB_OP_ATTENTION: {
        gb_shape queries = {s.n, pick(r, 1, 40), pick(r, 1, 9), pick(r, 1, 9), 1};
        gb_shape keys = {s.n, queries.c, pick(r, 1, 9), pick(r, 1, 9), 1}, values = keys;
        values.c = pick(r, 1, 90);
        u.d.in[0] = op == GB_OP_MIX ? values : queries;
        u.d.in[1] = op == GB_OP_MIX ? (gb_shape){s.n, queries.h * queries.w, 1, keys.h * keys.w, 1} : keys;
        u.d.in[2] = op == GB_OP_MIX ? queries : values;
        break;
    }
    case GB_OP_BIAS_ACT_GRAD:
        u.d.inputs = pick(r, 2, 3);
        u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.act_grad.from_output = pick(r, 0, 1);
        random_layer(r, &u, u.d.act_grad.from_output);
        break;
    case GB_OP_ACT_PARAM_GRAD:
        random_layer(r, &u, false);
        u.d.act_param_grad.params = pick(r, 1, 3);
        break;
    case GB_OP_CHANNEL_DOT:
        u.d.inputs = pick(r, 1, 2);
        u.d.channel_dot.gain = 0.7f;
        u.d.channel_dot.before_act = u.d.inputs == 2 && pick(r, 0, 1);
        random_layer(r, &u, true);
        break;
    case GB_OP_PIXEL_SUM:
        random_layer(r, &u, false);
        break;
    case GB_OP_CHANNEL_SCALE:
        u.d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.channel_scale.gain = 0.7f;
        break;
    case GB_OP_CONV_DOWN:
        random_conv(r, &u);
        u.d.conv.kernel = 3, u.d.conv.up = 2;
        u.d.in[0].h *= 2, u.d.in[0].w *= 2;
        free(u.weights[0]);
        u.weights[0] = random_floats(r, (size_t)u.d.conv.cout * u.d.in[0].c * 9, 1.0f);
        break;
    case GB_OP_DEMODULATE:
    case GB_OP_STYLE_GRAD:
        random_conv(r, &u);
        u.d.inputs = gb_ops[op]->inputs_min;
        u.d.in[0] = u.d.in[1];
        u.d.in[2] = u.d.in[3] = (gb_shape){s.n, u.d.conv.cout, 1, 1, 1};
        u.d.in[2].n = u.d.in[3].n = u.d.in[0].n;
        break;
    case GB_OP_PIXEL_NORM_GRAD:
        u.d.pixel_norm.eps = 1e-8f;
        break;
    case GB_OP_TRUNCATE_GRAD:
        u.d.in[0] = (gb_shape){s.n, pick(r, 1, 18), 1, vector.c, 1};
        u.live.truncate = (gb_truncate_live){pick(r, 0, 2) ? 0.7f : 1.0f, pick(r, -1, 18)};
        break;
    case GB_OP_SELECT_GRAD:
        u.d.in[0] = vector;
        u.d.select_grad.rows = pick(r, 1, 18);
        u.d.select_grad.row = pick(r, 0, u.d.select_grad.rows - 1);
        break;
    case GB_OP_SLICE_GRAD:
        u.d.slice_grad.from = pick(r, 0, 40);
        u.d.slice_grad.c = s.c + u.d.slice_grad.from + pick(r, 0, 20);
        break;
    case GB_OP_RESHAPE_GRAD:
        u.d.reshape.channels_last = pick(r, 0, 1);
        break;
    case GB_OP_PASS_GRAD:
        u.d.pass.up = pick(r, 1, 3);
        u.d.in[0].h *= u.d.pass.up, u.d.in[0].w *= u.d.pass.up;
        u.d.pass.kept = pick(r, 0, s.c);
        u.d.pass.c = pick(r, 0, 1) ? s.c : u.d.pass.kept + pick(r, 0, 20) + !u.d.pass.kept;
        break;
    case GB_OP_FIR_GRAD:
        u.d.fir = (gb_fir){2, 4, 2, 1, 4.0f};
        if (pick(r, 0, 3) == 0)
            u.d.fir = (gb_fir){pick(r, 1, 3), pick(r, 1, 5), pick(r, 2, 4), pick(r, 2, 4), 1.5f};
        u.weights[0] = random_floats(r, (size_t)u.d.fir.taps * u.d.fir.taps, 0.25f);
        u.d.in[0].h = s.h * u.d.fir.up + u.d.fir.pad_before + u.d.fir.pad_after - u.d.fir.taps + 1;
        u.d.in[0].w = s.w * u.d.fir.up + u.d.fir.pad_before + u.d.fir.pad_after - u.d.fir.taps + 1;
        break;
    case GB_OP_MAX_POOL_GRAD:
    case GB_OP_AVG_POOL_GRAD:
        u.d.pool = (gb_pool){pick(r, 1, 3), pick(r, 1, 3), 0};
        u.d.pool.padding = pick(r, 0, u.d.pool.size / 2);
        u.d.in[0].h = s.h + 2, u.d.in[0].w = s.w + 2;
        u.d.in[1].h = (s.h + 2 + 2 * u.d.pool.padding - u.d.pool.size) / u.d.pool.stride + 1;
        u.d.in[1].w = (s.w + 2 + 2 * u.d.pool.padding - u.d.pool.size) / u.d.pool.stride + 1;
        break;
    case GB_OP_RESIZE_GRAD:
        u.d.resize = (gb_resize){pick(r, 1, 30), pick(r, 1, 30), (gb_resize_mode)pick(r, 0, GB_RESIZE_MODES - 1)};
        break;
    case GB_OP_SPREAD:
        u.d.spread.stride = pick(r, 1, 2);
        u.d.spread.h = (s.h - 1) * u.d.spread.stride + pick(r, 1, 3);
        u.d.spread.w = (s.w - 1) * u.d.spread.stride + pick(r, 1, 3);
        break;
    case GB_OP_AFFINE_GRAD:
        u.weights[0] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_UNIT_NORM_GRAD:
        u.d.unit_norm.eps = 1e-10f;
        break;
    case GB_OP_DISTANCE_GRAD: {
        static const gb_op_id of[] = {GB_OP_L1, GB_OP_L2, GB_OP_COSINE, GB_OP_WEIGHTED_L2};
        u.d.distance_grad.of = of[pick(r, 0, 3)];
        u.d.in[2] = (gb_shape){s.n, 1, 1, 1, 1};
        u.weights[0] = random_floats(r, s.c, 1.0f);
        break;
    }
    case GB_OP_CROSS_ENTROPY_GRAD:
        u.d.in[0] = u.d.in[1] = vector;
        u.d.in[2] = (gb_shape){s.n, 1, 1, 1, 1};
        break;
    case GB_OP_BATCH_NORM_OWN_GRAD:
        u.d.inputs = pick(r, 0, 1) ? 4 : 2;
        u.d.in[2] = u.d.in[3] = (gb_shape){s.n, s.c, 1, 1, 1};
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.d.batch_norm.own = true;
        u.weights[2] = random_floats(r, s.c, 1.0f);
        break;
    case GB_OP_BATCH_SUM:
        u.d.batch_sum.pixels = pick(r, 0, 1);
        u.d.batch_sum.gain = 0.7f;
        break;
    case GB_OP_WEIGHT_GRAD:
        random_weight_grad(r, &u);
        break;
    case GB_OP_NORM_GAIN_GRAD:
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.own = pick(r, 0, 1);
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 2; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    case GB_OP_STRENGTH_GRAD:
        u.d.strength_grad.gain = 0.7f;
        random_layer(r, &u, false);
        break;
    case GB_OP_DEMODULATE_GRAD:
        random_conv(r, &u);
        u.d.inputs = 3;
        u.d.in[0] = u.d.in[1];
        u.d.in[1] = u.d.in[2] = (gb_shape){u.d.in[0].n, u.d.conv.cout, 1, 1, 1};
        break;
    case GB_OP_MEAN_GRAD:
        u.d.in[1] = (gb_shape){s.n, s.c, 1, 1, 1};
        break;
    case GB_OP_TRANSPOSE:
    case GB_OP_SOFTMAX_GRAD:
        u.d.in[0] = u.d.in[1] = (gb_shape){s.n, s.c, 1, s.h * s.w, 1};
        break;
    case GB_OP_BATCH_NORM_GRAD:
    case GB_OP_BATCH_NORM_DOT:
        if (op == GB_OP_BATCH_NORM_GRAD) {
            u.d.inputs = pick(r, 0, 1) ? 3 : 1;
            u.d.in[1] = u.d.in[2] = (gb_shape){s.n, s.c, 1, 1, 1};
        }
        u.d.batch_norm.rows = pick(r, 1, 3);
        u.d.batch_norm.eps = 0.01f;
        u.d.batch_norm.gain_from_one = pick(r, 0, 1);
        u.live.norm.truncation = 0.3;
        for (int i = 0; i < 4; i++)
            u.weights[i] = random_floats(r, (size_t)s.c * u.d.batch_norm.rows, 1.0f);
        for (int i = 0; i < s.c * u.d.batch_norm.rows; i++)
            u.weights[1][i] *= u.weights[1][i];
        break;
    default:
        break;
    }
    if (!gb_op_shape(&plain, &u.d, why, sizeof why)) {
        fprintf(stderr, "checks: %s\n", why);
        exit(2);
    }
    for (int i = 0; i < u.d.inputs; i++)
        u.in[i] = random_floats(r, count_of(&u.d.in[i]), 1.0f);
    for (size_t i = 0; op == GB_OP_COSINE && i < count_of(&u.d.in[0]); i++)
        u.in[1][i] += u.in[0][i];           /* the cosine of unrelated inputs is nearly 0 */
    return u;
}

/* Any activation, with none, some or all of its parameters, on all or some channels. */
static void random_activation(rng *r, use *u) {
    gb_epilogue *e = &u->epilogue;
    e->act = pick(r, 0, 2) ? (gb_act_kind)pick(r, 0, GB_ACTS - 1) : GB_ACT_LRELU;
    const gb_act_row *row = &gb_acts[e->act];
    e->act_param_count = pick(r, 0, row->max_params);
    for (int i = 0; i < e->act_param_count; i++)
        u->act_params[i] = fmaxf(row->param[i].low, fminf(3.0f * value(r), row->param[i].high));
    e->gain = pick(r, 0, 1) ? row->gain : 1.0f;
    e->clamp = pick(r, 0, 1) ? -1.0f : 0.8f;
    if (pick(r, 0, 3) == 0) {
        e->base_act = (gb_act_kind)pick(r, 0, GB_ACTS - 1);
        u->act_channels = allocate(u->d.out.c);
        for (int c = 0; c < u->d.out.c; c++)
            u->act_channels[c] = (uint8_t)pick(r, 0, 1);
    }
}

/* Random stages for an operation that fuses; for NOISE, BIAS_ACT and ADD their own and some that follow. */
static void random_epilogue(rng *r, use *u) {
    const gb_shape *s = &u->d.out;
    gb_op_id op = u->d.op;
    gb_epilogue *e = &u->epilogue;
    u->has_epilogue = true;
    e->clamp = -1.0f;
    e->gain = 1.0f;
    if (op == GB_OP_NOISE || (op != GB_OP_BIAS_ACT && op != GB_OP_ADD && pick(r, 0, 1))) {
        bool shared = pick(r, 0, 1);
        e->noise_step = shared ? 0 : (size_t)s->h * s->w;
        e->noise_strength = 0.3f;
        u->noise = random_floats(r, (size_t)(shared ? 1 : s->n) * s->h * s->w, 1.0f);
    }
    if (op == GB_OP_BIAS_ACT || (op != GB_OP_ADD && pick(r, 0, 1))) {
        e->bias_act = true;
        random_activation(r, u);
        if (pick(r, 0, 3))
            u->bias = random_floats(r, s->c, 0.5f);
    }
    if (op != GB_OP_ADD && pick(r, 0, 1))
        u->add = random_floats(r, count_of(s), 1.0f);
}

/* A batch norm before the other stages, with the same means for all samples, and a second round after them. Only for the
 * host: devices have neither. */
static inline void random_rounds(rng *r, use *u) {
    const gb_shape *s = &u->d.out;
    if (u->d.op != GB_OP_NOISE && u->d.op != GB_OP_BIAS_ACT && u->d.op != GB_OP_ADD && pick(r, 0, 1)) {
        u->norm = random_floats(r, (size_t)s->n * 3 * s->c, 1.0f);
        for (int n = 1; n < s->n; n++)
            memcpy(u->norm + (size_t)n * 3 * s->c, u->norm, sizeof(float) * s->c);
    }
    if (pick(r, 0, 1)) {
        u->then = memset(allocate(sizeof(use)), 0, sizeof(use));
        u->then->d = (gb_desc){.op = GB_OP_BIAS_ACT, .inputs = 1, .in = {*s}, .out = *s};
        random_epilogue(r, u->then);
    }
}

#endif
