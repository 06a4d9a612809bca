/* ResNet as torchvision saves it, and MONAI's TorchVisionFCModel, which wraps one: bare state dicts. The tensors' names
 * and shapes give the kind of blocks, their number, the groups of ResNeXt and all widths. */
#include "families.h"
#include "vision.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STAGES = 4, MOST_BLOCKS = 256 };

/* What MONAI calls the modules of torchvision, which it puts into one list. */
typedef struct naming {
    const char *name, *first, *first_norm, *stage;
} naming;

static const naming torchvision = {"torchvision", "conv1", "bn1", "layer%d"}, monai = {"monai", "features.0", "features.1",
                                                                                       "features.%d"};

typedef struct resnet {
    gb_vision v;
    const naming *names;
    int first_stage;            /* the number of the first stage */
    bool bottleneck;
    int64_t blocks[STAGES], groups, width;      /* width: channels before the next block */
} resnet;

static int convolutions(const resnet *r) {
    return r->bottleneck ? 3 : 2;
}

static bool bring_block(resnet *r, const char *block, int64_t stride) {
    char name[96];
    int64_t before = r->width, in = r->width;
    for (int i = 1; i <= convolutions(r); i++) {
        bool grouped = r->bottleneck && i == 2, wide = !r->bottleneck || i == 2;
        int64_t shape[4] = {-1, grouped ? -1 : in, wide ? 3 : 1, wide ? 3 : 1};
        snprintf(name, sizeof name, "%s.conv%d", block, i);
        if (!gb_vision_bring_conv(&r->v, name, shape))
            return false;
        if (grouped && (in % shape[1] || (r->groups && in / shape[1] != r->groups)))
            return gb_because(r->v.why, "'%s.weight' takes %" PRId64 " of %" PRId64 " channels, which makes no equal "
                              "groups, or others than the blocks before", name, shape[1], in);
        if (grouped)
            r->groups = in / shape[1];
        snprintf(name, sizeof name, "%s.bn%d", block, i);
        if (!gb_vision_bring_norm(&r->v, name, shape[0]))
            return false;
        in = shape[0];
    }
    r->width = in;
    snprintf(name, sizeof name, "%s.downsample.0", block);
    if (gb_vision_find(&r->v, "%s.weight", name)) {
        int64_t shape[4] = {in, before, 1, 1};
        if (!gb_vision_bring_conv(&r->v, name, shape))
            return false;
        snprintf(name, sizeof name, "%s.downsample.1", block);
        return gb_vision_bring_norm(&r->v, name, in);
    }
    return (before == in && stride == 1) ||
           gb_because(r->v.why, "no tensor '%s.weight', although the block leads from %" PRId64 " to %" PRId64
                      " channels with stride %" PRId64, name, before, in, stride);
}

static bool bring_stage(resnet *r, int stage) {
    char block[64];
    int64_t count = 0;
    for (;; count++) {
        size_t used;
        snprintf(block, sizeof block, r->names->stage, r->first_stage + stage);
        used = strlen(block);
        snprintf(block + used, sizeof block - used, ".%" PRId64, count);
        if (count && !gb_vision_find(&r->v, "%s.conv1.weight", block))
            break;
        if (count == MOST_BLOCKS)
            return gb_because(r->v.why, "has more than %d blocks in a stage", MOST_BLOCKS);
        if (!bring_block(r, block, count == 0 && stage ? 2 : 1))
            return false;
    }
    r->blocks[stage] = count;
    return true;
}

/* "ResNet-50": one convolution, those of the blocks, and the dense layer. */
static bool note_found(resnet *r, int64_t classes) {
    int64_t layers = 2;
    for (int i = 0; i < STAGES; i++)
        layers += r->blocks[i] * convolutions(r);
    return gb_network_note(r->v.network, "found a ResNet-%" PRId64 "%s of %" PRId64 " channels and %" PRId64 " class%s, "
                           "named as in %s", layers, r->groups > 1 ? " with groups (ResNeXt)" : "", r->width, classes,
                           classes == 1 ? "" : "es", r->names == &monai ? "MONAI's TorchVisionFCModel" : "torchvision") ||
           gb_vision_no_memory(&r->v);
}

static bool describe(resnet *r) {
    gb_network *n = r->v.network;
    return (gb_network_set_str(n, "config.naming", r->names->name) &&
            gb_network_set_str(n, "config.block", r->bottleneck ? "bottleneck" : "basic") &&
            gb_network_set_ints(n, "config.blocks", r->blocks, STAGES) &&
            gb_network_set_int(n, "config.groups", r->groups ? r->groups : 1) &&
            gb_network_set_float(n, "config.norm_eps", 1e-5)) ||
           gb_vision_no_memory(&r->v);
}

static bool bring(resnet *r) {
    int64_t first[4] = {-1, 3, 7, 7}, classes = 0;
    bool is_monai = r->names == &monai;
    if (!gb_vision_bring_conv(&r->v, r->names->first, first) ||
        !gb_vision_bring_norm(&r->v, r->names->first_norm, first[0]))
        return false;
    r->width = first[0];
    for (int i = 0; i < STAGES; i++)
        if (!bring_stage(r, i))
            return false;
    if (is_monai) {
        int64_t head[4] = {-1, r->width, 1, 1};
        if (!gb_vision_bring_conv(&r->v, "fc", head) || !gb_vision_bring_bias(&r->v, "fc", head[0]))
            return false;
        classes = head[0];
    } else if (!gb_vision_bring_dense(&r->v, "fc", r->width, &classes)) {
        return false;
    }
    return note_found(r, classes) && describe(r);
}

static bool adapt(const gb_checkpoint *c, const char *prefix, gb_network *n, const naming *names, const char *family,
                  gb_reason *why) {
    static const char *const of_torchvision[] = {"layer", "conv1.", "bn1.", "fc.", NULL};
    static const char *const of_monai[] = {"features.", "fc.", NULL};
    static const double half[3] = {0.5, 0.5, 0.5};      /* MONAI's input is 2x − 1 */
    resnet r = {.names = names, .first_stage = names == &monai ? 4 : 1};
    char block[32];
    if (!gb_vision_open(&r.v, c, prefix, n, why))
        return false;
    snprintf(block, sizeof block, names->stage, r.first_stage);
    r.bottleneck = gb_vision_find(&r.v, "%s.0.conv3.weight", block) != NULL;
    bool good = gb_vision_describe(&r.v, "resnet", family, 3, 224, 0.0, 1.0) && bring(&r) &&
                gb_vision_add_normalisation(&r.v, names == &monai ? half : gb_imagenet_mean,
                                            names == &monai ? half : gb_imagenet_deviation) &&
                gb_vision_finish(&r.v, "a ResNet", names == &monai ? of_monai : of_torchvision);
    gb_vision_close(&r.v);
    return good;
}

static bool adapt_torchvision(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n,
                              gb_reason *why) {
    (void)config;
    return adapt(c, prefix, n, &torchvision, "resnet-torchvision", why);
}

static bool adapt_monai(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n,
                        gb_reason *why) {
    (void)config;
    return adapt(c, prefix, n, &monai, "resnet-monai", why);
}

const gb_family gb_resnet_torchvision = {
    .name = "resnet-torchvision", .summary = "ResNet and ResNeXt of torchvision: resnet18, 34, 50, 101, 152",
    .source = "torchvision: resnet18-….pth, resnet34-….pth, resnet50-….pth",
    .landmarks = {"layer1.0.conv1.weight", "bn1.running_mean", "fc.weight"}, .looks = true, .adapt = adapt_torchvision,
};
const gb_family gb_resnet_monai = {
    .name = "resnet-monai", .summary = "ResNet inside MONAI's TorchVisionFCModel",
    .source = "MONAI's pathology tumour detection bundle",
    .landmarks = {"features.4.0.conv1.weight", "features.1.running_mean", "fc.weight"}, .looks = true,
    .adapt = adapt_monai,
};
