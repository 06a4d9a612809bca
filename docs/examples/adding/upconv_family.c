/* A checkpoint family: state dicts of the architecture in upconv.c, in which the layers are called fc, up.0, up.1, … and
 * to_rgb. */
#include <stdio.h>

#include "weights/adapt/families.h"
#include "weights/adapt/source.h"

/* Adds `theirs`.weight and .bias as `ours`.weight and .bias. *weight is set to the weight. */
static bool add_layer(gb_source *s, gb_network *n, const char *theirs, const char *ours, int ndim,
                      const gb_array **weight, gb_reason *why) {
    static const char *const leaves[] = {"weight", "bias"};
    for (int i = 0; i < 2; i++) {
        char from[64], to[64];
        snprintf(from, sizeof from, "%s.%s", theirs, leaves[i]);
        snprintf(to, sizeof to, "%s.%s", ours, leaves[i]);
        const gb_array *a = gb_source_take(s, from);
        if (!a)
            return gb_source_lacks(s, from, why);
        if (a->ndim != (i ? 1 : ndim))
            return gb_because(why, "tensor '%s' has %d dimensions; expected %d", from, a->ndim, i ? 1 : ndim);
        if (!gb_network_add_array(n, to, a))
            return gb_because(why, "out of memory");
        if (!i)
            *weight = a;
    }
    return gb_network_add_alias(n, theirs, ours) || gb_because(why, "out of memory");
}

static bool add_layers(gb_source *s, gb_network *n, gb_reason *why) {
    const gb_array *dense, *weight;
    char theirs[32], ours[32];
    int blocks = 0;
    if (!add_layer(s, n, "fc", "dense", 2, &dense, why))
        return false;
    for (;; blocks++) {
        snprintf(theirs, sizeof theirs, "up.%d.weight", blocks);
        if (!gb_source_take(s, theirs))
            break;
        snprintf(theirs, sizeof theirs, "up.%d", blocks);
        snprintf(ours, sizeof ours, "block%d", blocks);
        if (!add_layer(s, n, theirs, ours, 4, &weight, why))
            return false;
    }
    if (!add_layer(s, n, "to_rgb", "rgb", 4, &weight, why))
        return false;
    if (dense->shape[0] % 16)
        return gb_because(why, "tensor 'fc.weight' has %lld rows; expected channels of 4×4 maps",
                          (long long)dense->shape[0]);
    return (gb_network_set_int(n, "config.z_dim", dense->shape[1]) &&
            gb_network_set_int(n, "config.channels", dense->shape[0] / 16) &&
            gb_network_set_int(n, "config.blocks", blocks)) || gb_because(why, "out of memory");
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    gb_source s;
    (void)config;                   /* all sizes follow from the tensors */
    bool good = gb_source_open(&s, c, prefix, why) && add_layers(&s, n, why);
    gb_source_close(&s);
    return good && ((gb_network_set_str(n, "architecture", "upconv") &&
                     gb_network_set_str(n, "origin.family", "upconv-pytorch") &&
                     gb_network_set_str(n, "origin.format", gb_checkpoint_format(c)) &&
                     gb_network_set_str(n, "origin.rng", "torch")) || gb_because(why, "out of memory"));
}

const gb_family gb_upconv_pytorch = {
    .name = "upconv-pytorch",
    .summary = "UpConv of the example in CONTRIBUTING.md",
    .source = "docs/examples/adding/upconv_family.c",
    .landmarks = {"up.#.weight", "to_rgb.weight", "fc.weight"},
    .adapt = adapt,
};
