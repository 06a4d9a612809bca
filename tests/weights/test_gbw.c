/* The .gbw file: what goes in comes out, and a damaged or lying one is refused with a line that says what and where. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "weights/crc32.h"
#include "weights/gbw.h"

enum { FILE_ROOM = 1 << 16, AT_CRC = 44 };

typedef struct file {
    uint8_t bytes[FILE_ROOM];
    size_t size;
} file;

static bool into_memory(void *arg, const void *bytes, size_t size) {
    file *f = arg;
    if (size > FILE_ROOM - f->size)
        return false;
    memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
    return true;
}

static bool nowhere(void *arg, const void *bytes, size_t size) {
    (void)arg, (void)bytes, (void)size;
    return false;
}

static float conv[2 * 3 * 3 * 3], bias[2] = {0.1f, -2.5f}, strength[1] = {0.25f}, filter[4][4];

static gb_array array_of(const float *data, int ndim, const int64_t *shape) {
    gb_array a = {.dtype = GB_F32, .ndim = ndim, .data = data};
    for (int d = 0; d < ndim; d++)
        a.shape[d] = shape[d];
    gb_array_pack_strides(&a);
    return a;
}

/* A small network with one entry of every kind. */
static gb_network *small_network(void) {
    gb_network *n = gb_network_new();
    assert_non_null(n);
    for (int i = 0; i < 54; i++)
        conv[i] = (float)(i - 27) / 7.0f;
    for (int i = 0; i < 16; i++)
        filter[i / 4][i % 4] = (float)(i + 1) / 1000.0f;
    const char *const names[] = {"tench", "goldfish", "caf\xc3\xa9"};
    assert_true(gb_network_set_str(n, "architecture", "stylegan2"));
    assert_true(gb_network_set_int(n, "config.z_dim", INT64_MIN));
    assert_true(gb_network_set_float(n, "config.mapping_lr", 0.01));
    assert_true(gb_network_set_bool(n, "config.layer.synthesis.b4.conv1.use_noise", false));
    assert_true(gb_network_set_ints(n, "config.channels", (const int64_t[]){512, 256, 7}, 3));
    assert_true(gb_network_set_floats(n, "origin.means", (const double[]){1e300, -0.0}, 2));
    assert_true(gb_network_set_strs(n, "origin.classes", names, 3));
    assert_true(gb_network_set_ints(n, "origin.nothing", NULL, 0));
    assert_true(gb_network_set_str(n, "origin.licence", "two\nlines"));
    assert_true(gb_network_add_alias(n, "conv1", "synthesis.b4.conv1"));
    assert_true(gb_network_add_alias(n, "style.1", "mapping.fc0"));
    gb_array weight = array_of(conv, 4, (const int64_t[]){2, 3, 3, 3});
    gb_array vector = array_of(bias, 1, (const int64_t[]){2}), scalar = array_of(strength, 0, NULL);
    gb_array square = array_of(&filter[0][0], 2, (const int64_t[]){4, 4});
    assert_true(gb_network_add_array(n, "synthesis.b4.conv1.weight", &weight));
    assert_true(gb_network_add_array(n, "synthesis.b4.conv1.bias", &vector));
    assert_true(gb_network_add_array(n, "synthesis.b4.conv1.noise_strength", &scalar));
    assert_true(gb_network_add_array(n, "synthesis.b8.conv0.resample_filter", &square));
    return n;
}

static file *small_file(bool half) {
    file *f = calloc(1, sizeof *f);
    gb_network *n = small_network();
    gb_reason why = {0};
    assert_non_null(f);
    assert_true(gbw_write(n, half, into_memory, f, &why));
    gb_network_free(n);
    return f;
}

static void poke(uint8_t *at, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t peek(const uint8_t *at, size_t bytes) {
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)at[i] << 8 * i;
    return v;
}

/* Makes the header's checksum right again, as a hostile file would have it. */
static void reseal(file *f) {
    poke(f->bytes + AT_CRC, 0, 4);
    poke(f->bytes + AT_CRC, crc32(0, f->bytes, (uInt)peek(f->bytes + 16, 8)), 4);
}

static uint8_t *find_in(file *f, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= f->size; i++)
        if (!memcmp(f->bytes + i, text, length))
            return f->bytes + i;
    fail_msg("no '%s' in the file", text);
    return NULL;
}

/* Opened from a block of exactly its size, so that a sanitizer sees one byte too far. */
static gb_network *open_exact(const uint8_t *bytes, size_t size, uint8_t **block, gb_reason *why) {
    *block = malloc(size ? size : 1);
    assert_non_null(*block);
    if (size)
        memcpy(*block, bytes, size);
    why->text[0] = 0;
    return gbw_open(*block, size, "toy.gbw", why);
}

static void refused(const uint8_t *bytes, size_t size, const char *with) {
    gb_reason why = {0};
    uint8_t *block;
    gb_network *n = open_exact(bytes, size, &block, &why);
    assert_null(n);
    assert_ptr_equal(strstr(why.text, "toy.gbw: "), why.text);
    if (!strstr(why.text, with))
        fail_msg("'%s' does not say '%s'", why.text, with);
    free(block);
}

static void everything_written_is_read_back(void **state) {
    (void)state;
    file *f = small_file(false);
    gb_reason why = {0};
    gb_network *n = gbw_open(f->bytes, f->size, "toy.gbw", &why), *was = small_network();
    assert_non_null(n);
    assert_string_equal(gb_network_str(n, "architecture", ""), "stylegan2");
    assert_int_equal(gb_network_int(n, "config.z_dim", 0), INT64_MIN);
    assert_true(gb_network_float(n, "config.mapping_lr", 0) == 0.01);
    assert_false(gb_network_bool(n, "config.layer.synthesis.b4.conv1.use_noise", true));
    assert_int_equal(gb_network_meta(n, "config.channels")->count, 3);
    assert_int_equal(gb_network_meta(n, "config.channels")->ints[2], 7);
    assert_true(gb_network_meta(n, "origin.means")->floats[0] == 1e300);
    assert_true(signbit(gb_network_meta(n, "origin.means")->floats[1]));
    assert_string_equal(gb_network_meta(n, "origin.classes")->strs[2], "caf\xc3\xa9");
    assert_int_equal(gb_network_meta(n, "origin.nothing")->count, 0);
    assert_string_equal(gb_network_str(n, "origin.licence", ""), "two\nlines");
    assert_int_equal(gb_network_int(n, "architecture", 5), 5);      /* another type is as absent */
    const gb_alias *aliases;
    assert_int_equal(gb_network_aliases(n, &aliases), 2);
    assert_string_equal(aliases[1].alias, "style.1");
    assert_string_equal(aliases[1].canonical, "mapping.fc0");
    const gb_named_array *a, *b;
    size_t count = gb_network_arrays(n, &a);
    assert_int_equal(count, gb_network_arrays(was, &b));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(a[i].name, b[i].name);
        assert_int_equal(a[i].array.ndim, b[i].array.ndim);
        assert_memory_equal(a[i].array.shape, b[i].array.shape, (size_t)a[i].array.ndim * sizeof(int64_t));
        assert_int_equal(((const uint8_t *)a[i].array.data - f->bytes) % 64, 0);
        float left[64], right[64];
        assert_true(gb_array_to_f32(&a[i].array, left, &why) && gb_array_to_f32(&b[i].array, right, &why));
        assert_memory_equal(left, right, (size_t)gb_array_count(&a[i].array) * sizeof(float));
        assert_true(gbw_verify(n, a[i].name, &why));
    }
    gb_network_free(was);
    gb_network_free(n);
    free(f);
}

static void checksums_are_those_of_zlib(void **state) {
    (void)state;
    static uint8_t bytes[70000];
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        bytes[i] = (uint8_t)(random >> 56);
    }
    for (size_t size = 0; size < 300; size++)
        for (size_t from = 0; from < 4; from++)
            assert_int_equal(gb_crc32((uint32_t)(size * from), bytes + from, size),
                             crc32((uLong)(size * from), bytes + from, (uInt)size));
    assert_int_equal(gb_crc32(0xffffffff, bytes + 5, sizeof bytes - 5), crc32(0xffffffff, bytes + 5, sizeof bytes - 5));
}

static void the_same_network_gives_the_same_bytes(void **state) {
    (void)state;
    for (int half = 0; half < 2; half++) {
        file *f = small_file(half), *again = calloc(1, sizeof *again);
        gb_reason why = {0};
        gb_network *n = gbw_open(f->bytes, f->size, "toy.gbw", &why);
        assert_non_null(n);
        assert_true(gbw_write(n, half, into_memory, again, &why));
        assert_int_equal(again->size, f->size);
        assert_memory_equal(again->bytes, f->bytes, f->size);
        assert_int_equal(gbw_checksum(n), peek(f->bytes + AT_CRC, 4));
        gb_network_free(n);
        free(f);
        free(again);
    }
}

static void half_keeps_vectors_and_matrices_in_float32(void **state) {
    (void)state;
    file *f = small_file(true);
    gb_reason why = {0};
    gb_network *n = gbw_open(f->bytes, f->size, "toy.gbw", &why);
    assert_non_null(n);
    const gb_array *weight = gb_network_array(n, "synthesis.b4.conv1.weight");
    assert_int_equal(weight->dtype, GB_F16);
    assert_int_equal(gb_network_array(n, "synthesis.b4.conv1.bias")->dtype, GB_F32);
    assert_int_equal(gb_network_array(n, "synthesis.b4.conv1.noise_strength")->dtype, GB_F32);
    assert_int_equal(gb_network_array(n, "synthesis.b8.conv0.resample_filter")->dtype, GB_F32);
    float values[54];
    assert_true(gb_array_to_f32(weight, values, &why));
    for (int i = 0; i < 54; i++)
        assert_true(fabsf(values[i] - conv[i]) <= fabsf(conv[i]) / 2048);
    gb_network_free(n);
    free(f);
}

static void half_refuses_what_it_cannot_hold_and_names_the_tensor(void **state) {
    (void)state;
    gb_network *n = small_network();
    file *f = calloc(1, sizeof *f);
    gb_reason why = {0};
    conv[40] = 65520.0f;            /* rounds to infinity; 65519 would not */
    assert_false(gbw_write(n, true, into_memory, f, &why));
    assert_non_null(strstr(why.text, "synthesis.b4.conv1.weight"));
    assert_int_equal(f->size, 0);
    conv[40] = 65519.0f;
    conv[41] = INFINITY;            /* infinity itself can be held */
    conv[42] = NAN;
    assert_true(gbw_write(n, true, into_memory, f, &why));
    gb_network_free(n);
    free(f);
}

static void a_sink_that_takes_nothing_fails_the_writing(void **state) {
    (void)state;
    gb_network *n = small_network();
    gb_reason why = {0};
    assert_false(gbw_write(n, false, nowhere, NULL, &why));
    gb_network_free(n);
}

static void names_that_are_no_text_are_not_written(void **state) {
    (void)state;
    const char *const bad[] = {
        "tab\tbed", "esc\x1b[2J", "\xff\xfe", "cut \xc3", "\xc0\x80", "\xed\xa0\x80", "c1 \xc2\x9b",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gb_reason why = {0};
        gb_network *n = gb_network_new();
        assert_true(gb_network_set_int(n, bad[i], 1));
        assert_false(gbw_write(n, false, nowhere, NULL, &why));
        assert_non_null(strstr(why.text, "UTF-8"));
        gb_network_free(n);
    }
}

static void every_changed_header_byte_is_noticed(void **state) {
    (void)state;
    file *f = small_file(false);
    size_t header = (size_t)peek(f->bytes + 16, 8);
    for (size_t i = 0; i < header; i++) {
        static const uint8_t flips[] = {0x01, 0x80, 0xff};
        for (size_t k = 0; k < sizeof flips; k++) {
            f->bytes[i] ^= flips[k];
            refused(f->bytes, f->size, "");
            f->bytes[i] ^= flips[k];
        }
    }
    free(f);
}

static void resealed_nonsense_neither_crashes_nor_is_taken_beyond_its_bounds(void **state) {
    (void)state;
    file *f = small_file(false);
    size_t header = (size_t)peek(f->bytes + 16, 8);
    for (size_t i = 8; i < header; i++) {
        uint8_t was = f->bytes[i];
        for (int v = 0; v < 256; v += i < 64 ? 1 : 15) {
            f->bytes[i] = (uint8_t)v;
            if (i < 16 || i >= 24)      /* the header's own size must stay for the seal to fit */
                reseal(f);
            gb_reason why = {0};
            uint8_t *block;
            gb_network *n = open_exact(f->bytes, f->size, &block, &why);
            const gb_named_array *list;
            for (size_t k = 0, count = n ? gb_network_arrays(n, &list) : 0; k < count; k++) {
                float values[64];       /* reading every value is what a sanitizer checks here */
                if (gb_array_count(&list[k].array) <= 64)
                    assert_true(gb_array_to_f32(&list[k].array, values, &why));
            }
            if (!n)
                assert_true(strlen(why.text) > strlen("toy.gbw: "));
            gb_network_free(n);
            free(block);
        }
        f->bytes[i] = was;
        reseal(f);
    }
    free(f);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    file *f = small_file(false);
    for (size_t size = 0; size < f->size; size++)
        refused(f->bytes, size, size < 8 ? "not a .gbw" : size < 64 ? "cut off" : "was a copy interrupted?");
    f->bytes[f->size] = 0;
    refused(f->bytes, f->size + 1, "were written");
    free(f);
}

static void a_damaged_tensor_is_found_by_verify_and_named(void **state) {
    (void)state;
    file *f = small_file(false);
    gb_reason why = {0};
    gb_network *n = gbw_open(f->bytes, f->size, "toy.gbw", &why);
    assert_non_null(n);
    f->bytes[(const uint8_t *)gb_network_array(n, "synthesis.b4.conv1.bias")->data - f->bytes] ^= 1;
    assert_true(gbw_verify(n, "synthesis.b4.conv1.weight", &why));
    assert_false(gbw_verify(n, "synthesis.b4.conv1.bias", &why));
    assert_non_null(strstr(why.text, "toy.gbw: tensor 'synthesis.b4.conv1.bias'"));
    assert_false(gbw_verify(n, "no.such", &why));
    gb_network_free(n);
    free(f);
}

/* Where a tensor's row has its fields: after the name's zero. */
static uint8_t *row_of(file *f, const char *name) {
    return find_in(f, name) + strlen(name) + 1;
}

static void lying_tables_are_refused(void **state) {
    (void)state;
    static const char bias_name[] = "synthesis.b4.conv1.bias", weight_name[] = "synthesis.b4.conv1.weight";
    const struct { const char *name; size_t at, bytes; uint64_t value; const char *says; } lies[] = {
        {bias_name, 0, 2, 3, "unknown type 3"},
        {bias_name, 0, 2, 0, "unknown type 0"},
        {bias_name, 2, 2, 9, "9 dimensions"},
        {bias_name, 4, 8, 3, "does not have 8 bytes"},
        {bias_name, 4, 8, 0, "a dimension of 0"},
        {bias_name, 4, 8, UINT64_MAX, "a dimension of"},
        {bias_name, 4, 8, UINT64_C(1) << 62, "does not have"},
        {bias_name, 12, 8, 64, "not free"},                     /* in the header */
        {bias_name, 12, 8, UINT64_MAX - 63, "not free"},
        {bias_name, 12, 8, 12345, "not free"},                  /* not aligned */
        {bias_name, 20, 8, 16, "does not have"},
        {weight_name, 4, 8, UINT64_C(1) << 33, "does not have"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        file *f = small_file(false);
        poke(row_of(f, lies[i].name) + lies[i].at, lies[i].value, lies[i].bytes);
        reseal(f);
        refused(f->bytes, f->size, lies[i].says);
        free(f);
    }
}

static void overlapping_tensors_are_refused(void **state) {
    (void)state;
    file *f = small_file(false);
    uint64_t weight_at = peek(row_of(f, "synthesis.b4.conv1.weight") + 4 + 4 * 8, 8);
    poke(row_of(f, "synthesis.b4.conv1.bias") + 12, weight_at + 64, 8);
    reseal(f);
    refused(f->bytes, f->size, "not free");
    free(f);
}

static void lying_counts_and_lengths_are_refused(void **state) {
    (void)state;
    const struct { size_t at, bytes; uint64_t value; const char *says; } lies[] = {
        {32, 4, UINT32_MAX, "a table of"},
        {32, 4, 16384, ""}, {36, 4, 16384, ""}, {40, 4, 16384, ""},
        {40, 4, 0, "after the tensor table"},
        {40, 4, 3, "after the tensor table"},
        {12, 4, 1, "that this version of ganbend does not know"},
        {8, 2, 2, "format 2.0"},
        {64, 4, UINT32_MAX, "malformed"},   /* length of the first key */
        {64, 4, 0, "malformed"},
        {64, 4, 11, "malformed"},           /* then its zero is missing */
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        file *f = small_file(false);
        poke(f->bytes + lies[i].at, lies[i].value, lies[i].bytes);
        reseal(f);
        refused(f->bytes, f->size, lies[i].says);
        free(f);
    }
}

static void lying_metadata_is_refused(void **state) {
    (void)state;
    /* After a key's zero: type, count, size. */
    const struct { const char *key; size_t at; uint64_t value; const char *says; } lies[] = {
        {"config.z_dim", 0, 99, "unknown type 99"},
        {"config.z_dim", 0, 0, "unknown type 0"},
        {"config.z_dim", 4, 0, "cannot have 0 values"},
        {"config.z_dim", 4, 2, "cannot have 2 values"},
        {"config.z_dim", 8, 1 << 20, "malformed"},
        {"config.channels", 4, 2, "malformed value"},
        {"config.channels", 4, UINT32_MAX, "cannot have"},
        {"origin.classes", 4, UINT32_MAX, "cannot have"},
        {"origin.classes", 12, UINT32_MAX, "malformed value"},      /* length of the first text */
        {"config.layer.synthesis.b4.conv1.use_noise", 12, 2, ""},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        file *f = small_file(false);
        poke(row_of(f, lies[i].key) + lies[i].at, lies[i].value, 4);
        reseal(f);
        refused(f->bytes, f->size, lies[i].says);
        free(f);
    }
    const struct { const char *text; uint8_t byte; } texts[] = {
        {"tench", 0}, {"tench", 27}, {"tench", 0xff}, {"config.z_dim", '\n'}, {"style.1", 7},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        file *f = small_file(false);
        find_in(f, texts[i].text)[2] = texts[i].byte;
        reseal(f);
        refused(f->bytes, f->size, "malformed");
        free(f);
    }
}

static void names_that_come_twice_are_refused(void **state) {
    (void)state;
    file *f = small_file(false);
    memcpy(find_in(f, "origin.nothing"), "origin.classes", 14);
    reseal(f);
    refused(f->bytes, f->size, "'origin.classes' appears twice");
    free(f);

    gb_network *n = gb_network_new();
    const gb_array scalar = array_of(strength, 0, NULL);
    assert_true(gb_network_add_alias(n, "left", "a") && gb_network_add_alias(n, "lift", "b"));
    assert_true(gb_network_add_array(n, "bias", &scalar) && gb_network_add_array(n, "bios", &scalar));
    gb_reason why = {0};
    f = calloc(1, sizeof *f);
    assert_true(gbw_write(n, false, into_memory, f, &why));
    memcpy(find_in(f, "bios"), "bias", 4);
    reseal(f);
    refused(f->bytes, f->size, "'bias' appears twice");
    memcpy(find_in(f, "lift"), "left", 4);
    reseal(f);
    refused(f->bytes, f->size, "'left' appears twice");
    gb_network_free(n);
    free(f);
}

static void a_newer_minor_version_may_bring_types_and_tables(void **state) {
    (void)state;
    file *f = small_file(false);
    poke(f->bytes + 10, 1, 2);
    poke(row_of(f, "config.z_dim"), 99, 4);
    reseal(f);
    gb_reason why = {0};
    gb_network *n = gbw_open(f->bytes, f->size, "toy.gbw", &why);
    assert_non_null(n);
    assert_null(gb_network_meta(n, "config.z_dim"));
    assert_non_null(gb_network_array(n, "synthesis.b4.conv1.bias"));
    const char *const *notes;
    assert_int_equal(gb_network_notes(n, &notes), 1);
    assert_non_null(strstr(notes[0], "config.z_dim"));
    gb_network_free(n);
    free(f);
}

static void setting_again_replaces_in_place(void **state) {
    (void)state;
    gb_network *n = small_network();
    const gb_meta *metas;
    size_t before = gb_network_metas(n, &metas);
    assert_true(gb_network_set_str(n, "config.z_dim", "wide"));
    assert_int_equal(gb_network_metas(n, &metas), before);
    assert_string_equal(metas[1].key, "config.z_dim");
    assert_string_equal(metas[1].strs[0], "wide");
    float *mine = gb_network_add_f32(n, "synthesis.b4.conv1.bias", 1, (const int64_t[]){3});
    assert_non_null(mine);
    assert_true(mine[0] == 0 && mine[2] == 0);
    assert_int_equal(gb_network_array(n, "synthesis.b4.conv1.bias")->shape[0], 3);
    gb_network_free(n);
}

static void a_network_takes_so_many_entries_and_no_more(void **state) {
    (void)state;
    gb_network *n = gb_network_new();
    char key[GB_NETWORK_NAME + 2];
    for (int i = 0; i < GB_NETWORK_ENTRIES; i++) {
        snprintf(key, sizeof key, "origin.%d", i);
        assert_true(gb_network_set_int(n, key, i));
    }
    assert_false(gb_network_set_int(n, "one.more", 1));
    assert_true(gb_network_set_int(n, "origin.5", -5));
    assert_int_equal(gb_network_int(n, "origin.16383", 0), 16383);
    assert_int_equal(gb_network_int(n, "origin.5", 0), -5);
    memset(key, 'x', sizeof key);
    key[GB_NETWORK_NAME + 1] = 0;
    assert_false(gb_network_add_alias(n, key, "mapping"));
    assert_false(gb_network_add_alias(n, "", "mapping"));
    key[GB_NETWORK_NAME] = 0;
    assert_true(gb_network_add_alias(n, key, "mapping"));
    gb_network_free(n);
}

static void notes_carry_no_control_characters(void **state) {
    (void)state;
    gb_network *n = gb_network_new();
    const char *const *notes;
    assert_true(gb_network_note(n, "class '%s'", "a\x1b[31m\n"));
    assert_int_equal(gb_network_notes(n, &notes), 1);
    assert_string_equal(notes[0], "class 'a?[31m?'");
    gb_network_free(n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_written_is_read_back),
        cmocka_unit_test(checksums_are_those_of_zlib),
        cmocka_unit_test(the_same_network_gives_the_same_bytes),
        cmocka_unit_test(half_keeps_vectors_and_matrices_in_float32),
        cmocka_unit_test(half_refuses_what_it_cannot_hold_and_names_the_tensor),
        cmocka_unit_test(a_sink_that_takes_nothing_fails_the_writing),
        cmocka_unit_test(names_that_are_no_text_are_not_written),
        cmocka_unit_test(every_changed_header_byte_is_noticed),
        cmocka_unit_test(resealed_nonsense_neither_crashes_nor_is_taken_beyond_its_bounds),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_tensor_is_found_by_verify_and_named),
        cmocka_unit_test(lying_tables_are_refused),
        cmocka_unit_test(overlapping_tensors_are_refused),
        cmocka_unit_test(lying_counts_and_lengths_are_refused),
        cmocka_unit_test(lying_metadata_is_refused),
        cmocka_unit_test(names_that_come_twice_are_refused),
        cmocka_unit_test(a_newer_minor_version_may_bring_types_and_tables),
        cmocka_unit_test(setting_again_replaces_in_place),
        cmocka_unit_test(a_network_takes_so_many_entries_and_no_more),
        cmocka_unit_test(notes_carry_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
