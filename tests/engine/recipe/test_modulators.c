/* Recipes whose numbers move with time: the waves, which numbers an address finds, what is refused, and that the JSON is the recipe
 * as it was written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/engine/ok.h"

int run_modulator_tests(void);

static gb_recipe *parse(const char *text) {
    gb_recipe *recipe = NULL;
    if (gb_recipe_parse(text, strlen(text), "r", &recipe, &err))
        fail_msg("%s in\n%s", err.message, text);
    return recipe;
}

/* What one modulator makes of a parameter that is 10. */
static double moved(const char *modulator, double time) {
    char text[512];
    gb_recipe_param param;
    snprintf(text, sizeof text, "{parameters: {p: 10}, time: %.17g, modulators: [{move: param/p, depth: 2, %s}], bends: []}", time,
             modulator);
    gb_recipe *recipe = parse(text);
    assert_true(gb_recipe_param_at(recipe, 0, &param));
    gb_recipe_free(recipe);
    return (param.value - 10) / 2;
}

static void assert_near(double a, double b) {
    if (!(fabs(a - b) < 1e-12))
        fail_msg("%.17g instead of %.17g", a, b);
}

static void waves_have_their_shapes(void **state) {
    (void)state;
    static const struct { const char *wave; double at[4]; } waves[] = {      /* after 0, 1/4, 1/2 and 7/8 of a period */
        {"wave: sine", {0, 1, 0, -0.70710678118654757}},
        {"wave: triangle", {0, 1, 0, -0.5}},
        {"wave: saw", {-1, -0.5, 0, 0.75}},
        {"wave: square", {1, 1, -1, -1}},
        {"wave: envelope, attack: 0.5, hold: 0.25, release: 0.25", {0, 0.5, 1, 0.5}},
        {"wave: envelope, attack: 0, release: 0.5", {1, 0.5, 0, 0}},
        {"wave: audio, value: 0.3", {0.3, 0.3, 0.3, 0.3}},
    };
    for (size_t i = 0; i < sizeof waves / sizeof *waves; i++) {
        char text[128];
        snprintf(text, sizeof text, "period: 8, %s", waves[i].wave);
        for (int k = 0; k < 4; k++)
            assert_near(moved(text, k < 3 ? 2 * k : 7), waves[i].at[k]);
        assert_near(moved(text, 8 * 1000 + 2), waves[i].at[1]);
    }
    assert_near(moved("wave: sine, phase: 0.25", 0), 1);
    assert_near(moved("wave: saw, period: 2, start: 1", 1.5), -0.5);
    assert_near(moved("wave: envelope, attack: 0.5, release: 0.5, once: true", 0.5), 1);
    assert_near(moved("wave: envelope, attack: 0.5, release: 0.5, once: true", 1.5), 0);
    assert_near(moved("wave: envelope, attack: 0.5, release: 0.5, once: true", -0.5), 0);
}

static void random_waves_are_the_same_every_time_and_stay_within_their_depth(void **state) {
    double least = 1, most = -1;
    (void)state;
    for (int k = -200; k < 200; k++) {
        double hold = moved("wave: hold, seed: 3", k + 0.75), walk = moved("wave: walk, seed: 3", k + 0.5);
        assert_near(hold, moved("wave: hold, seed: 3", k + 0.25));
        assert_near(walk, (hold + moved("wave: hold, seed: 3", k + 1)) / 2);
        least = fmin(least, hold);
        most = fmax(most, hold);
    }
    assert_true(least > -1 && least < -0.95 && most < 1 && most > 0.95);
    assert_true(fabs(moved("wave: hold, seed: 3", 0) - moved("wave: hold, seed: 4", 0)) > 1e-6);
    assert_near(moved("wave: walk, seed: 3", 5), moved("wave: hold, seed: 3", 5));
}

static void beats_follow_the_tempo_or_are_given(void **state) {
    static const struct { const char *when; double value; } moments[] = {
        {"time: 1.5", 11.5},                    /* 120 beats a minute: 3 beats of 4, saw = 0.5 */
        {"time: 1.5, tempo: 60", 10.25},        /* 1.5 beats: -0.25 */
        {"time: 99, beat: 2", 11},
        {"beat: 3", 11.5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        char text[256];
        gb_recipe_param param;
        snprintf(text, sizeof text, "{parameters: {p: 11}, %s, modulators: [{move: param/p, wave: saw, beats: 4}], bends: []}",
                 moments[i].when);
        gb_recipe *recipe = parse(text);
        assert_true(gb_recipe_param_at(recipe, 0, &param));
        assert_near(param.value, i == 1 ? 10.75 : moments[i].value);
        gb_recipe_free(recipe);
    }
}

static const char *input(const gb_recipe *recipe, const char *wanted) {
    const char *name, *text;
    for (size_t i = 0; gb_recipe_input_at(recipe, i, &name, &text); i++)
        if (!strcmp(name, wanted))
            return text;
    return "";
}

static void modulators_of_one_number_add_up_and_stay_within_its_range(void **state) {
    gb_recipe_param param;
    gb_recipe *recipe = parse("parameters: {p: {value: 1, low: 0, high: 3}, q: 1, r: 5}\ntime: 0\nbends: []\ninputs: {seeds: 2}\n"
                              "modulators:\n- {move: param/p, wave: square, depth: 1.5}\n- {move: param/p, wave: square, depth: 9}\n"
                              "- {move: param/q, wave: square}\n- {move: param/q, wave: square, depth: 0.25}\n"
                              "- {move: param/r, wave: square, muted: true}\n"
                              "- {move: trunc, wave: square, depth: -0.25}\n- {move: seed, wave: square, depth: 4e9}\n"
                              "- {move: seed, wave: square, depth: 0.6}");
    (void)state;
    assert_true(gb_recipe_param_at(recipe, 0, &param) && param.value >= 3 && param.value <= 3);
    assert_true(gb_recipe_param_at(recipe, 1, &param) && param.value >= 2.25 && param.value <= 2.25);
    assert_true(gb_recipe_param_at(recipe, 2, &param) && param.value >= 5 && param.value <= 5);
    assert_string_equal(input(recipe, "trunc"), "0.75");
    assert_string_equal(input(recipe, "seeds"), "4000000003");
    gb_recipe_free(recipe);
    recipe = parse("bends: []\ntime: 0\nmodulators: [{move: trunc, wave: square, depth: -0.25}]");
    assert_string_equal(input(recipe, "trunc"), "0.75");
    gb_recipe_free(recipe);
}

static void without_a_time_nothing_moves(void **state) {
    gb_recipe_param param;
    gb_recipe *recipe = parse("parameters: {p: 1}\nbends: []\nmodulators: [{move: param/p, wave: square}]");
    (void)state;
    assert_true(gb_recipe_param_at(recipe, 0, &param) && param.value >= 1 && param.value <= 1);
    gb_recipe_free(recipe);
}

static void the_json_is_the_recipe_as_written(void **state) {
    static const char text[] = "{\"bends\": [{\"at\": \"x\", \"filter\": \"rotate\"}, {\"at\": \"y\", \"filter\": \"blur\", "
                               "\"sigma\": 2.50}], \"time\": 0.25, \"inputs\": {}, \"modulators\": [{\"move\": \"bend/x/rotate/"
                               "angle\"}, {\"move\": \"bend/y/blur/sigma\"}, {\"move\": \"trunc\"}, {\"move\": \"z/3\"}]}";
    const char *json;
    gb_recipe *recipe = parse(text);
    (void)state;
    OK(gb_recipe_json(recipe, &json, &err));
    assert_string_equal(json, text);
    gb_recipe_free(recipe);
}

static void gather(void *arg, const char *line) {
    strncat(arg, line, 1000);
    strcat(arg, "\n");
}

static void addresses_find_numbers_of_bends(void **state) {
    static const char bends[] =
        "time: 0\nbends:\n- {at: synthesis.b16.conv0, filter: rotate, angle: 10}\n- {at: synthesis.b16.conv0, filter: rotate}\n"
        "- {at: synthesis.b32.conv0, filter: erode, params: [2]}\n- {at: synthesis.b32.conv1, noise: 0.5}\n"
        "- {w: 3, truncation: 0.5}\n- {w: 4, style: {seed: 3}}\n- {at: synthesis.b64.conv0, activation: sinlu}\n"
        "- {at: synthesis.b64.conv1, filter: blur, features: {random: 0.5, seed: 4}}\nmodulators:\n";
    static const struct { const char *move, *finds; } numbers[] = {
        {"bend/synthesis.b16.conv0/rotate/angle, depth: 5", "angle 15"},
        {"bend/0/angle, depth: 6", "angle 16"},
        {"bend/synthesis.b16.conv0/rotate:2/angle, depth: 7", "angle 52"},       /* 45 is the default */
        {"bend/synthesis.b32.conv0/erode/radius, depth: 1.6", "radius 4"},
        {"bend/synthesis.b32.conv1/noise/factor, depth: 2", "2.5"},
        {"bend/w/truncation/truncation, depth: 0.2", "0.7"},
        {"bend/w/style/share, depth: -0.75", "0.25"},
        {"bend/synthesis.b64.conv0/sinlu/a, depth: 2", "a 3"},
        {"bend/synthesis.b64.conv1/blur/share, depth: 9", "on 40 of 40"},
        {"bend/7/draw, depth: 3", "seed 7"},
        {"noise/synthesis.b32.conv1/factor, depth: 4", "4.5"},
        {"noise/synthesis.b64.conv1/factor, depth: 6", "noise times 7"},
        {"z/12, depth: 0.5", "12 raised by 0.5"},
    };
    gb_context *context = NULL;
    gb_model *model = NULL;
    (void)state;
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    OK(gb_model_open(context, "tests/fixtures/toy-faces-64.gbw", &model, &err));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[2048], lines[8192] = "";
        snprintf(text, sizeof text, "%s- {wave: square, move: %s}", bends, numbers[i].move);
        gb_recipe *recipe = parse(text);
        OK(gb_recipe_describe(recipe, model, gather, lines, &err));
        if (!strstr(lines, numbers[i].finds))
            fail_msg("%s: no '%s' in\n%s", numbers[i].move, numbers[i].finds, lines);
        gb_recipe_free(recipe);
    }
    gb_model_close(model);
    gb_context_free(context);
}

static void what_cannot_move_is_refused_with_its_place(void **state) {
    static const struct { const char *text, *says; } refused[] = {
        {"bends: []\nmodulators: 3", "r:2:13: modulators is '3'; expected a list"},
        {"bends: []\nmodulators: [{wave: sine}]", "r:2:14: the modulator moves nothing"},
        {"bends: []\nmodulators: [{move: trunc, wave: sinus}]", "r:2:34: wave is 'sinus'; expected sine"},
        {"bends: []\nmodulators: [{move: trunc, period: 0}]", "period is 0; expected 0.001 to 1e+06"},
        {"bends: []\nmodulators: [{move: trunc, period: 1, beats: 4}]", "both 'period' and 'beats'"},
        {"bends: []\nmodulators: [{move: trunc, depht: 1}]", "unknown key 'depht'; the nearest is 'depth'"},
        {"bends: []\ntime: now", "time is 'now'; expected a number"},
        {"bends: []\ntempo: 0", "tempo is 0; expected 1 to 1000"},
        {"bends: []\ntime: 0\nmodulators: [{move: bend/2/angle}]", "r:3:21: there is no number 'bend/2/angle' in this recipe"},
        {"bends: [{at: x, filter: rotate}]\ntime: 0\nmodulators: [{move: bend/0/border}]", "there is no number 'bend/0/border'"},
        {"bends: [{at: x, noise: off}]\ntime: 0\nmodulators: [{move: bend/0/factor}]", "'bend/0/factor' is not a number"},
        {"inputs: {}\nbends: []\ntime: 0\nmodulators: [{move: cutoff}]", "'cutoff' has no value in this recipe"},
        {"parameters: {a: 3}\nbends: [{at: x, filter: rotate, angle: $a}]\ntime: 0\nmodulators: [{move: bend/0/angle}]",
         "'bend/0/angle' is the parameter $a; move param/a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        gb_recipe *recipe = NULL;
        if (!gb_recipe_parse(refused[i].text, strlen(refused[i].text), "r", &recipe, &err))
            fail_msg("accepted:\n%s", refused[i].text);
        if (!strstr(err.message, refused[i].says))
            fail_msg("'%s' instead of '%s'", err.message, refused[i].says);
    }
}

int run_modulator_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waves_have_their_shapes),
        cmocka_unit_test(random_waves_are_the_same_every_time_and_stay_within_their_depth),
        cmocka_unit_test(beats_follow_the_tempo_or_are_given),
        cmocka_unit_test(modulators_of_one_number_add_up_and_stay_within_its_range),
        cmocka_unit_test(without_a_time_nothing_moves),
        cmocka_unit_test(the_json_is_the_recipe_as_written),
        cmocka_unit_test(addresses_find_numbers_of_bends),
        cmocka_unit_test(what_cannot_move_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
