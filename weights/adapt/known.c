/* The table of foreign networks: tell-tale parts of their tensors' names. */
#include "known.h"

#include <string.h>

typedef struct known_network {
    const char *name;
    const char *parts[3];       /* each is part of some tensor's name */
    const char *absent;         /* no tensor's name has this part; may be NULL */
    enum { OTHER, VARIANT, AROUND } kind;   /* VARIANT: shares a family's landmarks; AROUND: it has a network that does */
} known_network;

#define LPIPS                                                                                                          \
    "the weights of LPIPS without the VGG-16 that they belong to; 'ganbend convert vgg16-397923af.pth --lpips vgg.pth " \
    "lpips.gbw' joins the two files"

static const known_network known[] = {
    {"a StyleGAN-XL generator", {"synthesis.input.freqs", "mapping.embed_proj"}, NULL, VARIANT},
    {"a StyleGAN3 generator", {"synthesis.input.freqs"}, NULL, VARIANT},
    {"a StyleGAN3 generator", {"synthesis.L0_"}, NULL, VARIANT},
    {"an EG3D generator", {"backbone.synthesis.b4.const", "decoder.net."}, NULL, AROUND},
    {"a SWAGAN generator", {"to_rgbs.0.iwt.", "to_rgb1."}, NULL, VARIANT},
    {"an IC-GAN generator, which takes features of an instance beside the class", {"shared_feat.", "linear."}, NULL,
     VARIANT},
    {"a StyleGAN1 generator (TensorFlow)", {"4x4/Const/StyleMod/"}, NULL, VARIANT},
    {"a StyleGAN1 generator (rosinality's style-based-gan)", {"progression.0.", "adain"}, NULL, VARIANT},
    {"a StyleGAN1 generator (GenForce)", {"synthesis.layer0.epilogue.", "mapping.dense0."}, NULL, VARIANT},
    {"a GFPGAN restorer", {"stylegan_decoder.", "constant_input.weight"}, NULL, VARIANT},
    {"a Progressive GAN (TensorFlow)", {"ToRGB_lod", "x4/Dense/weight"}, "mod_weight", OTHER},
    {"a Progressive GAN (TensorFlow)", {"ToRGB_lod", "x4/Dense/w"}, "mod_weight", OTHER},
    {"a Progressive GAN (pytorch_GAN_zoo)", {"scaleLayers.", "toRGBLayers."}, NULL, OTHER},
    {"a Progressive GAN (rosinality's)", {"progression_4.", "to_rgb_4."}, NULL, OTHER},
    {"lucidrains' stylegan2-pytorch, a network of its own", {".to_style1.weight", ".to_noise1."}, NULL, OTHER},
    {"lucidrains' lightweight GAN", {".sle.", "init_conv."}, NULL, OTHER},
    {"a FastGAN generator", {"feat_512.", "init.init."}, NULL, OTHER},
    {"a BigGAN discriminator", {"blocks.0.0.conv1.", "embed.", "linear."}, "output_layer.", OTHER},
    {"a StyleGAN2 discriminator (NVIDIA's)", {"b4.fc.weight", "fromrgb."}, NULL, OTHER},
    {"a StyleGAN discriminator (TensorFlow)", {"FromRGB"}, NULL, OTHER},
    {"a StyleGAN2 discriminator (rosinality's)", {"final_linear.", "final_conv."}, NULL, OTHER},
    {"a projection discriminator", {"feature_network.", "discriminator.mini_discs"}, NULL, OTHER},
    {"an encoder of pictures (pSp, e4e or ReStyle)", {"encoder.input_layer.", "encoder.body."}, "synthesis.", OTHER},
    {"an optimiser's state, not a network; the weights are in the file saved beside it, as G_ema.pth is beside "
     "G_optim.pth", {"state.0.exp_avg"}, NULL, OTHER},
    {LPIPS, {"lin0.model."}, NULL, OTHER},
    {LPIPS, {"lins.0.model."}, NULL, OTHER},
    {LPIPS, {"0.1.weight", "4.1.weight"}, "features.", OTHER},
    {"an Inception network", {"Mixed_5b."}, NULL, OTHER},
    {"AlexNet, or a VGG other than VGG-16 without batch norm", {"features.0.weight", "classifier."}, NULL, OTHER},
    {"a diffusion UNet (diffusers)", {"down_blocks.0.", "up_blocks.0.", "time_embedding."}, NULL, OTHER},
    {"a latent diffusion model", {"model.diffusion_model."}, NULL, OTHER},
    {"CLIP", {"visual.", "token_embedding."}, NULL, AROUND},
};

const char *gb_known_network_name(size_t index) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        bool again = i > 0 && !strcmp(known[i].name, known[i - 1].name);    /* rows of one name stand together */
        if (!again && index-- == 0)
            return known[i].name;
    }
    return NULL;
}

typedef struct names {
    const gb_named_array *all;
    size_t count;
    const char *prefix;
    size_t prefix_size;
} names;

static bool has_part(const names *n, size_t prefix_size, const char *part) {
    for (size_t i = 0; i < n->count; i++)
        if (!strncmp(n->all[i].name, n->prefix, prefix_size) && strstr(n->all[i].name + prefix_size, part))
            return true;
    return false;
}

/* Without its last name: "model.backbone." becomes "model.". */
static size_t outer(const char *prefix, size_t size) {
    if (size)
        size--;
    while (size && prefix[size - 1] != '.')
        size--;
    return size;
}

const char *gb_known_network(const gb_checkpoint *c, const char *prefix, bool variant) {
    names n = {.prefix = prefix, .prefix_size = strlen(prefix)};
    n.all = gb_checkpoint_arrays(c, &n.count);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = known[i].kind == AROUND ? outer(prefix, n.prefix_size) : n.prefix_size;
        bool fits = !variant || known[i].kind != OTHER;
        for (int part = 0; part < 3 && known[i].parts[part] && fits; part++)
            fits = has_part(&n, size, known[i].parts[part]);
        if (fits && !(known[i].absent && has_part(&n, size, known[i].absent)))
            return known[i].name;
    }
    return NULL;
}
