#!/bin/sh
# The Debian packages: made, clean for lintian, installed in a bare Debian where the program runs and a C program builds, and
# removed again without a trace. Needs mmdebstrap, lintian, root, and Debian's package servers. Usage, from the repository
# root: sh tools/scripts/platforms/deb.sh BUILD-FOLDER
set -eu
out=$(realpath -m "$1")/deb
suite=${GANBEND_SUITE:-bookworm}
sh tools/scripts/packages.sh build
sh tools/scripts/packages.sh deb
[ "$(id -u)" = 0 ] || { echo "deb.sh: only root can enter another root folder"; exit 1; }
mkdir -p "$out"
rm -f "$out"/*.deb
sh tools/packages/deb.sh "$out" -DGANBEND_CUDA=OFF
# They are not uploaded to Debian, where a first version would answer a request.
lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$out"/*.deb
python3 -m json.tool "$out/ganbend.spdx.json" >/dev/null

root=$out/root
rm -rf --one-file-system "$root"
mmdebstrap --variant=apt --include=gcc,libc6-dev,pkg-config "$suite" "$root"
inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -ec "$1"
}
files() { chroot "$root" find /usr /etc /opt -xdev \( -name '*ganbend*' -o -path '*ganbend*' \) | sort; }
for file in /etc/resolv.conf /etc/hosts; do
    [ -e $file ] && cp $file "$root$file"
done
mkdir "$root/packages"
cp "$out"/*.deb tests/fixtures/toy-faces-64.gbw "$root/packages"
sed -n '/^ \*     #include <ganbend.h>$/,/^ \*     }$/s/^ \*     \{0,1\}//p' engine/ganbend.h >"$root/packages/example.c"
[ -z "$(files)" ]
inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends /packages/*.deb'
inside 'cd /packages && ganbend --version && ganbend render toy-faces-64.gbw --seeds 7 -o face.png && ganbend studio --help >/dev/null'
inside 'cd /packages && gcc -Wall -Werror example.c -o example $(pkg-config --cflags --libs ganbend) && ./example toy-faces-64.gbw own.png'
inside 'ldd /packages/example | grep "libganbend.so.0.1 => /"'

# ---- the studio serves its page, and everything that the page needs, out of the program
chroot "$root" /usr/bin/ganbend studio /packages/toy-faces-64.gbw --port 0 --no-browser --out /packages/out >"$out/studio.log" 2>&1 &
studio=$!
for second in 1 2 3 4 5 6 7 8 9 10; do
    page=$(sed -n 's/^studio: \(http[^ ]*\) .*/\1/p' "$out/studio.log")
    [ -z "$page" ] && sleep 1 || break
done
python3 - "$page" <<'PYTHON' || { cat "$out/studio.log"; kill $studio; exit 1; }
import http.cookiejar, re, sys, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
page = opener.open(sys.argv[1], timeout=30).read().decode()
parts = [p for p in re.findall(r'(?:src|href)="([^"#:]+)"', page)]
assert len(parts) > 3, page
for part in parts:
    assert opener.open(urllib.parse.urljoin(sys.argv[1], part), timeout=30).read(), part
print("the studio's page and its", len(parts), "parts are served")
PYTHON
kill $studio
wait $studio || true
[ -z "$(chroot "$root" find / -xdev -name '*.mjs' -path '*studio*')" ]        # they are inside the program
inside 'apt-get purge -y -qq ganbend libganbend-dev "libganbend0.1"'
left=$(files)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
rm -rf --one-file-system "$root"
echo "installed, used and removed"
