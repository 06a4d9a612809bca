/* What both BigGAN code bases share: the published networks' widths, the metadata of the canonical network, and
 * taking over tensors with spectral normalisation applied. A family says what its tensors are called; shapes give the
 * architecture, --config the rest.
 *
 * Spectral norm is live in eval mode in both: W acts as W/σ, with W as [rows, everything else].
 *   BigGAN-PyTorch keeps u0: v = normalise(u0 W), u = normalise(v Wᵀ), σ = v Wᵀ uᵀ
 *   torch.nn.utils keeps weight_orig, weight_u, weight_v: σ = uᵀ W v
 * Either form is taken wherever it is found; a weight with neither acts as it is. */
#ifndef GB_WEIGHTS_ADAPT_BIGGAN_H
#define GB_WEIGHTS_ADAPT_BIGGAN_H

#include "../network.h"
#include "source.h"

enum {
    BG_BLOCKS = 64,             /* residual blocks */
    BG_WIDEST = 1 << 18,        /* channels, latents, classes, statistics */
    BG_LARGEST = 8192,          /* picture */
    BG_PATH = 96,               /* longest tensor name and its end */
};

/* A published network's widths in units of its channel width: stage s leads from width[s] to width[s + 1] and enlarges.
 * It is one block of the standard network, and of the deep one several, of which the last does both. */
typedef struct bg_stages {
    int resolution, count, width[8];
} bg_stages;

extern const bg_stages bg_published[];      /* ends with a row of resolution 0 */

typedef struct bg_generator {
    const char *family, *code;      /* "biggan-pytorch"; "BigGAN-PyTorch", for people */
    const char *naming, *rng;       /* config.naming, origin.rng */
    /* The file's name of a tensor that BigGAN-PyTorch calls `name`, into `out`; NULL if the file has the canonical
     * names. Called with the attention layers known that come before it. */
    void (*rename)(const struct bg_generator *g, const char *name, char out[BG_PATH]);
    gb_source source;
    gb_network *network;
    gb_reason *why;
    bool deep;
    int64_t resolution, bottom_width, z_dim, c_dim, shared_dim, z_chunk, n_stats;
    double norm_eps, output_norm_eps, sn_eps;
    int blocks, attentions;
    int64_t in[BG_BLOCKS], out[BG_BLOCKS], up[BG_BLOCKS], attention_after[BG_BLOCKS];
    int odd_tensors;
} bg_generator;

/* A tensor as the canonical network has it, and its layout in the file. */
typedef enum bg_layout {
    BG_AS_IS,
    BG_TRANSPOSED,      /* an embedding: [classes, n] in the file, [n, classes] here */
    BG_ONE_ROW,         /* one set of statistics: [n] in the file, [1, n] here */
} bg_layout;

typedef struct bg_shape {
    int ndim;
    int64_t dim[4];
} bg_shape;

/* ---- inferring; what is missing or has an impossible size is reported in g->why ---- */

bool bg_open(bg_generator *g, const gb_checkpoint *c, const char *prefix, gb_network *n, gb_reason *why);

/* The file's array of `path` joined with `leaf`, both canonical; NULL if there is none. */
const gb_array *bg_find(bg_generator *g, const char *path, const char *leaf);
/* A module's weight under whichever name spectral norm gave it. */
const gb_array *bg_find_weight(bg_generator *g, const char *path);

/* Dimension `d` of an array of `ndim` dimensions, from 1 to BG_WIDEST. */
bool bg_extent(bg_generator *g, const char *path, const char *leaf, int ndim, int d, int64_t *out);
bool bg_weight_extent(bg_generator *g, const char *path, int ndim, int d, int64_t *out);

/* The picture's size from bottom_width and up[]; false beyond BG_LARGEST. */
bool bg_set_resolution(bg_generator *g);

/* ---- --config: `key` is looked up in it, and its value must agree; a missing key agrees ---- */

bool bg_agree(bg_generator *g, const gb_value *config, const char *key, int64_t inferred);
bool bg_agree_bool(bg_generator *g, const gb_value *config, const char *key, bool inferred);
/* A small positive number into `out`, which keeps its value if the key is missing. */
bool bg_read_eps(bg_generator *g, const gb_value *config, const char *key, double *out);
/* A dict of constructor arguments; its keys that are not in `known` (NULL-terminated) are noted. */
bool bg_check_config(bg_generator *g, const gb_value *config, const char *const *known);

/* ---- bringing over ---- */

/* The file's tensor for `path``leaf` becomes the network's `path``as`. */
bool bg_bring(bg_generator *g, const char *path, const char *leaf, const char *as, bg_layout layout, bg_shape shape);
/* `path`.weight with spectral norm folded in. */
bool bg_bring_weight(bg_generator *g, const char *path, bg_layout layout, bg_shape shape);
/* A convolution with bias. */
bool bg_bring_conv(bg_generator *g, const char *path, int64_t cout, int64_t cin, int64_t kernel);
/* Self-attention over `channels`; `names` are those of θ, φ, g and o. */
bool bg_bring_attention(bg_generator *g, const char *path, const char *const names[4], int64_t channels);

/* "found a BigGAN generator …" */
bool bg_note_found(bg_generator *g);
bool bg_put_metadata(bg_generator *g);
/* The last step: values that are not finite are noted, tensors without a place refused. */
bool bg_finish(bg_generator *g, const char *const *within, bool (*ignored)(const char *name));

bool bg_no_memory(bg_generator *g);

#endif
