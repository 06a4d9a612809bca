/* ganbend_graph.h: build a network of your own.
 *
 * A graph is given its weights and operations in execution order, and gb_model_build() makes it a model. Builder functions
 * return the new node, or GB_NO_NODE after the first mistake, which gb_model_build() reports; so a whole network can be built
 * without checking each result. Options that are NULL are all zero. Weights are named, once each; their shapes are checked
 * where they are used. docs/examples/unet.c is an example. Everything else is as ganbend.h says. */
#ifndef GANBEND_GRAPH_H
#define GANBEND_GRAPH_H

#include "ganbend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------- options of operations */

typedef struct gb_conv2d_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    int up;                 /* 1, or 2: transposed convolution followed by the FIR filter */
    bool demodulate;
    float style_gain;       /* 0 means 1 */
    const char *fir;        /* weight [taps, taps] with sum 1, for up = 2 */
    int stride;             /* without styles and with up = 1: 1 or 2; 0 means 1 */
    int padding;            /* likewise: zeros on each side; 0 means (kernel - 1) / 2, GB_NO_PADDING none */
    int groups;             /* likewise: a divisor of both numbers of channels; 0 means 1 */
} gb_conv2d_options;
enum { GB_NO_PADDING = -1 };

typedef struct gb_pool_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    int window;             /* pixels per side; 0 means 2 */
    int stride;             /* 0 means `window` */
    int padding;            /* on each side, at most window / 2 */
} gb_pool_options;

typedef struct gb_bias_act_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    const char *bias;       /* weight [C] or NULL */
    float bias_gain;        /* 0 means 1 */
    const char *act;        /* "linear", "relu", "lrelu" (0.2), "tanh", "sigmoid", "elu", "selu", "softplus", "swish" */
    float gain;             /* 0 means 1 */
    float clamp;            /* 0 means no clamping */
} gb_bias_act_options;

typedef struct gb_batch_norm_options {
    size_t size;            /* sizeof the struct, see "Options" in ganbend.h */
    const char *mean, *var; /* weights [rows, C]: statistics at truncations 0 to 1, or [C] for all truncations */
    float eps;
    gb_node gain, bias;     /* vectors [C] per sample, or GB_NO_NODE */
    const char *gain_weight, *bias_weight;      /* weights [C] used instead, or NULL */
    bool gain_from_one;     /* multiply by 1 + gain */
} gb_batch_norm_options;

/* ---------------------------------------------------------------------------------------------------- building */

GB_API gb_graph *gb_graph_new(void);                    /* NULL if out of memory */
GB_API void gb_graph_free(gb_graph *graph);             /* not after gb_model_build(), which takes the graph over */
/* Names a weight without copying it: `data` must outlive the model. */
GB_API void gb_graph_weight(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const float *data);

/* An input [N, shape…] with ndim 1 to 3: [C], [rows, C] or [C, H, W]. `value` names a weight of that shape used as the
 * default, or is NULL: then the input must be set before rendering. */
GB_API gb_node gb_graph_input(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const char *value);
GB_API gb_node gb_graph_constant(gb_graph *graph, const char *name, const char *weight);
/* x / sqrt(mean(x²) + eps), over the channels. */
GB_API gb_node gb_graph_pixel_norm(gb_graph *graph, const char *name, gb_node x, float eps);
GB_API gb_node gb_graph_linear(gb_graph *graph, const char *name, gb_node x, const char *weight, float gain);
GB_API gb_node gb_graph_concat(gb_graph *graph, const char *name, gb_node a, gb_node b);
/* num_ws copies of w, each w_avg + psi (w - w_avg) with the session's psi and cutoff. */
GB_API gb_node gb_graph_truncate(gb_graph *graph, const char *name, gb_node w, const char *w_avg, int num_ws);
GB_API gb_node gb_graph_select(gb_graph *graph, const char *name, gb_node ws, int row);
/* A 3×3 or 1×1 convolution with weights [cout, C, kernel, kernel], modulated by `styles` [C]; or plain if styles =
 * GB_NO_NODE: then the kernel may have 1 to 7 pixels, and the weights are [cout, C / groups, kernel, kernel]. */
GB_API gb_node gb_graph_conv2d(gb_graph *graph, const char *name, gb_node x, gb_node styles, const char *weight,
                               const gb_conv2d_options *options);
GB_API gb_node gb_graph_upsample(gb_graph *graph, const char *name, gb_node x, const char *fir);
GB_API gb_node gb_graph_noise(gb_graph *graph, const char *name, gb_node x, gb_node map, const char *strength);
GB_API gb_node gb_graph_bias_act(gb_graph *graph, const char *name, gb_node x, const gb_bias_act_options *options);
GB_API gb_node gb_graph_add(gb_graph *graph, const char *name, gb_node a, gb_node b);
/* x times a weight of one element, read at run time. */
GB_API gb_node gb_graph_scale(gb_graph *graph, const char *name, gb_node x, const char *weight);
/* Normalisation by stored statistics: (x - mean) / sqrt(var + eps) * gain + bias. */
GB_API gb_node gb_graph_batch_norm(gb_graph *graph, const char *name, gb_node x, const gb_batch_norm_options *options);
GB_API gb_node gb_graph_slice(gb_graph *graph, const char *name, gb_node x, int from, int count);
GB_API gb_node gb_graph_reshape(gb_graph *graph, const char *name, gb_node x, int c, int h, int w, bool channels_last);
GB_API gb_node gb_graph_upsample_nearest(gb_graph *graph, const char *name, gb_node x);
/* Maximum of the pixels of each window that are inside the map; NULL options are windows of 2×2 with stride 2. */
GB_API gb_node gb_graph_max_pool(gb_graph *graph, const char *name, gb_node x, const gb_pool_options *options);
/* Mean over each window; pixels outside the map count as zeros. */
GB_API gb_node gb_graph_avg_pool(gb_graph *graph, const char *name, gb_node x, const gb_pool_options *options);
/* Mean of each map: [C, H, W] to [C, 1, 1]. */
GB_API gb_node gb_graph_global_mean(gb_graph *graph, const char *name, gb_node x);
/* To [C, h, w], with pixel centres at half coordinates. `mode` is "nearest", "bilinear" or "area" (the mean over the pixels
 * that an output pixel covers: adaptive average pooling). A vector [C] is a map of 1×1. */
GB_API gb_node gb_graph_resize(gb_graph *graph, const char *name, gb_node x, int h, int w, const char *mode);
/* Interleaves the channels of `groups` groups: channel i·groups + g is channel g·C/groups + i of x. */
GB_API gb_node gb_graph_shuffle(gb_graph *graph, const char *name, gb_node x, int groups);
/* [C, H, W] to the vector [C·H·W]. */
GB_API gb_node gb_graph_flatten(gb_graph *graph, const char *name, gb_node x);
/* x · scale + offset with weights [C]: normalises pictures. */
GB_API gb_node gb_graph_channel_affine(gb_graph *graph, const char *name, gb_node x, const char *scale,
                                       const char *offset);
/* x / (√(Σ x²) + eps), over the channels of each pixel. */
GB_API gb_node gb_graph_unit_norm(gb_graph *graph, const char *name, gb_node x, float eps);
/* One number [1] from two inputs of the same shape: "l1" mean |a - b|, "l2" mean (a - b)², "cosine" of the angle between
 * them, "weighted_l2" the mean over pixels of Σ weight[c] (a - b)² with a weight [C] (NULL for the others). */
GB_API gb_node gb_graph_distance(gb_graph *graph, const char *name, const char *kind, gb_node a, gb_node b,
                                 const char *weight);
/* -Σ shares · log softmax(logits), of two vectors [C]; the shares are those of the true classes, usually a one-hot
 * vector. */
GB_API gb_node gb_graph_cross_entropy(gb_graph *graph, const char *name, gb_node logits, gb_node shares);
/* The three parts of attention. They run as one step, without storing the matrix of scores, unless a part is tapped, fed
 * or bent. */
GB_API gb_node gb_graph_attention_scores(gb_graph *graph, const char *name, gb_node theta, gb_node phi);
GB_API gb_node gb_graph_softmax(gb_graph *graph, const char *name, gb_node x);
GB_API gb_node gb_graph_attention_output(gb_graph *graph, const char *name, gb_node values, gb_node weights,
                                         gb_node like);
GB_API void gb_graph_alias(gb_graph *graph, const char *alias, const char *name);
/* Gives a node a role; a node may have several. Nodes of one role are told apart by `index`, which is 0 for roles that
 * only one node has. Some operations imply roles: truncate WS, select of such a node W, and the input of noise NOISE. A
 * node that is not what the list above says cannot have the role. */
GB_API void gb_graph_role(gb_graph *graph, gb_node node, gb_role role, int index);
/* The node that gb_session_render() returns; [C, H, W] with 1, 3 or 4 channels for functions that write images. */
GB_API void gb_graph_output(gb_graph *graph, gb_node node);

#ifdef __cplusplus
}
#endif

#endif
