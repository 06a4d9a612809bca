#!/bin/sh
# Installs the Debian or Ubuntu packages ganbend is built with: `packages.sh build`, or `packages.sh check` for the tests
# as well. Asks for nothing where nothing is missing.
set -u
packages="build-essential cmake pkg-config zlib1g-dev libpng-dev libjansson-dev libyaml-dev libcairo2-dev libopenblas-dev libcmocka-dev"
[ "${1-build}" = check ] && packages="$packages valgrind"

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "packages.sh: no Debian or Ubuntu here; going on with what is installed ($packages are needed)"
    exit 0
fi

install() {
    echo "packages.sh: installing $*"
    if [ "$(id -u)" = 0 ]; then
        as=
    elif command -v sudo >/dev/null 2>&1; then
        as=sudo
    else
        echo "packages.sh: these are missing and only root can install them: apt-get install $*" >&2
        return 1
    fi
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

missing=
for package in $packages; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
    *" installed") ;;
    *) missing="$missing $package" ;;
    esac
done
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # one word for each package
    install $missing || exit 1
fi

# The fuzzers need a clang with its runtime, whichever version this system has.
if [ "${1-build}" = check ] && ! sh "$(dirname "$0")/fuzzing_clang.sh" >/dev/null; then
    command -v clang >/dev/null 2>&1 || install clang || exit 1
    version=$(clang -dumpversion | cut -d. -f1)
    sh "$(dirname "$0")/fuzzing_clang.sh" >/dev/null || install "libclang-rt-$version-dev" || exit 1
fi
