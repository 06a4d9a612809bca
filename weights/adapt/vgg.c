/* VGG-16 as torchvision saves it, and LPIPS v0.1 (Zhang et al. 2018), which weights the channels of five of its layers:
 * a file of its own. Widths are read from the shapes. The published weights of LPIPS are
 *   lin{0…4}.model.1.weight [1,C,1,1]      richzhang's weights/v0.1/vgg.pth
 *   {0…4}.1.weight                         lpips-pytorch, after its renaming */
#include "families.h"
#include "vision.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CONVOLUTIONS = 13, DENSE = 3, TAPS = 5 };

static const int convolutions[CONVOLUTIONS] = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};     /* features.N */
static const int dense[DENSE] = {0, 3, 6};                                                          /* classifier.N */
static const int last_of_tap[TAPS] = {1, 3, 6, 9, 12};      /* the convolution before each tap of LPIPS */

static bool bring(gb_vision *v) {
    int64_t width = 3, in, classes = 0;
    char name[32];
    bool has_classifier = gb_vision_find(v, "classifier.0.weight") != NULL;
    for (int i = 0; i < CONVOLUTIONS; i++) {
        int64_t shape[4] = {-1, width, 3, 3};
        snprintf(name, sizeof name, "features.%d", convolutions[i]);
        if (!gb_vision_bring_conv(v, name, shape) || !gb_vision_bring_bias(v, name, shape[0]))
            return false;
        width = shape[0];
    }
    in = width * 7 * 7;
    for (int i = 0; i < DENSE && has_classifier; i++) {
        snprintf(name, sizeof name, "classifier.%d", dense[i]);
        if (!gb_vision_bring_dense(v, name, in, &classes))
            return false;
        in = classes;
    }
    if (has_classifier)
        return gb_network_note(v->network, "found a VGG-16 of %" PRId64 " channels and %" PRId64 " classes", width,
                               classes) || gb_vision_no_memory(v);
    return gb_network_note(v->network, "found a VGG-16 of %" PRId64 " channels without its classifier", width) ||
           gb_vision_no_memory(v);
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    static const char *const within[] = {"features.", "classifier.", NULL};
    gb_vision v;
    (void)config;
    if (!gb_vision_open(&v, c, prefix, n, why))
        return false;
    bool good = gb_vision_describe(&v, "vgg16", "vgg16-torchvision", 3, 224, 0.0, 1.0) && bring(&v) &&
                gb_vision_add_normalisation(&v, gb_imagenet_mean, gb_imagenet_deviation) &&
                gb_vision_finish(&v, "a VGG-16", within);
    gb_vision_close(&v);
    return good;
}

/* ------------------------------------------------------------------------------------------------ LPIPS */

/* The weights of layer `tap`, [1,C,1,1], as the vector lin{tap} [C]. */
static bool bring_lin(gb_network *n, const gb_checkpoint *c, int tap, gb_reason *why) {
    static const char *const names[] = {"lin%d.model.1.weight", "%d.1.weight", "lins.%d.model.1.weight"};
    char name[48], got[128];
    const gb_array *found = NULL, *conv;
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t k = 0; k < sizeof names / sizeof *names && !found; k++) {
        snprintf(name, sizeof name, names[k], tap);
        for (size_t i = 0; i < count && !found; i++)
            found = strcmp(all[i].name, name) ? NULL : &all[i].array;
    }
    if (!found)
        return gb_because(why, "no tensor 'lin%d.model.1.weight': not the weights of LPIPS (weights/v0.1/vgg.pth)", tap);
    snprintf(got, sizeof got, "features.%d.weight", convolutions[last_of_tap[tap]]);
    conv = gb_network_array(n, got);
    int64_t channels = conv ? conv->shape[0] : 0;
    if (found->ndim != 4 || found->shape[0] != 1 || found->shape[1] != channels || found->shape[2] != 1 ||
        found->shape[3] != 1)
        return gb_because(why, "tensor '%s' is %s; expected [1,%" PRId64 ",1,1] for this VGG", name,
                          gb_shape_text(found, got, sizeof got), channels);
    snprintf(name, sizeof name, "lin%d", tap);
    float *to = gb_network_add_f32(n, name, 1, &channels);
    if (!to)
        return gb_because_no_memory(why);
    if (!gb_array_to_f32(found, to, why))
        return false;
    for (int64_t i = 0; i < channels; i++)
        if (!(to[i] >= 0.0f && isfinite(to[i])))
            return gb_because(why, "weight %" PRId64 " of layer %d is %g; those of LPIPS v0.1 are finite and not negative",
                              i, tap, to[i]);
    return true;
}

bool gb_adapt_lpips(gb_network *n, const gb_checkpoint *c, gb_reason *why) {
    /* Of pictures in [−1, 1]: ImageNet's of (x + 1) / 2, as LPIPS writes it. */
    static const double shift[3] = {-0.030, -0.088, -0.188}, scale[3] = {0.458, 0.448, 0.450};
    gb_vision v = {.network = n, .why = why};
    if (strcmp(gb_network_str(n, "architecture", ""), "vgg16"))
        return gb_because(why, "LPIPS needs torchvision's VGG-16 as the checkpoint, and its own weights as --lpips");
    for (int tap = 0; tap < TAPS; tap++)
        if (!bring_lin(n, c, tap, why))
            return false;
    return gb_vision_describe(&v, "lpips", "lpips-v0.1", 3, 256, -1.0, 1.0) &&
           gb_vision_add_normalisation(&v, shift, scale) &&
           (gb_network_note(n, "joined with the layer weights of LPIPS v0.1") || gb_vision_no_memory(&v));
}

const gb_family gb_vgg16_torchvision = {
    .name = "vgg16-torchvision", .summary = "VGG-16 of torchvision; with --lpips vgg.pth the distance LPIPS v0.1",
    .source = "torchvision: vgg16-….pth; LPIPS: lpips/weights/v0.1/vgg.pth",
    .landmarks = {"features.2.weight", "features.28.weight", "features.0.weight"}, .looks = true, .adapt = adapt,
};
