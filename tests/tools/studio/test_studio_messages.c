/* Parsing the messages of a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/studio/messages.h"

static message *taken(const char *text) {
    char reason[CLOSE_REASON] = "";
    message *m = NULL;
    if (read_message(text, strlen(text), &m, reason)) fail_msg("%s: %s", text, reason);
    return m;
}

static void refused(const char *text, int code, const char *says) {
    char reason[CLOSE_REASON] = "";
    message *m = NULL;
    /* In a buffer that ends where the message does, so that sanitizers see reads beyond it. */
    size_t size = strlen(text);
    char *bytes = malloc(size + !size);
    assert_non_null(bytes);
    memcpy(bytes, text, size);
    int got = read_message(bytes, size, &m, reason);
    free(bytes);
    if (got != code) fail_msg("%s: closed with %d, not %d: %s", text, got, code, reason);
    if (!strstr(reason, says)) fail_msg("%s: '%s' does not say '%s'", text, reason, says);
    for (const char *c = reason; *c; c++) assert_in_range(*c, ' ', '~');
    assert_null(m);
}

static void every_field_of_a_render_is_read(void **state) {
    message *m = taken("{\"type\":\"render\",\"serial\":9007199254740992,\"recipe\":\"bends: []\",\"quality\":90,"
                       "\"times\":true}");
    (void)state;
    assert_int_equal(m->kind, MESSAGE_RENDER);
    assert_true(m->serial == INT64_C(9007199254740992));
    assert_string_equal(m->recipe, "bends: []");
    assert_int_equal(m->quality, 90);
    assert_true(m->times);
    free_message(m);
}

static void optional_fields_default_to_nothing(void **state) {
    message *m = taken("{\"recipe\":\"\",\"serial\":0,\"type\":\"render\"}");
    (void)state;
    assert_int_equal(m->quality, 0);
    assert_false(m->times);
    free_message(m);
}

static void a_document_keeps_its_digits(void **state) {
    static const char *const documents[] = {
        "{}", "{\"a\":0.1,\"b\":1e300,\"c\":[1.0,-0.0,{}]}", "{ \"document\" : {\"document\":[\"}\\\"{\", \"\\\\\"]} }",
        "{\"ü\":\"€\\u0041\"}",
    };
    char text[400];
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        for (int before = 0; before < 2; before++) {
            snprintf(text, sizeof text, before ? "{\"document\" : %s , \"id\":1, \"type\":\"keep\"}"
                                               : "{\"type\":\"keep\",\"id\":1,\"document\":%s}", documents[i]);
            message *m = taken(text);
            assert_string_equal(m->document, documents[i]);
            free_message(m);
        }
    }
    refused("{\"type\":\"keep\",\"id\":1,\"d\\u006fcument\":{}}", 1008, "document");
}

static void text_that_is_not_json_is_bad_data(void **state) {
    static const char *const texts[] = {"", " ", "{", "}", "{\"type\":\"files\",\"id\":1}x", "{\"type\":\"files\",}",
                                        "{\"type\":\"\\ud800\"}", "{\"type\":\"a\\u0000b\"}", "{\"type\":\"\x80\"}",
                                        "{\"type\":\"files\",\"id\":1,\"id\":1}", "nul", "NaN", "{\"type\":NaN}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) refused(texts[i], 1007, "");
}

static void a_field_of_the_wrong_type_or_range_is_named(void **state) {
    static const struct { const char *text, *says; } wrong[] = {
        {"{\"id\":1}", "type"}, {"{\"type\":null}", "type"}, {"{\"type\":\"Files\",\"id\":1}", "Files"},
        {"{\"type\":\"files\"}", "'id' is missing"}, {"{\"type\":\"files\",\"id\":0}", "'id'"},
        {"{\"type\":\"files\",\"id\":1.0}", "'id'"}, {"{\"type\":\"files\",\"id\":true}", "'id'"},
        {"{\"type\":\"files\",\"id\":1,\"out\":\"/\"}", "unknown field 'out'"},
        {"{\"type\":\"render\",\"serial\":1,\"recipe\":\"\",\"quality\":0}", "'quality'"},
        {"{\"type\":\"render\",\"serial\":1,\"recipe\":\"\",\"times\":1}", "'times'"},
        {"{\"type\":\"render\",\"serial\":1,\"recipe\":{}}", "'recipe'"},
        {"{\"type\":\"maps\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"order\":\"\",\"side\":16,\"first\":0,\"count\":1}",
         "'order'"},
        {"{\"type\":\"maps\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"order\":\"ind\",\"side\":16,\"first\":0,"
         "\"count\":1}", "'order'"},
        {"{\"type\":\"maps\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"order\":\"index|energy\",\"side\":16,"
         "\"first\":0,\"count\":1}", "'order'"},
        {"{\"type\":\"maps\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"order\":\"index\",\"side\":15,\"first\":0,"
         "\"count\":1}", "'side'"},
        {"{\"type\":\"values\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"show\":\"all\",\"channel\":0,\"side\":16}", "'show'"},
        {"{\"type\":\"values\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"show\":\"map\",\"channel\":-1,\"side\":16}",
         "'channel'"},
        {"{\"type\":\"values\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"show\":\"map\",\"channel\":0,\"side\":1025}", "'side'"},
        {"{\"type\":\"export\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"show\":\"colour\",\"channel\":0}", "'show'"},
        {"{\"type\":\"statistics\",\"id\":1,\"recipe\":\"\",\"node\":\"\",\"bins\":16}", "'node'"},
        {"{\"type\":\"film\",\"id\":1,\"name\":\"a\",\"format\":\"gif\",\"fps\":25,\"frames\":1}", "'format'"},
        {"{\"type\":\"keep\",\"id\":1,\"document\":\"{}\"}", "'document'"},
        {"{\"type\":\"directions\",\"id\":1,\"method\":\"ica\",\"count\":4}", "'method'"},
        {"{\"type\":\"directions\",\"id\":1,\"method\":\"pca\",\"count\":65}", "'count'"},
        {"{\"type\":\"units\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"mask\":\"1\",\"columns\":65,\"rows\":1}", "'columns'"},
        {"{\"type\":\"units\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"mask\":\"\",\"columns\":1,\"rows\":1}", "'mask'"},
        {"{\"type\":\"project\",\"id\":1,\"space\":\"x\",\"width\":1,\"height\":1,\"pixels\":\"AAAA\"}", "'space'"},
        {"{\"type\":\"project\",\"id\":1,\"space\":\"w\",\"width\":1025,\"height\":1,\"pixels\":\"AAAA\"}", "'width'"},
        {"{\"type\":\"stop\",\"id\":1,\"keep\":1}", "'keep'"},
        {"{\"type\":\"cluster\",\"id\":1,\"recipe\":\"\",\"node\":\"x\",\"clusters\":2,\"samples\":1001}", "'samples'"},
        {"{\"type\":\"bank\",\"id\":1,\"name\":\"a.npz\"}", "'beside' is missing"},
        {"{\"type\":\"\xc3\xbc\"}", "unknown message type '"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refused(wrong[i].text, 1008, wrong[i].says);
}

static void nesting_and_the_number_of_values_are_limited(void **state) {
    size_t size = 4 << 20;
    char *text = malloc(size), reason[CLOSE_REASON];
    message *m = NULL;
    (void)state;
    assert_non_null(text);
    memset(text, '[', size);
    assert_int_equal(read_message(text, size, &m, reason), 1008);
    memset(text, ',', size);
    assert_int_equal(read_message(text, size, &m, reason), 1008);
    memset(text, '"', size);
    assert_int_equal(read_message(text, size, &m, reason), 1007);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_render_is_read),
        cmocka_unit_test(optional_fields_default_to_nothing),
        cmocka_unit_test(a_document_keeps_its_digits),
        cmocka_unit_test(text_that_is_not_json_is_bad_data),
        cmocka_unit_test(a_field_of_the_wrong_type_or_range_is_named),
        cmocka_unit_test(nesting_and_the_number_of_values_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
