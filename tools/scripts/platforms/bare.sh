#!/bin/sh
# A bare Debian, as root: tools/demo.sh in a fresh clone with nothing but the core packages, then with the optional ones; the
# tour and every command of the documentation; an installation. Needs mmdebstrap, root or user namespaces, and Debian's
# package servers. Usage, from the repository root: sh tools/scripts/platforms/bare.sh BUILD-FOLDER
set -eu
out=$(realpath "$1")/bare
suite=${GANBEND_SUITE:-bookworm}
sh tools/scripts/packages.sh platforms
[ "$(id -u)" = 0 ] || { echo "bare.sh: only root can enter another root folder"; exit 1; }
mkdir -p "$out"
root=$out/root
# Never follows a mount that an earlier run could not remove.
if grep -q " $root/" /proc/mounts; then
    echo "bare.sh: something is still mounted in $root; unmount it first"
    exit 1
fi
rm -rf --one-file-system "$root"
mmdebstrap --variant=apt "$suite" "$root"
for file in /etc/resolv.conf /etc/hosts; do
    [ -e $file ] && cp $file "$root$file"
done
# mmdebstrap has made the devices; /dev of this machine stays outside.
trap 'umount "$root/proc"' EXIT
mount -t proc proc "$root/proc"

# inside COMMAND…: in the clone, in the bare system
inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh -ec "cd /clone && $1"
}
mkdir "$root/clone"
git archive HEAD | tar -x -C "$root/clone"
packages() { chroot "$root" dpkg-query -f '${db:Status-Abbrev}\n' -W | grep -c '^ii'; }

before=$(packages)
inside 'sh tools/demo.sh' | tee "$out/core.log"
echo "the core packages brought $(($(packages) - before)) packages"
[ $(($(packages) - before)) -lt 120 ] || { echo "bare.sh: too many packages"; exit 1; }
grep -q '^left out: the studio, labelled sheets and plots, OpenBLAS; to add: apt-get install' "$out/core.log"
grep -q '^CUDA is left out: nvcc was not found' "$out/core.log"
# The tour as it was printed.
sed -n '/^a tour, in this folder:$/,/^$/p' "$out/core.log" | sed '1d' >"$root/clone/tour"
inside '[ "$(wc -l <tour)" -gt 5 ] && sh -e tour'
inside 'cmake --install build --prefix /usr/local >/dev/null && cd / && ganbend --version && [ -s /usr/local/share/man/man1/ganbend.1 ]'

# The optional parts, with the command that was printed.
add=$(sed -n 's/^left out: .*; to add: \(apt-get install [^(]*[a-z0-9]\) *(.*/\1/p' "$out/core.log")
inside "DEBIAN_FRONTEND=noninteractive $add -y -qq"
inside 'sh tools/demo.sh' | tee "$out/all.log"
if grep '^left out' "$out/all.log"; then
    echo "bare.sh: something is still left out"
    exit 1
fi
grep -q '^ganbend studio$' "$out/all.log"
inside 'sh tests/docs/test_doc_commands.sh build/tools/ganbend'
