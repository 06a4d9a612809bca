#!/bin/sh
# The library without recipes, PNG, JSON, gradients and analysis links none of the libraries that these need, renders, and says what is missing.
# The program and the tests are refused. It builds the library once more, so it belongs to tools/check.sh --platforms.
# Usage, from the repository root: test_switches.sh CMAKE C_COMPILER LAUNCHER
set -eu
cmake=$1 cc=$2 launcher=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
off="-DGANBEND_RECIPES=OFF -DGANBEND_PNG=OFF -DGANBEND_JSON=OFF -DGANBEND_OPENBLAS=OFF -DGANBEND_CUDA=OFF
    -DGANBEND_GRADIENTS=OFF -DGANBEND_ANALYSIS=OFF"

# shellcheck disable=SC2086  # options
if "$cmake" -S . -B "$work/refused" -DCMAKE_C_COMPILER="$cc" $off >"$work/log" 2>&1; then
    echo "the program was configured without recipes"
    exit 1
fi
tr '\n' ' ' <"$work/log" | tr -s ' ' | grep -q 'need recipes, PNG and JSON: to build the library without them' ||
    { cat "$work/log"; exit 1; }
# shellcheck disable=SC2086
{ "$cmake" -S . -B "$work/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_COMPILER_LAUNCHER="$launcher" -DGANBEND_WERROR=ON \
    -DGANBEND_TOOLS=OFF -DGANBEND_TESTS=OFF $off &&
    "$cmake" --build "$work/build" -j 2 && "$cmake" --install "$work/build" --prefix "$work/prefix"; } >"$work/log" 2>&1 ||
    { tail -n 40 "$work/log"; exit 1; }

cat >"$work/use.c" <<'C'
#include <ganbend.h>
#include <stdio.h>
#include <string.h>

static int says(const gb_error *err, const char *missing) {
    printf("%s\n", err->message);
    return err->status == GB_BAD_ARGUMENT && strstr(err->message, missing) != NULL;
}

int main(int argc, char **argv) {
    static float image[3 * 64 * 64];
    gb_error err = GB_ERROR_INIT;
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *session = NULL;
    gb_recipe *recipe = NULL;
    if (argc != 3 || gb_context_new(NULL, &context, &err) || gb_model_open(context, argv[1], &model, &err) ||
        gb_session_new(model, NULL, &session, &err) || gb_session_seed(session, 7, &err) ||
        gb_session_render(session, image, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    gb_session *gradients = NULL;
    const gb_session_options purpose = {.size = sizeof purpose, .purpose = GB_GRADIENT};
    int good = gb_session_new(model, &purpose, &gradients, &err) && says(&err, "-DGANBEND_GRADIENTS=ON") && !gradients &&
               gb_recipe_parse("bends: []", 9, "r.yaml", &recipe, &err) && says(&err, "-DGANBEND_RECIPES=ON") && !recipe &&
               gb_session_render_png(session, "out.png", &err) && says(&err, "-DGANBEND_PNG=ON") &&
               gb_png_text("out.png", NULL, NULL, &err) && says(&err, "-DGANBEND_PNG=ON") &&
               gb_convert(context, argv[2], "out.gbw", &(gb_convert_options){.config_json = "{}"}, &err) == GB_BAD_FILE &&
               (err.status = GB_BAD_ARGUMENT, says(&err, "-DGANBEND_JSON=ON"));
    gb_recipe_free(recipe);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    return good ? 0 : 1;
}
C
PKG_CONFIG_LIBDIR=$(dirname "$(find "$work/prefix" -name ganbend.pc)")
export PKG_CONFIG_LIBDIR
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -Werror -o "$work/use" "$work/use.c" $(pkg-config --cflags --libs ganbend) \
    "-Wl,-rpath,$(pkg-config --variable=libdir ganbend)"
"$work/use" tests/fixtures/toy-faces-64.gbw tests/fixtures/biggan-32-cifar.pth
if nm "$(find "$work/prefix" -name libganbend.a)" | grep -E ' T gb_(act_slope|rule_of|adjoint_node)$'; then
    echo "the library still has adjoints"
    exit 1
fi
for library in png yaml jansson openblas; do
    case "$(pkg-config --static --libs ganbend) $(ldd "$work/use")" in
    *$library*) echo "the library still uses $library"; exit 1 ;;
    esac
done
