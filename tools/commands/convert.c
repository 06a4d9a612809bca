/* ganbend convert: converts a checkpoint to a .gbw, and prints what it found and what it synthesised. */
#include <stdio.h>

#include "commands.h"
#include "tools/inputs/safe_convert.h"
#include "tools/program/output_file.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"

typedef struct settings {
    bool half, no_sandbox;
    const char *config, *network, *lpips;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--half", OPTION_FLAG, AT(half), NULL, "Store the convolutions' weights as float16, for about half the file size.", 0,
     0},
    {"--config", OPTION_TEXT, AT(config), "FILE.json", "Constructor arguments, for checkpoints that do not contain them.",
     0, 0},
    {"--network", OPTION_TEXT, AT(network), "PATH", "Which of several generators in the checkpoint to convert: G_ema, "
     "ema.ema_model, or . for the top level (default: a moving average, if there is one).", 0, 0},
    {"--lpips", OPTION_TEXT, AT(lpips), "vgg.pth", "LPIPS's own weights (lpips/weights/v0.1/vgg.pth), to join with "
     "torchvision's VGG-16 to a perceptual distance of two pictures.", 0, 0},
    {"--no-sandbox", OPTION_FLAG, AT(no_sandbox), NULL, "Read the checkpoint in this process instead of one that may do "
     "nothing else.", 0, 0},
    {0}
};

static void print_note(void *arg, const char *line) {
    (void)arg;
    report("%s", line);
}

static void print_families(FILE *to) {
    const char *name, *summary;
    fputs("\ncheckpoints:\n", to);
    for (size_t i = 0; gb_checkpoint_family(i, &name, &summary); i++) fprintf(to, "  %-22s %s\n", name, summary);
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {0};
    progress p;
    gb_convert_options how = {.note = print_note, .progress = progress_share, .progress_arg = &p};
    output_file out = {0};
    gb_error err = {0};
    int status;
    if (!parse_arguments(&convert_command, argc, argv, operands, &set, &status)) return status;
    how.half = set.half;
    how.config = set.config;
    how.network = set.network;
    how.lpips = set.lpips;
    p = progress_start("converting", 1);
    if (!output_begin(&out, operands[1], &err) &&
        !(set.no_sandbox ? convert_here : convert_safely)(operands[0], out.path, &how, &err))
        output_finish(&out, &err);
    progress_end(&p);
    output_drop(&out);
    if (!err.status) report("%s: a .gbw model", operands[1]);
    return err.status ? failed(&convert_command, &err) : EXIT_DONE;
}

const command convert_command = {
    .name = "convert",
    .summary = "convert a checkpoint to a .gbw model",
    .operands = "IN OUT.gbw",
    .usage = "[options]",
    .about = "Opens a checkpoint of StyleGAN2, BigGAN, ResNet or VGG-16 (.pkl, .pt, .pth, .bin, .safetensors) without executing anything in "
             "it, and writes a .gbw. The family is recognised from the contents, not the file name. Missing noise maps and "
             "a missing mean w are synthesised from seed 0. - stands for standard input or output. The checkpoint is read by a process "
             "that has no network and can open no other file.",
    .list = print_families,
    .writes = WRITES_MODEL | WRITES_STREAM,
    .example = "ganbend convert faces.pkl faces.gbw --half\n"
               "ganbend convert biggan/pytorch_model.bin biggan.gbw\n"
               "ganbend convert G_ema.pth biggan.gbw --config arguments.json\n"
               "ganbend convert vgg16-397923af.pth --lpips vgg.pth lpips.gbw",
    .options = options,
    .run = run,
};
