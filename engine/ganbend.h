/* ganbend: StyleGAN2 and BigGAN generators in plain C, open at every layer.
 *
 *     #include <ganbend.h>
 *     #include <stdio.h>
 *
 *     int main(int argc, char **argv) {
 *         gb_error err = GB_ERROR_INIT;
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
 * Conventions
 *   Errors     Functions that can fail return a gb_status, 0 on success, and write one line to `err`, which may be NULL:
 *              the problem, where it is, and the remedy. The library never prints, exits or aborts.
 *   Ownership  The caller owns what it gets from _new and _open, and passes it to _free or _close; both accept NULL.
 *              Returned strings live as long as the object they came from. Arguments are copied unless the comment says
 *              otherwise.
 *   Order      A context is used by its models, a model by its sessions. gb_model_close() and gb_context_free() refuse with
 *              GB_BAD_ARGUMENT, and change nothing, while something still uses the object.
 *   Options    Structs of options begin with `size`, so that they can grow: set it to sizeof the struct and everything else
 *              that you do not choose to zero. 0 stands for the struct of version 0.1. A program made for a newer version
 *              runs with an older library as long as it leaves the fields that the library does not know at zero; otherwise
 *              the call fails with GB_BAD_ARGUMENT.
 *   Arrays     float32, row-major. Feature maps are [N, C, H, W], w's [N, num_ws, w_dim].
 *   Files      Output files appear complete or not at all.
 *   Threads    Any number of threads may use a context and a model at the same time, open and close models among them; each
 *              session, recipe, graph, open file and .npz belongs to one thread at a time. Only gb_session_cancel() may be
 *              called while another thread uses the session. _free and _close come after every other call has returned:
 *              sessions, then their model, then its context. */
#ifndef GANBEND_H
#define GANBEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header; gb_version() is that of the library. */
#define GB_VERSION_MAJOR 0
#define GB_VERSION_MINOR 1
#define GB_VERSION_PATCH 0
#define GB_VERSION_STRING "0.1.0"
/* A version as a number, for conditions like GB_VERSION >= GB_MAKE_VERSION(0, 2, 0). */
#define GB_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define GB_VERSION GB_MAKE_VERSION(GB_VERSION_MAJOR, GB_VERSION_MINOR, GB_VERSION_PATCH)

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
    GB_BAD_ARGUMENT,        /* an argument is not possible: a name, a shape, a range */
    GB_BAD_FILE,            /* a file is malformed, damaged, or holds a network that is not supported */
    GB_IO,                  /* a file could not be opened, read or written */
    GB_NO_MEMORY,
    GB_CANCELLED,
    GB_DEVICE               /* there is no such GPU, or it failed */
} gb_status;

typedef struct gb_error {
    gb_status status;
    char message[640];
} gb_error;

/* The initial value of an error, in C and in C++. */
#define GB_ERROR_INIT {GB_OK, ""}

GB_API const char *gb_version(void);        /* "0.1.0" */
GB_API int gb_version_number(void);         /* GB_VERSION of the library */
/* Makes a text from a file fit to be printed on a terminal: control characters (C0, C1, DEL), characters that change the
 * direction of writing or have no width, and bytes that are not UTF-8 become '?', byte for byte. Messages in a gb_error have
 * been through it. */
GB_API void gb_make_printable(char *text);

/* ---------------------------------------------------------------------------------------------------- context
 * A thread pool and the kernels selected for this processor or GPU. One per process is usual. */

typedef struct gb_context gb_context;

/* Where a context, its models and their sessions get the memory that grows with the network: copies of files, packed
 * weights, buffers and values. Small bookkeeping, and what the libraries that ganbend uses allocate, is malloc()'s. Both
 * functions may be called from several threads at a time. */
typedef struct gb_allocator {
    /* `size` bytes, aligned to `alignment`, a power of two up to 64; NULL if there are none: the call that needed them fails
     * with GB_NO_MEMORY. */
    void *(*alloc)(void *arg, size_t size, size_t alignment);
    void (*free)(void *arg, void *memory, size_t size);
    void *arg;
} gb_allocator;

typedef enum gb_log_level {
    GB_LOG_ERROR,           /* a mistake of the caller in a function that returns no message */
    GB_LOG_WARNING,         /* not as was asked: a GPU that could not be used */
    GB_LOG_INFO,            /* what was chosen: kernels, threads, models opened */
    GB_LOG_DEBUG            /* every plan that a session makes, with its memory */
} gb_log_level;

typedef struct gb_context_options {
    size_t size;            /* sizeof the struct, see "Options" above */
    int threads;            /* 0 = one per core that this process may use */
    const char *isa;        /* "plain", "avx2", "avx512", …; NULL = $GANBEND_ISA, or the best available */
    const char *device;     /* "cpu", "cuda", or "auto" (a GPU if one can be used, otherwise the CPU); NULL =
                             * $GANBEND_DEVICE, or "cpu" */
    const char *precision;  /* GPU: "half", "tf32", "fp32". CPU: "fp32", or "bf16" for previews: convolutions multiply in
                             * bfloat16 (AMX or AVX512-BF16). NULL = $GANBEND_PRECISION, or "half" on a GPU, "fp32" on a CPU */
    const gb_allocator *allocator;      /* copied; NULL = aligned memory of the C library */
    /* Called with one line without a newline, from any thread that uses the context; may be NULL. */
    void (*log)(void *arg, gb_log_level level, const char *line);
    void *log_arg;
} gb_context_options;

/* `options` may be NULL for the defaults. */
GB_API gb_status gb_context_new(const gb_context_options *options, gb_context **context, gb_error *err);
/* GB_BAD_ARGUMENT, also told to the log, if a model of the context is open: then nothing is freed. */
GB_API gb_status gb_context_free(gb_context *context);
GB_API int gb_context_threads(const gb_context *context);
GB_API const char *gb_context_device(const gb_context *context);        /* the GPU's name, or NULL on a CPU */
GB_API const char *gb_context_precision(const gb_context *context);
GB_API const char *gb_context_fallback_reason(const gb_context *context);       /* why "auto" chose the CPU, or NULL */
GB_API const char *gb_context_isa(const gb_context *context);
/* Measures the multiply-add rate of all threads, in GFLOP/s. Takes a tenth of a second. */
GB_API double gb_context_peak_gflops(gb_context *context);
/* The rate at which all threads copy arrays larger than the caches, in GB/s, reads and writes added; 0 if out of memory. */
GB_API double gb_context_memory_bandwidth(gb_context *context);
/* Memory for results. A GPU writes them there directly (the memory is page-locked), and into other memory through a copy; on
 * a CPU it is ordinary memory. The caller may use it for anything, and frees it before the context. */
GB_API gb_status gb_buffer_new(gb_context *context, size_t bytes, void **buffer, gb_error *err);
GB_API void gb_buffer_free(gb_context *context, void *buffer);

/* ---------------------------------------------------------------------------------------------------- readers and writers
 * Files that are in memory, in an archive or on a network. Functions named _from read a gb_reader and functions named _to
 * write a gb_writer; otherwise they are like those that take a path. */

typedef struct gb_reader {
    size_t size;            /* sizeof the struct, see "Options" above */
    const char *name;       /* for messages; NULL = "data" */
    const void *bytes;      /* `count` bytes, needed during the call only; or NULL if there is */
    size_t count;
    /* a function that copies the next bytes, at most `most`, to `to` and returns their number: 0 at the end, SIZE_MAX if
     * reading failed, which ends the call with GB_IO. Called until the end, without seeking. */
    size_t (*read)(void *arg, void *to, size_t most);
    void *arg;
} gb_reader;

typedef struct gb_writer {
    size_t size;            /* sizeof the struct, see "Options" above */
    /* Takes the next bytes of the file; false ends the call with GB_IO. What it got before a failure is no whole file. */
    bool (*write)(void *arg, const void *bytes, size_t count);
    void *arg;
    void *bytes;            /* without `write`: the file, `count` bytes, for gb_free(); NULL after a failure */
    size_t count;
} gb_writer;

GB_API void gb_free(void *bytes);       /* frees the bytes of a writer */

/* ---------------------------------------------------------------------------------------------------- files
 * Checkpoints and array files (.pkl .pt .pth .bin .safetensors .npy .npz), opened without executing anything in them. */

typedef struct gb_file gb_file;

enum { GB_DIMS = 8 };

typedef struct gb_array_info {
    const char *name;       /* path inside the file; "" for the array of an .npy */
    const char *type;       /* "float32", "float16", "int64", … */
    int ndim;
    int64_t shape[GB_DIMS];
    int64_t count;          /* number of elements */
} gb_array_info;

/* Copies the file into memory until it is closed, as do all functions that read files except gb_model_open(). */
GB_API gb_status gb_file_open(const char *path, gb_file **file, gb_error *err);
GB_API gb_status gb_file_open_from(const gb_reader *reader, gb_file **file, gb_error *err);
GB_API void gb_file_close(gb_file *file);
GB_API const char *gb_file_format(const gb_file *file);     /* "torch zip", "pickle", "npz", … */
GB_API size_t gb_file_array_count(const gb_file *file);
/* Past the end the name is empty and everything else zero; likewise for gb_model_tensor() and gb_model_node(). */
GB_API void gb_file_array(const gb_file *file, size_t index, gb_array_info *info);
GB_API bool gb_file_find(const gb_file *file, const char *name, size_t *index);
/* Reads array `index` as float32, or float64, into `out`, which has room for info.count elements. */
GB_API gb_status gb_file_read(const gb_file *file, size_t index, float *out, gb_error *err);
GB_API gb_status gb_file_read_double(const gb_file *file, size_t index, double *out, gb_error *err);
/* Calls `fact` for the plain values in the file (constructor arguments, training settings), at most `limit` times. */
GB_API void gb_file_facts(const gb_file *file, size_t limit, void (*fact)(void *arg, const char *path, const char *text),
                          void *arg);

/* Writes an .npz: gb_npz_new() opens a temporary file beside `path`, gb_npz_finish() puts it in place, and gb_npz_free()
 * without gb_npz_finish() removes it. */
typedef struct gb_npz gb_npz;
GB_API gb_status gb_npz_new(const char *path, gb_npz **npz, gb_error *err);
GB_API gb_status gb_npz_add(gb_npz *npz, const char *name, int ndim, const int64_t *shape, const float *data, gb_error *err);
GB_API gb_status gb_npz_finish(gb_npz *npz, gb_error *err);
GB_API void gb_npz_free(gb_npz *npz);
/* Writes one array as an .npy. */
GB_API gb_status gb_npy_save(const char *path, int ndim, const int64_t *shape, const float *data, gb_error *err);

/* What the library writes. Every function that writes a file replaces one of its own kind, and an empty one; a file of
 * another kind is left as it is and the call fails. With GANBEND_OVERWRITE=1 in the environment it is replaced as well. */
typedef enum gb_output_kind {
    GB_OUTPUT_GBW, GB_OUTPUT_PNG, GB_OUTPUT_NPZ, GB_OUTPUT_NPY, GB_OUTPUT_CLUSTERS,
    GB_OUTPUT_TORCH,            /* what torch.save() writes: a zip archive */
    GB_OUTPUT_RECIPE,           /* a recipe that begins with "# Recipe" */
    GB_OUTPUT_MAPS              /* the maps that a classifier is trained with: gb_train_classifiers() */
} gb_output_kind;
/* Whether a file of that kind could be written to `path` as far as that rule goes: GB_OK, or GB_BAD_ARGUMENT or GB_IO. */
GB_API gb_status gb_check_output(const char *path, gb_output_kind kind, gb_error *err);
/* Writes what a reader gives to `path` under that rule: the file appears whole, with the permissions of the one it replaces,
 * or not at all. The bytes are not looked at. */
GB_API gb_status gb_file_write(const char *path, gb_output_kind kind, const gb_reader *from, gb_error *err);

/* A text chunk of a PNG: keyword and UTF-8 text. */
typedef struct gb_text { const char *key, *value; } gb_text;
/* Writes 8-bit RGB, rows without padding. */
GB_API gb_status gb_png_write(const char *path, int width, int height, const uint8_t *rgb, const gb_text *texts,
                              size_t text_count, gb_error *err);
/* Writes 8-bit pixels [height, width, channels] of 1 (grey), 3 (RGB) or 4 (RGBA) channels. */
GB_API gb_status gb_png_write_pixels(const char *path, int width, int height, int channels, const uint8_t *pixels,
                                     const gb_text *texts, size_t text_count, gb_error *err);
GB_API gb_status gb_png_write_to(gb_writer *writer, int width, int height, int channels, const uint8_t *pixels,
                                 const gb_text *texts, size_t text_count, gb_error *err);
/* Calls `pixels` with the picture in a PNG of any kind as 8-bit RGBA, rows without padding; `rgba` is valid during the
 * call. At most 4096 pixels per side. */
GB_API gb_status gb_png_pixels(const char *path, void (*pixels)(void *arg, int width, int height, const uint8_t *rgba),
                               void *arg, gb_error *err);
/* True if `path` is a complete PNG: reads it to its end and checks every chunk. */
GB_API bool gb_png_is_complete(const char *path);
/* Calls `text` for the text chunks of a PNG, as UTF-8: at most 64, each of at most 8 MiB. */
GB_API gb_status gb_png_text(const char *path, void (*text)(void *arg, const char *key, const char *value), void *arg,
                             gb_error *err);

/* ---------------------------------------------------------------------------------------------------- directions
 * Named directions in a latent space, found by gb_find_directions() or read from files. Recipes add them to the w's. */

typedef struct gb_directions gb_directions;

typedef enum gb_latent_space { GB_LATENT_W, GB_LATENT_Z } gb_latent_space;

typedef struct gb_direction {
    const char *name;           /* "pc0"; letters, digits, '-', '_' and '.', at most 63 */
    gb_latent_space space;
    int64_t width;              /* w_dim or z_dim */
    const float *vector;        /* [width]; an amount of 1 adds it times `deviation` */
    float deviation;            /* standard deviation of latents along the vector; 1 if unknown */
    int first_layer, last_layer;        /* of the w's that it was found for, counted from 0; last_layer < 0: all */
} gb_direction;

GB_API gb_status gb_directions_new(gb_directions **directions, gb_error *err);
GB_API void gb_directions_free(gb_directions *directions);
/* Reads a file of gb_directions_save(), GANSpace's .npz (lat_comp, lat_stdev: "pc0", …), rosinality's factor.pt (eigvec:
 * "factor0", …), or a single array [width], [1, width], [n, width] or [n, 1, width] such as Autolume's .npy ("0", "1", …, of
 * deviation 1). Where the file does not say the space it is w; recipes add such directions to z if there are no w's. */
GB_API gb_status gb_directions_open(const char *path, gb_directions **directions, gb_error *err);
/* Writes an .npz with "direction/NAME" [width], and "NAME/deviation" [1], "NAME/space" [1] (0 w, 1 z) and "NAME/layers" [2]
 * beside it. */
GB_API gb_status gb_directions_save(const gb_directions *directions, const char *path, gb_error *err);
/* Adds a copy. GB_BAD_ARGUMENT if the name is not valid or there is one of that name already. */
GB_API gb_status gb_directions_add(gb_directions *directions, const gb_direction *direction, gb_error *err);
GB_API size_t gb_directions_count(const gb_directions *directions);
/* Past the end everything is zero and the name is empty. */
GB_API void gb_directions_at(const gb_directions *directions, size_t index, gb_direction *direction);
/* By name; a number that is no name is an index. */
GB_API bool gb_directions_find(const gb_directions *directions, const char *name, size_t *index);

/* ---------------------------------------------------------------------------------------------------- random numbers */

typedef enum gb_rng {
    GB_RNG_NUMPY,           /* numpy.random.RandomState(seed).randn(count), rounded to float32 */
    GB_RNG_TORCH,           /* torch.manual_seed(seed); torch.randn(count) on the CPU */
    GB_RNG_TRUNCNORM        /* scipy.stats.truncnorm.rvs(-2, 2, size=count, random_state=RandomState(seed)) */
} gb_rng;

/* Writes `count` normally distributed numbers to `out`. Seeds are taken modulo 2³², as the published generators do. */
GB_API void gb_randn(gb_rng rng, uint64_t seed, size_t count, float *out);

/* ---------------------------------------------------------------------------------------------------- converting */

/* The checkpoint families that can be converted. False past the end. */
GB_API bool gb_checkpoint_family(size_t index, const char **name, const char **summary);

/* The tables that opening a checkpoint goes by, for documentation: families of checkpoints, file formats, and networks that
 * are refused by name. `source` says where a family's files come from, and is "" in the other tables. False past the end. */
typedef enum gb_checkpoint_table { GB_CHECKPOINT_FAMILIES, GB_CHECKPOINT_FORMATS, GB_CHECKPOINT_REFUSED } gb_checkpoint_table;
typedef struct gb_checkpoint_row { const char *name, *summary, *source; } gb_checkpoint_row;
GB_API bool gb_checkpoint_table_row(gb_checkpoint_table table, size_t index, gb_checkpoint_row *row);

typedef struct gb_convert_options {
    size_t size;            /* sizeof the struct, see "Options" above */
    bool half;              /* store convolution weights as float16 */
    const char *config;     /* path of a JSON file with constructor arguments, or NULL */
    const char *network;    /* which of several generators: its path in the checkpoint ("G_ema", "." for the top level);
                             * NULL selects a complete one, preferring a moving average */
    const char *lpips;      /* path of LPIPS's own weights (weights/v0.1/vgg.pth), to join with a VGG-16; or NULL */
    void (*note)(void *arg, const char *line);      /* called with what was found and what was synthesised; may be NULL */
    void *note_arg;
    void (*progress)(void *arg, double share);      /* may be NULL */
    void *progress_arg;
    const char *config_json;    /* instead of `config`: the JSON text itself, or NULL */
} gb_convert_options;

/* Converts any supported checkpoint to a .gbw. Values missing from the checkpoint (noise maps, mean w) are synthesised
 * from seed 0. If `config` is NULL, the config.json beside a BigGAN of the Hugging Face port is used. */
GB_API gb_status gb_convert(gb_context *context, const char *in, const char *out, const gb_convert_options *options,
                            gb_error *err);
GB_API gb_status gb_convert_to(gb_context *context, const gb_reader *in, gb_writer *out, const gb_convert_options *options,
                               gb_error *err);

typedef struct gb_stylegan2 {       /* a zero selects the default in brackets */
    size_t size;                    /* sizeof the struct, see "Options" above */
    int resolution;                 /* [256] a power of two from 4 to 4096 */
    int channel_base, channel_max;  /* [32768], [512]: min(base / r, max) channels at resolution r */
    int z_dim, w_dim;               /* [512] */
    int mapping_layers;             /* [8] */
    int classes;                    /* [0] labels of a conditional network */
    const char *block;              /* ["skip"] "resnet", "orig" */
    int start_height, start_width;  /* [4] size of the constant; the picture is resolution / 4 times as large */
    int img_channels;               /* [3] channels of the picture: 1 is grey, 4 is RGBA */
    uint64_t seed;
} gb_stylegan2;

/* Writes a StyleGAN2 of that shape with random weights, for benchmarks and tests. */
GB_API gb_status gb_init_stylegan2(gb_context *context, const char *out, const gb_stylegan2 *shape, bool half, gb_error *err);

typedef struct gb_biggan {          /* a zero selects the default in brackets */
    size_t size;                    /* sizeof the struct, see "Options" above */
    bool deep;                      /* BigGAN-deep as in the Hugging Face port; otherwise BigGAN as in BigGAN-PyTorch */
    int resolution;                 /* [256] a power of two from 32 to 512 */
    int channel_width;              /* [96; deep 128]: channels of the last block; the first has 16 times as many */
    int classes;                    /* [1000] */
    int z_dim;                      /* [20 per chunk; flat and deep 128] rounded down to equal chunks */
    int shared_dim;                 /* [128] of the class embedding; -1: each norm has its own. Deep: equal to z_dim */
    bool flat;                      /* z is used whole by the first layer instead of in one chunk per block */
    const char *attention;          /* ["64" if there are such maps] resolutions with attention: "32_64"; "0": none */
    uint64_t seed;
} gb_biggan;

/* Writes a BigGAN of that shape with random weights. */
GB_API gb_status gb_init_biggan(gb_context *context, const char *out, const gb_biggan *shape, bool half, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- graph
 * A network is a graph of operations in execution order; every node's output is a boundary that can be tapped and fed.
 * ganbend_graph.h declares the functions that build one. */

typedef struct gb_graph gb_graph;
typedef int gb_node;
enum { GB_NO_NODE = -1 };

/* What a node is to code that knows no architecture. Sessions, recipes and previews look nodes up by role. */
typedef enum gb_role {
    GB_ROLE_NONE,
    GB_ROLE_Z,              /* the input that seeds fill */
    GB_ROLE_LABEL,          /* the input that holds the class as a one-hot vector [c_dim] */
    GB_ROLE_WS,             /* the w's of all layers, truncated: [num_ws, w_dim] */
    GB_ROLE_W,              /* the w of one layer, selected from a truncation; its index is the row of GB_ROLE_WS */
    GB_ROLE_NOISE,          /* the input that holds a layer's noise map [1, H, W] */
    GB_ROLE_LAYER,          /* a synthesis layer, numbered as in network-bending: 0 is the first convolution */
    GB_ROLE_TORGB,          /* a layer whose channels are colours, not features */
    GB_ROLE_IMAGE,          /* a running picture [C, H, W], from small to large; the last may be the output */
    GB_ROLE_PICTURE         /* the input that holds a picture [C, H, W] to look at; LPIPS has two */
} gb_role;

/* ---------------------------------------------------------------------------------------------------- model */

typedef struct gb_model gb_model;

/* Opens a .gbw by mapping it. If the file shrinks while the model is open, reading what is gone ends the program (SIGBUS). */
GB_API gb_status gb_model_open(gb_context *context, const char *path, gb_model **model, gb_error *err);
/* The same from a copy of the file in memory: the file may shrink or go. On Linux the copy of a packed weight is given back
 * (not to an allocator); if it is needed again and the file has changed, that call fails with GB_BAD_FILE or GB_IO. */
GB_API gb_status gb_model_read(gb_context *context, const char *path, gb_model **model, gb_error *err);
/* The same from memory, which must outlive the model. `name` is used in messages. */
GB_API gb_status gb_model_open_memory(gb_context *context, const void *bytes, size_t size, const char *name,
                                      gb_model **model, gb_error *err);
/* The same from a reader, of which the model keeps a copy. */
GB_API gb_status gb_model_open_from(gb_context *context, const gb_reader *reader, gb_model **model, gb_error *err);
/* Makes a model of the caller's own network. Takes the graph over, also on failure. */
GB_API gb_status gb_model_build(gb_context *context, gb_graph *graph, gb_model **model, gb_error *err);
/* Sets the size of the pictures that a network looks at (ResNet, VGG-16, LPIPS; 224×224 or 256×256 at first). While no
 * other thread uses the model, for shapes of its nodes change; GB_BAD_ARGUMENT if it has sessions. */
GB_API gb_status gb_model_set_picture_size(gb_model *model, int height, int width, gb_error *err);
/* GB_BAD_ARGUMENT, also told to the log, if the model has sessions: then nothing is closed. */
GB_API gb_status gb_model_close(gb_model *model);

/* Sets *is to whether the file starts like a .gbw; GB_IO if it cannot be read. */
GB_API gb_status gb_is_gbw(const char *path, bool *is, gb_error *err);
/* Compares every tensor with its checksum. */
GB_API gb_status gb_model_verify(gb_model *model, gb_error *err);
GB_API uint32_t gb_model_checksum(const gb_model *model);

/* Metadata ("architecture", "config.z_dim", "origin.family", …). gb_model_meta() writes entry `index` as text, lists
 * joined by commas, truncated to `size` bytes; GB_BAD_ARGUMENT past the end. */
GB_API size_t gb_model_meta_count(const gb_model *model);
GB_API gb_status gb_model_meta(const gb_model *model, size_t index, const char **key, char *text, size_t size);
GB_API const char *gb_model_meta_str(const gb_model *model, const char *key, const char *default_value);
GB_API int64_t gb_model_meta_int(const gb_model *model, const char *key, int64_t default_value);
/* The number of classes of a conditional model, or 0, and their names, or NULL if the model does not hold them. */
GB_API size_t gb_model_class_count(const gb_model *model);
GB_API const char *gb_model_class_name(const gb_model *model, size_t index);
GB_API size_t gb_model_tensor_count(const gb_model *model);
GB_API void gb_model_tensor(const gb_model *model, size_t index, gb_array_info *info);

/* Reads a tensor as float32 into `out`, which has room for info.count elements. */
GB_API gb_status gb_model_read_tensor(gb_model *model, const char *tensor, float *out, gb_error *err);

typedef struct gb_node_info {
    const char *name;
    const char *alias;      /* the origin's name, or NULL; there may be more, all known to gb_model_find() */
    const char *op;         /* "modulated_conv2d" */
    gb_role role;           /* the first it was given, and its index; gb_model_find_role() knows all */
    int role_index;
    int ndim;               /* of one sample: 1 [C], 2 [rows, C], 3 [C, H, W] */
    int64_t shape[3];
    int64_t parameters;     /* number of weights that this node is the first to use */
    uint64_t macs;          /* multiply-adds per sample; transposed convolutions at input resolution, without FIR filters */
    int inputs;
    gb_node input[4];
    /* Of a node that ends in an activation, act(x + bias · bias_gain) · gain, clamped: */
    const char *act;        /* its name, "linear" for none; NULL for other nodes */
    const char *bias;       /* tensor [C], or NULL */
    float bias_gain, gain;
    float clamp;            /* to ±clamp; 0 = no clamping */
} gb_node_info;

GB_API size_t gb_model_node_count(const gb_model *model);
GB_API void gb_model_node(const gb_model *model, gb_node node, gb_node_info *info);
/* By canonical name or alias; GB_NO_NODE if there is none. */
GB_API gb_node gb_model_find(const gb_model *model, const char *name);
/* The node with that role and index; GB_NO_NODE if there is none. */
GB_API gb_node gb_model_find_role(const gb_model *model, gb_role role, int index);
/* Nodes whose name or alias matches a shell glob (* ? [a-z]; '*' matches dots too), in execution order. Writes at most
 * `room` of them and returns how many match. */
GB_API size_t gb_model_match(const gb_model *model, const char *glob, gb_node *nodes, size_t room);
/* The node that gb_session_render() returns. */
GB_API gb_node gb_model_output(const gb_model *model);
/* The output's shape [C, H, W]; a vector is [C, 1, 1], and rows of vectors are [rows, 1, C]. */
GB_API void gb_model_output_shape(const gb_model *model, int64_t shape[3]);

/* A rule of gb_model_mix(): the second network's share, 0 to 1, of some tensors. */
typedef struct gb_mix_rule {
    const char *tensors;        /* glob of tensor names, or NULL: */
    int first_layer, last_layer;        /* those of these layers (GB_ROLE_LAYER), their ToRGB included */
    double share;
} gb_mix_rule;

/* Writes a .gbw with the tensors of two networks of one architecture: a + share · (b − a), with the share of the last rule that
 * applies to the tensor, and 0 without one. The rest (names of classes, settings) is the first network's. Tensors are stored
 * as float16 where both networks do. GB_BAD_ARGUMENT if the tensors differ in name or shape, or if a rule applies to none. */
GB_API gb_status gb_model_mix(gb_model *a, gb_model *b, const gb_mix_rule *rules, size_t count, const char *out, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- session */

typedef struct gb_session gb_session;

typedef enum gb_purpose {
    GB_ONCE,                /* least memory: one arena, buffers placed by lifetime */
    GB_INTERACTIVE,         /* keeps the boundaries of the last render, so that a change reruns only what depends on it */
    GB_GRADIENT             /* keeps what gradients need until gb_session_backward() has read it; on the CPU only */
} gb_purpose;

typedef struct gb_session_options {
    size_t size;            /* sizeof the struct, see "Options" above */
    gb_purpose purpose;
    int batch;              /* samples rendered together; 0 = 1 */
    size_t keep_bytes;      /* GB_INTERACTIVE: memory budget for kept boundaries; GB_GRADIENT: for values of the forward
                             * pass that wait for the backward pass, above which they are computed again; 0 = 1.5 GB */
    bool straight_through;  /* GB_GRADIENT: callbacks, and filters and activations whose result does not change with small
                             * changes of their input, pass gradients on unchanged instead of being refused */
    bool time_steps;        /* GPU: measure each step, which takes some time itself; steps on a CPU are always measured */
    bool batch_statistics;  /* batch norm by mean and variance of the batch being rendered instead of the stored ones, as in
                             * PyTorch's training mode; samples of a batch then depend on each other */
    float statistics_momentum;      /* with batch_statistics: each render moves the session's running mean and variance by this
                             * share towards those of its batch (0.1 is PyTorch's default); 0 = they stay */
} gb_session_options;

/* `options` may be NULL for the defaults. */
GB_API gb_status gb_session_new(gb_model *model, const gb_session_options *options, gb_session **session, gb_error *err);
GB_API void gb_session_free(gb_session *session);

/* The precision of the next renders: "fp32", or "bf16" for previews on a CPU that has it; NULL = the context's. Boundaries kept
 * in full precision serve both. The buffers of both stay until the bends change. Not on a GPU, and not for gradients. */
GB_API gb_status gb_session_set_precision(gb_session *session, const char *precision, gb_error *err);

/* The changes below take effect at the next render. Several form a transaction between gb_session_begin() and either
 * gb_session_commit(), which keeps all of them, or gb_session_rollback(), which undoes all of them. */
GB_API gb_status gb_session_begin(gb_session *session, gb_error *err);
GB_API gb_status gb_session_commit(gb_session *session, gb_error *err);
GB_API void gb_session_rollback(gb_session *session);

/* z of each sample from its own seed: seed, seed + 1, …, with the random numbers of the model's origin. BigGAN multiplies
 * z by the truncation that is set when it renders. */
GB_API gb_status gb_session_seed(gb_session *session, uint64_t seed, gb_error *err);
GB_API gb_status gb_session_seed_with(gb_session *session, gb_rng rng, uint64_t seed, gb_error *err);
GB_API gb_status gb_session_set_z(gb_session *session, const float *z /* [batch, z_dim] */, gb_error *err);
/* w's instead of z: [batch, rows, w_dim] with rows = 1 or num_ws. Truncation is not applied to them. */
GB_API gb_status gb_session_set_ws(gb_session *session, const float *ws, int rows, gb_error *err);
/* One class for all samples of the batch; conditional models only. */
GB_API gb_status gb_session_set_class(gb_session *session, int label, gb_error *err);
GB_API gb_status gb_session_set_label(gb_session *session, const float *label /* [batch, c_dim] */, gb_error *err);
/* StyleGAN2: w_avg + psi (w - w_avg) for the first `cutoff` w's (negative: all). psi is any finite number, 1 = off (0 to
 * 1 if the graph also has normalisations with several rows of statistics).
 * BigGAN: psi in (0, 1] scales z's drawn from seeds and selects the statistics if several are stored; no cutoff. */
GB_API gb_status gb_session_truncate(gb_session *session, float psi, int cutoff, gb_error *err);
/* The mean w [w_dim] to truncate towards instead of the model's; NULL restores the model's. */
GB_API gb_status gb_session_set_w_avg(gb_session *session, const float *w_avg, gb_error *err);

typedef enum gb_noise { GB_NOISE_CONST, GB_NOISE_NONE, GB_NOISE_RANDOM } gb_noise;
/* For every layer with noise: the stored maps, no noise, or maps drawn for each sample and layer from `seed`. */
GB_API gb_status gb_session_noise(gb_session *session, gb_noise mode, uint64_t seed, gb_error *err);
/* The noise map of one layer, for example "synthesis.b8.conv1": [samples, 1, H, W] with samples = 1 (shared) or the
 * batch size; NULL restores the stored map. */
GB_API gb_status gb_session_set_noise_map(gb_session *session, const char *layer, const float *map, int samples,
                                          gb_error *err);

/* Reading boundaries: tap before rendering, read afterwards. `name` is a canonical name, an alias or a glob. Until the
 * next render, reading returns what the last render used, whatever has been set or rolled back since. */
GB_API gb_status gb_session_tap(gb_session *session, const char *name, gb_error *err);
GB_API gb_status gb_session_untap(gb_session *session, const char *name, gb_error *err);
/* Reads [batch, shape…] of the node into `out`. */
GB_API gb_status gb_session_read(gb_session *session, gb_node node, float *out, gb_error *err);
/* Sets a boundary to `value` [batch, shape…]; nodes that only it depends on are not run. NULL removes the feed. */
GB_API gb_status gb_session_feed(gb_session *session, const char *name, const float *value, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- bends
 * A bend is one intervention: where, on which features, what. Bends act in the order in which they were added; each
 * changes the value of its boundary, so that taps and later nodes see it bent. */

typedef int gb_bend;        /* identifies a bend in its session; never 0 */

enum {
    GB_MAX_BENDS = 4096,            /* bends in a session */
    GB_MAX_BEND_PLACES = 65536,     /* boundaries with a bend, summed over all bends: a bend at a glob that matches a
                                     * hundred nodes counts a hundred */
    GB_MAX_BENT_NODES = 262144,     /* nodes of the network with its bends, checked when it renders: a STYLE bend adds a
                                     * mapping network unless the bend before it has the same w's */
    GB_MAX_NAME = 1023              /* bytes of a node name or glob */
};

typedef enum gb_bend_kind {
    GB_BEND_FILTER,         /* applies a filter to the chosen features */
    GB_BEND_ACTIVATION,     /* replaces the nonlinearity f of a node f(x + bias) · gain */
    GB_BEND_PAINT,          /* overwrites all channels at chosen pixels with activation vectors */
    GB_BEND_DISABLE,        /* passes the layer's input through */
    GB_BEND_NOISE,          /* changes a layer's noise: its strength, or the seed of its map */
    GB_BEND_SET,            /* replaces the boundary's values with given ones, or adds them */
    GB_BEND_TRUNCATE,       /* at a w (GB_ROLE_W): truncates it with its own psi */
    GB_BEND_STYLE,          /* at a w (GB_ROLE_W): replaces it with the w of another seed */
    GB_BEND_CALLBACK        /* calls the caller's function */
} gb_bend_kind;

typedef enum gb_feature_choice { GB_FEATURES_ALL, GB_FEATURES_LIST, GB_FEATURES_RANDOM } gb_feature_choice;

typedef struct gb_features {
    gb_feature_choice choice;
    const int *list;        /* LIST: channels */
    int count;
    double share;           /* RANDOM: int(share · C) channels, drawn from `seed`; see gb_session_redraw() */
    uint64_t seed;
} gb_features;

/* The boundary that a callback gets: plain NCHW, to read or to change in place. Valid during the call. */
typedef struct gb_callback_values {
    gb_node node;
    int n, c, h, w;
    float *values;
} gb_callback_values;

typedef struct gb_bend_options {
    size_t size;            /* sizeof the struct, see "Options" above */
    gb_bend_kind kind;
    const char *at;         /* node name, alias or glob; of a glob's nodes those are bent that this kind can bend */
    gb_features features;   /* FILTER, ACTIVATION, SET, STYLE */
    const char *name;       /* FILTER, ACTIVATION: its name */
    const float *params;    /* FILTER, ACTIVATION: parameters in the order of the table; the rest have default values */
    int param_count;
    bool drop_bias;         /* ACTIVATION on all features */
    bool set_gain;          /* ACTIVATION on all features: use `gain` instead of the network's */
    float gain;
    const float *vectors;   /* PAINT: [vector_count, C] */
    int vector_count;
    int grid;               /* PAINT with vectors[0]: 0 = everywhere, k = k×k blocks with one pixel between them */
    const int16_t *mask;    /* PAINT: [mask_h, mask_w] vector indices, negative = keep; resized to the layer */
    int mask_h, mask_w;
    bool anywhere;          /* PAINT with a mask: moves what it paints to a place drawn from `seed`; see gb_session_redraw() */
    float factor;           /* NOISE: multiplies the strength */
    bool reseed;            /* NOISE: draw the maps from `seed` + sample */
    uint64_t seed;          /* NOISE; PAINT; STYLE: of the z, the same for every sample, drawn as gb_session_seed() does */
    float psi;              /* TRUNCATE; STYLE with set_psi */
    bool set_psi;           /* STYLE: truncate all w's with `psi` instead of the image's truncation */
    bool set_label;         /* STYLE: use class `label` instead of the class of the image being rendered */
    int label;
    const float *values;    /* SET: one sample, or `samples` samples */
    int samples;
    bool add;               /* SET: add instead of replacing */
    float keep;             /* SET without `add`, STYLE: share of the original values that stays, 0 to 1 */
    void (*callback)(void *arg, const gb_callback_values *values);     /* CALLBACK: called in the rendering thread */
    void *callback_arg;
} gb_bend_options;

/* Whether a bend of this kind can act on the node. */
GB_API bool gb_model_can_bend(const gb_model *model, gb_node node, gb_bend_kind kind);
/* Adds a bend. Copies everything that `options` points to. If it fails, the message lists what is possible;
 * GB_BAD_ARGUMENT also if the session would exceed GB_MAX_BENDS or GB_MAX_BEND_PLACES. */
GB_API gb_status gb_session_bend(gb_session *session, const gb_bend_options *options, gb_bend *bend, gb_error *err);
/* Changes the parameters of a filter or activation, or factor, psi or keep, without rerunning nodes before the bend. */
GB_API gb_status gb_session_set_bend_params(gb_session *session, gb_bend bend, const float *params, int count, gb_error *err);
/* Removes one bend, or all bends if `bend` is 0. */
GB_API gb_status gb_session_unbend(gb_session *session, gb_bend bend, gb_error *err);
/* Draws all random features and places again for image number `image` of a series, and those of bends added later for the same
 * image. A new session draws for image 0. A rollback restores the image too. */
GB_API gb_status gb_session_redraw(gb_session *session, uint64_t image, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- tables
 * The filters and activations, for programs that list them. */

typedef struct gb_param_info {
    const char *name, *summary;
    float default_value, low, high;
    bool integer;
    const char *const *choices;     /* names of the values 0, 1, …, NULL-terminated, or NULL */
} gb_param_info;

enum { GB_MAX_PARAMS = 20 };

typedef struct gb_table_row {
    const char *name, *alias, *summary;         /* `alias`: its name in the published code, or NULL */
    int param_count;        /* number of parameters */
    int max_params;         /* more than param_count if any number up to this may be given (a polynomial's weights) */
    int positional;         /* how many may be given without names, in this order */
    gb_param_info param[GB_MAX_PARAMS];         /* `max_params` of them */
} gb_table_row;

GB_API bool gb_filter_row(size_t index, gb_table_row *row);         /* false past the end */
GB_API bool gb_activation_row(size_t index, gb_table_row *row);
/* Applies one filter to an array [N, C, H, W], as a bend does at a boundary. `out` has the same size and does not overlap
 * `in`. */
GB_API gb_status gb_filter_apply(gb_context *context, const char *name, const float *params, int param_count,
                                 const int64_t shape[4], const float *in, float *out, gb_error *err);
/* Applies one activation to `count` values. */
GB_API gb_status gb_activation_apply(const char *name, const float *params, int param_count, size_t count,
                                     const float *in, float *out, gb_error *err);

/* ---------------------------------------------------------------------------------------------------- recipes
 * A recipe is an ordered list of bends in YAML: docs/recipes.md. network-bending's files are valid recipes. */

typedef struct gb_recipe gb_recipe;

/* Reads and checks a recipe. Files that it names are looked up relative to it when it is applied. */
GB_API gb_status gb_recipe_open(const char *path, gb_recipe **recipe, gb_error *err);
/* The same from memory, as if it were the contents of file `name`. */
GB_API gb_status gb_recipe_parse(const char *text, size_t size, const char *name, gb_recipe **recipe, gb_error *err);
GB_API void gb_recipe_free(gb_recipe *recipe);
/* Uses network-bending's cluster file at `path` for bends that name a cluster. */
GB_API gb_status gb_recipe_set_clusters(gb_recipe *recipe, const char *path, gb_error *err);

typedef struct gb_recipe_param {
    const char *name, *summary;
    double value, low, high;
} gb_recipe_param;

/* Named parameters, for sliders and --set. False past the end. */
GB_API bool gb_recipe_param_at(const gb_recipe *recipe, size_t index, gb_recipe_param *param);
GB_API gb_status gb_recipe_set(gb_recipe *recipe, const char *name, double value, gb_error *err);

/* Inputs of the image that the recipe states, as name and value of the option of `ganbend render` with that name
 * ("seeds", "rng", "z", "w", "class", "steps", "space", "image", "trunc", "cutoff", "noise", "redraw"); z and w as numbers
 * in brackets, "[0.5, -1]", or a list of such lists. gb_recipe_apply() ignores them: they are for the program that
 * renders. False past the end. */
GB_API bool gb_recipe_input_at(const gb_recipe *recipe, size_t index, const char **name, const char **text);

/* The recipe as JSON on one line, which gb_recipe_parse() reads again. Maps keep their order, aliases are expanded.
 * Unquoted numbers, true, false and null stay what they are; every other scalar is a string, including off, on, yes, no
 * and numbers beyond the range of a double. The text lives as long as the recipe. */
GB_API gb_status gb_recipe_json(gb_recipe *recipe, const char **text, gb_error *err);
/* The same with the clusters, vectors, directions and pictures that it names in files, so that it needs no files but those of
 * `set` and `add`. A kind of which a file is missing, or which would make the recipe larger than 4 MiB, is left as it is. */
GB_API gb_status gb_recipe_embed(gb_recipe *recipe, const char **text, gb_error *err);
/* For untrusted recipes: from now on it may name only files in its own folder and below; anything else, also through
 * symbolic links, is refused. gb_recipe_set_clusters() still takes any path. */
GB_API void gb_recipe_confine(gb_recipe *recipe);

/* Adds the recipe's bends to the session, all or none. The recipe remembers them, so that gb_recipe_set() followed by
 * gb_recipe_update() changes only the parameters that differ. */
GB_API gb_status gb_recipe_apply(gb_recipe *recipe, gb_session *session, gb_error *err);
GB_API gb_status gb_recipe_update(gb_recipe *recipe, gb_session *session, gb_error *err);
/* Describes what the recipe does with this model, one line per bend; fails where gb_recipe_apply() would. */
GB_API gb_status gb_recipe_describe(const gb_recipe *recipe, gb_model *model, void (*line)(void *arg, const char *text),
                                    void *arg, gb_error *err);

/* What a recipe paints into one layer. */
typedef struct gb_painted {
    gb_node node;
    const char *name;           /* of the node */
    int height, width;          /* of its maps */
    int step;                   /* number of the bend in the recipe, from 0 */
    int vector_count;
    const int16_t *vector;      /* [height, width]: the number of each pixel's vector, negative = not painted */
} gb_painted;

/* The layers that the PAINT bends of a recipe paint in the session to which it was last applied, in the recipe's order. What
 * `painted` points to is valid until the session's bends change. False past the end, and for another session. */
GB_API bool gb_recipe_painted(const gb_recipe *recipe, const gb_session *session, size_t index, gb_painted *painted);
/* The name or file of a vector with which bend `step` paints; NULL if there is no such vector. */
GB_API const char *gb_recipe_vector_name(const gb_recipe *recipe, int step, int vector);

/* ---------------------------------------------------------------------------------------------------- rendering */

/* Renders the batch into `image` [batch, C, H, W], nominally -1 to 1; NULL if only taps are needed. `image` is written
 * only on success. */
GB_API gb_status gb_session_render(gb_session *session, float *image, gb_error *err);
/* Renders only as far as the running picture (GB_ROLE_IMAGE) of that height, [batch, C, H, W]. An interactive session
 * continues from there when it renders the whole picture. */
GB_API gb_status gb_session_preview(gb_session *session, int height, float *image, gb_error *err);
/* Renders as 8-bit RGB [batch, H, W, 3]: clamp(127.5 x + 128), rounded down, as NVIDIA's generate.py does. The channel of
 * a grey network is repeated; the picture of an RGBA network is shown over a checkerboard. */
GB_API gb_status gb_session_render_rgb(gb_session *session, uint8_t *rgb, gb_error *err);
/* The same with the network's own channels, 1, 3 or 4: [batch, H, W, C]. */
GB_API gb_status gb_session_render_pixels(gb_session *session, uint8_t *pixels, gb_error *err);
/* Converts pixels [height, width, 1, 3 or 4 channels] to [height, width, 3], as gb_session_render_rgb() shows them. */
GB_API void gb_pixels_to_rgb(const uint8_t *pixels, int channels, int height, int width, uint8_t *rgb);

typedef enum gb_pixel_order {
    GB_PIXELS_RGB,          /* [H, W, 3], as gb_session_render_rgb() shows the picture */
    GB_PIXELS_RGBA,         /* [H, W, 4]: alpha, not premultiplied, is the network's, or opaque if it has none */
    GB_PIXELS_BGRA,         /* [H, W, 4]: the same with blue first */
    GB_PIXELS_PLANAR        /* [3, H, W]: the values of GB_PIXELS_RGB, all red ones first */
} gb_pixel_order;

typedef struct gb_pixel_format {
    size_t size;            /* sizeof the struct, see "Options" above */
    gb_pixel_order order;
    int bits;               /* 0 or 8: uint8_t, clamp(127.5 x + 128) rounded down. 16: uint16_t in the machine's byte order,
                             * clamp(32767.5 x + 32768) rounded down, so that both are -1 to 1 rounded to nearest */
    size_t stride;          /* bytes from a row to the next, at least a row's and, with 16 bits, even; 0 = a row's bytes.
                             * Padding is left as it is. The planes and pictures of a batch follow one another in whole rows */
} gb_pixel_format;

/* The bytes that gb_session_render_as() writes for the whole batch: rows · stride. 0 if the format is not possible. */
GB_API size_t gb_session_pixels_size(const gb_session *session, const gb_pixel_format *format);
/* Renders the batch into `pixels` in that format. `room` is the size of `pixels` in bytes, at least
 * gb_session_pixels_size(). */
GB_API gb_status gb_session_render_as(gb_session *session, const gb_pixel_format *format, void *pixels, size_t room,
                                      gb_error *err);

/* Renders and writes the first sample of the batch as a PNG with the texts that `ganbend render` writes: options for it in
 * "Settings", the numbers of a z or w that was set in "Latent", recipes that have been applied in "Recipe", "Recipe 2", …, so
 * that `ganbend recipe from` gives the recipe of the picture. What cannot be said so (other bends, feeds, noise maps) is a
 * remark in "Settings". */
GB_API gb_status gb_session_render_png(gb_session *session, const char *path, gb_error *err);
GB_API gb_status gb_session_render_png_to(gb_session *session, gb_writer *writer, gb_error *err);

/* Ends what the session is doing: a render or preview, while it is planned or between two of its steps, or a recipe being
 * applied or updated; the call returns GB_CANCELLED. What a render has computed is kept; nothing of the recipe is added.
 * May be called from any thread until gb_session_free(). No cancel is lost: if nothing is running, or only its last step,
 * the next of these calls ends. Several cancels before one call ends are one. */
GB_API void gb_session_cancel(gb_session *session);
/* Takes back a cancel that has not ended a call yet. For the thread that uses the session, when cancels that came too late
 * must not end what it does next. */
GB_API void gb_session_clear_cancel(gb_session *session);
/* Calls `progress` in the rendering thread after every step, with the share of the arithmetic done. NULL turns it off. */
GB_API void gb_session_set_progress(gb_session *session, void (*progress)(void *arg, double share), void *arg);

typedef struct gb_step_info {       /* one step of the plan: a node or bend, and the nodes fused behind it */
    gb_node first, last;            /* first node of the step; the boundary that it writes */
    int nodes;
    const char *op;                 /* operation of the first node: "modulated_conv2d", or "filter", "paint", … */
    const char *kernel;             /* instruction set of the kernel that ran */
    double seconds; bool ran;       /* in the last render; 0 if it was skipped, or ran in one pass with the step before it */
    uint64_t macs;                  /* multiply-adds of the whole batch */
    uint64_t bytes;                 /* least memory traffic: inputs and weights read, output written */
} gb_step_info;

typedef struct gb_render_stats {
    int nodes_run, steps_run, steps;        /* executed by the last render, fused nodes count each; of the plan */
    size_t arena_bytes, kept_bytes; /* buffers of the plan; boundaries kept between renders */
} gb_render_stats;

GB_API void gb_session_stats(const gb_session *session, gb_render_stats *stats);
GB_API void gb_session_step(const gb_session *session, int step, gb_step_info *info);
/* Measures cuBLAS on a matrix product of the size of the step's convolution, in seconds; one thread of a context at a time.
 * 0 for other steps; an error if the context has no GPU, or if cuBLAS is missing (it is opened now) or fails. */
GB_API gb_status gb_session_step_product(gb_session *session, int step, double *seconds, gb_error *err);

#ifdef __cplusplus
}
#endif
#endif
