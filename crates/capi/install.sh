#!/bin/sh
# Installs the library for C and C++: install.sh ARCHIVE PREFIX [LIBDIR]
#
# ARCHIVE is what `cargo build --release -p mapcast-capi` makes, target/release/libmapcast_capi.a. The shared
# library is linked from it, as rustc gives a library of its own no symbol versions. LIBDIR is PREFIX/lib. With
# $DESTDIR, everything is put below that directory, for a package.
set -eu

archive=$1
prefix=$2
libdir=${3:-$prefix/lib}
root=${DESTDIR:-}
here=$(dirname "$0")
version=$(sed -n 's/^#define MAPCAST_VERSION "\(.*\)"$/\1/p' "$here/include/mapcast.h")
to=$root$libdir

mkdir -p "$to/pkgconfig" "$to/cmake/mapcast" "$root$prefix/include"
${CC:-cc} -shared -o "$to/libmapcast.so.1.0.0" -Wl,-soname,libmapcast.so.1 \
    -Wl,--version-script="$here/mapcast.map" -Wl,--gc-sections -Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,-z,nodelete \
    -Wl,--whole-archive "$archive" -Wl,--no-whole-archive -lgcc_s -lm
ln -sf libmapcast.so.1.0.0 "$to/libmapcast.so.1"
ln -sf libmapcast.so.1 "$to/libmapcast.so"
cp "$archive" "$to/libmapcast.a"
cp "$here"/include/mapcast.* "$root$prefix/include/"

fill() { # a template, with the directories and the version in it
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@LIBDIR@|$libdir|g" -e "s|@VERSION@|$version|g" "$1" >"$2"
}
fill "$here/mapcast.pc.in" "$to/pkgconfig/mapcast.pc"
for file in mapcast-config.cmake mapcast-config-version.cmake; do
    fill "$here/cmake/$file.in" "$to/cmake/mapcast/$file"
done
