/* Mapped files, and output files that appear complete or not at all. */
#define _GNU_SOURCE     /* O_TMPFILE */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/platform.h"

static char folder[] = "/tmp/ganbend-test-XXXXXX";

static int enter_folder(void **state) {
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : 1;
}

static int leave_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;      /* fails if a test has left a file behind */
}

static int files_here(void) {
    DIR *dir = opendir(".");
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void put(const char *path, const char *text) {
    gb_out_file *file;
    gb_error err = {0};
    assert_int_equal(gb_out_file_new(path, GB_OUTPUT_PNG, &file, &err), GB_OK);
    assert_true(gb_out_file_write(file, text, strlen(text)));
    assert_int_equal(gb_out_file_finish(file, &err), GB_OK);
    gb_out_file_free(file);
}

static void check_content(const char *path, const char *text) {
    gb_map map;
    assert_int_equal(gb_map_open(path, &map, NULL), GB_OK);
    assert_int_equal(map.size, strlen(text));
    assert_memory_equal(map.bytes, text, map.size);
    gb_map_close(&map);
}

static void check_no_map(const char *path, gb_status status, const char *line) {
    gb_map map;
    gb_error err = {0};
    assert_int_equal(gb_map_open(path, &map, &err), status);
    assert_int_equal(err.status, status);
    assert_string_equal(err.message, line);
    assert_null(map.bytes);
    gb_map_close(&map);
}

static void files_that_cannot_be_mapped_give_a_reason(void **state) {
    (void)state;
    check_no_map("faces.pkl", GB_IO, "faces.pkl: no such file");
    check_no_map(".", GB_IO, ".: is a directory");
    check_no_map("/dev/null", GB_IO, "/dev/null: not a regular file");
    put("empty", "");
    check_no_map("empty", GB_BAD_FILE, "empty: the file is empty");
    check_no_map("empty/faces.pkl", GB_IO, "empty/faces.pkl: a component of the path is not a directory");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    check_no_map("pipe", GB_IO, "pipe: not a regular file");       /* and does not wait for a writer */
    check_no_map("two\nlines\033[2J", GB_IO, "two?lines?[2J: no such file");
    check_no_map("c\xc2\x9b" "2J \xe2\x80\xae\xe2\x80\x8b\xff \xc3\xa9", GB_IO, "c??2J ??????? \xc3\xa9: no such file");
    unlink("empty");
    unlink("pipe");
}

static void released_pages_are_read_from_the_file_again(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    gb_out_file *file;
    assert_int_equal(gb_out_file_new("big", GB_OUTPUT_PNG, &file, NULL), GB_OK);
    for (int i = 0; i < SIZE; i++)
        assert_true(gb_out_file_write(file, &(unsigned char){(unsigned char)(i % 251)}, 1));
    assert_int_equal(gb_out_file_finish(file, NULL), GB_OK);
    gb_out_file_free(file);
    gb_map map;
    assert_int_equal(gb_map_open("big", &map, NULL), GB_OK);
    const unsigned char *bytes = map.bytes;
    gb_map_release(&map, bytes + 100, SIZE - 200);
    gb_map_release(&map, bytes + SIZE, 0);
    for (int i = 0; i < SIZE; i++)
        assert_int_equal(bytes[i], i % 251);
    gb_map_close(&map);
    unlink("big");
}

static void ranges_outside_the_map_are_never_released(void **state) {
    (void)state;
    put("small", "small");
    gb_map map;
    assert_int_equal(gb_map_open("small", &map, NULL), GB_OK);
    size_t size = 1 << 16;
    char *mine = gb_aligned_alloc(size);
    assert_non_null(mine);
    memset(mine, 7, size);
    gb_map_release(&map, mine, size);
    gb_map_release(&map, map.bytes, SIZE_MAX);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(mine[i], 7);
    gb_aligned_free(mine);
    gb_map_close(&map);
    unlink("small");
}

static void a_file_appears_when_it_is_finished(void **state) {
    (void)state;
    gb_out_file *file;
    gb_error err = {0};
    assert_int_equal(gb_out_file_new("out.png", GB_OUTPUT_PNG, &file, &err), GB_OK);
    assert_true(gb_out_file_write(file, "whole", 5));
    assert_int_not_equal(access("out.png", F_OK), 0);
    assert_int_equal(gb_out_file_finish(file, &err), GB_OK);
    assert_int_equal(files_here(), 1);
    gb_out_file_free(file);
    check_content("out.png", "whole");
    struct stat st;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat("out.png", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666 & ~mask);
    unlink("out.png");
}

static void a_replaced_file_keeps_its_permissions(void **state) {
    (void)state;
    const mode_t modes[] = {0600, 0640, 0666, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct stat st;
        put("private.png", "before");
        assert_int_equal(chmod("private.png", modes[i]), 0);
        put("private.png", "after");
        check_content("private.png", "after");
        assert_int_equal(stat("private.png", &st), 0);
        assert_int_equal(st.st_mode & 0777, modes[i]);
        unlink("private.png");
    }
}

/* As if it were killed: the process ends without freeing the file. */
static void a_program_that_ends_while_writing_leaves_nothing(void **state) {
    (void)state;
    int probe = open(".", O_TMPFILE | O_WRONLY, 0600);
    if (probe < 0)
        skip();     /* this file system has only files with names */
    close(probe);
    put("out.png", "before");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        gb_out_file *file;
        static const char large[1 << 17];
        _exit(gb_out_file_new("out.png", GB_OUTPUT_PNG, &file, NULL) || !gb_out_file_write(file, large, sizeof large));
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    assert_int_equal(files_here(), 1);
    check_content("out.png", "before");
    unlink("out.png");
}

/* Takes the place of the C library's. */
static int folders_synced;

int fsync(int fd) {
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        folders_synced += access("out.png", F_OK) == 0;
    return fdatasync(fd);
}

static void the_folder_is_synced_after_the_rename(void **state) {
    (void)state;
    folders_synced = 0;
    put("out.png", "whole");
    assert_int_equal(folders_synced, 1);
    unlink("out.png");
}

static void an_unfinished_file_is_removed(void **state) {
    (void)state;
    put("out.png", "before");
    gb_out_file *file;
    assert_int_equal(gb_out_file_new("out.png", GB_OUTPUT_PNG, &file, NULL), GB_OK);
    assert_true(gb_out_file_write(file, "after", 5));
    gb_out_file_free(file);
    assert_int_equal(files_here(), 1);
    check_content("out.png", "before");
    unlink("out.png");
    gb_out_file_free(NULL);
}

static void a_name_of_the_maximum_length_is_written(void **state) {
    (void)state;
    char name[NAME_MAX + 1];
    memset(name, 'x', NAME_MAX);
    name[NAME_MAX] = '\0';
    put(name, "fits");
    check_content(name, "fits");
    unlink(name);
}

static void a_symbolic_link_is_kept(void **state) {
    (void)state;
    put("real", "before");
    assert_int_equal(symlink("real", "link"), 0);
    put("link", "after");
    check_content("real", "after");
    struct stat st;
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    unlink("link");
    unlink("real");
}

static void check_no_file(const char *path, gb_status status, const char *line) {
    gb_out_file *file;
    gb_error err = {0};
    assert_int_equal(gb_out_file_new(path, GB_OUTPUT_PNG, &file, &err), status);
    assert_string_equal(err.message, line);
    assert_null(file);
    assert_int_equal(files_here(), 0);
}

static void files_that_cannot_be_written_give_a_reason(void **state) {
    (void)state;
    check_no_file("", GB_BAD_ARGUMENT, "the output file has no name");
    check_no_file(".", GB_IO, ".: is a directory");
    check_no_file("no/such/out.png", GB_IO, "no/such/out.png: its folder does not exist");
    check_no_file("out/", GB_IO, "out/: its folder does not exist");
    check_no_file("/dev/null/out.png", GB_IO, "/dev/null/out.png: a component of the path is not a directory");
}

static void devices_are_written_directly(void **state) {
    (void)state;
    put("/dev/null", "gone");
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void a_full_disk_stays_an_error(void **state) {
    (void)state;
    struct stat st;
    if (stat("/dev/full", &st) != 0)
        skip();
    gb_out_file *file;
    gb_error err = {0};
    assert_int_equal(gb_out_file_new("/dev/full", GB_OUTPUT_PNG, &file, &err), GB_OK);
    assert_true(gb_out_file_write(file, "fits the buffer", 15));
    assert_int_equal(gb_out_file_check(file, &err), GB_OK);
    static const char large[1 << 17];
    assert_false(gb_out_file_write(file, large, sizeof large));
    assert_false(gb_out_file_write(file, "x", 1));
    assert_int_equal(gb_out_file_check(file, &err), GB_IO);
    assert_string_equal(err.message, "/dev/full: the disk is full");
    assert_int_equal(gb_out_file_finish(file, &err), GB_IO);
    gb_out_file_free(file);
}

static void a_failed_write_leaves_no_file(void **state) {
    (void)state;
    struct rlimit before, tight = {10000, 10000};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight.rlim_max = before.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    gb_out_file *file;
    gb_error err = {0};
    assert_int_equal(gb_out_file_new("out.gbw", GB_OUTPUT_PNG, &file, &err), GB_OK);
    static const char block[20000];
    assert_true(gb_out_file_write(file, block, sizeof block));      /* buffered: the error is found at the end */
    gb_status status = gb_out_file_finish(file, &err);
    gb_out_file_free(file);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, GB_IO);
    assert_string_equal(err.message, "out.gbw: file too large for this system");
    assert_int_equal(files_here(), 0);
}

static void two_writers_of_one_name_do_not_interfere(void **state) {
    (void)state;
    gb_out_file *a, *b;
    assert_int_equal(gb_out_file_new("out", GB_OUTPUT_PNG, &a, NULL), GB_OK);
    assert_int_equal(gb_out_file_new("out", GB_OUTPUT_PNG, &b, NULL), GB_OK);
    assert_true(gb_out_file_write(a, "first", 5));
    assert_true(gb_out_file_write(b, "second", 6));
    assert_int_equal(gb_out_file_finish(a, NULL), GB_OK);
    check_content("out", "first");
    assert_int_equal(gb_out_file_finish(b, NULL), GB_OK);
    check_content("out", "second");
    gb_out_file_free(a);
    gb_out_file_free(b);
    assert_int_equal(files_here(), 1);
    unlink("out");
}

static void messages_are_truncated_between_characters(void **state) {
    (void)state;
    char name[2002] = "x";
    for (size_t i = 1; i + 2 < sizeof name; i += 2)
        memcpy(name + i, "\xc3\xa4", 2);
    gb_map map;
    gb_error err = {0};
    assert_int_equal(gb_map_open(name, &map, &err), GB_IO);
    size_t length = strlen(err.message);
    assert_in_range(length, sizeof err.message - 3, sizeof err.message - 1);
    assert_int_equal((unsigned char)err.message[length - 1], 0xA4);
}

int main(void) {
    setenv("GANBEND_OVERWRITE", "1", 1);     /* test_overwriting.sh tests existing files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_cannot_be_mapped_give_a_reason),
        cmocka_unit_test(released_pages_are_read_from_the_file_again),
        cmocka_unit_test(ranges_outside_the_map_are_never_released),
        cmocka_unit_test(a_file_appears_when_it_is_finished),
        cmocka_unit_test(a_replaced_file_keeps_its_permissions),
        cmocka_unit_test(a_program_that_ends_while_writing_leaves_nothing),
        cmocka_unit_test(the_folder_is_synced_after_the_rename),
        cmocka_unit_test(an_unfinished_file_is_removed),
        cmocka_unit_test(a_name_of_the_maximum_length_is_written),
        cmocka_unit_test(a_symbolic_link_is_kept),
        cmocka_unit_test(files_that_cannot_be_written_give_a_reason),
        cmocka_unit_test(devices_are_written_directly),
        cmocka_unit_test(a_full_disk_stays_an_error),
        cmocka_unit_test(a_failed_write_leaves_no_file),
        cmocka_unit_test(two_writers_of_one_name_do_not_interfere),
        cmocka_unit_test(messages_are_truncated_between_characters),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
