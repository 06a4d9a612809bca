/* ganbend: StyleGAN2 and BigGAN generators in plain C, open at every layer.
 *
 *     #include <ganbend.h>
 *     #include <stdio.h>
 *
 *     int main(int argc, char **argv) {
 *         gb_error err = {0};
 *         gb_context *context = NULL;
 *         gb_model *model = NULL;
 *         gb_session *session = NULL;
 *         if (argc != 3 || gb_context_new(NULL, &context, &err) || gb_model_open(context, argv[1], &model, &err) ||
 *             gb_session_new(model, NULL, &session, &err) || gb_session_seed(session, 7, &err) ||
 *             gb_session_truncate(session, 0.7f, -1, &err) || gb_session_render_png(session, argv[2], &err))
 *             fprintf(stderr, "%s\n", err.status ? err.message : "usage: example MODEL.gbw OUT.png");
 *         gb_session_free(session);
 *         gb_model_close(model);
 *         gb_context_free(context);
 *         return err.status ? 1 : 0;
 *     }
 *
 * Conventions. Functions that can fail return a gb_status, 0 when all went well, and leave one line in `err` (which may
 * be NULL): what was wrong, where, and what would be right. The library never prints, exits or aborts. Who calls _new or
 * _open owns the result and calls _free or _close, both of which take NULL. Arrays are float32, row-major; feature maps
 * N, C, H, W; w's N, num_ws, w_dim. Strings handed out live as long as the object they came from. A context and a model
 * may be used by any number of threads, a session by one at a time (gb_session_cancel excepted). */
#ifndef GANBEND_H
#define GANBEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define GB_API
#else
#define GB_API __attribute__((visibility("default")))
#endif

typedef enum gb_status {
    GB_OK = 0,
    GB_BAD_ARGUMENT,        /* the caller asked for something that cannot be: a name, a shape, a range */
    GB_BAD_FILE,            /* a file is malformed, hostile, damaged, or of a network we do not run */
    GB_IO,                  /* a file could not be opened, read or written */
    GB_NO_MEMORY,
    GB_CANCELLED,
    GB_DEVICE               /* there is no such GPU, or it failed */
} gb_status;

typedef struct gb_error {
    gb_status status;
    char message[640];
} gb_error;

GB_API const char *gb_version(void);        /* "0.1.0" */

/* ---------------------------------------------------------------------------------------------------- context
 * A thread pool and the kernels chosen for this processor. One per process is usual. */

typedef struct gb_context gb_context;

typedef struct gb_context_options {
    int threads;            /* 0 = one for each core this process may use */
    const char *isa;        /* "plain", "avx2", "avx512", …; NULL = $GANBEND_ISA, else the best there is */
    const char *device;     /* "cpu", "cuda", or "auto": a GPU where one can be used, else the processor; NULL =
                             * $GANBEND_DEVICE, else "cpu" */
    const char *precision;  /* of a GPU: "half", "tf32", "fp32"; of the processor: "fp32", or for previews "bf16":
                             * convolutions multiply in bfloat16, where it can (AVX512-BF16); NULL = $GANBEND_PRECISION,
                             * else "half" of a GPU, "fp32" of the processor */
} gb_context_options;

GB_API gb_status gb_context_new(const gb_context_options *options, gb_context **context, gb_error *err);
GB_API void gb_context_free(gb_context *context);       /* after every model of it is closed */
GB_API int gb_context_threads(const gb_context *context);
/* The GPU's name, NULL on the processor; and the precision. */
GB_API const char *gb_context_device(const gb_context *context);
GB_API const char *gb_context_precision(const gb_context *context);
/* Why "auto" took the processor; NULL otherwise. */
GB_API const char *gb_context_no_device(const gb_context *context);
GB_API const char *gb_context_isa(const gb_context *context);
/* Measures what the processor's multiply-add units reach on all threads of the context, in GFLOP/s (a tenth of a
 * second). */
GB_API double gb_context_peak_gflops(gb_context *context);
/* Measures what memory gives all threads of the context that copy arrays larger than the caches, in GB/s read and
 * written together (a tenth of a second); 0 where memory for it is out. */
GB_API double gb_context_memory_gbs(gb_context *context);

/* ---------------------------------------------------------------------------------------------------- files
 * Any checkpoint or array file (.pkl .pt .pth .bin .safetensors .npy .npz), opened without running anything in it. */

typedef struct gb_file gb_file;

enum { GB_DIMS = 8 };

typedef struct gb_array_info {
    const char *name;       /* path inside the file; "" for the one array of an .npy */
    const char *type;       /* "float32", "float16", "int64", … */
    int ndim;
    int64_t shape[GB_DIMS];
    int64_t count;          /* elements */
} gb_array_info;

GB_API gb_status gb_file_open(const char *path, gb_file **file, gb_error *err);
GB_API void gb_file_close(gb_file *file);
GB_API const char *gb_file_format(const gb_file *file);     /* "torch zip", "pickle", "npz", … */
GB_API size_t gb_file_arrays(const gb_file *file);
GB_API void gb_file_array(const gb_file *file, size_t index, gb_array_info *info);
GB_API bool gb_file_find(const gb_file *file, const char *name, size_t *index);
/* Array `index` as float32 into `out`, which has room for info.count. */
GB_API gb_status gb_file_read(const gb_file *file, size_t index, float *out, gb_error *err);
/* The same as float64. */
GB_API gb_status gb_file_read_double(const gb_file *file, size_t index, double *out, gb_error *err);
/* Plain facts in the file (constructor arguments, training settings), at most `limit` of them. */
GB_API void gb_file_facts(const gb_file *file, size_t limit, void (*fact)(void *arg, const char *path, const char *text),
                          void *arg);

/* Writes an .npz whole or not at all: _new opens a file beside `path`, _finish puts it in place, _free without _finish
 * leaves nothing behind. */
typedef struct gb_npz gb_npz;
GB_API gb_status gb_npz_new(const char *path, gb_npz **npz, gb_error *err);
GB_API gb_status gb_npz_add(gb_npz *npz, const char *name, int ndim, const int64_t *shape, const float *data,
                            gb_error *err);
GB_API gb_status gb_npz_finish(gb_npz *npz, gb_error *err);
GB_API void gb_npz_free(gb_npz *npz);
/* One array as an .npy, whole or not at all. */
GB_API gb_status gb_npy_save(const char *path, int ndim, const int64_t *shape, const float *data, gb_error *err);

/* Text chunks of a PNG: keyword and UTF-8 text. */
typedef struct gb_text { const char *key, *value; } gb_text;
/* 8-bit RGB, rows without padding; whole or not at all. */
GB_API gb_status gb_png_write(const char *path, int width, int height, const uint8_t *rgb, const gb_text *texts,
                              size_t text_count, gb_error *err);
/* The same for [height, width, channels] of 1 (grey), 3 (RGB) or 4 (RGBA) channels. */
GB_API gb_status gb_png_write_pixels(const char *path, int width, int height, int channels, const uint8_t *pixels,
                                     const gb_text *texts, size_t text_count, gb_error *err);
/* True where `path` is a whole PNG: reads it to its end and checks every chunk. */
GB_API bool gb_png_whole(const char *path);
/* Hands over the texts of a PNG, as UTF-8 whoever wrote them: at most 64, of up to 8 MiB. */
GB_API gb_status gb_png_text(const char *path, void (*text)(void *arg, const char *key, const char *value), void *arg,
                             gb_error *err);

/* ---------------------------------------------------------------------------------------------------- random numbers */

typedef enum gb_rng {
    GB_RNG_NUMPY,           /* numpy.random.RandomState(seed).randn(count), rounded to float32 */
    GB_RNG_TORCH,           /* torch.manual_seed(seed); torch.randn(count) on the CPU */
    GB_RNG_TRUNCNORM        /* scipy.stats.truncnorm.rvs(-2, 2, size=count, random_state=RandomState(seed)) */
} gb_rng;

/* `count` numbers, standard normal or truncated; the seed counts modulo 2³², as the published generators take it. */
GB_API void gb_randn(gb_rng rng, uint64_t seed, size_t count, float *out);

/* ---------------------------------------------------------------------------------------------------- converting */

/* The kinds of checkpoints that can be converted, one row each. False past the end. */
GB_API bool gb_checkpoint_family(size_t index, const char **name, const char **summary);

typedef struct gb_convert_options {
    bool half;              /* weights as float16 */
    const char *config;     /* path of a JSON file with constructor arguments, or NULL */
    const char *network;    /* which of several generators: its path in the checkpoint ("G_ema", "." for the top level);
                               NULL takes a complete one, a moving average before others */
    void (*note)(void *arg, const char *line);      /* what was found and what was synthesised; may be NULL */
    void *note_arg;
    void (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
} gb_convert_options;

/* Any StyleGAN2 or BigGAN checkpoint into a .gbw. What the checkpoint lacks (noise maps, mean w) is synthesised from
 * seed 0. The config.json beside a BigGAN of the Hugging Face port is used unless another is given. */
GB_API gb_status gb_convert(gb_context *context, const char *in, const char *out, const gb_convert_options *options,
                            gb_error *err);

typedef struct gb_stylegan2 {       /* a zero means the default in brackets */
    int resolution;                 /* [256] power of two, 4 to 4096 */
    int start_height, start_width;  /* [4] of the constant; the picture is resolution / 4 times as large */
    int img_channels;               /* [3] of the picture: 1 is grey, 4 RGBA */
    int channel_base, channel_max;  /* [32768], [512]: channels at r = min(base / r, max) */
    int z_dim, w_dim;               /* [512] */
    int mapping_layers;             /* [8] */
    int classes;                    /* [0] labels of a conditional network */
    const char *block;              /* ["skip"] "resnet", "orig" */
    uint64_t seed;
} gb_stylegan2;

/* A network of that shape with random weights, for benchmarks and tests. */
GB_API gb_status gb_init_stylegan2(gb_context *context, const char *out, const gb_stylegan2 *shape, bool half,
                                   gb_error *err);

typedef struct gb_biggan {          /* a zero means the default in brackets */
    bool deep;                      /* BigGAN-deep as the Hugging Face port has it; else BigGAN as BigGAN-PyTorch has */
    int resolution;                 /* [256] power of two, 32 to 512 */
    int channel_width;              /* [96; deep 128]: the last block's channels; the first has 16 times as many */
    int classes;                    /* [1000] */
    int z_dim;                      /* [20 for each chunk; flat and deep 128] rounded down to equal chunks */
    int shared_dim;                 /* [128] of the class's embedding; -1: each norm has its own. Deep: as z_dim */
    bool flat;                      /* z goes whole into the first layer, not in chunks to it and to each block */
    const char *attention;          /* ["64" where there are such maps] resolutions that attend: "32_64"; "0": none */
    uint64_t seed;
} gb_biggan;

GB_API gb_status gb_init_biggan(gb_context *context, const char *out, const gb_biggan *shape, bool half, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- graph
 * A network as operations in execution order. Builders return the node, or GB_NO_NODE after the first mistake, whose
 * line gb_model_build() reports; so a whole network can be built without looking at each result. Weights are named;
 * their shapes are checked where they are used. Every node's output is a boundary that can be tapped and fed. */

typedef struct gb_graph gb_graph;
typedef int gb_node;
enum { GB_NO_NODE = -1 };

typedef struct gb_conv2d_options {
    int up;                 /* 1, or 2: transposed convolution followed by the FIR */
    bool demodulate;
    float style_gain;       /* 0 means 1 */
    const char *fir;        /* weight [taps,taps] with sum 1, for up = 2 */
} gb_conv2d_options;

typedef struct gb_bias_act_options {
    const char *bias;       /* weight [C] or NULL */
    float bias_gain;        /* 0 means 1 */
    const char *act;        /* "linear", "relu", "lrelu" (0.2), "tanh", "sigmoid", "elu", "selu", "softplus", "swish" */
    float gain;             /* 0 means 1 */
    float clamp;            /* 0 means none */
} gb_bias_act_options;

typedef struct gb_batch_norm_options {
    const char *mean, *var; /* weights [rows,C]: statistics at truncations 0 to 1, one row for all of them */
    float eps;
    gb_node gain, bias;     /* vectors [C] of each sample, or GB_NO_NODE */
    const char *gain_weight, *bias_weight;      /* weights [C] in their place, or NULL */
    bool gain_from_one;     /* 1 + gain is what counts */
} gb_batch_norm_options;

GB_API gb_graph *gb_graph_new(void);                    /* NULL when memory is out */
GB_API void gb_graph_free(gb_graph *graph);             /* not after gb_model_build(), which takes it over */
/* A weight by view: `data` must outlive the model. */
GB_API void gb_graph_weight(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const float *data);

/* An input [N, shape…], ndim 1 to 3 (C; rows, C; C, H, W). `value` names a weight of that shape that it has until
 * something else is set, or is NULL: then it must be set before rendering. */
GB_API gb_node gb_graph_input(gb_graph *graph, const char *name, int ndim, const int64_t *shape, const char *value);
GB_API gb_node gb_graph_constant(gb_graph *graph, const char *name, const char *weight);
GB_API gb_node gb_graph_pixel_norm(gb_graph *graph, const char *name, gb_node x, float eps);
GB_API gb_node gb_graph_linear(gb_graph *graph, const char *name, gb_node x, const char *weight, float gain);
GB_API gb_node gb_graph_concat(gb_graph *graph, const char *name, gb_node a, gb_node b);
GB_API gb_node gb_graph_truncate(gb_graph *graph, const char *name, gb_node w, const char *w_avg, int num_ws);
GB_API gb_node gb_graph_select(gb_graph *graph, const char *name, gb_node ws, int row);
/* styles = GB_NO_NODE makes an ordinary convolution. */
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
GB_API gb_node gb_graph_max_pool(gb_graph *graph, const char *name, gb_node x);
/* Attention's three parts; where nobody looks at the matrix between them they run as one and it is never made. */
GB_API gb_node gb_graph_scores(gb_graph *graph, const char *name, gb_node theta, gb_node phi);
GB_API gb_node gb_graph_softmax(gb_graph *graph, const char *name, gb_node x);
GB_API gb_node gb_graph_mix(gb_graph *graph, const char *name, gb_node values, gb_node weights, gb_node like);
GB_API void gb_graph_alias(gb_graph *graph, const char *alias, const char *name);
/* What gb_session_render() returns; [3,H,W] for everything that writes images. */
GB_API void gb_graph_output(gb_graph *graph, gb_node node);

/* ---------------------------------------------------------------------------------------------------- model */

typedef struct gb_model gb_model;

/* A .gbw, mapped; read-only and shared from here on. */
GB_API gb_status gb_model_open(gb_context *context, const char *path, gb_model **model, gb_error *err);
/* The same from memory, which must outlive the model. `name` is used in messages. */
GB_API gb_status gb_model_open_memory(gb_context *context, const void *bytes, size_t size, const char *name,
                                      gb_model **model, gb_error *err);
/* A network of your own. Takes the graph over, also when it fails. */
GB_API gb_status gb_model_build(gb_context *context, gb_graph *graph, gb_model **model, gb_error *err);
GB_API void gb_model_close(gb_model *model);            /* after every session of it is freed */

/* True where `path` begins like a .gbw. */
GB_API bool gb_is_gbw(const char *path);
/* Compares every tensor with its checksum. */
GB_API gb_status gb_model_verify(gb_model *model, gb_error *err);
GB_API uint32_t gb_model_checksum(const gb_model *model);

/* Metadata ("architecture", "config.z_dim", "origin.family", …). gb_model_meta() writes entry `index` as text, lists
 * joined by commas, cut to `size`; GB_BAD_ARGUMENT past the end. */
GB_API size_t gb_model_metas(const gb_model *model);
GB_API gb_status gb_model_meta(const gb_model *model, size_t index, const char **key, char *text, size_t size);
GB_API const char *gb_model_str(const gb_model *model, const char *key, const char *otherwise);
GB_API int64_t gb_model_int(const gb_model *model, const char *key, int64_t otherwise);
/* Classes of a conditional model, 0 where there are none, and their names, NULL where the model does not know them. */
GB_API size_t gb_model_classes(const gb_model *model);
GB_API const char *gb_model_class_name(const gb_model *model, size_t index);
GB_API size_t gb_model_tensors(const gb_model *model);
GB_API void gb_model_tensor(const gb_model *model, size_t index, gb_array_info *info);

/* A tensor as float32 into `out`, which has room for info.count. */
GB_API gb_status gb_model_read(gb_model *model, const char *tensor, float *out, gb_error *err);

typedef struct gb_node_info {
    const char *name;
    const char *alias;      /* the origin's name, or NULL; there may be more than one: gb_model_find() knows them all */
    const char *op;         /* "modulated_conv2d" */
    int ndim;               /* of one sample: 1 [C], 2 [rows,C], 3 [C,H,W] */
    int64_t shape[3];
    int64_t parameters;     /* weights first used here */
    uint64_t macs;          /* multiply-adds per sample; transposed convolutions at input resolution, FIRs left out */
    int inputs;
    gb_node input[4];
    /* Of a node that ends in an activation, act(x + bias · bias_gain) · gain, clamped: */
    const char *act;        /* its name, "linear" where nothing bends; NULL of other nodes */
    const char *bias;       /* tensor [C], or NULL */
    float bias_gain, gain;
    float clamp;            /* to ±clamp; 0 = none */
} gb_node_info;

GB_API size_t gb_model_nodes(const gb_model *model);
GB_API void gb_model_node(const gb_model *model, gb_node node, gb_node_info *info);
/* By canonical name or alias; GB_NO_NODE where there is none. */
GB_API gb_node gb_model_find(const gb_model *model, const char *name);
/* Nodes whose name or alias matches a shell glob (* ? [a-z]; '*' crosses dots), in execution order: writes at most
 * `room`, returns how many match. */
GB_API size_t gb_model_match(const gb_model *model, const char *glob, gb_node *nodes, size_t room);
/* The output's shape [C,H,W]; a vector is [C,1,1], and rows of vectors are [rows,1,C]. */
GB_API void gb_model_image_shape(const gb_model *model, int64_t shape[3]);

/* ---------------------------------------------------------------------------------------------------- session */

typedef struct gb_session gb_session;

typedef enum gb_purpose {
    GB_ONCE,                /* least memory: one arena, buffers placed by lifetime */
    GB_INTERACTIVE          /* boundaries of the last render are kept, so that a change reruns only what it reaches */
} gb_purpose;

typedef struct gb_session_options {
    gb_purpose purpose;
    int batch;              /* samples rendered together; 0 = 1 */
    size_t keep_bytes;      /* GB_INTERACTIVE: budget for kept boundaries; 0 = 1.5 GB */
    bool time_steps;        /* on a GPU: take each step's time, which costs some of its own; the processor's always are */
} gb_session_options;

GB_API gb_status gb_session_new(gb_model *model, const gb_session_options *options, gb_session **session, gb_error *err);
GB_API void gb_session_free(gb_session *session);

/* Changes below take effect at the next render. Several can be made one transaction: after gb_session_begin(), either
 * gb_session_commit() keeps all of them or gb_session_rollback() none. */
GB_API gb_status gb_session_begin(gb_session *session, gb_error *err);
GB_API gb_status gb_session_commit(gb_session *session, gb_error *err);
GB_API void gb_session_rollback(gb_session *session);

/* z of every sample from one seed each: seed, seed + 1, …, with the rng of the model's origin. BigGAN's z is multiplied
 * by the truncation that is set when it is rendered. */
GB_API gb_status gb_session_seed(gb_session *session, uint64_t seed, gb_error *err);
GB_API gb_status gb_session_seed_with(gb_session *session, gb_rng rng, uint64_t seed, gb_error *err);
GB_API gb_status gb_session_set_z(gb_session *session, const float *z /* [batch, z_dim] */, gb_error *err);
/* w's in place of z; no truncation is applied to them. rows = 1 or num_ws: [batch, rows, w_dim]. */
GB_API gb_status gb_session_set_ws(gb_session *session, const float *ws, int rows, gb_error *err);
/* One class for all samples of the batch, of a conditional model. */
GB_API gb_status gb_session_set_class(gb_session *session, int label, gb_error *err);
GB_API gb_status gb_session_set_label(gb_session *session, const float *label /* [batch, c_dim] */, gb_error *err);
/* StyleGAN2: w_avg + psi (w - w_avg) for the first `cutoff` w's (negative: all); psi is any finite number, 1 = off (0
 * to 1 if the graph also has normalisations with several rows of statistics).
 * BigGAN: psi in (0, 1] scales z's drawn from seeds and chooses the statistics where several are stored; no cutoff. */
GB_API gb_status gb_session_truncate(gb_session *session, float psi, int cutoff, gb_error *err);
/* The mean w to truncate towards, in place of the model's: [w_dim]; NULL goes back. */
GB_API gb_status gb_session_set_w_avg(gb_session *session, const float *w_avg, gb_error *err);

typedef enum gb_noise { GB_NOISE_CONST, GB_NOISE_NONE, GB_NOISE_RANDOM } gb_noise;
/* For every layer that has noise: the stored maps, none, or maps drawn anew for each sample and layer from `seed`. */
GB_API gb_status gb_session_noise(gb_session *session, gb_noise mode, uint64_t seed, gb_error *err);
/* One layer's map: [1 or batch, 1, r, r], shared or one for each sample; NULL goes back. `layer` is
 * "synthesis.b8.conv1". */
GB_API gb_status gb_session_set_noise_map(gb_session *session, const char *layer, const float *map, int samples,
                                          gb_error *err);

/* Reading boundaries: tap before rendering, read after it. `name` is a canonical name, an alias or a glob. Until the next
 * render, reading gives what the last one used: settings changed since then, a rollback included, make no difference.
 * Values that were replaced stay in memory until then. */
GB_API gb_status gb_session_tap(gb_session *session, const char *name, gb_error *err);
GB_API gb_status gb_session_untap(gb_session *session, const char *name, gb_error *err);
/* [batch, shape…] of the node into `out` (room for batch × its elements). */
GB_API gb_status gb_session_read(gb_session *session, gb_node node, float *out, gb_error *err);
/* Setting a boundary: what only it needed is not run. `value` is [batch, shape…]; NULL lifts the feed. */
GB_API gb_status gb_session_feed(gb_session *session, const char *name, const float *value, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- bends
 * One intervention each: where, which features, what. They act in the order they were added; each changes the value its
 * boundary hands on, so that taps and everything behind see it bent. */

typedef int gb_bend;        /* names a bend in its session; 0 is none */

enum {
    GB_MAX_BENDS = 4096,            /* of a session */
    GB_MAX_BEND_PLACES = 65536,     /* boundaries that all bends of a session sit on together; one bend at a glob that
                                     * a hundred nodes match counts a hundred */
    GB_MAX_BENT_NODES = 262144,     /* of the network with its bends in it, which a render checks: each STYLE bend that has
                                     * not the w's of the bend before it adds a mapping network */
    GB_MAX_NAME = 1023              /* bytes of a name or glob that says where */
};

typedef enum gb_bend_kind {
    GB_BEND_FILTER,         /* a row of the filter table on the chosen features */
    GB_BEND_ACTIVATION,     /* another nonlinearity at a node that has one: f(x + bias) · gain */
    GB_BEND_PAINT,          /* activation vectors in place of all channels at chosen pixels */
    GB_BEND_DISABLE,        /* the layer passes its input through */
    GB_BEND_NOISE,          /* a layer's noise: strength × factor, or maps of another seed */
    GB_BEND_SET,            /* the boundary's values replaced by, or offset by, given ones */
    GB_BEND_TRUNCATE,       /* at `synthesis.w{k}`: that layer's w truncated by a psi of its own */
    GB_BEND_STYLE,          /* at `synthesis.w{k}`: the w that another seed has */
    GB_BEND_CALLBACK        /* code of the caller's */
} gb_bend_kind;

typedef enum gb_feature_choice { GB_FEATURES_ALL, GB_FEATURES_LIST, GB_FEATURES_RANDOM } gb_feature_choice;

typedef struct gb_features {
    gb_feature_choice choice;
    const int *list;        /* channels; copied */
    int count;
    double share;           /* RANDOM: int(share · C) of them, drawn from `seed` (and again by gb_session_redraw()) */
    uint64_t seed;
} gb_features;

/* What a callback is handed: plain NCHW, to be read or changed in place. */
typedef struct gb_bent_values {
    gb_node node;
    int n, c, h, w;
    float *values;
} gb_bent_values;

typedef struct gb_bend_options {
    gb_bend_kind kind;
    const char *at;         /* node name, alias or glob, of which those nodes are taken that the bend can sit on */
    gb_features features;   /* FILTER, ACTIVATION, SET and STYLE */
    const char *name;       /* FILTER, ACTIVATION: its name */
    const float *params;    /* of the filter or activation, in the order of its table row; the rest have defaults */
    int param_count;
    bool drop_bias;         /* ACTIVATION on all features */
    bool set_gain;          /* ACTIVATION on all features: `gain` in place of the network's */
    float gain;
    const float *vectors;   /* PAINT: [vector_count, C] */
    int vector_count;
    int grid;               /* PAINT with vectors[0]: 0 everywhere, else k×k blocks with one pixel between */
    const int16_t *mask;    /* PAINT: [mask_h, mask_w] of vector indices, negative = keep; brought to the layer's size */
    int mask_h, mask_w;
    float factor;           /* NOISE: multiplies the strength */
    bool reseed;            /* NOISE: maps drawn from `seed` + sample */
    uint64_t seed;          /* NOISE; STYLE: of the z, the same for every sample, with the rng of the model's origin */
    float psi;              /* TRUNCATE; STYLE where set_psi */
    bool set_psi;           /* STYLE: all w's truncated by `psi` in place of the image's truncation */
    bool set_label;         /* STYLE: of class `label` in place of the image's class, whatever that is when rendering */
    int label;
    const float *values;    /* SET: one sample, or `samples` of them */
    int samples;
    bool add;               /* SET: added in place of replacing */
    float keep;             /* SET in place of, STYLE: 0 to 1, the share of what was there that stays */
    void (*callback)(void *arg, const gb_bent_values *values);     /* CALLBACK: in the rendering thread */
    void *callback_arg;
} gb_bend_options;

/* Whether a bend of this kind can sit on the node. */
GB_API bool gb_model_takes(const gb_model *model, gb_node node, gb_bend_kind kind);
/* Everything pointed to is copied. The message of a refusal lists what would be right. GB_BAD_ARGUMENT also where the
 * session would pass GB_MAX_BENDS or GB_MAX_BEND_PLACES. */
GB_API gb_status gb_session_bend(gb_session *session, const gb_bend_options *options, gb_bend *bend, gb_error *err);
/* New parameters of a filter or activation, factor of noise, psi, or keep: nothing before it runs again. */
GB_API gb_status gb_session_bend_move(gb_session *session, gb_bend bend, const float *params, int count, gb_error *err);
/* Takes one bend away, or (0) all. */
GB_API gb_status gb_session_unbend(gb_session *session, gb_bend bend, gb_error *err);
/* Draws all random features again, for image number `image` of a series, and those of bends that are added later for
 * the same image. A new session draws for image 0. A rollback restores the image too. */
GB_API gb_status gb_session_redraw(gb_session *session, uint64_t image, gb_error *err);

/* Tables of filters and activations, for programs that list them. */
typedef struct gb_param_info {
    const char *name, *summary;
    float otherwise, low, high;
    bool whole;             /* whole numbers only */
    const char *const *choices;     /* names of the values 0, 1, …, NULL-terminated, or NULL */
} gb_param_info;

enum { GB_TABLE_PARAMS = 20 };

typedef struct gb_table_row {
    const char *name, *published, *summary;     /* `published`: another name it is known by, or NULL */
    int params;             /* how many it has */
    int most;               /* the same, or more: any number from 1 to this may be given (a polynomial's weights) */
    int positional;         /* so many may be given without names, in this order */
    gb_param_info param[GB_TABLE_PARAMS];       /* `most` of them */
} gb_table_row;

GB_API bool gb_filter_row(size_t index, gb_table_row *row);         /* false past the end */
GB_API bool gb_activation_row(size_t index, gb_table_row *row);
/* One filter on an array [N, C, H, W], without a network: what a bend does at a boundary. `out` has room for as many
 * values and does not overlap `in`. An activation likewise, on any count of values. */
GB_API gb_status gb_filter_apply(gb_context *context, const char *name, const float *params, int param_count,
                                 const int64_t shape[4], const float *in, float *out, gb_error *err);
GB_API gb_status gb_activation_apply(const char *name, const float *params, int param_count, size_t count,
                                     const float *in, float *out, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- recipes
 * An ordered list of bends in YAML: docs/recipes.md. network-bending's own files are valid recipes. */

typedef struct gb_recipe gb_recipe;

/* Reads and checks it. Files that it names (vectors, masks, clusters) are looked for beside it, when it is applied. */
GB_API gb_status gb_recipe_open(const char *path, gb_recipe **recipe, gb_error *err);
/* The same from memory, as if it stood in a file `name`. */
GB_API gb_status gb_recipe_parse(const char *text, size_t size, const char *name, gb_recipe **recipe, gb_error *err);
GB_API void gb_recipe_free(gb_recipe *recipe);
/* Clusters of features for bends that name one, from network-bending's cluster file. */
GB_API gb_status gb_recipe_clusters(gb_recipe *recipe, const char *path, gb_error *err);

typedef struct gb_recipe_param {
    const char *name, *summary;
    double value, low, high;
} gb_recipe_param;

/* Named parameters, for sliders and --set. False past the end. */
GB_API bool gb_recipe_param_at(const gb_recipe *recipe, size_t index, gb_recipe_param *param);
GB_API gb_status gb_recipe_set(gb_recipe *recipe, const char *name, double value, gb_error *err);

/* What the image is made from, where the recipe says it: name and value as `ganbend render` takes them by the option of
 * that name ("seeds", "rng", "z", "w", "class", "steps", "space", "image", "trunc", "cutoff", "noise", "redraw"); of z and
 * w the numbers, "[0.5, -1]" or lists in a list. They are for the program that renders: gb_recipe_apply() leaves inputs
 * alone. False past the end. */
GB_API bool gb_recipe_input_at(const gb_recipe *recipe, size_t index, const char **name, const char **text);

/* The recipe as it was read, as JSON on one line, which gb_recipe_parse() takes again: maps keep their order, aliases
 * are unfolded. Numbers, true, false and null that stand without quotes are such in JSON too; every other scalar is a
 * string, also off, on, yes, no and numbers beyond the range of a double. */
GB_API gb_status gb_recipe_json(gb_recipe *recipe, const char **text, gb_error *err);
/* For recipes of strangers: from here on it takes files from its own folder and those below it only. What leads out of
 * there, by its name or by symbolic links, is refused. gb_recipe_clusters() still takes any path: that is the caller's. */
GB_API void gb_recipe_confine(gb_recipe *recipe);

/* Adds the recipe's bends to the session, all or none. The recipe remembers them: gb_recipe_set() followed by
 * gb_recipe_update() moves only what changed. */
GB_API gb_status gb_recipe_apply(gb_recipe *recipe, gb_session *session, gb_error *err);
GB_API gb_status gb_recipe_update(gb_recipe *recipe, gb_session *session, gb_error *err);
/* Says in words what it will do with this model, one line per bend; reports what does not fit as apply would. */
GB_API gb_status gb_recipe_describe(const gb_recipe *recipe, gb_model *model, void (*line)(void *arg, const char *text),
                                    void *arg, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- rendering */

/* Renders the batch. `image` [batch, C, H, W], nominally -1 to 1, or NULL where only taps matter; it is written on
 * success only. */
GB_API gb_status gb_session_render(gb_session *session, float *image, gb_error *err);
/* StyleGAN2 with skip blocks: the running picture of the block `resolution` (synthesis.b64.img), [batch, C, H, W] with
 * that node's height and width, before the larger blocks run. An interactive session continues from there when it
 * renders the whole picture. */
GB_API gb_status gb_session_preview(gb_session *session, int resolution, float *image, gb_error *err);
/* The whole picture as 8-bit RGB [batch, H, W, 3]: clamp(127.5 x + 128), truncated, as NVIDIA's generate.py writes it.
 * A grey network's one channel is repeated; an RGBA network's picture is shown over a checkerboard. */
GB_API gb_status gb_session_render_rgb(gb_session *session, uint8_t *rgb, gb_error *err);
/* The same with the network's own channels, 1, 3 or 4: [batch, H, W, C]. */
GB_API gb_status gb_session_render_pixels(gb_session *session, uint8_t *pixels, gb_error *err);
/* Pixels [height, width, channels] of 1, 3 or 4 channels as gb_session_render_rgb() shows them, into
 * [height, width, 3]. */
GB_API void gb_pixels_to_rgb(const uint8_t *pixels, int channels, int height, int width, uint8_t *rgb);
/* The first sample of the batch as a PNG. */
GB_API gb_status gb_session_render_png(gb_session *session, const char *path, gb_error *err);

/* Ends what the session is doing, from any thread: a render, while it is planned or between two of its steps, or a
 * recipe that is being applied or updated. They return GB_CANCELLED. Ends the next of these where none is running. What a
 * render has computed stays; of a recipe nothing is added. */
GB_API void gb_session_cancel(gb_session *session);
/* Called in the rendering thread after every step, with the share of the arithmetic done. NULL: no more. */
GB_API void gb_session_on_progress(gb_session *session, void (*progress)(void *arg, double share), void *arg);

typedef struct gb_step_info {       /* one step of the plan: a node, or a bend at it, and the nodes fused behind it */
    gb_node first, last;            /* first = where the step begins, last = the boundary it writes */
    int nodes;
    const char *op;                 /* what the step begins with: "modulated_conv2d"; of bends "filter", "paint", … */
    const char *kernel;             /* instruction set of the row that ran */
    double seconds;                 /* of the last render; 0 where it was skipped */
    bool ran;
    uint64_t macs;                  /* of the whole batch */
    uint64_t bytes;                 /* inputs read, weights read, output written: the least memory traffic */
} gb_step_info;

typedef struct gb_render_stats {
    int nodes_run;                  /* nodes executed by the last render; fused ones count each */
    int steps_run, steps;
    size_t arena_bytes, kept_bytes; /* buffers of the plan; boundaries kept from render to render */
} gb_render_stats;

GB_API void gb_session_stats(const gb_session *session, gb_render_stats *stats);
GB_API void gb_session_step(const gb_session *session, int step, gb_step_info *info);

#ifdef __cplusplus
}
#endif
#endif
