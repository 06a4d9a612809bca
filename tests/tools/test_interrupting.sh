#!/bin/sh
# A program that is interrupted removes its temporary files: those of standard input, of ffmpeg, and, where the file system
# knows no files without a name, those of the library. Its status says which signal it was.
# usage: test_interrupting.sh GANBEND PRELOADED, from the repository root.
. tests/tools/cli.sh
ganbend=$(realpath "$ganbend")
preloaded=$2

m=$scratch/model.gbw
"$ganbend" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 -q || exit 1
mkdir "$scratch/temporary" "$scratch/written"
TMPDIR=$scratch/temporary
export TMPDIR

# Standard input that does not end.
mkfifo "$scratch/pipe"
for signal in TERM:143 HUP:129; do
    "$ganbend" convert - "$scratch/written/x.gbw" <"$scratch/pipe" >"$scratch/out" 2>"$scratch/err" &
    program=$!
    exec 9>"$scratch/pipe"
    until [ -n "$(find "$TMPDIR" -name standard-input)" ]; do kill -0 $program || break; done
    kill -s "${signal%:*}" $program
    wait $program
    status=$?
    exec 9>&-
    check "the status says SIG${signal%:*}" [ $status -eq "${signal#*:}" ]
    check "no temporary file is left by SIG${signal%:*}" nothing_left "$TMPDIR"
done

# A video that ffmpeg is writing. It exists as soon as its hidden file does.
if command -v ffmpeg >/dev/null; then
    "$ganbend" animate "$m" --seeds 0,1 --frames 1000000 --yes -o "$scratch/written/x.mp4" >"$scratch/out" 2>"$scratch/err" &
    program=$!
    until [ -n "$(ls -A "$scratch/written")" ]; do kill -0 $program || break; done
    kill -s TERM $program
    wait $program
    check "the status says SIGTERM" [ $? -eq 143 ]
    check "no part of the video is left" nothing_left "$scratch/written"
fi

# The library's own files.
interrupted() { # interrupted SENTENCE COMMAND…
    sentence=$1
    shift
    LD_PRELOAD=$preloaded "$ganbend" "$@" >"$scratch/out" 2>"$scratch/err"
    check "$sentence is ended by the signal" [ $? -eq 143 ]
    check "$sentence leaves nothing in the folder" nothing_left "$scratch/written"
    check "$sentence leaves no temporary file" nothing_left "$TMPDIR"
}
interrupted "a dump" dump "$m" --at '*' -o "$scratch/written/x.npz"
interrupted "a picture" render "$m" -o "$scratch/written/x.png"
interrupted "a model" convert $fixtures/nvlabs-orig-16.pkl "$scratch/written/x.gbw"
(cd "$scratch/written" && LD_PRELOAD=$preloaded "$ganbend" dump "$m" --at '*' -o x.npz >"$scratch/out" 2>"$scratch/err")
check "a dump in the current folder leaves nothing" nothing_left "$scratch/written"
"$ganbend" render "$m" --seeds 0-3 -o "$scratch/written" -q
LD_PRELOAD=$preloaded "$ganbend" render "$m" --seeds 4-6 -o "$scratch/written" >"$scratch/out" 2>"$scratch/err"
check "a series leaves its finished pictures alone" [ "$(find "$scratch/written" -type f | wc -l)" -eq 4 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
