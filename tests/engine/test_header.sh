#!/bin/sh
# The public headers compile alone, as C99, C11, C++11 and C++17, without a warning, and so do the program in README.md and
# the pieces of docs/embedding.md as C and as C++. A machine may have no C++ compiler. So do the files that take the place of
# parts that are switched off, and that this build may not contain.
# usage: test_header.sh C_COMPILER, from the repository root
set -eu
cc=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Included twice, and used.
cat >"$work/header.c" <<'C'
#include <ganbend_analysis.h>
#include <ganbend_gradient.h>
#include <ganbend_graph.h>
#include <ganbend.h>
#include <ganbend_analysis.h>
gb_status open_model(gb_context *context, gb_model **model, gb_error *err);
gb_status open_model(gb_context *context, gb_model **model, gb_error *err) {
    return gb_model_open(context, "model.gbw", model, err);
}
C
# Structs of options can grow: see "Options" in ganbend.h.
awk '/^typedef struct gb_[a-z0-9_]*_options [{]/ {
        name = $3
        getline
        options++
        if ($1 " " $2 != "size_t size;") { print name ": options begin with size_t size, see GB_TAKE_OPTIONS"; bad = 1 }
    }
    END { exit bad || options < 8 }' engine/ganbend*.h
strict="-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I engine"
for standard in c99 c11; do
    # shellcheck disable=SC2086  # options
    "$cc" -std=$standard $strict "$work/header.c"
    echo "$cc: $standard"
done
for file in $(find engine tools -name '*left_out.c' -o -name '*_without_*.c'); do
    # shellcheck disable=SC2086
    "$cc" -std=c11 $strict -Wstrict-prototypes -Wmissing-prototypes -I . "$file"
    echo "$cc: $file"
done
# pieces FILE: the C in a page.
pieces() {
    awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}
pieces README.md >"$work/readme.c"
pieces docs/embedding.md >"$work/embedding.c"
for page in readme embedding; do
    grep -q '^int main(' "$work/$page.c"
    # shellcheck disable=SC2086
    "$cc" -std=c11 $strict "$work/$page.c"
done
for cxx in c++ g++ clang++ "$cc" clang; do
    echo 'int main() { return 0; }' | $cxx -x c++ -fsyntax-only - 2>/dev/null || continue
    for standard in c++11 c++17; do
        # shellcheck disable=SC2086
        $cxx -x c++ -std=$standard $strict "$work/header.c"
        # {0} is C's; C++ may ask for {}.
        # shellcheck disable=SC2086
        $cxx -x c++ -std=$standard $strict -Wno-missing-field-initializers "$work/readme.c"
        # shellcheck disable=SC2086
        $cxx -x c++ -std=$standard $strict -Wno-missing-field-initializers "$work/embedding.c"
        echo "$cxx: $standard"
    done
    exit 0
done
echo "no C++ compiler here"
