/* ganbend init: a network of a given shape with random weights, for benchmarks and tests. */
#include <string.h>

#include "commands.h"

typedef struct settings {
    int64_t resolution, channel_base, channel_max, z_dim, w_dim, mapping_layers, classes, seed;
    const char *block;
    bool half;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--res", OPTION_INTEGER, AT(resolution), "R", "Side of the image, a power of two (256).", 4, 4096},
    {"--channel-base", OPTION_INTEGER, AT(channel_base), "B", "Channels at resolution r are B / r, … "
     "(32768)", 1, 1 << 24},
    {"--channel-max", OPTION_INTEGER, AT(channel_max), "M", "… and M at most (512).", 1, 1 << 16},
    {"--z-dim", OPTION_INTEGER, AT(z_dim), "N", "Width of z (512).", 1, 1 << 16},
    {"--w-dim", OPTION_INTEGER, AT(w_dim), "N", "Width of w (512).", 1, 1 << 16},
    {"--mapping-layers", OPTION_INTEGER, AT(mapping_layers), "N", "Layers from z to w (8).", 1, 64},
    {"--classes", OPTION_INTEGER, AT(classes), "N", "Classes of a conditional network (0).", 0, 1 << 20},
    {"--block", OPTION_CHOICE, AT(block), "skip|resnet|orig", "How blocks are joined (skip).", 0, 0},
    {"--seed", OPTION_INTEGER, AT(seed), "N", "Seed of the weights (0).", 0, 4294967295.0},
    {"--half", OPTION_FLAG, AT(half), NULL, "Store the convolutions' weights as float16.", 0, 0},
    {0}
};

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    gb_stylegan2 shape;
    gb_context *context = NULL;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&init_command, argc, argv, operands, &set, &status)) return status;
    if (strcmp(operands[0], "stylegan2") != 0)
        return wrong_usage(&init_command, "no architecture '%s'; there is stylegan2", operands[0]);
    if (set.resolution & (set.resolution - 1))
        return wrong_usage(&init_command, "--res takes a power of two from 4 to 4096, not %d", (int)set.resolution);
    shape = (gb_stylegan2){
        .resolution = (int)set.resolution,
        .channel_base = (int)set.channel_base,
        .channel_max = (int)set.channel_max,
        .z_dim = (int)set.z_dim,
        .w_dim = (int)set.w_dim,
        .mapping_layers = (int)set.mapping_layers,
        .classes = (int)set.classes,
        .block = set.block,
        .seed = (uint64_t)set.seed,
    };
    if (!gb_context_new(NULL, &context, &err)) gb_init_stylegan2(context, operands[1], &shape, set.half, &err);
    gb_context_free(context);
    return err.status ? failed(&init_command, &err) : EXIT_DONE;
}

const command init_command = {
    .name = "init",
    .summary = "a model of a given shape with random weights",
    .operands = "stylegan2 OUT.gbw",
    .usage = "[options]",
    .about = "Writes a network with random weights; biases and noise strengths are not zero, so nothing is left out "
             "of a measurement or a test.",
    .example = "ganbend init stylegan2 big.gbw --res 1024",
    .options = options,
    .run = run,
};
