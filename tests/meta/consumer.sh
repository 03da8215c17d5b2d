#!/bin/bash
# consumer.sh WAY PREFIX BUILD_DIR - builds a user's program with the library installed in PREFIX, and runs it.
#
# The ways are those that users have: cmake-shared, cmake-static, pkgconfig-shared, pkgconfig-static, and
# subdirectory, which takes the sources instead of what is installed. BUILD_DIR says which compiler and which
# generator of CMake to use.
. "$(dirname "$0")/lib.sh"
way=$1 prefix=$2 build=$3
root=$(cd "$meta/../.." && pwd)
make_scratch

version=$(sed -n 's/^#define WEFT_VERSION_\(MAJOR\|MINOR\) //p' "$root/include/weft/version.h" | paste -sd.)
compiler=$(cache_value "$build" CMAKE_C_COMPILER)
compile="$compiler -std=c11 -Wall -Wextra -Wpedantic -Werror -o $scratch/consumer $meta/consumer/main.c"
libdir=$(dirname "$(find "$prefix" -name libweft.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig

with_cmake() {
    quietly cmake -S "$meta/consumer" -B "$scratch" -G "$(cache_value "$build" CMAKE_GENERATOR)" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@"
    quietly cmake --build "$scratch"
}

case $way in
cmake-shared | cmake-static)
    target=weft::weft
    [ "$way" = cmake-shared ] || target=weft::weft-static
    with_cmake -DCMAKE_PREFIX_PATH="$prefix" -Dweft_version="$version" -Dweft_target="$target"
    [[ $(cache_value "$scratch" weft_DIR) == "$prefix"/* ]] || die "$way: another weft was found than the one in $prefix"
    ;;
subdirectory)
    with_cmake -Dweft_source="$root" -Dweft_target=weft::weft
    ;;
pkgconfig-shared)
    flags=$(pkg-config --cflags --libs "weft >= $version")
    quietly $compile $flags -Wl,-rpath,"$libdir"
    ;;
pkgconfig-static) # the archive by name: -lweft would prefer the shared library beside it
    flags=" $(pkg-config --static --cflags --libs "weft >= $version") "
    [[ $flags == *" -lweft "* ]] || die "$way: pkg-config --static --libs weft does not say -lweft"
    quietly $compile ${flags/ -lweft / $libdir/libweft.a }
    ;;
*)
    die "$way: no way that is known"
    ;;
esac

# Only what was asked for: a static consumer that runs with the shared library has tested nothing.
needed=$(readelf -d "$scratch/consumer" | grep -c 'NEEDED.*libweft' || true)
case $way in
*-static) [ "$needed" = 0 ] || die "$way: the program needs libweft.so, link the archive" ;;
*) [ "$needed" = 1 ] || die "$way: the program does not need libweft.so, link the shared library" ;;
esac
said=$("$scratch/consumer") || die "$way: the program failed and printed '$said'"
[ "$said" = 499999500000 ] || die "$way: the program printed '$said', right is 499999500000"
echo "$way: good"
