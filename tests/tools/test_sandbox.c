/* The sandbox of foreign files, from inside: a child in it tries what a hostile file might make the reader do. Where the
 * system has no Landlock or no filter for system calls, the sandbox says so, and what these refuse is not tried. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/program/sandbox.h"

#define ALLOWED "tests/fixtures/readers/big.npy"
#define OTHER "tests/fixtures/readers/toy.safetensors"

static bool can_open(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- what the child tries; true if it must be so ------------------------------------------------------------------ */

static bool opens_its_file(void) { return can_open(ALLOWED, O_RDONLY); }
static bool opens_no_other_file(void) { return !can_open(OTHER, O_RDONLY) && !can_open("/etc/passwd", O_RDONLY); }
static bool opens_no_folder(void) { return !can_open("tests/fixtures", O_RDONLY | O_DIRECTORY) && !can_open("/proc/self/environ", O_RDONLY); }
static bool writes_no_file(void) { return !can_open(ALLOWED, O_WRONLY) && !can_open("sandbox-wrote-this", O_WRONLY | O_CREAT); }
static bool opens_no_device(void) { return !can_open("/dev/null", O_WRONLY); }

static bool has_no_network(void) {
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && socket(AF_INET6, SOCK_DGRAM, 0) < 0 && socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

static bool starts_no_program(void) {
    char *const arguments[] = {"true", NULL};
    execv("/bin/true", arguments);
    return true;        /* still here */
}

static bool starts_no_process(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0;
}

static bool signals_no_process(void) { return kill(getppid(), 0) != 0; }
static bool makes_no_code(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}
static bool removes_no_file(void) { return unlink(ALLOWED) != 0 && rename(ALLOWED, ALLOWED "2") != 0; }
static bool gets_out_by_no_limit(void) {
    const struct rlimit more = {1 << 20, 1 << 20};
    return setrlimit(RLIMIT_CORE, &more) != 0;
}

static void *add_one(void *number) {
    ++*(int *)number;
    return NULL;
}

static bool computes_in_threads(void) {
    pthread_t thread;
    int number = 1;
    char *memory = malloc(32 << 20);
    bool good = memory && pthread_create(&thread, NULL, add_one, &number) == 0 && pthread_join(thread, NULL) == 0;
    free(memory);
    return good && number == 2;
}

enum { FILES = 1, CALLS = 2 };

static const struct { const char *what; bool (*holds)(void); int needs; } promises[] = {
    {"opens its own file", opens_its_file, 0},
    {"computes in threads", computes_in_threads, 0},
    {"opens no other file", opens_no_other_file, FILES},
    {"opens no folder", opens_no_folder, FILES},
    {"writes no file", writes_no_file, FILES},
    {"opens no device", opens_no_device, FILES},
    {"removes no file", removes_no_file, CALLS},
    {"has no network", has_no_network, CALLS},
    {"starts no program", starts_no_program, CALLS},
    {"starts no process", starts_no_process, CALLS},
    {"signals no process", signals_no_process, CALLS},
    {"makes no code", makes_no_code, CALLS},
    {"raises no limit", gets_out_by_no_limit, CALLS},
};

/* Exit status 100 + number of the first promise that does not hold. */
static _Noreturn void try_all(const sandbox *how) {
    sandbox_gaps gaps;
    sandbox_enter(how, &gaps);
    int has = (strstr(gaps.text, "Landlock") || strstr(gaps.text, "no sandbox") ? 0 : FILES) |
              (strstr(gaps.text, "system calls") || strstr(gaps.text, "no sandbox") ? 0 : CALLS);
    if (*gaps.text)
        fprintf(stderr, "%s\n", gaps.text);
    for (int i = 0; i < (int)(sizeof promises / sizeof *promises); i++)
        if ((promises[i].needs & has) == promises[i].needs && !promises[i].holds())
            _exit(100 + i);
    _exit(0);
}

static void a_process_in_the_sandbox_keeps_every_promise(void **state) {
    (void)state;
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        try_all(&(sandbox){.readable = {ALLOWED, "no-such-file"}, .memory = (uint64_t)1 << 30});
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) >= 100)
        fail_msg("it is not true that it %s", promises[WEXITSTATUS(status) - 100].what);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_not_equal(access("sandbox-wrote-this", F_OK), 0);
}

static gb_status say_hello(void *arg, int out, gb_error *err) {
    const char *text = arg;
    return write(out, text, strlen(text)) == (ssize_t)strlen(text) ? GB_OK : state(err, GB_IO, "not written");
}

static gb_status fail_politely(void *arg, int out, gb_error *err) {
    (void)arg, (void)out;
    return state(err, GB_BAD_FILE, "the file is \033[31mred");
}

static gb_status crash(void *arg, int out, gb_error *err) {
    (void)arg, (void)out, (void)err;
    abort();
}

static gb_status write_for_ever(void *arg, int out, gb_error *err) {
    static const char zeros[4096];
    (void)arg;
    while (write(out, zeros, sizeof zeros) > 0)
        continue;
    return state(err, GB_IO, "nobody reads");
}

static void what_a_child_writes_reaches_its_parent(void **state) {
    (void)state;
    sandbox_child child;
    gb_error err = {0};
    char text[64] = "";
    assert_int_equal(sandbox_start(&(sandbox){0}, say_hello, "hello", &child, &err), GB_OK);
    assert_int_equal(sandbox_read(&child, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    assert_int_equal(sandbox_read(&child, text, sizeof text), 0);
    assert_int_equal(sandbox_finish(&child, &err), GB_OK);
}

static void a_childs_failure_is_its_parents(void **state) {
    (void)state;
    sandbox_child child;
    gb_error err = {0};
    char text[64];
    assert_int_equal(sandbox_start(&(sandbox){0}, fail_politely, NULL, &child, &err), GB_OK);
    assert_true(sandbox_read(&child, text, sizeof text) == SIZE_MAX);
    assert_int_equal(sandbox_finish(&child, &err), GB_BAD_FILE);
    assert_string_equal(err.message, "the file is ?[31mred");
}

static void a_child_that_crashes_is_reported(void **state) {
    (void)state;
    sandbox_child child;
    gb_error err = {0};
    char text[64];
    assert_int_equal(sandbox_start(&(sandbox){0}, crash, NULL, &child, &err), GB_OK);
    assert_true(sandbox_read(&child, text, sizeof text) == SIZE_MAX);
    assert_int_equal(sandbox_finish(&child, &err), GB_IO);
}

static void a_child_whose_output_is_not_read_ends(void **state) {
    (void)state;
    sandbox_child child;
    gb_error err = {0};
    char text[64];
    assert_int_equal(sandbox_start(&(sandbox){0}, write_for_ever, NULL, &child, &err), GB_OK);
    assert_int_equal(sandbox_read(&child, text, sizeof text), sizeof text);
    assert_int_equal(sandbox_finish(&child, &err), GB_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_in_the_sandbox_keeps_every_promise),
        cmocka_unit_test(what_a_child_writes_reaches_its_parent),
        cmocka_unit_test(a_childs_failure_is_its_parents),
        cmocka_unit_test(a_child_that_crashes_is_reported),
        cmocka_unit_test(a_child_whose_output_is_not_read_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
