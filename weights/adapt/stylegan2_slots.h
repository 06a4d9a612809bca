/* The canonical StyleGAN2 network as a list of slots (one per tensor, with its name and the shape that the architecture
 * implies), and how a family describes where it keeps a slot's tensor. */
#ifndef GB_WEIGHTS_ADAPT_STYLEGAN2_SLOTS_H
#define GB_WEIGHTS_ADAPT_STYLEGAN2_SLOTS_H

#include "../network.h"
#include "source.h"

enum {
    SG2_BLOCKS = 11,        /* 4×4 … 4096×4096 */
    SG2_FCS = 64,           /* mapping layers */
    SG2_WIDEST = 1 << 16,   /* channels, latents, labels */
};

typedef enum sg2_module {
    SG2_CONV0, SG2_CONV1, SG2_TORGB, SG2_SKIP,      /* of the block at a resolution; these index sg2_generator.layers */
    SG2_BLOCK,                                      /* the block itself: b4's constant, the picture's filter */
    SG2_MAPPING, SG2_EMBED, SG2_FC,
} sg2_module;

enum { SG2_LAYERS = SG2_SKIP + 1 };

typedef enum sg2_leaf {
    SG2_WEIGHT, SG2_BIAS, SG2_AFFINE_WEIGHT, SG2_AFFINE_BIAS, SG2_NOISE_CONST, SG2_NOISE_STRENGTH, SG2_FILTER,
    SG2_CONST, SG2_W_AVG,
} sg2_leaf;

/* One tensor of the canonical network. */
typedef struct sg2_slot {
    sg2_module module;
    sg2_leaf leaf;
    int at;                 /* resolution of the block, or number of the fc */
    char name[64];
    const char *layout;     /* a letter per dimension: O out, I in, H, W */
    int64_t shape[4];
} sg2_slot;

/* Where a family keeps it. */
typedef struct sg2_origin {
    char name[96];          /* without the wrapper */
    const char *layout;     /* the slot's letters as they stand in the file; '1' is a dimension of one */
    float scale, shift;     /* canonical = file · scale + shift */
    bool flip;              /* kernel mirrored in both axes */
    bool outside;           /* may stand beside the generator, in a wrapper around it */
} sg2_origin;

typedef struct sg2_naming {
    const char *family;
    const char *code;                   /* "NVIDIA's PyTorch code", for people */
    const char *landmark;               /* a tensor that only these have */
    const char *rng;                    /* whose numbers a seed means: "numpy" or "torch" */
    const char *const *within;          /* beginnings of the names that are the generator's; NULL-terminated */
    bool (*ignored)(const char *name);  /* tensors that may be left over */
    /* False where the family stores no such tensor. `o` comes with the slot's own name and layout. */
    bool (*origin)(const sg2_slot *slot, sg2_origin *o);
} sg2_naming;

typedef struct sg2_layer {
    bool clamp_known;
    double conv_clamp;          /* negative: none */
    const char *activation;     /* NULL: not known yet */
    bool no_noise;
} sg2_layer;

typedef struct sg2_generator {
    const sg2_naming *naming;
    gb_source source;
    /* from the tensors */
    int64_t z_dim, c_dim, w_dim, embed_dim, resolution, img_channels, mapping_layers;
    int64_t fc_width[SG2_FCS], channels[SG2_BLOCKS];
    int blocks;
    const char *block;
    /* from attributes, --config or defaults */
    double mapping_lr;                  /* NAN: not known yet */
    const char *mapping_activation;     /* NULL: not known yet */
    sg2_layer layers[SG2_BLOCKS][SG2_LAYERS];
    bool filter_said;
    double filter[4];                   /* the resampling filter where it was said, sum 1 */
    /* counted on the way */
    int missing_noises, odd_tensors;
} sg2_generator;

static inline int64_t sg2_res(int block) {
    return (int64_t)4 << block;
}

/* log2 of the resolution less 2: b4 is 0. */
int sg2_block_of(int64_t res);

/* Where noise maps are numbered through: 0 at 4×4, then two per resolution. */
int sg2_noise_number(sg2_module module, int64_t res);

bool sg2_has_layer(const sg2_generator *g, int block, sg2_module layer);

/* "synthesis.b64.conv1", "mapping.fc3" into `path`. */
char *sg2_module_path(sg2_module module, int64_t at, char path[48]);

/* The slot of one tensor, without its shape. */
sg2_slot sg2_slot_of(sg2_module module, int64_t at, sg2_leaf leaf);

typedef bool (*sg2_slot_visit)(sg2_generator *g, const sg2_slot *slot, gb_network *n, gb_reason *why);

/* Calls `what` for every tensor of the network, in the order in which it is used, until one call returns false. */
bool sg2_each_slot(sg2_generator *g, gb_network *n, sg2_slot_visit what, gb_reason *why);

#endif
