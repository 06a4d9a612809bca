/* Checkpoints of both BigGAN code bases become the same kind of canonical network, or are refused with a line that says
 * why. The networks are those of reference/make_biggan_variants.py, which also wrote the tensors to expect. */
#include "opened.h"
#include "weights/adapt/imagenet_classes.h"

#define FIXTURES "tests/fixtures/"
#define VARIANTS FIXTURES "biggan/"

/* Every tensor of the network is the file's `canonical/` one, and there are no others. */
static void is_canonical(const gb_network *n, const char *npz) {
    gb_reason why = {0};
    size_t size, arrays, expected = 0;
    void *bytes = read_whole(npz, &size);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, npz, &why);
    assert_non_null(c);
    const gb_named_array *list = gb_checkpoint_arrays(c, &arrays), *mine;
    for (size_t i = 0; i < arrays; i++) {
        const char *name = list[i].name + strlen("canonical/");
        if (strncmp(list[i].name, "canonical/", strlen("canonical/")))
            continue;
        same_tensor(name, gb_network_array(n, name), &list[i].array, 1e-6, 1e-3);
        expected++;
    }
    assert_int_equal(gb_network_arrays(n, &mine), expected);
    gb_checkpoint_close(c);
    free(bytes);
}

static void integers(const gb_network *n, const char *key, const char *expected) {
    const gb_meta *m = gb_network_meta(n, key);
    char text[256] = "";
    assert_non_null(m);
    for (size_t i = 0; i < m->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", (int)m->ints[i]);
    assert_string_equal(text, expected);
}

/* ---- what is read ---- */

static void every_form_of_saving_gives_the_weights_as_they_act(void **state) {
    (void)state;
    const struct { const char *file, *npz, *network; } files[] = {
        {"hierarchical.pth", "hierarchical.npz", ""}, {"mybn-parallel.pth", "hierarchical.npz", "module"},
        {"cross-replica-wrapped.pth", "hierarchical.npz", "G_ema"}, {"torch-norm.pth", "torch-norm.npz", ""},
        {"half.pth", "half.npz", ""}, {"shared-flat.pth", "shared-flat.npz", ""}, {"unshared.pth", "unshared.npz", ""},
        {"deep-32.pth", "deep-32.npz", ""}, {"deep-own-channels.pth", "deep-own-channels.npz", ""},
        {"huggingface.bin", "huggingface.npz", ""},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[96], npz[96];
        snprintf(path, sizeof path, VARIANTS "%s", files[i].file);
        snprintf(npz, sizeof npz, VARIANTS "%s", files[i].npz);
        opened o = open_network(path, NULL);
        is_canonical(o.network, npz);
        assert_string_equal(gb_network_str(o.network, "architecture", ""), "biggan");
        assert_string_equal(gb_network_str(o.network, "origin.network", ""), files[i].network);
        assert_string_equal(gb_network_str(o.network, "origin.format", ""), "torch zip");
        assert_int_equal(gb_network_aliases(o.network, &(const gb_alias *){NULL}), 0);
        close_opened(&o);
    }
}

static void names_and_shapes_give_the_architecture(void **state) {
    (void)state;
    const struct {
        const char *file, *naming, *variant, *in, *out, *up, *attention;
        int resolution, z, classes, shared, chunk, stats;
    } files[] = {
        {VARIANTS "hierarchical.pth", "pytorch", "standard", "16 8", "8 8", "1 1", "0", 16, 9, 5, 4, 3, 1},
        {VARIANTS "shared-flat.pth", "pytorch", "standard", "8 8", "8 4", "1 1", "", 16, 6, 5, 4, 0, 1},
        {VARIANTS "unshared.pth", "pytorch", "standard", "8 4", "4 4", "1 1", "", 16, 6, 5, 0, 0, 1},
        {VARIANTS "deep-32.pth", "pytorch", "deep", "8 8 8 8 8 8", "8 8 8 8 8 8", "0 1 0 1 0 1", "3", 32, 3, 5, 4, 0,
         1},
        {VARIANTS "deep-own-channels.pth", "pytorch", "deep", "16 16", "16 8", "0 1", "", 8, 3, 5, 4, 0, 1},
        {VARIANTS "tfhub-256.pth", "pytorch", "standard", "8 8 8 8 8 8", "8 8 8 8 8 8", "1 1 1 1 1 1", "4", 256, 140, 5,
         4, 20, 1},
        {VARIANTS "huggingface.bin", "huggingface", "deep", "64 32 16 8", "32 16 8 4", "0 1 0 1", "1", 16, 4, 6, 4, 0,
         51},
        {FIXTURES "biggan-32-cifar.pth", "pytorch", "standard", "32 32 32", "32 32 32", "1 1 1", "", 32, 32, 10, 0, 0,
         1},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        opened o = open_network(files[i].file, NULL);
        const gb_network *n = o.network;
        assert_string_equal(gb_network_str(n, "config.naming", ""), files[i].naming);
        assert_string_equal(gb_network_str(n, "config.variant", ""), files[i].variant);
        integers(n, "config.layers.in", files[i].in);
        integers(n, "config.layers.out", files[i].out);
        integers(n, "config.layers.up", files[i].up);
        integers(n, "config.attention_after", files[i].attention);
        assert_int_equal(gb_network_int(n, "config.resolution", 0), files[i].resolution);
        assert_int_equal(gb_network_int(n, "config.z_dim", 0), files[i].z);
        assert_int_equal(gb_network_int(n, "config.c_dim", 0), files[i].classes);
        assert_int_equal(gb_network_int(n, "config.shared_dim", -1), files[i].shared);
        assert_int_equal(gb_network_int(n, "config.z_chunk", -1), files[i].chunk);
        assert_int_equal(gb_network_int(n, "config.n_stats", 0), files[i].stats);
        assert_int_equal(gb_network_int(n, "config.bottom_width", 0), 4);
        assert_int_equal(gb_network_int(n, "config.img_channels", 0), 3);
        assert_string_equal(gb_network_str(n, "origin.rng", ""), files[i].stats == 51 ? "truncnorm" : "torch");
        assert_null(gb_network_meta(n, "origin.class_names"));
        close_opened(&o);
    }
}

static void an_adapted_network_survives_the_way_through_a_gbw(void **state) {
    (void)state;
    const char *const names[] = {"hierarchical", "unshared"};       /* with attention; without, embeddings transposed */
    for (int i = 0; i < 2; i++) {
        char path[96], npz[96];
        void *file;
        snprintf(path, sizeof path, VARIANTS "%s.pth", names[i]);
        snprintf(npz, sizeof npz, VARIANTS "%s.npz", names[i]);
        opened o = open_network(path, NULL);
        gb_network *n = through_gbw(o.network, false, &file);
        is_canonical(n, npz);
        integers(n, "config.attention_after", i ? "" : "0");
        gb_network_free(n);
        free(file);
        close_opened(&o);
    }
}

static void what_had_to_be_assumed_is_noted(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "hierarchical.pth", NULL);
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-5);
    assert_true(noted(o.network, "converted from TF-Hub have 1e-4"));
    close_opened(&o);
    o = open_network(VARIANTS "hierarchical.pth", "{\"BN_eps\": 1e-4}");
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-4);
    assert_true(gb_network_float(o.network, "config.output_norm_eps", 0) == 1e-5);
    assert_false(noted(o.network, "taken as"));
    close_opened(&o);
    o = open_network(VARIANTS "tfhub-256.pth", NULL);
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-4);
    assert_true(noted(o.network, "those of TF-Hub's BigGAN"));
    close_opened(&o);
    o = open_network(VARIANTS "deep-own-channels.pth", NULL);
    assert_true(noted(o.network, "two blocks were taken to make a stage"));
    close_opened(&o);
    o = open_network(VARIANTS "huggingface.bin", NULL);
    assert_true(noted(o.network, "every second layer enlarges, eps 1e-4"));
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-4);
    close_opened(&o);
}

/* ---- the network in memory, with changes ---- */

typedef struct change {
    const char *without;        /* tensors whose name contains this are left out */
    const char *name;           /* the tensor that changes */
    int ndim;                   /* into this shape, filled with `fill`; 0: shape stays */
    int64_t shape[4];
    float fill;
    const char *extra;          /* a tensor [1] beside the others */
} change;

static opened open_changed(const char *path, const char *config, const change *what) {
    saving s = {0};
    size_t size, count;
    gb_reason why = {0};
    void *bytes = read_whole(path, &size);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, path, &why);
    assert_non_null(c);
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < count; i++) {
        gb_array a = all[i].array;
        bool changes = what->name && !strcmp(all[i].name, what->name);
        if (what->without && strstr(all[i].name, what->without))
            continue;
        if (changes && what->ndim) {
            a = (gb_array){.ndim = what->ndim};
            memcpy(a.shape, what->shape, sizeof what->shape);
        }
        float *values = changes ? malloc((size_t)gb_array_count(&a) * sizeof *values) : values_of(&a);
        for (int64_t k = 0; k < gb_array_count(&a) && changes; k++)
            values[k] = what->fill;
        save(&s, all[i].name, &a, values);
        free(values);
    }
    if (what->extra)
        save(&s, what->extra, &(gb_array){.ndim = 1, .shape = {1}}, (const float[]){1});
    gb_checkpoint_close(c);
    free(bytes);
    return open_saved(&s, config);
}

static void a_thousand_classes_are_imagenets(void **state) {
    (void)state;
    opened o = taken(open_changed(VARIANTS "shared-flat.pth", NULL,
                                  &(change){.name = "shared.weight", .ndim = 2, .shape = {1000, 4}}));
    const gb_meta *names = gb_network_meta(o.network, "origin.class_names");
    assert_non_null(names);
    assert_int_equal(names->count, GB_IMAGENET_CLASSES);
    assert_string_equal(names->strs[0], "tench");
    assert_string_equal(names->strs[207], "golden retriever");
    assert_string_equal(names->strs[999], "toilet tissue");
    close_opened(&o);
}

static void a_tensor_missing_or_misshapen_is_named_with_what_would_be_right(void **state) {
    (void)state;
    const struct { const char *file, *says; change what; } wrong[] = {
        {"hierarchical.pth", "no tensor 'blocks.1.0.conv_sc.weight'", {.without = "blocks.1.0.conv_sc.w"}},
        {"hierarchical.pth", "no tensor 'blocks.0.0.bn2.bias.weight'", {.without = "blocks.0.0.bn2.bias.weight"}},
        {"hierarchical.pth", "tensor 'blocks.1.0.conv2.bias' has shape [7], expected [8] for 16×16",
         {.name = "blocks.1.0.conv2.bias", .ndim = 1, .shape = {7}}},
        {"hierarchical.pth", "tensor 'blocks.0.0.bn1.stored_var' has shape [1], expected [16]",
         {.name = "blocks.0.0.bn1.stored_var", .ndim = 1, .shape = {1}}},
        {"hierarchical.pth", "tensor 'blocks.0.0.conv1.u0' has shape [1,9], expected 8 values",
         {.name = "blocks.0.0.conv1.u0", .ndim = 2, .shape = {1, 9}}},
        {"torch-norm.pth", "no tensor 'linear.weight_v', which spectral normalisation needs",
         {.without = "linear.weight_v"}},
        {"hierarchical.pth", "'linear' gives 255 values, which do not make a square of 16",
         {.name = "linear.weight", .ndim = 2, .shape = {255, 3}}},
        {"hierarchical.pth", "the norms take 7 values, expected 4 of the class and, for a hierarchical z, as many more "
         "as 'linear' takes, which is 5", {.name = "linear.weight", .ndim = 2, .shape = {256, 5}}},
        {"hierarchical.pth", "blocks.1 takes 9 feature maps, but the block before it gives 8",
         {.name = "blocks.1.0.conv1.weight", .ndim = 4, .shape = {8, 9, 3, 3}}},
        {"hierarchical.pth", "ganbend runs batch norm with stored statistics, not norm_style 'gn'",
         {.without = "stored_"}},
        {"unshared.pth", "tensor 'blocks.1.0.bn2.gain.weight' has shape [4,4], expected [5,4]",
         {.name = "blocks.1.0.bn2.gain.weight", .ndim = 2, .shape = {4, 4}}},
        {"deep-32.pth", "BigGAN-deep has no other embedding", {.without = "shared."}},
        {"deep-32.pth", "no z is left", {.name = "linear.weight", .ndim = 2, .shape = {128, 4}}},
        {"deep-32.pth", "shortcut can only drop some",
         {.name = "blocks.5.0.conv4.weight", .ndim = 4, .shape = {9, 2, 1, 1}}},
        {"deep-own-channels.pth", "its 1 residual blocks cannot be divided into stages of 2", {.without = "blocks.1."}},
        {"huggingface.bin", "no tensor 'generator.layers.0.conv_3.weight'", {.without = "conv_3.weight"}},
        {"huggingface.bin", "'generator.layers.0' leads from 64 to 20 feature maps; the port's shortcut keeps all or "
         "half", {.name = "generator.layers.0.conv_3.weight_orig", .ndim = 4, .shape = {20, 16, 1, 1}}},
        {"huggingface.bin", "'generator.layers.0' is attention where a residual block is expected",
         {.extra = "generator.layers.0.gamma"}},
        {"huggingface.bin", "tensor 'generator.layers.1.bn_2.running_means' has shape [50,8], expected [51,8]",
         {.name = "generator.layers.1.bn_2.running_means", .ndim = 2, .shape = {50, 8}}},
        {"huggingface.bin", "tensor 'generator.conv_to_rgb.bias' has shape [5], expected [4]",
         {.name = "generator.conv_to_rgb.bias", .ndim = 1, .shape = {5}}},
        {"huggingface.bin", "its blocks lead from 64 to 8 feature maps, expected from sixteen times as many",
         {.without = "layers.4."}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char path[96];
        snprintf(path, sizeof path, VARIANTS "%s", wrong[i].file);
        refused(open_changed(path, NULL, &wrong[i].what), wrong[i].says);
    }
}

static void a_tensor_too_many_is_refused(void **state) {
    (void)state;
    const struct { const char *file, *extra; } more[] = {
        {"hierarchical.pth", "shared_more.weight"}, {"hierarchical.pth", "blocks.1.1.theta.weight"},
        {"hierarchical.pth", "blocks.7.0.conv1.weight"}, {"huggingface.bin", "generator.layers.9.conv_0.bias"},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char path[96], says[96];
        snprintf(path, sizeof path, VARIANTS "%s", more[i].file);
        snprintf(says, sizeof says, "tensor '%s' has no place in a BigGAN", more[i].extra);
        refused(open_changed(path, NULL, &(change){.extra = more[i].extra}), says);
    }
    opened o = taken(open_changed(VARIANTS "hierarchical.pth", NULL, &(change){.extra = "linear.u1"}));
    close_opened(&o);       /* a further singular vector is not used */
}

static void values_that_are_not_finite_are_kept_and_noted(void **state) {
    (void)state;
    opened o = taken(open_changed(VARIANTS "hierarchical.pth", NULL,
                                  &(change){.name = "blocks.0.0.conv1.bias", .fill = INFINITY}));
    assert_true(noted(o.network, "tensor 'blocks.0.0.conv1.bias' holds 8 values that are not finite"));
    close_opened(&o);
    /* W / σ of a weight that is all zero, as the code divides it */
    o = taken(open_changed(VARIANTS "hierarchical.pth", NULL, &(change){.name = "blocks.1.0.conv_sc.weight"}));
    assert_true(noted(o.network, "tensor 'blocks.1.0.conv_sc.weight' holds 64 values that are not finite"));
    float *values = values_of(gb_network_array(o.network, "blocks.1.0.conv_sc.weight"));
    assert_true(isnan(values[0]));
    free(values);
    close_opened(&o);
}

/* ---- the same network under other projects' names ---- */

typedef struct respelling {
    const char *ours, *theirs;
} respelling;

/* BigGAN-PyTorch's names as another project spells them. `#` stands for the number of a block, which in the other list
 * counts attention layers too; the first row that fits counts. */
static void respell(const char *name, const respelling *rows, int attention_after, char out[160]) {
    int block = -1, part = 0, end = 0;
    const char *rest = name;
    if (sscanf(name, "blocks.%d.%d.%n", &block, &part, &end) == 2 && end) {
        rest = name + end;
        block += part + (attention_after >= 0 && block > attention_after);
    }
    for (const respelling *r = rows; r->ours; r++) {
        const char *number = strchr(r->theirs, '#'), *ours = r->ours;
        bool of_block = *ours == '#';
        if (of_block != (end > 0) || strncmp(rest, ours + of_block, strlen(ours + of_block)))
            continue;
        if (number)
            snprintf(out, 160, "%.*s%d%s%s", (int)(number - r->theirs), r->theirs, block, number + 1,
                     rest + strlen(ours + of_block));
        else
            snprintf(out, 160, "%s%s", r->theirs, rest + strlen(ours));
        return;
    }
    fail_msg("no other name for %s", name);
}

/* The end of a name; the norms' statistics belong to a norm inside. */
static void replace(char name[160], const char *end, const char *by) {
    size_t size = strlen(name), tail = strlen(end);
    if (size > tail && !strcmp(name + size - tail, end))
        snprintf(name + size - tail, 160 - size + tail, "%s", by);
}

static opened open_respelled(const char *file, const respelling *rows, int attention_after) {
    saving s = {0};
    size_t size, count;
    gb_reason why = {0};
    char path[96], name[160];
    snprintf(path, sizeof path, VARIANTS "%s", file);
    void *bytes = read_whole(path, &size);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, path, &why);
    assert_non_null(c);
    const gb_named_array *all = gb_checkpoint_arrays(c, &count);
    for (size_t i = 0; i < count; i++) {
        float *values = values_of(&all[i].array);
        respell(all[i].name, rows, attention_after, name);
        replace(name, ".stored_mean", ".bn.running_mean");
        replace(name, ".stored_var", ".bn.running_var");
        save(&s, name, &all[i].array, values);
        free(values);
    }
    gb_checkpoint_close(c);
    free(bytes);
    return open_saved(&s, NULL);
}

static const respelling studiogan[] = {
    {"linear.", "generator.linear0."}, {"shared.", "generator.shared."}, {"output_layer.0.gain", "generator.bn4.weight"},
    {"output_layer.0.bias", "generator.bn4.bias"}, {"output_layer.0.stored_mean", "generator.bn4.running_mean"},
    {"output_layer.0.stored_var", "generator.bn4.running_var"}, {"output_layer.2.", "generator.conv2d5."},
    {"#conv_sc.", "generator.blocks.#.0.conv2d0."}, {"#conv1.", "generator.blocks.#.0.conv2d1."},
    {"#conv2.", "generator.blocks.#.0.conv2d2."}, {"#conv3.", "generator.blocks.#.0.conv2d3."},
    {"#conv4.", "generator.blocks.#.0.conv2d4."}, {"#bn", "generator.blocks.#.0.bn"},
    {"#theta.", "generator.blocks.#.0.conv1x1_theta."}, {"#phi.", "generator.blocks.#.0.conv1x1_phi."},
    {"#g.", "generator.blocks.#.0.conv1x1_g."}, {"#o.", "generator.blocks.#.0.conv1x1_attn."},
    {"#gamma", "generator.blocks.#.0.sigma"}, {NULL, NULL},
}, mmgeneration[] = {
    {"linear.", "generator_ema.noise2feat."}, {"shared.", "generator_ema.shared_embedding."},
    {"output_layer.0.gain", "generator_ema.output_layer.bn.weight"},
    {"output_layer.0.bias", "generator_ema.output_layer.bn.bias"},
    {"output_layer.0.stored_mean", "generator_ema.output_layer.bn.running_mean"},
    {"output_layer.0.stored_var", "generator_ema.output_layer.bn.running_var"},
    {"output_layer.2.", "generator_ema.output_layer.conv."},
    {"#conv_sc.", "generator_ema.conv_blocks.#.shortcut.conv."}, {"#conv1.", "generator_ema.conv_blocks.#.conv1.conv."},
    {"#conv2.", "generator_ema.conv_blocks.#.conv2.conv."},
    {"#bn", "generator_ema.conv_blocks.#.bn"}, {"#conv3.", "generator_ema.conv_blocks.#.conv3.conv."},
    {"#conv4.", "generator_ema.conv_blocks.#.conv4.conv."},
    {"#theta.", "generator_ema.conv_blocks.#.theta.conv."}, {"#phi.", "generator_ema.conv_blocks.#.phi.conv."},
    {"#g.", "generator_ema.conv_blocks.#.g.conv."}, {"#o.", "generator_ema.conv_blocks.#.o.conv."},
    {"#gamma", "generator_ema.conv_blocks.#.gamma"}, {NULL, NULL},
};

static void renamed_generators_give_the_same_network(void **state) {
    (void)state;
    const struct { const char *file; const respelling *rows; int attention; const char *family; double eps; } relatives[] = {
        {"hierarchical.pth", studiogan, 0, "biggan-studiogan", 1e-4}, {"deep-32.pth", studiogan, 3, "biggan-studiogan", 1e-4},
        {"hierarchical.pth", mmgeneration, 0, "biggan-mmgeneration", 1e-5},
        {"shared-flat.pth", mmgeneration, -1, "biggan-mmgeneration", 1e-5},
    };
    for (size_t i = 0; i < sizeof relatives / sizeof *relatives; i++) {
        char path[96];
        opened renamed = taken(open_respelled(relatives[i].file, relatives[i].rows, relatives[i].attention));
        snprintf(path, sizeof path, VARIANTS "%s", relatives[i].file);
        opened original = open_network(path, NULL);
        const gb_named_array *list, *other;
        size_t count = gb_network_arrays(renamed.network, &list);
        assert_int_equal(count, gb_network_arrays(original.network, &other));
        for (size_t k = 0; k < count; k++)
            same_tensor(list[k].name, &list[k].array, gb_network_array(original.network, list[k].name), 0, 1);
        assert_string_equal(gb_network_str(renamed.network, "origin.family", ""), relatives[i].family);
        assert_true(gb_network_float(renamed.network, "config.norm_eps", 0) == relatives[i].eps);
        assert_true(gb_network_float(renamed.network, "config.output_norm_eps", 0) == relatives[i].eps);
        assert_false(noted(renamed.network, "--config"));
        close_opened(&renamed);
        close_opened(&original);
    }
    refused(open_respelled("deep-32.pth", mmgeneration, 3), "BigGAN-deep of mmgeneration");
}

/* ---- --config ---- */

static void a_config_that_agrees_is_taken(void **state) {
    (void)state;
    size_t size;
    char *json = read_whole(FIXTURES "biggan-32-cifar.json", &size);
    json[size] = 0;
    opened o = open_network(FIXTURES "biggan-32-cifar.pth", json);
    close_opened(&o);
    free(json);
    o = open_network(VARIANTS "hierarchical.pth", "{\"resolution\": 16, \"G_attn\": \"8_64\", \"dim_z\": 11, "
        "\"n_classes\": 5, \"G_shared\": true, \"shared_dim\": 4, \"hier\": true, \"norm_style\": \"in\", \"BN_eps\": "
        "1e-3, \"G_nl\": \"inplace_relu\", \"cross_replica\": true, \"D_ch\": 64, \"dataset\": \"I128\"}");
    assert_int_equal(gb_network_int(o.network, "config.z_dim", 0), 9);      /* 11 in three equal chunks */
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-3);
    assert_true(noted(o.network, "2 keys that do not describe a generator were ignored; the first is 'D_ch'"));
    close_opened(&o);
    o = open_network(VARIANTS "deep-own-channels.pth", "{\"G_depth\": 2}");
    assert_false(noted(o.network, "two blocks"));
    close_opened(&o);
}

static void a_config_json_of_the_port_says_which_layers_enlarge(void **state) {
    (void)state;
    size_t size;
    char *json = read_whole(VARIANTS "huggingface-config.json", &size);
    json[size] = 0;
    opened o = open_network(VARIANTS "huggingface.bin", json);
    integers(o.network, "config.layers.up", "1 0 1 0");
    assert_true(gb_network_float(o.network, "config.norm_eps", 0) == 1e-3);
    assert_true(gb_network_float(o.network, "config.output_norm_eps", 0) == 1e-3);
    assert_false(noted(o.network, "taken as"));
    assert_true(noted(o.network, "the first is 'model_type'"));
    close_opened(&o);
    free(json);
    o = open_network(VARIANTS "huggingface.bin", "{\"eps\": 1e-5}");
    assert_true(noted(o.network, "every second layer enlarges;"));
    close_opened(&o);
}

static void a_config_that_contradicts_the_tensors_is_refused(void **state) {
    (void)state;
    const struct { const char *file, *config, *says; } wrong[] = {
        {"hierarchical.pth", "{\"resolution\": 128}", "resolution is 128, but the tensors have 16"},
        {"hierarchical.pth", "{\"dim_z\": 120}", "dim_z is 120, but the tensors have 9"},
        {"hierarchical.pth", "{\"n_classes\": 1000}", "n_classes is 1000, but the tensors have 5"},
        {"hierarchical.pth", "{\"shared_dim\": 128}", "shared_dim is 128, but the tensors have 4"},
        {"hierarchical.pth", "{\"bottom_width\": 8}", "bottom_width is 8, but the tensors have 4"},
        {"hierarchical.pth", "{\"G_shared\": false}", "G_shared is false, but the tensors are those of true"},
        {"hierarchical.pth", "{\"hier\": false}", "hier is false, but the tensors are those of true"},
        {"hierarchical.pth", "{\"hier\": 1}", "'hier' is an integer, expected true or false"},
        {"hierarchical.pth", "{\"G_attn\": \"16\"}", "G_attn is '16', but for these tensors it would be '8'"},
        {"hierarchical.pth", "{\"G_attn\": 0}", "G_attn is '0', but for these tensors it would be '8'"},
        {"unshared.pth", "{\"G_attn\": \"32_16\"}", "G_attn is '32_16', but for these tensors it would be '0'"},
        {"hierarchical.pth", "{\"norm_style\": \"gn\"}", "'norm_style' is 'gn'; ganbend runs 'bn' and 'in'"},
        {"hierarchical.pth", "{\"G_nl\": \"leaky\"}", "'G_nl' is 'leaky'; ganbend runs 'relu'"},
        {"hierarchical.pth", "{\"BN_eps\": 0}", "'BN_eps' is expected to be a number between 0 and 1"},
        {"hierarchical.pth", "{\"SN_eps\": \"small\"}", "'SN_eps' is expected to be a number"},
        {"hierarchical.pth", "{\"n_classes\": \"five\"}", "'n_classes' is a string, expected an integer"},
        {"hierarchical.pth", "[5]", "a list where constructor arguments by name are expected"},
        {"deep-32.pth", "{\"G_ch\": 64}", "G_ch is 64, but the tensors have 2"},
        {"deep-32.pth", "{\"G_depth\": 3}", "G_depth is 3, but the tensors have 2"},
        {"deep-own-channels.pth", "{\"G_depth\": 1, \"resolution\": 8}", "resolution is 8, but the tensors have 16"},
        {"huggingface.bin", "{\"output_dim\": 128}", "output_dim is 128, but the tensors have 16"},
        {"huggingface.bin", "{\"layers\": [[true, 16, 8]]}", "layers has 1 rows, but the tensors have 4 residual"},
        {"huggingface.bin", "{\"layers\": [[true, 16, 8], [true, 8, 4], [true, 4, 4], [true, 4, 1]]}",
         "row 2 of layers is [4, 4], but the tensors have [4, 2]"},
        {"huggingface.bin", "{\"layers\": [[true, 16, 8], [true, 8], 7, 8]}",
         "row 1 of layers is expected to be [enlarges, in, out]"},
        {"huggingface.bin", "{\"attention_layer_position\": 8}",
         "attention_layer_position is 8, but the tensors have 2"},
        {"huggingface.bin", "{\"z_dim\": 128}", "z_dim is 128, but the tensors have 4"},
        {"huggingface.bin", "{\"channel_width\": 128}", "channel_width is 128, but the tensors have 4"},
        {"huggingface.bin", "{\"n_stats\": 1}", "n_stats is 1, but the tensors have 51"},
        {"huggingface.bin", "{\"eps\": -1}", "'eps' is expected to be a number between 0 and 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char path[96];
        snprintf(path, sizeof path, VARIANTS "%s", wrong[i].file);
        refused(open_file(path, wrong[i].config), wrong[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_saving_gives_the_weights_as_they_act),
        cmocka_unit_test(names_and_shapes_give_the_architecture),
        cmocka_unit_test(an_adapted_network_survives_the_way_through_a_gbw),
        cmocka_unit_test(what_had_to_be_assumed_is_noted),
        cmocka_unit_test(a_thousand_classes_are_imagenets),
        cmocka_unit_test(a_tensor_missing_or_misshapen_is_named_with_what_would_be_right),
        cmocka_unit_test(a_tensor_too_many_is_refused),
        cmocka_unit_test(values_that_are_not_finite_are_kept_and_noted),
        cmocka_unit_test(renamed_generators_give_the_same_network),
        cmocka_unit_test(a_config_that_agrees_is_taken),
        cmocka_unit_test(a_config_json_of_the_port_says_which_layers_enlarge),
        cmocka_unit_test(a_config_that_contradicts_the_tensors_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
