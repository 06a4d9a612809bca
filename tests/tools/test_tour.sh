#!/bin/sh
# The tour that tools/demo.sh prints at its end runs as printed, on the demo models. Without compiler and libraries it says what
# to install, on every system. usage: test_tour.sh GANBEND, from the repository root.
. tests/tools/cli.sh

ganbend=$(realpath "$ganbend")
mkdir "$scratch/clone" "$scratch/bin"
ln -s "$PWD/weights" "$PWD/docs" "$scratch/clone"
sh tools/demo.sh --tour >"$scratch/tour"
check "the tour is several commands" [ "$(grep -c '^ganbend ' "$scratch/tour")" -gt 5 ]
check "it begins with the program that was built" [ "$(head -n 1 "$scratch/tour")" = 'export PATH="$PWD/build/tools:$PATH"' ]
mkdir -p "$scratch/clone/build"
ln -s "$(dirname "$ganbend")" "$scratch/clone/build/tools"
(cd "$scratch/clone" && sh -e ../tour) >"$scratch/out" 2>"$scratch/err"
check "the tour runs as printed" [ $? -eq 0 ]
check "without a message" [ ! -s "$scratch/err" ]
for file in $(grep -oE -- '-o out/[a-z./]*' "$scratch/tour" | cut -d ' ' -f 2); do
    check "it writes $file" [ -e "$scratch/clone/$file" ]
done

# ---- without compiler and libraries, where there is no dpkg
for program in dirname date ls sort tail cat; do ln -s "$(command -v $program)" "$scratch/bin/$program"; done
sh=$(command -v sh)
ln -s "$sh" "$scratch/bin/sh"
PATH=$scratch/bin "$sh" tools/demo.sh >"$scratch/out" 2>"$scratch/err"
check "nothing can be built without a compiler" [ $? -eq 1 ]
complains "demo.sh: still missing: cc make cmake pkg-config zlib libpng jansson yaml-0.1"
for system in Debian Fedora Arch macOS; do complains "$system"; done
complains "Without root, ask an administrator"
"$sh" tools/scripts/packages.sh lines >"$scratch/lines"
while IFS= read -r line; do
    command=$(printf '%s\n' "$line" | sed 's/^[^:]*: //')
    check "README.md has '$command'" grep -qF -- "$command" README.md
done <"$scratch/lines"
run_packages() { "$sh" tools/scripts/packages.sh "$@" >"$scratch/out" 2>"$scratch/err"; }
run_packages everything
check "an unknown set of packages is wrong usage" [ $? -eq 2 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
