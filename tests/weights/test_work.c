/* Reading takes work in proportion to a file's size, whatever its shape. The readers are compiled once more for this test, with
 * a call at every basic block (-fsanitize-coverage=trace-pc), which counts: no clock is asked. Each hostile shape is read at
 * one size and at four times that size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "hostile_files.h"
#include "weights/read/checkpoint.h"

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void) {
    blocks++;
}

/* Shapes: `n` is about the number of bytes. */

/* A record whose state has n / 2 keys that are no strings, and n / 4 references to it. */
static void records_without_string_keys(bytes *b, size_t n) {
    PUT(b, "\x80\x02" "cx\ny\n)R}(");
    for (size_t i = 0; i < n / 2; i++)
        PUT(b, "N");
    if (n / 2 % 2)
        PUT(b, "N");
    PUT(b, "ubq\x01" "](");
    for (size_t i = 0; i < n / 4; i++)
        PUT(b, "h\x01");
    PUT(b, "e.");
}

/* A dict of n / 2 entries, made into a persistent object of NVIDIA's again and again. */
static void persistent_objects(bytes *b, size_t n) {
    PUT(b, "\x80\x02" "ctorch_utils.persistence\n_reconstruct_persistent_obj\nq\x01}(");
    for (size_t i = 0; i < n / 4 * 2; i++)
        PUT(b, "N");
    PUT(b, "u\x85q\x02" "0");
    for (size_t i = 0; i < n / 12; i++)
        PUT(b, "h\x01h\x02R0");
    PUT(b, "N.");
}

static void nested_lists(bytes *b, size_t n) {
    PUT(b, "\x80\x02");
    for (size_t i = 0; i < n / 2; i++)
        PUT(b, "]");
    for (size_t i = 0; i + 1 < n / 2; i++)
        PUT(b, "a");
    PUT(b, ".");
}

static void open_marks(bytes *b, size_t n) {
    PUT(b, "\x80\x02");
    for (size_t i = 0; i < n; i++)
        PUT(b, "(");
}

static void memo_slots(bytes *b, size_t n) {
    PUT(b, "\x80\x02](");
    for (size_t i = 0; i < n / 11; i++) {
        PUT(b, "Nr");
        put_number(b, 4, i);
        PUT(b, "j");
        put_number(b, 4, i / 2);
    }
    PUT(b, "e.");
}

/* A list that has the one before it twice. */
static void lists_of_lists(bytes *b, size_t n) {
    PUT(b, "\x80\x02]q\x01");
    for (size_t i = 0; i < n / 8; i++)
        PUT(b, "]h\x01" "ah\x01" "aq\x01");
    PUT(b, ".");
}

static void strings_with_escapes(bytes *b, size_t n) {
    PUT(b, "(lp0\n");
    for (size_t i = 0; i < n / 16; i++)
        PUT(b, "S'\\x41\\n\\\\ab'\na");
    PUT(b, ".");
}

/* An npz of n / 200 members. */
static void zip_members(bytes *b, size_t n) {
    static const char npy[] = "\x93NUMPY\x01\x00\x37\x00{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}";
    size_t count = n / 200;
    entry *entries = calloc(count, sizeof *entries);
    char (*names)[24] = calloc(count, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "a%zu.npy", i);
        entries[i] = (entry){.name = names[i], .data = npy, .size = sizeof npy - 1};
    }
    put_zip(b, entries, count);
    free(entries);
    free(names);
}

static void put_safetensors(bytes *b, const bytes *header) {
    put_number(b, 8, header->size);
    put(b, header->data, header->size);
}

static void safetensors_tensors(bytes *b, size_t n) {
    bytes header = {0};
    char text[80];
    put_text(&header, "{");
    for (size_t i = 0; i < n / 60; i++) {
        snprintf(text, sizeof text, "%s\"%zu\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
        put_text(&header, text);
    }
    put_text(&header, "}");
    put_safetensors(b, &header);
    drop(&header);
}

static void json_strings(bytes *b, size_t n) {
    bytes header = {0};
    put_text(&header, "{\"__metadata__\":{\"a\":\"");
    for (size_t i = 0; i < n / 6; i++)
        put_text(&header, "\\u0041");
    put_text(&header, "\"}}");
    put_safetensors(b, &header);
    drop(&header);
}

static const struct { const char *name; void (*make)(bytes *b, size_t n); } shapes[] = {
    {"records without string keys", records_without_string_keys},
    {"persistent objects", persistent_objects},
    {"nested lists", nested_lists},
    {"open marks", open_marks},
    {"memo slots", memo_slots},
    {"lists of lists", lists_of_lists},
    {"strings with escapes", strings_with_escapes},
    {"zip members", zip_members},
    {"tensors of safetensors", safetensors_tensors},
    {"strings of JSON", json_strings},
};

static uint64_t work_of(void (*make)(bytes *b, size_t n), size_t n, size_t *size) {
    bytes b = {0};
    gb_reason why = {0};
    make(&b, n);
    *size = b.size;
    blocks = 0;
    gb_checkpoint *c = gb_checkpoint_open(b.data, b.size, "evil", &why);
    uint64_t work = blocks;
    gb_checkpoint_close(c);
    drop(&b);
    return work;
}

static void work_grows_no_faster_than_the_file(void **state) {
    enum { SMALL = 50000, PER_BYTE = 400, START = 65536 * PER_BYTE };
    (void)state;     /* every file, however small, may be listed with 65536 visits */
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t small, large;
        uint64_t at_small = work_of(shapes[i].make, SMALL, &small), at_large = work_of(shapes[i].make, 4 * SMALL, &large);
        printf("%s: %llu blocks for %zu bytes, %llu for %zu\n", shapes[i].name, (unsigned long long)at_small, small,
               (unsigned long long)at_large, large);
        assert_true(at_small > 0);
        if (at_large > START + (uint64_t)PER_BYTE * large)
            fail_msg("%s: %llu blocks for %zu bytes", shapes[i].name, (unsigned long long)at_large, large);
        if (at_large > 5 * at_small + START / 10)
            fail_msg("%s: four times the file takes %.1f times the work", shapes[i].name,
                     (double)at_large / (double)at_small);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_grows_no_faster_than_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
