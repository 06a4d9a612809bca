/* ganbend init: writes a network of a given shape with random weights, for benchmarks and tests. */
#include <string.h>

#include "commands.h"
#include "tools/pictures/pictures.h"
#include "tools/program/output_names.h"
#include "tools/program/report.h"

typedef struct settings {
    int64_t resolution, z_dim, classes, seed;
    bool half;
    int64_t channel_base, channel_max, w_dim, mapping_layers, img_channels;     /* StyleGAN2 */
    const char *block, *start;
    int start_height, start_width;
    int64_t channel_width, shared_dim;                              /* BigGAN; -1 if --shared-dim is not given */
    const char *attention;
    bool flat;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--res", OPTION_INTEGER, AT(resolution), "R", "Height and width of the image, a power of two (default: 256). BigGAN: "
     "32 to 512.", 4, 4096},
    {"--z-dim", OPTION_INTEGER, AT(z_dim), "N", "Length of z (default: 512 for StyleGAN2, 20 per chunk for BigGAN, 128 for "
     "flat and deep BigGAN).", 1, 1 << 16},
    {"--classes", OPTION_INTEGER, AT(classes), "N", "Number of classes (default: 0 for StyleGAN2, 1000 with ImageNet's "
     "names for BigGAN).", 0, 1 << 20},
    {"--seed", OPTION_INTEGER, AT(seed), "N", "Seed of the weights (default: 0).", 0, 4294967295.0},
    {"--half", OPTION_FLAG, AT(half), NULL, "Store the convolutions' weights as float16.", 0, 0},
    {"--channel-base", OPTION_INTEGER, AT(channel_base), "B", "StyleGAN2: B / r channels at resolution r (default: "
     "32768).", 1, 1 << 24},
    {"--channel-max", OPTION_INTEGER, AT(channel_max), "M", "StyleGAN2: at most M channels (default: 512).", 1, 1 << 16},
    {"--w-dim", OPTION_INTEGER, AT(w_dim), "N", "StyleGAN2: length of w (default: 512).", 1, 1 << 16},
    {"--mapping-layers", OPTION_INTEGER, AT(mapping_layers), "N", "StyleGAN2: layers of the mapping network (default: 8).",
     1, 64},
    {"--start", OPTION_TEXT, AT(start), "HxW", "StyleGAN2: height and width of the constant (default: 4x4). The image is "
     "R / 4 times as large: --res 1024 --start 4x2 makes 1024x512.", 0, 0},
    {"--img-channels", OPTION_INTEGER, AT(img_channels), "N", "StyleGAN2: channels of the image (default: 3); 1 is grey, "
     "4 is RGBA.", 1, 1024},
    {"--block", OPTION_CHOICE, AT(block), "skip|resnet|orig", "StyleGAN2: architecture of the blocks (default: skip).", 0,
     0},
    {"--channel-width", OPTION_INTEGER, AT(channel_width), "N", "BigGAN: channels of the last block; the first has 16 "
     "times as many (default: 96, deep: 128).", 8, 512},
    {"--attention", OPTION_TEXT, AT(attention), "LIST", "BigGAN: resolutions with attention, such as 64 or 32_64; 0 for "
     "none (default: 64, if there are such maps).", 0, 0},
    {"--shared-dim", OPTION_INTEGER, AT(shared_dim), "N", "BigGAN: length of the class embedding (default: 128); 0 gives "
     "every norm its own. Deep: always z's length.", 0, 1 << 13},
    {"--flat", OPTION_FLAG, AT(flat), NULL, "BigGAN: the first layer uses all of z, and the blocks none of it.", 0, 0},
    {0}
};

static int init_stylegan2(const char *out, const settings *set) {
    const gb_stylegan2 shape = {
        .resolution = (int)set->resolution,
        .start_height = set->start_height,
        .start_width = set->start_width,
        .img_channels = (int)set->img_channels,
        .channel_base = (int)set->channel_base,
        .channel_max = (int)set->channel_max,
        .z_dim = (int)set->z_dim,
        .w_dim = (int)set->w_dim,
        .mapping_layers = (int)set->mapping_layers,
        .classes = (int)set->classes,
        .block = set->block,
        .seed = (uint64_t)set->seed,
    };
    gb_context *context = NULL;
    gb_error err = {0};
    if (!gb_context_new(NULL, &context, &err)) gb_init_stylegan2(context, out, &shape, set->half, &err);
    if (!err.status) report("%s: a StyleGAN2 with random weights", out);
    gb_context_free(context);
    return err.status ? failed(&init_command, &err) : EXIT_DONE;
}

static int init_biggan(const char *out, const settings *set, bool deep) {
    const gb_biggan shape = {
        .deep = deep,
        .resolution = (int)set->resolution,
        .channel_width = (int)set->channel_width,
        .classes = (int)set->classes,
        .z_dim = (int)set->z_dim,
        .shared_dim = set->shared_dim < 0 ? 0 : set->shared_dim ? (int)set->shared_dim : -1,
        .flat = set->flat,
        .attention = set->attention,
        .seed = (uint64_t)set->seed,
    };
    gb_context *context = NULL;
    gb_error err = {0};
    if (!gb_context_new(NULL, &context, &err)) gb_init_biggan(context, out, &shape, set->half, &err);
    if (!err.status) report("%s: a BigGAN with random weights", out);
    gb_context_free(context);
    return err.status ? failed(&init_command, &err) : EXIT_DONE;
}

/* The first option that was given and belongs to another architecture. */
static const char *foreign_option(const settings *set, bool stylegan2) {
    const struct { const char *name; bool stylegan2, given; } own[] = {
        {"--channel-base", true, set->channel_base != 0},
        {"--channel-max", true, set->channel_max != 0},
        {"--w-dim", true, set->w_dim != 0},
        {"--mapping-layers", true, set->mapping_layers != 0},
        {"--block", true, set->block != NULL},
        {"--start", true, set->start != NULL},
        {"--img-channels", true, set->img_channels != 0},
        {"--channel-width", false, set->channel_width != 0},
        {"--attention", false, set->attention != NULL},
        {"--shared-dim", false, set->shared_dim >= 0},
        {"--flat", false, set->flat},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i].given && own[i].stylegan2 != stylegan2) return own[i].name;
    return NULL;
}

static int run(int argc, char **argv) {
    static const char *const architectures[] = {"stylegan2", "biggan", "biggan-deep"};
    enum { STYLEGAN2, BIGGAN, BIGGAN_DEEP, ARCHITECTURES };
    const char *operands[OPERANDS], *foreign;
    settings set = {.shared_dim = -1};
    int status, which = 0;
    if (!parse_arguments(&init_command, argc, argv, operands, &set, &status)) return status;
    while (which < ARCHITECTURES && strcmp(operands[0], architectures[which])) which++;
    if (which == ARCHITECTURES)
        return wrong_usage(&init_command, "unknown architecture '%s'; expected stylegan2, biggan or biggan-deep",
                           operands[0]);
    if (set.resolution & (set.resolution - 1))
        return wrong_usage(&init_command, "--res takes a power of two from 4 to 4096, not %d", (int)set.resolution);
    if (set.start && !parse_pair(set.start, 'x', 1, 4096, &set.start_height, &set.start_width))
        return wrong_usage(&init_command, "--start takes HEIGHTxWIDTH, as in 4x2, not '%s'", set.start);
    if ((foreign = foreign_option(&set, which == STYLEGAN2)))
        return wrong_usage(&init_command, "%s does not apply to %s", foreign, architectures[which]);
    return which == STYLEGAN2 ? init_stylegan2(operands[1], &set)
                              : init_biggan(operands[1], &set, which == BIGGAN_DEEP);
}

const command init_command = {
    .name = "init",
    .summary = "write a model of a given shape with random weights",
    .operands = "stylegan2|biggan|biggan-deep OUT.gbw",
    .usage = "[options]",
    .about = "Writes a network with random weights for benchmarks and tests. Biases, statistics and noise strengths are "
             "not zero, so that they take part. biggan is the network of BigGAN-PyTorch, biggan-deep that of the Hugging "
             "Face port.",
    .example = "ganbend init stylegan2 big.gbw --res 1024\nganbend init biggan biggan.gbw --res 256\n"
               "ganbend init biggan-deep deep.gbw --res 256",
    .writes = WRITES_MODEL,
    .options = options,
    .run = run,
};
