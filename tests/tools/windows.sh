#!/bin/sh
# The program for Windows under wine: what Windows does differently, then tests of the program, the fixtures, and the studio on the level
# of bytes. Left out are the tests of cairo's sheets (cache, shapes, synonyms, directions, vectors), which the program lacks; of ffmpeg
# (outputs), for which a small encoder stands in; of signals, limits and permissions (interrupting, manners); and
# those of the studio that end it by SIGTERM, which wine does not pass on, or need a certificate or OSC.
# Usage, from the repository root: sh tests/tools/windows.sh GANBEND.EXE FOLDER [TEST…]. In FOLDER are wine's own files; with TESTs
# (windows, cli, fixtures, …, studio) only those.
set -u
exe=$(realpath "$1")
folder=$(realpath -m "$2")
shift 2
wanted=" $* "
wine=$(command -v wine64 || command -v /usr/lib/wine/wine64) || {
    echo "SKIPPED: there is no wine64; 'sh tools/scripts/packages.sh windows' installs it"
    exit 0
}
mkdir -p "$folder/wine"
export WINEPREFIX="$folder/wine/prefix" WINEDEBUG=-all
unset DISPLAY WAYLAND_DISPLAY
[ -d "$WINEPREFIX" ] || "$wine" wineboot -i >"$folder/wine/boot.log" 2>&1 || { cat "$folder/wine/boot.log"; exit 1; }
ganbend=$folder/wine/ganbend
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$wine" "$exe" >"$ganbend"
chmod +x "$ganbend"
mkdir -p "$folder/wine/bin"
export WINEPATH="$folder/wine/bin"

failures=
wants() { [ "$wanted" = "  " ] || case $wanted in *" $1 "*) ;; *) false ;; esac; }
# judge NAME COMMAND…
judge() {
    name=$1
    shift
    wants "$name" || return 0
    echo "---- $name"
    "$@" >"$folder/wine/$name.log" 2>&1 && { tail -n 1 "$folder/wine/$name.log"; return; }
    tail -n 40 "$folder/wine/$name.log"
    failures="$failures $name"
}

# ---- what Windows does differently
differences() (
    scratch=$(mktemp -d) || exit 1
    trap 'rm -rf "$scratch"' EXIT
    failed=0
    bad() { printf "FAILED: %s\n" "$1"; failed=$((failed + 1)); }
    model=tests/fixtures/toy-faces-64.gbw
    run() { "$ganbend" "$@" >"$scratch/out" 2>"$scratch/err" || { bad "ganbend $*"; cat "$scratch/err"; }; }

    # Paths: with spaces, not ASCII, with backslashes, with a drive.
    place="$scratch/Ünder wäter 日本"
    mkdir "$place"
    cp $model "$place/Gesicht ü.gbw"
    run render "$place/Gesicht ü.gbw" -o "$place/Bild ☂.png" --seeds 3
    run render $model -o "$scratch/plain.png" --seeds 3
    cmp -s "$place/Bild ☂.png" "$scratch/plain.png" || bad "a picture in a folder whose name is not ASCII is the same"
    mkdir "$scratch/back"
    run render 'tests\fixtures\toy-faces-64.gbw' -o "Z:$(printf %s "$scratch" | tr / '\\')\\back\\slash.png" --seeds 3
    cmp -s "$scratch/back/slash.png" "$scratch/plain.png" || bad "paths with backslashes and a drive lead to the same files"
    "$ganbend" render "$place/none.gbw" -o "$scratch/none.png" 2>"$scratch/err" && bad "a model that is missing is an error"
    grep -qF "Ünder wäter 日本/none.gbw: no such file" "$scratch/err" || { bad "the message names the path as it was given"; cat "$scratch/err"; }

    # Recipes with the ends of lines that editors on Windows write, and a mask in a folder named with backslashes.
    printf 'bends:\r\n- at: synthesis.b16.conv1\r\n  filter: invert\r\n' >"$scratch/crlf.yaml"
    printf 'bends:\n- at: synthesis.b16.conv1\n  filter: invert\n' >"$scratch/lf.yaml"
    for ends in crlf lf none; do        # bare pixels, since a PNG has the recipe in it
        if [ $ends = none ]; then set --; else set -- --bend "$scratch/$ends.yaml"; fi
        "$ganbend" animate $model --seeds 3,4 --frames 2 -o - "$@" >"$scratch/$ends.rgb" 2>"$scratch/err" || bad "frames on standard output"
    done
    [ "$(stat -c %s "$scratch/crlf.rgb")" = 24576 ] || bad "two frames have their bytes and no more"
    cmp -s "$scratch/crlf.rgb" "$scratch/lf.rgb" || bad "a recipe's ends of lines do not matter"
    cmp -s "$scratch/crlf.rgb" "$scratch/none.rgb" && bad "the recipe changes the picture"

    # Bytes on standard output and input are what they are.
    "$ganbend" render $model -o - --seeds 3 >"$scratch/stdout.png" 2>"$scratch/err" || bad "a picture on standard output"
    cmp -s "$scratch/stdout.png" "$scratch/plain.png" || bad "a picture on standard output is the same"
    "$ganbend" convert tests/fixtures/nvlabs-orig-16.pkl "$scratch/orig.gbw" >"$scratch/out" 2>&1 || bad "a checkpoint is converted"
    "$ganbend" convert - - <tests/fixtures/nvlabs-orig-16.pkl >"$scratch/piped.gbw" 2>"$scratch/err" || bad "a checkpoint is converted in a pipe"
    cmp -s "$scratch/orig.gbw" "$scratch/piped.gbw" || bad "a converted checkpoint is the same by a pipe"
    "$ganbend" info $model >"$scratch/info" 2>&1
    grep -q "$(printf '\r')" "$scratch/info" && bad "lines end with a newline only"

    # A file is replaced whole, also one that is read meanwhile, or is not.
    cp "$scratch/plain.png" "$scratch/kept.png"
    exec 3<"$scratch/kept.png"
    run render $model -o "$scratch/kept.png" --seeds 4
    cmp -s "$scratch/kept.png" "$scratch/plain.png" && bad "a picture replaces another"
    echo words >"$scratch/words.txt"
    "$ganbend" render $model -o "$scratch/words.txt" --seeds 4 2>"$scratch/err" && bad "a text is not replaced by a picture"
    [ "$(cat "$scratch/words.txt")" = words ] || bad "a text that is not replaced stays as it is"
    cp "$scratch/plain.png" "$scratch/readonly.png"
    chmod 444 "$scratch/readonly.png"
    "$ganbend" render $model -o "$scratch/readonly.png" --seeds 4 2>"$scratch/err" && bad "a file without write permission is not replaced"
    [ -z "$(find "$scratch" -name '.ganbend*')" ] || bad "nothing unfinished is left"

    # Frames go through a pipe to a program that gets its arguments as they are meant, and says in its own way what was wrong.
    if x86_64-w64-mingw32-gcc-posix -municode -static tests/tools/windows_encoder.c -o "$folder/wine/bin/ffmpeg.exe"; then
        run animate $model --seeds 3,4 --frames 2 -o "$place/Film ü.mp4"
        cmp -s "$place/Film ü.mp4" "$scratch/none.rgb" || bad "an encoder gets the frames, and the name of its file"
        "$ganbend" animate $model --seeds 3,4 --frames 2 --fps 13 -o "$place/bad.mp4" 2>"$scratch/err" && bad "an encoder's failure is one"
        grep -q 'ffmpeg failed: thirteen frames a second are too many$' "$scratch/err" || { bad "an encoder's message is passed on"; cat "$scratch/err"; }
    else
        bad "the encoder is compiled"
    fi

    # The same numbers as the other systems' build.
    [ -z "${GANBEND_NATIVE-}" ] || {
        for isa in plain avx2; do
            GANBEND_ISA=$isa "$ganbend" render weights/demo/portraits-128.gbw -o "$scratch/windows.png" --seeds 7 2>&1 >/dev/null
            GANBEND_ISA=$isa "$GANBEND_NATIVE" render weights/demo/portraits-128.gbw -o "$scratch/native.png" --seeds 7 2>&1 >/dev/null
            cmp -s "$scratch/windows.png" "$scratch/native.png" || bad "$isa makes the same picture as without wine"
        done
    }
    echo "$failed failed"
    [ $failed -eq 0 ]
)
judge windows differences

for subject in cli cli_biggan overwriting latents bend_cli recipe_from mix messages tables; do
    judge $subject sh tests/tools/test_$subject.sh "$ganbend"
done
FIXTURE_ISAS="plain avx2" FIXTURE_THREADS=2 judge fixtures sh tests/tools/test_fixtures.sh "$ganbend"
judge studio node --test-name-pattern='serves the page|of the page is served|cached file|several requests|Host must|other origins|no path|methods|invalid HTTP|invalid handshake|fragmented message|sixteen|with the token|say nothing|subprotocol|need the token|port in use|does not read its answers|long job|killed while|SIGINT' \
    tests/tools/studio/transport.mjs "$ganbend"

[ -z "$failures" ] || { echo "FAILED:$failures"; exit 1; }
echo "all passed"
