#!/bin/sh
# Names of outputs: the ending says what a file is, whatever its case, any other name is a folder, "-" is standard output or
# input; other kinds than a command writes are refused; one line reports what was written.
# usage: test_outputs.sh GANBEND, from the repository root.
. tests/tools/cli.sh

m=$scratch/model.gbw
run 0 "a model is written" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8
check "success is one line" [ "$(wc -l <"$scratch/out")" -eq 1 ]
prints "model.gbw: "
starts() { [ "$(head -c "$2" "$1" | tail -c "$3" | od -An -tx1 | tr -d ' \n')" = "$4" ]; }
is_png() { starts "$1" 4 4 89504e47; }

# ---- the library's own formats
run 0 "a picture" render "$m" -o "$scratch/one.png"
check "one line reports it" [ "$(cat "$scratch/out")" = "$scratch/one.png: 8x8 pixels" ]
for name in one.PNG one.Png; do
    run 0 "the case of the ending does not matter ($name)" render "$m" -o "$scratch/$name"
    check "$name is a file with the same picture" cmp -s "$scratch/one.png" "$scratch/$name"
done
run 0 "any other name is a folder" render "$m" -o "$scratch/one.pngs"
check "with the picture in it" is_png "$scratch/one.pngs/seed0000.png"
run 0 "quiet" render "$m" -o "$scratch/one.png" -q
check "nothing is printed" [ ! -s "$scratch/out" ]
run 0 "a folder says how many pictures it got" render "$m" -o "$scratch/set" --seeds 0-2 --grid 3x1
prints "set: 3 pictures of 8x8, and sheet.png"
run 0 "resuming says how many were kept" render "$m" -o "$scratch/set" --seeds 0-3 --resume
prints "set: 1 picture of 8x8, 3 kept"

# ---- standard output and input
"$ganbend" render "$m" -o - >"$scratch/stdout.png" 2>"$scratch/err"
check "a picture goes to standard output" cmp -s "$scratch/one.png" "$scratch/stdout.png"
"$ganbend" dump "$m" --at z -o - >"$scratch/z.npz" 2>"$scratch/err"
run 0 "arrays go to standard output" info "$scratch/z.npz"
"$ganbend" convert - - <$fixtures/nvlabs-orig-16.pkl >"$scratch/stdout.gbw" 2>"$scratch/err"
"$ganbend" convert $fixtures/nvlabs-orig-16.pkl "$scratch/file.gbw" >"$scratch/out" 2>"$scratch/err"
check "a checkpoint comes from standard input, the model goes to standard output" cmp -s "$scratch/stdout.gbw" "$scratch/file.gbw"
echo 'bends: [{at: synthesis.b8.conv1, filter: invert}]' >"$scratch/recipe.yaml"
"$ganbend" render "$m" --bend "$scratch/recipe.yaml" -o "$scratch/bent.png" -q
"$ganbend" render "$m" --bend - -o "$scratch/piped.png" <"$scratch/recipe.yaml" >"$scratch/out" 2>"$scratch/err"
check "a recipe comes from standard input" cmp -s "$scratch/bent.png" "$scratch/piped.png"
"$ganbend" render - -o "$scratch/piped.png" <"$m" >"$scratch/out" 2>"$scratch/err"
check "a model comes from standard input" cmp -s "$scratch/one.png" "$scratch/piped.png"
"$ganbend" info - --json <"$m" >"$scratch/out" 2>"$scratch/err"
prints '"nodes"'
"$ganbend" render - -o "$scratch/x.png" </dev/null >"$scratch/out" 2>"$scratch/err"
complains "render: standard input: the file is empty"
echo 'bends: [{at: synthesis.b8.conv1, filter: invrt}]' | "$ganbend" render "$m" --bend - -o "$scratch/x.png" >"$scratch/out" 2>"$scratch/err"
complains "render: standard input:1:"
run 2 "standard input is read once" render - --bend - -o "$scratch/x.png"
complains "only once"
run 2 "a library is not written to standard output" vector take "$m" --at synthesis.b8.conv1 --pixel 0,0 --name v -o -
complains "does not write to standard output"
run 0 "a device is a file" render "$m" -o /dev/null

# ---- kinds
run 1 "a folder that does not exist" render "$m" -o "$scratch/nowhere/x.png" --seeds 0-9 --grid 5x2
complains "x.png: its folder does not exist"
run 1 "is reported before anything is rendered" dump "$m" --seeds 0-99999999 --at z -o "$scratch/nowhere/x.npz"
complains "x.npz: its folder does not exist"
run 0 "an ending alone is a file" render "$m" -o "$scratch/.png"
check "with that name" is_png "$scratch/.png"
run 2 "a picture command does not write an animation" render "$m" -o "$scratch/x.gif"
complains "stands for an animation; this command writes pictures (.png, .jpg, .jpeg, .webp), or a folder"
run 2 "an animation is not a picture" animate "$m" --seeds 0,1 -o "$scratch/x.png"
complains "stands for a picture"
run 2 "arrays are not a picture" dump "$m" --at z -o "$scratch/x.png"
complains "this command writes arrays (.npz"
run 2 "a picture is not a model" convert "$m" "$scratch/x.png"
complains "this command writes a model (.gbw)"
run 2 "a strip is not an array" strip "$m" --filter invert -o "$scratch/x.npz"
run 2 "arrays need a file" dump "$m" --at z -o "$scratch/x"
complains "stands for a folder"
check "nothing was written" [ ! -e "$scratch/x" ] && [ ! -e "$scratch/x.gif" ] && [ ! -e "$scratch/x.npz" ]

# ---- frames of an older, longer animation
run 0 "an animation" animate "$m" --seeds 0,1 --frames 4 -o "$scratch/frames"
prints "frames: 4 frames of 8x8"
: >"$scratch/frames/frame00009.txt"
"$ganbend" animate "$m" --seeds 0,1 --frames 3 -o "$scratch/frames" >"$scratch/out" 2>"$scratch/err"
check "a shorter one over it succeeds" [ $? -eq 0 ]
complains "holds 1 older frame after"
check "and leaves the older frame" [ -e "$scratch/frames/frame00003.png" ]
run 0 "--clean removes it" animate "$m" --seeds 0,1 --frames 3 -o "$scratch/frames" --clean
check "only frames are removed" [ "$(ls "$scratch/frames" | tr '\n' ' ')" = "frame00000.png frame00001.png frame00002.png frame00009.txt " ]
run 2 "--clean is for folders" animate "$m" --seeds 0,1 --frames 3 -o "$scratch/x.mp4" --clean

# ---- formats of ffmpeg
PATH=/nowhere "$ganbend" render "$m" -o "$scratch/x.jpg" >"$scratch/out" 2>"$scratch/err"
check "without ffmpeg, its formats are a failure" [ $? -eq 1 ]
complains "ffmpeg, which writes .jpg files, was not found"
run 2 "only a PNG can be resumed" render "$m" -o "$scratch/x.jpg" --resume
if command -v ffmpeg >/dev/null; then
    for row in jpg:3:3:ffd8ff JPEG:3:3:ffd8ff webp:12:4:57454250; do
        end=${row%%:*} rest=${row#*:}
        run 0 "a .$end picture" render "$m" -o "$scratch/x.$end"
        # shellcheck disable=SC2046  # three words
        check "it is one" starts "$scratch/x.$end" $(echo "$rest" | tr ':' ' ')
    done
    for row in mp4:8:4:66747970 webm:4:4:1a45dfa3 gif:4:4:47494638 apng:8:8:89504e470d0a1a0a WebP:12:4:57454250; do
        end=${row%%:*} rest=${row#*:}
        run 0 "a .$end animation" animate "$m" --seeds 0,1 --frames 3 --fps 10 -o "$scratch/y.$end"
        prints "y.$end: 3 frames of 8x8, 0.3 s"
        # shellcheck disable=SC2046  # three words
        check "it is one" starts "$scratch/y.$end" $(echo "$rest" | tr ':' ' ')
    done
    run 0 "a strip as .webp" strip "$m" --filter invert --at synthesis.b8.conv1 -o "$scratch/strip.webp"
    check "no temporary file is left" [ -z "$(find "$scratch" -name '.ganbend*')" ]
    echo 'my notes' >"$scratch/notes.jpg"
    run 2 "notes are not replaced by a picture" render "$m" -o "$scratch/notes.jpg"
    complains "exists and is not a .jpg file"
    run 0 "--force replaces them" render "$m" -o "$scratch/notes.jpg" --force
    # What ffmpeg says is passed on: here it cannot write.
    (ulimit -f 0 && "$ganbend" animate "$m" --seeds 0,1 --frames 3 -o "$scratch/full.mp4") >"$scratch/out" 2>"$scratch/err"
    check "a full disk under a video is a failure" [ $? -ne 0 ]
    check "no part of the video is left" [ ! -e "$scratch/full.mp4" ]
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
