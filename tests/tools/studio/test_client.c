/* A client as a page uses it: renders, of which only the newest counts; frames that wait until earlier ones are shown;
 * refusals; floods of messages, wrong messages, and pages that are closed. */
#define _POSIX_C_SOURCE 200809L
#include "client_page.h"
#include "tools/studio/client_state.h"

#include <math.h>
#include <turbojpeg.h>

#define SEED_7 "{\"inputs\": {\"seeds\": 7}, \"bends\": []}"
#define TURNED "{\"inputs\": {\"seeds\": 7}, \"bends\": [{\"at\": \"synthesis.b16.conv1\", \"filter\": \"rotate\", " \
               "\"angle\": 40}]}"

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

static void decode(const received *a, uint8_t rgb[64 * 64 * 3]) {
    tjhandle jpeg = tjInitDecompress();
    assert_int_equal(tjDecompress2(jpeg, a->payload, (unsigned long)a->size, rgb, 64, 0, 64, TJPF_RGB, 0), 0);
    tjDestroy(jpeg);
}

static double distance(const uint8_t *a, const uint8_t *b) {
    double sum = 0;
    for (int i = 0; i < 64 * 64 * 3; i++) sum += abs(a[i] - b[i]);
    return sum / (64 * 64 * 3);
}

/* ------------------------------------------------------------------------------------------------ renders */

static void a_frame_shows_what_the_engine_renders(void **state) {
    uint8_t seen[64 * 64 * 3], rendered[64 * 64 * 3];
    gb_session *session;
    page p;
    (void)state;
    open_page(&p, &all);
    received a = render(&p, 1, SEED_7);
    decode(&a, seen);
    assert_int_equal(number_of(a.json, "width"), 64);
    assert_int_equal(gb_session_new(all.model.model, NULL, &session, NULL), 0);
    assert_int_equal(gb_session_seed(session, 7, NULL), 0);
    assert_int_equal(gb_session_render_rgb(session, rendered, NULL), 0);
    gb_session_free(session);
    assert_true(distance(seen, rendered) < 4);
    free_received(&a);
    close_page(&p);
}

static void a_bend_changes_pixels_and_removing_it_restores_them(void **state) {
    uint8_t plain[64 * 64 * 3], bent[64 * 64 * 3], again[64 * 64 * 3];
    page p;
    (void)state;
    open_page(&p, &all);
    received a = render(&p, 1, SEED_7), b = render(&p, 2, TURNED), c = render(&p, 3, SEED_7);
    decode(&a, plain);
    decode(&b, bent);
    decode(&c, again);
    assert_true(distance(plain, bent) > 4);
    assert_memory_equal(plain, again, sizeof plain);
    free_received(&a), free_received(&b), free_received(&c);
    close_page(&p);
}

static void times_name_the_layers_that_ran(void **state) {
    page p;
    (void)state;
    open_page(&p, &all);
    send_message(&p, json_pack("{s:s, s:i, s:s, s:b}", "type", "render", "serial", 1, "recipe", TURNED, "times", 1));
    received a = await_frame(&p, 1);
    json_t *times = json_object_get(a.json, "times");
    assert_int_equal(json_array_size(times), (size_t)number_of(a.json, "ran"));
    for (size_t i = 0; i < json_array_size(times); i++)
        assert_true(gb_model_find(all.model.model,
                                  json_string_value(json_array_get(json_array_get(times, i), 0))) != GB_NO_NODE);
    free_received(&a);
    close_page(&p);
}

static void a_moved_parameter_runs_only_what_comes_after_it(void **state) {
    page p;
    (void)state;
    open_page(&p, &all);
    for (int angle = 10; angle < 14; angle++) {
        char recipe[200];
        snprintf(recipe, sizeof recipe, "{inputs: {seeds: 7}, bends: [{at: synthesis.b32.conv1, filter: invert}, "
                 "{at: synthesis.b64.conv1, filter: rotate, angle: %d}]}", angle);
        received a = render(&p, angle, recipe);
        if (angle == 13) assert_in_range(number_of(a.json, "ran"), 1, 6);
        free_received(&a);
    }
    close_page(&p);
}

static void the_newest_of_many_renders_is_shown(void **state) {
    int frames = 0;
    page p;
    (void)state;
    open_page(&p, &all);
    for (int i = 1; i <= 200; i++)
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", i, "recipe", i % 2 ? SEED_7 : TURNED));
    for (json_int_t serial = 0; serial != 200; frames++) {
        received a = await_type(&p, "frame");
        assert_true(number_of(a.json, "serial") > serial);
        serial = number_of(a.json, "serial");
        send_message(&p, json_pack("{s:s, s:I}", "type", "shown", "serial", serial));
        free_received(&a);
    }
    assert_true(frames < 200);
    close_page(&p);
}

/* Once these are answered, every render sent before is done, because renders and requests alternate. */
static void finish_renders(page *p) {
    for (int i = 0; i < 2; i++) {
        received a = ask(p, json_pack("{s:s}", "type", "files"));
        free_received(&a);
    }
}

static void no_third_frame_is_sent_before_the_first_is_shown(void **state) {
    outgoing none = {0};
    page p;
    (void)state;
    open_page(&p, &all);
    for (int i = 1; i <= 2; i++) {
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", i, "recipe", i % 2 ? SEED_7 : TURNED));
        received a = await_type(&p, "frame");
        free_received(&a);
    }
    for (int i = 3; i <= 5; i++) {
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", i, "recipe", i % 2 ? SEED_7 : TURNED));
        finish_renders(&p);
        assert_false(client_next(p.client, &none));
    }
    send_message(&p, json_pack("{s:s, s:i}", "type", "shown", "serial", 1));
    received a = await_type(&p, "frame");
    assert_int_equal(number_of(a.json, "serial"), 5);
    free_received(&a);
    close_page(&p);
}

static void a_refused_recipe_says_where_and_changes_nothing(void **state) {
    static const struct { const char *recipe, *says; json_int_t line; } wrong[] = {
        {"bends:\n  - at: synthesis.b16.conv1\n    filter: rotat\n", "rotat", 3},
        {"bends: [{at: nowhere, filter: invert}]", "nowhere", 1},
        {"bends: [}", "", 1},
        {"inputs: {seeds: 1-5}\nbends: []", "one picture", 0},
        {"inputs: {noise: loud}\nbends: []", "loud", 0},
        {"bends: [{at: z, set: ../../etc/passwd}]", "", 1},
        {"bends: [{at: z, set: /etc/passwd}]", "", 1},
    };
    page p;
    (void)state;
    open_page(&p, &all);
    received a = render(&p, 1, TURNED);
    free_received(&a);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", 2, "recipe", wrong[i].recipe));
        a = await_type(&p, "refused");
        assert_int_equal(number_of(a.json, "serial"), 2);
        assert_non_null(strstr(text_of(a.json, "message"), wrong[i].says));
        assert_null(strstr(text_of(a.json, "message"), all.out));
        assert_int_equal(number_of(a.json, "line"), wrong[i].line);
        free_received(&a);
        a = render(&p, 3, TURNED);
        assert_int_equal(number_of(a.json, "ran"), 0);
        free_received(&a);
    }
    close_page(&p);
}

/* ------------------------------------------------------------------------------------------------ floods and errors */

static void a_wrong_message_closes_its_own_client_only(void **state) {
    static const struct { const char *text; int code; } wrong[] = {
        {"", 1007}, {"{", 1007}, {"\"render\"", 1007}, {"[]", 1008}, {"{\"type\": 5}", 1008},
        {"{\"type\": \"destroy\"}", 1008}, {"{\"type\": \"shown\"}", 1008},
        {"{\"type\": \"shown\", \"serial\": \"1\"}", 1008}, {"{\"type\": \"shown\", \"serial\": -1}", 1008},
        {"{\"type\": \"shown\", \"serial\": 1, \"serial\": 2}", 1007},
        {"{\"type\": \"shown\", \"serial\": 1, \"path\": \"/etc\"}", 1008},
        {"{\"type\": \"files\", \"id\": 1e99}", 1008}, {"{\"type\": \"files\", \"id\": 2147483648}", 1008},
        {"{\"type\": \"z\", \"id\": 1, \"seed\": 4294967296}", 1008},
        {"{\"type\": \"keep\", \"id\": 1, \"document\": []}", 1008},
        {"{\"type\": \"look\", \"id\": 1, \"recipe\": \"\", \"node\": \"z\", \"bins\": 257}", 1008},
        {"{\"type\": \"files\", \"id\": 1}\xff", 1007}, {"{\"type\": \"\xff\"}", 1007},
    };
    page quiet, loud;
    char reason[CLOSE_REASON];
    (void)state;
    open_page(&quiet, &all);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        open_page(&loud, &all);
        int code = client_receive(loud.client, false, wrong[i].text, strlen(wrong[i].text), reason);
        if (code != wrong[i].code) fail_msg("%s: closed with %d", wrong[i].text, code);
        assert_in_range(strlen(reason), 1, CLOSE_REASON - 1);
        close_page(&loud);
    }
    assert_int_equal(client_receive(quiet.client, true, "\1\2", 2, reason), 1003);
    received a = render(&quiet, 1, SEED_7);
    free_received(&a);
    close_page(&quiet);
}

static void json_that_is_too_deep_or_too_large_is_refused(void **state) {
    size_t size = MESSAGE_BYTES + 1;
    char *text = malloc(size), reason[CLOSE_REASON];
    page p;
    (void)state;
    assert_non_null(text);
    open_page(&p, &all);
    memset(text, ' ', size);
    assert_int_equal(client_receive(p.client, false, text, size, reason), 1009);
    memset(text, '[', size);
    assert_int_equal(client_receive(p.client, false, text, size - 1, reason), 0);
    await_failure(&p, 1008, "64 levels");
    close_page(&p);
    open_page(&p, &all);
    for (size_t i = 0; i < size; i++) text[i] = i % 2 ? ',' : '0';
    text[0] = '[';
    assert_int_equal(client_receive(p.client, false, text, size - 1, reason), 0);
    await_failure(&p, 1008, "a million values");
    free(text);
    close_page(&p);
}

static void the_number_of_waiting_requests_is_limited(void **state) {
    int sent = 0, code = 0;
    char reason[CLOSE_REASON];
    page p;
    (void)state;
    open_page(&p, &all);
    while (!code && ++sent < 1000) code = try_message(&p, json_pack("{s:s, s:i}", "type", "files", "id", sent), reason);
    assert_int_equal(code, 1008);
    assert_in_range(sent, 65, 70);          /* one may be running, with its answer not queued yet */
    close_page(&p);
}

/* The ring of answers was once overwritten: a `hello` has two answers, and the running request was not counted. */
static void requests_wait_only_if_all_their_answers_have_a_place(void **state) {
    int code = 0, sent = 0, answers = 0, before = all.wakes;
    char reason[CLOSE_REASON];
    outgoing next;
    page p;
    (void)state;
    open_page(&p, &all);
    hold_worker(&all);
    send_message(&p, json_pack("{s:s, s:s}", "type", "hello", "project", ""));
    await_held(&all);                       /* its first answer is queued, its second is still to come */
    assert_true(client_next(p.client, &next));
    free_outgoing(&next);
    while (!code && sent < 1000) {
        code = try_message(&p, json_pack("{s:s, s:s}", "type", "hello", "project", ""), reason);
        sent += !code;
    }
    assert_int_equal(code, 1008);
    assert_in_range(sent, 60, 64);
    release_worker(&all);
    await_wakes(&all, before + 2 * sent + 2);               /* all are answered, and no answer has been read */
    for (; answers < 2 * sent + 1; answers++) {
        received a = await(&p);
        assert_string_equal(text_of(a.json, "type"), answers % 2 ? "welcome" : "network");
        free_received(&a);
    }
    assert_int_equal(try_message(&p, json_pack("{s:s, s:s}", "type", "hello", "project", ""), reason), 0);
    close_page(&p);
}

/* Unread answers use memory up to a limit. Then no more requests are started, and finally no more are accepted. */
static void unread_answers_block_their_own_page_only(void **state) {
    int code = 0, sent = 0;
    char reason[CLOSE_REASON], *text = malloc((1 << 20) + 64);
    page reader, sleeper;
    (void)state;
    assert_non_null(text);
    open_page(&sleeper, &all);
    open_page(&reader, &all);
    strcpy(text, "summary: \"");
    memset(text + strlen(text), 'x', 1 << 20);
    strcpy(text + strlen("summary: \"") + (1 << 20), "\"\nbends: []\n");
    while (!code && sent < 1000) {
        code = try_message(&sleeper, json_pack("{s:s, s:i, s:s}", "type", "parse", "id", ++sent, "text", text), reason);
        received a = render(&reader, sent, sent % 2 ? SEED_7 : TURNED);
        free_received(&a);
    }
    assert_int_equal(code, 1008);
    assert_in_range(sent, 30, 70);
    free(text);
    close_page(&sleeper);
    close_page(&reader);
}

/* Long messages are parsed by a thread of the client's own. Messages after them must not overtake them. */
static void long_messages_are_answered_in_order_with_short_ones(void **state) {
    char *text = malloc((1 << 20) + 64);
    page p;
    (void)state;
    assert_non_null(text);
    open_page(&p, &all);
    strcpy(text, "summary: \"");
    memset(text + strlen(text), 'x', 1 << 20);
    strcpy(text + strlen("summary: \"") + (1 << 20), "\"\nbends: []\n");
    for (int i = 1; i <= 12; i++)
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "parse", "id", i, "text", i % 3 ? "bends: []" : text));
    for (int i = 1; i <= 12; i++) {
        received a = await_type(&p, "answer");
        assert_int_equal(number_of(a.json, "id"), i);
        assert_null(json_object_get(a.json, "error"));
        free_received(&a);
    }
    free(text);
    close_page(&p);
}

static void a_long_invalid_message_closes_its_client_with_a_reason(void **state) {
    size_t size = 1 << 20;
    char *text = malloc(size), reason[CLOSE_REASON];
    page p;
    (void)state;
    assert_non_null(text);
    open_page(&p, &all);
    memset(text, ' ', size);
    text[0] = '{';
    assert_int_equal(client_receive(p.client, false, text, size, reason), 0);
    await_failure(&p, 1007, "not JSON");
    close_page(&p);
    open_page(&p, &all);
    memset(text, '[', size);
    assert_int_equal(client_receive(p.client, false, text, size, reason), 0);
    await_failure(&p, 1008, "64 levels");
    assert_int_equal(try_message(&p, json_pack("{s:s, s:i}", "type", "files", "id", 1), reason), 1008);
    assert_non_null(strstr(reason, "64 levels"));
    free(text);
    close_page(&p);
}

static void closing_does_not_wait_for_the_worker(void **state) {
    page busy, other;
    (void)state;
    open_page(&busy, &all);
    open_page(&other, &all);
    hold_worker(&all);
    send_message(&busy, json_pack("{s:s, s:s}", "type", "hello", "project", "busy"));
    send_message(&busy, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", 1, "recipe", TURNED));
    await_held(&all);
    client_close(busy.client);
    for (int i = 1; i <= 3; i++) {
        received a = render(&other, i, i % 2 ? SEED_7 : TURNED);
        free_received(&a);
    }
    assert_true(all.shared.clients.slots[0].closing);      /* its worker has still not ended */
    release_worker(&all);
    close_page(&other);
    assert_false(all.shared.clients.slots[0].taken);
}

static void the_last_document_is_kept_although_the_page_was_closed(void **state) {
    char *text = calloc(1, 3 << 20);
    page leaving, next;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', (3 << 20) - 1);       /* long: the reader may still parse it when the page is gone */
    open_page(&leaving, &all);
    received a = say_hello(&leaving, "last words");
    free_received(&a);
    hold_worker(&all);
    send_message(&leaving, json_pack("{s:s, s:i}", "type", "files", "id", 1));
    await_held(&all);
    for (int i = 1; i <= 3; i++)
        send_message(&leaving, json_pack("{s:s, s:i, s:{s:i, s:s}}", "type", "keep", "id", i + 1, "document", "state", i,
                                         "text", i == 3 ? text : ""));
    send_message(&leaving, json_pack("{s:s, s:i}", "type", "files", "id", 5));
    client_close(leaving.client);
    open_page(&next, &all);
    send_message(&next, json_pack("{s:s, s:s}", "type", "hello", "project", "last words"));    /* waits for the other */
    release_worker(&all);
    a = await_type(&next, "welcome");
    assert_string_equal(text_of(a.json, "project"), "last words");
    assert_int_equal(number_of(json_object_get(a.json, "document"), "state"), 3);
    free_received(&a);
    free(text);
    close_page(&next);
}

static void a_client_can_be_closed_while_it_works(void **state) {
    (void)state;
    for (int i = 0; i < 24; i++) {
        page p;
        open_page(&p, &all);
        send_message(&p, json_pack("{s:s, s:s}", "type", "hello", "project", ""));
        for (int k = 0; k < i % 5; k++) {
            send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", k, "recipe", k % 2 ? SEED_7 : TURNED));
            send_message(&p, json_pack("{s:s, s:i, s:s, s:s, s:i}", "type", "statistics", "id", k + 1, "recipe", TURNED, "node",
                               "synthesis.b32.conv1", "bins", 64));
        }
        if (i % 3 == 0) {
            received a = await(&p);
            free_received(&a);
        }
        close_page(&p);
    }
}

static void several_clients_render_at_once(void **state) {
    page pages[4];
    (void)state;
    for (int i = 0; i < 4; i++) open_page(&pages[i], &all);
    for (int round = 1; round <= 10; round++)
        for (int i = 0; i < 4; i++)
            send_message(&pages[i], json_pack("{s:s, s:i, s:s}", "type", "render", "serial", round, "recipe",
                                      (round + i) % 2 ? SEED_7 : TURNED));
    for (int i = 0; i < 4; i++) {
        received a = await_frame(&pages[i], 10);
        free_received(&a);
    }
    for (int i = 0; i < 4; i++) close_page(&pages[i]);
}

static void only_the_newest_value_of_each_control_is_sent(void **state) {
    page p;
    int angles = 0, truncs = 0;
    double angle = 0;
    outgoing next;
    (void)state;
    open_page(&p, &all);
    for (int i = 1; i <= 100; i++) client_control(p.client, "bend/0/angle", i);
    client_control(p.client, "trunc", 0.5);
    client_control(p.client, "trunc", (double)NAN);
    while (client_next(p.client, &next)) {
        received a = unpack(&next);
        assert_string_equal(text_of(a.json, "type"), "control");
        truncs += !strcmp(text_of(a.json, "address"), "trunc");
        if (!strcmp(text_of(a.json, "address"), "bend/0/angle")) {
            angles++;
            angle = json_number_value(json_object_get(a.json, "value"));
        }
        free_received(&a);
    }
    assert_int_equal(angles, 1);
    assert_int_equal(truncs, 1);
    assert_true(angle == 100);
    for (int i = 0; i < 1000; i++) {            /* more than fit */
        char address[32];
        snprintf(address, sizeof address, "z/%d", i);
        client_control(p.client, address, 1);
    }
    close_page(&p);
}

static void presses_of_a_trigger_are_all_sent_in_their_order(void **state) {
    static const struct { const char *address; double value; } sent[] = {
        {"snapshot/1", 1}, {"snapshot/1", 0}, {"trunc", 0.7}, {"trunc", 0.6}, {"snapshot/2", 1}, {"snapshot/2", 0.9},
        {"snapshot/2", 0}, {"snapshot/1", 1}, {"snapshot/1", 0},
    };
    static const int received_ones[] = {0, 1, 3, 5, 6, 7, 8};
    outgoing next;
    size_t count = 0;
    page p;
    (void)state;
    open_page(&p, &all);
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) client_control(p.client, sent[i].address, sent[i].value);
    while (client_next(p.client, &next)) {
        received a = unpack(&next);
        assert_true(count < sizeof received_ones / sizeof *received_ones);
        assert_string_equal(text_of(a.json, "address"), sent[received_ones[count]].address);
        assert_true(json_number_value(json_object_get(a.json, "value")) == sent[received_ones[count]].value);
        count++;
        free_received(&a);
    }
    assert_int_equal(count, sizeof received_ones / sizeof *received_ones);
    close_page(&p);
}

/* A NUL in a recipe, in a name, and in a name that leads nowhere. */
static void a_text_with_a_nul_is_refused_with_its_place(void **state) {
    page p;
    (void)state;
    open_page(&p, &all);
    ask_refused(&p, json_pack("{s:s, s:s#}", "type", "parse", "text", "bends: []\n# \xc3\xa9\0x", 16), "NUL");
    received a = ask_for(&p, json_pack("{s:s, s:s#}", "type", "parse", "text", "bends: []\n# \xc3\xa9\0x", 16), "NUL");
    assert_int_equal(number_of(a.json, "line"), 2);
    assert_int_equal(number_of(a.json, "column"), 4);
    free_received(&a);
    ask_refused(&p, json_pack("{s:s, s:s#}", "type", "open", "name", "a\0.yaml", 7), "NUL");
    send_message(&p, json_pack("{s:s, s:i, s:s#}", "type", "render", "serial", 1, "recipe", "bends: []\0", 10));
    a = await_type(&p, "refused");
    assert_non_null(strstr(text_of(a.json, "message"), "NUL"));
    free_received(&a);
    a = render(&p, 2, SEED_7);
    free_received(&a);
    close_page(&p);
}

/* ------------------------------------------------------------------------------------------------ one thread */

static studio alone;

static int set_up_alone(void **state) {
    (void)state;
    open_studio(&alone);
    alone.shared.clients.one_thread = true;
    return 0;
}

static int tear_down_alone(void **state) {
    (void)state;
    close_studio(&alone);
    return 0;
}

static void with_one_thread_nothing_happens_but_in_steps(void **state) {
    page p;
    (void)state;
    open_page(&p, &alone);
    assert_false(client_step(p.client));
    for (int i = 1; i <= 3; i++)
        send_message(&p, json_pack("{s:s, s:i, s:s}", "type", "render", "serial", i, "recipe", i % 2 ? SEED_7 : TURNED));
    assert_false(client_is_ready(p.client));
    assert_true(client_step(p.client));
    assert_false(client_step(p.client));            /* only the newest was rendered */
    received a = await_frame(&p, 3);
    free_received(&a);
    close_page(&p);
}

static void with_one_thread_pictures_are_the_same(void **state) {
    page p, other;
    (void)state;
    open_page(&p, &alone);
    open_page(&other, &all);
    received a = render(&p, 1, TURNED), b = render(&other, 1, TURNED);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.payload, b.payload, a.size);
    free_received(&a), free_received(&b);
    close_page(&p);
    close_page(&other);
}

static void with_one_thread_long_messages_and_what_runs_in_the_background_are_answered(void **state) {
    size_t size = READ_AT_ONCE + 1000;
    char *text = malloc(size + 1);
    page p;
    (void)state;
    assert_non_null(text);
    memset(text, '#', size);
    strcpy(text + size - strlen("\nbends: []\n"), "\nbends: []\n");
    open_page(&p, &alone);
    received a = ask(&p, json_pack("{s:s, s:s}", "type", "parse", "text", text));
    free_received(&a);
    a = ask(&p, json_pack("{s:s, s:s, s:i}", "type", "directions", "method", "sefa", "count", 2));
    assert_string_equal(text_of(a.json, "file"), "toy-sefa.npz");
    free_received(&a);
    a = ask(&p, json_pack("{s:s}", "type", "stop"));
    assert_true(json_is_false(json_object_get(a.json, "stopped")));
    free_received(&a);
    free(text);
    close_page(&p);
}

static void with_one_thread_what_waits_is_dropped_when_the_page_closes_but_its_document(void **state) {
    page p;
    (void)state;
    open_page(&p, &alone);
    received a = say_hello(&p, "left");
    free_received(&a);
    send_message(&p, json_pack("{s:s, s:i, s:s, s:i}", "type", "directions", "id", 7, "method", "pca", "count", 2));
    send_message(&p, json_pack("{s:s, s:i, s:{s:i}}", "type", "keep", "id", 8, "document", "at", 3));
    close_page(&p);
    assert_true(is_there(&alone, "studio/left.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_shows_what_the_engine_renders),
        cmocka_unit_test(a_bend_changes_pixels_and_removing_it_restores_them),
        cmocka_unit_test(times_name_the_layers_that_ran),
        cmocka_unit_test(a_moved_parameter_runs_only_what_comes_after_it),
        cmocka_unit_test(the_newest_of_many_renders_is_shown),
        cmocka_unit_test(no_third_frame_is_sent_before_the_first_is_shown),
        cmocka_unit_test(a_refused_recipe_says_where_and_changes_nothing),
        cmocka_unit_test(a_wrong_message_closes_its_own_client_only),
        cmocka_unit_test(json_that_is_too_deep_or_too_large_is_refused),
        cmocka_unit_test(the_number_of_waiting_requests_is_limited),
        cmocka_unit_test(requests_wait_only_if_all_their_answers_have_a_place),
        cmocka_unit_test(unread_answers_block_their_own_page_only),
        cmocka_unit_test(long_messages_are_answered_in_order_with_short_ones),
        cmocka_unit_test(a_long_invalid_message_closes_its_client_with_a_reason),
        cmocka_unit_test(closing_does_not_wait_for_the_worker),
        cmocka_unit_test(the_last_document_is_kept_although_the_page_was_closed),
        cmocka_unit_test(a_client_can_be_closed_while_it_works),
        cmocka_unit_test(several_clients_render_at_once),
        cmocka_unit_test(only_the_newest_value_of_each_control_is_sent),
        cmocka_unit_test(presses_of_a_trigger_are_all_sent_in_their_order),
        cmocka_unit_test(a_text_with_a_nul_is_refused_with_its_place),
        cmocka_unit_test_setup_teardown(with_one_thread_nothing_happens_but_in_steps, set_up_alone, tear_down_alone),
        cmocka_unit_test_setup_teardown(with_one_thread_pictures_are_the_same, set_up_alone, tear_down_alone),
        cmocka_unit_test_setup_teardown(with_one_thread_long_messages_and_what_runs_in_the_background_are_answered, set_up_alone,
                                        tear_down_alone),
        cmocka_unit_test_setup_teardown(with_one_thread_what_waits_is_dropped_when_the_page_closes_but_its_document, set_up_alone,
                                        tear_down_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
