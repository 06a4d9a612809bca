/* Pictures: the same 8-bit values as NVIDIA's generate.py, and complete PNG files. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "engine/base/platform.h"
#include "engine/picture/image.h"
#include "engine/picture/png_read.h"

enum { W = 37, H = 21 };

static char folder[] = "/tmp/ganbend-test-XXXXXX";
static uint8_t picture[H * W * 3];

/* Linked in place of malloc() in the library: the allocation with number `failing` fails, counted from 0. */
static long allocated, failing = -1;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size) {
    return allocated++ == failing ? NULL : __real_malloc(size);
}

static int enter_folder(void **state) {
    (void)state;
    for (int i = 0; i < H * W * 3; i++)
        picture[i] = (uint8_t)(i * i / 7);
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : 1;
}

static int leave_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}

static void eight_bits_are_scaled_clamped_and_truncated(void **state) {
    (void)state;
    const float in[3][6] = {
        {-1.0f, 0.0f, 1.0f, -1.00393f, 0.99609375f, 0.0078f},
        {-2.0f, 3.0f, NAN, INFINITY, -INFINITY, 0.00785f},
        {0.5f, -0.5f, 1e30f, -1e30f, -0.0f, 0.25f},
    };
    const uint8_t expected[6][3] = {
        {0, 0, 191}, {128, 255, 64}, {255, 0, 255}, {0, 255, 0}, {255, 0, 128}, {128, 129, 159},
    };
    uint8_t out[6][3];
    gb_image_to_rgb(&in[0][0], 6, &out[0][0]);
    assert_memory_equal(out, expected, sizeof out);
}

static void write_picture(const char *path) {
    const gb_text texts[] = {
        {"Software", "ganbend"},
        {"ganbend:class", "Zaunk\xc3\xb6nig \xe2\x98\x83"},
        {"ganbend:empty", ""},
    };
    gb_error err = {0};
    assert_int_equal(gb_png_write(path, W, H, picture, texts, 3, &err), GB_OK);
}

static void a_png_contains_its_pixels_and_texts(void **state) {
    (void)state;
    write_picture("out.png");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *file = fopen("out.png", "rb");
    assert_non_null(file);
    png_init_io(png, file);
    png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    assert_int_equal(png_get_image_width(png, info), W);
    assert_int_equal(png_get_image_height(png, info), H);
    assert_int_equal(png_get_color_type(png, info), PNG_COLOR_TYPE_RGB);
    png_bytepp rows = png_get_rows(png, info);
    for (int y = 0; y < H; y++)
        assert_memory_equal(rows[y], picture + y * W * 3, W * 3);
    png_textp texts;
    int count = 0;
    png_get_text(png, info, &texts, &count);
    assert_int_equal(count, 3);
    assert_string_equal(texts[0].key, "Software");
    assert_string_equal(texts[0].text, "ganbend");
    assert_int_equal(texts[0].compression, PNG_TEXT_COMPRESSION_NONE);
    assert_string_equal(texts[1].text, "Zaunk\xc3\xb6nig \xe2\x98\x83");
    assert_int_equal(texts[1].compression, PNG_ITXT_COMPRESSION_NONE);
    assert_string_equal(texts[2].text, "");
    fclose(file);
    png_destroy_read_struct(&png, &info, NULL);
    unlink("out.png");
}

static void the_same_picture_gives_the_same_bytes(void **state) {
    (void)state;
    gb_map a, b;
    write_picture("a.png");
    write_picture("b.png");
    assert_int_equal(gb_map_open("a.png", &a, NULL), GB_OK);
    assert_int_equal(gb_map_open("b.png", &b, NULL), GB_OK);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.bytes, b.bytes, a.size);
    gb_map_close(&a);
    gb_map_close(&b);
    unlink("a.png");
    unlink("b.png");
}

static void put(const char *path, const void *bytes, size_t size) {
    gb_out_file *file;
    unlink(path);       /* what is there may be no PNG, which is not replaced */
    assert_int_equal(gb_out_file_new(path, GB_OUTPUT_PNG, &file, NULL), GB_OK);
    gb_out_file_write(file, bytes, size);
    assert_int_equal(gb_out_file_finish(file, NULL), GB_OK);
    gb_out_file_free(file);
}

static void only_a_complete_png_is_complete(void **state) {
    (void)state;
    write_picture("out.png");
    assert_true(gb_png_is_complete("out.png"));
    assert_false(gb_png_is_complete("missing.png"));
    assert_false(gb_png_is_complete("."));
    gb_map map;
    assert_int_equal(gb_map_open("out.png", &map, NULL), GB_OK);
    unsigned char *bytes = malloc(map.size + 1);
    assert_non_null(bytes);
    memcpy(bytes, map.bytes, map.size);
    bytes[map.size] = 0;
    size_t size = map.size;
    gb_map_close(&map);

    put("damaged.png", bytes, size + 1);
    assert_false(gb_png_is_complete("damaged.png"));
    for (size_t length = 0; length < size; length += length < size - 20 ? 97 : 1) {
        put("damaged.png", bytes, length);
        assert_false(gb_png_is_complete("damaged.png"));
    }
    for (size_t at = 0; at < size; at += at < 120 ? 1 : 61) {
        bytes[at] ^= 0x10;
        put("damaged.png", bytes, size);
        assert_false(gb_png_is_complete("damaged.png"));
        bytes[at] ^= 0x10;
    }
    put("damaged.png", bytes, size);
    assert_true(gb_png_is_complete("damaged.png"));
    free(bytes);
    unlink("out.png");
    unlink("damaged.png");
}

/* ------------------------------------------------------------------------------------------------ texts */

static void gather(void *arg, const char *key, const char *value) {
    size_t used = strlen(arg);
    snprintf((char *)arg + used, 1024 - used, "%s=%.40s\n", key, value);
}

static void assert_texts(const char *path, const char *wanted) {
    char texts[1024] = "";
    gb_error err = {0};
    if (gb_png_text(path, gather, texts, &err))
        fail_msg("%s", err.message);
    assert_string_equal(texts, wanted);
}

static unsigned char *put_chunk(unsigned char *to, const char *name, const void *data, size_t size) {
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(size >> (24 - 8 * i));
    memcpy(to + 4, name, 4);
    memcpy(to + 8, data, size);
    uLong crc = crc32(0, to + 4, (uInt)size + 4);
    for (int i = 0; i < 4; i++)
        to[8 + size + (size_t)i] = (unsigned char)(crc >> (24 - 8 * i));
    return to + 12 + size;
}

/* The most address space that this process has had, in KiB; -1 if the system does not tell. */
static long peak_kib(void) {
    char line[256];
    long peak = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && peak < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "VmPeak: %ld kB", &peak) != 1)
            peak = -1;
    if (file)
        fclose(file);
    return peak;
}

/* A file of few bytes takes little memory: it may promise neither a long chunk nor a large picture. */
static void small_pngs_take_little_memory(void **state) {
    (void)state;
    enum { MOST_KIB = 48 << 10 };
    unsigned char bytes[256], large[13] = {0, 0, 16, 0, 0, 0, 16, 0, 8, 6, 0, 0, 0}, small[13] = {0, 0, 0, 4, 0, 0, 0, 4, 8, 2};
    unsigned char packed[64] = {0};
    uLongf packed_size = sizeof packed;
    const char *said[] = {"short.png: the file is too short for its width and height", "short.png: the file is truncated"};
    assert_int_equal(compress(packed, &packed_size, (const Bytef *)"\0\0\0\0\0\0\0\0", 8), Z_OK);
    for (int i = 0; i < 2; i++) {
        int width, height;
        uint8_t *rgba;
        gb_error err = {0};
        long before = peak_kib();
        memcpy(bytes, "\x89PNG\r\n\x1a\n", 8);
        unsigned char *end = put_chunk(bytes + 8, "IHDR", i ? small : large, 13);
        if (i) {
            memcpy(end, "\x74\x73\x20\x10tEXtRecipe", 14);
            end += 14;
        }
        end = put_chunk(end, "IDAT", packed, packed_size);
        end = put_chunk(end, "IEND", "", 0);
        put("short.png", bytes, (size_t)(end - bytes));
        assert_false(gb_png_is_complete("short.png"));
        assert_int_equal(gb_png_text("short.png", gather, bytes, &err), GB_BAD_FILE);
        assert_string_equal(err.message, said[i]);
        assert_int_equal(gb_png_read("short.png", &width, &height, &rgba, &err), GB_BAD_FILE);
        assert_string_equal(err.message, said[i]);
        assert_true(peak_kib() - before < MOST_KIB);
    }
    unlink("short.png");
}

static void texts_of_foreign_pngs_are_read(void **state) {
    enum { ROOM = 1 << 20, BOMB = 64 << 20 };
    (void)state;
    write_picture("out.png");
    assert_texts("out.png", "Software=ganbend\nganbend:class=Zaunk\xc3\xb6nig \xe2\x98\x83\nganbend:empty=\n");

    /* After the pixels: Latin-1, a compressed text, and one that would decompress to more than the limit. */
    gb_map map;
    assert_int_equal(gb_map_open("out.png", &map, NULL), GB_OK);
    unsigned char *bytes = malloc(map.size + ROOM), *zeros = calloc(BOMB, 1), packed[ROOM / 2] = "z";
    assert_non_null(bytes);
    assert_non_null(zeros);
    memcpy(bytes, map.bytes, map.size);
    unsigned char *end = bytes + map.size - 12;
    gb_map_close(&map);
    end = put_chunk(end, "tEXt", "caf\xe9\0na\xefve", 10);
    uLongf size = sizeof packed - 3;
    assert_int_equal(compress(packed + 3, &size, (const Bytef *)"in few bytes", 12), Z_OK);
    end = put_chunk(end, "zTXt", packed, size + 3);
    packed[0] = 'b';
    size = sizeof packed - 3;
    assert_int_equal(compress(packed + 3, &size, zeros, BOMB), Z_OK);
    end = put_chunk(end, "zTXt", packed, size + 3);
    end = put_chunk(end, "IEND", "", 0);
    put("texts.png", bytes, (size_t)(end - bytes));
    assert_texts("texts.png", "Software=ganbend\nganbend:class=Zaunk\xc3\xb6nig \xe2\x98\x83\nganbend:empty=\n"
                              "caf\xc3\xa9=na\xc3\xafve\nz=in few bytes\n");

    gb_error err = {0};
    char texts[1024] = "";
    put("texts.png", bytes, 200);
    assert_int_equal(gb_png_text("texts.png", gather, texts, &err), GB_BAD_FILE);
    assert_string_equal(err.message, "texts.png: the file is truncated");
    put("texts.png", "no picture", 10);
    assert_int_equal(gb_png_text("texts.png", gather, texts, &err), GB_BAD_FILE);
    assert_int_equal(gb_png_text("missing.png", gather, texts, &err), GB_IO);
    assert_string_equal(texts, "");
    free(bytes);
    free(zeros);
    unlink("out.png");
    unlink("texts.png");
}

static void check_refused(int width, int height, gb_text text, const char *line) {
    gb_error err = {0};
    assert_int_equal(gb_png_write("out.png", width, height, picture, &text, 1, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, line);
    assert_int_not_equal(access("out.png", F_OK), 0);
}

static gb_status write_it(gb_error *err) {
    const gb_text text = {"Recipe", "bends: []"};
    return gb_png_write("memory.png", W, H, picture, &text, 1, err);
}

static gb_status read_it(gb_error *err) {
    int width, height;
    uint8_t *rgba;
    gb_status status = gb_png_read("memory.png", &width, &height, &rgba, err);
    free(rgba);
    return status;
}

static gb_status read_its_text(gb_error *err) {
    char texts[1024] = "";
    gb_status status = gb_png_text("memory.png", gather, texts, err);
    if (!status)
        assert_string_equal(texts, "Recipe=bends: []\n");
    return status;
}

/* Neither a damaged file nor a wrong argument, and no text goes missing. */
static void every_failed_allocation_is_reported_as_such(void **state) {
    (void)state;
    gb_status (*const does[])(gb_error *err) = {write_it, read_it, read_its_text};
    for (size_t i = 0; i < sizeof does / sizeof *does; i++) {
        gb_status status = GB_NO_MEMORY;
        for (long n = 0; status; n++) {
            gb_error err = {0};
            allocated = 0;
            failing = n;
            status = does[i](&err);
            failing = -1;
            if (status) {
                assert_int_equal(status, GB_NO_MEMORY);
                assert_string_equal(err.message, "memory.png: out of memory");
            }
            assert_int_equal(allocated > n, status != GB_OK);
        }
    }
    unlink("memory.png");
}

static void impossible_pngs_are_refused(void **state) {
    (void)state;
    check_refused(0, H, (gb_text){"a", "b"}, "out.png: a picture of 0x21 has no pixels");
    check_refused(W, -1, (gb_text){"a", "b"}, "out.png: a picture of 37x-1 has no pixels");
    check_refused(W, H, (gb_text){"", "b"},
                  "out.png: '' is not a valid PNG keyword; expected 1 to 79 printable ASCII characters");
    check_refused(W, H, (gb_text){"a  b", "c"},
                  "out.png: 'a  b' is not a valid PNG keyword; expected 1 to 79 printable ASCII characters");
    check_refused(W, H, (gb_text){"latin", "caf\xe9"}, "out.png: the text 'latin' is not UTF-8");
    check_refused(W, H, (gb_text){"overlong", "\xc0\xaf"}, "out.png: the text 'overlong' is not UTF-8");
    check_refused(W, H, (gb_text){"surrogate", "\xed\xa0\x80"}, "out.png: the text 'surrogate' is not UTF-8");
}

static void a_full_disk_is_reported(void **state) {
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    gb_error err = {0};
    assert_int_equal(gb_png_write("/dev/full", W, H, picture, NULL, 0, &err), GB_IO);
    assert_string_equal(err.message, "/dev/full: the disk is full");
    enum { SIDE = 400 };
    uint8_t *noise = malloc(SIDE * SIDE * 3);
    assert_non_null(noise);
    uint32_t x = 1;
    for (int i = 0; i < SIDE * SIDE * 3; i++, x = x * 1664525 + 1013904223)
        noise[i] = (uint8_t)(x >> 24);
    err = (gb_error){0};
    assert_int_equal(gb_png_write("/dev/full", SIDE, SIDE, noise, NULL, 0, &err), GB_IO);     /* fails midway */
    assert_string_equal(err.message, "/dev/full: the disk is full");
    free(noise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_bits_are_scaled_clamped_and_truncated),
        cmocka_unit_test(a_png_contains_its_pixels_and_texts),
        cmocka_unit_test(the_same_picture_gives_the_same_bytes),
        cmocka_unit_test(only_a_complete_png_is_complete),
        cmocka_unit_test(small_pngs_take_little_memory),
        cmocka_unit_test(texts_of_foreign_pngs_are_read),
        cmocka_unit_test(every_failed_allocation_is_reported_as_such),
        cmocka_unit_test(impossible_pngs_are_refused),
        cmocka_unit_test(a_full_disk_is_reported),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
