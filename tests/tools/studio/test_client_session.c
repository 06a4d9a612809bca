/* A page's session of messages under faults: the n-th open, read, write, sync or rename fails, once or from then on, and with
 * --all the n-th allocation too, for every n. Each time
 *   - every message is answered as always, or refused with the cause, or the connection is closed with the cause;
 *   - every file in the folder is whole, and the kept document is one that the page sent;
 *   - a file that an answer has promised is there, and nothing unfinished is left;
 *   - the next page gets the project as it was kept last.
 * Without --all only a few n are tried. The same session shows that the server's thread leaves all work to others. */
#define _GNU_SOURCE                 /* nftw() */
#include "client_faults.h"

#include <dirent.h>

#include "tests/faults/tree.h"

enum { FEW = 3, ROOM = 2048 };

#define BENT "\"recipe\": \"{clusters: groups.yaml, inputs: {seeds: 5}, bends: [{at: synthesis.b8.conv0, filter: invert, " \
             "features: {cluster: 0}}]}\""
#define SAVED "inputs: {seeds: 5}\\nbends: []\\n"

typedef struct step {
    const char *text, *type;        /* the message, and what answers it */
    const char *follows;            /* part of the error that it gets because a message before it has failed, or NULL */
    const char *makes;              /* a file that is there if all has gone well so far */
} step;

static const step steps[] = {
    {"{\"type\": \"hello\", \"project\": \"piece\"}", "network", NULL, NULL},
    {"{\"type\": \"render\", \"serial\": 1, " BENT "}", "frame", NULL, NULL},
    {"{\"type\": \"keep\", \"id\": 2, \"document\": {\"n\": 1}}", "answer", NULL, NULL},
    {"{\"type\": \"save\", \"id\": 3, \"name\": \"one\", \"text\": \"" SAVED "\", \"png\": true, \"replace\": false}", "answer", NULL,
     "one.png"},
    {"{\"type\": \"save\", \"id\": 4, \"name\": \"\", \"text\": \"" SAVED "\", \"png\": true, \"replace\": false}", "answer", NULL,
     "picture-0001.png"},
    {"{\"type\": \"files\", \"id\": 5}", "answer", NULL, NULL},
    {"{\"type\": \"open\", \"id\": 6, \"name\": \"one.yaml\"}", "answer", "No such file", NULL},
    {"{\"type\": \"open\", \"id\": 7, \"name\": \"one.png\"}", "answer", "No such file", NULL},
    {"{\"type\": \"works\", \"id\": 18, \"count\": 4}", "answer", NULL, NULL},
    {"{\"type\": \"thumbnail\", \"id\": 19, " BENT ", \"side\": 16}", "thumbnail", NULL, NULL},
    {"{\"type\": \"download\", \"id\": 20, \"name\": \"one.png\", \"from\": 0}", "file", "no file", NULL},
    {"{\"type\": \"film\", \"id\": 8, \"name\": \"walk\", \"format\": \"png\", \"fps\": 25, \"frames\": 2}", "answer", NULL, NULL},
    {"{\"type\": \"frame\", \"id\": 9, " BENT "}", "answer", "no film is being made", NULL},
    {"{\"type\": \"frame\", \"id\": 10, " BENT "}", "answer", "no film is being made", NULL},
    {"{\"type\": \"finish\", \"id\": 11, \"keep\": true}", "answer", "film", "walk/frame-000001.png"},
    {"{\"type\": \"film\", \"id\": 12, \"name\": \"walk\", \"format\": \"png\", \"fps\": 25, \"frames\": 2}", "answer",
     "a film is being made", NULL},
    {"{\"type\": \"frame\", \"id\": 13, " BENT "}", "answer", "film", NULL},
    {"{\"type\": \"finish\", \"id\": 14, \"keep\": false}", "answer", "no film is being made", NULL},
    {"{\"type\": \"upload\", \"id\": 21, \"name\": \"four.bin\", \"size\": 4}", "answer", NULL, NULL},
    {"{\"type\": \"piece\", \"id\": 22, \"bytes\": \"AAECAw==\"}", "answer", "no file is being uploaded", "models/four.bin"},
#if GANBEND_ANALYSIS
    {"{\"type\": \"directions\", \"id\": 15, \"method\": \"sefa\", \"count\": 2}", "answer", NULL, "toy-sefa.npz"},
    {"{\"type\": \"bank\", \"id\": 16, \"name\": \"toy-sefa.npz\", \"beside\": false}", "answer", "No such file", NULL},
#endif
    {"{\"type\": \"keep\", \"id\": 17, \"document\": {\"n\": 2}}", "answer", NULL, "studio/piece.json"},
};

enum { STEPS = sizeof steps / sizeof *steps };

/* ------------------------------------------------------------------------------------------------ the server's thread */

_Thread_local bool is_serving;
static long waits;                  /* calls of the server's thread that wait, plan or render */

void __real_gb_session_free(gb_session *session);
void __wrap_gb_session_free(gb_session *session);
void __wrap_gb_session_free(gb_session *session) {
    waits += is_serving;
    __real_gb_session_free(session);
}

#define NOT_SERVED(type, name, parameters, arguments) \
    type __real_##name parameters;                    \
    type __wrap_##name parameters;                    \
    type __wrap_##name parameters {                   \
        waits += is_serving;                          \
        return __real_##name arguments;               \
    }

NOT_SERVED(int, pthread_join, (pthread_t thread, void **result), (thread, result))
NOT_SERVED(gb_status, gb_session_new, (gb_model *m, const gb_session_options *o, gb_session **s, gb_error *e), (m, o, s, e))
NOT_SERVED(gb_status, gb_session_commit, (gb_session *s, gb_error *e), (s, e))
NOT_SERVED(gb_status, gb_session_render, (gb_session *s, float *image, gb_error *e), (s, image, e))
NOT_SERVED(gb_status, gb_session_render_pixels, (gb_session *s, uint8_t *pixels, gb_error *e), (s, pixels, e))
NOT_SERVED(gb_status, gb_session_preview, (gb_session *s, int side, float *image, gb_error *e), (s, side, image, e))

/* ------------------------------------------------------------------------------------------------ a session */

static studio all;
static bool every;
static tree expected;               /* the files of a session without a fault */
static char *right[STEPS];          /* its answers */
static char now[200];               /* the fault, for messages */

static int set_up(void **state) {
    (void)state;
    open_studio(&all);
    take_tiny_model(&all);
    empty(all.out);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < STEPS; i++) free(right[i]);
    free_tree(&expected);
    close_studio(&all);
    return 0;
}

static void put(const char *name, const char *text) {
    write_file(in_folder(&all, name), text, strlen(text));
}

/* What is in the folder when a session begins: a project, and a file that recipes name. */
static void put_files(void) {
    empty(all.out);
    if (mkdir(in_folder(&all, "studio"), 0700)) stop("studio");
    put("studio/piece.json", "{\"n\": 0}");
    put("groups.yaml", "synthesis.b8.conv0: [[0, 1], [2]]\n");
}

/* How the steps of a session have ended. */
typedef struct outcome {
    int done;                       /* steps that were answered */
    int failed;                     /* the first one that was not answered as always, or STEPS */
    int kept;                       /* the last document that was said to be kept; 0: the one that was there */
    bool has[STEPS];                /* the answer was the right one */
    long calls;                     /* of the kind */
} outcome;

static void check_answer(const step *s, int i, fault_kind kind, const char *answer, const char *reason, bool after) {
    if (!answer && !faults_name_cause(kind, reason)) fail_msg("%s: %s: closed with '%s'", now, s->text, reason);
    if (!answer || !strcmp(answer, right[i])) return;
    if (is_error(answer) && (faults_name_cause(kind, answer) || (after && s->follows && strstr(answer, s->follows)))) return;
    if (is_error(answer) || !after) fail_msg("%s: %s: answered %s instead of %s", now, s->text, answer, right[i]);
}

static outcome run_session(fault_kind kind, long n, bool on) {
    outcome o = {.failed = STEPS};
    char reason[CLOSE_REASON] = "";
    page p = {.at = &all};
    put_files();
    open_page(&p, &all);
    received first = render(&p, 0, "inputs: {seeds: 1}\nbends: []\n");
    free_received(&first);
    faults_begin(kind, n, on);
    for (int i = 0; i < STEPS; i++) {
        char *answer = serve_message(&p, steps[i].text, reason) ? NULL : wait_for(&p, steps[i].type, reason);
        if (right[i]) check_answer(&steps[i], i, kind, answer, reason, o.failed < i);
        else right[i] = answer ? strdup(answer) : NULL;
        bool closed = !answer;
        o.has[i] = answer && right[i] && !strcmp(answer, right[i]);
        if (o.has[i] && strstr(steps[i].text, "keep\", \"id")) o.kept = strstr(steps[i].text, "{\"n\": 2}") ? 2 : 1;
        if (!o.has[i] && o.failed == STEPS) o.failed = i;
        free(answer);
        if (closed) break;
        o.done++;
    }
    begin_serving();
    client_close(p.client);
    end_serving();
    clients_wait_for_closing(&all.shared.clients);
    o.calls = faults_end();
    return o;
}

/* ------------------------------------------------------------------------------------------------ what has to hold */

static bool is_there_whole(const tree *found, const char *name) {
    for (size_t i = 0; i < found->count; i++)
        if (!strcmp(found->files[i].path + strlen(all.out) + 1, name)) return same_file(found, i, &expected);
    return false;
}

static int document_number(const tree *found, size_t i) {
    int number = -1;
    return found->files[i].size == 8 && sscanf(found->files[i].bytes, "{\"n\": %d}", &number) == 1 ? number : -1;
}

static void check_files(const outcome *o) {
    tree found;
    read_tree(all.out, &found);
    for (size_t i = 0; i < found.count; i++) {
        const char *name = found.files[i].path + strlen(all.out) + 1;
        if (!strcmp(name, "studio/piece.json") ? document_number(&found, i) < o->kept : !same_file(&found, i, &expected))
            fail_msg("%s: %s is damaged or left", now, name);
    }
    for (int i = 0; i < STEPS; i++)
        if (steps[i].makes && o->has[i] && o->failed >= i && !is_there_whole(&found, steps[i].makes))
            fail_msg("%s: %s is not there", now, steps[i].makes);
    assert_int_equal(is_there(&all, "one.yaml"), is_there(&all, "one.png"));
    assert_int_equal(is_there(&all, "picture-0001.yaml"), is_there(&all, "picture-0001.png"));
    DIR *unfinished = opendir(in_folder(&all, "studio/.unfinished"));
    for (struct dirent *e; unfinished && (e = readdir(unfinished));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) fail_msg("%s: %s is left unfinished", now, e->d_name);
    if (unfinished) closedir(unfinished);
    free_tree(&found);
}

static void check_next_page(const outcome *o) {
    page p;
    open_page(&p, &all);
    received a = say_hello(&p, "piece");
    assert_true(number_of(json_object_get(a.json, "document"), "n") >= o->kept);
    free_received(&a);
    close_page(&p);
}

/* Returns the number of calls of that kind. */
static long fail_at(fault_kind kind, long n, bool on) {
    snprintf(now, sizeof now, "%s %ld %s", fault_names[kind], n, on ? "and all after it" : "once");
    outcome o = run_session(kind, n, on);
    check_files(&o);
    check_next_page(&o);
    return o.calls;
}

/* ------------------------------------------------------------------------------------------------ tests */

static void a_session_is_answered_and_makes_its_files(void **state) {
    (void)state;
    outcome o = run_session(FAULT_NONE, 0, false);
    for (int i = 0; i < STEPS; i++)
        if (!right[i] || is_error(right[i])) fail_msg("%s: %s", steps[i].text, right[i] ? right[i] : "closed");
    assert_int_equal(o.kept, 2);
    read_tree(all.out, &expected);
    check_files(&o);
    check_next_page(&o);
}

static void a_call_for_a_file_fails(void **state) {
    (void)state;
    for (int kind = FAULT_OPEN; kind <= FAULT_NAME; kind++) {
        long calls = fail_at((fault_kind)kind, -1, false), last = -1;
        assert_true(calls > 3);
        for (long i = 0; i < FEW && !every; i++) {
            long n = i * (calls - 1) / (FEW - 1);
            if (n != last) fail_at((fault_kind)kind, n, i % 2);
            last = n;
        }
        for (int on = 0; on < 2 && every; on++)
            for (long n = 0; fail_at((fault_kind)kind, n, on) > n; n++) continue;
    }
}

static void an_allocation_fails(void **state) {
    (void)state;
    if (!every) skip();             /* test_client_memory.c tries each message by itself */
    for (int kind = FAULT_MEMORY; kind <= FAULT_MAP; kind++)
        for (int on = 0; on < 2; on++)
            for (long n = 0; fail_at((fault_kind)kind, n, on) > n; n++) continue;
}

static void the_servers_thread_joins_plans_and_writes_nothing(void **state) {
    (void)state;
    long before = faults_file_calls();
    waits = 0;
    outcome o = run_session(FAULT_NONE, 0, false);
    assert_int_equal(o.done, STEPS);
    assert_int_equal(faults_file_calls() - before, 0);
    assert_int_equal(waits, 0);
}

static void an_uploaded_file_and_its_folder_are_synced(void **state) {
    page p;
    (void)state;
    put_files();
    open_page(&p, &all);
    received a = ask(&p, json_pack("{s:s, s:s, s:i}", "type", "upload", "name", "four.bin", "size", 4));
    free_received(&a);
    faults_begin(FAULT_SYNC, -1, false);
    a = ask(&p, json_pack("{s:s, s:s}", "type", "piece", "bytes", "AAECAw=="));
    assert_int_equal(faults_end(), 2);
    free_received(&a);
    close_page(&p);
}

int run_session_tests(bool all_calls) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_answered_and_makes_its_files),
        cmocka_unit_test(a_call_for_a_file_fails),
        cmocka_unit_test(an_allocation_fails),
        cmocka_unit_test(the_servers_thread_joins_plans_and_writes_nothing),
        cmocka_unit_test(an_uploaded_file_and_its_folder_are_synced),
    };
    every = all_calls;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
