/* What embedders rely on: closing in the wrong order, options that grow, pixel formats, files in memory and through
 * callbacks, the caller's allocator and log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "tests/engine/fixture.h"

enum { R = 16 };

static fixture open_network(int channels) {
    return open_fixture(NULL, &(gb_stylegan2){.resolution = R, .channel_base = 16 * R, .channel_max = 24, .z_dim = 16,
                                              .w_dim = 16, .mapping_layers = 2, .img_channels = channels, .seed = 5}, NULL);
}

static gb_session *new_session(gb_model *model, int batch) {
    gb_session *session = NULL;
    OK(gb_session_new(model, &(gb_session_options){.batch = batch}, &session, &err));
    OK(gb_session_seed(session, 3, &err));
    return session;
}

/* The bytes of a file, for free(). */
static void *contents(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* ------------------------------------------------------------------------------------------------ versions */

static void the_header_and_the_library_have_one_version(void **state) {
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", GB_VERSION_MAJOR, GB_VERSION_MINOR, GB_VERSION_PATCH);
    assert_string_equal(GB_VERSION_STRING, text);
    assert_string_equal(gb_version(), GB_VERSION_STRING);
    assert_int_equal(gb_version_number(), GB_VERSION);
    assert_int_equal(GB_VERSION, GB_MAKE_VERSION(GB_VERSION_MAJOR, GB_VERSION_MINOR, GB_VERSION_PATCH));
    assert_true(GB_MAKE_VERSION(0, 2, 0) > GB_MAKE_VERSION(0, 1, 99));
    gb_error fresh = GB_ERROR_INIT;
    assert_int_equal(fresh.status, GB_OK);
    assert_string_equal(fresh.message, "");
}

/* ------------------------------------------------------------------------------------------------ options */

/* Options of `type` at the start of a struct that has grown since. */
#define GROWN(type) struct { type options; unsigned char later[24]; }

/* Checks that `call`, which uses `o`, takes every size that is possible and no other. */
#define CHECK_SIZES(type, o, call, after)                                                             \
    do {                                                                                              \
        const size_t good[] = {0, sizeof(type), sizeof o};                                            \
        const size_t bad[] = {1, sizeof(size_t), sizeof(type) / 2, (size_t)1 << 40};                  \
        for (size_t i_ = 0; i_ < sizeof good / sizeof *good; i_++) {                                  \
            (o).options.size = good[i_];                                                              \
            OK(call);                                                                                 \
            after;                                                                                    \
        }                                                                                             \
        for (size_t i_ = 0; i_ < sizeof bad / sizeof *bad; i_++) {                                    \
            (o).options.size = bad[i_];                                                               \
            assert_int_equal(call, GB_BAD_ARGUMENT);                                                  \
            assert_non_null(strstr(err.message, #type ".size is "));                                  \
        }                                                                                             \
        (o).options.size = sizeof o;                                                                  \
        (o).later[20] = 1;                                                                            \
        assert_int_equal(call, GB_BAD_ARGUMENT);                                                      \
        assert_non_null(strstr(err.message, #type " sets a field that ganbend"));                     \
    } while (0)

static void options_may_be_smaller_or_larger_than_the_librarys(void **state) {
    (void)state;
    fixture f = open_network(3);
    gb_context *context = NULL;
    gb_session *session = NULL;
    gb_bend bend;

    GROWN(gb_context_options) threads = {.options = {.threads = 1}};
    CHECK_SIZES(gb_context_options, threads, gb_context_new(&threads.options, &context, &err),
                assert_int_equal(gb_context_threads(context), 1);
                assert_int_equal(gb_context_free(context), GB_OK));

    GROWN(gb_session_options) batch = {.options = {.batch = 2}};
    CHECK_SIZES(gb_session_options, batch, gb_session_new(f.model, &batch.options, &session, &err),
                assert_int_equal(gb_session_pixels_size(session, NULL), 2 * R * R * 3);
                gb_session_free(session));

    f.session = new_session(f.model, 1);
    GROWN(gb_bend_options) off = {.options = {.kind = GB_BEND_DISABLE, .at = "synthesis.b8.conv1"}};
    CHECK_SIZES(gb_bend_options, off, gb_session_bend(f.session, &off.options, &bend, &err),
                OK(gb_session_unbend(f.session, bend, &err)));

    static unsigned char pixels[R * R * 4];
    GROWN(gb_pixel_format) rgba = {.options = {.order = GB_PIXELS_RGBA}};
    CHECK_SIZES(gb_pixel_format, rgba, gb_session_render_as(f.session, &rgba.options, pixels, sizeof pixels, &err), );

    GROWN(gb_stylegan2) tiny = {.options = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8}};
    CHECK_SIZES(gb_stylegan2, tiny, gb_init_stylegan2(f.context, f.path, &tiny.options, false, &err), );
    GROWN(gb_biggan) small = {.options = {.resolution = 32, .channel_width = 8, .classes = 2}};
    CHECK_SIZES(gb_biggan, small, gb_init_biggan(f.context, f.path, &small.options, false, &err), );

    GROWN(gb_convert_options) half = {.options = {.half = true}};
    CHECK_SIZES(gb_convert_options, half,
                gb_convert(f.context, "tests/fixtures/nvlabs-orig-16.pkl", f.path, &half.options, &err), );

    GROWN(gb_writer) writer = {.options = {.write = NULL}};
    CHECK_SIZES(gb_writer, writer, gb_png_write_to(&writer.options, 1, 1, 3, pixels, NULL, 0, &err),
                gb_free(writer.options.bytes));
    size_t size;
    void *bytes = contents("tests/fixtures/nvlabs-orig-16.npz", &size);
    gb_file *file;
    GROWN(gb_reader) reader = {.options = {.bytes = bytes, .count = size}};
    CHECK_SIZES(gb_reader, reader, gb_file_open_from(&reader.options, &file, &err), gb_file_close(file));
    free(bytes);
    close_fixture(&f);
}

/* The builder takes options without returning a status. */
static void options_of_the_builder_are_checked_as_well(void **state) {
    (void)state;
    gb_context *context = NULL;
    OK(gb_context_new(NULL, &context, &err));
    for (int i = 0; i < 3; i++) {
        gb_graph *graph = gb_graph_new();
        gb_model *model;
        gb_node x = gb_graph_input(graph, "x", 3, (const int64_t[]){3, 4, 4}, NULL);
        if (i == 0)
            gb_graph_conv2d(graph, "y", x, GB_NO_NODE, "w", &(gb_conv2d_options){.size = 3});
        else if (i == 1)
            gb_graph_bias_act(graph, "y", x, &(gb_bias_act_options){.size = 3});
        else
            gb_graph_batch_norm(graph, "y", x, &(gb_batch_norm_options){.size = 3});
        gb_graph_output(graph, x);
        assert_int_equal(gb_model_build(context, graph, &model, &err), GB_BAD_ARGUMENT);
        assert_non_null(strstr(err.message, "y: gb_"));
        assert_non_null(strstr(err.message, "_options.size is 3"));
    }
    assert_int_equal(gb_context_free(context), GB_OK);
}

/* ------------------------------------------------------------------------------------------------ order */

typedef struct noted { gb_log_level level; char line[256]; int count; } noted;

static void note(void *arg, gb_log_level level, const char *line) {
    noted *n = arg;
    n->level = level;
    snprintf(n->line, sizeof n->line, "%s", line);
    n->count++;
}

static void closing_in_the_wrong_order_is_refused(void **state) {
    (void)state;
    noted last = {0};
    gb_context *context = NULL;
    static float before[3 * R * R], after[3 * R * R];
    OK(gb_context_new(&(gb_context_options){.threads = 1, .log = note, .log_arg = &last}, &context, &err));
    fixture f = open_fixture(context, &(gb_stylegan2){.resolution = R, .channel_base = 64, .channel_max = 8, .z_dim = 8,
                                                      .w_dim = 8}, NULL);
    f.session = new_session(f.model, 1);
    OK(gb_session_render(f.session, before, &err));

    assert_int_equal(gb_context_free(f.context), GB_BAD_ARGUMENT);
    assert_int_equal(last.level, GB_LOG_ERROR);
    assert_string_equal(last.line, "gb_context_free: the context stays, for 1 of its models is open; call gb_model_close() "
                                   "first");
    assert_int_equal(gb_model_close(f.model), GB_BAD_ARGUMENT);
    assert_string_equal(last.line, "gb_model_close: the model stays open, for it has 1 session; call gb_session_free() first");
    OK(gb_session_render(f.session, after, &err));
    assert_memory_equal(before, after, sizeof before);

    gb_session_free(f.session);
    assert_int_equal(gb_context_free(f.context), GB_BAD_ARGUMENT);
    assert_int_equal(gb_model_close(f.model), GB_OK);
    assert_int_equal(gb_context_free(f.context), GB_OK);
    unlink(f.path);
    assert_int_equal(gb_model_close(NULL), GB_OK);
    assert_int_equal(gb_context_free(NULL), GB_OK);
}

/* A model that cannot be opened and a session that cannot be made do not count. */
static void failures_do_not_keep_the_parent_open(void **state) {
    (void)state;
    fixture f = open_network(3);
    gb_model *none;
    gb_session *session;
    assert_int_equal(gb_model_open(f.context, "tests/fixtures/nvlabs-orig-16.npz", &none, &err), GB_BAD_FILE);
    assert_int_equal(gb_session_new(f.model, &(gb_session_options){.batch = -1}, &session, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_model_close(f.model), GB_OK);
    assert_int_equal(gb_context_free(f.context), GB_OK);
    unlink(f.path);
}

/* ------------------------------------------------------------------------------------------------ log */

static void the_log_says_what_was_chosen(void **state) {
    (void)state;
    noted last = {0};
    gb_context *context = NULL;
    OK(gb_context_new(&(gb_context_options){.threads = 1, .isa = "plain", .device = "cpu", .precision = "fp32",
                                            .log = note, .log_arg = &last}, &context, &err));
    assert_int_equal(last.level, GB_LOG_INFO);
    assert_string_equal(last.line, "ganbend " GB_VERSION_STRING " on the CPU: plain, 1 thread, fp32");
    fixture f = open_fixture(context, &(gb_stylegan2){.resolution = R, .channel_base = 64, .channel_max = 8, .z_dim = 8,
                                                      .w_dim = 8}, NULL);
    assert_int_equal(last.level, GB_LOG_INFO);
    assert_non_null(strstr(last.line, ".gbw: opened, stylegan2, "));
    f.session = new_session(f.model, 1);
    int lines = last.count;
    OK(gb_session_render(f.session, NULL, &err));
    OK(gb_session_render(f.session, NULL, &err));
    assert_int_equal(last.count, lines + 1);
    assert_int_equal(last.level, GB_LOG_DEBUG);
    assert_non_null(strstr(last.line, "planned "));
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ pixels */

enum { PIXELS = R * R, BATCH = 2 };

/* The level of channel `c` of pixel i that a format has stored. */
static unsigned stored(const unsigned char *pixels, size_t offset, int bits) {
    uint16_t wide;
    if (bits != 16)
        return pixels[offset];
    memcpy(&wide, pixels + offset, sizeof wide);
    return wide;
}

/* Every order, depth and stride against render_rgb(), or against the picture itself for 16 bits and alpha. */
static void check_formats(int channels) {
    fixture f = open_network(channels);
    static uint8_t rgb[BATCH * PIXELS * 3], own[BATCH * PIXELS * 4];
    static float image[BATCH * PIXELS * 4];
    f.session = new_session(f.model, BATCH);
    OK(gb_session_render(f.session, image, &err));
    OK(gb_session_render_rgb(f.session, rgb, &err));
    OK(gb_session_render_pixels(f.session, own, &err));
    for (int order = GB_PIXELS_RGB; order <= GB_PIXELS_PLANAR; order++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (int padding = 0; padding <= 10; padding += 10) {
                bool planar = order == GB_PIXELS_PLANAR, alpha = order == GB_PIXELS_RGBA || order == GB_PIXELS_BGRA;
                size_t bytes = (size_t)bits / 8, step = planar ? 1 : alpha ? 4 : 3, row = R * step * bytes;
                size_t stride = row + (size_t)padding, rows = planar ? 3 * R : R, size = BATCH * rows * stride;
                gb_pixel_format format = {.order = (gb_pixel_order)order, .bits = bits, .stride = padding ? stride : 0};
                assert_int_equal(gb_session_pixels_size(f.session, &format), size);
                unsigned char *pixels = malloc(size);
                assert_non_null(pixels);
                memset(pixels, 0xA5, size);
                assert_int_equal(gb_session_render_as(f.session, &format, pixels, size - 1, &err), GB_BAD_ARGUMENT);
                assert_int_equal(pixels[0], 0xA5);
                OK(gb_session_render_as(f.session, &format, pixels, size, &err));
                for (size_t line = 0; line < BATCH * rows; line++)
                    for (size_t i = row; i < stride; i++)
                        assert_int_equal(pixels[line * stride + i], 0xA5);
                for (size_t i = 0; i < BATCH * PIXELS; i++) {
                    size_t sample = i / PIXELS, y = i % PIXELS / R, x = i % R;
                    for (size_t c = 0; c < (alpha ? 4 : 3); c++) {
                        size_t place = planar ? 0 : order == GB_PIXELS_BGRA && c < 3 ? 2 - c : c;
                        size_t line = sample * rows + (planar ? c * R : 0) + y;
                        unsigned value = stored(pixels, line * stride + (x * step + place) * bytes, bits);
                        size_t from = channels == 1 && c < 3 ? 0 : c;
                        bool has = from < (size_t)channels;
                        float v = has ? image[(sample * (size_t)channels + from) * PIXELS + i % PIXELS] : 1;
                        double level = (double)v * 32767.5 + 32767.5;
                        level = level < 0 ? 0 : level > 65535 ? 65535 : level;
                        unsigned own8 = has ? own[i * (size_t)channels + from] : 255;
                        if (alpha || channels != 4)
                            assert_true(bits == 8 ? value == own8 : value + 1.01 > level && value < level + 1.01);
                        else if (bits == 8)
                            assert_int_equal(value, rgb[i * 3 + c]);
                        else            /* over the checkerboard, whose greys are 257 times those of 8 bits */
                            assert_true(value + 400 > rgb[i * 3 + c] * 257u && value < rgb[i * 3 + c] * 257u + 400);
                    }
                }
                free(pixels);
            }
    close_fixture(&f);
}

static void every_format_has_the_same_picture(void **state) {
    (void)state;
    check_formats(3);
    check_formats(1);
    check_formats(4);
}

static void impossible_formats_are_refused(void **state) {
    (void)state;
    fixture f = open_network(3);
    static uint16_t pixels[PIXELS * 4];
    f.session = new_session(f.model, 1);
    const struct { gb_pixel_format format; const char *why; } cases[] = {
        {{.order = (gb_pixel_order)9}, "unknown order of pixels 9"},
        {{.bits = 12}, "12 bits; choose 8 or 16"},
        {{.stride = R * 3 - 1}, "a stride of 47 bytes; expected a number of at least 48"},
        {{.bits = 16, .stride = R * 6 + 1}, "a stride of 97 bytes; expected an even number of at least 96"},
        {{.stride = SIZE_MAX / 4}, "a stride of 4611686018427387903 bytes; expected a number of at least 48"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(gb_session_pixels_size(f.session, &cases[i].format), 0);
        assert_int_equal(gb_session_render_as(f.session, &cases[i].format, pixels, sizeof pixels, &err), GB_BAD_ARGUMENT);
        assert_string_equal(err.message, cases[i].why);
    }
    close_fixture(&f);
    f = open_network(5);
    f.session = new_session(f.model, 1);
    assert_int_equal(gb_session_pixels_size(f.session, NULL), 0);
    assert_int_equal(gb_session_render_as(f.session, NULL, pixels, sizeof pixels, &err), GB_BAD_ARGUMENT);
    close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------ files */

static void a_png_in_memory_is_the_file(void **state) {
    (void)state;
    fixture f = open_network(3);
    size_t size;
    f.session = new_session(f.model, 1);
    OK(gb_session_render_png(f.session, "embedding.png", &err));
    void *file = contents("embedding.png", &size);
    gb_writer png = {.size = sizeof png};
    OK(gb_session_render_png_to(f.session, &png, &err));
    assert_int_equal(png.count, size);
    assert_memory_equal(png.bytes, file, size);
    gb_free(png.bytes);
    free(file);
    unlink("embedding.png");

    const gb_text bad = {"", "no keyword"};
    png.bytes = &png;           /* emptied, not freed: it is the caller's */
    assert_int_equal(gb_png_write_to(&png, 1, 1, 3, (const uint8_t *)"abc", &bad, 1, &err), GB_BAD_ARGUMENT);
    assert_null(png.bytes);
    assert_int_equal(png.count, 0);
    close_fixture(&f);
}

/* A caller's stream that gives or takes `left` bytes. */
typedef struct stream {
    unsigned char *bytes;
    size_t at, left;
} stream;

static size_t give(void *arg, void *to, size_t most) {
    stream *s = arg;
    size_t n = most < 1000 ? most : 1000;
    n = n < s->left ? n : s->left;
    memcpy(to, s->bytes + s->at, n);
    s->at += n;
    s->left -= n;
    return n;
}

static size_t give_and_fail(void *arg, void *to, size_t most) {
    stream *s = arg;
    return s->left ? give(arg, to, most) : SIZE_MAX;
}

static bool take(void *arg, const void *bytes, size_t count) {
    stream *s = arg;
    if (count > s->left)
        return false;
    memcpy(s->bytes + s->at, bytes, count);
    s->at += count;
    s->left -= count;
    return true;
}

static void models_open_from_memory_and_through_callbacks(void **state) {
    (void)state;
    fixture f = open_network(3);
    static float expected[3 * PIXELS], image[3 * PIXELS];
    size_t size;
    unsigned char *bytes = contents(f.path, &size);
    f.session = new_session(f.model, 1);
    OK(gb_session_render(f.session, expected, &err));
    for (int i = 0; i < 2; i++) {
        stream in = {bytes, 0, size};
        void *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, bytes, size);
        gb_reader reader = i ? (gb_reader){.name = "archive:model", .read = give, .arg = &in}
                             : (gb_reader){.name = "archive:model", .bytes = copy, .count = size};
        gb_model *model = NULL;
        OK(gb_model_open_from(f.context, &reader, &model, &err));
        free(copy);                     /* the model has its own */
        assert_int_equal(gb_model_checksum(model), gb_model_checksum(f.model));
        gb_session *session = new_session(model, 1);
        OK(gb_session_render(session, image, &err));
        assert_memory_equal(image, expected, sizeof image);
        gb_session_free(session);
        assert_int_equal(gb_model_close(model), GB_OK);
    }
    gb_model *none;
    stream broken = {bytes, 0, 1500};
    assert_int_equal(gb_model_open_from(f.context, &(gb_reader){.name = "net", .read = give_and_fail, .arg = &broken}, &none,
                                        &err), GB_IO);
    assert_string_equal(err.message, "net: the reader's read() failed after 1500 bytes");
    stream cut = {bytes, 0, size - 1};
    assert_int_equal(gb_model_open_from(f.context, &(gb_reader){.name = "net", .read = give, .arg = &cut}, &none, &err),
                     GB_BAD_FILE);
    assert_int_equal(gb_model_open_from(f.context, &(gb_reader){.bytes = bytes}, &none, &err), GB_BAD_FILE);
    assert_string_equal(err.message, "data: the file is empty");
    assert_int_equal(gb_model_open_from(f.context, &(gb_reader){.name = "x"}, &none, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "x: a reader needs bytes or read()");
    free(bytes);
    close_fixture(&f);
}

static void array_files_open_through_callbacks(void **state) {
    (void)state;
    size_t size, index;
    unsigned char *bytes = contents("tests/fixtures/nvlabs-orig-16.npz", &size);
    stream in = {bytes, 0, size};
    gb_file *file, *same;
    gb_array_info info;
    OK(gb_file_open("tests/fixtures/nvlabs-orig-16.npz", &file, &err));
    OK(gb_file_open_from(&(gb_reader){.read = give, .arg = &in}, &same, &err));
    free(bytes);
    assert_int_equal(gb_file_array_count(same), gb_file_array_count(file));
    gb_file_array(file, 0, &info);
    assert_true(gb_file_find(same, info.name, &index));
    float *a = calloc((size_t)info.count, sizeof *a), *b = calloc((size_t)info.count, sizeof *b);
    assert_true(a && b);
    OK(gb_file_read(file, 0, a, &err));
    OK(gb_file_read(same, index, b, &err));
    assert_memory_equal(a, b, (size_t)info.count * sizeof *a);
    free(a);
    free(b);
    gb_file_close(file);
    gb_file_close(same);
}

static void checkpoints_convert_from_memory_to_memory(void **state) {
    (void)state;
    const struct { const char *checkpoint, *config; } cases[] = {
        {"tests/fixtures/nvlabs-orig-16.pkl", NULL},
        {"tests/fixtures/biggan-32-cifar.pth", "tests/fixtures/biggan-32-cifar.json"},
    };
    gb_context *context = NULL;
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    for (size_t i = 0; i < 2; i++) {
        size_t size, in_size, json_size;
        const char *name = strrchr(cases[i].checkpoint, '/') + 1;
        OK(gb_convert(context, cases[i].checkpoint, "embedding.gbw", &(gb_convert_options){.config = cases[i].config}, &err));
        unsigned char *expected = contents("embedding.gbw", &size), *in = contents(cases[i].checkpoint, &in_size);
        unlink("embedding.gbw");
        char *json = cases[i].config ? contents(cases[i].config, &json_size) : NULL, *text = NULL;
        if (json) {
            text = calloc(json_size + 1, 1);
            assert_non_null(text);
            memcpy(text, json, json_size);
        }
        const gb_convert_options options = {.config_json = text};
        gb_writer memory = {.size = sizeof memory};
        OK(gb_convert_to(context, &(gb_reader){.name = name, .bytes = in, .count = in_size}, &memory, &options, &err));
        assert_int_equal(memory.count, size);
        assert_memory_equal(memory.bytes, expected, size);
        gb_free(memory.bytes);

        stream from = {in, 0, in_size}, to = {calloc(size, 1), 0, size};
        gb_writer out = {.write = take, .arg = &to};
        OK(gb_convert_to(context, &(gb_reader){.name = name, .read = give, .arg = &from}, &out, &options, &err));
        assert_int_equal(out.count, size);
        assert_memory_equal(to.bytes, expected, size);

        to.left = 0;            /* a writer that has had enough */
        assert_int_equal(gb_convert_to(context, &(gb_reader){.name = name, .bytes = in, .count = in_size}, &out, &options,
                                       &err), GB_IO);
        assert_string_equal(err.message, "the writer's write() ended the output after 0 bytes");
        free(to.bytes);
        free(text);
        free(json);
        free(in);
        free(expected);
    }
    const gb_convert_options both = {.config = "a.json", .config_json = "{}"};
    assert_int_equal(gb_convert(context, cases[0].checkpoint, "embedding.gbw", &both, &err), GB_BAD_ARGUMENT);
    const gb_convert_options torn = {.config_json = "{\"resolution\":"};
    assert_int_equal(gb_convert(context, cases[1].checkpoint, "embedding.gbw", &torn, &err), GB_BAD_FILE);
    assert_non_null(strstr(err.message, "config_json: line 1"));
    assert_int_equal(gb_context_free(context), GB_OK);
}

/* ------------------------------------------------------------------------------------------------ memory */

/* The linker sends the library's calls of the C library here, which note the largest block. */
static size_t largest_block;

static void note_block(size_t size) {
    largest_block = size > largest_block ? size : largest_block;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);

void *__wrap_malloc(size_t size) {
    note_block(size);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    note_block(count * size);
    return __real_calloc(count, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
    note_block(size);
    return __real_posix_memalign(memory, alignment, size);
}

typedef struct accounts {
    size_t in_use, most;
    int blocks, asked;
    int fails_at;               /* the number of the request that fails, from 1; 0 = none */
} accounts;

static void *give_memory(void *arg, size_t size, size_t alignment) {
    accounts *a = arg;
    void *memory = NULL;
    assert_true(alignment && alignment <= 64 && !(alignment & (alignment - 1)));
    if (++a->asked == a->fails_at || __real_posix_memalign(&memory, alignment, size))
        return NULL;
    a->in_use += size;
    a->blocks++;
    a->most = a->in_use > a->most ? a->in_use : a->most;
    return memory;
}

static void take_memory(void *arg, void *memory, size_t size) {
    accounts *a = arg;
    assert_true(a->in_use >= size);
    a->in_use -= size;
    a->blocks--;
    free(memory);
}

static bool ignore(void *arg, const void *bytes, size_t count) {
    (void)arg;
    (void)bytes;
    return count > 0;
}

/* Everything that a program does; with a noise map, bends and pixels. */
static gb_status run_program(accounts *a, const char *path, float *image) {
    static uint8_t pixels[PIXELS * 16 * 4];
    size_t largest;
    const gb_allocator allocator = {give_memory, take_memory, a};
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *session = NULL;
    gb_status status;
    static float ones[PIXELS * 16];
    for (int i = 0; i < PIXELS * 16; i++)
        ones[i] = 1;
    largest_block = 0;
    (void)((status = gb_context_new(&(gb_context_options){.threads = 1, .allocator = &allocator}, &context, &err)) ||
           (status = gb_model_read(context, path, &model, &err)) ||
           (status = gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, &err)) ||
           (status = gb_session_seed(session, 3, &err)) ||
           (status = gb_session_noise(session, GB_NOISE_RANDOM, 4, &err)) ||
           (status = gb_session_set_noise_map(session, "synthesis.b16.conv1", ones, 1, &err)) ||
           (status = gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "synthesis.b8.conv1",
                                                                 .name = "rotate"}, NULL, &err)) ||
           (status = gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_NOISE, .at = "synthesis.b8.conv1",
                                                                 .factor = 1, .reseed = true, .seed = 9}, NULL, &err)) ||
           (status = gb_session_render_as(session, &(gb_pixel_format){.order = GB_PIXELS_BGRA}, pixels, sizeof pixels,
                                          &err)) ||
           (status = gb_session_render(session, image, &err)));
    largest = largest_block;            /* what libpng and zlib take depends on the picture's size */
    if (!status)
        status = gb_session_render_png_to(session, &(gb_writer){.write = ignore}, &err);
    gb_session_free(session);
    assert_int_equal(gb_model_close(model), GB_OK);
    assert_int_equal(gb_context_free(context), GB_OK);
    assert_int_equal(a->in_use, 0);
    assert_int_equal(a->blocks, 0);
    largest_block = largest;
    return status;
}

/* Kernels for large dense layers read the weights as they are stored, also with several samples. */
static void a_large_dense_layer_does_not_copy_its_weights(void **state) {
    enum { INPUTS = 1100, OUTPUTS = 1000 };
    accounts a = {0};
    const gb_allocator allocator = {give_memory, take_memory, &a};
    float *weights = calloc(INPUTS * OUTPUTS, sizeof *weights), x[2 * INPUTS], y[2 * OUTPUTS];
    gb_context *context;
    gb_model *model;
    gb_session *session;
    (void)state;
    assert_non_null(weights);
    for (int o = 0; o < OUTPUTS; o++)
        weights[o * INPUTS + o] = 1;
    for (int i = 0; i < 2 * INPUTS; i++)
        x[i] = (float)i;
    OK(gb_context_new(&(gb_context_options){.allocator = &allocator}, &context, &err));
    gb_graph *graph = gb_graph_new();
    gb_graph_weight(graph, "w", 2, (const int64_t[]){OUTPUTS, INPUTS}, weights);
    gb_node in = gb_graph_input(graph, "x", 1, (const int64_t[]){INPUTS}, NULL);
    gb_graph_output(graph, gb_graph_linear(graph, "y", in, "w", 1));
    OK(gb_model_build(context, graph, &model, &err));
    OK(gb_session_new(model, &(gb_session_options){.batch = 2}, &session, &err));
    size_t before = a.in_use;
    OK(gb_session_feed(session, "x", x, &err));
    OK(gb_session_render(session, y, &err));
    assert_true(a.most - before < INPUTS * OUTPUTS * sizeof(float) / 8);
    for (int i = 0; i < 2 * OUTPUTS; i++)
        assert_true(y[i] == x[i / OUTPUTS * INPUTS + i % OUTPUTS]);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    free(weights);
}

static void the_callers_allocator_gives_all_that_grows_and_may_fail_at_each_block(void **state) {
    (void)state;
    fixture f = open_network(3);
    static float expected[3 * PIXELS], image[3 * PIXELS * 16];
    accounts all = {0}, more = {0}, again = {0};
    OK(run_program(&all, f.path, expected));
    for (int i = 1; i <= all.asked; i++) {
        accounts a = {.fails_at = i};
        assert_int_equal(run_program(&a, f.path, image), GB_NO_MEMORY);
        assert_int_equal(a.asked, i);
    }
    OK(run_program(&again, f.path, image));
    assert_memory_equal(image, expected, sizeof expected);
    assert_int_equal(again.asked, all.asked);

    /* The same nodes with sixteen times the pixels and twice the channels: only the allocator gives more. */
    size_t bookkeeping = largest_block;
    fixture large = open_fixture(NULL, &(gb_stylegan2){.resolution = R, .channel_base = 32 * R, .channel_max = 48,
                                                       .z_dim = 16, .w_dim = 16, .mapping_layers = 2, .start_height = 16,
                                                       .start_width = 16, .seed = 5}, NULL);
    OK(run_program(&more, large.path, image));
    assert_true(more.most > 8 * all.most);
    assert_int_equal(largest_block, bookkeeping);

    gb_context *context;
    const gb_allocator half = {give_memory, NULL, &all};
    assert_int_equal(gb_context_new(&(gb_context_options){.allocator = &half}, &context, &err), GB_BAD_ARGUMENT);
    close_fixture(&f);
    close_fixture(&large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_and_the_library_have_one_version),
        cmocka_unit_test(options_may_be_smaller_or_larger_than_the_librarys),
        cmocka_unit_test(options_of_the_builder_are_checked_as_well),
        cmocka_unit_test(closing_in_the_wrong_order_is_refused),
        cmocka_unit_test(failures_do_not_keep_the_parent_open),
        cmocka_unit_test(the_log_says_what_was_chosen),
        cmocka_unit_test(every_format_has_the_same_picture),
        cmocka_unit_test(impossible_formats_are_refused),
        cmocka_unit_test(a_png_in_memory_is_the_file),
        cmocka_unit_test(models_open_from_memory_and_through_callbacks),
        cmocka_unit_test(array_files_open_through_callbacks),
        cmocka_unit_test(checkpoints_convert_from_memory_to_memory),
        cmocka_unit_test(a_large_dense_layer_does_not_copy_its_weights),
        cmocka_unit_test(the_callers_allocator_gives_all_that_grows_and_may_fail_at_each_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
