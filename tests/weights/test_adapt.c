/* Checkpoints of every StyleGAN2 family become the same canonical network, or are refused with a line that says why. */
#include "opened.h"
#include "value_path.h"

#define FIXTURES "tests/fixtures/"
#define VARIANTS FIXTURES "variants/"

/* The same tensors, neither more nor fewer. */
static void same_networks(const gb_network *a, const gb_network *b, double tolerance) {
    const gb_named_array *list, *other;
    size_t count = gb_network_arrays(a, &list);
    assert_int_equal(count, gb_network_arrays(b, &other));
    for (size_t i = 0; i < count; i++)
        same_tensor(list[i].name, &list[i].array, gb_network_array(b, list[i].name), tolerance, 1);
}

/* ---- the tiny network that make_stylegan2_variants.py saves in many ways ---- */

static opened canonical;

static int open_canonical(void **state) {
    (void)state;
    canonical = open_file(VARIANTS "canonical.npz", NULL);
    return 0;
}

static int close_canonical(void **state) {
    (void)state;
    close_opened(&canonical);
    return 0;
}

static const gb_array *canonical_array(const char *name) {
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(canonical.checkpoint, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].name, name))
            return &all[i].array;
    return NULL;
}

/* Every tensor of the network is the canonical one, and there are so many. */
static void is_canonical(const gb_network *n, size_t tensors, double tolerance) {
    const gb_named_array *list;
    assert_int_equal(gb_network_arrays(n, &list), tensors);
    for (size_t i = 0; i < tensors; i++)
        same_tensor(list[i].name, &list[i].array, canonical_array(list[i].name), tolerance, 1);
}

enum { SKIP_TENSORS = 36, RESNET_TENSORS = 33, ORIG_TENSORS = 31 };

/* Which canonical tensors a network of that kind of blocks has. */
static bool belongs(const char *name, const char *block) {
    if (strstr(name, ".skip."))
        return !strcmp(block, "resnet");
    if (!strcmp(name, "synthesis.b8.resample_filter") || strstr(name, "b4.torgb"))
        return !strcmp(block, "skip");
    return true;
}

/* NVIDIA's names under a wrapper, without what contains `without`; `change` (or NULL) may change a tensor. */
static opened open_nvidia(const char *block, const char *wrapper, const char *without, const char *config,
                          void (*change)(const char *name, gb_array *a, float *values)) {
    saving s = {0};
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(canonical.checkpoint, &count);
    for (size_t i = 0; i < count; i++) {
        if (!belongs(all[i].name, block) || (without && strstr(all[i].name, without)))
            continue;
        char name[128];
        gb_array a = all[i].array;
        float *values = values_of(&a);
        snprintf(name, sizeof name, "%s%s", wrapper, all[i].name);
        if (change)
            change(all[i].name, &a, values);
        save(&s, name, &a, values);
        free(values);
    }
    opened o = open_saved(&s, config);
    return o;
}

/* ---- the published code's files ---- */

static void nvidia_files_are_read_as_their_modules_say(void **state) {
    (void)state;
    const struct { const char *file, *block; int resolution, z, w, c, layers; double clamp; } files[] = {
        {FIXTURES "nvlabs-skip-64.pkl", "skip", 64, 64, 64, 0, 8, -1},
        {FIXTURES "nvlabs-cond-32-clamp.pkl", "skip", 32, 32, 48, 6, 2, 2.5},
        {FIXTURES "nvlabs-resnet-32.pkl", "resnet", 32, 32, 32, 0, 8, 1.5},
        {FIXTURES "nvlabs-orig-16.pkl", "orig", 16, 32, 32, 0, 8, -1},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        opened o = open_network(files[i].file, NULL);
        const gb_network *n = o.network;
        assert_string_equal(gb_network_str(n, "architecture", ""), "stylegan2");
        assert_string_equal(gb_network_str(n, "config.block", ""), files[i].block);
        assert_int_equal(gb_network_int(n, "config.resolution", 0), files[i].resolution);
        assert_int_equal(gb_network_int(n, "config.z_dim", 0), files[i].z);
        assert_int_equal(gb_network_int(n, "config.w_dim", 0), files[i].w);
        assert_int_equal(gb_network_int(n, "config.c_dim", -1), files[i].c);
        assert_int_equal(gb_network_int(n, "config.mapping_layers", 0), files[i].layers);
        assert_int_equal(gb_network_int(n, "config.img_channels", 0), 3);
        assert_true(gb_network_float(n, "config.mapping_lr", 0) == 0.01);
        assert_true(gb_network_float(n, "config.conv_clamp", -1) == files[i].clamp);
        assert_string_equal(gb_network_str(n, "origin.network", ""), "G_ema");
        assert_string_equal(gb_network_str(n, "origin.rng", ""), "numpy");
        close_opened(&o);
    }
}

static void a_tensorflow_file_gives_what_its_pytorch_twin_gives(void **state) {
    (void)state;
    opened tf = open_network(FIXTURES "tensorflow-64.pkl", NULL);
    opened torch = open_network(FIXTURES "nvlabs-skip-64.pkl", NULL);
    same_networks(tf.network, torch.network, 1e-6);
    assert_string_equal(gb_network_str(tf.network, "origin.network", ""), "Gs");
    close_opened(&tf);
    close_opened(&torch);
}

static void three_ways_of_saving_rosinality_give_one_network(void **state) {
    (void)state;
    opened zip = open_network(FIXTURES "rosinality-64.pt", NULL);
    opened legacy = open_network(FIXTURES "rosinality-64-legacy.pt", NULL);
    opened train = open_network(FIXTURES "rosinality-64-train.pt", NULL);
    same_networks(zip.network, legacy.network, 0);
    assert_true(noted(train.network, "no mean w"));
    const gb_named_array *list;
    size_t count = gb_network_arrays(train.network, &list);
    assert_int_equal(count, gb_network_arrays(zip.network, &list) - 1);
    gb_network_arrays(train.network, &list);
    for (size_t i = 0; i < count; i++)      /* of g_ema, not of g */
        same_tensor(list[i].name, &list[i].array, gb_network_array(zip.network, list[i].name), 0, 1);
    assert_string_equal(gb_network_str(zip.network, "origin.rng", ""), "torch");
    close_opened(&zip);
    close_opened(&legacy);
    close_opened(&train);
}

static const char *canonical_of(const gb_network *n, const char *alias) {
    const gb_alias *list;
    size_t count = gb_network_aliases(n, &list);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].alias, alias))
            return list[i].canonical;
    return "";
}

static void module_paths_of_the_origin_lead_to_canonical_nodes(void **state) {
    (void)state;
    const struct { const char *alias, *canonical; } rosinality[] = {
        {"style.0", "mapping.normalize"}, {"style.1", "mapping.fc0"}, {"style.8", "mapping.fc7"},
        {"input", "synthesis.b4.const"}, {"conv1", "synthesis.b4.conv1"}, {"conv1.conv", "synthesis.b4.conv1.conv"},
        {"conv1.noise", "synthesis.b4.conv1.noise"}, {"convs.0", "synthesis.b8.conv0"},
        {"convs.7", "synthesis.b64.conv1"}, {"convs.6.conv.modulation", "synthesis.b64.conv0.affine"},
        {"to_rgb1", "synthesis.b4.img"}, {"to_rgbs.3", "synthesis.b64.img"},
        {"to_rgbs.3.conv", "synthesis.b64.torgb.conv"}, {"to_rgbs.0.upsample", "synthesis.b8.upsample"},
        {"to_rgb1.conv.modulation", "synthesis.b4.torgb.affine"},
    }, tensorflow[] = {
        {"G_mapping/Dense0", "mapping.fc0"}, {"4x4/Conv", "synthesis.b4.conv1"}, {"4x4/Const", "synthesis.b4.const"},
        {"G_synthesis/8x8/Conv0_up", "synthesis.b8.conv0"}, {"64x64/Conv1", "synthesis.b64.conv1"},
        {"64x64/ToRGB", "synthesis.b64.img"},
    };
    opened o = open_network(FIXTURES "rosinality-64.pt", NULL);
    for (size_t i = 0; i < sizeof rosinality / sizeof *rosinality; i++)
        assert_string_equal(canonical_of(o.network, rosinality[i].alias), rosinality[i].canonical);
    close_opened(&o);
    o = open_network(FIXTURES "tensorflow-64.pkl", NULL);
    for (size_t i = 0; i < sizeof tensorflow / sizeof *tensorflow; i++)
        assert_string_equal(canonical_of(o.network, tensorflow[i].alias), tensorflow[i].canonical);
    close_opened(&o);
}

static void a_checkpoint_survives_the_way_through_a_gbw(void **state) {
    (void)state;
    for (int half = 0; half < 2; half++) {
        opened o = open_network(FIXTURES "nvlabs-resnet-32.pkl", NULL);
        void *file;
        gb_network *n = through_gbw(o.network, half, &file);
        same_networks(n, o.network, half ? 1e-3 : 0);
        const gb_named_array *list;
        for (size_t i = 0, count = gb_network_arrays(n, &list); i < count; i++)
            assert_true(gbw_verify(n, list[i].name, &o.why));
        gb_network_free(n);
        free(file);
        close_opened(&o);
    }
}

/* ---- the many other forms ---- */

static void attributes_count_where_keywords_are_silent(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "sg3-repo.pkl", NULL);
    is_canonical(o.network, SKIP_TENSORS, 0);
    assert_true(gb_network_float(o.network, "config.conv_clamp", -1) == 256);
    assert_null(gb_network_meta(o.network, "config.layer.synthesis.b8.torgb.conv_clamp"));
    assert_int_equal(gb_network_int(o.network, "config.c_dim", 0), 3);
    assert_false(noted(o.network, "defaults were taken"));
    close_opened(&o);
}

static void layers_that_differ_are_kept_apart(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "generator.pkl", NULL);
    is_canonical(o.network, ORIG_TENSORS, 0);
    assert_string_equal(gb_network_str(o.network, "config.block", ""), "orig");
    assert_true(gb_network_float(o.network, "config.conv_clamp", -1) == 0.5);
    assert_true(gb_network_float(o.network, "config.layer.synthesis.b4.conv1.conv_clamp", 0) == -1);
    assert_string_equal(gb_network_str(o.network, "config.activation", ""), "swish");
    assert_string_equal(gb_network_str(o.network, "config.layer.synthesis.b8.conv0.activation", ""), "tanh");
    assert_true(gb_network_float(o.network, "config.mapping_lr", 0) == 0.25);
    close_opened(&o);
}

static void a_network_without_noise_and_average_says_so(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "g-only-no-noise.pkl", NULL);
    is_canonical(o.network, RESNET_TENSORS - 6, 0);
    assert_false(gb_network_bool(o.network, "config.layer.synthesis.b8.conv1.use_noise", true));
    assert_true(noted(o.network, "no moving average"));
    assert_false(noted(o.network, "noise maps"));
    close_opened(&o);
}

static void modules_that_are_no_stylegan2_are_refused(void **state) {
    (void)state;
    refused(open_file(VARIANTS "odd-up.pkl", NULL), "synthesis.b8.conv0.up is 4, StyleGAN2 has 2 there");
    refused(open_file(VARIANTS "odd-activation.pkl", NULL), "activation 'gelu' is unknown");
}

static void tensorflow_keywords_and_their_defaults(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "tensorflow-resnet.pkl", NULL);
    is_canonical(o.network, RESNET_TENSORS, 1e-6);
    assert_string_equal(gb_network_str(o.network, "config.activation", ""), "relu");
    assert_true(gb_network_float(o.network, "config.mapping_lr", 0) == 0.02);
    close_opened(&o);
    o = open_network(VARIANTS "tensorflow-defaults.pkl", NULL);
    is_canonical(o.network, SKIP_TENSORS, 1e-6);
    assert_string_equal(gb_network_str(o.network, "config.activation", ""), "lrelu");
    assert_true(gb_network_float(o.network, "config.mapping_lr", 0) == 0.01);
    close_opened(&o);
}

static void bare_state_dicts_open_under_any_wrapper(void **state) {
    (void)state;
    opened o = open_network(VARIANTS "nvidia-half-legacy.pt", NULL);
    is_canonical(o.network, SKIP_TENSORS, 1e-3);
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "params_ema");
    assert_true(noted(o.network, "defaults were taken"));
    close_opened(&o);
    o = open_network(VARIANTS "nvidia-parallel.pth", NULL);
    is_canonical(o.network, SKIP_TENSORS, 0);
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "state_dict.module.generator");
    close_opened(&o);
    const char *const wrappers[] = {"", "G_ema.", "module.", "generator.", "model.G."};
    const char *const blocks[] = {"skip", "resnet", "orig"};
    const size_t tensors[] = {SKIP_TENSORS, RESNET_TENSORS, ORIG_TENSORS};
    for (size_t i = 0; i < 5; i++)
        for (size_t b = 0; b < 3; b++) {
            o = taken(open_nvidia(blocks[b], wrappers[i], NULL, NULL, NULL));
            is_canonical(o.network, tensors[b], 0);
            assert_string_equal(gb_network_str(o.network, "config.block", ""), blocks[b]);
            assert_string_equal(gb_network_str(o.network, "origin.format", ""), "safetensors");
            close_opened(&o);
        }
}

static void rosinality_weights_carry_their_gain(void **state) {
    (void)state;
    const char *const files[] = {VARIANTS "rosinality-bare.pt", VARIANTS "rosinality-psp.pt"};
    for (int i = 0; i < 2; i++) {
        opened o = open_network(files[i], NULL);
        const gb_named_array *list;
        size_t count = gb_network_arrays(o.network, &list);
        assert_int_equal(count, i ? 34 : 33);       /* no label, and a mean w in the second only */
        for (size_t k = 0; k < count; k++)
            if (strcmp(list[k].name, "mapping.fc0.weight"))
                same_tensor(list[k].name, &list[k].array, canonical_array(list[k].name), 1e-6, 1);
        close_opened(&o);
    }
}

static void what_is_missing_is_noted_and_filters_are_made(void **state) {
    (void)state;
    opened o = taken(open_nvidia("skip", "", "noise_const", NULL, NULL));
    is_canonical(o.network, SKIP_TENSORS - 3, 0);
    assert_true(noted(o.network, "no stored noise maps for 3 layers"));
    assert_true(gb_network_bool(o.network, "config.layer.synthesis.b8.conv1.use_noise", true));
    close_opened(&o);
    o = taken(open_nvidia("skip", "", "w_avg", NULL, NULL));
    is_canonical(o.network, SKIP_TENSORS - 1, 0);
    assert_true(noted(o.network, "no mean w"));
    close_opened(&o);
    o = taken(open_nvidia("resnet", "", "resample_filter", NULL, NULL));
    is_canonical(o.network, RESNET_TENSORS, 0);
    close_opened(&o);
    refused(open_nvidia("skip", "g_ema.", "b8.conv1.affine.bias", NULL, NULL),
            "no tensor 'g_ema.synthesis.b8.conv1.affine.bias'");
}

static void one_row_less(const char *name, gb_array *a, float *values) {
    (void)values;
    if (!strcmp(name, "synthesis.b8.conv1.weight"))
        a->shape[0]--;
}

static void one_channel_less(const char *name, gb_array *a, float *values) {
    (void)values;
    if (!strcmp(name, "synthesis.b8.conv0.bias"))
        a->shape[0]--;
}

static void not_a_number(const char *name, gb_array *a, float *values) {
    (void)a;
    if (!strcmp(name, "synthesis.b8.conv0.bias"))
        values[1] = NAN;
}

static void wrong_shapes_are_named_with_what_would_be_right(void **state) {
    (void)state;
    refused(open_nvidia("skip", "", NULL, NULL, one_row_less),
            "tensor 'synthesis.b8.conv1.weight' has shape [3,4,3,3], expected [4,4,3,3] for 8×8");
    refused(open_nvidia("skip", "G.", NULL, NULL, one_channel_less),
            "tensor 'G.synthesis.b8.conv0.bias' has shape [3], expected [4] for 8×8");
    refused(open_file(VARIANTS "rosinality-expanded.pt", NULL),
            "tensor 'conv1.conv.weight' of shape [1,6,6,3,3] repeats the same few values");
}

static void values_that_are_not_finite_are_kept_and_noted(void **state) {
    (void)state;
    opened o = taken(open_nvidia("skip", "", NULL, NULL, not_a_number));
    assert_true(noted(o.network, "'synthesis.b8.conv0.bias' holds 1 values that are not finite"));
    float *bias = values_of(gb_network_array(o.network, "synthesis.b8.conv0.bias"));
    assert_true(isnan(bias[1]));
    free(bias);
    close_opened(&o);
}

static void a_tensor_too_many_is_refused(void **state) {
    (void)state;
    const char *const extra[] = {"synthesis.b8.attention.gamma", "synthesis.b32.conv1.bias", "mapping.fc3.bias"};
    for (size_t i = 0; i < 3; i++) {
        saving s = {0};
        size_t count;
        const gb_named_array *all = gb_checkpoint_arrays(canonical.checkpoint, &count);
        for (size_t k = 0; k < count; k++)
            if (belongs(all[k].name, "skip")) {
                float *values = values_of(&all[k].array);
                save(&s, all[k].name, &all[k].array, values);
                free(values);
            }
        const gb_array one = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
        save(&s, extra[i], &one, (const float[]){1});
        char says[96];
        snprintf(says, sizeof says, "'%s' has no place", extra[i]);
        refused(open_saved(&s, NULL), says);
        }
}

/* ---- --config ---- */

static void a_config_says_what_names_cannot(void **state) {
    (void)state;
    opened o = taken(open_nvidia("skip", "", NULL, "{\"img_resolution\": 8, \"mapping_kwargs\": {\"num_layers\": 2, "
        "\"lr_multiplier\": 0.1, \"activation\": \"linear\"}, \"synthesis_kwargs\": {\"conv_clamp\": 256, "
        "\"num_fp16_res\": 4, \"activation\": \"elu\"}}", NULL));
    assert_true(gb_network_float(o.network, "config.conv_clamp", -1) == 256);
    assert_string_equal(gb_network_str(o.network, "config.activation", ""), "elu");
    assert_string_equal(gb_network_str(o.network, "config.mapping_activation", ""), "linear");
    assert_true(gb_network_float(o.network, "config.mapping_lr", 0) == 0.1);
    assert_false(noted(o.network, "defaults were taken"));
    close_opened(&o);
    o = open_network(VARIANTS "rosinality-bare.pt",
                     "{\"size\": 8, \"style_dim\": 8, \"n_mlp\": 2, \"lr_mlp\": 0.5, \"blur_kernel\": [1, 3, 3, 1]}");
    assert_true(gb_network_float(o.network, "config.mapping_lr", 0) == 0.5);
    close_opened(&o);
}

static void a_config_that_contradicts_the_file_is_refused(void **state) {
    (void)state;
    const struct { const char *config, *says; } wrong[] = {
        {"{\"z_dim\": 512}", "z_dim is 512, but the tensors have 5"},
        {"{\"img_resolution\": 1024}", "img_resolution is 1024, but the tensors have 8"},
        {"{\"channel_base\": 32768, \"channel_max\": 512}", "512 feature maps at 4×4, but the tensors have 6"},
        {"{\"channel_multiplier\": 2}", "512 feature maps at 4×4"},
        {"{\"architecture\": \"resnet\"}", "architecture is 'resnet', but the tensors are those of 'skip'"},
        {"{\"use_noise\": false}", "use_noise is false, but synthesis.b4.conv1 has a noise_strength"},
        {"{\"resample_filter\": [1, 2, 2, 1]}", "is not the resampling filter"},
        {"{\"resample_filter\": [1, 2, 1]}", "four taps"},
        {"{\"conv_clamp\": -3}", "at least 0"},
        {"{\"conv_clamp\": \"high\"}", "expected a number"},
        {"{\"z_dim\": \"5\"}", "'z_dim' is a string, expected an integer"},
        {"{\"activation\": \"gelu\"}", "'gelu' is unknown"},
        {"{\"mapping_kwargs\": 3}", "constructor arguments by name"},
        {"{\"mapping_kwargs\": {\"mapping_kwargs\": {\"mapping_kwargs\": {}}}}", "constructor arguments by name"},
        {"{\"conv_clmap\": 256}", "a StyleGAN2 generator has no argument 'conv_clmap'; the nearest is 'conv_clamp'"},
        {"[1]", "a list where constructor arguments"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(open_nvidia("skip", "", NULL, wrong[i].config, NULL), wrong[i].says);
    refused(open_file(VARIANTS "sg3-repo.pkl", "{\"conv_clamp\": 128}"), "conv_clamp is 128, but the file says 256");
    refused(open_file(VARIANTS "sg3-repo.pkl", "{\"activation\": \"relu\"}"), "but the file says lrelu");
}

static void a_json_text_becomes_plain_values_or_a_reason(void **state) {
    (void)state;
    gb_arena *arena = gb_arena_new(1 << 20);
    gb_reason why = {0};
    static const char text[] = "{\"a\": [1, 2.5, null, true], \"b\": {\"c\": \"caf\\u00e9\"}}";
    const gb_value *v = gb_json_parse(arena, text, sizeof text - 1, "c.json", &why);
    assert_int_equal(gb_value_int(value_path(v, "a/0"), 0), 1);
    assert_true(gb_value_float(value_path(v, "a/1"), 0) == 2.5);
    assert_int_equal(value_path(v, "a/2")->kind, GB_VALUE_NONE);
    assert_true(gb_value_bool(value_path(v, "a/3"), false));
    assert_string_equal(gb_value_str(value_path(v, "b/c"), ""), "caf\xc3\xa9");
    static const char more[] = "\n{\"\\ud83d\\ude00\\\"\\/\": [-0, 1e-2, -9223372036854775808, [], {}, \"\"],\t\"b\":0.5E+1}\n";
    v = gb_json_parse(arena, more, sizeof more - 1, "c.json", &why);
    const gb_value *list = gb_value_get(v, "\xf0\x9f\x98\x80\"/");
    assert_int_equal(gb_value_count(list), 6);
    assert_true(gb_value_float(gb_value_item(list, 1), 0) == 0.01);
    assert_true(gb_value_item(list, 2)->integer == INT64_MIN);
    assert_true(gb_value_float(gb_value_get(v, "b"), 0) == 5);
    const char *const bad[] = {
        "", "{", "{\"a\": 1, \"a\": 2}", "{\"a\": 1e999}", "{\"a\": \"\\ud800\"}", "7", "{} {}", "[1,]", "[,1]", "{1: 2}",
        "{\"a\" 1}", "[01]", "[1.]", "[.5]", "[-]", "[1e]", "[+1]", "[nul]", "[True]", "['a']", "[\"a]", "[\"a\\\"]",
        "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\udc00\"]", "[\"\\ud800\\u0041\"]", "[\"\\u0000\"]", "[\"a\nb\"]", "[\"\xc0\x80\"]",
        "[\"\xed\xa0\x80\"]", "[\"\xe2\x82\"]", "[9223372036854775808]", "[-9223372036854775809]", "[1 2]", "[1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(gb_json_parse(arena, bad[i], strlen(bad[i]), "c.json", &why));
        assert_ptr_equal(strstr(why.text, "c.json: "), why.text);
    }
    char deep[400];
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    assert_null(gb_json_parse(arena, deep, sizeof deep, "c.json", &why));
    assert_non_null(strstr(why.text, "64 levels"));
    gb_arena_free(arena);
}

/* ---- other networks ---- */

static void other_networks_are_refused_by_name(void **state) {
    (void)state;
    const struct { const char *says, *names[3]; } others[] = {
        {"StyleGAN3", {"G_ema.synthesis.input.freqs", "G_ema.synthesis.L0_36_512.weight"}},
        {"StyleGAN3", {"synthesis.L0_36_1024.affine.weight"}},
        {"StyleGAN-XL", {"synthesis.input.freqs", "mapping.embed_proj.weight"}},
        {"EG3D", {"backbone.synthesis.b4.const", "decoder.net.0.weight"}},
        {"StyleGAN1", {"Gs.synthesis.4x4/Const/StyleMod/weight", "Gs.synthesis.4x4/Const/const"}},
        {"StyleGAN1", {"generator.progression.0.conv1.conv.weight", "generator.progression.0.adain1.style.weight"}},
        {"Progressive GAN", {"Gs.ToRGB_lod0/weight", "Gs.4x4/Dense/weight"}},
        {"BigGAN discriminator", {"blocks.0.0.conv1.weight", "embed.weight", "linear.weight"}},
        {"discriminator", {"b4.fc.weight", "b64.fromrgb.weight"}},
        {"discriminator", {"final_linear.0.weight", "final_conv.0.weight"}},
        {"LPIPS", {"lin0.model.1.weight"}},
        {"Inception", {"Mixed_5b.branch1x1.conv.weight"}},
        {"VGG", {"features.0.weight", "classifier.6.weight"}},
        {"CLIP", {"visual.layer1.0.conv1.weight", "visual.bn1.running_mean", "token_embedding.weight"}},
        {"diffusion UNet", {"down_blocks.0.resnets.0.conv1.weight", "up_blocks.0.x", "time_embedding.linear_1.weight"}},
    };
    const gb_array one = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        saving s = {0};
        for (int k = 0; k < 3 && others[i].names[k]; k++)
            save(&s, others[i].names[k], &one, (const float[]){1});
        opened o = open_saved(&s, NULL);
        assert_null(o.network);
        assert_non_null(strstr(o.why.text, "ganbend runs StyleGAN2"));
        refused(o, others[i].says);
        }
}

static void a_resnet_without_its_last_layer_says_what_is_missing(void **state) {
    (void)state;
    const gb_array conv = {.dtype = GB_F32, .ndim = 4, .shape = {1, 1, 3, 3}}, norm = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
    const float zeros[9] = {0};
    saving s = {0};
    save(&s, "layer1.0.conv1.weight", &conv, zeros);
    save(&s, "bn1.running_mean", &norm, zeros);
    refused(open_saved(&s, NULL), "no tensor 'conv1.weight'");
}

static void a_generator_comes_before_the_networks_that_judge_its_pictures(void **state) {
    (void)state;
    const gb_array one = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
    static const char *const names[] = {"vgg.features.0.weight", "vgg.features.2.weight", "vgg.features.28.weight",
                                        "g.to_rgb1.conv.modulation.weight"};
    saving s = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        save(&s, names[i], &one, (const float[]){1});
    opened o = open_saved(&s, NULL);
    assert_null(o.network);
    assert_null(strstr(o.why.text, "features"));
    refused(o, "g.");
}

static void what_nobody_knows_is_shown_by_its_first_tensors(void **state) {
    (void)state;
    const gb_array one = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
    saving s = {0};
    save(&s, "encoder.w", &one, (const float[]){1});
    save(&s, "decoder.w", &one, (const float[]){1});
    refused(open_saved(&s, NULL), "not a generator ganbend knows: its first tensors are '");
    refused(open_saved(&s, NULL), "holds no tensors");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvidia_files_are_read_as_their_modules_say),
        cmocka_unit_test(a_tensorflow_file_gives_what_its_pytorch_twin_gives),
        cmocka_unit_test(three_ways_of_saving_rosinality_give_one_network),
        cmocka_unit_test(module_paths_of_the_origin_lead_to_canonical_nodes),
        cmocka_unit_test(a_checkpoint_survives_the_way_through_a_gbw),
        cmocka_unit_test(attributes_count_where_keywords_are_silent),
        cmocka_unit_test(layers_that_differ_are_kept_apart),
        cmocka_unit_test(a_network_without_noise_and_average_says_so),
        cmocka_unit_test(modules_that_are_no_stylegan2_are_refused),
        cmocka_unit_test(tensorflow_keywords_and_their_defaults),
        cmocka_unit_test(bare_state_dicts_open_under_any_wrapper),
        cmocka_unit_test(rosinality_weights_carry_their_gain),
        cmocka_unit_test(what_is_missing_is_noted_and_filters_are_made),
        cmocka_unit_test(wrong_shapes_are_named_with_what_would_be_right),
        cmocka_unit_test(values_that_are_not_finite_are_kept_and_noted),
        cmocka_unit_test(a_tensor_too_many_is_refused),
        cmocka_unit_test(a_config_says_what_names_cannot),
        cmocka_unit_test(a_config_that_contradicts_the_file_is_refused),
        cmocka_unit_test(a_json_text_becomes_plain_values_or_a_reason),
        cmocka_unit_test(other_networks_are_refused_by_name),
        cmocka_unit_test(a_resnet_without_its_last_layer_says_what_is_missing),
        cmocka_unit_test(a_generator_comes_before_the_networks_that_judge_its_pictures),
        cmocka_unit_test(what_nobody_knows_is_shown_by_its_first_tensors),
    };
    return cmocka_run_group_tests(tests, open_canonical, close_canonical);
}
