#!/bin/sh
# From a fresh clone to pictures: installs the packages that the build needs, builds a release in build/ with every optional
# part whose libraries are here, and renders contact sheets and single pictures of both demo models (portraits, a StyleGAN2;
# things, a BigGAN) to out/. Says what was left out and how to add it, and ends with a tour.
#
#     sh tools/demo.sh           installs packages if it can (as root, or through sudo)
#     sh tools/demo.sh --parts   only prints what it would build and leave out
#     sh tools/demo.sh --tour    only prints the tour
set -eu
cd "$(dirname "$0")/.."
begun=$(date +%s)
portraits=$(ls weights/demo/portraits-*.gbw | sort -V | tail -n 1)
things=$(ls weights/demo/things-*.gbw | sort -V | tail -n 1)

tour() {
    cat <<END
export PATH="\$PWD/build/tools:\$PATH"
mkdir -p out
ganbend render $portraits -o out/face.png --seeds 7 --trunc 0.8
ganbend grid $portraits --rows 6,7,13 --cols 3,8,21 --styles 0-4 --trunc 0.8 -o out/mixed.png
ganbend render $things -o out/mushroom.png --class mushroom --seeds 1
ganbend render $portraits --bend docs/examples/slant.yaml --seeds 6 -o out/bent.png
ganbend recipe from out/bent.png
ganbend animate $portraits --seeds 3,8,1 --through w --trunc 0.8 --frames 24 --loop around -o out/frames
ganbend --help
END
}
case ${1-} in
'' | --parts) ;;
--tour)
    tour
    exit
    ;;
*)
    echo "usage: sh tools/demo.sh [--parts | --tour]" >&2
    exit 2
    ;;
esac

# ---- what is here
module() { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1"; }
header() { echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1; }
missing_core() {
    for program in cc make cmake pkg-config; do
        command -v $program >/dev/null 2>&1 || printf ' %s' $program
    done
    for library in zlib libpng jansson yaml-0.1; do
        module $library || printf ' %s' $library
    done
}
if [ "${1-}" != --parts ] && [ -n "$(missing_core)" ]; then
    echo "missing:$(missing_core)"
    sh tools/scripts/packages.sh core || true
fi
if [ "${1-}" != --parts ] && [ -n "$(missing_core)" ]; then
    {
        echo "demo.sh: still missing:$(missing_core)"
        echo "Nothing can be built without these. The packages that contain them:"
        sh tools/scripts/packages.sh lines
        echo "Without root, ask an administrator for them; everything after that works without."
    } >&2
    exit 1
fi

# ---- optional parts: the option, what it serves, and the Debian packages that it needs
options=
left_out=
to_add=
leave_out() { # leave_out OPTION WHAT PACKAGES
    options="$options -D$1=OFF"
    left_out="$left_out${left_out:+, }$2"
    to_add="$to_add $3"
}
if module libwebsockets && module libturbojpeg; then
    module liblo || leave_out GANBEND_OSC "OSC in the studio" liblo-dev
else
    leave_out GANBEND_STUDIO "the studio" "libwebsockets-dev libturbojpeg0-dev liblo-dev"
fi
module cairo || leave_out GANBEND_CAIRO "labelled sheets and plots" libcairo2-dev
header cblas.h || header openblas/cblas.h || module openblas || leave_out GANBEND_OPENBLAS "OpenBLAS" libopenblas-dev

# The kernels for NVIDIA GPUs are compiled for the GPU that is here, which takes seconds.
nvcc=$(command -v nvcc || ls "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" 2>/dev/null || true)
gpu=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d '. ' | sort -u | sed 's/^90$/90a/' | paste -sd ';' -)
cuda="CUDA is left out: nvcc was not found; install NVIDIA's CUDA toolkit 12 or newer and run this again"
if [ -n "$nvcc" ] && ! command -v g++ >/dev/null 2>&1; then
    cuda="CUDA is left out: nvcc is here, but needs g++; install it and run this again"
    options="$options -DGANBEND_CUDA=OFF"
elif [ -n "$nvcc" ] && [ -n "$gpu" ]; then
    cuda="CUDA is on, for the GPU that is here (compute capability $gpu); use it with --device cuda"
    options="$options -DGANBEND_CUDA=ON -DCMAKE_CUDA_COMPILER=$nvcc -DGANBEND_CUDA_ARCHITECTURES=$gpu"
elif [ -n "$nvcc" ]; then
    cuda="CUDA is left out: nvcc is here, but no NVIDIA GPU; to build for one all the same: cmake -S . -B build \
-DGANBEND_CUDA=ON -DGANBEND_CUDA_ARCHITECTURES=80"
    options="$options -DGANBEND_CUDA=OFF"
else
    options="$options -DGANBEND_CUDA=OFF"
fi
if [ -n "$left_out" ]; then
    echo "left out: $left_out; to add: apt-get install --no-install-recommends$to_add (other systems: sh" \
        "tools/scripts/packages.sh lines), then run this again"
fi
echo "$cuda"
if [ "${1-}" = --parts ]; then
    echo "options:$options"
    exit
fi

# ---- build
echo "building in build/ …"
mkdir -p build
# shellcheck disable=SC2086  # several options
if ! { cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DGANBEND_TESTS=OFF -DGANBEND_STUDIO=ON -DGANBEND_OSC=ON \
    -DGANBEND_CAIRO=ON -DGANBEND_OPENBLAS=ON $options && cmake --build build -j "$(nproc 2>/dev/null || echo 2)"; } \
    >build/demo.log 2>&1; then
    tail -n 30 build/demo.log >&2
    echo "demo.sh: the build failed; the lines above are the end of build/demo.log" >&2
    exit 1
fi
built=$(date +%s)

# ---- pictures
build/tools/ganbend render "$portraits" -o out/portraits --seeds 0-31 --trunc 0.8 --grid 8x4
build/tools/ganbend render "$things" -o out/things --class 0-7 --seeds 0-3 --grid 8x4
echo "installing and building took $((built - begun)) s, 64 pictures $(($(date +%s) - built)) s"
echo
echo "to install it:"
echo "cmake --install build --prefix ~/.local"
echo
echo "a tour, in this folder:"
tour
if build/tools/ganbend studio --help | grep -q -- --port; then
    echo
    echo "and live, in the browser:"
    echo "ganbend studio"
fi
