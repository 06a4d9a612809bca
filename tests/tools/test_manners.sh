#!/bin/sh
# Help that fits on a screen, one vocabulary, a question before very many pictures, and the network as a graph.
# usage: test_manners.sh GANBEND, from the repository root.
. tests/tools/cli.sh

m=$scratch/model.gbw
"$ganbend" init stylegan2 "$m" --res 8 --channel-base 64 --channel-max 8 --z-dim 8 --w-dim 8 -q || exit 1

# ---- help
run 0 "the overview" --help
check "the overview is shorter than 40 lines" [ "$(wc -l <"$scratch/out")" -lt 40 ]
check "it has groups" [ "$(grep -c '^[a-z ]*:$' "$scratch/out")" -ge 5 ]
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' "$scratch/out")
verbs=$(for command in $commands; do
    "$ganbend" "$command" --help | sed -n "1s/^usage: ganbend $command \[*\([a-z|]*\)\]* …\$/\1/p" | tr '|' '\n' | sed "s/^/$command /"
done)
check "there are many subcommands" [ "$(printf '%s\n%s\n' "$commands" "$verbs" | wc -l)" -gt 20 ]
printf '%s\n%s\n' "$commands" "$verbs" >"$scratch/commands"
while read -r command; do
    # shellcheck disable=SC2086  # one or two words
    run 0 "$command --help" $command --help
    check "the help of $command is shorter than 40 lines" [ "$(wc -l <"$scratch/out")" -lt 40 ]
    check "and has an example" grep -q '^example:$' "$scratch/out"
    tr -s ' \n' '\n' <"$scratch/out" | grep -oE '^--?[a-z0-9-]+$' | sort -u >"$scratch/short"
    # shellcheck disable=SC2086
    run 0 "$command --help-all" $command --help-all
    grep -oE '^  --?[a-z0-9-]+' "$scratch/out" | tr -d ' ' | sort -u >"$scratch/all"
    check "the short help of $command names every option" [ -z "$(comm -13 "$scratch/short" "$scratch/all")" ]
    if grep -qxE -- '--seeds?' "$scratch/all"; then
        for option in --seed --seeds; do
            # shellcheck disable=SC2086
            "$ganbend" $command $option 5 --only-parse >"$scratch/out" 2>"$scratch/err"
            check "$command takes $option" [ -z "$(grep 'unknown option' "$scratch/err")" ]
        done
    fi
done <"$scratch/commands"
run 0 "everything" --help-all
check "contains the options of every subcommand" [ "$(grep -c '^usage: ganbend' "$scratch/out")" -gt 20 ]

# ---- one vocabulary
run 0 "--seeds" render "$m" --seeds 5 -o "$scratch/a.png"
run 0 "--seed is --seeds" render "$m" --seed 5 -o "$scratch/b.png"
check "the picture is the same" cmp -s "$scratch/a.png" "$scratch/b.png"
for command in "dump $m --at z -o $scratch/z.npz" "strip $m --filter invert --at synthesis.b8.conv1 -o $scratch/x.png" \
    "sweep $m --x trunc=0:1:2 -o $scratch/x.png" "animate $m --move trunc=0:1 --frames 2 -o $scratch/frames" \
    "vector take $m --at synthesis.b8.conv1 --pixel 0,0 --name v --replace -o $scratch/v.npz" \
    "vector show $m $scratch/v.npz -o $scratch/x.png" "init stylegan2 --res 8 $scratch/other.gbw"; do
    for option in --seed --seeds; do
        # shellcheck disable=SC2086  # several words
        run 0 "$command $option" $command $option 5
    done
done

# ---- quiet, loud
run 0 "loud" render "$m" --seeds 0-2 -o "$scratch/set" -v
prints "model.gbw: stylegan2, 8x8 pixels, checksum "
prints "running on "
prints "rendering 3 took "
run 0 "quiet" render "$m" --seeds 0-2 -o "$scratch/set" --quiet
check "nothing is printed" [ ! -s "$scratch/out" ]

# ---- very many pictures
run 2 "10,000 pictures need --yes" render "$m" --seeds 0-9999 -o "$scratch/many"
complains "10000 pictures: add --yes"
check "nothing was made" [ ! -e "$scratch/many" ]
run 2 "10,000 frames too" animate "$m" --seeds 0,1 --frames 10000 -o "$scratch/many"
printf 'parameters: {times: 2}\nbends: [{at: synthesis.b8.conv1, filter: multiply, factor: $times}]\n' >"$scratch/times.yaml"
run 2 "and a sheet" sweep "$m" --bend "$scratch/times.yaml" --x trunc=0:1:100 --y times=0:1:100 -o "$scratch/many.png"
complains "10000 pictures: add --yes"
run 2 "two axes of one parameter" sweep "$m" --x trunc=0:1:2 --y trunc=0:1:2 -o "$scratch/many.png"
complains "--x and --y both change 'trunc'"
run 2 "two moves of one parameter" animate "$m" --seeds 0 --move trunc=0:1 --move trunc=1:0 --frames 2 -o "$scratch/many"
complains "two --move of 'trunc'; several values go into one: --move trunc=A:B:C"
run 2 "only that many" render "$m" --seeds 0-9999 -o "$scratch/x.png"
complains "-o $scratch/x.png is one file"
mkdir "$scratch/rest"
echo 'no room' >"$scratch/rest/seed0000.png"
run 2 "--yes goes on" render "$m" --seeds 0-9999 -o "$scratch/rest" --yes
complains "seed0000.png: exists and is not a PNG picture"
if command -v script >/dev/null; then      # it gives the program a terminal
    answer() { # answer TEXT: to the question
        printf "$1" | script -qec "'$ganbend' render '$m' --seeds 0-9999 -o '$scratch/rest'" /dev/null >"$scratch/out" 2>&1
        status=$?
        prints "10000 pictures. Continue? [y/N]"
    }
    answer 'y\n'
    check "yes goes on" [ $status -eq 2 ]
    prints "seed0000.png: exists and is not a PNG picture"
    for no in '\n' 'n\n' '\000\n'; do
        answer "$no"
        check "anything else does not" [ $status -eq 1 ]
        prints "nothing was made"
    done
fi

# ---- a reader that goes away: head, less
mkfifo "$scratch/pipe"
exec 3<>"$scratch/pipe" 4>"$scratch/pipe" 3<&-
"$ganbend" info tests/fixtures/nvlabs-orig-16.pkl >&4 2>"$scratch/err"
exec 4>&-
check "info ends quietly when nobody reads on" [ -z "$(grep signal "$scratch/err")" ]

# ---- the network as a graph
run 0 "edges in JSON" info "$m" --json
prints '"inputs": ['
check "a layer reads its style and its input" [ "$(tr -d ' \n' <"$scratch/out" | grep -o '"name":"synthesis.b8.conv1.conv"[^}]*' | grep -o '"inputs":\[[^]]*' | tr ',' '\n' | wc -l)" -ge 2 ]
run 2 "two forms at once" info "$m" --json --dot
complains "--json and --dot exclude each other"
run 0 "the network for Graphviz" info "$m" --dot
check "it is a graph" grep -q '^digraph network {$' "$scratch/out"
nodes=$(grep -c 'label=' "$scratch/out")
edges=$(grep -c ' -> ' "$scratch/out")
check "with edges between all nodes" [ "$edges" -ge $((nodes - 1)) ]
prints '[label="synthesis.b8.conv1.conv, modulated_conv2d, [8,8,8]"]'
if command -v dot >/dev/null; then check "Graphviz draws it" sh -c "dot -Tsvg '$scratch/out' >'$scratch/graph.svg'"; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
