/* The table of families, the choice of a generator, and what to say of a file that has none. */
#include "adapt.h"

#include <stdio.h>
#include <string.h>

#include "candidates.h"
#include "class_names.h"
#include "families.h"
#include "known.h"

const gb_family *const gb_families[] = {
    &gb_stylegan2_nvlabs,
    &gb_stylegan2_tensorflow,
    &gb_stylegan2_rosinality,
    &gb_stylegan2_genforce,
    &gb_stylegan2_mmgeneration,
    &gb_biggan_pytorch,
    &gb_biggan_studiogan,
    &gb_biggan_mmgeneration,
    &gb_biggan_huggingface,
    &gb_resnet_torchvision,
    &gb_resnet_monai,
    &gb_vgg16_torchvision,
    &gb_feature_classifier,
    NULL,
};

static const char runs[] = "this version of ganbend runs StyleGAN2, BigGAN, ResNet, VGG-16 and LPIPS";

static bool refuse(const gb_checkpoint *c, gb_reason *why) {
    size_t count, unreadable;
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    const gb_unreadable *odd = gb_checkpoint_unreadable(c, &unreadable);
    const char *network = gb_known_network(c, "", false);
    if (network)
        return gb_because(why, "%s; %s", network, runs);
    if (unreadable)
        return gb_because(why, "no generator among what can be read: '%s' is %s; save the network with plain tensors",
                          odd[0].path, odd[0].what);
    if (!count)
        return gb_because(why, "holds no tensors; %s", runs);
    return gb_because(why, "not a generator ganbend knows: its first tensors are '%s'%s%s%s%s%s%s; %s", all[0].name,
                      count > 1 ? ", '" : "", count > 1 ? all[1].name : "", count > 1 ? "'" : "",
                      count > 2 ? ", '" : "", count > 2 ? all[2].name : "", count > 2 ? "'" : "", runs);
}

/* A wrapper that calls its network no more than a generator: "G.", "model.netG.". */
static bool is_plain_name(const char *prefix) {
    static const char *const names[] = {"G.", "g.", "netG."};
    size_t size = strlen(prefix);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (size >= n && !strcmp(prefix + size - n, names[i]) && (size == n || prefix[size - n - 1] == '.'))
            return true;
    }
    return false;
}

/* Notes which generator was taken, if there was a choice or its name leaves a doubt. */
static bool note_choice(const gb_checkpoint *c, const gb_candidates *found, const gb_candidate *taken, gb_network *n) {
    char text[256];
    int complete = 0;
    const char *prefix = *taken->prefix ? taken->prefix : "..";     /* the last dot is left out below */
    int size = (int)strlen(prefix) - 1;
    const char *entry = gb_checkpoint_entry(c);
    bool good = !entry || gb_network_note(n, "opened '%s' inside the zip archive", entry);
    for (int i = 0; i < found->count; i++)
        complete += found->list[i].complete;
    if (good && complete > 1)
        good = gb_network_note(n, "the file holds %d %s: %s; took '%.*s'%s; --network can choose another", complete,
                               taken->family->looks ? "networks" : "generators", gb_candidates_text(found, text, sizeof text), size, prefix,
                               taken->copy == GB_COPY_AVERAGE ? ", a moving average" : "");
    bool doubtful = taken->copy == GB_COPY_TRAINING || (taken->copy == GB_COPY_UNNAMED && is_plain_name(taken->prefix));
    return good && (!doubtful || taken->family->looks || gb_network_note(n, "no moving average of the generator was taken; by its name '%.*s' "
                                                 "is the copy in training", size, prefix));
}

static bool adapt(const gb_checkpoint *c, const gb_adapt_options *options, gb_network *n, gb_reason *why) {
    gb_candidates found;
    gb_reason none = {0};
    if (!gb_candidates_find(c, &found, why))
        return false;
    const gb_candidate *taken = gb_candidates_choose(&found, options->network, &none);
    if (!taken && found.count)
        return gb_because(why, "%s", none.text);
    const char *variant = gb_known_network(c, taken ? taken->prefix : "", true);
    if (variant)
        return gb_because(why, "%s; %s", variant, runs);
    if (!taken)
        return refuse(c, why);
    return taken->family->adapt(c, taken->prefix, options->config, n, why) &&
        ((note_choice(c, &found, taken, n) && gb_find_class_names(c, n)) || gb_because_no_memory(why));
}

gb_network *gb_adapt(const gb_checkpoint *c, const gb_adapt_options *options, gb_reason *why) {
    static const gb_adapt_options defaults = {NULL, NULL};
    gb_network *n = gb_network_new();
    if (!n) {
        gb_because_no_memory(why);
        return NULL;
    }
    if (adapt(c, options ? options : &defaults, n, why))
        return n;
    gb_network_free(n);
    return NULL;
}

bool gb_adapt_has_config_beside(const gb_checkpoint *c, const char *network, bool *beside, gb_reason *why) {
    gb_candidates found;
    if (!gb_candidates_find(c, &found, why))
        return false;
    const gb_candidate *taken = gb_candidates_choose(&found, network, NULL);
    *beside = taken && taken->family->has_config_beside;
    return true;
}
