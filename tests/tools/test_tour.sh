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

# ---- the optional parts: pkg-config, nvcc and nvidia-smi that know what the test says
for program in sed tr sort paste head grep; do ln -sf "$(command -v $program)" "$scratch/bin/$program"; done
pretend() { # pretend PROGRAM SCRIPT
    printf '#!%s\n%s\n' "$sh" "$2" >"$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}
parts() { CUDA_PATH=$scratch/nowhere PATH=$scratch/bin "$sh" tools/demo.sh --parts >"$scratch/out" 2>"$scratch/err"; }
pretend pkg-config 'case $2 in libwebsockets | libturbojpeg | openblas) ;; *) exit 1 ;; esac'
pretend cc 'exit 1'
parts
check "it succeeds" [ $? -eq 0 ]
prints "left out: OSC in the studio, labelled sheets and plots; to add: apt-get install --no-install-recommends liblo-dev libcairo2-dev"
prints "CUDA is left out: nvcc was not found"
prints "options: -DGANBEND_OSC=OFF -DGANBEND_CAIRO=OFF -DGANBEND_CUDA=OFF"
pretend pkg-config 'exit 0'
pretend nvcc 'exit 0'
parts
check "nothing else is left out" [ "$(grep -c '^left out' "$scratch/out")" -eq 0 ]
prints "CUDA is left out: nvcc is here, but needs g++"
pretend g++ 'exit 0'
parts
prints "CUDA is left out: nvcc is here, but no NVIDIA GPU"
pretend nvidia-smi 'echo 9.0; echo 8.6; echo 9.0'
parts
prints "CUDA is on, for the GPU that is here (compute capability 86;90a)"
prints "-DGANBEND_CUDA_ARCHITECTURES=86;90a"

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
