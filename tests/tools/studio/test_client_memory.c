/* Every message of a page while memory runs out: the n-th allocation fails, for every n, once or from then on. The message is
 * answered as always, or refused with the reason, or the connection is closed with the reason. Nothing is left out of an
 * answer, and nothing stays unanswered. Allocations of the client, of the engine and of jansson are counted. Without --all only
 * some n are tried, ever farther apart.
 *
 * usage: test_client_faults [--all [session]], where session stands for the tests of test_client_session.c */
#define _POSIX_C_SOURCE 200809L
#include "client_faults.h"

static studio all;
static bool every;

static int set_up(void **state) {
    (void)state;
    open_studio(&all);
    take_tiny_model(&all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_studio(&all);
    return 0;
}

/* One message to a page that has rendered, with the n-th allocation failing. Returns the last message that it makes the server
 * send, or NULL if the connection is closed; *ended is whether there were fewer allocations. */
static char *try_once(const char *text, const char *const *types, long n, bool from_then_on, bool *ended,
                      char reason[CLOSE_REASON]) {
    char *answer = NULL;
    page p;
    open_page(&p, &all);
    received a = render(&p, 1, "inputs: {seeds: 1}\nbends: []\n");
    free_received(&a);
    if (!strstr(text, "hello")) {
        a = say_hello(&p, "mine");
        free_received(&a);
        a = await_type(&p, "network");
        free_received(&a);
    }
    faults_begin(FAULT_MEMORY, n, from_then_on);
    if (!serve_message(&p, text, reason))
        for (; *types; types++) {
            free(answer);
            answer = wait_for(&p, *types, reason);
            if (!answer || is_error(answer)) break;
        }
    *ended = faults_end() <= n;
    close_page(&p);
    return answer;
}

static void try_message_at_every_allocation(const char *text, const char *const *types, bool from_then_on) {
    char reason[CLOSE_REASON] = "";
    bool ended;
    char *right = try_once(text, types, -1, false, &ended, reason);
    if (!right || is_error(right)) fail_msg("%s: %s", text, right ? right : reason);
    for (long n = 0, some = 0; ; n += every ? 1 : 1 + n / 16) {
        *reason = '\0';
        char *answer = try_once(text, types, n, from_then_on, &ended, reason);
        some += !ended;
        if (!answer && !strstr(reason, "out of memory")) fail_msg("%s, allocation %ld: closed with '%s'", text, n, reason);
        if (answer && is_error(answer) && !strstr(answer, "out of memory"))
            fail_msg("%s, allocation %ld: %s", text, n, answer);
        if (answer && !is_error(answer) && strcmp(answer, right))
            fail_msg("%s, allocation %ld: answered %s instead of %s", text, n, answer, right);
        free(answer);
        if (ended) {
            assert_true(some > 5);          /* the last n is beyond the last allocation */
            break;
        }
    }
    free(right);
}

static void at_every_allocation(const char *text, const char *first, const char *second) {
    const char *const types[] = {first, second, NULL};
    try_message_at_every_allocation(text, types, false);
    try_message_at_every_allocation(text, types, true);
}

static void a_hello_gets_its_whole_welcome_or_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"hello\", \"project\": \"piece\"}", "welcome", "network");
}

static void a_kept_project_is_not_taken_for_a_new_one(void **state) {
    char path[96];
    (void)state;
    snprintf(path, sizeof path, "%s/studio/old.json", all.out);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("{\"version\": 1, \"state\": {\"recipe\": [1, 2, {\"at\": \"x\"}]}}", file);
    fclose(file);
    at_every_allocation("{\"type\": \"hello\", \"project\": \"old\"}", "welcome", NULL);
}

static void questions_get_their_whole_answer_or_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"z\", \"id\": 1, \"seed\": 3}", "answer", NULL);
    at_every_allocation("{\"type\": \"parse\", \"id\": 1, \"text\": \"bends: [{at: z, filter: invert}]\"}", "answer", NULL);
    at_every_allocation("{\"type\": \"files\", \"id\": 1}", "answer", NULL);
    at_every_allocation("{\"type\": \"keep\", \"id\": 1, \"document\": {\"a\": [1, 2]}}", "answer", NULL);
}

#define RECIPE "\"recipe\": \"{inputs: {seeds: 5}, bends: [{at: synthesis.b8.conv0, filter: invert}]}\""

static void looks_into_layers_get_their_whole_answer_or_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"statistics\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"bins\": 16}",
                        "answer", NULL);
    at_every_allocation("{\"type\": \"maps\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"order\": \"cluster\", "
                        "\"side\": 16, \"first\": 0, \"count\": 4}", "maps", NULL);
    at_every_allocation("{\"type\": \"values\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"show\": \"energy\", "
                        "\"channel\": 0, \"side\": 16, \"each\": true}", "values", NULL);
    at_every_allocation("{\"type\": \"export\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"show\": \"mean\", "
                        "\"channel\": 0}", "answer", NULL);
    at_every_allocation("{\"type\": \"cluster\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"clusters\": 2}",
                        "answer", NULL);
    at_every_allocation("{\"type\": \"pick\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv0\", \"x\": 1, \"y\": 1}",
                        "answer", NULL);
}

static void files_are_saved_and_opened_or_there_is_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"save\", \"id\": 1, \"name\": \"one\", \"text\": \"inputs: {seeds: 5}\", \"png\": true, "
                        "\"replace\": true}", "answer", NULL);
    at_every_allocation("{\"type\": \"open\", \"id\": 1, \"name\": \"one.yaml\"}", "answer", NULL);
    at_every_allocation("{\"type\": \"open\", \"id\": 1, \"name\": \"one.png\"}", "answer", NULL);
    at_every_allocation("{\"type\": \"film\", \"id\": 1, \"name\": \"walk\", \"format\": \"png\", \"fps\": 25, \"frames\": 2}",
                        "answer", NULL);
}

#if GANBEND_ANALYSIS
static void units_are_measured_or_there_is_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"units\", \"id\": 1, " RECIPE ", \"node\": \"synthesis.b8.conv1\", \"mask\": \"10\", "
                        "\"columns\": 2, \"rows\": 1}", "answer", NULL);
}

static void directions_are_found_and_opened_or_there_is_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"directions\", \"id\": 1, \"method\": \"sefa\", \"count\": 2}", "answer", NULL);
    at_every_allocation("{\"type\": \"bank\", \"id\": 1, \"name\": \"toy-sefa.npz\", \"beside\": false}", "answer", NULL);
}
#endif

static void a_model_gets_its_network_or_a_reason(void **state) {
    (void)state;
    at_every_allocation("{\"type\": \"model\", \"index\": 0}", "network", NULL);
}

int main(int argc, char **argv) {
    every = argc > 1 && !strcmp(argv[1], "--all");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_gets_its_whole_welcome_or_a_reason),
        cmocka_unit_test(a_kept_project_is_not_taken_for_a_new_one),
        cmocka_unit_test(a_model_gets_its_network_or_a_reason),
        cmocka_unit_test(looks_into_layers_get_their_whole_answer_or_a_reason),
#if GANBEND_ANALYSIS
        cmocka_unit_test(units_are_measured_or_there_is_a_reason),
        cmocka_unit_test(directions_are_found_and_opened_or_there_is_a_reason),
#endif
        cmocka_unit_test(files_are_saved_and_opened_or_there_is_a_reason),
        cmocka_unit_test(questions_get_their_whole_answer_or_a_reason),
    };
    faults_spare(true);
    if (argc > 2) return run_session_tests(every);
    return cmocka_run_group_tests(tests, set_up, tear_down) + (every ? 0 : run_session_tests(false));
}
