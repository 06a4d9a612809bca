/* The table of synonyms. */
#include "synonyms.h"

#include <string.h>

static const char sheet[] = "the shape of a sheet is --grid COLUMNSxROWS, as in 4x3";
static const char model[] = "give the model without an option: ganbend render MODEL.gbw …";
static const char mixing[] = "'ganbend grid --rows 85,100 --cols 55,821 --styles 0-6' mixes styles";
static const char inferred[] = "'ganbend convert' reads the model's shape from the checkpoint";
static const char stylegan3[] = "this is for StyleGAN3; 'ganbend sweep' and recipes can translate and rotate feature maps";

static const synonym synonyms[] = {
    {"--seed", "--seeds", NULL},
    {"--seeds", "--seed", NULL},
    {"--truncation", "--trunc", NULL},
    {"--trunc-psi", "--trunc", NULL},
    {"--truncation-psi", "--trunc", NULL},
    {"--psi", "--trunc", NULL},
    {"--truncation-cutoff", "--cutoff", NULL},
    {"--outdir", "-o", NULL},
    {"--out", "-o", NULL},
    {"--output", "-o", NULL},
    {"--outfile", "-o", NULL},
    {"--out-dir", "-o", NULL},
    {"--projected-w", "--w", NULL},
    {"--latents", "--w", NULL},
    {"--noise-mode", "--noise", NULL},
    {"--class-idx", "--class", NULL},
    {"--num-frames", "--frames", NULL},
    {"--cols", "--columns", sheet},
    {"--columns", NULL, sheet},
    {"--rows", NULL, sheet},
    {"--network", NULL, model},
    {"--network-pkl", NULL, model},
    {"--ckpt", NULL, model},
    {"--checkpoint", NULL, model},
    {"--pics", NULL, "select images by seed: --seeds 0-19"},
    {"--sample", NULL, "select images by seed: --seeds 0-19"},
    {"--num-samples", NULL, "select images by seed: --seeds 0-19"},
    {"--batch", NULL, "images are rendered one after the other on all cores; --threads limits the cores"},
    {"--gpus", NULL, "--device cuda renders on a GPU"},
    {"--size", NULL, inferred},
    {"--style-dim", NULL, inferred},
    {"--n-mlp", NULL, inferred},
    {"--channel-multiplier", NULL, inferred},
    {"--translate", NULL, stylegan3},
    {"--rotate", NULL, stylegan3},
    {"--row-seeds", "--rows", mixing},
    {"--col-seeds", "--cols", mixing},
    {"--col-styles", "--styles", mixing},
    {"--styles", NULL, mixing},
    {"--w-frames", NULL, "--frames is the number of all frames: frames per seed times the number of seeds"},
    {"--process", NULL, "interpolation is 'ganbend animate --seeds 1,2,3', truncation is 'ganbend animate --move trunc=-1:1'"},
};

static int same(const char *word, const char *given, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (word[i] != (i >= 2 && given[i] == '_' ? '-' : given[i])) return 0;
    return !word[length];
}

const synonym *find_synonym(const char *word, size_t length) {
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (same(synonyms[i].word, word, length)) return &synonyms[i];
    return NULL;
}

const synonym *synonym_at(size_t index) {
    return index < sizeof synonyms / sizeof *synonyms ? &synonyms[index] : NULL;
}
