/* Files made to hurt: every one is refused with one line that names the file and the place, or read as harmless data;
 * nothing runs, nothing is read outside the file (the sanitizers watch), and memory follows the file's real size, never
 * what it claims (all allocations of the readers are counted). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "hostile_files.h"
#include "value_path.h"
#include "weights/read/checkpoint.h"

/* ---- counting memory (the linker hands the readers' calls to these) ------------------------------------------- */

static size_t taken;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) {
    taken += size;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    taken += count * size;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    taken += size;
    return __real_realloc(old, size);
}

/* ---- what every answer must be like --------------------------------------------------------------------------- */

enum { MIB = 1 << 20 };

static void check_line(const gb_reason *why) {
    assert_true(strncmp(why->text, "evil.pt: ", 9) == 0);
    assert_true(strlen(why->text) > 9 && strlen(why->text) < GB_REASON_SIZE);
    for (const char *c = why->text; *c; c++)
        if ((unsigned char)*c < 0x20)
            fail_msg("a control character in '%s'", why->text);
}

/* Opens an exact copy, so that one byte read too far is one byte outside the block. */
static gb_checkpoint *open_copy(const void *data, size_t size, uint8_t **copy, gb_reason *why) {
    *copy = malloc(size ? size : 1);
    if (size)
        memcpy(*copy, data, size);
    memset(why, 0, sizeof *why);
    taken = 0;
    gb_checkpoint *c = gb_checkpoint_open(*copy, size, "evil.pt", why);
    if (!c)
        check_line(why);
    return c;
}

/* The file is refused, the line says `says`, and no more than `memory` was taken on the way. */
static void refused(bytes *b, const char *says, size_t memory) {
    gb_reason why = {0};
    uint8_t *copy;
    gb_checkpoint *c = open_copy(b->data, b->size, &copy, &why);
    size_t used = taken;
    if (c)
        fail_msg("the file was opened; expected '%s'", says);
    if (!strstr(why.text, says))
        fail_msg("'%s' does not say '%s'", why.text, says);
    if (used > memory)
        fail_msg("%zu bytes taken for '%s', a file of %zu", used, why.text, b->size);
    free(copy);
    drop(b);
}

static void ignore_fact(void *arg, const char *path, const char *text) {
    *(size_t *)arg += strlen(path) + strlen(text);
}

/* Whatever opens is read to the last element, so that a lie that got through is an access outside. */
static void exercise(const void *data, size_t size) {
    gb_reason why = {0};
    uint8_t *copy;
    gb_checkpoint *c = open_copy(data, size, &copy, &why);
    assert_true(taken < (size_t)300 * MIB + 64 * size);
    if (c) {
        size_t count, length = 0;
        const gb_named_array *list = gb_checkpoint_arrays(c, &count);
        for (size_t i = 0; i < count; i++) {
            int64_t n = gb_array_count(&list[i].array);
            assert_true(n >= 0);
            if (n > 1 << 20)
                continue;
            float *values = malloc((size_t)n * sizeof *values + 1);
            gb_array_to_f32(&list[i].array, values, NULL);
            free(values);
        }
        gb_checkpoint_facts(c, 1000, ignore_fact, &length);
    }
    gb_checkpoint_close(c);
    free(copy);
}

/* ---- pickles -------------------------------------------------------------------------------------------------- */

static void pickle_refused(const char *code, size_t size, const char *says) {
    bytes b = {0};
    put(&b, code, size);
    refused(&b, says, MIB);
}

#define PICKLE(code, says) pickle_refused(code, sizeof(code) - 1, says)

static void malformed_pickles_are_refused_where_they_break(void **state) {
    (void)state;
    PICKLE("\x80\x02", "at byte 2: the pickle ends without STOP");
    PICKLE("\x80\x06.", "not a checkpoint: its first bytes");
    PICKLE("\x80\x02\x80\x09.", "at byte 2 (PROTO): protocol 9");
    PICKLE("\x80\x02\xff.", "at byte 2: 0xff is not a pickle operation");
    PICKLE("\x80\x02.", "at byte 2 (STOP): nothing on the stack");
    PICKLE("\x80\x02(.", "at byte 3 (STOP): a mark is still open");
    PICKLE("\x80\x02]e.", "at byte 3 (APPENDS): no mark");
    PICKLE("\x80\x02](K\x01\x86.", "at byte 6 (TUPLE2): nothing on the stack");
    PICKLE("\x80\x02}(K\x01u.", "(SETITEMS): a key without a value");
    PICKLE("\x80\x02K\x01K\x02" "a.", "(APPEND): an integer cannot take items");
    PICKLE("\x80\x02)K\x02" "a.", "(APPEND): a tuple cannot take items");
    PICKLE("\x80\x02h\x00.", "(BINGET): memo slot 0 is empty");
    PICKLE("\x80\x02K\x01}b.", "(BUILD): an integer has no attributes");
    PICKLE("\x80\x02K\x01)R.", "(REDUCE): an integer is not a class");
    PICKLE("\x80\x02" "cos\nsystem\nK\x01R.", "(REDUCE): the arguments are an integer, not a tuple");
    PICKLE("\x80\x02K\x01K\x02\x93.", "(STACK_GLOBAL): a class named by an integer");
    PICKLE("\x80\x02" "cos\nsystem", "(GLOBAL): the file ends");
    PICKLE("\x80\x02\x82\x01.", "(EXT1): a class from the copyreg extension registry");
    PICKLE("\x80\x05\x97.", "(NEXT_BUFFER): a buffer outside the pickle");
    PICKLE("\x80\x02K\x01Q.", "(BINPERSID): a reference to something outside");
    PICKLE("\x80\x02I12x\n.", "(INT): '12x' is not an integer");
    PICKLE("\x80\x02" "F1.5.\n.", "(FLOAT): '1.5.' is not a number");
    PICKLE("\x80\x02S'abc\n.", "(STRING): the string is not quoted");
    PICKLE("\x80\x02S'\\x1'\n.", "(STRING): a \\x without two");
    PICKLE("\x80\x02V\\uD83\n.", "(UNICODE): a \\u that is not a character");
    PICKLE("\x80\x02" "pabc\n.", "(PUT): the memo slot is not a number");
}

static void lengths_beyond_the_file_take_no_memory(void **state) {
    (void)state;
    PICKLE("\x80\x02X\xff\xff\xff\xffhello.", "(BINUNICODE): 4294967295 bytes claimed, 6 are left");
    PICKLE("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
           "(BINBYTES8): 9223372036854775807 bytes claimed, 1 are left");
    PICKLE("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "(BINUNICODE8): 18446744073709551615 bytes claimed");
    PICKLE("\x80\x05\x96\x00\x00\x00\x00\x01\x00\x00\x00.", "(BYTEARRAY8): 4294967296 bytes claimed");
    PICKLE("\x80\x02\x8b\xff\xff\xff\xff.", "(LONG4): 4294967295 bytes claimed");
    PICKLE("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.", "(FRAME): a frame of 9223372036854775807 bytes");
    PICKLE("\x80\x02Nr\xff\xff\xff\x7f.", "(LONG_BINPUT): memo slot 2147483647 after 3 operations");
    PICKLE("\x80\x02Np99999999999999999999\n.", "(PUT): the memo slot is not a number");
}

static void code_in_pickles_is_a_record_and_nothing_else(void **state) {
    (void)state;
    static const struct { const char *name, *code; } files[] = {
        {"system", "cos\nsystem\n(S'touch tests/was-here'\ntR."},
        {"eval", "c__builtin__\neval\n(S'open(\"tests/was-here\",\"w\")'\ntR."},
        {"system", "(S'touch tests/was-here'\nios\nsystem\n."},
        {"system", "(cos\nsystem\nS'touch tests/was-here'\no."},
        {"getattr", "c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\ntRS'system'\ntR"
                    "(S'touch tests/was-here'\ntR."},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gb_reason why = {0};
        uint8_t *copy;
        gb_checkpoint *c = open_copy(files[i].code, strlen(files[i].code), &copy, &why);
        assert_non_null(c);
        assert_true(gb_value_is_record(gb_checkpoint_root(c), files[i].name));
        assert_int_equal(gb_value_count(gb_checkpoint_root(c)->record.args), 1);
        gb_checkpoint_close(c);
        free(copy);
        assert_null(fopen("tests/was-here", "rb"));
    }
}

static void a_modules_source_is_dropped_unread(void **state) {
    (void)state;
    const char *code = "ctorch_utils.persistence\n_reconstruct_persistent_obj\n((dS'type'\nS'class'\nsS'version'\nI6\ns"
                       "S'module_src'\nS'import os; os.system(\"touch tests/was-here\")'\ns"
                       "S'class_name'\nS'Generator'\n"
                       "sS'state'\n(dS'z_dim'\nI512\nsstR.";
    gb_reason why = {0};
    uint8_t *copy;
    gb_checkpoint *c = open_copy(code, strlen(code), &copy, &why);
    assert_non_null(c);
    const gb_value *g = gb_checkpoint_root(c);
    assert_true(gb_value_is_record(g, "Generator"));
    assert_null(g->record.args);
    assert_null(gb_value_get(g, "module_src"));
    assert_int_equal(gb_value_int(gb_value_get(g, "z_dim"), 0), 512);
    gb_checkpoint_close(c);
    free(copy);
    assert_null(fopen("tests/was-here", "rb"));
}

/* Lists of the list before, twice: 2^40 leaves in a hundred bytes. */
static void billion_laughs_end_at_once(void **state) {
    (void)state;
    bytes b = {0};
    PUT(&b, "\x80\x02]q\x00");
    for (int i = 0; i < 40; i++) {
        put_text(&b, "](h");
        put_number(&b, 1, (uint64_t)i);
        put_text(&b, "h");
        put_number(&b, 1, (uint64_t)i);
        put_text(&b, "eq");
        put_number(&b, 1, (uint64_t)i + 1);
    }
    put_text(&b, ".");
    refused(&b, "refer to each other too often", MIB);
}

/* A tensor under names of a megabyte, many times over. */
static void names_cannot_multiply_either(void **state) {
    (void)state;
    bytes b = {0};
    PUT(&b, "\x80\x04" "cnumpy.core.multiarray\nscalar\n0X");
    put_number(&b, 4, MIB);
    for (int i = 0; i < MIB; i++)
        put_text(&b, "a");
    PUT(&b, "q\x01" "0cnumpy.core.numeric\n_frombuffer\n(C\x01\x01" "cnumpy\ndtype\n(U\x02u1tRK\x01\x85tRq\x02" "0(");
    for (int i = 0; i < 5000; i++)
        PUT(&b, "h\x01h\x02");
    put_text(&b, "d.");
    refused(&b, "more than 72 MiB of memory", (size_t)200 * MIB);
}

/* Work done for each operation must not grow with what an operation's operand refers to: each of these would take hours
 * if it did. */
static void work_cannot_be_multiplied_through_the_memo(void **state) {
    (void)state;
    enum { MANY = 150000 };
    bytes b = {0};
    /* a large dict taken for a module's description again and again */
    PUT(&b, "\x80\x02]ctorch_utils.persistence\n_reconstruct_persistent_obj\nq\x00" "0}(");
    for (int i = 0; i < MANY; i++)
        PUT(&b, "K\x01N");
    PUT(&b, "u\x85q\x01" "0");
    for (int i = 0; i < MANY; i++)
        PUT(&b, "h\x00h\x01R0");
    put_text(&b, ".");
    exercise(b.data, b.size);
    drop(&b);
    /* an object with many attributes, one of them a list of the object itself, many times */
    PUT(&b, "\x80\x02" "ca\nb\n)Rq\x00}(X\x01\x00\x00\x00l](");
    for (int i = 0; i < MANY; i++)
        PUT(&b, "h\x00");
    put_text(&b, "e");
    for (int i = 0; i < MANY; i++)
        PUT(&b, "X\x01\x00\x00\x00zN");
    put_text(&b, "ub.");
    exercise(b.data, b.size);
    drop(&b);
    /* storages under one long name, to be sorted */
    PUT(&b, "\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02]");
    PUT(&b, "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX");
    put_number(&b, 4, MIB);
    for (int i = 0; i < MIB; i++)
        put_text(&b, "k");
    PUT(&b, "X\x03\x00\x00\x00" "cpuK\x02tq\x00" "0");
    for (int i = 0; i < MANY; i++)
        PUT(&b, "h\x00Q0");
    put_text(&b, ".");
    refused(&b, "a storage whose key is longer than 255 characters", (size_t)8 * MIB);
}

static void depth_is_limited_and_cycles_are_passed_over(void **state) {
    (void)state;
    bytes b = {0};
    PUT(&b, "\x80\x02");
    for (int i = 0; i < 100000; i++)
        put_text(&b, "]");
    for (int i = 1; i < 100000; i++)
        put_text(&b, "a");
    put_text(&b, ".");
    refused(&b, "nested more than 100 levels deep", (size_t)16 * MIB);
    PUT(&b, "\x80\x02N");
    for (int i = 0; i < 1000000; i++)
        PUT(&b, "\x85");
    put_text(&b, ".");
    refused(&b, "more than 71 MiB of memory", (size_t)128 * MIB);
    static const char cycle[] = "\x80\x02}q\x00(X\x04\x00\x00\x00selfh\x00X\x01\x00\x00\x00nK\x05u.";
    gb_reason why = {0};
    uint8_t *copy;
    gb_checkpoint *c = open_copy(cycle, sizeof cycle - 1, &copy, &why);
    assert_non_null(c);
    assert_int_equal(gb_value_int(value_path(gb_checkpoint_root(c), "self/self/self/n"), 0), 5);
    gb_checkpoint_close(c);
    free(copy);
    /* An object that is its own state, and one whose constructor calls constructors without end. */
    static const char own[] = "\x80\x02" "ca\nb\n)R2b.";
    c = open_copy(own, sizeof own - 1, &copy, &why);
    assert_non_null(c);
    gb_checkpoint_close(c);
    free(copy);
    PUT(&b, "\x80\x02");
    for (int i = 0; i < 20; i++)
        put_text(&b, "(ccopyreg\n__newobj__\n");
    for (int i = 0; i < 20; i++)
        put_text(&b, i ? "t" : "ca\nb\nt");
    put_text(&b, ".");
    exercise(b.data, b.size);
    drop(&b);
    static const char head[] = "\x80\x02" "ctorch._tensor\n_rebuild_from_type_v2\n";
    put(&b, head, sizeof head - 1);
    for (int i = 0; i < 50; i++)
        put_text(&b, "(ctorch._tensor\n_rebuild_from_type_v2\nN");
    put_text(&b, "(cx\ny\nN)t");
    for (int i = 0; i < 50; i++)
        put_text(&b, "t");
    put_text(&b, "R.");
    refused(&b, "constructors nested more than 8 deep", MIB);
}

static void stacks_and_values_grow_only_with_the_file(void **state) {
    (void)state;
    static const struct { const char *operation, *says; } floods[] = {
        {"N", "more than 4194304 values on the stack"}, {"(", "more than 4194304 marks on the stack"},
        {"]", "more than "}, {"2", "more than 4194304 values on the stack"}, {"}", "more than "},
    };
    for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
        bytes b = {0};
        PUT(&b, "\x80\x02N");
        for (int k = 0; k < 6 * MIB; k++)
            put_text(&b, floods[i].operation);
        refused(&b, floods[i].says, (size_t)300 * MIB);
    }
}

static void files_inside_files_are_counted(void **state) {
    (void)state;
    bytes inner = {0}, b = {0};
    PUT(&inner, "\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.");
    PUT(&inner, "\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00kX\x03\x00\x00\x00"
                "cpuK\x02tQ.");
    PUT(&inner, "\x80\x02]X\x01\x00\x00\x00ka.\x02\0\0\0\0\0\0\0\0\0\x80?\0\0\0@");
    exercise(inner.data, inner.size);
    /* the same bytes opened again and again */
    PUT(&b, "\x80\x03" "ctorch.storage\n_load_from_bytes\nq\x00" "0B");
    put_number(&b, 4, inner.size);
    put(&b, inner.data, inner.size);
    PUT(&b, "q\x01" "0](");
    for (int i = 0; i < 10; i++)
        PUT(&b, "h\x00h\x01\x85R");
    put_text(&b, "e.");
    refused(&b, "longer together than the file can hold", MIB);
    PUT(&b, "\x80\x03" "ctorch.storage\n_load_from_bytes\nK\x01\x85R.");
    refused(&b, "a file inside the file that is an integer", MIB);
    PUT(&b, "\x80\x03" "ctorch.storage\n_load_from_bytes\nC\x03" "abc\x85R.");
    refused(&b, "not a legacy torch file", MIB);
    drop(&inner);
}

static void numpy_arrays_must_have_all_their_data(void **state) {
    (void)state;
#define NDARRAY(dtype, shape, data) "\x80\x03" "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" \
    "C\x01" "b\x87R(K\x01" shape "cnumpy\ndtype\nX\x02\x00\x00\x00" dtype "K\x00K\x01\x87R\x89" data "tb."
    PICKLE(NDARRAY("f4", "(K\x03K\x04t", "C\x03" "abc"), "shape [3,4] with elements of 4 bytes, in 3 bytes");
    PICKLE(NDARRAY("f4", "(J\xff\xff\xff\xffK\x04t", "C\x03" "abc"), "shape [-1,4]");
    PICKLE(NDARRAY("u1", "(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02t", "C\x03" "abc"), "in 3 bytes of data");
    PICKLE(NDARRAY("f4", "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t", "C\x04" "abcd"), "9 dimensions");
    PICKLE(NDARRAY("f4", "K\x03", "C\x04" "abcd"), "an array whose shape is an integer");
    PICKLE("\x80\x03" "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00" "f8K\x00K\x01\x87R"
           "C\x02" "ab" "\x86R.", "a number of 8 bytes in 2");
    PICKLE("\x80\x02" "c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xacX\x06\x00\x00\x00latin1\x86R.",
           "character 0 is not in latin-1");
}

/* ---- torch ---------------------------------------------------------------------------------------------------- */

/* A torch zip of one tensor over a storage of 16 floats; `tensor` is what follows the storage in its arguments. */
static bytes torch_zip(const char *class, uint64_t elements, const char *tensor, size_t size) {
    static const float data[16] = {0};
    bytes pickle = {0}, b = {0};
    PUT(&pickle, "\x80\x02}X\x01\x00\x00\x00w" "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage");
    put_text(&pickle, class);
    PUT(&pickle, "X\x01\x00\x00\x00" "0X\x03\x00\x00\x00" "cpu\x8a\x08");
    put_number(&pickle, 8, elements);
    put_text(&pickle, "tQ");
    put(&pickle, tensor, size);
    put_text(&pickle, "tRs.");
    put_zip(&b, (const entry[]){{.name = "a/data.pkl", .data = pickle.data, .size = pickle.size},
                                {.name = "a/data/0", .data = data, .size = sizeof data}}, 2);
    drop(&pickle);
    return b;
}

#define FLOATS "ctorch\nFloatStorage\n"
#define TENSOR(elements, tensor, says)                                                  \
    do {                                                                                \
        bytes made = torch_zip(FLOATS, elements, tensor, sizeof(tensor) - 1);           \
        refused(&made, says, MIB);                                                      \
    } while (0)

static void tensors_must_lie_inside_their_storage(void **state) {
    (void)state;
    TENSOR(16, "K\x00K\x11\x85K\x01\x85\x89}", "shape [17] reaches element 16 of a storage of 16");
    TENSOR(16, "K\x01K\x10\x85K\x01\x85\x89}", "reaches element 16");
    TENSOR(16, "J\xff\xff\xff\xffK\x01\x85K\x01\x85\x89}", "offset -1");
    TENSOR(16, "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x01\x85K\x01\x85\x89}", "offset 9223372036854775807");
    TENSOR(16, "K\x00K\x04K\x04\x86J\xff\xff\xff\xffK\x01\x86\x89}", "stride -1 is negative");
    TENSOR(16, "K\x00K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85\x89}",
           "reaches element 9223372036854775807");
    TENSOR(16, "K\x00K\x03\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85\x89}", "is beyond any storage");
    TENSOR(16, "K\x00\x8a\x06\x00\x00\x00\x00\x00\x01\x85K\x00\x85\x89}", "repeats a storage of 16 elements too often");
    TENSOR(16, "K\x00\x8a\x06\x00\x00\x00\x00\x00\x01\x8a\x06\x00\x00\x00\x00\x00\x01\x86K\x00K\x00\x86\x89}",
           "is not possible");
    TENSOR(16, "K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89}", "shape [-1] is not possible");
    TENSOR(16, "K\x00K\x04K\x04\x86K\x01\x85\x89}", "2 sizes and 1 strides");
    TENSOR(16, "K\x00(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01tK\x01\x85\x89}", "9 dimensions");
    TENSOR(16, "K\x00K\x04K\x01\x85\x89}", "a shape or stride that is an integer");
    TENSOR(17, "K\x00K\x01\x85K\x01\x85\x89}", "storage '0' has 17 elements of 4 bytes in 64 bytes");
    TENSOR(UINT64_MAX, "K\x00K\x01\x85K\x01\x85\x89}", "storage '0' of -1 elements");
    TENSOR(INT64_MAX, "K\x00K\x01\x85K\x01\x85\x89}", "storage '0' of 9223372036854775807 elements");
    static const char whole[] = "K\x00K\x10\x85K\x01\x85\x89}";
    bytes b = torch_zip("cos\nsystem\n", 16, whole, sizeof whole - 1);
    refused(&b, "a storage of system", MIB);
    b = torch_zip(FLOATS, 16, whole, sizeof whole - 1);
    exercise(b.data, b.size);
    drop(&b);
}

static void torch_zips_are_refused_by_what_is_wrong_with_them(void **state) {
    (void)state;
    bytes b = {0};
    static const char missing[] = "\x80\x02(X\x07\x00\x00\x00storage" FLOATS "X\x02\x00\x00\x00" "42X\x03\x00\x00\x00"
                                  "cpuK\x01tQ.";
    put_zip(&b, (const entry[]){{.name = "a/data.pkl", .data = missing, .size = sizeof missing - 1}}, 1);
    refused(&b, "a/data.pkl: at byte 53 (BINPERSID): storage '42' is not in the file", MIB);
    put_zip(&b, (const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2},
                                {.name = "a/constants.pkl", .data = "N.", .size = 2}}, 2);
    refused(&b, "a TorchScript program", MIB);
    put_zip(&b, (const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2},
                                {.name = "a/byteorder", .data = "middle", .size = 6}}, 2);
    refused(&b, "neither 'little' nor 'big'", MIB);
    put_zip(&b, (const entry[]){{.name = "readme", .data = "N.", .size = 2}}, 1);
    refused(&b, "neither PyTorch's nor numpy's", MIB);
}

static void legacy_files_must_have_every_storage_they_name(void **state) {
    (void)state;
#define LEGACY "\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}."
#define STORAGE(n, view) "\x80\x02(X\x07\x00\x00\x00storage" FLOATS "X\x01\x00\x00\x00kX\x03\x00\x00\x00" \
    "cpuK" n view "tQ."
    PICKLE("\x80\x02\x8a\x0al\xfc\x9c" "F\xf9 j\xa8P\x19.\x80\x02M\xe8\x03.", "a protocol other than 1001");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02].", "storage 'k' is not in the file");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02]X\x01\x00\x00\x00ka.", "the file ends before storage 'k'");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02]X\x01\x00\x00\x00xa.", "no tensor uses storage 'x'");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02]X\x01\x00\x00\x00ka.\xff\xff\xff\xff\xff\xff\xff\x7f",
           "has 9223372036854775807 elements, the object says 2");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02]X\x01\x00\x00\x00ka.\x02\0\0\0\0\0\0\0abcd",
           "storage 'k' has 2 elements of 4 bytes, 4 bytes are left");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02](X\x01\x00\x00\x00kX\x01\x00\x00\x00ke."
           "\x02\0\0\0\0\0\0\0abcdabcd\x02\0\0\0\0\0\0\0abcdabcd",
           "storage 'k' appears twice");
    PICKLE(LEGACY STORAGE("\x02", "(X\x01\x00\x00\x00vK\x01K\x02t"), "a view of 2 elements at 1 of storage 'k'");
    PICKLE(LEGACY STORAGE("\x02", "N") "\x80\x02K\x01.", "the list of storage keys is an integer");
    /* A number that is a tensor, whose storage comes later in the file. */
    PICKLE(LEGACY "\x80\x02" "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage" FLOATS
           "X\x01\x00\x00\x00kX\x03\x00\x00\x00" "cpuK\x01NtQq\x00h\x00))\x89}tR.", "offset -1");
}

/* ---- zip ------------------------------------------------------------------------------------------------------ */

static bytes zip_of(const entry *e, size_t count) {
    bytes b = {0};
    put_zip(&b, e, count);
    return b;
}

static void zips_that_lie_are_refused(void **state) {
    (void)state;
    bytes b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .flags = 1}}, 1);
    refused(&b, "a/data.pkl is encrypted", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .method = 12}}, 1);
    refused(&b, "packed by method 12", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .wrong_crc = true}}, 1);
    refused(&b, "its CRC-32 does not match", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .claimed = 4000000000}}, 1);
    refused(&b, "stored in 2 bytes, but 4000000000 long", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .method = 8, .claimed = 4000000000}}, 1);
    refused(&b, "it unpacks to 4000000000 bytes, more than a file of this size may", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .method = 8, .claimed = 60000000}}, 1);
    refused(&b, "4 bytes cannot unpack to 60000000", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .method = 8, .claimed = 1}}, 1);
    refused(&b, "its compressed data is damaged", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2, .at = 0x7FFFFFFF}}, 1);
    refused(&b, "its local header at byte 2147483647 is not inside the file", MIB);
    b = zip_of((const entry[]){{.name = "a/data.pkl", .data = "N.", .size = 2},
                               {.name = "a/data.pkl", .data = "N.", .size = 2}}, 2);
    refused(&b, "two zip entries are named a/data.pkl", MIB);
    /* an entry inside another: what bombs are made of */
    bytes inner = {0};
    put_number(&inner, 4, 0x04034b50);
    put_number(&inner, 22, 0);
    put_number(&inner, 2, 1);
    put_number(&inner, 2, 0);
    PUT(&inner, "bxx");
    b = zip_of((const entry[]){{.name = "a", .data = inner.data, .size = inner.size},
                               {.name = "b", .data = "xx", .size = 2, .at = 31}}, 2);
    refused(&b, "zip entries a and b overlap", MIB);
    drop(&inner);
}

static void zip_end_records_that_lie_are_refused(void **state) {
    (void)state;
    static const entry one = {.name = "a/data.pkl", .data = "N.", .size = 2};
    bytes b = zip_of(&one, 1);
    b.size -= 1;
    refused(&b, "a zip archive cut off after", MIB);
    b = zip_of(&one, 1);
    memset(b.data + b.size - 12, 0xFE, 2);          /* entries */
    refused(&b, "zip entries in a directory of", MIB);
    b = zip_of(&one, 1);
    memset(b.data + b.size - 6, 0xFE, 4);           /* where the directory is */
    refused(&b, "is not inside the file", MIB);
    b = zip_of(&one, 1);
    memset(b.data + b.size - 10, 0xFE, 4);          /* and how long */
    refused(&b, "is not inside the file", MIB);
    b = zip_of(&one, 1);
    b.size -= 22;                                   /* a ZIP64 record far away */
    PUT(&b, "PK\x06\x07\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\x01\0\0\0");
    PUT(&b, "PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    refused(&b, "the ZIP64 end record is not at byte 9223372036854775807", MIB);
}

/* A gigabyte of zeros in a megabyte: refused by size before any of it is made. */
static void zip_bombs_do_not_go_off(void **state) {
    (void)state;
    size_t size = (size_t)200 * MIB;
    uint8_t *zeros = calloc(size, 1);
    bytes b = zip_of((const entry[]){{.name = "a.npy", .data = zeros, .size = size, .method = 8}}, 1);
    assert_true(b.size < (size_t)MIB);
    refused(&b, "more than a file of this size may", MIB);
    /* forty files of a few megabytes each, together too much */
    entry many[40];
    char names[40][24];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "a%d.npy", i);
        many[i] = (entry){.name = names[i], .data = zeros, .size = (size_t)8 * MIB, .method = 8};
    }
    memcpy(zeros, "\x93NUMPY\x01\x00\x37\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 65);
    b = zip_of(many, 40);
    refused(&b, "more than a file of this size may", (size_t)300 * MIB);
    free(zeros);
}

/* ---- safetensors, npy ----------------------------------------------------------------------------------------- */

static void safetensors_refused(const char *json, uint64_t length, size_t data, const char *says) {
    bytes b = {0};
    put_number(&b, 8, length ? length : strlen(json));
    put_text(&b, json);
    for (size_t i = 0; i < data; i++)
        put_number(&b, 1, 0);
    refused(&b, says, (size_t)2 * MIB);
}

static void safetensors_that_lie_are_refused(void **state) {
    (void)state;
    safetensors_refused("{\"a\":1}", UINT64_MAX, 4, "a safetensors header of 18446744073709551615 bytes");
    safetensors_refused("{\"a\":1}", 100, 4, "a safetensors header of 100 bytes");
    safetensors_refused("{\"a\":", 0, 4, "line 1, column");
    safetensors_refused("{\"a\":1}", 0, 4, "tensor 'a': its dtype is ''");
    safetensors_refused("{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 0, 4,
                        "its dtype is 'F31'");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 0, 4,
                        "shape [2] of F32 in 4 bytes");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}", 0, 4,
                        "not inside the 4 bytes");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 0, 4,
                        "not inside the 4 bytes");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 0, 4, "shape [-1]");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 0, 4,
                        "shape [4294967296,4294967296]");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 0, 4, "shape [-1]");
    safetensors_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":\"1\",\"data_offsets\":[0,4]}}", 0, 4,
                        "its shape is not a list");
    safetensors_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                        "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 0, 4,
                        "tensors 'a' and 'b' share their data");
    safetensors_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
                        "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, 4, "duplicate");
    bytes b = {0};
    put_text(&b, "{\"a\":");
    for (int i = 0; i < 100000; i++)
        put_text(&b, "[");
    put_number(&b, 1, 0);
    safetensors_refused((const char *)b.data, 0, 0, "nested more than 64 levels");
    b.size = 5;
    for (int i = 0; i < 100; i++)
        put_text(&b, "[");
    for (int i = 0; i < 100; i++)
        put_text(&b, "]");
    put_text(&b, "}");
    put_number(&b, 1, 0);
    safetensors_refused((const char *)b.data, 0, 0, "nested more than 64 levels");
    b.size = 0;
    put_text(&b, "{\"a\":[");
    for (int i = 0; i < 3 * MIB; i++)
        put_text(&b, i ? ",0" : "0");
    put_text(&b, "]}");
    put_number(&b, 1, 0);
    safetensors_refused((const char *)b.data, 0, 0, "lists more than a file of this size may");
    drop(&b);
}

static void npy_refused(const char *header, size_t data, const char *says) {
    bytes b = {0};
    PUT(&b, "\x93NUMPY\x01\x00");
    put_number(&b, 2, strlen(header));
    put_text(&b, header);
    for (size_t i = 0; i < data; i++)
        put_number(&b, 1, 0);
    refused(&b, says, MIB);
}

static void npy_headers_that_lie_are_refused(void **state) {
    (void)state;
#define HEADER(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
    npy_refused(HEADER("'<f4'", "(3,)"), 4, "shape [3] with elements of 4 bytes, in 4 bytes");
    npy_refused(HEADER("'<f4'", "(9223372036854775807, 2)"), 4, "cannot be read at byte");
    npy_refused(HEADER("'<f4'", "(4611686018427387904, 2)"), 4, "shape [4611686018427387904,2]");
    npy_refused(HEADER("'<f4'", "(99999999999999999999,)"), 4, "cannot be read at byte");
    npy_refused(HEADER("'<f4'", "(1,1,1,1,1,1,1,1,1)"), 4, "cannot be read at byte");
    npy_refused(HEADER("'<f4'", "(-1,)"), 4, "cannot be read at byte");
    npy_refused(HEADER("'<S99999999999999999999'", "(1,)"), 4, "cannot be read at byte");
    npy_refused(HEADER("'<f0'", "(1,)"), 4, "elements of 0 bytes");
    npy_refused(HEADER("'<q9'", "(1,)"), 4, "cannot be read at byte");
    npy_refused(HEADER("[('x', '<f4')", "(1,)"), 4, "cannot be read at byte");
    npy_refused("{'descr': '<f4', 'shape': (1,)}", 4, "cannot be read at byte");
    npy_refused("{'descr': __import__('os').system('touch tests/was-here')}", 4, "cannot be read at byte");
    bytes b = {0};
    PUT(&b, "\x93NUMPY\x02\x00\xff\xff\xff\xff{}");
    refused(&b, "an .npy header of 4294967295 bytes", MIB);
    PUT(&b, "\x93NUMPY\x09\x00\x02\x00{}");
    refused(&b, "no .npy header of version 1 to 3", MIB);
}

static void other_files_are_refused_by_name(void **state) {
    (void)state;
    static const struct { const char *begins, *says; } files[] = {
        {"", "the file is empty"}, {"hello world", "not a checkpoint: probably a failed download. It begins 'hello world'"}, {"\x1f\x8b\x08", "a gzip file"},
        {"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"}, {"<!DOCTYPE html>", "text or web page"},
        {"\x89HDF\r\n\x1a\n", "an HDF5 file"}, {"\x89PNG\r\n\x1a\n", "a PNG picture"},
        {"PK\x03\x04", "a zip archive cut off after"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        bytes b = {0};
        put_text(&b, files[i].begins);
        refused(&b, files[i].says, MIB);
    }
    bytes b = {0};
    put_text(&b, "sys_info");
    while (b.size < 257)
        put_number(&b, 1, 0);
    put_text(&b, "ustar");
    refused(&b, "a tar archive; unpack it", MIB);
}

/* ---- damage --------------------------------------------------------------------------------------------------- */

static const char *const victims[] = {
    "zip-2.pt", "legacy-2.pt", "plain-0.pkl", "plain-4.pkl", "numpy-0.pkl", "numpy-5.pkl", "module.pt",
    "zip-deflated.pt", "zip-zip64.pt", "zip-untyped.pt", "toy.safetensors", "fortran.npy", "stored.npz", "deflated.npz",
};
enum { VICTIMS = sizeof victims / sizeof *victims, TRIES = 600 };

static bytes victim(size_t i) {
    char path[128], block[4096];
    bytes b = {0};
    snprintf(path, sizeof path, "tests/fixtures/readers/%s", victims[i]);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s is missing", path);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        put(&b, block, n);
    fclose(f);
    return b;
}

static void files_cut_anywhere_are_harmless(void **state) {
    (void)state;
    for (size_t i = 0; i < VICTIMS; i++) {
        bytes b = victim(i);
        for (size_t k = 0; k < TRIES; k++)
            exercise(b.data, b.size * k / TRIES);
        for (size_t k = 0; k < 64 && k < b.size; k++)       /* ends are where formats keep their tables */
            exercise(b.data, b.size - k);
        drop(&b);
    }
}

/* A fixed generator (Knuth's MMIX), so that a failure comes back. */
static uint32_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void flipped_bits_and_strange_bytes_are_harmless(void **state) {
    (void)state;
    static const uint8_t strange[] = {0, 1, 0x7F, 0x80, 0xFF, 0xFE, '(', ')', '.', 'R', 'b', 'Q', 'h'};
    uint64_t seed = 1;
    for (size_t i = 0; i < VICTIMS; i++) {
        bytes b = victim(i);
        for (size_t k = 0; k < 2 * TRIES; k++) {
            size_t at[3];
            uint8_t kept[3];
            size_t count = 1 + next(&seed) % 3;
            for (size_t j = 0; j < count; j++) {
                at[j] = next(&seed) % b.size;
                kept[j] = b.data[at[j]];
                if (k % 2)
                    b.data[at[j]] ^= (uint8_t)(1u << next(&seed) % 8);
                else
                    b.data[at[j]] = strange[next(&seed) % sizeof strange];
            }
            exercise(b.data, b.size);
            for (size_t j = count; j-- > 0;)
                b.data[at[j]] = kept[j];
        }
        drop(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_pickles_are_refused_where_they_break),
        cmocka_unit_test(lengths_beyond_the_file_take_no_memory),
        cmocka_unit_test(code_in_pickles_is_a_record_and_nothing_else),
        cmocka_unit_test(a_modules_source_is_dropped_unread),
        cmocka_unit_test(billion_laughs_end_at_once),
        cmocka_unit_test(names_cannot_multiply_either),
        cmocka_unit_test(work_cannot_be_multiplied_through_the_memo),
        cmocka_unit_test(depth_is_limited_and_cycles_are_passed_over),
        cmocka_unit_test(stacks_and_values_grow_only_with_the_file),
        cmocka_unit_test(files_inside_files_are_counted),
        cmocka_unit_test(numpy_arrays_must_have_all_their_data),
        cmocka_unit_test(tensors_must_lie_inside_their_storage),
        cmocka_unit_test(torch_zips_are_refused_by_what_is_wrong_with_them),
        cmocka_unit_test(legacy_files_must_have_every_storage_they_name),
        cmocka_unit_test(zips_that_lie_are_refused),
        cmocka_unit_test(zip_end_records_that_lie_are_refused),
        cmocka_unit_test(zip_bombs_do_not_go_off),
        cmocka_unit_test(safetensors_that_lie_are_refused),
        cmocka_unit_test(npy_headers_that_lie_are_refused),
        cmocka_unit_test(other_files_are_refused_by_name),
        cmocka_unit_test(files_cut_anywhere_are_harmless),
        cmocka_unit_test(flipped_bits_and_strange_bytes_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
