/* Array files through the public header: a written .npz is read back, and appears complete or not at all. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/graph/model.h"

static char folder[] = "/tmp/ganbend-test-XXXXXX";

static int enter_folder(void **state) {
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : 1;
}

static int leave_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}

static const float picture[2 * 3] = {1.5f, -0.0f, 3e-40f, INFINITY, -2.25f, 6.0f}, number[1] = {0.7f};

static gb_npz *begin(const char *path) {
    gb_npz *npz;
    gb_error err = {0};
    assert_int_equal(gb_npz_new(path, &npz, &err), GB_OK);
    assert_int_equal(gb_npz_add(npz, "tap/synthesis.b4.conv1", 2, (const int64_t[]){2, 3}, picture, &err), GB_OK);
    assert_int_equal(gb_npz_add(npz, "psi", 0, NULL, number, &err), GB_OK);
    assert_int_equal(gb_npz_add(npz, "none", 2, (const int64_t[]){0, 3}, NULL, &err), GB_OK);
    return npz;
}

/* Mapped, reading it would raise SIGBUS. */
static void an_open_file_may_shrink(void **state) {
    (void)state;
    gb_npz *npz = begin("out.npz");
    gb_error err = {0};
    assert_int_equal(gb_npz_finish(npz, &err), GB_OK);
    gb_npz_free(npz);
    gb_file *file;
    size_t index;
    float values[6];
    assert_int_equal(gb_file_open("out.npz", &file, &err), GB_OK);
    assert_true(gb_file_find(file, "tap/synthesis.b4.conv1", &index));
    assert_int_equal(truncate("out.npz", 0), 0);
    assert_int_equal(gb_file_read(file, index, values, &err), GB_OK);
    assert_memory_equal(values, picture, sizeof picture);
    gb_file_close(file);
    unlink("out.npz");
}

static void the_file_of_a_model_that_was_read_may_shrink(void **state) {
    (void)state;
    const gb_context_options one = {.threads = 1};
    const gb_stylegan2 tiny = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8};
    gb_context *context;
    gb_model *model;
    gb_session *session;
    static float image[3 * 8 * 8];
    gb_error err = {0};
    assert_int_equal(gb_context_new(&one, &context, &err), GB_OK);
    assert_int_equal(gb_init_stylegan2(context, "tiny.gbw", &tiny, false, &err), GB_OK);
    assert_int_equal(gb_model_read(context, "tiny.gbw", &model, &err), GB_OK);
    assert_int_equal(truncate("tiny.gbw", 0), 0);
    assert_int_equal(gb_session_new(model, NULL, &session, &err), GB_OK);
    assert_int_equal(gb_session_seed(session, 7, &err), GB_OK);
    assert_int_equal(gb_session_render(session, image, &err), GB_OK);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    unlink("tiny.gbw");
}

#ifdef __linux__

/* A network whose largest tensor has many pages. */
static gb_model *read_small_model(gb_context *context, gb_array_info *largest) {
    const gb_stylegan2 small = {.resolution = 8, .channel_base = 512, .channel_max = 64, .z_dim = 8, .w_dim = 8};
    gb_model *model;
    gb_error err = {0};
    *largest = (gb_array_info){.count = 0};
    assert_int_equal(gb_init_stylegan2(context, "small.gbw", &small, false, &err), GB_OK);
    assert_int_equal(gb_model_read(context, "small.gbw", &model, &err), GB_OK);
    for (size_t i = 0; i < gb_model_tensor_count(model); i++) {
        gb_array_info info;
        gb_model_tensor(model, i, &info);
        if (info.count > largest->count)
            *largest = info;
    }
    assert_true(largest->count == 64 * 64 * 9);
    return model;
}

static void render_small(gb_model *model, float *image) {
    gb_session *session;
    gb_error err = {0};
    assert_int_equal(gb_session_new(model, NULL, &session, &err), GB_OK);
    assert_int_equal(gb_session_seed(session, 7, &err), GB_OK);
    assert_int_equal(gb_session_render(session, image, &err), GB_OK);
    gb_session_free(session);
}

static void change_file(const char *path) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    for (long i = 0; i < size; i++)
        fputc(1, file);
    fclose(file);
}

static void the_copy_of_a_packed_weight_is_given_back_and_read_again(void **state) {
    (void)state;
    static float before[64 * 64 * 9], after[64 * 64 * 9], first[3 * 8 * 8], second[3 * 8 * 8];
    const gb_context_options one = {.threads = 1};
    gb_context *context;
    gb_array_info largest;
    gb_error err = {0};
    assert_int_equal(gb_context_new(&one, &context, &err), GB_OK);
    gb_model *model = read_small_model(context, &largest);
    size_t tensor = gb_weights_tensor(model->graph->network, largest.name);
    assert_int_equal(gb_model_read_tensor(model, largest.name, before, &err), GB_OK);
    assert_false(model->weights.held[tensor].discarded);
    render_small(model, first);
    for (int times = 0; times < 2; times++) {
        assert_true(model->weights.held[tensor].discarded);
        assert_int_equal(gb_model_read_tensor(model, largest.name, after, &err), GB_OK);
        assert_memory_equal(before, after, sizeof before);
    }
    assert_int_equal(gb_model_verify(model, &err), GB_OK);
    change_file("small.gbw");
    assert_int_equal(gb_model_read_tensor(model, largest.name, after, &err), GB_BAD_FILE);
    assert_non_null(strstr(err.message, "the file has changed since it was opened"));
    assert_int_equal(truncate("small.gbw", 0), 0);
    assert_int_equal(gb_model_read_tensor(model, largest.name, after, &err), GB_IO);
    render_small(model, second);            /* what is packed stays */
    assert_memory_equal(first, second, sizeof first);
    gb_model_close(model);
    model = read_small_model(context, &largest);
    unlink("small.gbw");
    render_small(model, second);
    assert_int_equal(gb_model_read_tensor(model, largest.name, after, &err), GB_OK);
    assert_memory_equal(before, after, sizeof before);
    gb_model_close(model);
    gb_context_free(context);
}

#endif

static void written_arrays_are_read_back(void **state) {
    (void)state;
    gb_npz *npz = begin("out.npz");
    gb_error err = {0};
    assert_int_equal(gb_npz_finish(npz, &err), GB_OK);
    gb_npz_free(npz);

    gb_file *file;
    assert_int_equal(gb_file_open("out.npz", &file, &err), GB_OK);
    assert_string_equal(gb_file_format(file), "npz");
    assert_int_equal(gb_file_array_count(file), 3);
    size_t index;
    assert_false(gb_file_find(file, "synthesis.b4.conv1", &index));
    assert_true(gb_file_find(file, "tap/synthesis.b4.conv1", &index));
    gb_array_info info;
    gb_file_array(file, index, &info);
    assert_string_equal(info.name, "tap/synthesis.b4.conv1");
    assert_string_equal(info.type, "float32");
    assert_int_equal(info.ndim, 2);
    assert_int_equal(info.shape[0], 2);
    assert_int_equal(info.shape[1], 3);
    assert_int_equal(info.count, 6);
    float back[6];
    double precise[6];
    assert_int_equal(gb_file_read(file, index, back, &err), GB_OK);
    assert_memory_equal(back, picture, sizeof back);
    assert_int_equal(gb_file_read_double(file, index, precise, &err), GB_OK);
    for (int i = 0; i < 6; i++)
        assert_true(precise[i] == (double)picture[i]);
    assert_true(gb_file_find(file, "psi", &index));
    gb_file_array(file, index, &info);
    assert_int_equal(info.ndim, 0);
    assert_int_equal(info.count, 1);
    assert_true(gb_file_find(file, "none", &index));
    gb_file_array(file, index, &info);
    assert_int_equal(info.count, 0);
    assert_int_equal(gb_file_read(file, 3, back, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "there is no array 3; the file has 3");
    gb_file_close(file);
    gb_file_close(NULL);
    unlink("out.npz");
}

static void an_unfinished_npz_is_removed(void **state) {
    (void)state;
    gb_npz_free(begin("out.npz"));
    gb_npz_free(NULL);      /* leave_folder() fails if a file is left */
}

static void impossible_shapes_are_refused(void **state) {
    (void)state;
    gb_npz *npz = begin("out.npz");
    gb_error err = {0};
    assert_int_equal(gb_npz_add(npz, "x", 9, NULL, picture, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "out.npz: array 'x' has 9 dimensions; expected at most 8");
    assert_int_equal(gb_npz_add(npz, "x", 2, (const int64_t[]){INT64_MAX, 2}, picture, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_npz_add(npz, "x", 1, (const int64_t[]){-1}, picture, &err), GB_BAD_ARGUMENT);
    assert_string_equal(err.message, "out.npz: array 'x' is too large or has a negative dimension");
    gb_npz_free(npz);
}

static void a_full_disk_is_reported(void **state) {
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    gb_npz *npz = begin("/dev/full");
    gb_error err = {0};
    assert_int_equal(gb_npz_finish(npz, &err), GB_IO);
    assert_string_equal(err.message, "/dev/full: the disk is full");
    gb_npz_free(npz);
}

static void files_that_cannot_be_opened_give_a_reason(void **state) {
    (void)state;
    gb_file *file;
    gb_error err = {0};
    assert_int_equal(gb_file_open("faces.pkl", &file, &err), GB_IO);
    assert_string_equal(err.message, "faces.pkl: no such file");
    assert_null(file);
    FILE *text = fopen("faces.pkl", "w");
    assert_non_null(text);
    fputs("<!DOCTYPE html>", text);     /* the result of a failed download */
    fclose(text);
    assert_int_equal(gb_file_open("faces.pkl", &file, &err), GB_BAD_FILE);
    assert_int_equal(strncmp(err.message, "faces.pkl: ", 11), 0);
    assert_null(file);
    unlink("faces.pkl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_arrays_are_read_back),
        cmocka_unit_test(the_file_of_a_model_that_was_read_may_shrink),
        cmocka_unit_test(an_open_file_may_shrink),
#ifdef __linux__
        cmocka_unit_test(the_copy_of_a_packed_weight_is_given_back_and_read_again),
#endif
        cmocka_unit_test(an_unfinished_npz_is_removed),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(files_that_cannot_be_opened_give_a_reason),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
