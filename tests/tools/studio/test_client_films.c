/* Films: frames in a folder, in a ZIP, and through ffmpeg. Part of test_client_answers. */
#define _POSIX_C_SOURCE 200809L
#include "client_group.h"

#include <zlib.h>

#include "tools/studio/folder.h"

int run_film_tests(void);

static received begin_film(page *q, const char *name, const char *format, int frames) {
    return ask(q, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "film", "name", name, "format", format, "fps", 25,
                            "frames", frames));
}

static json_t *frame_message(int i) {
    char recipe[64];
    snprintf(recipe, sizeof recipe, "{inputs: {seeds: %d}, bends: []}", i);
    return json_pack("{s:s, s:s}", "type", "frame", "recipe", recipe);
}

static json_t *finish_message(bool keep) {
    return json_pack("{s:s, s:b}", "type", "finish", "keep", keep);
}

static void frames_become_a_folder_of_pictures(void **state) {
    (void)state;
    ask_refused(&p, frame_message(1), "no film");
    ask_refused(&p, finish_message(true), "no film");
    received a = begin_film(&p, "walk", "png", 3);
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "film", "name", "b", "format", "png", "fps", 25,
                              "frames", 1), "being made");
    for (int i = 0; i < 3; i++) {
        free_received(&a);
        a = ask(&p, frame_message(i));
        assert_int_equal(number_of(a.json, "index"), i);
    }
    ask_refused(&p, frame_message(4), "has its 3 frames");
    assert_false(is_there(&all, "walk"));
    free_received(&a);
    a = ask(&p, finish_message(true));
    assert_string_equal(text_of(a.json, "file"), "walk");
    free_received(&a);
    assert_true(gb_png_is_complete(in_folder(&all, "walk/frame-000000.png")));
    assert_true(gb_png_is_complete(in_folder(&all, "walk/frame-000002.png")));
    a = begin_film(&p, "walk", "png", 3);
    assert_string_equal(text_of(a.json, "folder"), "walk-2");
    free_received(&a);
    a = ask(&p, frame_message(1));
    free_received(&a);
    a = ask(&p, finish_message(false));
    free_received(&a);
    assert_false(is_there(&all, "walk-2"));
    assert_int_equal(files_in(&all, "studio/.unfinished"), 0);
}

static unsigned long number_at(const char *bytes, int count) {
    unsigned long number = 0;
    while (count-- > 0) number = number << 8 | (unsigned char)bytes[count];
    return number;
}

/* The frames are the same as in a folder, in their order, and so is the directory at the end. */
static void frames_become_a_zip_of_pictures(void **state) {
    static const char *const formats[] = {"png", "zip"};
    char *packed, *frame, name[32];
    size_t size, length, at = 0;
    gb_error err = {0};
    (void)state;
    for (int k = 0; k < 2; k++) {
        received a = begin_film(&p, "packed", formats[k], 2);
        for (int i = 0; i < 2; i++) {
            free_received(&a);
            a = ask(&p, frame_message(i));
        }
        free_received(&a);
        a = ask(&p, finish_message(true));
        assert_string_equal(text_of(a.json, "file"), k ? "packed.zip" : "packed");
        free_received(&a);
    }
    assert_int_equal(files_in(&all, "studio/.unfinished"), 0);
    assert_int_equal(folder_read(in_folder(&all, "packed.zip"), 1 << 20, &packed, &size, &err), GB_OK);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "packed/frame-%06d.png", i);
        assert_int_equal(folder_read(in_folder(&all, name), 1 << 20, &frame, &length, &err), GB_OK);
        assert_memory_equal(packed + at, "PK\3\4", 4);
        assert_int_equal(number_at(packed + at + 14, 4), crc32(0, (const unsigned char *)frame, (uInt)length));
        assert_int_equal(number_at(packed + at + 18, 4), length);
        assert_int_equal(number_at(packed + at + 26, 2), 16);
        assert_memory_equal(packed + at + 30, name + 7, 16);
        assert_memory_equal(packed + at + 46, frame, length);
        at += 46 + length;
        free(frame);
    }
    assert_int_equal(size, at + 2 * 62 + 22);
    assert_memory_equal(packed + at, "PK\1\2", 4);
    assert_int_equal(number_at(packed + at + 42, 4), 0);
    assert_memory_equal(packed + size - 22, "PK\5\6", 4);
    assert_int_equal(number_at(packed + size - 12, 2), 2);
    assert_int_equal(number_at(packed + size - 6, 4), at);
    free(packed);
    received a = ask(&p, json_pack("{s:s, s:s, s:i}", "type", "download", "name", "packed.zip", "from", 0));
    assert_int_equal(number_of(a.json, "size"), size);
    free_received(&a);
}

static void an_unfinished_film_leaves_no_files(void **state) {
    size_t before = files_in(&all, "");
    page mine;
    (void)state;
    open_page(&mine, &all);
    received a = begin_film(&mine, "lost", "png", 3);
    free_received(&a);
    a = ask(&mine, frame_message(1));
    free_received(&a);
    assert_int_equal(files_in(&all, "studio/.unfinished"), 1);
    close_page(&mine);
    assert_int_equal(files_in(&all, "studio/.unfinished"), 0);
    assert_int_equal(files_in(&all, ""), before);
}

static void ffmpeg_encodes_the_frames(void **state) {
    static const char *const formats[] = {"mp4", "webm"};
    (void)state;
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "film", "name", "a", "format", "mp4", "fps", 25,
                              "frames", 1), "not in the PATH");
    if (system("command -v ffmpeg > /dev/null") != 0) skip();
    all.shared.ffmpeg = true;
    for (int k = 0; k < 2; k++) {
        received a = begin_film(&p, "turn 100", formats[k], 3);
        for (int i = 0; i < 3; i++) {
            free_received(&a);
            a = ask(&p, frame_message(i));
        }
        free_received(&a);
        a = ask(&p, finish_message(true));
        assert_true(is_there(&all, text_of(a.json, "file")));
        assert_int_equal(files_in(&all, "studio/.unfinished"), 0);
        free_received(&a);
    }
    all.shared.ffmpeg = false;
}

/* With a program in place of ffmpeg that runs until it is killed. */
static void a_film_can_be_discarded_during_encoding_and_both_requests_are_answered(void **state) {
    char path[4096], program[400];
    (void)state;
    char *before = strdup(getenv("PATH"));
    assert_non_null(before);
    put_file(&all, "ffmpeg", "#!/bin/sh\nexec sleep 1000\n");
    snprintf(program, sizeof program, "%s", in_folder(&all, "ffmpeg"));
    assert_int_equal(chmod(program, 0700), 0);
    snprintf(path, sizeof path, "%s:%s", all.out, before);
    setenv("PATH", path, 1);
    all.shared.ffmpeg = true;
    received a = begin_film(&p, "dropped", "mp4", 3);
    free_received(&a);
    a = ask(&p, frame_message(1));
    free_received(&a);
    json_t *keep = finish_message(true);
    json_object_set_new(keep, "id", json_integer(9999));
    send_message(&p, keep);
    ask_refused(&p, finish_message(true), "already encoding");
    a = ask(&p, finish_message(false));
    assert_true(json_is_null(json_object_get(a.json, "file")));
    free_received(&a);
    a = await_type(&p, "answer");
    assert_int_equal(number_of(a.json, "id"), 9999);
    assert_non_null(strstr(text_of(a.json, "error"), "discarded"));
    free_received(&a);
    assert_false(is_there(&all, "dropped.mp4"));
    assert_int_equal(files_in(&all, "studio/.unfinished"), 0);
    ask_refused(&p, finish_message(false), "no film");
    all.shared.ffmpeg = false;
    setenv("PATH", before, 1);
    free(before);
    remove(program);
}

int run_film_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_become_a_folder_of_pictures),
        cmocka_unit_test(frames_become_a_zip_of_pictures),
        cmocka_unit_test(an_unfinished_film_leaves_no_files),
        cmocka_unit_test(ffmpeg_encodes_the_frames),
        cmocka_unit_test(a_film_can_be_discarded_during_encoding_and_both_requests_are_answered),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
