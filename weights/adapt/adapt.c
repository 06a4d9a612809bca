/* The table of families, and the networks that are recognised only to be refused by name. */
#include "adapt.h"

#include <stdio.h>
#include <string.h>

#include "families.h"

const gb_family *const gb_families[] = {
    &gb_stylegan2_nvlabs,
    &gb_stylegan2_tensorflow,
    &gb_stylegan2_rosinality,
    &gb_biggan_pytorch,
    &gb_biggan_huggingface,
    NULL,
};

static const char runs[] = "this version of ganbend runs StyleGAN2 and BigGAN";

/* Networks by tell-tale parts of their tensors' names, all of which must be there. The first group carries names that
 * StyleGAN2 has too, or surrounds one, and is asked before the families; the rest is asked when no family answers. */
typedef struct known_network {
    const char *name;
    const char *parts[3];
    bool first;
} known_network;

static const known_network known[] = {
    {"a StyleGAN-XL generator", {"synthesis.input.freqs", "mapping.embed_proj"}, true},
    {"a StyleGAN3 generator", {"synthesis.input.freqs"}, true},
    {"a StyleGAN3 generator", {"synthesis.L0_"}, true},
    {"an EG3D generator", {"backbone.synthesis.b4.const", "decoder.net."}, true},
    {"a StyleGAN1 generator (TensorFlow)", {"4x4/Const/StyleMod/"}, true},
    {"a Progressive GAN (TensorFlow)", {"ToRGB_lod"}, true},
    {"a StyleGAN1 generator (rosinality's style-based-gan)", {"progression.0.", "adain"}, true},
    {"a GFPGAN restorer", {"stylegan_decoder.", "constant_input.weight"}, true},
    {"a BigGAN discriminator", {"blocks.0.0.conv1.", "embed.", "linear."}, false},
    {"a StyleGAN2 discriminator (NVIDIA's)", {"b4.fc.weight", "fromrgb."}, false},
    {"a StyleGAN discriminator (TensorFlow)", {"FromRGB"}, false},
    {"a StyleGAN2 discriminator (rosinality's)", {"final_linear.", "final_conv."}, false},
    {"LPIPS, a perceptual distance", {"lin0.model."}, false},
    {"LPIPS, a perceptual distance", {"lins.0.model."}, false},
    {"an Inception network", {"Mixed_5b."}, false},
    {"a torchvision ResNet, a classifier", {"layer1.0.conv1.weight", "bn1.running_mean"}, false},
    {"a torchvision VGG or AlexNet, a classifier", {"features.0.weight", "classifier."}, false},
    {"a diffusion UNet (diffusers)", {"down_blocks.0.", "up_blocks.0.", "time_embedding."}, false},
    {"a latent diffusion model", {"model.diffusion_model."}, false},
    {"CLIP", {"visual.", "token_embedding."}, false},
};

static bool has_part(const gb_named_array *all, size_t count, const char *part) {
    for (size_t i = 0; i < count; i++)
        if (strstr(all[i].name, part))
            return true;
    return false;
}

static const known_network *recognise_foreign(const gb_checkpoint *c, bool first) {
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        bool fits = known[i].first == first;
        for (int part = 0; part < 3 && known[i].parts[part] && fits; part++)
            fits = has_part(all, count, known[i].parts[part]);
        if (fits)
            return &known[i];
    }
    return NULL;
}

static bool refuse(const gb_checkpoint *c, gb_reason *why) {
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    const known_network *network = recognise_foreign(c, false);
    if (network)
        return gb_because(why, "%s; %s", network->name, runs);
    if (!count)
        return gb_because(why, "holds no tensors; %s", runs);
    return gb_because(why, "not a generator ganbend knows: its first tensors are '%s'%s%s%s%s%s%s; %s", all[0].name,
                      count > 1 ? ", '" : "", count > 1 ? all[1].name : "", count > 1 ? "'" : "",
                      count > 2 ? ", '" : "", count > 2 ? all[2].name : "", count > 2 ? "'" : "", runs);
}

static bool adapt(const gb_checkpoint *c, const gb_value *config, gb_network *n, gb_reason *why) {
    const known_network *network = recognise_foreign(c, true);
    if (network)
        return gb_because(why, "%s; %s", network->name, runs);
    for (const gb_family *const *family = gb_families; *family; family++)
        if ((*family)->recognise(c))
            return (*family)->adapt(c, config, n, why);
    return refuse(c, why);
}

gb_network *gb_adapt(const gb_checkpoint *c, const gb_value *config, gb_reason *why) {
    gb_network *n = gb_network_new();
    if (!n) {
        gb_because(why, "memory is out");
        return NULL;
    }
    if (adapt(c, config, n, why))
        return n;
    gb_network_free(n);
    return NULL;
}
