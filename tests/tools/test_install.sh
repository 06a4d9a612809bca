#!/bin/sh
# The installed files can be moved, the shared library exports exactly the functions declared in the public headers, the list
# of components names every library that is linked, and the example in the first comment of that header builds with pkg-config
# and with the CMake package, and renders: with the shared library even where nothing is known of the libraries that ganbend
# uses.
# Usage, from the repository root: test_install.sh BUILD_DIR CMAKE C_COMPILER
set -eu
build=$1 cmake=$2 cc=$3 root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" || { cat "$work/log"; exit 1; }
mv "$work/first" "$work/moved"
header=$work/moved/include/ganbend.h
libraries=$(dirname "$(find "$work/moved" -name 'libganbend.so')")

# The program's files are installed too.
if [ -x "$work/moved/bin/ganbend" ]; then
    for file in share/man/man1/ganbend.1 share/man/man1/ganbend-render.1 share/doc/ganbend/LICENSE \
        share/bash-completion/completions/ganbend share/zsh/site-functions/_ganbend \
        share/fish/vendor_completions.d/ganbend.fish; do
        [ -s "$work/moved/$file" ] || { echo "$file is not installed"; exit 1; }
    done
    if [ -e "$work/moved/share/applications/ganbend-studio.desktop" ]; then
        [ -s "$work/moved/share/icons/hicolor/scalable/apps/ganbend.svg" ] || { echo "the icon is not installed"; exit 1; }
        ! command -v desktop-file-validate >/dev/null ||
            desktop-file-validate "$work/moved/share/applications/ganbend-studio.desktop"
    fi
fi

# The symbols of the shared library are the functions of the header.
sed -n 's/^GB_API [^(]*[ *]\(gb_[a-z0-9_]*\)(.*/\1/p' "$work"/moved/include/ganbend*.h | sort >"$work/declared"
nm -D --defined-only "$libraries/libganbend.so" | awk '{ print $3 }' | sort >"$work/offered"
diff "$work/declared" "$work/offered" || { echo "the public headers (<) and libganbend.so (>) differ"; exit 1; }
# The list of the Debian package, too, which dates them. A function that goes, or changes, needs another ABI version.
sh tools/packages/symbols.sh "$libraries/libganbend.so" >"$work/symbols"
diff tools/packages/symbols "$work/symbols" || {
    echo "the symbols have changed; to note it: sh tools/packages/symbols.sh libganbend.so >tools/packages/symbols"
    exit 1
}

# The build's list of components (SPDX) names every library that the installed files need, with its version.
for file in "$libraries/libganbend.so" "$work/moved/bin/ganbend"; do
    [ ! -e "$file" ] || readelf -d "$file" | sed -n 's/.*(NEEDED).*\[lib\(.*\)\.so.*/\1/p'
done | sort -u >"$work/needed"
grep -q '^z$' "$work/needed"
while read -r library; do
    case $library in
    c | m | dl | pthread | gcc_s | *asan | *ubsan* | tsan | ganbend) continue ;;
    z) module=zlib ;;
    png*) module=libpng ;;
    yaml*) module=yaml-0.1 ;;
    lo | turbojpeg | websockets) module=lib$library ;;
    *) module=$library ;;
    esac
    grep -q "\"name\": \"$module\", \"versionInfo\": \"[0-9]" "$build/ganbend.spdx.json" || {
        echo "ganbend.spdx.json does not name lib$library, which is linked"
        exit 1
    }
done <"$work/needed"

sed -n '/^ \*     #include <ganbend.h>$/,/^ \*     }$/s/^ \*     \{0,1\}//p' "$header" >"$work/example.c"
model=$root/tests/fixtures/toy-faces-64.gbw

# check PROGRAM: it prints its usage, reports a missing file, and renders a model.
check() {
    "$1" 2>&1 | grep -q '^usage: ' || { echo "$1: no usage"; exit 1; }
    if "$1" missing.gbw "$work/out.png" 2>"$work/said"; then echo "$1: opened a missing file"; exit 1; fi
    grep -q '^missing.gbw: no such file$' "$work/said" || { cat "$work/said"; exit 1; }
    if [ -e "$model" ]; then
        "$1" "$model" "$work/out.png"
        [ "$(od -An -c -N4 "$work/out.png" | tr -d ' ')" = '211PNG' ] || { echo "$1: no PNG"; exit 1; }
        rm "$work/out.png"
    fi
    echo "$(basename "$1") runs"
}

# Only ganbend.pc is found, as on a machine without development packages of zlib, libpng, libyaml and OpenBLAS.
PKG_CONFIG_LIBDIR=$libraries/pkgconfig
export PKG_CONFIG_LIBDIR
flags=$(pkg-config --cflags --libs ganbend)
# shellcheck disable=SC2086  # flags
"$cc" -std=c11 -Wall -Wextra -Werror -o "$work/by-pkg-config" "$work/example.c" $flags
LD_LIBRARY_PATH=$libraries check "$work/by-pkg-config"
case $flags in *-lpng* | *-lz* | *-lyaml*) echo "users of the shared library link what it uses: $flags"; exit 1 ;; esac
# The line of docs/embedding.md for a private prefix.
rpath=$(pkg-config --variable=libdir ganbend)
grep -qF -- '-Wl,-rpath,$(pkg-config --variable=libdir ganbend)' docs/embedding.md || { echo "no advice on rpath"; exit 1; }
# shellcheck disable=SC2086
"$cc" -std=c11 -o "$work/with-rpath" "$work/example.c" $flags "-Wl,-rpath,$rpath"
check "$work/with-rpath"
# The static library, which needs them all.
static=$(pkg-config --static --libs ganbend)
if echo 'int main(void) { return 0; }' |
    "$cc" -static -o "$work/try" -x c - -x none $(echo "$static" | sed 's/-lganbend//') 2>/dev/null; then
    # shellcheck disable=SC2086
    "$cc" -static -std=c11 -o "$work/static" "$work/example.c" $(pkg-config --cflags ganbend) $static
    check "$work/static"
else
    echo "no static libraries of what ganbend uses here"
fi
unset PKG_CONFIG_LIBDIR

mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.18)
project(user LANGUAGES C)
find_package(ganbend 0.1 REQUIRED COMPONENTS static)
foreach(form shared static)
  add_executable(by-cmake-${form} ../example.c)
  target_link_libraries(by-cmake-${form} ganbend::${form})
endforeach()
END
{ "$cmake" -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_COMPILER="$cc" &&
    "$cmake" --build "$work/user/build"; } >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for form in shared static; do
    check "$work/user/build/by-cmake-$form"
done
# What a program does not call is not in it: no plain row in double (ops/double_names.h) without gb_session_float64().
if nm "$work/user/build/by-cmake-static" | grep ' gb_.*_double$'; then
    echo "the static library adds rows in double to every program"
    exit 1
fi

# The shared library without any package of what it uses, and a component that does not exist.
mkdir "$work/bare" "$work/wrong"
cat >"$work/bare/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.18)
project(bare LANGUAGES C)
find_package(ganbend 0.1 REQUIRED)
add_executable(by-cmake-alone ../example.c)
target_link_libraries(by-cmake-alone ganbend::shared)
END
{ "$cmake" -S "$work/bare" -B "$work/bare/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_DISABLE_FIND_PACKAGE_PNG=ON -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON &&
    "$cmake" --build "$work/bare/build"; } >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
check "$work/bare/build/by-cmake-alone"
cat >"$work/wrong/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.18)
project(wrong LANGUAGES C)
find_package(ganbend 0.1 REQUIRED COMPONENTS shraed)
END
if "$cmake" -S "$work/wrong" -B "$work/wrong/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_COMPILER="$cc" \
    >"$work/log" 2>&1; then
    echo "an unknown component was found"
    exit 1
fi
tr '\n' ' ' <"$work/log" | tr -s ' ' | grep -q "no component 'shraed'; there are shared and static" ||
    { cat "$work/log"; exit 1; }
