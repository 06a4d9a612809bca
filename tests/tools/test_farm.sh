#!/bin/sh
# Shards: the same bits as a run without them, going on after a kill, and gathering. usage: test_farm.sh GANBEND, from the
# repository root.
. tests/tools/cli.sh

m=$scratch/model.gbw
"$ganbend" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 -q || exit 1
printf 'parameters: {much: 2}\nbends: [{at: synthesis.b8.conv1, filter: multiply, factor: $much}]\n' >"$scratch/bend.yaml"

# same A B: both folders have the same outputs, manifests aside
same() { diff -r -x manifests -x manifest.jsonl -x sheet.png "$1" "$2" >"$scratch/differ"; }
# shards N DIR COMMAND…: makes them all
shards() {
    of=$1
    dir=$2
    shift 2
    for i in $(seq "$of"); do run 0 "shard $i/$of of $1" "$@" -o "$dir" --shard "$i/$of"; done
}
# gathers DIR: they are all there
gathers() { run 0 "$1 is complete" gather "$1"; }

# ---- render: balanced, with one line for each picture
pictures="render $m --seeds 0-6 --bend $scratch/bend.yaml --trunc 0.7"
# shellcheck disable=SC2086  # several words
{
    run 0 "the whole run" $pictures -o "$scratch/whole"
    shards 3 "$scratch/parts" $pictures
    check "three shards of seven are 3, 2 and 2" \
        [ "$(for i in 1 2 3; do grep -c '"file":' "$scratch/parts/manifests/$i-of-3.jsonl"; done | tr '\n' ' ')" = "3 2 2 " ]
    gathers "$scratch/parts"
    prints "7 pictures in 3 shards, 7 files, all as they were made"
    check "they are the same files" same "$scratch/whole" "$scratch/parts"
    check "one manifest has a line for each, and one for the run" [ "$(wc -l <"$scratch/parts/manifest.jsonl")" -eq 8 ]
    check "which says what it was made from" grep -q '"file":"seed0004.png","from":"--seeds 4 .*--bend crc32:.*"model":"[0-9a-f]*","crc32":"[0-9a-f]*","bytes":[0-9]*,"seconds":.*,"time":"20..-' "$scratch/parts/manifest.jsonl"
    check "journals are gone" [ -z "$(find "$scratch/parts" -name '*.journal')" ]
    cp "$scratch/parts/manifest.jsonl" "$scratch/before"
    run 0 "a finished shard" $pictures -o "$scratch/parts" --shard 1/3
    prints "0 pictures of 8x8, 3 kept"

    # ---- missing, damaged, doubled
    rm "$scratch/parts/seed0002.png" "$scratch/parts/manifests/2-of-3.jsonl"
    printf x >>"$scratch/parts/seed0003.png"
    run 1 "a run with gaps" gather "$scratch/parts"
    complains "3 missing, 1 damaged; the run has 7 pictures in 3 shards"
    for line in "missing: seed0001 (shard 2/3)" "missing: seed0002.png (shard 3/3)" "damaged: seed0003.png (shard 1/3)" \
        "shards to run again: 1-3"; do prints "$line"; done
    "$ganbend" gather "$scratch/parts" --json >"$scratch/out" 2>"$scratch/err"
    check "JSON has the status too" [ $? -eq 1 ]
    check "and the same" [ "$(tr -d ' \n' <"$scratch/out" | grep -o '"complete":false,"missing":\[{"item":1,"name":"seed0001","shard":2}')" ]
    prints '"again": ['
    shards 3 "$scratch/parts" $pictures
    prints "1 picture of 8x8, 1 kept"
    gathers "$scratch/parts"
    check "the gaps are filled with the same files" same "$scratch/whole" "$scratch/parts"
    cp "$scratch/parts/manifests/1-of-3.jsonl" "$scratch/one"
    sed 's/"item":0/"item":1/' "$scratch/one" >"$scratch/parts/manifests/1-of-3.jsonl"
    run 1 "a picture that two shards have" gather "$scratch/parts"
    prints "doubled: seed0000.png (shard 1/3)"
    cp "$scratch/one" "$scratch/parts/manifests/1-of-3.jsonl"
    printf 'x\n' >>"$scratch/parts/manifests/1-of-3.jsonl"
    run 1 "a line that is not one of a manifest" gather "$scratch/parts"
    complains "1-of-3.jsonl:5: not a line of a manifest"
    cp "$scratch/one" "$scratch/parts/manifests/1-of-3.jsonl"
    printf '{"item":0,"files":1,"file":"../model.gbw","crc32":"00000000","bytes":0}\n' >>"$scratch/parts/manifests/1-of-3.jsonl"
    run 1 "a file outside of the folder" gather "$scratch/parts"
    complains "not a line of a manifest"

    # ---- killed, at any place: between a file and its line, in a line, before the manifest
    shards 2 "$scratch/killed" $pictures
    mv "$scratch/killed/manifests/1-of-2.jsonl" "$scratch/all"
    for bytes in $(seq 1 131 "$(wc -c <"$scratch/all")"); do
        rm -f "$scratch/killed/manifests/1-of-2.jsonl"
        head -c "$bytes" "$scratch/all" >"$scratch/killed/manifests/1-of-2.journal"
        rm -f "$scratch/killed/seed0006.png"
        "$ganbend" $pictures -o "$scratch/killed" --shard 1/2 -q >"$scratch/out" 2>"$scratch/err" ||
            bad "a shard goes on after a kill at byte $bytes"
        "$ganbend" gather "$scratch/killed" -q >"$scratch/out" 2>"$scratch/err" || bad "it is complete after a kill at byte $bytes"
    done
    check "killed shards end with the same files" same "$scratch/whole" "$scratch/killed"
    check "and has each line once" [ "$(grep -c '"file"' "$scratch/killed/manifest.jsonl")" -eq 7 ]

    # Killed while it works: it waits for a reader of its fifth picture.
    mkdir "$scratch/long"
    mkfifo "$scratch/long/seed0004.png"
    "$ganbend" render "$m" --seeds 0-7 -o "$scratch/long" --shard 1/1 -q >"$scratch/out" 2>"$scratch/err" &
    process=$!
    until [ "$(cat "$scratch/long/manifests/"*.journal 2>/dev/null | wc -l)" -eq 5 ]; do kill -0 $process || break; done
    run 1 "a shard that another process makes" render "$m" --seeds 0-7 -o "$scratch/long" --shard 1/1
    complains "shard 1/1 of $scratch/long is being made by another process"
    kill -KILL $process
    wait $process 2>/dev/null
    rm "$scratch/long/seed0004.png"
    run 0 "the rest of it" render "$m" --seeds 0-7 -o "$scratch/long" --shard 1/1
    prints "4 pictures of 8x8, 4 kept"
    gathers "$scratch/long"
    run 0 "the same in one go" render "$m" --seeds 0-7 -o "$scratch/quick"
    check "gives the same files" same "$scratch/quick" "$scratch/long"

    # ---- one run
    run 2 "other settings in the folder" $pictures --trunc 0.5 -o "$scratch/parts" --shard 1/3
    complains "this folder holds a run with settings"
    run 2 "another number of shards" $pictures -o "$scratch/parts" --shard 1/4
    complains "with shards 3, not 4"
    if ! grep -q '"machine":"plain,' "$scratch/parts/manifests/run.jsonl"; then
        GANBEND_ISA=plain
        export GANBEND_ISA
        run 2 "another instruction set" $pictures -o "$scratch/parts" --shard 1/3
        complains "set GANBEND_ISA to the same for all machines"
        unset GANBEND_ISA
    fi
}
run 2 "no part" render "$m" -o "$scratch/x" --shard 3
complains "--shard takes I/N"
run 2 "a part past the last" render "$m" -o "$scratch/x" --shard 3/2
run 2 "a file" render "$m" -o "$scratch/x.png" --shard 1/2
complains "--shard needs -o DIR"
run 2 "a picture twice" render "$m" --seeds 3,3 -o "$scratch/x" --shard 1/2
complains "would be made twice"
run 1 "a folder without shards" gather "$scratch"
complains "holds no shards"
run 0 "more shards than pictures" render "$m" --seeds 0-1 -o "$scratch/few" --shard 3/3
prints "0 pictures"
run 1 "shards that have not begun" gather "$scratch/few"
prints "missing: seed0001 (shard 2/3)"
prints "shards to run again: 1-2"

# ---- several files for each item
run 0 "a vector" vector take "$m" --at synthesis.b8.conv1 --pixel 0,0 --name v -o "$scratch/v.npz"
printf 'vectors: v.npz\nbends: [{at: synthesis.b8.conv1, paint: {grid: 2, vector: v}}]\n' >"$scratch/paint.yaml"
painted="render $m --seeds 0-2 --bend $scratch/paint.yaml --masks --layer-masks"
# shellcheck disable=SC2086
{
    run 0 "pictures with masks" $painted -o "$scratch/masks"
    shards 2 "$scratch/masked" $painted
    gathers "$scratch/masked"
    prints "3 pictures in 2 shards, 9 files"
    check "masks are the same" same "$scratch/masks" "$scratch/masked"
    rm "$scratch/masked/masks/seed0002.png"
    run 1 "a mask is missing" gather "$scratch/masked"
    prints "missing: masks/seed0002.png (shard 1/2)"
    run 0 "its shard" $painted -o "$scratch/masked" --shard 1/2
    prints "1 picture of 8x8, 1 kept, with masks"
    gathers "$scratch/masked"
}
echo mine >"$scratch/masked/manifest.jsonl"
run 2 "a file of another kind" gather "$scratch/masked"
complains "manifest.jsonl: exists and is not a manifest, so it is not replaced"

# ---- the other commands
sweep="sweep $m --bend $scratch/bend.yaml --x much=1:2:3 --y trunc=0.5:1:3 --seeds 4"
# shellcheck disable=SC2086
{
    run 0 "a sweep into a folder" $sweep -o "$scratch/sweep"
    prints "9 pictures of 8x8"
    shards 2 "$scratch/sweeps" $sweep
    gathers "$scratch/sweeps"
    check "a sweep is the same" same "$scratch/sweep" "$scratch/sweeps"
    run 0 "its sheet" $sweep -o "$scratch/sweeps" --resume
    prints "0 pictures of 8x8, 9 kept"
    [ -e "$scratch/sweep/sheet.png" ] && check "is the same" cmp -s "$scratch/sweep/sheet.png" "$scratch/sweeps/sheet.png"
}
walk="animate $m --seeds 1 --frames 5 --move trunc=0.5:1 --noise-loop 3"
# shellcheck disable=SC2086
{
    run 0 "an animation" $walk -o "$scratch/walk"
    shards 2 "$scratch/walks" $walk
}
gathers "$scratch/walks"
prints "5 frames in 2 shards"
check "an animation is the same" same "$scratch/walk" "$scratch/walks"

if "$ganbend" --help | grep -q '^  cluster '; then
    run 0 "clusters" cluster "$m" --samples 3 --clusters 2 -o "$scratch/clusters.yaml"
    shards 3 "$scratch/clusters" cluster "$m" --samples 3 --clusters 2
    gathers "$scratch/clusters"
    check "clusters are the same" cmp -s "$scratch/clusters.yaml" "$scratch/clusters/clusters.yaml"
    run 2 "clusters in a folder" cluster "$m" --samples 3 -o "$scratch/x"

    mkdir "$scratch/photos"
    for seed in 1 2 3; do "$ganbend" render "$m" --seeds $seed -o "$scratch/photos/p$seed.png" -q; done
    find="--samples 4 --steps 3"
    # shellcheck disable=SC2086
    {
        run 0 "photos in a folder" project "$m" "$scratch/photos" -o "$scratch/found" $find
        shards 2 "$scratch/finds" project "$m" "$scratch/photos" $find
        gathers "$scratch/finds"
        prints "3 photos in 2 shards"
        check "projections are the same" same "$scratch/found" "$scratch/finds"
        printf '%s\n%s\n' "$scratch/photos/p1.png" "$scratch/photos/none.png" >"$scratch/list.txt"
        run 1 "a photo that is not there" project "$m" "$scratch/list.txt" -o "$scratch/listed" $find
        complains "1 of 2 photos failed; the first: $scratch/photos/none.png"
        check "does not keep the other from its projection" cmp -s "$scratch/found/p1/proj.png" "$scratch/listed/p1/proj.png"
        run 2 "one photo in shards" project "$m" "$scratch/photos/p1.png" -o "$scratch/x" --shard 1/2
        complains "--shard divides photos"
        run 2 "one name twice" project "$m" "$scratch/photos/p1.png" "$scratch/photos/p1.png" -o "$scratch/x"
        complains "two photos are named 'p1'"
    }
fi

# ---- tools/farm/slurm.sh, with a Slurm that runs an array at once; shard 2 fails the first time, and so does a file
mkdir "$scratch/bin"
ln -s "$(realpath "$ganbend")" "$scratch/bin/ganbend"
cat >"$scratch/bin/sbatch" <<'SBATCH'
#!/bin/sh
for option in "$@"; do
    case $option in
    --array=*) array=${option#--array=} ;;
    --output=*) output=${option#--output=} ;;
    -*) ;;
    *) break ;;
    esac
    shift
done
echo "$array $*" >>"$SUBMITTED"
for part in $(echo "${array%%%*}" | tr , ' '); do
    for i in $(seq "${part%-*}" "${part#*-}"); do
        [ "$i" = 2 ] && [ "$(wc -l <"$SUBMITTED")" -eq 1 ] && continue
        SLURM_ARRAY_TASK_ID=$i SLURM_CPUS_PER_TASK=1 sh "$@" >>"$(echo "$output" | sed "s/%a/$i/")" 2>&1
    done
done
echo 17
SBATCH
printf '#!/bin/sh\n[ -e "$SUBMITTED.queue" ] && echo 17\nrm -f "$SUBMITTED.queue"\n' >"$scratch/bin/squeue"
chmod +x "$scratch/bin/sbatch" "$scratch/bin/squeue"
SUBMITTED=$scratch/submitted
export SUBMITTED
farm() { PATH=$scratch/bin:$PATH sh tools/farm/slurm.sh --poll 1 "$@" >"$scratch/out" 2>"$scratch/err"; }
farm -n 3 --at-once 2 -- ganbend render "$m" --seeds 0-6 -o "$scratch/farm"
check "slurm.sh ends when all is there" [ $? -eq 0 ]
prints "7 pictures in 3 shards"
check "it submits all shards, then the one that failed" [ "$(cut -d ' ' -f 1 "$SUBMITTED" | tr '\n' ' ')" = "1-3%2 2%2 " ]
rm "$scratch/farm/seed0002.png"
echo 17 >"$scratch/farm/manifests/slurm-job"
: >"$SUBMITTED.queue"
farm -- ganbend render "$m" --seeds 0-6 -o "$scratch/farm"
check "it fills a gap, with the number of shards of before" [ $? -eq 0 ]
prints "job 17 is at work"
check "after the job that was at work" [ "$(tail -n 1 "$SUBMITTED" | cut -d ' ' -f 1)" = 3 ]
run 0 "the whole run" render "$m" --seeds 0-6 -o "$scratch/plain"
check "it makes the same files" same "$scratch/plain" "$scratch/farm"
farm -n 2 --tries 2 -- ganbend render "$m" --bend "$scratch/none.yaml" -o "$scratch/never"
check "it gives up after as many tries as it may" [ $? -eq 1 ]
complains "shards 1-2 are incomplete after 2 tries"
complains "none.yaml"
farm -- ganbend render "$m"
check "it needs a folder" [ $? -eq 2 ]
farm --help
check "it has help" [ $? -eq 0 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
