#!/bin/sh
# Builds zlib, libpng, jansson, libyaml and cmocka as static libraries for any compiler, from the sources of this machine's packages,
# without their configure scripts; libjpeg-turbo and libwebsockets by their CMake projects, for a compiler that the environment's
# CMAKE_TOOLCHAIN_FILE names. Needs Debian's or Ubuntu's package servers and dpkg-dev.
# Usage, from the repository root: CC=emcc AR=emar CFLAGS=-pthread sh tools/scripts/libraries.sh PREFIX LIBRARY...
# What is already there for the same compiler and options is kept.
set -eu
prefix=$(realpath -m "$1")
shift
CC=${CC:-cc} AR=${AR:-ar} CFLAGS=${CFLAGS--O2}
key="$CC $AR $CFLAGS"
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/sources"
[ "$(cat "$prefix/made_for" 2>/dev/null)" = "$key" ] || rm -f "$prefix"/lib/*.a
echo "$key" >"$prefix/made_for"

missing=
for library in "$@"; do
    case $library in zlib) file=libz ;; libpng) file=libpng ;; jansson) file=libjansson ;; libyaml) file=libyaml ;; cmocka) file=libcmocka ;;
    libjpeg-turbo) file=libturbojpeg ;; libwebsockets) file=libwebsockets_static ;;
    *)
        echo "libraries.sh: unknown library '$library'; expected zlib, libpng, jansson, libyaml, cmocka, libjpeg-turbo or libwebsockets" >&2
        exit 2
        ;;
    esac
    [ -s "$prefix/lib/$file.a" ] || missing="$missing $library"
done
[ -n "$missing" ] || exit 0

# ---- sources, from the servers that this machine's packages come from
source_of() { case $1 in libpng) echo libpng1.6 ;; *) echo "$1" ;; esac; }
lists=$prefix/apt
mkdir -p "$lists/parts" "$lists/lists/partial"
{
    cat /etc/apt/sources.list 2>/dev/null || true
} | sed -n 's/^deb /deb-src /p' >"$lists/sources.list"
for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$lists/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] && sed -n 's/^deb /deb-src /p' "$file" >"$lists/parts/$(basename "$file")"
done
get() {
    apt-get -qq -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts="$lists/parts" \
        -o Dir::State::lists="$lists/lists" "$@" >>"$prefix/apt.log" 2>&1
}
: >"$prefix/apt.log"
updated=
for library in $missing; do
    source=$(source_of "$library")
    [ -d "$prefix/sources/$library" ] && continue
    [ -n "$updated" ] || get update || { cat "$prefix/apt.log" >&2; exit 1; }
    updated=1
    rm -rf "$prefix/sources/fetched"
    mkdir "$prefix/sources/fetched"
    # A mirror may lack the newest: then that of the release.
    (cd "$prefix/sources/fetched" && { get source "$source" || get source "$source/$(. /etc/os-release && echo "$VERSION_CODENAME")"; }) ||
        { cat "$prefix/apt.log" >&2; exit 1; }
    mv "$prefix/sources/fetched/$source"-*/ "$prefix/sources/$library"
done
rm -rf "$prefix/sources/fetched"

# ---- compiling
# archive_of ARCHIVE OPTIONS… -- SOURCES…
archive_of() {
    archive=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    rm -f ./*.o
    # shellcheck disable=SC2086  # several options
    printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 $CC $CFLAGS $options -I "$prefix/include" -c
    rm -f "$prefix/lib/$archive"
    # shellcheck disable=SC2086
    $AR rcs "$prefix/lib/$archive" ./*.o
}

# project TARGET OPTIONS…: builds a CMake project's static library
project() {
    target=$1
    shift
    rm -rf built
    cmake -S . -B built -DCMAKE_BUILD_TYPE=Release "$@" >built.log 2>&1 && cmake --build built -j "$(nproc)" --target "$target" >>built.log 2>&1 ||
        { tail -n 30 built.log; exit 1; }
}

# package FILE NAME VERSION LIBS REQUIRES
package() {
    cat >"$prefix/lib/pkgconfig/$1.pc" <<END
Name: $2
Description: $2, static
Version: $3
Libs: -L$prefix/lib $4
Cflags: -I$prefix/include
Requires: ${5-}
END
}

for library in $missing; do
    echo "libraries.sh: $library with $CC"
    cd "$prefix/sources/$library"
    case $library in
    zlib)
        sed -i 's/#ifdef HAVE_UNISTD_H/#if 1/' zconf.h
        cp zlib.h zconf.h "$prefix/include"
        archive_of libz.a -- ./*.c
        package zlib zlib "$(sed -n 's/^#define ZLIB_VERSION "\([0-9.]*\).*/\1/p' zlib.h)" -lz
        ;;
    libpng)
        cp scripts/pnglibconf.h.prebuilt pnglibconf.h
        cp png.h pngconf.h pnglibconf.h "$prefix/include"
        archive_of libpng.a -DPNG_INTEL_SSE_OPT=0 -DPNG_ARM_NEON_OPT=0 -- $(ls png*.c | grep -v pngtest)
        package libpng libpng "$(sed -n 's/^#define PNG_LIBPNG_VER_STRING "\(.*\)"/\1/p' png.h)" -lpng zlib
        ;;
    jansson)
        cp android/jansson_config.h src
        printf '#define HAVE_STDINT_H 1\n#define INITIAL_HASHTABLE_ORDER 3\n' >src/jansson_private_config.h
        cp src/jansson.h src/jansson_config.h "$prefix/include"
        archive_of libjansson.a -DHAVE_CONFIG_H -I src -- src/*.c
        package jansson jansson "$(sed -n 's/^#define JANSSON_VERSION "\(.*\)"/\1/p' src/jansson.h)" -ljansson
        ;;
    libyaml)
        version=$(sed -n 's/^ *m4_define(\[YAML_\(MAJOR\|MINOR\|PATCH\)\], *\([0-9]*\)).*/\2/p' configure.ac | paste -s -d .)
        echo "$version" | tr . ' ' | while read -r major minor patch; do
            cat <<END
#define YAML_VERSION_MAJOR $major
#define YAML_VERSION_MINOR $minor
#define YAML_VERSION_PATCH $patch
#define YAML_VERSION_STRING "$major.$minor.$patch"
END
        done >src/config.h
        cp include/yaml.h "$prefix/include"
        archive_of libyaml.a -DHAVE_CONFIG_H -DYAML_DECLARE_STATIC -I src -- src/*.c
        package yaml-0.1 yaml "$version" -lyaml
        ;;
    cmocka)
        sed -i 's/^#if !defined(_UINTPTR_T) .*/#include <stdint.h>\n#if 0/' include/cmocka.h      # it guesses the type
        cp include/cmocka*.h "$prefix/include"
        archive_of libcmocka.a -DHAVE_SIGNAL_H -I include -- src/cmocka.c
        package cmocka cmocka "$(sed -n 's/^project(cmocka VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" -lcmocka
        ;;
    libjpeg-turbo)
        project turbojpeg-static -DCMAKE_INSTALL_PREFIX=/usr -DENABLE_SHARED=OFF
        cp turbojpeg.h "$prefix/include"
        cp built/libturbojpeg.a "$prefix/lib"
        package libturbojpeg libturbojpeg "$(sed -n 's/^set(VERSION \([0-9.]*\))/\1/p' CMakeLists.txt)" -lturbojpeg
        ;;
    libwebsockets)
        # When a connection is removed, the last one takes its place in the list, but on Windows not its event, and is then forgotten.
        file=lib/core-net/pollfd.c
        grep -q 'lws_plat_change_pollfd(context, end_wsi' $file ||
            sed -i 's/^\t*end_wsi->position_in_fds_table = m;$/{ & lws_plat_change_pollfd(context, end_wsi, \&pt->fds[m]); }/' $file
        grep -q 'lws_plat_change_pollfd(context, end_wsi' $file || { echo "libraries.sh: $file has changed" >&2; exit 1; }
        project websockets -DLWS_WITH_SHARED=OFF -DLWS_WITH_SSL=OFF -DLWS_WITHOUT_TESTAPPS=ON -DLWS_WITH_MINIMAL_EXAMPLES=OFF \
            -DLWS_WITHOUT_EXTENSIONS=ON -DLWS_WITH_ZLIB=OFF -DDISABLE_WERROR=ON
        system=
        case $CC in *mingw*) system="-lws2_32 -luserenv -lpsapi -liphlpapi" ;; esac
        rm -rf "$prefix/include/libwebsockets"
        cp -r built/include/* "$prefix/include"
        cp built/lib/libwebsockets_static.a "$prefix/lib"
        package libwebsockets libwebsockets "$(sed -n 's/^#define LWS_LIBRARY_VERSION "\([0-9.]*\).*/\1/p' "$prefix/include/lws_config.h")" \
            "-lwebsockets_static $system"
        ;;
    esac
done
