/* The canonical StyleGAN2 network as a list of slots (one per tensor, with its name and the shape that the architecture
 * implies), and how a family describes where it keeps a slot's tensor. */
#ifndef GB_WEIGHTS_ADAPT_STYLEGAN2_SLOTS_H
#define GB_WEIGHTS_ADAPT_STYLEGAN2_SLOTS_H

#include "../network.h"
#include "source.h"

enum {
    SG2_BLOCKS = 11,        /* 4×4 … 4096×4096 */
    SG2_LARGEST = 4096,     /* height or width of the picture */
    SG2_FCS = 64,           /* mapping layers */
    SG2_WIDEST = 1 << 16,   /* channels, latents, labels */
};

typedef enum sg2_module {
    SG2_CONV0, SG2_CONV1, SG2_TORGB, SG2_SKIP,      /* of a block; these index sg2_generator.layers */
    SG2_BLOCK,                                      /* the block itself: the first one's constant, the picture's filter */
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
    int at;                 /* index of the block, or number of the fc */
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

struct sg2_generator;

typedef struct sg2_naming {
    const char *family;
    const char *code;                   /* "NVIDIA's PyTorch code", for people */
    const char *rng;                    /* whose numbers a seed means: "numpy" or "torch" */
    const char *const *within;          /* beginnings of the names that are the generator's; NULL-terminated */
    bool (*ignored)(const char *name);  /* tensors that may be left over */
    /* Finds what only names tell, before any tensor is looked up: `first`, `named`, `lods`, `grown`. NULL if there is
     * nothing. */
    void (*begin)(struct sg2_generator *g);
    /* False if the family stores no such tensor. `o` comes with the slot's own name and layout. */
    bool (*origin)(const struct sg2_generator *g, const sg2_slot *slot, sg2_origin *o);
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
    int64_t z_dim, c_dim, w_dim, embed_dim, img_channels, mapping_layers;
    int64_t start[2];                   /* height and width of the constant; each block after the first doubles them */
    int64_t height, width;              /* of the picture */
    int64_t first;                      /* number in the first block's name, b4; doubled from block to block */
    int64_t named[2];                   /* TensorFlow: the numbers in the first block's name, 4x4 */
    bool lods;                          /* TensorFlow: the ToRGB layers are numbered by level of detail */
    bool grown;                         /* of these only the last one acts */
    int64_t fc_width[SG2_FCS], channels[SG2_BLOCKS];
    int blocks;
    const char *block;
    /* from attributes, --config or defaults */
    bool joint_norm;                    /* z and the label's embedding are normalised together, not each by itself */
    double mapping_lr;                  /* NAN: not known yet */
    const char *mapping_activation;     /* NULL: not known yet */
    sg2_layer layers[SG2_BLOCKS][SG2_LAYERS];
    bool filter_given;
    double filter[4];                   /* the resampling filter if it was given, sum 1 */
    /* counted on the way */
    int missing_noises, odd_tensors;
} sg2_generator;

/* Height and width of a block's maps. */
static inline int64_t sg2_height(const sg2_generator *g, int block) {
    return g->start[0] << block;
}

static inline int64_t sg2_width(const sg2_generator *g, int block) {
    return g->start[1] << block;
}

/* If noise maps are numbered through: 0 in the first block, then two per block. */
int sg2_noise_number(sg2_module module, int block);

bool sg2_has_layer(const sg2_generator *g, int block, sg2_module layer);

/* "synthesis.b64.conv1", "mapping.fc3" into `path`; `at` is the index of the block, or the number of the fc. */
char *sg2_module_path(const sg2_generator *g, sg2_module module, int at, char path[48]);

/* The slot of one tensor, without its shape. */
sg2_slot sg2_slot_of(const sg2_generator *g, sg2_module module, int at, sg2_leaf leaf);

typedef bool (*sg2_slot_visit)(sg2_generator *g, const sg2_slot *slot, gb_network *n, gb_reason *why);

/* Calls `what` for every tensor of the network, in the order in which it is used, until one call returns false. */
bool sg2_each_slot(sg2_generator *g, gb_network *n, sg2_slot_visit what, gb_reason *why);

#endif
