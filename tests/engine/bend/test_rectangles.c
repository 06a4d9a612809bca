/* Networks with maps that are not square, and pictures of one and four channels: filters, grids, masks, previews and
 * 8-bit pictures treat height and width separately. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/fixture.h"

/* Starts from 3×5, in blocks b4 to b16: maps of 12×20 at the end. */
enum { H = 12, W = 20, C = 16, CHANNELS = 4 };

static fixture open_network(const char *isa, int channels) {
    const gb_stylegan2 shape = {.resolution = 16, .start_height = 3, .start_width = 5, .img_channels = channels,
                                .channel_base = 256, .channel_max = C, .z_dim = 8, .w_dim = 8, .mapping_layers = 2,
                                .seed = 4};
    gb_context *context;
    OK(gb_context_new(&(gb_context_options){.threads = 2, .isa = isa}, &context, &err));
    fixture f = open_fixture(context, &shape, NULL);
    f.session = interactive_session(f.model);
    return f;
}

static gb_status bend_with(fixture *n, const char *recipe, gb_recipe **kept) {
    OK(gb_recipe_parse(recipe, strlen(recipe), "recipe", kept, &err));
    return gb_recipe_apply(*kept, n->session, &err);
}

static void every_filter_is_the_same_on_every_instruction_set(void **state) {
    (void)state;
    static float plain[3 * H * W], best[3 * H * W];
    gb_table_row row;
    int applied = 0;
    for (size_t i = 0; gb_filter_row(i, &row); i++) {
        fixture a, b;
        char recipe[128];
        gb_recipe *of_a = NULL, *of_b = NULL;
        snprintf(recipe, sizeof recipe, "bends: [{at: \"synthesis.b16.conv*\", filter: %s}]", row.name);
        a = open_network("plain", 3);
        b = open_network(NULL, 3);
        if (!bend_with(&a, recipe, &of_a)) {    /* some parameters have no default value */
            OK(bend_with(&b, recipe, &of_b));
            OK(gb_session_render(a.session, plain, &err));
            OK(gb_session_render(b.session, best, &err));
            float largest = 1;
            for (int k = 0; k < 3 * H * W; k++)
                largest = fmaxf(largest, fabsf(plain[k]));
            for (int k = 0; k < 3 * H * W; k++)
                if (fabsf(plain[k] - best[k]) > 2e-3f * largest)
                    fail_msg("%s: value %d is %g, plain C has %g", row.name, k, best[k], plain[k]);
            applied++;
        }
        gb_recipe_free(of_a);
        gb_recipe_free(of_b);
        close_fixture(&a);
        close_fixture(&b);
    }
    assert_true(applied >= 20);
}

static float tapped[C * H * W], before[C * H * W];

static void read_layer(fixture *n, float *values) {
    static float image[3 * H * W];
    OK(gb_session_tap(n->session, "synthesis.b16.conv1", &err));
    OK(gb_session_render(n->session, image, &err));
    OK(gb_session_read(n->session, gb_model_find(n->model, "synthesis.b16.conv1"), values, &err));
}

/* Blocks start at 0, k + 1, 2(k + 1), … if they end before the opposite edge, independently in each direction. */
static bool in_grid(int at, int k, int size) {
    int start = at / (k + 1) * (k + 1);
    return start < size - k && at < start + k;
}

static void a_grid_treats_height_and_width_separately(void **state) {
    (void)state;
    for (int k = 1; k <= 4; k++) {
        fixture n;
        gb_recipe *recipe = NULL;
        char text[256];
        n = open_network(NULL, 3);
        read_layer(&n, before);
        snprintf(text, sizeof text, "vectors: {v: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}\n"
                 "bends: [{at: synthesis.b16.conv1, paint: {vector: v, grid: %d}}]", k);
        OK(bend_with(&n, text, &recipe));
        read_layer(&n, tapped);
        for (int c = 0; c < C; c++)
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++) {
                    int at = (c * H + y) * W + x;
                    float expected = in_grid(y, k, H) && in_grid(x, k, W) ? (float)(c + 1) : before[at];
                    if (tapped[at] != expected)
                        fail_msg("grid %d: (%d, %d) of map %d is %g, expected %g", k, y, x, c, tapped[at], expected);
                }
        gb_recipe_free(recipe);
        close_fixture(&n);
    }
}

/* A mask of 3 columns and 2 rows, of which two pixels are red: nearest neighbour by floor(j · S / s) each way. */
static void a_mask_treats_height_and_width_separately(void **state) {
    (void)state;
    static const uint8_t red[] = {255, 0, 0}, blue[] = {0, 0, 255};
    uint8_t rgb[2 * 3 * 3];
    char png[64], text[320];
    for (int i = 0; i < 6; i++)
        memcpy(rgb + 3 * i, i == 1 || i == 5 ? red : blue, 3);
    snprintf(png, sizeof png, "test_rectangles.%d.png", (int)getpid());
    OK(gb_png_write(png, 3, 2, rgb, NULL, 0, &err));
    fixture n;
    gb_recipe *recipe = NULL;
    n = open_network(NULL, 3);
    read_layer(&n, before);
    snprintf(text, sizeof text,
             "vectors: {v: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}\n"
             "bends: [{at: synthesis.b16.conv1, paint: {mask: %s, colours: {\"#ff0000\": v, \"#0000ff\": keep}}}]",
             png);
    OK(bend_with(&n, text, &recipe));
    read_layer(&n, tapped);
    for (int c = 0; c < C; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int at = (c * H + y) * W + x, cell = y * 2 / H * 3 + x * 3 / W;
                float expected = cell == 1 || cell == 5 ? (float)(c + 1) : before[at];
                if (tapped[at] != expected)
                    fail_msg("(%d, %d) of map %d is %g, expected %g", y, x, c, tapped[at], expected);
            }
    gb_recipe_free(recipe);
    close_fixture(&n);
    unlink(png);
}

static void a_preview_has_the_shape_of_its_block(void **state) {
    (void)state;
    fixture n;
    static float image[4 * H * W], half[4 * (H / 2) * (W / 2)], read[4 * (H / 2) * (W / 2)];
    n = open_network(NULL, CHANNELS);
    OK(gb_session_preview(n.session, H / 2, half, &err));
    OK(gb_session_tap(n.session, "synthesis.b8.img", &err));
    OK(gb_session_render(n.session, image, &err));
    OK(gb_session_read(n.session, gb_model_find(n.model, "synthesis.b8.img"), read, &err));
    assert_memory_equal(half, read, sizeof half);
    assert_int_not_equal(gb_session_preview(n.session, H / 2 + 1, half, &err), GB_OK);
    assert_non_null(strstr(err.message, "no running picture of height"));
    close_fixture(&n);
}

static uint8_t level(float x) {
    float v = x * 127.5f + 128;
    return v >= 255 ? 255 : v > 0 ? (uint8_t)v : 0;
}

static void pixels_keep_their_channels_and_rgb_shows_them(void **state) {
    (void)state;
    static const int counts[] = {1, 3, 4};
    for (int k = 0; k < 3; k++) {
        int channels = counts[k];
        fixture n;
        static float image[4 * H * W];
        static uint8_t pixels[4 * H * W], rgb[3 * H * W];
        n = open_network(NULL, channels);
        OK(gb_session_render(n.session, image, &err));
        OK(gb_session_render_pixels(n.session, pixels, &err));
        OK(gb_session_render_rgb(n.session, rgb, &err));
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int at = y * W + x, behind = (y / 8 + x / 8) % 2 ? 153 : 204;
                for (int c = 0; c < channels; c++)
                    assert_int_equal(pixels[at * channels + c], level(image[c * H * W + at]));
                int alpha = channels == 4 ? pixels[at * 4 + 3] : 255;
                for (int c = 0; c < 3; c++) {
                    int value = pixels[at * channels + (channels == 1 ? 0 : c)];
                    assert_int_equal(rgb[3 * at + c], (value * alpha + behind * (255 - alpha) + 127) / 255);
                }
            }
        close_fixture(&n);
    }
    fixture n;
    uint8_t byte;
    n = open_network(NULL, 2);
    assert_int_equal(gb_session_render_pixels(n.session, &byte, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "the output has 2 channels"));
    close_fixture(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_filter_is_the_same_on_every_instruction_set),
        cmocka_unit_test(a_grid_treats_height_and_width_separately),
        cmocka_unit_test(a_mask_treats_height_and_width_separately),
        cmocka_unit_test(a_preview_has_the_shape_of_its_block),
        cmocka_unit_test(pixels_keep_their_channels_and_rgb_shows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
