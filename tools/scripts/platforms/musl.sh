#!/bin/sh
# The smallest build: a static program without any dependency at run time, made with musl from the sources of zlib and libpng.
# Prints its size, the time from its start to the end of its first picture, and its memory. Needs Debian's package servers.
# Usage, from the repository root: sh tools/scripts/platforms/musl.sh BUILD-FOLDER
set -eu
out=$(realpath -m "$1")/musl
sh tools/scripts/packages.sh core
sh tools/scripts/packages.sh musl
rm -rf "$out"
mkdir -p "$out"
CC=musl-gcc sh tools/scripts/libraries.sh "$out/prefix" zlib libpng

# ---- ganbend
cmake -S . -B "$out/build" -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS="-ffunction-sections -fdata-sections" \
    -DZLIB_LIBRARY="$out/prefix/lib/libz.a" -DZLIB_INCLUDE_DIR="$out/prefix/include" \
    -DPNG_LIBRARY="$out/prefix/lib/libpng.a" -DPNG_PNG_INCLUDE_DIR="$out/prefix/include" \
    -DGANBEND_RECIPES=OFF -DGANBEND_JSON=OFF -DGANBEND_ANALYSIS=OFF -DGANBEND_GRADIENTS=OFF -DGANBEND_OPENBLAS=OFF \
    -DGANBEND_CUDA=OFF -DGANBEND_INSTRUCTION_SETS=avx2 \
    -DGANBEND_TOOLS=OFF -DGANBEND_TESTS=OFF ${GANBEND_EMBED_OPTIONS-}
cmake --build "$out/build" -j "$(nproc)" --target ganbend_static

# link SOURCE PROGRAM: static and stripped, without what it does not call
link() {
    musl-gcc -O2 -static -s -Wl,--gc-sections -I engine -I "$out/prefix/include" "$1" -o "$2" "$out/build/engine/libganbend.a" \
        "$out/prefix/lib/libpng.a" "$out/prefix/lib/libz.a" -lm -lpthread
}
sed -n '/^ \*     #include <ganbend.h>$/,/^ \*     }$/s/^ \*     \{0,1\}//p' engine/ganbend.h >"$out/example.c"
link "$out/example.c" "$out/example"
# What zlib, libpng and musl take in a program that writes and reads PNG files.
cat >"$out/png.c" <<'C'
#include <png.h>
int main(int argc, char **argv) {
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 1, .height = 1, .format = PNG_FORMAT_RGB};
    return argc == 2 && png_image_write_to_file(&image, argv[1], 0, "\1\2\3", 0, NULL) &&
           png_image_begin_read_from_file(&image, argv[1]) ? 0 : 1;
}
C
link "$out/png.c" "$out/png"
file=$(LC_ALL=C ldd "$out/example" 2>&1 || true)
case $file in *"not a dynamic executable"* | *"statically linked"*) ;; *) echo "it is not static: $file"; exit 1 ;; esac

# ---- figures
model=tests/fixtures/toy-faces-64.gbw
"$out/example" "$model" "$out/face.png"
[ "$(od -An -c -N4 "$out/face.png" | tr -d ' ')" = '211PNG' ]
bytes() { stat -c %s "$1"; }
echo "program: $(bytes "$out/example") bytes, stripped; a program with libpng and zlib alone: $(bytes "$out/png") bytes"
cat >"$out/time.c" <<'C'
#define _POSIX_C_SOURCE 200809L
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
enum { RUNS = 51 };
extern char **environ;
static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
int main(int argc, char **argv) {
    double ms[RUNS];
    for (int i = 0; i < RUNS; i++) {
        struct timespec begin, end;
        pid_t child;
        int status = 1;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (argc < 2 || posix_spawn(&child, argv[1], NULL, NULL, argv + 1, environ) || waitpid(child, &status, 0) != child || status)
            return 1;
        clock_gettime(CLOCK_MONOTONIC, &end);
        ms[i] = (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) * 1e-6;
    }
    qsort(ms, RUNS, sizeof *ms, compare);
    printf("from the start of the process to its end, with the picture on disk: %.1f ms, the fastest of %d runs; %.1f ms, the "
           "median\n", ms[0], RUNS, ms[RUNS / 2]);
}
C
musl-gcc -O2 "$out/time.c" -o "$out/time" -static
"$out/time" "$out/example" "$model" "$out/face.png"
echo "$(/usr/bin/time -f '%M KB of memory at most' "$out/example" "$model" "$out/face.png" 2>&1)"
share=$(($(bytes "$out/example") - $(bytes "$out/png")))
echo "ganbend's share: $share bytes"
[ "$share" -lt 600000 ] || { echo "more than 600 KB"; exit 1; }
