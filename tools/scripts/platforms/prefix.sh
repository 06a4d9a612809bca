#!/bin/sh
# An installation under a prefix of its own: what is installed, and every command of the documentation and of the tour with
# the installed program alone. Usage, from the repository root: sh tools/scripts/platforms/prefix.sh BUILD-FOLDER
set -eu
out=$(realpath "$1")/prefix
root=$PWD
sh tools/scripts/packages.sh build
cmake -S . -B "$out/build" -DCMAKE_BUILD_TYPE=Release -DGANBEND_TESTS=OFF -DGANBEND_CUDA=OFF
cmake --build "$out/build" -j "$(nproc)"
rm -rf "$out/first" "$out/moved" "$out/tour"
cmake --install "$out/build" --prefix "$out/first"
mv "$out/first" "$out/moved"                    # an installation can be moved
prefix=$out/moved
ganbend=$prefix/bin/ganbend

# ---- files
for command in $("$ganbend" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    [ -s "$prefix/share/man/man1/ganbend-$command.1" ] || { echo "no man page of $command"; exit 1; }
done
for file in man/man1/ganbend.1 doc/ganbend/LICENSE applications/ganbend-studio.desktop \
    icons/hicolor/scalable/apps/ganbend.svg bash-completion/completions/ganbend zsh/site-functions/_ganbend \
    fish/vendor_completions.d/ganbend.fish; do
    [ -s "$prefix/share/$file" ] || { echo "share/$file is not installed"; exit 1; }
done
icon=$(sed -n 's/^Icon=//p' "$prefix/share/applications/ganbend-studio.desktop")
[ -s "$prefix/share/icons/hicolor/scalable/apps/$icon.svg" ] || { echo "the studio's icon is not installed"; exit 1; }
started=$(sed -n 's/^Exec=\([^ ]*\) .*/\1/p' "$prefix/share/applications/ganbend-studio.desktop")
[ -x "$prefix/bin/$started" ] || { echo "the desktop file starts $started, which is not installed"; exit 1; }
[ -n "$(find "$prefix" -name ganbend.h)" ] || { echo "the header is not installed"; exit 1; }

# ---- commands
sh tests/docs/test_doc_commands.sh "$ganbend"
mkdir "$out/tour"
ln -s "$root/weights" "$root/docs" "$out/tour"
sh tools/demo.sh --tour | grep -v '^export PATH' >"$out/tour/commands"
(cd "$out/tour" && PATH=$prefix/bin:$PATH sh -e commands)
