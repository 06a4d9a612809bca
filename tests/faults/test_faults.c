/* Every call that can fail is made to fail: the n-th allocation, open, read, write, sync and rename, for every n, once and
 * from then on, while the library converts, opens, renders, reads recipes and writes files. Each time
 *   - the status says what failed, and the message is about it;
 *   - an operation that succeeds nevertheless has written the same bytes as without a fault;
 *   - an operation that fails has left the file that was there before, or none, and nothing beside it;
 *   - no memory is lost.
 *
 * `test_faults all` runs operations that take more time too; the argument may also be the name of one operation. With a
 * second argument N, only every N-th call fails, beginning with the first. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/ganbend_graph.h"
#include "faults.h"

enum { SIDE = 8, Z = 4, PATH_ROOM = 4096, LARGEST = 1 << 20 };

static char fixtures[PATH_ROOM];
static gb_context *context;
static gb_model *model;
static gb_error err;
static int failures;
static long faults, step = 1;   /* made; of n */
static char now[512];           /* the operation, the fault and its number, for messages */

static void complain(const char *what) {
    if (++failures <= 20)
        fprintf(stderr, "%s: %s (status %d, message '%s')\n", now, what, (int)err.status, err.message);
}

static const char *fixture(const char *name) {
    static char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", fixtures, name);
    return path;
}

/* ---- the operations ------------------------------------------------------------------------------------------ */

static gb_status convert(const char *name, const gb_convert_options *options) {
    return gb_convert(context, fixture(name), "out", options, &err);
}

static gb_status convert_pickle(void) {
    return convert("nvlabs-orig-16.pkl", NULL);
}

static gb_status convert_torch(void) {
    return convert("wild/genforce.pth", &(gb_convert_options){.half = true});
}

static gb_status convert_tensorflow(void) {
    return convert("wild/tensorflow-start-8.pkl", NULL);
}

static gb_status convert_with_config(void) {
    char config[2 * PATH_ROOM];
    snprintf(config, sizeof config, "%s", fixture("biggan-32-cifar.json"));
    return convert("biggan-32-cifar.pth", &(gb_convert_options){.config = config});
}

/* Its constructor arguments are in a config.json beside it. */
static gb_status convert_hugging_face(void) {
    return gb_convert(context, "huggingface.bin", "out", NULL, &err);
}

static gb_status init(void) {
    return gb_init_stylegan2(context, "out", &(gb_stylegan2){.resolution = SIDE, .channel_base = 16, .channel_max = 2,
                             .z_dim = Z, .w_dim = Z, .mapping_layers = 1}, false, &err);
}

/* Reads every array and fact of a file, which has to give the same sum each time. */
static double sum;

static void add_text(void *arg, const char *a, const char *b) {
    (void)arg;
    for (; *a; a++)
        sum += *a;
    for (; b && *b; b++)
        sum += *b;
}

static void add_line(void *arg, const char *line) {
    add_text(arg, line, NULL);
}

static gb_status read_arrays(const char *name) {
    static double wide[4096];
    static float narrow[4096];
    gb_file *file = NULL;
    gb_status status = gb_file_open(fixture(name), &file, &err);
    sum = 0;
    for (size_t i = 0; !status && i < gb_file_array_count(file); i++) {
        gb_array_info info;
        gb_file_array(file, i, &info);
        if (info.count > 4096 || !strcmp(info.type, "opaque"))
            continue;
        status = gb_file_read_double(file, i, wide, &err);
        if (!status)
            status = gb_file_read(file, i, narrow, &err);
        for (int64_t k = 0; k < info.count && !status; k++)
            sum += wide[k] + (double)narrow[k];
    }
    if (!status)
        gb_file_facts(file, 100, add_text, NULL);
    gb_file_close(file);
    return status;
}

static gb_status read_pickle_0(void) { return read_arrays("readers/plain-0.pkl"); }
static gb_status read_pickle_2(void) { return read_arrays("readers/numpy-2.pkl"); }
static gb_status read_pickle_5(void) { return read_arrays("readers/plain-5.pkl"); }
static gb_status read_legacy(void) { return read_arrays("readers/legacy-2.pt"); }
static gb_status read_module(void) { return read_arrays("readers/module.pt"); }
static gb_status read_zip(void) { return read_arrays("readers/zip-deflated.pt"); }
static gb_status read_npz(void) { return read_arrays("readers/deflated.npz"); }
static gb_status read_npy(void) { return read_arrays("readers/fortran.npy"); }
static gb_status read_inner(void) { return read_arrays("wild/zipped.zip"); }
static gb_status read_safetensors(void) { return read_arrays("readers/toy.safetensors"); }

static gb_status write_npz(void) {
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    gb_npz *npz = NULL;
    char name[32];
    gb_status status = gb_npz_new("out", &npz, &err);
    for (int i = 0; i < 20 && !status; i++) {
        snprintf(name, sizeof name, "array-%d", i);
        status = gb_npz_add(npz, name, 2, (const int64_t[]){2, 3}, values, &err);
    }
    if (!status)
        status = gb_npz_finish(npz, &err);
    gb_npz_free(npz);
    return status;
}

static gb_status write_npy(void) {
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    return gb_npy_save("out", 2, (const int64_t[]){2, 3}, values, &err);
}

static gb_status write_png(void) {
    static const uint8_t rgb[3 * SIDE * SIDE] = {1, 2, 3};
    const gb_text texts[] = {{"one", "plain"}, {"two", "gr\xc3\xbcn"}};
    return gb_png_write("out", SIDE, SIDE, rgb, texts, 2, &err);
}

static gb_status read_png(void) {
    sum = 0;
    return gb_png_text("picture.png", add_text, NULL, &err);
}

static gb_status new_context(void) {
    gb_context *other = NULL;
    gb_status status = gb_context_new(&(gb_context_options){.threads = 1}, &other, &err);
    gb_context_free(other);
    return status;
}

/* Opens the small model, maps or copies it, reads its metadata and a tensor, checks all of them. */
static gb_status open_small(bool copy) {
    gb_model *other = NULL;
    gb_status status = copy ? gb_model_read(context, "small.gbw", &other, &err)
                            : gb_model_open(context, "small.gbw", &other, &err);
    sum = 0;
    for (size_t i = 0; !status && i < gb_model_meta_count(other); i++) {
        const char *key;
        char text[256];
        status = gb_model_meta(other, i, &key, text, sizeof text);
        add_text(NULL, key, text);
    }
    if (!status)
        status = gb_model_verify(other, &err);
    gb_model_close(other);
    return status;
}

static gb_status open_mapped(void) { return open_small(false); }
static gb_status open_copied(void) { return open_small(true); }

static gb_status build_model(void) {
    static const float weight[Z * Z] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    gb_graph *graph = gb_graph_new();
    gb_model *other = NULL;
    if (!graph) {
        err = (gb_error){GB_NO_MEMORY, "no memory for a graph"};
        return GB_NO_MEMORY;
    }
    gb_graph_weight(graph, "weight", 2, (const int64_t[]){Z, Z}, weight);
    gb_node x = gb_graph_input(graph, "z", 1, (const int64_t[]){Z}, NULL);
    gb_graph_role(graph, x, GB_ROLE_Z, 0);
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer.%d", i);
        x = gb_graph_linear(graph, name, x, "weight", 1);
        gb_graph_alias(graph, name + 6, name);
    }
    gb_graph_output(graph, gb_graph_reshape(graph, "picture", x, 1, 2, 2, false));
    gb_status status = gb_model_build(context, graph, &other, &err);
    gb_model_close(other);
    return status;
}

/* A new session of the small model; its picture is part of the sum. */
static gb_status with_session(gb_purpose purpose, gb_status (*use)(gb_session *session)) {
    static float picture[3 * SIDE * SIDE];
    gb_session *session = NULL;
    gb_status status = gb_session_new(model, &(gb_session_options){.purpose = purpose}, &session, &err);
    sum = 0;
    if (!status)
        status = gb_session_seed(session, 7, &err);
    if (!status)
        status = use(session);
    if (!status)
        status = gb_session_render(session, picture, &err);
    for (int i = 0; i < 3 * SIDE * SIDE && !status; i++)
        sum += (double)picture[i];
    gb_session_free(session);
    return status;
}

static gb_status nothing(gb_session *session) {
    (void)session;
    return GB_OK;
}

static void halve(void *arg, const gb_callback_values *values) {
    (void)arg;
    (void)values;
}

static gb_status change_much(gb_session *session) {
    static const float vector[2] = {1, 2}, map[SIDE * SIDE] = {1};
    static const int16_t mask[4] = {0, -1, -1, 0};
    const gb_bend_options bends[] = {
        {.kind = GB_BEND_FILTER, .at = "synthesis.b*.conv1", .name = "rotate", .params = (const float[]){30}, .param_count = 1,
         .features = {.choice = GB_FEATURES_RANDOM, .share = 0.5f}},
        {.kind = GB_BEND_ACTIVATION, .at = "mapping.fc0", .name = "sinlu"},
        {.kind = GB_BEND_PAINT, .at = "synthesis.b8.conv1", .vectors = vector, .vector_count = 1, .mask = mask, .mask_h = 2,
         .mask_w = 2},
        {.kind = GB_BEND_DISABLE, .at = "synthesis.b8.conv0"},
        {.kind = GB_BEND_NOISE, .at = "synthesis.b8.conv1", .factor = 2, .reseed = true, .seed = 3},
        {.kind = GB_BEND_STYLE, .at = "synthesis.w1", .seed = 9},
        {.kind = GB_BEND_CALLBACK, .at = "synthesis.b4.conv1", .callback = halve},
    };
    gb_status status = gb_session_begin(session, &err);
    for (size_t i = 0; i < sizeof bends / sizeof *bends && !status; i++) {
        gb_bend id;
        status = gb_session_bend(session, &bends[i], &id, &err);
    }
    if (!status)
        status = gb_session_set_noise_map(session, "synthesis.b8.conv1", map, 1, &err);
    if (!status)
        status = gb_session_tap(session, "synthesis.b4.conv1", &err);
    if (!status)
        status = gb_session_truncate(session, 0.5f, -1, &err);
    if (!status)
        status = gb_session_commit(session, &err);
    return status ? status : gb_session_render(session, NULL, &err);
}

static gb_status change_again(gb_session *session) {
    static float small[3 * SIDE * SIDE];
    gb_status status = change_much(session);
    if (!status)
        status = gb_session_preview(session, 4, small, &err);
    if (!status)
        status = gb_session_unbend(session, 0, &err);
    return status;
}

static gb_status render_once(void) { return with_session(GB_ONCE, nothing); }
static gb_status render_bent(void) { return with_session(GB_ONCE, change_much); }
static gb_status render_interactively(void) { return with_session(GB_INTERACTIVE, change_again); }

static gb_status write_picture(gb_session *session) {
    return gb_session_render_png(session, "out", &err);
}

static gb_status render_png(void) { return with_session(GB_ONCE, write_picture); }

static gb_status apply_recipe(gb_session *session) {
    gb_recipe *recipe = NULL;
    const char *json;
    gb_status status = gb_recipe_open("recipe.yaml", &recipe, &err);
    if (!status) {
        gb_recipe_confine(recipe);
        status = gb_recipe_json(recipe, &json, &err);
    }
    if (!status)
        add_text(NULL, json, NULL);
    if (!status)
        status = gb_recipe_describe(recipe, model, add_line, NULL, &err);
    if (!status)
        status = gb_recipe_apply(recipe, session, &err);
    if (!status)
        status = gb_recipe_set(recipe, "angle", 50, &err);
    if (!status)
        status = gb_recipe_update(recipe, session, &err);
    gb_recipe_free(recipe);
    return status;
}

static gb_status render_recipe(void) { return with_session(GB_INTERACTIVE, apply_recipe); }

static const struct operation {
    const char *name;
    gb_status (*run)(void);
    bool writes;                /* a file "out" */
    bool slow;                  /* left out unless all are wanted */
} operations[] = {
    {"convert a pickle", convert_pickle, true, false},
    {"convert a torch file", convert_torch, true, true},
    {"convert TensorFlow's pickle", convert_tensorflow, true, true},
    {"convert with a config", convert_with_config, true, true},
    {"convert with a config beside", convert_hugging_face, true, true},
    {"init", init, true, false},
    {"read a pickle of protocol 0", read_pickle_0, false, false},
    {"read a pickle of protocol 2", read_pickle_2, false, false},
    {"read a pickle of protocol 5", read_pickle_5, false, false},
    {"read a legacy torch file", read_legacy, false, false},
    {"read a module", read_module, false, false},
    {"read a torch zip", read_zip, false, false},
    {"read an npz", read_npz, false, false},
    {"read an npy", read_npy, false, false},
    {"read a checkpoint in a zip", read_inner, false, true},
    {"read safetensors", read_safetensors, false, false},
    {"write an npz", write_npz, true, false},
    {"write an npy", write_npy, true, false},
    {"write a PNG", write_png, true, false},
    {"read a PNG", read_png, false, false},
    {"make a context", new_context, false, false},
    {"open a model, mapped", open_mapped, false, false},
    {"open a model, copied", open_copied, false, false},
    {"build a model", build_model, false, false},
    {"render", render_once, false, false},
    {"render with bends", render_bent, false, false},
    {"render interactively", render_interactively, false, false},
    {"render a PNG", render_png, true, false},
    {"render a recipe", render_recipe, false, false},
};

/* ---- what has to hold ---------------------------------------------------------------------------------------- */

static size_t whole_file(const char *path, unsigned char *bytes) {
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, LARGEST, file) : 0;
    if (file)
        fclose(file);
    return size;
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static int entries(void) {
    DIR *folder = opendir(".");
    int count = 0;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* The file that an operation replaces: of the right kind, with other contents. */
static unsigned char expected[LARGEST], earlier[LARGEST], found[LARGEST];
static size_t expected_size, earlier_size;

static gb_status right_status(fault_kind kind) {
    return kind == FAULT_MEMORY || kind == FAULT_MAP ? GB_NO_MEMORY : GB_IO;
}

static void check(const struct operation *o, fault_kind kind, gb_status status, double right_sum, bool earlier_file,
                  int files) {
    size_t size = whole_file("out", found);
    bool same = size == expected_size && memcmp(found, expected, size) == 0;
    bool old = size == earlier_size && memcmp(found, earlier, size) == 0;
    if (status != err.status && status)
        complain("the status returned is not the error's");
    if (status && status != right_status(kind))
        complain("wrong status");
    if (status && !err.message[0])
        complain("no message");
    if (status == GB_NO_MEMORY && !strstr(err.message, "memory"))
        complain("the message does not speak of memory");
    if (!status && o->writes && !same)
        complain("succeeded with another file");
    if (!status && memcmp(&sum, &right_sum, sizeof sum) != 0)
        complain("succeeded with other values");
    if (status && o->writes && (earlier_file ? !old : size != 0) && !same)
        complain("failed and left a damaged file");
    unlink("out");
    if (entries() != files)
        complain("left another file behind");
}

static void sweep(const struct operation *o, fault_kind kind, bool on) {
    int files = entries();
    for (long n = 0; ; n += step) {
        bool earlier_file = o->writes && n / step % 2;
        if (earlier_file)
            write_file("out", earlier, earlier_size);
        snprintf(now, sizeof now, "%s, %s %ld %s", o->name, fault_names[kind], n, on ? "and all after it" : "once");
        err = (gb_error){0};
        long before = faults_live_blocks();
        double right_sum = sum;
        faults_begin(kind, n, on);
        gb_status status = o->run();
        long calls = faults_end();
        faults += calls > n;
        long lost = faults_live_blocks() - before;
        if (lost) {
            char what[64];
            snprintf(what, sizeof what, "%ld blocks of memory were not freed", lost);
            complain(what);
        }
        check(o, kind, status, right_sum, earlier_file, files);
        sum = right_sum;
        if (calls <= n)         /* it made no such call: all have failed once */
            return;
        if (n > 100000) {
            complain("does not end");
            return;
        }
    }
}

/* Once without a fault, for what is to be expected. */
static void try_operation(const struct operation *o) {
    snprintf(now, sizeof now, "%s, without a fault", o->name);
    sum = 0;
    err = (gb_error){0};
    if (o->run()) {
        complain("failed");
        return;
    }
    expected_size = o->writes ? whole_file("out", expected) : 0;
    memcpy(earlier, expected, expected_size);
    earlier_size = expected_size;
    if (earlier_size > 40)
        earlier[earlier_size - 1] ^= 1;
    unlink("out");
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        sweep(o, (fault_kind)kind, false);
        sweep(o, (fault_kind)kind, true);
    }
}

/* ---- preparing ------------------------------------------------------------------------------------------------ */

static void copy_file(const char *from, const char *to) {
    size_t size = whole_file(from, found);
    write_file(to, found, size);
}

static void must(gb_status status) {
    if (status) {
        fprintf(stderr, "preparing: %s\n", err.message);
        exit(1);
    }
}

static const char recipe[] =
    "inputs: {seeds: 7, trunc: 0.7}\n"
    "parameters: {angle: {value: 30, low: 0, high: 90}}\n"
    "clusters: clusters.yaml\n"
    "vectors: vectors.npz\n"
    "directions: {push: [1, 0, 0, 1]}\n"
    "bends:\n"
    "  - {at: 'synthesis.b*.conv1', filter: rotate, angle: $angle}\n"
    "  - {at: synthesis.b4.conv1, filter: multiply, factor: 2, features: {cluster: 0}}\n"
    "  - at: synthesis.b8.conv1\n"
    "    paint: {mask: picture.png, colours: {black: one, other: keep}}\n"
    "  - {w: 0-1, style: {seed: 9, share: 0.5}}\n"
    "  - direction: {name: push, amount: 0.5}\n"
    "  - {at: z, set: {0: 1}}\n";

static void prepare(void) {
    static const float vector[2] = {1, 2};
    gb_npz *npz;
    must(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    must(init());
    if (rename("out", "small.gbw") != 0)
        exit(1);
    must(gb_model_read(context, "small.gbw", &model, &err));
    must(write_png());
    if (rename("out", "picture.png") != 0)
        exit(1);
    write_file("recipe.yaml", recipe, sizeof recipe - 1);
    write_file("clusters.yaml", "synthesis.b4.conv1: [[0], [1]]\n", 31);
    must(gb_npz_new("vectors.npz", &npz, &err));
    must(gb_npz_add(npz, "vector/one", 1, (const int64_t[]){2}, vector, &err));
    must(gb_npz_finish(npz, &err));
    gb_npz_free(npz);
    copy_file(fixture("biggan/huggingface.bin"), "huggingface.bin");
    copy_file(fixture("biggan/huggingface-config.json"), "config.json");
}

static void remove_folder(const char *path) {
    DIR *folder = opendir(".");
    for (struct dirent *e; folder && (e = readdir(folder));)
        unlink(e->d_name);
    if (folder)
        closedir(folder);
    if (chdir("/") != 0 || rmdir(path) != 0)
        perror(path);
}

int main(int argc, char **argv) {
    char path[] = "/tmp/ganbend-faults-XXXXXX";
    const char *only = argc > 1 ? argv[1] : "usual";
    bool all = strcmp(only, "all") == 0;
    int tried = 0;
    step = argc > 2 ? atol(argv[2]) : 1;
    if (step < 1 || !realpath("tests/fixtures", fixtures) || !mkdtemp(path) || chdir(path) != 0) {
        perror("test_faults");
        return 1;
    }
    prepare();
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const struct operation *o = &operations[i];
        if (all || (strcmp(only, "usual") ? strcmp(only, o->name) == 0 : !o->slow)) {
            try_operation(o);
            tried++;
        }
    }
    gb_model_close(model);
    gb_context_free(context);
    remove_folder(path);
    printf("%d operations, %ld faults, %d failures\n", tried, faults, failures);
    return failures || !tried;
}
