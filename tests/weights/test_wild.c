/* Files as people have them: several copies of a network, other projects' names, odd containers, failed downloads.
 * test_fixtures.sh compares the pictures; here it is what was chosen, what it was called, and what is refused. */
#include "tests/weights/opened.h"
#include "weights/adapt/candidates.h"

#define WILD "tests/fixtures/wild/"

static opened open_path(const char *path, const char *network) {
    size_t size;
    opened o = {.bytes = read_whole(path, &size)};
    o.checkpoint = gb_checkpoint_open(o.bytes, size, path, &o.why);
    if (o.checkpoint)
        o.network = gb_adapt(o.checkpoint, &(gb_adapt_options){.network = network}, &o.why);
    return o;
}

/* ---- which network of several ---- */

static void a_moving_average_is_known_by_any_of_its_names(void **state) {
    (void)state;
    const char *const average[] = {
        "g_ema.", "G_ema.", "Gs.", "params_ema.", "ema.ema_model.", "G_avg.", "Gema.", "generator_smooth.", "swa_model.",
        "G_SWA.", "netG_EMA.", "model.generator_ema.", "emaG.", "g_running.", "ema.", "state_dict.generator_ema.module.",
        "ema.generator.", "generator_test.", "averaged_model.module.", "EMAModel.", "G_ema_0_999.", "shadow.",
    }, *const training[] = {"ema.online_model.", "G_train.", "raw.", "ema.module.online_model."},
      *const unnamed[] = {"G.", "g.", "generator.", "", "module.", "state_dict.", "Gstate.", "schema.", "avgpool.", "remake."};
    for (size_t i = 0; i < sizeof average / sizeof *average; i++)
        if (gb_copy_of(average[i], strlen(average[i])) != GB_COPY_AVERAGE)
            fail_msg("'%s' is an average", average[i]);
    for (size_t i = 0; i < sizeof training / sizeof *training; i++)
        if (gb_copy_of(training[i], strlen(training[i])) != GB_COPY_TRAINING)
            fail_msg("'%s' is a training copy", training[i]);
    for (size_t i = 0; i < sizeof unnamed / sizeof *unnamed; i++)
        if (gb_copy_of(unnamed[i], strlen(unnamed[i])) != GB_COPY_UNNAMED)
            fail_msg("'%s' says nothing", unnamed[i]);
}

static void the_average_is_taken_and_the_choice_is_noted(void **state) {
    (void)state;
    const struct { const char *file, *network, *says; } files[] = {
        {"average-g-avg.pt", "G_avg", "the file holds 2 generators: 'G' and 'G_avg'; took 'G_avg', a moving average"},
        {"average-ema-pytorch.pt", "ema.ema_model", "3 generators: 'G', 'ema.online_model' and 'ema.ema_model'; took"},
        {"genforce.pth", "generator_smooth", "took 'generator_smooth', a moving average; --network can choose"},
        {"mmgeneration.pth", "state_dict.generator_ema", "took 'state_dict.generator_ema', a moving average"},
        {"tensorflow-two-gs.pkl", "Gs", "2 generators: 'G' and 'Gs'; took 'Gs'"},
        {"channels-last.pkl", "G_ema", "took 'G_ema'"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[96];
        snprintf(path, sizeof path, WILD "%s", files[i].file);
        opened o = taken(open_path(path, NULL));
        assert_string_equal(gb_network_str(o.network, "origin.network", ""), files[i].network);
        if (!noted(o.network, files[i].says))
            fail_msg("%s: not noted: %s", files[i].file, files[i].says);
        assert_false(noted(o.network, "no moving average"));
        close_opened(&o);
    }
}

static void a_path_chooses_the_network(void **state) {
    (void)state;
    opened o = taken(open_path(WILD "average-ema-pytorch.pt", "ema.online_model"));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "ema.online_model");
    assert_true(noted(o.network, "no moving average of the generator was taken; by its name 'ema.online_model'"));
    close_opened(&o);
    o = taken(open_path(WILD "average-g-avg.pt", "G."));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "G");
    close_opened(&o);
    o = taken(open_path(WILD "pti.pt", "."));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "");
    close_opened(&o);
    refused(open_path(WILD "average-g-avg.pt", "D"), "no generator at 'D'; --network can choose 'G' and 'G_avg'");
    refused(open_path(WILD "pti.pt", "G_ema"), "no generator at 'G_ema'; --network can choose '.' (the top level)");
}

/* The tensors of a file under other names; a name that becomes NULL is left out. */
static opened open_renamed(const char *path, const char *wrapper, const char *without, const char *also) {
    saving s = {0};
    opened o = open_path(path, NULL);
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(o.checkpoint, &count);
    const char *const wrappers[] = {also, wrapper};
    for (int copy = 0; copy < 2; copy++)
        for (size_t i = 0; i < count && wrappers[copy]; i++) {
            char name[160];
            if (copy == 0 && without && strstr(all[i].name, without))
                continue;
            float *values = values_of(&all[i].array);
            snprintf(name, sizeof name, "%s%s", wrappers[copy], all[i].name);
            save(&s, name, &all[i].array, values);
            free(values);
        }
    close_opened(&o);
    return open_saved(&s, NULL);
}

static void an_incomplete_copy_is_not_taken_before_a_complete_one(void **state) {
    (void)state;
    opened o = taken(open_renamed(WILD "pti.pt", "G.", "mapping.fc0", "G_ema."));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "G");
    close_opened(&o);
    o = taken(open_renamed(WILD "pti.pt", "G.", NULL, "G_ema."));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "G_ema");
    close_opened(&o);
}

static void weight_averaging_of_torch_is_known_by_its_counter(void **state) {
    (void)state;
    saving s = {0};
    opened from = open_path(WILD "pti.pt", NULL);
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(from.checkpoint, &count);
    const gb_array number = {.dtype = GB_F32, .ndim = 0};
    const char *const wrappers[] = {"model.", "second.module."};
    for (int copy = 0; copy < 2; copy++)
        for (size_t i = 0; i < count; i++) {
            char name[160];
            float *values = values_of(&all[i].array);
            snprintf(name, sizeof name, "%s%s", wrappers[copy], all[i].name);
            save(&s, name, &all[i].array, values);
            free(values);
        }
    save(&s, "second.n_averaged", &number, (const float[]){5});
    close_opened(&from);
    opened o = taken(open_saved(&s, NULL));
    assert_string_equal(gb_network_str(o.network, "origin.network", ""), "second.module");
    close_opened(&o);
}

/* ---- sizes and names ---- */

static void is_start(const gb_network *n, int height, int width, int resolution) {
    const gb_meta *start = gb_network_meta(n, "config.start");
    if (height == 4 && width == 4) {
        assert_null(start);
    } else {
        assert_non_null(start);
        assert_int_equal(start->ints[0], height);
        assert_int_equal(start->ints[1], width);
    }
    assert_int_equal(gb_network_int(n, "config.resolution", 0), resolution);
}

static void networks_may_start_from_any_size(void **state) {
    (void)state;
    const struct { const char *file; int height, width, resolution; const char *block, *says; } files[] = {
        {"stylegan-human.pkl", 4, 2, 64, "synthesis.b64.conv1.weight", "64×32"},
        {"rosinality-wide.pt", 4, 8, 32, "synthesis.b32.conv1.weight", "32×64"},
        {"tensorflow-start-8.pkl", 8, 8, 32, "synthesis.b8.const", "32×32"},
        {"tensorflow-width-height.pkl", 4, 4, 16, "synthesis.b4.const", "16×16"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[96];
        snprintf(path, sizeof path, WILD "%s", files[i].file);
        opened o = taken(open_path(path, NULL));
        is_start(o.network, files[i].height, files[i].width, files[i].resolution);
        assert_non_null(gb_network_array(o.network, files[i].block));
        assert_true(noted(o.network, files[i].says));
        close_opened(&o);
    }
}

/* eps696's init_res: the first block is called b4, whatever the constant's size. */
static void a_name_of_four_with_a_constant_of_another_size(void **state) {
    (void)state;
    saving s = {0};
    opened from = open_path(WILD "pti.pt", NULL);
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(from.checkpoint, &count);
    for (size_t i = 0; i < count; i++) {
        gb_array a = all[i].array;
        bool map = strstr(all[i].name, "noise_const"), constant = strstr(all[i].name, "b4.const");
        if (map || constant) {      /* 4×4 becomes 5×3 */
            a.shape[a.ndim - 2] = a.shape[a.ndim - 2] / 4 * 5;
            a.shape[a.ndim - 1] = a.shape[a.ndim - 1] / 4 * 3;
        }
        float *values = calloc((size_t)gb_array_count(&a), sizeof *values);
        save(&s, all[i].name, &a, values);
        free(values);
    }
    close_opened(&from);
    opened o = taken(open_saved(&s, "{\"init_res\": [5, 3], \"img_resolution\": 64}"));
    is_start(o.network, 5, 3, 80);
    assert_int_equal(gb_network_int(o.network, "config.first_block", 0), 4);
    assert_non_null(gb_network_array(o.network, "synthesis.b64.conv1.weight"));
    assert_true(noted(o.network, "80×48"));
    close_opened(&o);
}

static void progressive_tensorflow_networks_show_their_last_layer(void **state) {
    (void)state;
    opened o = taken(open_path(WILD "tensorflow-lods.pkl", NULL));
    assert_string_equal(gb_network_str(o.network, "config.block", ""), "skip");     /* the file asks for it */
    close_opened(&o);
    saving s = {0};
    opened from = open_path(WILD "tensorflow-lods.pkl", NULL);
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(from.checkpoint, &count);
    for (int unfinished = 0; unfinished < 2; unfinished++) {
        for (size_t i = 0; i < count; i++) {
            if (strncmp(all[i].name, "Gs.", 3))
                continue;
            float *values = values_of(&all[i].array);
            if (!strcmp(all[i].name, "Gs.lod"))
                values[0] = unfinished ? 1.5f : 0;
            save(&s, all[i].name, &all[i].array, values);
            free(values);
        }
        if (unfinished) {
            refused(open_saved(&s, NULL), "saved before it had its full resolution (lod 1.5)");
        } else {
            o = taken(open_saved(&s, NULL));
            assert_string_equal(gb_network_str(o.network, "config.block", ""), "orig");
            assert_non_null(gb_network_array(o.network, "synthesis.b16.torgb.weight"));
            assert_null(gb_network_array(o.network, "synthesis.b8.torgb.weight"));
            close_opened(&o);
        }
    }
    close_opened(&from);
}

/* LabelConcat has a weight and no bias, and acts unscaled. */
static void the_original_conditional_network_normalises_jointly(void **state) {
    (void)state;
    saving s = {0};
    opened from = open_path(WILD "tensorflow-two-gs.pkl", NULL);
    size_t count;
    const gb_named_array *all = gb_checkpoint_arrays(from.checkpoint, &count);
    const gb_array label = {.dtype = GB_F32, .ndim = 2, .shape = {4, 16}}, wide = {.dtype = GB_F32, .ndim = 2, .shape = {32, 16}};
    float values[32 * 16];
    for (int i = 0; i < 32 * 16; i++)
        values[i] = (float)i;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, "Gs.", 3))
            continue;
        float *own = values_of(&all[i].array);
        bool first = !strcmp(all[i].name, "Gs.mapping.Dense0/weight");
        save(&s, all[i].name, first ? &wide : &all[i].array, first ? values : own);
        free(own);
    }
    save(&s, "Gs.mapping.LabelConcat/weight", &label, values);
    close_opened(&from);
    opened o = taken(open_saved(&s, NULL));
    assert_true(gb_network_bool(o.network, "config.joint_norm", false));
    assert_int_equal(gb_network_int(o.network, "config.z_dim", 0), 16);
    assert_int_equal(gb_network_int(o.network, "config.c_dim", 0), 4);
    const gb_array *embed = gb_network_array(o.network, "mapping.embed.weight");
    assert_int_equal(embed->shape[0], 16);
    assert_int_equal(embed->shape[1], 4);
    float *is = values_of(embed), *bias = values_of(gb_network_array(o.network, "mapping.embed.bias"));
    for (int out = 0; out < 16; out++) {
        for (int in = 0; in < 4; in++)
            assert_true(is[out * 4 + in] == 2 * values[in * 16 + out]);     /* the canonical one acts times 1/√4 */
        assert_true(bias[out] == 0);
    }
    free(is);
    free(bias);
    close_opened(&o);
}

/* The keyword resolution_h of the fixture's pickle becomes resample_kernel, its 16 None. */
static opened without_kernel(void) {
    static const char was[] = "X\x0c\0\0\0resolution_hq\x0aK\x10", becomes[] = "X\x0f\0\0\0resample_kernelq\x0aN";
    const size_t old = sizeof was - 1, new = sizeof becomes - 1;
    size_t size, at = 0;
    char *bytes = read_whole(WILD "tensorflow-width-height.pkl", &size), *changed = malloc(size + new);
    while (at + old <= size && memcmp(bytes + at, was, old))
        at++;
    assert_true(at + old <= size);
    memcpy(changed, bytes, at);
    memcpy(changed + at, becomes, new);
    memcpy(changed + at + new, bytes + at + old, size - at - old);
    free(bytes);
    return open_bytes(changed, size - old + new, "tf.pkl", NULL);
}

static void no_resampling_kernel_is_a_box(void **state) {
    (void)state;
    opened o = taken(without_kernel());
    float *filter = values_of(gb_network_array(o.network, "synthesis.b8.conv0.resample_filter"));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_true(filter[4 * i + j] == ((i == 1 || i == 2) && (j == 1 || j == 2) ? 0.25f : 0));
    free(filter);
    close_opened(&o);
}

/* ---- containers ---- */

static void modules_and_device_tensors_are_read_as_what_they_hold(void **state) {
    (void)state;
    const char *const twins[][2] = {
        {WILD "torch2-tpu.pt", WILD "torch2-state.pt"}, {WILD "torch2-tpu-old.pt", WILD "torch2-state.pt"},
        {WILD "module-beside-legacy.pt", WILD "module-legacy.pt"}, {WILD "zipped.zip", WILD "zipped.zip"},
    };
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        opened a = taken(open_path(twins[i][0], NULL)), b = taken(open_path(twins[i][1], NULL));
        const gb_named_array *list, *other;
        size_t count = gb_network_arrays(a.network, &list);
        assert_int_equal(count, gb_network_arrays(b.network, &other));
        for (size_t k = 0; k < count; k++)
            same_tensor(list[k].name, &list[k].array, gb_network_array(b.network, list[k].name), 0, 1);
        close_opened(&a);
        close_opened(&b);
    }
}

static void a_zip_around_a_checkpoint_is_opened_and_named(void **state) {
    (void)state;
    opened o = taken(open_path(WILD "zipped.zip", NULL));
    assert_string_equal(gb_checkpoint_entry(o.checkpoint), "790000.pt");
    assert_string_equal(gb_checkpoint_format(o.checkpoint), "torch zip");
    assert_true(noted(o.network, "opened '790000.pt' inside the zip archive"));
    close_opened(&o);
}

static void tensors_that_cannot_be_read_are_named(void **state) {
    (void)state;
    /* {'G.synthesis.b4.const': torch._utils._rebuild_qtensor(1, 2), 'x': …_rebuild_new_thing()} */
    static const char pickle[] =
        "\x80\x02}(X\x14\x00\x00\x00G.synthesis.b4.constctorch._utils\n_rebuild_qtensor\nK\x01K\x02\x86R"
        "X\x01\x00\x00\x00xctorch._utils\n_rebuild_new_thing\n)Ru.";
    char *bytes = malloc(sizeof pickle);
    memcpy(bytes, pickle, sizeof pickle);
    opened o = open_bytes(bytes, sizeof pickle - 1, "q.pkl", NULL);
    size_t count;
    gb_checkpoint_arrays(o.checkpoint, &count);
    assert_int_equal(count, 0);
    const gb_unreadable *odd = gb_checkpoint_unreadable(o.checkpoint, &count);
    assert_int_equal(count, 2);
    assert_string_equal(odd[0].path, "G.synthesis.b4.const");
    assert_string_equal(odd[0].what, "a quantised tensor (torch._utils._rebuild_qtensor)");
    assert_string_equal(odd[1].what, "a tensor of an unknown kind (torch._utils._rebuild_new_thing)");
    refused(o, "'G.synthesis.b4.const' is a quantised tensor (torch._utils._rebuild_qtensor)");
}

/* ---- what is not a checkpoint ---- */

static void is_refused(const void *bytes, size_t size, const char *says) {
    gb_reason why = {0};
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, "file.pkl", &why);
    if (c || !strstr(why.text, says))
        fail_msg("'%s' does not say '%s'", c ? "opened" : why.text, says);
}

static void failed_downloads_are_shown_by_their_first_line(void **state) {
    (void)state;
    const struct { const char *text, *says; } texts[] = {
        {"404: Not Found", "a text or web page, not a checkpoint: probably a failed download. It begins '404: Not Found'"},
        {"\n\n  \n<!DOCTYPE html>\n<html lang=\"en\">", "It begins '<!DOCTYPE html>'"},
        {"<!doctype html><title>Google Drive - Quota exceeded</title>", "Quota exceeded"},
        {"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>", "It begins '<?xml version=\"1.0\"?>'"},
        {"{\"error\": \"not found\"}", "It begins '{\"error\": \"not found\"}'"},
        {"(no such file)", "It begins '(no such file)'"}, {"cannot open", "It begins 'cannot open'"},
        {"]", "It begins ']'"}, {"\xef\xbb\xbfPage non trouv\xc3\xa9" "e\r\n", "It begins 'Page non trouv\xc3\xa9" "e'"},
        {"   \n", "an empty text"}, {"inputs: {seeds: 3}\nbends: []\n", "It begins 'inputs: {seeds: 3}'"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a Git LFS pointer"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_refused(texts[i].text, strlen(texts[i].text), texts[i].says);
    is_refused("\xff\xfe" "4\0" "0\0" "4\0", 8, "a text in UTF-16");
    char longest[5000];
    memset(longest, 'x', sizeof longest);
    is_refused(longest, sizeof longest, "It begins 'xxxx");
}

static void archives_and_other_formats_are_named(void **state) {
    (void)state;
#define FILE_OF(bytes, says) is_refused(bytes, sizeof bytes - 1, says)
    FILE_OF("\x1f\x8b\x08\0\0\0", "a gzip file; unpack it");
    FILE_OF("\xfd" "7zXZ\0\0\0", "an xz file; unpack it");
    FILE_OF("7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive; unpack it");
    FILE_OF("BZh91AY&SY", "a bzip2 file");
    FILE_OF("\x28\xb5\x2f\xfd\0\0", "a zstd file");
    FILE_OF("Rar!\x1a\x07\0", "a RAR archive");
    FILE_OF("\x08\x07\x12\x07pytorch\x1a\x03", "an ONNX model");
    FILE_OF("\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture");
    FILE_OF("%PDF-1.4\n%\xe2", "a PDF document");
    FILE_OF("\x1c\0\0\0TFL3\0\0", "a TensorFlow Lite model");
    FILE_OF("\0\0\0\0\0\0\0\0\0\0\0\0", "not a checkpoint: its first bytes");
    FILE_OF("", "the file is empty; download it again");
#undef FILE_OF
    refused(open_path(WILD "data.pkl", NULL), "the data.pkl of an unpacked PyTorch file");
    refused(open_path("tests/fixtures/readers/torchscript.pt", NULL), "a TorchScript program");
}

static void a_file_that_was_cut_off_says_after_how_many_bytes(void **state) {
    (void)state;
    refused(open_path(WILD "cut.pkl", NULL), "cut off after 29258 bytes; download it again");
    const char *const files[] = {
        WILD "grey.pkl", WILD "module-legacy.pt", WILD "torch2-state.pt", "tests/fixtures/readers/numpy-0.pkl",
        "tests/fixtures/readers/plain-2.pkl", "tests/fixtures/readers/numpy-4.pkl",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size;
        char *bytes = read_whole(files[i], &size), says[96];
        for (size_t cut = size / 4; cut < size; cut += size / 4 + 1) {
            snprintf(says, sizeof says, "cut off after %zu bytes; download it again", cut);
            is_refused(bytes, cut, says);
        }
        free(bytes);
    }
}

static void tensors_may_not_overlap_in_part(void **state) {
    (void)state;
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
        "\"c\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}";
    char file[8 + sizeof header - 1 + 20] = {(char)(sizeof header - 1)};
    memcpy(file + 8, header, sizeof header - 1);
    is_refused(file, sizeof file, "tensors 'a' and 'b' share their data");
}

static void every_byte_of_the_data_belongs_to_a_tensor(void **state) {
    (void)state;
    static const struct { const char *header; size_t size; const char *says; } files[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "bytes 0 to 4 of the data belong to no"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[7,8]}}", 8, "bytes 4 to 7 of the data belong to no"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 9, "bytes 4 to 9 of the data belong to no"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[1,1]}}", 1, "bytes 0 to 1 of the data belong to no"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char file[256] = {(char)strlen(files[i].header)};
        memcpy(file + 8, files[i].header, strlen(files[i].header));
        is_refused(file, 8 + strlen(files[i].header) + files[i].size, files[i].says);
    }
}

/* C1 controls and changes of direction act on a terminal as escape sequences do. */
static void names_cannot_act_on_a_terminal(void **state) {
    (void)state;
    gb_reason why = {0};
    gb_because(&why, "%s", "a\xc2\x9b" "b\xe2\x81\xa6" "c\x1b[1m\xc3\xa9\xff");
    assert_string_equal(why.text, "a??b???c?[1m\xc3\xa9?");
}

/* A small file that asks for the same large object again and again is refused or read in little time, not listed once for
 * each reference. */
static void repeated_references_are_bounded(void **state) {
    (void)state;
    enum { ENTRIES = 20000 };
    /* an object of ENTRIES attributes, and a list of ENTRIES references to it */
    static const char begin[] = "\x80\x02" "cx\ny\n)Rq\x00}(", middle[] = "ub0](", end[] = "e.";
    size_t size = sizeof begin + sizeof middle + sizeof end - 3 + 4 * ENTRIES;
    char *bytes = malloc(size), *at = bytes;
    memcpy(at, begin, sizeof begin - 1);
    at += sizeof begin - 1;
    memset(at, 'N', 2 * ENTRIES);
    at += 2 * ENTRIES;
    memcpy(at, middle, sizeof middle - 1);
    at += sizeof middle - 1;
    for (int i = 0; i < ENTRIES; i++, at += 2)
        memcpy(at, "h\x00", 2);
    memcpy(at, end, sizeof end - 1);
    is_refused(bytes, size, "refer to each other too often to be listed");
    free(bytes);
}

static void attention_over_too_few_maps_is_refused(void **state) {
    (void)state;
    saving s = {0};
    const struct { const char *name; int ndim; int64_t shape[4]; } tensors[] = {
        {"shared.weight", 2, {3, 2}}, {"linear.weight", 2, {64, 2}}, {"linear.bias", 1, {64}},
        {"blocks.0.0.conv1.weight", 4, {4, 4, 3, 3}}, {"blocks.0.0.conv1.bias", 1, {4}},
        {"blocks.0.0.conv2.weight", 4, {4, 4, 3, 3}}, {"blocks.0.0.conv2.bias", 1, {4}},
        {"blocks.0.0.conv_sc.weight", 4, {4, 4, 1, 1}}, {"blocks.0.0.conv_sc.bias", 1, {4}},
        {"blocks.0.0.bn1.gain.weight", 2, {4, 4}}, {"blocks.0.0.bn1.bias.weight", 2, {4, 4}},
        {"blocks.0.0.bn1.stored_mean", 1, {4}}, {"blocks.0.0.bn1.stored_var", 1, {4}},
        {"blocks.0.0.bn2.gain.weight", 2, {4, 4}}, {"blocks.0.0.bn2.bias.weight", 2, {4, 4}},
        {"blocks.0.0.bn2.stored_mean", 1, {4}}, {"blocks.0.0.bn2.stored_var", 1, {4}}, {"blocks.0.1.gamma", 0, {0}},
        {"blocks.0.1.theta.weight", 4, {0, 4, 1, 1}}, {"blocks.0.1.theta.u0", 1, {0}}, {"output_layer.0.gain", 1, {4}},
    };
    static const float zeros[256];
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        gb_array a = {.dtype = GB_F32, .ndim = tensors[i].ndim};
        memcpy(a.shape, tensors[i].shape, sizeof tensors[i].shape);
        save(&s, tensors[i].name, &a, zeros);
    }
    refused(open_saved(&s, NULL), "'blocks.0.1' attends over 4 feature maps; attention needs at least 8");
}

/* ---- other networks ---- */

/* {'meta': {'CLASSES': ['cat', 'dog']}, …} is taken; a list of another length is not. */
static void class_names_come_from_the_file(void **state) {
    (void)state;
    size_t size;
    const char *const lists[] = {
        "X\x07\x00\x00\x00" "CLASSES](X\x03\x00\x00\x00" "catX\x03\x00\x00\x00" "dogX\x03\x00\x00\x00" "owle",
        "X\x0c\x00\x00\x00" "class_to_idx}(X\x03\x00\x00\x00" "dogK\x01X\x03\x00\x00\x00" "catK\x00"
        "X\x03\x00\x00\x00" "owlK\x02u",
    };
    const size_t sizes[] = {5 + 7 + 2 + 3 * 8 + 1, 5 + 12 + 2 + 3 * 10 + 1};
    for (int k = 0; k < 2; k++) {
        /* the fixture's pickle is {'G_ema': …}: two more entries are set before its STOP */
        char *bytes = read_whole(WILD "multilabel.pkl", &size), *more = malloc(size + 200);
        assert_int_equal(bytes[size - 1], '.');
        memcpy(more, bytes, size - 1);
        char *at = more + size - 1;
        memcpy(at, "X\x04\x00\x00\x00meta}(", 11);
        at += 11;
        memcpy(at, lists[k], sizes[k]);
        at += sizes[k];
        memcpy(at, "us.", 3);
        at += 3;
        free(bytes);
        opened o = taken(open_bytes(more, (size_t)(at - more), "named.pkl", NULL));
        const gb_meta *names = gb_network_meta(o.network, "origin.class_names");
        assert_non_null(names);
        assert_int_equal(names->count, 3);
        assert_string_equal(names->strs[0], "cat");
        assert_string_equal(names->strs[1], "dog");
        assert_string_equal(names->strs[2], "owl");
        close_opened(&o);
    }
    opened o = taken(open_path(WILD "multilabel.pkl", NULL));
    assert_null(gb_network_meta(o.network, "origin.class_names"));
    close_opened(&o);
}

static void relatives_that_ganbend_does_not_run_are_refused_by_name(void **state) {
    (void)state;
    const struct { const char *says, *names[4]; } others[] = {
        {"an IC-GAN generator", {"shared_feat.weight", "linear.bias", "output_layer.0.gain"}},
        {"a SWAGAN generator", {"g_ema.to_rgb1.conv.modulation.weight", "g_ema.to_rgbs.0.iwt.ll", "g_ema.style.1.weight"}},
        {"lucidrains' stylegan2-pytorch", {"GAN.G.blocks.0.to_style1.weight", "GAN.G.blocks.0.to_noise1.weight"}},
        {"a StyleGAN-XL generator", {"G_ema.synthesis.input.freqs", "G_ema.mapping.embed_proj.weight"}},
        {"a StyleGAN3 generator", {"G_ema.synthesis.input.freqs"}},
        {"a Progressive GAN", {"Gs.ToRGB_lod0/weight", "Gs.4x4/Dense/weight"}},
        {"a Progressive GAN (pytorch_GAN_zoo)", {"netG.scaleLayers.0.0.module.weight", "netG.toRGBLayers.0.module.weight"}},
        {"a StyleGAN2 discriminator", {"D.b4.fc.weight", "D.b64.fromrgb.weight"}},
        {"an optimiser's state", {"state.0.exp_avg", "state.0.exp_avg_sq", "state.1.exp_avg"}},
        {"an EG3D generator", {"G_ema.backbone.synthesis.b4.const", "G_ema.decoder.net.0.weight", "G_ema.backbone.mapping.fc0.weight"}},
        {"an encoder of pictures", {"encoder.input_layer.0.weight", "encoder.body.0.res_layer.0.weight"}},
    };
    const gb_array one = {.dtype = GB_F32, .ndim = 1, .shape = {1}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        saving s = {0};
        for (int k = 0; k < 4 && others[i].names[k]; k++)
            save(&s, others[i].names[k], &one, (const float[]){1});
        refused(open_saved(&s, NULL), others[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moving_average_is_known_by_any_of_its_names),
        cmocka_unit_test(the_average_is_taken_and_the_choice_is_noted),
        cmocka_unit_test(a_path_chooses_the_network),
        cmocka_unit_test(an_incomplete_copy_is_not_taken_before_a_complete_one),
        cmocka_unit_test(weight_averaging_of_torch_is_known_by_its_counter),
        cmocka_unit_test(networks_may_start_from_any_size),
        cmocka_unit_test(a_name_of_four_with_a_constant_of_another_size),
        cmocka_unit_test(progressive_tensorflow_networks_show_their_last_layer),
        cmocka_unit_test(the_original_conditional_network_normalises_jointly),
        cmocka_unit_test(no_resampling_kernel_is_a_box),
        cmocka_unit_test(modules_and_device_tensors_are_read_as_what_they_hold),
        cmocka_unit_test(a_zip_around_a_checkpoint_is_opened_and_named),
        cmocka_unit_test(tensors_that_cannot_be_read_are_named),
        cmocka_unit_test(failed_downloads_are_shown_by_their_first_line),
        cmocka_unit_test(archives_and_other_formats_are_named),
        cmocka_unit_test(a_file_that_was_cut_off_says_after_how_many_bytes),
        cmocka_unit_test(tensors_may_not_overlap_in_part),
        cmocka_unit_test(every_byte_of_the_data_belongs_to_a_tensor),
        cmocka_unit_test(names_cannot_act_on_a_terminal),
        cmocka_unit_test(repeated_references_are_bounded),
        cmocka_unit_test(attention_over_too_few_maps_is_refused),
        cmocka_unit_test(class_names_come_from_the_file),
        cmocka_unit_test(relatives_that_ganbend_does_not_run_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
