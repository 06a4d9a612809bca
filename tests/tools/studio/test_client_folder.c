/* The studio's output folder under tabs and programs that use it at the same time: nothing of one is lost to another. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/tools/studio/client_page.h"
#include "tools/studio/folder.h"

enum { TABS = 4, ROUNDS = 5 };

static studio all;

static int set_up(void **state) {
    (void)state;
    open_studio(&all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_studio(&all);
    return 0;
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(in_folder(&all, name), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool contains(const char *name, const char *text) {
    char found[400] = "";
    FILE *file = fopen(in_folder(&all, name), "rb");
    if (!file) return false;
    size_t size = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    found[size] = '\0';
    return strstr(found, text) != NULL;
}

static int count(const char *name) {
    DIR *folder = opendir(in_folder(&all, name));
    struct dirent *entry;
    int found = 0;
    if (!folder) return -1;
    while ((entry = readdir(folder))) found += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(folder);
    return found;
}

static void expect_text(received a, const char *key, const char *text) {
    assert_string_equal(text_of(a.json, key), text);
    free_received(&a);
}

/* ------------------------------------------------------------------------------------------------ films */

static json_t *film_message(void) {
    return json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "film", "name", "walk", "format", "png", "fps", 25, "frames", 9);
}

static void add_frames(page *p, int from, int frames) {
    for (int i = 0; i < frames; i++) {
        char recipe[64];
        snprintf(recipe, sizeof recipe, "{inputs: {seeds: %d}, bends: []}", from + i);
        received a = ask(p, json_pack("{s:s, s:s}", "type", "frame", "recipe", recipe));
        assert_int_equal(number_of(a.json, "index"), i);
        free_received(&a);
    }
}

static void films_of_one_name_in_two_tabs_keep_their_frames(void **state) {
    page a, b;
    (void)state;
    open_page(&a, &all);
    open_page(&b, &all);
    expect_text(ask(&a, film_message()), "folder", "walk");
    add_frames(&a, 0, 3);
    expect_text(ask(&b, film_message()), "folder", "walk");
    add_frames(&b, 10, 2);
    expect_text(ask(&a, json_pack("{s:s, s:b}", "type", "finish", "keep", 1)), "file", "walk");
    assert_int_equal(count("walk"), 3);
    expect_text(ask(&b, json_pack("{s:s, s:b}", "type", "finish", "keep", 1)), "file", "walk-2");
    assert_int_equal(count("walk"), 3);
    assert_int_equal(count("walk-2"), 2);
    close_page(&a);
    close_page(&b);
    assert_int_equal(count("studio/.unfinished"), 0);
}

/* ------------------------------------------------------------------------------------------------ saves */

/* All tabs save at the same time; returns how many were told that they did. */
static int save_in_all(page tabs[TABS], const char *name, char saved[TABS][80]) {
    int done = 0;
    for (int i = 0; i < TABS; i++) {
        char text[96];
        snprintf(text, sizeof text, "inputs: {seeds: %d}\nbends: []\nsummary: tab %d\n", i, i);
        send_message(&tabs[i], json_pack("{s:s, s:i, s:s, s:s, s:b, s:b}", "type", "save", "id", 77, "name", name, "text",
                                         text, "png", 1, "replace", 0));
    }
    for (int i = 0; i < TABS; i++) {
        received a = await_type(&tabs[i], "answer");
        snprintf(saved[i], sizeof saved[i], "%s", text_of(a.json, "recipe"));
        if (*saved[i]) done++;
        else assert_non_null(strstr(text_of(a.json, "error"), "already exists"));
        free_received(&a);
    }
    return done;
}

static void saves_of_several_tabs_never_replace_each_other(void **state) {
    page tabs[TABS];
    char saved[TABS][80];
    (void)state;
    for (int i = 0; i < TABS; i++) open_page(&tabs[i], &all);
    for (int round = 0; round < ROUNDS; round++) {
        assert_int_equal(save_in_all(tabs, "", saved), TABS);
        for (int i = 0; i < TABS; i++) {
            char own[24], picture[80];
            snprintf(own, sizeof own, "summary: tab %d\n", i);
            assert_true(contains(saved[i], own));
            snprintf(picture, sizeof picture, "%.12s.png", saved[i]);
            assert_true(folder_has(in_folder(&all, picture)));
        }
    }
    assert_int_equal(save_in_all(tabs, "one", saved), 1);
    for (int i = 0; i < TABS; i++) close_page(&tabs[i]);
    assert_int_equal(count("studio/.unfinished"), 0);
}

static void a_recipe_whose_picture_has_no_place_is_not_saved(void **state) {
    page p;
    (void)state;
    open_page(&p, &all);
    put("half.png", "another program's");
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:b, s:b}", "type", "save", "name", "half", "text", "bends: []\n", "png", 1,
                              "replace", 0), "already exists");
    assert_false(folder_has(in_folder(&all, "half.yaml")));
    assert_true(contains("half.png", "another"));
    close_page(&p);
}

static void moving_to_a_name_that_is_taken_changes_nothing(void **state) {
    char from[400], to[400];
    bool exists;
    gb_error err = {0};
    (void)state;
    put("mine", "mine");
    put("theirs", "theirs");
    strcpy(from, in_folder(&all, "mine"));
    strcpy(to, in_folder(&all, "theirs"));
    assert_int_equal(folder_move_new(from, to, &exists, &err), GB_BAD_ARGUMENT);
    assert_true(exists && contains("mine", "mine") && contains("theirs", "theirs"));
    assert_int_equal(mkdir(in_folder(&all, "folder"), 0777), 0);
    assert_int_equal(mkdir(in_folder(&all, "other"), 0777), 0);
    strcpy(from, in_folder(&all, "folder"));
    assert_int_equal(folder_move_new(from, to, &exists, &err), GB_BAD_ARGUMENT);
    assert_true(exists);
    strcpy(to, in_folder(&all, "other"));             /* rename() would replace an empty folder */
    assert_int_equal(folder_move_new(from, to, &exists, &err), GB_BAD_ARGUMENT);
    assert_true(exists && folder_has(from));
    strcpy(to, in_folder(&all, "new"));
    err = (gb_error){0};
    assert_int_equal(folder_move_new(from, to, &exists, &err), GB_OK);
    assert_true(!exists && folder_has(to) && !folder_has(from));
}

/* ------------------------------------------------------------------------------------------------ one studio */

static void a_second_program_cannot_have_the_folder(void **state) {
    gb_error err = {0};
    char process[48];
    int second;
    (void)state;
    assert_int_equal(claim_folder(all.out, &second, &err), GB_IO);
    snprintf(process, sizeof process, "another ganbend studio (process %ld)", (long)getpid());
    assert_non_null(strstr(err.message, process));
    assert_non_null(strstr(err.message, "--out"));
    assert_int_equal(second, -1);
}

static void what_a_killed_program_left_is_removed_and_nothing_else(void **state) {
    gb_error err = {0};
    char out[96];
    int lock, status;
    (void)state;
    snprintf(out, sizeof out, "%s/other", all.out);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {                                       /* claims the folder and dies in the middle of its work */
        char path[PATH_ROOM];
        int file;
        if (claim_folder(out, &lock, &err) || unfinished_path(path, out, &err) || mkdir(path, 0777)) _exit(1);
        strcat(path, "/frame-000000.png");
        file = creat(path, 0666);
        if (file < 0 || unfinished_path(path, out, &err) || creat(path, 0666) < 0) _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(count("other/studio/.unfinished"), 2);
    put("other/.mine", "mine");
    put("other/studio/.mine.new", "mine");
    put("other/studio/project.json", "{}");
    if (claim_folder(out, &lock, &err)) fail_msg("%s", err.message);
    assert_int_equal(count("other/studio/.unfinished"), 0);
    assert_true(contains("other/.mine", "mine") && contains("other/studio/.mine.new", "mine"));
    assert_true(contains("other/studio/project.json", "{}"));
    claim_end(out, lock);
    assert_int_equal(count("other/studio/.unfinished"), -1);
}

/* ------------------------------------------------------------------------------------------------ projects */

typedef struct claimant {
    client_slot *slot;
    atomic_bool written;                        /* the holder has ended writing */
    bool early;
} claimant;

static void *claim(void *arg) {
    claimant *c = arg;
    char name[PROJECT_NAME];
    project_claim(&all.shared.clients, c->slot, "piece", "tab-1", name);
    c->early = !atomic_load(&c->written) || strcmp(name, "piece") != 0;
    return NULL;
}

static void a_project_is_taken_over_after_its_document_has_been_written(void **state) {
    client_list *clients = &all.shared.clients;
    client_slot *holder = client_slot_take(clients);
    claimant next = {.slot = client_slot_take(clients)};
    char name[PROJECT_NAME];
    pthread_t thread;
    (void)state;
    project_claim(clients, holder, "piece", "tab-1", name);
    assert_true(project_begin_writing(clients, holder));
    assert_int_equal(pthread_create(&thread, NULL, claim, &next), 0);
    for (int i = 0; i < 100; i++) sched_yield();
    atomic_store(&next.written, true);
    project_end_writing(clients, holder);
    pthread_join(thread, NULL);
    assert_false(next.early);
    assert_false(project_begin_writing(clients, holder));
    client_slot_release(clients, holder);
    client_slot_release(clients, next.slot);
}

static void a_name_may_be_of_any_script_but_is_never_a_path(void **state) {
    static const char *const valid[] = {"a", "Beyonc\xc3\xa9", "\xe9\xa1\x94 1", "\xf0\x9f\x8e\xa8", "a.b-c_d e"};
    static const char *const wrong[] = {"", ".a", "a/b", "100%", "a\nb", "\xc3", "\xc3(", "\xe2\x80\xae" "a", "\xff", "a\\b"};
    static const struct { const char *wanted, *name; } nearest[] = {
        {"100%", "100-"}, {"Beyonc\xc3\xa9", "Beyonc\xc3\xa9"}, {"../../x", "-.-..-x"}, {"", "project"}, {"%%", "project"},
        {"\xff", "project"}, {"a\xc3", "a-"},
    };
    char name[PROJECT_NAME], wanted[200] = "";
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) assert_true(is_valid_name(valid[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(is_valid_name(wrong[i]));
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++) {
        make_valid_name(nearest[i].wanted, name);
        assert_string_equal(name, nearest[i].name);
    }
    for (int i = 0; i < 60; i++) strcat(wanted, "\xc3\xa9");
    make_valid_name(wanted, name);
    assert_true(is_valid_name(name));
    assert_int_equal(strlen(name), 64);
}

static void a_page_gets_no_paths_of_the_server(void **state) {
    static const struct { const char *folder, *before, *after; } messages[] = {
        {"/home/me/out", "/home/me/out/a.yaml: not found", "a.yaml: not found"},
        {"/home/me/out/", "in '/home/me/out/a.png' and \"/home/me/out/b.png\"", "in 'a.png' and \"b.png\""},
        {"out", "layout/out/a: out/b, about/x", "layout/out/a: b, about/x"},
        {"out", "out of memory", "out of memory"},
    };
    page p;
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s", messages[i].before);
        hide_folder(text, messages[i].folder);
        assert_string_equal(text, messages[i].after);
    }
    open_page(&p, &all);
    received a = ask_for(&p, json_pack("{s:s, s:s}", "type", "open", "name", "missing.yaml"), "missing.yaml");
    assert_null(strstr(text_of(a.json, "error"), all.out));
    free_received(&a);
    close_page(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_be_of_any_script_but_is_never_a_path),
        cmocka_unit_test(a_page_gets_no_paths_of_the_server),
        cmocka_unit_test(films_of_one_name_in_two_tabs_keep_their_frames),
        cmocka_unit_test(saves_of_several_tabs_never_replace_each_other),
        cmocka_unit_test(a_recipe_whose_picture_has_no_place_is_not_saved),
        cmocka_unit_test(moving_to_a_name_that_is_taken_changes_nothing),
        cmocka_unit_test(a_second_program_cannot_have_the_folder),
        cmocka_unit_test(what_a_killed_program_left_is_removed_and_nothing_else),
        cmocka_unit_test(a_project_is_taken_over_after_its_document_has_been_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
