/* Reading every form a checkpoint comes in. The files under tests/fixtures/readers hold the same few numbers in all of
 * them (tests/reference/make_files.py wrote them with PyTorch and numpy); the larger fixtures are what published code
 * stored. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "value_path.h"
#include "weights/read/checkpoint.h"
#include "weights/read/npy.h"

#define FIXTURES "tests/fixtures/"

typedef struct file {
    uint8_t *bytes;
    size_t size;
    gb_checkpoint *checkpoint;
} file;

static file open_file(const char *name) {
    char path[256];
    snprintf(path, sizeof path, FIXTURES "%s", name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s is missing", path);
    file opened = {0};
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    opened.size = (size_t)ftell(f);
    rewind(f);
    opened.bytes = malloc(opened.size);
    assert_int_equal(fread(opened.bytes, 1, opened.size, f), opened.size);
    fclose(f);
    gb_reason why = {0};
    opened.checkpoint = gb_checkpoint_open(opened.bytes, opened.size, name, &why);
    if (!opened.checkpoint)
        fail_msg("%s", why.text);
    return opened;
}

static void close_file(file *f) {
    gb_checkpoint_close(f->checkpoint);
    free(f->bytes);
}

static const gb_array *find(const file *f, const char *name) {
    size_t count;
    const gb_named_array *list = gb_checkpoint_arrays(f->checkpoint, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i].array;
    fail_msg("no array is named %s", name);
    return NULL;
}

static void expect(const file *f, const char *name, gb_dtype type, const char *shape, const double *values) {
    const gb_array *a = find(f, name);
    char text[64];
    double got[64];
    float got32[64];
    assert_string_equal(gb_shape_text(a, text, sizeof text), shape);
    assert_string_equal(gb_dtype_name(a->dtype), gb_dtype_name(type));
    assert_in_range(gb_array_count(a), 0, 64);
    assert_true(gb_array_to_f64(a, got, NULL));
    assert_true(gb_array_to_f32(a, got32, NULL));
    for (int64_t i = 0; i < gb_array_count(a); i++)
        if (got[i] != values[i] || got32[i] != (float)values[i])
            fail_msg("%s[%" PRId64 "] is %g, expected %g", name, i, got[i], values[i]);
}

static void ramp(double *values, double first, double step) {
    for (int i = 0; i < 64; i++)
        values[i] = first + i * step;
}

/* What make_files.py's state() puts into every container. */
static void expect_state(const file *f) {
    static const struct { const char *name; gb_dtype type; const char *shape; } halves[] = {
        {"f32", GB_F32, "[2,3,4]"}, {"f16", GB_F16, "[5]"}, {"bf16", GB_BF16, "[5]"}, {"f64", GB_F64, "[3,2]"},
        {"base", GB_F32, "[4,6]"}, {"parameter", GB_F32, "[3]"}, {"empty", GB_F32, "[0,4]"},
    };
    static const struct { const char *name; gb_dtype type; } wholes[] = {
        {"i8", GB_I8}, {"i16", GB_I16}, {"i32", GB_I32}, {"i64", GB_I64},
    };
    double values[64];
    size_t count;
    gb_checkpoint_arrays(f->checkpoint, &count);
    assert_int_equal(count, 18);
    ramp(values, -3, 0.5);
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
        expect(f, halves[i].name, halves[i].type, halves[i].shape, values);
    ramp(values, -3, 1);
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        expect(f, wholes[i].name, wholes[i].type, "[2,3]", values);
    ramp(values, 0, 1);
    expect(f, "u8", GB_U8, "[6]", values);
    expect(f, "bool", GB_BOOL, "[3]", (const double[]){1, 0, 1});
    expect(f, "scalar", GB_F32, "[]", (const double[]){2.5});
    ramp(values, 0, 0.5);
    expect(f, "row", GB_F32, "[6]", values);
    for (int i = 0; i < 24; i++)
        values[i] = -3 + 0.5 * (i % 4 * 6 + i / 4);
    expect(f, "transposed", GB_F32, "[6,4]", values);
    for (int i = 0; i < 6; i++)
        values[i] = -3 + 0.5 * (i / 3 * 12 + 1 + i % 3 * 2);
    expect(f, "strided", GB_F32, "[2,3]", values);
    ramp(values, 7, 0);
    expect(f, "expanded", GB_F32, "[3,5]", values);
}

static void state_dicts_read_the_same_from_every_container_and_protocol(void **state) {
    (void)state;
    static const struct { const char *name, *format; } files[] = {
        {"readers/zip-2.pt", "torch zip"}, {"readers/zip-3.pt", "torch zip"}, {"readers/zip-4.pt", "torch zip"},
        {"readers/zip-5.pt", "torch zip"}, {"readers/legacy-2.pt", "legacy torch"},
        {"readers/legacy-3.pt", "legacy torch"}, {"readers/legacy-4.pt", "legacy torch"},
        {"readers/legacy-5.pt", "legacy torch"}, {"readers/plain-0.pkl", "pickle"}, {"readers/plain-1.pkl", "pickle"},
        {"readers/plain-2.pkl", "pickle"}, {"readers/plain-3.pkl", "pickle"}, {"readers/plain-4.pkl", "pickle"},
        {"readers/plain-5.pkl", "pickle"}, {"readers/zip-deflated.pt", "torch zip"},
        {"readers/zip-zip64.pt", "torch zip"}, {"readers/zip-big-endian.pt", "torch zip"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        file f = open_file(files[i].name);
        assert_string_equal(gb_checkpoint_format(f.checkpoint), files[i].format);
        expect_state(&f);
        close_file(&f);
    }
}

static void untyped_storages_count_in_bytes(void **state) {
    (void)state;
    double values[64];
    file f = open_file("readers/zip-untyped.pt");
    ramp(values, 0, 1);
    expect(&f, "u16", GB_U16, "[3,4]", values);
    expect(&f, "sub", GB_I16, "[12]", values);
    for (int i = 0; i < 4; i++)     /* 16-bit ramps two by two, from the third pair on */
        values[i] = 4 + 2 * i + 65536.0 * (5 + 2 * i);
    expect(&f, "u32", GB_U32, "[4]", values);
    assert_int_equal(find(&f, "f8")->dtype, GB_OPAQUE);
    float none[24];
    assert_false(gb_array_to_f32(find(&f, "f8"), none, NULL));
    const gb_value *root = gb_checkpoint_root(f.checkpoint);
    assert_string_equal(gb_value_str(gb_value_get(root, "device"), ""), "cuda");
    assert_int_equal(gb_value_int(value_path(root, "size/1"), 0), 4);
    close_file(&f);
}

static void modules_pickled_whole_list_as_their_state_dict(void **state) {
    (void)state;
    double values[64];
    file f = open_file("readers/module.pt");
    ramp(values, -3, 0.5);
    expect(&f, "net.fc.weight", GB_F32, "[2,3]", values);
    expect(&f, "net.layers.0.weight", GB_F32, "[2,1,3,3]", values);
    expect(&f, "net.norm.num_batches_tracked", GB_I64, "[]", (const double[]){0});
    size_t count;
    gb_checkpoint_arrays(f.checkpoint, &count);
    assert_int_equal(count, 9);
    const gb_value *root = gb_checkpoint_root(f.checkpoint);
    assert_true(gb_value_is_record(gb_value_get(root, "net"), "Net"));
    assert_string_equal(gb_value_get(root, "net")->record.module, "toy_network");
    assert_true(gb_value_is_record(gb_value_get(root, "args"), "Namespace"));
    assert_int_equal(gb_value_int(value_path(root, "args/size"), 0), 64);
    assert_true(gb_value_float(value_path(root, "args/betas/1"), 0) == 0.99);
    close_file(&f);
}

static void numpy_pickles_read_the_same_from_every_protocol(void **state) {
    (void)state;
    for (int protocol = 0; protocol <= 5; protocol++) {
        char name[64];
        double values[64];
        snprintf(name, sizeof name, "readers/numpy-%d.pkl", protocol);
        file f = open_file(name);
        ramp(values, -3, 0.5);
        expect(&f, "c", GB_F32, "[2,3]", values);
        expect(&f, "big", GB_F32, "[2,3]", values);
        assert_true(find(&f, "big")->swapped != find(&f, "c")->swapped);
        expect(&f, "fortran", GB_F64, "[2,3]", values);
        expect(&f, "half", GB_F16, "[4]", values);
        ramp(values, -3, 1);
        expect(&f, "big_int", GB_I32, "[6]", values);
        expect(&f, "pair.1", GB_F64, "[2]", (const double[]){0, 1});
        assert_int_equal(find(&f, "words")->dtype, GB_OPAQUE);
        const gb_value *root = gb_checkpoint_root(f.checkpoint);
        assert_true(gb_value_float(gb_value_get(root, "scalar"), 0) == 1.5);
        assert_int_equal(gb_value_int(gb_value_get(root, "int_scalar"), 0), -7);
        assert_true(gb_value_bool(gb_value_get(root, "bool_scalar"), false));
        assert_true(gb_value_get(root, "negative")->integer == -(INT64_C(1) << 40));
        assert_int_equal(gb_value_get(root, "large")->kind, GB_VALUE_BYTES);
        assert_string_equal(gb_value_str(gb_value_get(root, "text"), ""), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 \n");
        assert_true(gb_value_is_record(gb_value_get(root, "objects"), "ndarray"));
        assert_string_equal(gb_value_str(gb_value_item(gb_value_get(root, "objects")->record.items, 1), ""), "two");
        assert_string_equal(gb_value_str(value_path(root, "nested/1/1"), ""), "three");
        assert_int_equal(value_path(root, "nested/3")->kind, GB_VALUE_SET);
        assert_int_equal(gb_value_count(value_path(root, "nested/4")), 1);
        const gb_value *four = value_path(root, "nested/2/four"), *array = value_path(root, "nested/5");
        assert_int_equal(four->kind, GB_VALUE_BYTES);
        assert_memory_equal(four->bytes.data, "5", 1);
        assert_int_equal(array->kind, GB_VALUE_BYTES);
        assert_memory_equal(array->bytes.data, "11", 2);
        close_file(&f);
    }
}

static void safetensors_keep_order_types_and_metadata(void **state) {
    (void)state;
    double values[64];
    file f = open_file("readers/toy.safetensors");
    assert_string_equal(gb_checkpoint_format(f.checkpoint), "safetensors");
    ramp(values, -3, 0.5);
    expect(&f, "a.weight", GB_F32, "[2,3]", values);
    expect(&f, "a.bias", GB_F16, "[3]", values);
    expect(&f, "b", GB_BF16, "[4]", values);
    expect(&f, "c", GB_I64, "[3]", (const double[]){-3, -2, -1});
    expect(&f, "d", GB_BOOL, "[3]", (const double[]){1, 0, 1});
    expect(&f, "e", GB_F64, "[]", (const double[]){2.5});
    size_t count;
    const gb_named_array *list = gb_checkpoint_arrays(f.checkpoint, &count);
    assert_int_equal(count, 7);
    assert_string_equal(list[0].name, "a.weight");
    assert_string_equal(list[6].name, "f");
    const gb_value *root = gb_checkpoint_root(f.checkpoint);
    assert_string_equal(gb_value_str(value_path(root, "__metadata__/licence"), ""), "none");
    close_file(&f);
}

static void numpy_files_read_in_any_order_version_and_packing(void **state) {
    (void)state;
    double values[64];
    ramp(values, -3, 0.5);
    file f = open_file("readers/fortran.npy");
    assert_string_equal(gb_checkpoint_format(f.checkpoint), "npy");
    expect(&f, "", GB_F32, "[2,3,4]", values);
    close_file(&f);
    f = open_file("readers/big.npy");
    expect(&f, "", GB_F64, "[5]", values);
    close_file(&f);
    f = open_file("readers/version2.npy");
    expect(&f, "", GB_F32, "[3]", values);
    close_file(&f);
    static const char *const packings[] = {"readers/stored.npz", "readers/deflated.npz"};
    for (int i = 0; i < 2; i++) {
        f = open_file(packings[i]);
        assert_string_equal(gb_checkpoint_format(f.checkpoint), "npz");
        expect(&f, "f32", GB_F32, "[2,3]", values);
        expect(&f, "f64", GB_F64, "[4]", values);
        expect(&f, "half", GB_F16, "[3]", values);
        expect(&f, "dir/name", GB_F64, "[2]", values);
        expect(&f, "bool", GB_BOOL, "[3]", (const double[]){1, 0, 1});
        expect(&f, "scalar", GB_F32, "[]", (const double[]){2.5});
        expect(&f, "empty", GB_F64, "[0,3]", NULL);
        const gb_value *root = gb_checkpoint_root(f.checkpoint);
        assert_string_equal(gb_value_str(gb_value_get(root, "text"), ""), "gr\xc3\xbc\xc3\x9f");
        assert_string_equal(gb_value_str(gb_value_get(root, "bytes"), ""), "abc");
        assert_true(gb_value_is_record(gb_value_get(root, "objects"), "ndarray"));
        assert_true(gb_value_is_record(gb_value_get(root, "fields"), "ndarray"));
        close_file(&f);
    }
}

/* ---- the published code's files --------------------------------------------------------------------------------- */

static void same_array(const gb_array *a, const gb_array *b) {
    int64_t n = gb_array_count(a);
    assert_int_equal(n, gb_array_count(b));
    float *x = malloc((size_t)n * sizeof *x + 1), *y = malloc((size_t)n * sizeof *y + 1);
    assert_true(gb_array_to_f32(a, x, NULL) && gb_array_to_f32(b, y, NULL));
    assert_memory_equal(x, y, (size_t)n * sizeof *x);
    free(x);
    free(y);
}

static void rosinality_files_hold_the_same_network_in_three_ways(void **state) {
    (void)state;
    file zip = open_file("rosinality-64.pt"), legacy = open_file("rosinality-64-legacy.pt");
    file train = open_file("rosinality-64-train.pt");
    size_t count;
    const gb_named_array *list = gb_checkpoint_arrays(zip.checkpoint, &count);
    assert_int_equal(count, 100);
    for (size_t i = 0; i < count; i++) {
        same_array(&list[i].array, find(&legacy, list[i].name));
        if (strncmp(list[i].name, "g_ema.", 6) == 0)
            same_array(&list[i].array, find(&train, list[i].name));
    }
    close_file(&zip);
    close_file(&legacy);
    close_file(&train);
}

static void nvidia_pickles_list_their_modules_and_keep_source_out(void **state) {
    (void)state;
    file f = open_file("nvlabs-skip-64.pkl");
    assert_string_equal(gb_checkpoint_format(f.checkpoint), "pickle");
    const gb_value *g = gb_value_get(gb_checkpoint_root(f.checkpoint), "G_ema");
    assert_true(gb_value_is_record(g, "Generator"));
    assert_string_equal(g->record.module, "torch_utils.persistence");
    assert_null(gb_value_get(g, "module_src"));
    assert_int_equal(gb_value_int(gb_value_get(g, "img_resolution"), 0), 64);
    assert_int_equal(gb_value_int(value_path(g, "_modules/synthesis/_modules/b64/_modules/conv0/up"), 0), 2);
    assert_int_equal(find(&f, "G_ema.synthesis.b64.torgb.affine.weight")->ndim, 2);
    assert_int_equal(find(&f, "G_ema.mapping.w_avg")->ndim, 1);
    assert_int_equal(find(&f, "G_ema.synthesis.b4.conv1.noise_strength")->ndim, 0);
    close_file(&f);
}

static void tensorflow_networks_list_their_variables_by_component(void **state) {
    (void)state;
    file f = open_file("tensorflow-64.pkl");
    const gb_value *gs = gb_value_item(gb_checkpoint_root(f.checkpoint), 2);
    assert_true(gb_value_is_record(gs, "Network"));
    assert_int_equal(gb_value_int(value_path(gs, "static_kwargs/resolution"), 0), 64);
    assert_int_equal(find(&f, "Gs.synthesis.4x4/Const/const")->ndim, 4);
    assert_int_equal(find(&f, "Gs.synthesis.64x64/Conv1/noise_strength")->ndim, 0);
    assert_int_equal(find(&f, "Gs.dlatent_avg")->ndim, 1);
    assert_int_equal(find(&f, "G.mapping.Dense0/weight")->ndim, 2);
    close_file(&f);
}

typedef struct facts {
    size_t count;
    bool size, resolution;
} facts;

static void note_fact(void *arg, const char *path, const char *text) {
    facts *seen = arg;
    seen->count++;
    seen->size |= strcmp(path, "args.size") == 0 && strcmp(text, "64") == 0;
    seen->resolution |= strcmp(path, "G_ema.img_resolution") == 0 && strcmp(text, "64") == 0;
}

static void plain_facts_are_listed_up_to_a_limit(void **state) {
    (void)state;
    facts seen = {0};
    file f = open_file("rosinality-64-train.pt");
    gb_checkpoint_facts(f.checkpoint, 1000, note_fact, &seen);
    assert_true(seen.size);
    seen = (facts){0};
    gb_checkpoint_facts(f.checkpoint, 3, note_fact, &seen);
    assert_int_equal(seen.count, 3);
    close_file(&f);
    f = open_file("nvlabs-skip-64.pkl");
    seen = (facts){0};
    gb_checkpoint_facts(f.checkpoint, 1000000, note_fact, &seen);
    assert_true(seen.resolution);
    close_file(&f);
}

/* ---- writing .npz -------------------------------------------------------------------------------------------- */

typedef struct buffer {
    uint8_t *bytes;
    size_t size, room, limit;
} buffer;

static bool into_buffer(void *arg, const void *bytes, size_t size) {
    buffer *b = arg;
    if (b->limit && b->size + size > b->limit)
        return false;
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size);
        b->bytes = realloc(b->bytes, b->room);
    }
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    return true;
}

static gb_array view(gb_dtype type, const void *data, int ndim, const int64_t *shape) {
    gb_array a = {.dtype = type, .ndim = ndim, .data = data};
    memcpy(a.shape, shape, (size_t)ndim * sizeof *shape);
    gb_array_pack_strides(&a);
    return a;
}

static void written_npz_files_read_back(void **state) {
    (void)state;
    float f32[6] = {0, 1, 2, 3, 4, 5};
    int64_t i64[2] = {-1, INT64_C(1) << 40};
    double f64 = 2.5;
    gb_reason why = {0};
    gb_array matrix = view(GB_F32, f32, 2, (const int64_t[]){2, 3}), turned = matrix;
    turned.shape[0] = 3, turned.shape[1] = 2;
    turned.stride[0] = 1, turned.stride[1] = 3;
    gb_array whole = view(GB_I64, i64, 1, (const int64_t[]){2}), number = view(GB_F64, &f64, 0, (const int64_t[]){0});
    buffer b = {0};
    gb_npz_writer *n = gb_npz_writer_new(into_buffer, &b);
    assert_true(gb_npz_writer_add(n, "tap/b4.conv1", &matrix, &why) && gb_npz_writer_add(n, "turned", &turned, &why));
    assert_true(gb_npz_writer_add(n, "whole", &whole, &why) && gb_npz_writer_add(n, "number", &number, &why));
    assert_true(gb_npz_writer_finish(n, &why));
    gb_npz_writer_free(n);
    file f = {b.bytes, b.size, gb_checkpoint_open(b.bytes, b.size, "out.npz", &why)};
    assert_non_null(f.checkpoint);
    expect(&f, "tap/b4.conv1", GB_F32, "[2,3]", (const double[]){0, 1, 2, 3, 4, 5});
    expect(&f, "turned", GB_F32, "[3,2]", (const double[]){0, 3, 1, 4, 2, 5});
    expect(&f, "whole", GB_I64, "[2]", (const double[]){-1, 1099511627776.0});
    expect(&f, "number", GB_F64, "[]", (const double[]){2.5});
    close_file(&f);
}

static void bfloat16_is_refused_because_numpy_has_none(void **state) {
    (void)state;
    uint16_t values[2] = {0};
    gb_reason why = {0};
    gb_array a = view(GB_BF16, values, 1, (const int64_t[]){2});
    buffer b = {0};
    gb_npz_writer *n = gb_npz_writer_new(into_buffer, &b);
    assert_false(gb_npz_writer_add(n, "bf16", &a, &why));
    assert_string_equal(why.text, "bf16: numpy has no bfloat16");
    assert_int_equal(b.size, 0);
    gb_npz_writer_free(n);
}

static void an_npz_of_seventy_thousand_arrays_needs_zip64_and_has_it(void **state) {
    (void)state;
    float x;
    gb_array a = {.dtype = GB_F32, .data = &x};
    gb_reason why = {0};
    buffer b = {0};
    gb_npz_writer *n = gb_npz_writer_new(into_buffer, &b);
    for (int i = 0; i < 70000; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%d", i);
        x = (float)i;
        assert_true(gb_npz_writer_add(n, name, &a, &why));
    }
    assert_true(gb_npz_writer_finish(n, &why));
    gb_npz_writer_free(n);
    file f = {b.bytes, b.size, gb_checkpoint_open(b.bytes, b.size, "many.npz", &why)};
    assert_non_null(f.checkpoint);
    expect(&f, "a69999", GB_F32, "[]", (const double[]){69999});
    close_file(&f);
}

static void a_full_disk_is_said_so(void **state) {
    (void)state;
    float f32[100] = {0};
    gb_reason why = {0};
    gb_array a = view(GB_F32, f32, 1, (const int64_t[]){100});
    for (size_t limit = 1; limit < 600; limit += 13) {      /* the whole file takes a little more */
        buffer b = {.limit = limit};
        gb_npz_writer *n = gb_npz_writer_new(into_buffer, &b);
        assert_false(gb_npz_writer_add(n, "a", &a, &why) && gb_npz_writer_finish(n, &why));
        assert_non_null(strstr(why.text, "could not be written"));
        gb_npz_writer_free(n);
        free(b.bytes);
    }
}

/* ---- arrays -------------------------------------------------------------------------------------------------- */

static void halves_convert_both_ways_and_round_to_even(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        float f = gb_half_to_float((uint16_t)h);
        if (f != f)
            assert_true((gb_float_to_half(f) & 0x7C00) == 0x7C00 && (gb_float_to_half(f) & 0x3FF) != 0);
        else
            assert_int_equal(gb_float_to_half(f), h);
    }
    assert_true(gb_half_to_float(0x3C00) == 1.0f && gb_half_to_float(0x0001) == 0x1p-24f);
    static uint16_t all[65537];
    static float values[65536], apart[65536];
    for (uint32_t h = 0; h < 65536; h++)
        memcpy((char *)all + 1 + 2 * h, &(uint16_t){(uint16_t)h}, 2);           /* not aligned */
    gb_array array = {.dtype = GB_F16, .ndim = 1, .shape = {65536}, .stride = {1}, .data = (char *)all + 1};
    assert_true(gb_array_to_f32(&array, apart, NULL));
    for (uint32_t h = 0; h < 65536; h++)
        all[h] = (uint16_t)h;
    array.data = all;
    assert_true(gb_array_to_f32(&array, values, NULL));
    assert_memory_equal(values, apart, sizeof values);
    for (uint32_t h = 0; h < 65536; h++) {
        int exponent = h >> 10 & 31, mantissa = h & 0x3FF;
        float size = exponent == 31 ? (mantissa ? NAN : INFINITY)
                     : exponent     ? ldexpf((float)(1024 + mantissa), exponent - 25)
                                    : ldexpf((float)mantissa, -24);
        assert_true(isnan(size) ? isnan(values[h]) : values[h] == (h & 0x8000 ? -size : size));
        assert_int_equal(signbit(values[h]) != 0, h >> 15);
        if (exponent == 31) {
            uint32_t bits;
            memcpy(&bits, &values[h], 4);
            assert_int_equal(bits & 0x7FFFFF, (uint32_t)mantissa << 13);        /* of a NaN */
        }
    }
    assert_int_equal(gb_float_to_half(1.0f + 0x1p-11f), 0x3C00);            /* half way, to even */
    assert_int_equal(gb_float_to_half(1.0f + 3 * 0x1p-11f), 0x3C02);
    assert_int_equal(gb_float_to_half(65519.0f), 0x7BFF);
    assert_int_equal(gb_float_to_half(65520.0f), 0x7C00);
    assert_int_equal(gb_float_to_half(-0x1p-25f), 0x8000);                  /* half of the smallest: to even, zero */
    assert_int_equal(gb_float_to_half(0x1.8p-25f), 0x0001);
    assert_int_equal(gb_float_to_half(0x1.ffcp-15f), 0x0400);               /* the largest subnormal's neighbour */
}

static void large_integers_round_once_on_their_way_to_float(void **state) {
    (void)state;
    int64_t x = (INT64_C(1) << 53) + (INT64_C(1) << 29) + 1;   /* through double it would tie, and round down */
    gb_array a = {.dtype = GB_I64, .data = &x};
    float f;
    assert_true(gb_array_to_f32(&a, &f, NULL));
    assert_true(f == 0x1p53f + 0x1p30f);
}

static void a_view_has_to_lie_inside_its_storage(void **state) {
    (void)state;
    gb_reason why = {0};
    gb_array a = {.ndim = 2, .shape = {3, 4}, .stride = {4, 1}};
    assert_true(gb_array_fits(&a, 0, 12, &why));
    assert_false(gb_array_fits(&a, 1, 12, &why));
    assert_string_equal(why.text, "shape [3,4] reaches element 12 of a storage of 12");
    assert_false(gb_array_fits(&a, -1, 12, &why));
    a.stride[0] = INT64_MAX;
    assert_false(gb_array_fits(&a, 0, 12, &why));
    a.stride[0] = -4;
    assert_false(gb_array_fits(&a, 8, 12, &why));
    a = (gb_array){.ndim = 2, .shape = {INT64_C(1) << 40, 1}, .stride = {0, 0}};
    assert_false(gb_array_fits(&a, 0, 10, &why));
    a = (gb_array){.ndim = 3, .shape = {INT64_MAX, INT64_MAX, 0}, .stride = {1, 1, 1}};
    assert_true(gb_array_fits(&a, 0, 0, &why));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_dicts_read_the_same_from_every_container_and_protocol),
        cmocka_unit_test(untyped_storages_count_in_bytes),
        cmocka_unit_test(modules_pickled_whole_list_as_their_state_dict),
        cmocka_unit_test(numpy_pickles_read_the_same_from_every_protocol),
        cmocka_unit_test(safetensors_keep_order_types_and_metadata),
        cmocka_unit_test(numpy_files_read_in_any_order_version_and_packing),
        cmocka_unit_test(rosinality_files_hold_the_same_network_in_three_ways),
        cmocka_unit_test(nvidia_pickles_list_their_modules_and_keep_source_out),
        cmocka_unit_test(tensorflow_networks_list_their_variables_by_component),
        cmocka_unit_test(plain_facts_are_listed_up_to_a_limit),
        cmocka_unit_test(written_npz_files_read_back),
        cmocka_unit_test(bfloat16_is_refused_because_numpy_has_none),
        cmocka_unit_test(an_npz_of_seventy_thousand_arrays_needs_zip64_and_has_it),
        cmocka_unit_test(a_full_disk_is_said_so),
        cmocka_unit_test(halves_convert_both_ways_and_round_to_even),
        cmocka_unit_test(large_integers_round_once_on_their_way_to_float),
        cmocka_unit_test(a_view_has_to_lie_inside_its_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
