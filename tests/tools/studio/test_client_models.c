/* Checkpoints that pages open: the folders that they see, conversion, and uploads. */
#define _POSIX_C_SOURCE 200809L
#include "client_page.h"

#include "tools/studio/checkpoints.h"
#include "tools/studio/upload.h"

/* A checkpoint is converted in a child, which starts threads; the thread sanitizer ends a child that does. */
#if defined(__SANITIZE_THREAD__)
#define CHILDREN_HAVE_THREADS 0
#elif defined(__has_feature)
#define CHILDREN_HAVE_THREADS (!__has_feature(thread_sanitizer))
#else
#define CHILDREN_HAVE_THREADS 1
#endif

#define FIXTURES "tests/fixtures"

int run_model_tests(void);

static studio all;
static shared_model models[4];
static char uploaded[96];
static page p;

static int set_up(void **state) {
    (void)state;
    open_studio(&all);
    models[0] = all.model;
    all.shared.models = models;
    all.shared.model_room = 4;
    snprintf(uploaded, sizeof uploaded, "%s/models", all.out);
    all.shared.folders[0] = uploaded;
    all.shared.folders[1] = FIXTURES;
    all.shared.folder_count = 2;
    open_page(&p, &all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_page(&p);
    clients_wait_for_closing(&all.shared.clients);
    for (size_t i = 1; i < all.shared.model_count; i++) {
        gb_model_close(models[i].model);
        free(models[i].own_path);
    }
    close_studio(&all);
    return 0;
}

static json_t *message_of(const char *type, int folder, const char *inside) {
    return json_pack("{s:s, s:i, s:s}", "type", type, "folder", folder, "inside", inside);
}

static bool lists(const json_t *answer, const char *name) {
    const json_t *entries = json_object_get(answer, "entries");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (!strcmp(text_of(json_array_get(entries, i), "name"), name)) return true;
    return false;
}

static void a_folder_lists_checkpoints_and_leads_nowhere_else(void **state) {
    static const char *const wrong[] = {"..", "../fixtures", "toy/../..", "/etc", ".", "a//b", "a/", ".hidden", "\x01"};
    char link[160];
    (void)state;
    received a = ask(&p, message_of("folder", 1, ""));
    assert_true(lists(a.json, "toy-faces-64.gbw") && lists(a.json, "nvlabs-orig-16.pkl"));
    assert_false(lists(a.json, "README.md"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(a.json, "folders"), 1)), "fixtures");
    free_received(&a);
    a = ask(&p, message_of("folder", 0, ""));           /* the folder is still empty */
    assert_int_equal(json_array_size(json_object_get(a.json, "entries")), 0);
    free_received(&a);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ask_refused(&p, message_of("folder", 1, wrong[i]), "not a path");
        ask_refused(&p, message_of("load", 1, wrong[i]), "not a path");
    }
    ask_refused(&p, message_of("folder", 2, ""), "no folder");
    mkdir(uploaded, 0777);
    snprintf(link, sizeof link, "%s/away", uploaded);
    assert_int_equal(symlink("/", link), 0);
    ask_refused(&p, message_of("folder", 0, "away/etc"), "symbolic link");
    a = ask(&p, message_of("folder", 0, ""));
    assert_false(lists(a.json, "away"));
    free_received(&a);
    unlink(link);
    ask_refused(&p, message_of("load", 1, "README.md"), "is not a .gbw");
    received missing = ask_for(&p, message_of("load", 1, "missing.gbw"), "missing.gbw");
    assert_null(strstr(text_of(missing.json, "error"), FIXTURES));
    free_received(&missing);
}

static void a_checkpoint_is_converted_once_and_opened(void **state) {
    char command[400];
    (void)state;
    if (!CHILDREN_HAVE_THREADS)
        skip();
    for (int i = 0; i < 2; i++) {
        received a = ask(&p, message_of("load", 1, "nvlabs-orig-16.pkl"));
        assert_int_equal(number_of(a.json, "index"), 1);
        const json_t *model = json_array_get(json_object_get(a.json, "models"), 1);
        assert_string_equal(text_of(model, "name"), "nvlabs-orig-16");
        assert_int_equal(number_of(model, "width"), 16);
        free_received(&a);
    }
    snprintf(command, sizeof command, "test $(ls %s | wc -l) = 1 && ls %s/nvlabs-orig-16-????????????.gbw >/dev/null", uploaded, uploaded);
    assert_int_equal(system(command), 0);
    send_message(&p, json_pack("{s:s, s:i}", "type", "model", "index", 1));
    received a = await_type(&p, "network");
    assert_string_equal(text_of(a.json, "name"), "nvlabs-orig-16");
    free_received(&a);
    a = render(&p, 1, "{inputs: {seeds: 1}}");
    assert_int_equal(number_of(a.json, "width"), 16);
    free_received(&a);
    ask_refused(&p, message_of("load", 1, "projected-64.pt"), "projected-64.pt");         /* no network */
    a = ask(&p, message_of("load", 1, "toy-faces-64.gbw"));
    assert_int_equal(number_of(a.json, "index"), 2);
    free_received(&a);
}

static char *base64(const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = calloc(size / 3 * 4 + 8, 1), *to = text;
    assert_non_null(text);
    assert_int_equal(size % 3, 0);
    for (size_t i = 0; i < size; i += 3)
        for (int k = 18; k >= 0; k -= 6) *to++ = digits[(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]) >> k & 63];
    return text;
}

static json_t *piece_message(const unsigned char *bytes, size_t size) {
    char *text = base64(bytes, size);
    json_t *piece = json_pack("{s:s, s:s}", "type", "piece", "bytes", text);
    free(text);
    return piece;
}

static json_t *upload_message(const char *name, size_t size) {
    return json_pack("{s:s, s:s, s:I}", "type", "upload", "name", name, "size", (json_int_t)size);
}

static void an_upload_arrives_whole_or_not_at_all(void **state) {
    enum { SIZE = 3000, PIECE = 1200 };
    unsigned char bytes[SIZE];
    char path[200], read[SIZE + 1];
    (void)state;
    if (!CHILDREN_HAVE_THREADS)
        skip();
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (unsigned char)(i * 7);
    ask_refused(&p, piece_message(bytes, 3), "no file");
    ask_refused(&p, upload_message("a.exe", 10), "is not a .gbw");
    for (int k = 1; k <= 2; k++) {
        received a = ask(&p, upload_message("../my f\xc3\xa4" "ces.pkl", SIZE));
        free_received(&a);
        for (size_t at = 0; at < SIZE; at += PIECE) {
            bool last = at + PIECE >= SIZE;
            a = ask(&p, piece_message(bytes + at, last ? SIZE - at : PIECE));
            assert_string_equal(text_of(a.json, "file"), !last ? "" : k == 1 ? "-.-my f\xc3\xa4" "ces.pkl" : "-.-my f\xc3\xa4" "ces-2.pkl");
            free_received(&a);
        }
    }
    snprintf(path, sizeof path, "%s/-.-my f\xc3\xa4" "ces.pkl", uploaded);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(read, 1, sizeof read, file), SIZE);
    fclose(file);
    assert_memory_equal(read, bytes, SIZE);
    ask_refused(&p, message_of("load", 0, "-.-my f\xc3\xa4" "ces.pkl"), "ces.pkl");       /* which is no pickle */
    received a = ask(&p, upload_message("more.pt", 10));                                  /* more bytes than were said, or none of base64 */
    free_received(&a);
    ask_refused(&p, piece_message(bytes, 12), "no more than are left");
    a = ask(&p, upload_message("more.pt", 10));
    free_received(&a);
    ask_refused(&p, json_pack("{s:s, s:s}", "type", "piece", "bytes", "####"), "base64");
    ask_refused(&p, piece_message(bytes, 3), "no file");
    assert_false(is_there(&all, "models/more.pt"));
}

int run_model_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_lists_checkpoints_and_leads_nowhere_else),
        cmocka_unit_test(a_checkpoint_is_converted_once_and_opened),
        cmocka_unit_test(an_upload_arrives_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
